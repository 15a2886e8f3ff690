//! Nodes, namespaces, events, and the small kinds of a cluster.

use std::collections::BTreeSet;

use serde_json::Value;
use wharf_base::clock::Timestamp;

use super::{age, count, duration, name, or, part};
use crate::view::{at, flag, items, map, member, number, text, text_at};

pub const NODE_COLUMNS: &str = "Name,Status,Roles,Age,Version,Internal-IP*,External-IP*,OS-Image*,Kernel-Version*,Container-Runtime*";
pub const NAMESPACE_COLUMNS: &str = "Name,Status,Age";
pub const EVENT_COLUMNS: &str =
    "Last Seen,Type,Reason,Object,Subobject*,Source*,Message,First Seen*,Count*,Name*";
pub const SECRET_COLUMNS: &str = "Name,Type,Data,Age";
pub const MAP_COLUMNS: &str = "Name,Data,Age";
pub const ACCOUNT_COLUMNS: &str = "Name,Secrets,Age";
pub const QUOTA_COLUMNS: &str = "Name,Request,Limit,Age";
pub const COMPONENT_COLUMNS: &str = "Name,Status,Message,Error";
pub const BINDING_COLUMNS: &str = "Name,Role,Age,Users*,Groups*,ServiceAccounts*";
pub const SIGNING_COLUMNS: &str = "Name,Age,SignerName,Requestor,RequestedDuration,Condition";
pub const LEASE_COLUMNS: &str = "Name,Holder,Age";
pub const PRIORITY_COLUMNS: &str = "Name,Value:integer,Global-Default:boolean,Age,PreemptionPolicy";
pub const RUNTIME_COLUMNS: &str = "Name,Handler,Age";
pub const WEBHOOK_COLUMNS: &str = "Name,Webhooks:integer,Age";
pub const API_SERVICE_COLUMNS: &str = "Name,Service,Available,Age";

pub fn node_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (part(object, "spec"), part(object, "status"));
    let ready = items(status, "conditions")
        .iter()
        .rev()
        .find(|condition| text(condition, "type") == "Ready");
    let mut state = match ready.map(|condition| text(condition, "status")) {
        Some("True") => "Ready".to_owned(),
        Some(_) => "NotReady".to_owned(),
        None => "Unknown".to_owned(),
    };
    if flag(spec, "unschedulable") == Some(true) {
        state.push_str(",SchedulingDisabled");
    }
    let info = part(status, "nodeInfo");
    let address = |kind: &str| -> Value {
        let found = items(status, "addresses")
            .iter()
            .find(|address| text(address, "type") == kind);
        found
            .map_or("<none>", |address| text(address, "address"))
            .into()
    };
    let known = |name: &str| -> Value { or(text(info, name), "<unknown>").into() };
    vec![
        name(object),
        state.into(),
        or(&roles(object), "<none>").into(),
        age(object, now),
        text(info, "kubeletVersion").into(),
        address("InternalIP"),
        address("ExternalIP"),
        known("osImage"),
        known("kernelVersion"),
        known("containerRuntimeVersion"),
    ]
}

fn roles(object: &Value) -> String {
    let mut roles = BTreeSet::new();
    for (key, value) in map(part(object, "metadata"), "labels")
        .into_iter()
        .flatten()
    {
        let role = match key.strip_prefix("node-role.kubernetes.io/") {
            Some(role) => role,
            None if key == "kubernetes.io/role" => value.as_str().unwrap_or_default(),
            None => continue,
        };
        if !role.is_empty() {
            roles.insert(role);
        }
    }
    roles.into_iter().collect::<Vec<_>>().join(",")
}

pub fn namespace_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        text(part(object, "status"), "phase").into(),
        age(object, now),
    ]
}

/// Of both shapes of events.
pub fn event_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let either = |new: &str, old: &str| text(object, or_present(object, new, old)).to_owned();
    let since = |time: &str| duration::since(time, now);
    let happened = text(object, "eventTime");
    let first = either("deprecatedFirstTimestamp", "firstTimestamp");
    let first = since(or(&first, happened));
    let last = either("deprecatedLastTimestamp", "lastTimestamp");
    let mut last = if last.is_empty() {
        first.clone()
    } else {
        since(&last)
    };
    let mut times = number(object, or_present(object, "deprecatedCount", "count")).unwrap_or(0);
    if let Some(series) = member(object, "series") {
        last = since(text(series, "lastObservedTime"));
        // The event that came before the series counts too.
        times = number(series, "count").unwrap_or(0).saturating_add(1);
    }
    let about = part(object, or_present(object, "regarding", "involvedObject"));
    let kind = text(about, "kind").to_lowercase();
    let target = match text(about, "name") {
        "" => kind,
        name => format!("{kind}/{name}"),
    };
    let source = part(object, or_present(object, "deprecatedSource", "source"));
    let component = or(
        text(source, "component"),
        or(
            text(object, "reportingComponent"),
            text(object, "reportingController"),
        ),
    );
    let instance = or(text(source, "host"), text(object, "reportingInstance"));
    let source = if instance.is_empty() {
        component.to_owned()
    } else {
        format!("{component}, {instance}")
    };
    vec![
        last.into(),
        text(object, "type").into(),
        text(object, "reason").into(),
        target.into(),
        text(about, "fieldPath").into(),
        source.into(),
        either("note", "message").trim().into(),
        first.into(),
        times.max(1).into(),
        name(object),
    ]
}

