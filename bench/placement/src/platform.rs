//! ECS in this process on a store on disk, with hosts that are registered and never answer.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;
use wharf_api_ecs::{self as api, Ecs};
use wharf_base::{Clock, Permit, SystemClock, Timestamp};
use wharf_hosts::Hosts;
use wharf_placement::ledger;
use wharf_records::{
    Record, Scope, Unknown, decode,
    ecs::{Instance, InstanceStatus, Task},
    encode,
    hosts::{Capacity, Claim, Host, Ledger},
    machine,
};
use wharf_seal::Keyring;
use wharf_store::{Range, Store, StoreOptions, Txn};
use wharf_svc_ecs::{AgentsConfig, EcsService, Parts};
use wharf_wire::{Call, Context};

use crate::neighbours::{NoEc2, NoRoles};

const ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";
const CLUSTER: &str = "default";
const PERMIT: Permit = Permit::for_controller("bench");
/// Nothing is to happen because hosts are silent.
const NEVER: Duration = Duration::from_secs(1 << 20);
/// Claims that stand on every host's ledger already.
const EARLIER: u32 = 16;
/// Hosts written in one transaction.
const AT_ONCE: usize = 40;

pub struct Platform {
    pub ecs: EcsService,
    pub store: Store,
    stop: CancellationToken,
    _folder: tempfile::TempDir,
}

impl Platform {
    /// A cluster with `hosts` container instances in three zones, and the task definition `web`.
    pub async fn start(hosts: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let store = Store::open(folder.path(), StoreOptions::default())?;
        let keyring = Arc::new(Keyring::in_memory());
        let machines = Hosts::new(store.clone());
        let mut parts = Parts::new(
            store.clone(),
            machines.clone(),
            keyring,
            Arc::new(NoEc2),
            Arc::new(NoRoles),
        );
        parts.config.agents = AgentsConfig {
            disconnect_grace: NEVER,
            node_lost_timeout: NEVER,
            other_agent_lost_timeout: NEVER,
            ..AgentsConfig::default()
        };
        let ecs = EcsService::new(parts);
        let stop = CancellationToken::new();
        let (running, until) = (ecs.clone(), stop.clone());
        tokio::spawn(async move {
            tokio::join!(machines.feed(until.clone()), running.run(until));
        });
        ecs.create_cluster(&call(), api::CreateClusterRequest::default())
            .await?;
        register(&store, hosts).await?;
        let definition = api::RegisterTaskDefinitionRequest {
            family: Some("web".to_owned()),
            network_mode: Some("bridge".to_owned()),
            container_definitions: Some(vec![api::ContainerDefinition {
                name: Some("web".to_owned()),
                image: Some("web:1".to_owned()),
                cpu: Some(256),
                memory: Some(512),
                essential: Some(true),
                ..api::ContainerDefinition::default()
            }]),
            ..api::RegisterTaskDefinitionRequest::default()
        };
        ecs.register_task_definition(&call(), definition).await?;
        Ok(Self {
            ecs,
            store,
            stop,
            _folder: folder,
        })
    }

    /// Tasks in the store.
    pub async fn tasks(&self) -> anyhow::Result<usize> {
        let range = Range::prefix(scope().prefix(Task::KIND)).count_only();
        Ok(self.store.range(range).await?.count)
    }

    /// Every task's claim stands on its host's ledger, and no ledger promises more than there is.
    pub async fn verify(&self) -> anyhow::Result<()> {
        let tasks = self.store.all(Range::prefix(scope().prefix(Task::KIND)));
        let mut claimed = BTreeMap::<String, Vec<String>>::new();
        for entry in tasks.await?.entries {
            let task: Task = decode(&entry.value)?;
            claimed.entry(task.host).or_default().push(task.arn);
        }
        let prefix = machine::folder(Ledger::KIND);
        for entry in self.store.all(Range::prefix(&prefix)).await?.entries {
            let ledger: Ledger = decode(&entry.value)?;
            let host = entry.key.trim_start_matches(&prefix);
            let mut tasks = claimed.remove(host).unwrap_or_default();
            tasks.sort();
            let own = |claimant: &String| claimant.contains(&format!("/{CLUSTER}/"));
            let mut claims: Vec<_> = ledger.claims.claimants().filter(own).collect();
            claims.sort();
            anyhow::ensure!(
                claims == tasks,
                "the ledger of {host} is not what runs there"
            );
            let held = ledger.claims.alike();
            let held: u32 = held.map(|(claim, count)| claim.cpu * count).sum();
            let free = ledger::free(&ledger).cpu;
            anyhow::ensure!(
                held + free == ledger.capacity.cpu,
                "{host} is overcommitted"
            );
        }
        anyhow::ensure!(claimed.is_empty(), "tasks on hosts without a ledger");
        Ok(())
    }

