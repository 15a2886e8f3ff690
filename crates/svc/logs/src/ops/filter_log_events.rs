//! FilterLogEvents: many streams as one, by time and pattern.

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

use wharf_api_logs::types::{FilterLogEventsRequest, FilterLogEventsResponse, FilteredLogEvent};
use wharf_wire::{Call, Fault};

use crate::{
    LogsService,
    event::{self, Event},
    fault,
    merge::{MADE, Merge, Place, Step},
    names,
    pattern::{Message, Pattern},
    records::{Group, Stream},
    seek::Reading,
    token,
};

const DEFAULT_LIMIT: usize = 10_000;
const MAX_PAGE_BYTES: usize = 1 << 20;
/// How long is looked for one page, lest callers' patience ends before it.
const LONGEST_LOOK: Duration = Duration::from_secs(5);
/// Events looked at for one page, of which one that is passed over with its block counts a tenth, and less if the
/// block was not read; a page may come back short, or empty, with a token.
const MAX_LOOKED_AT: u64 = 200_000;
const MAX_NAMED_STREAMS: usize = 100;

pub async fn filter_log_events(
    service: &LogsService,
    call: &Call,
    input: FilterLogEventsRequest,
) -> Result<FilterLogEventsResponse, Fault> {
    let name = names::one_group(
        call,
        input.log_group_name.as_deref(),
        input.log_group_identifier.as_deref(),
    )?;
    if input.start_from_head == Some(false) {
        return Err(fault::invalid(
            "startFromHead=false is not supported by this version of wharf.",
        ));
    }
    let group = service.group(call, &name).await?;
    let pattern = Pattern::parse(input.filter_pattern.as_deref().unwrap_or_default())
        .map_err(|cause| fault::bad_pattern(&cause))?;
    let streams = streams(service, call, &group, &input).await?;
    let listing = format!(
        "events {} {:?} {:?} {:?} {:?} {:?} {:?}",
        group.id,
        input.log_stream_names,
        input.log_stream_name_prefix,
        input.start_time,
        input.end_time,
        input.filter_pattern,
        input.unmask
    );
    let pages = service.pages(call, &listing);
    let after: Option<Place> = pages
        .after(input.next_token.as_deref())?
        .map(|it| token::place(&it))
        .transpose()?;
    let scope = LogsService::scope(call);
    let kept_from = service.keeps_from(&scope, &group, call.now).await?;
    let start = input.start_time.unwrap_or(0).max(kept_from);
    let end = input.end_time.map_or(i64::MAX, |end| end.saturating_add(1));
    let limit = input
        .limit
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(DEFAULT_LIMIT);
    let mut opener = service.opener(call, &group).await?;
    if input.unmask == Some(true) {
        opener = opener.unmasking();
    }
    // A group may have a hundred thousand of them, and a page ten thousand events.
    let ids = streams.iter().map(|it| (it.name.as_str(), it.id.as_str()));
    let ids: HashMap<&str, &str> = ids.collect();
    let needles = pattern.needles();
    let reading = Reading {
        events: &service.events,
        desk: &service.looks,
        account: &call.account,
    };
    let mut merge = Merge::open(
        reading,
        opener,
        &streams,
        (start, end),
        after.as_ref(),
        needles,
    )
    .await
    .map_err(fault::read)?;
    let (mut place, mut events) = (None, Vec::new());
    let mut page = Page::new(limit);
    let mut ended = true;
    loop {
        if page.ends(Instant::now(), merge.looked_at()) {
            ended = false;
            break;
        }
        let step = merge.next().await.map_err(fault::read)?;
        page.came_on(Instant::now(), merge.looked_at());
        let (stream, event) = match step {
            Some(Step::Event(stream, event)) => (stream, event),
            Some(Step::Passed(up_to)) => {
                place = Some(up_to);
                continue;
            }
            None => break,
        };
        place = Some(Place {
            timestamp: event.timestamp,
            stream: stream.clone(),
            offset: event.offset,
        });
        if pattern.matches(&Message::new(&event.message)) {
            page.took(event.size());
            events.push(to_wire(stream, event, &ids));
        }
    }
    let next_token = place
        .filter(|_| !ended)
        .map(|place| pages.token(&token::place_text(&place)));
    Ok(FilterLogEventsResponse {
        events: Some(events),
        searched_log_streams: Some(vec![]),
        next_token,
    })
}

