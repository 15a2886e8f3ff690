//! Configurations of policies: what is let in, and how it decides. Pure.

use std::time::Duration;

use serde_json::{Value, json};
use wharf_api_application_autoscaling::{
    CustomizedMetricSpecification, StepScalingPolicyConfiguration, TargetTrackingMetricDataQuery,
    TargetTrackingScalingPolicyConfiguration,
};
use wharf_scaling::{Adjustment, Step, StepPolicy, TrackingPolicy, alarms::Predefined};
use wharf_wire::Fault;

use crate::{
    document::{self, BadDocument},
    fault::{self, invalid},
    names::Resource,
    records::{Policy, PolicyKind},
};

/// Shapes of the model.
pub const STEP: &str = "StepScalingPolicyConfiguration";
pub const TRACKING: &str = "TargetTrackingScalingPolicyConfiguration";
/// Seconds, as AWS has them for services of ECS.
const COOLDOWN: u32 = 300;
/// Seconds of a metric's period.
pub const PERIOD: u32 = 60;

/// How a policy decides.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    Step {
        policy: StepPolicy,
        cooldown: Duration,
        aggregation: Aggregation,
    },
    Tracking(Tracking),
}

/// Which of the datapoints that an alarm was judged by counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregation {
    Average,
    Minimum,
    Maximum,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Tracking {
    pub policy: TrackingPolicy,
    pub cooldown_out: Duration,
    pub cooldown_in: Duration,
    /// Members of the alarms' definition that say what is watched.
    pub metric: Value,
}

impl Rule {
    /// # Errors
    /// What is stored is of another version.
    pub fn of(policy: &Policy) -> Result<Self, Fault> {
        let unreadable = |it: BadDocument| fault::unreadable(&it);
        match policy.kind {
            PolicyKind::StepScaling => {
                step(&document::read(STEP, &policy.configuration).map_err(unreadable)?)
            }
            PolicyKind::TargetTrackingScaling => {
                let read = document::read(TRACKING, &policy.configuration).map_err(unreadable)?;
                let resource = Resource::parse(&policy.resource);
                let resource = resource.ok_or_else(fault::unsupported_resource)?;
                tracking(&read, &resource).map(Self::Tracking)
            }
        }
    }
}

fn cooldown(given: Option<i32>, name: &str) -> Result<Duration, Fault> {
    let seconds = match given {
        None => COOLDOWN,
        Some(given) => u32::try_from(given)
            .map_err(|_| invalid(format!("{name} must be greater than or equal to 0")))?,
    };
    Ok(Duration::from_secs(seconds.into()))
}

/// # Errors
/// The text for the caller.
pub fn step(given: &StepScalingPolicyConfiguration) -> Result<Rule, Fault> {
    let adjustment = match given.adjustment_type.as_deref() {
        Some("ChangeInCapacity") => Adjustment::ChangeInCapacity,
        Some("PercentChangeInCapacity") => Adjustment::PercentChangeInCapacity,
        Some("ExactCapacity") => Adjustment::ExactCapacity,
        _ => {
            return Err(invalid(
                "AdjustmentType is required for a step scaling policy",
            ));
        }
    };
    let steps = given.step_adjustments.iter().flatten().map(|it| Step {
        lower: it.metric_interval_lower_bound,
        upper: it.metric_interval_upper_bound,
        adjustment: it.scaling_adjustment.unwrap_or_default(),
    });
    let magnitude =
        match given.min_adjustment_magnitude {
            None => None,
            Some(it) => Some(u32::try_from(it).map_err(|_| {
                invalid("MinAdjustmentMagnitude must be greater than or equal to 0")
            })?),
        };
    let policy = StepPolicy::new(adjustment, steps.collect(), magnitude);
    Ok(Rule::Step {
        policy: policy.map_err(|bad| invalid(bad.to_string()))?,
        cooldown: cooldown(given.cooldown, "Cooldown")?,
        aggregation: match given.metric_aggregation_type.as_deref() {
            Some("Minimum") => Aggregation::Minimum,
            Some("Maximum") => Aggregation::Maximum,
            _ => Aggregation::Average,
        },
    })
}

