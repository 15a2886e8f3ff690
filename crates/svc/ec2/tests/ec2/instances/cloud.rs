//! EC2 with the hosts that it places instances on.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// Hosts that keep volumes say so.
pub const VOLUMES: &str = "ecs.capability.storage.ebs-task-volume-attach";

/// A profile that has none yet.
pub const NO_ROLE: &str = "no-role";
/// A profile that is not of the path `/`.
pub const OF_PATH: &str = "of-path";

/// Counts how often it was looked up.
#[derive(Clone, Default)]
struct OneProfile(Arc<AtomicUsize>);

#[async_trait]
impl Profiles for OneProfile {
    async fn find(&self, account: &str, name: &str) -> Result<Option<FoundProfile>, Fault> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let role =
            (name == "ecsInstanceRole").then(|| format!("arn:aws:iam::{account}:role/{name}"));
        let path = match name {
            OF_PATH => "ops/",
            _ => "",
        };
        let is_there = role.is_some() || [NO_ROLE, OF_PATH].contains(&name);
        Ok(is_there.then(|| FoundProfile {
            arn: format!("arn:aws:iam::{account}:instance-profile/{path}{name}"),
            id: "AIPA1".to_owned(),
            role,
        }))
    }
}

/// EC2 with its reconciler, and the hosts it places instances on.
pub struct Cloud {
    pub world: World,
    pub hosts: Hosts,
    pub clock: Arc<TestClock>,
    pub metrics: Vended,
    pub ec2: Arc<Ec2Service>,
    pub blobs: Blobs,
    profile: OneProfile,
    _folder: tempfile::TempDir,
    _fed: DropGuard,
    pub running: Option<DropGuard>,
    /// Who makes machines, if somebody does.
    pub maker: Option<Box<dyn Fn() -> MakerParts + Send + Sync>>,
}

impl Cloud {
    pub async fn new(machines: &[&str]) -> Self {
        let cloud = Self::over(world());
        for machine in machines {
            cloud.join(machine).await;
        }
        cloud.begun()
    }

    /// Without hosts, and the service does not run yet.
    pub fn over(world: World) -> Self {
        let hosts = Hosts::new(world.store.clone());
        let stop = CancellationToken::new();
        let (feeding, until) = (hosts.clone(), stop.clone());
        tokio::spawn(async move { feeding.feed(until).await });
        let clock = Arc::new(TestClock::at(Timestamp(1_700_000_000_000)));
        let folder = tempfile::tempdir().unwrap();
        let limits = wharf_blobs::Limits::default();
        Self {
            blobs: Blobs::open(folder.path(), world.keyring.clone(), limits).unwrap(),
            profile: OneProfile::default(),
            _folder: folder,
            ec2: Arc::new(Ec2Service::new(world.store.clone(), world.keyring.clone())),
            _fed: stop.drop_guard(),
            running: None,
            maker: None,
            world,
            hosts,
            clock,
            metrics: Vended::default(),
        }
    }

    pub fn begun(mut self) -> Self {
        self.restart();
        self
    }

    /// The service begins anew, as after a kill.
    pub fn restart(&mut self) {
        let (store, keyring) = (self.world.store.clone(), self.world.keyring.clone());
        let ec2 = Ec2Service::new(store, keyring).keeping(Parts {
            hosts: self.hosts.clone(),
            profiles: Arc::new(self.profile.clone()),
            metrics: self.metrics.clone(),
            clock: self.clock.clone(),
            takeover: Takeover::Replace,
        });
        ec2.bytes_among(Wants {
            store: self.world.store.clone(),
            blobs: self.blobs.clone(),
            clock: self.clock.clone(),
            unused_life: Duration::from_secs(3600),
        });
        if let Some(maker) = &self.maker {
            ec2.machines_by(maker());
        }
        let stop = CancellationToken::new();
        let (running, until) = (ec2.clone(), stop.clone());
        tokio::spawn(async move { running.run(until).await });
        self.ec2 = Arc::new(ec2);
        self.running = Some(stop.drop_guard());
    }

    pub async fn join(&self, machine: &str) {
        self.join_with_disk(machine, None).await;
    }

    pub async fn join_with_disk(&self, machine: &str, disk: Option<u32>) {
        let capacity = Capacity {
            cpu: 1024,
            memory: 4096,
            interfaces: 8,
            disk,
            ..Capacity::default()
        };
        self.join_with(machine, capacity).await;
    }

