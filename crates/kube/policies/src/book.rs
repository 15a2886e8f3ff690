//! Policies, pods and namespaces of a cluster, and what they come to on one node. Pure.

mod groups;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::Ipv4Addr,
    sync::Arc,
};

use serde_json::{Map, Value};
use wharf_kube_client::Object;

use self::groups::Groups;
use crate::{
    Key,
    allowed::{Front, Permission, Way, permissions},
    pod::Pod,
    policy::Policy,
};

/// Rules of one policy one way, where each exception of a block is one as well; what goes beyond allows nothing. An object as large as
/// the API takes could ask for millions.
pub const MOST_PERMISSIONS: usize = 4096;

/// Policies that one pod is held to; what others allow it is not allowed.
pub const MOST_POLICIES: usize = 1000;

/// An address, a protocol's number, a port.
pub type Listener = (Ipv4Addr, u8, u16);

/// What a pod is held to; `None` is not isolated, and none of the policies allows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Isolation {
    pub ingress: Option<BTreeSet<u64>>,
    pub egress: Option<BTreeSet<u64>>,
}

/// What a policy allows one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policed {
    pub way: Way,
    pub permissions: Vec<Permission>,
    /// There were more than [`MOST_PERMISSIONS`], parts that were not even read, or selectors that there was no room for.
    pub is_cut: bool,
}

/// All there is for a node. What is named by a number is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    pub peers: BTreeMap<u64, BTreeSet<Ipv4Addr>>,
    pub listeners: BTreeMap<u64, BTreeSet<Listener>>,
    pub policies: BTreeMap<u64, Policed>,
    pub pods: BTreeMap<Ipv4Addr, Isolation>,
}

/// Parts of it as they are now; `None` is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub peers: BTreeMap<u64, Option<BTreeSet<Ipv4Addr>>>,
    pub listeners: BTreeMap<u64, Option<BTreeSet<Listener>>>,
    pub policies: BTreeMap<u64, Option<Policed>>,
    pub pods: BTreeMap<Ipv4Addr, Option<Isolation>>,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Debug)]
struct Entry {
    policy: Policy,
    /// The numbers of its two ways, whether it has them or not.
    numbers: (u64, u64),
}

/// All that counts of a cluster.
#[derive(Debug)]
pub struct Book {
    /// Whose pods are held.
    node: Arc<str>,
    policies: BTreeMap<Key, Entry>,
    /// Which policy and way has a number.
    ways: HashMap<u64, (Key, Way)>,
    pods: BTreeMap<Key, Pod>,
    /// The pods of the node by their addresses: while one follows another, two may have the same.
    here: BTreeMap<Ipv4Addr, BTreeSet<Key>>,
    groups: Groups,
    fronts: Vec<Front>,
    last: u64,
    changed_policies: BTreeSet<u64>,
    changed_pods: BTreeSet<Ipv4Addr>,
}

impl Book {
    pub fn new(node: &str) -> Self {
        Self {
            node: node.into(),
            policies: BTreeMap::new(),
            ways: HashMap::new(),
            pods: BTreeMap::new(),
            here: BTreeMap::new(),
            groups: Groups::default(),
            fronts: Vec::new(),
            last: 0,
            changed_policies: BTreeSet::new(),
            changed_pods: BTreeSet::new(),
        }
    }

    /// Whether nobody is held to anything.
    pub fn is_idle(&self) -> bool {
        self.policies.is_empty()
    }

    /// The revision in which a policy is known.
    pub fn revision(&self, namespace: &str, name: &str) -> Option<u64> {
        let key: Key = (namespace.into(), name.into());
        self.policies.get(&key).map(|it| it.policy.revision)
    }

    /// Whether `uid` is the pod that has the address on this node, and the only one.
    pub fn has(&self, uid: &str, address: Ipv4Addr) -> bool {
        let all = self.here.get(&address).into_iter().flatten();
        let mut all = all.filter_map(|it| self.pods.get(it));
        all.next().is_some_and(|it| &*it.uid == uid) && all.next().is_none()
    }

