//! Which nodes of a cluster take traffic of load balancers, at ports that they lead to pods. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;
use wharf_kube_client::{Change, Object as _};
use wharf_kube_model::node::instance_of;

use crate::{
    annotations::{Refused, refused},
    endpoints::MOST_TARGETS,
    stack::Target,
};

/// Upstream's label by which a node stays out, whatever its value.
const EXCLUDED: &str = "node.kubernetes.io/exclude-from-external-load-balancers";
const COMPUTE_TYPE: &str = "eks.amazonaws.com/compute-type";
/// By which the cluster autoscaler says that a node is about to go.
const GOING: &str = "ToBeDeletedByClusterAutoscaler";

/// The instance of a node that may be a target.
pub fn target_of(node: &Value) -> Option<&str> {
    let instance = instance_of(node)?;
    let mut taints = node.list("/spec/taints").iter();
    let is_kept = node.has_condition("Ready", "True")
        && !node.is_deleting()
        && node.label(EXCLUDED).is_none()
        && node.label(COMPUTE_TYPE) != Some("fargate")
        && !taints.any(|it| it.text("/key") == GOING);
    is_kept.then_some(instance)
}

/// Whether a change of a node counts here; nodes tell of themselves every few seconds.
pub fn counts(change: &Change) -> bool {
    match change {
        Change::Changed { old, new } => differ(old, new),
        Change::Added(it) | Change::Deleted(it) => target_of(it).is_some(),
    }
}

fn differ(one: &Value, other: &Value) -> bool {
    target_of(one) != target_of(other) || one.at("/metadata/labels") != other.at("/metadata/labels")
}

/// The nodes that have all of the labels and may be targets, by their instances.
pub fn find(nodes: &[Arc<Value>], labels: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let has_all = |node: &Value| {
        let mut labels = labels.iter();
        labels.all(|(key, value)| node.label(key) == Some(value))
    };
    let nodes = nodes.iter().filter(|it| has_all(it));
    let found = nodes.filter_map(|it| Some((target_of(it)?.to_owned(), it.name().to_owned())));
    found.take(MOST_TARGETS).collect()
}

pub fn targets(nodes: &BTreeMap<String, String>, port: u16) -> BTreeSet<Target> {
    let of = |instance: &String| Target {
        id: instance.clone(),
        port,
    };
    nodes.keys().map(of).collect()
}

/// The port of all nodes that leads to a port of a service.
///
/// # Errors
/// There is none.
pub fn port(service: &Value, port: &Value) -> Result<u16, Refused> {
    if !matches!(service.text("/spec/type"), "NodePort" | "LoadBalancer") {
        return refused(format!(
            "service type must be either 'NodePort' or 'LoadBalancer': {}",
            service.key()
        ));
    }
    let number = port
        .integer("/nodePort")
        .and_then(|it| u16::try_from(it).ok());
    match number.filter(|it| *it != 0) {
        Some(number) => Ok(number),
        None => refused("unable to support instance target type with an unallocated NodePort"),
    }
}

#[cfg(test)]
pub mod tests {
    use serde_json::json;

    use super::*;

    pub fn node(instance: &str) -> Value {
        json!({
            "metadata": {"name": format!("node-{instance}"), "labels": {"team": "blue"}},
            "spec": {"providerID": format!("aws:///us-east-1a/{instance}")},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]},
        })
    }

    fn with(pointer: &str, value: Value) -> Value {
        let mut node = node("i-1");
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let name = name.replace("~1", "/");
        node.pointer_mut(parent).unwrap()[name] = value;
        node
    }

    #[test]
    fn who_takes_traffic() {
        assert_eq!(target_of(&node("i-1")), Some("i-1"));
        let cordoned = with("/spec/unschedulable", json!(true));
        assert_eq!(target_of(&cordoned), Some("i-1"));
        for (pointer, value) in [
            ("/status/conditions", json!([])),
            (
                "/status/conditions",
                json!([{"type": "Ready", "status": "Unknown"}]),
            ),
            ("/spec/providerID", json!("kind://x/y")),
            ("/metadata/deletionTimestamp", json!("2026-01-01T00:00:00Z")),
            (
                "/metadata/labels/node.kubernetes.io~1exclude-from-external-load-balancers",
                json!("false"),
            ),
            (
                "/metadata/labels/eks.amazonaws.com~1compute-type",
                json!("fargate"),
            ),
            (
                "/spec/taints",
                json!([{"key": "ToBeDeletedByClusterAutoscaler", "effect": "NoSchedule"}]),
            ),
        ] {
            let it = with(pointer, value);
            assert_eq!(target_of(&it), None, "{it}");
            assert!(differ(&it, &node("i-1")));
        }
        let heard = with("/status/allocatable", json!({"cpu": "1"}));
        assert!(!differ(&heard, &node("i-1")));
    }

    #[test]
    fn nodes_by_their_labels() {
        let all = [Arc::new(node("i-1")), Arc::new(node("i-2"))];
        let labels = |value: &str| BTreeMap::from([("team".to_owned(), value.to_owned())]);
        assert_eq!(find(&all, &BTreeMap::new()).len(), 2);
        assert_eq!(find(&all, &labels("blue")).len(), 2);
        assert_eq!(find(&all, &labels("red")).len(), 0);
        let found = find(&all[..1], &BTreeMap::new());
        assert_eq!(found["i-1"], "node-i-1");
        let targets = targets(&found, 30080);
        let target = targets.first().unwrap();
        assert_eq!((target.id.as_str(), target.port), ("i-1", 30080));
    }

    #[test]
    fn ports_of_services() {
        let service = |kind: &str| json!({"metadata": {"namespace": "a", "name": "web"}, "spec": {"type": kind}});
        let told = |kind: &str, number: Value| {
            port(&service(kind), &json!({"port": 80, "nodePort": number}))
        };
        assert_eq!(told("NodePort", json!(30080)), Ok(30080));
        assert_eq!(told("LoadBalancer", json!(30080)), Ok(30080));
        let refusal = |kind: &str, number| told(kind, number).unwrap_err().0;
        assert_eq!(
            refusal("ClusterIP", json!(null)),
            "service type must be either 'NodePort' or 'LoadBalancer': a/web"
        );
        for missing in [json!(null), json!(0), json!(70000)] {
            assert!(refusal("LoadBalancer", missing).contains("unallocated NodePort"));
        }
    }
}
