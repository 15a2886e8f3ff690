//! What services tell the world of changes of their records: events of EventBridge whose sources are
//! AWS's own services (`aws.ecs`). A service says in a pure function what a change means; EventBridge
//! follows the store's history and puts the events, so that none is lost, doubled or forged.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_records::{Record, decode};
use wharf_store::{Entry, Event};
use wharf_wire::async_trait;

use crate::Place;

/// An event before it has its id.
#[derive(Debug, Clone, PartialEq)]
pub struct Announcement {
    /// Where it happened: whose default bus it is put on.
    pub place: Place,
    /// `aws.ecs`
    pub source: &'static str,
    /// `ECS Task State Change`
    pub detail_type: &'static str,
    /// ARNs
    pub resources: Vec<String>,
    pub detail: Value,
}

/// What a service announces of changes of its records.
#[async_trait]
pub trait Announce: Send + Sync + 'static {
    /// The service's segment of keys.
    fn service(&self) -> &'static str;

    /// What changes of one revision mean, at a time. The same changes mean as many events again.
    async fn announced(&self, changes: &[&Event], now: Timestamp) -> Vec<Announcement>;
}

/// A service whose changes say by themselves what they mean.
#[derive(Debug, Clone, Copy)]
pub struct Announcing {
    /// The service's segment of keys.
    pub service: &'static str,
    /// What changes of one revision mean, at a time. The same changes mean as many events again.
    pub of: fn(&[&Event], Timestamp) -> Vec<Announcement>,
}

#[async_trait]
impl Announce for Announcing {
    fn service(&self) -> &'static str {
        self.service
    }

    async fn announced(&self, changes: &[&Event], now: Timestamp) -> Vec<Announcement> {
        (self.of)(changes, now)
    }
}

/// A record of a change. One that cannot be read is said so in the log, and its event is lost.
pub fn record<T: Record>(entry: &Entry) -> Option<T> {
    match decode(&entry.value) {
        Ok(record) => Some(record),
        Err(error) => {
            tracing::error!(key = entry.key, %error, "failed to read a record, its event is lost");
            None
        }
    }
}

/// Changes by their revisions, in order.
pub fn by_revision(events: &[Event]) -> BTreeMap<u64, Vec<&Event>> {
    let mut revisions: BTreeMap<u64, Vec<&Event>> = BTreeMap::new();
    for event in events {
        revisions.entry(event.revision()).or_default().push(event);
    }
    revisions
}

/// A document of an API as events carry it: members that are times (`createdAt`) as texts and not as
/// seconds.
pub fn with_written_times(document: &mut Value) {
    with_times(document, Timestamp::iso8601);
}

/// The same, as a service writes them.
pub fn with_times(document: &mut Value, write: fn(Timestamp) -> String) {
    match document {
        Value::Object(members) => {
            for (name, member) in members {
                let seconds = member.as_f64().filter(|_| name.ends_with("At"));
                match seconds.and_then(Timestamp::from_epoch_seconds) {
                    Some(time) => *member = json!(write(time)),
                    None => with_times(member, write),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|it| with_times(it, write)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_texts() {
        let mut document = json!({"a": [{"createdAt": 1.5, "Attempt": 2}], "At": "x"});
        with_written_times(&mut document);
        let created = json!({"createdAt": "1970-01-01T00:00:01.500Z", "Attempt": 2});
        assert_eq!(document, json!({"a": [created], "At": "x"}));
    }
}
