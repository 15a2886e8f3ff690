//! What is to be done for a pod now, from what is wanted, what there is and the time. Pure: the same question has the same answer, and
//! once the actions are begun ([`begin`]) there is nothing more to do until something happens.

use wharf_base::Timestamp;

use crate::{
    pod::{Container, Pod, RestartPolicy, seconds},
    state::{ContainerState, ImageState, PodState, Run, Sandbox},
};

/// Why a pod fails that lost its sandbox, begins nothing again, and has a container that did not come to its run.
const LOST: &str = "SandboxLost";
const LOST_BECAUSE: &str =
    "Its sandbox was lost after containers had begun, and its restart policy is Never";
/// Seconds that a pod has to end whose node runs short, as upstream has it for hard thresholds.
const GRACE_OF_THE_EVICTED: u64 = 1;

#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    MakeSandbox,
    RemoveSandbox,
    Pull {
        container: String,
    },
    /// Begins the run of that number.
    Start {
        container: String,
        attempt: u32,
    },
    Stop {
        container: String,
        grace_seconds: u64,
    },
    /// Containers that run get other bounds.
    Resize,
    /// The node ends the pod.
    Fail {
        reason: &'static str,
        message: &'static str,
    },
    /// Nothing is left of it here: the API may forget it.
    Delete,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    pub actions: Vec<Action>,
    /// When time alone makes something more to do, or something else to tell.
    pub wake_at: Option<Timestamp>,
}

impl Plan {
    fn wake(&mut self, at: Timestamp) {
        self.wake_at = Some(self.wake_at.map_or(at, |known| known.min(at)));
    }
}

/// What a container's end means for its pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// It runs, or will.
    Alive,
    Succeeded,
    Failed,
}

/// How far the init containers are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Initialization<'a> {
    Done,
    /// At this one.
    At(&'a Container),
    /// This one failed, and is not tried again.
    Failed(&'a Container),
}

pub fn outlook(policy: RestartPolicy, container: &ContainerState) -> Outlook {
    match container.ended() {
        None => Outlook::Alive,
        Some(_) if container.outdated.is_some() => Outlook::Alive,
        Some(how) => match (policy, how.code) {
            (RestartPolicy::Always, _) => Outlook::Alive,
            (_, 0) => Outlook::Succeeded,
            (RestartPolicy::OnFailure, _) => Outlook::Alive,
            (RestartPolicy::Never, _) => Outlook::Failed,
        },
    }
}

pub fn initialization<'a>(pod: &'a Pod, state: &PodState) -> Initialization<'a> {
    // Once one of the others began they were all done. In another sandbox they are to do it again, as upstream has it: what they made
    // may have been the sandbox's own.
    let begun = |it: &Container| {
        let known = state.container(&it.name);
        known.is_some_and(ContainerState::has_begun_here)
    };
    if pod.spec.containers.iter().any(begun) {
        return Initialization::Done;
    }
    let inits = &pod.spec.init_containers;
    let ended = |it: &Container| {
        let known = state.container(&it.name)?;
        known.ended().filter(|_| known.has_begun_here())
    };
    // Whatever becomes of sidecars before it.
    let failed = |it: &&Container| !it.is_sidecar() && ended(it).is_some_and(|how| how.code != 0);
    if pod.spec.restart_policy == RestartPolicy::Never
        && let Some(failed) = inits.iter().find(failed)
    {
        return Initialization::Failed(failed);
    }
    for init in inits {
        let is_up = |it: &ContainerState| it.is_running() && it.has_started;
        let is_done = match init.is_sidecar() {
            true => state.container(&init.name).is_some_and(is_up),
            false => ended(init).is_some_and(|how| how.code == 0),
        };
        if !is_done {
            return Initialization::At(init);
        }
    }
    Initialization::Done
}

/// Whether nothing of the pod is to run any more, whatever else happens to it.
pub fn is_over(pod: &Pod, state: &PodState) -> bool {
    if state.failed.is_some() || state.is_finished {
        return true;
    }
    match initialization(pod, state) {
        Initialization::Failed(_) => true,
        Initialization::At(_) => false,
        Initialization::Done => pod.spec.containers.iter().all(|it| {
            let known = state.container(&it.name);
            known.is_some_and(|it| outlook(pod.spec.restart_policy, it) != Outlook::Alive)
        }),
    }
}

