//! Deployments and the other owners of pods, jobs, autoscalers, disruption budgets.

use serde_json::Value;
use wharf_base::clock::Timestamp;

use super::{age, containers, count, duration, labels, name, or, part, selector};
use crate::view::{at, flag, items, member, number, text, text_at};

pub const REPLICA_COLUMNS: &str =
    "Name,Desired:integer,Current:integer,Ready:integer,Age,Containers*,Images*,Selector*";
pub const DEPLOYMENT_COLUMNS: &str =
    "Name,Ready,Up-to-date,Available,Age,Containers*,Images*,Selector*";
pub const STATEFUL_COLUMNS: &str = "Name,Ready,Age,Containers*,Images*";
pub const DAEMON_COLUMNS: &str = "Name,Desired:integer,Current:integer,Ready:integer,Up-to-date:integer,Available:integer,Node Selector,Age,Containers*,Images*,Selector*";
pub const REVISION_COLUMNS: &str = "Name,Controller,Revision,Age";
pub const JOB_COLUMNS: &str = "Name,Status,Completions,Duration,Age,Containers*,Images*,Selector*";
pub const CRON_COLUMNS: &str = "Name,Schedule,Timezone,Suspend:boolean,Active:integer,Last Schedule,Age,Containers*,Images*,Selector*";
pub const SCALER_COLUMNS: &str = "Name,Reference,Targets,MinPods,MaxPods,Replicas,Age";
pub const BUDGET_COLUMNS: &str =
    "Name,Min Available,Max Unavailable,Allowed Disruptions:integer,Age";

fn template(spec: &Value) -> [Value; 2] {
    containers(at(spec, &["template", "spec"]))
}

fn wanted(spec: &Value) -> i64 {
    number(spec, "replicas").unwrap_or(0)
}

pub fn replica_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (part(object, "spec"), part(object, "status"));
    let [names, images] = template(spec);
    // A replication controller's selector is a plain set.
    let plain = spec
        .get("selector")
        .and_then(Value::as_object)
        .is_some_and(|selector| selector.values().all(Value::is_string));
    let chosen = if plain {
        labels(spec, "selector")
    } else {
        selector(spec, "selector")
    };
    vec![
        name(object),
        wanted(spec).into(),
        count(status, "replicas"),
        count(status, "readyReplicas"),
        age(object, now),
        names,
        images,
        chosen.into(),
    ]
}

pub fn deployment_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (part(object, "spec"), part(object, "status"));
    let [names, images] = template(spec);
    let ready = number(status, "readyReplicas").unwrap_or(0);
    vec![
        name(object),
        format!("{ready}/{}", wanted(spec)).into(),
        count(status, "updatedReplicas"),
        count(status, "availableReplicas"),
        age(object, now),
        names,
        images,
        selector(spec, "selector").into(),
    ]
}

pub fn stateful_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (part(object, "spec"), part(object, "status"));
    let [names, images] = template(spec);
    let ready = number(status, "readyReplicas").unwrap_or(0);
    vec![
        name(object),
        format!("{ready}/{}", wanted(spec)).into(),
        age(object, now),
        names,
        images,
    ]
}

pub fn daemon_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (part(object, "spec"), part(object, "status"));
    let [names, images] = template(spec);
    let pods = at(spec, &["template", "spec"]).unwrap_or(&Value::Null);
    vec![
        name(object),
        count(status, "desiredNumberScheduled"),
        count(status, "currentNumberScheduled"),
        count(status, "numberReady"),
        count(status, "updatedNumberScheduled"),
        count(status, "numberAvailable"),
        labels(pods, "nodeSelector").into(),
        age(object, now),
        names,
        images,
        selector(spec, "selector").into(),
    ]
}

pub fn revision_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let owner = items(part(object, "metadata"), "ownerReferences")
        .iter()
        .find(|owner| flag(owner, "controller") == Some(true))
        .map_or_else(
            || "<none>".to_owned(),
            |owner| {
                let kind = text(owner, "kind").to_lowercase();
                let group = text(owner, "apiVersion").split_once('/');
                let group = group.map(|(group, _)| format!(".{group}"));
                format!(
                    "{kind}{}/{}",
                    group.unwrap_or_default(),
                    text(owner, "name")
                )
            },
        );
    vec![
        name(object),
        owner.into(),
        count(object, "revision"),
        age(object, now),
    ]
}

