//! Where it is written down who needs which blob, and when one was last wanted.
//!
//! ```text
//! /w1/<cell>/blobs/wanted/<hex>                                  Wanted
//! /w1/<cell>/ecr/platform/aws-global/owner/<hex>.<owner>         Marker
//! /w1/<cell>/blobs/owned/<owner>/<hex>                           Marker
//! ```
//! Owners stand under ECR's name since it was the first service that had any. An owner whose record does not say what it
//! owns writes the last kind as well, and finds by it what to let go.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_blobs::Digest;
use wharf_records::{Record, Unknown, key::CELL};

/// When a blob was last wanted by somebody who does not own it yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    pub at: Timestamp,
    /// It is being removed, since then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub going: bool,
    /// A collector found it without an owner then; nobody has wanted it since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub found: bool,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// A key whose being there says it all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Marker {
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// The empty record that marks a key's presence.
pub const MARKER: Marker = Marker {
    unknown: Unknown::new(),
};

impl Record for Wanted {
    const KIND: &'static str = "wanted";
    const FORMAT: u32 = 1;
}

impl Record for Marker {
    const KIND: &'static str = "marker";
    const FORMAT: u32 = 1;
}

/// The marks of all blobs.
pub fn all_wanted() -> String {
    format!("/w1/{CELL}/blobs/wanted/")
}

pub fn wanted(digest: &Digest) -> String {
    all_wanted() + &digest.hex()
}

/// Who needs blobs, whatever the service and the account.
pub fn all_owners() -> String {
    format!("/w1/{CELL}/ecr/platform/aws-global/owner/")
}

/// Who needs a blob: all keys of one digest stand together.
pub fn owners(digest: &Digest) -> String {
    format!("{}{}.", all_owners(), digest.hex())
}

/// The key that says that `who` needs the blob. Names of owners have letters, digits, points and hyphens.
pub fn owner(digest: &Digest, who: &str) -> String {
    owners(digest) + who
}

/// What an owner says that it owns, by its own name: all its keys stand together.
pub fn owned_by(who: &str) -> String {
    format!("/w1/{CELL}/blobs/owned/{who}/")
}

/// The key by which `who` finds that it owns the blob.
pub fn owning(who: &str, digest: &Digest) -> String {
    owned_by(who) + &digest.hex()
}

/// The blob that a key of [`all_owners`] is about.
pub fn owned(key: &str) -> Option<Digest> {
    let (hex, _) = key.rsplit('/').next()?.split_once('.')?;
    Digest::from_hex(hex).ok()
}

/// The digest at the end of a key.
pub fn digest_of(key: &str) -> Option<Digest> {
    Digest::from_hex(key.rsplit(['.', '/']).next()?).ok()
}
