//! Everything that planes can be told, in memory: the present, and how it came about.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use wharf_planeproto::{Key, Kind, Plane, Resource, endpoint::Endpoint, network::Interface};
use wharf_store::Revision;

/// Changes remembered for planes that come back or lag behind.
const REMEMBERED: usize = 16 << 10;

/// A resource and the revision of its record.
#[derive(Debug, PartialEq)]
pub struct Held {
    pub resource: Resource,
    pub revision: Revision,
}

impl Held {
    /// As a plane is told of it. Which load balancer, of which account, a VPC endpoint leads to is for load balancers alone: the
    /// network finds the endpoint by its interfaces.
    pub fn told_to(&self, plane: Plane) -> Resource {
        match &self.resource {
            Resource::Endpoint(it) if plane == Plane::Network => Resource::Endpoint(Endpoint {
                fronts: Vec::new(),
                ..it.clone()
            }),
            other => other.clone(),
        }
    }
}

/// All resources as of one revision, with the indexes that say who is told of them. Keys are in
/// the order of their kinds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Records {
    resources: BTreeMap<Key, Arc<Held>>,
    /// VPC to the hosts that have interfaces in it, and how many.
    members: HashMap<String, BTreeMap<String, usize>>,
    /// Host to the VPCs in which it has interfaces.
    vpcs: HashMap<String, BTreeSet<String>>,
    /// VPC to what belongs to it: itself, its groups, subnets, tables, load balancers, attached
    /// interfaces.
    parts: HashMap<String, BTreeSet<Key>>,
    /// Host to the instances and volumes that it keeps.
    kept: HashMap<String, BTreeSet<Key>>,
    /// VPC to its peerings.
    peerings: HashMap<String, BTreeSet<Key>>,
    /// Host to the interfaces that are attached to it.
    interfaces: HashMap<String, BTreeSet<Key>>,
}

impl Records {
    pub fn get(&self, key: &Key) -> Option<&Arc<Held>> {
        self.resources.get(key)
    }

    pub fn find(&self, kind: Kind, id: &str) -> Option<(&Key, &Arc<Held>)> {
        let id = id.to_owned();
        self.resources.get_key_value(&Key { kind, id })
    }

    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (&Key, &Arc<Held>)> {
        self.from(kind, "")
            .take_while(move |(key, _)| key.kind == kind)
    }

    /// Those of a kind whose ids begin with `prefix`.
    pub fn with_prefix(
        &self,
        kind: Kind,
        prefix: &str,
    ) -> impl Iterator<Item = (&Key, &Arc<Held>)> {
        let with_it = move |key: &Key| key.kind == kind && key.id.starts_with(prefix);
        self.from(kind, prefix)
            .take_while(move |(key, _)| with_it(key))
    }

    fn from(&self, kind: Kind, id: &str) -> impl Iterator<Item = (&Key, &Arc<Held>)> {
        let id = id.to_owned();
        self.resources.range(Key { kind, id }..)
    }

    /// The VPCs in which a host has interfaces.
    pub fn vpcs_of(&self, host: &str) -> impl Iterator<Item = &str> {
        let vpcs = self.vpcs.get(host).into_iter().flatten();
        vpcs.map(String::as_str)
    }

    /// The hosts that have interfaces in a VPC.
    pub fn hosts_in(&self, vpc: &str) -> impl Iterator<Item = &str> {
        let hosts = self.members.get(vpc).into_iter().flat_map(BTreeMap::keys);
        hosts.map(String::as_str)
    }

    /// How many interfaces a host has in a VPC.
    pub fn count(&self, vpc: &str, host: &str) -> usize {
        let hosts = self.members.get(vpc);
        hosts
            .and_then(|hosts| hosts.get(host))
            .copied()
            .unwrap_or_default()
    }

    /// All that belongs to a VPC.
    pub fn parts_of(&self, vpc: &str) -> impl Iterator<Item = &Key> {
        self.parts.get(vpc).into_iter().flatten()
    }

    /// The instances and volumes that a host keeps.
    pub fn kept_on(&self, host: &str) -> impl Iterator<Item = &Key> {
        self.kept.get(host).into_iter().flatten()
    }

    /// The interfaces that are attached to a host.
    pub fn interfaces_on(&self, host: &str) -> impl Iterator<Item = &Interface> {
        let keys = self.interfaces.get(host).into_iter().flatten();
        keys.filter_map(|key| match &self.resources.get(key)?.resource {
            Resource::Interface(it) => Some(it),
            _ => None,
        })
    }

    /// The peerings of a VPC.
    pub fn peerings_of(&self, vpc: &str) -> impl Iterator<Item = &Key> {
        self.peerings.get(vpc).into_iter().flatten()
    }

