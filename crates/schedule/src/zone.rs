//! Time zones of the IANA database, and the clock on their walls.

use std::{fmt, str::FromStr};

use chrono::{
    DateTime, LocalResult, NaiveDateTime, Offset as _, SecondsFormat, TimeZone as _, Utc,
};
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

    /// A moment as RFC 3339 has it, with the distance of the wall's clock; `None` beyond the years that a calendar has.
    pub fn rfc3339(self, at: Timestamp) -> Option<String> {
        let utc = DateTime::<Utc>::from_timestamp_millis(at.millis())?;
        let local = utc.with_timezone(&self.0);
        Some(local.to_rfc3339_opts(SecondsFormat::Secs, true))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_the_distance_of_its_zone() {
        let shown = |zone: Zone| zone.rfc3339(Timestamp(1_767_225_600_000));
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        assert_eq!(shown(berlin).as_deref(), Some("2026-01-01T01:00:00+01:00"));
        assert_eq!(shown(Zone::UTC).as_deref(), Some("2026-01-01T00:00:00Z"));
    }
}
