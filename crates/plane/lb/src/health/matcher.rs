//! Which codes a health check takes for healthy: `200`, `200,302`, `200-299,404`.

use std::ops::RangeInclusive;

/// As AWS allows, generously.
const MOST_RANGES: usize = 64;

#[derive(Debug, thiserror::Error)]
#[error("'{0}' names no codes")]
pub struct WrongMatcher(String);

/// Codes of HTTP, or of gRPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher(Vec<RangeInclusive<u16>>);

impl Matcher {
    pub fn parse(text: &str) -> Result<Self, WrongMatcher> {
        let wrong = || WrongMatcher(text.chars().take(80).collect());
        let ranges = text.split(',').take(MOST_RANGES + 1).map(|part| {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            let from: u16 = from.trim().parse().map_err(|_| wrong())?;
            let to: u16 = to.trim().parse().map_err(|_| wrong())?;
            if from > to || to > 999 {
                return Err(wrong());
            }
            Ok(from..=to)
        });
        let ranges: Vec<_> = ranges.collect::<Result<_, _>>()?;
        if ranges.len() > MOST_RANGES {
            return Err(wrong());
        }
        Ok(Self(ranges))
    }

    pub fn contains(&self, code: u16) -> bool {
        self.0.iter().any(|range| range.contains(&code))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists_and_ranges() {
        let matcher = Matcher::parse("200, 301-303,0").unwrap();
        for (code, expected) in [
            (200, true),
            (301, true),
            (303, true),
            (304, false),
            (0, true),
        ] {
            assert_eq!(matcher.contains(code), expected, "{code}");
        }
        for wrong in ["", "x", "200-", "300-200", "200;201", "1000", "-5", "99999"] {
            Matcher::parse(wrong).unwrap_err();
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9,\\- x]{0,40}") {
            let _ = Matcher::parse(&text);
        }
    }
}
