//! ListUsageTotals: scans of the last 30 days, those of the caller's own account.

use wharf_api_inspector2::*;
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{fault, service::Inspector2Service};

/// Of what AWS charges for, in the order of its names.
const INITIAL: &str = "ECR_INITIAL_SCAN";
const AGAIN: &str = "ECR_RESCAN";
/// Nobody is charged for scans.
const COST: f64 = 0.0;

pub(crate) async fn list_usage_totals(
    it: &Inspector2Service,
    call: &Call,
    input: ListUsageTotalsRequest,
) -> Result<ListUsageTotalsResponse, Fault> {
    let place = Place::of(call);
    let asked = input.account_ids.as_deref();
    let pages = it.pages(call, "inspector2/ListUsageTotals", &asked);
    // All is on the first page, so no token is one of this list.
    pages.after(input.next_token.as_deref())?;
    let is_asked = asked.is_none_or(|all| all.contains(&place.account));
    let scans = it.images.scans(&place, it.now()).await;
    let scans = scans.map_err(fault::images)?;
    let usage = |type_: &str, total: u64| Usage {
        type_: Some(type_.to_owned()),
        total: Some(total as f64),
        estimated_monthly_cost: Some(COST),
        currency: Some("USD".to_owned()),
        ..Usage::default()
    };
    let total = UsageTotal {
        account_id: Some(place.account.clone()),
        usage: Some(vec![usage(INITIAL, scans.first), usage(AGAIN, scans.again)]),
    };
    Ok(ListUsageTotalsResponse {
        totals: Some(is_asked.then_some(total).into_iter().collect()),
        next_token: None,
    })
}
