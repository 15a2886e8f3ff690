//! The OCI distribution API in front of ECR (spec ecr.md §3, §4): what docker, skopeo, buildah,
//! podman and containerd push to and pull from.
//!
//! [`RegistryApi::handle`] answers one request. Every request is authorised as the principal whose
//! password it carries, by the same gate and with the same rows as the API's operations; then it
//! acts through [`wharf_svc_ecr::Catalog`], which has all the rules. Bytes stream through in both
//! directions: memory per request is bounded by a few buffers, whatever the size of a layer.

#![forbid(unsafe_code)]

mod answer;
mod auth;
mod blobs;
mod body;
#[doc(hidden)]
pub mod fuzz;
mod lists;
mod manifests;
mod path;
mod range;
mod request;
mod uploads;

pub use answer::TurnedAway;
pub use body::Body;
pub use request::{Options, Peer, RegistryApi};
