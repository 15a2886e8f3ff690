//! What log events say about metrics, on its way to CloudWatch.
//!
//! A put of log events tells it before it is answered, so a put that was answered was counted, and one whose answer
//! was lost is counted again with its events. Values of one minute and one metric go as one datum.
//!
//! An event of a few words can name thousands of metrics, so a put makes only so much; and since CloudWatch refuses a
//! call for one bad datum, those that it would refuse are left out here.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};
use wharf_delivery::Request;
use wharf_service::metrics::{UNITS, is_dimension_value, is_name, is_value};

/// Data of one call, and different values of one datum, as with AWS.
const MAX_DATA: usize = 1000;
const MAX_VALUES: usize = 150;
const MINUTE_MS: i64 = 60_000;
/// What one put of log events may make: values that are added, and bytes of what is kept of them.
const MOST_ADDED: usize = 500_000;
const MOST_BYTES: usize = 16 << 20;
/// What an entry takes beside the texts of its metric.
const PER_DATUM: usize = 160;
const PER_VALUE: usize = 32;
/// The longest name.
const LONGEST: usize = 255;

/// What one value belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric {
    pub namespace: String,
    pub name: String,
    pub dimensions: Arc<BTreeMap<String, String>>,
    pub unit: Option<String>,
    /// Kept by the second, not by the minute.
    pub is_fine: bool,
}

impl Metric {
    /// Whether CloudWatch takes it.
    fn is_taken(&self) -> bool {
        let dimensions = &mut self.dimensions.iter();
        is_name(&self.namespace, LONGEST)
            && !self.namespace.starts_with("AWS/")
            && is_name(&self.name, LONGEST)
            && self
                .unit
                .as_ref()
                .is_none_or(|it| UNITS.contains(&it.as_str()))
            && dimensions.all(|(name, value)| is_name(name, LONGEST) && is_dimension_value(value))
    }

    /// As it is sent.
    fn bytes(&self) -> usize {
        let dimensions = self.dimensions.iter();
        let dimensions = dimensions.map(|(name, value)| 32 + name.len() + value.len());
        PER_DATUM + self.namespace.len() + self.name.len() + dimensions.sum::<usize>()
    }
}

/// Values by metric and time, gathered over a put.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Each value, by its bits, with how often it came.
    data: BTreeMap<(Arc<Metric>, i64), BTreeMap<u64, f64>>,
    added: usize,
    bytes: usize,
    left_out: u64,
}

/// A value as it is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Datum {
    pub metric: Arc<Metric>,
    /// Milliseconds since 1970.
    pub time: i64,
    pub values: Vec<f64>,
    pub counts: Vec<f64>,
}

impl Gathered {
    /// Adds a value, unless CloudWatch would refuse it or the put has made enough.
    pub fn add(&mut self, metric: &Arc<Metric>, time: i64, value: f64) {
        self.add_all(metric, time, std::iter::once(value));
    }

    pub fn add_all(&mut self, metric: &Arc<Metric>, time: i64, values: impl Iterator<Item = f64>) {
        if self.is_full() || !metric.is_taken() {
            self.left_out += 1;
            return;
        }
        let step = if metric.is_fine { 1000 } else { MINUTE_MS };
        let key = (metric.clone(), time.div_euclid(step) * step);
        if !self.data.contains_key(&key) {
            self.bytes += metric.bytes();
        }
        let of_key = self.data.entry(key).or_default();
        for value in values {
            self.added += 1;
            if !is_value(value) || self.added > MOST_ADDED {
                self.left_out += 1;
                continue;
            }
            let before = of_key.len();
            *of_key.entry(value.to_bits()).or_default() += 1.0;
            self.bytes += PER_VALUE * (of_key.len() - before);
        }
    }

    /// Whether the put has made as much as it may.
    pub fn is_full(&self) -> bool {
        self.added > MOST_ADDED || self.bytes > MOST_BYTES
    }

    /// Values, or metrics whole, that are not counted.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// In calls: each of one namespace and no longer than one may be.
    pub fn calls(self) -> Vec<Vec<Datum>> {
        let mut calls: Vec<Vec<Datum>> = Vec::new();
        for ((metric, time), values) in self.data {
            let values: Vec<(f64, f64)> = values
                .into_iter()
                .map(|(bits, count)| (f64::from_bits(bits), count))
                .collect();
            for part in values.chunks(MAX_VALUES) {
                let datum = Datum {
                    metric: metric.clone(),
                    time,
                    values: part.iter().map(|(value, _)| *value).collect(),
                    counts: part.iter().map(|(_, count)| *count).collect(),
                };
                match calls.last_mut() {
                    Some(call)
                        if call.len() < MAX_DATA
                            && call[0].metric.namespace == datum.metric.namespace =>
                    {
                        call.push(datum);
                    }
                    _ => calls.push(vec![datum]),
                }
            }
        }
        calls
    }
}

/// PutMetricData of data of one namespace; nothing for none.
pub fn put(region: &str, data: &[Datum]) -> Option<Request> {
    let first = data.first()?;
    let input = json!({
        "Namespace": first.metric.namespace,
        "MetricData": data.iter().map(shown).collect::<Vec<_>>(),
    });
    Some(Request::new("cloudwatch", "PutMetricData", region, input))
}

fn shown(datum: &Datum) -> Value {
    let metric = &datum.metric;
    let dimensions = metric.dimensions.iter();
    let dimensions = dimensions.map(|(name, value)| json!({ "Name": name, "Value": value }));
    let mut shown = json!({
        "MetricName": metric.name,
        "Dimensions": dimensions.collect::<Vec<_>>(),
        "Timestamp": datum.time as f64 / 1000.0,
        "Values": datum.values,
        "Counts": datum.counts,
        "StorageResolution": if metric.is_fine { 1 } else { 60 },
    });
    if let Some(unit) = &metric.unit {
        shown["Unit"] = unit.as_str().into();
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(namespace: &str, is_fine: bool) -> Arc<Metric> {
        Arc::new(Metric {
            namespace: namespace.to_owned(),
            name: "m".to_owned(),
            dimensions: Arc::default(),
            unit: None,
            is_fine,
        })
    }

    #[test]
    fn values_of_a_minute_go_together() {
        let mut gathered = Gathered::default();
        for time in [0, 59_999, 60_000] {
            gathered.add(&metric("a", false), time, 1.0);
            gathered.add(&metric("b", true), time, 2.0);
        }
        gathered.add(&metric("a", false), 0, f64::NAN);
        let calls = gathered.calls();
        let shown: Vec<Vec<(i64, f64)>> = calls
            .iter()
            .map(|call| call.iter().map(|it| (it.time, it.counts[0])).collect())
            .collect();
        assert_eq!(
            shown,
            [
                vec![(0, 2.0), (60_000, 1.0)],
                vec![(0, 1.0), (59_000, 1.0), (60_000, 1.0)]
            ]
        );
    }

    #[test]
    fn calls_are_no_longer_than_they_may_be() {
        let mut gathered = Gathered::default();
        for n in 0..200_000 {
            gathered.add(&metric("a", true), 0, f64::from(n));
        }
        let calls = gathered.calls();
        assert_eq!(calls.iter().map(Vec::len).collect::<Vec<_>>(), [1000, 334]);
        assert!(
            calls
                .iter()
                .flatten()
                .all(|it| it.values.len() <= MAX_VALUES)
        );
    }
}
