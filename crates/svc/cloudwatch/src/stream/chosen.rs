//! Which metrics a stream takes, and which statistics beyond the usual ones. Pure.

use wharf_series::Metric;

use crate::{
    records::{MetricStream, StreamFilter},
    stat::Stat,
};

impl StreamFilter {
    fn takes(&self, namespace: &str, name: &str) -> bool {
        self.namespace == namespace
            && (self.names.is_empty() || self.names.iter().any(|it| it == name))
    }
}

impl MetricStream {
    /// One without filters takes all metrics.
    pub fn takes(&self, metric: &Metric) -> bool {
        let any = |all: &[StreamFilter]| {
            all.iter()
                .any(|it| it.takes(&metric.namespace, &metric.name))
        };
        match (self.include.is_empty(), self.exclude.is_empty()) {
            (false, _) => any(&self.include),
            (true, false) => !any(&self.exclude),
            (true, true) => true,
        }
    }

    /// The only namespace that it takes metrics of, so that no others are looked at.
    pub fn only_namespace(&self) -> Option<&str> {
        let (first, others) = self.include.split_first()?;
        let alone = others.iter().all(|it| it.namespace == first.namespace);
        alone.then_some(first.namespace.as_str())
    }

    /// The further statistics of a metric, with their names as they were given, each once.
    pub fn statistics_of<'a>(&'a self, metric: &Metric) -> Vec<(&'a str, Stat)> {
        let mut found: Vec<(&str, Stat)> = Vec::new();
        for it in &self.statistics {
            let metrics = &mut it.metrics.iter();
            if !metrics.any(|it| it.0 == metric.namespace && it.1 == metric.name) {
                continue;
            }
            for name in &it.statistics {
                if let Some(stat) = Stat::parse(name)
                    && !found.iter().any(|it| it.0 == name)
                {
                    found.push((name, stat));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{StreamFormat, StreamStatistics};

    fn metric(namespace: &str, name: &str) -> Metric {
        Metric {
            account: "1".into(),
            region: "r".into(),
            namespace: namespace.into(),
            name: name.into(),
            dimensions: Vec::new(),
        }
    }

    fn filter(namespace: &str, names: &[&str]) -> StreamFilter {
        StreamFilter {
            namespace: namespace.into(),
            names: names.iter().map(|it| (*it).into()).collect(),
        }
    }

    #[test]
    fn filters_take_namespaces_or_names_in_them() {
        let plain = MetricStream::example(StreamFormat::Json);
        assert!(plain.takes(&metric("A", "x")) && plain.only_namespace().is_none());
        let including = MetricStream {
            include: vec![filter("A", &["x"]), filter("A", &["y"])],
            ..plain.clone()
        };
        assert!(including.takes(&metric("A", "x")) && including.takes(&metric("A", "y")));
        assert!(!including.takes(&metric("A", "z")) && !including.takes(&metric("B", "x")));
        assert_eq!(including.only_namespace(), Some("A"));
        let excluding = MetricStream {
            exclude: vec![filter("A", &[]), filter("B", &["x"])],
            ..plain
        };
        assert!(!excluding.takes(&metric("A", "z")) && !excluding.takes(&metric("B", "x")));
        assert!(excluding.takes(&metric("B", "y")));
    }

    #[test]
    fn statistics_are_of_the_metrics_that_are_named() {
        let of = |metrics: &[(&str, &str)], statistics: &[&str]| StreamStatistics {
            metrics: metrics
                .iter()
                .map(|it| (it.0.into(), it.1.into()))
                .collect(),
            statistics: statistics.iter().map(|it| (*it).into()).collect(),
        };
        let stream = MetricStream {
            statistics: vec![
                of(&[("A", "x"), ("A", "y")], &["p99", "p50"]),
                of(&[("A", "x")], &["p50", "TM(10%:90%)"]),
            ],
            ..MetricStream::example(StreamFormat::Json)
        };
        let names = |metric: &Metric| -> Vec<String> {
            let found = stream.statistics_of(metric);
            found.into_iter().map(|it| it.0.to_owned()).collect()
        };
        assert_eq!(names(&metric("A", "x")), ["p99", "p50", "TM(10%:90%)"]);
        assert_eq!(names(&metric("A", "y")), ["p99", "p50"]);
        assert!(names(&metric("B", "x")).is_empty());
    }
}
