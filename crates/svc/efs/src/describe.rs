//! What records look like on the wire. Pure.

use wharf_api_efs as wire;
use wharf_service::Place;

use crate::{
    names,
    records::{AccessPoint, FileSystem, MountTarget},
    tagged,
};

pub fn file_system(place: &Place, id: &str, record: &FileSystem) -> wire::FileSystemDescription {
    let bytes = i64::try_from(record.shown_bytes()).unwrap_or(i64::MAX);
    wire::FileSystemDescription {
        owner_id: Some(place.account.clone()),
        creation_token: Some(record.token.clone()),
        file_system_id: Some(id.to_owned()),
        file_system_arn: Some(names::file_system_arn(place, id)),
        creation_time: Some(record.created_at),
        life_cycle_state: Some(
            if record.deleting {
                "deleting"
            } else {
                "available"
            }
            .to_owned(),
        ),
        name: tagged::name(&record.tags),
        number_of_mount_targets: Some(
            i32::try_from(record.mount_targets.len()).unwrap_or(i32::MAX),
        ),
        size_in_bytes: Some(wire::FileSystemSize {
            value: Some(bytes),
            timestamp: record.reported.at,
            value_in_ia: Some(0),
            value_in_standard: Some(bytes),
            value_in_archive: Some(0),
        }),
        performance_mode: Some(record.performance_mode.clone()),
        encrypted: Some(record.encryption.is_some()),
        kms_key_id: record.encryption.as_ref().map(|it| it.key.clone()),
        availability_zone_name: record.zone.as_ref().map(|it| it.name.clone()),
        availability_zone_id: record.zone.as_ref().and_then(|it| it.id.clone()),
        throughput_mode: Some(record.throughput_mode.clone()),
        provisioned_throughput_in_mibps: record.provisioned_throughput,
        tags: Some(tagged::to_wire(&record.tags)),
        file_system_protection: Some(wire::FileSystemProtectionDescription {
            replication_overwrite_protection: Some("ENABLED".to_owned()),
        }),
    }
}

pub fn mount_target(place: &Place, id: &str, record: &MountTarget) -> wire::MountTargetDescription {
    let state = match (record.deleting, record.available) {
        (true, _) => "deleting",
        (false, true) => "available",
        (false, false) => "creating",
    };
    let interface = record.interface.as_ref();
    wire::MountTargetDescription {
        owner_id: Some(place.account.clone()),
        mount_target_id: Some(id.to_owned()),
        file_system_id: Some(record.file_system.clone()),
        subnet_id: Some(record.subnet.clone()),
        life_cycle_state: Some(state.to_owned()),
        ip_address: interface.map(|it| it.address.to_string()),
        network_interface_id: interface.map(|it| it.id.clone()),
        availability_zone_id: record.zone_id.clone(),
        availability_zone_name: Some(record.zone.clone()),
        vpc_id: Some(record.vpc.clone()),
        ..Default::default()
    }
}

pub fn access_point(place: &Place, id: &str, record: &AccessPoint) -> wire::AccessPointDescription {
    let user = record.at.user.as_ref().map(|it| wire::PosixUser {
        uid: Some(it.uid.into()),
        gid: Some(it.gid.into()),
        secondary_gids: Some(it.groups.iter().map(|gid| (*gid).into()).collect())
            .filter(|it: &Vec<i64>| !it.is_empty()),
    });
    let creation = record.at.creation.as_ref().map(|it| wire::CreationInfo {
        owner_uid: Some(it.uid.into()),
        owner_gid: Some(it.gid.into()),
        permissions: record.permissions.clone(),
    });
    wire::AccessPointDescription {
        client_token: Some(record.token.clone()),
        name: tagged::name(&record.tags),
        tags: Some(tagged::to_wire(&record.tags)),
        access_point_id: Some(id.to_owned()),
        access_point_arn: Some(names::access_point_arn(place, id)),
        file_system_id: Some(record.file_system.clone()),
        posix_user: user,
        root_directory: Some(wire::RootDirectory {
            path: Some(record.at.path.clone()),
            creation_info: creation,
        }),
        owner_id: Some(place.account.clone()),
        life_cycle_state: Some("available".to_owned()),
    }
}
