//! Why a pod is not ready, in words: by its status, its node and the events about it. Pure.

use serde::Serialize;
use serde_json::Value;
use wharf_kube_client::Object;

/// What keeps a pod from being ready.
#[derive(Debug, Default, PartialEq)]
pub struct State {
    pub reasons: Vec<String>,
    pub containers: Vec<ContainerExplained>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerExplained {
    pub name: String,
    /// It runs before the others, or beside them as a sidecar.
    pub init: bool,
    pub state: String,
    pub ready: bool,
    pub restarts: i64,
    pub why: Option<String>,
}

/// Events of a pod, its newest first.
pub fn newest_first(mut events: Vec<Value>) -> Vec<Value> {
    events.sort_by(|a, b| last_seen(b).cmp(last_seen(a)));
    events
}

fn last_seen(event: &Value) -> &str {
    let times = ["/lastTimestamp", "/series/lastObservedTime", "/eventTime"];
    let mut times = times.iter().map(|it| event.text(it));
    times.find(|it| !it.is_empty()).unwrap_or_default()
}

/// One line of an event.
pub fn event(event: &Value) -> String {
    let count = match event.integer("/count") {
        Some(count) if count > 1 => format!(", {count} times"),
        _ => String::new(),
    };
    let (reason, message) = (event.text("/reason"), event.text("/message"));
    format!(
        "{reason}: {} ({}{count})",
        message.trim_end(),
        last_seen(event)
    )
}

/// `events`: newest first; `node`: the one that the pod is bound to, if it is there.
pub fn of(pod: &Value, node: Option<&Value>, events: &[Value]) -> State {
    let containers: Vec<ContainerExplained> = [true, false]
        .into_iter()
        .flat_map(|is_init| containers(pod, is_init, events))
        .collect();
    State {
        reasons: match pod.text("/spec/nodeName").is_empty() {
            true => Vec::new(),
            false => reasons(pod, node, &containers, events),
        },
        containers,
    }
}

fn reasons(
    pod: &Value,
    node: Option<&Value>,
    containers: &[ContainerExplained],
    events: &[Value],
) -> Vec<String> {
    let mut found = Vec::new();
    match pod.text("/status/phase") {
        "Succeeded" => return vec!["all its containers ended well: it is over".to_owned()],
        "Failed" => {
            return vec![match pod.text("/status/reason") {
                "" => "it failed, and is not started again".to_owned(),
                reason => format!("it failed: {}", said(reason, pod.text("/status/message"))),
            }];
        }
        _ => {}
    }
    if pod.is_deleting() {
        found.push(going(pod));
    }
    let name = pod.text("/spec/nodeName");
    let ready = node.map(|it| (it.has_condition("Ready", "True"), it.condition("Ready")));
    match ready {
        None => found.push(format!("its node {name} is not there")),
        Some((true, _)) => {}
        Some((false, said_of)) => {
            let why = said_of.map_or_else(String::new, |it| {
                format!(": {}", said(it.text("/reason"), it.text("/message")))
            });
            found.push(format!("its node {name} is not ready{why}"));
        }
    }
    if pod.has_condition("Ready", "True") {
        return found;
    }
    if let Some(why) = before_containers(pod, events) {
        found.push(why);
    }
    let unready = containers.iter().filter(|it| !it.ready);
    found.extend(unready.filter_map(|it| {
        let why = it.why.as_ref()?;
        let what = if it.init {
            "init container"
        } else {
            "container"
        };
        Some(format!("{what} {}: {why}", it.name))
    }));
    if let Some(gate) = pod.condition("Ready")
        && gate.text("/reason") == "ReadinessGatesNotReady"
    {
        found.push(gate.text("/message").to_owned());
    }
    if found.is_empty() {
        found.push(format!("its node {name} has not told of it yet"));
    }
    found
}

fn going(pod: &Value) -> String {
    let at = pod.text("/metadata/deletionTimestamp");
    let finalizers = pod.list("/metadata/finalizers").iter();
    let finalizers: Vec<&str> = finalizers.filter_map(Value::as_str).collect();
    let held = match finalizers.is_empty() {
        true => String::new(),
        false => format!(", and finalizers hold it: {}", finalizers.join(", ")),
    };
    format!("it is being deleted, its grace ends at {at}{held}")
}

/// What fails before a container can be made: volumes, and what all containers share.
fn before_containers(pod: &Value, events: &[Value]) -> Option<String> {
    let is_made = pod.has_condition("PodReadyToStartContainers", "True");
    if is_made {
        return None;
    }
    let mut warnings = events.iter().filter(|it| it.text("/type") == "Warning");
    let failed = warnings.find_map(|it| {
        let what = match it.text("/reason") {
            "FailedMount" | "FailedAttachVolume" => "its volumes",
            "FailedCreatePodSandBox" => "its sandbox",
            _ => return None,
        };
        Some(format!("{what}: {}", it.text("/message")))
    });
    failed.or_else(|| {
        pod.condition("PodReadyToStartContainers")
            .map(|_| "its address, its volumes and its sandbox are being made".to_owned())
    })
}

fn containers<'a>(
    pod: &'a Value,
    is_init: bool,
    events: &'a [Value],
) -> impl Iterator<Item = ContainerExplained> + 'a {
    let (specs, statuses) = match is_init {
        true => ("/spec/initContainers", "/status/initContainerStatuses"),
        false => ("/spec/containers", "/status/containerStatuses"),
    };
    let of = |name: &str| {
        let mut statuses = pod.list(statuses).iter();
        statuses.find(|it| it.text("/name") == name)
    };
    let specs = pod.list(specs).iter();
    specs.filter_map(move |spec| {
        let status = of(spec.text("/name"))?;
        Some(ContainerExplained {
            name: spec.text("/name").to_owned(),
            init: is_init,
            state: state(status),
            ready: status.is_true("/ready"),
            restarts: status.integer("/restartCount").unwrap_or_default(),
            why: why(spec, status, events),
        })
    })
}

