//! A living task: its shim and the containers in it.

use std::{
    collections::BTreeMap,
    fs, io,
    os::{fd::AsFd, unix::fs::symlink},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use wharf_cgroup::{Glance, Limits, Stats};
use wharf_durable::{self as durable, Durability};
use wharf_shim_protocol::{
    ContainerName, ContainerState, ExitRecord, Failure, Reply, Request, TaskFolder, TaskStatus,
    folder::ContainerFolder, plan::UserSetup,
};

use super::{
    Shared, TaskSandbox,
    attach::Input,
    client::Client,
    disk_usage::{TaskDisk, TaskMounts},
    error::{ContainerError, RuntimeError, Step},
    events::TaskEvents,
    exec::{ExecOutput, ExecSession, ExecSpec},
    logs::{LogError, LogReader},
    raw::RawDisk,
    secrets::SecretsFile,
};
use crate::{
    image::Image,
    spec::{Bundle, ContainerSpec, Context, SpecError},
};

/// How long [`TaskHandle::stop`] waits beyond the grace for the kernel to end what was killed.
const KILL_TIMEOUT: Duration = Duration::from_secs(30);

/// A clonable handle; dropping it disturbs nothing.
#[derive(Debug, Clone)]
pub struct TaskHandle {
    shared: Arc<Shared>,
    sandbox: Arc<TaskSandbox>,
    pub(super) folder: TaskFolder,
    /// The task's; its containers' are below.
    cgroup: Arc<str>,
    client: Client,
}

/// A program that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Started {
    pub pid: i32,
    /// Milliseconds since 1970.
    pub at: i64,
}

impl TaskHandle {
    pub(super) fn new(
        shared: Arc<Shared>,
        sandbox: TaskSandbox,
        folder: TaskFolder,
        cgroup: String,
    ) -> io::Result<Self> {
        let client = Client::new(folder.seat())?;
        Ok(Self {
            shared,
            sandbox: Arc::new(sandbox),
            folder,
            cgroup: cgroup.into(),
            client,
        })
    }

    pub fn task_id(&self) -> &str {
        &self.sandbox.task_id
    }

    /// Its folder on disk, in which is what its containers write and print, but for a task that has a disk.
    pub fn dir(&self) -> &Path {
        self.folder.base()
    }

    pub fn sandbox(&self) -> &TaskSandbox {
        &self.sandbox
    }

    /// Makes everything ready: cgroup, root file system, namespaces. The program does not run yet.
    /// Returns the process that will become it, as the host numbers it.
    pub async fn create_container(
        &self,
        spec: &ContainerSpec,
        image: &Image,
    ) -> Result<i32, ContainerError> {
        self.shared.moves.expect();
        let running = if shares_a_namespace(spec) {
            self.running().await?
        } else {
            BTreeMap::new()
        };
        let folder = self.folder.container(&spec.name);
        let cgroup = self.cgroup(&spec.name);
        let context = Context {
            layers: image.layers(),
            folder: folder.base(),
            cgroup,
            network: &self.sandbox.network,
            running: &running,
            may_raise_limits: self.shared.may_raise_limits,
            user: self.user_setup(&spec.name)?,
        };
        let bundle = Bundle::build(spec, &context)?;
        let setup = bundle.setup.clone();
        let shared = Arc::clone(&self.shared);
        let written = folder.clone();
        let prepared =
            tokio::task::spawn_blocking(move || prepare(&shared, &written, &bundle)).await;
        prepared.unwrap_or_else(|e| {
            Err(ContainerError::io("prepare", folder.base())(
                io::Error::other(e),
            ))
        })?;
        let request = Request::Create {
            container: spec.name.clone(),
            setup,
        };
        let created = match self.client.call(Step::Create, request).await {
            Ok(Reply::Created { pid }) => Ok(pid),
            Ok(_) => Err(ContainerError::Confused { step: Step::Create }),
            Err(e) => Err(e),
        };
        match &created {
            // What is in the folder is of the one that is there.
            Ok(_)
            | Err(ContainerError::Refused {
                failure: Failure::AlreadyExists { .. },
                ..
            }) => {}
            // The shim has taken its part back; a later attempt begins afresh.
            Err(_) => remove_folder(folder).await,
        }
        created
    }

