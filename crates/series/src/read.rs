//! Points of series as a question wants them: from every tier whose steps make up its period.

use std::{io, sync::Arc};

use crate::{
    Summary,
    block::{Block, Entry},
    head::Head,
    tier::Tier,
};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Seconds since 1970; from the beginning of a period.
    pub from: i64,
    /// Not included.
    pub to: i64,
    /// Seconds of a point of the answer.
    pub period: i64,
    /// Whether it matters how values are spread.
    pub spread: bool,
}

impl Span {
    fn tiers(self) -> impl Iterator<Item = Tier> {
        let divides = move |tier: &Tier| self.period % tier.step() == 0;
        Tier::ALL.into_iter().filter(divides)
    }
}

/// Points of one series under way.
#[derive(Debug, Default)]
struct Gathered {
    points: Vec<(i64, Summary)>,
    disordered: bool,
}

impl Gathered {
    fn add(&mut self, span: Span, at: i64, summary: Summary) {
        if at < span.from || at >= span.to {
            return;
        }
        let at = at - (at - span.from).rem_euclid(span.period);
        match self.points.last_mut() {
            Some((there, whole)) if *there == at => whole.merge(&summary, span.spread),
            Some((there, _)) if *there > at => {
                self.disordered = true;
                self.points.push((at, summary));
            }
            _ => self.points.push((at, summary)),
        }
    }

    fn finish(mut self, spread: bool) -> Vec<(i64, Summary)> {
        if !self.disordered {
            return self.points;
        }
        self.points.sort_by_key(|it| it.0);
        let mut whole: Vec<(i64, Summary)> = Vec::with_capacity(self.points.len());
        for (at, summary) in self.points {
            match whole.last_mut() {
                Some((there, before)) if *there == at => before.merge(&summary, spread),
                _ => whole.push((at, summary)),
            }
        }
        whole
    }
}

/// What is asked is read from these.
pub struct Sources {
    pub blocks: Vec<Arc<Block>>,
    pub frozen: Option<Arc<Head>>,
}

/// Points under way, to which the head's are added while its lock is held.
pub struct Reading {
    span: Span,
    tiers: Vec<Tier>,
    /// Series in their order, each with where its points go.
    order: Vec<(u32, usize)>,
    gathered: Vec<Gathered>,
}

impl Reading {
    pub fn new(series: &[u32], span: Span) -> Self {
        Self::of(series, span, span.tiers().collect())
    }

    /// Points as they are kept, each in the resolution of its tier.
    pub fn stored(series: &[u32], from: i64, to: i64) -> Self {
        let span = Span {
            from,
            to,
            period: 1,
            spread: false,
        };
        Self::of(series, span, Tier::ALL.to_vec())
    }

    fn of(series: &[u32], span: Span, tiers: Vec<Tier>) -> Self {
        let mut order: Vec<(u32, usize)> = series.iter().copied().zip(0..).collect();
        order.sort_unstable();
        Self {
            span,
            tiers,
            order,
            gathered: series.iter().map(|_| Gathered::default()).collect(),
        }
    }

    /// Blocks that may hold something of it, in the order of their times.
    pub fn blocks(&self, all: &[Arc<Block>]) -> Vec<Arc<Block>> {
        let wanted = |it: &&Arc<Block>| {
            self.tiers.contains(&it.of.tier) && it.touches(self.span.from, self.span.to)
        };
        let mut found: Vec<_> = all.iter().filter(wanted).cloned().collect();
        found.sort_by_key(|it| (it.of.from, it.of.id));
        found
    }

    pub fn head(&mut self, head: &Head) {
        for tier in self.tiers.iter().copied() {
            for (series, place) in &self.order {
                let into = &mut self.gathered[*place];
                let span = self.span;
                head.points(*series, tier, span.from, span.to, |at, it| {
                    into.add(span, at, it)
                });
            }
        }
    }

    pub fn block(&mut self, block: &Block) -> io::Result<()> {
        let mut page: Option<(usize, Vec<Entry>)> = None;
        let span = self.span;
        for (series, place) in &self.order {
            let Some(wanted) = block.page_of(*series) else {
                continue;
            };
            if page.as_ref().is_none_or(|(number, _)| *number != wanted) {
                page = Some((wanted, block.page(wanted)?));
            }
            let entries = page.as_ref().map_or(&[][..], |(_, entries)| entries);
            if let Ok(found) = entries.binary_search_by_key(series, |it| it.series) {
                let into = &mut self.gathered[*place];
                block.points(&entries[found], |at, it| into.add(span, at, it))?;
            }
        }
        Ok(())
    }

    /// Points of each series in the order that they were asked for.
    pub fn finish(self) -> Vec<Vec<(i64, Summary)>> {
        let spread = self.span.spread;
        self.gathered
            .into_iter()
            .map(|it| it.finish(spread))
            .collect()
    }
}

/// Reads the blocks and what is being written to some, and adds the newest.
pub fn read(
    mut reading: Reading,
    sources: Sources,
    newest: Reading,
) -> io::Result<Vec<Vec<(i64, Summary)>>> {
    for block in &sources.blocks {
        reading.block(block)?;
    }
    if let Some(frozen) = &sources.frozen {
        reading.head(frozen);
    }
    let span = reading.span;
    for (into, newer) in reading.gathered.iter_mut().zip(newest.finish()) {
        newer
            .into_iter()
            .for_each(|(at, it)| into.add(span, at, it));
    }
    Ok(reading.finish())
}
