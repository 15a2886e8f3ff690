//! The real machine: images, networks, containers and logs of this host, for [`crate::node`].
//!
//! Everything here can be found again after the agent was killed: containers by their shims,
//! networks by wharf-network, logs by their committed place. What is kept in memory ([`live`])
//! saves asking.

mod bundle;
mod disk_guard;
mod disks;
mod error;
mod health;
mod host;
mod images;
mod isolation;
mod limits;
mod live;
mod logs;
mod net;
mod on_demand;
mod perform;
mod recover;
mod registry;
mod secrets;
mod tenancy;
mod volumes;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use tokio::sync::{broadcast, mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_container::{
    image::{Digest, Image, OnDemandEvent, OnDemandUser},
    runtime::{ExecSession, ExecSpec},
};
use wharf_kubelet::machine::{Images, NoImage, Pull};
use wharf_layers::Sharing;

pub(crate) use self::bundle::log_driver;
use self::volumes::{AttachedVolume, Volumes};
pub use self::{
    bundle::Addresses,
    disk_guard::{DisksInUse, PROMISED, reserve_of, room_for_disks},
    disks::{Disks, LEAST_BYTES as LEAST_TASK_DISK},
    host::{HostMachine, HostParts},
    images::{NotPulled, RegistryImages},
    isolation::{FARGATE_CAPACITY, Isolation},
    limits::{limit_all_tasks, pids_of_instance},
    live::network_usage,
    net::task_of as network_owner,
    tenancy::Tenancy,
};
use crate::{
    allow::Allow,
    client::Api,
    engine::{Action, Event, NetworkMode},
    instances::InstanceImages,
    measure::window::Glance,
    node::{
        core::TaskContext,
        credentials::CredentialStore,
        machine::{Machine, NoExec, NotFetched, Observation, Usage, VolumeUsage},
    },
};

/// Folder of the shims of tasks, below the node's.
pub fn runtime_dir(node: &Path) -> PathBuf {
    node.join("tasks")
}

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
    async fn fetch(
        &self,
        context: &TaskContext,
        at: usize,
        began: &(dyn Fn() + Send + Sync),
    ) -> Result<Fetched, NotPulled>;

    /// What lies on this node for container `at`; no registry is asked.
    async fn local(&self, context: &TaskContext, at: usize) -> Option<Image>;

    /// Removes what nobody used for long, except `keep` and what containers of this machine are made of.
    async fn collect(&self, keep: BTreeSet<Digest>);

    /// The same images for the node of an instance, which asks for them with rights of its own.
    fn for_instance(&self, api: Api, credentials: CredentialStore) -> Arc<dyn ImageSource>;

    /// The same images for pods of an instance, asked for with the rights of its role.
    fn for_pods(&self, _: Api) -> Arc<dyn Images> {
        Arc::new(NoImages)
    }

    /// What it takes part in the sharing of layers by, if it does.
    fn sharing(&self) -> Option<Sharing> {
        None
    }

    /// That a task is given an image, some of whose layers may be read on demand.
    fn note_user(&self, _: &Image, _: &str) {}

    /// What becomes of such layers, and the tasks whose login is wanted already; `None` where no layer is read on demand.
    fn on_demand_events(&self) -> Option<(Vec<OnDemandUser>, broadcast::Receiver<OnDemandEvent>)> {
        None
    }

    /// Asks for the image of that digest again, as container `at`, so that what is read on demand goes on.
    async fn again(&self, _: &TaskContext, _: usize, _: &Digest) -> Result<(), NotPulled> {
        Ok(())
    }

    /// Images that instances are made of; `None` if there are none of these here.
    fn of_instances(self: Arc<Self>) -> Option<Arc<dyn InstanceImages>> {
        None
    }
}

/// For nodes that ask no registry.
struct NoImages;

#[async_trait]
impl Images for NoImages {
    async fn fetch(&self, _: &str, pull: Pull<'_>) -> Result<Image, NoImage> {
        Err(NoImage {
            reason: "ErrImagePull",
            message: format!("there is no {}: this node asks no registry", pull.name),
        })
    }

    fn forget(&self, _: &str) {}
}

/// What one node adds to the machine that it shares with the other nodes of this process.
pub struct Parts {
    pub tenancy: Tenancy,
    pub images: Arc<dyn ImageSource>,
    /// What tasks may have of the host.
    pub allow: Arc<Allow>,
    pub api: Api,
    pub credentials: CredentialStore,
    /// For tasks in a network of their own.
    pub in_task: Addresses,
    /// For tasks in the host's network.
    pub in_host: Addresses,
    pub observations: mpsc::Sender<Observation>,
    pub running: TaskTracker,
    pub shutdown: CancellationToken,
}

