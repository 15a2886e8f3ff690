//! The replica sets of a deployment: which is that of its template, and what is written on them.

use std::{cmp::Ordering, sync::Arc};

use serde_json::{Map, Value, json};
use wharf_kube_client::{Object, Ref, kind};

pub const HASH_LABEL: &str = "pod-template-hash";
pub const REVISION: &str = "deployment.kubernetes.io/revision";
pub const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
pub const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
pub const MAX: &str = "deployment.kubernetes.io/max-replicas";

/// Annotations of a deployment that are not for its sets.
const NOT_COPIED: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "deprecated.deployment.rollback.to",
    REVISION,
    REVISION_HISTORY,
    DESIRED,
    MAX,
];

/// Revisions that one set may have had, in characters.
const MAX_HISTORY: usize = 2000;

pub fn replicas(object: &Value) -> i64 {
    object.integer("/spec/replicas").unwrap_or(1)
}

pub fn available(set: &Value) -> i64 {
    set.integer("/status/availableReplicas").unwrap_or_default()
}

pub fn total(sets: &[Arc<Value>]) -> i64 {
    sets.iter().map(|it| replicas(it)).sum()
}

pub fn revision(object: &Value) -> i64 {
    let revision = object.annotation(REVISION);
    revision.and_then(|it| it.parse().ok()).unwrap_or_default()
}

/// The older first.
pub fn by_age(one: &Value, other: &Value) -> Ordering {
    let age = |it: &Value| {
        (
            it.text("/metadata/creationTimestamp").to_owned(),
            it.name().to_owned(),
        )
    };
    age(one).cmp(&age(other))
}

/// Whether a set is of a deployment's template, as it is now.
pub fn is_of(set: &Value, deployment: &Value) -> bool {
    without_hash(set.at("/spec/template")) == without_hash(deployment.at("/spec/template"))
}

fn without_hash(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(Value::Object(metadata)) = template.get_mut("metadata") {
        if let Some(Value::Object(labels)) = metadata.get_mut("labels") {
            labels.shift_remove(HASH_LABEL);
        }
        // What is empty may be absent.
        metadata.retain(|_, it| !it.is_null() && it.as_object().is_none_or(|it| !it.is_empty()));
    }
    template
}

/// The set of the deployment's template, the oldest if several are, and the others by age.
pub fn split(deployment: &Value, sets: &[Arc<Value>]) -> (Option<Arc<Value>>, Vec<Arc<Value>>) {
    let mut sets = sets.to_vec();
    sets.sort_by(|a, b| by_age(a, b));
    let new = sets.iter().position(|it| is_of(it, deployment));
    let new = new.map(|at| sets.remove(at));
    (new, sets)
}

/// FNV over the template and the collisions so far, in letters that spell nothing.
pub fn hash(template: &Value, collisions: i64) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let text = format!("{}{collisions}", sorted(template));
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let digits = hash.to_string();
    let letters = digits
        .bytes()
        .map(|it| LETTERS[usize::from(it) % LETTERS.len()]);
    letters.map(char::from).collect()
}

/// The same text for the same value, whatever the order of its members.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut members: Vec<(&String, &Value)> = map.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            let members = members
                .iter()
                .map(|(name, value)| format!("{name:?}:{}", sorted(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(sorted).collect();
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}

/// A new set for the deployment's template.
pub fn made(deployment: &Value, replicas: i64, max: i64, new_revision: i64) -> Value {
    let collisions = deployment
        .integer("/status/collisionCount")
        .unwrap_or_default();
    let hash = hash(deployment.at("/spec/template"), collisions);
    let mut template = deployment["spec"]["template"].clone();
    template["metadata"]["labels"][HASH_LABEL] = hash.as_str().into();
    let mut selector = deployment["spec"]["selector"].clone();
    selector["matchLabels"][HASH_LABEL] = hash.as_str().into();
    let mut set = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {
            "name": format!("{}-{hash}", deployment.name()),
            "namespace": deployment.namespace(),
            "labels": template["metadata"]["labels"],
            "ownerReferences": [Ref::of(&kind::DEPLOYMENT, deployment).as_controller()],
        },
        "spec": {"replicas": replicas, "selector": selector, "template": template},
    });
    if let Some(seconds) = deployment
        .integer("/spec/minReadySeconds")
        .filter(|it| *it > 0)
    {
        set["spec"]["minReadySeconds"] = seconds.into();
    }
    let annotations = annotations(&set, deployment, new_revision);
    set["metadata"]["annotations"] = annotations.into();
    with_sizes(&mut set, self::replicas(deployment), max);
    set
}

/// A set with the sizes that its deployment had when it was last scaled.
pub fn with_sizes(set: &mut Value, desired: i64, max: i64) {
    set["metadata"]["annotations"][DESIRED] = desired.to_string().into();
    set["metadata"]["annotations"][MAX] = max.to_string().into();
}

/// The annotations of a set of the deployment's template at a revision.
pub fn annotations(set: &Value, deployment: &Value, new_revision: i64) -> Map<String, Value> {
    let mut annotations = set
        .map("/metadata/annotations")
        .cloned()
        .unwrap_or_default();
    let own = deployment
        .map("/metadata/annotations")
        .into_iter()
        .flatten();
    for (name, value) in own.filter(|(name, _)| !NOT_COPIED.contains(&name.as_str())) {
        annotations.insert(name.clone(), value.clone());
    }
    let old = revision(set);
    if old < new_revision {
        if old > 0 {
            let history = set.annotation(REVISION_HISTORY).unwrap_or_default();
            let mut all: Vec<String> = history
                .split(',')
                .filter(|it| !it.is_empty())
                .map(str::to_owned)
                .collect();
            all.push(old.to_string());
            while all.join(",").len() > MAX_HISTORY {
                all.remove(0);
            }
            annotations.insert(REVISION_HISTORY.to_owned(), all.join(",").into());
        }
        annotations.insert(REVISION.to_owned(), new_revision.to_string().into());
    }
    annotations
}