    /// Gives the task's shim secrets to hold, in memory alone, for containers whose specification names them
    /// ([`ContainerSpec::secrets`]). What it was given before under the same name stays.
    pub async fn hold_secrets(
        &self,
        container: &ContainerName,
        secrets: &SecretsFile,
    ) -> Result<(), ContainerError> {
        let request = Request::HoldSecrets {
            container: container.clone(),
        };
        let mut connection = self
            .client
            .open(Step::Create, request, &[secrets.as_fd()])
            .await?;
        match connection.reply().await? {
            Reply::Done => Ok(()),
            _ => Err(ContainerError::Confused { step: Step::Create }),
        }
    }

    /// Has the shim keep a device open until its end. One that it has under the name stays.
    ///
    /// # Errors
    /// The shim is gone, or is of a version that cannot.
    pub async fn hold_device(&self, name: &str, device: &RawDisk) -> Result<(), ContainerError> {
        let request = Request::HoldDevice {
            name: name.to_owned(),
        };
        let mut connection = self
            .client
            .open(Step::Create, request, &[device.as_fd()])
            .await?;
        match connection.reply().await? {
            Reply::Done => Ok(()),
            _ => Err(ContainerError::Confused { step: Step::Create }),
        }
    }

    /// Runs the program of a created container.
    pub async fn start(&self, name: &ContainerName) -> Result<Started, ContainerError> {
        match self
            .client
            .call(
                Step::Start,
                Request::Start {
                    container: name.clone(),
                },
            )
            .await?
        {
            Reply::Started { pid, at } => Ok(Started { pid, at }),
            _ => Err(ContainerError::Confused { step: Step::Start }),
        }
    }

    /// A signal to the first process.
    pub async fn signal(&self, name: &ContainerName, signal: i32) -> Result<(), ContainerError> {
        self.client
            .tell(
                Step::Stop,
                Request::Signal {
                    container: name.clone(),
                    signal,
                },
            )
            .await
    }

    /// The signal, SIGKILL after `grace`, and the end. The shim keeps the deadline, also without us.
    pub async fn stop(
        &self,
        name: &ContainerName,
        signal: i32,
        grace: Duration,
    ) -> Result<ExitRecord, ContainerError> {
        let events = self.events().await?;
        let grace_ms = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        self.client
            .tell(
                Step::Stop,
                Request::Stop {
                    container: name.clone(),
                    signal,
                    grace_ms,
                },
            )
            .await?;
        let limit = grace.saturating_add(KILL_TIMEOUT);
        match tokio::time::timeout(limit, events.wait_for_exit(name)).await {
            Ok(exit) => exit,
            Err(_) => Err(ContainerError::TimedOut(limit)),
        }
    }

    /// Waits for the end of a container.
    pub async fn wait(&self, name: &ContainerName) -> Result<ExitRecord, ContainerError> {
        self.events().await?.wait_for_exit(name).await
    }

    pub async fn status(&self) -> Result<TaskStatus, ContainerError> {
        match self.client.call(Step::Inspect, Request::Status).await? {
            Reply::Status { status } => Ok(status),
            _ => Err(ContainerError::Confused {
                step: Step::Inspect,
            }),
        }
    }

    pub async fn events(&self) -> Result<TaskEvents, ContainerError> {
        TaskEvents::subscribe(&self.client).await
    }

    /// Runs a further process in a running container.
    pub async fn exec(
        &self,
        name: &ContainerName,
        spec: &ExecSpec,
    ) -> Result<ExecSession, ContainerError> {
        ExecSession::begin(
            &self.client,
            name,
            &self.folder.container(name),
            spec,
            false,
        )
        .await
    }

    /// The other end of a running container's standard input, if it has one that is open: of a pipe, or of its terminal. From then on
    /// its log tells what it prints as it comes. With `once` nobody gets that end of a pipe again, so that the input ends with it.
    ///
    /// # Errors
    /// It does not run, or its shim is of a version that cannot.
    pub async fn attach(
        &self,
        name: &ContainerName,
        once: bool,
    ) -> Result<Option<Input>, ContainerError> {
        Input::of(&self.client, name, once).await
    }

    /// Runs a command to its end, as for health checks: no input, both outputs together, killed
    /// after `timeout`.
    pub async fn exec_output(
        &self,
        name: &ContainerName,
        spec: &ExecSpec,
        timeout: Duration,
        max_bytes: usize,
    ) -> Result<ExecOutput, ContainerError> {
        let spec = ExecSpec {
            tty: false,
            ..spec.clone()
        };
        let session = ExecSession::begin(
            &self.client,
            name,
            &self.folder.container(name),
            &spec,
            true,
        )
        .await?;
        session.output(timeout, max_bytes).await
    }

    /// The disk of its own, if it has one.
    pub fn disk(&self) -> Option<TaskDisk> {
        self.sandbox
            .has_disk
            .then(|| TaskDisk::new(self.folder.clone()))
    }

