//! TagResource, UntagResource and ListTagsForResource.

use wharf_api_events::{
    ListTagsForResourceRequest, ListTagsForResourceResponse, TagResourceRequest,
    TagResourceResponse, UntagResourceRequest, UntagResourceResponse, faults,
};
use wharf_service::{Place, tags::Tags, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::{Core, bus_in},
    fault,
    names::Tagged,
    records::Rule,
    tags,
};

/// Something with tags of the caller's own.
fn named(call: &Call, arn: Option<&str>) -> Result<Tagged, Fault> {
    let arn = arn.unwrap_or_default();
    let named = Tagged::parse(arn).ok_or_else(|| {
        fault::invalid(format!(
            "Parameter {arn} is not valid. Reason: Provided Arn is not in correct format."
        ))
    })?;
    let (Tagged::Bus(bus) | Tagged::Rule(bus, _)) = &named;
    match bus.place == Place::of(call) {
        true => Ok(named),
        false => Err(faults::resource_not_found_exception(format!(
            "The resource {arn} does not exist."
        ))),
    }
}

async fn change(
    core: &Core,
    call: &Call,
    arn: Option<&str>,
    change: impl Fn(&mut Tags) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let named = named(call, arn)?;
    transact!(core.table, &call.permit, |tx| {
        match &named {
            Tagged::Bus(bus) => {
                let mut record = bus_in(&mut tx, bus).await?;
                change(&mut record.tags)?;
                tx.put(bus.key(), &record);
            }
            Tagged::Rule(bus, rule) => {
                let key = bus.rule_key(rule);
                let found = tx.find::<Rule>(&key).await?;
                let mut record = found.ok_or_else(|| fault::no_rule(rule, &bus.name))?;
                change(&mut record.tags)?;
                tx.put(key, &record);
            }
        }
    });
    Ok(())
}

pub async fn tag_resource(
    core: &Core,
    call: &Call,
    input: TagResourceRequest,
) -> Result<TagResourceResponse, Fault> {
    let more = tags::given(input.tags)?;
    let add = |tags: &mut Tags| tags::RULES.add(tags, &more);
    change(core, call, input.resource_arn.as_deref(), add).await?;
    Ok(TagResourceResponse {})
}

pub async fn untag_resource(
    core: &Core,
    call: &Call,
    input: UntagResourceRequest,
) -> Result<UntagResourceResponse, Fault> {
    let gone = input.tag_keys.unwrap_or_default();
    let remove = |tags: &mut Tags| tags::RULES.remove(tags, &gone);
    change(core, call, input.resource_arn.as_deref(), remove).await?;
    Ok(UntagResourceResponse {})
}

pub async fn list_tags_for_resource(
    core: &Core,
    call: &Call,
    input: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResponse, Fault> {
    let tags = match named(call, input.resource_arn.as_deref())? {
        Tagged::Bus(bus) => {
            let found = core.look(&bus).await?;
            found.ok_or_else(|| fault::no_bus(&bus.name))?.tags
        }
        Tagged::Rule(bus, rule) => core.rule(&bus, &rule).await?.record.tags,
    };
    Ok(ListTagsForResourceResponse {
        tags: Some(tags::to_wire(&tags)),
    })
}
