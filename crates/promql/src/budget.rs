//! What an evaluation may take.

use std::{
    cell::{Cell, RefCell},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use regex::Regex;

use crate::{Error, Labels, matcher::Regexes};

/// Bounds that do not depend on a clock, so that a query fails or not wherever it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Samples that are looked at, those of each step counted, and labels that are copied or compared.
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

/// Ends an evaluation from outside, as when nobody waits for it any more. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is left of it.
#[derive(Debug)]
pub struct Left {
    work: Cell<u64>,
    points: Cell<u64>,
    stop: Stop,
    /// Those of functions, which are evaluated at each step and compiled at the first.
    regexes: RefCell<Regexes>,
}

impl Left {
    pub fn of(budget: Budget, stop: Stop) -> Self {
        Self {
            work: Cell::new(budget.work),
            points: Cell::new(budget.points),
            stop,
            regexes: RefCell::default(),
        }
    }

    pub fn work(&self, much: usize) -> Result<(), Error> {
        if self.stop.is_stopped() {
            return Err(Error::Stopped);
        }
        take(&self.work, much).ok_or(Error::Budget("work"))
    }

    /// The labels of many elements are copied or compared, so many times each.
    pub fn labels<'a>(
        &self,
        all: impl IntoIterator<Item = &'a Labels>,
        times: usize,
    ) -> Result<(), Error> {
        for labels in all {
            self.work(labels.weight().saturating_mul(times))?;
        }
        Ok(())
    }

    pub fn points(&self, many: usize) -> Result<(), Error> {
        take(&self.points, many).ok_or(Error::Budget("points"))
    }

    /// Compiled once, however often it is asked for.
    pub fn regex(&self, text: &str) -> Result<Regex, Error> {
        self.work(1)?;
        self.regexes.borrow_mut().get(text)
    }
}

fn take(of: &Cell<u64>, much: usize) -> Option<()> {
    of.set(of.get().checked_sub(much as u64)?);
    Some(())
}
