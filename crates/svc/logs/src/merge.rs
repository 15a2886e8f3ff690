//! Many streams read as one, in the order of time, stream name, offset.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    sync::Arc,
};

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use wharf_insights::Needles;
use wharf_journal::{JournalError, Record};

use crate::{
    event::{self, Event},
    event_store::Order,
    opener::{Opener, ReadError},
    records::Stream,
    seek::{Bounds, Reading, Sought, weight},
    token::Boundary,
};

/// Events read ahead of a stream that is not sought through.
const READ_AHEAD: u64 = 256;
/// Measures of work that go into looking through a stream at a time: a megabyte at first.
const FIRST_MEASURES: usize = 4;
const MOST_MEASURES: usize = 16;
/// Streams that are looked through at a time for each processor: those that are done with theirs go on with others'.
const STREAMS_EACH: usize = 4;
/// Bytes that a merge holds of all streams together. What does not fit is read again in its turn.
pub const MOST_HELD: usize = 4 << 20;
/// The same of one stream: many share half of it.
const MOST_AHEAD: usize = 256 << 10;
const LEAST_AHEAD: usize = 1 << 10;
/// What an event costs that is made, beside one that is passed over.
pub const MADE: u64 = 10;

/// The event up to which a merge has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub timestamp: i64,
    pub stream: String,
    pub offset: u64,
}

/// What comes next in a merge.
#[derive(Debug)]
pub enum Step {
    /// An event with the name of its stream.
    Event(String, Event),
    /// None up to there that may pass.
    Passed(Place),
}

pub struct Merge<'a> {
    reading: Reading<'a>,
    opener: Opener,
    /// Of which each event that counts has one.
    needles: Arc<Needles>,
    sources: Vec<Source>,
    /// One of each source that has not ended.
    heads: BinaryHeap<Reverse<Head>>,
    looked_at: u64,
    /// Bytes of all sources, which may be so many, and of one so many.
    held: usize,
    most_held: usize,
    most_ahead: usize,
}

/// Where a source stands.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    time: i64,
    stream: String,
    offset: u64,
    source: usize,
    mark: Mark,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    /// This event is there.
    Event,
    /// It goes on there, not before that time.
    NotBefore,
    /// It goes on with an event of just that time, and nothing that was passed over is behind it.
    Exact,
    /// It has ended before that offset, not behind that time, and its last events were passed over.
    End,
}

struct Source {
    name: String,
    journal: String,
    order: Order,
    low: u64,
    next: u64,
    high: u64,
    /// No event is behind it.
    last: i64,
    /// What was found and is not opened: its turn may never come.
    found: Vec<Record>,
    ahead: VecDeque<Event>,
    /// Bytes of both.
    held: usize,
    /// Of work that go into the next look.
    measures: usize,
    /// It was looked at before its turn in vain, and is not again.
    failed: bool,
}

/// What looking from a head came to.
type Look = (Head, Result<Sought, JournalError>);

impl<'a> Merge<'a> {
    /// All events of `streams` from `start` to before `end`, behind `after`; those without one of the needles may be
    /// left out. Nothing is looked for yet.
    pub async fn open(
        reading: Reading<'a>,
        opener: Opener,
        streams: &[Stream],
        (start, end): (i64, i64),
        after: Option<&Place>,
        needles: Needles,
    ) -> Result<Self, ReadError> {
        let mut merge = Self {
            reading,
            opener,
            needles: Arc::new(needles),
            sources: Vec::new(),
            heads: BinaryHeap::new(),
            looked_at: 0,
            held: 0,
            most_held: MOST_HELD,
            most_ahead: 0,
        };
        for stream in streams {
            let journal = stream.journal_name();
            let window = reading.events.window(&journal, start, end).await?;
            let (mut low, (mut first, last)) = (window.low, window.times);
            if let Some(place) = after {
                let boundary = behind(place, &stream.name);
                first = first.max(boundary.timestamp);
                let rank = reading.events.rank(&journal, &window.order, boundary);
                low = low.max(rank.await?);
            }
            if low < window.high {
                merge.sources.push(Source {
                    name: stream.name.clone(),
                    journal,
                    order: window.order,
                    low,
                    next: low,
                    high: window.high,
                    last,
                    found: Vec::new(),
                    ahead: VecDeque::new(),
                    held: 0,
                    measures: FIRST_MEASURES,
                    failed: false,
                });
                merge.goes_on(merge.sources.len() - 1, first);
            }
        }
        merge.holding(MOST_HELD);
        Ok(merge)
    }

    fn holding(&mut self, most: usize) {
        let share = most / 2 / self.sources.len().max(1);
        self.most_held = most;
        self.most_ahead = share.clamp(LEAST_AHEAD, MOST_AHEAD);
    }

