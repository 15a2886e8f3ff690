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

/// `InvalidArgsException`, 400
pub fn invalid_args_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidArgsException", 400, message)
}

/// `InvalidArnException`, 400
pub fn invalid_arn_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidArnException", 400, message)
}

/// `InvalidDomainValidationOptionsException`, 400
pub fn invalid_domain_validation_options_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidDomainValidationOptionsException", 400, message)
}

/// `InvalidParameterException`, 400
pub fn invalid_parameter_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterException", 400, message)
}

/// `InvalidStateException`, 400
pub fn invalid_state_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidStateException", 400, message)
}

/// `InvalidTagException`, 400
pub fn invalid_tag_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidTagException", 400, message)
}

/// `LimitExceededException`, 400
pub fn limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LimitExceededException", 400, message)
}

/// `RequestInProgressException`, 400
pub fn request_in_progress_exception(message: impl Into<String>) -> Fault {
    Fault::sender("RequestInProgressException", 400, message)
}

/// `ResourceInUseException`, 400
pub fn resource_in_use_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceInUseException", 400, message)
}

/// `ResourceNotFoundException`, 400
pub fn resource_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceNotFoundException", 400, message)
}

/// `TagPolicyException`, 400
pub fn tag_policy_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TagPolicyException", 400, message)
}

/// `ThrottlingException`, 400
pub fn throttling_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ThrottlingException", 400, message)
}

/// `TooManyTagsException`, 400
pub fn too_many_tags_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyTagsException", 400, message)
}

/// `ValidationException`, 400
pub fn validation_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ValidationException", 400, message)
}
