//! Places the tasks of a call: chooses hosts, claims them and writes the tasks in one transaction,
//! together with other requests that wait ([`wharf_hosts::placement_queue`]).
//!
//! The transaction compares the ledger of every host it claims on, so two servers can never promise
//! the same room twice; when another got there first, the view is brought up to date and the choice
//! made again.

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use rand::{Rng, rngs::SmallRng, seq::SliceRandom};
use wharf_api_ecs::Failure;
use wharf_base::{Permit, ids};
use wharf_hosts::{Claimant, Draft, Held, Machines, Outcome, QueueError, Request};
use wharf_placement::{Demand, HostIx, Pool, Reason, Refusal, group_of, place as choose_hosts};
use wharf_records::{
    Record, Unknown,
    ecs::{ClientToken, Cluster, Definition, Instance, InstanceStatus, Launch, Task},
    encode,
    hosts::{Claim, Host, Ledger},
};
use wharf_store::{LeaseId, Revision};
use wharf_wire::{Call, Fault};

use crate::{
    Scheduler, asks, fault,
    launch::EXTERNAL,
    launch::Order,
    make::{self, Spot},
    names::Place,
    services::{events, room},
    state::{ChangeError, Stored, conflict},
    task::settle,
    view::Region,
};

/// The reason Fargate gives when no host has room.
const NO_FARGATE: &str = "Capacity is unavailable at this time. Please try again later or in a different availability zone";

/// What ECS says of a cluster without instances, and where there are some.
fn no_instances(nowhere: Option<&str>) -> String {
    const NONE: &str = "No Container Instances were found in your cluster.";
    nowhere.map_or_else(|| NONE.to_owned(), |nowhere| format!("{NONE} {nowhere}"))
}

/// A subnet a task may be put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    pub id: String,
    pub zone: String,
}

/// The client token of a call, not used before.
pub struct Token {
    pub key: String,
    pub request: String,
    pub lease: LeaseId,
}

/// Of what kind tasks are among those who claim room.
pub const CLAIMANT: &str = "task";

/// Places one job, and whatever waits with it.
pub async fn place(scheduler: &Arc<Scheduler>, job: Job) -> Result<Outcome<Made>, Fault> {
    let scheduler = scheduler.clone();
    let hosts = scheduler.state.hosts.clone();
    let placed = hosts.place(Placing { scheduler, job }).await;
    placed.map_err(|error| match error {
        QueueError::Refused(fault) => fault,
        QueueError::Store(error) => ChangeError::from(error).into(),
        QueueError::Contended(key) => conflict(&key).into(),
        QueueError::Ended => fault::server(&QueueError::<Fault>::Ended),
    })
}

/// A job in the queue.
struct Placing {
    scheduler: Arc<Scheduler>,
    job: Job,
}

impl Request for Placing {
    type Choice = Chosen;
    type Made = Made;
    type Refusal = Fault;

    fn permit(&self) -> &Permit {
        &self.job.call.permit
    }

    fn count(&self) -> usize {
        self.job.count
    }

    fn claim(&self) -> &Claim {
        &self.job.order.claim
    }

    fn group(&self) -> String {
        self.job.group()
    }

    fn rests_on(&self) -> Vec<(String, Revision)> {
        self.job.rests_on().collect()
    }

    fn exclusive(&self) -> Option<&str> {
        self.job.token.as_ref().map(|token| token.key.as_str())
    }

    fn further_writes(&self) -> usize {
        usize::from(self.job.token.is_some())
    }

    async fn up_to_date(&self) {
        self.scheduler.state.up_to_date().await;
    }

    fn choose(
        &self,
        machines: &Machines,
        rng: &mut SmallRng,
    ) -> Result<(Vec<HostIx>, Chosen), Fault> {
        let (view, job) = (&self.scheduler.state.view, &self.job);
        view.read_with(machines, &job.place, |region| job.choose(region, rng))
    }

    fn write(&self, chosen: Chosen, draft: &mut Draft) -> Made {
        let (job, mut tasks) = (&self.job, Vec::with_capacity(chosen.spots.len()));
        for (number, spot) in chosen.spots.iter().enumerate() {
            let task = job.make(&self.scheduler, spot, number);
            let claimant = Claimant::new(CLAIMANT, task.arn.clone());
            if draft.claim(&spot.ledger, &claimant, &task.claim) {
                draft.rest_on(&spot.instance.key, spot.instance.revision);
                tasks.push(task);
            }
        }
        if !tasks.is_empty() {
            for (key, revision) in job.rests_on() {
                draft.rest_on(&key, revision);
            }
            for task in &tasks {
                draft.put(job.key_of(task), encode(task));
            }
            if let Some((key, record, lease)) = job.token_of(&tasks) {
                draft.put_leased(key, record, lease);
            }
        }
        Made {
            tasks,
            failures: chosen.failures,
        }
    }
}

/// One call, ready for hosts to be chosen.
pub struct Job {
    pub call: Call,
    pub place: Place,
    pub order: Order,
    pub count: usize,
    pub cluster: Held<Cluster>,
    pub definition: Stored<Definition>,
    pub subnets: Vec<Subnet>,
    /// Capacity provider of each task, if any.
    pub providers: Vec<Option<String>>,
    /// That no host of the account is in this region, if so.
    pub nowhere: Option<String>,
    pub token: Option<Token>,
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
    fn rests_on(&self) -> impl Iterator<Item = (String, Revision)> {
        let token = self.token.as_ref().map(|token| (token.key.clone(), 0));
        let cluster = (self.cluster.key.clone(), self.cluster.revision);
        let definition = (self.definition.key.clone(), self.definition.revision);
        [cluster, definition].into_iter().chain(token)
    }

    /// What is remembered of the client token: key, record, lease.
    fn token_of(&self, tasks: &[Task]) -> Option<(String, Bytes, LeaseId)> {
        let token = self.token.as_ref()?;
        let record = ClientToken {
            request: token.request.clone(),
            made: tasks.iter().map(|task| task.arn.clone()).collect(),
            created_at: self.call.now,
            unknown: Unknown::new(),
        };
        Some((token.key.clone(), encode(&record), token.lease))
    }

    fn key_of(&self, task: &Task) -> String {
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
    fn choose(&self, region: &Region, rng: &mut impl Rng) -> Result<(Vec<HostIx>, Chosen), Fault> {
        self.check_instances(region)?;
        let zones = self.subnets.iter().map(|subnet| subnet.zone.as_str());
        let serving = Serving::new(
            region,
            zones,
            &self.order.pool(&self.place, &self.cluster.arn),
        );
        let demand = self.demand(&serving);
        let placed = choose_hosts(region.fleet, &demand, self.count, rng);
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
        Ok((rows, Chosen { spots, failures }))
    }

    /// The group of its tasks, as hosts count them.
    fn group(&self) -> String {
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
            ..fault::failure(arn(refusal.host), refusal.reason.as_str())
        };
        refusals.iter().map(failure).collect()
    }

    /// The task for a host that was chosen, as the `number`th of the job.
    fn make(&self, scheduler: &Scheduler, at: &HostFor, number: usize) -> Task {
        let spot = Spot {
            id: ids::hex32(),
            cluster: &self.cluster,
            instance: &at.instance,
            host: &at.host.id,
            zone: &at.zone,
            subnet: at.subnet.as_ref().map(|subnet| subnet.id.as_str()),
            capacity_provider: self.providers.get(number).cloned().flatten(),
            credentials_seed: scheduler.credentials_seed(),
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
