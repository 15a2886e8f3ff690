//! The alarms that a target-tracking policy makes for a metric that AWS predefines: their names, settings
//! and metrics, as AWS has them.

mod metric;

use serde_json::{Value, json};

use crate::TrackingPolicy;

pub use metric::{BadCustomized, customized};

/// A metric of a service of ECS that needs no more than its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Predefined {
    EcsServiceAverageCpuUtilization,
    EcsServiceAverageMemoryUtilization,
    EcsServiceAverageCpuUtilizationHighResolution,
    EcsServiceAverageMemoryUtilizationHighResolution,
    AlbRequestCountPerTarget,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMetric {
    #[error("ResourceLabel is required for the predefined metric ALBRequestCountPerTarget")]
    NoLabel,
    #[error("ResourceLabel must not be given for this predefined metric")]
    Label,
    #[error(
        "Invalid ResourceLabel: {0}. The form is app/LOAD-BALANCER/ID/targetgroup/TARGET-GROUP/ID"
    )]
    BadLabel(String),
}

/// What is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    pub namespace: &'static str,
    pub name: &'static str,
    pub statistic: &'static str,
    pub dimensions: Vec<(&'static str, String)>,
}

impl Metric {
    /// What PutMetricAlarm is told of it.
    pub fn members(&self, period: u32) -> Value {
        let dimension = |(name, value): &(&str, String)| json!({ "Name": name, "Value": value });
        json!({
            "Namespace": self.namespace,
            "MetricName": self.name,
            "Statistic": self.statistic,
            "Period": period,
            "Dimensions": self.dimensions.iter().map(dimension).collect::<Vec<_>>(),
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    High,
    Low,
}

/// An alarm as it is put.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    pub name: String,
    pub description: String,
    pub comparison: &'static str,
    pub threshold: f64,
    pub evaluation_periods: u32,
}

const STANDARD: u32 = 60;
const HIGH_RESOLUTION: u32 = 20;
/// Periods above the target before capacity is added.
const PERIODS_HIGH: u32 = 3;
/// What capacity providers of ECS say is heeded after a single period above the target.
const OF_CAPACITY_PROVIDERS: &str = "AWS/ECS/ManagedScaling";
/// Seconds below it before some is taken away.
const LOW_FOR: u32 = 15 * 60;

impl Predefined {
    /// By the name in `PredefinedMetricType`; `None` for those of other services than ECS.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "ECSServiceAverageCPUUtilization" => Some(Self::EcsServiceAverageCpuUtilization),
            "ECSServiceAverageMemoryUtilization" => Some(Self::EcsServiceAverageMemoryUtilization),
            "ECSServiceAverageCPUUtilizationHighResolution" => {
                Some(Self::EcsServiceAverageCpuUtilizationHighResolution)
            }
            "ECSServiceAverageMemoryUtilizationHighResolution" => {
                Some(Self::EcsServiceAverageMemoryUtilizationHighResolution)
            }
            "ALBRequestCountPerTarget" => Some(Self::AlbRequestCountPerTarget),
            _ => None,
        }
    }

    /// Seconds that an alarm's periods have.
    pub fn period(self) -> u32 {
        match self {
            Self::EcsServiceAverageCpuUtilizationHighResolution
            | Self::EcsServiceAverageMemoryUtilizationHighResolution => HIGH_RESOLUTION,
            Self::EcsServiceAverageCpuUtilization
            | Self::EcsServiceAverageMemoryUtilization
            | Self::AlbRequestCountPerTarget => STANDARD,
        }
    }

    /// The metric of a service.
    ///
    /// # Errors
    /// A label is missing, wrong or not wanted.
    pub fn metric(
        self,
        cluster: &str,
        service: &str,
        label: Option<&str>,
    ) -> Result<Metric, BadMetric> {
        let utilization = |name| match label {
            Some(_) => Err(BadMetric::Label),
            None => Ok(Metric {
                namespace: "AWS/ECS",
                name,
                statistic: "Average",
                dimensions: vec![
                    ("ClusterName", cluster.to_owned()),
                    ("ServiceName", service.to_owned()),
                ],
            }),
        };
        match self {
            Self::EcsServiceAverageCpuUtilization
            | Self::EcsServiceAverageCpuUtilizationHighResolution => utilization("CPUUtilization"),
            Self::EcsServiceAverageMemoryUtilization
            | Self::EcsServiceAverageMemoryUtilizationHighResolution => {
                utilization("MemoryUtilization")
            }
            Self::AlbRequestCountPerTarget => {
                let label = label.ok_or(BadMetric::NoLabel)?;
                let (balancer, group) =
                    parts(label).ok_or_else(|| BadMetric::BadLabel(label.to_owned()))?;
                Ok(Metric {
                    namespace: "AWS/ApplicationELB",
                    name: "RequestCountPerTarget",
                    statistic: "Sum",
                    dimensions: vec![("LoadBalancer", balancer), ("TargetGroup", group)],
                })
            }
        }
    }
}

