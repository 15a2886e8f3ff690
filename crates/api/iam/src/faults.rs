// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `AccountNotManagementOrDelegatedAdministratorException`, 400
pub fn account_not_management_or_delegated_administrator_exception(
    message: impl Into<String>,
) -> Fault {
    Fault::sender(
        "AccountNotManagementOrDelegatedAdministratorException",
        400,
        message,
    )
}

/// `CallerIsNotManagementAccountException`, 400
pub fn caller_is_not_management_account_exception(message: impl Into<String>) -> Fault {
    Fault::sender("CallerIsNotManagementAccountException", 400, message)
}

/// `ConcurrentModification`, 409
pub fn concurrent_modification_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ConcurrentModification", 409, message)
}

/// `ReportExpired`, 410
pub fn credential_report_expired_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ReportExpired", 410, message)
}

/// `ReportNotPresent`, 410
pub fn credential_report_not_present_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ReportNotPresent", 410, message)
}

/// `ReportInProgress`, 404
pub fn credential_report_not_ready_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ReportInProgress", 404, message)
}

/// `DeleteConflict`, 409
pub fn delete_conflict_exception(message: impl Into<String>) -> Fault {
    Fault::sender("DeleteConflict", 409, message)
}

/// `DuplicateCertificate`, 409
pub fn duplicate_certificate_exception(message: impl Into<String>) -> Fault {
    Fault::sender("DuplicateCertificate", 409, message)
}

/// `DuplicateSSHPublicKey`, 400
pub fn duplicate_ssh_public_key_exception(message: impl Into<String>) -> Fault {
    Fault::sender("DuplicateSSHPublicKey", 400, message)
}

/// `EntityAlreadyExists`, 409
pub fn entity_already_exists_exception(message: impl Into<String>) -> Fault {
    Fault::sender("EntityAlreadyExists", 409, message)
}

/// `EntityTemporarilyUnmodifiable`, 409
pub fn entity_temporarily_unmodifiable_exception(message: impl Into<String>) -> Fault {
    Fault::sender("EntityTemporarilyUnmodifiable", 409, message)
}

/// `FeatureDisabled`, 404
pub fn feature_disabled_exception(message: impl Into<String>) -> Fault {
    Fault::sender("FeatureDisabled", 404, message)
}

/// `FeatureEnabled`, 409
pub fn feature_enabled_exception(message: impl Into<String>) -> Fault {
    Fault::sender("FeatureEnabled", 409, message)
}

/// `InvalidAuthenticationCode`, 403
pub fn invalid_authentication_code_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidAuthenticationCode", 403, message)
}

/// `InvalidCertificate`, 400
pub fn invalid_certificate_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidCertificate", 400, message)
}

/// `InvalidInput`, 400
pub fn invalid_input_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidInput", 400, message)
}

/// `InvalidPublicKey`, 400
pub fn invalid_public_key_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidPublicKey", 400, message)
}

/// `InvalidUserType`, 400
pub fn invalid_user_type_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidUserType", 400, message)
}

/// `KeyPairMismatch`, 400
pub fn key_pair_mismatch_exception(message: impl Into<String>) -> Fault {
    Fault::sender("KeyPairMismatch", 400, message)
}

/// `LimitExceeded`, 409
pub fn limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LimitExceeded", 409, message)
}

/// `MalformedCertificate`, 400
pub fn malformed_certificate_exception(message: impl Into<String>) -> Fault {
    Fault::sender("MalformedCertificate", 400, message)
}

/// `MalformedPolicyDocument`, 400
pub fn malformed_policy_document_exception(message: impl Into<String>) -> Fault {
    Fault::sender("MalformedPolicyDocument", 400, message)
}

/// `NameConflict`, 409
pub fn name_conflict_exception(message: impl Into<String>) -> Fault {
    Fault::sender("NameConflict", 409, message)
}

/// `NoSuchEntity`, 404
pub fn no_such_entity_exception(message: impl Into<String>) -> Fault {
    Fault::sender("NoSuchEntity", 404, message)
}

/// `OpenIdIdpCommunicationError`, 400
pub fn open_id_idp_communication_error_exception(message: impl Into<String>) -> Fault {
    Fault::sender("OpenIdIdpCommunicationError", 400, message)
}

/// `OrganizationNotFoundException`, 400
pub fn organization_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("OrganizationNotFoundException", 400, message)
}

/// `OrganizationNotInAllFeaturesModeException`, 400
pub fn organization_not_in_all_features_mode_exception(message: impl Into<String>) -> Fault {
    Fault::sender("OrganizationNotInAllFeaturesModeException", 400, message)
}

/// `PasswordPolicyViolation`, 400
pub fn password_policy_violation_exception(message: impl Into<String>) -> Fault {
    Fault::sender("PasswordPolicyViolation", 400, message)
}

/// `PolicyEvaluation`, 500; `cause` is logged, never sent.
pub fn policy_evaluation_exception(
    message: impl Into<String>,
    cause: &dyn std::error::Error,
) -> Fault {
    Fault::receiver("PolicyEvaluation", 500, message, cause)
}

/// `PolicyNotAttachable`, 400
pub fn policy_not_attachable_exception(message: impl Into<String>) -> Fault {
    Fault::sender("PolicyNotAttachable", 400, message)
}

/// `ReportGenerationLimitExceeded`, 409
pub fn report_generation_limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ReportGenerationLimitExceeded", 409, message)
}

/// `RoleModified`, 409
pub fn role_modified_exception(message: impl Into<String>) -> Fault {
    Fault::sender("RoleModified", 409, message)
}

/// `RoleTemplateDisabled`, 400
pub fn role_template_disabled_exception(message: impl Into<String>) -> Fault {
    Fault::sender("RoleTemplateDisabled", 400, message)
}

/// `ServiceAccessNotEnabledException`, 400
pub fn service_access_not_enabled_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ServiceAccessNotEnabledException", 400, message)
}

/// `ServiceFailure`, 500; `cause` is logged, never sent.
pub fn service_failure_exception(
    message: impl Into<String>,
    cause: &dyn std::error::Error,
) -> Fault {
    Fault::receiver("ServiceFailure", 500, message, cause)
}

/// `NotSupportedService`, 404
pub fn service_not_supported_exception(message: impl Into<String>) -> Fault {
    Fault::sender("NotSupportedService", 404, message)
}

/// `UnmodifiableEntity`, 400
pub fn unmodifiable_entity_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UnmodifiableEntity", 400, message)
}

/// `UnrecognizedPublicKeyEncoding`, 400
pub fn unrecognized_public_key_encoding_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UnrecognizedPublicKeyEncoding", 400, message)
}
