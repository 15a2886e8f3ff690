//! Instances.

use wharf_wire::Fault;

use super::sender;
use crate::instances::life::State;

pub fn several_attributes(names: &[&str]) -> Fault {
    let names = names.join(", ");
    bad_combination(&format!(
        "Fields for multiple attribute types specified: {names}"
    ))
}

pub fn bad_combination(text: &str) -> Fault {
    sender("InvalidParameterCombination", text.to_owned())
}

/// Its processors are its own.
pub fn no_credits(kind: &str) -> Fault {
    sender(
        "InvalidParameterCombination",
        format!("The instance type '{kind}' does not support CreditSpecification."),
    )
}

pub fn bad_instance_type(name: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Invalid value '{name}' for InstanceType."),
    )
}

pub fn bad_address(text: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Invalid IPv4 address: '{text}'"),
    )
}

pub fn profile_without_role(arn: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "Value ({arn}) for parameter iamInstanceProfile.arn is invalid. IAM Instance Profile \"{arn}\" has no \
             associated IAM Roles"
        ),
    )
}

pub fn bad_profile_name(name: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "Value ({name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"
        ),
    )
}

pub fn bad_profile_arn(arn: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "Value ({arn}) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN"
        ),
    )
}

pub fn architectures_differ(of_type: &str, of_image: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "The architecture '{of_type}' of the specified instance type does not match the architecture \
             '{of_image}' of the specified AMI. Specify an instance type and an AMI that have matching \
             architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to \
             discover the architecture of the instance type or AMI."
        ),
    )
}

pub fn no_type_to_change(id: &str) -> Fault {
    sender(
        "UnsupportedOperation",
        format!("The instance '{id}' is of no type: it has what its machine gives it."),
    )
}

/// `lacking`: after `it `.
pub fn provider_lacks(id: &str, what: &str, lacking: &str) -> Fault {
    sender(
        "UnsupportedOperation",
        format!("The instance '{id}' is {what}: it {lacking}."),
    )
}

/// Of an earlier version.
pub fn host_gives_no_ipv6(id: &str) -> Fault {
    sender(
        "UnsupportedOperation",
        format!(
            "The host of the instance '{id}' gives no IPv6 addresses to instances that are virtual machines."
        ),
    )
}

/// A launch asks for what no machine of the operator's own maker has.
pub fn not_of_makers(kind: &str, parameter: &str) -> Fault {
    sender(
        "UnsupportedOperation",
        format!(
            "Instances of the type {kind} are machines of the operator's own maker, for which the parameter {parameter} is \
             not supported."
        ),
    )
}

/// What a service operates its users leave alone.
pub fn operated(caller: &str, operation: &str, arn: &str) -> Fault {
    Fault::sender(
        "UnauthorizedOperation",
        403,
        format!(
            "You are not authorized to perform this operation. User: {caller} is not authorized to perform: \
             ec2:{operation} on resource: {arn} with an explicit deny in a resource-based policy"
        ),
    )
}

pub fn no_capacity(kind: &str, zone: &str) -> Fault {
    Fault::sender(
        "InsufficientInstanceCapacity",
        500,
        format!(
            "We currently do not have sufficient {kind} capacity in the Availability Zone you requested \
             ({zone}). Our system will be working on provisioning additional capacity."
        ),
    )
}

pub fn too_many_instances(wanted: u32, limit: usize) -> Fault {
    sender(
        "InstanceLimitExceeded",
        format!(
            "You have requested more instances ({wanted}) than your current instance limit of {limit} allows \
             for the specified instance type."
        ),
    )
}

pub fn token_of_terminated() -> Fault {
    sender(
        "IdempotentInstanceTerminated",
        "The request to launch an instance uses the same client token as a previous request for which \
         the instance has been terminated."
            .to_owned(),
    )
}

pub fn wrong_state(id: &str, state: State, wanted: &str) -> Fault {
    sender(
        "IncorrectInstanceState",
        format!(
            "The instance '{id}' is not in a state from which it can be {wanted}. It is in the state '{}'.",
            state.name()
        ),
    )
}

pub fn protected(id: &str, what: &str, attribute: &str) -> Fault {
    sender(
        "OperationNotPermitted",
        format!(
            "The instance '{id}' may not be {what}. Modify its '{attribute}' instance attribute and try again."
        ),
    )
}

pub fn zone_of_other_subnet(subnet: &str, zone: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("The subnet '{subnet}' is not in the Availability Zone '{zone}'."),
    )
}

pub fn no_default_subnet(zone: Option<&str>) -> Fault {
    let place = zone.map_or(String::new(), |zone| {
        format!(" for availability zone {zone}")
    });
    sender(
        "MissingInput",
        format!("No subnets found for the default VPC{place}. Please specify a subnet."),
    )
}

pub fn primary_interface() -> Fault {
    sender(
        "OperationNotPermitted",
        "The network interface at device index 0 and networkCard index 0 cannot be detached."
            .to_owned(),
    )
}

pub fn profile_association_not_found(id: &str) -> Fault {
    sender(
        "InvalidAssociationID.NotFound",
        format!("The association ID '{id}' does not exist"),
    )
}

pub fn profile_already_associated(instance: &str) -> Fault {
    sender(
        "IncorrectState",
        format!("There is an existing association for instance {instance}"),
    )
}
