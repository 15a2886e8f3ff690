//! Records, clock and events.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use rand::{Rng, SeedableRng, rngs::SmallRng};
use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_hosts::Machines;
use wharf_records::{
    Record, Scope, Unknown,
    ecs::{
        Cluster, ClusterStatus, Definition, DefinitionStatus, Deployment, Instance, InstanceStatus,
        Launch, Revision, Scheduling, Service, ServiceNetwork, ServiceStatus, ServiceSubnet,
        TargetKind, TargetSpec, Task, Throttle,
    },
    hosts::{Capacity, Host, Ledger},
};

use super::nodes::Node;
use crate::{
    AgentsConfig as Config, definition, document,
    launch::Order,
    names::Place,
    services::observe::TargetHealth,
    validate,
    view::{Change, Held, Region, Row, Tables},
};

pub const GROUP: &str = "arn:targetgroup/web";
const ZONES: [&str; 3] = ["za", "zb", "zc"];

/// What happens next.
#[derive(Debug)]
pub enum Event {
    LookService(String),
    LookTask(String),
    LookInstance(usize),
    /// EC2 answers a CreateNetworkInterface.
    InterfaceMade(String),
    /// The server's session tells its agent what should run.
    Told(usize),
    /// The same as a whole: what it does not name is unwanted.
    Manifest {
        node: usize,
        connection: u64,
    },
    Container {
        node: usize,
        boot: u64,
        task: String,
        what: Step,
    },
    Reported {
        node: usize,
        connection: u64,
        task: String,
        what: Said,
    },
    /// The host answered the manifest long ago and does not have this task.
    Absent(String),
    Judged(Target),
    Drained(Target),
    Fault(super::chaos::Fault),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Start,
    /// By itself, with this exit code.
    Exit(i32),
    Stop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Running,
    Failed,
    Ended(i32),
}

/// Group, id, port.
pub type Target = (String, String, u16);

pub struct World {
    pub seed: u64,
    pub now: Timestamp,
    pub rng: SmallRng,
    pub config: Config,
    pub place: Place,
    pub scope: Scope,
    pub tables: Tables,
    pub machines: Machines,
    /// Every task there ever was, as the store has it.
    pub tasks: BTreeMap<String, Arc<Task>>,
    pub nodes: Vec<Node>,
    pub targets: BTreeMap<Target, TargetHealth>,
    /// Interface by attachment, and the task that holds each address.
    pub interfaces: BTreeMap<String, String>,
    pub addresses: BTreeMap<String, String>,
    pub definitions: BTreeMap<String, Definition>,
    /// Definitions whose tasks never start.
    pub bad: BTreeSet<String>,
    /// Definitions whose tasks exit by themselves, and after how long.
    pub crashing: BTreeMap<String, Duration>,
    /// When a service was last rolled back.
    pub rolled_back: BTreeMap<String, Timestamp>,
    pub orders: BTreeMap<(String, String), Order>,
    pub accounted: BTreeSet<String>,
    pub next_id: Cell<u64>,
    /// Events so far.
    pub steps: u64,
    /// No more faults of chance.
    pub calm: bool,
    events: BTreeMap<(Timestamp, u64), Event>,
    /// The earliest look that is due, by key.
    looks: BTreeMap<String, Timestamp>,
    sequence: u64,
    revision: u64,
}

impl World {
    pub fn new(seed: u64, nodes: usize) -> Self {
        let place = Place {
            account: "000000000000".to_owned(),
            region: "r".to_owned(),
        };
        let mut world = Self {
            seed,
            now: Timestamp(1_000_000_000),
            rng: SmallRng::seed_from_u64(seed),
            config: Config::default(),
            scope: place.scope(),
            tables: Tables::default(),
            machines: Machines::default(),
            tasks: BTreeMap::new(),
            nodes: Vec::new(),
            targets: BTreeMap::new(),
            interfaces: BTreeMap::new(),
            addresses: BTreeMap::new(),
            definitions: BTreeMap::new(),
            bad: BTreeSet::new(),
            crashing: BTreeMap::new(),
            rolled_back: BTreeMap::new(),
            orders: BTreeMap::new(),
            accounted: BTreeSet::new(),
            next_id: Cell::new(0),
            steps: 0,
            calm: false,
            events: BTreeMap::new(),
            looks: BTreeMap::new(),
            sequence: 0,
            revision: 0,
            place,
        };
        world.add_cluster();
        for number in 0..nodes {
            world.add_node(number);
        }
        world.add_services();
        world
    }

