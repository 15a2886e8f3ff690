//! Publish and PublishBatch: what subscriptions are owed is on disk before the answer.

use std::collections::BTreeMap;

use wharf_api_sns::{
    BatchResultErrorEntry, PublishBatchInput, PublishBatchResponse, PublishBatchResultEntry,
    PublishInput, PublishResponse, faults,
};
use wharf_base::{Permit, ids};
use wharf_service::{Stored, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::{ChangeError, Core},
    crypt,
    envelope::Kind,
    errand::Errand,
    fault,
    fifo::{
        Fifo,
        accept::{self, Taken},
    },
    filter::Verdict,
    judging::{self, Judged},
    message::{Given, MOST_BYTES, Message, sequence_number},
    metered,
    names::TopicId,
    records::Topic,
    subscribers::Subscriber,
};

const MOST_ENTRIES: usize = 10;
/// What is written in one transaction, of the store's 128 and 1 MiB.
const MOST_PARCELS: usize = 100;
const MOST_TXN_BYTES: usize = 512 << 10;
/// What subscriptions are owed lies in memory a part at a time: a topic may have thousands, and each is owed a copy.
const PART_BYTES: usize = 4 << 20;

pub async fn publish(
    core: &Core,
    call: &Call,
    input: PublishInput,
) -> Result<PublishResponse, Fault> {
    if input.topic_arn.is_some() && input.target_arn.is_some() {
        let why = "Only one of TopicArn and TargetArn can be given";
        return Err(fault::invalid("TargetArn", why));
    }
    let arn = input.topic_arn.or(input.target_arn);
    let topic = TopicId::given(arn.as_deref())?;
    let given = Given {
        text: input.message,
        subject: input.subject,
        structure: input.message_structure,
        attributes: input.message_attributes,
        group: input.message_group_id,
        told_by: input.message_deduplication_id,
    };
    let message = Message::new(given, ids::uuid(), call.now.iso8601())?;
    let there = core.topic(&topic).await?;
    if let Some(fifo) = &there.record.fifo {
        let taken = in_order(core, call, &topic, &there.record, fifo, message).await?;
        return Ok(PublishResponse {
            message_id: Some(taken.message_id),
            sequence_number: Some(sequence_number(taken.number)),
        });
    }
    without_order(&message)?;
    let id = message.id.clone();
    owe(core, call, &topic, &there, vec![message]).await?;
    Ok(PublishResponse {
        message_id: Some(id),
        sequence_number: None,
    })
}

