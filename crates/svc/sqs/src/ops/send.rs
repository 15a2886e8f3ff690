//! SendMessage and SendMessageBatch.

use wharf_api_sqs::{
    SendMessageBatchRequest, SendMessageBatchRequestEntry, SendMessageBatchResult,
    SendMessageBatchResultEntry, SendMessageRequest, SendMessageResult, faults,
};
use wharf_wire::{Call, Fault};

use super::batch;
use crate::{
    content::Content,
    core::Core,
    fault,
    sending::{self, Outgoing, Sent},
    settings::{MOST_BYTES, Settings},
};

/// Characters of deduplication and group ids.
const LONGEST_ID: usize = 128;
const LONGEST_DELAY: i32 = 900;

/// What a message is sent with, apart from its body.
struct Given {
    delay: Option<i32>,
    group: Option<String>,
    dedup_id: Option<String>,
}

pub async fn send_message(
    core: &Core,
    call: &Call,
    input: SendMessageRequest,
) -> Result<SendMessageResult, Fault> {
    let live = core.asked(call, input.queue_url.as_deref()).await?;
    let record = live.record();
    let content = Content::given(
        input.message_body,
        input.message_attributes,
        input.message_system_attributes,
    )?;
    let given = Given {
        delay: input.delay_seconds,
        group: input.message_group_id,
        dedup_id: input.message_deduplication_id,
    };
    let message = outgoing(&record.settings, content, given)?;
    let sent = sending::send(core, call, &live, vec![message]).await?;
    let Some(Sent {
        id,
        sequence,
        checksums,
    }) = sent.into_iter().next()
    else {
        return Err(fault::missing("MessageBody"));
    };
    Ok(SendMessageResult {
        md5_of_message_body: Some(checksums.body),
        md5_of_message_attributes: checksums.attributes,
        md5_of_message_system_attributes: checksums.system_attributes,
        message_id: Some(id),
        sequence_number: sequence,
    })
}

pub async fn send_message_batch(
    core: &Core,
    call: &Call,
    input: SendMessageBatchRequest,
) -> Result<SendMessageBatchResult, Fault> {
    let live = core.asked(call, input.queue_url.as_deref()).await?;
    let record = live.record();
    let entries = input.entries.unwrap_or_default();
    batch::check(
        entries.iter().map(|it| it.id.as_deref()),
        "SendMessageBatchRequestEntry",
    )?;
    let (mut ids, mut messages, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    let mut bytes = 0;
    for entry in entries {
        let id = entry.id.clone();
        match of_entry(&record.settings, entry, &mut bytes) {
            Ok(message) => {
                ids.push(id);
                messages.push(message);
            }
            Err(fault) => failed.push(batch::failed(id, fault)),
        }
    }
    // Each is within what the queue takes; together they are within what any queue does.
    let most = MOST_BYTES;
    if bytes > most as usize {
        return Err(faults::batch_request_too_long(format!(
            "Batch requests cannot be longer than {most} bytes. You have sent {bytes} bytes."
        )));
    }
    let sent = match messages.is_empty() {
        true => Vec::new(),
        false => sending::send(core, call, &live, messages).await?,
    };
    let successful = ids
        .into_iter()
        .zip(sent)
        .map(|(id, sent)| SendMessageBatchResultEntry {
            id,
            message_id: Some(sent.id),
            md5_of_message_body: Some(sent.checksums.body),
            md5_of_message_attributes: sent.checksums.attributes,
            md5_of_message_system_attributes: sent.checksums.system_attributes,
            sequence_number: sent.sequence,
        });
    Ok(SendMessageBatchResult {
        successful: Some(successful.collect()),
        failed: Some(failed),
    })
}

fn of_entry(
    settings: &Settings,
    entry: SendMessageBatchRequestEntry,
    bytes: &mut usize,
) -> Result<Outgoing, Fault> {
    let content = Content::given(
        entry.message_body,
        entry.message_attributes,
        entry.message_system_attributes,
    )?;
    *bytes += content.size();
    let given = Given {
        delay: entry.delay_seconds,
        group: entry.message_group_id,
        dedup_id: entry.message_deduplication_id,
    };
    outgoing(settings, content, given)
}

/// The message as it will be sent to a queue with these settings.
fn outgoing(settings: &Settings, content: Content, given: Given) -> Result<Outgoing, Fault> {
    if content.size() > settings.max_bytes as usize {
        return Err(fault::invalid(format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {} bytes.",
            settings.max_bytes
        )));
    }
    if let Some(delay) = given.delay
        && !(0..=LONGEST_DELAY).contains(&delay)
    {
        let reason = format!("DelaySeconds must be >= 0 and <= {LONGEST_DELAY}.");
        return Err(fault::invalid_value(delay, "DelaySeconds", &reason));
    }
    check_id(given.group.as_deref(), "MessageGroupId")?;
    check_id(given.dedup_id.as_deref(), "MessageDeduplicationId")?;
    let mut dedup_id = given.dedup_id;
    let mut delay_s = given.delay.and_then(|it| u32::try_from(it).ok());
    if settings.fifo {
        if given.group.is_none() {
            return Err(fault::missing("MessageGroupId"));
        }
        if let Some(delay) = delay_s.filter(|it| *it > 0) {
            return Err(fault::not_of_this_queue(delay, "DelaySeconds"));
        }
        delay_s = None;
        if dedup_id.is_none() && settings.content_based_dedup {
            dedup_id = Some(sending::hash_of(&content.body));
        }
        if dedup_id.is_none() {
            return Err(fault::invalid(
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId \
                 provided explicitly",
            ));
        }
    } else if let Some(id) = dedup_id {
        return Err(fault::not_of_this_queue(id, "MessageDeduplicationId"));
    }
    Ok(Outgoing {
        content,
        delay_s: delay_s.unwrap_or(settings.delay_s),
        group: given.group,
        dedup_id,
    })
}

fn check_id(id: Option<&str>, parameter: &str) -> Result<(), Fault> {
    let Some(id) = id else {
        return Ok(());
    };
    let fits = (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|it| it.is_ascii_graphic());
    match fits {
        true => Ok(()),
        false => {
            let shown: String = id.chars().take(LONGEST_ID).collect();
            let reason = format!(
                "{parameter} can only include alphanumeric and punctuation characters. 1 to {LONGEST_ID} in length."
            );
            Err(fault::invalid_value(shown, parameter, &reason))
        }
    }
}