    pub async fn join_with(&self, machine: &str, capacity: Capacity) {
        let id = format!("host-of-{machine}");
        let host = Host {
            id: id.clone(),
            capacity: capacity.clone(),
            fargate: true,
            accounts: Vec::new(),
            regions: Vec::new(),
            availability_zone: "us-east-1a".to_owned(),
            instance: format!("arn of {machine}"),
            unknown: Unknown::new(),
        };
        let plane = PlaneHost {
            id: machine.to_owned(),
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            underlay: None,
            zone: "us-east-1a".to_owned(),
            balancers: false,
            unknown: Unknown::new(),
        };
        let ledger = Ledger {
            capacity,
            ..Ledger::default()
        };
        let txn = Txn::new()
            .put(Host::key(&id), encode(&host))
            .put(PlaneHost::key(machine), encode(&plane))
            .put(Ledger::key(&id), encode(&ledger));
        assert!(self.world.store.txn(&PERMIT, txn).await.unwrap().succeeded);
        self.connected(machine, true);
    }

    /// Somebody registered a container instance that says it is a host of that zone.
    pub async fn stranger(&self, machine: &str, zone: &str) {
        let id = format!("host-of-{machine}");
        let host = Host {
            id: id.clone(),
            capacity: Capacity::default(),
            fargate: false,
            accounts: Vec::new(),
            regions: Vec::new(),
            availability_zone: zone.to_owned(),
            instance: format!("arn of {machine}"),
            unknown: Unknown::new(),
        };
        let txn = Txn::new().put(Host::key(&id), encode(&host));
        assert!(self.world.store.txn(&PERMIT, txn).await.unwrap().succeeded);
        let is_known = || async { self.hosts.read(|it| it.hosts().get(&id).is_some()) };
        until("the host is known", is_known).await;
        self.offers(machine, false, "own-image,snapshots,sealed");
        let name = format!("arn of {machine}");
        self.hosts.write(|machines| {
            let mut said = machines.registration(&id).unwrap().clone();
            (said.account, said.of_installation) = ("999999999999".to_owned(), false);
            machines.register(&name, Some(said));
        });
    }

    pub fn connected(&self, machine: &str, connected: bool) {
        self.offers(machine, connected, "own-image,snapshots,sealed");
    }

    /// By what it says of itself.
    pub fn offers(&self, machine: &str, connected: bool, words: &str) {
        let value = Some(words.to_owned());
        let registration = Registration {
            host: format!("host-of-{machine}"),
            account: wharf_testkit::ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            cluster_arn: "a cluster".to_owned(),
            provider: None,
            of_provider_alone: false,
            of_installation: true,
            of_other_machine: true,
            active: true,
            agent_connected: connected,
            disconnected_at: (!connected).then(|| self.clock.now()),
            agent_version: String::new(),
            ec2_instance: machine.to_owned(),
            registered_at: Timestamp(0),
            attributes: BTreeMap::from([
                ("wharf.instances".to_owned(), value),
                (VOLUMES.to_owned(), None),
            ]),
        };
        let name = format!("arn of {machine}");
        self.hosts.write(|machines| {
            machines.set_reachable(&registration.host, connected);
            machines.register(&name, Some(registration));
        });
    }

    /// It was deregistered.
    pub async fn leave(&self, machine: &str) {
        self.hold(machine, |ledger| ledger.capacity = Capacity::default())
            .await;
    }

    /// Others change what they hold of a host.
    pub async fn hold(&self, machine: &str, change: impl Fn(&mut Ledger)) {
        let key = Ledger::key(&format!("host-of-{machine}"));
        loop {
            let entry = self.world.store.get(&key).await.unwrap().unwrap();
            let mut ledger: Ledger = wharf_records::decode(&entry.value).unwrap();
            change(&mut ledger);
            // The service claims and gives back meanwhile.
            let txn = Txn::new().when(Compare::unchanged(&entry));
            let txn = txn.put(&key, encode(&ledger));
            if self.world.store.txn(&PERMIT, txn).await.unwrap().succeeded {
                return;
            }
        }
    }

    /// How often a profile was looked up.
    pub fn looked_up(&self) -> usize {
        self.profile.0.load(Ordering::Relaxed)
    }

    pub fn image(&self) -> String {
        PublicImage::for_ecs(REGION).id
    }

    pub fn asked(&self) -> RunInstancesRequest {
        RunInstancesRequest {
            image_id: Some(self.image()),
            instance_type: Some("t3.micro".to_owned()),
            min_count: Some(1),
            max_count: Some(1),
            ..Default::default()
        }
    }

