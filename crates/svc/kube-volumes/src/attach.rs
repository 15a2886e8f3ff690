//! Which node a volume is to be attached for. Pure.
//!
//! One at a time: another node waits until the VolumeAttachment of the one before is gone, and that goes only when EC2 says so.

use std::sync::Arc;

use serde_json::{Value, json};
use wharf_kube_client::{Kind, Object};
use wharf_kube_model::{
    fargate::is_fargate_node,
    node::instance_of,
    persistent::{EBS, EbsDisk, attachment_key},
};

pub const ATTACHMENT: Kind = Kind::known(
    "storage.k8s.io",
    "v1",
    "VolumeAttachment",
    "volumeattachments",
    false,
);
/// Keeps a VolumeAttachment until its node has the volume no more.
pub const ATTACHER: &str = "external-attacher/ebs-csi-aws-com";
/// The instance behind the node, which may be gone by the time that the volume is.
pub const INSTANCE: &str = "csi.alpha.kubernetes.io/node-id";
/// Likewise the volume behind the PersistentVolume.
pub const DISK: &str = "node.wharf/volume-id";

#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// For the node of these pods.
    Make {
        node: String,
        pods: Vec<Arc<Value>>,
    },
    /// What a VolumeAttachment says is to be so.
    Attach {
        attachment: Arc<Value>,
        pods: Vec<Arc<Value>>,
    },
    /// No pod of its node has it any more.
    End(Arc<Value>),
    Detach(Arc<Value>),
    /// Pods elsewhere wait for it.
    Wait {
        pods: Vec<Arc<Value>>,
        /// Names of those that have it.
        held_by: Vec<String>,
    },
}

/// `pods` have the volume and a node.
pub fn plan(pods: &[Arc<Value>], attachments: &[Arc<Value>]) -> Vec<Step> {
    let node_of = |it: &Value| it.text("/spec/nodeName").to_owned();
    let on = |node: &str| -> Vec<Arc<Value>> {
        let there = pods.iter().filter(|it| node_of(it) == node);
        there.cloned().collect()
    };
    let mut steps = Vec::new();
    let mut kept: Option<&Arc<Value>> = None;
    for attachment in attachments {
        let there = on(&node_of(attachment));
        if attachment.is_deleting() {
            steps.push(Step::Detach(attachment.clone()));
        } else if there.is_empty() || kept.is_some() {
            steps.push(Step::End(attachment.clone()));
        } else {
            kept = Some(attachment);
            steps.push(Step::Attach {
                attachment: attachment.clone(),
                pods: there,
            });
        }
    }
    let holder = kept.map(|it| node_of(it));
    let mut waiting: Vec<Arc<Value>> = pods.to_vec();
    waiting.retain(|it| holder.as_ref() != Some(&node_of(it)));
    if waiting.is_empty() {
        return steps;
    }
    if attachments.is_empty() {
        let age = |it: &Value| {
            let at = it.text("/metadata/creationTimestamp").to_owned();
            (it.is_deleting(), at, it.key())
        };
        if let Some(first) = waiting.iter().min_by_key(|it| age(it)) {
            let node = node_of(first);
            let pods = on(&node);
            waiting.retain(|it| node_of(it) != node);
            steps.push(Step::Make { node, pods });
        }
    }
    if !waiting.is_empty() {
        let held_by = holder.map(|it| on(&it)).unwrap_or_default();
        let held_by = held_by.iter().map(|it| it.name().to_owned()).collect();
        steps.push(Step::Wait {
            pods: waiting,
            held_by,
        });
    }
    steps
}

/// Why no volume can be attached for a node.
#[derive(Debug, thiserror::Error)]
pub enum NoInstance {
    #[error("node {0:?} is of Fargate, which has no EBS volumes")]
    Fargate(String),
    #[error(
        "node {node:?} is no EC2 instance (providerID {provider:?}): EBS volumes cannot be attached to it"
    )]
    Other { node: String, provider: String },
}

/// The instance behind a node.
pub fn attached_to(node: &Value) -> Result<&str, NoInstance> {
    let name = || node.name().to_owned();
    if is_fargate_node(node) {
        return Err(NoInstance::Fargate(name()));
    }
    instance_of(node).ok_or_else(|| NoInstance::Other {
        node: name(),
        provider: node.text("/spec/providerID").to_owned(),
    })
}

