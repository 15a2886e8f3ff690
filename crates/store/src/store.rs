//! The handle.

use std::{collections::BTreeMap, io::Write, sync::Arc, time::Duration};

use tokio::sync::{oneshot, watch};
use wharf_base::{Opaque, Permit};
use wharf_wal::{Purpose, Room};

use crate::{
    Entry, Held, LeaseId, LimitError, MAX_LEASE_SECONDS, Range, RangeReply, Revision, Span,
    StoreError, Txn, TxnReply, Watch,
    accounts::{self, Heeds, Shares},
    chaos::Coin,
    checkpoint::{self, Preamble},
    engine::Engine,
    shared::{Pin, Shared, check_revision, fetch_entries},
    state::Found,
    writer::{Command, PendingTxn, Reply},
};

/// Keys looked at under one hold of the read lock.
const SCAN_KEYS: usize = 512;

/// A cheap handle on an open store, whatever engine keeps it. When the last one goes, the store is
/// closed.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Opaque<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    engine: Engine,
    room: Room,
    revisions: watch::Receiver<Revision>,
    coin: Option<Coin>,
    lost: Option<String>,
    shares: Shares,
}

/// How far a range has been read.
#[derive(Default)]
struct Page {
    after: Option<String>,
    found: Vec<Found>,
    more: bool,
    counted: usize,
}

/// What a snapshot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotReport {
    pub revision: Revision,
    pub epoch: u64,
    pub entries: u64,
    pub bytes: u64,
}

impl Store {
    pub(crate) fn new(
        shared: Arc<Shared>,
        engine: Engine,
        revisions: watch::Receiver<Revision>,
        coin: Option<Coin>,
        lost: Option<String>,
        shares: Shares,
    ) -> Self {
        Self {
            inner: Opaque::new(Inner {
                shared,
                engine,
                room: Room::default(),
                revisions,
                coin,
                lost,
                shares,
            }),
        }
    }

    /// The damage that opening gave up, with all that came after it: only with
    /// [`StoreOptions::salvage`].
    pub fn lost(&self) -> Option<&str> {
        self.inner.lost.as_deref()
    }

    /// Whether the store takes writes that add something, without writing anything.
    pub async fn probe(&self) -> Result<(), StoreError> {
        self.ask(|reply| Command::Probe { reply }).await
    }

