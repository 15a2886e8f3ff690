//! ModifyVolume, and DescribeVolumesModifications.

use wharf_api_ec2::types::{
    DescribeVolumesModificationsRequest, DescribeVolumesModificationsResult, ModifyVolumeRequest,
    ModifyVolumeResult,
};
use wharf_wire::{Call, Fault};

use super::{
    Volume, check_id, check_manages,
    kinds::{self, Asked},
    modification::{Modification, NotNow},
    refuse_root,
    roots::is_root,
};
use crate::{
    Ec2Service, fault,
    filter::{self, Names},
};

pub async fn modify(
    service: &Ec2Service,
    call: &Call,
    input: ModifyVolumeRequest,
) -> Result<ModifyVolumeResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = check_id(input.volume_id.as_deref())?;
    let kind = input.volume_type.as_deref().filter(|it| !it.is_empty());
    if (kind, input.size, input.iops, input.throughput) == (None, None, None, None) {
        return Err(fault::nothing_to_modify());
    }
    refuse_root(service, call, id, "ModifyVolume").await?;
    let decide = |volume: &mut Volume| {
        check_manages(call, volume)?;
        let before = volume.sized();
        let target = kinds::changed(
            before,
            Asked {
                kind,
                gib: input.size.unwrap_or(before.gib.cast_signed()),
                iops: input.iops,
                throughput: input.throughput,
            },
        )?;
        match volume.life.state() {
            "available" | "in-use" => {}
            state => {
                return Err(fault::volume_state(
                    id,
                    &format!("is in the '{state}' state"),
                ));
            }
        }
        let begun = volume.modify(target, call.now);
        let begun = begun.map_err(|why| match why {
            NotNow::TooSoon => fault::modified_too_often(),
            NotNow::Pending => fault::volume_being_modified(id, "MODIFYING"),
        })?;
        Ok(volume.modification_to_wire(&begun))
    };
    Ok(ModifyVolumeResult {
        volume_modification: Some(service.change(call, id, decide).await?),
    })
}

const MODIFICATIONS: Names = Names {
    tagged: false,
    known: &[
        "modification-state",
        "operator.managed",
        "operator.principal",
        "original-iops",
        "original-size",
        "original-volume-type",
        "originalMultiAttachEnabled",
        "start-time",
        "target-iops",
        "target-size",
        "target-volume-type",
        "targetMultiAttachEnabled",
        "volume-id",
    ],
};

/// The last one of each volume that ever had one.
pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeVolumesModificationsRequest,
) -> Result<DescribeVolumesModificationsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    for id in input.volume_ids.iter().flatten() {
        let id = check_id(Some(id))?;
        if is_root(service, call, id).await? {
            return Err(fault::modification_not_found(id));
        }
        let volume: Volume = service.get(call, id).await?;
        if volume.modification.is_none() {
            return Err(fault::modification_not_found(id));
        }
    }
    let asked = filter::Asked {
        ids: input.volume_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let selected = service.select_some(
        call,
        asked,
        &MODIFICATIONS,
        |it: &Volume| it.modification.is_some(),
        Volume::modification_fields,
    );
    let (found, next_token) = selected.await?;
    let shown = |it: &Volume| {
        let last: Option<&Modification> = it.modification.as_ref();
        last.map(|last| it.modification_to_wire(last))
    };
    Ok(DescribeVolumesModificationsResult {
        next_token,
        volumes_modifications: Some(found.iter().filter_map(shown).collect()),
    })
}
