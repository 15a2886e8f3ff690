//! The service's own sentences. Those of its model are in `wharf_api_sqs::faults`.

use wharf_api_sqs::faults;
use wharf_base::ShareFull;
use wharf_service::Faults;
use wharf_wire::{
    Fault,
    constraints::{Broken, Violation},
};

/// What the service says when its records or pages fail.
#[derive(Debug)]
pub(crate) enum SqsFaults {}

impl Faults for SqsFaults {
    fn internal(cause: &dyn std::error::Error) -> Fault {
        let text = "We encountered an internal error. Please try again.";
        Fault::receiver("InternalError", 500, text, cause)
    }

    fn full(cause: &ShareFull) -> Fault {
        faults::request_throttled(cause.to_string())
    }

    fn bad_token() -> Fault {
        invalid("Invalid or expired next token.")
    }
}

/// A parameter that cannot be.
pub fn invalid(text: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterValue", 400, text)
}

/// A value of a parameter that cannot be, and why.
pub fn invalid_value(value: impl std::fmt::Display, parameter: &str, reason: &str) -> Fault {
    invalid(format!(
        "Value {value} for parameter {parameter} is invalid. Reason: {reason}"
    ))
}

/// An account has as much as it may. What sends for others tries it again, as SDKs do.
pub fn full(most: u64) -> Fault {
    faults::request_throttled(format!(
        "The queues of the account hold {most} bytes of messages, which is the most they may: receive and delete messages, or purge \
         a queue."
    ))
}

pub fn missing(parameter: &str) -> Fault {
    let text = format!("The request must contain the parameter {parameter}.");
    Fault::sender("MissingParameter", 400, text)
}

pub fn no_queue() -> Fault {
    faults::queue_does_not_exist("The specified queue does not exist.")
}

pub fn bad_receipt(handle: &str) -> Fault {
    let shown: String = handle.chars().take(200).collect();
    faults::receipt_handle_is_invalid(format!(
        "The input receipt handle \"{shown}\" is not a valid receipt handle."
    ))
}

/// The receipt of a message of a FIFO queue that others may receive again.
pub fn expired_receipt(handle: &str) -> Fault {
    invalid_value(handle, "ReceiptHandle", "The receipt handle has expired.")
}

pub fn unknown_attribute(name: &str) -> Fault {
    faults::invalid_attribute_name(format!("Unknown Attribute {name}."))
}

/// SQS's own words for a name of an attribute that the model does not have.
pub fn refuse(_operation: &str, violations: &[Violation]) -> Option<Fault> {
    let unknown = |it: &&Violation| matches!(it.broken, Broken::NotOneOf { .. });
    let first = violations.first().filter(unknown)?;
    Some(unknown_attribute(
        first.value.as_deref().unwrap_or_default(),
    ))
}

pub fn bad_attribute(name: &str) -> Fault {
    faults::invalid_attribute_value(format!("Invalid value for the parameter {name}."))
}

/// A parameter that queues of this kind do not have.
pub fn not_of_this_queue(value: impl std::fmt::Display, parameter: &str) -> Fault {
    let reason = "The request include parameter that is not valid for this queue type.";
    invalid_value(value, parameter, reason)
}

pub fn too_many_held() -> Fault {
    faults::over_limit(
        "The maximum number of in flight messages is reached: delete received messages, or wait until \
         their visibility timeout is over.",
    )
}

/// The stored message cannot be opened.
pub fn unreadable(cause: &dyn std::error::Error) -> Fault {
    SqsFaults::internal(cause)
}
