//! One message on its way to one subscription.

use serde::{Deserialize, Serialize};
use wharf_delivery::{Actor, Policy};

use crate::{
    delivery_policy::Effective,
    endpoint::Protocol,
    envelope::Kind,
    message::{Message, quoted_bytes},
    names::SubscriptionId,
    records::{Subscription, Topic},
    signing::Version,
};

/// The name under which the service acts.
pub const PRINCIPAL: &str = "sns.amazonaws.com";
/// Queues are tried for 23 days on AWS, 100,015 times; here as long, about as often as the waits allow.
pub const OF_QUEUES: Policy = Policy {
    retries: 100_015,
    max_age_seconds: 23 * 86_400,
};

/// Mailboxes are tried for six hours, 50 times, as on AWS.
const OF_MAILBOXES: Policy = Policy {
    retries: 50,
    max_age_seconds: 6 * 3600,
};

/// What an errand has beside its texts, and the outbox beside the errand: names of members, numbers, what is always as long.
const FRAME_BYTES: usize = 1024;

/// One message for one subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Errand {
    /// ARN of the topic.
    pub topic: String,
    /// The account of the topic.
    pub account: String,
    #[serde(default)]
    pub protocol: Protocol,
    /// ARN of the queue, or the address.
    #[serde(alias = "queue")]
    pub endpoint: String,
    /// ARN of the subscription.
    #[serde(default)]
    pub subscription: String,
    pub raw: bool,
    #[serde(default)]
    pub dead_letters: Option<String>,
    #[serde(default)]
    pub kind: Kind,
    /// What the topic is called in mail.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sender: String,
    pub message: Message,
    #[serde(default)]
    pub signature: Version,
    /// With what links begin.
    #[serde(default)]
    pub base: String,
    /// Of web servers.
    #[serde(default)]
    pub delivery: Option<Effective>,
}

impl Errand {
    pub fn new(
        id: &SubscriptionId,
        topic: &Topic,
        subscription: &Subscription,
        kind: Kind,
        message: Message,
    ) -> Self {
        let settings = &subscription.settings;
        Self {
            topic: id.topic.arn(),
            account: id.topic.place.account.clone(),
            protocol: subscription.protocol,
            endpoint: subscription.endpoint.clone(),
            subscription: id.arn(),
            raw: settings.raw && kind == Kind::Notification,
            dead_letters: settings.dead_letters.clone(),
            kind,
            sender: match subscription.protocol.is_mail() {
                true => topic.display_name.clone(),
                false => String::new(),
            },
            message,
            signature: topic.signature,
            base: subscription.base.clone(),
            delivery: delivery(topic, subscription),
        }
    }

    /// In whose name queues are sent to.
    pub fn actor(&self) -> Actor {
        Actor::Service {
            name: PRINCIPAL.to_owned(),
            account: self.account.clone(),
            source_arn: self.topic.clone(),
        }
    }

    /// How long it is tried.
    pub fn policy(&self) -> Policy {
        match &self.delivery {
            Some(delivery) => Policy {
                retries: delivery.retries.num_retries,
                ..Policy::DEFAULT
            },
            None if self.protocol.is_mail() => OF_MAILBOXES,
            None => OF_QUEUES,
        }
    }

    /// Bytes that it takes when it is kept, at most.
    pub fn size(&self) -> usize {
        let delivery = self.delivery.as_ref();
        let texts = [
            Some(self.topic.as_str()),
            Some(self.subscription.as_str()),
            Some(self.endpoint.as_str()),
            Some(self.base.as_str()),
            Some(self.sender.as_str()),
            self.dead_letters.as_deref(),
            delivery.and_then(|it| it.content_type.as_deref()),
        ];
        framed(&texts) + self.message.size()
    }

    /// The size of one that is yet to be made, without its message.
    pub fn size_but_message(
        id: &SubscriptionId,
        topic: &Topic,
        subscription: &Subscription,
    ) -> usize {
        let (of_topic, own) = (id.topic.arn(), id.arn());
        let delivery = delivery(topic, subscription);
        let texts = [
            Some(of_topic.as_str()),
            Some(own.as_str()),
            Some(subscription.endpoint.as_str()),
            Some(subscription.base.as_str()),
            Some(topic.display_name.as_str()),
            subscription.settings.dead_letters.as_deref(),
            delivery.as_ref().and_then(|it| it.content_type.as_deref()),
        ];
        framed(&texts)
    }
}

