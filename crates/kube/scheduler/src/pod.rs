//! A pod as the scheduler sees it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use wharf_kube_client::Object;
use wharf_kube_model::{
    node_selector::{NodeSelector, Term},
    persistent::own_claim,
    selector::Labels,
    taint::Toleration,
    topology,
};

use crate::{
    node::Node,
    resources::{self, Resources},
};

/// The label by which nodes are told apart.
pub const HOSTNAME: &str = "kubernetes.io/hostname";
pub use topology::ZONE;

#[derive(Debug, Clone)]
pub struct Pod {
    pub uid: String,
    pub namespace: String,
    pub name: String,
    pub labels: Map<String, Value>,
    /// The uid of who manages it; empty where nobody does.
    pub controller: String,
    /// Where it is bound to; empty before.
    pub node: String,
    pub priority: i64,
    /// When it was made, as its text has it: in its order.
    pub created: String,
    pub may_preempt: bool,
    pub requests: Resources,
    pub scored: Resources,
    pub ports: Vec<Port>,
    pub tolerations: Vec<Toleration>,
    pub node_selector: Map<String, Value>,
    pub required_nodes: Option<NodeSelector>,
    pub preferred_nodes: Vec<(i64, Term)>,
    pub affinity: Terms,
    pub anti_affinity: Terms,
    pub spread: Vec<Spread>,
    pub images: Vec<String>,
    pub claims: Vec<String>,
    pub containers: i64,
    pub is_terminating: bool,
    /// What other pods can tell it apart by: those with the same are counted together.
    pub class: String,
    /// Where its labels begin in its class, which ends with them.
    labels_at: usize,
}

/// A port of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    pub protocol: String,
    pub address: String,
    pub port: i64,
}

impl Port {
    /// Whether both cannot be held: an unspecified address is all of them.
    pub fn conflicts(&self, other: &Self) -> bool {
        let is_any = |it: &Self| it.address.is_empty() || it.address == "0.0.0.0";
        self.port == other.port
            && self.protocol == other.protocol
            && (is_any(self) || is_any(other) || self.address == other.address)
    }
}

/// Terms of affinity to other pods, or of the opposite.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Terms {
    pub required: Vec<PodTerm>,
    pub preferred: Vec<(i64, PodTerm)>,
}

/// Pods of some namespaces and labels, in the same place by a label of nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct PodTerm {
    pub topology: String,
    selector: Labels,
    namespaces: Vec<String>,
    /// `None` where there is none; it chooses namespaces by their labels.
    namespace_selector: Option<Labels>,
}

impl PodTerm {
    fn read(term: &Value, pod: &Value) -> Self {
        let named = term.list("/namespaces").iter();
        let mut namespaces: Vec<String> = named
            .filter_map(|it| it.as_str().map(str::to_owned))
            .collect();
        let by_labels = term.get("namespaceSelector").filter(|it| !it.is_null());
        if namespaces.is_empty() && by_labels.is_none() {
            namespaces.push(pod.namespace().to_owned());
        }
        Self {
            topology: term.text("/topologyKey").to_owned(),
            selector: with_labels_of(term, pod),
            namespaces,
            namespace_selector: by_labels
                .map(|it| Labels::of_selector(Some(it)).unwrap_or(Labels::nothing())),
        }
    }

    /// `namespace_labels` finds the labels of a namespace.
    pub fn matches<'a>(
        &self,
        namespace: &str,
        labels: &Map<String, Value>,
        namespace_labels: impl FnOnce(&str) -> Option<&'a Map<String, Value>>,
    ) -> bool {
        let is_of_namespace = self.namespaces.iter().any(|it| it == namespace)
            || self
                .namespace_selector
                .as_ref()
                .is_some_and(|it| it.is_everything() || it.matches(namespace_labels(namespace)));
        is_of_namespace && self.selector.matches(Some(labels))
    }
}

