//! Buses and archives under keys of KMS.

use std::time::Duration;

use serde_json::{Value, json};
use wharf_api_events::{
    CreateArchiveRequest, CreateEventBusRequest, DescribeArchiveRequest, DescribeEventBusRequest,
    DescribeReplayRequest, Events as _, PutEventsRequestEntry, PutRuleRequest, PutTargetsRequest,
    ReplayDestination, RetryPolicy, StartReplayRequest, Target, UpdateEventBusRequest,
};
use wharf_api_kms::{CreateKeyRequest, DisableKeyRequest, EnableKeyRequest, Kms as _};
use wharf_base::{Clock as _, Timestamp};
use wharf_testkit::{call, until};

use crate::{Home, entry, queue};

const SECRET: &str = "told to nobody else";
const BUS: &str = "arn:aws:events:us-east-1:000000000000:event-bus/sealed";

/// Lets the service in, for this bus.
fn policy(bus: &str) -> String {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
         "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": "*",
         "Condition": {"StringEquals": {"kms:EncryptionContext:aws:events:event-bus:arn": bus, "aws:SourceArn": bus}}}]})
    .to_string()
}

impl Home {
    async fn key(&self, policy: String) -> String {
        let input = CreateKeyRequest {
            policy: Some(policy),
            ..CreateKeyRequest::default()
        };
        let made = self.kms.create_key(&call(), input).await.unwrap();
        made.key_metadata.unwrap().arn.unwrap()
    }

    /// From the moment that nothing remembers it any more.
    async fn disable(&self, key: &str) {
        let input = DisableKeyRequest {
            key_id: Some(key.to_owned()),
        };
        self.kms.disable_key(&call(), input).await.unwrap();
        self.clock.advance(Duration::from_secs(11));
    }

    async fn enable(&self, key: &str) {
        let input = EnableKeyRequest {
            key_id: Some(key.to_owned()),
        };
        self.kms.enable_key(&call(), input).await.unwrap();
        self.clock.advance(Duration::from_secs(600));
    }

    async fn everything(&self) -> String {
        self.world.stored("/w1/c0/events/").await
    }

    /// A bus under a key with a rule that leads to a queue.
    async fn sealed_bus(&self, target: Target) -> String {
        let key = self.key(policy(BUS)).await;
        let bus = CreateEventBusRequest {
            name: Some("sealed".to_owned()),
            kms_key_identifier: Some(key.clone()),
            ..CreateEventBusRequest::default()
        };
        let made = self.events.create_event_bus(&call(), bus).await.unwrap();
        assert_eq!(made.kms_key_identifier.as_ref(), Some(&key));
        let rule = PutRuleRequest {
            name: Some("all".to_owned()),
            event_bus_name: Some("sealed".to_owned()),
            event_pattern: Some(json!({"source": ["shop"]}).to_string()),
            ..PutRuleRequest::default()
        };
        self.events.put_rule(&call(), rule).await.unwrap();
        let targets = PutTargetsRequest {
            rule: Some("all".to_owned()),
            event_bus_name: Some("sealed".to_owned()),
            targets: Some(vec![target]),
        };
        let answer = self.events.put_targets(&call(), targets).await.unwrap();
        assert_eq!(answer.failed_entry_count, Some(0));
        key
    }
}

fn to(bus: &str, detail: Value) -> PutEventsRequestEntry {
    PutEventsRequestEntry {
        event_bus_name: Some(bus.to_owned()),
        ..entry("shop", detail)
    }
}

