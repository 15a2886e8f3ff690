//! What is known of a stream's events without reading them: where which times stand, and whether
//! they came in the order of their times.
//!
//! Some bytes for every few hundred events. Saved every few minutes ([`crate::saved`]); what came
//! after that is read again from the journal when a stream is first used after a start.

use std::{ops::Range, sync::Arc};

use wharf_wal::{DecodeError, Decoder, Encoder};

/// Neighbouring puts share a block until it has so many events.
const BLOCK_EVENTS: u64 = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Block {
    first: u64,
    count: u64,
    /// Times in milliseconds.
    min: i64,
    max: i64,
    /// When the first of its events came in.
    ingestion: i64,
}

#[derive(Debug, Default)]
pub struct Index {
    blocks: Vec<Block>,
    /// The offset behind the last event that is in here.
    next: u64,
    out_of_order: bool,
    pub first_event: Option<i64>,
    pub last_event: Option<i64>,
    pub last_ingestion: Option<i64>,
    /// Every event's time and offset in the order of time; only for streams out of order, and only
    /// until the next put.
    sorted: Option<Arc<Vec<(i64, u64)>>>,
    /// The stream was removed while nobody wrote to it; what is put now belongs to no stream.
    pub gone: bool,
}

impl Index {
    /// Offset from which the journal must be read to complete the index.
    pub fn next(&self) -> u64 {
        self.next
    }

    pub fn is_ordered(&self) -> bool {
        !self.out_of_order
    }

    pub fn sorted(&self) -> Option<Arc<Vec<(i64, u64)>>> {
        self.sorted.clone()
    }

    pub fn set_sorted(&mut self, mut all: Vec<(i64, u64)>) -> Arc<Vec<(i64, u64)>> {
        all.sort_unstable();
        let all = Arc::new(all);
        self.sorted = Some(all.clone());
        all
    }

    /// Takes in one event; they come in the order of their offsets, each once.
    pub fn add(&mut self, offset: u64, timestamp: i64, ingestion: i64) {
        if offset < self.next {
            return;
        }
        self.sorted = None;
        self.next = offset + 1;
        self.out_of_order |= self.last_event.is_some_and(|last| timestamp < last);
        self.first_event = Some(
            self.first_event
                .map_or(timestamp, |first| first.min(timestamp)),
        );
        self.last_event = Some(
            self.last_event
                .map_or(timestamp, |last| last.max(timestamp)),
        );
        self.last_ingestion = Some(
            self.last_ingestion
                .map_or(ingestion, |last| last.max(ingestion)),
        );
        match self.blocks.last_mut() {
            Some(block) if block.count < BLOCK_EVENTS && block.first + block.count == offset => {
                block.count += 1;
                block.min = block.min.min(timestamp);
                block.max = block.max.max(timestamp);
            }
            _ => self.blocks.push(Block {
                first: offset,
                count: 1,
                min: timestamp,
                max: timestamp,
                ingestion,
            }),
        }
    }

    /// Where to look for the first event not before `timestamp`, in a stream in order: offsets from
    /// and to. An empty range says that `from` itself is the place.
    pub fn around(&self, timestamp: i64) -> (u64, u64) {
        let at = self.blocks.partition_point(|block| block.max < timestamp);
        match self.blocks.get(at) {
            None => (self.next, self.next),
            Some(block) if block.min >= timestamp => (block.first, block.first),
            Some(block) => (block.first, block.first + block.count),
        }
    }

    /// The least time of the events about that offset, and the greatest.
    pub fn about(&self, offset: u64) -> Option<(i64, i64)> {
        let behind = self.blocks.partition_point(|it| it.first <= offset);
        let block = self.blocks.get(behind.checked_sub(1)?)?;
        Some((block.min, block.max))
    }

    /// Where events with times from `start` to before `end` may be: offsets, in rising order.
    pub fn overlapping(&self, start: i64, end: i64) -> Vec<Range<u64>> {
        let mut found: Vec<Range<u64>> = Vec::new();
        for block in self
            .blocks
            .iter()
            .filter(|block| block.max >= start && block.min < end)
        {
            let last = block.first + block.count;
            match found.last_mut() {
                Some(before) if before.end == block.first => before.end = last,
                _ => found.push(block.first..last),
            }
        }
        found
    }

    /// The offset before which every event is older than `timestamp`: what retention lets go.
    pub fn wholly_before(&self, timestamp: i64) -> u64 {
        let kept = self.blocks.iter().find(|block| block.max >= timestamp);
        kept.map_or(self.next, |block| block.first)
    }

