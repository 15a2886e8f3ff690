//! DescribeVolumes.

use wharf_api_ec2::types::{DescribeVolumesRequest, DescribeVolumesResult};
use wharf_wire::{Call, Fault};

use super::{Volume, roots::roots};
use crate::{
    Ec2Service, fault,
    filter::{Asked, Names},
};

const VOLUMES: Names = Names {
    tagged: true,
    known: &[
        "attachment.attach-time",
        "attachment.delete-on-termination",
        "attachment.device",
        "attachment.instance-id",
        "attachment.status",
        "availability-zone",
        "create-time",
        "encrypted",
        "fast-restored",
        "multi-attach-enabled",
        "operator.managed",
        "operator.principal",
        "size",
        "snapshot-id",
        "status",
        "volume-id",
        "volume-type",
    ],
};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeVolumesRequest,
) -> Result<DescribeVolumesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let asked = Asked {
        ids: input.volume_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let roots = roots(service, call, asked.ids.as_deref()).await?;
    let selected = service
        .select_with(call, asked, &VOLUMES, roots, Volume::fields)
        .await?;
    let (found, next_token) = selected;
    Ok(DescribeVolumesResult {
        next_token,
        volumes: Some(found.iter().map(|it| it.to_wire(call)).collect()),
    })
}
