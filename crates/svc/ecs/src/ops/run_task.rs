//! RunTask: chooses hosts, claims them and writes the tasks in one transaction ([`crate::lane`]).
//!
//! The transaction compares the ledger of every host it claims on, so two servers can never promise
//! the same room twice; when another got there first, the view is brought up to date and the choice
//! made again.

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use rand::{Rng, seq::SliceRandom};
use sha2::{Digest, Sha256};
use wharf_api_ecs::{Failure, RunTaskRequest, RunTaskResponse, TaskOverride, faults};
use wharf_base::ids;
use wharf_placement::{Demand, HostIx, Pool, Reason, Refusal, group_of, place};
use wharf_records::{
    Record, Unknown,
    ecs::{
        ClientToken, Cluster, Definition, DefinitionStatus, Host, Instance, InstanceStatus, Launch,
        Ledger, Task,
    },
    encode,
};
use wharf_store::{LeaseId, Revision};
use wharf_wire::{Call, Fault};

use super::{
    register_instance::EXTERNAL,
    subnets::{self, Subnet},
};
use crate::{
    asks,
    core::{Core, MAX_TRIES, Stored, conflict},
    document, fault,
    lane::{self, Outcome},
    launch::{self, Order},
    make::{self, Spot},
    names::{Place, role_arn},
    provider,
    services::{events, room},
    show,
    task::settle,
    view::{Held, Region},
};

/// The reason Fargate gives when no host has room.
const NO_FARGATE: &str = "Capacity is unavailable at this time. Please try again later or in a different availability zone";

/// What ECS says of a cluster without instances, and where there are some.
fn no_instances(nowhere: Option<&str>) -> String {
    const NONE: &str = "No Container Instances were found in your cluster.";
    nowhere.map_or_else(|| NONE.to_owned(), |nowhere| format!("{NONE} {nowhere}"))
}

pub async fn run_task(
    core: &Arc<Core>,
    call: &Call,
    mut input: RunTaskRequest,
) -> Result<RunTaskResponse, Fault> {
    full_roles(&call.account, input.overrides.as_mut());
    let mut cluster = String::new();
    for _ in 0..MAX_TRIES {
        let job = match prepare(core, call, &input).await? {
            Prepared::Job(job) => job,
            Prepared::Made(arns) => return repeat(core, &arns).await,
        };
        cluster.clone_from(&job.cluster.key);
        if let Outcome::Made(made) = lane::place(core, *job).await? {
            let shown = made.tasks.iter().map(|task| show::task(task, true));
            let shown: Result<Vec<_>, _> = shown.collect();
            return Ok(RunTaskResponse {
                tasks: Some(shown.map_err(|e| fault::server(&e))?),
                failures: Some(made.failures),
            });
        }
    }
    Err(conflict(&cluster).into())
}

enum Prepared {
    Job(Box<Job>),
    /// The token led to these tasks before.
    Made(Vec<String>),
}

/// Everything there is to find out before hosts are chosen.
async fn prepare(core: &Core, call: &Call, input: &RunTaskRequest) -> Result<Prepared, Fault> {
    let cluster = core.cluster(call, input.cluster.as_deref()).await?;
    let count = match input.count.unwrap_or(1) {
        count @ 1..=10 => usize::try_from(count).unwrap_or(1),
        _ => return Err(fault::invalid("count must be between 1 and 10.")),
    };
    let token = match Token::read(core, call, &cluster, input).await? {
        Some(Read::Made(arns)) => return Ok(Prepared::Made(arns)),
        Some(Read::New(token)) => Some(token),
        None => None,
    };
    let place = Place::of(call);
    let definition = active_definition(core, &place, input.task_definition.as_deref()).await?;
    let source = provider::source(
        &cluster,
        input.launch_type.as_deref(),
        input.capacity_provider_strategy.as_ref(),
        count,
    )?;
    let order = launch::run(input, &cluster.name, source.launch, &definition.record)?;
    let pool = order.pool(&place, &cluster.arn);
    let nowhere = events::nowhere(&place.region, &core.view.elsewhere(&place, &pool));
    check_roles(core, call, &order).await?;
    let subnets = match &order.network {
        Some(network) => subnets::resolve(core, call, network).await?,
        None => Vec::new(),
    };
    Ok(Prepared::Job(Box::new(Job {
        call: call.clone(),
        place,
        cluster,
        definition,
        order,
        subnets,
        count,
        providers: source.providers,
        nowhere,
        token,
    })))
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
        match core.parts.credentials.usable(&Place::of(call), role).await {
            Ok(()) => {}
            Err(crate::config::RoleError::Unusable(_)) => {
                return Err(fault::client(crate::task::stop::role_text(role)));
            }
            Err(unavailable) => return Err(fault::server(&unavailable)),
        }
    }
    Ok(())
}