    pub async fn run(&self) -> String {
        let made = self.ec2.run_instances(&self.call(), self.asked()).await;
        id(&made.unwrap())
    }

    pub fn call(&self) -> Call {
        wharf_testkit::call_at(self.clock.now())
    }

    pub async fn told(&self) -> Vec<machine::Instance> {
        let prefix = wharf_store::Range::prefix(plane::prefix());
        let all = self.world.store.all(prefix).await.unwrap().entries;
        let resources = all
            .iter()
            .filter_map(|it| plane::resource(it, &self.world.keyring));
        let instances = resources.filter_map(|it| match it {
            Resource::Instance(it) => Some(*it),
            _ => None,
        });
        instances.collect()
    }

    pub async fn told_of(&self, id: &str) -> Option<machine::Instance> {
        self.told().await.into_iter().find(|it| it.id == id)
    }

    pub async fn placed(&self, id: &str) -> machine::Instance {
        until("an instance has a host", || async {
            self.told_of(id).await.is_some()
        })
        .await;
        self.told_of(id).await.unwrap()
    }

    /// The host of an instance says something of it.
    pub async fn says(&self, told: &machine::Instance, state: Reported) {
        self.says_why(told, state, None).await;
    }

    pub async fn says_why(&self, told: &machine::Instance, state: Reported, why: Option<&str>) {
        let report = InstanceReport {
            id: told.id.clone(),
            boot: told.boot,
            state,
            reason: why.map(str::to_owned),
            kubelet: None,
        };
        let reports = vec![(Told::of(told), report)];
        let taken = self.ec2.instances_reported(&told.host, reports).await;
        taken.unwrap();
    }

    pub async fn shown(&self, id: &str) -> Instance {
        let asked = DescribeInstancesRequest {
            instance_ids: Some(vec![id.to_owned()]),
            ..Default::default()
        };
        let shown = self.ec2.describe_instances(&self.call(), asked).await;
        let mut reservations = shown.unwrap().reservations.unwrap();
        reservations.remove(0).instances.unwrap().remove(0)
    }

    pub async fn state(&self, id: &str) -> String {
        self.shown(id).await.state.unwrap().name.unwrap()
    }

    pub async fn becomes(&self, id: &str, state: &str) {
        until(&format!("{id} is {state}"), || async {
            self.state(id).await == state
        })
        .await;
    }

    pub async fn terminate(&self, id: &str) -> Result<TerminateInstancesResult, Fault> {
        let asked = TerminateInstancesRequest {
            instance_ids: Some(vec![id.to_owned()]),
            ..Default::default()
        };
        self.ec2.terminate_instances(&self.call(), asked).await
    }

    pub async fn stop(&self, id: &str) -> Result<StopInstancesResult, Fault> {
        let asked = StopInstancesRequest {
            instance_ids: Some(vec![id.to_owned()]),
            ..Default::default()
        };
        self.ec2.stop_instances(&self.call(), asked).await
    }

    pub async fn start(&self, id: &str) -> Result<StartInstancesResult, Fault> {
        let asked = StartInstancesRequest {
            instance_ids: Some(vec![id.to_owned()]),
            ..Default::default()
        };
        self.ec2.start_instances(&self.call(), asked).await
    }

    /// Who claims room, of all machines.
    pub async fn claimants(&self) -> Vec<String> {
        self.hosts.up_to_date().await;
        self.hosts.read(|machines| {
            let ledgers = machines.ledgers().values();
            let all = ledgers.flat_map(|it| it.claims.claimants().collect::<Vec<_>>());
            all.collect()
        })
    }

    pub async fn claims(&self, id: &str) -> bool {
        self.claim(id).await.is_some()
    }

    /// What an instance claims.
    pub async fn claim(&self, id: &str) -> Option<Claim> {
        let name = format!("instance/{id}");
        self.hosts.up_to_date().await;
        self.hosts.read(|machines| {
            let mut ledgers = machines.ledgers().values();
            ledgers.find_map(|it| it.claims.get(&name).cloned())
        })
    }

    /// Addresses that are in use.
    pub async fn addresses(&self) -> usize {
        let keys = self
            .world
            .store
            .all_keys(wharf_store::Range::prefix(plane::prefix()));
        let keys = keys.await.unwrap().entries;
        keys.iter()
            .filter(|it| it.key.contains("/address/"))
            .count()
    }
}

pub fn id(reservation: &Reservation) -> String {
    let instances = reservation.instances.as_ref().unwrap();
    instances[0].instance_id.clone().unwrap()
}
