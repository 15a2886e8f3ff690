//! Trails as they are stored, under their names.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};
use wharf_service::tags::Tags;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trail {
    /// Of S3, or a folder below the operator's folder of trails.
    pub bucket: String,
    #[serde(default)]
    pub prefix: Option<String>,
    #[serde(default)]
    pub global_events: bool,
    /// Events of all regions, not of this one alone.
    #[serde(default)]
    pub multi_region: bool,
    #[serde(default)]
    pub logging: bool,
    #[serde(default)]
    pub started_at: Option<Timestamp>,
    #[serde(default)]
    pub stopped_at: Option<Timestamp>,
    /// Which events it delivers; all, if there are none.
    #[serde(default)]
    pub selectors: Vec<Selector>,
    /// Where it delivers to beside its bucket.
    #[serde(default)]
    pub logs: Option<LogGroup>,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Trail {
    const KIND: &'static str = "trail";
    const FORMAT: u32 = 1;
}

/// A log group, and the role by which it is written to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogGroup {
    /// `arn:aws:logs:<region>:<account>:log-group:<name>:*`
    pub arn: String,
    pub role: String,
}

impl LogGroup {
    pub fn name(&self) -> &str {
        let name = self.arn.split(':').nth(6);
        name.unwrap_or_default()
    }
}

/// Delivers what matches all of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Selector {
    pub management: bool,
    pub reads: bool,
    pub writes: bool,
    /// `kms.amazonaws.com`
    #[serde(default)]
    pub excluded_sources: Vec<String>,
}

impl Selector {
    pub fn admits(&self, source: &str, read_only: bool) -> bool {
        let kind = if read_only { self.reads } else { self.writes };
        self.management && kind && !self.excluded_sources.iter().any(|it| it == source)
    }
}

impl Trail {
    /// Of its bucket, with the slash: nothing without a prefix.
    pub fn folder(&self) -> String {
        let prefix = self.prefix.as_deref().map(|it| it.trim_end_matches('/'));
        prefix.map_or(String::new(), |it| format!("{it}/"))
    }

    pub fn admits(&self, source: &str, read_only: bool) -> bool {
        let mut selectors = self.selectors.iter();
        self.selectors.is_empty() || selectors.any(|it| it.admits(source, read_only))
    }
}
