//! What happened to a registry that no other record shows, for those who are told of it. Each is one record, written
//! over by the next of its kind: the store's history has them all.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};

use super::{Keys, Scanning};

/// Repositories are scanned at other times than before, under the id `last`. Told in steps, page by page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FrequencyChange {
    pub before: Scanning,
    pub after: Scanning,
    pub at: Timestamp,
    /// The key of the last repository that was looked at.
    #[serde(default)]
    pub told_to: Option<String>,
    #[serde(default)]
    pub done: bool,
    /// Those of the last step.
    #[serde(default)]
    pub changed: Vec<ChangedFrequency>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChangedFrequency {
    pub repository: String,
    pub before: String,
    pub after: String,
}

/// An image could not be brought from its upstream registry, under the id `last`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PullFailure {
    /// Of the rule.
    pub prefix: String,
    pub url: String,
    pub repository: String,
    /// One of the two.
    #[serde(default)]
    pub tag: Option<String>,
    #[serde(default)]
    pub digest: Option<String>,
    pub code: String,
    pub reason: String,
    pub at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for FrequencyChange {
    const KIND: &'static str = "frequency-change";
    const FORMAT: u32 = 1;
}

impl Record for PullFailure {
    const KIND: &'static str = "pull-failure";
    const FORMAT: u32 = 1;
}

impl Keys {
    pub(crate) fn frequency_change(&self) -> String {
        self.0.key(FrequencyChange::KIND, "last")
    }

    pub(crate) fn pull_failure(&self) -> String {
        self.0.key(PullFailure::KIND, "last")
    }
}
