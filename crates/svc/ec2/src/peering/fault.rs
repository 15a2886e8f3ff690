//! What is said about peering connections that cannot be.

use wharf_wire::Fault;

fn sender(code: &'static str, text: String) -> Fault {
    Fault::sender(code, 400, text)
}

pub fn not_found(id: &str) -> Fault {
    sender(
        "InvalidVpcPeeringConnectionID.NotFound",
        format!("The vpcPeeringConnection ID '{id}' does not exist"),
    )
}

pub fn exists(id: &str) -> Fault {
    sender(
        "VpcPeeringConnectionAlreadyExists",
        format!("The VPC peering connection {id} already exists between these VPCs."),
    )
}

pub fn too_many() -> Fault {
    sender(
        "VpcPeeringConnectionLimitExceeded",
        "You have reached the limit on the number of VPC peering connections.".to_owned(),
    )
}

pub fn too_many_pending() -> Fault {
    sender(
        "OutstandingVpcPeeringConnectionLimitExceeded",
        "You have reached the limit on the number of outstanding VPC peering connection requests."
            .to_owned(),
    )
}

/// `to`: the state that the call would have led to.
pub fn transition(id: &str, from: &str, to: &str) -> Fault {
    sender(
        "InvalidStateTransition",
        format!("Invalid state transition for {id}, attempted to transition from {from} to {to}"),
    )
}

pub fn not_the_accepter(account: &str, what: &str, id: &str) -> Fault {
    sender(
        "OperationNotPermitted",
        format!("User {account} cannot {what} peering {id}"),
    )
}

pub fn wrong_region(region: &str, wanted: &str) -> Fault {
    sender(
        "OperationNotPermitted",
        format!(
            "Incorrect region ({region}) specified for this request. VPC peering connections must be accepted in region {wanted}"
        ),
    )
}

pub fn options_of_inactive(id: &str) -> Fault {
    sender(
        "OperationNotPermitted",
        format!(
            "Peering {id} is not active. Peering options can be added only to active peerings."
        ),
    )
}

pub fn options_of_others(account: &str, side: &str, id: &str) -> Fault {
    sender(
        "OperationNotPermitted",
        format!("User {account} cannot modify {side} peering options of {id}"),
    )
}

pub fn with_itself(id: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("The requester and the accepter VPC are the same: {id}"),
    )
}

pub fn keeps_its_ranges(vpc: &str) -> Fault {
    sender(
        "UnsupportedOperation",
        format!(
            "Adding a range to {vpc}, which has active peering connections, is not supported by this version of wharf."
        ),
    )
}
