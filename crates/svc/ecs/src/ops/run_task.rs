//! RunTask: chooses hosts, claims them and writes the tasks in one transaction.
//!
//! The transaction compares the ledger of every host it claims on, so two servers can never promise
//! the same room twice; when another got there first, the view is brought up to date and the choice
//! made again.

use std::collections::{BTreeMap, BTreeSet};

use rand::{Rng, seq::SliceRandom};
use sha2::{Digest, Sha256};
use wharf_api_ecs::{Failure, RunTaskRequest, RunTaskResponse, TaskOverride, faults};
use wharf_base::ids;
use wharf_placement::{Demand, HostIx, Refusal, ledger, place};
use wharf_records::{
    Record, Unknown,
    ecs::{
        ClientToken, Cluster, Definition, DefinitionStatus, InstanceStatus, Launch, Ledger, Task,
    },
    encode,
};
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use super::subnets::{self, Subnet};
use crate::{
    core::{Core, MAX_TRIES, Stored, conflict},
    document, fault,
    launch::{self, Order},
    make::{self, Spot},
    names::{Place, role_arn},
    provider, show,
    task::settle,
    view::{Held, Region},
};

/// How long a client token is remembered.
pub const TOKEN_TTL: std::time::Duration = std::time::Duration::from_secs(24 * 3600);
/// The reason Fargate gives when no host has room; hosts themselves are not the caller's business.
const NO_FARGATE: &str = "Capacity is unavailable at this time. Please try again later or in a different availability zone";

pub async fn run_task(
    core: &Core,
    call: &Call,
    mut input: RunTaskRequest,
) -> Result<RunTaskResponse, Fault> {
    full_roles(&call.account, input.overrides.as_mut());
    let cluster = core.cluster(call, input.cluster.as_deref()).await?;
    let count = match input.count.unwrap_or(1) {
        count @ 1..=10 => usize::try_from(count).unwrap_or(1),
        _ => return Err(fault::invalid("count must be between 1 and 10.")),
    };
    let token = Token::read(core, call, &cluster, &input).await?;
    if let Some(made) = token.as_ref().and_then(|token| token.made.as_ref()) {
        return repeat(core, made).await;
    }
    let place = Place::of(call);
    let definition = active_definition(core, &place, input.task_definition.as_deref()).await?;
    let source = provider::source(
        &cluster,
        input.launch_type.as_deref(),
        input.capacity_provider_strategy.as_ref(),
        count,
    )?;
    let order = launch::run(&input, &cluster.name, source.launch, &definition.record)?;
    check_roles(core, call, &order).await?;
    let subnets = match &order.network {
        Some(network) => subnets::resolve(core, call, network).await?,
        None => Vec::new(),
    };
    let job = Job {
        place,
        cluster,
        definition,
        order,
        subnets,
        count,
        providers: source.providers,
    };
    job.run(core, call, token).await
}

/// Overridden roles may be given by their names alone.
pub fn full_roles(account: &str, overrides: Option<&mut TaskOverride>) {
    let Some(overrides) = overrides else { return };
    for role in [
        &mut overrides.task_role_arn,
        &mut overrides.execution_role_arn,
    ] {
        *role = role.take().map(|given| role_arn(account, &given));
    }
}

/// The definition to start tasks of.
pub async fn active_definition(
    core: &Core,
    place: &Place,
    given: Option<&str>,
) -> Result<Stored<Definition>, Fault> {
    let found = core.definition(place, given.unwrap_or_default()).await?;
    let found = found.ok_or_else(|| fault::client("TaskDefinition not found."))?;
    match found.record.status {
        DefinitionStatus::Active => Ok(found),
        _ => Err(fault::client("TaskDefinition is inactive")),
    }
}

/// Roles that cannot be assumed are refused before anything starts.
pub async fn check_roles(core: &Core, call: &Call, order: &Order) -> Result<(), Fault> {
    let task = order
        .overrides
        .task_role_arn
        .as_ref()
        .or(order.parsed.task_role_arn.as_ref());
    let execution = order
        .overrides
        .execution_role_arn
        .as_ref()
        .or(order.parsed.execution_role_arn.as_ref());
    for role in [task, execution].into_iter().flatten() {
        match core.parts.credentials.usable(&call.account, role).await {
            Ok(()) => {}
            Err(crate::config::RoleError::Unusable(_)) => {
                return Err(fault::client(crate::task::stop::role_text(role)));
            }
            Err(unavailable) => return Err(fault::server(&unavailable)),
        }
    }
    Ok(())
}

