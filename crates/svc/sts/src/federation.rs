//! GetFederationToken.

use wharf_api_sts::types::*;
use wharf_base::arn::PARTITION;
use wharf_service::tags;
use wharf_svc_iam::Federation;
use wharf_wire::{Call, Check, Fault};

use crate::{
    StsService, credentials, fault, invalid, is_name, policy_arns, required, seen, session_tags,
};

/// The user that it is for, with tags if there are any.
pub(crate) fn checks(account: &str, input: &GetFederationTokenRequest) -> Vec<Check> {
    let name = input.name.as_deref().unwrap_or_default();
    let arn = format!("arn:{PARTITION}:sts::{account}:federated-user/{name}");
    let given = || {
        let tags = input.tags.iter().flatten();
        tags.map(|tag| (tag.key.as_deref(), tag.value.as_deref()))
    };
    let check = |action: &str| tags::requested(Check::new(action, &arn), given());
    let mut checks = vec![check("sts:GetFederationToken")];
    if given().next().is_some() {
        checks.push(check("sts:TagSession"));
    }
    checks
}

pub(crate) async fn get(
    sts: &StsService,
    call: &Call,
    input: GetFederationTokenRequest,
) -> Result<GetFederationTokenResponse, Fault> {
    let name = required(input.name, "name")?;
    if !((2..=32).contains(&name.len()) && is_name(&name)) {
        return Err(invalid("name", &name));
    }
    let wanted = Federation {
        name,
        duration_seconds: input.duration_seconds,
        policy: input.policy,
        policy_arns: policy_arns(input.policy_arns)?,
        tags: session_tags(input.tags)?,
    };
    let minted = sts.directory.federation_token(call.context(), wanted).await;
    let minted = minted.map_err(fault)?;
    Ok(GetFederationTokenResponse {
        federated_user: Some(FederatedUser {
            federated_user_id: Some(minted.user_id.clone()),
            arn: Some(seen(call, &minted.arn)),
        }),
        packed_policy_size: minted.packed_percent,
        credentials: Some(credentials(minted)),
        ..GetFederationTokenResponse::default()
    })
}
