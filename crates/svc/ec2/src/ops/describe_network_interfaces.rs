//! DescribeNetworkInterfaces.

use std::collections::BTreeMap;

use wharf_api_ec2::types::{
    DescribeNetworkInterfacesRequest, DescribeNetworkInterfacesResult, NetworkInterfaceAssociation,
};
use wharf_wire::{Call, Context, Fault};

use super::interfaces::group_names;
use crate::{
    Ec2Service, fault,
    filter::{Asked, Fields, names},
    records::{Interface, SecurityGroup},
};

pub async fn describe_network_interfaces(
    service: &Ec2Service,
    call: &Call,
    input: DescribeNetworkInterfacesRequest,
) -> Result<DescribeNetworkInterfacesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let by_name =
        |filter: &&wharf_api_ec2::types::Filter| filter.name.as_deref() == Some("group-name");
    let all_names = match input.filters.iter().flatten().find(by_name) {
        Some(_) => all_group_names(service, call).await?,
        None => BTreeMap::new(),
    };
    let asked = Asked {
        ids: input.network_interface_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let fields = |interface: &Interface| fields(interface, call, &all_names);
    let (page, next_token) = service
        .select(call, asked, &names::NETWORK_INTERFACES, fields)
        .await?;
    let names = group_names(service, call, &page).await?;
    let interfaces = page.iter().map(|it| it.to_wire(call, &names)).collect();
    Ok(DescribeNetworkInterfacesResult {
        network_interfaces: Some(interfaces),
        next_token,
    })
}

async fn all_group_names(
    service: &Ec2Service,
    cx: &Context,
) -> Result<BTreeMap<String, String>, Fault> {
    let groups: Vec<SecurityGroup> = service.all(cx).await?;
    let names = groups.into_iter().map(|group| (group.id, group.name));
    Ok(names.collect())
}

fn fields(interface: &Interface, cx: &Context, names: &BTreeMap<String, String>) -> Fields {
    let one = |value: &str| vec![value.to_owned()];
    let all = |value: &dyn Fn(std::net::Ipv4Addr) -> String| {
        let addresses = interface.addresses();
        addresses.map(|(it, _)| value(it)).collect::<Vec<_>>()
    };
    let elastic: Vec<_> = interface
        .publics()
        .map(|it| it.to_wire(&cx.account))
        .collect();
    let of_all = |value: &dyn Fn(&NetworkInterfaceAssociation) -> Option<String>| {
        elastic.iter().filter_map(value).collect::<Vec<_>>()
    };
    let dns_name = one(&interface.private_dns_name(&cx.region));
    let attachment = interface.attachment.as_ref();
    let public = interface.to_wire(cx, &BTreeMap::new()).association;
    let public = public.unwrap_or_default();
    let given = |value: &Option<String>| value.iter().cloned().collect::<Vec<_>>();
    let attached = |value: &dyn Fn(&crate::records::Attachment) -> String| {
        attachment.map(value).into_iter().collect::<Vec<_>>()
    };
    let group_names = interface.groups.iter().filter_map(|id| names.get(id));
    vec![
        ("network-interface-id", one(&interface.id)),
        ("subnet-id", one(&interface.subnet_id)),
        ("vpc-id", one(&interface.vpc_id)),
        ("availability-zone", one(&interface.zone)),
        ("availability-zone-id", one(&interface.zone_id(&cx.region))),
        ("description", one(&interface.description)),
        ("group-id", interface.groups.clone()),
        ("group-name", group_names.cloned().collect()),
        ("interface-type", one(interface.kind())),
        ("mac-address", one(&interface.mac)),
        ("owner-id", one(&cx.account)),
        ("private-ip-address", one(&interface.address.to_string())),
        ("addresses.private-ip-address", all(&|it| it.to_string())),
        (
            "addresses.primary",
            all(&|it| (it == interface.address).to_string()),
        ),
        (
            "ipv6-addresses.ipv6-address",
            interface.ipv6.iter().map(ToString::to_string).collect(),
        ),
        ("private-dns-name", dns_name),
        ("association.allocation-id", given(&public.allocation_id)),
        ("association.association-id", given(&public.association_id)),
        ("association.ip-owner-id", given(&public.ip_owner_id)),
        (
            "association.public-dns-name",
            given(&public.public_dns_name),
        ),
        ("association.public-ip", given(&public.public_ip)),
        (
            "addresses.association.owner-id",
            of_all(&|it| it.ip_owner_id.clone()),
        ),
        (
            "addresses.association.public-ip",
            of_all(&|it| it.public_ip.clone()),
        ),
        (
            "requester-id",
            interface.requester.iter().cloned().collect(),
        ),
        (
            "requester-managed",
            one(&interface.requester.is_some().to_string()),
        ),
        (
            "source-dest-check",
            one(&interface.source_dest_check.to_string()),
        ),
        ("status", one(interface.status())),
        // As answers show it.
        (
            "attachment.attach-time",
            attached(&|it| it.attached_at.iso8601()),
        ),
        ("attachment.attachment-id", attached(&|it| it.id.clone())),
        (
            "attachment.instance-id",
            interface.shown_instance(cx).into_iter().collect(),
        ),
        (
            "attachment.instance-owner-id",
            attached(&|_| interface.attached_by(&cx.account)),
        ),
        (
            "attachment.device-index",
            attached(&|it| it.device_index.to_string()),
        ),
        (
            "attachment.delete-on-termination",
            attached(&|it| it.delete_on_termination.to_string()),
        ),
        ("attachment.status", attached(&|_| "attached".to_owned())),
    ]
}
