//! What is told of a pod: its phase, conditions and the states of its containers, with upstream's reasons and texts. Pure.

use serde_json::{Map, Value, json};
use wharf_base::Timestamp;
use wharf_container::runtime::ProgramUser;
use wharf_kube_client::Object as _;

use crate::{
    plan::{Initialization, Outlook, initialization, outlook},
    pod::{Container, Pod, RestartPolicy},
    qos,
    resizing::PENDING,
    state::{ContainerState, ImageState, PodState, Run, Sandbox, Terminated},
};

/// The node that tells it.
#[derive(Debug, Clone)]
pub struct Place {
    /// `10.0.1.2`
    pub host_ip: String,
}

/// Conditions that this node decides about; others stay as they are.
const OWN_CONDITIONS: [&str; 6] = [
    PENDING,
    "PodScheduled",
    "PodReadyToStartContainers",
    "Initialized",
    "ContainersReady",
    "Ready",
];
/// Bytes that containers leave about their ends, of all containers of a pod: each has its part of it, as upstream.
const MOST_MESSAGES: usize = 12 << 10;
const CRASH_LOOP: &str = "CrashLoopBackOff";
const DISRUPTED: &str = "DisruptionTarget";
const BY_NODE: &str = "TerminationByKubelet";

/// Whether this node wrote a condition.
pub fn is_own(condition: &Value) -> bool {
    OWN_CONDITIONS.contains(&condition.text("/type")) || says_ended_for_node(condition)
}

fn says_ended_for_node(condition: &Value) -> bool {
    condition.text("/type") == DISRUPTED && condition.text("/reason") == BY_NODE
}

/// Whether the status of a pod says that its node ended it because it ran short of something.
pub fn is_ended_for_node(status: &Value) -> bool {
    let mut all = status.list("/conditions").iter();
    all.any(says_ended_for_node)
}

/// A condition by its type, as it was last written.
fn known<'a>(pod: &'a Pod, kind: &str) -> Option<&'a Value> {
    let mut all = pod.status.list("/conditions").iter();
    all.find(|it| it.text("/type") == kind)
}

/// The value of `status`.
pub fn status(pod: &Pod, state: &PodState, place: &Place, now: Timestamp) -> Value {
    let mut status = Map::new();
    let mut put = |name: &str, value: Value| status.insert(name.to_owned(), value);
    put("phase", phase(pod, state).into());
    let conditions = conditions(pod, state, outcome(pod, state), now);
    put("conditions", conditions.into());
    put("startTime", started(pod, state).into());
    put("hostIP", place.host_ip.as_str().into());
    put("hostIPs", json!([{"ip": place.host_ip}]));
    if let Some(ip) = state.ip {
        put("podIP", ip.to_string().into());
        put("podIPs", json!([{"ip": ip}]));
    }
    if let Some(generation) = pod.metadata.generation {
        put("observedGeneration", generation.into());
    }
    put("qosClass", qos::class(pod).name().into());
    let (reason, message) = match &state.failed {
        Some((reason, message)) => (reason.as_str().into(), message.as_str().into()),
        // Null takes away what an earlier status said.
        None => (Value::Null, Value::Null),
    };
    put("reason", reason);
    put("message", message);
    let of = |all: &[Container], is_init: bool| -> Vec<Value> {
        all.iter()
            .map(|it| container(pod, state, it, is_init, now))
            .collect()
    };
    if !pod.spec.init_containers.is_empty() {
        let inits = of(&pod.spec.init_containers, true);
        put("initContainerStatuses", inits.into());
    }
    put("containerStatuses", of(&pod.spec.containers, false).into());
    let ephemeral = &pod.spec.ephemeral_containers;
    if !ephemeral.is_empty() {
        put("ephemeralContainerStatuses", of(ephemeral, false).into());
    }
    Value::Object(status)
}

fn started(pod: &Pod, state: &PodState) -> String {
    match pod.status.text("/startTime") {
        "" => state.seen_at.iso8601_seconds(),
        known => known.to_owned(),
    }
}

/// The phase that is told. That a pod is over is told when nothing of it runs any more: until then it holds what it has of its node.
pub fn phase(pod: &Pod, state: &PodState) -> &'static str {
    let outcome = outcome(pod, state);
    let runs = || state.containers.values().any(ContainerState::is_active);
    // What was told is not taken back.
    if !is_end(outcome) || is_end(pod.status.text("/phase")) || !runs() {
        return outcome;
    }
    let containers = pod.spec.containers.iter();
    let mut states = containers.filter_map(|it| state.container(&it.name));
    match states.any(ContainerState::has_begun) {
        true => "Running",
        false => "Pending",
    }
}

