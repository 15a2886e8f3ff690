//! Alarms on several lines at their limits.

use std::time::Duration;

use wharf_api_cloudwatch::{
    Cloudwatch as _, Dimension, MetricDataQuery, MetricDatum, PutMetricAlarmInput,
};
use wharf_testkit::until;

use crate::{
    alarms::{TOPIC, becomes, by_host, contributors, shown, told},
    home::{Home, datum, expression, minute},
};

fn said(host: &str, state: &str) -> (String, String) {
    (host.to_owned(), state.to_owned())
}

#[tokio::test]
async fn an_alarm_says_that_there_are_no_data_also_when_its_lines_go_with_them() {
    let mut home = Home::start();
    let input = PutMetricAlarmInput {
        insufficient_data_actions: Some(vec![TOPIC.to_owned()]),
        ..by_host("gone")
    };
    home.service
        .put_metric_alarm(&home.call(), input)
        .await
        .unwrap();
    home.put("App", vec![datum("CPU", "a", 90.0, minute(0))])
        .await
        .unwrap();
    home.wait(Duration::from_secs(60));
    becomes(&home, "gone", "ALARM").await;
    until("the topic was told", || async {
        told(&home) == [said("a", "ALARM")]
    })
    .await;
    home.notes.calls.lock().clear();
    home.wait(Duration::from_secs(1200));
    becomes(&home, "gone", "INSUFFICIENT_DATA").await;
    until("the topic was told of both", || async {
        told(&home) == [said("", "INSUFFICIENT_DATA"), said("a", "OK")]
    })
    .await;
}

#[tokio::test]
async fn an_alarm_speaks_for_the_lines_that_are_too_many() {
    let mut home = Home::start();
    let at = |minutes: u32, value: f64| {
        let host = |it: u32| format!("{it:03}{}", "x".repeat(1000));
        (0..300).map(move |it| datum("CPU", &host(it), value, minute(minutes)))
    };
    home.service
        .put_metric_alarm(&home.call(), by_host("most"))
        .await
        .unwrap();
    home.put("App", at(0, 90.0).collect()).await.unwrap();
    home.wait(Duration::from_secs(60));
    becomes(&home, "most", "ALARM").await;
    let now = shown(&home, "most").await;
    assert_eq!(
        (now.state_reason.as_deref(), now.evaluation_state.as_deref()),
        (
            Some("300 out of 300 time series evaluated to ALARM"),
            Some("PARTIAL_DATA")
        )
    );
    until("the topic was told of the alarm", || async {
        told(&home).contains(&said("", "ALARM"))
    })
    .await;
    home.put("App", at(1, 2.0).collect()).await.unwrap();
    home.wait(Duration::from_secs(60));
    becomes(&home, "most", "OK").await;
    until("the topic was told of the alarm again", || async {
        told(&home).contains(&said("", "OK"))
    })
    .await;
    assert_eq!(shown(&home, "most").await.evaluation_state, None);
    assert_eq!(contributors(&home, "most").await, []);
}

/// All lines are in the alarm's record.
#[tokio::test]
async fn the_record_of_an_alarm_is_written_few_times_though_all_its_lines_change() {
    let mut home = Home::start();
    let input = PutMetricAlarmInput {
        actions_enabled: Some(false),
        ..by_host("many")
    };
    home.service
        .put_metric_alarm(&home.call(), input)
        .await
        .unwrap();
    let all = (0..300).map(|it| datum("CPU", &format!("{it:03}"), 90.0, minute(0)));
    home.put("App", all.collect()).await.unwrap();
    let before = home.world.store.heard_of();
    home.wait(Duration::from_secs(60));
    becomes(&home, "many", "ALARM").await;
    // Leases of the server that took over among them.
    let writes = home.world.store.heard_of() - before;
    assert!(writes < 20, "{writes} transactions");
    assert_eq!(
        shown(&home, "many").await.state_reason.as_deref(),
        Some("300 out of 300 time series evaluated to ALARM")
    );
}

#[tokio::test]
async fn lines_with_much_to_say_are_written_in_parts() {
    let mut home = Home::start();
    let labels: Vec<String> = (0..15).map(|it| format!("L{it:02}")).collect();
    let sql = format!("SELECT MAX(CPU) FROM App GROUP BY {}", labels.join(", "));
    let query = MetricDataQuery {
        period: Some(60),
        ..expression("q", &sql)
    };
    let topics = (0..5).map(|it| format!("{TOPIC}{it}")).collect();
    let input = PutMetricAlarmInput {
        metrics: Some(vec![query]),
        alarm_actions: Some(topics),
        ..by_host("wide")
    };
    home.service
        .put_metric_alarm(&home.call(), input)
        .await
        .unwrap();
    let wide = |it: u32| MetricDatum {
        dimensions: Some(
            labels
                .iter()
                .map(|label| Dimension {
                    name: Some(label.clone()),
                    value: Some(format!("{it}{}", "x".repeat(1000))),
                })
                .collect(),
        ),
        ..datum("CPU", "", 90.0, minute(0))
    };
    home.put("App", (0..8).map(wide).collect()).await.unwrap();
    home.wait(Duration::from_secs(60));
    becomes(&home, "wide", "ALARM").await;
    until("each topic was told of each", || async {
        told(&home).len() == 40
    })
    .await;
    assert_eq!(contributors(&home, "wide").await.len(), 8);
}
