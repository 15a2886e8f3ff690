//! AssumeRoleWithWebIdentity: for pods, pipelines and others that have a token and no keys.

use wharf_api_sts::types::*;
use wharf_svc_iam::AssumeRole;
use wharf_wire::{Call, Fault};

use crate::{
    StsService, credentials, fault, policy_arns, required, seen, session_name, validation,
};

pub(crate) async fn assume(
    sts: &StsService,
    call: &Call,
    input: AssumeRoleWithWebIdentityRequest,
) -> Result<AssumeRoleWithWebIdentityResponse, Fault> {
    let token = required(input.web_identity_token, "webIdentityToken")?;
    // Tokens of OAuth 2.0, which Facebook and Amazon gave once, are named by it.
    if input.provider_id.is_some() {
        return Err(validation(
            "The provider ID is for OAuth 2.0 access tokens, which are not supported. Send an OpenID \
             Connect ID token without it.",
        ));
    }
    let wanted = AssumeRole {
        role_arn: required(input.role_arn, "roleArn")?,
        session_name: session_name(input.role_session_name)?,
        duration_seconds: input.duration_seconds,
        policy: input.policy,
        policy_arns: policy_arns(input.policy_arns)?,
        unchecked: sts.unchecked,
        ..AssumeRole::default()
    };
    let assumed = sts
        .directory
        .assume_with_web_identity(call.context(), wanted, &token, &sts.keys)
        .await
        .map_err(fault)?;
    let minted = assumed.minted;
    Ok(AssumeRoleWithWebIdentityResponse {
        subject_from_web_identity_token: Some(assumed.subject),
        audience: Some(assumed.audience),
        provider: Some(seen(call, &assumed.provider_arn)),
        assumed_role_user: Some(AssumedRoleUser {
            assumed_role_id: Some(minted.user_id.clone()),
            arn: Some(seen(call, &minted.arn)),
        }),
        packed_policy_size: minted.packed_percent,
        source_identity: minted.source_identity.clone(),
        credentials: Some(credentials(minted)),
        ..AssumeRoleWithWebIdentityResponse::default()
    })
}
