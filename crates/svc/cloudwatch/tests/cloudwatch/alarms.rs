//! Alarms in virtual time: data come in, states change, and what follows is written down and sent.

mod actions;
mod composites;
mod many;
mod promql;
mod warm_up;
mod window;

use std::time::Duration;

use wharf_api_cloudwatch::{
    AlarmContributor, Cloudwatch as _, DeleteAlarmsInput, DescribeAlarmContributorsInput,
    DescribeAlarmHistoryInput, DescribeAlarmsForMetricInput, DescribeAlarmsInput,
    DisableAlarmActionsInput, Input, ListTagsForResourceInput, MetricAlarm, MetricDataQuery,
    PutCompositeAlarmInput, PutDashboardInput, PutMetricAlarmInput, SetAlarmStateInput, Tag,
    TagResourceInput,
};
use wharf_delivery::Actor;
use wharf_testkit::{call_of_service, refused, until};

use self::composites::composite;
use crate::home::{Home, datum, dimension, expression, metric, minute};

pub const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:ops";

fn alarm(name: &str) -> PutMetricAlarmInput {
    PutMetricAlarmInput {
        alarm_name: Some(name.to_owned()),
        namespace: Some("App".to_owned()),
        metric_name: Some("CPU".to_owned()),
        dimensions: Some(vec![dimension("a")]),
        statistic: Some("Average".to_owned()),
        period: Some(60),
        evaluation_periods: Some(3),
        datapoints_to_alarm: Some(2),
        threshold: Some(70.0),
        comparison_operator: Some("GreaterThanThreshold".to_owned()),
        alarm_actions: Some(vec![TOPIC.to_owned()]),
        ..PutMetricAlarmInput::default()
    }
}

pub async fn shown(home: &Home, name: &str) -> MetricAlarm {
    let input = DescribeAlarmsInput {
        alarm_names: Some(vec![name.to_owned()]),
        ..DescribeAlarmsInput::default()
    };
    let found = home
        .service
        .describe_alarms(&home.call(), input)
        .await
        .unwrap();
    found.metric_alarms.unwrap().remove(0)
}

pub async fn becomes(home: &Home, name: &str, state: &str) {
    until(&format!("{name} is {state}"), || async {
        shown(home, name).await.state_value.as_deref() == Some(state)
    })
    .await;
}

#[tokio::test]
async fn an_alarm_follows_its_data_and_tells_its_topic() {
    let mut home = Home::start();
    home.service
        .put_metric_alarm(&home.call(), alarm("hot"))
        .await
        .unwrap();
    let first = shown(&home, "hot").await;
    assert_eq!(
        first.state_reason.as_deref(),
        Some("Unchecked: Initial alarm creation")
    );
    home.put(
        "App",
        vec![
            datum("CPU", "a", 10.0, minute(0)),
            datum("CPU", "a", 90.0, minute(1)),
            datum("CPU", "a", 95.5, minute(2)),
        ],
    )
    .await
    .unwrap();
    home.wait(Duration::from_secs(180));
    becomes(&home, "hot", "ALARM").await;
    let now = shown(&home, "hot").await;
    assert_eq!(
        now.state_reason.as_deref(),
        Some(
            "Threshold Crossed: 2 out of the last 3 datapoints [95.5 (22/11/26 10:02:00), 90.0 (22/11/26 10:01:00)] were greater than the threshold (70.0) (minimum 2 datapoints for OK -> ALARM transition)."
        )
    );
    until("the topic was told", || async {
        !home.notes.calls.lock().is_empty()
    })
    .await;
    let (actor, request) = home.notes.calls.lock()[0].clone();
    let arn = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:hot";
    let service = Actor::Service {
        name: "cloudwatch.amazonaws.com".to_owned(),
        account: "000000000000".to_owned(),
        source_arn: arn.to_owned(),
    };
    assert_eq!((actor, &*request.operation), (service, "Publish"));
    assert_eq!(
        request.input["Subject"],
        "ALARM: \"hot\" in US East (N. Virginia)"
    );
    let message: serde_json::Value =
        serde_json::from_str(request.input["Message"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&message["NewStateValue"], &message["OldStateValue"]),
        (&"ALARM".into(), &"INSUFFICIENT_DATA".into())
    );
    assert_eq!(
        (
            &message["Trigger"]["Threshold"],
            &message["Trigger"]["Statistic"]
        ),
        (&70.0.into(), &"AVERAGE".into())
    );

    home.put(
        "App",
        (3..6)
            .map(|it| datum("CPU", "a", 5.0, minute(it)))
            .collect(),
    )
    .await
    .unwrap();
    home.wait(Duration::from_secs(180));
    becomes(&home, "hot", "OK").await;
    home.wait(Duration::from_secs(1200));
    becomes(&home, "hot", "INSUFFICIENT_DATA").await;
    let history = home
        .service
        .describe_alarm_history(
            &home.call(),
            DescribeAlarmHistoryInput {
                alarm_name: Some("hot".to_owned()),
                ..DescribeAlarmHistoryInput::default()
            },
        )
        .await
        .unwrap();
    let summaries: Vec<String> = history
        .alarm_history_items
        .unwrap()
        .into_iter()
        .map(|it| it.history_summary.unwrap())
        .collect();
    let wanted = [
        "Alarm updated from OK to INSUFFICIENT_DATA",
        "Alarm updated from ALARM to OK",
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        "Alarm \"hot\" created",
    ];
    let told: Vec<&String> = summaries
        .iter()
        .filter(|it| !it.starts_with("Successfully"))
        .collect();
    assert_eq!(told, wanted.iter().collect::<Vec<_>>());
    assert_eq!(summaries.len(), wanted.len() + 1, "one action");
    assert_eq!(
        home.notes.calls.lock().len(),
        1,
        "the other states have no actions"
    );
}

