//! The images that are scanned, as ECR keeps them.

use std::error::Error;

use wharf_api_ecr::types::EnhancedImageScanFinding;
use wharf_base::{Permit, Timestamp};
use wharf_scan::Advisory;
use wharf_service::Place;
use wharf_wire::{Call, Fault, async_trait};

/// Why ECR does not say, or do.
#[derive(Debug, thiserror::Error)]
pub enum ImagesError {
    /// KMS refuses the key of the findings.
    #[error("{}: {}", .0.code, .0.message)]
    Key(Fault),
    #[error("ECR cannot be asked")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

/// An image that enhanced scanning is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// What it comes in the order of.
    pub key: String,
    pub repository: String,
    /// The ARN of its repository.
    pub repository_arn: String,
    pub digest: String,
    pub tags: Vec<String>,
    pub last_pull: Option<Timestamp>,
    /// When it was last in use, as it was written down.
    pub last_in_use: Option<Timestamp>,
    /// `CONTINUOUS_SCAN`, `SCAN_ON_PUSH`, `MANUAL`.
    pub frequency: &'static str,
    /// As DescribeImageScanFindings has it.
    pub status: &'static str,
    pub scanned_at: Option<Timestamp>,
}

/// For how long images under continuous scanning are compared again, in days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rescan {
    /// After their push; `None` for good.
    pub pushed_days: Option<u32>,
    /// After their last pull.
    pub pulled_days: Option<u32>,
    /// After they were last in use instead.
    pub by_use: bool,
    /// When it was said; `None` if nobody did.
    pub updated_at: Option<Timestamp>,
}

/// A format of documents of what an image is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SbomFormat {
    /// SPDX 2.3.
    Spdx,
    /// CycloneDX 1.4.
    CycloneDx,
}

/// What an image is made of, as a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sbom {
    Document(Vec<u8>),
    /// It was deleted, or is being scanned anew.
    Gone,
    /// It is too long, in words.
    TooLong(String),
}

/// Enhanced scans of the last 30 days, those of images that are gone included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scans {
    /// Images that were read.
    pub first: u64,
    /// Images that were compared again with other data.
    pub again: u64,
}

/// Findings, and the place of what follows.
pub type Found = (Vec<EnhancedImageScanFinding>, Option<u64>);

#[async_trait]
pub trait Images: Send + Sync + 'static {
    /// Whether the registry scans in the enhanced way.
    async fn enabled(&self, place: &Place) -> Result<bool, ImagesError>;

    /// Makes it so, with all repositories under continuous scanning, or ends it. What is so already stays
    /// as it is.
    async fn enable(&self, permit: &Permit, place: &Place, on: bool) -> Result<(), ImagesError>;

    async fn rescan(&self, place: &Place) -> Result<Rescan, ImagesError>;

    /// `pulled_days` and `by_use`: as they were, where none are said.
    async fn set_rescan(
        &self,
        permit: &Permit,
        place: &Place,
        pushed_days: Option<u32>,
        pulled_days: Option<u32>,
        by_use: Option<bool>,
        now: Timestamp,
    ) -> Result<(), ImagesError>;

    /// ARN of the key of KMS that findings are under, if there is one.
    async fn encryption_key(&self, place: &Place) -> Result<Option<String>, ImagesError>;

    /// Puts findings under a key of KMS, which the caller lets Inspector use, or under none; those that are there are
    /// moved.
    async fn encrypt(
        &self,
        call: &Call,
        place: &Place,
        key: Option<&str>,
    ) -> Result<(), ImagesError>;

    /// At most `limit` of the images behind a key, and whether there are more.
    async fn scanned(
        &self,
        place: &Place,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Scanned>, bool), ImagesError>;

    /// At most `most` of the findings in an image, from a place on.
    async fn findings(
        &self,
        place: &Place,
        image: &Scanned,
        from: u64,
        most: usize,
    ) -> Result<Found, ImagesError>;

    /// What an image is made of.
    async fn sbom(
        &self,
        place: &Place,
        image: &Scanned,
        format: SbomFormat,
    ) -> Result<Sbom, ImagesError>;

    /// What is published about a vulnerability, by its name. An account asks.
    async fn known_of(
        &self,
        account: &str,
        vulnerability: &str,
    ) -> Result<Vec<Advisory>, ImagesError>;

    /// How often images were scanned.
    async fn scans(&self, place: &Place, now: Timestamp) -> Result<Scans, ImagesError>;
}
