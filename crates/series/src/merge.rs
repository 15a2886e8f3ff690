//! Blocks made of a head or of other blocks, and which are due. What is due is decided by a pure function.

use std::{
    collections::BTreeMap,
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use wharf_wal::Disk;

use crate::{
    Summary,
    block::{self, Block, Entry, Of},
    chunk::Point,
    head::Head,
    tier::Tier,
};

/// So many blocks of like size are merged into one.
const MERGED: usize = 4;
/// Blocks below this are all of like size.
const SMALL_BYTES: u64 = 64 << 10;

/// Something to be done with blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// They go.
    pub inputs: Vec<Of>,
    /// And their points are in this tier and stretch then; `None`: nowhere.
    pub into: Option<(Tier, i64)>,
}

/// A part of time that blocks are of.
pub type Stretch = (Tier, i64);

/// What is due first, if anything: what is over goes before what could be smaller. Stretches that are put off are
/// passed over.
pub fn due(blocks: &[(Of, u64)], now: i64, is_put_off: impl Fn(&Stretch) -> bool) -> Option<Job> {
    let mut stretches: BTreeMap<Stretch, Vec<(Of, u64)>> = BTreeMap::new();
    for (of, bytes) in blocks {
        if is_put_off(&(of.tier, of.from)) {
            continue;
        }
        stretches
            .entry((of.tier, of.from))
            .or_default()
            .push((*of, *bytes));
    }
    for ((tier, from), blocks) in &stretches {
        if from + tier.stretch() + tier.kept() <= now {
            return Some(Job {
                inputs: blocks.iter().map(|it| it.0).collect(),
                into: tier.next().map(|next| (next, next.stretch_of(*from))),
            });
        }
    }
    for ((tier, from), blocks) in stretches {
        let mut levels: BTreeMap<u32, Vec<Of>> = BTreeMap::new();
        for (of, bytes) in blocks {
            let level = (bytes / SMALL_BYTES).checked_ilog(MERGED as u64);
            levels
                .entry(level.map_or(0, |it| it + 1))
                .or_default()
                .push(of);
        }
        let full = levels.into_values().find(|it| it.len() >= MERGED);
        if let Some(inputs) = full {
            return Some(Job {
                inputs,
                into: Some((tier, from)),
            });
        }
    }
    None
}

/// Writes a head as blocks; all of it or nothing.
pub fn flush(dir: &Path, disk: &Disk, ids: &AtomicU64, head: &Head) -> io::Result<Vec<Block>> {
    let mut made = Vec::new();
    let written = flush_into(dir, disk, ids, head, &mut made);
    if written.is_err() {
        made.iter().for_each(|it| block::remove(dir, disk, it.of));
    }
    written.map(|()| made)
}

fn flush_into(
    dir: &Path,
    disk: &Disk,
    ids: &AtomicU64,
    head: &Head,
    made: &mut Vec<Block>,
) -> io::Result<()> {
    for tier in [Tier::Second, Tier::Minute] {
        for (from, series) in head.stretches(tier) {
            let id = ids.fetch_add(1, Ordering::Relaxed);
            made.push(block::write(dir, disk, Of { tier, from, id }, |out| {
                series
                    .iter()
                    .try_for_each(|it| out.put(*it, &head.stretch(*it, tier, from)))
            })?);
        }
    }
    Ok(())
}

/// Writes the points of blocks as one. Those of series that are not `known` any more go, and what is damaged cannot
/// come along.
pub fn merge(
    dir: &Path,
    disk: &Disk,
    of: Of,
    inputs: &[Arc<Block>],
    known: &dyn Fn(u32) -> bool,
) -> io::Result<Block> {
    let mut cursors = Vec::with_capacity(inputs.len());
    for block in inputs {
        let mut cursor = Cursor {
            block,
            page: 0,
            entries: Vec::new().into_iter(),
            now: None,
        };
        cursor.advance()?;
        cursors.push(cursor);
    }
    block::write(dir, disk, of, |out| {
        while let Some(series) = cursors
            .iter()
            .filter_map(|it| it.now.map(|it| it.series))
            .min()
        {
            let mut points: Vec<Point> = Vec::new();
            for cursor in &mut cursors {
                let Some(entry) = cursor.now.filter(|it| it.series == series) else {
                    continue;
                };
                let before = points.len();
                let see = |at, it| points.push((of.tier.floor(at), it));
                if let Err(error) = cursor.block.points(&entry, see) {
                    passed_over(error)?;
                    points.truncate(before);
                }
                cursor.advance()?;
            }
            if known(series) {
                out.put(series, &joined(points))?;
            }
        }
        Ok(())
    })
}

/// Damage is left behind, named; other failures may pass.
fn passed_over(error: io::Error) -> io::Result<()> {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            tracing::warn!(%error, "merging blocks of metrics failed in part: a damaged part is left out, its points are lost");
            Ok(())
        }
        _ => Err(error),
    }
}

