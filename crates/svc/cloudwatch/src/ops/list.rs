//! ListMetrics: those with samples in the last two weeks.

use wharf_api_cloudwatch::{
    Dimension, DimensionFilter, ListMetricsInput, ListMetricsOutput, Metric as Shown,
};
use wharf_series::{Key, Metric};
use wharf_service::{Faults as _, Place};
use wharf_wire::{Call, Fault};

use crate::{
    core::{self, Core},
    datum::bad_value,
    fault::CloudwatchFaults,
};

const PAGE: usize = 500;
const ACTIVE: i64 = 14 * 86_400;
const RECENTLY: i64 = 3 * 3600;
/// Bytes of a key in a token.
const LONGEST_NOTED: usize = 4096;

pub async fn list_metrics(
    core: &Core,
    call: &Call,
    input: ListMetricsInput,
) -> Result<ListMetricsOutput, Fault> {
    let place = Place::of(call);
    let filters = input.dimensions.unwrap_or_default();
    let age = match input.recently_active.as_deref() {
        None => ACTIVE,
        Some("PT3H") => RECENTLY,
        Some(other) => return Err(bad_value(other, "RecentlyActive")),
    };
    let selection = (&input.namespace, &input.metric_name, &filters, age);
    let pages = core.pages(call, "cloudwatch/ListMetrics", &selection);
    let page = pages.page(input.next_token.as_deref(), PAGE)?;
    let since = call.now.millis() / 1000 - age;
    let after = page.after.as_deref().map(|it| key(core, it)).transpose()?;
    let listing = core.parts.series.list(
        core::at(&place),
        input.namespace.as_deref(),
        input.metric_name.as_deref(),
        (after, since, PAGE),
        |it| filters.iter().all(|filter| fits(filter, it)),
    );
    let (found, next) = listing.await;
    let next = next.and_then(|it| noted(core, &it));
    Ok(ListMetricsOutput {
        metrics: Some(found.into_iter().map(|it| shown(it.metric)).collect()),
        next_token: page.next(next.is_some(), next.as_deref()),
        owning_accounts: None,
    })
}

/// The key that a list goes on after, as its token notes it: a long one by its number, since tokens are short.
fn noted(core: &Core, key: &Key) -> Option<String> {
    match key.as_str().len() <= LONGEST_NOTED {
        true => Some(key.as_str().to_owned()),
        false => core.parts.series.number(key).map(|it| it.to_string()),
    }
}

fn key(core: &Core, noted: &str) -> Result<Key, Fault> {
    let found = match noted.parse() {
        Ok(number) => core.parts.series.key(number),
        Err(_) => Key::parse(noted),
    };
    found.ok_or_else(CloudwatchFaults::bad_token)
}

fn fits(filter: &DimensionFilter, metric: &Metric) -> bool {
    metric.dimensions.iter().any(|(name, value)| {
        filter.name.as_deref() == Some(name)
            && filter.value.as_deref().is_none_or(|wanted| wanted == value)
    })
}

fn shown(metric: Metric) -> Shown {
    let dimension = |(name, value)| Dimension {
        name: Some(name),
        value: Some(value),
    };
    Shown {
        namespace: Some(metric.namespace),
        metric_name: Some(metric.name),
        dimensions: Some(metric.dimensions.into_iter().map(dimension).collect()),
    }
}