/// The client token of a call, with what it led to before.
struct Token {
    key: String,
    request: String,
    made: Option<Vec<String>>,
}

impl Token {
    async fn read(
        core: &Core,
        call: &Call,
        cluster: &Cluster,
        input: &RunTaskRequest,
    ) -> Result<Option<Self>, Fault> {
        let Some(token) = input.client_token.as_deref().filter(|t| !t.is_empty()) else {
            return Ok(None);
        };
        if token.len() > 64 || !token.bytes().all(|b| (33..=126).contains(&b)) {
            return Err(fault::invalid(
                "clientToken can have up to 64 characters in the range of 33-126 of ASCII.",
            ));
        }
        let id = format!("RunTask:{}:{token}", cluster.name);
        let key = Place::of(call).scope().key(ClientToken::KIND, &id);
        let request = document::of_request("RunTask", input).to_string();
        let request = hex::encode(Sha256::digest(request.as_bytes()));
        let found = core.read::<ClientToken>(&key).await?;
        let made = match found {
            None => None,
            Some(found) if found.record.request == request => Some(found.record.made),
            Some(found) => {
                return Err(faults::conflict_exception(
                    "The client token was used with other parameters before.",
                )
                .with("resourceIds", found.record.made));
            }
        };
        Ok(Some(Self { key, request, made }))
    }
}

/// The same tasks again, as they are now.
async fn repeat(core: &Core, made: &[String]) -> Result<RunTaskResponse, Fault> {
    let mut tasks = Vec::new();
    for arn in made {
        if let Some(task) = core.task_by_arn(arn).await? {
            tasks.push(show::task(&task.record, true).map_err(|e| fault::server(&e))?);
        }
    }
    Ok(RunTaskResponse {
        tasks: Some(tasks),
        failures: Some(Vec::new()),
    })
}

struct Job {
    place: Place,
    cluster: Held<Cluster>,
    definition: Stored<Definition>,
    order: Order,
    subnets: Vec<Subnet>,
    count: usize,
    /// Capacity provider of each task, if any.
    providers: Vec<Option<String>>,
}

/// A host for one task.
#[derive(Debug, Clone)]
struct Choice {
    host: String,
    subnet: Option<Subnet>,
}

impl Job {
    async fn run(
        &self,
        core: &Core,
        call: &Call,
        token: Option<Token>,
    ) -> Result<RunTaskResponse, Fault> {
        // Never closed.
        let _turn = core.placements.acquire().await.ok();
        for _ in 0..MAX_TRIES {
            core.up_to_date().await;
            let (txn, tasks, failures) = self.attempt(core, call)?;
            let txn = self
                .with_token(core, call, txn, token.as_ref(), &tasks)
                .await?;
            if tasks.is_empty() || core.commit(&call.permit, txn).await? {
                let shown: Result<Vec<_>, _> = tasks.iter().map(|t| show::task(t, true)).collect();
                return Ok(RunTaskResponse {
                    tasks: Some(shown.map_err(|e| fault::server(&e))?),
                    failures: Some(failures),
                });
            }
            // The same token may have been served meanwhile, by another server or call.
            if let Some(token) = &token
                && let Some(found) = core.read::<ClientToken>(&token.key).await?
            {
                return repeat(core, &found.record.made).await;
            }
        }
        Err(conflict(&self.cluster.key).into())
    }

    /// One choice on the view as it is, and the transaction that would make it true.
    fn attempt(&self, core: &Core, call: &Call) -> Result<(Txn, Vec<Task>, Vec<Failure>), Fault> {
        let mut rng = core.rng();
        core.view.read(&self.place, |region| {
            self.check_instances(region)?;
            let (choices, failures) = self.choose(region, &mut rng);
            let (txn, tasks) = self.write(core, call, region, &choices)?;
            Ok((txn, tasks, failures))
        })
    }

