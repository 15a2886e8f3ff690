// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `ALPNPolicyNotFound`, 400
pub fn alpn_policy_not_supported_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ALPNPolicyNotFound", 400, message)
}

/// `AllocationIdNotFound`, 400
pub fn allocation_id_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("AllocationIdNotFound", 400, message)
}

/// `AvailabilityZoneNotSupported`, 400
pub fn availability_zone_not_supported_exception(message: impl Into<String>) -> Fault {
    Fault::sender("AvailabilityZoneNotSupported", 400, message)
}

/// `CaCertificatesBundleNotFound`, 400
pub fn ca_certificates_bundle_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("CaCertificatesBundleNotFound", 400, message)
}

/// `CapacityDecreaseRequestLimitExceeded`, 400
pub fn capacity_decrease_requests_limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("CapacityDecreaseRequestLimitExceeded", 400, message)
}

/// `CapacityReservationPending`, 400
pub fn capacity_reservation_pending_exception(message: impl Into<String>) -> Fault {
    Fault::sender("CapacityReservationPending", 400, message)
}

/// `CapacityUnitsLimitExceeded`, 400
pub fn capacity_units_limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("CapacityUnitsLimitExceeded", 400, message)
}

/// `CertificateNotFound`, 400
pub fn certificate_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("CertificateNotFound", 400, message)
}

/// `DeleteAssociationSameAccount`, 400
pub fn delete_association_same_account_exception(message: impl Into<String>) -> Fault {
    Fault::sender("DeleteAssociationSameAccount", 400, message)
}

/// `DuplicateListener`, 400
pub fn duplicate_listener_exception(message: impl Into<String>) -> Fault {
    Fault::sender("DuplicateListener", 400, message)
}

/// `DuplicateLoadBalancerName`, 400
pub fn duplicate_load_balancer_name_exception(message: impl Into<String>) -> Fault {
    Fault::sender("DuplicateLoadBalancerName", 400, message)
}

/// `DuplicateTagKeys`, 400
pub fn duplicate_tag_keys_exception(message: impl Into<String>) -> Fault {
    Fault::sender("DuplicateTagKeys", 400, message)
}

/// `DuplicateTargetGroupName`, 400
pub fn duplicate_target_group_name_exception(message: impl Into<String>) -> Fault {
    Fault::sender("DuplicateTargetGroupName", 400, message)
}

/// `DuplicateTrustStoreName`, 400
pub fn duplicate_trust_store_name_exception(message: impl Into<String>) -> Fault {
    Fault::sender("DuplicateTrustStoreName", 400, message)
}

/// `HealthUnavailable`, 500; `cause` is logged, never sent.
pub fn health_unavailable_exception(
    message: impl Into<String>,
    cause: &dyn std::error::Error,
) -> Fault {
    Fault::receiver("HealthUnavailable", 500, message, cause)
}

/// `IncompatibleProtocols`, 400
pub fn incompatible_protocols_exception(message: impl Into<String>) -> Fault {
    Fault::sender("IncompatibleProtocols", 400, message)
}

/// `InsufficientCapacity`, 500; `cause` is logged, never sent.
pub fn insufficient_capacity_exception(
    message: impl Into<String>,
    cause: &dyn std::error::Error,
) -> Fault {
    Fault::receiver("InsufficientCapacity", 500, message, cause)
}

/// `InvalidCaCertificatesBundle`, 400
pub fn invalid_ca_certificates_bundle_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidCaCertificatesBundle", 400, message)
}

/// `InvalidConfigurationRequest`, 400
pub fn invalid_configuration_request_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidConfigurationRequest", 400, message)
}

/// `InvalidLoadBalancerAction`, 400
pub fn invalid_load_balancer_action_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidLoadBalancerAction", 400, message)
}

/// `InvalidRevocationContent`, 400
pub fn invalid_revocation_content_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidRevocationContent", 400, message)
}

/// `InvalidScheme`, 400
pub fn invalid_scheme_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidScheme", 400, message)
}

/// `InvalidSecurityGroup`, 400
pub fn invalid_security_group_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidSecurityGroup", 400, message)
}

/// `InvalidSubnet`, 400
pub fn invalid_subnet_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidSubnet", 400, message)
}