/// How web servers are sent to.
fn delivery(topic: &Topic, subscription: &Subscription) -> Option<Effective> {
    let own = subscription.settings.delivery_policy.as_ref();
    let is_web = subscription.protocol.is_web();
    is_web.then(|| Effective::of(topic.delivery_policy.as_ref(), own))
}

fn framed(texts: &[Option<&str>]) -> usize {
    let texts = texts.iter().flatten().map(|it| quoted_bytes(it));
    FRAME_BYTES + texts.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use wharf_base::Timestamp;
    use wharf_delivery::Parcel;
    use wharf_service::Place;

    use super::*;
    use crate::{crypt::Sealed, message::Attribute, names::TopicId, records::Settings};

    fn topic() -> Topic {
        Topic {
            created_at: Timestamp::from_millis(0),
            display_name: "\"Büro\"".to_owned(),
            policy: None,
            tags: Default::default(),
            salt: String::new(),
            signature: Version::Two,
            delivery_policy: None,
            kms_key: None,
            fifo: None,
            unknown: Default::default(),
        }
    }

    fn subscription(protocol: Protocol) -> Subscription {
        Subscription {
            owner: "000000000000".to_owned(),
            protocol,
            endpoint: format!("https://example.com/{}", "e".repeat(2000)),
            settings: Settings {
                dead_letters: Some(format!("arn:aws:sqs:::{}", "d".repeat(80))),
                ..Settings::default()
            },
            pending: false,
            authenticates: false,
            base: "https://sns.example.com:8443".to_owned(),
            unknown: Default::default(),
        }
    }

    /// One that is longer in JSON than what it says wherever it may be.
    fn message() -> Message {
        let attribute = Attribute {
            data_type: "String".to_owned(),
            text: Some("\u{1}".repeat(500)),
            binary: None,
        };
        let own_text = ("email".to_owned(), "\"".repeat(9000));
        Message {
            id: "i".repeat(36),
            text: "\u{1}\n\"".repeat(1000),
            subject: Some("\\".repeat(100)),
            attributes: (0..20)
                .map(|it| (format!("name-{it}"), attribute.clone()))
                .collect(),
            group: Some("\"".repeat(128)),
            told_by: Some("\"".repeat(128)),
            number: Some(u64::MAX),
            is_replayed: true,
            published_at: "2026-11-29T22:54:00.000Z".to_owned(),
            texts: BTreeMap::from([own_text]),
            sealed: None,
        }
    }

    fn kept_bytes(errand: &Errand) -> usize {
        let parcel = Parcel {
            work: errand.clone(),
            policy: errand.policy(),
            created_at: Timestamp::from_millis(2_000_000_000_000),
            due_at: Timestamp::from_millis(2_000_000_000_000),
            failures: u32::MAX,
            given_up: None,
            unknown: Default::default(),
        };
        wharf_records::encode(&parcel).len()
    }

    #[test]
    fn the_size_is_known_before_it_is_made_and_is_enough() {
        let id = SubscriptionId {
            topic: TopicId {
                place: Place::new("000000000000", "us-east-1"),
                name: "t".repeat(256),
            },
            id: "s".repeat(36),
        };
        let sealed = Message {
            text: String::new(),
            subject: None,
            attributes: BTreeMap::new(),
            texts: BTreeMap::new(),
            sealed: Some(Sealed {
                key: "k".repeat(300),
                content: "c".repeat(5000),
            }),
            ..message()
        };
        for protocol in [Protocol::Sqs, Protocol::Https, Protocol::Email] {
            for message in [message(), sealed.clone()] {
                let subscription = subscription(protocol);
                let before = Errand::size_but_message(&id, &topic(), &subscription)
                    + message.size_for(protocol);
                let kept = message.for_protocol(protocol);
                let errand = Errand::new(&id, &topic(), &subscription, Kind::Notification, kept);
                let (size, kept) = (errand.size(), kept_bytes(&errand));
                assert!(kept <= size, "{protocol:?}: {kept} of {size}");
                // What mail alone is told is counted for all.
                assert!(
                    (size..size + 20).contains(&before),
                    "{protocol:?}: {before} for {size}"
                );
                // Nor is it far off.
                assert!(
                    size < kept + FRAME_BYTES + 20 * 64,
                    "{protocol:?}: {size} for {kept}"
                );
            }
        }
    }
}
