//! Opening the data folder, starting every service, serving until told to stop.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;
use wharf_api_ec2::Ec2;
use wharf_base::{Cidr, Cidr4, Clock, InstallationId, Permit, SystemClock};
use wharf_blobs::{BlobError, Blobs, Limits};
use wharf_egress::Egress;
use wharf_journal::{Journal, JournalOptions, OpenError as JournalOpenError};
use wharf_prometheus::PrometheusApi;
use wharf_reconcile::Takeover;
use wharf_registry::{Options as RegistryOptions, RegistryApi};
use wharf_seal::{Keyring, KeyringError, KeyringSource};
use wharf_series::{OpenError as SeriesOpenError, Options as SeriesOptions, Series};
use wharf_store::{OpenError, Store, StoreError, StoreOptions};
use wharf_svc_acm::{AcmService, Parts as AcmParts};
use wharf_svc_autoscaling::{AutoscalingService, Parts as GroupParts};
use wharf_svc_cloudtrail::{CloudtrailService, Recorder};
use wharf_svc_ec2::{Ec2Service, elastic::PublicAddresses, instances::Parts as InstanceParts};
use wharf_svc_ecr::{Catalog, token::Bearer};
use wharf_svc_ecs::{AgentsConfig, Config as EcsConfig, EcsService, Parts};
use wharf_svc_elbv2::{Config as Elbv2Config, Elbv2Service, Parts as Elbv2Parts, Place};
use wharf_svc_iam::{Directory, DirectoryError, IamGate, IamService, IssuerKeys, Mode};
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_svc_logs::{
    Limits as LogsLimits, LogsService, Options as LogsOptions, Parts as LogsParts,
};
use wharf_svc_secretsmanager::{Parts as SecretsParts, SecretsmanagerService};
use wharf_svc_sns::{Mailer, Signer};
use wharf_svc_sqs::{Parts as SqsParts, SqsService};
use wharf_vended::{Counters, Vended};
use wharf_wal::Disk;
use wharf_wire::{Caller, Dispatcher, Fault, Service};

use crate::{
    accounts::Accounts,
    adapters::{
        Ec2Records, EcsNodes, Elbv2Records, GalleryPulls, HostedInstances, Hosts, InstanceProfiles,
        Keys, ListenerCertificates, Listeners, LoadBalancing, Registry, Roles, Sockets,
    },
    admission::{Admission, Decisions},
    backup::Backup,
    bootstrap::Bootstrap,
    by_name::ByName,
    certificate_authority::CertificateAuthority,
    control::{Control, Parts as ControlParts},
    explain::Explain,
    gateway::{
        Apis, Gateway, IamMode,
        bytes_in_flight::{BytesInFlight, Limits as ByteLimits},
        connections::{Connections, Limits as ConnectionLimits},
        instance_credentials::InstanceRoles,
        throttle::{OfServices, Throttle, Throttling, VISITORS_PULLS},
    },
    group_changes::GroupChanges,
    health::Health,
    issuers::{Issuers, KeysFile},
    join::Join,
    keys,
    kube::issuers::ClusterIssuers,
    layer_peers::LayerPeers,
    measures::{self, Measured},
    migrate, names,
    node_credentials::NodeCredentials,
    node_gate::NodeGate,
    nodes::Nodes,
    outside::Outside,
    overview::Overview,
    plane::{Parts as PlaneParts, Planes},
    root::RootError,
    services::{self, Links, Wiring},
    task_images::Images,
    tls::{Authorities, TlsError},
};

/// Settings of the control plane, read once from the command line.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// `<data>/server`
    pub data_dir: PathBuf,
    pub keyring: KeyringSource,
    /// Where the identity of this machine's node is written, and what it is sealed with.
    pub node_identity: PathBuf,
    pub node_keyring: Keyring,
    pub installation: InstallationId,
    pub listen: Vec<IpAddr>,
    /// Further names and addresses that clients know this server by.
    pub names: Vec<String>,
    /// Sockets that listen there already: whoever started this process holds them beyond its life.
    pub sockets: Arc<Vec<std::net::TcpListener>>,
    pub port: u16,
    /// Where port 443 is listened on too, if it is to be had.
    pub at_443: Option<IpAddr>,
    pub iam: IamMode,
    /// With [`IamMode::Off`]: tasks are root of the account too.
    pub tasks_as_root: bool,
    pub account: String,
    pub region: String,
    /// Where load balancers get the addresses from at which users of this machine reach them.
    pub public_cidr: Cidr4,
    /// Where elastic and public addresses come from.
    pub public_addresses: PublicAddresses,
    /// Where requests to addresses that users name may go, beside public ones.
    pub egress: Vec<Cidr>,
    /// Keys of identity providers that are not asked for theirs.
    pub jwks: Vec<KeysFile>,
    /// How mail to subscribers leaves; `None`: it does not.
    pub mailer: Option<Mailer>,
    /// How far API requests are throttled.
    pub throttling: Throttling,
    /// How many images an address that says nothing of itself pulls a second from the public gallery.
    pub gallery_pulls: f64,
    /// Whether what is decided is written down.
    pub audit: bool,
    /// What logs may take on disk; `None`: a share of the file system.
    pub log_bytes: Option<u64>,
    /// Bytes of log events that an account may put a second in a region.
    pub log_rate: Option<u64>,
    /// What one repository of images may hold; `None`: half of the file system.
    pub repository_bytes: Option<u64>,
    /// How often all blobs are read again; `None`: never.
    pub scrub_every: Option<Duration>,
    /// The way to the files of store and journal; one that fails in tests.
    pub disk: Disk,
    /// Where trails' buckets are; without it there are no trails.
    pub trails: Option<PathBuf>,
    /// Where metrics are served to whoever asks; on this machine alone.
    pub metrics: Option<SocketAddr>,
}

