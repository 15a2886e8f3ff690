//! What the store holds of ECR, and under which keys.
//!
//! Everything inside a repository is keyed by the repository's own id, not by its name, so that a
//! repository made anew under an old name never shows what the old one held.
//!
//! ```text
//! registry-policy/policy                  RegistryPolicy
//! account-setting/<name>                  AccountSetting
//! repository/<name>                       Repository
//! contents/<repository id>                Contents: raised by every change of images and tags
//! image/<repository id>.<hex>             Image
//! tag/<repository id>.<tag>               Tag
//! layer/<repository id>.<hex>             Layer
//! index/<repository id>.<hex>             Marker: the image is an index
//! referrer/<repository id>.<subject hex>.<hex>  Marker: the image has that subject
//! activating/<repository id>.<hex>        Marker: the image is on its way back from the archive
//! creation-template/<prefix>              Template
//! replication/configuration               Replication
//! owed-replica/<repository id>.<hex>.<account>.<region>  Owed: to be as here at that destination
//! backfill/<id>                           Backfill
//! backfill-result/<id>.<repository id>.<hex>  BackfillResult
//! pull-exclusion/<ARN>                    PullExclusion
//! pull-through/<prefix>                   PullThrough: which registry such repositories are pulled through from
//! scan/<repository id>.<hex>              Scan: what was found in the image, or is being looked for
//! findings-told/<repository id>.<hex>     Told: what EventBridge was told of what was found in the image
//! frequency-change/last                   FrequencyChange: repositories that are scanned at other times now, for those who are told
//! pull-failure/last                       PullFailure: what could not be pulled through, for those who are told
//! rescan/configuration                    Rescan: for how long images are compared again
//! scan-key/<id>                           ScanKey: a data key that what scans found is under
//! scan-sealing/configuration              ScanSealing: which of them it is put under
//! scanning/configuration                  Scanning: what of a registry is scanned, and when
//! shut-scans/<repository id>|findings     ShutScans: scans ended because KMS refused a key, and are to be begun again
//! signing/configuration                   Signing: which profiles sign what is pushed
//! signing-profile/<name>                  SigningProfile
//! signatures/<repository id>.<hex>        Signatures: those that profiles make of the image
//! compared/seen                           Compared, of no account: the data that images were compared with
//! pending-grant/<id>                      PendingGrant (`wharf_datakeys`): a grant on a key of KMS, on its way or on its way back
//! doomed/<repository id>                  DoomedRepository: deleted, its contents still to be removed
//! public-registry/registry                PublicRegistry
//! catalog-data/<repository id>            CatalogData: what the public gallery says of it
//! alias/<alias>                           Alias, of no account
//! ```
//! and, over all accounts and services, `<repository id>.<image|layer|logo>`,
//! `<repository id>.scan.<hex of the image>` and `<repository id>.<hex of the image>.told` among the owners of a blob (`wharf_wanted`). Images and layers whose
//! digest is a sha512 have its 128 digits in their keys where others have 64, and at the end of their owners' names.
//! Public registries have the same records, under the service `ecr-public`.

mod encryption;
mod gallery;
mod keys;
mod notices;
mod pull_through;
pub(crate) mod replication;
#[cfg(test)]
pub(crate) mod samples;
mod scan_keys;
mod scans;
mod signing;
mod told;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_blobs::{Algorithm, Digest};
use wharf_records::{Record, Unknown};
use wharf_wanted::owner;

pub(crate) use encryption::{DoomedRepository, WantedEncryption};
pub use encryption::{Encryption, EncryptionKind};
pub(crate) use gallery::{Alias, logo_owner};
pub use gallery::{CatalogData, Logo, LogoFormat, PublicRegistry};
pub(crate) use keys::Keys;
pub(crate) use notices::{ChangedFrequency, FrequencyChange, PullFailure};
pub use pull_through::Origin;
pub(crate) use pull_through::PullThrough;
use replication::{Backfill, BackfillResult, Owed, Replica, Replication};
pub(crate) use scan_keys::{ScanKey, ScanSealing, ShutScans};
pub use scans::Rescan;
pub(crate) use scans::{
    Compared, Frequency, Scan, ScanDay, ScanRule, ScanStatus, ScanUsage, Scanning, scan_of,
    scan_owner,
};