/// `labelSelector` with what `matchLabelKeys` and `mismatchLabelKeys` add of the pod's own labels.
///
/// The API server has merged that as the pod was made, and what a label was then counts: it is added of pods alone that are older than
/// the merging.
fn with_labels_of(term: &Value, pod: &Value) -> Labels {
    let mut selector = match term.get("labelSelector") {
        Some(selector) if selector.is_object() => selector.clone(),
        _ => return Labels::nothing(),
    };
    for (keys, operator) in [("/matchLabelKeys", "In"), ("/mismatchLabelKeys", "NotIn")] {
        for key in term.list(keys).iter().filter_map(Value::as_str) {
            let is_merged = |it: &Value| {
                it.text("/key") == key
                    && it.text("/operator") == operator
                    && it.list("/values").len() == 1
            };
            if selector.list("/matchExpressions").iter().any(is_merged) {
                continue;
            }
            let Some(value) = pod.label(key) else {
                continue;
            };
            let more = serde_json::json!({"key": key, "operator": operator, "values": [value]});
            let mut all = selector.list("/matchExpressions").to_vec();
            all.push(more);
            selector["matchExpressions"] = all.into();
        }
    }
    Labels::of_selector(Some(&selector)).unwrap_or(Labels::nothing())
}

/// How evenly pods of some labels are to be spread over the values of a label of nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    pub topology: String,
    pub max_skew: i64,
    /// Whether a node that would be worse is refused, or only liked less.
    pub is_required: bool,
    pub min_domains: i64,
    pub selector: Labels,
    /// Whether nodes that the pod cannot be on by its affinity, or by taints, count.
    pub honors_affinity: bool,
    pub honors_taints: bool,
}

impl Spread {
    fn read(constraint: &Value, pod: &Value) -> Self {
        Self {
            topology: constraint.text("/topologyKey").to_owned(),
            max_skew: constraint.integer("/maxSkew").unwrap_or(1),
            is_required: constraint.text("/whenUnsatisfiable") != "ScheduleAnyway",
            min_domains: constraint.integer("/minDomains").unwrap_or(1),
            selector: with_labels_of(constraint, pod),
            honors_affinity: constraint.text("/nodeAffinityPolicy") != "Ignore",
            honors_taints: constraint.text("/nodeTaintsPolicy") == "Honor",
        }
    }
}

impl Pod {
    pub fn read(pod: &Value) -> Self {
        let held = as_held(pod);
        let spec = held.as_ref().unwrap_or(pod.at("/spec"));
        let nodes = spec.at("/affinity/nodeAffinity");
        let required = nodes.at("/requiredDuringSchedulingIgnoredDuringExecution");
        let preferred = nodes.list("/preferredDuringSchedulingIgnoredDuringExecution");
        let all = || {
            let init = spec.list("/initContainers").iter();
            spec.list("/containers").iter().chain(init)
        };
        // An init container is over before others run; a sidecar is not.
        let holding = all().filter(|it| {
            it.text("/restartPolicy") == "Always" || spec.list("/containers").contains(it)
        });
        let volumes = spec.list("/volumes").iter();
        let labels = pod.map("/metadata/labels").cloned().unwrap_or_default();
        let beside_labels = beside_labels(pod);
        Self {
            uid: pod.uid().to_owned(),
            namespace: pod.namespace().to_owned(),
            name: pod.name().to_owned(),
            controller: pod
                .controller()
                .map(|it| it.uid().to_owned())
                .unwrap_or_default(),
            node: spec.text("/nodeName").to_owned(),
            priority: spec.integer("/priority").unwrap_or_default(),
            created: pod.text("/metadata/creationTimestamp").to_owned(),
            may_preempt: spec.text("/preemptionPolicy") != "Never",
            requests: resources::of_pod(spec),
            scored: resources::for_scores(spec),
            ports: holding.flat_map(ports).collect(),
            tolerations: spec
                .list("/tolerations")
                .iter()
                .map(Toleration::read)
                .collect(),
            node_selector: spec.map("/nodeSelector").cloned().unwrap_or_default(),
            required_nodes: required.is_object().then(|| NodeSelector::read(required)),
            preferred_nodes: preferred
                .iter()
                .map(|it| (weight(it), Term::read(it.at("/preference"))))
                .collect(),
            affinity: terms(spec.at("/affinity/podAffinity"), pod),
            anti_affinity: terms(spec.at("/affinity/podAntiAffinity"), pod),
            spread: spec
                .list("/topologySpreadConstraints")
                .iter()
                .map(|it| Spread::read(it, pod))
                .collect(),
            images: all().map(|it| it.text("/image").to_owned()).collect(),
            claims: volumes.filter_map(|it| claim(it, pod)).collect(),
            containers: all().count() as i64,
            is_terminating: pod.is_deleting(),
            labels_at: beside_labels.len(),
            class: beside_labels + &in_order(&labels),
            labels,
        }
    }

