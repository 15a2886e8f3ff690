//! How a policy decides, read from its record. Pure.

use std::time::Duration;

use serde_json::Value;
use wharf_api_autoscaling::schema::SERVICE;
use wharf_scaling::{
    Adjustment, Predictive, Step, StepPolicy, Subject, TrackingPolicy,
    alarms::{self, Predefined, Side, Wanted},
    readings::Aggregation,
};
use wharf_service::Place;
use wharf_wire::{Fault, codec::json, node::Struct};

use crate::{
    fault::{self, invalid},
    names,
    records::{Group, Policy, Way},
};

pub const PREDICTIVE: &str = "PredictiveScalingConfiguration";
pub const TRACKING: &str = "TargetTrackingConfiguration";
/// Averages over the instances of a group, and what EC2 calls them.
const AVERAGES: [(&str, &str); 3] = [
    ("ASGAverageCPUUtilization", "CPUUtilization"),
    ("ASGAverageNetworkIn", "NetworkIn"),
    ("ASGAverageNetworkOut", "NetworkOut"),
];
/// Seconds of their periods.
const PERIOD: u32 = 60;

#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// It waits for the group's cooldown.
    Simple(StepPolicy),
    Step(StepPolicy, Aggregation),
    Tracking(TrackingPolicy, Metric),
    Predictive(Box<Predictive>),
}

/// Members of the alarms' definition that say what is watched.
pub type Metric = Value;

/// What is stored is of another version.
#[derive(Debug, thiserror::Error)]
#[error("a stored configuration cannot be read: {0}")]
struct BadDocument(String);

/// A configuration of the shape of this name as it is kept.
pub fn document(name: &str, given: &dyn Struct) -> Value {
    let shape = SERVICE.find_shape(name);
    shape.map_or(Value::Null, |shape| json::to_value(&SERVICE, shape, given))
}

/// # Errors
/// It is not what [`document`] made.
pub fn configuration<T: Struct + Default>(name: &str, document: &Value) -> Result<T, Fault> {
    let mut read = T::default();
    let text = document.to_string();
    json::decode(
        &SERVICE,
        SERVICE.find_shape(name),
        text.as_bytes(),
        &mut read,
    )
    .map_err(|malformed| fault::unreadable(&BadDocument(malformed.to_string())))?;
    Ok(read)
}

/// # Errors
/// The text for the caller.
pub fn adjustment(name: &str) -> Result<Adjustment, Fault> {
    match name {
        "ChangeInCapacity" => Ok(Adjustment::ChangeInCapacity),
        "ExactCapacity" => Ok(Adjustment::ExactCapacity),
        "PercentChangeInCapacity" => Ok(Adjustment::PercentChangeInCapacity),
        _ => Err(invalid(
            "AdjustmentType must be one of: ChangeInCapacity, ExactCapacity, PercentChangeInCapacity.",
        )),
    }
}

/// # Errors
/// The text for the caller.
fn aggregation(name: Option<&str>) -> Result<Aggregation, Fault> {
    match name {
        None | Some("Average") => Ok(Aggregation::Average),
        Some("Minimum") => Ok(Aggregation::Minimum),
        Some("Maximum") => Ok(Aggregation::Maximum),
        Some(_) => Err(invalid(
            "MetricAggregationType must be one of: Minimum, Maximum, Average.",
        )),
    }
}