fn is_end(phase: &str) -> bool {
    matches!(phase, "Succeeded" | "Failed")
}

/// The phase that a pod comes to, whatever of it still has to end.
fn outcome(pod: &Pod, state: &PodState) -> &'static str {
    if state.failed.is_some() {
        return "Failed";
    }
    match initialization(pod, state) {
        Initialization::Failed(_) => return "Failed",
        Initialization::At(_) => return "Pending",
        Initialization::Done => {}
    }
    let policy = pod.spec.restart_policy;
    let states = || {
        pod.spec
            .containers
            .iter()
            .filter_map(|it| state.container(&it.name))
    };
    // One that ran before is no longer waited for.
    let waits = |it: &ContainerState| it.attempt == 0 && !it.is_running() && it.ended().is_none();
    if states().any(waits) {
        return "Pending";
    }
    let ended = || states().filter_map(ContainerState::ended);
    let all_ended = states().all(|it| it.ended().is_some() && it.outdated.is_none());
    if !all_ended || policy == RestartPolicy::Always && !pod.is_deleted() {
        return "Running";
    }
    if ended().all(|it| it.code == 0) {
        return "Succeeded";
    }
    let over = states().all(|it| outlook(policy, it) != Outlook::Alive);
    match over || pod.is_deleted() {
        true => "Failed",
        false => "Running",
    }
}

fn conditions(pod: &Pod, state: &PodState, phase: &str, now: Timestamp) -> Vec<Value> {
    let completed = phase == "Succeeded";
    let mut all = vec![Condition::new("PodScheduled", true)];
    all.push(Condition::new(
        "PodReadyToStartContainers",
        state.sandbox == Sandbox::Ready,
    ));
    let incomplete: Vec<&str> = match initialization(pod, state) {
        Initialization::Done => Vec::new(),
        Initialization::At(at) | Initialization::Failed(at) => {
            let inits = pod.spec.init_containers.iter();
            let left = inits.skip_while(|it| it.name != at.name);
            left.map(|it| it.name.as_str()).collect()
        }
    };
    all.push(match (completed, incomplete.is_empty()) {
        (true, _) => Condition::new("Initialized", true).because("PodCompleted", String::new()),
        (false, true) => Condition::new("Initialized", true),
        (false, false) => Condition::new("Initialized", false).because(
            "ContainersNotInitialized",
            format!(
                "containers with incomplete status: [{}]",
                incomplete.join(" ")
            ),
        ),
    });
    let sidecars = pod.spec.init_containers.iter().filter(|it| it.is_sidecar());
    let unready: Vec<&str> = sidecars
        .chain(&pod.spec.containers)
        .filter(|it| !state.container(&it.name).is_some_and(is_ready))
        .map(|it| it.name.as_str())
        .collect();
    let readiness = |kind: &'static str| match phase {
        "Succeeded" => Condition::new(kind, false).because("PodCompleted", String::new()),
        "Failed" => Condition::new(kind, false).because("PodFailed", String::new()),
        _ if unready.is_empty() => Condition::new(kind, true),
        _ => Condition::new(kind, false).because(
            "ContainersNotReady",
            format!("containers with unready status: [{}]", unready.join(" ")),
        ),
    };
    all.push(readiness("ContainersReady"));
    let gates: Vec<&str> = pod
        .spec
        .readiness_gates
        .iter()
        .map(|it| it.condition_type.as_str())
        .filter(|kind| known(pod, kind).is_none_or(|it| it.text("/status") != "True"))
        .collect();
    let ready = readiness("Ready");
    all.push(if ready.holds && !gates.is_empty() {
        let texts: Vec<String> = gates
            .iter()
            .map(|it| match known(pod, it) {
                Some(known) => format!(
                    "the status of pod readiness gate \"{it}\" is not \"True\", but {}",
                    known.text("/status")
                ),
                None => format!(
                    "corresponding condition of pod readiness gate \"{it}\" does not exist."
                ),
            })
            .collect();
        Condition::new("Ready", false).because("ReadinessGatesNotReady", texts.join(", "))
    } else {
        ready
    });
    if let Some((_, message)) = state.failed.as_ref().filter(|_| state.is_for_node) {
        let disrupted = Condition::new(DISRUPTED, true);
        all.push(disrupted.because(BY_NODE, message.clone()));
    }
    if let Some(why) = &state.pending {
        let pending = Condition::new(PENDING, true);
        all.push(pending.because(why.reason, why.message.clone()));
    }
    let own: Vec<&str> = all.iter().map(|it| it.kind).collect();
    let others = pod.status.list("/conditions").iter();
    // What waited and was had, or is asked for no more, is told no more.
    let others: Vec<Value> = others
        .filter(|it| !own.contains(&it.text("/type")) && it.text("/type") != PENDING)
        .cloned()
        .collect();
    let mut told: Vec<Value> = all.iter().map(|it| it.to_value(pod, now)).collect();
    told.extend(others);
    told
}

