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
use wharf_container::spec::{ContainerName, NameFiles};
use wharf_kube_client::{Ref, kind};

use super::{
    facts, folder, hooks,
    record::{record_created, record_pulling},
    volumes::{mount_volumes, volumes_of},
};
use crate::{
    app_armor, disks, env, host_paths,
    machine::{Login, Progress, Pull, PullPolicy, run_name},
    names,
    pod::{Container, Pod},
    pull_secrets,
    refused::refused_container,
    seccomp,
    spec::{self, Around},
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

pub(super) async fn start(
    context: &Arc<Context>,
    pod: &Pod,
    state: &PodState,
    container: String,
    attempt: u32,
) -> Vec<Event> {
    let not = |reason: &str, message: String| {
        vec![Event::NotStarted {
            container: container.clone(),
            attempt,
            reason: reason.to_owned(),
            message,
        }]
    };
    let Some(of) = pod.container(&container) else {
        return Vec::new();
    };
    let Some(run) = run_name(&container, attempt) else {
        return not(
            "CreateContainerError",
            "its name is none that a container can have".to_owned(),
        );
    };
    if let Some(message) = refused_container(pod, of, context.node.has()) {
        return not("CreateContainerError", message);
    }
    let image = context.images.lock().get(&container).cloned();
    let Some(image) = image else {
        return not("CreateContainerError", "its image is gone".to_owned());
    };
    if let Err(error) = context.followed.read().await {
        return not("CreateContainerConfigError", error.to_string());
    }
    let facts = facts(context, pod, state.ip);
    let env = match env::environment(pod, of, &context.followed, &facts) {
        Ok(env) => env,
        Err(error) => return not("CreateContainerConfigError", error.to_string()),
    };
    let volumes = volumes_of(context);
    // What an agent left that was killed in between has nothing mounted yet.
    let mounted = match disks::find(context, pod).await {
        Ok(()) => mount_volumes(context, pod).await,
        other => other,
    };
    if let Err(error) = mounted {
        return not("CreateContainerError", Chain(&error).to_string());
    }
    let machine = &context.node.machine;
    // Disks and paths of the node are mounted where the sandbox alone sees them.
    let is_apart = disks::has_any(pod) || host_paths::of(pod).next().is_some();
    let seen = match is_apart {
        true => machine.seen(&context.sandbox, &volumes),
        false => Ok(volumes.clone()),
    };
    let seen = match seen {
        Ok(seen) => seen,
        Err(error) => return not("CreateContainerError", error.text()),
    };
    let folder = folder(context);
    let termination_log = match termination_log(&folder, run.as_str()) {
        Ok(path) => path,
        Err(error) => {
            return not(
                "CreateContainerError",
                format!("its termination log: {error}"),
            );
        }
    };
    let hostname = names::hostname(pod);
    let (own, of_node) = match pod.spec.host_network {
        true => (machine.node_hosts().await, machine.node_host_name().await),
        false => (None, None),
    };
    let of_node = of_node.as_deref().unwrap_or(&context.node.name);
    let kernel_name = match names::kernel_name(pod, of_node) {
        Ok(name) => name,
        Err(long) => return not("CreateContainerError", long.to_string()),
    };
    let hosts = match own {
        Some(own) => names::hosts_of_node(&own, pod),
        None => names::hosts(pod, &hostname, state.ip),
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
    let replaces = attempt
        .checked_sub(1)
        .and_then(|before| run_name(&container, before));
    // What was written by the run before the last one, and its log, nobody asks for any more.
    if let Some(old) = attempt
        .checked_sub(2)
        .and_then(|old| run_name(&container, old))
    {
        context.node.machine.forget(&context.sandbox, &old).await;
    }
    let target = match target(of, state) {
        Ok(target) => target,
        Err(missing) => return not("CreateContainerError", missing.to_string()),
    };
    let first_process = match pod.spec.host_pid || pod.spec.host_ipc {
        true => machine.first_process().await.map(Some),
        false => Ok(None),
    };
    let first_process = match first_process {
        Ok(process) => process,
        Err(error) => return not("CreateContainerError", error.text()),
    };
    let system_calls = match seccomp::system_calls(&**machine, pod, of).await {
        Ok(calls) => calls,
        Err(error) => return not("CreateContainerError", Chain(&error).to_string()),
    };
    let app_armor = match app_armor::profile(pod, of, &machine.app_armor()) {
        Ok(profile) => profile,
        Err(why) => return not("CreateContainerError", why.to_string()),
    };
    let around = Around {
        image: image.config(),
        app_armor,
        run,
        target,
        first_process,
        replaces: replaces.filter(|_| {
            state
                .container(&container)
                .is_some_and(|it| it.last.is_some())
        }),
        env,
        files,
        hostname: kernel_name,
        volumes: &volumes,
        seen: &seen,
        read_only: &disks::read_only(context, pod),
        as_they_are: &disks::file_systems(context),
        termination_log,
        system_calls,
        node_memory: context.node.allocatable.1,
        has_node: context.node.only.is_some(),
    };
    let spec = match spec::container(pod, of, around) {
        Ok(spec) => spec,
        Err(bad) => return not(bad.reason, bad.message),
    };
    let devices = disks::devices(context, pod, of);
    // What was to begin in a sandbox that was lost since it was planned has ended with it, and is told of so: in the next one another run
    // takes its place.
    if context.losses.load(Ordering::Acquire) != state.losses {
        return Vec::new();
    }
    let made = || {
        if let Some(object) = context.node.pod_of(&context.sandbox) {
            record_created(context, &object, pod, &container);
        }
    };
    let at = match machine
        .start(&context.sandbox, &spec, &image, &devices, &made)
        .await
    {
        Ok(at) => Timestamp::from_millis(at),
        Err(error) => return not("RunContainerError", error.text()),
    };
    // Only inside are names of users known.
    let runs = machine.containers(&context.sandbox).await;
    let own = runs.ok().and_then(|mut all| all.remove(&spec.name));
    let user = own.and_then(|it| it.user);
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

/// The container whose processes an ephemeral one is to see does not run.
#[derive(Debug, thiserror::Error)]
#[error("unable to find target container {0}")]
struct NoTarget(String);

/// The run whose processes an ephemeral container is to see.
fn target(of: &Container, state: &PodState) -> Result<Option<ContainerName>, NoTarget> {
    let Some(name) = of.target_container_name.as_deref() else {
        return Ok(None);
    };
    if name.is_empty() {
        return Ok(None);
    }
    let run = state.container(name).filter(|it| it.is_running());
    let run = run.and_then(|it| run_name(name, it.attempt));
    let missing = || NoTarget(name.to_owned());
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
