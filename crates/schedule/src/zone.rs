//! Time zones of the IANA database, and the clock on their walls.

use std::{fmt, str::FromStr};

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset as _, TimeZone as _, Utc};
use chrono_tz::Tz;
use wharf_base::Timestamp;

/// A time zone, by its IANA name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(Tz);

/// There is no such zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a time zone of the IANA database")]
pub struct BadZone(String);

impl Zone {
    pub const UTC: Self = Self(Tz::UTC);

    /// When the wall's clock shows `wall`; the first time if it does twice, `None` if it never does.
    pub fn moment(self, wall: NaiveDateTime) -> Option<Timestamp> {
        let found = match self.0.from_local_datetime(&wall) {
            LocalResult::None => return None,
            LocalResult::Single(it) | LocalResult::Ambiguous(it, _) => it,
        };
        Some(Timestamp::from_millis(found.timestamp_millis()))
    }

    /// What the wall's clock shows; `None` beyond the years that a calendar has.
    pub fn wall(self, at: Timestamp) -> Option<NaiveDateTime> {
        let utc = DateTime::<Utc>::from_timestamp_millis(at.millis())?;
        let offset = self.0.offset_from_utc_datetime(&utc.naive_utc()).fix();
        utc.naive_utc().checked_add_offset(offset)
    }
}

impl FromStr for Zone {
    type Err = BadZone;

    fn from_str(name: &str) -> Result<Self, BadZone> {
        let found = name.parse::<Tz>();
        found.map(Self).map_err(|_| BadZone(name.to_owned()))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.name())
    }
}
