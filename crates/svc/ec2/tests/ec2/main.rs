//! The network API over a real store.

mod absent;
mod groups;
mod interfaces;
mod routes;
mod tags;
mod vpcs;
mod world;
