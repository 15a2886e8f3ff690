//! Network interfaces, their addresses and attachments.

use wharf_wire::Fault;

use super::sender;

pub fn interface_not_found(id: &str) -> Fault {
    sender(
        "InvalidNetworkInterfaceID.NotFound",
        format!("The networkInterface ID '{id}' does not exist"),
    )
}

pub fn no_free_address(subnet: &str) -> Fault {
    sender(
        "InsufficientFreeAddressesInSubnet",
        format!(
            "The specified subnet does not have enough free addresses to satisfy the request. ({subnet})"
        ),
    )
}

pub fn address_in_use(address: impl std::fmt::Display) -> Fault {
    sender(
        "InvalidIPAddress.InUse",
        format!("The specified address {address} is already in use."),
    )
}

pub fn address_outside(address: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Address {address} does not fall within the subnet's address range"),
    )
}

pub fn too_many_private_addresses(interface: Option<&str>) -> Fault {
    let text = "Number of private addresses will exceed limit.";
    sender(
        "PrivateIpAddressLimitExceeded",
        match interface {
            Some(id) => format!("{id}: {text}"),
            None => text.to_owned(),
        },
    )
}

pub fn move_not_allowed(addresses: &[std::net::Ipv4Addr]) -> Fault {
    let all: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    sender(
        "InvalidParameterValue",
        format!("[{}] assigned, but move is not allowed.", all.join(", ")),
    )
}

pub fn private_addresses_not_assigned(interface: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Some of the specified addresses are not assigned to interface {interface}"),
    )
}

pub fn primary_address_stays(address: std::net::Ipv4Addr) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "{address} is the primary private IP address of its interface, which cannot be unassigned."
        ),
    )
}

pub fn two_primary_addresses() -> Fault {
    sender(
        "InvalidParameterValue",
        "Only one private IP address can be the primary one.".to_owned(),
    )
}

pub fn addresses_and_count() -> Fault {
    sender(
        "InvalidParameterCombination",
        "The parameter secondaryPrivateIpAddressCount cannot be used with the parameter privateIpAddresses"
            .to_owned(),
    )
}

pub fn neither_addresses_nor_count() -> Fault {
    sender(
        "MissingParameter",
        "Either secondaryPrivateIpAddressCount or privateIpAddresses must be specified".to_owned(),
    )
}

pub fn ipv6_addresses_and_count() -> Fault {
    sender(
        "InvalidParameterCombination",
        "The parameter ipv6AddressCount cannot be used with the parameter ipv6Addresses".to_owned(),
    )
}

pub fn neither_ipv6_addresses_nor_count() -> Fault {
    sender(
        "MissingParameter",
        "Either ipv6AddressCount or ipv6Addresses must be specified".to_owned(),
    )
}

pub fn attachment_not_found(id: &str) -> Fault {
    sender(
        "InvalidAttachmentID.NotFound",
        format!("The networkInterface attachment ID '{id}' does not exist"),
    )
}

pub fn instance_not_found(id: &str) -> Fault {
    sender(
        "InvalidInstanceID.NotFound",
        format!("The instance ID '{id}' does not exist"),
    )
}

pub fn instance_malformed(id: &str) -> Fault {
    sender(
        "InvalidInstanceID.Malformed",
        format!("Invalid id: \"{id}\" (expecting \"i-...\")"),
    )
}

pub fn interface_in_use(id: &str) -> Fault {
    sender(
        "InvalidNetworkInterface.InUse",
        format!("Interface: [{id}] in use."),
    )
}

/// Of an interface that a launch names by its id.
pub fn interface_id_beside(other: &str) -> Fault {
    sender(
        "InvalidParameterCombination",
        format!("A network interface may not specify a network interface ID and {other}"),
    )
}

pub fn no_new_interface_to_tag() -> Fault {
    sender(
        "InvalidParameterCombination",
        "You cannot specify tags for network interfaces if there are no network interfaces being created by the request."
            .to_owned(),
    )
}

pub fn interface_attached(id: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Network interface '{id}' is currently in use."),
    )
}

pub fn attachment_managed() -> Fault {
    sender(
        "OperationNotPermitted",
        "You are not allowed to manage 'ela-attach' attachments.".to_owned(),
    )
}

/// An operator is what services name for each other.
pub fn operator_reserved() -> Fault {
    sender(
        "OperationNotPermitted",
        "The parameter Operator is reserved for internal use.".to_owned(),
    )
}

/// For what a service made for its own ends.
pub fn not_yours() -> Fault {
    Fault::sender(
        "AuthFailure",
        403,
        "You do not have permission to access the specified resource.",
    )
}

pub fn permission_not_found(id: &str) -> Fault {
    sender(
        "InvalidNetworkInterfacePermissionID.NotFound",
        format!("The network interface permission ID '{id}' does not exist"),
    )
}

pub fn permission_exists(interface: &str, permission: &str, account: &str) -> Fault {
    sender(
        "InvalidPermission.Duplicate",
        format!(
            "The permission {permission} of account {account} for network interface '{interface}' already exists."
        ),
    )
}

pub fn permission_in_use(id: &str, account: &str, interface: &str) -> Fault {
    sender(
        "OperationNotPermitted",
        format!(
            "The network interface permission '{id}' cannot be deleted without Force: account {account} uses network interface \
             '{interface}'."
        ),
    )
}

pub fn interface_managed(id: &str, requester: &str) -> Fault {
    sender(
        "OperationNotPermitted",
        format!(
            "You do not have permission to delete the network interface '{id}': it is managed by {requester}."
        ),
    )
}
