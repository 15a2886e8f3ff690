//! DescribeMountTargets, DeleteMountTarget, DescribeMountTargetSecurityGroups and ModifyMountTargetSecurityGroups.

use wharf_api_efs::{
    DeleteMountTargetRequest, DescribeMountTargetSecurityGroupsRequest,
    DescribeMountTargetSecurityGroupsResponse, DescribeMountTargetsRequest,
    DescribeMountTargetsResponse, ModifyMountTargetSecurityGroupsRequest,
};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{core::Core, describe, fault, names, network, records::MountTarget};

const PAGE: usize = 100;
const MOST_GROUPS: usize = 5;

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeMountTargetsRequest,
) -> Result<DescribeMountTargetsResponse, Fault> {
    let place = Place::of(call);
    let given = [
        input.file_system_id.as_deref(),
        input.mount_target_id.as_deref(),
        input.access_point_id.as_deref(),
    ];
    if given.iter().flatten().count() != 1 {
        return Err(fault::bad_request(
            "Exactly one of FileSystemId, MountTargetId and AccessPointId must be given.",
        ));
    }
    let found = match &input.mount_target_id {
        Some(id) => vec![(id.clone(), core.mount_target(&place, id).await?)],
        None => {
            let of = match &input.access_point_id {
                Some(point) => {
                    let point = names::id(&place, Some(point));
                    core.access_point(&place, &point).await?.file_system
                }
                None => names::id(&place, input.file_system_id.as_deref()),
            };
            let file_system = core.file_system(&place, &of).await?;
            let mut found = Vec::new();
            for id in file_system.mount_targets.keys() {
                match core.mount_target(&place, id).await {
                    Ok(target) => found.push((id.clone(), target)),
                    // It went after the file system was read.
                    Err(fault) if fault.status == 404 => {}
                    Err(fault) => return Err(fault),
                }
            }
            found
        }
    };
    let pages = core.pages(call, "efs/DescribeMountTargets", &given);
    let size = input.max_items.and_then(|it| usize::try_from(it).ok());
    let page = pages.page(input.marker.as_deref(), size.unwrap_or(PAGE).min(1000))?;
    let (shown, next_marker) = page.cut(found, |(id, _)| id);
    let mount_targets = shown
        .iter()
        .map(|(id, record)| describe::mount_target(&place, id, record));
    Ok(DescribeMountTargetsResponse {
        marker: input.marker,
        mount_targets: Some(mount_targets.collect()),
        next_marker,
    })
}

pub async fn delete(
    core: &Core,
    call: &Call,
    input: DeleteMountTargetRequest,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let id = input.mount_target_id.unwrap_or_default();
    let key = names::mount_target_key(&place, &id);
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<MountTarget>(&key).await?;
        let mut record = found.ok_or_else(|| fault::no_mount_target(&id))?;
        record.deleting = true;
        record.available = false;
        tx.put(&key, &record);
    });
    Ok(())
}

pub async fn groups(
    core: &Core,
    call: &Call,
    input: DescribeMountTargetSecurityGroupsRequest,
) -> Result<DescribeMountTargetSecurityGroupsResponse, Fault> {
    let id = input.mount_target_id.unwrap_or_default();
    let record = core.mount_target(&Place::of(call), &id).await?;
    Ok(DescribeMountTargetSecurityGroupsResponse {
        security_groups: Some(record.groups),
    })
}

pub async fn modify_groups(
    core: &Core,
    call: &Call,
    input: ModifyMountTargetSecurityGroupsRequest,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let id = input.mount_target_id.unwrap_or_default();
    let record = core.mount_target(&place, &id).await?;
    let interface = record.interface.filter(|_| !record.deleting);
    let interface = interface.ok_or_else(|| fault::mount_target_state(&id))?;
    let groups =
        network::groups(core, call, &record.vpc, input.security_groups, MOST_GROUPS).await?;
    network::set_groups(core, &place, &interface.id, &groups).await?;
    let key = names::mount_target_key(&place, &id);
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<MountTarget>(&key).await?;
        let mut record = found.ok_or_else(|| fault::no_mount_target(&id))?;
        record.groups.clone_from(&groups);
        tx.put(&key, &record);
    });
    Ok(())
}
