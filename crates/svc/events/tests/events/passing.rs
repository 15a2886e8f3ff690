//! Buses that are targets of rules: events pass on as they are, as far as policies let them.

use serde_json::{Value, json};
use wharf_api_events::{
    CreateEventBusRequest, DeadLetterConfig, Events as _, PutEventsRequest, PutPermissionRequest,
    PutRuleRequest, PutTargetsRequest, Target,
};
use wharf_delivery::Actor;
use wharf_testkit::{call, call_of};
use wharf_wire::{Call, Caller};

use crate::{Home, entry, queue};

async fn bus(home: &Home, call: &Call, name: &str) {
    let request = CreateEventBusRequest {
        name: Some(name.to_owned()),
        ..Default::default()
    };
    home.events.create_event_bus(call, request).await.unwrap();
}

async fn rule(home: &Home, call: &Call, bus: &str, targets: Vec<Target>) {
    let rule = PutRuleRequest {
        name: Some("r".to_owned()),
        event_bus_name: Some(bus.to_owned()),
        event_pattern: Some(json!({"source": ["shop"]}).to_string()),
        ..Default::default()
    };
    home.events.put_rule(call, rule).await.unwrap();
    let targets = PutTargetsRequest {
        rule: Some("r".to_owned()),
        event_bus_name: Some(bus.to_owned()),
        targets: Some(targets),
    };
    home.events.put_targets(call, targets).await.unwrap();
}

fn to(account: &str, bus: &str) -> Target {
    Target {
        arn: Some(format!(
            "arn:aws:events:us-east-1:{account}:event-bus/{bus}"
        )),
        dead_letter_config: Some(DeadLetterConfig {
            arn: Some("arn:aws:sqs:us-east-1:000000000000:dead".to_owned()),
        }),
        ..queue("bus")
    }
}

async fn put(home: &Home, bus: &str) -> String {
    let mut entry = entry("shop", json!({"n": 1}));
    entry.event_bus_name = Some(bus.to_owned());
    let request = PutEventsRequest {
        entries: Some(vec![entry]),
        ..Default::default()
    };
    let answer = home.events.put_events(&call(), request).await.unwrap();
    answer.entries.unwrap()[0].event_id.clone().unwrap()
}

#[tokio::test]
async fn an_event_passes_on_as_it_is_and_not_in_circles_for_ever() {
    let home = Home::start();
    for name in ["a", "b"] {
        bus(&home, &call(), name).await;
    }
    rule(&home, &call(), "a", vec![to("000000000000", "b")]).await;
    rule(
        &home,
        &call(),
        "b",
        vec![queue("q"), to("000000000000", "a")],
    )
    .await;
    let id = put(&home, "a").await;
    // Over b, a and b again; then it is a dead letter.
    let calls = home.calls(3).await;
    let bodies = calls
        .iter()
        .map(|(_, it)| it.input["MessageBody"].as_str().unwrap());
    for body in bodies {
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(
            (body["id"].as_str(), &body["source"]),
            (Some(id.as_str()), &json!("shop"))
        );
    }
    let letters = calls
        .iter()
        .filter(|(_, it)| it.input["MessageAttributes"].is_object());
    let letters: Vec<_> = letters.collect();
    let [(actor, _)] = &letters[..] else {
        panic!("one dead letter: {letters:?}");
    };
    assert!(
        matches!(actor, Actor::Service { name, .. } if name == "events.amazonaws.com"),
        "the queue's policy decides: {actor:?}"
    );
}

#[tokio::test]
async fn another_account_lets_events_in_by_its_policy() {
    let home = Home::start();
    let other = call_of(Caller::root("111111111111"));
    bus(&home, &other, "in").await;
    rule(&home, &other, "in", vec![queue("q")]).await;
    bus(&home, &call(), "out").await;
    rule(&home, &call(), "out", vec![to("111111111111", "in")]).await;
    put(&home, "out").await;
    let letter = home.calls(1).await[0].1.clone();
    let code = &letter.input["MessageAttributes"]["ERROR_CODE"]["StringValue"];
    assert_eq!(code, "NO_PERMISSIONS");

    let allow = PutPermissionRequest {
        event_bus_name: Some("in".to_owned()),
        statement_id: Some("s".to_owned()),
        action: Some("events:PutEvents".to_owned()),
        principal: Some("000000000000".to_owned()),
        ..Default::default()
    };
    home.events.put_permission(&other, allow).await.unwrap();
    let id = put(&home, "out").await;
    let (actor, request) = home.calls(2).await[1].clone();
    let body: Value = serde_json::from_str(request.input["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(
        (body["id"].as_str(), &body["account"]),
        (Some(id.as_str()), &json!("000000000000"))
    );
    assert!(format!("{actor:?}").contains("111111111111"));
}

#[tokio::test]
async fn whether_a_bus_is_there_is_told_its_own_account_alone() {
    let home = Home::start();
    for (at, account, code) in [
        (0, "000000000000", "NO_RESOURCE"),
        (1, "111111111111", "NO_PERMISSIONS"),
    ] {
        let name = format!("to-{account}");
        bus(&home, &call(), &name).await;
        rule(&home, &call(), &name, vec![to(account, "nowhere")]).await;
        put(&home, &name).await;
        let letter = home.calls(at + 1).await[at].1.clone();
        let said = &letter.input["MessageAttributes"]["ERROR_CODE"]["StringValue"];
        assert_eq!(said, code, "{account}");
    }
}
