//! The service's errors with their texts (spec platform §9).

use std::error::Error;

use wharf_api_scheduler::faults;
use wharf_base::ShareFull;
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wire::Fault;

/// What Scheduler says when its records or pages fail.
#[derive(Debug)]
pub enum SchedulerFaults {}

impl Faults for SchedulerFaults {
    fn internal(cause: &dyn Error) -> Fault {
        faults::internal_server_exception(
            "Unexpected error encountered while processing the request.",
            cause,
        )
    }

    fn conflict(_: &StoreError) -> Fault {
        faults::conflict_exception("Another request changed the resource at the same time.")
    }

    fn full(cause: &ShareFull) -> Fault {
        faults::service_quota_exceeded_exception(cause.to_string())
    }

    fn bad_token() -> Fault {
        invalid("Invalid NextToken provided.")
    }
}

pub fn invalid(text: impl Into<String>) -> Fault {
    faults::validation_exception(text)
}

/// A refusal by KMS, as callers learn of it.
pub fn of_key(fault: Fault) -> Fault {
    match &*fault.code {
        "AccessDeniedException" => fault,
        _ if fault.sender => invalid(fault.message),
        _ => fault,
    }
}

pub fn no_schedule(name: &str) -> Fault {
    faults::resource_not_found_exception(format!("Schedule {name} does not exist."))
}

pub fn no_group(name: &str) -> Fault {
    faults::resource_not_found_exception(format!("Schedule group {name} does not exist."))
}

pub fn schedule_exists(name: &str) -> Fault {
    faults::conflict_exception(format!("Schedule {name} already exists."))
}

pub fn group_exists(name: &str) -> Fault {
    faults::conflict_exception(format!("Schedule group {name} already exists."))
}

/// A client token was used before, with something else.
pub fn other_request() -> Fault {
    faults::conflict_exception("The client token was already used with other parameters.")
}

pub fn group_is_deleting(name: &str) -> Fault {
    faults::conflict_exception(format!("Schedule group {name} is being deleted."))
}

pub fn too_many(what: &str, most: usize) -> Fault {
    faults::service_quota_exceeded_exception(format!(
        "The account has the most {what} that it may have: {most}."
    ))
}

pub fn role() -> Fault {
    invalid(
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
    )
}

/// A record that does not open.
pub fn unreadable(cause: &dyn Error) -> Fault {
    SchedulerFaults::internal(cause)
}
