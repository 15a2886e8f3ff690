// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `ActiveInstanceRefreshNotFound`, 400
pub fn active_instance_refresh_not_found_fault(message: impl Into<String>) -> Fault {
    Fault::sender("ActiveInstanceRefreshNotFound", 400, message)
}

/// `AlreadyExists`, 400
pub fn already_exists_fault(message: impl Into<String>) -> Fault {
    Fault::sender("AlreadyExists", 400, message)
}

/// `IdempotentCallInProgress`, 500; `cause` is logged, never sent.
pub fn idempotent_call_in_progress_fault(
    message: impl Into<String>,
    cause: &dyn std::error::Error,
) -> Fault {
    Fault::receiver("IdempotentCallInProgress", 500, message, cause)
}

/// `IdempotentParameterMismatch`, 400
pub fn idempotent_parameter_mismatch_error(message: impl Into<String>) -> Fault {
    Fault::sender("IdempotentParameterMismatch", 400, message)
}

/// `InstanceRefreshInProgress`, 400
pub fn instance_refresh_in_progress_fault(message: impl Into<String>) -> Fault {
    Fault::sender("InstanceRefreshInProgress", 400, message)
}

/// `InvalidNextToken`, 400
pub fn invalid_next_token(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidNextToken", 400, message)
}

/// `IrreversibleInstanceRefresh`, 400
pub fn irreversible_instance_refresh_fault(message: impl Into<String>) -> Fault {
    Fault::sender("IrreversibleInstanceRefresh", 400, message)
}

/// `LimitExceeded`, 400
pub fn limit_exceeded_fault(message: impl Into<String>) -> Fault {
    Fault::sender("LimitExceeded", 400, message)
}

/// `ResourceContention`, 500; `cause` is logged, never sent.
pub fn resource_contention_fault(
    message: impl Into<String>,
    cause: &dyn std::error::Error,
) -> Fault {
    Fault::receiver("ResourceContention", 500, message, cause)
}

/// `ResourceInUse`, 400
pub fn resource_in_use_fault(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceInUse", 400, message)
}

/// `ScalingActivityInProgress`, 400
pub fn scaling_activity_in_progress_fault(message: impl Into<String>) -> Fault {
    Fault::sender("ScalingActivityInProgress", 400, message)
}

/// `ServiceLinkedRoleFailure`, 500; `cause` is logged, never sent.
pub fn service_linked_role_failure(
    message: impl Into<String>,
    cause: &dyn std::error::Error,
) -> Fault {
    Fault::receiver("ServiceLinkedRoleFailure", 500, message, cause)
}
