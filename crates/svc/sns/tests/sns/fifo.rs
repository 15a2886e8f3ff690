//! Topics with order.

use std::collections::BTreeMap;

use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::Value;
use wharf_api_sns::{self as api, Sns as _};
use wharf_testkit::{call, refused, until};
use wharf_wire::Fault;

use crate::support::Home;

impl Home {
    pub async fn ordered(&self, name: &str, attributes: &[(&str, &str)]) -> String {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let all = [("FifoTopic", "true")];
        let input = api::CreateTopicInput {
            name: Some(name.to_owned()),
            attributes: Some(all.iter().chain(attributes).map(owned).collect()),
            ..Default::default()
        };
        let made = self.sns.create_topic(&call(), input).await.unwrap();
        made.topic_arn.unwrap()
    }

    async fn say(
        &self,
        topic: &str,
        group: &str,
        text: &str,
        told_by: Option<&str>,
    ) -> Result<(String, String), Fault> {
        let input = api::PublishInput {
            topic_arn: Some(topic.to_owned()),
            message: Some(text.to_owned()),
            message_group_id: Some(group.to_owned()),
            message_deduplication_id: told_by.map(str::to_owned),
            ..Default::default()
        };
        let said = self.sns.publish(&call(), input).await?;
        Ok((said.message_id.unwrap(), said.sequence_number.unwrap()))
    }

    pub async fn set_subscription(&self, arn: &str, name: &str, value: &str) -> Result<(), Fault> {
        let input = api::SetSubscriptionAttributesInput {
            subscription_arn: Some(arn.to_owned()),
            attribute_name: Some(name.to_owned()),
            attribute_value: Some(value.to_owned()),
        };
        self.sns.set_subscription_attributes(&call(), input).await
    }

    async fn set_topic(&self, topic: &str, name: &str, value: &str) -> Result<(), Fault> {
        let input = api::SetTopicAttributesInput {
            topic_arn: Some(topic.to_owned()),
            attribute_name: Some(name.to_owned()),
            attribute_value: Some(value.to_owned()),
        };
        self.sns.set_topic_attributes(&call(), input).await
    }

    /// The texts that a queue got, by groups and in their order; repetitions that it would drop are dropped.
    fn by_groups(&self, queue: &str) -> BTreeMap<String, Vec<String>> {
        let (mut found, mut seen) = (BTreeMap::<_, Vec<_>>::new(), Vec::new());
        for (_, it) in self.queues.0.lock().unwrap().iter() {
            let text = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
            let told_by = (text("MessageGroupId"), text("MessageDeduplicationId"));
            if !text("QueueUrl").ends_with(queue) || seen.contains(&told_by) {
                continue;
            }
            seen.push(told_by);
            let body: Value = serde_json::from_str(&text("MessageBody")).unwrap();
            let said = body["Message"].as_str().unwrap().to_owned();
            found.entry(text("MessageGroupId")).or_default().push(said);
        }
        found
    }
}

#[tokio::test]
async fn what_is_said_twice_is_taken_once() {
    let home = Home::new();
    let topic = home.ordered("news.fifo", &[]).await;
    home.subscribe(&topic, "all.fifo", &[]).await.unwrap();
    refused(
        home.say(&topic, "a", "x", None).await,
        "InvalidParameter",
        "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or \
         MessageDeduplicationId provided explicitly",
    );
    let first = home.say(&topic, "a", "x", Some("1")).await.unwrap();
    assert_eq!(home.say(&topic, "b", "y", Some("1")).await.unwrap(), first);
    let second = home.say(&topic, "a", "y", Some("2")).await.unwrap();
    assert!(second.1 > first.1 && second.1.len() == first.1.len());
    home.set_topic(&topic, "ContentBasedDeduplication", "true")
        .await
        .unwrap();
    let third = home.say(&topic, "a", "z", None).await.unwrap();
    assert_eq!(home.say(&topic, "a", "z", None).await.unwrap(), third);
    home.set_topic(&topic, "FifoThroughputScope", "MessageGroup")
        .await
        .unwrap();
    assert_ne!(home.say(&topic, "c", "z", None).await.unwrap(), third);
    let got = home.got(4).await;
    assert!(
        got.iter()
            .all(|(_, it)| it["MessageDeduplicationId"].is_string())
    );
    assert_eq!(home.by_groups("all.fifo")["a"], ["x", "y", "z"]);
    let bodies = got
        .iter()
        .map(|(_, it)| it["MessageBody"].as_str().unwrap());
    let mut bodies = bodies.map(|it| serde_json::from_str::<Value>(it).unwrap());
    let body = bodies.find(|it| it["Message"] == "x").unwrap();
    assert_eq!(body["SequenceNumber"], first.1.as_str());
}

