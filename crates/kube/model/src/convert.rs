//! One storage, two shapes: events of `v1` and `events.k8s.io/v1`, autoscalers of `autoscaling/v1` and `v2`.
//!
//! [`crate::Resource::storage`] says in which group, version and plural objects of a resource are kept; a server makes its
//! storage keys of those, and calls these two functions around its storage. For all other resources they do nothing.

use crate::conform;
use crate::{Catalog, Resource};
use serde_json::{Map, Value, json};

#[cfg(test)]
mod tests;

/// Names of `events.k8s.io/v1` and of `v1` for the same.
const EVENT: [(&str, &str); 7] = [
    ("regarding", "involvedObject"),
    ("note", "message"),
    ("reportingController", "reportingComponent"),
    ("deprecatedSource", "source"),
    ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedCount", "count"),
];
/// Where `autoscaling/v1` keeps what it has no fields for, as upstream does.
pub const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";
const CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";

/// From the shape a client sent to the stored one.
#[must_use]
pub fn to_stored(resource: &Resource, mut object: Value) -> Value {
    if !moves(resource) {
        return object;
    }
    if resource.kind == "Event" {
        rename(&mut object, EVENT);
    } else {
        scaler_to_v2(&mut object);
    }
    labelled(
        object,
        &resource.storage.group,
        &resource.storage.version,
        &resource.kind,
    )
}

/// From the stored shape to the one of the resource that is asked for.
#[must_use]
pub fn from_stored(resource: &Resource, mut object: Value) -> Value {
    if !moves(resource) {
        return object;
    }
    if resource.kind == "Event" {
        rename(&mut object, EVENT.map(|(theirs, ours)| (ours, theirs)));
    } else {
        scaler_to_v1(&mut object);
    }
    labelled(object, &resource.group, &resource.version, &resource.kind)
}

fn moves(resource: &Resource) -> bool {
    resource.custom.is_none()
        && (resource.group != resource.storage.group
            || resource.version != resource.storage.version)
}

/// With the version's name, in the order and with the fields that version always writes.
fn labelled(mut object: Value, group: &str, version: &str, kind: &str) -> Value {
    let api_version = if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    };
    object["apiVersion"] = api_version.as_str().into();
    if let Some(schema) = Catalog::built_in().schema(&api_version, kind) {
        // An object that was stored has the right types.
        let _ = conform::conform(schema.root(), &mut object);
    }
    object
}

fn rename(object: &mut Value, names: [(&str, &str); 7]) {
    let Value::Object(object) = object else {
        return;
    };
    for (from, to) in names {
        if let Some(value) = object.shift_remove(from) {
            object.insert(to.to_owned(), value);
        }
    }
}

fn annotation(object: &mut Value, name: &str) -> Option<Value> {
    let annotations = object
        .get_mut("metadata")?
        .get_mut("annotations")?
        .as_object_mut()?;
    let text = annotations.shift_remove(name)?;
    crate::codec::json::decode(text.as_str()?.as_bytes())
        .ok()
        .map(|(value, _)| value)
}

fn annotate(object: &mut Value, name: &str, value: &Value) {
    let annotations = &mut object["metadata"]["annotations"];
    if annotations.is_null() {
        *annotations = Value::Object(Map::new());
    }
    if let Value::Object(annotations) = annotations {
        annotations.insert(name.to_owned(), value.to_string().into());
    }
}

fn take(object: &mut Value, part: &str, name: &str) -> Option<Value> {
    object
        .get_mut(part)?
        .as_object_mut()?
        .shift_remove(name)
        .filter(|value| !value.is_null())
}

fn scaler_to_v2(object: &mut Value) {
    let mut metrics = Vec::new();
    if let Some(Value::Array(kept)) = annotation(object, METRICS) {
        metrics.extend(kept.iter().filter_map(metric_to_v2));
    }
    if let Some(percent) = take(object, "spec", "targetCPUUtilizationPercentage") {
        let target = json!({"type": "Utilization", "averageUtilization": percent});
        metrics.push(json!({"type": "Resource", "resource": {"name": "cpu", "target": target}}));
    }
    let behavior = annotation(object, BEHAVIOR);
    let conditions = annotation(object, CONDITIONS);
    if !metrics.is_empty() {
        object["spec"]["metrics"] = Value::Array(metrics);
    }
    if let Some(behavior) = behavior {
        object["spec"]["behavior"] = behavior;
    }
    if let Some(percent) = take(object, "status", "currentCPUUtilizationPercentage") {
        let current = json!({"averageUtilization": percent, "averageValue": "0"});
        object["status"]["currentMetrics"] =
            json!([{"type": "Resource", "resource": {"name": "cpu", "current": current}}]);
    }
    if let Some(conditions) = conditions {
        object["status"]["conditions"] = conditions;
    }
}

