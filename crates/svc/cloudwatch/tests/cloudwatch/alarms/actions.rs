//! What alarms do.

use std::sync::Arc;

use wharf_api_cloudwatch::{ActionConfiguration, AlarmTagsPropagation};
use wharf_base::TestClock;
use wharf_delivery::Alarms as _;
use wharf_service::Place;
use wharf_svc_cloudwatch::StoredAlarms;

use super::*;

const POLICY: &str = "arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:7:resource/ecs/service/c/s:policyName/p";

#[tokio::test]
async fn an_alarm_calls_a_scaling_policy_at_each_look_while_it_stays() {
    let mut home = Home::start();
    let scaling = PutMetricAlarmInput {
        alarm_actions: Some(vec![POLICY.to_owned()]),
        ..alarm("hot")
    };
    home.service
        .put_metric_alarm(&home.call(), scaling)
        .await
        .unwrap();
    let data = (0..6).map(|it| datum("CPU", "a", 80.0 + f64::from(it), minute(it)));
    home.put("App", data.collect()).await.unwrap();
    home.wait(Duration::from_secs(180));
    becomes(&home, "hot", "ALARM").await;
    let notes = home.notes.clone();
    let called = |times: usize| {
        let notes = notes.clone();
        async move {
            until("the policy was called", || async {
                notes.alarmed.lock().len() >= times
            })
            .await;
            notes.alarmed.lock().last().cloned().unwrap()
        }
    };
    let first = called(1).await;
    assert_eq!(
        (first.policy.as_str(), first.alarm.as_str()),
        (POLICY, "hot")
    );
    assert_eq!((first.state, first.threshold), ("ALARM", 70.0));
    assert_eq!(first.values, [80.0, 81.0, 82.0]);
    assert_eq!(first.every, Duration::from_secs(60));

    home.wait(Duration::from_secs(60));
    let again = called(2).await;
    assert_eq!(again.values, [81.0, 82.0, 83.0]);
    let measured = [&first, &again].map(|it| it.measured_from.expect("it was measured"));
    assert_eq!(measured[1], measured[0] + Duration::from_secs(60));
    assert!(measured[0] + Duration::from_secs(60) <= first.at);
    assert!(again.at > first.at);

    // Nobody is called without actions, and nobody by a state that calls nobody.
    let off = DisableAlarmActionsInput {
        alarm_names: Some(vec!["hot".to_owned()]),
    };
    home.service
        .disable_alarm_actions(&home.call(), off)
        .await
        .unwrap();
    home.wait(Duration::from_secs(60));
    home.wait(Duration::from_secs(1800));
    becomes(&home, "hot", "INSUFFICIENT_DATA").await;
    assert_eq!(home.notes.alarmed.lock().len(), 2);
}

#[tokio::test]
async fn a_state_that_was_set_calls_a_policy_with_the_datapoints_that_were_said() {
    let home = Home::start();
    let scaling = PutMetricAlarmInput {
        alarm_actions: Some(vec![POLICY.to_owned()]),
        ..alarm("hot")
    };
    home.service
        .put_metric_alarm(&home.call(), scaling)
        .await
        .unwrap();
    let set = SetAlarmStateInput {
        alarm_name: Some("hot".to_owned()),
        state_value: Some("ALARM".to_owned()),
        state_reason: Some("to see it".to_owned()),
        state_reason_data: Some("{\"recentDatapoints\": [91.0, \"x\", 92.5]}".to_owned()),
    };
    home.service
        .set_alarm_state(&home.call(), set)
        .await
        .unwrap();
    until("the policy was called", || async {
        !home.notes.alarmed.lock().is_empty()
    })
    .await;
    assert_eq!(home.notes.alarmed.lock()[0].values, [91.0, 92.5]);
}

#[tokio::test]
async fn an_action_that_comes_to_nothing_stands_in_the_history_once() {
    let mut home = Home::start();
    let gone = wharf_wire::Fault::sender("ObjectNotFoundException", 400, "No such policy");
    *home.notes.refusal.lock() = Some(gone);
    let scaling = PutMetricAlarmInput {
        alarm_actions: Some(vec![POLICY.to_owned()]),
        ..alarm("hot")
    };
    home.service
        .put_metric_alarm(&home.call(), scaling)
        .await
        .unwrap();
    let data = (0..6).map(|it| datum("CPU", "a", 80.0, minute(it)));
    home.put("App", data.collect()).await.unwrap();
    home.wait(Duration::from_secs(180));
    becomes(&home, "hot", "ALARM").await;
    until("the failure is noted", || async {
        !actions_of(&home, "Failed").await.is_empty()
    })
    .await;
    // Later looks call the policy again, as long as the alarm stays; that is not said each time.
    let before = home.notes.alarmed.lock().len();
    let said = actions_of(&home, "Failed").await;
    assert_eq!(said.len(), 1);
    let wanted = format!("Failed to execute action {POLICY}. Received error: ");
    assert!(said[0].starts_with(&wanted), "{}", said[0]);
    home.wait(Duration::from_secs(60));
    until("it was called again", || async {
        home.notes.alarmed.lock().len() > before
    })
    .await;
    assert_eq!(actions_of(&home, "").await.len(), 2, "taken, and failed");
}

