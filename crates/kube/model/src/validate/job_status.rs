//! Statuses of jobs: counters never fall, an end stays, and what a job that ended tells fits its end.

use std::collections::HashSet;

use serde_json::Value;

use super::{apps::non_negative, job_policies::intervals};
use crate::{
    field::{Errors, Path},
    view::{at, flag, items, member, number, text, texts},
};

const COMPLETE: &str = "Complete";
const FAILED: &str = "Failed";
const TARGET: &str = "FailureTarget";
const MET: &str = "SuccessCriteriaMet";

fn part<'a>(object: &'a Value, name: &str) -> &'a Value {
    object.get(name).unwrap_or(&Value::Null)
}

fn is(status: &Value, kind: &str) -> bool {
    let mut all = items(status, "conditions").iter();
    all.any(|it| text(it, "type") == kind && text(it, "status") == "True")
}

/// `path`: of the status.
pub fn status(job: &Value, before: &Value, path: &Path<'_>, errors: &mut Errors) {
    let (spec, status, was) = (
        part(job, "spec"),
        part(job, "status"),
        part(before, "status"),
    );
    let counts = ["active", "succeeded", "failed", "ready", "terminating"];
    non_negative(status, &counts, path, errors);
    uncounted(status, path, errors);
    conditions(status, was, &path.child("conditions"), errors);
    times(spec, status, was, path, errors);
    if is(status, COMPLETE) || is(status, FAILED) {
        ended(status, path, errors);
    }
    indexes(spec, status, path, errors);
    let count = |status: &Value, name: &str| number(status, name).unwrap_or(0);
    if count(status, "ready") > count(status, "active") {
        let why = "cannot set more ready pods than active";
        errors.invalid(&path.child("ready"), count(status, "ready"), why);
    }
    for name in ["failed", "succeeded"] {
        // What is indexed may become smaller as a whole, and then has fewer that succeeded.
        let most = number(spec, "completions").unwrap_or(0);
        let may_fall = name == "succeeded"
            && text(spec, "completionMode") == "Indexed"
            && (spec.get("completions") == spec.get("parallelism") || count(was, name) > most);
        if count(status, name) < count(was, name) && !may_fall {
            let why = format!("cannot decrease the {name} counter");
            errors.invalid(&path.child(name), count(status, name), why);
        }
    }
}

fn uncounted(status: &Value, path: &Path<'_>, errors: &mut Errors) {
    let path = path.child("uncountedTerminatedPods");
    let mut seen = HashSet::new();
    for list in ["succeeded", "failed"] {
        let path = path.child(list);
        let pods = part(status, "uncountedTerminatedPods");
        for (index, uid) in texts(pods, list).enumerate() {
            if errors.full() {
                return;
            }
            if uid.is_empty() {
                errors.invalid(&path.index(index), uid, "must not be empty");
            } else if !seen.insert(uid) {
                errors.duplicate(&path.index(index), uid);
            }
        }
    }
}

fn conditions(status: &Value, was: &Value, path: &Path<'_>, errors: &mut Errors) {
    let is_new = |kind: &str| is(status, kind) != is(was, kind);
    for (one, other) in [
        (COMPLETE, FAILED),
        (COMPLETE, TARGET),
        (MET, FAILED),
        (MET, TARGET),
    ] {
        if is(status, one) && is(status, other) && (is_new(one) || is_new(other)) {
            let why = format!("cannot set {one}=True and {other}=true conditions");
            errors.invalid_unshown(path, why);
        }
    }
    for (end, first) in [(FAILED, TARGET), (COMPLETE, MET)] {
        if is(status, end) && !is(status, first) && (is_new(end) || is_new(first)) {
            let why = format!("cannot set {end}=True condition without the {first}=true condition");
            errors.invalid_unshown(path, why);
        }
    }
    for kind in [FAILED, COMPLETE, TARGET, MET] {
        if is(was, kind) && !is(status, kind) {
            let terminal = if kind == MET { "" } else { "terminal " };
            let why = format!("cannot disable the {terminal}{kind}=True condition");
            errors.invalid_unshown(path, why);
        }
    }
    if is(was, COMPLETE) && !is(was, MET) && is(status, MET) {
        let why = "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions";
        errors.invalid_unshown(path, why);
    }
}

