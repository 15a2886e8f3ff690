//! The stream over the real gateway: signature, policy, binding, and what comes through.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use wharf_api_ec2::{
    Ec2,
    types::{AttachNetworkInterfaceRequest, CreateNetworkInterfaceRequest, DescribeSubnetsRequest},
};
use wharf_api_ecs::{
    Attribute, Ecs, RegisterContainerInstanceRequest,
    types::{DeregisterContainerInstanceRequest, Resource as EcsResource},
};
use wharf_base::{Clock, InstallationId, Permit, SystemClock};
use wharf_hosts::{PlaneHosts, Subscription as HostSubscription};
use wharf_link::{Delivery, Dialer, Endpoint, LinkConfig, LinkState, Subscription, Update};
use wharf_planeproto::{Change, Key, Plane as Kind, Resource, report::UnboundEndpoint};
use wharf_records::node::{Grant, MadeFor, Node as NodeRecord};
use wharf_service::Place;
use wharf_wire::{Call, Caller, CallerKind, Context, sigv4::SigningKeys};

use super::machines::Forgetful;
use crate::{
    ServerConfig,
    bootstrap::Bootstrap,
    control::Control,
    gateway::IamMode,
    node_identity::{NodeRole, ensure_user, new_key},
    plane::Planes,
    start::{Plane, open},
};

pub(super) const ACCOUNT: &str = "000000000000";
pub(super) const REGION: &str = "us-east-1";
const PERMIT: Permit = Permit::for_controller("test");
/// Nothing here takes a second on an idle machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// A control plane with everything but its process.
pub(super) struct Server {
    pub plane: Plane,
    pub port: u16,
    pub stop: CancellationToken,
    pub tasks: JoinSet<()>,
    store: wharf_store::Store,
    journal: wharf_journal::Journal,
    pub series: wharf_series::Series,
    pub planes: Arc<Planes>,
    control: Control,
}

