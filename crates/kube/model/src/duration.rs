//! Lengths of time as Go writes and reads them: `1m30s`, `10.001s`, `1.5ms`.

/// Units by their nanoseconds; that of a thousandth of a millisecond has two letters that look alike.
const UNITS: [(&str, i64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];
const SECOND: u64 = 1_000_000_000;

/// Nanoseconds; none of what is no length, or of one that is too long.
pub fn nanos(text: &str) -> Option<i64> {
    let (is_negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut all: i64 = 0;
    loop {
        let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.')?;
        let (number, behind) = rest.split_at(end);
        let end = behind.find(|it: char| it.is_ascii_digit() || it == '.');
        let (unit, behind) = behind.split_at(end.unwrap_or(behind.len()));
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit)?;
        all = all.checked_add(amount(number, *unit)?)?;
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    Some(if is_negative { -all } else { all })
}

/// A number with or without a fraction, of a unit; what is less than a nanosecond is dropped.
fn amount(number: &str, unit: i64) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let whole = match whole {
        "" => 0,
        whole => whole.parse::<i64>().ok()?.checked_mul(unit)?,
    };
    let mut part = 0;
    let mut of = unit;
    for digit in fraction.bytes() {
        of /= 10;
        part += i64::from(digit - b'0') * of;
    }
    whole.checked_add(part)
}

pub fn text(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    let (whole, unit) = match nanos {
        0 => return "0s".to_owned(),
        1..1_000 => (1, "ns"),
        1_000..1_000_000 => (1_000, "\u{b5}s"),
        1_000_000..SECOND => (1_000_000, "ms"),
        _ => {
            let (minutes, rest) = (nanos / (60 * SECOND), nanos % (60 * SECOND));
            let seconds = fraction(rest, SECOND);
            return match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{sign}{seconds}s"),
                (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
                (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
            };
        }
    };
    format!("{sign}{}{unit}", fraction(nanos, whole))
}

/// How many wholes, with as many digits behind the point as there are.
fn fraction(nanos: u64, whole: u64) -> String {
    let rest = nanos % whole;
    if rest == 0 {
        return (nanos / whole).to_string();
    }
    let digits = whole.ilog10() as usize;
    let rest = format!("{rest:0digits$}");
    format!("{}.{}", nanos / whole, rest.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn as_go_writes_them() {
        for (nanos, text) in [
            (0, "0s"),
            (1, "1ns"),
            (1_100, "1.1\u{b5}s"),
            (2_200_000, "2.2ms"),
            (3_300_000_000, "3.3s"),
            (10_001_000_000, "10.001s"),
            (245_000_000_000, "4m5s"),
            (245_001_000_000, "4m5.001s"),
            (18_367_001_000_000, "5h6m7.001s"),
            (480_000_000_001, "8m0.000000001s"),
            (3_600_000_000_000, "1h0m0s"),
            (i64::MAX, "2562047h47m16.854775807s"),
            (-1_500_000_000, "-1.5s"),
        ] {
            assert_eq!(super::text(nanos), text);
            assert_eq!(super::nanos(text), Some(nanos), "{text}");
        }
    }

    #[test]
    fn what_is_none() {
        for text in [
            "",
            "-",
            "3",
            ".s",
            "1.2.3s",
            "1x",
            "s",
            "1s ",
            "9999999999h",
        ] {
            assert_eq!(nanos(text), None, "{text}");
        }
        for (text, expected) in [
            ("+5s", 5_000_000_000),
            ("1h15m30.918273645s", 4_530_918_273_645),
            ("-0", 0),
            (".5s", 500_000_000),
            ("5.s", 5_000_000_000),
            ("0s", 0),
            ("0h0m", 0),
        ] {
            assert_eq!(nanos(text), Some(expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn they_come_back(length in any::<i64>().prop_filter("the least has no other sign", |it| *it != i64::MIN)) {
            prop_assert_eq!(nanos(&text(length)), Some(length));
        }

        #[test]
        fn any_text_is_read(text in "[-+]?[0-9.hmsnu\u{b5}x ]{0,30}|.*") {
            let _ = nanos(&text);
        }
    }
}
