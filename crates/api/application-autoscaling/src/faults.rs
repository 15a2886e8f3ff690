// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `ConcurrentUpdateException`, 400
pub fn concurrent_update_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ConcurrentUpdateException", 400, message)
}

/// `FailedResourceAccessException`, 400
pub fn failed_resource_access_exception(message: impl Into<String>) -> Fault {
    Fault::sender("FailedResourceAccessException", 400, message)
}

/// `InternalServiceException`, 400
pub fn internal_service_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InternalServiceException", 400, message)
}

/// `InvalidNextTokenException`, 400
pub fn invalid_next_token_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidNextTokenException", 400, message)
}

/// `LimitExceededException`, 400
pub fn limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LimitExceededException", 400, message)
}

/// `ObjectNotFoundException`, 400
pub fn object_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ObjectNotFoundException", 400, message)
}

/// `ResourceNotFoundException`, 400
pub fn resource_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceNotFoundException", 400, message)
}

/// `TooManyTagsException`, 400
pub fn too_many_tags_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyTagsException", 400, message)
}

/// `ValidationException`, 400
pub fn validation_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ValidationException", 400, message)
}