fn body(call: &wharf_delivery::Request) -> String {
    call.input["MessageBody"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn events_lie_sealed_until_they_are_delivered() {
    let home = Home::start();
    *home.called.refusal.lock() = Some(wharf_wire::Fault::receiver(
        "InternalFailure",
        500,
        "later",
        &std::io::Error::other("x"),
    ));
    let key = home.sealed_bus(queue("q")).await;
    let answer = home.put(vec![to("sealed", json!({"a": SECRET}))]).await;
    assert_eq!(answer.failed_entry_count, Some(0));
    let (_, first) = home.calls(1).await[0].clone();
    assert!(body(&first).contains(SECRET));
    let left = home.everything().await;
    assert!(
        left.contains("\"sealed\"") && !left.contains(SECRET),
        "{left}"
    );
    // Shut: what waits is not tried any more, and nothing new is taken.
    home.disable(&key).await;
    *home.called.refusal.lock() = None;
    let answer = home
        .put(vec![to("sealed", json!({})), to("default", json!({}))])
        .await;
    assert_eq!(answer.failed_entry_count, Some(1));
    let entries = answer.entries.unwrap();
    assert_eq!(entries[0].error_code.as_deref(), Some("DisabledException"));
    assert!(entries[1].event_id.is_some());
    let before = home.called.calls.lock().len();
    home.clock.advance(Duration::from_secs(600));
    until("a try failed for the key", || async {
        let left = home.everything().await;
        (2..6).any(|it| left.contains(&format!("\"failures\":{it}")))
    })
    .await;
    assert_eq!(home.called.calls.lock().len(), before);
    home.enable(&key).await;
    let calls = home.calls(before + 1).await;
    assert!(body(&calls[before].1).contains(SECRET));
}

#[tokio::test]
async fn a_letter_of_what_stays_shut_says_no_more_than_that() {
    let home = Home::start();
    let target = Target {
        retry_policy: Some(RetryPolicy {
            maximum_retry_attempts: Some(1),
            maximum_event_age_in_seconds: Some(60),
        }),
        dead_letter_config: Some(wharf_api_events::DeadLetterConfig {
            arn: Some("arn:aws:sqs:us-east-1:000000000000:letters".to_owned()),
        }),
        ..queue("q")
    };
    let key = home.sealed_bus(target).await;
    *home.called.refusal.lock() = Some(wharf_wire::Fault::receiver(
        "InternalFailure",
        500,
        "later",
        &std::io::Error::other("x"),
    ));
    home.put(vec![to("sealed", json!({"a": SECRET}))]).await;
    home.calls(1).await;
    home.disable(&key).await;
    home.clock.advance(Duration::from_secs(120));
    let is_letter = |it: &wharf_delivery::Request| it.input["MessageAttributes"].is_object();
    until("it is given up", || async {
        home.called.calls.lock().iter().any(|(_, it)| is_letter(it))
    })
    .await;
    let calls = home.called.calls.lock().clone();
    let (_, letter) = calls.iter().find(|(_, it)| is_letter(it)).unwrap();
    assert_eq!(body(letter), "{}");
}

#[tokio::test]
async fn dead_letters_of_a_bus_have_what_its_key_does_not_let_it_seal() {
    let home = Home::start();
    let key = home.sealed_bus(queue("q")).await;
    let letters = "arn:aws:sqs:us-east-1:000000000000:letters";
    let name = |arn: Option<&str>| UpdateEventBusRequest {
        name: Some("sealed".to_owned()),
        dead_letter_config: Some(wharf_api_events::DeadLetterConfig {
            arn: arn.map(str::to_owned),
        }),
        ..UpdateEventBusRequest::default()
    };
    let caller = call();
    let update = home
        .events
        .update_event_bus(&caller, name(Some(letters)))
        .await;
    let shown = update.unwrap().dead_letter_config.unwrap();
    assert_eq!(shown.arn.as_deref(), Some(letters));
    let asked = DescribeEventBusRequest {
        name: Some("sealed".to_owned()),
    };
    let shown = home
        .events
        .describe_event_bus(&call(), asked)
        .await
        .unwrap();
    assert_eq!(
        shown.dead_letter_config.unwrap().arn.as_deref(),
        Some(letters)
    );
    assert_eq!(shown.kms_key_identifier.as_ref(), Some(&key));
    let fifo = name(Some("arn:aws:sqs:us-east-1:000000000000:l.fifo"));
    let fifo = home.events.update_event_bus(&caller, fifo).await;
    assert_eq!(fifo.unwrap_err().code, "ValidationException");

    home.disable(&key).await;
    let nobody_wants = PutEventsRequestEntry {
        event_bus_name: Some("sealed".to_owned()),
        ..entry("bank", json!({}))
    };
    let bad = PutEventsRequestEntry {
        event_bus_name: Some("sealed".to_owned()),
        ..entry("aws.bank", json!({}))
    };
    let answer = home
        .put(vec![to("sealed", json!({"a": SECRET})), nobody_wants, bad])
        .await;
    assert_eq!(answer.failed_entry_count, Some(1));
    let entries = answer.entries.unwrap();
    assert_eq!(
        entries[2].error_code.as_deref(),
        Some("NotAuthorizedForSource")
    );
    // They are there by now, for the bus, and nowhere else.
    let calls = home.called.calls.lock().clone();
    assert_eq!(calls.len(), 2);
    let (actor, letter) = &calls[0];
    let wharf_delivery::Actor::Service {
        name: who,
        source_arn,
        ..
    } = actor
    else {
        panic!("{actor:?}");
    };
    assert_eq!((&**who, &**source_arn), ("events.amazonaws.com", BUS));
    assert!(
        letter.input["QueueUrl"]
            .as_str()
            .unwrap()
            .ends_with("/letters")
    );
    let event: Value = serde_json::from_str(&body(letter)).unwrap();
    assert_eq!(event["id"].as_str(), entries[0].event_id.as_deref());
    assert_eq!(event["detail"]["a"], SECRET);
    let said = &letter.input["MessageAttributes"];
    assert_eq!(said["ERROR_CODE"]["StringValue"], "DisabledException");
    assert!(!home.everything().await.contains(SECRET));

    // Without a queue they are refused.
    home.events
        .update_event_bus(&call(), name(None))
        .await
        .unwrap();
    let answer = home.put(vec![to("sealed", json!({}))]).await;
    let entries = answer.entries.unwrap();
    assert_eq!(entries[0].error_code.as_deref(), Some("DisabledException"));
}

#[tokio::test]
async fn keys_that_shut_the_service_out_are_refused() {
    let home = Home::start();
    let root_alone = policy("arn:aws:events:us-east-1:000000000000:event-bus/other");
    let key = home.key(root_alone).await;
    let bus = |key: &str| CreateEventBusRequest {
        name: Some("sealed".to_owned()),
        kms_key_identifier: Some(key.to_owned()),
        ..CreateEventBusRequest::default()
    };
    for bad in [&*key, "alias/none", "nonsense"] {
        let made = home.events.create_event_bus(&call(), bus(bad)).await;
        assert_eq!(made.unwrap_err().code, "ValidationException", "{bad}");
    }
    let key = home.sealed_bus(queue("q")).await;
    let shown = |home: &Home| {
        let input = DescribeEventBusRequest {
            name: Some("sealed".to_owned()),
        };
        let (events, call) = (home.events.clone(), call());
        async move {
            let shown = events.describe_event_bus(&call, input).await.unwrap();
            shown.kms_key_identifier
        }
    };
    assert_eq!(shown(&home).await, Some(key));
    let update = UpdateEventBusRequest {
        name: Some("sealed".to_owned()),
        kms_key_identifier: Some(String::new()),
        ..UpdateEventBusRequest::default()
    };
    home.events.update_event_bus(&call(), update).await.unwrap();
    assert_eq!(shown(&home).await, None);
}

#[tokio::test]
async fn archives_keep_events_sealed() {
    let home = Home::start();
    let default = "arn:aws:events:us-east-1:000000000000:event-bus/default";
    let key = home.key(policy(default)).await;
    let made = CreateArchiveRequest {
        archive_name: Some("all".to_owned()),
        event_source_arn: Some(default.to_owned()),
        kms_key_identifier: Some(key.clone()),
        ..CreateArchiveRequest::default()
    };
    home.events.create_archive(&call(), made).await.unwrap();
    let asked = DescribeArchiveRequest {
        archive_name: Some("all".to_owned()),
    };
    let shown = home.events.describe_archive(&call(), asked).await.unwrap();
    assert_eq!(shown.kms_key_identifier.as_ref(), Some(&key));
    home.put(vec![to("default", json!({"a": SECRET}))]).await;
    let mut files = vec![home.folder.path().to_owned()];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|it| it.unwrap().path()),
            );
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes
            .windows(SECRET.len())
            .any(|it| it == SECRET.as_bytes());
        assert!(!found, "{path:?}");
    }
    home.rule("shop", json!({"source": ["shop"]}), vec![queue("q")])
        .await;
    let now = home.clock.now().millis();
    let replay = StartReplayRequest {
        replay_name: Some("again".to_owned()),
        event_source_arn: Some("arn:aws:events:us-east-1:000000000000:archive/all".to_owned()),
        event_start_time: Some(Timestamp(now - 3_600_000)),
        event_end_time: Some(Timestamp(now + 3_600_000)),
        destination: Some(ReplayDestination {
            arn: Some(default.to_owned()),
            filter_arns: None,
        }),
        ..StartReplayRequest::default()
    };
    home.events.start_replay(&call(), replay).await.unwrap();
    let calls = home.calls(1).await;
    assert!(body(&calls[0].1).contains(SECRET));
    until("the replay is over", || async {
        let asked = DescribeReplayRequest {
            replay_name: Some("again".to_owned()),
        };
        let shown = home.events.describe_replay(&call(), asked).await.unwrap();
        shown.state.as_deref() == Some("COMPLETED")
    })
    .await;
}