/// A queue without order may have dead letters of such a topic in a queue of either kind.
#[tokio::test]
async fn dead_letters_of_a_queue_with_order_go_to_one_with_order() {
    let home = Home::new();
    let topic = home.ordered("news.fifo", &[]).await;
    for (endpoint, dead, is_taken) in [
        ("a.fifo", "dead.fifo", true),
        ("b.fifo", "dead", false),
        ("c", "dead", true),
        ("d", "dead.fifo", true),
    ] {
        let policy =
            format!(r#"{{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:{dead}"}}"#);
        let with = [("RedrivePolicy", policy.as_str())];
        let made = home.subscribe(&topic, endpoint, &with).await;
        let refusal = made.err().map(|it| it.message);
        let expected = "Invalid parameter: RedrivePolicy Reason: The dead-letter queue of a FIFO subscription must be \
                        a FIFO queue";
        assert_eq!(
            refusal.as_deref(),
            (!is_taken).then_some(expected),
            "{endpoint} {dead}"
        );
    }
}

#[tokio::test]
async fn bad_topics_and_messages_are_refused() {
    let home = Home::new();
    let plain = home.topic("plain").await;
    refused(
        home.subscribe(&plain, "b.fifo", &[]).await,
        "InvalidParameter",
        "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
    );
    assert_eq!(
        home.say(&plain, "a", "x", Some("1"))
            .await
            .unwrap_err()
            .code,
        "InvalidParameter"
    );
    let topic = home
        .ordered("news.fifo", &[("ContentBasedDeduplication", "true")])
        .await;
    home.subscribe(&topic, "standard", &[]).await.unwrap();
    let long = "x".repeat(129);
    for group in ["", "a b", &long] {
        let refusal = home.say(&topic, group, "x", None).await.unwrap_err();
        assert_eq!(refusal.code, "InvalidParameter", "{group}");
    }
    for (name, value) in [
        ("ContentBasedDeduplication", "maybe"),
        ("FifoThroughputScope", "World"),
        ("FifoTopic", "true"),
        ("ArchivePolicy", r#"{"MessageRetentionPeriod": "9999"}"#),
    ] {
        assert!(home.set_topic(&topic, name, value).await.is_err(), "{name}");
    }
    assert!(
        home.set_topic(
            &plain,
            "ArchivePolicy",
            r#"{"MessageRetentionPeriod": "1"}"#
        )
        .await
        .is_err()
    );
}

#[tokio::test]
async fn an_archive_is_sent_again() {
    let mut home = Home::new();
    let attributes = [
        ("ContentBasedDeduplication", "true"),
        ("ArchivePolicy", r#"{"MessageRetentionPeriod": "1"}"#),
    ];
    let topic = home.ordered("news.fifo", &attributes).await;
    for text in ["1", "2", "3"] {
        home.say(&topic, "a", text, None).await.unwrap();
    }
    let late = home.subscribe(&topic, "late.fifo", &[]).await.unwrap();
    home.say(&topic, "a", "4", None).await.unwrap();
    home.got(1).await;
    let policy = r#"{"PointType": "Timestamp", "StartingPoint": "2020-01-01T00:00:00.000Z"}"#;
    home.set_subscription(&late, "ReplayPolicy", policy)
        .await
        .unwrap();
    home.sns.restart();
    home.got(5).await;
    assert_eq!(home.by_groups("late.fifo")["a"], ["4", "1", "2", "3", "4"]);
    let input = api::GetSubscriptionAttributesInput {
        subscription_arn: Some(late),
    };
    until("the replay is over", async || {
        let found = home
            .sns
            .get_subscription_attributes(&call(), input.clone())
            .await;
        let all = found.unwrap().attributes.unwrap();
        all["ReplayStatus"].contains("Completed")
    })
    .await;
    // As Terraform asks for it: with the subscription.
    let attributes = [("ReplayPolicy", policy)];
    for _ in 0..2 {
        home.subscribe(&topic, "later.fifo", &attributes)
            .await
            .unwrap();
    }
    home.got(9).await;
    assert_eq!(home.by_groups("later.fifo")["a"], ["1", "2", "3", "4"]);
    let plain = home.ordered("plain.fifo", &[]).await;
    let refusal = home.subscribe(&plain, "later.fifo", &attributes).await;
    assert_eq!(refusal.unwrap_err().code, "InvalidParameter");
    let delete = api::DeleteTopicInput {
        topic_arn: Some(topic.clone()),
    };
    let refusal = home
        .sns
        .delete_topic(&call(), delete.clone())
        .await
        .unwrap_err();
    assert_eq!(refusal.code, "InvalidState");
    home.set_topic(&topic, "ArchivePolicy", "{}").await.unwrap();
    home.sns.delete_topic(&call(), delete).await.unwrap();
    let left = home.world.stored("/w1/c0/sns/000000000000").await;
    assert!(!left.contains("told_by"), "{left}");
}

/// Whatever is published, however often the queue fails and the service dies, each group arrives whole and in order.
#[test]
fn groups_keep_their_order() {
    let mut runner = TestRunner::new(ProptestConfig::with_cases(6));
    let said = prop::collection::vec((0usize..3, any::<bool>()), 1..14);
    let found = runner.run(&said, |said| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let mut home = Home::new();
            let topic = home.ordered("news.fifo", &[]).await;
            home.subscribe(&topic, "flaky.fifo", &[]).await.unwrap();
            let mut expected = BTreeMap::<String, Vec<String>>::new();
            for (at, (group, dies)) in said.iter().enumerate() {
                let (group, text) = (format!("g{group}"), at.to_string());
                home.say(&topic, &group, &text, Some(&text)).await.unwrap();
                expected.entry(group).or_default().push(text);
                if *dies {
                    home.sns.restart();
                }
            }
            let arrived = || {
                let all = home.by_groups("flaky.fifo");
                all.values().map(Vec::len).sum::<usize>()
            };
            // Each failure costs a second or two, so what all of it takes depends on luck; the next does not.
            while arrived() < said.len() {
                let before = arrived();
                until("another arrived", async || arrived() > before).await;
            }
            assert_eq!(home.by_groups("flaky.fifo"), expected);
        });
        Ok(())
    });
    found.unwrap();
}
