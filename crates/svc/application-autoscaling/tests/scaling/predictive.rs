//! Predictive policies: forecasts over two weeks, and tasks that are there before the hour that needs them.

use std::time::Duration;

use serde_json::json;
use wharf_api_application_autoscaling::{
    ApplicationAutoscaling as _, DeleteScalingPolicyRequest, DescribeScalableTargetsRequest,
    DescribeScalingPoliciesRequest, GetPredictiveScalingForecastRequest,
    GetPredictiveScalingForecastResponse,
    PredictiveScalingCustomizedMetricSpecification as Customized, PredictiveScalingMetric,
    PredictiveScalingMetricDataQuery, PredictiveScalingMetricSpecification,
    PredictiveScalingMetricStat, PredictiveScalingPolicyConfiguration, PutScalingPolicyRequest,
    ScalingActivity,
};
use wharf_base::{Clock as _, Timestamp};
use wharf_testkit::{call, refused, until};
use wharf_wire::Fault;

use crate::home::{DIMENSION, ECS, Home, SERVICE, policy};

const HOUR: i64 = 3600;

fn customized(metric: &str) -> Option<Customized> {
    let stat = PredictiveScalingMetricStat {
        metric: Some(PredictiveScalingMetric {
            metric_name: Some(metric.to_owned()),
            namespace: Some("App".to_owned()),
            dimensions: None,
        }),
        stat: Some("Average".to_owned()),
        unit: None,
    };
    let query = PredictiveScalingMetricDataQuery {
        id: Some("m".to_owned()),
        metric_stat: Some(stat),
        ..PredictiveScalingMetricDataQuery::default()
    };
    Some(Customized {
        metric_data_queries: Some(vec![query]),
    })
}

fn tides(mode: &str) -> PutScalingPolicyRequest {
    let specification = PredictiveScalingMetricSpecification {
        target_value: Some(50.0),
        customized_load_metric_specification: customized("Load"),
        customized_scaling_metric_specification: customized("Each"),
        customized_capacity_metric_specification: customized("Tasks"),
        ..PredictiveScalingMetricSpecification::default()
    };
    PutScalingPolicyRequest {
        policy_name: Some("tides".to_owned()),
        policy_type: Some("PredictiveScaling".to_owned()),
        predictive_scaling_policy_configuration: Some(PredictiveScalingPolicyConfiguration {
            metric_specifications: Some(vec![specification]),
            mode: Some(mode.to_owned()),
            scheduling_buffer_time: Some(600),
            ..PredictiveScalingPolicyConfiguration::default()
        }),
        ..policy()
    }
}

/// A load of 400 from noon to six in the evening and of 100 else, carried by four tasks.
fn measured(home: &Home, days: i64) {
    let now = home.clock.now().millis() / 1000;
    let load = |at: i64| match (at / HOUR) % 24 {
        12..18 => 400.0,
        _ => 100.0,
    };
    let hours: Vec<i64> = (1..=days * 24)
        .rev()
        .map(|it| now / HOUR * HOUR - it * HOUR)
        .collect();
    let mut metrics = home.neighbours.metrics.lock();
    let each = |of: &dyn Fn(i64) -> f64| hours.iter().map(|at| (*at, of(*at))).collect();
    metrics.insert("Load".to_owned(), each(&load));
    metrics.insert("Each".to_owned(), each(&|at| load(at) / 4.0));
    metrics.insert("Tasks".to_owned(), each(&|_| 4.0));
}

async fn forecast(home: &Home) -> Result<GetPredictiveScalingForecastResponse, Fault> {
    let now = home.clock.now();
    let input = GetPredictiveScalingForecastRequest {
        service_namespace: Some(ECS.to_owned()),
        resource_id: Some(SERVICE.to_owned()),
        scalable_dimension: Some(DIMENSION.to_owned()),
        policy_name: Some("tides".to_owned()),
        start_time: Some(now),
        end_time: Some(now + Duration::from_secs(48 * 3600)),
    };
    home.service
        .get_predictive_scaling_forecast(&call(), input)
        .await
}

