//! AssumeRoleWithSAML: for people whom a directory vouches for.

use wharf_api_sts::types::*;
use wharf_svc_iam::AssumeRole;
use wharf_wire::{Call, Fault};

use crate::{StsService, credentials, fault, policy_arns, required, seen};

pub(crate) async fn assume(
    sts: &StsService,
    call: &Call,
    input: AssumeRoleWithSAMLRequest,
) -> Result<AssumeRoleWithSAMLResponse, Fault> {
    let response = required(input.saml_assertion, "sAMLAssertion")?;
    let provider = required(input.principal_arn, "principalArn")?;
    let wanted = AssumeRole {
        role_arn: required(input.role_arn, "roleArn")?,
        duration_seconds: input.duration_seconds,
        policy: input.policy,
        policy_arns: policy_arns(input.policy_arns)?,
        unchecked: sts.unchecked,
        ..AssumeRole::default()
    };
    let assumed = sts
        .directory
        .assume_with_saml(call.context(), wanted, &provider, &response)
        .await
        .map_err(fault)?;
    let minted = assumed.minted;
    Ok(AssumeRoleWithSAMLResponse {
        assumed_role_user: Some(AssumedRoleUser {
            assumed_role_id: Some(minted.user_id.clone()),
            arn: Some(seen(call, &minted.arn)),
        }),
        packed_policy_size: minted.packed_percent,
        subject: Some(assumed.subject),
        subject_type: Some(assumed.subject_type),
        issuer: Some(assumed.issuer),
        audience: Some(assumed.audience),
        name_qualifier: Some(assumed.name_qualifier),
        source_identity: minted.source_identity.clone(),
        credentials: Some(credentials(minted)),
        ..AssumeRoleWithSAMLResponse::default()
    })
}
