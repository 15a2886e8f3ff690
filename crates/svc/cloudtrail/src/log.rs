//! The events of an account and region in the journal: found by time, read from the newest, and let
//! go of when they are old.

use serde::Deserialize;
use wharf_base::Timestamp;
use wharf_journal::{Journal, JournalError, Record};

/// CloudTrail's event history.
const KEPT_MS: i64 = 90 * 24 * 3600 * 1000;
/// Bytes of all events of an account and region; the oldest go first.
const MOST_BYTES: u64 = 1 << 30;
/// Records read at once.
const CHUNK: u64 = 256;
/// Bytes read at once: a chunk of the largest events.
const CHUNK_BYTES: usize = 16 << 20;

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
    pub fn of(record: &Record) -> Option<Self> {
        serde_json::from_slice(&record.data)
            .inspect_err(|error| {
                tracing::error!(offset = record.offset, %error, "an event of the audit log is damaged");
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

    /// The first offset that is there, and the one after the last.
    pub fn bounds(&self) -> (u64, u64) {
        let info = self.journal.stream(&self.stream);
        info.map_or((0, 0), |it| (it.first, it.end))
    }

    /// The events before an offset, newest first, with their text: at most a chunk.
    pub async fn before(&self, end: u64) -> Result<Vec<(u64, Brief, String)>, JournalError> {
        let from = end.saturating_sub(CHUNK).max(self.bounds().0);
        let mut found = Vec::new();
        let mut at = from;
        while at < end {
            let count = usize::try_from(end - at).unwrap_or(usize::MAX);
            let reply = self
                .journal
                .read(&self.stream, at, count, CHUNK_BYTES)
                .await?;
            if reply.records.is_empty() {
                break;
            }
            at = reply.next;
            for record in reply.records.into_iter().filter(|it| it.offset < end) {
                let brief = Brief::of(&record);
                let text = String::from_utf8_lossy(&record.data).into_owned();
                found.extend(brief.map(|brief| (record.offset, brief, text)));
            }
        }
        found.reverse();
        Ok(found)
    }

    /// The first offset whose event is not older than a time. Events are written in the order in
    /// which they were answered, which may differ from their times by seconds.
    pub async fn at(&self, time: Timestamp) -> Result<u64, JournalError> {
        let (mut low, mut high) = self.bounds();
        while low < high {
            let middle = low + (high - low) / 2;
            let reply = self.journal.read(&self.stream, middle, 1, 1).await?;
            let Some(record) = reply.records.first() else {
                return Ok(high);
            };
            match Brief::of(record) {
                Some(brief) if brief.time() < time => low = record.offset + 1,
                // A damaged one tells nothing; going down looks at more, never at less.
                Some(_) | None => high = middle,
            }
        }
        Ok(low)
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
                events = oldest,
                "the audit log is full; its oldest events go"
            );
            keep = keep.max(info.first + oldest);
        }
        if keep > info.first {
            journal.trim(&info.name, keep).await?;
        }
    }
    Ok(())
}
