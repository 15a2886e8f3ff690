//! Tables: the columns and cells `kubectl get` prints.
//!
//! A kind's printer is a row of the table in `printer`; a kind without one prints its name and when it was created, a custom
//! resource the columns of its definition.

mod cluster;
mod custom;
mod duration;
mod jsonpath;
mod measured;
mod network;
mod pod;
mod storage;
#[cfg(test)]
mod tests;
mod workload;

use serde_json::{Value, json};
use wharf_base::clock::Timestamp;

pub use duration::human as human_duration;
pub use jsonpath::{BadPath as BadJsonPath, Path as JsonPath};

use crate::{
    Resource,
    view::{map, number, text, text_at},
};

/// What a row carries beside its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Include {
    None,
    #[default]
    Metadata,
    Object,
}

impl Include {
    /// The `includeObject` of a request.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "" | "Metadata" => Some(Self::Metadata),
            "None" => Some(Self::None),
            "Object" => Some(Self::Object),
            _ => None,
        }
    }
}

type Cells = fn(&Value, Timestamp) -> Vec<Value>;

/// Names of columns, separated by commas: `:type` where it is no string, `*` where only `-o wide` shows it.
struct Printer(&'static str, Cells);

fn printer(resource: &Resource) -> Option<Printer> {
    Some(match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Pod") => Printer(pod::COLUMNS, pod::cells),
        ("", "PodTemplate") => Printer(pod::TEMPLATE_COLUMNS, pod::template_cells),
        ("", "ReplicationController") | ("apps", "ReplicaSet") => {
            Printer(workload::REPLICA_COLUMNS, workload::replica_cells)
        }
        ("apps", "Deployment") => Printer(workload::DEPLOYMENT_COLUMNS, workload::deployment_cells),
        ("apps", "StatefulSet") => Printer(workload::STATEFUL_COLUMNS, workload::stateful_cells),
        ("apps", "DaemonSet") => Printer(workload::DAEMON_COLUMNS, workload::daemon_cells),
        ("apps", "ControllerRevision") => {
            Printer(workload::REVISION_COLUMNS, workload::revision_cells)
        }
        ("batch", "Job") => Printer(workload::JOB_COLUMNS, workload::job_cells),
        ("batch", "CronJob") => Printer(workload::CRON_COLUMNS, workload::cron_cells),
        ("autoscaling", "HorizontalPodAutoscaler") => {
            Printer(workload::SCALER_COLUMNS, workload::scaler_cells)
        }
        ("policy", "PodDisruptionBudget") => {
            Printer(workload::BUDGET_COLUMNS, workload::budget_cells)
        }
        ("", "Node") => Printer(cluster::NODE_COLUMNS, cluster::node_cells),
        ("", "Namespace") => Printer(cluster::NAMESPACE_COLUMNS, cluster::namespace_cells),
        ("", "Event") | ("events.k8s.io", "Event") => {
            Printer(cluster::EVENT_COLUMNS, cluster::event_cells)
        }
        ("", "Secret") => Printer(cluster::SECRET_COLUMNS, cluster::secret_cells),
        ("", "ConfigMap") => Printer(cluster::MAP_COLUMNS, cluster::map_cells),
        ("", "ServiceAccount") => Printer(cluster::ACCOUNT_COLUMNS, cluster::account_cells),
        ("", "ResourceQuota") => Printer(cluster::QUOTA_COLUMNS, cluster::quota_cells),
        ("", "ComponentStatus") => Printer(cluster::COMPONENT_COLUMNS, cluster::component_cells),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            Printer(cluster::BINDING_COLUMNS, cluster::binding_cells)
        }
        ("certificates.k8s.io", "CertificateSigningRequest") => {
            Printer(cluster::SIGNING_COLUMNS, cluster::signing_cells)
        }
        ("coordination.k8s.io", "Lease") => Printer(cluster::LEASE_COLUMNS, cluster::lease_cells),
        ("scheduling.k8s.io", "PriorityClass") => {
            Printer(cluster::PRIORITY_COLUMNS, cluster::priority_cells)
        }
        ("node.k8s.io", "RuntimeClass") => {
            Printer(cluster::RUNTIME_COLUMNS, cluster::runtime_cells)
        }
        (
            "admissionregistration.k8s.io",
            "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration",
        ) => Printer(cluster::WEBHOOK_COLUMNS, cluster::webhook_cells),
        ("apiregistration.k8s.io", "APIService") => {
            Printer(cluster::API_SERVICE_COLUMNS, cluster::api_service_cells)
        }
        ("metrics.k8s.io", "NodeMetrics") => Printer(measured::COLUMNS, measured::node_cells),
        ("metrics.k8s.io", "PodMetrics") => Printer(measured::COLUMNS, measured::pod_cells),
        ("", "Service") => Printer(network::SERVICE_COLUMNS, network::service_cells),
        ("", "Endpoints") => Printer(network::ENDPOINTS_COLUMNS, network::endpoints_cells),
        ("discovery.k8s.io", "EndpointSlice") => {
            Printer(network::SLICE_COLUMNS, network::slice_cells)
        }
        ("networking.k8s.io", "Ingress") => {
            Printer(network::INGRESS_COLUMNS, network::ingress_cells)
        }
        ("networking.k8s.io", "IngressClass") => {
            Printer(network::CLASS_COLUMNS, network::class_cells)
        }
        ("networking.k8s.io", "NetworkPolicy") => {
            Printer(network::POLICY_COLUMNS, network::policy_cells)
        }
        ("networking.k8s.io", "IPAddress") => {
            Printer(network::ADDRESS_COLUMNS, network::address_cells)
        }
        ("networking.k8s.io", "ServiceCIDR") => {
            Printer(network::RANGE_COLUMNS, network::range_cells)
        }
        ("", "PersistentVolume") => Printer(storage::VOLUME_COLUMNS, storage::volume_cells),
        ("", "PersistentVolumeClaim") => Printer(storage::CLAIM_COLUMNS, storage::claim_cells),
        ("storage.k8s.io", "StorageClass") => Printer(storage::CLASS_COLUMNS, storage::class_cells),
        ("storage.k8s.io", "VolumeAttachment") => {
            Printer(storage::ATTACHMENT_COLUMNS, storage::attachment_cells)
        }
        ("storage.k8s.io", "CSINode") => Printer(storage::NODE_COLUMNS, storage::node_cells),
        ("storage.k8s.io", "CSIDriver") => Printer(storage::DRIVER_COLUMNS, storage::driver_cells),
        ("storage.k8s.io", "CSIStorageCapacity") => {
            Printer(storage::CAPACITY_COLUMNS, storage::capacity_cells)
        }
        _ => return None,
    })
}