#[tokio::test]
async fn math_percentiles_and_missing_data() {
    let mut home = Home::start();
    let math = PutMetricAlarmInput {
        namespace: None,
        metric_name: None,
        dimensions: None,
        statistic: None,
        period: None,
        evaluation_periods: Some(1),
        datapoints_to_alarm: None,
        threshold: Some(50.0),
        metrics: Some(vec![
            expression("share", "100 * errors / requests"),
            hidden("errors", "Errors"),
            hidden("requests", "Requests"),
        ]),
        ..alarm("share")
    };
    home.service
        .put_metric_alarm(&home.call(), math)
        .await
        .unwrap();
    home.service
        .put_metric_alarm(
            &home.call(),
            PutMetricAlarmInput {
                statistic: None,
                extended_statistic: Some("p90".to_owned()),
                evaluate_low_sample_count_percentile: Some("ignore".to_owned()),
                evaluation_periods: Some(1),
                datapoints_to_alarm: None,
                ..alarm("slow")
            },
        )
        .await
        .unwrap();
    home.service
        .put_metric_alarm(
            &home.call(),
            PutMetricAlarmInput {
                metric_name: Some("Nothing".to_owned()),
                treat_missing_data: Some("breaching".to_owned()),
                ..alarm("silent")
            },
        )
        .await
        .unwrap();
    home.put(
        "App",
        vec![
            datum("Errors", "a", 6.0, minute(0)),
            datum("Requests", "a", 10.0, minute(0)),
            datum("CPU", "a", 99.0, minute(0)),
        ],
    )
    .await
    .unwrap();
    home.wait(Duration::from_secs(60));
    becomes(&home, "share", "ALARM").await;
    becomes(&home, "silent", "ALARM").await;
    assert_eq!(
        shown(&home, "silent").await.state_reason.as_deref(),
        Some(
            "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [Breaching]."
        )
    );
    // One sample says nothing of a percentile.
    assert_eq!(
        shown(&home, "slow").await.state_value.as_deref(),
        Some("INSUFFICIENT_DATA")
    );
    let many = wharf_api_cloudwatch::MetricDatum {
        value: None,
        values: Some(vec![99.0]),
        counts: Some(vec![200.0]),
        ..datum("CPU", "a", 0.0, minute(1))
    };
    home.put("App", vec![many]).await.unwrap();
    home.wait(Duration::from_secs(60));
    becomes(&home, "slow", "ALARM").await;
}

