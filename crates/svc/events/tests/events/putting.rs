//! Events come in, targets are called, what fails becomes a dead letter.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::{Value, json};
use wharf_api_events::{
    CreateEventBusRequest, DeadLetterConfig, EcsParameters, Events as _, InputTransformer,
    PutEventsRequest, PutEventsRequestEntry, RetryPolicy, SqsParameters, Target,
};
use wharf_delivery::Actor;
use wharf_testkit::{call, refused, until};
use wharf_wire::Fault;

use crate::{Home, QUEUE, entry, queue};

#[tokio::test]
async fn a_matching_event_reaches_its_target_as_a_document() {
    let home = Home::start();
    home.rule(
        "paid",
        json!({"source": ["shop"], "detail": {"state": ["paid"]}}),
        vec![queue("q")],
    )
    .await;
    let answer = home
        .put(vec![
            entry("shop", json!({"state": "paid", "n": 1})),
            entry("shop", json!({"state": "new"})),
            entry("aws.ecs", json!({})),
        ])
        .await;
    assert_eq!(answer.failed_entry_count, Some(1));
    let entries = answer.entries.unwrap();
    assert_eq!(
        entries[2].error_code.as_deref(),
        Some("NotAuthorizedForSource")
    );
    let calls = home.calls(1).await;
    let (actor, request) = &calls[0];
    assert_eq!(
        *actor,
        Actor::Service {
            name: "events.amazonaws.com".to_owned(),
            account: "000000000000".to_owned(),
            source_arn: "arn:aws:events:us-east-1:000000000000:rule/paid".to_owned(),
        }
    );
    assert_eq!(request.operation, "SendMessage");
    let body: Value = serde_json::from_str(request.input["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(body["id"].as_str(), entries[0].event_id.as_deref());
    assert_eq!(body["detail"], json!({"state": "paid", "n": 1}));
    assert_eq!(body["account"], "000000000000");
    until("nothing is left to deliver", || async {
        home.world
            .stored("/w1/c0/events/000000000000/us-east-1/delivery/")
            .await
            .is_empty()
    })
    .await;
    assert_eq!(home.called.calls.lock().len(), 1);
}

#[tokio::test]
async fn targets_get_what_they_ask_for() {
    let home = Home::start();
    let transformed = Target {
        input_transformer: Some(InputTransformer {
            input_paths_map: Some([("n".to_owned(), "$.detail.n".to_owned())].into()),
            input_template: Some(r#"{"number": <n>, "rule": "<aws.events.rule-name>"}"#.to_owned()),
        }),
        ..queue("a")
    };
    let ordered = Target {
        arn: Some(format!("{QUEUE}.fifo")),
        input_path: Some("$.detail".to_owned()),
        sqs_parameters: Some(SqsParameters {
            message_group_id: Some("g".to_owned()),
        }),
        ..queue("b")
    };
    let task = Target {
        arn: Some("arn:aws:ecs:us-east-1:000000000000:cluster/c".to_owned()),
        role_arn: Some("arn:aws:iam::000000000000:role/run".to_owned()),
        input: Some(r#"{"containerOverrides": [{"name": "app", "command": ["x"]}]}"#.to_owned()),
        ecs_parameters: Some(EcsParameters {
            task_definition_arn: Some("job:1".to_owned()),
            task_count: Some(2),
            ..EcsParameters::default()
        }),
        ..queue("c")
    };
    home.rule(
        "r",
        json!({"source": ["shop"]}),
        vec![transformed, ordered, task],
    )
    .await;
    home.put(vec![entry("shop", json!({"n": 7}))]).await;
    let mut calls = home.calls(3).await;
    calls.sort_by_key(|(_, it)| it.input.to_string());
    let bodies: Vec<&Value> = calls
        .iter()
        .map(|(_, it)| &it.input["MessageBody"])
        .collect();
    assert!(
        bodies.contains(&&json!(r#"{"number": 7, "rule": "r"}"#)),
        "{bodies:?}"
    );
    assert!(bodies.contains(&&json!(r#"{"n":7}"#)), "{bodies:?}");
    let (_, ordered) = calls
        .iter()
        .find(|(_, it)| it.input["MessageGroupId"] == "g")
        .unwrap();
    assert!(ordered.input["MessageDeduplicationId"].is_string());
    let (actor, task) = calls
        .iter()
        .find(|(_, it)| it.operation == "RunTask")
        .unwrap();
    assert!(matches!(actor, Actor::Role { arn, .. } if arn.ends_with("role/run")));
    assert_eq!(task.input["count"], 2);
    assert_eq!(task.input["startedBy"], "events-rule/r");
    assert_eq!(
        task.input["overrides"]["containerOverrides"][0]["command"],
        json!(["x"])
    );
}

#[tokio::test]
async fn a_task_that_found_no_room_is_started_later() {
    let home = Home::start();
    let cluster = Target {
        id: Some("run".to_owned()),
        arn: Some("arn:aws:ecs:us-east-1:000000000000:cluster/default".to_owned()),
        role_arn: Some("arn:aws:iam::000000000000:role/events".to_owned()),
        ecs_parameters: Some(EcsParameters {
            task_definition_arn: Some(
                "arn:aws:ecs:us-east-1:000000000000:task-definition/report".to_owned(),
            ),
            ..EcsParameters::default()
        }),
        ..Target::default()
    };
    home.rule("run", json!({"source": ["shop"]}), vec![cluster])
        .await;
    let full = json!({"tasks": [], "failures": [{"reason": "RESOURCE:MEMORY"}]});
    *home.called.answer.lock() = Some(full);
    home.put(vec![entry("shop", json!({}))]).await;
    home.calls(1).await;
    until("it is kept for another try", || async {
        let prefix = "/w1/c0/events/000000000000/us-east-1/delivery/";
        home.world.stored(prefix).await.contains("\"failures\":1")
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_delivered_becomes_a_dead_letter_with_its_story() {
    let home = Home::start();
    let dead = "arn:aws:sqs:us-east-1:000000000000:dead";
    let target = Target {
        dead_letter_config: Some(DeadLetterConfig {
            arn: Some(dead.to_owned()),
        }),
        retry_policy: Some(RetryPolicy {
            maximum_retry_attempts: Some(1),
            maximum_event_age_in_seconds: Some(60),
        }),
        input: Some("1".to_owned()),
        ..queue("q")
    };
    home.rule("r", json!({"source": ["shop"]}), vec![target])
        .await;
    *home.called.refusal.lock() = Some(Fault::sender("ThrottlingException", 400, "Rate exceeded"));
    home.put(vec![entry("shop", json!({"n": 1}))]).await;
    home.calls(1).await;
    until("the dead letter is sent", || async {
        home.clock.advance(Duration::from_secs(2));
        home.called.calls.lock().len() == 3
    })
    .await;
    let calls = home.called.calls.lock().clone();
    let letter = &calls[2].1;
    assert!(
        letter.input["QueueUrl"]
            .as_str()
            .unwrap()
            .ends_with("/dead")
    );
    let body: Value = serde_json::from_str(letter.input["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(body["detail"]["n"], 1);
    let attribute = |name: &str| letter.input["MessageAttributes"][name]["StringValue"].clone();
    assert_eq!(attribute("TARGET_ARN"), QUEUE);
    assert_eq!(
        attribute("RULE_ARN"),
        "arn:aws:events:us-east-1:000000000000:rule/r"
    );
    assert_eq!(attribute("ERROR_CODE"), "THROTTLING");
    assert_eq!(attribute("ERROR_MESSAGE"), "Rate exceeded");
    assert_eq!(attribute("RETRY_ATTEMPTS"), "1");
    assert_eq!(
        attribute("EXHAUSTED_RETRY_CONDITION"),
        "MaximumRetryAttempts"
    );
}

#[tokio::test]
async fn what_was_accepted_is_delivered_by_the_next_process() {
    let home = Home::start();
    home.rule("r", json!({"source": ["shop"]}), vec![queue("q")])
        .await;
    *home.called.refusal.lock() = Some(Fault::sender("InternalFailure", 500, "no"));
    home.put(vec![entry("shop", json!({}))]).await;
    home.calls(1).await;
    home.stop.cancel();
    let store = home.world.store.clone();
    drop(home);
    let next = Home::over(wharf_testkit::World::over(
        store,
        wharf_svc_iam::Mode::Enforce,
    ));
    next.clock.advance(Duration::from_secs(60));
    next.calls(1).await;
}

#[tokio::test]
async fn buses_are_apart_and_one_that_is_not_there_takes_events_to_nowhere() {
    let home = Home::start();
    home.rule("r", json!({"source": ["shop"]}), vec![queue("q")])
        .await;
    let bus = CreateEventBusRequest {
        name: Some("other".to_owned()),
        ..Default::default()
    };
    home.events.create_event_bus(&call(), bus).await.unwrap();
    let on = |bus: &str| PutEventsRequestEntry {
        event_bus_name: Some(bus.to_owned()),
        ..entry("shop", json!({}))
    };
    let arn = "arn:aws:events:us-east-1:000000000000:event-bus/default";
    let answer = home.put(vec![on("other"), on("nowhere"), on(arn)]).await;
    assert_eq!(answer.failed_entry_count, Some(0));
    let calls = home.calls(1).await;
    let body = calls[0].1.input["MessageBody"].as_str().unwrap().to_owned();
    let id = answer.entries.unwrap()[2].event_id.clone().unwrap();
    assert!(body.contains(&id));
}

#[tokio::test]
async fn a_request_has_a_size() {
    let home = Home::start();
    let large = entry("shop", json!({"text": "x".repeat(256 << 10)}));
    let request = PutEventsRequest {
        entries: Some(vec![large]),
        ..Default::default()
    };
    let text = "Total size of the entries in the request is over the limit.";
    refused(
        home.events.put_events(&call(), request).await,
        "ValidationException",
        text,
    );
}

#[tokio::test]
async fn many_targets_are_written_in_more_than_one_transaction() {
    let home = Home::start();
    for rule in 0..20 {
        let targets = (0..5).map(|it| queue(&it.to_string())).collect();
        home.rule(&format!("r{rule}"), json!({"source": ["shop"]}), targets)
            .await;
    }
    home.put(vec![entry("shop", json!({"text": "x".repeat(20 << 10)}))])
        .await;
    assert_eq!(home.calls(100).await.len(), 100);
}

/// A queue that is gone has no policy that lets the service in: its own account learns why.
#[tokio::test]
async fn a_dead_letter_says_whether_its_target_is_gone_or_shut() {
    let home = Home::start();
    let dead = "arn:aws:sqs:us-east-1:000000000000:dead";
    let of = |account: &str, role: Option<&str>| Target {
        arn: Some(format!("arn:aws:sqs:us-east-1:{account}:q")),
        role_arn: role.map(str::to_owned),
        dead_letter_config: Some(DeadLetterConfig {
            arn: Some(dead.to_owned()),
        }),
        ..queue("q")
    };
    *home.called.refusal.lock() = Some(Fault::sender("AccessDeniedException", 400, "no"));
    let closed = "arn:aws:iam::000000000000:role/closed";
    for (at, target, is_gone, code) in [
        (0, of("000000000000", None), false, "NO_PERMISSIONS"),
        (1, of("000000000000", None), true, "NO_RESOURCE"),
        (2, of("111111111111", None), true, "NO_PERMISSIONS"),
        (
            3,
            of("000000000000", Some(closed)),
            true,
            "FAILED_TO_ASSUME_ROLE",
        ),
    ] {
        home.called.is_gone.store(is_gone, Ordering::Relaxed);
        let name = format!("r{at}");
        home.rule(&name, json!({"source": [name]}), vec![target])
            .await;
        home.put(vec![entry(&name, json!({}))]).await;
        // Each is tried, and then has its letter.
        let letter = home.calls(2 * at + 2).await.pop().unwrap().1;
        let said = &letter.input["MessageAttributes"]["ERROR_CODE"]["StringValue"];
        assert_eq!(said, code);
    }
}
