//! Volumes.

use wharf_wire::Fault;

use super::sender;

pub fn volume_not_found(id: &str) -> Fault {
    sender(
        "InvalidVolume.NotFound",
        format!("The volume '{id}' does not exist."),
    )
}

pub fn volume_managed(id: &str, requester: &str) -> Fault {
    sender(
        "OperationNotPermitted",
        format!("The volume '{id}' is managed by {requester} and cannot be changed by others."),
    )
}

pub fn volume_in_use(id: &str) -> Fault {
    sender(
        "VolumeInUse",
        format!("Volume {id} is currently attached to an instance"),
    )
}

/// AttachVolume says it in words of its own.
pub fn volume_attached(id: &str) -> Fault {
    sender(
        "VolumeInUse",
        format!("{id} is already attached to an instance"),
    )
}

pub fn volume_state(id: &str, state: &str) -> Fault {
    sender("IncorrectState", format!("Volume '{id}' {state}."))
}

pub fn too_many_volumes() -> Fault {
    sender(
        "VolumeLimitExceeded",
        "You have exceeded your maximum number of volumes.".to_owned(),
    )
}

/// Volumes of an account on one host.
pub fn too_many_volumes_of_host(host: &str, most: usize) -> Fault {
    sender(
        "VolumeLimitExceeded",
        format!("You have exceeded your maximum number of volumes on the host {host}: {most}."),
    )
}

/// `why`: what the volume's host says.
pub fn no_volume_capacity(id: &str, why: &str) -> Fault {
    Fault::sender(
        "InsufficientVolumeCapacity",
        500,
        format!(
            "There is not enough capacity to fulfill your EBS volume provision request. Volume '{id}' cannot be \
             made: {why}."
        ),
    )
}

pub fn bad_volume_zone(zone: &str) -> Fault {
    sender(
        "InvalidZone.NotFound",
        format!("The zone '{zone}' does not exist."),
    )
}

pub fn unknown_volume_type(name: &str) -> Fault {
    sender(
        "UnknownVolumeType",
        format!("Unknown volume type '{name}'."),
    )
}

pub fn volume_too_small(gib: i32, kind: &str, least: u32) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Volume of {gib}GiB is too small for volume type {kind}; minimum is {least}GiB."),
    )
}

pub fn volume_too_large(gib: u32, kind: &str, most: u32) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Volume of {gib}GiB is too large for volume type {kind}; maximum is {most}GiB."),
    )
}

pub fn not_of_volume_type(parameter: &str, kind: &str) -> Fault {
    sender(
        "InvalidParameterCombination",
        format!("The parameter {parameter} is not supported for {kind} volumes."),
    )
}

/// `direction`: `low` or `high`; `limit`: `minimum` or `maximum`.
pub fn volume_rate(what: &str, asked: i32, direction: &str, limit: &str, bound: u32) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Volume {what} of {asked} is too {direction}; {limit} is {bound}."),
    )
}

pub fn iops_ratio(iops: u32, gib: u32, most: u32) -> Fault {
    let ratio = f64::from(iops) / f64::from(gib);
    sender(
        "InvalidParameterValue",
        format!(
            "Iops to volume size ratio of {ratio:.6} is too high; maximum is {:.6}",
            f64::from(most)
        ),
    )
}

pub fn throughput_ratio(mib: u32, iops: u32, iops_per_mib: u32) -> Fault {
    let ratio = f64::from(mib) / f64::from(iops);
    sender(
        "InvalidParameterValue",
        format!(
            "Throughput (MiBps) to iops ratio of {ratio:.6} is too high; maximum is {:.6} MiBps per iops.",
            1.0 / f64::from(iops_per_mib)
        ),
    )
}

/// `Value (x) for parameter volumeId is invalid. Expected: 'vol-...'.`
pub fn malformed_id(id: &str, parameter: &str, prefix: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        match id {
            "" => format!(
                "Value () for parameter {parameter} is invalid. Parameter may not be null or empty."
            ),
            _ => format!(
                "Value ({id}) for parameter {parameter} is invalid. Expected: '{prefix}-...'."
            ),
        },
    )
}

