//! The operations.

pub mod groups;
pub mod put;
pub mod schedules;
pub mod tags;