/// How far a page is. Pure.
#[derive(Debug)]
struct Page {
    limit: usize,
    events: usize,
    bytes: usize,
    /// Since when it has a place at which it may end, and what had been looked at by then: of many streams the first
    /// looks alone may be more than a page's.
    since: Option<(Instant, u64)>,
}

impl Page {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            events: 0,
            bytes: 0,
            since: None,
        }
    }

    /// There is a place at which it may end.
    fn came_on(&mut self, now: Instant, looked_at: u64) {
        self.since.get_or_insert((now, looked_at));
    }

    fn took(&mut self, bytes: usize) {
        self.events += 1;
        self.bytes += bytes;
    }

    /// Whether it is full, or nobody is to wait longer for what it may still find.
    fn ends(&self, now: Instant, looked_at: u64) -> bool {
        let is_full = self.events == self.limit || self.bytes > MAX_PAGE_BYTES;
        let is_tired = self.since.is_some_and(|(since, before)| {
            looked_at.saturating_sub(before) >= MAX_LOOKED_AT * MADE
                || now.saturating_duration_since(since) >= LONGEST_LOOK
        });
        is_full || is_tired
    }
}

async fn streams(
    service: &LogsService,
    call: &Call,
    group: &Group,
    input: &FilterLogEventsRequest,
) -> Result<Vec<Stream>, Fault> {
    match (&input.log_stream_names, &input.log_stream_name_prefix) {
        (Some(_), Some(_)) => Err(fault::invalid(
            "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.",
        )),
        (Some(names), None) if names.len() > MAX_NAMED_STREAMS => Err(fault::invalid(format!(
            "At most {MAX_NAMED_STREAMS} log streams can be named."
        ))),
        (Some(names), None) => {
            let mut streams = Vec::with_capacity(names.len());
            // One that is named twice has its events once.
            for name in names.iter().collect::<BTreeSet<_>>() {
                streams.push(service.stream(call, group, name).await?);
            }
            Ok(streams)
        }
        (None, prefix) => {
            service
                .streams(call, group, prefix.as_deref().unwrap_or_default())
                .await
        }
    }
}

/// `ids` are those of streams, by their names.
fn to_wire(stream: String, event: Event, ids: &HashMap<&str, &str>) -> FilteredLogEvent {
    let id = ids.get(stream.as_str()).copied().unwrap_or_default();
    FilteredLogEvent {
        event_id: Some(event::id(&event, id)),
        log_stream_name: Some(stream),
        timestamp: Some(event.timestamp),
        message: Some(event.message),
        ingestion_time: Some(event.ingestion),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_when_it_is_full_or_was_looked_for_long_enough() {
        let begun = Instant::now();
        let page = |events: &[usize]| {
            let mut page = Page::new(3);
            events.iter().for_each(|it| page.took(*it));
            page
        };
        assert!(!page(&[1, 1]).ends(begun, 0) && page(&[1, 1, 1]).ends(begun, 0));
        assert!(!page(&[MAX_PAGE_BYTES]).ends(begun, 0));
        assert!(page(&[MAX_PAGE_BYTES, 1]).ends(begun, 0));
        // Not before there is a place to go on from: the next page would begin where this one did.
        let mut page = page(&[]);
        assert!(!page.ends(begun + 10 * LONGEST_LOOK, 10 * MAX_LOOKED_AT * MADE));
        let (later, looked_at) = (begun + 2 * LONGEST_LOOK, 50);
        page.came_on(later, looked_at);
        // The first place counts.
        page.came_on(later + LONGEST_LOOK / 2, looked_at + MAX_LOOKED_AT);
        let almost = LONGEST_LOOK - Duration::from_millis(1);
        assert!(!page.ends(later + almost, looked_at));
        assert!(page.ends(later + LONGEST_LOOK, looked_at));
        let most = looked_at + MAX_LOOKED_AT * MADE;
        assert!(!page.ends(later, most - 1) && page.ends(later, most));
    }
}
