//! What PutMetricData takes: from the wire to samples, with AWS's limits and sentences. Pure.

use wharf_api_cloudwatch::{Dimension, MetricDatum, faults};
use wharf_base::Timestamp;
use wharf_series::{Namespaced, Sample, Summary, Tier};
pub use wharf_service::metrics::UNITS;
use wharf_service::{
    Place,
    metrics::{is_dimension_value, is_name, is_value},
};
use wharf_wire::Fault;

use crate::fault::{combination, invalid, missing};

/// Data of a call.
pub const MOST_DATA: usize = 1000;
/// Values of a datum.
const MOST_VALUES: usize = 150;
pub const MOST_DIMENSIONS: usize = 30;
const PAST: i64 = 14 * 86_400;
const FUTURE: i64 = 2 * 3600;
pub const NO_UNIT: &str = "None";

/// # Errors
/// It is one of AWS's own, or no name of a namespace.
pub fn namespace(name: &str, by_service: bool) -> Result<(), Fault> {
    let own = name.starts_with("AWS/") && !by_service;
    match own || !is_name(name, 255) {
        true => Err(bad_value(name, "Namespace")),
        false => Ok(()),
    }
}

pub fn bad_value(value: impl std::fmt::Display, parameter: &str) -> Fault {
    invalid(format!(
        "The value {value} for parameter {parameter} is invalid."
    ))
}

/// Dimensions in the order of their names.
///
/// # Errors
/// There are too many, two of one name, or one is no dimension.
pub fn dimensions(
    given: Option<Vec<Dimension>>,
    parameter: &str,
) -> Result<Vec<(String, String)>, Fault> {
    let given = given.unwrap_or_default();
    let in_order = in_order(&given, &|| parameter.to_owned())?;
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Ok(in_order.into_iter().map(owned).collect())
}

/// The same, as they lie.
fn in_order<'a>(
    given: &'a [Dimension],
    parameter: &dyn Fn() -> String,
) -> Result<Vec<(&'a str, &'a str)>, Fault> {
    if given.len() > MOST_DIMENSIONS {
        return Err(too_many(&parameter(), MOST_DIMENSIONS));
    }
    let mut found = Vec::with_capacity(given.len());
    for (at, dimension) in given.iter().enumerate() {
        let (name, value) = (
            dimension.name.as_deref().unwrap_or_default(),
            dimension.value.as_deref().unwrap_or_default(),
        );
        let member = |member| format!("{}.member.{}.{member}", parameter(), at + 1);
        if !is_name(name, 255) {
            return Err(bad_value(name, &member("Name")));
        }
        if !is_dimension_value(value) {
            return Err(bad_value(value, &member("Value")));
        }
        found.push((name, value));
    }
    found.sort_unstable();
    if found.windows(2).any(|it| it[0].0 == it[1].0) {
        return Err(invalid(format!(
            "The parameter {} must not name a dimension twice.",
            parameter()
        )));
    }
    Ok(found)
}

fn too_many(parameter: &str, most: usize) -> Fault {
    invalid(format!(
        "The collection {parameter} must not have a size greater than {most}."
    ))
}

/// # Errors
/// The first that is wrong with it.
fn sample(
    keys: &mut Namespaced,
    datum: &MetricDatum,
    at: usize,
    now: Timestamp,
) -> Result<Sample, Fault> {
    let parameter = |member: &str| format!("MetricData.member.{}.{member}", at + 1);
    let name = datum.metric_name.as_deref().unwrap_or_default();
    if !is_name(name, 255) {
        return Err(bad_value(name, &parameter("MetricName")));
    }
    let unit = datum.unit.as_deref().unwrap_or(NO_UNIT);
    if !UNITS.contains(&unit) {
        return Err(bad_value(unit, &parameter("Unit")));
    }
    let tier = match datum.storage_resolution {
        None | Some(60) => Tier::Minute,
        Some(1) => Tier::Second,
        Some(other) => return Err(bad_value(other, &parameter("StorageResolution"))),
    };
    let time = datum.timestamp.unwrap_or(now).millis().div_euclid(1000);
    let seconds = now.millis().div_euclid(1000);
    if time < seconds - PAST {
        let text = "must specify a time within the past two weeks";
        return Err(invalid(format!(
            "The parameter {} {text}.",
            parameter("Timestamp")
        )));
    }
    if time > seconds + FUTURE {
        let text = "must specify a time no more than two hours in the future";
        return Err(invalid(format!(
            "The parameter {} {text}.",
            parameter("Timestamp")
        )));
    }
    let dimensions = datum.dimensions.as_deref().unwrap_or_default();
    let dimensions = in_order(dimensions, &|| parameter("Dimensions"))?;
    let summary = summary(datum, &parameter)?;
    let key = keys
        .key(name, &dimensions, unit)
        .map_err(|error| invalid(error.to_string()))?;
    Ok(Sample {
        key,
        tier,
        at: time,
        summary,
    })
}

