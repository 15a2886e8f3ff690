//! Many streams read as one, in the order of time, stream name, offset.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
};

use serde::{Deserialize, Serialize};

use crate::{
    event::Event,
    event_store::{EventStore, Order},
    opener::{Opener, ReadError},
    records::Stream,
    token::Boundary,
};

/// Events read ahead of each stream.
const READ_AHEAD: u64 = 256;
const READ_AHEAD_BYTES: usize = 256 << 10;

/// The event up to which a merge has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub timestamp: i64,
    pub stream: String,
    pub offset: u64,
}

pub struct Merge<'a> {
    events: &'a EventStore,
    opener: Opener,
    sources: Vec<Source>,
    /// Next event of each source: time, stream name, offset, source.
    heads: BinaryHeap<Reverse<(i64, String, u64, usize)>>,
}

struct Source {
    name: String,
    journal: String,
    order: Order,
    next: u64,
    high: u64,
    ahead: VecDeque<Event>,
}

impl<'a> Merge<'a> {
    /// All events of `streams` from `start` to before `end`, behind `after`.
    pub async fn open(
        events: &'a EventStore,
        opener: Opener,
        streams: &[Stream],
        (start, end): (i64, i64),
        after: Option<&Place>,
    ) -> Result<Self, ReadError> {
        let mut merge = Self {
            events,
            opener,
            sources: Vec::new(),
            heads: BinaryHeap::new(),
        };
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
                merge.sources.push(Source {
                    name: stream.name.clone(),
                    journal,
                    order: window.order,
                    next: low,
                    high: window.high,
                    ahead: VecDeque::new(),
                });
                merge.refill(merge.sources.len() - 1).await?;
            }
        }
        Ok(merge)
    }

    /// The next event with the name of its stream.
    pub async fn next(&mut self) -> Result<Option<(String, Event)>, ReadError> {
        let Some(Reverse((_, name, _, index))) = self.heads.pop() else {
            return Ok(None);
        };
        let event = self.sources[index]
            .ahead
            .pop_front()
            .expect("a head stands for an event");
        self.refill(index).await?;
        Ok(Some((name, event)))
    }

    /// Puts the source's next event among the heads, if it has one.
    async fn refill(&mut self, index: usize) -> Result<(), ReadError> {
        let source = &mut self.sources[index];
        if source.ahead.is_empty() && source.next < source.high {
            let to = (source.next + READ_AHEAD).min(source.high);
            let events = self
                .events
                .fetch(
                    &source.journal,
                    &source.order,
                    (source.next, to),
                    READ_AHEAD_BYTES,
                    &mut self.opener,
                )
                .await?;
            source.next = if events.is_empty() {
                source.high
            } else {
                source.next + events.len() as u64
            };
            source.ahead.extend(events);
        }
        if let Some(event) = source.ahead.front() {
            self.heads.push(Reverse((
                event.timestamp,
                source.name.clone(),
                event.offset,
                index,
            )));
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
