//! Pods and the templates of pods.

use std::collections::HashSet;

use serde_json::Value;

use super::{annotations, container, meta, os, placement, resources, security, volume};
use crate::{
    field::{Errors, Path},
    names,
    view::{absent, flag, items, map, member, number, text, texts},
};

pub fn create(pod: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let spec = pod.get("spec").unwrap_or(&Value::Null);
    const MIRROR: &str = "kubernetes.io/config.mirror";
    if let Some(Value::String(given)) = pod["metadata"]["annotations"].get(MIRROR)
        && absent(spec, "nodeName")
    {
        let metadata = Path::root("metadata");
        let annotations = metadata.child("annotations");
        errors.invalid(
            &annotations.key(MIRROR),
            given.as_str(),
            "must set spec.nodeName if mirror pod annotation is set",
        );
    }
    whole(pod, errors);
    let metadata = Path::root("metadata");
    annotations::create(pod, &metadata.child("annotations"), errors);
    if !absent(spec, "ephemeralContainers") {
        errors.forbidden(
            &path.child("ephemeralContainers"),
            "cannot be set on create",
        );
    }
    if !absent(spec, "schedulingGates") && !absent(spec, "nodeName") {
        errors.forbidden(
            &path.child("nodeName"),
            "cannot be set until all schedulingGates have been cleared",
        );
    }
}

/// What holds for pods beyond what holds for templates.
pub fn whole(pod: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let spec = pod.get("spec").unwrap_or(&Value::Null);
    let name = text(pod.get("metadata").unwrap_or(&Value::Null), "name");
    self::spec(spec, &path, errors, Some(name));
    for list in ["containers", "initContainers"] {
        let path = path.child(list);
        for (index, one) in items(spec, list).iter().enumerate() {
            trimmed_image(one, &path.index(index), errors);
        }
    }
    if absent(spec, "serviceAccountName") {
        let volumes = path.child("volumes");
        for (index, volume) in items(spec, "volumes").iter().enumerate() {
            let at = volumes.index(index);
            let projected = volume.get("projected").unwrap_or(&Value::Null);
            let sources = at.child("projected");
            let sources = sources.child("sources");
            for (index, source) in items(projected, "sources").iter().enumerate() {
                if member(source, "serviceAccountToken").is_some() {
                    errors.forbidden(
                        &sources.index(index).child("serviceAccountToken"),
                        "must not be specified when serviceAccountName is not set",
                    );
                }
            }
        }
    }
}

pub fn trimmed_image(container: &Value, path: &Path<'_>, errors: &mut Errors) {
    let image = text(container, "image");
    if image.trim() != image {
        errors.invalid(
            &path.child("image"),
            image,
            "must not have leading or trailing whitespace",
        );
    }
}

/// A pod template: its labels, annotations and spec. It has no ephemeral containers.
pub fn template(template: Option<&Value>, path: &Path<'_>, errors: &mut Errors) {
    let template = template.unwrap_or(&Value::Null);
    let metadata = template.get("metadata").unwrap_or(&Value::Null);
    meta::labels(metadata, "labels", path, errors);
    meta::annotations(metadata, path, errors);
    annotations::create(template, &path.child("annotations"), errors);
    let spec = template.get("spec").unwrap_or(&Value::Null);
    let path = path.child("spec");
    self::spec(spec, &path, errors, None);
    if !absent(spec, "ephemeralContainers") {
        errors.forbidden(
            &path.child("ephemeralContainers"),
            "ephemeral containers not allowed in pod template",
        );
    }
}

/// `pod` is the name of the pod, none in a template.
fn spec(spec: &Value, path: &Path<'_>, errors: &mut Errors, pod: Option<&str>) {
    let volumes = volume::volumes(spec, &path.child("volumes"), errors, pod);
    container::all(spec, path, errors, &volumes);
    resources::of_pod(spec, path, errors);
    one_of(
        spec,
        "restartPolicy",
        &["Always", "OnFailure", "Never"],
        path,
        errors,
    );
    one_of(
        spec,
        "dnsPolicy",
        &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"],
        path,
        errors,
    );
    meta::labels(spec, "nodeSelector", path, errors);
    security::pod(spec, path, errors, pod.is_some());
    placement::affinity(spec, path, errors);
    dns(spec, path, errors);
    let gates = path.child("readinessGates");
    for (index, gate) in items(spec, "readinessGates").iter().enumerate() {
        let kind = text(gate, "conditionType");
        errors.invalid_all(
            &gates.index(index).child("conditionType"),
            kind,
            names::qualified_name(kind),
        );
    }
    scheduling_gates(spec, path, errors);
    placement::spread(spec, path, errors);
    for (name, rule) in [
        (
            "serviceAccountName",
            names::dns_subdomain as fn(&str) -> Vec<String>,
        ),
        ("nodeName", names::dns_subdomain),
        ("hostname", names::dns_label),
        ("subdomain", names::dns_label),
        ("priorityClassName", names::dns_subdomain),
        ("runtimeClassName", names::dns_subdomain),
    ] {
        let value = text(spec, name);
        if !value.is_empty() {
            errors.invalid_all(&path.child(name), value, rule(value));
        }
    }
    hostname_override(spec, path, errors);
    if let Some(seconds) = number(spec, "activeDeadlineSeconds")
        && !(1..=i64::from(i32::MAX)).contains(&seconds)
    {
        errors.invalid(
            &path.child("activeDeadlineSeconds"),
            seconds,
            names::not_between(1, i32::MAX.into()),
        );
    }
    placement::tolerations(spec, path, errors);
    host_aliases(spec, path, errors);
    if member(spec, "preemptionPolicy").is_some() {
        one_of(
            spec,
            "preemptionPolicy",
            &["PreemptLowerPriority", "Never"],
            path,
            errors,
        );
    }
    if let Some(overhead) = map(spec, "overhead") {
        let path = path.child("overhead");
        let path = path.child("limits");
        for (name, amount) in overhead {
            resources::resource(name, amount, &path.key(name), errors);
        }
    }
    os::os(spec, path, errors);
}

