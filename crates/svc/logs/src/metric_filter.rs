//! What metric filters make of log events.

use std::{collections::BTreeMap, sync::Arc};

use wharf_service::metrics::is_name;

use crate::{
    metrics::{Gathered, Metric},
    pattern::{BadPattern, Field, Message, Pattern},
    records::{MetricFilter, SystemField, Transformation},
};

/// Dimensions of one metric.
const MAX_DIMENSIONS: usize = 3;
/// Characters of a namespace and of the names of metrics and dimensions.
const LONGEST_NAME: usize = 255;

/// A filter, ready to use.
#[derive(Debug)]
pub struct Compiled {
    pattern: Pattern,
    metrics: Vec<Made>,
}

#[derive(Debug)]
struct Made {
    namespace: String,
    name: String,
    value: Source,
    dimensions: Vec<(String, Field)>,
    unit: Option<String>,
}

#[derive(Debug)]
enum Source {
    Number(f64),
    Field(Field),
}

/// Why a filter cannot be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFilter {
    #[error("{0}")]
    Pattern(#[from] BadPattern),
    #[error("Invalid metric transformation: {0}")]
    Transformation(String),
}

/// Whether CloudWatch would take what a filter makes: of one that it never does, nothing would come, and nobody be told.
/// Filters that are there were put before there was this check.
///
/// # Errors
/// It would take none.
pub fn check(filter: &MetricFilter) -> Result<(), BadFilter> {
    let wrong = BadFilter::Transformation;
    for it in &filter.transformations {
        if it.namespace.starts_with("AWS/") {
            return Err(wrong(format!(
                "the namespace {} is reserved, as all are that begin with AWS/.",
                it.namespace
            )));
        }
        let names = [&it.namespace, &it.name].into_iter();
        let mut names = names.chain(it.dimensions.keys());
        if let Some(name) = names.find(|it| !is_name(it, LONGEST_NAME)) {
            return Err(wrong(format!(
                "{name:?} is no name of a namespace, a metric or a dimension, which have printable ASCII characters."
            )));
        }
        if it.dimensions.len() + filter.system_dimensions.len() > MAX_DIMENSIONS {
            return Err(wrong(format!(
                "a metric has at most {MAX_DIMENSIONS} dimensions, those of system fields among them."
            )));
        }
    }
    Ok(())
}

impl Compiled {
    pub fn new(filter: &MetricFilter) -> Result<Self, BadFilter> {
        let pattern = Pattern::parse(&filter.pattern)?;
        let metrics = filter
            .transformations
            .iter()
            .map(|it| Made::new(&pattern, it));
        Ok(Self {
            metrics: metrics.collect::<Result<_, _>>()?,
            pattern,
        })
    }

    /// Adds what an event says, with dimensions besides; whether it matches.
    pub fn add(
        &self,
        time: i64,
        message: &Message<'_>,
        beside: &BTreeMap<String, String>,
        gathered: &mut Gathered,
    ) -> bool {
        let matches = self.pattern.matches(message);
        if matches {
            for made in &self.metrics {
                if let Some((metric, value)) = made.of(&self.pattern, message, beside) {
                    gathered.add(&Arc::new(metric), time, value);
                }
            }
        }
        matches
    }
}

impl Made {
    fn new(pattern: &Pattern, it: &Transformation) -> Result<Self, BadFilter> {
        let wrong = |text: String| BadFilter::Transformation(text);
        let field = |source: &str| {
            let field = pattern.field(source);
            field.map_err(|cause| wrong(cause.to_string()))
        };
        let value = match it.value.parse::<f64>() {
            Ok(number) if number.is_finite() => Source::Number(number),
            _ if it.value.starts_with('$') => Source::Field(field(&it.value)?),
            _ => {
                return Err(wrong(format!(
                    "{} is neither a number nor a selector",
                    it.value
                )));
            }
        };
        if it.default_value.is_some() && !it.dimensions.is_empty() {
            return Err(wrong(
                "dimensions and default value are mutually exclusive properties.".to_owned(),
            ));
        }
        if it.dimensions.len() > MAX_DIMENSIONS {
            return Err(wrong(format!(
                "a metric has at most {MAX_DIMENSIONS} dimensions."
            )));
        }
        let dimensions = it.dimensions.iter();
        let dimensions = dimensions.map(|(name, source)| Ok((name.clone(), field(source)?)));
        Ok(Self {
            namespace: it.namespace.clone(),
            name: it.name.clone(),
            value,
            dimensions: dimensions.collect::<Result<_, BadFilter>>()?,
            unit: it.unit.clone(),
        })
    }

