//! What a DaemonSet needs: pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use serde_json::{Map, Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::{Object, Ref, kind};
use wharf_kube_model::{
    node_selector,
    taint::{Taint, Toleration},
};

use crate::{
    bounds::bound,
    history::HASH_LABEL,
    pods::{available_in, is_ready, of_template},
    runtime::sooner,
};

/// Taints that every daemon pod puts up with: what it is for often is to change them.
const TOLERATED: [(&str, &str); 6] = [
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
];
const NETWORK_UNAVAILABLE: (&str, &str) = ("node.kubernetes.io/network-unavailable", "NoSchedule");

pub struct Observed<'a> {
    pub set: &'a Value,
    pub nodes: &'a BTreeMap<String, Arc<Value>>,
    pub pods: &'a [Arc<Value>],
    /// Of the set's template.
    pub hash: &'a str,
    /// For how long a failed pod stays yet, by its node.
    pub waits: &'a BTreeMap<String, Duration>,
}

#[derive(Debug, Default)]
pub struct Plan {
    /// Names of nodes.
    pub create: Vec<String>,
    pub delete: Vec<Arc<Value>>,
    /// Those of `delete` that failed, and those that ended well.
    pub failed: Vec<Arc<Value>>,
    pub succeeded: Vec<Arc<Value>>,
    pub status: Value,
    pub look_after: Option<Duration>,
}

/// The pod of a node.
pub fn pod(set: &Value, node: &str, hash: &str) -> Value {
    let mut pod = of_template(set.at("/spec/template"), &Ref::of(&kind::DAEMON_SET, set));
    pod["metadata"]["labels"][HASH_LABEL] = hash.into();
    let generation = set.annotation("deprecated.daemonset.template.generation");
    if let Some(generation) = generation {
        pod["metadata"]["labels"]["pod-template-generation"] = generation.into();
    }
    pod["spec"]["tolerations"] = tolerations(set).into();
    // Nothing but its node: whatever fields the terms had, they are of one node now.
    let fields = json!([{"key": "metadata.name", "operator": "In", "values": [node]}]);
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let terms = set
        .list(&format!(
            "/spec/template/spec/affinity/nodeAffinity/{required}/nodeSelectorTerms"
        ))
        .iter();
    let mut terms: Vec<Value> = terms
        .map(|it| {
            let mut term = it.clone();
            term["matchFields"] = fields.clone();
            term
        })
        .collect();
    if terms.is_empty() {
        terms.push(json!({"matchFields": fields}));
    }
    pod["spec"]["affinity"]["nodeAffinity"][required]["nodeSelectorTerms"] = terms.into();
    pod
}

fn tolerations(set: &Value) -> Vec<Value> {
    let spec = set.at("/spec/template/spec");
    let mut tolerations = spec.list("/tolerations").to_vec();
    let network = spec.is_true("/hostNetwork").then_some(NETWORK_UNAVAILABLE);
    for (key, effect) in TOLERATED.into_iter().chain(network) {
        let own = json!({"key": key, "operator": "Exists", "effect": effect});
        if !tolerations.contains(&own) {
            tolerations.push(own);
        }
    }
    tolerations
}

/// Whether the set wants a pod on a node, and whether one that is there may stay.
fn fits(set: &Value, node: &Value) -> (bool, bool) {
    let empty = Map::new();
    let labels = node.map("/metadata/labels").unwrap_or(&empty);
    let spec = set.at("/spec/template/spec");
    let named = spec.text("/nodeName");
    let is_wanted = (named.is_empty() || named == node.name())
        && node_selector::wants(spec, node.name(), labels);
    let tolerations: Vec<Toleration> = tolerations(set).iter().map(Toleration::read).collect();
    let taints: Vec<Taint> = node.list("/spec/taints").iter().map(Taint::read).collect();
    let refuses = |effect: &str| {
        let of_effect = taints.iter().filter(|it| it.effect == effect);
        let mut refusing =
            of_effect.filter(|taint| !tolerations.iter().any(|it| it.tolerates(taint)));
        refusing.next().is_some()
    };
    (
        is_wanted && !refuses("NoSchedule") && !refuses("NoExecute"),
        is_wanted && !refuses("NoExecute"),
    )
}

