// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `AccessDeniedException`, 400
pub fn access_denied_exception(message: impl Into<String>) -> Fault {
    Fault::sender("AccessDeniedException", 400, message)
}

/// `ConcurrentModificationException`, 400
pub fn concurrent_modification_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ConcurrentModificationException", 400, message)
}

/// `IllegalStatusException`, 400
pub fn illegal_status_exception(message: impl Into<String>) -> Fault {
    Fault::sender("IllegalStatusException", 400, message)
}

/// `InternalException`, 500; `cause` is logged, never sent.
pub fn internal_exception(message: impl Into<String>, cause: &dyn std::error::Error) -> Fault {
    Fault::receiver("InternalException", 500, message, cause)
}

/// `InvalidEventPatternException`, 400
pub fn invalid_event_pattern_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidEventPatternException", 400, message)
}

/// `InvalidStateException`, 400
pub fn invalid_state_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidStateException", 400, message)
}

/// `LimitExceededException`, 400
pub fn limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LimitExceededException", 400, message)
}

/// `ManagedRuleException`, 400
pub fn managed_rule_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ManagedRuleException", 400, message)
}

/// `OperationDisabledException`, 400
pub fn operation_disabled_exception(message: impl Into<String>) -> Fault {
    Fault::sender("OperationDisabledException", 400, message)
}

/// `PolicyLengthExceededException`, 400
pub fn policy_length_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("PolicyLengthExceededException", 400, message)
}

/// `ResourceAlreadyExistsException`, 400
pub fn resource_already_exists_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceAlreadyExistsException", 400, message)
}

/// `ResourceNotFoundException`, 400
pub fn resource_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceNotFoundException", 400, message)
}

/// `ThrottlingException`, 400
pub fn throttling_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ThrottlingException", 400, message)
}
