//! DescribeNetworkInterfaces.

use wharf_api_ec2::types::{DescribeNetworkInterfacesRequest, DescribeNetworkInterfacesResult};
use wharf_wire::{Call, Fault};

use crate::{
    Ec2Service, fault,
    filter::{Fields, matches},
    page,
    records::{Interface, SecurityGroup},
};

pub async fn describe_network_interfaces(
    service: &Ec2Service,
    call: &Call,
    input: DescribeNetworkInterfacesRequest,
) -> Result<DescribeNetworkInterfacesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let all: Vec<Interface> = service.all(call).await?;
    let ids = input.network_interface_ids.unwrap_or_default();
    if let Some(id) = ids
        .iter()
        .find(|id| !all.iter().any(|interface| interface.id == **id))
    {
        return Err(fault::interface_not_found(id));
    }
    let names = group_names(service, call).await?;
    let filters = input.filters.unwrap_or_default();
    let mut found = Vec::new();
    for interface in all {
        let asked = ids.is_empty() || ids.contains(&interface.id);
        if asked && matches(&filters, &fields(&interface, call, &names))? {
            found.push(interface);
        }
    }
    let (page, next_token) = page::cut(
        found,
        |it| &it.id,
        input.next_token.as_deref(),
        input.max_results,
    )?;
    let interfaces = page
        .iter()
        .map(|it| it.to_wire(&call.account, &call.region, &names))
        .collect();
    Ok(DescribeNetworkInterfacesResult {
        network_interfaces: Some(interfaces),
        next_token,
    })
}

/// Ids and names of the account's groups.
pub async fn group_names(
    service: &Ec2Service,
    call: &Call,
) -> Result<Vec<(String, String)>, Fault> {
    let groups: Vec<SecurityGroup> = service.all(call).await?;
    Ok(groups
        .into_iter()
        .map(|group| (group.id, group.name))
        .collect())
}

fn fields<'a>(interface: &'a Interface, call: &Call, names: &[(String, String)]) -> Fields<'a> {
    let shown = interface.to_wire(&call.account, &call.region, names);
    let one = |value: &Option<String>| value.clone().into_iter().collect::<Vec<_>>();
    let address = vec![interface.address.to_string()];
    let groups = shown.groups.as_deref().unwrap_or_default();
    Fields {
        named: vec![
            ("network-interface-id", vec![interface.id.clone()]),
            ("subnet-id", vec![interface.subnet_id.clone()]),
            ("vpc-id", vec![interface.vpc_id.clone()]),
            ("availability-zone", vec![interface.zone.clone()]),
            ("description", vec![interface.description.clone()]),
            ("group-id", interface.groups.clone()),
            (
                "group-name",
                groups
                    .iter()
                    .filter_map(|group| group.group_name.clone())
                    .collect(),
            ),
            ("interface-type", vec!["interface".to_owned()]),
            ("mac-address", vec![interface.mac.clone()]),
            ("owner-id", vec![call.account.clone()]),
            ("private-ip-address", address.clone()),
            ("addresses.private-ip-address", address),
            ("private-dns-name", one(&shown.private_dns_name)),
            ("requester-id", one(&shown.requester_id)),
            (
                "requester-managed",
                vec![interface.requester.is_some().to_string()],
            ),
            ("status", one(&shown.status)),
        ],
        tags: &interface.tags,
    }
}
