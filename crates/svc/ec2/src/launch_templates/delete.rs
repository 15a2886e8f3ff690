//! DeleteLaunchTemplate and DeleteLaunchTemplateVersions.
//!
//! A template may have more versions than a transaction can delete. So the template goes first, with a mark in its
//! place that says so, and its versions after it; whoever creates or deletes a template next removes those that a kill
//! left over.

use wharf_api_ec2::types::{
    DeleteLaunchTemplateRequest, DeleteLaunchTemplateResult, DeleteLaunchTemplateVersionsRequest,
    DeleteLaunchTemplateVersionsResponseErrorItem, DeleteLaunchTemplateVersionsResponseSuccessItem,
    DeleteLaunchTemplateVersionsResult, ResponseError,
};
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{LaunchTemplate, Named, TemplateVersion, find, name_pointer};
use crate::{Ec2Service, fault, records::Pointer};

/// Versions of one request, as in AWS.
const MAX_VERSIONS: usize = 200;
/// Versions of one transaction: each is a condition and two keys.
const CHUNK: usize = 40;
const GONE: &str = "launch-template-gone:";

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteLaunchTemplateRequest,
) -> Result<DeleteLaunchTemplateResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let named = Named {
        id: input.launch_template_id.as_deref(),
        name: input.launch_template_name.as_deref(),
    };
    let mut template = find(service, call, named).await?;
    let key = Ec2Service::key::<LaunchTemplate>(call, &template.id);
    transact!(service.table, &call.permit, |tx| {
        let found = tx.find::<LaunchTemplate>(&key).await?;
        template = found.ok_or_else(|| fault::launch_template_not_found(&template.id))?;
        tx.delete(&key);
        tx.delete(Ec2Service::key::<Pointer>(
            call,
            &name_pointer(&template.name),
        ));
        if let Some(token_id) = &template.token_id {
            tx.delete(Ec2Service::key::<Pointer>(call, token_id));
        }
        let gone = format!("{GONE}{}", template.id);
        tx.put(
            Ec2Service::key::<Pointer>(call, &gone),
            &Pointer::to(&template.id),
        );
    });
    sweep(service, call).await?;
    Ok(DeleteLaunchTemplateResult {
        launch_template: Some(template.to_wire()),
    })
}

/// Removes versions of templates that are gone.
pub async fn sweep(service: &Ec2Service, call: &Call) -> Result<(), Fault> {
    let scope = Ec2Service::scope(call);
    for (_, mark) in service.table.all::<Pointer>(&scope, GONE).await? {
        let of = TemplateVersion::ids_of(&mark.record.id);
        let left = service.table.all::<TemplateVersion>(&scope, &of).await?;
        for chunk in left.chunks(CHUNK) {
            let mut txn = Txn::new();
            for (_, version) in chunk {
                txn = txn.delete(&version.key);
                if let Some(token_id) = &version.record.token_id {
                    txn = txn.delete(Ec2Service::key::<Pointer>(call, token_id));
                }
            }
            service.commit(call, txn).await?;
        }
        service.commit(call, Txn::new().delete(&mark.key)).await?;
    }
    Ok(())
}

/// What became of a version.
type Deleted = Result<u64, (u64, &'static str, String)>;

pub async fn delete_versions(
    service: &Ec2Service,
    call: &Call,
    input: DeleteLaunchTemplateVersionsRequest,
) -> Result<DeleteLaunchTemplateVersionsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let named = Named {
        id: input.launch_template_id.as_deref(),
        name: input.launch_template_name.as_deref(),
    };
    let wanted = input.versions.unwrap_or_default();
    if wanted.len() > MAX_VERSIONS {
        return Err(fault::too_many_in_template(
            "versions in one request",
            MAX_VERSIONS,
        ));
    }
    let template = find(service, call, named).await?;
    let mut numbers = Vec::with_capacity(wanted.len());
    for version in &wanted {
        // Numbers alone: what an alias means may change meanwhile.
        if version.starts_with('$') {
            return Err(fault::malformed_template_version(version));
        }
        numbers.push(template.number(version)?);
    }
    numbers.sort_unstable();
    numbers.dedup();
    let mut done = Vec::with_capacity(numbers.len());
    for chunk in numbers.chunks(CHUNK) {
        done.extend(delete_chunk(service, call, &template.id, chunk).await?);
    }
    Ok(answer(&template, done))
}

async fn delete_chunk(
    service: &Ec2Service,
    call: &Call,
    id: &str,
    numbers: &[u64],
) -> Result<Vec<Deleted>, Fault> {
    let scope = Ec2Service::scope(call);
    let key = Ec2Service::key::<LaunchTemplate>(call, id);
    Ok(transact!(service.table, &call.permit, |tx| {
        let found = tx.find::<LaunchTemplate>(&key).await?;
        let mut template = found.ok_or_else(|| fault::launch_template_not_found(id))?;
        let all = TemplateVersion::ids_of(id);
        let all = service.table.all::<TemplateVersion>(&scope, &all).await?;
        let mut done: Vec<Deleted> = Vec::with_capacity(numbers.len());
        for number in numbers {
            let stored = all.iter().find(|(_, it)| it.record.number == *number);
            match stored {
                _ if *number == template.default_version => done.push(Err((
                    *number,
                    "unexpectedError",
                    "You cannot delete the default version of a launch template.".to_owned(),
                ))),
                None => done.push(Err((
                    *number,
                    "launchTemplateVersionDoesNotExist",
                    format!("The specified launch template version, {number}, does not exist."),
                ))),
                Some((_, stored)) => {
                    tx.when(stored.unchanged());
                    tx.delete(&stored.key);
                    if let Some(token_id) = &stored.record.token_id {
                        tx.delete(Ec2Service::key::<Pointer>(call, token_id));
                    }
                    done.push(Ok(*number));
                }
            }
        }
        let stays = |it: &u64| !done.contains(&Ok(*it));
        let left = all.iter().map(|(_, it)| it.record.number).filter(stays);
        template.latest_version = left.max().unwrap_or(template.default_version);
        if done.iter().any(Result::is_ok) {
            tx.put(&key, &template);
        }
        done
    }))
}

fn answer(template: &LaunchTemplate, done: Vec<Deleted>) -> DeleteLaunchTemplateVersionsResult {
    let (mut deleted, mut kept) = (Vec::new(), Vec::new());
    let (id, name) = (Some(template.id.clone()), Some(template.name.clone()));
    for one in done {
        match one {
            Ok(number) => deleted.push(DeleteLaunchTemplateVersionsResponseSuccessItem {
                launch_template_id: id.clone(),
                launch_template_name: name.clone(),
                version_number: i64::try_from(number).ok(),
            }),
            Err((number, code, message)) => {
                kept.push(DeleteLaunchTemplateVersionsResponseErrorItem {
                    launch_template_id: id.clone(),
                    launch_template_name: name.clone(),
                    version_number: i64::try_from(number).ok(),
                    response_error: Some(ResponseError {
                        code: Some(code.to_owned()),
                        message: Some(message),
                    }),
                });
            }
        }
    }
    DeleteLaunchTemplateVersionsResult {
        successfully_deleted_launch_template_versions: Some(deleted),
        unsuccessfully_deleted_launch_template_versions: Some(kept),
    }
}
