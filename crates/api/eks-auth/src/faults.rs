// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `AccessDeniedException`, 400
pub fn access_denied_exception(message: impl Into<String>) -> Fault {
    Fault::sender("AccessDeniedException", 400, message)
}

/// `ExpiredTokenException`, 400
pub fn expired_token_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ExpiredTokenException", 400, message)
}

/// `InternalServerException`, 500; `cause` is logged, never sent.
pub fn internal_server_exception(
    message: impl Into<String>,
    cause: &dyn std::error::Error,
) -> Fault {
    Fault::receiver("InternalServerException", 500, message, cause)
}

/// `InvalidParameterException`, 400
pub fn invalid_parameter_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterException", 400, message)
}

/// `InvalidRequestException`, 400
pub fn invalid_request_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidRequestException", 400, message)
}

/// `InvalidTokenException`, 400
pub fn invalid_token_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidTokenException", 400, message)
}

/// `ResourceNotFoundException`, 404
pub fn resource_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceNotFoundException", 404, message)
}

/// `ServiceUnavailableException`, 503; `cause` is logged, never sent.
pub fn service_unavailable_exception(
    message: impl Into<String>,
    cause: &dyn std::error::Error,
) -> Fault {
    Fault::receiver("ServiceUnavailableException", 503, message, cause)
}

/// `ThrottlingException`, 429
pub fn throttling_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ThrottlingException", 429, message)
}
