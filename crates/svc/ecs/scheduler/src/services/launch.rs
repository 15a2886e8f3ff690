//! Starts tasks of a service: chooses hosts and subnets on the view as it is, and makes the
//! transaction that claims the hosts and writes the tasks, a batch at a time.

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use wharf_base::Timestamp;
use wharf_hosts::{FargateQueue, Promises};
use wharf_placement::{Demand, HostIx, Pool, Reason, ledger, place_after, refusal_of};
use wharf_records::{
    Record,
    ecs::{
        Cluster, Instance, InstanceStatus, Launch, Membership, Revision, Service, ServiceSubnet,
        Status, TargetState, Task, TaskTarget,
    },
    encode,
    hosts::Ledger,
};
use wharf_store::{MAX_TXN_OPS, Txn};

use super::{events::Unplaced, room};
use crate::{
    interrupt::{self, Budget, Search, is_spot},
    launch::{Order, of_services, waits_for_machines},
    make::{self, At, Spot},
    names::Place,
    placing::MOST_WAITING,
    provider,
    spots::Serving,
    task::settle,
    view::{Held, Region},
};

/// Most tasks of one transaction: each writes itself and perhaps a ledger, and compares that ledger
/// and its instance, of the 128 operations and comparisons a transaction may have.
pub const BATCH: usize = 40;

/// Operations and comparisons that are left to what else is written of the service: up to 30 ends that are accounted for, its
/// record, events and revision, and what else it rests on.
const OF_SERVICE: usize = 48;
const OF_BATCH: usize = MAX_TXN_OPS - OF_SERVICE;

/// Where a batch may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Where {
    Anywhere {
        count: usize,
    },
    /// One on each of these hosts.
    On(Vec<String>),
    /// One in a zone, of a capacity provider.
    In {
        zone: String,
        provider: Option<String>,
    },
}

/// A batch that was chosen and not yet written.
#[derive(Debug, Default)]
pub struct Batch {
    pub tasks: Vec<Task>,
    /// Ledgers with the claims of `tasks`, by host.
    pub ledgers: BTreeMap<String, Ledger>,
    /// Spot tasks that give up their room for it, with the notice.
    pub interrupted: Vec<(Held<Task>, Task)>,
    /// What more may be interrupted.
    budget: Budget,
    /// Hosts where Spot capacity stands in its way that goes with no transaction of its own.
    pub in_the_way: BTreeSet<String>,
    /// Why the rest of it found no place.
    pub unplaced: Option<Unplaced>,
    /// The capacity providers that it was meant for.
    pub short_of: BTreeSet<String>,
}

impl Batch {
    /// Of its tasks.
    pub fn ids(&self) -> Vec<String> {
        self.tasks.iter().map(|task| task.id.clone()).collect()
    }

    /// Whether a transaction has room for one more task, and for those that it interrupts.
    fn may_interrupt(&self, more: usize) -> bool {
        let (hosts, interrupted) = (self.ledgers.len() + 1, self.interrupted.len() + more);
        let puts = self.tasks.len() + 1 + hosts + interrupted;
        let compares = 2 * hosts + interrupted;
        puts.max(compares) <= OF_BATCH
    }

    /// How many of its tasks wait for capacity.
    fn waiting(&self) -> usize {
        let waits = |task: &&Task| task.waiting.is_some();
        self.tasks.iter().filter(waits).count()
    }
}

/// What a new task is given by chance: its id, and the sealed seed of its credentials.
pub struct Minted {
    pub id: String,
    pub credentials_seed: String,
}

pub struct Launcher<'a> {
    pub mint: &'a dyn Fn() -> Minted,
    pub place: &'a Place,
    pub cluster: &'a Held<Cluster>,
    pub service: &'a Service,
    pub revision: &'a Revision,
    pub order: Order,
    pub now: Timestamp,
    /// What others were promised.
    pub promises: &'a Promises,
    /// Where Fargate tasks wait for machines.
    pub fargate: &'a FargateQueue,
    /// Tasks of the service that do not stay, by their ids: they take no part in how others are spread.
    pub going: &'a BTreeSet<String>,
}

/// A host for one task.
struct Choice {
    host: String,
    subnet: Option<ServiceSubnet>,
    provider: Option<String>,
}

/// Tasks that are to be started alike.
struct Share {
    /// The provider over an Auto Scaling group on whose instances they go.
    provider: Option<String>,
    /// They run in room that nobody else needs.
    of_spot: bool,
    /// The first of them among those of the batch.
    from: usize,
    count: usize,
}

