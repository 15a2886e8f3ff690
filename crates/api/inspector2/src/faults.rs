// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `AccessDeniedException`, 403
pub fn access_denied_exception(message: impl Into<String>) -> Fault {
    Fault::sender("AccessDeniedException", 403, message)
}

/// `BadRequestException`, 400
pub fn bad_request_exception(message: impl Into<String>) -> Fault {
    Fault::sender("BadRequestException", 400, message)
}

/// `ConflictException`, 409
pub fn conflict_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ConflictException", 409, message)
}

/// `InternalServerException`, 500; `cause` is logged, never sent.
pub fn internal_server_exception(
    message: impl Into<String>,
    cause: &dyn std::error::Error,
) -> Fault {
    Fault::receiver("InternalServerException", 500, message, cause)
}

/// `ResourceNotFoundException`, 404
pub fn resource_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceNotFoundException", 404, message)
}

/// `ServiceQuotaExceededException`, 402
pub fn service_quota_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ServiceQuotaExceededException", 402, message)
}

/// `ThrottlingException`, 429
pub fn throttling_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ThrottlingException", 429, message)
}

/// `ValidationException`, 400
pub fn validation_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ValidationException", 400, message)
}
