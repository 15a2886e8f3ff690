//! Whether the next task of a service may ever come to a host that has one.

use wharf_placement::{Demand, Reason, refusal_of};
use wharf_records::{
    ecs::{Instance, InstanceStatus, Launch},
    hosts::Claim,
};

use super::Launcher;
use crate::view::Region;

/// What a host must have for a task of the launcher's revision, whatever runs there now.
pub struct Following<'a> {
    region: &'a Region<'a>,
    claim: Claim,
    /// With the provider that it is asked through, one of these is to be met.
    demands: Vec<(Option<String>, Demand)>,
}

impl Launcher<'_> {
    pub fn following<'r>(&self, region: &'r Region<'r>) -> Following<'r> {
        let strategy = match self.revision.launch {
            Launch::Fargate => &[],
            _ => self.revision.strategy.as_slice(),
        };
        let mut providers: Vec<Option<String>> = strategy
            .iter()
            .map(|item| Some(item.provider.clone()))
            .collect();
        if providers.is_empty() {
            providers.push(None);
        }
        let demand = |provider: Option<String>| {
            let (mut demand, _) = self.demand(region, provider.as_deref());
            // Room comes with the end of others.
            demand.claim = Claim::default();
            (provider, demand)
        };
        Following {
            region,
            claim: self.order.claim.clone(),
            demands: providers.into_iter().map(demand).collect(),
        }
    }
}

impl Following<'_> {
    /// Room or not; where one is too small for ever it may not.
    pub fn may_come_to(&self, instance: &Instance) -> bool {
        let fleet = self.region.fleet;
        let Some(row) = fleet.row(&instance.host) else {
            return false;
        };
        let is_asked = |provider: &Option<String>| {
            provider.is_none() || *provider == instance.capacity_provider
        };
        let suits = |demand: &Demand| {
            let refusal = refusal_of(fleet, demand, row);
            // The one that is there goes before.
            matches!(refusal, None | Some(Reason::Distinct))
        };
        let is_large_enough = self.region.ledgers.get(&instance.host).is_some_and(|held| {
            let whole = &held.capacity;
            self.claim.cpu <= whole.cpu && self.claim.memory <= whole.memory
        });
        instance.status == InstanceStatus::Active
            && is_large_enough
            && self
                .demands
                .iter()
                .any(|(provider, demand)| is_asked(provider) && suits(demand))
    }
}
