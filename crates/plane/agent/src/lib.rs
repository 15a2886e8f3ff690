//! The node agent.
pub mod engine;
pub mod protocol;
