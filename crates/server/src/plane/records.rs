//! Everything that planes can be told, in memory: the present, and how it came about.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use wharf_planeproto::{Key, Resource, network::Interface};
use wharf_store::Revision;

/// Changes remembered for planes that come back or lag behind.
const REMEMBERED: usize = 16 << 10;

/// A resource and the revision of its record.
#[derive(Debug, PartialEq)]
pub struct Held {
    pub resource: Resource,
    pub revision: Revision,
}

/// All resources as of one revision.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Records {
    resources: BTreeMap<Key, Arc<Held>>,
    /// VPC to the hosts that have interfaces in it, and how many.
    members: BTreeMap<String, BTreeMap<String, usize>>,
}

impl Records {
    pub fn get(&self, key: &Key) -> Option<&Arc<Held>> {
        self.resources.get(key)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Arc<Held>)> {
        self.resources.iter()
    }

    /// The VPCs in which a host has interfaces.
    pub fn vpcs_of(&self, host: &str) -> BTreeSet<String> {
        let of = self.members.iter();
        of.filter(|(_, hosts)| hosts.contains_key(host))
            .map(|(vpc, _)| vpc.clone())
            .collect()
    }

    /// The hosts that have interfaces in a VPC.
    pub fn hosts_in(&self, vpc: &str) -> impl Iterator<Item = &String> {
        self.members
            .get(vpc)
            .into_iter()
            .flat_map(|hosts| hosts.keys())
    }

    /// Replaces one resource; what was there before.
    pub fn set(&mut self, key: &Key, held: Option<Arc<Held>>) -> Option<Arc<Held>> {
        let before = match &held {
            Some(held) => self.resources.insert(key.clone(), held.clone()),
            None => self.resources.remove(key),
        };
        if let Some((vpc, host)) = before.as_deref().and_then(attached) {
            self.leave(vpc, host);
        }
        if let Some((vpc, host)) = held.as_deref().and_then(attached) {
            let hosts = self.members.entry(vpc.to_owned()).or_default();
            *hosts.entry(host.to_owned()).or_default() += 1;
        }
        before
    }

    fn leave(&mut self, vpc: &str, host: &str) {
        let Some(hosts) = self.members.get_mut(vpc) else {
            return;
        };
        if let Some(count) = hosts.get_mut(host) {
            *count -= 1;
            if *count == 0 {
                hosts.remove(host);
            }
        }
        if hosts.is_empty() {
            self.members.remove(vpc);
        }
    }
}

/// VPC and host of an interface that is attached.
fn attached(held: &Held) -> Option<(&str, &str)> {
    match &held.resource {
        Resource::Interface(Interface {
            vpc,
            host: Some(host),
            ..
        }) => Some((vpc, host)),
        _ => None,
    }
}

/// One change, and what it replaced.
#[derive(Debug)]
struct Logged {
    revision: Revision,
    key: Key,
    before: Option<Arc<Held>>,
}

/// The present with the changes that led to it.
#[derive(Debug, Default)]
pub struct View {
    now: Records,
    revision: Revision,
    log: VecDeque<Logged>,
    /// Every state from this revision on can be made again.
    floor: Revision,
}

impl View {
    pub fn now(&self) -> &Records {
        &self.now
    }

    /// What the present is a picture of; 0 before it was read.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Begins anew, from a reading of the store.
    pub fn replace(&mut self, records: Records, revision: Revision) {
        *self = Self {
            now: records,
            revision,
            log: VecDeque::new(),
            floor: revision,
        };
    }

    /// Takes one change over. Changes come in the order of their revisions.
    pub fn change(&mut self, revision: Revision, key: Key, resource: Option<Resource>) {
        let held = resource.map(|resource| Arc::new(Held { resource, revision }));
        let before = self.now.set(&key, held);
        self.log.push_back(Logged {
            revision,
            key,
            before,
        });
        while self.log.len() > REMEMBERED {
            if let Some(forgotten) = self.log.pop_front() {
                self.floor = forgotten.revision;
            }
        }
    }

    /// Everything up to `revision` has been told.
    pub fn reach(&mut self, revision: Revision) {
        self.revision = revision;
    }

    /// Keys that changed after `revision`; `None` if that is forgotten.
    pub fn changed_since(&self, revision: Revision) -> Option<BTreeSet<&Key>> {
        (self.floor <= revision).then(|| {
            let from = self.log.partition_point(|it| it.revision <= revision);
            self.log.range(from..).map(|it| &it.key).collect()
        })
    }

    /// The records as they were at `revision`; `None` if that is forgotten or still to come.
    pub fn at(&self, revision: Revision) -> Option<Records> {
        if revision < self.floor || revision > self.revision {
            return None;
        }
        let mut records = self.now.clone();
        let later = self.log.iter().rev();
        for change in later.take_while(|change| change.revision > revision) {
            records.set(&change.key, change.before.clone());
        }
        Some(records)
    }
}
