//! TagResource, UntagResource and ListTagsForResource, of alarms, rules that mute them, dashboards, metric
//! streams and rules of Contributor Insights.

use wharf_api_cloudwatch::{
    ListTagsForResourceInput, ListTagsForResourceOutput, TagResourceInput, TagResourceOutput,
    UntagResourceInput, UntagResourceOutput, faults,
};
use wharf_service::{Place, tags::Tags};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault::invalid,
    names::{self, Named},
    records::{Alarm, Dashboard, InsightRule, MetricStream, MuteRule},
    tags,
};

fn named(place: &Place, arn: Option<&str>) -> Result<Named, Fault> {
    let arn = arn.unwrap_or_default();
    if !arn.starts_with("arn:") {
        return Err(invalid(format!("{arn} is no ARN.")));
    }
    names::named(place, arn).ok_or_else(|| missing(arn))
}

fn missing(arn: &str) -> Fault {
    faults::resource_not_found_exception(format!("{arn} does not exist."))
        .with("ResourceType", "resource")
        .with("ResourceId", arn)
}

async fn change(
    core: &Core,
    call: &Call,
    arn: Option<&str>,
    change: impl Fn(&mut Tags) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let changed = match named(&place, arn)? {
        Named::Alarm(name) => {
            let key = names::alarm_key(&place, &name);
            let changed = core
                .table
                .change(&call.permit, &key, |it: &mut Alarm| change(&mut it.tags));
            changed.await?.map(drop)
        }
        Named::MuteRule(name) => {
            let key = names::mute_key(&place, &name);
            let changed = core
                .table
                .change(&call.permit, &key, |it: &mut MuteRule| change(&mut it.tags));
            changed.await?.map(drop)
        }
        Named::Dashboard(name) => {
            let key = names::dashboard_key(&place.account, &name);
            let changed = core.table.change(&call.permit, &key, |it: &mut Dashboard| {
                change(&mut it.tags)
            });
            changed.await?.map(drop)
        }
        Named::Stream(name) => {
            let key = names::stream_key(&place, &name);
            let changed = core
                .table
                .change(&call.permit, &key, |it: &mut MetricStream| {
                    change(&mut it.tags)
                });
            changed.await?.map(drop)
        }
        Named::InsightRule(name) => {
            let key = names::insight_rule_key(&place, &name);
            let changed = core
                .table
                .change(&call.permit, &key, |it: &mut InsightRule| {
                    change(&mut it.tags)
                });
            changed.await?.map(drop)
        }
    };
    changed.ok_or_else(|| missing(arn.unwrap_or_default()))
}

pub async fn tag_resource(
    core: &Core,
    call: &Call,
    input: TagResourceInput,
) -> Result<TagResourceOutput, Fault> {
    let more = tags::given(input.tags)?;
    let add = |held: &mut Tags| tags::RULES.add(held, &more);
    change(core, call, input.resource_arn.as_deref(), add).await?;
    Ok(TagResourceOutput::default())
}

pub async fn untag_resource(
    core: &Core,
    call: &Call,
    input: UntagResourceInput,
) -> Result<UntagResourceOutput, Fault> {
    let gone = input.tag_keys.unwrap_or_default();
    let remove = |held: &mut Tags| tags::RULES.remove(held, &gone);
    change(core, call, input.resource_arn.as_deref(), remove).await?;
    Ok(UntagResourceOutput::default())
}

pub async fn list_tags_for_resource(
    core: &Core,
    call: &Call,
    input: ListTagsForResourceInput,
) -> Result<ListTagsForResourceOutput, Fault> {
    let place = Place::of(call);
    let arn = input.resource_arn.as_deref();
    let held = names::tags_of(core, &place, &named(&place, arn)?).await?;
    let held = held.ok_or_else(|| missing(arn.unwrap_or_default()))?;
    Ok(ListTagsForResourceOutput {
        tags: Some(tags::to_wire(&held)),
    })
}
