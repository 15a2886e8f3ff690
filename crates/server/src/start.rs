//! Opening the data folder, starting every service, serving until told to stop.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, InstallationId, Permit, SystemClock};
use wharf_blobs::{BlobError, Blobs, Limits};
use wharf_journal::{Journal, JournalOptions, OpenError as JournalOpenError};
use wharf_registry::{Options as RegistryOptions, RegistryApi};
use wharf_seal::{Keyring, KeyringError};
use wharf_store::{OpenError, Store, StoreOptions};
use wharf_svc_ec2::Ec2Service;
use wharf_svc_ecr::{Catalog, EcrService, token::Bearer};
use wharf_svc_ecs::{Config as EcsConfig, EcsService, Parts};
use wharf_svc_iam::{Directory, DirectoryError, IamGate, IamService, Mode};
use wharf_svc_logs::LogsService;
use wharf_svc_sts::StsService;
use wharf_wire::{Caller, Dispatcher, Fault, Service};

use crate::{
    adapters::{Keys, LoadBalancing, Registry, Roles, Sockets},
    bootstrap::Bootstrap,
    gateway::{Apis, Gateway, IamMode},
    health::Health,
    join::Join,
    overview::Overview,
    root::RootError,
    tls::{Authority, TlsError},
};

/// Settings of the control plane, read once from the command line.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// `<data>/server`
    pub data_dir: PathBuf,
    pub keyring: PathBuf,
    /// Where the identity of this machine's node is written.
    pub node_identity: PathBuf,
    pub installation: InstallationId,
    pub listen: Vec<IpAddr>,
    pub port: u16,
    pub iam: IamMode,
    pub account: String,
    pub region: String,
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
    #[error("the journal cannot be opened")]
    Journal(#[source] JournalOpenError),
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
    #[error("cannot {step}")]
    Bootstrap {
        step: &'static str,
        #[source]
        fault: Fault,
    },
}

/// What is on disk, opened.
struct Data {
    store: Store,
    journal: Journal,
    blobs: Blobs,
    keyring: Keyring,
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
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let listeners = listen(&config).await?;
    let data = open(&config).await?;
    let plane = Plane::new(&config, &data, &clock);
    let mut loops = JoinSet::new();
    let (ecs, stop) = (plane.ecs.clone(), shutdown.clone());
    loops.spawn(async move { ecs.run(stop).await });
    Bootstrap {
        config: &config,
        clock: &*clock,
        keyring: &data.keyring,
        directory: &plane.directory,
        iam: &plane.iam,
        ec2: &plane.ec2,
        ecs: &plane.ecs,
    }
    .run()
    .await?;
    let (logs, logs_clock) = (plane.logs.clone(), clock.clone());
    let background = [
        tokio::spawn(async move { logs.sweep(logs_clock).await }),
        tokio::spawn(maintain(data.store.clone(), plane.catalog.clone())),
    ];
    let gateway = Arc::new(plane.gateway(&config, &data, &clock)?);
    for listener in listeners {
        loops.spawn(gateway.clone().serve(listener, shutdown.clone()));
    }
    ready();
    tracing::info!(port = config.port, installation = %config.installation, "the control plane answers");
    while loops.join_next().await.is_some() {}
    for task in background {
        task.abort();
    }
    // Connections that outlived their time may still hold handles; the folders are free all the same.
    data.store.clone().close().await;
    data.journal.clone().close().await;
    Ok(())
}

async fn listen(config: &ServerConfig) -> Result<Vec<TcpListener>, StartError> {
    let mut listeners = Vec::new();
    for ip in &config.listen {
        let address = SocketAddr::new(*ip, config.port);
        let listener = TcpListener::bind(address)
            .await
            .map_err(|source| match source.kind() {
                io::ErrorKind::AddrInUse => StartError::PortInUse { address },
                _ => StartError::Listen { address, source },
            })?;
        listeners.push(listener);
    }
    Ok(listeners)
}

async fn open(config: &ServerConfig) -> Result<Data, StartError> {
    let dir = config.data_dir.clone();
    let keyring = config.keyring.clone();
    let work = move || {
        std::fs::create_dir_all(&dir).map_err(|source| StartError::File {
            path: dir.clone(),
            source,
        })?;
        let store =
            Store::open(&dir.join("store"), StoreOptions::default()).map_err(
                |error| match error {
                    OpenError::InUse { dir, pid } => StartError::DataInUse {
                        path: dir,
                        pid: pid.unwrap_or(0),
                    },
                    other => StartError::Store(other),
                },
            )?;
        let journal = Journal::open(&dir.join("journal"), JournalOptions::default())
            .map_err(StartError::Journal)?;
        let blobs =
            Blobs::open(&dir.join("blobs"), Limits::default()).map_err(StartError::Blobs)?;
        let keyring = Keyring::open_or_create(&keyring).map_err(StartError::Keyring)?;
        Ok(Data {
            store,
            journal,
            blobs,
            keyring,
        })
    };
    tokio::task::spawn_blocking(work)
        .await
        .expect("opening the data does not panic")
}

/// Every service, with what the gateway needs to reach it.
struct Plane {
    dispatcher: Dispatcher,
    directory: Arc<Directory>,
    catalog: Catalog,
    iam: IamService,
    sts: StsService,
    ec2: Ec2Service,
    ecs: EcsService,
    logs: LogsService,
}

