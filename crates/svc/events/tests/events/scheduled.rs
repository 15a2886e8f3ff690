//! Rules with a schedule send their own event at each of its times.

use std::time::Duration;

use serde_json::{Value, json};
use wharf_api_events::{
    DeleteRuleRequest, DisableRuleRequest, EnableRuleRequest, Events as _, PutRuleRequest,
    PutTargetsRequest, RemoveTargetsRequest,
};
use wharf_base::Clock as _;
use wharf_testkit::{call, call_at, until};

use crate::{Home, queue};

#[tokio::test]
async fn a_schedule_sends_its_event_once_for_each_time() {
    let home = Home::start();
    let rule = PutRuleRequest {
        name: Some("tick".to_owned()),
        schedule_expression: Some("rate(1 minute)".to_owned()),
        ..PutRuleRequest::default()
    };
    home.events.put_rule(&call(), rule).await.unwrap();
    let targets = PutTargetsRequest {
        rule: Some("tick".to_owned()),
        targets: Some(vec![queue("q")]),
        ..PutTargetsRequest::default()
    };
    home.events.put_targets(&call(), targets).await.unwrap();
    // A rule is looked at again when it changes; the clock of the test wakes nobody.
    let touch = async || {
        let rule = "arn:aws:events:us-east-1:000000000000:rule/tick".to_owned();
        let tag = wharf_api_events::Tag {
            key: Some("k".to_owned()),
            value: Some(wharf_base::ids::uuid()),
        };
        let request = wharf_api_events::TagResourceRequest {
            resource_arn: Some(rule),
            tags: Some(vec![tag]),
        };
        home.events.tag_resource(&call(), request).await.unwrap();
    };
    touch().await;
    assert!(home.called.calls.lock().is_empty());
    for count in 1..=2 {
        home.clock.advance(Duration::from_secs(61));
        touch().await;
        let calls = home.calls(count).await;
        let body = calls[count - 1].1.input["MessageBody"].as_str().unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(
            (&body["source"], &body["detail-type"]),
            (&json!("aws.events"), &json!("Scheduled Event"))
        );
        assert_eq!(
            body["resources"],
            json!(["arn:aws:events:us-east-1:000000000000:rule/tick"])
        );
        assert_eq!(body["detail"], json!({}));
        touch().await;
        assert_eq!(
            home.called.calls.lock().len(),
            count,
            "at {}",
            home.clock.now().iso8601()
        );
    }
    let gone = RemoveTargetsRequest {
        rule: Some("tick".to_owned()),
        ids: Some(vec!["q".to_owned()]),
        ..Default::default()
    };
    home.events.remove_targets(&call(), gone).await.unwrap();
    let gone = DeleteRuleRequest {
        name: Some("tick".to_owned()),
        ..Default::default()
    };
    home.events.delete_rule(&call(), gone).await.unwrap();
    let fired = "/w1/c0/events/000000000000/us-east-1/fired/";
    until("nothing is left of the schedule", || async {
        home.world.stored(fired).await.is_empty()
    })
    .await;
}

#[tokio::test]
async fn times_that_pass_while_a_rule_is_disabled_are_not_made_up_for() {
    let home = Home::start();
    let now = || call_at(home.clock.now());
    let put = |schedule: &str| PutRuleRequest {
        name: Some("tick".to_owned()),
        schedule_expression: Some(schedule.to_owned()),
        ..PutRuleRequest::default()
    };
    let request = put("rate(1 hour)");
    home.events.put_rule(&now(), request.clone()).await.unwrap();
    let targets = PutTargetsRequest {
        rule: Some("tick".to_owned()),
        targets: Some(vec![queue("q")]),
        ..PutTargetsRequest::default()
    };
    home.events.put_targets(&now(), targets).await.unwrap();
    for by_put in [false, true] {
        let disabled = DisableRuleRequest {
            name: Some("tick".to_owned()),
            ..Default::default()
        };
        home.events.disable_rule(&now(), disabled).await.unwrap();
        home.clock.advance(Duration::from_secs(3 * 3600));
        match by_put {
            true => drop(home.events.put_rule(&now(), request.clone()).await.unwrap()),
            false => {
                let enabled = EnableRuleRequest {
                    name: Some("tick".to_owned()),
                    ..Default::default()
                };
                home.events.enable_rule(&now(), enabled).await.unwrap();
            }
        }
    }
    // The next time comes; had one been made up for, there would be two.
    home.clock.advance(Duration::from_secs(3601));
    home.events.put_rule(&now(), request).await.unwrap();
    home.calls(1).await;
    assert_eq!(home.called.calls.lock().len(), 1);
}
