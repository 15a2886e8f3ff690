// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `AlreadyExistsException`, 400
pub fn already_exists_exception(message: impl Into<String>) -> Fault {
    Fault::sender("AlreadyExistsException", 400, message)
}

/// `CloudHsmClusterInvalidConfigurationException`, 400
pub fn cloud_hsm_cluster_invalid_configuration_exception(message: impl Into<String>) -> Fault {
    Fault::sender("CloudHsmClusterInvalidConfigurationException", 400, message)
}

/// `ConflictException`, 400
pub fn conflict_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ConflictException", 400, message)
}

/// `CustomKeyStoreInvalidStateException`, 400
pub fn custom_key_store_invalid_state_exception(message: impl Into<String>) -> Fault {
    Fault::sender("CustomKeyStoreInvalidStateException", 400, message)
}

/// `CustomKeyStoreNotFoundException`, 400
pub fn custom_key_store_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("CustomKeyStoreNotFoundException", 400, message)
}

/// `DependencyTimeoutException`, 500; `cause` is logged, never sent.
pub fn dependency_timeout_exception(
    message: impl Into<String>,
    cause: &dyn std::error::Error,
) -> Fault {
    Fault::receiver("DependencyTimeoutException", 500, message, cause)
}

/// `DisabledException`, 400
pub fn disabled_exception(message: impl Into<String>) -> Fault {
    Fault::sender("DisabledException", 400, message)
}

/// `DryRunOperationException`, 400
pub fn dry_run_operation_exception(message: impl Into<String>) -> Fault {
    Fault::sender("DryRunOperationException", 400, message)
}

/// `ExpiredImportTokenException`, 400
pub fn expired_import_token_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ExpiredImportTokenException", 400, message)
}

/// `IncorrectKeyException`, 400
pub fn incorrect_key_exception(message: impl Into<String>) -> Fault {
    Fault::sender("IncorrectKeyException", 400, message)
}

/// `IncorrectKeyMaterialException`, 400
pub fn incorrect_key_material_exception(message: impl Into<String>) -> Fault {
    Fault::sender("IncorrectKeyMaterialException", 400, message)
}

/// `InvalidAliasNameException`, 400
pub fn invalid_alias_name_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidAliasNameException", 400, message)
}

/// `InvalidArnException`, 400
pub fn invalid_arn_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidArnException", 400, message)
}

/// `InvalidCiphertextException`, 400
pub fn invalid_ciphertext_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidCiphertextException", 400, message)
}

/// `InvalidGrantIdException`, 400
pub fn invalid_grant_id_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidGrantIdException", 400, message)
}

/// `InvalidGrantTokenException`, 400
pub fn invalid_grant_token_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidGrantTokenException", 400, message)
}

/// `InvalidImportTokenException`, 400
pub fn invalid_import_token_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidImportTokenException", 400, message)
}

/// `InvalidKeyUsageException`, 400
pub fn invalid_key_usage_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidKeyUsageException", 400, message)
}

/// `InvalidMarkerException`, 400
pub fn invalid_marker_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidMarkerException", 400, message)
}

/// `KMSInternalException`, 500; `cause` is logged, never sent.
pub fn kms_internal_exception(message: impl Into<String>, cause: &dyn std::error::Error) -> Fault {
    Fault::receiver("KMSInternalException", 500, message, cause)
}

/// `KMSInvalidMacException`, 400
pub fn kms_invalid_mac_exception(message: impl Into<String>) -> Fault {
    Fault::sender("KMSInvalidMacException", 400, message)
}

/// `KMSInvalidSignatureException`, 400
pub fn kms_invalid_signature_exception(message: impl Into<String>) -> Fault {
    Fault::sender("KMSInvalidSignatureException", 400, message)
}

/// `KMSInvalidStateException`, 400
pub fn kms_invalid_state_exception(message: impl Into<String>) -> Fault {
    Fault::sender("KMSInvalidStateException", 400, message)
}

/// `KeyUnavailableException`, 500; `cause` is logged, never sent.
pub fn key_unavailable_exception(
    message: impl Into<String>,
    cause: &dyn std::error::Error,
) -> Fault {
    Fault::receiver("KeyUnavailableException", 500, message, cause)
}

/// `LimitExceededException`, 400
pub fn limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LimitExceededException", 400, message)
}

/// `MalformedPolicyDocumentException`, 400
pub fn malformed_policy_document_exception(message: impl Into<String>) -> Fault {
    Fault::sender("MalformedPolicyDocumentException", 400, message)
}

/// `NotFoundException`, 400
pub fn not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("NotFoundException", 400, message)
}

/// `TagException`, 400
pub fn tag_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TagException", 400, message)
}

/// `UnsupportedOperationException`, 400
pub fn unsupported_operation_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UnsupportedOperationException", 400, message)
}

/// `XksKeyAlreadyInUseException`, 400
pub fn xks_key_already_in_use_exception(message: impl Into<String>) -> Fault {
    Fault::sender("XksKeyAlreadyInUseException", 400, message)
}

/// `XksKeyInvalidConfigurationException`, 400
pub fn xks_key_invalid_configuration_exception(message: impl Into<String>) -> Fault {
    Fault::sender("XksKeyInvalidConfigurationException", 400, message)
}

/// `XksKeyNotFoundException`, 400
pub fn xks_key_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("XksKeyNotFoundException", 400, message)
}