pub use signing::SigningProfile;
pub(crate) use signing::{Signature, SignatureStatus, Signatures, Signing, SigningRule};
pub(crate) use told::{Found, Told, Toward, short, told_owner};

pub(crate) const SERVICE: &str = "ecr";
/// Public registries are kept apart from private ones.
pub(crate) const PUBLIC_SERVICE: &str = "ecr-public";
/// Where the public gallery is, as with AWS.
pub const GALLERY_REGION: &str = "us-east-1";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Repository {
    /// Sixteen hexadecimal digits, never used again.
    pub id: String,
    pub name: String,
    pub created_at: Timestamp,
    /// `MUTABLE`, `IMMUTABLE`, `IMMUTABLE_WITH_EXCLUSION`, `MUTABLE_WITH_EXCLUSION`.
    pub tag_mutability: String,
    /// Wildcards of tags for which the opposite holds.
    #[serde(default)]
    pub exclusion_filters: Vec<String>,
    #[serde(default)]
    pub scan_on_push: bool,
    /// Where a key of KMS is for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The resource policy's text.
    #[serde(default)]
    pub policy: Option<String>,
    #[serde(default)]
    pub lifecycle: Option<Lifecycle>,
    /// The lifecycle policy that was last previewed.
    #[serde(default)]
    pub preview: Option<Preview>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// Which images of a repository expire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lifecycle {
    /// As it was given.
    pub text: String,
    pub set_at: Timestamp,
    /// When it was last run to the end; `None` until then.
    #[serde(default)]
    pub evaluated_at: Option<Timestamp>,
}

impl Lifecycle {
    /// Whether it is the policy that the other one was, run or not.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.set_at == other.set_at && self.text == other.text
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    pub text: String,
    pub started_at: Timestamp,
}

