//! Indexes of fields, made of whole blocks of events once they came in.
//!
//! Inputs: what puts tell of, at start all streams of groups with an index; how far a stream is indexed is the end of
//! its index in the journal. Output: a record a block ([`crate::field_index`]). A put waits for none of it; what a
//! kill interrupts is made after the next start, and until then those events are read like others.
//!
//! Invariant: record `n` is of block `n`, whatever was trimmed or came in without a policy.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use wharf_records::{Record as _, Scope};
use wharf_wire::{Fault, async_trait};

use crate::{
    LogsService, bound, fault,
    field_index::{self, Builder, EVENTS},
    followed::{self, Followed, Left, Line, Work},
    records::{Group, Stream},
    rules::{Origin, Rules},
    service::stream_key,
};

/// Streams that are indexed at once, and those of one account.
const AT_ONCE: usize = 4;
const SHARE: usize = 2;
/// Blocks of one step, after which others have their turn, and those without an index that are passed over in one.
const BLOCKS: u64 = 8;
const PASSED: u64 = 10_000;
/// Blocks behind the first that may have something of a time, in which all of it is: parts of a stream have as many
/// events as blocks, and begin elsewhere.
const BEHIND: u64 = 4;
/// Bytes that are read at a time.
const BYTES: usize = 1 << 20;
/// Looks again at what failed.
const EVERY: Duration = Duration::from_secs(5);

/// Streams that blocks came into.
pub struct Indexing(Line);

impl Default for Indexing {
    fn default() -> Self {
        Self(Line::new(AT_ONCE, SHARE))
    }
}

/// Indexes what one line has.
#[derive(Clone)]
struct Indexer(LogsService);

#[async_trait]
impl Work for Indexer {
    fn line(&self) -> &Line {
        &self.0.indexing.0
    }

    async fn step(&self, followed: &Followed) -> Left {
        let left = self.0.index_stream(followed).await;
        left.unwrap_or_else(|error| {
            let (group, stream) = (&followed.group, &followed.stream.name);
            tracing::warn!(group, stream, %error, "fields of log events are not indexed; retrying");
            Left::Waits
        })
    }

    async fn add_all(&self) -> bool {
        let added = self.0.index_all().await;
        if let Err(error) = &added {
            tracing::warn!(%error, "policies of field indexes are not read yet; retrying");
        }
        added.is_ok()
    }
}

impl LogsService {
    /// Events came into a stream, up to `end`; a block may be whole. The group's rules are these, if anybody can say
    /// now.
    pub(crate) fn index_later(
        &self,
        scope: &Scope,
        group: &Group,
        stream: &Stream,
        (first, end): (u64, u64),
        rules: Option<&Rules>,
    ) {
        if first / EVENTS == end / EVENTS {
            return;
        }
        // Where nobody can say now whether it has an index, the step finds out.
        if rules.is_some_and(|it| !it.is_indexed()) {
            return;
        }
        self.indexing.0.tell(Followed {
            scope: scope.clone(),
            group: group.name.clone(),
            stream: stream.clone(),
        });
    }

    /// Indexes until told to stop.
    pub async fn index_fields(self, stop: CancellationToken) {
        followed::run(Indexer(self), EVERY, stop).await;
    }

    /// Indexes until nothing is left.
    pub async fn index_once(&self) -> Result<(), Fault> {
        self.index_all().await?;
        followed::run_once(Indexer(self.clone())).await;
        Ok(())
    }

    /// All streams that may have whole blocks without a record.
    async fn index_all(&self) -> Result<(), Fault> {
        for (scope, group) in bound::groups(self).await? {
            if !self.rules(&scope, &group).await?.is_indexed() {
                continue;
            }
            let prefix = scope.key(Stream::KIND, &stream_key(&group.id, ""));
            for stream in self.all::<Stream>(&prefix).await? {
                if self.is_behind(&stream) {
                    self.indexing.0.add(Followed {
                        scope: scope.clone(),
                        group: group.name.clone(),
                        stream,
                    });
                }
            }
        }
        Ok(())
    }

