//! Tasks of a service across zones: where they may be, and one that is started in a zone of choice.

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use wharf_base::Timestamp;
use wharf_placement::{Constraint, Pool, place};
use wharf_records::ecs::{Instance, Launch, Revision, Service, Task};

use super::{Batch, Launcher, staying};
use crate::{
    interrupt::is_spot,
    names::Place,
    services::{observe::Zones, plan::rebalance::is_barred, room},
    spots::Serving,
    view::{Held, Region},
};

/// How tasks of a service are spread over zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evenness {
    Even,
    /// Of a zone with two more than another one may go.
    Uneven,
    /// All tasks of such zones are protected.
    Protected,
}

/// Whether tasks of a capacity provider are in one zone two more than in another that has hosts, and is not barred. It is
/// cheap: it does not ask whether those hosts may have such a task.
pub fn evenness(region: &Region, service: &Service, id: &str, now: Timestamp) -> Evenness {
    let Some(primary) = service.primary() else {
        return Evenness::Even;
    };
    let mut spread = BTreeMap::<Option<&str>, BTreeMap<&str, InZone>>::new();
    for task in staying(region, id) {
        let of_provider = spread.entry(task.capacity_provider.as_deref()).or_default();
        let zone = of_provider.entry(&task.availability_zone).or_default();
        zone.tasks += 1;
        zone.free += u32::from(!is_protected(region, task, now));
    }
    let mut evenness = Evenness::Even;
    for (provider, zones) in spread {
        let most = zones.values().map(|zone| zone.tasks).max();
        if most.is_none_or(|most| most < 2) {
            continue;
        }
        let possible = possible(region, service, &primary.revision, provider);
        let open = possible
            .iter()
            .filter(|zone| !is_barred(service, zone, now));
        let tasks = |zone: &String| zones.get(zone.as_str()).map_or(0, |zone| zone.tasks);
        let Some(least) = open.map(tasks).min() else {
            continue;
        };
        match beside(least, zones.values().copied()) {
            Evenness::Even => {}
            Evenness::Uneven => return Evenness::Uneven,
            Evenness::Protected => evenness = Evenness::Protected,
        }
    }
    evenness
}

/// Tasks in a zone, and those of them that are not protected.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct InZone {
    pub tasks: u32,
    pub free: u32,
}

/// Of zones beside one with the least tasks.
pub(super) fn beside(least: u32, zones: impl Iterator<Item = InZone>) -> Evenness {
    let rich: Vec<InZone> = zones.filter(|zone| zone.tasks > least + 1).collect();
    match rich.iter().any(|zone| zone.free > 0) {
        true => Evenness::Uneven,
        false if rich.is_empty() => Evenness::Even,
        false => Evenness::Protected,
    }
}

/// As the plan sees it ([`crate::services::observe`]).
fn is_protected(region: &Region, task: &Task, now: Timestamp) -> bool {
    let membership = task.service.as_ref();
    let until = membership.and_then(|membership| membership.protected_until);
    let is_retired = task.launch == Launch::Fargate && region.is_retired(&task.host);
    !is_retired && until.is_some_and(|until| now < until)
}

/// Zones in which there are hosts, or of whose subnets those of others have care.
fn possible(
    region: &Region,
    service: &Service,
    revision: &Revision,
    provider: Option<&str>,
) -> BTreeSet<String> {
    if let Some(network) = &revision.network {
        let zones = network.subnets.iter().map(|subnet| subnet.zone.clone());
        return zones.collect();
    }
    let pool = pool(region.place, service, revision, provider);
    let letters = region.fleet.zones_of(&pool).into_iter();
    letters.map(|letter| region.place.zone(&letter)).collect()
}

fn pool(place: &Place, service: &Service, revision: &Revision, provider: Option<&str>) -> Pool {
    let cluster = service.cluster_arn.clone();
    match (revision.launch, provider) {
        (Launch::Fargate, _) => place.fargate(),
        (_, Some(provider)) => Pool::Provider {
            cluster,
            provider: provider.to_owned(),
        },
        (_, None) => Pool::Cluster(cluster),
    }
}