const PLAIN: Printer = Printer("Name,Created At:date", |object, _| {
    vec![
        name(object),
        text_at(object, &["metadata", "creationTimestamp"]).into(),
    ]
});

/// `columnDefinitions` of a kind.
pub fn columns(resource: &Resource) -> Vec<Value> {
    if let Some(definition) = &resource.custom {
        return custom::columns(definition);
    }
    let printer = printer(resource).unwrap_or(PLAIN);
    printer.0.split(',').map(column).collect()
}

fn column(spec: &str) -> Value {
    let (spec, priority) = match spec.strip_suffix('*') {
        Some(spec) => (spec, 1),
        None => (spec, 0),
    };
    let (name, kind) = spec.split_once(':').unwrap_or((spec, "string"));
    let format = if name == "Name" { "name" } else { "" };
    let description = match name {
        "Name" => "Name must be unique within a namespace.",
        "Age" | "Created At" => "The time the server created this object.",
        _ => "",
    };
    json!({"name": name, "type": kind, "format": format, "description": description, "priority": priority})
}

/// A row of an object.
pub fn row(resource: &Resource, object: &Value, now: Timestamp, include: Include) -> Value {
    let cells = match &resource.custom {
        Some(definition) => custom::cells(definition, object, now),
        None => (printer(resource).unwrap_or(PLAIN).1)(object, now),
    };
    let mut row = with_object(cells, object, include);
    if resource.group.is_empty() && resource.kind == "Pod" {
        let phase = text_at(object, &["status", "phase"]);
        let message = match phase {
            "Succeeded" => "The pod has completed successfully.",
            "Failed" => "The pod failed.",
            _ => "",
        };
        if !message.is_empty() {
            row["conditions"] = json!([{"type": "Completed", "status": "True", "reason": phase, "message": message}]);
        }
    }
    row
}

