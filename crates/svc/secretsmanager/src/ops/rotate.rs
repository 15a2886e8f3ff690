//! RotateSecret and CancelRotateSecret.

use std::collections::BTreeMap;

use wharf_api_secretsmanager::{
    CancelRotateSecretRequest, CancelRotateSecretResponse, ExternalSecretRotationMetadataItem,
    RotateSecretRequest, RotateSecretResponse, schema::SERVICE,
};
use wharf_base::{Arn, ids};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Check, Fault};

use crate::{
    core::{Core, Found, again},
    fault,
    names::PRINCIPAL,
    rotation::{self, PARAMETERS, Rotation, Rules},
    versions,
};

pub async fn rotate_secret(
    core: &Core,
    call: &Call,
    input: RotateSecretRequest,
) -> Result<RotateSecretResponse, Fault> {
    let found = core
        .find(&Place::of(call), input.secret_id.as_deref())
        .await?;
    let found = found.primary()?.usable()?.own()?;
    let arn = found.arn();
    let rules = input.rotation_rules.map(Rules::given).transpose()?;
    let parameters = (input.external_secret_rotation_metadata)
        .map(parameters)
        .transpose()?;
    let by = input.rotation_lambda_arn.filter(|it| !it.is_empty());
    let only_tests = input.rotate_immediately == Some(false);
    let version = input.client_request_token.unwrap_or_else(ids::uuid);
    let role = input.external_secret_rotation_role_arn;
    if let Some(role) = &role
        && let Some(operations) = core.operations.get()
    {
        let assumed = operations.may_assume(role, PRINCIPAL, &arn).await;
        assumed.map_err(|_| fault::no_role(role))?;
    }
    let relies_on_kept = role.is_none() && (by.is_some() || parameters.is_some());
    let kept = match relies_on_kept {
        true => {
            let given = (by.as_deref(), parameters.as_ref());
            Some(may_pass_kept(core, call, &found, given).await?)
        }
        false => None,
    };
    let is_running = transact!(core.table, &call.permit, |tx| {
        let mut secret = again(&mut tx, &found).await?;
        let before = secret.rotation.clone();
        let by = by.clone().or(before.as_ref().map(|it| it.by.clone()));
        let rotation = Rotation {
            enabled: true,
            by: by.ok_or_else(fault::no_rotation)?,
            role: role
                .clone()
                .or(before.as_ref().and_then(|it| it.role.clone())),
            parameters: match (&parameters, &before) {
                (Some(given), _) => given.clone(),
                (None, before) => before
                    .as_ref()
                    .map_or_else(BTreeMap::new, |it| it.parameters.clone()),
            },
            rules: match (&rules, &before) {
                (Some(given), _) => given.clone(),
                (None, before) => before
                    .as_ref()
                    .map_or_else(Rules::default, |it| it.rules.clone()),
            },
            last_at: before.as_ref().and_then(|it| it.last_at),
            next_at: None,
            turn: None,
        };
        check(&rotation)?;
        if let Some(kept) = &kept
            && rotation.by.starts_with("arn:")
        {
            let is_as_before = before.as_ref().is_some_and(|it| starts_same(it, &rotation));
            if rotation.role != kept.role || !(kept.may_be_passed || is_as_before) {
                // Another role or task came meanwhile, which the caller was not asked about.
                return Err(core.table.conflict(&found.stored.key).into());
            }
        }
        // What runs is tried at once, as it was asked for: nothing of this request is kept, which is refused.
        let turn = secret.rotation.as_mut().and_then(|it| it.turn.as_mut());
        let is_running = match turn {
            Some(turn) => {
                rotation::again(turn, call.now);
                true
            }
            None => false,
        };
        if !is_running {
            let is_new = !secret.versions.contains_key(&version);
            secret.rotation = Some(Rotation {
                next_at: rotation.rules.next(call.now),
                ..rotation
            });
            if !is_new && !only_tests && !versions::is(&secret, &version, versions::PENDING) {
                return Err(fault::version_exists());
            }
            rotation::begin(&mut secret, &version, only_tests, call.now)?;
        }
        tx.put(&found.stored.key, &secret);
        is_running
    });
    if is_running {
        return Err(fault::request(
            "A previous rotation isn't complete. That rotation will be reattempted.",
        ));
    }
    Ok(RotateSecretResponse {
        arn: Some(arn),
        name: Some(found.name),
        version_id: (!only_tests).then_some(version),
    })
}

