//! Amazon ECR: repositories, images, tags and layers.
//!
//! - [`Catalog`] is what there is and the rules over it: the API's operations and the OCI registry
//!   both act through it, so that neither has rules of its own.
//! - [`EcrService`] is the API on top: one file an operation under `ops/`.
//! - [`Catalog::scan`] reads images and compares what is in them with what is known to be wrong.
//! - [`Catalog::bring_image`] and [`Catalog::bring_layer`] fetch what is pulled from upstream registries.
//! - [`Catalog::sign`] has images signed by keys of KMS, as the registry's signing configuration says.
//! - [`token`] makes and opens what `docker login` and download addresses carry.
//!
//! Bytes (layers, and manifests verbatim) lie in the blob store; the store holds who has them. A
//! blob is visible in a repository only if it was uploaded or mounted there. Those of a repository with a key of KMS are
//! under it (`catalog/encryption.rs`).
//!
//! Invariants: every change of a repository's images and tags compares and raises the repository's
//! `contents` record, so two of them never interleave; a blob is durable before a record names it;
//! records that name a blob are written under a lease on it.

#![forbid(unsafe_code)]

mod announced;
mod authorize;
mod catalog;
mod counted;
mod error;
mod fault;
#[doc(hidden)]
pub mod fuzz;
mod identifier;
mod lifecycle;
mod manifest;
mod named;
mod names;
mod ops;
mod page;
mod platforms;
mod precondition;
mod rates;
mod records;
mod scanning;
mod service;
mod signing;
mod tagged;
pub mod token;
mod upstream;

pub use announced::ANNOUNCING;
pub use catalog::{
    Brought, Catalog, Config, Due, GALLERY, GcReport, ImageRef, Inspected, KmsKeys, LayerInfo,
    NewCatalogData, NewImage, Open, Pushed, Reach, Receiving, Referrer, Registry, Stored, TAGS,
    Tagged, check_repository_policy,
};
pub use counted::COUNTED;
pub use error::EcrError;
pub use identifier::{Failure, Pair, image_named};
pub use manifest::MAX_MANIFEST_BYTES;
pub use named::{bound_policy, shown_policy};
pub use names::{valid_repository_name, valid_tag};
pub use platforms::Choices;
pub use precondition::{Images, Precondition};
pub use rates::RATES;
pub use records::{
    CatalogData, GALLERY_REGION, Image, Logo, LogoFormat, PublicRegistry, Repository, Rescan,
    SigningProfile, Status,
};
pub use scanning::{Inspector, UsedImage};
pub use service::EcrService;
pub use tagged::TAGGED;
pub use upstream::{Outside, SecretError, UpstreamError};
