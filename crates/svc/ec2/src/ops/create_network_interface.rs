//! CreateNetworkInterface claims an address and writes the interface in one transaction.

use std::net::Ipv4Addr;

use wharf_api_ec2::types::{CreateNetworkInterfaceRequest, CreateNetworkInterfaceResult};
use wharf_base::ids;
use wharf_records::{Record, Unknown, ecs::Tags, encode};
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, CallerKind, Fault};

use super::describe_network_interfaces::group_names;
use crate::{
    Ec2Service,
    address::random_mac,
    fault,
    records::{AddressClaim, Interface, Pointer, SecurityGroup, Subnet},
};

/// Addresses tried before the subnet counts as full for this call; each try is one transaction.
const MAX_TRIES: usize = 4096;

pub async fn create_network_interface(
    service: &Ec2Service,
    call: &Call,
    input: CreateNetworkInterfaceRequest,
) -> Result<CreateNetworkInterfaceResult, Fault> {
    fault::dry_run(input.dry_run)?;
    refuse_unsupported(&input)?;
    let token_id = input
        .client_token
        .as_ref()
        .map(|token| format!("interface-token:{token}"));
    if let Some(made) = made_before(service, call, token_id.as_deref()).await? {
        return answer(service, call, &made, input.client_token).await;
    }
    let subnet_id = input.subnet_id.as_deref().unwrap_or_default();
    let subnet: Subnet = service
        .find(call, subnet_id)
        .await?
        .ok_or_else(|| fault::subnet_not_found(subnet_id))?;
    let groups = groups(
        service,
        call,
        &subnet,
        input.groups.as_deref().unwrap_or_default(),
    )
    .await?;
    let wanted = wanted_address(&subnet, input.private_ip_address.as_deref())?;
    let candidates: Vec<Ipv4Addr> = match wanted {
        Some(address) => vec![address],
        None => subnet.cidr.candidates().take(MAX_TRIES).collect(),
    };
    for address in candidates {
        let interface = Interface {
            token_id: token_id.clone(),
            ..interface(call, &input, &subnet, &groups, address)
        };
        if claim(service, call, &interface).await? {
            return answer(service, call, &interface, input.client_token).await;
        }
        if let Some(made) = made_before(service, call, token_id.as_deref()).await? {
            return answer(service, call, &made, input.client_token).await;
        }
    }
    Err(match wanted {
        Some(address) => fault::address_in_use(address),
        None => fault::no_free_address(&subnet.id),
    })
}

/// Members that would change what is made must not be dropped in silence.
fn refuse_unsupported(input: &CreateNetworkInterfaceRequest) -> Result<(), Fault> {
    let present = [
        ("Ipv4Prefixes", input.ipv4_prefixes.is_some()),
        ("Ipv4PrefixCount", input.ipv4_prefix_count.is_some()),
        ("Ipv6Prefixes", input.ipv6_prefixes.is_some()),
        ("Ipv6PrefixCount", input.ipv6_prefix_count.is_some()),
        ("Ipv6Addresses", input.ipv6_addresses.is_some()),
        ("Ipv6AddressCount", input.ipv6_address_count.is_some()),
        ("PrivateIpAddresses", input.private_ip_addresses.is_some()),
        (
            "SecondaryPrivateIpAddressCount",
            input.secondary_private_ip_address_count.is_some(),
        ),
        (
            "InterfaceType",
            input
                .interface_type
                .as_deref()
                .is_some_and(|kind| kind != "interface"),
        ),
    ];
    match present.into_iter().find(|(_, present)| *present) {
        Some((name, _)) => Err(fault::unsupported_parameter(name)),
        None => Ok(()),
    }
}

async fn made_before(
    service: &Ec2Service,
    call: &Call,
    token_id: Option<&str>,
) -> Result<Option<Interface>, Fault> {
    let Some(token_id) = token_id else {
        return Ok(None);
    };
    match service.find::<Pointer>(call, token_id).await? {
        Some(pointer) => service.find(call, &pointer.id).await,
        None => Ok(None),
    }
}

