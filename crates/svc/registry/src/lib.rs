//! The OCI distribution API in front of ECR (spec ecr.md §3, §4): what docker, skopeo, buildah,
//! podman and containerd push to and pull from.
//!
//! [`RegistryApi::handle`] answers one request. Every request is authorised as the principal whose
//! password it carries, by the same gate and with the same rows as the API's operations; pulls from the
//! public gallery are open to anybody. Then it acts through [`wharf_svc_ecr::Catalog`], which has all the
//! rules. Bytes stream through in both directions: memory per request is bounded by a few buffers,
//! whatever the size of a layer.

#![forbid(unsafe_code)]

mod answer;
mod asked;
mod auth;
mod blobs;
mod body;
mod conditions;
#[doc(hidden)]
pub mod fuzz;
mod gallery;
mod lists;
mod manifests;
mod path;
mod range;
mod request;
mod through;
mod tokens;
mod uploads;

pub use answer::{AskedHead, InMemory, TurnedAway};
pub use body::Body;
pub use gallery::Pulls;
pub use request::{Options, Peer, RegistryApi, Standing};
pub use tokens::is_token_path;
