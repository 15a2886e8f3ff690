//! Alarms call policies, and counts change.

use std::time::Duration;

use serde_json::json;
use wharf_api_application_autoscaling::{
    ApplicationAutoscaling as _, DeleteScalingPolicyRequest, DescribeScalingPoliciesRequest,
    PredefinedMetricSpecification, PutScalingPolicyRequest, RegisterScalableTargetRequest,
    SuspendedState, TargetTrackingScalingPolicyConfiguration,
};
use wharf_testkit::{call, refused, until};
use wharf_wire::Fault;

use crate::home::{DIMENSION, ECS, Home, SERVICE, policy, target};

#[tokio::test]
async fn a_step_policy_acts_once_for_each_word_of_its_alarm_and_rests_in_its_cooldown() {
    let mut home = Home::with_service(2);
    home.register(1, 10).await;
    let out = home.step_policy("out", 2, 60).await;
    home.heard(&out, "hot", &[60.0, 90.0]).await;
    home.becomes(4).await;
    let done = home.ends("Successful").await;
    assert_eq!(
        done.description.as_deref(),
        Some("Setting desired count to 4.")
    );
    assert_eq!(
        done.cause.as_deref(),
        Some("monitor alarm hot in state ALARM triggered policy out")
    );
    assert_eq!(
        done.status_message.as_deref(),
        Some("Successfully set desired count to 4. Change successfully fulfilled by ecs.")
    );
    // The same word once more, as after an answer that was lost, and after the server ended.
    home.heard(&out, "hot", &[60.0, 90.0]).await;
    home.away(Duration::from_secs(10));
    let before = home.clock.now_less(10);
    until("the word is taken", || async {
        home.alarm_at(&out, "hot", &[60.0], before).await.is_ok()
    })
    .await;
    // A new one within the cooldown adds nothing, since what was added counts.
    home.heard(&out, "hot", &[60.0]).await;
    assert_eq!(home.neighbours.sets.lock().as_slice(), [4]);
    // It goes on after it.
    home.clock.advance(Duration::from_secs(60));
    home.heard(&out, "hot", &[60.0]).await;
    home.becomes(6).await;
    assert_eq!(home.neighbours.sets.lock().as_slice(), [4, 6]);
    assert_eq!(home.activities(true).await.len(), 2);
}

trait Less {
    fn now_less(&self, seconds: u64) -> wharf_base::Timestamp;
}

impl Less for wharf_base::TestClock {
    fn now_less(&self, seconds: u64) -> wharf_base::Timestamp {
        wharf_base::Clock::now(self) - Duration::from_secs(seconds)
    }
}

#[tokio::test]
async fn each_word_of_an_alarm_counts_once_whatever_fails() {
    let mut home = Home::with_service(0);
    home.register(0, 1000).await;
    let out = home.step_policy("out", 1, 0).await;
    for round in 0..24_u64 {
        home.clock.advance(Duration::from_secs(60));
        let does = |bit: u64| (round >> bit) & 1 == 1;
        if does(0) {
            let ours = Fault::sender("ServerException", 500, "a moment");
            home.neighbours
                .failures
                .lock()
                .push_back(("UpdateService", ours));
        }
        if does(1) {
            // The server ends while the word is on its way, or after it was written down.
            let _ = home.alarm(&out, "hot", &[60.0]).await;
        }
        if does(2) {
            home.service.restart();
        }
        // Said again until it was heard, and once more.
        home.heard(&out, "hot", &[60.0]).await;
        home.becomes(round + 1).await;
        if does(3) {
            home.service.restart();
        }
        home.heard(&out, "hot", &[60.0]).await;
        assert_eq!(home.desired(), round + 1);
    }
    home.ends("Successful").await;
    let all = home.activities(true).await;
    assert_eq!(all.len(), 24);
    let ended = |it: &str| matches!(it, "Successful" | "Overridden");
    assert!(
        all.iter()
            .all(|it| ended(it.status_code.as_deref().unwrap()))
    );
}

#[tokio::test]
async fn an_alarm_calls_two_policies() {
    let home = Home::with_service(2);
    home.register(1, 10).await;
    let (one, other) = (
        home.step_policy("one", 1, 60).await,
        home.step_policy("other", 4, 60).await,
    );
    home.heard(&one, "hot", &[60.0]).await;
    home.heard(&other, "hot", &[60.0]).await;
    home.becomes(6).await;
    // What the first added is part of what the second adds.
    assert_eq!(home.neighbours.sets.lock().as_slice(), [3, 6]);
}

