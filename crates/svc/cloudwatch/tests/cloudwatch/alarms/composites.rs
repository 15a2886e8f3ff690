//! Composite alarms.

use super::*;

async fn composite_becomes(home: &Home, name: &str, state: &str) {
    until(&format!("{name} is {state}"), || async {
        let input = DescribeAlarmsInput {
            alarm_names: Some(vec![name.to_owned()]),
            alarm_types: Some(vec!["CompositeAlarm".to_owned()]),
            ..DescribeAlarmsInput::default()
        };
        let found = home
            .service
            .describe_alarms(&home.call(), input)
            .await
            .unwrap();
        found.composite_alarms.unwrap()[0].state_value.as_deref() == Some(state)
    })
    .await;
}

pub fn composite(name: &str, rule: &str) -> PutCompositeAlarmInput {
    PutCompositeAlarmInput {
        alarm_name: Some(name.to_owned()),
        alarm_rule: Some(rule.to_owned()),
        ..PutCompositeAlarmInput::default()
    }
}

#[tokio::test]
async fn composite_alarms_follow_others_and_states_are_set_by_hand() {
    let home = Home::start();
    for name in ["a", "b"] {
        home.service
            .put_metric_alarm(&home.call(), alarm(name))
            .await
            .unwrap();
    }
    let composite = |rule: &str| PutCompositeAlarmInput {
        alarm_name: Some("both".to_owned()),
        alarm_rule: Some(rule.to_owned()),
        ok_actions: Some(vec![TOPIC.to_owned()]),
        ..PutCompositeAlarmInput::default()
    };
    refused(
        home.service
            .put_composite_alarm(&home.call(), composite("ALARM(a) AND ALARM(c)"))
            .await,
        "ValidationException",
        "Could not save the composite alarm as alarms [c] in the alarm rule do not exist",
    );
    refused(
        home.service
            .put_composite_alarm(&home.call(), composite("AT_LEAST(50%, ALARM, (a, c))"))
            .await,
        "ValidationException",
        "Could not save the composite alarm as alarms [c] in the alarm rule do not exist",
    );
    home.service
        .put_composite_alarm(&home.call(), composite("ALARM(a) AND ALARM(\"b\")"))
        .await
        .unwrap();
    composite_becomes(&home, "both", "OK").await;
    let set = |name: &str, state: &str| SetAlarmStateInput {
        alarm_name: Some(name.to_owned()),
        state_value: Some(state.to_owned()),
        state_reason: Some("by hand".to_owned()),
        ..SetAlarmStateInput::default()
    };
    home.service
        .set_alarm_state(&home.call(), set("a", "ALARM"))
        .await
        .unwrap();
    home.service
        .set_alarm_state(&home.call(), set("b", "ALARM"))
        .await
        .unwrap();
    composite_becomes(&home, "both", "ALARM").await;
    until("each topic was told", || async {
        home.notes.calls.lock().len() == 3
    })
    .await;
    home.service
        .disable_alarm_actions(
            &home.call(),
            DisableAlarmActionsInput {
                alarm_names: Some(vec!["a".to_owned(), "no such".to_owned()]),
            },
        )
        .await
        .unwrap();
    home.service
        .set_alarm_state(&home.call(), set("a", "OK"))
        .await
        .unwrap();
    composite_becomes(&home, "both", "OK").await;
    let children = DescribeAlarmsInput {
        children_of_alarm_name: Some("both".to_owned()),
        ..DescribeAlarmsInput::default()
    };
    let found = home
        .service
        .describe_alarms(&home.call(), children)
        .await
        .unwrap();
    let found = found.metric_alarms.unwrap();
    assert_eq!(found.len(), 2);
    assert!(found[0].state_value.is_some() && found[0].state_updated_timestamp.is_some());
    assert_eq!(found[0].metric_name, None, "it is shown in short");
    let and_more = DescribeAlarmsInput {
        parents_of_alarm_name: Some("a".to_owned()),
        state_value: Some("OK".to_owned()),
        ..DescribeAlarmsInput::default()
    };
    refused(
        home.service.describe_alarms(&home.call(), and_more).await,
        "ValidationException",
        "ParentsOfAlarmName and StateValue are mutually exclusive.",
    );
    for (names, text) in [
        (
            vec!["a"],
            "Cannot delete a as there are composite alarm(s) depending on it.",
        ),
        (
            vec!["b", "a"],
            "Cannot delete a,b as there are composite alarm(s) depending on them.",
        ),
    ] {
        let names = names.into_iter().map(str::to_owned).collect();
        let needed = DeleteAlarmsInput {
            alarm_names: Some(names),
        };
        let answer = home.service.delete_alarms(&home.call(), needed).await;
        refused(answer, "ValidationException", text);
    }
    let gone = DeleteAlarmsInput {
        alarm_names: Some(vec!["both".to_owned(), "x".to_owned()]),
    };
    refused(
        home.service.delete_alarms(&home.call(), gone).await,
        "ResourceNotFound",
        "",
    );
    // A service lets go of its own in any case, and what is gone is needed by none.
    let b = DeleteAlarmsInput {
        alarm_names: Some(vec!["b".to_owned()]),
    };
    let by_service = call_of_service("application-autoscaling.amazonaws.com");
    let let_go = home.service.delete_alarms(&by_service, b.clone()).await;
    let_go.unwrap();
    let again = home.service.delete_alarms(&home.call(), b).await;
    refused(again, "ResourceNotFound", "");
    let all = DeleteAlarmsInput {
        alarm_names: Some(vec!["both".to_owned(), "a".to_owned()]),
    };
    home.service.delete_alarms(&home.call(), all).await.unwrap();
    let found = home
        .service
        .describe_alarms(&home.call(), DescribeAlarmsInput::default())
        .await
        .unwrap();
    assert_eq!(found.metric_alarms.unwrap(), []);
}

