//! A cluster: its objects, its kinds, and who it asks about users, nodes and tokens.

use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
    io,
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use http::{Request, StatusCode};
use ipnet::Ipv4Net;
use parking_lot::{Mutex, RwLock};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use wharf_base::{Clock, Opaque, Timestamp};
use wharf_kube_auth::{Authorizer, Tokens, UserInfo};
use wharf_kube_model::{Catalog, Version, fargate, parts};
use wharf_seal::SharedKey;
use wharf_store::{Compare, Store, StoreError};

use crate::{
    admission::Turns,
    aggregation::Aggregation,
    answer::{Answer, Body},
    audit::{Audit, Origin},
    conversion::Converters,
    expiry::Expiry,
    lookup::Remembered,
    metering::Metering,
    storage::{DataKey, Keys, Objects},
    webhooks::{OwnWebhook, Webhooks},
};

/// Requests of one user that are served at the same time; more wait.
const REQUESTS_PER_USER: usize = 100;
/// Watches, logs and sessions of one user; more are refused.
const LONG_REQUESTS_PER_USER: usize = 2000;
/// Of those, what is passed on to nodes: each has a connection to one.
const PASSED_PER_USER: usize = 500;
/// … of all users together.
const PASSED_PER_CLUSTER: usize = 4000;
/// Users that are told apart. Beyond them the idle ones are forgotten, which gives nobody more room.
const MOST_USERS: usize = 1024;

/// A connection to a node's kubelet.
pub trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// The way to nodes: TLS with the API server's client certificate is done here. Ports of pods are reached through their nodes.
#[async_trait]
pub trait Nodes: Send + Sync + 'static {
    /// To the kubelet of a Node object, over TLS.
    async fn kubelet(&self, node: &Value) -> io::Result<Box<dyn Connection>>;

    /// TLS over a connection to a pod, whose certificate is not checked, as upstream does.
    async fn secure(&self, to: Box<dyn Connection>) -> io::Result<Box<dyn Connection>>;

    /// The same to a webhook: its certificate is to be for `name`, by one of these authorities in PEM.
    async fn verified(
        &self,
        to: Box<dyn Connection>,
        name: &str,
        authorities: &[u8],
    ) -> io::Result<Box<dyn Connection>>;

    /// The same to an aggregated server, which is shown the certificate of [`FrontProxy`]'s authority. Without authorities its own is not
    /// checked.
    async fn aggregated(
        &self,
        to: Box<dyn Connection>,
        name: &str,
        authorities: Option<&[u8]>,
    ) -> io::Result<Box<dyn Connection>>;
}

/// A program at an address, on its way to it.
pub enum Reached {
    Open(Box<dyn Connection>),
    /// It is in the cluster's own network, which nodes are in.
    InNetwork(Ipv4Addr),
}

/// The way to webhooks at addresses, which users of the cluster name: it leads to nothing that this machine alone reaches.
#[async_trait]
pub trait Outside: Send + Sync + 'static {
    /// # Errors
    /// Nobody is to be reached there; users see the text.
    async fn reach(&self, host: &str, port: u16) -> io::Result<Reached>;

    /// TLS over a connection to a webhook: its certificate is to be for `host`, by one of these authorities in PEM, or without any by one
    /// of the system.
    async fn secured(
        &self,
        to: Box<dyn Connection>,
        host: &str,
        authorities: &[u8],
    ) -> io::Result<Box<dyn Connection>>;
}

/// Which images pods may start, by rules of the cluster's owner.
#[async_trait]
pub trait PodImages: Send + Sync + 'static {
    /// # Errors
    /// One of them may not, or nobody can tell.
    async fn admit(&self, images: &[(String, String)]) -> Result<AdmittedImages, NotAdmitted>;
}

/// Why images may not start; users see the text.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct NotAdmitted(pub Box<dyn Error + Send + Sync>);

/// That images may start.
#[derive(Debug, Default)]
pub struct AdmittedImages {
    /// As which, by the names of their containers: none where any will do that the name leads to.
    pub settled: BTreeMap<String, String>,
    /// What the decision rests on: the pod is written only while it is so.
    pub rests_on: Option<Compare>,
}

/// The Fargate profiles by which pods are Fargate's.
#[async_trait]
pub trait FargateProfiles: Send + Sync + 'static {
    /// Those that are active.
    ///
    /// # Errors
    /// They are not known now.
    async fn active(&self) -> io::Result<Vec<fargate::Profile>>;
}

