//! Tasks of a service across zones: where they may be, and one that is started in a zone of choice.

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use wharf_base::Timestamp;
use wharf_placement::{Constraint, Pool, place};
use wharf_records::ecs::{Instance, Launch, Revision, Service};

use super::{Batch, Launcher, staying};
use crate::{
    names::Place,
    services::{observe::Zones, plan::rebalance::is_barred, room},
    spots::Serving,
    view::{Held, Region},
};

/// Whether tasks of a capacity provider are in one zone two more than in another that has hosts, and is not barred. It is
/// cheap: it does not ask whether those hosts may have such a task.
pub fn is_uneven(region: &Region, service: &Service, id: &str, now: Timestamp) -> bool {
    let Some(primary) = service.primary() else {
        return false;
    };
    let mut counts = BTreeMap::<Option<&str>, BTreeMap<&str, u32>>::new();
    for task in staying(region, id) {
        let of_provider = counts.entry(task.capacity_provider.as_deref()).or_default();
        let count = of_provider.entry(&task.availability_zone).or_default();
        *count += 1;
    }
    counts.into_iter().any(|(provider, counts)| {
        let most = counts.values().copied().max().unwrap_or_default();
        most > 1
            && possible(region, service, &primary.revision, provider)
                .iter()
                .filter(|zone| !is_barred(service, zone, now))
                .any(|zone| counts.get(zone.as_str()).copied().unwrap_or_default() + 1 < most)
    })
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
        let placed = place(region.fleet, &demand, 1, rng);
        let mut choices = self.with_subnets(region, &serving, placed.hosts, Some(zone));
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
