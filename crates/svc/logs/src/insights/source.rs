//! Where the events of a query are, piece by piece.

use std::{collections::VecDeque, ops::Range, sync::Arc};

use wharf_base::Timestamp;
use wharf_insights::{Query, indexed::Term};
use wharf_journal::{Record, StoredBlock};
use wharf_records::{Record as _, Scope};
use wharf_wire::Fault;

use crate::{
    LogsService, fault,
    field_index::{self, EVENTS, Entry, Marks},
    opener::Opener,
    records::{DataKey, Group, Stream},
    rules::Rules,
    service::stream_key,
};

/// Bytes and blocks that are scanned between two looks at who else is waiting.
const PIECE_BYTES: usize = 4 << 20;
const PIECE_BLOCKS: usize = 2048;
/// Bytes of an index that are read at a time, and looked at in one turn.
const INDEX_BYTES: usize = 256 << 10;

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
    /// The offsets that are looked at, in rising order: blocks may have others too.
    pub spans: Arc<[Range<u64>]>,
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

/// What a query needs of fields, for indexes of them.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    /// Clauses of which each event that passes has a term.
    pub terms: Arc<[Vec<Term>]>,
    /// Fields that a group must have indexes of.
    pub fields: Vec<String>,
}

impl Needs {
    pub fn of(query: &Query) -> Self {
        Self {
            terms: query.index_terms().into(),
            fields: query.needed_indexes().to_vec(),
        }
    }
}

/// What was passed over, by indexes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Skipped {
    pub events: u64,
    pub bytes: u64,
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
    needs: Needs,
    skipped: Skipped,
}

/// What is left of spans of offsets.
#[derive(Debug, Default, PartialEq, Eq)]
struct Narrowed {
    kept: Vec<Range<u64>>,
    /// Events that are passed over.
    passed: u64,
}

impl Narrowed {
    fn keep(&mut self, piece: Range<u64>) {
        match self.kept.last_mut() {
            Some(before) if before.end == piece.start => before.end = piece.end,
            _ => self.kept.push(piece),
        }
    }

    /// Looks at blocks of which records of an index tell, one after another; where it is then.
    fn look(
        &mut self,
        span: Range<u64>,
        records: &[Record],
        terms: &[Vec<Term>],
        rules: &Rules,
    ) -> u64 {
        let (mut at, mut marks) = (span.start, Marks::new(rules));
        for record in records {
            let (begin, end) = (record.offset * EVENTS, (record.offset + 1) * EVENTS);
            if begin > at {
                // What is known of these was trimmed.
                self.keep(at..begin.min(span.end));
                at = begin;
            }
            if at >= span.end {
                break;
            }
            let piece = at..end.min(span.end);
            at = piece.end;
            let entry = Entry::read(&record.data);
            match entry.is_none_or(|it| it.may_have(terms, |a, b| marks.of(a, b))) {
                true => self.keep(piece),
                false => self.passed += piece.end - piece.start,
            }
        }
        at
    }
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
            needs: Needs::default(),
            skipped: Skipped::default(),
        }
    }

    /// Passes over what indexes say that a query has no need of.
    pub fn needing(self, needs: Needs) -> Self {
        Self { needs, ..self }
    }

    pub fn into_known(self) -> (Vec<Arc<Source>>, Skipped) {
        (self.known, self.skipped)
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
                    spans: part.spans.clone(),
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
        if !self.needs.fields.is_empty() {
            let rules = service.rules(&self.scope, group).await?;
            let mut fields = self.needs.fields.iter();
            if !fields.all(|it| rules.indexes_field(it)) {
                return Ok(());
            }
        }
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
        let kept_from = service.keeps_from(&self.scope, group, self.now).await?;
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
                kept_from,
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
            let spans = spans.map_err(fault::journal)?;
            // After the events: those that came in under a rule are never seen without it.
            let (group, id) = (&source.group, &source.stream.group_id);
            let rules = self.service.rules_now(&self.scope, group, id).await?;
            // Of a group that is gone nothing is shown.
            let Some(rules) = rules else {
                return Ok(());
            };
            let spans = self.narrowed(&source.journal, spans, &rules).await?;
            let (Some(first), Some(last)) = (spans.first(), spans.last()) else {
                continue;
            };
            // In one go: blocks may be merged at any time.
            let within = first.start..last.end;
            let mut blocks = self
                .service
                .events
                .journal()
                .blocks(&source.journal, within);
            blocks.retain(|block| {
                let (first, end) = (block.end() - u64::from(block.count()), block.end());
                let at = spans.partition_point(|it| it.end <= first);
                spans.get(at).is_some_and(|it| it.start < end)
            });
            self.blocks.push_back(Part {
                source: source.clone(),
                blocks,
                spans: spans.into(),
                opener: opener.clone(),
                times,
                rules,
                scope: self.scope.clone(),
                is_earlier,
            });
        }
        Ok(())
    }

    /// Spans of offsets without the blocks that surely have no event that passes.
    async fn narrowed(
        &mut self,
        journal: &str,
        spans: Vec<Range<u64>>,
        rules: &Arc<Rules>,
    ) -> Result<Vec<Range<u64>>, Fault> {
        let events = self.service.events.journal();
        let own = field_index::journal_name(journal);
        let known = events.end(&own);
        if self.needs.terms.is_empty() || !rules.is_indexed() || known == 0 {
            return Ok(spans);
        }
        let mut narrowed = Narrowed::default();
        for span in spans {
            let mut at = span.start;
            while at < span.end {
                let block = at / EVENTS;
                let last = span.end.div_ceil(EVENTS).min(known);
                let read = match block < last {
                    true => {
                        let count = (last - block) as usize;
                        let read = events.read(&own, block, count, INDEX_BYTES).await;
                        read.map_err(fault::journal)?.records
                    }
                    false => Vec::new(),
                };
                if read.is_empty() {
                    narrowed.keep(at..span.end);
                    break;
                }
                let (terms, rules) = (self.needs.terms.clone(), rules.clone());
                let rest = at..span.end;
                // Thousands of terms in thousands of blocks: away from the threads that serve others.
                let looked = self.service.desk.work(&self.scope.account, move || {
                    let at = narrowed.look(rest, &read, &terms, &rules);
                    (narrowed, at)
                });
                (narrowed, at) = looked.await.map_err(|cause| fault::unreadable(&cause))?;
            }
        }
        let Narrowed { kept, passed } = narrowed;
        if let (true, Some(info)) = (passed > 0, events.stream(journal)) {
            let each = info.bytes as f64 / info.end.saturating_sub(info.first).max(1) as f64;
            self.skipped.events += passed;
            self.skipped.bytes += (each * passed as f64) as u64;
        }
        Ok(kept)
    }
}
