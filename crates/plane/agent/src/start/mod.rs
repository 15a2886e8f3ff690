//! What one process of the agent is made of: the machine, which all of its nodes share, and the machine's
//! own node on it. Nodes of EC2 instances come and go while it runs ([`crate::nodes`]).

mod endpoints;
mod instances;
mod loopback;
mod machines;
mod names;
mod network;
mod teardown;

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};
use wharf_base::{Clock, InstallationId, SystemClock};
use wharf_container::{
    image::{ImageOptions, ImageStore},
    runtime::{Runtime, RuntimeOptions, shims_group},
};
use wharf_dns::Names;
use wharf_layers::Sharing;
use wharf_network::{Network, NetworkConfig};
use wharf_planeproto::Plane;
use wharf_sealed_file::Program;

pub(crate) use self::endpoints::Endpoints;
pub use self::teardown::teardown;
use self::{
    endpoints::{AWS_PORT, IN_TASK},
    loopback::Loopback,
    names::{RESOLVER_SOCKETS, host_name_servers, serve_names},
    network::{network_config, subscribe},
};
use crate::{
    allow::Allow,
    client::{Api, Dialer, Endpoint},
    config::NodeConfig,
    endpoint::{Connections, Limits, Proxy, RateLimit, Routes, StatsReader},
    figures::Figures,
    file_systems::{CAPABILITIES, FileSystems, PodMounts},
    flows,
    instances::{
        ATTRIBUTE, DISK_ATTRIBUTE, Instances, STATE_FILE as MACHINES_STATE,
        metadata::{Credentials, MetadataService},
    },
    kubernetes::{self, Kubelets},
    layers,
    machine::{
        Addresses, Disks, DisksInUse, FARGATE_CAPACITY, HostMachine, HostParts, ImageSource,
        Isolation, RegistryImages, Tenancy, limit_all_tasks, room_for_disks,
    },
    network_plane::{self, NetworkPlane},
    node::{
        NodeError, credentials::CredentialStore, register::Host, roster::Roster, session::Session,
    },
    nodes::{self, Ground, Node, NodeParts, Nodes, tasks_of_instances},
    renewal::Renewal,
    volumes::CAPABILITY,
    vpc_endpoints::Listeners,
};

/// What is under way at shutdown has this long to notice.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// Runs a node until `shutdown`; its tasks run on after that. `ready` is called once recovery is
/// done and the node is connected: from then on it is given tasks.
///
/// # Errors
/// The node cannot start on this machine, or the control plane refuses it for good. Losing the
/// connection is no error.
pub async fn run(
    config: NodeConfig,
    ready: impl FnOnce() + Send,
    shutdown: CancellationToken,
) -> Result<(), NodeError> {
    let base = Base::new(config)?;
    let dir = base.config.data_dir.join("images");
    let sharing = base.config.share_layers.map(|_| {
        let opened = Sharing::open(&dir.join("shelf"), base.clock.clone());
        opened.map_err(failed("the layers that it shares"))
    });
    let store = ImageStore::open(
        &dir,
        base.config.installation.clone(),
        // Where the server is far away its registry is too, behind the same authority.
        ImageOptions {
            tls: base.api.dialer().tls(),
            sharing: sharing.transpose()?,
            // Also where no more layers are to be read so: containers may have some.
            on_demand: Some(Program {
                path: base.config.shim.clone(),
                group: Some(shims_group(&base.config.installation)),
            }),
            ..ImageOptions::default()
        },
    )
    .await
    .map_err(failed("the image store"))?;
    base.config.figures.watch_images(&store);
    let images = RegistryImages::new(
        store,
        &base.config,
        base.api.clone(),
        base.credentials.clone(),
        base.clock.clone(),
    );
    base.run(Arc::new(images), |_| ready(), shutdown).await
}

/// What a node has before it has a machine.
pub struct Base {
    config: NodeConfig,
    api: Api,
    credentials: CredentialStore,
    clock: Arc<dyn Clock>,
}

