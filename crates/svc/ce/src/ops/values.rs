//! GetDimensionValues and GetTags: what can be asked for in a time.

use std::{collections::BTreeSet, sync::Arc};

use wharf_api_ce::types::*;
use wharf_wire::{Call, Fault};

use crate::{
    ask::{self, Asked},
    fault,
    filter::{Dimension, Filter, Key},
    period::{Granularity, Periods},
    service::Core,
};

/// Values of a page.
const PAGE: i32 = 1_000;

/// What a request chooses values by.
#[derive(Clone, Copy)]
struct Chosen<'a> {
    time: Option<&'a DateInterval>,
    filter: Option<&'a Expression>,
    /// What values contain, in any case.
    search: Option<&'a str>,
}

impl Chosen<'_> {
    /// The values of a key.
    async fn values(
        &self,
        core: &Arc<Core>,
        call: &Call,
        key: Key,
    ) -> Result<BTreeSet<String>, Fault> {
        let periods = Periods::of(self.time, Granularity::Whole, core.now())?;
        let filter = Filter::of(self.filter)?;
        if key.is_of_resources() || filter.is_of_resources() {
            periods.of_resources(core.now())?;
        }
        let tag = match &key {
            Key::Tag(key) => format!("{key}$"),
            Key::Dimension(_) | Key::TagKeys => String::new(),
        };
        let asked = Asked {
            account: call.account.clone(),
            periods,
            filter,
            groups: vec![key],
        };
        let prices = core.prices.read().await?;
        let sums = ask::sums(core, asked, prices).await?;
        let keys = sums.into_iter().flat_map(|it| it.into_keys().flatten());
        let values = keys.filter_map(|it| it.strip_prefix(tag.as_str()).map(str::to_owned));
        Ok(values.filter(|it| self.finds(it)).collect())
    }

    fn finds(&self, value: &str) -> bool {
        let search = self.search.unwrap_or_default().to_lowercase();
        value.to_lowercase().contains(&search)
    }
}

fn size(asked: Option<i32>) -> Result<usize, Fault> {
    let size = asked.unwrap_or(PAGE);
    usize::try_from(size.min(PAGE)).map_err(|_| fault::invalid("MaxResults must be positive."))
}

/// The values of a dimension.
pub(crate) async fn get_dimension_values(
    core: &Arc<Core>,
    call: &Call,
    input: GetDimensionValuesRequest,
) -> Result<GetDimensionValuesResponse, Fault> {
    let dimension = Dimension::named(input.dimension.as_deref().unwrap_or_default())?;
    let selection = (
        &input.dimension,
        &input.time_period,
        &input.filter,
        &input.search_string,
    );
    let pages = core.pages(call, "ce/GetDimensionValues", &selection);
    let page = pages.page(input.next_page_token.as_deref(), size(input.max_results)?)?;
    let chosen = Chosen {
        time: input.time_period.as_ref(),
        filter: input.filter.as_ref(),
        search: input.search_string.as_deref(),
    };
    let values = chosen.values(core, call, Key::Dimension(dimension)).await?;
    let total = count(values.len());
    let (values, next) = page.cut(values, String::as_str);
    Ok(GetDimensionValuesResponse {
        return_size: Some(count(values.len())),
        total_size: Some(total),
        next_page_token: next,
        dimension_values: Some(
            values
                .into_iter()
                .map(|value| DimensionValuesWithAttributes {
                    value: Some(value),
                    attributes: Some(Default::default()),
                })
                .collect(),
        ),
    })
}

/// The values of a tag, empty for tasks without it; the keys of tags without one.
pub(crate) async fn get_tags(
    core: &Arc<Core>,
    call: &Call,
    input: GetTagsRequest,
) -> Result<GetTagsResponse, Fault> {
    let selection = (
        &input.tag_key,
        &input.time_period,
        &input.filter,
        &input.search_string,
    );
    let pages = core.pages(call, "ce/GetTags", &selection);
    let page = pages.page(input.next_page_token.as_deref(), size(input.max_results)?)?;
    let chosen = Chosen {
        time: input.time_period.as_ref(),
        filter: input.filter.as_ref(),
        search: input.search_string.as_deref(),
    };
    let values = match input.tag_key.clone().filter(|it| !it.is_empty()) {
        Some(key) => chosen.values(core, call, Key::Tag(key)).await?,
        None => {
            let lists = Chosen {
                search: None,
                ..chosen
            };
            let lists = lists.values(core, call, Key::TagKeys).await?;
            let lists = lists
                .iter()
                .filter_map(|it| serde_json::from_str::<Vec<String>>(it).ok());
            lists.flatten().filter(|it| chosen.finds(it)).collect()
        }
    };
    let total = count(values.len());
    let (values, next) = page.cut(values, String::as_str);
    Ok(GetTagsResponse {
        return_size: Some(count(values.len())),
        total_size: Some(total),
        next_page_token: next,
        tags: Some(values),
    })
}

fn count(of: usize) -> i32 {
    i32::try_from(of).unwrap_or(i32::MAX)
}
