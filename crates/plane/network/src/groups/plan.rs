//! From what interfaces may to what changes in the kernel. Pure.
//!
//! Objects need each other: an address its policy, a policy its groups, a group the sets of
//! the groups its rules name. Each counts who needs it, exists as long as somebody does, and is
//! compared with what the kernel has only when it was touched.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::rule::Group;
use crate::view::{Touched, View};

/// What an interface may.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Policy {
    /// Nobody has said: it may begin connections, and only the host itself reaches it.
    Unknown,
    /// What any of the groups allows; sorted.
    Groups(Vec<String>),
}

impl Policy {
    pub(crate) fn of(groups: impl Iterator<Item = String>) -> Self {
        let groups: BTreeSet<String> = groups.collect();
        Self::Groups(groups.into_iter().collect())
    }

    fn groups(&self) -> &[String] {
        match self {
            Self::Unknown => &[],
            Self::Groups(groups) => groups,
        }
    }
}

/// One step towards what is wanted; they are in an order in which nothing is named before it is
/// there, nor removed while it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    AddSet(String),
    AddMembers(String, Vec<Ipv4Addr>),
    RemoveMembers(String, Vec<Ipv4Addr>),
    RemoveSet(String),
    /// Two chains, with the rules given.
    AddGroup(String, Arc<Group>),
    /// The same with other rules.
    RewriteGroup(String, Arc<Group>),
    RemoveGroup(String),
    AddPolicy(Policy),
    RemovePolicy(Policy),
    AddPort(Ipv4Addr, Policy),
    RemovePort(Ipv4Addr),
}

impl Step {
    /// Whether a connection that passed may have lost its permission. A set's growth takes nothing
    /// from anybody; everything else is rare enough to have all connections judged again.
    pub(crate) fn revokes(&self) -> bool {
        !matches!(self, Self::AddSet(_) | Self::AddMembers(..))
    }
}

/// How often something is needed, and what of it the kernel has.
#[derive(Debug)]
struct Counted<V> {
    users: usize,
    installed: Option<V>,
}

#[derive(Debug)]
struct Layer<K, V> {
    entries: BTreeMap<K, Counted<V>>,
    touched: BTreeSet<K>,
}

impl<K: Ord + Clone, V> Layer<K, V> {
    fn need(&mut self, key: &K) {
        self.touched.insert(key.clone());
        let entry = self.entries.entry(key.clone()).or_insert(Counted {
            users: 0,
            installed: None,
        });
        entry.users += 1;
    }

    fn release(&mut self, key: &K) {
        self.touched.insert(key.clone());
        if let Some(entry) = self.entries.get_mut(key) {
            entry.users = entry.users.saturating_sub(1);
        }
    }
}

impl<K, V> Default for Layer<K, V> {
    fn default() -> Self {
        Self {
            entries: BTreeMap::new(),
            touched: BTreeSet::new(),
        }
    }
}

/// The rules of one namespace.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The interfaces wired here: address → id.
    interfaces: BTreeMap<Ipv4Addr, String>,
    ports: BTreeMap<Ipv4Addr, Policy>,
    policies: Layer<Policy, ()>,
    groups: Layer<String, Arc<Group>>,
    sets: Layer<String, BTreeSet<Ipv4Addr>>,
    /// Addresses to compare, set by set.
    members: BTreeMap<String, BTreeSet<Ipv4Addr>>,
}

impl Plan {
    /// An interface is wired here, or no longer is.
    pub(crate) fn wire(&mut self, address: Ipv4Addr, interface: Option<&str>) {
        match interface {
            Some(id) => drop(self.interfaces.insert(address, id.to_owned())),
            None => drop(self.interfaces.remove(&address)),
        }
    }

    pub(crate) fn has(&self, address: Ipv4Addr) -> bool {
        self.interfaces.contains_key(&address)
    }

    /// The steps from what the kernel has to what `view` says of `addresses` (of interfaces wired
    /// here), and of all else that was touched.
    pub(crate) fn follow(
        &mut self,
        vpc: &str,
        view: &View,
        addresses: &BTreeSet<Ipv4Addr>,
        touched: &Touched,
    ) -> Vec<Step> {
        let mut steps = Steps::default();
        for address in addresses {
            self.compare_port(vpc, view, *address, &mut steps);
        }
        for id in &touched.groups {
            if self.groups.entries.contains_key(id) {
                self.groups.touched.insert(id.clone());
            }
        }
        for (id, addresses) in &touched.members {
            if self.sets.entries.contains_key(id) {
                let open = self.members.entry(id.clone()).or_default();
                open.extend(addresses);
            }
        }
        self.compare_policies(&mut steps);
        self.compare_groups(view, &mut steps);
        self.compare_sets(view, &mut steps);
        steps.in_order()
    }

    /// The steps from nothing.
    pub(crate) fn rebuild(&mut self, vpc: &str, view: &View) -> Vec<Step> {
        let interfaces = mem::take(&mut self.interfaces);
        let addresses = interfaces.keys().copied().collect();
        *self = Self {
            interfaces,
            ..Self::default()
        };
        self.follow(vpc, view, &addresses, &Touched::default())
    }

