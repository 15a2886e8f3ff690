//! The alarms of a target-tracking policy, as CloudWatch is asked for them. Pure.

use wharf_base::Arn;
use wharf_scaling::alarms::{self, Side, Wanted};
use wharf_service::Place;

use crate::{names, policy::Tracking, records::Policy};

/// The name of an alarm of a policy.
pub fn name(policy: &Policy, side: Side) -> String {
    let id = match side {
        Side::High => &policy.high_id,
        Side::Low => &policy.low_id,
    };
    alarms::name(&policy.resource, side, id)
}

pub fn arn(place: &Place, name: &str) -> String {
    let resource = format!("alarm:{name}");
    Arn::new("cloudwatch", &place.region, &place.account, resource).to_string()
}

pub fn wanted(place: &Place, policy: &Policy, tracking: &Tracking) -> [Wanted; 2] {
    let arn = names::policy_arn(place, &policy.uuid, &policy.resource, &policy.name);
    let ids = [&policy.high_id, &policy.low_id];
    alarms::wanted(
        tracking.policy,
        &policy.resource,
        &arn,
        ids,
        &tracking.metric,
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use wharf_base::Timestamp;
    use wharf_scaling::alarms::is_as_wanted;

    use super::*;
    use crate::{
        policy::Rule,
        records::{Policy, PolicyKind},
    };

    fn policy(configuration: Value) -> Policy {
        Policy {
            name: "cpu".to_owned(),
            resource: "service/c/s".to_owned(),
            uuid: "7".to_owned(),
            created_at: Timestamp::from_millis(0),
            kind: PolicyKind::TargetTracking,
            configuration,
            high_id: "8".to_owned(),
            low_id: "9".to_owned(),
            deleting: false,
            unknown: Default::default(),
        }
    }

    fn of(configuration: Value) -> [Wanted; 2] {
        let policy = policy(configuration);
        let Ok(Rule::Tracking(tracking)) = Rule::of(&policy) else {
            panic!("a policy that tracks");
        };
        wanted(&Place::new("1", "us-east-1"), &policy, &tracking)
    }

    #[test]
    fn a_predefined_metric_has_both_alarms() {
        let [high, low] = of(json!({
            "TargetValue": 50.0,
            "PredefinedMetricSpecification": { "PredefinedMetricType": "ECSServiceAverageCPUUtilization" },
        }));
        assert_eq!(high.name, "TargetTracking-service/c/s-AlarmHigh-8");
        let high = high.input.unwrap();
        assert_eq!(high["AlarmName"], "TargetTracking-service/c/s-AlarmHigh-8");
        assert_eq!(high["Namespace"], "AWS/ECS");
        assert_eq!(high["Dimensions"][1]["Value"], "s");
        assert_eq!(
            high["AlarmActions"][0],
            "arn:aws:autoscaling:us-east-1:1:scalingPolicy:7:resource/ecs/service/c/s:policyName/cpu"
        );
        let low_input = low.input.unwrap();
        assert_eq!(low_input["Threshold"], 45.0);
        assert_eq!(low_input["AlarmName"], low.name);

        let mut found = low_input.clone();
        found["EvaluationPeriods"] = json!(15.0);
        assert!(is_as_wanted(&low_input, &found));
        for (member, other) in [
            ("Threshold", json!(46.0)),
            ("AlarmActions", json!([])),
            ("ActionsEnabled", json!(false)),
            ("MetricName", Value::Null),
        ] {
            let mut found = low_input.clone();
            found[member] = other;
            assert!(!is_as_wanted(&low_input, &found), "{member}");
        }
    }

    #[test]
    fn a_policy_that_only_adds_has_no_low_alarm() {
        let [high, low] = of(json!({
            "TargetValue": 50.0,
            "DisableScaleIn": true,
            "CustomizedMetricSpecification": { "Metrics": [
                { "Id": "q", "Expression": "a / b", "ReturnData": true },
                { "Id": "a", "ReturnData": false, "MetricStat": { "Stat": "Sum", "Metric": {
                    "Namespace": "App", "MetricName": "Jobs",
                    "Dimensions": [{ "Name": "Queue", "Value": "q" }] } } },
            ] },
        }));
        assert_eq!(low.input, None);
        let high = high.input.unwrap();
        assert_eq!(high["Metrics"][0]["Expression"], "a / b");
        let stat = &high["Metrics"][1]["MetricStat"];
        assert_eq!(
            (&stat["Period"], &stat["Stat"]),
            (&json!(60), &json!("Sum"))
        );
        assert_eq!(stat["Metric"]["Dimensions"][0]["Name"], "Queue");
    }

    #[test]
    fn what_cannot_be_tracked_is_refused() {
        let refused = |configuration: Value| {
            let fault = Rule::of(&policy(configuration)).unwrap_err();
            assert_eq!(fault.code, "ValidationException");
            fault.message
        };
        let cpu = json!({ "PredefinedMetricType": "ECSServiceAverageCPUUtilization" });
        assert_eq!(
            refused(json!({ "TargetValue": 0.0, "PredefinedMetricSpecification": cpu })),
            "TargetValue must be a finite number greater than 0"
        );
        assert_eq!(
            refused(
                json!({ "TargetValue": 1.0, "ScaleInCooldown": -1, "PredefinedMetricSpecification": cpu })
            ),
            "ScaleInCooldown must be greater than or equal to 0"
        );
        assert_eq!(
            refused(
                json!({ "TargetValue": 1.0, "PredefinedMetricSpecification": { "PredefinedMetricType": "KafkaBrokerStorageUtilization" } })
            ),
            "The predefined metric KafkaBrokerStorageUtilization is not available for services of ECS"
        );
        assert_eq!(
            refused(
                json!({ "TargetValue": 1.0, "CustomizedMetricSpecification": { "MetricName": "a", "Namespace": "b" } })
            ),
            "Statistic is required in CustomizedMetricSpecification"
        );
        assert!(refused(json!({ "TargetValue": 1.0 })).starts_with("Exactly one of"));
    }
}
