//! Work that counts the events of a stream once, batch by batch: what was counted is written down with how far that was, and the
//! work's cursor follows. So the process after one that was killed in between does not count it again.

use wharf_journal::Journal;
use wharf_vended::{Counters, Together};
use wharf_wire::Fault;

use crate::{LogsService, fault};

pub struct Counted<'a> {
    events: &'a Journal,
    counters: &'a Counters,
    account: &'a str,
    journal: &'a str,
    cursor: &'a str,
    /// What its counts are known by.
    work: String,
}

impl<'a> Counted<'a> {
    /// By that cursor of a stream, for its account.
    pub fn new(
        service: &'a LogsService,
        account: &'a str,
        (journal, cursor): (&'a str, &'a str),
    ) -> Self {
        Self {
            events: service.events.journal(),
            counters: &service.counters,
            account,
            journal,
            cursor,
            work: format!("{journal} {cursor}"),
        }
    }

    /// Up to where events are counted; `None` where none are.
    pub fn at(&self) -> Option<u64> {
        let cursor = self.events.cursor(self.journal, self.cursor);
        cursor.max(self.counters.reached(self.account, &self.work))
    }

    /// Counts what is in events up to there.
    pub fn count(&self, to: u64, count: impl FnOnce(&mut Together<'_>)) {
        self.counters.together(|counts| {
            count(counts);
            counts.reach(self.account, &self.work, to);
        });
    }

    /// All up to there is counted.
    ///
    /// # Errors
    /// The journal's.
    pub async fn move_to(&self, to: u64) -> Result<(), Fault> {
        let moved = self.events.move_cursor(self.journal, self.cursor, to).await;
        moved.map_err(fault::journal)?;
        self.counters.forget(self.account, &self.work);
        Ok(())
    }
}
