//! Scaling policies: what is put, what alarms and users call, and what goes with a group.

use std::time::Duration;

use serde_json::json;
use wharf_api_autoscaling::{
    Autoscaling as _, CustomizedMetricSpecification, DeleteAutoScalingGroupType, DeletePolicyType,
    DescribePoliciesType, ExecutePolicyType, GetPredictiveScalingForecastType, Metric,
    MetricDataQuery, MetricStat, PolicyARNType, PredefinedMetricSpecification,
    PredictiveScalingConfiguration, PredictiveScalingCustomizedLoadMetric,
    PredictiveScalingCustomizedScalingMetric, PredictiveScalingMetricSpecification,
    PutScalingPolicyType, ScalingPolicy, ScalingProcessQuery, StepAdjustment,
    TargetTrackingConfiguration,
};
use wharf_base::Clock as _;
use wharf_service::Place;
use wharf_svc_autoscaling::Alarmed;
use wharf_testkit::{call, refused, until};
use wharf_wire::Fault;

use crate::{home::Home, set};

fn policy(name: &str, kind: &str) -> PutScalingPolicyType {
    PutScalingPolicyType {
        auto_scaling_group_name: Some("g".to_owned()),
        policy_name: Some(name.to_owned()),
        policy_type: Some(kind.to_owned()),
        ..PutScalingPolicyType::default()
    }
}

fn simple(by: i32) -> PutScalingPolicyType {
    PutScalingPolicyType {
        adjustment_type: Some("ChangeInCapacity".to_owned()),
        scaling_adjustment: Some(by),
        cooldown: Some(60),
        ..policy("more", "SimpleScaling")
    }
}

fn steps() -> PutScalingPolicyType {
    let step = |lower: f64, upper: Option<f64>, by: i32| StepAdjustment {
        metric_interval_lower_bound: Some(lower),
        metric_interval_upper_bound: upper,
        scaling_adjustment: Some(by),
    };
    PutScalingPolicyType {
        adjustment_type: Some("ChangeInCapacity".to_owned()),
        step_adjustments: Some(vec![step(0.0, Some(10.0), 1), step(10.0, None, 2)]),
        estimated_instance_warmup: Some(60),
        ..policy("steps", "StepScaling")
    }
}

fn tracking(namespace: &str) -> PutScalingPolicyType {
    let metric = CustomizedMetricSpecification {
        metric_name: Some("Load".to_owned()),
        namespace: Some(namespace.to_owned()),
        statistic: Some("Average".to_owned()),
        ..CustomizedMetricSpecification::default()
    };
    PutScalingPolicyType {
        target_tracking_configuration: Some(TargetTrackingConfiguration {
            customized_metric_specification: Some(metric),
            target_value: Some(50.0),
            ..TargetTrackingConfiguration::default()
        }),
        estimated_instance_warmup: Some(60),
        ..policy("load", "TargetTrackingScaling")
    }
}

impl Home {
    async fn put(&self, input: PutScalingPolicyType) -> Result<PolicyARNType, Fault> {
        self.service.put_scaling_policy(&call(), input).await
    }

    async fn policies(&self) -> Vec<ScalingPolicy> {
        let input = DescribePoliciesType::default();
        let found = self.service.describe_policies(&call(), input).await;
        found.unwrap().scaling_policies.unwrap()
    }

    async fn says(&self, policy: &str, alarm: &str, value: f64) -> Result<(), Fault> {
        let alarmed = Alarmed {
            policy: policy.to_owned(),
            alarm: alarm.to_owned(),
            state: "ALARM".to_owned(),
            threshold: 50.0,
            values: vec![value],
            measured_from: None,
            at: self.clock.now(),
            every: Duration::from_secs(60),
        };
        let place = Place::of(&call());
        self.service.alarmed(place, alarmed).await
    }
}

