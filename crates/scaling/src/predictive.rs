//! A predictive scaling policy as its configuration gives it: the same for services of ECS and for groups of EC2 Auto
//! Scaling but for the names of metrics.

use std::time::Duration;

use serde_json::{Value, json};

use wharf_base::Timestamp;

use crate::{
    Bounds,
    alarms::{BadMetric, Predefined},
    forecast::{self, Relation},
    forecasting::Forecaster,
};

/// Seconds before the hour at which capacity is raised, where the policy does not say.
const BUFFER: u64 = 300;
const LONGEST_BUFFER: u64 = 3600;
/// Queries of one metric, as AWS has it.
const MOST_QUERIES: usize = 10;
/// Seconds of a point of a load, and of the other metrics.
const OF_LOAD: u32 = 3600;
const OF_OTHERS: u32 = 300;
const MINUTE: u32 = 60;
/// Samples of a minute that a load of an hour adds up.
const MINUTES: f64 = 60.0;

/// What is scaled.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    Service { cluster: &'a str, service: &'a str },
    Group(&'a str),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Predictive {
    pub target: f64,
    /// Whether it changes anything, or forecasts alone.
    pub scales: bool,
    pub buffer: Duration,
    pub breach: Breach,
    /// Queries of GetMetricData, of which one returns data.
    pub load: Value,
    /// For a relation that is learned.
    pub scaling: Value,
    pub capacity: Value,
    pub relation: Relation,
}

/// What to do where more is forecast than the maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    Honor,
    /// The maximum is raised to what is forecast, and so many percent above it.
    Increase {
        percent: u32,
    },
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BadPrediction {
    #[error("MetricSpecifications must contain exactly one metric specification")]
    NotOne,
    #[error("TargetValue must be a finite number greater than 0")]
    Target,
    #[error("SchedulingBufferTime must be from 0 to 3600 seconds: {0}")]
    Buffer(i64),
    #[error("MaxCapacityBuffer is required when MaxCapacityBreachBehavior is IncreaseMaxCapacity")]
    NoMaxBuffer,
    #[error("MaxCapacityBuffer must be from 0 to 100: {0}")]
    MaxBuffer(i64),
    #[error(
        "MaxCapacityBuffer can only be specified when MaxCapacityBreachBehavior is IncreaseMaxCapacity"
    )]
    LoneMaxBuffer,
    #[error(
        "A metric specification must have either a metric pair, or exactly one load metric and exactly one scaling metric"
    )]
    Combination,
    #[error(
        "A customized capacity metric can only be specified with customized load and scaling metrics"
    )]
    Capacity,
    #[error("The predefined metric {0} is not valid for a predictive scaling policy")]
    Predefined(String),
    #[error("{0}")]
    Label(BadMetric),
    #[error("MetricDataQueries must have from 1 to {MOST_QUERIES} queries")]
    Queries,
    #[error("Exactly one query of MetricDataQueries must return data")]
    Returned,
    #[error("A query must have either a MetricStat or an Expression: {0}")]
    Query(String),
}

/// Kinds of metrics that AWS predefines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A utilization or a rate of each member, by its name.
    Average(&'static str),
    Requests,
}

impl Predictive {
    /// Of the JSON of a configuration of a policy.
    ///
    /// # Errors
    /// The text for the caller.
    pub fn of(given: &Value, subject: Subject<'_>) -> Result<Self, BadPrediction> {
        let specifications = given["MetricSpecifications"].as_array();
        let Some([specification]) = specifications.map(Vec::as_slice) else {
            return Err(BadPrediction::NotOne);
        };
        let target = specification["TargetValue"].as_f64().unwrap_or_default();
        if !target.is_normal() || target <= 0.0 {
            return Err(BadPrediction::Target);
        }
        let metrics = Metrics::of(specification, subject)?;
        Ok(Self {
            target,
            scales: given["Mode"] == "ForecastAndScale",
            buffer: buffer(&given["SchedulingBufferTime"])?,
            breach: breach(given)?,
            load: metrics.load,
            scaling: metrics.scaling,
            capacity: metrics.capacity,
            relation: metrics.relation,
        })
    }
}

impl Breach {
    /// The maximum where so much is forecast; never more than `most`, which holds for all.
    pub fn maximum(self, max: u32, forecast: u32, most: u32) -> u32 {
        match self {
            Self::Honor => max,
            Self::Increase { percent } => {
                let wanted = (u64::from(forecast) * u64::from(100 + percent)).div_ceil(100);
                let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
                max.max(wanted.min(most))
            }
        }
    }
}

