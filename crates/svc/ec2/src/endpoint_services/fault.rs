//! What EC2 says of endpoint services.

use wharf_wire::Fault;

fn sender(code: &'static str, text: String) -> Fault {
    Fault::sender(code, 400, text)
}

pub fn not_found(id: &str) -> Fault {
    sender(
        "InvalidVpcEndpointServiceId.NotFound",
        format!("The VpcEndpointService Id '{id}' does not exist"),
    )
}

pub fn bad_parameter(text: impl Into<String>) -> Fault {
    sender("InvalidParameter", text.into())
}

pub fn no_balancer(arn: &str) -> Fault {
    bad_parameter(format!(
        "The Network Load Balancer '{arn}' does not exist in this account and region."
    ))
}

pub fn no_balancers() -> Fault {
    bad_parameter("An endpoint service must have at least one Network Load Balancer.")
}

pub fn too_many_balancers(most: usize) -> Fault {
    bad_parameter(format!(
        "An endpoint service can have at most {most} Network Load Balancers."
    ))
}

pub fn not_its_balancer(arn: &str, id: &str) -> Fault {
    bad_parameter(format!(
        "The Network Load Balancer '{arn}' is not associated with the endpoint service {id}."
    ))
}

pub fn has_endpoints(id: &str) -> Fault {
    sender(
        "ExistingVpcEndpointConnections",
        format!("Service {id} has existing active VPC Endpoint connections!"),
    )
}

pub fn bad_principal(text: &str) -> Fault {
    sender("InvalidPrincipal", format!("Invalid Principal: '{text}'"))
}

pub fn too_many_principals(most: usize) -> Fault {
    sender(
        "ResourceLimitExceeded",
        format!("An endpoint service can name at most {most} principals."),
    )
}

pub fn too_many_connections(most: usize) -> Fault {
    sender(
        "VpcEndpointLimitExceeded",
        format!("At most {most} endpoints can lead to one endpoint service."),
    )
}

pub fn wrong_state(endpoint: &str, state: &str) -> Fault {
    sender(
        "InvalidState",
        format!("The VPC endpoint connection of '{endpoint}' is in the state {state}."),
    )
}

pub fn no_private_name(service: &str) -> Fault {
    bad_parameter(format!(
        "Private DNS can't be enabled because the service {service} does not provide a private DNS name."
    ))
}

pub fn not_verified(service: &str) -> Fault {
    bad_parameter(format!(
        "Private DNS can't be enabled because the service {service} has not verified the private DNS name."
    ))
}

pub fn not_accepted(service: &str) -> Fault {
    bad_parameter(format!(
        "Private DNS can only be enabled after the endpoint connection is accepted by the owner of {service}."
    ))
}

pub fn bad_private_name(name: &str) -> Fault {
    bad_parameter(format!("The private DNS name '{name}' is not valid."))
}

pub fn both_private_names() -> Fault {
    sender(
        "InvalidParameterCombination",
        "PrivateDnsName and RemovePrivateDnsName cannot be given together.".to_owned(),
    )
}

pub fn nothing_to_verify(id: &str) -> Fault {
    bad_parameter(format!(
        "The endpoint service {id} does not have a private DNS name."
    ))
}

pub fn no_policy(service: &str) -> Fault {
    bad_parameter(format!(
        "The service {service} does not support endpoint policies."
    ))
}

pub fn not_in_zone(service: &str, subnet: &str) -> Fault {
    bad_parameter(format!(
        "The VPC endpoint service {service} does not support the availability zone of the subnet: {subnet}."
    ))
}
