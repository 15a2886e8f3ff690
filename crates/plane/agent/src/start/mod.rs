//! What one process of the agent is made of: the machine, which all of its nodes share, and the machine's
//! own node on it. Nodes of EC2 instances come and go while it runs ([`crate::nodes`]).

mod endpoints;
mod images;
mod instances;
mod loopback;
mod machines;
mod names;
mod network;
mod offer;
mod session;
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
use wharf_base::{Chain, Clock, InstallationId, SystemClock};
use wharf_container::runtime::{Runtime, RuntimeOptions};
use wharf_dns::Names;
use wharf_kubelet::machine::Lent;
use wharf_layers::Sharing;
use wharf_network::{Network, NetworkConfig};
use wharf_planeproto::Plane;

pub(crate) use self::endpoints::Endpoints;
pub use self::teardown::teardown;
use self::{
    endpoints::{AWS_PORT, IN_TASK},
    loopback::Loopback,
    names::{RESOLVER_SOCKETS, host_name_servers, serve_names},
    network::{network_config, subscribe},
    offer::Offer,
};
use crate::{
    allow::{Allow, Permission},
    client::{Api, Dialer, Endpoint},
    config::NodeConfig,
    endpoint::{Connections, Limits, Proxy, RateLimit, Routes, StatsReader},
    file_systems::PodMounts,
    flows,
    instances::{
        Instances, STATE_FILE as MACHINES_STATE,
        metadata::{Credentials, MetadataService},
    },
    kubernetes::{self, Kubelets, NoKubelets},
    layers,
    logs::splunk::Collectors,
    machine::{
        self, Addresses, Disks, DisksInUse, FARGATE_CAPACITY, HostMachine, HostParts, ImageSource,
        Isolation, Tenancy, limit_all_tasks,
    },
    network_plane::{self, NetworkPlane},
    node::{NodeError, credentials::CredentialStore, register::Host, roster::Roster},
    nodes::{self, Ground, Node, NodeParts, Nodes, tasks_of_instances},
    renewal::Renewal,
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
    let images = images::open(&base).await?;
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
        dir: machine::runtime_dir(&config.data_dir),
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
    let (run, makes_disks) = (run_folder(&config.installation), volumes.is_some());
    let file_systems = machines::file_systems(config, run, &network, makes_disks).await;
    let mounts = machines::mounts(config);
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
        collectors: Collectors::new(&config.egress),
        roster: roster.clone(),
        elsewhere: tasks_of_instances(&config.data_dir),
    };
    let ground = Ground {
        machine: HostMachine::new(parts, &config.data_dir, &running, shutdown.clone()),
        roster: roster.clone(),
        figures: figures.clone(),
        clock: clock.clone(),
        counts: config.counts.clone(),
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
    let offer = Offer {
        volumes: volumes.is_some(),
        file_systems: file_systems.as_ref(),
        mounts: mounts.is_some(),
        instances: instances.as_ref().filter(|_| config.offers_instances),
    };
    host.attributes.extend(offer.attributes(config)?);
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
        let instance = own.instance();
        share_layers(sharing, port, &api, instance, &running, &shutdown).await?;
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
    running.spawn(session::show(own.connected(), figures, shutdown.clone()));
    // Finds its tasks first, and removes what nobody's are: those of instances are found one by one.
    let is_instance = own.instance();
    let as_whom = is_instance.clone();
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
                lent: Lent {
                    all_calls: config.allow.contains(&Permission::UnconfinedPods),
                    capabilities: config.allow.contains(&Permission::PodCapabilities),
                    privileges: config.allow.contains(&Permission::PrivilegedPods),
                },
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
        None => Err(NoKubelets::NoInstances),
    };
    let kubelets = kubelets.map_err(Arc::new);
    if let (Some(_), Err(error)) = (&instances, &kubelets) {
        tracing::warn!(
            error = %Chain(error),
            "instances of this machine cannot join Kubernetes clusters"
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
            running.spawn(instances.run(of_instances, tell, joins, as_whom, shutdown.clone()));
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
    let ended = session::run(&mut own.session, || ready(of_instances)).await;
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

/// Other nodes may have layers from here; the control plane is told which, from then on.
async fn share_layers(
    sharing: Sharing,
    port: u16,
    api: &Api,
    instance: watch::Receiver<Option<String>>,
    running: &TaskTracker,
    shutdown: &CancellationToken,
) -> Result<(), NodeError> {
    let listener = layers::listen(port).await;
    let listener = listener.map_err(failed("the port at which it shares layers"))?;
    let port = listener.local_addr().map_or(port, |it| it.port());
    let announcer = layers::Announcer {
        sharing: sharing.clone(),
        api: api.clone(),
        port,
        instance,
    };
    running.spawn(layers::serve(sharing, listener, shutdown.clone()));
    running.spawn(announcer.run(shutdown.clone()));
    Ok(())
}

/// What the operator lends, and never the installation's own folders.
fn allow(config: &NodeConfig) -> Result<Allow, NodeError> {
    let mut own = config.private.clone();
    own.push(config.data_dir.clone());
    let network = NetworkConfig::new(config.installation.clone(), config.data_dir.join("network"));
    own.push(network.shared_dir);
    Ok(Allow::new(&config.allow, &own)?)
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