#[tokio::test]
async fn a_wish_at_a_bound_is_told_once() {
    let home = Home::with_service(5);
    home.register(1, 5).await;
    let out = home.step_policy("out", 2, 0).await;
    for _ in 0..3 {
        home.heard(&out, "hot", &[60.0]).await;
        home.clock.advance(Duration::from_secs(60));
    }
    assert_eq!(home.activities(false).await, []);
    let all = home.activities(true).await;
    assert_eq!(all.len(), 1);
    let reasons = all[0].not_scaled_reasons.as_ref().unwrap();
    assert_eq!(reasons[0].code.as_deref(), Some("AlreadyAtMaxCapacity"));
    assert_eq!(
        (reasons[0].max_capacity, reasons[0].min_capacity),
        (Some(5), None)
    );
    assert!(home.neighbours.sets.lock().is_empty());
}

#[tokio::test]
async fn what_is_suspended_waits() {
    let home = Home::with_service(2);
    home.register(1, 10).await;
    let suspend = |on| RegisterScalableTargetRequest {
        suspended_state: Some(SuspendedState {
            dynamic_scaling_out_suspended: Some(on),
            ..SuspendedState::default()
        }),
        ..target()
    };
    home.service
        .register_scalable_target(&call(), suspend(true))
        .await
        .unwrap();
    let out = home.step_policy("out", 2, 0).await;
    let less = home.step_policy("in", -1, 0).await;
    home.heard(&out, "hot", &[60.0]).await;
    home.heard(&less, "cold", &[40.0]).await;
    home.becomes(1).await;
    home.service
        .register_scalable_target(&call(), suspend(false))
        .await
        .unwrap();
    home.clock.advance(Duration::from_secs(60));
    home.heard(&out, "hot", &[60.0]).await;
    home.becomes(3).await;
}

#[tokio::test]
async fn a_change_that_ecs_could_not_take_is_tried_again_and_one_it_refuses_is_told() {
    let mut home = Home::with_service(2);
    home.register(1, 10).await;
    let out = home.step_policy("out", 2, 0).await;
    home.heard(&out, "nobody", &[]).await;
    home.becomes(4).await;
    home.ends("Successful").await;
    home.clock.advance(Duration::from_secs(60));
    let ours = Fault::sender("ServerException", 500, "a moment");
    home.neighbours
        .failures
        .lock()
        .push_back(("UpdateService", ours));
    // Decided and written down, and then the server ends.
    let _ = home.alarm(&out, "hot", &[60.0]).await;
    home.service.restart();
    home.becomes(6).await;
    home.ends("Successful").await;
    home.clock.advance(Duration::from_secs(60));
    let theirs = Fault::sender("AccessDeniedException", 400, "not by that policy");
    home.neighbours
        .failures
        .lock()
        .push_back(("UpdateService", theirs));
    home.heard(&out, "hot", &[60.0]).await;
    let failed = home.ends("Failed").await;
    assert_eq!(
        failed.status_message.as_deref(),
        Some("Failed to set desired count to 8. Reason: not by that policy")
    );
    assert_eq!(home.desired(), 6);
}

#[tokio::test]
async fn a_newer_change_overrides_one_that_is_waited_for() {
    let home = Home::with_service(2);
    *home.neighbours.stuck.lock() = true;
    home.register(1, 10).await;
    let out = home.step_policy("out", 2, 0).await;
    home.heard(&out, "hot", &[60.0]).await;
    let waits = home.ends("InProgress").await;
    assert_eq!(
        waits.status_message.as_deref(),
        Some("Successfully set desired count to 4. Waiting for change to be fulfilled by ecs.")
    );
    home.clock.advance(Duration::from_secs(60));
    home.heard(&out, "hot", &[60.0]).await;
    home.becomes(6).await;
    let all = home.activities(false).await;
    assert_eq!(all[1].status_code.as_deref(), Some("Overridden"));
    assert!(all[1].end_time.is_some());
    home.neighbours.services.lock().get_mut("web").unwrap()["runningCount"] = json!(6);
    home.ends("Successful").await;
}

