//! LookupEvents: the history of the caller's account and region, newest first.

use wharf_api_cloudtrail::{faults, types::*};
use wharf_base::Timestamp;
use wharf_service::{Faults as _, Pages};
use wharf_wire::{Call, Fault};

use crate::{
    fault::{self, CloudtrailFaults},
    log::{Brief, Log, Place},
    trails::Trails,
};

/// Events on a page, unless the caller wants fewer.
const PAGE: usize = 50;
/// Events looked at for one page; with more in between, the page is short and has a token.
const LOOKED_AT: usize = 20_000;

/// One filter: AWS takes no more.
struct Wanted {
    key: String,
    value: String,
}

impl Wanted {
    fn of(given: Option<Vec<LookupAttribute>>) -> Result<Option<Self>, Fault> {
        let mut given = given.unwrap_or_default();
        if given.len() > 1 {
            return Err(faults::invalid_lookup_attributes_exception(
                "You can only specify one lookup attribute.",
            ));
        }
        Ok(given.pop().map(|it| Self {
            key: it.attribute_key.unwrap_or_default(),
            value: it.attribute_value.unwrap_or_default(),
        }))
    }

    fn matches(&self, event: &Brief) -> bool {
        let value = self.value.as_str();
        match self.key.as_str() {
            "EventId" => event.event_id == value,
            "EventName" => event.event_name == value,
            "ReadOnly" => event.read_only == (value == "true"),
            "Username" => event.username() == value,
            "EventSource" => event.event_source == value,
            "AccessKeyId" => event.access_key_id() == value,
            "ResourceType" => event.resources.iter().any(|it| it.kind == value),
            "ResourceName" => {
                let mut resources = event.resources.iter();
                resources.any(|it| it.arn == value || name_of(&it.arn) == value)
            }
            _ => false,
        }
    }
}

/// What follows the last slash or colon.
fn name_of(arn: &str) -> &str {
    arn.rsplit(['/', ':']).next().unwrap_or(arn)
}

/// From when to when, both included.
struct Span {
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

impl Span {
    fn of(input: &LookupEventsRequest) -> Result<Self, Fault> {
        let span = Self {
            start: input.start_time,
            end: input.end_time,
        };
        match (span.start, span.end) {
            (Some(start), Some(end)) if start > end => Err(faults::invalid_time_range_exception(
                "The start time must be before the end time.",
            )),
            _ => Ok(span),
        }
    }

    fn contains(&self, at: Timestamp) -> bool {
        self.start.is_none_or(|start| at >= start) && self.end.is_none_or(|end| at <= end)
    }
}

pub async fn lookup_events(
    trails: &Trails,
    call: &Call,
    mut input: LookupEventsRequest,
) -> Result<LookupEventsResponse, Fault> {
    if input.event_category.is_some() {
        return Err(faults::invalid_event_category_exception(
            "Insights events are not recorded.",
        ));
    }
    let (token, most) = (input.next_token.take(), input.max_results.take());
    let pages =
        Pages::<CloudtrailFaults>::new(&trails.keyring, call, "cloudtrail/LookupEvents", &input);
    let span = Span::of(&input)?;
    let wanted = Wanted::of(input.lookup_attributes)?;
    let most = match most {
        Some(most) => usize::try_from(most).unwrap_or(PAGE).min(PAGE),
        None => PAGE,
    };
    let log = Log::new(trails.journal.clone(), &call.account, &call.region);
    let (first, end) = log.bounds();
    let start = match pages.after(token.as_deref())? {
        Some(at) => at
            .parse::<Place>()
            .ok()
            .filter(|at| *at <= Place::before(end))
            .ok_or_else(CloudtrailFaults::bad_token)?,
        None => match span.end {
            // A few events may stand before ones that are a little older.
            Some(until) => {
                let after = log.at(until + SLACK).await.map_err(fault::journal)?;
                Place::before((after + 1).min(end))
            }
            None => Place::before(end),
        },
    };
    let floor = match span.start {
        Some(start) => log.at(start - SLACK).await.map_err(fault::journal)?,
        None => first,
    };
    let mut back = log.back_from(start);
    let (mut events, mut looked_at) = (Vec::new(), 0);
    // The last event looked at: what is before it is the next page's.
    let mut last = None;
    'page: while let Some(found) = back.next().await.map_err(fault::journal)? {
        for event in found {
            if event.place.record < floor {
                last = None;
                break 'page;
            }
            last = Some(event.place);
            looked_at += 1;
            let asked = wanted.as_ref().is_none_or(|it| it.matches(&event.brief));
            if asked && span.contains(event.brief.time()) {
                events.push(shown(event.brief, event.text));
            }
            if events.len() == most || looked_at == LOOKED_AT {
                break 'page;
            }
        }
    }
    let more = last.filter(|it| *it > Place::before(floor));
    Ok(LookupEventsResponse {
        events: Some(events),
        next_token: more.map(|it| pages.token(&it.to_string())),
    })
}

/// By how much the order of events may differ from that of their times: requests take a while.
const SLACK: std::time::Duration = std::time::Duration::from_secs(120);

fn shown(event: Brief, text: String) -> Event {
    let resources = event.resources.iter().map(|it| Resource {
        resource_type: Some(it.kind.clone()),
        resource_name: Some(it.arn.clone()),
    });
    Event {
        event_id: Some(event.event_id.clone()),
        event_name: Some(event.event_name.clone()),
        read_only: Some(event.read_only.to_string()),
        access_key_id: Some(event.access_key_id().to_owned()).filter(|it| !it.is_empty()),
        event_time: Some(event.time()),
        event_source: Some(event.event_source.clone()),
        username: Some(event.username().to_owned()).filter(|it| !it.is_empty()),
        resources: Some(resources.collect()),
        cloud_trail_event: Some(text),
    }
}
