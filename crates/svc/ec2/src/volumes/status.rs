//! DescribeVolumeStatus: whether the bytes of a volume can be had.

use wharf_api_ec2::types::{
    DescribeVolumeStatusRequest, DescribeVolumeStatusResult, VolumeStatusDetails, VolumeStatusInfo,
    VolumeStatusItem,
};
use wharf_wire::{Call, Fault};

use super::{Volume, roots::roots};
use crate::{
    Ec2Service, fault,
    filter::{Asked, Fields, Names},
    page::{LEAST, check_ids, check_size},
};

const STATUSES: Names = Names {
    tagged: false,
    known: &[
        "availability-zone",
        "operator.managed",
        "operator.principal",
        "volume-status.details-name",
        "volume-status.details-status",
        "volume-status.status",
    ],
};

/// Volumes of a page. Who asks for more gets this many.
const MAX_PAGE: i32 = 1000;

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeVolumeStatusRequest,
) -> Result<DescribeVolumeStatusResult, Fault> {
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
    let selected = service.select_with(call, asked, &STATUSES, roots, fields);
    let (found, next_token) = selected.await?;
    Ok(DescribeVolumeStatusResult {
        next_token,
        volume_statuses: Some(found.iter().map(item).collect()),
    })
}

/// As EBS words them: status, and that of whether reading and writing is possible.
fn words(volume: &Volume) -> (&'static str, &'static str) {
    match volume.life.lost {
        None => ("ok", "passed"),
        Some(_) => ("impaired", "failed"),
    }
}

fn fields(volume: &Volume) -> Fields {
    let (status, enabled) = words(volume);
    let known = [
        "availability-zone",
        "operator.managed",
        "operator.principal",
    ];
    let mut fields: Fields = volume.fields();
    fields.retain(|(name, _)| known.contains(name));
    fields.extend([
        ("volume-status.details-name", vec!["io-enabled".to_owned()]),
        ("volume-status.details-status", vec![enabled.to_owned()]),
        ("volume-status.status", vec![status.to_owned()]),
    ]);
    fields
}

fn item(volume: &Volume) -> VolumeStatusItem {
    let (status, enabled) = words(volume);
    VolumeStatusItem {
        actions: Some(Vec::new()),
        availability_zone: Some(volume.zone.clone()),
        events: Some(Vec::new()),
        volume_id: Some(volume.id.clone()),
        volume_status: Some(VolumeStatusInfo {
            details: Some(vec![VolumeStatusDetails {
                name: Some("io-enabled".to_owned()),
                status: Some(enabled.to_owned()),
            }]),
            status: Some(status.to_owned()),
        }),
        ..VolumeStatusItem::default()
    }
}
