//! The operations.

pub mod attributes;
pub mod batch;
pub mod create;
pub mod delete;
pub mod list;
pub mod moves;
pub mod permissions;
pub mod receive;
pub mod send;
pub mod tags;
pub mod visibility;
