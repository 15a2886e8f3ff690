//! The IPv6 addresses that a request names for an interface, and those that it gets; AssignIpv6Addresses and
//! UnassignIpv6Addresses, which write an interface, its claims and the record of its instance in one transaction.

use std::{collections::HashSet, net::Ipv6Addr};

use wharf_api_ec2::types::{
    AssignIpv6AddressesRequest, AssignIpv6AddressesResult, InstanceIpv6Address,
    UnassignIpv6AddressesRequest, UnassignIpv6AddressesResult,
};
use wharf_base::Cidr6;
use wharf_records::{Unknown, encode};
use wharf_service::{Stored, transact};
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Context, Fault};

use super::interfaces::may_change;
use crate::{
    Ec2Service, fault, instance_types,
    instances::placing::gives_ipv6,
    ipv6::{MOST, draw, may_assign},
    records::{AddressClaim, Instance, Interface, Subnet, ipv6_claim_id},
    table::LeanOn,
};

/// A drawn address of 64 bits that somebody has is rarer than a broken disk; so many in a row are not.
const TRIES: usize = 8;
/// Where nine tenths of a subnet are reserved, so many drawn addresses are all reserved once in 10^11 times.
const DRAWS: usize = 256;

/// What a request says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    pub these: Vec<Ipv6Addr>,
    /// That many beside those; `None` if it says nothing.
    pub count: Option<usize>,
}

impl Named {
    /// # Errors
    /// Both are given; they are more than `most`; something is no address, or named twice.
    pub fn of<'a>(
        these: impl IntoIterator<Item = &'a str>,
        count: Option<i32>,
        most: usize,
    ) -> Result<Self, Fault> {
        let mut named = Self::default();
        for text in these {
            let address = parsed(text)?;
            if named.these.contains(&address) {
                return Err(fault::bad_value("An IPv6 address is named twice."));
            }
            named.these.push(address);
            if named.these.len() > most {
                return Err(fault::too_many_private_addresses(None));
            }
        }
        let bad = |count: i32| fault::bad_value_of("ipv6AddressCount", &count.to_string());
        let count = count.map(|it| usize::try_from(it).map_err(|_| bad(it)));
        named.count = count.transpose()?;
        match named.count.unwrap_or_default() {
            0 => Ok(named),
            _ if !named.these.is_empty() => Err(fault::ipv6_addresses_and_count()),
            count if count > most => Err(fault::too_many_private_addresses(None)),
            _ => Ok(named),
        }
    }

    /// Those of the members that RunInstances and CreateNetworkInterface have.
    ///
    /// # Errors
    /// As [`Named::of`].
    pub fn of_members(
        these: Option<&[InstanceIpv6Address]>,
        count: Option<i32>,
        most: usize,
    ) -> Result<Self, Fault> {
        let these = these.unwrap_or_default().iter();
        let these = these.map(|it| it.ipv6_address.as_deref().unwrap_or_default());
        Self::of(these, count, most)
    }

    /// Whether only one interface can have what it names.
    pub fn names_any(&self) -> bool {
        !self.these.is_empty()
    }

    /// How many an interface in the subnet gets: what it says nothing of is for the subnet to say.
    pub fn number(&self, subnet: &Subnet) -> usize {
        match (self.these.len(), self.count) {
            (0, None) => usize::from(subnet.assign_ipv6 && subnet.ipv6.is_some()),
            (0, Some(count)) => count,
            (these, _) => these,
        }
    }

    /// Addresses of the subnet that nobody has, and that are not in `taken`, to which they are added.
    ///
    /// # Errors
    /// The subnet has none; one that is named is outside, or somebody's.
    pub async fn choose(
        &self,
        service: &Ec2Service,
        call: &Call,
        subnet: &Subnet,
        taken: &mut HashSet<Ipv6Addr>,
    ) -> Result<Vec<Ipv6Addr>, Fault> {
        let number = self.number(subnet);
        if number == 0 {
            return Ok(Vec::new());
        }
        let range = subnet.ipv6.as_ref().map(|it| it.cidr);
        let range = range.ok_or_else(|| fault::subnet_without_ipv6(&subnet.id))?;
        for address in &self.these {
            if !may_assign(range, *address) {
                return Err(fault::address_outside(&address.to_string()));
            }
            if is_taken(service, call, subnet, *address).await? {
                return Err(fault::address_in_use(address));
            }
        }
        let mut chosen = self.these.clone();
        let mut tries = 0;
        while chosen.len() < number {
            let address = drawn(range, subnet)?;
            if !taken.contains(&address) && !is_taken(service, call, subnet, address).await? {
                chosen.push(address);
            } else if tries == TRIES {
                return Err(fault::no_free_address(&subnet.id));
            } else {
                tries += 1;
            }
        }
        taken.extend(&chosen);
        Ok(chosen)
    }
}

