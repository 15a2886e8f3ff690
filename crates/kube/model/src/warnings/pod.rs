//! Warnings of pods and of their templates.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{Warnings, claim, fraction};
use crate::{
    field::{Path, quoted},
    view::{CONTAINER_LISTS, absent, at, items, map, member, number, text},
};

const SECCOMP: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_OF_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
const NO_SECCOMP: &str = r#"non-functional in v1.27+; use the "seccompProfile" field instead"#;
const NO_APP_ARMOR: &str = r#"deprecated since v1.30; use the "appArmorProfile" field instead"#;
const NO_SELECTOR: &str = "a null labelSelector results in matching no pod";
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

const OLD_LABELS: [(&str, &str); 5] = [
    (
        "beta.kubernetes.io/arch",
        r#"deprecated since v1.14; use "kubernetes.io/arch" instead"#,
    ),
    (
        "beta.kubernetes.io/os",
        r#"deprecated since v1.14; use "kubernetes.io/os" instead"#,
    ),
    (
        "failure-domain.beta.kubernetes.io/region",
        r#"deprecated since v1.17; use "topology.kubernetes.io/region" instead"#,
    ),
    (
        "failure-domain.beta.kubernetes.io/zone",
        r#"deprecated since v1.17; use "topology.kubernetes.io/zone" instead"#,
    ),
    (
        "beta.kubernetes.io/instance-type",
        r#"deprecated since v1.17; use "node.kubernetes.io/instance-type" instead"#,
    ),
];

const OLD_ANNOTATIONS: [(&str, &str); 3] = [
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        r#"non-functional in v1.16+; use the "priorityClassName" field instead"#,
    ),
    (
        "security.alpha.kubernetes.io/sysctls",
        r#"non-functional in v1.11+; use the "sysctls" field instead"#,
    ),
    (
        "security.alpha.kubernetes.io/unsafe-sysctls",
        r#"non-functional in v1.11+; use the "sysctls" field instead"#,
    ),
];

/// The members of volumes, how upstream calls them in texts, and what it says.
const OLD_VOLUMES: [(&str, &str, &str); 9] = [
    (
        "photonPersistentDisk",
        "photonPersistentDisk",
        "deprecated in v1.11, non-functional in v1.16+",
    ),
    (
        "gitRepo",
        "gitRepo",
        "deprecated in v1.11, and disabled by default in v1.33+",
    ),
    (
        "scaleIO",
        "scaleIO",
        "deprecated in v1.16, non-functional in v1.22+",
    ),
    (
        "flocker",
        "flocker",
        "deprecated in v1.22, non-functional in v1.25+",
    ),
    (
        "storageos",
        "storageOS",
        "deprecated in v1.22, non-functional in v1.25+",
    ),
    (
        "quobyte",
        "quobyte",
        "deprecated in v1.22, non-functional in v1.25+",
    ),
    (
        "glusterfs",
        "glusterfs",
        "deprecated in v1.25, non-functional in v1.26+",
    ),
    (
        "cephfs",
        "cephfs",
        "deprecated in v1.28, non-functional in v1.31+",
    ),
    (
        "rbd",
        "rbd",
        "deprecated in v1.28, non-functional in v1.31+",
    ),
];

pub(super) fn pod(pod: &Value, warnings: &mut Warnings) {
    parts(pod, &Path::root("spec"), &Path::root("metadata"), warnings);
}

/// The member `template` of an object, at `path`.
pub(super) fn template(owner: &Value, path: &Path<'_>, warnings: &mut Warnings) {
    if let Some(template) = member(owner, "template") {
        let (spec, metadata) = (path.child("spec"), path.child("metadata"));
        parts(template, &spec, &metadata, warnings);
    }
}

fn parts(pod: &Value, path: &Path<'_>, metadata: &Path<'_>, warnings: &mut Warnings) {
    let spec = pod.get("spec").unwrap_or(&Value::Null);
    let annotations = metadata.child("annotations");
    let annotations = Annotations {
        all: pod.get("metadata").and_then(|it| map(it, "annotations")),
        path: &annotations,
    };
    placement(spec, path, warnings);
    for (key, why) in OLD_ANNOTATIONS {
        annotations.warn(key, why, warnings);
    }
    volumes(spec, &path.child("volumes"), warnings);
    named_twice(spec, path, warnings);
    if let Some(overhead) = member(spec, "overhead") {
        let path = path.child("overhead");
        for name in ["memory", "ephemeral-storage"] {
            fraction(overhead.get(name), &path.key(name), warnings);
        }
    }
    let confined =
        |owner: &Value, profile: &str| at(owner, &["securityContext", profile]).is_some();
    if !confined(spec, "seccompProfile") {
        annotations.warn(SECCOMP, NO_SECCOMP, warnings);
    }
    for list in CONTAINER_LISTS {
        let path = path.child(list);
        for (index, container) in items(spec, list).iter().enumerate() {
            if annotations.all.is_some() {
                let name = text(container, "name");
                if !confined(container, "seccompProfile") {
                    let key = format!("{SECCOMP_OF_CONTAINER}{name}");
                    annotations.warn(&key, NO_SECCOMP, warnings);
                }
                if !confined(spec, "appArmorProfile") && !confined(container, "appArmorProfile") {
                    annotations.warn(&format!("{APP_ARMOR}{name}"), NO_APP_ARMOR, warnings);
                }
            }
            self::container(container, &path.index(index), warnings);
        }
    }
    ports(spec, path, warnings);
    if number(spec, "terminationGracePeriodSeconds").is_some_and(|it| it < 0) {
        warnings.push(
            &path.child("terminationGracePeriodSeconds"),
            "must be >= 0; negative values are invalid and will be treated as 1",
        );
    }
    beside_pods(spec, path, warnings);
}

