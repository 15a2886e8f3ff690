//! EC2's errors: codes and texts, which its model does not list.

use wharf_records::RecordError;
use wharf_store::StoreError;
use wharf_wire::Fault;

const INTERNAL: &str = "An internal error has occurred";

pub fn store(cause: StoreError) -> Fault {
    Fault::receiver("InternalError", 500, INTERNAL, &cause)
}

pub fn record(cause: RecordError) -> Fault {
    Fault::receiver("InternalError", 500, INTERNAL, &cause)
}

fn sender(code: &'static str, text: String) -> Fault {
    Fault::sender(code, 400, text)
}

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

pub fn group_not_found(id: &str) -> Fault {
    sender(
        "InvalidGroup.NotFound",
        format!("The security group '{id}' does not exist"),
    )
}

pub fn interface_not_found(id: &str) -> Fault {
    sender(
        "InvalidNetworkInterfaceID.NotFound",
        format!("The networkInterface ID '{id}' does not exist"),
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

pub fn bad_filter(name: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("The filter '{name}' is invalid"),
    )
}

pub fn bad_token() -> Fault {
    sender(
        "InvalidNextToken",
        "The provided token is invalid.".to_owned(),
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

pub fn address_in_use(address: std::net::Ipv4Addr) -> Fault {
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

pub fn groups_of_other_vpc(group: &str, vpc: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("The security group '{group}' does not belong to the network '{vpc}'"),
    )
}

pub fn unsupported_parameter(name: &str) -> Fault {
    sender(
        "UnsupportedOperation",
        format!("The parameter {name} is not supported by this version of wharf."),
    )
}

pub fn group_exists(name: &str, vpc: &str) -> Fault {
    sender(
        "InvalidGroup.Duplicate",
        format!("The security group '{name}' already exists for VPC '{vpc}'"),
    )
}

pub fn group_name_not_found(name: &str) -> Fault {
    sender(
        "InvalidGroup.NotFound",
        format!("The security group '{name}' does not exist in default VPC"),
    )
}

pub fn group_in_use(id: &str) -> Fault {
    sender(
        "DependencyViolation",
        format!("resource {id} has a dependent object"),
    )
}

pub fn default_group(id: &str) -> Fault {
    sender(
        "CannotDelete",
        format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user"),
    )
}

pub fn groups_apart() -> Fault {
    sender(
        "InvalidGroup.NotFound",
        "You have specified two resources that belong to different networks.".to_owned(),
    )
}

pub fn rule_exists(spoken: &str) -> Fault {
    sender(
        "InvalidPermission.Duplicate",
        format!("the specified rule \"{spoken}\" already exists"),
    )
}

pub fn rule_not_found() -> Fault {
    sender(
        "InvalidPermission.NotFound",
        "The specified rule does not exist in this security group.".to_owned(),
    )
}

pub fn rule_id_not_found(id: &str) -> Fault {
    sender(
        "InvalidSecurityGroupRuleId.NotFound",
        format!("The security group rule ID '{id}' does not exist"),
    )
}

pub fn nothing_to_revoke() -> Fault {
    sender(
        "MissingParameter",
        "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.".to_owned(),
    )
}

pub fn too_many_rules() -> Fault {
    sender(
        "RulesPerSecurityGroupLimitExceeded",
        "The maximum number of rules per security group has been reached.".to_owned(),
    )
}

pub fn one_peer_only() -> Fault {
    sender(
        "InvalidParameterCombination",
        "Only one of CidrIpv4, CidrIpv6, PrefixListId and ReferencedGroupId may be given."
            .to_owned(),
    )
}

pub fn no_default_vpc() -> Fault {
    sender(
        "VPCIdNotSpecified",
        "No default VPC for this user".to_owned(),
    )
}

/// Somebody else's changes always came first.
pub fn too_busy() -> Fault {
    Fault::sender(
        "RequestLimitExceeded",
        503,
        "The resource is being changed by other requests. Try again.",
    )
}

pub fn missing_parameter(name: &str) -> Fault {
    sender(
        "MissingParameter",
        format!("The request must contain the parameter {name}"),
    )
}

pub fn bad_value(text: impl Into<String>) -> Fault {
    sender("InvalidParameterValue", text.into())
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

pub fn gateway_not_found(id: &str) -> Fault {
    sender(
        "InvalidInternetGatewayID.NotFound",
        format!("The internetGateway ID '{id}' does not exist"),
    )
}

pub fn route_table_not_found(id: &str) -> Fault {
    sender(
        "InvalidRouteTableID.NotFound",
        format!("The routeTable ID '{id}' does not exist"),
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

pub fn interface_attached(id: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Network interface '{id}' is currently in use."),
    )
}

pub fn too_many_groups() -> Fault {
    sender(
        "SecurityGroupsPerInterfaceLimitExceeded",
        "The maximum number of security groups per interface has been reached.".to_owned(),
    )
}

pub fn attachment_managed() -> Fault {
    sender(
        "OperationNotPermitted",
        "You are not allowed to manage 'ela-attach' attachments.".to_owned(),
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

pub fn too_many_tags() -> Fault {
    sender(
        "TagLimitExceeded",
        "The maximum number of Tags for a resource has been reached.".to_owned(),
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

/// The answer to a call that only asks whether it would be allowed.
pub fn dry_run(flag: Option<bool>) -> Result<(), Fault> {
    if flag == Some(true) {
        return Err(Fault::sender(
            "DryRunOperation",
            412,
            "Request would have succeeded, but DryRun flag is set.",
        ));
    }
    Ok(())
}
