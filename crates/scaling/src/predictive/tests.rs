use super::*;
use crate::forecast::{Forecast, Hour};

const SERVICE: Subject<'_> = Subject::Service {
    cluster: "c",
    service: "s",
};
const LABEL: &str = "app/b/1/targetgroup/g/2";

fn one(specification: &Value) -> Value {
    json!({ "MetricSpecifications": [specification] })
}

fn queries(metric: &str) -> Value {
    json!({ "MetricDataQueries": [{ "Id": "m", "MetricStat": {
        "Metric": { "Namespace": "App", "MetricName": metric }, "Stat": "Sum" } }] })
}

#[test]
fn a_pair_needs_no_more_than_its_name() {
    let pair = json!({ "PredefinedMetricType": "ECSServiceCPUUtilization" });
    let given = one(&json!({ "TargetValue": 40, "PredefinedMetricPairSpecification": pair }));
    let read = Predictive::of(&given, SERVICE).unwrap();
    assert_eq!((read.target, read.scales), (40.0, false));
    assert_eq!(
        (read.buffer, read.breach),
        (Duration::from_secs(300), Breach::Honor)
    );
    assert_eq!(read.relation, Relation::Known(1.0 / 60.0));
    assert_eq!(read.load[0]["Expression"], "each * members");
    assert_eq!(read.load[1]["MetricStat"]["Metric"]["Namespace"], "AWS/ECS");

    let pair = json!({ "PredefinedMetricType": "ALBRequestCount", "ResourceLabel": LABEL });
    let given = one(&json!({ "TargetValue": 40, "PredefinedMetricPairSpecification": pair }));
    for subject in [SERVICE, Subject::Group("g")] {
        let read = Predictive::of(&given, subject).unwrap();
        let metric = &read.load[0]["MetricStat"]["Metric"];
        assert_eq!(metric["MetricName"], "RequestCount");
        assert_eq!(metric["Dimensions"][1]["Value"], "targetgroup/g/2");
    }
}

#[test]
fn metrics_of_ones_own_are_read_by_the_hour_and_by_five_minutes() {
    let given = one(&json!({
        "TargetValue": 5.0,
        "CustomizedLoadMetricSpecification": queries("Load"),
        "CustomizedScalingMetricSpecification": { "MetricDataQueries": [
            { "Id": "q", "Expression": "SELECT AVG(Each) FROM App" }] },
    }));
    let read = Predictive::of(&given, Subject::Group("g")).unwrap();
    assert_eq!(read.relation, Relation::Learned);
    assert_eq!(read.load[0]["MetricStat"]["Period"], 3600);
    assert_eq!(read.scaling[0]["Period"], 300);
    assert_eq!(read.capacity[0]["Expression"], "members / 5");
}

