//! What was told of the findings of images.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_base::Timestamp;
use wharf_blobs::Digest;
use wharf_records::{Record, Unknown};
use wharf_wanted::owner;

use super::{Image, Keys, Scan, scan_of};

/// What was told of the findings of an image, under the id of its scan. It owns the blob of those findings: they are told
/// of once more when they are gone. Written in steps; the store's history has what each of them tells.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// What was told of.
    #[serde(default)]
    pub of: Option<Found>,
    /// Stands for the filters by which they were told to be suppressed.
    #[serde(default)]
    pub filters: String,
    /// Those that were told to be suppressed, by [`short`].
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub suppressed: BTreeSet<u32>,
    /// What is being told of, where that takes more than one step.
    #[serde(default)]
    pub toward: Option<Toward>,
    /// The details of the events of the last step, until all is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Value>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// Findings that are told of in several steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Toward {
    #[serde(default)]
    pub of: Option<Found>,
    pub filters: String,
    /// The ARN of the last finding that was told of: they come in their order.
    pub told_to: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// Findings of a scan, and the image as it was then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Found {
    /// The blob of the findings, one a line.
    pub findings: Digest,
    /// As [`Scan::under`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<String>,
    #[serde(default)]
    pub first_found_at: Option<Timestamp>,
    #[serde(default)]
    pub scanned_at: Option<Timestamp>,
    pub image: Image,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Found {
    /// A scan that found this.
    pub(crate) fn scan(&self) -> Scan {
        let at = self.scanned_at.unwrap_or(self.image.pushed_at);
        Scan {
            findings: Some(self.findings),
            under: self.under.clone(),
            first_found_at: self.first_found_at,
            completed_at: self.scanned_at,
            enhanced: true,
            ..scan_of(&self.image.repository, self.image.digest, at)
        }
    }
}

/// What tells the findings of an image from each other, in few bytes.
pub(crate) fn short(arn: &str) -> u32 {
    let hex = Digest::of(arn.as_bytes()).hex();
    u32::from_str_radix(hex.get(..8).unwrap_or_default(), 16).unwrap_or_default()
}

/// Of findings that were told of, or are being so.
pub(crate) fn told_owner(blob: &Digest, id: &str) -> String {
    owner(blob, &format!("{id}.told"))
}

impl Record for Told {
    const KIND: &'static str = "findings-told";
    const FORMAT: u32 = 1;
}

impl Keys {
    pub(crate) fn told(&self, id: &str) -> String {
        self.0.key(Told::KIND, id)
    }

    /// The key of a scan by its id.
    pub(crate) fn scan_by_id(&self, id: &str) -> String {
        self.0.key(Scan::KIND, id)
    }
}
