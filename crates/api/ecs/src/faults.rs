// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `AccessDeniedException`, 400
pub fn access_denied_exception(message: impl Into<String>) -> Fault {
    Fault::sender("AccessDeniedException", 400, message)
}

/// `AttributeLimitExceededException`, 400
pub fn attribute_limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("AttributeLimitExceededException", 400, message)
}

/// `BlockedException`, 400
pub fn blocked_exception(message: impl Into<String>) -> Fault {
    Fault::sender("BlockedException", 400, message)
}

/// `ClientException`, 400
pub fn client_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ClientException", 400, message)
}

/// `ClusterContainsCapacityProviderException`, 400
pub fn cluster_contains_capacity_provider_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ClusterContainsCapacityProviderException", 400, message)
}

/// `ClusterContainsContainerInstancesException`, 400
pub fn cluster_contains_container_instances_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ClusterContainsContainerInstancesException", 400, message)
}

/// `ClusterContainsServicesException`, 400
pub fn cluster_contains_services_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ClusterContainsServicesException", 400, message)
}

/// `ClusterContainsTasksException`, 400
pub fn cluster_contains_tasks_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ClusterContainsTasksException", 400, message)
}

/// `ClusterNotFoundException`, 400
pub fn cluster_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ClusterNotFoundException", 400, message)
}

/// `ConflictException`, 400
pub fn conflict_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ConflictException", 400, message)
}

/// `DaemonNotActiveException`, 400
pub fn daemon_not_active_exception(message: impl Into<String>) -> Fault {
    Fault::sender("DaemonNotActiveException", 400, message)
}

/// `DaemonNotFoundException`, 400
pub fn daemon_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("DaemonNotFoundException", 400, message)
}

/// `GatewayNotFoundException`, 400
pub fn gateway_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("GatewayNotFoundException", 400, message)
}

/// `InvalidParameterException`, 400
pub fn invalid_parameter_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterException", 400, message)
}

/// `LimitExceededException`, 400
pub fn limit_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("LimitExceededException", 400, message)
}

/// `MissingVersionException`, 400
pub fn missing_version_exception(message: impl Into<String>) -> Fault {
    Fault::sender("MissingVersionException", 400, message)
}

/// `NamespaceNotFoundException`, 400
pub fn namespace_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("NamespaceNotFoundException", 400, message)
}

/// `NoUpdateAvailableException`, 400
pub fn no_update_available_exception(message: impl Into<String>) -> Fault {
    Fault::sender("NoUpdateAvailableException", 400, message)
}

/// `PlatformTaskDefinitionIncompatibilityException`, 400
pub fn platform_task_definition_incompatibility_exception(message: impl Into<String>) -> Fault {
    Fault::sender(
        "PlatformTaskDefinitionIncompatibilityException",
        400,
        message,
    )
}

/// `PlatformUnknownException`, 400
pub fn platform_unknown_exception(message: impl Into<String>) -> Fault {
    Fault::sender("PlatformUnknownException", 400, message)
}

/// `ResourceInUseException`, 400
pub fn resource_in_use_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceInUseException", 400, message)
}

/// `ResourceNotFoundException`, 400
pub fn resource_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ResourceNotFoundException", 400, message)
}

/// `ServerException`, 500; `cause` is logged, never sent.
pub fn server_exception(message: impl Into<String>, cause: &dyn std::error::Error) -> Fault {
    Fault::receiver("ServerException", 500, message, cause)
}

/// `ServiceDeploymentNotFoundException`, 400
pub fn service_deployment_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ServiceDeploymentNotFoundException", 400, message)
}

/// `ServiceNotActiveException`, 400
pub fn service_not_active_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ServiceNotActiveException", 400, message)
}

/// `ServiceNotFoundException`, 400
pub fn service_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ServiceNotFoundException", 400, message)
}

/// `TargetNotConnectedException`, 400
pub fn target_not_connected_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TargetNotConnectedException", 400, message)
}

/// `TargetNotFoundException`, 400
pub fn target_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TargetNotFoundException", 400, message)
}

/// `TaskSetNotFoundException`, 400
pub fn task_set_not_found_exception(message: impl Into<String>) -> Fault {
    Fault::sender("TaskSetNotFoundException", 400, message)
}

/// `UnsupportedFeatureException`, 400
pub fn unsupported_feature_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UnsupportedFeatureException", 400, message)
}

/// `UpdateInProgressException`, 400
pub fn update_in_progress_exception(message: impl Into<String>) -> Fault {
    Fault::sender("UpdateInProgressException", 400, message)
}
