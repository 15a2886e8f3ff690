//! The nodes of this process: the machine's own, and those of EC2 instances that run on it.
//!
//! All share the machine ([`Ground`]): runtime, networks, images, endpoints, disks. Each has its own
//! identity, session, tasks and state folder ([`node`]). Those of instances come and go ([`Nodes::start`],
//! [`Nodes::stop`]); what becomes of one is no matter of the others ([`tend`]).

mod instance;
mod node;
mod places;
mod tend;

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures_util::future::join_all;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wharf_base::Clock;

pub use self::places::Places;
use self::tend::Tended;
pub use self::{
    instance::{
        InstanceNode, NoCredentials, Noticed, RoleCredentials, SessionCredentials, is_instance_id,
    },
    node::{Begun, Node, NodeParts},
};
use crate::{
    client::Api,
    config::TaskCleanup,
    figures::Figures,
    machine::{Addresses, HostMachine, ImageSource},
    node::{
        NodeError,
        disk::{TASK_DIR, task_ids},
        roster::Roster,
    },
};

/// What all nodes of a process stand on. Cheap to clone.
#[derive(Clone)]
pub struct Ground {
    pub machine: Arc<HostMachine>,
    pub roster: Roster,
    pub figures: Figures,
    pub clock: Arc<dyn Clock>,
    /// As [`crate::config::NodeConfig::counts`].
    pub counts: Option<PathBuf>,
    pub task_cleanup: TaskCleanup,
    pub image_cleanup_every: Duration,
}

/// What nodes of instances are made with.
pub struct Parts {
    pub ground: Ground,
    /// The machine's own node's, of which the endpoint is taken.
    pub api: Api,
    pub images: Arc<dyn ImageSource>,
    pub in_task: Addresses,
    pub in_host: Addresses,
    /// `<data>/node`
    pub dir: PathBuf,
    pub shutdown: CancellationToken,
}

/// The nodes of instances. Cheap to clone.
#[derive(Clone)]
pub struct Nodes(Arc<Inner>);

struct Inner {
    parts: Parts,
    tended: Places<Running>,
}

struct Running {
    stop: CancellationToken,
    ended: JoinHandle<()>,
}

impl Nodes {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner {
            parts,
            tended: Places::default(),
        }))
    }

    /// Starts the node of an instance; one that runs already stays as it is. It registers as soon as its
    /// credentials are there, and tries again for as long as it is refused.
    ///
    /// # Errors
    /// What is said of the instance cannot be, or the kernel refuses its limits.
    pub async fn start(&self, node: InstanceNode) -> Result<(), NodeError> {
        node.check()?;
        let Parts {
            ground, shutdown, ..
        } = &self.0.parts;
        let id = node.instance.clone();
        let mut tended = self.0.tended.of(&id).await;
        if shutdown.is_cancelled() {
            return Err(NodeError::ShuttingDown);
        }
        if tended.as_ref().is_some_and(|it| !it.ended.is_finished()) {
            return Ok(());
        }
        let cpu = (node.cpu_units, node.cpu_guaranteed);
        let limited = ground.machine.limit_group(&id, cpu, node.memory_mib);
        limited.await.map_err(|source| NodeError::Machine {
            part: "the limits of an instance",
            source: Box::new(source),
        })?;
        let stop = shutdown.child_token();
        let one = Tended::new(self.clone(), node, stop.clone());
        let ended = tokio::spawn(one.run());
        *tended = Some(Running { stop, ended });
        Ok(())
    }

    /// Stops the node of an instance, which need not run. Its tasks run on and are found again by the next
    /// [`Nodes::start`], or are ended too if `ends`: as when the instance stops, and the next start says
    /// that they have stopped.
    ///
    /// # Errors
    /// Something of its tasks is still there; stopping it again ends the rest.
    pub async fn stop(&self, instance: &str, ends: bool) -> Result<(), NodeError> {
        if !is_instance_id(instance) {
            return Err(NodeError::InstanceId(instance.to_owned()));
        }
        let mut tended = self.0.tended.of(instance).await;
        if let Some(Running { stop, ended }) = tended.take() {
            stop.cancel();
            let _ = ended.await;
        }
        if !ends {
            return Ok(());
        }
        let ids = stored_tasks(&self.dir_of(instance));
        let ended = self.0.parts.ground.machine.end_group(instance, ids).await;
        ended.map_err(|source| NodeError::Machine {
            part: "the tasks of an instance",
            source,
        })
    }

    /// Stops the node of an instance that is terminated: nothing of it or of its tasks is left.
    ///
    /// # Errors
    /// See [`Nodes::stop`]; or its folder cannot be removed.
    pub async fn forget(&self, instance: &str) -> Result<(), NodeError> {
        self.stop(instance, true).await?;
        let dir = self.dir_of(instance);
        let counts = self.0.parts.ground.counts.as_ref();
        let counts = counts.map(|it| it.join(instance));
        let removed = tokio::task::spawn_blocking(move || {
            if let Some(counts) = counts {
                wharf_rootdir::remove_tree(&counts)?;
            }
            for part in ["state", "volumes"] {
                wharf_rootdir::remove_tree(&dir.join(part))?;
            }
            match fs::remove_dir(&dir) {
                // Something else of the instance is in it.
                Err(e) if e.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
                Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
                other => other,
            }
        });
        let removed = removed.await.map_err(io::Error::other).flatten();
        removed.map_err(|source| NodeError::Machine {
            part: "the folder of an instance's node",
            source: Box::new(source),
        })?;
        self.0.tended.forget(instance);
        Ok(())
    }

    /// The instances whose nodes have left something here.
    pub fn known(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(instances_dir(&self.0.parts.dir))
            .into_iter()
            .flatten();
        let names = entries
            .flatten()
            .filter_map(|it| it.file_name().into_string().ok());
        names.filter(|name| is_instance_id(name)).collect()
    }

    /// Waits until all of them have ended, which begins with the shutdown of the process.
    pub async fn ended(&self) {
        let places = &self.0.tended;
        let each = places.names().into_iter().map(|id| async move {
            if let Some(running) = places.of(&id).await.take() {
                let _ = running.ended.await;
            }
        });
        join_all(each).await;
    }

    fn dir_of(&self, instance: &str) -> PathBuf {
        instances_dir(&self.0.parts.dir).join(instance)
    }
}

fn instances_dir(node_dir: &Path) -> PathBuf {
    node_dir.join("instances")
}

/// The tasks of a node by what lies in its folder.
fn stored_tasks(dir: &Path) -> BTreeSet<String> {
    task_ids(&dir.join("state").join(TASK_DIR))
}

/// The tasks of all instances that were on this machine when it last ran. `node_dir` is `<data>/node`.
pub fn tasks_of_instances(node_dir: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(instances_dir(node_dir)).into_iter().flatten();
    let folders = entries.flatten().map(|entry| entry.path());
    folders.flat_map(|folder| stored_tasks(&folder)).collect()
}
