//! GetLogEvents: one stream, forward or backward from a token. At either end the same token comes
//! back, which is how clients know to stop.

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
    let start = input
        .start_time
        .unwrap_or(0)
        .max(group.keeps_from(call.now));
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
    let (from, to) = match direction {
        Direction::Forward => (at, window.high.min(at.saturating_add(limit))),
        Direction::Backward => (window.low.max(at.saturating_sub(limit)), at),
    };
    let events = &service.events;
    // Backward pages are cut at their older end, so all is read and the front dropped.
    let bytes = if direction == Direction::Forward {
        MAX_PAGE_BYTES
    } else {
        usize::MAX
    };
    let mut events = events
        .fetch(journal, &window.order, (from, to), bytes, opener)
        .await
        .map_err(fault::read)?;
    let mut size: usize = events.iter().map(Event::size).sum();
    let excess = events
        .iter()
        .take_while(|event| {
            let over = size > MAX_PAGE_BYTES;
            size -= event.size();
            over
        })
        .count();
    if direction == Direction::Backward && excess > 0 {
        events.drain(..excess.min(events.len() - 1));
    }
    Ok(events)
}

fn to_wire(event: Event) -> OutputLogEvent {
    OutputLogEvent {
        timestamp: Some(event.timestamp),
        message: Some(event.message),
        ingestion_time: Some(event.ingestion),
    }
}
