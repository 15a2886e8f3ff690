//! Logs of buses: which steps are told of, at which level, and that nothing is where nobody wants it.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use serde_json::{Value, json};
use wharf_api_events::{
    CreateEventBusRequest, DescribeEventBusRequest, Events as _, LogConfig, PutEventsRequest,
    PutEventsRequestEntry, PutRuleRequest, PutTargetsRequest, UpdateEventBusRequest,
};
use wharf_testkit::{call, call_of_service, until};
use wharf_wire::Fault;

use crate::{Home, announced, entry, queue};

const ALL: [&str; 3] = ["ERROR_LOGS", "INFO_LOGS", "TRACE_LOGS"];
const DEFAULT: &str = "arn:aws:events:us-east-1:000000000000:event-bus/default";

fn config(detail: Option<&str>, level: Option<&str>) -> Option<LogConfig> {
    Some(LogConfig {
        include_detail: detail.map(str::to_owned),
        level: level.map(str::to_owned),
    })
}

async fn level(home: &Home, detail: Option<&str>, level: Option<&str>) {
    let update = UpdateEventBusRequest {
        log_config: config(detail, level),
        ..Default::default()
    };
    home.events.update_event_bus(&call(), update).await.unwrap();
}

/// The steps that were told of since the last look.
fn steps(home: &Home) -> Vec<String> {
    let records = std::mem::take(&mut *home.logged.records.lock());
    let steps = records.into_iter();
    steps
        .map(|(_, it)| it["message_type"].as_str().unwrap().to_owned())
        .collect()
}

async fn wait_for(home: &Home, step: &str) -> Vec<Value> {
    until("a step was told of", || async {
        let records = home.logged.records.lock();
        records.iter().any(|(_, it)| it["message_type"] == step)
    })
    .await;
    let records = std::mem::take(&mut *home.logged.records.lock());
    records.into_iter().map(|(_, it)| it).collect()
}

#[tokio::test]
async fn settings_are_shown_as_they_were_given_and_stay() {
    let home = Home::start();
    let create = CreateEventBusRequest {
        name: Some("shop".to_owned()),
        log_config: config(Some("FULL"), Some("INFO")),
        ..Default::default()
    };
    let made = home.events.create_event_bus(&call(), create).await.unwrap();
    assert_eq!(made.log_config, config(Some("FULL"), Some("INFO")));
    let update = UpdateEventBusRequest {
        name: Some("shop".to_owned()),
        description: Some("d".to_owned()),
        ..Default::default()
    };
    let updated = home.events.update_event_bus(&call(), update).await.unwrap();
    assert_eq!(updated.log_config, config(Some("FULL"), Some("INFO")));
    let update = UpdateEventBusRequest {
        name: Some("shop".to_owned()),
        log_config: config(None, Some("OFF")),
        ..Default::default()
    };
    home.events.update_event_bus(&call(), update).await.unwrap();
    let describe = DescribeEventBusRequest {
        name: Some("shop".to_owned()),
    };
    let shown = home.events.describe_event_bus(&call(), describe).await;
    assert_eq!(shown.unwrap().log_config, config(None, Some("OFF")));
}

