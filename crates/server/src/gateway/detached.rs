//! Requests whose client goes away before its answer: what changes something comes to its end all the same, so nothing is
//! left half done, and the audit log tells what became of it.

use std::{panic::resume_unwind, sync::Arc};

use wharf_wire::{
    Context, Dispatcher, audit,
    schema::ServiceSchema,
    service::{Body, Reply, Service},
};

use super::long::{self, LARGE, Turn};

/// Waits for messages, which count as received once their client has them.
const TAKES: [&str; 1] = ["ReceiveMessage"];

/// [`Dispatcher::dispatch`], to its end whoever drops the future; but what is of use to nobody without its client ends with
/// it. `held` is dropped when the operation is over.
pub(super) async fn dispatch(
    dispatcher: &Dispatcher,
    service: &Arc<dyn Service>,
    cx: impl Into<Arc<Context>>,
    operation: String,
    body: Body,
    held: impl Send + 'static,
) -> Reply {
    let cx: Arc<Context> = cx.into();
    let turn = Turn::of(&cx.account, body.size() >= LARGE).await;
    if ends_with_its_client(service.schema(), &operation) {
        let running = dispatcher.dispatch(&**service, cx, &operation, body);
        return long::begin(turn, running).await;
    }
    let (dispatcher, service) = (dispatcher.clone(), Arc::clone(service));
    to_its_end(async move {
        let _held = held;
        let running = dispatcher.dispatch(&*service, cx, &operation, body);
        long::begin(turn, running).await
    })
    .await
}

/// The work's outcome; it comes to its end whoever drops the future.
pub(crate) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> T {
    // Nobody cancels it: a failure is a panic, which goes on where it would have gone without a task of its own.
    let ended = tokio::spawn(work).await;
    ended.unwrap_or_else(|failed| resume_unwind(failed.into_panic()))
}

/// It changes nothing, would take what nobody receives, or its answer goes on for as long as the client listens.
fn ends_with_its_client(schema: &ServiceSchema, operation: &str) -> bool {
    let goes_on = |index: usize| {
        let output = schema.operations[index].output;
        let members = output.map_or(&[][..], |it| schema.members(it));
        members.iter().any(|it| it.streaming || it.events)
    };
    audit::is_read_only(operation)
        || TAKES.contains(&operation)
        || schema.find_operation(operation).is_none_or(goes_on)
}

#[cfg(test)]
mod tests;
