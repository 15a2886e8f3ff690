//! The operations, a file for each kind of thing they do.

pub mod create;
pub mod delete;
pub mod describe;
pub mod list;
pub mod password;
pub mod policy;
pub mod replicas;
pub mod rotate;
pub mod tags;
pub mod update;
pub mod value;
pub mod versions;