/// An address that is not kept for who names it.
fn drawn(range: Cidr6, subnet: &Subnet) -> Result<Ipv6Addr, Fault> {
    let drawn = std::iter::repeat_with(|| draw(range)).take(DRAWS);
    let mut free = drawn.filter(|it| !subnet.reserves_ipv6(*it));
    free.next()
        .ok_or_else(|| fault::no_free_address(&subnet.id))
}

async fn is_taken(
    service: &Ec2Service,
    call: &Call,
    subnet: &Subnet,
    address: Ipv6Addr,
) -> Result<bool, Fault> {
    let claim = ipv6_claim_id(&subnet.id, address);
    let found = service.find::<AddressClaim>(call, &claim).await?;
    Ok(found.is_some())
}

fn parsed(text: &str) -> Result<Ipv6Addr, Fault> {
    text.parse().map_err(|_| fault::bad_address(text))
}

/// A subnet that keeps its range while an address of it is handed out.
///
/// # Errors
/// It is gone.
pub async fn kept(
    service: &Ec2Service,
    cx: &Context,
    txn: Txn,
    (subnet, addresses): (&str, &[Ipv6Addr]),
) -> Result<Txn, Fault> {
    if addresses.is_empty() {
        return Ok(txn);
    }
    let stored: Stored<Subnet> = service.get_stored(cx, subnet).await?;
    let range = stored.record.ipv6.as_ref().map(|it| it.cidr);
    let range = range.ok_or_else(|| fault::subnet_without_ipv6(subnet))?;
    match addresses.iter().all(|it| range.contains(*it)) {
        true => Ok(txn.when(stored.unchanged())),
        false => Err(fault::too_busy()),
    }
}

pub async fn assign(
    service: &Ec2Service,
    call: &Call,
    input: AssignIpv6AddressesRequest,
) -> Result<AssignIpv6AddressesResult, Fault> {
    let id = input.network_interface_id.as_deref().unwrap_or_default();
    let these = input.ipv6_addresses.as_deref().unwrap_or_default();
    let these = these.iter().map(String::as_str);
    let named = Named::of(these, input.ipv6_address_count, MOST)?;
    if !named.names_any() && named.count.unwrap_or_default() == 0 {
        return Err(fault::neither_ipv6_addresses_nor_count());
    }
    let assigned = transact!(service.table, &call.permit, |tx| {
        let stored = service.get_stored::<Interface>(call, id).await?;
        may_change(service, call, &stored.record, "AssignIpv6Addresses").await?;
        let subnet: Subnet = service.get(call, &stored.record.subnet_id).await?;
        let mut interface = stored.record.clone();
        // To assign what it has changes nothing.
        let new = Named {
            these: (named.these.iter().copied())
                .filter(|it| !interface.ipv6.contains(it))
                .collect(),
            count: named.count.or(Some(0)),
        };
        let mut taken = HashSet::new();
        let chosen = new.choose(service, call, &subnet, &mut taken).await?;
        interface.ipv6.extend(&chosen);
        let txn = Txn::new().when(stored.unchanged());
        let txn = check_limit(service, call, txn, &interface).await?;
        let mut txn = kept(service, call, txn, (&subnet.id, &chosen)).await?;
        for address in &chosen {
            let claim = ipv6_claim_id(&subnet.id, *address);
            let key = Ec2Service::key::<AddressClaim>(call, &claim);
            let claim = AddressClaim {
                interface_id: interface.id.clone(),
                unknown: Unknown::new(),
            };
            txn = txn
                .when(Compare::absent(key.clone()))
                .put(key, encode(&claim));
        }
        txn = txn.lean_on::<Subnet>(call, &subnet.id);
        tx.join(written(service, call, txn, (&stored, &interface)).await?);
        match named.names_any() {
            true => named.these.clone(),
            false => chosen,
        }
    });
    Ok(AssignIpv6AddressesResult {
        network_interface_id: Some(id.to_owned()),
        assigned_ipv6_addresses: Some(assigned.iter().map(ToString::to_string).collect()),
        ..AssignIpv6AddressesResult::default()
    })
}

