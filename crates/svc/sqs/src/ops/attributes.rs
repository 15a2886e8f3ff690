//! GetQueueAttributes and SetQueueAttributes.

use std::collections::BTreeMap;

use wharf_api_sqs::{
    GetQueueAttributesRequest, GetQueueAttributesResult, SetQueueAttributesRequest,
};
use wharf_service::{principals, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::{self, Core},
    fault::{self, SqsFaults},
    names::QueueId,
    records::Queue,
    settings::{self, Settings},
};

/// Attributes that a queue has beside those that can be set.
const COMPUTED: [&str; 6] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
];
/// Attributes that some queues have.
const OTHERS: [&str; 16] = [
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "DelaySeconds",
    "FifoQueue",
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "Policy",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
    "All",
];

pub async fn get_queue_attributes(
    core: &Core,
    call: &Call,
    input: GetQueueAttributesRequest,
) -> Result<GetQueueAttributesResult, Fault> {
    let live = core.asked(call, input.queue_url.as_deref()).await?;
    let asked = input.attribute_names.unwrap_or_default();
    let known = |name: &str| COMPUTED.contains(&name) || OTHERS.contains(&name);
    if let Some(other) = asked.iter().find(|it| !known(it)) {
        return Err(fault::unknown_attribute(other));
    }
    let (record, counts) = {
        let mut state = live.state();
        (state.record.clone(), state.machine.counts(core.now()))
    };
    let seconds = |millis: i64| (millis / 1000).to_string();
    let mut all: BTreeMap<&str, String> = record.settings.shown();
    all.extend(COMPUTED.into_iter().zip([
        counts.ready.to_string(),
        counts.delayed.to_string(),
        counts.held.to_string(),
        seconds(record.created_at.millis()),
        seconds(record.changed_at.millis()),
        live.arn.clone(),
    ]));
    let is_asked = |name: &str| asked.iter().any(|it| it == name || it == "All");
    let shown = all.into_iter().filter(|(name, _)| is_asked(name));
    let mut shown: BTreeMap<String, String> = shown
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    if let Some(policy) = shown.get_mut("Policy") {
        *policy = principals::shown::<SqsFaults>(call, std::mem::take(policy)).await?;
    }
    Ok(GetQueueAttributesResult {
        attributes: Some(shown).filter(|it| !it.is_empty()),
    })
}

pub async fn set_queue_attributes(
    core: &Core,
    call: &Call,
    input: SetQueueAttributesRequest,
) -> Result<(), Fault> {
    let mut given = input.attributes.unwrap_or_default();
    if let Some(text) = given.get_mut("Policy")
        && let Some(policy) = settings::policy(text)?
    {
        *text = bound(call, policy).await?;
    }
    change(core, call, input.queue_url.as_deref(), |id, queue| {
        queue.settings.set(id, &given)
    })
    .await
}

/// A policy as it is stored.
pub async fn bound(call: &Call, policy: String) -> Result<String, Fault> {
    let bound = principals::bound(call, policy).await;
    bound.map_err(|it| it.fault::<SqsFaults>(|_| fault::bad_attribute("Policy")))
}

/// Changes a queue's record, on disk and in memory.
pub async fn change(
    core: &Core,
    call: &Call,
    url: Option<&str>,
    change: impl Fn(&QueueId, &mut Queue) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (live, _turn) = core.asked_in_turn(call, url).await?;
    let key = core::key(&live.id);
    let mut before = live.record().settings.redrive.clone();
    let record = transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Queue>(&key).await?;
        let mut queue = found.ok_or_else(fault::no_queue)?;
        change(&live.id, &mut queue)?;
        if queue.settings.redrive != before {
            check_redrive(core, &live.id, &queue.settings).await?;
            before.clone_from(&queue.settings.redrive);
        }
        queue.changed_at = call.now;
        tx.put(&key, &queue);
        queue
    });
    live.replace(record);
    Ok(())
}

/// Whether a queue's dead letters may go where it sends them.
pub async fn check_redrive(core: &Core, id: &QueueId, settings: &Settings) -> Result<(), Fault> {
    let Some(redrive) = &settings.redrive else {
        return Ok(());
    };
    let bad = |why: &str| fault::invalid_value(redrive, "RedrivePolicy", why);
    let target = QueueId::of_arn(&redrive.target);
    let target = target.ok_or_else(|| bad("Invalid value for deadLetterTargetArn."))?;
    let stored = core.table.read::<Queue>(&core::key(&target)).await?;
    let Some(stored) = stored else {
        return Err(bad("Dead letter target does not exist."));
    };
    let allow = &stored.record.settings.redrive_allow;
    if allow.as_ref().is_some_and(|it| !it.lets(&id.arn())) {
        return Err(bad(
            "Dead-letter queue does not allow this queue to use it as a dead-letter queue.",
        ));
    }
    Ok(())
}
