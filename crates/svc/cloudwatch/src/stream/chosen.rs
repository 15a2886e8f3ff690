//! Which metrics a stream takes, and which statistics beyond the usual ones. Pure.

use std::collections::{HashMap, HashSet};

use wharf_series::Metric;

use crate::{
    records::{MetricStream, StreamFilter},
    stat::Stat,
};

/// A stream's filters and statistics, ready for many metrics: each is looked up, however many filters there are.
#[derive(Debug)]
pub struct Chosen<'a> {
    filter: Filter,
    /// Names in a namespace; none stands for all.
    named: HashMap<&'a str, Option<HashSet<&'a str>>>,
    /// By namespace and name.
    further: HashMap<&'a str, ByName<'a>>,
}

/// Statistics of metrics, with their names as they were given.
type ByName<'a> = HashMap<&'a str, Vec<(&'a str, Stat)>>;

#[derive(Debug)]
enum Filter {
    All,
    Including,
    Excluding,
}

impl<'a> Chosen<'a> {
    pub fn of(stream: &'a MetricStream) -> Self {
        let (filter, filters) = match (stream.include.is_empty(), stream.exclude.is_empty()) {
            (false, _) => (Filter::Including, &stream.include),
            (true, false) => (Filter::Excluding, &stream.exclude),
            (true, true) => (Filter::All, &stream.include),
        };
        let mut further: HashMap<&str, ByName<'_>> = HashMap::new();
        for it in &stream.statistics {
            for (namespace, name) in &it.metrics {
                let of_namespace = further.entry(namespace.as_str()).or_default();
                let of_metric = of_namespace.entry(name.as_str()).or_default();
                for name in it.statistics.iter().map(String::as_str) {
                    if let Some(stat) = Stat::parse(name)
                        && !of_metric.iter().any(|it| it.0 == name)
                    {
                        of_metric.push((name, stat));
                    }
                }
            }
        }
        Self {
            filter,
            named: named(filters),
            further,
        }
    }

    /// A stream without filters takes all metrics.
    pub fn takes(&self, metric: &Metric) -> bool {
        let names = self.named.get(metric.namespace.as_str());
        let is_named = names.is_some_and(|it| {
            let names = it.as_ref();
            names.is_none_or(|it| it.contains(metric.name.as_str()))
        });
        match self.filter {
            Filter::All => true,
            Filter::Including => is_named,
            Filter::Excluding => !is_named,
        }
    }

    /// The only namespace that it takes metrics of, so that no others are looked at.
    pub fn only_namespace(&self) -> Option<&'a str> {
        match (&self.filter, self.named.len()) {
            (Filter::Including, 1) => self.named.keys().next().copied(),
            _ => None,
        }
    }

    /// The further statistics of a metric, with their names as they were given, each once.
    pub fn statistics_of(&self, metric: &Metric) -> &[(&'a str, Stat)] {
        let of_namespace = self.further.get(metric.namespace.as_str());
        let found = of_namespace.and_then(|it| it.get(metric.name.as_str()));
        found.map_or(&[], Vec::as_slice)
    }
}

fn named(filters: &[StreamFilter]) -> HashMap<&str, Option<HashSet<&str>>> {
    let mut all: HashMap<&str, Option<HashSet<&str>>> = HashMap::new();
    for it in filters {
        let of_namespace = all
            .entry(&it.namespace)
            .or_insert_with(|| Some(HashSet::new()));
        if it.names.is_empty() {
            *of_namespace = None;
        } else if let Some(names) = of_namespace {
            names.extend(it.names.iter().map(String::as_str));
        }
    }
    all
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
        let all = Chosen::of(&plain);
        assert!(all.takes(&metric("A", "x")) && all.only_namespace().is_none());
        let including = MetricStream {
            include: vec![filter("A", &["x"]), filter("A", &["y"])],
            ..plain.clone()
        };
        let including = Chosen::of(&including);
        assert!(including.takes(&metric("A", "x")) && including.takes(&metric("A", "y")));
        assert!(!including.takes(&metric("A", "z")) && !including.takes(&metric("B", "x")));
        assert_eq!(including.only_namespace(), Some("A"));
        let excluding = MetricStream {
            exclude: vec![filter("A", &["x"]), filter("A", &[]), filter("B", &["x"])],
            ..plain
        };
        let excluding = Chosen::of(&excluding);
        assert!(!excluding.takes(&metric("A", "z")) && !excluding.takes(&metric("B", "x")));
        assert!(excluding.takes(&metric("B", "y")) && excluding.only_namespace().is_none());
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
        let chosen = Chosen::of(&stream);
        let names = |metric: &Metric| -> Vec<&str> {
            let found = chosen.statistics_of(metric);
            found.iter().map(|it| it.0).collect()
        };
        assert_eq!(names(&metric("A", "x")), ["p99", "p50", "TM(10%:90%)"]);
        assert_eq!(names(&metric("A", "y")), ["p99", "p50"]);
        assert!(names(&metric("B", "x")).is_empty());
    }
}