/// Points in the order of their times, one for each.
fn joined(mut points: Vec<Point>) -> Vec<Point> {
    points.sort_by_key(|it| it.0);
    let mut whole: Vec<(i64, Summary)> = Vec::with_capacity(points.len());
    for (at, summary) in points {
        match whole.last_mut() {
            Some((there, before)) if *there == at => before.merge(&summary, true),
            _ => whole.push((at, summary)),
        }
    }
    whole
}

/// Walks the series of a block.
struct Cursor<'a> {
    block: &'a Block,
    page: usize,
    entries: std::vec::IntoIter<Entry>,
    now: Option<Entry>,
}

impl Cursor<'_> {
    fn advance(&mut self) -> io::Result<()> {
        loop {
            self.now = self.entries.next();
            if self.now.is_some() || self.page == self.block.pages() {
                return Ok(());
            }
            let page = self.block.page(self.page);
            self.page += 1;
            match page {
                Ok(entries) => self.entries = entries.into_iter(),
                Err(error) => passed_over(error)?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(tier: Tier, from: i64, id: u64) -> Of {
        Of { tier, from, id }
    }

    #[test]
    fn what_is_over_is_rolled_up_and_small_ones_are_merged() {
        let day = 86_400;
        let minute = |id| (of(Tier::Minute, 0, id), 100);
        let three: Vec<(Of, u64)> = (1..4).map(minute).collect();
        assert_eq!(due(&three, day, |_| false), None);
        let four: Vec<(Of, u64)> = (1..5).map(minute).collect();
        let job = due(&four, day, |_| false).unwrap();
        assert_eq!((job.inputs.len(), job.into), (4, Some((Tier::Minute, 0))));
        let large = [three.clone(), vec![(of(Tier::Minute, 0, 9), 1 << 30)]].concat();
        assert_eq!(due(&large, day, |_| false), None);
        let job = due(&large, 16 * day, |_| false).unwrap();
        assert_eq!(
            (job.inputs.len(), job.into),
            (4, Some((Tier::FiveMinutes, 0)))
        );
        let hours = [(of(Tier::Hour, 0, 1), 100)];
        assert_eq!(due(&hours, 482 * day, |_| false), None);
        assert_eq!(due(&hours, 483 * day, |_| false).unwrap().into, None);
        let both = [hours.to_vec(), four].concat();
        let job = due(&both, 483 * day, |it| it.0 == Tier::Minute);
        assert_eq!(job.unwrap().inputs, [hours[0].0]);
    }

    proptest! {
        /// However often it is done, something is due only a bounded number of times.
        #[test]
        fn merging_comes_to_an_end(sizes in prop::collection::vec(1u64..1 << 26, 0..60)) {
            let mut blocks: Vec<(Of, u64)> =
                sizes.into_iter().zip(1..).map(|(bytes, id)| (of(Tier::Minute, 0, id), bytes)).collect();
            let mut next = 1000;
            let mut rounds = 0;
            while let Some(job) = due(&blocks, 0, |_| false) {
                let bytes = blocks.iter().filter(|it| job.inputs.contains(&it.0)).map(|it| it.1).sum();
                blocks.retain(|it| !job.inputs.contains(&it.0));
                blocks.push((of(Tier::Minute, 0, next), bytes));
                next += 1;
                rounds += 1;
                prop_assert!(rounds < 60);
            }
            prop_assert!(blocks.len() < MERGED * 12);
        }
    }

    #[test]
    fn a_roll_up_says_what_its_points_said() {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::default();
        let mut head = Head::default();
        for minute in 0..60 {
            head.add(3, Tier::Minute, minute * 60, Summary::one(minute as f64));
        }
        head.add(5, Tier::Minute, 0, Summary::one(1.0));
        let blocks = flush(dir.path(), &disk, &AtomicU64::new(1), &head).unwrap();
        let blocks: Vec<Arc<Block>> = blocks.into_iter().map(Arc::new).collect();
        assert_eq!((blocks.len(), blocks[0].entries), (1, 2));
        let into = of(Tier::Hour, 0, 2);
        let rolled = merge(dir.path(), &disk, into, &blocks, &|series| series == 3).unwrap();
        assert_eq!(rolled.entries, 1);
        let mut seen = Vec::new();
        rolled
            .points(&rolled.page(0).unwrap()[0], |at, it| seen.push((at, it)))
            .unwrap();
        let (at, whole) = &seen[0];
        assert_eq!(
            (seen.len(), *at, whole.count, whole.sum),
            (1, 0, 60.0, 1770.0)
        );
        assert_eq!((whole.min, whole.max), (0.0, 59.0));
        // Two values may share a bucket, none is lost.
        let counted: f64 = whole.values().unwrap().iter().map(|it| it.1).sum();
        assert_eq!(counted, 60.0);
    }
}
