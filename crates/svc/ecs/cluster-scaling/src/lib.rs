//! Cluster auto scaling (spec ecs §7): ECS keeps the Auto Scaling group of a capacity provider as its tasks need it.
//!
//! | module | what |
//! | --- | --- |
//! | [`estimate`] | how many instances are needed, and what the metric says of it; pure |
//! | [`plan`] | what is done to the group: growth, protection, draining; pure |
//! | [`sightings`] | since when what is there has been seen; pure |
//! | [`wanted`] | the policy, the hook and the tag that ECS keeps on the group; pure |
//! | [`seen`], [`observe`] | the group, and ECS's own records, cut down to what decisions need |
//! | `reconcile` | the executor: looks, plans, performs, and tells the metric |
//! | [`managed`] | instances that ECS launches itself, where a provider has no group |
//!
//! Growth does not wait for an alarm: as soon as tasks wait, the group's desired capacity is set. Taking capacity away
//! is left to the group's target-tracking policy on the metric, and which instances may go to their protection.
//!
//! Invariants: nothing is remembered that a restart may not lose: what is owed follows from the records and from the
//! group. Every call may be repeated. ECS's own records are written with the shard's lease compared.

#![forbid(unsafe_code)]

pub mod estimate;
pub mod managed;
mod neighbours;
mod observe;
pub mod plan;
mod reconcile;
mod reservation_metric;
pub mod seen;
pub mod sightings;
pub mod wanted;

pub use reconcile::{ClusterScaling, Parts};
