//! What the worker of a pod begins with: what an earlier agent left of it, and what was told of runs in sandboxes that are gone. Pure.
//!
//! Containers that live on are taken as they are. Of all others it is known that they ran, from what is left of their sandbox or from the
//! status of the pod, and so what is not to run once more does not: each has ended, as was told of it or, where nobody saw that, with
//! upstream's `ContainerStatusUnknown`.

use serde_json::Value;
use wharf_base::Timestamp;
use wharf_container::{runtime::ContainerState as Seen, spec::ContainerName};
use wharf_kube_client::Object as _;

use crate::{
    machine::{Found, of_run},
    pod::Pod,
    state::{ContainerState, PodState, Run, Sandbox, Terminated},
    status::{is_ended_for_node, told_user},
};

/// More make no pause longer.
const MOST_CRASHES_KNOWN: u32 = 8;

/// `found` is the sandbox that an earlier agent left. One that has ended is as good as none, but for what it says of the ends in it.
pub fn take_over(pod: &Pod, state: &mut PodState, found: Option<&Found>) {
    let phase = pod.status.text("/phase");
    match found {
        None if matches!(phase, "Succeeded" | "Failed") => state.is_finished = true,
        Some(_) if phase == "Succeeded" => {}
        _ => stay_ended(pod, state),
    }
    if let Some(found) = found {
        if found.is_alive {
            state.sandbox = Sandbox::Ready;
            state.ip = found.address;
        }
        find(pod, state, found);
    }
    let is_alive = found.is_some_and(|it| it.is_alive);
    let (ends, now) = (state.failed.is_some(), state.seen_at);
    for (name, container) in &mut state.containers {
        // What is there was seen, and what was refused has never run.
        if !matches!(container.run, Run::None) || container.attempt > 0 {
            continue;
        }
        let Some((told, run)) = told(pod, name).and_then(|it| Some((it, last_run(it)?))) else {
            continue;
        };
        container.image_id = told.text("/imageID").to_owned();
        container.user = told_user(told);
        container.attempt = run;
        if told.at("/state/waiting").is_object() && !ends && !pod.is_ephemeral(name) {
            // It was to begin again.
            container.last = told_end(told.at("/lastState/terminated"), run, now);
            container.attempt = run.saturating_add(1);
        } else {
            end_as_told(container, Some(told), now);
        }
        if is_alive {
            // That was in a sandbox before this one.
            container.first_here = container.next_attempt();
        }
    }
}

/// What is found in a sandbox, whether or not it is alive.
fn find(pod: &Pod, state: &mut PodState, found: &Found) {
    let now = state.seen_at;
    for (name, seen) in &found.containers {
        let Some((container, attempt)) = of_run(name) else {
            continue;
        };
        let Some(known) = state.containers.get_mut(container) else {
            continue;
        };
        if attempt < known.attempt {
            continue;
        }
        if let Run::Ended(how) = std::mem::take(&mut known.run) {
            known.last = Some(how);
        }
        known.attempt = attempt;
        let at = |millis: i64| Timestamp::from_millis(millis);
        if let Some(since) = seen.started_at {
            known.run = Run::Running { since: at(since) };
        }
        let of = pod.container(container);
        let told = told(pod, container);
        known.has_started = of.is_some_and(|it| it.startup_probe.is_none())
            || told.is_some_and(|it| it.is_true("/started"));
        known.is_ready = of
            .is_some_and(|it| it.readiness_probe.is_none() && it.startup_probe.is_none())
            || told.is_some_and(|it| it.is_true("/ready"));
        if let Some(of) = of {
            known.resources = of.resources.clone();
            // It may have been changed meanwhile.
            known.is_resized =
                told.is_some_and(|it| *it.at("/resources") != of.resources.to_value());
            // What has ended for good is not run again for that.
            let told = told.filter(|it| !it.at("/state/terminated").is_object());
            let runs = told.map(|it| it.text("/image"));
            let runs = runs.filter(|it| !it.is_empty() && *it != of.image);
            known.outdated = runs.map(str::to_owned);
        }
        known.image_id = told
            .map(|it| it.text("/imageID").to_owned())
            .unwrap_or_default();
        known.user = seen.user.clone().or_else(|| told.and_then(told_user));
        match &seen.exit {
            Some(exit) => known.end(exit.code, exit.oom, at(exit.at), String::new()),
            None if seen.state == Seen::Stopped || !found.is_alive => {
                // Nobody wrote down how. What was told may be of this run.
                let told = told.filter(|it| last_run(it) == Some(attempt));
                end_as_told(known, told, now);
            }
            None => {}
        }
        if let Run::Ended(Terminated { started_at, .. }) = &mut known.run {
            started_at.get_or_insert(now);
        }
        known.crashes = known.crashes.max(attempt.min(MOST_CRASHES_KNOWN));
    }
}

/// What an earlier agent ended stays so, whether or not it came to its end.
fn stay_ended(pod: &Pod, state: &mut PodState) {
    let reason = pod.status.text("/reason");
    if !reason.is_empty() {
        let message = pod.status.text("/message").to_owned();
        state.failed = Some((reason.to_owned(), message));
        state.is_for_node = is_ended_for_node(&pod.status);
        state.gives_back = state.is_for_node;
    }
}

/// What was told of a container.
fn told<'a>(pod: &'a Pod, name: &str) -> Option<&'a Value> {
    let all = [
        "/initContainerStatuses",
        "/containerStatuses",
        "/ephemeralContainerStatuses",
    ];
    let mut all = all.into_iter().flat_map(move |it| pod.status.list(it));
    all.find(|it| it.text("/name") == name)
}

/// The number of its last run, as the id of a container says it; `None` of one that never ran.
fn last_run(told: &Value) -> Option<u32> {
    let run = told.text("/containerID").rsplit('/').next()?;
    if run.is_empty() {
        return None;
    }
    let run = ContainerName::try_from(run).ok();
    let known = run.as_ref().and_then(of_run).map(|(_, attempt)| attempt);
    let restarts = || u32::try_from(told.integer("/restartCount").unwrap_or_default());
    Some(known.unwrap_or_else(|| restarts().unwrap_or_default()))
}

/// How a run ended, as was told of it. `now`: when, where nobody told.
fn told_end(how: &Value, attempt: u32, now: Timestamp) -> Option<Terminated> {
    let code = i32::try_from(how.integer("/exitCode")?).ok()?;
    let at = |pointer: &str| Timestamp::parse_iso8601(how.text(pointer));
    Some(Terminated {
        code,
        reason: how.text("/reason").to_owned(),
        message: how.text("/message").to_owned(),
        started_at: at("/startedAt"),
        finished_at: at("/finishedAt").unwrap_or(now),
        attempt,
    })
}

/// With all that was told of its end, of which nothing else is left.
fn end_as_told(container: &mut ContainerState, told: Option<&Value>, now: Timestamp) {
    let how = told.map(|it| it.at("/state/terminated"));
    let Some(how) = how.and_then(|it| told_end(it, container.attempt, now)) else {
        container.end_unseen(now);
        let began = told.map(|it| it.text("/state/running/startedAt"));
        if let Run::Ended(ended) = &mut container.run {
            let began = began.and_then(Timestamp::parse_iso8601);
            ended.started_at = ended.started_at.or(began);
        }
        return;
    };
    container.end(how.code, false, how.finished_at, how.message);
    if let Run::Ended(ended) = &mut container.run {
        if !how.reason.is_empty() {
            ended.reason = how.reason;
        }
        ended.started_at = how.started_at;
    }
}
