//! Nodes: new ones take no pods before they are ready, and a node changes nothing but itself and its own pods.

use serde_json::{Value, json};
use wharf_kube_model::view::text_at;

use super::Operation;
use crate::{answer::Fault, call::Call};

const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// Labels below these domains are what the cluster trusts nodes by.
const TRUSTED: [&str; 2] = ["kubernetes.io", "k8s.io"];
/// Of those, the ones that a node sets on itself.
const OWN_LABELS: [&str; 12] = [
    "kubernetes.io/hostname",
    "kubernetes.io/arch",
    "kubernetes.io/os",
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/os",
    "beta.kubernetes.io/instance-type",
    "node.kubernetes.io/instance-type",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "topology.k8s.aws/zone-id",
];
const OWN_DOMAINS: [&str; 2] = ["kubelet.kubernetes.io", "node.kubernetes.io"];

/// A new node is not ready; its controller takes the taint away.
pub fn taint(node: &mut Value) {
    if !node["spec"].is_object() {
        node["spec"] = json!({});
    }
    if !node["spec"]["taints"].is_array() {
        node["spec"]["taints"] = json!([]);
    }
    if let Some(taints) = node["spec"]["taints"].as_array_mut()
        && !taints
            .iter()
            .any(|it| it["key"] == NOT_READY && it["effect"] == "NoSchedule")
    {
        taints.push(json!({"key": NOT_READY, "effect": "NoSchedule"}));
    }
}

