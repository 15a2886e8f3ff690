//! Amazon ECR Public: repositories that anybody pulls from, and what the gallery says of them.
//!
//! [`EcrPublicService`] is the API alone. Repositories, images, tags and layers are those of ECR's
//! catalog (`wharf_svc_ecr::Catalog`), in a registry of their own for each account: a public
//! repository and a private one of the same name have nothing to do with each other but that equal
//! bytes are kept once. Clients push and pull through the registry (`wharf_registry`).
//!
//! The gallery is in us-east-1, as with AWS; calls to other regions are told so.

#![forbid(unsafe_code)]

mod authorize;
mod fault;
mod ops;
mod rates;
mod service;
mod tagged;

pub use rates::RATES;
pub use service::EcrPublicService;
pub use tagged::TAGGED;
