//! The handle.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Sender},
    },
    time::{Duration, Instant},
};

use tokio::sync::{Semaphore, oneshot, watch};
use wharf_base::Permit;
use wharf_wal::{FolderLock, Log, LogOptions};

use crate::{
    Entry, LeaseId, LimitError, MAX_LEASE_SECONDS, OpenError, Range, RangeReply, RestoreOptions,
    RestoreReport, Revision, StoreError, StoreOptions, Txn, TxnReply, Watch,
    checkpoint::{self, ReadError},
    lease::LeaseTimers,
    restore::{
        checkpoint_path, holds_log, next_epoch, remove_unfinished, replace_checkpoint, restore,
    },
    shared::{Pin, Shared, check_revision, fetch_entries},
    state::{Found, State},
    writer::{Command, PendingTxn, Reply, Writer, apply_frame, note_segment},
};

const LOG_MAGIC: [u8; 8] = *b"wharfst\x01";
/// The log's files grow by this much at a time.
const GROW_BYTES: u64 = 1 << 20;
/// Keys looked at under one hold of the read lock.
const SCAN_KEYS: usize = 512;
/// Room of the queue before the writer, in KiB of transactions: callers beyond it wait.
const QUEUE_KIB: usize = 16 << 10;

/// A cheap handle on an open store. When the last one goes, the store is closed.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    /// Taken out on closing.
    commands: Mutex<Option<Arc<Sender<Command>>>>,
    room: Arc<Semaphore>,
    revisions: watch::Receiver<Revision>,
    writer: Mutex<Option<std::thread::JoinHandle<()>>>,
    lost: Option<String>,
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
    /// Opens the store in `dir`, or begins one there. Blocks while it reads the folder.
    pub fn open(dir: &Path, options: StoreOptions) -> Result<Self, OpenError> {
        let lock = FolderLock::acquire(dir)?;
        remove_unfinished(dir)?;
        let (head, mut state) = load_checkpoint(dir, &options)?;
        let mut segment_ends = std::collections::VecDeque::new();
        let log_options = LogOptions {
            magic: LOG_MAGIC,
            segment_bytes: options.segment_bytes,
            grow_bytes: GROW_BYTES.min(options.segment_bytes),
            reserve_bytes: options.reserve_bytes,
            salvage: options.salvage,
            disk: options.disk.clone(),
        };
        let log = Log::open(dir, log_options, head.first_segment, |frame| {
            apply_frame(&mut state, frame.payload, frame.file, frame.offset)
                .map_err(|e| format!("a frame {e}"))?;
            state.evict(options.history_memory);
            note_segment(&mut segment_ends, frame.segment, state.revision);
            Ok(())
        })?;
        if let Some(cut) = log.cut() {
            report(cut);
        }
        let lost = log.cut().and_then(|cut| cut.damage.clone());
        let mut timers = LeaseTimers::new(options.lease_clock.clone(), options.lease_tick);
        for (id, lease) in &state.leases {
            timers.start(*id, lease.ttl_seconds);
        }
        let (revision, revisions) = watch::channel(state.revision);
        let shared = Arc::new(Shared::new(dir.to_owned(), head.epoch, state, timers));
        let (sender, commands) = mpsc::channel();
        let sender = Arc::new(sender);
        let writer = Writer {
            shared: Arc::clone(&shared),
            log,
            next_lease_tick: Instant::now() + options.lease_tick,
            options,
            commands,
            own: Arc::downgrade(&sender),
            revision,
            segment_ends,
            checkpoint: None,
            checkpointing: false,
            retry_checkpoint_at: None,
            _lock: lock,
        };
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run())
            .map_err(OpenError::io("start a thread for", dir))?;
        Ok(Self {
            inner: Arc::new(Inner {
                shared,
                commands: Mutex::new(Some(sender)),
                room: Arc::new(Semaphore::new(QUEUE_KIB)),
                revisions,
                writer: Mutex::new(Some(thread)),
                lost,
            }),
        })
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

    /// Makes a store in `dir`, which must hold none, from a snapshot. Its epoch and revision are
    /// above all that the lost store can have given out; leases and keys come back, durable cursors
    /// do not, and every older revision counts as compacted. Blocks.
    pub fn restore(
        dir: &Path,
        snapshot: impl Read,
        options: &StoreOptions,
        how: RestoreOptions,
    ) -> Result<RestoreReport, OpenError> {
        restore(dir, snapshot, options, how)
    }

    /// The latest revision. Everything up to it is durable and readable.
    pub fn revision(&self) -> Revision {
        self.inner.shared.read().revision
    }

    /// The oldest revision that can be read; watches can begin behind it.
    pub fn compacted(&self) -> Revision {
        self.inner.shared.read().compacted
    }

    /// Raised by every restore: what was said under another epoch may no longer be true.
    pub fn epoch(&self) -> u64 {
        self.inner.shared.epoch
    }

    pub async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let state = self.inner.shared.read();
        // Live values are in memory, always.
        Ok(state.current(key).map(|v| v.found(key, false).entry))
    }

    /// The key as of `revision`.
    pub async fn get_at(&self, key: &str, revision: Revision) -> Result<Option<Entry>, StoreError> {
        let found = {
            let state = self.inner.shared.read();
            let at = check_revision(&state, Some(revision))?;
            state.get_at(key, at).map(|v| v.found(key, false))
        };
        Ok(fetch_entries(found.into_iter().collect()).await?.pop())
    }

    /// Reads keys in order, all as of one revision.
    pub async fn range(&self, range: Range) -> Result<RangeReply, StoreError> {
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
        let count = if range.count_only {
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
        let limit = range.limit.unwrap_or(usize::MAX);
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
                if range.count_only {
                    *counted += 1;
                    return true;
                }
                // One key beyond the limit tells that there is more.
                *more = found.len() == limit;
                if !*more {
                    found.push(version.found(key, range.keys_only));
                }
                !*more
            },
        );
        *after = last.map(|key| key.to_string());
        after.is_some() && !*more
    }

    /// Does a transaction; it is durable when this returns. A caller that stops waiting does not
    /// know whether it was done.
    pub async fn txn(&self, _permit: &Permit, txn: Txn) -> Result<TxnReply, StoreError> {
        txn.check()?;
        // Rounded up, and at most the whole queue, by the limit just checked.
        let kib = u32::try_from(txn.bytes() / 1024 + 1).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.inner.room).acquire_many_owned(kib);
        let room = room.await.map_err(|_| StoreError::Closed)?;
        self.ask(|reply| {
            Command::Txn(PendingTxn {
                txn,
                reply,
                _room: room,
            })
        })
        .await
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

    /// Follows all changes to keys that start with `prefix`, from revision `from` on; 0: from now.
    /// After a [`Self::range`], watch from its revision + 1.
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
    pub async fn lease_grant(
        &self,
        _permit: &Permit,
        ttl: Duration,
    ) -> Result<LeaseId, StoreError> {
        let seconds = ttl.as_secs() + u64::from(ttl.subsec_nanos() > 0);
        if !(1..=MAX_LEASE_SECONDS).contains(&seconds) {
            return Err(LimitError::LeaseTtl { seconds }.into());
        }
        self.ask(|reply| Command::Grant {
            ttl_seconds: seconds,
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

    /// Ends a lease and deletes its keys in one revision, which it returns.
    pub async fn lease_revoke(
        &self,
        _permit: &Permit,
        id: LeaseId,
    ) -> Result<Revision, StoreError> {
        self.ask(|reply| Command::Revoke { id, reply }).await
    }

    /// The durable cursors: see [`crate::Op::Cursor`].
    pub fn cursors(&self) -> BTreeMap<String, Revision> {
        self.inner.shared.read().cursors.clone()
    }

    /// Forgets the history before `revision`, or before the slowest durable cursor if that is less.
    /// Returns the oldest revision that can be read from now on.
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
            let pin = Pin::take(&shared, None).map_err(std::io::Error::other)?;
            let (entries, bytes) = checkpoint::write(&mut writer, &shared, &pin, 0, |_| ())?;
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
        let thread = self.inner.begin_close();
        if let Some(thread) = thread {
            // Joining fails only if the writer panicked, which has been reported.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let sent = self
            .inner
            .commands()
            .as_ref()
            .is_some_and(|c| c.send(command(reply)).is_ok());
        if sent {
            answer.await.map_err(|_| StoreError::Closed)?
        } else {
            Err(StoreError::Closed)
        }
    }
}

impl Inner {
    fn commands(&self) -> std::sync::MutexGuard<'_, Option<Arc<Sender<Command>>>> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin_close(&self) -> Option<std::thread::JoinHandle<()>> {
        if let Some(commands) = self.commands().take() {
            let _ = commands.send(Command::Close);
        }
        self.writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

impl Drop for Inner {
    /// Waits for the sync under way, so that the folder is free once the last handle is gone. Where
    /// that wait must not block a runtime, call [`Store::close`] before.
    fn drop(&mut self) {
        if let Some(thread) = self.begin_close() {
            let _ = thread.join();
        }
    }
}

fn report(cut: &wharf_wal::Cut) {
    let (file, at, bytes) = (cut.path.display(), cut.offset, cut.bytes);
    match &cut.damage {
        None => tracing::warn!(
            %file, at, bytes,
            "an unfinished write at the end of the store's log was cut away; it had not been acknowledged"
        ),
        Some(damage) => {
            tracing::error!(%file, at, bytes, %damage, "a damaged part of the store is given up")
        }
    }
}

fn load_checkpoint(
    dir: &Path,
    options: &StoreOptions,
) -> Result<(checkpoint::Head, State), OpenError> {
    let path = checkpoint_path(dir);
    if !path.try_exists().map_err(OpenError::io("inspect", &path))? {
        if holds_log(dir)? {
            let reason = "it is missing, but there is a log".to_owned();
            return Err(OpenError::Corrupt {
                path,
                offset: 0,
                reason,
            });
        }
        let epoch = next_epoch(options, 0);
        replace_checkpoint(dir, &options.disk, |out| {
            checkpoint::write_empty(out, epoch)
        })
        .map_err(OpenError::io("write", &path))?;
    }
    let file = std::fs::File::open(&path).map_err(OpenError::io("open", &path))?;
    let data = wharf_wal::DataFile::new(
        path.clone(),
        file.try_clone().map_err(OpenError::io("open", &path))?,
    );
    checkpoint::read(file, Some(&data)).map_err(|e| match e {
        ReadError::Io(source) => OpenError::Io {
            step: "read",
            path,
            source,
        },
        ReadError::Corrupt { offset, reason } => OpenError::Corrupt {
            path,
            offset,
            reason,
        },
    })
}
