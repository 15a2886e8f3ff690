//! PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy and ValidateResourcePolicy.

use wharf_api_secretsmanager::{
    DeleteResourcePolicyRequest, DeleteResourcePolicyResponse, GetResourcePolicyRequest,
    GetResourcePolicyResponse, PutResourcePolicyRequest, PutResourcePolicyResponse,
    ValidateResourcePolicyRequest, ValidateResourcePolicyResponse, ValidationErrorsEntry, faults,
};
use wharf_service::{Place, principals};
use wharf_wire::{Call, Fault};

use crate::{
    core::{Core, Found},
    fault::SecretFaults,
    policy,
};

pub async fn put_resource_policy(
    core: &Core,
    call: &Call,
    input: PutResourcePolicyRequest,
) -> Result<PutResourcePolicyResponse, Fault> {
    let text = input.resource_policy.unwrap_or_default();
    let parsed = policy::parse(&text)?;
    if input.block_public_policy.unwrap_or_default() && policy::is_public(&parsed) {
        return Err(faults::public_policy_exception(
            "You can't attach a policy that allows broad access to your secret.",
        ));
    }
    let found = core
        .find(&Place::of(call), input.secret_id.as_deref())
        .await?;
    let found = found.primary()?.usable()?;
    let text = principals::bound(call, text).await;
    let text = text.map_err(|it| it.fault::<SecretFaults>(|_| policy::nobody()))?;
    set(core, call, &found, Some(text)).await?;
    Ok(PutResourcePolicyResponse {
        arn: Some(found.arn()),
        name: Some(found.name),
        policy_name: None,
    })
}

pub async fn delete_resource_policy(
    core: &Core,
    call: &Call,
    input: DeleteResourcePolicyRequest,
) -> Result<DeleteResourcePolicyResponse, Fault> {
    let found = core
        .find(&Place::of(call), input.secret_id.as_deref())
        .await?;
    let found = found.primary()?.usable()?;
    set(core, call, &found, None).await?;
    Ok(DeleteResourcePolicyResponse {
        arn: Some(found.arn()),
        name: Some(found.name),
        policy_name: None,
    })
}

async fn set(core: &Core, call: &Call, found: &Found, policy: Option<String>) -> Result<(), Fault> {
    core.change(call, found, |secret| {
        secret.policy.clone_from(&policy);
        Ok(())
    })
    .await
}

pub async fn get_resource_policy(
    core: &Core,
    call: &Call,
    input: GetResourcePolicyRequest,
) -> Result<GetResourcePolicyResponse, Fault> {
    let found = core
        .find(&Place::of(call), input.secret_id.as_deref())
        .await?;
    let found = found.usable()?;
    let shown = match found.secret().policy.clone() {
        Some(policy) => Some(principals::shown::<SecretFaults>(call, policy).await?),
        None => None,
    };
    Ok(GetResourcePolicyResponse {
        arn: Some(found.arn()),
        resource_policy: shown,
        name: Some(found.name),
        policy_name: None,
    })
}

pub async fn validate_resource_policy(
    core: &Core,
    call: &Call,
    input: ValidateResourcePolicyRequest,
) -> Result<ValidateResourcePolicyResponse, Fault> {
    if input.secret_id.is_some() {
        core.find(&Place::of(call), input.secret_id.as_deref())
            .await?;
    }
    let text = input.resource_policy.unwrap_or_default();
    let mut errors = Vec::new();
    let mut fails = |check: &str, message: String| {
        errors.push(ValidationErrorsEntry {
            check_name: Some(check.to_owned()),
            error_message: Some(message),
        });
    };
    match policy::parse(&text) {
        Err(fault) => fails("POLICY_SYNTAX", fault.message),
        Ok(parsed) if policy::is_public(&parsed) => fails(
            "PUBLIC_POLICY",
            "The policy allows broad access to the secret.".to_owned(),
        ),
        Ok(_) => {}
    }
    Ok(ValidateResourcePolicyResponse {
        policy_validation_passed: Some(errors.is_empty()),
        validation_errors: Some(errors),
    })
}
