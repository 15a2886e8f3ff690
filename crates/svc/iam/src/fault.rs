//! The faults of IAM in the words of spec platform §3, and what becomes of errors beneath.

use wharf_api_iam::faults;
use wharf_base::ShareFull;
use wharf_iam::DocumentError;
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wire::Fault;

/// What the service says when it is not the caller's doing.
const FAILURE: &str =
    "The request processing has failed because of an unknown error, exception or failure.";

/// What IAM says when its records or pages fail.
#[derive(Debug)]
pub(crate) enum IamFaults {}

impl Faults for IamFaults {
    fn internal(cause: &dyn std::error::Error) -> Fault {
        internal(cause)
    }

    fn conflict(_: &StoreError) -> Fault {
        contended()
    }

    fn full(cause: &ShareFull) -> Fault {
        faults::limit_exceeded_exception(cause.to_string())
    }

    fn bad_token() -> Fault {
        validation("Invalid Marker.")
    }
}

pub(crate) fn internal(cause: &dyn std::error::Error) -> Fault {
    faults::service_failure_exception(FAILURE, cause)
}

/// Others changed the same thing over and over while this call tried.
pub(crate) fn contended() -> Fault {
    faults::concurrent_modification_exception(
        "The request was rejected because multiple requests to change this object were submitted \
         simultaneously. Wait a few minutes and submit your request again.",
    )
}

pub(crate) fn validation(message: impl Into<String>) -> Fault {
    Fault::sender("ValidationError", 400, message)
}

pub(crate) fn not_found(message: impl Into<String>) -> Fault {
    faults::no_such_entity_exception(message)
}

pub(crate) fn exists(message: impl Into<String>) -> Fault {
    faults::entity_already_exists_exception(message)
}

pub(crate) fn in_the_way(message: impl Into<String>) -> Fault {
    faults::delete_conflict_exception(message)
}

pub(crate) fn quota(name: &str, limit: usize) -> Fault {
    faults::limit_exceeded_exception(format!("Cannot exceed quota for {name}: {limit}"))
}

pub(crate) fn not_attachable(arn: &str) -> Fault {
    not_found(format!("Policy {arn} does not exist or is not attachable."))
}

pub(crate) fn no_policy(arn: &str) -> Fault {
    not_found(format!("Policy {arn} was not found."))
}

pub(crate) fn document(error: &DocumentError) -> Fault {
    match error {
        DocumentError::Malformed(_) => {
            faults::malformed_policy_document_exception(error.to_string())
        }
        DocumentError::TooLong { .. } => faults::limit_exceeded_exception(error.to_string()),
    }
}

/// A member the model requires; the dispatcher has checked it for calls from outside.
pub(crate) fn required<T>(value: Option<T>, member: &str) -> Result<T, Fault> {
    value.ok_or_else(|| {
        validation(format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member \
             must not be null"
        ))
    })
}
