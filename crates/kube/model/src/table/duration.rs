//! How long ago something was, in two or three figures.

use wharf_base::clock::Timestamp;

/// `45s`, `3m20s`, `5h`, `2d4h`, `1y30d`.
pub fn human(seconds: i64) -> String {
    // Clocks differ by a second; what is further ahead is wrong.
    if seconds < -1 {
        return "<invalid>".to_owned();
    }
    let seconds = seconds.max(0);
    if seconds < 120 {
        return format!("{seconds}s");
    }
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let (days, years) = (hours / 24, hours / 24 / 365);
    match () {
        () if minutes < 10 => pair(minutes, 'm', seconds % 60, 's'),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => pair(hours, 'h', minutes % 60, 'm'),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 24 * 8 => pair(days, 'd', hours % 24, 'h'),
        () if hours < 24 * 365 * 2 => format!("{days}d"),
        () if hours < 24 * 365 * 8 => pair(years, 'y', days % 365, 'd'),
        () => format!("{years}y"),
    }
}

fn pair(major: i64, unit: char, minor: i64, smaller: char) -> String {
    if minor == 0 {
        format!("{major}{unit}")
    } else {
        format!("{major}{unit}{minor}{smaller}")
    }
}

/// Since a time as objects write it; `<unknown>` when it is none.
pub fn since(text: &str, now: Timestamp) -> String {
    Timestamp::parse_iso8601(text).map_or_else(
        || "<unknown>".to_owned(),
        |then| human(seconds_between(then, now)),
    )
}

/// Whole seconds, cut towards zero.
pub fn seconds_between(from: Timestamp, to: Timestamp) -> i64 {
    (to.millis() - from.millis()) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_upstreams() {
        let (minute, hour, day) = (60, 3600, 86400);
        for (seconds, text) in [
            (-5, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (200, "3m20s"),
            (10 * minute + 5, "10m"),
            (179 * minute, "179m"),
            (3 * hour, "3h"),
            (3 * hour + 5 * minute, "3h5m"),
            (8 * hour + 5 * minute, "8h"),
            (47 * hour, "47h"),
            (2 * day, "2d"),
            (2 * day + 4 * hour, "2d4h"),
            (8 * day + 4 * hour, "8d"),
            (700 * day, "700d"),
            (730 * day, "2y"),
            (760 * day, "2y30d"),
            (9 * 365 * day, "9y"),
        ] {
            assert_eq!(human(seconds), text);
        }
    }
}
