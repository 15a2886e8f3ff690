// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `ChannelARNInvalidException`, 400
pub fn channel_arn_invalid_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ChannelARNInvalidException", 400, message)
}

/// `ChannelNotFoundException`, 400
pub fn channel_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ChannelNotFoundException", 400, message)
}

/// `CloudTrailARNInvalidException`, 400
pub fn cloud_trail_arn_invalid_exception(message: impl Into<String>) -> Fault {
    Fault::sender("CloudTrailARNInvalidException", 400, message)
}

/// `CloudTrailAccessNotEnabledException`, 400
pub fn cloud_trail_access_not_enabled_exception(message: impl Into<String>) -> Fault {
    Fault::sender("CloudTrailAccessNotEnabledException", 400, message)
}

/// `CloudTrailInvalidClientTokenIdException`, 400
pub fn cloud_trail_invalid_client_token_id_exception(message: impl Into<String>) -> Fault {
    Fault::sender("CloudTrailInvalidClientTokenIdException", 400, message)
}

/// `CloudWatchLogsDeliveryUnavailableException`, 400
pub fn cloud_watch_logs_delivery_unavailable_exception(message: impl Into<String>) -> Fault {
    Fault::sender("CloudWatchLogsDeliveryUnavailableException", 400, message)
}

/// `ConflictException`, 400
pub fn conflict_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ConflictException", 400, message)
}

/// `EventDataStoreARNInvalidException`, 400
pub fn event_data_store_arn_invalid_exception(message: impl Into<String>) -> Fault {
    Fault::sender("EventDataStoreARNInvalidException", 400, message)
}

/// `EventDataStoreNotFoundException`, 400
pub fn event_data_store_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("EventDataStoreNotFoundException", 400, message)
}

/// `InactiveEventDataStoreException`, 400
pub fn inactive_event_data_store_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InactiveEventDataStoreException", 400, message)
}

/// `InsufficientDependencyServiceAccessPermissionException`, 400
pub fn insufficient_dependency_service_access_permission_exception(
    message: impl Into<String>,
) -> Fault {
    Fault::sender(
        "InsufficientDependencyServiceAccessPermissionException",
        400,
        message,
    )
}

/// `InsufficientEncryptionPolicyException`, 400
pub fn insufficient_encryption_policy_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InsufficientEncryptionPolicyException", 400, message)
}

/// `InsufficientS3BucketPolicyException`, 400
pub fn insufficient_s3_bucket_policy_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InsufficientS3BucketPolicyException", 400, message)
}

/// `InsufficientSnsTopicPolicyException`, 400
pub fn insufficient_sns_topic_policy_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InsufficientSnsTopicPolicyException", 400, message)
}

/// `InvalidCloudWatchLogsLogGroupArnException`, 400
pub fn invalid_cloud_watch_logs_log_group_arn_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidCloudWatchLogsLogGroupArnException", 400, message)
}

/// `InvalidCloudWatchLogsRoleArnException`, 400
pub fn invalid_cloud_watch_logs_role_arn_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidCloudWatchLogsRoleArnException", 400, message)
}

/// `InvalidEventCategoryException`, 400
pub fn invalid_event_category_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidEventCategoryException", 400, message)
}

/// `InvalidEventSelectorsException`, 400
pub fn invalid_event_selectors_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidEventSelectorsException", 400, message)
}

/// `InvalidHomeRegionException`, 400
pub fn invalid_home_region_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidHomeRegionException", 400, message)
}

/// `InvalidKmsKeyIdException`, 400
pub fn invalid_kms_key_id_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidKmsKeyIdException", 400, message)
}

/// `InvalidLookupAttributesException`, 400
pub fn invalid_lookup_attributes_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidLookupAttributesException", 400, message)
}

/// `InvalidMaxResultsException`, 400
pub fn invalid_max_results_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidMaxResultsException", 400, message)
}

/// `InvalidNextTokenException`, 400
pub fn invalid_next_token_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidNextTokenException", 400, message)
}

