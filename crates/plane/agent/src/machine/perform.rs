//! The engine's actions, carried out.

use std::{error::Error, sync::Arc, time::Duration};

use futures_util::future::try_join_all;
use tokio::time::sleep;
use wharf_base::{Backoff, Chain};
use wharf_container::{
    runtime::{
        ContainerError, ContainerState, PreparedDisk, RuntimeError, TaskHandle, TaskNetwork,
        TaskSandbox,
    },
    spec::parse_signal,
};
use wharf_planeproto::file_system::Mount;
use wharf_userns::IdRange;

use super::{
    Shared,
    bundle::{self, Surroundings},
    error::{NoMount, NotGivenBack, StepError},
    limits::{CpuPart, pids_of_task},
    live::{self, Live},
    logs,
    net::{self, Networks},
    secrets::{self, Secrets},
};
use crate::{
    engine::{Action, Event, NetworkMode},
    file_systems::NotMounted,
    node::{core::TaskContext, machine::Observation},
};

/// SIGTERM, where the image names no other (ecs.md §4).
const DEFAULT_STOP_SIGNAL: i32 = 15;
/// A network that cannot be released at once is tried again before the task counts as stopped; what
/// remains is released with everything else the task held.
const RELEASE_TRIES: u32 = 5;
const RELEASE_PAUSE: Duration = Duration::from_millis(200);
/// What cannot be given back is tried again, with pauses that grow up to the longest.
const DISPOSE_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_DISPOSE_PAUSE: Duration = Duration::from_secs(60);

pub(super) async fn perform(
    shared: &Arc<Shared>,
    context: &Arc<TaskContext>,
    action: Action,
) -> Vec<Event> {
    match action {
        Action::AttachNetwork => match attach(shared, context).await {
            Ok(event) => vec![event],
            Err(error) => vec![Event::NetworkFailed {
                reason: error.to_string(),
            }],
        },
        Action::Pull { container } => pull(shared, context, container).await,
        Action::Create { container } => match create(shared, context, container).await {
            Ok(()) => vec![Event::Created { container }],
            Err(error) => failed(container, &error),
        },
        Action::Start { container } => match start(shared, context, container).await {
            Ok(event) => vec![event],
            Err(error) => failed(container, &error),
        },
        Action::Restart { container } => {
            if let Some(live) = shared.host.live(&context.id) {
                live.next_generation(container);
            }
            let begun = match create(shared, context, container).await {
                Ok(()) => start(shared, context, container).await,
                Err(error) => Err(error),
            };
            begun.map_or_else(|error| failed(container, &error), |event| vec![event])
        }
        Action::Stop { container, timeout } => stop(shared, context, container, timeout).await,
        Action::ReleaseNetwork => {
            release(shared, context).await;
            vec![Event::NetworkReleased]
        }
    }
}

fn failed(container: usize, error: &dyn Error) -> Vec<Event> {
    vec![Event::Failed {
        container,
        reason: error.to_string(),
    }]
}

pub(super) fn attached(context: &TaskContext, networks: &Networks) -> Event {
    Event::NetworkAttached {
        links: net::links(context, networks),
    }
}