impl Server {
    pub async fn start(folder: &Path, port: u16) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)))
            .await
            .unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = ServerConfig {
            data_dir: folder.join("server"),
            counts: folder.join("counts"),
            keyring: folder.join("keyring").into(),
            node_identity: folder.join("node/identity.json"),
            node_keyring: wharf_seal::Keyring::in_memory(),
            installation: InstallationId::mint(),
            listen: vec!["127.0.0.1".parse().unwrap()],
            names: Vec::new(),
            sockets: std::sync::Arc::default(),
            port,
            at_443: None,
            iam: IamMode::Enforce,
            tasks_as_root: false,
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            further_regions: Vec::new(),
            public_cidr: "127.64.0.0/16".parse().unwrap(),
            public_addresses: Default::default(),
            egress: Vec::new(),
            name_servers: crate::adapters::NameServers::none(),
            jwks: Vec::new(),
            mailer: None,
            machine_maker: None,
            throttling: crate::gateway::throttle::Throttling::Off,
            gallery_pulls: crate::gateway::throttle::VISITORS_PULLS,
            spot_notice: wharf_svc_ec2::SPOT_NOTICE,
            metrics_period: 20,
            audit: true,
            log_bytes: None,
            log_rate: None,
            repository_bytes: None,
            registry_bytes: None,
            account_bytes: None,
            scrub_every: None,
            disk: wharf_wal::Disk::default(),
            trails: None,
            metrics: None,
        };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let data = open(&config).await.unwrap();
        let plane = Plane::new(&config, &data, &clock);
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let (ecs, token) = (plane.ecs.clone(), stop.clone());
        tasks.spawn(async move { ecs.run(token).await });
        let (hosts, token) = (plane.hosts.clone(), stop.clone());
        tasks.spawn(async move { hosts.feed(token).await });
        Bootstrap {
            config: &config,
            clock: &*clock,
            store: &data.store,
            keyring: &data.keyring,
            directory: &plane.directory,
            credentials: &plane.node_credentials(&config, &data, &clock),
            iam: &plane.iam,
            ec2: &plane.ec2,
            ecs: &plane.ecs,
        }
        .run()
        .await
        .unwrap();
        let mut planes = plane.planes(&config, &data, &stop);
        planes.instances = Arc::new(Forgetful::new(planes.instances));
        let planes = Arc::new(planes);
        let operations = plane.operations.clone();
        let control = plane.control(&config, &data, &clock, planes.clone(), operations);
        let gateway = plane.gateway(
            Default::default(),
            &control.0,
            &config,
            &data,
            &clock,
            &stop,
        );
        let running = planes.clone();
        tasks.spawn(async move { running.run().await });
        tasks.spawn(Arc::new(gateway.unwrap()).serve(listener, stop.clone()));
        let (store, journal) = (data.store.clone(), data.journal.clone());
        Self {
            plane,
            port,
            stop,
            tasks,
            store,
            journal,
            series: data.series.clone(),
            planes,
            control,
        }
    }

    pub async fn end(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
        self.store.close().await;
        self.journal.close().await;
    }

    pub fn call(&self, caller: Caller) -> Call {
        let mut cx = Context::internal(ACCOUNT, REGION, "test", SystemClock.now());
        cx.caller = caller;
        Call::by_controller(cx, PERMIT)
    }

    /// A node with a user of its own, registered.
    pub async fn node(&self, name: &str, role: NodeRole) -> Node {
        let root = self.call(Caller::root(ACCOUNT));
        ensure_user(&self.plane.iam, &root, name, role)
            .await
            .unwrap();
        let key = new_key(&self.plane.iam, &root, name).await.unwrap();
        let caller = Caller {
            kind: CallerKind::User,
            arn: format!("arn:aws:iam::{ACCOUNT}:user/wharf/{name}"),
            ..Caller::root(ACCOUNT)
        };
        let registered = self.register(caller.clone(), None).await.unwrap();
        Node {
            keys: SigningKeys {
                access_key_id: key.0,
                secret_access_key: key.1,
                session_token: None,
            },
            caller,
            instance: registered.0,
            arn: registered.1,
        }
    }

    /// As if the node had joined with such a token.
    async fn join_as(&self, name: &str, grant: Grant) {
        let record = NodeRecord {
            user: name.to_owned(),
            grant,
            joined_at: SystemClock.now(),
            credentials: None,
            trusts: Vec::new(),
            unknown: wharf_records::Unknown::new(),
        };
        let key = NodeRecord::key(ACCOUNT, REGION, name);
        let value = wharf_records::encode(&record);
        self.store.put(&PERMIT, key, value).await.unwrap();
    }

    async fn register(
        &self,
        caller: Caller,
        document: Option<String>,
    ) -> Result<(String, String), wharf_wire::Fault> {
        let amount = |name: &str| EcsResource {
            name: Some(name.to_owned()),
            type_: Some("INTEGER".to_owned()),
            integer_value: Some(1024),
            ..Default::default()
        };
        let input = RegisterContainerInstanceRequest {
            total_resources: Some(vec![amount("CPU"), amount("MEMORY")]),
            attributes: Some(vec![Attribute {
                name: Some("ecs.capability.task-eni".to_owned()),
                ..Default::default()
            }]),
            instance_identity_document: document,
            ..Default::default()
        };
        let ecs = &self.plane.ecs;
        let call = self.call(caller);
        let reply = ecs.register_container_instance(&call, input);
        let instance = reply.await?.container_instance.unwrap();
        Ok((
            instance.ec2_instance_id.unwrap(),
            instance.container_instance_arn.unwrap(),
        ))
    }

    async fn deregister(&self, arn: &str) {
        let input = DeregisterContainerInstanceRequest {
            container_instance: Some(arn.to_owned()),
            force: Some(true),
            ..Default::default()
        };
        let call = self.call(Caller::root(ACCOUNT));
        let ecs = &self.plane.ecs;
        ecs.deregister_container_instance(&call, input)
            .await
            .unwrap();
    }

    /// Those of the default VPC.
    pub async fn subnets(&self) -> Vec<String> {
        let call = self.call(Caller::root(ACCOUNT));
        let ec2 = &self.plane.ec2;
        let subnets = ec2.describe_subnets(&call, DescribeSubnetsRequest::default());
        let subnets = subnets.await.unwrap().subnets.unwrap().into_iter();
        subnets.filter_map(|it| it.subnet_id).collect()
    }

    /// An interface for a task on the host.
    async fn interface(&self, host: &str) -> String {
        let call = self.call(Caller::service(ACCOUNT, "ecs.amazonaws.com"));
        let ec2 = &self.plane.ec2;
        let input = CreateNetworkInterfaceRequest {
            subnet_id: self.subnets().await.into_iter().next(),
            ..Default::default()
        };
        let made = ec2.create_network_interface(&call, input).await.unwrap();
        let id = made.network_interface.unwrap().network_interface_id;
        let input = AttachNetworkInterfaceRequest {
            network_interface_id: id.clone(),
            instance_id: Some(host.to_owned()),
            device_index: Some(1),
            ..Default::default()
        };
        ec2.attach_network_interface(&call, input).await.unwrap();
        id.unwrap()
    }
}