fn tracking(target: f64, disable_scale_in: bool) -> PutScalingPolicyRequest {
    PutScalingPolicyRequest {
        policy_name: Some("cpu".to_owned()),
        policy_type: Some("TargetTrackingScaling".to_owned()),
        target_tracking_scaling_policy_configuration: Some(
            TargetTrackingScalingPolicyConfiguration {
                target_value: Some(target),
                predefined_metric_specification: Some(PredefinedMetricSpecification {
                    predefined_metric_type: Some("ECSServiceAverageCPUUtilization".to_owned()),
                    resource_label: None,
                }),
                scale_out_cooldown: Some(0),
                scale_in_cooldown: Some(0),
                disable_scale_in: Some(disable_scale_in),
                ..TargetTrackingScalingPolicyConfiguration::default()
            },
        ),
        ..policy()
    }
}

#[tokio::test]
async fn a_tracked_metric_comes_back_to_its_target_by_alarms_of_the_policys_own() {
    let mut home = Home::with_service(2);
    home.register(1, 10).await;
    let put = home
        .service
        .put_scaling_policy(&call(), tracking(50.0, false))
        .await;
    let put = put.unwrap();
    let arn = put.policy_arn.unwrap();
    let alarms = put.alarms.unwrap();
    let (high, low) = (
        alarms[0].alarm_name.clone().unwrap(),
        alarms[1].alarm_name.clone().unwrap(),
    );
    assert!(
        high.starts_with("TargetTracking-service/prod/web-AlarmHigh-"),
        "{high}"
    );
    assert!(
        low.starts_with("TargetTracking-service/prod/web-AlarmLow-"),
        "{low}"
    );
    let put = home.neighbours.alarms.lock()[&low].clone();
    assert_eq!(
        (&put["Threshold"], &put["EvaluationPeriods"]),
        (&json!(45.0), &json!(15))
    );
    assert_eq!(put["AlarmActions"], json!([arn]));

    home.heard(&arn, &high, &[60.0, 100.0]).await;
    home.becomes(4).await;
    // The low alarm speaks, so the high one is over: in as far as the load allows.
    home.clock.advance(Duration::from_secs(30));
    home.heard(&arn, &low, &[20.0]).await;
    home.becomes(2).await;
    // Without data nothing is taken away.
    home.clock.advance(Duration::from_secs(600));
    home.heard(&arn, &low, &[]).await;
    assert_eq!(home.desired(), 2);

    // What somebody deletes or changes is put again.
    home.neighbours.alarms.lock().remove(&high);
    home.neighbours.alarms.lock().get_mut(&low).unwrap()["Threshold"] = json!(1.0);
    home.away(Duration::from_secs(60));
    until("the alarms are repaired", || async {
        let alarms = home.neighbours.alarms.lock();
        alarms.contains_key(&high) && alarms[&low]["Threshold"] == json!(45.0)
    })
    .await;
    // The same names, another target, and no low alarm.
    home.service
        .put_scaling_policy(&call(), tracking(80.0, true))
        .await
        .unwrap();
    let alarms = home.neighbours.alarms.lock().clone();
    assert_eq!(alarms.keys().collect::<Vec<_>>(), [&high]);
    assert_eq!(alarms[&high]["Threshold"], json!(80.0));

    let gone = DeleteScalingPolicyRequest {
        policy_name: Some("cpu".to_owned()),
        service_namespace: Some(ECS.to_owned()),
        resource_id: Some(SERVICE.to_owned()),
        scalable_dimension: Some(DIMENSION.to_owned()),
    };
    home.service
        .delete_scaling_policy(&call(), gone.clone())
        .await
        .unwrap();
    assert!(home.neighbours.alarms.lock().is_empty());
    refused(
        home.service.delete_scaling_policy(&call(), gone).await,
        "ObjectNotFoundException",
        "No scaling policy cpu found for service namespace: ecs, resource ID: service/prod/web, scalable dimension: ecs:service:DesiredCount",
    );
    assert_eq!(
        home.alarm(&arn, &high, &[99.0]).await.unwrap_err().status,
        400
    );
}

