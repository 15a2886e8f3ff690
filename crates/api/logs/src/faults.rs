// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `AccessDeniedException`, 400
pub fn access_denied_exception(message: impl Into<String>) -> Fault {
    Fault::sender("AccessDeniedException", 400, message)
}

/// `ConflictException`, 400
pub fn conflict_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ConflictException", 400, message)
}

/// `DataAlreadyAcceptedException`, 400
pub fn data_already_accepted_exception(message: impl Into<String>) -> Fault {
    Fault::sender("DataAlreadyAcceptedException", 400, message)
}

/// `InternalServerException`, 500; `cause` is logged, never sent.
pub fn internal_server_exception(
    message: impl Into<String>,
    cause: &dyn std::error::Error,
) -> Fault {
    Fault::receiver("InternalServerException", 500, message, cause)
}

/// `InternalStreamingException`, 400
pub fn internal_streaming_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InternalStreamingException", 400, message)
}

/// `InvalidOperationException`, 400
pub fn invalid_operation_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidOperationException", 400, message)
}

/// `InvalidParameterException`, 400
pub fn invalid_parameter_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterException", 400, message)
}

/// `InvalidSequenceTokenException`, 400
pub fn invalid_sequence_token_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidSequenceTokenException", 400, message)
}

/// `LimitExceededException`, 400
pub fn limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LimitExceededException", 400, message)
}

/// `MalformedQueryException`, 400
pub fn malformed_query_exception(message: impl Into<String>) -> Fault {
    Fault::sender("MalformedQueryException", 400, message)
}

/// `OperationAbortedException`, 400
pub fn operation_aborted_exception(message: impl Into<String>) -> Fault {
    Fault::sender("OperationAbortedException", 400, message)
}

/// `ResourceAlreadyExistsException`, 400
pub fn resource_already_exists_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceAlreadyExistsException", 400, message)
}

/// `ResourceNotFoundException`, 400
pub fn resource_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceNotFoundException", 400, message)
}

/// `ServiceQuotaExceededException`, 400
pub fn service_quota_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ServiceQuotaExceededException", 400, message)
}

/// `ServiceUnavailableException`, 500; `cause` is logged, never sent.
pub fn service_unavailable_exception(
    message: impl Into<String>,
    cause: &dyn std::error::Error,
) -> Fault {
    Fault::receiver("ServiceUnavailableException", 500, message, cause)
}

/// `SessionStreamingException`, 400
pub fn session_streaming_exception(message: impl Into<String>) -> Fault {
    Fault::sender("SessionStreamingException", 400, message)
}

/// `SessionTimeoutException`, 400
pub fn session_timeout_exception(message: impl Into<String>) -> Fault {
    Fault::sender("SessionTimeoutException", 400, message)
}

/// `ThrottlingException`, 400
pub fn throttling_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ThrottlingException", 400, message)
}

/// `TooManyTagsException`, 400
pub fn too_many_tags_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyTagsException", 400, message)
}

/// `UnrecognizedClientException`, 400
pub fn unrecognized_client_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UnrecognizedClientException", 400, message)
}

/// `ValidationException`, 400
pub fn validation_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ValidationException", 400, message)
}
