//! Containers of all three lists: ports, variables, probes, hooks, resources, rights.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    env, handler, mounts,
    pod::{one_of, trimmed_image},
    resources, security,
    volume::Volumes,
};
use crate::{
    field::{Errors, Path},
    names,
    view::{absent, items, member, number, text, text_at},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Main,
    Init,
    Ephemeral,
}

impl Role {
    const fn list(self) -> &'static str {
        match self {
            Self::Main => "containers",
            Self::Init => "initContainers",
            Self::Ephemeral => "ephemeralContainers",
        }
    }
}

pub fn all(spec: &Value, path: &Path<'_>, errors: &mut Errors, volumes: &Volumes<'_>) {
    if absent(spec, "containers") {
        errors.required(&path.child("containers"), "");
    }
    for role in [Role::Main, Role::Init, Role::Ephemeral] {
        list(spec, role, path, errors, volumes);
    }
}

/// One of the lists of a pod. Names are unique over all of them.
pub fn list(spec: &Value, role: Role, path: &Path<'_>, errors: &mut Errors, volumes: &Volumes<'_>) {
    let path = path.child(role.list());
    let names_of = |list: &str| items(spec, list).iter().map(|one| text(one, "name"));
    let mut taken: HashSet<&str> = HashSet::new();
    if role != Role::Main {
        taken.extend(names_of("containers"));
    }
    if role == Role::Ephemeral {
        taken.extend(names_of("initContainers"));
    }
    let mut host_ports = HashSet::new();
    for (index, one) in items(spec, role.list()).iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = path.index(index);
        let name = text(one, "name");
        if role == Role::Ephemeral {
            let target = text(one, "targetContainerName");
            if !target.is_empty() && !taken.contains(target) {
                errors.not_found(&path.child("targetContainerName"), target);
            }
        }
        common(one, &path, errors, volumes);
        let restart = text(spec, "restartPolicy");
        resize_policies(one, restart, &path.child("resizePolicy"), errors);
        if !name.is_empty() && !taken.insert(name) {
            errors.duplicate(&path.child("name"), name);
        }
        if role == Role::Ephemeral {
            trimmed_image(one, &path, errors);
            bare(one, &path, errors);
            continue;
        }
        running(one, spec, role, &path, errors);
        // Init containers run one after the other, unless they stay beside the others.
        if role == Role::Init {
            host_ports.clear();
        }
        unique_host_ports(one, &path, errors, &mut host_ports);
    }
}

fn common(container: &Value, path: &Path<'_>, errors: &mut Errors, volumes: &Volumes<'_>) {
    let name = text(container, "name");
    if name.is_empty() {
        errors.required(&path.child("name"), "");
    } else {
        errors.invalid_all(&path.child("name"), name, names::dns_label(name));
    }
    if text(container, "image").is_empty() {
        errors.required(&path.child("image"), "");
    }
    one_of(
        container,
        "terminationMessagePolicy",
        &["FallbackToLogsOnError", "File"],
        path,
        errors,
    );
    ports(container, &path.child("ports"), errors);
    env::variables(container, path, errors);
    mounts::mounts(container, path, errors, volumes);
    one_of(
        container,
        "imagePullPolicy",
        &["Always", "IfNotPresent", "Never"],
        path,
        errors,
    );
    if let Some(body) = member(container, "resources") {
        resources::resources(body, &path.child("resources"), errors);
    }
    if let Some(context) = member(container, "securityContext") {
        security::container(context, &path.child("securityContext"), errors);
    }
}

/// Whether a container begins again when it gets other resources.
fn resize_policies(container: &Value, restart: &str, path: &Path<'_>, errors: &mut Errors) {
    let check = |value: &str, known: &[&str], errors: &mut Errors| {
        if value.is_empty() {
            errors.required(path, "");
        } else if !known.contains(&value) {
            errors.not_supported(path, value, known);
        }
    };
    let mut seen = HashSet::new();
    for (index, policy) in items(container, "resizePolicy").iter().enumerate() {
        if errors.full() {
            return;
        }
        let name = text(policy, "resourceName");
        if !seen.insert(name) {
            errors.duplicate(&path.index(index), name);
        }
        check(name, &["cpu", "memory"], errors);
        let wanted = text(policy, "restartPolicy");
        check(wanted, &["NotRequired", "RestartContainer"], errors);
        if restart == "Never" && wanted != "NotRequired" {
            errors.invalid(
                path,
                wanted,
                "must be 'NotRequired' when `restartPolicy` is 'Never'",
            );
        }
    }
}

