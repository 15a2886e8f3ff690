//! Anomaly detectors, the bands that they say something of, and alarms on those.

use std::time::Duration;

use wharf_api_cloudwatch::{
    AnomalyDetector, AnomalyDetectorConfiguration, Cloudwatch as _, DeleteAnomalyDetectorInput,
    DescribeAlarmsInput, DescribeAnomalyDetectorsInput, MetricAlarm, MetricDataQuery,
    MetricMathAnomalyDetector, PutAnomalyDetectorInput, PutMetricAlarmInput, Range,
    SingleMetricAnomalyDetector,
};
use wharf_base::Timestamp;
use wharf_testkit::until;
use wharf_wire::Fault;

use crate::home::{BEGIN, Home, at, datum, dimension, expression, metric, minute};

fn before(minutes: u64) -> Timestamp {
    Timestamp::from_millis(at(BEGIN).millis() - minutes as i64 * 60_000)
}

/// Three hours of a metric that goes to and fro between 9 and 11.
async fn usual(home: &Home, name: &str) {
    let data = (1..=180).map(|it| datum(name, "a", 9.0 + (it % 3) as f64, before(it)));
    home.put("App", data.collect()).await.unwrap();
}

/// Refused, in words with these among them.
fn says<T: std::fmt::Debug>(answer: Result<T, Fault>, part: &str) {
    let said = answer.expect_err(part).message;
    assert!(said.contains(part), "{said}, not {part}");
}

fn single(name: &str) -> SingleMetricAnomalyDetector {
    SingleMetricAnomalyDetector {
        namespace: Some("App".to_owned()),
        metric_name: Some(name.to_owned()),
        dimensions: Some(vec![dimension("a")]),
        stat: Some("Average".to_owned()),
        ..SingleMetricAnomalyDetector::default()
    }
}

fn detector(name: &str) -> PutAnomalyDetectorInput {
    PutAnomalyDetectorInput {
        single_metric_anomaly_detector: Some(single(name)),
        ..PutAnomalyDetectorInput::default()
    }
}

async fn detectors(home: &Home, types: &[&str]) -> Vec<AnomalyDetector> {
    let types = types.iter().map(|it| (*it).to_owned()).collect();
    let input = DescribeAnomalyDetectorsInput {
        anomaly_detector_types: Some(types),
        ..DescribeAnomalyDetectorsInput::default()
    };
    let call = home.call();
    let found = home.service.describe_anomaly_detectors(&call, input);
    found.await.unwrap().anomaly_detectors.unwrap()
}

async fn trained(home: &Home, state: &str) {
    until(&format!("the detector is {state}"), || async {
        let found = detectors(home, &["SINGLE_METRIC", "METRIC_MATH"]).await;
        found
            .iter()
            .all(|it| it.state_value.as_deref() == Some(state))
    })
    .await;
}

#[tokio::test]
async fn a_detector_is_put_trained_described_and_deleted() {
    let home = Home::start();
    usual(&home, "CPU").await;
    let call = home.call();
    let put = home.service.put_anomaly_detector(&call, detector("CPU"));
    let id = put.await.unwrap().anomaly_detector_id.unwrap();
    trained(&home, "TRAINED").await;
    // The same source is the same detector, in the members of before too.
    let older = single("CPU");
    let again = PutAnomalyDetectorInput {
        namespace: older.namespace,
        metric_name: older.metric_name,
        dimensions: older.dimensions,
        stat: older.stat,
        configuration: Some(AnomalyDetectorConfiguration {
            excluded_time_ranges: Some(vec![Range {
                start_time: Some(before(60)),
                end_time: Some(before(30)),
            }]),
            metric_timezone: Some("Europe/Berlin".to_owned()),
            adaptation_speed: Some("FAST".to_owned()),
            outlier_filtering_strength: Some("STRICT".to_owned()),
        }),
        ..PutAnomalyDetectorInput::default()
    };
    let call = home.call();
    let put = home.service.put_anomaly_detector(&call, again.clone());
    assert_eq!(
        put.await.unwrap().anomaly_detector_id.as_deref(),
        Some(&*id)
    );
    trained(&home, "TRAINED").await;
    let [shown] = &detectors(&home, &[]).await[..] else {
        panic!("one detector");
    };
    assert_eq!(shown.configuration, again.configuration);
    assert_eq!(shown.single_metric_anomaly_detector, Some(single("CPU")));
    assert_eq!(shown.metric_name.as_deref(), Some("CPU"));
    assert_eq!(detectors(&home, &["METRIC_MATH"]).await, []);
    // A metric without points.
    let call = home.call();
    let put = home
        .service
        .put_anomaly_detector(&call, detector("Nothing"));
    put.await.unwrap();
    until("too few points are said to be so", || async {
        let found = detectors(&home, &[]).await;
        let nothing = found
            .iter()
            .find(|it| it.metric_name.as_deref() == Some("Nothing"));
        nothing.unwrap().state_value.as_deref() == Some("TRAINED_INSUFFICIENT_DATA")
    })
    .await;

    let delete = |input: DeleteAnomalyDetectorInput| async {
        home.service
            .delete_anomaly_detector(&home.call(), input)
            .await
    };
    let by_id = DeleteAnomalyDetectorInput {
        anomaly_detector_id: Some(id),
        ..DeleteAnomalyDetectorInput::default()
    };
    delete(by_id.clone()).await.unwrap();
    assert_eq!(
        delete(by_id).await.unwrap_err().code,
        "ResourceNotFoundException"
    );
    let by_metric = DeleteAnomalyDetectorInput {
        single_metric_anomaly_detector: Some(single("Nothing")),
        ..DeleteAnomalyDetectorInput::default()
    };
    delete(by_metric).await.unwrap();
    assert_eq!(detectors(&home, &[]).await, []);
}

