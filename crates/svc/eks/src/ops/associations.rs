//! Pod Identity associations: CreatePodIdentityAssociation, DescribePodIdentityAssociation, ListPodIdentityAssociations,
//! UpdatePodIdentityAssociation, DeletePodIdentityAssociation.

use std::collections::BTreeMap;

use wharf_api_eks::{
    CreatePodIdentityAssociationRequest, CreatePodIdentityAssociationResponse,
    DeletePodIdentityAssociationRequest, DeletePodIdentityAssociationResponse,
    DescribePodIdentityAssociationRequest, DescribePodIdentityAssociationResponse,
    ListPodIdentityAssociationsRequest, ListPodIdentityAssociationsResponse,
    UpdatePodIdentityAssociationRequest, UpdatePodIdentityAssociationResponse,
};
use wharf_base::{Arn, arn, ids};
use wharf_iam::{Document, DocumentKind};
use wharf_kube_model::names::{dns_label, dns_subdomain};
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use crate::{
    addons::roles,
    core::Core,
    fault, names,
    pod_identity::{Association, count_one_more},
    records::{Cluster, Status},
    tags,
};

/// One of a cluster, by its id.
pub async fn find(
    core: &Core,
    place: &Place,
    (cluster, id): (Option<&str>, Option<&str>),
) -> Result<(Cluster, Stored<Association>), Fault> {
    let name = cluster.unwrap_or_default();
    let id = id.unwrap_or_default();
    let cluster = core.cluster(place, name).await?.record;
    let all = core.below::<Association>(place, &cluster.id).await?;
    let found = all.into_iter().find(|it| it.record.id == id);
    let found = found.ok_or_else(|| fault::no_association(id))?;
    Ok((cluster, found))
}

pub async fn create(
    core: &Core,
    call: &Call,
    input: CreatePodIdentityAssociationRequest,
) -> Result<CreatePodIdentityAssociationResponse, Fault> {
    let place = Place::of(call);
    let name = input.cluster_name.clone().unwrap_or_default();
    let cluster = core.cluster(&place, &name).await?.record;
    let wanted = wanted(core, &place, &cluster, input)?;
    let account = (wanted.namespace.as_str(), wanted.service_account.as_str());
    let key = names::association_key(&place, &cluster.id, account);
    if core.table.read::<Association>(&key).await?.is_none() {
        check_role(core, &wanted.role).await?;
    }
    let own = names::cluster_key(&place, &cluster.name);
    let made = transact!(core.table, &call.permit, |tx| {
        let standing = tx.find::<Cluster>(&own).await?;
        let standing = standing.filter(|it| it.id == cluster.id && it.status != Status::Deleting);
        let mut standing = standing.ok_or_else(|| fault::no_cluster(&cluster.name))?;
        match tx.find::<Association>(&key).await? {
            Some(there) if there.token.is_some() && there.token == wanted.token => there,
            Some(there) => return Err(fault::association_exists(&there.id)),
            None => {
                count_one_more(&mut standing)?;
                tx.put(&own, &standing);
                tx.put(&key, &wanted);
                wanted.clone()
            }
        }
    });
    Ok(CreatePodIdentityAssociationResponse {
        association: Some(made.described(&place)),
    })
}

fn wanted(
    core: &Core,
    place: &Place,
    cluster: &Cluster,
    input: CreatePodIdentityAssociationRequest,
) -> Result<Association, Fault> {
    let namespace = input.namespace.unwrap_or_default();
    let service_account = input.service_account.unwrap_or_default();
    check_name("namespace", &namespace, dns_label)?;
    check_name("service account", &service_account, dns_subdomain)?;
    let now = core.now();
    let wanted = Association {
        id: ids::association(),
        cluster: cluster.name.clone(),
        namespace,
        service_account,
        role: own_role(place, &input.role_arn.unwrap_or_default())?,
        target: target(input.target_role_arn)?,
        untagged: input.disable_session_tags.unwrap_or_default(),
        policy: policy(input.policy)?,
        owner: None,
        created_at: now,
        modified_at: now,
        token: input.client_request_token,
        tags: tags::given(input.tags)?,
        unknown: Default::default(),
    };
    check_together(&wanted)?;
    Ok(wanted)
}

