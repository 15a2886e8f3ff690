//! A scheduled action.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};
use wharf_scaling::Calendar;

/// Under its group's uuid and its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scheduled {
    pub name: String,
    /// The name of its group.
    pub group: String,
    pub uuid: String,
    /// Five fields of a crontab; without, it happens once.
    #[serde(default)]
    pub recurrence: Option<String>,
    #[serde(default)]
    pub zone: Option<String>,
    #[serde(default)]
    pub start: Option<Timestamp>,
    #[serde(default)]
    pub end: Option<Timestamp>,
    #[serde(default)]
    pub min: Option<u32>,
    #[serde(default)]
    pub max: Option<u32>,
    #[serde(default)]
    pub desired: Option<u32>,
    pub created_at: Timestamp,
    /// Up to when its moments were carried out.
    pub done_until: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Scheduled {
    const KIND: &'static str = "scheduled-action";
    const FORMAT: u32 = 1;
}

impl Scheduled {
    /// `None` for a record whose times cannot be read.
    pub fn calendar(&self) -> Option<Calendar> {
        let recurrence = self.recurrence.as_deref();
        Calendar::of_group(recurrence, self.zone.as_deref(), self.start, self.end).ok()
    }

    /// When it comes next.
    pub fn next(&self) -> Option<Timestamp> {
        self.calendar()?.next(self.created_at, self.done_until)
    }

    /// The moment that has come and was not carried out.
    pub fn due(&self, now: Timestamp) -> Option<Timestamp> {
        self.calendar()?.due(self.created_at, self.done_until, now)
    }
}
