//! Which addresses selectors choose, and who listens under the names of ports. Each is counted as long as a policy speaks of it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, btree_map::Entry},
    net::Ipv4Addr,
    sync::Arc,
};

use serde_json::{Map, Value};
use wharf_kube_model::selector::Labels;

use super::Listener;
use crate::{
    Key,
    allowed::Numbers,
    pod::Pod,
    policy::{Peer, Policy, Ports},
};

/// Selectors of pods that are counted, and names of ports: each is compared with every pod that changes, and is a set of the kernel's.
/// Further ones choose nobody for as long as a policy speaks of them.
pub const MOST_SELECTORS: usize = 20_000;

/// What makes two selectors the same: the namespace whose pods are meant or the selector of namespaces, and that of pods.
type GroupKey = (Option<Arc<str>>, String, String);
type NameKey = (u8, Arc<str>);
type Sets<T> = BTreeMap<u64, BTreeSet<T>>;
type ChangedSets<T> = BTreeMap<u64, Option<BTreeSet<T>>>;

#[derive(Debug)]
struct Group {
    number: u64,
    users: usize,
    /// `None` is the one of its key.
    namespaces: Option<Labels>,
    pods: Labels,
    /// How many pods have an address: two may, while one follows another.
    members: BTreeMap<Ipv4Addr, usize>,
}

#[derive(Debug)]
struct Name {
    number: u64,
    users: usize,
    listeners: BTreeMap<Listener, usize>,
}

#[derive(Debug, Default)]
pub(super) struct Groups {
    namespaces: HashMap<Arc<str>, Map<String, Value>>,
    groups: BTreeMap<GroupKey, Group>,
    names: BTreeMap<NameKey, Name>,
    /// What there is no room for, and how often policies speak of it.
    beyond: BTreeMap<GroupKey, usize>,
    beyond_names: BTreeMap<NameKey, usize>,
    /// Numbers whose members changed, came or went.
    changed: BTreeSet<u64>,
    changed_names: BTreeSet<u64>,
}

/// The selectors of a policy of one namespace.
pub(super) struct SeenFrom<'a>(&'a Groups, &'a Arc<str>);

impl Numbers for SeenFrom<'_> {
    fn peers(&self, peer: &Peer) -> Option<u64> {
        let key = key_of(peer, self.1)?;
        self.0.groups.get(&key).map(|it| it.number)
    }

    fn listeners(&self, protocol: u8, name: &str) -> Option<u64> {
        let name = self.0.names.get(&(protocol, name.into()));
        name.map(|it| it.number)
    }
}

fn key_of(peer: &Peer, own: &Arc<str>) -> Option<GroupKey> {
    let Peer::Pods { namespaces, pods } = peer else {
        return None;
    };
    Some(match namespaces {
        None => (Some(own.clone()), String::new(), pods.to_string()),
        Some(chosen) => (None, chosen.to_string(), pods.to_string()),
    })
}

impl Group {
    fn chooses(&self, key: &GroupKey, pod: &Pod, labels: Option<&Map<String, Value>>) -> bool {
        let by_namespace = match (&key.0, &self.namespaces) {
            (Some(own), _) => *own == pod.namespace,
            // One that is not known yet has no labels to be chosen by.
            (None, Some(chosen)) => labels.is_some_and(|it| chosen.matches(Some(it))),
            (None, None) => false,
        };
        by_namespace && self.pods.matches(Some(&pod.labels))
    }
}

impl Groups {
    pub fn seen_from<'a>(&'a self, namespace: &'a Arc<str>) -> SeenFrom<'a> {
        SeenFrom(self, namespace)
    }

    pub fn labels_of(&self, namespace: &str) -> Option<&Map<String, Value>> {
        self.namespaces.get(namespace)
    }

    /// The pods of the namespace are not counted meanwhile.
    pub fn relabel(&mut self, namespace: &str, labels: Option<Map<String, Value>>) {
        match labels {
            Some(labels) => drop(self.namespaces.insert(namespace.into(), labels)),
            None => drop(self.namespaces.remove(namespace)),
        }
    }

    /// A policy speaks of these from now on; `last` is the last number that was given.
    pub fn need(&mut self, policy: &Policy, last: &mut u64, pods: &BTreeMap<Key, Pod>) {
        let mut number = || {
            *last += 1;
            *last
        };
        for peer in peers(policy) {
            let Some(key) = key_of(peer, &policy.namespace) else {
                continue;
            };
            if let Some(known) = self.groups.get_mut(&key) {
                known.users += 1;
                continue;
            }
            let is_full = self.groups.len() >= MOST_SELECTORS;
            if speaks_beyond(&mut self.beyond, &key, is_full) {
                continue;
            }
            let Peer::Pods {
                namespaces,
                pods: chosen,
            } = peer
            else {
                continue;
            };
            let mut made = Group {
                number: number(),
                users: 1,
                namespaces: namespaces.clone(),
                pods: chosen.clone(),
                members: BTreeMap::new(),
            };
            for pod in pods.values() {
                let labels = self.namespaces.get(&pod.namespace);
                if let Some(address) = pod.address
                    && made.chooses(&key, pod, labels)
                {
                    step(&mut made.members, address, true);
                }
            }
            self.changed.insert(made.number);
            self.groups.insert(key, made);
        }
        for name in names(policy) {
            if let Some(known) = self.names.get_mut(&name) {
                known.users += 1;
                continue;
            }
            let is_full = self.names.len() >= MOST_SELECTORS;
            if speaks_beyond(&mut self.beyond_names, &name, is_full) {
                continue;
            }
            let mut made = Name {
                number: number(),
                users: 1,
                listeners: BTreeMap::new(),
            };
            for it in pods.values().flat_map(|it| listeners(it, &name)) {
                step(&mut made.listeners, it, true);
            }
            self.changed_names.insert(made.number);
            self.names.insert(name, made);
        }
    }