fn is_ready(container: &ContainerState) -> bool {
    container.is_running() && container.is_ready
}

struct Condition {
    kind: &'static str,
    holds: bool,
    reason: &'static str,
    message: String,
}

impl Condition {
    fn new(kind: &'static str, holds: bool) -> Self {
        Self {
            kind,
            holds,
            reason: "",
            message: String::new(),
        }
    }

    fn because(mut self, reason: &'static str, message: String) -> Self {
        (self.reason, self.message) = (reason, message);
        self
    }

    /// Its time is that of the last change of its status.
    fn to_value(&self, pod: &Pod, now: Timestamp) -> Value {
        let status = if self.holds { "True" } else { "False" };
        let before = known(pod, self.kind);
        let before = before.filter(|it| it.text("/status") == status);
        let since = before
            .map(|it| it.text("/lastTransitionTime"))
            .filter(|it| !it.is_empty());
        let since = since.map_or_else(|| now.iso8601_seconds(), str::to_owned);
        let mut value = json!({
            "type": self.kind, "status": status, "lastProbeTime": null, "lastTransitionTime": since,
        });
        if !self.reason.is_empty() {
            value["reason"] = self.reason.into();
        }
        if !self.message.is_empty() {
            value["message"] = self.message.as_str().into();
        }
        if let Some(generation) = pod.metadata.generation {
            value["observedGeneration"] = generation.into();
        }
        value
    }
}

fn container(pod: &Pod, state: &PodState, of: &Container, is_init: bool, now: Timestamp) -> Value {
    let unknown = ContainerState::default();
    let known = state.container(&of.name).unwrap_or(&unknown);
    let is_ephemeral = pod.is_ephemeral(&of.name);
    let policy = match (of.is_sidecar(), is_init) {
        _ if is_ephemeral => RestartPolicy::Never,
        (true, _) => RestartPolicy::Always,
        (false, true) if pod.spec.restart_policy == RestartPolicy::Always => {
            RestartPolicy::OnFailure
        }
        _ => pod.spec.restart_policy,
    };
    // Of a pod that comes to its end no sidecar begins again.
    let ends = pod.is_deleted() || is_end(outcome(pod, state));
    // What it did in another sandbox it is to do in this one too, as long as the others have not begun.
    let is_done = known.has_begun_here() || initialization(pod, state) == Initialization::Done;
    let is_again = !ends && (outlook(policy, known) == Outlook::Alive || is_init && !is_done);
    let id = |run: u32| format!("wharf://{}/{}~r{run}", pod.metadata.uid, of.name);
    let terminated = |how: &Terminated| {
        let mut value = json!({
            "exitCode": how.code, "reason": how.reason, "finishedAt": how.finished_at.iso8601_seconds(),
            "startedAt": how.started_at.map(Timestamp::iso8601_seconds), "containerID": id(how.attempt),
        });
        if !how.message.is_empty() {
            value["message"] = its_part(pod, &how.message).into();
        }
        json!({ "terminated": value })
    };
    let mut last = known.last.as_ref();
    let shown = match &known.run {
        Run::Running { since } => json!({"running": {"startedAt": since.iso8601_seconds()}}),
        Run::Ended(how) if is_again => {
            last = Some(how);
            waiting(pod, state, of, known, is_init, now)
        }
        Run::Ended(how) => terminated(how),
        Run::None | Run::Starting | Run::Failed { .. } => {
            waiting(pod, state, of, known, is_init, now)
        }
    };
    let restarts = known.attempt;
    let is_ready = match (is_init && !of.is_sidecar(), known.ended()) {
        (true, ended) => ended.is_some_and(|it| it.code == 0) && !is_again,
        (false, _) => is_ready(known) && !is_ephemeral,
    };
    let ran = !matches!(known.run, Run::None | Run::Starting | Run::Failed { .. }) || restarts > 0;
    let run = match &known.run {
        Run::None | Run::Starting | Run::Failed { .. } => restarts.saturating_sub(1),
        _ => restarts,
    };
    let allocated = || of.resources.to_value()["requests"].take();
    let (given, allocated) = match known.is_running() {
        true => (known.resources.to_value(), allocated()),
        // What it asks for is not what it begins with.
        false if state.pending.is_some() => (of.resources.to_value(), allocated()),
        false => (Value::Null, Value::Null),
    };
    json!({
        "resources": given,
        "allocatedResources": allocated,
        "name": of.name,
        "state": shown,
        "lastState": last.map_or_else(|| json!({}), terminated),
        "ready": is_ready,
        "restartCount": restarts,
        "image": known.outdated.as_ref().unwrap_or(&of.image),
        "imageID": known.image_id,
        "containerID": if ran { Value::from(id(run)) } else { Value::Null },
        "user": known.user.as_ref().map(user),
        "started": known.is_running() && known.has_started,
    })
}