fn or_present<'a>(object: &Value, new: &'a str, old: &'a str) -> &'a str {
    if member(object, new).is_some() {
        new
    } else {
        old
    }
}

fn size(object: &Value, name: &str) -> usize {
    map(object, name).map_or(0, |map| map.len())
}

pub fn secret_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        text(object, "type").into(),
        size(object, "data").into(),
        age(object, now),
    ]
}

pub fn map_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let keys = size(object, "data") + size(object, "binaryData");
    vec![name(object), keys.into(), age(object, now)]
}

pub fn account_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let secrets = items(object, "secrets").len();
    vec![name(object), secrets.into(), age(object, now)]
}

pub fn quota_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let status = part(object, "status");
    let mut hard: Vec<(&String, &Value)> = map(status, "hard").into_iter().flatten().collect();
    hard.sort_unstable_by_key(|(resource, _)| *resource);
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    for (resource, amount) in hard {
        let used = at(status, &["used", resource]).and_then(Value::as_str);
        let text = format!(
            "{resource}: {}/{}",
            used.unwrap_or("0"),
            amount.as_str().unwrap_or("0")
        );
        if resource.starts_with("limits.") {
            limits.push(text);
        } else {
            requests.push(text);
        }
    }
    vec![
        name(object),
        requests.join(", ").into(),
        limits.join(", ").into(),
        age(object, now),
    ]
}

pub fn component_cells(object: &Value, _: Timestamp) -> Vec<Value> {
    let healthy = items(object, "conditions")
        .iter()
        .find(|condition| text(condition, "type") == "Healthy");
    let Some(condition) = healthy else {
        return vec![name(object), "Unknown".into(), "".into(), "".into()];
    };
    let state = if text(condition, "status") == "True" {
        "Healthy"
    } else {
        "Unhealthy"
    };
    vec![
        name(object),
        state.into(),
        text(condition, "message").into(),
        text(condition, "error").into(),
    ]
}

pub fn binding_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let role = part(object, "roleRef");
    let subjects = |kind: &str| -> Value {
        let names: Vec<String> = items(object, "subjects")
            .iter()
            .filter(|subject| text(subject, "kind") == kind)
            .map(|subject| {
                let own = text(subject, "name");
                if kind == "ServiceAccount" {
                    format!("{}/{own}", text(subject, "namespace"))
                } else {
                    own.to_owned()
                }
            })
            .collect();
        names.join(", ").into()
    };
    vec![
        name(object),
        format!("{}/{}", text(role, "kind"), text(role, "name")).into(),
        age(object, now),
        subjects("User"),
        subjects("Group"),
        subjects("ServiceAccount"),
    ]
}

pub fn signing_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (part(object, "spec"), part(object, "status"));
    let has = |kind: &str| {
        items(status, "conditions")
            .iter()
            .any(|condition| text(condition, "type") == kind)
    };
    let mut state = if has("Denied") {
        "Denied".to_owned()
    } else if has("Approved") {
        "Approved".to_owned()
    } else {
        "Pending".to_owned()
    };
    if has("Failed") {
        state.push_str(",Failed");
    }
    if !text(status, "certificate").is_empty() {
        state.push_str(",Issued");
    }
    let asked = number(spec, "expirationSeconds").map_or("<none>".to_owned(), duration::human);
    vec![
        name(object),
        age(object, now),
        or(text(spec, "signerName"), "<none>").into(),
        text(spec, "username").into(),
        asked.into(),
        state.into(),
    ]
}

pub fn lease_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        text_at(object, &["spec", "holderIdentity"]).into(),
        age(object, now),
    ]
}

pub fn priority_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        count(object, "value"),
        flag(object, "globalDefault").unwrap_or(false).into(),
        age(object, now),
        or(text(object, "preemptionPolicy"), "PreemptLowerPriority").into(),
    ]
}

pub fn runtime_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        text(object, "handler").into(),
        age(object, now),
    ]
}

pub fn webhook_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let webhooks = items(object, "webhooks").len();
    vec![name(object), webhooks.into(), age(object, now)]
}

pub fn api_service_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let service = at(object, &["spec", "service"]).map_or_else(
        || "Local".to_owned(),
        |service| format!("{}/{}", text(service, "namespace"), text(service, "name")),
    );
    let available = items(part(object, "status"), "conditions")
        .iter()
        .find(|condition| text(condition, "type") == "Available");
    let state = match available {
        None => "Unknown".to_owned(),
        Some(condition) if text(condition, "status") == "True" => "True".to_owned(),
        Some(condition) => format!(
            "{} ({})",
            text(condition, "status"),
            text(condition, "reason")
        ),
    };
    vec![name(object), service.into(), state.into(), age(object, now)]
}