    pub fn put_policy(&mut self, object: &Value) {
        let policy = Policy::read(object);
        let key = policy.key();
        let former = self.policies.remove(&key);
        if let Some(former) = &former
            && former.policy.pods == policy.pods
            && former.policy.ingress == policy.ingress
            && former.policy.egress == policy.egress
            && former.policy.is_cut == policy.is_cut
        {
            let numbers = former.numbers;
            self.policies.insert(key, Entry { policy, numbers });
            return;
        }
        // What it spoke of may be what it speaks of now: it is not forgotten in between.
        self.groups.need(&policy, &mut self.last, &self.pods);
        let numbers = match former {
            Some(former) => {
                self.groups.release(&former.policy);
                former.numbers
            }
            None => {
                self.last += 2;
                let numbers = (self.last - 1, self.last);
                self.ways.insert(numbers.0, (key.clone(), Way::Ingress));
                self.ways.insert(numbers.1, (key.clone(), Way::Egress));
                numbers
            }
        };
        self.changed_policies.extend([numbers.0, numbers.1]);
        self.policies.insert(key.clone(), Entry { policy, numbers });
        self.touch_namespace(&key.0);
    }

    pub fn remove_policy(&mut self, object: &Value) {
        let key: Key = (object.namespace().into(), object.name().into());
        let Some(Entry { policy, numbers }) = self.policies.remove(&key) else {
            return;
        };
        self.groups.release(&policy);
        for number in [numbers.0, numbers.1] {
            self.ways.remove(&number);
            self.changed_policies.insert(number);
        }
        self.touch_namespace(&key.0);
    }

    pub fn put_pod(&mut self, object: &Value) {
        self.add_pod(Pod::read(object));
    }

    /// One that no API tells of, or any other.
    pub fn add_pod(&mut self, pod: Pod) {
        let key = pod.key();
        if self.pods.get(&key) == Some(&pod) {
            return;
        }
        self.take_pod(&key);
        self.groups.count(&pod, true);
        if let Some(address) = self.is_here(&pod) {
            self.here.entry(address).or_default().insert(key.clone());
            self.changed_pods.insert(address);
        }
        self.pods.insert(key, pod);
    }

    pub fn remove_pod(&mut self, object: &Value) {
        self.take_pod(&(object.namespace().into(), object.name().into()));
    }

    pub fn put_namespace(&mut self, object: &Value) {
        let labels = object.map("/metadata/labels").cloned().unwrap_or_default();
        self.relabel(object.name(), Some(labels));
    }

    pub fn remove_namespace(&mut self, object: &Value) {
        self.relabel(object.name(), None);
    }

    /// What the node answers itself.
    pub fn set_fronts(&mut self, mut fronts: Vec<Front>) {
        fronts.sort_unstable();
        if self.fronts != fronts {
            self.fronts = fronts;
            let all = self.policies.values().map(|it| it.numbers.1);
            self.changed_policies.extend(all);
        }
    }

    /// All there is; nothing has changed after that.
    pub fn rules(&mut self) -> Rules {
        self.changed_pods.clear();
        self.changed_policies.clear();
        let (peers, listeners) = self.groups.all();
        let policies = self.ways.keys();
        let policies = policies.filter_map(|it| Some((*it, self.policed(*it)?)));
        let pods = self.here.keys();
        let pods = pods.filter_map(|it| Some((*it, self.isolation(*it)?)));
        Rules {
            peers,
            listeners,
            policies: policies.collect(),
            pods: pods.collect(),
        }
    }

