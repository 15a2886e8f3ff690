//! All nodes and what runs on them, kept up by changes.
//!
//! Pods that others cannot tell apart are a class, and selectors are asked once per class: a decision costs what there are nodes and
//! kinds of pods, not what there are pods.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use serde_json::{Map, Value};

use crate::{
    node::{Load, Node},
    pod::{Pod, Terms},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class(u32);

/// What pods of a class have in common.
#[derive(Debug)]
pub struct ClassFacts {
    pub namespace: String,
    pub labels: Map<String, Value>,
    pub controller: String,
    pub affinity: Terms,
    pub anti_affinity: Terms,
    pub is_terminating: bool,
    key: String,
    /// How many are on each node.
    pub nodes: HashMap<String, u32>,
}

#[derive(Debug, Default)]
pub struct Snapshot {
    nodes: BTreeMap<String, Arc<Node>>,
    /// By node, those included that are not known yet, or no longer.
    loads: HashMap<String, Load>,
    pods: HashMap<String, (Arc<Pod>, Class)>,
    on_node: HashMap<String, BTreeSet<String>>,
    classes: BTreeMap<Class, ClassFacts>,
    by_key: HashMap<String, Class>,
    next_class: u32,
    namespaces: HashMap<String, Map<String, Value>>,
    empty: Load,
}

impl Snapshot {
    pub fn set_node(&mut self, node: Node) {
        self.nodes.insert(node.name.clone(), Arc::new(node));
    }

    pub fn remove_node(&mut self, name: &str) {
        self.nodes.remove(name);
    }

    pub fn node(&self, name: &str) -> Option<&Arc<Node>> {
        self.nodes.get(name)
    }

    pub fn nodes(&self) -> impl Iterator<Item = (&Node, &Load)> {
        self.nodes.values().map(|it| (&**it, self.load(&it.name)))
    }

    /// All nodes, the first after `name` first.
    pub fn nodes_after(&self, name: &str) -> impl Iterator<Item = (&Node, &Load)> {
        use std::ops::Bound::{Excluded, Included, Unbounded};
        let after = self.nodes.range::<str, _>((Excluded(name), Unbounded));
        let before = self.nodes.range::<str, _>((Unbounded, Included(name)));
        after
            .chain(before)
            .map(|(name, it)| (&**it, self.load(name)))
    }

    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    pub fn load(&self, node: &str) -> &Load {
        self.loads.get(node).unwrap_or(&self.empty)
    }

    pub fn classes(&self) -> impl Iterator<Item = (Class, &ClassFacts)> {
        self.classes.iter().map(|(class, facts)| (*class, facts))
    }

    pub fn set_namespace(&mut self, name: &str, labels: Map<String, Value>) {
        self.namespaces.insert(name.to_owned(), labels);
    }

    pub fn remove_namespace(&mut self, name: &str) {
        self.namespaces.remove(name);
    }

    pub fn namespace_labels(&self, name: &str) -> Option<&Map<String, Value>> {
        self.namespaces.get(name)
    }

    pub fn pod(&self, uid: &str) -> Option<&Arc<Pod>> {
        self.pods.get(uid).map(|(pod, _)| pod)
    }

    /// Pods other than `pod` that have a node and this claim of its namespace.
    pub fn holders(&self, pod: &Pod, claim: &str) -> impl Iterator<Item = &Arc<Pod>> {
        let others = self.pods.values().map(|(it, _)| it);
        others.filter(move |it| {
            it.uid != pod.uid
                && it.namespace == pod.namespace
                && it.claims.iter().any(|it| it == claim)
        })
    }

    pub fn pods_on(&self, node: &str) -> impl Iterator<Item = &Arc<Pod>> {
        let uids = self.on_node.get(node).into_iter().flatten();
        uids.filter_map(|uid| self.pod(uid))
    }

    /// A pod that is on a node, or will be: its `node` says which.
    pub fn set_pod(&mut self, pod: Arc<Pod>) {
        self.remove_pod(&pod.uid);
        let class = self.class_of(&pod);
        if let Some(facts) = self.classes.get_mut(&class) {
            *facts.nodes.entry(pod.node.clone()).or_default() += 1;
        }
        self.loads
            .entry(pod.node.clone())
            .or_default()
            .add(&pod, class);
        let on_node = self.on_node.entry(pod.node.clone()).or_default();
        on_node.insert(pod.uid.clone());
        self.pods.insert(pod.uid.clone(), (pod, class));
    }

    pub fn remove_pod(&mut self, uid: &str) -> Option<Arc<Pod>> {
        let (pod, class) = self.pods.remove(uid)?;
        if let Some(load) = self.loads.get_mut(&pod.node) {
            load.remove(&pod, class);
            if load.pods == 0 {
                self.loads.remove(&pod.node);
            }
        }
        if let Some(on_node) = self.on_node.get_mut(&pod.node) {
            on_node.remove(uid);
            if on_node.is_empty() {
                self.on_node.remove(&pod.node);
            }
        }
        if let Some(facts) = self.classes.get_mut(&class) {
            if let Some(count) = facts.nodes.get_mut(&pod.node) {
                *count -= 1;
                if *count == 0 {
                    facts.nodes.remove(&pod.node);
                }
            }
            if facts.nodes.is_empty() {
                self.by_key.remove(&facts.key);
                self.classes.remove(&class);
            }
        }
        Some(pod)
    }

    fn class_of(&mut self, pod: &Pod) -> Class {
        if let Some(class) = self.by_key.get(&pod.class) {
            return *class;
        }
        // A number comes back after four thousand million kinds of pods, and then only if it is free.
        let class = loop {
            self.next_class = self.next_class.wrapping_add(1);
            if !self.classes.contains_key(&Class(self.next_class)) {
                break Class(self.next_class);
            }
        };
        let facts = ClassFacts {
            namespace: pod.namespace.clone(),
            labels: pod.labels.clone(),
            controller: pod.controller.clone(),
            affinity: pod.affinity.clone(),
            anti_affinity: pod.anti_affinity.clone(),
            is_terminating: pod.is_terminating,
            key: pod.class.clone(),
            nodes: HashMap::new(),
        };
        self.classes.insert(class, facts);
        self.by_key.insert(pod.class.clone(), class);
        class
    }
}
