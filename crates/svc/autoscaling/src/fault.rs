//! The service's own sentences. Those of its model are in `wharf_api_autoscaling::faults`.

use std::error::Error;

use wharf_api_autoscaling::faults;
use wharf_base::ShareFull;
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wire::Fault;

/// What the service says when its records or pages fail.
#[derive(Debug)]
pub enum AutoscalingFaults {}

impl Faults for AutoscalingFaults {
    fn internal(cause: &dyn Error) -> Fault {
        let text = "An internal error has occurred.";
        Fault::receiver("InternalFailure", 500, text, cause)
    }

    fn conflict(cause: &StoreError) -> Fault {
        let text = "You already have a pending update to an Auto Scaling resource.";
        faults::resource_contention_fault(text, cause)
    }

    fn full(cause: &ShareFull) -> Fault {
        faults::limit_exceeded_fault(cause.to_string())
    }

    fn bad_token() -> Fault {
        faults::invalid_next_token("The token '' is invalid.")
    }
}

pub fn invalid(text: impl Into<String>) -> Fault {
    Fault::sender("ValidationError", 400, text)
}

pub fn no_group(name: &str) -> Fault {
    invalid(format!(
        "AutoScalingGroup name not found - no such group: {name}"
    ))
}

pub fn group_exists(name: &str) -> Fault {
    faults::already_exists_fault(format!(
        "AutoScalingGroup by this name already exists - A group with the name {name} already exists"
    ))
}

pub fn no_configuration(name: &str) -> Fault {
    invalid(format!(
        "Launch configuration name not found - Launch configuration {name} not found"
    ))
}

pub fn no_instance(id: &str) -> Fault {
    invalid(format!(
        "Instance Id not found - No managed instance found for instance ID: {id}"
    ))
}

/// For operations that name the group, too.
pub fn not_of_group(id: &str, group: &str) -> Fault {
    invalid(format!(
        "The instance {id} is not part of Auto Scaling group {group}."
    ))
}

pub fn deleting(name: &str) -> Fault {
    invalid(format!("AutoScalingGroup {name} is pending delete."))
}

/// What EC2 says of the caller's template or configuration.
pub fn of_launch(fault: Fault) -> Fault {
    match fault.status {
        500.. => fault,
        _ if fault.code.starts_with("UnauthorizedOperation")
            || fault.code.starts_with("AccessDenied") =>
        {
            Fault::sender(
                "AccessDenied",
                403,
                format!(
                    "You are not authorized to use launch template: {}",
                    fault.message
                ),
            )
        }
        _ => invalid(format!(
            "You must use a valid fully-formed launch template. {}",
            fault.message
        )),
    }
}

pub fn of_ec2(fault: Fault) -> Fault {
    match fault.status {
        500.. => fault,
        _ => invalid(fault.message.to_string()),
    }
}

/// A record that does not open.
pub fn unreadable(cause: &dyn Error) -> Fault {
    AutoscalingFaults::internal(cause)
}