fn state(status: &Value) -> String {
    let state = status.map("/state");
    let kind = state.and_then(|it| it.keys().next());
    kind.map_or("unknown", String::as_str).to_owned()
}

/// Why a container is not ready; nothing of one that is.
fn why(spec: &Value, status: &Value, events: &[Value]) -> Option<String> {
    if status.is_true("/ready") {
        return None;
    }
    let waiting = status.at("/state/waiting");
    if waiting.is_object() {
        let (reason, message) = (waiting.text("/reason"), waiting.text("/message"));
        return Some(match reason {
            "ErrImagePull" | "ImagePullBackOff" => {
                format!("its image cannot be pulled: {}", said(reason, message))
            }
            "CrashLoopBackOff" => {
                let last = ended(status.at("/lastState/terminated"));
                format!("it {last} and is started again after a while: {message}")
            }
            "PodInitializing" => "the init containers come first".to_owned(),
            "ContainerCreating" => "it is being made, or its image is being pulled".to_owned(),
            _ => said(reason, message),
        });
    }
    let terminated = status.at("/state/terminated");
    if terminated.is_object() {
        return Some(format!("it {}", ended(terminated)));
    }
    // It runs.
    let probe = match (spec.get("startupProbe"), status.is_true("/started")) {
        (Some(_), false) => "Startup",
        _ if spec.get("readinessProbe").is_some() => "Readiness",
        _ => return Some("its node has not told yet that it is ready".to_owned()),
    };
    let mut unhealthy = events.iter().filter(|it| it.text("/reason") == "Unhealthy");
    let last = unhealthy.find(|it| it.text("/message").starts_with(probe));
    Some(match last {
        Some(last) => last.text("/message").trim_end().to_owned(),
        None => format!("its {} probe has not succeeded", probe.to_lowercase()),
    })
}

fn ended(terminated: &Value) -> String {
    let code = terminated.integer("/exitCode").unwrap_or_default();
    let why = said(terminated.text("/reason"), terminated.text("/message"));
    match why.is_empty() {
        true => format!("ended with exit code {code}"),
        false => format!("ended with exit code {code} ({why})"),
    }
}

