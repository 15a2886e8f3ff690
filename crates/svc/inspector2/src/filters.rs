//! Filters: made, changed, listed, deleted.

use serde_json::Value;
use wharf_api_inspector2::{Filter as Shown, FilterCriteria};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    fault,
    records::{self, Filter},
    service::Inspector2Service,
};

/// What an account may have in a region, as AWS has it.
const MOST_FILTERS: usize = 500;
/// What their criteria may have together, as they are stored: all that suppress are read for each page of findings.
const MOST_CRITERIA: usize = 1 << 20;

/// Criteria of a stored filter.
fn criteria(filter: &Filter) -> Result<FilterCriteria, Fault> {
    records::read(&filter.criteria)
}

pub(crate) fn show(place: &Place, id: &str, it: &Filter) -> Result<Shown, Fault> {
    Ok(Shown {
        arn: Some(records::arn(place, id)),
        owner_id: Some(place.account.clone()),
        name: Some(it.name.clone()),
        criteria: Some(criteria(it)?),
        action: Some(it.action.clone()),
        created_at: Some(it.created_at),
        updated_at: Some(it.updated_at),
        description: it.description.clone(),
        reason: it.reason.clone(),
        tags: Some(it.tags.clone()).filter(|it| !it.is_empty()),
    })
}

/// Whether there is room for criteria beside those of other filters.
pub(crate) fn check_room<'a>(
    others: impl Iterator<Item = &'a Filter>,
    criteria: &Value,
) -> Result<(), Fault> {
    let bytes = |it: &Value| it.to_string().len();
    let taken: usize = others.map(|it| bytes(&it.criteria)).sum();
    match taken + bytes(criteria) > MOST_CRITERIA {
        true => Err(fault::invalid(format!(
            "The criteria of all filters may have at most {MOST_CRITERIA} bytes together."
        ))),
        false => Ok(()),
    }
}

impl Inspector2Service {
    /// All of a place, by their ids.
    pub(crate) async fn filters(&self, place: &Place) -> Result<Vec<(String, Filter)>, Fault> {
        let found = self.table.all::<Filter>(&records::scope(place), "").await?;
        Ok(found.into_iter().map(|(id, it)| (id, it.record)).collect())
    }

    /// What suppresses findings.
    pub(crate) async fn suppressing(&self, place: &Place) -> Result<Vec<FilterCriteria>, Fault> {
        let all = self.filters(place).await?;
        let suppressing = all.iter().filter(|(_, it)| it.action == "SUPPRESS");
        suppressing.map(|(_, it)| criteria(it)).collect()
    }

    /// Writes a new one down; its ARN. Names are unique: whoever makes filters at the same time is one
    /// after the other.
    pub(crate) async fn add_filter(&self, call: &Call, filter: Filter) -> Result<String, Fault> {
        let place = Place::of(call);
        let _turn = self.turns.take((&place.account, &place.region)).await;
        let all = self.filters(&place).await?;
        if all.iter().any(|(_, it)| it.name == filter.name) {
            return Err(fault::filter_exists(&filter.name));
        }
        if all.len() >= MOST_FILTERS {
            return Err(fault::too_many_filters(MOST_FILTERS));
        }
        check_room(all.iter().map(|(_, it)| it), &filter.criteria)?;
        let id = records::new_id(&place);
        let key = records::key(&place, &id);
        transact!(self.table, &call.permit, |tx| { tx.put(&key, &filter) });
        Ok(records::arn(&place, &id))
    }

    /// Changes the filter that an ARN names.
    pub(crate) async fn change_filter(
        &self,
        call: &Call,
        arn: &str,
        change: impl Fn(&mut Filter) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let place = Place::of(call);
        let id = records::id_of(&place, arn).ok_or_else(|| fault::no_filter(arn))?;
        let key = records::key(&place, id);
        transact!(self.table, &call.permit, |tx| {
            let found = tx.find::<Filter>(&key).await?;
            let mut filter = found.ok_or_else(|| fault::no_filter(arn))?;
            change(&mut filter)?;
            tx.put(&key, &filter);
        });
        Ok(())
    }

    pub(crate) async fn filter(&self, place: &Place, arn: &str) -> Result<Filter, Fault> {
        let id = records::id_of(place, arn).ok_or_else(|| fault::no_filter(arn))?;
        let found = self.table.read::<Filter>(&records::key(place, id)).await?;
        Ok(found.ok_or_else(|| fault::no_filter(arn))?.record)
    }
}
