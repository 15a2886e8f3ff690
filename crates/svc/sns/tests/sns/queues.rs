//! Topics whose messages go to queues.

use std::sync::Arc;

use serde_json::{Value, json};
use wharf_api_sns::{self as api, Sns as _};
use wharf_delivery::Actor;
use wharf_store::{Op, Range, Txn};
use wharf_testkit::{call, refused};
use wharf_wire::Service as _;

use crate::support::Home;

#[tokio::test]
async fn queues_get_what_fits_them_as_they_want_it() {
    let home = Home::new();
    let topic = home.topic("news").await;
    home.subscribe(&topic, "all", &[]).await.unwrap();
    home.subscribe(&topic, "raw", &[("RawMessageDelivery", "true")])
        .await
        .unwrap();
    home.subscribe(
        &topic,
        "some",
        &[("FilterPolicy", r#"{"kind": ["order"]}"#)],
    )
    .await
    .unwrap();
    let id = home.publish(&topic, "one", "order").await;
    home.publish(&topic, "two", "refund").await;
    let got = home.got(5).await;
    let names: Vec<_> = got.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["all", "all", "raw", "raw", "some"]);
    let envelope: Value = serde_json::from_str(got[4].1["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&envelope["Message"], &envelope["MessageId"]),
        (&json!("one"), &json!(id))
    );
    assert_eq!(
        envelope["MessageAttributes"]["kind"],
        json!({"Type": "String", "Value": "order"})
    );
    let raw = got[2..4]
        .iter()
        .map(|(_, it)| it["MessageBody"].as_str().unwrap());
    let mut raw: Vec<_> = raw.collect();
    raw.sort_unstable();
    assert_eq!(raw, ["one", "two"]);
    assert_eq!(got[2].1["MessageAttributes"]["kind"]["DataType"], "String");
    let (actor, _) = home.queues.0.lock().unwrap()[0].clone();
    let expected = Actor::Service {
        name: "sns.amazonaws.com".to_owned(),
        account: "000000000000".to_owned(),
        source_arn: topic,
    };
    assert_eq!(actor, expected);
}

/// What was read of subscriptions for one message holds for the next one until one of them changes.
#[tokio::test]
async fn changes_of_subscriptions_count_for_the_next_message() {
    let home = Home::new();
    let topic = home.topic("news").await;
    home.publish(&topic, "to nobody", "order").await;
    let some = home.subscribe(&topic, "some", &[]).await.unwrap();
    let other = home.subscribe(&topic, "other", &[]).await.unwrap();
    home.publish(&topic, "to both", "order").await;
    let policy = r#"{"kind": ["refund"]}"#;
    (home.set_subscription(&some, "FilterPolicy", policy).await).unwrap();
    home.publish(&topic, "to the other", "order").await;
    let ended = api::UnsubscribeInput {
        subscription_arn: Some(other),
    };
    home.sns.unsubscribe(&call(), ended).await.unwrap();
    home.publish(&topic, "to nobody", "order").await;
    home.publish(&topic, "to some", "refund").await;
    // The same topic made anew has none of them.
    let delete = api::DeleteTopicInput {
        topic_arn: Some(topic.clone()),
    };
    home.sns.delete_topic(&call(), delete).await.unwrap();
    home.topic("news").await;
    home.publish(&topic, "to nobody", "refund").await;
    home.subscribe(&topic, "last", &[]).await.unwrap();
    home.publish(&topic, "to the last", "order").await;
    let got = home.got(5).await;
    let mut got: Vec<_> = (got.iter())
        .map(|(name, it)| {
            let envelope: Value =
                serde_json::from_str(it["MessageBody"].as_str().unwrap()).unwrap();
            (
                name.clone(),
                envelope["Message"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    got.sort();
    let expected = [
        ("last", "to the last"),
        ("other", "to both"),
        ("other", "to the other"),
        ("some", "to both"),
        ("some", "to some"),
    ];
    assert_eq!(
        got,
        expected.map(|(name, text)| (name.to_owned(), text.to_owned()))
    );
}

#[tokio::test]
async fn what_a_queue_refuses_is_a_dead_letter() {
    let home = Home::new();
    let topic = home.topic("news").await;
    let policy = r#"{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead"}"#;
    home.subscribe(&topic, "shut", &[("RedrivePolicy", policy)])
        .await
        .unwrap();
    home.publish(&topic, "one", "order").await;
    let got = home.got(1).await;
    assert_eq!(got[0].0, "dead");
    assert_eq!(
        got[0].1["MessageAttributes"]["ERROR_CODE"]["StringValue"],
        "AccessDenied"
    );
}

/// They go there in the topic's name, which queues of others may trust.
#[tokio::test]
async fn dead_letters_go_to_queues_of_the_subscriptions_account() {
    let home = Home::new();
    let topic = home.topic("news").await;
    for queue in [
        "arn:aws:sqs:us-east-1:111111111111:dead",
        "arn:aws:sqs:eu-west-1:000000000000:dead",
        // Messages of the topic have no group, which this one asks for.
        "arn:aws:sqs:us-east-1:000000000000:dead.fifo",
    ] {
        let policy = format!(r#"{{"deadLetterTargetArn": "{queue}"}}"#);
        let with = [("RedrivePolicy", policy.as_str())];
        let refusal = home.subscribe(&topic, "shut", &with).await.unwrap_err();
        assert_eq!(refusal.code, "InvalidParameter");
        let plain = home.subscribe(&topic, "open", &[]).await.unwrap();
        let refusal = home.set_subscription(&plain, "RedrivePolicy", &policy);
        assert_eq!(refusal.await.unwrap_err().code, "InvalidParameter");
    }
}

#[tokio::test]
async fn topics_and_subscriptions_are_kept() {
    let mut home = Home::new();
    let topic = home.topic("news").await;
    assert_eq!(home.topic("news").await, topic);
    let first = home.subscribe(&topic, "a", &[]).await.unwrap();
    assert_eq!(home.subscribe(&topic, "a", &[]).await.unwrap(), first);
    refused(
        home.subscribe(&topic, "a", &[("RawMessageDelivery", "true")])
            .await,
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes",
    );
    home.sns.restart();
    let listed = home
        .sns
        .list_subscriptions(&call(), Default::default())
        .await
        .unwrap();
    assert_eq!(
        listed.subscriptions.unwrap()[0].subscription_arn,
        Some(first)
    );
    let delete = api::DeleteTopicInput {
        topic_arn: Some(topic.clone()),
    };
    home.sns.delete_topic(&call(), delete).await.unwrap();
    let listed = home
        .sns
        .list_subscriptions(&call(), Default::default())
        .await
        .unwrap();
    assert_eq!(listed.subscriptions, Some(Vec::new()));
    let gone = home.subscribe(&topic, "a", &[]).await;
    refused(gone, "NotFound", "Topic does not exist");
}

/// A process died between the end of a topic and that of its subscriptions.
#[tokio::test]
async fn a_topic_of_a_name_has_no_subscriptions_of_the_one_before() {
    let home = Home::new();
    for is_told_again in [true, false] {
        let topic = home.topic("news").await;
        home.subscribe(&topic, "all", &[]).await.unwrap();
        let all = home.world.store.all(Range::prefix("/")).await.unwrap();
        let mut keys = all.entries.iter().map(|it| it.key.clone());
        let key = keys.find(|it| it.contains("/topic/")).unwrap();
        let txn = Txn {
            then: vec![Op::delete(key)],
            ..Txn::default()
        };
        home.world.store.txn(&call().permit, txn).await.unwrap();
        if is_told_again {
            let delete = api::DeleteTopicInput {
                topic_arn: Some(topic.clone()),
            };
            home.sns.delete_topic(&call(), delete).await.unwrap();
        }
        let topic = home.topic("news").await;
        let call = call();
        let listed = home.sns.list_subscriptions(&call, Default::default());
        assert_eq!(listed.await.unwrap().subscriptions, Some(Vec::new()));
        let delete = api::DeleteTopicInput {
            topic_arn: Some(topic),
        };
        home.sns.delete_topic(&call, delete).await.unwrap();
    }
}

#[tokio::test]
async fn batches_fail_by_their_entries() {
    let home = Home::new();
    let topic = home.topic("news").await;
    home.subscribe(&topic, "all", &[]).await.unwrap();
    let entry = |id: &str, text: &str| api::PublishBatchRequestEntry {
        id: Some(id.to_owned()),
        message: Some(text.to_owned()),
        ..Default::default()
    };
    let batch = |entries| api::PublishBatchInput {
        topic_arn: Some(topic.clone()),
        publish_batch_request_entries: Some(entries),
    };
    let large = "x".repeat(100_000);
    let entries = vec![
        entry("a", "x"),
        entry("b", ""),
        entry("c", &large),
        entry("d", &large),
    ];
    let answer = home
        .sns
        .publish_batch(&call(), batch(entries))
        .await
        .unwrap();
    assert_eq!(answer.successful.unwrap().len(), 3);
    assert_eq!(answer.failed.unwrap()[0].id.as_deref(), Some("b"));
    assert_eq!(home.got(3).await.len(), 3);
    let twice = vec![entry("a", "x"), entry("a", "y")];
    let refused = home
        .sns
        .publish_batch(&call(), batch(twice))
        .await
        .unwrap_err();
    assert_eq!(refused.code, "BatchEntryIdsNotDistinct");
}

#[tokio::test]
async fn what_is_not_supported_is_known_before_it_is_asked_for() {
    let home = Home::new();
    let routes = api::Routes(Arc::new(home.sns.clone()));
    for (operation, has) in [("Publish", true), ("PutDataProtectionPolicy", false)] {
        let index = routes.schema().find_operation(operation).unwrap();
        assert_eq!(routes.has(index), has, "{operation}");
    }
}

#[tokio::test]
async fn a_policy_names_actions_of_topics() {
    let home = Home::new();
    let topic = home.topic("news").await;
    let set = async |actions: Value| {
        let statement =
            json!({"Effect": "Allow", "Principal": "*", "Action": actions, "Resource": topic});
        let input = api::SetTopicAttributesInput {
            topic_arn: Some(topic.clone()),
            attribute_name: Some("Policy".to_owned()),
            attribute_value: Some(json!({"Statement": [statement]}).to_string()),
        };
        home.sns.set_topic_attributes(&call(), input).await
    };
    for good in [
        json!("SNS:*"),
        json!("sns:Pub*"),
        json!([
            "SNS:Subscribe",
            "SNS:Receive",
            "sns:listsubscriptionsbytopic"
        ]),
    ] {
        set(good).await.unwrap();
    }
    for bad in [
        json!("sns:Publsh"),
        json!("sqs:SendMessage"),
        json!("SNS:ListTopics"),
        json!("sns:CreateTopic"),
        json!(["sns:Publish", "s3:*"]),
    ] {
        let refused = set(bad).await.unwrap_err();
        assert_eq!(refused.code, "InvalidParameter");
        let text = "Invalid parameter: Policy statement action out of service scope!";
        assert_eq!(refused.message, text);
    }
}

#[tokio::test]
async fn permissions_are_statements_of_the_policy() {
    let home = Home::new();
    let topic = home.topic("news").await;
    let add = |label: &str, action: &str| api::AddPermissionInput {
        topic_arn: Some(topic.clone()),
        label: Some(label.to_owned()),
        aws_account_id: Some(vec!["111111111111".to_owned()]),
        action_name: Some(vec![action.to_owned()]),
    };
    let policy = async || {
        let input = api::GetTopicAttributesInput {
            topic_arn: Some(topic.clone()),
        };
        let found = home.sns.get_topic_attributes(&call(), input).await.unwrap();
        let policy = found.attributes.unwrap().remove("Policy").unwrap();
        serde_json::from_str::<Value>(&policy).unwrap()
    };
    home.sns
        .add_permission(&call(), add("partner", "Publish"))
        .await
        .unwrap();
    let found = policy().await;
    assert_eq!(found["Statement"][1]["Sid"], "partner");
    assert_eq!(found["Statement"][1]["Action"], json!(["SNS:Publish"]));
    let scope = "Invalid parameter: Policy statement action out of service scope!";
    for (label, action, text) in [
        (
            "partner",
            "Publish",
            "Invalid parameter: Label Reason: Statement already exists",
        ),
        ("other", "Everything", scope),
        ("other", "Receive", scope),
        ("other", "publish", scope),
        ("other", "*", scope),
        (
            "",
            "Publish",
            "Invalid parameter: Label Reason: Label, AWSAccountId and ActionName are required",
        ),
    ] {
        let added = home.sns.add_permission(&call(), add(label, action)).await;
        refused(added, "InvalidParameter", text);
    }
    let remove = api::RemovePermissionInput {
        topic_arn: Some(topic.clone()),
        label: Some("partner".to_owned()),
    };
    home.sns.remove_permission(&call(), remove).await.unwrap();
    assert_eq!(policy().await["Statement"].as_array().unwrap().len(), 1);
}

/// A message is kept once for each subscription until that has it.
#[tokio::test]
async fn what_waits_of_an_account_is_bounded() {
    let home = Home::with_most_waiting(20_000);
    let topic = home.topic("news").await;
    for it in 0..8 {
        let queue = format!("q{it}");
        home.subscribe(&topic, &queue, &[]).await.unwrap();
    }
    let long = api::PublishInput {
        topic_arn: Some(topic.clone()),
        message: Some("x".repeat(2_000)),
        ..Default::default()
    };
    let full = home.sns.publish(&call(), long).await.unwrap_err();
    assert_eq!((&*full.code, full.status), ("Throttled", 429));
    let text =
        "Account 000000000000 holds all of the 20000 bytes that its waiting deliveries may take";
    assert!(full.message.starts_with(text), "{full}");
    home.publish(&topic, "short", "order").await;
    let got = home.got(8).await;
    assert_eq!(got.len(), 8, "nobody got the long one");
}

#[tokio::test]
async fn a_long_message_is_for_more_queues_than_one_part_of_them() {
    let home = Home::new();
    let topic = home.topic("news").await;
    for it in 0..24 {
        let queue = format!("q{it:02}");
        home.subscribe(&topic, &queue, &[]).await.unwrap();
    }
    home.publish(&topic, &"x".repeat(250_000), "order").await;
    let got = home.got(24).await;
    let names: Vec<_> = got.iter().map(|(name, _)| name.clone()).collect();
    let all: Vec<_> = (0..24).map(|it| format!("q{it:02}")).collect();
    assert_eq!(names, all);
}
