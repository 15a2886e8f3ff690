//! ReceiveMessage.

use std::collections::BTreeMap;

use uuid::Uuid;
use wharf_api_sqs::{Message, ReceiveMessageRequest, ReceiveMessageResult};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault,
    live::Live,
    machine::sent_at,
    receiving::{self, Asked, Received},
    sending::shown_sequence,
};

/// System attributes that a receive may ask for.
const SYSTEM: [&str; 10] = [
    "All",
    "AWSTraceHeader",
    "ApproximateFirstReceiveTimestamp",
    "ApproximateReceiveCount",
    "DeadLetterQueueSourceArn",
    "MessageDeduplicationId",
    "MessageGroupId",
    "SenderId",
    "SentTimestamp",
    "SequenceNumber",
];
const LONGEST_ATTEMPT: usize = 128;

pub async fn receive_message(
    core: &Core,
    call: &Call,
    input: ReceiveMessageRequest,
) -> Result<ReceiveMessageResult, Fault> {
    let live = core.asked(call, input.queue_url.as_deref()).await?;
    let settings = live.record().settings.clone();
    let number =
        |given: Option<i32>, default: u32, least: i32, most: i32, name: &str, why: &str| {
            let Some(given) = given else {
                return Ok(default);
            };
            let fits = u32::try_from(given)
                .ok()
                .filter(|_| (least..=most).contains(&given));
            fits.ok_or_else(|| fault::invalid_value(given, name, why))
        };
    let most = number(
        input.max_number_of_messages,
        1,
        1,
        10,
        "MaxNumberOfMessages",
        "Must be between 1 and 10, if provided.",
    )?;
    let wait_s = number(
        input.wait_time_seconds,
        settings.wait_s,
        0,
        20,
        "WaitTimeSeconds",
        "Must be >= 0 and <= 20, if provided.",
    )?;
    let visibility_s = number(
        input.visibility_timeout,
        settings.visibility_s,
        0,
        43_200,
        "VisibilityTimeout",
        "Must be between 0 and 43200, if provided.",
    )?;
    let mut system = input.attribute_names.unwrap_or_default();
    system.extend(input.message_system_attribute_names.unwrap_or_default());
    if let Some(other) = system.iter().find(|it| !SYSTEM.contains(&it.as_str())) {
        return Err(fault::unknown_attribute(other));
    }
    let attempt = input.receive_request_attempt_id;
    if let Some(id) = &attempt {
        if !settings.fifo {
            return Err(fault::not_of_this_queue(id, "ReceiveRequestAttemptId"));
        }
        if !(1..=LONGEST_ATTEMPT).contains(&id.len()) {
            let reason = "ReceiveRequestAttemptId has 1 to 128 characters.";
            return Err(fault::invalid_value("", "ReceiveRequestAttemptId", reason));
        }
    }
    let asked = Asked {
        most: usize::try_from(most).unwrap_or(1),
        visibility_s,
        wait_s,
        attempt,
    };
    let received = receiving::receive(core, call, &live, &asked).await?;
    if received.is_empty() {
        live.meter.received_none();
    }
    let names = input.message_attribute_names.unwrap_or_default();
    let messages: Vec<Message> = received
        .into_iter()
        .map(|it| shown(&live, it, &system, &names))
        .collect();
    Ok(ReceiveMessageResult {
        messages: Some(messages).filter(|it| !it.is_empty()),
    })
}

fn shown(live: &Live, it: Received, system: &[String], names: &[String]) -> Message {
    let own = it.content.asked(names);
    let (attributes, md5) = own.unzip();
    Message {
        message_id: Some(Uuid::from_u128(it.head.id).to_string()),
        receipt_handle: Some(it.receipt().encode(&live.arn)),
        md5_of_body: Some(it.content.md5_of_body()),
        attributes: system_attributes(live, &it, system),
        md5_of_message_attributes: md5,
        message_attributes: attributes,
        body: Some(it.content.body),
    }
}

fn system_attributes(
    live: &Live,
    it: &Received,
    asked: &[String],
) -> Option<BTreeMap<String, String>> {
    let fifo = live.record().settings.fifo;
    let all = [
        ("AWSTraceHeader", it.content.trace().map(str::to_owned)),
        (
            "ApproximateFirstReceiveTimestamp",
            Some(it.state.first_received_at.to_string()),
        ),
        (
            "ApproximateReceiveCount",
            Some(it.state.receives.to_string()),
        ),
        ("DeadLetterQueueSourceArn", it.head.source.clone()),
        ("MessageDeduplicationId", it.head.dedup_id.clone()),
        ("MessageGroupId", it.head.group.clone()),
        ("SenderId", Some(it.head.sender.clone())),
        ("SentTimestamp", Some(sent_at(it.seq).to_string())),
        ("SequenceNumber", fifo.then(|| shown_sequence(it.seq))),
    ];
    let is_asked = |name: &str| asked.iter().any(|it| it == name || it == "All");
    let shown = all.into_iter().filter(|(name, _)| is_asked(name));
    let shown = shown.filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Some(shown.collect::<BTreeMap<_, _>>()).filter(|it| !it.is_empty())
}