/// The load balancer and the target group of `app/NAME/ID/targetgroup/NAME/ID`.
fn parts(label: &str) -> Option<(String, String)> {
    let pieces: Vec<&str> = label.split('/').collect();
    let ["app", balancer, id, "targetgroup", group, group_id] = pieces[..] else {
        return None;
    };
    let whole = ![balancer, id, group, group_id].contains(&"");
    whole.then(|| {
        (
            format!("app/{balancer}/{id}"),
            format!("targetgroup/{group}/{group_id}"),
        )
    })
}

/// The name of an alarm of a policy.
pub fn name(resource: &str, side: Side, id: &str) -> String {
    let word = match side {
        Side::High => "High",
        Side::Low => "Low",
    };
    format!("TargetTracking-{resource}-Alarm{word}-{id}")
}

/// An alarm by its name, and how it should be; `None`: it should not be there.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    pub name: String,
    pub input: Option<Value>,
}

/// Both alarms of a policy as PutMetricAlarm takes them. `metric` has the members that say what is watched; `ids` tell
/// the high and the low one from those of other policies.
pub fn wanted(
    policy: TrackingPolicy,
    resource: &str,
    policy_arn: &str,
    ids: [&String; 2],
    metric: &Value,
) -> [Wanted; 2] {
    let [high, low] = ids;
    [(Side::High, high), (Side::Low, low)].map(|(side, id)| {
        let alarm = of(
            policy,
            side,
            resource,
            policy_arn,
            id,
            metric::period(metric),
        );
        let input = alarm.map(|it| {
            let mut input = json!({
                "AlarmName": it.name,
                "AlarmDescription": it.description,
                "ActionsEnabled": true,
                "AlarmActions": [policy_arn],
                "ComparisonOperator": it.comparison,
                "Threshold": it.threshold,
                "EvaluationPeriods": it.evaluation_periods,
            });
            if let (Value::Object(input), Value::Object(metric)) = (&mut input, metric) {
                input.extend(metric.clone());
            }
            if side == Side::High && metric["Namespace"] == OF_CAPACITY_PROVIDERS {
                input["EvaluationPeriods"] = json!(1);
            }
            input
        });
        let name = name(resource, side, id);
        Wanted { name, input }
    })
}

/// Whether an alarm is as it should be in all that can be compared by itself.
pub fn is_as_wanted(wanted: &Value, found: &Value) -> bool {
    let Value::Object(wanted) = wanted else {
        return false;
    };
    wanted.iter().all(|(name, value)| match value {
        Value::Number(number) => found[name].as_f64() == number.as_f64(),
        Value::String(_) | Value::Bool(_) => &found[name] == value,
        _ if name == "AlarmActions" => &found[name] == value,
        _ => true,
    })
}

/// Those that somebody deleted or changed, or that should not be there; `found` are the alarms of their names.
pub fn amiss<'a>(wanted: &'a [Wanted], found: &[Value]) -> Vec<&'a Wanted> {
    let is_amiss = |it: &&Wanted| {
        let there = found.iter().find(|found| found["AlarmName"] == *it.name);
        match (&it.input, there) {
            (Some(input), there) => !there.is_some_and(|there| is_as_wanted(input, there)),
            (None, there) => there.is_some(),
        }
    };
    wanted.iter().filter(is_amiss).collect()
}