/// `InvalidParameterCombinationException`, 400
pub fn invalid_parameter_combination_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterCombinationException", 400, message)
}

/// `InvalidParameterException`, 400
pub fn invalid_parameter_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterException", 400, message)
}

/// `InvalidS3BucketNameException`, 400
pub fn invalid_s3_bucket_name_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidS3BucketNameException", 400, message)
}

/// `InvalidS3PrefixException`, 400
pub fn invalid_s3_prefix_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidS3PrefixException", 400, message)
}

/// `InvalidSnsTopicNameException`, 400
pub fn invalid_sns_topic_name_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidSnsTopicNameException", 400, message)
}

/// `InvalidTagParameterException`, 400
pub fn invalid_tag_parameter_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidTagParameterException", 400, message)
}

/// `InvalidTimeRangeException`, 400
pub fn invalid_time_range_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidTimeRangeException", 400, message)
}

/// `InvalidTokenException`, 400
pub fn invalid_token_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidTokenException", 400, message)
}

/// `InvalidTrailNameException`, 400
pub fn invalid_trail_name_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidTrailNameException", 400, message)
}

/// `KmsException`, 400
pub fn kms_exception(message: impl Into<String>) -> Fault {
    Fault::sender("KmsException", 400, message)
}

/// `KmsKeyDisabledException`, 400
pub fn kms_key_disabled_exception(message: impl Into<String>) -> Fault {
    Fault::sender("KmsKeyDisabledException", 400, message)
}

/// `KmsKeyNotFoundException`, 400
pub fn kms_key_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("KmsKeyNotFoundException", 400, message)
}

/// `MaximumNumberOfTrailsExceededException`, 400
pub fn maximum_number_of_trails_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("MaximumNumberOfTrailsExceededException", 400, message)
}

/// `NoManagementAccountSLRExistsException`, 400
pub fn no_management_account_slr_exists_exception(message: impl Into<String>) -> Fault {
    Fault::sender("NoManagementAccountSLRExistsException", 400, message)
}

/// `NotOrganizationMasterAccountException`, 400
pub fn not_organization_master_account_exception(message: impl Into<String>) -> Fault {
    Fault::sender("NotOrganizationMasterAccountException", 400, message)
}

/// `OperationNotPermittedException`, 400
pub fn operation_not_permitted_exception(message: impl Into<String>) -> Fault {
    Fault::sender("OperationNotPermittedException", 400, message)
}

/// `OrganizationNotInAllFeaturesModeException`, 400
pub fn organization_not_in_all_features_mode_exception(message: impl Into<String>) -> Fault {
    Fault::sender("OrganizationNotInAllFeaturesModeException", 400, message)
}

/// `OrganizationsNotInUseException`, 400
pub fn organizations_not_in_use_exception(message: impl Into<String>) -> Fault {
    Fault::sender("OrganizationsNotInUseException", 400, message)
}

/// `ResourceNotFoundException`, 400
pub fn resource_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceNotFoundException", 400, message)
}

/// `ResourceTypeNotSupportedException`, 400
pub fn resource_type_not_supported_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceTypeNotSupportedException", 400, message)
}

/// `S3BucketDoesNotExistException`, 400
pub fn s3_bucket_does_not_exist_exception(message: impl Into<String>) -> Fault {
    Fault::sender("S3BucketDoesNotExistException", 400, message)
}

/// `TagsLimitExceededException`, 400
pub fn tags_limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TagsLimitExceededException", 400, message)
}

/// `ThrottlingException`, 400
pub fn throttling_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ThrottlingException", 400, message)
}

/// `TrailAlreadyExistsException`, 400
pub fn trail_already_exists_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TrailAlreadyExistsException", 400, message)
}

/// `TrailNotFoundException`, 400
pub fn trail_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TrailNotFoundException", 400, message)
}

/// `TrailNotProvidedException`, 400
pub fn trail_not_provided_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TrailNotProvidedException", 400, message)
}

/// `UnsupportedOperationException`, 400
pub fn unsupported_operation_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UnsupportedOperationException", 400, message)
}
