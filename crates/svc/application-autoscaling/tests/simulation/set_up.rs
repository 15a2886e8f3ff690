//! Services, their targets, policies, schedules and alarms are made, by the operations that users call.

use std::time::Duration;

use serde_json::json;
use wharf_api_application_autoscaling::{
    ApplicationAutoscaling as _, PredefinedMetricSpecification, PutScalingPolicyRequest,
    PutScheduledActionRequest, RegisterScalableTargetRequest, ScalableTargetAction, StepAdjustment,
    StepScalingPolicyConfiguration, TargetTrackingScalingPolicyConfiguration,
};

use crate::{
    plan::{GOAL, Metric, Policy, Rule, STEP_IN_BELOW, STEP_OUT_ABOVE, Service, Trouble},
    world::World,
};

const CLUSTER: &str = "prod";
const ECS: &str = "ecs";
const DIMENSION: &str = "ecs:service:DesiredCount";
/// Minutes of each hour at which scheduled actions raise and lower a minimum.
pub const UP: usize = 10;
pub const DOWN: usize = 40;

fn resource(service: &str) -> Option<String> {
    Some(format!("service/{CLUSTER}/{service}"))
}

pub fn dimensions(service: &str) -> Vec<(String, String)> {
    vec![
        ("ClusterName".to_owned(), CLUSTER.to_owned()),
        ("ServiceName".to_owned(), service.to_owned()),
    ]
}

pub fn target(service: &str) -> RegisterScalableTargetRequest {
    RegisterScalableTargetRequest {
        service_namespace: Some(ECS.to_owned()),
        resource_id: resource(service),
        scalable_dimension: Some(DIMENSION.to_owned()),
        ..RegisterScalableTargetRequest::default()
    }
}

fn signed(it: u32) -> Option<i32> {
    Some(i32::try_from(it).expect("a small number"))
}

pub async fn all(world: &World) {
    for service in &world.services {
        let start = Duration::from_secs(service.start_seconds);
        world.ecs.create(&service.name, service.min, start);
        let input = RegisterScalableTargetRequest {
            min_capacity: signed(service.min),
            max_capacity: signed(service.max),
            ..target(&service.name)
        };
        let (scaling, call) = (world.scaling(), world.call());
        let made = scaling.register_scalable_target(&call, input);
        made.await.unwrap();
        for it in &service.policies {
            policy(world, service, it).await;
        }
        if service.trouble == Trouble::Schedules {
            schedule(world, service, "up", UP, service.min + 4).await;
            schedule(world, service, "down", DOWN, service.min).await;
        }
    }
}

async fn policy(world: &World, service: &Service, policy: &Policy) {
    let mut input = PutScalingPolicyRequest {
        policy_name: Some(policy.name.to_owned()),
        service_namespace: Some(ECS.to_owned()),
        resource_id: resource(&service.name),
        scalable_dimension: Some(DIMENSION.to_owned()),
        ..PutScalingPolicyRequest::default()
    };
    let adjustment = match policy.rule {
        Rule::Track {
            metric,
            scales_in,
            cooldown_out,
            cooldown_in,
        } => {
            let name = format!("ECSServiceAverage{}", metric.name());
            input.policy_type = Some("TargetTrackingScaling".to_owned());
            input.target_tracking_scaling_policy_configuration =
                Some(TargetTrackingScalingPolicyConfiguration {
                    target_value: Some(GOAL),
                    predefined_metric_specification: Some(PredefinedMetricSpecification {
                        predefined_metric_type: Some(name),
                        resource_label: None,
                    }),
                    scale_out_cooldown: signed(cooldown_out),
                    scale_in_cooldown: signed(cooldown_in),
                    disable_scale_in: Some(!scales_in),
                    ..TargetTrackingScalingPolicyConfiguration::default()
                });
            None
        }
        Rule::Step {
            adjustment,
            cooldown,
        } => {
            let bound = Some(0.0);
            input.step_scaling_policy_configuration = Some(StepScalingPolicyConfiguration {
                adjustment_type: Some("ChangeInCapacity".to_owned()),
                step_adjustments: Some(vec![StepAdjustment {
                    metric_interval_lower_bound: bound.filter(|_| adjustment > 0),
                    metric_interval_upper_bound: bound.filter(|_| adjustment < 0),
                    scaling_adjustment: Some(adjustment),
                }]),
                cooldown: signed(cooldown),
                ..StepScalingPolicyConfiguration::default()
            });
            Some(adjustment)
        }
    };
    let (scaling, call) = (world.scaling(), world.call());
    let made = scaling.put_scaling_policy(&call, input);
    let arn = made.await.unwrap().policy_arn.unwrap();
    let Some(adjustment) = adjustment else {
        return;
    };
    let (comparison, threshold, periods) = match adjustment > 0 {
        true => ("GreaterThanThreshold", STEP_OUT_ABOVE, 2),
        false => ("LessThanThreshold", STEP_IN_BELOW, 3),
    };
    let dimensions = dimensions(&service.name).into_iter();
    let dimensions = dimensions.map(|(name, value)| json!({ "Name": name, "Value": value }));
    let alarm = json!({
        "AlarmName": format!("{}-{}", service.name, policy.name),
        "Namespace": "AWS/ECS",
        "MetricName": Metric::Cpu.name(),
        "Dimensions": dimensions.collect::<Vec<_>>(),
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": periods,
        "ComparisonOperator": comparison,
        "Threshold": threshold,
        "AlarmActions": [arn],
    });
    world
        .call_cloudwatch("PutMetricAlarm", &alarm)
        .await
        .unwrap();
}

async fn schedule(world: &World, service: &Service, name: &str, minute: usize, min: u32) {
    let input = PutScheduledActionRequest {
        service_namespace: Some(ECS.to_owned()),
        resource_id: resource(&service.name),
        scalable_dimension: Some(DIMENSION.to_owned()),
        scheduled_action_name: Some(name.to_owned()),
        schedule: Some(format!("cron({minute} * * * ? *)")),
        scalable_target_action: Some(ScalableTargetAction {
            min_capacity: signed(min),
            max_capacity: None,
        }),
        ..PutScheduledActionRequest::default()
    };
    let (scaling, call) = (world.scaling(), world.call());
    let made = scaling.put_scheduled_action(&call, input);
    made.await.unwrap();
}
