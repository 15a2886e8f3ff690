// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `BillExpirationException`, 400
pub fn bill_expiration_exception(message: impl Into<String>) -> Fault {
    Fault::sender("BillExpirationException", 400, message)
}

/// `BillingViewHealthStatusException`, 400
pub fn billing_view_health_status_exception(message: impl Into<String>) -> Fault {
    Fault::sender("BillingViewHealthStatusException", 400, message)
}

/// `DataUnavailableException`, 400
pub fn data_unavailable_exception(message: impl Into<String>) -> Fault {
    Fault::sender("DataUnavailableException", 400, message)
}

/// `InvalidNextTokenException`, 400
pub fn invalid_next_token_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidNextTokenException", 400, message)
}

/// `LimitExceededException`, 400
pub fn limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LimitExceededException", 400, message)
}

/// `RequestChangedException`, 400
pub fn request_changed_exception(message: impl Into<String>) -> Fault {
    Fault::sender("RequestChangedException", 400, message)
}

/// `ResourceNotFoundException`, 400
pub fn resource_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceNotFoundException", 400, message)
}

/// `ServiceQuotaExceededException`, 400
pub fn service_quota_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ServiceQuotaExceededException", 400, message)
}

/// `TooManyTagsException`, 400
pub fn too_many_tags_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyTagsException", 400, message)
}

/// `UnknownMonitorException`, 400
pub fn unknown_monitor_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UnknownMonitorException", 400, message)
}

/// `UnknownSubscriptionException`, 400
pub fn unknown_subscription_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UnknownSubscriptionException", 400, message)
}

/// `UnresolvableUsageUnitException`, 400
pub fn unresolvable_usage_unit_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UnresolvableUsageUnitException", 400, message)
}
