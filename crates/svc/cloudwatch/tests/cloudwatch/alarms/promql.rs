//! Alarms on PromQL.

use wharf_api_cloudwatch::{AlarmPromQLCriteria, EvaluationCriteria};

use super::*;

fn criteria(query: &str) -> Option<EvaluationCriteria> {
    Some(EvaluationCriteria {
        prom_ql_criteria: Some(AlarmPromQLCriteria {
            query: Some(query.to_owned()),
            pending_period: Some(60),
            recovery_period: Some(60),
        }),
    })
}

fn hot(query: &str) -> PutMetricAlarmInput {
    PutMetricAlarmInput {
        alarm_name: Some("hot".to_owned()),
        evaluation_criteria: criteria(query),
        evaluation_interval: Some(60),
        alarm_actions: Some(vec![TOPIC.to_owned()]),
        ..PutMetricAlarmInput::default()
    }
}

const QUERY: &str = "app_cpu_average > 70";

/// Its query has asked for another state of a series for a while.
async fn notes_that(home: &Home, is_so: bool) {
    let key = "/w1/c0/cloudwatch/000000000000/us-east-1/alarm/hot";
    until(&format!("a series is on its way: {is_so}"), || async {
        let stored = home.world.store.get(key).await.unwrap().unwrap();
        let text = String::from_utf8(stored.value.to_vec()).unwrap();
        text.contains("otherwiseSince") == is_so
    })
    .await;
}

#[tokio::test]
async fn each_series_of_a_query_is_in_alarm_once_it_lasts() {
    let mut home = Home::start();
    home.service
        .put_metric_alarm(&home.call(), hot(QUERY))
        .await
        .unwrap();
    let put = shown(&home, "hot").await;
    assert_eq!(
        (put.evaluation_criteria, put.evaluation_interval),
        (criteria(QUERY), Some(60))
    );
    assert_eq!((put.period, put.comparison_operator), (None, None));
    let measured = vec![
        datum("CPU", "a", 90.0, minute(0)),
        datum("CPU", "b", 10.0, minute(0)),
    ];
    home.put("App", measured).await.unwrap();
    home.wait(Duration::from_secs(60));
    becomes(&home, "hot", "OK").await;
    notes_that(&home, true).await;
    assert_eq!(contributors(&home, "hot").await, []);
    home.wait(Duration::from_secs(60));
    becomes(&home, "hot", "ALARM").await;
    let all = contributors(&home, "hot").await;
    let [one] = &all[..] else {
        panic!("{all:?}");
    };
    let attributes = one.contributor_attributes.clone().unwrap();
    assert_eq!(attributes["host"], "a");
    until("the topic was told", || async {
        home.notes.calls.lock().len() == 1
    })
    .await;
    let (_, request) = home.notes.calls.lock()[0].clone();
    let message = request.input["Message"].as_str().unwrap();
    let message: serde_json::Value = serde_json::from_str(message).unwrap();
    assert_eq!(message["AlarmContributorAttributes"]["host"], "a");
    let criteria = &message["EvaluationCriteria"]["PromQLCriteria"];
    assert_eq!(criteria["Query"], QUERY);

    let cooler = vec![datum("CPU", "a", 5.0, minute(2))];
    home.put("App", cooler).await.unwrap();
    home.wait(Duration::from_secs(60));
    notes_that(&home, true).await;
    let state = shown(&home, "hot").await.state_value;
    assert_eq!(state.as_deref(), Some("ALARM"));
    home.wait(Duration::from_secs(60));
    becomes(&home, "hot", "OK").await;
    notes_that(&home, false).await;
}

#[tokio::test]
async fn looks_of_the_same_ten_seconds_are_about_the_same_moment() {
    let home = Home::start();
    home.pass(Duration::from_millis(13_700));
    // A query that comes to another series at each moment.
    let mut input = hot(r#"count_values("at", vector(time()))"#);
    let criteria = input.evaluation_criteria.as_mut();
    let promql = criteria.and_then(|it| it.prom_ql_criteria.as_mut());
    promql.unwrap().pending_period = None;
    let put = home.service.put_metric_alarm(&home.call(), input).await;
    put.unwrap();
    becomes(&home, "hot", "ALARM").await;
    let all = contributors(&home, "hot").await;
    let [one] = &all[..] else {
        panic!("{all:?}");
    };
    let attributes = one.contributor_attributes.clone().unwrap();
    assert_eq!(attributes["at"], "1795341610");
}

#[tokio::test]
async fn queries_that_are_none_and_what_they_do_not_heed_are_refused() {
    let home = Home::start();
    let policy = "arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:7:resource/ecs/service/c/s:policyName/p";
    let cases = [
        (
            PutMetricAlarmInput {
                threshold: Some(1.0),
                ..hot(QUERY)
            },
            "The parameters EvaluationCriteria and Threshold are mutually exclusive and you have specified both.".to_owned(),
        ),
        (
            PutMetricAlarmInput {
                evaluation_interval: None,
                ..hot(QUERY)
            },
            "EvaluationInterval must be specified, as 10, 20, 30 or a multiple of 60 that is at most 3600.".to_owned(),
        ),
        (
            PutMetricAlarmInput {
                evaluation_interval: Some(40),
                ..hot(QUERY)
            },
            "EvaluationInterval must be specified, as 10, 20, 30 or a multiple of 60 that is at most 3600.".to_owned(),
        ),
        (
            PutMetricAlarmInput {
                evaluation_interval: Some(60),
                ..alarm("hot")
            },
            "EvaluationInterval can be specified with EvaluationCriteria only.".to_owned(),
        ),
        (
            hot("app_cpu_average[5m]"),
            "The query must return a result of vector type.".to_owned(),
        ),
        (
            PutMetricAlarmInput {
                alarm_actions: Some(vec![policy.to_owned()]),
                ..hot(QUERY)
            },
            format!("An alarm on PromQL cannot call a scaling policy: {policy}"),
        ),
    ];
    for (input, text) in cases {
        let put = home.service.put_metric_alarm(&home.call(), input).await;
        refused(put, "ValidationException", &text);
    }
    let put = home
        .service
        .put_metric_alarm(&home.call(), hot("up =="))
        .await;
    let refusal = put.unwrap_err().message;
    assert!(refusal.starts_with("The query is not valid: "), "{refusal}");
}
