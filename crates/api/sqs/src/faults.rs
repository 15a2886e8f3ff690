// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `BatchEntryIdsNotDistinct`, 400
pub fn batch_entry_ids_not_distinct(message: impl Into<String>) -> Fault {
    Fault::sender("BatchEntryIdsNotDistinct", 400, message)
}

/// `BatchRequestTooLong`, 400
pub fn batch_request_too_long(message: impl Into<String>) -> Fault {
    Fault::sender("BatchRequestTooLong", 400, message)
}

/// `EmptyBatchRequest`, 400
pub fn empty_batch_request(message: impl Into<String>) -> Fault {
    Fault::sender("EmptyBatchRequest", 400, message)
}

/// `InvalidAddress`, 400
pub fn invalid_address(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidAddress", 400, message)
}

/// `InvalidAttributeName`, 400
pub fn invalid_attribute_name(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidAttributeName", 400, message)
}

/// `InvalidAttributeValue`, 400
pub fn invalid_attribute_value(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidAttributeValue", 400, message)
}

/// `InvalidBatchEntryId`, 400
pub fn invalid_batch_entry_id(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidBatchEntryId", 400, message)
}

/// `InvalidIdFormat`, 400
pub fn invalid_id_format(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidIdFormat", 400, message)
}

/// `InvalidMessageContents`, 400
pub fn invalid_message_contents(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidMessageContents", 400, message)
}

/// `InvalidSecurity`, 400
pub fn invalid_security(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidSecurity", 400, message)
}

/// `KmsAccessDenied`, 400
pub fn kms_access_denied(message: impl Into<String>) -> Fault {
    Fault::sender("KmsAccessDenied", 400, message)
}

/// `KmsDisabled`, 400
pub fn kms_disabled(message: impl Into<String>) -> Fault {
    Fault::sender("KmsDisabled", 400, message)
}

/// `KmsInvalidKeyUsage`, 400
pub fn kms_invalid_key_usage(message: impl Into<String>) -> Fault {
    Fault::sender("KmsInvalidKeyUsage", 400, message)
}

/// `KmsInvalidState`, 400
pub fn kms_invalid_state(message: impl Into<String>) -> Fault {
    Fault::sender("KmsInvalidState", 400, message)
}

/// `KmsNotFound`, 400
pub fn kms_not_found(message: impl Into<String>) -> Fault {
    Fault::sender("KmsNotFound", 400, message)
}

/// `KmsOptInRequired`, 400
pub fn kms_opt_in_required(message: impl Into<String>) -> Fault {
    Fault::sender("KmsOptInRequired", 400, message)
}

/// `KmsThrottled`, 400
pub fn kms_throttled(message: impl Into<String>) -> Fault {
    Fault::sender("KmsThrottled", 400, message)
}

/// `MessageNotInflight`, 400
pub fn message_not_inflight(message: impl Into<String>) -> Fault {
    Fault::sender("MessageNotInflight", 400, message)
}

/// `OverLimit`, 400
pub fn over_limit(message: impl Into<String>) -> Fault {
    Fault::sender("OverLimit", 400, message)
}

/// `PurgeQueueInProgress`, 400
pub fn purge_queue_in_progress(message: impl Into<String>) -> Fault {
    Fault::sender("PurgeQueueInProgress", 400, message)
}

/// `QueueDeletedRecently`, 400
pub fn queue_deleted_recently(message: impl Into<String>) -> Fault {
    Fault::sender("QueueDeletedRecently", 400, message)
}

/// `QueueDoesNotExist`, 400
pub fn queue_does_not_exist(message: impl Into<String>) -> Fault {
    Fault::sender("QueueDoesNotExist", 400, message)
}

/// `QueueNameExists`, 400
pub fn queue_name_exists(message: impl Into<String>) -> Fault {
    Fault::sender("QueueNameExists", 400, message)
}

/// `ReceiptHandleIsInvalid`, 400
pub fn receipt_handle_is_invalid(message: impl Into<String>) -> Fault {
    Fault::sender("ReceiptHandleIsInvalid", 400, message)
}

/// `RequestThrottled`, 400
pub fn request_throttled(message: impl Into<String>) -> Fault {
    Fault::sender("RequestThrottled", 400, message)
}

/// `ResourceNotFoundException`, 400
pub fn resource_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceNotFoundException", 400, message)
}

/// `TooManyEntriesInBatchRequest`, 400
pub fn too_many_entries_in_batch_request(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyEntriesInBatchRequest", 400, message)
}

/// `UnsupportedOperation`, 400
pub fn unsupported_operation(message: impl Into<String>) -> Fault {
    Fault::sender("UnsupportedOperation", 400, message)
}