struct Annotations<'a> {
    all: Option<&'a serde_json::Map<String, Value>>,
    path: &'a Path<'a>,
}

impl Annotations<'_> {
    fn warn(&self, key: &str, why: &str, warnings: &mut Warnings) {
        if self.all.is_some_and(|all| all.contains_key(key)) {
            warnings.push(&self.path.key(key), why);
        }
    }
}

fn old_label(key: &str) -> Option<&'static str> {
    let mut all = OLD_LABELS.into_iter();
    all.find_map(|(old, why)| (old == key).then_some(why))
}

/// Labels of nodes that have other names by now, and topologies that spread no pods.
fn placement(spec: &Value, path: &Path<'_>, warnings: &mut Warnings) {
    let selector = path.child("nodeSelector");
    for key in map(spec, "nodeSelector")
        .into_iter()
        .flat_map(|it| it.keys())
    {
        if let Some(why) = old_label(key) {
            warnings.push(&selector.key(key), why);
        }
    }
    if let Some(affinity) = at(spec, &["affinity", "nodeAffinity"]) {
        let path = path.child("affinity");
        let path = path.child("nodeAffinity");
        let required = path.child(REQUIRED);
        let terms = required.child("nodeSelectorTerms");
        let wanted = affinity.get(REQUIRED).unwrap_or(&Value::Null);
        for (index, term) in items(wanted, "nodeSelectorTerms").iter().enumerate() {
            node_term(term, &terms.index(index), warnings);
        }
        let preferred = path.child(PREFERRED);
        for (index, weighted) in items(affinity, PREFERRED).iter().enumerate() {
            if let Some(term) = weighted.get("preference") {
                let at = preferred.index(index);
                node_term(term, &at.child("preference"), warnings);
            }
        }
    }
    let constraints = path.child("topologySpreadConstraints");
    for (index, one) in items(spec, "topologySpreadConstraints").iter().enumerate() {
        let path = constraints.index(index);
        let key = text(one, "topologyKey");
        if let Some(why) = old_label(key) {
            warnings.push(&path.child("topologyKey"), format!("{key} is {why}"));
        }
        if member(one, "labelSelector").is_none() {
            warnings.push(&path.child("labelSelector"), NO_SELECTOR);
        }
    }
}

fn node_term(term: &Value, path: &Path<'_>, warnings: &mut Warnings) {
    let path = path.child("matchExpressions");
    for (index, expression) in items(term, "matchExpressions").iter().enumerate() {
        let key = text(expression, "key");
        if let Some(why) = old_label(key) {
            let at = path.index(index);
            warnings.push(&at.child("key"), format!("{key} is {why}"));
        }
    }
}

/// Terms about pods that choose none.
fn beside_pods(spec: &Value, path: &Path<'_>, warnings: &mut Warnings) {
    let path = path.child("affinity");
    for kind in ["podAffinity", "podAntiAffinity"] {
        let Some(affinity) = at(spec, &["affinity", kind]) else {
            continue;
        };
        let path = path.child(kind);
        let required = path.child(REQUIRED);
        for (index, term) in items(affinity, REQUIRED).iter().enumerate() {
            if member(term, "labelSelector").is_none() {
                let at = required.index(index);
                warnings.push(&at.child("labelSelector"), NO_SELECTOR);
            }
        }
        let preferred = path.child(PREFERRED);
        for (index, weighted) in items(affinity, PREFERRED).iter().enumerate() {
            if at(weighted, &["podAffinityTerm", "labelSelector"]).is_none() {
                let at = preferred.index(index);
                let term = at.child("podAffinityTerm");
                warnings.push(&term.child("labelSelector"), NO_SELECTOR);
            }
        }
    }
}

