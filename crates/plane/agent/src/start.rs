//! Putting a node together, and taking one down.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::{TcpListener, lookup_host},
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
    runtime::{Runtime, RuntimeOptions},
};
use wharf_dns::Names;
use wharf_link::{Delivery, LinkConfig, Subscription};
use wharf_network::{EndpointListener, Network, NetworkConfig, ResolverSockets};
use wharf_planeproto::Plane;

use crate::{
    allow::Allow,
    client::{Api, Dialer, Endpoint},
    config::NodeConfig,
    endpoint::{
        self, Caller, CallerOf, Connections, Limits, Proxy, RateLimit, Routes, StatsReader,
    },
    exec::ExecServer,
    figures::{CountedFiles, Figures},
    machine::{
        Addresses, Disks, FARGATE_CAPACITY, ImageSource, Isolation, LinuxMachine, Parts,
        RegistryImages, limit_all_tasks, network_owner,
    },
    measure::{Reports, Sampler},
    network_plane::{self, NetworkPlane},
    node::{
        NodeError,
        core::Core,
        credentials::CredentialStore,
        directory::Directory,
        disk::{self, Disk},
        machine::Machine,
        register::{EndpointCache, Host},
        reports::Reporter,
        run::{COMMAND_QUEUE, NodeLoop},
        session::Session,
        telemetry::Publisher,
    },
    renewal::Renewal,
};

