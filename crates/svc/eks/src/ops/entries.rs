//! Access entries: CreateAccessEntry, DescribeAccessEntry, ListAccessEntries, UpdateAccessEntry, DeleteAccessEntry.

use wharf_api_eks::{
    CreateAccessEntryRequest, CreateAccessEntryResponse, DeleteAccessEntryRequest,
    DeleteAccessEntryResponse, DescribeAccessEntryRequest, DescribeAccessEntryResponse,
    ListAccessEntriesRequest, ListAccessEntriesResponse, UpdateAccessEntryRequest,
    UpdateAccessEntryResponse,
};
use wharf_base::{Arn, arn, ids};
use wharf_kube_auth::{access_policies::Policy, mapping};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    describe, fault, names,
    records::{AccessEntry, Cluster, Status},
    tags,
};

/// Begin names that are Kubernetes' and AWS's own.
const RESERVED: [&str; 5] = ["system:", "eks:", "aws:", "amazon:", "iam:"];
/// The types whose entries take no name and no groups.
const OF_NODES: [&str; 5] = [
    "EC2_LINUX",
    "EC2_WINDOWS",
    "EC2",
    "FARGATE_LINUX",
    "HYBRID_LINUX",
];

/// A cluster that has entries.
pub(super) async fn cluster(
    core: &Core,
    place: &Place,
    name: Option<&str>,
) -> Result<Cluster, Fault> {
    let cluster = core.cluster(place, name.unwrap_or_default()).await?.record;
    match cluster.mode.has_entries() {
        true => Ok(cluster),
        false => Err(fault::no_entries_in_this_mode()),
    }
}

/// The principal as records name it.
pub(super) fn principal(given: Option<String>) -> String {
    arn::canonical(&given.unwrap_or_default()).into_owned()
}

pub async fn create(
    core: &Core,
    call: &Call,
    input: CreateAccessEntryRequest,
) -> Result<CreateAccessEntryResponse, Fault> {
    let place = Place::of(call);
    let cluster = cluster(core, &place, input.cluster_name.as_deref()).await?;
    if cluster.status == Status::Deleting {
        return Err(fault::not_active(&cluster.name));
    }
    let entry_type = input.type_.unwrap_or_else(|| mapping::STANDARD.to_owned());
    let nodes = OF_NODES.contains(&entry_type.as_str());
    if !nodes && entry_type != mapping::STANDARD {
        return Err(fault::invalid(format!(
            "Invalid access entry type: {entry_type}"
        )));
    }
    let groups = input.kubernetes_groups.unwrap_or_default();
    if nodes && (input.username.is_some() || !groups.is_empty()) {
        return Err(fault::invalid(format!(
            "Username and kubernetesGroups cannot be specified for an access entry of type {entry_type}"
        )));
    }
    check_names(input.username.as_deref(), &groups)?;
    let principal = principal(input.principal_arn);
    let principal_id = principal_id(core, &place, &principal).await?;
    let username = input.username.filter(|it| !it.is_empty());
    let username = username.unwrap_or_else(|| mapping::usual_name(&entry_type, &principal));
    let now = core.now();
    let entry = AccessEntry {
        cluster: cluster.name.clone(),
        uuid: ids::uuid(),
        principal_id,
        entry_type,
        username,
        groups,
        policies: Default::default(),
        created_at: now,
        modified_at: now,
        token: input.client_request_token,
        tags: tags::given(input.tags)?,
        unknown: Default::default(),
        principal,
    };
    let key = names::entry_key(&place, &cluster.id, &entry.principal);
    let own = names::cluster_key(&place, &cluster.name);
    let entry = transact!(core.table, &call.permit, |tx| {
        // One that goes would leave the entry behind.
        let standing = tx.find::<Cluster>(&own).await?;
        let standing = standing.filter(|it| it.id == cluster.id && it.status != Status::Deleting);
        standing.ok_or_else(|| fault::no_cluster(&cluster.name))?;
        match tx.find::<AccessEntry>(&key).await? {
            None => {
                tx.put(&key, &entry);
                entry.clone()
            }
            Some(there) if there.token.is_some() && there.token == entry.token => there,
            Some(_) => return Err(fault::entry_exists()),
        }
    });
    Ok(CreateAccessEntryResponse {
        access_entry: Some(describe::entry(&place, &entry)),
    })
}

/// The unique id of a role or user of the account that may have an entry.
async fn principal_id(core: &Core, place: &Place, principal: &str) -> Result<String, Fault> {
    let parsed = principal.parse::<Arn>().ok();
    let own = parsed.filter(|it| it.service == "iam" && it.account == place.account);
    let starts = |with: &str| own.as_ref().is_some_and(|it| it.resource.starts_with(with));
    if starts("role/aws-service-role/") {
        return Err(fault::is_service_linked());
    }
    if !starts("role/") && !starts("user/") {
        return Err(fault::bad_principal(principal));
    }
    let found = core.parts.principals.id(principal).await;
    let found = found.map_err(fault::lookup)?;
    found.ok_or_else(|| fault::bad_principal(principal))
}