#[tokio::test]
async fn an_event_is_told_of_from_its_receipt_to_its_target() {
    let home = Home::start();
    home.rule("r", json!({"source": ["shop"]}), vec![queue("t")])
        .await;
    // Without a level, or without a delivery, nothing is.
    *home.logged.types.lock() = ALL.into();
    home.put(vec![entry("shop", json!({}))]).await;
    home.calls(1).await;
    assert!(steps(&home).is_empty());
    level(&home, Some("FULL"), Some("TRACE")).await;
    home.logged.types.lock().clear();
    home.put(vec![entry("shop", json!({}))]).await;
    home.calls(2).await;
    assert!(steps(&home).is_empty());

    *home.logged.types.lock() = ALL.into();
    let put = home.put(vec![entry("shop", json!({"a": 1}))]).await;
    let id = put.entries.unwrap()[0].event_id.clone().unwrap();
    let all = wait_for(&home, "INVOCATION_SUCCESS").await;
    // Its target may have it before what came before that is told of.
    let of: BTreeMap<&str, &Value> = all
        .iter()
        .map(|it| (it["message_type"].as_str().unwrap(), it))
        .collect();
    let expected = [
        "EVENT_RECEIPT",
        "EVENT_INGEST_SUCCESS",
        "RULE_MATCH_START",
        "RULE_MATCH",
        "INVOCATION_START",
        "INVOCATION_ATTEMPT_START",
        "INVOCATION_ATTEMPT_SUCCESS",
        "INVOCATION_SUCCESS",
    ];
    assert_eq!(all.len(), expected.len());
    assert!(expected.iter().all(|it| of.contains_key(it)), "{of:?}");
    for it in &all {
        assert_eq!(it["event_id"], id.as_str());
        assert_eq!(
            (&it["resource_arn"], &it["event_bus_name"]),
            (&json!(DEFAULT), &json!("default"))
        );
    }
    let (receipt, ended) = (of["EVENT_RECEIPT"], of["INVOCATION_SUCCESS"]);
    assert_eq!(receipt["details"]["event_detail"], r#"{"a":1}"#);
    assert!(receipt["request_id"].is_string());
    let invocations = &of["RULE_MATCH"]["details"]["invocation_ids"];
    assert_eq!(invocations[0], ended["invocation_id"]);
    let target = ended["details"]["target_input"].as_str().unwrap();
    let target: Value = serde_json::from_str(target).unwrap();
    assert_eq!(target["detail"], json!({"a": 1}));

    // Of what no rule wants too; without details, and no more than a level has.
    level(&home, Some("NONE"), Some("INFO")).await;
    home.put(vec![entry("other", json!({"a": 1}))]).await;
    let records = std::mem::take(&mut *home.logged.records.lock());
    let names: Vec<_> = records
        .iter()
        .map(|it| it.1["message_type"].clone())
        .collect();
    assert_eq!(names, ["EVENT_INGEST_SUCCESS", "NO_STANDARD_RULES_MATCHED"]);
    assert!(records[0].1["details"].get("event_detail").is_none());
    *home.logged.types.lock() = vec!["ERROR_LOGS"];
    home.put(vec![entry("other", json!({}))]).await;
    assert!(steps(&home).is_empty());
}

#[tokio::test]
async fn an_answer_waits_until_its_steps_are_on_disk() {
    let home = Home::start();
    home.rule("r", json!({"source": ["shop"]}), vec![queue("t")])
        .await;
    *home.logged.types.lock() = vec!["INFO_LOGS"];
    level(&home, None, Some("INFO")).await;
    let writing = home.logged.writing.lock().await;
    let events = home.events.clone();
    let putting = tokio::spawn(async move {
        let input = PutEventsRequest {
            entries: Some(vec![entry("shop", json!({}))]),
            ..Default::default()
        };
        events.put_events(&call(), input).await
    });
    // Its target has it before.
    home.calls(1).await;
    assert!(!putting.is_finished());
    assert!(steps(&home).is_empty());
    drop(writing);
    let put = putting.await.unwrap().unwrap();
    assert_eq!(put.failed_entry_count, Some(0));
    let all = wait_for(&home, "INVOCATION_SUCCESS").await;
    let ingested = |it: &&Value| it["message_type"] == "EVENT_INGEST_SUCCESS";
    assert_eq!(all.iter().filter(ingested).count(), 1);
}

/// Nobody puts them again: who ends in between tells of them once more.
#[tokio::test]
async fn what_services_tell_is_logged_before_it_is_owed() {
    let home = Home::start();
    home.rule("r", json!({"source": ["aws.shop"]}), vec![queue("t")])
        .await;
    *home.logged.types.lock() = vec!["INFO_LOGS"];
    level(&home, None, Some("INFO")).await;
    announced::ready(&home).await;
    let writing = home.logged.writing.lock().await;
    announced::change(&home, &["a"]).await;
    until("its steps are to be logged", || async {
        home.logged.asked.load(Ordering::Relaxed) > 0
    })
    .await;
    assert!(home.called.calls.lock().is_empty());
    drop(writing);
    let all = wait_for(&home, "INVOCATION_SUCCESS").await;
    let ingested = |it: &&Value| it["message_type"] == "EVENT_INGEST_SUCCESS";
    assert_eq!(all.iter().filter(ingested).count(), 1);
}

#[tokio::test]
async fn no_record_is_made_for_which_there_is_no_room() {
    let home = Home::start();
    home.rule("r", json!({"source": ["shop"]}), vec![queue("t")])
        .await;
    *home.logged.types.lock() = ALL.into();
    level(&home, Some("FULL"), Some("TRACE")).await;
    home.logged.is_full.store(true, Ordering::Relaxed);
    let bad = PutEventsRequestEntry {
        detail: Some("no JSON".to_owned()),
        ..entry("shop", json!({}))
    };
    let put = home.put(vec![entry("shop", json!({"a": 1})), bad]).await;
    assert_eq!(put.failed_entry_count, Some(1));
    let refused = std::mem::take(&mut *home.logged.refused.lock());
    // Receipt, ingestion and the look at rules have the detail; the rule that wants it has not, nor is that of the other known yet.
    let expected = [
        ("TRACE_LOGS", 7),
        ("INFO_LOGS", 7),
        ("TRACE_LOGS", 7),
        ("INFO_LOGS", 0),
        ("ERROR_LOGS", 0),
    ];
    assert_eq!(
        refused,
        expected.map(|(log_type, least)| (log_type.to_owned(), least))
    );
    home.calls(1).await;
    home.end().await;
    let of_event = |it: &str| it.starts_with("EVENT_") || it.starts_with("RULE_");
    assert!(!steps(&home).iter().any(|it| of_event(it)));
}

#[tokio::test]
async fn rules_of_services_and_their_targets_are_not_told_of() {
    let home = Home::start();
    let service = call_of_service("ecs.amazonaws.com");
    let rule = PutRuleRequest {
        name: Some("managed".to_owned()),
        event_pattern: Some(json!({"source": ["shop"]}).to_string()),
        ..Default::default()
    };
    home.events.put_rule(&service, rule).await.unwrap();
    let targets = PutTargetsRequest {
        rule: Some("managed".to_owned()),
        targets: Some(vec![queue("t")]),
        ..Default::default()
    };
    home.events.put_targets(&service, targets).await.unwrap();
    *home.logged.types.lock() = ALL.into();
    level(&home, None, Some("TRACE")).await;
    home.put(vec![entry("shop", json!({}))]).await;
    home.calls(1).await;
    // The target of a user's rule gets the next one too, and is told of.
    home.rule("r", json!({"source": ["shop"]}), vec![queue("u")])
        .await;
    home.put(vec![entry("shop", json!({}))]).await;
    home.calls(3).await;
    let mut told = wait_for(&home, "INVOCATION_SUCCESS").await;
    // What would be said of the other target is said by the time the loops ended.
    home.end().await;
    let rest = std::mem::take(&mut *home.logged.records.lock());
    told.extend(rest.into_iter().map(|(_, it)| it));
    let own = "arn:aws:events:us-east-1:000000000000:rule/r";
    let of_rules = told.iter().filter_map(|it| it["details"].get("rule_arn"));
    let of_rules: Vec<&Value> = of_rules.collect();
    assert_eq!(of_rules, vec![own; of_rules.len()]);
    assert_eq!(of_rules.len(), 5);
    let unmatched = |it: &&Value| it["message_type"] == "NO_STANDARD_RULES_MATCHED";
    assert_eq!(told.iter().filter(unmatched).count(), 1);
}

#[tokio::test]
async fn what_is_refused_and_what_fails_are_errors() {
    let home = Home::start();
    *home.logged.types.lock() = ALL.into();
    level(&home, None, Some("ERROR")).await;
    let bad = PutEventsRequestEntry {
        detail: Some("no JSON".to_owned()),
        ..entry("shop", json!({}))
    };
    let put = home.put(vec![bad, entry("shop", json!({}))]).await;
    assert_eq!(put.failed_entry_count, Some(1));
    let all = wait_for(&home, "EVENT_INGEST_FAILURE").await;
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(
        all[0]["error"]["error_message"],
        "MalformedDetail: Detail is malformed."
    );

    let mut target = queue("t");
    target.dead_letter_config = Some(wharf_api_events::DeadLetterConfig {
        arn: Some("arn:aws:sqs:us-east-1:000000000000:letters".to_owned()),
    });
    home.rule("r", json!({"source": ["shop"]}), vec![target])
        .await;
    let refusal = Fault::sender("AccessDeniedException", 400, "no");
    *home.called.refusal.lock() = Some(refusal);
    home.put(vec![entry("shop", json!({}))]).await;
    let all = wait_for(&home, "INVOCATION_DLQ").await;
    let names: Vec<&str> = all
        .iter()
        .map(|it| it["message_type"].as_str().unwrap())
        .collect();
    let expected = [
        "INVOCATION_ATTEMPT_PERMANENT_FAILURE",
        "INVOCATION_FAILURE",
        "INVOCATION_DLQ",
    ];
    assert_eq!(names, expected);
    let failed = &all[1];
    assert_eq!(
        failed["details"]["final_invocation_status"],
        "AccessDeniedException"
    );
    assert_eq!(failed["details"]["total_attempts"], 1);
    assert_eq!(failed["error"]["aws_service"], "sqs");
}