pub fn plan(pod: &Pod, state: &PodState, now: Timestamp) -> Plan {
    let mut plan = Plan::default();
    if state.is_deleted {
        return plan;
    }
    if pod.is_deleted() {
        end(pod, state, pod.grace_seconds(), &mut plan);
        if plan.actions.is_empty() && !any_active(state) {
            match state.sandbox {
                Sandbox::Removed => plan.actions.push(Action::Delete),
                // Of one that was never made there may be parts, by an agent that ended in between.
                Sandbox::None | Sandbox::Ready | Sandbox::Failed { .. } => {
                    plan.actions.push(Action::RemoveSandbox);
                }
                Sandbox::Making | Sandbox::Removing => {}
            }
        }
        return plan;
    }
    if is_over(pod, state) {
        let grace = match state.is_for_node {
            true => pod.grace_seconds().min(GRACE_OF_THE_EVICTED),
            false => pod.grace_seconds(),
        };
        end(pod, state, grace, &mut plan);
        let is_still = plan.actions.is_empty() && !any_active(state);
        if is_still && state.gives_back && state.sandbox == Sandbox::Ready {
            plan.actions.push(Action::RemoveSandbox);
        }
        return plan;
    }
    if let Some(at) = deadline(pod, state) {
        if now >= at {
            plan.actions.push(Action::Fail {
                reason: "DeadlineExceeded",
                message: "Pod was active on the node longer than the specified deadline",
            });
            return plan;
        }
        plan.wake(at);
    }
    match &state.sandbox {
        Sandbox::Ready => {}
        Sandbox::None => {
            plan.actions.push(match is_not_begun_again(pod, state) {
                true => Action::Fail {
                    reason: LOST,
                    message: LOST_BECAUSE,
                },
                false => Action::MakeSandbox,
            });
            return plan;
        }
        Sandbox::Failed { retry, .. } => {
            if now >= retry.at {
                plan.actions.push(Action::MakeSandbox);
            } else {
                plan.wake(retry.at);
            }
            return plan;
        }
        Sandbox::Making | Sandbox::Removing | Sandbox::Removed => return plan,
    }
    let is_to_be = |it: &ContainerState| it.is_resized && it.is_running();
    if state.containers.values().any(is_to_be) {
        resize(pod, state, &mut plan);
    }
    // Who looks on does so from the beginning, and once.
    for of in &pod.spec.ephemeral_containers {
        let known = state.container(&of.name);
        if known.is_some_and(|it| it.ended().is_none()) {
            bring_forward(pod, state, of, now, &mut plan);
        }
    }
    // Sidecars before the one that is waited for are kept, whatever becomes of them.
    let reached = initialization(pod, state);
    for init in &pod.spec.init_containers {
        let is_reached = matches!(reached, Initialization::At(at) if at.name == init.name);
        if is_reached || init.is_sidecar() {
            bring_forward(pod, state, init, now, &mut plan);
        }
        if is_reached {
            return plan;
        }
    }
    for container in &pod.spec.containers {
        bring_forward(pod, state, container, now, &mut plan);
    }
    plan
}

/// Whether a pod without a sandbox gets none, as upstream has it: something of it ran, and it was to run once.
fn is_not_begun_again(pod: &Pod, state: &PodState) -> bool {
    let begun = |it: &Container| {
        let known = state.container(&it.name);
        known.is_some_and(ContainerState::has_begun)
    };
    pod.spec.restart_policy == RestartPolicy::Never && pod.all_containers().any(begun)
}

/// Where a container has to begin anew for that, it is ended first, and begun again as its policy has it.
fn resize(pod: &Pod, state: &PodState, plan: &mut Plan) {
    let mut stops = false;
    for of in pod.all_containers() {
        let known = state.container(&of.name);
        let known = known.filter(|it| it.is_resized && it.is_running());
        if let Some(known) = known.filter(|it| of.restarts_for(&it.resources)) {
            stops = true;
            if known.stopping.is_none() {
                plan.actions.push(Action::Stop {
                    container: of.name.clone(),
                    grace_seconds: pod.grace_seconds(),
                });
            }
        }
    }
    if !stops {
        plan.actions.push(Action::Resize);
    }
}

/// When a pod has run for as long as it may.
fn deadline(pod: &Pod, state: &PodState) -> Option<Timestamp> {
    let may = pod.spec.active_deadline_seconds?;
    let began = pod.status["startTime"]
        .as_str()
        .and_then(Timestamp::parse_iso8601);
    Some(began.unwrap_or(state.seen_at) + std::time::Duration::from_secs(seconds(may)))
}