fn check_name(what: &str, name: &str, check: fn(&str) -> Vec<String>) -> Result<(), Fault> {
    match check(name).into_iter().next() {
        Some(why) => Err(fault::invalid(format!(
            "The {what} name {name} is invalid: {why}"
        ))),
        None => Ok(()),
    }
}

/// Of the cluster's account: only such are passed to a service.
///
/// # Errors
/// It is none.
pub fn own_role(place: &Place, given: &str) -> Result<String, Fault> {
    let role = arn::canonical(given).into_owned();
    match names::is_role_of(&role, place) {
        true => Ok(role),
        false => Err(fault::invalid(format!(
            "The role {given} is not the ARN of a role of this account."
        ))),
    }
}

/// It is there. Whether it trusts pods is asked when one of them asks.
async fn check_role(core: &Core, role: &str) -> Result<(), Fault> {
    let id = core.parts.principals.id(role).await;
    match id.map_err(fault::lookup)? {
        Some(_) => Ok(()),
        None => Err(fault::no_role_of_pods()),
    }
}

/// Of any account; an empty text is none.
fn target(given: Option<String>) -> Result<Option<String>, Fault> {
    let Some(given) = given.filter(|it| !it.is_empty()) else {
        return Ok(None);
    };
    let role = arn::canonical(&given).into_owned();
    let parsed = role.parse::<Arn>().ok();
    let is_role = parsed.is_some_and(|it| it.service == "iam" && it.resource.starts_with("role/"));
    match is_role {
        true => Ok(Some(role)),
        false => Err(fault::invalid(format!(
            "The target role {given} is not the ARN of a role."
        ))),
    }
}

/// As STS takes it with a session; an empty text is none.
fn policy(given: Option<String>) -> Result<Option<String>, Fault> {
    let Some(given) = given.filter(|it| !it.is_empty()) else {
        return Ok(None);
    };
    match Document::parse(&given, DocumentKind::Session) {
        Ok(_) => Ok(Some(given)),
        Err(error) => Err(fault::invalid(format!("The policy is not valid: {error}"))),
    }
}

/// Policy and tags of a session share the room that it has, so EKS takes a policy without them alone.
fn check_together(it: &Association) -> Result<(), Fault> {
    match it.policy.is_some() && !it.untagged {
        true => Err(fault::invalid(
            "A policy can be specified only when disableSessionTags is true.",
        )),
        false => Ok(()),
    }
}

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribePodIdentityAssociationRequest,
) -> Result<DescribePodIdentityAssociationResponse, Fault> {
    let place = Place::of(call);
    let named = (
        input.cluster_name.as_deref(),
        input.association_id.as_deref(),
    );
    let (_, found) = find(core, &place, named).await?;
    Ok(DescribePodIdentityAssociationResponse {
        association: Some(found.record.described(&place)),
    })
}

pub async fn list(
    core: &Core,
    call: &Call,
    input: ListPodIdentityAssociationsRequest,
) -> Result<ListPodIdentityAssociationsResponse, Fault> {
    let place = Place::of(call);
    let name = input.cluster_name.unwrap_or_default();
    let cluster = core.cluster(&place, &name).await?.record;
    let namespace = input.namespace.unwrap_or_default();
    let account = input.service_account.unwrap_or_default();
    let all = core.below::<Association>(&place, &cluster.id).await?;
    let all = all.into_iter().map(|it| it.record).filter(|it| {
        (namespace.is_empty() || it.namespace == namespace)
            && (account.is_empty() || it.service_account == account)
    });
    let all: BTreeMap<String, Association> = all.map(|it| (it.id.clone(), it)).collect();
    let selection = [cluster.id.as_str(), &namespace, &account];
    let list = ("eks/ListPodIdentityAssociations", &selection[..]);
    let at = (input.next_token.as_deref(), input.max_results);
    let (ids, next_token) = core.page(call, list, all.keys().cloned().collect(), at)?;
    let shown = ids.iter().filter_map(|it| all.get(it));
    Ok(ListPodIdentityAssociationsResponse {
        associations: Some(shown.map(|it| it.summary(&place)).collect()),
        next_token,
    })
}

