//! What `stats` counts.

use std::{cmp::Ordering, fmt};

use sketches_ddsketch::{Config, DDSketch};

use crate::{
    distinct::Distinct,
    eval::{Expr, number},
    histogram::Histogram,
    order,
    value::Value,
};

/// Percentiles are right to one part in a hundred.
const ERROR: f64 = 0.01;
/// Bins of a sketch: all of 1e-9 to 1e9 and more.
const BINS: u32 = 2048;
const LEAST: f64 = 1e-9;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Of events, or of values that are there.
    Count,
    Sum,
    Avg,
    Min,
    Max,
    /// Of a hundred.
    Percentile(f64),
    Stddev,
    CountDistinct,
    Earliest,
    Latest,
    SortsFirst,
    SortsLast,
    /// How much numbers change within so many milliseconds, from the first event to the last.
    Rate(f64),
    /// How numbers are spread over so many ranges.
    Histogram(usize),
}

impl Kind {
    /// `pct`, `rate` and `histogram` have a second argument, which the caller reads.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "count" | "count_over_time" | "countovertime" => Self::Count,
            "sum" | "sum_over_time" | "sumovertime" => Self::Sum,
            "avg" => Self::Avg,
            "min" => Self::Min,
            "max" => Self::Max,
            "pct" => Self::Percentile(0.0),
            "stddev" => Self::Stddev,
            "count_distinct" => Self::CountDistinct,
            "earliest" => Self::Earliest,
            "latest" => Self::Latest,
            "sortsfirst" => Self::SortsFirst,
            "sortslast" => Self::SortsLast,
            "rate" => Self::Rate(0.0),
            "histogram" => Self::Histogram(1),
            _ => return None,
        })
    }
}

/// One thing to count.
#[derive(Debug)]
pub(crate) struct Aggregate {
    pub kind: Kind,
    /// `None` for every event.
    pub of: Option<Expr>,
}

/// Values by their sizes.
pub(crate) struct Sketch(Box<DDSketch>);

impl fmt::Debug for Sketch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "a sketch of {} values", self.0.count())
    }
}

/// What was counted so far, of one group.
#[derive(Debug)]
pub(crate) enum Count {
    Events(u64),
    Sum {
        sum: f64,
        count: u64,
    },
    Avg {
        sum: f64,
        count: u64,
    },
    Best {
        best: Option<Value<'static>>,
        wanted: Ordering,
    },
    Sketch {
        sketch: Sketch,
        share: f64,
    },
    /// Number, mean, sum of squared differences from it.
    Spread {
        count: f64,
        mean: f64,
        squares: f64,
    },
    Distinct(Distinct),
    /// The value of the first or last event, by its time.
    When {
        at: Option<(i64, Value<'static>)>,
        wanted: Ordering,
    },
    /// Of the first and the last event, the time and the number; how long what is asked about is.
    Rate {
        ends: Option<[(i64, f64); 2]>,
        interval_ms: f64,
    },
    Histogram(Histogram),
}

/// By time; of one time the numbers decide, in whatever order they come.
fn by_time(a: &(i64, f64), b: &(i64, f64)) -> Ordering {
    a.0.cmp(&b.0).then_with(|| a.1.total_cmp(&b.1))
}

fn widen(ends: &mut Option<[(i64, f64); 2]>, more: (i64, f64)) {
    let [first, last] = ends.get_or_insert([more; 2]);
    if by_time(&more, first) == Ordering::Less {
        *first = more;
    }
    if by_time(&more, last) == Ordering::Greater {
        *last = more;
    }
}

impl Count {
    pub fn new(kind: Kind) -> Self {
        let best = |wanted| Self::Best { best: None, wanted };
        match kind {
            Kind::Count => Self::Events(0),
            Kind::Sum => Self::Sum { sum: 0.0, count: 0 },
            Kind::Avg => Self::Avg { sum: 0.0, count: 0 },
            Kind::Min | Kind::SortsFirst => best(Ordering::Less),
            Kind::Max | Kind::SortsLast => best(Ordering::Greater),
            Kind::Percentile(percent) => Self::Sketch {
                sketch: Sketch(Box::new(DDSketch::new(Config::new(ERROR, BINS, LEAST)))),
                share: percent / 100.0,
            },
            Kind::Stddev => Self::Spread {
                count: 0.0,
                mean: 0.0,
                squares: 0.0,
            },
            Kind::CountDistinct => Self::Distinct(Distinct::default()),
            Kind::Earliest => Self::When {
                at: None,
                wanted: Ordering::Less,
            },
            Kind::Latest => Self::When {
                at: None,
                wanted: Ordering::Greater,
            },
            Kind::Rate(interval_ms) => Self::Rate {
                ends: None,
                interval_ms,
            },
            Kind::Histogram(buckets) => Self::Histogram(Histogram::new(buckets)),
        }
    }