fn volumes(spec: &Value, path: &Path<'_>, warnings: &mut Warnings) {
    for (index, volume) in items(spec, "volumes").iter().enumerate() {
        let path = path.index(index);
        for (name, shown, why) in OLD_VOLUMES {
            if member(volume, name).is_some() {
                warnings.push(&path.child(shown), why);
            }
        }
        if let Some(wanted) = at(volume, &["ephemeral", "volumeClaimTemplate", "spec"]) {
            let path = path.child("ephemeral");
            let path = path.child("volumeClaimTemplate");
            claim(wanted, &path.child("spec"), warnings);
        }
    }
}

/// Lists whose items have a key that upstream never made unique.
fn named_twice(spec: &Value, path: &Path<'_>, warnings: &mut Warnings) {
    for (list, key) in [("hostAliases", "ip"), ("imagePullSecrets", "name")] {
        let path = path.child(list);
        let mut seen = HashSet::new();
        for (index, item) in items(spec, list).iter().enumerate() {
            let name = text(item, key);
            if !seen.insert(name) {
                let at = path.index(index);
                let why = format!("duplicate {key} {}", quoted(name));
                warnings.push(&at.child(key), why);
            }
        }
    }
    let path = path.child("imagePullSecrets");
    for (index, secret) in items(spec, "imagePullSecrets").iter().enumerate() {
        if absent(secret, "name") {
            let at = path.index(index);
            warnings.push(&at.child("name"), "invalid empty name \"\"");
        }
    }
}

fn container(container: &Value, path: &Path<'_>, warnings: &mut Warnings) {
    let resources = path.child("resources");
    for name in ["memory", "ephemeral-storage"] {
        for list in ["limits", "requests"] {
            let amount = at(container, &["resources", list, name]);
            fraction(amount, &resources.child(list).key(name), warnings);
        }
    }
    let path = path.child("env");
    let mut seen = HashSet::new();
    for (index, variable) in items(container, "env").iter().enumerate() {
        let name = text(variable, "name");
        if seen.insert(name) {
            continue;
        }
        // One that is made of the one before, and of more, is meant to be there twice.
        let (value, before) = (text(variable, "value"), format!("$({name})"));
        let is_made_of_it = value.contains(&before) && value != before;
        if member(variable, "valueFrom").is_some() || !is_made_of_it {
            let shown = quoted(name);
            warnings.push(
                &path.index(index),
                format!(
                    "hides previous definition of {shown}, which may be dropped when using apply"
                ),
            );
        }
    }
}

/// A port of a container as others are compared with it.
struct Port<'a> {
    host_ip: &'a str,
    host_port: i64,
    /// The list and the index of its container, and its own index.
    place: (&'static str, usize, usize),
}

/// With so many of the same number a port is compared: more of them would take time by their square.
const COMPARED: usize = 16;

fn ports(spec: &Value, path: &Path<'_>, warnings: &mut Warnings) {
    let mut known: HashMap<(i64, &str), Vec<Port<'_>>> = HashMap::new();
    for list in CONTAINER_LISTS {
        for (container, one) in items(spec, list).iter().enumerate() {
            for (index, port) in items(one, "ports").iter().enumerate() {
                if warnings.full() {
                    return;
                }
                let place = (list, container, index);
                let own = Port {
                    host_ip: text(port, "hostIP"),
                    host_port: number(port, "hostPort").unwrap_or(0),
                    place,
                };
                let number = number(port, "containerPort").unwrap_or(0);
                let protocol = text(port, "protocol");
                if !own.host_ip.is_empty() && own.host_port == 0 {
                    let why = format!(
                        "hostIP set without hostPort: {{Name:{} HostPort:0 ContainerPort:{number} Protocol:{protocol} HostIP:{}}}",
                        text(port, "name"),
                        own.host_ip
                    );
                    at_port(path, place, &mut |path| warnings.push(path, &why));
                }
                let others = known.entry((number, protocol)).or_default();
                for other in others.iter() {
                    if let Some(kind) = clash(&own, other) {
                        let mut beside = String::new();
                        at_port(path, other.place, &mut |path| beside = path.to_string());
                        let why = format!("{kind} port definition with {beside}");
                        at_port(path, place, &mut |path| warnings.push(path, &why));
                    }
                }
                if others.len() < COMPARED {
                    others.push(own);
                }
            }
        }
    }
}

/// Hands over the path of a port.
fn at_port(
    spec: &Path<'_>,
    (list, container, port): (&'static str, usize, usize),
    take: &mut dyn FnMut(&Path<'_>),
) {
    let list = spec.child(list);
    let container = list.index(container);
    take(&container.child("ports").index(port));
}

/// How two ports of the same number and protocol are in each other's way.
fn clash(own: &Port<'_>, other: &Port<'_>) -> Option<&'static str> {
    if (own.host_ip, own.host_port) == (other.host_ip, other.host_port) {
        return Some("duplicate");
    }
    if own.host_port == 0 || other.host_port == 0 {
        return Some("overlapping");
    }
    let is_one_open = own.host_ip.is_empty() != other.host_ip.is_empty();
    (own.host_port == other.host_port && is_one_open).then_some("dangerously ambiguous")
}
