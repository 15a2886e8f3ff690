//! Services.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{handler, meta, pod::one_of};
use crate::{
    field::{Errors, Path},
    names,
    view::{absent, at, items, member, number, number_at, same, text, texts},
};

const TYPES: &[&str] = &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

pub fn service(object: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let kind = text(spec, "type");
    let headless = texts(spec, "clusterIPs").next() == Some("None");
    if absent(spec, "ports") && !headless && kind != "ExternalName" {
        errors.required(&path.child("ports"), "");
    }
    of_type(spec, kind, headless, &path, errors);
    ports(spec, kind, &path.child("ports"), errors);
    meta::labels(spec, "selector", &path, errors);
    affinity(spec, &path, errors);
    addresses(spec, kind, &path, errors);
    one_of(spec, "type", TYPES, &path, errors);
    let ranges = path.child("loadBalancerSourceRanges");
    if !absent(spec, "loadBalancerSourceRanges") {
        if kind != "LoadBalancer" {
            errors.forbidden(&ranges, "may only be used when `type` is 'LoadBalancer'");
        }
        for (index, range) in texts(spec, "loadBalancerSourceRanges").enumerate() {
            let range = range.trim();
            errors.invalid_all(&ranges.index(index), range, names::cidr(range));
        }
    } else if let Some(noted) = at(object, &["metadata", "annotations", RANGES]) {
        noted_ranges(noted.as_str().unwrap_or_default(), kind, errors);
    }
    for name in ["allocateLoadBalancerNodePorts", "loadBalancerClass"] {
        if member(spec, name).is_some() && kind != "LoadBalancer" {
            errors.forbidden(
                &path.child(name),
                "may only be used when `type` is 'LoadBalancer'",
            );
        }
    }
    let class = text(spec, "loadBalancerClass");
    if !class.is_empty() {
        errors.invalid_all(
            &path.child("loadBalancerClass"),
            class,
            names::qualified_name(class),
        );
    }
    traffic(spec, kind, &path, errors);
}

/// Who may come, as it is said where the member is not.
const RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";

fn noted_ranges(noted: &str, kind: &str, errors: &mut Errors) {
    let metadata = Path::root("metadata");
    let path = metadata.child("annotations");
    let path = path.key(RANGES);
    if kind != "LoadBalancer" {
        errors.forbidden(&path, "may only be used when `type` is 'LoadBalancer'");
    }
    let noted = noted.trim();
    for range in noted.split(',').filter(|_| !noted.is_empty()) {
        let range = range.trim();
        errors.invalid_all(&path, range, names::cidr(range));
    }
}

fn of_type(spec: &Value, kind: &str, headless: bool, path: &Path<'_>, errors: &mut Errors) {
    let addresses = path.child("clusterIPs");
    match kind {
        "LoadBalancer" | "NodePort" if headless => errors.invalid(
            &addresses.index(0),
            "None",
            format!("may not be set to 'None' for {kind} services"),
        ),
        "ExternalName" => {
            for name in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                if !absent(spec, name) {
                    errors.forbidden(
                        &path.child(name),
                        "may not be set for ExternalName services",
                    );
                }
            }
            let name = text(spec, "externalName");
            let bare = name.strip_suffix('.').unwrap_or(name);
            let at = path.child("externalName");
            if bare.is_empty() {
                errors.required(&at, "");
            } else {
                errors.invalid_all(&at, bare, names::dns_subdomain(bare));
            }
        }
        _ => {}
    }
}

