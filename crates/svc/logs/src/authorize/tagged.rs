//! Tags in what policies are asked: those that groups, lookup tables, what deliveries are made of and resources that are to be
//! delivery sources have, and those that a request brings or takes.
//!
//! Streams have no tags of their own: who makes, writes, reads or deletes one is asked by those of its group, or a Deny by them would
//! guard everything but the lines.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};
use wharf_api_logs::Input;
use wharf_base::{Arn, LogEnd, LogResource};
use wharf_delivery::{Actor, Request};
use wharf_records::Record as _;
use wharf_service::tags::{self, Tags};
use wharf_wire::{Check, Context, Fault};

use crate::{
    LogsService, deliveries::catalog::SourceKind, names, ops::tags::OfDeliveries,
    records::LookupTable,
};

/// The first check is the request's own.
pub async fn with_tags(
    service: &LogsService,
    cx: &Context,
    input: Input<'_>,
    checks: Vec<Check>,
) -> Result<Vec<Check>, Fault> {
    let mut all = Vec::with_capacity(checks.len());
    for check in checks {
        let tags = match input {
            Input::PutLogEvents(it) => {
                of_group_put_to(service, cx, it.log_group_name.as_deref()).await?
            }
            _ => tags_of(service, cx, &check.resource).await?,
        };
        let check = tags::of_resource(check, None, &tags);
        all.push(match all.is_empty() {
            true => with_those_of(input, check),
            false => check,
        });
    }
    Ok(all)
}

/// Those of the group that events are put into. Nothing is called as often as a put, so it has the group from here and reads
/// it no second time.
async fn of_group_put_to(
    service: &LogsService,
    cx: &Context,
    name: Option<&str>,
) -> Result<Tags, Fault> {
    let name = name.unwrap_or_default();
    let found = service.find_group(cx, name).await?.map(Arc::new);
    let tags = found.as_ref().map(|it| it.tags.clone());
    LogsService::settle_group(cx, name, found);
    Ok(tags.unwrap_or_default())
}

/// None for what is not there.
async fn tags_of(service: &LogsService, cx: &Context, resource: &str) -> Result<Tags, Fault> {
    let own = Arn::new("logs", &cx.region, &cx.account, "").to_string();
    if let Some(named) = resource.strip_prefix(&own).and_then(LogResource::parse) {
        let found = match named.end {
            // A stream has the tags of its group.
            LogEnd::Nothing | LogEnd::Streams | LogEnd::Stream(_) => {
                service.find_group(cx, named.group).await?
            }
            LogEnd::Colon => None,
        };
        return Ok(found.map(|it| it.tags).unwrap_or_default());
    }
    if let Some(name) = resource.strip_prefix(&names::lookup_table_arn(cx, "")) {
        let key = LogsService::scope(cx).key(LookupTable::KIND, name);
        let found = service.table.read::<LookupTable>(&key).await?;
        return Ok(found.map(|it| it.record.tags).unwrap_or_default());
    }
    if let Some(it) = OfDeliveries::named(resource) {
        return Ok(it.tags(service, cx).await?.unwrap_or_default());
    }
    of_source(service, cx, resource).await
}

/// Those of what is to be a delivery source, which its own service knows; none of what is nothing of the kind.
async fn of_source(service: &LogsService, cx: &Context, resource: &str) -> Result<Tags, Fault> {
    // What is elsewhere the operation refuses.
    let is_here = |it: &Arn| (&it.account, &it.region) == (&cx.account, &cx.region);
    let arn = resource.parse::<Arn>().ok();
    let arn = arn.filter(|it| SourceKind::of(it).is_some() && is_here(it));
    let (Some(arn), Some(operations)) = (arn, service.operations.get()) else {
        return Ok(Tags::new());
    };
    let actor = Actor::Account {
        account: cx.account.clone(),
        source_arn: resource.to_owned(),
    };
    // All sources are buses so far.
    let input = json!({ "ResourceARN": resource });
    let asked = Request::new(&arn.service, "ListTagsForResource", &cx.region, input);
    match operations.call(&actor, &asked).await {
        Ok(answer) => Ok(listed(&answer)),
        Err(fault) if fault.code == "ResourceNotFoundException" => Ok(Tags::new()),
        // Without its tags nobody can say what policies say of it.
        Err(fault) => Err(fault),
    }
}

/// The tags in an answer: `{"Tags": [{"Key": …, "Value": …}]}`.
fn listed(answer: &Value) -> Tags {
    let all = answer["Tags"].as_array().into_iter().flatten();
    let text = |it: &Value, name: &str| it[name].as_str().map(str::to_owned);
    all.filter_map(|it| Some((text(it, "Key")?, text(it, "Value").unwrap_or_default())))
        .collect()
}

/// With the tags that a request sets, or the keys of those that it removes.
fn with_those_of(input: Input<'_>, check: Check) -> Check {
    let set = |check, given: &Option<BTreeMap<String, String>>| {
        let given = given.iter().flatten();
        tags::requested(
            check,
            given.map(|(key, value)| (Some(&**key), Some(&**value))),
        )
    };
    match input {
        Input::CreateDelivery(it) => set(check, &it.tags),
        Input::CreateLogGroup(it) => set(check, &it.tags),
        Input::CreateLookupTable(it) => set(check, &it.tags),
        Input::PutDeliveryDestination(it) => set(check, &it.tags),
        Input::PutDeliverySource(it) => set(check, &it.tags),
        Input::TagLogGroup(it) => set(check, &it.tags),
        Input::TagResource(it) => set(check, &it.tags),
        Input::UntagLogGroup(it) => tags::removed(check, it.tags.as_deref()),
        Input::UntagResource(it) => tags::removed(check, it.tag_keys.as_deref()),
        _ => check,
    }
}
