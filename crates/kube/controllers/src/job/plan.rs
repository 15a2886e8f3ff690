//! What a job needs: pure.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use serde_json::{Value, json};
use wharf_base::{Timestamp, backoff::doubled};
use wharf_kube_client::{Object, Ref, kind};

use super::ending::{Ending, condition, ending, is_ended};
use crate::pods::{is_active, is_over, is_ready, of_template};

pub const TRACKING: &str = "batch.kubernetes.io/job-tracking";
pub const INDEX: &str = "batch.kubernetes.io/job-completion-index";

const FIRST_WAIT: Duration = Duration::from_secs(10);
const LAST_WAIT: Duration = Duration::from_secs(600);
/// Uids that a status names at once.
const MOST_UNCOUNTED: usize = 500;

#[derive(Debug, Default)]
pub struct Plan {
    pub create: Vec<Value>,
    pub delete: Vec<Arc<Value>>,
    /// Pods that are counted, or need not be.
    pub release: Vec<Arc<Value>>,
    pub status: Value,
    /// Whether a warning, its reason and message.
    pub events: Vec<(bool, &'static str, String)>,
    pub look_after: Option<Duration>,
}

impl Plan {
    pub fn is_settled(&self) -> bool {
        self.create.is_empty() && self.delete.is_empty() && self.release.is_empty()
    }
}

fn count(job: &Value, name: &str) -> i64 {
    job["status"][name].as_i64().unwrap_or_default()
}

fn texts(list: &[Value]) -> BTreeSet<String> {
    let texts = list.iter().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// Indexes of a text like `1,3-5`, as far as they are below `end`.
pub fn indexes(text: &str, end: i64) -> BTreeSet<i64> {
    let parts = text.split(',').filter(|it| !it.is_empty());
    let ranges = parts.filter_map(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (i64, i64) = (first.parse().ok()?, last.parse().ok()?);
        Some(first.max(0)..last.saturating_add(1).min(end))
    });
    ranges.flatten().collect()
}

pub fn indexes_text(indexes: &BTreeSet<i64>) -> String {
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for index in indexes {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *index => *last = *index,
            _ => ranges.push((*index, *index)),
        }
    }
    let ranges = ranges.iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first},{last}"),
        _ => format!("{first}-{last}"),
    });
    ranges.collect::<Vec<_>>().join(",")
}

fn index_of(pod: &Value) -> Option<i64> {
    pod.annotation(INDEX)?.parse().ok()
}