fn check_names(username: Option<&str>, groups: &[String]) -> Result<(), Fault> {
    let reserved = |it: &str| RESERVED.iter().find(|start| it.starts_with(**start));
    if let Some(start) = username.and_then(reserved) {
        return Err(fault::invalid(format!(
            "The username must not begin with {start}"
        )));
    }
    for group in groups {
        if let Some(start) = reserved(group) {
            return Err(fault::invalid(format!(
                "The kubernetes group name {group} is invalid, it cannot start with {start}"
            )));
        }
    }
    // Else who names their session would choose whom they are taken for.
    let session = username.and_then(|it| it.split_once("{{SessionName"));
    if session.is_some_and(|(before, _)| !before.contains(':')) {
        return Err(fault::invalid(
            "The username of an access entry must have a : before {{SessionName}}",
        ));
    }
    Ok(())
}

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeAccessEntryRequest,
) -> Result<DescribeAccessEntryResponse, Fault> {
    let place = Place::of(call);
    let cluster = cluster(core, &place, input.cluster_name.as_deref()).await?;
    let principal = principal(input.principal_arn);
    let found = core.entry(&place, &cluster, &principal).await?;
    Ok(DescribeAccessEntryResponse {
        access_entry: Some(describe::entry(&place, &found.record)),
    })
}

pub async fn list(
    core: &Core,
    call: &Call,
    input: ListAccessEntriesRequest,
) -> Result<ListAccessEntriesResponse, Fault> {
    let place = Place::of(call);
    let cluster = cluster(core, &place, input.cluster_name.as_deref()).await?;
    let policy = input.associated_policy_arn.unwrap_or_default();
    if !policy.is_empty() && Policy::of_arn(&policy).is_none() {
        return Err(super::policies::unknown());
    }
    let all = core.below::<AccessEntry>(&place, &cluster.id).await?;
    let mut principals: Vec<String> = all
        .into_iter()
        .map(|it| it.record)
        .filter(|it| policy.is_empty() || it.policies.contains_key(&policy))
        .map(|it| arn::as_seen_from(&place.region, &it.principal).into_owned())
        .collect();
    principals.sort_unstable();
    let list = ("eks/ListAccessEntries", &[cluster.id.as_str(), &policy][..]);
    let at = (input.next_token.as_deref(), input.max_results);
    let (entries, next_token) = core.page(call, list, principals, at)?;
    Ok(ListAccessEntriesResponse {
        access_entries: Some(entries),
        next_token,
    })
}

pub async fn update(
    core: &Core,
    call: &Call,
    input: UpdateAccessEntryRequest,
) -> Result<UpdateAccessEntryResponse, Fault> {
    let place = Place::of(call);
    let cluster = cluster(core, &place, input.cluster_name.as_deref()).await?;
    let principal = principal(input.principal_arn);
    let groups = input.kubernetes_groups;
    check_names(
        input.username.as_deref(),
        groups.as_deref().unwrap_or_default(),
    )?;
    let username = input.username.filter(|it| !it.is_empty());
    let key = names::entry_key(&place, &cluster.id, &principal);
    let entry = transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<AccessEntry>(&key).await?;
        let mut entry = found.ok_or_else(|| fault::no_entry(&principal))?;
        if entry.entry_type != mapping::STANDARD {
            return Err(fault::not_standard());
        }
        entry.groups = groups.clone().unwrap_or(entry.groups);
        entry.username = username.clone().unwrap_or(entry.username);
        entry.modified_at = core.now();
        tx.put(&key, &entry);
        entry
    });
    Ok(UpdateAccessEntryResponse {
        access_entry: Some(describe::entry(&place, &entry)),
    })
}

pub async fn delete(
    core: &Core,
    call: &Call,
    input: DeleteAccessEntryRequest,
) -> Result<DeleteAccessEntryResponse, Fault> {
    let place = Place::of(call);
    let cluster = cluster(core, &place, input.cluster_name.as_deref()).await?;
    let principal = principal(input.principal_arn);
    let key = names::entry_key(&place, &cluster.id, &principal);
    transact!(core.table, &call.permit, |tx| {
        tx.find::<AccessEntry>(&key)
            .await?
            .ok_or_else(|| fault::no_entry(&principal))?;
        tx.delete(&key);
    });
    Ok(DeleteAccessEntryResponse {})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_others_are_not_given_away() {
        let groups = |it: &str| vec![it.to_owned()];
        for (username, group, good) in [
            (None, "devs", true),
            (Some("jane"), "devs", true),
            (Some("team:{{SessionName}}"), "devs", true),
            (Some("{{SessionName}}"), "devs", false),
            (Some("a{{SessionNameRaw}}"), "devs", false),
            (Some("system:admin"), "devs", false),
            (Some("iam:x"), "devs", false),
            (None, "system:masters", false),
            (None, "eks:x", false),
        ] {
            let found = check_names(username, &groups(group));
            assert_eq!(found.is_ok(), good, "{username:?} {group}");
        }
        let said = |username, group| check_names(username, &groups(group)).unwrap_err().message;
        assert_eq!(
            said(Some("system:node:x"), "devs"),
            "The username must not begin with system:"
        );
        assert_eq!(
            said(None, "system:masters"),
            "The kubernetes group name system:masters is invalid, it cannot start with system:"
        );
    }
}