/// The VolumeAttachment of a volume for a node.
pub fn object(volume: &str, disk: &EbsDisk, node: &str, instance: &str) -> Value {
    let key = attachment_key(&disk.id, node);
    let digest = wharf_wire::sigv4::sha256_hex(key.as_bytes());
    json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttachment",
        "metadata": {
            "name": format!("csi-{digest}"),
            "annotations": {INSTANCE: instance, DISK: disk.id},
            "finalizers": [ATTACHER],
        },
        "spec": {"attacher": EBS, "nodeName": node, "source": {"persistentVolumeName": volume}},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(name: &str, node: &str) -> Arc<Value> {
        Arc::new(json!({"metadata": {"name": name, "namespace": "a"}, "spec": {"nodeName": node}}))
    }

    fn attachment(node: &str, is_deleting: bool) -> Arc<Value> {
        let mut it = json!({"metadata": {"name": node}, "spec": {"nodeName": node}});
        if is_deleting {
            it["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        }
        Arc::new(it)
    }

    fn shown(pods: &[Arc<Value>], attachments: &[Arc<Value>]) -> Vec<String> {
        let names = |all: &[Arc<Value>]| {
            let all: Vec<_> = all.iter().map(|it| it.name().to_owned()).collect();
            all.join("+")
        };
        let steps = plan(pods, attachments);
        let shown = steps.iter().map(|step| match step {
            Step::Make { node, pods } => format!("make {node} for {}", names(pods)),
            Step::Attach { attachment, pods } => {
                format!("attach {} for {}", attachment.name(), names(pods))
            }
            Step::End(it) => format!("end {}", it.name()),
            Step::Detach(it) => format!("detach {}", it.name()),
            Step::Wait { pods, held_by } => {
                format!("{} wait for {}", names(pods), held_by.join("+"))
            }
        });
        shown.collect()
    }

    #[test]
    fn one_node_at_a_time() {
        let (a, b, c) = (pod("a", "n1"), pod("b", "n1"), pod("c", "n2"));
        let (n1, n2) = (attachment("n1", false), attachment("n2", false));
        let (going1, going2) = (attachment("n1", true), attachment("n2", true));
        for (pods, attachments, expected) in [
            (vec![], vec![], vec![]),
            (vec![a.clone(), b.clone()], vec![], vec!["make n1 for a+b"]),
            (
                vec![a.clone(), c.clone()],
                vec![],
                vec!["make n1 for a", "c wait for "],
            ),
            (vec![a.clone()], vec![n1.clone()], vec!["attach n1 for a"]),
            (
                vec![a.clone(), c.clone()],
                vec![n1.clone()],
                vec!["attach n1 for a", "c wait for a"],
            ),
            (
                vec![c.clone()],
                vec![n1.clone()],
                vec!["end n1", "c wait for "],
            ),
            (
                vec![c.clone()],
                vec![going1.clone()],
                vec!["detach n1", "c wait for "],
            ),
            // The pod came back to a node that is just losing it.
            (
                vec![a.clone()],
                vec![going1],
                vec!["detach n1", "a wait for "],
            ),
            (vec![], vec![n1.clone()], vec!["end n1"]),
            // Which must not be.
            (
                vec![a.clone(), c.clone()],
                vec![n1.clone(), n2],
                vec!["attach n1 for a", "end n2", "c wait for a"],
            ),
            (
                vec![a],
                vec![n1, going2],
                vec!["attach n1 for a", "detach n2"],
            ),
        ] {
            assert_eq!(shown(&pods, &attachments), expected);
        }
    }

    #[test]
    fn instances() {
        let node =
            |provider: &str| json!({"metadata": {"name": "n"}, "spec": {"providerID": provider}});
        assert_eq!(instance_of(&node("aws:///us-east-1a/i-1")).unwrap(), "i-1");
        assert!(
            attached_to(&node(""))
                .unwrap_err()
                .to_string()
                .contains("no EC2 instance")
        );
        assert!(
            attached_to(&node("kind://x/y"))
                .unwrap_err()
                .to_string()
                .contains("no EC2 instance")
        );
    }
}