/// Whether Spot tasks gave up their room for one more task.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    Yes,
    No,
    /// Another transaction may have it.
    Later,
}

/// Whether a DAEMON should have a task on an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suits {
    Well,
    /// A placement constraint alone keeps it from there.
    Forbidden,
    /// What the definition asks of a host is not there.
    Nothing,
}

impl<'a> Launcher<'a> {
    pub fn batch(&self, region: &Region, wanted: &Where, rng: &mut impl Rng) -> Batch {
        let mut batch = Batch::default();
        match wanted {
            Where::Anywhere { count } => {
                let count = (*count).min(BATCH);
                let providers = self.providers(region, count);
                for share in self.shares(&providers, count) {
                    if !self.place_share(region, &share, &providers, &mut batch, rng) {
                        break;
                    }
                }
            }
            Where::On(hosts) => {
                let (demand, serving) = self.demand(region, None);
                let (hosts, unplaced) = self.each(region, &demand, hosts);
                let choices = self.with_subnets(region, &serving, &batch, hosts, None);
                self.claim(region, choices, &mut batch);
                batch.unplaced = unplaced;
            }
            Where::In { zone, provider } => {
                self.place_in(region, zone, provider.as_ref(), &mut batch, rng);
            }
        }
        batch
    }

    /// Places a share as far as there is room. With managed scaling the rest waits for more instances. Returns whether the batch may
    /// have a further share.
    fn place_share(
        &self,
        region: &Region,
        share: &Share,
        providers: &[String],
        batch: &mut Batch,
        rng: &mut impl Rng,
    ) -> bool {
        let (mut demand, serving) = self.demand(region, share.provider.as_deref());
        let given = self.given(region, batch);
        if share.of_spot {
            self.leave_to_others(region, &mut demand, &given);
        }
        let placed = place_after(region.fleet, &demand, &given, share.count, rng);
        let provider = |number: usize| {
            let nth = || providers.get(share.from + number);
            share.provider.as_ref().or_else(nth).cloned()
        };
        let mut choices = self.with_subnets(region, &serving, batch, placed.hosts, None);
        for (number, choice) in choices.iter_mut().enumerate() {
            choice.provider = provider(number);
        }
        let before = batch.tasks.len();
        self.claim(region, choices, batch);
        let mut search = None;
        for number in batch.tasks.len() - before..share.count {
            if share.of_spot {
                break;
            }
            let provider = provider(number);
            let refusals = &placed.refusals;
            let search =
                search.get_or_insert_with(|| Search::new(region, &demand, refusals, self.promises));
            match self.take(region, search, &serving, provider, batch) {
                Taken::Yes => {}
                Taken::No => {
                    let hosts = interrupt::in_the_way(region, &demand, &placed.refusals);
                    batch.in_the_way.extend(hosts);
                    break;
                }
                // What is left of the share is not short of room, and what comes after it is not yet its turn.
                Taken::Later => return false,
            }
        }
        let missing = share.count - (batch.tasks.len() - before);
        let waits = match &share.provider {
            Some(name) => {
                let provider = region.providers.get(name);
                provider.is_some_and(|it| provider::scales(it))
            }
            None => waits_for_machines(self.fargate, self.revision.launch, &demand),
        };
        let free = MOST_WAITING.saturating_sub(region.waiting_in(&self.cluster.name));
        let may_wait = match waits {
            true => missing.min(free.saturating_sub(batch.waiting())),
            false => 0,
        };
        let unplaced = share.count - missing..share.count;
        let waiting = unplaced.take(may_wait).map(&provider);
        batch.tasks.extend(waiting.map(|it| self.wait(it)));
        if missing > may_wait {
            let unplaced = share.count - (missing - may_wait)..share.count;
            batch.short_of.extend(unplaced.filter_map(provider));
            let reasons = placed.refusals.iter().map(|r| (r.host, r.reason));
            batch.unplaced = Some(room::closest(region, &demand, reasons));
        }
        true
    }

    /// The hosts of the batch so far that further tasks may come to: those of Fargate, since those of providers over groups have
    /// their own.
    fn given(&self, region: &Region, batch: &Batch) -> Vec<HostIx> {
        if self.revision.launch != Launch::Fargate {
            return Vec::new();
        }
        let tasks = batch.tasks.iter();
        tasks.filter_map(|it| region.fleet.row(&it.host)).collect()
    }

