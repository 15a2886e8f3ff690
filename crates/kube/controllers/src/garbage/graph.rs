//! Who owns whom, over all kinds of a cluster: pure.

use std::collections::{HashMap, HashSet};

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
            let blocks = |it: &String| {
                self.nodes.get(it).is_some_and(|dependent| {
                    let mut owners = dependent.owners.iter();
                    owners.any(|owner| owner.uid == uid && owner.blocks)
                })
            };
            let blocking: Vec<String> = self.dependents(uid).into_iter().filter(blocks).collect();
            return match blocking.is_empty() {
                true => Step::LetGo,
                false => Step::Look(blocking),
            };
        }
        if node.is_deleting || node.owners.is_empty() {
            return Step::Nothing;
        }
        let (mut solid, mut gone, mut waiting, mut unknown) = (0, Vec::new(), 0, Vec::new());
        for owner in &node.owners {
            match self.nodes.get(&owner.uid) {
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
                Step::Delete { foreground: true }
            }
            _ => Step::Delete { foreground: false },
        }
    }
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
mod tests {
    use wharf_kube_client::kind;

    use super::*;

    fn node(uid: &str, owners: &[&str]) -> Node {
        Node {
            kind: kind::POD,
            namespace: "a".to_owned(),
            name: uid.to_owned(),
            uid: uid.to_owned(),
            owners: owners
                .iter()
                .map(|it| Owner {
                    api_version: "v1".to_owned(),
                    kind: "Pod".to_owned(),
                    name: (*it).to_owned(),
                    uid: (*it).to_owned(),
                    blocks: true,
                })
                .collect(),
            is_deleting: false,
            is_foreground: false,
            orphans: false,
        }
    }

    fn foreground(uid: &str, owners: &[&str]) -> Node {
        Node {
            is_deleting: true,
            is_foreground: true,
            ..node(uid, owners)
        }
    }

    fn graph(nodes: Vec<Node>) -> Graph {
        let mut graph = Graph::default();
        for node in nodes {
            graph.put(node);
        }
        graph
    }

    fn absent(uids: &[&str]) -> HashSet<String> {
        uids.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn what_becomes_of_a_dependent() {
        let none = absent(&[]);
        let it = graph(vec![node("o", &[]), node("d", &["o"])]);
        assert_eq!(it.decide("o", &none), Step::Nothing);
        assert_eq!(it.decide("d", &none), Step::Nothing);

        let it = graph(vec![node("d", &["o"])]);
        assert!(matches!(it.decide("d", &none), Step::Find(owners) if owners[0].uid == "o"));
        assert_eq!(
            it.decide("d", &absent(&["o"])),
            Step::Delete { foreground: false }
        );

        let it = graph(vec![node("p", &[]), node("d", &["o", "p"])]);
        assert_eq!(
            it.decide("d", &absent(&["o"])),
            Step::Leave(vec!["o".to_owned()])
        );
    }

    #[test]
    fn in_the_foreground_dependents_go_first() {
        let none = absent(&[]);
        let mut it = graph(vec![
            foreground("o", &[]),
            node("d", &["o"]),
            node("e", &["d"]),
        ]);
        assert_eq!(it.decide("o", &none), Step::Look(vec!["d".to_owned()]));
        assert_eq!(it.decide("d", &none), Step::Delete { foreground: true });
        it.put(foreground("d", &["o"]));
        assert_eq!(it.decide("e", &none), Step::Delete { foreground: false });
        assert!(it.remove("e").contains(&"d".to_owned()));
        assert_eq!(it.decide("d", &none), Step::LetGo);
        assert!(it.remove("d").contains(&"o".to_owned()));
        assert_eq!(it.decide("o", &none), Step::LetGo);
    }

    #[test]
    fn orphans_stay() {
        let mut owner = node("o", &[]);
        owner.is_deleting = true;
        owner.orphans = true;
        let it = graph(vec![node("d", &["o"]), owner]);
        assert_eq!(
            it.decide("o", &absent(&[])),
            Step::Orphan(vec!["d".to_owned()])
        );
    }

    #[test]
    fn changes_say_whom_to_look_at() {
        let mut it = graph(vec![node("o", &[]), node("d", &["o"])]);
        assert_eq!(it.put(foreground("o", &[])), ["d", "o"]);
        // The dependent was taken over by another: the owner waits for it no longer.
        assert!(it.put(node("d", &["p"])).contains(&"o".to_owned()));
        assert!(it.dependents("o").is_empty());
    }
}
