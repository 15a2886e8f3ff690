//! The service's errors with their texts (spec platform.md §10).

use std::error::Error;

use wharf_api_ssm::faults;
use wharf_base::ShareFull;
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wire::Fault;

/// What Systems Manager says when its records or pages fail.
#[derive(Debug)]
pub enum SsmFaults {}

impl Faults for SsmFaults {
    fn internal(cause: &dyn Error) -> Fault {
        faults::internal_server_error("An error occurred on the server side.", cause)
    }

    fn conflict(_: &StoreError) -> Fault {
        faults::too_many_updates(
            "There are concurrent updates for a resource that supports one update at a time.",
        )
    }

    fn full(cause: &ShareFull) -> Fault {
        faults::parameter_limit_exceeded(cause.to_string())
    }

    fn bad_token() -> Fault {
        faults::invalid_next_token("The specified token isn't valid.")
    }
}

pub fn invalid(text: impl Into<String>) -> Fault {
    Fault::sender("ValidationException", 400, text)
}

/// What AWS has and this version does not; said, never dropped in silence.
pub fn unsupported(what: &str) -> Fault {
    invalid(format!("{what} is not supported by this version of wharf."))
}

/// AWS says nothing more about a parameter that is not there.
pub fn not_found() -> Fault {
    faults::parameter_not_found("")
}

pub fn no_version(name: &str, selector: &str) -> Fault {
    faults::parameter_version_not_found(format!(
        "Systems Manager could not find version {selector} of {name}. Verify the version and try \
         again."
    ))
}

pub fn no_secret(name: &str) -> Fault {
    faults::parameter_not_found(format!(
        "An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret {name} not \
         found."
    ))
}

/// The stored value does not open.
pub fn unreadable(cause: &dyn Error) -> Fault {
    faults::internal_server_error("An error occurred on the server side.", cause)
}
