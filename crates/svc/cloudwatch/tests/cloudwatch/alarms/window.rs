//! Alarms whose periods are those of a clock on a wall.

use wharf_api_cloudwatch::{EvaluationWindow, SlidingWindow, WallClockWindow};

use super::*;

fn on_the_wall(timezone: &str) -> Option<EvaluationWindow> {
    Some(EvaluationWindow {
        sliding_window: None,
        wall_clock_window: Some(WallClockWindow {
            timezone: Some(timezone.to_owned()),
        }),
    })
}

fn hourly(window: Option<EvaluationWindow>) -> PutMetricAlarmInput {
    PutMetricAlarmInput {
        period: Some(3600),
        evaluation_periods: Some(1),
        datapoints_to_alarm: None,
        evaluation_window: window,
        ..alarm("hourly")
    }
}

#[tokio::test]
async fn an_alarm_looks_at_hours_of_the_clock_on_the_wall() {
    let mut home = Home::start();
    home.service
        .put_metric_alarm(&home.call(), hourly(on_the_wall("Asia/Kolkata")))
        .await
        .unwrap();
    assert_eq!(
        shown(&home, "hourly").await.evaluation_window,
        on_the_wall("Asia/Kolkata")
    );
    let measured = vec![datum("CPU", "a", 90.0, minute(10))];
    home.put("App", measured).await.unwrap();
    // Half past ten in UTC is four o'clock there.
    home.wait(Duration::from_secs(1805));
    becomes(&home, "hourly", "ALARM").await;
    let data = shown(&home, "hourly").await.state_reason_data.unwrap();
    let data: serde_json::Value = serde_json::from_str(&data).unwrap();
    assert_eq!(data["startDate"], "2026-11-22T09:30:00.000+0000");
}

#[tokio::test]
async fn windows_that_do_not_fit_are_refused() {
    let home = Home::start();
    let both = EvaluationWindow {
        sliding_window: Some(SlidingWindow::default()),
        ..on_the_wall("UTC").unwrap()
    };
    let math = PutMetricAlarmInput {
        namespace: None,
        metric_name: None,
        dimensions: None,
        statistic: None,
        period: None,
        metrics: Some(vec![metric("m", "CPU", "a", "Sum")]),
        ..hourly(on_the_wall("Europe/Berlin"))
    };
    let cases = [
        (
            PutMetricAlarmInput {
                period: Some(120),
                ..hourly(on_the_wall("UTC"))
            },
            "The period of an alarm with a WallClockWindow must be one of 60, 300, 3600, 86400 and 604800.",
        ),
        (
            hourly(on_the_wall("+01:03")),
            "The value +01:03 for parameter Timezone is invalid: it must be a time zone of the IANA database or an offset from UTC that is a multiple of 5 minutes.",
        ),
        (
            hourly(Some(both)),
            "Exactly one of SlidingWindow and WallClockWindow must be specified.",
        ),
        (
            math,
            "WallClockWindow with a time zone or a period of a week is not supported by this version of wharf for alarms on Metrics.",
        ),
    ];
    for (input, text) in cases {
        let put = home.service.put_metric_alarm(&home.call(), input).await;
        refused(put, "ValidationException", text);
    }
}