fn with_object(cells: Vec<Value>, object: &Value, include: Include) -> Value {
    let object = match include {
        Include::None => Value::Null,
        Include::Object => object.clone(),
        Include::Metadata => json!({
            "kind": "PartialObjectMetadata",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": object.get("metadata").cloned().unwrap_or_default(),
        }),
    };
    json!({ "cells": cells, "object": object })
}

/// A Table of objects. `list` is the metadata of the list, or of the object when there is one.
pub fn render(
    resource: &Resource,
    list: &Value,
    objects: &[Value],
    now: Timestamp,
    include: Include,
) -> Value {
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| row(resource, object, now, include))
        .collect();
    table(list, columns(resource), rows)
}

fn table(list: &Value, columns: Vec<Value>, rows: Vec<Value>) -> Value {
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": list,
        "columnDefinitions": columns,
        "rows": rows,
    })
}

/// A Table of the scale of an object.
pub fn scale(scale: &Value, now: Timestamp, include: Include) -> Value {
    const COLUMNS: &str = "Name,Desired:integer,Available:integer,Age";
    let cells = vec![
        name(scale),
        count(part(scale, "spec"), "replicas"),
        count(part(scale, "status"), "replicas"),
        age(scale, now),
    ];
    let list = json!({"resourceVersion": text_at(scale, &["metadata", "resourceVersion"])});
    let row = with_object(cells, scale, include);
    table(&list, COLUMNS.split(',').map(column).collect(), vec![row])
}

fn name(object: &Value) -> Value {
    text_at(object, &["metadata", "name"]).into()
}

fn age(object: &Value, now: Timestamp) -> Value {
    duration::since(text_at(object, &["metadata", "creationTimestamp"]), now).into()
}

fn or<'a>(text: &'a str, missing: &'a str) -> &'a str {
    if text.is_empty() { missing } else { text }
}

/// A count that is absent is none.
fn count(value: &Value, name: &str) -> Value {
    number(value, name).unwrap_or(0).into()
}

/// Labels as `a=1,b=2`.
fn labels(owner: &Value, name: &str) -> String {
    let mut pairs: Vec<String> = map(owner, name)
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    pairs.sort_unstable();
    or(&pairs.join(","), "<none>").to_owned()
}

/// A LabelSelector as text.
fn selector(owner: &Value, name: &str) -> String {
    match crate::selector::Labels::of_selector(owner.get(name)) {
        Ok(labels) => or(&labels.to_string(), "<none>").to_owned(),
        Err(_) => "<error>".to_owned(),
    }
}

/// Names and images of the containers of a pod spec.
fn containers(spec: Option<&Value>) -> [Value; 2] {
    let containers = spec.map_or(&[][..], |spec| crate::view::items(spec, "containers"));
    let join = |name: &str| -> Value {
        let texts: Vec<&str> = containers
            .iter()
            .map(|container| text(container, name))
            .collect();
        texts.join(",").into()
    };
    [join("name"), join("image")]
}

fn part<'a>(object: &'a Value, name: &str) -> &'a Value {
    object.get(name).unwrap_or(&Value::Null)
}
