//! What a job needs: pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::Object;

use super::{
    ending::{Ending, Event, Tally, condition, ending, is_ended},
    indexes,
    making::{Making, replaces_only_failed},
    policies::{Failed, Verdict},
};
use crate::pods::{is_active, is_over, is_ready, terminating};

pub const TRACKING: &str = "batch.kubernetes.io/job-tracking";

/// Uids that a status names at once.
const MOST_UNCOUNTED: usize = 500;

#[derive(Debug, Default)]
pub struct Plan {
    pub create: Vec<Value>,
    pub delete: Vec<Arc<Value>>,
    /// Pods that are counted, or need not be.
    pub release: Vec<Arc<Value>>,
    pub status: Value,
    pub events: Vec<Event>,
    pub look_after: Option<Duration>,
    /// The end was decided: that is written before anything is done for it, which may take its reason away.
    pub decides: bool,
}

impl Plan {
    pub fn is_settled(&self) -> bool {
        self.create.is_empty() && self.delete.is_empty() && self.release.is_empty()
    }

    /// Deletes pods that are too many. They are let go before: that they end is no failure of theirs.
    pub fn take_away(&mut self, pods: Vec<Arc<Value>>) {
        let held = pods.iter().filter(|it| it.has_finalizer(TRACKING));
        let held: Vec<Arc<Value>> = held.filter(|it| !self.is_released(it)).cloned().collect();
        self.release.extend(held);
        self.delete.extend(pods);
    }

    fn is_released(&self, pod: &Value) -> bool {
        self.release.iter().any(|it| it.uid() == pod.uid())
    }
}

fn count(job: &Value, name: &str) -> i64 {
    job["status"][name].as_i64().unwrap_or_default()
}