    /// What is mounted for it.
    pub fn mounts(&self) -> TaskMounts {
        TaskMounts::new(self.folder.clone())
    }

    /// Where volumes of its own lie on that disk, as its shim sees it.
    pub fn disk_volumes(&self) -> Option<PathBuf> {
        self.sandbox.has_disk.then(|| self.folder.disk_volumes())
    }

    /// Usage of one container now.
    pub fn stats(&self, name: &ContainerName) -> Result<Stats, ContainerError> {
        let hierarchies = &self.shared.hierarchies;
        let mut stats = hierarchies.group(&self.cgroup(name))?.stats()?;
        // A limit of the task stops all that is in it, and is counted there.
        let task = hierarchies.group(&self.cgroup)?.stats()?;
        stats.throttled_periods += task.throttled_periods;
        stats.throttled_ns += task.throttled_ns;
        Ok(stats)
    }

    /// How many processes a container has.
    pub fn process_count(&self, name: &ContainerName) -> Result<usize, ContainerError> {
        let group = self.shared.hierarchies.group(&self.cgroup(name))?;
        Ok(group.process_count()?)
    }

    /// As much of it as is cheap enough to be read every second.
    pub fn glance(&self, name: &ContainerName) -> Result<Glance, ContainerError> {
        Ok(self
            .shared
            .hierarchies
            .group(&self.cgroup(name))?
            .glance()?)
    }

    /// The container's log from the last commit on.
    pub fn logs(&self, name: &ContainerName) -> Result<LogReader, LogError> {
        LogReader::open(
            name.clone(),
            self.folder.container(name),
            Some(self.client.clone()),
        )
    }

    /// Forgets an ended container: mount, cgroup, folder with its log.
    pub async fn remove(&self, name: &ContainerName) -> Result<(), ContainerError> {
        self.client
            .tell(
                Step::Stop,
                Request::Remove {
                    container: name.clone(),
                },
            )
            .await?;
        remove_folder(self.folder.container(name)).await;
        Ok(())
    }

    /// Ends the shim and removes the task. Refused while a container runs.
    pub async fn shut_down(&self) -> Result<(), RuntimeError> {
        self.end(false).await
    }

    /// Ends everything in the task, then removes it.
    pub async fn kill(&self) -> Result<(), RuntimeError> {
        self.end(true).await
    }

    async fn end(&self, kill: bool) -> Result<(), RuntimeError> {
        if kill
            && !self.sandbox.keeps_disk
            && let Some(disk) = self.disk()
        {
            // Best effort: what is still to be written would be, for nobody.
            let _ = tokio::task::spawn_blocking(move || disk.abandon()).await;
        }
        let told = self
            .client
            .tell(Step::Stop, Request::Shutdown { kill })
            .await;
        match told {
            // Already gone: what is left is ours to remove.
            Ok(()) | Err(ContainerError::NoShim { .. }) => {}
            Err(source) => {
                return Err(RuntimeError::Shim {
                    task: self.task_id().to_owned(),
                    source,
                });
            }
        }
        self.shared.remove_task(self.task_id()).await
    }

    fn user_setup(&self, name: &ContainerName) -> Result<Option<UserSetup>, ContainerError> {
        let Some(range) = self.sandbox.user_range else {
            return Ok(None);
        };
        let stage = self.shared.stage().ok_or(SpecError::NoStage)?;
        Ok(Some(UserSetup {
            range,
            stage: stage.join(name.as_str()),
        }))
    }

    /// Changes what a container may have of memory and processor, or, without one, what all of the task may.
    ///
    /// # Errors
    /// It has ended, or the kernel refuses: what is used by now cannot be taken back.
    pub fn change_limits(
        &self,
        name: Option<&ContainerName>,
        limits: &Limits,
    ) -> Result<(), ContainerError> {
        let group = match name {
            Some(name) => self.group_of(name)?,
            None => self.shared.hierarchies.group(&self.cgroup)?,
        };
        Ok(group.change(limits)?)
    }

    pub(super) fn group_of(
        &self,
        name: &ContainerName,
    ) -> Result<wharf_cgroup::Group, ContainerError> {
        Ok(self.shared.hierarchies.group(&self.cgroup(name))?)
    }

    fn cgroup(&self, name: &ContainerName) -> String {
        format!("{}/{name}", self.cgroup)
    }

    async fn running(&self) -> Result<BTreeMap<ContainerName, i32>, ContainerError> {
        let status = self.status().await?;
        let running = status
            .containers
            .into_iter()
            .filter(|(_, c)| c.state == ContainerState::Running);
        Ok(running.map(|(name, c)| (name, c.pid)).collect())
    }
}