impl Rule {
    /// # Errors
    /// The text for the caller.
    pub fn of(policy: &Policy) -> Result<Self, Fault> {
        match &policy.way {
            Way::Simple {
                adjustment: name,
                by,
                min_magnitude,
                ..
            } => {
                let made = StepPolicy::simple(adjustment(name)?, *by, *min_magnitude);
                Ok(Self::Simple(made.map_err(|bad| invalid(bad.to_string()))?))
            }
            Way::Step {
                adjustment: name,
                steps,
                min_magnitude,
                aggregation: by,
                ..
            } => {
                let steps = steps.iter().map(|it| Step {
                    lower: it.lower,
                    upper: it.upper,
                    adjustment: it.by,
                });
                let made = StepPolicy::new(adjustment(name)?, steps.collect(), *min_magnitude);
                let made = made.map_err(|bad| invalid(bad.to_string()))?;
                Ok(Self::Step(made, aggregation(by.as_deref())?))
            }
            Way::Tracking { configuration, .. } => tracking(&policy.group, configuration),
            Way::Predictive { configuration } => {
                let read = Predictive::of(configuration, Subject::Group(&policy.group));
                let read = read.map_err(|bad| invalid(bad.to_string()))?;
                Ok(Self::Predictive(Box::new(read)))
            }
        }
    }
}

fn tracking(group: &str, document: &Value) -> Result<Rule, Fault> {
    let target = document["TargetValue"].as_f64().unwrap_or_default();
    let only_out = document["DisableScaleIn"].as_bool().unwrap_or_default();
    let policy = TrackingPolicy::new(target, only_out);
    let policy = policy.map_err(|bad| invalid(bad.to_string()))?;
    let (predefined, customized) = (
        &document["PredefinedMetricSpecification"],
        &document["CustomizedMetricSpecification"],
    );
    let metric = match (predefined.is_null(), customized.is_null()) {
        (false, true) => predefined_metric(group, predefined)?,
        (true, false) => {
            alarms::customized(customized, true).map_err(|bad| invalid(bad.to_string()))?
        }
        _ => {
            return Err(invalid(
                "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified for a TargetTrackingScaling policy.",
            ));
        }
    };
    Ok(Rule::Tracking(policy, metric))
}

fn predefined_metric(group: &str, given: &Value) -> Result<Metric, Fault> {
    let name = given["PredefinedMetricType"].as_str().unwrap_or_default();
    let label = given["ResourceLabel"].as_str();
    if let Some((_, average)) = AVERAGES.iter().find(|it| it.0 == name) {
        if label.is_some() {
            return Err(invalid(alarms::BadMetric::Label.to_string()));
        }
        let metric = alarms::Metric {
            namespace: "AWS/EC2",
            name: average,
            statistic: "Average",
            dimensions: vec![("AutoScalingGroupName", group.to_owned())],
        };
        return Ok(metric.members(PERIOD));
    }
    let known = Predefined::named(name).filter(|it| *it == Predefined::AlbRequestCountPerTarget);
    let known =
        known.ok_or_else(|| invalid(format!("The predefined metric {name} is not valid.")))?;
    let metric = known.metric("", "", label);
    let metric = metric.map_err(|bad| invalid(bad.to_string()))?;
    Ok(metric.members(known.period()))
}

/// Two policies of a group may not track the same.
pub fn tracks_same(one: &Value, other: &Value) -> bool {
    [
        "PredefinedMetricSpecification",
        "CustomizedMetricSpecification",
    ]
    .into_iter()
    .all(|it| one.get(it) == other.get(it))
}

/// How long an instance that was added for a policy does not count: the policy's warm-up, or the group's, or else its
/// cooldown.
pub fn warmup(group: &Group, policy: &Policy) -> Duration {
    let seconds = policy.way.warmup_seconds().or(group.warmup_seconds);
    Duration::from_secs(seconds.unwrap_or(group.cooldown_seconds).into())
}

pub fn alarm_name(policy: &Policy, side: Side) -> String {
    let id = match side {
        Side::High => &policy.high_id,
        Side::Low => &policy.low_id,
    };
    alarms::name(&policy.group, side, id)
}

/// The alarms of a policy that tracks a target.
pub fn wanted(
    place: &Place,
    policy: &Policy,
    rule: TrackingPolicy,
    metric: &Metric,
) -> [Wanted; 2] {
    let arn = names::policy_arn(place, &policy.uuid, &policy.group, &policy.name);
    let ids = [&policy.high_id, &policy.low_id];
    alarms::wanted(rule, &policy.group, &arn, ids, metric)
}