/// Network, volumes and shim: all that a container stands on.
async fn attach(shared: &Arc<Shared>, context: &Arc<TaskContext>) -> Result<Event, StepError> {
    if let Some(live) = shared.host.live(&context.id) {
        return Ok(attached(context, &live.networks));
    }
    shared.host.runtime.expect_task();
    let task = &context.task;
    shared.tenancy.check(context)?;
    shared.allow.task(task).map_err(StepError::NotAllowed)?;
    let wanted = net::wanted(context).map_err(StepError::BadNetwork)?;
    let gib = task.ephemeral_storage.size_in_gib;
    let bytes = shared.host.disks.size_of(&task.launch_type, gib)?;
    shared
        .volumes
        .prepare(context, shared.host.disks.are_there().await)
        .map_err(StepError::BadVolume)?;
    let range = shared.tenancy.range_of(&shared.host.isolation, context)?;
    let attaching = wanted.into_iter().map(|(key, mode)| async move {
        let attaching = shared.host.network.attach_owned(&key, mode, range);
        attaching.await
    });
    let (attached_all, disk, secrets) = tokio::join!(
        try_join_all(attaching),
        shared.host.disks.take(bytes),
        secrets::fetch(shared, context)
    );
    let networks = match attached_all {
        Ok(attachments) => Networks::new(attachments),
        Err(error) => {
            release(shared, context).await;
            return Err(StepError::Network(error));
        }
    };
    let disk = match disk {
        Ok(disk) => disk,
        Err(source) => {
            release(shared, context).await;
            let mib = bytes >> 20;
            return Err(StepError::Disk { mib, source });
        }
    };
    let secrets = match secrets {
        Ok(secrets) => secrets,
        Err(why) => {
            release(shared, context).await;
            return Err(StepError::secrets(why, context));
        }
    };
    let event = attached(context, &networks);
    let log_options = secrets.log_options.clone();
    let mut sandbox = sandbox(context, &networks, shared.host.task_pids, range);
    sandbox.group = shared.tenancy.group().map(str::to_owned);
    // Those of an instance have what it has together.
    if sandbox.group.is_none() {
        let most = pids_of_task(shared.host.task_pids, sandbox.cpu_gives_way);
        sandbox.pids_limit = Some(most);
    }
    match with_shim(shared, context, sandbox, disk, secrets, &networks).await {
        Ok(handle) => {
            let group = shared.tenancy.group();
            let live = Live::new(context.clone(), handle, networks, group);
            live.secrets.set(()).ok();
            live.log_secrets.set(log_options).ok();
            let live = Arc::new(live);
            shared.host.put_live(live.clone());
            live::watch(shared, &live);
            Ok(event)
        }
        Err(error) => {
            release(shared, context).await;
            Err(error)
        }
    }
}

/// The task's shim, with the secrets of its containers and its EBS volumes.
async fn with_shim(
    shared: &Shared,
    context: &TaskContext,
    sandbox: TaskSandbox,
    disk: Option<PreparedDisk>,
    secrets: Secrets,
    networks: &Networks,
) -> Result<TaskHandle, StepError> {
    let range = sandbox.user_range;
    let made = shared.host.runtime.create_task_on(sandbox, disk).await;
    let handle = made.map_err(StepError::Sandbox)?;
    let given = match secrets.hand_over(&handle).await {
        Ok(()) => {
            let mounted = mount_all(shared, context, &handle, networks, range).await;
            mounted.map_err(StepError::Mount)
        }
        Err(error) => Err(StepError::NotHandedOver(error)),
    };
    match given {
        Ok(()) => Ok(handle),
        Err(why) => {
            if let Err(error) = handle.kill().await {
                let task = handle.task_id();
                tracing::warn!(
                    task,
                    error = &error as &dyn std::error::Error,
                    "failed to remove a task that was not given its secrets or volumes"
                );
            }
            Err(why)
        }
    }
}

/// Mounts what of the task's volumes is not mounted yet: EBS volumes, and file systems.
async fn mount_all(
    shared: &Shared,
    context: &TaskContext,
    handle: &TaskHandle,
    networks: &Networks,
    range: Option<IdRange>,
) -> Result<(), NoMount> {
    mount_volumes(shared, context, handle).await?;
    let found = shared.volumes.file_systems(context, handle.disk_volumes());
    for (place, volume) in found? {
        let mounts = shared.host.mounts.as_ref();
        let mounts = mounts.ok_or(NoMount::MountsNone)?;
        let netns = match context.spec.network {
            NetworkMode::Awsvpc => networks.of(0).and_then(|it| it.netns.as_ref()),
            _ => None,
        };
        let netns = netns.ok_or(NotMounted::NoNetwork)?;
        let asked = Mount {
            task: context.task.arn.clone(),
            volume: volume.to_owned(),
        };
        let asked = (context.id.as_str(), asked);
        let mounted = mounts.mount(&shared.api, asked, netns, range, (handle, &place));
        mounted.await?;
    }
    Ok(())
}