impl Base {
    /// # Errors
    /// The endpoint or the authority's certificate cannot be used.
    pub fn new(config: NodeConfig) -> Result<Self, NodeError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let identity = &config.identity;
        let api = Api::new(
            Endpoint::parse(&identity.endpoint)?,
            Dialer::new(config.ca.as_deref())?,
            identity.signing_keys(),
            &identity.region,
            clock.clone(),
        );
        Ok(Self {
            config,
            api,
            credentials: CredentialStore::default(),
            clock,
        })
    }

    /// As [`run`], with images from `images`; `ready` is handed the nodes of instances.
    ///
    /// # Errors
    /// See [`run`].
    pub async fn run(
        self,
        images: Arc<dyn ImageSource>,
        ready: impl FnOnce(Nodes) + Send,
        shutdown: CancellationToken,
    ) -> Result<(), NodeError> {
        let Self {
            config,
            api,
            credentials,
            clock,
        } = self;
        start(&config, api, credentials, clock, images, ready, shutdown).await
    }
}

async fn start(
    config: &NodeConfig,
    api: Api,
    credentials: CredentialStore,
    clock: Arc<dyn Clock>,
    images: Arc<dyn ImageSource>,
    ready: impl FnOnce(Nodes) + Send,
    shutdown: CancellationToken,
) -> Result<(), NodeError> {
    let identity = &config.identity;
    let allow = Arc::new(allow(config)?);
    let figures = config.figures.clone();
    let roster = Roster::default();
    figures.watch(&roster);
    let running = TaskTracker::new();

    let renewal = Renewal {
        path: config.identity_file(),
        keyring: config.keyring.clone(),
        ca: config.ca.clone().filter(|_| config.learns_authorities),
        api: api.clone(),
        clock: clock.clone(),
    };
    // Ends with the node: dropped, it renews nothing any more.
    let _renewal = AbortOnDropHandle::new(tokio::spawn(renewal.run()));
    let loopback = Loopback::open(config, &api).await?;
    let (resolvers, resolver_sockets) = mpsc::channel(RESOLVER_SOCKETS);
    let mut network = network_config(config).await;
    network.resolvers = Some(resolvers);
    let (network, listeners) = Network::start(network)
        .await
        .map_err(failed("the network"))?;
    let runtime = Runtime::open(RuntimeOptions {
        dir: config.data_dir.join("tasks"),
        installation: config.installation.clone(),
        shim: config.shim.clone(),
        kept_cores: config.kept_cores,
        run: Some(run_folder(&config.installation)),
    })
    .await
    .map_err(failed("the container runtime"))?;
    let isolation = Isolation::probe(config, &runtime).await;
    let mut host = Host::probe(config, &allow)?;
    if isolation.is_refused() {
        host.custom.remove(FARGATE_CAPACITY);
    }
    limit_all_tasks(&runtime, host.capacity.memory).await;
    let disks_in_use = DisksInUse::default();
    let volumes = machines::volumes(config).await;
    if volumes.is_some() {
        host.attributes.push((CAPABILITY.to_owned(), None));
    }
    let (run, makes_disks) = (run_folder(&config.installation), volumes.is_some());
    let file_systems = machines::file_systems(config, run, &network, makes_disks).await;
    let attributes = file_systems.iter().flat_map(FileSystems::attributes);
    host.attributes.extend(attributes.map(|it| (it, None)));
    let mounts = machines::mounts(config);
    if mounts.is_some() {
        let capabilities = CAPABILITIES.into_iter();
        host.attributes
            .extend(capabilities.map(|it| (it.to_owned(), None)));
    }
    let disks = Disks::open(config.data_dir.join("disks"), config.task_disk);
    let parts = HostParts {
        runtime,
        network: network.clone(),
        isolation,
        task_pids: config.task_pids,
        disks: disks.clone(),
        disks_in_use: disks_in_use.clone(),
        volumes: volumes.clone(),
        mounts: mounts.clone(),
        figures: figures.clone(),
        roster: roster.clone(),
        elsewhere: tasks_of_instances(&config.data_dir),
    };
    let ground = Ground {
        machine: HostMachine::new(parts, &config.data_dir, &running, shutdown.clone()),
        roster: roster.clone(),
        figures: figures.clone(),
        clock: clock.clone(),
        task_cleanup: config.task_cleanup,
        image_cleanup_every: config.images.every,
    };
    let in_task = Addresses {
        metadata: IN_TASK.to_owned(),
        aws: format!("{IN_TASK}:{AWS_PORT}"),
        region: identity.region.clone(),
    };
    let in_host = loopback.addresses(&identity.region);
    let instances = instances::open(
        config,
        network.clone(),
        images.clone(),
        disks_in_use,
        volumes.as_ref(),
        &api,
    )
    .await;
    let offering = instances.as_ref().filter(|_| config.offers_instances);
    if let Some(offer) = offering.and_then(Instances::offer) {
        // Said anew with each registration, so that it ends when it is no longer said.
        let words = Some(offer).filter(|words| !words.is_empty());
        host.attributes.push((ATTRIBUTE.to_owned(), words));
        let room = match config.instance_disks {
            Some(bytes) => bytes,
            None => room_for_disks(&config.data_dir).map_err(failed("the disk"))?,
        };
        let room = (room >> 20).to_string();
        host.attributes
            .push((DISK_ATTRIBUTE.to_owned(), Some(room)));
    }
    let known = instances.as_ref().map(Instances::known).unwrap_or_default();
    let role_credentials = Credentials::new(api.clone(), clock.clone(), known.clone());
    let role_credentials = Arc::new(role_credentials);
    let own = NodeParts {
        tenancy: Tenancy::Machine,
        cluster: identity.cluster.clone(),
        dir: config.data_dir.clone(),
        api: api.clone(),
        credentials,
        images: images.clone(),
        allow,
        host,
        in_task: in_task.clone(),
        in_host: in_host.clone(),
        running: running.clone(),
        shutdown: shutdown.clone(),
    };
    let own = Node::open(&ground, own)?;
    let endpoints = Endpoints {
        routes: Arc::new(Routes {
            roster: roster.clone(),
            limit: RateLimit::default(),
            stats: StatsReader::new(own.machine.clone(), clock.clone()),
            clock: clock.clone(),
        }),
        proxy: Proxy {
            api: api.clone(),
            roster,
            instances: known.clone(),
        },
        instances: instances.is_some().then(|| {
            let credentials = role_credentials.clone();
            Arc::new(MetadataService::new(known, credentials, clock.clone()))
        }),
        connections: Connections::new(Limits::of_process()),
        running: running.clone(),
        shutdown: shutdown.clone(),
    };
    loopback.serve(&endpoints);
    let connections = endpoints.connections.clone();
    let of_vpcs = endpoints.clone();
    running.spawn(endpoints.serve_scopes(network.clone(), listeners));
    let (_subscription, deliveries) = subscribe(
        config,
        &api,
        // No key in it.
        (Plane::Network, network_plane::STATE_FILE, None),
        own.instance(),
        clock.clone(),
    );
    if let (Some(sharing), Some(port)) = (images.sharing(), config.share_layers) {
        let listener = layers::listen(port).await;
        let listener = listener.map_err(failed("the port at which it shares layers"))?;
        let port = listener.local_addr().map_or(port, |it| it.port());
        let announcer = layers::Announcer {
            sharing: sharing.clone(),
            api: api.clone(),
            port,
            instance: own.instance(),
        };
        running.spawn(layers::serve(sharing, listener, shutdown.clone()));
        running.spawn(announcer.run(shutdown.clone()));
    }
    let names = Names::new(identity.region.clone(), host_name_servers);
    running.spawn(serve_names(
        names.clone(),
        resolver_sockets,
        running.clone(),
        shutdown.clone(),
    ));
    let network_of_pods = network.clone();
    let names_of_pods = names.clone();
    let book = Arc::default();
    let listeners = Listeners::new(
        network.clone(),
        config.data_dir.join("network"),
        Arc::clone(&book),
        of_vpcs,
    );
    let reporter = flows::Reporter {
        network: network.clone(),
        api: api.clone(),
    };
    running.spawn(reporter.run(shutdown.clone()));
    let plane = NetworkPlane::new(network, names, config.data_dir.clone(), listeners, book);
    running.spawn(plane.run(deliveries, shutdown.clone()));
    running.spawn(follow_connection(
        own.connected(),
        figures,
        shutdown.clone(),
    ));
    // Finds its tasks first, and removes what nobody's are: those of instances are found one by one.
    let is_instance = own.instance();
    let mut own = own.begin().await;
    let keeps_any = instances.is_some() || volumes.is_some() || file_systems.is_some();
    let machines = keeps_any.then(|| {
        let plane = (
            Plane::Machines,
            MACHINES_STATE,
            Some(config.keyring.clone()),
        );
        subscribe(config, &api, plane, is_instance, clock.clone())
    });
    let kubelets = match &instances {
        Some(_) => {
            let settings = kubernetes::Settings {
                dir: config.data_dir.clone(),
                installation: config.installation.clone(),
                shim: config.shim.clone(),
                network: network_of_pods,
                names: names_of_pods,
                running: running.clone(),
                pids: config.task_pids,
                api: api.clone(),
                images: images.clone(),
                disks,
                volumes: volumes.clone(),
                files: mounts.clone().map(|mounts| PodMounts {
                    mounts,
                    api: api.clone(),
                }),
                connections,
                underlay: config.underlay,
                clock: clock.clone(),
                shutdown: shutdown.clone(),
            };
            Kubelets::open(settings).await
        }
        None => Err("this machine keeps no instances".to_owned()),
    };
    if let (Some(_), Err(reason)) = (&instances, &kubelets) {
        tracing::warn!(
            reason,
            "instances of this machine can be no nodes of Kubernetes"
        );
    }
    let of_machines = api.clone();
    if let Some(mounts) = mounts {
        running.spawn(mounts.renew(api.clone(), shutdown.clone()));
    }
    let nodes = Nodes::new(nodes::Parts {
        ground,
        api,
        images,
        in_task,
        in_host,
        dir: config.data_dir.clone(),
        shutdown: shutdown.clone(),
    });
    if let Some((subscription, deliveries)) = machines {
        let tell = Arc::new(subscription);
        let (to_instances, of_instances) = mpsc::channel(1);
        if let Some(volumes) = volumes.clone() {
            running.spawn(volumes.run(tell.clone(), of_machines.clone(), shutdown.clone()));
        }
        if let Some(file_systems) = file_systems.clone() {
            running.spawn(file_systems.run(tell.clone(), of_machines, shutdown.clone()));
        }
        let to_instances = instances.map(|instances| {
            let joins = Arc::new(instances::NodesOfInstances {
                nodes: nodes.clone(),
                credentials: role_credentials,
                known: instances.known(),
                kubelets: kubelets.clone(),
            });
            running.spawn(instances.run(of_instances, tell, joins, shutdown.clone()));
            to_instances
        });
        running.spawn(machines::share(
            deliveries,
            volumes,
            file_systems,
            to_instances,
        ));
    }
    let of_instances = nodes.clone();
    let ended = run_session(&mut own.session, || ready(of_instances)).await;
    shutdown.cancel();
    nodes.ended().await;
    if let Ok(kubelets) = &kubelets {
        kubelets.ended().await;
    }
    own.ended().await;
    running.close();
    if timeout(STOP_PATIENCE, running.wait()).await.is_err() {
        tracing::warn!("timeout while the node was shutting down");
    }
    ended
}

