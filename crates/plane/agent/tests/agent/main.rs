//! The agent against a control plane of the tests' own: on an imagined machine, and on this one.

mod instance_nodes;
mod kept;
mod machine;
mod node;
mod protocol;
mod server;
