//! Why a pod is on its node, or on none, in words: the filters by which nodes are chosen, asked of each node. Nothing is decided here.

use std::sync::Arc;

use serde_json::Value;
use wharf_kube_client::{Informers, Object, kind};
use wharf_kube_model::fargate;

use crate::{
    filter::{Question, Refusal},
    node::{Load, Node},
    pod::Pod,
    run::NAME,
    snapshot::Snapshot,
    volumes::{Claims, Volumes},
};

/// What the scheduler has to say of a pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Explained {
    /// What keeps it from all nodes alike; each completes "it waits for …".
    pub waits_for: Vec<String>,
    /// By name.
    pub nodes: Vec<Verdict>,
}

/// Whether a node can take the pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub node: String,
    /// The pod is bound to it.
    pub is_here: bool,
    /// Why it takes no such pod beside what runs there; empty if it can.
    pub refuses: Vec<String>,
    /// It could not even if all others left it.
    pub never: bool,
}

/// Asks each node as it is now. A pod that has a node is left out of what runs there.
pub async fn explain(pod: &Value, informers: &Informers) -> Explained {
    let volumes = Volumes::among(informers);
    let (pods, nodes) = (informers.of(&kind::POD), informers.of(&kind::NODE));
    let namespaces = informers.of(&kind::NAMESPACE);
    for informer in volumes
        .all()
        .into_iter()
        .chain([&pods, &nodes, &namespaces])
    {
        informer.synced().await;
    }
    let mut snapshot = Snapshot::default();
    for it in namespaces.all() {
        let labels = it.map("/metadata/labels").cloned();
        snapshot.set_namespace(it.name(), labels.unwrap_or_default());
    }
    for it in nodes.all() {
        snapshot.set_node(Node::read(&it));
    }
    for it in pods.all() {
        if it.uid() != pod.uid() && has_room(&it) {
            snapshot.set_pod(Arc::new(Pod::read(&it)));
        }
    }
    let read = Pod::read(pod);
    let mut claims = volumes.of(&read);
    if let Claims::Known(reach) = &mut claims {
        volumes.look(reach, &snapshot);
    }
    of(pod, &read, claims, &snapshot)
}

/// Whether a pod holds room of a node.
fn has_room(pod: &Value) -> bool {
    !pod.text("/spec/nodeName").is_empty()
        && !["Succeeded", "Failed"].contains(&pod.text("/status/phase"))
}

fn of(object: &Value, pod: &Pod, claims: Claims, snapshot: &Snapshot) -> Explained {
    let mut waits_for = match pod.node.is_empty() {
        true => before_nodes(object, snapshot),
        false => Vec::new(),
    };
    let reach = match claims {
        Claims::Known(reach) => reach,
        Claims::Missing(why) => {
            if pod.node.is_empty() {
                waits_for.push(format!("its volumes: {why}"));
            }
            Box::default()
        }
    };
    let question = Question::new(pod, &reach, snapshot);
    // Its machine is made for it: nobody asks the others, nor that one.
    let is_of_fargate = object.text("/spec/schedulerName") == fargate::SCHEDULER;
    let asked = snapshot.nodes();
    let asked = asked.filter(|(node, _)| !is_of_fargate || node.name == pod.node);
    let nodes = asked.map(|(node, load)| {
        let refusals = match is_of_fargate {
            true => Vec::new(),
            false => question.ask(node, load).err().unwrap_or_default(),
        };
        Verdict {
            node: node.name.clone(),
            is_here: node.name == pod.node,
            never: refusals.iter().any(is_for_ever),
            refuses: refusals
                .iter()
                .map(|it| words(it, pod, node, load))
                .collect(),
        }
    });
    let nodes: Vec<Verdict> = nodes.collect();
    if pod.node.is_empty() && waits_for.is_empty() {
        waits_for.push(match nodes.iter().any(|it| it.refuses.is_empty()) {
            true => "its turn: a node can take it".to_owned(),
            false => "a node that can take it".to_owned(),
        });
    }
    Explained { waits_for, nodes }
}

/// What is asked before any node is.
fn before_nodes(pod: &Value, snapshot: &Snapshot) -> Vec<String> {
    let mut found = Vec::new();
    if pod.is_deleting() {
        found.push("its end: it is being deleted, and no node is looked for".to_owned());
    }
    let gates = pod.list("/spec/schedulingGates").iter();
    let gates: Vec<&str> = gates.map(|it| it.text("/name")).collect();
    if !gates.is_empty() {
        let gates = gates.join(", ");
        found.push(format!(
            "somebody to take its scheduling gates away: {gates}"
        ));
    }
    match pod.text("/spec/schedulerName") {
        "" | NAME => {
            if snapshot.node_count() == 0 {
                found.push("a node: the cluster has none".to_owned());
            }
            let nominated = pod.text("/status/nominatedNodeName");
            if !nominated.is_empty() {
                found.push(format!(
                    "room on {nominated}: less important pods are leaving it"
                ));
            }
        }
        fargate::SCHEDULER => {
            found.push("a machine of Fargate's of its own; events say how far that is".to_owned());
        }
        other => found.push(format!(
            "the scheduler {other:?}, which it names and the cluster does not have"
        )),
    }
    found
}

