//! Ingresses, their classes, and network policies.

use std::net::IpAddr;

use serde_json::Value;

use super::{handler, meta};
use crate::{
    field::{Errors, Path},
    names,
    view::{absent, items, member, number, text, text_at, texts},
};

/// A new one has its class in one place.
pub fn new_ingress(object: &Value, errors: &mut Errors) {
    const CLASS: &str = "kubernetes.io/ingress.class";
    let given = object["metadata"]["annotations"].get(CLASS);
    if let Some(Value::String(given)) = given
        && object["spec"]
            .get("ingressClassName")
            .is_some_and(|it| !it.is_null())
    {
        let path = Path::root("annotations");
        errors.invalid(
            &path.child(CLASS),
            given.as_str(),
            "can not be set when the class field is also set",
        );
    }
}

pub fn ingress(object: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let default = member(spec, "defaultBackend");
    if absent(spec, "rules") && default.is_none() {
        errors.invalid(
            &path,
            Value::Array(vec![]),
            "either `defaultBackend` or `rules` must be specified",
        );
    }
    if let Some(default) = default {
        backend(default, &path.child("defaultBackend"), errors);
    }
    let class = text(spec, "ingressClassName");
    if !class.is_empty() {
        errors.invalid_all(
            &path.child("ingressClassName"),
            class,
            names::dns_subdomain(class),
        );
    }
    let list = path.child("rules");
    for (index, rule) in items(spec, "rules").iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = list.index(index);
        host(text(rule, "host"), &path.child("host"), errors);
        let Some(http) = member(rule, "http") else {
            continue;
        };
        let http_path = path.child("http");
        let paths = http_path.child("paths");
        if absent(http, "paths") {
            errors.required(&paths, "");
        }
        for (index, one) in items(http, "paths").iter().enumerate() {
            if errors.full() {
                return;
            }
            ingress_path(one, &paths.index(index), errors);
        }
    }
    let list = path.child("tls");
    for (index, tls) in items(spec, "tls").iter().enumerate() {
        let path = list.index(index);
        let hosts = path.child("hosts");
        for (index, name) in texts(tls, "hosts").enumerate() {
            host(name, &hosts.index(index), errors);
        }
        let secret = text(tls, "secretName");
        if !secret.is_empty() {
            errors.invalid_all(
                &path.child("secretName"),
                secret,
                names::dns_subdomain(secret),
            );
        }
    }
}

fn host(name: &str, path: &Path<'_>, errors: &mut Errors) {
    if name.is_empty() {
        return;
    }
    if name.parse::<IpAddr>().is_ok() {
        errors.invalid(path, name, "must be a DNS name, not an IP address");
    }
    let faults = if name.contains('*') {
        names::wildcard_subdomain(name)
    } else {
        names::dns_subdomain(name)
    };
    errors.invalid_all(path, name, faults);
}

fn ingress_path(one: &Value, path: &Path<'_>, errors: &mut Errors) {
    let value = text(one, "path");
    let at = path.child("path");
    let kind = text(one, "pathType");
    let known = ["Exact", "ImplementationSpecific", "Prefix"];
    match kind {
        "" => {
            errors.required(&path.child("pathType"), "pathType must be specified");
            return;
        }
        "Exact" | "Prefix" => {
            if !value.starts_with('/') {
                errors.invalid(&at, value, "must be an absolute path");
            }
            for bad in ["//", "/./", "/../", "%2f", "%2F"] {
                if value.contains(bad) {
                    errors.invalid(&at, value, format!("must not contain '{bad}'"));
                }
            }
            for bad in ["/..", "/."] {
                if value.ends_with(bad) {
                    errors.invalid(&at, value, format!("cannot end with '{bad}'"));
                }
            }
        }
        "ImplementationSpecific" => {
            if !value.is_empty() && !value.starts_with('/') {
                errors.invalid(&at, value, "must be an absolute path");
            }
        }
        other => errors.not_supported(&path.child("pathType"), other, &known),
    }
    let null = Value::Null;
    backend(
        one.get("backend").unwrap_or(&null),
        &path.child("backend"),
        errors,
    );
}

fn backend(backend: &Value, path: &Path<'_>, errors: &mut Errors) {
    let service = member(backend, "service");
    match (service, member(backend, "resource")) {
        (Some(_), Some(_)) => {
            errors.invalid(path, "", "cannot set both resource and service backends");
            return;
        }
        (None, None) => errors.invalid(path, "", "resource or service backend is required"),
        _ => {}
    }
    let Some(service) = service else {
        return;
    };
    let at = path.child("service");
    let name = text(service, "name");
    if name.is_empty() {
        errors.required(&at.child("name"), "");
    } else {
        errors.invalid_all(&at.child("name"), name, names::dns1035_label(name));
    }
    let port = service.get("port").unwrap_or(&Value::Null);
    let at = at.child("port");
    let (label, own) = (text(port, "name"), number(port, "number").unwrap_or(0));
    match (label.is_empty(), own == 0) {
        (false, false) => errors.invalid(path, "", "cannot set both port name & port number"),
        (true, true) => errors.required(path, "port name or number is required"),
        (false, true) => errors.invalid_all(&at.child("name"), label, names::port_name(label)),
        (true, false) => {
            for fault in names::port_number(own) {
                errors.invalid(&at.child("number"), own, fault);
            }
        }
    }
}