fn hidden(id: &str, name: &str) -> wharf_api_cloudwatch::MetricDataQuery {
    wharf_api_cloudwatch::MetricDataQuery {
        return_data: Some(false),
        ..metric(id, name, "a", "Sum")
    }
}

#[tokio::test]
async fn alarms_that_are_none_are_refused_and_others_are_found_by_their_metric() {
    let home = Home::start();
    let code = "ValidationException";
    type Change = fn(&mut PutMetricAlarmInput);
    let cases: [(Change, &str); 9] = [
        (
            |it| it.alarm_actions = Some(vec!["here".to_owned()]),
            "Invalid arn syntax: here",
        ),
        (
            |it| {
                it.alarm_actions = Some(vec![
                    "arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:x".to_owned(),
                ])
            },
            "The action arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:x is not supported by this version of wharf: this is no policy of scaling.",
        ),
        (
            |it| it.period = Some(45),
            "Period must be 10, 20, 30 or a multiple of 60.",
        ),
        (
            |it| it.evaluation_periods = Some(1441),
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400), or a week for periods of an hour and more.",
        ),
        (
            |it| it.datapoints_to_alarm = Some(4),
            "DatapointsToAlarm must be at least 1 and at most EvaluationPeriods.",
        ),
        (
            |it| it.treat_missing_data = Some("x".to_owned()),
            "The value x for parameter TreatMissingData is invalid.",
        ),
        (|it| it.threshold = None, "Threshold must be specified."),
        (
            |it| it.comparison_operator = Some("GreaterThanUpperThreshold".to_owned()),
            "ThresholdMetricId must be specified for a ComparisonOperator of anomaly detection.",
        ),
        (
            |it| it.metrics = Some(vec![metric("m", "CPU", "a", "Sum")]),
            "The parameters Metrics and MetricName are mutually exclusive and you have specified both.",
        ),
    ];
    for (change, text) in cases {
        let mut input = alarm("x");
        change(&mut input);
        refused(
            home.service.put_metric_alarm(&home.call(), input).await,
            code,
            text,
        );
    }
    home.service
        .put_metric_alarm(&home.call(), alarm("x"))
        .await
        .unwrap();
    let asked = DescribeAlarmsForMetricInput {
        namespace: Some("App".to_owned()),
        metric_name: Some("CPU".to_owned()),
        dimensions: Some(vec![dimension("a")]),
        ..DescribeAlarmsForMetricInput::default()
    };
    let of_both = DescribeAlarmsForMetricInput {
        statistic: alarm("x").statistic,
        extended_statistic: Some("p99".to_owned()),
        ..asked.clone()
    };
    for (asked, count) in [(asked, 1), (of_both, 0)] {
        let call = home.call();
        let found = home.service.describe_alarms_for_metric(&call, asked).await;
        assert_eq!(found.unwrap().metric_alarms.unwrap().len(), count);
    }
    let arn = shown(&home, "x").await.alarm_arn;
    let tag = Tag {
        key: Some("team".to_owned()),
        value: Some("web".to_owned()),
    };
    home.service
        .tag_resource(
            &home.call(),
            TagResourceInput {
                resource_arn: arn.clone(),
                tags: Some(vec![tag.clone()]),
            },
        )
        .await
        .unwrap();
    let asked = ListTagsForResourceInput { resource_arn: arn };
    let listed = home
        .service
        .list_tags_for_resource(&home.call(), asked)
        .await;
    assert_eq!(listed.unwrap().tags, Some(vec![tag]));
}

fn of_queries(queries: Vec<wharf_api_cloudwatch::MetricDataQuery>) -> PutMetricAlarmInput {
    PutMetricAlarmInput {
        namespace: None,
        metric_name: None,
        dimensions: None,
        statistic: None,
        period: None,
        metrics: Some(queries),
        ..alarm("math")
    }
}

fn aside(id: &str, text: &str) -> wharf_api_cloudwatch::MetricDataQuery {
    wharf_api_cloudwatch::MetricDataQuery {
        return_data: Some(false),
        ..expression(id, text)
    }
}