    fn check_instances(&self, region: &Region) -> Result<(), Fault> {
        let mut instances = region.instances_of(&self.cluster.name);
        let any = match self.order.launch {
            Launch::Fargate => true,
            Launch::Ec2 => instances.any(|instance| instance.status == InstanceStatus::Active),
            // Instances of other platforms register with ids of their own kind.
            Launch::External => instances.any(|instance| {
                instance.status == InstanceStatus::Active
                    && instance.ec2_instance.starts_with("mi-")
            }),
        };
        match any {
            true => Ok(()),
            false => Err(fault::invalid(
                "No Container Instances were found in your cluster.",
            )),
        }
    }

    fn choose(&self, region: &Region, rng: &mut impl Rng) -> (Vec<Choice>, Vec<Failure>) {
        let zones = self.subnets.iter().map(|subnet| subnet.zone.as_str());
        let serving = Serving::new(region, zones, self.order.launch);
        let demand = self.demand(&serving);
        let placed = place(&region.fleet, &demand, self.count, rng);
        let mut subnets = self.subnets.clone();
        subnets.shuffle(rng);
        let mut choices = Vec::new();
        for row in &placed.hosts {
            let id = region.fleet.id(*row);
            let zone = region
                .hosts
                .get(id)
                .map_or("", |host| host.availability_zone.as_str());
            let subnet = subnets
                .iter()
                .position(|subnet| serving.fits(&subnet.zone, zone));
            // The next task takes the next subnet, so that a batch spreads over them.
            let subnet = subnet.map(|at| {
                let chosen = subnets.remove(at);
                subnets.push(chosen.clone());
                chosen
            });
            choices.push(Choice {
                host: id.to_owned(),
                subnet,
            });
        }
        let failures = self.failures(region, &placed.refusals, self.count - choices.len());
        (choices, failures)
    }

    fn demand(&self, serving: &Serving) -> Demand {
        let mut demand = self.order.demand(&self.cluster.arn);
        demand.zones = serving.zones();
        demand
    }

    /// One failure per host that refused; of Fargate one per task, without saying whose.
    fn failures(&self, region: &Region, refusals: &[Refusal], missing: usize) -> Vec<Failure> {
        if self.order.launch == Launch::Fargate {
            let one = || Failure {
                reason: Some(NO_FARGATE.to_owned()),
                ..Failure::default()
            };
            return std::iter::repeat_with(one).take(missing).collect();
        }
        let arn = |row: HostIx| {
            let host = region.hosts.get(region.fleet.id(row));
            host.map(|host| host.instance.clone()).unwrap_or_default()
        };
        refusals
            .iter()
            .map(|r| show::failure(arn(r.host), r.reason.as_str()))
            .collect()
    }

    fn write(
        &self,
        core: &Core,
        call: &Call,
        region: &Region,
        choices: &[Choice],
    ) -> Result<(Txn, Vec<Task>), Fault> {
        let mut txn = Txn::new()
            .when(self.cluster.unchanged())
            .when(self.definition.unchanged());
        let mut ledgers = BTreeMap::<&str, (Compare, String, Ledger)>::new();
        let mut tasks = Vec::new();
        for (number, choice) in choices.iter().enumerate() {
            let Some(task) = self.make(core, call, region, choice, number) else {
                continue;
            };
            let Some(held) = region.ledgers.get(&choice.host) else {
                continue;
            };
            let (_, _, ledger) = ledgers.entry(&choice.host).or_insert_with(|| {
                (
                    held.unchanged(),
                    held.key.clone(),
                    Ledger::clone(&held.record),
                )
            });
            // Placement has seen this very ledger, so a shortage cannot be; a refused claim must
            // all the same never become a task.
            if ledger::claim(ledger, &task.arn, task.claim.clone()).is_err() {
                continue;
            }
            let key = self
                .place
                .scope()
                .key(Task::KIND, &format!("{}:{}", task.cluster, task.id));
            txn = txn.put(key, encode(&task));
            tasks.push(task);
        }
        for (host, (unchanged, key, ledger)) in &ledgers {
            txn = txn.when(unchanged.clone()).put(key.clone(), encode(ledger));
            // Not drained, deregistered or lost meanwhile.
            let instance = region.hosts.get(*host).map(|host| host.instance.clone());
            if let Some(instance) = instance.and_then(|arn| region.instance_by_arn(&arn)) {
                txn = txn.when(instance.unchanged());
            }
        }
        Ok((txn, tasks))
    }

