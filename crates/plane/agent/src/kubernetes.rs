//! Nodes of Kubernetes for EC2 instances of this machine: each a kubelet with the instance's role, over sandboxes that all share.
//!
//! They come and go as the nodes of container instances do ([`crate::nodes`]); what becomes of one is no matter of the others.

mod api_server;
mod error;
mod known_services;
mod members;
mod pod_identity;
mod policies;
mod service_health;
mod services;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::json;
use tokio::{task::JoinHandle, time::sleep};
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};
use wharf_base::{Backoff, Clock, InstallationId, cpu::UNITS_OF_A_CORE};
use wharf_container::runtime::PreparedDisk;
use wharf_dns::Names;
use wharf_instance_init::ClusterNode;
use wharf_kube_client::{Client, Credentials, Https};
use wharf_kube_model::Version;
use wharf_kube_services::Services;
use wharf_kubelet::{
    EksTokens, Kubelet, Parts, Resolvers, RoleKeys,
    linux::{Ground, GroundParts, LinuxMachine, PodFiles, PodVolumes, SandboxDisks},
    machine::{Cause, Images, Lent},
    node::{Facts, OnePod},
    server::{self, Server},
};
use wharf_network::{Network, PoliciesUpdate, Scope, ServicesUpdate};
use wharf_planeproto::machine::Instance;
use wharf_wire::sigv4::SigningKeys;

pub use self::error::{KubeletError, NoKubelets};
use self::{
    api_server::ApiServer,
    known_services::KnownServices,
    members::Ports,
    pod_identity::{PodCredentials, PodIdentity},
    policies::Policies,
    service_health::ServiceHealth,
};
use crate::{
    client::{Api, CurrentKeys, Endpoint},
    endpoint::Connections,
    file_systems::PodMounts,
    machine::{Disks, ImageSource},
    network_plane::ThisHost,
    nodes::{Places, RoleCredentials, is_instance_id},
    volumes::Volumes,
};

/// How often credentials are asked for: whoever gives them renews them long before their end.
const RENEW_EVERY: Duration = Duration::from_secs(30);
/// The first wait after nobody gave any.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// Bytes of an authority's certificates.
const MOST_AUTHORITY: usize = 64 << 10;

/// What kubelets of this process are made with.
pub struct Settings {
    /// `<data>/node`
    pub dir: PathBuf,
    pub installation: InstallationId,
    pub shim: PathBuf,
    pub network: Network,
    pub names: Names,
    /// What serves names.
    pub running: TaskTracker,
    /// Processes and threads of one pod.
    pub pids: u64,
    /// What the operator lets pods on instances have.
    pub lent: Lent,
    /// The machine's own node's, of which the endpoint is taken.
    pub api: Api,
    pub images: Arc<dyn ImageSource>,
    /// Of pods on Fargate, as of its tasks.
    pub disks: Disks,
    /// Of pods on instances; `None` where this machine keeps none.
    pub volumes: Option<Volumes>,
    /// Of pods on instances; `None` where nothing can be mounted so.
    pub files: Option<PodMounts>,
    /// Of all tasks and pods together.
    pub connections: Connections,
    /// Where this machine says it is reached by others, if it says so.
    pub underlay: Option<IpAddr>,
    pub clock: Arc<dyn Clock>,
    pub shutdown: CancellationToken,
}

impl Settings {
    /// Where the control plane reaches this machine: as it says itself, as the control plane sees it, or beside it.
    fn address(&self) -> IpAddr {
        let seen = || ThisHost::load(&self.dir).ok().flatten()?.underlay;
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        self.underlay.or_else(seen).unwrap_or(here)
    }

    /// Where it is written which ports an instance's node listens at.
    fn ports_of(&self, instance: &str) -> PathBuf {
        self.kept("listeners", instance)
    }

    /// Where the services are that an instance's node knew last.
    fn book_of(&self, instance: &str) -> PathBuf {
        self.kept("book", instance)
    }

    fn kept(&self, what: &str, instance: &str) -> PathBuf {
        let file = format!("{instance}.json");
        self.dir.join("pods").join(what).join(file)
    }
}

