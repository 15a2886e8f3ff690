//! Statistics by their names, and what they are of a summary. Pure.
//!
//! A range's lower bound is exclusive, its upper one inclusive. Percentages cut the values in their order; where
//! a cut falls within values that are the same, a part of them counts.

use wharf_series::Summary;

/// What is asked of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stat {
    SampleCount,
    Average,
    Sum,
    Minimum,
    Maximum,
    /// Of a hundred.
    Percentile(f64),
    Within(Kind, Bounds),
}

/// What is asked of the values in a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `tm`: their mean.
    Mean,
    /// `wm`: the mean of all, those outside moved to the bounds.
    Winsorized,
    /// `tc`: how many.
    Count,
    /// `ts`: their sum.
    Sum,
    /// `pr`: how many of a hundred.
    Rank,
}

/// A range of values, as such or by what part of all values is below.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bounds {
    Values(f64, f64),
    /// Of a hundred.
    Percent(f64, f64),
}

impl Stat {
    /// `Average`, `p99.9`, `tm95`, `TM(10%:90%)`, `PR(:300)`, `IQM`.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = match text {
            "SampleCount" => Some(Self::SampleCount),
            "Average" => Some(Self::Average),
            "Sum" => Some(Self::Sum),
            "Minimum" => Some(Self::Minimum),
            "Maximum" => Some(Self::Maximum),
            _ => None,
        };
        plain.or_else(|| Self::extended(text))
    }

    /// One that is not among the five.
    pub fn extended(text: &str) -> Option<Self> {
        if !text.is_ascii() || text.len() > 64 {
            return None;
        }
        let lower = text.to_ascii_lowercase();
        if lower == "iqm" {
            return Some(Self::Within(Kind::Mean, Bounds::Percent(25.0, 75.0)));
        }
        if let Some(of) = lower.strip_prefix('p').and_then(percent) {
            return Some(Self::Percentile(of));
        }
        let (kind, rest) = lower.split_at_checked(2)?;
        let kind = match kind {
            "tm" => Kind::Mean,
            "wm" => Kind::Winsorized,
            "tc" => Kind::Count,
            "ts" => Kind::Sum,
            "pr" => Kind::Rank,
            _ => return None,
        };
        let bounds = match rest.strip_prefix('(').and_then(|it| it.strip_suffix(')')) {
            Some(range) => range_of(range)?,
            // `tm90` is `TM(:90%)`.
            None => Bounds::Percent(0.0, percent(rest)?),
        };
        let by_percent = matches!(bounds, Bounds::Percent(..));
        (kind != Kind::Rank || !by_percent).then_some(Self::Within(kind, bounds))
    }

    /// Whether it takes more than count, sum, least and greatest.
    pub fn needs_spread(self) -> bool {
        matches!(self, Self::Percentile(_) | Self::Within(..))
    }

    /// `None` if the summary does not say.
    pub fn of(self, summary: &Summary) -> Option<f64> {
        Some(match self {
            Self::SampleCount => summary.count,
            Self::Average => summary.average(),
            Self::Sum => summary.sum,
            Self::Minimum => summary.min,
            Self::Maximum => summary.max,
            Self::Percentile(percent) => at(&summary.values()?, summary.count, percent),
            Self::Within(kind, bounds) => within(kind, bounds, summary)?,
        })
    }
}

fn percent(text: &str) -> Option<f64> {
    let digits = text.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    let value: f64 = text.parse().ok().filter(|_| digits)?;
    (0.0..=100.0).contains(&value).then_some(value)
}

fn range_of(text: &str) -> Option<Bounds> {
    let (low, high) = text.split_once(':')?;
    if low.is_empty() && high.is_empty() {
        return None;
    }
    let by_percent = low.ends_with('%') || high.ends_with('%');
    let bound = |text: &str, open: f64| -> Option<f64> {
        if text.is_empty() {
            return Some(open);
        }
        match by_percent {
            true => percent(text.strip_suffix('%')?),
            false => text.parse::<f64>().ok().filter(|it| it.is_finite()),
        }
    };
    let (low, high) = match by_percent {
        true => (bound(low, 0.0)?, bound(high, 100.0)?),
        false => (bound(low, f64::NEG_INFINITY)?, bound(high, f64::INFINITY)?),
    };
    let bounds = if by_percent {
        Bounds::Percent(low, high)
    } else {
        Bounds::Values(low, high)
    };
    (low < high).then_some(bounds)
}

/// The least value that so many of a hundred do not exceed.
fn at(values: &[(f64, f64)], count: f64, percent: f64) -> f64 {
    let rank = percent / 100.0 * count;
    let mut below = 0.0;
    for (value, times) in values {
        below += times;
        // A sum of parts may fall short of the whole by its last digit.
        if below >= rank * (1.0 - 1e-12) && below > 0.0 {
            return *value;
        }
    }
    values.last().map_or(0.0, |it| it.0)
}

