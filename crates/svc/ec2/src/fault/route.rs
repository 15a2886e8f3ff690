//! Route tables, routes and gateways.

use wharf_wire::Fault;

use super::sender;

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

pub fn gateway_attached(id: &str, vpc: &str) -> Fault {
    sender(
        "Resource.AlreadyAssociated",
        format!("resource {id} is already attached to network {vpc}"),
    )
}

pub fn vpc_has_gateway(vpc: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Network {vpc} already has an internet gateway attached"),
    )
}

pub fn vpc_has_egress_only_gateway(vpc: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Network {vpc} already has an egress-only internet gateway attached"),
    )
}

pub fn gateway_not_attached(id: &str, vpc: &str) -> Fault {
    sender(
        "Gateway.NotAttached",
        format!("resource {id} is not attached to network {vpc}"),
    )
}

pub fn gateway_in_use(id: &str) -> Fault {
    sender(
        "DependencyViolation",
        format!("The internetGateway '{id}' has dependencies and cannot be deleted."),
    )
}

pub fn route_table_in_use(id: &str) -> Fault {
    sender(
        "DependencyViolation",
        format!("The routeTable '{id}' has dependencies and cannot be deleted."),
    )
}

pub fn table_and_subnet_apart(table: &str, subnet: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Route table {table} and subnet {subnet} belong to different networks"),
    )
}

pub fn already_associated(table: &str, known: &str) -> Fault {
    sender(
        "Resource.AlreadyAssociated",
        format!(
            "the specified association for route table {table} conflicts with an existing association {known}"
        ),
    )
}

pub fn association_not_found(id: &str) -> Fault {
    sender(
        "InvalidAssociationID.NotFound",
        format!("The association ID '{id}' does not exist"),
    )
}

pub fn main_association(id: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("cannot disassociate the main route table association {id}"),
    )
}

pub fn bad_destination(parameter: &str, text: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "Value ({text}) for parameter {parameter} is invalid. This is not a valid CIDR block."
        ),
    )
}

pub fn route_exists(destination: &str) -> Fault {
    sender(
        "RouteAlreadyExists",
        format!("The route identified by {destination} already exists."),
    )
}

pub fn no_route(destination: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "There is no route defined for '{destination}' in the route table. Use CreateRoute instead."
        ),
    )
}

pub fn route_not_found(parameter: &str, destination: &str, table: &str) -> Fault {
    sender(
        "InvalidRoute.NotFound",
        format!("no route with {parameter} {destination} in route table {table}"),
    )
}

pub fn local_route(destination: &str, table: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("cannot remove local route {destination} in route table {table}"),
    )
}

pub fn route_gateway_not_found(id: &str) -> Fault {
    sender(
        "InvalidGatewayID.NotFound",
        format!("The gateway ID '{id}' does not exist"),
    )
}

pub fn table_and_gateway_apart(table: &str, gateway: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("route table {table} and network gateway {gateway} belong to different networks"),
    )
}

pub fn inside_the_vpc(destination: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "The destination CIDR block {destination} is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance."
        ),
    )
}

pub fn too_many_routes() -> Fault {
    sender(
        "RouteLimitExceeded",
        "The maximum number of routes has been reached.".to_owned(),
    )
}

pub fn one_destination() -> Fault {
    sender(
        "InvalidParameterCombination",
        "Only one of destinationCidrBlock, destinationIpv6CidrBlock and destinationPrefixListId can be specified."
            .to_owned(),
    )
}

/// The target of a route and its destination do not go together.
pub fn not_of_this_family(target: &str, family: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("{target} cannot be the target of a route to {family} addresses"),
    )
}

pub fn two_targets() -> Fault {
    sender(
        "InvalidParameterCombination",
        "The request must contain exactly one target of the route".to_owned(),
    )
}

pub fn table_of_other_vpc(table: &str, vpc: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Route table {table} does not belong to network {vpc}"),
    )
}
