//! Services: what belongs to which type, and values that were allotted and stay.

use serde_json::{Value, json};

use crate::view::{
    absent, default, existing, items, items_mut, number, remove, restore, set, text,
};

/// Types that have an address in the cluster.
fn has_address(spec: &Value) -> bool {
    matches!(
        text(spec, "type"),
        "ClusterIP" | "NodePort" | "LoadBalancer"
    )
}

/// Types with a port on every node.
pub fn has_node_ports(spec: &Value) -> bool {
    text(spec, "type") == "NodePort"
        || (text(spec, "type") == "LoadBalancer"
            && spec.get("allocateLoadBalancerNodePorts") != Some(&Value::Bool(false)))
}

fn has_health_port(spec: &Value) -> bool {
    text(spec, "type") == "LoadBalancer" && text(spec, "externalTrafficPolicy") == "Local"
}

/// A cluster here has addresses of one family, IPv4.
pub fn create(object: &mut Value) {
    let Some(spec) = existing(object, "spec") else {
        return;
    };
    if !absent(spec, "clusterIP") && absent(spec, "clusterIPs") {
        spec["clusterIPs"] = json!([spec["clusterIP"].clone()]);
    }
    families(spec);
}

fn families(spec: &mut Value) {
    if has_address(spec) {
        default(spec, "ipFamilyPolicy", "SingleStack");
        if absent(spec, "ipFamilies") {
            spec["ipFamilies"] = json!(["IPv4"]);
        }
    }
}

pub fn update(object: &Value, new: &mut Value) {
    let Some(old) = object.get("spec") else {
        return;
    };
    let Some(new) = existing(new, "spec") else {
        return;
    };
    drop_foreign(old, new);
    keep_allotted(old, new);
    same_addresses(old, new);
    families(new);
}

/// An old client sends the single address without the list of them; the list follows.
fn same_addresses(old: &Value, new: &mut Value) {
    if absent(new, "clusterIPs") && !absent(old, "clusterIPs") && same(old, new, "clusterIP") {
        restore(new, "clusterIPs", old);
    }
    if !same(old, new, "clusterIP") && same(old, new, "clusterIPs") {
        if absent(new, "clusterIP") {
            remove(new, "clusterIPs");
        } else {
            new["clusterIPs"] = json!([new["clusterIP"].clone()]);
        }
    }
}

fn same(old: &Value, new: &Value, name: &str) -> bool {
    crate::view::same(old.get(name), new.get(name))
}

/// Takes away what the old type had and the new one has no use for, unless it was changed as well: then it is an error to be told.
fn drop_foreign(old: &Value, new: &mut Value) {
    if has_address(old) && !has_address(new) {
        if same(old, new, "clusterIP") && same(old, new, "clusterIPs") {
            remove(new, "clusterIP");
            remove(new, "clusterIPs");
        }
        for name in ["ipFamilies", "ipFamilyPolicy"] {
            if same(old, new, name) {
                remove(new, name);
            }
        }
    }
    if has_node_ports(old) && !has_node_ports(new) {
        let ports = |spec: &Value| -> Vec<i64> {
            let mut ports: Vec<i64> = items(spec, "ports")
                .iter()
                .map(|port| number(port, "nodePort").unwrap_or(0))
                .collect();
            ports.sort_unstable();
            ports
        };
        if ports(old) == ports(new) {
            for port in items_mut(new, "ports") {
                remove(port, "nodePort");
            }
        }
    }
    if has_health_port(old) && !has_health_port(new) && same(old, new, "healthCheckNodePort") {
        remove(new, "healthCheckNodePort");
    }
    let balanced = |spec: &Value| text(spec, "type") == "LoadBalancer";
    if balanced(old) && !balanced(new) {
        for name in ["allocateLoadBalancerNodePorts", "loadBalancerClass"] {
            if same(old, new, name) {
                remove(new, name);
            }
        }
    }
    let external = |spec: &Value| matches!(text(spec, "type"), "LoadBalancer" | "NodePort");
    if external(old) && !external(new) && same(old, new, "externalTrafficPolicy") {
        remove(new, "externalTrafficPolicy");
    }
}

/// A client that does not send what was allotted to the service means it to stay.
fn keep_allotted(old: &Value, new: &mut Value) {
    if has_address(old) && has_address(new) {
        for name in ["clusterIP", "clusterIPs"] {
            if absent(new, name) {
                restore(new, name, old);
            }
        }
    }
    if has_node_ports(old) && has_node_ports(new) {
        let mut taken: Vec<i64> = items(new, "ports")
            .iter()
            .filter_map(|port| number(port, "nodePort"))
            .filter(|port| *port != 0)
            .collect();
        for port in items_mut(new, "ports") {
            if number(port, "nodePort").unwrap_or(0) != 0 {
                continue;
            }
            let before = items(old, "ports").iter().find(|before| {
                text(before, "protocol") == text(port, "protocol")
                    && number(before, "port") == number(port, "port")
            });
            if let Some(own) = before.and_then(|before| number(before, "nodePort"))
                && own != 0
                && !taken.contains(&own)
            {
                taken.push(own);
                set(port, "nodePort", own);
            }
        }
    }
    if has_health_port(old)
        && has_health_port(new)
        && number(new, "healthCheckNodePort").unwrap_or(0) == 0
    {
        restore(new, "healthCheckNodePort", old);
    }
}
