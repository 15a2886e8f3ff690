//! How a job ends: pure.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::Object;

use super::policies::success;
use crate::pods::set_condition;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    None,
    Complete(Why),
    Failed(Why),
}

/// Reason and message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    pub reason: String,
    pub message: String,
}

fn why(reason: &str, message: impl Into<String>) -> Why {
    Why {
        reason: reason.to_owned(),
        message: message.into(),
    }
}

pub fn is_ended(job: &Value) -> bool {
    job.has_condition("Complete", "True") || job.has_condition("Failed", "True")
}

/// What a job has come to.
pub struct Tally<'a> {
    pub succeeded: i64,
    pub failed: i64,
    pub active: &'a [&'a Arc<Value>],
    pub started: Option<Timestamp>,
    /// A pod failed in a way that ends the job.
    pub fails_job: Option<String>,
    pub done: &'a BTreeSet<i64>,
    /// Indexes that are not tried again.
    pub given_up: &'a BTreeSet<i64>,
}

pub fn ending(job: &Value, tally: &Tally<'_>, now: Timestamp) -> Ending {
    // What was decided stays, whatever is counted meanwhile.
    let decided = |kind: &str| {
        let found = job.condition(kind);
        let found = found.filter(|it| it.text("/status") == "True");
        found.map(|it| why(it.text("/reason"), it.text("/message")))
    };
    if let Some(why) = decided("FailureTarget") {
        return Ending::Failed(why);
    }
    if let Some(why) = decided("SuccessCriteriaMet") {
        return Ending::Complete(why);
    }
    if let Some(why) = failure(job, tally, now) {
        return Ending::Failed(why);
    }
    let completions = job.integer("/spec/completions");
    if let Some(message) = success(job, tally.done, completions.unwrap_or_default()) {
        return Ending::Complete(why("SuccessPolicy", message));
    }
    let is_complete = match completions {
        Some(completions) => tally.succeeded >= completions,
        None => tally.succeeded > 0 && tally.active.is_empty(),
    };
    match is_complete {
        true => Ending::Complete(why(
            "CompletionsReached",
            "Reached expected number of succeeded pods",
        )),
        false => Ending::None,
    }
}

fn failure(job: &Value, tally: &Tally<'_>, now: Timestamp) -> Option<Why> {
    if let Some(message) = &tally.fails_job {
        return Some(why("PodFailurePolicy", message));
    }
    let limit = job.integer("/spec/backoffLimit").unwrap_or(6);
    if tally.failed > limit || restarts(job, tally.active) > limit.max(1) - 1 {
        return Some(why(
            "BackoffLimitExceeded",
            "Job has reached the specified backoff limit",
        ));
    }
    let deadline = job.integer("/spec/activeDeadlineSeconds");
    if let (Some(seconds), Some(started), false) =
        (deadline, tally.started, job.is_true("/spec/suspend"))
    {
        let deadline = Duration::from_secs(seconds.max(0) as u64);
        if now.since(started) >= deadline {
            return Some(why(
                "DeadlineExceeded",
                "Job was active longer than specified deadline",
            ));
        }
    }
    let lost = tally.given_up.len() as i64;
    let most = job.integer("/spec/maxFailedIndexes");
    if most.is_some_and(|most| lost > most) {
        return Some(why(
            "MaxFailedIndexesExceeded",
            "Job has exceeded the specified maximal number of failed indexes",
        ));
    }
    let completions = job.integer("/spec/completions").unwrap_or_default();
    let is_over = lost > 0 && lost + tally.done.len() as i64 >= completions;
    is_over.then(|| why("FailedIndexes", "Job has failed indexes"))
}

/// Of containers that begin again in the same pod: each counts as a failure.
fn restarts(job: &Value, active: &[&Arc<Value>]) -> i64 {
    if job.text("/spec/template/spec/restartPolicy") != "OnFailure" {
        return 0;
    }
    let statuses = active.iter().flat_map(|it| {
        let own = it.list("/status/containerStatuses").iter();
        own.chain(it.list("/status/initContainerStatuses"))
    });
    statuses.filter_map(|it| it.integer("/restartCount")).sum()
}

/// Whether a warning, its reason and message.
pub type Event = (bool, String, String);

/// Sets what is decided, and the end once `is_over`; returns the event of the end.
pub fn condition(
    ending: &Ending,
    conditions: &mut Vec<Value>,
    is_over: bool,
    now: Timestamp,
) -> Option<Event> {
    let (decided, last, why) = match ending {
        Ending::None => return None,
        Ending::Complete(why) => ("SuccessCriteriaMet", "Complete", why),
        Ending::Failed(why) => ("FailureTarget", "Failed", why),
    };
    let of = |kind: &str| {
        json!({
            "type": kind, "status": "True", "reason": why.reason, "message": why.message,
            "lastProbeTime": now.iso8601_seconds(),
        })
    };
    let says_so = |it: &Value| it.text("/type") == decided && it.text("/status") == "True";
    if !conditions.iter().any(says_so) {
        set_condition(conditions, of(decided), now);
    }
    if !is_over {
        return None;
    }
    set_condition(conditions, of(last), now);
    Some(match ending {
        Ending::Failed(why) => (true, why.reason.clone(), why.message.clone()),
        _ => (false, "Completed".to_owned(), "Job completed".to_owned()),
    })
}