pub fn snapshot_not_found(id: &str) -> Fault {
    sender(
        "InvalidSnapshot.NotFound",
        format!("The snapshot '{id}' does not exist."),
    )
}

pub fn snapshot_of_image(id: &str, image: &str) -> Fault {
    sender(
        "InvalidSnapshot.InUse",
        format!("The snapshot {id} is currently in use by {image}"),
    )
}

pub fn snapshot_of_root(id: &str) -> Fault {
    sender(
        "UnsupportedOperation",
        format!(
            "The snapshot '{id}' is of the root of an instance. This version of wharf makes roots of it, and no other volumes."
        ),
    )
}

pub fn snapshot_of_data(id: &str) -> Fault {
    sender(
        "InvalidBlockDeviceMapping",
        format!(
            "The snapshot '{id}' is not of the root of an instance, and cannot be the root of one."
        ),
    )
}

pub fn nothing_to_take(instance: &str) -> Fault {
    sender(
        "InvalidParameterCombination",
        format!("There are no volumes of the instance '{instance}' to take snapshots of."),
    )
}

pub fn excluded_elsewhere(volume: &str, instance: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "The volume '{volume}' cannot be excluded: it is not attached to the instance '{instance}'."
        ),
    )
}

pub fn host_takes_no_snapshots(instance: &str) -> Fault {
    sender(
        "UnsupportedOperation",
        format!("The host of the instance '{instance}' takes no snapshots of its root."),
    )
}

/// Of an earlier version.
pub fn host_gives_no_volumes(instance: &str) -> Fault {
    sender(
        "UnsupportedOperation",
        format!(
            "The host of the instance '{instance}' gives no volumes to instances that are virtual machines."
        ),
    )
}

pub fn snapshot_of_attached(device: &str) -> Fault {
    bad_mapping(format!(
        "A snapshot cannot be named for {device}, of which one is taken"
    ))
}

pub fn snapshot_state(state: &str) -> Fault {
    sender(
        "IncorrectState",
        format!("Snapshot is in invalid state - {state}"),
    )
}

pub fn smaller_than_snapshot(gib: i32, id: &str, least: u32) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Volume of {gib}GiB is smaller than snapshot '{id}', expect size >= {least}GiB"),
    )
}

pub fn long_snapshot_description(most: usize) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("The description can have at most {most} characters."),
    )
}

pub fn too_many_snapshots() -> Fault {
    sender(
        "SnapshotLimitExceeded",
        "You have exceeded your maximum number of snapshots.".to_owned(),
    )
}

pub fn too_many_pending_snapshots() -> Fault {
    sender(
        "ConcurrentSnapshotLimitExceeded",
        "Maximum allowed in-progress snapshots for a single volume exceeded.".to_owned(),
    )
}

pub fn bad_snapshot_attribute(name: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Value ({name}) for parameter attribute is invalid. Unknown snapshot attribute."),
    )
}

pub fn volume_shrinks() -> Fault {
    sender(
        "InvalidParameterValue",
        "New size cannot be smaller than existing size".to_owned(),
    )
}

pub fn nothing_to_modify() -> Fault {
    sender(
        "InvalidParameterCombination",
        "The request must contain at least one of size, volumeType, iops or throughput".to_owned(),
    )
}

pub fn modified_too_often() -> Fault {
    sender(
        "VolumeModificationRateExceeded",
        "You've reached the maximum modification rate per volume limit. Wait at least 6 hours between \
         modifications per EBS volume."
            .to_owned(),
    )
}

pub fn volume_being_modified(id: &str, state: &str) -> Fault {
    sender(
        "IncorrectModificationState",
        format!("Cannot modify volume '{id}' in modification state {state}"),
    )
}

pub fn modification_not_found(id: &str) -> Fault {
    sender(
        "InvalidVolumeModification.NotFound",
        format!("Modification for volume '{id}' does not exist."),
    )
}

pub fn bad_volume_attribute(name: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Value ({name}) for parameter attribute is invalid. Unknown volume attribute."),
    )
}