pub async fn unassign(
    service: &Ec2Service,
    call: &Call,
    input: UnassignIpv6AddressesRequest,
) -> Result<UnassignIpv6AddressesResult, Fault> {
    let id = input.network_interface_id.as_deref().unwrap_or_default();
    let these = input.ipv6_addresses.as_deref().unwrap_or_default();
    let named = Named::of(these.iter().map(String::as_str), None, MOST)?;
    if !named.names_any() {
        return Err(fault::missing_parameter("Ipv6Addresses"));
    }
    transact!(service.table, &call.permit, |tx| {
        let stored = service.get_stored::<Interface>(call, id).await?;
        may_change(service, call, &stored.record, "UnassignIpv6Addresses").await?;
        let mut interface = stored.record.clone();
        if named.these.iter().any(|it| !interface.ipv6.contains(it)) {
            return Err(fault::private_addresses_not_assigned(id));
        }
        interface.ipv6.retain(|it| !named.these.contains(it));
        let mut txn = Txn::new().when(stored.unchanged());
        for address in &named.these {
            let claim = ipv6_claim_id(&interface.subnet_id, *address);
            txn = txn.delete(Ec2Service::key::<AddressClaim>(call, &claim));
        }
        tx.join(written(service, call, txn, (&stored, &interface)).await?);
    });
    Ok(UnassignIpv6AddressesResult {
        network_interface_id: Some(id.to_owned()),
        unassigned_ipv6_addresses: Some(these.to_vec()),
        ..UnassignIpv6AddressesResult::default()
    })
}

/// As many as the type of its instance has, and where its host gives it any. Holds as long as the instance is what it is.
async fn check_limit(
    service: &Ec2Service,
    call: &Call,
    mut txn: Txn,
    interface: &Interface,
) -> Result<Txn, Fault> {
    let stored = match &interface.attachment {
        Some(it) => {
            let there = it.there(call);
            service.stored::<Instance>(&there, &it.instance_id).await?
        }
        None => None,
    };
    if let Some(it) = &stored {
        txn = txn.when(it.unchanged());
    }
    let instance = stored.as_ref().map(|it| &it.record);
    if let Some(it) = instance.filter(|it| it.is_virtual())
        && let Some(host) = &it.life.host
    {
        // One of an earlier version would lead them nowhere.
        let hosts = &service.instances.parts.hosts;
        hosts.up_to_date().await;
        if !hosts.read(|machines| gives_ipv6(machines, &host.id)) {
            return Err(fault::host_gives_no_ipv6(&it.id));
        }
    }
    let kind = instance.and_then(|it| instance_types::find(&it.instance_type));
    let most = kind.map_or(MOST, |it| it.addresses as usize);
    match interface.ipv6.len() <= most {
        true => Ok(txn),
        false => Err(fault::too_many_private_addresses(Some(&interface.id))),
    }
}

/// Writes the interface, and what its instance knows of it: the host tells that by its own record.
async fn written(
    service: &Ec2Service,
    call: &Call,
    txn: Txn,
    (stored, interface): (&Stored<Interface>, &Interface),
) -> Result<Txn, Fault> {
    let txn = txn.put(&stored.key, encode(interface));
    let Some(attachment) = &interface.attachment else {
        return Ok(txn);
    };
    let there = attachment.there(call);
    let instance = service.stored::<Instance>(&there, &attachment.instance_id);
    let Some(mut instance) = instance.await? else {
        return Ok(txn);
    };
    let condition = instance.unchanged();
    let primary = &mut instance.record.interface;
    if primary.id != interface.id {
        return Ok(txn);
    }
    primary.ipv6.clone_from(&interface.ipv6);
    Ok(txn
        .when(condition)
        .put(&instance.key, encode(&instance.record)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense() {
        let five = ["fd00::5"; 1];
        for (these, count, code) in [
            (&five[..], Some(1), "InvalidParameterCombination"),
            (&["fd00::5", "fd00:0::5"][..], None, "InvalidParameterValue"),
            (&["10.0.0.5"][..], None, "InvalidParameterValue"),
            (&["fd00::5/64"][..], None, "InvalidParameterValue"),
            (&[""][..], None, "InvalidParameterValue"),
            (&[][..], Some(-1), "InvalidParameterValue"),
            (&[][..], Some(3), "PrivateIpAddressLimitExceeded"),
            (
                &["fd00::5", "fd00::6", "fd00::7"][..],
                None,
                "PrivateIpAddressLimitExceeded",
            ),
        ] {
            let refused = Named::of(these.iter().copied(), count, 2).unwrap_err();
            assert_eq!(refused.code, code, "{these:?} {count:?}");
        }
        let named = Named::of(five, Some(0), 2).unwrap();
        assert!(named.names_any());
    }
}
