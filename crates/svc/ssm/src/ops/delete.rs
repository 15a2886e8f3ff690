//! DeleteParameter and DeleteParameters.

use wharf_api_ssm::{
    DeleteParameterRequest, DeleteParameterResult, DeleteParametersRequest, DeleteParametersResult,
};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::{ChangeError, Core},
    names::{self, key_name},
    records::Parameter,
};

pub async fn delete_parameter(
    core: &Core,
    call: &Call,
    input: DeleteParameterRequest,
) -> Result<DeleteParameterResult, Fault> {
    let name = names::plain(input.name.as_deref().unwrap_or_default())?;
    match delete(core, call, name).await? {
        true => Ok(DeleteParameterResult::default()),
        false => Err(crate::fault::not_found()),
    }
}

pub async fn delete_parameters(
    core: &Core,
    call: &Call,
    input: DeleteParametersRequest,
) -> Result<DeleteParametersResult, Fault> {
    let names = input.names.unwrap_or_default();
    for name in &names {
        names::plain(name)?;
    }
    let (mut deleted, mut invalid) = (Vec::new(), Vec::new());
    for name in names {
        match delete(core, call, &name).await? {
            true => deleted.push(name),
            false => invalid.push(name),
        }
    }
    Ok(DeleteParametersResult {
        deleted_parameters: Some(deleted),
        invalid_parameters: Some(invalid),
    })
}

/// Deletes a parameter with all its versions; `false` if there is none.
async fn delete(core: &Core, call: &Call, name: &str) -> Result<bool, ChangeError> {
    let place = Place::of(call);
    let key = crate::core::key(&place, key_name(name));
    let is_deleted = transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Parameter>(&key).await?;
        let found = found.filter(|it| !it.is_expired(core.now()));
        if let Some(parameter) = &found {
            crate::core::delete(&mut tx, &place, &key, parameter);
        }
        found.is_some()
    });
    Ok(is_deleted)
}