    /// Events that were looked at; one that was made counts as [`MADE`].
    pub fn looked_at(&self) -> u64 {
        self.looked_at
    }

    /// What comes next; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Step>, ReadError> {
        while let Some(Reverse(head)) = self.heads.pop() {
            let low = self.sources[head.source].low;
            let passed = head.offset.checked_sub(1).map(|offset| Place {
                timestamp: head.time,
                stream: head.stream.clone(),
                offset,
            });
            match head.mark {
                Mark::Event => {
                    if let Some(event) = self.event(head.source).await? {
                        return Ok(Some(Step::Event(head.stream, event)));
                    }
                }
                Mark::End => return Ok(passed.map(Step::Passed)),
                Mark::NotBefore => self.look_from(head).await?,
                Mark::Exact => {
                    let is_new = head.offset > low;
                    self.look_from(head).await?;
                    if is_new && let Some(place) = passed {
                        return Ok(Some(Step::Passed(place)));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Whether what is of no interest is passed over by its blocks: where ranks are offsets.
    fn seeks(&self, index: usize) -> bool {
        !self.needles.is_empty() && matches!(self.sources[index].order, Order::Straight)
    }

    /// The event that a source has at its head, and what is behind it among the heads. Only now is it opened.
    async fn event(&mut self, index: usize) -> Result<Option<Event>, ReadError> {
        let source = &mut self.sources[index];
        if source.ahead.is_empty() {
            let found = std::mem::take(&mut source.found);
            self.looked_at += found.len() as u64 * MADE;
            let events = self.opener.events(&source.journal, &found).await?;
            source.ahead = events.into();
            self.weigh(index);
        }
        let source = &mut self.sources[index];
        let event = source.ahead.pop_front();
        if let Some(event) = &event {
            let weight = weight(event.message.len());
            source.held -= weight;
            self.held -= weight;
        }
        match source.ahead.front() {
            Some(next) => {
                let (time, offset) = (next.timestamp, next.offset);
                self.push(index, time, offset, Mark::Event);
            }
            None => {
                let last = event.as_ref().map_or(i64::MIN, |it| it.timestamp);
                self.goes_on(index, last);
            }
        }
        Ok(event)
    }

    /// Looks for what comes next of the source that is due, and of those next in order. Where they are fewer than there
    /// are processors, several look through each.
    async fn look_from(&mut self, due: Head) -> Result<(), ReadError> {
        if !self.seeks(due.source) {
            return self.fetch(due).await;
        }
        let is_over = self.held >= self.most_held;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let more = match is_over {
            true => Vec::new(),
            // As many as what they bring has room for, with the event beyond its bounds that each may bring.
            false => {
                let room = (self.most_held - self.held) / (2 * self.most_ahead);
                self.next_to_look(room.clamp(processors, processors * STREAMS_EACH))
            }
        };
        let workers = processors.div_ceil(1 + more.len());
        let looks = std::iter::once(due).chain(more).map(|head| {
            let look = self.look(head.source, is_over, workers);
            async move { (head, look.await) }
        });
        let mut looks = join_all(looks).await.into_iter();
        if let Some((head, found)) = looks.next() {
            self.take(head, found?).await?;
        }
        for look in looks {
            self.take_ahead(look).await;
        }
        Ok(())
    }

    /// Takes those out of the next few heads that are to be looked for anyway.
    fn next_to_look(&mut self, at_once: usize) -> Vec<Head> {
        let (mut looks, mut others) = (Vec::new(), Vec::new());
        for _ in 1..at_once {
            let Some(Reverse(head)) = self.heads.pop() else {
                break;
            };
            let is_mark = matches!(head.mark, Mark::NotBefore | Mark::Exact);
            match is_mark && self.seeks(head.source) && !self.sources[head.source].failed {
                true => looks.push(head),
                false => others.push(Reverse(head)),
            }
        }
        self.heads.extend(others);
        looks
    }

    fn look(
        &self,
        index: usize,
        is_over: bool,
        workers: usize,
    ) -> impl Future<Output = Result<Sought, JournalError>> + use<'_, 'a> {
        let source = &self.sources[index];
        let bounds = Bounds {
            measures: source.measures,
            bytes: if is_over { 0 } else { self.most_ahead },
        };
        let range = (source.next, source.high);
        self.reading
            .seek(&source.journal, range, bounds, &self.needles, workers)
    }

    /// A source that is not due and cannot be looked through stays where it is: that is said in its turn.
    async fn take_ahead(&mut self, (head, found): Look) {
        let index = head.source;
        let (time, offset, mark) = (head.time, head.offset, head.mark);
        let taken = match found {
            Ok(found) => self.take(head, found).await.is_ok(),
            Err(_) => false,
        };
        if !taken {
            let source = &mut self.sources[index];
            (source.next, source.failed) = (offset, true);
            self.push(index, time, offset, mark);
        }
    }

    /// Takes in what was found of a source, and puts where it stands now among the heads.
    async fn take(&mut self, head: Head, found: Sought) -> Result<(), ReadError> {
        let index = head.source;
        let source = &mut self.sources[index];
        source.measures = (2 * source.measures).min(MOST_MEASURES);
        source.next = found.next;
        self.looked_at += found.looked_at;
        let Some((time, offset)) = found.records.first().and_then(place_of) else {
            return self.passed(index, found.time).await;
        };
        source.found = found.records;
        self.weigh(index);
        self.stands(head, time, offset);
        Ok(())
    }

    /// Reads what comes next of a source that is not sought through.
    async fn fetch(&mut self, head: Head) -> Result<(), ReadError> {
        let index = head.source;
        let is_over = self.held >= self.most_held;
        let source = &mut self.sources[index];
        let (most, bytes) = match is_over {
            true => (1, 1),
            false => (READ_AHEAD, self.most_ahead),
        };
        let to = (source.next + most).min(source.high);
        let fetched = self.reading.events.fetch(
            &source.journal,
            &source.order,
            (source.next, to),
            bytes,
            &mut self.opener,
        );
        let events = fetched.await?;
        self.looked_at += events.len() as u64 * MADE;
        let Some(first) = events.first() else {
            source.next = source.high;
            return Ok(());
        };
        let (time, offset) = (first.timestamp, first.offset);
        source.next += events.len() as u64;
        source.ahead = events.into();
        self.weigh(index);
        self.stands(head, time, offset);
        Ok(())
    }

    /// A source that has something stands at its first; where all hold too much, it lets go of it unless it is next.
    fn stands(&mut self, before: Head, time: i64, offset: u64) {
        let index = before.source;
        let is_next = (before.time, before.offset) == (time, offset);
        if self.held <= self.most_held || is_next {
            return self.push(index, time, offset, Mark::Event);
        }
        let source = &mut self.sources[index];
        source.next = match source.order {
            Order::Straight => offset,
            Order::Sorted(_) => source.next - source.ahead.len() as u64,
        };
        source.found.clear();
        source.ahead.clear();
        self.weigh(index);
        self.push(index, time, offset, Mark::Exact);
    }

    /// Where a source goes on of which all was passed over; the time of that, if the look said it.
    async fn passed(&mut self, index: usize, time: Option<i64>) -> Result<(), ReadError> {
        let source = &self.sources[index];
        let (next, last) = (source.next, source.last);
        if next >= source.high {
            self.push(index, last, source.high, Mark::End);
            return Ok(());
        }
        let time = match time {
            Some(time) => Some(time),
            None => self.reading.events.time_at(&source.journal, next).await?,
        };
        if let Some(time) = time {
            self.push(index, time, next, Mark::Exact);
        }
        Ok(())
    }

    /// A source goes on, if it does, at a time that is not before that one.
    fn goes_on(&mut self, index: usize, time: i64) {
        let source = &self.sources[index];
        if source.next >= source.high {
            return;
        }
        match &source.order {
            Order::Straight => self.push(index, time, source.next, Mark::NotBefore),
            Order::Sorted(sorted) => {
                let (time, offset) = sorted[source.next as usize];
                self.push(index, time, offset, Mark::NotBefore);
            }
        }
    }

    fn push(&mut self, source: usize, time: i64, offset: u64, mark: Mark) {
        self.heads.push(Reverse(Head {
            time,
            stream: self.sources[source].name.clone(),
            offset,
            source,
            mark,
        }));
    }

    /// Finds out anew what a source holds.
    fn weigh(&mut self, index: usize) {
        let source = &mut self.sources[index];
        let found = source.found.iter().map(|it| weight(it.data.len()));
        let ahead = source.ahead.iter().map(|it| weight(it.message.len()));
        let now = found.sum::<usize>() + ahead.sum::<usize>();
        self.held = self.held - source.held + now;
        source.held = now;
    }
}

fn place_of(record: &Record) -> Option<(i64, u64)> {
    Some((event::times(&record.data)?.0, record.offset))
}

/// Where a stream goes on behind a place in the merged order.
fn behind(place: &Place, stream: &str) -> Boundary {
    use std::cmp::Ordering;
    match stream.cmp(&place.stream) {
        Ordering::Less => Boundary {
            timestamp: place.timestamp.saturating_add(1),
            offset: 0,
        },
        Ordering::Equal => Boundary {
            timestamp: place.timestamp,
            offset: place.offset + 1,
        },
        Ordering::Greater => Boundary {
            timestamp: place.timestamp,
            offset: 0,
        },
    }
}

#[cfg(test)]
mod tests;
