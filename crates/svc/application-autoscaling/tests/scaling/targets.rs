//! Scalable targets: registered, changed, listed, tagged, and gone.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;
use wharf_api_application_autoscaling::{
    ApplicationAutoscaling as _, CustomizedMetricSpecification, DeregisterScalableTargetRequest,
    DescribeScalableTargetsRequest, DescribeScalingPoliciesRequest,
    GetPredictiveScalingForecastRequest, ListTagsForResourceRequest, PutScalingPolicyRequest,
    RegisterScalableTargetRequest, ScalableTarget, StepAdjustment, StepScalingPolicyConfiguration,
    TagResourceRequest, TargetTrackingScalingPolicyConfiguration, UntagResourceRequest,
};
use wharf_testkit::{call, refused, until};

use crate::home::{DIMENSION, ECS, Home, SERVICE, policy, target};

async fn targets(home: &Home) -> Vec<ScalableTarget> {
    let input = DescribeScalableTargetsRequest {
        service_namespace: Some(ECS.to_owned()),
        ..DescribeScalableTargetsRequest::default()
    };
    let found = home.service.describe_scalable_targets(&call(), input).await;
    found.unwrap().scalable_targets.unwrap()
}

#[tokio::test]
async fn a_count_outside_of_the_range_comes_into_it() {
    let home = Home::with_service(2);
    home.register(4, 10).await;
    home.becomes(4).await;
    let done = home.ends("Successful").await;
    assert_eq!(done.cause.as_deref(), Some("minimum capacity was set to 4"));
    // Only the maximum is another.
    let input = RegisterScalableTargetRequest {
        min_capacity: Some(1),
        max_capacity: Some(3),
        ..target()
    };
    home.service
        .register_scalable_target(&call(), input)
        .await
        .unwrap();
    home.becomes(3).await;
    let done = home.ends("Successful").await;
    assert_eq!(done.cause.as_deref(), Some("maximum capacity was set to 3"));
    let found = targets(&home).await;
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].role_arn.as_deref(),
        Some(
            "arn:aws:iam::000000000000:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"
        )
    );
    assert_eq!(
        found[0]
            .suspended_state
            .as_ref()
            .unwrap()
            .scheduled_scaling_suspended,
        Some(false)
    );
}

#[tokio::test]
async fn what_cannot_be_scaled_is_refused() {
    let home = Home::with_service(2);
    let register = |it| async { home.service.register_scalable_target(&call(), it).await };
    let sized = |min, max| RegisterScalableTargetRequest {
        min_capacity: min,
        max_capacity: max,
        ..target()
    };
    let both = || sized(Some(1), Some(2));
    for (bad, text) in [
        (
            sized(Some(3), Some(2)),
            "Maximum capacity cannot be less than minimum capacity",
        ),
        (
            sized(Some(-1), Some(2)),
            "MinCapacity must be greater than or equal to 0",
        ),
        (
            sized(Some(1), None),
            "MinCapacity and MaxCapacity are required to register a new scalable target",
        ),
        (
            RegisterScalableTargetRequest {
                resource_id: Some("service/prod/none".to_owned()),
                ..both()
            },
            "ECS service doesn't exist: service/prod/none",
        ),
        (
            RegisterScalableTargetRequest {
                resource_id: Some("table/x".to_owned()),
                ..both()
            },
            "Unsupported service namespace, resource type or scalable dimension",
        ),
        (
            RegisterScalableTargetRequest {
                scalable_dimension: Some("dynamodb:table:ReadCapacityUnits".to_owned()),
                ..both()
            },
            "Unsupported service namespace, resource type or scalable dimension",
        ),
        (
            RegisterScalableTargetRequest {
                service_namespace: Some("dynamodb".to_owned()),
                ..both()
            },
            "The service namespace dynamodb is not supported by this version of wharf: services of ECS (ecs) are scaled alone.",
        ),
    ] {
        refused(register(bad).await, "ValidationException", text);
    }
    assert_eq!(targets(&home).await, []);
    let put = home.service.put_scaling_policy(&call(), policy()).await;
    assert_eq!(put.unwrap_err().code, "ValidationException");
    let forecast = GetPredictiveScalingForecastRequest::default();
    let asked = home
        .service
        .get_predictive_scaling_forecast(&call(), forecast)
        .await;
    assert_eq!(asked.unwrap_err().code, "ValidationException");
}