fn times(spec: &Value, status: &Value, was: &Value, path: &Path<'_>, errors: &mut Errors) {
    let (began, ended) = (text(status, "startTime"), text(status, "completionTime"));
    let at = path.child("completionTime");
    let is_complete = is(status, COMPLETE);
    if !ended.is_empty() && !is_complete {
        let why = "cannot set completionTime when there is no Complete=True condition";
        errors.invalid(&at, ended, why);
    }
    if ended.is_empty() && is_complete {
        errors.required(&at, "completionTime is required for Complete jobs");
    }
    // Times of one length are of one form, and in the order of their texts.
    if !ended.is_empty() && ended.len() == began.len() && ended < began {
        errors.invalid(&at, ended, "completionTime cannot be set before startTime");
    }
    let before = text(was, "completionTime");
    if !ended.is_empty() && !before.is_empty() && ended != before {
        errors.invalid(&at, ended, "completionTime cannot be mutated");
    }
    let before = text(was, "startTime");
    if !before.is_empty() && began != before && flag(spec, "suspend") != Some(true) {
        let why = "startTime cannot be removed for unsuspended job";
        errors.required(&path.child("startTime"), why);
    }
}

/// What a job that ended tells no more.
fn ended(status: &Value, path: &Path<'_>, errors: &mut Errors) {
    for name in ["active", "terminating"] {
        if let Some(count) = number(status, name).filter(|it| *it > 0) {
            let why = format!("{name}>0 is invalid for finished job");
            errors.invalid(&path.child(name), count, why);
        }
    }
    if text(status, "startTime").is_empty() {
        let why = "startTime is required for finished job";
        errors.required(&path.child("startTime"), why);
    }
    let pods = part(status, "uncountedTerminatedPods");
    if ["succeeded", "failed"]
        .iter()
        .any(|list| !items(pods, list).is_empty())
    {
        let why = "uncountedTerminatedPods needs to be empty for finished job";
        errors.invalid(&path.child("uncountedTerminatedPods"), pods.clone(), why);
    }
}

fn indexes(spec: &Value, status: &Value, path: &Path<'_>, errors: &mut Errors) {
    let completed = text(status, "completedIndexes");
    let failed = at(status, &["failedIndexes"]).and_then(Value::as_str);
    let (at_completed, at_failed) = (path.child("completedIndexes"), path.child("failedIndexes"));
    let has_own_limits = member(spec, "backoffLimitPerIndex").is_some();
    if !completed.is_empty() && text(spec, "completionMode") != "Indexed" {
        let why = "cannot set non-empty completedIndexes when non-indexed completion mode";
        errors.invalid(&at_completed, completed, why);
    }
    if let Some(failed) = failed
        && !has_own_limits
    {
        let why = "cannot set non-null failedIndexes when backoffLimitPerIndex is null";
        errors.invalid(&at_failed, failed, why);
    }
    let Some(completions) = number(spec, "completions") else {
        return;
    };
    let done = intervals(completed, completions);
    if let Err(why) = &done {
        let why = format!("error parsing completedIndexes: {why}");
        errors.invalid(&at_completed, completed, why);
    }
    let Some(failed) = failed.filter(|_| has_own_limits) else {
        return;
    };
    match (intervals(failed, completions), done) {
        (Err(why), _) => {
            let why = format!("error parsing failedIndexes: {why}");
            errors.invalid(&at_failed, failed, why);
        }
        (Ok(lost), Ok(done)) => {
            if let Some(index) = shared(&done, &lost) {
                let why = format!("failedIndexes and completedIndexes overlap at index: {index}");
                errors.invalid(&at_failed, failed, why);
            }
        }
        (Ok(_), Err(_)) => {}
    }
}

/// The first number that is in both of two lists of intervals which rise.
fn shared(one: &[(i64, i64)], other: &[(i64, i64)]) -> Option<i64> {
    let (mut here, mut there) = (0, 0);
    while let (Some(a), Some(b)) = (one.get(here), other.get(there)) {
        let (first, last) = (a.0.max(b.0), a.1.min(b.1));
        if first <= last {
            return Some(first);
        }
        if a.1 < b.1 {
            here += 1;
        } else {
            there += 1;
        }
    }
    None
}