/// The kubelets of instances. Cheap to clone.
#[derive(Clone)]
pub struct Kubelets(Arc<Inner>);

struct Inner {
    settings: Settings,
    ground: Ground,
    running: Places<Running>,
}

struct Running {
    /// Where it listens.
    at: SocketAddr,
    stop: CancellationToken,
    ended: JoinHandle<()>,
}

impl Kubelets {
    /// # Errors
    /// Sandboxes cannot be kept here.
    pub async fn open(settings: Settings) -> Result<Self, NoKubelets> {
        let ground = Ground::open(GroundParts {
            node: settings.dir.clone(),
            installation: settings.installation.clone(),
            shim: settings.shim.clone(),
            network: settings.network.clone(),
            pids: settings.pids,
        });
        let ground = ground.await?;
        Ok(Self(Arc::new(Inner {
            settings,
            ground,
            running: Places::default(),
        })))
    }

    /// Starts the kubelet of an instance, and says where it listens; one that runs already stays as it is. Pods may have paths of the instance,
    /// which is known by its first process.
    ///
    /// # Errors
    /// What the instance says of its cluster cannot be.
    pub async fn start(
        &self,
        it: &Instance,
        wish: &ClusterNode,
        first_process: i32,
        credentials: Arc<dyn RoleCredentials>,
    ) -> Result<SocketAddr, KubeletError> {
        if !is_instance_id(&it.id) {
            return Err(KubeletError::InstanceId(it.id.clone()));
        }
        let settings = &self.0.settings;
        let mut running = self.0.running.of(&it.id).await;
        if settings.shutdown.is_cancelled() {
            return Err(KubeletError::ShuttingDown);
        }
        if let Some(running) = running.as_ref().filter(|it| !it.ended.is_finished()) {
            return Ok(running.at);
        }
        for what in &wish.left_out {
            tracing::warn!(
                instance = it.id,
                what,
                "a part of a NodeConfig has no effect here"
            );
        }
        let stop = settings.shutdown.child_token();
        let prepared = self.prepare(it, wish, first_process, credentials, stop.clone());
        let prepared = prepared.await;
        let (at, work) = prepared?;
        let ended = tokio::spawn(work);
        *running = Some(Running { at, stop, ended });
        Ok(at)
    }

