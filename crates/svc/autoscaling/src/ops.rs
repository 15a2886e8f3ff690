//! The operations.

pub mod activities;
pub mod classic;
pub mod configurations;
pub mod constants;
pub mod create_group;
pub mod forecast;
mod given;
pub mod groups;
pub mod hooks;
pub mod instances;
pub mod launch_instances;
pub mod membership;
pub mod metrics;
pub mod mixed;
pub mod notifications;
pub mod policies;
pub mod processes;
pub mod put_policy;
pub mod refreshes;
pub mod scheduled;
pub mod tags;
pub mod target_groups;
pub mod update_group;
pub mod warm_pool;

pub use given::MOST_INSTANCES;

/// Records of a page where a request says nothing, and at most.
const USUAL: usize = 50;
const MOST: usize = 100;
