//! DescribeLogStreams, by name or by the time of the last event.

use wharf_api_logs::types::{DescribeLogStreamsRequest, DescribeLogStreamsResponse, LogStream};
use wharf_wire::{Call, Fault};

use crate::{LogsService, event_store::Summary, fault, names, records::Stream, token};

const DEFAULT_LIMIT: usize = 50;

pub async fn describe_log_streams(
    service: &LogsService,
    call: &Call,
    input: DescribeLogStreamsRequest,
) -> Result<DescribeLogStreamsResponse, Fault> {
    let name = names::one_group(
        call,
        input.log_group_name.as_deref(),
        input.log_group_identifier.as_deref(),
    )?;
    let group = service.group(call, &name).await?;
    let by_time = input.order_by.as_deref() == Some("LastEventTime");
    if by_time && input.log_stream_name_prefix.is_some() {
        return Err(fault::invalid(
            "Cannot order by LastEventTime with a logStreamNamePrefix.",
        ));
    }
    let prefix = input.log_stream_name_prefix.unwrap_or_default();
    let descending = input.descending.unwrap_or(false);
    let listing = format!("streams {} {prefix} {by_time} {descending}", group.id);
    let pages = service.pages(call, &listing);
    let after: Option<(i64, String)> = pages
        .after(input.next_token.as_deref())?
        .map(|it| token::place(&it))
        .transpose()?;
    let mut streams = Vec::new();
    for stream in service.streams(call, &group, &prefix).await? {
        // In the order of their names only those of the page are looked at: a group may have a hundred thousand.
        let time = match by_time {
            true => summary(service, &stream).await?.last_event.unwrap_or(0),
            false => 0,
        };
        streams.push(((time, stream.name.clone()), stream));
    }
    streams.sort_by(|(a, _), (b, _)| if descending { b.cmp(a) } else { a.cmp(b) });
    let limit = input
        .limit
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(DEFAULT_LIMIT);
    let mut left = streams.into_iter().filter(|(key, _)| {
        after
            .as_ref()
            .is_none_or(|after| if descending { key < after } else { key > after })
    });
    let page: Vec<_> = left.by_ref().take(limit).collect();
    let more = left.next().is_some();
    let next_token = page
        .last()
        .filter(|_| more)
        .map(|(key, _)| pages.token(&token::place_text(key)));
    let mut log_streams = Vec::with_capacity(page.len());
    for (_, stream) in &page {
        let summary = summary(service, stream).await?;
        log_streams.push(to_wire(call, &name, stream, summary));
    }
    Ok(DescribeLogStreamsResponse {
        log_streams: Some(log_streams),
        next_token,
    })
}

async fn summary(service: &LogsService, stream: &Stream) -> Result<Summary, Fault> {
    let summary = service.events.summary(&stream.journal_name()).await;
    summary.map_err(fault::journal)
}

fn to_wire(call: &Call, group: &str, stream: &Stream, summary: Summary) -> LogStream {
    LogStream {
        log_stream_name: Some(stream.name.clone()),
        creation_time: Some(stream.created_at.millis()),
        first_event_timestamp: summary.first_event,
        last_event_timestamp: summary.last_event,
        last_ingestion_time: summary.last_ingestion,
        upload_sequence_token: Some(format!("{:056}", summary.last_ingestion.unwrap_or(0))),
        arn: Some(names::stream_arn(call, group, &stream.name)),
        // The API has answered 0 for years and tells callers to look at the group.
        stored_bytes: Some(0),
    }
}
