//! Delivers events to trails: gzipped files in their buckets, named as CloudTrail names them, and events of log groups.
//!
//! Each trail has a cursor on each stream for each of its destinations. It moves after the file is on disk, and a file's
//! name goes by the first event in it, so that what a kill interrupts is written again under the same name; events of log
//! groups may then come twice.

use std::{collections::HashMap, io::Write, sync::Arc, time::Duration};

use flate2::{Compression, write::GzEncoder};
use parking_lot::Mutex;
use wharf_base::{Clock, Timestamp};
use wharf_journal::{Journal, Record};
use wharf_records::{Record as _, Scope, decode};
use wharf_service::Table;
use wharf_wire::fault::Chain;

use crate::{
    destinations::{DestinationError, Destinations, Of, log_stream},
    fault::CloudtrailFaults,
    log::{self, Found, place_of, streams_of},
    records::Trail,
    trails::SERVICE,
};

/// CloudTrail takes some five minutes.
const EVERY: Duration = Duration::from_secs(60);
/// Records of one file, and their bytes as they are packed.
const MOST_RECORDS: usize = 5_000;
const MOST_BYTES: usize = 128 << 10;

/// One of a trail's destinations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum To {
    Bucket,
    Logs,
}

impl To {
    pub const ALL: [Self; 2] = [Self::Bucket, Self::Logs];

    /// The cursor of a trail, whose name is its region's alone.
    pub fn cursor(self, region: &str, trail: &str) -> String {
        let kind = match self {
            Self::Bucket => "trail",
            Self::Logs => "trail-logs",
        };
        format!("{kind}/{region}/{trail}")
    }
}

/// How the last deliveries went, by the trail's key; since this process began.
#[derive(Debug, Clone, Default)]
pub struct Delivered(Arc<Mutex<HashMap<(String, To), Delivery>>>);

#[derive(Debug, Clone, Default)]
pub struct Delivery {
    pub at: Option<Timestamp>,
    pub tried_at: Option<Timestamp>,
    pub error: Option<String>,
}

impl Delivered {
    pub fn of(&self, trail: &str, to: To) -> Delivery {
        let all = self.0.lock();
        all.get(&(trail.to_owned(), to))
            .cloned()
            .unwrap_or_default()
    }