pub fn plan(job: &Value, pods: &[Arc<Value>], now: Timestamp) -> Plan {
    let is_indexed = job.text("/spec/completionMode") == "Indexed";
    let has_succeeded = |pod: &Value| pod.text("/status/phase") == "Succeeded";
    let held: Vec<&Arc<Value>> = pods
        .iter()
        .filter(|it| it.has_finalizer(TRACKING))
        .collect();
    // Those that the status names are counted once their finalizer is gone.
    let named = |how: &str| texts(job.list(&format!("/status/uncountedTerminatedPods/{how}")));
    let (mut won, mut lost) = (named("succeeded"), named("failed"));
    let is_held = |uid: &String| held.iter().any(|it| it.uid() == uid);
    let (mut succeeded, mut failed) = (count(job, "succeeded"), count(job, "failed"));
    let flushed = |names: &mut BTreeSet<String>| {
        let before = names.len();
        names.retain(is_held);
        (before - names.len()) as i64
    };
    let mut plan = Plan::default();
    for pod in &held {
        if won.contains(pod.uid()) || lost.contains(pod.uid()) || is_ended(job) {
            plan.release.push(Arc::clone(pod));
        }
    }
    succeeded += flushed(&mut won);
    failed += flushed(&mut lost);
    let end = job.integer("/spec/completions").unwrap_or_default();
    let mut done = indexes(job.text("/status/completedIndexes"), end);
    let mut status = job["status"].as_object().cloned().unwrap_or_default();
    if !is_ended(job) {
        for pod in held.iter().take(MOST_UNCOUNTED) {
            let is_known = won.contains(pod.uid()) || lost.contains(pod.uid());
            if is_known
                || !(is_over(pod) || pod.is_deleting() && pod.text("/spec/nodeName").is_empty())
            {
                continue;
            }
            match has_succeeded(pod) {
                true => won.insert(pod.uid().to_owned()),
                false => lost.insert(pod.uid().to_owned()),
            };
        }
    }
    if is_indexed {
        let winners = pods.iter().filter(|it| has_succeeded(it));
        done.extend(winners.filter_map(|it| index_of(it)));
        done.retain(|it| *it < end);
        succeeded = done.len() as i64;
    }
    let all_succeeded = match is_indexed {
        true => succeeded,
        false => succeeded + won.len() as i64,
    };
    let all_failed = failed + lost.len() as i64;
    let active: Vec<&Arc<Value>> = pods.iter().filter(|it| is_active(it)).collect();
    let is_suspended = job.is_true("/spec/suspend");
    let started = match job.text("/status/startTime") {
        "" if is_suspended => None,
        "" => Some(now),
        text => Timestamp::parse_iso8601(text),
    };
    let ending = ending(
        job,
        all_succeeded,
        all_failed,
        active.len() as i64,
        started,
        now,
    );
    if is_ended(job) || ending != Ending::None || is_suspended {
        plan.delete = active.iter().map(|it| Arc::clone(it)).collect();
    } else {
        make(
            job,
            pods,
            &active,
            all_succeeded,
            all_failed,
            &done,
            now,
            &mut plan,
        );
    }
    // The end is told when all that happened is counted.
    let is_all_counted = won.is_empty() && lost.is_empty() && active.is_empty();
    set(&mut status, "succeeded", succeeded);
    set(&mut status, "failed", failed);
    set(&mut status, "active", active.len() as i64);
    status.insert(
        "ready".to_owned(),
        active.iter().filter(|it| is_ready(it)).count().into(),
    );
    let leaving = pods.iter().filter(|it| it.is_deleting() && !is_over(it));
    status.insert("terminating".to_owned(), leaving.count().into());
    let uncounted = [("succeeded", &won), ("failed", &lost)];
    let uncounted = uncounted.into_iter().filter(|(_, names)| !names.is_empty());
    let uncounted: serde_json::Map<String, Value> = uncounted
        .map(|(how, names)| (how.to_owned(), names.iter().cloned().collect()))
        .collect();
    status.insert("uncountedTerminatedPods".to_owned(), uncounted.into());
    if is_indexed && !done.is_empty() {
        status.insert("completedIndexes".to_owned(), indexes_text(&done).into());
    }
    if let Some(started) = started.filter(|_| !is_suspended) {
        status.insert("startTime".to_owned(), started.iso8601_seconds().into());
    } else if is_suspended {
        status.shift_remove("startTime");
    }
    plan.status = status.into();
    let mut conditions = job.list("/status/conditions").to_vec();
    if !is_ended(job) {
        suspension(job, &mut conditions, is_suspended, now, &mut plan);
        if let Some(message) = condition(&ending, &mut conditions, is_all_counted, now) {
            plan.events.push(message);
            if ending == Ending::Complete {
                plan.status["completionTime"] = now.iso8601_seconds().into();
            }
        }
        if let (Ending::None, Some(started), Some(seconds)) =
            (&ending, started, job.integer("/spec/activeDeadlineSeconds"))
        {
            let due = Duration::from_secs(seconds.max(0) as u64);
            let left = due.saturating_sub(now.since(started));
            plan.look_after = crate::runtime::sooner(plan.look_after, Some(left));
        }
    }
    if !conditions.is_empty() {
        plan.status["conditions"] = conditions.into();
    }
    plan
}

fn set(status: &mut serde_json::Map<String, Value>, name: &str, count: i64) {
    match count {
        0 => {
            status.shift_remove(name);
        }
        count => {
            status.insert(name.to_owned(), count.into());
        }
    }
}

fn suspension(
    job: &Value,
    conditions: &mut Vec<Value>,
    is_suspended: bool,
    now: Timestamp,
    plan: &mut Plan,
) {
    let was = job.has_condition("Suspended", "True");
    let (status, reason, message) = match (was, is_suspended) {
        (false, true) => ("True", "JobSuspended", "Job suspended"),
        (true, false) => ("False", "JobResumed", "Job resumed"),
        _ => return,
    };
    let condition = json!({
        "type": "Suspended", "status": status, "reason": reason, "message": message,
        "lastProbeTime": now.iso8601_seconds(),
    });
    crate::pods::set_condition(conditions, condition, now);
    let event = if is_suspended { "Suspended" } else { "Resumed" };
    plan.events.push((false, event, message.to_owned()));
}

