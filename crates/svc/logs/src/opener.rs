//! Events of a group as they are read: the times as they lie, the texts opened where they are sealed, and masked where
//! a policy says so.

use std::sync::Arc;

use wharf_base::Timestamp;
use wharf_journal::{JournalError, Record};
use wharf_records::Scope;
use wharf_wire::Fault;

use crate::{
    LogsService,
    cipher::{Batch, Damaged, Sealed},
    event::{self, Event, Text},
    event_store::{EventStore, Order, run_of_offsets},
    keys::Keys,
    rules::{Rules, Unmasked},
};

/// Why events were not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Their key does not open, or their rules are not read.
    #[error("{0}")]
    Key(Fault),
    #[error(transparent)]
    Damaged(#[from] Damaged),
    #[error(transparent)]
    Unmasked(#[from] Unmasked),
}

/// Opens the events of one group for one reader.
#[derive(Clone)]
pub struct Opener {
    keys: Arc<Keys>,
    scope: Scope,
    group: String,
    now: Timestamp,
    rules: Arc<Rules>,
    /// Reads the rules again behind the events: those that came in under a newer one are not seen without it.
    renewing: Option<Renewing>,
    /// Of the event before; its neighbours are mostly of the same.
    batch: Option<Arc<Batch>>,
}

/// Where the rules are.
#[derive(Clone)]
struct Renewing {
    service: LogsService,
    /// Name of the group.
    group: String,
}

impl Opener {
    pub fn new(
        keys: Arc<Keys>,
        scope: Scope,
        group: String,
        now: Timestamp,
        rules: Arc<Rules>,
    ) -> Self {
        Self {
            keys,
            scope,
            group,
            now,
            rules,
            renewing: None,
            batch: None,
        }
    }

    /// For who reads events only after this is made.
    pub fn renewing(mut self, service: &LogsService, group: &str) -> Self {
        self.renewing = Some(Renewing {
            service: service.clone(),
            group: group.to_owned(),
        });
        self
    }

    /// A reader that goes on later asks again whether keys still open.
    pub fn at(&mut self, now: Timestamp) {
        self.now = now;
        self.batch = None;
    }

    /// For a caller who may see what is sensitive.
    pub fn unmasking(mut self) -> Self {
        self.rules = Arc::default();
        self.renewing = None;
        self
    }

    /// The rules may have changed since.
    pub fn goes_by(&mut self, rules: Arc<Rules>) {
        self.rules = rules;
    }

    /// The events of records of that stream, but for records that are none of ours.
    pub async fn events(
        &mut self,
        stream: &str,
        records: &[Record],
    ) -> Result<Vec<Event>, ReadError> {
        if let Some(Renewing { service, group }) = &self.renewing {
            let rules = service.rules_now(&self.scope, group, &self.group).await;
            if let Some(rules) = rules.map_err(ReadError::Key)? {
                self.rules = rules;
            }
        }
        let mut events = Vec::with_capacity(records.len());
        for record in records {
            events.extend(self.unmasked(stream, record).await?);
        }
        match self.rules.masks() {
            true => Ok(self.rules.mask(&self.scope.account, events).await?),
            false => Ok(events),
        }
    }

    /// The event of a record of that stream as it came; `None` for a record that is none of ours.
    pub async fn unmasked(
        &mut self,
        stream: &str,
        record: &Record,
    ) -> Result<Option<Event>, ReadError> {
        let Some(stored) = event::read(&record.data) else {
            return Ok(None);
        };
        let message = match stored.text {
            Text::Plain(text) => String::from_utf8_lossy(text).into_owned(),
            Text::Sealed(sealed) => {
                let sealed = Sealed::read(sealed)?;
                let batch = self.batch_of(&sealed).await?;
                batch.open(stream, stored.times, &sealed)?
            }
        };
        Ok(Some(Event {
            offset: record.offset,
            timestamp: stored.timestamp,
            ingestion: stored.ingestion,
            message,
        }))
    }

    async fn batch_of(&mut self, sealed: &Sealed<'_>) -> Result<Arc<Batch>, ReadError> {
        if let Some(batch) = self.batch.as_ref().filter(|it| it.holds(sealed)) {
            return Ok(batch.clone());
        }
        let id = sealed.data_key;
        let key = self.keys.open(&self.scope, &self.group, id, self.now);
        let batch = Arc::new(key.await.map_err(ReadError::Key)?.batch_of(sealed));
        self.batch = Some(batch.clone());
        Ok(batch)
    }
}

impl EventStore {
    /// The events of ranks `from..to`, as many as `max_bytes` let in, at least one if there is any.
    pub async fn fetch(
        &self,
        stream: &str,
        order: &Order,
        (from, to): (u64, u64),
        max_bytes: usize,
        opener: &mut Opener,
    ) -> Result<Vec<Event>, ReadError> {
        let mut events = Vec::new();
        let mut bytes = 0;
        let mut rank = from;
        while rank < to && (events.is_empty() || bytes < max_bytes) {
            let (offset, run) = match order {
                Order::Straight => (rank, to - rank),
                Order::Sorted(sorted) => run_of_offsets(sorted, rank, to),
            };
            let room = max_bytes - bytes.min(max_bytes);
            let reply = self.journal().read(stream, offset, run as usize, room);
            let reply = reply.await?;
            let within = |record: &Record| record.offset < offset + run;
            let count = reply.records.partition_point(within);
            let found = opener.events(stream, &reply.records[..count]).await?;
            let read = found.len() as u64;
            bytes += found.iter().map(Event::size).sum::<usize>();
            events.extend(found);
            // Trimmed meanwhile, or nothing there any more.
            rank += if read == 0 { run } else { read };
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use wharf_api_logs::{Logs as _, types::*};
    use wharf_journal::{Journal, JournalOptions};
    use wharf_reconcile::Takeover;
    use wharf_svc_kms::{KmsService, Parts as KmsParts};
    use wharf_testkit::{World, call_at};

    use super::*;
    use crate::{Options, Parts, records::Stream};

    const POLICY: &str = r#"{"Name": "p", "Version": "2021-06-01", "Statement": [
        {"DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"],
         "Operation": {"Audit": {"FindingsDestination": {}}}},
        {"DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"],
         "Operation": {"Deidentify": {"MaskConfig": {}}}}]}"#;

    /// The policy and the event come between a reader's first look at the rules and its look at the events.
    #[tokio::test]
    async fn events_are_seen_by_the_rules_that_stood_when_they_came() {
        let folder = tempfile::tempdir().unwrap();
        let world = World::in_memory();
        let clock: Arc<dyn wharf_base::Clock> = Arc::new(wharf_base::SystemClock);
        let kms = KmsService::new(KmsParts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            clock,
            takeover: Takeover::Replace,
        });
        let journal = Journal::open(folder.path(), JournalOptions::default()).unwrap();
        let logs = LogsService::new(Parts {
            kms: Arc::new(kms),
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            journal,
            options: Options::default(),
        });
        let (call, name) = (call_at(Timestamp(1_767_312_000_000)), Some("g".to_owned()));
        let input = CreateLogGroupRequest {
            log_group_name: name.clone(),
            ..Default::default()
        };
        logs.create_log_group(&call, input).await.unwrap();
        let input = CreateLogStreamRequest {
            log_group_name: name.clone(),
            log_stream_name: Some("s".to_owned()),
        };
        logs.create_log_stream(&call, input).await.unwrap();
        let group = logs.group(&call, "g").await.unwrap();
        let mut opener = logs.opener(&call, &group).await.unwrap();

        let input = PutDataProtectionPolicyRequest {
            log_group_identifier: name.clone(),
            policy_document: Some(POLICY.to_owned()),
        };
        logs.put_data_protection_policy(&call, input).await.unwrap();
        let input = PutLogEventsRequest {
            log_group_name: name,
            log_stream_name: Some("s".to_owned()),
            log_events: Some(vec![InputLogEvent {
                timestamp: Some(call.now.millis()),
                message: Some("a@b.example".to_owned()),
            }]),
            ..Default::default()
        };
        logs.put_log_events(&call, input).await.unwrap();

        let stream: Stream = logs.stream(&call, &group, "s").await.unwrap();
        let journal = stream.journal_name();
        let read = logs.events.journal().read(&journal, 0, 10, 1000).await;
        let read = read.unwrap();
        let events = opener.events(&journal, &read.records).await.unwrap();
        assert_eq!(events[0].message, "***********");
    }
}
