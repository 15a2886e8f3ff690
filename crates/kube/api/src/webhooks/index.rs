//! The webhooks of a cluster, kept as its configurations change.

use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;
use tokio::sync::Semaphore;
use wharf_store::StoreError;

use super::{
    GROUP,
    hook::{self, Hook},
};
use crate::{
    answer::Fault,
    call::{Call, store_fault},
    cluster::Inner,
};

pub(super) const MUTATING: &str = "mutatingwebhookconfigurations";
const VALIDATING: &str = "validatingwebhookconfigurations";
/// Questions to the webhooks of a cluster at the same time; more wait, within their time.
const MOST_CALLS: usize = 128;
/// Pause after a failure of the store.
const RETRY: std::time::Duration = std::time::Duration::from_millis(500);

/// In the order of their configurations' names.
#[derive(Debug, Default)]
pub struct Hooks {
    pub mutating: Vec<Arc<Hook>>,
    pub validating: Vec<Arc<Hook>>,
}

/// What a cluster knows of its webhooks.
#[derive(Debug)]
pub struct Webhooks {
    now: ArcSwap<Hooks>,
    /// Held while the index is made, so that an older one never follows a newer one.
    making: tokio::sync::Mutex<()>,
    pub(super) calls: Semaphore,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            now: ArcSwap::default(),
            making: tokio::sync::Mutex::default(),
            calls: Semaphore::new(MOST_CALLS),
        }
    }
}

impl Webhooks {
    pub(super) fn now(&self) -> Arc<Hooks> {
        self.now.load_full()
    }
}

async fn hooks(
    inner: &Inner,
    plural: &str,
    before: &[Arc<Hook>],
) -> Result<Vec<Arc<Hook>>, StoreError> {
    let own = inner.parts.own_webhook.as_ref();
    // What validates is never of this process.
    let own = own.filter(|_| plural == MUTATING).map(|it| it.config());
    let all = inner
        .chosen(GROUP, plural, None, |_, it| {
            Some(hook::of_configuration(&it, own))
        })
        .await?;
    let all = all.into_iter().flatten().map(|mut hook| {
        if let Some(before) = before.iter().find(|it| hook.is_again(it)) {
            hook.endpoint.take_over(&before.endpoint);
        }
        Arc::new(hook)
    });
    Ok(all.collect())
}

pub async fn load(inner: &Inner) -> Result<(), StoreError> {
    let _turn = inner.webhooks.making.lock().await;
    let before = inner.webhooks.now();
    let hooks = Hooks {
        mutating: hooks(inner, MUTATING, &before.mutating).await?,
        validating: hooks(inner, VALIDATING, &before.validating).await?,
    };
    inner.webhooks.now.store(Arc::new(hooks));
    Ok(())
}

/// A configuration has its effect before its writer hears of it.
pub async fn after_write(call: &Call) -> Result<(), Fault> {
    match call.group() == GROUP {
        true => load(&call.cluster).await.map_err(store_fault),
        false => Ok(()),
    }
}

/// Makes the index again whenever a configuration changes, whoever did not wait for it, until the cluster is no longer served.
pub async fn follow(inner: Weak<Inner>) {
    let Some(first) = inner.upgrade() else { return };
    let feed = &first.objects.feed;
    let stop = feed.stopped().clone();
    let now = *feed.told().borrow();
    let reader = |plural: &str| {
        // Below the cluster's own folder, as the feed names folders.
        let folder = first.objects.keys.folder(GROUP, plural);
        let folder = folder.strip_prefix(first.objects.keys.root());
        let folder = folder.unwrap_or_default().to_owned();
        let found = feed.after(&folder, now);
        found.or_else(|gone| feed.after(&folder, gone.oldest))
    };
    let (Ok(mut mutating), Ok(mut validating)) = (reader(MUTATING), reader(VALIDATING)) else {
        tracing::error!("failed to follow the webhooks of a cluster");
        return;
    };
    drop(first);
    loop {
        tokio::select! {
            () = mutating.wait() => {}
            () = validating.wait() => {}
            () = stop.cancelled() => return,
        }
        loop {
            let Some(this) = inner.upgrade() else { return };
            let Err(error) = load(&this).await else { break };
            drop(this);
            tracing::warn!(%error, "failed to read the webhooks of a cluster, will retry");
            tokio::select! {
                () = tokio::time::sleep(RETRY) => {}
                () = stop.cancelled() => return,
            }
        }
    }
}
