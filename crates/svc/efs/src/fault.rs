//! The service's errors with their texts.

use std::error::Error;

use wharf_base::ShareFull;
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wire::Fault;

/// What EFS says when its records or pages fail.
#[derive(Debug)]
pub enum EfsFaults {}

impl Faults for EfsFaults {
    fn internal(cause: &dyn Error) -> Fault {
        Fault::receiver(
            "InternalServerError",
            500,
            "An internal error has occurred. Retry your request.",
            cause,
        )
        .with("ErrorCode", "InternalServerError")
    }

    fn conflict(_: &StoreError) -> Fault {
        coded(
            "IncorrectFileSystemLifeCycleState",
            409,
            "Another request changed the file system at the same time.",
        )
    }

    fn full(cause: &ShareFull) -> Fault {
        coded("FileSystemLimitExceeded", 403, cause.to_string())
    }

    fn bad_token() -> Fault {
        bad_request("Invalid pagination token.")
    }
}

/// Each fault says its code once more in its body.
fn coded(code: &'static str, status: u16, text: impl Into<String>) -> Fault {
    Fault::sender(code, status, text).with("ErrorCode", code)
}

pub fn bad_request(text: impl Into<String>) -> Fault {
    coded("BadRequest", 400, text)
}

pub fn unsupported(what: &str) -> Fault {
    bad_request(format!("{what} is not supported by this version of wharf."))
}

pub fn no_file_system(id: &str) -> Fault {
    let text = format!("File system '{id}' does not exist.");
    coded("FileSystemNotFound", 404, text)
}

pub fn no_mount_target(id: &str) -> Fault {
    let text = format!("Mount target '{id}' does not exist.");
    coded("MountTargetNotFound", 404, text)
}

pub fn no_access_point(id: &str) -> Fault {
    let text = format!("Access point '{id}' does not exist.");
    coded("AccessPointNotFound", 404, text)
}

pub fn exists(token: &str, id: &str) -> Fault {
    let text = format!("File system '{id}' already exists with creation token '{token}'");
    coded("FileSystemAlreadyExists", 409, text).with("FileSystemId", id)
}

pub fn access_point_exists(id: &str) -> Fault {
    let text = "Access point already exists in the file system with a different configuration.";
    coded("AccessPointAlreadyExists", 409, text).with("AccessPointId", id)
}

pub fn in_use(id: &str) -> Fault {
    let text = format!(
        "The file system '{id}' has mount targets created in it; you must first delete the mount targets."
    );
    coded("FileSystemInUse", 409, text)
}

pub fn deleting(id: &str) -> Fault {
    let text = format!("File system '{id}' is being deleted.");
    coded("IncorrectFileSystemLifeCycleState", 409, text)
}

pub fn mount_target_state(id: &str) -> Fault {
    let text = format!("Mount target '{id}' is not available.");
    coded("IncorrectMountTargetState", 409, text)
}

pub fn too_many_file_systems(most: usize) -> Fault {
    let text = format!("You have reached the maximum number of file systems: {most}.");
    coded("FileSystemLimitExceeded", 403, text)
}

pub fn too_many_access_points(most: usize) -> Fault {
    let text = format!(
        "You have reached the maximum number of access points for the file system: {most}."
    );
    coded("AccessPointLimitExceeded", 403, text)
}

pub fn zone_has_one() -> Fault {
    coded(
        "MountTargetConflict",
        409,
        "mount target already exists in this AZ",
    )
}

pub fn other_zone(zone: &str) -> Fault {
    let text = format!(
        "The Availability Zone of the mount target is different from '{zone}', which was specified for One Zone storage."
    );
    coded("AvailabilityZonesMismatch", 400, text)
}

pub fn no_zone(name: &str) -> Fault {
    bad_request(format!("Invalid availability zone: [{name}]"))
}

pub fn one_zone_mode(mode: &str) -> Fault {
    bad_request(format!(
        "Performance mode {mode} is not supported on One Zone file systems."
    ))
}

pub fn other_vpc() -> Fault {
    coded(
        "MountTargetConflict",
        409,
        "requested subnet for new mount target is not in the same VPC as existing mount targets",
    )
}

pub fn no_subnet(id: &str) -> Fault {
    let text = format!("The subnet ID '{id}' does not exist");
    coded("SubnetNotFound", 400, text)
}

pub fn no_group(id: &str) -> Fault {
    let text = format!("The security group '{id}' does not exist in the VPC of the subnet");
    coded("SecurityGroupNotFound", 400, text)
}

pub fn too_many_groups(most: usize) -> Fault {
    let text = format!("Number of security groups exceeds the limit of {most}.");
    coded("SecurityGroupLimitExceeded", 400, text)
}

pub fn address_in_use(address: &str) -> Fault {
    let text = format!("IP Address {address} is in use in this subnet");
    coded("IpAddressInUse", 409, text)
}

pub fn no_free_address(subnet: &str) -> Fault {
    let text = format!("No free IP addresses are available in subnet '{subnet}'.");
    coded("NoFreeAddressesInSubnet", 409, text)
}

/// Said by the host that would, or by none.
pub fn no_host(encrypted: bool) -> Fault {
    let text = match encrypted {
        true => {
            "No host of this installation keeps encrypted file systems: none is connected that has loop devices, ext4 and FUSE."
        }
        false => {
            "No host of this installation keeps file systems: none is connected whose disk has file handles and room."
        }
    };
    coded("UnsupportedAvailabilityZone", 400, text)
}

pub fn key_without_encryption() -> Fault {
    bad_request("KmsKeyId can only be given for a file system that is encrypted.")
}

/// A key that cannot be used, by the code and the words of KMS.
pub fn bad_key(code: &str, text: &str) -> Fault {
    bad_request(format!("{text} [error={code}]"))
}

/// As IAM says it: the caller may not do with the key what it takes.
pub fn key_not_allowed(text: &str) -> Fault {
    coded("AccessDeniedException", 403, text)
}

pub fn no_policy(id: &str) -> Fault {
    Fault::sender(
        "PolicyNotFound",
        404,
        format!("No policy is attached to the file system '{id}'."),
    )
    .with("ErrorCode", "PolicyNotFound")
}

pub fn bad_policy(text: impl Into<String>) -> Fault {
    Fault::sender("InvalidPolicyException", 400, text.into())
        .with("ErrorCode", "InvalidPolicyException")
}

pub fn no_replication(id: &str) -> Fault {
    Fault::sender(
        "ReplicationNotFound",
        404,
        format!("No replication configuration found for the file system '{id}'."),
    )
    .with("ErrorCode", "ReplicationNotFound")
}