/// What one container needs next on its way to running.
fn bring_forward(pod: &Pod, state: &PodState, of: &Container, now: Timestamp, plan: &mut Plan) {
    let Some(known) = state.container(&of.name) else {
        return;
    };
    if known.is_running() && known.stopping.is_none() {
        let grace_seconds = match (known.is_condemned, &known.outdated) {
            (true, _) => Some(condemned_grace(pod, of, known)),
            (false, Some(_)) => Some(pod.grace_seconds()),
            (false, None) => None,
        };
        if let Some(grace_seconds) = grace_seconds {
            plan.actions.push(Action::Stop {
                container: of.name.clone(),
                grace_seconds,
            });
        }
    }
    if known.is_active() {
        return;
    }
    if let Some(at) = known.restarts_at() {
        let is_init = pod.spec.init_containers.iter().any(|it| it.name == of.name);
        let policy = match (of.is_sidecar(), is_init, pod.spec.restart_policy) {
            (true, ..) => RestartPolicy::Always,
            // An init container that succeeded is not run again in the same sandbox.
            (false, true, RestartPolicy::Always) => RestartPolicy::OnFailure,
            (false, _, policy) => policy,
        };
        let was_elsewhere = is_init && !known.has_begun_here();
        if !was_elsewhere && outlook(policy, known) != Outlook::Alive {
            return;
        }
        if now < at {
            plan.wake(at);
            return;
        }
    }
    match &known.image {
        ImageState::Here => {}
        ImageState::Unknown => {
            let container = of.name.clone();
            plan.actions.push(Action::Pull { container });
            return;
        }
        ImageState::Pulling => return,
        ImageState::Failed { retry, .. } => {
            if now >= retry.at {
                let container = of.name.clone();
                plan.actions.push(Action::Pull { container });
            } else {
                plan.wake(if retry.backs_off(now) {
                    retry.at
                } else {
                    retry.half()
                });
            }
            return;
        }
    }
    if let Run::Failed { retry, .. } = &known.run
        && now < retry.at
    {
        plan.wake(retry.at);
        return;
    }
    plan.actions.push(Action::Start {
        container: of.name.clone(),
        attempt: known.next_attempt(),
    });
}

fn condemned_grace(pod: &Pod, of: &Container, known: &ContainerState) -> u64 {
    let probes = match known.has_started {
        true => &of.liveness_probe,
        false => &of.startup_probe,
    };
    let own = probes
        .as_ref()
        .and_then(|it| it.termination_grace_period_seconds);
    own.map_or_else(|| pod.grace_seconds(), seconds)
}

fn any_active(state: &PodState) -> bool {
    state.containers.values().any(ContainerState::is_active)
}

/// Ends all containers: the sidecars after the others, the last that began first.
fn end(pod: &Pod, state: &PodState, grace_seconds: u64, plan: &mut Plan) {
    let running = |it: &&Container| {
        state
            .container(&it.name)
            .is_some_and(ContainerState::is_active)
    };
    let (sidecars, inits): (Vec<&Container>, Vec<&Container>) = pod
        .spec
        .init_containers
        .iter()
        .partition(|it| it.is_sidecar());
    let ephemeral = &pod.spec.ephemeral_containers;
    let ordinary = pod.spec.containers.iter().chain(inits).chain(ephemeral);
    let mut first: Vec<&Container> = ordinary.filter(running).collect();
    if first.is_empty() {
        first.extend(sidecars.into_iter().rfind(running));
    }
    for of in first {
        // Who deletes may become less patient.
        let in_time = |told: Option<u64>| told.is_some_and(|told| told <= grace_seconds);
        let known = state.container(&of.name);
        if known.is_some_and(|it| it.is_running() && !in_time(it.stopping)) {
            plan.actions.push(Action::Stop {
                container: of.name.clone(),
                grace_seconds,
            });
        }
    }
}

/// An action is under way.
pub fn begin(state: &mut PodState, action: &Action) {
    match action {
        Action::MakeSandbox => {
            state.sandbox = Sandbox::Making;
            // All runs until now were in others.
            for it in state.containers.values_mut() {
                it.first_here = it.next_attempt();
            }
        }
        Action::RemoveSandbox => state.sandbox = Sandbox::Removing,
        Action::Delete => state.is_deleted = true,
        Action::Resize => {
            for it in state.containers.values_mut().filter(|it| it.is_running()) {
                it.is_resized = false;
            }
        }
        Action::Fail { reason, message } => {
            let told = ((*reason).to_owned(), (*message).to_owned());
            state.failed.get_or_insert(told);
        }
        Action::Pull { container } => {
            if let Some(it) = state.containers.get_mut(container) {
                it.image = ImageState::Pulling;
            }
        }
        Action::Start { container, .. } => {
            if let Some(it) = state.containers.get_mut(container) {
                it.next_run();
            }
        }
        Action::Stop {
            container,
            grace_seconds,
        } => {
            if let Some(it) = state.containers.get_mut(container) {
                it.stopping = Some(*grace_seconds);
            }
        }
    }
}

#[cfg(test)]
mod tests;