    pub async fn end(self) {
        self.stop.cancel();
        drop(self.ecs);
        self.store.close().await;
    }
}

pub fn call() -> Call {
    let mut context = Context::internal(ACCOUNT, REGION, "bench", now());
    context.caller = wharf_wire::Caller::root(ACCOUNT);
    Call::by_controller(context, PERMIT)
}

fn now() -> Timestamp {
    SystemClock.now()
}

pub fn scope() -> Scope {
    Scope::new("ecs", ACCOUNT, REGION)
}

/// Writes the hosts as their registration and the connection of their agents would have.
async fn register(store: &Store, hosts: usize) -> anyhow::Result<()> {
    for from in (0..hosts).step_by(AT_ONCE) {
        let numbers = from..(from + AT_ONCE).min(hosts);
        let txn = numbers.fold(Txn::new(), with_host);
        store.txn(&PERMIT, txn).await.context("hosts")?;
    }
    Ok(())
}

fn with_host(txn: Txn, number: usize) -> Txn {
    let id = format!("{number:032x}");
    let zone = format!("{REGION}{}", ["a", "b", "c"][number % 3]);
    let kind = format!("m5.{}xlarge", 1 << (number % 4));
    let attributes = BTreeMap::from([
        ("ecs.availability-zone".to_owned(), Some(zone.clone())),
        ("ecs.instance-type".to_owned(), Some(kind)),
        ("ecs.os-type".to_owned(), Some("linux".to_owned())),
        ("ecs.cpu-architecture".to_owned(), Some("x86_64".to_owned())),
    ]);
    // Room for 64 tasks more than there are.
    let capacity = Capacity {
        cpu: 256 * (EARLIER + 64),
        memory: 512 * (EARLIER + 64),
        interfaces: 120,
        disk: None,
        reserved: Vec::new(),
    };
    let arn = format!("arn:aws:ecs:{REGION}:{ACCOUNT}:container-instance/{CLUSTER}/{id}");
    let instance = Instance {
        id: id.clone(),
        arn: arn.clone(),
        cluster: CLUSTER.to_owned(),
        host: id.clone(),
        ec2_instance: format!("i-{number:017x}"),
        status: InstanceStatus::Active,
        version: 1,
        registered_at: now(),
        registered_by: String::new(),
        of_ec2: false,
        agent_connected: true,
        disconnected_at: None,
        lost: false,
        capacity_provider: None,
        agent_version: "1.0.0".to_owned(),
        agent_hash: String::new(),
        docker_version: String::new(),
        attributes,
        registered: Vec::new(),
        tags: BTreeMap::new(),
        health: None,
        deregistered_at: None,
        unknown: Unknown::new(),
    };
    let host = Host {
        id: id.clone(),
        capacity: capacity.clone(),
        fargate: false,
        availability_zone: zone,
        accounts: Vec::new(),
        regions: Vec::new(),
        instance: arn,
        unknown: Unknown::new(),
    };
    let claim = |task: u32| {
        let id = format!("{task:08x}{number:024x}");
        let claim = Claim {
            cpu: 256,
            memory: 512,
            ..Claim::default()
        };
        (
            format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task/other/{id}"),
            claim,
        )
    };
    let mut ledger = Ledger {
        capacity,
        ..Ledger::default()
    };
    for (claimant, claim) in (0..EARLIER).map(claim) {
        ledger.claims.insert(&claimant, claim);
    }
    let key = |kind, id: &str| scope().key(kind, id);
    txn.put(
        key(Instance::KIND, &format!("{CLUSTER}:{id}")),
        encode(&instance),
    )
    .put(Host::key(&id), encode(&host))
    .put(Ledger::key(&id), encode(&ledger))
}