/// What forecasts ask for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreseen {
    /// The capacity is not to be below; within the bounds, and no more than anything may have.
    pub floor: u32,
    /// The maximum, which may be raised.
    pub max: u32,
    /// Whose forecast is the largest, and what it says.
    pub by: String,
    pub forecast: u32,
}

/// The largest need of the policies that scale; `most` is what nothing may have more of.
pub fn foreseen(all: &[Forecaster], bounds: Bounds, most: u32, now: Timestamp) -> Option<Foreseen> {
    let scaling = all.iter().filter(|it| it.policy.scales);
    let needs = scaling.filter_map(|it| {
        let need = forecast::needed_by(it.hours()?, now, it.policy.buffer)?;
        Some((it, need))
    });
    let needs: Vec<(&Forecaster, u32)> = needs.collect();
    let raised = needs
        .iter()
        .map(|(it, need)| it.policy.breach.maximum(bounds.max(), *need, most));
    let max = raised.max()?;
    // The first of those that need the same.
    let (by, forecast) = needs.iter().rev().max_by_key(|it| it.1)?;
    Some(Foreseen {
        floor: (*forecast).clamp(bounds.min(), max).min(most),
        max,
        by: by.name.clone(),
        forecast: *forecast,
    })
}

impl Foreseen {
    /// Bounds within which others scale: nobody takes away what is forecast.
    pub fn bounds(foreseen: Option<&Self>, bounds: Bounds) -> Bounds {
        let Some(it) = foreseen else {
            return bounds;
        };
        let max = it.max.max(bounds.max());
        bounds
            .with(Some(it.floor.max(bounds.min()).min(max)), Some(max))
            .unwrap_or(bounds)
    }
}

/// GetMetricData's input for queries of a policy: the points of so many seconds up to an hour's begin.
pub(crate) fn request(queries: &Value, (from, to): (i64, i64), token: Option<&str>) -> Value {
    let mut request = json!({
        "MetricDataQueries": queries,
        "StartTime": from,
        "EndTime": to,
        "ScanBy": "TimestampAscending",
    });
    if let Some(token) = token {
        request["NextToken"] = json!(token);
    }
    request
}

