//! Which node a pod runs on: filters and scores, both pure, and the loop that binds.
//!
//! - [`Snapshot`] is all nodes and what runs there, kept up by changes; [`choose`] decides on it for one pod, [`preempt()`] who has to
//!   leave for it.
//! - The queue says whose turn it is; pods that found no node wait for news that could matter to them.
//! - [`explain`] says of each node why it takes a pod or not, by the same filters.
//! - [`run`] follows pods, nodes and claims, decides one pod at a time, reckons with what it decided at once, and binds in the
//!   background.

#![forbid(unsafe_code)]

mod attached;
mod budget;
mod choose;
mod explain;
mod filter;
mod node;
mod pod;
mod pod_affinity;
mod preempt;
mod queue;
mod resources;
mod run;
mod score;
mod snapshot;
mod spread;
mod volumes;

pub use budget::Budget;
pub use choose::{Choice, choose};
pub use explain::{Explained, Verdict, explain};
pub use filter::Refusal;
pub use node::Node;
pub use pod::Pod;
pub use preempt::{NoPreemption, Preemption, preempt};
pub use run::{run, set_condition};
pub use snapshot::Snapshot;

use wharf_kube_client::{Index, Kind};

/// Indexes that the informers of a cluster need for its scheduler.
pub fn indexes() -> Vec<(Kind, Index)> {
    vec![(attached::ATTACHMENT, attached::BY_NODE)]
}
