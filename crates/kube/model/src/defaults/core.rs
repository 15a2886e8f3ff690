//! Services, namespaces, nodes, secrets, limits, roles and priorities.

use serde_json::{Value, json};

use super::pod;
use crate::view::{
    absent, default, existing, items, items_mut, map, member, number, object_mut, remove, text,
    text_at,
};

pub fn replication_controller(object: &mut Value) {
    let labels = object
        .pointer("/spec/template/metadata/labels")
        .filter(|labels| labels.is_object())
        .cloned();
    if let Some(labels) = &labels {
        own_labels(object, labels);
    }
    let Some(spec) = object_mut(object, "spec") else {
        return;
    };
    if let Some(labels) = labels
        && map(spec, "selector").is_none_or(|selector| selector.is_empty())
    {
        spec["selector"] = labels;
    }
    default(spec, "replicas", 1);
    if existing(spec, "template").is_some() {
        pod::template(spec, "template");
    }
}

/// An object without labels takes those of its template.
pub fn own_labels(object: &mut Value, labels: &Value) {
    if let Some(metadata) = object_mut(object, "metadata")
        && map(metadata, "labels").is_none_or(|labels| labels.is_empty())
    {
        metadata["labels"] = labels.clone();
    }
}

pub fn service(object: &mut Value) {
    if let Some(spec) = object_mut(object, "spec") {
        service_spec(spec);
    }
    let balanced = text_at(object, &["spec", "type"]) == "LoadBalancer";
    if balanced
        && let Some(status) = existing(object, "status")
        && let Some(balancer) = existing(status, "loadBalancer")
    {
        for ingress in items_mut(balancer, "ingress") {
            if !absent(ingress, "ip") {
                default(ingress, "ipMode", "VIP");
            }
        }
    }
}

fn service_spec(spec: &mut Value) {
    default(spec, "sessionAffinity", "None");
    match text(spec, "sessionAffinity") {
        "None" => remove(spec, "sessionAffinityConfig"),
        "ClientIP" if number_in_client_ip(spec).is_none() => {
            spec["sessionAffinityConfig"] = json!({"clientIP": {"timeoutSeconds": 10800}});
        }
        _ => {}
    }
    default(spec, "type", "ClusterIP");
    for port in items_mut(spec, "ports") {
        default(port, "protocol", "TCP");
        let target = member(port, "targetPort");
        if target.is_none_or(|target| target == &json!(0) || target == &json!(""))
            && let Some(own) = member(port, "port").cloned()
        {
            port["targetPort"] = own;
        }
    }
    let kind = text(spec, "type").to_owned();
    let external = matches!(kind.as_str(), "NodePort" | "LoadBalancer");
    if external {
        default(spec, "externalTrafficPolicy", "Cluster");
    }
    if external || kind == "ClusterIP" {
        default(spec, "internalTrafficPolicy", "Cluster");
    }
    if kind != "ExternalName" {
        if items(spec, "clusterIPs").len() == 2 || items(spec, "ipFamilies").len() == 2 {
            default(spec, "ipFamilyPolicy", "RequireDualStack");
        }
        if text(spec, "ipFamilyPolicy") == "RequireDualStack" {
            let other = match items(spec, "ipFamilies") {
                [one] if one == "IPv4" => Some("IPv6"),
                [one] if one == "IPv6" => Some("IPv4"),
                _ => None,
            };
            if let (Some(other), Some(families)) = (
                other,
                spec.get_mut("ipFamilies").and_then(Value::as_array_mut),
            ) {
                families.push(other.into());
            }
        }
    }
    if kind == "LoadBalancer" {
        default(spec, "allocateLoadBalancerNodePorts", true);
    }
}

fn number_in_client_ip(spec: &Value) -> Option<i64> {
    crate::view::number_at(
        spec,
        &["sessionAffinityConfig", "clientIP", "timeoutSeconds"],
    )
}

pub fn secret(object: &mut Value) {
    default(object, "type", "Opaque");
}

/// A namespace carries its name as a label, so that selectors can mean it.
pub fn namespace(object: &mut Value) {
    if let Some(status) = object_mut(object, "status") {
        default(status, "phase", "Active");
    }
    let name = text_at(object, &["metadata", "name"]).to_owned();
    if !name.is_empty()
        && let Some(metadata) = object_mut(object, "metadata")
        && let Some(labels) = object_mut(metadata, "labels")
    {
        default(labels, "kubernetes.io/metadata.name", name);
    }
}

pub fn node(object: &mut Value) {
    // A node of one range says it in both forms.
    if let Some(spec) = existing(object, "spec")
        && let Some(range) = member(spec, "podCIDR").cloned()
        && absent(spec, "podCIDRs")
    {
        spec["podCIDRs"] = json!([range]);
    }
    if let Some(status) = existing(object, "status") {
        for name in ["capacity", "allocatable"] {
            if let Some(list) = existing(status, name) {
                pod::round_to_milli(list);
            }
        }
        if let Some(capacity) = member(status, "capacity").cloned() {
            default(status, "allocatable", capacity);
        }
    }
}

pub fn endpoints(object: &mut Value) {
    for subset in items_mut(object, "subsets") {
        for port in items_mut(subset, "ports") {
            default(port, "protocol", "TCP");
        }
    }
}

pub fn resource_quota(object: &mut Value) {
    for (owner, names) in [
        ("spec", &["hard"] as &[&str]),
        ("status", &["hard", "used"]),
    ] {
        if let Some(owner) = existing(object, owner) {
            for name in names {
                if let Some(list) = existing(owner, name) {
                    pod::round_to_milli(list);
                }
            }
        }
    }
}

pub fn limit_range(object: &mut Value) {
    let Some(spec) = existing(object, "spec") else {
        return;
    };
    for item in items_mut(spec, "limits") {
        for name in [
            "max",
            "min",
            "default",
            "defaultRequest",
            "maxLimitRequestRatio",
        ] {
            if let Some(list) = existing(item, name) {
                pod::round_to_milli(list);
            }
        }
        if text(item, "type") != "Container" {
            continue;
        }
        // A limit is by default the highest one, a request the limit, else the lowest one.
        for (to, from) in [
            ("default", "max"),
            ("defaultRequest", "default"),
            ("defaultRequest", "min"),
        ] {
            let Some(from) = map(item, from).cloned() else {
                continue;
            };
            if let Some(to) = object_mut(item, to) {
                for (name, amount) in from {
                    if to.get(&name).is_none() {
                        to[name] = amount;
                    }
                }
            }
        }
    }
}

const RBAC: &str = "rbac.authorization.k8s.io";

pub fn role_binding(object: &mut Value) {
    if let Some(role) = object_mut(object, "roleRef") {
        default(role, "apiGroup", RBAC);
    }
    for subject in items_mut(object, "subjects") {
        if matches!(text(subject, "kind"), "User" | "Group") {
            default(subject, "apiGroup", RBAC);
        }
    }
}

pub fn priority_class(object: &mut Value) {
    default(object, "preemptionPolicy", "PreemptLowerPriority");
    // Always written, as the field is no pointer.
    if number(object, "value").is_none() && object.is_object() {
        object["value"] = 0.into();
    }
}