fn steps(count: i32) -> PutScalingPolicyRequest {
    let step = |at: i32| StepAdjustment {
        metric_interval_lower_bound: Some(at.into()),
        metric_interval_upper_bound: Some(f64::from(at + 1)).filter(|_| at + 1 < count),
        scaling_adjustment: Some(1),
    };
    PutScalingPolicyRequest {
        step_scaling_policy_configuration: Some(StepScalingPolicyConfiguration {
            adjustment_type: Some("ChangeInCapacity".to_owned()),
            step_adjustments: Some((0..count).map(step).collect()),
            ..StepScalingPolicyConfiguration::default()
        }),
        ..policy()
    }
}

#[tokio::test]
async fn policies_have_their_limits() {
    let home = Home::with_service(2);
    let put = |it| async { home.service.put_scaling_policy(&call(), it).await };
    assert_eq!(
        put(steps(1)).await.unwrap_err().code,
        "ObjectNotFoundException"
    );
    home.register(1, 10).await;
    refused(
        put(steps(21)).await,
        "ValidationException",
        "A step scaling policy can have at most 20 step adjustments",
    );
    refused(
        put(steps(0)).await,
        "ValidationException",
        "At least one StepAdjustment must be specified",
    );
    let predictive = PutScalingPolicyRequest {
        policy_type: Some("PredictiveScaling".to_owned()),
        ..policy()
    };
    assert!(
        put(predictive)
            .await
            .unwrap_err()
            .message
            .contains("takes exactly a PredictiveScalingPolicyConfiguration")
    );
    for at in 0..50 {
        let named = PutScalingPolicyRequest {
            policy_name: Some(format!("p{at}")),
            ..steps(20)
        };
        put(named).await.unwrap();
    }
    let one_more = PutScalingPolicyRequest {
        policy_name: Some("x".to_owned()),
        ..steps(1)
    };
    refused(
        put(one_more).await,
        "LimitExceededException",
        "You may have at most 50 scaling policies for a scalable target.",
    );
    // Ten a page, all of them once.
    let (mut seen, mut token) = (Vec::new(), None);
    loop {
        let input = DescribeScalingPoliciesRequest {
            service_namespace: Some(ECS.to_owned()),
            next_token: token,
            ..DescribeScalingPoliciesRequest::default()
        };
        let page = home
            .service
            .describe_scaling_policies(&call(), input)
            .await
            .unwrap();
        let page_of = page.scaling_policies.unwrap();
        assert!(page_of.len() <= 10);
        seen.extend(page_of.into_iter().filter_map(|it| it.policy_name));
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 50);
    let typed = PutScalingPolicyRequest {
        policy_name: Some("p1".to_owned()),
        policy_type: Some("TargetTrackingScaling".to_owned()),
        ..policy()
    };
    refused(
        put(typed).await,
        "ValidationException",
        "The type of a scaling policy cannot be changed",
    );
}

#[tokio::test]
async fn one_policy_tracks_a_metric() {
    let home = Home::with_service(2);
    home.register(1, 10).await;
    let tracking = |name: &str, metric: &str| PutScalingPolicyRequest {
        policy_name: Some(name.to_owned()),
        policy_type: Some("TargetTrackingScaling".to_owned()),
        target_tracking_scaling_policy_configuration: Some(
            TargetTrackingScalingPolicyConfiguration {
                target_value: Some(1.0),
                customized_metric_specification: Some(CustomizedMetricSpecification {
                    namespace: Some("App".to_owned()),
                    metric_name: Some(metric.to_owned()),
                    statistic: Some("Average".to_owned()),
                    ..CustomizedMetricSpecification::default()
                }),
                ..TargetTrackingScalingPolicyConfiguration::default()
            },
        ),
        ..policy()
    };
    let put = |it| async { home.service.put_scaling_policy(&call(), it).await };
    put(tracking("a", "Jobs")).await.unwrap();
    put(tracking("a", "Jobs")).await.unwrap();
    put(tracking("b", "Load")).await.unwrap();
    refused(
        put(tracking("c", "Jobs")).await,
        "ValidationException",
        "Only one TargetTrackingScaling policy for a given metric specification is allowed.",
    );
}

