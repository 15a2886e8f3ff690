//! The archive of a topic with order: how long messages are kept, and which are sent again.

use std::sync::Arc;

use serde::Deserialize;
use wharf_base::{Timestamp, ids};
use wharf_delivery::Parcel;
use wharf_records::Record as _;
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use super::{Kept, Lane, Replayed, Turn};
use crate::{
    core::{ChangeError, Core},
    crypt,
    errand::OF_QUEUES,
    fault,
    filter::Filter,
    judging,
    names::SubscriptionId,
    records::{Replay, Subscription},
};

const LONGEST: usize = 1024;
/// Days that messages are kept.
const DAYS: std::ops::RangeInclusive<u32> = 1..=365;
/// Turns of one transaction.
const SOME: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ArchivePolicy {
    message_retention_period: serde_json::Value,
}

/// The days of an `ArchivePolicy`; `None` for one that ends the archive.
pub fn days(text: &str) -> Result<Option<u32>, Fault> {
    let bad = |why: &str| fault::invalid("ArchivePolicy", why);
    if matches!(text.trim(), "" | "{}") {
        return Ok(None);
    }
    let read = serde_json::from_str::<ArchivePolicy>(text).ok();
    let read = read.filter(|_| text.len() <= LONGEST);
    let period = read.ok_or_else(|| bad("failed to parse JSON"))?;
    let period = match period.message_retention_period {
        serde_json::Value::String(text) => text.parse().ok(),
        value => value.as_u64().and_then(|it| u32::try_from(it).ok()),
    };
    let fits = period.filter(|it| DAYS.contains(it));
    fits.map(Some)
        .ok_or_else(|| bad("MessageRetentionPeriod must be between 1 and 365"))
}

