//! Finding every task again after the agent was gone.
//!
//! A task folder is in one of three states: its shim answers; it has ended, and exit files tell
//! how; or the shim died while containers ran, whose streams and exit codes are then lost, so that
//! they are killed. Nothing is trusted but files written whole and processes checked by their
//! start time.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
    sync::Arc,
    time::Duration,
};

use wharf_durable::{self as durable, boot_id};
use wharf_shim_protocol::{
    ContainerName, ContainerState, ContainerStatus, ExitRecord, ShimState, TaskFolder,
    record::RECORD_LIMIT,
};

use super::{
    ContainerError, RuntimeError, Shared, TaskHandle, TaskRecord, TaskSandbox, blocking,
    shared::entries_of,
};

/// For a shim that was just being started when the agent died.
const SHIM_PATIENCE: Duration = Duration::from_secs(5);
const SHIM_LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A task that was there before.
#[derive(Debug, Clone)]
pub struct Recovered {
    pub sandbox: TaskSandbox,
    /// A stopped container without an exit record was lost with its shim.
    pub containers: BTreeMap<ContainerName, ContainerStatus>,
    pub state: RecoveredState,
}

#[derive(Debug, Clone)]
pub enum RecoveredState {
    /// The shim answers: same processes, and ends that happened meanwhile are among the containers.
    Alive(TaskHandle),
    /// No shim and no process any more.
    Ended,
    /// The shim had died before its containers; they have been killed now.
    Lost,
}

pub(super) async fn recover(shared: &Arc<Shared>) -> Result<Vec<Recovered>, RuntimeError> {
    let ids = {
        let shared = Arc::clone(shared);
        blocking(move || shared.task_ids()).await?
    };
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(find(shared, &id).await?);
    }
    Ok(found)
}

/// One task, if it is there.
pub(super) async fn find(
    shared: &Arc<Shared>,
    id: &str,
) -> Result<Option<Recovered>, RuntimeError> {
    let folder = shared.folder(id)?;
    let record: io::Result<Option<TaskRecord>> = durable::read_json(&folder.task(), RECORD_LIMIT);
    match record {
        Ok(Some(record)) if record.sandbox.task_id == id => {
            let former = shared.former_task_cgroup(id);
            let cgroup = record.task_cgroup.unwrap_or(former);
            let folder = TaskFolder::with_run(folder.base(), record.setup.run);
            return recover_task(shared, folder, record.sandbox, cgroup)
                .await
                .map(Some);
        }
        // Died before its record was written: nothing of it ever ran.
        Ok(None) => {}
        Ok(Some(_)) => {
            tracing::error!(
                task = id,
                "task.json names another task; removing the folder"
            );
        }
        Err(e) => {
            tracing::error!(task = id, error = %e, "failed to read task.json; removing the task");
        }
    }
    shared.remove_task(id).await?;
    Ok(None)
}

async fn recover_task(
    shared: &Arc<Shared>,
    folder: TaskFolder,
    sandbox: TaskSandbox,
    cgroup: String,
) -> Result<Recovered, RuntimeError> {
    let handle = match TaskHandle::new(
        Arc::clone(shared),
        sandbox.clone(),
        folder.clone(),
        cgroup.clone(),
    ) {
        // Its part in memory went with the machine, or was not made yet. Or it is where we do not see it, behind another
        // mount, and its processes live: they are not ours to judge then.
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let shared = Arc::clone(shared);
            return blocking(move || {
                if has_processes(&shared, &cgroup)? {
                    let path = folder.seat().to_owned();
                    let task = sandbox.task_id;
                    return Err(RuntimeError::OutOfSight { task, path });
                }
                without_shim(&shared, &folder, sandbox, &cgroup)
            })
            .await;
        }
        other => other.map_err(RuntimeError::io("open", folder.seat()))?,
    };
    let deadline = tokio::time::Instant::now() + SHIM_PATIENCE;
    loop {
        match handle.status().await {
            Ok(status) => {
                set_cores(shared, &sandbox, &cgroup).await;
                let containers = status.containers;
                return Ok(Recovered {
                    sandbox,
                    containers,
                    state: RecoveredState::Alive(handle),
                });
            }
            Err(ContainerError::NoShim { .. }) => {}
            Err(source) => {
                return Err(RuntimeError::Shim {
                    task: sandbox.task_id,
                    source,
                });
            }
        }
        if !shim_may_live(&folder) || tokio::time::Instant::now() > deadline {
            break;
        }
        tokio::time::sleep(SHIM_LOOK_AGAIN).await;
    }
    let shared = Arc::clone(shared);
    blocking(move || without_shim(&shared, &folder, sandbox, &cgroup)).await
}

