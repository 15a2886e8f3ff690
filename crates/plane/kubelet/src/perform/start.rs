//! A container of a pod gets its image and is started.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use wharf_base::{Chain, Timestamp};
use wharf_container::{
    runtime::ProgramUser,
    spec::{ContainerName, NameFiles},
};
use wharf_kube_client::{Ref, kind};

use super::{
    facts, folder, hooks,
    record::{record_created, record_pulling},
    volumes::{mount_volumes, volumes_of},
};
use crate::{
    app_armor::{self, NoProfile},
    disks,
    env::{self, BadConfig},
    host_paths,
    machine::{Login, MachineError, Progress, Pull, PullPolicy, run_name},
    names::{self, LongName},
    not_mounted::NotMounted,
    objects::Unread,
    pod::{Container, Pod},
    pull_secrets,
    refused::refused_container,
    seccomp::{self, BadSeccomp},
    spec::{self, Around, BadContainer},
    state::{Condemns, Event, PodState},
    worker::Context,
};

/// A hook that hangs keeps its container from being ready no longer.
const HOOK_PATIENCE: Duration = Duration::from_secs(120);

fn policy(of: &Container) -> PullPolicy {
    let latest = !of.image.contains('@')
        && (of.image.ends_with(":latest")
            || !of
                .image
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .contains(':'));
    match of.image_pull_policy.as_deref() {
        Some("Always") => PullPolicy::Always,
        Some("Never") => PullPolicy::Never,
        Some("IfNotPresent") => PullPolicy::IfNotPresent,
        _ if latest => PullPolicy::Always,
        _ => PullPolicy::IfNotPresent,
    }
}

pub(super) async fn pull(context: &Arc<Context>, pod: &Pod, container: String) -> Vec<Event> {
    let Some(of) = pod.container(&container) else {
        return Vec::new();
    };
    let policy = policy(of);
    let (logins, missing) = logins(context, pod, &of.image).await;
    if !missing.is_empty()
        && let Some(object) = context.node.pod_of(&context.sandbox)
    {
        let text = format!(
            "Unable to retrieve some image pull secrets ({}); attempting to pull the image may not succeed.",
            missing.join(", ")
        );
        let about = Ref::of(&kind::POD, &object);
        let recorder = &context.node.recorder;
        recorder.warning(about, "FailedToRetrieveImagePullSecret", &text);
    }
    let (begun, took) = (AtomicBool::new(false), Mutex::new(None));
    let told = |progress: Progress| match progress {
        Progress::Begun => {
            if !begun.swap(true, Ordering::Relaxed)
                && let Some(object) = context.node.pod_of(&context.sandbox)
            {
                record_pulling(context, &object, pod, &container);
            }
        }
        Progress::Done(it) => *took.lock() = Some(it),
    };
    let wanted = Pull {
        name: &of.image,
        policy,
        logins: &logins,
        told: &told,
    };
    let fetched = context.node.machine.fetch(&context.sandbox, wanted).await;
    match fetched {
        Ok(image) => {
            let name = of.image.split('@').next().unwrap_or_default();
            let image_id = format!("{name}@{}", image.digest());
            context.images.lock().insert(container.clone(), image);
            let took = took.lock().take();
            vec![Event::Pulled {
                container,
                image_id,
                took,
            }]
        }
        Err(no) => vec![Event::NotPulled {
            container,
            reason: no.reason.to_owned(),
            message: no.message,
        }],
    }
}

/// Of the secrets that the pod names for that, and those of them that are not there.
pub(super) async fn logins(context: &Context, pod: &Pod, image: &str) -> (Vec<Login>, Vec<String>) {
    let names = pod
        .spec
        .image_pull_secrets
        .iter()
        .map(|it| it.name.as_str());
    pull_secrets::logins(&context.node, &pod.metadata.namespace, names, image).await
}

