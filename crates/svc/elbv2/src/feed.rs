//! Wakes the reconcilers, and those who wait for targets, by what changes in the store.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use wharf_records::{Record, Scope};
use wharf_store::{Range, StoreError};

use crate::{
    core::Core,
    names::{Kind, Place, SERVICE, split_target},
    records::{Health, Host, LoadBalancer, Remains, Target, TargetGroup},
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
                tracing::warn!(%error, "load balancers are looked at anew");
                tokio::time::sleep(RETRY).await;
            }
            Ok(never) => match never {},
        }
    }
}

async fn feed_once(core: &Core) -> Result<std::convert::Infallible, StoreError> {
    let prefix = Scope::service_prefix(SERVICE);
    let all = core
        .parts
        .store
        .range(Range::prefix(&prefix).keys_only())
        .await?;
    for entry in &all.entries {
        changed(core, &entry.key);
    }
    let mut watch = core.parts.store.watch(prefix, all.revision + 1);
    loop {
        let batch = watch.next().await?;
        let mut hosts = false;
        for event in &batch.events {
            hosts |= changed(core, event.key());
        }
        // A host concerns every load balancer, and the health of every target.
        if hosts {
            everyone(core).await?;
        }
    }
}

/// True if the key is a host's.
fn changed(core: &Core, key: &str) -> bool {
    let Some((scope, kind, id)) = Scope::parse(key) else {
        return false;
    };
    let group = match kind {
        LoadBalancer::KIND | Remains::KIND => {
            core.balancers.wake(key.to_owned());
            return false;
        }
        Host::KIND => {
            core.hosts.wake(key.to_owned());
            return true;
        }
        TargetGroup::KIND => id.as_str(),
        Target::KIND | Health::KIND => match split_target(&id) {
            Some((group, _, _)) => group,
            None => return false,
        },
        _ => return false,
    };
    core.groups.wake(scope.key(TargetGroup::KIND, group));
    // Nobody listening is no failure.
    let _ = core
        .changes
        .send(Place::of_scope(&scope).arn(Kind::Group, group));
    false
}

async fn everyone(core: &Core) -> Result<(), StoreError> {
    let prefix = Scope::service_prefix(SERVICE);
    let all = core
        .parts
        .store
        .range(Range::prefix(prefix).keys_only())
        .await?;
    for entry in &all.entries {
        let kind = Scope::parse(&entry.key).map(|(_, kind, _)| kind.to_owned());
        if matches!(
            kind.as_deref(),
            Some(LoadBalancer::KIND | TargetGroup::KIND)
        ) {
            changed(core, &entry.key);
        }
    }
    Ok(())
}