#[tokio::test]
async fn an_alarm_calls_a_step_policy_once_for_each_word() {
    let home = Home::new();
    home.create(1, 1, 5).await;
    home.are(1, "InService").await;
    let made = home.put(steps()).await.unwrap();
    let arn = made.policy_arn.unwrap();
    assert!(arn.contains(":scalingPolicy:"), "{arn}");
    assert!(
        arn.ends_with(":autoScalingGroupName/g:policyName/steps"),
        "{arn}"
    );
    // What is not warm does not count.
    home.clock.advance(Duration::from_secs(60));
    until("the group is held", || async {
        home.says(&arn, "hot", 65.0).await.is_ok()
    })
    .await;
    home.says(&arn, "hot", 65.0).await.unwrap();
    home.are(3, "InService").await;
    let cause = home.activities().await[0].cause.clone().unwrap();
    let expected = "a monitor alarm hot in state ALARM triggered policy steps changing the desired capacity from 1 to 3.  At ";
    assert!(cause.contains(expected), "{cause}");

    let suspended = |it: &str| ScalingProcessQuery {
        auto_scaling_group_name: Some("g".to_owned()),
        scaling_processes: Some(vec![it.to_owned()]),
    };
    let input = suspended("AlarmNotification");
    home.service
        .suspend_processes(&call(), input)
        .await
        .unwrap();
    home.clock.advance(Duration::from_secs(120));
    home.says(&arn, "hot", 65.0).await.unwrap();
    let input = suspended("AlarmNotification");
    home.service.resume_processes(&call(), input).await.unwrap();
    assert_eq!(home.instances().await.len(), 3);
    home.clock.advance(Duration::from_secs(120));
    home.says(&arn, "hot", 51.0).await.unwrap();
    home.are(4, "InService").await;

    // What the group's owner made stays, without the policy.
    let hot = json!({ "AlarmName": "hot", "AlarmActions": [arn, "arn:topic"] });
    home.cloud.alarms.lock().insert("hot".to_owned(), hot);
    let gone = DeletePolicyType {
        policy_name: Some(arn.clone()),
        ..DeletePolicyType::default()
    };
    home.service.delete_policy(&call(), gone).await.unwrap();
    let actions = home.cloud.alarms.lock()["hot"]["AlarmActions"].clone();
    assert_eq!(actions, json!(["arn:topic"]));

    let other = arn.replace("policyName/steps", "policyName/other");
    let text = format!("There is no scaling policy {other}.");
    refused(
        home.says(&other, "hot", 65.0).await,
        "ValidationError",
        &text,
    );
}

#[tokio::test]
async fn a_target_has_its_alarms_until_it_goes() {
    let home = Home::new();
    home.create(1, 1, 5).await;
    let made = home.put(tracking("App")).await.unwrap();
    let names: Vec<String> = made
        .alarms
        .unwrap()
        .into_iter()
        .filter_map(|it| it.alarm_name)
        .collect();
    assert!(
        names[0].starts_with("TargetTracking-g-AlarmHigh-"),
        "{names:?}"
    );
    assert!(
        names[1].starts_with("TargetTracking-g-AlarmLow-"),
        "{names:?}"
    );
    let arn = made.policy_arn.unwrap();
    let high = home.cloud.alarms.lock()[&names[0]].clone();
    assert_eq!(high["AlarmActions"], json!([arn]));
    assert_eq!(
        (&high["Threshold"], &high["EvaluationPeriods"]),
        (&json!(50.0), &json!(3))
    );
    home.are(1, "InService").await;
    home.clock.advance(Duration::from_secs(120));
    until("the alarm is heeded", || async {
        home.says(&arn, &names[0], 140.0).await.is_ok()
    })
    .await;
    home.are(3, "InService").await;

    // Somebody takes an alarm away: it is put again.
    home.cloud.alarms.lock().remove(&names[1]);
    until("the alarm is there again", || async {
        home.clock.advance(Duration::from_secs(60));
        home.service
            .resume_processes(
                &call(),
                ScalingProcessQuery {
                    auto_scaling_group_name: Some("g".to_owned()),
                    ..ScalingProcessQuery::default()
                },
            )
            .await
            .unwrap();
        home.cloud.alarms.lock().contains_key(&names[1])
    })
    .await;
    let mut again = tracking("App");
    again.policy_name = Some("again".to_owned());
    let text = "Only one TargetTrackingScaling policy for a given metric specification is allowed: load has it.";
    refused(home.put(again).await, "ValidationError", text);

    let input = DeletePolicyType {
        policy_name: Some(arn),
        ..DeletePolicyType::default()
    };
    home.service.delete_policy(&call(), input).await.unwrap();
    assert!(home.policies().await.is_empty());
    assert!(home.cloud.alarms.lock().is_empty());

    home.put(tracking("App")).await.unwrap();
    let input = DeleteAutoScalingGroupType {
        auto_scaling_group_name: Some("g".to_owned()),
        force_delete: Some(true),
    };
    home.service
        .delete_auto_scaling_group(&call(), input)
        .await
        .unwrap();
    until("its alarms are gone", || async {
        home.cloud.alarms.lock().is_empty()
    })
    .await;
    until("its policies are gone", || async {
        home.policies().await.is_empty()
    })
    .await;
}