    pub fn region(&self) -> Region<'_> {
        self.tables.region(&self.machines, &self.place)
    }

    /// Milliseconds by chance.
    pub fn chance_ms(&mut self, range: std::ops::Range<u64>) -> Duration {
        Duration::from_millis(self.rng.random_range(range))
    }

    pub fn probably(&mut self, probability: f64) -> bool {
        !self.calm && self.rng.random_bool(probability)
    }

    pub fn fresh(&self) -> u64 {
        self.next_id.set(self.next_id.get() + 1);
        self.next_id.get()
    }

    pub fn after(&mut self, delay: Duration, event: Event) {
        self.sequence += 1;
        self.events.insert((self.now + delay, self.sequence), event);
    }

    pub fn reports_under_way(&self) -> bool {
        let mut events = self.events.values();
        events.any(|event| matches!(event, Event::Reported { .. }))
    }

    /// A look at a key, unless one is due earlier.
    pub fn look(&mut self, key: String, delay: Duration, event: Event) {
        let at = self.now + delay;
        if self
            .looks
            .get(&key)
            .is_some_and(|due| *due <= at && *due >= self.now)
        {
            return;
        }
        self.looks.insert(key, at);
        self.after(delay, event);
    }

    /// The next thing that happens before `until`.
    pub fn next(&mut self, until: Timestamp) -> Option<Event> {
        let first = self.events.first_entry()?;
        if first.key().0 > until {
            return None;
        }
        let ((at, _), event) = first.remove_entry();
        self.now = self.now.max(at);
        self.steps += 1;
        let key = match &event {
            Event::LookService(id) => format!("s{id}"),
            Event::LookTask(id) => format!("t{id}"),
            Event::LookInstance(node) => format!("i{node}"),
            Event::Told(node) => format!("n{node}"),
            _ => return Some(event),
        };
        if self.looks.get(&key).is_some_and(|due| *due <= self.now) {
            self.looks.remove(&key);
        }
        Some(event)
    }

    fn held<T>(&mut self, kind: &str, id: &str, record: T) -> Held<T> {
        self.revision += 1;
        Held {
            record: Arc::new(record),
            key: self.scope.key(kind, id),
            revision: self.revision,
        }
    }

    fn take(&mut self, id: &str, row: Row) {
        let machines = &mut self.machines;
        let tables = &mut self.tables;
        let changes = tables.apply(machines, &self.scope, id, row, self.revision);
        for change in changes {
            match change {
                Change::Task(key) => {
                    let id = key_id(&key);
                    self.look(format!("t{id}"), Duration::ZERO, Event::LookTask(id));
                }
                Change::Service(key) => {
                    let id = key_id(&key);
                    // What happens close together is looked at once.
                    let delay = Duration::from_millis(60);
                    self.look(format!("s{id}"), delay, Event::LookService(id));
                }
                Change::Instance(_) => {}
            }
        }
    }

    pub fn put_task(&mut self, task: Task) {
        let id = format!("{}:{}", task.cluster, task.id);
        let host = task.host.clone();
        let held = self.held(Task::KIND, &id, task);
        self.tasks.insert(id.clone(), held.record.clone());
        self.take(&id, Row::Task(Some(held)));
        self.tell_host(&host);
    }

    pub fn put_ledger(&mut self, host: &str, ledger: Ledger) {
        super::check::ledger(self.seed, host, &ledger);
        let held = self.held(Ledger::KIND, host, ledger);
        self.machines.put_ledger(host, Some(held));
    }

    pub fn put_service(&mut self, service: Service) {
        let id = format!("{}:{}", service.cluster, service.name);
        let held = self.held(Service::KIND, &id, service);
        self.take(&id, Row::Service(Some(held)));
    }

    pub fn put_instance(&mut self, instance: Instance) {
        let id = format!("{}:{}", instance.cluster, instance.id);
        let held = self.held(Instance::KIND, &id, instance);
        self.take(&id, Row::Instance(Some(held)));
    }

    pub fn instance(&self, node: usize) -> Instance {
        let region = self.region();
        let held = region.instance("default", &node_id(node));
        Instance::clone(&held.expect("nodes are never deregistered").record)
    }

    pub fn services(&self) -> Vec<Service> {
        let region = self.region();
        let all = region.services.values();
        all.map(|held| Service::clone(&held.record)).collect()
    }

    fn add_cluster(&mut self) {
        let cluster = Cluster {
            name: "default".to_owned(),
            arn: self.place.cluster("default"),
            status: ClusterStatus::Active,
            created_at: self.now,
            deleted_at: None,
            settings: Vec::new(),
            configuration: None,
            capacity_providers: Vec::new(),
            default_strategy: Vec::new(),
            service_connect_namespace: None,
            tags: BTreeMap::new(),
            unknown: Unknown::new(),
        };
        let held = self.held(Cluster::KIND, "default", cluster);
        self.take("default", Row::Cluster(Some(held)));
    }

    fn add_node(&mut self, number: usize) {
        let id = node_id(number);
        let zone = ZONES[number % ZONES.len()];
        let capacity = Capacity {
            cpu: 2048,
            memory: 4096,
            interfaces: 4,
            reserved: Vec::new(),
        };
        let instance = Instance {
            id: id.clone(),
            arn: self.place.instance("default", &id),
            cluster: "default".to_owned(),
            host: id.clone(),
            ec2_instance: format!("i-{id}"),
            status: InstanceStatus::Active,
            version: 1,
            registered_at: self.now,
            registered_by: "arn:aws:iam::000000000000:user/wharf/wharf-node".to_owned(),
            agent_connected: true,
            disconnected_at: None,
            lost: false,
            agent_version: "1.0.0".to_owned(),
            agent_hash: String::new(),
            docker_version: String::new(),
            attributes: attributes(zone),
            registered: Vec::new(),
            tags: BTreeMap::new(),
            health: None,
            deregistered_at: None,
            unknown: Unknown::new(),
        };
        let host = Host {
            id: id.clone(),
            capacity: capacity.clone(),
            fargate: true,
            accounts: Vec::new(),
            regions: Vec::new(),
            availability_zone: zone.to_owned(),
            instance: instance.arn.clone(),
            unknown: Unknown::new(),
        };
        let ledger = Ledger {
            capacity,
            ..Ledger::default()
        };
        self.nodes.push(Node::default());
        self.put_instance(instance);
        self.put_ledger(&id, ledger);
        let held = self.held(Host::KIND, &id, host);
        self.machines.put_host(&id, Some(held));
    }

    /// Registers a definition; `bad` ones never start.
    pub fn define(&mut self, family: &str, mode: &str, bad: bool) -> String {
        let revision = i32::try_from(self.fresh()).expect("few definitions");
        let port =
            json!([{"containerPort": 80, "hostPort": if mode == "bridge" { 8080 } else { 80 }}]);
        let given = json!({
            "family": family, "networkMode": mode, "cpu": "256", "memory": "512",
            "requiresCompatibilities": [if mode == "bridge" { "EC2" } else { "FARGATE" }],
            "containerDefinitions": [{"name": "web", "image": "i", "portMappings": port}],
        });
        let parsed = definition::define(&decode(&given)).expect("a sound definition");
        let arn = self.place.definition(family, revision);
        let record = Definition {
            family: family.to_owned(),
            revision,
            arn: arn.clone(),
            status: DefinitionStatus::Active,
            registered_at: self.now,
            registered_by: String::new(),
            deregistered_at: None,
            delete_requested_at: None,
            document: document::of_definition(&parsed),
            tags: BTreeMap::new(),
            unknown: Unknown::new(),
        };
        self.definitions.insert(arn.clone(), record);
        if bad {
            self.bad.insert(arn.clone());
        }
        arn
    }

    fn add_services(&mut self) {
        for (name, mode, desired) in [
            ("plain", "awsvpc", 24),
            ("balanced", "awsvpc", 16),
            ("daemon", "bridge", 0),
            ("tight", "awsvpc", 10),
        ] {
            let definition = self.define(name, mode, false);
            let revision = self.revision_of(name, &definition);
            let daemon = name == "daemon";
            let scheduling = if daemon {
                Scheduling::Daemon
            } else {
                Scheduling::Replica
            };
            let mut options = validate::default_options(scheduling);
            if name == "tight" {
                (options.minimum_percent, options.maximum_percent) = (50, 100);
            }
            options.breaker.enable = name != "daemon";
            options.breaker.rollback = name != "daemon";
            let now = self.now;
            self.put_service(Service {
                name: name.to_owned(),
                arn: self.place.service("default", name),
                cluster: "default".to_owned(),
                cluster_arn: self.place.cluster("default"),
                status: ServiceStatus::Active,
                created_at: now,
                created_by: String::new(),
                deleted_at: None,
                scheduling,
                desired,
                options,
                tags: BTreeMap::new(),
                deployments: vec![Deployment::new(revision, now)],
                completed: None,
                rollout: None,
                throttle: Throttle::default(),
                said: BTreeMap::new(),
                steady: false,
                proven_at: None,
                request: String::new(),
                client_token: None,
                unknown: Unknown::new(),
            });
        }
    }

    pub fn revision_of(&self, service: &str, definition: &str) -> Revision {
        let daemon = service == "daemon";
        let subnet = |zone: &&str| ServiceSubnet {
            id: format!("subnet-{zone}"),
            zone: (*zone).to_owned(),
        };
        let target = TargetSpec {
            group: GROUP.to_owned(),
            container: "web".to_owned(),
            port: 80,
            kind: TargetKind::Ip,
        };
        Revision {
            id: format!("{:019}", self.fresh()),
            definition: definition.to_owned(),
            launch: if daemon { Launch::Ec2 } else { Launch::Fargate },
            strategy: Vec::new(),
            platform_version: (!daemon).then(|| "LATEST".to_owned()),
            network: (!daemon).then(|| ServiceNetwork {
                subnets: ZONES.iter().map(subnet).collect(),
                security_groups: Vec::new(),
                public_ip: false,
            }),
            targets: if service == "balanced" {
                vec![target]
            } else {
                Vec::new()
            },
            created_at: self.now,
            unknown: Unknown::new(),
        }
    }
}

