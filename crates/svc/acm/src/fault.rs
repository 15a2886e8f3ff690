//! The service's errors with their texts.

use wharf_api_acm::faults;
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wire::Fault;

/// What Certificate Manager says when its records or pages fail.
#[derive(Debug)]
pub enum AcmFaults {}

impl Faults for AcmFaults {
    fn internal(cause: &dyn std::error::Error) -> Fault {
        server(cause)
    }

    fn conflict(_: &StoreError) -> Fault {
        faults::conflict_exception(
            "You are trying to update a resource that is already being updated. Try again.",
        )
    }

    fn bad_token() -> Fault {
        invalid("The specified NextToken is not valid.")
    }
}

/// Something on our side; the cause is logged in full, the caller learns nothing of it.
pub fn server(cause: &dyn std::error::Error) -> Fault {
    Fault::receiver(
        "InternalFailure",
        500,
        "An internal error occurred. Try again.",
        cause,
    )
}

pub fn invalid(text: impl Into<String>) -> Fault {
    faults::validation_exception(text)
}

/// What AWS has and this version does not; said, never dropped in silence.
pub fn unsupported(what: impl std::fmt::Display) -> Fault {
    Fault::sender(
        "UnsupportedOperation",
        400,
        format!("{what} is not supported by this version of wharf."),
    )
}

pub fn not_an_arn(given: &str) -> Fault {
    faults::invalid_arn_exception(format!("{given} is not the ARN of a certificate."))
}

pub fn not_found(arn: &str, account: &str) -> Fault {
    faults::resource_not_found_exception(format!(
        "Could not find certificate {arn} in account {account}."
    ))
}

pub fn in_use(arn: &str, account: &str) -> Fault {
    faults::resource_in_use_exception(format!("Certificate {arn} in account {account} is in use."))
}

pub fn in_progress(arn: &str) -> Fault {
    faults::request_in_progress_exception(format!(
        "The certificate request is in progress and certificate {arn} is not yet available."
    ))
}
