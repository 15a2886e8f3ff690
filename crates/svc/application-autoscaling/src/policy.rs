//! Configurations of policies: what is let in, and how it decides. Pure.

use std::time::Duration;

use serde_json::Value;
use wharf_api_application_autoscaling::{
    StepScalingPolicyConfiguration, TargetTrackingScalingPolicyConfiguration,
};
use wharf_scaling::{
    Adjustment, Predictive, Step, StepPolicy, Subject, TrackingPolicy,
    alarms::{self, Predefined},
    readings::Aggregation,
};
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
pub const PREDICTIVE: &str = "PredictiveScalingPolicyConfiguration";
const CUSTOMIZED: &str = "CustomizedMetricSpecification";
/// Seconds, as AWS has them for services of ECS.
const COOLDOWN: u32 = 300;

/// How a policy decides.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    Step {
        policy: StepPolicy,
        cooldown: Duration,
        aggregation: Aggregation,
    },
    Tracking(Tracking),
    Predictive(Box<Predictive>),
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
            PolicyKind::Step => {
                step(&document::read(STEP, &policy.configuration).map_err(unreadable)?)
            }
            PolicyKind::TargetTracking => {
                let read = document::read(TRACKING, &policy.configuration).map_err(unreadable)?;
                let resource = Resource::parse(&policy.resource);
                let resource = resource.ok_or_else(fault::unsupported_resource)?;
                tracking(&read, &resource).map(Self::Tracking)
            }
            PolicyKind::Predictive => {
                let resource = Resource::parse(&policy.resource);
                let resource = resource.ok_or_else(fault::unsupported_resource)?;
                let subject = Subject::Service {
                    cluster: &resource.cluster,
                    service: &resource.service,
                };
                let read = Predictive::of(&policy.configuration, subject);
                let read = read.map_err(|bad| invalid(bad.to_string()))?;
                Ok(Self::Predictive(Box::new(read)))
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
        (None, Some(customized)) => {
            let given = document::of(CUSTOMIZED, customized);
            alarms::customized(&given, false).map_err(|bad| invalid(bad.to_string()))?
        }
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
    Ok(metric.members(known.period()))
}
