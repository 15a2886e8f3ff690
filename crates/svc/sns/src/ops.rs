//! The operations.

pub mod confirm;
pub mod list;
pub mod permissions;
pub mod publish;
pub mod subscription_settings;
pub mod subscriptions;
pub mod tags;
pub mod topics;