fn summary(datum: &MetricDatum, parameter: &impl Fn(&str) -> String) -> Result<Summary, Fault> {
    let given = [
        ("Value", datum.value.is_some()),
        ("StatisticValues", datum.statistic_values.is_some()),
        (
            "Values",
            datum.values.as_ref().is_some_and(|it| !it.is_empty()),
        ),
    ];
    let mut given = given.into_iter().filter(|it| it.1).map(|it| it.0);
    if let (Some(first), Some(second)) = (given.next(), given.next()) {
        return Err(combination(format!(
            "The parameters {} and {} are mutually exclusive and you have specified both.",
            parameter(first),
            parameter(second)
        )));
    }
    let counts = datum.counts.as_ref().filter(|it| !it.is_empty());
    let values = datum.values.as_ref().filter(|it| !it.is_empty());
    // Counts say how often each of `Values` was seen, and nothing else.
    if counts.is_some_and(|it| values.is_none_or(|values| values.len() != it.len())) {
        return Err(invalid(format!(
            "The parameters {} and {} must be of equal size.",
            parameter("Values"),
            parameter("Counts")
        )));
    }
    let check = |value: f64, member: &str| match is_value(value) {
        true => Ok(value),
        false => Err(bad_value(value, &parameter(member))),
    };
    if let Some(value) = datum.value {
        return Ok(Summary::one(check(value, "Value")?));
    }
    if let Some(set) = &datum.statistic_values {
        let of = |value: Option<f64>, member: &str| {
            let member = format!("StatisticValues.{member}");
            let value = value.ok_or_else(|| missing(&parameter(&member)))?;
            check(value, &member)
        };
        let (count, sum) = (of(set.sample_count, "SampleCount")?, of(set.sum, "Sum")?);
        let (min, max) = (of(set.minimum, "Minimum")?, of(set.maximum, "Maximum")?);
        if count <= 0.0 {
            return Err(bad_value(count, &parameter("StatisticValues.SampleCount")));
        }
        if min > max {
            return Err(invalid(format!(
                "The parameter {} must not be greater than the parameter {}.",
                parameter("StatisticValues.Minimum"),
                parameter("StatisticValues.Maximum")
            )));
        }
        return Ok(Summary::set(count, sum, min, max));
    }
    let Some(values) = values else {
        return Err(missing(&parameter("Value")));
    };
    if values.len() > MOST_VALUES {
        return Err(too_many(&parameter("Values"), MOST_VALUES));
    }
    let mut pairs = Vec::with_capacity(values.len());
    for (at, value) in values.iter().enumerate() {
        let member = format!("Values.member.{}", at + 1);
        let count = counts.map_or(1.0, |it| it[at]);
        let of_count = format!("Counts.member.{}", at + 1);
        if count <= 0.0 {
            return Err(bad_value(count, &parameter(&of_count)));
        }
        pairs.push((check(*value, &member)?, check(count, &of_count)?));
    }
    Summary::of(pairs).ok_or_else(|| missing(&parameter("Values")))
}

/// Data of a call, all or none.
///
/// # Errors
/// The first that is wrong with one of them.
pub fn samples(
    place: &Place,
    namespace: &str,
    data: &[MetricDatum],
    now: Timestamp,
) -> Result<Vec<Sample>, Fault> {
    if data.is_empty() {
        return Err(faults::missing_required_parameter_exception(
            "The parameter MetricData is required.",
        ));
    }
    if data.len() > MOST_DATA {
        return Err(too_many("MetricData", MOST_DATA));
    }
    let keys = Namespaced::new(&place.account, &place.region, namespace);
    let mut keys = keys.map_err(|error| invalid(error.to_string()))?;
    let all = data.iter().enumerate();
    all.map(|(at, datum)| sample(&mut keys, datum, at, now))
        .collect()
}

#[cfg(test)]
mod tests {
    use wharf_api_cloudwatch::StatisticSet;

    use super::*;

    fn datum() -> MetricDatum {
        MetricDatum {
            metric_name: Some("Latency".into()),
            value: Some(1.0),
            ..MetricDatum::default()
        }
    }

