//! AssignPrivateIpAddresses and UnassignPrivateIpAddresses: an interface, its claims, and the record of its instance are
//! written in one transaction.

use std::{
    collections::{BTreeMap, HashSet},
    net::Ipv4Addr,
};

use wharf_api_ec2::types::{
    AssignPrivateIpAddressesRequest, AssignPrivateIpAddressesResult, AssignedPrivateIpAddress,
    UnassignPrivateIpAddressesRequest,
};
use wharf_records::{Unknown, encode};
use wharf_service::{Stored, transact};
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use super::{
    interfaces::may_change,
    private_addresses::{MOST, counted, free, parsed},
};
use crate::{
    Ec2Service,
    address::Addresses as _,
    elastic::{self, ElasticAddress, Holder},
    fault, instance_types,
    records::{AddressClaim, Instance, Interface, Secondary, Subnet, claim_id},
};

/// What is asked for.
enum Asked {
    Any(usize),
    These(Vec<Ipv4Addr>),
}

fn asked(input: &AssignPrivateIpAddressesRequest) -> Result<Asked, Fault> {
    let named = input.private_ip_addresses.as_deref().unwrap_or_default();
    let count = counted(input.secondary_private_ip_address_count)?;
    match (named, count) {
        ([], 0) => Err(fault::neither_addresses_nor_count()),
        ([], count) if count >= MOST => Err(fault::too_many_private_addresses(
            input.network_interface_id.as_deref(),
        )),
        ([], count) => Ok(Asked::Any(count)),
        (named, 0) => Ok(Asked::These(these(named)?)),
        _ => Err(fault::addresses_and_count()),
    }
}

/// Each once.
fn these(named: &[String]) -> Result<Vec<Ipv4Addr>, Fault> {
    let mut all = Vec::new();
    for text in named {
        let address = parsed(text)?;
        if all.len() <= MOST && !all.contains(&address) {
            all.push(address);
        }
    }
    match all.len() > MOST {
        true => Err(fault::too_many_private_addresses(None)),
        false => Ok(all),
    }
}

pub async fn assign(
    service: &Ec2Service,
    call: &Call,
    input: AssignPrivateIpAddressesRequest,
) -> Result<AssignPrivateIpAddressesResult, Fault> {
    let id = input.network_interface_id.as_deref().unwrap_or_default();
    let (asked, may_move) = (asked(&input)?, input.allow_reassignment == Some(true));
    let assigned = transact!(service.table, &call.permit, |tx| {
        let stored = service.get_stored::<Interface>(call, id).await?;
        may_change(service, call, &stored.record, "AssignPrivateIpAddresses").await?;
        let subnet: Subnet = service.get(call, &stored.record.subnet_id).await?;
        let mut changing = Changing::of(service, call, stored);
        let assigned = match &asked {
            Asked::Any(count) => {
                let (mut taken, mut some) = (HashSet::new(), Vec::new());
                for _ in 0..*count {
                    let address = free(service, call, &subnet, &mut taken).await?;
                    changing.claim(address);
                    some.push(address);
                }
                some
            }
            Asked::These(named) => {
                let mut denied = Vec::new();
                for address in named {
                    if !subnet.cidr.may_assign(*address) {
                        return Err(fault::address_outside(&address.to_string()));
                    }
                    if !changing.take(*address, may_move).await? {
                        denied.push(*address);
                    }
                }
                if !denied.is_empty() {
                    return Err(fault::move_not_allowed(&denied));
                }
                named.clone()
            }
        };
        changing.check_limit().await?;
        tx.join(changing.written().await?);
        assigned
    });
    let assigned = assigned.iter().map(|it| AssignedPrivateIpAddress {
        private_ip_address: Some(it.to_string()),
    });
    Ok(AssignPrivateIpAddressesResult {
        network_interface_id: Some(id.to_owned()),
        assigned_private_ip_addresses: Some(assigned.collect()),
        ..AssignPrivateIpAddressesResult::default()
    })
}

pub async fn unassign(
    service: &Ec2Service,
    call: &Call,
    input: UnassignPrivateIpAddressesRequest,
) -> Result<(), Fault> {
    let id = input.network_interface_id.as_deref().unwrap_or_default();
    let named = these(input.private_ip_addresses.as_deref().unwrap_or_default())?;
    if named.is_empty() {
        return Err(fault::missing_parameter("PrivateIpAddresses"));
    }
    transact!(service.table, &call.permit, |tx| {
        let stored = service.get_stored::<Interface>(call, id).await?;
        may_change(service, call, &stored.record, "UnassignPrivateIpAddresses").await?;
        if named.contains(&stored.record.address) {
            return Err(fault::primary_address_stays(stored.record.address));
        }
        let mut changing = Changing::of(service, call, stored);
        for address in &named {
            changing.give_up(*address).await?;
        }
        tx.join(changing.written().await?);
    });
    Ok(())
}

/// An interface whose addresses become others, with those that it takes some of.
struct Changing<'a> {
    service: &'a Ec2Service,
    call: &'a Call,
    interface: Stored<Interface>,
    others: BTreeMap<String, Stored<Interface>>,
    txn: Txn,
}

impl<'a> Changing<'a> {
    fn of(service: &'a Ec2Service, call: &'a Call, interface: Stored<Interface>) -> Self {
        Self {
            service,
            call,
            txn: Txn::new().when(interface.unchanged()),
            interface,
            others: BTreeMap::new(),
        }
    }

    fn claim_key(&self, address: Ipv4Addr) -> String {
        let id = claim_id(&self.interface.record.subnet_id, address);
        Ec2Service::key::<AddressClaim>(self.call, &id)
    }

