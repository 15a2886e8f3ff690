//! What the service keeps in the store.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_billing::{Span, Use};
use wharf_records::{Record, Scope, Unknown};

pub(crate) const SERVICE: &str = "ce";

/// Where an account's records are.
pub(crate) fn scope(account: &str) -> Scope {
    Scope::new(SERVICE, account, "aws-global")
}

/// A task that is being billed, or one that ended and is not in the ledger yet. Its id is the task's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Meter {
    /// The task's ARN without its id.
    pub arns: String,
    pub id: String,
    #[serde(rename = "use")]
    pub used: Use,
    /// Milliseconds since 1970.
    pub start: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<i64>,
    /// The ledger, which was ahead of a store that came back from a backup, has all of the task.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub settled: bool,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Meter {
    const KIND: &'static str = "meter";
    const FORMAT: u32 = 1;
}

impl Meter {
    /// The time to bill: of a task that runs up to the last full hour, if there was one since it began.
    pub fn span(&self, now: Timestamp) -> Option<Span> {
        const HOUR: i64 = 3_600_000;
        match self.end {
            Some(end) => Some(Span::new(self.start, end)),
            None => {
                let until = now.millis() - now.millis().rem_euclid(HOUR);
                (until > self.start).then(|| Span::new(self.start, until))
            }
        }
    }
}

/// A key of tags that metered tasks had. Its id is the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TagKey {
    /// Whether reports know it.
    pub active: bool,
    pub changed_at: Timestamp,
    /// When it was first seen on a metered task.
    pub seen_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for TagKey {
    const KIND: &'static str = "tag-key";
    const FORMAT: u32 = 1;
}

/// Whether AWS makes tags with this key.
pub(crate) fn is_generated(key: &str) -> bool {
    wharf_service::tags::is_reserved(key)
}
