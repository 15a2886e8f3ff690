//! Amazon Inspector, as far as it is about images of ECR: findings, what is covered, filters that
//! suppress findings, reports in S3 of findings and of what images are made of, what is published about a
//! vulnerability, and the clusters that run an image.
//!
//! What was found is ECR's: [`Images`] is the way to its records, and nothing of it is kept here. Whether
//! Inspector is enabled is whether the registry scans in the enhanced way. The records of this service
//! are filters and reports; a finding is suppressed when it is shown, by the filters that there are then.

#![forbid(unsafe_code)]

mod aggregate;
mod authorize;
mod clusters;
mod coverage;
mod criteria;
mod describe;
mod fault;
mod filters;
mod findings;
mod images;
mod in_use;
mod ops;
mod records;
mod reports;
mod service;
mod tagged;
mod told;
mod vulnerability;

pub use clusters::{ImageUse, NamedImage, RunsImages, Unit};
pub use images::{Images, ImagesError, Rescan, Sbom, SbomFormat, Scanned, Scans};
pub use in_use::{InUse, Used};
pub use service::{Inspector2Service, Parts};
pub use tagged::TAGGED;
