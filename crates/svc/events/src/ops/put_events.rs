//! PutEvents.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value, json};
use wharf_api_events::{
    PutEventsRequest, PutEventsRequestEntry, PutEventsResponse, PutEventsResultEntry,
};
use wharf_base::{ShareFull, ids};
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{
    accept::{self, Arriving},
    bus_log::{
        self, Logger,
        steps::{self, Said, Step},
    },
    core::Core,
    dead_letters,
    event::{self, Event, Refused},
    fault, metered,
    names::{BusName, SERVICE},
};

pub async fn put_events(
    core: &Core,
    call: &Call,
    input: PutEventsRequest,
) -> Result<PutEventsResponse, Fault> {
    let (place, began) = (Place::of(call), core.parts.clock.now());
    let entries = input.entries.unwrap_or_default();
    let (count, bytes) = (
        entries.len(),
        entries.iter().map(event::size).sum::<usize>(),
    );
    let done = put(core, call, &place, entries, bytes).await;
    let failed = |it: &PutEventsResponse| it.failed_entry_count.unwrap_or(0);
    let refused = done.as_ref().ok().map(failed);
    let of_call = metered::Put {
        bytes,
        entries: count,
        refused: refused.and_then(|it| usize::try_from(it).ok()),
        began,
        ended: core.parts.clock.now(),
    };
    metered::put(&core.parts.counters, &place, of_call);
    done
}

async fn put(
    core: &Core,
    call: &Call,
    place: &Place,
    entries: Vec<PutEventsRequestEntry>,
    bytes: usize,
) -> Result<PutEventsResponse, Fault> {
    if bytes > event::MOST_BYTES {
        return Err(fault::invalid(
            "Total size of the entries in the request is over the limit.",
        ));
    }
    let mut shut: BTreeMap<BusName, Option<Shut>> = BTreeMap::new();
    let (mut results, mut events) = (Vec::with_capacity(entries.len()), Vec::new());
    let mut logged = Vec::with_capacity(entries.len());
    // Of the results of events.
    let mut places = Vec::new();
    for entry in entries {
        let bus = BusName::asked(place, entry.event_bus_name.as_deref());
        logged.push(Logged::of(core, (place, &bus), &entry).await);
        // An event that could not be kept under its bus's key is not taken, but for the bus's dead letters.
        if !shut.contains_key(&bus) {
            shut.insert(bus.clone(), Shut::of(core, &bus).await?);
        }
        if let Some(Some(shut)) = shut.get(&bus) {
            let event = Event::of(entry, place, ids::uuid(), call.now);
            results.push(shut.instead(core, &bus, event).await);
            continue;
        }
        results.push(match Event::of(entry, place, ids::uuid(), call.now) {
            Ok(event) => {
                let id = event.id.clone();
                places.push(results.len());
                events.push(Arriving {
                    bus,
                    event,
                    request: Some(call.request_id.clone()),
                    since: None,
                    only: None,
                });
                taken(id)
            }
            Err(why) => refused(why),
        });
    }
    for (event, full) in accept::accept(core, &call.permit, events).await? {
        let place = places.get(event).copied();
        if let Some(result) = place.and_then(|it| results.get_mut(it)) {
            *result = no_room(&full);
        }
    }
    for (result, logged) in results.iter().zip(logged) {
        if let Some(logged) = logged {
            logged.refused(result, call).await;
        }
    }
    let failed = results.iter().filter(|it| it.event_id.is_none()).count();
    Ok(PutEventsResponse {
        failed_entry_count: i32::try_from(failed).ok(),
        entries: Some(results),
    })
}

/// An entry of which its bus's log tells if it is not taken. Of those that are taken it tells as they come onto the bus.
struct Logged {
    logger: Arc<Logger>,
    account: String,
    entry: PutEventsRequestEntry,
}

