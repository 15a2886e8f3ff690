//! Places the tasks of a call: chooses hosts, claims them and writes the tasks in one transaction,
//! together with other requests that wait ([`wharf_hosts::placement_queue`]).
//!
//! The transaction compares the ledger of every host it claims on, so two servers can never promise
//! the same room twice; when another got there first, the view is brought up to date and the choice
//! made again.

mod found;

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use rand::{Rng, rngs::SmallRng, seq::SliceRandom};
use wharf_api_ecs::Failure;
use wharf_base::{Permit, ids};
use wharf_hosts::{Draft, FargateQueue, Held, Machines, Outcome, Promises, QueueError, Request};
use wharf_placement::{Demand, HostIx, Pool, Reason, Refusal, group_of, ledger, place_after};
use wharf_records::{
    Record, Unknown,
    ecs::{ClientToken, Cluster, Definition, InstanceStatus, Launch, ServiceSubnet, Task},
    encode,
    hosts::Claim,
};
use wharf_store::{LeaseId, MAX_TXN_OPS, Revision};
use wharf_wire::{Call, Fault};

use crate::{
    Scheduler, asks, fault,
    interrupt::{self, Search, is_spot},
    launch::EXTERNAL,
    launch::{Order, waits_for_machines},
    make::{self, At, Spot},
    names::Place,
    provider,
    services::{events, room},
    spots::{HostFor, Serving},
    state::{ChangeError, Stored, conflict},
    task::{settle, waiting::claimant},
    view::Region,
};

pub use crate::spots::Subnet;
use found::Room;

/// The reason Fargate gives when no host has room.
const NO_FARGATE: &str = "Capacity is unavailable at this time. Please try again later or in a different availability zone";

/// The reason of a provider whose group has no instance in the cluster.
const EMPTY: &str = "EMPTY CAPACITY PROVIDER";

/// Most tasks of a cluster that wait for capacity (spec ecs §12).
pub const MOST_WAITING: usize = 500;

/// What ECS says of a cluster without instances, and where there are some.
fn no_instances(nowhere: Option<&str>) -> String {
    const NONE: &str = "No Container Instances were found in your cluster.";
    nowhere.map_or_else(|| NONE.to_owned(), |nowhere| format!("{NONE} {nowhere}"))
}

/// The client token of a call, not used before.
pub struct Token {
    pub key: String,
    pub request: String,
    pub lease: LeaseId,
}

/// Places one job, and whatever waits with it.
pub async fn place(scheduler: &Arc<Scheduler>, job: Job) -> Result<Outcome<Made>, Fault> {
    let job = Arc::new(job);
    match attempt(scheduler, &job, false).await? {
        Outcome::Made(made) if made.could_take => attempt(scheduler, &job, true).await,
        outcome => Ok(outcome),
    }
}

async fn attempt(
    scheduler: &Arc<Scheduler>,
    job: &Arc<Job>,
    takes: bool,
) -> Result<Outcome<Made>, Fault> {
    let placing = Placing {
        scheduler: scheduler.clone(),
        job: job.clone(),
        takes,
    };
    let placed = scheduler.state.hosts.place(placing).await;
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
    job: Arc<Job>,
    /// Where there is no room, Spot tasks give theirs up. Such a job has a turn of its own: it is decided by ledgers, which do not
    /// show what others of a turn chose. Most jobs find room, and share their turns.
    takes: bool,
}

impl Request for Placing {
    type Choice = Chosen;
    type Made = Made;
    type Refusal = Fault;

    fn permit(&self) -> &Permit {
        &self.job.call.permit
    }

    fn account(&self) -> &str {
        &self.job.place.account
    }

    fn count(&self) -> usize {
        match self.takes {
            // All that is left of a transaction.
            true => (MAX_TXN_OPS - self.job.rests_on().count()) / 2,
            false => self.job.count,
        }
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
        let (state, job) = (&self.scheduler.state, &self.job);
        let promises = state.hosts.needs().promises(None, job.call.now);
        state.view.read_with(machines, &job.place, |region| {
            let queue = state.hosts.fargate();
            job.choose(region, (&promises, queue), self.takes, rng)
        })
    }