/// Adds the points of an answer, and says where it goes on.
///
/// # Errors
/// It has more than one line.
pub(crate) fn points(
    answer: &Value,
    to: &mut Vec<(i64, f64)>,
) -> Result<Option<String>, ManyLines> {
    let lines = answer["MetricDataResults"].as_array();
    let lines = lines.map(Vec::as_slice).unwrap_or_default();
    if lines.len() > 1 {
        return Err(ManyLines);
    }
    for line in lines {
        let times = line["Timestamps"].as_array().into_iter().flatten();
        let values = line["Values"].as_array().into_iter().flatten();
        for (at, value) in times.zip(values) {
            // Numbers that JSON does not have are strings.
            if let (Some(at), Some(value)) = (at.as_f64(), value.as_f64()) {
                to.push((at as i64, value));
            }
        }
    }
    Ok(answer["NextToken"].as_str().map(str::to_owned))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The queries of a metric must return a single time series.")]
pub struct ManyLines;

fn buffer(given: &Value) -> Result<Duration, BadPrediction> {
    let seconds = match given.as_i64() {
        None => BUFFER,
        Some(it) => u64::try_from(it)
            .ok()
            .filter(|it| *it <= LONGEST_BUFFER)
            .ok_or(BadPrediction::Buffer(it))?,
    };
    Ok(Duration::from_secs(seconds))
}

fn breach(given: &Value) -> Result<Breach, BadPrediction> {
    let percent = given["MaxCapacityBuffer"].as_i64();
    match (given["MaxCapacityBreachBehavior"].as_str(), percent) {
        (Some("IncreaseMaxCapacity"), None) => Err(BadPrediction::NoMaxBuffer),
        (Some("IncreaseMaxCapacity"), Some(it)) => match u32::try_from(it) {
            Ok(percent) if percent <= 100 => Ok(Breach::Increase { percent }),
            _ => Err(BadPrediction::MaxBuffer(it)),
        },
        (_, Some(_)) => Err(BadPrediction::LoneMaxBuffer),
        (_, None) => Ok(Breach::Honor),
    }
}

struct Metrics {
    load: Value,
    scaling: Value,
    capacity: Value,
    relation: Relation,
}

impl Metrics {
    fn of(given: &Value, subject: Subject<'_>) -> Result<Self, BadPrediction> {
        let of = |name: &str| Some(&given[name]).filter(|it| !it.is_null());
        let pair = of("PredefinedMetricPairSpecification");
        let load = (
            of("PredefinedLoadMetricSpecification"),
            of("CustomizedLoadMetricSpecification"),
        );
        let scaling = (
            of("PredefinedScalingMetricSpecification"),
            of("CustomizedScalingMetricSpecification"),
        );
        let capacity = of("CustomizedCapacityMetricSpecification");
        if capacity.is_some() && (load.1.is_none() || scaling.1.is_none()) {
            return Err(BadPrediction::Capacity);
        }
        let known = |kind, label: Option<&str>| -> Result<Self, BadPrediction> {
            Ok(Self {
                load: subject.load(kind, label)?,
                scaling: json!([]),
                capacity: json!([]),
                relation: Relation::Known(1.0 / MINUTES),
            })
        };
        let (load, scaling) = match (pair, load, scaling) {
            (Some(pair), (None, None), (None, None)) => {
                let (name, label) = named(pair);
                let kind = subject.kind(name, Role::Pair)?;
                return known(kind, label);
            }
            (None, (Some(load), None), (Some(scaling), None)) => {
                let (name, label) = named(load);
                let kind = subject.kind(name, Role::Load)?;
                let (name, other_label) = named(scaling);
                let other = subject.kind(name, Role::Scaling)?;
                if kind == other && label == other_label {
                    return known(kind, label);
                }
                (
                    subject.load(kind, label)?,
                    subject.scaling(other, other_label)?,
                )
            }
            (None, (Some(load), None), (None, Some(scaling))) => {
                let (name, label) = named(load);
                let kind = subject.kind(name, Role::Load)?;
                (subject.load(kind, label)?, customized(scaling, OF_OTHERS)?)
            }
            (None, (None, Some(load)), (Some(scaling), None)) => {
                let (name, label) = named(scaling);
                let kind = subject.kind(name, Role::Scaling)?;
                (customized(load, OF_LOAD)?, subject.scaling(kind, label)?)
            }
            (None, (None, Some(load)), (None, Some(scaling))) => {
                (customized(load, OF_LOAD)?, customized(scaling, OF_OTHERS)?)
            }
            _ => return Err(BadPrediction::Combination),
        };
        let capacity = match capacity {
            Some(given) => customized(given, OF_OTHERS)?,
            None => subject.capacity(),
        };
        Ok(Self {
            load,
            scaling,
            capacity,
            relation: Relation::Learned,
        })
    }
}

fn named(given: &Value) -> (&str, Option<&str>) {
    let name = given["PredefinedMetricType"].as_str().unwrap_or_default();
    (name, given["ResourceLabel"].as_str())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Pair,
    Load,
    Scaling,
}

impl Subject<'_> {
    fn kind(self, name: &str, role: Role) -> Result<Kind, BadPrediction> {
        let words = match role {
            Role::Pair => ("", "ALBRequestCount"),
            Role::Load => ("Total", "ALBTargetGroupRequestCount"),
            Role::Scaling => ("Average", "ALBRequestCountPerTarget"),
        };
        let unknown = || BadPrediction::Predefined(name.to_owned());
        if name == words.1 {
            return Ok(Kind::Requests);
        }
        let (start, metrics) = match self {
            Self::Service { .. } => (
                "ECSService",
                ["CPUUtilization", "MemoryUtilization"].as_slice(),
            ),
            Self::Group(_) => (
                "ASG",
                ["CPUUtilization", "NetworkIn", "NetworkOut"].as_slice(),
            ),
        };
        let metric = name.strip_prefix(start);
        let metric = metric.and_then(|it| it.strip_prefix(words.0));
        let metric = metric.ok_or_else(unknown)?;
        let known = metrics.iter().find(|it| **it == metric);
        known.map(|it| Kind::Average(it)).ok_or_else(unknown)
    }

    fn namespace(self) -> &'static str {
        match self {
            Self::Service { .. } => "AWS/ECS",
            Self::Group(_) => "AWS/EC2",
        }
    }

    fn dimensions(self) -> Value {
        let dimension = |name: &str, value: &str| json!({ "Name": name, "Value": value });
        match self {
            Self::Service { cluster, service } => json!([
                dimension("ClusterName", cluster),
                dimension("ServiceName", service)
            ]),
            Self::Group(name) => json!([dimension("AutoScalingGroupName", name)]),
        }
    }

    fn stat(self, id: &str, metric: &str, stat: &str, period: u32) -> Value {
        let metric = json!({
            "Namespace": self.namespace(),
            "MetricName": metric,
            "Dimensions": self.dimensions(),
        });
        json!({
            "Id": id,
            "ReturnData": false,
            "MetricStat": { "Metric": metric, "Stat": stat, "Period": period },
        })
    }

    /// What counts the members: a sample a minute of each.
    fn counted(self, period: u32) -> Value {
        let metric = match self {
            Self::Service { .. } => "MemoryUtilization",
            Self::Group(_) => "StatusCheckFailed",
        };
        self.stat("members", metric, "SampleCount", period)
    }

    /// The metric of all members together, each minute of the hour added up.
    fn load(self, kind: Kind, label: Option<&str>) -> Result<Value, BadPrediction> {
        match kind {
            Kind::Average(_) if label.is_some() => Err(BadPrediction::Label(BadMetric::Label)),
            // However often a member is measured, the mean is what one has.
            Kind::Average(metric) => Ok(json!([
                { "Id": "load", "Expression": "each * members", "ReturnData": true },
                self.stat("each", metric, "Average", OF_LOAD),
                self.counted(OF_LOAD),
            ])),
            Kind::Requests => requests("RequestCount", label, OF_LOAD),
        }
    }

    fn scaling(self, kind: Kind, label: Option<&str>) -> Result<Value, BadPrediction> {
        match kind {
            Kind::Average(_) if label.is_some() => Err(BadPrediction::Label(BadMetric::Label)),
            Kind::Average(metric) => {
                let mut query = self.stat("scaling", metric, "Average", OF_OTHERS);
                query["ReturnData"] = json!(true);
                Ok(json!([query]))
            }
            Kind::Requests => requests("RequestCountPerTarget", label, MINUTE),
        }
    }

    fn capacity(self) -> Value {
        json!([
            { "Id": "capacity", "Expression": format!("members / {}", OF_OTHERS / MINUTE), "ReturnData": true },
            self.counted(OF_OTHERS),
        ])
    }
}