/// An alarm on a metric of an instance that does this to it.
fn of_instance(actions: &[&str]) -> PutMetricAlarmInput {
    PutMetricAlarmInput {
        dimensions: Some(vec![wharf_api_cloudwatch::Dimension {
            name: Some("InstanceId".to_owned()),
            value: Some("i-0abc".to_owned()),
        }]),
        alarm_actions: Some(actions.iter().map(|it| (*it).to_owned()).collect()),
        ..alarm("hot")
    }
}

const STOP: &str = "arn:aws:automate:us-east-1:ec2:stop";

#[tokio::test]
async fn an_alarm_acts_on_the_instance_that_it_is_about() {
    let home = Home::start();
    let call = home.call();
    let reboot = "arn:aws:swf:us-east-1:000000000000:action/actions/AWS_EC2.InstanceId.Reboot/1.0";
    let input = of_instance(&[STOP, reboot, STOP]);
    let rows = home.service.authorize(&call, Input::PutMetricAlarm(&input));
    let rows = rows.await.unwrap();
    let asked = rows.iter().skip(1);
    let asked: Vec<_> = asked.map(|it| (&*it.action, &*it.resource)).collect();
    let arn = "arn:aws:ec2:us-east-1:000000000000:instance/i-0abc";
    assert_eq!(
        asked,
        [("ec2:RebootInstances", arn), ("ec2:StopInstances", arn)]
    );

    let put = home.service.put_metric_alarm(&call, of_instance(&[STOP]));
    put.await.unwrap();
    for state in ["ALARM", "OK"] {
        let set = SetAlarmStateInput {
            alarm_name: Some("hot".to_owned()),
            state_value: Some(state.to_owned()),
            state_reason: Some("to see it".to_owned()),
            ..SetAlarmStateInput::default()
        };
        home.service.set_alarm_state(&call, set).await.unwrap();
        until("the instance was stopped", || async {
            !home.notes.calls.lock().is_empty()
        })
        .await;
    }
    let calls = home.notes.calls.lock().clone();
    let [(actor, request)] = &calls[..] else {
        panic!("once, in the state that says so: {calls:?}");
    };
    let called = (request.service.as_str(), request.operation.as_str());
    assert_eq!(called, ("ec2", "StopInstances"));
    assert_eq!(
        request.input,
        serde_json::json!({ "InstanceIds": ["i-0abc"] })
    );
    assert!(
        matches!(actor, Actor::Account { account, source_arn } if account == "000000000000" && source_arn.ends_with(":alarm:hot"))
    );
    let taken = format!("Successfully accepted action {STOP}");
    assert_eq!(actions_of(&home, "").await, [taken]);
}

#[tokio::test]
async fn an_action_on_an_instance_needs_one() {
    let home = Home::start();
    let call = home.call();
    let without = PutMetricAlarmInput {
        dimensions: None,
        ..of_instance(&[STOP])
    };
    let elsewhere = of_instance(&["arn:aws:automate:eu-west-1:ec2:stop"]);
    let recovered = of_instance(&["arn:aws:automate:us-east-1:ec2:recover"]);
    let math = PutMetricAlarmInput {
        alarm_actions: Some(vec![STOP.to_owned()]),
        ..of_queries(vec![hidden("m", "CPU"), expression("e", "m * 2")])
    };
    for (input, why) in [
        (without, "InstanceId"),
        (math, "InstanceId"),
        (
            elsewhere,
            "Invalid region eu-west-1 specified. Only us-east-1 is supported.",
        ),
        (recovered, "StatusCheckFailed_System"),
    ] {
        let put = home.service.put_metric_alarm(&call, input);
        let text = put.await.unwrap_err().message;
        assert!(text.contains(why), "{text}");
    }
}

#[tokio::test]
async fn an_instance_whose_host_failed_is_recovered() {
    let home = Home::start();
    let call = home.call();
    let input = || PutMetricAlarmInput {
        namespace: Some("AWS/EC2".to_owned()),
        metric_name: Some("StatusCheckFailed_System".to_owned()),
        ..of_instance(&["arn:aws:automate:us-east-1:ec2:recover"])
    };
    let asked = input();
    let rows = home.service.authorize(&call, Input::PutMetricAlarm(&asked));
    let rows = rows.await.unwrap();
    assert_eq!(rows[1].action, "ec2:RecoverInstances");
    let put = home.service.put_metric_alarm(&call, input());
    put.await.unwrap();
    let set = SetAlarmStateInput {
        alarm_name: Some("hot".to_owned()),
        state_value: Some("ALARM".to_owned()),
        state_reason: Some("to see it".to_owned()),
        ..SetAlarmStateInput::default()
    };
    home.service.set_alarm_state(&call, set).await.unwrap();
    until("the instance was recovered", || async {
        !home.notes.calls.lock().is_empty()
    })
    .await;
    let calls = home.notes.calls.lock().clone();
    assert_eq!(calls[0].1.operation, "RebootInstances");
}

