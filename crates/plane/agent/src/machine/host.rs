//! The machine beneath all nodes of this process: its containers, networks and disks, and the tasks
//! that run, whichever node they are of. Ids of tasks are unique among all nodes.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    path::Path,
    sync::Arc,
};

use futures_util::future::join_all;
use parking_lot::Mutex;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_base::cpu::UNITS_OF_A_CORE;
use wharf_container::{
    image::{Digest, Image},
    runtime::{Limits, Recovered, RecoveredState, Runtime, RuntimeError},
};
use wharf_network::Network;

use super::{Disks, DisksInUse, Isolation, disk_guard, live::Live, pids_of_instance};
use crate::{
    figures::Figures, file_systems::Mounts, logs::splunk::Collectors, node::roster::Roster,
    volumes::Volumes,
};

/// Tasks of an instance that are ended together: one whose processes hang takes its ten seconds.
const ENDED_AT_ONCE: usize = 16;

/// What the machine is made of.
pub struct HostParts {
    pub runtime: Runtime,
    pub network: Network,
    pub isolation: Isolation,
    /// Processes and threads that one task may have.
    pub task_pids: u64,
    pub disks: Disks,
    /// Guarded together, those of instances too.
    pub disks_in_use: DisksInUse,
    /// `None`: this machine can keep none.
    pub volumes: Option<Volumes>,
    /// `None`: tasks here can mount no file systems.
    pub mounts: Option<Mounts>,
    pub figures: Figures,
    /// The way to collectors of logs.
    pub collectors: Collectors,
    pub roster: Roster,
    /// Tasks of instances that were here when this process began: their nodes find them again.
    pub elsewhere: BTreeSet<String>,
}

/// Shared by all nodes.
pub struct HostMachine {
    pub(super) runtime: Runtime,
    pub(super) network: Network,
    pub(super) isolation: Isolation,
    pub(super) task_pids: u64,
    pub(super) disks: Disks,
    disks_in_use: DisksInUse,
    pub(super) volumes: Option<Volumes>,
    pub(super) mounts: Option<Mounts>,
    pub(super) figures: Figures,
    pub(super) collectors: Collectors,
    roster: Roster,
    live: Mutex<BTreeMap<String, Arc<Live>>>,
    /// Images fetched while their task's network was still being attached.
    fetched: Mutex<BTreeMap<(String, usize), Image>>,
    /// Readers of logs whose shim is gone.
    ended_logs: Mutex<BTreeMap<String, TaskTracker>>,
    /// Tasks that count as stopped although their network could not be released.
    unreleased: Mutex<BTreeSet<String>>,
}

impl HostMachine {
    /// `data_dir` lies where the tasks' disks do. Within a runtime: what looks after these begins to, until
    /// `shutdown`.
    pub fn new(
        parts: HostParts,
        data_dir: &Path,
        running: &TaskTracker,
        shutdown: CancellationToken,
    ) -> Arc<Self> {
        parts.roster.await_tasks(parts.elsewhere);
        let host = Arc::new(Self {
            runtime: parts.runtime,
            network: parts.network,
            isolation: parts.isolation,
            task_pids: parts.task_pids,
            disks: parts.disks,
            disks_in_use: parts.disks_in_use.clone(),
            volumes: parts.volumes,
            mounts: parts.mounts,
            figures: parts.figures,
            collectors: parts.collectors,
            roster: parts.roster,
            live: Mutex::default(),
            fetched: Mutex::default(),
            ended_logs: Mutex::default(),
            unreleased: Mutex::default(),
        });
        running.spawn(disk_guard::run(
            parts.disks_in_use,
            data_dir.to_owned(),
            shutdown,
        ));
        host
    }

    /// Whether tasks here may have EBS volumes.
    pub fn keeps_volumes(&self) -> bool {
        self.volumes.is_some()
    }

    /// The tasks that run in a group, whoever knows them.
    pub(super) async fn tasks_of_group(&self, group: &str) -> BTreeSet<String> {
        match self.runtime.tasks_of_group(group).await {
            Ok(ids) => ids.into_iter().collect(),
            Err(error) => {
                tracing::error!(
                    group,
                    error = &error as &dyn std::error::Error,
                    "failed to look for the tasks of an instance"
                );
                BTreeSet::new()
            }
        }
    }

    /// Limits what the tasks of an instance take together: CPU units at most, and while all others want theirs.
    ///
    /// # Errors
    /// The kernel refuses.
    pub async fn limit_group(
        &self,
        group: &str,
        (cpu_units, guaranteed): (u32, u32),
        memory_mib: u32,
    ) -> Result<(), RuntimeError> {
        let limits = Limits {
            memory_bytes: Some(u64::from(memory_mib) << 20),
            cpu_quota_millis: Some(u64::from(cpu_units) * 1000 / u64::from(UNITS_OF_A_CORE)),
            cpu_shares: Some(u64::from(guaranteed)),
            pids: Some(pids_of_instance(cpu_units)),
            ..Limits::default()
        };
        self.runtime.limit_group(group, limits).await
    }