#[tokio::test]
async fn a_group_that_a_user_empties_does_not_come_back_for_what_was_measured_before() {
    let home = Home::new();
    home.create(0, 2, 5).await;
    let made = home.put(tracking("App")).await.unwrap();
    let arn = made.policy_arn.unwrap();
    let high = made.alarms.unwrap().remove(0).alarm_name.unwrap();
    home.are(2, "InService").await;
    home.clock.advance(Duration::from_secs(120));
    set(&home, 0).await.unwrap();
    // A word about a minute in which both were there.
    home.says(&arn, &high, 140.0).await.unwrap();
    assert_eq!(home.shown().await.desired_capacity, Some(0));
    home.clock.advance(Duration::from_secs(120));
    home.says(&arn, &high, 140.0).await.unwrap();
    assert_eq!(home.shown().await.desired_capacity, Some(3));
}

#[tokio::test]
async fn a_policy_whose_alarms_are_refused_is_not_there() {
    let home = Home::new();
    home.create(0, 0, 5).await;
    let text = "The alarms of the policy cannot be put: There is no such metric.";
    refused(home.put(tracking("Refused")).await, "ValidationError", text);
    assert!(home.policies().await.is_empty());
}

#[tokio::test]
async fn a_user_executes_policies() {
    let home = Home::new();
    home.create(1, 1, 5).await;
    home.put(simple(1)).await.unwrap();
    home.put(steps()).await.unwrap();
    home.are(1, "InService").await;
    let execute = |name: &str, honors, value: Option<f64>| ExecutePolicyType {
        auto_scaling_group_name: Some("g".to_owned()),
        policy_name: Some(name.to_owned()),
        honor_cooldown: Some(honors),
        metric_value: value,
        breach_threshold: value.map(|_| 50.0),
    };
    let run = async |input| home.service.execute_policy(&call(), input).await;
    run(execute("more", true, None)).await.unwrap();
    home.are(2, "InService").await;
    let text = "Scaling activity cannot be executed while the cooldown of the group g is not over.";
    refused(
        run(execute("more", true, None)).await,
        "ScalingActivityInProgress",
        text,
    );
    run(execute("more", false, None)).await.unwrap();
    home.are(3, "InService").await;
    let cause = home.activities().await[0].cause.clone().unwrap();
    let expected = "a user request executed policy more changing the desired capacity from 2 to 3.";
    assert!(cause.contains(expected), "{cause}");
    run(execute("steps", false, Some(90.0))).await.unwrap();
    home.are(5, "InService").await;
    let text = "You must specify a MetricValue and a BreachThreshold for policy type: StepScaling";
    refused(
        run(execute("steps", false, None)).await,
        "ValidationError",
        text,
    );
    let text = "PolicyName not found - no such policy: x";
    refused(
        run(execute("x", false, None)).await,
        "ValidationError",
        text,
    );
}

#[tokio::test]
async fn what_is_no_policy_is_refused() {
    let home = Home::new();
    home.create(0, 0, 5).await;
    let refuse = async |input, text: &str| refused(home.put(input).await, "ValidationError", text);
    let predictive =
        "You must specify a PredictiveScalingConfiguration for policy type: PredictiveScaling";
    refuse(policy("p", "PredictiveScaling"), predictive).await;
    let text = "You must specify an AdjustmentType for policy type: SimpleScaling";
    refuse(policy("p", "SimpleScaling"), text).await;
    let mut mixed = steps();
    mixed.scaling_adjustment = Some(1);
    let text = "ScalingAdjustment is not supported for policy type: StepScaling";
    refuse(mixed, text).await;
    let mut unmeasured = tracking("App");
    unmeasured.target_tracking_configuration = Some(TargetTrackingConfiguration {
        predefined_metric_specification: Some(PredefinedMetricSpecification {
            predefined_metric_type: Some("Nothing".to_owned()),
            ..PredefinedMetricSpecification::default()
        }),
        target_value: Some(50.0),
        ..TargetTrackingConfiguration::default()
    });
    refuse(unmeasured, "The predefined metric Nothing is not valid.").await;
    home.put(simple(1)).await.unwrap();
    let mut other = steps();
    other.policy_name = Some("more".to_owned());
    refuse(other, "The type of a scaling policy cannot be changed.").await;
    let shown = home.policies().await.remove(0);
    assert_eq!(shown.scaling_adjustment, Some(1));
    assert_eq!((shown.cooldown, shown.enabled), (Some(60), Some(true)));
}

