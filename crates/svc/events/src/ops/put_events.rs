//! PutEvents.

use std::collections::BTreeMap;

use wharf_api_events::{
    PutEventsRequest, PutEventsRequestEntry, PutEventsResponse, PutEventsResultEntry,
};
use wharf_base::{ShareFull, ids};
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{
    accept::{self, Arriving},
    core::Core,
    event::{self, Event, Refused},
    fault, metered,
    names::BusName,
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
    let mut shut: BTreeMap<BusName, Option<Fault>> = BTreeMap::new();
    let (mut results, mut events) = (Vec::with_capacity(entries.len()), Vec::new());
    // Of the results of events.
    let mut places = Vec::new();
    for entry in entries {
        let bus = BusName::asked(place, entry.event_bus_name.as_deref());
        // An event that could not be kept under its bus's key is not taken.
        if !shut.contains_key(&bus) {
            let refused = match core.seals(&bus).await {
                Ok(_) => None,
                Err(fault) if fault.sender => Some(fault),
                Err(fault) => return Err(fault),
            };
            shut.insert(bus.clone(), refused);
        }
        if let Some(Some(fault)) = shut.get(&bus) {
            results.push(PutEventsResultEntry {
                event_id: None,
                error_code: Some(fault.code.to_string()),
                error_message: Some(fault.message.clone()),
            });
            continue;
        }
        results.push(match Event::of(entry, place, ids::uuid(), call.now) {
            Ok(event) => {
                let id = event.id.clone();
                places.push(results.len());
                events.push(Arriving {
                    bus,
                    event,
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
    let failed = results.iter().filter(|it| it.event_id.is_none()).count();
    Ok(PutEventsResponse {
        failed_entry_count: i32::try_from(failed).ok(),
        entries: Some(results),
    })
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
