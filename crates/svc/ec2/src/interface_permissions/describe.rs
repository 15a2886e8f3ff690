//! DescribeNetworkInterfacePermissions: those of the account's own interfaces.

use wharf_api_ec2::types::{
    DescribeNetworkInterfacePermissionsRequest, DescribeNetworkInterfacePermissionsResult,
};
use wharf_service::tags::Tags;
use wharf_wire::{Call, Fault};

use super::Permission;
use crate::{
    Ec2Service, fault,
    filter::{Fields, checked, matches, names},
    records::Interface,
};

/// As AWS has it, where a request does not say.
const PAGE: i32 = 50;

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeNetworkInterfacePermissionsRequest,
) -> Result<DescribeNetworkInterfacePermissionsResult, Fault> {
    let ids = input.network_interface_permission_ids.unwrap_or_default();
    let size = input.max_results.or_else(|| ids.is_empty().then_some(PAGE));
    let (selection, page) = ((&ids, &input.filters), (input.next_token.as_deref(), size));
    let page = service.page(call, "network-interface-permission", &selection, page)?;
    let filters = checked(input.filters, &names::NETWORK_INTERFACE_PERMISSIONS)?;
    let interfaces: Vec<Interface> = service.all(call).await?;
    let of_one = |it: Interface| {
        let id = it.id;
        it.permissions.into_iter().map(move |one| (id.clone(), one))
    };
    let mut all: Vec<(String, Permission)> = interfaces.into_iter().flat_map(of_one).collect();
    if let Some(id) = ids
        .iter()
        .find(|id| !all.iter().any(|(_, it)| it.id == **id))
    {
        return Err(fault::permission_not_found(id));
    }
    all.sort_by(|(_, one), (_, other)| one.id.cmp(&other.id));
    let none = Tags::new();
    let found = all.into_iter().filter(|(interface, it)| {
        (ids.is_empty() || ids.contains(&it.id)) && matches(&filters, &fields(interface, it), &none)
    });
    let (page, next_token) = page.cut(found, |(_, it)| it.id.as_str());
    let shown = page.iter().map(|(interface, it)| it.to_wire(interface));
    Ok(DescribeNetworkInterfacePermissionsResult {
        network_interface_permissions: Some(shown.collect()),
        next_token,
    })
}

fn fields(interface: &str, it: &Permission) -> Fields {
    let one = |value: &str| vec![value.to_owned()];
    vec![
        (
            "network-interface-permission.aws-account-id",
            one(&it.account),
        ),
        (
            "network-interface-permission.network-interface-id",
            one(interface),
        ),
        (
            "network-interface-permission.network-interface-permission-id",
            one(&it.id),
        ),
        ("network-interface-permission.permission", one(it.to.name())),
    ]
}
