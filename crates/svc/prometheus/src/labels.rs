//! How series of Prometheus and metrics of CloudWatch are each other.
//!
//! A series of Prometheus is a metric of the namespace `Prometheus`: `__name__` is its name, the other labels are its
//! dimensions, and back. A metric of any other namespace is read as the Prometheus project's exporter of CloudWatch
//! names it (<https://github.com/prometheus/cloudwatch_exporter>): a series for each statistic, `AWS/ECS` and
//! `CPUUtilization` with `_average` behind them being `aws_ecs_cpuutilization_average`.

use wharf_promql::{Labels, NAME};
use wharf_series::Metric;
use wharf_service::metrics::is_name;

/// The namespace of what was written as series of Prometheus.
pub const NAMESPACE: &str = "Prometheus";
pub const UNIT: &str = "None";
/// As of metrics.
const MOST_DIMENSIONS: usize = 30;
const LONGEST_NAME: usize = 255;
const LONGEST_VALUE: usize = 1024;

/// Why a set of labels is none that is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLabels {
    #[error("a series has no label __name__")]
    NoName,
    #[error("{0:?} is no name of a metric: 255 printable ASCII characters at most")]
    Name(String),
    #[error("{0:?} is no name of a label: 255 printable ASCII characters at most")]
    Label(String),
    #[error("the value of the label {0:?} is longer than 1024 bytes or has a control character")]
    Value(String),
    #[error("the label {0:?} is there twice")]
    Twice(String),
    #[error("the series {0:?} has more than 30 labels besides its name")]
    TooMany(String),
}

/// The metric that a series is.
///
/// # Errors
/// Its labels are none that a metric may have.
pub fn metric(account: &str, region: &str, labels: &[(&str, &str)]) -> Result<Metric, BadLabels> {
    let (mut name, mut dimensions) = (None, Vec::with_capacity(labels.len()));
    // A label without a value is one that is not there.
    for (label, value) in labels.iter().filter(|it| !it.1.is_empty()) {
        if *label == NAME {
            if name.replace(*value).is_some() {
                return Err(BadLabels::Twice(NAME.to_owned()));
            }
            continue;
        }
        if !is_name(label, LONGEST_NAME) {
            return Err(BadLabels::Label(shown(label)));
        }
        if value.len() > LONGEST_VALUE || value.chars().any(char::is_control) {
            return Err(BadLabels::Value(shown(label)));
        }
        dimensions.push(((*label).to_owned(), (*value).to_owned()));
    }
    let name = name.ok_or(BadLabels::NoName)?;
    if !is_name(name, LONGEST_NAME) {
        return Err(BadLabels::Name(shown(name)));
    }
    if dimensions.len() > MOST_DIMENSIONS {
        return Err(BadLabels::TooMany(shown(name)));
    }
    dimensions.sort();
    if let Some(pair) = dimensions.windows(2).find(|it| it[0].0 == it[1].0) {
        return Err(BadLabels::Twice(shown(&pair[0].0)));
    }
    Ok(Metric {
        account: account.to_owned(),
        region: region.to_owned(),
        namespace: NAMESPACE.to_owned(),
        name: name.to_owned(),
        dimensions,
    })
}

/// The beginning of a text, for an answer.
fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}

/// The labels of a series that was written as one.
pub fn of_series(metric: &Metric) -> Labels {
    let mut labels = metric.dimensions.clone();
    labels.push((NAME.to_owned(), metric.name.clone()));
    Labels::new(labels)
}

/// A statistic of a metric that is read as a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stat {
    Sum,
    SampleCount,
    Minimum,
    Maximum,
    Average,
}

impl Stat {
    pub const ALL: [Self; 5] = [
        Self::Sum,
        Self::SampleCount,
        Self::Minimum,
        Self::Maximum,
        Self::Average,
    ];

    const fn suffix(self) -> &'static str {
        match self {
            Self::Sum => "_sum",
            Self::SampleCount => "_sample_count",
            Self::Minimum => "_minimum",
            Self::Maximum => "_maximum",
            Self::Average => "_average",
        }
    }

    pub fn of(self, it: &wharf_series::Summary) -> f64 {
        match self {
            Self::Sum => it.sum,
            Self::SampleCount => it.count,
            Self::Minimum => it.min,
            Self::Maximum => it.max,
            Self::Average => it.average(),
        }
    }
}

