//! The node agent.
pub mod client;
pub mod config;
pub mod engine;
pub mod node;
pub mod protocol;