/// Sockets of name services that may wait to be served: two of every scope that a host can have.
const RESOLVER_SOCKETS: usize = 128;
const NAME_SERVICE_PORT: u16 = 53;
/// Events of containers that may wait for the loop.
const OBSERVATION_QUEUE: usize = 1024;
/// What is under way at shutdown has this long to notice.
const STOP_PATIENCE: Duration = Duration::from_secs(5);
/// A start does not wait longer for a name server.
const LOOKUP_PATIENCE: Duration = Duration::from_secs(2);
/// Port of metadata and credentials inside a task's network.
const METADATA_PORT: u16 = 80;
/// Link-local address that every task reaches them at.
const IN_TASK: &str = "http://169.254.170.2";
/// Port of the AWS endpoint there.
const AWS_PORT: u16 = 4566;

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
    let store = ImageStore::open(
        &base.config.data_dir.join("images"),
        base.config.installation.clone(),
        // Where the server is far away its registry is too, behind the same authority.
        ImageOptions {
            tls: base.api.dialer().tls(),
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
    base.run(Arc::new(images), ready, shutdown).await
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

    /// As [`run`], with images from `images`.
    ///
    /// # Errors
    /// See [`run`].
    pub async fn run(
        self,
        images: Arc<dyn ImageSource>,
        ready: impl FnOnce() + Send,
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
    ready: impl FnOnce() + Send,
    shutdown: CancellationToken,
) -> Result<(), NodeError> {
    let identity = &config.identity;
    let allow = Arc::new(allow(config)?);
    let figures = config.figures.clone();
    let files = CountedFiles(figures.clone());
    let (disk, loaded) = Disk::open_with(config.data_dir.join("state"), files)?;
    let stored = loaded.node.container_instance_arn.clone();
    let directory = Directory::default();
    figures.watch(&directory);
    let running = TaskTracker::new();
    let (commands, command_queue) = mpsc::channel(COMMAND_QUEUE);
    let (observations, observation_queue) = mpsc::channel(OBSERVATION_QUEUE);
    let (connected, is_connected) = watch::channel(false);
    let is_serving = connected.subscribe();
    let (telemetry, telemetry_target) = watch::channel(None);

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
    })
    .await
    .map_err(failed("the container runtime"))?;
    let isolation = Isolation::probe(config, &runtime).await;
    let mut host = Host::probe(config, &allow)?;
    if isolation.is_refused() {
        host.custom.remove(FARGATE_CAPACITY);
    }
    limit_all_tasks(&runtime, host.capacity.memory).await;
    let machine: Arc<dyn Machine> = Arc::new(LinuxMachine::new(
        &config.data_dir,
        Parts {
            images,
            allow,
            runtime,
            network: network.clone(),
            isolation,
            api: api.clone(),
            credentials: credentials.clone(),
            in_task: Addresses {
                metadata: IN_TASK.to_owned(),
                aws: format!("{IN_TASK}:{AWS_PORT}"),
                region: identity.region.clone(),
            },
            in_host: loopback.addresses(&identity.region),
            task_pids: config.task_pids,
            disks: Disks::open(config.data_dir.join("disks"), config.task_disk),
            figures: figures.clone(),
            observations,
            running: running.clone(),
            shutdown: shutdown.clone(),
        },
    ));
    let endpoints = Endpoints {
        routes: Arc::new(Routes {
            directory: directory.clone(),
            credentials: credentials.clone(),
            limit: RateLimit::default(),
            stats: StatsReader::new(machine.clone(), clock.clone()),
            api: api.clone(),
            clock: clock.clone(),
        }),
        proxy: Proxy {
            api: api.clone(),
            directory: directory.clone(),
        },
        connections: Connections::new(Limits::of_process()),
        running: running.clone(),
        shutdown: shutdown.clone(),
    };
    loopback.serve(&endpoints);
    running.spawn(endpoints.clone().serve_scopes(network.clone(), listeners));
    let (instance, is_instance) = watch::channel(None);
    let (_subscription, deliveries) = subscribe(config, &api, is_instance, clock.clone());
    let names = Names::new(identity.region.clone(), host_name_servers);
    running.spawn(serve_names(
        names.clone(),
        resolver_sockets,
        running.clone(),
        shutdown.clone(),
    ));
    let plane = NetworkPlane::new(network, names, config.data_dir.clone());
    running.spawn(plane.run(deliveries, shutdown.clone()));

    let reporter = Reporter::new(
        api.clone(),
        is_connected,
        commands.clone(),
        running.clone(),
        shutdown.clone(),
        figures.clone(),
    );
    running.spawn(follow_connection(
        connected.subscribe(),
        figures,
        shutdown.clone(),
    ));
    let node = NodeLoop {
        core: Core::new(loaded, host.capacity.clone(), config.task_cleanup),
        disk,
        machine: machine.clone(),
        reporter: reporter.clone(),
        directory: directory.clone(),
        credentials: credentials.clone(),
        clock: clock.clone(),
        commands: command_queue,
        observations: observation_queue,
        image_cleanup_every: config.images.every,
        running: running.clone(),
        shutdown: shutdown.clone(),
    };
    let node = node.recover().await;
    let node = tokio::spawn(node.run());
    let exec = ExecServer {
        api: api.clone(),
        directory: directory.clone(),
        machine: machine.clone(),
        running: running.clone(),
        shutdown: shutdown.clone(),
    };
    let reports = Reports::default();
    let sampler = Sampler {
        directory: directory.clone(),
        machine,
        clock: clock.clone(),
        units: host.capacity.cpu,
        reports: reports.clone(),
    };
    running.spawn(sampler.run(shutdown.clone()));
    let publisher = Publisher {
        api: api.clone(),
        target: telemetry_target,
        directory,
        reports,
        clock,
        shutdown: shutdown.clone(),
    };
    running.spawn(publisher.run());
    let session = Session {
        api,
        cluster: identity.cluster.clone(),
        host,
        endpoints: EndpointCache::default(),
        container_instance: stored,
        instance,
        credentials,
        commands,
        reporter,
        exec,
        connected,
        telemetry,
        shutdown: shutdown.clone(),
    };
    let ended = run_session(session, is_serving, ready).await;
    shutdown.cancel();
    let _ = node.await;
    running.close();
    if timeout(STOP_PATIENCE, running.wait()).await.is_err() {
        tracing::warn!("timeout while the node was shutting down");
    }
    ended
}

/// Whom the host asks for names.
fn host_name_servers() -> Vec<SocketAddr> {
    let servers = wharf_network::upstream_name_servers().into_iter();
    servers
        .map(|server| SocketAddr::new(server, NAME_SERVICE_PORT))
        .collect()
}