#[tokio::test]
async fn tasks_are_there_before_the_hour_and_nobody_takes_them_away() {
    let mut home = Home::with_service(2);
    home.register(1, 10).await;
    measured(&home, 14);
    home.service
        .put_scaling_policy(&call(), tides("ForecastAndScale"))
        .await
        .unwrap();
    until("there is a forecast", || async {
        forecast(&home).await.is_ok()
    })
    .await;
    let made = forecast(&home).await.unwrap();
    let capacity = made.capacity_forecast.unwrap();
    assert_eq!(capacity.values.as_ref().unwrap()[..3], [2.0, 2.0, 8.0]);
    assert_eq!(
        made.load_forecast.unwrap()[0].values.as_ref().unwrap()[2],
        400.0
    );
    assert_eq!(home.desired(), 2);

    // It is ten; ten minutes before noon there are eight.
    home.away(Duration::from_secs(109 * 60));
    assert_eq!(home.desired(), 2);
    home.away(Duration::from_secs(60));
    home.becomes(8).await;
    let done = home.ends("Successful").await;
    assert_eq!(
        done.description.as_deref(),
        Some("Setting desired count to 8.")
    );
    assert_eq!(
        done.cause.as_deref(),
        Some("predictive scaling policy tides forecast a capacity of 8")
    );

    // A policy that takes four away comes to the forecast.
    let less = home.step_policy("less", -4, 0).await;
    home.heard(&less, "quiet", &[10.0]).await;
    let refused = home.ends("Failed").await;
    let reason = refused.not_scaled_reasons.unwrap().remove(0);
    assert_eq!(
        (reason.code.as_deref(), reason.min_capacity),
        (Some("AlreadyAtMinCapacity"), Some(8))
    );
    assert_eq!(home.desired(), 8);

    // In the evening it may, and no further than what is forecast then.
    home.away(Duration::from_secs(6 * 3600 + 600));
    home.heard(&less, "quiet", &[10.0]).await;
    home.becomes(4).await;
    home.clock.advance(Duration::from_secs(60));
    home.heard(&less, "quiet", &[10.0]).await;
    home.becomes(2).await;
}

/// What the target is shown to need.
async fn predicted(home: &Home) -> Option<i32> {
    let input = DescribeScalableTargetsRequest {
        service_namespace: Some(ECS.to_owned()),
        ..DescribeScalableTargetsRequest::default()
    };
    let call = call();
    let found = home.service.describe_scalable_targets(&call, input).await;
    found.unwrap().scalable_targets.unwrap()[0].predicted_capacity
}

#[tokio::test]
async fn forecasts_alone_change_nothing_and_go_with_their_policy() {
    let home = Home::with_service(1);
    home.register(1, 10).await;
    measured(&home, 14);
    home.service
        .put_scaling_policy(&call(), tides("ForecastOnly"))
        .await
        .unwrap();
    until("there is a forecast", || async {
        forecast(&home).await.is_ok()
    })
    .await;
    let found = DescribeScalingPoliciesRequest {
        service_namespace: Some(ECS.to_owned()),
        ..DescribeScalingPoliciesRequest::default()
    };
    let shown = home
        .service
        .describe_scaling_policies(&call(), found)
        .await
        .unwrap();
    let shown = shown.scaling_policies.unwrap().remove(0);
    assert_eq!(shown.policy_type.as_deref(), Some("PredictiveScaling"));
    let given = tides("ForecastOnly").predictive_scaling_policy_configuration;
    assert_eq!(shown.predictive_scaling_policy_configuration, given);
    assert!(home.neighbours.sets.lock().is_empty());
    assert_eq!(predicted(&home).await, None, "it is not to scale");

    let gone = DeleteScalingPolicyRequest {
        policy_name: Some("tides".to_owned()),
        service_namespace: Some(ECS.to_owned()),
        resource_id: Some(SERVICE.to_owned()),
        scalable_dimension: Some(DIMENSION.to_owned()),
    };
    home.service
        .delete_scaling_policy(&call(), gone)
        .await
        .unwrap();
    refused(
        forecast(&home).await,
        "ValidationException",
        "No scaling policy tides found for service namespace: ecs, resource ID: service/prod/web, scalable dimension: ecs:service:DesiredCount",
    );
}

#[tokio::test]
async fn a_maximum_is_raised_where_the_policy_says_so() {
    let home = Home::with_service(1);
    home.register(1, 5).await;
    measured(&home, 14);
    home.clock.advance(Duration::from_secs(2 * 3600));
    let mut honors = tides("ForecastAndScale");
    home.service
        .put_scaling_policy(&call(), honors.clone())
        .await
        .unwrap();
    home.becomes(5).await;
    home.ends("Successful").await;
    let given = honors
        .predictive_scaling_policy_configuration
        .as_mut()
        .unwrap();
    given.max_capacity_breach_behavior = Some("IncreaseMaxCapacity".to_owned());
    given.max_capacity_buffer = Some(20);
    home.service
        .put_scaling_policy(&call(), honors)
        .await
        .unwrap();
    home.becomes(8).await;
    home.ends("Successful").await;
    let all = home.activities(false).await;
    let raised = all
        .iter()
        .find(|it| it.description.as_deref() == Some("Setting max capacity to 10"));
    assert!(raised.is_some());
    assert_eq!(predicted(&home).await, Some(8));
}