    fn own_claim(&self) -> AddressClaim {
        AddressClaim {
            interface_id: self.interface.record.id.clone(),
            unknown: Unknown::new(),
        }
    }

    /// It gets one that nobody has.
    fn claim(&mut self, address: Ipv4Addr) {
        let (key, claim) = (self.claim_key(address), self.own_claim());
        let txn = std::mem::take(&mut self.txn);
        self.txn = txn
            .when(Compare::absent(key.clone()))
            .put(key, encode(&claim));
        let secondary = &mut self.interface.record.secondary;
        secondary.push(Secondary::new(address));
    }

    /// It gets that one, if need be from another interface whose secondary one it is; false if it may not.
    async fn take(&mut self, address: Ipv4Addr, may_move: bool) -> Result<bool, Fault> {
        let key = self.claim_key(address);
        let Some(claim) = self.service.table.read::<AddressClaim>(&key).await? else {
            self.claim(address);
            return Ok(true);
        };
        let holder = &claim.record.interface_id;
        if *holder == self.interface.record.id {
            return Ok(may_move && self.interface.record.address != address);
        }
        if !may_move {
            return Ok(false);
        }
        if !self.others.contains_key(holder) {
            let other = self
                .service
                .get_stored::<Interface>(self.call, holder)
                .await?;
            let operation = "AssignPrivateIpAddresses";
            match may_change(self.service, self.call, &other.record, operation).await {
                Ok(()) => {}
                Err(fault) if fault.sender => return Ok(false),
                Err(fault) => return Err(fault),
            }
            let txn = std::mem::take(&mut self.txn);
            self.txn = txn.when(other.unchanged());
            self.others.insert(holder.clone(), other);
        }
        let Some(other) = self.others.get_mut(holder) else {
            return Ok(false);
        };
        let all = &mut other.record.secondary;
        let Some(at) = all.iter().position(|it| it.address == address) else {
            // Its primary one.
            return Ok(false);
        };
        let moved = all.remove(at);
        let txn = std::mem::take(&mut self.txn);
        self.txn = txn
            .when(claim.unchanged())
            .put(&claim.key, encode(&self.own_claim()));
        self.move_public(&moved).await?;
        self.interface.record.secondary.push(moved);
        Ok(true)
    }

    /// The elastic address of one that moves moves with it.
    async fn move_public(&mut self, moved: &Secondary) -> Result<(), Fault> {
        let public = moved.public.as_ref();
        let scope = Ec2Service::scope(self.call);
        let Some(key) = public.and_then(|it| it.allocation_key(&scope)) else {
            return Ok(());
        };
        let stored = self.service.table.read::<ElasticAddress>(&key);
        let Some(mut stored) = stored.await? else {
            return Ok(());
        };
        let condition = stored.unchanged();
        if let Some(association) = stored.record.association.as_mut() {
            let record = &self.interface.record;
            let instance = record.attachment.as_ref();
            association.interface.clone_from(&record.id);
            association.holder = Holder::Interface(instance.map(|it| it.instance_id.clone()));
        }
        let txn = std::mem::take(&mut self.txn);
        self.txn = txn.when(condition).put(&stored.key, encode(&stored.record));
        Ok(())
    }

    /// It loses one, with the elastic address of that.
    async fn give_up(&mut self, address: Ipv4Addr) -> Result<(), Fault> {
        let record = &mut self.interface.record;
        let found = record.secondary.iter().position(|it| it.address == address);
        let at = found.ok_or_else(|| fault::private_addresses_not_assigned(&record.id))?;
        let gone = record.secondary.remove(at);
        let key = self.claim_key(address);
        let txn = std::mem::take(&mut self.txn).delete(key);
        let scope = Ec2Service::scope(self.call);
        let of = (&self.interface.record, gone.public.as_ref());
        let now = self.call.now;
        self.txn = elastic::give_back(&self.service.table, &scope, of, (txn, now)).await?;
        Ok(())
    }

    /// As many as the type of its instance has.
    async fn check_limit(&self) -> Result<(), Fault> {
        let record = &self.interface.record;
        let instance = match &record.attachment {
            Some(it) => {
                let there = it.there(self.call);
                self.service
                    .find::<Instance>(&there, &it.instance_id)
                    .await?
            }
            None => None,
        };
        let kind = instance.and_then(|it| instance_types::find(&it.instance_type));
        let most = kind.map_or(MOST, |it| it.addresses as usize);
        match record.secondary.len() < most {
            true => Ok(()),
            false => Err(fault::too_many_private_addresses(Some(&record.id))),
        }
    }

    async fn written(mut self) -> Result<Txn, Fault> {
        let others = std::mem::take(&mut self.others);
        for interface in others.into_values().chain([self.interface]) {
            self.txn = self.txn.put(&interface.key, encode(&interface.record));
            let Some(of) = &interface.record.attachment else {
                continue;
            };
            let there = of.there(self.call);
            let found = self.service.stored::<Instance>(&there, &of.instance_id);
            let Some(mut instance) = found.await? else {
                continue;
            };
            // Its host tells it of them by its own record.
            let condition = instance.unchanged();
            let primary = &mut instance.record.interface;
            if primary.id == interface.record.id {
                let secondary = interface.record.secondary.iter();
                primary.secondary = secondary.map(|it| it.address).collect();
                self.txn = self
                    .txn
                    .when(condition)
                    .put(&instance.key, encode(&instance.record));
            }
        }
        Ok(self.txn)
    }
}