    fn write(&self, chosen: Chosen, draft: &mut Draft) -> Made {
        let (job, mut tasks) = (&self.job, Vec::with_capacity(chosen.spots.len()));
        let mut failures = chosen.failures;
        if chosen.could_take {
            return Made {
                tasks,
                failures,
                could_take: true,
            };
        }
        for spot in &chosen.spots {
            let task = job.make(&self.scheduler, spot);
            let claimant = claimant(&task);
            let now = job.call.now;
            let from = spot.from.iter();
            let from: Vec<_> = from
                .map(|it| (it, interrupt::interrupted(it, now)))
                .collect();
            let claimed = match from.is_empty() {
                true => draft.claim(&spot.ledger, &claimant, &task.claim),
                false => draft.change(&spot.ledger, |ledger| {
                    for (_, after) in &from {
                        interrupt::follow(ledger, after);
                    }
                    ledger::claim(ledger, &claimant.name(), task.claim.clone()).is_ok()
                }),
            };
            if !claimed {
                // Each task that was asked for is among the tasks or the failures.
                failures.push(job.not_claimed(spot));
                continue;
            }
            for (before, after) in &from {
                draft.rest_on(&before.key, before.revision);
                draft.put(before.key.clone(), encode(after));
            }
            draft.rest_on(&spot.instance.key, spot.instance.revision);
            tasks.push(task);
        }
        let waiting = chosen.waiting.iter();
        tasks.extend(waiting.map(|provider| job.wait(&self.scheduler, provider.clone())));
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
            failures,
            could_take: false,
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
    /// Providers of the tasks that wait for room; none where Fargate was named as a launch type.
    pub waiting: Vec<Option<String>>,
    pub failures: Vec<Failure>,
    /// Spot tasks have room for what found none; nothing is written until they are asked.
    pub could_take: bool,
}

/// Tasks of a job that are placed alike.
struct Share<'a> {
    /// The provider over an Auto Scaling group on whose instances they go.
    provider: Option<&'a str>,
    /// They run in room that nobody else needs.
    of_spot: bool,
    /// The first of them among the tasks of the job.
    from: usize,
    count: usize,
}

/// What a job led to.
#[derive(Debug)]
pub struct Made {
    pub tasks: Vec<Task>,
    pub failures: Vec<Failure>,
    could_take: bool,
}

