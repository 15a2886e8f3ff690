//! Scans of images, and what of a registry is scanned.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_blobs::Digest;
use wharf_records::{Record, Unknown};
use wharf_wanted::owner;

use super::Keys;

/// A scan of an image, under way or done. It goes with the image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scan {
    /// The name of its repository.
    pub repository: String,
    pub digest: Digest,
    pub status: ScanStatus,
    #[serde(default)]
    pub description: String,
    pub requested_at: Timestamp,
    /// How often it was begun: what kills the server is not begun for ever.
    #[serde(default)]
    pub attempts: u32,
    #[serde(default)]
    pub completed_at: Option<Timestamp>,
    /// When the data that it was compared with was last updated.
    #[serde(default)]
    pub source_updated_at: Option<Timestamp>,
    /// Findings by their severity.
    #[serde(default)]
    pub counts: BTreeMap<String, i32>,
    /// The blob of what the image is made of.
    #[serde(default)]
    pub inventory: Option<Digest>,
    /// The blob of the findings, one a line.
    #[serde(default)]
    pub findings: Option<Digest>,
    /// The tags that the image had when it ended.
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ScanStatus {
    InProgress,
    Complete,
    Failed,
    UnsupportedImage,
    ImageSizeExceeded,
}

impl ScanStatus {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Complete => "COMPLETE",
            Self::Failed => "FAILED",
            Self::UnsupportedImage => "UNSUPPORTED_IMAGE",
            Self::ImageSizeExceeded => "IMAGE_SIZE_EXCEEDED",
        }
    }
}

/// What of a registry is scanned when it is pushed, beside the repositories that say so of themselves;
/// there is one at most, under the id `configuration`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scanning {
    pub rules: Vec<ScanRule>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ScanRule {
    /// `SCAN_ON_PUSH`.
    pub frequency: String,
    /// Wildcards of repositories' names.
    pub filters: Vec<String>,
}

impl Record for Scan {
    const KIND: &'static str = "scan";
    const FORMAT: u32 = 1;
}

impl Record for Scanning {
    const KIND: &'static str = "scanning";
    const FORMAT: u32 = 1;
}

impl Keys {
    pub(crate) fn scans(&self, repository: &str) -> String {
        self.inside("scan", repository)
    }

    pub(crate) fn scan(&self, repository: &str, digest: &Digest) -> String {
        self.scans(repository) + &digest.hex()
    }

    pub(crate) fn scanning(&self) -> String {
        self.0.key("scanning", "configuration")
    }
}

/// What was found in an image.
pub(crate) fn scan_owner(blob: &Digest, repository: &str, image: &Digest) -> String {
    owner(blob, &format!("{repository}.scan.{}", image.hex()))
}
