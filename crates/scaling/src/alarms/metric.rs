//! A metric of the customer's own as a policy's configuration gives it, and as PutMetricAlarm takes it.

use serde_json::{Map, Value, json};

/// Seconds of a metric's period.
const PERIOD: u32 = 60;
/// Those that EC2 Auto Scaling lets be chosen.
const PERIODS: [u64; 3] = [10, 30, 60];

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCustomized {
    #[error(
        "Metrics and a single metric must not be specified both in CustomizedMetricSpecification"
    )]
    Both,
    #[error("{0} is required in CustomizedMetricSpecification")]
    Missing(&'static str),
    #[error("Period must be 10, 30 or 60 seconds: {0}")]
    Period(u64),
}

/// The members of an alarm that say what is watched, of the JSON of a `CustomizedMetricSpecification`. A period is
/// heeded if the caller's service `has_periods`, and is a minute otherwise.
///
/// # Errors
/// It is no metric, or more than one.
pub fn customized(given: &Value, has_periods: bool) -> Result<Value, BadCustomized> {
    let single = ["MetricName", "Namespace", "Statistic"];
    let is_given = |name: &str| !given[name].is_null();
    let queries = given["Metrics"].as_array().filter(|it| !it.is_empty());
    if let Some(queries) = queries {
        let mut beside = single.into_iter().chain(["Dimensions", "Unit"]);
        if beside.any(is_given) {
            return Err(BadCustomized::Both);
        }
        let outer = seconds(given, has_periods)?;
        let read = queries.iter().map(|it| query(it, outer, has_periods));
        return Ok(json!({ "Metrics": read.collect::<Result<Vec<_>, _>>()? }));
    }
    if let Some(name) = single.into_iter().find(|it| !is_given(it)) {
        return Err(BadCustomized::Missing(name));
    }
    let mut metric = json!({
        "Namespace": given["Namespace"],
        "MetricName": given["MetricName"],
        "Statistic": given["Statistic"],
        "Period": seconds(given, has_periods)?.unwrap_or(PERIOD),
        "Dimensions": dimensions(given),
    });
    copy(given, "Unit", &mut metric);
    Ok(metric)
}

/// Seconds of the periods of a metric of [`customized`].
pub(super) fn period(metric: &Value) -> u32 {
    let of = |it: &Value| it["Period"].as_u64();
    let queries = metric["Metrics"].as_array().into_iter().flatten();
    let mut queries = queries.filter_map(|it| of(&it["MetricStat"]).or_else(|| of(it)));
    let found = of(metric).or_else(|| queries.next());
    found
        .and_then(|it| u32::try_from(it).ok())
        .unwrap_or(PERIOD)
}

fn seconds(given: &Value, has_periods: bool) -> Result<Option<u32>, BadCustomized> {
    match given["Period"].as_u64().filter(|_| has_periods) {
        Some(it) if !PERIODS.contains(&it) => Err(BadCustomized::Period(it)),
        it => Ok(it.and_then(|it| u32::try_from(it).ok())),
    }
}

fn dimensions(given: &Value) -> Value {
    match &given["Dimensions"] {
        Value::Null => json!([]),
        dimensions => dimensions.clone(),
    }
}

fn copy(given: &Value, name: &str, to: &mut Value) {
    if !given[name].is_null() {
        to[name] = given[name].clone();
    }
}

fn query(given: &Value, outer: Option<u32>, has_periods: bool) -> Result<Value, BadCustomized> {
    let mut query = Value::Object(Map::new());
    for name in ["Id", "Expression", "Label", "ReturnData"] {
        copy(given, name, &mut query);
    }
    let outer = seconds(given, has_periods)?.or(outer);
    let stat = &given["MetricStat"];
    if !stat.is_null() {
        let metric = &stat["Metric"];
        let mut read = json!({
            "Metric": {
                "Namespace": metric["Namespace"],
                "MetricName": metric["MetricName"],
                "Dimensions": dimensions(metric),
            },
            "Period": seconds(stat, has_periods)?.or(outer).unwrap_or(PERIOD),
            "Stat": stat["Stat"],
        });
        copy(stat, "Unit", &mut read);
        query["MetricStat"] = read;
    }
    Ok(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_or_an_expression_and_never_both() {
        let one = json!({ "MetricName": "Jobs", "Namespace": "App", "Statistic": "Average", "Period": 10 });
        let read = customized(&one, true).unwrap();
        assert_eq!((&read["Period"], period(&read)), (&json!(10), 10));
        assert_eq!(read["Dimensions"], json!([]));
        assert_eq!(customized(&one, false).unwrap()["Period"], json!(60));
        let odd = json!({ "MetricName": "a", "Namespace": "b", "Statistic": "Sum", "Period": 7 });
        assert_eq!(customized(&odd, true), Err(BadCustomized::Period(7)));

        let query = json!({ "Id": "q", "Expression": "a", "ReturnData": true });
        let stat = json!({ "Id": "a", "Period": 30, "ReturnData": false, "MetricStat": {
            "Stat": "Sum", "Metric": { "Namespace": "App", "MetricName": "Jobs" } } });
        let read = customized(&json!({ "Metrics": [query, stat] }), true).unwrap();
        assert_eq!(read["Metrics"][1]["MetricStat"]["Period"], 30);
        assert_eq!(period(&read), 30);
        let both = json!({ "Metrics": [query], "Unit": "Count" });
        assert_eq!(customized(&both, true), Err(BadCustomized::Both));
        let bare = json!({ "MetricName": "a", "Namespace": "b" });
        let missing = BadCustomized::Missing("Statistic");
        assert_eq!(customized(&bare, true), Err(missing));
    }
}