/// An alarm of a policy with periods of so many seconds; `id` tells it from those of other policies. `None` is the low one of a policy that
/// never takes capacity away.
pub fn of(
    policy: TrackingPolicy,
    side: Side,
    resource: &str,
    policy_arn: &str,
    id: &str,
    period: u32,
) -> Option<Alarm> {
    let (comparison, threshold, evaluation_periods) = match side {
        Side::High => ("GreaterThanThreshold", policy.target(), PERIODS_HIGH),
        Side::Low if !policy.scales_in() => return None,
        Side::Low => (
            "LessThanThreshold",
            policy.low_threshold(),
            LOW_FOR / period.max(1),
        ),
    };
    Some(Alarm {
        name: name(resource, side, id),
        description: format!(
            "DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy_arn}."
        ),
        comparison,
        threshold,
        evaluation_periods,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_alarms_as_aws_makes_them() {
        let policy = TrackingPolicy::new(50.0, false).unwrap();
        let made = |side| of(policy, side, "service/c/s", "arn:p", "7", 60).unwrap();
        let high = made(Side::High);
        assert_eq!(high.name, "TargetTracking-service/c/s-AlarmHigh-7");
        assert_eq!(
            high.description,
            "DO NOT EDIT OR DELETE. For TargetTrackingScaling policy arn:p."
        );
        let settings = |it: &Alarm| (it.comparison, it.threshold, it.evaluation_periods);
        assert_eq!(settings(&high), ("GreaterThanThreshold", 50.0, 3));
        let low = made(Side::Low);
        assert_eq!(low.name, "TargetTracking-service/c/s-AlarmLow-7");
        assert_eq!(settings(&low), ("LessThanThreshold", 45.0, 15));
        let fine = of(policy, Side::Low, "r", "a", "7", 20).unwrap();
        assert_eq!(fine.evaluation_periods, 45, "as long, in shorter periods");
        let only_out = TrackingPolicy::new(50.0, true).unwrap();
        assert_eq!(of(only_out, Side::Low, "r", "a", "7", 60), None);
        assert!(of(only_out, Side::High, "r", "a", "7", 60).is_some());
    }

    #[test]
    fn what_capacity_providers_say_is_heeded_at_once() {
        let policy = TrackingPolicy::new(100.0, false).unwrap();
        let periods = |namespace: &str| {
            let metric = json!({ "Namespace": namespace, "MetricName": "m", "Period": 60 });
            let ids = [&"1".to_owned(), &"2".to_owned()];
            wanted(policy, "g", "arn:p", ids, &metric)
                .map(|it| it.input.unwrap()["EvaluationPeriods"].as_u64())
        };
        assert_eq!(periods("AWS/ECS/ManagedScaling"), [Some(1), Some(15)]);
        assert_eq!(periods("App"), [Some(3), Some(15)]);
    }

    #[test]
    fn predefined_metrics() {
        let cpu = Predefined::named("ECSServiceAverageCPUUtilization").unwrap();
        let metric = cpu.metric("c", "s", None).unwrap();
        assert_eq!(
            (metric.namespace, metric.name),
            ("AWS/ECS", "CPUUtilization")
        );
        let expected = [("ClusterName", "c".into()), ("ServiceName", "s".into())];
        assert_eq!(metric.dimensions, expected);
        assert_eq!(cpu.metric("c", "s", Some("x")), Err(BadMetric::Label));

        let fine = Predefined::named("ECSServiceAverageCPUUtilizationHighResolution").unwrap();
        assert_eq!(fine.metric("c", "s", None), cpu.metric("c", "s", None));
        assert_eq!((cpu.period(), fine.period()), (60, 20));

        let requests = Predefined::named("ALBRequestCountPerTarget").unwrap();
        let metric = requests
            .metric("c", "s", Some("app/lb/1/targetgroup/tg/2"))
            .unwrap();
        assert_eq!(metric.statistic, "Sum");
        let expected = [
            ("LoadBalancer", "app/lb/1".into()),
            ("TargetGroup", "targetgroup/tg/2".into()),
        ];
        assert_eq!(metric.dimensions, expected);
        assert_eq!(requests.metric("c", "s", None), Err(BadMetric::NoLabel));
        for bad in [
            "",
            "app/lb/1",
            "net/lb/1/targetgroup/tg/2",
            "app//1/targetgroup/tg/2",
            "app/lb/1/targetgroup/tg/2/3",
        ] {
            let found = requests.metric("c", "s", Some(bad));
            assert_eq!(found, Err(BadMetric::BadLabel(bad.into())));
        }
        assert_eq!(Predefined::named("RDSReaderAverageCPUUtilization"), None);
    }
}