/// # Errors
/// The text for the caller.
pub fn tracking(
    given: &TargetTrackingScalingPolicyConfiguration,
    resource: &Resource,
) -> Result<Tracking, Fault> {
    let target = given.target_value.unwrap_or_default();
    let policy = TrackingPolicy::new(target, given.disable_scale_in == Some(true));
    let metric = match (
        &given.predefined_metric_specification,
        &given.customized_metric_specification,
    ) {
        (Some(predefined), None) => {
            let name = predefined.predefined_metric_type.as_deref();
            let label = predefined.resource_label.as_deref();
            predefined_metric(name.unwrap_or_default(), label, resource)?
        }
        (None, Some(customized)) => customized_metric(customized)?,
        _ => {
            return Err(invalid(
                "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified",
            ));
        }
    };
    Ok(Tracking {
        policy: policy.map_err(|bad| invalid(bad.to_string()))?,
        cooldown_out: cooldown(given.scale_out_cooldown, "ScaleOutCooldown")?,
        cooldown_in: cooldown(given.scale_in_cooldown, "ScaleInCooldown")?,
        metric,
    })
}

/// Two policies of a target may not track the same.
pub fn tracks_same(one: &Value, other: &Value) -> bool {
    [
        "PredefinedMetricSpecification",
        "CustomizedMetricSpecification",
    ]
    .into_iter()
    .all(|it| one.get(it) == other.get(it))
}

fn predefined_metric(name: &str, label: Option<&str>, resource: &Resource) -> Result<Value, Fault> {
    let known = Predefined::named(name).ok_or_else(|| {
        invalid(format!(
            "The predefined metric {name} is not available for services of ECS"
        ))
    })?;
    let metric = known.metric(&resource.cluster, &resource.service, label);
    let metric = metric.map_err(|bad| invalid(bad.to_string()))?;
    let dimension = |(name, value): &(&str, String)| json!({ "Name": name, "Value": value });
    Ok(json!({
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Statistic": metric.statistic,
        "Period": known.period(),
        "Dimensions": metric.dimensions.iter().map(dimension).collect::<Vec<_>>(),
    }))
}

fn customized_metric(given: &CustomizedMetricSpecification) -> Result<Value, Fault> {
    let single = [
        ("MetricName", given.metric_name.is_some()),
        ("Namespace", given.namespace.is_some()),
        ("Statistic", given.statistic.is_some()),
    ];
    if let Some(queries) = given.metrics.as_deref().filter(|it| !it.is_empty()) {
        let beside = given.dimensions.is_some() || given.unit.is_some();
        if beside || single.iter().any(|it| it.1) {
            return Err(invalid(
                "Metrics and a single metric must not be specified both in CustomizedMetricSpecification",
            ));
        }
        return Ok(json!({ "Metrics": queries.iter().map(query).collect::<Vec<_>>() }));
    }
    if let Some((name, _)) = single.into_iter().find(|it| !it.1) {
        return Err(invalid(format!(
            "{name} is required in CustomizedMetricSpecification"
        )));
    }
    let dimensions = given.dimensions.iter().flatten();
    let dimensions = dimensions.map(|it| json!({ "Name": it.name, "Value": it.value }));
    let mut metric = json!({
        "Namespace": given.namespace,
        "MetricName": given.metric_name,
        "Statistic": given.statistic,
        "Period": PERIOD,
        "Dimensions": dimensions.collect::<Vec<_>>(),
    });
    if let Some(unit) = &given.unit {
        metric["Unit"] = json!(unit);
    }
    Ok(metric)
}

fn query(given: &TargetTrackingMetricDataQuery) -> Value {
    let mut query = json!({ "Id": given.id });
    if let Some(expression) = &given.expression {
        query["Expression"] = json!(expression);
    }
    if let Some(label) = &given.label {
        query["Label"] = json!(label);
    }
    if let Some(shown) = given.return_data {
        query["ReturnData"] = json!(shown);
    }
    if let Some(stat) = &given.metric_stat {
        let metric = stat.metric.clone().unwrap_or_default();
        let dimensions = metric.dimensions.iter().flatten();
        let dimensions = dimensions.map(|it| json!({ "Name": it.name, "Value": it.value }));
        let dimensions: Vec<Value> = dimensions.collect();
        query["MetricStat"] = json!({
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.metric_name,
                "Dimensions": dimensions,
            },
            "Period": PERIOD,
            "Stat": stat.stat,
        });
        if let Some(unit) = &stat.unit {
            query["MetricStat"]["Unit"] = json!(unit);
        }
    }
    query
}
