//! VPCs and subnets.

use wharf_wire::Fault;

use super::sender;
use crate::zone;

pub fn vpc_not_found(id: &str) -> Fault {
    sender(
        "InvalidVpcID.NotFound",
        format!("The vpc ID '{id}' does not exist"),
    )
}

pub fn subnet_not_found(id: &str) -> Fault {
    sender(
        "InvalidSubnetID.NotFound",
        format!("The subnet ID '{id}' does not exist"),
    )
}

pub fn zone_not_found(name: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Invalid availability zone: [{name}]"),
    )
}

pub fn region_not_found(name: &str) -> Fault {
    sender("InvalidParameterValue", format!("Invalid region: [{name}]"))
}

pub fn network_acl_not_found(id: &str) -> Fault {
    sender(
        "InvalidNetworkAclID.NotFound",
        format!("The networkAcl ID '{id}' does not exist"),
    )
}

pub fn dhcp_options_not_found(id: &str) -> Fault {
    sender(
        "InvalidDhcpOptionID.NotFound",
        format!("The dhcpOption ID '{id}' does not exist"),
    )
}

pub fn dhcp_options_in_use(id: &str) -> Fault {
    sender(
        "DependencyViolation",
        format!("The dhcpOptions '{id}' has dependencies and cannot be deleted."),
    )
}

pub fn over_quota(code: &'static str, what: &str, most: usize) -> Fault {
    sender(
        code,
        format!("The maximum number of {what} has been reached. Limit: {most}"),
    )
}

pub fn too_many_dhcp_options() -> Fault {
    sender(
        "DhcpOptionsLimitExceeded",
        "You have reached the limit on the number of DHCP option sets.".to_owned(),
    )
}

pub fn no_cidr(text: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "Value ({text}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
        ),
    )
}

pub fn vpc_range(cidr: &str) -> Fault {
    sender("InvalidVpc.Range", format!("The CIDR '{cidr}' is invalid."))
}

pub fn vpc_in_use(id: &str) -> Fault {
    sender(
        "DependencyViolation",
        format!("The vpc '{id}' has dependencies and cannot be deleted."),
    )
}

pub fn default_vpc_exists() -> Fault {
    sender(
        "DefaultVpcAlreadyExists",
        "A Default VPC already exists for this account in this region.".to_owned(),
    )
}

pub fn default_vpc_missing() -> Fault {
    sender(
        "DefaultVpcDoesNotExist",
        "No default VPC exists for this account in this region.".to_owned(),
    )
}

pub fn too_many_cidrs(vpc: &str, limit: usize) -> Fault {
    sender(
        "VpcCidrBlockLimitExceeded",
        format!("This network '{vpc}' has met its maximum number of allowed CIDRs: {limit}"),
    )
}

pub fn first_cidr(id: &str) -> Fault {
    sender(
        "OperationNotPermitted",
        format!(
            "The vpc CIDR block with association ID {id} may not be disassociated. It is the primary IPv4 CIDR block of the VPC"
        ),
    )
}

pub fn cidr_association_not_found(id: &str) -> Fault {
    sender(
        "InvalidVpcCidrBlockAssociationID.NotFound",
        format!("The vpc CIDR block association ID '{id}' does not exist"),
    )
}

pub fn cidr_in_use(cidr: &str) -> Fault {
    sender(
        "InvalidCidrBlock.InUse",
        format!("The vpc currently has a subnet within CIDR block {cidr}"),
    )
}

pub fn one_attribute_only() -> Fault {
    sender(
        "InvalidParameterCombination",
        "Only one attribute can be modified at a time.".to_owned(),
    )
}

pub fn subnet_range(cidr: &str) -> Fault {
    sender(
        "InvalidSubnet.Range",
        format!("The CIDR '{cidr}' is invalid."),
    )
}

pub fn subnet_conflict(cidr: &str) -> Fault {
    sender(
        "InvalidSubnet.Conflict",
        format!("The CIDR '{cidr}' conflicts with another subnet"),
    )
}

pub fn subnet_in_use(id: &str) -> Fault {
    sender(
        "DependencyViolation",
        format!("The subnet '{id}' has dependencies and cannot be deleted."),
    )
}