impl Job {
    /// What must not change before its tasks are written: keys, and the revisions they have (0: none).
    fn rests_on(&self) -> impl Iterator<Item = (String, Revision)> {
        let token = self.token.as_ref().map(|token| (token.key.clone(), 0));
        let cluster = (self.cluster.key.clone(), self.cluster.revision);
        let definition = (self.definition.key.clone(), self.definition.revision);
        let admitted = self.order.admitted_by.clone();
        let of_job = [cluster, definition].into_iter();
        of_job.chain(token).chain(admitted)
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
        let instances = region.instances_of(&self.cluster.name);
        let mut instances = instances.filter(|it| !provider::is_managed(it));
        let any = match self.order.launch {
            Launch::Fargate | Launch::ManagedInstances => true,
            // What its providers lack they say themselves.
            Launch::Ec2 if !self.providers.is_empty() => true,
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
    fn choose(
        &self,
        region: &Region,
        (promises, queue): (&Promises, &FargateQueue),
        takes: bool,
        rng: &mut impl Rng,
    ) -> Result<(Vec<HostIx>, Chosen), Fault> {
        self.check_instances(region)?;
        let mut subnets: Vec<&Subnet> = self.subnets.iter().collect();
        subnets.shuffle(rng);
        let mut rows = Vec::new();
        let mut chosen = Chosen {
            spots: Vec::new(),
            waiting: Vec::new(),
            failures: Vec::new(),
            could_take: false,
        };
        let mut room = Room::new(region);
        for share in self.shares() {
            let (mut demand, serving) = self.demand(region, share.provider);
            interrupt::leave_promised(region, &mut demand, promises);
            // Those of Fargate have the same machines; those of providers over groups have their own.
            let given = match self.order.launch {
                Launch::Fargate => &rows[..],
                _ => &[],
            };
            if share.of_spot {
                let kept = queue.kept_from_spot(region.machines, given, &demand.claim);
                interrupt::leave_promised(region, &mut demand, &kept);
            }
            let placed = place_after(region.fleet, &demand, given, share.count, rng);
            let before = rows.len();
            let mut search = None;
            let mut found = placed.hosts.into_iter();
            while rows.len() - before < share.count {
                let number = share.from + rows.len() - before;
                let provider = share.provider.map(str::to_owned);
                let provider = provider.or_else(|| self.providers.get(number).cloned().flatten());
                let (row, from) = match found.next() {
                    Some(row) => {
                        room.give(row);
                        (row, Vec::new())
                    }
                    None if share.of_spot => break,
                    None => {
                        let refusals = &placed.refusals;
                        let search = search.get_or_insert_with(|| {
                            Search::new(region, &demand, refusals, promises)
                        });
                        match room.take(search, &demand.claim) {
                            Some(taking) if takes => taking,
                            // Even where nobody has to go: its ledger does not show what others of this turn chose.
                            Some(_) => {
                                chosen.could_take = true;
                                return Ok((Vec::new(), chosen));
                            }
                            None => break,
                        }
                    }
                };
                let Some(mut spot) = HostFor::row(region, row) else {
                    break;
                };
                spot.from = from;
                spot.provider = provider;
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
                chosen.spots.push(spot);
            }
            let missing = share.count - (rows.len() - before);
            match share.provider {
                Some(provider) if scales(region, provider) => {
                    let waits = std::iter::repeat_n(Some(provider.to_owned()), missing);
                    chosen.waiting.extend(waits);
                }
                None if missing > 0 && waits_for_machines(queue, self.order.launch, &demand) => {
                    let end = share.from + share.count;
                    let providers = end - missing..end;
                    let provider = |number: usize| self.providers.get(number).cloned().flatten();
                    chosen.waiting.extend(providers.map(provider));
                }
                Some(provider) if missing > 0 && !region.fleet.has_any(&demand.pool) => {
                    let arn = self.place.capacity_provider(provider);
                    let one = fault::failure(arn, EMPTY);
                    chosen.failures.extend(vec![one; missing]);
                }
                _ => {
                    let failures = self.failures(region, &demand, &placed.refusals, missing);
                    chosen.failures.extend(failures);
                }
            }
        }
        let waiting = region.waiting_in(&self.cluster.name);
        if !chosen.waiting.is_empty() && waiting + chosen.waiting.len() > MOST_WAITING {
            return Err(fault::client(format!(
                "The cluster has reached the limit of {MOST_WAITING} tasks in the PROVISIONING state \
                 that wait for capacity. Wait until some of them are placed and try again."
            )));
        }
        Ok((rows, chosen))
    }

    /// What goes to each provider over an Auto Scaling group; all else is one share, or two with FARGATE_SPOT, whose tasks come
    /// last.
    fn shares(&self) -> Vec<Share<'_>> {
        if self.order.launch == Launch::Fargate || self.providers.is_empty() {
            let mut others = self.providers.iter();
            let others = others.position(|it| is_spot(it.as_deref()));
            let others = others.unwrap_or(self.count);
            let share = |of_spot, from, count| Share {
                provider: None,
                of_spot,
                from,
                count,
            };
            let all = [
                share(false, 0, others),
                share(true, others, self.count - others),
            ];
            return all.into_iter().filter(|it| it.count > 0).collect();
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for provider in self.providers.iter().flatten() {
            *counts.entry(provider).or_default() += 1;
        }
        let share = |(provider, count)| Share {
            provider: Some(provider),
            of_spot: false,
            from: 0,
            count,
        };
        counts.into_iter().map(share).collect()
    }

    /// The group of its tasks, as hosts count them.
    fn group(&self) -> String {
        group_of(&self.place.account, &self.place.region, &self.order.group)
    }

    fn demand(&self, region: &Region, provider: Option<&str>) -> (Demand, Serving) {
        let mut demand = self.order.demand(&self.place, &self.cluster.arn);
        if let Some(provider) = provider {
            demand.pool = Pool::Provider {
                cluster: self.cluster.arn.clone(),
                provider: provider.to_owned(),
            };
        }
        let zones = self.subnets.iter().map(|subnet| subnet.zone.as_str());
        let serving = Serving::new(region, zones, &demand.pool);
        demand.zones = serving.zones();
        (demand, serving)
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

    /// Of a task whose host proved to be full.
    fn not_claimed(&self, spot: &HostFor) -> Failure {
        match self.order.launch {
            Launch::Fargate => Failure {
                reason: Some(NO_FARGATE.to_owned()),
                ..Failure::default()
            },
            _ => fault::failure(spot.instance.arn.clone(), Reason::Cpu.as_str()),
        }
    }

    /// The task for a host that was chosen.
    fn make(&self, scheduler: &Scheduler, at: &HostFor) -> Task {
        let spot = self.spot(scheduler, at.provider.clone(), Some(at.at()));
        let mut task = make::task(&self.place, &self.order, spot, self.call.now);
        settle(&mut task, self.call.now);
        task
    }

    /// A task that waits for instances of a provider, or for machines of Fargate.
    fn wait(&self, scheduler: &Scheduler, provider: Option<String>) -> Task {
        let spot = self.spot(scheduler, provider, None);
        let mut task = make::task(&self.place, &self.order, spot, self.call.now);
        let subnet = |subnet: &Subnet| ServiceSubnet {
            id: subnet.id.clone(),
            zone: subnet.zone.clone(),
        };
        make::wait(
            &mut task,
            &self.order,
            self.subnets.iter().map(subnet).collect(),
        );
        settle(&mut task, self.call.now);
        task
    }

    fn spot<'s>(
        &'s self,
        scheduler: &Scheduler,
        capacity_provider: Option<String>,
        at: Option<At<'s>>,
    ) -> Spot<'s> {
        Spot {
            id: ids::hex32(),
            cluster: &self.cluster,
            at,
            capacity_provider,
            credentials_seed: scheduler.credentials_seed(),
        }
    }
}

/// Whether tasks of a provider wait for more instances of it.
fn scales(region: &Region, provider: &str) -> bool {
    let provider = region.providers.get(provider);
    provider.is_some_and(|it| provider::scales(it))
}
