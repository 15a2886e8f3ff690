//! A running load balancer, targets that do as told, and a client.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    future::Future,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use wharf_lb::{HostAddresses, LbConfig, LbUpdate, Metrics, NotInForce, Update};
use wharf_planeproto::{
    Change, Key, Kind, Resource,
    balancer::{
        Action, BalancerKind, HealthCheck, Listener, LoadBalancer, Protocol, ProtocolVersion, Rule,
        Target, TargetGroup, TargetRef, WeightedGroup,
    },
    network::{Peer, Permission, SecurityGroup},
    report::{TargetHealth, TargetState},
};

pub const PATIENCE: Duration = Duration::from_secs(20);
pub const BALANCER: &str = "arn:lb/web";
pub const LISTENER: &str = "arn:listener/web";
pub const GROUP: &str = "arn:tg/web";
/// A security group that lets everybody in.
pub const OPEN: &str = "sg-open";
pub const DNS_NAME: &str = "web-1234567890.us-east-1.elb.localhost";

/// Waits until it is so.
pub async fn until<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let found = timeout(PATIENCE, async {
        loop {
            if let Some(found) = check().await {
                return found;
            }
            sleep(Duration::from_millis(5)).await;
        }
    });
    found
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

pub async fn within<F: Future>(future: F) -> F::Output {
    timeout(PATIENCE, future).await.expect("took too long")
}

/// A port below those that the kernel gives out, so that no other test's target gets it.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let base = 20_000 + u16::try_from(std::process::id() % 100).unwrap() * 100;
    loop {
        let port = base + NEXT.fetch_add(1, Ordering::SeqCst) % 1000;
        if std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

pub fn balancer() -> LoadBalancer {
    LoadBalancer {
        arn: BALANCER.to_owned(),
        name: "web".to_owned(),
        dns_name: DNS_NAME.to_owned(),
        kind: BalancerKind::Application,
        internal: false,
        vpc: "vpc-1".to_owned(),
        public_address: None,
        interfaces: vec![],
        security_groups: vec![OPEN.to_owned()],
        attributes: BTreeMap::new(),
    }
}

/// A security group that lets TCP from these blocks in.
pub fn group_for(id: &str, blocks: &[&str]) -> SecurityGroup {
    let rule = |block: &&str| Permission {
        protocol: Some(6),
        ports: None,
        icmp: None,
        peer: Peer::Cidr((*block).to_owned()),
    };
    SecurityGroup {
        id: id.to_owned(),
        vpc: "vpc-1".to_owned(),
        ingress: blocks.iter().map(rule).collect(),
        egress: vec![],
    }
}

pub fn listener(port: u16) -> Listener {
    Listener {
        arn: LISTENER.to_owned(),
        load_balancer: BALANCER.to_owned(),
        port,
        protocol: Protocol::Http,
        certificates: vec![],
        ssl_policy: None,
        alpn_policy: None,
        default_actions: vec![forward(&[(GROUP, 1)])],
        attributes: BTreeMap::new(),
        session_keys: vec![],
    }
}

pub fn forward(groups: &[(&str, u32)]) -> Action {
    let weighted = |(group, weight): &(&str, u32)| WeightedGroup {
        group: (*group).to_owned(),
        weight: *weight,
    };
    Action::Forward {
        groups: groups.iter().map(weighted).collect(),
        stickiness_seconds: None,
    }
}

pub fn fixed(status: u16, body: &str) -> Action {
    Action::FixedResponse {
        status,
        content_type: "text/plain".to_owned(),
        body: body.to_owned(),
    }
}

pub fn rule(
    priority: u32,
    conditions: Vec<wharf_planeproto::balancer::Condition>,
    action: Action,
) -> Rule {
    Rule {
        arn: format!("arn:rule/{priority}"),
        listener: LISTENER.to_owned(),
        priority,
        conditions,
        actions: vec![action],
    }
}

pub fn group(arn: &str) -> TargetGroup {
    TargetGroup {
        arn: arn.to_owned(),
        name: "web".to_owned(),
        vpc: "vpc-1".to_owned(),
        protocol: Protocol::Http,
        protocol_version: ProtocolVersion::Http1,
        health_check: HealthCheck {
            enabled: true,
            protocol: Protocol::Http,
            port: None,
            path: "/health".to_owned(),
            matcher: "200".to_owned(),
            interval_seconds: 1,
            timeout_seconds: 1,
            healthy_threshold: 2,
            unhealthy_threshold: 2,
        },
        attributes: BTreeMap::new(),
    }
}

pub fn target(group: &str, address: SocketAddr) -> Target {
    Target {
        target: TargetRef {
            group: group.to_owned(),
            id: address.ip().to_string(),
            port: address.port(),
        },
        address: address.ip(),
        in_vpc: false,
        vpc_ranges: vec!["172.31.0.0/16".to_owned()],
        instance_vpc_ranges: Vec::new(),
        draining_since_ms: None,
    }
}

pub fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.unwrap().as_millis()).unwrap()
}

