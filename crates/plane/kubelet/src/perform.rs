//! The plan's actions, carried out.

use std::{
    fs, io,
    net::Ipv4Addr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde_json::Value;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};
use wharf_base::{Backoff, Timestamp};
use wharf_container::{
    runtime::{ExecSpec, ExitRecord},
    spec::{NameFiles, parse_signal},
};
use wharf_kube_client::{Object as _, Ref, kind};

use crate::{
    disks, empty_dir,
    env::{self, Facts},
    host_paths,
    machine::{PodEni, PodNetwork, PullPolicy, SandboxWish, Seen, of_run, run_name},
    names,
    plan::Action,
    pod::{Container, Handler, Pod},
    probe, qos,
    spec::{self, Around},
    state::{Event, PodState},
    volume_files,
    worker::Context,
};

/// Where the controller of pods' interfaces tells of them.
pub const POD_ENI: &str = "vpc.amazonaws.com/pod-eni";
/// SIGTERM, where the image names no other.
const DEFAULT_STOP_SIGNAL: i32 = 15;
/// Of what a container leaves about its end.
const MOST_MESSAGE: usize = 4096;
/// Lines of the log that stand for it, where the container wants that.
const MESSAGE_LINES: usize = 80;
/// After a change of what a volume is made of could not be written.
const WRITE_AGAIN: Duration = Duration::from_secs(10);

pub async fn perform(
    context: Arc<Context>,
    pod: Pod,
    state: PodState,
    action: Action,
) -> Vec<Event> {
    match action {
        Action::MakeSandbox => match make(&context, &pod).await {
            Ok(ip) => vec![Event::SandboxMade { ip }],
            Err(message) => vec![Event::SandboxFailed { message }],
        },
        Action::RemoveSandbox => match remove(&context, &pod).await {
            Ok(()) => vec![Event::SandboxRemoved],
            Err(message) => {
                tracing::error!(
                    pod = pod.full_name(),
                    message,
                    "failed to remove the sandbox of a pod; will retry"
                );
                sleep(WRITE_AGAIN).await;
                vec![Event::SandboxNotRemoved { message }]
            }
        },
        Action::Pull { container } => pull(&context, &pod, container).await,
        Action::Start { container, attempt } => {
            start(&context, &pod, &state, container, attempt).await
        }
        Action::Stop {
            container,
            grace_seconds,
        } => stop(&context, &pod, &state, container, grace_seconds).await,
        Action::Fail { .. } | Action::Delete => Vec::new(),
    }
}

const KEEP_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_KEEP_PAUSE: Duration = Duration::from_secs(60);
/// How often the image of a container that was found running is asked for: for an hour or so.
const KEEP_TRIES: u32 = 60;

