//! Wakes the reconcilers, and those who wait for targets, by what changes in the store.

use std::{sync::Arc, time::Duration};

use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use wharf_base::Arn;
use wharf_records::{Record, Scope};
use wharf_store::{Range, StoreError};

use crate::{
    core::Core,
    names::{Kind, Place, SERVICE, split_target},
    records::{Certificate, Health, Host, LoadBalancer, Remains, Target, TargetGroup},
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

/// Wakes certificates that have become others, until `stop`.
pub async fn certificates(core: Arc<Core>, stop: CancellationToken) {
    let Some(mut changes) = core.parts.certificates.changes() else {
        return;
    };
    loop {
        let change = tokio::select! {
            change = changes.recv() => change,
            () = stop.cancelled() => return,
        };
        match change {
            Ok(arn) => {
                if let Ok(parsed) = arn.parse::<Arn>() {
                    let scope = Scope::new(SERVICE, &parsed.account, &parsed.region);
                    core.certificates.wake(scope.key(Certificate::KIND, &arn));
                }
            }
            Err(RecvError::Lagged(_)) => {
                if let Err(error) = every_certificate(&core).await {
                    tracing::warn!(%error, "some certificates of listeners may be old ones");
                }
            }
            Err(RecvError::Closed) => return,
        }
    }
}

async fn every_certificate(core: &Core) -> Result<(), StoreError> {
    let prefix = Scope::service_prefix(SERVICE);
    let range = Range::prefix(prefix).keys_only();
    for entry in core.parts.store.range(range).await?.entries {
        if let Some((_, Certificate::KIND, _)) = Scope::parse(&entry.key) {
            core.certificates.wake(entry.key);
        }
    }
    Ok(())
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
        Certificate::KIND => {
            core.certificates.wake(key.to_owned());
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
