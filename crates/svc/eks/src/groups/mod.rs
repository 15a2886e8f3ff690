//! Managed node groups: EC2 instances of an Auto Scaling group that are nodes of a cluster (spec/eks.md §3).
//!
//! - [`records`] is what is wanted and how far it is. [`checks`] reads requests, [`user_data`] is what instances start with, [`plan`] says
//!   which nodes go next, [`repair`] which are bad; all of them pure.
//! - `cloud` is EC2, Auto Scaling and IAM; `nodes` the cluster's own API; `reconcile` brings a group forward with both, `removing` to its
//!   end.
//!
//! Invariants: who leaves the Auto Scaling group waits in its hook until the pods of its node are gone; an update takes no more nodes away
//! at once than it may; a group's record goes last.

pub mod checks;
pub mod cloud;
pub mod describe;
pub mod devices;
pub mod nodes;
pub mod plan;
pub mod reconcile;
pub mod records;
mod removing;
pub mod repair;
pub mod source;
pub mod user_data;
