// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `AccessPointAlreadyExists`, 409
pub fn access_point_already_exists(message: impl Into<String>) -> Fault {
    Fault::sender("AccessPointAlreadyExists", 409, message)
}

/// `AccessPointLimitExceeded`, 403
pub fn access_point_limit_exceeded(message: impl Into<String>) -> Fault {
    Fault::sender("AccessPointLimitExceeded", 403, message)
}

/// `AccessPointNotFound`, 404
pub fn access_point_not_found(message: impl Into<String>) -> Fault {
    Fault::sender("AccessPointNotFound", 404, message)
}

/// `AvailabilityZonesMismatch`, 400
pub fn availability_zones_mismatch(message: impl Into<String>) -> Fault {
    Fault::sender("AvailabilityZonesMismatch", 400, message)
}

/// `BadRequest`, 400
pub fn bad_request(message: impl Into<String>) -> Fault {
    Fault::sender("BadRequest", 400, message)
}

/// `ConflictException`, 409
pub fn conflict_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ConflictException", 409, message)
}

/// `DependencyTimeout`, 504; `cause` is logged, never sent.
pub fn dependency_timeout(message: impl Into<String>, cause: &dyn std::error::Error) -> Fault {
    Fault::receiver("DependencyTimeout", 504, message, cause)
}

/// `FileSystemAlreadyExists`, 409
pub fn file_system_already_exists(message: impl Into<String>) -> Fault {
    Fault::sender("FileSystemAlreadyExists", 409, message)
}

/// `FileSystemInUse`, 409
pub fn file_system_in_use(message: impl Into<String>) -> Fault {
    Fault::sender("FileSystemInUse", 409, message)
}

/// `FileSystemLimitExceeded`, 403
pub fn file_system_limit_exceeded(message: impl Into<String>) -> Fault {
    Fault::sender("FileSystemLimitExceeded", 403, message)
}

/// `FileSystemNotFound`, 404
pub fn file_system_not_found(message: impl Into<String>) -> Fault {
    Fault::sender("FileSystemNotFound", 404, message)
}

/// `IncorrectFileSystemLifeCycleState`, 409
pub fn incorrect_file_system_life_cycle_state(message: impl Into<String>) -> Fault {
    Fault::sender("IncorrectFileSystemLifeCycleState", 409, message)
}

/// `IncorrectMountTargetState`, 409
pub fn incorrect_mount_target_state(message: impl Into<String>) -> Fault {
    Fault::sender("IncorrectMountTargetState", 409, message)
}

/// `InsufficientThroughputCapacity`, 503; `cause` is logged, never sent.
pub fn insufficient_throughput_capacity(
    message: impl Into<String>,
    cause: &dyn std::error::Error,
) -> Fault {
    Fault::receiver("InsufficientThroughputCapacity", 503, message, cause)
}

/// `InternalServerError`, 500; `cause` is logged, never sent.
pub fn internal_server_error(message: impl Into<String>, cause: &dyn std::error::Error) -> Fault {
    Fault::receiver("InternalServerError", 500, message, cause)
}

/// `InvalidPolicyException`, 400
pub fn invalid_policy_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidPolicyException", 400, message)
}

/// `IpAddressInUse`, 409
pub fn ip_address_in_use(message: impl Into<String>) -> Fault {
    Fault::sender("IpAddressInUse", 409, message)
}

/// `MountTargetConflict`, 409
pub fn mount_target_conflict(message: impl Into<String>) -> Fault {
    Fault::sender("MountTargetConflict", 409, message)
}

/// `MountTargetNotFound`, 404
pub fn mount_target_not_found(message: impl Into<String>) -> Fault {
    Fault::sender("MountTargetNotFound", 404, message)
}

/// `NetworkInterfaceLimitExceeded`, 409
pub fn network_interface_limit_exceeded(message: impl Into<String>) -> Fault {
    Fault::sender("NetworkInterfaceLimitExceeded", 409, message)
}

/// `NoFreeAddressesInSubnet`, 409
pub fn no_free_addresses_in_subnet(message: impl Into<String>) -> Fault {
    Fault::sender("NoFreeAddressesInSubnet", 409, message)
}

/// `PolicyNotFound`, 404
pub fn policy_not_found(message: impl Into<String>) -> Fault {
    Fault::sender("PolicyNotFound", 404, message)
}

/// `ReplicationAlreadyExists`, 409
pub fn replication_already_exists(message: impl Into<String>) -> Fault {
    Fault::sender("ReplicationAlreadyExists", 409, message)
}

/// `ReplicationNotFound`, 404
pub fn replication_not_found(message: impl Into<String>) -> Fault {
    Fault::sender("ReplicationNotFound", 404, message)
}

/// `SecurityGroupLimitExceeded`, 400
pub fn security_group_limit_exceeded(message: impl Into<String>) -> Fault {
    Fault::sender("SecurityGroupLimitExceeded", 400, message)
}

/// `SecurityGroupNotFound`, 400
pub fn security_group_not_found(message: impl Into<String>) -> Fault {
    Fault::sender("SecurityGroupNotFound", 400, message)
}

/// `SubnetNotFound`, 400
pub fn subnet_not_found(message: impl Into<String>) -> Fault {
    Fault::sender("SubnetNotFound", 400, message)
}

/// `ThrottlingException`, 429
pub fn throttling_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ThrottlingException", 429, message)
}

/// `ThroughputLimitExceeded`, 400
pub fn throughput_limit_exceeded(message: impl Into<String>) -> Fault {
    Fault::sender("ThroughputLimitExceeded", 400, message)
}

/// `TooManyRequests`, 429
pub fn too_many_requests(message: impl Into<String>) -> Fault {
    Fault::sender("TooManyRequests", 429, message)
}

/// `UnsupportedAvailabilityZone`, 400
pub fn unsupported_availability_zone(message: impl Into<String>) -> Fault {
    Fault::sender("UnsupportedAvailabilityZone", 400, message)
}

/// `ValidationException`, 400
pub fn validation_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ValidationException", 400, message)
}
