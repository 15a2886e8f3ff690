//! Topics with order: what is published in a group arrives in that order, and once.
//!
//! A message is kept once, under the number that it got; each subscription that it fits has a turn for it, in the lane
//! of its group. Message, turns, number and what repetitions are told by are written in one transaction. A lane is
//! worked on by one worker, which sends its first turn and nothing else until that is gone: so a retry, or a death of
//! the server, changes no order.
//!
//! - `accept` takes messages, `lanes` sends them, `sweep` forgets what nobody needs.
//! - `archive` keeps messages for longer and sends them again.

pub mod accept;
pub mod archive;
pub mod lanes;
pub mod sweep;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wharf_api_sns::faults;
use wharf_base::Timestamp;
use wharf_delivery::Parcel;
use wharf_records::{Record, Unknown};
use wharf_store::Held;
use wharf_wire::Fault;

use crate::{
    message::Message,
    names::{SubscriptionId, TopicId},
};

/// How long a repetition is known.
pub const REMEMBERED: Duration = Duration::from_secs(300);
/// Characters of ids of groups and repetitions.
const LONGEST_ID: usize = 128;

/// What a topic with order was told to be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Fifo {
    /// The content tells repetitions.
    #[serde(default)]
    pub by_content: bool,
    /// Repetitions are told within a group rather than the topic.
    #[serde(default)]
    pub by_group: bool,
    /// Days that messages are kept for replays.
    #[serde(default)]
    pub archive_days: Option<u32>,
    /// Nothing older is in the archive.
    #[serde(default)]
    pub archived_since: Option<Timestamp>,
}

/// The last number of a topic.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    pub last: u64,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Numbers {
    const KIND: &'static str = "fifo-numbers";
    const FORMAT: u32 = 1;
}

/// A message that was taken, by what its repetitions are told by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    pub message_id: String,
    pub number: u64,
    pub until: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Seen {
    const KIND: &'static str = "fifo-seen";
    const FORMAT: u32 = 1;
}

/// A message, under its number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub at: Timestamp,
    pub message: Message,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Kept {
    const KIND: &'static str = "fifo-message";
    const FORMAT: u32 = 1;
}

/// A subscription's turn to get a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Turn(pub Parcel<Replayed>);

impl Record for Turn {
    const KIND: &'static str = "fifo-turn";
    const FORMAT: u32 = 1;
}

/// What of a turn is not in its key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Replayed {
    /// The replay that it is of: its queue has not seen the message, whatever it saw before.
    #[serde(default)]
    pub replay: Option<String>,
}

/// How many bytes of what an account keeps somebody waits for. What is in archives is not told apart from the rest, but a message that
/// nobody has a turn for does not wait: with fewer turns than messages it is as large a part of them.
pub fn waiting(kept: Held, turns: Held) -> u64 {
    if turns.keys >= kept.keys {
        return kept.bytes;
    }
    let part = u128::from(kept.bytes) * u128::from(turns.keys) / u128::from(kept.keys);
    u64::try_from(part).unwrap_or(kept.bytes)
}

/// The key of a number, in the order of numbers.
pub fn digits(number: u64) -> String {
    format!("{number:020}")
}

pub fn numbers_key(topic: &TopicId) -> String {
    topic.scope().key(Numbers::KIND, &topic.name)
}

pub fn seen_key(topic: &TopicId, told_by: &str) -> String {
    let id = format!("{}/{told_by}", topic.name);
    topic.scope().key(Seen::KIND, &id)
}

pub fn kept_key(topic: &TopicId, number: u64) -> String {
    let id = format!("{}/{}", topic.name, digits(number));
    topic.scope().key(Kept::KIND, &id)
}

/// A subscription's turns of one group.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lane {
    pub account: String,
    pub region: String,
    pub topic: String,
    pub subscription: String,
    /// Of the group's id.
    pub group: String,
}

impl Lane {
    pub fn new(id: &SubscriptionId, group: &str) -> Self {
        Self {
            account: id.topic.place.account.clone(),
            region: id.topic.place.region.clone(),
            topic: id.topic.name.clone(),
            subscription: id.id.clone(),
            group: wharf_base::ids::uuid_of(group.as_bytes()),
        }
    }

    /// The lane of a turn's key, and its number.
    pub fn of(key: &str) -> Option<(Self, u64)> {
        let (scope, kind, id) = wharf_records::Scope::parse(key)?;
        let mut parts = id.split('/').map(str::to_owned);
        let lane = Self {
            account: scope.account,
            region: scope.region,
            topic: parts.next()?,
            subscription: parts.next()?,
            group: parts.next()?,
        };
        let number = parts.next()?.parse().ok()?;
        (kind == Turn::KIND).then_some((lane, number))
    }

    pub fn id(&self) -> SubscriptionId {
        SubscriptionId {
            topic: TopicId {
                place: wharf_service::Place::new(self.account.clone(), self.region.clone()),
                name: self.topic.clone(),
            },
            id: self.subscription.clone(),
        }
    }

    /// What keys of its turns begin with.
    pub fn start(&self) -> String {
        format!("{}/{}/{}/", self.topic, self.subscription, self.group)
    }

    pub fn key(&self, number: u64) -> String {
        let scope = self.id().topic.scope();
        scope.key(Turn::KIND, &format!("{}{}", self.start(), digits(number)))
    }
}

/// Refuses what is no id of a group or of a repetition.
pub fn check_id(parameter: &str, id: &str) -> Result<(), Fault> {
    let fits = (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|it| it.is_ascii_graphic());
    match fits {
        true => Ok(()),
        false => Err(faults::invalid_parameter_exception(format!(
            "Invalid parameter: {parameter} Reason: {parameter} can only include alphanumeric and punctuation \
             characters. 1 to 128 in length"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use wharf_service::Place;

    use super::*;

    #[test]
    fn archives_do_not_wait() {
        let held = |keys, bytes| Held { keys, bytes };
        assert_eq!(waiting(held(0, 0), held(0, 0)), 0);
        assert_eq!(waiting(held(1000, 1 << 40), held(0, 0)), 0);
        assert_eq!(waiting(held(1000, 1 << 40), held(500, 1)), 1 << 39);
        // Two subscriptions.
        assert_eq!(waiting(held(10, 4000), held(20, 6000)), 4000);
    }

    #[test]
    fn lanes_are_read_back_from_keys() {
        let id = SubscriptionId {
            topic: TopicId {
                place: Place::new("000000000000", "us-east-1"),
                name: "news.fifo".to_owned(),
            },
            id: wharf_base::ids::uuid(),
        };
        let lane = Lane::new(&id, "a/b");
        assert_eq!(Lane::of(&lane.key(7)), Some((lane.clone(), 7)));
        assert!(lane.key(7) < lane.key(10));
        assert_eq!(Lane::of(&kept_key(&id.topic, 7)), None);
    }
}
