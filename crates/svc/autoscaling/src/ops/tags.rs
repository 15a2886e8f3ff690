//! CreateOrUpdateTags, DeleteTags and DescribeTags.

use std::collections::BTreeMap;

use wharf_api_autoscaling::{
    CreateOrUpdateTagsType, DeleteTagsType, DescribeTagsType, Filter, Tag, TagDescription, TagsType,
};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::{MOST, USUAL};
use crate::{
    core::Core,
    fault::invalid,
    names,
    records::Group,
    tags::{self, RESOURCE, RULES},
};

/// Tags of one request.
const MOST_GIVEN: usize = 1000;

/// The tags of a request by the groups that they are of.
fn by_group(given: Option<Vec<Tag>>) -> Result<BTreeMap<String, Vec<Tag>>, Fault> {
    let given = given.unwrap_or_default();
    if given.len() > MOST_GIVEN {
        return Err(invalid("There are too many tags."));
    }
    let mut groups: BTreeMap<String, Vec<Tag>> = BTreeMap::new();
    for tag in given {
        if tag
            .resource_type
            .as_deref()
            .is_some_and(|it| it != RESOURCE)
        {
            return Err(invalid(format!(
                "The resource type of a tag must be {RESOURCE}."
            )));
        }
        let group = tag.resource_id.clone().filter(|it| !it.is_empty());
        let group = group.ok_or_else(|| invalid("A tag must have a ResourceId."))?;
        groups.entry(group).or_default().push(tag);
    }
    Ok(groups)
}

pub async fn create(core: &Core, call: &Call, input: CreateOrUpdateTagsType) -> Result<(), Fault> {
    change(core, call, input.tags, |group, given| {
        let (more, propagated) = tags::given(given)?;
        RULES.add(&mut group.tags, &more)?;
        for key in more.keys() {
            match propagated.contains(key) {
                true => group.propagated.insert(key.clone()),
                false => group.propagated.remove(key),
            };
        }
        Ok(())
    })
    .await
}

/// A tag that is given with a value goes if it has that value.
pub async fn delete(core: &Core, call: &Call, input: DeleteTagsType) -> Result<(), Fault> {
    change(core, call, input.tags, |group, given| {
        let unwanted = given.iter().map(|it| {
            let value = it.value.as_deref().filter(|it| !it.is_empty());
            (it.key.as_deref().unwrap_or_default(), value)
        });
        RULES.remove_matching(&mut group.tags, unwanted)?;
        group.propagated.retain(|it| group.tags.contains_key(it));
        Ok(())
    })
    .await
}

async fn change(
    core: &Core,
    call: &Call,
    given: Option<Vec<Tag>>,
    change: impl Fn(&mut Group, &[Tag]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let place = Place::of(call);
    for (name, given) in by_group(given)? {
        let key = names::group_key(&place, &name);
        let _turn = core.turns.take(&key).await;
        transact!(core.table, &call.permit, |tx| {
            let mut group = core.standing(&mut tx, &place, &name).await?;
            change(&mut group, &given)?;
            tx.put(&key, &group);
        });
    }
    Ok(())
}

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeTagsType,
) -> Result<TagsType, Fault> {
    let place = Place::of(call);
    let filters = input.filters.unwrap_or_default();
    for it in &filters {
        let name = it.name.as_deref().unwrap_or_default();
        if !["auto-scaling-group", "key", "value", "propagate-at-launch"].contains(&name) {
            return Err(invalid(format!(
                "Filter type {name} is not correct. Allowed Filter types are: auto-scaling-group key value propagate-at-launch"
            )));
        }
    }
    let page = core.page(
        call,
        "autoscaling/DescribeTags",
        &filters,
        input.next_token.as_deref(),
        (input.max_records, USUAL, MOST),
    )?;
    let groups = core.table.all::<Group>(&names::scope(&place), "").await?;
    let mut all: Vec<(String, TagDescription)> = Vec::new();
    for (_, stored) in groups {
        let shown = tags::shown(&stored.record).into_iter();
        let shown = shown.filter(|it| filters.iter().all(|filter| fits(it, filter)));
        all.extend(shown.map(|it| {
            let key = it.key.as_deref().unwrap_or_default();
            (format!("{}\n{key}", stored.record.name), it)
        }));
    }
    all.sort_by(|one, other| one.0.cmp(&other.0));
    let (page, next_token) = page.cut(all, |it| &it.0);
    Ok(TagsType {
        tags: Some(page.into_iter().map(|it| it.1).collect()),
        next_token,
    })
}

fn fits(tag: &TagDescription, filter: &Filter) -> bool {
    let values = filter.values.as_deref().unwrap_or_default();
    let is = |it: Option<&str>| values.iter().any(|value| Some(value.as_str()) == it);
    match filter.name.as_deref() {
        Some("auto-scaling-group") => is(tag.resource_id.as_deref()),
        Some("key") => is(tag.key.as_deref()),
        Some("value") => is(tag.value.as_deref()),
        _ => {
            let propagates = tag.propagate_at_launch == Some(true);
            is(Some(if propagates { "true" } else { "false" }))
        }
    }
}
