//! DeleteParameter and DeleteParameters.

use wharf_api_ssm::{
    DeleteParameterRequest, DeleteParameterResult, DeleteParametersRequest, DeleteParametersResult,
};
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{
    core::{ChangeError, Core},
    names::{self, key_name},
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
    for _ in 0..wharf_service::MAX_TRIES {
        let Some(stored) = core.look(&place, key_name(name)).await? else {
            return Ok(false);
        };
        match core.remove(&call.permit, &place, &stored, None).await {
            Err(error) if error.is_conflict() => {}
            done => return done.map(|()| true),
        }
    }
    Err(core
        .table
        .conflict(crate::core::key(&place, key_name(name))))
}
