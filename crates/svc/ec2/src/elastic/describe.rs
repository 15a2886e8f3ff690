//! DescribeAddresses, in one piece as with AWS.

use wharf_api_ec2::types::{DescribeAddressesRequest, DescribeAddressesResult};
use wharf_wire::{Call, Fault};

use super::ElasticAddress;
use crate::{
    Ec2Service, fault,
    filter::{Fields, checked, matches, names},
};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeAddressesRequest,
) -> Result<DescribeAddressesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let filters = checked(input.filters, &names::ADDRESSES)?;
    let all: Vec<ElasticAddress> = service.all(call).await?;
    let (ids, texts) = (
        input.allocation_ids.unwrap_or_default(),
        input.public_ips.unwrap_or_default(),
    );
    if let Some(id) = ids.iter().find(|id| !all.iter().any(|it| it.id == **id)) {
        return Err(fault::allocation_not_found(id));
    }
    let has = |it: &ElasticAddress, text: &String| it.address.to_string() == *text;
    if let Some(text) = texts
        .iter()
        .find(|text| !all.iter().any(|it| has(it, text)))
    {
        return Err(fault::address_not_found(text));
    }
    let named = |it: &ElasticAddress| {
        (ids.is_empty() && texts.is_empty())
            || ids.contains(&it.id)
            || texts.iter().any(|text| has(it, text))
    };
    let shown = all.iter().filter(|it| named(it)).filter_map(|it| {
        let address = it.to_wire(call);
        matches(&filters, &fields(&address), &it.tags).then_some(address)
    });
    Ok(DescribeAddressesResult {
        addresses: Some(shown.collect()),
    })
}

fn fields(it: &wharf_api_ec2::types::Address) -> Fields {
    let one = |value: &Option<String>| value.iter().cloned().collect::<Vec<_>>();
    vec![
        ("allocation-id", one(&it.allocation_id)),
        ("association-id", one(&it.association_id)),
        ("instance-id", one(&it.instance_id)),
        ("network-border-group", one(&it.network_border_group)),
        ("network-interface-id", one(&it.network_interface_id)),
        (
            "network-interface-owner-id",
            one(&it.network_interface_owner_id),
        ),
        ("private-ip-address", one(&it.private_ip_address)),
        ("public-ip", one(&it.public_ip)),
    ]
}