/// The labels of a statistic of a metric that was put as one. Of dimensions that come to one label the first counts.
pub fn of_metric(metric: &Metric, stat: Stat) -> Labels {
    let mut labels: Vec<(String, String)> = Vec::with_capacity(metric.dimensions.len() + 1);
    labels.push((NAME.to_owned(), exported(metric, stat)));
    for (name, value) in &metric.dimensions {
        let name = safe(&snake(name));
        if labels.iter().all(|it| it.0 != name) {
            labels.push((name, value.clone()));
        }
    }
    Labels::new(labels)
}

fn exported(metric: &Metric, stat: Stat) -> String {
    let name = format!(
        "{}_{}",
        metric.namespace.to_lowercase(),
        snake(&metric.name)
    );
    safe(&name) + stat.suffix()
}

/// Whether metrics of a namespace may have a name when they are read as series.
pub fn may_be_of(namespace: &str, name: &str) -> bool {
    let begins = safe(&format!("{}_", namespace.to_lowercase()));
    let ends = Stat::ALL.iter().any(|it| name.ends_with(it.suffix()));
    // A name may go on with what the last character of the namespace came to.
    ends && name.starts_with(begins.trim_end_matches('_'))
}

/// `RequestCount` as `request_count`, and `CPUUtilization` as `cpuutilization`.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 8);
    let mut before = '\0';
    for it in name.chars() {
        if it.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            out.push('_');
        }
        out.push(it.to_ascii_lowercase());
        before = it;
    }
    out
}

/// With an underscore for whatever no name may have, and never two of them.
fn safe(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for it in name.chars() {
        let it = match it.is_ascii_alphanumeric() || it == ':' {
            true => it,
            false => '_',
        };
        if it != '_' || !out.ends_with('_') {
            out.push(it);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_go_there_and_back() {
        let labels = [("job", "api"), (NAME, "up"), ("instance", "a:1"), ("e", "")];
        let found = metric("1", "r", &labels).unwrap();
        assert_eq!(
            (found.namespace.as_str(), found.name.as_str()),
            (NAMESPACE, "up")
        );
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            found.dimensions,
            [pair("instance", "a:1"), pair("job", "api")]
        );
        let back = of_series(&found);
        let back: Vec<(&str, &str)> = back.iter().collect();
        assert_eq!(back, [(NAME, "up"), ("instance", "a:1"), ("job", "api")]);
    }

    #[test]
    fn what_no_metric_may_have_is_refused() {
        let check = |labels: &[(&str, &str)]| metric("1", "r", labels).unwrap_err();
        assert_eq!(check(&[("job", "a")]), BadLabels::NoName);
        let twice = [(NAME, "a"), ("b", "1"), ("b", "2")];
        assert_eq!(check(&twice), BadLabels::Twice("b".into()));
        assert_eq!(
            check(&[(NAME, "a"), ("b", "x\ny")]),
            BadLabels::Value("b".into())
        );
        assert_eq!(check(&[(NAME, "é")]), BadLabels::Name("é".into()));
        let names: Vec<String> = (0..31).map(|it| format!("l{it}")).collect();
        let mut many: Vec<(&str, &str)> = names.iter().map(|it| (it.as_str(), "v")).collect();
        many.push((NAME, "a"));
        assert_eq!(check(&many), BadLabels::TooMany("a".into()));
        assert!(metric("1", "r", &many[1..]).is_ok());
    }

    #[test]
    fn metrics_are_named_as_the_exporter_names_them() {
        for (namespace, name, stat, wanted) in [
            (
                "AWS/ECS",
                "CPUUtilization",
                Stat::Average,
                "aws_ecs_cpuutilization_average",
            ),
            (
                "AWS/ApplicationELB",
                "RequestCount",
                Stat::Sum,
                "aws_applicationelb_request_count_sum",
            ),
            (
                "Shop",
                "HTTP 5xx",
                Stat::SampleCount,
                "shop_http_5xx_sample_count",
            ),
            ("My App//x", "p_99", Stat::Maximum, "my_app_x_p_99_maximum"),
            ("/a/", "/b", Stat::Minimum, "_a_b_minimum"),
        ] {
            let metric = Metric {
                account: "1".into(),
                region: "r".into(),
                namespace: namespace.into(),
                name: name.into(),
                dimensions: vec![("ClusterName".into(), "c".into())],
            };
            let labels = of_metric(&metric, stat);
            assert_eq!(labels.get(NAME), wanted);
            assert_eq!(labels.get("cluster_name"), "c");
            assert!(may_be_of(namespace, wanted), "{wanted}");
            assert!(!may_be_of("Other", wanted) && !may_be_of(namespace, "aws_up"));
        }
    }
}