#[tokio::test]
async fn too_little_is_said_and_what_cloudwatch_refuses_is_refused() {
    let home = Home::with_service(1);
    home.register(1, 5).await;
    measured(&home, 14);
    home.neighbours
        .metrics
        .lock()
        .get_mut("Load")
        .unwrap()
        .drain(..14 * 24 - 10);
    home.service
        .put_scaling_policy(&call(), tides("ForecastAndScale"))
        .await
        .unwrap();
    until("it was tried", || async {
        let said = forecast(&home).await.unwrap_err().message;
        said.contains("has data for 10 hours")
    })
    .await;
    let bad = Fault::sender("ValidationError", 400, "no such function");
    home.neighbours
        .failures
        .lock()
        .push_back(("GetMetricData", bad));
    let mut again = tides("ForecastAndScale");
    again.policy_name = Some("other".to_owned());
    refused(
        home.service.put_scaling_policy(&call(), again).await,
        "ValidationException",
        "The metrics of the policy cannot be read: no such function",
    );
    let asked = home.neighbours.asked.lock();
    assert_eq!(
        asked[0]["MetricDataQueries"][0]["MetricStat"]["Period"],
        json!(3600)
    );
    let begin = Timestamp::parse_iso8601("2026-11-22T10:00:00Z")
        .unwrap()
        .millis()
        / 1000;
    assert_eq!(asked[0]["EndTime"], json!(begin));
}

/// How often it was tried to set a count by the forecast.
async fn tries(home: &Home) -> usize {
    let all = home.activities(true).await;
    let by_forecast = |it: &&ScalingActivity| {
        let cause = it.cause.as_deref().unwrap_or_default();
        cause.starts_with("predictive scaling policy tides")
    };
    all.iter().filter(by_forecast).count()
}

#[tokio::test]
async fn what_ecs_refuses_is_not_asked_for_at_once_again() {
    let mut home = Home::with_service(1);
    home.register(1, 10).await;
    measured(&home, 14);
    home.clock.advance(Duration::from_secs(2 * 3600));
    let refusal = || Fault::sender("InvalidParameterException", 400, "not so many");
    let refusals = (0..1000).map(|_| ("UpdateService", refusal()));
    home.neighbours.failures.lock().extend(refusals);
    home.service
        .put_scaling_policy(&call(), tides("ForecastAndScale"))
        .await
        .unwrap();
    let failed = home.ends("Failed").await;
    assert_eq!(
        failed.status_message.as_deref(),
        Some("Failed to set desired count to 8. Reason: not so many")
    );
    // Each word of an alarm is a look at the target.
    let less = home.step_policy("less", -4, 0).await;
    for _ in 0..3 {
        home.heard(&less, "quiet", &[10.0]).await;
    }
    assert_eq!(tries(&home).await, 1);
    assert_eq!(home.neighbours.failures.lock().len(), 999);

    // A quarter of an hour later it may be another matter.
    home.neighbours.failures.lock().clear();
    home.away(Duration::from_secs(900));
    home.becomes(8).await;
    assert_eq!(tries(&home).await, 2);
}

#[tokio::test]
async fn a_forecast_whose_metrics_take_long_holds_up_nothing() {
    let home = Home::with_service(1);
    home.register(1, 20).await;
    *home.neighbours.silent.lock() = true;
    for name in ["one", "two", "three"] {
        let put = PutScalingPolicyRequest {
            policy_name: Some(name.to_owned()),
            ..tides("ForecastAndScale")
        };
        home.service.put_scaling_policy(&call(), put).await.unwrap();
    }
    // The share of the account is taken, and the target itself is not.
    for at in 1..=3 {
        let more = home.step_policy(&format!("more{at}"), 2, 0).await;
        home.heard(&more, "hot", &[90.0]).await;
        home.becomes(1 + 2 * at).await;
        home.ends("Successful").await;
        home.clock.advance(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn a_policy_that_was_corrected_scales_by_its_new_forecast_alone() {
    let home = Home::with_service(1);
    home.register(1, 10).await;
    measured(&home, 14);
    home.clock.advance(Duration::from_secs(2 * 3600));
    let mut put = tides("ForecastAndScale");
    home.service
        .put_scaling_policy(&call(), put.clone())
        .await
        .unwrap();
    home.becomes(8).await;
    home.ends("Successful").await;

    // Nothing is measured of the metric that it goes by now.
    let given = put.predictive_scaling_policy_configuration.as_mut();
    let of = &mut given.unwrap().metric_specifications.as_mut().unwrap()[0];
    of.customized_load_metric_specification = customized("Other");
    home.service.put_scaling_policy(&call(), put).await.unwrap();
    until("it was tried", || async {
        let said = forecast(&home).await.map_err(|it| it.message);
        said.is_err_and(|it| it.contains("has data for 0 hours"))
    })
    .await;
    let less = home.step_policy("less", -4, 0).await;
    home.heard(&less, "quiet", &[10.0]).await;
    home.becomes(4).await;
}
