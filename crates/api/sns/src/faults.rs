// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `AuthorizationError`, 403
pub fn authorization_error_exception(message: impl Into<String>) -> Fault {
    Fault::sender("AuthorizationError", 403, message)
}

/// `BatchEntryIdsNotDistinct`, 400
pub fn batch_entry_ids_not_distinct_exception(message: impl Into<String>) -> Fault {
    Fault::sender("BatchEntryIdsNotDistinct", 400, message)
}

/// `BatchRequestTooLong`, 400
pub fn batch_request_too_long_exception(message: impl Into<String>) -> Fault {
    Fault::sender("BatchRequestTooLong", 400, message)
}

/// `ConcurrentAccess`, 400
pub fn concurrent_access_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ConcurrentAccess", 400, message)
}

/// `EmptyBatchRequest`, 400
pub fn empty_batch_request_exception(message: impl Into<String>) -> Fault {
    Fault::sender("EmptyBatchRequest", 400, message)
}

/// `EndpointDisabled`, 400
pub fn endpoint_disabled_exception(message: impl Into<String>) -> Fault {
    Fault::sender("EndpointDisabled", 400, message)
}

/// `FilterPolicyLimitExceeded`, 403
pub fn filter_policy_limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("FilterPolicyLimitExceeded", 403, message)
}

/// `InternalError`, 500; `cause` is logged, never sent.
pub fn internal_error_exception(
    message: impl Into<String>,
    cause: &dyn std::error::Error,
) -> Fault {
    Fault::receiver("InternalError", 500, message, cause)
}

/// `InvalidBatchEntryId`, 400
pub fn invalid_batch_entry_id_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidBatchEntryId", 400, message)
}

/// `InvalidParameter`, 400
pub fn invalid_parameter_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameter", 400, message)
}

/// `ParameterValueInvalid`, 400
pub fn invalid_parameter_value_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ParameterValueInvalid", 400, message)
}

/// `InvalidSecurity`, 403
pub fn invalid_security_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidSecurity", 403, message)
}

/// `InvalidState`, 400
pub fn invalid_state_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidState", 400, message)
}

/// `KMSAccessDenied`, 400
pub fn kms_access_denied_exception(message: impl Into<String>) -> Fault {
    Fault::sender("KMSAccessDenied", 400, message)
}

/// `KMSDisabled`, 400
pub fn kms_disabled_exception(message: impl Into<String>) -> Fault {
    Fault::sender("KMSDisabled", 400, message)
}

/// `KMSInvalidState`, 400
pub fn kms_invalid_state_exception(message: impl Into<String>) -> Fault {
    Fault::sender("KMSInvalidState", 400, message)
}

/// `KMSNotFound`, 400
pub fn kms_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("KMSNotFound", 400, message)
}

/// `KMSOptInRequired`, 403
pub fn kms_opt_in_required(message: impl Into<String>) -> Fault {
    Fault::sender("KMSOptInRequired", 403, message)
}

/// `KMSThrottling`, 400
pub fn kms_throttling_exception(message: impl Into<String>) -> Fault {
    Fault::sender("KMSThrottling", 400, message)
}

/// `NotFound`, 404
pub fn not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("NotFound", 404, message)
}

/// `PlatformApplicationDisabled`, 400
pub fn platform_application_disabled_exception(message: impl Into<String>) -> Fault {
    Fault::sender("PlatformApplicationDisabled", 400, message)
}

/// `ReplayLimitExceeded`, 403
pub fn replay_limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ReplayLimitExceeded", 403, message)
}

/// `ResourceNotFound`, 404
pub fn resource_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceNotFound", 404, message)
}

/// `StaleTag`, 400
pub fn stale_tag_exception(message: impl Into<String>) -> Fault {
    Fault::sender("StaleTag", 400, message)
}

/// `SubscriptionLimitExceeded`, 403
pub fn subscription_limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("SubscriptionLimitExceeded", 403, message)
}

/// `TagLimitExceeded`, 400
pub fn tag_limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TagLimitExceeded", 400, message)
}

/// `TagPolicy`, 400
pub fn tag_policy_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TagPolicy", 400, message)
}

/// `TooManyEntriesInBatchRequest`, 400
pub fn too_many_entries_in_batch_request_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyEntriesInBatchRequest", 400, message)
}

/// `TopicLimitExceeded`, 403
pub fn topic_limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TopicLimitExceeded", 403, message)
}

/// `ValidationException`, 400
pub fn validation_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ValidationException", 400, message)
}
