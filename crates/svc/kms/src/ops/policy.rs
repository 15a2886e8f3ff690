//! GetKeyPolicy, PutKeyPolicy and ListKeyPolicies.

use wharf_api_kms::{
    GetKeyPolicyRequest, GetKeyPolicyResponse, ListKeyPoliciesRequest, ListKeyPoliciesResponse,
    PutKeyPolicyRequest, faults,
};
use wharf_service::{Pages, Place, principals};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    describe,
    fault::KmsFaults,
    policy::{self, NAME},
};

/// A key has one policy, and it has one name.
fn check_name(given: Option<&str>) -> Result<(), Fault> {
    match given {
        None | Some(NAME) => Ok(()),
        Some(_) => Err(faults::not_found_exception("No such policy exists")),
    }
}

pub async fn get_key_policy(
    core: &Core,
    call: &Call,
    input: GetKeyPolicyRequest,
) -> Result<GetKeyPolicyResponse, Fault> {
    let place = Place::of(call);
    let found = core.find_by_id(&place, input.key_id.as_deref()).await?;
    check_name(input.policy_name.as_deref())?;
    let shown = principals::shown::<KmsFaults>(call, found.key().policy.clone()).await?;
    Ok(GetKeyPolicyResponse {
        policy: Some(shown),
        policy_name: Some(NAME.to_owned()),
    })
}

pub async fn put_key_policy(
    core: &Core,
    call: &Call,
    input: PutKeyPolicyRequest,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let found = core.find_by_id(&place, input.key_id.as_deref()).await?;
    check_name(input.policy_name.as_deref())?;
    let text = input.policy.unwrap_or_default();
    policy::check(&text)?;
    if !input.bypass_policy_lockout_safety_check.unwrap_or_default() {
        policy::keeps_access(&text, &found.arn(), call)?;
    }
    let text = super::create::bound(call, text).await?;
    core.change(call, &found, |key| {
        key.policy.clone_from(&text);
        Ok(())
    })
    .await
}

pub async fn list_key_policies(
    core: &Core,
    call: &Call,
    input: ListKeyPoliciesRequest,
) -> Result<ListKeyPoliciesResponse, Fault> {
    let place = Place::of(call);
    let found = core.find_by_id(&place, input.key_id.as_deref()).await?;
    describe::page_size(input.limit, 100, 1000)?;
    let keyring = &core.parts.keyring;
    let pages = Pages::<KmsFaults>::new(keyring, call, "kms/ListKeyPolicies", &found.id);
    pages.after(input.marker.as_deref())?;
    Ok(ListKeyPoliciesResponse {
        policy_names: Some(vec![NAME.to_owned()]),
        next_marker: None,
        truncated: Some(false),
    })
}