    async fn prepare(
        &self,
        it: &Instance,
        wish: &ClusterNode,
        first_process: i32,
        credentials: Arc<dyn RoleCredentials>,
        stop: CancellationToken,
    ) -> Result<(SocketAddr, impl Future<Output = ()> + Send + 'static), KubeletError> {
        let settings = &self.0.settings;
        if wish.authority.len() > MOST_AUTHORITY {
            return Err(KubeletError::LongAuthority);
        }
        let authority = BASE64.decode(&wish.authority);
        let authority = authority.map_err(KubeletError::Authority)?;
        let keys = Arc::new(Keys::new(credentials));
        let tokens = EksTokens::new(
            keys.clone(),
            &wish.cluster,
            &it.region,
            settings.clock.clone(),
        );
        let endpoint = endpoint_of(&wish.endpoint, settings.api.endpoint())?;
        let https = Https::new(&endpoint, &authority, Credentials::Tokens(Arc::new(tokens)));
        let client = Client::new(https?, "kubelet");
        let api = Api::new(
            settings.api.endpoint().clone(),
            settings.api.dialer().clone(),
            keys.current.clone(),
            &it.region,
            settings.clock.clone(),
        );
        let images: Arc<dyn Images> = settings.images.for_pods(api.clone());
        let name = it.metadata.host_name.clone();
        let policies = Policies::new(client.named("network-policy-agent"), &name);
        let machine = LinuxMachine::new(
            self.0.ground.clone(),
            images,
            Arc::new(policies.clone()),
            &it.id,
            &it.interface.vpc,
        );
        // Those of Fargate are lent nothing, as its tasks are.
        let machine = match it.one_pod {
            Some(_) => machine,
            None => machine.lending(settings.lent),
        };
        let machine = match it.one_pod {
            Some(bytes) => machine.with_disks(Arc::new(PodDisks {
                disks: settings.disks.clone(),
                bytes,
            })),
            None => machine
                .with_volumes(settings.volumes.clone().map(|it| {
                    let volumes: Arc<dyn PodVolumes> = Arc::new(it);
                    volumes
                }))
                .with_files(settings.files.clone().map(|it| {
                    let files: Arc<dyn PodFiles> = Arc::new(it);
                    files
                }))
                .with_host_paths(first_process)
                .map_err(KubeletError::FirstProcess)?,
        };
        let at = settings.address();
        let server = Server::bind(at, &name, &authority).await?;
        let served_at = SocketAddr::new(at, server.port());
        let servers = match it.interface.name_servers.as_slice() {
            [] => vec![wharf_network::RESOLVER.to_string()],
            told => told.iter().map(ToString::to_string).collect(),
        };
        let search = match it.interface.search.as_slice() {
            [] => vec![wharf_network::private_domain(&it.region)],
            told => told.to_vec(),
        };
        let (network, vpc) = (settings.network.clone(), it.interface.vpc.clone());
        let server_at = endpoint.trim_start_matches("https://");
        let kept = settings.ports_of(&it.id);
        let ports = Ports::load(&kept);
        let api_server = ApiServer::bind(&network, &vpc, ports.api_server, server_at).await;
        let api_server = api_server.map_err(KubeletError::ApiServer)?;
        let pod_identity = PodIdentity::bind(&network, &vpc, ports.pod_identity).await;
        let pod_identity = pod_identity.map_err(KubeletError::PodIdentity)?;
        let service_health = ServiceHealth::bind(&network, &vpc, ports.health).await;
        let service_health = service_health.map_err(KubeletError::ServiceHealth)?;
        let services_of = services::Node {
            instance: it.id.clone(),
            name: name.clone(),
            zone: it.zone.clone(),
            address: it.interface.address,
            api_server: api_server.address()?,
            pod_identity: pod_identity.address()?,
            health: service_health.address()?,
        };
        let ports = Ports {
            api_server: services_of.api_server.port(),
            pod_identity: services_of.pod_identity.port(),
            health: services_of.health.port(),
        };
        if let Err(error) = ports.save(&kept) {
            tracing::warn!(
                instance = it.id,
                %error,
                "failed to keep the ports of a node; after a restart of the agent its pods wait for the API server"
            );
        }
        let known = KnownServices::new(settings.book_of(&it.id), &wish.endpoint);
        let before = known.load().await;
        let book = Services::start(client.named("kube-proxy"), &stop).knowing(before);
        let holding = policies.follow(
            network.clone(),
            book.clone(),
            services_of.clone(),
            stop.clone(),
        );
        self.open_names(&vpc).await?;
        let names = settings.names.clone();
        let connections = settings.connections.clone();
        let parts = Parts {
            client,
            machine: Arc::new(machine),
            clock: settings.clock.clone(),
            facts: Facts {
                has_volumes: settings.volumes.is_some() && it.one_pod.is_none(),
                has_files: settings.files.is_some() && it.one_pod.is_none(),
                ..facts(it, wish, name, served_at.port())
            },
            resolvers: Resolvers {
                cluster: None,
                node: servers,
                search,
            },
            dir: settings.dir.join("pods").join("volumes").join(&it.id),
        };
        let instance = it.id.clone();
        let (cluster, clock) = (wish.cluster.clone(), settings.clock.clone());
        let work = async move {
            let renewing = renew(keys, instance);
            let _renewing = AbortOnDropHandle::new(tokio::spawn(renewing));
            let over = CancellationToken::new();
            let keeping = tokio::spawn(known.keep(book.clone(), over.clone()));
            let kubelet = Kubelet::new(&parts, &stop);
            let serving = server::serve(server, kubelet.clone(), stop.clone());
            let _serving = AbortOnDropHandle::new(tokio::spawn(serving));
            let ports = kubelet.node.host_ports.follow();
            let following = services::follow(
                network.clone(),
                book.clone(),
                services_of,
                ports,
                stop.clone(),
            );
            let _following = AbortOnDropHandle::new(tokio::spawn(following));
            let telling = service_health.serve(
                (network.clone(), vpc.clone()),
                kubelet.clone(),
                book.clone(),
                connections.clone(),
                stop.clone(),
            );
            let _telling = AbortOnDropHandle::new(tokio::spawn(telling));
            let _holding = AbortOnDropHandle::new(tokio::spawn(holding));
            let naming = {
                let (network, scope) = (network.clone(), Scope::Vpc(vpc.clone()));
                let instance = kubelet.node.instance.clone();
                let is_member =
                    move |address| network.member_at(&scope, address, &instance).is_some();
                let vpc = vpc.clone();
                async move { names.follow_cluster(vpc, is_member, book).await }
            };
            let _naming = AbortOnDropHandle::new(tokio::spawn(naming));
            let credentials = PodCredentials::new(kubelet.clone(), api, &cluster, clock);
            let (at, its_vpc) = (network.clone(), vpc.clone());
            let giving =
                pod_identity.serve(at, its_vpc, credentials, connections.clone(), stop.clone());
            let _giving = AbortOnDropHandle::new(tokio::spawn(giving));
            let instance = kubelet.node.instance.clone();
            let carrying = api_server.serve(network, vpc, instance, connections, stop.clone());
            let _carrying = AbortOnDropHandle::new(tokio::spawn(carrying));
            wharf_kubelet::run(parts, kubelet, stop).await;
            // A write that has begun ends before anybody removes the file.
            over.cancel();
            let _ = keeping.await;
        };
        Ok((served_at, work))
    }

