//! What the store holds of S3, and under which keys.
//!
//! ```text
//! <account>/<region>/bucket/<name>                 Bucket
//! platform/aws-global/name/<name>                  Name: whose a bucket is; names are unique
//! platform/aws-global/o/<bucket id>/<key>          Object: the current version
//! platform/aws-global/m/<bucket id>/<key>          Object: the current version, where it is a delete marker
//! platform/aws-global/v/<bucket id>/<key>\0<order> Object: a noncurrent version, the newest first
//! platform/aws-global/upload/<bucket id>/<key>\0<upload id>  Upload: a multipart upload under way
//! platform/aws-global/part/<bucket id>/<upload id>/<number>  Part: of an upload, or of the object it became. Without
//!                                                  the bucket where the upload began with a version before
//! platform/aws-global/doomed/<upload id>           Marker: its parts are to be removed
//! platform/aws-global/left-out/<upload id>         LeftOut: those of its parts that its object is not made of, to be removed
//! platform/aws-global/slot/<slot id>               Slot: where the bytes of a small object are
//! platform/aws-global/pack/<pack id>               Pack: where such bytes are together
//! ```
//! Objects are kept under the id of their bucket, not its name: a bucket made anew is empty. Keys are escaped so
//! that they sort as S3 lists them, by their bytes. No key has a NUL, so what follows one is ours.
//!
//! Where a key has a noncurrent version, it has a current one too: whoever adds or promotes versions compares it.
//! The store holds all records in memory, so an object's has short names and leaves out what is not there.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use wharf_base::Timestamp;
use wharf_blobs::Digest;
use wharf_records::{Record, Scope, Unknown};
use wharf_seal::Sealed;
use wharf_service::{platform, tags::Tags};

use crate::{config_records::Settings, sum::Sum};

pub const SERVICE: &str = "s3";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Sixteen hexadecimal digits, never used again.
    pub id: String,
    pub name: String,
    pub account: String,
    pub region: String,
    pub created_at: Timestamp,
    #[serde(default)]
    pub tags: Tags,
    #[serde(default)]
    pub versioning: Versioning,
    /// Its text, as it was given.
    #[serde(default)]
    pub policy: Option<String>,
    #[serde(default)]
    pub settings: Settings,
    /// It is being deleted: nothing can be added.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleting: bool,
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Versioning {
    #[default]
    Off,
    Enabled,
    Suspended,
}

/// Whose a bucket is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Name {
    pub account: String,
    pub region: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// A version of an object, or a delete marker.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// Its place among the versions of its key, newer ones have more: microseconds.
    pub seq: u64,
    #[serde(rename = "at")]
    pub modified: Timestamp,
    /// Made while the bucket kept no versions: its id is `null`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub null: bool,
    /// Of the current version: the place of the noncurrent one whose id is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub null_at: Option<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub marker: bool,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub size: u64,
    /// Without quotes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub etag: String,
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    pub body: Body,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<Sum>,
    #[serde(default, skip_serializing_if = "Heads::is_default")]
    pub heads: Heads,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: Tags,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sse: Option<Sse>,
}

/// Where the bytes of an object are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    #[default]
    Empty,
    /// One blob, and the name by which the object owns it.
    Blob(Digest, String),
    /// A small one, in a slot of its own.
    Packed {
        slot: String,
        /// What the slot will say, until it is written with the object.
        #[serde(skip)]
        place: Option<Slot>,
    },
    /// The parts of an upload, but for those that its completion left out: they are there until they are removed.
    Parts {
        upload: String,
        count: u32,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        skip: Vec<u32>,
    },
}

impl Body {
    fn is_empty(&self) -> bool {
        *self == Self::Empty
    }
}

/// Headers that are given back as they came.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Heads {
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    #[serde(default, rename = "cache", skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
    #[serde(default, rename = "disp", skip_serializing_if = "Option::is_none")]
    pub content_disposition: Option<String>,
    #[serde(default, rename = "enc", skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    #[serde(default, rename = "lang", skip_serializing_if = "Option::is_none")]
    pub content_language: Option<String>,
    #[serde(
        default,
        rename = "exp",
        deserialize_with = "expires",
        skip_serializing_if = "Option::is_none"
    )]
    pub expires: Option<String>,
    #[serde(default, rename = "redirect", skip_serializing_if = "Option::is_none")]
    pub website_redirect: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub meta: BTreeMap<String, String>,
}

