//! The agent against a control plane of the tests' own: on an imagined machine, and on this one.

mod machine;
mod node;
mod protocol;
mod server;
