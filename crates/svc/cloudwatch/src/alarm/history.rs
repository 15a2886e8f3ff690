//! What happened to alarms, for a month: the latest of each alarm, which take the places of those before.

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_records::{Record as _, Unknown};
use wharf_service::{Changes, Place};

use crate::{
    alarm::reason::long,
    fault::CloudwatchFaults,
    names,
    records::{Alarm, Contributor, Happening, State, StateValue},
};

/// How long it is kept, as in AWS.
pub const KEPT_DAYS: i64 = 30;
/// Items of an alarm that are kept.
pub const MOST_ITEMS: u64 = 500;
/// Characters of the data of an item.
const MOST: usize = 4095;

/// Writes down that something happened. The alarm counts it: whoever changes the alarm puts it after this.
pub fn note(
    changes: &mut Changes<'_, CloudwatchFaults>,
    place: &Place,
    alarm: &mut Alarm,
    (kind, summary, data): (&str, String, Value),
    at: Timestamp,
) {
    let happening = happening(alarm, (kind, summary, data), at);
    put(changes, place, alarm, &happening);
}

/// The same of a line of the alarm.
pub fn note_contributor(
    changes: &mut Changes<'_, CloudwatchFaults>,
    place: &Place,
    alarm: &mut Alarm,
    (id, contributor): (&str, &Contributor),
    said: (&str, String, Value),
    at: Timestamp,
) {
    let happening = Happening {
        contributor: Some((id.to_owned(), contributor.attributes.clone())),
        ..happening(alarm, said, at)
    };
    put(changes, place, alarm, &happening);
}

fn happening(
    alarm: &Alarm,
    (kind, summary, data): (&str, String, Value),
    at: Timestamp,
) -> Happening {
    let mut data = data.to_string();
    if data.len() > MOST {
        // The reason's data are what is long.
        data = json!({ "version": "1.0" }).to_string();
    }
    Happening {
        alarm: alarm.name.clone(),
        composite: alarm.is_composite(),
        at,
        kind: kind.to_owned(),
        summary: summary.chars().take(255).collect(),
        data,
        contributor: None,
        unknown: Unknown::new(),
    }
}

fn put(
    changes: &mut Changes<'_, CloudwatchFaults>,
    place: &Place,
    alarm: &mut Alarm,
    happening: &Happening,
) {
    changes.put(
        names::scope(place).key(Happening::KIND, &id(&alarm.name, alarm.happened)),
        happening,
    );
    alarm.happened = alarm.happened.wrapping_add(1);
}

/// Items of one alarm are side by side. A name holds no line break.
fn id(alarm: &str, number: u64) -> String {
    format!("{}#{:03}", start(alarm), number % MOST_ITEMS)
}

/// What ids of an alarm's items begin with.
pub fn start(alarm: &str) -> String {
    format!("{alarm}\n")
}

pub fn updated(alarm: &Alarm, before: &State) -> (&'static str, String, Value) {
    let state = |it: &State| {
        let data = it
            .reason_data
            .as_deref()
            .and_then(|it| serde_json::from_str::<Value>(it).ok());
        let mut shown = json!({ "stateValue": it.value.name(), "stateReason": it.reason });
        if let Some(data) = data {
            shown["stateReasonData"] = data;
        }
        shown
    };
    let summary = format!(
        "Alarm updated from {} to {}",
        before.value.name(),
        alarm.state.value.name()
    );
    let data =
        json!({ "version": "1.0", "oldState": state(before), "newState": state(&alarm.state) });
    ("StateUpdate", summary, data)
}

/// A line has another state.
pub fn contributor_updated(
    contributor: &Contributor,
    before: StateValue,
) -> (&'static str, String, Value) {
    let data = json!({
        "version": "1.0",
        "oldState": { "stateValue": before.name() },
        "newState": { "stateValue": contributor.state.name(), "stateReason": contributor.reason },
    });
    let (from, to) = (before.name(), contributor.state.name());
    let summary = format!("Alarm contributor updated from {from} to {to}");
    ("AlarmContributorStateUpdate", summary, data)
}

pub fn contributor_acted(action: &str, contributor: &Contributor) -> (&'static str, String, Value) {
    let data = json!({
        "actionState": "Accepted",
        "notificationResource": action,
        "stateUpdateTimestamp": contributor.changed_at.millis(),
    });
    let summary = format!("Successfully accepted action {action}");
    ("AlarmContributorAction", summary, data)
}

pub fn configured(alarm: &Alarm, what: &str) -> (&'static str, String, Value) {
    let data = json!({
        "version": "1.0",
        "type": if what == "created" { "Create" } else if what == "deleted" { "Delete" } else { "Update" },
        "alarmName": alarm.name,
        "actionsEnabled": alarm.actions_enabled,
        "at": long(alarm.configured_at),
    });
    (
        "ConfigurationUpdate",
        format!("Alarm \"{}\" {what}", alarm.name),
        data,
    )
}

pub fn acted(action: &str, alarm: &Alarm) -> (&'static str, String, Value) {
    let data = json!({
        "actionState": "Accepted",
        "notificationResource": action,
        "stateUpdateTimestamp": alarm.state.updated_at.millis(),
    });
    (
        "Action",
        format!("Successfully accepted action {action}"),
        data,
    )
}

/// What was accepted before, and came to nothing.
pub fn failed(action: &str, alarm: &Alarm, why: &str) -> (&'static str, String, Value) {
    let data = json!({
        "actionState": "Failed",
        "notificationResource": action,
        "stateUpdateTimestamp": alarm.state.updated_at.millis(),
        "error": why,
    });
    let summary = format!("Failed to execute action {action}. Received error: \"{why}\"");
    ("Action", summary, data)
}
