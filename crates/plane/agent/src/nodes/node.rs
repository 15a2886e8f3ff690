//! Putting one node together.

use std::{path::PathBuf, sync::Arc};

use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::Ground;
use crate::{
    allow::Allow,
    client::Api,
    exec::{ExecServer, Transcripts},
    figures::CountedFiles,
    machine::{Addresses, ImageSource, LinuxMachine, Parts, Tenancy},
    measure::{Kept, Reports, Sampler},
    node::{
        NodeError,
        ahead::ImagesAhead,
        core::Core,
        credentials::CredentialStore,
        directory::Directory,
        disk::Disk,
        machine::Machine,
        register::{EndpointCache, Host},
        reports::Reporter,
        roster::{Member, Membership},
        run::{COMMAND_QUEUE, Command, NodeLoop},
        session::{Session, TelemetryTarget},
        telemetry::Publisher,
    },
};

/// Events of containers that may wait for the loop.
const OBSERVATION_QUEUE: usize = 1024;

/// What makes a node this one and no other.
pub struct NodeParts {
    pub tenancy: Tenancy,
    /// Name or ARN.
    pub cluster: String,
    /// Its folder: the state below is its own.
    pub dir: PathBuf,
    /// Calls in its name.
    pub api: Api,
    pub credentials: CredentialStore,
    pub images: Arc<dyn ImageSource>,
    pub allow: Arc<Allow>,
    /// What it registers.
    pub host: Host,
    pub in_task: Addresses,
    pub in_host: Addresses,
    pub running: TaskTracker,
    pub shutdown: CancellationToken,
}

/// A node whose state is read and that does nothing yet.
pub struct Node {
    /// The machine as it has it.
    pub machine: Arc<dyn Machine>,
    node: NodeLoop,
    /// Where transcripts of sessions wait to be delivered.
    transcripts: PathBuf,
    cluster: String,
    host: Host,
    api: Api,
    container_instance: Option<String>,
    commands: mpsc::Sender<Command>,
    instance: watch::Sender<Option<String>>,
    connected: watch::Sender<bool>,
    telemetry: watch::Sender<Option<TelemetryTarget>>,
    membership: Membership,
    /// Where it keeps what it measured and did not tell yet.
    counts: Option<PathBuf>,
}

/// A node that looks after its tasks. It is given new ones while its session runs.
pub struct Begun {
    pub session: Session,
    node: JoinHandle<()>,
    /// Its tasks are known to the endpoints for as long as it lives.
    _membership: Membership,
}

impl Node {
    /// Reads its state.
    ///
    /// # Errors
    /// The state cannot be read.
    pub fn open(ground: &Ground, parts: NodeParts) -> Result<Self, NodeError> {
        let NodeParts {
            tenancy,
            cluster,
            dir,
            api,
            credentials,
            images,
            allow,
            host,
            in_task,
            in_host,
            running,
            shutdown,
        } = parts;
        let own_counts = match &tenancy {
            Tenancy::Machine => "machine",
            Tenancy::Instance { id } => id,
        };
        let counts = ground.counts.as_ref().map(|it| it.join(own_counts));
        let files = CountedFiles::new(ground.figures.clone());
        let (disk, loaded) = Disk::open_with(dir.join("state"), files)?;
        let container_instance = loaded.node.container_instance_arn.clone();
        let directory = Directory::default();
        let membership = ground.roster.join(Member {
            directory: directory.clone(),
            credentials: credentials.clone(),
            api: api.clone(),
        });
        let (commands, command_queue) = mpsc::channel(COMMAND_QUEUE);
        let (observations, observation_queue) = mpsc::channel(OBSERVATION_QUEUE);
        let connected = watch::Sender::new(false);
        let parts = Parts {
            tenancy,
            images,
            allow,
            api: api.clone(),
            credentials: credentials.clone(),
            in_task,
            in_host,
            observations,
            running: running.clone(),
            shutdown: shutdown.clone(),
        };
        let machine: Arc<dyn Machine> =
            Arc::new(LinuxMachine::new(ground.machine.clone(), &dir, parts));
        let reporter = Reporter::new(
            api.clone(),
            connected.subscribe(),
            commands.clone(),
            running.clone(),
            shutdown.clone(),
            ground.figures.clone(),
        );
        let node = NodeLoop {
            core: Core::new(loaded, host.capacity.clone(), ground.task_cleanup),
            disk,
            machine: machine.clone(),
            reporter,
            directory,
            credentials,
            clock: ground.clock.clone(),
            commands: command_queue,
            observations: observation_queue,
            image_cleanup_every: ground.image_cleanup_every,
            running,
            shutdown,
        };
        // The endpoints may serve before it begins.
        node.show_all();
        Ok(Self {
            machine,
            node,
            transcripts: dir.join("state").join("exec"),
            cluster,
            host,
            api,
            container_instance,
            commands,
            instance: watch::Sender::new(None),
            connected,
            telemetry: watch::Sender::new(None),
            membership,
            counts,
        })
    }