/// What the history says of actions, where it begins like that.
async fn actions_of(home: &Home, start: &str) -> Vec<String> {
    let input = DescribeAlarmHistoryInput {
        alarm_name: Some("hot".to_owned()),
        history_item_type: Some("Action".to_owned()),
        ..DescribeAlarmHistoryInput::default()
    };
    let call = home.call();
    let found = home.service.describe_alarm_history(&call, input).await;
    let items = found.unwrap().alarm_history_items.unwrap().into_iter();
    let summaries = items.map(|it| it.history_summary.unwrap());
    summaries.filter(|it| it.starts_with(start)).collect()
}

#[tokio::test]
async fn each_line_of_an_alarm_on_several_has_its_state_and_its_actions() {
    let mut home = Home::start();
    // More of them than go into one transaction.
    let hosts: Vec<String> = (0..20).map(|it| format!("h{it:02}")).collect();
    let at = |minutes: u32, value: f64| {
        let each = hosts
            .iter()
            .map(|it| datum("CPU", it, value, minute(minutes)));
        each.chain([datum("CPU", "calm", 1.0, minute(minutes))])
            .collect()
    };
    home.service
        .put_metric_alarm(&home.call(), by_host("many"))
        .await
        .unwrap();
    home.put("App", at(0, 90.0)).await.unwrap();
    home.wait(Duration::from_secs(60));
    becomes(&home, "many", "ALARM").await;
    let shown_now = shown(&home, "many").await;
    assert_eq!(
        (
            shown_now.state_reason.as_deref(),
            shown_now.state_reason_data
        ),
        (Some("20 out of 21 time series evaluated to ALARM"), None)
    );
    let all = contributors(&home, "many").await;
    assert_eq!(all.len(), 20);
    until("the topic was told of each", || async {
        told(&home).len() == 20
    })
    .await;
    let expected = |state: &str| -> Vec<(String, String)> {
        hosts
            .iter()
            .map(|it| (it.clone(), state.to_owned()))
            .collect()
    };
    assert_eq!(told(&home), expected("ALARM"));

    // Another server tells nobody again.
    home.restart();
    home.put("App", at(1, 2.0)).await.unwrap();
    home.notes.calls.lock().clear();
    home.wait(Duration::from_secs(60));
    becomes(&home, "many", "OK").await;
    until("the topic was told of each", || async {
        told(&home).len() == 20
    })
    .await;
    assert_eq!(told(&home), expected("OK"));
    assert_eq!(contributors(&home, "many").await, []);
    let input = DescribeAlarmHistoryInput {
        alarm_name: Some("many".to_owned()),
        alarm_contributor_id: all[0].contributor_id.clone(),
        ..DescribeAlarmHistoryInput::default()
    };
    let history = home
        .service
        .describe_alarm_history(&home.call(), input)
        .await
        .unwrap();
    let kinds = history.alarm_history_items.unwrap().into_iter();
    let mut kinds: Vec<String> = kinds.map(|it| it.history_item_type.unwrap()).collect();
    kinds.sort();
    assert_eq!(
        kinds,
        [
            "AlarmContributorAction",
            "AlarmContributorAction",
            "AlarmContributorStateUpdate",
            "AlarmContributorStateUpdate"
        ]
    );
    // Without data there is no line, and the alarm says so itself.
    home.wait(Duration::from_secs(1200));
    becomes(&home, "many", "INSUFFICIENT_DATA").await;

    let policy = "arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:1:autoScalingGroupName/g:policyName/p";
    let calls = PutMetricAlarmInput {
        alarm_actions: Some(vec![policy.to_owned()]),
        ..by_host("many")
    };
    let text = format!(
        "An alarm on a query of Metrics Insights with GROUP BY cannot have Auto Scaling actions: {policy}"
    );
    let put = home.service.put_metric_alarm(&home.call(), calls).await;
    refused(put, "ValidationException", &text);
}

