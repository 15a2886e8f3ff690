//! Keys of KMS that what enhanced scans found is under.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};

use super::Keys;

/// A data key, by an id that is never used again. It stays until nothing is under it any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ScanKey {
    /// ARN of the key of KMS.
    pub key: String,
    /// The data key in base 64, as KMS sealed it.
    pub sealed: String,
    /// The grant by which Inspector may use the key.
    pub grant: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// Under which data key it is put; there is one at most, under the id `configuration`. What is under another is moved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ScanSealing {
    /// The id of a [`ScanKey`]; `None`: under the installation's keyring alone.
    #[serde(default)]
    pub key: Option<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// That scans ended because KMS refused a key; it stays until they were begun again. Under the id of the repository whose key
/// it is, or under `findings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShutScans {
    /// The name of that repository; `None`: the key is Inspector's.
    #[serde(default)]
    pub repository: Option<String>,
    pub since: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for ScanKey {
    const KIND: &'static str = "scan-key";
    const FORMAT: u32 = 1;
}

impl Record for ScanSealing {
    const KIND: &'static str = "scan-sealing";
    const FORMAT: u32 = 1;
}

impl Record for ShutScans {
    const KIND: &'static str = "shut-scans";
    const FORMAT: u32 = 1;
}

impl Keys {
    pub(crate) fn scan_keys(&self) -> String {
        self.0.prefix(ScanKey::KIND)
    }

    pub(crate) fn scan_key(&self, id: &str) -> String {
        self.0.key(ScanKey::KIND, id)
    }

    pub(crate) fn scan_sealing(&self) -> String {
        self.0.key(ScanSealing::KIND, "configuration")
    }

    /// `repository`: its id; `None` for those that Inspector's key shuts.
    pub(crate) fn shut_scans(&self, repository: Option<&str>) -> String {
        self.0
            .key(ShutScans::KIND, repository.unwrap_or("findings"))
    }

    /// What was told of the findings of a registry's images.
    pub(crate) fn all_told(&self) -> String {
        self.0.prefix(super::Told::KIND)
    }
}
