//! DescribeVolumes.

use wharf_api_ec2::types::{DescribeVolumesRequest, DescribeVolumesResult};
use wharf_wire::{Call, Fault};

use super::{Volume, roots::roots};
use crate::{
    Ec2Service, fault,
    filter::{Asked, Names},
    page::{LEAST, check_ids, check_size},
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

/// Volumes of a page. Who asks for more gets this many.
const MAX_PAGE: i32 = 500;

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeVolumesRequest,
) -> Result<DescribeVolumesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    check_ids(input.volume_ids.as_deref(), input.max_results, "volumeSet")?;
    check_size(input.max_results, &(LEAST..=i32::MAX))?;
    let asked = Asked {
        ids: input.volume_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results.map(|it| it.min(MAX_PAGE)),
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
