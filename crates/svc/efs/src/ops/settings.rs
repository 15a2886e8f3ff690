//! What a file system has of backups, lifecycle and replication, which is nothing: asked for, it says so; wanted, it is refused by
//! name.

use wharf_api_efs::{
    BackupPolicy, BackupPolicyDescription, DeleteReplicationConfigurationRequest,
    DescribeAccountPreferencesRequest, DescribeAccountPreferencesResponse,
    DescribeBackupPolicyRequest, DescribeLifecycleConfigurationRequest,
    DescribeReplicationConfigurationsRequest, DescribeReplicationConfigurationsResponse,
    LifecycleConfigurationDescription, PutBackupPolicyRequest, PutLifecycleConfigurationRequest,
    ResourceIdPreference,
};
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{core::Core, fault, names};

async fn there(core: &Core, call: &Call, given: Option<&str>) -> Result<String, Fault> {
    let place = Place::of(call);
    let id = names::id(&place, given);
    core.file_system(&place, &id).await?;
    Ok(id)
}

fn no_backup() -> BackupPolicyDescription {
    BackupPolicyDescription {
        backup_policy: Some(BackupPolicy {
            status: Some("DISABLED".to_owned()),
        }),
    }
}

pub async fn put_backup(
    core: &Core,
    call: &Call,
    input: PutBackupPolicyRequest,
) -> Result<BackupPolicyDescription, Fault> {
    there(core, call, input.file_system_id.as_deref()).await?;
    let status = input.backup_policy.and_then(|it| it.status);
    match status.as_deref() {
        Some("DISABLED" | "DISABLING") => Ok(no_backup()),
        _ => Err(fault::unsupported("Automatic backup (BackupPolicy)")),
    }
}

pub async fn describe_backup(
    core: &Core,
    call: &Call,
    input: DescribeBackupPolicyRequest,
) -> Result<BackupPolicyDescription, Fault> {
    there(core, call, input.file_system_id.as_deref()).await?;
    Ok(no_backup())
}

pub async fn put_lifecycle(
    core: &Core,
    call: &Call,
    input: PutLifecycleConfigurationRequest,
) -> Result<LifecycleConfigurationDescription, Fault> {
    there(core, call, input.file_system_id.as_deref()).await?;
    match input.lifecycle_policies.unwrap_or_default().is_empty() {
        true => Ok(no_lifecycle()),
        false => Err(fault::unsupported(
            "Another storage class (LifecyclePolicies)",
        )),
    }
}

pub async fn describe_lifecycle(
    core: &Core,
    call: &Call,
    input: DescribeLifecycleConfigurationRequest,
) -> Result<LifecycleConfigurationDescription, Fault> {
    there(core, call, input.file_system_id.as_deref()).await?;
    Ok(no_lifecycle())
}

fn no_lifecycle() -> LifecycleConfigurationDescription {
    LifecycleConfigurationDescription {
        lifecycle_policies: Some(Vec::new()),
    }
}

pub async fn describe_replication(
    core: &Core,
    call: &Call,
    input: DescribeReplicationConfigurationsRequest,
) -> Result<DescribeReplicationConfigurationsResponse, Fault> {
    match &input.file_system_id {
        Some(id) => {
            let id = there(core, call, Some(id)).await?;
            Err(fault::no_replication(&id))
        }
        None => Ok(DescribeReplicationConfigurationsResponse {
            replications: Some(Vec::new()),
            ..Default::default()
        }),
    }
}

pub async fn delete_replication(
    core: &Core,
    call: &Call,
    input: DeleteReplicationConfigurationRequest,
) -> Result<(), Fault> {
    let id = there(core, call, input.source_file_system_id.as_deref()).await?;
    Err(fault::no_replication(&id))
}

pub async fn describe_preferences(
    _: &Core,
    _: &Call,
    _: DescribeAccountPreferencesRequest,
) -> Result<DescribeAccountPreferencesResponse, Fault> {
    Ok(DescribeAccountPreferencesResponse {
        resource_id_preference: Some(ResourceIdPreference {
            resource_id_type: Some("LONG_ID".to_owned()),
            resources: Some(vec!["FILE_SYSTEM".to_owned(), "MOUNT_TARGET".to_owned()]),
        }),
        ..Default::default()
    })
}
