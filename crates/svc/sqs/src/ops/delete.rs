//! DeleteMessage and DeleteMessageBatch.

use wharf_api_sqs::{
    DeleteMessageBatchRequest, DeleteMessageBatchResult, DeleteMessageBatchResultEntry,
    DeleteMessageRequest,
};
use wharf_wire::{Call, Fault};

use super::batch;
use crate::{core::Core, holding};

pub async fn delete_message(
    core: &Core,
    call: &Call,
    input: DeleteMessageRequest,
) -> Result<(), Fault> {
    let live = core.asked(call, input.queue_url.as_deref()).await?;
    let results = holding::delete(core, call, &live, &[input.receipt_handle]).await?;
    results.into_iter().collect()
}

pub async fn delete_message_batch(
    core: &Core,
    call: &Call,
    input: DeleteMessageBatchRequest,
) -> Result<DeleteMessageBatchResult, Fault> {
    let live = core.asked(call, input.queue_url.as_deref()).await?;
    let entries = input.entries.unwrap_or_default();
    batch::check(
        entries.iter().map(|it| it.id.as_deref()),
        "DeleteMessageBatchRequestEntry",
    )?;
    let (ids, handles): (Vec<_>, Vec<_>) = entries
        .into_iter()
        .map(|it| (it.id, it.receipt_handle))
        .unzip();
    let results = holding::delete(core, call, &live, &handles).await?;
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for (id, result) in ids.into_iter().zip(results) {
        match result {
            Ok(()) => successful.push(DeleteMessageBatchResultEntry { id }),
            Err(fault) => failed.push(batch::failed(id, fault)),
        }
    }
    Ok(DeleteMessageBatchResult {
        successful: Some(successful),
        failed: Some(failed),
    })
}
