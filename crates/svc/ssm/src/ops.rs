//! The operations, a file for each kind of thing they do.

pub mod delete;
pub mod get;
pub mod history;
pub mod labels;
pub mod list;
pub mod put;
pub mod sessions;
pub mod settings;
pub mod tags;
