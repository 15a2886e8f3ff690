//! CreateLaunchTemplate and CreateLaunchTemplateVersion.

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokio::sync::MutexGuard;
use wharf_api_ec2::types::{
    CreateLaunchTemplateRequest, CreateLaunchTemplateResult, CreateLaunchTemplateVersionRequest,
    CreateLaunchTemplateVersionResult, RequestLaunchTemplateData, ValidationError,
    ValidationWarning,
};
use wharf_base::ids;
use wharf_records::{Record, Unknown};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use super::{
    LaunchTemplate, LaunchTemplateData, Named, TemplateVersion, delete::sweep, find, name_pointer,
    opened, purpose, version_of,
};
use crate::{Ec2Service, fault, images::alias, records::Pointer, table::client_token, tags};

/// Of an account in a region, as in AWS.
const MAX_TEMPLATES: usize = 5_000;
/// Of all templates together.
const MAX_VERSIONS: usize = 10_000;
/// That all versions take in the store, which is in memory.
const MAX_BYTES: usize = 64 << 20;
/// Fewer versions than these, of the longest there are, cannot take all of it: nobody adds up their lengths.
const NOT_ADDED_UP: usize = 1_000;
const MAX_DESCRIPTION: usize = 255;

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateLaunchTemplateRequest,
) -> Result<CreateLaunchTemplateResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let token = client_token(input.client_token.as_deref())?;
    let token_id = token.map(|token| format!("launch-template-token:{token}"));
    let name = input.launch_template_name.unwrap_or_default();
    check_name(&name)?;
    let specifications = input.tag_specifications.as_deref();
    let tags = tags::specified(call, specifications, LaunchTemplate::KIND)?;
    let data = data(call, input.launch_template_data)?;
    data.check_size()?;
    let user_data = &data.user_data;
    let asked = (&name, &input.version_description, &data, user_data, &tags);
    let template = LaunchTemplate {
        request: token.map(|_| digest(&asked)).transpose()?,
        id: ids::ec2_id("lt"),
        name,
        created_at: call.now,
        created_by: call.caller.arn.clone(),
        default_version: 1,
        latest_version: 1,
        last_number: 1,
        token_id,
        tags,
        unknown: Unknown::new(),
    };
    let version = version(service, call, &template, input.version_description, &data)?;
    if let Some(made) = made_before(service, call, &template, &data).await? {
        return Ok(answer(&made));
    }
    sweep(service, call).await?;
    let _turn = counting(service, call).await;
    room_for_template(service, call).await?;
    room_for_version(service, call).await?;
    let key = Ec2Service::key::<Pointer>(call, &name_pointer(&template.name));
    transact!(service.table, &call.permit, |tx| {
        // Another call with the same token may have been faster.
        if let Some(made) = made_before(service, call, &template, &data).await? {
            return Ok(answer(&made));
        }
        if tx.find::<Pointer>(&key).await?.is_some() {
            return Err(fault::template_exists());
        }
        if let Some(token_id) = &template.token_id {
            let key = Ec2Service::key::<Pointer>(call, token_id);
            tx.find::<Pointer>(&key).await?;
            tx.put(key, &Pointer::to(&template.id));
        }
        tx.put(&key, &Pointer::to(&template.id));
        tx.put(
            Ec2Service::key::<LaunchTemplate>(call, &template.id),
            &template,
        );
        tx.put(
            Ec2Service::key::<TemplateVersion>(call, &version.id()),
            &version,
        );
    });
    Ok(answer(&template))
}

fn answer(template: &LaunchTemplate) -> CreateLaunchTemplateResult {
    CreateLaunchTemplateResult {
        launch_template: Some(template.to_wire()),
        warning: None,
    }
}