fn within(kind: Kind, bounds: Bounds, summary: &Summary) -> Option<f64> {
    let values = summary.values()?;
    let cut = match bounds {
        Bounds::Values(low, high) => Bounds::Values(summary.bound(low), summary.bound(high)),
        Bounds::Percent(..) => bounds,
    };
    let mut before = 0.0;
    let inside: Vec<(f64, f64)> = values
        .iter()
        .map(|(value, times)| {
            let from = before;
            before += times;
            let part = match cut {
                Bounds::Values(low, high) => {
                    if *value > low && *value <= high {
                        *times
                    } else {
                        0.0
                    }
                }
                Bounds::Percent(low, high) => {
                    let (low, high) = (low / 100.0 * summary.count, high / 100.0 * summary.count);
                    (before.min(high) - from.max(low)).max(0.0)
                }
            };
            (*value, part)
        })
        .collect();
    let count: f64 = inside.iter().map(|it| it.1).sum();
    let sum: f64 = inside.iter().map(|(value, part)| value * part).sum();
    match kind {
        Kind::Mean => (count > 0.0).then_some(sum / count),
        Kind::Count => Some(count),
        Kind::Sum => Some(sum),
        Kind::Rank => Some(100.0 * count / summary.count),
        Kind::Winsorized => {
            let (low, high) = match bounds {
                Bounds::Values(low, high) => (low, high),
                Bounds::Percent(low, high) => {
                    let at = |percent| at(&values, summary.count, percent);
                    (at(low), at(high))
                }
            };
            let all: f64 = values
                .iter()
                .map(|(value, times)| value.clamp(low, high) * times)
                .sum();
            Some(all / summary.count)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 1 to 100.
    fn hundred() -> Summary {
        Summary::of((1..=100).map(|it| (f64::from(it), 1.0))).unwrap()
    }

    #[test]
    fn statistics_by_their_names() {
        for (name, wanted) in [
            ("SampleCount", 100.0),
            ("Average", 50.5),
            ("Sum", 5050.0),
            ("Minimum", 1.0),
            ("Maximum", 100.0),
            ("p90", 90.0),
            ("p99.9", 100.0),
            ("p0", 1.0),
            ("tm90", 45.5),
            ("TM(10%:90%)", 50.5),
            ("TM(:50)", 25.5),
            ("TM(50:)", 75.5),
            ("IQM", 50.5),
            ("tc90", 90.0),
            ("TC(10.5:20.5)", 10.0),
            ("ts90", 4095.0),
            ("TS(80%:)", 1810.0),
            ("PR(:30.5)", 30.0),
            ("PR(10.5:30.5)", 20.0),
            ("wm90", 49.95),
        ] {
            let value = Stat::parse(name).unwrap().of(&hundred()).unwrap();
            assert!((value - wanted).abs() <= wanted * 0.02, "{name}: {value}");
        }
        for name in [
            "",
            "average",
            "p",
            "p101",
            "p-1",
            "pNaN",
            "tm",
            "TM(:)",
            "TM(9%:1%)",
            "TM(1:2%)",
            "PR(1%:2%)",
            "pr90",
            "TM(1:2",
            "xx90",
            "p1e1",
            "TM(inf:)",
            "é",
        ] {
            assert_eq!(Stat::parse(name), None, "{name}");
        }
    }

    /// Values are kept about as they were put; those that equal a bound are on its side all the same.
    #[test]
    fn a_lower_bound_is_exclusive_and_an_upper_one_inclusive() {
        let put = [100.0, 200.0, 300.0, 300.0, 300.0, 400.0];
        let summary = Summary::of(put.map(|it| (it, 1.0))).unwrap();
        for (name, wanted) in [
            ("PR(:300)", 83.333),
            ("PR(300:)", 16.667),
            ("PR(:400)", 100.0),
            ("PR(:99.9)", 0.0),
            ("PR(400:)", 0.0),
            ("TC(:300)", 5.0),
            ("TC(100:300)", 4.0),
            ("TC(99.9:300)", 5.0),
            ("TS(:300)", 1200.0),
            ("TM(100:300)", 275.0),
        ] {
            let value = Stat::parse(name).unwrap().of(&summary).unwrap();
            assert!((value - wanted).abs() <= wanted * 0.01, "{name}: {value}");
        }
        let count = Stat::parse("TC(:-3)").unwrap();
        let negative = Summary::of([-5.0, -3.0, 3.0].map(|it| (it, 1.0))).unwrap();
        assert_eq!(count.of(&negative), Some(2.0));
        assert_eq!(count.of(&Summary::one(-3.0)), Some(1.0));
        assert_eq!(count.of(&Summary::one(-2.99)), Some(0.0));
        for v in 2..500 {
            let summary = Summary::of([1.0, f64::from(v), 5000.0].map(|it| (it, 1.0))).unwrap();
            let count = |name: String| Stat::parse(&name).unwrap().of(&summary);
            assert_eq!(count(format!("TC(:{v})")), Some(2.0), "{v}");
            assert_eq!(count(format!("TC({v}:)")), Some(1.0), "{v}");
        }
    }

    #[test]
    fn a_set_says_five_statistics_alone() {
        let set = Summary::set(4.0, 10.0, 1.0, 4.0);
        assert_eq!(Stat::parse("Average").unwrap().of(&set), Some(2.5));
        assert_eq!(Stat::parse("p50").unwrap().of(&set), None);
        assert_eq!(Stat::parse("tm50").unwrap().of(&set), None);
    }

    proptest! {
        #[test]
        fn percentiles_are_near_the_exact_ones(mut values in prop::collection::vec(0.001f64..1e6, 1..300), percent in 0.0f64..=100.0) {
            let summary = Summary::of(values.iter().map(|it| (*it, 1.0))).unwrap();
            let read = Stat::Percentile(percent).of(&summary).unwrap();
            values.sort_by(f64::total_cmp);
            let rank = (percent / 100.0 * values.len() as f64).ceil().max(1.0) as usize - 1;
            let near = |exact: f64| (read - exact).abs() <= exact * 0.010_001;
            // Where a rank falls on the border of two values either will do.
            prop_assert!(near(values[rank]) || near(values[rank.saturating_sub(1)]) || near(values[(rank + 1).min(values.len() - 1)]));
            prop_assert!((summary.min..=summary.max).contains(&read));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,20}") {
            if let Some(stat) = Stat::parse(&text) {
                let _ = stat.of(&hundred());
            }
        }
    }
}
