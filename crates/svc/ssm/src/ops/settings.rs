//! GetServiceSetting, UpdateServiceSetting and ResetServiceSetting.

use wharf_api_ssm::{
    GetServiceSettingRequest, GetServiceSettingResult, ResetServiceSettingRequest,
    ResetServiceSettingResult, UpdateServiceSettingRequest, UpdateServiceSettingResult,
};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::{Core, setting_key},
    records::Setting,
    settings::{check, known, shown},
};

pub async fn get(
    core: &Core,
    call: &Call,
    input: GetServiceSettingRequest,
) -> Result<GetServiceSettingResult, Fault> {
    let place = Place::of(call);
    let known = known(&place, input.setting_id.as_deref().unwrap_or_default())?;
    let set = core.setting(&place, known.path).await?;
    Ok(GetServiceSettingResult {
        service_setting: Some(shown(&place, known, set.as_ref())),
    })
}

pub async fn update(
    core: &Core,
    call: &Call,
    input: UpdateServiceSettingRequest,
) -> Result<UpdateServiceSettingResult, Fault> {
    let place = Place::of(call);
    let known = known(&place, input.setting_id.as_deref().unwrap_or_default())?;
    let value = input.setting_value.unwrap_or_default();
    check(known, &value)?;
    let setting = Setting {
        value,
        modified_at: call.now,
        modified_by: call.caller.arn.clone(),
        unknown: Default::default(),
    };
    transact!(core.table, &call.permit, |tx| {
        tx.put(setting_key(&place, known.path), &setting);
    });
    Ok(UpdateServiceSettingResult::default())
}

pub async fn reset(
    core: &Core,
    call: &Call,
    input: ResetServiceSettingRequest,
) -> Result<ResetServiceSettingResult, Fault> {
    let place = Place::of(call);
    let known = known(&place, input.setting_id.as_deref().unwrap_or_default())?;
    transact!(core.table, &call.permit, |tx| {
        tx.delete(setting_key(&place, known.path));
    });
    Ok(ResetServiceSettingResult {
        service_setting: Some(shown(&place, known, None)),
    })
}
