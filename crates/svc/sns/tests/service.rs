//! Topics over a store, with queues that only count what they get.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use wharf_api_sns::{self as api, Sns as _};
use wharf_base::SystemClock;
use wharf_delivery::{Actor, Operations, Request};
use wharf_reconcile::Takeover;
use wharf_svc_sns::{Parts, SnsService};
use wharf_testkit::{Running, World, call, refused, until};
use wharf_wire::{Check, Fault, async_trait};

/// Takes what is sent to queues, except for those whose names begin with `shut`.
#[derive(Default)]
struct Queues(Mutex<Vec<(Actor, Value)>>);

#[async_trait]
impl Operations for Queues {
    async fn call(&self, actor: &Actor, request: &Request) -> Result<Value, Fault> {
        assert_eq!(
            (request.service.as_str(), request.operation.as_str()),
            ("sqs", "SendMessage")
        );
        if request.input["QueueUrl"]
            .as_str()
            .unwrap()
            .contains("/shut")
        {
            return Err(Fault::sender("AccessDenied", 403, "no"));
        }
        self.0
            .lock()
            .unwrap()
            .push((actor.clone(), request.input.clone()));
        Ok(json!({}))
    }

    async fn may(&self, _: &Actor, _: &str, _: &[Check]) -> Result<(), Fault> {
        Err(Fault::sender("AccessDenied", 403, "no"))
    }

    async fn may_assume(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
        Err(Fault::sender("AccessDenied", 403, "no"))
    }
}

struct Home {
    queues: Arc<Queues>,
    sns: Running<SnsService>,
    _world: World,
}

impl Home {
    fn new() -> Self {
        let (world, queues) = (World::new(), Arc::new(Queues::default()));
        let parts = Parts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            operations: queues.clone(),
            clock: Arc::new(SystemClock),
            takeover: Takeover::Replace,
        };
        let sns = Running::start(move || {
            let sns = SnsService::new(parts.clone());
            let running = sns.clone();
            (sns, move |stop| async move { running.run(stop).await })
        });
        Self {
            queues,
            sns,
            _world: world,
        }
    }

    async fn topic(&self, name: &str) -> String {
        let input = api::CreateTopicInput {
            name: Some(name.to_owned()),
            ..Default::default()
        };
        self.sns
            .create_topic(&call(), input)
            .await
            .unwrap()
            .topic_arn
            .unwrap()
    }

    async fn subscribe(
        &self,
        topic: &str,
        queue: &str,
        attributes: &[(&str, &str)],
    ) -> Result<String, Fault> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let input = api::SubscribeInput {
            topic_arn: Some(topic.to_owned()),
            protocol: Some("sqs".to_owned()),
            endpoint: Some(format!("arn:aws:sqs:us-east-1:000000000000:{queue}")),
            attributes: Some(attributes.iter().map(owned).collect()),
            ..Default::default()
        };
        let made = self.sns.subscribe(&call(), input).await?;
        Ok(made.subscription_arn.unwrap())
    }

    async fn publish(&self, topic: &str, text: &str, kind: &str) -> String {
        let kind = api::MessageAttributeValue {
            data_type: Some("String".to_owned()),
            string_value: Some(kind.to_owned()),
            binary_value: None,
        };
        let input = api::PublishInput {
            topic_arn: Some(topic.to_owned()),
            message: Some(text.to_owned()),
            message_attributes: Some(BTreeMap::from([("kind".to_owned(), kind)])),
            ..Default::default()
        };
        self.sns
            .publish(&call(), input)
            .await
            .unwrap()
            .message_id
            .unwrap()
    }

    /// What queues got, by their names, once they got so much.
    async fn got(&self, number: usize) -> Vec<(String, Value)> {
        until("the queues got it", async || {
            self.queues.0.lock().unwrap().len() >= number
        })
        .await;
        let mut got: Vec<_> = self
            .queues
            .0
            .lock()
            .unwrap()
            .iter()
            .map(|(_, it)| {
                let url = it["QueueUrl"].as_str().unwrap();
                (url.rsplit('/').next().unwrap().to_owned(), it.clone())
            })
            .collect();
        got.sort_by(|a, b| a.0.cmp(&b.0));
        got
    }
}

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
    assert_eq!(
        home.subscribe(&topic, "b.fifo", &[])
            .await
            .unwrap_err()
            .code,
        "InvalidParameter"
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