    fn said(change: impl FnOnce(&mut MetricDatum)) -> String {
        let mut it = datum();
        change(&mut it);
        let now = Timestamp::from_millis(1_795_341_600_000);
        match samples(&Place::new("1", "r"), "App", &[it], now) {
            Ok(samples) => format!("{:?} {}", samples[0].tier, samples[0].summary.count),
            Err(fault) => format!("{}: {}", fault.code, fault.message),
        }
    }

    fn set(count: f64, min: f64, max: f64) -> StatisticSet {
        StatisticSet {
            sample_count: Some(count),
            sum: Some(3.0),
            minimum: Some(min),
            maximum: Some(max),
        }
    }

    fn dimension(name: &str, value: &str) -> Dimension {
        Dimension {
            name: Some(name.into()),
            value: Some(value.into()),
        }
    }

    #[test]
    fn data_and_their_refusals() {
        type Change = fn(&mut MetricDatum);
        let cases: &[(Change, &str)] = &[
            (|_| (), "Minute 1"),
            (|it| it.storage_resolution = Some(1), "Second 1"),
            (
                |it| it.storage_resolution = Some(5),
                "InvalidParameterValueException: The value 5 for parameter MetricData.member.1.StorageResolution is invalid.",
            ),
            (
                |it| it.value = Some(f64::NAN),
                "InvalidParameterValueException: The value NaN for parameter MetricData.member.1.Value is invalid.",
            ),
            (
                |it| it.value = Some(3e108),
                "InvalidParameterValueException: The value 3000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000 for parameter MetricData.member.1.Value is invalid.",
            ),
            (
                |it| it.value = None,
                "MissingRequiredParameterException: The parameter MetricData.member.1.Value is required.",
            ),
            (
                |it| it.statistic_values = Some(set(2.0, 1.0, 2.0)),
                "InvalidParameterCombinationException: The parameters MetricData.member.1.Value and MetricData.member.1.StatisticValues are mutually exclusive and you have specified both.",
            ),
            (
                |it| {
                    it.value = None;
                    it.statistic_values = Some(set(2.0, 1.0, 2.0));
                },
                "Minute 2",
            ),
            (
                |it| {
                    it.value = None;
                    it.statistic_values = Some(set(0.0, 1.0, 2.0));
                },
                "InvalidParameterValueException: The value 0 for parameter MetricData.member.1.StatisticValues.SampleCount is invalid.",
            ),
            (
                |it| {
                    it.value = None;
                    it.values = Some(vec![1.0, 2.0]);
                    it.counts = Some(vec![2.0, 3.0]);
                },
                "Minute 5",
            ),
            (
                |it| {
                    it.value = None;
                    it.values = Some(vec![1.0, 2.0]);
                    it.counts = Some(vec![2.0]);
                },
                "InvalidParameterValueException: The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of equal size.",
            ),
            (
                |it| it.counts = Some(vec![2.0]),
                "InvalidParameterValueException: The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of equal size.",
            ),
            (
                |it| {
                    it.value = None;
                    it.values = Some(vec![1.0; 151]);
                },
                "InvalidParameterValueException: The collection MetricData.member.1.Values must not have a size greater than 150.",
            ),
            (
                |it| it.unit = Some("Miles".into()),
                "InvalidParameterValueException: The value Miles for parameter MetricData.member.1.Unit is invalid.",
            ),
            (
                |it| {
                    it.timestamp = Some(Timestamp::from_millis(1_795_341_600_000 - 15 * 86_400_000))
                },
                "InvalidParameterValueException: The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks.",
            ),
            (
                |it| it.timestamp = Some(Timestamp::from_millis(1_795_341_600_000 + 3 * 3_600_000)),
                "InvalidParameterValueException: The parameter MetricData.member.1.Timestamp must specify a time no more than two hours in the future.",
            ),
            (
                |it| it.dimensions = Some(vec![dimension("Host", "a"), dimension("Host", "b")]),
                "InvalidParameterValueException: The parameter MetricData.member.1.Dimensions must not name a dimension twice.",
            ),
            (
                |it| it.dimensions = Some(vec![dimension("Host", "é")]),
                "InvalidParameterValueException: The value é for parameter MetricData.member.1.Dimensions.member.1.Value is invalid.",
            ),
            (
                |it| it.dimensions = Some(vec![dimension("a", "b"); 31]),
                "InvalidParameterValueException: The collection MetricData.member.1.Dimensions must not have a size greater than 30.",
            ),
        ];
        for (change, wanted) in cases {
            assert_eq!(said(change), *wanted);
        }
        assert!(namespace("AWS/ECS", false).is_err() && namespace("AWS/ECS", true).is_ok());
        assert!(namespace(":x", false).is_err() && namespace("My App", false).is_ok());
    }
}