#[tokio::test]
async fn a_target_goes_with_all_that_was_made_for_it() {
    let mut home = Home::with_service(2);
    home.register(1, 10).await;
    home.step_policy("out", 1, 0).await;
    let gone = DeregisterScalableTargetRequest {
        service_namespace: Some(ECS.to_owned()),
        resource_id: Some(SERVICE.to_owned()),
        scalable_dimension: Some(DIMENSION.to_owned()),
    };
    home.service
        .deregister_scalable_target(&call(), gone.clone())
        .await
        .unwrap();
    assert_eq!(targets(&home).await, []);
    refused(
        home.service.deregister_scalable_target(&call(), gone).await,
        "ObjectNotFoundException",
        "No scalable target found for service namespace: ecs, resource ID: service/prod/web, scalable dimension: ecs:service:DesiredCount",
    );
    home.register(1, 10).await;
    let all = DescribeScalingPoliciesRequest {
        service_namespace: Some(ECS.to_owned()),
        ..DescribeScalingPoliciesRequest::default()
    };
    let found = home
        .service
        .describe_scaling_policies(&call(), all)
        .await
        .unwrap();
    assert_eq!(found.scaling_policies, Some(vec![]));

    // Its service goes.
    home.neighbours.services.lock().get_mut("web").unwrap()["status"] = json!("INACTIVE");
    home.away(Duration::from_secs(60));
    until("the target is gone", || async {
        targets(&home).await.is_empty()
    })
    .await;
}

#[tokio::test]
async fn targets_have_tags() {
    let home = Home::with_service(2);
    let pair = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
    let input = RegisterScalableTargetRequest {
        min_capacity: Some(1),
        max_capacity: Some(2),
        tags: Some(pair("team", "a")),
        ..target()
    };
    let made = home
        .service
        .register_scalable_target(&call(), input)
        .await
        .unwrap();
    let arn = made.scalable_target_arn;
    let more = TagResourceRequest {
        resource_arn: arn.clone(),
        tags: Some(pair("stage", "b")),
    };
    home.service.tag_resource(&call(), more).await.unwrap();
    let less = UntagResourceRequest {
        resource_arn: arn.clone(),
        tag_keys: Some(vec!["team".to_owned()]),
    };
    home.service.untag_resource(&call(), less).await.unwrap();
    let list = |arn| ListTagsForResourceRequest { resource_arn: arn };
    let found = home
        .service
        .list_tags_for_resource(&call(), list(arn))
        .await
        .unwrap();
    assert_eq!(found.tags, Some(pair("stage", "b")));
    let other = "arn:aws:application-autoscaling:us-east-1:000000000000:scalable-target/none";
    refused(
        home.service
            .list_tags_for_resource(&call(), list(Some(other.to_owned())))
            .await,
        "ResourceNotFoundException",
        &format!("Resource {other} doesn't exist."),
    );
}

#[tokio::test]
async fn a_service_with_a_task_on_each_instance_is_no_target() {
    let home = Home::with_service(2);
    home.neighbours.services.lock().get_mut("web").unwrap()["schedulingStrategy"] = json!("DAEMON");
    let input = RegisterScalableTargetRequest {
        min_capacity: Some(1),
        max_capacity: Some(3),
        ..target()
    };
    refused(
        home.service.register_scalable_target(&call(), input).await,
        "ValidationException",
        "ECS services that use the DAEMON scheduling strategy don't support service auto scaling: service/prod/web",
    );
    assert!(targets(&home).await.is_empty());
}
