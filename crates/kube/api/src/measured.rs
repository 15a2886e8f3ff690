//! `metrics.k8s.io`: what nodes and pods use now. Nothing of it is stored: the nodes are asked at their own ports (`asking`), and what they
//! say is kept for a moment (`kept`).
//!
//! A pod's figures are taken from the node that it is bound to and from no other, and of the containers that it has. What has no figures
//! yet is absent, as is all of a pod of which a running container has none: half a pod would look like one with little to do.

mod asking;
mod kept;
pub(crate) mod sample;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::{StreamExt, stream};
use serde_json::{Map, Value, json};
use wharf_base::Timestamp;
use wharf_kube_model::{
    Resource,
    status::Status,
    view::{containers, items, text, text_at},
};

pub use self::kept::Usage;
use self::{kept::Heard, sample::Sample};
use crate::{
    answer::{Answer, Fault},
    call::{Call, store_fault},
    reading::Selection,
};

pub const GROUP: &str = "metrics.k8s.io";
/// Nodes that one request asks at the same time.
const NODES_AT_ONCE: usize = 16;

pub fn is_measured(resource: &Resource) -> bool {
    resource.group == GROUP && resource.custom.is_none()
}

pub async fn answer(call: &Call, verb: &str) -> Result<Answer, Fault> {
    match (verb, call.resource.kind.as_str()) {
        ("get", "NodeMetrics") => get_node(call).await,
        ("get", _) => get_pod(call).await,
        ("list", "NodeMetrics") => list_nodes(call).await,
        ("list", _) => list_pods(call).await,
        _ => Err(Status::method_not_allowed(call.group(), &call.resource.plural, verb).into()),
    }
}

async fn get_node(call: &Call) -> Result<Answer, Fault> {
    let name = call.name();
    let found = call.cluster.core_object("nodes", None, name).await;
    let node = found
        .map_err(store_fault)?
        .ok_or_else(|| Status::not_found("", "nodes", name))?;
    let heard = call.cluster.usage.of(&call.cluster, &node).await;
    let metrics = of_node(&Labelled::of(&node), heard.as_deref(), call.now);
    let metrics = metrics.ok_or_else(|| Status::not_found(GROUP, "nodemetrics", name))?;
    call.answer_value(200, &metrics)
}

async fn get_pod(call: &Call) -> Result<Answer, Fault> {
    let (namespace, name) = (call.namespace(), call.name());
    let found = call.cluster.core_object("pods", namespace, name).await;
    let pod = found
        .map_err(store_fault)?
        .ok_or_else(|| Status::not_found("", "pods", name))?;
    let mut metrics = None;
    if let Some(pod) = Pod::of(&pod) {
        let heard = ask(call, [pod.node.as_str()].into()).await?;
        let heard = heard.get(&pod.node).map(AsRef::as_ref);
        metrics = of_pod(&pod, heard, call.now);
    }
    let full = format!("{}/{name}", namespace.unwrap_or_default());
    let metrics = metrics.ok_or_else(|| Status::not_found(GROUP, "podmetrics", &full))?;
    call.answer_value(200, &metrics)
}

async fn list_nodes(call: &Call) -> Result<Answer, Fault> {
    let selection = Selection::of(call)?;
    let nodes = call.cluster.chosen("", "nodes", None, |_, node| {
        selection.matches(call, &node).then_some(node)
    });
    let nodes = nodes.await.map_err(store_fault)?;
    let asked = stream::iter(nodes).map(|node| async move {
        let heard = call.cluster.usage.of(&call.cluster, &node).await;
        of_node(&Labelled::of(&node), heard.as_deref(), call.now)
    });
    // In the order of their names.
    let all: Vec<Option<Value>> = asked.buffered(NODES_AT_ONCE).collect().await;
    list(call, all.into_iter().flatten().collect())
}

async fn list_pods(call: &Call) -> Result<Answer, Fault> {
    let selection = Selection::of(call)?;
    let pods = call.cluster.chosen("", "pods", call.namespace(), |_, pod| {
        let is_chosen = selection.matches(call, &pod);
        is_chosen.then(|| Pod::of(&pod)).flatten()
    });
    let pods = pods.await.map_err(store_fault)?;
    let nodes: BTreeSet<&str> = pods.iter().map(|it| it.node.as_str()).collect();
    let heard = ask(call, nodes).await?;
    let of = |pod: &Pod| of_pod(pod, heard.get(&pod.node).map(AsRef::as_ref), call.now);
    list(call, pods.iter().filter_map(of).collect())
}

