//! ListFindingAggregations.

use wharf_api_inspector2::*;
use wharf_service::{Faults as _, Place};
use wharf_wire::{Call, Fault};

use super::lists::size;
use crate::{
    aggregate::{self, Counted},
    criteria::texts,
    fault::Inspector2Faults,
    findings::At,
    service::Inspector2Service,
};

const MAX_GROUPS: usize = 100;
/// Findings that are read at once.
const CHUNK: usize = 1000;

pub(crate) async fn list_finding_aggregations(
    it: &Inspector2Service,
    call: &Call,
    input: ListFindingAggregationsRequest,
) -> Result<ListFindingAggregationsResponse, Fault> {
    let selection = (
        &input.aggregation_type,
        &input.aggregation_request,
        &input.account_ids,
    );
    let pages = it.pages(call, "inspector2/ListFindingAggregations", &selection);
    let after = pages.after(input.next_token.as_deref())?;
    let from = after
        .map_or(Ok(0), |it| it.parse::<usize>())
        .map_err(|_| Inspector2Faults::bad_token())?;
    let mut counted = Counted::new(aggregate::read(&input)?);
    let place = Place::of(call);
    let _share = it.large.take(&place.account).await;
    let all = FilterCriteria::default();
    let mut at = Some(At::default()).filter(|_| texts(&input.account_ids, &[&place.account]));
    while let Some(from) = at {
        let (findings, next) = it.walk(&place, &all, from, CHUNK).await?;
        for finding in &findings {
            counted.add(finding)?;
        }
        at = next;
    }
    let shown = counted.shown(&place.account);
    let size = size(input.max_results, MAX_GROUPS);
    let end = from.saturating_add(size);
    Ok(ListFindingAggregationsResponse {
        next_token: (end < shown.len()).then(|| pages.token(&end.to_string())),
        responses: Some(shown.into_iter().skip(from).take(size).collect()),
        aggregation_type: input.aggregation_type,
    })
}
