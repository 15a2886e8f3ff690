// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `InternalServiceException`, 500; `cause` is logged, never sent.
pub fn internal_service_exception(
    message: impl Into<String>,
    cause: &dyn std::error::Error,
) -> Fault {
    Fault::receiver("InternalServiceException", 500, message, cause)
}

/// `InvalidParameterException`, 400
pub fn invalid_parameter_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterException", 400, message)
}

/// `PaginationTokenExpiredException`, 400
pub fn pagination_token_expired_exception(message: impl Into<String>) -> Fault {
    Fault::sender("PaginationTokenExpiredException", 400, message)
}

/// `ThrottledException`, 400
pub fn throttled_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ThrottledException", 400, message)
}
