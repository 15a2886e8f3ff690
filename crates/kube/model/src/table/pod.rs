//! Pods: what their STATUS column makes of phase, reasons and containers.

use serde_json::Value;
use wharf_base::clock::Timestamp;

use super::{age, containers, duration, labels, name, or, part};
use crate::view::{flag, items, member, number, text, text_at};

pub const COLUMNS: &str =
    "Name,Ready,Status,Restarts,Age,IP*,Node*,Nominated Node*,Readiness Gates*";
pub const TEMPLATE_COLUMNS: &str = "Name,Containers,Images,Pod Labels";

pub fn cells(pod: &Value, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (part(pod, "spec"), part(pod, "status"));
    let seen = Seen::of(pod, spec, status);
    let mut restarts = seen.restarts.to_string();
    if seen.restarts != 0
        && let Some(last) = seen.last_restart
    {
        let ago = duration::human(duration::seconds_between(last, now));
        restarts = format!("{restarts} ({ago} ago)");
    }
    let ip = text_at(
        items(status, "podIPs").first().unwrap_or(&Value::Null),
        &["ip"],
    );
    vec![
        name(pod),
        format!("{}/{}", seen.ready, seen.total).into(),
        seen.reason.into(),
        restarts.into(),
        age(pod, now),
        or(or(ip, text(status, "podIP")), "<none>").into(),
        or(text(spec, "nodeName"), "<none>").into(),
        or(text(status, "nominatedNodeName"), "<none>").into(),
        gates(spec, status).into(),
    ]
}

pub fn template_cells(object: &Value, _: Timestamp) -> Vec<Value> {
    let template = part(object, "template");
    let [names, images] = containers(template.get("spec"));
    vec![
        name(object),
        names,
        images,
        labels(part(template, "metadata"), "labels").into(),
    ]
}

fn gates(spec: &Value, status: &Value) -> String {
    let gates = items(spec, "readinessGates");
    if gates.is_empty() {
        return "<none>".to_owned();
    }
    let open = gates
        .iter()
        .filter(|gate| condition(status, text(gate, "conditionType")) == "True")
        .count();
    format!("{open}/{}", gates.len())
}

fn condition<'a>(status: &'a Value, kind: &str) -> &'a str {
    items(status, "conditions")
        .iter()
        .find(|condition| text(condition, "type") == kind)
        .map_or("", |condition| text(condition, "status"))
}

/// What the states of a pod's containers add up to.
struct Seen {
    reason: String,
    ready: usize,
    total: usize,
    restarts: i64,
    last_restart: Option<Timestamp>,
}

impl Seen {
    fn of(pod: &Value, spec: &Value, status: &Value) -> Self {
        let phase = text(status, "phase");
        let mut seen = Self {
            reason: or(text(status, "reason"), phase).to_owned(),
            ready: 0,
            total: items(spec, "containers").len()
                + items(spec, "initContainers")
                    .iter()
                    .filter(|container| sidecar(container))
                    .count(),
            restarts: 0,
            last_restart: None,
        };
        if items(status, "conditions").iter().any(|condition| {
            text(condition, "type") == "PodScheduled"
                && text(condition, "reason") == "SchedulingGated"
        }) {
            seen.reason = "SchedulingGated".to_owned();
        }
        let sidecars = seen.initialize(spec, status);
        if sidecars.is_some() || condition(status, "Initialized") == "True" {
            let (restarts, last) = sidecars.unwrap_or_default();
            (seen.restarts, seen.last_restart) = (restarts, last);
            seen.run(status);
        }
        if member(part(pod, "metadata"), "deletionTimestamp").is_some() {
            if text(status, "reason") == "NodeLost" {
                seen.reason = "Unknown".to_owned();
            } else if !matches!(phase, "Failed" | "Succeeded") {
                seen.reason = "Terminating".to_owned();
            }
        }
        seen
    }

    fn restarted(&mut self, container: &Value) {
        self.restarts = self
            .restarts
            .saturating_add(number(container, "restartCount").unwrap_or(0));
        self.last_restart = self.last_restart.max(last_end(container));
    }

    /// Reads the init containers. Restarts of sidecars when the others are done, nothing when one of them still has to.
    fn initialize(&mut self, spec: &Value, status: &Value) -> Option<(i64, Option<Timestamp>)> {
        let inits = items(spec, "initContainers");
        let mut sidecars = (0_i64, None);
        for (at, container) in items(status, "initContainerStatuses").iter().enumerate() {
            self.restarted(container);
            let own = inits
                .iter()
                .find(|own| text(own, "name") == text(container, "name"))
                .is_some_and(sidecar);
            if own {
                let restarts = number(container, "restartCount").unwrap_or(0);
                sidecars.0 = sidecars.0.saturating_add(restarts);
                sidecars.1 = sidecars.1.max(last_end(container));
            }
            let state = part(container, "state");
            let ended = member(state, "terminated");
            if ended.is_some_and(|ended| number(ended, "exitCode").unwrap_or(0) == 0) {
                continue;
            }
            if own && flag(container, "started") == Some(true) {
                self.ready += usize::from(flag(container, "ready") == Some(true));
                continue;
            }
            let waiting = text_at(state, &["waiting", "reason"]);
            self.reason = match ended {
                Some(ended) => format!("Init:{}", end(ended)),
                None if !waiting.is_empty() && waiting != "PodInitializing" => {
                    format!("Init:{waiting}")
                }
                None => format!("Init:{at}/{}", inits.len()),
            };
            return None;
        }
        Some(sidecars)
    }

    fn run(&mut self, status: &Value) {
        let mut running = false;
        for container in items(status, "containerStatuses").iter().rev() {
            self.restarted(container);
            let state = part(container, "state");
            let waiting = text_at(state, &["waiting", "reason"]);
            if !waiting.is_empty() {
                self.reason = waiting.to_owned();
            } else if let Some(ended) = member(state, "terminated") {
                self.reason = end(ended);
            } else if flag(container, "ready") == Some(true) && member(state, "running").is_some() {
                running = true;
                self.ready += 1;
            }
        }
        // One container is done, others go on.
        if self.reason == "Completed" && running {
            self.reason = if condition(status, "Ready") == "True" {
                "Running".to_owned()
            } else {
                "NotReady".to_owned()
            };
        }
    }
}

fn end(ended: &Value) -> String {
    let reason = text(ended, "reason");
    if !reason.is_empty() {
        return reason.to_owned();
    }
    match number(ended, "signal").unwrap_or(0) {
        0 => format!("ExitCode:{}", number(ended, "exitCode").unwrap_or(0)),
        signal => format!("Signal:{signal}"),
    }
}

fn sidecar(container: &Value) -> bool {
    text(container, "restartPolicy") == "Always"
}

fn last_end(container: &Value) -> Option<Timestamp> {
    Timestamp::parse_iso8601(text_at(
        container,
        &["lastState", "terminated", "finishedAt"],
    ))
}