/// A required member that is one of few texts.
pub fn one_of(owner: &Value, name: &str, supported: &[&str], path: &Path<'_>, errors: &mut Errors) {
    if text(owner, name).is_empty() {
        errors.required(&path.child(name), "");
    }
    one_of_if_told(owner, name, supported, path, errors);
}

/// The same of one that may be left out.
pub fn one_of_if_told(
    owner: &Value,
    name: &str,
    supported: &[&str],
    path: &Path<'_>,
    errors: &mut Errors,
) {
    let value = text(owner, name);
    if !value.is_empty() && !supported.contains(&value) {
        errors.not_supported(&path.child(name), value, supported);
    }
}

/// A name that a pod has whatever its others are.
fn hostname_override(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    /// Of the kernel's.
    const LONGEST: usize = 64;
    let name = text(spec, "hostnameOverride");
    if name.is_empty() {
        return;
    }
    let at = path.child("hostnameOverride");
    errors.invalid_all(&at, name, names::dns_subdomain(name));
    if name.len() > LONGEST {
        errors.too_long(&at, LONGEST);
    }
    for other in ["hostNetwork", "setHostnameAsFQDN"] {
        if flag(spec, other) == Some(true) {
            errors.forbidden(&at, format!("may not be set when `{other}` is true"));
        }
    }
}

fn scheduling_gates(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let path = path.child("schedulingGates");
    let mut seen = HashSet::new();
    for (index, gate) in items(spec, "schedulingGates").iter().enumerate() {
        let path = path.index(index);
        let name = text(gate, "name");
        errors.invalid_all(&path, name, names::qualified_name(name));
        if !seen.insert(name) {
            errors.duplicate(&path, name);
        }
    }
}

fn host_aliases(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let path = path.child("hostAliases");
    for (index, alias) in items(spec, "hostAliases").iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = path.index(index);
        let ip = text(alias, "ip");
        errors.invalid_all(&path.child("ip"), ip, names::ip(ip));
        let hostnames = path.child("hostnames");
        for (index, name) in texts(alias, "hostnames").enumerate() {
            let faults = names::dns_subdomain(name);
            errors.invalid_all(&hostnames.index(index), name, faults);
        }
    }
}

fn dns(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    const SERVERS: usize = 3;
    const SEARCHES: usize = 32;
    const LONGEST: usize = 2048;
    let path = path.child("dnsConfig");
    let config = member(spec, "dnsConfig");
    let servers = path.child("nameservers");
    if text(spec, "dnsPolicy") == "None" {
        let Some(config) = config else {
            errors.required(&path, "must provide `dnsConfig` when `dnsPolicy` is None");
            return;
        };
        if absent(config, "nameservers") {
            errors.required(
                &servers,
                "must provide at least one DNS nameserver when `dnsPolicy` is None",
            );
            return;
        }
    }
    let Some(config) = config else {
        return;
    };
    if items(config, "nameservers").len() > SERVERS {
        errors.invalid(
            &servers,
            config["nameservers"].clone(),
            format!("must not have more than {SERVERS} nameservers"),
        );
    }
    for (index, server) in texts(config, "nameservers").enumerate() {
        errors.invalid_all(&servers.index(index), server, names::ip(server));
    }
    let searches = path.child("searches");
    if items(config, "searches").len() > SEARCHES {
        errors.invalid(
            &searches,
            config["searches"].clone(),
            format!("must not have more than {SEARCHES} search paths"),
        );
    }
    let length: usize = texts(config, "searches").map(|one| one.len() + 1).sum();
    if length > LONGEST + 1 {
        errors.invalid(
            &searches,
            config["searches"].clone(),
            format!(
                "must not have more than {LONGEST} characters (including spaces) in the search list"
            ),
        );
    }
    for (index, search) in texts(config, "searches").enumerate() {
        if errors.full() {
            return;
        }
        if search != "." {
            let bare = search.strip_suffix('.').unwrap_or(search);
            let faults = names::dns_subdomain_with_underscores(bare);
            errors.invalid_all(&searches.index(index), bare, faults);
        }
    }
    let options = path.child("options");
    for (index, option) in items(config, "options").iter().enumerate() {
        if text(option, "name").is_empty() {
            errors.required(&options.index(index), "must not be empty");
        }
    }
}