fn ports(spec: &Value, kind: &str, list: &Path<'_>, errors: &mut Errors) {
    let all = items(spec, "ports");
    let mut seen_names = HashSet::new();
    let mut seen_ports = HashSet::new();
    let mut seen_node_ports = HashSet::new();
    for (index, port) in all.iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = list.index(index);
        let name = text(port, "name");
        if name.is_empty() {
            if all.len() > 1 {
                errors.required(&path.child("name"), "");
            }
        } else {
            errors.invalid_all(&path.child("name"), name, names::dns_label(name));
            if !seen_names.insert(name) {
                errors.duplicate(&path.child("name"), name);
            }
        }
        let own = number(port, "port").unwrap_or(0);
        for fault in names::port_number(own) {
            errors.invalid(&path.child("port"), own, fault);
        }
        one_of(port, "protocol", &["SCTP", "TCP", "UDP"], &path, errors);
        handler::port(port.get("targetPort"), &path.child("targetPort"), errors);
        let protocol = text(port, "appProtocol");
        if !protocol.is_empty() {
            errors.invalid_all(
                &path.child("appProtocol"),
                protocol,
                names::qualified_name(protocol),
            );
        }
        let transport = text(port, "protocol");
        if !seen_ports.insert((transport, own)) {
            errors.duplicate(
                &path,
                json!({"port": own, "protocol": transport, "targetPort": 0}),
            );
        }
        let node = number(port, "nodePort").unwrap_or(0);
        if node != 0 {
            if kind == "ClusterIP" {
                errors.forbidden(
                    &path.child("nodePort"),
                    "may not be used when `type` is 'ClusterIP'",
                );
            }
            if !seen_node_ports.insert((transport, node)) {
                errors.duplicate(&path.child("nodePort"), node);
            }
        }
    }
}

fn affinity(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    const LONGEST: i64 = 86_400;
    one_of(spec, "sessionAffinity", &["ClientIP", "None"], path, errors);
    let config = member(spec, "sessionAffinityConfig");
    let at = path.child("sessionAffinityConfig");
    match text(spec, "sessionAffinity") {
        "ClientIP" => {
            let seconds =
                config.and_then(|config| number_at(config, &["clientIP", "timeoutSeconds"]));
            match seconds {
                None => errors.required(&at, "when session affinity type is ClientIP"),
                Some(seconds) if !(1..=LONGEST).contains(&seconds) => errors.invalid(
                    &at.child("clientIP").child("timeoutSeconds"),
                    seconds,
                    format!("must be greater than 0 and less than {LONGEST}"),
                ),
                Some(_) => {}
            }
        }
        "None" if config.is_some() => {
            errors.forbidden(&at, "must not be set when session affinity is None");
        }
        _ => {}
    }
}

fn addresses(spec: &Value, kind: &str, path: &Path<'_>, errors: &mut Errors) {
    let list = path.child("clusterIPs");
    let own = text(spec, "clusterIP");
    let all: Vec<&str> = texts(spec, "clusterIPs").collect();
    if kind != "ExternalName" {
        if !all.is_empty() && own.is_empty() {
            errors.invalid(
                &list,
                all.clone(),
                "must be empty when `clusterIP` is not specified",
            );
        } else if let Some(first) = all.first()
            && *first != own
        {
            errors.invalid(&list, all.clone(), "first value must match `clusterIP`");
        }
        if all.len() > 2 {
            errors.invalid(&list, all, "may only hold up to 2 values");
            return;
        }
        for (index, ip) in all.iter().enumerate() {
            if *ip != "None" {
                errors.invalid_all(&list.index(index), ip, names::ip(ip));
            } else if all.len() > 1 {
                errors.invalid(
                    &list.index(index),
                    all.clone(),
                    "'None' must be the first and only value",
                );
            }
        }
        let families = path.child("ipFamilies");
        let mut seen = HashSet::new();
        for (index, family) in texts(spec, "ipFamilies").enumerate() {
            let at = families.index(index);
            if !matches!(family, "IPv4" | "IPv6") {
                errors.not_supported(&at, family, &["IPv4", "IPv6"]);
            }
            if !seen.insert(family) {
                errors.duplicate(&at, family);
            }
            // A cluster of one family cannot serve the other.
            if family == "IPv6" {
                errors.invalid(&at, family, "not configured on this cluster");
            }
        }
        let policy = text(spec, "ipFamilyPolicy");
        let known = ["PreferDualStack", "RequireDualStack", "SingleStack"];
        let at = path.child("ipFamilyPolicy");
        if !policy.is_empty() && !known.contains(&policy) {
            errors.not_supported(&at, policy, &known);
        }
        if policy == "RequireDualStack" {
            errors.invalid(
                &at,
                policy,
                "this cluster is not configured for dual-stack services",
            );
        }
    }
    let external = path.child("externalIPs");
    for (index, ip) in texts(spec, "externalIPs").enumerate() {
        let at = external.index(index);
        let faults = names::ip(ip);
        if faults.is_empty() {
            super::endpoints::ordinary_ip(ip, &at, errors);
        }
        errors.invalid_all(&at, ip, faults);
    }
}

