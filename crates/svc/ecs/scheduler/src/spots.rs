//! A host that was chosen for a task, and which subnets hosts can serve.

use std::collections::BTreeSet;

use wharf_hosts::Held;
use wharf_placement::{HostIx, Pool};
use wharf_records::{
    ecs::{Instance, Task},
    hosts::{Host, Ledger},
};

use crate::{make::At, names::Place, view::Region};

/// A subnet a task may be put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    pub id: String,
    pub zone: String,
}

/// A host for one task.
pub struct HostFor {
    pub host: Held<Host>,
    pub instance: Held<Instance>,
    pub ledger: Held<Ledger>,
    /// Of the task: its subnet's, else the host's.
    pub zone: String,
    pub subnet: Option<Subnet>,
    pub provider: Option<String>,
    /// Spot tasks that give up their room for it.
    pub from: Vec<Held<Task>>,
}

impl HostFor {
    /// Has the task take a subnet, by id and zone.
    pub fn settle_in(&mut self, subnet: Option<(String, String)>) {
        if let Some((id, zone)) = subnet {
            self.zone.clone_from(&zone);
            self.subnet = Some(Subnet { id, zone });
        }
    }

    pub fn at(&self) -> At<'_> {
        At {
            instance: &self.instance,
            host: &self.host.id,
            zone: &self.zone,
            subnet: self.subnet.as_ref().map(|subnet| subnet.id.as_str()),
        }
    }

    pub fn row(region: &Region, row: HostIx) -> Option<Self> {
        let id = region.fleet.id(row);
        let host = region.hosts.get(id)?;
        Some(Self {
            instance: region.instance_by_arn(&host.instance)?.clone(),
            ledger: region.ledgers.get(id)?.clone(),
            host: host.clone(),
            zone: region.zone_of(host),
            subnet: None,
            provider: None,
            from: Vec::new(),
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