    /// Answers the nodes of a VPC where the names of their clusters are asked for.
    async fn open_names(&self, vpc: &str) -> Result<(), KubeletError> {
        let settings = &self.0.settings;
        let sockets = settings.network.cluster_resolver(vpc).await;
        let sockets = sockets.map_err(|e| KubeletError::Names(e.into()))?;
        // Another node of the VPC may have opened them.
        let Some(sockets) = sockets else {
            return Ok(());
        };
        let (running, stop) = (&settings.running, &settings.shutdown);
        let served = settings.names.serve_clusters(sockets, running, stop);
        served.map_err(|e| KubeletError::Names(e.into()))
    }

    /// Stops the kubelet of an instance, which need not run, and ends its pods.
    ///
    /// # Errors
    /// Something of its pods is still there; stopping it again ends the rest.
    pub async fn stop(&self, instance: &str) -> Result<(), KubeletError> {
        if !is_instance_id(instance) {
            return Err(KubeletError::InstanceId(instance.to_owned()));
        }
        let mut running = self.0.running.of(instance).await;
        if let Some(Running { stop, ended, .. }) = running.take() {
            stop.cancel();
            let _ = ended.await;
        }
        self.0.ground.end_all(instance).await?;
        if let Some(files) = &self.0.settings.files {
            let forgotten = files.forget_all(instance);
            forgotten.map_err(KubeletError::MountedBy)?;
        }
        let network = &self.0.settings.network;
        let gone = network.services(instance, ServicesUpdate::Gone).await;
        gone.map_err(KubeletError::Services)?;
        let gone = network.policies(instance, PoliciesUpdate::Gone).await;
        gone.map_err(KubeletError::Policies)
    }

    /// Nothing of it is left.
    ///
    /// # Errors
    /// See [`Kubelets::stop`]; or its folder cannot be removed.
    pub async fn forget(&self, instance: &str) -> Result<(), KubeletError> {
        self.stop(instance).await?;
        let dir = self
            .0
            .settings
            .dir
            .join("pods")
            .join("volumes")
            .join(instance);
        let removed = tokio::task::spawn_blocking(move || wharf_rootdir::remove_tree(&dir)).await;
        let removed = removed.unwrap_or_else(|e| Err(io::Error::other(e)));
        removed.map_err(KubeletError::Volumes)?;
        let removed = wharf_durable::remove(&self.0.settings.ports_of(instance));
        removed.map_err(KubeletError::Ports)?;
        let removed = wharf_durable::remove(&self.0.settings.book_of(instance));
        removed.map_err(KubeletError::Book)?;
        self.0.running.forget(instance);
        Ok(())
    }

