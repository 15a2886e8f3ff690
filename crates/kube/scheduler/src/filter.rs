//! Whether a pod may run on a node, and why not.

use std::{collections::BTreeMap, fmt};

use wharf_kube_model::{fargate, taint::Taint};

use crate::{
    node::{Load, Node},
    pod::Pod,
    pod_affinity::PodAffinity,
    snapshot::Snapshot,
    spread::Spreads,
    volumes::Reach,
};

/// Why not on a node, in upstream's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    Unschedulable,
    Taint(Taint),
    NodeAffinity,
    Ports,
    TooManyPods,
    /// Not enough of a resource; the flag says that the node could never have it.
    Insufficient(String, bool),
    /// Another pod has a claim that one pod may have at a time.
    OnePodVolume,
    /// Its drivers take no more.
    TooManyVolumes,
    VolumeAffinity,
    /// A volume says by its labels that it is in another zone or region.
    VolumeZone,
    /// Nothing there for a claim, and nothing that would be made there.
    NoVolume,
    Spread,
    SpreadLabel,
    PodAffinity,
    PodAntiAffinity,
    ExistingAntiAffinity,
}

impl Refusal {
    /// Whether pods that leave the node could change it.
    pub fn is_for_others(&self) -> bool {
        match self {
            Self::Insufficient(_, never) => !never,
            Self::Ports
            | Self::TooManyPods
            | Self::OnePodVolume
            | Self::TooManyVolumes
            | Self::Spread
            | Self::PodAntiAffinity
            | Self::ExistingAntiAffinity => true,
            _ => false,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Unschedulable => "node(s) were unschedulable",
            Self::Taint(taint) => return write!(out, "node(s) had untolerated taint {taint}"),
            Self::NodeAffinity => "node(s) didn't match Pod's node affinity/selector",
            Self::Ports => "node(s) didn't have free ports for the requested pod ports",
            Self::TooManyPods => "Too many pods",
            Self::Insufficient(resource, _) => return write!(out, "Insufficient {resource}"),
            Self::OnePodVolume => {
                "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"
            }
            Self::TooManyVolumes => "node(s) exceed max volume count",
            Self::VolumeAffinity => "node(s) had volume node affinity conflict",
            Self::VolumeZone => "node(s) had no available volume zone",
            Self::NoVolume => "node(s) didn't find available persistent volumes to bind",
            Self::Spread => "node(s) didn't match pod topology spread constraints",
            Self::SpreadLabel => {
                "node(s) didn't match pod topology spread constraints (missing required label)"
            }
            Self::PodAffinity => "node(s) didn't match pod affinity rules",
            Self::PodAntiAffinity => "node(s) didn't match pod anti-affinity rules",
            Self::ExistingAntiAffinity => {
                "node(s) didn't satisfy existing pods anti-affinity rules"
            }
        })
    }
}

/// The node that upstream calls unschedulable has this taint; who tolerates it may be there.
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

/// What is found out about a pod once, before its nodes are looked at.
pub struct Question<'a> {
    pub pod: &'a Pod,
    /// Where the volumes of its claims can be reached.
    volumes: &'a Reach,
    /// Another pod has one of its claims that one pod may have at a time.
    is_taken: bool,
    spreads: Spreads,
    others: PodAffinity,
}

impl<'a> Question<'a> {
    pub fn new(pod: &'a Pod, volumes: &'a Reach, snapshot: &Snapshot) -> Self {
        let mut alone = volumes.alone.iter();
        Self {
            pod,
            volumes,
            is_taken: alone.any(|it| snapshot.holders(pod, it).next().is_some()),
            spreads: Spreads::required(pod, snapshot),
            others: PodAffinity::of(pod, snapshot),
        }
    }

    /// All reasons that the first filter to refuse has.
    pub fn ask(&self, node: &Node, load: &Load) -> Result<(), Vec<Refusal>> {
        let one = |refusal| Err(vec![refusal]);
        if node.is_of_fargate {
            return one(Refusal::Taint(Taint {
                key: fargate::COMPUTE_TYPE.to_owned(),
                value: fargate::FARGATE.to_owned(),
                effect: "NoSchedule".to_owned(),
            }));
        }
        if node.is_unschedulable && !tolerates_unschedulable(self.pod) {
            return one(Refusal::Unschedulable);
        }
        if let Some(taint) = untolerated(self.pod, node) {
            return one(Refusal::Taint(taint.clone()));
        }
        if !wants(self.pod, node) {
            return one(Refusal::NodeAffinity);
        }
        let is_taken = |port| load.ports.iter().any(|it| it.conflicts(port));
        if self.pod.ports.iter().any(is_taken) {
            return one(Refusal::Ports);
        }
        let lacking = lacking(self.pod, node, load);
        if !lacking.is_empty() {
            return Err(lacking);
        }
        if self.is_taken {
            return one(Refusal::OnePodVolume);
        }
        let taken = self.volumes.attached.ask(&node.name, load);
        taken.map_err(|it| vec![it])?;
        let reached = self.volumes.ask(&node.name, &node.labels);
        reached.map_err(|it| vec![it])?;
        self.spreads.ask(node).map_err(|it| vec![it])?;
        self.others.ask(node).map_err(|it| vec![it])
    }
}

fn tolerates_unschedulable(pod: &Pod) -> bool {
    let taint = Taint {
        key: UNSCHEDULABLE.to_owned(),
        value: String::new(),
        effect: "NoSchedule".to_owned(),
    };
    pod.tolerations.iter().any(|it| it.tolerates(&taint))
}

/// The first taint that keeps the pod away.
pub fn untolerated<'a>(pod: &Pod, node: &'a Node) -> Option<&'a Taint> {
    let mut taints = node.taints.iter().filter(|it| it.forbids());
    taints.find(|taint| !pod.tolerations.iter().any(|it| it.tolerates(taint)))
}

/// Whether the pod's own selector and affinity lead to the node.
pub fn wants(pod: &Pod, node: &Node) -> bool {
    let mut selector = pod.node_selector.iter();
    selector.all(|(key, value)| node.labels.get(key) == Some(value))
        && pod
            .required_nodes
            .as_ref()
            .is_none_or(|it| it.matches(&node.name, &node.labels))
}

fn lacking(pod: &Pod, node: &Node, load: &Load) -> Vec<Refusal> {
    let mut lacking = Vec::new();
    if load.pods + 1 > node.allocatable.get("pods") {
        lacking.push(Refusal::TooManyPods);
    }
    for (name, amount) in pod.requests.0.iter().filter(|(_, amount)| **amount > 0) {
        let has = node.allocatable.get(name);
        if *amount > has - load.requested.get(name) {
            lacking.push(Refusal::Insufficient(name.clone(), *amount > has));
        }
    }
    lacking
}

/// `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {k: v}.`
pub fn message(nodes: usize, refusals: &[Vec<Refusal>]) -> String {
    if nodes == 0 {
        return "no nodes available to schedule pods".to_owned();
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for refusal in refusals.iter().flatten() {
        *counts.entry(refusal.to_string()).or_default() += 1;
    }
    let counts = counts.iter().map(|(why, count)| format!("{count} {why}"));
    let mut reasons: Vec<String> = counts.collect();
    reasons.sort_unstable();
    format!("0/{nodes} nodes are available: {}.", reasons.join(", "))
}