/// Of a host at whose addresses 127.0.0.x load balancers listen.
pub fn listening_at(hosts: &[u8]) -> HostAddresses {
    let listen = hosts.iter().map(|host| IpAddr::from([127, 0, 0, *host]));
    HostAddresses {
        listen: listen.collect(),
        unkept: vec![],
    }
}

/// A running load balancer process.
pub struct Running {
    pub port: u16,
    /// The host's.
    pub addresses: watch::Sender<HostAddresses>,
    pub metrics: Metrics,
    updates: mpsc::Sender<LbUpdate>,
    health: Arc<Mutex<BTreeMap<TargetRef, TargetHealth>>>,
    shutdown: CancellationToken,
    ended: Option<JoinHandle<()>>,
}

impl Running {
    pub fn start() -> Self {
        Self::start_with(|_| {})
    }

    pub fn start_with(adjust: impl FnOnce(&mut LbConfig)) -> Self {
        // The namespace of this very process, which needs no privilege to enter.
        let netns = Arc::new(|_: &str| "/proc/self/ns/net".into());
        let mut config = LbConfig::new("i-1", netns);
        config.workers = 2;
        adjust(&mut config);
        let (metrics, addresses) = (config.metrics.clone(), config.addresses.clone());
        let (updates, received) = mpsc::channel(4);
        let (reports, mut reported) = mpsc::channel::<Vec<TargetHealth>>(4);
        let shutdown = CancellationToken::new();
        let running = wharf_lb::run(config, received, reports, shutdown.clone());
        let health = Arc::new(Mutex::new(BTreeMap::new()));
        let known = Arc::clone(&health);
        tokio::spawn(async move {
            while let Some(reports) = reported.recv().await {
                let mut known = known.lock().unwrap();
                known.extend(reports.into_iter().map(|it| (it.target.clone(), it)));
            }
        });
        Self {
            port: free_port(),
            addresses,
            metrics,
            updates,
            health,
            shutdown,
            ended: Some(tokio::spawn(async { running.await.unwrap() })),
        }
    }

    pub async fn update(&self, update: Update) -> Result<(), NotInForce> {
        let (done, answer) = oneshot::channel();
        self.updates.send(LbUpdate { update, done }).await.unwrap();
        within(answer).await.unwrap()
    }

    /// All there is, and the group [`OPEN`].
    pub async fn snapshot(&self, mut resources: Vec<Resource>) {
        resources.push(Resource::SecurityGroup(group_for(OPEN, &["0.0.0.0/0"])));
        self.update(Update::Snapshot(resources)).await.unwrap();
    }

    pub async fn put(&self, resources: Vec<Resource>) {
        let changes = resources.into_iter().map(Change::Put).collect();
        self.update(Update::Changes(changes)).await.unwrap();
    }

    pub async fn delete(&self, kind: Kind, id: &str) {
        let key = Key {
            kind,
            id: id.to_owned(),
        };
        let changes = vec![Change::Delete(key)];
        self.update(Update::Changes(changes)).await.unwrap();
    }

    /// A load balancer with one HTTP listener, one group, and these targets, all healthy.
    pub async fn serve(&self, targets: &[&Server]) {
        self.serve_with(targets, |_| {}).await;
    }

    pub async fn serve_with(&self, targets: &[&Server], adjust: impl FnOnce(&mut TargetGroup)) {
        let mut group = group(GROUP);
        adjust(&mut group);
        self.serve_as(balancer(), group, targets).await;
    }

    pub async fn serve_as(&self, balancer: LoadBalancer, group: TargetGroup, targets: &[&Server]) {
        let mut resources = vec![
            Resource::LoadBalancer(balancer),
            Resource::Listener(listener(self.port)),
            Resource::TargetGroup(group),
        ];
        let all = targets
            .iter()
            .map(|it| Resource::Target(target(GROUP, it.address)));
        resources.extend(all);
        self.snapshot(resources).await;
        for target in targets {
            self.wait_for(target.address, TargetState::Healthy).await;
        }
        self.listening().await;
    }

    pub async fn listening(&self) {
        until("the listener", async || {
            TcpStream::connect(self.address()).await.ok()
        })
        .await;
    }

    pub fn address(&self) -> SocketAddr {
        self.address_at(1)
    }