impl Logged {
    async fn of(
        core: &Core,
        (place, bus): (&Place, &BusName),
        entry: &PutEventsRequestEntry,
    ) -> Option<Self> {
        let logger = bus_log::logger(core, bus).await?;
        logger.wants(Step::EventIngestFailure).then(|| Self {
            logger,
            account: place.account.clone(),
            entry: entry.clone(),
        })
    }

    /// What is said of it.
    fn details(&self, call: &Call) -> Map<String, Value> {
        let entry = &self.entry;
        let detail = entry.detail.as_deref().filter(|_| self.logger.is_full);
        let detail = detail.unwrap_or_default();
        let detail = serde_json::from_str(detail).unwrap_or_else(|_| Value::from(detail));
        let document = json!({
            "account": self.account,
            "time": entry.time.unwrap_or(call.now).iso8601_seconds(),
            "source": entry.source,
            "detail-type": entry.detail_type,
            "resources": entry.resources.as_deref().unwrap_or_default(),
            "detail": detail,
        });
        steps::of_event(&document, self.logger.is_full)
    }

    async fn refused(self, result: &PutEventsResultEntry, call: &Call) {
        let (Some(code), Some(text)) = (&result.error_code, &result.error_message) else {
            return;
        };
        // Room first. How long the detail is once blanks between its parts are gone is not known before.
        if !self.logger.admits(Step::EventIngestFailure, 0) {
            return;
        }
        let details = self.details(call);
        let said = Said {
            request: Some(call.request_id.clone()),
            error: Some(json!({
                "error_message": format!("{code}: {text}"),
                "aws_service": SERVICE,
            })),
            ..Said::new(Step::EventIngestFailure, call.now, details)
        };
        self.logger.log(vec![said]).await;
    }
}

/// A bus whose key cannot be used.
struct Shut {
    why: Fault,
    /// Its dead letters go there.
    queue: Option<String>,
}

impl Shut {
    /// `None` for a bus that takes events.
    ///
    /// # Errors
    /// KMS fails; the store's.
    async fn of(core: &Core, bus: &BusName) -> Result<Option<Self>, Fault> {
        let why = match core.seals(bus).await {
            Ok(_) => return Ok(None),
            Err(fault) if fault.sender => fault,
            Err(fault) => return Err(fault),
        };
        let queue = match dead_letters::are_for(&why) {
            true => core.look(bus).await?.and_then(|it| it.dead_letters),
            false => None,
        };
        Ok(Some(Self { why, queue }))
    }

    /// What becomes of an event for the bus: a dead letter, if a queue takes it.
    async fn instead(
        &self,
        core: &Core,
        bus: &BusName,
        event: Result<Event, Refused>,
    ) -> PutEventsResultEntry {
        let shut = PutEventsResultEntry {
            event_id: None,
            error_code: Some(self.why.code.to_string()),
            error_message: Some(self.why.message.clone()),
        };
        let Some(queue) = &self.queue else {
            return shut;
        };
        let event = match event {
            Ok(event) => event,
            Err(why) => return refused(why),
        };
        match dead_letters::send(core, bus, queue, &event, &self.why).await {
            Ok(()) => taken(event.id),
            Err(failure) => {
                tracing::warn!(
                    bus = bus.arn(),
                    queue,
                    code = failure.code,
                    error = failure.text,
                    "sending a dead letter of a bus failed; its event is refused"
                );
                shut
            }
        }
    }
}

fn taken(id: String) -> PutEventsResultEntry {
    PutEventsResultEntry {
        event_id: Some(id),
        ..PutEventsResultEntry::default()
    }
}

/// What clients try again.
fn no_room(full: &ShareFull) -> PutEventsResultEntry {
    PutEventsResultEntry {
        event_id: None,
        error_code: Some("ThrottlingException".to_owned()),
        error_message: Some(full.to_string()),
    }
}

fn refused(why: Refused) -> PutEventsResultEntry {
    PutEventsResultEntry {
        event_id: None,
        error_code: Some(why.code.to_owned()),
        error_message: Some(why.text.to_owned()),
    }
}
