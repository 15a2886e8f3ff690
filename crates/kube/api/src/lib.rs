//! A Kubernetes API server for many clusters in one process: storage, watches and verbs over any kind of `wharf-kube-model`.
//!
//! It is given requests that were authenticated, and asks an authorizer what may be done. Nodes, controllers and the scheduler are its
//! clients like any other.
//!
//! A request goes [`Cluster::serve`] → `request` (what is asked) → authorizer → `call` (of which kind, in which form) → `reading`,
//! `watching`, `creating`, `writing`, `patching`, `deleting`, `subresources`, `reviews`, or on to a node (`passing`, and `measured` for what pods use) or an aggregated server
//! (`aggregation`). Each write goes through
//! `admission` with the `webhooks` of the cluster's users, the rules of the kind (`wharf-kube-model`) and one transaction of `storage`.
//! Between `storage` and everything else stands `conversion`, for custom resources of several versions.
//!
//! Invariants: nobody else writes below a cluster's folder; a write compares the revision it was decided by, and what it took for
//! granted (its namespace); an answer that says a write was done comes after it is on disk.

#![forbid(unsafe_code)]

mod admission;
mod aggregation;
mod answer;
mod audit;
mod body;
mod bootstrap;
mod call;
mod cluster;
mod conversion;
mod creating;
mod definitions;
mod deleting;
mod discovery;
mod documents;
mod expiry;
#[doc(hidden)]
pub mod fuzz;
mod lookup;
mod measured;
mod metering;
mod negotiate;
mod passing;
mod patching;
mod paths;
mod pretty;
mod query;
mod reading;
mod request;
mod reviews;
mod serve;
mod shapes;
pub mod storage;
mod subresources;
mod watching;
mod webhooks;
mod writing;

pub use aggregation::FRONT_PROXY;
pub use answer::{Answer, Body};
pub use audit::{Audit, AuditRecord, Origin};
pub use cluster::{
    AdmittedImages, Cluster, Connection, FargateProfiles, FrontProxy, Network, Nodes, NotAdmitted,
    Outside, OwnServer, Parts, PodImages, Reached, Servers,
};
pub use storage::{DataKey, Objects};
pub use webhooks::{OwnWebhook, ReviewRequest, ReviewResponse, Unanswered};
