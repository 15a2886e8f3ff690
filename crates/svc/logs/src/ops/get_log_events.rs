//! GetLogEvents: one stream, forward or backward from a token. At either end the same token comes
//! back, which is how clients know to stop.

use std::collections::VecDeque;

use wharf_api_logs::types::{GetLogEventsRequest, GetLogEventsResponse, OutputLogEvent};
use wharf_wire::{Call, Fault};

use crate::{
    LogsService,
    event::Event,
    event_store::Window,
    fault, names,
    opener::Opener,
    token::{self, Boundary, Direction},
};

const DEFAULT_LIMIT: u64 = 10_000;
const MAX_PAGE_BYTES: usize = 1 << 20;
/// What is read at a time for a page that is cut at its older end: first so many events, then more, and so many bytes.
const RUN: u64 = 256;
const LONGEST_RUN: u64 = 1024;
const MOST_READ: usize = 4 * MAX_PAGE_BYTES;

pub async fn get_log_events(
    service: &LogsService,
    call: &Call,
    input: GetLogEventsRequest,
) -> Result<GetLogEventsResponse, Fault> {
    let name = names::one_group(
        call,
        input.log_group_name.as_deref(),
        input.log_group_identifier.as_deref(),
    )?;
    let group = service.group(call, &name).await?;
    let stream = service
        .stream(
            call,
            &group,
            input.log_stream_name.as_deref().unwrap_or_default(),
        )
        .await?;
    let journal = stream.journal_name();
    let scope = LogsService::scope(call);
    let kept_from = service.keeps_from(&scope, &group, call.now).await?;
    let start = input.start_time.unwrap_or(0).max(kept_from);
    let end = input.end_time.unwrap_or(i64::MAX);
    let window = service
        .events
        .window(&journal, start, end)
        .await
        .map_err(fault::journal)?;
    let limit = input
        .limit
        .and_then(|limit| u64::try_from(limit).ok())
        .unwrap_or(DEFAULT_LIMIT);
    let (direction, boundary) = match input.next_token.as_deref() {
        Some(text) => {
            let (direction, boundary) = token::read(text)?;
            (direction, Some(boundary))
        }
        None if input.start_from_head == Some(true) => (Direction::Forward, None),
        None => (Direction::Backward, None),
    };
    let at = match boundary {
        Some(boundary) => {
            let rank = service
                .events
                .rank(&journal, &window.order, boundary)
                .await
                .map_err(fault::journal)?;
            rank.clamp(window.low, window.high)
        }
        None if direction == Direction::Forward => window.low,
        None => window.high,
    };
    let mut opener = service.opener(call, &group).await?;
    if input.unmask == Some(true) {
        opener = opener.unmasking();
    }
    let events = page(
        service,
        &journal,
        &window,
        (direction, at, limit),
        &mut opener,
    )
    .await?;
    let here = boundary.unwrap_or(Boundary {
        timestamp: start.max(0),
        offset: 0,
    });
    let (forward, backward) = match (events.first(), events.last()) {
        (Some(first), Some(last)) => (
            Boundary {
                timestamp: last.timestamp,
                offset: last.offset + 1,
            },
            Boundary {
                timestamp: first.timestamp,
                offset: first.offset,
            },
        ),
        _ => (here, here),
    };
    Ok(GetLogEventsResponse {
        events: Some(events.into_iter().map(to_wire).collect()),
        next_forward_token: Some(token::write(Direction::Forward, forward)),
        next_backward_token: Some(token::write(Direction::Backward, backward)),
    })
}

async fn page(
    service: &LogsService,
    journal: &str,
    window: &Window,
    (direction, at, limit): (Direction, u64, u64),
    opener: &mut Opener,
) -> Result<Vec<Event>, Fault> {
    if direction == Direction::Forward {
        let range = (at, window.high.min(at.saturating_add(limit)));
        let events = service
            .events
            .fetch(journal, &window.order, range, MAX_PAGE_BYTES, opener);
        return events.await.map_err(fault::read);
    }
    // The last first, until the page is full.
    let oldest = window.low.max(at.saturating_sub(limit));
    let (mut page, mut size, mut to, mut run) = (VecDeque::new(), 0, at, RUN);
    'full: while to > oldest {
        let from = oldest.max(to.saturating_sub(run));
        let events = service
            .events
            .fetch(journal, &window.order, (from, to), MOST_READ, opener);
        let events = events.await.map_err(fault::read)?;
        let bytes: usize = events.iter().map(Event::size).sum();
        // Large ones: it ended before the last of them.
        if bytes >= MOST_READ && to - from > 1 {
            run = (to - from) / 2;
            continue;
        }
        for event in events.into_iter().rev() {
            size += event.size();
            if size > MAX_PAGE_BYTES && !page.is_empty() {
                break 'full;
            }
            page.push_front(event);
        }
        run = (run * 2).min(LONGEST_RUN);
        to = from;
    }
    Ok(page.into())
}

fn to_wire(event: Event) -> OutputLogEvent {
    OutputLogEvent {
        timestamp: Some(event.timestamp),
        message: Some(event.message),
        ingestion_time: Some(event.ingestion),
    }
}
