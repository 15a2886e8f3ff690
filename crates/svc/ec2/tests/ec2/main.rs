//! The network API over a real store.

mod groups;
mod interfaces;
mod world;
