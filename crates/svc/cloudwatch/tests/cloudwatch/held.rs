//! Actions of alarms that are held back: by suppressors of composite alarms, and by rules that mute.

use std::time::Duration;

use wharf_api_cloudwatch::{
    Cloudwatch as _, CompositeAlarm, DeleteAlarmMuteRuleInput, DescribeAlarmsInput,
    GetAlarmMuteRuleInput, ListAlarmMuteRulesInput, MuteTargets, PutAlarmMuteRuleInput,
    PutCompositeAlarmInput, PutMetricAlarmInput, Rule, Schedule, SetAlarmStateInput,
};
use wharf_testkit::until;
use wharf_wire::Fault;

use crate::home::{Home, dimension};

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:ops";

/// One that nothing but SetAlarmState moves: its metric has no points, and gaps change nothing.
async fn metric_alarm(home: &Home, name: &str) {
    let input = PutMetricAlarmInput {
        alarm_name: Some(name.to_owned()),
        namespace: Some("App".to_owned()),
        metric_name: Some(name.to_owned()),
        dimensions: Some(vec![dimension("a")]),
        statistic: Some("Average".to_owned()),
        period: Some(60),
        evaluation_periods: Some(1),
        threshold: Some(70.0),
        comparison_operator: Some("GreaterThanThreshold".to_owned()),
        treat_missing_data: Some("ignore".to_owned()),
        ok_actions: Some(vec![TOPIC.to_owned()]),
        alarm_actions: Some(vec![TOPIC.to_owned()]),
        ..PutMetricAlarmInput::default()
    };
    home.service
        .put_metric_alarm(&home.call(), input)
        .await
        .unwrap();
}

async fn set(home: &Home, name: &str, state: &str) {
    let input = SetAlarmStateInput {
        alarm_name: Some(name.to_owned()),
        state_value: Some(state.to_owned()),
        state_reason: Some("a test".to_owned()),
        state_reason_data: None,
    };
    home.service
        .set_alarm_state(&home.call(), input)
        .await
        .unwrap();
}

/// What topics were told, in its order.
fn told(home: &Home) -> Vec<String> {
    let calls = home.notes.calls.lock();
    let subject =
        |it: &(_, wharf_delivery::Request)| it.1.input["Subject"].as_str().unwrap().to_owned();
    let subjects = calls.iter().map(subject);
    subjects
        .map(|it| it.replace(" in US East (N. Virginia)", ""))
        .collect()
}

async fn tells(home: &Home, wanted: &[&str]) {
    until(&format!("topics heard {wanted:?}"), || async {
        told(home) == wanted
    })
    .await;
}

fn over(child: &str, suppressor: Option<&str>) -> PutCompositeAlarmInput {
    PutCompositeAlarmInput {
        alarm_name: Some("whole".to_owned()),
        alarm_rule: Some(format!("ALARM({child})")),
        alarm_actions: Some(vec![TOPIC.to_owned()]),
        ok_actions: Some(vec![TOPIC.to_owned()]),
        actions_suppressor: suppressor.map(str::to_owned),
        actions_suppressor_wait_period: suppressor.map(|_| 60),
        actions_suppressor_extension_period: suppressor.map(|_| 120),
        ..PutCompositeAlarmInput::default()
    }
}

async fn whole(home: &Home) -> CompositeAlarm {
    let input = DescribeAlarmsInput {
        alarm_names: Some(vec!["whole".to_owned()]),
        alarm_types: Some(vec!["CompositeAlarm".to_owned()]),
        ..DescribeAlarmsInput::default()
    };
    let found = home.service.describe_alarms(&home.call(), input).await;
    found.unwrap().composite_alarms.unwrap().remove(0)
}

async fn is(home: &Home, state: &str, suppressed_by: Option<&str>) {
    until(&format!("it is {state} by {suppressed_by:?}"), || async {
        let it = whole(home).await;
        it.state_value.as_deref() == Some(state)
            && it.actions_suppressed_by.as_deref() == suppressed_by
    })
    .await;
}