/// Where the cluster is in its network.
#[derive(Debug, Clone)]
pub struct Network {
    /// Of which services have their addresses: `serviceIpv4Cidr`.
    pub service_range: Ipv4Net,
    /// What is behind the service `kubernetes`, which is there only if this is told.
    pub server: Option<OwnServer>,
}

/// Where nodes reach this server.
#[derive(Debug, Clone)]
pub struct OwnServer {
    pub port: u16,
    /// There may be none that another machine could use: nodes of this one lead pods here all the same.
    pub addresses: Vec<Ipv4Addr>,
}

/// By what aggregated servers know clients of the cluster, and this server: authorities in PEM.
#[derive(Debug, Clone)]
pub struct FrontProxy {
    /// Of clients' own certificates.
    pub clients: String,
    /// Of this server's, by whose name it is believed who asks.
    pub authority: String,
}

/// What a cluster is served with.
pub struct Parts {
    pub authorizer: Arc<dyn Authorizer>,
    pub tokens: Arc<dyn Tokens>,
    pub nodes: Arc<dyn Nodes>,
    pub audit: Option<Arc<dyn Audit>>,
    pub clock: Arc<dyn Clock>,
    /// The version that it is served as at first.
    pub version: Version,
    pub network: Network,
    /// The cluster's own documents for those who check its tokens: `/.well-known/openid-configuration` and `/openid/v1/jwks`.
    pub openid_configuration: Value,
    pub jwks: Value,
    /// Without it, webhooks at addresses cannot be asked.
    pub outside: Option<Arc<dyn Outside>>,
    /// The webhook that is asked without a connection, where a configuration names it.
    pub own_webhook: Option<Arc<dyn OwnWebhook>>,
    /// Without them, no pod is Fargate's.
    pub fargate: Option<Arc<dyn FargateProfiles>>,
    /// Without it, pods start any image.
    pub images: Option<Arc<dyn PodImages>>,
    /// What the cluster goes without at first.
    pub without: parts::Parts,
    /// Without it, aggregated servers are not told by what they know anybody.
    pub front_proxy: Option<FrontProxy>,
}

pub struct Inner {
    pub objects: Arc<Objects>,
    pub parts: Parts,
    pub catalog: ArcSwap<Catalog>,
    pub documents: crate::documents::Documents,
    pub expiry: Expiry,
    /// Held while the catalog is made of what is stored, so that an older one never follows a newer one.
    pub cataloguing: tokio::sync::Mutex<()>,
    pub turns: Turns,
    pub remembered: Remembered,
    pub webhooks: Webhooks,
    pub aggregation: Aggregation,
    pub converters: ArcSwap<Converters>,
    /// What the cluster is served as.
    pub version: RwLock<Version>,
    /// What the cluster goes without.
    pub without: ArcSwap<parts::Parts>,
    /// Whether nodes know that.
    is_told: AtomicBool,
    /// What nodes measured, for a moment.
    pub usage: crate::measured::Usage,
    /// What is counted of requests.
    pub metering: Arc<Metering>,
    users: Mutex<HashMap<String, Arc<User>>>,
    /// Room of all users for connections to nodes.
    passed: Arc<Semaphore>,
}

/// The room of one user.
struct User {
    short: Arc<Semaphore>,
    long: Arc<Semaphore>,
    passed: Arc<Semaphore>,
}

impl Inner {
    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    fn user(&self, name: &str) -> Arc<User> {
        let mut users = self.users.lock();
        if let Some(user) = users.get(name) {
            return Arc::clone(user);
        }
        if users.len() >= MOST_USERS {
            users.retain(|_, user| {
                user.short.available_permits() < REQUESTS_PER_USER
                    || user.long.available_permits() < LONG_REQUESTS_PER_USER
                    || user.passed.available_permits() < PASSED_PER_USER
            });
        }
        let user = Arc::new(User {
            short: Arc::new(Semaphore::new(REQUESTS_PER_USER)),
            long: Arc::new(Semaphore::new(LONG_REQUESTS_PER_USER)),
            passed: Arc::new(Semaphore::new(PASSED_PER_USER)),
        });
        users.insert(name.to_owned(), Arc::clone(&user));
        user
    }

    /// Room for a request that ends soon.
    pub async fn short_place(&self, user: &UserInfo) -> Option<OwnedSemaphorePermit> {
        let room = Arc::clone(&self.user(&user.name).short);
        room.acquire_owned().await.ok()
    }

