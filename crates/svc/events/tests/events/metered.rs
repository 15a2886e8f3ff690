//! What becomes of events is counted, once each.

use std::time::Duration;

use serde_json::json;
use wharf_api_events::{DeadLetterConfig, Events as _, PutRuleRequest, PutTargetsRequest, Target};
use wharf_testkit::{call, until};
use wharf_wire::Fault;

use crate::{Home, QUEUE, entry, queue};

/// What else there is, with sums: of calls of PutEvents with an entry of that many bytes each, and of times of rules, which
/// are none on a clock that stands.
fn besides(calls: f64, (entries, bytes): (f64, f64), rules: &[&str]) -> Vec<(String, f64)> {
    let mut all: Vec<_> = [
        ("PutEventsApproximateCallCount", calls),
        ("PutEventsApproximateSuccessCount", calls),
        ("PutEventsLatency", 0.0),
        ("PutEventsRequestSize", bytes),
        ("PutEventsEntriesCount", entries),
        ("PutEventsFailedEntriesCount", 0.0),
    ]
    .map(|(name, sum)| (name.to_owned(), sum))
    .into();
    for rule in rules {
        for of in ["Start", "Complete", "Success"] {
            let name = format!("IngestionToInvocation{of}Latency {rule}");
            all.push((name.trim_end().to_owned(), 0.0));
        }
    }
    all
}

fn with<'a>(some: &[(&'a str, f64)], others: &'a [(String, f64)]) -> Vec<(&'a str, f64)> {
    let others = others.iter().map(|(name, sum)| (name.as_str(), *sum));
    some.iter().copied().chain(others).collect()
}

#[tokio::test]
async fn each_invocation_counts_for_its_rule() {
    let home = Home::start();
    let targets = vec![queue("one"), queue("two")];
    home.rule("all", json!({"source": ["shop"]}), targets).await;
    home.rule("none", json!({"source": ["other"]}), vec![queue("q")])
        .await;
    // Without targets a rule is triggered all the same.
    let bare = PutRuleRequest {
        name: Some("bare".to_owned()),
        event_pattern: Some(json!({"detail": {"n": [1]}}).to_string()),
        ..Default::default()
    };
    home.events.put_rule(&call(), bare).await.unwrap();
    let entries = (0..3).map(|n| entry("shop", json!({ "n": n })));
    home.put(entries.collect()).await;
    home.calls(6).await;
    let expected = [
        ("MatchedEvents all", 3.0),
        ("TriggeredRules all", 3.0),
        ("MatchedEvents bare", 1.0),
        ("TriggeredRules bare", 1.0),
        ("Invocations", 6.0),
        ("Invocations all", 6.0),
        ("InvocationAttempts all", 6.0),
        ("SuccessfulInvocationAttempts all", 6.0),
        ("TriggeredRules", 4.0),
        ("InvocationsCreated", 6.0),
        ("InvocationAttempts", 6.0),
        ("SuccessfulInvocationAttempts", 6.0),
    ];
    // `shop`, `order`, `{"n":0}`
    let others = besides(1.0, (3.0, 3.0 * 16.0), &["", "all"]);
    let expected = with(&expected, &others);
    home.counted.stay(&expected, home.end()).await;
}

#[tokio::test]
async fn what_a_target_refuses_for_good_failed_and_went_to_its_dead_letters() {
    let home = Home::start();
    let refusal = Fault::sender("AccessDenied", 403, "no");
    *home.called.refusal.lock() = Some(refusal);
    let target = Target {
        dead_letter_config: Some(DeadLetterConfig {
            arn: Some(QUEUE.to_owned()),
        }),
        ..queue("with")
    };
    home.rule(
        "r",
        json!({"source": ["shop"]}),
        vec![target, queue("bare")],
    )
    .await;
    home.put(vec![entry("shop", json!({}))]).await;
    let expected = [
        ("MatchedEvents r", 1.0),
        ("TriggeredRules r", 1.0),
        ("Invocations", 2.0),
        ("Invocations r", 2.0),
        ("InvocationAttempts r", 2.0),
        ("FailedInvocations r", 2.0),
        ("InvocationsSentToDlq r", 1.0),
        ("TriggeredRules", 1.0),
        ("InvocationsCreated", 2.0),
        ("InvocationAttempts", 2.0),
    ];
    let mut others = besides(1.0, (1.0, 11.0), &["", "r"]);
    others.retain(|it| !it.0.contains("SuccessLatency"));
    let expected = with(&expected, &others);
    home.counted.stay(&expected, home.end()).await;
}

