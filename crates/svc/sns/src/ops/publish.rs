//! Publish and PublishBatch: what subscriptions are owed is on disk before the answer.

use wharf_api_sns::{
    BatchResultErrorEntry, PublishBatchInput, PublishBatchResponse, PublishBatchResultEntry,
    PublishInput, PublishResponse, faults,
};
use wharf_base::ids;
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    courier::{self, Errand},
    filter,
    message::{Given, MOST_BYTES, Message},
    names::TopicId,
};

const MOST_ENTRIES: usize = 10;
/// What is written in one transaction, of the store's 128 and 1 MiB.
const MOST_PARCELS: usize = 100;
const MOST_TXN_BYTES: usize = 512 << 10;
/// Bytes that a parcel has beside its message, about.
const PARCEL_BYTES: usize = 1024;

pub async fn publish(
    core: &Core,
    call: &Call,
    input: PublishInput,
) -> Result<PublishResponse, Fault> {
    let arn = input.topic_arn.or(input.target_arn);
    let topic = TopicId::given(arn.as_deref())?;
    let given = Given {
        text: input.message,
        subject: input.subject,
        structure: input.message_structure,
        attributes: input.message_attributes,
        group: input.message_group_id,
    };
    let message = Message::new(given, ids::uuid(), call.now.iso8601())?;
    let id = message.id.clone();
    owe(core, call, &topic, vec![message]).await?;
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
        };
        match Message::new(given, ids::uuid(), call.now.iso8601()) {
            Ok(message) => {
                successful.push(PublishBatchResultEntry {
                    id: entry.id,
                    message_id: Some(message.id.clone()),
                    sequence_number: None,
                });
                messages.push(message);
            }
            Err(fault) => failed.push(BatchResultErrorEntry {
                id: entry.id,
                code: Some(fault.code.into_owned()),
                message: Some(fault.message),
                sender_fault: Some(fault.sender),
            }),
        }
    }
    if messages.iter().map(|it| it.text.len()).sum::<usize>() > MOST_BYTES {
        let text = "The length of all the messages put together is more than the limit.";
        return Err(faults::batch_request_too_long_exception(text));
    }
    owe(core, call, &topic, messages).await?;
    Ok(PublishBatchResponse {
        successful: Some(successful),
        failed: Some(failed),
    })
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
    messages: Vec<Message>,
) -> Result<(), Fault> {
    core.topic(topic).await?;
    let subscriptions = core.subscriptions(topic).await?;
    let arn = topic.arn();
    let mut owed = Vec::new();
    for message in &messages {
        for (id, stored) in &subscriptions {
            let (subscription, settings) = (&stored.record, &stored.record.settings);
            if filter::lets(settings, message) {
                owed.push((
                    format!("{}.{}", message.id, id.id),
                    Errand {
                        topic: arn.clone(),
                        account: topic.place.account.clone(),
                        queue: subscription.endpoint.clone(),
                        raw: settings.raw,
                        dead_letters: settings.dead_letters.clone(),
                        message: message.clone(),
                    },
                ));
            }
        }
    }
    let size = |errand: &Errand| {
        // Binary attributes and escapes make JSON longer than what it says.
        errand.message.envelope(&arn).len() * 2 + PARCEL_BYTES
    };
    let mut rest = owed.as_slice();
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |(_, errand): &&(String, Errand)| {
            bytes += size(errand);
            bytes <= MOST_TXN_BYTES
        };
        let some = rest
            .iter()
            .take(MOST_PARCELS)
            .take_while(fits)
            .count()
            .max(1);
        let (now, later) = rest.split_at(some);
        transact!(core.table, &call.permit, |tx| {
            for (id, errand) in now {
                core.outbox
                    .put(&mut tx, &topic.place, id, errand.clone(), courier::POLICY);
            }
        });
        rest = later;
    }
    Ok(())
}
