//! The API servers of EKS's clusters: each with its objects, its endpoint, who may enter, and its controllers, which are clients of it.
//!
//! A cluster listens on a port of its own, told in `endpoint`: clients, nodes and pods then need no more than an address, its certificate
//! is of the cluster's own authority, and client certificates are asked for nowhere else. (Names below one address would need a name
//! service on every client; a path below the API's port would not be reached by pods, which know an address and a port alone.) The port
//! is one that is free at first and is kept with the cluster, so an endpoint stays the same over restarts.

mod authority;
pub(crate) mod aws_auth;
mod begin;
mod certificates;
mod controllers;
pub mod explain;
mod fargate;
mod files;
mod front;
mod identity;
mod images;
pub mod issuers;
mod keys;
pub mod logs;
mod nodes;
mod outside;
mod part_roles;
mod pod_identity;
mod pod_identity_webhook;
mod ports;
pub mod running;
mod signer;
pub mod sizes;
mod users;
mod webhooks;

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use tokio::{
    sync::{Mutex, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, Opaque, net::Cidr4};
use wharf_egress::{Egress, Shares};
use wharf_kube_api::Servers;
use wharf_kube_auth::{UserInfo, user::MASTERS};
use wharf_kube_client::{Client, Informers, transport};
use wharf_kube_model::{
    parts::{Part, Parts},
    status::Status,
};
use wharf_log_writer::Writer;
use wharf_service::{Cluster, Place};
use wharf_store::{Revision, Store};
use wharf_svc_ec2::Ec2Service;
use wharf_svc_efs::EfsService;
use wharf_svc_eks::{
    EksService,
    control_planes::{
        ControlPlaneError, ControlPlanes, DataKey, PodOfToken, Running, TokenRefused, Wanted,
    },
};
use wharf_svc_iam::{Directory, IssuerKeys};
use wharf_wire::{Dispatcher, async_trait};

use self::{front::Front, logs::ClusterLogs, users::NODE_GROUPS};
use crate::gateway::connections::Connections;

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
    /// Says which images pods may start.
    pub images: Arc<dyn wharf_svc_ecs::TaskImages>,
    /// The way to webhooks at addresses.
    pub egress: Egress,
}

/// All clusters of this server.
pub struct Clusters {
    settings: Settings,
    servers: Arc<Servers>,
    /// To webhooks, for each account.
    ways: Shares,
    /// Let go of at the end: it holds these in turn.
    eks: parking_lot::Mutex<Option<EksService>>,
    /// By their ids; one that starts keeps nobody waiting but those who ask for it.
    running: Opaque<parking_lot::Mutex<HashMap<String, Kept>>>,
}

/// A cluster, unless it does not answer yet.
type Kept = Arc<Mutex<Option<Serving>>>;

/// A cluster that answers.
struct Serving {
    /// Of the record that it is as.
    revision: Revision,
    port: u16,
    logs: Arc<ClusterLogs>,
    front: Arc<Front>,
    /// Its objects, as all that runs here for it sees them.
    followed: Informers,
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
        // Requests are counted by clusters themselves.
        let ways = Shares::new(
            &settings.egress,
            (1, outside::MOST_LOOKUPS),
            (1, outside::LOOKUPS_OF_ACCOUNT),
        );
        Arc::new(Self {
            servers: Arc::new(Servers::new(settings.store.clone())),
            ways,
            settings,
            eks: parking_lot::Mutex::default(),
            running: Opaque::default(),
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
}

#[async_trait]
impl ControlPlanes for Clusters {
    async fn run(&self, cluster: Wanted) -> Result<Running, ControlPlaneError> {
        let id = cluster.id.clone();
        let place = self.running.lock().entry(id.clone()).or_default().clone();
        let mut place = place.lock().await;
        let (port, under) = match &mut *place {
            Some(serving) => {
                serving.logs.on.write().clone_from(&cluster.logs);
                *serving.front.admitted.write() = ranges(&cluster.admitted);
                *serving.front.identities.provider.write() = cluster.provider;
                serving.front.cluster.serve_as(cluster.version);
                serving.go_without(cluster.without).await?;
                // Whom its parts act as may be others by now: what was refused is asked for again.
                if serving.revision != cluster.revision {
                    serving.volumes.send_modify(|_| {});
                    serving.files.send_modify(|_| {});
                    serving.revision = cluster.revision;
                }
                let key = cluster.data_key;
                let key = key.filter(|it| !matches!(it, DataKey::Unknown(_)));
                (serving.port, key.map(|it| (serving.front.clone(), it)))
            }
            None => {
                let begun = self.begin(cluster).await;
                if begun.is_err() {
                    self.servers.close(&id);
                }
                (place.insert(begun?).port, None)
            }
        };
        // There may be many Secrets to seal, and others ask for the cluster meanwhile.
        drop(place);
        if let Some((front, key)) = under {
            let key = begin::opened(&key)?;
            let sealed = front.cluster.objects().seal_under(key).await;
            sealed.map_err(failed("sealing the Secrets of a cluster"))?;
        }
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

fn ranges(all: &[String]) -> Vec<Cidr4> {
    all.iter().filter_map(|it| it.parse().ok()).collect()
}
