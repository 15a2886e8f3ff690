//! The service's own sentences. Those of its model are in `wharf_api_sns::faults`.

use wharf_api_sns::faults;
use wharf_base::ShareFull;
use wharf_service::Faults;
use wharf_wire::Fault;

/// What the service says when its records or pages fail.
#[derive(Debug)]
pub enum SnsFaults {}

impl Faults for SnsFaults {
    fn internal(cause: &dyn std::error::Error) -> Fault {
        Fault::receiver(
            "InternalFailure",
            500,
            "An internal error has occurred.",
            cause,
        )
    }

    fn full(cause: &ShareFull) -> Fault {
        Fault::sender("Throttled", 429, cause.to_string())
    }

    fn bad_token() -> Fault {
        invalid("NextToken", "NextToken is not valid")
    }
}

pub fn invalid(parameter: &str, reason: &str) -> Fault {
    faults::invalid_parameter_exception(format!("Invalid parameter: {parameter} Reason: {reason}"))
}

/// A policy names a user or role that does not exist.
pub fn no_principal() -> Fault {
    faults::invalid_parameter_exception("Invalid parameter: Policy Error: PrincipalNotFound")
}

/// A policy names an action that is not done to topics.
pub fn out_of_scope() -> Fault {
    let text = "Invalid parameter: Policy statement action out of service scope!";
    faults::invalid_parameter_exception(text)
}

pub fn no_topic() -> Fault {
    faults::not_found_exception("Topic does not exist")
}

pub fn no_subscription() -> Fault {
    faults::not_found_exception("Subscription does not exist")
}

/// What this version does not have.
pub fn unsupported(parameter: &str, value: &str) -> Fault {
    invalid(
        parameter,
        &format!("{} is not supported by this version of wharf", shown(value)),
    )
}

/// As much of a text as an answer repeats.
pub fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}
