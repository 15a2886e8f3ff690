//! Which state data mean, by the documented rules of M out of N and of missing data. Pure.
//!
//! More periods are looked at than are evaluated, so that data that come late count: with at least N datapoints the
//! latest N are judged and no gap matters; with fewer all there are, and gaps count as the alarm says.

use crate::records::StateValue;

/// Periods that are looked at beyond those that are evaluated.
pub const LOOKED_BEYOND: usize = 2;

/// How a value compares to the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    GreaterOrEqual,
    Greater,
    Less,
    LessOrEqual,
    AboveBand,
    BelowBand,
    OutsideBand,
}

/// What a period without data counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Nothing: with data alone it is told.
    Unfilled,
    Ignore,
    Breaching,
    NotBreaching,
}

/// What a datapoint has to keep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bounds {
    Threshold(f64),
    /// Those of a band at the datapoint's time.
    Band {
        upper: f64,
        lower: f64,
    },
}

/// When data are out of bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// N
    pub periods: usize,
    /// M
    pub datapoints: usize,
    pub comparison: Comparison,
    pub missing: Missing,
}

impl Comparison {
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "GreaterThanOrEqualToThreshold" => Self::GreaterOrEqual,
            "GreaterThanThreshold" => Self::Greater,
            "LessThanThreshold" => Self::Less,
            "LessThanOrEqualToThreshold" => Self::LessOrEqual,
            "GreaterThanUpperThreshold" => Self::AboveBand,
            "LessThanLowerThreshold" => Self::BelowBand,
            "LessThanLowerOrGreaterThanUpperThreshold" => Self::OutsideBand,
            _ => return None,
        })
    }

    /// Whether the bounds are those of a band.
    pub const fn is_of_band(self) -> bool {
        matches!(self, Self::AboveBand | Self::BelowBand | Self::OutsideBand)
    }

    /// Whether a value is out of bounds.
    pub fn holds(self, value: f64, bounds: Bounds) -> bool {
        let (upper, lower) = match bounds {
            Bounds::Threshold(it) => (it, it),
            Bounds::Band { upper, lower } => (upper, lower),
        };
        match self {
            Self::GreaterOrEqual => value >= upper,
            Self::Greater | Self::AboveBand => value > upper,
            Self::Less | Self::BelowBand => value < lower,
            Self::LessOrEqual => value <= lower,
            Self::OutsideBand => value < lower || value > upper,
        }
    }

    /// What a value is to a threshold that it crosses.
    pub const fn words(self) -> &'static str {
        match self {
            Self::GreaterOrEqual => "greater than or equal to",
            Self::Greater | Self::AboveBand => "greater than",
            Self::Less | Self::BelowBand => "less than",
            Self::LessOrEqual => "less than or equal to",
            Self::OutsideBand => "outside",
        }
    }
}