#[tokio::test]
async fn detectors_that_make_no_sense_are_says() {
    let home = Home::start();
    let base = || detector("CPU");
    let configured = |it: AnomalyDetectorConfiguration| PutAnomalyDetectorInput {
        configuration: Some(it),
        ..base()
    };
    let range = |from: u64, to: u64| Range {
        start_time: Some(before(from)),
        end_time: Some(before(to)),
    };
    let math = |queries: Vec<MetricDataQuery>| PutAnomalyDetectorInput {
        metric_math_anomaly_detector: Some(MetricMathAnomalyDetector {
            metric_data_queries: Some(queries),
        }),
        ..PutAnomalyDetectorInput::default()
    };
    let shown = |text: &str| vec![expression("e", text), hidden("m", "CPU")];
    for (input, said) in [
        (
            PutAnomalyDetectorInput::default(),
            "SingleMetricAnomalyDetector",
        ),
        (
            PutAnomalyDetectorInput {
                stat: Some("Sum".to_owned()),
                ..base()
            },
            "Exactly one of",
        ),
        (
            configured(AnomalyDetectorConfiguration {
                metric_timezone: Some("Mars/Olympus".to_owned()),
                ..AnomalyDetectorConfiguration::default()
            }),
            "MetricTimezone",
        ),
        (
            configured(AnomalyDetectorConfiguration {
                excluded_time_ranges: Some(vec![range(10, 20)]),
                ..AnomalyDetectorConfiguration::default()
            }),
            "before its EndTime",
        ),
        (
            configured(AnomalyDetectorConfiguration {
                excluded_time_ranges: Some(vec![range(20, 10); 11]),
                ..AnomalyDetectorConfiguration::default()
            }),
            "greater than 10",
        ),
        (math(shown("m + nothing")), "Undefined variable"),
        (math(shown("[m, m]")), "single time series"),
        (
            math(shown("FIRST(ANOMALY_DETECTION_BAND(m))")),
            "not over a band",
        ),
        (
            math(shown("SUM(SEARCH('{App,Host}', 'Sum', 60))")),
            "SEARCH",
        ),
        (
            math(vec![metric("m", "CPU", "a", "Sum"), expression("e", "m")]),
            "Exactly one element",
        ),
    ] {
        let answer = home.service.put_anomaly_detector(&home.call(), input).await;
        says(answer, said);
    }
}

fn hidden(id: &str, name: &str) -> MetricDataQuery {
    MetricDataQuery {
        return_data: Some(false),
        ..metric(id, name, "a", "Average")
    }
}

