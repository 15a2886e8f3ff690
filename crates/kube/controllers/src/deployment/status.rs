//! What a deployment's status says, and how it gets on.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::Object;

use super::{
    condition::{self, AVAILABLE, CREATED, FAILED, FOUND, PAUSED, RESUMED, TIMED_OUT, UPDATED},
    rolling::max_unavailable,
    sets::{replicas, total},
};

fn count(object: &Value, name: &str) -> i64 {
    object.integer(&format!("/{name}")).unwrap_or_default()
}

/// The numbers, and whether enough is available.
pub fn counted(
    deployment: &Value,
    new: Option<&Arc<Value>>,
    all: &[Arc<Value>],
    now: Timestamp,
) -> Value {
    let sum = |name: &str| all.iter().map(|it| count(&it["status"], name)).sum::<i64>();
    let available = sum("availableReplicas");
    let numbers = [
        ("replicas", sum("replicas")),
        (
            "updatedReplicas",
            new.map_or(0, |it| count(&it["status"], "replicas")),
        ),
        ("readyReplicas", sum("readyReplicas")),
        ("availableReplicas", available),
        ("unavailableReplicas", (total(all) - available).max(0)),
    ];
    let mut status = json!({"observedGeneration": deployment.generation()});
    for (name, number) in numbers.into_iter().filter(|(_, number)| *number > 0) {
        status[name] = number.into();
    }
    // Known where all sets tell it.
    let leaving = all
        .iter()
        .map(|it| it.integer("/status/terminatingReplicas"));
    if let Some(leaving) = leaving.sum::<Option<i64>>() {
        status["terminatingReplicas"] = leaving.into();
    }
    for kept in ["collisionCount", "conditions"] {
        if let Some(value) = deployment["status"].get(kept).filter(|it| !it.is_null()) {
            status[kept] = value.clone();
        }
    }
    let minimum = replicas(deployment) - max_unavailable(deployment);
    let condition = condition::available(available >= minimum);
    condition::set(&mut status, condition, now);
    status
}

/// Whether all there is, is of the new template, wanted and available.
pub fn is_complete(deployment: &Value, status: &Value) -> bool {
    let wanted = replicas(deployment);
    ["updatedReplicas", "replicas", "availableReplicas"]
        .iter()
        .all(|it| count(status, it) == wanted)
        && count(status, "observedGeneration") >= deployment.generation()
}

fn has_moved(old: &Value, new: &Value) -> bool {
    let of_old = |it: &Value| count(it, "replicas") - count(it, "updatedReplicas");
    ["updatedReplicas", "readyReplicas", "availableReplicas"]
        .iter()
        .any(|it| count(new, it) > count(old, it))
        || of_old(new) < of_old(old)
}

fn deadline(deployment: &Value) -> Option<Duration> {
    let seconds = deployment.integer("/spec/progressDeadlineSeconds")?;
    (seconds != i64::from(i32::MAX)).then(|| Duration::from_secs(seconds.max(0) as u64))
}

/// How much of its time a deployment has left; `None` where it has all of it.
fn time_left(deployment: &Value, status: &Value, now: Timestamp) -> Option<Duration> {
    let condition = condition::get(status, "Progressing")?;
    if [AVAILABLE, PAUSED].contains(&condition.text("/reason")) {
        return None;
    }
    if condition.text("/reason") == TIMED_OUT {
        return Some(Duration::ZERO);
    }
    let since = Timestamp::parse_iso8601(condition.text("/lastUpdateTime"))?;
    Some(deadline(deployment)?.saturating_sub(now.since(since)))
}

/// Adds how the rollout gets on, and says when its time is up.
pub fn rollout(
    deployment: &Value,
    mut status: Value,
    new: Option<&Arc<Value>>,
    all: &[Arc<Value>],
    now: Timestamp,
) -> (Value, Option<Duration>) {
    let about = match new {
        Some(new) => format!("ReplicaSet {:?}", new.name()),
        None => format!("Deployment {:?}", deployment.name()),
    };
    let mut look_after = None;
    let current = condition::get(&status, "Progressing");
    let was_complete = count(&status, "replicas") == count(&status, "updatedReplicas")
        && current.is_some_and(|it| it.text("/reason") == AVAILABLE);
    // A deployment that was done, or given up, begins anew with another template.
    let is_of_another = |new: &Value| {
        current.is_none_or(|it| {
            [AVAILABLE, TIMED_OUT, FAILED].contains(&it.text("/reason"))
                && !it.text("/message").contains(&format!("{:?}", new.name()))
        })
    };
    if deadline(deployment).is_some()
        && let Some(new) = new.filter(|it| is_of_another(it))
    {
        let (reason, what) = match new.integer("/status/observedGeneration") {
            None => (CREATED, "Created"),
            Some(_) => (FOUND, "Found"),
        };
        let message = format!("{what} new replica set {:?}", new.name());
        let condition = condition::progressing("True", reason, &message);
        condition::put(&mut status, condition, now);
    }
    if deadline(deployment).is_some() && !was_complete {
        if is_complete(deployment, &status) {
            let message = format!("{about} has successfully progressed.");
            condition::set(
                &mut status,
                condition::progressing("True", AVAILABLE, &message),
                now,
            );
        } else if has_moved(&deployment["status"], &status) {
            let message = format!("{about} is progressing.");
            condition::put(
                &mut status,
                condition::progressing("True", UPDATED, &message),
                now,
            );
        } else if time_left(deployment, &status, now) == Some(Duration::ZERO) {
            let message = format!("{about} has timed out progressing.");
            condition::set(
                &mut status,
                condition::progressing("False", TIMED_OUT, &message),
                now,
            );
        }
    }
    if !is_complete(deployment, &status) {
        let left = time_left(deployment, &status, now).filter(|it| !it.is_zero());
        // Times have whole seconds.
        look_after = left.map(|it| it + Duration::from_secs(1));
    }
    let failure = new
        .into_iter()
        .chain(all)
        .find_map(|it| it.condition("ReplicaFailure"));
    match failure {
        Some(failure) => {
            let failure = json!({
                "type": "ReplicaFailure", "status": failure["status"],
                "reason": failure["reason"], "message": failure["message"],
            });
            condition::set(&mut status, failure, now);
        }
        None => condition::remove(&mut status, "ReplicaFailure"),
    }
    (status, look_after)
}

/// A pause begins or ends in the conditions before anything else.
pub fn paused(deployment: &Value, mut status: Value, now: Timestamp) -> Value {
    if deadline(deployment).is_none() {
        return status;
    }
    let reason = condition::get(&status, "Progressing")
        .map_or("", |it| it.text("/reason"))
        .to_owned();
    if reason == TIMED_OUT {
        return status;
    }
    let condition = match (deployment.is_true("/spec/paused"), reason == PAUSED) {
        (true, false) => condition::progressing("Unknown", PAUSED, "Deployment is paused"),
        (false, true) => condition::progressing("Unknown", RESUMED, "Deployment is resumed"),
        _ => return status,
    };
    condition::set(&mut status, condition, now);
    status
}