/// `ArchivePolicy` as it is shown.
pub fn policy(days: u32) -> String {
    serde_json::json!({ "MessageRetentionPeriod": days.to_string() }).to_string()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ReplayPolicy {
    point_type: String,
    starting_point: String,
    #[serde(default)]
    ending_point: Option<String>,
}

impl Replay {
    /// Reads a `ReplayPolicy`; `None` for one that ends a replay.
    pub fn parse(text: &str) -> Result<Option<Self>, Fault> {
        let bad = |why: &str| fault::invalid("ReplayPolicy", why);
        if matches!(text.trim(), "" | "{}") {
            return Ok(None);
        }
        let read = serde_json::from_str::<ReplayPolicy>(text).ok();
        let read = read.filter(|_| text.len() <= LONGEST);
        let read = read.ok_or_else(|| bad("failed to parse JSON"))?;
        if read.point_type != "Timestamp" {
            return Err(bad("PointType must be Timestamp"));
        }
        let time = |text: &str| Timestamp::parse_iso8601(text);
        let from = time(&read.starting_point);
        let from = from.ok_or_else(|| bad("StartingPoint must be a timestamp of ISO 8601"))?;
        let to = match &read.ending_point {
            None => None,
            Some(text) => match time(text) {
                Some(to) if to > from => Some(to),
                _ => return Err(bad("EndingPoint must be a timestamp after StartingPoint")),
            },
        };
        Ok(Some(Self {
            id: ids::uuid(),
            policy: text.to_owned(),
            from,
            to,
        }))
    }
}

/// Gives a subscription turns for what is in the archive. They are before those of newer messages in their lanes.
pub async fn replay(
    core: &Core,
    call: &Call,
    id: &SubscriptionId,
    subscription: &Subscription,
    replay: &Replay,
) -> Result<(), Fault> {
    let start = format!("{}/", id.topic.name);
    let prefix = id.topic.scope().prefix(Kept::KIND) + &wharf_records::escape(&start);
    let filter = Arc::new(Filter::of(&subscription.settings));
    let account = &id.topic.place.account;
    let mut after = None;
    loop {
        let fits = |it: &wharf_service::Stored<Kept>| {
            let at = it.record.at;
            at >= replay.from && replay.to.is_none_or(|to| at <= to)
        };
        let page = core.table.page::<Kept>(&prefix, after, SOME, fits).await?;
        let mut wanted = Vec::with_capacity(page.records.len());
        let mut rest = page.records.iter().peekable();
        while rest.peek().is_some() {
            let (mut some, mut texts, mut bytes) = (Vec::new(), Vec::new(), 0);
            while bytes < judging::AT_ONCE
                && let Some(stored) = rest.next()
            {
                let kept = &stored.record.message;
                let opened = crypt::opened(&*core.parts.own_kms, &id.topic, kept, call.now);
                let opened = opened.await.map_err(unreadable)?;
                bytes += opened.published_bytes();
                texts.push(opened.for_protocol(subscription.protocol));
                some.push(kept);
            }
            let lets = judging::let_through(account, &filter, texts).await?;
            let fit = some.into_iter().zip(lets).filter(|(_, lets)| *lets);
            wanted.extend(fit.map(|(it, _)| it));
        }
        transact!(core.table, &call.permit, |tx| {
            for message in &wanted {
                let Some(number) = message.number else {
                    continue;
                };
                let group = message.group.as_deref().unwrap_or_default();
                let work = Replayed {
                    replay: Some(replay.id.clone()),
                };
                let turn = Turn(Parcel::new(work, OF_QUEUES, call.now));
                tx.put(Lane::new(id, group).key(number), &turn);
            }
        });
        after = page.records.last().map(|it| it.key.clone());
        if !page.more {
            return Ok(());
        }
    }
}

/// A message of the archive does not open: its key cannot be used.
fn unreadable(failure: wharf_delivery::Failure) -> Fault {
    let why = format!("The archive cannot be read: {}", failure.text);
    wharf_api_sns::faults::invalid_state_exception(why)
}

/// Whether something of a replay was not sent yet.
pub async fn goes_on(
    core: &Core,
    id: &SubscriptionId,
    replay: &Replay,
) -> Result<bool, ChangeError> {
    let start = format!("{}/{}/", id.topic.name, id.id);
    let prefix = id.topic.scope().prefix(Turn::KIND) + &wharf_records::escape(&start);
    let of_it =
        |it: &wharf_service::Stored<Turn>| it.record.0.work.replay.as_ref() == Some(&replay.id);
    let found = core.table.page::<Turn>(&prefix, None, 1, of_it).await?;
    Ok(!found.records.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_read() {
        assert_eq!(days(r#"{"MessageRetentionPeriod": "30"}"#), Ok(Some(30)));
        assert_eq!(days(r#"{"MessageRetentionPeriod": 30}"#), Ok(Some(30)));
        assert_eq!(days("{}"), Ok(None));
        for bad in [
            "{",
            r#"{"MessageRetentionPeriod": "0"}"#,
            r#"{"MessageRetentionPeriod": "366"}"#,
            r#"{"Other": 1}"#,
        ] {
            assert!(days(bad).is_err(), "{bad}");
        }
        let point = r#"{"PointType": "Timestamp", "StartingPoint": "2026-01-01T00:00:00.000Z"}"#;
        let replay = Replay::parse(point).unwrap().unwrap();
        assert_eq!(
            (replay.from.iso8601().as_str(), replay.to),
            ("2026-01-01T00:00:00.000Z", None)
        );
        for bad in [
            "[]",
            r#"{"PointType": "Number", "StartingPoint": "2026-01-01T00:00:00.000Z"}"#,
            r#"{"PointType": "Timestamp", "StartingPoint": "yesterday"}"#,
            r#"{"PointType": "Timestamp", "StartingPoint": "2026-01-02T00:00:00.000Z", "EndingPoint": "2026-01-01T00:00:00.000Z"}"#,
        ] {
            assert!(Replay::parse(bad).is_err(), "{bad}");
        }
    }
}
