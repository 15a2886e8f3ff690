//! Keeps the view up to date: everything once, then every change.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_records::{Scope, machine};
use wharf_store::{Event, EventKind, Range, Revision, Store, StoreError, WatchProgress};

use super::{Change, Tables, View, take_over};

/// Records read at once when everything is read.
const PAGE: usize = 1000;

/// Feeds `view` from `store` until `stop`. `changed` is told of every change, after the view has it,
/// and of everything that exists when the view was read anew.
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
    let prefixes = [Scope::service_prefix("ecs"), machine::prefix()];
    let (mut whole, mut changes) = (view.blank(), Vec::new());
    let revision = store.range(Range::prefix(&prefixes[0]).limit(1)).await?;
    let revision = revision.revision;
    for prefix in &prefixes {
        read_all(store, prefix, revision, &mut whole, &mut changes).await?;
    }
    view.install(whole, revision);
    changes.into_iter().for_each(changed);

    let mut watch = store.watch_all(prefixes.into(), revision + 1);
    view.set_progress(watch.progress());
    loop {
        let batch = watch.next().await?;
        view.apply(batch.revision, &batch.events)
            .into_iter()
            .for_each(changed);
    }
}

/// Everything under a prefix, as of one revision.
async fn read_all(
    store: &Store,
    prefix: &str,
    revision: Revision,
    whole: &mut Tables,
    changes: &mut Vec<Change>,
) -> Result<(), StoreError> {
    let all = || Range::prefix(prefix).limit(PAGE).at(revision);
    let mut page = store.range(all()).await?;
    loop {
        let last = page.entries.last().map(|entry| entry.key.clone());
        let put = |entry| Event {
            kind: EventKind::Put,
            entry,
            previous: None,
        };
        let events: Vec<Event> = page.entries.into_iter().map(put).collect();
        changes.extend(take_over(whole, revision, &events));
        let Some(last) = last.filter(|_| page.more) else {
            return Ok(());
        };
        page = store.range(all().start_after(last)).await?;
    }
}

impl View {
    /// Whom to ask when a reader waits for a revision that held no change of ours.
    fn set_progress(&self, progress: WatchProgress) {
        progress.request();
        *self
            .progress
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(progress);
    }
}