    /// Has placement of Spot tasks stand back for those who wait for Fargate.
    fn leave_to_others(&self, region: &Region, demand: &mut Demand, given: &[HostIx]) {
        let kept = (self.fargate).kept_from_spot(region.machines, given, &demand.claim);
        interrupt::leave_promised(region, demand, &kept);
    }

    /// Has Spot tasks give up their room for one more task.
    fn take(
        &self,
        region: &Region,
        search: &mut Search<'_>,
        serving: &Serving,
        provider: Option<String>,
        batch: &mut Batch,
    ) -> Taken {
        let ledgers = &batch.ledgers;
        let ledger = |host: &str| {
            let seen = region.ledgers.get(host).map(|it| &*it.record);
            ledgers.get(host).or(seen)
        };
        let used = batch.tasks.iter().map(|it| it.host.clone()).collect();
        let Some(taking) = search.next(&ledger, &used) else {
            return Taken::No;
        };
        let Some(held) = region.ledgers.get(&taking.host) else {
            return Taken::No;
        };
        if !batch.may_interrupt(taking.from.len()) || !batch.budget.spend(&taking.from) {
            return match batch.tasks.is_empty() {
                true => Taken::No,
                false => Taken::Later,
            };
        }
        let ledger = batch.ledgers.entry(taking.host.clone());
        let ledger = ledger.or_insert_with(|| Ledger::clone(&held.record));
        let untouched = ledger.clone();
        let (before, stood) = (batch.tasks.len(), batch.interrupted.len());
        for task in taking.from {
            let after = interrupt::interrupted(&task, self.now);
            interrupt::follow(ledger, &after);
            batch.interrupted.push((task, after));
        }
        let mut choices = self.with_subnets(region, serving, batch, vec![taking.row], None);
        for choice in &mut choices {
            choice.provider.clone_from(&provider);
        }
        self.claim(region, choices, batch);
        let found = batch.tasks.len() > before;
        if !found {
            // Nobody stops for nothing.
            batch.interrupted.truncate(stood);
            batch.ledgers.insert(taking.host, untouched);
            return Taken::No;
        }
        Taken::Yes
    }

    /// What goes to each provider over an Auto Scaling group; all else is one share, or two with FARGATE_SPOT, whose tasks come
    /// last.
    fn shares(&self, providers: &[String], count: usize) -> Vec<Share> {
        if providers.is_empty() || self.revision.launch == Launch::Fargate {
            let mut others = providers.iter();
            let others = others.position(|it| is_spot(Some(it)));
            let others = others.unwrap_or(count);
            let share = |of_spot, from, count| Share {
                provider: None,
                of_spot,
                from,
                count,
            };
            let all = [share(false, 0, others), share(true, others, count - others)];
            return all.into_iter().filter(|it| it.count > 0).collect();
        }
        let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
        for provider in providers {
            *counts.entry(provider).or_default() += 1;
        }
        let share = |(provider, count): (&String, usize)| Share {
            provider: Some(provider.clone()),
            of_spot: false,
            from: 0,
            count,
        };
        counts.into_iter().map(share).collect()
    }

    /// The transaction that makes a batch true, as long as nothing it was chosen by has changed.
    pub fn transaction(&self, region: &Region, batch: &Batch) -> Txn {
        let mut txn = Txn::new().when(self.cluster.unchanged());
        for task in &batch.tasks {
            let id = format!("{}:{}", task.cluster, task.id);
            txn = txn.put(self.place.scope().key(Task::KIND, &id), encode(task));
        }
        for (held, after) in &batch.interrupted {
            txn = txn.when(held.unchanged()).put(&held.key, encode(after));
        }
        for (host, ledger) in &batch.ledgers {
            if let Some(held) = region.ledgers.get(host) {
                txn = txn.when(held.unchanged()).put(&held.key, encode(ledger));
            }
            // Not drained, deregistered or lost meanwhile.
            let instance = region.hosts.get(host).map(|host| host.instance.as_str());
            if let Some(instance) = instance.and_then(|arn| region.instance_by_arn(arn)) {
                txn = txn.when(instance.unchanged());
            }
        }
        txn
    }