/// What a rotation of before leaves to the one that follows it.
struct Kept {
    role: Option<String>,
    /// The caller may have the role start something else.
    may_be_passed: bool,
}

/// Whether the same is started, and the same way.
fn starts_same(before: &Rotation, after: &Rotation) -> bool {
    before.by == after.by && before.parameters == after.parameters
}

/// Whoever changes what is started with the role that a secret has already needs to be allowed to pass it, as whoever named it did.
/// Who names once more what is there, as tools do with each change of a schedule, changes nothing.
async fn may_pass_kept(
    core: &Core,
    call: &Call,
    found: &Found,
    (by, parameters): (Option<&str>, Option<&BTreeMap<String, String>>),
) -> Result<Kept, Fault> {
    let rotation = found.secret().rotation.as_ref();
    let starts_task = |it: &&Rotation| by.unwrap_or(&it.by).starts_with("arn:");
    let Some(before) = rotation.filter(starts_task) else {
        return Ok(Kept {
            role: None,
            may_be_passed: true,
        });
    };
    let role = before.role.clone();
    let is_as_before =
        by.is_none_or(|it| it == before.by) && parameters.is_none_or(|it| *it == before.parameters);
    if !is_as_before && let Some(role) = &role {
        let passed = [Check::pass_role(role, PRINCIPAL).associated_with(found.arn())];
        core.parts.dispatcher.admit(&SERVICE, call, &passed).await?;
    }
    Ok(Kept {
        role,
        may_be_passed: !is_as_before,
    })
}

pub async fn cancel_rotate_secret(
    core: &Core,
    call: &Call,
    input: CancelRotateSecretRequest,
) -> Result<CancelRotateSecretResponse, Fault> {
    let found = core
        .find(&Place::of(call), input.secret_id.as_deref())
        .await?;
    let found = found.primary()?.usable()?.own()?;
    let turn = transact!(core.table, &call.permit, |tx| {
        let mut secret = again(&mut tx, &found).await?;
        let rotation = secret.rotation.as_mut().filter(|it| it.enabled);
        let rotation = rotation.ok_or_else(fault::not_rotated)?;
        rotation.enabled = false;
        rotation.next_at = None;
        let turn = rotation.turn.take();
        tx.put(&found.stored.key, &secret);
        turn
    });
    Ok(CancelRotateSecretResponse {
        arn: Some(found.arn()),
        name: Some(found.name),
        version_id: turn.filter(|it| !it.only_tests).map(|it| it.version),
    })
}

fn parameters(
    given: Vec<ExternalSecretRotationMetadataItem>,
) -> Result<BTreeMap<String, String>, Fault> {
    let mut all = BTreeMap::new();
    for item in given {
        let (key, value) = (item.key.unwrap_or_default(), item.value.unwrap_or_default());
        if !PARAMETERS.contains(&key.as_str()) {
            return Err(fault::unsupported(&format!(
                "ExternalSecretRotationMetadata {key}"
            )));
        }
        all.insert(key, value);
    }
    Ok(all)
}

/// Refuses what could not be carried out.
fn check(rotation: &Rotation) -> Result<(), Fault> {
    let by = rotation.by.as_str();
    if by.starts_with("http://") || by.starts_with("https://") {
        return match by.parse::<http::Uri>() {
            Ok(uri) if uri.host().is_some() => Ok(()),
            _ => Err(fault::parameter(format!("{by} is no address."))),
        };
    }
    let arn: Option<Arn> = by.parse().ok();
    let is_task = |it: &Arn| it.service == "ecs" && it.resource.starts_with("task-definition/");
    if !arn.as_ref().is_some_and(is_task) {
        return Err(fault::parameter(
            "RotationLambdaARN is the ARN of a task definition or the address of an HTTP endpoint: this version of wharf has no Lambda functions.",
        ));
    }
    if rotation.role.is_none() {
        return Err(fault::parameter(
            "ExternalSecretRotationRoleArn names the role that may start the task.",
        ));
    }
    match rotation.parameters.contains_key("container") {
        true => Ok(()),
        false => Err(fault::parameter(
            "ExternalSecretRotationMetadata names the container that is told what to rotate, as `container`.",
        )),
    }
}