    /// The instance id that the control plane gave it.
    pub fn instance(&self) -> watch::Receiver<Option<String>> {
        self.instance.subscribe()
    }

    /// Whether the control plane has its session.
    pub fn connected(&self) -> watch::Receiver<bool> {
        self.connected.subscribe()
    }

    /// Finds its tasks again, and looks after them from now on.
    pub async fn begin(self) -> Begun {
        let node = self.node.recover().await;
        let (running, shutdown) = (node.running.clone(), node.shutdown.clone());
        let (directory, clock) = (node.directory.clone(), node.clock.clone());
        let (credentials, reporter) = (node.credentials.clone(), node.reporter.clone());
        let node = tokio::spawn(node.run());
        let transcripts = Transcripts::new(
            self.transcripts,
            self.api.clone(),
            directory.clone(),
            credentials.clone(),
            (running.clone(), shutdown.clone()),
        );
        transcripts.finish();
        let exec = ExecServer {
            api: self.api.clone(),
            directory: directory.clone(),
            machine: self.machine.clone(),
            transcripts,
            running: running.clone(),
            shutdown: shutdown.clone(),
        };
        let ahead = ImagesAhead::new(
            self.machine.clone(),
            credentials.clone(),
            (running.clone(), shutdown.clone()),
        );
        let (reports, kept) = kept(self.counts);
        let sampler = Sampler {
            directory: directory.clone(),
            machine: self.machine,
            clock: clock.clone(),
            units: self.host.capacity.cpu,
            reports: reports.clone(),
            kept,
        };
        running.spawn(sampler.run(shutdown.clone()));
        let publisher = Publisher {
            api: self.api.clone(),
            target: self.telemetry.subscribe(),
            directory,
            reports,
            clock,
            shutdown: shutdown.clone(),
        };
        running.spawn(publisher.run());
        let session = Session {
            api: self.api,
            cluster: self.cluster,
            host: self.host,
            endpoints: EndpointCache::default(),
            container_instance: self.container_instance,
            instance: self.instance,
            credentials,
            commands: self.commands,
            reporter,
            exec,
            ahead,
            connected: self.connected,
            telemetry: self.telemetry,
            shutdown,
        };
        Begun {
            session,
            node,
            _membership: self.membership,
        }
    }
}

/// What the agent before this one measured and did not tell.
fn kept(folder: Option<PathBuf>) -> (Reports, Kept) {
    let Some(folder) = folder else {
        return Default::default();
    };
    let reports = wharf_durable::private_folder(&folder).and_then(|()| Reports::kept_in(&folder));
    match reports {
        Ok(reports) => (reports, Kept::in_folder(&folder)),
        Err(error) => {
            tracing::warn!(%error, "failed to keep what tasks use outside of this process; what is not told is lost if it is killed");
            Default::default()
        }
    }
}

impl Begun {
    /// Waits until it looks after its tasks no more, which begins with its shutdown.
    pub async fn ended(self) {
        let _ = self.node.await;
    }
}