    pub fn release(&mut self, policy: &Policy) {
        for peer in peers(policy) {
            let Some(key) = key_of(peer, &policy.namespace) else {
                continue;
            };
            let Some(known) = self.groups.get_mut(&key) else {
                silent_beyond(&mut self.beyond, &key);
                continue;
            };
            known.users -= 1;
            if known.users == 0 {
                self.changed.insert(known.number);
                self.groups.remove(&key);
            }
        }
        for name in names(policy) {
            let Some(known) = self.names.get_mut(&name) else {
                silent_beyond(&mut self.beyond_names, &name);
                continue;
            };
            known.users -= 1;
            if known.users == 0 {
                self.changed_names.insert(known.number);
                self.names.remove(&name);
            }
        }
    }

    /// Whether a policy speaks of what is not counted.
    pub fn lack_some_of(&self, policy: &Policy) -> bool {
        let is_beyond = |it: &Peer| {
            let key = key_of(it, &policy.namespace);
            key.is_some_and(|it| self.beyond.contains_key(&it))
        };
        let has_names = |it: NameKey| self.beyond_names.contains_key(&it);
        (!self.beyond.is_empty() && peers(policy).any(is_beyond))
            || (!self.beyond_names.is_empty() && names(policy).any(has_names))
    }

    /// A pod comes, or goes.
    pub fn count(&mut self, pod: &Pod, comes: bool) {
        let Some(address) = pod.address else {
            return;
        };
        let labels = self.namespaces.get(&pod.namespace);
        for (key, group) in &mut self.groups {
            if group.chooses(key, pod, labels) && step(&mut group.members, address, comes) {
                self.changed.insert(group.number);
            }
        }
        for (name, known) in &mut self.names {
            for it in listeners(pod, name) {
                if step(&mut known.listeners, it, comes) {
                    self.changed_names.insert(known.number);
                }
            }
        }
    }

    /// Peers and listeners.
    pub fn all(&mut self) -> (Sets<Ipv4Addr>, Sets<Listener>) {
        self.changed.clear();
        self.changed_names.clear();
        let groups = self.groups.values().map(|it| (it.number, set(&it.members)));
        let names = self.names.values();
        let names = names.map(|it| (it.number, set(&it.listeners)));
        (groups.collect(), names.collect())
    }

    pub fn changes(&mut self) -> (ChangedSets<Ipv4Addr>, ChangedSets<Listener>) {
        let none = std::mem::take(&mut self.changed).into_iter();
        let mut groups: BTreeMap<_, _> = none.map(|it| (it, None)).collect();
        for it in self.groups.values() {
            if let Some(now) = groups.get_mut(&it.number) {
                *now = Some(set(&it.members));
            }
        }
        let none = std::mem::take(&mut self.changed_names).into_iter();
        let mut names: BTreeMap<_, _> = none.map(|it| (it, None)).collect();
        for it in self.names.values() {
            if let Some(now) = names.get_mut(&it.number) {
                *now = Some(set(&it.listeners));
            }
        }
        (groups, names)
    }
}

/// Whether what a policy speaks of is not counted: it is full, or was when somebody spoke of it first. Whoever is counted is so for all
/// who speak of it.
fn speaks_beyond<K: Ord + Clone>(beyond: &mut BTreeMap<K, usize>, key: &K, is_full: bool) -> bool {
    match beyond.get_mut(key) {
        Some(users) => *users += 1,
        None if is_full => {
            beyond.insert(key.clone(), 1);
        }
        None => return false,
    }
    true
}

/// A policy speaks of it no more.
fn silent_beyond<K: Ord>(beyond: &mut BTreeMap<K, usize>, key: &K) {
    if let Some(users) = beyond.get_mut(key) {
        *users -= 1;
        if *users == 0 {
            beyond.remove(key);
        }
    }
}

fn set<T: Ord + Copy>(all: &BTreeMap<T, usize>) -> BTreeSet<T> {
    all.keys().copied().collect()
}

/// Whether it was the first, or the last.
fn step<T: Ord>(all: &mut BTreeMap<T, usize>, of: T, comes: bool) -> bool {
    match (all.entry(of), comes) {
        (Entry::Vacant(place), true) => {
            place.insert(1);
            true
        }
        (Entry::Occupied(mut known), true) => {
            *known.get_mut() += 1;
            false
        }
        (Entry::Occupied(known), false) if *known.get() == 1 => {
            known.remove();
            true
        }
        (Entry::Occupied(mut known), false) => {
            *known.get_mut() -= 1;
            false
        }
        (Entry::Vacant(_), false) => false,
    }
}

/// Of both ways, each as often as it is spoken of.
fn peers(policy: &Policy) -> impl Iterator<Item = &Peer> {
    let rules = [&policy.ingress, &policy.egress];
    let rules = rules.into_iter().flatten().flatten();
    rules.flat_map(|it| it.peers.iter().flatten())
}

fn names(policy: &Policy) -> impl Iterator<Item = NameKey> {
    let rules = [&policy.ingress, &policy.egress];
    let ports = rules.into_iter().flatten().flatten();
    let ports = ports.flat_map(|it| it.ports.iter().flatten());
    ports.filter_map(|it| match &it.ports {
        Ports::Named(name) => Some((it.protocol, name.clone())),
        Ports::Range(..) => None,
    })
}

fn listeners(pod: &Pod, (protocol, name): &NameKey) -> impl Iterator<Item = Listener> {
    let own = pod.ports.iter();
    let own = own.filter(move |it| (it.0, &it.1) == (*protocol, name));
    own.filter_map(move |it| Some((pod.address?, it.0, it.2)))
}