    fn compare_port(&mut self, vpc: &str, view: &View, address: Ipv4Addr, steps: &mut Steps) {
        let wired = self.interfaces.get(&address);
        let wanted = wired.map(|id| view.policy(vpc, id));
        let former = self.ports.get(&address);
        if former == wanted.as_ref() {
            return;
        }
        if let Some(former) = former.cloned() {
            self.policies.release(&former);
            steps.ports.push(Step::RemovePort(address));
            self.ports.remove(&address);
        }
        if let Some(wanted) = wanted {
            self.policies.need(&wanted);
            steps.ports.push(Step::AddPort(address, wanted.clone()));
            self.ports.insert(address, wanted);
        }
    }

    fn compare_policies(&mut self, steps: &mut Steps) {
        for policy in mem::take(&mut self.policies.touched) {
            let Some(entry) = self.policies.entries.get_mut(&policy) else {
                continue;
            };
            match (entry.users > 0, entry.installed.is_some()) {
                (true, false) => {
                    entry.installed = Some(());
                    policy.groups().iter().for_each(|g| self.groups.need(g));
                    steps.policies.push(Step::AddPolicy(policy));
                }
                (false, installed) => {
                    self.policies.entries.remove(&policy);
                    if installed {
                        policy.groups().iter().for_each(|g| self.groups.release(g));
                        steps.gone_policies.push(Step::RemovePolicy(policy));
                    }
                }
                (true, true) => {}
            }
        }
    }

    fn compare_groups(&mut self, view: &View, steps: &mut Steps) {
        for id in mem::take(&mut self.groups.touched) {
            let Some(entry) = self.groups.entries.get_mut(&id) else {
                continue;
            };
            let wanted = (entry.users > 0).then(|| view.group(&id));
            if wanted == entry.installed {
                if wanted.is_none() {
                    self.groups.entries.remove(&id);
                }
                continue;
            }
            let former = mem::replace(&mut entry.installed, wanted.clone());
            if let Some(group) = &wanted {
                group.references().for_each(|set| self.sets.need(set));
            }
            if let Some(group) = &former {
                group.references().for_each(|set| self.sets.release(set));
            }
            match (former, wanted) {
                (None, Some(group)) => steps.groups.push(Step::AddGroup(id, group)),
                (Some(_), Some(group)) => steps.groups.push(Step::RewriteGroup(id, group)),
                (_, None) => {
                    self.groups.entries.remove(&id);
                    steps.gone_groups.push(Step::RemoveGroup(id));
                }
            }
        }
    }

    fn compare_sets(&mut self, view: &View, steps: &mut Steps) {
        for id in mem::take(&mut self.sets.touched) {
            let Some(entry) = self.sets.entries.get_mut(&id) else {
                continue;
            };
            match (entry.users > 0, &entry.installed) {
                (true, None) => {
                    let members: BTreeSet<Ipv4Addr> = view.members(&id).collect();
                    steps.sets.push(Step::AddSet(id.clone()));
                    if !members.is_empty() {
                        let all = members.iter().copied().collect();
                        steps.sets.push(Step::AddMembers(id.clone(), all));
                    }
                    entry.installed = Some(members);
                    // Nothing is left to compare.
                    self.members.remove(&id);
                }
                (false, installed) => {
                    if installed.is_some() {
                        steps.gone_sets.push(Step::RemoveSet(id.clone()));
                    }
                    self.sets.entries.remove(&id);
                }
                (true, Some(_)) => {}
            }
        }
        for (id, addresses) in mem::take(&mut self.members) {
            let entry = self.sets.entries.get_mut(&id);
            let Some(installed) = entry.and_then(|entry| entry.installed.as_mut()) else {
                continue;
            };
            let (mut added, mut removed) = (Vec::new(), Vec::new());
            for address in addresses {
                if view.is_member(&id, address) {
                    if installed.insert(address) {
                        added.push(address);
                    }
                } else if installed.remove(&address) {
                    removed.push(address);
                }
            }
            if !removed.is_empty() {
                steps.sets.push(Step::RemoveMembers(id.clone(), removed));
            }
            if !added.is_empty() {
                steps.sets.push(Step::AddMembers(id, added));
            }
        }
    }
}

/// Steps by what they are about.
#[derive(Debug, Default)]
struct Steps {
    sets: Vec<Step>,
    groups: Vec<Step>,
    policies: Vec<Step>,
    ports: Vec<Step>,
    gone_policies: Vec<Step>,
    gone_groups: Vec<Step>,
    gone_sets: Vec<Step>,
}

impl Steps {
    fn in_order(self) -> Vec<Step> {
        let added = [self.sets, self.groups, self.policies, self.ports];
        let gone = [self.gone_policies, self.gone_groups, self.gone_sets];
        added.into_iter().chain(gone).flatten().collect()
    }
}

#[cfg(test)]
mod tests;
