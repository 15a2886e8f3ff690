//! Topics and subscriptions, as they are stored.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown, ecs::Tags};

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
    /// ARN of the queue.
    pub endpoint: String,
    pub settings: Settings,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Subscription {
    const KIND: &'static str = "subscription";
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
    /// The queue gets the message alone.
    #[serde(default)]
    pub raw: bool,
    /// ARN of the queue for what cannot be delivered.
    #[serde(default)]
    pub dead_letters: Option<String>,
}
