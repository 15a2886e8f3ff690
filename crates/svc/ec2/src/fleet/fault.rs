//! What goes wrong with fleets.

use wharf_wire::Fault;

fn sender(code: &'static str, text: impl Into<String>) -> Fault {
    Fault::sender(code, 400, text.into())
}

pub fn not_found(id: &str) -> Fault {
    let text = format!("The fleet ID '{id}' does not exist");
    sender("InvalidFleetId.NotFound", text)
}

pub fn malformed(id: &str) -> Fault {
    let text = format!("Invalid id: \"{id}\" (expecting \"fleet-...\")");
    sender("InvalidFleetId.Malformed", text)
}

pub fn spot_fleet_not_found(id: &str) -> Fault {
    let text = format!("The spot fleet request ID '{id}' does not exist");
    sender("InvalidSpotFleetRequestId.NotFound", text)
}

pub fn spot_fleet_malformed(id: &str) -> Fault {
    let text = format!("Invalid id: \"{id}\" (expecting \"sfr-...\")");
    sender("InvalidSpotFleetRequestId.Malformed", text)
}

pub fn bad_config(text: impl Into<String>) -> Fault {
    sender("InvalidFleetConfig", text)
}

pub fn bad_spot_fleet(text: impl Into<String>) -> Fault {
    sender("InvalidSpotFleetRequestConfig", text)
}

pub fn too_long(limit: usize) -> Fault {
    sender(
        "InvalidSpotFleetRequestConfig",
        format!(
            "The launch specifications of a Spot Fleet request, with their user data, can take {limit} bytes at most. \
             Launch templates take none of them."
        ),
    )
}

pub fn too_many(limit: usize) -> Fault {
    sender(
        "FleetLimitExceeded",
        format!("You have reached the limit of {limit} fleets."),
    )
}

pub fn not_modifiable(id: &str) -> Fault {
    sender(
        "FleetNotInModifiableState",
        format!("The fleet '{id}' is not in a state in which it can be modified."),
    )
}
