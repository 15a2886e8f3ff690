//! AllocateAddress and ReleaseAddress.

use std::collections::HashSet;

use wharf_api_ec2::types::{AllocateAddressRequest, AllocateAddressResult, ReleaseAddressRequest};
use wharf_base::ids;
use wharf_records::{Record as _, Unknown, encode};
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{ElasticAddress, claim, claim_key, free};
use crate::{Ec2Service, fault, records::Fence, tags};

/// Whoever allocates rewrites it, so that no two count the same addresses.
const COUNT: &str = "elastic-addresses";

pub async fn allocate(
    service: &Ec2Service,
    call: &Call,
    input: AllocateAddressRequest,
) -> Result<AllocateAddressResult, Fault> {
    fault::dry_run(input.dry_run)?;
    if let Some(group) = input.network_border_group.as_deref()
        && group != call.region
    {
        return Err(fault::bad_value(format!(
            "Value ({group}) for parameter networkBorderGroup is invalid. It must be {}.",
            call.region
        )));
    }
    let specifications = input.tag_specifications.as_deref();
    let tags = tags::specified(call, specifications, ElasticAddress::KIND)?;
    let made = transact!(service.table, &call.permit, |tx| {
        let fence = service.fence(call, COUNT).await?;
        let all: Vec<ElasticAddress> = service.all(call).await?;
        if all.len() >= service.public_addresses.per_account {
            return Err(fault::too_many_addresses());
        }
        let mut made = ElasticAddress {
            id: ids::ec2_id("eipalloc"),
            address: free(service, &[], &HashSet::new()).await?,
            routed: service.public_addresses.routed,
            association: None,
            metered: None,
            reverse_name: None,
            tags: tags.clone(),
            unknown: Unknown::new(),
        };
        made.meter(call.now);
        let txn = Txn::new()
            .when(fence)
            .put(Ec2Service::key::<Fence>(call, COUNT), encode(&Fence {}))
            .put(
                Ec2Service::key::<ElasticAddress>(call, &made.id),
                encode(&made),
            );
        tx.join(claim(txn, call, made.address, &made.id));
        made
    });
    Ok(AllocateAddressResult {
        allocation_id: Some(made.id),
        public_ipv4_pool: Some("amazon".to_owned()),
        network_border_group: Some(call.region.clone()),
        domain: Some("vpc".to_owned()),
        public_ip: Some(made.address.to_string()),
        ..AllocateAddressResult::default()
    })
}

/// One that something has stays; what is of a NAT gateway, too, and one that leads back to a name.
pub async fn release(
    service: &Ec2Service,
    call: &Call,
    input: ReleaseAddressRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let given = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
    let id = match (given(&input.allocation_id), given(&input.public_ip)) {
        (Some(id), _) => id,
        (None, Some(address)) => super::of_public_ip(service, call, &address).await?.id,
        (None, None) => return Err(fault::missing_parameter("AllocationId")),
    };
    transact!(service.table, &call.permit, |tx| {
        let stored = service.get_stored::<ElasticAddress>(call, &id).await?;
        if stored.record.association.is_some() {
            return Err(fault::public_address_in_use(stored.record.address));
        }
        // The name would lead to whoever gets the address next.
        if stored.record.reverse_name.is_some() {
            return Err(fault::address_locked());
        }
        let txn = Txn::new().when(stored.unchanged()).delete(&stored.key);
        tx.join(txn.delete(claim_key(stored.record.address)));
    });
    Ok(())
}
