//! What the control plane is told: the latest of everything, and what it has of it already.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::Arc,
};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;
use wharf_planeproto::{
    Change, Key, Kind,
    balancer::TargetRef,
    file_system::FileSystemReport,
    machine::{Console, InstanceReport},
    report::{TargetHealth, UnboundEndpoint},
    volume::VolumeReport,
};

use crate::{Update, known::Known};

/// The latest report of each target that there is, of endpoints and of instances.
#[derive(Default)]
pub(super) struct Reports {
    pub latest: Mutex<BTreeMap<TargetRef, TargetHealth>>,
    pub closed: Mutex<Vec<UnboundEndpoint>>,
    /// `None` until the first word, which is said even if it is that there are none.
    pub instances: Mutex<Option<Vec<InstanceReport>>>,
    pub consoles: Mutex<BTreeMap<String, Arc<Console>>>,
    /// As `instances`.
    pub volumes: Mutex<Option<Vec<VolumeReport>>>,
    pub file_systems: Mutex<Option<Vec<FileSystemReport>>>,
    pub changed: Notify,
}

/// What the control plane was told over a connection.
#[derive(Default)]
pub(super) struct Sent {
    pub health: BTreeMap<TargetRef, TargetHealth>,
    pub closed: Vec<UnboundEndpoint>,
    pub instances: Option<Vec<InstanceReport>>,
    pub consoles: SentConsoles,
    pub volumes: Option<Vec<VolumeReport>>,
    pub file_systems: Option<Vec<FileSystemReport>>,
}

#[derive(Default)]
pub(super) struct SentConsoles {
    by_id: BTreeMap<String, Arc<Console>>,
    /// The one sent last: the next is one behind it.
    last: String,
}

impl Reports {
    pub fn latest(&self) -> MutexGuard<'_, BTreeMap<TargetRef, TargetHealth>> {
        self.latest.lock()
    }

    pub fn closed(&self) -> MutexGuard<'_, Vec<UnboundEndpoint>> {
        self.closed.lock()
    }

    pub fn put(&self, health: Vec<TargetHealth>) {
        let rows = health.into_iter().map(|row| (row.target.clone(), row));
        self.latest().extend(rows);
        self.changed.notify_one();
    }

    /// Those that differ from `sent`, which takes them over.
    pub fn unsent(&self, sent: &mut BTreeMap<TargetRef, TargetHealth>) -> Vec<TargetHealth> {
        let latest = self.latest();
        sent.retain(|target, _| latest.contains_key(target));
        let new: Vec<TargetHealth> = latest
            .iter()
            .filter(|(target, row)| sent.get(target) != Some(row))
            .map(|(_, row)| row.clone())
            .collect();
        sent.extend(new.iter().map(|row| (row.target.clone(), row.clone())));
        new
    }

    /// All closed endpoints, if they are others than `sent`, which takes them over.
    pub fn unsent_closed(&self, sent: &mut Vec<UnboundEndpoint>) -> Option<Vec<UnboundEndpoint>> {
        let closed = self.closed().clone();
        (closed != *sent).then(|| {
            sent.clone_from(&closed);
            closed
        })
    }

    /// All instances, if they are others than `sent`, which takes them over.
    pub fn unsent_instances(
        &self,
        sent: &mut Option<Vec<InstanceReport>>,
    ) -> Option<Vec<InstanceReport>> {
        let instances = self.instances.lock().clone();
        let new = instances.filter(|instances| sent.as_ref() != Some(instances))?;
        *sent = Some(new.clone());
        Some(new)
    }

    /// All volumes, if they are others than `sent`, which takes them over.
    pub fn unsent_volumes(
        &self,
        sent: &mut Option<Vec<VolumeReport>>,
    ) -> Option<Vec<VolumeReport>> {
        let volumes = self.volumes.lock().clone();
        let new = volumes.filter(|volumes| sent.as_ref() != Some(volumes))?;
        *sent = Some(new.clone());
        Some(new)
    }

    /// All file systems, if they are others than `sent`, which takes them over.
    pub fn unsent_file_systems(
        &self,
        sent: &mut Option<Vec<FileSystemReport>>,
    ) -> Option<Vec<FileSystemReport>> {
        let all = self.file_systems.lock().clone();
        let new = all.filter(|all| sent.as_ref() != Some(all))?;
        *sent = Some(new.clone());
        Some(new)
    }

    /// A console that differs from `sent`, which takes it over: each in its turn, so that those who write most keep
    /// no other from being seen.
    pub fn unsent_console(&self, sent: &mut SentConsoles) -> Option<Arc<Console>> {
        let latest = self.consoles.lock();
        sent.by_id.retain(|id, _| latest.contains_key(id));
        let is_new = |(id, console): &(&String, &Arc<Console>)| {
            let known = sent.by_id.get(*id);
            known.is_none_or(|known| !Arc::ptr_eq(known, console))
        };
        let behind = (Bound::Excluded(&sent.last), Bound::Unbounded);
        let found = latest.range::<String, _>(behind).find(is_new);
        let (id, console) = found.or_else(|| latest.iter().find(is_new))?;
        let (id, console) = (id.clone(), console.clone());
        sent.by_id.insert(id.clone(), console.clone());
        sent.last = id;
        Some(console)
    }

    /// Forgets targets that the update takes away.
    pub fn prune(&self, update: &Update, known: &Known) {
        let key = |target: &TargetRef| Key {
            kind: Kind::Target,
            id: target.to_string(),
        };
        match update {
            Update::Snapshot(_) => {
                let there = |target: &TargetRef| known.resources.contains_key(&key(target));
                self.latest().retain(|target, _| there(target));
            }
            Update::Changes(changes) => {
                let gone: BTreeSet<&Key> = changes
                    .iter()
                    .filter_map(|change| match change {
                        Change::Delete(key) if key.kind == Kind::Target => Some(key),
                        _ => None,
                    })
                    .collect();
                if !gone.is_empty() {
                    self.latest()
                        .retain(|target, _| !gone.contains(&key(target)));
                }
            }
        }
    }
}