    /// Waits until all of them have ended, which begins with the shutdown of the process.
    pub async fn ended(&self) {
        for id in self.0.running.names() {
            if let Some(running) = self.0.running.of(&id).await.take() {
                let _ = running.ended.await;
            }
        }
    }
}

fn facts(it: &Instance, wish: &ClusterNode, name: String, port: u16) -> Facts {
    let taints = wish
        .taints
        .iter()
        .map(|(key, value, effect)| match value.as_str() {
            "" => json!({"key": key, "effect": effect}),
            value => json!({"key": key, "value": value, "effect": effect}),
        });
    Facts {
        name,
        instance: it.id.clone(),
        instance_type: it.instance_type.clone(),
        image: it.metadata.image_id.clone(),
        region: it.region.clone(),
        zone: it.zone.clone(),
        host: it.host.clone(),
        has_volumes: false,
        most_volumes: it.pod_volumes,
        has_files: false,
        address: it.interface.address.to_string(),
        cpus: it.cpu.div_ceil(UNITS_OF_A_CORE).max(1),
        memory_mib: it.memory_mib,
        disk_bytes: it.one_pod.unwrap_or(it.disk_bytes),
        one_pod: it.pod().map(|uid| OnePod {
            uid: uid.to_owned(),
            cpu: u64::from(it.cpu) * 1000 / u64::from(UNITS_OF_A_CORE),
        }),
        kernel: nix::sys::utsname::uname()
            .map(|it| it.release().to_string_lossy().into_owned())
            .unwrap_or_default(),
        labels: wish.labels.clone(),
        taints: taints.collect(),
        version: Version::named(&wish.version),
        port,
    }
}

/// The instance's user says where the API server is, and this process asks it from the machine's own network: so it may be at a port of
/// the control plane's host and nowhere else, whatever the name says that it is given.
fn endpoint_of(url: &str, own: &Endpoint) -> Result<String, KubeletError> {
    let wanted = Endpoint::parse(url)?;
    if !wanted.tls || !wanted.path.is_empty() {
        return Err(KubeletError::Url(url.to_owned()));
    }
    let here = Endpoint {
        port: wanted.port,
        ..own.clone()
    };
    Ok(format!(
        "https://{}",
        Endpoint {
            tls: true,
            path: String::new(),
            ..here
        }
        .authority()
    ))
}

/// What a pod on Fargate may write goes to a disk of its size.
struct PodDisks {
    disks: Disks,
    bytes: u64,
}

#[async_trait]
impl SandboxDisks for PodDisks {
    async fn take(&self) -> io::Result<Option<PreparedDisk>> {
        self.disks.take(self.bytes).await
    }
}

/// Keys of the instance's role, for tokens and for pulls.
struct Keys {
    credentials: Arc<dyn RoleCredentials>,
    /// As they were given last; empty before that.
    current: CurrentKeys,
}

impl Keys {
    fn new(credentials: Arc<dyn RoleCredentials>) -> Self {
        let none = SigningKeys {
            access_key_id: String::new(),
            secret_access_key: String::new(),
            session_token: None,
        };
        Self {
            credentials,
            current: CurrentKeys::new(none),
        }
    }
}

#[async_trait]
impl RoleKeys for Keys {
    async fn keys(&self) -> Result<SigningKeys, Cause> {
        let keys = self.credentials.current().await?.signing_keys();
        // First of all: by a token of them the node hears of its pods, for which it signs with them.
        self.current.replace(keys.clone());
        Ok(keys)
    }
}

/// Keeps the current keys good until it is dropped. Nothing waits for the first ones: whoever gives them may be away for long, and pods
/// resolve names meanwhile.
async fn renew(keys: Arc<Keys>, instance: String) {
    let mut wait = Backoff::steady(FIRST_WAIT, RENEW_EVERY);
    loop {
        let pause = match keys.keys().await {
            Ok(_) => {
                wait.reset();
                RENEW_EVERY
            }
            Err(error) => {
                tracing::warn!(
                    instance,
                    %error,
                    "failed to renew the credentials of a node of Kubernetes; will retry"
                );
                wait.wait()
            }
        };
        sleep(pause).await;
    }
}

#[cfg(test)]
mod tests;
