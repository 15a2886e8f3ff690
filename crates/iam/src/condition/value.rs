//! The typed values of conditions: numbers, dates, booleans, bytes, address ranges, ARNs.

use base64::{Engine, engine::general_purpose::STANDARD};
use wharf_base::{
    Timestamp,
    glob::{self, Token},
};

use crate::{context::Context, template::Template};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// `value` of the request against `wanted` of the policy.
    pub(super) fn holds<T: PartialOrd>(self, value: &T, wanted: &T) -> bool {
        match self {
            Self::Equal => value == wanted,
            Self::Less => value < wanted,
            Self::LessOrEqual => value <= wanted,
            Self::Greater => value > wanted,
            Self::GreaterOrEqual => value >= wanted,
        }
    }
}

/// A decimal number; infinities and NaN are none.
pub(super) fn number(text: &str) -> Option<f64> {
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    text.parse()
        .ok()
        .filter(|number: &f64| plain && number.is_finite())
}

/// ISO 8601 (a day, or a moment with or without seconds) or seconds since 1970, in milliseconds.
pub(super) fn date(text: &str) -> Option<i64> {
    if let Some(seconds) = number(text).filter(|_| !text.contains(['e', 'E'])) {
        return Timestamp::from_epoch_seconds(seconds).map(Timestamp::millis);
    }
    // Longer than any date: not worth a copy.
    if text.len() > 64 || !text.is_ascii() {
        return None;
    }
    let complete = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        17 if text.ends_with('Z') => format!("{}:00Z", &text[..16]),
        _ => text.to_owned(),
    };
    Timestamp::parse_iso8601(&complete).map(Timestamp::millis)
}

pub(super) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

pub(super) fn binary(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Six segments, each matched by itself, so that `*` does not reach across a colon; only the
/// resource, the last one, may hold colons. A single `*` means any ARN.
pub(super) fn arn_matches(wanted: &Template, value: &str, context: &Context) -> bool {
    let segments: Vec<&str> = value.splitn(6, ':').collect();
    if segments.len() != 6 || segments[0] != "arn" {
        return false;
    }
    let Some(tokens) = wanted.expand(context, value.len()) else {
        return false;
    };
    if tokens == [Token::Many] {
        return true;
    }
    let parts: Vec<&[Token]> = tokens
        .splitn(6, |token| *token == Token::Char(':'))
        .collect();
    parts.len() == 6
        && parts
            .iter()
            .zip(segments)
            .all(|(part, segment)| glob::matches(part, segment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(number("-1.50"), Some(-1.5));
        assert_eq!(number("1e3"), Some(1000.0));
        for text in ["", "inf", "NaN", "1 ", "0x1", "1e999", "one"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn dates() {
        let day = Some(1_767_312_000_000);
        for text in [
            "2026-01-02",
            "2026-01-02T00:00Z",
            "2026-01-02T00:00:00Z",
            "1767312000",
            "2026-01-02T01:00:00+01:00",
        ] {
            assert_eq!(date(text), day, "{text}");
        }
        assert_eq!(date("1767312000.5"), Some(1_767_312_000_500));
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "1e3",
            "éééééé",
            "99999999999999",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }
}
