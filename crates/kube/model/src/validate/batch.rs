//! Jobs and cron jobs.

use serde_json::Value;

use super::{
    apps::non_negative,
    job_policies, meta,
    pod::{self, one_of, one_of_if_told},
};
use crate::{
    field::{Errors, Path, quoted},
    selector::Labels,
    strategy::job_labels,
    view::{at, existing, flag, member, number, object_mut, remove, restore, text, text_at},
};

fn part<'a>(object: &'a Value, name: &str) -> &'a Value {
    object.get(name).unwrap_or(&Value::Null)
}

pub fn job(object: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let spec = part(object, "spec");
    generated(object, spec, &path, errors);
    job_spec(spec, &path, errors);
    let own = member(spec, "selector");
    let at_selector = path.child("selector");
    if own.is_none() {
        errors.required(&at_selector, "");
    }
    meta::selector(own, &at_selector, errors);
    let labels = at(spec, &["template", "metadata", "labels"]);
    if let Ok(selector) = Labels::of_selector(own)
        && !selector.matches(labels.and_then(Value::as_object))
    {
        let template = path.child("template");
        let metadata = template.child("metadata");
        errors.invalid(
            &metadata.child("labels"),
            labels.cloned().unwrap_or_default(),
            "`selector` does not match template `labels`",
        );
    }
}

/// The labels the server gave the template are still there and are those of this job.
fn generated(object: &Value, spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    if flag(spec, "manualSelector") == Some(true) || member(spec, "selector").is_none() {
        return;
    }
    let uid = text_at(object, &["metadata", "uid"]);
    let name = text_at(object, &["metadata", "name"]);
    if uid.is_empty() {
        errors.required(&Path::root("metadata").child("uid"), "");
    }
    let template = path.child("template");
    let metadata = template.child("metadata");
    let labels = metadata.child("labels");
    for (label, expected) in job_labels(name, uid) {
        let at = labels.key(label);
        match at_label(spec, label) {
            None => errors.required(&at, &format!("must be '{expected}'")),
            Some(value) if value != expected => {
                let all = crate::view::at(spec, &["template", "metadata", "labels"]);
                errors.invalid(
                    &at,
                    all.cloned().unwrap_or_default(),
                    format!("must be '{expected}'"),
                );
            }
            Some(_) => {}
        }
    }
    let made = job_labels(name, uid)
        .map(|(label, value)| (label.to_owned(), value.into()))
        .into_iter()
        .collect();
    if let Ok(selector) = Labels::of_selector(member(spec, "selector"))
        && !selector.matches(Some(&made))
    {
        errors.invalid(
            &path.child("selector"),
            part(spec, "selector").clone(),
            "`selector` not auto-generated",
        );
    }
}

fn at_label<'a>(spec: &'a Value, label: &str) -> Option<&'a str> {
    at(spec, &["template", "metadata", "labels", label])?.as_str()
}

/// Limits of each index, where there are some.
fn failed_indexes(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    const MANY: i64 = 100_000;
    const MOST_OF_MANY: i64 = 10_000;
    let most = number(spec, "maxFailedIndexes");
    let completions = number(spec, "completions");
    let at = path.child("maxFailedIndexes");
    if let (Some(most), Some(completions)) = (most, completions)
        && most > completions
    {
        errors.invalid(&at, most, "must be less than or equal to completions");
    }
    if let Some(most) = most.filter(|it| *it > MANY) {
        errors.invalid(&at, most, format!("must be less than or equal to {MANY}"));
    }
    let has_many = completions.is_some_and(|it| it > MANY);
    if !has_many || member(spec, "backoffLimitPerIndex").is_none() {
        return;
    }
    let Some(most) = most else {
        let detail = format!("must be specified when completions is above {MANY}");
        return errors.required(&at, &detail);
    };
    let parallel = number(spec, "parallelism").unwrap_or_default();
    for (at, value) in [(path.child("parallelism"), parallel), (at, most)] {
        if value > MOST_OF_MANY {
            errors.invalid(
                &at,
                value,
                format!(
                    "must be less than or equal to {MOST_OF_MANY} when completions are above {MANY} and used with backoff limit per index"
                ),
            );
        }
    }
}

fn job_spec(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    const MOST_INDEXES: i64 = 100_000;
    non_negative(
        spec,
        &[
            "parallelism",
            "completions",
            "activeDeadlineSeconds",
            "backoffLimit",
            "ttlSecondsAfterFinished",
            "backoffLimitPerIndex",
            "maxFailedIndexes",
        ],
        path,
        errors,
    );
    if member(spec, "maxFailedIndexes").is_some() && member(spec, "backoffLimitPerIndex").is_none()
    {
        errors.required(
            &path.child("backoffLimitPerIndex"),
            "when maxFailedIndexes is specified",
        );
    }
    let mode = text(spec, "completionMode");
    let modes = ["Indexed", "NonIndexed"];
    one_of_if_told(spec, "completionMode", &modes, path, errors);
    if mode == "Indexed" {
        if member(spec, "completions").is_none() {
            errors.required(
                &path.child("completions"),
                "when completion mode is Indexed",
            );
        }
        if let Some(parallel) = number(spec, "parallelism")
            && parallel > MOST_INDEXES
        {
            errors.invalid(
                &path.child("parallelism"),
                parallel,
                format!(
                    "must be less than or equal to {MOST_INDEXES} when completion mode is Indexed"
                ),
            );
        }
        failed_indexes(spec, path, errors);
    } else {
        for name in ["backoffLimitPerIndex", "maxFailedIndexes"] {
            if let Some(value) = number(spec, name) {
                errors.invalid(&path.child(name), value, "requires indexed completion mode");
            }
        }
    }
    job_policies::failure(spec, path, errors);
    job_policies::success(spec, path, errors);
    let replacement = text(spec, "podReplacementPolicy");
    if !replacement.is_empty() {
        one_of(
            spec,
            "podReplacementPolicy",
            &["Failed", "TerminatingOrFailed"],
            path,
            errors,
        );
    }
    let template = path.child("template");
    pod::template(spec.get("template"), &template, errors);
    let template = template.child("spec");
    let restart = text_at(spec, &["template", "spec", "restartPolicy"]);
    let known = ["OnFailure", "Never"];
    if matches!(restart, "" | "Always") {
        errors.required(
            &template.child("restartPolicy"),
            &format!("valid values: {}, {}", quoted(known[0]), quoted(known[1])),
        );
    } else if !known.contains(&restart) {
        errors.not_supported(&template.child("restartPolicy"), restart, &known);
    } else if member(spec, "podFailurePolicy").is_some() && restart != "Never" {
        errors.invalid(
            &template.child("restartPolicy"),
            restart,
            "only \"Never\" is supported when podFailurePolicy is specified",
        );
    }
}