/// The groups asked for, all of the subnet's VPC; the VPC's default group if none were.
async fn groups(
    service: &Ec2Service,
    call: &Call,
    subnet: &Subnet,
    ids: &[String],
) -> Result<Vec<String>, Fault> {
    let all: Vec<SecurityGroup> = service.all(call).await?;
    if ids.is_empty() {
        let default = all
            .into_iter()
            .filter(|group| group.vpc_id == subnet.vpc_id && group.name == "default");
        return Ok(default.map(|group| group.id).collect());
    }
    for id in ids {
        let group = all
            .iter()
            .find(|group| group.id == *id)
            .ok_or_else(|| fault::group_not_found(id))?;
        if group.vpc_id != subnet.vpc_id {
            return Err(fault::groups_of_other_vpc(id, &subnet.vpc_id));
        }
    }
    Ok(ids.to_vec())
}

fn wanted_address(subnet: &Subnet, text: Option<&str>) -> Result<Option<Ipv4Addr>, Fault> {
    let Some(text) = text else { return Ok(None) };
    let address: Option<Ipv4Addr> = text.parse().ok();
    address
        .filter(|address| subnet.cidr.may_assign(*address))
        .map(Some)
        .ok_or_else(|| fault::address_outside(text))
}

fn interface(
    call: &Call,
    input: &CreateNetworkInterfaceRequest,
    subnet: &Subnet,
    groups: &[String],
    address: Ipv4Addr,
) -> Interface {
    let requester = (call.caller.kind == CallerKind::Service).then(|| call.caller.arn.clone());
    let tags: Tags = input
        .tag_specifications
        .iter()
        .flatten()
        .filter(|specification| specification.resource_type.as_deref() == Some("network-interface"))
        .flat_map(|specification| specification.tags.iter().flatten())
        .map(|tag| {
            (
                tag.key.clone().unwrap_or_default(),
                tag.value.clone().unwrap_or_default(),
            )
        })
        .collect();
    Interface {
        id: ids::ec2_id("eni"),
        subnet_id: subnet.id.clone(),
        vpc_id: subnet.vpc_id.clone(),
        zone: subnet.zone.clone(),
        address,
        mac: random_mac(),
        groups: groups.to_vec(),
        description: input.description.clone().unwrap_or_default(),
        requester,
        token_id: None,
        created_at: call.now,
        tags,
        unknown: Unknown::new(),
    }
}

/// False if the address, or the token, was taken meanwhile.
async fn claim(service: &Ec2Service, call: &Call, interface: &Interface) -> Result<bool, Fault> {
    let scope = Ec2Service::scope(call);
    let address_key = scope.key(
        AddressClaim::KIND,
        &format!("{}:{}", interface.subnet_id, interface.address),
    );
    let address = AddressClaim {
        interface_id: interface.id.clone(),
        unknown: Unknown::new(),
    };
    let mut txn = Txn::new()
        .when(Compare::absent(address_key.clone()))
        .when(Compare::present(
            scope.key(Subnet::KIND, &interface.subnet_id),
        ))
        .put(address_key, encode(&address))
        .put(scope.key(Interface::KIND, &interface.id), encode(interface));
    if let Some(token_id) = &interface.token_id {
        let key = scope.key(Pointer::KIND, token_id);
        let pointer = Pointer {
            id: interface.id.clone(),
            unknown: Unknown::new(),
        };
        txn = txn
            .when(Compare::absent(key.clone()))
            .put(key, encode(&pointer));
    }
    Ok(service
        .store
        .txn(&call.permit, txn)
        .await
        .map_err(fault::store)?
        .succeeded)
}

async fn answer(
    service: &Ec2Service,
    call: &Call,
    interface: &Interface,
    client_token: Option<String>,
) -> Result<CreateNetworkInterfaceResult, Fault> {
    let names = group_names(service, call).await?;
    let shown = interface.to_wire(&call.account, &call.region, &names);
    Ok(CreateNetworkInterfaceResult {
        network_interface: Some(shown),
        client_token,
    })
}