/// A task that began under another `--keep-cores`, or a version without it, is kept to the same cores as new ones.
async fn set_cores(shared: &Arc<Shared>, sandbox: &TaskSandbox, cgroup: &str) {
    if !sandbox.cpu_gives_way {
        return;
    }
    let task = sandbox.task_id.clone();
    let set = {
        let (shared, sandbox) = (Arc::clone(shared), sandbox.clone());
        let cgroup = cgroup.to_owned();
        blocking(move || {
            let group = shared.hierarchies.group(&cgroup)?;
            Ok(group.set_cores(shared.cores_of(&sandbox))?)
        })
    };
    if let Err(error) = set.await {
        tracing::warn!(task, %error, "failed to set the cores of a task; it keeps those that it has");
    }
}

/// The shim's process is there, or it has not said yet which one it is.
fn shim_may_live(folder: &TaskFolder) -> bool {
    let state: io::Result<Option<ShimState>> = durable::read_json(&folder.state(), RECORD_LIMIT);
    matches!(state, Ok(Some(state)) if state.boot_id == boot_id() && state.shim.is_alive())
}

fn without_shim(
    shared: &Shared,
    folder: &TaskFolder,
    sandbox: TaskSandbox,
    cgroup: &str,
) -> Result<Recovered, RuntimeError> {
    let survivors = has_processes(shared, cgroup)?;
    shared.hierarchies.group(cgroup)?.kill_and_remove()?;
    let containers = ended_containers(folder)?;
    let state = if survivors {
        RecoveredState::Lost
    } else {
        RecoveredState::Ended
    };
    Ok(Recovered {
        sandbox,
        containers,
        state,
    })
}

/// Whether any of the task's containers has some.
fn has_processes(shared: &Shared, cgroup: &str) -> Result<bool, RuntimeError> {
    let group = shared.hierarchies.group(cgroup)?;
    for child in group.children() {
        if !group.child(&child)?.processes()?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn ended_containers(
    folder: &TaskFolder,
) -> Result<BTreeMap<ContainerName, ContainerStatus>, RuntimeError> {
    let mut names = BTreeSet::new();
    for entry in names_in(&folder.containers())? {
        names.extend(ContainerName::try_from(entry));
    }
    // Those that left a log or an exit file, where all else went with the machine.
    for entry in names_in(folder.base())? {
        names.extend(TaskFolder::container_of(&entry));
    }
    let mut containers = BTreeMap::new();
    for name in names {
        let exit: Option<ExitRecord> =
            durable::read_json(folder.container(&name).exit(), RECORD_LIMIT).unwrap_or_else(|e| {
                tracing::error!(container = %name, error = %e, "failed to read the exit file");
                None
            });
        let status = ContainerStatus {
            state: ContainerState::Stopped,
            pid: 0,
            started_at: None,
            exit,
            user: None,
        };
        containers.insert(name, status);
    }
    Ok(containers)
}

fn names_in(folder: &Path) -> Result<Vec<String>, RuntimeError> {
    let entries = entries_of(folder).map_err(RuntimeError::io("list", folder))?;
    let names = entries.iter().map(|it| it.file_name().into_string());
    Ok(names.flatten().collect())
}