/// The node of a pod: where it is, or where it is to be.
pub fn node_of(pod: &Value) -> &str {
    match pod.text("/spec/nodeName") {
        "" => pod.text(
            "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution\
             /nodeSelectorTerms/0/matchFields/0/values/0",
        ),
        node => node,
    }
}

pub fn plan(it: &Observed, now: Timestamp) -> Plan {
    let mut by_node: BTreeMap<&str, Vec<&Arc<Value>>> = BTreeMap::new();
    for pod in it.pods {
        by_node.entry(node_of(pod)).or_default().push(pod);
    }
    let fits: BTreeMap<&str, (bool, bool)> = it
        .nodes
        .iter()
        .map(|(name, node)| (name.as_str(), fits(it.set, node)))
        .collect();
    let min_ready = it.set.integer("/spec/minReadySeconds").unwrap_or_default();
    let is_available = |pod: &Value| available_in(pod, min_ready, now) == Some(Duration::ZERO);
    let is_new = |pod: &Value| pod.label(HASH_LABEL) == Some(it.hash);
    let mut plan = Plan::default();
    let wanted: BTreeSet<&str> = fits
        .iter()
        .filter(|(_, it)| it.0)
        .map(|(name, _)| *name)
        .collect();
    let mut rolling = Vec::new();
    for (name, (runs, stays)) in &fits {
        let pods = by_node.get(name).cloned().unwrap_or_default();
        let (ended, mut alive): (Vec<_>, Vec<_>) = pods
            .into_iter()
            .filter(|it| !it.is_deleting())
            .partition(|it| ["Failed", "Succeeded"].contains(&it.text("/status/phase")));
        let is_leaving = by_node
            .get(name)
            .is_some_and(|all| all.iter().any(|it| it.is_deleting()));
        if !runs && !stays {
            // Those that ended as well: nobody else takes them away while their node is there.
            plan.delete.extend(ended.into_iter().chain(alive).cloned());
            continue;
        }
        for pod in ended {
            let is_failed = pod.text("/status/phase") == "Failed";
            match it.waits.get(*name).filter(|_| is_failed) {
                None => {
                    match is_failed {
                        true => plan.failed.push(pod.clone()),
                        false => plan.succeeded.push(pod.clone()),
                    }
                    plan.delete.push(pod.clone());
                }
                Some(left) => plan.look_after = sooner(plan.look_after, Some(*left)),
            }
            // The next is made when this one is gone.
            alive.push(pod);
        }
        if alive.is_empty() && !is_leaving {
            if *runs {
                plan.create.push((*name).to_owned());
            }
            continue;
        }
        alive.retain(|it| !["Failed", "Succeeded"].contains(&it.text("/status/phase")));
        let (mut new, mut old): (Vec<_>, Vec<_>) = alive.into_iter().partition(|it| is_new(it));
        // One of each kind is enough; of several the oldest stays.
        for kept in [&mut new, &mut old] {
            kept.sort_by_key(|it| {
                (
                    !is_ready(it),
                    it.text("/metadata/creationTimestamp").to_owned(),
                    it.uid().to_owned(),
                )
            });
            plan.delete
                .extend(kept.iter().skip(1).map(|it| Arc::clone(it)));
            kept.truncate(1);
        }
        rolling.push((*name, new.pop().cloned(), old.pop().cloned(), is_leaving));
    }
    roll(it, &wanted, rolling, &is_available, &mut plan);
    status(it, &by_node, &fits, &is_available, &mut plan);
    for pod in it.pods.iter().filter(|it| is_ready(it)) {
        let left = available_in(pod, min_ready, now).filter(|it| !it.is_zero());
        plan.look_after = sooner(plan.look_after, left);
    }
    plan
}

type Nodes<'a> = Vec<(&'a str, Option<Arc<Value>>, Option<Arc<Value>>, bool)>;

