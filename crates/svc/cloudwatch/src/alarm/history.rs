//! What happened to alarms, for a month: the latest of each alarm, which take the places of those before. What happened to many at once
//! is one record beside them.

use serde_json::{Value, json};
use wharf_base::{Timestamp, ids};
use wharf_records::{Record as _, Unknown};
use wharf_service::{ChangeError, Changes, Place, Table};

use crate::{
    alarm::reason::long,
    fault::CloudwatchFaults,
    names,
    records::{Alarm, Contributor, Happening, Happenings, State, StateValue},
};

/// How long it is kept, as in AWS.
pub const KEPT_DAYS: i64 = 30;
/// Items of an alarm that are kept.
pub const MOST_ITEMS: u64 = 500;
/// Characters of the data of an item.
const MOST: usize = 4095;
/// Deletions of one transaction that are records of their own, beside those of the alarms: a transaction has 128.
const MOST_APART: usize = 60;

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

/// Writes down that alarms are deleted together. Of many there is one record.
pub fn note_deleted(
    changes: &mut Changes<'_, CloudwatchFaults>,
    place: &Place,
    alarms: Vec<Alarm>,
    at: Timestamp,
) {
    if alarms.len() <= MOST_APART {
        for mut alarm in alarms {
            let said = configured(&alarm, "deleted");
            note(changes, place, &mut alarm, said, at);
        }
        return;
    }
    let all = alarms
        .iter()
        .map(|it| happening(it, configured(it, "deleted"), at));
    let together = Happenings {
        all: all.collect(),
        unknown: Unknown::new(),
    };
    let key = names::scope(place).key(Happenings::KIND, &ids::uuid());
    changes.put(key, &together);
}

/// What happened to an alarm, or to all of a place, each with an id that it keeps.
///
/// # Errors
/// The store's.
pub async fn read(
    table: &Table<CloudwatchFaults>,
    place: &Place,
    alarm: Option<&str>,
) -> Result<Vec<(String, Happening)>, ChangeError<CloudwatchFaults>> {
    let (scope, first) = (names::scope(place), alarm.map(start).unwrap_or_default());
    let apart = table.all::<Happening>(&scope, &first).await?;
    let mut found: Vec<_> = apart.into_iter().map(|(id, it)| (id, it.record)).collect();
    for (id, together) in table.all::<Happenings>(&scope, "").await? {
        let all = together.record.all.into_iter().enumerate();
        let wanted = all.filter(|(_, it)| alarm.is_none_or(|name| it.alarm == name));
        found.extend(wanted.map(|(number, it)| (format!("{id}#{number:03}"), it)));
    }
    Ok(found)
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
fn start(alarm: &str) -> String {
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