pub fn default_subnet_exists(id: &str, zone: &str) -> Fault {
    sender(
        "DefaultSubnetAlreadyExistsInAvailabilityZone",
        format!("'{id}' is already the default subnet in {zone}."),
    )
}

pub fn no_subnets_in_zone(region: &str, given: &str, parameter: &str) -> Fault {
    let zones = zone::LETTERS.map(|letter| zone::name(region, letter));
    sender(
        "InvalidParameterValue",
        format!(
            "Value ({given}) for parameter {parameter} is invalid. Subnets can currently only be \
             created in the following availability zones: {}.",
            zones.join(", ")
        ),
    )
}

pub fn network_acl_in_use(id: &str) -> Fault {
    sender(
        "DependencyViolation",
        format!("The networkAcl '{id}' has dependencies and cannot be deleted."),
    )
}

pub fn default_network_acl(id: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("cannot delete default network ACL {id}"),
    )
}

pub fn too_many_network_acls() -> Fault {
    sender(
        "NetworkAclLimitExceeded",
        "The maximum number of network ACLs has been reached.".to_owned(),
    )
}

pub fn acl_entry_exists(number: u16) -> Fault {
    sender(
        "NetworkAclEntryAlreadyExists",
        format!("The network acl entry identified by {number} already exists."),
    )
}

pub fn acl_entry_not_found(number: u16) -> Fault {
    sender(
        "InvalidNetworkAclEntry.NotFound",
        format!("The network acl entry identified by {number} does not exist."),
    )
}

pub fn too_many_acl_entries(limit: usize) -> Fault {
    sender(
        "NetworkAclEntryLimitExceeded",
        format!("The maximum number of network acl entries has been reached. ({limit})"),
    )
}

pub fn bad_acl_range(parameter: &str, text: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "Value ({text}) for parameter {parameter} is invalid. This is not a valid CIDR block."
        ),
    )
}

pub fn one_acl_range() -> Fault {
    sender(
        "InvalidParameterCombination",
        "The parameter ipv6CidrBlock cannot be used with the parameter cidrBlock".to_owned(),
    )
}

pub fn no_ipv6_cidr(text: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "Value ({text}) for parameter ipv6CidrBlock is invalid. This is not a valid IPv6 CIDR block."
        ),
    )
}

pub fn ipv4_or_ipv6_range() -> Fault {
    sender(
        "InvalidParameterCombination",
        "The parameter amazonProvidedIpv6CidrBlock cannot be used with the parameter cidrBlock"
            .to_owned(),
    )
}

pub fn subnet_cidr_association_not_found(id: &str) -> Fault {
    sender(
        "InvalidSubnetCidrBlockAssociationID.NotFound",
        format!("The subnet CIDR block association ID '{id}' does not exist"),
    )
}

pub fn subnet_has_ipv6(id: &str) -> Fault {
    sender(
        "InvalidSubnet.Conflict",
        format!("The subnet '{id}' already has an IPv6 CIDR block"),
    )
}

pub fn subnet_without_ipv6(id: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("The subnet '{id}' does not have an IPv6 CIDR block"),
    )
}

pub fn ipv6_in_use(cidr: &str) -> Fault {
    sender(
        "DependencyViolation",
        format!("The IPv6 CIDR block {cidr} has addresses that are assigned to network interfaces"),
    )
}

pub fn ipv6_reserved(cidr: &str) -> Fault {
    sender(
        "DependencyViolation",
        format!("The IPv6 CIDR block {cidr} has subnet CIDR reservations"),
    )
}

pub fn reservation_not_found(id: &str) -> Fault {
    sender(
        "InvalidSubnetCidrReservationID.NotFound",
        format!("The subnet CIDR reservation ID '{id}' does not exist"),
    )
}

pub fn no_reservation_cidr(text: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Value ({text}) for parameter cidr is invalid. This is not a valid CIDR block."),
    )
}

pub fn reservation_outside(range: impl std::fmt::Display) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("The CIDR '{range}' does not fall within the subnet's address range"),
    )
}

pub fn reservation_conflict(range: impl std::fmt::Display) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("The CIDR '{range}' conflicts with another subnet CIDR reservation"),
    )
}

pub fn acl_and_subnet_apart(acl: &str, subnet: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Network ACL {acl} and subnet {subnet} belong to different networks"),
    )
}