#[test]
fn what_cannot_be_forecast_by_is_refused() {
    let predefined = |name: &str| json!({ "PredefinedMetricType": name });
    let cpu = predefined("ECSServiceCPUUtilization");
    let pair = json!({ "TargetValue": 1.0, "PredefinedMetricPairSpecification": cpu });
    let with = |name: &str, value: Value| {
        let mut given = one(&pair);
        given[name] = value;
        given
    };
    let of = |specification: Value| one(&specification);
    let own = |load: Value| {
        of(
            json!({ "TargetValue": 1.0, "CustomizedLoadMetricSpecification": load,
            "CustomizedScalingMetricSpecification": queries("Each") }),
        )
    };
    let two = json!([
        queries("a")["MetricDataQueries"][0],
        queries("a")["MetricDataQueries"][0]
    ]);
    let mut both = queries("a");
    both["MetricDataQueries"][0]["Expression"] = json!("m + 1");
    let cases = [
        (json!({ "MetricSpecifications": [] }), BadPrediction::NotOne),
        (
            json!({ "MetricSpecifications": [pair, pair] }),
            BadPrediction::NotOne,
        ),
        (
            of(json!({ "TargetValue": 0.0, "PredefinedMetricPairSpecification": cpu })),
            BadPrediction::Target,
        ),
        (
            with("SchedulingBufferTime", json!(3601)),
            BadPrediction::Buffer(3601),
        ),
        (
            with("MaxCapacityBreachBehavior", json!("IncreaseMaxCapacity")),
            BadPrediction::NoMaxBuffer,
        ),
        (
            with("MaxCapacityBuffer", json!(10)),
            BadPrediction::LoneMaxBuffer,
        ),
        (
            of(json!({ "TargetValue": 1.0 })),
            BadPrediction::Combination,
        ),
        (
            of(
                json!({ "TargetValue": 1.0, "PredefinedMetricPairSpecification": cpu,
                "CustomizedLoadMetricSpecification": queries("Load") }),
            ),
            BadPrediction::Combination,
        ),
        (
            of(
                json!({ "TargetValue": 1.0, "PredefinedMetricPairSpecification": cpu,
                "CustomizedCapacityMetricSpecification": queries("n") }),
            ),
            BadPrediction::Capacity,
        ),
        (
            of(
                json!({ "TargetValue": 1.0, "PredefinedMetricPairSpecification": predefined("ASGCPUUtilization") }),
            ),
            BadPrediction::Predefined("ASGCPUUtilization".to_owned()),
        ),
        (
            of(
                json!({ "TargetValue": 1.0, "PredefinedMetricPairSpecification": predefined("ALBRequestCount") }),
            ),
            BadPrediction::Label(BadMetric::NoLabel),
        ),
        (
            own(json!({ "MetricDataQueries": [] })),
            BadPrediction::Queries,
        ),
        (
            own(json!({ "MetricDataQueries": two })),
            BadPrediction::Returned,
        ),
        (own(both), BadPrediction::Query("m".to_owned())),
    ];
    for (given, expected) in cases {
        assert_eq!(Predictive::of(&given, SERVICE), Err(expected), "{given}");
    }
}

#[test]
fn a_maximum_is_raised_by_the_buffer_and_no_further_than_all_may_have() {
    let tenth = Breach::Increase { percent: 10 };
    assert_eq!(tenth.maximum(40, 50, 1000), 55);
    assert_eq!(tenth.maximum(60, 50, 1000), 60);
    assert_eq!(tenth.maximum(40, 50, 52), 52);
    assert_eq!(tenth.maximum(40, u32::MAX, u32::MAX), u32::MAX);
    assert_eq!(Breach::Honor.maximum(40, 50, 1000), 40);
}

#[test]
fn no_more_is_asked_for_than_anything_may_have() {
    let given = one(&json!({
        "TargetValue": 5.0,
        "CustomizedLoadMetricSpecification": queries("Load"),
        "CustomizedScalingMetricSpecification": queries("Each"),
    }));
    let policy = Predictive {
        scales: true,
        ..Predictive::of(&given, SERVICE).unwrap()
    };
    let now = Timestamp::from_millis(0);
    let hours = vec![Hour {
        at: 0,
        load: 1.0,
        capacity: 9000,
    }];
    let kept = Forecast::after(None, "7", Ok(hours), now);
    let tides = Forecaster::new("tides", "7", policy.clone(), Some(kept.clone()));
    // That of a policy of the same name before says nothing.
    let stale = Forecaster::new("tides", "8", policy, Some(kept));
    let bounds = Bounds::new(1, 100).unwrap();
    assert_eq!(foreseen(&[stale], bounds, 5000, now), None);
    let of = |min, max| {
        let bounds = Bounds::new(min, max).unwrap();
        let found = foreseen(std::slice::from_ref(&tides), bounds, 5000, now).unwrap();
        (found.floor, Foreseen::bounds(Some(&found), bounds))
    };
    assert_eq!(of(1, 20_000), (5000, Bounds::new(5000, 20_000).unwrap()));
    assert_eq!(of(1, 100), (100, Bounds::new(100, 100).unwrap()));
    // Bounds that nothing can come into stay what they are.
    assert_eq!(of(6000, 7000), (5000, Bounds::new(6000, 7000).unwrap()));
}
