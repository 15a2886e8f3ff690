//! GetCostAndUsage and GetCostAndUsageWithResources.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use wharf_api_ce::types::*;
use wharf_billing::shown;
use wharf_service::Faults as _;
use wharf_wire::{Call, Fault};

use crate::{
    ask::{self, Asked},
    fault::{self, CeFaults},
    filter::{self, Filter, Key},
    period::{Granularity, Periods},
    report::{Sum, Sums},
    service::Core,
};

/// Groups of a page, over all its periods.
const PAGE: usize = 5_000;
/// Without discounts all costs are the same.
const COSTS: [&str; 5] = [
    "UnblendedCost",
    "BlendedCost",
    "AmortizedCost",
    "NetUnblendedCost",
    "NetAmortizedCost",
];
const QUANTITY: &str = "UsageQuantity";
const NORMALIZED: &str = "NormalizedUsageAmount";
const NO_UNIT: &str = "N/A";

/// Where a page ended.
#[derive(Serialize, Deserialize)]
struct Place {
    period: usize,
    /// The keys of the last group that it showed.
    group: Vec<String>,
}

/// Costs and quantities by period and group.
pub(crate) async fn get_cost_and_usage(
    core: &Arc<Core>,
    call: &Call,
    input: GetCostAndUsageRequest,
) -> Result<GetCostAndUsageResponse, Fault> {
    let groups = filter::groups(input.group_by.as_deref().unwrap_or_default())?;
    let filter = Filter::of(input.filter.as_ref())?;
    if filter.is_of_resources() || groups.iter().any(Key::is_of_resources) {
        return Err(fault::invalid(
            "The dimension RESOURCE_ID is for GetCostAndUsageWithResources.",
        ));
    }
    answer(core, call, "ce/GetCostAndUsage", input, filter, groups).await
}

/// The same by task, of the last 14 days.
pub(crate) async fn get_cost_and_usage_with_resources(
    core: &Arc<Core>,
    call: &Call,
    input: GetCostAndUsageWithResourcesRequest,
) -> Result<GetCostAndUsageWithResourcesResponse, Fault> {
    let groups = filter::groups(input.group_by.as_deref().unwrap_or_default())?;
    let filter = Filter::of(input.filter.as_ref())?;
    if !filter.is_of_resources() && !groups.iter().any(Key::is_of_resources) {
        return Err(fault::invalid(
            "The dimension RESOURCE_ID must be grouped by or filtered by.",
        ));
    }
    let usual = || Some(vec![COSTS[0].to_owned()]);
    let input = GetCostAndUsageRequest {
        time_period: input.time_period,
        granularity: input.granularity,
        filter: input.filter,
        metrics: input.metrics.filter(|it| !it.is_empty()).or_else(usual),
        group_by: input.group_by,
        next_page_token: input.next_page_token,
        ..GetCostAndUsageRequest::default()
    };
    let list = "ce/GetCostAndUsageWithResources";
    let answer = answer(core, call, list, input, filter, groups).await?;
    Ok(GetCostAndUsageWithResourcesResponse {
        next_page_token: answer.next_page_token,
        group_definitions: answer.group_definitions,
        results_by_time: answer.results_by_time,
        dimension_value_attributes: answer.dimension_value_attributes,
    })
}

