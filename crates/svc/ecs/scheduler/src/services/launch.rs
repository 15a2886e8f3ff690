//! Starts tasks of a service: chooses hosts and subnets on the view as it is, and makes the
//! transaction that claims the hosts and writes the tasks, a batch at a time.

use std::collections::BTreeMap;

use rand::Rng;
use wharf_base::Timestamp;
use wharf_placement::{Demand, HostIx, Strategy, ledger, place, refusal_of};
use wharf_records::{
    Record,
    ecs::{
        Cluster, InstanceStatus, Membership, Revision, Service, ServiceSubnet, TargetState, Task,
        TaskTarget,
    },
    encode,
    hosts::Ledger,
};
use wharf_store::Txn;

use super::{events::Unplaced, room};
use crate::{
    launch::Order,
    make::{self, Spot},
    names::Place,
    placing::Serving,
    provider,
    task::settle,
    view::{Held, Region},
};

/// Most tasks of one transaction: each writes itself and perhaps a ledger, and compares that ledger
/// and its instance, of the 128 operations and comparisons a transaction may have.
pub const BATCH: usize = 40;
const ZONE: &str = "ecs.availability-zone";

/// Where a batch may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Where {
    Anywhere {
        count: usize,
    },
    /// One on each of these hosts.
    On(Vec<String>),
}

/// A batch that was chosen and not yet written.
#[derive(Debug, Default)]
pub struct Batch {
    pub tasks: Vec<Task>,
    /// Ledgers with the claims of `tasks`, by host.
    pub ledgers: BTreeMap<String, Ledger>,
    /// Why the rest of it found no place.
    pub unplaced: Option<Unplaced>,
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
}

/// A host for one task.
struct Choice {
    host: String,
    subnet: Option<ServiceSubnet>,
}

impl<'a> Launcher<'a> {
    pub fn batch(&self, region: &Region, wanted: &Where, rng: &mut impl Rng) -> Batch {
        let serving = Serving::new(
            region,
            self.subnets().map(|subnet| subnet.zone.as_str()),
            &self.order.pool(self.place, &self.cluster.arn),
        );
        let demand = self.demand(&serving);
        let (hosts, unplaced) = match wanted {
            Where::Anywhere { count } => {
                let placed = place(region.fleet, &demand, (*count).min(BATCH), rng);
                let reasons = placed.refusals.iter().map(|r| (r.host, r.reason));
                let short = placed.hosts.len() < (*count).min(BATCH);
                let unplaced = short.then(|| room::closest(region, &demand, reasons));
                (placed.hosts, unplaced)
            }
            Where::On(hosts) => self.each(region, &demand, hosts),
        };
        let choices = self.with_subnets(region, &serving, hosts);
        Batch {
            unplaced,
            ..self.claim(region, choices)
        }
    }

    /// The transaction that makes a batch true, as long as nothing it was chosen by has changed.
    pub fn transaction(&self, region: &Region, batch: &Batch) -> Txn {
        let mut txn = Txn::new().when(self.cluster.unchanged());
        for task in &batch.tasks {
            let id = format!("{}:{}", task.cluster, task.id);
            txn = txn.put(self.place.scope().key(Task::KIND, &id), encode(task));
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

    /// Whether a DAEMON should have a task there: ACTIVE, and what the definition and the constraints
    /// ask of a host is there, room or not.
    pub fn suits(&self, region: &Region, instance: &wharf_records::ecs::Instance) -> bool {
        let row = region.fleet.row(&instance.host);
        let mut demand = self.order.demand(self.place, &self.cluster.arn);
        demand.claim = wharf_records::hosts::Claim::default();
        let lacks = |row| {
            use wharf_placement::Reason;
            let refusal = refusal_of(region.fleet, &demand, row);
            matches!(
                refusal,
                Some(
                    Reason::Attribute | Reason::NotAllowed(_) | Reason::MemberOf | Reason::Location
                )
            )
        };
        instance.status == InstanceStatus::Active && row.is_some_and(|row| !lacks(row))
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

    fn demand(&self, serving: &Serving) -> Demand {
        let mut demand = self.order.demand(self.place, &self.cluster.arn);
        demand.zones = serving.zones();
        // What AWS spreads a service by unless told otherwise.
        if demand.strategies.is_empty() {
            demand.strategies = vec![
                Strategy::SpreadAttribute(ZONE.to_owned()),
                Strategy::SpreadHost,
            ];
        }
        demand
    }

    /// Each task takes, of the subnets its host can serve, one of the zone with the fewest tasks of
    /// this deployment, and there the subnet with the fewest.
    fn with_subnets(&self, region: &Region, serving: &Serving, hosts: Vec<HostIx>) -> Vec<Choice> {
        let plain = |row| Choice {
            host: region.fleet.id(row).to_owned(),
            subnet: None,
        };
        if self.subnets().next().is_none() {
            return hosts.into_iter().map(plain).collect();
        }
        let id = format!("{}:{}", self.service.cluster, self.service.name);
        let (mut zones, mut subnets) = (BTreeMap::new(), BTreeMap::new());
        let present = region.tasks_of_service(&id).filter(|task| {
            let membership = task.service.as_ref();
            membership.is_some_and(|membership| membership.deployment == self.revision.id)
                && task.desired == wharf_records::ecs::Desired::Running
                && !task.ended
        });
        for task in present {
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
            Choice { host, subnet }
        };
        hosts.into_iter().map(&mut choose).collect()
    }

    /// Claims each choice on its host's ledger, as far as it fits.
    fn claim(&self, region: &Region, choices: Vec<Choice>) -> Batch {
        let mut batch = Batch::default();
        let providers = self.providers(region, choices.len());
        for (number, choice) in choices.into_iter().enumerate() {
            let Some(held) = region.ledgers.get(&choice.host) else {
                continue;
            };
            let provider = providers.get(number).cloned();
            let Some(task) = self.make(region, &choice, provider) else {
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
        batch
    }

    fn make(
        &self,
        region: &Region,
        choice: &Choice,
        capacity_provider: Option<String>,
    ) -> Option<Task> {
        let host = region.hosts.get(&choice.host)?;
        let instance = region.instance_by_arn(&host.instance)?;
        if instance.status != InstanceStatus::Active {
            return None;
        }
        let subnet = choice.subnet.as_ref();
        let zone = subnet.map_or_else(|| region.zone_of(host), |subnet| subnet.zone.clone());
        let minted = (self.mint)();
        let spot = Spot {
            id: minted.id,
            cluster: self.cluster,
            instance,
            host: &choice.host,
            zone: &zone,
            subnet: choice.subnet.as_ref().map(|subnet| subnet.id.as_str()),
            capacity_provider,
            credentials_seed: minted.credentials_seed,
        };
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
        let id = format!("{}:{}", self.service.cluster, self.service.name);
        let mut have = BTreeMap::new();
        for task in region.tasks_of_service(&id).filter(|task| !task.ended) {
            if let Some(provider) = &task.capacity_provider {
                *have.entry(provider.clone()).or_insert(0_u64) += 1;
            }
        }
        provider::distribute(&self.revision.strategy, have, count)
    }
}