    /// Replaces one resource; what was there before.
    pub fn set(&mut self, key: &Key, held: Option<Arc<Held>>) -> Option<Arc<Held>> {
        let before = match &held {
            Some(held) => self.resources.insert(key.clone(), held.clone()),
            None => self.resources.remove(key),
        };
        if let Some(before) = &before {
            self.unlist(key, &before.resource);
        }
        if let Some(held) = &held {
            self.list(key, &held.resource);
        }
        before
    }

    fn list(&mut self, key: &Key, resource: &Resource) {
        if let Some(host) = kept_by(resource) {
            let kept = self.kept.entry(host.to_owned()).or_default();
            kept.insert(key.clone());
        }
        if let Resource::Peering(it) = resource {
            for vpc in &it.vpcs {
                let peerings = self.peerings.entry(vpc.clone()).or_default();
                peerings.insert(key.clone());
            }
        }
        let Some(vpc) = vpc_of(resource) else {
            return;
        };
        let parts = self.parts.entry(vpc.to_owned()).or_default();
        parts.insert(key.clone());
        if let Some((vpc, host)) = attached(resource) {
            let interfaces = self.interfaces.entry(host.to_owned()).or_default();
            interfaces.insert(key.clone());
            let hosts = self.members.entry(vpc.to_owned()).or_default();
            let count = hosts.entry(host.to_owned()).or_default();
            *count += 1;
            if *count == 1 {
                let vpcs = self.vpcs.entry(host.to_owned()).or_default();
                vpcs.insert(vpc.to_owned());
            }
        }
    }

    fn unlist(&mut self, key: &Key, resource: &Resource) {
        if let Some(host) = kept_by(resource) {
            remove_from(&mut self.kept, host, key);
        }
        if let Resource::Peering(it) = resource {
            for vpc in &it.vpcs {
                remove_from(&mut self.peerings, vpc, key);
            }
        }
        let Some(vpc) = vpc_of(resource) else {
            return;
        };
        remove_from(&mut self.parts, vpc, key);
        let Some((vpc, host)) = attached(resource) else {
            return;
        };
        remove_from(&mut self.interfaces, host, key);
        let Some(hosts) = self.members.get_mut(vpc) else {
            return;
        };
        if let Some(count) = hosts.get_mut(host) {
            *count -= 1;
            if *count == 0 {
                hosts.remove(host);
                remove_from(&mut self.vpcs, host, vpc);
            }
        }
        if hosts.is_empty() {
            self.members.remove(vpc);
        }
    }
}

/// Takes `item` out of the set under `name`, which goes with its last.
fn remove_from<T, Q>(sets: &mut HashMap<String, BTreeSet<T>>, name: &str, item: &Q)
where
    T: Ord + std::borrow::Borrow<Q>,
    Q: Ord + ?Sized,
{
    if let Some(set) = sets.get_mut(name) {
        set.remove(item);
        if set.is_empty() {
            sets.remove(name);
        }
    }
}

/// The host that keeps it: of instances, volumes and snapshots that are being taken.
pub fn kept_by(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Instance(it) => Some(&it.host),
        Resource::Volume(it) => Some(&it.host),
        Resource::Snapshot(it) => Some(&it.host),
        Resource::FileSystem(it) => Some(&it.host),
        _ => None,
    }
}

/// The VPC that it belongs to, if the hosts there are told of it.
pub fn vpc_of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Vpc(it) => Some(&it.id),
        Resource::SecurityGroup(it) => Some(&it.vpc),
        Resource::Subnet(it) => Some(&it.vpc),
        Resource::RouteTable(it) => Some(&it.vpc),
        Resource::NatGateway(it) => Some(&it.vpc),
        Resource::NetworkAcl(it) => Some(&it.vpc),
        Resource::Endpoint(it) => Some(&it.vpc),
        Resource::FlowLog(it) => Some(&it.vpc),
        Resource::LoadBalancer(it) => Some(&it.vpc),
        Resource::Interface(_) => attached(resource).map(|(vpc, _)| vpc),
        _ => None,
    }
}

/// VPC and host of an interface that is attached.
pub fn attached(resource: &Resource) -> Option<(&str, &str)> {
    match resource {
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

/// Keys with what was under them.
pub type Former<'a> = BTreeMap<&'a Key, Option<&'a Arc<Held>>>;

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

    /// What changed after `revision` of what a plane may be told, as it was then; `None` if that is
    /// forgotten.
    pub fn former(&self, revision: Revision, plane: Plane) -> Option<Former<'_>> {
        if revision < self.floor {
            return None;
        }
        let from = self.log.partition_point(|it| it.revision <= revision);
        let mut former = Former::new();
        for logged in self.log.range(from..) {
            if logged.key.kind.concerns(plane) {
                // The first change after it replaced what was there.
                former.entry(&logged.key).or_insert(logged.before.as_ref());
            }
        }
        Some(former)
    }
}
