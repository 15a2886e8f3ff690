//! GetAccountSetting and PutAccountSetting.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use crate::{
    catalog::{Catalog, Registry, Setting},
    error::EcrError,
};

pub(crate) async fn get(
    catalog: &Catalog,
    call: &Call,
    input: GetAccountSettingRequest,
) -> Result<GetAccountSettingResponse, EcrError> {
    let registry = Registry::new(&call.account, &call.region);
    let setting = Setting::named(&input.name.unwrap_or_default())?;
    Ok(GetAccountSettingResponse {
        name: Some(setting.name().to_owned()),
        value: Some(catalog.setting(&registry, setting).await?),
    })
}

pub(crate) async fn put(
    catalog: &Catalog,
    call: &Call,
    input: PutAccountSettingRequest,
) -> Result<PutAccountSettingResponse, EcrError> {
    let registry = Registry::new(&call.account, &call.region);
    let setting = Setting::named(&input.name.unwrap_or_default())?;
    let value = input.value.unwrap_or_default();
    catalog
        .put_setting(&call.permit, &registry, setting, &value)
        .await?;
    Ok(PutAccountSettingResponse {
        name: Some(setting.name().to_owned()),
        value: Some(value),
    })
}