/// Shows whether the control plane has this node's session.
async fn follow_connection(
    mut connected: watch::Receiver<bool>,
    figures: Figures,
    shutdown: CancellationToken,
) {
    loop {
        figures.connected(*connected.borrow_and_update());
        tokio::select! {
            () = shutdown.cancelled() => return,
            changed = connected.changed() => if changed.is_err() {
                return;
            },
        }
    }
}

/// What the operator lends, and never the installation's own folders.
fn allow(config: &NodeConfig) -> Result<Allow, NodeError> {
    let mut own = config.private.clone();
    own.push(config.data_dir.clone());
    let network = NetworkConfig::new(config.installation.clone(), config.data_dir.join("network"));
    own.push(network.shared_dir);
    Ok(Allow::new(&config.allow, &own)?)
}

/// Runs the session to its end; `ready` is called when it has connected for the first time.
async fn run_session(session: &mut Session, ready: impl FnOnce() + Send) -> Result<(), NodeError> {
    let mut is_serving = session.connected.subscribe();
    let session = session.run();
    tokio::pin!(session);
    tokio::select! {
        ended = &mut session => return ended,
        _ = is_serving.wait_for(|connected| *connected) => ready(),
    }
    session.await
}

/// Where files of tasks lie that end with the tasks' processes.
fn run_folder(installation: &InstallationId) -> PathBuf {
    PathBuf::from(format!("/run/wharf-{installation}"))
}

fn failed<E: std::error::Error + Send + Sync + 'static>(
    part: &'static str,
) -> impl FnOnce(E) -> NodeError {
    move |source| NodeError::Machine {
        part,
        source: Box::new(source),
    }
}
