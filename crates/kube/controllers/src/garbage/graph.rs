//! Who owns whom, over all kinds of a cluster: pure.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;
use wharf_kube_client::{Kind, Object};

pub const FOREGROUND: &str = "foregroundDeletion";
pub const ORPHAN: &str = "orphan";

/// An object, as far as its owners and dependents matter.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub kind: Kind,
    pub namespace: String,
    pub name: String,
    pub uid: String,
    pub owners: Vec<Owner>,
    pub is_deleting: bool,
    /// Waits until its dependents are gone.
    pub is_foreground: bool,
    /// Lets its dependents stay without it.
    pub orphans: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub api_version: String,
    pub kind: String,
    pub name: String,
    pub uid: String,
    pub blocks: bool,
}

impl Node {
    pub fn read(kind: &Kind, object: &Value) -> Self {
        let is_deleting = object.is_deleting();
        let owners = object.owners().into_iter().map(|it| Owner {
            api_version: it.api_version().to_owned(),
            kind: it.kind().to_owned(),
            name: it.name().to_owned(),
            uid: it.uid().to_owned(),
            blocks: it.blocks_deletion(),
        });
        Self {
            kind: kind.clone(),
            namespace: object.namespace().to_owned(),
            name: object.name().to_owned(),
            uid: object.uid().to_owned(),
            owners: owners.collect(),
            is_deleting,
            is_foreground: is_deleting && object.has_finalizer(FOREGROUND),
            orphans: is_deleting && object.has_finalizer(ORPHAN),
        }
    }

    /// Whether it is what a dependent in a namespace names as its owner, and not something elsewhere that has the same uid.
    fn is(&self, owner: &Owner, namespace: &str) -> bool {
        let group = owner.api_version.split_once('/').map_or("", |it| it.0);
        self.name == owner.name
            && self.kind.kind == owner.kind
            && self.kind.group == group
            && (self.namespace.is_empty() || self.namespace == namespace)
    }

    /// Whether an owner of it, when it goes in the foreground, waits for it.
    fn holds(&self, owner: &Self) -> bool {
        let mut owners = self.owners.iter();
        owners.any(|it| it.blocks && it.uid == owner.uid && owner.is(it, &self.namespace))
    }
}

#[derive(Debug, Default)]
pub struct Graph {
    nodes: HashMap<String, Node>,
    /// Uids of dependents by the uid of an owner, there or not.
    dependents: HashMap<String, HashSet<String>>,
}

impl Graph {
    /// Puts an object in as it is, and returns whom to look at.
    pub fn put(&mut self, node: Node) -> Vec<String> {
        let old = self.take(&node.uid);
        let mut look: Vec<String> = Vec::new();
        for owner in &node.owners {
            let dependents = self.dependents.entry(owner.uid.clone()).or_default();
            dependents.insert(node.uid.clone());
        }
        // An owner that waits for this one may have to wait no longer.
        let before = old.iter().flat_map(|it| &it.owners);
        let waiting =
            before.filter(|it| self.nodes.get(&it.uid).is_some_and(|it| it.is_foreground));
        look.extend(waiting.map(|it| it.uid.clone()));
        let was = |test: fn(&Node) -> bool| old.as_ref().is_some_and(test);
        if node.is_foreground && !was(|it| it.is_foreground) {
            look.extend(self.dependents(&node.uid));
        }
        if !node.owners.is_empty() || node.is_foreground || node.orphans {
            look.push(node.uid.clone());
        }
        self.nodes.insert(node.uid.clone(), node);
        look
    }

    /// Takes an object out, and returns whom to look at.
    pub fn remove(&mut self, uid: &str) -> Vec<String> {
        let Some(node) = self.take(uid) else {
            return Vec::new();
        };
        let owners = node
            .owners
            .iter()
            .filter(|it| self.nodes.contains_key(&it.uid));
        let mut look: Vec<String> = owners.map(|it| it.uid.clone()).collect();
        look.extend(self.dependents(uid));
        look
    }

    fn take(&mut self, uid: &str) -> Option<Node> {
        let node = self.nodes.remove(uid)?;
        for owner in &node.owners {
            if let Some(dependents) = self.dependents.get_mut(&owner.uid) {
                dependents.remove(uid);
                if dependents.is_empty() {
                    self.dependents.remove(&owner.uid);
                }
            }
        }
        Some(node)
    }

    pub fn get(&self, uid: &str) -> Option<&Node> {
        self.nodes.get(uid)
    }

    pub fn dependents(&self, uid: &str) -> Vec<String> {
        let dependents = self.dependents.get(uid).into_iter().flatten();
        dependents.cloned().collect()
    }

