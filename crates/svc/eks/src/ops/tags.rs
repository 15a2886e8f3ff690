//! TagResource, UntagResource and ListTagsForResource, of clusters, access entries, node groups, Fargate profiles, add-ons, identity
//! providers and Pod Identity associations.

use wharf_api_eks::{
    ListTagsForResourceRequest, ListTagsForResourceResponse, TagResourceRequest,
    TagResourceResponse, UntagResourceRequest, UntagResourceResponse,
};
use wharf_service::{Place, tags::Tags, transact};
use wharf_wire::{Call, Fault};

use super::{addons, associations, fargate_profiles, node_groups, providers};
use crate::{
    addons::Addon,
    core::Core,
    fargate::FargateProfile,
    fault,
    groups::records::NodeGroup,
    names,
    pod_identity::Association,
    providers::{IdentityProvider, OIDC},
    records::{AccessEntry, Cluster},
    tags,
};

/// The record that an ARN names, by its key.
pub enum Tagged {
    Cluster(String, Tags),
    Entry(String, Tags),
    Group(String, Tags),
    Association(String, Tags),
    Addon(String, Tags),
    Profile(String, Tags),
    Provider(String, Tags),
}

/// What an ARN of the caller's account and region names, if it is there.
pub async fn find(core: &Core, place: &Place, arn: &str) -> Result<Option<Tagged>, Fault> {
    let Some(resource) = names::resource_of(place, arn) else {
        return Ok(None);
    };
    let parts: Vec<&str> = resource.split('/').collect();
    match parts.as_slice() {
        ["cluster", name] => {
            let key = names::cluster_key(place, name);
            let found = core.table.read::<Cluster>(&key).await?;
            Ok(found.map(|it| Tagged::Cluster(key, it.record.tags)))
        }
        ["access-entry", cluster, _, _, _, uuid] => {
            let key = names::cluster_key(place, cluster);
            let Some(cluster) = core.table.read::<Cluster>(&key).await? else {
                return Ok(None);
            };
            let entries = core.below::<AccessEntry>(place, &cluster.record.id).await?;
            let found = entries.into_iter().find(|it| {
                let own = names::entry_arn(place, &it.record.cluster, &it.record.principal, uuid);
                it.record.uuid == *uuid && own == arn
            });
            Ok(found.map(|it| Tagged::Entry(it.key, it.record.tags)))
        }
        ["nodegroup", cluster, name, uuid] => {
            let named = (Some(*cluster), Some(*name));
            let found = if_there(node_groups::find(core, place, named).await)?;
            let found = found.filter(|it| it.1.record.uuid == *uuid);
            Ok(found.map(|(_, it)| Tagged::Group(it.key, it.record.tags)))
        }
        ["podidentityassociation", cluster, id] => {
            let named = (Some(*cluster), Some(*id));
            let found = if_there(associations::find(core, place, named).await)?;
            Ok(found.map(|(_, it)| Tagged::Association(it.key, it.record.tags)))
        }
        ["addon", cluster, name, uuid] => {
            let named = (Some(*cluster), Some(*name));
            let found = if_there(addons::find(core, place, named).await)?;
            let found = found.filter(|it| it.1.record.uuid == *uuid);
            Ok(found.map(|(_, it)| Tagged::Addon(it.key, it.record.tags)))
        }
        ["fargateprofile", cluster, name, uuid] => {
            let named = (Some(*cluster), Some(*name));
            let found = if_there(fargate_profiles::find(core, place, named).await)?;
            let found = found.filter(|it| it.1.record.uuid == *uuid);
            Ok(found.map(|(_, it)| Tagged::Profile(it.key, it.record.tags)))
        }
        ["identityproviderconfig", cluster, OIDC, name, uuid] => {
            let named = (Some(*cluster), Some(*name));
            let found = if_there(providers::find(core, place, named).await)?;
            let found = found.filter(|it| it.1.record.uuid == *uuid);
            Ok(found.map(|(_, it)| Tagged::Provider(it.key, it.record.tags)))
        }
        _ => Ok(None),
    }
}

/// What is not there is nothing; that it cannot be read is an error, or what its tags forbid would be allowed.
fn if_there<T>(found: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match found {
        // Of what could not even be named the second is said.
        Err(fault)
            if ["ResourceNotFoundException", "InvalidParameterException"]
                .contains(&&*fault.code) =>
        {
            Ok(None)
        }
        found => found.map(Some),
    }
}