    /// What may be otherwise since the last call of this or of [`Book::rules`].
    pub fn changes(&mut self) -> Changes {
        let policies = std::mem::take(&mut self.changed_policies);
        let pods = std::mem::take(&mut self.changed_pods);
        let (peers, listeners) = self.groups.changes();
        Changes {
            peers,
            listeners,
            policies: policies
                .into_iter()
                .map(|it| (it, self.policed(it)))
                .collect(),
            pods: pods
                .into_iter()
                .map(|it| (it, self.isolation(it)))
                .collect(),
        }
    }

    fn is_here(&self, pod: &Pod) -> Option<Ipv4Addr> {
        pod.address.filter(|_| pod.node == self.node)
    }

    fn take_pod(&mut self, key: &Key) {
        let Some(pod) = self.pods.remove(key) else {
            return;
        };
        self.groups.count(&pod, false);
        if let Some(address) = self.is_here(&pod) {
            self.changed_pods.insert(address);
            if let Some(all) = self.here.get_mut(&address) {
                all.remove(key);
                if all.is_empty() {
                    self.here.remove(&address);
                }
            }
        }
    }

    fn in_namespace<'a>(
        pods: &'a BTreeMap<Key, Pod>,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a Pod> {
        let from: Key = (namespace.into(), "".into());
        let all = pods.range(from..);
        all.take_while(move |(key, _)| &*key.0 == namespace)
            .map(|(_, pod)| pod)
    }

    fn touch_namespace(&mut self, namespace: &str) {
        let all = Self::in_namespace(&self.pods, namespace);
        let here: Vec<Ipv4Addr> = all.filter_map(|it| self.is_here(it)).collect();
        self.changed_pods.extend(here);
    }

    fn relabel(&mut self, namespace: &str, labels: Option<Map<String, Value>>) {
        if self.groups.labels_of(namespace) == labels.as_ref() {
            return;
        }
        for pod in Self::in_namespace(&self.pods, namespace) {
            self.groups.count(pod, false);
        }
        self.groups.relabel(namespace, labels);
        for pod in Self::in_namespace(&self.pods, namespace) {
            self.groups.count(pod, true);
        }
    }

    /// `None` where the policy does not isolate this way, or is gone.
    fn policed(&self, number: u64) -> Option<Policed> {
        let (key, way) = self.ways.get(&number)?;
        let policy = &self.policies.get(key)?.policy;
        let rules = match way {
            Way::Ingress => policy.ingress.as_deref()?,
            Way::Egress => policy.egress.as_deref()?,
        };
        let own = self.groups.seen_from(&policy.namespace);
        let mut policed = Policed {
            way: *way,
            permissions: Vec::new(),
            is_cut: policy.is_cut || self.groups.lack_some_of(policy),
        };
        let mut room = MOST_PERMISSIONS;
        for it in permissions(rules, *way, &self.fronts, &own) {
            let Some(left) = room.checked_sub(it.comparisons()) else {
                policed.is_cut = true;
                break;
            };
            room = left;
            policed.permissions.push(it);
        }
        Some(policed)
    }

    /// `None` where no policy is about whoever has the address.
    fn isolation(&self, address: Ipv4Addr) -> Option<Isolation> {
        let mut found = Isolation::default();
        for key in self.here.get(&address)? {
            let Some(pod) = self.pods.get(key) else {
                continue;
            };
            let from: Key = (pod.namespace.clone(), "".into());
            let all = self.policies.range(from..);
            for (_, entry) in all.take_while(|(key, _)| key.0 == pod.namespace) {
                if !entry.policy.pods.matches(Some(&pod.labels)) {
                    continue;
                }
                let (ingress, egress) = entry.numbers;
                for (held, is_isolated, number) in [
                    (&mut found.ingress, entry.policy.ingress.is_some(), ingress),
                    (&mut found.egress, entry.policy.egress.is_some(), egress),
                ] {
                    if is_isolated {
                        let held = held.get_or_insert_default();
                        if held.len() < MOST_POLICIES {
                            held.insert(number);
                        }
                    }
                }
            }
        }
        (found != Isolation::default()).then_some(found)
    }
}

#[cfg(test)]
mod tests;