fn scaler_to_v1(object: &mut Value) {
    let cpu = |metric: &Value| metric["type"] == "Resource" && metric["resource"]["name"] == "cpu";
    let mut others = Vec::new();
    if let Some(Value::Array(metrics)) = take(object, "spec", "metrics") {
        for metric in metrics {
            let percent = &metric["resource"]["target"]["averageUtilization"];
            if cpu(&metric)
                && percent.is_i64()
                && object["spec"]["targetCPUUtilizationPercentage"].is_null()
            {
                object["spec"]["targetCPUUtilizationPercentage"] = percent.clone();
            } else {
                others.extend(metric_to_v1(&metric));
            }
        }
    }
    if !others.is_empty() {
        annotate(object, METRICS, &Value::Array(others));
    }
    if let Some(behavior) = take(object, "spec", "behavior") {
        annotate(object, BEHAVIOR, &behavior);
    }
    if let Some(Value::Array(metrics)) = take(object, "status", "currentMetrics") {
        let found = metrics
            .iter()
            .find(|metric| cpu(metric))
            .map(|metric| &metric["resource"]["current"]);
        if let Some(percent) = found
            .map(|current| &current["averageUtilization"])
            .filter(|percent| percent.is_i64())
        {
            object["status"]["currentCPUUtilizationPercentage"] = percent.clone();
        }
    }
    if let Some(conditions) = take(object, "status", "conditions") {
        annotate(object, CONDITIONS, &conditions);
    }
}

/// A source's name in a metric, and which of its members v1 spells how: (v2's pointer, v1's name).
fn members(kind: &str) -> Option<(&'static str, &'static [(&'static str, &'static str)])> {
    const RESOURCE: &[(&str, &str)] = &[
        ("/name", "name"),
        ("/container", "container"),
        ("/target/averageUtilization", "targetAverageUtilization"),
        ("/target/averageValue", "targetAverageValue"),
    ];
    Some(match kind {
        "Resource" => ("resource", RESOURCE),
        "ContainerResource" => ("containerResource", RESOURCE),
        "Pods" => (
            "pods",
            &[
                ("/metric/name", "metricName"),
                ("/metric/selector", "selector"),
                ("/target/averageValue", "targetAverageValue"),
            ],
        ),
        "Object" => (
            "object",
            &[
                ("/describedObject", "target"),
                ("/metric/name", "metricName"),
                ("/metric/selector", "selector"),
                ("/target/value", "targetValue"),
                ("/target/averageValue", "averageValue"),
            ],
        ),
        "External" => (
            "external",
            &[
                ("/metric/name", "metricName"),
                ("/metric/selector", "metricSelector"),
                ("/target/value", "targetValue"),
                ("/target/averageValue", "targetAverageValue"),
            ],
        ),
        _ => return None,
    })
}

fn metric_to_v1(metric: &Value) -> Option<Value> {
    let kind = metric["type"].as_str()?;
    let (source, members) = members(kind)?;
    let found = members
        .iter()
        .filter_map(|(from, to)| Some(((*to).to_owned(), metric[source].pointer(from)?.clone())));
    Some(json!({"type": kind, source: Value::Object(found.collect())}))
}

fn metric_to_v2(metric: &Value) -> Option<Value> {
    let kind = metric["type"].as_str()?;
    let (source, members) = members(kind)?;
    let mut made = Value::Object(Map::new());
    for (to, from) in members {
        let value = metric[source].get(from).filter(|value| !value.is_null());
        let (Some(value), Some(path)) = (value, to.strip_prefix('/')) else {
            continue;
        };
        match path.split_once('/') {
            Some((outer, inner)) => made[outer][inner] = value.clone(),
            None => made[path] = value.clone(),
        }
    }
    let target = &made["target"];
    let is = |name: &str| !target[name].is_null();
    let target_kind = match () {
        () if is("averageUtilization") => "Utilization",
        () if is("averageValue") => "AverageValue",
        () => "Value",
    };
    made["target"]["type"] = target_kind.into();
    Some(json!({"type": kind, source: made}))
}