/// Why a node may not do what its authorizer lets it: the texts of upstream's NodeRestriction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Refused<'a> {
    #[error("can only access CSINode with the same name as the requesting node")]
    OtherCsiNode,
    #[error("can only access node lease with the same name as the requesting node")]
    OtherLease,
    #[error("can only access leases in the \"kube-node-lease\" system namespace")]
    LeaseElsewhere,
    #[error(
        "pod does not have \"kubernetes.io/config.mirror\" annotation, node \"{own}\" can only create mirror pods"
    )]
    NoMirror { own: &'a str },
    #[error("node \"{own}\" can only create pods with spec.nodeName set to itself")]
    MirrorElsewhere { own: &'a str },
    #[error("node \"{own}\" can only create pods with an owner reference set to itself")]
    MirrorOfOthers { own: &'a str },
    /// `what` a mirror pod asks the cluster for.
    #[error("node \"{own}\" can not create pods that reference {what}")]
    MirrorAsks { own: &'a str, what: &'static str },
    #[error("node \"{own}\" can only delete pods with spec.nodeName set to itself")]
    DeletesOthersPod { own: &'a str },
    #[error(
        "unexpected operation \"UPDATE\", node \"{own}\" can only create and delete mirror pods"
    )]
    UpdatesPod { own: &'a str },
    #[error("unexpected pod subresource \"{0}\", only 'status' and 'eviction' are allowed")]
    Subresource(&'a str),
    #[error("node \"{own}\" can only update pod status for pods with spec.nodeName set to itself")]
    OthersStatus { own: &'a str },
    #[error("node \"{own}\" cannot update labels through pod status")]
    PodLabels { own: &'a str },
    #[error("node \"{own}\" is not allowed to modify node \"{name}\"")]
    OtherNode { own: &'a str, name: &'a str },
    #[error("node \"{own}\" cannot delete itself")]
    DeletesItself { own: &'a str },
    #[error("node \"{own}\" is not allowed to modify {what}")]
    Keeps { own: &'a str, what: &'static str },
    #[error("node \"{own}\" is not allowed to set the following labels: {}", .labels.join(", "))]
    SetsLabels { own: &'a str, labels: Vec<&'a str> },
    #[error("is not allowed to modify labels: {}", .0.join(", "))]
    ChangesLabels(Vec<&'a str>),
}

/// What a node may not do though its authorizer lets it: known only by the object itself.
pub fn restrict(
    call: &Call,
    operation: Operation<'_>,
    object: &Value,
    live: Option<&Value>,
) -> Result<(), Fault> {
    let Some(own) = call.user.as_node() else {
        return Ok(());
    };
    let name = text_at(object, &["metadata", "name"]);
    let judged = match (call.group(), call.resource.plural.as_str()) {
        ("", "pods") => pod(own, operation, object, live),
        ("", "nodes") => node(own, operation, object, live),
        ("storage.k8s.io", "csinodes") if name != own => Err(Refused::OtherCsiNode),
        ("coordination.k8s.io", "leases") => match call.namespace() {
            Some("kube-node-lease") if name == own => Ok(()),
            Some("kube-node-lease") => Err(Refused::OtherLease),
            _ => Err(Refused::LeaseElsewhere),
        },
        _ => Ok(()),
    };
    judged.map_err(|why| call.forbidden(name, &why.to_string()))
}

fn pod<'a>(
    own: &'a str,
    operation: Operation<'a>,
    object: &Value,
    live: Option<&Value>,
) -> Result<(), Refused<'a>> {
    let on = text_at(live.unwrap_or(object), &["spec", "nodeName"]);
    match operation {
        Operation::Create if !super::service_account::is_mirror(object) => {
            Err(Refused::NoMirror { own })
        }
        Operation::Create => mirror(own, object),
        Operation::Delete if on != own => Err(Refused::DeletesOthersPod { own }),
        Operation::Update { subresource: "" } => Err(Refused::UpdatesPod { own }),
        Operation::Update { subresource } if subresource != "status" => {
            Err(Refused::Subresource(subresource))
        }
        Operation::Update { .. } if on != own => Err(Refused::OthersStatus { own }),
        // By its labels a pod is found by services, and by its owners kept.
        Operation::Update { .. } if !is_same(object, live, "labels") => {
            Err(Refused::PodLabels { own })
        }
        _ => Ok(()),
    }
}

fn is_same(object: &Value, live: Option<&Value>, member: &str) -> bool {
    live.is_none_or(|live| live["metadata"].get(member) == object["metadata"].get(member))
}

/// A pod that a node tells of, which must ask the cluster for nothing.
fn mirror<'a>(own: &'a str, pod: &Value) -> Result<(), Refused<'a>> {
    let refuse = |what: &'static str| Err(Refused::MirrorAsks { own, what });
    let spec = &pod["spec"];
    if text_at(spec, &["nodeName"]) != own {
        return Err(Refused::MirrorElsewhere { own });
    }
    let owners = pod["metadata"]["ownerReferences"].as_array();
    let is_owned = owners.is_some_and(|all| {
        matches!(all.as_slice(), [one] if one["apiVersion"] == "v1" && one["kind"] == "Node" && one["name"] == own)
    });
    if !is_owned {
        return Err(Refused::MirrorOfOthers { own });
    }
    if !text_at(spec, &["serviceAccountName"]).is_empty() {
        return refuse("a service account");
    }
    let lists = ["initContainers", "containers", "ephemeralContainers"];
    let containers = lists.iter().filter_map(|it| spec[*it].as_array()).flatten();
    let containers: Vec<&Value> = containers.collect();
    let refers = |to_all: &str, to_one: &str| {
        containers.iter().any(|container| {
            let mut from = container["envFrom"].as_array().into_iter().flatten();
            let mut env = container["env"].as_array().into_iter().flatten();
            from.any(|it| it[to_all].is_object())
                || env.any(|it| it["valueFrom"][to_one].is_object())
        })
    };
    let volumes = spec["volumes"].as_array().into_iter().flatten();
    let members = volumes.filter_map(Value::as_object).flatten();
    let kinds: Vec<&str> = members.map(|(kind, _)| kind.as_str()).collect();
    let pull_secrets = spec["imagePullSecrets"].as_array();
    if pull_secrets.is_some_and(|it| !it.is_empty())
        || kinds.contains(&"secret")
        || refers("secretRef", "secretKeyRef")
    {
        return refuse("secrets");
    }
    if kinds.contains(&"configMap") || refers("configMapRef", "configMapKeyRef") {
        return refuse("configmaps");
    }
    if kinds.contains(&"persistentVolumeClaim") {
        return refuse("persistentvolumeclaims");
    }
    const LOCAL: [&str; 4] = ["name", "hostPath", "emptyDir", "downwardAPI"];
    if kinds.iter().any(|it| !LOCAL.contains(it)) {
        return refuse("volumes of the cluster");
    }
    let is_from = |it: &&Value| it["envFrom"].as_array().is_some_and(|it| !it.is_empty());
    if containers.iter().any(is_from) {
        return refuse("secrets or configmaps");
    }
    Ok(())
}

fn node<'a>(
    own: &'a str,
    operation: Operation<'_>,
    object: &'a Value,
    live: Option<&'a Value>,
) -> Result<(), Refused<'a>> {
    let name = text_at(object, &["metadata", "name"]);
    if name != own {
        return Err(Refused::OtherNode { own, name });
    }
    if operation == Operation::Delete {
        return Err(Refused::DeletesItself { own });
    }
    let before = live.unwrap_or(&Value::Null);
    if live.is_some() && before["spec"]["taints"] != object["spec"]["taints"] {
        return Err(Refused::Keeps {
            own,
            what: "taints",
        });
    }
    if live.is_some() && !is_same(object, live, "ownerReferences") {
        return Err(Refused::Keeps {
            own,
            what: "ownerReferences",
        });
    }
    let of = |it: &Value, key: &str| it["metadata"]["labels"].get(key).cloned();
    let both = [object, before].into_iter();
    let keys = both.filter_map(|it| it["metadata"]["labels"].as_object());
    let keys = keys.flat_map(|it| it.keys().map(String::as_str));
    let changed = keys.filter(|key| of(object, key) != of(before, key));
    let mut refused: Vec<&str> = changed.filter(|it| !may_label(it)).collect();
    refused.sort_unstable();
    refused.dedup();
    if refused.is_empty() {
        return Ok(());
    }
    Err(match live {
        None => Refused::SetsLabels {
            own,
            labels: refused,
        },
        Some(_) => Refused::ChangesLabels(refused),
    })
}

fn may_label(key: &str) -> bool {
    let Some((domain, _)) = key.split_once('/') else {
        return true;
    };
    let is_below = |of: &&str| domain == *of || domain.ends_with(&format!(".{of}"));
    OWN_LABELS.contains(&key)
        || OWN_DOMAINS.iter().any(is_below) && !domain.starts_with("node-restriction")
        || !TRUSTED.iter().any(is_below)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPDATE: Operation<'_> = Operation::Update { subresource: "" };

    #[test]
    fn a_node_labels_itself_with_what_nobody_trusts_it_by() {
        let before =
            json!({"metadata": {"name": "a", "labels": {"node-role.kubernetes.io/x": ""}}});
        for (key, allowed) in [
            ("kubernetes.io/hostname", true),
            ("node.kubernetes.io/anything", true),
            ("eks.amazonaws.com/nodegroup", true),
            ("plain", true),
            ("node-role.kubernetes.io/x", true),
            ("node-role.kubernetes.io/master", false),
            ("node-restriction.kubernetes.io/team", false),
        ] {
            let mut after = before.clone();
            after["metadata"]["labels"][key] = "".into();
            assert_eq!(
                node("a", UPDATE, &after, Some(&before)).is_ok(),
                allowed,
                "{key}"
            );
        }
    }

    #[test]
    fn a_node_changes_the_status_of_its_own_pods() {
        let status = Operation::Update {
            subresource: "status",
        };
        let pod_on = |node: &str| json!({"spec": {"nodeName": node}});
        for (operation, on, allowed) in [
            (status, "a", true),
            (status, "b", false),
            (UPDATE, "a", false),
            (Operation::Delete, "a", true),
            (Operation::Delete, "b", false),
            (Operation::Create, "a", false),
        ] {
            let it = pod_on(on);
            assert_eq!(
                pod("a", operation, &it, Some(&it)).is_ok(),
                allowed,
                "{operation:?} {on}"
            );
        }
    }

    #[test]
    fn a_node_keeps_what_it_is_trusted_by() {
        let before =
            json!({"metadata": {"name": "a", "labels": {"node-role.kubernetes.io/x": ""}}});
        let after = json!({"metadata": {"name": "a", "labels": {}}});
        let refused = node("a", UPDATE, &after, Some(&before)).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "is not allowed to modify labels: node-role.kubernetes.io/x"
        );
        let owned = json!({"metadata": {"name": "a", "ownerReferences": [{}]}});
        assert!(
            node(
                "a",
                UPDATE,
                &owned,
                Some(&json!({"metadata": {"name": "a"}}))
            )
            .is_err()
        );
    }

    #[test]
    fn a_mirror_pod_asks_for_nothing() {
        let mirror_of = |spec: Value| {
            let mut pod = json!({
                "metadata": {
                    "annotations": {"kubernetes.io/config.mirror": "x"},
                    "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": "a"}],
                },
                "spec": spec,
            });
            pod["spec"]["nodeName"] = "a".into();
            pod
        };
        for (spec, allowed) in [
            (json!({}), true),
            (json!({"volumes": [{"name": "v", "hostPath": {}}]}), true),
            (json!({"volumes": [{"name": "v", "secret": {}}]}), false),
            (json!({"serviceAccountName": "x"}), false),
            (
                json!({"containers": [{"env": [{"valueFrom": {"secretKeyRef": {}}}]}]}),
                false,
            ),
            (json!({"containers": [{"envFrom": [{}]}]}), false),
        ] {
            let pod_of = mirror_of(spec);
            assert_eq!(
                pod("a", Operation::Create, &pod_of, None).is_ok(),
                allowed,
                "{pod_of}"
            );
        }
    }

    #[test]
    fn a_new_node_is_tainted_once() {
        let mut it = json!({});
        taint(&mut it);
        let once = it.clone();
        taint(&mut it);
        assert_eq!(it, once);
        assert_eq!(it["spec"]["taints"][0]["key"], NOT_READY);
    }
}
