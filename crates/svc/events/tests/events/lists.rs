//! Lists, tags and policies of buses.

use serde_json::json;
use wharf_api_events::{
    CreateEventBusRequest, DescribeEventBusRequest, Events as _, ListEventBusesRequest,
    ListRuleNamesByTargetRequest, ListRulesRequest, ListTagsForResourceRequest,
    PutPermissionRequest, RemovePermissionRequest, Tag, TagResourceRequest, UntagResourceRequest,
};
use wharf_testkit::{call, refused};

use crate::{Home, QUEUE, queue};

#[tokio::test]
async fn lists_have_pages_and_prefixes() {
    let home = Home::start();
    for name in ["a1", "a2", "b1"] {
        home.rule(name, json!({"source": ["a"]}), vec![queue("q")])
            .await;
    }
    let mut request = ListRulesRequest {
        name_prefix: Some("a".to_owned()),
        limit: Some(1),
        ..Default::default()
    };
    let mut names = Vec::new();
    loop {
        let page = home
            .events
            .list_rules(&call(), request.clone())
            .await
            .unwrap();
        names.extend(page.rules.unwrap().into_iter().filter_map(|it| it.name));
        request.next_token = page.next_token;
        if request.next_token.is_none() {
            break;
        }
    }
    assert_eq!(names, ["a1", "a2"]);
    let by_target = |arn: &str| ListRuleNamesByTargetRequest {
        target_arn: Some(arn.to_owned()),
        ..Default::default()
    };
    let found = home
        .events
        .list_rule_names_by_target(&call(), by_target(QUEUE))
        .await
        .unwrap();
    assert_eq!(found.rule_names.unwrap(), ["a1", "a2", "b1"]);
    let found = home
        .events
        .list_rule_names_by_target(&call(), by_target("x"))
        .await
        .unwrap();
    assert_eq!(found.rule_names, Some(vec![]));

    let bus = CreateEventBusRequest {
        name: Some("x".to_owned()),
        ..Default::default()
    };
    home.events.create_event_bus(&call(), bus).await.unwrap();
    let buses = home
        .events
        .list_event_buses(&call(), ListEventBusesRequest::default())
        .await
        .unwrap();
    let names: Vec<_> = buses
        .event_buses
        .unwrap()
        .into_iter()
        .filter_map(|it| it.name)
        .collect();
    assert_eq!(names, ["default", "x"]);
}

#[tokio::test]
async fn buses_and_rules_have_tags() {
    let home = Home::start();
    home.rule("r", json!({"source": ["a"]}), vec![]).await;
    for arn in ["rule/r", "event-bus/default"] {
        let arn = format!("arn:aws:events:us-east-1:000000000000:{arn}");
        let tag = |key: &str| Tag {
            key: Some(key.to_owned()),
            value: Some("v".to_owned()),
        };
        let request = TagResourceRequest {
            resource_arn: Some(arn.clone()),
            tags: Some(vec![tag("a"), tag("b")]),
        };
        home.events.tag_resource(&call(), request).await.unwrap();
        let request = UntagResourceRequest {
            resource_arn: Some(arn.clone()),
            tag_keys: Some(vec!["a".to_owned()]),
        };
        home.events.untag_resource(&call(), request).await.unwrap();
        let request = ListTagsForResourceRequest {
            resource_arn: Some(arn),
        };
        let tags = home
            .events
            .list_tags_for_resource(&call(), request)
            .await
            .unwrap()
            .tags;
        assert_eq!(tags, Some(vec![tag("b")]));
    }
    let none = "arn:aws:events:us-east-1:000000000000:rule/none";
    let request = ListTagsForResourceRequest {
        resource_arn: Some(none.to_owned()),
    };
    refused(
        home.events.list_tags_for_resource(&call(), request).await,
        "ResourceNotFoundException",
        "Rule none does not exist on EventBus default.",
    );
}

#[tokio::test]
async fn a_bus_has_a_policy() {
    let home = Home::start();
    let allow = PutPermissionRequest {
        statement_id: Some("other".to_owned()),
        action: Some("events:PutEvents".to_owned()),
        principal: Some("111111111111".to_owned()),
        ..Default::default()
    };
    home.events
        .put_permission(&call(), allow.clone())
        .await
        .unwrap();
    let shown = home
        .events
        .describe_event_bus(&call(), DescribeEventBusRequest::default())
        .await
        .unwrap();
    assert!(
        shown
            .policy
            .unwrap()
            .contains("arn:aws:iam::111111111111:root")
    );
    let both = PutPermissionRequest {
        policy: Some("{}".to_owned()),
        ..allow
    };
    assert!(home.events.put_permission(&call(), both).await.is_err());
    let gone = RemovePermissionRequest {
        statement_id: Some("other".to_owned()),
        ..Default::default()
    };
    home.events
        .remove_permission(&call(), gone.clone())
        .await
        .unwrap();
    refused(
        home.events.remove_permission(&call(), gone).await,
        "ResourceNotFoundException",
        "EventBus does not have a policy.",
    );
}
