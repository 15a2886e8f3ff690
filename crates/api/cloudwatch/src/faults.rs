// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `ConcurrentModificationException`, 429
pub fn concurrent_modification_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ConcurrentModificationException", 429, message)
}

/// `ConflictException`, 409
pub fn conflict_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ConflictException", 409, message)
}

/// `DashboardInvalidInputError`, 400
pub fn dashboard_invalid_input_error(message: impl Into<String>) -> Fault {
    Fault::sender("DashboardInvalidInputError", 400, message)
}

/// `DashboardNotFoundError`, 404
pub fn dashboard_not_found_error(message: impl Into<String>) -> Fault {
    Fault::sender("DashboardNotFoundError", 404, message)
}

/// `InternalServiceFault`, 500; `cause` is logged, never sent.
pub fn internal_service_fault(message: impl Into<String>, cause: &dyn std::error::Error) -> Fault {
    Fault::receiver("InternalServiceFault", 500, message, cause)
}

/// `InvalidFormatFault`, 400
pub fn invalid_format_fault(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidFormatFault", 400, message)
}

/// `InvalidNextToken`, 400
pub fn invalid_next_token(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidNextToken", 400, message)
}

/// `InvalidParameterCombinationException`, 400
pub fn invalid_parameter_combination_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterCombinationException", 400, message)
}

/// `InvalidParameterValueException`, 400
pub fn invalid_parameter_value_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterValueException", 400, message)
}

/// `KmsAccessDeniedException`, 400
pub fn kms_access_denied_exception(message: impl Into<String>) -> Fault {
    Fault::sender("KmsAccessDeniedException", 400, message)
}

/// `KmsKeyDisabledException`, 400
pub fn kms_key_disabled_exception(message: impl Into<String>) -> Fault {
    Fault::sender("KmsKeyDisabledException", 400, message)
}

/// `KmsKeyNotFoundException`, 400
pub fn kms_key_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("KmsKeyNotFoundException", 400, message)
}

/// `LimitExceededException`, 400
pub fn limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LimitExceededException", 400, message)
}

/// `LimitExceededFault`, 400
pub fn limit_exceeded_fault(message: impl Into<String>) -> Fault {
    Fault::sender("LimitExceededFault", 400, message)
}

/// `MissingRequiredParameterException`, 400
pub fn missing_required_parameter_exception(message: impl Into<String>) -> Fault {
    Fault::sender("MissingRequiredParameterException", 400, message)
}

/// `ResourceConflict`, 409
pub fn resource_conflict(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceConflict", 409, message)
}

/// `ResourceNotFound`, 404
pub fn resource_not_found(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceNotFound", 404, message)
}

/// `ResourceNotFoundException`, 404
pub fn resource_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceNotFoundException", 404, message)
}

/// `ValidationException`, 400
pub fn validation_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ValidationException", 400, message)
}
