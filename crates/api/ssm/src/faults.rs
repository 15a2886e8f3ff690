// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `AccessDeniedException`, 400
pub fn access_denied_exception(message: impl Into<String>) -> Fault {
    Fault::sender("AccessDeniedException", 400, message)
}

/// `AssociatedInstances`, 400
pub fn associated_instances(message: impl Into<String>) -> Fault {
    Fault::sender("AssociatedInstances", 400, message)
}

/// `DocumentAlreadyExists`, 400
pub fn document_already_exists(message: impl Into<String>) -> Fault {
    Fault::sender("DocumentAlreadyExists", 400, message)
}

/// `DocumentLimitExceeded`, 400
pub fn document_limit_exceeded(message: impl Into<String>) -> Fault {
    Fault::sender("DocumentLimitExceeded", 400, message)
}

/// `DocumentVersionLimitExceeded`, 400
pub fn document_version_limit_exceeded(message: impl Into<String>) -> Fault {
    Fault::sender("DocumentVersionLimitExceeded", 400, message)
}

/// `DoesNotExistException`, 400
pub fn does_not_exist_exception(message: impl Into<String>) -> Fault {
    Fault::sender("DoesNotExistException", 400, message)
}

/// `DuplicateDocumentContent`, 400
pub fn duplicate_document_content(message: impl Into<String>) -> Fault {
    Fault::sender("DuplicateDocumentContent", 400, message)
}

/// `DuplicateDocumentVersionName`, 400
pub fn duplicate_document_version_name(message: impl Into<String>) -> Fault {
    Fault::sender("DuplicateDocumentVersionName", 400, message)
}

/// `DuplicateInstanceId`, 400
pub fn duplicate_instance_id(message: impl Into<String>) -> Fault {
    Fault::sender("DuplicateInstanceId", 400, message)
}

/// `HierarchyLevelLimitExceededException`, 400
pub fn hierarchy_level_limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("HierarchyLevelLimitExceededException", 400, message)
}

/// `HierarchyTypeMismatchException`, 400
pub fn hierarchy_type_mismatch_exception(message: impl Into<String>) -> Fault {
    Fault::sender("HierarchyTypeMismatchException", 400, message)
}

/// `IncompatiblePolicyException`, 400
pub fn incompatible_policy_exception(message: impl Into<String>) -> Fault {
    Fault::sender("IncompatiblePolicyException", 400, message)
}

/// `InternalServerError`, 500; `cause` is logged, never sent.
pub fn internal_server_error(message: impl Into<String>, cause: &dyn std::error::Error) -> Fault {
    Fault::receiver("InternalServerError", 500, message, cause)
}

/// `InvalidActivation`, 400
pub fn invalid_activation(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidActivation", 400, message)
}

/// `InvalidActivationId`, 400
pub fn invalid_activation_id(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidActivationId", 400, message)
}

/// `InvalidAllowedPatternException`, 400
pub fn invalid_allowed_pattern_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidAllowedPatternException", 400, message)
}

/// `InvalidCommandId`, 400
pub fn invalid_command_id(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidCommandId", 400, message)
}

/// `InvalidDocument`, 400
pub fn invalid_document(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidDocument", 400, message)
}

/// `InvalidDocumentContent`, 400
pub fn invalid_document_content(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidDocumentContent", 400, message)
}

/// `InvalidDocumentOperation`, 400
pub fn invalid_document_operation(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidDocumentOperation", 400, message)
}

/// `InvalidDocumentSchemaVersion`, 400
pub fn invalid_document_schema_version(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidDocumentSchemaVersion", 400, message)
}

/// `InvalidDocumentVersion`, 400
pub fn invalid_document_version(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidDocumentVersion", 400, message)
}

/// `InvalidFilter`, 400
pub fn invalid_filter(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidFilter", 400, message)
}

/// `InvalidFilterKey`, 400
pub fn invalid_filter_key(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidFilterKey", 400, message)
}

/// `InvalidFilterOption`, 400
pub fn invalid_filter_option(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidFilterOption", 400, message)
}

/// `InvalidFilterValue`, 400
pub fn invalid_filter_value(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidFilterValue", 400, message)
}

/// `InvalidInstanceId`, 400
pub fn invalid_instance_id(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidInstanceId", 400, message)
}

/// `InvalidInstanceInformationFilterValue`, 400
pub fn invalid_instance_information_filter_value(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidInstanceInformationFilterValue", 400, message)
}

/// `InvalidKeyId`, 400
pub fn invalid_key_id(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidKeyId", 400, message)
}

/// `InvalidNextToken`, 400
pub fn invalid_next_token(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidNextToken", 400, message)
}