impl ServerConfig {
    /// An installation in a folder of its own, on this machine alone and not throttled: for tests.
    pub fn in_folder(folder: &Path, port: u16) -> Self {
        Self {
            data_dir: folder.join("server"),
            keyring: folder.join("keyring").into(),
            node_identity: folder.join("node/identity.json"),
            node_keyring: Keyring::in_memory(),
            installation: InstallationId::mint(),
            listen: vec![Ipv4Addr::LOCALHOST.into()],
            names: Vec::new(),
            sockets: Arc::default(),
            port,
            at_443: None,
            iam: IamMode::Enforce,
            tasks_as_root: false,
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            public_cidr: Elbv2Config::default().public_cidr,
            public_addresses: PublicAddresses::default(),
            egress: Vec::new(),
            jwks: Vec::new(),
            mailer: None,
            throttling: Throttling::Off,
            gallery_pulls: VISITORS_PULLS,
            audit: true,
            log_bytes: None,
            log_rate: None,
            repository_bytes: None,
            scrub_every: None,
            disk: Disk::default(),
            trails: None,
            metrics: None,
        }
    }
}

/// Why the control plane did not come up.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{address} is in use")]
    PortInUse { address: SocketAddr },
    #[error("cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("{} is in use by process {pid}", path.display())]
    DataInUse { path: PathBuf, pid: u32 },
    #[error("the store cannot be opened")]
    Store(#[source] OpenError),
    #[error(
        "{text}; `wharf restore` brings a backup back, `wharf repair` says what giving up the damaged part costs"
    )]
    Damaged { text: String },
    #[error("the records of an earlier version cannot be moved")]
    Migrate(#[source] migrate::MigrateError),
    #[error("the journal cannot be opened")]
    Journal(#[source] JournalOpenError),
    #[error("the metrics cannot be opened")]
    Series(#[source] SeriesOpenError),
    #[error("the layers cannot be opened")]
    Blobs(#[source] BlobError),
    #[error("the keyring cannot be opened")]
    Keyring(#[source] KeyringError),
    #[error("the root key cannot be made")]
    Directory(#[source] DirectoryError),
    #[error("the root key cannot be kept")]
    Root(#[source] RootError),
    #[error("cannot use {}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("TLS cannot be set up")]
    Tls(#[source] TlsError),
    /// It panicked, or ended when nobody had told it to.
    #[error("{part} ended")]
    PartEnded { part: &'static str },
    #[error("cannot {step}")]
    Bootstrap {
        step: &'static str,
        #[source]
        fault: Fault,
    },
}

/// What is on disk, opened.
pub(crate) struct Data {
    pub store: Store,
    pub journal: Journal,
    pub series: Series,
    blobs: Blobs,
    pub keyring: Keyring,
    pub authorities: Arc<Authorities>,
}

impl Data {
    /// Where what wharf's own services measure is kept.
    pub fn vended(&self) -> Vended {
        Vended::new(self.series.clone())
    }
}

/// How often what nobody needs is looked for.
const MAINTENANCE: Duration = Duration::from_secs(300);
/// Revisions of history that are kept for watches and page tokens.
const KEPT_REVISIONS: u64 = 100_000;
const MAINTENANCE_PERMIT: Permit = Permit::for_controller("maintenance");

/// Runs the control plane; `ready` is called when it answers.
pub async fn run(
    config: ServerConfig,
    ready: impl FnOnce(),
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    run_with(config, Vec::new(), ready, shutdown).await
}

/// The same, with services beside those of the table, or in the place of those that have their names.
pub async fn run_with(
    config: ServerConfig,
    further: Vec<Arc<dyn Service>>,
    ready: impl FnOnce(),
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (listeners, at_443) = listen(&config).await?;
    let config = ServerConfig { at_443, ..config };
    let data = open(&config).await?;
    migrate::run(&data.store)
        .await
        .map_err(StartError::Migrate)?;
    let plane = Plane::new(&config, &data, &clock);
    let mut parts = Running::default();
    let planes = Arc::new(plane.planes(&config, &data, &shutdown));
    let (s3, scheduler) = (Arc::default(), Arc::default());
    let operations = plane.operations.clone();
    let control = plane.control(&config, &data, &clock, planes.clone(), operations.clone());
    let mut served = services::serve(&Wiring {
        s3: Arc::clone(&s3),
        eks: Default::default(),
        scheduler: Arc::clone(&scheduler),
        config: &config,
        control: &control,
        clock: &clock,
        data: &data,
        plane: &plane,
        tagged: Arc::default(),
        sealing: control.0.keys.sealing.clone(),
        announcing: Arc::default(),
        operations,
        scaling: Arc::default(),
        destinations: Arc::default(),
    });
    let replaced = |it: &Arc<dyn Service>| {
        let mut named = further.iter().map(|other| other.schema().name);
        named.any(|name| name == it.schema().name)
    };
    served.routes.retain(|it| !replaced(it));
    served.routes.extend(further);
    for it in served.loops {
        parts.spawn(it.name, (it.run)(shutdown.clone()));
    }
    let counters = plane.counters.clone();
    let kept = counters.keep(data.vended(), served.looks, shutdown.clone());
    parts.spawn("the metrics of services", kept);
    let bootstrap = Bootstrap {
        config: &config,
        clock: &*clock,
        store: &data.store,
        keyring: &data.keyring,
        directory: &plane.directory,
        credentials: &plane.node_credentials(&config, &data, &clock),
        iam: &plane.iam,
        ec2: &plane.ec2,
        ecs: &plane.ecs,
    };
    // What waits for a feed of the store would wait for ever once that has failed.
    tokio::select! {
        done = bootstrap.run() => done?,
        () = disk_failed(&data.store, &data.journal, &data.series) => {
            return Err(StartError::PartEnded { part: WRITING });
        }
    }
    let (store, journal) = (data.store.clone(), data.journal.clone());
    let series = data.series.clone();
    let failed = async move { disk_failed(&store, &journal, &series).await };
    parts.spawn_until(&shutdown, WRITING, failed);
    let measured = Measured {
        deliveries: served.deliveries,
        scheduler: scheduler.get().cloned(),
    };
    let answering = Answering {
        services: served.routes,
        rates: served.rates,
        links: served.links,
        measured,
    };
    let mut gateway = plane.gateway(answering, &control.0, &config, &data, &clock, &shutdown)?;
    gateway.apis.s3 = s3.get().cloned();
    let gateway = Arc::new(gateway);
    parts.spawn("the planes' feed", async move { planes.run().await });
    control.0.keys.finish_rotation().await;
    let upkeep = maintain(data.store.clone(), gateway.join.clone());
    parts.spawn_until(&shutdown, "maintenance", upkeep);
    if let Some(address) = config.metrics {
        serve_metrics(&mut parts, &gateway, address, &shutdown);
    }
    for listener in listeners {
        let serving = gateway.clone().serve(listener, shutdown.clone());
        parts.spawn("the gateway", serving);
    }
    ready();
    tracing::info!(port = config.port, installation = %config.installation, "the control plane answers");
    let ended = parts.watch(&shutdown).await;
    // Connections that outlived their time may still hold handles; the folders are free all the same.
    plane.recorder.flush().await;
    // The last requests were answered, and what was owed was delivered or put off: nothing counts any more.
    plane.counters.finish(&data.vended()).await;
    data.store.clone().close().await;
    data.journal.clone().close().await;
    data.series.clone().close().await;
    ended
}

/// The services of the table, as the gateway needs them.
#[derive(Default)]
pub struct Answering {
    pub services: Vec<Arc<dyn Service>>,
    pub rates: OfServices,
    pub links: Vec<Links>,
    pub measured: Measured,
}

const WRITING: &str = "writing to disk";

/// Until store, journal or the store of metrics take no more writes. Opening them anew is all that helps, and the supervisor
/// does that.
async fn disk_failed(store: &Store, journal: &Journal, series: &Series) {
    tokio::select! {
        reason = store.failed() => tracing::error!(%reason, "the server ends: its store failed"),
        reason = journal.failed() => tracing::error!(%reason, "the server ends: its journal failed"),
        reason = series.failed() => tracing::error!(%reason, "the server ends: its store of metrics failed"),
    }
}

/// Parts that were told to stop have this long: nobody answers meanwhile.
const ENDING: Duration = Duration::from_secs(20);

/// The parts that run for as long as the server does, by name.
#[derive(Default)]
struct Running {
    tasks: JoinSet<()>,
    names: HashMap<tokio::task::Id, &'static str>,
}

impl Running {
    /// A part that ends when told to stop.
    fn spawn(&mut self, name: &'static str, part: impl Future<Output = ()> + Send + 'static) {
        let id = self.tasks.spawn(part).id();
        self.names.insert(id, name);
    }

    /// A part that never ends by itself.
    fn spawn_until(
        &mut self,
        stop: &CancellationToken,
        name: &'static str,
        part: impl Future<Output = ()> + Send + 'static,
    ) {
        let stop = stop.clone();
        self.spawn(name, async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = part => {}
            }
        });
    }

    /// Waits for all of them. One that ends before it is told to takes the server with it: half a
    /// control plane is worse than one that starts again. Those that do not end in time are given up.
    async fn watch(mut self, stop: &CancellationToken) -> Result<(), StartError> {
        let mut outcome = Ok(());
        let late = async {
            stop.cancelled().await;
            tokio::time::sleep(ENDING).await;
        };
        tokio::pin!(late);
        loop {
            let ended = tokio::select! {
                ended = self.tasks.join_next_with_id() => ended,
                () = &mut late => {
                    let parts: Vec<&str> = self.names.values().copied().collect();
                    tracing::error!(?parts, "parts of the server failed to end in time and are given up");
                    break;
                }
            };
            let Some(ended) = ended else { break };
            let (id, panicked) = match ended {
                Ok((id, ())) => (id, false),
                Err(error) => (error.id(), true),
            };
            let part = self.names.remove(&id).unwrap_or("a part");
            if panicked || !stop.is_cancelled() {
                tracing::error!(part, panicked, "a part of the server ended");
                outcome = outcome.and(Err(StartError::PartEnded { part }));
                stop.cancel();
            }
        }
        outcome
    }
}

/// Metrics are worth a line in the log, not the control plane's end.
fn serve_metrics(
    parts: &mut Running,
    gateway: &Gateway,
    address: SocketAddr,
    stop: &CancellationToken,
) {
    let (metrics, stop) = (gateway.metrics.clone(), stop.clone());
    parts.spawn("metrics", async move {
        if let Err(error) = wharf_metrics::serve(address, metrics, stop.clone()).await {
            tracing::error!(%address, %error, "failed to serve metrics");
            stop.cancelled().await;
        }
    });
}

/// The port of https.
const HTTPS: u16 = 443;

/// Everything that is listened on, and where that has port 443. That port is worth a line in the log,
/// not the control plane's end.
async fn listen(config: &ServerConfig) -> Result<(Vec<TcpListener>, Option<IpAddr>), StartError> {
    let mut listeners = Vec::new();
    for ip in &config.listen {
        let address = SocketAddr::new(*ip, config.port);
        let listener = listen_at(address, config).await;
        listeners.push(listener.map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => StartError::PortInUse { address },
            _ => StartError::Listen { address, source },
        })?);
    }
    let Some(ip) = config.at_443 else {
        return Ok((listeners, None));
    };
    if config.port == HTTPS {
        return Ok((listeners, Some(ip)));
    }
    let address = SocketAddr::new(ip, HTTPS);
    match listen_at(address, config).await {
        Ok(listener) => listeners.push(listener),
        Err(error) => {
            tracing::warn!(
                %address,
                %error,
                "cannot listen there: container agents of another make cannot join from other \
                 machines. wharf's own nodes need port {} alone; --port-443 off leaves it be",
                config.port
            );
            return Ok((listeners, None));
        }
    }
    Ok((listeners, Some(ip)))
}

/// By the socket that is held for this process, if there is one.
async fn listen_at(address: SocketAddr, config: &ServerConfig) -> io::Result<TcpListener> {
    let at_address = |it: &&std::net::TcpListener| it.local_addr().is_ok_and(|it| it == address);
    match config.sockets.iter().find(at_address) {
        Some(held) => take_over(held),
        None => TcpListener::bind(address).await,
    }
}

fn take_over(held: &std::net::TcpListener) -> io::Result<TcpListener> {
    let own = held.try_clone()?;
    own.set_nonblocking(true)?;
    TcpListener::from_std(own)
}

pub(crate) async fn open(config: &ServerConfig) -> Result<Data, StartError> {
    let dir = config.data_dir.clone();
    let (keyring, names) = (config.keyring.clone(), names::of_certificate(config));
    let disk = config.disk.clone();
    let journal_options = journal_options(config);
    let work = move || {
        std::fs::create_dir_all(&dir).map_err(|source| StartError::File {
            path: dir.clone(),
            source,
        })?;
        let store =
            Store::open(&dir.join("store"), store_options(&disk)).map_err(|error| match error {
                OpenError::InUse { dir, pid } => StartError::DataInUse {
                    path: dir,
                    pid: pid.unwrap_or(0),
                },
                damage @ OpenError::Corrupt { .. } => StartError::Damaged {
                    text: damage.to_string(),
                },
                other => StartError::Store(other),
            })?;
        let journal =
            Journal::open(&dir.join("journal"), journal_options).map_err(|error| match error {
                damage @ JournalOpenError::Corrupt { .. } => StartError::Damaged {
                    text: damage.to_string(),
                },
                other => StartError::Journal(other),
            })?;
        let series_options = SeriesOptions {
            disk: disk.clone(),
            ..SeriesOptions::default()
        };
        let series =
            Series::open(&dir.join("series"), series_options).map_err(StartError::Series)?;
        let tls = dir.join("tls");
        // A new one opens nothing of what is there.
        let keyring = match tls.exists() {
            true => Keyring::read(&keyring),
            false => Keyring::read_or_create(&keyring),
        };
        let keyring = keyring.map_err(StartError::Keyring)?;
        let blobs = Blobs::open(&dir.join("blobs"), keyring.clone(), Limits::default())
            .map_err(StartError::Blobs)?;
        let authorities = Authorities::open_or_create(&tls, &keyring, &names);
        Ok(Data {
            store,
            journal,
            series,
            blobs,
            keyring,
            authorities: Arc::new(authorities.map_err(StartError::Tls)?),
        })
    };
    tokio::task::spawn_blocking(work)
        .await
        .expect("opening the data does not panic")
}

fn store_options(disk: &Disk) -> StoreOptions {
    StoreOptions {
        disk: disk.clone(),
        ..StoreOptions::default()
    }
}

fn logs_options(config: &ServerConfig) -> LogsOptions {
    let limits = LogsLimits {
        kept_bytes: kept_log_bytes(config),
        ..LogsLimits::default()
    };
    LogsOptions {
        limits: config.log_rate.map_or(limits, |rate| limits.at_rate(rate)),
        indexes: Some(config.data_dir.join("log-indexes")),
        ..LogsOptions::default()
    }
}

/// What logs may take: as asked for, or a tenth of the file system, up to a size at which the
/// indexes stay small beside everything else in memory.
fn kept_log_bytes(config: &ServerConfig) -> u64 {
    const SHARE: u64 = 10;
    const LEAST: u64 = 8 << 20;
    const MOST: u64 = 64 << 30;
    config.log_bytes.unwrap_or_else(|| {
        let found = nix::sys::statvfs::statvfs(&config.data_dir);
        let size = found.map_or(MOST, |found| found.blocks() * found.fragment_size());
        (size / SHARE).clamp(LEAST, MOST)
    })
}

/// What one repository may hold: as asked for, or half of the file system, so that no single one
/// takes the room of all others.
fn repository_bytes(config: &ServerConfig) -> u64 {
    config.repository_bytes.unwrap_or_else(|| {
        let found = nix::sys::statvfs::statvfs(&config.data_dir);
        found.map_or(u64::MAX, |found| found.blocks() * found.fragment_size() / 2)
    })
}

fn journal_options(config: &ServerConfig) -> JournalOptions {
    JournalOptions {
        bytes_wanted: kept_log_bytes(config),
        disk: config.disk.clone(),
        ..JournalOptions::default()
    }
}

/// Every service, with what the gateway needs to reach it.
pub(crate) struct Plane {
    pub dispatcher: Dispatcher,
    pub directory: Arc<Directory>,
    pub catalog: Catalog,
    pub iam: IamService,
    pub ec2: Ec2Service,
    /// The machines, for all who claim room on them.
    pub hosts: wharf_hosts::Hosts,
    pub ecs: EcsService,
    pub groups: AutoscalingService,
    /// For ECS, which scales some of them.
    pub group_changes: GroupChanges,
    /// All operations, once all services are built.
    pub operations: Arc<ByName>,
    pub acm: AcmService,
    pub elbv2: Elbv2Service,
    pub kms: KmsService,
    pub secrets: SecretsmanagerService,
    pub sqs: SqsService,
    /// Signs what topics send.
    pub signer: Arc<Signer>,
    pub logs: LogsService,
    pub cloudtrail: CloudtrailService,
    pub recorder: Arc<Recorder>,
    /// The way to addresses that users name.
    pub egress: Egress,
    /// What services count for CloudWatch.
    pub counters: Counters,
    /// Those of the gateway and of clusters.
    pub connections: Connections,
    /// Clusters that sign tokens.
    pub issuers: ClusterIssuers,
    /// Keys of all who sign tokens.
    pub issuer_keys: Arc<IssuerKeys>,
}

impl Plane {
    pub fn new(config: &ServerConfig, data: &Data, clock: &Arc<dyn Clock>) -> Self {
        let directory = Arc::new(Directory::new(data.store.clone(), data.keyring.clone()));
        let mode = match config.iam {
            IamMode::Enforce => Mode::Enforce,
            IamMode::Soft => Mode::Soft,
            IamMode::Off => Mode::Off,
        };
        let recorder = Arc::new(Recorder::new(data.journal.clone(), clock.clone()));
        let iam_gate = Arc::new(IamGate::new(directory.clone(), mode));
        let (gate, gate_ecs) = NodeGate::new(iam_gate, mode == Mode::Enforce);
        let mut dispatcher = Dispatcher::new(Arc::new(gate));
        if config.audit {
            dispatcher = dispatcher.audited(recorder.clone());
        } else {
            tracing::warn!("the audit log is off: nobody will be able to tell who did what");
        }
        let hosts = wharf_hosts::Hosts::new(data.store.clone());
        let iam = IamService::new(directory.clone());
        let ec2 = Ec2Service::new(data.store.clone(), data.keyring.clone())
            .with_public_addresses(config.public_addresses.clone());
        let ec2 = ec2.keeping(InstanceParts {
            hosts: hosts.clone(),
            profiles: Arc::new(InstanceProfiles {
                iam: iam.clone(),
                clock: clock.clone(),
            }),
            metrics: data.vended(),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        });
        let ec2_client: Arc<dyn Ec2> = Arc::new(wharf_api_ec2::Client::new(
            Arc::new(ec2.clone()),
            dispatcher.clone(),
        ));
        let roles = Roles {
            directory: directory.clone(),
            clock: clock.clone(),
        };
        let acm = AcmService::new(AcmParts {
            users: Arc::new(Listeners(data.store.clone())),
            clock: clock.clone(),
            ..AcmParts::new(data.store.clone(), data.keyring.clone())
        });
        let vended = data.vended();
        let counters = Counters::new(clock.clone());
        let elbv2 = Elbv2Service::new(Elbv2Parts {
            certificates: Arc::new(ListenerCertificates {
                acm: acm.clone(),
                iam: directory.clone(),
            }),
            instances: Arc::new(Hosts(data.store.clone())),
            metrics: vended.clone(),
            clock: clock.clone(),
            config: Elbv2Config {
                home: Some(Place {
                    account: config.account.clone(),
                    region: config.region.clone(),
                }),
                public_cidr: config.public_cidr,
                ..Elbv2Config::default()
            },
            ..Elbv2Parts::new(data.store.clone(), data.keyring.clone(), ec2_client.clone())
        });
        let elbv2_client = Arc::new(wharf_api_elbv2::Client::new(
            Arc::new(elbv2.clone()),
            dispatcher.clone(),
        ));
        let kms = KmsService::new(KmsParts {
            store: data.store.clone(),
            keyring: data.keyring.clone(),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        });
        let authority = CertificateAuthority { acm: acm.clone() };
        let egress = Egress::new(config.egress.clone(), Arc::new(authority));
        let secrets = SecretsmanagerService::new(SecretsParts {
            egress: egress.clone(),
            store: data.store.clone(),
            keyring: data.keyring.clone(),
            dispatcher: dispatcher.clone(),
            kms: Arc::new(wharf_api_kms::Client::new(
                Arc::new(kms.clone()),
                dispatcher.clone(),
            )),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        });
        let registry_host = format!("localhost:{}", config.port);
        let catalog = Catalog::new(
            data.store.clone(),
            data.blobs.clone(),
            data.keyring.clone(),
            wharf_svc_ecr::Config {
                repository_bytes: repository_bytes(config),
                outside: Some(wharf_svc_ecr::Outside {
                    egress: egress.clone(),
                    secrets: Arc::new(wharf_api_secretsmanager::Client::new(
                        Arc::new(secrets.clone()),
                        dispatcher.clone(),
                    )),
                }),
                keys: Some(wharf_svc_ecr::KmsKeys(Arc::new(
                    wharf_api_kms::Client::new(Arc::new(kms.clone()), dispatcher.clone()),
                ))),
                scan_data: Some(config.data_dir.join("scan-db")),
                counters: counters.clone(),
                ..wharf_svc_ecr::Config::new(registry_host)
            },
        );
        ec2.bytes_among(catalog.wants().clone());
        let logs = LogsService::new(LogsParts {
            store: data.store.clone(),
            keyring: data.keyring.clone(),
            journal: data.journal.clone(),
            kms: Arc::new(wharf_api_kms::Client::new(
                Arc::new(kms.clone()),
                dispatcher.clone(),
            )),
            options: LogsOptions {
                counters: counters.clone(),
                ..logs_options(config)
            },
        });
        let by_name = ByName::new(directory.clone(), dispatcher.clone(), clock.clone());
        let operations = Arc::new(by_name);
        let groups = AutoscalingService::new(GroupParts {
            store: data.store.clone(),
            keyring: data.keyring.clone(),
            ec2: ec2_client.clone(),
            operations: operations.clone(),
            clock: clock.clone(),
            takeover: Takeover::Replace,
        });
        let group_changes = GroupChanges::new();
        let ecs = EcsService::new(Parts {
            operations: Some(operations.clone()),
            group_changes: Some(group_changes.listen()),
            autoscaling: Some(Arc::new(wharf_api_autoscaling::Client::new(
                Arc::new(groups.clone()),
                dispatcher.clone(),
            ))),
            elbv2: Some(elbv2_client),
            target_changes: Some(elbv2.changes()),
            images: Arc::new(Images {
                admission: Admission::new(data.store.clone()),
                decisions: Decisions::default(),
                catalog: catalog.clone(),
                clock: clock.clone(),
                hosts: names::of_registry(config),
            }),
            metrics: vended,
            logs: Some(Arc::new(logs.clone())),
            clock: clock.clone(),
            config: EcsConfig {
                agents: AgentsConfig {
                    endpoint: endpoint(config),
                    at_443: config.at_443,
                    ..AgentsConfig::default()
                },
                home_account: Some(config.account.clone()),
                ..EcsConfig::default()
            },
            ..Parts::new(
                data.store.clone(),
                hosts.clone(),
                Arc::new(data.keyring.clone()),
                ec2_client,
                Arc::new(roles),
            )
        });
        let _ = gate_ecs.set(ecs.downgrade());
        let sqs = SqsService::new(SqsParts {
            store: data.store.clone(),
            keyring: data.keyring.clone(),
            kms: Arc::new(wharf_api_kms::Client::new(
                Arc::new(kms.clone()),
                dispatcher.clone(),
            )),
            clock: clock.clone(),
            counters: counters.clone(),
            takeover: Takeover::Replace,
        });
        let issuers = ClusterIssuers::default();
        let documents = Issuers::new(egress.clone(), &config.jwks, issuers.clone());
        Self {
            kms,
            sqs,
            signer: Arc::new(Signer::new(
                data.store.clone(),
                data.keyring.clone(),
                clock.clone(),
            )),
            iam,
            logs,
            cloudtrail: CloudtrailService::new(
                data.store.clone(),
                data.keyring.clone(),
                data.journal.clone(),
                config.trails.clone(),
                clock.clone(),
            ),
            recorder,
            dispatcher,
            directory,
            catalog,
            ec2,
            hosts,
            ecs,
            groups,
            group_changes,
            operations,
            acm,
            elbv2,
            secrets,
            egress,
            counters,
            connections: Connections::new(ConnectionLimits::for_descriptors(descriptors())),
            issuers,
            issuer_keys: Arc::new(IssuerKeys::new(Arc::new(documents))),
        }
    }

    pub fn planes(&self, config: &ServerConfig, data: &Data, stop: &CancellationToken) -> Planes {
        Planes::new(PlaneParts {
            account: config.account.clone(),
            store: data.store.clone(),
            dispatcher: self.dispatcher.clone(),
            sources: vec![
                Arc::new(Ec2Records(data.keyring.clone())),
                Arc::new(Elbv2Records(data.keyring.clone())),
            ],
            nodes: Arc::new(EcsNodes(self.ecs.clone())),
            balancers: Arc::new(LoadBalancing(self.elbv2.clone())),
            instances: Arc::new(HostedInstances(self.ec2.clone())),
            authorities: data.authorities.clone(),
            stop: stop.clone(),
        })
    }

    pub fn node_credentials(
        &self,
        config: &ServerConfig,
        data: &Data,
        clock: &Arc<dyn Clock>,
    ) -> NodeCredentials {
        NodeCredentials {
            store: data.store.clone(),
            iam: self.iam.clone(),
            directory: self.directory.clone(),
            clock: clock.clone(),
            account: config.account.clone(),
            region: config.region.clone(),
            authorities: data.authorities.clone(),
        }
    }

    /// What the service `wharf` is made of.
    pub fn control(
        &self,
        config: &ServerConfig,
        data: &Data,
        clock: &Arc<dyn Clock>,
        planes: Arc<Planes>,
        operations: Arc<ByName>,
    ) -> Control {
        let join = Join {
            credentials: self.node_credentials(config, data, clock),
            store: data.store.clone(),
            iam: self.iam.clone(),
            ecs: self.ecs.clone(),
            dispatcher: self.dispatcher.clone(),
            clock: clock.clone(),
            account: config.account.clone(),
            region: config.region.clone(),
            authorities: data.authorities.clone(),
        };
        Control(Arc::new(ControlParts {
            account: config.account.clone(),
            admission: Admission::new(data.store.clone()),
            accounts: Accounts {
                home: config.account.clone(),
                directory: self.directory.clone(),
                clock: clock.clone(),
                wake: Arc::default(),
            },
            keys: keys::Keys {
                sealing: Arc::default(),
                store: data.store.clone(),
                keyring: data.keyring.clone(),
                blobs: data.blobs.clone(),
                directory: self.directory.clone(),
                clock: clock.clone(),
                config: config.clone(),
                credentials: join.credentials.clone(),
                authorities: data.authorities.clone(),
                acm: self.acm.clone(),
            },
            join: Arc::new(join),
            nodes: Nodes {
                store: data.store.clone(),
                iam: self.iam.clone(),
                ecs: self.ecs.clone(),
            },
            certificate_authority: CertificateAuthority {
                acm: self.acm.clone(),
            },
            outside: Outside { operations },
            backup: Backup {
                store: data.store.clone(),
                journal: data.journal.clone(),
                series: data.series.clone(),
                blobs: data.blobs.clone(),
                clock: clock.clone(),
                data_dir: config.data_dir.clone(),
                installation: config.installation.to_string(),
                progress: Arc::default(),
            },
            explain: Explain {
                ecs: self.ecs.clone(),
                cloudtrail: self.cloudtrail.clone(),
            },
            overview: Overview {
                ecs: Arc::new(wharf_api_ecs::Client::new(
                    Arc::new(self.ecs.clone()),
                    self.dispatcher.clone(),
                )),
                elb: Arc::new(wharf_api_elbv2::Client::new(
                    Arc::new(self.elbv2.clone()),
                    self.dispatcher.clone(),
                )),
                planes,
            },
        }))
    }

    pub fn gateway(
        &self,
        answering: Answering,
        control: &ControlParts,
        config: &ServerConfig,
        data: &Data,
        clock: &Arc<dyn Clock>,
        ending: &CancellationToken,
    ) -> Result<Gateway, StartError> {
        let stranger = (config.iam == IamMode::Off).then(|| Bearer {
            caller: Caller::root(&config.account),
            region: config.region.clone(),
            registry: None,
        });
        let mut rates = answering.rates;
        rates.insert(wharf_prometheus::SERVICE, wharf_prometheus::RATES);
        let throttle = Throttle::new(config.throttling, rates);
        let throttle = Arc::new(throttle.with_pulls(config.gallery_pulls));
        let registry = RegistryApi::new(
            self.catalog.clone(),
            self.dispatcher.clone(),
            clock.clone(),
            RegistryOptions {
                stranger,
                pulls: Some(Arc::new(GalleryPulls(throttle.clone()))),
            },
        );
        let acceptor = data.authorities.acceptor().map_err(StartError::Tls)?;
        let connections = self.connections.clone();
        let bytes = BytesInFlight::new(ByteLimits::default());
        let layers = Arc::new(LayerPeers::default());
        let (metrics, requests) = measures::collect(
            &config.data_dir,
            measures::Sources {
                connections: connections.clone(),
                bytes: bytes.clone(),
                throttle: throttle.clone(),
                audit: config.audit.then(|| self.recorder.clone()),
                store: data.store.clone(),
                journal: data.journal.clone(),
                blobs: data.blobs.clone(),
                logs: self.logs.clone(),
                ecs: self.ecs.clone(),
                sqs: self.sqs.clone(),
                layers: layers.clone(),
                services: answering.measured,
            },
        );
        Ok(Gateway {
            metrics: Arc::new(metrics),
            apis: Apis {
                services: answering.services,
                links: answering.links,
                dispatcher: self.dispatcher.clone(),
                directory: Arc::new(Keys(self.directory.clone())),
                clock: clock.clone(),
                iam: config.iam,
                account: config.account.clone(),
                region: config.region.clone(),
                own_hosts: names::own_hosts(config),
                bytes,
                throttle,
                tasks_as_root: config.tasks_as_root,
                requests,
                counters: self.counters.clone(),
                s3: None,
                ending: ending.clone(),
            },
            registry: Arc::new(Registry(registry)),
            prometheus: PrometheusApi::new(data.series.clone()),
            agents: Arc::new(Sockets {
                endpoint: self.ecs.endpoint(),
                sessions: self.ecs.sessions(),
                dispatcher: self.dispatcher.clone(),
            }),
            health: Arc::new(Health::new(data.store.clone(), data.journal.clone())),
            join: control.join.clone(),
            node_credentials: control.join.credentials.clone(),
            instance_roles: InstanceRoles {
                ec2: self.ec2.clone(),
                directory: self.directory.clone(),
                keyring: data.keyring.clone(),
                clock: clock.clone(),
            },
            planes: control.overview.planes.clone(),
            layers,
            signer: self.signer.clone(),
            issuers: self.issuers.clone(),
            tls: Some(acceptor),
            connections,
        })
    }
}

/// How many descriptors this process may have.
fn descriptors() -> u64 {
    let limit = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE);
    limit.map_or(1024, |(soft, _)| soft)
}

/// Where this machine reaches the gateway.
pub(crate) fn endpoint(config: &ServerConfig) -> String {
    format!("http://127.0.0.1:{}", config.port)
}

/// Forgets old revisions and join tokens.
async fn maintain(store: Store, join: Arc<Join>) {
    let mut tick = tokio::time::interval(MAINTENANCE);
    // The first tick comes at once, and a start has better things to do.
    tick.tick().await;
    loop {
        tick.tick().await;
        if let Err(error) = compact(&store).await {
            tracing::warn!(%error, "store compaction failed; will retry");
        }
        if let Err(fault) = join.sweep().await {
            tracing::warn!(%fault, "failed to remove expired join tokens; will retry");
        }
    }
}

async fn compact(store: &Store) -> Result<(), StoreError> {
    let keep_from = store.revision().await?.saturating_sub(KEPT_REVISIONS);
    store.compact(&MAINTENANCE_PERMIT, keep_from).await?;
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_that_ends_ends_the_server() {
        for panics in [false, true] {
            let stop = CancellationToken::new();
            let mut parts = Running::default();
            let part = async move { assert!(!panics, "as the test wants it") };
            parts.spawn("the weak one", part);
            parts.spawn_until(&stop, "another", std::future::pending());
            let outcome = parts.watch(&stop).await;
            let Err(StartError::PartEnded { part }) = outcome else {
                panic!("{outcome:?}");
            };
            assert_eq!(part, "the weak one");
        }
        let stop = CancellationToken::new();
        let mut parts = Running::default();
        parts.spawn_until(&stop, "a part", std::future::pending());
        stop.cancel();
        assert!(parts.watch(&stop).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_does_not_end_keeps_nobody_waiting() {
        let stop = CancellationToken::new();
        let mut parts = Running::default();
        parts.spawn("the deaf one", std::future::pending());
        parts.spawn("the weak one", async {});
        let begun = tokio::time::Instant::now();
        let outcome = parts.watch(&stop).await;
        assert!(matches!(outcome, Err(StartError::PartEnded { part }) if part == "the weak one"));
        assert_eq!(begun.elapsed(), ENDING);
    }

    /// Settings of a server that is never started.
    pub(crate) fn config() -> ServerConfig {
        ServerConfig::in_folder(Path::new("/d"), 4566)
    }
}