/// The topics of the children are quiet here.
async fn quiet(home: &Home, name: &str) {
    let input = wharf_api_cloudwatch::DisableAlarmActionsInput {
        alarm_names: Some(vec![name.to_owned()]),
    };
    home.service
        .disable_alarm_actions(&home.call(), input)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_suppressor_holds_back_what_a_composite_alarm_does() {
    let mut home = Home::start();
    for name in ["part", "works"] {
        metric_alarm(&home, name).await;
        quiet(&home, name).await;
        set(&home, name, "OK").await;
    }
    home.service
        .put_composite_alarm(&home.call(), over("part", Some("works")))
        .await
        .unwrap();
    is(&home, "OK", None).await;
    tells(&home, &["OK: \"whole\""]).await;

    // It waits for the suppressor; that does not come.
    set(&home, "part", "ALARM").await;
    is(&home, "ALARM", Some("WaitPeriod")).await;
    assert_eq!(
        whole(&home).await.actions_suppressed_reason.as_deref(),
        Some("Actions suppressed by WaitPeriod")
    );
    home.wait(Duration::from_secs(59));
    is(&home, "ALARM", Some("WaitPeriod")).await;
    home.wait(Duration::from_secs(1));
    is(&home, "ALARM", None).await;
    tells(&home, &["OK: \"whole\"", "ALARM: \"whole\""]).await;
    set(&home, "part", "OK").await;
    is(&home, "OK", None).await;
    let so_far = ["OK: \"whole\"", "ALARM: \"whole\"", "OK: \"whole\""];
    tells(&home, &so_far).await;

    // The suppressor is there before: neither the alarm nor its end are told.
    set(&home, "works", "ALARM").await;
    set(&home, "part", "ALARM").await;
    is(&home, "ALARM", Some("Alarm")).await;
    home.wait(Duration::from_secs(9999));
    is(&home, "ALARM", Some("Alarm")).await;
    set(&home, "part", "OK").await;
    is(&home, "OK", None).await;
    // It lasts beyond the suppressor, over a restart, and is told when the extension is over.
    set(&home, "part", "ALARM").await;
    is(&home, "ALARM", Some("Alarm")).await;
    set(&home, "works", "OK").await;
    is(&home, "ALARM", Some("ExtensionPeriod")).await;
    home.wait(Duration::from_secs(119));
    is(&home, "ALARM", Some("ExtensionPeriod")).await;
    tells(&home, &so_far).await;
    home.wait(Duration::from_secs(1));
    is(&home, "ALARM", None).await;
    tells(&home, &[&so_far[..], &["ALARM: \"whole\""]].concat()).await;
    // Without the suppressor nothing waits.
    home.service
        .put_composite_alarm(&home.call(), over("part", None))
        .await
        .unwrap();
    set(&home, "part", "OK").await;
    is(&home, "OK", None).await;
    tells(
        &home,
        &[&so_far[..], &["ALARM: \"whole\"", "OK: \"whole\""]].concat(),
    )
    .await;
}

fn says<T: std::fmt::Debug>(answer: Result<T, Fault>, part: &str) {
    let said = answer.expect_err(part).message;
    assert!(said.contains(part), "{said}, not {part}");
}

#[tokio::test]
async fn suppressors_that_make_no_sense_are_refused() {
    let home = Home::start();
    metric_alarm(&home, "part").await;
    for (input, part) in [
        (
            over("part", Some("nobody")),
            "suppressor alarm nobody does not exist",
        ),
        (over("part", Some("whole")), "its own ActionsSuppressor"),
        (
            PutCompositeAlarmInput {
                actions_suppressor_wait_period: None,
                ..over("part", Some("part"))
            },
            "ActionsSuppressorWaitPeriod must be",
        ),
        (
            PutCompositeAlarmInput {
                actions_suppressor_extension_period: Some(-1),
                ..over("part", Some("part"))
            },
            "ActionsSuppressorExtensionPeriod must be",
        ),
        (
            PutCompositeAlarmInput {
                actions_suppressor_wait_period: Some(1),
                ..over("part", None)
            },
            "with ActionsSuppressor only",
        ),
    ] {
        says(
            home.service.put_composite_alarm(&home.call(), input).await,
            part,
        );
    }
}

fn mute(expression: &str, duration: &str, targets: &[&str]) -> PutAlarmMuteRuleInput {
    PutAlarmMuteRuleInput {
        name: Some("night".to_owned()),
        rule: Some(Rule {
            schedule: Some(Schedule {
                expression: Some(expression.to_owned()),
                duration: Some(duration.to_owned()),
                timezone: None,
            }),
        }),
        mute_targets: Some(MuteTargets {
            alarm_names: Some(targets.iter().map(|it| (*it).to_owned()).collect()),
        }),
        ..PutAlarmMuteRuleInput::default()
    }
}

async fn status(home: &Home) -> (String, String) {
    let input = GetAlarmMuteRuleInput {
        alarm_mute_rule_name: Some("night".to_owned()),
    };
    let found = home
        .service
        .get_alarm_mute_rule(&home.call(), input)
        .await
        .unwrap();
    (found.status.unwrap(), found.mute_type.unwrap())
}

#[tokio::test]
async fn a_rule_mutes_alarms_in_its_window() {
    // It is ten o'clock.
    let mut home = Home::start();
    metric_alarm(&home, "part").await;
    metric_alarm(&home, "other").await;
    set(&home, "part", "OK").await;
    tells(&home, &["OK: \"part\""]).await;
    let rule = mute("at(2026-11-22T10:10)", "PT30M", &["part"]);
    home.service
        .put_alarm_mute_rule(&home.call(), rule)
        .await
        .unwrap();
    assert_eq!(
        status(&home).await,
        ("SCHEDULED".to_owned(), "ONE_TIME".to_owned())
    );
    home.wait(Duration::from_secs(600));
    assert_eq!(status(&home).await.0, "ACTIVE");
    // What comes and goes in the window is never told; others are.
    set(&home, "part", "ALARM").await;
    set(&home, "part", "OK").await;
    set(&home, "part", "ALARM").await;
    set(&home, "other", "ALARM").await;
    tells(&home, &["OK: \"part\"", "ALARM: \"other\""]).await;
    home.wait(Duration::from_secs(1799));
    assert_eq!(status(&home).await.0, "ACTIVE");
    tells(&home, &["OK: \"part\"", "ALARM: \"other\""]).await;
    // The window is over, and it still is in ALARM.
    home.wait(Duration::from_secs(1));
    assert_eq!(status(&home).await.0, "EXPIRED");
    tells(
        &home,
        &["OK: \"part\"", "ALARM: \"other\"", "ALARM: \"part\""],
    )
    .await;

    // A rule that is deleted mutes no more at once.
    let rule = mute("cron(0 10 * * *)", "P1D", &["part"]);
    home.service
        .put_alarm_mute_rule(&home.call(), rule)
        .await
        .unwrap();
    assert_eq!(
        status(&home).await,
        ("ACTIVE".to_owned(), "RECURRING".to_owned())
    );
    set(&home, "part", "OK").await;
    let list = |name: &str| {
        let input = ListAlarmMuteRulesInput {
            alarm_name: Some(name.to_owned()),
            statuses: Some(vec!["ACTIVE".to_owned()]),
            ..ListAlarmMuteRulesInput::default()
        };
        let home = &home;
        async move {
            let found = home
                .service
                .list_alarm_mute_rules(&home.call(), input)
                .await
                .unwrap();
            found.alarm_mute_rule_summaries.unwrap().len()
        }
    };
    assert_eq!((list("part").await, list("other").await), (1, 0));
    let delete = || DeleteAlarmMuteRuleInput {
        alarm_mute_rule_name: Some("night".to_owned()),
    };
    assert_eq!(told(&home).len(), 3);
    home.service
        .delete_alarm_mute_rule(&home.call(), delete())
        .await
        .unwrap();
    tells(
        &home,
        &[
            "OK: \"part\"",
            "ALARM: \"other\"",
            "ALARM: \"part\"",
            "OK: \"part\"",
        ],
    )
    .await;
    home.service
        .delete_alarm_mute_rule(&home.call(), delete())
        .await
        .unwrap();
    let gone = GetAlarmMuteRuleInput {
        alarm_mute_rule_name: Some("night".to_owned()),
    };
    says(
        home.service.get_alarm_mute_rule(&home.call(), gone).await,
        "does not exist",
    );
}

#[tokio::test]
async fn rules_that_make_no_sense_are_refused() {
    let home = Home::start();
    metric_alarm(&home, "part").await;
    for (input, part) in [
        (
            mute("rate(5 minutes)", "PT1H", &["part"]),
            "schedule expression",
        ),
        (mute("cron(0 2 * * *)", "PT1S", &["part"]), "from 1 minute"),
        (
            mute("cron(0 2 * * *)", "PT1H", &["nobody"]),
            "alarms [nobody] do not exist",
        ),
        (
            PutAlarmMuteRuleInput {
                start_date: Some(crate::home::minute(2)),
                expire_date: Some(crate::home::minute(1)),
                ..mute("cron(0 2 * * *)", "PT1H", &["part"])
            },
            "before ExpireDate",
        ),
        (
            PutAlarmMuteRuleInput {
                name: Some(" ".to_owned()),
                ..mute("cron(0 2 * * *)", "PT1H", &[])
            },
            "printable",
        ),
    ] {
        says(
            home.service.put_alarm_mute_rule(&home.call(), input).await,
            part,
        );
    }
}
