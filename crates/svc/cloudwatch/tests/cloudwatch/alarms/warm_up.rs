//! Alarms that are not evaluated at first.

use wharf_api_cloudwatch::WarmUpConfiguration;
use wharf_testkit::call_at;

use super::*;
use crate::home::at;

fn warm_up(minutes: i32, whole: bool) -> Option<WarmUpConfiguration> {
    Some(WarmUpConfiguration {
        warm_up_period_duration_in_minutes: Some(minutes),
        only_start_evaluating_after_warm_up_period_ends: Some(whole),
    })
}

async fn warms_up(home: &Home, name: &str) {
    until(&format!("{name} warms up"), || async {
        shown(home, name).await.evaluation_state.as_deref() == Some("IN_WARM_UP")
    })
    .await;
    let state = shown(home, name).await.state_value;
    assert_eq!(state.as_deref(), Some("INSUFFICIENT_DATA"));
}

#[tokio::test]
async fn an_alarm_that_is_to_wait_is_evaluated_when_its_warm_up_is_over() {
    let mut home = Home::start();
    let input = PutMetricAlarmInput {
        treat_missing_data: Some("breaching".to_owned()),
        warm_up_configuration: warm_up(30, true),
        ..alarm("silent")
    };
    home.service
        .put_metric_alarm(&home.call(), input)
        .await
        .unwrap();
    assert_eq!(
        shown(&home, "silent").await.warm_up_configuration,
        warm_up(30, true)
    );
    home.wait(Duration::from_secs(1740));
    warms_up(&home, "silent").await;
    home.wait(Duration::from_secs(60));
    becomes(&home, "silent", "ALARM").await;
    assert_eq!(shown(&home, "silent").await.evaluation_state, None);
}

#[tokio::test]
async fn a_warm_up_that_began_by_a_clock_that_was_ahead_ends() {
    let mut home = Home::start();
    let input = PutMetricAlarmInput {
        treat_missing_data: Some("breaching".to_owned()),
        warm_up_configuration: warm_up(30, true),
        ..alarm("silent")
    };
    let tomorrow = call_at(at("2026-11-23T10:00:00Z"));
    home.service
        .put_metric_alarm(&tomorrow, input)
        .await
        .unwrap();
    warms_up(&home, "silent").await;
    home.wait(Duration::from_secs(1800));
    becomes(&home, "silent", "ALARM").await;
}

#[tokio::test]
async fn a_warm_up_ends_with_data_of_the_whole_window_and_does_not_come_back() {
    let mut home = Home::start();
    let with = |configuration| PutMetricAlarmInput {
        warm_up_configuration: configuration,
        ..alarm("hot")
    };
    home.service
        .put_metric_alarm(&home.call(), with(warm_up(60, false)))
        .await
        .unwrap();
    let measure = async |home: &Home, value: f64, minutes: std::ops::Range<u32>| {
        let data = minutes.map(|it| datum("CPU", "a", value, minute(it)));
        home.put("App", data.collect()).await.unwrap();
    };
    measure(&home, 95.0, 1..3).await;
    home.wait(Duration::from_secs(180));
    warms_up(&home, "hot").await;
    measure(&home, 95.0, 3..4).await;
    home.wait(Duration::from_secs(60));
    becomes(&home, "hot", "ALARM").await;
    let again = with(warm_up(120, true));
    home.service
        .put_metric_alarm(&home.call(), again)
        .await
        .unwrap();
    assert_eq!(
        shown(&home, "hot").await.warm_up_configuration,
        warm_up(120, true)
    );
    measure(&home, 5.0, 4..6).await;
    home.wait(Duration::from_secs(120));
    becomes(&home, "hot", "OK").await;
}
