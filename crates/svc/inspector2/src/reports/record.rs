//! A report as it is stored.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};

/// Under its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Report {
    #[serde(default)]
    pub about: About,
    /// `CSV`, `JSON`; `SPDX_2_3`, `CYCLONEDX_1_4`.
    pub format: String,
    /// The API's `FilterCriteria` or `ResourceFilterCriteria`, as they were given; `null` without.
    pub criteria: Value,
    pub bucket: String,
    #[serde(default)]
    pub prefix: String,
    /// ARN of the key that the file is sealed with.
    pub key: String,
    #[serde(default)]
    pub bucket_owner: Option<String>,
    pub created_at: Timestamp,
    pub outcome: Outcome,
    #[serde(default)]
    pub error_code: Option<String>,
    #[serde(default)]
    pub error_message: Option<String>,
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Report {
    const KIND: &'static str = "report";
    const FORMAT: u32 = 1;
}

/// What a report tells of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum About {
    #[default]
    Findings,
    /// What images are made of: an export of SBOMs.
    Sboms,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Outcome {
    InProgress,
    Succeeded,
    Cancelled,
    Failed,
}

impl Outcome {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Succeeded => "SUCCEEDED",
            Self::Cancelled => "CANCELLED",
            Self::Failed => "FAILED",
        }
    }
}

impl Report {
    /// `why`: code and text of what failed.
    pub(crate) fn end(&mut self, outcome: Outcome, why: Option<(&str, String)>, now: Timestamp) {
        self.outcome = outcome;
        self.ended_at = Some(now);
        let (code, message) = why.map(|(code, text)| (code.to_owned(), text)).unzip();
        (self.error_code, self.error_message) = (code, message);
    }
}