    /// Ends all tasks of an instance, and those of `ids`, whose node does not run; gives back what they held
    /// but for their volumes, which their node removes when it has said that they stopped.
    ///
    /// # Errors
    /// Some of it is still there; trying again does the rest.
    pub async fn end_group(
        &self,
        group: &str,
        mut ids: BTreeSet<String>,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        ids.extend(self.runtime.tasks_of_group(group).await?);
        let all: Vec<&String> = ids.iter().collect();
        for some in all.chunks(ENDED_AT_ONCE) {
            let ended = join_all(some.iter().map(|id| self.end_task(id))).await;
            ended.into_iter().collect::<Result<(), _>>()?;
        }
        for one in self.network.recover().await? {
            if ids.contains(super::net::task_of(&one.key)) {
                self.network.detach(&one.key).await?;
            }
        }
        self.isolation.retain(|task| !ids.contains(task));
        self.found(&ids);
        if let Err(error) = self.runtime.remove_group(group).await {
            // One that was just being made may have come after the look above.
            if !self.runtime.tasks_of_group(group).await?.is_empty() {
                return Err("a task was made meanwhile".into());
            }
            // The instance itself may be in it.
            tracing::debug!(
                group,
                error = &error as &dyn std::error::Error,
                "an instance's group stays"
            );
        }
        Ok(())
    }

    async fn end_task(&self, id: &str) -> Result<(), RuntimeError> {
        if let Some(live) = self.take_live(id) {
            live.close();
        }
        self.take_ended_logs(id);
        match self.runtime.recover_task(id).await? {
            Some(Recovered {
                state: RecoveredState::Alive(handle),
                ..
            }) => handle.kill().await,
            Some(_) => self.runtime.remove_task(id).await,
            None => Ok(()),
        }
    }

    /// What containers of any node are made of; `None` while that is not known of all.
    pub(super) fn images_in_use(&self) -> Option<BTreeSet<Digest>> {
        if !self.roster.awaited().is_empty() {
            return None;
        }
        let live: Vec<Arc<Live>> = self.live.lock().values().cloned().collect();
        let fetched = live.iter().flat_map(|live| live.images());
        let mut all: BTreeSet<Digest> = fetched.map(|image| image.digest().clone()).collect();
        // A task that was found again has its image by its record alone.
        for task in self.roster.all() {
            if task.record.is_stopped() {
                continue;
            }
            let containers = task.record.state.containers.iter();
            let digests = containers.filter_map(|it| it.image_digest.as_ref());
            all.extend(digests.filter_map(|digest| Digest::try_from(digest.clone()).ok()));
        }
        Some(all)
    }

    /// Tasks of instances that were here when this process began, and that no node has found again.
    pub(super) fn awaited(&self) -> BTreeSet<String> {
        self.roster.awaited()
    }

    /// Their node has found them again, or they are ended.
    pub(super) fn found(&self, ids: &BTreeSet<String>) {
        self.roster.found(ids);
    }

    pub(super) fn live(&self, task_id: &str) -> Option<Arc<Live>> {
        self.live.lock().get(task_id).cloned()
    }

    pub(super) fn put_live(&self, live: Arc<Live>) {
        if let Some(disk) = live.handle.disk() {
            self.disks_in_use.put(&live.context.id, disk);
        }
        let mut all = self.live.lock();
        all.insert(live.context.id.clone(), live);
    }

    pub(super) fn take_live(&self, task_id: &str) -> Option<Arc<Live>> {
        self.disks_in_use.remove(task_id);
        self.live.lock().remove(task_id)
    }

    pub(super) fn put_fetched(&self, task_id: &str, at: usize, image: Image) {
        let mut all = self.fetched.lock();
        all.insert((task_id.to_owned(), at), image);
    }

    pub(super) fn take_fetched(&self, task_id: &str, at: usize) -> Option<Image> {
        let mut all = self.fetched.lock();
        all.remove(&(task_id.to_owned(), at))
    }

    pub(super) fn ended_logs(&self, task_id: &str) -> TaskTracker {
        let mut all = self.ended_logs.lock();
        all.entry(task_id.to_owned()).or_default().clone()
    }

    pub(super) fn take_ended_logs(&self, task_id: &str) -> Option<TaskTracker> {
        self.ended_logs.lock().remove(task_id)
    }

    pub(super) fn note_unreleased(&self, task_id: &str) {
        let mut all = self.unreleased.lock();
        all.insert(task_id.to_owned());
    }

    pub(super) fn is_unreleased(&self, task_id: &str) -> bool {
        let all = self.unreleased.lock();
        all.contains(task_id)
    }

    pub(super) fn forget_unreleased(&self, task_id: &str) {
        let mut all = self.unreleased.lock();
        all.remove(task_id);
    }
}
