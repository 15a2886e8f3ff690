//! Jobs and cron jobs.

use serde_json::Value;

use super::{core, pod};
use crate::view::{default, existing, items_mut, member, object_mut};

pub fn job(object: &mut Value) {
    if let Some(labels) = object
        .pointer("/spec/template/metadata/labels")
        .filter(|labels| labels.is_object())
        .cloned()
    {
        core::own_labels(object, &labels);
    }
    let Some(spec) = object_mut(object, "spec") else {
        return;
    };
    // A job that says neither is one pod; one that only says how many at once may complete as often as it likes.
    if member(spec, "parallelism").is_none() && member(spec, "completions").is_none() {
        default(spec, "completions", 1);
    }
    default(spec, "parallelism", 1);
    let failures = if member(spec, "backoffLimitPerIndex").is_some() {
        i32::MAX
    } else {
        6
    };
    default(spec, "backoffLimit", failures);
    default(spec, "completionMode", "NonIndexed");
    default(spec, "suspend", false);
    let replaced = if member(spec, "podFailurePolicy").is_some() {
        "Failed"
    } else {
        "TerminatingOrFailed"
    };
    default(spec, "podReplacementPolicy", replaced);
    default(spec, "manualSelector", false);
    template(spec);
}

/// What the template of a cron job's jobs has in common with jobs: the rest is defaulted when a job is made.
fn template(spec: &mut Value) {
    pod::template(spec, "template");
    if let Some(policy) = existing(spec, "podFailurePolicy") {
        for rule in items_mut(policy, "rules") {
            for pattern in items_mut(rule, "onPodConditions") {
                default(pattern, "status", "True");
            }
        }
    }
}

pub fn cron_job(object: &mut Value) {
    let Some(spec) = object_mut(object, "spec") else {
        return;
    };
    default(spec, "concurrencyPolicy", "Allow");
    default(spec, "suspend", false);
    default(spec, "successfulJobsHistoryLimit", 3);
    default(spec, "failedJobsHistoryLimit", 1);
    if let Some(jobs) = object_mut(spec, "jobTemplate")
        && let Some(spec) = object_mut(jobs, "spec")
    {
        template(spec);
    }
}
