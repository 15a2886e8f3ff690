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

/// When data are out of bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// N
    pub periods: usize,
    /// M
    pub datapoints: usize,
    pub comparison: Comparison,
    pub threshold: f64,
    pub missing: Missing,
}

impl Comparison {
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "GreaterThanOrEqualToThreshold" => Self::GreaterOrEqual,
            "GreaterThanThreshold" => Self::Greater,
            "LessThanThreshold" => Self::Less,
            "LessThanOrEqualToThreshold" => Self::LessOrEqual,
            _ => return None,
        })
    }

    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::GreaterOrEqual => value >= threshold,
            Self::Greater => value > threshold,
            Self::Less => value < threshold,
            Self::LessOrEqual => value <= threshold,
        }
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::GreaterOrEqual => "greater than or equal to",
            Self::Greater => "greater than",
            Self::Less => "less than",
            Self::LessOrEqual => "less than or equal to",
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

/// Judges values, the latest last; there are as many as periods that are looked at.
pub fn judge(rule: &Rule, values: &[Option<f64>]) -> Verdict {
    let present: Vec<usize> = (0..values.len())
        .rev()
        .filter(|at| values[*at].is_some())
        .collect();
    let judged: Vec<usize> = present.into_iter().take(rule.periods).collect();
    let breaches =
        |at: usize| values[at].is_some_and(|it| rule.comparison.holds(it, rule.threshold));
    let breaching = judged.iter().filter(|at| breaches(**at)).count();
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
            threshold: 0.5,
            missing,
        }
    }

    /// `0` is within bounds, `X` breaches, `-` is missing.
    fn values(text: &str) -> Vec<Option<f64>> {
        text.chars()
            .filter(|it| *it != ' ')
            .map(|it| match it {
                'X' => Some(1.0),
                '0' => Some(0.0),
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

    proptest! {
        #[test]
        fn whole_data_are_counted_whatever_is_said_of_missing_ones(
            all in prop::collection::vec(any::<bool>(), 7),
            datapoints in 1usize..=5,
        ) {
            let values: Vec<Option<f64>> = all.iter().map(|it| Some(f64::from(u8::from(*it)))).collect();
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
            let values: Vec<Option<f64>> = gaps.iter().map(|it| it.then_some(0.0)).collect();
            for missing in [Missing::Unfilled, Missing::Ignore, Missing::NotBreaching] {
                let state = judge(&rule(datapoints, 5, missing), &values).state;
                prop_assert_ne!(state, Some(StateValue::Alarm));
            }
        }
    }
}
