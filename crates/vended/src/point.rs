//! A point of a metric of wharf's own.

use wharf_series::{Metric, Sample, Summary, Tier};

/// What was measured over a minute, or over some seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    pub namespace: &'static str,
    pub name: &'static str,
    pub dimensions: Vec<(&'static str, String)>,
    pub unit: &'static str,
    /// Seconds since 1970.
    pub at: i64,
    pub summary: Summary,
}

impl Point {
    /// `None` if a value of a dimension is none.
    pub(crate) fn sample(self, (account, region): (&str, &str), tier: Tier) -> Option<Sample> {
        let named = |(name, value): (&str, String)| (name.to_owned(), value);
        let mut dimensions: Vec<_> = self.dimensions.into_iter().map(named).collect();
        dimensions.sort();
        let metric = Metric {
            account: account.to_owned(),
            region: region.to_owned(),
            namespace: self.namespace.to_owned(),
            name: self.name.to_owned(),
            dimensions,
        };
        Some(Sample {
            key: metric.key(self.unit).ok()?,
            tier,
            at: self.at,
            summary: self.summary,
        })
    }
}
