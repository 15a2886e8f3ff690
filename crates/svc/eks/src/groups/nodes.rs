//! Nodes of a group, through the API of their cluster.

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::{Client, Delete, Error, Object as _, Patch, Selection, kind};
use wharf_kube_model::node::instance_of;

use super::{
    plan::{Member, Node},
    records::NodeGroup,
    repair::Bad,
    user_data::effect,
};

/// Which generation of its group a node was made like.
const GENERATION: &str = "node.wharf/node-group-generation";
const GROUP_LABEL: &str = "eks.amazonaws.com/nodegroup";
/// Load balancers of instances leave such nodes out.
const EXCLUDED: &str = "node.kubernetes.io/exclude-from-external-load-balancers";
const MIRROR: &str = "kubernetes.io/config.mirror";

pub async fn of_group(client: &Client, group: &NodeGroup) -> Result<Vec<Value>, Error> {
    let selection = Selection {
        labels: format!("{GROUP_LABEL}={}", group.name),
        ..Selection::default()
    };
    Ok(client.list(&kind::NODE, &selection).await?.items)
}

/// Pods of a node that are there because of no DaemonSet and have not ended.
async fn pods_of(client: &Client, node: &str) -> Result<Vec<Value>, Error> {
    let selection = Selection {
        fields: format!("spec.nodeName={node}"),
        ..Selection::default()
    };
    let mut pods = client.list(&kind::POD, &selection).await?.items;
    pods.retain(|pod| {
        let owners = pod.at("/metadata/ownerReferences").as_array();
        let of_set = owners
            .into_iter()
            .flatten()
            .any(|it| it["kind"] == "DaemonSet");
        let ended = matches!(pod.text("/status/phase"), "Succeeded" | "Failed");
        let mirror = pod["metadata"]["annotations"].get(MIRROR).is_some();
        !of_set && !ended && !mirror
    });
    Ok(pods)
}

/// Each member with its node; pods are counted where somebody may want the node empty.
pub async fn joined(
    client: &Client,
    nodes: &[Value],
    members: &mut [Member],
    counted: bool,
) -> Result<(), Error> {
    for member in members {
        let Some(node) = nodes.iter().find(|it| instance_of(it) == Some(&member.id)) else {
            continue;
        };
        let pods = match counted {
            true => pods_of(client, node.name()).await?.len(),
            false => 0,
        };
        member.node = Some(Node {
            name: node.name().to_owned(),
            ready: node.has_condition("Ready", "True"),
            cordoned: node["spec"]["unschedulable"] == true,
            pods,
            bad: bad(node),
        });
    }
    Ok(())
}

/// What the conditions of a node say against it.
fn bad(node: &Value) -> Vec<Bad> {
    let all = node.at("/status/conditions").as_array();
    let bad = all.into_iter().flatten().filter_map(|it| {
        let since = Timestamp::parse_iso8601(it.text("/lastTransitionTime"))?;
        Bad::of(
            it.text("/type"),
            it.text("/status"),
            it.text("/reason"),
            since,
        )
    });
    bad.collect()
}

