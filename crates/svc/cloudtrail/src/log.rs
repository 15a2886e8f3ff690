//! The events of an account and region in the journal: found by time, read from the newest, and let
//! go of when they are old. A record of the journal holds some events ([`crate::packed`]).

use std::{fmt, num::ParseIntError, str::FromStr};

use serde::Deserialize;
use wharf_base::Timestamp;
use wharf_journal::{Journal, JournalError, Record};

use crate::packed;

/// CloudTrail's event history.
const KEPT_MS: i64 = 90 * 24 * 3600 * 1000;
/// Bytes of all events of an account and region; the oldest go first.
const MOST_BYTES: u64 = 1 << 30;
/// Records read at once, and their bytes.
const CHUNK: u64 = 64;
const CHUNK_BYTES: usize = 1 << 20;

const PREFIX: &str = "cloudtrail/";

/// The name of a stream.
pub fn stream(account: &str, region: &str) -> String {
    format!("{PREFIX}{account}/{region}")
}

/// The streams of an account, in one region or in all.
pub fn streams_of(journal: &Journal, account: &str, region: Option<&str>) -> Vec<String> {
    let prefix = format!("{PREFIX}{account}/");
    let all = journal.streams(&prefix, None, usize::MAX).into_iter();
    let names = all.map(|it| it.name);
    let wanted = names.filter(|name| region.is_none_or(|it| name[prefix.len()..] == *it));
    wanted.collect()
}

/// Account and region of a stream.
pub fn place_of(stream: &str) -> Option<(&str, &str)> {
    stream.strip_prefix(PREFIX)?.split_once('/')
}

/// What is looked at of an event.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Brief {
    #[serde(rename = "eventID")]
    pub event_id: String,
    #[serde(rename = "requestID")]
    pub request_id: String,
    pub event_name: String,
    pub event_source: String,
    event_time: String,
    pub read_only: bool,
    user_identity: BriefIdentity,
    #[serde(default)]
    pub resources: Vec<BriefResource>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BriefIdentity {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    arn: String,
    #[serde(default)]
    user_name: String,
    #[serde(default)]
    access_key_id: String,
    #[serde(default)]
    invoked_by: String,
}

#[derive(Debug, Deserialize)]
pub struct BriefResource {
    #[serde(rename = "ARN")]
    pub arn: String,
    #[serde(rename = "type")]
    pub kind: String,
}

impl Brief {
    pub fn of(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text)
            .inspect_err(|error| {
                tracing::error!(%error, "failed to read an event of the audit log: it is damaged");
            })
            .ok()
    }

    pub fn time(&self) -> Timestamp {
        Timestamp::parse_iso8601(&self.event_time).unwrap_or(Timestamp(0))
    }

    pub fn access_key_id(&self) -> &str {
        &self.user_identity.access_key_id
    }

    /// A user's name, a role's session name, or `root`.
    pub fn username(&self) -> &str {
        let identity = &self.user_identity;
        match identity.kind.as_str() {
            "Root" => "root",
            "AssumedRole" => identity.arn.rsplit('/').next().unwrap_or_default(),
            "AWSService" => &identity.invoked_by,
            _ => &identity.user_name,
        }
    }
}

/// Where an event stands: the offset of its record in the stream, and how many are before it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub record: u64,
    pub index: usize,
}

impl Place {
    /// Before all events of a record.
    pub fn before(record: u64) -> Self {
        Self { record, index: 0 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}.{}", self.record, self.index)
    }
}

impl FromStr for Place {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (record, index) = text.split_once('.').unwrap_or((text, "0"));
        Ok(Self {
            record: record.parse()?,
            index: index.parse()?,
        })
    }
}

/// An event that was found.
pub struct Found {
    pub place: Place,
    pub brief: Brief,
    pub text: String,
}

/// The events of a record, oldest first; none of a damaged one.
pub fn events(record: &Record) -> Vec<Found> {
    let text = packed::open(&record.data).unwrap_or_else(|error| {
        tracing::error!(offset = record.offset, %error, "failed to read a record of the audit log: it is damaged");
        Vec::new()
    });
    let found = packed::events(&text).enumerate().filter_map(|(index, it)| {
        let place = Place {
            record: record.offset,
            index,
        };
        Some(Found {
            place,
            brief: Brief::of(it)?,
            text: String::from_utf8_lossy(it).into_owned(),
        })
    });
    found.collect()
}