#[tokio::test]
async fn bands_are_answered_as_two_series_and_heed_their_detector() {
    let home = Home::start();
    usual(&home, "CPU").await;
    home.put("App", vec![datum("CPU", "a", 10.0, minute(3))])
        .await
        .unwrap();
    let band = || async {
        let queries = vec![
            metric("m", "CPU", "a", "Average"),
            expression("band", "ANOMALY_DETECTION_BAND(m, 2)"),
        ];
        let mut found = home.ask(queries).await.unwrap();
        let bounds = found.split_off(1);
        assert_eq!(found[0].values.as_deref(), Some(&[10.0][..]));
        let [upper, lower] = &bounds[..] else {
            panic!("two series");
        };
        for it in [upper, lower] {
            assert_eq!(it.id.as_deref(), Some("band"));
            assert_eq!(it.label.as_deref(), Some("CPU (expected)"));
            assert_eq!(
                it.values.as_ref().unwrap().len(),
                60,
                "each minute of the hour"
            );
        }
        (
            upper.values.clone().unwrap()[0],
            lower.values.clone().unwrap()[0],
        )
    };
    let (upper, lower) = band().await;
    assert!(
        upper > 11.0 && upper < 13.0 && lower < 9.0 && lower > 7.0,
        "{upper} {lower}"
    );
    // Without what was in the last two hours and a half, too little is left.
    let excluding = PutAnomalyDetectorInput {
        configuration: Some(AnomalyDetectorConfiguration {
            excluded_time_ranges: Some(vec![Range {
                start_time: Some(before(160)),
                end_time: Some(before(0)),
            }]),
            ..AnomalyDetectorConfiguration::default()
        }),
        ..detector("CPU")
    };
    home.service
        .put_anomaly_detector(&home.call(), excluding)
        .await
        .unwrap();
    let queries = vec![
        hidden("m", "CPU"),
        expression("band", "ANOMALY_DETECTION_BAND(m)"),
    ];
    let found = home.ask(queries).await.unwrap();
    let counts: Vec<usize> = found
        .iter()
        .map(|it| it.values.as_ref().unwrap().len())
        .collect();
    assert_eq!(counts, [0, 0]);
    // Math over bands and bands over math.
    let queries = vec![
        hidden("m", "CPU"),
        MetricDataQuery {
            return_data: Some(false),
            ..expression("twice", "m * 2")
        },
        expression("high", "FIRST(ANOMALY_DETECTION_BAND(twice)) / 2"),
    ];
    let found = home.ask(queries).await.unwrap();
    let high = found[0].values.clone().unwrap()[0];
    assert!(high > 11.0 && high < 13.0, "{high}");
    let rings = vec![
        hidden("m", "CPU"),
        expression("a", "ANOMALY_DETECTION_BAND(a)"),
    ];
    says(home.ask(rings).await, "refers to itself");
    let of_bands = vec![
        hidden("m", "CPU"),
        MetricDataQuery {
            return_data: Some(false),
            ..expression("a", "FIRST(ANOMALY_DETECTION_BAND(m))")
        },
        expression("b", "ANOMALY_DETECTION_BAND(a)"),
    ];
    says(home.ask(of_bands).await, "cannot be over a band");
    let many: Vec<MetricDataQuery> = (0..21)
        .flat_map(|it| {
            let id = format!("m{it}");
            [
                hidden(&id, "CPU"),
                expression(&format!("b{it}"), &format!("ANOMALY_DETECTION_BAND({id})")),
            ]
        })
        .collect();
    says(home.ask(many).await, "at most 20");
}

fn on_band(name: &str, comparison: &str) -> PutMetricAlarmInput {
    PutMetricAlarmInput {
        alarm_name: Some(name.to_owned()),
        evaluation_periods: Some(2),
        comparison_operator: Some(comparison.to_owned()),
        threshold_metric_id: Some("ad1".to_owned()),
        metrics: Some(vec![
            metric("m1", "CPU", "a", "Average"),
            expression("ad1", "ANOMALY_DETECTION_BAND(m1, 2)"),
        ]),
        ..PutMetricAlarmInput::default()
    }
}

async fn shown(home: &Home, name: &str) -> MetricAlarm {
    let input = DescribeAlarmsInput {
        alarm_names: Some(vec![name.to_owned()]),
        ..DescribeAlarmsInput::default()
    };
    let found = home.service.describe_alarms(&home.call(), input).await;
    found.unwrap().metric_alarms.unwrap().remove(0)
}

async fn becomes(home: &Home, name: &str, state: &str) -> String {
    until(&format!("{name} is {state}"), || async {
        shown(home, name).await.state_value.as_deref() == Some(state)
    })
    .await;
    shown(home, name).await.state_reason.unwrap()
}

