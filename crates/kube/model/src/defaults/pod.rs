//! Pods and the templates of pods.

use serde_json::{Map, Value, json};

use crate::{
    quantity::Quantity,
    quota,
    view::{absent, default, existing, items_mut, map, member, number, object_mut, text},
};

const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

pub fn pod(object: &mut Value) {
    let Some(spec) = object_mut(object, "spec") else {
        return;
    };
    pod_spec(spec);
    default(spec, "enableServiceLinks", true);
    let host_network = spec.get("hostNetwork") == Some(&Value::Bool(true));
    for list in ["containers", "initContainers"] {
        for container in items_mut(spec, list) {
            requests_from_limits(container);
            if host_network {
                for port in items_mut(container, "ports") {
                    if number(port, "hostPort").unwrap_or(0) == 0
                        && let Some(own) = number(port, "containerPort")
                    {
                        port["hostPort"] = own.into();
                    }
                }
            }
        }
    }
    requests_of_pod(spec);
    status_addresses(object);
}

/// The single address and the list of addresses tell the same; where they do not, the single one counts. Those of the host are left as
/// they are told: who changes the one alone would contradict a list that nobody gave.
fn status_addresses(object: &mut Value) {
    let Some(status) = existing(object, "status") else {
        return;
    };
    let first = status.pointer("/podIPs/0/ip").cloned();
    if absent(status, "podIP") {
        if let Some(first) = first {
            default(status, "podIP", first);
        }
    } else if first.as_ref() != status.get("podIP") {
        let ip = text(status, "podIP").to_owned();
        status["podIPs"] = json!([{ "ip": ip }]);
    }
}

pub fn pod_template(object: &mut Value) {
    template(object, "template");
}

/// The pod template that is a member of `owner`.
pub fn template(owner: &mut Value, name: &str) {
    if let Some(template) = object_mut(owner, name)
        && let Some(spec) = object_mut(template, "spec")
    {
        pod_spec(spec);
    }
}

pub fn pod_spec(spec: &mut Value) {
    default(spec, "restartPolicy", "Always");
    default(spec, "terminationGracePeriodSeconds", 30);
    default(spec, "dnsPolicy", "ClusterFirst");
    // One field under its old and its new name.
    if absent(spec, "serviceAccountName") {
        if !absent(spec, "serviceAccount") {
            spec["serviceAccountName"] = spec["serviceAccount"].clone();
        }
    } else {
        spec["serviceAccount"] = spec["serviceAccountName"].clone();
    }
    default(spec, "securityContext", Map::new());
    default(spec, "schedulerName", "default-scheduler");
    for list in CONTAINERS {
        for one in items_mut(spec, list) {
            container(one);
        }
    }
    for one in items_mut(spec, "volumes") {
        volume(one);
    }
    if let Some(overhead) = existing(spec, "overhead") {
        round_to_milli(overhead);
    }
    if let Some(resources) = existing(spec, "resources") {
        round_resources(resources);
    }
}

fn container(container: &mut Value) {
    if !container.is_object() {
        return;
    }
    for port in items_mut(container, "ports") {
        default(port, "protocol", "TCP");
    }
    for variable in items_mut(container, "env") {
        if let Some(from) = existing(variable, "valueFrom")
            && let Some(field) = existing(from, "fieldRef")
        {
            default(field, "apiVersion", "v1");
        }
    }
    // A container without resources has an empty object of them: the field is no pointer.
    if let Some(resources) = object_mut(container, "resources") {
        round_resources(resources);
    }
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = existing(container, name) {
            self::probe(probe);
        }
    }
    if let Some(lifecycle) = existing(container, "lifecycle") {
        for name in ["postStart", "preStop"] {
            if let Some(hook) = existing(lifecycle, name) {
                http_get(hook);
            }
        }
    }
    default(container, "terminationMessagePath", "/dev/termination-log");
    default(container, "terminationMessagePolicy", "File");
    let policy = pull_policy(text(container, "image"));
    default(container, "imagePullPolicy", policy);
}

fn probe(probe: &mut Value) {
    http_get(probe);
    if let Some(grpc) = existing(probe, "grpc")
        && member(grpc, "service").is_none()
    {
        grpc["service"] = "".into();
    }
    for (name, value) in [
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ] {
        if number(probe, name).unwrap_or(0) == 0 {
            probe[name] = value.into();
        }
    }
}

