//! A node as the scheduler sees it: what it is, and what runs there.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};
use wharf_kube_client::Object;
use wharf_kube_model::{fargate, taint::Taint};

use crate::{
    pod::{Pod, Port},
    resources::Resources,
    snapshot::Class,
};

#[derive(Debug, Clone, Default)]
pub struct Node {
    pub name: String,
    pub labels: Map<String, Value>,
    pub taints: Vec<Taint>,
    pub is_unschedulable: bool,
    /// A machine for one pod, which another scheduler gives it, whatever others tolerate.
    pub is_of_fargate: bool,
    pub allocatable: Resources,
    /// Bytes by name of an image.
    pub images: HashMap<String, i64>,
}

impl Node {
    pub fn read(node: &Value) -> Self {
        let mut images = HashMap::new();
        for image in node.list("/status/images") {
            let size = image.integer("/sizeBytes").unwrap_or_default();
            let names = image.list("/names").iter().filter_map(Value::as_str);
            images.extend(names.map(|it| (it.to_owned(), size)));
        }
        Self {
            name: node.name().to_owned(),
            labels: node.map("/metadata/labels").cloned().unwrap_or_default(),
            taints: node.list("/spec/taints").iter().map(Taint::read).collect(),
            is_unschedulable: node.is_true("/spec/unschedulable"),
            is_of_fargate: fargate::is_fargate_node(node),
            allocatable: Resources::read(node.at("/status/allocatable")),
            images,
        }
    }

    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name)?.as_str()
    }
}

/// The namespace and the name of a claim.
pub type ClaimKey = (String, String);

/// What runs on a node, and what was decided to.
#[derive(Debug, Clone, Default)]
pub struct Load {
    pub requested: Resources,
    /// With the least that scores reckon with.
    pub scored: Resources,
    pub pods: i64,
    /// How many pods hold a port; host ports are few.
    pub ports: Vec<Port>,
    pub classes: BTreeMap<Class, u32>,
    /// How many volumes of pods are of a claim.
    pub claims: BTreeMap<ClaimKey, u32>,
}

impl Load {
    pub fn add(&mut self, pod: &Pod, class: Class) {
        self.requested.add(&pod.requests);
        self.scored.add(&pod.scored);
        self.pods += 1;
        self.ports.extend(pod.ports.iter().cloned());
        *self.classes.entry(class).or_default() += 1;
        for claim in &pod.claims {
            let key = (pod.namespace.clone(), claim.clone());
            *self.claims.entry(key).or_default() += 1;
        }
    }

    pub fn remove(&mut self, pod: &Pod, class: Class) {
        self.requested.subtract(&pod.requests);
        self.scored.subtract(&pod.scored);
        self.pods -= 1;
        for port in &pod.ports {
            if let Some(at) = self.ports.iter().position(|it| it == port) {
                self.ports.swap_remove(at);
            }
        }
        if let Some(count) = self.classes.get_mut(&class) {
            *count -= 1;
            if *count == 0 {
                self.classes.remove(&class);
            }
        }
        for claim in &pod.claims {
            let key = (pod.namespace.clone(), claim.clone());
            if let Some(count) = self.claims.get_mut(&key) {
                *count -= 1;
                if *count == 0 {
                    self.claims.remove(&key);
                }
            }
        }
    }
}
