//! ChangeMessageVisibility and its batch.

use std::{collections::HashMap, sync::Arc};

use wharf_api_sqs::{
    ChangeMessageVisibilityBatchRequest, ChangeMessageVisibilityBatchResult,
    ChangeMessageVisibilityBatchResultEntry, ChangeMessageVisibilityRequest, faults,
};
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::batch;
use crate::{
    core::{ChangeError, Core},
    fault, holding,
    live::Live,
    machine::{Aside, Message, Millis, NotHeld, Settled},
    receiving,
    stored::{self, State},
};

/// Twelve hours.
const LONGEST_S: i32 = 43_200;

pub async fn change_message_visibility(
    core: &Core,
    call: &Call,
    input: ChangeMessageVisibilityRequest,
) -> Result<(), Fault> {
    let live = core.asked(call, input.queue_url.as_deref()).await?;
    let asked = vec![(input.receipt_handle, input.visibility_timeout)];
    let results = change(core, call, &live, asked).await?;
    results.into_iter().collect()
}

pub async fn change_message_visibility_batch(
    core: &Core,
    call: &Call,
    input: ChangeMessageVisibilityBatchRequest,
) -> Result<ChangeMessageVisibilityBatchResult, Fault> {
    let live = core.asked(call, input.queue_url.as_deref()).await?;
    let entries = input.entries.unwrap_or_default();
    batch::check(
        entries.iter().map(|it| it.id.as_deref()),
        "ChangeMessageVisibilityBatchRequestEntry",
    )?;
    let ids: Vec<_> = entries.iter().map(|it| it.id.clone()).collect();
    let asked = entries
        .into_iter()
        .map(|it| (it.receipt_handle, it.visibility_timeout));
    let results = change(core, call, &live, asked.collect()).await?;
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for (id, result) in ids.into_iter().zip(results) {
        match result {
            Ok(()) => successful.push(ChangeMessageVisibilityBatchResultEntry { id }),
            Err(fault) => failed.push(batch::failed(id, fault)),
        }
    }
    Ok(ChangeMessageVisibilityBatchResult {
        successful: Some(successful),
        failed: Some(failed),
    })
}

async fn change(
    core: &Core,
    call: &Call,
    live: &Arc<Live>,
    asked: Vec<(Option<String>, Option<i32>)>,
) -> Result<Vec<Result<(), Fault>>, Fault> {
    let mut receipts = Vec::with_capacity(asked.len());
    let (now, mut until) = (core.now(), HashMap::new());
    for (handle, timeout) in &asked {
        let receipt = seconds(*timeout).and_then(|timeout| {
            let receipt = holding::receipt(live, handle.as_deref())?;
            let (visible_at, longest) =
                (now + timeout * 1000, Millis::from(LONGEST_S.unsigned_abs()));
            let ends_at = receipt
                .received_at
                .map(|it| it.saturating_add(longest * 1000));
            if ends_at.is_some_and(|it| visible_at > it) {
                let reason =
                    "Total VisibilityTimeout for the message is beyond the limit [43200 seconds].";
                return Err(fault::invalid_value(timeout, "VisibilityTimeout", reason));
            }
            until.insert(receipt.seq, visible_at);
            Ok(receipt)
        });
        receipts.push(receipt);
    }
    let (claim, refused) = holding::claim(core, live, &receipts, |machine, it, now| {
        machine
            .begin_held(it.seq, it.id, it.receives, now)
            .map(Some)
    })
    .await?;
    if !claim.asides.is_empty() {
        let mut txn = Txn::new();
        for aside in &claim.asides {
            let key = claim.drawer.message(aside.seq);
            let value = receiving::read(core, &key).await?;
            let (before, ..) = stored::decode(&value).map_err(|it| fault::unreadable(&it))?;
            let visible_at = until.get(&aside.seq).copied().unwrap_or(before.visible_at);
            let state = State {
                visible_at,
                ..before
            };
            txn = txn.put(key, stored::in_state(&value, state));
        }
        let settle = move |aside: &Aside| {
            let before = aside.before.clone();
            Settled::Is(Message {
                visible_at: until.get(&aside.seq).copied().unwrap_or(before.visible_at),
                ..before
            })
        };
        let committed = claim.commit(core.store(), &call.permit, txn, now, settle, || ());
        committed.await.map_err(ChangeError::from)?;
    }
    let results = receipts.into_iter().zip(refused).zip(asked);
    let results = results.map(|((receipt, why), (handle, _))| match (receipt, why) {
        (Err(fault), _) => Err(fault),
        // The first of two entries about one message counts.
        (Ok(_), None | Some(NotHeld::Busy)) => Ok(()),
        (Ok(_), Some(NotHeld::Expired)) => Err(faults::message_not_inflight(
            "The specified message isn't in flight.",
        )),
        (Ok(_), Some(NotHeld::Gone | NotHeld::Superseded)) => Err(fault::invalid_value(
            handle.unwrap_or_default(),
            "ReceiptHandle",
            "Message does not exist or is not available for visibility timeout change.",
        )),
    });
    Ok(results.collect())
}

fn seconds(timeout: Option<i32>) -> Result<Millis, Fault> {
    let timeout = timeout.ok_or_else(|| fault::missing("VisibilityTimeout"))?;
    let fits = (0..=LONGEST_S).contains(&timeout);
    let seconds = Millis::try_from(timeout).ok().filter(|_| fits);
    seconds.ok_or_else(|| {
        let reason = "VisibilityTimeout must be an integer between 0 and 43200.";
        fault::invalid_value(timeout, "VisibilityTimeout", reason)
    })
}