/// `InvalidNotificationConfig`, 400
pub fn invalid_notification_config(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidNotificationConfig", 400, message)
}

/// `InvalidOutputFolder`, 400
pub fn invalid_output_folder(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidOutputFolder", 400, message)
}

/// `InvalidParameters`, 400
pub fn invalid_parameters(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameters", 400, message)
}

/// `InvalidPluginName`, 400
pub fn invalid_plugin_name(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidPluginName", 400, message)
}

/// `InvalidPolicyAttributeException`, 400
pub fn invalid_policy_attribute_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidPolicyAttributeException", 400, message)
}

/// `InvalidPolicyTypeException`, 400
pub fn invalid_policy_type_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidPolicyTypeException", 400, message)
}

/// `InvalidResourceId`, 400
pub fn invalid_resource_id(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidResourceId", 400, message)
}

/// `InvalidResourceType`, 400
pub fn invalid_resource_type(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidResourceType", 400, message)
}

/// `InvalidRole`, 400
pub fn invalid_role(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidRole", 400, message)
}

/// `InvocationDoesNotExist`, 400
pub fn invocation_does_not_exist(message: impl Into<String>) -> Fault {
    Fault::sender("InvocationDoesNotExist", 400, message)
}

/// `MaxDocumentSizeExceeded`, 400
pub fn max_document_size_exceeded(message: impl Into<String>) -> Fault {
    Fault::sender("MaxDocumentSizeExceeded", 400, message)
}

/// `NoLongerSupportedException`, 400
pub fn no_longer_supported_exception(message: impl Into<String>) -> Fault {
    Fault::sender("NoLongerSupportedException", 400, message)
}

/// `ParameterAlreadyExists`, 400
pub fn parameter_already_exists(message: impl Into<String>) -> Fault {
    Fault::sender("ParameterAlreadyExists", 400, message)
}

/// `ParameterLimitExceeded`, 400
pub fn parameter_limit_exceeded(message: impl Into<String>) -> Fault {
    Fault::sender("ParameterLimitExceeded", 400, message)
}

/// `ParameterMaxVersionLimitExceeded`, 400
pub fn parameter_max_version_limit_exceeded(message: impl Into<String>) -> Fault {
    Fault::sender("ParameterMaxVersionLimitExceeded", 400, message)
}

/// `ParameterNotFound`, 400
pub fn parameter_not_found(message: impl Into<String>) -> Fault {
    Fault::sender("ParameterNotFound", 400, message)
}

/// `ParameterPatternMismatchException`, 400
pub fn parameter_pattern_mismatch_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ParameterPatternMismatchException", 400, message)
}

/// `ParameterVersionLabelLimitExceeded`, 400
pub fn parameter_version_label_limit_exceeded(message: impl Into<String>) -> Fault {
    Fault::sender("ParameterVersionLabelLimitExceeded", 400, message)
}

/// `ParameterVersionNotFound`, 400
pub fn parameter_version_not_found(message: impl Into<String>) -> Fault {
    Fault::sender("ParameterVersionNotFound", 400, message)
}

/// `PoliciesLimitExceededException`, 400
pub fn policies_limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("PoliciesLimitExceededException", 400, message)
}

/// `ResourceNotFoundException`, 400
pub fn resource_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceNotFoundException", 400, message)
}

/// `ServiceQuotaExceededException`, 400
pub fn service_quota_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ServiceQuotaExceededException", 400, message)
}

/// `ServiceSettingNotFound`, 400
pub fn service_setting_not_found(message: impl Into<String>) -> Fault {
    Fault::sender("ServiceSettingNotFound", 400, message)
}

/// `TargetNotConnected`, 400
pub fn target_not_connected(message: impl Into<String>) -> Fault {
    Fault::sender("TargetNotConnected", 400, message)
}

/// `ThrottlingException`, 400
pub fn throttling_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ThrottlingException", 400, message)
}

/// `TooManyTagsError`, 400
pub fn too_many_tags_error(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyTagsError", 400, message)
}

/// `TooManyUpdates`, 400
pub fn too_many_updates(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyUpdates", 400, message)
}

/// `UnsupportedParameterType`, 400
pub fn unsupported_parameter_type(message: impl Into<String>) -> Fault {
    Fault::sender("UnsupportedParameterType", 400, message)
}

/// `UnsupportedPlatformType`, 400
pub fn unsupported_platform_type(message: impl Into<String>) -> Fault {
    Fault::sender("UnsupportedPlatformType", 400, message)
}

/// `ValidationException`, 400
pub fn validation_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ValidationException", 400, message)
}