#[tokio::test]
async fn alarms_on_bands_follow_what_is_usual() {
    let mut home = Home::start();
    let both = on_band("both", "LessThanLowerOrGreaterThanUpperThreshold");
    let topic = "arn:aws:sns:us-east-1:000000000000:ops".to_owned();
    let both = PutMetricAlarmInput {
        alarm_actions: Some(vec![topic]),
        ..both
    };
    for input in [
        both,
        on_band("above", "GreaterThanUpperThreshold"),
        on_band("below", "LessThanLowerThreshold"),
    ] {
        home.service
            .put_metric_alarm(&home.call(), input)
            .await
            .unwrap();
    }
    let described = shown(&home, "both").await;
    assert_eq!(described.threshold_metric_id.as_deref(), Some("ad1"));
    assert_eq!(
        (described.threshold, described.metrics.unwrap().len()),
        (None, 2)
    );
    usual(&home, "CPU").await;
    let jump = |it: u32| datum("CPU", "a", 50.0, minute(it));
    home.put("App", (0..2).map(jump).collect()).await.unwrap();
    home.wait(Duration::from_secs(120));
    let reason = becomes(&home, "both", "ALARM").await;
    assert!(reason.starts_with("Thresholds Crossed: 2 out of the last 2 datapoints [50.0 (22/11/26 10:01:00), 50.0 (22/11/26 10:00:00)] were less than the lower thresholds ["), "{reason}");
    assert!(
        reason.contains("] or greater than the upper thresholds ["),
        "{reason}"
    );
    becomes(&home, "above", "ALARM").await;
    becomes(&home, "below", "OK").await;
    until("the topic was told", || async {
        !home.notes.calls.lock().is_empty()
    })
    .await;
    let message = home.notes.calls.lock()[0].1.input["Message"]
        .as_str()
        .unwrap()
        .to_owned();
    let message: serde_json::Value = serde_json::from_str(&message).unwrap();
    let trigger = &message["Trigger"];
    assert_eq!(
        (&trigger["ThresholdMetricId"], &trigger["Period"]),
        (&"ad1".into(), &60.into())
    );
    assert_eq!(trigger.get("Threshold"), None);

    home.put(
        "App",
        (2..4)
            .map(|it| datum("CPU", "a", 1.0, minute(it)))
            .collect(),
    )
    .await
    .unwrap();
    home.wait(Duration::from_secs(120));
    becomes(&home, "below", "ALARM").await;
    becomes(&home, "above", "OK").await;
    // Without points there is nothing that could be out of the band.
    home.wait(Duration::from_secs(1200));
    becomes(&home, "both", "INSUFFICIENT_DATA").await;
}

#[tokio::test]
async fn an_alarm_whose_metric_is_not_known_well_enough_waits() {
    let mut home = Home::start();
    let input = on_band("young", "GreaterThanUpperThreshold");
    home.service
        .put_metric_alarm(&home.call(), input)
        .await
        .unwrap();
    let few = (0..4).map(|it| datum("CPU", "a", f64::from(it * 1000), minute(it)));
    home.put("App", few.collect()).await.unwrap();
    home.wait(Duration::from_secs(240));
    // Another alarm that needs no band shows that this minute was looked at.
    let plain = PutMetricAlarmInput {
        threshold_metric_id: None,
        threshold: Some(1.0),
        metrics: Some(vec![metric("m1", "CPU", "a", "Average")]),
        ..on_band("plain", "GreaterThanThreshold")
    };
    home.service
        .put_metric_alarm(&home.call(), plain)
        .await
        .unwrap();
    becomes(&home, "plain", "ALARM").await;
    let reason = becomes(&home, "young", "INSUFFICIENT_DATA").await;
    assert!(
        reason.starts_with("Insufficient Data") || reason.starts_with("Unchecked"),
        "{reason}"
    );
}

#[tokio::test]
async fn alarms_on_bands_that_make_no_sense_are_says() {
    let home = Home::start();
    let base = || on_band("a", "GreaterThanUpperThreshold");
    let policy = "arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:7:resource/ecs/service/c/s:policyName/p";
    for (input, said) in [
        (
            PutMetricAlarmInput {
                threshold: Some(1.0),
                ..base()
            },
            "mutually exclusive",
        ),
        (
            PutMetricAlarmInput {
                threshold_metric_id: None,
                ..base()
            },
            "ThresholdMetricId must be specified",
        ),
        (
            on_band("a", "GreaterThanThreshold"),
            "anomaly detection only",
        ),
        (
            PutMetricAlarmInput {
                threshold_metric_id: Some("m1".to_owned()),
                ..base()
            },
            "must match the Id",
        ),
        (
            PutMetricAlarmInput {
                threshold_metric_id: Some("x".to_owned()),
                ..base()
            },
            "does not match",
        ),
        (
            PutMetricAlarmInput {
                alarm_actions: Some(vec![policy.to_owned()]),
                ..base()
            },
            "Auto Scaling actions",
        ),
        (
            PutMetricAlarmInput {
                metrics: Some(vec![
                    hidden("m1", "CPU"),
                    expression("ad1", "ANOMALY_DETECTION_BAND(m1, 2)"),
                ]),
                ..base()
            },
            "Exactly two elements",
        ),
        (
            PutMetricAlarmInput {
                metrics: Some(vec![
                    metric("m1", "CPU", "a", "Sum"),
                    expression("ad1", "ANOMALY_DETECTION_BAND(m1, -2)"),
                ]),
                ..base()
            },
            "ANOMALY_DETECTION_BAND takes",
        ),
    ] {
        says(
            home.service.put_metric_alarm(&home.call(), input).await,
            said,
        );
    }
}