/// What there is room for of what one container left about its end.
fn its_part<'a>(pod: &Pod, message: &'a str) -> &'a str {
    let containers = pod.all_containers().count() + pod.spec.ephemeral_containers.len();
    let most = MOST_MESSAGES / containers.max(1);
    &message[..message.floor_char_boundary(most)]
}

/// Whether a container that ended waits before it begins again.
pub fn backs_off(pod: &Pod, state: &PodState, name: &str, now: Timestamp) -> bool {
    let is_init = pod.spec.init_containers.iter().any(|it| it.name == name);
    let of = pod.container(name);
    let told = of.map(|it| container(pod, state, it, is_init, now));
    told.is_some_and(|it| it.text("/state/waiting/reason") == CRASH_LOOP)
}

/// As a runtime tells it upstream: the group is one of the supplementary ones as well, the first where it was none.
fn user(of: &ProgramUser) -> Value {
    let is_among = of.groups.contains(&of.gid);
    let first = (!is_among).then_some(of.gid);
    let groups: Vec<u32> = first.into_iter().chain(of.groups.iter().copied()).collect();
    json!({"linux": {"uid": of.uid, "gid": of.gid, "supplementalGroups": groups}})
}

/// Whom a container's status says that its program began as.
pub fn told_user(status: &Value) -> Option<ProgramUser> {
    let number = |it: &Value| it.as_u64().and_then(|it| u32::try_from(it).ok());
    let groups = status.list("/user/linux/supplementalGroups").iter();
    Some(ProgramUser {
        uid: number(status.at("/user/linux/uid"))?,
        gid: number(status.at("/user/linux/gid"))?,
        groups: groups.filter_map(number).collect(),
    })
}

fn waiting(
    pod: &Pod,
    state: &PodState,
    of: &Container,
    known: &ContainerState,
    is_init: bool,
    now: Timestamp,
) -> Value {
    let told = |reason: &str, message: &str| match message {
        "" => json!({"waiting": {"reason": reason}}),
        message => json!({"waiting": {"reason": reason, "message": message}}),
    };
    if let ImageState::Failed {
        reason,
        message,
        retry,
    } = &known.image
    {
        return match retry.backs_off(now) && reason == "ErrImagePull" {
            true => told(
                "ImagePullBackOff",
                &format!(
                    "Back-off pulling image \"{}\": {reason}: {message}",
                    of.image
                ),
            ),
            false => told(reason, message),
        };
    }
    if let Run::Failed {
        reason, message, ..
    } = &known.run
    {
        return told(reason, message);
    }
    if let Some(at) = known.restarts_at().filter(|at| *at > now) {
        let ended = known.ended().map_or(now, |it| it.finished_at);
        let wait = short_duration(at.since(ended).as_secs());
        let (pod, uid) = (&pod.metadata, &pod.metadata.uid);
        return told(
            CRASH_LOOP,
            &format!(
                "back-off {wait} restarting failed container={} pod={}_{}({uid})",
                of.name, pod.name, pod.namespace
            ),
        );
    }
    if !is_init && initialization(pod, state) != Initialization::Done {
        return told("PodInitializing", "");
    }
    match is_init {
        true => told("PodInitializing", ""),
        false => told("ContainerCreating", ""),
    }
}

/// As Go prints whole seconds: `10s`, `2m40s`.
fn short_duration(seconds: u64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, rest) => format!("{rest}s"),
        (minutes, rest) => format!("{minutes}m{rest}s"),
    }
}