    /// The same pod at its node, as it is once it is bound: of the same class as the API server makes it.
    pub fn bound_to(&self, node: &str, known: Option<&Node>) -> Self {
        let mut bound = self.clone();
        node.clone_into(&mut bound.node);
        let labels = known
            .into_iter()
            .flat_map(|it| topology::of_node(&it.labels));
        for (key, value) in labels {
            bound.labels.insert(key.to_owned(), value.clone());
        }
        bound.class.truncate(bound.labels_at);
        bound.class += &in_order(&bound.labels);
        bound
    }

    pub fn key(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

/// The specification with what the pod has, where its node can never give it what it asks for.
fn as_held(pod: &Value) -> Option<Value> {
    let pending = pod.condition("PodResizePending")?;
    if pending.text("/reason") != "Infeasible" {
        return None;
    }
    let mut spec = pod.at("/spec").clone();
    for (list, statuses) in [
        ("containers", "/status/containerStatuses"),
        ("initContainers", "/status/initContainerStatuses"),
    ] {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let mut statuses = pod.list(statuses).iter();
            let status = statuses.find(|it| it.text("/name") == container.text("/name"));
            let has = status.and_then(|it| it.get("allocatedResources"));
            if let Some(has) = has.filter(|it| it.is_object()) {
                container["resources"]["requests"] = has.clone();
            }
        }
    }
    Some(spec)
}

/// The class of a pod without its labels.
fn beside_labels(pod: &Value) -> String {
    let controller = pod.controller().map_or("", |it| it.uid()).to_owned();
    serde_json::json!([
        pod.namespace(),
        controller,
        pod.at("/spec/affinity/podAffinity"),
        pod.at("/spec/affinity/podAntiAffinity"),
        pod.is_deleting(),
    ])
    .to_string()
}

/// The same text for the same labels, whatever their order.
fn in_order(labels: &Map<String, Value>) -> String {
    let labels: BTreeMap<&String, &Value> = labels.iter().collect();
    serde_json::json!(labels).to_string()
}

fn weight(preference: &Value) -> i64 {
    preference
        .integer("/weight")
        .unwrap_or_default()
        .clamp(0, 100)
}

fn terms(affinity: &Value, pod: &Value) -> Terms {
    let required = affinity.list("/requiredDuringSchedulingIgnoredDuringExecution");
    let preferred = affinity.list("/preferredDuringSchedulingIgnoredDuringExecution");
    Terms {
        required: required.iter().map(|it| PodTerm::read(it, pod)).collect(),
        preferred: preferred
            .iter()
            .map(|it| (weight(it), PodTerm::read(it.at("/podAffinityTerm"), pod)))
            .collect(),
    }
}

fn ports(container: &Value) -> Vec<Port> {
    let ports = container.list("/ports").iter();
    ports
        .filter_map(|it| {
            let port = it.integer("/hostPort").filter(|port| *port > 0)?;
            let protocol = match it.text("/protocol") {
                "" => "TCP",
                protocol => protocol,
            };
            Some(Port {
                protocol: protocol.to_owned(),
                address: it.text("/hostIP").to_owned(),
                port,
            })
        })
        .collect()
}

/// The claim of a volume: named, or made for this pod.
fn claim(volume: &Value, pod: &Value) -> Option<String> {
    if let Some(own) = own_claim(pod, volume) {
        return Some(own);
    }
    let named = volume.text("/persistentVolumeClaim/claimName");
    (!named.is_empty()).then(|| named.to_owned())
}