/// Why a container does not begin; told with its causes.
#[derive(Debug, thiserror::Error)]
enum NotBegun {
    #[error("its name is none that a container can have")]
    Name,
    /// By what the node has.
    #[error("{0}")]
    Refused(String),
    #[error("its image is gone")]
    NoImage,
    #[error(transparent)]
    Unread(#[from] Unread),
    #[error(transparent)]
    Config(#[from] BadConfig),
    #[error(transparent)]
    Volumes(#[from] NotMounted),
    #[error("its termination log")]
    TerminationLog(#[source] io::Error),
    #[error(transparent)]
    LongName(#[from] LongName),
    #[error("unable to find target container {0}")]
    NoTarget(String),
    #[error(transparent)]
    Seccomp(#[from] BadSeccomp),
    #[error(transparent)]
    AppArmor(#[from] NoProfile),
    #[error("{}", .0.message)]
    Spec(BadContainer),
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// It was made, and its program is not.
    #[error(transparent)]
    NotRun(MachineError),
}

impl NotBegun {
    /// As a pod's status names it.
    fn reason(&self) -> &'static str {
        match self {
            Self::Unread(_) | Self::Config(_) => "CreateContainerConfigError",
            Self::Spec(bad) => bad.reason,
            Self::NotRun(_) => "RunContainerError",
            _ => "CreateContainerError",
        }
    }
}

pub(super) async fn start(
    context: &Arc<Context>,
    pod: &Pod,
    state: &PodState,
    container: String,
    attempt: u32,
) -> Vec<Event> {
    let Some(of) = pod.container(&container) else {
        return Vec::new();
    };
    let (at, user) = match begin(context, pod, state, of, attempt).await {
        Ok(Some(began)) => began,
        Ok(None) => return Vec::new(),
        Err(why) => {
            return vec![Event::NotStarted {
                container,
                attempt,
                reason: why.reason().to_owned(),
                message: Chain(&why).to_string(),
            }];
        }
    };
    let hook = of.lifecycle.as_ref().and_then(|it| it.post_start.as_ref());
    let mut events = vec![Event::Started {
        container: container.clone(),
        attempt,
        at,
        user,
    }];
    if let Some(hook) = hook
        && let Err(error) =
            hooks::run(context, pod, of, attempt, hook, state.ip, HOOK_PATIENCE).await
    {
        if let Some(object) = context.node.pod_of(&context.sandbox) {
            let about = Ref::of(&kind::POD, &object).part(pod.path_of(&container));
            let recorder = &context.node.recorder;
            recorder.warning(about, "FailedPostStartHook", "PostStartHook failed");
        }
        let (of, container) = (pod.full_name(), container.as_str());
        tracing::info!(
            pod = of,
            container,
            error = %Chain(&error),
            "a postStart hook failed; its container ends"
        );
        events.push(Event::Condemned {
            container: container.to_owned(),
            by: Condemns::PostStartHook,
        });
    }
    events
}

/// When a container began, and as whom; `None` where its sandbox was lost since that was planned.
async fn begin(
    context: &Arc<Context>,
    pod: &Pod,
    state: &PodState,
    of: &Container,
    attempt: u32,
) -> Result<Option<(Timestamp, Option<ProgramUser>)>, NotBegun> {
    let run = run_name(&of.name, attempt).ok_or(NotBegun::Name)?;
    if let Some(why) = refused_container(pod, of, context.node.has()) {
        return Err(NotBegun::Refused(why));
    }
    let image = context.images.lock().get(&of.name).cloned();
    let image = image.ok_or(NotBegun::NoImage)?;
    context.followed.read().await?;
    let facts = facts(context, pod, state.ip);
    let env = env::environment(pod, of, &context.followed, &facts)?;
    let volumes = volumes_of(context);
    let seen = mounted(context, pod, &volumes).await?;
    let termination_log = termination_log(&folder(context), run.as_str());
    let termination_log = termination_log.map_err(NotBegun::TerminationLog)?;
    let (files, hostname) = name_files(context, pod, state).await?;
    let machine = &context.node.machine;
    let before = |runs: u32| run_name(&of.name, attempt.checked_sub(runs)?);
    // What was written by the run before the last one, and its log, nobody asks for any more.
    if let Some(old) = before(2) {
        machine.forget(&context.sandbox, &old).await;
    }
    let target = target(of, state)?;
    let first_process = match pod.spec.host_pid || pod.spec.host_ipc {
        true => Some(machine.first_process().await?),
        false => None,
    };
    let known = state.container(&of.name);
    let has_run = known.is_some_and(|it| it.last.is_some());
    let around = Around {
        image: image.config(),
        system_calls: seccomp::system_calls(&**machine, pod, of).await?,
        app_armor: app_armor::profile(pod, of, &machine.app_armor())?,
        run,
        target,
        first_process,
        replaces: before(1).filter(|_| has_run),
        env,
        files,
        hostname,
        volumes: &volumes,
        seen: &seen,
        read_only: &disks::read_only(context, pod),
        as_they_are: &disks::file_systems(context),
        termination_log,
        node_memory: context.node.allocatable.1,
        has_node: context.node.only.is_some(),
    };
    let spec = spec::container(pod, of, around).map_err(NotBegun::Spec)?;
    let devices = disks::devices(context, pod, of);
    // What was to begin in a sandbox that was lost since it was planned has ended with it, and is told of so: in the next one another run
    // takes its place.
    if context.losses.load(Ordering::Acquire) != state.losses {
        return Ok(None);
    }
    let made = || {
        if let Some(object) = context.node.pod_of(&context.sandbox) {
            record_created(context, &object, pod, &of.name);
        }
    };
    let at = machine
        .start(&context.sandbox, &spec, &image, &devices, &made)
        .await
        .map_err(NotBegun::NotRun)?;
    // Only inside are names of users known.
    let runs = machine.containers(&context.sandbox).await;
    let own = runs.ok().and_then(|mut all| all.remove(&spec.name));
    let user = own.and_then(|it| it.user);
    Ok(Some((Timestamp::from_millis(at), user)))
}

/// Has a pod's volumes mounted; where this process sees their folders.
async fn mounted(context: &Arc<Context>, pod: &Pod, volumes: &Path) -> Result<PathBuf, NotMounted> {
    // What an agent left that was killed in between has nothing mounted yet.
    disks::find(context, pod).await?;
    mount_volumes(context, pod).await?;
    // Disks and paths of the node are mounted where the sandbox alone sees them.
    let is_apart = disks::has_any(pod) || host_paths::of(pod).next().is_some();
    Ok(match is_apart {
        true => context.node.machine.seen(&context.sandbox, volumes)?,
        false => volumes.to_owned(),
    })
}

/// What tells a container names, and the one that its kernel has.
async fn name_files(
    context: &Context,
    pod: &Pod,
    state: &PodState,
) -> Result<(NameFiles, String), LongName> {
    let machine = &context.node.machine;
    let (own, of_node) = match pod.spec.host_network {
        true => (machine.node_hosts().await, machine.node_host_name().await),
        false => (None, None),
    };
    let of_node = of_node.as_deref().unwrap_or(&context.node.name);
    let kernel_name = names::kernel_name(pod, of_node)?;
    let hosts = match own {
        Some(own) => names::hosts_of_node(&own, pod),
        None => names::hosts(pod, &names::hostname(pod), state.ip),
    };
    let (resolv_conf, left_out) = names::resolv_conf(pod, &context.node.names());
    if !left_out.is_empty()
        && let Some(object) = context.node.pod_of(&context.sandbox)
    {
        for text in left_out {
            let (about, recorder) = (Ref::of(&kind::POD, &object), &context.node.recorder);
            recorder.warning(about, "DNSConfigForming", &text);
        }
    }
    let files = NameFiles {
        hosts: Some(hosts),
        resolv_conf: Some(resolv_conf),
        hostname: Some(format!("{kernel_name}\n")),
    };
    Ok((files, kernel_name))
}

/// The run whose processes an ephemeral container is to see.
fn target(of: &Container, state: &PodState) -> Result<Option<ContainerName>, NotBegun> {
    let Some(name) = of.target_container_name.as_deref() else {
        return Ok(None);
    };
    if name.is_empty() {
        return Ok(None);
    }
    let run = state.container(name).filter(|it| it.is_running());
    let run = run.and_then(|it| run_name(name, it.attempt));
    let missing = || NotBegun::NoTarget(name.to_owned());
    run.ok_or_else(missing).map(Some)
}

fn termination_log(folder: &Path, run: &str) -> io::Result<PathBuf> {
    let dir = folder.join("ends");
    wharf_durable::private_folder(&dir)?;
    let path = dir.join(run);
    fs::write(&path, "")?;
    // Whatever user the container has.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666))?;
    Ok(path)
}
