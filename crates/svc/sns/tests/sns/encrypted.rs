//! Topics with a key of KMS.

use wharf_api_kms as kms;
use wharf_api_sns::{self as api, Sns as _};
use wharf_testkit::{call, until};
use wharf_wire::Fault;

use crate::support::Home;

const HIDDEN: &str = "correct horse battery staple";

impl Home {
    async fn key(&self) -> String {
        let made = self
            .kms
            .create_key(&call(), kms::CreateKeyRequest::default())
            .await;
        made.unwrap().key_metadata.unwrap().key_id.unwrap()
    }

    async fn disable(&self, key: &str) {
        let input = kms::DisableKeyRequest {
            key_id: Some(key.to_owned()),
        };
        self.kms.disable_key(&call(), input).await.unwrap();
    }

    async fn enable(&self, key: &str) {
        let input = kms::EnableKeyRequest {
            key_id: Some(key.to_owned()),
        };
        self.kms.enable_key(&call(), input).await.unwrap();
    }

    async fn try_publish(&self, topic: &str, group: Option<&str>) -> Result<(), Fault> {
        let input = api::PublishInput {
            topic_arn: Some(topic.to_owned()),
            message: Some(HIDDEN.to_owned()),
            subject: Some("horses".to_owned()),
            message_group_id: group.map(str::to_owned),
            message_deduplication_id: group.map(str::to_owned),
            ..Default::default()
        };
        self.sns.publish(&call(), input).await.map(drop)
    }

    async fn under(&self, topic: &str, key: &str) {
        let input = api::SetTopicAttributesInput {
            topic_arn: Some(topic.to_owned()),
            attribute_name: Some("KmsMasterKeyId".to_owned()),
            attribute_value: Some(key.to_owned()),
        };
        self.sns.set_topic_attributes(&call(), input).await.unwrap();
    }

    /// All that is stored for topics.
    async fn at_rest(&self) -> String {
        self.world.stored("/w1/c0/sns").await
    }
}

#[tokio::test]
async fn what_waits_is_sealed_and_arrives_as_it_was_said() {
    let home = Home::new();
    let topic = home.topic("secret").await;
    let key = home.key().await;
    home.under(&topic, &key).await;
    home.subscribe(&topic, "a", &[("RawMessageDelivery", "true")])
        .await
        .unwrap();
    home.subscribe(&topic, "b", &[]).await.unwrap();
    // While the key is disabled nothing is taken, and nothing that was taken is delivered.
    home.disable(&key).await;
    let refused = home.try_publish(&topic, None).await.unwrap_err();
    assert_eq!(refused.code, "KMSDisabled");
    home.enable(&key).await;
    home.try_publish(&topic, None).await.unwrap();
    let got = home.got(2).await;
    assert_eq!(
        (got[0].0.as_str(), got[0].1["MessageBody"].as_str()),
        ("a", Some(HIDDEN))
    );
    let body = got[1].1["MessageBody"].as_str().unwrap();
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        (&body["Message"], &body["Subject"]),
        (&HIDDEN.into(), &"horses".into())
    );

    let shown = api::GetTopicAttributesInput {
        topic_arn: Some(topic.clone()),
    };
    let shown = home.sns.get_topic_attributes(&call(), shown).await.unwrap();
    assert_eq!(shown.attributes.unwrap()["KmsMasterKeyId"], key);
    home.under(&topic, "alias/nobody").await;
    let refused = home.try_publish(&topic, None).await.unwrap_err();
    assert_eq!(refused.code, "KMSNotFound");
    home.under(&topic, "").await;
    home.try_publish(&topic, None).await.unwrap();
    home.got(4).await;
}

#[tokio::test]
async fn archives_are_sealed_and_replayed() {
    let home = Home::new();
    let archive = [("ArchivePolicy", r#"{"MessageRetentionPeriod": "30"}"#)];
    let topic = home.ordered("kept.fifo", &archive).await;
    let key = home.key().await;
    home.try_publish(&topic, Some("plain")).await.unwrap();
    assert!(home.at_rest().await.contains(HIDDEN));
    home.under(&topic, &key).await;
    let before = home.at_rest().await.matches(HIDDEN).count();
    home.try_publish(&topic, Some("sealed")).await.unwrap();
    let after = home.at_rest().await;
    assert_eq!(after.matches(HIDDEN).count(), before);
    assert_eq!(after.matches("horses").count(), 1);

    let arn = home.subscribe(&topic, "q.fifo", &[]).await.unwrap();
    let replay = r#"{"PointType": "Timestamp", "StartingPoint": "2020-01-01T00:00:00.000Z"}"#;
    let ask = async || {
        let input = api::SetSubscriptionAttributesInput {
            subscription_arn: Some(arn.clone()),
            attribute_name: Some("ReplayPolicy".to_owned()),
            attribute_value: Some(replay.to_owned()),
        };
        home.sns.set_subscription_attributes(&call(), input).await
    };
    home.disable(&key).await;
    assert_eq!(ask().await.unwrap_err().code, "InvalidState");
    home.enable(&key).await;
    ask().await.unwrap();
    let got = home.got(2).await;
    for (_, it) in got {
        assert!(it["MessageBody"].as_str().unwrap().contains(HIDDEN));
    }
    until("the turns are gone", async || {
        !home.at_rest().await.contains("fifo-turn")
    })
    .await;
}