/// What the client token made before, which must have been the same.
async fn made_before(
    service: &Ec2Service,
    call: &Call,
    wanted: &LaunchTemplate,
    data: &LaunchTemplateData,
) -> Result<Option<LaunchTemplate>, Fault> {
    let Some(token_id) = &wanted.token_id else {
        return Ok(None);
    };
    let Some(pointer) = service.find::<Pointer>(call, token_id).await? else {
        return Ok(None);
    };
    let Some(made) = service.find::<LaunchTemplate>(call, &pointer.id).await? else {
        return Ok(None);
    };
    if made.request.is_some() {
        return match made.request == wanted.request {
            true => Ok(Some(made)),
            false => Err(fault::token_reused()),
        };
    }
    // The first version is gone if somebody deleted it; nothing says then that it was another.
    let id = TemplateVersion::id_of(&made.id, 1);
    let same = match service.find::<TemplateVersion>(call, &id).await? {
        Some(first) => opened(service, call, &first)? == *data,
        None => true,
    };
    match same && made.name == wanted.name {
        true => Ok(Some(made)),
        false => Err(fault::token_reused()),
    }
}

pub async fn create_version(
    service: &Ec2Service,
    call: &Call,
    input: CreateLaunchTemplateVersionRequest,
) -> Result<CreateLaunchTemplateVersionResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let token = client_token(input.client_token.as_deref())?;
    let named = Named {
        id: input.launch_template_id.as_deref(),
        name: input.launch_template_name.as_deref(),
    };
    let mut template = find(service, call, named).await?;
    let own = data(call, input.launch_template_data)?;
    let source = input.source_version.filter(|it| !it.is_empty());
    let token_id = token.map(|it| format!("launch-template-version-token:{}:{it}", template.id));
    let _turn = counting(service, call).await;
    // What is made already needs no room.
    let made = match &token_id {
        Some(token_id) => service.find::<Pointer>(call, token_id).await?,
        None => None,
    };
    if made.is_none() {
        room_for_version(service, call).await?;
    }
    let description = input.version_description;
    let request = digest(&(&description, &own, &own.user_data, &source))?;
    let key = Ec2Service::key::<LaunchTemplate>(call, &template.id);
    let (version, data) = transact!(service.table, &call.permit, |tx| {
        let found = tx.find::<LaunchTemplate>(&key).await?;
        template = found.ok_or_else(|| fault::launch_template_not_found(&template.id))?;
        if let Some(token_id) = &token_id {
            let pointer = Ec2Service::key::<Pointer>(call, token_id);
            if let Some(made) = tx.find::<Pointer>(&pointer).await? {
                let made = service.find::<TemplateVersion>(call, &made.id).await?;
                let made = made.ok_or_else(fault::token_reused)?;
                let before = opened(service, call, &made)?;
                let same = match &made.request {
                    Some(before) => *before == request,
                    None => {
                        let data = over_source(service, call, &template, &own, &source).await?;
                        before == data && made.description == description
                    }
                };
                if !same {
                    return Err(fault::token_reused());
                }
                let of = (&template, &made, before);
                return Ok(version_answer(service, call, of, input.resolve_alias).await);
            }
        }
        // Nobody moves an alias or deletes a version without rewriting the template.
        let data = over_source(service, call, &template, &own, &source).await?;
        data.check_size()?;
        template.last_number += 1;
        template.latest_version = template.last_number;
        let version = TemplateVersion {
            request: token_id.is_some().then(|| request.clone()),
            token_id: token_id.clone(),
            ..version(service, call, &template, description.clone(), &data)?
        };
        if let Some(token_id) = &token_id {
            let pointer = Ec2Service::key::<Pointer>(call, token_id);
            tx.put(pointer, &Pointer::to(&version.id()));
        }
        tx.put(&key, &template);
        tx.put(
            Ec2Service::key::<TemplateVersion>(call, &version.id()),
            &version,
        );
        (version, data)
    });
    let of = (&template, &version, data);
    Ok(version_answer(service, call, of, input.resolve_alias).await)
}

/// What a request says, over the version that it starts from.
async fn over_source(
    service: &Ec2Service,
    call: &Call,
    template: &LaunchTemplate,
    own: &LaunchTemplateData,
    source: &Option<String>,
) -> Result<LaunchTemplateData, Fault> {
    let Some(source) = source else {
        return Ok(own.clone());
    };
    let source = version_of(service, call, template, template.number(source)?).await?;
    Ok(own.clone().over(opened(service, call, &source)?))
}

/// Of what a request asks for.
fn digest(asked: &impl Serialize) -> Result<String, Fault> {
    let asked = serde_json::to_vec(asked).map_err(fault::internal)?;
    Ok(hex::encode(Sha256::digest(asked)))
}

