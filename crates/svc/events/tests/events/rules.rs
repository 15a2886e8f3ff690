//! Rules and targets as they are kept, and what is refused.

use serde_json::json;
use wharf_api_events::{
    CreateApiDestinationRequest, CreateArchiveRequest, CreateEventBusRequest,
    DeleteEventBusRequest, DeleteRuleRequest, DescribeRuleRequest, DisableRuleRequest,
    EnableRuleRequest, Events as _, Input, ListTargetsByRuleRequest, PutEventsRequest,
    PutRuleRequest, PutTargetsRequest, RemoveTargetsRequest, ReplayDestination, StartReplayRequest,
    Target, TestEventPatternRequest,
};
use wharf_testkit::{call, call_of_service, refused};

use crate::{Home, entry, queue};

fn rule(name: &str) -> PutRuleRequest {
    PutRuleRequest {
        name: Some(name.to_owned()),
        event_pattern: Some(json!({"source": ["shop"]}).to_string()),
        ..PutRuleRequest::default()
    }
}

fn delete(name: &str, force: bool) -> DeleteRuleRequest {
    DeleteRuleRequest {
        name: Some(name.to_owned()),
        force: Some(force),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_rule_is_put_again_and_keeps_its_targets() {
    let home = Home::start();
    home.rule("r", json!({"source": ["a"]}), vec![queue("q")])
        .await;
    let described = PutRuleRequest {
        description: Some("d".to_owned()),
        ..rule("r")
    };
    home.events.put_rule(&call(), described).await.unwrap();
    let asked = DescribeRuleRequest {
        name: Some("r".to_owned()),
        ..Default::default()
    };
    let shown = home.events.describe_rule(&call(), asked).await.unwrap();
    assert_eq!(
        shown.event_pattern.as_deref(),
        Some(r#"{"source":["shop"]}"#)
    );
    assert_eq!(shown.description.as_deref(), Some("d"));
    assert_eq!(shown.state.as_deref(), Some("ENABLED"));
    assert_eq!(shown.event_bus_name.as_deref(), Some("default"));
    let asked = ListTargetsByRuleRequest {
        rule: Some("r".to_owned()),
        ..Default::default()
    };
    let targets = home
        .events
        .list_targets_by_rule(&call(), asked)
        .await
        .unwrap()
        .targets;
    assert_eq!(targets, Some(vec![queue("q")]));
    home.put(vec![
        entry("a", json!({})),
        entry("shop", json!({"new": 1})),
    ])
    .await;
    let calls = home.calls(1).await;
    assert!(
        calls[0].1.input["MessageBody"]
            .as_str()
            .unwrap()
            .contains("new")
    );
}

#[tokio::test]
async fn a_disabled_rule_takes_nothing() {
    let home = Home::start();
    home.rule("off", json!({"source": ["shop"]}), vec![queue("off")])
        .await;
    home.rule("on", json!({"source": ["shop"]}), vec![queue("on")])
        .await;
    let off = DisableRuleRequest {
        name: Some("off".to_owned()),
        ..Default::default()
    };
    home.events.disable_rule(&call(), off).await.unwrap();
    home.put(vec![entry("shop", json!({}))]).await;
    assert_eq!(home.calls(1).await.len(), 1);
    let on = EnableRuleRequest {
        name: Some("off".to_owned()),
        ..Default::default()
    };
    home.events.enable_rule(&call(), on).await.unwrap();
    home.put(vec![entry("shop", json!({}))]).await;
    assert_eq!(home.calls(3).await.len(), 3);
}

#[tokio::test]
async fn what_is_no_rule_is_refused() {
    let home = Home::start();
    let put = async |change: fn(&mut PutRuleRequest)| {
        let mut request = rule("r");
        change(&mut request);
        home.events.put_rule(&call(), request).await
    };
    let validation = "ValidationException";
    refused(
        put(|it| it.event_pattern = None).await,
        validation,
        "Parameter(s) EventPattern or ScheduleExpression must be specified.",
    );
    refused(
        put(|it| it.event_pattern = Some("{\"a\": 1}".to_owned())).await,
        "InvalidEventPatternException",
        "Event pattern is not valid. Reason: \"a\" must be an object or an array",
    );
    refused(
        put(|it| it.schedule_expression = Some("rate(1 minutes)".to_owned())).await,
        validation,
        "Parameter ScheduleExpression is not valid.",
    );
    refused(
        put(|it| it.schedule_expression = Some("at(2030-01-01T00:00:00)".to_owned())).await,
        validation,
        "Parameter ScheduleExpression is not valid.",
    );
    refused(
        put(|it| it.event_bus_name = Some("no".to_owned())).await,
        "ResourceNotFoundException",
        "Event bus no does not exist.",
    );
    let foreign = "arn:aws:events:us-east-1:111111111111:event-bus/default";
    let foreign = PutRuleRequest {
        event_bus_name: Some(foreign.to_owned()),
        ..rule("r")
    };
    refused(
        home.events.put_rule(&call(), foreign).await,
        "ResourceNotFoundException",
        "Event bus default does not exist.",
    );
}

#[tokio::test]
async fn rules_go_after_their_targets_and_buses_after_their_rules() {
    let home = Home::start();
    let bus = CreateEventBusRequest {
        name: Some("b".to_owned()),
        ..Default::default()
    };
    home.events
        .create_event_bus(&call(), bus.clone())
        .await
        .unwrap();
    refused(
        home.events.create_event_bus(&call(), bus).await,
        "ResourceAlreadyExistsException",
        "Event bus b already exists.",
    );
    let on = PutRuleRequest {
        event_bus_name: Some("b".to_owned()),
        ..rule("r")
    };
    home.events.put_rule(&call(), on).await.unwrap();
    let gone = DeleteEventBusRequest {
        name: Some("b".to_owned()),
    };
    assert!(
        home.events
            .delete_event_bus(&call(), gone.clone())
            .await
            .is_err()
    );
    let there = DeleteRuleRequest {
        event_bus_name: Some("b".to_owned()),
        ..delete("r", false)
    };
    home.events.delete_rule(&call(), there).await.unwrap();
    home.events.delete_event_bus(&call(), gone).await.unwrap();
    let default = DeleteEventBusRequest {
        name: Some("default".to_owned()),
    };
    refused(
        home.events.delete_event_bus(&call(), default).await,
        "ValidationException",
        "Cannot delete event bus default.",
    );

    home.rule("r", json!({"source": ["a"]}), vec![queue("q")])
        .await;
    refused(
        home.events.delete_rule(&call(), delete("r", false)).await,
        "ValidationException",
        "Rule can't be deleted since it has targets.",
    );
    let gone = RemoveTargetsRequest {
        rule: Some("r".to_owned()),
        ids: Some(vec!["q".to_owned(), "x".to_owned()]),
        ..Default::default()
    };
    let answer = home.events.remove_targets(&call(), gone).await.unwrap();
    assert_eq!(answer.failed_entry_count, Some(1));
    home.events
        .delete_rule(&call(), delete("r", false))
        .await
        .unwrap();
    home.events
        .delete_rule(&call(), delete("r", false))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_rule_of_a_service_is_changed_by_it_alone() {
    let home = Home::start();
    let service = call_of_service("ecs.amazonaws.com");
    home.events
        .put_rule(&service, rule("managed"))
        .await
        .unwrap();
    let text = "Rule managed is managed by ecs.amazonaws.com and can't be modified.";
    refused(
        home.events.put_rule(&call(), rule("managed")).await,
        "ManagedRuleException",
        text,
    );
    let targets = PutTargetsRequest {
        rule: Some("managed".to_owned()),
        targets: Some(vec![queue("q")]),
        ..Default::default()
    };
    refused(
        home.events.put_targets(&call(), targets.clone()).await,
        "ManagedRuleException",
        text,
    );
    refused(
        home.events
            .delete_rule(&call(), delete("managed", false))
            .await,
        "ManagedRuleException",
        text,
    );
    home.events
        .put_rule(&service, rule("managed"))
        .await
        .unwrap();
    home.events
        .delete_rule(&call(), delete("managed", true))
        .await
        .unwrap();
}

#[tokio::test]
async fn quotas_hold() {
    let home = Home::start();
    home.rule("r", json!({"source": ["a"]}), vec![]).await;
    let six = (0..6).map(|it| queue(&it.to_string())).collect();
    let six = PutTargetsRequest {
        rule: Some("r".to_owned()),
        targets: Some(six),
        ..Default::default()
    };
    let text = "The requested resource exceeds the maximum number allowed.";
    refused(
        home.events.put_targets(&call(), six).await,
        "LimitExceededException",
        text,
    );
    for n in 1..300 {
        home.events
            .put_rule(&call(), rule(&format!("r{n}")))
            .await
            .unwrap();
    }
    refused(
        home.events.put_rule(&call(), rule("one-more")).await,
        "LimitExceededException",
        text,
    );
    home.events.put_rule(&call(), rule("r1")).await.unwrap();
    home.events
        .delete_rule(&call(), delete("r2", false))
        .await
        .unwrap();
    home.events
        .put_rule(&call(), rule("one-more"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_pattern_is_tested() {
    let home = Home::start();
    let event = json!({"id": "1", "account": "1", "source": "shop", "time": "t", "region": "r", "resources": [], "detail-type": "d"});
    let test = async |pattern: &str, event: String| {
        let request = TestEventPatternRequest {
            event_pattern: Some(pattern.to_owned()),
            event: Some(event),
        };
        home.events.test_event_pattern(&call(), request).await
    };
    assert_eq!(
        test(r#"{"source": ["shop"]}"#, event.to_string())
            .await
            .unwrap()
            .result,
        Some(true)
    );
    assert_eq!(
        test(r#"{"source": ["x"]}"#, event.to_string())
            .await
            .unwrap()
            .result,
        Some(false)
    );
    refused(
        test("{}", event.to_string()).await,
        "InvalidEventPatternException",
        "Event pattern is not valid. Reason: Empty objects are not allowed",
    );
    refused(
        test(r#"{"a": ["x"]}"#, "{".to_owned()).await,
        "ValidationException",
        "Parameter Event is not valid.",
    );
    assert!(test(r#"{"a": ["x"]}"#, "{}".to_owned()).await.is_err());
}

#[tokio::test]
async fn a_log_group_is_a_target_in_its_own_account_and_region_alone() {
    let home = Home::start();
    home.rule("r", json!({"source": ["a"]}), vec![queue("q")])
        .await;
    for (place, fits) in [
        ("us-east-1:000000000000", true),
        ("us-east-1:111111111111", false),
        ("eu-west-1:000000000000", false),
    ] {
        let target = Target {
            id: Some("l".to_owned()),
            arn: Some(format!("arn:aws:logs:{place}:log-group:/events/all")),
            ..Target::default()
        };
        let input = PutTargetsRequest {
            rule: Some("r".to_owned()),
            targets: Some(vec![target]),
            ..PutTargetsRequest::default()
        };
        let put = home.events.put_targets(&call(), input).await;
        assert_eq!(put.is_ok(), fits, "{place}: {put:?}");
    }
}

#[tokio::test]
async fn an_event_that_is_tested_is_no_larger_than_one_that_arrives() {
    let home = Home::start();
    let event = |bytes: usize| {
        json!({
            "id": "i", "account": "000000000000", "source": "shop", "time": "2026-01-01T00:00:00Z",
            "region": "us-east-1", "resources": [], "detail-type": "t", "detail": {"a": "a".repeat(bytes)},
        })
    };
    for (bytes, fits) in [(100_000, true), (300_000, false)] {
        let input = TestEventPatternRequest {
            event_pattern: Some(json!({"detail": {"a": [{"wildcard": "*ab*"}]}}).to_string()),
            event: Some(event(bytes).to_string()),
        };
        let tested = home.events.test_event_pattern(&call(), input).await;
        assert_eq!(tested.is_ok(), fits, "{bytes}");
    }
}

#[tokio::test]
async fn policies_are_asked_about_the_events_that_a_rule_chooses() {
    let home = Home::start();
    let input = PutRuleRequest {
        event_pattern: Some(json!({"source": ["shop", {"prefix": "aws."}]}).to_string()),
        ..rule("r")
    };
    let checks = home.events.authorize(&call(), Input::PutRule(&input)).await;
    let context = checks.unwrap().remove(0).context;
    assert_eq!(
        context["events:source"],
        ["shop", r#"{"prefix":"aws."}"#],
        "nobody who may choose events of a shop alone gets others by a prefix"
    );
    assert!(!context.contains_key("events:detail-type"));
    let role = "arn:aws:iam::000000000000:role/r";
    let targets = PutTargetsRequest {
        rule: Some("r".to_owned()),
        targets: Some(vec![Target {
            role_arn: Some(role.to_owned()),
            ..queue("q")
        }]),
        ..Default::default()
    };
    let asked = Input::PutTargets(&targets);
    let checks = home.events.authorize(&call(), asked).await.unwrap();
    assert_eq!(
        (checks[1].action.as_str(), checks[1].resource.as_str()),
        ("iam:PassRole", role)
    );
    assert_eq!(
        checks[1].context["iam:AssociatedResourceArn"],
        ["arn:aws:events:us-east-1:000000000000:rule/r"]
    );
    let input = PutEventsRequest {
        entries: Some(vec![entry("shop", json!({}))]),
        ..Default::default()
    };
    let asked = Input::PutEvents(&input);
    let checks = home.events.authorize(&call(), asked).await.unwrap();
    assert_eq!(checks[0].context["events:eventBusInvocation"], ["false"]);
}

/// Who may make archives may not keep the events of any bus by that, and so on.
#[tokio::test]
async fn what_is_made_of_something_else_is_asked_about_that_too() {
    let home = Home::start();
    let at = |what: &str| format!("arn:aws:events:us-east-1:000000000000:{what}");
    let archive = CreateArchiveRequest {
        archive_name: Some("a".to_owned()),
        event_source_arn: Some(at("event-bus/b")),
        ..Default::default()
    };
    let replay = StartReplayRequest {
        replay_name: Some("r".to_owned()),
        event_source_arn: Some(at("archive/a")),
        destination: Some(ReplayDestination {
            arn: Some(at("event-bus/b")),
            filter_arns: None,
        }),
        ..Default::default()
    };
    let destination = CreateApiDestinationRequest {
        name: Some("d".to_owned()),
        connection_arn: Some(at("connection/c/1")),
        ..Default::default()
    };
    for (input, resources) in [
        (
            Input::CreateArchive(&archive),
            vec!["archive/a", "event-bus/b"],
        ),
        (
            Input::StartReplay(&replay),
            vec!["replay/r", "archive/a", "event-bus/b"],
        ),
        (
            Input::CreateApiDestination(&destination),
            vec!["api-destination/d", "connection/c/1"],
        ),
    ] {
        let checks = home.events.authorize(&call(), input).await.unwrap();
        let found: Vec<String> = checks.into_iter().map(|it| it.resource).collect();
        let expected: Vec<String> = resources.into_iter().map(at).collect();
        assert_eq!(found, expected);
    }
}

/// A pattern of a few kilobytes with alternatives takes a megabyte once it is compiled.
#[tokio::test]
async fn what_the_patterns_of_a_bus_take_compiled_is_bounded() {
    let home = Home::start();
    let choices = |name: &str| {
        let each = (0..12).map(|it| json!({format!("{name}{it}"): ["x"]}));
        json!(each.collect::<Vec<_>>())
    };
    let mut detail = json!({"a": {"$or": choices("b")}, "c": {"$or": choices("d")}});
    for it in 0..30 {
        detail[format!("e{it}")] = json!(["x"]);
    }
    let large = json!({ "detail": detail }).to_string();
    assert!(large.len() < 2048);
    let put = async |name: &str, pattern: &str| {
        let request = PutRuleRequest {
            event_pattern: Some(pattern.to_owned()),
            // Whether it is enabled says nothing: that may change at any time.
            state: Some("DISABLED".to_owned()),
            ..rule(name)
        };
        home.events.put_rule(&call(), request).await
    };
    let mut fitted = 0;
    let refusal = loop {
        match put(&format!("large-{fitted}"), &large).await {
            Ok(_) => fitted += 1,
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(refusal.code, "LimitExceededException");
    assert!((5..100).contains(&fitted), "{fitted}");
    // The same once more takes no more, and what goes makes room.
    put("large-0", &large).await.unwrap();
    put("large-1", r#"{"source": ["shop"]}"#).await.unwrap();
    put("large", &large).await.unwrap();
    assert!(put("another", &large).await.is_err());
    let (gone, events) = (delete("large", false), &home.events);
    events.delete_rule(&call(), gone).await.unwrap();
    put("another", &large).await.unwrap();
    // Archives of the bus have patterns as well.
    let archive = CreateArchiveRequest {
        archive_name: Some("archive".to_owned()),
        event_source_arn: Some(
            "arn:aws:events:us-east-1:000000000000:event-bus/default".to_owned(),
        ),
        event_pattern: Some(large.clone()),
        ..Default::default()
    };
    let refusal = events.create_archive(&call(), archive).await.unwrap_err();
    assert_eq!(refusal.code, "LimitExceededException");
}
