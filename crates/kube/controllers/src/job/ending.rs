//! How a job ends: pure.

use std::time::Duration;

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::Object;

use crate::pods::set_condition;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    None,
    Complete,
    Failed(&'static str, &'static str),
}

pub fn is_ended(job: &Value) -> bool {
    job.has_condition("Complete", "True") || job.has_condition("Failed", "True")
}

pub fn ending(
    job: &Value,
    succeeded: i64,
    failed: i64,
    active: i64,
    started: Option<Timestamp>,
    now: Timestamp,
) -> Ending {
    // What was decided stays, whatever is counted meanwhile.
    if let Some(target) = job
        .condition("FailureTarget")
        .filter(|it| it.text("/status") == "True")
    {
        return match target.text("/reason") {
            "DeadlineExceeded" => DEADLINE,
            _ => BACKOFF,
        };
    }
    if job.has_condition("SuccessCriteriaMet", "True") {
        return Ending::Complete;
    }
    let limit = job.integer("/spec/backoffLimit").unwrap_or(6);
    if failed > limit {
        return BACKOFF;
    }
    let deadline = job.integer("/spec/activeDeadlineSeconds");
    if let (Some(seconds), Some(started), false) = (deadline, started, job.is_true("/spec/suspend"))
    {
        let deadline = Duration::from_secs(seconds.max(0) as u64);
        if now.since(started) >= deadline {
            return DEADLINE;
        }
    }
    let is_complete = match job.integer("/spec/completions") {
        Some(completions) => succeeded >= completions,
        None => succeeded > 0 && active == 0,
    };
    if is_complete {
        Ending::Complete
    } else {
        Ending::None
    }
}

const BACKOFF: Ending = Ending::Failed(
    "BackoffLimitExceeded",
    "Job has reached the specified backoff limit",
);
const DEADLINE: Ending = Ending::Failed(
    "DeadlineExceeded",
    "Job was active longer than specified deadline",
);

/// Sets what is decided, and the end once `is_over`; returns the event of the end.
pub fn condition(
    ending: &Ending,
    conditions: &mut Vec<Value>,
    is_over: bool,
    now: Timestamp,
) -> Option<(bool, &'static str, String)> {
    let (decided, last, reason, message) = match ending {
        Ending::None => return None,
        Ending::Complete => (
            "SuccessCriteriaMet",
            "Complete",
            "CompletionsReached",
            "Reached expected number of succeeded pods",
        ),
        Ending::Failed(reason, message) => ("FailureTarget", "Failed", *reason, *message),
    };
    let of = |kind: &str| {
        json!({
            "type": kind, "status": "True", "reason": reason, "message": message,
            "lastProbeTime": now.iso8601_seconds(),
        })
    };
    if !conditions.iter().any(|it| it.text("/type") == decided) {
        set_condition(conditions, of(decided), now);
    }
    if !is_over {
        return None;
    }
    set_condition(conditions, of(last), now);
    Some(match ending {
        Ending::Failed(..) => (true, reason, message.to_owned()),
        _ => (false, "Completed", "Job completed".to_owned()),
    })
}
