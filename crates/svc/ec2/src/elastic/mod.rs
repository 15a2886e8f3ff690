//! Addresses outside of VPCs: which there are, who has them, and what gives them back.
//!
//! An address is claimed over all accounts and regions, from the transaction in which somebody gets it
//! to the one in which it is given back. It is an elastic address, which stays until it is released and
//! is associated with interfaces meanwhile, or an interface's own, which goes with it.

mod allocate;
mod associate;
mod attributes;
mod describe;
mod forward;
pub mod pools;
mod records;
mod resting;

use std::{collections::HashSet, net::Ipv4Addr};

use rand::Rng;
use wharf_base::{Cidr4, Timestamp, ids};
use wharf_records::{Record as _, Scope, Unknown, encode};
use wharf_service::{Table, platform};
use wharf_store::{Compare, Txn};
use wharf_wire::{Context, Fault};

pub use allocate::{allocate, release};
pub use associate::{associate, associate_with, disassociate, of_public_ip, unmapped};
pub use attributes::{describe_attribute, modify_attribute, reset_attribute};
pub use describe::describe;
pub use forward::ForwardNames;
pub use pools::PublicAddresses;
pub use records::{Association, ElasticAddress, Held, Holder, Public};
pub use resting::{held_by, resting};

use crate::{
    Ec2Service, fault,
    fault::{ChangeError, Ec2Faults},
    records::{Interface, Vpc},
    table::SERVICE,
};

/// Addresses are of no account and region: the network leads them for all.
fn claim_key(address: Ipv4Addr) -> String {
    platform::scope(SERVICE).key(Held::KIND, &address.to_string())
}

/// Adds to a transaction that somebody of the account has the address from then on.
pub fn claim(txn: Txn, cx: &Context, address: Ipv4Addr, holder: &str) -> Txn {
    let held = Held {
        account: cx.account.clone(),
        region: cx.region.clone(),
        holder: holder.to_owned(),
        unknown: Unknown::new(),
    };
    let key = claim_key(address);
    txn.when(Compare::absent(key.clone()))
        .put(key, encode(&held))
}

/// An address that nobody has, outside of `ranges`, and not one of those that the same call has found.
pub async fn free(
    service: &Ec2Service,
    ranges: &[Cidr4],
    chosen: &HashSet<Ipv4Addr>,
) -> Result<Ipv4Addr, Fault> {
    let pools = &service.public_addresses;
    let may_be = |address: &Ipv4Addr| {
        !chosen.contains(address) && !ranges.iter().any(|range| range.contains(*address))
    };
    let start = rand::rng().random_range(0..pools.len().max(1));
    let mut candidates = pools.candidates(start).filter(may_be);
    let first = candidates.next().ok_or_else(fault::no_public_address)?;
    if service
        .table
        .read::<Held>(&claim_key(first))
        .await?
        .is_none()
    {
        return Ok(first);
    }
    let prefix = platform::scope(SERVICE).key(Held::KIND, "");
    let taken = service.table.keys(&prefix).await?;
    let taken: HashSet<Ipv4Addr> = taken
        .iter()
        .filter_map(|key| key.strip_prefix(&prefix)?.parse().ok())
        .collect();
    candidates
        .find(|address| !taken.contains(address))
        .ok_or_else(fault::no_public_address)
}

/// Whether there is no address left to be given.
pub fn is_out_of_addresses(fault: &Fault) -> bool {
    fault.code == fault::NO_PUBLIC_ADDRESS
}

/// An address that becomes an interface's own, and goes with it.
pub async fn own(
    service: &Ec2Service,
    vpc: &Vpc,
    chosen: &HashSet<Ipv4Addr>,
) -> Result<Public, Fault> {
    let ranges: Vec<Cidr4> = vpc.cidrs().collect();
    Ok(Public {
        address: free(service, &ranges, chosen).await?,
        routed: service.public_addresses.routed,
        association: ids::ec2_id("eipassoc"),
        allocation: None,
        owner: None,
        since: Some(service.instances.now()),
    })
}

/// Adds to the transaction in which an interface goes that all its public addresses are given back.
pub async fn give_all_back(
    table: &Table<Ec2Faults>,
    scope: &Scope,
    interface: &Interface,
    (mut txn, now): (Txn, Timestamp),
) -> Result<Txn, ChangeError> {
    for public in interface.publics() {
        txn = give_back(table, scope, (interface, Some(public)), (txn, now)).await?;
    }
    Ok(txn)
}

/// Adds to the transaction in which an interface loses a public address that this is given back: to whom it is
/// allocated, or to everybody.
pub async fn give_back(
    table: &Table<Ec2Faults>,
    scope: &Scope,
    (interface, public): (&Interface, Option<&Public>),
    (txn, now): (Txn, Timestamp),
) -> Result<Txn, ChangeError> {
    let Some(public) = public else {
        return Ok(txn);
    };
    let Some(key) = public.allocation_key(scope) else {
        return Ok(txn.delete(claim_key(public.address)));
    };
    let Some(stored) = table.read::<ElasticAddress>(&key).await? else {
        return Ok(txn);
    };
    let mut record = stored.record.clone();
    if record
        .association
        .as_ref()
        .is_some_and(|it| it.interface == interface.id)
    {
        record.disassociated(now);
    }
    Ok(txn.when(stored.unchanged()).put(&key, encode(&record)))
}
