//! GetParameter and GetParameters.

use wharf_api_ssm::{
    GetParameterRequest, GetParameterResult, GetParametersRequest, GetParametersResult, Parameter,
};
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    describe::shown,
    fault,
    names::{self, Asked, Target},
    public, reference, versions,
};

pub async fn get_parameter(
    core: &Core,
    call: &Call,
    input: GetParameterRequest,
) -> Result<GetParameterResult, Fault> {
    let asked = names::asked(&Place::of(call), input.name.as_deref().unwrap_or_default())?;
    let decrypt = input.with_decryption.unwrap_or_default();
    Ok(GetParameterResult {
        parameter: Some(read(core, call, &asked, decrypt).await?),
    })
}

pub async fn get_parameters(
    core: &Core,
    call: &Call,
    input: GetParametersRequest,
) -> Result<GetParametersResult, Fault> {
    let place = Place::of(call);
    let decrypt = input.with_decryption.unwrap_or_default();
    let names = input.names.unwrap_or_default();
    let asked: Result<Vec<Asked>, Fault> =
        names.iter().map(|it| names::asked(&place, it)).collect();
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for (name, asked) in names.into_iter().zip(asked?) {
        match read(core, call, &asked, decrypt).await {
            Ok(parameter) => found.push(parameter),
            Err(fault) if is_missing(&fault) => missing.push(name),
            Err(fault) => return Err(fault),
        }
    }
    Ok(GetParametersResult {
        parameters: Some(found),
        invalid_parameters: Some(missing),
    })
}

fn is_missing(fault: &Fault) -> bool {
    ["ParameterNotFound", "ParameterVersionNotFound"].contains(&fault.code.as_ref())
}

async fn read(core: &Core, call: &Call, asked: &Asked, decrypt: bool) -> Result<Parameter, Fault> {
    let selector = asked.selector.as_deref();
    let mut parameter = match &asked.target {
        Target::Own(key_name) => own(core, call, key_name, selector, decrypt).await?,
        Target::Public(name) => of_aws(core, call, name, selector)?,
        Target::Secret(id) => return reference::read(core, call, id, selector, decrypt).await,
        Target::Elsewhere => return Err(fault::not_found()),
    };
    if let Some(name) = &asked.shown {
        parameter.name = Some(name.clone());
    }
    parameter.selector = selector.map(|it| format!(":{it}"));
    Ok(parameter)
}

async fn own(
    core: &Core,
    call: &Call,
    key_name: &str,
    selector: Option<&str>,
    decrypt: bool,
) -> Result<Parameter, Fault> {
    let place = Place::of(call);
    let found = core.find(&place, key_name).await?.record;
    let number = versions::find(&found, selector)?;
    let version = core.version(&place, &found, number).await?;
    let value = core.value(call, &found, number, &version, decrypt).await?;
    Ok(shown(&place, &found.name, &version.meta, number, value))
}

fn of_aws(
    core: &Core,
    call: &Call,
    name: &str,
    selector: Option<&str>,
) -> Result<Parameter, Fault> {
    let value = core.public.value(&call.region, name);
    let value = value.ok_or_else(fault::not_found)?;
    if let Some(selector) = selector.filter(|it| *it != public::VERSION.to_string()) {
        return Err(fault::no_version(name, selector));
    }
    let meta = core.public.meta();
    Ok(shown(&Place::of(call), name, &meta, public::VERSION, value))
}
