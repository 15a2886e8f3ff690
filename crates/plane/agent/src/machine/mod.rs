//! The real machine: images, networks, containers and logs of this host, for [`crate::node`].
//!
//! Everything here can be found again after the agent was killed: containers by their shims,
//! networks by wharf-network, logs by their committed place. What is kept in memory ([`live`])
//! saves asking.

mod bundle;
mod disk_guard;
mod disks;
mod health;
mod images;
mod isolation;
mod limits;
mod live;
mod logs;
mod net;
mod perform;
mod recover;
mod registry;
mod secrets;
mod volumes;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_container::{
    image::Image,
    runtime::{ExecSession, ExecSpec, Runtime, TaskDisk},
};
use wharf_network::Network;

pub use self::{
    bundle::Addresses,
    disks::{Disks, LEAST_BYTES as LEAST_TASK_DISK},
    images::RegistryImages,
    isolation::{FARGATE_CAPACITY, Isolation},
    limits::limit_all_tasks,
    net::task_of as network_owner,
};
use self::{live::Live, volumes::Volumes};
use crate::{
    allow::Allow,
    client::Api,
    engine::{Action, Event, NetworkMode},
    figures::Figures,
    measure::window::Glance,
    node::{
        core::TaskContext,
        credentials::CredentialStore,
        machine::{Machine, Observation, Usage},
    },
};

/// An image, and whether it came over the network just now.
pub struct Fetched {
    pub image: Image,
    pub remotely: bool,
    /// A registry said just now that the name means this image, or the name itself does.
    pub confirmed: bool,
}

/// Where images come from: [`RegistryImages`], or folders in tests.
#[async_trait]
pub trait ImageSource: Send + Sync {
    /// The image of container `at`; `began` is called before anything is pulled.
    ///
    /// # Errors
    /// `<Name>: <text>`, as ECS shows it.
    async fn fetch(
        &self,
        context: &TaskContext,
        at: usize,
        began: &(dyn Fn() + Send + Sync),
    ) -> Result<Fetched, String>;

    /// What lies on this node for container `at`; no registry is asked.
    async fn local(&self, context: &TaskContext, at: usize) -> Option<Image>;

    /// Removes what nobody used for long, except `keep`.
    async fn collect(&self, keep: Vec<Image>);
}

/// What the machine is made of.
pub struct Parts {
    pub runtime: Runtime,
    pub images: Arc<dyn ImageSource>,
    /// What tasks may have of the host.
    pub allow: Arc<Allow>,
    pub network: Network,
    pub isolation: Isolation,
    pub api: Api,
    pub credentials: CredentialStore,
    /// For tasks in a network of their own.
    pub in_task: Addresses,
    /// For tasks in the host's network.
    pub in_host: Addresses,
    /// Processes and threads that one task may have.
    pub task_pids: u64,
    pub disks: Disks,
    pub figures: Figures,
    pub observations: mpsc::Sender<Observation>,
    pub running: TaskTracker,
    pub shutdown: CancellationToken,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct LinuxMachine {
    shared: Arc<Shared>,
}

struct Shared {
    runtime: Runtime,
    network: Network,
    isolation: Isolation,
    images: Arc<dyn ImageSource>,
    allow: Arc<Allow>,
    volumes: Volumes,
    api: Api,
    credentials: CredentialStore,
    in_task: Addresses,
    in_host: Addresses,
    task_pids: u64,
    disks: Disks,
    figures: Figures,
    /// Notes about log batches under way.
    log_notes: PathBuf,
    observations: mpsc::Sender<Observation>,
    running: TaskTracker,
    shutdown: CancellationToken,
    live: Mutex<BTreeMap<String, Arc<Live>>>,
    /// Images fetched while their task's network was still being attached.
    fetched: Mutex<BTreeMap<(String, usize), Image>>,
    /// Readers of logs whose shim is gone.
    ended_logs: Mutex<BTreeMap<String, TaskTracker>>,
    /// Tasks that count as stopped although their network could not be released.
    unreleased: Mutex<BTreeSet<String>>,
}

impl LinuxMachine {
    /// `data_dir` is the node's. Within a runtime: what looks after the tasks' disks begins to.
    pub fn new(data_dir: &Path, parts: Parts) -> Self {
        let shared = Shared {
            runtime: parts.runtime,
            network: parts.network,
            isolation: parts.isolation,
            images: parts.images,
            volumes: Volumes::new(data_dir.join("volumes"), parts.allow.clone()),
            allow: parts.allow,
            api: parts.api,
            credentials: parts.credentials,
            in_task: parts.in_task,
            in_host: parts.in_host,
            task_pids: parts.task_pids,
            disks: parts.disks,
            figures: parts.figures,
            log_notes: data_dir.join("state").join("logs"),
            observations: parts.observations,
            running: parts.running,
            shutdown: parts.shutdown,
            live: Mutex::default(),
            fetched: Mutex::default(),
            ended_logs: Mutex::default(),
            unreleased: Mutex::default(),
        };
        let shared = Arc::new(shared);
        let guard = disk_guard::run(shared.clone(), data_dir.to_owned(), shared.shutdown.clone());
        shared.running.spawn(guard);
        Self { shared }
    }
}

impl Shared {
    fn live(&self, task_id: &str) -> Option<Arc<Live>> {
        self.live.lock().get(task_id).cloned()
    }

