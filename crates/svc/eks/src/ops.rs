//! The operations, a file a resource.

pub mod addon_versions;
pub mod addons;
pub mod associations;
pub mod cluster_version;
pub mod clusters;
pub mod create_cluster;
pub mod encryption;
pub mod entries;
pub mod fargate_profiles;
pub mod logging;
pub mod node_group_updates;
pub mod node_groups;
pub mod policies;
pub mod providers;
pub mod tags;
pub mod updates;
pub mod versions;