    /// Takes in the value of an event of that time.
    pub fn add(&mut self, value: Value<'_>, time: i64) {
        if value.is_null() {
            return;
        }
        match self {
            Self::Events(count) => *count += 1,
            Self::Sum { sum, count } | Self::Avg { sum, count } => {
                if let Some(number) = value.number() {
                    *sum += number;
                    *count += 1;
                }
            }
            Self::Best { best, wanted } => {
                let is_better = |best: &Value<'_>| order::compare(&value, best) == *wanted;
                if best.as_ref().is_none_or(is_better) {
                    *best = Some(value.into_owned());
                }
            }
            Self::Sketch { sketch, .. } => {
                if let Some(number) = value.number() {
                    sketch.0.add(number);
                }
            }
            Self::Spread {
                count,
                mean,
                squares,
            } => {
                if let Some(number) = value.number() {
                    *count += 1.0;
                    let before = number - *mean;
                    *mean += before / *count;
                    *squares += before * (number - *mean);
                }
            }
            Self::Distinct(distinct) => {
                let mut key = Vec::with_capacity(32);
                value.key(&mut key);
                distinct.add(&key);
            }
            Self::When { at, wanted } => {
                let is_better = |(known, old): &(i64, Value<'_>)| {
                    // Of one time the values decide, in whatever order they come.
                    let order = time.cmp(known).then_with(|| order::compare(&value, old));
                    order == *wanted
                };
                if at.as_ref().is_none_or(is_better) {
                    *at = Some((time, value.into_owned()));
                }
            }
            Self::Rate { ends, .. } => {
                if let Some(number) = value.number() {
                    widen(ends, (time, number));
                }
            }
            Self::Histogram(histogram) => {
                if let Some(number) = value.number() {
                    histogram.add(number);
                }
            }
        }
    }

    /// Takes in what another run counted of the same.
    pub fn join(&mut self, other: Self) {
        match (self, other) {
            (Self::Events(own), Self::Events(more)) => *own += more,
            (
                Self::Sum { sum, count } | Self::Avg { sum, count },
                Self::Sum {
                    sum: more,
                    count: number,
                }
                | Self::Avg {
                    sum: more,
                    count: number,
                },
            ) => {
                *sum += more;
                *count += number;
            }
            (
                own @ Self::Best { .. },
                Self::Best {
                    best: Some(value), ..
                },
            ) => own.add(value, 0),
            (Self::Sketch { sketch, .. }, Self::Sketch { sketch: more, .. }) => {
                // They have the same configuration, without which alone this fails.
                let _ = sketch.0.merge(&more.0);
            }
            (
                Self::Spread {
                    count,
                    mean,
                    squares,
                },
                Self::Spread {
                    count: n,
                    mean: m,
                    squares: s,
                },
            ) if n > 0.0 => {
                let (all, apart) = (*count + n, m - *mean);
                *squares += s + apart * apart * *count * n / all;
                *mean += apart * n / all;
                *count = all;
            }
            (Self::Distinct(own), Self::Distinct(more)) => own.join(more),
            (
                own @ Self::When { .. },
                Self::When {
                    at: Some((time, value)),
                    ..
                },
            ) => own.add(value, time),
            (
                Self::Rate { ends, .. },
                Self::Rate {
                    ends: Some(more), ..
                },
            ) => more.into_iter().for_each(|it| widen(ends, it)),
            (Self::Histogram(own), Self::Histogram(more)) => own.join(more),
            _ => {}
        }
    }