fn texts(list: &[Value]) -> BTreeSet<String> {
    let texts = list.iter().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
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
    // Nothing is counted any more, and nobody waits for it.
    let is_closed = is_ended(job) || job.is_deleting();
    let (mut succeeded, mut failed) = (count(job, "succeeded"), count(job, "failed"));
    let flushed = |names: &mut BTreeSet<String>| {
        let before = names.len();
        names.retain(is_held);
        (before - names.len()) as i64
    };
    let mut plan = Plan::default();
    for pod in &held {
        if won.contains(pod.uid()) || lost.contains(pod.uid()) || is_closed {
            plan.release.push(Arc::clone(pod));
        }
    }
    succeeded += flushed(&mut won);
    failed += flushed(&mut lost);
    let end = job.integer("/spec/completions").unwrap_or_default();
    let mut done = indexes::parsed(job.text("/status/completedIndexes"), end);
    let mut status = job["status"].as_object().cloned().unwrap_or_default();
    // Pods that ended and are not counted yet.
    let is_known = |pod: &Value| won.contains(pod.uid()) || lost.contains(pod.uid());
    // One that is deleted has failed, whether or not its node ever says so: nodes are lost, too. Where only failed pods are replaced
    // it is waited for, unless it never began.
    let only_failed = replaces_only_failed(job);
    let has_ended = |pod: &Value| {
        let is_counted = !only_failed || pod.text("/status/phase") == "Pending";
        is_over(pod) || pod.is_deleting() && is_counted
    };
    let ended = held.iter().filter(|it| !is_closed && !is_known(it));
    let ended = ended.filter(|it| has_ended(it)).copied();
    let (winners, losers): (Vec<&Arc<Value>>, Vec<&Arc<Value>>) =
        ended.partition(|it| has_succeeded(it));
    if is_indexed {
        let all = pods.iter().filter(|it| has_succeeded(it));
        done.extend(all.filter_map(|it| indexes::of_pod(it)));
        done.retain(|it| *it < end);
        succeeded = done.len() as i64;
    }
    let all_succeeded = match is_indexed {
        true => succeeded,
        false => succeeded + (won.len() + winners.len()) as i64,
    };
    let losers: Vec<Failed<'_>> = losers.iter().map(|it| Failed::of(job, it)).collect();
    let counting = losers.iter().filter(|it| it.counts());
    let all_failed = failed + (lost.len() + counting.clone().count()) as i64;
    let mut given_up = indexes::given_up(job, &losers, end);
    // Of two pods of an index one may fail and one succeed.
    given_up.retain(|it| !done.contains(it));
    let active: Vec<&Arc<Value>> = pods.iter().filter(|it| is_active(it)).collect();
    let is_suspended = job.is_true("/spec/suspend");
    let started = match job.text("/status/startTime") {
        "" if is_suspended => None,
        "" => Some(now),
        text => Timestamp::parse_iso8601(text),
    };
    let fails_job = losers.iter().find_map(|it| match &it.verdict {
        Verdict::FailsJob(why) => Some(why.clone()),
        _ => None,
    });
    let tally = Tally {
        succeeded: all_succeeded,
        failed: all_failed,
        active: &active,
        started,
        fails_job,
        done: &done,
        given_up: &given_up,
    };
    let ending = ending(job, &tally, now);
    let at_work: BTreeSet<i64> = active.iter().filter_map(|it| indexes::of_pod(it)).collect();
    let is_open = |index: i64| {
        let is_taken = [&done, &given_up, &at_work]
            .iter()
            .any(|it| it.contains(&index));
        index < end && !is_taken
    };
    let has_own_limits = !job.at("/spec/backoffLimitPerIndex").is_null();
    let to_be_replaced = match has_own_limits && ending == Ending::None && !job.is_deleting() {
        true => indexes::last_failed(&losers, is_open),
        false => BTreeMap::new(),
    };
    let staying: BTreeSet<&str> = to_be_replaced.values().map(|it| it.pod.uid()).collect();
    let goes = |it: &&Failed<'_>| !staying.contains(it.pod.uid());
    let room = MOST_UNCOUNTED.saturating_sub(won.len() + lost.len());
    let names = winners.iter().take(room).map(|it| it.uid().to_owned());
    won.extend(names);
    let names = counting.filter(goes).map(|it| it.pod.uid().to_owned());
    lost.extend(names.take(room.saturating_sub(winners.len())));
    let forgotten = losers.iter().filter(|it| !it.counts()).filter(goes);
    plan.release.extend(forgotten.map(|it| Arc::clone(it.pod)));
    let all_active = || -> Vec<Arc<Value>> { active.iter().map(|it| Arc::clone(it)).collect() };
    if is_ended(job) || matches!(ending, Ending::Failed(_)) {
        plan.delete = all_active();
    } else if ending != Ending::None || is_suspended {
        plan.take_away(all_active());
    } else if !job.is_deleting() {
        let making = Making {
            job,
            pods,
            active: &active,
            succeeded: all_succeeded,
            failed: all_failed,
            done: &done,
            given_up: &given_up,
            at_work: &at_work,
            to_be_replaced: &to_be_replaced,
            now,
        };
        making.make(&mut plan);
    }
    let leaving = terminating(pods);
    // The end is told when all that happened is counted, and nothing runs any more.
    let is_all_counted = won.is_empty() && lost.is_empty() && active.is_empty() && leaving == 0;
    set(&mut status, "succeeded", succeeded);
    set(&mut status, "failed", failed);
    // Of a job that ended nothing is told any more of pods that are still about.
    let (running, going) = match is_ended(job) {
        true => (&[][..], 0),
        false => (&active[..], leaving),
    };
    set(&mut status, "active", running.len() as i64);
    status.insert(
        "ready".to_owned(),
        running.iter().filter(|it| is_ready(it)).count().into(),
    );
    status.insert("terminating".to_owned(), going.into());
    let uncounted = [("succeeded", &won), ("failed", &lost)];
    let uncounted = uncounted.into_iter().filter(|(_, names)| !names.is_empty());
    let uncounted: serde_json::Map<String, Value> = uncounted
        .map(|(how, names)| (how.to_owned(), names.iter().cloned().collect()))
        .collect();
    status.insert("uncountedTerminatedPods".to_owned(), uncounted.into());
    if is_indexed && !done.is_empty() {
        status.insert("completedIndexes".to_owned(), indexes::text(&done).into());
    } else {
        // Those that it had may all be beyond its end by now.
        status.shift_remove("completedIndexes");
    }
    if has_own_limits {
        status.insert("failedIndexes".to_owned(), indexes::text(&given_up).into());
    }
    if is_suspended && ending == Ending::None && !is_ended(job) {
        status.shift_remove("startTime");
    } else if job.text("/status/startTime").is_empty() && !is_ended(job) {
        // One that ends while it waits began as it ended.
        let started = started.unwrap_or(now);
        status.insert("startTime".to_owned(), started.iso8601_seconds().into());
    }
    plan.status = status.into();
    let mut conditions = job.list("/status/conditions").to_vec();
    plan.decides = ending != Ending::None
        && !job.has_condition("FailureTarget", "True")
        && !job.has_condition("SuccessCriteriaMet", "True");
    if !is_ended(job) {
        suspension(job, &mut conditions, is_suspended, now, &mut plan);
        if let Some(message) = condition(&ending, &mut conditions, is_all_counted, now) {
            plan.events.push(message);
            if matches!(ending, Ending::Complete(_)) {
                // Clocks go back, too.
                let at = started.map_or(now, |it| it.max(now));
                plan.status["completionTime"] = at.iso8601_seconds().into();
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
    let event = (false, event.to_owned(), message.to_owned());
    plan.events.push(event);
}

#[cfg(test)]
mod tests;
