//! What a stream says of a metric in a minute.

use wharf_series::{Metric, Summary};

use crate::stat::Stat;

#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    pub metric: Metric,
    pub unit: String,
    /// When the minute begins, in seconds since 1970.
    pub minute: i64,
    pub count: f64,
    pub sum: f64,
    pub min: f64,
    pub max: f64,
    /// The further statistics that the summary says, by their names.
    pub further: Vec<(String, Stat, f64)>,
}

impl Update {
    pub fn new(
        metric: Metric,
        unit: String,
        (minute, summary): (i64, &Summary),
        statistics: &[(&str, Stat)],
    ) -> Self {
        let further = statistics.iter().filter_map(|(name, stat)| {
            let value = stat.of(summary).filter(|it| it.is_finite())?;
            Some(((*name).to_owned(), *stat, value))
        });
        Self {
            further: further.collect(),
            metric,
            unit,
            minute,
            count: summary.count,
            sum: summary.sum,
            min: summary.min,
            max: summary.max,
        }
    }
}

#[cfg(test)]
impl Update {
    pub fn example() -> Self {
        let metric = Metric {
            account: "000000000000".into(),
            region: "us-east-1".into(),
            namespace: "Shop".into(),
            name: "Latency".into(),
            dimensions: vec![("Host".into(), "a\"b".into())],
        };
        let values = (1..=100).map(|it| (f64::from(it), 1.0));
        let summary = Summary::of(values).unwrap();
        let p99 = [("p99", Stat::Percentile(99.0))];
        Self::new(metric, "Seconds".into(), (1_795_341_600, &summary), &p99)
    }
}
