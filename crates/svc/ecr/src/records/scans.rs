//! Scans of images, what of a registry is scanned, and up to which data that was done.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_blobs::Digest;
use wharf_records::{Record, Unknown};
use wharf_wanted::owner;

use super::{Image, Keys, SERVICE, Status};

const DAY: Duration = Duration::from_secs(24 * 3600);
const ARCHIVED: &str =
    "The image is in the archive. What was found in it is shown once it is back.";

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
    /// How often one after the other it ended because KMS refused a key: it is begun again once the key can be used.
    #[serde(default, skip_serializing_if = "is_none_of_them")]
    pub shut: u32,
    #[serde(default)]
    pub completed_at: Option<Timestamp>,
    /// When the data that it was compared with, or failed with, was last updated.
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
    /// The id of the [`ScanKey`](super::ScanKey) that both blobs are under; `None`: under none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<String>,
    /// When those findings were first seen that do not say so themselves: what is found in images that are made
    /// of the same is one blob then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_found_at: Option<Timestamp>,
    /// The tags that the image had when it ended.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Packages of languages count too.
    #[serde(default)]
    pub enhanced: bool,
    /// It is compared again when the data changes.
    #[serde(default)]
    pub continuous: bool,
    /// A rule asked for it, and nobody by a call. Of those of earlier versions it says so not, nor of enhanced ones, which
    /// all are so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_rule: bool,
    /// Its image is in the archive, or on its way back. Of one that was put there by an earlier version it says so not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// The generation of the data that it was compared with, or failed with; 0 where there was none.
    #[serde(default)]
    pub generation: u64,
    /// The packages that are looked up for it, by their hashes; `scanning::held` reads and writes it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub held: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ScanStatus {
    InProgress,
    /// Read, and compared as soon as something is known about what is in it.
    Pending,
    Complete,
    /// Complete, and compared again as the data changes.
    Active,
    Failed,
    UnsupportedImage,
    ImageSizeExceeded,
    /// Complete, and for too long neither pushed nor pulled to be compared again.
    Expired,
    /// Of an image in the archive. It is shown and not stored: the scan goes on where it was once the image is back.
    Archived,
}

impl ScanStatus {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Pending => "PENDING",
            Self::Complete => "COMPLETE",
            Self::Active => "ACTIVE",
            Self::Failed => "FAILED",
            Self::UnsupportedImage => "UNSUPPORTED_IMAGE",
            Self::ImageSizeExceeded => "IMAGE_SIZE_EXCEEDED",
            Self::Expired => "SCAN_ELIGIBILITY_EXPIRED",
            Self::Archived => "IMAGE_ARCHIVED",
        }
    }

    /// There are findings, or it is known that there are none.
    pub(crate) fn has_findings(self) -> bool {
        matches!(self, Self::Complete | Self::Active)
    }
}

fn is_none_of_them(count: &u32) -> bool {
    *count == 0
}

/// A scan that begins, of an image that had none.
pub(crate) fn scan_of(repository: &str, digest: Digest, now: Timestamp) -> Scan {
    Scan {
        repository: repository.to_owned(),
        digest,
        status: ScanStatus::InProgress,
        description: String::new(),
        requested_at: now,
        attempts: 0,
        shut: 0,
        completed_at: None,
        source_updated_at: None,
        counts: BTreeMap::new(),
        inventory: None,
        findings: None,
        under: None,
        first_found_at: None,
        tags: Vec::new(),
        enhanced: false,
        continuous: false,
        by_rule: false,
        archived: false,
        generation: 0,
        held: String::new(),
        unknown: Unknown::new(),
    }
}

impl Scan {
    /// As it is shown of an image of this status: nothing counts that was found in one that cannot be pulled.
    pub(crate) fn of(self, image: Status) -> Self {
        match image {
            Status::Active => self,
            Status::Archived | Status::Activating => Self {
                status: ScanStatus::Archived,
                description: ARCHIVED.to_owned(),
                ..self
            },
        }
    }

    /// Whether there is anything that its data key is for.
    pub(crate) fn has_kept(&self) -> bool {
        self.inventory.is_some() || self.findings.is_some()
    }

    /// Without what was found: nobody can open that any more, or wants to.
    pub(crate) fn emptied(self) -> Self {
        Self {
            inventory: None,
            findings: None,
            under: None,
            first_found_at: None,
            counts: BTreeMap::new(),
            held: String::new(),
            ..self
        }
    }

    /// Whether this is the data that it was compared with. Data that is brought anew after a restore counts
    /// its generations from one again, so the generation alone does not say.
    pub(crate) fn is_of(&self, generation: u64, updated_at: Timestamp) -> bool {
        (self.generation, self.source_updated_at) == (generation, Some(updated_at))
    }
}

/// What of a registry is scanned, and how; there is one at most, under the id `configuration`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scanning {
    /// Enhanced scanning goes by these rules alone; basic scanning also by what repositories say of
    /// themselves.
    #[serde(default)]
    pub enhanced: bool,
    pub rules: Vec<ScanRule>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// For how long images under continuous scanning are compared again; there is one at most, under the id