fn traffic(spec: &Value, kind: &str, path: &Path<'_>, errors: &mut Errors) {
    const KNOWN: &[&str] = &["Cluster", "Local"];
    let external = matches!(kind, "NodePort" | "LoadBalancer")
        || (kind == "ClusterIP" && !absent(spec, "externalIPs"));
    let policy = text(spec, "externalTrafficPolicy");
    let at = path.child("externalTrafficPolicy");
    if external {
        if !policy.is_empty() && !KNOWN.contains(&policy) {
            errors.not_supported(&at, policy, KNOWN);
        }
    } else if !policy.is_empty() {
        errors.invalid(
            &at,
            policy,
            "may only be set for externally-accessible services",
        );
    }
    let internal = text(spec, "internalTrafficPolicy");
    if !internal.is_empty() && !KNOWN.contains(&internal) {
        errors.not_supported(&path.child("internalTrafficPolicy"), internal, KNOWN);
    }
    let distribution = text(spec, "trafficDistribution");
    let known = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    if member(spec, "trafficDistribution").is_some() && !known.contains(&distribution) {
        errors.not_supported(&path.child("trafficDistribution"), distribution, &known);
    }
    if let Some(port) = number(spec, "healthCheckNodePort")
        && port != 0
    {
        let at = path.child("healthCheckNodePort");
        if kind != "LoadBalancer" || policy != "Local" {
            errors.invalid(&at, port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
        } else {
            for fault in names::port_number(port) {
                errors.invalid(&at, port, fault);
            }
        }
    }
}

/// The address of a service stays, unless it comes from or goes to a type that has none.
pub fn change(new: &Value, old: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let (Some(new), Some(old)) = (new.get("spec"), old.get("spec")) else {
        return;
    };
    let named = |spec: &Value| text(spec, "type") == "ExternalName";
    if named(new) || named(old) {
        return;
    }
    let is_asked = |spec: &Value| {
        text(spec, "type") == "LoadBalancer" && text(spec, "externalTrafficPolicy") == "Local"
    };
    if is_asked(new)
        && is_asked(old)
        && number(new, "healthCheckNodePort") != number(old, "healthCheckNodePort")
    {
        errors.forbidden(&path.child("healthCheckNodePort"), "field is immutable");
    }
    let first = |spec: &Value, name: &str| items(spec, name).first().cloned();
    for (name, text) in [
        ("clusterIPs", "may not change once set"),
        ("ipFamilies", "may not change once set"),
    ] {
        let (was, is) = (first(old, name), first(new, name));
        if was.is_some() && is.is_some() && was != is {
            let list = path.child(name);
            errors.invalid(
                &list.index(0),
                new.get(name).cloned().unwrap_or_default(),
                text,
            );
        }
    }
    if text(new, "type") == "LoadBalancer"
        && text(old, "type") == "LoadBalancer"
        && !same(new.get("loadBalancerClass"), old.get("loadBalancerClass"))
    {
        errors.invalid(
            &path.child("loadBalancerClass"),
            new.get("loadBalancerClass").cloned().unwrap_or_default(),
            "may not change once set",
        );
    }
}
