//! Network policies, ingress classes, endpoint slices.

use serde_json::{Value, json};

use crate::view::{absent, default, existing, items_mut, member, object_mut};

pub fn network_policy(object: &mut Value) {
    let Some(spec) = object_mut(object, "spec") else {
        return;
    };
    if absent(spec, "policyTypes") {
        spec["policyTypes"] = if absent(spec, "egress") {
            json!(["Ingress"])
        } else {
            json!(["Ingress", "Egress"])
        };
    }
    for direction in ["ingress", "egress"] {
        for rule in items_mut(spec, direction) {
            for port in items_mut(rule, "ports") {
                default(port, "protocol", "TCP");
            }
        }
    }
}

pub fn ingress_class(object: &mut Value) {
    if let Some(spec) = existing(object, "spec")
        && let Some(parameters) = existing(spec, "parameters")
    {
        default(parameters, "scope", "Cluster");
    }
}

pub fn endpoint_slice(object: &mut Value) {
    for port in items_mut(object, "ports") {
        if member(port, "name").is_none() && port.is_object() {
            port["name"] = "".into();
        }
        default(port, "protocol", "TCP");
    }
}