/// `InvalidTarget`, 400
pub fn invalid_target_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidTarget", 400, message)
}

/// `ListenerNotFound`, 400
pub fn listener_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ListenerNotFound", 400, message)
}

/// `LoadBalancerNotFound`, 400
pub fn load_balancer_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LoadBalancerNotFound", 400, message)
}

/// `OperationNotPermitted`, 400
pub fn operation_not_permitted_exception(message: impl Into<String>) -> Fault {
    Fault::sender("OperationNotPermitted", 400, message)
}

/// `PriorRequestNotComplete`, 429
pub fn prior_request_not_complete_exception(message: impl Into<String>) -> Fault {
    Fault::sender("PriorRequestNotComplete", 429, message)
}

/// `PriorityInUse`, 400
pub fn priority_in_use_exception(message: impl Into<String>) -> Fault {
    Fault::sender("PriorityInUse", 400, message)
}

/// `ResourceInUse`, 400
pub fn resource_in_use_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceInUse", 400, message)
}

/// `ResourceNotFound`, 400
pub fn resource_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceNotFound", 400, message)
}

/// `RevocationContentNotFound`, 400
pub fn revocation_content_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("RevocationContentNotFound", 400, message)
}

/// `RevocationIdNotFound`, 400
pub fn revocation_id_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("RevocationIdNotFound", 400, message)
}

/// `RuleNotFound`, 400
pub fn rule_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("RuleNotFound", 400, message)
}

/// `SSLPolicyNotFound`, 400
pub fn ssl_policy_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("SSLPolicyNotFound", 400, message)
}

/// `SubnetNotFound`, 400
pub fn subnet_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("SubnetNotFound", 400, message)
}

/// `TargetGroupAssociationLimit`, 400
pub fn target_group_association_limit_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TargetGroupAssociationLimit", 400, message)
}

/// `TargetGroupNotFound`, 400
pub fn target_group_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TargetGroupNotFound", 400, message)
}

/// `TooManyActions`, 400
pub fn too_many_actions_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyActions", 400, message)
}

/// `TooManyCertificates`, 400
pub fn too_many_certificates_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyCertificates", 400, message)
}

/// `TooManyListeners`, 400
pub fn too_many_listeners_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyListeners", 400, message)
}

/// `TooManyLoadBalancers`, 400
pub fn too_many_load_balancers_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyLoadBalancers", 400, message)
}

/// `TooManyRegistrationsForTargetId`, 400
pub fn too_many_registrations_for_target_id_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyRegistrationsForTargetId", 400, message)
}

/// `TooManyRules`, 400
pub fn too_many_rules_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyRules", 400, message)
}

/// `TooManyTags`, 400
pub fn too_many_tags_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyTags", 400, message)
}

/// `TooManyTargetGroups`, 400
pub fn too_many_target_groups_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyTargetGroups", 400, message)
}

/// `TooManyTargets`, 400
pub fn too_many_targets_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyTargets", 400, message)
}

/// `TooManyTrustStoreRevocationEntries`, 400
pub fn too_many_trust_store_revocation_entries_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyTrustStoreRevocationEntries", 400, message)
}

/// `TooManyTrustStores`, 400
pub fn too_many_trust_stores_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyTrustStores", 400, message)
}

/// `TooManyUniqueTargetGroupsPerLoadBalancer`, 400
pub fn too_many_unique_target_groups_per_load_balancer_exception(
    message: impl Into<String>,
) -> Fault {
    Fault::sender("TooManyUniqueTargetGroupsPerLoadBalancer", 400, message)
}

/// `AssociationNotFound`, 400
pub fn trust_store_association_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("AssociationNotFound", 400, message)
}

/// `TrustStoreInUse`, 400
pub fn trust_store_in_use_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TrustStoreInUse", 400, message)
}

/// `TrustStoreNotFound`, 400
pub fn trust_store_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TrustStoreNotFound", 400, message)
}

/// `TrustStoreNotReady`, 400
pub fn trust_store_not_ready_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TrustStoreNotReady", 400, message)
}

/// `UnsupportedProtocol`, 400
pub fn unsupported_protocol_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UnsupportedProtocol", 400, message)
}