/// Mounts the task's EBS volumes that are not mounted yet.
async fn mount_volumes(
    shared: &Shared,
    context: &TaskContext,
    handle: &TaskHandle,
) -> Result<(), NoMount> {
    let attached = shared.volumes.attached(context, handle.disk_volumes());
    for volume in attached? {
        let volumes = shared.host.volumes.as_ref();
        let volumes = volumes.ok_or(NoMount::KeepsNone)?;
        let mounted = volumes.mount(volume.id, volume.filesystem, handle, &volume.place);
        mounted.await?;
    }
    Ok(())
}

fn sandbox(
    context: &TaskContext,
    networks: &Networks,
    pids: u64,
    user_range: Option<IdRange>,
) -> TaskSandbox {
    let task = &context.task;
    let shared = networks.of(0).and_then(|one| one.netns.clone());
    let cpu = CpuPart::of(task);
    TaskSandbox {
        task_id: context.id.clone(),
        group: None,
        network: match context.spec.network {
            NetworkMode::Bridge => TaskNetwork::PerContainer,
            _ => shared.map_or(TaskNetwork::Host, TaskNetwork::Namespace),
        },
        cpu_quota_millis: cpu.quota_millis,
        cpu_shares: Some(cpu.shares),
        cpu_gives_way: cpu.gives_way,
        memory_limit_bytes: u64::try_from(task.memory)
            .ok()
            .filter(|mib| *mib > 0)
            .and_then(|mib| mib.checked_mul(1 << 20)),
        pids_limit: Some(pids),
        has_disk: false,
        keeps_disk: false,
        annotations: Default::default(),
        user_range,
    }
}

async fn pull(shared: &Arc<Shared>, context: &Arc<TaskContext>, at: usize) -> Vec<Event> {
    let (tell, id) = (shared.observations.clone(), context.id.clone());
    // Told when it begins, because it may take long; a full queue only costs the earlier time.
    let began = move || {
        let event = Event::PullStarted;
        let _ = tell.try_send(Observation {
            task_id: id.clone(),
            event,
        });
    };
    match shared.images.fetch(context, at, &began).await {
        Ok(fetched) => {
            let digest = fetched.image.digest().to_string();
            match shared.host.live(&context.id) {
                Some(live) => live.set_image(at, fetched.image),
                None => shared.host.put_fetched(&context.id, at, fetched.image),
            }
            vec![
                Event::PullStarted,
                Event::Pulled {
                    container: at,
                    digest,
                    remotely: fetched.remotely,
                    confirmed: fetched.confirmed,
                },
            ]
        }
        Err(error) => failed(at, &error),
    }
}

async fn create(
    shared: &Arc<Shared>,
    context: &Arc<TaskContext>,
    at: usize,
) -> Result<(), StepError> {
    let live = shared.host.live(&context.id);
    let live = live.ok_or(StepError::NoSandbox)?;
    let known = live
        .image(at)
        .or_else(|| shared.host.take_fetched(&context.id, at));
    let image = match known {
        Some(image) => image,
        // An earlier agent pulled it, for this task: it lies on this node.
        None => match shared.images.local(context, at).await {
            Some(image) => image,
            None => shared.images.fetch(context, at, &|| ()).await?.image,
        },
    };
    live.set_image(at, image.clone());
    shared.images.note_user(&image, &context.id);
    secrets::ensure(shared, &live).await?;
    // An agent that was killed may have come no further than the shim.
    let range = shared.tenancy.range_of(&shared.host.isolation, context)?;
    mount_all(shared, context, &live.handle, &live.networks, range).await?;
    let spec = specification(shared, &live, at, image.config())?;
    // The stream is made beside the container, and refused options fail the start as with Docker.
    let (created, stream) = tokio::join!(
        live.handle.create_container(&spec, &image),
        logs::prepare(shared, &live, at)
    );
    match created {
        Ok(_) => stream,
        // An earlier agent had come this far.
        Err(ContainerError::Refused {
            failure: wharf_container::runtime::Failure::AlreadyExists { .. },
            ..
        }) => stream,
        Err(error) => Err(error.into()),
    }
}

