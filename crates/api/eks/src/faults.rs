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

/// `ClientException`, 400
pub fn client_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ClientException", 400, message)
}

/// `InvalidParameterException`, 400
pub fn invalid_parameter_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterException", 400, message)
}

/// `InvalidRequestException`, 400
pub fn invalid_request_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidRequestException", 400, message)
}

/// `InvalidStateException`, 400
pub fn invalid_state_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidStateException", 400, message)
}

/// `NotFoundException`, 404
pub fn not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("NotFoundException", 404, message)
}

/// `ResourceInUseException`, 409
pub fn resource_in_use_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceInUseException", 409, message)
}

/// `ResourceLimitExceededException`, 400
pub fn resource_limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceLimitExceededException", 400, message)
}

/// `ResourceNotFoundException`, 404
pub fn resource_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceNotFoundException", 404, message)
}

/// `ResourcePropagationDelayException`, 428
pub fn resource_propagation_delay_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourcePropagationDelayException", 428, message)
}

/// `ServerException`, 500; `cause` is logged, never sent.
pub fn server_exception(message: impl Into<String>, cause: &dyn std::error::Error) -> Fault {
    Fault::receiver("ServerException", 500, message, cause)
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

/// `UnsupportedAvailabilityZoneException`, 400
pub fn unsupported_availability_zone_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UnsupportedAvailabilityZoneException", 400, message)
}
