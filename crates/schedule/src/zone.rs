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

    /// The same of a time that comes to pass though the clock may skip it: then as much later as the clock jumps, as if it had
    /// not yet. So has `java.time` it; AWS documents none of its own. `None` beyond the years that a calendar has.
    pub fn moment_or_later(self, wall: NaiveDateTime) -> Option<Timestamp> {
        if let Some(found) = self.moment(wall) {
            return Some(found);
        }
        let offset = |utc: NaiveDateTime| self.0.offset_from_utc_datetime(&utc).fix();
        // One of them is that of before the jump, which is the lesser, and the other that of after it.
        let one = offset(wall);
        let other = offset(wall.checked_sub_offset(one)?);
        let before = match one.local_minus_utc() < other.local_minus_utc() {
            true => one,
            false => other,
        };
        let utc = wall.checked_sub_offset(before)?.and_utc();
        Some(Timestamp::from_millis(utc.timestamp_millis()))
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
    fn what_the_clock_skips_comes_later_by_as_much_as_it_jumps() {
        let of = |zone: &str, wall: &str| {
            let zone: Zone = zone.parse().unwrap();
            let wall = NaiveDateTime::parse_from_str(wall, "%Y-%m-%dT%H:%M:%S").unwrap();
            let later = zone.moment_or_later(wall).unwrap();
            let shown = zone.wall(later).unwrap();
            let jump = shown.signed_duration_since(wall).num_minutes();
            assert_eq!(zone.moment(wall).is_some(), jump == 0, "{zone} {wall}");
            (later.iso8601_seconds(), jump)
        };
        for (zone, wall, moment, jump) in [
            (
                "Europe/Berlin",
                "2026-03-29T01:59:59",
                "2026-03-29T00:59:59Z",
                0,
            ),
            (
                "Europe/Berlin",
                "2026-03-29T02:00:00",
                "2026-03-29T01:00:00Z",
                60,
            ),
            (
                "Europe/Berlin",
                "2026-03-29T02:30:00",
                "2026-03-29T01:30:00Z",
                60,
            ),
            (
                "Europe/Berlin",
                "2026-03-29T03:00:00",
                "2026-03-29T01:00:00Z",
                0,
            ),
            (
                "America/New_York",
                "2026-03-08T02:30:00",
                "2026-03-08T07:30:00Z",
                60,
            ),
            (
                "Australia/Lord_Howe",
                "2026-10-04T02:15:00",
                "2026-10-03T15:45:00Z",
                30,
            ),
            // The whole day: Samoa went to the other side of the date line.
            (
                "Pacific/Apia",
                "2011-12-30T12:00:00",
                "2011-12-30T22:00:00Z",
                1440,
            ),
            // Twice: the first time.
            (
                "Europe/Berlin",
                "2026-10-25T02:30:00",
                "2026-10-25T00:30:00Z",
                0,
            ),
        ] {
            assert_eq!(of(zone, wall), (moment.to_owned(), jump), "{zone} {wall}");
        }
    }

    #[test]
    fn a_moment_has_the_distance_of_its_zone() {
        let shown = |zone: Zone| zone.rfc3339(Timestamp(1_767_225_600_000));
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        assert_eq!(shown(berlin).as_deref(), Some("2026-01-01T01:00:00+01:00"));
        assert_eq!(shown(Zone::UTC).as_deref(), Some("2026-01-01T00:00:00Z"));
    }
}
