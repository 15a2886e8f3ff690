//! What goes wrong with requests for Spot instances.

use wharf_wire::Fault;

use super::Price;

fn sender(code: &'static str, text: impl Into<String>) -> Fault {
    Fault::sender(code, 400, text.into())
}

pub fn not_found(id: &str) -> Fault {
    let text = format!("The spot instance request ID '{id}' does not exist");
    sender("InvalidSpotInstanceRequestID.NotFound", text)
}

pub fn malformed(id: &str) -> Fault {
    sender(
        "InvalidSpotInstanceRequestID.Malformed",
        format!("Invalid id: \"{id}\""),
    )
}

/// For a launch that is to be made now.
pub fn no_capacity() -> Fault {
    Fault::sender(
        "InsufficientInstanceCapacity",
        500,
        "There is no Spot capacity available that matches your request.",
    )
}

pub fn price_too_low(asked: Price, least: Price) -> Fault {
    sender(
        "SpotMaxPriceTooLow",
        format!(
            "Your Spot request price of {asked} is lower than the minimum required Spot request fulfillment \
             price of {least}."
        ),
    )
}

pub fn too_many(limit: usize) -> Fault {
    sender(
        "MaxSpotInstanceCountExceeded",
        format!("Max spot instance count exceeded: the limit is {limit} open and active requests"),
    )
}

pub fn cannot_stop(id: &str) -> Fault {
    sender(
        "UnsupportedOperation",
        format!(
            "You can't stop the Spot Instance '{id}' because it is associated with a one-time Spot Instance \
             request. You can only stop Spot Instances associated with persistent Spot Instance requests."
        ),
    )
}