    pub fn result(&self) -> Value<'static> {
        match self {
            Self::Events(count) => Value::Number(*count as f64),
            Self::Sum { count: 0, .. } | Self::Avg { count: 0, .. } => Value::Null,
            Self::Sum { sum, .. } => number(*sum),
            Self::Avg { sum, count } => number(sum / *count as f64),
            Self::Best { best, .. } => best.clone().unwrap_or(Value::Null),
            Self::Sketch { sketch, share } => {
                let found = sketch.0.quantile(*share).ok().flatten();
                found.map_or(Value::Null, number)
            }
            Self::Spread { count, squares, .. } => match *count > 0.0 {
                true => number((squares / count).sqrt()),
                false => Value::Null,
            },
            Self::Distinct(distinct) => Value::Number(distinct.count()),
            Self::When { at, .. } => at.as_ref().map_or(Value::Null, |(_, value)| value.clone()),
            // There is none at one moment alone.
            Self::Rate { ends, interval_ms } => match ends {
                Some([first, last]) if last.0 > first.0 => {
                    let took = (last.0 - first.0) as f64;
                    number((last.1 - first.1) * interval_ms / took)
                }
                _ => Value::Null,
            },
            Self::Histogram(histogram) => histogram.result(),
        }
    }

    /// In memory, about.
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Best { best, .. } => best.as_ref().map_or(0, Value::bytes),
                Self::When { at, .. } => at.as_ref().map_or(0, |(_, value)| value.bytes()),
                Self::Sketch { sketch, .. } => size_of::<DDSketch>() + sketch.0.length() * 8,
                Self::Distinct(distinct) => distinct.bytes(),
                Self::Histogram(histogram) => histogram.bytes(),
                _ => 0,
            }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KINDS: [Kind; 12] = [
        Kind::Count,
        Kind::Sum,
        Kind::Avg,
        Kind::Min,
        Kind::Max,
        Kind::Percentile(90.0),
        Kind::Stddev,
        Kind::CountDistinct,
        Kind::Earliest,
        Kind::Latest,
        Kind::SortsFirst,
        Kind::SortsLast,
    ];

    fn counted(kind: Kind, numbers: &[i32]) -> Count {
        let mut count = Count::new(kind);
        for (time, number) in numbers.iter().enumerate() {
            count.add(Value::Number(f64::from(*number)), time as i64);
        }
        count
    }

    proptest! {
        #[test]
        fn runs_joined_are_one(numbers in prop::collection::vec(-1000i32..1000, 1..200), cut in 0usize..200) {
            let cut = cut.min(numbers.len());
            for kind in KINDS {
                let whole = counted(kind, &numbers).result().number().unwrap();
                let mut joined = counted(kind, &numbers[..cut]);
                let mut rest = Count::new(kind);
                for (time, number) in numbers.iter().enumerate().skip(cut) {
                    rest.add(Value::Number(f64::from(*number)), time as i64);
                }
                joined.join(rest);
                let joined = joined.result().number().unwrap();
                prop_assert!((whole - joined).abs() <= whole.abs() * 1e-9 + 1e-6, "{:?}: {} {}", kind, whole, joined);
            }
        }

        #[test]
        fn percentiles_are_as_near_as_said(mut numbers in prop::collection::vec(1i32..1_000_000, 1..500), percent in 0u32..=100) {
            let found = counted(Kind::Percentile(f64::from(percent)), &numbers).result().number().unwrap();
            numbers.sort_unstable();
            let rank = f64::from(percent) / 100.0 * (numbers.len() - 1) as f64;
            let (low, high) = (numbers[rank.floor() as usize], numbers[rank.ceil() as usize]);
            let low = f64::from(low) * (1.0 - ERROR) - 1e-6;
            let high = f64::from(high) * (1.0 + ERROR) + 1e-6;
            prop_assert!((low..=high).contains(&found), "{} is not in {}..{}", found, low, high);
        }
    }

    #[test]
    fn nothing_counted_is_nothing_but_for_counts() {
        for kind in KINDS {
            let is_count = matches!(kind, Kind::Count | Kind::CountDistinct);
            assert_eq!(!Count::new(kind).result().is_null(), is_count, "{kind:?}");
        }
    }
}
