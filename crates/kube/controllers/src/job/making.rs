//! Pods that a job needs beside those there are: pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use serde_json::{Value, json};
use wharf_base::{Timestamp, backoff::doubled};
use wharf_kube_client::{Object, Ref, kind};

use super::{
    indexes::{self, Failures, INDEX},
    plan::{Plan, TRACKING},
    policies::Failed,
};
use crate::pods::{BURST, of_template, terminating};

pub const FIRST_WAIT: Duration = Duration::from_secs(10);
const LAST_WAIT: Duration = Duration::from_secs(600);

/// What is known when pods are made.
pub struct Making<'a> {
    pub job: &'a Value,
    pub pods: &'a [Arc<Value>],
    pub active: &'a [&'a Arc<Value>],
    pub succeeded: i64,
    pub failed: i64,
    pub done: &'a BTreeSet<i64>,
    pub given_up: &'a BTreeSet<i64>,
    /// Indexes that have a pod.
    pub at_work: &'a BTreeSet<i64>,
    /// The last failed pod of indexes that have limits of their own.
    pub to_be_replaced: &'a BTreeMap<i64, &'a Failed<'a>>,
    pub now: Timestamp,
}

impl Making<'_> {
    /// Pods that are wanted beside those there are, or the other way round.
    pub fn make(&self, plan: &mut Plan) {
        let Self { job, active, .. } = *self;
        let parallelism = job.integer("/spec/parallelism").unwrap_or(1).max(0);
        let over = self.succeeded + self.given_up.len() as i64;
        let wanted = match job.integer("/spec/completions") {
            Some(completions) => parallelism.min(completions - over).max(0),
            // A queue of work: when one ended well, no more begin.
            None if self.succeeded > 0 => active.len() as i64,
            None => parallelism,
        };
        let there = active.len() as i64;
        let surplus = self.surplus((there - wanted).max(0) as usize);
        if !surplus.is_empty() {
            plan.take_away(surplus);
            return;
        }
        // Those that are leaving may still fail or succeed.
        let leaving = if replaces_only_failed(job) {
            terminating(self.pods) as i64
        } else {
            0
        };
        let missing = (wanted - there - leaving).max(0) as usize;
        if missing == 0 {
            return;
        }
        let has_own_limits = !job.at("/spec/backoffLimitPerIndex").is_null();
        if let Some(left) = self.pause().filter(|_| !has_own_limits) {
            plan.look_after = Some(left);
            return;
        }
        match job.text("/spec/completionMode") == "Indexed" {
            false => plan.create = vec![pod(job, None, None); missing.min(BURST)],
            true => self.make_indexes(missing, plan),
        }
    }

    /// So many pods at least that are too many: before all others those whose index the job has not, or another pod has as well.
    fn surplus(&self, least: usize) -> Vec<Arc<Value>> {
        let is_indexed = self.job.text("/spec/completionMode") == "Indexed";
        let completions = self.job.integer("/spec/completions").unwrap_or_default();
        let is_beyond = self.at_work.last().is_some_and(|it| *it >= completions);
        let is_odd = is_indexed && (is_beyond || self.at_work.len() < self.active.len());
        if least == 0 && !is_odd {
            return Vec::new();
        }
        let mut ranked: Vec<&Arc<Value>> = self.active.to_vec();
        ranked.sort_by_cached_key(|it| crate::pods::rank(it, 1));
        let mut held = BTreeSet::new();
        // Of several pods of an index the one that would be missed most stays.
        let (stay, mut go): (Vec<_>, Vec<_>) = ranked.into_iter().rev().partition(|pod| {
            let index = indexes::of_pod(pod).filter(|it| *it < completions);
            !is_indexed || index.is_some_and(|it| held.insert(it))
        });
        let more = least.saturating_sub(go.len());
        go.extend(stay.into_iter().rev().take(more));
        go.into_iter().cloned().collect()
    }

    fn make_indexes(&self, missing: usize, plan: &mut Plan) {
        let completions = self.job.integer("/spec/completions").unwrap_or_default();
        let taken = [self.done, self.given_up, self.at_work];
        let is_free = |index: &i64| !taken.iter().any(|it| it.contains(index));
        for index in (0..completions).filter(is_free).take(missing) {
            if plan.create.len() == BURST {
                break;
            }
            let before = self.to_be_replaced.get(&index);
            let failures = before.map(|it| Failures::with(it));
            let left = before.zip(failures).and_then(|(it, failures)| {
                left_of_pause(failures.all(), ended_at(it.pod)?, self.now)
            });
            match left {
                // Its index alone waits.
                Some(left) => {
                    plan.look_after = crate::runtime::sooner(plan.look_after, Some(left));
                }
                None => plan.create.push(pod(self.job, Some(index), failures)),
            }
        }
    }

    /// What is left of the pause after the last failure.
    fn pause(&self) -> Option<Duration> {
        let ends = self.pods.iter();
        let ends = ends.filter(|it| it.text("/status/phase") == "Failed");
        let last = ends.filter_map(|it| ended_at(it)).max()?;
        let failed = u32::try_from(self.failed).unwrap_or(u32::MAX);
        left_of_pause(failed, last, self.now)
    }
}

/// Whether a pod is replaced when it has failed, and not as soon as it is deleted.
pub fn replaces_only_failed(job: &Value) -> bool {
    job.text("/spec/podReplacementPolicy") == "Failed"
        || !job.at("/spec/podFailurePolicy").is_null()
}

fn left_of_pause(failures: u32, last: Timestamp, now: Timestamp) -> Option<Duration> {
    if failures == 0 {
        return None;
    }
    let wait = doubled(FIRST_WAIT, LAST_WAIT, failures);
    let left = wait.saturating_sub(now.since(last));
    (!left.is_zero()).then_some(left)
}

pub fn ended_at(pod: &Value) -> Option<Timestamp> {
    let containers = pod.list("/status/containerStatuses").iter();
    let ends = containers
        .filter_map(|it| Timestamp::parse_iso8601(it.text("/state/terminated/finishedAt")));
    let created = Timestamp::parse_iso8601(pod.text("/metadata/creationTimestamp"));
    ends.max().or(created)
}

/// `failures`: of its index before it, where those are counted apart.
fn pod(job: &Value, index: Option<i64>, failures: Option<Failures>) -> Value {
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
    if !job.at("/spec/backoffLimitPerIndex").is_null() {
        let failures = failures.unwrap_or_default();
        let annotations = &mut pod["metadata"]["annotations"];
        annotations[indexes::FAILURES] = failures.counted.to_string().into();
        if failures.ignored > 0 {
            annotations[indexes::IGNORED] = failures.ignored.to_string().into();
        }
    }
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
