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