    fn note(&self, (trail, to): (&str, To), now: Timestamp, outcome: &Result<bool, DeliverError>) {
        let mut all = self.0.lock();
        let delivery = all.entry((trail.to_owned(), to)).or_default();
        match outcome {
            Ok(false) => delivery.error = None,
            Ok(true) => {
                *delivery = Delivery {
                    at: Some(now),
                    tried_at: Some(now),
                    error: None,
                };
            }
            Err(error) => {
                delivery.tried_at = Some(now);
                delivery.error = Some(error.to_string());
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    #[error("the journal cannot be read")]
    Journal(#[from] wharf_journal::JournalError),
    #[error(transparent)]
    Destination(#[from] DestinationError),
    #[error("events cannot be packed")]
    Packing(#[from] std::io::Error),
}

pub struct Deliverer {
    pub table: Table<CloudtrailFaults>,
    pub journal: Journal,
    pub destinations: Destinations,
    pub delivered: Delivered,
    pub clock: Arc<dyn Clock>,
}

impl Deliverer {
    /// Delivers for ever.
    pub async fn run(self) {
        let mut ticks = tokio::time::interval(EVERY);
        loop {
            ticks.tick().await;
            self.once().await;
        }
    }

    /// All trails that log.
    pub async fn once(&self) {
        let all = match self.table.entries(&Scope::service_prefix(SERVICE)).await {
            Ok(all) => all,
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "reading trails failed, will retry");
                return;
            }
        };
        for entry in all {
            let Some((scope, Trail::KIND, name)) = Scope::parse(&entry.key) else {
                continue;
            };
            // One that cannot be read is no reason to leave out the others.
            match decode::<Trail>(&entry.value) {
                Ok(trail) if trail.logging => {
                    let (scope, name, trail) = (&scope, &name, &trail);
                    for to in To::ALL {
                        if to == To::Logs && trail.logs.is_none() {
                            continue;
                        }
                        let outcome = self.trail(Of { scope, name, trail }, to).await;
                        if let Err(error) = &outcome {
                            tracing::warn!(trail = name, ?to, error = %Chain(error), "delivering events failed, will retry");
                        }
                        let now = self.clock.now();
                        self.delivered.note((&entry.key, to), now, &outcome);
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(key = entry.key, error = %Chain(&error), "decoding a trail failed");
                }
            }
        }
    }

    /// Whether there was anything.
    async fn trail(&self, of: Of<'_>, to: To) -> Result<bool, DeliverError> {
        let Of { scope, name, trail } = of;
        let region = (!trail.multi_region).then_some(scope.region.as_str());
        let cursor = to.cursor(&scope.region, name);
        let mut any = false;
        for stream in streams_of(&self.journal, &scope.account, region) {
            // A stream that came after the trail's start is delivered from its beginning.
            let mut at = self.journal.cursor(&stream, &cursor).unwrap_or(0);
            loop {
                let reply = self
                    .journal
                    .read(&stream, at, MOST_RECORDS, MOST_BYTES)
                    .await?;
                if reply.records.is_empty() {
                    break;
                }
                at = reply.next;
                any |= self.write(&stream, (of, to), reply.records).await?;
                self.journal.set_cursor(&stream, &cursor, at).await?;
            }
        }
        Ok(any)
    }

    /// One file, or some requests, with those events that the trail wants.
    async fn write(
        &self,
        stream: &str,
        (of, to): (Of<'_>, To),
        records: Vec<Record>,
    ) -> Result<bool, DeliverError> {
        let mut wanted = Vec::new();
        for event in records.iter().flat_map(log::events) {
            let Found { brief, text, .. } = event;
            if of.trail.admits(&brief.event_source, brief.read_only) {
                wanted.push((brief.time(), text));
            }
        }
        let (Some((time, _)), Some((account, region))) = (wanted.first(), place_of(stream)) else {
            return Ok(false);
        };
        if let (To::Logs, Some(group)) = (to, &of.trail.logs) {
            let stream = log_stream(account, region);
            let events = wanted.into_iter().map(|(time, text)| (time.millis(), text));
            let events = events.collect();
            self.destinations.log(of, (group, &stream), events).await?;
            return Ok(true);
        }
        let key = key(of.trail, account, region, *time, records[0].offset);
        let content = compressed(wanted.iter().map(|(_, text)| text.as_bytes()))?;
        self.destinations.write(of, &key, content).await?;
        Ok(true)
    }
}

/// `{"Records":[…]}`, gzipped.
fn compressed<'a>(events: impl Iterator<Item = &'a [u8]>) -> std::io::Result<Vec<u8>> {
    let mut to = GzEncoder::new(Vec::new(), Compression::default());
    to.write_all(b"{\"Records\":[")?;
    for (number, event) in events.enumerate() {
        if number > 0 {
            to.write_all(b",")?;
        }
        to.write_all(event)?;
    }
    to.write_all(b"]}")?;
    to.finish()
}

/// `<prefix>/AWSLogs/<account>/CloudTrail/<region>/<y>/<m>/<d>/<account>_CloudTrail_<region>_<time>_<unique>.json.gz`
fn key(trail: &Trail, account: &str, region: &str, time: Timestamp, offset: u64) -> String {
    // `20261120T120000Z`
    let basic = time.iso8601_basic();
    let (date, minute) = (
        basic.get(..8).unwrap_or_default(),
        basic.get(..13).unwrap_or_default(),
    );
    let (year, rest) = date.split_at_checked(4).unwrap_or_default();
    let (month, day) = rest.split_at_checked(2).unwrap_or_default();
    let folder = trail.folder();
    format!(
        "{folder}AWSLogs/{account}/CloudTrail/{region}/{year}/{month}/{day}/\
         {account}_CloudTrail_{region}_{minute}Z_{offset:016x}.json.gz"
    )
}
