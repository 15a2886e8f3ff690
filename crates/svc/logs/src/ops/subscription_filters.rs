//! PutSubscriptionFilter, DescribeSubscriptionFilters and DeleteSubscriptionFilter.

use wharf_api_logs::{
    faults,
    types::{
        DeleteSubscriptionFilterRequest, DescribeSubscriptionFiltersRequest,
        DescribeSubscriptionFiltersResponse, PutSubscriptionFilterRequest,
        SubscriptionFilter as Shown,
    },
};
use wharf_delivery::Failure;
use wharf_wire::{Call, Fault};

use super::tags::change;
use crate::{
    LogsService, fault,
    filters::{self, CLASS, cursor},
    names,
    records::{Group, SubscriptionFilter},
    selection,
    subscription::Destination,
};

/// Filters of a group, as with AWS.
const MOST: usize = 2;
const PAGE: usize = 50;

/// What comes in from now on is sent; that the destination takes anything is seen before this answers.
pub async fn put(
    service: &LogsService,
    call: &Call,
    input: PutSubscriptionFilterRequest,
) -> Result<(), Fault> {
    let name = input.log_group_name.unwrap_or_default();
    let filter = SubscriptionFilter {
        name: input.filter_name.unwrap_or_default(),
        pattern: input.filter_pattern.unwrap_or_default(),
        destination: input.destination_arn.unwrap_or_default(),
        role: input.role_arn,
        on_transformed: input.apply_on_transformed_logs == Some(true),
        random: filters::is_random(input.distribution.as_deref())?,
        selection: criteria(input.field_selection_criteria)?,
        created_at: call.now,
    };
    filters::check(&filter)?;
    let group = service.group(call, &name).await?;
    let known = group
        .subscription_filters
        .iter()
        .any(|it| it.name == filter.name);
    fits(&group, known)?;
    let arn = names::group_arn(call, &group.name);
    if is_itself(call, &group.name, &filter.destination) {
        return Err(fault::invalid(
            "A log group cannot be the destination of its own subscription filter.",
        ));
    }
    try_out(service, call, &arn, &filter).await?;
    if !known {
        // Before the filter is there: what comes in meanwhile is sent.
        let (cursor, events) = (cursor(&filter.name), service.events.journal());
        for stream in service.streams(call, &group, "").await? {
            let journal = stream.journal_name();
            let set = events
                .set_cursor(&journal, &cursor, events.end(&journal))
                .await;
            set.map_err(fault::journal)?;
        }
    }
    change(service, call, &name, |group| {
        let known = group
            .subscription_filters
            .iter()
            .position(|it| it.name == filter.name);
        fits(group, known.is_some())?;
        match known {
            Some(at) => group.subscription_filters[at] = filter.clone(),
            None => group.subscription_filters.push(filter.clone()),
        }
        Ok(())
    })
    .await
}

/// The criteria of a filter of either kind, if it has any.
pub(super) fn criteria(given: Option<String>) -> Result<Option<String>, Fault> {
    let given = given.filter(|it| !it.is_empty());
    if let Some(criteria) = &given {
        let checked = selection::holds(criteria, ("", ""));
        checked.map_err(|bad| fault::invalid(bad.to_string()))?;
    }
    Ok(given)
}

fn fits(group: &Group, known: bool) -> Result<(), Fault> {
    if group.class != CLASS {
        return Err(fault::invalid(format!(
            "Subscription filters are not for log groups of the class {}.",
            group.class
        )));
    }
    match known || group.subscription_filters.len() < MOST {
        true => Ok(()),
        false => Err(faults::limit_exceeded_exception("Resource limit exceeded.")),
    }
}

/// Whether a destination is the group of that name.
fn is_itself(call: &Call, group: &str, destination: &str) -> bool {
    let to = Destination::parse(destination);
    matches!(to, Ok(Destination::Group(arn, name))
        if name == group && arn.account == call.account && arn.region == call.region)
}

/// Whether the destination takes what a filter sends, which acts for the resource with that ARN.
pub(super) async fn try_out(
    service: &LogsService,
    call: &Call,
    source_arn: &str,
    filter: &SubscriptionFilter,
) -> Result<(), Fault> {
    let scope = LogsService::scope(call);
    let tried = async {
        let way = service.way_from(filter, &scope, source_arn).await?;
        let destination = &filter.destination;
        service
            .try_way(&way, destination, &call.request_id, call.now)
            .await
    };
    tried.await.map_err(|cause: Failure| match cause.passes && cause.code == "ServiceUnavailableException" {
        true => faults::service_unavailable_exception("The service cannot complete the request.", &cause),
        false => fault::invalid(format!(
            "Could not deliver test message to specified destination. Check if the destination is valid. ({cause})"
        )),
    })
}

pub async fn describe(
    service: &LogsService,
    call: &Call,
    input: DescribeSubscriptionFiltersRequest,
) -> Result<DescribeSubscriptionFiltersResponse, Fault> {
    let name = input.log_group_name.unwrap_or_default();
    let group = service.group(call, &name).await?;
    let prefix = input.filter_name_prefix.unwrap_or_default();
    let size = input.limit.and_then(|it| usize::try_from(it).ok());
    let page = service
        .pages(call, &format!("subscription filters {name:?} {prefix:?}"))
        .page(input.next_token.as_deref(), size.unwrap_or(PAGE))?;
    let mut all = group.subscription_filters;
    all.retain(|it| it.name.starts_with(&prefix));
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let (all, next_token) = page.cut(all, |it| it.name.as_str());
    let shown = all.into_iter().map(|it| Shown {
        filter_name: Some(it.name),
        log_group_name: Some(name.clone()),
        filter_pattern: Some(it.pattern),
        destination_arn: Some(it.destination),
        role_arn: it.role,
        distribution: Some(
            match it.random {
                true => filters::RANDOM,
                false => filters::BY_STREAM,
            }
            .to_owned(),
        ),
        creation_time: Some(it.created_at.millis()),
        apply_on_transformed_logs: Some(it.on_transformed),
        field_selection_criteria: it.selection,
        ..Shown::default()
    });
    Ok(DescribeSubscriptionFiltersResponse {
        subscription_filters: Some(shown.collect()),
        next_token,
    })
}

pub async fn delete(
    service: &LogsService,
    call: &Call,
    input: DeleteSubscriptionFilterRequest,
) -> Result<(), Fault> {
    let name = input.log_group_name.unwrap_or_default();
    let filter = input.filter_name.unwrap_or_default();
    change(service, call, &name, |group| {
        let before = group.subscription_filters.len();
        group.subscription_filters.retain(|it| it.name != filter);
        match group.subscription_filters.len() < before {
            true => Ok(()),
            false => Err(faults::resource_not_found_exception(
                "The specified subscription filter does not exist.",
            )),
        }
    })
    .await?;
    let group = service.group(call, &name).await?;
    let (cursor, events) = (cursor(&filter), service.events.journal());
    for stream in service.streams(call, &group, "").await? {
        let dropped = events.drop_cursor(&stream.journal_name(), &cursor).await;
        dropped.map_err(fault::journal)?;
    }
    Ok(())
}
