//! Pulling from a registry made for the test, and what stays on disk. Needs root: layers have owners.

mod peers;
mod pulls;
mod registry;