async fn answer(
    core: &Arc<Core>,
    call: &Call,
    list: &str,
    input: GetCostAndUsageRequest,
    filter: Filter,
    groups: Vec<Key>,
) -> Result<GetCostAndUsageResponse, Fault> {
    let now = core.now();
    let granularity = Granularity::named(input.granularity.as_deref())?;
    let periods = Periods::of(input.time_period.as_ref(), granularity, now)?;
    let of_resources = filter.is_of_resources() || groups.iter().any(Key::is_of_resources);
    if of_resources {
        periods.of_resources(now)?;
    }
    let metrics = metrics(input.metrics.as_deref().unwrap_or_default())?;
    let selection = (
        &input.time_period,
        &input.granularity,
        &input.filter,
        &metrics,
        &input.group_by,
    );
    let pages = core.pages(call, list, &selection);
    let after = pages.after(input.next_page_token.as_deref())?;
    let after: Option<Place> = match after {
        Some(after) => Some(serde_json::from_str(&after).map_err(|_| CeFaults::bad_token())?),
        None => None,
    };
    // Once: amounts are in the currency of the list that they were made by.
    let prices = core.prices.read().await?;
    let currency = prices.currency().to_owned();
    let write = |sum: &Sum| written(sum, &metrics, &currency);
    let is_grouped = !groups.is_empty();
    let asked = Asked {
        account: call.account.clone(),
        periods: periods.clone(),
        filter,
        groups,
    };
    let sums = ask::sums(core, asked, prices).await?;
    let result = |index: usize| ResultByTime {
        time_period: Some(periods.written(index)),
        total: Some(BTreeMap::new()),
        groups: Some(Vec::new()),
        estimated: Some(!periods.is_final(index, now)),
    };
    let (results, next) = match is_grouped {
        true => page(&sums, after, result, write),
        false => {
            let totals = sums.iter().enumerate().map(|(index, sums)| {
                let none = Sum::default();
                let total = sums.values().next().unwrap_or(&none);
                ResultByTime {
                    total: Some(write(total)),
                    ..result(index)
                }
            });
            (totals.collect(), None)
        }
    };
    let next = next.map(|it| serde_json::to_string(&it).unwrap_or_default());
    Ok(GetCostAndUsageResponse {
        next_page_token: next.map(|it| pages.token(&it)),
        group_definitions: input.group_by.filter(|it| !it.is_empty()),
        results_by_time: Some(results),
        dimension_value_attributes: Some(Vec::new()),
    })
}

/// Groups behind a place, with the periods that they are in; and where this page ended, if there are more.
fn page(
    sums: &Sums,
    after: Option<Place>,
    result: impl Fn(usize) -> ResultByTime,
    write: impl Fn(&Sum) -> BTreeMap<String, MetricValue>,
) -> (Vec<ResultByTime>, Option<Place>) {
    let first = after.as_ref().map_or(0, |it| it.period);
    let mut results = Vec::new();
    let mut room = PAGE;
    let mut last = Vec::new();
    for (index, groups) in sums.iter().enumerate().skip(first) {
        let seen = after
            .as_ref()
            .filter(|it| it.period == index)
            .map(|it| &it.group);
        let fresh = groups
            .iter()
            .filter(|(keys, _)| seen.is_none_or(|seen| *keys > seen));
        let mut shown = Vec::new();
        for (keys, sum) in fresh {
            if room == 0 {
                results.push(ResultByTime {
                    groups: Some(shown),
                    ..result(index)
                });
                let group = last;
                return (
                    results,
                    Some(Place {
                        period: index,
                        group,
                    }),
                );
            }
            room -= 1;
            last.clone_from(keys);
            shown.push(Group {
                keys: Some(keys.clone()),
                metrics: Some(write(sum)),
            });
        }
        last.clear();
        results.push(ResultByTime {
            groups: Some(shown),
            ..result(index)
        });
    }
    (results, None)
}

/// The metrics of a request.
fn metrics(asked: &[String]) -> Result<Vec<String>, Fault> {
    if asked.is_empty() {
        return Err(fault::invalid("At least one metric must be asked for."));
    }
    for name in asked {
        if !COSTS.contains(&name.as_str()) && name != QUANTITY && name != NORMALIZED {
            let known = COSTS.join(", ");
            return Err(fault::invalid(format!(
                "Invalid metric {name}. Valid values are {known}, {QUANTITY}, {NORMALIZED}."
            )));
        }
    }
    Ok(asked.to_vec())
}

fn written(sum: &Sum, metrics: &[String], currency: &str) -> BTreeMap<String, MetricValue> {
    let value = |amount: String, unit: &str| MetricValue {
        amount: Some(amount),
        unit: Some(unit.to_owned()),
    };
    let all = metrics.iter().map(|name| {
        let value = match name.as_str() {
            QUANTITY => value(
                shown(sum.number()),
                sum.unit().map_or(NO_UNIT, |it| it.as_str()),
            ),
            // Fargate has no sizes that quantities could be normalized by.
            NORMALIZED => value("0".to_owned(), NO_UNIT),
            _ => value(shown(sum.cost.amount()), currency),
        };
        (name.clone(), value)
    });
    all.collect()
}