impl Heads {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The header; a version before kept the moment that it named, in milliseconds.
fn expires<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Kept {
        Text(String),
        Moment(Timestamp),
    }
    let kept = Option::<Kept>::deserialize(from)?;
    Ok(kept.map(|kept| match kept {
        Kept::Text(text) => text,
        Kept::Moment(at) => at.http_date(),
    }))
}

/// How an object is encrypted beyond what all blobs are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sse {
    Kms {
        /// ARN of the key.
        key: String,
        /// The data key as KMS sealed it, in base 64.
        sealed: String,
        /// What the request added to what the key is bound to.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        context: BTreeMap<String, String>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        bucket_key: bool,
    },
    /// MD5 of the customer's key, which S3 shows, and a salted digest by which it is known again.
    Customer { md5: String, proof: String },
}

/// A multipart upload under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Upload {
    pub id: String,
    pub begun_at: Timestamp,
    /// ARN of who began it.
    pub initiator: String,
    #[serde(default)]
    pub heads: Heads,
    #[serde(default)]
    pub tags: Tags,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sse: Option<Sse>,
    /// The algorithm of checksums, and whether they are of the whole object.
    pub algorithm: String,
    pub full_object: bool,
    /// The client chose the algorithm.
    #[serde(default)]
    pub chosen: bool,
    /// It is being completed: its parts stay as they are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub completing: bool,
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub size: u64,
    /// MD5 in hexadecimal, or digits by chance (`body::Kept`).
    pub etag: String,
    pub modified: Timestamp,
    #[serde(default)]
    pub sum: Option<Sum>,
    /// The blob, and the name by which the part owns it. A part of nothing has none.
    #[serde(default)]
    pub blob: Option<(Digest, String)>,
}

/// Numbers of the parts that the completion of an upload left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    pub parts: Vec<u32>,
}

/// Where bytes lie in a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    pub pack: String,
    /// Their offset in the pack's stream of the journal.
    pub at: u64,
    /// Bytes there.
    pub size: u64,
}

/// Bytes of small objects together, sealed under one key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pack {
    /// The key, sealed for [`purpose_of_pack`].
    pub sealed: Sealed,
    pub begun_at: Timestamp,
    /// When it was found that no slot names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emptied_at: Option<Timestamp>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// What the key of a pack is sealed for.
pub fn purpose_of_pack(id: &str) -> String {
    format!("s3/pack/{id}")
}

macro_rules! records {
    ($($kind:literal $record:ty),* $(,)?) => {
        $(impl Record for $record {
            const KIND: &'static str = $kind;
            const FORMAT: u32 = 1;
        })*
    };
}
records! { "bucket" Bucket, "name" Name, "o" Object, "upload" Upload, "part" Part, "left-out" LeftOut, "slot" Slot, "pack" Pack }

fn is_zero(size: &u64) -> bool {
    *size == 0
}

fn scope() -> Scope {
    platform::scope(SERVICE)
}

pub fn all_names() -> String {
    scope().prefix(Name::KIND)
}

pub fn name(bucket: &str) -> String {
    scope().key(Name::KIND, bucket)
}

pub fn bucket(account: &str, region: &str, name: &str) -> String {
    Scope::new(SERVICE, account, region).key(Bucket::KIND, name)
}

/// The current objects of a bucket. Of versions before, delete markers too.
pub fn objects(bucket_id: &str) -> String {
    format!("{}{bucket_id}/", scope().prefix("o"))
}

pub fn object(bucket_id: &str, key: &str) -> String {
    objects(bucket_id) + &escaped(key)
}

/// The delete markers of a bucket that are current versions.
pub fn markers(bucket_id: &str) -> String {
    format!("{}{bucket_id}/", scope().prefix("m"))
}

pub fn marker(bucket_id: &str, key: &str) -> String {
    markers(bucket_id) + &escaped(key)
}

pub fn all_versions(bucket_id: &str) -> String {
    format!("{}{bucket_id}/", scope().prefix("v"))
}

/// The noncurrent versions of a key.
pub fn versions(bucket_id: &str, key: &str) -> String {
    format!("{}{}\0", all_versions(bucket_id), escaped(key))
}

pub fn version(bucket_id: &str, key: &str, seq: u64) -> String {
    format!("{}{:016x}", versions(bucket_id, key), !seq)
}

pub fn all_uploads(bucket_id: &str) -> String {
    format!("{}{bucket_id}/", scope().prefix("upload"))
}

pub fn upload(bucket_id: &str, key: &str, id: &str) -> String {
    format!("{}{}\0{id}", all_uploads(bucket_id), escaped(key))
}