/// The version is made, whatever becomes of its image's alias.
async fn version_answer(
    service: &Ec2Service,
    call: &Call,
    (template, version, mut data): (&LaunchTemplate, &TemplateVersion, LaunchTemplateData),
    resolves: Option<bool>,
) -> CreateLaunchTemplateVersionResult {
    let resolved = match resolves {
        Some(true) => alias::show(service, call, &mut data.image_id).await,
        _ => Ok(()),
    };
    let warning = |fault: Fault| ValidationWarning {
        errors: Some(vec![ValidationError {
            code: Some(fault.code.to_string()),
            message: Some(fault.message),
        }]),
    };
    CreateLaunchTemplateVersionResult {
        launch_template_version: Some(version.to_wire(template, &data)),
        warning: resolved.err().map(warning),
    }
}

fn data(
    call: &Call,
    given: Option<RequestLaunchTemplateData>,
) -> Result<LaunchTemplateData, Fault> {
    let given = given.ok_or_else(|| fault::missing_parameter("LaunchTemplateData"))?;
    LaunchTemplateData::from_wire(call, given)
}

/// The latest version of a template, as it is about to be written.
fn version(
    service: &Ec2Service,
    call: &Call,
    template: &LaunchTemplate,
    description: Option<String>,
    data: &LaunchTemplateData,
) -> Result<TemplateVersion, Fault> {
    if description
        .as_ref()
        .is_some_and(|it| it.chars().count() > MAX_DESCRIPTION)
    {
        return Err(fault::bad_value(format!(
            "The version description must be at most {MAX_DESCRIPTION} characters."
        )));
    }
    let mut version = TemplateVersion {
        template_id: template.id.clone(),
        number: template.latest_version,
        description,
        created_at: call.now,
        created_by: call.caller.arn.clone(),
        data: data.clone(),
        user_data: None,
        token_id: None,
        request: None,
        unknown: Unknown::new(),
    };
    let purpose = purpose(&Ec2Service::scope(call), &version.id());
    let seal = |text: &String| service.keyring.seal(text.as_bytes(), &purpose);
    version.user_data = data.user_data.as_ref().map(seal);
    version.data.user_data = None;
    Ok(version)
}

/// Templates and their versions of an account are counted and made one after the other.
async fn counting<'a>(service: &'a Ec2Service, call: &Call) -> MutexGuard<'a, ()> {
    let of = (&call.account, LaunchTemplate::KIND);
    service.counting.take(of).await
}

async fn room_for_template(service: &Ec2Service, call: &Call) -> Result<(), Fault> {
    let prefix = Ec2Service::scope(call).prefix(LaunchTemplate::KIND);
    match service.table.count(&prefix).await? < MAX_TEMPLATES {
        true => Ok(()),
        false => Err(fault::too_many_templates(MAX_TEMPLATES)),
    }
}

async fn room_for_version(service: &Ec2Service, call: &Call) -> Result<(), Fault> {
    let prefix = Ec2Service::scope(call).prefix(TemplateVersion::KIND);
    let count = service.table.count(&prefix).await?;
    if count >= MAX_VERSIONS {
        return Err(fault::too_many_templates(MAX_VERSIONS));
    }
    if count < NOT_ADDED_UP {
        return Ok(());
    }
    let entries = service.table.entries(&prefix).await?;
    let bytes: usize = entries.iter().map(|it| it.value.len()).sum();
    match bytes < MAX_BYTES {
        true => Ok(()),
        false => Err(fault::templates_too_long(MAX_BYTES)),
    }
}

fn check_name(name: &str) -> Result<(), Fault> {
    let known = |it: u8| it.is_ascii_alphanumeric() || b"()./-_".contains(&it);
    match (3..=128).contains(&name.len()) && name.bytes().all(known) {
        true => Ok(()),
        false => Err(fault::malformed_template_name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, fits) in [
            ("web", true),
            ("(a).b-c/d_1", true),
            (&"x".repeat(128), true),
            ("ab", false),
            ("", false),
            ("with space", false),
            ("ümlaut", false),
            (&"x".repeat(129), false),
        ] {
            assert_eq!(check_name(name).is_ok(), fits, "{name}");
        }
    }
}
