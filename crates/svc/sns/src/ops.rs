//! The operations.

pub mod publish;
pub mod subscriptions;
pub mod tags;
pub mod topics;