pub(super) struct Node {
    pub keys: SigningKeys,
    pub caller: Caller,
    pub instance: String,
    pub arn: String,
}

/// A plane that takes whatever it is told.
pub(super) struct Plain {
    knows: BTreeMap<Key, Resource>,
    snapshots: usize,
    deliveries: mpsc::Receiver<Delivery>,
    pub subscription: Subscription,
    _instance: watch::Sender<Option<String>>,
}

impl Plain {
    pub fn subscribe(
        port: u16,
        keys: &SigningKeys,
        instance: &str,
        plane: Kind,
        folder: &Path,
    ) -> Self {
        Self::wishing(port, keys, instance, plane, folder, None)
    }

    /// With an address at which it says that others reach it.
    fn wishing(
        port: u16,
        keys: &SigningKeys,
        instance: &str,
        plane: Kind,
        folder: &Path,
        underlay: Option<IpAddr>,
    ) -> Self {
        let (sender, receiver) = watch::channel(Some(instance.to_owned()));
        let (subscription, deliveries) = Subscription::start(LinkConfig {
            endpoint: Endpoint::parse(&format!("http://127.0.0.1:{port}")).unwrap(),
            dialer: Dialer::new(None).unwrap(),
            keys: keys.clone().into(),
            region: REGION.to_owned(),
            plane,
            state_file: folder.join(format!("{plane}.json")),
            keyring: None,
            instance: receiver,
            underlay,
            clock: Arc::new(SystemClock),
        });
        Self {
            knows: BTreeMap::new(),
            snapshots: 0,
            deliveries,
            subscription,
            _instance: sender,
        }
    }

    async fn next(&mut self) -> Delivery {
        timeout(PATIENCE, self.deliveries.recv())
            .await
            .expect("a delivery comes")
            .expect("the subscription lives")
    }

    fn take(&mut self, delivery: Delivery) {
        match &delivery.update {
            Update::Snapshot(resources) => {
                self.snapshots += 1;
                let rows = resources.iter().cloned().map(|it| (it.key(), it));
                self.knows = rows.collect();
            }
            Update::Changes(changes) => {
                for change in changes {
                    match change {
                        Change::Put(it) => self.knows.insert(it.key(), it.clone()),
                        Change::Delete(key) => self.knows.remove(key),
                    };
                }
            }
        }
        delivery.applied();
    }

    pub async fn until(&mut self, satisfied: impl Fn(&Self) -> bool) {
        while !satisfied(self) {
            let delivery = self.next().await;
            self.take(delivery);
        }
    }

