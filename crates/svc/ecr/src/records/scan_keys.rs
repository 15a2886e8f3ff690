//! Keys of KMS that what enhanced scans found is under.

use serde::{Deserialize, Serialize};
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

impl Record for ScanKey {
    const KIND: &'static str = "scan-key";
    const FORMAT: u32 = 1;
}

impl Record for ScanSealing {
    const KIND: &'static str = "scan-sealing";
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

    /// What was told of the findings of a registry's images.
    pub(crate) fn all_told(&self) -> String {
        self.0.prefix(super::Told::KIND)
    }
}
