//! LabelParameterVersion and UnlabelParameterVersion.

use wharf_api_ssm::{
    LabelParameterVersionRequest, LabelParameterVersionResult, UnlabelParameterVersionRequest,
    UnlabelParameterVersionResult,
};
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    describe::number,
    names::{self, key_name},
    versions,
};

pub async fn label(
    core: &Core,
    call: &Call,
    input: LabelParameterVersionRequest,
) -> Result<LabelParameterVersionResult, Fault> {
    let name = names::plain(input.name.as_deref().unwrap_or_default())?;
    let labels = input.labels.unwrap_or_default();
    let (version, invalid) = core
        .change(call, &Place::of(call), key_name(name), |parameter| {
            versions::attach(parameter, input.parameter_version, &labels)
        })
        .await?;
    Ok(LabelParameterVersionResult {
        invalid_labels: Some(invalid),
        parameter_version: Some(number(version)),
    })
}

pub async fn unlabel(
    core: &Core,
    call: &Call,
    input: UnlabelParameterVersionRequest,
) -> Result<UnlabelParameterVersionResult, Fault> {
    let name = names::plain(input.name.as_deref().unwrap_or_default())?;
    let labels = input.labels.unwrap_or_default();
    let version = input.parameter_version.unwrap_or_default();
    let (removed, invalid) = core
        .change(call, &Place::of(call), key_name(name), |parameter| {
            versions::detach(parameter, version, &labels)
        })
        .await?;
    Ok(UnlabelParameterVersionResult {
        removed_labels: Some(removed),
        invalid_labels: Some(invalid),
    })
}
