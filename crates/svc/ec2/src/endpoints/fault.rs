//! What EC2 says of endpoints.

use wharf_wire::Fault;

fn sender(code: &'static str, text: String) -> Fault {
    Fault::sender(code, 400, text)
}

pub fn not_found(id: &str) -> Fault {
    sender(
        "InvalidVpcEndpointId.NotFound",
        format!("The Vpc Endpoint Id '{id}' does not exist"),
    )
}

/// The code of one among those to delete; clients look for it.
pub const DELETED_BEFORE: &str = "InvalidVpcEndpoint.NotFound";

pub fn no_service(name: &str) -> Fault {
    sender(
        "InvalidServiceName",
        format!("The Vpc Endpoint Service '{name}' does not exist"),
    )
}

pub fn bad_parameter(text: impl Into<String>) -> Fault {
    sender("InvalidParameter", text.into())
}

pub fn wrong_kind(kind: &str, kinds: &[&str]) -> Fault {
    bad_parameter(format!(
        "Endpoint type ({kind}) does not match available service types ([{}]).",
        kinds.join(", ")
    ))
}

pub fn of_other_kind(member: &str, kind: &str) -> Fault {
    bad_parameter(format!("{member} is not valid for {kind} endpoints."))
}

pub fn bad_policy(why: &str) -> Fault {
    sender(
        "InvalidPolicyDocument",
        format!("The Policy Document is not valid. {why}"),
    )
}

pub fn too_many() -> Fault {
    sender(
        "VpcEndpointLimitExceeded",
        "The maximum number of VPC endpoints has been reached.".to_owned(),
    )
}

pub fn apart(what: &str, id: &str, vpc: &str) -> Fault {
    bad_parameter(format!(
        "{what} {id} and network {vpc} belong to different networks"
    ))
}

pub fn route_exists(table: &str, list: &str) -> Fault {
    sender(
        "RouteAlreadyExists",
        format!("route table {table} already has a route with destination-prefix-list-id {list}"),
    )
}

pub fn route_of_endpoint(table: &str, list: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("cannot remove VPC endpoint route {list} in route table {table}"),
    )
}

pub fn no_such_table(table: &str, id: &str) -> Fault {
    bad_parameter(format!(
        "Route table {table} is not associated with endpoint {id}."
    ))
}

pub fn no_such_subnet(subnet: &str, id: &str) -> Fault {
    bad_parameter(format!(
        "Subnet {subnet} is not associated with endpoint {id}."
    ))
}

pub fn odd_configuration(subnet: &str) -> Fault {
    bad_parameter(format!(
        "SubnetConfigurations must name each subnet once, and only subnets that are given to the endpoint: {subnet}"
    ))
}

pub fn no_such_group(group: &str, id: &str) -> Fault {
    bad_parameter(format!(
        "Security group {group} is not associated with endpoint {id}."
    ))
}

pub fn zone_taken(subnet: &str) -> Fault {
    sender(
        "DuplicateSubnetsInSameZone",
        format!("Found another VPC endpoint subnet in the availability zone of {subnet}"),
    )
}

pub fn no_dns_attributes(vpc: &str) -> Fault {
    bad_parameter(format!(
        "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for {vpc}"
    ))
}

pub fn conflicting_name(name: &str, vpc: &str) -> Fault {
    bad_parameter(format!(
        "private-dns-enabled cannot be set because there is already a conflicting DNS domain for {name} in the VPC {vpc}"
    ))
}