    fn put_live(&self, live: Arc<Live>) {
        let mut all = self.live.lock();
        all.insert(live.context.id.clone(), live);
    }

    fn disks_in_use(&self) -> Vec<(String, TaskDisk)> {
        let all = self.live.lock();
        all.iter()
            .filter_map(|(id, live)| Some((id.clone(), live.handle.disk()?)))
            .collect()
    }

    fn take_live(&self, task_id: &str) -> Option<Arc<Live>> {
        self.live.lock().remove(task_id)
    }

    fn put_fetched(&self, task_id: &str, at: usize, image: Image) {
        let mut all = self.fetched.lock();
        all.insert((task_id.to_owned(), at), image);
    }

    fn take_fetched(&self, task_id: &str, at: usize) -> Option<Image> {
        let mut all = self.fetched.lock();
        all.remove(&(task_id.to_owned(), at))
    }

    fn ended_logs(&self, task_id: &str) -> TaskTracker {
        let mut all = self.ended_logs.lock();
        all.entry(task_id.to_owned()).or_default().clone()
    }

    fn take_ended_logs(&self, task_id: &str) -> Option<TaskTracker> {
        self.ended_logs.lock().remove(task_id)
    }

    fn note_unreleased(&self, task_id: &str) {
        let mut all = self.unreleased.lock();
        all.insert(task_id.to_owned());
    }

    fn is_unreleased(&self, task_id: &str) -> bool {
        let all = self.unreleased.lock();
        all.contains(task_id)
    }

    fn forget_unreleased(&self, task_id: &str) {
        let mut all = self.unreleased.lock();
        all.remove(task_id);
    }

    fn addresses(&self, context: &TaskContext) -> &Addresses {
        if context.spec.network == NetworkMode::Host {
            &self.in_host
        } else {
            &self.in_task
        }
    }

    async fn observe(&self, task_id: &str, event: Event) {
        let observation = Observation {
            task_id: task_id.to_owned(),
            event,
        };
        // Without the loop nobody wants to know.
        let _ = self.observations.send(observation).await;
    }
}

#[async_trait]
impl Machine for LinuxMachine {
    async fn recover(&self, tasks: &[Arc<TaskContext>]) -> BTreeMap<String, Vec<Event>> {
        recover::recover(&self.shared, tasks).await
    }

    async fn perform(&self, task: &Arc<TaskContext>, action: Action) -> Vec<Event> {
        perform::perform(&self.shared, task, action).await
    }

    async fn dispose(&self, task: &Arc<TaskContext>) {
        perform::dispose(&self.shared, task).await;
    }

    async fn usage(&self, task_id: &str, container: usize) -> Option<Usage> {
        self.shared.live(task_id)?.usage(container)
    }

    async fn glance(&self, task_id: &str, container: usize) -> Option<Glance> {
        self.shared.live(task_id)?.glance(container)
    }

    async fn exec(
        &self,
        task_id: &str,
        container: usize,
        spec: ExecSpec,
    ) -> Result<ExecSession, String> {
        let live = self.shared.live(task_id);
        let live = live.ok_or("the task does not run on this instance")?;
        let name = live.run_name(container).ok_or("no such container")?;
        let begun = live.handle.exec(&name, &spec).await;
        begun.map_err(|error| error.to_string())
    }

    async fn collect_images(&self, tasks: &[Arc<TaskContext>]) {
        let live = tasks.iter().filter_map(|task| self.shared.live(&task.id));
        let keep = live.flat_map(|live| live.images()).collect();
        self.shared.images.collect(keep).await;
    }
}