    /// What an ACTIVE instance is to a DAEMON, room or not; nothing, if it is no host.
    pub fn suits(&self, region: &Region, instance: &Instance) -> Suits {
        let row = region.fleet.row(&instance.host);
        let row = row.filter(|_| instance.status == InstanceStatus::Active);
        let Some(row) = row else {
            return Suits::Nothing;
        };
        let mut demand = self.order.demand(self.place, &self.cluster.arn);
        demand.claim = wharf_records::hosts::Claim::default();
        match refusal_of(region.fleet, &demand, row) {
            Some(Reason::MemberOf) => Suits::Forbidden,
            Some(Reason::Attribute | Reason::NotAllowed(_) | Reason::Location) => Suits::Nothing,
            _ => Suits::Well,
        }
    }

    fn each(
        &self,
        region: &Region,
        demand: &Demand,
        hosts: &[String],
    ) -> (Vec<HostIx>, Option<Unplaced>) {
        let rows = hosts.iter().filter_map(|host| region.fleet.row(host));
        let (mut fit, mut refused) = (Vec::new(), Vec::new());
        for row in rows.take(BATCH) {
            match refusal_of(region.fleet, demand, row) {
                None => fit.push(row),
                Some(reason) => refused.push((row, reason)),
            }
        }
        let unplaced =
            (!refused.is_empty()).then(|| room::closest(region, demand, refused.into_iter()));
        (fit, unplaced)
    }

    fn subnets(&self) -> impl Iterator<Item = &ServiceSubnet> {
        self.revision
            .network
            .iter()
            .flat_map(|network| &network.subnets)
    }

    fn demand(&self, region: &Region, provider: Option<&str>) -> (Demand, Serving) {
        let mut demand = self.order.demand(self.place, &self.cluster.arn);
        if let Some(provider) = provider {
            demand.pool = Pool::Provider {
                cluster: self.cluster.arn.clone(),
                provider: provider.to_owned(),
            };
        }
        let zones = self.subnets().map(|subnet| subnet.zone.as_str());
        let serving = Serving::new(region, zones, &demand.pool);
        demand.zones = serving.zones();
        interrupt::leave_promised(region, &mut demand, self.promises);
        self.pass_over(region, &mut demand);
        if demand.strategies.is_empty() {
            demand.strategies = of_services();
        }
        (demand, serving)
    }

    /// Hosts count every task that is on them.
    fn pass_over(&self, region: &Region, demand: &mut Demand) {
        if self.going.is_empty() {
            return;
        }
        let id = self.id();
        let going = region
            .tasks_of_service(&id)
            .filter(|task| self.going.contains(&task.id) && task.last < Status::Stopped);
        for row in going.filter_map(|task| region.fleet.row(&task.host)) {
            demand.pass_over(row);
        }
    }