    fn is_behind(&self, stream: &Stream) -> bool {
        let (events, journal) = (self.events.journal(), stream.journal_name());
        let done = events.end(&field_index::journal_name(&journal));
        done < events.end(&journal) / EVENTS
    }

    /// Some blocks of a stream.
    async fn index_stream(&self, followed: &Followed) -> Result<Left, Fault> {
        let Followed {
            scope,
            group,
            stream,
        } = followed;
        let at = scope.key(Group::KIND, group);
        let found = self.table.read::<Group>(&at).await?.map(|it| it.record);
        let Some(group) = found.filter(|it| it.id == stream.group_id) else {
            return Ok(Left::Nothing);
        };
        let (events, journal) = (self.events.journal(), stream.journal_name());
        let own = field_index::journal_name(&journal);
        let Some(info) = events.stream(&journal) else {
            return Ok(Left::Nothing);
        };
        let (done, mut whole) = (events.end(&own), info.end / EVENTS);
        let rules = self.rules(scope, &group).await?;
        let Some((since, until)) = rules.indexed() else {
            return Ok(Left::Nothing);
        };
        if until != i64::MAX {
            // What came in after the last policy needs no record.
            let behind = self.first_since(&journal, until).await?;
            whole = whole.min(behind / EVENTS + BEHIND);
        }
        if done >= whole {
            return Ok(Left::Nothing);
        }
        let first = self.first_since(&journal, since).await?.max(info.first);
        let passed = (first / EVENTS).min(whole).min(done + PASSED);
        let records = match passed > done {
            true => vec![field_index::nothing(); (passed - done) as usize],
            false => {
                let mut records = Vec::new();
                for block in done..whole.min(done + BLOCKS) {
                    records.push(
                        self.indexed_block(scope, &group, stream, &rules, block)
                            .await?,
                    );
                }
                records
            }
        };
        let next = done + records.len() as u64;
        let appended = events.append(&own, &records).await;
        appended.map_err(fault::journal)?;
        match events.stream(&journal) {
            Some(info) if info.first >= EVENTS => {
                let trimmed = self.events.trim_index(&journal, info.first).await;
                trimmed.map_err(fault::journal)?;
            }
            Some(_) => {}
            // Deleted meanwhile: what is known of it goes too.
            None => {
                events.delete(&own).await.map_err(fault::journal)?;
                return Ok(Left::Nothing);
            }
        }
        Ok(match next < whole {
            true => Left::More,
            false => Left::Nothing,
        })
    }

    /// The record of a block.
    async fn indexed_block(
        &self,
        scope: &Scope,
        group: &Group,
        stream: &Stream,
        rules: &Arc<Rules>,
        block: u64,
    ) -> Result<Vec<u8>, Fault> {
        let (events, journal) = (self.events.journal(), stream.journal_name());
        let (mut at, end) = (block * EVENTS, (block + 1) * EVENTS);
        let mut builder = Builder::default();
        while at < end && builder.goes_on() {
            let read = events.read(&journal, at, (end - at) as usize, BYTES).await;
            let read = read.map_err(fault::journal)?;
            // Trimmed meanwhile.
            if read.records.first().is_none_or(|it| it.offset != at) {
                return Ok(field_index::nothing());
            }
            at = read.next;
            let (rules, scope) = (rules.clone(), scope.clone());
            let account = scope.account.clone();
            let (group, stream) = (group.name.clone(), stream.name.clone());
            let journal = journal.clone();
            let added = self.desk.work(&account, move || {
                let origin = Origin {
                    scope: &scope,
                    group: &group,
                    stream: &stream,
                };
                for record in &read.records {
                    builder.add(&journal, record, &rules, origin);
                }
                builder
            });
            builder = added.await.map_err(|cause| fault::unreadable(&cause))?;
        }
        Ok(builder.finish(rules))
    }
}