#[tokio::test]
async fn expressions_that_come_to_no_line_are_refused_with_the_alarm() {
    let home = Home::start();
    for (text, said) in [
        ("m9 + 1", "Error in expression 'e': Undefined variable 'm9'"),
        (
            "METRICS() + METRICS()",
            "Error in expression 'e': Unsupported operand type(s) for +: 'Array of Time Series' and 'Array of Time Series'",
        ),
        (
            "1 + 1",
            "Error in expression 'e': The expression of an alarm must return a single time series",
        ),
        (
            "[m, m]",
            "Error in expression 'e': The expression of an alarm must return a single time series",
        ),
        (
            "NO_SUCH(m)",
            "Error in expression 'e': Unknown function 'NO_SUCH'",
        ),
        (
            "FIRST(SEARCH('{App}', 'Sum', 60))",
            "SEARCH is not supported on Metric Alarms.",
        ),
    ] {
        let queries = vec![expression("e", text), hidden("m", "Errors")];
        let put = home
            .service
            .put_metric_alarm(&home.call(), of_queries(queries))
            .await;
        refused(put, "ValidationException", said);
    }
    // As arrays of a thousand arrays of a thousand: it would be a billion lines at each look.
    let thousand = |of: &str| format!("[{}]", vec![of; 1000].join(","));
    let put = of_queries(vec![
        hidden("m", "Errors"),
        aside("t", "TIME_SERIES(1)"),
        aside("a", &thousand("t")),
        aside("b", &thousand("a")),
        aside("c", &thousand("b")),
        expression("r", "FIRST(c)"),
    ]);
    refused(
        home.service.put_metric_alarm(&home.call(), put).await,
        "ValidationException",
        "Error in expression 'b': The expressions would make too many datapoints",
    );
    for text in ["FIRST(METRICS())", "METRICS()", "IF(m > 1, m, 0)"] {
        let queries = vec![expression("e", text), hidden("m", "Errors")];
        home.service
            .put_metric_alarm(&home.call(), of_queries(queries))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn the_history_of_an_alarm_ends_with_its_latest_items() {
    let home = Home::start();
    home.service
        .put_metric_alarm(&home.call(), alarm("often"))
        .await
        .unwrap();
    for number in 0..600 {
        let set = SetAlarmStateInput {
            alarm_name: Some("often".to_owned()),
            state_value: Some("OK".to_owned()),
            state_reason: Some(format!("reason {number}")),
            ..SetAlarmStateInput::default()
        };
        home.service
            .set_alarm_state(&home.call(), set)
            .await
            .unwrap();
    }
    // What an update keeps is counted on.
    home.service
        .put_metric_alarm(&home.call(), alarm("often"))
        .await
        .unwrap();
    let (mut said, mut next_token) = (String::new(), None);
    let mut count = 0;
    loop {
        let input = DescribeAlarmHistoryInput {
            alarm_name: Some("often".to_owned()),
            next_token,
            ..DescribeAlarmHistoryInput::default()
        };
        let page = home
            .service
            .describe_alarm_history(&home.call(), input)
            .await
            .unwrap();
        for it in page.alarm_history_items.unwrap() {
            count += 1;
            said.push_str(&it.history_data.unwrap());
        }
        next_token = page.next_token;
        if next_token.is_none() {
            break;
        }
    }
    assert_eq!(count, 500);
    assert!(said.contains("\"reason 599\"") && !said.contains("\"reason 99\""));
}

#[tokio::test]
async fn an_alarm_or_dashboard_with_tags_asks_for_tagging_too() {
    let home = Home::start();
    let call = home.call();
    let tags = Some(vec![Tag {
        key: Some("team".to_owned()),
        value: Some("web".to_owned()),
    }]);
    let metric = PutMetricAlarmInput {
        tags: tags.clone(),
        ..alarm("x")
    };
    let above = PutCompositeAlarmInput {
        tags: tags.clone(),
        ..composite("y", "ALARM(x)")
    };
    let board = PutDashboardInput {
        dashboard_name: Some("z".to_owned()),
        tags,
        ..PutDashboardInput::default()
    };
    let untagged = alarm("x");
    for (input, action, tagged) in [
        (
            Input::PutMetricAlarm(&metric),
            "cloudwatch:PutMetricAlarm",
            true,
        ),
        (
            Input::PutCompositeAlarm(&above),
            "cloudwatch:PutCompositeAlarm",
            true,
        ),
        (Input::PutDashboard(&board), "cloudwatch:PutDashboard", true),
        (
            Input::PutMetricAlarm(&untagged),
            "cloudwatch:PutMetricAlarm",
            false,
        ),
    ] {
        let rows = home.service.authorize(&call, input).await.unwrap();
        let actions: Vec<&str> = rows.iter().map(|it| it.action.as_str()).collect();
        let wanted = [action, "cloudwatch:TagResource"];
        assert_eq!(actions, wanted[..1 + usize::from(tagged)]);
        if tagged {
            assert_eq!(rows[1].resource, rows[0].resource);
            assert_eq!(rows[1].context["aws:RequestTag/team"], ["web"]);
        }
    }
}

#[tokio::test]
async fn an_alarm_says_that_it_cannot_be_evaluated() {
    let mut home = Home::start();
    let call = home.call();
    let put = home.service.put_metric_alarm(&call, alarm("hot"));
    put.await.unwrap();
    let key = "/w1/c0/cloudwatch/000000000000/us-east-1/alarm/hot";
    let change = async |home: &Home, from: &str, to: &str| {
        let stored = home.world.store.get(key).await.unwrap().unwrap();
        let text = String::from_utf8(stored.value.to_vec()).unwrap();
        assert!(text.contains(from), "{text}");
        let txn = wharf_store::Txn::new().put(key, text.replace(from, to).into_bytes());
        let written = home.world.store.txn(&home.call().permit, txn).await;
        assert!(written.unwrap().succeeded);
    };
    let says = async |home: &Home, wanted: Option<&str>| {
        until(&format!("the alarm says {wanted:?}"), || async {
            shown(home, "hot").await.evaluation_state.as_deref() == wanted
        })
        .await;
    };
    // A later version knew comparisons that this one does not.
    change(&home, "GreaterThanThreshold", "GreaterThanEver").await;
    home.wait(Duration::from_secs(120));
    says(&home, Some("EVALUATION_ERROR")).await;
    let state = shown(&home, "hot").await.state_value;
    assert_eq!(state.as_deref(), Some("INSUFFICIENT_DATA"));
    change(&home, "GreaterThanEver", "GreaterThanThreshold").await;
    home.wait(Duration::from_secs(60));
    says(&home, None).await;
}

pub fn by_host(name: &str) -> PutMetricAlarmInput {
    let sql = "SELECT MAX(CPU) FROM SCHEMA(App, Host) GROUP BY Host";
    let query = MetricDataQuery {
        period: Some(60),
        ..expression("q", sql)
    };
    PutMetricAlarmInput {
        alarm_name: Some(name.to_owned()),
        metrics: Some(vec![query]),
        evaluation_periods: Some(1),
        threshold: Some(70.0),
        comparison_operator: Some("GreaterThanThreshold".to_owned()),
        alarm_actions: Some(vec![TOPIC.to_owned()]),
        ok_actions: Some(vec![TOPIC.to_owned()]),
        ..PutMetricAlarmInput::default()
    }
}

pub async fn contributors(home: &Home, name: &str) -> Vec<AlarmContributor> {
    let input = DescribeAlarmContributorsInput {
        alarm_name: Some(name.to_owned()),
        ..DescribeAlarmContributorsInput::default()
    };
    let found = home
        .service
        .describe_alarm_contributors(&home.call(), input)
        .await;
    found.unwrap().alarm_contributors.unwrap()
}

/// Whose lines a topic was told of, and their states.
pub fn told(home: &Home) -> Vec<(String, String)> {
    let calls = home.notes.calls.lock();
    let said = calls.iter().map(|(_, request)| {
        let text = request.input["Message"].as_str().unwrap();
        serde_json::from_str::<serde_json::Value>(text).unwrap()
    });
    let mut said: Vec<(String, String)> = said
        .map(|it| {
            let text = |it: &serde_json::Value| it.as_str().unwrap_or_default().to_owned();
            (
                text(&it["AlarmContributorAttributes"]["Host"]),
                text(&it["NewStateValue"]),
            )
        })
        .collect();
    said.sort();
    said
}