    /// Objects of a kind that is no longer there.
    pub fn of_kind(&self, kind: &Kind) -> Vec<String> {
        let nodes = self.nodes.values().filter(|it| it.kind == *kind);
        nodes.map(|it| it.uid.clone()).collect()
    }

    /// What is to be done about an object. `absent` are owners that are known not to exist.
    pub fn decide(&self, uid: &str, absent: &HashSet<String>) -> Step {
        let Some(node) = self.nodes.get(uid) else {
            return Step::Nothing;
        };
        if node.orphans {
            return Step::Orphan(self.dependents(uid));
        }
        if node.is_foreground {
            return self.wait(uid);
        }
        if node.is_deleting || node.owners.is_empty() {
            return Step::Nothing;
        }
        let (mut solid, mut gone, mut waiting, mut unknown) = (0, Vec::new(), 0, Vec::new());
        for owner in &node.owners {
            let known = self.nodes.get(&owner.uid);
            match known.filter(|it| it.is(owner, &node.namespace)) {
                Some(it) if it.is_foreground => {
                    waiting += 1;
                    gone.push(owner.uid.clone());
                }
                Some(_) => solid += 1,
                None if absent.contains(&owner.uid) => gone.push(owner.uid.clone()),
                None => unknown.push(owner.clone()),
            }
        }
        if !unknown.is_empty() {
            return Step::Find(unknown);
        }
        match (solid, gone.is_empty()) {
            (1.., true) => Step::Nothing,
            (1.., false) => Step::Leave(gone),
            // Its owner waits for it, and so it waits for its own.
            _ if waiting > 0 && !self.dependents(uid).is_empty() => {
                let dependents = self.dependents(uid);
                let mut waiting = dependents.iter().filter_map(|it| self.nodes.get(it));
                // One that waits already may wait for this one's owners: these must not wait for this one then.
                match waiting.any(|it| it.is_foreground) {
                    true => Step::Unblock,
                    false => Step::Delete { foreground: true },
                }
            }
            _ => Step::Delete { foreground: false },
        }
    }

    /// Of an object that goes after its dependents.
    fn wait(&self, uid: &str) -> Step {
        let circle = self.circle(uid);
        let (within, mut blocking): (Vec<String>, Vec<String>) = self
            .blocking(uid)
            .into_iter()
            .partition(|it| circle.contains(it));
        match circle.first().filter(|_| !within.is_empty()) {
            // All of a circle wait for each other; the first of them waits no longer.
            Some(first) if first != uid => blocking.push(first.clone()),
            _ if blocking.is_empty() => return Step::LetGo,
            _ => {}
        }
        Step::Look(blocking)
    }

    /// Dependents that an object waits for.
    fn blocking(&self, uid: &str) -> Vec<String> {
        let Some(owner) = self.nodes.get(uid) else {
            return Vec::new();
        };
        let blocks = |it: &String| {
            let dependent = self.nodes.get(it);
            dependent.is_some_and(|it| it.holds(owner))
        };
        self.dependents(uid).into_iter().filter(blocks).collect()
    }

    /// Those that wait for an object and that it waits for, itself among them, in the order of their uids.
    fn circle(&self, uid: &str) -> BTreeSet<String> {
        let is_waiting = |it: &str| self.nodes.get(it).is_some_and(|it| it.is_foreground);
        let below = reached(uid, |it| {
            let mut found = self.blocking(it);
            found.retain(|it| is_waiting(it));
            found
        });
        if !below.contains(uid) {
            return BTreeSet::new();
        }
        let above = reached(uid, |it| {
            let owners = self.nodes.get(it).into_iter().flat_map(|it| &it.owners);
            let owners = owners.filter(|it| it.blocks && is_waiting(&it.uid));
            owners.map(|it| it.uid.clone()).collect()
        });
        below.intersection(&above).cloned().collect()
    }
}

/// All that is reached from a start by one step or more.
fn reached(start: &str, next: impl Fn(&str) -> Vec<String>) -> BTreeSet<String> {
    let (mut found, mut open) = (BTreeSet::new(), next(start));
    while let Some(uid) = open.pop() {
        if !found.contains(&uid) {
            open.extend(next(&uid));
            found.insert(uid);
        }
    }
    found
}

#[derive(Debug, PartialEq)]
pub enum Step {
    Nothing,
    /// Owners that this program has not seen: are they there?
    Find(Vec<Owner>),
    /// Its owners are gone, and so it goes.
    Delete {
        foreground: bool,
    },
    /// As in the foreground, and its owners wait for it no longer: it waits for one that waits.
    Unblock,
    /// Some owners are there; these are taken off.
    Leave(Vec<String>),
    /// The finalizer is taken off: nobody blocks it any more.
    LetGo,
    /// These still block it.
    Look(Vec<String>),
    /// These are to stay without it.
    Orphan(Vec<String>),
}

#[cfg(test)]
mod tests;
