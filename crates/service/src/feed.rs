//! Wakes reconcilers by what changes in the store.

use std::{convert::Infallible, future::Future, time::Duration};

use tokio_util::sync::CancellationToken;
use wharf_records::Scope;
use wharf_store::{Range, Revision, Store, StoreError};
use wharf_wire::fault::Chain;

/// Pause after a read of the store failed.
const RETRY: Duration = Duration::from_millis(200);

/// Why a key is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// It is there as the feed begins, or it changed.
    Own,
    /// Another key changed that concerns all.
    All,
}

/// Whom a change concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The key's own.
    One,
    /// Every key of the service: each is shown again, with [`Look::All`].
    All,
}

/// Feeds until `stop`: every key of a service once, then each that changes. `changed` says whom it
/// concerns; an answer to [`Look::All`] counts for nothing.
pub async fn feed<W>(store: Store, service: &'static str, stop: CancellationToken, changed: W)
where
    W: Fn(&str, Look) -> Reach + Send + Sync,
{
    follow(service, stop, || feed_once(&store, service, &changed)).await;
}

/// Runs `once`, which follows the store for as long as that goes well, until `stop`. After a failure
/// it begins anew, so it should begin by reading everything.
pub async fn follow<F>(service: &str, stop: CancellationToken, once: impl Fn() -> F)
where
    F: Future<Output = Result<Infallible, StoreError>>,
{
    loop {
        let fed = tokio::select! {
            fed = once() => fed,
            () = stop.cancelled() => return,
        };
        match fed {
            Err(StoreError::Closed) => return,
            // Slower than the compaction: it starts over from the present.
            Err(StoreError::Compacted { .. }) => {}
            Err(error) => {
                tracing::warn!(
                    service,
                    error = %Chain(&error),
                    "following the store failed, will retry"
                );
                tokio::select! {
                    () = tokio::time::sleep(RETRY) => {}
                    () = stop.cancelled() => return,
                }
            }
            Ok(never) => match never {},
        }
    }
}

async fn feed_once<W>(store: &Store, service: &str, changed: &W) -> Result<Infallible, StoreError>
where
    W: Fn(&str, Look) -> Reach + Send + Sync,
{
    let prefix = Scope::service_prefix(service);
    let shown = show_all(store, &prefix, |key| _ = changed(key, Look::Own)).await?;
    let mut watch = store.watch(prefix.clone(), shown + 1);
    loop {
        let mut reach = Reach::One;
        for event in &watch.next().await?.events {
            if changed(event.key(), Look::Own) == Reach::All {
                reach = Reach::All;
            }
        }
        if reach == Reach::All {
            show_all(store, &prefix, |key| _ = changed(key, Look::All)).await?;
        }
    }
}

/// Shows each key, as of the revision that it answers. Never are all of them in memory: there may be millions.
async fn show_all(
    store: &Store,
    prefix: &str,
    show: impl Fn(&str),
) -> Result<Revision, StoreError> {
    let (mut pages, mut revision) = (store.pages(Range::prefix(prefix)).keys_only(), 0);
    while let Some(page) = pages.next().await? {
        page.entries.iter().for_each(|it| show(&it.key));
        revision = page.revision;
    }
    Ok(revision)
}

/// The store's newest revision, waited for as long as the store is open: a store that does not answer
/// now may do so soon. Of one that is closed, the newest that was heard of.
pub async fn newest(store: &Store) -> Revision {
    loop {
        match store.revision().await {
            Ok(revision) => return revision,
            Err(StoreError::Closed) => return store.heard_of(),
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "failed to read the store's revision, will retry");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}