/// The change that makes a node like the group is by now; nothing if it is already.
pub fn conforming(group: &NodeGroup, node: &Value) -> Option<Value> {
    let seen = node["metadata"]["annotations"][GENERATION].as_str();
    let seen = seen.and_then(|it| it.parse::<i64>().ok());
    if seen == Some(group.generation) {
        return None;
    }
    let mut labels = serde_json::Map::new();
    for key in &group.dropped.labels {
        labels.insert(key.clone(), Value::Null);
    }
    for (key, value) in &group.labels {
        labels.insert(key.clone(), value.as_str().into());
    }
    let own = |key: &str, of: &str| {
        let given = group.taints.iter();
        let mut given = given.map(|it| (it.key.as_str(), effect(&it.effect)));
        let dropped = group.dropped.taints.iter();
        let mut dropped = dropped.map(|it| (it.0.as_str(), effect(&it.1)));
        given.any(|it| it == (key, of)) || dropped.any(|it| it == (key, of))
    };
    let held = node["spec"]["taints"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let others = held.into_iter();
    let others = others.filter(|it| !own(it.text("/key"), it.text("/effect")));
    let wanted = group.taints.iter().map(|it| {
        let mut taint = json!({"key": it.key, "effect": effect(&it.effect)});
        if !it.value.is_empty() {
            taint["value"] = it.value.as_str().into();
        }
        taint
    });
    let taints: Vec<Value> = others.chain(wanted).collect();
    Some(json!({
        "metadata": {
            "labels": labels,
            "annotations": {GENERATION: group.generation.to_string()},
            "resourceVersion": node.resource_version(),
        },
        "spec": {"taints": taints},
    }))
}

pub async fn conform(client: &Client, group: &NodeGroup, node: &Value) -> Result<(), Error> {
    let Some(change) = conforming(group, node) else {
        return Ok(());
    };
    let patch = Patch::Merge(change);
    match client.patch(&kind::NODE, "", node.name(), &patch).await {
        // It changed in between, or is gone: the next look sees it.
        Err(error) if error.is_outdated() => Ok(()),
        done => done.map(|_| ()),
    }
}

/// Pods of a group that wait for a node do not come to this one; or do again.
pub async fn cordon(client: &Client, node: &str, cordoned: bool) -> Result<(), Error> {
    let (label, unschedulable) = match cordoned {
        true => (json!("true"), json!(true)),
        false => (Value::Null, Value::Null),
    };
    let patch = Patch::Merge(json!({
        "metadata": {"labels": {EXCLUDED: label}},
        "spec": {"unschedulable": unschedulable},
    }));
    gone(client.patch(&kind::NODE, "", node, &patch).await)
}

fn gone<T>(done: Result<T, Error>) -> Result<(), Error> {
    match done {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

/// Pods go where their budgets let them.
pub async fn evict(client: &Client, node: &str) -> Result<(), Error> {
    for pod in pods_of(client, node).await? {
        if pod.is_deleting() {
            continue;
        }
        let eviction = json!({
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": pod.name(), "namespace": pod.namespace()},
        });
        let (namespace, name) = (pod.namespace(), pod.name());
        let done = client
            .create_at(&kind::POD, namespace, name, "eviction", &eviction)
            .await;
        match done {
            Err(error) if error.refusal().is_some_and(|it| it.code == 429) => {}
            done => gone(done)?,
        }
    }
    Ok(())
}

/// Pods go, whatever their budgets say.
pub async fn empty(client: &Client, node: &str) -> Result<(), Error> {
    for pod in pods_of(client, node).await? {
        if !pod.is_deleting() {
            let options = Delete::of_uid(pod.uid());
            let done = client
                .delete(&kind::POD, pod.namespace(), pod.name(), &options)
                .await;
            match done {
                Err(error) if error.is_conflict() => {}
                done => gone(done)?,
            }
        }
    }
    Ok(())
}

pub async fn forget(client: &Client, node: &Value) -> Result<(), Error> {
    let options = Delete::of_uid(node.uid());
    match client.delete(&kind::NODE, "", node.name(), &options).await {
        Err(error) if error.is_conflict() => Ok(()),
        done => gone(done),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups::{plan::tests::group, records::Taint};

    #[test]
    fn a_node_becomes_like_its_group_once() {
        let mut group = group();
        group.labels.insert("team".to_owned(), "blue".to_owned());
        group.dropped.labels.insert("old".to_owned());
        group
            .dropped
            .taints
            .insert(("gone".to_owned(), "NO_SCHEDULE".to_owned()));
        group.taints.push(Taint {
            key: "only".to_owned(),
            value: String::new(),
            effect: "NO_SCHEDULE".to_owned(),
        });
        let mut node = json!({
            "metadata": {"name": "n", "resourceVersion": "7"},
            "spec": {"taints": [
                {"key": "gone", "effect": "NoSchedule"},
                {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"},
            ]},
        });
        let change = conforming(&group, &node).unwrap();
        assert_eq!(
            change["metadata"]["labels"],
            json!({"old": null, "team": "blue"})
        );
        assert_eq!(
            change["spec"]["taints"],
            json!([
                {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"},
                {"key": "only", "effect": "NoSchedule"},
            ])
        );
        node["metadata"]["annotations"] = json!({GENERATION: "2"});
        assert_eq!(conforming(&group, &node), None);
    }

    #[test]
    fn conditions_that_count_say_since_when_a_node_is_bad() {
        let condition = |kind: &str, status: &str| {
            json!({
                "type": kind, "status": status, "reason": "Why", "lastTransitionTime": "2026-01-02T03:04:05Z",
            })
        };
        let node = json!({"status": {"conditions": [
            condition("Ready", "Unknown"),
            condition("KernelReady", "False"),
            condition("NetworkingReady", "Unknown"),
            condition("StorageReady", "True"),
            condition("DiskPressure", "True"),
            {"type": "ContainerRuntimeReady", "status": "False"},
        ]}});
        let found = bad(&node);
        let kinds: Vec<&str> = found.iter().map(|it| it.condition.as_str()).collect();
        assert_eq!(kinds, ["Ready", "KernelReady"]);
        assert_eq!(found[0].since.iso8601_seconds(), "2026-01-02T03:04:05Z");
    }
}