    /// Waits until the store takes no more writes, which only opening it again changes, and returns
    /// why.
    pub async fn failed(&self) -> String {
        let mut failure = self.inner.shared.failure.subscribe();
        loop {
            if let Some(reason) = failure.borrow_and_update().clone() {
                return reason;
            }
            if failure.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// The latest revision: everything that was acknowledged to anybody before this call is part of
    /// it, durable and readable.
    pub async fn revision(&self) -> Result<Revision, StoreError> {
        self.before_read().await?;
        Ok(self.inner.shared.read().revision)
    }

    /// The newest revision this handle has heard of, for figures: others may have written since.
    pub fn heard_of(&self) -> Revision {
        *self.inner.revisions.borrow()
    }

    /// Raised by every restore: what was said under another epoch may no longer be true. A handle
    /// has the epoch it was opened under for as long as it works.
    pub fn epoch(&self) -> u64 {
        self.inner.shared.epoch
    }

    /// Changes what goes wrong from now on. A store that was opened without chaos stays without.
    pub fn set_chaos(&self, chaos: crate::Chaos) {
        if let Some(coin) = &self.inner.coin {
            coin.change(chaos);
        }
    }

    pub async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.before_read().await?;
        Ok(self.current(key))
    }

    pub(crate) fn current(&self, key: &str) -> Option<Entry> {
        let state = self.inner.shared.read();
        // Live values are in memory, always.
        state
            .current(key)
            .map(|v| v.found(key.to_owned(), false).entry)
    }

    async fn before_read(&self) -> Result<(), StoreError> {
        // A read never waits: who reads in a loop still lets others have their turn.
        tokio::task::coop::consume_budget().await;
        match &self.inner.coin {
            Some(coin) => coin.before_read().await,
            None => Ok(()),
        }
    }

    /// The key as of `revision`.
    pub async fn get_at(&self, key: &str, revision: Revision) -> Result<Option<Entry>, StoreError> {
        self.before_read().await?;
        let found = {
            let state = self.inner.shared.read();
            let at = check_revision(&state, Some(revision))?;
            state
                .get_at(key, at)
                .map(|v| v.found(key.to_owned(), false))
        };
        Ok(fetch_entries(found.into_iter().collect()).await?.pop())
    }

    /// Reads keys in order, all as of one revision.
    pub async fn range(&self, range: Range) -> Result<RangeReply, StoreError> {
        self.before_read().await?;
        let pin = Pin::take(&self.inner.shared, range.at)?;
        let mut page = Page {
            after: range.start_after.clone(),
            ..Page::default()
        };
        while self.read_page(&range, pin.revision, &mut page) {
            tokio::task::yield_now().await;
        }
        let Page {
            found,
            more,
            counted,
            ..
        } = page;
        let entries = fetch_entries(found).await?;
        let count = if range.only_counts() {
            counted
        } else {
            entries.len()
        };
        Ok(RangeReply {
            entries,
            more,
            count,
            revision: pin.revision,
        })
    }

    /// Reads some more keys under one hold of the lock; whether there are further ones to read.
    fn read_page(&self, range: &Range, at: Revision, page: &mut Page) -> bool {
        let limit = range.most();
        let Page {
            after,
            found,
            more,
            counted,
        } = page;
        let state = self.inner.shared.read();
        let last = state.scan(
            &range.span,
            after.as_deref(),
            at,
            SCAN_KEYS,
            |key, version| {
                if range.only_counts() {
                    *counted += 1;
                    return true;
                }
                // One key beyond the limit tells that there is more.
                *more = found.len() == limit;
                if !*more {
                    found.push(version.found(key.to_key(), range.keys_only));
                }
                !*more
            },
        );
        *after = last;
        after.is_some() && !*more
    }

    /// Shows some keys of a span behind `after` with their values, as they are now and in their order, without a copy of
    /// either: for who goes through millions. Writes wait meanwhile, so `each` is to take little time. Returns the key
    /// behind which there may be more.
    pub async fn show(
        &self,
        span: &Span,
        after: Option<&str>,
        mut each: impl FnMut(&str, &[u8]),
    ) -> Result<Option<String>, StoreError> {
        self.before_read().await?;
        let state = self.inner.shared.read();
        let mut text = String::new();
        let last = state.scan(span, after, state.revision, SCAN_KEYS, |key, version| {
            // Live values are in memory, always.
            if let Some(value) = &version.value {
                text.clear();
                key.write_to(&mut text);
                each(&text, &value.get());
            }
            true
        });
        Ok(last)
    }

    /// The folders below a prefix that are wanted, by their names up to the last slash (`/w1/c0/sns/ACCOUNT/REGION/topic/`),
    /// with how many keys each has now. That costs something for each folder, and nothing for its keys.
    pub async fn folders(
        &self,
        prefix: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<(String, usize)>, StoreError> {
        self.before_read().await?;
        let (mut found, mut last) = (Vec::new(), None::<String>);
        loop {
            let mut looked = 0;
            last = {
                let state = self.inner.shared.read();
                let folders = state.folders(prefix, last.as_deref());
                let mut behind = None;
                for (folder, keys) in folders.take(SCAN_KEYS) {
                    looked += 1;
                    behind = Some(folder);
                    if wanted(folder) {
                        found.push((folder.to_owned(), keys));
                    }
                }
                behind.map(str::to_owned)
            };
            if looked < SCAN_KEYS {
                return Ok(found);
            }
            tokio::task::yield_now().await;
        }
    }

    /// Does a transaction; it is durable when this returns. A caller that stops waiting does not
    /// know whether it was done.
    pub async fn txn(&self, permit: &Permit, txn: Txn) -> Result<TxnReply, StoreError> {
        txn.check()?;
        match &self.inner.coin {
            Some(coin) => coin.txn(self, permit, txn).await,
            None => self.run_txn(permit, txn).await,
        }
    }

    /// The same for a part of wharf that writes what users want: within the shares of accounts, as an API call.
    pub async fn txn_within_shares(
        &self,
        permit: &Permit,
        txn: Txn,
    ) -> Result<TxnReply, StoreError> {
        txn.check()?;
        self.before_read().await?;
        let heeds = Heeds::of_call(permit);
        self.send_txn(permit, txn, heeds).await
    }

    /// A transaction whose limits have been checked.
    pub(crate) async fn run_txn(&self, permit: &Permit, txn: Txn) -> Result<TxnReply, StoreError> {
        self.send_txn(permit, txn, Heeds::of(permit)).await
    }

    async fn send_txn(
        &self,
        permit: &Permit,
        txn: Txn,
        heeds: Heeds,
    ) -> Result<TxnReply, StoreError> {
        let has_reserve = permit.has_reserve();
        let lane = self.lane(&txn);
        // At most a part of the queue, by the limits just checked.
        let room = self.inner.room.take(&lane, txn.weight()).await;
        let (lane, room) = room.map_err(|_| StoreError::Closed)?;
        self.ask(|reply| {
            Command::Txn(PendingTxn {
                txn,
                lane,
                reply,
                heeds,
                has_reserve,
                _room: room,
            })
        })
        .await
    }

    /// Whose turn a transaction has at the writer.
    fn lane(&self, txn: &Txn) -> Arc<str> {
        // Mostly a key says it, and nothing needs to be looked up.
        accounts::lane(txn.keys(), |key| {
            let state = self.inner.shared.read();
            state.accounts.owner(key).map(Arc::from)
        })
    }

    /// Writes one key, whatever stood there.
    pub async fn put(
        &self,
        permit: &Permit,
        key: impl Into<String>,
        value: impl Into<bytes::Bytes>,
    ) -> Result<Revision, StoreError> {
        Ok(self.txn(permit, Txn::new().put(key, value)).await?.revision)
    }

    /// Deletes one key; whether it was there.
    pub async fn delete(
        &self,
        permit: &Permit,
        key: impl Into<String>,
    ) -> Result<bool, StoreError> {
        let reply = self.txn(permit, Txn::new().delete(key)).await?;
        Ok(reply.results.iter().any(|r| r.entry().is_some()))
    }

    /// Follows all changes to keys that start with `prefix`, from revision `from` on. After a
    /// [`Self::range`], watch from its revision + 1.
    pub fn watch(&self, prefix: impl Into<String>, from: Revision) -> Watch {
        self.watch_all(vec![prefix.into()], from)
    }

    /// The same for the keys of several prefixes: what one transaction changed comes in one batch.
    pub fn watch_all(&self, prefixes: Vec<String>, from: Revision) -> Watch {
        let inner = &self.inner;
        Watch::new(
            Arc::clone(&inner.shared),
            inner.revisions.clone(),
            prefixes,
            from,
        )
    }

    /// Makes a lease. It ends when it was not kept alive for `ttl`, and its keys with it. Coarse:
    /// rounded up to whole seconds, noticed late by up to two ticks, and begun anew when the store
    /// is opened.
    pub async fn lease_grant(&self, permit: &Permit, ttl: Duration) -> Result<LeaseId, StoreError> {
        let seconds = ttl.as_secs() + u64::from(ttl.subsec_nanos() > 0);
        if !(1..=MAX_LEASE_SECONDS).contains(&seconds) {
            return Err(LimitError::LeaseTtl { seconds }.into());
        }
        let purpose = match permit.has_reserve() {
            true => Purpose::GiveBack,
            false => Purpose::Growth,
        };
        self.ask(|reply| Command::Grant {
            ttl_seconds: seconds,
            purpose,
            reply,
        })
        .await
    }

    /// Gives a lease its whole time again, and returns that. Writes nothing.
    pub async fn lease_keep_alive(
        &self,
        _permit: &Permit,
        id: LeaseId,
    ) -> Result<Duration, StoreError> {
        let kept = self.inner.shared.timers().keep_alive(id);
        kept.map(Duration::from_secs)
            .ok_or(StoreError::LeaseNotFound(id))
    }

    /// Ends a lease and deletes its keys in one revision, or very many of them in several: it goes with the last, which is returned.
    pub async fn lease_revoke(
        &self,
        _permit: &Permit,
        id: LeaseId,
    ) -> Result<Revision, StoreError> {
        self.ask(|reply| Command::Revoke { id, reply }).await
    }

    /// What an account has of live records, in all services and regions. Costs nothing, however much it is.
    pub fn held(&self, account: &str) -> Held {
        self.inner.shared.read().accounts.held(account)
    }

    /// What an account has of live records under one service segment, in all regions.
    pub fn held_of(&self, service: &str, account: &str) -> Held {
        let state = self.inner.shared.read();
        state.accounts.held_of(service, account)
    }

    /// The same of one kind of records.
    pub fn held_of_kind(&self, service: &str, kind: &str, account: &str) -> Held {
        let state = self.inner.shared.read();
        state.accounts.held_of_kind(service, kind, account)
    }

    /// Refuses an account that has used up its share, before work is done for it that would be in vain.
    pub fn require_room(&self, account: &str) -> Result<(), StoreError> {
        let Some(most_bytes) = self.inner.shares.of_account(account) else {
            return Ok(());
        };
        match self.held(account).bytes < most_bytes {
            true => Ok(()),
            false => Err(accounts::full(account, most_bytes)),
        }
    }

    /// Says whose a folder is: what lies below its id among what a service keeps for no account, of services that keep
    /// things by what an account owns, counts for this account from now on, with all that is there. To be said whenever
    /// a store was opened.
    pub fn assign(&self, service: &str, folder: &str, account: &str) {
        let shared = &self.inner.shared;
        shared.write().accounts.assign(service, folder, account);
    }

    /// The folder is being emptied for good, and is forgotten with the last record in it.
    pub fn release(&self, service: &str, folder: &str) {
        self.inner.shared.write().accounts.release(service, folder);
    }

    /// The durable cursors: see [`crate::Op::Cursor`].
    pub async fn cursors(&self) -> Result<BTreeMap<String, Revision>, StoreError> {
        self.before_read().await?;
        Ok(self.inner.shared.read().cursors.clone())
    }

    /// Forgets the history before `revision`, or before the slowest durable cursor if that is less.
    /// Returns the oldest revision that can be read from now on, which is a later one if more has
    /// been forgotten already.
    pub async fn compact(
        &self,
        _permit: &Permit,
        revision: Revision,
    ) -> Result<Revision, StoreError> {
        self.ask(|reply| Command::Compact { revision, reply }).await
    }

    /// Writes a copy of the store as of now, while it goes on, and returns the writer with it.
    pub async fn snapshot<W: Write + Send + 'static>(
        &self,
        mut writer: W,
    ) -> Result<(W, SnapshotReport), std::io::Error> {
        let shared = Arc::clone(&self.inner.shared);
        let write = move || {
            let (pin, preamble) = Pin::present(&shared, Preamble::of);
            let (entries, bytes) = checkpoint::write(&mut writer, &shared, &pin, &preamble, 0)?;
            let (revision, epoch) = (pin.revision, shared.epoch);
            Ok((
                writer,
                SnapshotReport {
                    revision,
                    epoch,
                    entries,
                    bytes,
                },
            ))
        };
        tokio::task::spawn_blocking(write)
            .await
            .map_err(std::io::Error::other)?
    }

    /// Waits for the writes under way and gives the folder free. Other handles and watches find the
    /// store closed.
    pub async fn close(self) {
        let thread = self.inner.engine.close();
        if let Some(thread) = thread {
            // Joining fails only if the writer panicked, which has been reported.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        if self.inner.engine.send(command(reply)) {
            answer.await.map_err(|_| StoreError::Closed)?
        } else {
            Err(StoreError::Closed)
        }
    }
}

impl Drop for Inner {
    /// Waits for the sync under way, so that the folder is free once the last handle is gone. Where
    /// that wait must not block a runtime, call [`Store::close`] before.
    fn drop(&mut self) {
        if let Some(thread) = self.engine.close() {
            let _ = thread.join();
        }
    }
}
