//! Public addresses.

use std::net::Ipv4Addr;

use wharf_wire::Fault;

use super::sender;

pub fn allocation_not_found(id: &str) -> Fault {
    sender(
        "InvalidAllocationID.NotFound",
        format!("The allocation ID '{id}' does not exist"),
    )
}

pub fn address_not_found(address: &str) -> Fault {
    sender(
        "InvalidAddress.NotFound",
        format!("Address '{address}' not found."),
    )
}

pub fn address_association_not_found(id: &str) -> Fault {
    sender(
        "InvalidAssociationID.NotFound",
        format!("The association ID '{id}' does not exist"),
    )
}

pub const NO_PUBLIC_ADDRESS: &str = "InsufficientAddressCapacity";

pub fn no_public_address() -> Fault {
    sender(
        NO_PUBLIC_ADDRESS,
        "Not enough available addresses to satisfy your request.".to_owned(),
    )
}

pub fn too_many_addresses() -> Fault {
    sender(
        "AddressLimitExceeded",
        "The maximum number of addresses has been reached.".to_owned(),
    )
}

pub fn public_address_in_use(address: Ipv4Addr) -> Fault {
    sender(
        "InvalidIPAddress.InUse",
        format!("Address {address} is in use."),
    )
}

/// A name leads to it, and it back.
pub fn address_locked() -> Fault {
    sender(
        "InvalidAddress.Locked",
        "The specified Elastic IP address cannot be released from your account. A reverse DNS record is associated with the \
         Elastic IP address."
            .to_owned(),
    )
}

pub fn name_leads_elsewhere(name: &str, address: Ipv4Addr) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "Value ({name}) for parameter DomainName is invalid. The name has no A record that leads to {address}."
        ),
    )
}

pub fn address_associated(resource: &str, association: &str) -> Fault {
    sender(
        "Resource.AlreadyAssociated",
        format!("resource {resource} is already associated with associate-id {association}"),
    )
}

pub fn no_such_private_address(interface: &str, address: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Address {address} is not assigned to network interface {interface}"),
    )
}

pub fn vpc_without_gateway(vpc: &str) -> Fault {
    sender(
        "Gateway.NotAttached",
        format!("Network {vpc} is not attached to any internet gateway"),
    )
}

pub fn addresses_mapped(vpc: &str) -> Fault {
    sender(
        "DependencyViolation",
        format!(
            "Network {vpc} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway."
        ),
    )
}

pub fn nat_gateway_not_found(id: &str) -> Fault {
    sender(
        "NatGatewayNotFound",
        format!("The Nat gateway {id} was not found"),
    )
}

/// As the target of a route.
pub fn route_nat_gateway_not_found(id: &str) -> Fault {
    sender(
        "InvalidNatGatewayID.NotFound",
        format!("The natGateway ID '{id}' does not exist"),
    )
}

pub fn too_many_nat_gateways(limit: usize) -> Fault {
    sender(
        "NatGatewayLimitExceeded",
        format!(
            "The maximum number of NAT gateways in an Availability Zone ({limit}) has been reached."
        ),
    )
}