pub fn job_change(new: &Value, old: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let has_begun = crate::view::at(old, &["status", "startTime"]).is_some();
    let (Some(new), Some(old)) = (new.get("spec"), old.get("spec")) else {
        return;
    };
    if new.get("completions") != old.get("completions") {
        let at = path.child("completions");
        // An indexed job grows and shrinks as a whole.
        if text(new, "completionMode") != "Indexed" {
            errors.immutable(&at, new.get("completions"));
        } else if new.get("completions") != new.get("parallelism") {
            errors.invalid(
                &at,
                new.get("completions").cloned().unwrap_or_default(),
                "can only be modified in tandem with spec.parallelism",
            );
        }
    }
    for name in [
        "selector",
        "completionMode",
        "podFailurePolicy",
        "backoffLimitPerIndex",
        "managedBy",
        "successPolicy",
    ] {
        if new.get(name) != old.get(name) {
            errors.immutable(&path.child(name), new.get(name));
        }
    }
    let mut template = part(new, "template").clone();
    let was = part(old, "template");
    // A job that waits for its turn may be told where to run.
    if flag(old, "suspend") == Some(true) && !has_begun {
        put_back(&mut template, was);
    }
    if template != *was {
        errors.immutable(&path.child("template"), new.get("template"));
    }
}

/// Puts back what of a template says where its pods run, and what others note there.
fn put_back(template: &mut Value, was: &Value) {
    let Some(metadata) = object_mut(template, "metadata") else {
        return;
    };
    let noted = was.get("metadata").unwrap_or(&Value::Null);
    for name in ["annotations", "labels"] {
        restore(metadata, name, noted);
    }
    if was.get("metadata").is_none() {
        restore(template, "metadata", was);
    }
    let (Some(pods), Some(before)) = (existing(template, "spec"), was.get("spec")) else {
        return;
    };
    for name in ["nodeSelector", "tolerations", "schedulingGates"] {
        restore(pods, name, before);
    }
    // Of the rest of the affinities nothing changes.
    let others = |spec: &Value| {
        let mut all = spec.get("affinity").cloned().unwrap_or_default();
        remove(&mut all, "nodeAffinity");
        all.as_object().cloned().unwrap_or_default()
    };
    if others(pods) == others(before) {
        restore(pods, "affinity", before);
    }
}

/// What the jobs of a cron job are called has to fit.
pub fn short_name(object: &Value, errors: &mut Errors) {
    let name = text_at(object, &["metadata", "name"]);
    if name.len() > 52 {
        errors.invalid(
            &Path::root("metadata").child("name"),
            name,
            "must be no more than 52 characters",
        );
    }
}

pub fn cron_job(object: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let spec = part(object, "spec");
    let schedule = text(spec, "schedule");
    let at = path.child("schedule");
    if schedule.is_empty() {
        errors.required(&at, "");
    } else if schedule.contains("TZ") {
        errors.invalid(
            &at,
            schedule,
            "cannot use TZ or CRON_TZ in schedule, use timeZone field instead",
        );
    } else if let Err(fault) = crate::cron::plain(schedule) {
        errors.invalid(&at, schedule, fault.to_string());
    }
    if let Some(zone) = member(spec, "timeZone") {
        let zone = zone.as_str().unwrap_or_default();
        let at = path.child("timeZone");
        if zone.is_empty() {
            errors.invalid(&at, zone, "timeZone must be nil or non-empty string");
        } else if zone.eq_ignore_ascii_case("local") {
            errors.invalid(
                &at,
                zone,
                "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
            );
        } else if zone.parse::<chrono_tz::Tz>().is_err() {
            errors.invalid(&at, zone, format!("unknown time zone {zone}"));
        }
    }
    non_negative(
        spec,
        &[
            "startingDeadlineSeconds",
            "successfulJobsHistoryLimit",
            "failedJobsHistoryLimit",
        ],
        &path,
        errors,
    );
    one_of(
        spec,
        "concurrencyPolicy",
        &["Allow", "Forbid", "Replace"],
        &path,
        errors,
    );
    let jobs = crate::view::at(spec, &["jobTemplate", "spec"]).unwrap_or(&Value::Null);
    let path = path.child("jobTemplate");
    let path = path.child("spec");
    job_spec(jobs, &path, errors);
    if let Some(selector) = member(jobs, "selector") {
        errors.invalid(
            &path.child("selector"),
            selector.clone(),
            "`selector` will be auto-generated",
        );
    }
    if flag(jobs, "manualSelector") == Some(true) {
        errors.not_supported(&path.child("manualSelector"), true, &["nil", "false"]);
    }
}