    /// The parts of the stream, oldest first: when each came in, its events, the offset behind it.
    pub fn parts(&self) -> impl Iterator<Item = (i64, u64, u64)> + '_ {
        self.blocks
            .iter()
            .map(|block| (block.ingestion, block.count, block.first + block.count))
    }

    pub fn encode(&self, out: &mut Encoder) {
        out.number(self.next);
        out.u8(u8::from(self.out_of_order));
        for time in [self.first_event, self.last_event, self.last_ingestion] {
            out.u8(u8::from(time.is_some()));
            out.number(zigzag(time.unwrap_or(0)));
        }
        out.number(self.blocks.len() as u64);
        for block in &self.blocks {
            out.number(block.first);
            out.number(block.count);
            for time in [block.min, block.max, block.ingestion] {
                out.number(zigzag(time));
            }
        }
    }

    pub fn decode(input: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let next = input.counter()?;
        let out_of_order = input.u8()? == 1;
        let mut times = [None; 3];
        for time in &mut times {
            let known = input.u8()? == 1;
            let value = unzigzag(input.number()?);
            *time = known.then_some(value);
        }
        let mut blocks = Vec::new();
        for _ in 0..input.count(5)? {
            blocks.push(Block {
                first: input.counter()?,
                count: input.counter()?,
                min: unzigzag(input.number()?),
                max: unzigzag(input.number()?),
                ingestion: unzigzag(input.number()?),
            });
        }
        let [first_event, last_event, last_ingestion] = times;
        Ok(Self {
            blocks,
            next,
            out_of_order,
            first_event,
            last_event,
            last_ingestion,
            sorted: None,
            gone: false,
        })
    }

    /// Forgets what was trimmed.
    pub fn trimmed(&mut self, before: u64) {
        self.sorted = None;
        self.blocks
            .retain(|block| block.first + block.count > before);
        if let Some(first) = self.blocks.iter().map(|block| block.min).min() {
            self.first_event = Some(first);
        }
    }
}

/// Small numbers for times near 1970 on either side, as LEB128 likes them.
fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn index(times: &[i64]) -> Index {
        let mut index = Index::default();
        for (offset, time) in times.iter().enumerate() {
            index.add(offset as u64, *time, 0);
        }
        index
    }

    #[test]
    fn tells_order() {
        assert!(index(&[1, 1, 2]).is_ordered());
        assert!(!index(&[1, 3, 2]).is_ordered());
        assert_eq!(index(&[3, 1, 2]).first_event, Some(1));
    }

    #[test]
    fn an_event_counts_once() {
        let mut index = index(&[1, 2]);
        index.add(1, 2, 0);
        assert_eq!(index.next(), 2);
    }

    proptest! {
        #[test]
        fn the_place_is_in_the_range(mut times in prop::collection::vec(0i64..500, 0..2000), wanted in -10i64..510) {
            times.sort_unstable();
            let (from, to) = index(&times).around(wanted);
            let place = times.partition_point(|time| *time < wanted) as u64;
            let found = if from == to { place == from } else { (from..=to).contains(&place) };
            prop_assert!(found, "{} is not in {}..{}", place, from, to);
        }

        #[test]
        fn no_event_within_the_times_is_passed_over(times in prop::collection::vec(0i64..500, 0..2000), start in -10i64..510, length in 0i64..200) {
            let found = index(&times).overlapping(start, start + length);
            prop_assert!(found.windows(2).all(|two| two[0].end < two[1].start));
            for (offset, time) in (0u64..).zip(&times) {
                if (start..start + length).contains(time) {
                    prop_assert!(found.iter().any(|range| range.contains(&offset)), "{}", offset);
                }
            }
        }

        #[test]
        fn saved_and_read_it_is_the_same(times in prop::collection::vec(any::<i64>(), 0..2000), cutoff: i64) {
            let index = index(&times);
            let mut out = Encoder::new();
            index.encode(&mut out);
            let mut input = Decoder::new(out.as_slice());
            let read = Index::decode(&mut input).unwrap();
            prop_assert_eq!(input.finish(), Ok(()));
            prop_assert_eq!(&read.blocks, &index.blocks);
            prop_assert_eq!(read.next(), index.next());
            prop_assert_eq!(read.is_ordered(), index.is_ordered());
            prop_assert_eq!(read.wholly_before(cutoff), index.wholly_before(cutoff));
            prop_assert_eq!(
                (read.first_event, read.last_event, read.last_ingestion),
                (index.first_event, index.last_event, index.last_ingestion)
            );
        }

        #[test]
        fn retention_keeps_all_that_is_young(times in prop::collection::vec(0i64..500, 0..2000), cutoff in 0i64..510) {
            let before = index(&times).wholly_before(cutoff) as usize;
            prop_assert!(times[..before].iter().all(|time| *time < cutoff));
        }
    }
}
