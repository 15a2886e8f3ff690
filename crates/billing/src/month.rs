//! A month as storage is billed by it: as many hours as it has.

use wharf_base::Timestamp;

/// What a month is divided into, whichever it is, so that an hour of it is a whole number of parts: the least common
/// multiple of the hours of 28, 29, 30 and 31 days.
pub const SHARES: i64 = 9_061_920;

/// How many of these an hour of the month has that a moment is in, given in milliseconds since 1970.
pub fn shares_of_an_hour(at: i64) -> i64 {
    SHARES / (days(at) * 24)
}

fn days(at: i64) -> i64 {
    let text = Timestamp(at).iso8601_seconds();
    let mut parts = text.split('-').map(|it| it.parse::<i64>().unwrap_or(1));
    let (year, month) = (parts.next().unwrap_or(1), parts.next().unwrap_or(1));
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_month_has_its_hours() {
        for days in [28, 29, 30, 31] {
            assert_eq!(SHARES % (days * 24), 0, "{days} days");
        }
        for (at, hours) in [
            ("2026-02-01T00:00:00Z", 672),
            ("2028-02-29T23:59:59Z", 696),
            ("2026-04-30T23:59:59Z", 720),
            ("2026-05-01T00:00:00Z", 744),
            ("2100-02-10T00:00:00Z", 672),
        ] {
            let at = Timestamp::parse_iso8601(at).unwrap().millis();
            assert_eq!(shares_of_an_hour(at), SHARES / hours);
        }
    }
}