/// The machine as one node has it. Cheap to clone.
#[derive(Clone)]
pub struct LinuxMachine {
    shared: Arc<Shared>,
}

struct Shared {
    host: Arc<HostMachine>,
    tenancy: Tenancy,
    images: Arc<dyn ImageSource>,
    allow: Arc<Allow>,
    volumes: Volumes,
    api: Api,
    credentials: CredentialStore,
    in_task: Addresses,
    in_host: Addresses,
    /// Notes about log batches under way.
    log_notes: PathBuf,
    observations: mpsc::Sender<Observation>,
    running: TaskTracker,
    shutdown: CancellationToken,
}

impl LinuxMachine {
    /// `data_dir` is the node's.
    pub fn new(host: Arc<HostMachine>, data_dir: &Path, parts: Parts) -> Self {
        let shared = Shared {
            host,
            tenancy: parts.tenancy,
            images: parts.images,
            volumes: Volumes::new(data_dir.join("volumes"), parts.allow.clone()),
            allow: parts.allow,
            api: parts.api,
            credentials: parts.credentials,
            in_task: parts.in_task,
            in_host: parts.in_host,
            log_notes: data_dir.join("state").join("logs"),
            observations: parts.observations,
            running: parts.running,
            shutdown: parts.shutdown,
        };
        Self {
            shared: Arc::new(shared),
        }
    }
}

impl Shared {
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
        let events = recover::recover(&self.shared, tasks).await;
        on_demand::tend(&self.shared);
        events
    }

    async fn perform(&self, task: &Arc<TaskContext>, action: Action) -> Vec<Event> {
        perform::perform(&self.shared, task, action).await
    }

    async fn dispose(&self, task: &Arc<TaskContext>) {
        perform::dispose(&self.shared, task).await;
    }

    async fn usage(&self, task_id: &str, container: usize) -> Option<Usage> {
        self.shared.host.live(task_id)?.usage(container)
    }

    async fn glance(&self, task_id: &str, container: usize) -> Option<Glance> {
        self.shared.host.live(task_id)?.glance(container)
    }

    async fn disk_used(&self, task_id: &str) -> Option<u64> {
        let disk = self.shared.host.live(task_id)?.handle.disk()?;
        // It reads a file, and asks about a file system that may be slow.
        let looked = tokio::task::spawn_blocking(move || disk.usage()).await;
        Some(looked.ok()?.ok()?.used)
    }

    async fn volumes_used(&self, task: &TaskContext) -> Vec<VolumeUsage> {
        let Some(live) = self.shared.host.live(&task.id) else {
            return Vec::new();
        };
        let places = live.handle.disk_volumes();
        let Ok(attached) = self.shared.volumes.attached(task, places) else {
            return Vec::new();
        };
        let named = |it: AttachedVolume<'_>| (it.id.to_owned(), it.name.to_owned(), it.place);
        let attached: Vec<_> = attached.into_iter().map(named).collect();
        if attached.is_empty() {
            return Vec::new();
        }
        let mounts = live.handle.mounts();
        let look = move || {
            let seen = attached.into_iter().filter_map(|(id, name, place)| {
                let seen = mounts.usage_at(&place).ok()?;
                let (used, size) = (seen.used, seen.size);
                Some(VolumeUsage {
                    id,
                    name,
                    used,
                    size,
                })
            });
            seen.collect()
        };
        let looked = tokio::task::spawn_blocking(look).await;
        looked.unwrap_or_default()
    }

    async fn exec(
        &self,
        task_id: &str,
        container: usize,
        spec: ExecSpec,
    ) -> Result<ExecSession, NoExec> {
        let live = self.shared.host.live(task_id);
        let live = live.ok_or(NoExec::NoTask)?;
        let name = live.run_name(container).ok_or(NoExec::NoContainer)?;
        Ok(live.handle.exec(&name, &spec).await?)
    }

    async fn fetch_ahead(&self, task: &TaskContext, at: usize) -> Result<(), NotFetched> {
        let fetched = self.shared.images.fetch(task, at, &|| ()).await;
        fetched.map(drop).map_err(|error| NotFetched(error.into()))
    }

    async fn collect_images(&self, _: &[Arc<TaskContext>]) {
        // All share what lies here; one cleans it up.
        if !self.shared.tenancy.is_machines_own() {
            return;
        }
        match self.shared.host.images_in_use() {
            Some(keep) => self.shared.images.collect(keep).await,
            None => tracing::debug!("images stay: tasks of instances were not found again yet"),
        }
    }
}