/// `Reason: message`, or what there is of both.
fn said(reason: &str, message: &str) -> String {
    match (reason, message.trim_end()) {
        (reason, "") => reason.to_owned(),
        ("", message) => message.to_owned(),
        (reason, message) => format!("{reason}: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn node(ready: &str) -> Value {
        json!({"metadata": {"name": "n"}, "status": {"conditions": [
            {"type": "Ready", "status": ready, "reason": "NodeStatusUnknown", "message": "gone quiet"}]}})
    }

    /// A pod on the node, with one container whose spec and status are these.
    fn pod(spec: Value, status: Value) -> Value {
        let mut container = json!({"name": "main"});
        let mut told = json!({"name": "main", "ready": false});
        for (of, more) in [(&mut container, spec), (&mut told, status)] {
            for (key, value) in more.as_object().unwrap() {
                of[key] = value.clone();
            }
        }
        json!({
            "spec": {"nodeName": "n", "containers": [container]},
            "status": {"phase": "Running", "containerStatuses": [told], "conditions": [
                {"type": "PodReadyToStartContainers", "status": "True"}, {"type": "Ready", "status": "False"}]},
        })
    }

    fn why(pod: &Value, events: &[Value]) -> String {
        of(pod, Some(&node("True")), events).reasons.join("; ")
    }

    #[test]
    fn containers_in_words() {
        let waiting =
            |reason: &str| json!({"state": {"waiting": {"reason": reason, "message": "m"}}});
        let crashed = json!({"state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}},
            "lastState": {"terminated": {"exitCode": 3, "reason": "Error"}}});
        let running = |started: bool| json!({"state": {"running": {}}, "started": started});
        let probes = json!({"startupProbe": {}, "readinessProbe": {}});
        for (spec, status, want) in [
            (
                json!({}),
                waiting("ImagePullBackOff"),
                "container main: its image cannot be pulled: ImagePullBackOff: m",
            ),
            (
                json!({}),
                waiting("CreateContainerConfigError"),
                "container main: CreateContainerConfigError: m",
            ),
            (
                json!({}),
                crashed,
                "container main: it ended with exit code 3 (Error) and is started again after a while: back-off 10s",
            ),
            (
                json!({}),
                json!({"state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}),
                "container main: it ended with exit code 137 (OOMKilled)",
            ),
            (
                probes.clone(),
                running(false),
                "container main: Startup probe failed: no",
            ),
            (
                probes,
                running(true),
                "container main: its readiness probe has not succeeded",
            ),
        ] {
            let events = [json!({"reason": "Unhealthy", "message": "Startup probe failed: no\n"})];
            assert_eq!(why(&pod(spec, status.clone()), &events), want, "{status}");
        }
    }

    #[test]
    fn what_comes_before_containers() {
        let mut made = pod(
            json!({}),
            json!({"state": {"waiting": {"reason": "ContainerCreating"}}}),
        );
        made["status"]["conditions"][0]["status"] = "False".into();
        let creating = "container main: it is being made, or its image is being pulled";
        assert_eq!(
            why(&made, &[]),
            format!("its address, its volumes and its sandbox are being made; {creating}")
        );
        let event =
            json!({"type": "Warning", "reason": "FailedMount", "message": "no secret \"x\""});
        assert_eq!(
            why(&made, &[event]),
            format!("its volumes: no secret \"x\"; {creating}")
        );
    }

    #[test]
    fn nodes_ends_and_gates() {
        let running = || {
            pod(
                json!({}),
                json!({"state": {"running": {}}, "ready": true, "started": true}),
            )
        };
        let away = of(&running(), Some(&node("Unknown")), &[]);
        assert_eq!(
            away.reasons,
            ["its node n is not ready: NodeStatusUnknown: gone quiet"]
        );
        assert_eq!(
            of(&running(), None, &[]).reasons,
            ["its node n is not there"]
        );
        let mut gated = running();
        gated["status"]["conditions"][1] = json!({"type": "Ready", "status": "False",
            "reason": "ReadinessGatesNotReady", "message": "the gate \"x\""});
        assert_eq!(why(&gated, &[]), "the gate \"x\"");
        let mut going = running();
        going["metadata"] = json!({"deletionTimestamp": "T", "finalizers": ["a/b"]});
        going["status"]["conditions"][1]["status"] = "True".into();
        assert_eq!(
            why(&going, &[]),
            "it is being deleted, its grace ends at T, and finalizers hold it: a/b"
        );
        let mut ready = running();
        ready["status"]["conditions"][1]["status"] = "True".into();
        assert_eq!(why(&ready, &[]), "");
        let mut failed = running();
        failed["status"] = json!({"phase": "Failed", "reason": "Evicted", "message": "too big"});
        assert_eq!(why(&failed, &[]), "it failed: Evicted: too big");
    }

    #[test]
    fn events_in_lines() {
        let at = |at: &str| json!({"reason": "R", "message": "m", "lastTimestamp": at, "count": 2});
        let sorted = newest_first(vec![
            at("1"),
            json!({"eventTime": "3", "reason": "S", "message": "s"}),
            at("2"),
        ]);
        let lines: Vec<String> = sorted.iter().map(event).collect();
        assert_eq!(
            lines,
            ["S: s (3)", "R: m (2, 2 times)", "R: m (1, 2 times)"]
        );
    }
}
