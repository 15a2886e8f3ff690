//! Where the events of a query are, piece by piece.

use std::{collections::VecDeque, ops::Range, sync::Arc};

use wharf_base::Timestamp;
use wharf_journal::StoredBlock;
use wharf_records::{Record as _, Scope};
use wharf_wire::Fault;

use crate::{
    LogsService, fault,
    opener::Opener,
    records::{DataKey, Group, Stream},
    rules::Rules,
    service::stream_key,
};

/// Bytes and blocks that are scanned between two looks at who else is waiting.
const PIECE_BYTES: usize = 4 << 20;
const PIECE_BLOCKS: usize = 2048;

/// A stream that a query reads.
#[derive(Debug)]
pub struct Source {
    pub number: u32,
    /// The group's name.
    pub group: String,
    /// `<account>:<group>`
    pub log: String,
    pub stream: Stream,
    pub journal: String,
}

/// Some blocks of one stream.
pub struct Part {
    pub source: Arc<Source>,
    pub blocks: Vec<StoredBlock>,
    /// Reads what is sealed; `None` if nothing of the group ever was.
    pub opener: Option<Opener>,
    pub times: Range<i64>,
    /// What happens to the events.
    pub rules: Arc<Rules>,
    pub scope: Arc<Scope>,
    /// Of the earlier time that `diff` compares with.
    pub is_earlier: bool,
}

/// Times of events, in milliseconds, ends not included.
#[derive(Debug, Clone)]
pub struct Times {
    pub of_query: Range<i64>,
    /// What `diff` compares with.
    pub earlier: Option<Range<i64>>,
}

struct Found {
    source: Arc<Source>,
    opener: Option<Opener>,
    /// What is older retention does not keep, swept or not.
    kept_from: i64,
}

/// Hands out all parts of a query.
pub struct Sources {
    service: LogsService,
    scope: Arc<Scope>,
    now: Timestamp,
    times: Times,
    groups: VecDeque<Group>,
    /// Of the group that is read.
    streams: VecDeque<Found>,
    blocks: VecDeque<Part>,
    /// All streams so far, by their numbers.
    known: Vec<Arc<Source>>,
}

impl Sources {
    pub fn new(
        service: LogsService,
        scope: Scope,
        groups: Vec<Group>,
        times: Times,
        now: Timestamp,
    ) -> Self {
        Self {
            service,
            scope: scope.into(),
            now,
            times,
            groups: groups.into(),
            streams: VecDeque::new(),
            blocks: VecDeque::new(),
            known: Vec::new(),
        }
    }

    pub fn into_known(self) -> Vec<Arc<Source>> {
        self.known
    }

    /// The next parts, as much as is scanned at a time; nothing at the end.
    pub async fn next(&mut self) -> Result<Vec<Part>, Fault> {
        let (mut piece, mut bytes, mut blocks) = (Vec::new(), 0, 0);
        while bytes < PIECE_BYTES && blocks < PIECE_BLOCKS {
            let Some(mut part) = self.part().await? else {
                break;
            };
            let mut taken = 0;
            for block in &part.blocks {
                if taken > 0 && (bytes >= PIECE_BYTES || blocks >= PIECE_BLOCKS) {
                    break;
                }
                bytes += block.bytes();
                blocks += 1;
                taken += 1;
            }
            let rest = part.blocks.split_off(taken);
            if !rest.is_empty() {
                self.blocks.push_front(Part {
                    source: part.source.clone(),
                    blocks: rest,
                    opener: part.opener.clone(),
                    times: part.times.clone(),
                    rules: part.rules.clone(),
                    scope: part.scope.clone(),
                    is_earlier: part.is_earlier,
                });
            }
            piece.push(part);
        }
        Ok(piece)
    }

    async fn part(&mut self) -> Result<Option<Part>, Fault> {
        loop {
            if let Some(part) = self.blocks.pop_front() {
                return Ok(Some(part));
            }
            if let Some(found) = self.streams.pop_front() {
                self.find_blocks(found).await?;
            } else if let Some(group) = self.groups.pop_front() {
                self.find_streams(&group).await?;
            } else {
                return Ok(None);
            }
        }
    }

    async fn find_streams(&mut self, group: &Group) -> Result<(), Fault> {
        let service = &self.service;
        let sealed = self.scope.key(DataKey::KIND, &Group::key_prefix(&group.id));
        let is_sealed = group.key.is_some() || service.table.count(&sealed).await? > 0;
        let opener = is_sealed.then(|| {
            Opener::new(
                service.keys.clone(),
                Scope::clone(&self.scope),
                group.id.clone(),
                self.now,
                // It opens texts alone.
                Arc::default(),
            )
        });
        let streams: Vec<Stream> = service
            .all(&self.scope.key(Stream::KIND, &stream_key(&group.id, "")))
            .await?;
        for stream in streams {
            let source = Arc::new(Source {
                number: u32::try_from(self.known.len()).unwrap_or(u32::MAX),
                group: group.name.clone(),
                log: format!("{}:{}", self.scope.account, group.name),
                journal: stream.journal_name(),
                stream,
            });
            self.known.push(source.clone());
            self.streams.push_back(Found {
                source,
                opener: opener.clone(),
                kept_from: group.keeps_from(self.now),
            });
        }
        Ok(())
    }

    async fn find_blocks(&mut self, found: Found) -> Result<(), Fault> {
        let Found {
            source,
            opener,
            kept_from,
        } = found;
        let earlier = self.times.earlier.clone().map(|times| (times, true));
        let all = std::iter::once((self.times.of_query.clone(), false)).chain(earlier);
        for (times, is_earlier) in all {
            let times = times.start.max(kept_from)..times.end;
            let events = &self.service.events;
            let spans = events.spans(&source.journal, times.start, times.end).await;
            let spans = spans.map_err(fault::journal)?.into_iter();
            let blocks = spans.map(|span| events.journal().blocks(&source.journal, span));
            let blocks: Vec<_> = blocks.collect();
            // After the events: those that came in under a rule are never seen without it.
            let (group, id) = (&source.group, &source.stream.group_id);
            let rules = self.service.rules_now(&self.scope, group, id).await?;
            // Of a group that is gone nothing is shown.
            let Some(rules) = rules else {
                return Ok(());
            };
            for blocks in blocks {
                self.blocks.push_back(Part {
                    source: source.clone(),
                    blocks,
                    opener: opener.clone(),
                    times: times.clone(),
                    rules: rules.clone(),
                    scope: self.scope.clone(),
                    is_earlier,
                });
            }
        }
        Ok(())
    }
}