/// Reads the log of one account and region.
#[derive(Clone)]
pub struct Log {
    journal: Journal,
    stream: String,
}

impl Log {
    pub fn new(journal: Journal, account: &str, region: &str) -> Self {
        Self {
            journal,
            stream: stream(account, region),
        }
    }

    /// The first record that is there, and the one after the last.
    pub fn bounds(&self) -> (u64, u64) {
        let info = self.journal.stream(&self.stream);
        info.map_or((0, 0), |it| (it.first, it.end))
    }

    /// The events before a place, from the newest on.
    pub fn back_from(&self, end: Place) -> Backwards<'_> {
        Backwards {
            log: self,
            end,
            read: Vec::new(),
        }
    }

    /// Records from one on: some of them, and at least one if there are any.
    async fn read(&self, from: u64, until: u64) -> Result<Vec<Record>, JournalError> {
        let count = usize::try_from(until - from).unwrap_or(usize::MAX);
        let reply = self.journal.read(&self.stream, from, count, CHUNK_BYTES);
        Ok(reply.await?.records)
    }

    /// The first record with an event that is not older than a time. Events are written in the order in
    /// which they were answered, which may differ from their times by seconds.
    pub async fn at(&self, time: Timestamp) -> Result<u64, JournalError> {
        let (mut low, mut high) = self.bounds();
        while low < high {
            let middle = low + (high - low) / 2;
            let Some(record) = self.read(middle, middle + 1).await?.pop() else {
                return Ok(high);
            };
            match events(&record).last() {
                Some(last) if last.brief.time() < time => low = record.offset + 1,
                // A damaged one tells nothing; going down looks at more, never at less.
                Some(_) | None => high = middle,
            }
        }
        Ok(low)
    }
}

/// Goes through a log from its newest events to its oldest, a record at a time.
pub struct Backwards<'a> {
    log: &'a Log,
    /// What is before it is still to come.
    end: Place,
    /// Records that were read and not looked at.
    read: Vec<Record>,
}

impl Backwards<'_> {
    /// The events of the next record, newest first; `None` after the first of all.
    pub async fn next(&mut self) -> Result<Option<Vec<Found>>, JournalError> {
        // Of a record that stands at the end, those events are wanted that are before it.
        let until = self.end.record + u64::from(self.end.index > 0);
        if self.read.is_empty() {
            self.fill(until).await?;
        }
        let Some(record) = self.read.pop() else {
            return Ok(None);
        };
        let mut found = events(&record);
        found.retain(|it| it.place < self.end);
        found.reverse();
        self.end = Place::before(record.offset);
        Ok(Some(found))
    }

    async fn fill(&mut self, until: u64) -> Result<(), JournalError> {
        let mut from = until.saturating_sub(CHUNK).max(self.log.bounds().0);
        while from < until {
            let records = self.log.read(from, until).await?;
            let Some(last) = records.last() else { break };
            from = last.offset + 1;
            // Were they more than are read at once, those at the end are wanted first.
            self.read = records;
        }
        Ok(())
    }
}

/// Lets go of what is older than the history goes, or more than it may take.
pub async fn sweep(journal: &Journal, now: Timestamp) -> Result<(), JournalError> {
    for info in journal.streams(PREFIX, None, usize::MAX) {
        let log = Log {
            journal: journal.clone(),
            stream: info.name.clone(),
        };
        let mut keep = log.at(Timestamp(now.millis() - KEPT_MS)).await?;
        if info.bytes > MOST_BYTES {
            let count = info.end - info.first;
            let share = u128::from(count) * u128::from(info.bytes - MOST_BYTES);
            let oldest = u64::try_from(share / u128::from(info.bytes)).unwrap_or(count);
            tracing::warn!(
                records = oldest,
                "the audit log is full; its oldest events are deleted"
            );
            keep = keep.max(info.first + oldest);
        }
        if keep > info.first {
            journal.trim(&info.name, keep).await?;
        }
    }
    Ok(())
}
