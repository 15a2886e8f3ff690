//! GetScheduledQueryHistory: the runs of a scheduled query and what became of their results.

use wharf_api_logs::types::{
    GetScheduledQueryHistoryRequest, GetScheduledQueryHistoryResponse, ScheduledQueryDestination,
    TriggerHistoryRecord,
};
use wharf_wire::{Call, Fault};

use super::scheduled_queries::find;
use crate::{
    LogsService,
    scheduled::record::{self, ScheduledRun, Status},
};

const PAGE: usize = 1000;

pub async fn history(
    service: &LogsService,
    call: &Call,
    input: GetScheduledQueryHistoryRequest,
) -> Result<GetScheduledQueryHistoryResponse, Fault> {
    let query = find(service, call, input.identifier.as_deref()).await?;
    let (start, end) = (
        input.start_time.unwrap_or_default(),
        input.end_time.unwrap_or_default(),
    );
    let listing = format!(
        "scheduled history {} {start} {end} {:?}",
        query.id, input.execution_statuses
    );
    let size = input.max_results.and_then(|it| usize::try_from(it).ok());
    let pages = service.pages(call, &listing);
    let page = pages.page(input.next_token.as_deref(), size.unwrap_or(PAGE))?;
    let all = service
        .table
        .all::<ScheduledRun>(&LogsService::scope(call), &ScheduledRun::prefix(&query.id))
        .await?;
    let statuses = input.execution_statuses.filter(|it| !it.is_empty());
    // The newest first.
    let place = |at: i64| format!("{:020}", i64::MAX - at);
    let fitting = all.into_iter().rev().map(|(_, it)| it.record);
    let fitting = fitting.filter(|it| {
        let named = statuses.as_ref();
        (start..=end).contains(&it.at.millis())
            && named.is_none_or(|all| all.iter().any(|name| name == it.status.name()))
    });
    let placed = fitting.map(|it| (place(it.at.millis()), it));
    let (runs, next_token) = page.cut(placed, |(place, _)| place.as_str());
    Ok(GetScheduledQueryHistoryResponse {
        name: Some(query.name.clone()),
        scheduled_query_arn: Some(record::arn(&call.account, &call.region, &query.name)),
        trigger_history: Some(runs.into_iter().map(|(_, it)| shown(it)).collect()),
        next_token,
    })
}

fn shown(run: ScheduledRun) -> TriggerHistoryRecord {
    let delivery = run.delivery;
    let destination = run.destination.map(|it| ScheduledQueryDestination {
        destination_type: Some("S3".to_owned()),
        destination_identifier: Some(it.uri),
        status: match &delivery {
            Some(delivery) => Some(delivery.status.clone()),
            None if run.status == Status::Running => Some("IN_PROGRESS".to_owned()),
            None => None,
        },
        processed_identifier: delivery.as_ref().and_then(|it| it.object.clone()),
        error_message: delivery.and_then(|it| it.error),
    });
    TriggerHistoryRecord {
        query_id: run.query,
        execution_status: Some(run.status.name().to_owned()),
        triggered_timestamp: Some(run.at.millis()),
        error_message: run.error,
        destinations: Some(destination.into_iter().collect()),
    }
}
