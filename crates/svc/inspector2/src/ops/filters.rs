//! CreateFilter, UpdateFilter, ListFilters and DeleteFilter.

use wharf_api_inspector2::*;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::tags::RULES;
use crate::{
    fault, filters,
    records::{self, Filter},
    service::Inspector2Service,
};

pub(crate) async fn create_filter(
    it: &Inspector2Service,
    call: &Call,
    input: CreateFilterRequest,
) -> Result<CreateFilterResponse, Fault> {
    let now = it.now();
    let filter = Filter {
        name: input.name.unwrap_or_default(),
        action: input.action.unwrap_or_default(),
        description: input.description,
        reason: input.reason,
        criteria: records::stored(&input.filter_criteria.unwrap_or_default()),
        tags: RULES.given(input.tags.unwrap_or_default())?,
        created_at: now,
        updated_at: now,
        unknown: Default::default(),
    };
    Ok(CreateFilterResponse {
        arn: Some(it.add_filter(call, filter).await?),
    })
}

pub(crate) async fn update_filter(
    it: &Inspector2Service,
    call: &Call,
    input: UpdateFilterRequest,
) -> Result<UpdateFilterResponse, Fault> {
    let arn = input.filter_arn.clone().unwrap_or_default();
    let place = Place::of(call);
    let _turn = it.turns.take((&place.account, &place.region)).await;
    let own = records::id_of(&place, &arn);
    let mut others = it.filters(&place).await?;
    others.retain(|(id, _)| Some(id.as_str()) != own);
    if let Some(name) = &input.name
        && others.iter().any(|(_, it)| it.name == *name)
    {
        return Err(fault::filter_exists(name));
    }
    if let Some(criteria) = &input.filter_criteria {
        let others = others.iter().map(|(_, it)| it);
        filters::check_room(others, &records::stored(criteria))?;
    }
    let (now, given) = (it.now(), &input);
    it.change_filter(call, &arn, |filter| {
        if let Some(name) = &given.name {
            filter.name.clone_from(name);
        }
        if let Some(action) = &given.action {
            filter.action.clone_from(action);
        }
        if let Some(criteria) = &given.filter_criteria {
            filter.criteria = records::stored(criteria);
        }
        if given.description.is_some() {
            filter.description.clone_from(&given.description);
        }
        if given.reason.is_some() {
            filter.reason.clone_from(&given.reason);
        }
        filter.updated_at = now;
        Ok(())
    })
    .await?;
    Ok(UpdateFilterResponse { arn: Some(arn) })
}

pub(crate) async fn list_filters(
    it: &Inspector2Service,
    call: &Call,
    input: ListFiltersRequest,
) -> Result<ListFiltersResponse, Fault> {
    let place = Place::of(call);
    let selection = (&input.arns, &input.action);
    let pages = it.pages(call, "inspector2/ListFilters", &selection);
    let size = input.max_results.and_then(|it| usize::try_from(it).ok());
    let page = pages.page(input.next_token.as_deref(), size.unwrap_or(100))?;
    let mut all = it.filters(&place).await?;
    let arns = input.arns.filter(|it| !it.is_empty());
    all.retain(|(id, filter)| {
        let named = |arns: &Vec<String>| arns.contains(&records::arn(&place, id));
        arns.as_ref().is_none_or(named)
            && input.action.as_ref().is_none_or(|it| filter.action == *it)
    });
    all.sort_by(|one, other| one.0.cmp(&other.0));
    let (some, next_token) = page.cut(all, |(id, _)| id);
    let shown = some.iter().map(|(id, it)| filters::show(&place, id, it));
    Ok(ListFiltersResponse {
        filters: Some(shown.collect::<Result<_, _>>()?),
        next_token,
    })
}

pub(crate) async fn delete_filter(
    it: &Inspector2Service,
    call: &Call,
    input: DeleteFilterRequest,
) -> Result<DeleteFilterResponse, Fault> {
    let arn = input.arn.unwrap_or_default();
    let place = Place::of(call);
    let id = records::id_of(&place, &arn).ok_or_else(|| fault::no_filter(&arn))?;
    let key = records::key(&place, id);
    transact!(it.table, &call.permit, |tx| {
        let found = tx.find::<Filter>(&key).await?;
        found.ok_or_else(|| fault::no_filter(&arn))?;
        tx.delete(&key);
    });
    Ok(DeleteFilterResponse { arn: Some(arn) })
}