fn list(call: &Call, all: Vec<Value>) -> Result<Answer, Fault> {
    call.encoded(200, call.presenter().list_of_values(&json!({}), all))
}

/// What each of these nodes says. One that does not answer is absent.
async fn ask(call: &Call, nodes: BTreeSet<&str>) -> Result<HashMap<String, Heard>, Fault> {
    let names: Vec<String> = nodes.into_iter().map(str::to_owned).collect();
    let asked = stream::iter(names).map(|name| async move {
        let found = call.cluster.core_object("nodes", None, &name).await;
        let Some(node) = found.map_err(store_fault)? else {
            return Ok(None);
        };
        let heard = call.cluster.usage.of(&call.cluster, &node).await;
        Ok::<_, Fault>(heard.map(|it| (name, it)))
    });
    let all: Vec<_> = asked.buffer_unordered(NODES_AT_ONCE).collect().await;
    let found: Result<Vec<_>, Fault> = all.into_iter().collect();
    Ok(found?.into_iter().flatten().collect())
}

/// Name, namespace and labels of what was measured.
struct Labelled(Map<String, Value>);

impl Labelled {
    fn of(object: &Value) -> Self {
        let of = |name: &str| Some((name.to_owned(), object["metadata"].get(name)?.clone()));
        let kept = ["name", "namespace", "labels"];
        Self(kept.into_iter().filter_map(of).collect())
    }

    fn metadata(&self, now: Timestamp) -> Value {
        let mut metadata = self.0.clone();
        metadata.insert("creationTimestamp".into(), now.iso8601_seconds().into());
        metadata.into()
    }
}

/// What has to be known of a pod to tell what it uses.
struct Pod {
    labelled: Labelled,
    uid: String,
    node: String,
    /// All that it has, in their order.
    containers: Vec<String>,
    running: Vec<String>,
}

impl Pod {
    /// None of one that does not run.
    fn of(pod: &Value) -> Option<Self> {
        let node = text_at(pod, &["spec", "nodeName"]);
        if node.is_empty() || text_at(pod, &["status", "phase"]) != "Running" {
            return None;
        }
        let running = items(&pod["status"], "containerStatuses").iter();
        let running = running.filter(|it| it["state"]["running"].is_object());
        let name = |it: &Value| text(it, "name").to_owned();
        Some(Self {
            labelled: Labelled::of(pod),
            uid: text_at(pod, &["metadata", "uid"]).to_owned(),
            node: node.to_owned(),
            containers: containers(pod).map(name).collect(),
            running: running.map(name).collect(),
        })
    }
}

fn of_pod(pod: &Pod, heard: Option<&sample::OfNode>, now: Timestamp) -> Option<Value> {
    let used: &BTreeMap<String, Sample> = heard?.pods.get(&pod.uid)?;
    if pod.running.iter().any(|it| !used.contains_key(it)) {
        return None;
    }
    let mut samples = Vec::new();
    let mut containers = Vec::new();
    for name in &pod.containers {
        if let Some(sample) = used.get(name).filter(|it| it.is_fresh(now)) {
            samples.push(*sample);
            containers.push(json!({"name": name, "usage": sample.usage()}));
        }
    }
    if pod.running.len() > samples.len() {
        return None;
    }
    // As upstream: the earliest measurement speaks for the pod.
    let first = samples.iter().min_by_key(|it| it.at)?;
    Some(json!({
        "kind": "PodMetrics", "apiVersion": "metrics.k8s.io/v1beta1",
        "metadata": pod.labelled.metadata(now),
        "timestamp": first.at.iso8601_seconds(), "window": first.window(), "containers": containers,
    }))
}

fn of_node(node: &Labelled, heard: Option<&sample::OfNode>, now: Timestamp) -> Option<Value> {
    let sample = heard?.node.filter(|it| it.is_fresh(now))?;
    Some(json!({
        "kind": "NodeMetrics", "apiVersion": "metrics.k8s.io/v1beta1",
        "metadata": node.metadata(now),
        "timestamp": sample.at.iso8601_seconds(), "window": sample.window(), "usage": sample.usage(),
    }))
}

#[cfg(test)]
mod tests;
