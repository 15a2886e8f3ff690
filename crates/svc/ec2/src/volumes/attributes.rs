//! DescribeVolumeAttribute and ModifyVolumeAttribute.

use wharf_api_ec2::types::{
    AttributeBooleanValue, DescribeVolumeAttributeRequest, DescribeVolumeAttributeResult,
    ModifyVolumeAttributeRequest,
};
use wharf_wire::{Call, Fault};

use super::{
    Volume, check_id, check_manages,
    roots::{self, is_root},
};
use crate::{Ec2Service, fault, records::OfRoot};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeVolumeAttributeRequest,
) -> Result<DescribeVolumeAttributeResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = check_id(input.volume_id.as_deref())?;
    let volume = match roots::find(service, call, id).await? {
        Some(root) => root,
        None => service.get::<Volume>(call, id).await?,
    };
    let mut shown = DescribeVolumeAttributeResult {
        volume_id: Some(id.to_owned()),
        ..DescribeVolumeAttributeResult::default()
    };
    match input.attribute.as_deref().unwrap_or_default() {
        "" => return Err(fault::missing_parameter("attribute")),
        "autoEnableIO" => {
            shown.auto_enable_io = Some(AttributeBooleanValue {
                value: Some(volume.auto_enable_io),
            });
        }
        // Nothing is sold here.
        "productCodes" => shown.product_codes = Some(Vec::new()),
        other => return Err(fault::bad_volume_attribute(other)),
    }
    Ok(shown)
}

pub async fn modify(
    service: &Ec2Service,
    call: &Call,
    input: ModifyVolumeAttributeRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = check_id(input.volume_id.as_deref())?;
    let value = input.auto_enable_io.and_then(|it| it.value);
    let value = value.ok_or_else(|| fault::missing_parameter("autoEnableIO"))?;
    if is_root(service, call, id).await? {
        let set = |root: &mut OfRoot| {
            root.auto_enable_io = value;
            Ok(())
        };
        return roots::change(service, call, id, set).await;
    }
    let set = |volume: &mut Volume| {
        check_manages(call, volume)?;
        volume.auto_enable_io = value;
        Ok(())
    };
    service.change(call, id, set).await
}