/// What a load balancer counts for a target group.
fn requests(metric: &str, label: Option<&str>, period: u32) -> Result<Value, BadPrediction> {
    let of = Predefined::AlbRequestCountPerTarget.metric("", "", label);
    let members = of.map_err(BadPrediction::Label)?.members(period);
    let metric = json!({
        "Namespace": members["Namespace"],
        "MetricName": metric,
        "Dimensions": members["Dimensions"],
    });
    let stat = json!({ "Metric": metric, "Stat": "Sum", "Period": period });
    Ok(json!([{ "Id": "requests", "ReturnData": true, "MetricStat": stat }]))
}

/// A customer's queries, with the period that a forecast reads them by.
fn customized(given: &Value, period: u32) -> Result<Value, BadPrediction> {
    let queries = given["MetricDataQueries"].as_array();
    let queries = queries.filter(|it| (1..=MOST_QUERIES).contains(&it.len()));
    let queries = queries.ok_or(BadPrediction::Queries)?;
    let returned = |it: &&Value| it["ReturnData"].as_bool().unwrap_or(true);
    if queries.iter().filter(returned).count() != 1 {
        return Err(BadPrediction::Returned);
    }
    let read = queries.iter().map(|it| query(it, period));
    Ok(Value::Array(read.collect::<Result<_, _>>()?))
}

fn query(given: &Value, period: u32) -> Result<Value, BadPrediction> {
    let mut query = json!({
        "Id": given["Id"],
        "ReturnData": given["ReturnData"].as_bool().unwrap_or(true),
    });
    if !given["Label"].is_null() {
        query["Label"] = given["Label"].clone();
    }
    let stat = &given["MetricStat"];
    match (given["Expression"].as_str(), stat.is_null()) {
        (Some(expression), true) => {
            query["Expression"] = json!(expression);
            // A query of Metrics Insights has no other place to say it.
            let start = expression.trim_start().get(..6).unwrap_or_default();
            if start.eq_ignore_ascii_case("SELECT") {
                query["Period"] = json!(period);
            }
        }
        (None, false) => {
            let metric = &stat["Metric"];
            let mut read = json!({
                "Metric": {
                    "Namespace": metric["Namespace"],
                    "MetricName": metric["MetricName"],
                },
                "Stat": stat["Stat"],
                "Period": period,
            });
            if !metric["Dimensions"].is_null() {
                read["Metric"]["Dimensions"] = metric["Dimensions"].clone();
            }
            if !stat["Unit"].is_null() {
                read["Unit"] = stat["Unit"].clone();
            }
            query["MetricStat"] = read;
        }
        _ => {
            let id = given["Id"].as_str().unwrap_or_default();
            return Err(BadPrediction::Query(id.to_owned()));
        }
    }
    Ok(query)
}

#[cfg(test)]
mod tests;
