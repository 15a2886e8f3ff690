//! The registry's HTTP API over a real socket.

mod access;
mod layers;
mod lists;
mod manifests;
mod support;
mod uploads;