    /// Room for one that is passed on to a node; `None` if the user has too many, or all have together.
    pub fn passed_place(&self, user: &UserInfo) -> Option<[OwnedSemaphorePermit; 2]> {
        let own = Arc::clone(&self.user(&user.name).passed);
        let own = own.try_acquire_owned().ok()?;
        let of_all = Arc::clone(&self.passed).try_acquire_owned().ok()?;
        Some([own, of_all])
    }

    /// Room for one that may last; `None` if the user has too many.
    pub fn long_place(&self, user: &UserInfo) -> Option<OwnedSemaphorePermit> {
        let room = Arc::clone(&self.user(&user.name).long);
        room.try_acquire_owned().ok()
    }
}

/// A handle on a cluster that is served.
#[derive(Clone)]
pub struct Cluster {
    inner: Arc<Inner>,
}

impl Cluster {
    /// Serves these objects. Those that every cluster has are made where they are missing.
    pub async fn new(objects: Arc<Objects>, parts: Parts) -> Result<Self, StoreError> {
        let inner = Arc::new(Inner {
            objects,
            version: RwLock::new(parts.version),
            without: ArcSwap::from_pointee(parts.without.clone()),
            is_told: AtomicBool::new(false),
            parts,
            catalog: ArcSwap::new(Catalog::built_in()),
            documents: crate::documents::Documents::default(),
            expiry: Expiry::default(),
            cataloguing: tokio::sync::Mutex::default(),
            turns: Turns::default(),
            remembered: Remembered::default(),
            webhooks: Webhooks::default(),
            aggregation: Aggregation::default(),
            converters: ArcSwap::default(),
            usage: crate::measured::Usage::default(),
            metering: Arc::default(),
            users: Mutex::default(),
            passed: Arc::new(Semaphore::new(PASSED_PER_CLUSTER)),
        });
        crate::definitions::load(&inner).await?;
        crate::webhooks::load(&inner).await?;
        crate::aggregation::load(&inner).await?;
        crate::admission::adopt_addresses(&inner).await?;
        let cluster = Self { inner };
        crate::bootstrap::ensure(&cluster).await;
        cluster.tell().await;
        tokio::spawn(crate::definitions::follow(Arc::downgrade(&cluster.inner)));
        tokio::spawn(crate::webhooks::follow(Arc::downgrade(&cluster.inner)));
        tokio::spawn(crate::aggregation::follow(Arc::downgrade(&cluster.inner)));
        Ok(cluster)
    }

    pub fn objects(&self) -> &Arc<Objects> {
        &self.inner.objects
    }

    /// For what the server does by its own API.
    pub(crate) fn of(inner: &Arc<Inner>) -> Self {
        let inner = Arc::clone(inner);
        Self { inner }
    }

    pub(crate) fn front_proxy(&self) -> Option<&FrontProxy> {
        self.inner.parts.front_proxy.as_ref()
    }

    /// The kinds of this moment.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.inner.catalog.load_full()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.now()
    }

    pub fn network(&self) -> &Network {
        &self.inner.parts.network
    }

    /// From now on the cluster goes without these parts and has all others; callers take turns. What is so already costs
    /// nothing.
    ///
    /// # Errors
    /// The store's, or nodes could not be told; it may be half done, and the next call does the rest.
    pub async fn go_without(&self, without: parts::Parts) -> io::Result<()> {
        let is_told = self.inner.is_told.load(Ordering::Relaxed);
        if is_told && *self.without() == without {
            return Ok(());
        }
        self.inner.is_told.store(false, Ordering::Relaxed);
        self.inner.without.store(Arc::new(without));
        let loaded = crate::definitions::load(&self.inner).await;
        loaded.map_err(io::Error::other)?;
        match self.tell().await {
            true => Ok(()),
            false => Err(io::Error::other("nodes could not be told")),
        }
    }

    async fn tell(&self) -> bool {
        let is_told = crate::bootstrap::tell(self).await;
        self.inner.is_told.store(is_told, Ordering::Relaxed);
        is_told
    }

    /// From now on the cluster is served as one of this version: requests under way end as they began, and nothing that is stored
    /// changes.
    pub fn serve_as(&self, version: Version) {
        let before = std::mem::replace(&mut *self.inner.version.write(), version);
        if before != version {
            self.inner.documents.forget();
        }
    }

    pub fn without(&self) -> Arc<parts::Parts> {
        self.inner.without.load_full()
    }

    /// Tells the audit log of a request that was not let in: whom it was to be of, and who sent it.
    pub fn refused<B>(
        &self,
        request: &Request<B>,
        who: (&UserInfo, &Origin),
        code: StatusCode,
        reason: &str,
    ) {
        crate::audit::refused(&self.inner, request, who, code, reason);
    }

    /// Tells the audit log of a request of somebody who did not prove to be anybody, where from, and whether with a certificate.
    pub fn unproven<B>(
        &self,
        request: &Request<B>,
        source: IpAddr,
        has_certificate: bool,
        code: StatusCode,
    ) {
        crate::audit::unproven(&self.inner, request, source, has_certificate, code);
    }

    /// Answers a request of a user who proved who they are. A request to switch protocols brings hyper's `OnUpgrade` among its
    /// extensions.
    pub fn serve<'a>(
        &'a self,
        request: Request<Body>,
        user: &'a UserInfo,
    ) -> impl Future<Output = Answer> + Send + 'a {
        crate::serve::serve(&self.inner, request, user)
    }

    /// The same for a part of this server: kinds of aggregated servers are not told to it, and what is asked of one all the same takes
    /// neither long nor much memory.
    pub fn serve_own<'a>(
        &'a self,
        mut request: Request<Body>,
        user: &'a UserInfo,
    ) -> impl Future<Output = Answer> + Send + 'a {
        request.extensions_mut().insert(crate::serve::OfServer);
        self.serve(request, user)
    }
}

