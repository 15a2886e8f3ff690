//! EKS: clusters of Kubernetes, who may enter them, and the API servers behind.
//!
//! - A cluster is a record; its authority and the key that signs tokens are sealed in it. [`plan`] says what it needs next, pure;
//!   `reconcile` does it.
//! - [`groups`] is the managed node groups of clusters, [`updates`] what was asked to change and how it went.
//! - `ops` holds the operations, a file a resource.
//! - [`addons`] is which of its built-in parts a cluster has managed, [`providers`] whose tokens it takes beside its own.
//! - [`encryption`] is under which key of KMS its Secrets are.
//! - [`fargate`] is which pods of a cluster run on Fargate.
//! - `aws_auth` is how roles of nodes enter clusters without access entries, `node_entries` who makes and removes those of others.
//! - [`pod_identity`] is which roles pods have by their service accounts.
//! - [`control_planes`] is the seam to the API servers: whoever runs them hears which clusters there are, and asks [`entry`] who somebody is.
//!
//! Invariants: a record below a cluster is kept under the cluster's id, so another cluster of the name inherits nothing; an access entry
//! is for the very principal it was made for, not for another of its name; a cluster's record goes last.

#![forbid(unsafe_code)]

mod addons;
mod authority;
mod authorize;
mod aws_auth;
mod config;
pub mod control_planes;
mod core;
mod describe;
mod encryption;
pub mod entry;
pub mod fargate;
mod fault;
#[doc(hidden)]
pub mod fuzz;
mod ground;
mod groups;
pub mod joining;
mod named;
mod names;
mod network;
mod node_entries;
mod ops;
mod plan;
pub mod pod_identity;
mod providers;
mod reconcile;
mod records;
mod refuse;
mod sealed;
mod service;
mod tagged;
mod tags;
mod updates;
mod versions;

pub use addons::{NAMESPACE as ADDON_NAMESPACE, roles::ActsAs};
pub use authority::params as authority_params;
pub use config::{LookupError, Parts, Principals};
pub use sealed::SEALING;
pub use service::EksService;
pub use tagged::TAGGED;
