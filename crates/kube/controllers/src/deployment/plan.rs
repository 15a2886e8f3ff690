//! What a deployment needs next: pure. One step at a time; the next is decided by what became of it.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use wharf_base::Timestamp;
use wharf_kube_client::Object;

use super::{
    rolling::{is_rolling, is_saturated, max_surge, new_size, scaled, shrunk, was_scaled},
    sets::{
        self, DESIRED, MAX, REVISION, annotations, made, replicas, revision, split, with_sizes,
    },
    status::{counted, is_complete, paused, rollout},
};

#[derive(Debug, PartialEq)]
pub enum Action {
    Create(Value),
    Update(Value),
    Scale {
        set: Value,
        from: i64,
        to: i64,
    },
    Delete(Arc<Value>),
    /// The deployment itself.
    Annotate(Value),
}

#[derive(Debug, PartialEq)]
pub struct Plan {
    pub actions: Vec<Action>,
    /// To be written once there is nothing to do.
    pub status: Value,
    /// When the deployment's time to make progress is up.
    pub look_after: Option<Duration>,
}

/// `has_pods` says whether any pod of a set, by its uid, is not over yet.
pub fn plan(
    deployment: &Value,
    all: &[Arc<Value>],
    has_pods: &dyn Fn(&str) -> bool,
    now: Timestamp,
) -> Plan {
    let (new, old) = split(deployment, all);
    let status = counted(deployment, new.as_ref(), all, now);
    if deployment.is_deleting() {
        return Plan {
            actions: Vec::new(),
            status,
            look_after: None,
        };
    }
    let mut status = paused(deployment, status, now);
    let is_paused = deployment.is_true("/spec/paused");
    let mut actions = revisions(deployment, new.as_ref(), &old);
    if actions.is_empty() {
        actions = if is_paused || was_scaled(deployment, all) {
            scale_all(deployment, new.as_ref(), &old)
        } else if is_rolling(deployment) {
            roll(deployment, new.as_ref(), &old, all)
        } else {
            recreate(deployment, new.as_ref(), &old, all, has_pods)
        };
    }
    let mut look_after = None;
    if !is_paused {
        (status, look_after) = rollout(deployment, status, new.as_ref(), all, now);
    }
    if actions.is_empty() && (is_paused || is_complete(deployment, &status)) {
        actions = cleaned(deployment, &old);
    }
    Plan {
        actions,
        status,
        look_after,
    }
}

/// Revisions and annotations, on the set of the template and on the deployment.
fn revisions(deployment: &Value, new: Option<&Arc<Value>>, old: &[Arc<Value>]) -> Vec<Action> {
    let Some(new) = new else {
        return Vec::new();
    };
    let newest = old.iter().map(|it| revision(it)).max().unwrap_or_default() + 1;
    let mut set = Value::clone(new);
    set["metadata"]["annotations"] = annotations(new, deployment, newest).into();
    let min_ready = deployment.at("/spec/minReadySeconds");
    let seconds = |it: &Value| it.as_i64().unwrap_or_default();
    if seconds(min_ready) != seconds(new.at("/spec/minReadySeconds")) {
        set["spec"]["minReadySeconds"] = min_ready.clone();
    }
    if set["spec"] != new["spec"]
        || set["metadata"]["annotations"] != new["metadata"]["annotations"]
    {
        return vec![Action::Update(set)];
    }
    let revision = revision(new).max(newest);
    if deployment.annotation(REVISION) != Some(&revision.to_string()) {
        let mut deployment = deployment.clone();
        deployment["metadata"]["annotations"][REVISION] = revision.to_string().into();
        return vec![Action::Annotate(deployment)];
    }
    Vec::new()
}

