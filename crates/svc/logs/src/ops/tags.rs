//! Tags of groups, lookup tables and what deliveries are made of, in the API's newer form (by ARN) and its older one (by name).

use wharf_api_logs::{faults, types::*};
use wharf_base::Arn;
use wharf_records::Record;
use wharf_service::tags::{Refused, Rules, Tags};
use wharf_wire::{Call, Context, Fault};

use super::{deliveries, delivery_destinations, delivery_sources};
use crate::{
    LogsService,
    deliveries::records::{Delivery, DeliveryDestination, DeliverySource},
    fault, names,
    records::{Group, LookupTable},
};

pub(super) const RULES: Rules<Fault> = Rules::usual(refused);
/// Of what deliveries are made of, as it is made: these operations know no other word for what is wrong.
pub(super) const RULES_OF_DELIVERIES: Rules<Fault> =
    Rules::usual(|why| faults::validation_exception(said(why)));

fn refused(why: Refused<'_>) -> Fault {
    match why {
        Refused::TooMany => faults::too_many_tags_exception(said(why)),
        _ => fault::invalid(said(why)),
    }
}

fn said(why: Refused<'_>) -> String {
    match why {
        Refused::Key(key) => format!(
            "The tag key {key} is invalid: keys have from 1 to {} characters.",
            RULES.longest_key
        ),
        Refused::Value(key) => format!(
            "The value of tag {key} is invalid: values have at most {} characters.",
            RULES.longest_value
        ),
        Refused::Reserved(key) => {
            format!("The tag key {key} is reserved: keys may not start with aws:.")
        }
        Refused::Twice(key) => format!("The tag key {key} is given twice."),
        Refused::TooMany => format!("A resource can have at most {} tags.", RULES.most),
    }
}

pub async fn tag_resource(
    service: &LogsService,
    call: &Call,
    input: TagResourceRequest,
) -> Result<(), Fault> {
    let (arn, given) = (input.resource_arn, input.tags.unwrap_or_default());
    if arn.as_deref().is_some_and(names::is_lookup_table) {
        let name = names::lookup_table(call, arn.as_deref())?;
        let more = RULES.given(given)?;
        let edit = |tags: &mut Tags| RULES.add(tags, &more);
        return change_table(service, call, &name, edit).await;
    }
    if let Some(it) = arn.as_deref().and_then(OfDeliveries::named) {
        let more = RULES.given(given)?;
        let edit = |tags: &mut Tags| RULES.add(tags, &more);
        return it.change(service, call, edit).await;
    }
    add(service, call, &group_of(call, arn.as_deref())?, given).await
}

pub async fn untag_resource(
    service: &LogsService,
    call: &Call,
    input: UntagResourceRequest,
) -> Result<(), Fault> {
    let (arn, keys) = (input.resource_arn, input.tag_keys.unwrap_or_default());
    if arn.as_deref().is_some_and(names::is_lookup_table) {
        let name = names::lookup_table(call, arn.as_deref())?;
        let edit = |tags: &mut Tags| RULES.remove(tags, &keys);
        return change_table(service, call, &name, edit).await;
    }
    if let Some(it) = arn.as_deref().and_then(OfDeliveries::named) {
        let edit = |tags: &mut Tags| RULES.remove(tags, &keys);
        return it.change(service, call, edit).await;
    }
    remove(service, call, &group_of(call, arn.as_deref())?, keys).await
}