    /// Nothing if the event lacks the value or a dimension.
    fn of(
        &self,
        pattern: &Pattern,
        message: &Message<'_>,
        beside: &BTreeMap<String, String>,
    ) -> Option<(Metric, f64)> {
        let value = match &self.value {
            Source::Number(number) => *number,
            Source::Field(field) => field.of(pattern, message)?.trim().parse().ok()?,
        };
        let mut dimensions = beside.clone();
        for (name, field) in &self.dimensions {
            dimensions.insert(
                name.clone(),
                field.of(pattern, message).filter(|it| !it.is_empty())?,
            );
        }
        let metric = Metric {
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            dimensions: Arc::new(dimensions),
            unit: self.unit.clone(),
            is_fine: false,
        };
        Some((metric, value))
    }
}

/// The dimensions that a filter's metrics have besides, in a region of an account.
pub fn beside(filter: &MetricFilter, (account, region): (&str, &str)) -> BTreeMap<String, String> {
    let all = filter.system_dimensions.iter().map(|it| {
        let value = match it {
            SystemField::Account => account,
            SystemField::Region => region,
        };
        (it.as_str().to_owned(), value.to_owned())
    });
    all.collect()
}

/// What a filter sends for a minute in which events came and none matched, with dimensions besides.
pub fn defaults(
    filter: &MetricFilter,
    beside: BTreeMap<String, String>,
    time: i64,
    gathered: &mut Gathered,
) {
    let dimensions = Arc::new(beside);
    for it in &filter.transformations {
        if let Some(value) = it.default_value {
            let metric = Metric {
                namespace: it.namespace.clone(),
                name: it.name.clone(),
                dimensions: dimensions.clone(),
                unit: it.unit.clone(),
                is_fine: false,
            };
            gathered.add(&Arc::new(metric), time, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use wharf_base::Timestamp;

    use super::*;

    fn filter(pattern: &str, value: &str, dimensions: &[(&str, &str)]) -> MetricFilter {
        MetricFilter {
            name: "f".to_owned(),
            pattern: pattern.to_owned(),
            transformations: vec![Transformation {
                namespace: "n".to_owned(),
                name: "m".to_owned(),
                value: value.to_owned(),
                default_value: None,
                dimensions: dimensions
                    .iter()
                    .map(|(name, it)| ((*name).to_owned(), (*it).to_owned()))
                    .collect(),
                unit: None,
            }],
            on_transformed: false,
            system_dimensions: Vec::new(),
            selection: None,
            created_at: Timestamp(0),
        }
    }

    /// Values with their dimensions.
    fn made(filter: &MetricFilter, messages: &[&str]) -> Vec<(String, f64, f64)> {
        let (compiled, mut gathered) = (Compiled::new(filter).unwrap(), Gathered::default());
        for it in messages {
            let beside = beside(filter, ("1", "r"));
            compiled.add(0, &Message::new(it), &beside, &mut gathered);
        }
        let data = gathered.calls().into_iter().flatten();
        data.flat_map(|it| {
            let dimensions = it
                .metric
                .dimensions
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            let dimensions = dimensions.collect::<Vec<_>>().join(",");
            let values = it.values.clone().into_iter().zip(it.counts.clone());
            values
                .map(move |(value, count)| (dimensions.clone(), value, count))
                .collect::<Vec<_>>()
        })
        .collect()
    }

    #[test]
    fn events_are_counted_and_measured() {
        let lines = [
            r#"{"ms":5,"path":"/a","ok":true}"#,
            r#"{"ms":7,"path":"/b"}"#,
            r#"{"ms":"x","path":"/b"}"#,
            "plain",
        ];
        assert_eq!(
            made(&filter("", "1", &[]), &lines),
            [(String::new(), 1.0, 4.0)]
        );
        assert_eq!(
            made(&filter("{ $.path = * }", "$.ms", &[]), &lines),
            [(String::new(), 5.0, 1.0), (String::new(), 7.0, 1.0)]
        );
        assert_eq!(
            made(&filter("{ $.ms = * }", "1", &[("Path", "$.path")]), &lines),
            [
                ("Path=/a".to_owned(), 1.0, 1.0),
                ("Path=/b".to_owned(), 1.0, 2.0)
            ]
        );
        assert_eq!(
            made(&filter("{ $.ms = * }", "1", &[("Ok", "$.ok")]), &lines),
            [("Ok=true".to_owned(), 1.0, 1.0)]
        );
        assert_eq!(
            made(
                &filter("[ip, status=5*, bytes]", "$bytes", &[("Status", "$status")]),
                &["1.1.1.1 500 42", "1.1.1.1 200 43", "short"]
            ),
            [("Status=500".to_owned(), 42.0, 1.0)]
        );
    }

    #[test]
    fn the_account_and_the_region_may_be_dimensions_besides() {
        let mut filter = filter("{ $.a = * }", "1", &[("A", "$.a")]);
        filter.system_dimensions = vec![SystemField::Region, SystemField::Account];
        assert_eq!(
            made(&filter, &[r#"{"a":"x"}"#]),
            [("@aws.account=1,@aws.region=r,A=x".to_owned(), 1.0, 1.0)]
        );
        assert_eq!(SystemField::parse("@aws.region"), Some(SystemField::Region));
        assert_eq!(SystemField::parse("@aws.zone"), None);
    }

    #[test]
    fn what_nobody_would_take_is_said() {
        let good = filter("{ $.a = 1 }", "1", &[("x", "$.a")]);
        check(&good).unwrap();
        let changed = |change: fn(&mut MetricFilter)| {
            let mut filter = good.clone();
            change(&mut filter);
            check(&filter).unwrap_err().to_string()
        };
        for (told, text) in [
            (
                changed(|it| it.transformations[0].namespace = "AWS/ECS".to_owned()),
                "Invalid metric transformation: the namespace AWS/ECS is reserved",
            ),
            (
                changed(|it| it.transformations[0].namespace = String::new()),
                "\"\" is no name",
            ),
            (
                changed(|it| it.transformations[0].name = "zähler".to_owned()),
                "is no name",
            ),
            (
                changed(|it| {
                    let one = it.transformations[0].dimensions["x"].clone();
                    it.transformations[0].dimensions.insert("y".to_owned(), one);
                    it.system_dimensions = vec![SystemField::Account, SystemField::Region];
                }),
                "at most 3 dimensions, those of system fields",
            ),
        ] {
            assert!(told.contains(text), "{told}");
        }
    }

    #[test]
    fn what_cannot_be_is_said() {
        for (pattern, value, dimensions) in [
            ("{", "1", &[][..]),
            ("", "$.ms", &[]),
            ("", "one", &[]),
            ("[a, b]", "$c", &[]),
            ("[a, b]", "$.a", &[]),
            ("{ $.a = 1 }", "$a", &[]),
            ("{ $.a = 1 }", "1", &[("x", "a")]),
            (
                "{ $.a = 1 }",
                "1",
                &[("w", "$.a"), ("x", "$.a"), ("y", "$.a"), ("z", "$.a")],
            ),
        ] {
            let filter = filter(pattern, value, dimensions);
            assert!(
                Compiled::new(&filter).is_err(),
                "{pattern} {value} {dimensions:?}"
            );
        }
        let mut both = filter("{ $.a = 1 }", "1", &[("x", "$.a")]);
        both.transformations[0].default_value = Some(0.0);
        assert!(
            Compiled::new(&both)
                .unwrap_err()
                .to_string()
                .contains("mutually exclusive")
        );
    }
}
