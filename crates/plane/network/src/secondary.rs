//! Further private addresses of interfaces that are wired here: what the control plane says of them is compared with what
//! the records say that there is, and each look brings all of them there.
//!
//! An address is on record from before its first rule to after its last, so whatever a crash leaves is found again. What an
//! interface loses goes before another gets it.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use crate::directory::Member;
use crate::error::NetworkError;
use crate::guest;
use crate::model::{Eni, Mode};
use crate::netlink::route;
use crate::scope;
use crate::state::TaskRecord;
use crate::worker::Worker;

/// What no interface has more of, whatever is said: AWS's largest types have 50 with the primary one.
const MOST: usize = 64;

impl Worker {
    /// As `follow_secondary`, for whom its trouble is not: the next word mends it.
    pub(crate) fn lead_secondary(&mut self) {
        if let Err(error) = self.follow_secondary() {
            tracing::warn!(%error, "failed to route secondary addresses to their interfaces; will retry with the next update");
        }
    }

    /// Brings those of all interfaces to what is told. Of one that nothing is said of they stay.
    pub(crate) fn follow_secondary(&mut self) -> Result<(), NetworkError> {
        if !self.heard {
            return Ok(());
        }
        let mut all = Vec::new();
        for ((vpc, id), key) in &self.interfaces {
            let Some(record) = self.tasks.get(key).filter(|it| it.wired) else {
                continue;
            };
            let (Mode::Awsvpc(eni), Some(endpoint)) = (&record.mode, &record.endpoint) else {
                continue;
            };
            let Some(mut wanted) = self.view.secondary(vpc, id) else {
                continue;
            };
            // One that passes to another interface is that one's, whoever was told of first.
            let has = |it| self.view.holder(vpc, it).is_some_and(|of| of.id == *id);
            wanted.retain(|it| may_have(eni, *it) && has(*it));
            let wanted: BTreeSet<Ipv4Addr> = wanted.into_iter().take(MOST).collect();
            if wanted != endpoint.secondary {
                all.push((key.clone(), wanted));
            }
        }
        let mut trouble = Ok(());
        for (key, wanted) in &all {
            trouble = trouble.and(self.part_secondary(key, wanted));
        }
        for (key, wanted) in &all {
            trouble = trouble.and(self.add_secondary(key, wanted));
        }
        self.secondary_owed = trouble.is_err();
        trouble
    }

    fn part_secondary(
        &mut self,
        key: &str,
        wanted: &BTreeSet<Ipv4Addr>,
    ) -> Result<(), NetworkError> {
        let Some((mut record, gone)) = self.of_record(key, |there| there - wanted) else {
            return Ok(());
        };
        for address in gone {
            self.part_one(&record, address)?;
            if let Some(endpoint) = record.endpoint.as_mut() {
                endpoint.secondary.remove(&address);
            }
            self.save(&record)?;
        }
        Ok(())
    }

    fn part_one(&mut self, record: &TaskRecord, address: Ipv4Addr) -> Result<(), NetworkError> {
        let Some(endpoint) = &record.endpoint else {
            return Ok(());
        };
        let place = (endpoint.scope.clone(), address);
        self.directory.write().remove(&place);
        if let Some(net) = self.scopes.get_mut(&endpoint.scope) {
            if let Some(host) = &mut self.host {
                host.forget(&endpoint.scope, net.uplink, address)?;
            }
            net.part(endpoint, address)?;
            if let Some(filter) = &mut net.filter {
                filter.remove(&self.view, address)?;
            }
        }
        let netns = self.state.task_netns(&record.key);
        match endpoint.guest {
            true => guest::part(&netns, address),
            false => scope::change_task(&netns, address, route::delete_address),
        }
    }

    fn add_secondary(
        &mut self,
        key: &str,
        wanted: &BTreeSet<Ipv4Addr>,
    ) -> Result<(), NetworkError> {
        let Some((mut record, new)) = self.of_record(key, |there| wanted - there) else {
            return Ok(());
        };
        let mut trouble = Ok(());
        for address in new {
            let Some(endpoint) = record.endpoint.as_mut() else {
                break;
            };
            let scope = endpoint.scope.clone();
            if let Some((by, _)) = self.endpoints(&scope).find(|(_, it)| it.has(address)) {
                let by = by.to_owned();
                trouble = trouble.and(Err(NetworkError::AddressInUse { address, by }));
                continue;
            }
            endpoint.secondary.insert(address);
            self.save(&record)?;
            if let Err(error) = self.add_one(&record, address) {
                // The next look begins it again.
                if let Some(endpoint) = record.endpoint.as_mut() {
                    endpoint.secondary.remove(&address);
                }
                self.part_one(&record, address)?;
                self.save(&record)?;
                return Err(error);
            }
        }
        trouble
    }

    fn add_one(&mut self, record: &TaskRecord, address: Ipv4Addr) -> Result<(), NetworkError> {
        let (Mode::Awsvpc(eni), Some(endpoint)) = (&record.mode, &record.endpoint) else {
            return Ok(());
        };
        let Some(net) = self.scopes.get_mut(&endpoint.scope) else {
            return Ok(());
        };
        // Before anything is led there, so that there is no moment without rules.
        if let Some(filter) = &mut net.filter {
            filter.add(&self.view, address, &eni.eni_id, eni.subnet)?;
            if record.is_instance() {
                filter.is_instance(address)?;
            }
        }
        net.lead(endpoint, address)?;
        if let Some(host) = &mut self.host {
            host.reach(&endpoint.scope, net.uplink, address)?;
        }
        let place = (endpoint.scope.clone(), address);
        self.directory.write().insert(place, Member::of(record));
        let netns = self.state.task_netns(&record.key);
        if endpoint.guest {
            return guest::lead(&netns, address, endpoint.mac);
        }
        let own = |index, address| route::address(index, address, address);
        scope::change_task(&netns, address, own)
    }

    /// A record, and some addresses by what it has.
    fn of_record(
        &self,
        key: &str,
        which: impl FnOnce(&BTreeSet<Ipv4Addr>) -> BTreeSet<Ipv4Addr>,
    ) -> Option<(TaskRecord, BTreeSet<Ipv4Addr>)> {
        let record = self.tasks.get(key)?;
        let some = which(&record.endpoint.as_ref()?.secondary);
        Some((record.clone(), some))
    }
}

/// An interface speaks from its own subnet, and is not the gateway of that.
fn may_have(eni: &Eni, address: Ipv4Addr) -> bool {
    eni.subnet.contains(address) && address != eni.gateway && address != eni.address
}