impl Missing {
    pub fn parse(text: Option<&str>) -> Option<Self> {
        Some(match text {
            None | Some("missing") => Self::Unfilled,
            Some("ignore") => Self::Ignore,
            Some("breaching") => Self::Breaching,
            Some("notBreaching") => Self::NotBreaching,
            Some(_) => return None,
        })
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// `None`: as it was.
    pub state: Option<StateValue>,
    /// Datapoints that were judged, by their places among those looked at; the latest first.
    pub judged: Vec<usize>,
    /// Periods without data that counted as breaching or not.
    pub filled: usize,
}

/// Judges datapoints by whether each is out of bounds, the latest last; there are as many as periods that are looked at.
pub fn judge(rule: &Rule, values: &[Option<bool>]) -> Verdict {
    let present: Vec<usize> = (0..values.len())
        .rev()
        .filter(|at| values[*at].is_some())
        .collect();
    let judged: Vec<usize> = present.into_iter().take(rule.periods).collect();
    let breaching = judged
        .iter()
        .filter(|at| values[**at] == Some(true))
        .count();
    let lacking = rule.periods - judged.len();
    let of = |alarm: bool| {
        if alarm {
            StateValue::Alarm
        } else {
            StateValue::Ok
        }
    };
    let (state, filled) = match rule.missing {
        _ if lacking == 0 => (Some(of(breaching >= rule.datapoints)), 0),
        Missing::Breaching => (Some(of(breaching + lacking >= rule.datapoints)), lacking),
        Missing::NotBreaching => (Some(of(breaching >= rule.datapoints)), lacking),
        Missing::Unfilled if judged.is_empty() => (Some(StateValue::InsufficientData), 0),
        Missing::Ignore if judged.is_empty() => (None, 0),
        _ if breaching >= rule.datapoints => (Some(StateValue::Alarm), 0),
        Missing::Unfilled if breaching == judged.len() => {
            // All that is there breaches, and it began long enough ago.
            let oldest = judged.last().map_or(0, |at| values.len() - at);
            ((oldest >= rule.datapoints).then_some(StateValue::Alarm), 0)
        }
        Missing::Ignore if breaching == judged.len() => (None, 0),
        Missing::Unfilled | Missing::Ignore => (Some(StateValue::Ok), 0),
    };
    Verdict {
        state,
        judged,
        filled,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(datapoints: usize, periods: usize, missing: Missing) -> Rule {
        Rule {
            periods,
            datapoints,
            comparison: Comparison::Greater,
            missing,
        }
    }

    /// `0` is within bounds, `X` breaches, `-` is missing.
    fn values(text: &str) -> Vec<Option<bool>> {
        text.chars()
            .filter(|it| *it != ' ')
            .map(|it| match it {
                'X' => Some(true),
                '0' => Some(false),
                _ => None,
            })
            .collect()
    }

    fn states(text: &str, datapoints: usize) -> [Option<StateValue>; 4] {
        use Missing::{Breaching, Ignore, NotBreaching, Unfilled as Gone};
        [Gone, Ignore, Breaching, NotBreaching]
            .map(|missing| judge(&rule(datapoints, 3, missing), &values(text)).state)
    }

    /// The tables of AWS's page on missing data: states as missing, ignore, breaching, not breaching.
    #[test]
    fn the_documented_tables() {
        use StateValue::{Alarm as A, InsufficientData as I, Ok as O};
        let (a, i, o, same) = (Some(A), Some(I), Some(O), None);
        for (text, wanted) in [
            ("0 - X - X", [o, o, o, o]),
            ("- - - - 0", [o, o, o, o]),
            ("- - - - -", [i, same, a, o]),
            ("0 X X - X", [a, a, a, a]),
            ("- - X - -", [a, same, a, o]),
        ] {
            assert_eq!(states(text, 3), wanted, "3 of 3: {text}");
        }
        for (text, wanted) in [
            ("0 - X - X", [a, a, a, a]),
            ("0 0 X 0 X", [a, a, a, a]),
            ("0 - X - -", [o, o, a, o]),
            ("- - - - 0", [o, o, a, o]),
            ("- - - X -", [a, same, a, o]),
        ] {
            assert_eq!(states(text, 2), wanted, "2 of 3: {text}");
        }
        // Not yet long enough to tell.
        assert_eq!(states("- - - - X", 3), [same, same, a, o]);
    }

    #[test]
    fn bounds_of_a_band_are_within_it() {
        let band = Bounds::Band {
            upper: 7.0,
            lower: 5.0,
        };
        let breaching =
            |comparison: Comparison| [4.9, 5.0, 7.0, 7.1].map(|it| comparison.holds(it, band));
        for (name, wanted) in [
            ("GreaterThanUpperThreshold", [false, false, false, true]),
            ("LessThanLowerThreshold", [true, false, false, false]),
            (
                "LessThanLowerOrGreaterThanUpperThreshold",
                [true, false, false, true],
            ),
        ] {
            let comparison = Comparison::parse(name).unwrap();
            assert!(comparison.is_of_band());
            assert_eq!(breaching(comparison), wanted, "{name}");
        }
        let threshold = Bounds::Threshold(5.0);
        assert!(Comparison::GreaterOrEqual.holds(5.0, threshold));
        assert!(!Comparison::Greater.holds(5.0, threshold));
    }

    proptest! {
        #[test]
        fn whole_data_are_counted_whatever_is_said_of_missing_ones(
            all in prop::collection::vec(any::<bool>(), 7),
            datapoints in 1usize..=5,
        ) {
            let values: Vec<Option<bool>> = all.iter().map(|it| Some(*it)).collect();
            let breaching = all[2..].iter().filter(|it| **it).count();
            let wanted = if breaching >= datapoints { StateValue::Alarm } else { StateValue::Ok };
            for missing in [Missing::Unfilled, Missing::Ignore, Missing::Breaching, Missing::NotBreaching] {
                let verdict = judge(&rule(datapoints, 5, missing), &values);
                prop_assert_eq!(verdict.state, Some(wanted));
                prop_assert_eq!(verdict.filled, 0);
            }
        }

        /// Without one datapoint out of bounds there is an alarm only where gaps count as such.
        #[test]
        fn no_alarm_out_of_nothing(gaps in prop::collection::vec(any::<bool>(), 7), datapoints in 1usize..=5) {
            let values: Vec<Option<bool>> = gaps.iter().map(|it| it.then_some(false)).collect();
            for missing in [Missing::Unfilled, Missing::Ignore, Missing::NotBreaching] {
                let state = judge(&rule(datapoints, 5, missing), &values).state;
                prop_assert_ne!(state, Some(StateValue::Alarm));
            }
        }
    }
}