/// The id of an upload to a bucket that begins `at` so many milliseconds, and is told from others by `unique`, 32
/// hexadecimal digits. Ids are in the order of time.
pub fn upload_id(at: i64, bucket_id: &str, unique: &str) -> String {
    format!("{at:012x}{bucket_id}{unique}")
}

pub fn parts(upload_id: &str) -> String {
    let folder = scope().prefix("part");
    // Ids of versions before have 44 digits and no bucket.
    match upload_id.get(12..28).filter(|_| upload_id.len() == 60) {
        Some(bucket) => format!("{folder}{bucket}/{upload_id}/"),
        None => format!("{folder}{upload_id}/"),
    }
}

pub fn part(upload_id: &str, number: u32) -> String {
    format!("{}{number:05}", parts(upload_id))
}

/// The number at the end of a part's key.
pub fn part_number(key: &str) -> Option<u32> {
    key.rsplit('/').next()?.parse().ok()
}

pub fn all_doomed() -> String {
    scope().prefix("doomed")
}

pub fn doomed(upload_id: &str) -> String {
    all_doomed() + upload_id
}

pub fn all_left_out() -> String {
    scope().prefix(LeftOut::KIND)
}

pub fn left_out(upload_id: &str) -> String {
    all_left_out() + upload_id
}

pub fn all_slots() -> String {
    scope().prefix(Slot::KIND)
}

pub fn slot(id: &str) -> String {
    all_slots() + id
}

pub fn all_packs() -> String {
    scope().prefix(Pack::KIND)
}

pub fn pack(id: &str) -> String {
    all_packs() + id
}

/// Escaped as [`wharf_records::unescape`] reads it, and so that the order of texts stays.
pub fn escaped(key: &str) -> String {
    key.replace('%', "%25")
}

/// The inverse of [`escaped`].
pub fn unescaped(text: &str) -> String {
    text.replace("%25", "%")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_sort_as_texts(one in "[a%!/\u{7f}é\u{10000}]{0,6}", other in "[a%!/\u{7f}é\u{10000}]{0,6}") {
            prop_assert_eq!(escaped(&one).cmp(&escaped(&other)), one.cmp(&other));
            prop_assert_eq!(unescaped(&escaped(&one)), one.clone());
            prop_assert_eq!(wharf_records::unescape(&escaped(&one)), Some(one.clone()));
            // The versions of a key stand before the next key.
            prop_assert_eq!(version("b", &one, 1).cmp(&version("b", &other, 1)), one.cmp(&other));
        }
    }

    #[test]
    fn newer_versions_come_first() {
        assert!(version("b", "k", 2) < version("b", "k", 1));
        assert_eq!(part_number(&part("u", 10_000)), Some(10_000));
    }

    #[test]
    fn parts_are_below_the_bucket_of_their_upload() {
        let bucket = "0123456789abcdef";
        let id = upload_id(1_700_000_000_000, bucket, &"f".repeat(32));
        assert!(id < upload_id(1_700_000_000_001, bucket, &"0".repeat(32)));
        let place = part(&id, 7);
        assert!(
            place.ends_with(&format!("/part/{bucket}/{id}/00007")),
            "{place}"
        );
        assert_eq!(part_number(&place), Some(7));
        // One that began with a version before stays where it is.
        let before = "018bcfe56800".to_owned() + &"f".repeat(32);
        assert!(part(&before, 7).ends_with(&format!("/part/{before}/00007")));
    }

    #[test]
    fn a_date_that_a_version_before_kept_is_given_back_as_it_was() {
        let opened = |heads: &str| serde_json::from_str::<Heads>(heads).unwrap();
        let before = opened(r#"{"type": "text/html", "exp": 784111777000, "meta": {"a": "b"}}"#);
        let shown = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(before.expires.as_deref(), Some(shown));
        assert_eq!(before.meta["a"], "b");
        for text in [shown, "0", "never", ""] {
            let heads = Heads {
                expires: Some(text.to_owned()),
                ..Heads::default()
            };
            let written = serde_json::to_string(&heads).unwrap();
            assert_eq!(written, format!(r#"{{"exp":"{text}"}}"#));
            assert_eq!(opened(&written), heads);
        }
        assert_eq!(opened("{}"), Heads::default());
    }

    #[test]
    fn a_small_record_is_small() {
        let object = Object {
            seq: 1_700_000_000_000_000,
            modified: Timestamp(1_700_000_000_000),
            null: true,
            size: 4096,
            etag: "25f9e794323b453885f5181f1b624d0b".to_owned(),
            body: Body::Blob(Digest::of(b""), "0123456789abcdef.object".to_owned()),
            ..Object::default()
        };
        assert!(wharf_records::encode(&object).len() < 330);
    }
}