fn shares_a_namespace(spec: &ContainerSpec) -> bool {
    use crate::spec::NamespaceMode::Of;
    matches!(spec.pid, Of(_)) || matches!(spec.ipc, Of(_))
}

/// What a file of a bundle may have for a place in memory, which all tasks share, in bytes.
const SMALL: usize = 64 << 10;

/// Writes the bundle and makes the cgroup. No flush: after a crash of the machine there is no
/// container that these files could belong to.
fn prepare(
    shared: &Shared,
    folder: &ContainerFolder,
    bundle: &Bundle,
) -> Result<(), ContainerError> {
    let base = folder.base();
    make_folder(base)?;
    let write = |path: PathBuf, bytes: &[u8]| {
        put(folder, &path, bytes).map_err(ContainerError::io("write", path))
    };
    let json = |e: serde_json::Error| ContainerError::io("encode a bundle for", base)(e.into());
    write(
        folder.config(),
        &serde_json::to_vec(&bundle.config).map_err(json)?,
    )?;
    write(
        folder.plan(),
        &serde_json::to_vec(&bundle.plan).map_err(json)?,
    )?;
    if let Some(filter) = &bundle.filter {
        write(folder.seccomp(), filter)?;
    }
    if !bundle.files.is_empty() {
        make_folder(&folder.etc())?;
    }
    for (name, content) in &bundle.files {
        let path = folder.etc().join(name);
        write(path.clone(), content.as_bytes())?;
        open_for_reading(&path).map_err(ContainerError::io("open to all", path))?;
    }
    shared
        .hierarchies
        .group(&bundle.setup.cgroup)?
        .create(&bundle.limits)?;
    Ok(())
}

fn make_folder(path: &Path) -> Result<(), ContainerError> {
    durable::private_folder(path).map_err(ContainerError::io("make", path))
}

/// Writes a file of a bundle as a whole: what containers are made of is read by others meanwhile, and half of a plan would keep all
/// images. One that is large, or that memory has no room for, lies on disk, with a link to it.
fn put(folder: &ContainerFolder, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let on_disk = folder.on_disk();
    if bytes.len() <= SMALL || on_disk == folder.base() {
        match durable::replace(path, bytes, Durability::Process) {
            Err(e) if e.kind() == io::ErrorKind::StorageFull && on_disk != folder.base() => {}
            other => return other,
        }
    }
    durable::private_folder(on_disk)?;
    let name = path.file_name().unwrap_or_default();
    let place = on_disk.join(name);
    durable::replace(&place, bytes, Durability::Process)?;
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    symlink(place, path)
}

/// Every user of the container reads `/etc/hosts` and its kin, whatever our own umask is.
fn open_for_reading(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

async fn remove_folder(folder: ContainerFolder) {
    let removed = tokio::task::spawn_blocking(move || {
        let mut all = folder.all().into_iter();
        let mut result = all.try_for_each(wharf_rootdir::remove_tree);
        if result.is_ok() {
            result = match fs::remove_file(folder.exit()) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
                _ => Ok(()),
            };
        }
        (folder, result)
    });
    if let Ok((folder, Err(e))) = removed.await {
        tracing::warn!(error = %e, folder = %folder.base().display(), "failed to remove a container's folder");
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn who_reads_a_file_of_a_bundle_never_finds_half_of_it() {
        let (base, run) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let task = TaskFolder::with_run(base.path(), Some(run.path().to_owned()));
        let folder = task.container(&ContainerName::try_from("web").unwrap());
        fs::create_dir_all(folder.base()).unwrap();
        for size in [1, SMALL + 1] {
            let (before, after) = (vec![b'a'; size], vec![b'b'; size]);
            put(&folder, &folder.plan(), &before).unwrap();
            let mut reader = fs::File::open(folder.plan()).unwrap();
            put(&folder, &folder.plan(), &after).unwrap();
            let mut read = Vec::new();
            reader.read_to_end(&mut read).unwrap();
            assert!(read == before);
            assert!(fs::read(folder.plan()).unwrap() == after);
        }
        assert_eq!(fs::read_dir(folder.base()).unwrap().count(), 1);
        // One that could not be written is not there.
        let bad = folder.base().join("folder");
        fs::create_dir(&bad).unwrap();
        assert!(put(&folder, &bad, b"x").is_err());
        assert_eq!(fs::read_dir(folder.base()).unwrap().count(), 2);
    }
}