fn specification(
    shared: &Shared,
    live: &Live,
    at: usize,
    image: &wharf_container::image::ImageConfig,
) -> Result<wharf_container::spec::ContainerSpec, bundle::BadContainer> {
    let context = &live.context;
    let name = &context.task.containers[at].name;
    let engine = bundle::engine(&context.task.containers[at])?;
    shared.allow.task(&context.task)?;
    shared.allow.container(&context.task, &engine.host)?;
    let addresses = shared.addresses(context);
    let hostname = if engine.config.hostname.is_empty() {
        let region = context.region(&addresses.region);
        net::hostname(context, at, &live.networks, region)
    } else {
        engine.config.hostname
    };
    let around = Surroundings {
        image,
        mounts: shared
            .volumes
            .mounts(context, at, &image.volumes, live.handle.disk_volumes())?,
        variables: bundle::variables(context, at, addresses),
        files: net::files(context, at, &live.networks, &hostname, &engine.host),
        network: match context.spec.network {
            NetworkMode::Bridge => live.networks.of(at).and_then(|one| one.netns.clone()),
            _ => None,
        },
        hostname,
        run_name: live
            .run_name(at)
            .ok_or_else(|| bundle::BadContainer::Name(name.clone()))?,
        replaces: live.replaced_name(at),
        first_name: live.run_name(context.spec.first),
    };
    bundle::container(context, at, around)
}

async fn start(
    shared: &Arc<Shared>,
    context: &Arc<TaskContext>,
    at: usize,
) -> Result<Event, StepError> {
    let live = shared.host.live(&context.id);
    let live = live.ok_or(StepError::NoSandbox)?;
    let name = live.run_name(at).ok_or(StepError::NoSandbox)?;
    match live.handle.start(&name).await {
        Ok(started) => Ok(Event::Started {
            container: at,
            at: wharf_base::Timestamp(started.at),
        }),
        Err(error) => {
            // An earlier agent may have come this far; the shim's own word decides.
            let status = live.handle.status().await.ok();
            let found = status.as_ref().and_then(|s| s.containers.get(&name));
            match found.and_then(|c| c.started_at) {
                Some(started) => Ok(Event::Started {
                    container: at,
                    at: wharf_base::Timestamp(started),
                }),
                None => Err(error.into()),
            }
        }
    }
}

/// The stop signal of the image, patience, SIGKILL.
async fn stop(
    shared: &Arc<Shared>,
    context: &Arc<TaskContext>,
    at: usize,
    timeout: Duration,
) -> Vec<Event> {
    let gone = vec![Event::Vanished { container: at }];
    let Some(live) = shared.host.live(&context.id) else {
        return gone;
    };
    let Some(name) = live.run_name(at) else {
        return gone;
    };
    let image = match live.image(at) {
        Some(image) => Some(image),
        // Taken over from an earlier agent.
        None => shared.images.local(context, at).await,
    };
    let signal = image
        .and_then(|image| image.config().stop_signal.clone())
        .and_then(|signal| parse_signal(&signal).ok())
        .unwrap_or(DEFAULT_STOP_SIGNAL);
    match live.handle.stop(&name, signal, timeout).await {
        Ok(exit) => vec![live::exited(at, &exit)],
        Err(error) => {
            let status = live.handle.status().await;
            match status.as_ref().ok().and_then(|s| s.containers.get(&name)) {
                Some(c) if c.state == ContainerState::Stopped => match &c.exit {
                    Some(exit) => vec![live::exited(at, exit)],
                    None => gone,
                },
                // Created and never run: it ends with the task.
                Some(c) if c.state != ContainerState::Running => vec![Event::Failed {
                    container: at,
                    reason: error.reason(),
                }],
                Some(_) => {
                    // What cannot be stopped is taken down with everything around it.
                    tracing::error!(task = context.id, container = %name, error = &error as &dyn std::error::Error, "stopping a container timed out; killing its task");
                    live.close();
                    if let Err(error) = live.handle.kill().await {
                        tracing::error!(
                            task = context.id,
                            error = &error as &dyn std::error::Error,
                            "failed to kill a task"
                        );
                    }
                    all_gone(context)
                }
                None => gone,
            }
        }
    }
}

