//! From the store to the view: reads once, then follows.
//!
//! One watch follows all keys of the cell, so that the changes of several services stay in the order
//! of their revisions; what belongs to no source is passed over by its key.

use std::{collections::BTreeSet, sync::Arc};

use parking_lot::RwLock;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use wharf_planeproto::{Key, Plane, Resource};
use wharf_records::{Record, Scope, ecs::Instance, key::CELL};
use wharf_store::{Event, EventKind, Range, Revision, Store, StoreError};

use super::{
    records::{Held, Records, View},
    source::Source,
};

/// Revisions before the start that planes may resume from: longer than a restart takes.
const LOOK_BACK: Revision = 4096;
/// Pause before a store that failed is read again.
const RETRY: std::time::Duration = std::time::Duration::from_secs(1);

/// The view as its users share it.
pub struct Shared {
    pub view: RwLock<View>,
    /// The view's revision; 0 until it has been read.
    pub reached: watch::Sender<Revision>,
    /// The same, when something changed that planes may be told: most of what is written is nothing
    /// to them, and would wake thousands.
    network: watch::Sender<Revision>,
    balancers: watch::Sender<Revision>,
    machines: watch::Sender<Revision>,
    /// A container instance changed.
    pub instances: Notify,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            view: RwLock::default(),
            reached: watch::channel(0).0,
            network: watch::channel(0).0,
            balancers: watch::channel(0).0,
            machines: watch::channel(0).0,
            instances: Notify::new(),
        }
    }
}

impl Shared {
    pub fn read<T>(&self, look: impl FnOnce(&View) -> T) -> T {
        look(&self.view.read())
    }

    /// What wakes planes of one kind.
    pub fn news(&self, plane: Plane) -> &watch::Sender<Revision> {
        match plane {
            Plane::Network => &self.network,
            Plane::LoadBalancer => &self.balancers,
            Plane::Machines => &self.machines,
        }
    }

    /// `planes`: those that the change is about.
    fn write(&self, planes: &BTreeSet<Plane>, change: impl FnOnce(&mut View)) {
        let revision = {
            let mut view = self.view.write();
            change(&mut view);
            view.revision()
        };
        self.reached.send_replace(revision);
        for plane in planes {
            self.news(*plane).send_replace(revision);
        }
    }
}

pub struct Feed {
    store: Store,
    /// By the prefix of their keys.
    sources: Vec<(String, Arc<dyn Source>)>,
    shared: Arc<Shared>,
}

impl Feed {
    pub fn new(store: Store, sources: Vec<Arc<dyn Source>>, shared: Arc<Shared>) -> Self {
        let sources = sources
            .into_iter()
            .map(|source| (source.prefix(), source))
            .collect();
        Self {
            store,
            sources,
            shared,
        }
    }

    /// Runs until `stop`, or until the store is closed.
    pub async fn run(&self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.follow_for_ever() => {}
        }
    }

    async fn follow_for_ever(&self) {
        loop {
            match self.follow().await {
                StoreError::Closed => return,
                // So far behind that the history is gone: everything is read again.
                StoreError::Compacted { .. } => {}
                error => {
                    tracing::error!(%error, "failed to read changes for planes; will retry");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    async fn follow(&self) -> StoreError {
        let from = match self.load().await {
            Ok(revision) => revision + 1,
            Err(error) => return error,
        };
        let mut watch = self.store.watch(format!("/w1/{CELL}/"), from);
        loop {
            let batch = match watch.next().await {
                Ok(batch) => batch,
                Err(error) => return error,
            };
            let changes: Vec<(Revision, Key, Option<Resource>)> = batch
                .events
                .iter()
                .filter_map(|event| self.change(event))
                .collect();
            let concerned = |it: &Plane| changes.iter().any(|(_, key, _)| key.kind.concerns(*it));
            let planes = Plane::ALL.into_iter().filter(concerned).collect();
            self.shared.write(&planes, |view| {
                for (revision, key, resource) in changes {
                    view.change(revision, key, resource);
                }
                view.reach(batch.revision);
            });
        }
    }

    /// Reads all sources as of one revision: a little before now, so that planes which come back
    /// after a restart find what they know.
    async fn load(&self) -> Result<Revision, StoreError> {
        let mut at = self.store.revision().await?.saturating_sub(LOOK_BACK);
        let records = loop {
            match self.load_at(at).await {
                // So far back there is no history any more.
                Err(StoreError::Compacted { compacted, .. }) if compacted > at => at = compacted,
                other => break other?,
            }
        };
        let all = BTreeSet::from(Plane::ALL);
        self.shared.write(&all, |view| view.replace(records, at));
        Ok(at)
    }

    async fn load_at(&self, at: Revision) -> Result<Records, StoreError> {
        let mut records = Records::default();
        for (prefix, source) in &self.sources {
            let mut pages = self.store.pages(Range::prefix(prefix.as_str())).at(at);
            while let Some(page) = pages.next().await? {
                for entry in page.entries {
                    if let Some(resource) = source.resource(&entry) {
                        let (key, revision) = (resource.key(), entry.mod_revision);
                        records.set(&key, Some(Arc::new(Held { resource, revision })));
                    }
                }
            }
        }
        Ok(records)
    }

    fn change(&self, event: &Event) -> Option<(Revision, Key, Option<Resource>)> {
        let store_key = event.key();
        if is_instance(store_key) {
            self.shared.instances.notify_one();
            return None;
        }
        let (_, source) = self
            .sources
            .iter()
            .find(|(prefix, _)| store_key.starts_with(prefix))?;
        let key = source.key(store_key)?;
        let resource = match event.kind {
            EventKind::Put => source.resource(&event.entry),
            EventKind::Delete => None,
        };
        Some((event.revision(), key, resource))
    }
}

fn is_instance(store_key: &str) -> bool {
    let ecs = store_key.starts_with(&Scope::service_prefix("ecs"));
    ecs && Scope::parse(store_key).is_some_and(|(_, kind, _)| kind == Instance::KIND)
}