fn queries(metric: &str) -> Option<Vec<MetricDataQuery>> {
    let stat = MetricStat {
        metric: Some(Metric {
            namespace: Some("App".to_owned()),
            metric_name: Some(metric.to_owned()),
            dimensions: None,
        }),
        stat: Some("Sum".to_owned()),
        unit: None,
    };
    Some(vec![MetricDataQuery {
        id: Some("m".to_owned()),
        metric_stat: Some(stat),
        ..MetricDataQuery::default()
    }])
}

fn tides() -> PutScalingPolicyType {
    let specification = PredictiveScalingMetricSpecification {
        target_value: Some(100.0),
        customized_load_metric_specification: Some(PredictiveScalingCustomizedLoadMetric {
            metric_data_queries: queries("Load"),
        }),
        customized_scaling_metric_specification: Some(PredictiveScalingCustomizedScalingMetric {
            metric_data_queries: queries("Each"),
        }),
        ..PredictiveScalingMetricSpecification::default()
    };
    PutScalingPolicyType {
        predictive_scaling_configuration: Some(PredictiveScalingConfiguration {
            metric_specifications: Some(vec![specification]),
            mode: Some("ForecastAndScale".to_owned()),
            ..PredictiveScalingConfiguration::default()
        }),
        ..policy("tides", "PredictiveScaling")
    }
}

#[tokio::test]
async fn a_group_has_what_is_forecast_and_its_policies_take_nothing_of_it() {
    let home = Home::new();
    home.create(0, 1, 5).await;
    home.put(tides()).await.unwrap();
    home.are(3, "InService").await;
    let cause = home.activities().await[0].cause.clone().unwrap();
    let expected = "predictive scaling policy tides forecast a capacity of 3 changing the desired capacity from 1 to 3.";
    assert!(cause.contains(expected), "{cause}");
    let now = home.clock.now();
    let asked = GetPredictiveScalingForecastType {
        auto_scaling_group_name: Some("g".to_owned()),
        policy_name: Some("tides".to_owned()),
        start_time: Some(now),
        end_time: Some(now + Duration::from_secs(7200)),
    };
    let found = home
        .service
        .get_predictive_scaling_forecast(&call(), asked)
        .await;
    let capacity = found.unwrap().capacity_forecast.unwrap();
    assert_eq!(capacity.values, Some(vec![3.0, 3.0]));

    // A step policy that takes away stops at the forecast.
    let less = PutScalingPolicyType {
        step_adjustments: Some(vec![StepAdjustment {
            metric_interval_lower_bound: None,
            metric_interval_upper_bound: Some(0.0),
            scaling_adjustment: Some(-2),
        }]),
        policy_name: Some("less".to_owned()),
        ..steps()
    };
    let arn = home.put(less).await.unwrap().policy_arn.unwrap();
    home.clock.advance(Duration::from_secs(120));
    home.says(&arn, "quiet", 10.0).await.unwrap();
    assert_eq!(home.instances().await.len(), 3);
    let found = home.policies().await;
    let shown = found
        .iter()
        .find(|it| it.policy_name.as_deref() == Some("tides"));
    let given = tides().predictive_scaling_configuration;
    assert_eq!(shown.unwrap().predictive_scaling_configuration, given);
    let gone = DeletePolicyType {
        auto_scaling_group_name: Some("g".to_owned()),
        policy_name: Some("tides".to_owned()),
    };
    home.service.delete_policy(&call(), gone).await.unwrap();
    home.clock.advance(Duration::from_secs(120));
    home.says(&arn, "quiet", 10.0).await.unwrap();
    home.are(1, "InService").await;
}

#[tokio::test]
async fn a_forecast_whose_metrics_take_long_holds_up_nothing() {
    let home = Home::new();
    home.create(1, 1, 5).await;
    home.are(1, "InService").await;
    *home.cloud.silent.lock() = true;
    home.put(tides()).await.unwrap();
    let arn = home.put(steps()).await.unwrap().policy_arn.unwrap();
    home.clock.advance(Duration::from_secs(60));
    until("the group is held", || async {
        home.says(&arn, "hot", 65.0).await.is_ok()
    })
    .await;
    home.are(3, "InService").await;
}