#[tokio::test]
async fn scheduled_rules_and_those_of_other_buses_count_too() {
    let home = Home::start();
    let bus = wharf_api_events::CreateEventBusRequest {
        name: Some("orders".to_owned()),
        ..Default::default()
    };
    home.events.create_event_bus(&call(), bus).await.unwrap();
    let rule = PutRuleRequest {
        name: Some("r".to_owned()),
        event_bus_name: Some("orders".to_owned()),
        event_pattern: Some(json!({"source": ["shop"]}).to_string()),
        ..Default::default()
    };
    home.events.put_rule(&call(), rule).await.unwrap();
    let mut entry = entry("shop", json!({}));
    entry.event_bus_name = Some("orders".to_owned());
    home.put(vec![entry]).await;
    let rule = PutRuleRequest {
        name: Some("often".to_owned()),
        schedule_expression: Some("rate(1 minute)".to_owned()),
        ..Default::default()
    };
    home.events.put_rule(&call(), rule).await.unwrap();
    let targets = PutTargetsRequest {
        rule: Some("often".to_owned()),
        targets: Some(vec![queue("q")]),
        ..Default::default()
    };
    let of = call();
    let put = home.events.put_targets(&of, targets.clone());
    put.await.unwrap();
    home.clock.advance(Duration::from_secs(61));
    // A rule is looked at again when it changes; the clock of the test wakes nobody.
    home.events.put_targets(&call(), targets).await.unwrap();
    let expected = [
        ("MatchedEvents r orders", 1.0),
        ("TriggeredRules r orders", 1.0),
        ("MatchedEvents often", 1.0),
        ("TriggeredRules often", 1.0),
        ("Invocations", 1.0),
        ("Invocations often", 1.0),
        ("InvocationAttempts often", 1.0),
        ("SuccessfulInvocationAttempts often", 1.0),
        ("MatchedEvents orders", 1.0),
        ("TriggeredRules orders", 1.0),
        ("TriggeredRules", 2.0),
        ("InvocationsCreated", 1.0),
        ("InvocationAttempts", 1.0),
        ("SuccessfulInvocationAttempts", 1.0),
    ];
    let others = besides(1.0, (1.0, 11.0), &["", "often"]);
    let expected = with(&expected, &others);
    home.counted.stay(&expected, home.end()).await;
}

#[tokio::test]
async fn the_time_to_a_target_is_measured_until_it_took_the_event() {
    let home = Home::start();
    let takes = (home.clock.clone(), Duration::from_millis(250));
    *home.called.takes.lock() = Some(takes);
    *home.called.refusal.lock() = Some(Fault::sender("Unavailable", 503, "later"));
    home.rule("r", json!({"source": ["shop"]}), vec![queue("q")])
        .await;
    home.put(vec![entry("shop", json!({}))]).await;
    let of = |name: &str, of: &str| home.counted.sums().get(&format!("{name}{of}")).copied();
    until("the first try is measured", || async {
        of("IngestionToInvocationCompleteLatency", " r").is_some()
    })
    .await;
    assert_eq!(of("IngestionToInvocationSuccessLatency", " r"), None);
    *home.called.refusal.lock() = None;
    home.clock.advance(Duration::from_secs(10));
    until("the second one is", || async {
        of("IngestionToInvocationSuccessLatency", " r").is_some()
    })
    .await;
    home.end().await;
    for whose in ["", " r"] {
        assert_eq!(of("IngestionToInvocationStartLatency", whose), Some(0.0));
        assert_eq!(
            of("IngestionToInvocationCompleteLatency", whose),
            Some(250.0)
        );
        assert_eq!(
            of("IngestionToInvocationSuccessLatency", whose),
            Some(10_500.0)
        );
    }
    assert_eq!(of("PutEventsRequestSize", ""), Some(11.0));
}