pub async fn list_tags_for_resource(
    service: &LogsService,
    call: &Call,
    input: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResponse, Fault> {
    let arn = input.resource_arn.as_deref();
    if let Some(it) = arn.and_then(OfDeliveries::named) {
        let tags = it.tags(service, call).await?;
        let tags = Some(tags.ok_or_else(|| it.missing())?);
        return Ok(ListTagsForResourceResponse { tags });
    }
    let tags = match arn.is_some_and(names::is_lookup_table) {
        true => {
            let name = names::lookup_table(call, arn)?;
            let key = LogsService::scope(call).key(LookupTable::KIND, &name);
            let found = service.table.read::<LookupTable>(&key).await?;
            found.ok_or_else(fault::no_lookup_table)?.record.tags
        }
        false => service.group(call, &group_of(call, arn)?).await?.tags,
    };
    Ok(ListTagsForResourceResponse { tags: Some(tags) })
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

/// What a delivery is made of, by its ARN.
pub struct OfDeliveries {
    arn: Arn,
    kind: &'static str,
    name: String,
}

impl OfDeliveries {
    /// `None` for the ARN of something else.
    pub fn named(arn: &str) -> Option<Self> {
        let arn = arn.parse::<Arn>().ok().filter(|it| it.service == "logs")?;
        let kinds = [
            (names::DELIVERY_SOURCE, DeliverySource::KIND),
            (names::DELIVERY_DESTINATION, DeliveryDestination::KIND),
            (names::DELIVERY, Delivery::KIND),
        ];
        let (kind, name) = kinds.into_iter().find_map(|(start, kind)| {
            let name = arn.resource.strip_prefix(start)?;
            Some((kind, name.to_owned()))
        })?;
        Some(Self { arn, kind, name })
    }

    /// The key of its record; what is elsewhere is as unknown as what does not exist.
    fn key(&self, cx: &Context) -> Option<String> {
        let is_here = (&self.arn.account, &self.arn.region) == (&cx.account, &cx.region);
        is_here.then(|| LogsService::scope(cx).key(self.kind, &self.name))
    }

    fn missing(&self) -> Fault {
        match self.kind {
            DeliverySource::KIND => delivery_sources::missing(),
            DeliveryDestination::KIND => delivery_destinations::missing(),
            _ => deliveries::missing(),
        }
    }

    /// The tags that it has; `None` if it is not there.
    pub async fn tags(&self, service: &LogsService, cx: &Context) -> Result<Option<Tags>, Fault> {
        let Some(key) = self.key(cx) else {
            return Ok(None);
        };
        let table = &service.table;
        Ok(match self.kind {
            DeliverySource::KIND => {
                let found = table.read::<DeliverySource>(&key).await?;
                found.map(|it| it.record.tags)
            }
            DeliveryDestination::KIND => {
                let found = table.read::<DeliveryDestination>(&key).await?;
                found.map(|it| it.record.tags)
            }
            _ => {
                let found = table.read::<Delivery>(&key).await?;
                found.map(|it| it.record.tags)
            }
        })
    }

    async fn change(
        &self,
        service: &LogsService,
        call: &Call,
        edit: impl Fn(&mut Tags) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let key = self.key(call).ok_or_else(|| self.missing())?;
        let (table, permit) = (&service.table, &call.permit);
        let changed = match self.kind {
            DeliverySource::KIND => {
                let edit = |it: &mut DeliverySource| edit(&mut it.tags);
                table.change(permit, &key, edit).await?.map(drop)
            }
            DeliveryDestination::KIND => {
                let edit = |it: &mut DeliveryDestination| edit(&mut it.tags);
                table.change(permit, &key, edit).await?.map(drop)
            }
            _ => {
                let edit = |it: &mut Delivery| edit(&mut it.tags);
                table.change(permit, &key, edit).await?.map(drop)
            }
        };
        changed.ok_or_else(|| self.missing())
    }
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

async fn add(service: &LogsService, call: &Call, name: &str, more: Tags) -> Result<(), Fault> {
    let more = RULES.given(more)?;
    change(service, call, name, |group| {
        RULES.add(&mut group.tags, &more)
    })
    .await
}

async fn remove(
    service: &LogsService,
    call: &Call,
    name: &str,
    keys: Vec<String>,
) -> Result<(), Fault> {
    change(service, call, name, |group| {
        RULES.remove(&mut group.tags, &keys)
    })
    .await
}

/// Changes the tags of a lookup table.
async fn change_table(
    service: &LogsService,
    call: &Call,
    name: &str,
    edit: impl Fn(&mut Tags) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let key = LogsService::scope(call).key(LookupTable::KIND, name);
    let edit = |table: &mut LookupTable| edit(&mut table.tags);
    let changed = service.table.change(&call.permit, &key, edit).await?;
    changed.map(drop).ok_or_else(fault::no_lookup_table)
}

/// Changes a group's record, again if somebody else did so meanwhile.
pub async fn change(
    service: &LogsService,
    call: &Call,
    name: &str,
    edit: impl FnMut(&mut Group) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let key = LogsService::scope(call).key(Group::KIND, name);
    let changed = service.table.change(&call.permit, &key, edit).await?;
    changed.map(|_| ()).ok_or_else(fault::no_group)
}
