//! Volumes and what mounts them.

use std::collections::BTreeSet;

use wharf_api_ecs::{EFSVolumeConfiguration, TaskDefinition, Volume};
use wharf_wire::Fault;

use super::{containers, name};
use crate::fault;

pub(super) fn check(definition: &TaskDefinition) -> Result<(), Fault> {
    let mut names = BTreeSet::new();
    for volume in definition.volumes.iter().flatten() {
        let name = volume.name.as_deref().unwrap_or_default();
        if !crate::names::is_name(name) {
            return Err(fault::client("Volume.name should not be null or empty."));
        }
        if !names.insert(name) {
            return Err(fault::client(format!(
                "Volume names must be unique: '{name}'."
            )));
        }
        check_kind(volume, name)?;
    }
    let at_launch = definition
        .volumes
        .iter()
        .flatten()
        .filter(|v| v.configured_at_launch == Some(true));
    if at_launch.count() > 1 {
        return Err(fault::client(
            "At most one volume can be configured at launch.",
        ));
    }
    for container in containers(definition) {
        for mount in container.mount_points.iter().flatten() {
            let volume = mount.source_volume.as_deref().unwrap_or_default();
            if !names.contains(volume) {
                return Err(fault::client(format!("Unknown volume '{volume}'.")));
            }
            if mount
                .container_path
                .as_deref()
                .unwrap_or_default()
                .is_empty()
            {
                return Err(fault::client(format!(
                    "Invalid setting for container '{}'. A mount point must have a containerPath.",
                    name(container)
                )));
            }
        }
    }
    Ok(())
}

fn check_kind(volume: &Volume, name: &str) -> Result<(), Fault> {
    let kinds = [
        volume.host.is_some(),
        volume.docker_volume_configuration.is_some(),
        volume.efs_volume_configuration.is_some(),
        volume
            .fsx_windows_file_server_volume_configuration
            .is_some(),
        volume.s3files_volume_configuration.is_some(),
        volume.configured_at_launch == Some(true),
    ];
    if kinds.iter().filter(|given| **given).count() > 1 {
        return Err(fault::client(format!(
            "Volume '{name}' must have only one kind of configuration."
        )));
    }
    match &volume.efs_volume_configuration {
        Some(efs) => check_efs(efs),
        None => Ok(()),
    }
}

fn check_efs(efs: &EFSVolumeConfiguration) -> Result<(), Fault> {
    let Some(authorization) = &efs.authorization_config else {
        return Ok(());
    };
    let access_point = authorization.access_point_id.is_some();
    let iam = authorization.iam.as_deref() == Some("ENABLED");
    if (access_point || iam) && efs.transit_encryption.as_deref() != Some("ENABLED") {
        return Err(fault::client(
            "Transit encryption must be ENABLED to use an EFS access point or IAM authorization.",
        ));
    }
    if access_point && !matches!(efs.root_directory.as_deref(), None | Some("" | "/")) {
        return Err(fault::client(
            "The root directory must be omitted or / when an EFS access point is used.",
        ));
    }
    Ok(())
}