/// Takes the sockets of network scopes as they appear.
async fn serve_names(
    names: Names,
    mut sockets: mpsc::Receiver<ResolverSockets>,
    running: TaskTracker,
    shutdown: CancellationToken,
) {
    loop {
        let next = tokio::select! {
            () = shutdown.cancelled() => return,
            next = sockets.recv() => next,
        };
        let Some(next) = next else {
            return;
        };
        let scope = next.scope.clone();
        if let Err(error) = names.serve(next, &running, &shutdown) {
            tracing::error!(%scope, %error, "failed to serve DNS");
        }
    }
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

/// Has this host told of its network.
fn subscribe(
    config: &NodeConfig,
    api: &Api,
    instance: watch::Receiver<Option<String>>,
    clock: Arc<dyn Clock>,
) -> (Subscription, mpsc::Receiver<Delivery>) {
    Subscription::start(LinkConfig {
        endpoint: api.endpoint().clone(),
        dialer: api.dialer().clone(),
        keys: api.current_keys().clone(),
        region: api.region().to_owned(),
        plane: Plane::Network,
        state_file: config.data_dir.join(network_plane::STATE_FILE),
        // No key in it.
        keyring: None,
        instance,
        underlay: config.underlay,
        clock,
    })
}

/// Runs the session to its end; `ready` is called when it has connected for the first time.
async fn run_session(
    session: Session,
    mut is_serving: watch::Receiver<bool>,
    ready: impl FnOnce() + Send,
) -> Result<(), NodeError> {
    let session = session.run();
    tokio::pin!(session);
    tokio::select! {
        ended = &mut session => return ended,
        _ = is_serving.wait_for(|connected| *connected) => ready(),
    }
    session.await
}

/// Ends every task of the installation and takes its networks, mounts, cgroups and rules off the
/// host. What is stored stays. For `wharf down`, while no node runs; fine if nothing is there.
///
/// # Errors
/// Something could not be removed; everything else was tried nevertheless.
pub async fn teardown(
    data_dir: &Path,
    installation: InstallationId,
    shim: &Path,
) -> Result<(), NodeError> {
    let options = RuntimeOptions {
        dir: data_dir.join("tasks"),
        installation: installation.clone(),
        shim: shim.to_owned(),
        kept_cores: 0,
    };
    // Processes first: a namespace lives as long as anybody is in it.
    let containers = match Runtime::open(options).await {
        Ok(runtime) => runtime.teardown_all().await,
        Err(error) => Err(error),
    };
    let config = NetworkConfig::new(installation, data_dir.join("network"));
    let network = Network::teardown(&config).await;
    let disks = match std::fs::remove_dir_all(data_dir.join("disks")) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    };
    containers.map_err(failed("the containers"))?;
    disks.map_err(failed("disks made ahead"))?;
    network.map_err(failed("the networks"))
}

async fn network_config(config: &NodeConfig) -> NetworkConfig {
    let mut network =
        NetworkConfig::new(config.installation.clone(), config.data_dir.join("network"));
    network.endpoint_ports = vec![METADATA_PORT, AWS_PORT];
    if let Some(reach) = &config.reach {
        network.reach.clone_from(reach);
    }
    network.reserved = server_addresses(&config.identity.endpoint).await;
    network
}

/// The control plane's, as far as they are known now: a name may have others later, or none yet.
async fn server_addresses(endpoint: &str) -> Vec<Ipv4Addr> {
    let Ok(Endpoint { host, port, .. }) = Endpoint::parse(endpoint) else {
        return Vec::new();
    };
    let found = timeout(LOOKUP_PATIENCE, lookup_host((host, port))).await;
    let addresses = found.ok().and_then(Result::ok).into_iter().flatten();
    addresses
        .filter_map(|address| match address.ip() {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        })
        .collect()
}

fn failed<E: std::error::Error + Send + Sync + 'static>(
    part: &'static str,
) -> impl FnOnce(E) -> NodeError {
    move |source| NodeError::Machine {
        part,
        source: Box::new(source),
    }
}

/// Serves what tasks ask for.
#[derive(Clone)]
struct Endpoints {
    routes: Arc<Routes>,
    proxy: Proxy,
    /// Those of all listeners together.
    connections: Connections,
    running: TaskTracker,
    shutdown: CancellationToken,
}

