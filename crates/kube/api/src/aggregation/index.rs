//! The aggregated servers of a cluster, kept as its APIServices change.

use std::sync::Arc;

use arc_swap::ArcSwap;
use serde_json::Value;
use wharf_kube_model::view::text_at;
use wharf_store::StoreError;

use super::{
    GROUP, PLURAL,
    discovered::Discovered,
    service::{self, Aggregated, Snapshot},
};
use crate::{
    answer::Fault,
    call::{Call, store_fault},
    cluster::Inner,
};

/// APIServices of a cluster.
const MOST: usize = 64;
/// Bytes of lists of kinds and documents of OpenAPI that a cluster keeps of its aggregated servers.
const MOST_DOCUMENTS: usize = 8 << 20;

#[derive(Debug, Default)]
pub struct Aggregation {
    now: ArcSwap<Snapshot>,
    /// Held while the index is made, so that an older one never follows a newer one.
    making: tokio::sync::Mutex<()>,
}

impl Aggregation {
    pub fn now(&self) -> Arc<Snapshot> {
        self.now.load_full()
    }

    /// Takes down what a server told of itself; that for which there is no room is left out, its document first.
    pub(super) async fn heard(&self, name: &str, mut discovered: Discovered) {
        let _turn = self.making.lock().await;
        let now = self.now.load();
        let Some(known) = now.all.iter().find(|it| it.name == name) else {
            return;
        };
        let room = MOST_DOCUMENTS.saturating_sub(now.bytes_beside(name));
        if discovered.bytes() > room {
            tracing::warn!(
                name,
                "the list of an aggregated API server's kinds is full; not all of them are shown"
            );
            discovered.openapi = None;
            discovered.openapi_v2 = None;
        }
        if discovered.bytes() > room {
            discovered.resources = None;
        }
        if known.discovered.as_deref() != Some(&discovered) {
            let next = now.with_discovered(name, Some(Arc::new(discovered)));
            self.now.store(Arc::new(next));
        }
    }
}

pub async fn load(inner: &Inner) -> Result<(), StoreError> {
    let own = &inner.aggregation;
    let _turn = own.making.lock().await;
    let found = inner.chosen(GROUP, PLURAL, None, |_, it| Aggregated::of(&it));
    let found = found.await?;
    let before = own.now();
    // Documents are made again with each index.
    if found.is_empty() && before.all.is_empty() {
        return Ok(());
    }
    own.now.store(Arc::new(Snapshot::new(found, &before)));
    Ok(())
}

fn is_service(call: &Call) -> bool {
    call.group() == GROUP && call.resource.plural == PLURAL
}

/// Lets no more APIServices in than a cluster may have, and none that would have no effect.
pub fn before_write(call: &Call, object: &Value, live: Option<&Value>) -> Result<(), Fault> {
    if !is_service(call) {
        return Ok(());
    }
    let name = text_at(object, &["metadata", "name"]);
    let was_there = live.is_some();
    if !object["spec"]["service"].is_object() {
        let why =
            "groups of this server itself have no APIServices: one without a service is refused";
        return Err(call.forbidden(name, why));
    }
    let (group, version) = (
        text_at(object, &["spec", "group"]),
        text_at(object, &["spec", "version"]),
    );
    if !was_there && service::serves(&call.catalog, group, version) {
        let why = format!("this server itself answers for {group}/{version}");
        return Err(call.forbidden(name, &why));
    }
    if !was_there && call.cluster.aggregation.now().all.len() >= MOST {
        let why = format!("a cluster has at most {MOST} APIServices");
        return Err(call.forbidden(name, &why));
    }
    Ok(())
}

/// An APIService has its effect before its writer hears of it.
pub async fn after_write(call: &Call) -> Result<(), Fault> {
    match is_service(call) {
        true => load(&call.cluster).await.map_err(store_fault),
        false => Ok(()),
    }
}
