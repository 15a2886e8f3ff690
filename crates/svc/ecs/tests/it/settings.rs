use serde_json::{Value, json};
use wharf_api_ecs::{self as api, Ecs};
use wharf_base::Permit;
use wharf_testkit::{ecs::Agent, refused};
use wharf_wire::{Call, Caller, CallerKind};

use crate::harness::{ACCOUNT, Harness, call, context, decode};

#[tokio::test]
async fn own_settings_before_the_accounts_defaults() {
    let harness = Harness::start().await;
    let put_default = async |name: &str, value: &str| {
        let input = decode(
            "PutAccountSettingDefault",
            json!({"name": name, "value": value}),
        );
        harness
            .ecs
            .put_account_setting_default(&call(), input)
            .await
    };
    put_default("containerInsights", "enhanced").await.unwrap();
    let own = json!({"name": "containerInsights", "value": "enabled",
        "principalArn": "arn:aws:iam::000000000000:user/a"});
    let own: api::PutAccountSettingRequest = decode("PutAccountSetting", own);
    harness.ecs.put_account_setting(&call(), own).await.unwrap();
    let effective = async |principal: &str| {
        let request = json!({"name": "containerInsights", "effectiveSettings": true, "principalArn": principal});
        let input = decode("ListAccountSettings", request);
        let listed = harness
            .ecs
            .list_account_settings(&call(), input)
            .await
            .unwrap();
        listed.settings.unwrap().remove(0).value.unwrap()
    };
    assert_eq!(
        effective("arn:aws:iam::000000000000:user/a").await,
        "enabled"
    );
    assert_eq!(
        effective("arn:aws:iam::000000000000:user/b").await,
        "enhanced"
    );
    let mut by_b = context();
    by_b.caller = Caller {
        kind: CallerKind::User,
        arn: "arn:aws:iam::000000000000:user/b".to_owned(),
        ..Caller::root(ACCOUNT)
    };
    let by_b = Call::by_controller(by_b, Permit::for_controller("test"));
    for principal in [
        "arn:aws:iam::000000000000:user/a",
        "arn:aws:iam::000000000000:root",
    ] {
        let named = json!({"name": "containerInsights", "principalArn": principal});
        let list = decode("ListAccountSettings", named.clone());
        let listed = harness.ecs.list_account_settings(&by_b, list).await;
        assert_eq!(listed.unwrap_err().code, "AccessDeniedException");
        let delete = decode("DeleteAccountSetting", named.clone());
        let deleted = harness.ecs.delete_account_setting(&by_b, delete).await;
        assert_eq!(deleted.unwrap_err().code, "AccessDeniedException");
        let mut put = named;
        put["value"] = json!("disabled");
        let put = decode("PutAccountSetting", put);
        let put = harness.ecs.put_account_setting(&by_b, put).await;
        assert_eq!(put.unwrap_err().code, "AccessDeniedException");
    }
    assert_eq!(
        effective("arn:aws:iam::000000000000:user/a").await,
        "enabled"
    );
    let wrong = put_default("containerInsights", "maybe").await.unwrap_err();
    assert_eq!(wrong.code, "InvalidParameterException");
    assert!(put_default("colour", "red").await.is_err());
}

#[tokio::test]
async fn clusters_and_definitions_carry_tags() {
    let harness = Harness::with_cluster().await;
    let definition = json!({"family": "web", "tags": [{"key": "a", "value": "1"}],
        "containerDefinitions": [{"name": "web", "image": "i", "memory": 64}]});
    let definition = harness.define(definition).await;
    let cluster = "arn:aws:ecs:us-east-1:000000000000:cluster/default";
    let list = async |arn: &str| {
        let input = decode("ListTagsForResource", json!({"resourceArn": arn}));
        let listed = harness
            .ecs
            .list_tags_for_resource(&call(), input)
            .await
            .unwrap();
        let tags = listed.tags.unwrap().into_iter();
        tags.map(|tag| (tag.key.unwrap(), tag.value.unwrap()))
            .collect::<Vec<_>>()
    };
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(list(&definition).await, [pair("a", "1")]);
    let tag = async |request: Value| {
        harness
            .ecs
            .tag_resource(&call(), decode("TagResource", request))
            .await
    };
    tag(json!({"resourceArn": cluster, "tags": [{"key": "b", "value": "2"}]}))
        .await
        .unwrap();
    assert_eq!(list(cluster).await, [pair("b", "2")]);
    let untag = decode(
        "UntagResource",
        json!({"resourceArn": cluster, "tagKeys": ["b"]}),
    );
    harness.ecs.untag_resource(&call(), untag).await.unwrap();
    assert_eq!(list(cluster).await, []);
    let reserved = json!({"resourceArn": cluster, "tags": [{"key": "aws:x", "value": ""}]});
    assert!(tag(reserved).await.is_err());
    let short = json!({"resourceArn": "arn:aws:ecs:us-east-1:000000000000:task/0123", "tags": []});
    let refused = tag(short).await.unwrap_err();
    assert_eq!(
        refused.message,
        "Long arn format must be used for tagging operations"
    );
    let foreign =
        json!({"resourceArn": "arn:aws:ecs:us-east-1:111111111111:cluster/default", "tags": []});
    assert!(tag(foreign).await.is_err(), "another account's");
}

#[tokio::test]
async fn tags_of_ecs_itself_stay_and_are_not_counted() {
    let harness = Harness::with_cluster().await;
    let _agent = Agent::join(&harness, "default").await;
    let definition = json!({"family": "web",
        "containerDefinitions": [{"name": "web", "image": "i", "memory": 64}]});
    harness.define(definition).await;
    let run = json!({"taskDefinition": "web", "enableECSManagedTags": true});
    let task = harness.run_one(run).await;
    let untag = async |key: &str| {
        let input = json!({"resourceArn": task, "tagKeys": [key]});
        harness
            .ecs
            .untag_resource(&call(), decode("UntagResource", input))
            .await
    };
    refused(
        untag("aws:ecs:clusterName").await,
        "InvalidParameterException",
        "System tags (keys that begin with aws:) cannot be set or removed by users.",
    );
    let tag = async |keys: std::ops::Range<u32>| {
        let tags = keys.map(|it| json!({"key": it.to_string(), "value": ""}));
        let input = json!({"resourceArn": task, "tags": tags.collect::<Vec<_>>()});
        harness
            .ecs
            .tag_resource(&call(), decode("TagResource", input))
            .await
    };
    tag(0..50).await.unwrap();
    refused(
        tag(50..51).await,
        "InvalidParameterException",
        "The maximum number of tags per resource is 50.",
    );
    untag("0").await.unwrap();
    tag(50..51).await.unwrap();
    let input = decode("ListTagsForResource", json!({"resourceArn": task}));
    let listed = harness.ecs.list_tags_for_resource(&call(), input).await;
    let tags = listed.unwrap().tags.unwrap();
    assert_eq!(tags.len(), 51);
    let own = tags
        .iter()
        .find(|it| it.key.as_deref() == Some("aws:ecs:clusterName"));
    assert_eq!(own.unwrap().value.as_deref(), Some("default"));
}
