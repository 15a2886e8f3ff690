//! Many streams read as one, in the order of time, stream name, offset.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    sync::Arc,
};

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use wharf_insights::Needles;
use wharf_journal::JournalError;

use crate::{
    event::Event,
    event_store::Order,
    opener::{Opener, ReadError},
    records::Stream,
    seek::{Bounds, Reading, Sought},
    token::Boundary,
};

/// Events read ahead of each stream.
const READ_AHEAD: u64 = 256;
const READ_AHEAD_BYTES: usize = 256 << 10;
/// Measures of work that go into looking through a stream at a time.
const MOST_MEASURES: usize = 16;
/// Of all streams together when a page begins: it ends after some times as much, and what was looked through in vain is
/// looked through again for the next one.
const FIRST_MEASURES: usize = 1024;
/// Bytes of events that may pass, of all streams together, at a time: two pages.
const PASSING_BYTES: usize = 2 << 20;
/// The same of one stream.
const LEAST_PASSING: usize = 16 << 10;
const MOST_PASSING: usize = 256 << 10;
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
    /// Next event of each source, or where it goes on: time, stream name, offset, source.
    heads: BinaryHeap<Reverse<(i64, String, u64, usize)>>,
    looked_at: u64,
    /// Bytes of events of each stream that may pass, at a time.
    passing: usize,
}

struct Source {
    name: String,
    journal: String,
    order: Order,
    low: u64,
    next: u64,
    high: u64,
    ahead: VecDeque<Event>,
    /// Of work that go into the next look.
    measures: usize,
}

impl<'a> Merge<'a> {
    /// All events of `streams` from `start` to before `end`, behind `after`; those without one of the needles may be
    /// left out. Who wants few events is looked for no further at first than he may need.
    pub async fn open(
        reading: Reading<'a>,
        opener: Opener,
        streams: &[Stream],
        (start, end): (i64, i64),
        (after, wants_many): (Option<&Place>, bool),
        needles: Needles,
    ) -> Result<Self, ReadError> {
        let events = reading.events;
        let mut sources = Vec::new();
        for stream in streams {
            let journal = stream.journal_name();
            let window = events.window(&journal, start, end).await?;
            let low = match after {
                Some(place) => {
                    let boundary = behind(place, &stream.name);
                    events
                        .rank(&journal, &window.order, boundary)
                        .await?
                        .max(window.low)
                }
                None => window.low,
            };
            if low < window.high {
                sources.push(Source {
                    name: stream.name.clone(),
                    journal,
                    order: window.order,
                    low,
                    next: low,
                    high: window.high,
                    ahead: VecDeque::new(),
                    measures: 1,
                });
            }
        }
        let count = sources.len().max(1);
        let mut merge = Self {
            reading,
            opener,
            needles: Arc::new(needles),
            sources,
            heads: BinaryHeap::new(),
            looked_at: 0,
            passing: (PASSING_BYTES / count).clamp(LEAST_PASSING, MOST_PASSING),
        };
        let measures = match wants_many {
            true => (FIRST_MEASURES / count).clamp(1, MOST_MEASURES),
            false => 1,
        };
        merge.begin(measures).await?;
        Ok(merge)
    }

    /// Events that were looked at; one that was made counts as [`MADE`].
    pub fn looked_at(&self) -> u64 {
        self.looked_at
    }

    /// What comes next; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Step>, ReadError> {
        while let Some(Reverse((timestamp, name, offset, index))) = self.heads.pop() {
            let event = self.sources[index].ahead.pop_front();
            self.refill(index).await?;
            if let Some(event) = event {
                return Ok(Some(Step::Event(name, event)));
            }
            if offset > self.sources[index].low {
                return Ok(Some(Step::Passed(Place {
                    timestamp,
                    stream: name,
                    offset: offset - 1,
                })));
            }
        }
        Ok(None)
    }

    /// Puts the first events of all sources among the heads. Those that are sought are so on all processors.
    async fn begin(&mut self, measures: usize) -> Result<(), ReadError> {
        let at_once = std::thread::available_parallelism().map_or(1, usize::from);
        let (sought, read): (Vec<_>, Vec<_>) =
            (0..self.sources.len()).partition(|it| self.seeks(*it));
        for index in read {
            self.refill(index).await?;
        }
        for some in sought.chunks(at_once) {
            for index in some {
                self.sources[*index].measures = measures;
            }
            let looks = join_all(some.iter().map(|index| self.look(*index)));
            for (index, found) in some.iter().zip(looks.await) {
                self.take(*index, found?).await?;
            }
        }
        Ok(())
    }

    /// Whether what is of no interest is passed over by its blocks: where ranks are offsets.
    fn seeks(&self, index: usize) -> bool {
        !self.needles.is_empty() && matches!(self.sources[index].order, Order::Straight)
    }

    /// Puts the source's next event among the heads, or where it goes on, if it does.
    async fn refill(&mut self, index: usize) -> Result<(), ReadError> {
        let seeks = self.seeks(index);
        let source = &mut self.sources[index];
        if source.ahead.is_empty() && source.next < source.high {
            if seeks {
                let found = self.look(index).await?;
                return self.take(index, found).await;
            } else {
                let to = (source.next + READ_AHEAD).min(source.high);
                let fetched = self.reading.events.fetch(
                    &source.journal,
                    &source.order,
                    (source.next, to),
                    READ_AHEAD_BYTES,
                    &mut self.opener,
                );
                let events = fetched.await?;
                self.looked_at += events.len() as u64 * MADE;
                source.next = if events.is_empty() {
                    source.high
                } else {
                    source.next + events.len() as u64
                };
                source.ahead.extend(events);
            }
        }
        self.push_head(index);
        Ok(())
    }

    fn push_head(&mut self, index: usize) {
        let source = &self.sources[index];
        if let Some(event) = source.ahead.front() {
            let head = (event.timestamp, source.name.clone(), event.offset, index);
            self.heads.push(Reverse(head));
        }
    }

    /// Looks for what comes next of a source.
    fn look(
        &self,
        index: usize,
    ) -> impl Future<Output = Result<Sought, JournalError>> + use<'_, 'a> {
        let source = &self.sources[index];
        let bounds = Bounds {
            measures: source.measures,
            bytes: self.passing,
        };
        let range = (source.next, source.high);
        self.reading
            .seek(&source.journal, range, bounds, &self.needles)
    }

    /// Takes in what was found, and puts the source's next event among the heads, or where it goes on.
    async fn take(&mut self, index: usize, found: Sought) -> Result<(), ReadError> {
        let source = &mut self.sources[index];
        source.measures = (2 * source.measures).min(MOST_MEASURES);
        source.next = found.next;
        self.looked_at += found.looked_at + found.records.len() as u64 * MADE;
        let events = self.opener.events(&source.journal, &found.records).await?;
        source.ahead.extend(events);
        match source.ahead.is_empty() {
            true => self.goes_on(index).await,
            false => {
                self.push_head(index);
                Ok(())
            }
        }
    }

    /// Where a source goes on stands among the heads as an event would; at its end nothing does.
    async fn goes_on(&mut self, index: usize) -> Result<(), ReadError> {
        let source = &self.sources[index];
        if source.next < source.high
            && let Some(time) = self
                .reading
                .events
                .time_at(&source.journal, source.next)
                .await?
        {
            let head = (time, source.name.clone(), source.next, index);
            self.heads.push(Reverse(head));
        }
        Ok(())
    }
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