/// Whether no pod that leaves helps.
fn is_for_ever(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Insufficient(_, true))
}

/// What a filter found, of this pod and this node.
fn words(refusal: &Refusal, pod: &Pod, node: &Node, load: &Load) -> String {
    match refusal {
        _ if node.is_of_fargate => "it is a machine of Fargate's, for one pod alone".to_owned(),
        Refusal::Unschedulable => "it is cordoned (spec.unschedulable)".to_owned(),
        Refusal::Taint(taint) => {
            let value = match taint.value.as_str() {
                "" => String::new(),
                value => format!("={value}"),
            };
            let (key, effect) = (&taint.key, &taint.effect);
            format!("it has the taint {key}{value}:{effect}, which the pod does not tolerate")
        }
        Refusal::NodeAffinity => affinity(pod, node),
        Refusal::Ports => {
            let taken = |port: &&crate::pod::Port| load.ports.iter().any(|it| it.conflicts(port));
            let taken = pod.ports.iter().filter(taken);
            let taken: Vec<String> = taken
                .map(|it| format!("{}/{}", it.port, it.protocol))
                .collect();
            format!("another pod has its port {}", taken.join(", "))
        }
        Refusal::TooManyPods => {
            let most = node.allocatable.get("pods");
            format!("it has {} pods and takes {most}", load.pods)
        }
        Refusal::Insufficient(name, _) => {
            let (has, used) = (node.allocatable.get(name), load.requested.get(name));
            format!(
                "{name}: the pod asks for {}, {} of {} are free",
                amount(name, pod.requests.get(name)),
                amount(name, has.saturating_sub(used).max(0)),
                amount(name, has)
            )
        }
        Refusal::OnePodVolume => {
            "another pod has a claim that one pod may have at a time (ReadWriteOncePod)".to_owned()
        }
        Refusal::TooManyVolumes => {
            "it takes no more volumes than it has (CSINode): those of the pod are too many"
                .to_owned()
        }
        Refusal::VolumeAffinity => "a volume of the pod cannot be reached from it".to_owned(),
        Refusal::VolumeZone => {
            "a volume of the pod is in another zone or region, as its labels say".to_owned()
        }
        Refusal::NoVolume => {
            "no volume there is for a claim of the pod, and none is made there".to_owned()
        }
        Refusal::Spread => {
            "the pod's topologySpreadConstraints have too many of its like there already".to_owned()
        }
        Refusal::SpreadLabel => {
            let labels = pod.spread.iter().filter(|it| it.is_required);
            let mut missing = labels.map(|it| it.topology.as_str());
            let missing = missing.find(|it| node.label(it).is_none());
            let label = missing.unwrap_or_default();
            format!("it lacks the label {label} of the pod's topologySpreadConstraints")
        }
        Refusal::PodAffinity => {
            "no pod that the pod's podAffinity wants to be with is there".to_owned()
        }
        Refusal::PodAntiAffinity => {
            "a pod that the pod's podAntiAffinity keeps away from is there".to_owned()
        }
        Refusal::ExistingAntiAffinity => {
            "a pod that is there keeps away from it by its podAntiAffinity".to_owned()
        }
    }
}

/// What of the pod's own wishes for nodes is not met.
fn affinity(pod: &Pod, node: &Node) -> String {
    let mut selector = pod.node_selector.iter();
    let unmet = selector.find(|(key, value)| node.labels.get(*key) != Some(*value));
    let Some((key, wanted)) = unmet else {
        return "its labels are not what the pod's nodeAffinity requires".to_owned();
    };
    let wanted = wanted.as_str().unwrap_or_default();
    let has = match node.label(key) {
        Some(value) => format!("{key}={value}"),
        None => format!("no label {key}"),
    };
    format!("it has {has}, and the pod's nodeSelector wants {key}={wanted}")
}

/// `1.5`, `512 MiB`, `3`
fn amount(name: &str, amount: i64) -> String {
    const MIB: i64 = 1 << 20;
    match name {
        "cpu" if amount % 1000 == 0 => (amount / 1000).to_string(),
        "cpu" => format!("{}m", amount),
        "memory" | "ephemeral-storage" => format!("{} MiB", amount / MIB),
        _ if name.starts_with("hugepages-") => format!("{} MiB", amount / MIB),
        _ => amount.to_string(),
    }
}

#[cfg(test)]
mod tests;