impl Tagged {
    pub fn into_tags(self) -> Tags {
        match self {
            Self::Cluster(_, tags)
            | Self::Entry(_, tags)
            | Self::Group(_, tags)
            | Self::Association(_, tags)
            | Self::Addon(_, tags)
            | Self::Profile(_, tags)
            | Self::Provider(_, tags) => tags,
        }
    }
}

pub async fn tag(
    core: &Core,
    call: &Call,
    input: TagResourceRequest,
) -> Result<TagResourceResponse, Fault> {
    let more = tags::given(input.tags).map_err(fault::bad_request)?;
    let add = |held: &mut Tags| {
        let added = tags::RULES.add(held, &more);
        added.map_err(fault::bad_request)
    };
    change(core, call, input.resource_arn, add).await?;
    Ok(TagResourceResponse {})
}

pub async fn untag(
    core: &Core,
    call: &Call,
    input: UntagResourceRequest,
) -> Result<UntagResourceResponse, Fault> {
    let gone = input.tag_keys.unwrap_or_default();
    let remove = |held: &mut Tags| {
        let removed = tags::RULES.remove(held, &gone);
        removed.map_err(fault::bad_request)
    };
    change(core, call, input.resource_arn, remove).await?;
    Ok(UntagResourceResponse {})
}

pub async fn list(
    core: &Core,
    call: &Call,
    input: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResponse, Fault> {
    let arn = input.resource_arn.unwrap_or_default();
    let found = find(core, &Place::of(call), &arn).await?;
    let found = found.ok_or_else(|| fault::no_resource(&arn))?;
    Ok(ListTagsForResourceResponse {
        tags: Some(found.into_tags()),
    })
}

async fn change(
    core: &Core,
    call: &Call,
    arn: Option<String>,
    change: impl Fn(&mut Tags) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let arn = arn.unwrap_or_default();
    let gone = || fault::no_resource(&arn);
    // Another of its name may be there by now.
    let is_same = |uuid: &str| arn.ends_with(uuid);
    let found = find(core, &Place::of(call), &arn).await?;
    match found.ok_or_else(gone)? {
        Tagged::Cluster(key, _) => transact!(core.table, &call.permit, |tx| {
            let mut cluster = tx.find::<Cluster>(&key).await?.ok_or_else(gone)?;
            change(&mut cluster.tags)?;
            tx.put(&key, &cluster);
        }),
        Tagged::Entry(key, _) => transact!(core.table, &call.permit, |tx| {
            let found = tx.find::<AccessEntry>(&key).await?;
            let found = found.filter(|it| is_same(&it.uuid));
            let mut entry = found.ok_or_else(gone)?;
            change(&mut entry.tags)?;
            tx.put(&key, &entry);
        }),
        Tagged::Group(key, _) => transact!(core.table, &call.permit, |tx| {
            let found = tx.find::<NodeGroup>(&key).await?;
            let found = found.filter(|it| is_same(&it.uuid));
            let mut group = found.ok_or_else(gone)?;
            change(&mut group.tags)?;
            tx.put(&key, &group);
        }),
        Tagged::Association(key, _) => transact!(core.table, &call.permit, |tx| {
            let found = tx.find::<Association>(&key).await?;
            let found = found.filter(|it| is_same(&it.id));
            let mut association = found.ok_or_else(gone)?;
            change(&mut association.tags)?;
            tx.put(&key, &association);
        }),
        Tagged::Addon(key, _) => transact!(core.table, &call.permit, |tx| {
            let found = tx.find::<Addon>(&key).await?;
            let found = found.filter(|it| is_same(&it.uuid));
            let mut addon = found.ok_or_else(gone)?;
            change(&mut addon.tags)?;
            tx.put(&key, &addon);
        }),
        Tagged::Profile(key, _) => transact!(core.table, &call.permit, |tx| {
            let found = tx.find::<FargateProfile>(&key).await?;
            let found = found.filter(|it| is_same(&it.uuid));
            let mut profile = found.ok_or_else(gone)?;
            change(&mut profile.tags)?;
            tx.put(&key, &profile);
        }),
        Tagged::Provider(key, _) => transact!(core.table, &call.permit, |tx| {
            let found = tx.find::<IdentityProvider>(&key).await?;
            let found = found.filter(|it| is_same(&it.uuid));
            let mut provider = found.ok_or_else(gone)?;
            change(&mut provider.tags)?;
            tx.put(&key, &provider);
        }),
    }
    Ok(())
}