pub async fn publish_batch(
    core: &Core,
    call: &Call,
    input: PublishBatchInput,
) -> Result<PublishBatchResponse, Fault> {
    let topic = TopicId::given(input.topic_arn.as_deref())?;
    let entries = input.publish_batch_request_entries.unwrap_or_default();
    check(
        &entries
            .iter()
            .map(|it| it.id.as_deref().unwrap_or_default())
            .collect::<Vec<_>>(),
    )?;
    let (mut messages, mut successful, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for entry in entries {
        let given = Given {
            text: entry.message,
            subject: entry.subject,
            structure: entry.message_structure,
            attributes: entry.message_attributes,
            group: entry.message_group_id,
            told_by: entry.message_deduplication_id,
        };
        match Message::new(given, ids::uuid(), call.now.iso8601()) {
            Ok(message) => messages.push((entry.id, message)),
            Err(fault) => failed.push(failure(entry.id, fault)),
        }
    }
    if messages
        .iter()
        .map(|(_, it)| it.published_bytes())
        .sum::<usize>()
        > MOST_BYTES
    {
        let text = "The length of all the messages put together is more than the limit.";
        return Err(faults::batch_request_too_long_exception(text));
    }
    let there = core.topic(&topic).await?;
    let taken = |id, message_id, number: Option<u64>| PublishBatchResultEntry {
        id,
        message_id: Some(message_id),
        sequence_number: number.map(sequence_number),
    };
    let mut plain = Vec::new();
    for (id, message) in messages {
        match &there.record.fifo {
            Some(fifo) => match in_order(core, call, &topic, &there.record, fifo, message).await {
                Ok(it) => successful.push(taken(id, it.message_id, Some(it.number))),
                Err(fault) => failed.push(failure(id, fault)),
            },
            None => match without_order(&message) {
                Ok(()) => {
                    successful.push(taken(id, message.id.clone(), None));
                    plain.push(message);
                }
                Err(fault) => failed.push(failure(id, fault)),
            },
        }
    }
    owe(core, call, &topic, &there, plain).await?;
    Ok(PublishBatchResponse {
        successful: Some(successful),
        failed: Some(failed),
    })
}

fn failure(id: Option<String>, fault: Fault) -> BatchResultErrorEntry {
    BatchResultErrorEntry {
        id,
        code: Some(fault.code.into_owned()),
        message: Some(fault.message),
        sender_fault: Some(fault.sender),
    }
}

/// Refuses what only topics with order know.
fn without_order(message: &Message) -> Result<(), Fault> {
    let why = "The request includes MessageDeduplicationId parameter that is not valid for this topic type";
    match message.told_by {
        Some(_) => Err(fault::invalid("MessageDeduplicationId", why)),
        None => Ok(()),
    }
}

async fn in_order(
    core: &Core,
    call: &Call,
    topic: &TopicId,
    there: &Topic,
    fifo: &Fifo,
    mut message: Message,
) -> Result<Taken, Fault> {
    accept::check(fifo, &mut message)?;
    let key = there.kms_key.as_deref();
    let kept = crypt::kept(&*core.parts.kms, call, topic, key, &message).await?;
    accept::accept(core, call, topic, fifo, &message, &kept).await
}

/// Refuses a batch that cannot be taken as a whole.
fn check(ids: &[&str]) -> Result<(), Fault> {
    if ids.is_empty() {
        let text = "The batch request doesn't contain any entries.";
        return Err(faults::empty_batch_request_exception(text));
    }
    if ids.len() > MOST_ENTRIES {
        let text = "The batch request contains more entries than permissible.";
        return Err(faults::too_many_entries_in_batch_request_exception(text));
    }
    let fits = |it: u8| it.is_ascii_alphanumeric() || it == b'-' || it == b'_';
    for (at, id) in ids.iter().enumerate() {
        if !(1..=80).contains(&id.len()) || !id.bytes().all(fits) {
            let text =
                "The Id of a batch entry in a batch request doesn't abide by the specification.";
            return Err(faults::invalid_batch_entry_id_exception(text));
        }
        if ids[..at].contains(id) {
            let text = "Two or more batch entries in the request have the same Id.";
            return Err(faults::batch_entry_ids_not_distinct_exception(text));
        }
    }
    Ok(())
}

/// Writes what the subscriptions of a topic are to get.
async fn owe(
    core: &Core,
    call: &Call,
    topic: &TopicId,
    stored: &Stored<Topic>,
    messages: Vec<Message>,
) -> Result<(), Fault> {
    let there = &stored.record;
    let subscribers = core.subscribers(topic, stored).await?;
    let mut all_kept = Vec::with_capacity(messages.len());
    for message in &messages {
        let key = there.kms_key.as_deref();
        all_kept.push(crypt::kept(&*core.parts.kms, call, topic, key, message).await?);
    }
    let judged = judging::judged(&topic.place.account, &subscribers, messages);
    let Judged { messages, verdicts } = judged.await?;
    let subscribers = subscribers.confirmed();
    let (mut owed, mut room) = (Vec::new(), core.room(&topic.place.account));
    // Long texts are measured once for all subscriptions of a protocol.
    let mut sizes = BTreeMap::new();
    for (subscription, Subscriber { id, record: it, .. }) in subscribers.iter().enumerate() {
        let frame = Errand::size_but_message(id, there, it);
        for (number, of_message) in verdicts.iter().enumerate() {
            if of_message.get(subscription) == Some(&Verdict::Passes) {
                let measured = sizes.entry((it.protocol.name(), number));
                let size = *measured.or_insert_with(|| all_kept[number].size_for(it.protocol));
                let bytes = frame + size;
                room.take(bytes).map_err(ChangeError::from)?;
                owed.push((subscription, number, bytes));
            }
        }
    }
    let (mut part, mut part_bytes) = (Vec::new(), 0);
    for (subscription, number, bytes) in owed {
        let Subscriber { id, record: it, .. } = &subscribers[subscription];
        let kept = all_kept[number].for_protocol(it.protocol);
        let errand = Errand::new(id, there, it, Kind::Notification, kept);
        part.push((format!("{}.{}", messages[number].id, id.id), errand));
        part_bytes += bytes;
        if part_bytes >= PART_BYTES {
            send(core, &call.permit, topic, &part).await?;
            part.clear();
            part_bytes = 0;
        }
    }
    send(core, &call.permit, topic, &part).await?;
    for (message, verdicts) in messages.iter().zip(&verdicts) {
        metered::published(&core.parts.counters, topic, message, verdicts);
    }
    Ok(())
}

/// Writes errands down, by the ids of their parcels.
pub async fn send(
    core: &Core,
    permit: &Permit,
    topic: &TopicId,
    owed: &[(String, Errand)],
) -> Result<(), Fault> {
    let mut rest = owed;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |(_, errand): &&(String, Errand)| {
            bytes += errand.size();
            bytes <= MOST_TXN_BYTES
        };
        let some = rest
            .iter()
            .take(MOST_PARCELS)
            .take_while(fits)
            .count()
            .max(1);
        let (now, later) = rest.split_at(some);
        transact!(core.table, permit, |tx| {
            for (id, errand) in now {
                let policy = errand.policy();
                core.outbox
                    .put(&mut tx, &topic.place, id, errand.clone(), policy);
            }
        });
        rest = later;
    }
    Ok(())
}