pub async fn update(
    core: &Core,
    call: &Call,
    input: UpdatePodIdentityAssociationRequest,
) -> Result<UpdatePodIdentityAssociationResponse, Fault> {
    let place = Place::of(call);
    let named = (
        input.cluster_name.as_deref(),
        input.association_id.as_deref(),
    );
    let (_, found) = find(core, &place, named).await?;
    let role = input.role_arn.filter(|it| !it.is_empty());
    let role = role.map(|it| own_role(&place, &it)).transpose()?;
    if let Some(role) = &role {
        check_role(core, role).await?;
    }
    // What is not said stays; an empty text takes it away.
    let target = input.target_role_arn.map(|it| target(Some(it)));
    let target = target.transpose()?;
    let policy = input.policy.map(|it| policy(Some(it))).transpose()?;
    let (key, id) = (found.key, found.record.id);
    let changed = transact!(core.table, &call.permit, |tx| {
        let there = tx.find::<Association>(&key).await?;
        let there = there.filter(|it| it.id == id);
        let mut it = there.ok_or_else(|| fault::no_association(&id))?;
        it.role = role.clone().unwrap_or(it.role);
        it.target = target.clone().unwrap_or(it.target);
        it.policy = policy.clone().unwrap_or(it.policy);
        it.untagged = input.disable_session_tags.unwrap_or(it.untagged);
        check_together(&it)?;
        it.modified_at = core.now();
        tx.put(&key, &it);
        it
    });
    Ok(UpdatePodIdentityAssociationResponse {
        association: Some(changed.described(&place)),
    })
}

pub async fn delete(
    core: &Core,
    call: &Call,
    input: DeletePodIdentityAssociationRequest,
) -> Result<DeletePodIdentityAssociationResponse, Fault> {
    let place = Place::of(call);
    let named = (
        input.cluster_name.as_deref(),
        input.association_id.as_deref(),
    );
    let (cluster, found) = find(core, &place, named).await?;
    let (key, id) = (found.key, found.record.id);
    let own = names::cluster_key(&place, &cluster.name);
    let gone = transact!(core.table, &call.permit, |tx| {
        let there = tx.find::<Association>(&key).await?;
        let there = there.filter(|it| it.id == id);
        let there = there.ok_or_else(|| fault::no_association(&id))?;
        let standing = tx.find::<Cluster>(&own).await?;
        if let Some(mut standing) = standing.filter(|it| it.id == cluster.id) {
            roles::forget(&mut standing, &there);
            tx.put(&own, &standing);
        }
        tx.delete(&key);
        there
    });
    Ok(DeletePodIdentityAssociationResponse {
        association: Some(gone.described(&place)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_of_the_account_and_targets_of_any() {
        let place = Place::new("000000000000", "us-east-1");
        let own = "arn:aws:iam::000000000000:role/pods";
        let other = "arn:aws:iam::111111111111:role/far";
        assert_eq!(own_role(&place, own).unwrap(), own);
        assert!(own_role(&place, other).is_err());
        assert!(own_role(&place, "pods").is_err());
        assert_eq!(
            target(Some(other.to_owned())).unwrap().as_deref(),
            Some(other)
        );
        assert_eq!(target(Some(String::new())).unwrap(), None);
        for bad in ["far", "arn:aws:iam::111111111111:user/far"] {
            assert!(target(Some(bad.to_owned())).is_err(), "{bad}");
        }
    }

    #[test]
    fn policies_are_those_of_sessions() {
        let good = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
        assert!(policy(Some(good.to_owned())).unwrap().is_some());
        assert!(policy(Some(String::new())).unwrap().is_none());
        for bad in ["{", r#"{"Version":"2012-10-17"}"#] {
            assert!(policy(Some(bad.to_owned())).is_err(), "{bad}");
        }
    }
}
