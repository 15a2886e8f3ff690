//! The plan's actions, carried out.

mod end;
mod hooks;
mod limits;
mod record;
mod sandbox;
mod start;
mod volumes;

use std::{net::Ipv4Addr, path::PathBuf, sync::Arc, time::Duration};

use tokio::time::{sleep, timeout};
use wharf_base::{Backoff, Chain};

pub use self::{
    end::follow,
    limits::{has_any as has_limits, keep_limits},
    record::{record, record_begin, record_pause},
    sandbox::{network, remove_folder},
    volumes::keep_volumes,
};
use crate::{
    env::{self, Facts},
    machine::{MachineError, Pull, PullPolicy, run_name},
    node::allocatable_disk,
    plan::Action,
    pod::{Container, Pod},
    qos,
    state::{ContainerState, Event, PodState},
    worker::Context,
};

/// Where the controller of pods' interfaces tells of them.
pub const POD_ENI: &str = "vpc.amazonaws.com/pod-eni";
/// After a change of what a volume is made of could not be written.
const WRITE_AGAIN: Duration = Duration::from_secs(10);
/// No action takes longer, beyond what a container is given to end.
const PATIENCE: Duration = Duration::from_secs(3 * 60 * 60);
/// Nor one of the machine's own.
const MACHINE_PATIENCE: Duration = Duration::from_secs(120);
const KEEP_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_KEEP_PAUSE: Duration = Duration::from_secs(60);
/// How often the image of a container that was found running is asked for: for an hour or so.
const KEEP_TRIES: u32 = 60;

/// Within which an action is done or has failed.
pub fn patience(action: &Action) -> Duration {
    match action {
        Action::Stop { grace_seconds, .. } => {
            PATIENCE.saturating_add(Duration::from_secs(*grace_seconds))
        }
        _ => PATIENCE,
    }
}

pub async fn perform(
    context: Arc<Context>,
    pod: Pod,
    state: PodState,
    action: Action,
) -> Vec<Event> {
    match action {
        Action::MakeSandbox => match sandbox::make(&context, &pod).await {
            Ok(ip) => vec![Event::SandboxMade { ip }],
            Err(error) => vec![Event::SandboxFailed {
                message: Chain(&error).to_string(),
            }],
        },
        Action::RemoveSandbox => match sandbox::remove(&context, &pod).await {
            Ok(()) => vec![Event::SandboxRemoved],
            Err(error) => {
                let message = error.text();
                tracing::error!(
                    pod = pod.full_name(),
                    message,
                    "failed to remove the sandbox of a pod; will retry"
                );
                sleep(WRITE_AGAIN).await;
                vec![Event::SandboxNotRemoved { message }]
            }
        },
        Action::Pull { container } => start::pull(&context, &pod, container).await,
        Action::Start { container, attempt } => {
            start::start(&context, &pod, &state, container, attempt).await
        }
        Action::Stop {
            container,
            grace_seconds,
        } => end::stop(&context, &pod, &state, container, grace_seconds).await,
        Action::Resize => resize(&context, &pod, &state).await,
        Action::Fail { .. } | Action::Delete => Vec::new(),
    }
}

/// Brings what runs to the bounds that its pod has now.
async fn resize(context: &Context, pod: &Pod, state: &PodState) -> Vec<Event> {
    let running = |of: &&Container| {
        let known = state.container(&of.name);
        known.is_some_and(ContainerState::is_running)
    };
    let all: Vec<&Container> = pod.all_containers().filter(running).collect();
    let each = all.iter().filter_map(|of| {
        let run = run_name(&of.name, state.container(&of.name)?.attempt)?;
        Some((run, qos::container_bounds(pod, of)))
    });
    let each: Vec<_> = each.collect();
    let (machine, whole) = (&context.node.machine, qos::pod_bounds(pod));
    let resized = timeout(
        MACHINE_PATIENCE,
        machine.resize(&context.sandbox, whole, &each),
    );
    match resized.await.unwrap_or(Err(MachineError::NoAnswer)) {
        Ok(()) => {
            let given = all.iter().map(|of| (of.name.clone(), of.resources.clone()));
            vec![Event::Resized {
                containers: given.collect(),
            }]
        }
        Err(error) => {
            tracing::warn!(
                pod = pod.full_name(),
                error = %Chain(&error),
                "failed to change what a pod may have; will retry"
            );
            sleep(WRITE_AGAIN).await;
            let containers = all.iter().map(|of| of.name.clone()).collect();
            vec![Event::NotResized { containers }]
        }
    }
}

/// What became of an action that nobody heard of any more.
pub fn failure(action: &Action) -> Vec<Event> {
    let message = "the node failed; see its log".to_owned();
    let event = match action {
        Action::MakeSandbox => Event::SandboxFailed { message },
        Action::RemoveSandbox => Event::SandboxNotRemoved { message },
        Action::Pull { container } => Event::NotPulled {
            container: container.clone(),
            reason: "ErrImagePull".to_owned(),
            message,
        },
        Action::Start { container, attempt } => Event::NotStarted {
            container: container.clone(),
            attempt: *attempt,
            reason: "RunContainerError".to_owned(),
            message,
        },
        Action::Stop { container, .. } => Event::NotStopped {
            container: container.clone(),
        },
        Action::Resize | Action::Fail { .. } | Action::Delete => return Vec::new(),
    };
    vec![event]
}

/// Has an image that runs stay, and be known for the signal that it wants.
pub async fn keep_image(context: Arc<Context>, container: String, image_id: String) {
    let machine = &context.node.machine;
    let mut pause = Backoff::new(KEEP_PAUSE, LONGEST_KEEP_PAUSE, 2.0);
    for _ in 0..KEEP_TRIES {
        // Another run of the container brought it, or the pod is gone.
        let is_kept = context.images.lock().contains_key(&container);
        if is_kept || context.node.pod_of(&context.sandbox).is_none() {
            return;
        }
        let pod = context.pod.lock().clone();
        let (logins, _) = start::logins(&context, &pod, &image_id).await;
        let wanted = Pull {
            name: &image_id,
            policy: PullPolicy::IfNotPresent,
            logins: &logins,
            told: &|_| (),
        };
        // One that is read on demand needs somebody to be fetched as, or reads of it fail for ever.
        match machine.fetch(&context.sandbox, wanted).await {
            Ok(image) => {
                context.images.lock().entry(container).or_insert(image);
                return;
            }
            Err(no) => {
                tracing::warn!(
                    container,
                    image_id,
                    reason = no.message,
                    "failed to keep the image of a container; will retry"
                );
            }
        }
        sleep(pause.wait()).await;
    }
}

fn facts(context: &Context, pod: &Pod, ip: Option<Ipv4Addr>) -> Facts {
    let node = &context.node;
    Facts {
        host_ip: node.place.host_ip.clone(),
        pod_ip: ip.map(|it| it.to_string()).unwrap_or_default(),
        node_name: node.name.clone(),
        services: env::of_services(pod, &node.services.all()),
        allocatable: node.allocatable,
        disk: allocatable_disk(node.capacity.disk),
    }
}

fn folder(context: &Context) -> PathBuf {
    context.node.dir.join(&context.sandbox)
}
