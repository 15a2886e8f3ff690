//! The registry's HTTP API over a real socket.

mod access;
mod gallery;
mod layers;
mod lists;
mod manifests;
mod next_request;
mod scripted;
mod sealed;
mod sha512;
mod support;
mod through;
mod through_api;
mod through_faults;
mod through_meanwhile;
mod through_own;
mod uploads;