pub fn job_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (part(object, "spec"), part(object, "status"));
    let [names, images] = template(spec);
    let done = number(status, "succeeded").unwrap_or(0);
    let completions = match (number(spec, "completions"), number(spec, "parallelism")) {
        (Some(all), _) => format!("{done}/{all}"),
        (None, Some(parallel)) if parallel > 1 => format!("{done}/1 of {parallel}"),
        (None, _) => format!("{done}/1"),
    };
    let start = Timestamp::parse_iso8601(text(status, "startTime"));
    let end = Timestamp::parse_iso8601(text(status, "completionTime")).unwrap_or(now);
    let took = start.map_or_else(String::new, |start| {
        duration::human(duration::seconds_between(start, end))
    });
    vec![
        name(object),
        job_status(object, status).into(),
        completions.into(),
        took.into(),
        age(object, now),
        names,
        images,
        selector(spec, "selector").into(),
    ]
}

fn job_status(object: &Value, status: &Value) -> &'static str {
    let holds = |kind: &str| {
        items(status, "conditions")
            .iter()
            .any(|one| text(one, "type") == kind && text(one, "status") == "True")
    };
    let deleted = member(part(object, "metadata"), "deletionTimestamp").is_some();
    match () {
        () if holds("Complete") => "Complete",
        () if holds("Failed") => "Failed",
        () if deleted => "Terminating",
        () if holds("Suspended") => "Suspended",
        () if holds("FailureTarget") => "FailureTarget",
        () if holds("SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    }
}

pub fn cron_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (part(object, "spec"), part(object, "status"));
    let jobs = at(spec, &["jobTemplate", "spec"]).unwrap_or(&Value::Null);
    let [names, images] = template(jobs);
    let suspended = match flag(spec, "suspend") {
        Some(true) => "True",
        Some(false) => "False",
        None => "<unset>",
    };
    let last = match text(status, "lastScheduleTime") {
        "" => "<none>".to_owned(),
        last => duration::since(last, now),
    };
    vec![
        name(object),
        text(spec, "schedule").into(),
        or(text(spec, "timeZone"), "<none>").into(),
        suspended.into(),
        items(status, "active").len().into(),
        last.into(),
        age(object, now),
        names,
        images,
        selector(jobs, "selector").into(),
    ]
}

pub fn scaler_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (part(object, "spec"), part(object, "status"));
    let target = part(spec, "scaleTargetRef");
    let least = number(spec, "minReplicas").map_or_else(|| "<unset>".to_owned(), |n| n.to_string());
    vec![
        name(object),
        format!("{}/{}", text(target, "kind"), text(target, "name")).into(),
        targets(spec, status).into(),
        least.into(),
        count(spec, "maxReplicas"),
        count(status, "currentReplicas"),
        age(object, now),
    ]
}

fn targets(spec: &Value, status: &Value) -> String {
    let percent = |value: Option<i64>, missing: &str| {
        value.map_or_else(|| missing.to_owned(), |value| format!("{value}%"))
    };
    // The old version knows processors alone.
    if let Some(target) = number(spec, "targetCPUUtilizationPercentage") {
        let current = number(status, "currentCPUUtilizationPercentage");
        return format!("cpu: {}/{target}%", percent(current, "<unknown>"));
    }
    let metrics = items(spec, "metrics");
    if metrics.is_empty() {
        return "<none>".to_owned();
    }
    const SHOWN: usize = 2;
    let texts: Vec<String> = metrics
        .iter()
        .take(SHOWN)
        .enumerate()
        .map(|(index, metric)| {
            let source = match text(metric, "type") {
                "Resource" => "resource",
                "ContainerResource" => "containerResource",
                "Pods" => "pods",
                "Object" => "object",
                "External" => "external",
                _ => return "<unknown type>".to_owned(),
            };
            let null = Value::Null;
            let current = items(status, "currentMetrics")
                .get(index)
                .and_then(|metric| at(metric, &[source, "current"]))
                .unwrap_or(&null);
            let target = at(metric, &[source, "target"]).unwrap_or(&null);
            let resource = source.to_lowercase().ends_with("resource");
            let prefix = if resource {
                format!("{}: ", text_at(metric, &[source, "name"]))
            } else {
                String::new()
            };
            let average = member(target, "averageValue").is_some();
            let field = if average { "averageValue" } else { "value" };
            if resource && !average {
                return format!(
                    "{prefix}{}/{}",
                    percent(number(current, "averageUtilization"), "<unknown>"),
                    percent(number(target, "averageUtilization"), "<auto>")
                );
            }
            let suffix = if average && matches!(source, "object" | "external") {
                " (avg)"
            } else {
                ""
            };
            format!(
                "{prefix}{}/{}{suffix}",
                or(text(current, field), "<unknown>"),
                text(target, field)
            )
        })
        .collect();
    let list = texts.join(", ");
    match metrics.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{list} + {more} more..."),
        _ => list,
    }
}

pub fn budget_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (part(object, "spec"), part(object, "status"));
    let bound = |name: &str| match member(spec, name) {
        None => "N/A".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    vec![
        name(object),
        bound("minAvailable").into(),
        bound("maxUnavailable").into(),
        count(status, "disruptionsAllowed"),
        age(object, now),
    ]
}
