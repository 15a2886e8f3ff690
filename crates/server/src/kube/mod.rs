//! The API servers of EKS's clusters: each with its objects, its endpoint, who may enter, and its controllers, which are clients of it.
//!
//! A cluster listens on a port of its own, told in `endpoint`: clients, nodes and pods then need no more than an address, its certificate
//! is of the cluster's own authority, and client certificates are asked for nowhere else. (Names below one address would need a name
//! service on every client; a path below the API's port would not be reached by pods, which know an address and a port alone.) The port
//! is one that is free at first and is kept with the cluster, so an endpoint stays the same over restarts.

mod authority;
mod aws_auth;
mod certificates;
mod fargate;
mod files;
mod front;
mod identity;
pub mod issuers;
mod keys;
pub mod logs;
mod nodes;
mod part_roles;
mod pod_identity;
mod signer;
mod webhooks;

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use parking_lot::RwLock;
use tokio::{
    net::TcpListener,
    sync::{Mutex, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use wharf_base::{
    Clock,
    net::{Cidr4, Ipv4Net},
};
use wharf_kube_api::{AwsPlace, FrontProxy, Network, OwnServer, Parts as Served, Servers};
use wharf_kube_auth::{UserInfo, account_token::Issuer, user::MASTERS};
use wharf_kube_client::{Client, Informer, Informers, Selection, kind, transport};
use wharf_kube_model::{
    parts::{Part, Parts},
    status::Status,
};
use wharf_log_writer::Writer;
use wharf_seal::SharedKey;
use wharf_service::{Cluster, Place};
use wharf_store::Store;
use wharf_svc_ec2::Ec2Service;
use wharf_svc_efs::EfsService;
use wharf_svc_eks::{
    EksService,
    control_planes::{ControlPlaneError, ControlPlanes, PodOfToken, Running, TokenRefused, Wanted},
};
use wharf_svc_eks_fargate::{Machines, Profiles};
use wharf_svc_iam::{Directory, IssuerKeys};
use wharf_svc_kube_balancers::Cloud;
use wharf_svc_pod_interfaces::Interfaces;
use wharf_wire::{Dispatcher, async_trait};

use self::{
    authority::{Authority, Whose},
    fargate::{OfCluster, PodMachines},
    front::Front,
    identity::Identities,
    logs::ClusterLogs,
    part_roles::{Acting, InRole},
    pod_identity::Associations,
    signer::ClusterSigner,
};
use crate::gateway::connections::Connections;

/// `gitVersion` of `/version`; which build of EKS, it does not say.
const GIT_VERSION: &str = "v1.36.4-eks-wharf";
/// The server as a user of its own clusters.
const SELF: &str = "system:apiserver";
const CONTROLLERS: &str = "system:kube-controller-manager";
const SCHEDULER: &str = "system:kube-scheduler";
/// Who gives pods their addresses.
const ADDRESSES: &str = "eks:vpc-resource-controller";
/// Who gives pods of Fargate their machines.
const FARGATE: &str = "eks:fargate-scheduler";
/// Who makes load balancers of Services and Ingresses.
const BALANCERS: &str = "eks:load-balancer-controller";
/// Who makes and attaches EBS volumes of claims.
const VOLUMES: &str = "eks:ebs-csi-controller";
/// Who makes access points of EFS for claims.
const FILES: &str = "eks:efs-csi-controller";
/// Who empties nodes of managed groups and gives them their labels and taints.
const NODE_GROUPS: &str = "eks:node-manager";
/// Where agents lead pods, as they do tasks, to AWS' APIs.
const AWS_IN_PODS: &str = "http://169.254.170.2:4566";
/// Ports of clusters: below those that the system gives to outgoing connections, which could have one while the server is away, and
/// below those of services that nodes listen for.
const PORTS: std::ops::Range<u16> = 20_000..30_000;
/// Tries to find a port that is free on every address.
const PORTS_TRIED: usize = 1000;
/// The roles of a cluster are read within this, or its start is tried again.
const BEGINNING: Duration = Duration::from_secs(30);

/// What all that runs in this process for a cluster sees of it: each object comes by one watch and lies in memory once. `reader`
/// needs no role for it; each part writes as its own user.
fn followed(reader: Client, stop: &CancellationToken) -> Informers {
    let indexes = [
        wharf_kube_controllers::indexes(),
        wharf_svc_pod_interfaces::indexes(),
        wharf_svc_kube_balancers::indexes(),
        wharf_svc_kube_volumes::indexes(),
        wharf_svc_eks_fargate::indexes(),
    ];
    Informers::new(reader, indexes.concat(), stop.clone())
}

/// What clusters are served with.
pub struct Settings {
    pub store: Store,
    pub ec2: Arc<dyn wharf_api_ec2::Ec2>,
    /// Who keeps Fargate's machines for pods, and is asked in sessions of roles.
    pub machines: Ec2Service,
    /// Who lets such sessions in.
    pub dispatcher: Dispatcher,
    pub elb: Arc<dyn wharf_api_elbv2::Elbv2>,
    pub acm: Arc<dyn wharf_api_acm::Acm>,
    pub efs: EfsService,
    pub directory: Arc<Directory>,
    pub clock: Arc<dyn Clock>,
    pub listen: Vec<IpAddr>,
    /// The host of endpoints.
    pub host: String,
    /// Addresses of this machine, by which its nodes know what they lead pods to.
    pub reached: Vec<Ipv4Addr>,
    /// Names and addresses that certificates hold for.
    pub names: Vec<String>,
    pub connections: Connections,
    /// What clusters tell their owners.
    pub logs: Arc<Writer>,
    /// Of identity providers of clusters.
    pub keys: Arc<IssuerKeys>,
    /// Told of each cluster that is served.
    pub issuers: issuers::ClusterIssuers,
}

/// All clusters of this server.
pub struct Clusters {
    settings: Settings,
    servers: Arc<Servers>,
    /// Let go of at the end: it holds these in turn.
    eks: parking_lot::Mutex<Option<EksService>>,
    /// By their ids; one that starts keeps nobody waiting but those who ask for it.
    running: parking_lot::Mutex<HashMap<String, Kept>>,
}

/// A cluster, unless it does not answer yet.
type Kept = Arc<Mutex<Option<Serving>>>;

/// A cluster that answers.
struct Serving {
    port: u16,
    logs: Arc<ClusterLogs>,
    front: Arc<Front>,
    /// Whether pods are given their addresses.
    addresses: watch::Sender<bool>,
    /// Whether claims are given volumes.
    volumes: watch::Sender<bool>,
    /// Whether they are given file systems.
    files: watch::Sender<bool>,
    stop: CancellationToken,
    /// The end of who makes load balancers and interfaces of pods: what is under way is done then.
    makers: [JoinHandle<()>; 2],
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Serving {
    /// Has or goes without the parts that the cluster's record says.
    async fn go_without(&self, without: Parts) -> Result<(), ControlPlaneError> {
        let gives = gives_addresses(&without);
        let gives_volumes = gives_volumes(&without);
        let gives_files = files::are_given(&without);
        let done = self.front.cluster.go_without(without).await;
        done.map_err(failed("changing the parts of a cluster"))?;
        self.addresses
            .send_if_modified(|it| std::mem::replace(it, gives) != gives);
        self.volumes
            .send_if_modified(|it| std::mem::replace(it, gives_volumes) != gives_volumes);
        self.files
            .send_if_modified(|it| std::mem::replace(it, gives_files) != gives_files);
        Ok(())
    }
}

fn gives_addresses(without: &Parts) -> bool {
    !without.contains(&Part::VpcCni)
}

fn gives_volumes(without: &Parts) -> bool {
    !without.contains(&Part::EbsCsi)
}

impl Clusters {
    pub fn new(settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            servers: Arc::new(Servers::new(settings.store.clone())),
            settings,
            eks: parking_lot::Mutex::default(),
            running: parking_lot::Mutex::default(),
        })
    }

    /// Who is asked about access entries.
    pub fn entered_by(&self, eks: EksService) {
        *self.eks.lock() = Some(eks);
    }

    /// Ends all of them: nobody is answered any more.
    pub async fn end(&self) {
        self.eks.lock().take();
        let all = std::mem::take(&mut *self.running.lock());
        for (id, place) in all {
            place.lock().await.take();
            self.servers.close(&id);
        }
    }

    /// A client of a cluster in this process, as a user of it.
    fn client(&self, id: &str, user: UserInfo, agent: &str) -> Client {
        // By its id at each request: who keeps a client keeps no cluster.
        let (servers, id) = (Arc::downgrade(&self.servers), id.to_owned());
        let transport = transport::from_fn(move |request: Request<Bytes>| {
            let cluster = servers.upgrade().and_then(|it| it.cluster(&id));
            let user = user.clone();
            async move {
                let Some(cluster) = cluster else {
                    return refusal(&Status::unavailable("the cluster is not served"));
                };
                let request = request.map(|body| {
                    let body = Full::new(body).map_err(|never| match never {});
                    body.boxed_unsync()
                });
                cluster.serve_own(request, &user).await
            }
        });
        Client::new(transport, agent)
    }

    fn endpoint(&self, port: u16) -> String {
        let host = &self.settings.host;
        match host.parse::<IpAddr>() {
            Ok(IpAddr::V6(ip)) => format!("https://[{ip}]:{port}"),
            _ => format!("https://{host}:{port}"),
        }
    }

    async fn begin(&self, wanted: Wanted) -> Result<Serving, ControlPlaneError> {
        let now = self.settings.clock.now();
        let eks = self.eks.lock().clone();
        let eks = eks
            .ok_or_else(|| ControlPlaneError::new("starting a cluster", "EKS is not there yet"))?;
        let whose = Whose {
            place: wanted.place.clone(),
            name: wanted.name.clone(),
            id: wanted.id.clone(),
        };
        let signing = keys::Authority::read(wanted.authority_key.expose_str(), now);
        let signing = signing.map_err(failed("reading the authority of a cluster"))?;
        let issuer = Issuer::new(wanted.token_key.expose(), &wanted.issuer);
        let issuer = issuer.map_err(failed("reading the keys of a cluster"))?;
        let issuer = Arc::new(issuer);
        let front = keys::FrontProxy::new(wanted.secrets_key.expose(), now);
        let front = front.map_err(failed("making the authority of a cluster's front proxy"))?;
        let nodes = self.to_nodes(&wanted, &signing, &front)?;
        let clock = self.settings.clock.clone();
        let authority_key = wanted.authority_key.expose_str();
        let signer = ClusterSigner::read(&wanted.authority, authority_key, clock);
        let signer = signer.map_err(failed("reading the authority of a cluster"))?;
        let authority = Authority::new(whose.clone(), eks.clone());
        let own = UserInfo::authenticated(SELF, &[MASTERS]);
        let client = self.client(&wanted.id, own, "kube-apiserver");
        let logs = Arc::new(ClusterLogs {
            whose: whose.clone(),
            writer: self.settings.logs.clone(),
            clock: self.settings.clock.clone(),
            on: RwLock::new(wanted.logs.clone()),
        });
        let profiles = Arc::new(OfCluster {
            eks: eks.clone(),
            place: wanted.place.clone(),
            id: wanted.id.clone(),
        });
        let associations = Associations {
            eks: eks.clone(),
            place: wanted.place.clone(),
            id: wanted.id.clone(),
        };
        let identities = Arc::new(Identities {
            whose,
            logs: logs.clone(),
            eks: eks.clone(),
            directory: self.settings.directory.clone(),
            clock: self.settings.clock.clone(),
            issuer: issuer.clone(),
            authority: authority.clone(),
            client: client.clone(),
            config_maps: OnceLock::new(),
            keys: self.settings.keys.clone(),
            provider: RwLock::new(wanted.provider.clone()),
        });
        let Place { account, region } = &wanted.place;
        let sealed_under = SharedKey::read(wanted.secrets_key.expose());
        let sealed_under = sealed_under.ok_or_else(|| {
            ControlPlaneError::new("reading the keys of a cluster", "a key has 32 bytes")
        })?;
        let objects =
            self.servers
                .sealed_objects(account, region, &wanted.id, Some(Arc::new(sealed_under)));
        let objects = objects.await;
        let objects = objects.map_err(failed("opening the objects of a cluster"))?;
        let listeners = self.listen(&wanted).await;
        let (port, listeners) = listeners.map_err(failed("listening for a cluster"))?;
        let parts = Served {
            network: Network {
                service_range: service_range(&wanted.service_cidr)?,
                server: Some(OwnServer {
                    port,
                    addresses: self.settings.reached.clone(),
                }),
            },
            authorizer: authority.clone(),
            tokens: identities.clone(),
            nodes: Arc::new(nodes),
            audit: Some(logs.clone()),
            clock: self.settings.clock.clone(),
            git_version: GIT_VERSION.to_owned(),
            openid_configuration: issuer.configuration(),
            jwks: issuer.key_set(),
            aws: Some(AwsPlace {
                region: region.clone(),
                endpoint: AWS_IN_PODS.to_owned(),
            }),
            pod_identities: Some(Arc::new(associations)),
            fargate: Some(profiles.clone()),
            without: wanted.without.clone(),
            front_proxy: Some(FrontProxy {
                clients: wanted.authority.clone(),
                authority: front.certificate,
            }),
        };
        let cluster = self.servers.create(&wanted.id, objects, parts).await;
        let cluster = cluster.map_err(failed("serving a cluster"))?;
        let stop = CancellationToken::new();
        // Whatever was begun ends with what fails behind it.
        let ending = stop.clone().drop_guard();
        let followed = followed(client.clone(), &stop);
        let config_maps = Informer::start(
            client.clone(),
            kind::CONFIG_MAP,
            Selection {
                namespace: aws_auth::NAMESPACE.to_owned(),
                fields: format!("metadata.name={}", aws_auth::NAME),
                ..Selection::default()
            },
            &[],
            stop.clone(),
        );
        let _ = identities.config_maps.set(config_maps);
        let read = tokio::time::timeout(BEGINNING, authority.follow(&followed)).await;
        read.map_err(failed("reading the roles of a cluster"))?;
        let front = Arc::new(Front {
            cluster,
            identities,
            tls: self.acceptor(&wanted, &signing)?,
            admitted: RwLock::new(ranges(&wanted.admitted)),
            connections: self.settings.connections.clone(),
        });
        for listener in listeners {
            tokio::spawn(front.clone().serve(listener, stop.clone()));
        }
        logs.serves(port);
        let addresses = watch::Sender::new(gives_addresses(&wanted.without));
        let acting = |part| self.acting(&wanted, (part, &issuer, &eks));
        let addressing = self.interfaces(wanted.cluster());
        let addressing = Interfaces {
            of_nodes: Arc::new(part_roles::Interfaces(acting(Part::VpcCni))),
            ..addressing
        };
        let given = (addressing, addresses.subscribe());
        let makers = self.start_controllers(&wanted, &followed, signer, given, &stop);
        let volumes = watch::Sender::new(gives_volumes(&wanted.without));
        let ec2 = Arc::new(part_roles::Volumes(acting(Part::EbsCsi)));
        self.start_volumes(&wanted, followed.clone(), ec2, volumes.subscribe(), &stop);
        let files = watch::Sender::new(files::are_given(&wanted.without));
        let driver = acting(Part::EfsCsi).acting;
        self.start_files(&wanted, followed.clone(), driver, files.subscribe(), &stop);
        self.start_fargate(&wanted, followed, port, profiles, &stop);
        self.settings.issuers.begin(&wanted.id, &issuer);
        ending.disarm();
        Ok(Serving {
            port,
            logs,
            front,
            addresses,
            volumes,
            files,
            stop,
            makers,
        })
    }

    /// What brings the objects of a cluster forward, as clients like any other.
    fn start_controllers(
        &self,
        wanted: &Wanted,
        followed: &Informers,
        signer: ClusterSigner,
        (interfaces, gives): (Interfaces, watch::Receiver<bool>),
        stop: &CancellationToken,
    ) -> [JoinHandle<()>; 2] {
        let id = &wanted.id;
        let client = |user: &str| self.client(id, UserInfo::authenticated(user, &[]), user);
        let scheduler = client(SCHEDULER);
        let run = wharf_kube_scheduler::run(scheduler, followed.clone(), stop.clone());
        tokio::spawn(run);
        let controllers = client(CONTROLLERS);
        let options = wharf_kube_controllers::Options {
            authority: wanted.authority.clone(),
            signer: Arc::new(signer),
            server: self.own_names(wanted),
        };
        let run = wharf_kube_controllers::run(controllers, followed.clone(), options, stop.clone());
        tokio::spawn(run);
        let of_interfaces = tokio::spawn(wharf_svc_pod_interfaces::run(
            client(ADDRESSES),
            followed.clone(),
            interfaces,
            gives,
            stop.clone(),
        ));
        let balancers = client(BALANCERS);
        let network = (wanted.vpc.clone(), wanted.subnets.clone());
        let cloud = self.load_balancing(wanted.cluster(), network);
        let run = wharf_svc_kube_balancers::run(balancers, followed.clone(), cloud, stop.clone());
        [of_interfaces, tokio::spawn(run)]
    }

    /// EC2 as a part of a cluster asks it.
    fn acting(&self, wanted: &Wanted, of: (Part, &Arc<Issuer>, &EksService)) -> InRole {
        let settings = &self.settings;
        let (part, issuer, eks) = of;
        InRole {
            ec2: settings.ec2.clone(),
            within: settings.machines.clone(),
            dispatcher: settings.dispatcher.clone(),
            acting: Arc::new(Acting {
                eks: eks.clone(),
                directory: settings.directory.clone(),
                keys: settings.keys.clone(),
                issuer: issuer.clone(),
                clock: settings.clock.clone(),
                cluster: wanted.cluster(),
                part,
                kept: parking_lot::Mutex::default(),
            }),
        }
    }

    /// By which pods of a cluster have interfaces.
    fn interfaces(&self, cluster: Cluster) -> Interfaces {
        Interfaces {
            ec2: self.settings.ec2.clone(),
            of_nodes: self.settings.ec2.clone(),
            clock: self.settings.clock.clone(),
            cluster,
        }
    }

    /// Who makes and attaches volumes, a client like the others.
    fn start_volumes(
        &self,
        wanted: &Wanted,
        followed: Informers,
        ec2: Arc<dyn wharf_api_ec2::Ec2>,
        gives: watch::Receiver<bool>,
        stop: &CancellationToken,
    ) {
        let user = UserInfo::authenticated(VOLUMES, &[]);
        let client = self.client(&wanted.id, user, VOLUMES);
        let cloud = wharf_svc_kube_volumes::Cloud {
            ec2,
            clock: self.settings.clock.clone(),
            cluster: wanted.cluster(),
        };
        let run = wharf_svc_kube_volumes::run(client, followed, cloud, gives, stop.clone());
        tokio::spawn(run);
    }

    /// Fargate's scheduler, a client like the others.
    fn start_fargate(
        &self,
        wanted: &Wanted,
        followed: Informers,
        port: u16,
        profiles: Arc<OfCluster>,
        stop: &CancellationToken,
    ) {
        let user = UserInfo::authenticated(FARGATE, &[]);
        let client = self.client(&wanted.id, user, FARGATE);
        let cluster = wharf_svc_eks_fargate::Cluster {
            name: wanted.name.clone(),
            endpoint: self.endpoint(port),
            authority: wanted.authority.clone(),
            service_cidr: wanted.service_cidr.clone(),
        };
        let machines: Arc<dyn Machines> = Arc::new(PodMachines {
            cluster: wanted.name.clone(),
            group: wanted.group.clone(),
            ..self.pod_machines(&wanted.place, &wanted.id)
        });
        let profiles: Arc<dyn Profiles> = profiles;
        let parts = (machines, profiles, self.settings.clock.clone());
        let run = wharf_svc_eks_fargate::run(client, followed, cluster, parts, stop.clone());
        tokio::spawn(run);
    }

    /// By which machines of a cluster are found and ended.
    fn pod_machines(&self, place: &Place, id: &str) -> PodMachines {
        PodMachines {
            ec2: self.settings.machines.clone(),
            place: place.clone(),
            cluster: String::new(),
            id: id.to_owned(),
            group: None,
        }
    }

    fn load_balancing(&self, cluster: Cluster, (vpc, subnets): (String, Vec<String>)) -> Cloud {
        Cloud {
            elb: self.settings.elb.clone(),
            ec2: self.settings.ec2.clone(),
            acm: self.settings.acm.clone(),
            clock: self.settings.clock.clone(),
            cluster,
            vpc,
            subnets,
        }
    }

    /// On every address of the server, at one port: the one there was, or one that is free.
    async fn listen(&self, wanted: &Wanted) -> std::io::Result<(u16, Vec<TcpListener>)> {
        if let Some(port) = wanted.port {
            return Ok((port, self.listen_at(port).await?));
        }
        let mut ports = ports(&wanted.id).take(PORTS_TRIED);
        loop {
            let Some(port) = ports.next() else {
                return Err(std::io::ErrorKind::AddrInUse.into());
            };
            match self.listen_at(port).await {
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
                done => return Ok((port, done?)),
            }
        }
    }

    async fn listen_at(&self, port: u16) -> std::io::Result<Vec<TcpListener>> {
        let mut listeners = Vec::new();
        for ip in &self.settings.listen {
            listeners.push(TcpListener::bind(SocketAddr::new(*ip, port)).await?);
        }
        Ok(listeners)
    }
}

#[async_trait]
impl ControlPlanes for Clusters {
    async fn run(&self, cluster: Wanted) -> Result<Running, ControlPlaneError> {
        let id = cluster.id.clone();
        let place = self.running.lock().entry(id.clone()).or_default().clone();
        let mut place = place.lock().await;
        let port = match &*place {
            Some(serving) => {
                serving.logs.on.write().clone_from(&cluster.logs);
                *serving.front.admitted.write() = ranges(&cluster.admitted);
                *serving.front.identities.provider.write() = cluster.provider;
                serving.go_without(cluster.without).await?;
                // Whom its parts act as may be others by now: what was refused is asked for again.
                serving.volumes.send_modify(|_| {});
                serving.files.send_modify(|_| {});
                serving.port
            }
            None => {
                let begun = self.begin(cluster).await;
                if begun.is_err() {
                    self.servers.close(&id);
                }
                place.insert(begun?).port
            }
        };
        let endpoint = self.endpoint(port);
        Ok(Running { port, endpoint })
    }

    async fn client(&self, id: &str) -> Option<Client> {
        let place = self.running.lock().get(id).cloned()?;
        // One that starts is not waited for.
        let serving = place.try_lock().ok()?;
        serving.as_ref()?;
        let user = UserInfo::authenticated(NODE_GROUPS, &[MASTERS]);
        Some(self.client(id, user, "eks-nodegroup"))
    }

    async fn pod(&self, id: &str, token: &str) -> Result<PodOfToken, TokenRefused> {
        let place = self.running.lock().get(id).cloned();
        let place = place.ok_or(TokenRefused::Unavailable)?;
        // One that starts is not waited for.
        let serving = place.try_lock().map_err(|_| TokenRefused::Unavailable)?;
        let front = serving.as_ref().map(|it| it.front.clone());
        drop(serving);
        let front = front.ok_or(TokenRefused::Unavailable)?;
        front.identities.pod(token).await
    }

    async fn erase(&self, place: &Place, id: &str) -> Result<(), ControlPlaneError> {
        let serving = self.running.lock().remove(id);
        if let Some(serving) = serving {
            let taken = serving.lock().await.take();
            if let Some(mut ending) = taken {
                ending.stop.cancel();
                // A load balancer or interface that is being made would not be found yet.
                for maker in &mut ending.makers {
                    let _ = maker.await;
                }
            }
        }
        self.servers.close(id);
        self.settings.issuers.end(id);
        let removed = wharf_svc_eks_fargate::remove_all(&self.pod_machines(place, id)).await;
        removed.map_err(failed("ending the machines of a cluster's pods"))?;
        let Place { account, region } = place;
        // All that was made for the cluster says its id; where else the cluster was matters to what is made alone.
        let cluster = Cluster {
            place: place.clone(),
            name: id.to_owned(),
            id: id.to_owned(),
        };
        let removed = self.interfaces(cluster.clone()).delete_all().await;
        removed.map_err(failed("removing the interfaces of a cluster's pods"))?;
        let cloud = self.load_balancing(cluster, (String::new(), Vec::new()));
        let removed = wharf_svc_kube_balancers::remove_all(&cloud).await;
        removed.map_err(failed("removing the load balancers of a cluster"))?;
        let removed = self.servers.remove(account, region, id).await;
        removed.map_err(|it| ControlPlaneError::new("removing the objects of a cluster", it))
    }
}

fn failed<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    action: &'static str,
) -> impl FnOnce(E) -> ControlPlaneError {
    move |cause| ControlPlaneError::new(action, cause)
}

/// A Status as an answer.
fn refusal(status: &Status) -> http::Response<wharf_kube_api::Body> {
    let body = Full::new(Bytes::from(status.to_value().to_string()));
    let body = body.map_err(|never| match never {}).boxed_unsync();
    let mut answer = http::Response::new(body);
    *answer.status_mut() = http::StatusCode::from_u16(status.code())
        .unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let json = http::HeaderValue::from_static("application/json");
    answer
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, json);
    answer
}

/// All ports of clusters, from one on that the id of a cluster says: clusters that start together want the same one seldom.
fn ports(id: &str) -> impl Iterator<Item = u16> {
    let start = id.bytes().fold(0_u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    let start = usize::try_from(start).unwrap_or_default() % PORTS.len();
    PORTS.cycle().skip(start).take(PORTS.len())
}

fn ranges(all: &[String]) -> Vec<Cidr4> {
    all.iter().filter_map(|it| it.parse().ok()).collect()
}

fn service_range(text: &str) -> Result<Ipv4Net, ControlPlaneError> {
    text.parse()
        .map_err(failed("reading the addresses of services"))
}
