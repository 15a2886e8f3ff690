//! Hosts in the order of what they have left, so that the fullest host that still fits is found
//! without looking at the others.

use std::collections::BTreeSet;

use crate::fleet::HostIx;

/// The pool of all hosts that offer Fargate capacity; clusters have their own numbers.
pub(crate) const FARGATE_POOL: u32 = u32::MAX;

/// `(pool, what is left, row)`, ascending.
#[derive(Debug, Default)]
pub(crate) struct Order {
    rows: BTreeSet<(u32, u32, u32)>,
}

impl Order {
    pub fn insert(&mut self, pool: u32, left: u32, row: HostIx) {
        self.rows.insert((pool, left, row.0));
    }

    pub fn remove(&mut self, pool: u32, left: u32, row: HostIx) {
        self.rows.remove(&(pool, left, row.0));
    }

    /// Hosts of a pool with at least `left`, those with least first; equals from the row `from` on,
    /// then those before it.
    pub fn at_least(&self, pool: u32, left: u32, from: u32) -> impl Iterator<Item = (u32, HostIx)> {
        let mut next = Some(left);
        let levels = std::iter::from_fn(move || {
            let rest = (pool, next?, 0)..=(pool, u32::MAX, u32::MAX);
            let (_, level, _) = *self.rows.range(rest).next()?;
            next = level.checked_add(1);
            Some(level)
        });
        levels.flat_map(move |level| {
            let equals = self.exactly(pool, level, from);
            equals.map(move |host| (level, host))
        })
    }

    /// Hosts of a pool with exactly `left`, from a row on, then those before it.
    fn exactly(&self, pool: u32, left: u32, from: u32) -> impl Iterator<Item = HostIx> {
        let behind = self.rows.range((pool, left, from)..=(pool, left, u32::MAX));
        let before = self.rows.range((pool, left, 0)..(pool, left, from));
        behind.chain(before).map(|(_, _, row)| HostIx(*row))
    }
}