impl Launcher<'_> {
    /// Where tasks of each capacity provider may be, room or not.
    pub fn zones(&self, region: &Region) -> Zones {
        let providers = self.revision.strategy.iter();
        let mut providers: Vec<Option<String>> =
            providers.map(|item| Some(item.provider.clone())).collect();
        if providers.is_empty() {
            providers.push(None);
        }
        let following = self.following(region);
        let id = self.id();
        let tasks = staying(region, &id);
        let hosts: BTreeSet<&str> = tasks.map(|task| task.host.as_str()).collect();
        let zones_of = |provider: Option<&str>| {
            let possible = possible(region, self.service, self.revision, provider);
            let (demand, serving) = self.demand(region, provider);
            let mut constraints = demand.constraints.iter();
            let is_apart = constraints.any(|it| matches!(it, Constraint::DistinctInstance));
            let mut found = BTreeSet::new();
            let suits = |instance: &&Held<Instance>| {
                let is_asked =
                    provider.is_none() || instance.capacity_provider.as_deref() == provider;
                // One that is moved in comes beside those that are there.
                let is_taken = is_apart && hosts.contains(instance.host.as_str());
                is_asked && !is_taken && following.may_come_to(instance)
            };
            // Those that every further host would add are looked for no longer.
            for instance in self.candidates(region) {
                if found.len() == possible.len() {
                    break;
                }
                let Some(host) = region.hosts.get(&instance.host) else {
                    continue;
                };
                let own = region.zone_of(host);
                let serves = |zone: &&String| {
                    let with_subnets = self.subnets().next().is_some();
                    !found.contains(*zone)
                        && (**zone == own || with_subnets && serving.fits(zone, &own))
                };
                let new: Vec<String> = possible.iter().filter(serves).cloned().collect();
                if !new.is_empty() && suits(&instance) {
                    found.extend(new);
                }
            }
            found
        };
        let on_instances = |provider: &Option<String>| match self.revision.launch {
            // Machines that take Fargate tasks take those of both providers.
            Launch::Fargate => None,
            _ => provider.clone(),
        };
        let zones = providers.into_iter().map(|provider| {
            let zones = zones_of(on_instances(&provider).as_deref());
            (provider, zones)
        });
        zones.collect()
    }

    fn candidates<'r>(
        &'r self,
        region: &'r Region<'_>,
    ) -> Box<dyn Iterator<Item = &'r Held<Instance>> + 'r> {
        match self.revision.launch {
            Launch::Fargate => Box::new(region.fargate_instances()),
            _ => Box::new(region.instances_of(&self.cluster.name)),
        }
    }

    /// Places one task in a zone. Nothing makes room for it: it neither waits for more instances nor has Spot tasks
    /// interrupted, since all that are wanted run.
    pub(super) fn place_in(
        &self,
        region: &Region,
        zone: &str,
        provider: Option<&String>,
        batch: &mut Batch,
        rng: &mut impl Rng,
    ) {
        let of_instances = provider.filter(|_| self.revision.launch != Launch::Fargate);
        let (mut demand, _) = self.demand(region, of_instances.map(String::as_str));
        let serving = Serving::new(region, std::iter::once(zone), &demand.pool);
        demand.zones = match self.subnets().next() {
            Some(_) => serving.zones(),
            None => vec![region.place.zone_letter(zone).to_owned()],
        };
        if is_spot(provider.map(String::as_str)) {
            self.leave_to_others(region, &mut demand, &[]);
        }
        let placed = place(region.fleet, &demand, 1, rng);
        let mut choices = self.with_subnets(region, &serving, batch, placed.hosts, Some(zone));
        let has_subnet = self.subnets().next().is_some();
        choices.retain(|choice| !has_subnet || choice.subnet.is_some());
        for choice in &mut choices {
            choice.provider = provider.cloned();
        }
        self.claim(region, choices, batch);
        if batch.tasks.is_empty() {
            let reasons = placed.refusals.iter().map(|it| (it.host, it.reason));
            batch.unplaced = Some(room::closest(region, &demand, reasons));
        }
    }
}