    fn make(
        &self,
        core: &Core,
        call: &Call,
        region: &Region,
        choice: &Choice,
        number: usize,
    ) -> Option<Task> {
        let host = region.hosts.get(&choice.host)?;
        let instance = region.instance_by_arn(&host.instance)?;
        let zone = choice
            .subnet
            .as_ref()
            .map_or(&host.availability_zone, |subnet| &subnet.zone);
        let spot = Spot {
            id: ids::hex32(),
            cluster: &self.cluster,
            instance,
            host: &choice.host,
            zone,
            subnet: choice.subnet.as_ref().map(|subnet| subnet.id.as_str()),
            capacity_provider: self.providers.get(number).cloned().flatten(),
            credentials_seed: core.credentials_seed(),
        };
        let mut task = make::task(&self.place, &self.order, spot, call.now);
        settle(&mut task, call.now);
        Some(task)
    }

    async fn with_token(
        &self,
        core: &Core,
        call: &Call,
        txn: Txn,
        token: Option<&Token>,
        tasks: &[Task],
    ) -> Result<Txn, Fault> {
        let Some(token) = token.filter(|_| !tasks.is_empty()) else {
            return Ok(txn);
        };
        let record = ClientToken {
            request: token.request.clone(),
            made: tasks.iter().map(|task| task.arn.clone()).collect(),
            created_at: call.now,
            unknown: Unknown::new(),
        };
        let lease = core.parts.store.lease_grant(&call.permit, TOKEN_TTL).await;
        let lease = lease.map_err(fault::of_store)?;
        Ok(txn
            .when(Compare::absent(&token.key))
            .put_leased(&token.key, encode(&record), lease))
    }
}

/// Which subnets a host of some zone can serve. A zone that has no host of its own is served by every
/// host: on one machine all zones are that machine.
pub struct Serving {
    wanted: BTreeSet<String>,
    /// Zones of `wanted` without a host.
    orphaned: BTreeSet<String>,
}

impl Serving {
    pub fn new<'z>(region: &Region, zones: impl Iterator<Item = &'z str>, launch: Launch) -> Self {
        let wanted: BTreeSet<String> = zones.map(str::to_owned).collect();
        let offered = |fargate: bool| launch != Launch::Fargate || fargate;
        let hosts = region.hosts.values().filter(|host| offered(host.fargate));
        let served: BTreeSet<&String> = hosts.map(|host| &host.availability_zone).collect();
        let orphaned = wanted
            .iter()
            .filter(|zone| !served.contains(zone))
            .cloned()
            .collect();
        Self { wanted, orphaned }
    }

    /// Zones a host must be in; empty for any.
    pub fn zones(&self) -> Vec<String> {
        match self.orphaned.is_empty() {
            true => self.wanted.iter().cloned().collect(),
            false => Vec::new(),
        }
    }

    pub fn fits(&self, zone: &str, host_zone: &str) -> bool {
        zone == host_zone || self.orphaned.contains(zone)
    }
}

impl Core {
    /// A fresh seed for a task's credential ids, sealed: who knows the ids can read the keys.
    pub fn credentials_seed(&self) -> String {
        self.parts
            .keyring
            .seal_token(ids::uuid().as_bytes(), CREDENTIALS_CONTEXT)
    }

    /// The task of that ARN, STOPPED ones included while they are remembered.
    pub async fn task_by_arn(&self, arn: &str) -> Result<Option<Stored<Task>>, Fault> {
        match task_key(arn) {
            Some(key) => Ok(self.read(&key).await?),
            None => Ok(None),
        }
    }
}

/// What seals a task's credentials seed.
pub const CREDENTIALS_CONTEXT: &str = "ecs task credentials";

/// The key of the task of that ARN.
pub fn task_key(arn: &str) -> Option<String> {
    let place = crate::names::place_of(arn)?;
    let (_, cluster, id) = crate::names::long_arn(arn)?;
    Some(place.scope().key(Task::KIND, &format!("{cluster}:{id}")))
}