/// The policy that AWS documents for a topic of another account lets the service in, for the alarm.
#[tokio::test]
async fn topics_of_other_accounts_are_told_by_the_service() {
    let home = Home::start();
    let topic = "arn:aws:sns:us-east-1:111111111111:alerts";
    let told = PutMetricAlarmInput {
        alarm_actions: Some(vec![topic.to_owned()]),
        ..alarm("hot")
    };
    let call = home.call();
    home.service.put_metric_alarm(&call, told).await.unwrap();
    let set = SetAlarmStateInput {
        alarm_name: Some("hot".to_owned()),
        state_value: Some("ALARM".to_owned()),
        state_reason: Some("to see it".to_owned()),
        ..SetAlarmStateInput::default()
    };
    home.service.set_alarm_state(&call, set).await.unwrap();
    until("the topic was told", || async {
        !home.notes.calls.lock().is_empty()
    })
    .await;
    let (actor, request) = home.notes.calls.lock()[0].clone();
    assert_eq!(request.input["TopicArn"], topic);
    let service = Actor::Service {
        name: "cloudwatch.amazonaws.com".to_owned(),
        account: "000000000000".to_owned(),
        source_arn: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:hot".to_owned(),
    };
    assert_eq!(actor, service);
}

#[tokio::test]
async fn messages_have_the_tags_that_their_alarm_is_to_tell() {
    let home = Home::start();
    let tag = |key: &str, value: &str| Tag {
        key: Some(key.to_owned()),
        value: Some(value.to_owned()),
    };
    let told = ActionConfiguration {
        alarm_tags_propagation: Some(AlarmTagsPropagation {
            enabled: Some(true),
            included_tag_keys: None,
            excluded_tag_keys: Some(vec!["stage".to_owned()]),
        }),
    };
    let input = PutMetricAlarmInput {
        alarm_actions: Some(vec![TOPIC.to_owned()]),
        tags: Some(vec![tag("team", "blue"), tag("stage", "test")]),
        action_configuration: Some(told.clone()),
        ..alarm("hot")
    };
    home.service
        .put_metric_alarm(&home.call(), input)
        .await
        .unwrap();
    assert_eq!(shown(&home, "hot").await.action_configuration, Some(told));
    let set = SetAlarmStateInput {
        alarm_name: Some("hot".to_owned()),
        state_value: Some("ALARM".to_owned()),
        state_reason: Some("to see it".to_owned()),
        state_reason_data: None,
    };
    home.service
        .set_alarm_state(&home.call(), set)
        .await
        .unwrap();
    until("the topic was told", || async {
        !home.notes.calls.lock().is_empty()
    })
    .await;
    let text = home.notes.calls.lock()[0].1.input["Message"].clone();
    let message: serde_json::Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
    assert_eq!(
        (&message["AlarmTags"], &message["AlarmTagsStatus"]),
        (
            &serde_json::json!([{ "Key": "team", "Value": "blue" }]),
            &serde_json::json!("SUCCESS")
        )
    );
}

/// An alarm as its owner configured it: it is looked at meanwhile.
async fn configured(home: &Home, name: &str) -> MetricAlarm {
    MetricAlarm {
        state_value: None,
        state_reason: None,
        state_reason_data: None,
        state_updated_timestamp: None,
        state_transitioned_timestamp: None,
        evaluation_state: None,
        ..shown(home, name).await
    }
}

#[tokio::test]
async fn alarms_lose_an_action_whose_policy_is_gone_and_stay_as_they_are() {
    let home = Home::start();
    let other = format!("{POLICY}2");
    let texts = |all: &[&str]| Some(all.iter().map(|it| (*it).to_owned()).collect());
    let both = PutMetricAlarmInput {
        alarm_description: Some("mine".to_owned()),
        actions_enabled: Some(false),
        alarm_actions: texts(&[TOPIC, POLICY, &other]),
        ok_actions: texts(&[POLICY]),
        ..alarm("both")
    };
    let not = PutMetricAlarmInput {
        alarm_actions: texts(&[&other]),
        ..alarm("not")
    };
    for input in [both, not] {
        let put = home.service.put_metric_alarm(&home.call(), input).await;
        put.unwrap();
    }
    let before = (
        configured(&home, "both").await,
        configured(&home, "not").await,
    );

    let clock = Arc::new(TestClock::at(minute(40)));
    let alarms = StoredAlarms::new(home.world.store.clone(), clock);
    let place = Place::new("000000000000", "us-east-1");
    // Whoever was killed asks again.
    for _ in 0..2 {
        alarms.detach(&place, POLICY).await.unwrap();
    }
    let lost = MetricAlarm {
        alarm_actions: texts(&[TOPIC, &other]),
        ok_actions: texts(&[]),
        alarm_configuration_updated_timestamp: Some(minute(40)),
        ..before.0
    };
    assert_eq!(configured(&home, "both").await, lost);
    assert_eq!(configured(&home, "not").await, before.1);
    let elsewhere = Place::new("000000000000", "eu-west-1");
    alarms.detach(&elsewhere, &other).await.unwrap();
    assert_eq!(configured(&home, "not").await, before.1);
}
