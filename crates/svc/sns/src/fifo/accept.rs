//! Messages for a topic with order are numbered and written down with the turns of its subscriptions; repetitions are
//! answered as what they repeat.

use sha2::{Digest as _, Sha256};
use wharf_api_sns::faults;
use wharf_base::Permit;
use wharf_delivery::Parcel;
use wharf_records::Unknown;
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use super::{Fifo, Kept, Lane, Numbers, REMEMBERED, Replayed, Seen, Turn};
use crate::{
    core::{ChangeError, Core},
    errand::OF_QUEUES,
    filter::Verdict,
    judging,
    message::Message,
    metered,
    names::TopicId,
    subscribers::Subscriber,
};

/// Subscriptions of such a topic: all turns of a message fit one transaction.
pub const MOST_SUBSCRIPTIONS: usize = 100;

/// What a message was answered with.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    pub message_id: String,
    pub number: u64,
}

/// Checks what only such topics want of a message, and fills in what its content says.
pub fn check(fifo: &Fifo, message: &mut Message) -> Result<(), Fault> {
    let bad = |why: &str| faults::invalid_parameter_exception(format!("Invalid parameter: {why}"));
    if message.group.is_none() {
        return Err(bad(
            "The MessageGroupId parameter is required for FIFO topics",
        ));
    }
    if message.told_by.is_none() {
        if !fifo.by_content {
            return Err(bad(
                "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId \
                 provided explicitly",
            ));
        }
        message.told_by = Some(hex::encode(Sha256::digest(&message.text)));
    }
    Ok(())
}

/// What repetitions of a message are found by.
fn mark(fifo: &Fifo, message: &Message) -> String {
    let told_by = message.told_by.as_deref().unwrap_or_default();
    let group = message.group.as_deref().filter(|_| fifo.by_group);
    // The length keeps a group and an id apart from another group and another id.
    let group = group.map_or(String::new(), |it| format!("{}:{it}", it.len()));
    hex::encode(Sha256::digest(format!("{group}/{told_by}")))
}

/// Takes one message, or finds what it repeats; `as_kept` is what of it is written down.
pub async fn accept(
    core: &Core,
    call: &Call,
    topic: &TopicId,
    fifo: &Fifo,
    message: &Message,
    as_kept: &Message,
) -> Result<Taken, Fault> {
    // Numbers are one record; those who wait here spend no tries on each other.
    let _turn = core.turns.take(topic.key()).await;
    let (numbers_at, topic_at) = (super::numbers_key(topic), topic.key());
    let seen_at = super::seen_key(topic, &mark(fifo, message));
    let there = core.topic(topic).await?;
    let subscribers = core.subscribers(topic, &there).await?;
    let account = &topic.place.account;
    let judged = judging::judged(account, &subscribers, vec![message.clone()]).await?;
    let verdicts = judged.verdicts.into_iter().next().unwrap_or_default();
    let taken = transact!(core.table, &call.permit, |tx| {
        if tx.find::<crate::records::Topic>(&topic_at).await?.is_none() {
            return Err(crate::fault::no_topic());
        }
        let seen = tx.find::<Seen>(&seen_at).await?;
        if let Some(seen) = seen.filter(|it| it.until > call.now) {
            return Ok(Taken {
                message_id: seen.message_id,
                number: seen.number,
            });
        }
        // A repetition needs none.
        let mut room = match fifo.archive_days {
            Some(_) => core.room(account),
            None => core.room_with_order(account),
        };
        room.take(as_kept.size()).map_err(ChangeError::from)?;
        let mut numbers = tx.find::<Numbers>(&numbers_at).await?.unwrap_or_default();
        numbers.last += 1;
        let number = numbers.last;
        tx.put(&numbers_at, &numbers);
        let seen = Seen {
            message_id: message.id.clone(),
            number,
            until: call.now + REMEMBERED,
            unknown: Unknown::new(),
        };
        tx.put(&seen_at, &seen);
        let group = message.group.as_deref().unwrap_or_default();
        let mut is_wanted = fifo.archive_days.is_some();
        for (Subscriber { id, .. }, verdict) in subscribers.confirmed().iter().zip(&verdicts) {
            if *verdict != Verdict::Passes {
                continue;
            }
            is_wanted = true;
            let turn = Turn(Parcel::new(Replayed::default(), OF_QUEUES, call.now));
            tx.put(Lane::new(id, group).key(number), &turn);
        }
        if is_wanted {
            let kept = Kept {
                at: call.now,
                message: Message {
                    number: Some(number),
                    ..as_kept.clone()
                },
                unknown: Unknown::new(),
            };
            tx.put(super::kept_key(topic, number), &kept);
        }
        Taken {
            message_id: message.id.clone(),
            number,
        }
    });
    // A repetition was published before.
    if taken.message_id == message.id {
        metered::published(&core.parts.counters, topic, message, &verdicts);
    }
    Ok(taken)
}

/// Forgets all of a topic.
pub async fn forget(core: &Core, permit: &Permit, topic: &TopicId) -> Result<(), Fault> {
    use wharf_records::Record as _;
    let (scope, start) = (topic.scope(), format!("{}/", topic.name));
    let start = wharf_records::escape(&start);
    let mut keys = vec![super::numbers_key(topic)];
    for kind in [Turn::KIND, Kept::KIND, Seen::KIND] {
        let prefix = scope.prefix(kind) + &start;
        keys.extend(core.table.keys(&prefix).await?);
    }
    super::sweep::delete(core, permit, &keys).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_are_told_by_topic_or_group() {
        let message = |group: &str, told_by: &str| Message {
            group: Some(group.to_owned()),
            told_by: Some(told_by.to_owned()),
            ..Message::default()
        };
        let (topic, group) = (
            Fifo::default(),
            Fifo {
                by_group: true,
                ..Fifo::default()
            },
        );
        assert_eq!(
            mark(&topic, &message("a", "1")),
            mark(&topic, &message("b", "1"))
        );
        assert_ne!(
            mark(&group, &message("a", "1")),
            mark(&group, &message("b", "1"))
        );
        assert_ne!(
            mark(&group, &message("a", "/1")),
            mark(&group, &message("a/", "1"))
        );
    }
}