/// Names sort as numbers do.
pub fn node_id(number: usize) -> String {
    format!("n{number:03}")
}

pub fn node_of(host: &str) -> usize {
    host[1..].parse().expect("hosts are named by numbers")
}

fn key_id(key: &str) -> String {
    Scope::parse(key)
        .map(|(_, _, id)| id)
        .expect("keys of ours")
}

fn attributes(zone: &str) -> BTreeMap<String, Option<String>> {
    let capabilities = [
        "ecs.capability.task-eni",
        "ecs.capability.task-cpu-mem-limit",
        "com.amazonaws.ecs.capability.docker-remote-api.1.18",
        "com.amazonaws.ecs.capability.docker-remote-api.1.21",
    ];
    let mut all: BTreeMap<String, Option<String>> = capabilities
        .iter()
        .map(|name| ((*name).to_owned(), None))
        .collect();
    all.insert("ecs.availability-zone".to_owned(), Some(zone.to_owned()));
    all
}

fn decode(given: &Value) -> wharf_api_ecs::RegisterTaskDefinitionRequest {
    let schema = &wharf_api_ecs::schema::SERVICE;
    let index = schema
        .find_operation("RegisterTaskDefinition")
        .expect("it is there");
    let mut input = wharf_api_ecs::RegisterTaskDefinitionRequest::default();
    let shape = schema.operations[index].input;
    let body = given.to_string();
    wharf_wire::codec::json::decode(schema, shape, body.as_bytes(), &mut input)
        .expect("a sound definition");
    input
}
