// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `DecryptionFailure`, 400
pub fn decryption_failure(message: impl Into<String>) -> Fault {
    Fault::sender("DecryptionFailure", 400, message)
}

/// `EncryptionFailure`, 400
pub fn encryption_failure(message: impl Into<String>) -> Fault {
    Fault::sender("EncryptionFailure", 400, message)
}

/// `InternalServiceError`, 500; `cause` is logged, never sent.
pub fn internal_service_error(message: impl Into<String>, cause: &dyn std::error::Error) -> Fault {
    Fault::receiver("InternalServiceError", 500, message, cause)
}

/// `InvalidNextTokenException`, 400
pub fn invalid_next_token_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidNextTokenException", 400, message)
}

/// `InvalidParameterException`, 400
pub fn invalid_parameter_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterException", 400, message)
}

/// `InvalidRequestException`, 400
pub fn invalid_request_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidRequestException", 400, message)
}

/// `LimitExceededException`, 400
pub fn limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LimitExceededException", 400, message)
}

/// `MalformedPolicyDocumentException`, 400
pub fn malformed_policy_document_exception(message: impl Into<String>) -> Fault {
    Fault::sender("MalformedPolicyDocumentException", 400, message)
}

/// `PreconditionNotMetException`, 400
pub fn precondition_not_met_exception(message: impl Into<String>) -> Fault {
    Fault::sender("PreconditionNotMetException", 400, message)
}

/// `PublicPolicyException`, 400
pub fn public_policy_exception(message: impl Into<String>) -> Fault {
    Fault::sender("PublicPolicyException", 400, message)
}

/// `ResourceExistsException`, 400
pub fn resource_exists_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceExistsException", 400, message)
}

/// `ResourceNotFoundException`, 400
pub fn resource_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceNotFoundException", 400, message)
}
