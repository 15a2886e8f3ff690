//! EC2's errors: codes and texts, which its model does not list.

mod absent;
mod encryption;
mod group;
mod instance;
mod interface;
mod launch;
mod placement;
mod public;
mod route;
mod unsuccessful;
mod volume;
mod vpc;

use wharf_base::ShareFull;
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wire::Fault;

pub use absent::*;
pub use encryption::*;
pub use group::*;
pub use instance::*;
pub use interface::*;
pub use launch::*;
pub use placement::*;
pub use public::*;
pub use route::*;
pub use unsuccessful::*;
pub use volume::*;
pub use vpc::*;

const INTERNAL: &str = "An internal error has occurred";

/// What EC2 says when its records or pages fail.
#[derive(Debug)]
pub enum Ec2Faults {}

/// A record could not be read or written.
pub type ChangeError = wharf_service::ChangeError<Ec2Faults>;

impl Faults for Ec2Faults {
    fn internal(cause: &dyn std::error::Error) -> Fault {
        Fault::receiver("InternalError", 500, INTERNAL, cause)
    }

    fn conflict(_: &StoreError) -> Fault {
        too_busy()
    }

    fn full(cause: &ShareFull) -> Fault {
        Fault::sender("ResourceLimitExceeded", 400, cause.to_string())
    }

    fn bad_token() -> Fault {
        bad_token()
    }
}

/// What happened is no fault of the caller.
pub fn internal(cause: impl std::error::Error) -> Fault {
    Ec2Faults::internal(&cause)
}

fn sender(code: &'static str, text: String) -> Fault {
    Fault::sender(code, 400, text)
}

pub fn bad_filter(name: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("The filter '{name}' is invalid"),
    )
}

pub fn filter_value_too_long(name: &str, most: usize) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("A value of the filter '{name}' is longer than {most} bytes."),
    )
}

pub fn bad_token() -> Fault {
    sender(
        "InvalidNextToken",
        "The provided token is invalid.".to_owned(),
    )
}

pub fn unsupported_parameter(name: &str) -> Fault {
    sender(
        "UnsupportedOperation",
        format!("The parameter {name} is not supported by this version of wharf."),
    )
}

/// Somebody else's changes always came first.
pub fn too_busy() -> Fault {
    Fault::sender(
        "RequestLimitExceeded",
        503,
        "The resource is being changed by other requests. Try again.",
    )
}

pub fn missing_parameter(name: &str) -> Fault {
    sender(
        "MissingParameter",
        format!("The request must contain the parameter {name}"),
    )
}

pub fn bad_value_of(parameter: &str, value: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Value ({value}) for parameter {parameter} is invalid."),
    )
}

pub fn bad_value(text: impl Into<String>) -> Fault {
    sender("InvalidParameterValue", text.into())
}

pub fn too_many_values(limit: usize) -> Fault {
    sender(
        "FilterLimitExceeded",
        format!("The maximum number of filter values specified on a single call is {limit}"),
    )
}

pub fn long_token(token: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "Value ({token}) for parameter clientToken is invalid. Must be at most 64 ASCII characters"
        ),
    )
}

pub fn token_reused() -> Fault {
    sender(
        "IdempotentParameterMismatch",
        "The client token was already used with other parameters.".to_owned(),
    )
}

pub fn bad_id(id: &str) -> Fault {
    sender("InvalidID", format!("The ID '{id}' is not valid"))
}

pub fn too_many_tags() -> Fault {
    sender(
        "TagLimitExceeded",
        "The maximum number of Tags for a resource has been reached.".to_owned(),
    )
}

/// The answer to a call that only asks whether it would be allowed.
pub fn dry_run(flag: Option<bool>) -> Result<(), Fault> {
    if flag == Some(true) {
        return Err(Fault::sender(
            "DryRunOperation",
            412,
            "Request would have succeeded, but DryRun flag is set.",
        ));
    }
    Ok(())
}