/// A set of another size, or with the sizes of its deployment written on anew.
fn scale(deployment: &Value, set: &Value, to: i64) -> Option<Action> {
    let (from, desired) = (replicas(set), replicas(deployment));
    let max = desired + max_surge(deployment);
    let mut scaled = set.clone();
    with_sizes(&mut scaled, desired, max);
    let is_told = [DESIRED, MAX]
        .iter()
        .all(|it| set.annotation(it) == scaled.annotation(it));
    if from == to && is_told {
        return None;
    }
    scaled["spec"]["replicas"] = to.into();
    Some(match from == to {
        true => Action::Update(scaled),
        false => Action::Scale {
            set: scaled,
            from,
            to,
        },
    })
}

fn scale_all(deployment: &Value, new: Option<&Arc<Value>>, old: &[Arc<Value>]) -> Vec<Action> {
    let sizes = scaled(deployment, new, old);
    let mut actions: Vec<Action> = sizes
        .iter()
        .filter_map(|(set, size)| scale(deployment, set, *size))
        .collect();
    // Those that keep their size hear of the new one as well, or they would be looked at for ever.
    let others = old
        .iter()
        .chain(new)
        .filter(|it| replicas(it) > 0 && sizes.iter().all(|(set, _)| set.uid() != it.uid()));
    if new.is_none_or(|it| !is_saturated(deployment, it)) {
        actions.extend(others.filter_map(|it| scale(deployment, it, replicas(it))));
    }
    actions
}

fn create(deployment: &Value, all: &[Arc<Value>], old: &[Arc<Value>]) -> Vec<Action> {
    let newest = old.iter().map(|it| revision(it)).max().unwrap_or_default() + 1;
    let max = replicas(deployment) + max_surge(deployment);
    let size = new_size(deployment, all, 0);
    vec![Action::Create(made(deployment, size, max, newest))]
}

fn roll(
    deployment: &Value,
    new: Option<&Arc<Value>>,
    old: &[Arc<Value>],
    all: &[Arc<Value>],
) -> Vec<Action> {
    let Some(new) = new else {
        return create(deployment, all, old);
    };
    let size = new_size(deployment, all, replicas(new));
    if let Some(grow) = scale(deployment, new, size) {
        return vec![grow];
    }
    let sizes = shrunk(deployment, new, old);
    let shrink = sizes
        .iter()
        .filter_map(|(set, size)| scale(deployment, set, *size));
    shrink.collect()
}

fn recreate(
    deployment: &Value,
    new: Option<&Arc<Value>>,
    old: &[Arc<Value>],
    all: &[Arc<Value>],
    has_pods: &dyn Fn(&str) -> bool,
) -> Vec<Action> {
    let active = old.iter().filter(|it| replicas(it) > 0);
    let down: Vec<Action> = active.filter_map(|it| scale(deployment, it, 0)).collect();
    if !down.is_empty() || old.iter().any(|it| has_pods(it.uid())) {
        return down;
    }
    match new {
        None => create(deployment, all, old),
        Some(new) => scale(deployment, new, replicas(deployment))
            .into_iter()
            .collect(),
    }
}

/// Old sets that are no longer kept, the oldest revisions first.
fn cleaned(deployment: &Value, old: &[Arc<Value>]) -> Vec<Action> {
    let Some(limit) = deployment.integer("/spec/revisionHistoryLimit") else {
        return Vec::new();
    };
    let mut kept: Vec<&Arc<Value>> = old.iter().filter(|it| !it.is_deleting()).collect();
    let excess = kept.len().saturating_sub(limit.max(0) as usize);
    kept.sort_by(|a, b| revision(a).cmp(&revision(b)).then(sets::by_age(a, b)));
    let unused = |it: &&Arc<Value>| {
        let status = it.integer("/status/replicas").unwrap_or_default();
        replicas(it) == 0
            && status == 0
            && it.generation() <= it.integer("/status/observedGeneration").unwrap_or_default()
    };
    let excess = kept.into_iter().take(excess).filter(unused);
    excess.map(|it| Action::Delete(it.clone())).collect()
}

#[cfg(test)]
mod tests;
