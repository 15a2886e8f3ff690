//! The operations, by what they are about.

pub mod access_points;
pub mod create_mount_target;
pub mod file_systems;
pub mod mount_targets;
pub mod policies;
pub mod settings;
pub mod tags;
