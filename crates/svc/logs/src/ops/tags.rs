//! Tags of groups, in the API's newer form (by ARN) and its older one (by name).

use std::collections::BTreeMap;

use wharf_api_logs::{faults, types::*};
use wharf_records::{Record, decode, encode};
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use crate::{LogsService, fault, names, records::Group};

/// A group may have so many.
const MAX_TAGS: usize = 50;

pub async fn tag_resource(
    service: &LogsService,
    call: &Call,
    input: TagResourceRequest,
) -> Result<(), Fault> {
    let name = group_of(call, input.resource_arn.as_deref())?;
    add(service, call, &name, input.tags.unwrap_or_default()).await
}

pub async fn untag_resource(
    service: &LogsService,
    call: &Call,
    input: UntagResourceRequest,
) -> Result<(), Fault> {
    let name = group_of(call, input.resource_arn.as_deref())?;
    remove(service, call, &name, input.tag_keys.unwrap_or_default()).await
}

pub async fn list_tags_for_resource(
    service: &LogsService,
    call: &Call,
    input: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResponse, Fault> {
    let group = service
        .group(call, &group_of(call, input.resource_arn.as_deref())?)
        .await?;
    Ok(ListTagsForResourceResponse {
        tags: Some(group.tags),
    })
}

pub async fn tag_log_group(
    service: &LogsService,
    call: &Call,
    input: TagLogGroupRequest,
) -> Result<(), Fault> {
    let name = input.log_group_name.unwrap_or_default();
    add(service, call, &name, input.tags.unwrap_or_default()).await
}

pub async fn untag_log_group(
    service: &LogsService,
    call: &Call,
    input: UntagLogGroupRequest,
) -> Result<(), Fault> {
    let name = input.log_group_name.unwrap_or_default();
    remove(service, call, &name, input.tags.unwrap_or_default()).await
}

pub async fn list_tags_log_group(
    service: &LogsService,
    call: &Call,
    input: ListTagsLogGroupRequest,
) -> Result<ListTagsLogGroupResponse, Fault> {
    let group = service
        .group(call, input.log_group_name.as_deref().unwrap_or_default())
        .await?;
    Ok(ListTagsLogGroupResponse {
        tags: Some(group.tags),
    })
}

fn group_of(call: &Call, arn: Option<&str>) -> Result<String, Fault> {
    let arn = arn.unwrap_or_default();
    if !arn.starts_with("arn:") {
        return Err(fault::invalid(format!(
            "{arn} is not the ARN of a log group"
        )));
    }
    names::from_identifier(call, arn)
}

async fn add(
    service: &LogsService,
    call: &Call,
    name: &str,
    tags: BTreeMap<String, String>,
) -> Result<(), Fault> {
    let tags = checked(tags)?;
    let group = service.group(call, name).await?;
    let total = group
        .tags
        .keys()
        .chain(tags.keys())
        .collect::<std::collections::BTreeSet<_>>()
        .len();
    if total > MAX_TAGS {
        return Err(faults::too_many_tags_exception(format!(
            "A resource can have at most {MAX_TAGS} tags."
        )));
    }
    change(service, call, name, |group| group.tags.extend(tags.clone())).await
}

async fn remove(
    service: &LogsService,
    call: &Call,
    name: &str,
    keys: Vec<String>,
) -> Result<(), Fault> {
    change(service, call, name, |group| {
        group.tags.retain(|key, _| !keys.contains(key))
    })
    .await
}

/// Refuses keys that are AWS's own.
pub fn checked(tags: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Fault> {
    match tags
        .keys()
        .find(|key| key.to_ascii_lowercase().starts_with("aws:"))
    {
        Some(key) => Err(fault::invalid(format!(
            "The tag key {key} is reserved: keys may not start with aws:."
        ))),
        None => Ok(tags),
    }
}

/// Changes a group's record, again if somebody else did so meanwhile.
pub async fn change(
    service: &LogsService,
    call: &Call,
    name: &str,
    mut edit: impl FnMut(&mut Group),
) -> Result<(), Fault> {
    let key = LogsService::scope(call).key(Group::KIND, name);
    loop {
        let entry = service
            .table
            .store()
            .get(&key)
            .await
            .map_err(fault::store)?
            .ok_or_else(fault::no_group)?;
        let mut group: Group = decode(&entry.value).map_err(fault::record)?;
        edit(&mut group);
        let txn = Txn::new()
            .when(Compare::unchanged(&entry))
            .put(key.clone(), encode(&group));
        if service
            .table
            .store()
            .txn(&call.permit, txn)
            .await
            .map_err(fault::store)?
            .succeeded
        {
            return Ok(());
        }
    }
}
