//! ListAggregateLogGroupSummaries: how many groups there are of each data source, which their tags say.

use std::collections::BTreeMap;

use wharf_api_logs::types::{
    AggregateLogGroupSummary, DataSourceFilter, GroupingIdentifier,
    ListAggregateLogGroupSummariesRequest, ListAggregateLogGroupSummariesResponse,
};
use wharf_records::Record as _;
use wharf_wire::{Call, Fault};

use super::list_log_groups::matches;
use crate::{LogsService, records::Group};

/// Tags that say where what is in a group comes from, as with AWS.
const NAME: &str = "cw:datasource:name";
const TYPE: &str = "cw:datasource:type";
const PAGE: usize = 50;

/// A data source: its name, and its type if it has one.
type Source = (String, Option<String>);

pub async fn list(
    service: &LogsService,
    call: &Call,
    input: ListAggregateLogGroupSummariesRequest,
) -> Result<ListAggregateLogGroupSummariesResponse, Fault> {
    let (pattern, class) = (input.log_group_name_pattern, input.log_group_class);
    let wanted = input.data_sources;
    let listing = format!("data sources {pattern:?} {class:?} {wanted:?}");
    let size = input.limit.and_then(|it| usize::try_from(it).ok());
    let pages = service.pages(call, &listing);
    let page = pages.page(input.next_token.as_deref(), size.unwrap_or(PAGE))?;
    let all: Vec<Group> = service
        .all(&LogsService::scope(call).key(Group::KIND, ""))
        .await?;
    let fitting = all
        .iter()
        .filter(|group| pattern.as_ref().is_none_or(|it| matches(it, &group.name)))
        .filter(|group| class.as_ref().is_none_or(|it| group.class == *it));
    let mut counts: BTreeMap<Source, i32> = BTreeMap::new();
    for source in fitting.filter_map(source) {
        if wanted.as_ref().is_none_or(|it| is_among(&source, it)) {
            *counts.entry(source).or_default() += 1;
        }
    }
    // Names have no control characters in tags, so places are in the order of sources.
    let placed = counts.into_iter().map(|((name, kind), count)| {
        let place = format!("{name}\n{}", kind.as_deref().unwrap_or_default());
        (place, name, kind, count)
    });
    let (shown, next_token) = page.cut(placed, |(place, ..)| place.as_str());
    let summaries = shown.into_iter().map(|(_, name, kind, count)| {
        let name = Some(("dataSource.Name", name));
        let kind = kind.map(|it| ("dataSource.Type", it));
        let identifiers = name.into_iter().chain(kind);
        AggregateLogGroupSummary {
            log_group_count: Some(count),
            grouping_identifiers: Some(identifiers.map(identifier).collect()),
        }
    });
    Ok(ListAggregateLogGroupSummariesResponse {
        aggregate_log_group_summaries: Some(summaries.collect()),
        next_token,
    })
}

/// The data source of a group, if its tags name one.
pub fn source(group: &Group) -> Option<Source> {
    let name = group.tags.get(NAME)?;
    Some((name.clone(), group.tags.get(TYPE).cloned()))
}

fn is_among((name, kind): &Source, wanted: &[DataSourceFilter]) -> bool {
    wanted.iter().any(|it| {
        it.name.as_ref() == Some(name)
            && it.type_.as_ref().is_none_or(|it| kind.as_ref() == Some(it))
    })
}

fn identifier((key, value): (&str, String)) -> GroupingIdentifier {
    GroupingIdentifier {
        key: Some(key.to_owned()),
        value: Some(value),
    }
}
