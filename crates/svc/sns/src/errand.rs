//! One message on its way to one subscription.

use serde::{Deserialize, Serialize};
use wharf_delivery::{Actor, Policy};

use crate::{
    delivery_policy::Effective,
    endpoint::Protocol,
    envelope::Kind,
    message::Message,
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
        let own = settings.delivery_policy.as_ref();
        let delivery = subscription.protocol.is_web();
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
            delivery: delivery.then(|| Effective::of(topic.delivery_policy.as_ref(), own)),
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

    /// Bytes that it takes when it is kept, about.
    pub fn size(&self) -> usize {
        self.message.size() + self.endpoint.len() + self.base.len() + 1024
    }
}
