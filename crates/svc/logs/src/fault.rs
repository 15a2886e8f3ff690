//! The service's errors with their texts (platform §8).

use crate::opener::ReadError;
use wharf_api_logs::faults;
use wharf_journal::JournalError;
use wharf_records::RecordError;
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wire::{
    Fault,
    constraints::{Violation, summary},
};

const UNAVAILABLE: &str = "The service cannot complete the request.";

/// What CloudWatch Logs says when its records or pages fail.
#[derive(Debug)]
pub enum LogsFaults {}

impl Faults for LogsFaults {
    fn internal(cause: &dyn std::error::Error) -> Fault {
        faults::service_unavailable_exception(UNAVAILABLE, cause)
    }

    fn bad_token() -> Fault {
        bad_token()
    }
}

pub fn store(cause: StoreError) -> Fault {
    faults::service_unavailable_exception(UNAVAILABLE, &cause)
}

pub fn record(cause: RecordError) -> Fault {
    faults::service_unavailable_exception(UNAVAILABLE, &cause)
}

pub fn journal(cause: JournalError) -> Fault {
    faults::service_unavailable_exception(UNAVAILABLE, &cause)
}

pub fn unreadable(cause: &dyn std::error::Error) -> Fault {
    faults::service_unavailable_exception(UNAVAILABLE, cause)
}

pub fn read(cause: ReadError) -> Fault {
    match cause {
        ReadError::Journal(cause) => journal(cause),
        ReadError::Key(fault) => fault,
        ReadError::Damaged(cause) => unreadable(&cause),
        ReadError::Unmasked(cause) => unreadable(&cause),
    }
}

/// What callers learn of a refusal by KMS to serve the group with that ARN.
pub fn key_refused(cause: Fault, arn: &str) -> Fault {
    match &*cause.code {
        "AccessDeniedException" => faults::access_denied_exception(format!(
            "The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"
        )),
        "NotFoundException" => invalid("The specified KMS Key Id could not be found."),
        "DisabledException" => invalid("The specified KMS Key Id is disabled."),
        "KMSInvalidStateException" => {
            invalid("The specified KMS Key Id is in a state that does not allow its use.")
        }
        "InvalidKeyUsageException" => {
            invalid("The specified KMS Key Id is not a symmetric encryption key.")
        }
        _ if cause.sender => invalid(cause.message),
        _ => unreadable(&Unserved(cause.to_string())),
    }
}

/// A key's refusal, to who writes.
pub fn denied_for_now(refused: Fault) -> Fault {
    match refused.sender {
        true => faults::access_denied_exception(refused.message),
        false => refused,
    }
}

#[derive(Debug, thiserror::Error)]
#[error("KMS does not serve a log group: {0}")]
struct Unserved(String);

pub fn throttled() -> Fault {
    faults::throttling_exception("Rate exceeded")
}

pub fn append(cause: crate::event_store::AppendError) -> Fault {
    match cause {
        crate::event_store::AppendError::Gone => no_stream(),
        crate::event_store::AppendError::Journal(cause) => journal(cause),
    }
}

pub fn invalid(text: impl Into<String>) -> Fault {
    faults::invalid_parameter_exception(text)
}

/// The service says InvalidParameterException where others say ValidationException, but for its newer operations.
pub fn refuse(operation: &str, violations: &[Violation]) -> Option<Fault> {
    let text = summary(violations);
    let newer = ["ScheduledQuer", "Deliver", "ConfigurationTemplates"];
    Some(match newer.iter().any(|it| operation.contains(it)) {
        true => faults::validation_exception(text),
        false => invalid(text),
    })
}

pub fn unsupported_parameter(name: &str) -> Fault {
    invalid(format!(
        "The parameter {name} is not supported by this version of wharf."
    ))
}

/// Of account policies that would be for one group.
pub fn overlap() -> Fault {
    invalid("The selectionCriteria of two policies of one type cannot overlap.")
}

pub fn too_many_policies() -> Fault {
    faults::limit_exceeded_exception("Resource limit exceeded.")
}

pub fn no_group() -> Fault {
    faults::resource_not_found_exception("The specified log group does not exist.")
}

/// What belongs to a group that is protected is not deleted.
pub fn protected(what: &str) -> Fault {
    faults::validation_exception(format!(
        "Cannot delete {what} with deletion protection enabled. Disable deletion protection first."
    ))
}

pub fn no_lookup_table() -> Fault {
    faults::resource_not_found_exception("The specified lookup table does not exist.")
}

pub fn no_data_source() -> Fault {
    faults::resource_not_found_exception("The specified data source does not exist.")
}

pub fn no_stream() -> Fault {
    faults::resource_not_found_exception("The specified log stream does not exist.")
}

pub fn group_exists() -> Fault {
    faults::resource_already_exists_exception("The specified log group already exists")
}

pub fn stream_exists() -> Fault {
    faults::resource_already_exists_exception("The specified log stream already exists")
}

pub fn bad_token() -> Fault {
    invalid("The specified nextToken is invalid.")
}

/// A query's text is wrong, and where.
pub fn malformed_query(cause: &wharf_insights::QueryError) -> Fault {
    let location = serde_json::json!({
        "startCharOffset": cause.start,
        "endCharOffset": cause.end,
    });
    let fault = faults::malformed_query_exception(cause.message.clone());
    fault.with(
        "queryCompileError",
        serde_json::json!({ "location": location, "message": cause.message }),
    )
}

pub fn no_group_named(name: &str, account: &str) -> Fault {
    faults::resource_not_found_exception(format!(
        "Log group '{name}' does not exist for account ID '{account}'"
    ))
}

pub fn bad_pattern(cause: &crate::pattern::BadPattern) -> Fault {
    invalid(format!("Invalid filter pattern: {cause}."))
}

/// Of sources and destinations of deliveries that are there already.
pub fn tagged_by_update() -> Fault {
    faults::conflict_exception(
        "Tags can only be provided when a resource is being created, not updated.",
    )
}

pub fn over_quota() -> Fault {
    faults::service_quota_exceeded_exception("This request exceeds a service quota.")
}
