//! Keeps the view up to date: everything once, then every change.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_hosts::Machines;
use wharf_records::Scope;
use wharf_store::{Event, EventKind, Range, Store, StoreError};

use super::{Change, View, take_over};

/// Feeds `view` from `store` until `stop`. `changed` hears of every change, after the view has it, and
/// of everything that exists when the view was read again.
pub async fn feed(
    store: Store,
    view: Arc<View>,
    changed: impl Fn(Change) + Send + Sync,
    stop: CancellationToken,
) {
    wharf_service::follow("ecs", stop, || feed_once(&store, &view, &changed)).await;
}

async fn feed_once(
    store: &Store,
    view: &View,
    changed: &impl Fn(Change),
) -> Result<std::convert::Infallible, StoreError> {
    let prefix = Scope::service_prefix("ecs");
    let (mut whole, mut said, mut changes) = (view.blank(), Machines::default(), Vec::new());
    let (mut pages, mut now) = (store.pages(Range::prefix(&prefix)), 0);
    while let Some(page) = pages.next().await? {
        now = page.revision;
        for entry in page.entries {
            let put = Event {
                kind: EventKind::Put,
                entry,
                previous: None,
            };
            changes.extend(take_over(&mut whole, &mut said, now, &[put]));
        }
    }
    view.install(whole, said, now);
    changes.into_iter().for_each(changed);

    let mut watch = store.watch(prefix, now + 1);
    view.reached.follow(watch.progress());
    loop {
        let batch = watch.next().await?;
        view.apply(batch.revision, &batch.events)
            .into_iter()
            .for_each(changed);
    }
}