/// `configuration`. Without one, for good.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rescan {
    /// Days after the push; `None` for good.
    #[serde(default)]
    pub pushed_days: Option<u32>,
    /// Days after the last pull.
    #[serde(default)]
    pub pulled_days: Option<u32>,
    /// It is when it was last in use that those days are counted from.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_use: bool,
    pub updated_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Rescan {
    /// Whether an image is still compared again.
    pub(crate) fn covers(&self, image: &Image, now: Timestamp) -> bool {
        let within = |days: u32, at| now.since(at) < DAY * days;
        let last = match self.by_use {
            true => image.last_in_use,
            false => image.last_pull,
        };
        let pushed_at = image.pushed_at;
        let pushed = self.pushed_days.is_none_or(|days| within(days, pushed_at));
        let pulled = self.pulled_days.zip(last);
        pushed || pulled.is_some_and(|(days, at)| within(days, at))
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ScanRule {
    /// `SCAN_ON_PUSH`, `CONTINUOUS_SCAN`.
    pub frequency: String,
    /// Wildcards of repositories' names.
    pub filters: Vec<String>,
}

/// When images of a repository are scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frequency {
    Manual,
    OnPush,
    Continuous,
}

impl Frequency {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Manual => "MANUAL",
            Self::OnPush => "SCAN_ON_PUSH",
            Self::Continuous => "CONTINUOUS_SCAN",
        }
    }
}

/// Up to which generation of the data the images under continuous scanning were compared; there is one
/// for all accounts, under the id `seen`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Compared {
    pub generation: u64,
    /// When that generation was made, in milliseconds since 1970: data that is brought anew after a
    /// restore counts from one again.
    pub updated_at: i64,
    /// The generation that they are being compared with. Whoever ends a scan compares this record.
    pub toward: u64,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Compared {
    pub(crate) fn key() -> String {
        wharf_service::platform::scope(SERVICE).key(Self::KIND, "seen")
    }
}

impl Record for Compared {
    const KIND: &'static str = "compared";
    const FORMAT: u32 = 1;
}

/// How often images were scanned in the enhanced way, under the id `all`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ScanUsage {
    /// By the day, counted from the first of 1970.
    pub days: BTreeMap<i64, ScanDay>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ScanDay {
    /// Images that were read.
    pub first: u64,
    /// Images that were scanned before.
    pub again: u64,
}

impl Record for ScanUsage {
    const KIND: &'static str = "scan-usage";
    const FORMAT: u32 = 1;
}

impl Record for Scan {
    const KIND: &'static str = "scan";
    const FORMAT: u32 = 1;
}

impl Record for Rescan {
    const KIND: &'static str = "rescan";
    const FORMAT: u32 = 1;
}

impl Record for Scanning {
    const KIND: &'static str = "scanning";
    const FORMAT: u32 = 1;
}

impl Keys {
    pub(crate) fn all_scans(&self) -> String {
        self.0.prefix("scan")
    }

    pub(crate) fn scans(&self, repository: &str) -> String {
        self.inside("scan", repository)
    }

    pub(crate) fn scan(&self, repository: &str, digest: &Digest) -> String {
        self.scans(repository) + &digest.hex()
    }

    pub(crate) fn scan_usage(&self) -> String {
        self.0.key(ScanUsage::KIND, "all")
    }

    pub(crate) fn scanning(&self) -> String {
        self.0.key("scanning", "configuration")
    }

    pub(crate) fn rescan(&self) -> String {
        self.0.key("rescan", "configuration")
    }
}

/// What was found in an image.
pub(crate) fn scan_owner(blob: &Digest, repository: &str, image: &Digest) -> String {
    owner(blob, &format!("{repository}.scan.{}", image.hex()))
}

#[cfg(test)]
mod tests {
    use super::{super::samples, *};

    #[test]
    fn an_image_is_compared_again_while_it_was_pushed_or_pulled_of_late() {
        let at = |days: i64| Timestamp(days * 24 * 3600 * 1000);
        let rescan = |pushed_days, pulled_days| Rescan {
            pushed_days,
            pulled_days,
            ..Rescan::default()
        };
        for (of, pulled, now, covered) in [
            (rescan(None, None), None, 10_000, true),
            (rescan(Some(14), None), None, 13, true),
            (rescan(Some(14), None), None, 14, false),
            (rescan(Some(14), None), Some(13), 14, false),
            (rescan(Some(14), Some(3)), Some(13), 15, true),
            (rescan(Some(14), Some(3)), Some(13), 16, false),
        ] {
            let image = Image {
                last_pull: pulled.map(at),
                ..samples::image(Digest::of(b"x"), 0)
            };
            let found = of.covers(&image, at(now));
            assert_eq!(found, covered, "{of:?} {pulled:?} {now}");
            // The same by its use, whenever it was pulled.
            let by_use = Rescan { by_use: true, ..of };
            let image = Image {
                last_pull: Some(at(now)),
                last_in_use: pulled.map(at),
                ..image
            };
            let found = by_use.covers(&image, at(now));
            assert_eq!(found, covered, "{by_use:?} {pulled:?} {now}");
        }
    }
}