    /// Why the subscription came to nothing; empty if it did not. Deliveries count as applied.
    pub async fn outcome(&mut self) -> String {
        let mut state = self.subscription.state();
        loop {
            tokio::select! {
                Some(delivery) = self.deliveries.recv() => self.take(delivery),
                told = timeout(PATIENCE, state.changed()) => {
                    told.expect("it comes to something").unwrap();
                    match &*state.borrow_and_update() {
                        LinkState::Connecting => {}
                        LinkState::Connected => return String::new(),
                        LinkState::Lost(why) => return why.clone(),
                    }
                }
            }
        }
    }

    pub fn has(&self, id: &str) -> bool {
        self.knows.keys().any(|key| key.id == id)
    }
}

pub(super) const TASKS_ONLY: NodeRole = NodeRole { balancers: false };
pub(super) const WITH_BALANCERS: NodeRole = NodeRole { balancers: true };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_is_told_of_its_vpc_and_of_no_other_host() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), 0).await;
    let (one, two) = (
        server.node("one", TASKS_ONLY).await,
        server.node("two", TASKS_ONLY).await,
    );
    let plane = Kind::Network;
    let mut first = Plain::subscribe(
        server.port,
        &one.keys,
        &one.instance,
        plane,
        &folder.path().join("1"),
    );
    first.until(|it| it.has(&one.instance)).await;
    assert_eq!(first.knows.len(), 1, "{:?}", first.knows);

    let mine = server.interface(&one.instance).await;
    first.until(|it| it.has(&mine)).await;
    let vpc = first.knows.keys().any(|key| key.id.starts_with("vpc-"));
    let group = first.knows.keys().any(|key| key.id.starts_with("sg-"));
    assert!(vpc && group, "{:?}", first.knows);
    assert!(!first.has(&two.instance));

    // A peer in the same VPC: itself and what it has there.
    let mut second = Plain::subscribe(
        server.port,
        &two.keys,
        &two.instance,
        plane,
        &folder.path().join("2"),
    );
    second.until(|it| it.has(&two.instance)).await;
    assert!(!second.has(&mine));
    let theirs = server.interface(&two.instance).await;
    second.until(|it| it.has(&theirs) && it.has(&mine)).await;
    assert!(second.has(&one.instance));
    first
        .until(|it| it.has(&theirs) && it.has(&two.instance))
        .await;

    // Deregistered: the host goes, and its own stream with it.
    server.deregister(&two.arn).await;
    first.until(|it| !it.has(&two.instance)).await;
    let mut state = second.subscription.state();
    let lost = state.wait_for(|state| match state {
        LinkState::Lost(why) => why.contains("not registered any more"),
        _ => false,
    });
    timeout(PATIENCE, lost).await.unwrap().unwrap();
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plane_goes_on_from_what_it_knows() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), 0).await;
    let port = server.port;
    let node = server.node("one", TASKS_ONLY).await;
    let state = folder.path().join("state");
    let mut plain = Plain::subscribe(port, &node.keys, &node.instance, Kind::Network, &state);
    let mine = server.interface(&node.instance).await;
    plain.until(|it| it.has(&mine)).await;

    // The server restarts: what happened meanwhile comes as changes.
    server.end().await;
    let server = Server::start(folder.path(), port).await;
    let more = server.interface(&node.instance).await;
    let snapshots = plain.snapshots;
    plain.until(|it| it.has(&more)).await;
    assert_eq!(plain.snapshots, snapshots, "resumed, not told anew");

    // A refused update brings everything again.
    let third = server.interface(&node.instance).await;
    let delivery = plain.next().await;
    delivery.refused("as the test wants it");
    plain.until(|it| it.snapshots > snapshots).await;
    assert!(plain.has(&mine) && plain.has(&more));
    plain.until(|it| it.has(&third)).await;

    // The plane restarts without a server: the last state is on disk.
    let file = state.join("network.json");
    let saved = async {
        loop {
            let text = tokio::fs::read_to_string(&file).await.unwrap_or_default();
            if text.contains(&third) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, saved).await.unwrap();
    server.end().await;
    drop(plain);
    let mut plain = Plain::subscribe(port, &node.keys, &node.instance, Kind::Network, &state);
    plain.until(|it| it.has(&third)).await;
    assert_eq!(plain.snapshots, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_takes_no_other_hosts_address() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), 0).await;
    let victim = server.node("victim", TASKS_ONLY).await;
    let thief = server.node("thief", TASKS_ONLY).await;
    let (store, hosts) = (&server.store, &server.planes.hosts);
    let address: IpAddr = [10, 9, 9, 9].into();
    let seen = |wish| HostSubscription {
        account: ACCOUNT,
        region: REGION,
        id: &victim.instance,
        zone: "us-east-1a",
        plane: Kind::Network,
        peer: address,
        announced: wish,
    };
    hosts.subscribed(&seen(None), |_| false).await.unwrap();
    let underlay_of = async |instance: &str| {
        let host = PlaneHosts::find(store, ACCOUNT, REGION, instance)
            .await
            .unwrap();
        host.and_then(|host| host.underlay)
    };

    // It is away for a moment: a restart of the server is enough.
    let state = folder.path().join("thief");
    let (keys, instance) = (&thief.keys, &thief.instance);
    let mut plain = Plain::wishing(
        server.port,
        keys,
        instance,
        Kind::Network,
        &state,
        Some(address),
    );
    let why = plain.outcome().await;
    assert!(
        why.contains("10.9.9.9") && why.contains("--underlay"),
        "{why}"
    );
    drop(plain);
    assert_eq!(underlay_of(&victim.instance).await, Some(address));
    assert_eq!(underlay_of(&thief.instance).await, None);

    // With a token that names the address it is the operator's word.
    let grant = Grant {
        underlay: Some(address),
        ..Grant::default()
    };
    server.join_as("thief", grant).await;
    let mut plain = Plain::wishing(
        server.port,
        keys,
        instance,
        Kind::Network,
        &state,
        Some(address),
    );
    assert_eq!(plain.outcome().await, "");
    plain.until(|it| it.has(instance)).await;
    assert_eq!(underlay_of(instance).await, Some(address));
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_is_the_instance_that_it_was_made_for() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), 0).await;
    let (home, own) = (Place::new(ACCOUNT, REGION), "i-0123456789abcdef0");
    let (join, nodes) = (&server.control.0.join, &server.control.0.nodes);
    let grant = Grant {
        made_for: Some(MadeFor {
            instance: own.to_owned(),
            instance_type: "m7i.large".to_owned(),
        }),
        ..Grant::default()
    };
    join.token_of_machine(grant.clone()).await.unwrap();
    assert!(join.revoke(own).await.unwrap());
    assert_eq!(nodes.host_of(&home, own).await.unwrap(), None);

    // Its token says who it is; it cannot say that it is another.
    server.join_as("made", grant).await;
    let node = server.node("made", TASKS_ONLY).await;
    assert_eq!(node.instance, own);
    let host = nodes.host_of(&home, own).await.unwrap();
    assert!(host.is_some());
    let another = Some(r#"{"instanceId":"i-0123456789abcdef1"}"#.to_owned());
    let refused = server.register(node.caller, another).await;
    let refused = refused.unwrap_err().message;
    assert!(refused.contains("is for the instance"), "{refused}");
    // Nobody else is it, whatever he says.
    server.join_as("other", Grant::default()).await;
    let other = server.node("other", TASKS_ONLY).await;
    let same = Some(format!(r#"{{"instanceId":"{own}"}}"#));
    assert!(server.register(other.caller, same).await.is_err());
    assert_eq!(nodes.host_of(&home, own).await.unwrap(), host);

    nodes.remove_of(&home, own).await.unwrap();
    assert_eq!(nodes.host_of(&home, own).await.unwrap(), None);
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_subscribes_as_another() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), 0).await;
    let (one, two) = (
        server.node("one", TASKS_ONLY).await,
        server.node("two", WITH_BALANCERS).await,
    );
    server.interface(&one.instance).await;
    let told = |keys: &SigningKeys, instance: &str, plane, name: &str| {
        let folder = folder.path().join(name);
        let mut plain = Plain::subscribe(server.port, keys, instance, plane, &folder);
        async move { plain.outcome().await }
    };
    let (network, balancers) = (Kind::Network, Kind::LoadBalancer);
    // As another host; on a plane its policy does not name; under a registered id of another.
    let why = told(&two.keys, &one.instance, network, "a").await;
    assert!(why.contains("may not speak for"), "{why}");
    let why = told(&one.keys, &one.instance, balancers, "b").await;
    assert!(
        why.contains("403") && why.contains("wharf:Subscribe"),
        "{why}"
    );
    let why = told(&two.keys, "i-00000000000000000", network, "c").await;
    assert!(why.contains("may not speak for"), "{why}");
    let document = format!(r#"{{"instanceId":"{}"}}"#, one.instance);
    let stolen = server.register(two.caller.clone(), Some(document)).await;
    assert_eq!(stolen.unwrap_err().code, "AccessDeniedException");
    let mut forged = one.keys.clone();
    forged.secret_access_key.push('x');
    let why = told(&forged, &one.instance, network, "d").await;
    assert!(why.contains("InvalidSignature"), "{why}");
    // Each as itself.
    assert_eq!(told(&one.keys, &one.instance, network, "e").await, "");
    assert_eq!(told(&two.keys, &two.instance, balancers, "f").await, "");
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_subscription_of_a_host_counts() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), 0).await;
    let node = server.node("one", TASKS_ONLY).await;
    let folders = [folder.path().join("1"), folder.path().join("2")];
    let [mut old, mut new] = folders.map(|folder| {
        Plain::subscribe(
            server.port,
            &node.keys,
            &node.instance,
            Kind::Network,
            &folder,
        )
    });
    // Whichever was first lost its stream to the other; both come back in turn and miss nothing.
    let mine = server.interface(&node.instance).await;
    old.until(|it| it.has(&mine)).await;
    new.until(|it| it.has(&mine)).await;
    server.end().await;
}

