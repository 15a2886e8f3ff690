//! The node agent.
pub mod client;
pub mod config;
pub mod endpoint;
pub mod engine;
pub mod logs;
pub mod node;
pub mod protocol;