/// Its revision is what counts; the number only makes each write differ.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Contents {
    pub changes: u64,
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Image {
    pub digest: Digest,
    /// The name of its repository, for what is told of it; empty in records of earlier versions.
    #[serde(default)]
    pub repository: String,
    pub media_type: String,
    #[serde(default)]
    pub artifact_type: Option<String>,
    /// Bytes of the manifest itself.
    pub manifest_size: u64,
    /// Bytes of config and layers; of an index, of its largest image.
    pub image_size: u64,
    pub pushed_at: Timestamp,
    #[serde(default)]
    pub last_pull: Option<Timestamp>,
    /// When a task or a pod last ran it, as far as it was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_in_use: Option<Timestamp>,
    /// Whether it can be pulled.
    #[serde(default)]
    pub status: Status,
    #[serde(default)]
    pub archived_at: Option<Timestamp>,
    /// When it last came back from the archive.
    #[serde(default)]
    pub activated_at: Option<Timestamp>,
    /// What became of it at the destinations it is replicated to, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub replicas: BTreeMap<String, Replica>,
    /// In the order of setting.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Config and layers.
    #[serde(default)]
    pub blobs: Vec<Digest>,
    /// The images of an index.
    #[serde(default)]
    pub children: Vec<Digest>,
    #[serde(default)]
    pub subject: Option<Digest>,
    /// Where it was last brought from, if it was pulled through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The blob that its manifest is, where that has another name: under a key of KMS, or where the digest is no sha256.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "sealed")]
    pub stored: Option<Digest>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Image {
    /// The blob that its manifest is.
    pub(crate) fn blob(&self) -> Digest {
        self.stored.unwrap_or(self.digest)
    }

    /// Whether it is one of those that a filter asks for by a `tagStatus`.
    pub(crate) fn has_tag_status(&self, wanted: &str) -> bool {
        match wanted {
            "TAGGED" => !self.tags.is_empty(),
            "UNTAGGED" => self.tags.is_empty(),
            _ => true,
        }
    }
}

/// Where an image is between the two storage classes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    #[default]
    Active,
    Archived,
    /// On its way back from the archive.
    Activating,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Archived => "ARCHIVED",
            Self::Activating => "ACTIVATING",
        }
    }

    /// Whether a filter of that name lets it through.
    pub(crate) fn fits(self, filter: &str) -> bool {
        filter == "ANY" || filter == self.name()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tag {
    pub digest: Digest,
    /// When it came to name this image; `None` in records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_at: Option<Timestamp>,
    /// When it was last as in the registry that it was pulled through from; `None` for what was pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<Timestamp>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Layer {
    pub size: u64,
    pub uploaded_at: Timestamp,
    /// The blob that it is, where that has another name: under a key of KMS, or where the digest is no sha256.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "sealed")]
    pub stored: Option<Digest>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Layer {
    /// The blob that the layer of this digest is.
    pub(crate) fn blob(&self, digest: &Digest) -> Digest {
        self.stored.unwrap_or(*digest)
    }
}

/// The policy of a registry as a whole; there is one at most, under the id `policy`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RegistryPolicy {
    /// As it was given.
    pub text: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// What an account chose for its registry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AccountSetting {
    pub value: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// Pulls of this principal leave images' pull times as they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PullExclusion {
    pub principal: String,
    pub created_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// How repositories are made that nobody made beforehand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Template {
    /// Of the names of the repositories, or `ROOT`.
    pub prefix: String,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    pub tag_mutability: String,
    #[serde(default)]
    pub exclusion_filters: Vec<String>,
    #[serde(default)]
    pub policy: Option<String>,
    #[serde(default)]
    pub lifecycle: Option<String>,
    /// `CREATE_ON_PUSH`, `REPLICATION`, `PULL_THROUGH_CACHE`.
    pub applied_for: Vec<String>,
    #[serde(default)]
    pub custom_role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<WantedEncryption>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

macro_rules! records {
    ($($kind:literal $record:ty),* $(,)?) => {
        $(impl Record for $record {
            const KIND: &'static str = $kind;
            const FORMAT: u32 = 1;
        })*
    };
}
records! {
    "repository" Repository, "contents" Contents, "image" Image, "tag" Tag, "layer" Layer,
    "registry-policy" RegistryPolicy, "account-setting" AccountSetting,
    "pull-exclusion" PullExclusion, "pull-through" PullThrough, "creation-template" Template,
    "replication" Replication, "owed-replica" Owed,
    // What versions before wrote is one that had no key.
    "marker" DoomedRepository,
    "backfill" Backfill, "backfill-result" BackfillResult,
    "signing" Signing, "signing-profile" SigningProfile, "signatures" Signatures,
}

/// What says that the blob is needed as the layer of that digest.
pub(crate) fn layer_owner(blob: &Digest, repository: &str, layer: &Digest) -> String {
    owner(blob, &format!("{repository}.layer{}", beside(layer)))
}

pub(crate) fn image_owner(blob: &Digest, repository: &str, image: &Digest) -> String {
    owner(blob, &format!("{repository}.image{}", beside(image)))
}

/// Content under digests of two algorithms is one blob, which each of them needs.
fn beside(digest: &Digest) -> String {
    match digest.algorithm() {
        Algorithm::Sha256 => String::new(),
        Algorithm::Sha512 => format!(".{}", digest.hex()),
    }
}

#[cfg(test)]
mod tests {
    use wharf_records::{decode, encode};

    use super::*;

    #[test]
    fn records_of_versions_before_name_the_same_blob() {
        let (layer, blob) = (Digest::of(b"layer"), Digest::of(b"blob"));
        let read = |sealed: &str| {
            let text = format!(
                r#"{{"kind":"layer","format":1,"body":{{"size":5,"uploaded_at":7{sealed}}}}}"#
            );
            decode::<Layer>(text.as_bytes()).unwrap()
        };
        assert_eq!(read("").blob(&layer), layer);
        let locked = read(&format!(r#","sealed":"{blob}""#));
        assert_eq!((locked.blob(&layer), locked.stored), (blob, Some(blob)));
        assert_eq!(decode::<Layer>(&encode(&locked)).unwrap(), locked);
    }

    #[test]
    fn each_digest_of_a_blob_is_an_owner_of_its_own() {
        let (one, other) = (Digest::of(b"x"), Digest::by(Algorithm::Sha512, b"x"));
        let owners = [
            layer_owner(&one, "r", &one),
            layer_owner(&one, "r", &other),
            image_owner(&one, "r", &one),
            image_owner(&one, "r", &other),
        ];
        // As versions before wrote it.
        assert!(owners[0].ends_with(&format!("{}.r.layer", one.hex())));
        for (n, owner) in owners.iter().enumerate() {
            assert_eq!(wharf_wanted::owned(owner), Some(one));
            assert!(!owners[..n].contains(owner));
        }
    }
}
