//! What one event, and the later commands of a query, may cost. A query is short, but its commands multiply: texts are
//! made out of texts, lists become rows, and each row goes through all commands that follow.

use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::value::Value;

/// Bytes that may be made of one event, in values and rows.
pub(crate) const OF_EVENT: usize = 32 << 20;
/// The same of all rows after the first command that needs all of them.
const OF_REST: usize = 2 << 30;
/// Reading is so much cheaper than making.
const READ_SHARE: usize = 8;

/// Why a query cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Halted {
    #[error(
        "the query keeps or makes more than it may: too many groups or rows, or too long values"
    )]
    TooLarge,
    #[error("the query was stopped")]
    Stopped,
}

/// Says from outside that a query is to stop.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn check(&self) -> Result<(), Halted> {
        match self.0.load(Ordering::Relaxed) {
            true => Err(Halted::Stopped),
            false => Ok(()),
        }
    }
}

/// What is spent of one event's share.
#[derive(Debug, Default)]
pub(crate) struct Cost(Cell<usize>);

impl Cost {
    pub fn add(&self, bytes: usize) {
        self.0.set(self.0.get().saturating_add(bytes));
    }

    /// A text that is looked through.
    pub fn read(&self, text: &str) {
        self.add(text.len() / READ_SHARE);
    }

    /// A value that was made and is no part of the event.
    pub fn made<'a>(&self, value: Value<'a>) -> Value<'a> {
        self.add(value.bytes());
        value
    }

    pub fn is_spent(&self) -> bool {
        self.0.get() > OF_EVENT
    }

    /// What was computed is nothing to go by once all is spent.
    pub fn check(&self) -> Result<(), Halted> {
        match self.is_spent() {
            true => Err(Halted::TooLarge),
            false => Ok(()),
        }
    }
}

/// What is spent by the commands on rows.
#[derive(Debug, Default)]
pub(crate) struct Rest(usize);

impl Rest {
    /// After each row.
    pub fn add(&mut self, row: &Cost, stop: &Stop) -> Result<(), Halted> {
        row.check()?;
        stop.check()?;
        self.0 = self.0.saturating_add(row.0.get());
        match self.0 > OF_REST {
            true => Err(Halted::TooLarge),
            false => Ok(()),
        }
    }
}