#[tokio::test]
async fn the_count_falls_only_if_all_policies_that_track_agree() {
    let home = Home::with_service(8);
    home.register(1, 10).await;
    let mut made = Vec::new();
    for metric in [
        "ECSServiceAverageCPUUtilization",
        "ECSServiceAverageMemoryUtilization",
    ] {
        let mut input = tracking(50.0, false);
        input.policy_name = Some(metric.to_owned());
        let configuration = &mut input.target_tracking_scaling_policy_configuration;
        let predefined = PredefinedMetricSpecification {
            predefined_metric_type: Some(metric.to_owned()),
            resource_label: None,
        };
        configuration
            .as_mut()
            .unwrap()
            .predefined_metric_specification = Some(predefined);
        let put = home
            .service
            .put_scaling_policy(&call(), input)
            .await
            .unwrap();
        let low = put.alarms.unwrap().remove(1).alarm_name.unwrap();
        made.push((put.policy_arn.unwrap(), low));
    }
    let [(cpu, cpu_low), (memory, memory_low)] = &made[..] else {
        panic!("two policies");
    };
    home.heard(cpu, cpu_low, &[10.0]).await;
    assert_eq!(home.desired(), 8);
    // An alarm that says nothing any more does not agree.
    home.clock.advance(Duration::from_secs(120));
    home.heard(memory, memory_low, &[25.0]).await;
    assert_eq!(home.desired(), 8);
    home.heard(cpu, cpu_low, &[10.0]).await;
    // The larger of both counts.
    home.becomes(4).await;
}

#[tokio::test]
async fn a_policy_whose_alarms_cannot_be_put_is_not_there() {
    let home = Home::with_service(2);
    home.register(1, 10).await;
    let full = Fault::sender("LimitExceeded", 400, "too many alarms");
    home.neighbours
        .failures
        .lock()
        .push_back(("PutMetricAlarm", full));
    let refusal = home
        .service
        .put_scaling_policy(&call(), tracking(50.0, false))
        .await;
    assert_eq!(refusal.unwrap_err().code, "LimitExceededException");
    let all = DescribeScalingPoliciesRequest {
        service_namespace: Some(ECS.to_owned()),
        ..DescribeScalingPoliciesRequest::default()
    };
    let found = home
        .service
        .describe_scaling_policies(&call(), all.clone())
        .await
        .unwrap();
    assert_eq!(found.scaling_policies, Some(vec![]));
    // And once the rest of it is gone, it may be made.
    until("the policy is put", || async {
        let put = home
            .service
            .put_scaling_policy(&call(), tracking(50.0, false))
            .await;
        put.is_ok()
    })
    .await;
    // One that is there stays what it was.
    let broken = Fault::sender("ValidationException", 400, "no such statistic");
    home.neighbours
        .failures
        .lock()
        .push_back(("PutMetricAlarm", broken));
    refused(
        home.service
            .put_scaling_policy(&call(), tracking(70.0, false))
            .await,
        "ValidationException",
        "The alarms of the policy cannot be put: no such statistic",
    );
    let found = home
        .service
        .describe_scaling_policies(&call(), all)
        .await
        .unwrap();
    let found = found.scaling_policies.unwrap().remove(0);
    let tracked = found.target_tracking_scaling_policy_configuration.unwrap();
    assert_eq!(tracked.target_value, Some(50.0));
}

#[tokio::test]
async fn alarms_of_users_stay_without_the_step_policy_that_is_deleted() {
    let mut home = Home::with_service(2);
    home.register(1, 10).await;
    let one = home.step_policy("one", 1, 60).await;
    let other = home.step_policy("other", 4, 60).await;
    let hold = |name: &str, actions: &[&str]| {
        let alarm = json!({ "AlarmName": name, "AlarmActions": actions });
        home.neighbours.alarms.lock().insert(name.to_owned(), alarm);
    };
    hold("both", &[&one, &other]);
    hold("alone", &[&one]);
    let gone = |name: &str| DeleteScalingPolicyRequest {
        policy_name: Some(name.to_owned()),
        service_namespace: Some(ECS.to_owned()),
        resource_id: Some(SERVICE.to_owned()),
        scalable_dimension: Some(DIMENSION.to_owned()),
    };
    let deleted = home
        .service
        .delete_scaling_policy(&call(), gone("one"))
        .await;
    deleted.unwrap();
    let alarms = home.neighbours.alarms.lock().clone();
    assert_eq!(alarms["both"]["AlarmActions"], json!([other]));
    assert_eq!(alarms["alone"]["AlarmActions"], json!([]));

    // What failed goes on by itself, by the next process too.
    let fault = Fault::sender("InternalServiceFault", 500, "a moment");
    let failures = &home.neighbours.failures;
    failures.lock().push_back(("detach", fault));
    let failed = home
        .service
        .delete_scaling_policy(&call(), gone("other"))
        .await;
    assert!(failed.is_err());
    home.service.restart();
    until("no alarm calls the policy", || async {
        home.neighbours.alarms.lock()["both"]["AlarmActions"] == json!([])
    })
    .await;
    assert_eq!(home.neighbours.alarms.lock().len(), 2);
}