/// No action takes longer, but for pulls and ends that are waited for.
pub const PATIENCE: Duration = Duration::from_secs(3 * 60 * 60);
/// Nor one of the machine's own.
const MACHINE_PATIENCE: Duration = Duration::from_secs(120);

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
        Action::Start { container, .. } => Event::NotStarted {
            container: container.clone(),
            reason: "RunContainerError".to_owned(),
            message,
        },
        Action::Stop { container, .. } => Event::NotStopped {
            container: container.clone(),
        },
        Action::Fail { .. } | Action::Delete => return Vec::new(),
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
        let found = machine
            // One that is read on demand needs somebody to be fetched as, or reads of it fail for ever.
            .fetch(&context.sandbox, &image_id, PullPolicy::IfNotPresent)
            .await;
        match found {
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

/// The network that a pod is to have; `None` while its interface is not there.
pub fn network(pod: &Pod) -> Option<PodNetwork> {
    if pod.spec.host_network {
        return Some(PodNetwork::Node);
    }
    let told = pod.metadata.annotations.get(POD_ENI)?;
    let told: Value = serde_json::from_str(told).ok()?;
    let first = told.as_array()?.first()?;
    Some(PodNetwork::Interface(PodEni {
        id: first.text("/eniId").to_owned(),
        mac: first.text("/ifAddress").to_owned(),
        address: first.text("/privateIp").parse().ok()?,
        subnet_cidr: first.text("/subnetCidr").to_owned(),
    }))
}

fn facts(context: &Context, pod: &Pod, ip: Option<Ipv4Addr>) -> Facts {
    let node = &context.node;
    Facts {
        host_ip: node.place.host_ip.clone(),
        pod_ip: ip.map(|it| it.to_string()).unwrap_or_default(),
        node_name: node.name.clone(),
        services: env::of_services(pod, &node.services.all()),
        allocatable: node.allocatable,
    }
}

fn folder(context: &Context) -> PathBuf {
    context.node.dir.join(&context.sandbox)
}

async fn make(context: &Arc<Context>, pod: &Pod) -> Result<Option<Ipv4Addr>, String> {
    let network = network(pod).ok_or("the pod has no interface")?;
    write_volumes(context, pod).await?;
    disks::find(context, pod).await?;
    let bounds = qos::pod_bounds(pod);
    let of = &pod.metadata;
    let annotations = [
        ("namespace", &of.namespace),
        ("name", &of.name),
        ("uid", &of.uid),
    ];
    let wish = SandboxWish {
        id: context.sandbox.clone(),
        network,
        has_numbers_of_node: host_paths::of(pod).next().is_some(),
        cpu_shares: bounds.cpu_shares,
        cpu_quota_millis: bounds.cpu_quota_millis,
        memory_bytes: bounds.memory_bytes,
        annotations: annotations
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .into(),
    };
    let late = || Err("the machine did not answer".to_owned());
    let made = timeout(MACHINE_PATIENCE, context.node.machine.make(&wish)).await;
    let address = made.unwrap_or_else(|_| late())?;
    mount_volumes(context, pod).await?;
    Ok(address)
}

/// What is mounted in the sandbox itself; what is there stays.
async fn mount_volumes(context: &Arc<Context>, pod: &Pod) -> Result<(), String> {
    disks::mount(context, pod, &volumes_of(context)).await?;
    for (name, path) in host_paths::of(pod) {
        let place = volumes_of(context).join(name);
        let machine = &context.node.machine;
        let work = machine.mount_host_path(&context.sandbox, path, &place);
        let late = |_| Err("the machine did not answer".to_owned());
        let mounted = timeout(MACHINE_PATIENCE, work).await.unwrap_or_else(late);
        mounted.map_err(|why| format!("MountVolume.SetUp failed for volume \"{name}\" : {why}"))?;
    }
    Ok(())
}

fn volumes_of(context: &Context) -> PathBuf {
    folder(context).join("volumes")
}

async fn remove(context: &Arc<Context>, pod: &Pod) -> Result<(), String> {
    context.node.machine.remove(&context.sandbox).await?;
    let folder = folder(context);
    let removed = tokio::task::spawn_blocking(move || {
        empty_dir::unmount_all(&folder.join("volumes"));
        wharf_rootdir::remove_tree(&folder)
    });
    let removed = removed.await.unwrap_or_else(|e| Err(io::Error::other(e)));
    if let Err(error) = removed {
        tracing::warn!(pod = pod.full_name(), %error, "failed to remove the volumes of a pod");
    }
    Ok(())
}

/// Brings the folders of a pod's volumes to what they are to hold; when a token in them is to be renewed.
async fn write_volumes(context: &Arc<Context>, pod: &Pod) -> Result<Option<Timestamp>, String> {
    context.followed.read().await.map_err(|e| e.to_string())?;
    let node = &context.node;
    let mut tokens = context.tokens.lock().await;
    let renewed = tokens.renew(&node.client, pod, node.clock.now()).await;
    let renew_at = renewed.map_err(|e| format!("failed to fetch token: {e}"))?;
    let facts = facts(context, pod, None);
    let mut all = Vec::new();
    // A path of the node is mounted over a folder or a file, as it is one.
    let volumes = pod.spec.volumes.iter();
    for volume in volumes.filter(|it| it.host_path.is_none()) {
        let files = volume_files::files(pod, volume, &context.followed, &*tokens, &facts);
        let failed = |e| {
            format!(
                "MountVolume.SetUp failed for volume \"{}\" : {e}",
                volume.name
            )
        };
        let empty = empty_dir::wish(pod, volume.empty_dir.as_ref(), node.allocatable.1);
        all.push((
            volume.name.clone(),
            files.transpose().map_err(failed)?,
            empty,
        ));
    }
    drop(tokens);
    empty_dir::private_folder(Some(&folder(context))).map_err(|e| e.to_string())?;
    let dir = volumes_of(context);
    let group = pod.spec.security_context.fs_group;
    let version = format!("{:x}", node.clock.now().millis());
    let write = move || -> Result<(), String> {
        for (name, files, empty) in all {
            let place = dir.join(&name);
            let written = match files {
                Some(files) => volume_files::write(&place, &files, group, &version).map(|_| ()),
                None => empty_dir::make(&place, &empty),
            };
            written.map_err(|e| format!("MountVolume.SetUp failed for volume \"{name}\" : {e}"))?;
        }
        Ok(())
    };
    let written = tokio::task::spawn_blocking(write).await;
    written.map_err(|e| e.to_string())??;
    Ok(renew_at)
}

/// Writes volumes anew whenever something they are made of changed, or a token is old.
pub async fn keep_volumes(context: Arc<Context>) {
    let pod = || context.pod.lock().clone();
    let kept = pod().spec.volumes.iter().any(spec::is_written_by_node);
    if !kept {
        return;
    }
    let clock = context.node.clock.clone();
    // The tokens that the sandbox was made with, if this process made it.
    let mut renew_at = Some(clock.now());
    loop {
        let wait = renew_at.map(|at| at.since(clock.now()));
        tokio::select! {
            () = context.changed.notified() => {}
            () = async { sleep(wait.unwrap_or_default()).await }, if wait.is_some() => {}
        }
        let pod = pod();
        renew_at = match write_volumes(&context, &pod).await {
            Ok(at) => at,
            Err(message) => {
                tracing::warn!(
                    pod = pod.full_name(),
                    message,
                    "failed to update the volumes of a pod; will retry"
                );
                Some(clock.now() + WRITE_AGAIN)
            }
        };
    }
}

async fn pull(context: &Arc<Context>, pod: &Pod, container: String) -> Vec<Event> {
    let Some(of) = pod.container(&container) else {
        return Vec::new();
    };
    let latest = !of.image.contains('@')
        && (of.image.ends_with(":latest")
            || !of
                .image
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .contains(':'));
    let policy = match of.image_pull_policy.as_deref() {
        Some("Always") => PullPolicy::Always,
        Some("Never") => PullPolicy::Never,
        Some("IfNotPresent") => PullPolicy::IfNotPresent,
        _ if latest => PullPolicy::Always,
        _ => PullPolicy::IfNotPresent,
    };
    match context
        .node
        .machine
        .fetch(&context.sandbox, &of.image, policy)
        .await
    {
        Ok(image) => {
            let name = of.image.split('@').next().unwrap_or_default();
            let image_id = format!("{name}@{}", image.digest());
            context.images.lock().insert(container.clone(), image);
            vec![Event::Pulled {
                container,
                image_id,
            }]
        }
        Err(no) => vec![Event::NotPulled {
            container,
            reason: no.reason.to_owned(),
            message: no.message,
        }],
    }
}

async fn start(
    context: &Arc<Context>,
    pod: &Pod,
    state: &PodState,
    container: String,
    attempt: u32,
) -> Vec<Event> {
    let not = |reason: &str, message: String| {
        vec![Event::NotStarted {
            container: container.clone(),
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
    if let Err(message) = mounted {
        return not("CreateContainerError", message);
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
        Err(message) => return not("CreateContainerError", message),
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
    let own = match pod.spec.host_network {
        true => context.node.machine.node_hosts().await,
        false => None,
    };
    let hosts = match own {
        Some(own) => names::hosts_of_node(&own, pod),
        None => names::hosts(pod, &hostname, state.ip),
    };
    let files = NameFiles {
        hosts: Some(hosts),
        resolv_conf: Some(names::resolv_conf(pod, &context.node.names())),
        hostname: Some(format!("{hostname}\n")),
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
    let around = Around {
        image: image.config(),
        run,
        replaces: replaces.filter(|_| {
            state
                .container(&container)
                .is_some_and(|it| it.last.is_some())
        }),
        env,
        files,
        hostname,
        volumes: &volumes,
        seen: &seen,
        read_only: &disks::read_only(context, pod),
        as_they_are: &disks::file_systems(context),
        termination_log,
        node_memory: context.node.allocatable.1,
    };
    let spec = match spec::container(pod, of, around) {
        Ok(spec) => spec,
        Err(bad) => return not(bad.reason, bad.message),
    };
    let devices = disks::devices(context, pod, of);
    let at = match context
        .node
        .machine
        .start(&context.sandbox, &spec, &image, &devices)
        .await
    {
        Ok(at) => Timestamp::from_millis(at),
        Err(message) => return not("RunContainerError", message),
    };
    let hook = of.lifecycle.as_ref().and_then(|it| it.post_start.as_ref());
    let mut events = vec![Event::Started {
        container: container.clone(),
        attempt,
        at,
    }];
    if let Some(hook) = hook
        && let Err(reason) =
            run_hook(context, pod, of, attempt, hook, state.ip, HOOK_PATIENCE).await
    {
        let (of, container) = (pod.full_name(), container.as_str());
        tracing::info!(
            pod = of,
            container,
            reason,
            "a postStart hook failed; its container ends"
        );
        events.push(Event::Condemned {
            container: container.to_owned(),
        });
    }
    events
}

/// A hook that hangs keeps its container from being ready no longer.
const HOOK_PATIENCE: Duration = Duration::from_secs(120);

fn termination_log(folder: &Path, run: &str) -> io::Result<PathBuf> {
    let dir = folder.join("ends");
    empty_dir::private_folder(Some(&dir))?;
    let path = dir.join(run);
    fs::write(&path, "")?;
    // Whatever user the container has.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666))?;
    Ok(path)
}

async fn stop(
    context: &Arc<Context>,
    pod: &Pod,
    state: &PodState,
    container: String,
    grace_seconds: u64,
) -> Vec<Event> {
    let (Some(of), Some(known)) = (pod.container(&container), state.container(&container)) else {
        return Vec::new();
    };
    let attempt = known.attempt;
    let Some(run) = run_name(&container, attempt) else {
        return Vec::new();
    };
    let began = Instant::now();
    let grace = Duration::from_secs(grace_seconds);
    let hook = of.lifecycle.as_ref().and_then(|it| it.pre_stop.as_ref());
    if let Some(hook) = hook.filter(|_| grace_seconds > 0) {
        let done = timeout(
            grace,
            run_hook(context, pod, of, attempt, hook, state.ip, grace),
        )
        .await;
        if let Ok(Err(reason)) = done {
            tracing::info!(
                pod = pod.full_name(),
                container,
                reason,
                "a preStop hook failed"
            );
        }
    }
    // As upstream: never less than two seconds after a hook.
    let least = Duration::from_secs(if hook.is_some() { 2 } else { 0 });
    let left = grace.saturating_sub(began.elapsed()).max(least);
    let image = context.images.lock().get(&container).cloned();
    let signal = image
        .and_then(|it| it.config().stop_signal.clone())
        .and_then(|it| parse_signal(&it).ok())
        .unwrap_or(DEFAULT_STOP_SIGNAL);
    match context
        .node
        .machine
        .stop(&context.sandbox, &run, signal, left)
        .await
    {
        Ok(exit) => vec![ended(context, of, run.as_str(), attempt, exit)],
        Err(message) => {
            tracing::warn!(
                pod = pod.full_name(),
                container,
                message,
                "failed to stop a container; will retry"
            );
            sleep(Duration::from_secs(1)).await;
            vec![Event::NotStopped { container }]
        }
    }
}

async fn run_hook(
    context: &Arc<Context>,
    pod: &Pod,
    of: &Container,
    attempt: u32,
    hook: &Handler,
    ip: Option<Ipv4Addr>,
    patience: Duration,
) -> Result<(), String> {
    if let Some(pause) = &hook.sleep {
        sleep(Duration::from_secs(pause.seconds).min(patience)).await;
        return Ok(());
    }
    if let Some(exec) = &hook.exec {
        let run = run_name(&of.name, attempt).ok_or("no such container")?;
        let spec = ExecSpec {
            argv: exec.command.clone(),
            ..ExecSpec::default()
        };
        let machine = &context.node.machine;
        let done = machine
            .exec_output(&context.sandbox, &run, &spec, patience)
            .await;
        return match done {
            Ok(output) if output.code == 0 => Ok(()),
            Ok(output) => Err(format!(
                "Exec lifecycle hook ({:?}) for Container \"{}\" in Pod \"{}\" failed - error: command exited with {}",
                exec.command, of.name, pod.metadata.name, output.code
            )),
            Err(error) => Err(format!("{error:?}")),
        };
    }
    probe::once(context, of, attempt, hook, ip, patience).await
}

/// Tells of the ends of containers, with what each left about its own.
pub async fn follow(context: Arc<Context>, pod: Pod, tell: mpsc::Sender<Event>) {
    let mut seen = context.node.machine.follow(&context.sandbox).await;
    while let Some(next) = seen.recv().await {
        let event = match next {
            Seen::Gone => Event::SandboxLost,
            Seen::Exited(name, exit) => {
                let Some((container, attempt)) = of_run(&name) else {
                    continue;
                };
                let Some(of) = pod.container(container) else {
                    continue;
                };
                ended(&context, of, name.as_str(), attempt, exit)
            }
        };
        if tell.send(event).await.is_err() {
            return;
        }
    }
}

fn ended(context: &Context, of: &Container, run: &str, attempt: u32, exit: ExitRecord) -> Event {
    Event::Ended {
        container: of.name.clone(),
        attempt,
        code: exit.code,
        oom: exit.oom,
        at: Timestamp::from_millis(exit.at),
        message: last_words(context, of, run, exit.code),
    }
}

fn last_words(context: &Context, of: &Container, run: &str, code: i32) -> String {
    let path = folder(context).join("ends").join(run);
    let text = read_end(&path, MOST_MESSAGE).unwrap_or_default();
    let by_log = of.termination_message_policy.as_deref() == Some("FallbackToLogsOnError");
    if !text.is_empty() || !by_log || code == 0 {
        return text;
    }
    let name = wharf_container::spec::ContainerName::try_from(run.to_owned());
    let reader = name
        .ok()
        .and_then(|it| context.node.machine.logs(&context.sandbox, &it).ok());
    let Some(mut reader) = reader else {
        return text;
    };
    let mut lines = std::collections::VecDeque::new();
    while let Ok(batch) = reader.read_now(1000) {
        if batch.records.is_empty() {
            break;
        }
        for record in batch.records {
            if lines.len() == MESSAGE_LINES {
                lines.pop_front();
            }
            lines.push_back(String::from_utf8_lossy(&record.line).into_owned());
        }
    }
    let all = Vec::from(lines).join("\n");
    let mut start = all.len().saturating_sub(MOST_MESSAGE / 2);
    while !all.is_char_boundary(start) {
        start += 1;
    }
    all[start..].to_owned()
}

/// The last bytes of a file that a container wrote: its path is the node's own.
fn read_end(path: &Path, most: usize) -> io::Result<String> {
    use std::io::{Read as _, Seek as _};
    let mut file = fs::File::open(path)?;
    let length = file.metadata()?.len();
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    file.seek(io::SeekFrom::Start(length.saturating_sub(most)))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Events about the pod, for people.
pub fn record(context: &Context, object: &Arc<Value>, event: &Event) {
    let recorder = &context.node.recorder;
    let about = || Ref::of(&kind::POD, object);
    match event {
        Event::SandboxFailed { message } if message.starts_with("MountVolume") => {
            recorder.warning(about(), "FailedMount", message);
        }
        Event::SandboxFailed { message } => {
            let text = format!("Failed to create pod sandbox: {message}");
            recorder.warning(about(), "FailedCreatePodSandBox", &text);
        }
        Event::Pulled {
            container,
            image_id,
        } => {
            let text = format!("Container image of \"{container}\" is here: {image_id}");
            recorder.normal(about(), "Pulled", &text);
        }
        Event::NotPulled { message, .. } => recorder.warning(about(), "Failed", message),
        Event::Started { container, .. } => {
            recorder.normal(
                about(),
                "Started",
                &format!("Container started: {container}"),
            );
        }
        Event::NotStarted { message, .. } => {
            recorder.warning(about(), "Failed", &format!("Error: {message}"));
        }
        Event::Condemned { container } => {
            let text = format!("Container {container} failed liveness probe, will be restarted");
            recorder.normal(about(), "Killing", &text);
        }
        Event::SandboxMade { .. }
        | Event::SandboxRemoved
        | Event::SandboxNotRemoved { .. }
        | Event::SandboxLost
        | Event::Ended { .. }
        | Event::NotStopped { .. }
        | Event::Ready { .. }
        | Event::StartupPassed { .. } => {}
    }
}
