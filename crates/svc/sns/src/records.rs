//! Topics and subscriptions, as they are stored.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown, ecs::Tags};

use crate::{
    delivery_policy::{OfSubscription, OfTopic},
    endpoint::Protocol,
    fifo::Fifo,
    signing::Version,
};

/// A topic, under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Topic {
    pub created_at: Timestamp,
    #[serde(default)]
    pub display_name: String,
    /// JSON; without one the topic's account may do all with it.
    #[serde(default)]
    pub policy: Option<String>,
    #[serde(default)]
    pub tags: Tags,
    /// At random, part of what subscriptions' ids are made of: nobody guesses them.
    #[serde(default)]
    pub salt: String,
    #[serde(default)]
    pub signature: Version,
    #[serde(default)]
    pub delivery_policy: Option<OfTopic>,
    /// The key of KMS that messages are under wherever they lie, as it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
    /// It keeps order.
    #[serde(default)]
    pub fifo: Option<Fifo>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Topic {
    const KIND: &'static str = "topic";
    const FORMAT: u32 = 1;
}

/// A subscription to a topic, under `<topic>/<id>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    /// The account that subscribed.
    pub owner: String,
    #[serde(default)]
    pub protocol: Protocol,
    /// ARN of the queue, or the address.
    pub endpoint: String,
    pub settings: Settings,
    /// Its endpoint has not agreed yet: it gets no messages.
    #[serde(default)]
    pub pending: bool,
    /// Only who signs may end it.
    #[serde(default)]
    pub authenticates: bool,
    /// Under which address the subscriber reached this installation: links to it begin so.
    #[serde(default)]
    pub base: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Subscription {
    const KIND: &'static str = "subscription";
    const FORMAT: u32 = 1;
}

/// A subscription that its endpoint ended by its link, under `<topic>/<id>`: by a link it has it back, once, unless somebody
/// who signs has ended it meanwhile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    pub subscription: Subscription,
    pub until: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Ended {
    const KIND: &'static str = "ended-subscription";
    const FORMAT: u32 = 1;
}

/// What a subscription was told to be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// JSON
    #[serde(default)]
    pub filter: Option<String>,
    /// The filter is about the message rather than its attributes.
    #[serde(default)]
    pub filters_body: bool,
    /// The endpoint gets the message alone.
    #[serde(default)]
    pub raw: bool,
    /// ARN of the queue for what cannot be delivered.
    #[serde(default)]
    pub dead_letters: Option<String>,
    #[serde(default)]
    pub delivery_policy: Option<OfSubscription>,
    /// What it is sent again.
    #[serde(default)]
    pub replay: Option<Replay>,
}

impl Settings {
    /// Whether both were told the same: a replay has an id of its own each time.
    pub fn same(&self, other: &Self) -> bool {
        let said = |it: &Self| it.replay.as_ref().map(|it| it.policy.clone());
        let but = |it: &Self| Self {
            replay: None,
            ..it.clone()
        };
        said(self) == said(other) && but(self) == but(other)
    }
}

/// A replay of the archive of a topic with order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replay {
    pub id: String,
    /// JSON, as it was given.
    pub policy: String,
    pub from: Timestamp,
    #[serde(default)]
    pub to: Option<Timestamp>,
}