pub fn class(object: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let controller = text_at(object, &["spec", "controller"]);
    let at = path.child("controller");
    if controller.len() > 250 {
        errors.too_long(&at, 250);
    }
    match controller.split_once('/') {
        _ if controller.is_empty() => errors.required(&at, ""),
        Some((domain, rest)) if !domain.is_empty() && !rest.is_empty() => {
            errors.invalid_all(&at, domain, names::dns_subdomain(domain));
        }
        _ => errors.invalid(
            &at,
            controller,
            "must be a domain-prefixed path (such as \"acme.io/foo\")",
        ),
    }
    if let Some(parameters) = crate::view::at(object, &["spec", "parameters"]) {
        class_parameters(parameters, &path.child("parameters"), errors);
    }
}

/// What a class refers to for its controller.
fn class_parameters(parameters: &Value, path: &Path<'_>, errors: &mut Errors) {
    let group = text(parameters, "apiGroup");
    if !group.is_empty() {
        let faults = names::dns_subdomain(group);
        errors.invalid_all(&path.child("apiGroup"), group, faults);
    }
    for name in ["kind", "name"] {
        let value = text(parameters, name);
        let at = path.child(name);
        if value.is_empty() {
            errors.required(&at, &format!("{name} is required"));
        } else {
            errors.invalid_all(&at, value, names::path_segment(value));
        }
    }
    let (scope, namespace) = (text(parameters, "scope"), text(parameters, "namespace"));
    let at = path.child("namespace");
    match (scope, namespace) {
        ("Namespace", "") => errors.required(&at, "`parameters.scope` is set to 'Namespace'"),
        ("Namespace", namespace) => {
            errors.invalid_all(&at, namespace, names::dns_label(namespace));
        }
        ("Cluster", "") => {}
        ("Cluster", _) => errors.forbidden(&at, "`parameters.scope` is set to 'Cluster'"),
        (scope, _) => {
            errors.not_supported(&path.child("scope"), scope, &["Cluster", "Namespace"]);
        }
    }
}

pub fn class_change(new: &Value, old: &Value, errors: &mut Errors) {
    let field = ["spec", "controller"];
    let (new, old) = (crate::view::at(new, &field), crate::view::at(old, &field));
    if new != old {
        errors.immutable(&Path::root("spec").child("controller"), new);
    }
}

pub fn policy(object: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let spec = object.get("spec").unwrap_or(&Value::Null);
    meta::selector(
        member(spec, "podSelector"),
        &path.child("podSelector"),
        errors,
    );
    for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
        let list = path.child(rules);
        for (index, rule) in items(spec, rules).iter().enumerate() {
            if errors.full() {
                return;
            }
            let path = list.index(index);
            let ports = path.child("ports");
            for (index, port) in items(rule, "ports").iter().enumerate() {
                policy_port(port, &ports.index(index), errors);
            }
            let all = path.child(peers);
            for (index, one) in items(rule, peers).iter().enumerate() {
                peer(one, &all.index(index), errors);
            }
        }
    }
    let types = path.child("policyTypes");
    let all = items(spec, "policyTypes");
    if all.len() > 2 {
        errors.invalid(
            &types,
            spec["policyTypes"].clone(),
            "may not specify more than two policyTypes",
        );
        return;
    }
    for (index, kind) in texts(spec, "policyTypes").enumerate() {
        if !matches!(kind, "Ingress" | "Egress") {
            errors.not_supported(&types.index(index), kind, &["Ingress", "Egress"]);
        }
    }
}

const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];

fn policy_port(port: &Value, path: &Path<'_>, errors: &mut Errors) {
    let protocol = text(port, "protocol");
    if member(port, "protocol").is_some() && !PROTOCOLS.contains(&protocol) {
        errors.not_supported(&path.child("protocol"), protocol, &PROTOCOLS);
    }
    let own = member(port, "port");
    if own.is_some() {
        handler::port(own, &path.child("port"), errors);
    }
    let Some(end) = number(port, "endPort") else {
        return;
    };
    let at = path.child("endPort");
    match own {
        Some(Value::Number(first)) => {
            let first = first.as_i64().unwrap_or(0);
            if end < first {
                // Upstream shows the first port here.
                errors.invalid(&at, first, "must be greater than or equal to `port`");
            }
            for fault in names::port_number(end) {
                errors.invalid(&at, end, fault);
            }
        }
        Some(_) => errors.invalid(&at, end, "may not be specified when `port` is non-numeric"),
        None => errors.invalid(
            &at,
            end,
            "may not be specified when `port` is not specified",
        ),
    }
}

fn peer(peer: &Value, path: &Path<'_>, errors: &mut Errors) {
    let mut kinds = 0;
    for name in ["podSelector", "namespaceSelector"] {
        if let Some(selector) = member(peer, name) {
            kinds += 1;
            meta::selector(Some(selector), &path.child(name), errors);
        }
    }
    let block = member(peer, "ipBlock");
    match (kinds, block) {
        (0, None) => errors.required(path, "must specify a peer"),
        (_, Some(_)) if kinds > 0 => {
            errors.forbidden(path, "may not specify both ipBlock and another peer")
        }
        _ => {}
    }
    let Some(block) = block else {
        return;
    };
    let path = path.child("ipBlock");
    let cidr = text(block, "cidr");
    if cidr.is_empty() {
        errors.required(&path.child("cidr"), "");
        return;
    }
    errors.invalid_all(&path.child("cidr"), cidr, names::cidr(cidr));
    let whole = cidr.parse::<ipnet::IpNet>().ok();
    let list = path.child("except");
    for (index, except) in texts(block, "except").enumerate() {
        let at = list.index(index);
        errors.invalid_all(&at, except, names::cidr(except));
        if let (Some(whole), Ok(part)) = (whole, except.parse::<ipnet::IpNet>())
            && (!whole.contains(&part) || whole == part)
        {
            errors.invalid(&at, except, "must be a strict subset of `cidr`");
        }
    }
}