impl Plane {
    fn new(config: &ServerConfig, data: &Data, clock: &Arc<dyn Clock>) -> Self {
        let directory = Arc::new(Directory::new(data.store.clone(), data.keyring.clone()));
        let mode = match config.iam {
            IamMode::Enforce => Mode::Enforce,
            IamMode::Soft => Mode::Soft,
            IamMode::Off => Mode::Off,
        };
        let dispatcher = Dispatcher::new(Arc::new(IamGate::new(directory.clone(), mode)));
        let registry_host = format!("localhost:{}", config.port);
        let catalog = Catalog::new(
            data.store.clone(),
            data.blobs.clone(),
            data.keyring.clone(),
            wharf_svc_ecr::Config::new(registry_host),
        );
        let ec2 = Ec2Service::new(data.store.clone());
        let ec2_client = wharf_api_ec2::Client::new(Arc::new(ec2.clone()), dispatcher.clone());
        let roles = Roles {
            directory: directory.clone(),
            region: config.region.clone(),
            clock: clock.clone(),
        };
        let ecs = EcsService::new(Parts {
            clock: clock.clone(),
            config: EcsConfig {
                endpoint: endpoint(config),
                ..EcsConfig::default()
            },
            ..Parts::new(
                data.store.clone(),
                Arc::new(data.keyring.clone()),
                Arc::new(ec2_client),
                Arc::new(roles),
            )
        });
        Self {
            iam: IamService::new(directory.clone()),
            sts: StsService::new(directory.clone()),
            logs: LogsService::new(data.store.clone(), data.journal.clone()),
            dispatcher,
            directory,
            catalog,
            ec2,
            ecs,
        }
    }

    fn gateway(
        &self,
        config: &ServerConfig,
        data: &Data,
        clock: &Arc<dyn Clock>,
    ) -> Result<Gateway, StartError> {
        let services: Vec<Arc<dyn Service>> = vec![
            Arc::new(wharf_api_iam::Routes(Arc::new(self.iam.clone()))),
            Arc::new(wharf_api_sts::Routes(Arc::new(self.sts.clone()))),
            Arc::new(wharf_api_ec2::Routes(Arc::new(self.ec2.clone()))),
            Arc::new(wharf_api_ecr::Routes(Arc::new(EcrService::new(
                self.catalog.clone(),
            )))),
            Arc::new(wharf_api_ecs::Routes(Arc::new(self.ecs.clone()))),
            Arc::new(wharf_api_logs::Routes(Arc::new(self.logs.clone()))),
            Arc::new(wharf_api_elbv2::Routes(Arc::new(LoadBalancing))),
        ];
        let stranger = (config.iam == IamMode::Off).then(|| Bearer {
            caller: Caller::root(&config.account),
            region: config.region.clone(),
        });
        let registry = RegistryApi::new(
            self.catalog.clone(),
            self.dispatcher.clone(),
            clock.clone(),
            RegistryOptions { stranger },
        );
        let authority = Authority::open_or_create(&config.data_dir.join("tls"), &data.keyring)
            .map_err(StartError::Tls)?;
        let acceptor = authority
            .acceptor(&config.listen)
            .map_err(StartError::Tls)?;
        let join = Join {
            store: data.store.clone(),
            iam: self.iam.clone(),
            dispatcher: self.dispatcher.clone(),
            clock: clock.clone(),
            account: config.account.clone(),
            region: config.region.clone(),
            authority_digest: authority.digest(),
        };
        Ok(Gateway {
            apis: Apis {
                services,
                dispatcher: self.dispatcher.clone(),
                directory: Arc::new(Keys(self.directory.clone())),
                clock: clock.clone(),
                iam: config.iam,
                account: config.account.clone(),
                region: config.region.clone(),
                own_hosts: own_hosts(config),
            },
            registry: Arc::new(Registry(registry)),
            agents: Arc::new(Sockets {
                endpoint: self.ecs.endpoint(),
                dispatcher: self.dispatcher.clone(),
            }),
            health: Arc::new(Health::new(data.store.clone())),
            join: Arc::new(join),
            overview: Overview {
                ecs: Arc::new(wharf_api_ecs::Client::new(
                    Arc::new(self.ecs.clone()),
                    self.dispatcher.clone(),
                )),
                elb: Arc::new(wharf_api_elbv2::Client::new(
                    Arc::new(LoadBalancing),
                    self.dispatcher.clone(),
                )),
                dispatcher: self.dispatcher.clone(),
            },
            tls: Some(acceptor),
        })
    }
}

fn endpoint(config: &ServerConfig) -> String {
    format!("http://127.0.0.1:{}", config.port)
}

fn own_hosts(config: &ServerConfig) -> Vec<String> {
    let mut hosts = vec![
        "localhost".to_owned(),
        "169.254.170.2".to_owned(),
        "[::1]".to_owned(),
    ];
    hosts.extend(config.listen.iter().map(|ip| match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }));
    hosts
}

/// Forgets old revisions and collects layers that nobody refers to.
async fn maintain(store: Store, catalog: Catalog) {
    let mut tick = tokio::time::interval(MAINTENANCE);
    // The first tick comes at once, and a start has better things to do.
    tick.tick().await;
    loop {
        tick.tick().await;
        let keep_from = store.revision().saturating_sub(KEPT_REVISIONS);
        if keep_from > store.compacted()
            && let Err(error) = store.compact(&MAINTENANCE_PERMIT, keep_from).await
        {
            tracing::warn!(%error, "old revisions stay for now");
        }
        if let Err(error) = catalog.collect_garbage(&MAINTENANCE_PERMIT).await {
            tracing::warn!(%error, "unused layers stay for now");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_the_form_of_host_headers() {
        let config = ServerConfig {
            data_dir: PathBuf::from("/d"),
            keyring: PathBuf::new(),
            node_identity: PathBuf::new(),
            installation: InstallationId::mint(),
            listen: vec!["127.0.0.1".parse().unwrap(), "fe80::1".parse().unwrap()],
            port: 4566,
            iam: IamMode::Enforce,
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
        };
        assert!(own_hosts(&config).contains(&"[fe80::1]".to_owned()));
    }
}