/// Pods that are wanted beside those there are, or the other way round.
#[allow(clippy::too_many_arguments)]
fn make(
    job: &Value,
    pods: &[Arc<Value>],
    active: &[&Arc<Value>],
    succeeded: i64,
    failed: i64,
    done: &BTreeSet<i64>,
    now: Timestamp,
    plan: &mut Plan,
) {
    let parallelism = job.integer("/spec/parallelism").unwrap_or(1).max(0);
    let wanted = match job.integer("/spec/completions") {
        Some(completions) => parallelism.min(completions - succeeded).max(0),
        // A queue of work: when one ended well, no more begin.
        None if succeeded > 0 => active.len() as i64,
        None => parallelism,
    };
    let there = active.len() as i64;
    if there > wanted {
        let mut ranked: Vec<&Arc<Value>> = active.to_vec();
        ranked.sort_by_cached_key(|it| crate::pods::rank(it, 1));
        let excess = ranked.into_iter().take((there - wanted) as usize);
        plan.delete = excess.cloned().collect();
        return;
    }
    // Those that are leaving may still fail or succeed.
    let only_failed = job.text("/spec/podReplacementPolicy") == "Failed";
    let leaving = pods.iter().filter(|it| it.is_deleting() && !is_over(it));
    let leaving = if only_failed {
        leaving.count() as i64
    } else {
        0
    };
    let missing = (wanted - there - leaving).max(0) as usize;
    if missing == 0 {
        return;
    }
    let ends = pods
        .iter()
        .filter(|it| it.text("/status/phase") == "Failed");
    let last = ends.filter_map(|it| ended_at(it)).max();
    if let (Some(last), true) = (last, failed > 0) {
        let wait = doubled(FIRST_WAIT, LAST_WAIT, failed as u32);
        let left = wait.saturating_sub(now.since(last));
        if !left.is_zero() {
            plan.look_after = Some(left);
            return;
        }
    }
    plan.create = match job.text("/spec/completionMode") == "Indexed" {
        false => vec![pod(job, None); missing],
        true => {
            let completions = job.integer("/spec/completions").unwrap_or_default();
            let taken: BTreeSet<i64> = active.iter().filter_map(|it| index_of(it)).collect();
            let free = (0..completions).filter(|it| !done.contains(it) && !taken.contains(it));
            free.take(missing).map(|it| pod(job, Some(it))).collect()
        }
    };
}

fn ended_at(pod: &Value) -> Option<Timestamp> {
    let containers = pod.list("/status/containerStatuses").iter();
    let ends = containers
        .filter_map(|it| Timestamp::parse_iso8601(it.text("/state/terminated/finishedAt")));
    let created = Timestamp::parse_iso8601(pod.text("/metadata/creationTimestamp"));
    ends.max().or(created)
}

fn pod(job: &Value, index: Option<i64>) -> Value {
    let mut pod = of_template(job.at("/spec/template"), &Ref::of(&kind::JOB, job));
    let mut finalizers = pod.list("/metadata/finalizers").to_vec();
    finalizers.push(TRACKING.into());
    pod["metadata"]["finalizers"] = finalizers.into();
    let Some(index) = index else {
        return pod;
    };
    let text = index.to_string();
    pod["metadata"]["generateName"] = format!("{}-{index}-", job.name()).into();
    pod["metadata"]["annotations"][INDEX] = text.as_str().into();
    pod["metadata"]["labels"][INDEX] = text.as_str().into();
    if pod.text("/spec/hostname").is_empty() {
        pod["spec"]["hostname"] = format!("{}-{index}", job.name()).into();
    }
    let variable = json!({"name": "JOB_COMPLETION_INDEX", "valueFrom": {
        "fieldRef": {"fieldPath": format!("metadata.annotations['{INDEX}']")},
    }});
    for list in ["initContainers", "containers"] {
        for container in pod["spec"][list].as_array_mut().into_iter().flatten() {
            let mut env = container.list("/env").to_vec();
            if !env
                .iter()
                .any(|it| it.text("/name") == "JOB_COMPLETION_INDEX")
            {
                env.push(variable.clone());
            }
            container["env"] = env.into();
        }
        if pod["spec"][list].is_null()
            && let Some(spec) = pod["spec"].as_object_mut()
        {
            spec.shift_remove(list);
        }
    }
    pod
}

#[cfg(test)]
mod tests;
