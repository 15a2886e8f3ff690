//! What pods use: what their containers request and are limited to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wharf_base::Timestamp;

use super::{Amounts, add, amounts};
use crate::{
    quantity::Quantity,
    view::{items, number_at, text, text_at},
};

/// What each container has to say if a quota limits it.
const TO_BE_SAID: [&str; 6] = [
    "cpu",
    "memory",
    "requests.cpu",
    "requests.memory",
    "limits.cpu",
    "limits.memory",
];
const HUGE_PAGES: &str = "hugepages-";

fn is_common(name: &str) -> bool {
    ["cpu", "memory", "ephemeral-storage"].contains(&name)
}

/// What a pod may have as a whole.
pub fn is_of_pods(resource: &str) -> bool {
    ["cpu", "memory"].contains(&resource) || resource.starts_with(HUGE_PAGES)
}

/// A name with a domain that is not Kubernetes's own: devices.
fn is_extended(name: &str) -> bool {
    name.split_once('/')
        .is_some_and(|(domain, _)| domain != "kubernetes.io" && !domain.ends_with(".kubernetes.io"))
}

pub fn may_use(name: &str) -> bool {
    if let Some(bare) = name.strip_prefix("requests.") {
        return is_common(bare) || bare.starts_with(HUGE_PAGES) || is_extended(bare);
    }
    match name.strip_prefix("limits.") {
        Some(bare) => is_common(bare),
        None => name == "pods" || is_common(name) || name.starts_with(HUGE_PAGES),
    }
}

/// Amounts of containers by the names that quotas have for them.
fn named(requests: &Amounts, limits: &Amounts) -> Amounts {
    let mut all = Amounts::new();
    for (name, amount) in requests {
        if is_common(name) || name.starts_with(HUGE_PAGES) {
            all.insert(name.clone(), *amount);
            all.insert(format!("requests.{name}"), *amount);
        } else if is_extended(name) {
            all.insert(format!("requests.{name}"), *amount);
        }
    }
    for (name, amount) in limits.iter().filter(|(name, _)| is_common(name)) {
        all.insert(format!("limits.{name}"), *amount);
    }
    all
}

fn at_least(sum: &mut Amounts, other: &Amounts) {
    for (name, amount) in other {
        let known = sum.entry(name.clone()).or_insert(*amount);
        *known = (*known).max(*amount);
    }
}

/// What the containers of a pod need at their most: all together, or what one that runs before them needs beside the sidecars before it.
pub fn of_containers(spec: &Value, kind: &str) -> Amounts {
    let of = |container: &Value| amounts(container, &["resources", kind]);
    let mut sum = Amounts::new();
    for container in items(spec, "containers") {
        add(&mut sum, &of(container));
    }
    let (mut sidecars, mut most) = (Amounts::new(), Amounts::new());
    for container in items(spec, "initContainers") {
        let mut now = of(container);
        if text(container, "restartPolicy") == "Always" {
            add(&mut sum, &now);
            add(&mut sidecars, &now);
            now = sidecars.clone();
        } else {
            add(&mut now, &sidecars);
        }
        at_least(&mut most, &now);
    }
    at_least(&mut sum, &most);
    sum
}

/// The same of the pod: what it says as a whole stands above what its containers say.
pub fn of_pod(spec: &Value, kind: &str) -> Amounts {
    let mut sum = of_containers(spec, kind);
    sum.extend(amounts(spec, &["resources", kind]));
    sum
}

/// The same with what the pod needs beside its containers.
pub fn needs(pod: &Value, kind: &str) -> Amounts {
    let mut sum = of_pod(&pod["spec"], kind);
    // Overhead is on top of limits that are there.
    let mut overhead = amounts(pod, &["spec", "overhead"]);
    if kind == "limits" {
        overhead.retain(|name, _| sum.contains_key(name));
    }
    add(&mut sum, &overhead);
    sum
}

/// Whether a pod has come to its end, or should have.
fn is_over(pod: &Value, now: i64) -> bool {
    if ["Succeeded", "Failed"].contains(&text_at(pod, &["status", "phase"])) {
        return true;
    }
    let deletion = text_at(pod, &["metadata", "deletionTimestamp"]);
    let Some(deletion) = Timestamp::parse_iso8601(deletion) else {
        return false;
    };
    let grace = number_at(pod, &["metadata", "deletionGracePeriodSeconds"]).unwrap_or_default();
    now > deletion.millis().saturating_add(grace.saturating_mul(1000))
}

pub fn usage(pod: &Value, now: i64, used: &mut Amounts) {
    if is_over(pod, now) {
        return;
    }
    used.insert("pods".to_owned(), Quantity::from_units(1));
    used.extend(named(&needs(pod, "requests"), &needs(pod, "limits")));
}

pub fn unsaid<'a>(pod: &Value, hard: impl Iterator<Item = &'a str>) -> Option<String> {
    // What a pod says as a whole need not be said of each of its containers.
    let says = |kind| !amounts(&pod["spec"], &["resources", kind]).is_empty();
    if says("requests") || says("limits") {
        return None;
    }
    let required: BTreeSet<&str> = hard.filter(|it| TO_BE_SAID.contains(it)).collect();
    let mut missing: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let lists = ["containers", "initContainers"];
    for container in lists.iter().flat_map(|it| items(&pod["spec"], it)) {
        let said = named(
            &amounts(container, &["resources", "requests"]),
            &amounts(container, &["resources", "limits"]),
        );
        for name in required.iter().filter(|it| !said.contains_key(**it)) {
            let containers = missing.entry(name).or_default();
            containers.insert(text(container, "name"));
        }
    }
    let all = missing.iter().map(|(name, containers)| {
        let containers: Vec<&str> = containers.iter().copied().collect();
        format!("{name} for: {}", containers.join(","))
    });
    let all: Vec<String> = all.collect();
    (!all.is_empty()).then(|| all.join("; "))
}