    /// The service's tasks that those which are started are spread with.
    fn counted<'r>(
        &'r self,
        region: &'r Region<'_>,
        id: &'r str,
    ) -> impl Iterator<Item = &'r Held<Task>> {
        staying(region, id).filter(|task| !self.going.contains(&task.id))
    }

    /// Each task takes, of the subnets its host can serve, one of the zone with the fewest tasks of
    /// this deployment, and there the subnet with the fewest, those of the batch so far included; of that zone alone, if one is
    /// named.
    fn with_subnets(
        &self,
        region: &Region,
        serving: &Serving,
        batch: &Batch,
        hosts: Vec<HostIx>,
        only: Option<&str>,
    ) -> Vec<Choice> {
        let plain = |row| Choice {
            host: region.fleet.id(row).to_owned(),
            subnet: None,
            provider: None,
        };
        if self.subnets().next().is_none() {
            return hosts.into_iter().map(plain).collect();
        }
        let id = self.id();
        let (mut zones, mut subnets) = (BTreeMap::new(), BTreeMap::new());
        let present = self.counted(region, &id).filter(|task| {
            let membership = task.service.as_ref();
            membership.is_some_and(|membership| membership.deployment == self.revision.id)
        });
        for task in present.map(|task| &**task).chain(&batch.tasks) {
            *zones.entry(task.availability_zone.clone()).or_insert(0) += 1;
            if let Some(wish) = &task.network {
                *subnets.entry(wish.subnet.clone()).or_insert(0) += 1;
            }
        }
        let mut choose = |row: HostIx| {
            let host = region.fleet.id(row).to_owned();
            let zone = region.hosts.get(&host).map(|host| region.zone_of(host));
            let zone = zone.unwrap_or_default();
            let fits = self
                .subnets()
                .filter(|subnet| only.is_none_or(|only| subnet.zone == only))
                .filter(|subnet| serving.fits(&subnet.zone, &zone));
            let count =
                |table: &BTreeMap<String, u32>, key: &String| table.get(key).copied().unwrap_or(0);
            let subnet = fits
                .min_by_key(|s| (count(&zones, &s.zone), count(&subnets, &s.id)))
                .cloned();
            if let Some(subnet) = &subnet {
                *zones.entry(subnet.zone.clone()).or_insert(0) += 1;
                *subnets.entry(subnet.id.clone()).or_insert(0) += 1;
            }
            Choice {
                host,
                subnet,
                provider: None,
            }
        };
        hosts.into_iter().map(&mut choose).collect()
    }

    /// Claims each choice on its host's ledger, as far as it fits.
    fn claim(&self, region: &Region, choices: Vec<Choice>, batch: &mut Batch) {
        for choice in choices {
            let Some(held) = region.ledgers.get(&choice.host) else {
                continue;
            };
            let Some(task) = self.make(region, &choice) else {
                continue;
            };
            let ledger = batch.ledgers.entry(choice.host);
            let ledger = ledger.or_insert_with(|| Ledger::clone(&held.record));
            // Placement has seen this very ledger; a refused claim must all the same never become a
            // task.
            if ledger::claim(ledger, &task.arn, task.claim.clone()).is_ok() {
                batch.tasks.push(task);
            }
        }
    }

    /// A task that waits for instances of its provider, or for machines of Fargate.
    fn wait(&self, provider: Option<String>) -> Task {
        let mut task = make::task(self.place, &self.order, self.spot(provider, None), self.now);
        make::wait(&mut task, &self.order, self.subnets().cloned().collect());
        task.service = Some(self.membership());
        settle(&mut task, self.now);
        task
    }

    fn spot<'s>(&'s self, capacity_provider: Option<String>, at: Option<At<'s>>) -> Spot<'s> {
        let minted = (self.mint)();
        Spot {
            id: minted.id,
            cluster: self.cluster,
            at,
            capacity_provider,
            credentials_seed: minted.credentials_seed,
        }
    }

    fn make(&self, region: &Region, choice: &Choice) -> Option<Task> {
        let host = region.hosts.get(&choice.host)?;
        let instance = region.instance_by_arn(&host.instance)?;
        if instance.status != InstanceStatus::Active {
            return None;
        }
        let subnet = choice.subnet.as_ref();
        let zone = subnet.map_or_else(|| region.zone_of(host), |subnet| subnet.zone.clone());
        let at = At {
            instance,
            host: &choice.host,
            zone: &zone,
            subnet: subnet.map(|subnet| subnet.id.as_str()),
        };
        let spot = self.spot(choice.provider.clone(), Some(at));
        let mut task = make::task(self.place, &self.order, spot, self.now);
        task.service = Some(self.membership());
        settle(&mut task, self.now);
        Some(task)
    }

    fn membership(&self) -> Membership {
        let target = |spec: &wharf_records::ecs::TargetSpec| TaskTarget {
            spec: spec.clone(),
            state: TargetState::Waiting,
        };
        Membership {
            deployment: self.revision.id.clone(),
            targets: self.revision.targets.iter().map(target).collect(),
            accounted: false,
            protected_until: None,
        }
    }

    /// The capacity provider of each further task, seen what the service's tasks have.
    fn providers(&self, region: &Region, count: usize) -> Vec<String> {
        if self.revision.strategy.is_empty() {
            return Vec::new();
        }
        let id = self.id();
        let mut have = BTreeMap::new();
        // One that was told to stop is replaced by one of the same provider: where a Spot task is interrupted, a
        // further one of FARGATE would have others interrupted.
        for task in self.counted(region, &id) {
            if let Some(provider) = &task.capacity_provider {
                *have.entry(provider.clone()).or_insert(0_u64) += 1;
            }
        }
        provider::distribute(&self.revision.strategy, have, count)
    }

    /// The service's, as the view knows it.
    fn id(&self) -> String {
        format!("{}:{}", self.service.cluster, self.service.name)
    }
}

/// The tasks of a service that nobody told to stop and that have not ended.
fn staying<'r>(region: &'r Region<'_>, id: &'r str) -> impl Iterator<Item = &'r Held<Task>> {
    let tasks = region.tasks_of_service(id);
    tasks.filter(|task| task.is_live())
}

mod following;
#[cfg(test)]
mod tests;
pub mod zones;