pub fn bad_device(name: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "Value ({name}) for parameter device is invalid. {name} is not a valid EBS device name."
        ),
    )
}

pub fn device_in_use(name: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Invalid value '{name}' for unixDevice. Attachment point {name} is already in use"),
    )
}

pub fn too_many_devices(instance: &str, most: usize) -> Fault {
    sender(
        "AttachmentLimitExceeded",
        format!("The instance '{instance}' has {most} volumes attached, as many as it can have."),
    )
}

pub fn volume_zone_mismatch(volume: &str, instance: &str) -> Fault {
    sender(
        "InvalidVolume.ZoneMismatch",
        format!(
            "The volume '{volume}' is not in the same availability zone as instance '{instance}'"
        ),
    )
}

pub fn instance_not_running(id: &str) -> Fault {
    sender(
        "IncorrectState",
        format!("Instance '{id}' is not 'running'."),
    )
}

pub fn not_attached_so(volume: &str, what: &str) -> Fault {
    sender(
        "InvalidAttachment.NotFound",
        format!("The volume '{volume}' is not attached {what}."),
    )
}

pub fn no_such_device(instance: &str, name: &str) -> Fault {
    sender(
        "InvalidInstanceAttributeValue",
        format!("No device is currently mapped at {name} of the instance '{instance}'"),
    )
}

fn bad_mapping(text: String) -> Fault {
    sender("InvalidBlockDeviceMapping", text)
}

pub fn bad_device_name(name: &str) -> Fault {
    bad_mapping(format!("Invalid device name {name}"))
}

pub fn device_mapped_twice(name: &str) -> Fault {
    bad_mapping(format!(
        "The device '{name}' is used in more than one block-device mapping"
    ))
}

pub fn too_many_mappings(most: usize) -> Fault {
    bad_mapping(format!("At most {most} block device mappings can be given"))
}

pub fn too_many_mapped_devices(most: usize) -> Fault {
    bad_mapping(format!("An instance can have at most {most} volumes"))
}

pub fn suppressed_and_mapped(name: &str) -> Fault {
    bad_mapping(format!(
        "The mapping of the device '{name}' cannot say both noDevice and ebs"
    ))
}

pub fn neither_size_nor_snapshot(name: &str) -> Fault {
    bad_mapping(format!(
        "Either snapshot ID or volume size must be provided for: {name}"
    ))
}

pub fn mapped_smaller_than_snapshot(gib: i32, id: &str, least: u32) -> Fault {
    bad_mapping(format!(
        "Volume of size {gib}GB is smaller than snapshot '{id}', expect size >= {least}GB"
    ))
}

pub fn root_suppressed(name: &str) -> Fault {
    bad_mapping(format!("The root device '{name}' cannot be suppressed"))
}

pub fn root_of_snapshot() -> Fault {
    bad_mapping("snapshotId cannot be modified on root device".to_owned())
}

/// It comes and goes with its instance.
pub fn not_of_root(volume: &str, action: &str) -> Fault {
    sender(
        "UnsupportedOperation",
        format!(
            "The volume '{volume}' is the root of a virtual machine: {action} is not supported for it by this version of wharf."
        ),
    )
}

/// Its root file system is a disk of the instance itself.
pub fn root_goes_with_instance(name: &str) -> Fault {
    sender(
        "UnsupportedOperation",
        format!(
            "The root device '{name}' goes with its instance: DeleteOnTermination = false is not supported for it by this \
             version of wharf."
        ),
    )
}

pub fn bad_source_region(region: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!("Value ({region}) for parameter sourceRegion is invalid. Unknown region."),
    )
}

pub fn copied_elsewhere(destination: &str, region: &str) -> Fault {
    sender(
        "InvalidParameterValue",
        format!(
            "The destination region {destination} is not the region that the request was sent to, {region}."
        ),
    )
}

pub fn too_many_copies(most: usize) -> Fault {
    sender(
        "ResourceLimitExceeded",
        format!(
            "Too many snapshot copies in progress. The limit is {most} for this destination region."
        ),
    )
}
