//! How much the archives of each account hold: bytes in streams of the journal, on a disk that accounts share.
//!
//! All of them together have a bound. Where it is reached an account may still archive what an equal share of it comes to,
//! so nobody is kept out by others; shares become smaller as accounts come, and from twice the bound on much smaller, so that all
//! together never hold three times the bound.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parking_lot::{Mutex, MutexGuard};
use wharf_base::ShareFull;
use wharf_journal::Journal;
use wharf_store::StoreError;

use crate::names::SERVICE;

/// What was counted holds for so long: meanwhile it is added to, and what was trimmed and deleted counts.
const FRESH: Duration = Duration::from_secs(60);
/// Streams looked at together.
const PAGE: usize = 1000;

#[derive(Debug)]
pub struct Archived {
    most: u64,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    at: Option<Instant>,
    /// Those that have archives.
    accounts: HashMap<String, Counted>,
    all: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    bytes: u64,
    /// It was logged that something is not kept.
    told: bool,
}

/// The account in the name of a stream.
fn account_of(stream: &str) -> &str {
    stream.split('/').nth(1).unwrap_or_default()
}

impl Archived {
    /// `most`: bytes of all archives.
    pub fn new(most: u64) -> Self {
        Self {
            most,
            counts: Mutex::default(),
        }
    }

    /// Refuses to add to a stream whose account's archives are full.
    ///
    /// # Errors
    /// They are.
    pub fn require(&self, journal: &Journal, stream: &str) -> Result<(), StoreError> {
        let account = account_of(stream);
        match self.counts(journal).used_up(account, self.most) {
            None => Ok(()),
            Some(most_bytes) => Err(StoreError::ShareFull(ShareFull {
                account: account.to_owned(),
                what: "archives of events",
                most_bytes,
            })),
        }
    }

    fn counts(&self, journal: &Journal) -> MutexGuard<'_, Counts> {
        let mut counts = self.counts.lock();
        if counts.at.is_none_or(|it| it.elapsed() >= FRESH) {
            *counts = Counts::of(journal);
        }
        counts
    }

    /// So much was added to a stream.
    pub fn add(&self, stream: &str, bytes: u64) {
        self.counts.lock().add(account_of(stream), bytes);
    }

    /// Logs that something is not kept, once a minute of each account.
    pub fn tell(&self, stream: &str, full: &StoreError) {
        let mut counts = self.counts.lock();
        if let Some(it) = counts.accounts.get_mut(account_of(stream))
            && !std::mem::replace(&mut it.told, true)
        {
            tracing::warn!(stream, error = %wharf_base::Chain(full), "archiving events of services failed: the archive is full");
        }
    }
}

impl Counts {
    fn of(journal: &Journal) -> Self {
        let prefix = format!("{SERVICE}/");
        let mut counts = Self {
            at: Some(Instant::now()),
            ..Self::default()
        };
        let mut after: Option<String> = None;
        loop {
            let streams = journal.streams(&prefix, after.as_deref(), PAGE);
            for stream in &streams {
                counts.add(account_of(&stream.name), stream.bytes);
            }
            match streams.last() {
                Some(last) if streams.len() == PAGE => after = Some(last.name.clone()),
                _ => return counts,
            }
        }
    }

    fn add(&mut self, account: &str, bytes: u64) {
        self.all = self.all.saturating_add(bytes);
        match self.accounts.get_mut(account) {
            Some(it) => it.bytes = it.bytes.saturating_add(bytes),
            None => {
                let counted = Counted { bytes, told: false };
                self.accounts.insert(account.to_owned(), counted);
            }
        }
    }

    /// What an account may have, if it has as much.
    fn used_up(&self, account: &str, most: u64) -> Option<u64> {
        let own = self.accounts.get(account).map_or(0, |it| it.bytes);
        let accounts = self.accounts.len().max(1) as u64;
        let share = match self.all / most.max(1) {
            0 => most,
            1 => most / accounts,
            _ => most / accounts.saturating_mul(accounts),
        };
        (own >= share).then_some(match own >= most {
            true => most,
            false => share,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_share_what_there_is() {
        let mut counts = Counts::default();
        counts.add("one", 900);
        assert_eq!(
            counts.used_up("one", 1000),
            None,
            "nobody else wants anything"
        );
        assert_eq!(counts.used_up("two", 1000), None);
        counts.add("one", 100);
        assert_eq!(counts.used_up("one", 1000), Some(1000));
        // Who comes later has its part all the same.
        assert_eq!(counts.used_up("two", 1000), None);
        counts.add("two", 499);
        assert_eq!(counts.used_up("two", 1000), None);
        counts.add("two", 1);
        assert_eq!(counts.used_up("two", 1000), Some(500));
        assert_eq!(counts.used_up("three", 1000), None);
        counts.add("three", 334);
        assert_eq!(counts.used_up("three", 1000), Some(333));
        assert!(counts.all < 2000);
    }

    #[test]
    fn who_has_little_goes_on_where_all_is_full() {
        let mut counts = Counts::default();
        for (account, bytes) in [("one", 600), ("two", 300), ("three", 100)] {
            counts.add(account, bytes);
        }
        assert_eq!(counts.used_up("one", 1000), Some(333));
        assert_eq!(counts.used_up("two", 1000), None);
        assert_eq!(counts.used_up("three", 1000), None);
    }
}