/// Probes, hooks and restarts: for containers that go on running.
fn running(container: &Value, spec: &Value, role: Role, path: &Path<'_>, errors: &mut Errors) {
    let restart = text(container, "restartPolicy");
    let stays = role == Role::Main || restart == "Always";
    match role {
        Role::Main if !restart.is_empty() => errors.forbidden(
            &path.child("restartPolicy"),
            "may not be set for non-init containers",
        ),
        Role::Init if !restart.is_empty() && restart != "Always" => {
            errors.not_supported(&path.child("restartPolicy"), restart, &["Always"]);
        }
        _ => {}
    }
    // The policy of the pod decides about each container, and of those that stay it is that they are there.
    if !absent(container, "restartPolicyRules") {
        errors.forbidden(
            &path.child("restartPolicyRules"),
            "rules of restarts are not supported by this server",
        );
    }
    const PARTS: [&str; 4] = [
        "lifecycle",
        "livenessProbe",
        "readinessProbe",
        "startupProbe",
    ];
    if !stays {
        for name in PARTS {
            if member(container, name).is_some() {
                errors.forbidden(
                    &path.child(name),
                    "may not be set for init containers without restartPolicy=Always",
                );
            }
        }
        return;
    }
    if let Some(lifecycle) = member(container, "lifecycle") {
        let path = path.child("lifecycle");
        let grace = number(spec, "terminationGracePeriodSeconds");
        for name in ["postStart", "preStop"] {
            if let Some(hook) = member(lifecycle, name) {
                handler::handler(hook, &path.child(name), errors, "sleep", grace);
            }
        }
        if let Some(signal) = member(lifecycle, "stopSignal") {
            let os = text_at(spec, &["os", "name"]);
            let signal = signal.as_str().unwrap_or_default();
            handler::stop_signal(signal, os, &path.child("stopSignal"), errors);
        }
    }
    for name in &PARTS[1..] {
        if let Some(body) = member(container, name) {
            handler::probe(body, name, &path.child(name), errors);
        }
    }
}

fn ports(container: &Value, path: &Path<'_>, errors: &mut Errors) {
    let mut seen = HashSet::new();
    for (index, port) in items(container, "ports").iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = path.index(index);
        let name = text(port, "name");
        if !name.is_empty() {
            let faults = names::port_name(name);
            if !faults.is_empty() {
                errors.invalid_all(&path.child("name"), name, faults);
            } else if !seen.insert(name) {
                errors.duplicate(&path.child("name"), name);
            }
        }
        let own = number(port, "containerPort").unwrap_or(0);
        if own == 0 {
            errors.required(&path.child("containerPort"), "");
        }
        for (name, value) in [
            ("containerPort", own),
            ("hostPort", number(port, "hostPort").unwrap_or(0)),
        ] {
            if value != 0 {
                for fault in names::port_number(value) {
                    errors.invalid(&path.child(name), value, fault);
                }
            }
        }
        one_of(port, "protocol", &["SCTP", "TCP", "UDP"], &path, errors);
    }
}

fn unique_host_ports(
    container: &Value,
    path: &Path<'_>,
    errors: &mut Errors,
    seen: &mut HashSet<String>,
) {
    let path = path.child("ports");
    for (index, port) in items(container, "ports").iter().enumerate() {
        let Some(host) = number(port, "hostPort").filter(|host| *host != 0) else {
            continue;
        };
        let key = format!("{}/{}/{host}", text(port, "protocol"), text(port, "hostIP"));
        if seen.contains(&key) {
            errors.duplicate(&path.index(index).child("hostPort"), key);
        } else {
            seen.insert(key);
        }
    }
}

/// An ephemeral container is there to look: it serves nobody and has no share of its own.
fn bare(container: &Value, path: &Path<'_>, errors: &mut Errors) {
    for name in [
        "ports",
        "lifecycle",
        "livenessProbe",
        "readinessProbe",
        "startupProbe",
        "resizePolicy",
        "restartPolicy",
        "restartPolicyRules",
    ] {
        if !absent(container, name) {
            errors.forbidden(
                &path.child(name),
                "cannot be set for an Ephemeral Container",
            );
        }
    }
    // Where they are mounted stays until the pod ends.
    let list = path.child("volumeMounts");
    for (index, mount) in items(container, "volumeMounts").iter().enumerate() {
        for name in ["subPath", "subPathExpr"] {
            if !text(mount, name).is_empty() {
                errors.forbidden(
                    &list.index(index).child(name),
                    "cannot be set for an Ephemeral Container",
                );
            }
        }
    }
    let resources = member(container, "resources").and_then(Value::as_object);
    if resources.is_some_and(|resources| !resources.is_empty()) {
        errors.forbidden(
            &path.child("resources"),
            "cannot be set for an Ephemeral Container",
        );
    }
}
