//! Security groups and rules.

use wharf_wire::Fault;

use super::sender;

pub fn group_not_found(id: &str) -> Fault {
    sender(
        "InvalidGroup.NotFound",
        format!("The security group '{id}' does not exist"),
    )
}

pub fn group_name_not_found(name: &str) -> Fault {
    sender(
        "InvalidGroup.NotFound",
        format!("The security group '{name}' does not exist in default VPC"),
    )
}

pub fn group_exists(name: &str, vpc: &str) -> Fault {
    sender(
        "InvalidGroup.Duplicate",
        format!("The security group '{name}' already exists for VPC '{vpc}'"),
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

pub fn groups_of_other_vpc(group: &str, vpc: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("The security group '{group}' does not belong to the network '{vpc}'"),
    )
}

pub fn too_many_groups() -> Fault {
    sender(
        "SecurityGroupsPerInterfaceLimitExceeded",
        "The maximum number of security groups per interface has been reached.".to_owned(),
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