/// The client token of a call, not used before.
struct Token {
    key: String,
    request: String,
    lease: LeaseId,
}

/// What is known of a client token.
enum Read {
    New(Token),
    /// What it led to before.
    Made(Vec<String>),
}

impl Token {
    async fn read(
        core: &Core,
        call: &Call,
        cluster: &Cluster,
        input: &RunTaskRequest,
    ) -> Result<Option<Read>, Fault> {
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
        match core.table.read::<ClientToken>(&key).await? {
            None => {}
            Some(found) if found.record.request == request => {
                return Ok(Some(Read::Made(found.record.made)));
            }
            Some(found) => {
                return Err(faults::conflict_exception(
                    "The client token was used with other parameters before.",
                )
                .with("resourceIds", found.record.made));
            }
        }
        let lease = core.token_lease(&call.permit).await?;
        Ok(Some(Read::New(Self {
            key,
            request,
            lease,
        })))
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

/// One call, ready for hosts to be chosen.
pub struct Job {
    pub call: Call,
    pub place: Place,
    pub order: Order,
    pub count: usize,
    cluster: Held<Cluster>,
    definition: Stored<Definition>,
    subnets: Vec<Subnet>,
    /// Capacity provider of each task, if any.
    providers: Vec<Option<String>>,
    /// That no host of the account is in this region, if so.
    nowhere: Option<String>,
    token: Option<Token>,
}

/// The `detail` of the failure of one host: what it lacks, and whether waiting helps.
pub fn refused(region: &Region, demand: &Demand, row: HostIx, reason: Reason) -> Option<String> {
    asks::detail(&demand.asks, reason).or_else(|| {
        let (_, lack) = room::of_row(region, demand, row, reason)?;
        let text = lack.text;
        Some(match lack.never {
            true => format!("The node {text}: it can never run the task."),
            false => format!("The node {text}."),
        })
    })
}

/// Hosts for a job's tasks, and why there are no more of them.
pub struct Chosen {
    /// The same hosts as rows of the fleet.
    pub rows: Vec<HostIx>,
    pub spots: Vec<HostFor>,
    pub failures: Vec<Failure>,
}

/// A host for one task.
pub struct HostFor {
    pub host: Held<Host>,
    pub instance: Held<Instance>,
    pub ledger: Held<Ledger>,
    /// Of the task: its subnet's, else the host's.
    zone: String,
    subnet: Option<Subnet>,
}

/// What a job led to.
#[derive(Debug)]
pub struct Made {
    pub tasks: Vec<Task>,
    pub failures: Vec<Failure>,
}

impl Job {
    /// What must not change before its tasks are written: keys, and the revisions they have (0: none).
    pub fn rests_on(&self) -> impl Iterator<Item = (String, Revision)> {
        let token = self.token.as_ref().map(|token| (token.key.clone(), 0));
        let cluster = (self.cluster.key.clone(), self.cluster.revision);
        let definition = (self.definition.key.clone(), self.definition.revision);
        [cluster, definition].into_iter().chain(token)
    }

    pub fn token_key(&self) -> Option<&String> {
        self.token.as_ref().map(|token| &token.key)
    }

    /// What is remembered of the client token: key, record, lease.
    pub fn token_of(&self, tasks: &[Task]) -> Option<(String, Bytes, LeaseId)> {
        let token = self.token.as_ref()?;
        let record = ClientToken {
            request: token.request.clone(),
            made: tasks.iter().map(|task| task.arn.clone()).collect(),
            created_at: self.call.now,
            unknown: Unknown::new(),
        };
        Some((token.key.clone(), encode(&record), token.lease))
    }

    pub fn key_of(&self, task: &Task) -> String {
        let id = format!("{}:{}", task.cluster, task.id);
        self.place.scope().key(Task::KIND, &id)
    }

    fn check_instances(&self, region: &Region) -> Result<(), Fault> {
        let mut instances = region.instances_of(&self.cluster.name);
        let any = match self.order.launch {
            Launch::Fargate => true,
            Launch::Ec2 => instances.any(|instance| instance.status == InstanceStatus::Active),
            // By what they register: those of earlier versions have ids as EC2's have them.
            Launch::External => instances.any(|instance| {
                instance.status == InstanceStatus::Active
                    && instance.attributes.contains_key(EXTERNAL)
            }),
        };
        match any {
            true => Ok(()),
            false => Err(fault::invalid(no_instances(self.nowhere.as_deref()))),
        }
    }

    /// One choice on the view as it is.
    pub fn choose(&self, region: &Region, rng: &mut impl Rng) -> Result<Chosen, Fault> {
        self.check_instances(region)?;
        let zones = self.subnets.iter().map(|subnet| subnet.zone.as_str());
        let serving = Serving::new(
            region,
            zones,
            &self.order.pool(&self.place, &self.cluster.arn),
        );
        let demand = self.demand(&serving);
        let placed = place(region.fleet, &demand, self.count, rng);
        let mut subnets: Vec<&Subnet> = self.subnets.iter().collect();
        subnets.shuffle(rng);
        let (mut rows, mut spots) = (Vec::new(), Vec::new());
        for row in placed.hosts {
            let Some(mut spot) = HostFor::row(region, row) else {
                continue;
            };
            let serves = |subnet: &&Subnet| serving.fits(&subnet.zone, &spot.zone);
            // The next task takes the next subnet, so that a batch spreads over them.
            let at = subnets.iter().position(serves);
            if let Some(at) = at {
                let chosen = subnets.remove(at);
                subnets.push(chosen);
                spot.zone.clone_from(&chosen.zone);
                spot.subnet = Some(chosen.clone());
            }
            rows.push(row);
            spots.push(spot);
        }
        let failures = self.failures(region, &demand, &placed.refusals, self.count - rows.len());
        Ok(Chosen {
            rows,
            spots,
            failures,
        })
    }

    /// The group of its tasks, as hosts count them.
    pub fn group(&self) -> String {
        group_of(&self.place.account, &self.place.region, &self.order.group)
    }

    fn demand(&self, serving: &Serving) -> Demand {
        let mut demand = self.order.demand(&self.place, &self.cluster.arn);
        demand.zones = serving.zones();
        demand
    }

    /// One failure per host that refused; of Fargate one per task, with what the closest host lacks.
    fn failures(
        &self,
        region: &Region,
        demand: &Demand,
        refusals: &[Refusal],
        missing: usize,
    ) -> Vec<Failure> {
        if self.order.launch == Launch::Fargate {
            let one = Failure {
                reason: Some(NO_FARGATE.to_owned()),
                detail: self.nowhere.clone().or_else(|| {
                    let reasons = refusals.iter().map(|it| (it.host, it.reason));
                    events::detail(&room::closest(region, demand, reasons))
                }),
                ..Failure::default()
            };
            return vec![one; missing];
        }
        let arn = |row: HostIx| {
            let host = region.hosts.get(region.fleet.id(row));
            host.map(|host| host.instance.clone()).unwrap_or_default()
        };
        let failure = |refusal: &Refusal| Failure {
            detail: refused(region, demand, refusal.host, refusal.reason),
            ..show::failure(arn(refusal.host), refusal.reason.as_str())
        };
        refusals.iter().map(failure).collect()
    }

    /// The task for a host that was chosen, as the `number`th of the job.
    pub fn make(&self, core: &Core, at: &HostFor, number: usize) -> Task {
        let spot = Spot {
            id: ids::hex32(),
            cluster: &self.cluster,
            instance: &at.instance,
            host: &at.host.id,
            zone: &at.zone,
            subnet: at.subnet.as_ref().map(|subnet| subnet.id.as_str()),
            capacity_provider: self.providers.get(number).cloned().flatten(),
            credentials_seed: core.credentials_seed(),
        };
        let mut task = make::task(&self.place, &self.order, spot, self.call.now);
        settle(&mut task, self.call.now);
        task
    }
}

impl HostFor {
    fn row(region: &Region, row: HostIx) -> Option<Self> {
        let id = region.fleet.id(row);
        let host = region.hosts.get(id)?;
        Some(Self {
            instance: region.instance_by_arn(&host.instance)?.clone(),
            ledger: region.ledgers.get(id)?.clone(),
            host: host.clone(),
            zone: region.zone_of(host),
            subnet: None,
        })
    }
}

/// Which subnets a host of some zone can serve. A zone that has no host of its own is served by every
/// host: on one machine all zones are that machine.
pub struct Serving {
    place: Place,
    wanted: BTreeSet<String>,
    /// Zones of `wanted` without a host.
    orphaned: BTreeSet<String>,
}

impl Serving {
    pub fn new<'z>(region: &Region, zones: impl Iterator<Item = &'z str>, pool: &Pool) -> Self {
        let wanted: BTreeSet<String> = zones.map(str::to_owned).collect();
        let place = region.place.clone();
        let orphaned = wanted
            .iter()
            .filter(|zone| !region.fleet.serves_zone(place.zone_letter(zone), pool))
            .cloned()
            .collect();
        Self {
            place,
            wanted,
            orphaned,
        }
    }

    /// Letters of the zones that a host must be in one of; empty for any.
    pub fn zones(&self) -> Vec<String> {
        let letter = |zone: &String| self.place.zone_letter(zone).to_owned();
        match self.orphaned.is_empty() {
            true => self.wanted.iter().map(letter).collect(),
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
            Some(key) => Ok(self.table.read(&key).await?),
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
