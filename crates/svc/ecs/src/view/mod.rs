//! The view: clusters, hosts, ledgers, container instances and all tasks that are not over, indexed
//! in memory and fed by a watch on the store ([`feed`]).
//!
//! A read first waits until the view has reached the store's present revision ([`View::reach`]), so
//! a client reads what it wrote. Stopped tasks and task definitions are not here; they are read
//! through.

pub mod feed;
mod region;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use tokio::sync::watch;
use wharf_records::{Scope, ecs::Service};
use wharf_store::{Compare, Event, EventKind, Revision, WatchProgress};

use crate::names::Place;

pub use region::{Region, Row};

/// A record together with the revision it was last written at.
#[derive(Debug)]
pub struct Held<T> {
    pub record: Arc<T>,
    pub key: String,
    pub revision: Revision,
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self {
            record: self.record.clone(),
            key: self.key.clone(),
            revision: self.revision,
        }
    }
}

impl<T> Held<T> {
    /// Holds while nobody has written the record since.
    pub fn unchanged(&self) -> Compare {
        Compare::mod_revision(self.key.clone(), self.revision)
    }
}

impl<T> std::ops::Deref for Held<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.record
    }
}

/// What a change means for those who wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The key of a task.
    Task(String),
    /// The key of a container instance.
    Instance(String),
    /// The key of a service: of its record, its tasks, or hosts it wants tasks on.
    Service(String),
}

#[derive(Debug)]
pub struct View {
    regions: RwLock<HashMap<Place, Region>>,
    reached: watch::Sender<Revision>,
    /// Makes the watch say how far it is.
    progress: Mutex<Option<WatchProgress>>,
}

impl Default for View {
    fn default() -> Self {
        Self {
            regions: RwLock::default(),
            reached: watch::channel(0).0,
            progress: Mutex::default(),
        }
    }
}

impl View {
    /// Waits until everything up to `revision` is in the view.
    pub async fn reach(&self, revision: Revision) {
        if *self.reached.borrow() >= revision {
            return;
        }
        let mut reached = self.reached.subscribe();
        if let Some(progress) = &*self.progress.lock().unwrap_or_else(PoisonError::into_inner) {
            progress.request();
        }
        // The sender lives as long as `self`.
        let _ = reached.wait_for(|now| *now >= revision).await;
    }

    /// Reads one account and region; nothing else happens to the view meanwhile, so keep it short.
    pub fn read<R>(&self, place: &Place, look: impl FnOnce(&Region) -> R) -> R {
        let regions = self.regions.read().unwrap_or_else(PoisonError::into_inner);
        match regions.get(place) {
            Some(region) => look(region),
            None => look(&Region::default()),
        }
    }

    /// Reads every account and region, one after the other.
    pub fn read_all(&self, mut look: impl FnMut(&Region)) {
        let regions = self.regions.read().unwrap_or_else(PoisonError::into_inner);
        regions.values().for_each(&mut look);
    }

    /// Names of an account's regions in which there are hosts, sorted.
    pub fn regions_with_hosts(&self, account: &str) -> Vec<String> {
        let regions = self.regions.read().unwrap_or_else(PoisonError::into_inner);
        let with = regions
            .iter()
            .filter(|(place, region)| place.account == account && !region.hosts.is_empty());
        let mut names: Vec<String> = with.map(|(place, _)| place.region.clone()).collect();
        names.sort_unstable();
        names
    }

    /// Tries something out on one account and region. Whoever does leaves it as it was; nobody sees
    /// it meanwhile, so keep it short.
    pub fn try_out<R>(&self, place: &Place, out: impl FnOnce(&mut Region) -> R) -> R {
        let mut regions = self.regions.write().unwrap_or_else(PoisonError::into_inner);
        match regions.get_mut(place) {
            Some(region) => out(region),
            None => out(&mut Region::default()),
        }
    }

    /// Keys of the services that are not over and have targets, in that group if one is named.
    pub fn services_with_targets(&self, group: Option<&str>) -> Vec<String> {
        let regions = self.regions.read().unwrap_or_else(PoisonError::into_inner);
        let services = regions.values().flat_map(|region| region.services.values());
        let has = |service: &&Held<Service>| {
            let revisions = service.deployments.iter().map(|one| &one.revision);
            let mut targets = revisions.flat_map(|revision| &revision.targets);
            targets.any(|target| group.is_none_or(|group| target.group == group))
        };
        services
            .filter(has)
            .map(|service| service.key.clone())
            .collect()
    }

    /// A signal raised with every change that concerns a host's tasks.
    pub fn follow_host(&self, place: &Place, host: &str) -> watch::Receiver<Revision> {
        let mut regions = self.regions.write().unwrap_or_else(PoisonError::into_inner);
        regions
            .entry(place.clone())
            .or_default()
            .signal(host)
            .subscribe()
    }

    /// Takes over a batch of changes, all of them up to `revision`.
    pub(crate) fn apply(&self, revision: Revision, events: &[Event]) -> Vec<Change> {
        let changes = {
            let mut regions = self.regions.write().unwrap_or_else(PoisonError::into_inner);
            take_over(&mut regions, revision, events)
        };
        self.reached
            .send_modify(|reached| *reached = revision.max(*reached));
        changes
    }

    /// Replaces everything by a picture of the store as of `revision`. Nobody ever sees a part of it:
    /// what is absent from a view is gone.
    pub(crate) fn install(&self, mut whole: HashMap<Place, Region>, revision: Revision) {
        {
            let mut regions = self.regions.write().unwrap_or_else(PoisonError::into_inner);
            for (place, old) in regions.drain() {
                whole.entry(place).or_default().take_signals(old, revision);
            }
            *regions = whole;
        }
        self.reached
            .send_modify(|reached| *reached = revision.max(*reached));
    }
}

/// Applies events to a set of regions.
fn take_over(
    regions: &mut HashMap<Place, Region>,
    revision: Revision,
    events: &[Event],
) -> Vec<Change> {
    let mut changes = Vec::new();
    for event in events {
        let Some((scope, kind, id)) = Scope::parse(event.key()) else {
            continue;
        };
        let entry = (event.kind == EventKind::Put).then_some(&event.entry);
        let Some(row) = Row::read(kind, event.key(), entry) else {
            continue;
        };
        let place = Place {
            account: scope.account.clone(),
            region: scope.region.clone(),
        };
        let region = regions.entry(place).or_default();
        changes.extend(region.apply(&scope, &id, row, revision));
    }
    changes
}