/// What is closed is known as long as the host is connected, and no longer than it is closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unbound_endpoints_are_known_of_connected_hosts() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), 0).await;
    let node = server.node("one", WITH_BALANCERS).await;
    let subscribe = |name: &str, plane| {
        let folder = folder.path().join(name);
        Plain::subscribe(server.port, &node.keys, &node.instance, plane, &folder)
    };
    let endpoint = |port: u16, reason: &str| UnboundEndpoint {
        address: SocketAddr::from(([127, 0, 0, 1], port)),
        reason: reason.to_owned(),
    };
    let known = async |wanted: &[UnboundEndpoint]| {
        let all = async {
            loop {
                let known = server.planes.unbound_endpoints();
                assert!(known.iter().all(|(host, _)| *host == node.instance));
                if known.iter().map(|(_, endpoint)| endpoint).eq(wanted) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, all).await.expect("they become known");
    };
    let mut network = subscribe("a", Kind::Network);
    network
        .subscription
        .closed(vec![endpoint(1, "no load balancer")]);
    assert_eq!(network.outcome().await, "");
    let mut balancers = subscribe("b", Kind::LoadBalancer);
    // Told before the stream is there, and more than anybody reads, with bytes for terminals.
    let many = (0..1000).map(|port| endpoint(port, "taken\u{1b}[2J"));
    balancers.subscription.closed(many.collect());
    assert_eq!(balancers.outcome().await, "");
    let first: Vec<UnboundEndpoint> = (0..256).map(|port| endpoint(port, "taken [2J")).collect();
    known(&first).await;
    balancers.subscription.closed(vec![endpoint(80, "taken")]);
    known(&[endpoint(80, "taken")]).await;
    balancers.subscription.closed(Vec::new());
    known(&[]).await;
    balancers.subscription.closed(vec![endpoint(80, "taken")]);
    known(&[endpoint(80, "taken")]).await;
    drop(balancers);
    known(&[]).await;
    server.end().await;
}