fn all_gone(context: &TaskContext) -> Vec<Event> {
    (0..context.task.containers.len())
        .map(|container| Event::Vanished { container })
        .collect()
}

async fn release(shared: &Arc<Shared>, context: &Arc<TaskContext>) {
    for _ in 0..RELEASE_TRIES {
        if detach(shared, context).await {
            return;
        }
        sleep(RELEASE_PAUSE).await;
    }
    shared.host.note_unreleased(&context.id);
}

/// Whether nothing of the task's networks is left.
async fn detach(shared: &Arc<Shared>, context: &Arc<TaskContext>) -> bool {
    let keys = net::keys(context);
    let detaching = keys.iter().map(|key| shared.host.network.detach(key));
    let done = try_join_all(detaching).await;
    if let Err(error) = &done {
        tracing::warn!(
            task = context.id,
            error = error as &dyn std::error::Error,
            "failed to release a network; will retry"
        );
    }
    done.is_ok()
}

/// Waits for the logs, then removes shim, cgroup, folders and volumes, again until that succeeds.
pub(super) async fn dispose(shared: &Arc<Shared>, context: &Arc<TaskContext>) {
    let id = &context.id;
    for at in 0..context.task.containers.len() {
        shared.host.take_fetched(id, at);
    }
    if let Some(logs) = shared.host.take_ended_logs(id) {
        logs.close();
        logs.wait().await;
    }
    if let Some(live) = shared.host.live(id) {
        live.logs.close();
        live.logs.wait().await;
        live.close();
    }
    let mut backoff = Backoff::steady(DISPOSE_PAUSE, LONGEST_DISPOSE_PAUSE);
    while let Err(error) = give_back(shared, context).await {
        let pause = backoff.wait();
        tracing::error!(
            task = id,
            error = %Chain(&error),
            retry_in_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
            "failed to release resources of a stopped task; will retry"
        );
        sleep(pause).await;
    }
    // Last: nothing with the task's numbers is left.
    shared.host.isolation.retain(|task| task != id);
    shared.host.take_live(id);
}

/// Tries all parts, whichever fail.
async fn give_back(shared: &Arc<Shared>, context: &Arc<TaskContext>) -> Result<(), NotGivenBack> {
    let id = &context.id;
    let ended = match shared.host.live(id) {
        Some(live) => live.handle.kill().await,
        None => shared.host.runtime.remove_task(id).await,
    };
    let ended: Result<(), NotGivenBack> = match ended {
        // Nothing can be there under a name that no task has.
        Ok(()) | Err(RuntimeError::BadTaskId(_)) => Ok(()),
        Err(error) => Err(error.into()),
    };
    let volumes = shared.volumes.remove(id).map_err(NotGivenBack::Volumes);
    if let Some(mounts) = &shared.host.mounts {
        mounts.forget(id).map_err(NotGivenBack::FileSystems)?;
    }
    let network = if shared.host.is_unreleased(id) && !detach(shared, context).await {
        Err(NotGivenBack::Network)
    } else {
        shared.host.forget_unreleased(id);
        Ok(())
    };
    ended.and(volumes).and(network)
}
