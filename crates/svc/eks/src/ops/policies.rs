//! Access policies: ListAccessPolicies, AssociateAccessPolicy, DisassociateAccessPolicy, ListAssociatedAccessPolicies.

use wharf_api_eks::{
    AccessPolicy, AccessScope, AssociateAccessPolicyRequest, AssociateAccessPolicyResponse,
    DisassociateAccessPolicyRequest, DisassociateAccessPolicyResponse, ListAccessPoliciesRequest,
    ListAccessPoliciesResponse, ListAssociatedAccessPoliciesRequest,
    ListAssociatedAccessPoliciesResponse, faults::resource_not_found_exception,
};
use wharf_base::arn;
use wharf_kube_auth::{
    access_policies::{ALL, Policy},
    mapping,
};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::entries::{cluster, principal};
use crate::{
    core::Core,
    describe, fault, names,
    records::{AccessEntry, Association},
};

/// Namespaces of one association.
const MOST_NAMESPACES: usize = 100;

/// In EKS' words.
pub(super) fn unknown() -> Fault {
    resource_not_found_exception("The specified policyArn could not be found.")
}

pub async fn list(
    core: &Core,
    call: &Call,
    input: ListAccessPoliciesRequest,
) -> Result<ListAccessPoliciesResponse, Fault> {
    let arns = ALL.into_iter().map(Policy::arn).collect();
    let at = (input.next_token.as_deref(), input.max_results);
    let (arns, next_token) = core.page(call, ("eks/ListAccessPolicies", &[]), arns, at)?;
    let found = arns.iter().filter_map(|it| Policy::of_arn(it));
    let policies = found.map(|it| AccessPolicy {
        name: Some(it.name().to_owned()),
        arn: Some(it.arn()),
    });
    Ok(ListAccessPoliciesResponse {
        access_policies: Some(policies.collect()),
        next_token,
    })
}

/// The namespaces of a scope; nothing: the whole cluster.
fn namespaces(scope: Option<AccessScope>) -> Result<Option<Vec<String>>, Fault> {
    let scope = scope.unwrap_or_default();
    let given = scope.namespaces.unwrap_or_default();
    match scope.type_.as_deref() {
        Some("cluster") if given.is_empty() => Ok(None),
        Some("cluster") => Err(fault::invalid(
            "Namespaces cannot be specified for an access scope of type cluster",
        )),
        Some("namespace") if given.is_empty() => Err(fault::invalid(
            "At least one namespace must be specified for an access scope of type namespace",
        )),
        Some("namespace") if given.len() > MOST_NAMESPACES => Err(fault::invalid(format!(
            "At most {MOST_NAMESPACES} namespaces can be specified for an access scope"
        ))),
        Some("namespace") => Ok(Some(given)),
        _ => Err(fault::invalid(
            "The type of an access scope is cluster or namespace",
        )),
    }
}

pub async fn associate(
    core: &Core,
    call: &Call,
    input: AssociateAccessPolicyRequest,
) -> Result<AssociateAccessPolicyResponse, Fault> {
    let place = Place::of(call);
    let cluster = cluster(core, &place, input.cluster_name.as_deref()).await?;
    let policy = input.policy_arn.unwrap_or_default();
    if Policy::of_arn(&policy).is_none() {
        return Err(unknown());
    }
    let namespaces = namespaces(input.access_scope)?;
    let principal = principal(input.principal_arn);
    let key = names::entry_key(&place, &cluster.id, &principal);
    let association = transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<AccessEntry>(&key).await?;
        let mut entry = found.ok_or_else(|| fault::no_entry(&principal))?;
        if entry.entry_type != mapping::STANDARD {
            return Err(fault::not_standard());
        }
        let now = core.now();
        let before = entry.policies.get(&policy);
        let association = Association {
            namespaces: namespaces.clone(),
            associated_at: before.map_or(now, |it| it.associated_at),
            modified_at: now,
        };
        entry.policies.insert(policy.clone(), association.clone());
        tx.put(&key, &entry);
        association
    });
    Ok(AssociateAccessPolicyResponse {
        cluster_name: Some(cluster.name),
        principal_arn: Some(arn::as_seen_from(&place.region, &principal).into_owned()),
        associated_access_policy: Some(describe::association(&policy, &association)),
    })
}

pub async fn disassociate(
    core: &Core,
    call: &Call,
    input: DisassociateAccessPolicyRequest,
) -> Result<DisassociateAccessPolicyResponse, Fault> {
    let place = Place::of(call);
    let cluster = cluster(core, &place, input.cluster_name.as_deref()).await?;
    let policy = input.policy_arn.unwrap_or_default();
    let principal = principal(input.principal_arn);
    let key = names::entry_key(&place, &cluster.id, &principal);
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<AccessEntry>(&key).await?;
        let mut entry = found.ok_or_else(|| fault::no_entry(&principal))?;
        if entry.policies.remove(&policy).is_none() {
            return Err(resource_not_found_exception(
                "The specified policyArn is not associated with the access entry.",
            ));
        }
        tx.put(&key, &entry);
    });
    Ok(DisassociateAccessPolicyResponse {})
}

pub async fn associated(
    core: &Core,
    call: &Call,
    input: ListAssociatedAccessPoliciesRequest,
) -> Result<ListAssociatedAccessPoliciesResponse, Fault> {
    let place = Place::of(call);
    let cluster = cluster(core, &place, input.cluster_name.as_deref()).await?;
    let principal = principal(input.principal_arn);
    let entry = core.entry(&place, &cluster, &principal).await?.record;
    let all = entry.policies.keys().cloned().collect();
    let list = (
        "eks/ListAssociatedAccessPolicies",
        &[entry.uuid.as_str()][..],
    );
    let at = (input.next_token.as_deref(), input.max_results);
    let (arns, next_token) = core.page(call, list, all, at)?;
    let shown = arns
        .iter()
        .filter_map(|it| Some(describe::association(it, entry.policies.get(it)?)));
    Ok(ListAssociatedAccessPoliciesResponse {
        associated_access_policies: Some(shown.collect()),
        cluster_name: Some(cluster.name),
        next_token,
        principal_arn: Some(arn::as_seen_from(&place.region, &principal).into_owned()),
    })
}