/// Replaces pods of older templates: by deleting them first, or with `maxSurge` by making the new one beside them.
fn roll(
    it: &Observed,
    wanted: &BTreeSet<&str>,
    nodes: Nodes,
    is_available: &dyn Fn(&Value) -> bool,
    plan: &mut Plan,
) {
    let strategy = it.set.at("/spec/updateStrategy");
    if strategy.text("/type") == "OnDelete" {
        // Where both are there, the older one still has to go.
        let both = nodes.into_iter().filter(|(_, new, ..)| new.is_some());
        plan.delete.extend(both.filter_map(|(_, _, old, _)| old));
        return;
    }
    let all = wanted.len() as i64;
    let surge = bound(strategy.at("/rollingUpdate/maxSurge"), all, true);
    let unavailable = bound(strategy.at("/rollingUpdate/maxUnavailable"), all, true);
    let unavailable = if surge == 0 {
        unavailable.max(1)
    } else {
        unavailable
    };
    let is_up = |it: &Option<Arc<Value>>| it.as_ref().is_some_and(|it| is_available(it));
    if surge > 0 {
        let there = nodes
            .iter()
            .filter(|(_, new, old, _)| new.is_some() && old.is_some());
        let mut left = surge - there.count() as i64;
        for (name, new, old, leaving) in nodes {
            match (&new, old) {
                (Some(_), Some(old)) if is_up(&new) || !is_available(&old) => plan.delete.push(old),
                (None, Some(old)) if !is_available(&old) => plan.delete.push(old),
                (None, Some(_)) if left > 0 && !leaving && wanted.contains(name) => {
                    left -= 1;
                    plan.create.push(name.to_owned());
                }
                _ => {}
            }
        }
        return;
    }
    let down = wanted.iter().filter(|name| {
        let pods = nodes.iter().find(|(it, ..)| it == *name);
        pods.is_none_or(|(_, new, old, _)| !is_up(new) && !is_up(old))
    });
    let mut left = unavailable - down.count() as i64;
    for (_, new, old, _) in nodes {
        let Some(old) = old else {
            continue;
        };
        if new.is_some() || !is_available(&old) {
            plan.delete.push(old);
        } else if left > 0 {
            left -= 1;
            plan.delete.push(old);
        }
    }
}

fn status(
    it: &Observed,
    by_node: &BTreeMap<&str, Vec<&Arc<Value>>>,
    fits: &BTreeMap<&str, (bool, bool)>,
    is_available: &dyn Fn(&Value) -> bool,
    plan: &mut Plan,
) {
    let (mut desired, mut current, mut misplaced) = (0, 0, 0);
    let (mut ready, mut available, mut updated) = (0, 0, 0);
    for (name, (runs, _)) in fits {
        let mut pods: Vec<&Arc<Value>> = by_node.get(name).cloned().unwrap_or_default();
        pods.retain(|it| !it.is_deleting());
        if !runs {
            misplaced += i64::from(!pods.is_empty());
            continue;
        }
        desired += 1;
        current += i64::from(!pods.is_empty());
        ready += i64::from(pods.iter().any(|it| is_ready(it)));
        available += i64::from(pods.iter().any(|it| is_available(it)));
        updated += i64::from(
            pods.iter()
                .any(|pod| pod.label(HASH_LABEL) == Some(it.hash)),
        );
    }
    let mut status = json!({
        "currentNumberScheduled": current, "numberMisscheduled": misplaced, "desiredNumberScheduled": desired,
        "numberReady": ready, "observedGeneration": it.set.generation(),
    });
    for (name, count) in [
        ("updatedNumberScheduled", updated),
        ("numberAvailable", available),
        ("numberUnavailable", desired - available),
    ] {
        if count > 0 {
            status[name] = count.into();
        }
    }
    for kept in ["collisionCount", "conditions"] {
        if let Some(value) = it.set["status"].get(kept) {
            status[kept] = value.clone();
        }
    }
    plan.status = status;
}

#[cfg(test)]
mod tests;
