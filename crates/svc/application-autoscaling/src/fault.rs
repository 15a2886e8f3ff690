//! The service's errors with their texts (spec platform §6).

use std::error::Error;

use wharf_api_application_autoscaling::faults;
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wire::Fault;

use crate::names::{DIMENSION, NAMESPACE};

/// What Application Auto Scaling says when its records or pages fail.
#[derive(Debug)]
pub enum ScalingFaults {}

impl Faults for ScalingFaults {
    fn internal(cause: &dyn Error) -> Fault {
        let text = "The service encountered an internal error.";
        Fault::receiver("InternalServiceException", 500, text, cause)
    }

    fn conflict(_: &StoreError) -> Fault {
        busy()
    }

    fn bad_token() -> Fault {
        faults::invalid_next_token_exception("The next token supplied is invalid.")
    }
}

pub fn invalid(text: impl Into<String>) -> Fault {
    faults::validation_exception(text)
}

pub fn busy() -> Fault {
    faults::concurrent_update_exception(
        "Another request is changing the scalable target at the same time.",
    )
}

pub fn unsupported_resource() -> Fault {
    invalid("Unsupported service namespace, resource type or scalable dimension")
}

/// `what` is found on nothing of that name.
fn absent(what: &str, resource: &str) -> Fault {
    faults::object_not_found_exception(format!(
        "No {what} for service namespace: {NAMESPACE}, resource ID: {resource}, scalable dimension: {DIMENSION}"
    ))
}

/// For requests that add to a target.
pub fn not_registered(resource: &str) -> Fault {
    absent("scalable target registered", resource)
}

pub fn no_target(resource: &str) -> Fault {
    absent("scalable target found", resource)
}

pub fn no_policy(name: &str, resource: &str) -> Fault {
    absent(&format!("scaling policy {name} found"), resource)
}

pub fn no_action(name: &str, resource: &str) -> Fault {
    absent(&format!("scheduled action {name} found"), resource)
}

/// An ARN that names no scalable target.
pub fn no_resource(arn: &str) -> Fault {
    let text = format!("Resource {arn} doesn't exist.");
    faults::resource_not_found_exception(text).with("ResourceName", arn)
}

pub fn too_many(what: &str, most: usize) -> Fault {
    faults::limit_exceeded_exception(format!("You may have at most {most} {what}."))
}

/// A neighbour refused what it was asked in the name of the service-linked role.
pub fn of_neighbour(what: &str, fault: Fault) -> Fault {
    match (fault.status, fault.code.as_ref()) {
        (500.., _) => fault,
        (_, code) if code.starts_with("LimitExceeded") => {
            faults::limit_exceeded_exception(format!("{what}: {}", fault.message))
        }
        (_, code) if code.starts_with("Validation") || code.starts_with("InvalidParameter") => {
            invalid(format!("{what}: {}", fault.message))
        }
        _ => faults::failed_resource_access_exception(format!("{what}: {}", fault.message)),
    }
}

/// A record that does not open.
pub fn unreadable(cause: &dyn Error) -> Fault {
    ScalingFaults::internal(cause)
}