impl Endpoints {
    /// Takes the listeners of network scopes as they appear.
    async fn serve_scopes(self, network: Network, mut listeners: mpsc::Receiver<EndpointListener>) {
        loop {
            let next = tokio::select! {
                () = self.shutdown.cancelled() => return,
                next = listeners.recv() => next,
            };
            let Some(EndpointListener {
                scope,
                port,
                listener,
            }) = next
            else {
                return;
            };
            let listener = match TcpListener::from_std(listener) {
                Ok(listener) => listener,
                Err(error) => {
                    tracing::error!(%scope, port, %error, "failed to serve a task endpoint");
                    continue;
                }
            };
            let network = network.clone();
            let caller: CallerOf = Arc::new(move |address| {
                let key = match address {
                    IpAddr::V4(address) => network.key_at(&scope, address),
                    IpAddr::V6(_) => None,
                };
                match key {
                    Some(key) => Caller::Task(network_owner(&key).to_owned()),
                    None => Caller::Unknown(address),
                }
            });
            if port == METADATA_PORT {
                self.metadata(listener, caller);
            } else {
                self.aws(listener, caller);
            }
        }
    }

    fn metadata(&self, listener: TcpListener, caller: CallerOf) {
        let (running, shutdown) = (self.running.clone(), self.shutdown.clone());
        let (routes, connections) = (self.routes.clone(), self.connections.clone());
        self.running.spawn(endpoint::serve(
            listener,
            routes,
            caller,
            connections,
            running,
            shutdown,
        ));
    }

    fn aws(&self, listener: TcpListener, caller: CallerOf) {
        let (running, shutdown) = (self.running.clone(), self.shutdown.clone());
        let (proxy, connections) = (self.proxy.clone(), self.connections.clone());
        self.running
            .spawn(proxy.serve(listener, caller, connections, running, shutdown));
    }
}

/// The endpoints of tasks in the host's own network: ports on loopback that stay the same across
/// restarts, because running tasks have them in their environment.
struct Loopback {
    metadata: TcpListener,
    /// `None` where the server itself is on loopback.
    aws: Option<TcpListener>,
    endpoint: Endpoint,
}

impl Loopback {
    async fn open(config: &NodeConfig, api: &Api) -> Result<Self, NodeError> {
        let dir = config.data_dir.join("state");
        let metadata = kept_port(&dir.join("metadata-port")).await?;
        let aws = if api.endpoint().tls {
            Some(kept_port(&dir.join("aws-port")).await?)
        } else {
            None
        };
        Ok(Self {
            metadata,
            aws,
            endpoint: api.endpoint().clone(),
        })
    }

    fn addresses(&self, region: &str) -> Addresses {
        let url = |listener: &TcpListener| {
            let port = listener.local_addr().map_or(0, |a| a.port());
            format!("http://127.0.0.1:{port}")
        };
        Addresses {
            metadata: url(&self.metadata),
            aws: self
                .aws
                .as_ref()
                .map_or_else(|| self.endpoint.to_string(), url),
            region: region.to_owned(),
        }
    }

    fn serve(self, endpoints: &Endpoints) {
        // Every task of the host's network comes from the same address: ids must tell.
        let caller: CallerOf = Arc::new(|_| Caller::Host);
        endpoints.metadata(self.metadata, caller.clone());
        if let Some(listener) = self.aws {
            endpoints.aws(listener, caller);
        }
    }
}

/// Listens on the port noted in `file`, or on a free one that is noted from then on.
async fn kept_port(file: &Path) -> Result<TcpListener, NodeError> {
    let noted =
        disk::read(file)?.and_then(|bytes| String::from_utf8(bytes).ok()?.trim().parse().ok());
    if let Some(port) = noted {
        match TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await {
            Ok(listener) => return Ok(listener),
            Err(error) => {
                tracing::warn!(port, %error, "tasks in host mode lose their metadata: their port is taken");
            }
        }
    }
    let bound: io::Result<(TcpListener, u16)> = async {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let port = listener.local_addr()?.port();
        Ok((listener, port))
    }
    .await;
    let (listener, port) = bound.map_err(NodeError::Host)?;
    disk::replace(file, port.to_string().as_bytes())?;
    Ok(listener)
}