    /// At the host's address 127.0.0.x.
    pub fn address_at(&self, host: u8) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, host], self.port))
    }

    pub fn health_of(&self, address: SocketAddr) -> Option<TargetHealth> {
        let known = self.health.lock().unwrap();
        known.get(&target(GROUP, address).target).cloned()
    }

    pub async fn wait_for(&self, address: SocketAddr, state: TargetState) -> TargetHealth {
        let what = format!("{address} to be {state:?}");
        until(&what, async || {
            self.health_of(address).filter(|it| it.state == state)
        })
        .await
    }

    pub fn client(&self) -> Client {
        self.client_at(1)
    }

    pub fn client_at(&self, host: u8) -> Client {
        Client {
            address: self.address_at(host),
        }
    }

    /// Takes the source of updates away.
    pub fn cut_off(mut self) -> Self {
        self.updates = mpsc::channel(1).0;
        self
    }

    /// Stops it and waits until it has.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        within(self.ended.take().unwrap()).await.unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Asks with a new connection each time.
#[derive(Clone, Copy)]
pub struct Client {
    address: SocketAddr,
}

impl Client {
    pub async fn connect(&self) -> Session {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection.with_upgrades());
        Session { sender }
    }

    pub async fn get(&self, path: &str) -> (http::response::Parts, Bytes) {
        self.connect().await.get(path).await.unwrap()
    }

    pub async fn send(&self, request: Request<Full<Bytes>>) -> (http::response::Parts, Bytes) {
        self.connect().await.send(request).await.unwrap()
    }

    /// Sends bytes as they are and reads until the end.
    pub async fn raw(&self, text: &[u8]) -> String {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text).await.unwrap();
        let mut answer = Vec::new();
        within(stream.read_to_end(&mut answer)).await.ok();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// A kept-alive connection.
pub struct Session {
    pub sender: hyper::client::conn::http1::SendRequest<Full<Bytes>>,
}

impl Session {
    pub async fn get(&mut self, path: &str) -> hyper::Result<(http::response::Parts, Bytes)> {
        let request = Request::get(path).header("host", DNS_NAME);
        self.send(request.body(Full::default()).unwrap()).await
    }

    pub async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> hyper::Result<(http::response::Parts, Bytes)> {
        within(async {
            self.sender.ready().await?;
            let response = self.sender.send_request(request).await?;
            let (parts, body) = response.into_parts();
            Ok((parts, body.collect().await?.to_bytes()))
        })
        .await
    }
}

/// A target that answers what it is told to, and `/health` with its health.
pub struct Server {
    pub address: SocketAddr,
    /// The code of its health.
    pub health: Arc<AtomicU16>,
    pub requests: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Answers each request with its own name.
    pub async fn start(name: &str) -> Self {
        let own = name.to_owned();
        Self::answering(move |_| {
            let own = own.clone();
            async move { Response::new(Full::from(own)) }
        })
        .await
    }

    pub async fn answering<F, A>(answer: F) -> Self
    where
        F: Fn(Request<Incoming>) -> A + Send + Sync + 'static,
        A: Future<Output = Response<Full<Bytes>>> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        Self::on(listener, answer)
    }

    pub fn on<F, A>(listener: TcpListener, answer: F) -> Self
    where
        F: Fn(Request<Incoming>) -> A + Send + Sync + 'static,
        A: Future<Output = Response<Full<Bytes>>> + Send + 'static,
    {
        let address = listener.local_addr().unwrap();
        let health = Arc::new(AtomicU16::new(200));
        let requests = Arc::new(AtomicUsize::new(0));
        let (state, count, answer) = (Arc::clone(&health), Arc::clone(&requests), Arc::new(answer));
        let accepting = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (state, count, answer) =
                    (Arc::clone(&state), Arc::clone(&count), Arc::clone(&answer));
                let service = service_fn(move |request: Request<Incoming>| {
                    let checked = request.uri().path() == "/health";
                    let status = state.load(Ordering::SeqCst);
                    count.fetch_add(usize::from(!checked), Ordering::SeqCst);
                    let answered = (!checked).then(|| answer(request));
                    async move {
                        Ok::<_, Infallible>(match answered {
                            Some(answered) => answered.await,
                            None => Response::builder()
                                .status(status)
                                .body(Full::default())
                                .unwrap(),
                        })
                    }
                });
                connections.spawn(async move {
                    let settings = hyper::server::conn::http1::Builder::new();
                    let _ = settings
                        .serve_connection(TokioIo::new(stream), service)
                        .with_upgrades()
                        .await;
                });
            }
        });
        Self {
            address,
            health,
            requests,
            accepting,
        }
    }

    /// As if its process were killed: nothing listens, connections are reset.
    pub fn kill(&self) {
        self.accepting.abort();
    }

    pub fn served(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
