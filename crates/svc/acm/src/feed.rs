//! Wakes the reconciler by what changes in the store.

use std::{convert::Infallible, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use wharf_records::{Record, Scope};
use wharf_store::{Range, StoreError};

use crate::{
    core::Core,
    names::SERVICE,
    records::{Authority, Certificate, Token},
};

/// Pause after a read of the store failed.
const RETRY: Duration = Duration::from_millis(200);

/// Feeds until `stop`: everything there is once, then every change.
pub async fn feed(core: Arc<Core>, stop: CancellationToken) {
    loop {
        let fed = tokio::select! {
            fed = feed_once(&core) => fed,
            () = stop.cancelled() => return,
        };
        match fed {
            Err(StoreError::Closed) => return,
            // Slower than the compaction: it starts over from the present.
            Err(StoreError::Compacted { .. }) => {}
            Err(error) => {
                tracing::warn!(%error, "certificates are looked at anew");
                tokio::time::sleep(RETRY).await;
            }
            Ok(never) => match never {},
        }
    }
}

async fn feed_once(core: &Core) -> Result<Infallible, StoreError> {
    let (store, prefix) = (&core.parts.store, Scope::service_prefix(SERVICE));
    let all = store.range(Range::prefix(&prefix).keys_only()).await?;
    for entry in &all.entries {
        changed(core, &entry.key);
    }
    let mut watch = store.watch(prefix.clone(), all.revision + 1);
    loop {
        let mut another_signs = false;
        for event in &watch.next().await?.events {
            changed(core, event.key());
            another_signs |= matches!(Scope::parse(event.key()), Some((_, Authority::KIND, _)));
        }
        if another_signs {
            let all = store.range(Range::prefix(&prefix).keys_only()).await?;
            for entry in &all.entries {
                changed(core, &entry.key);
            }
        }
    }
}

fn changed(core: &Core, key: &str) {
    if let Some((_, Certificate::KIND | Token::KIND, _)) = Scope::parse(key) {
        core.certificates.wake(key.to_owned());
    }
}
