//! What an evaluation may take.

use std::cell::Cell;

use crate::Error;

/// Bounds that do not depend on a clock, so that a query fails or not wherever it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Samples that are looked at, those of each step counted, and labels that are compared.
    pub work: u64,
    /// Points of the answer, and of the steps of subqueries.
    pub points: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            work: 100_000_000,
            points: 1_000_000,
        }
    }
}

/// What is left of it.
#[derive(Debug)]
pub struct Left {
    work: Cell<u64>,
    points: Cell<u64>,
}

impl Left {
    pub fn of(budget: Budget) -> Self {
        Self {
            work: Cell::new(budget.work),
            points: Cell::new(budget.points),
        }
    }

    pub fn work(&self, much: usize) -> Result<(), Error> {
        take(&self.work, much).ok_or(Error::Budget("work"))
    }

    pub fn points(&self, many: usize) -> Result<(), Error> {
        take(&self.points, many).ok_or(Error::Budget("points"))
    }
}

fn take(of: &Cell<u64>, much: usize) -> Option<()> {
    of.set(of.get().checked_sub(much as u64)?);
    Some(())
}