fn http_get(handler: &mut Value) {
    if let Some(get) = existing(handler, "httpGet") {
        default(get, "path", "/");
        default(get, "scheme", "HTTP");
    }
}

/// `Always` for the tag `latest`, which is the one an image without tag and digest has.
pub fn pull_policy(image: &str) -> &'static str {
    let (name, digest) = image.split_once('@').unwrap_or((image, ""));
    let last = name.rsplit('/').next().unwrap_or_default();
    let latest = match last.split_once(':') {
        Some((_, tag)) => tag == "latest",
        None => digest.is_empty() && !name.is_empty(),
    };
    if latest { "Always" } else { "IfNotPresent" }
}

pub fn volume(volume: &mut Value) {
    let Some(members) = volume.as_object() else {
        return;
    };
    if !members
        .iter()
        .any(|(name, value)| name != "name" && !value.is_null())
    {
        volume["emptyDir"] = json!({});
    }
    for (source, files) in [
        ("secret", None),
        ("configMap", None),
        ("downwardAPI", Some("items")),
        ("projected", Some("sources")),
    ] {
        let Some(source) = existing(volume, source) else {
            continue;
        };
        default(source, "defaultMode", 0o644);
        for file in items_mut(source, files.unwrap_or_default()) {
            field_reference(file);
            if let Some(token) = existing(file, "serviceAccountToken") {
                default(token, "expirationSeconds", 3600);
            }
            if let Some(downward) = existing(file, "downwardAPI") {
                items_mut(downward, "items")
                    .iter_mut()
                    .for_each(field_reference);
            }
        }
    }
    if let Some(path) = existing(volume, "hostPath")
        && member(path, "type").is_none()
    {
        path["type"] = "".into();
    }
    if let Some(image) = existing(volume, "image") {
        let policy = pull_policy(text(image, "reference"));
        default(image, "pullPolicy", policy);
    }
    if let Some(claim) = existing(volume, "ephemeral")
        .and_then(|ephemeral| existing(ephemeral, "volumeClaimTemplate"))
        .and_then(|template| existing(template, "spec"))
    {
        super::storage::claim_spec(claim);
    }
    super::storage::sources(volume);
}

fn field_reference(file: &mut Value) {
    if let Some(field) = existing(file, "fieldRef") {
        default(field, "apiVersion", "v1");
    }
}

fn requests_from_limits(container: &mut Value) {
    let Some(resources) = existing(container, "resources") else {
        return;
    };
    let Some(limits) = map(resources, "limits").cloned() else {
        return;
    };
    if let Some(requests) = object_mut(resources, "requests") {
        for (name, limit) in limits {
            if requests.get(&name).is_none() {
                requests[name] = limit;
            }
        }
    }
}

/// Of a pod that has limits as a whole: what its containers ask for together, or else as much as the limit.
fn requests_of_pod(spec: &mut Value) {
    let resources = spec.get("resources").unwrap_or(&Value::Null);
    let Some(limits) = map(resources, "limits").filter(|it| !it.is_empty()) else {
        return;
    };
    let mut all: Vec<(String, Value)> = Vec::new();
    for (name, asked) in quota::of_containers(spec, "requests") {
        if matches!(name.as_str(), "cpu" | "memory") {
            all.push((name, asked.to_string().into()));
        }
    }
    for (name, limit) in limits {
        if quota::is_of_pods(name) {
            all.push((name.clone(), limit.clone()));
        }
    }
    let Some(resources) = existing(spec, "resources") else {
        return;
    };
    if let Some(requests) = object_mut(resources, "requests") {
        for (name, value) in all {
            if requests.get(&name).is_none() {
                requests[name] = value;
            }
        }
    }
}

fn round_resources(resources: &mut Value) {
    for name in ["limits", "requests"] {
        if let Some(list) = existing(resources, name) {
            round_to_milli(list);
        }
    }
}

/// Amounts of resources are kept in thousandths; finer ones are rounded up.
pub fn round_to_milli(list: &mut Value) {
    for amount in list.as_object_mut().into_iter().flat_map(Map::values_mut) {
        if let Ok(quantity) = Quantity::of(amount) {
            let rounded = quantity.rounded_to_millis();
            if rounded != quantity || !amount.is_string() {
                *amount = rounded.to_string().into();
            }
        }
    }
}