/// The clusters of the process, over one store.
pub struct Servers {
    store: Store,
    objects: Opaque<Mutex<HashMap<String, Weak<Objects>>>>,
    clusters: Opaque<Mutex<HashMap<String, Cluster>>>,
}

impl Servers {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            objects: Opaque::default(),
            clusters: Opaque::default(),
        }
    }

    /// The objects of a cluster, which may hold none yet: what authorizers read.
    pub async fn objects(
        &self,
        account: &str,
        region: &str,
        id: &str,
    ) -> Result<Arc<Objects>, StoreError> {
        self.sealed_objects(account, region, id, (None, None)).await
    }

    /// The same; Secrets are sealed under the first key, or under the data key if there is one.
    pub async fn sealed_objects(
        &self,
        account: &str,
        region: &str,
        id: &str,
        (own, data): (Option<Arc<SharedKey>>, Option<DataKey>),
    ) -> Result<Arc<Objects>, StoreError> {
        let keys = Keys::new(account, region, id);
        let root = keys.root().to_owned();
        let known =
            |objects: Arc<Objects>| (!objects.feed.stopped().is_cancelled()).then_some(objects);
        let found = self.objects.lock().get(&root).and_then(Weak::upgrade);
        if let Some(found) = found.and_then(known) {
            return Ok(found);
        }
        let opened = Arc::new(Objects::open(self.store.clone(), keys, own, data).await?);
        let mut all = self.objects.lock();
        all.retain(|_, it| it.strong_count() > 0);
        if let Some(found) = all.get(&root).and_then(Weak::upgrade).and_then(known) {
            return Ok(found);
        }
        all.insert(root, Arc::downgrade(&opened));
        Ok(opened)
    }

    /// Serves a cluster from now on. `id` names it among all accounts and regions, for [`Servers::cluster`].
    pub async fn create(
        &self,
        id: &str,
        objects: Arc<Objects>,
        parts: Parts,
    ) -> Result<Cluster, StoreError> {
        let cluster = Cluster::new(objects, parts).await?;
        let mut clusters = self.clusters.lock();
        clusters.insert(id.to_owned(), cluster.clone());
        Ok(cluster)
    }

    pub fn cluster(&self, id: &str) -> Option<Cluster> {
        self.clusters.lock().get(id).cloned()
    }

    /// Ends a cluster: its watches are cut. Its objects stay until they are removed.
    pub fn close(&self, id: &str) {
        let cluster = self.clusters.lock().remove(id);
        if let Some(cluster) = cluster {
            let objects = &cluster.inner.objects;
            // Who opens it again gets objects that are followed.
            self.objects.lock().remove(objects.keys.root());
            objects.feed.stop();
        }
    }

    /// Removes everything of a cluster that is no longer served.
    pub async fn remove(&self, account: &str, region: &str, id: &str) -> Result<(), StoreError> {
        crate::storage::remove_all(&self.store, &Keys::new(account, region, id)).await
    }
}