#[tokio::test]
async fn composite_alarms_in_a_ring_stand_still_until_it_is_open() {
    let home = Home::start();
    let put = async |name: &str, rule: &str| {
        let put = home
            .service
            .put_composite_alarm(&home.call(), composite(name, rule))
            .await;
        put.unwrap();
    };
    put("a", "FALSE").await;
    composite_becomes(&home, "a", "OK").await;
    put("b", "ALARM(a)").await;
    composite_becomes(&home, "b", "OK").await;
    put("c", "ALARM(b)").await;
    composite_becomes(&home, "c", "OK").await;
    put("d", "OK(c)").await;
    composite_becomes(&home, "d", "ALARM").await;
    put("a", "NOT ALARM(c)").await;
    // What comes behind it shows that it was looked at.
    put("e", "OK(a)").await;
    put("f", "TRUE").await;
    composite_becomes(&home, "f", "ALARM").await;
    let happened = async || {
        let input = DescribeAlarmHistoryInput {
            alarm_types: Some(vec!["CompositeAlarm".to_owned()]),
            history_item_type: Some("StateUpdate".to_owned()),
            ..DescribeAlarmHistoryInput::default()
        };
        let found = home
            .service
            .describe_alarm_history(&home.call(), input)
            .await;
        found.unwrap().alarm_history_items.unwrap().len()
    };
    // Each has had its first state, e and what is in the ring none since.
    assert_eq!(happened().await, 5);
    put("c", "FALSE").await;
    composite_becomes(&home, "a", "ALARM").await;
    composite_becomes(&home, "b", "ALARM").await;
    composite_becomes(&home, "e", "OK").await;
}

#[tokio::test]
async fn composite_alarms_are_deleted_one_at_a_time() {
    let home = Home::start();
    home.service
        .put_metric_alarm(&home.call(), alarm("a"))
        .await
        .unwrap();
    let put = async |name: &str, rule: &str| {
        let put = home
            .service
            .put_composite_alarm(&home.call(), composite(name, rule))
            .await;
        put.unwrap();
    };
    let delete = async |names: &[&str]| {
        let input = DeleteAlarmsInput {
            alarm_names: Some(names.iter().map(|it| (*it).to_owned()).collect()),
        };
        home.service.delete_alarms(&home.call(), input).await
    };
    put("b", "ALARM(a)").await;
    put("c", "ALARM(b)").await;
    put("b", "ALARM(c)").await;
    // Neither by itself nor the ring at once.
    refused(
        delete(&["b"]).await,
        "ValidationException",
        "Cannot delete b as there are composite alarm(s) depending on it.",
    );
    refused(
        delete(&["a", "b", "c"]).await,
        "ValidationException",
        "You can delete only one composite alarm in one operation.",
    );
    put("b", "FALSE").await;
    delete(&["a", "c"]).await.unwrap();
    delete(&["b"]).await.unwrap();
}

#[tokio::test]
async fn no_alarm_goes_that_a_composite_one_comes_to_need_meanwhile() {
    let home = Home::start();
    for round in 0..20 {
        let name = format!("a{round}");
        home.service
            .put_metric_alarm(&home.call(), alarm(&name))
            .await
            .unwrap();
        let over = composite(&format!("over-{name}"), &format!("ALARM({name})"));
        let gone = DeleteAlarmsInput {
            alarm_names: Some(vec![name]),
        };
        let (one, other) = (home.call(), home.call());
        let put = home.service.put_composite_alarm(&one, over);
        let delete = home.service.delete_alarms(&other, gone);
        let (put, deleted) = match round % 2 {
            0 => tokio::join!(put, delete),
            _ => {
                let (deleted, put) = tokio::join!(delete, put);
                (put, deleted)
            }
        };
        assert_ne!(put.is_ok(), deleted.is_ok(), "{put:?} {deleted:?}");
    }
}
