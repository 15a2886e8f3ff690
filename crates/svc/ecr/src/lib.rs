//! Amazon ECR: repositories, images, tags and layers.
//!
//! - [`Catalog`] is what there is and the rules over it: the API's operations and the OCI registry
//!   both act through it, so that neither has rules of its own.
//! - [`EcrService`] is the API on top: one file an operation under `ops/`.
//! - [`Catalog::scan`] reads images and compares what is in them with what is known to be wrong.
//! - [`token`] makes and opens what `docker login` and download addresses carry.
//!
//! Bytes (layers, and manifests verbatim) lie in the blob store; the store holds who has them. A
//! blob is visible in a repository only if it was uploaded or mounted there.
//!
//! Invariants: every change of a repository's images and tags compares and raises the repository's
//! `contents` record, so two of them never interleave; a blob is durable before a record names it;
//! records that name a blob are written under a lease on it.

#![forbid(unsafe_code)]

mod announced;
mod authorize;
mod catalog;
mod error;
mod fault;
#[doc(hidden)]
pub mod fuzz;
mod lifecycle;
mod manifest;
mod names;
mod ops;
mod page;
mod rates;
mod records;
mod scanning;
mod service;
mod tagged;
pub mod token;

pub use announced::ANNOUNCING;
pub use catalog::{
    Catalog, Config, GcReport, ImageRef, LayerInfo, NewImage, Pushed, Referrer, Registry, Stored,
};
pub use error::EcrError;
pub use manifest::MAX_MANIFEST_BYTES;
pub use names::valid_repository_name;
pub use rates::RATES;
pub use records::{Image, Repository, Status};
pub use service::EcrService;
pub use tagged::TAGGED;
