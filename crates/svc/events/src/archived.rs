//! How much the archives of each account hold: bytes in streams of the journal, on a disk that accounts share.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use wharf_base::ShareFull;
use wharf_journal::Journal;
use wharf_store::StoreError;

use crate::names::SERVICE;

/// What was counted holds for so long: meanwhile it is added to, and what was trimmed and deleted counts.
const FRESH: Duration = Duration::from_secs(60);
/// Accounts that are remembered.
const REMEMBERED: usize = 10_000;
/// Streams looked at together.
const PAGE: usize = 1000;

#[derive(Debug)]
pub struct Archived {
    most: u64,
    accounts: Mutex<HashMap<String, Counted>>,
}

#[derive(Debug, Clone, Copy)]
struct Counted {
    at: Instant,
    bytes: u64,
    /// It was logged that something is not kept.
    told: bool,
}

/// The account in the name of a stream.
fn account_of(stream: &str) -> &str {
    stream.split('/').nth(1).unwrap_or_default()
}

impl Archived {
    pub fn new(most: u64) -> Self {
        Self {
            most,
            accounts: Mutex::default(),
        }
    }

    /// Refuses to add to a stream whose account's archives are full.
    ///
    /// # Errors
    /// They are.
    pub fn require(&self, journal: &Journal, stream: &str) -> Result<(), StoreError> {
        let account = account_of(stream);
        match self.bytes(journal, account) < self.most {
            true => Ok(()),
            false => Err(StoreError::ShareFull(ShareFull {
                account: account.to_owned(),
                what: "archives of events",
                most_bytes: self.most,
            })),
        }
    }

    fn bytes(&self, journal: &Journal, account: &str) -> u64 {
        let mut accounts = self.accounts.lock();
        let known = accounts.get(account);
        if let Some(known) = known.filter(|it| it.at.elapsed() < FRESH) {
            return known.bytes;
        }
        if accounts.len() >= REMEMBERED {
            accounts.retain(|_, it| it.at.elapsed() < FRESH);
        }
        let counted = Counted {
            at: Instant::now(),
            bytes: count(journal, account),
            told: false,
        };
        accounts.insert(account.to_owned(), counted);
        counted.bytes
    }

    /// So much was added to a stream.
    pub fn add(&self, stream: &str, bytes: u64) {
        if let Some(it) = self.accounts.lock().get_mut(account_of(stream)) {
            it.bytes = it.bytes.saturating_add(bytes);
        }
    }

    /// Logs that something is not kept, once a minute of each account.
    pub fn tell(&self, stream: &str, full: &StoreError) {
        let mut accounts = self.accounts.lock();
        if let Some(it) = accounts.get_mut(account_of(stream))
            && !std::mem::replace(&mut it.told, true)
        {
            tracing::warn!(stream, error = %wharf_base::Chain(full), "archiving events of services failed: the archive is full");
        }
    }
}

fn count(journal: &Journal, account: &str) -> u64 {
    let prefix = format!("{SERVICE}/{account}/");
    let (mut bytes, mut after) = (0_u64, None);
    loop {
        let streams = journal.streams(&prefix, after.as_deref(), PAGE);
        let sizes = streams.iter().map(|it| it.bytes);
        bytes = sizes.fold(bytes, u64::saturating_add);
        match streams.last() {
            Some(last) if streams.len() == PAGE => after = Some(last.name.clone()),
            _ => return bytes,
        }
    }
}
