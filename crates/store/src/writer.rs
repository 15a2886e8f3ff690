//! The one writer: a thread over a folder, a lock in memory. Inputs: commands of the handles, ended
//! leases, finished checkpoints.
//! Invariants: a reply is sent after its effects are durable and visible; the state holds nothing
//! that the log does not; when the log has failed, nothing more is written.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Seek as _},
    path::Path,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender},
    },
    time::{Duration, Instant},
};

use tokio::sync::{oneshot, watch};
use wharf_base::NoRoom;
use wharf_wal::{AppendError, DataFile, Disk, Output, Place, Purpose, Taken, Turns, is_disk_full};

use crate::{
    LeaseId, Revision, StoreError, StoreOptions, Txn, TxnReply,
    accounts::{Heeds, Shares},
    checkpoint::{self, Preamble, ReadError},
    group::{GROUP, Group},
    medium::Medium,
    record::{Change, decode_frame},
    restore::{checkpoint_path, replace_checkpoint},
    shared::{Pin, Shared},
    state::{Packing, Put, Ready, State},
};

/// What a probe sees whether there is room for: a small transaction.
const PROBE_BYTES: usize = 4 << 10;
/// Keys, and bytes of their names, that the end of a lease deletes in one frame, well within what transactions that share one have. The
/// rest follow in the next ones, and others write in between.
const ENDED_KEYS: usize = GROUP.requests;
const ENDED_BYTES: usize = GROUP.bytes / 4;
/// Log segments that must be of no more use before a checkpoint is written to be rid of them.
const CHECKPOINT_SEGMENTS: u64 = 2;
/// So many times as much may be of no use while a checkpoint is under way; then writes wait for it,
/// so that the log never grows faster than checkpoints shrink it.
const STALL_FACTOR: u64 = 4;
/// So many times what is kept anyway, a durable cursor may keep: nobody moves one that lags more.
const CURSOR_FACTOR: u64 = 16;
/// After a failure, for a disk without room say, the next attempt at a checkpoint waits this long.
const CHECKPOINT_RETRY: Duration = Duration::from_secs(30);
/// Places moved to a new checkpoint under one hold of the lock.
const RELOCATE_KEYS: usize = 1000;

pub(crate) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

pub(crate) struct PendingTxn {
    pub(crate) txn: Txn,
    /// Those of one lane take turns as one; see [`crate::accounts::lane`].
    pub(crate) lane: Arc<str>,
    pub(crate) reply: Reply<TxnReply>,
    pub(crate) heeds: Heeds,
    /// That of the disk is for it, whatever it adds: see [`wharf_base::Permit::has_reserve`].
    pub(crate) has_reserve: bool,
    /// Its part of the queue's room, given back with the answer.
    pub(crate) _room: Taken,
}

pub(crate) enum Command {
    Txn(PendingTxn),
    Grant {
        ttl_seconds: u64,
        purpose: Purpose,
        reply: Reply<LeaseId>,
    },
    Revoke {
        id: LeaseId,
        reply: Reply<Revision>,
    },
    Compact {
        revision: Revision,
        reply: Reply<Revision>,
    },
    Probe {
        reply: Reply<()>,
    },
    Checkpointed(io::Result<Checkpointed>),
    Close,
}

/// A lease that ends, key by key. It is there until the last of them goes, so that who opens the store after a kill ends it too.
struct Ending {
    id: LeaseId,
    /// Its time: its end is tried again where it fails, whoever asked for it meanwhile.
    is_over: bool,
    /// Of who asked for that.
    reply: Option<Reply<Revision>>,
}

/// A checkpoint is in its place, and values are read from it.
pub(crate) struct Checkpointed {
    first_segment: u64,
}

/// A segment and the last revision in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SegmentEnd {
    pub(crate) segment: u64,
    pub(crate) revision: Revision,
}

pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) medium: Medium,
    pub(crate) options: StoreOptions,
    shares: Shares,
    waiting: Turns<PendingTxn>,
    /// Leases that end; each has its turn.
    ending: VecDeque<Ending>,
    /// For the checkpoint thread's answer. Kept only while one runs, so that the end of all handles
    /// is noticed.
    pub(crate) own: std::sync::Weak<Sender<Command>>,
    pub(crate) revision: watch::Sender<Revision>,
    pub(crate) segment_ends: VecDeque<SegmentEnd>,
    pub(crate) checkpoint: Option<std::thread::JoinHandle<()>>,
    /// From the start of a checkpoint until its outcome has been taken in.
    pub(crate) checkpointing: bool,
    pub(crate) retry_checkpoint_at: Option<Instant>,
    pub(crate) next_lease_tick: Instant,
}

impl Writer {
    /// A writer of what has been loaded.
    pub(crate) fn new(
        shared: Arc<Shared>,
        medium: Medium,
        options: StoreOptions,
        revision: watch::Sender<Revision>,
    ) -> Self {
        Self {
            shared,
            medium,
            next_lease_tick: Instant::now() + options.lease_tick,
            shares: Shares::of(&options),
            options,
            waiting: Turns::new(GROUP),
            ending: VecDeque::new(),
            own: std::sync::Weak::new(),
            revision,
            segment_ends: VecDeque::new(),
            checkpoint: None,
            checkpointing: false,
            retry_checkpoint_at: None,
        }
    }

    /// Carries out one command, and what is due with it.
    pub(crate) fn handle(&mut self, command: Command) {
        match command {
            Command::Txn(pending) => self.commit(vec![pending]),
            other => self.tend(other),
        }
        self.end_due();
        self.start_checkpoint();
    }

    /// Runs until all handles are gone or one of them says close; what waits then is done first.
    pub(crate) fn run(mut self, commands: &Receiver<Command>) {
        while self.take_commands(commands) {
            self.commit_some();
            self.end_some();
            self.end_leases();
            self.start_checkpoint();
        }
        while !self.waiting.is_empty() {
            self.commit_some();
        }
        // What ends by its time ends once the store is open again.
        self.ending.retain(|it| it.reply.is_some());
        self.end_all();
        self.join_checkpoint();
    }

    /// Takes the transactions that are there, and waits for a command if there is nothing else to do. The first that is
    /// no transaction is carried out, and those behind it have to wait: so neither sort keeps the other from its turn.
    /// Whether there will be more.
    fn take_commands(&mut self, commands: &Receiver<Command>) -> bool {
        let mut next = match self.waiting.is_empty() && self.ending.is_empty() {
            true => match self.receive(commands) {
                Some(received) => received,
                None => return false,
            },
            false => commands.try_recv().ok(),
        };
        while let Some(command) = next {
            match command {
                Command::Txn(pending) => {
                    let (lane, weight) = (Arc::clone(&pending.lane), pending.txn.weight());
                    self.waiting.push(&lane, pending, weight);
                }
                Command::Close => return false,
                other => {
                    self.tend(other);
                    return true;
                }
            }
            next = commands.try_recv().ok();
        }
        true
    }

    /// Waits for a command, or for the time to look after leases. `None`: all handles are gone.
    fn receive(&self, commands: &Receiver<Command>) -> Option<Option<Command>> {
        if self.shared.timers().is_empty() {
            return commands.recv().ok().map(Some);
        }
        let wait = self
            .next_lease_tick
            .saturating_duration_since(Instant::now());
        match commands.recv_timeout(wait) {
            Ok(command) => Some(Some(command)),
            Err(RecvTimeoutError::Timeout) => Some(None),
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    /// Commits the transactions together whose turn it is.
    fn commit_some(&mut self) {
        let group = self.waiting.group();
        if !group.is_empty() {
            self.commit(group);
        }
    }

    fn commit(&mut self, group: Vec<PendingTxn>) {
        let compact = self.due_compaction();
        let (replies, log, purpose) = {
            let state = self.shared.read();
            let mut open = Group::new(&state);
            let mut decide =
                |p: &PendingTxn| open.decide(&p.txn, &self.shares, p.heeds, p.has_reserve);
            let replies: Vec<_> = group.iter().map(&mut decide).collect();
            // Housekeeping goes along with a write and never makes one.
            if let (Some(revision), true) = (compact, open.bytes() > 0) {
                open.note(Change::Compact { revision });
            }
            let purpose = open.purpose();
            (replies, open.into_log(), purpose)
        };
        match self.write(&log, purpose) {
            Ok(()) => {
                for (pending, reply) in group.into_iter().zip(replies) {
                    // A caller that went away has no use for the answer.
                    let _ = pending.reply.send(reply.map(|(reply, _)| reply));
                }
            }
            // Reads must go on, and a small transaction may fit where the group did not.
            Err(_) if group.len() > 1 => group.into_iter().for_each(|p| self.commit(vec![p])),
            Err(error) => group.into_iter().for_each(|p| {
                let _ = p.reply.send(Err(error.clone()));
            }),
        }
    }

    /// Makes a frame durable, then visible. An empty one is so already.
    fn write(&mut self, payload: &[u8], purpose: Purpose) -> Result<(), StoreError> {
        if payload.is_empty() {
            return Ok(());
        }
        let accepted = self.medium.append(payload, purpose);
        let accepted = accepted.map_err(|e| self.refusal(e))?;
        let shared = Arc::clone(&self.shared);
        let mut state = shared.write();
        let before = state.revision;
        // The frame was just encoded here, so it decodes; were it not to, the log could not be
        // opened again either, and stopping is all there is.
        apply_frame(&mut state, payload, accepted.place.as_ref())
            .map_err(|e| self.fail(format!("a frame {e}")))?;
        state.prune();
        state.evict(self.options.history_memory);
        let revision = state.revision;
        drop(state);
        note_segment(&mut self.segment_ends, accepted.segment, revision);
        if revision != before {
            self.revision.send_replace(revision);
        }
        Ok(())
    }

    fn refusal(&self, error: AppendError) -> StoreError {
        match error {
            AppendError::DiskFull { dir } => StoreError::DiskFull { dir, cause: NoRoom },
            AppendError::Later { reason, .. } => StoreError::Later { reason },
            other => self.fail(other.to_string()),
        }
    }

    fn fail(&self, reason: String) -> StoreError {
        self.shared.failure.send_if_modified(|known| {
            let first = known.is_none();
            if first {
                tracing::error!(%reason, "the store failed and takes no more writes");
                *known = Some(reason.clone());
            }
            first
        });
        StoreError::Failed { reason }
    }

    /// Everything but transactions.
    fn tend(&mut self, command: Command) {
        match command {
            Command::Grant {
                ttl_seconds,
                purpose,
                reply,
            } => {
                let granted = self.grant(ttl_seconds, purpose);
                let _ = reply.send(granted);
            }
            Command::Revoke { id, reply } => {
                self.begin_end(id, Some(reply));
            }
            Command::Compact { revision, reply } => {
                let compacted = self.compact(revision);
                let _ = reply.send(compacted);
            }
            Command::Probe { reply } => {
                let able = self.medium.probe(PROBE_BYTES);
                let able = able.map_err(|e| self.refusal(e));
                let _ = reply.send(able);
            }
            Command::Checkpointed(done) => self.take_checkpoint(done),
            Command::Txn(_) | Command::Close => {}
        }
    }

    fn note(&mut self, change: Change<'_>, purpose: Purpose) -> Result<(), StoreError> {
        let log = {
            let state = self.shared.read();
            let mut group = Group::new(&state);
            group.note(change);
            group.into_log()
        };
        self.write(&log, purpose)
    }

    fn grant(&mut self, ttl_seconds: u64, purpose: Purpose) -> Result<LeaseId, StoreError> {
        let id = LeaseId(self.shared.read().next_lease.max(1));
        self.note(Change::LeaseGrant { id, ttl_seconds }, purpose)?;
        let mut timers = self.shared.timers();
        if timers.is_empty() {
            self.next_lease_tick = Instant::now() + self.options.lease_tick;
        }
        timers.start(id, ttl_seconds);
        Ok(id)
    }

    /// Begins the end of a lease: from now on nothing is put under it, and nobody keeps it alive.
    fn begin_end(&mut self, id: LeaseId, reply: Option<Reply<Revision>>) {
        let is_there = self.shared.read().leases.contains_key(&id);
        if !is_there {
            if let Some(reply) = reply {
                let _ = reply.send(Err(StoreError::LeaseNotFound(id)));
            }
            return;
        }
        let is_first = self.shared.write().ending.insert(id);
        let is_over = reply.is_none() || (!is_first && self.is_over(id));
        self.shared.timers().stop(id);
        self.ending.push_back(Ending { id, is_over, reply });
    }

    /// Whether the time of a lease is over that is being ended, or of which that failed.
    fn is_over(&self, id: LeaseId) -> bool {
        let mut under_way = self.ending.iter();
        under_way.any(|it| it.id == id && it.is_over) || self.shared.timers().is_over(id)
    }

    /// Goes on with the end of one lease.
    fn end_some(&mut self) {
        let Some(Ending { id, is_over, reply }) = self.ending.pop_front() else {
            return;
        };
        match (self.delete_leased(id), reply) {
            (Ok(None), reply) => self.ending.push_back(Ending { id, is_over, reply }),
            (Ok(Some(revision)), reply) => {
                if let Some(reply) = reply {
                    let _ = reply.send(Ok(revision));
                }
            }
            (Err(error), reply) => {
                // Unless somebody else has asked for its end too, which goes on.
                if !self.ending.iter().any(|it| it.id == id) {
                    self.stand_again(id, is_over);
                }
                match reply {
                    Some(reply) => {
                        let _ = reply.send(Err(error));
                    }
                    // It was ended for somebody else meanwhile.
                    None if error == StoreError::LeaseNotFound(id) => {}
                    None => {
                        tracing::warn!(%error, lease = %id, "failed to end a lease; will retry");
                    }
                }
            }
        }
    }

    /// The end of a lease failed: it has what is left of its keys. Where its time `is_over`, it goes on to end, which is tried
    /// again; else that is taken back.
    fn stand_again(&self, id: LeaseId, is_over: bool) {
        let ttl_seconds = {
            let mut state = self.shared.write();
            if !is_over {
                state.ending.remove(&id);
            }
            state.leases.get(&id).map(|it| it.ttl_seconds)
        };
        match ttl_seconds {
            Some(_) if is_over => self.shared.timers().retry(id),
            Some(whole) => self.shared.timers().start(id, whole),
            None => {}
        }
    }

    fn end_all(&mut self) {
        while !self.ending.is_empty() {
            self.end_some();
        }
    }

    /// Deletes some of the keys of a lease that ends, and with the last of them the lease; returns the revision of that.
    fn delete_leased(&mut self, id: LeaseId) -> Result<Option<Revision>, StoreError> {
        let (log, revision, ended) = {
            let state = self.shared.read();
            let lease = state.leases.get(&id).ok_or(StoreError::LeaseNotFound(id))?;
            let (mut keys, mut bytes) = (Vec::new(), 0);
            for key in lease.keys.iter().take(ENDED_KEYS) {
                bytes += key.len();
                if bytes > ENDED_BYTES && !keys.is_empty() {
                    break;
                }
                keys.push(&**key);
            }
            let ended = keys.len() == lease.keys.len();
            let mut group = Group::new(&state);
            let revision = group.delete_leased(keys.into_iter(), ended.then_some(id));
            (group.into_log(), revision, ended)
        };
        self.write(&log, Purpose::GiveBack)?;
        if ended {
            self.shared.timers().stop(id);
        }
        Ok(ended.then_some(revision))
    }

    pub(crate) fn has_leases(&self) -> bool {
        !self.shared.timers().is_empty()
    }

    /// Ends the leases whose time is over, to their last keys.
    pub(crate) fn end_due(&mut self) {
        self.end_leases();
        self.end_all();
    }

    /// Begins the end of the leases whose time is over, if it is time to look.
    fn end_leases(&mut self) {
        let now = Instant::now();
        if now < self.next_lease_tick {
            return;
        }
        self.next_lease_tick = now + self.options.lease_tick;
        if self.medium.has_failed() {
            return;
        }
        let ended = self.shared.timers().take_ended();
        for id in ended {
            self.begin_end(id, None);
        }
    }

    fn compact(&mut self, requested: Revision) -> Result<Revision, StoreError> {
        let (current, compacted, slowest) = {
            let state = self.shared.read();
            (state.revision, state.compacted, state.slowest_cursor())
        };
        if requested > current {
            return Err(StoreError::FutureRevision { requested, current });
        }
        let revision = requested.min(slowest.unwrap_or(Revision::MAX));
        if revision > compacted {
            self.note(Change::Compact { revision }, Purpose::GiveBack)?;
        }
        Ok(revision.max(compacted))
    }

    /// The revision up to which history is more than is to be kept, if that is worth a compaction.
    fn due_compaction(&self) -> Option<Revision> {
        let state = self.shared.read();
        let by_count = state.revision.saturating_sub(self.options.keep_revisions);
        // On a full disk history is the first thing to go.
        let keep_bytes = if self.medium.is_tight() {
            self.options.segment_bytes.min(self.options.keep_bytes)
        } else {
            self.options.keep_bytes
        };
        let by_bytes = self.end_beyond(keep_bytes);
        let wanted = by_count.max(by_bytes).min(state.revision);
        let most = self.options.keep_bytes.saturating_mul(CURSOR_FACTOR);
        let slowest = state.slowest_cursor().unwrap_or(Revision::MAX);
        let held = slowest.max(self.end_beyond(most));
        let possible = wanted.min(held);
        // In steps, so that not every transaction carries one.
        let step = (self.options.keep_revisions / 16).max(1);
        (possible > state.compacted && (possible - state.compacted >= step || by_bytes >= possible))
            .then_some(possible)
    }

    /// The last revision of the newest segment behind which there are more than so many bytes, with its own.
    fn end_beyond(&self, most: u64) -> Revision {
        let mut bytes_behind = 0;
        let beyond = self.medium.segments().rev().find_map(|(segment, bytes)| {
            bytes_behind += bytes;
            (bytes_behind > most).then_some(segment)
        });
        let end = beyond.and_then(|it| self.segment_ends.iter().find(|end| end.segment == it));
        end.map_or(0, |end| end.revision)
    }

    /// Begins a checkpoint once enough of the log is of no more use.
    fn start_checkpoint(&mut self) {
        if self.medium.has_failed()
            || self
                .retry_checkpoint_at
                .is_some_and(|at| Instant::now() < at)
        {
            return;
        }
        let (compacted, live_bytes) = {
            let state = self.shared.read();
            (state.compacted, state.live_bytes)
        };
        let active = self.medium.active_segment();
        let ends = &self.segment_ends;
        let first_segment = ends
            .iter()
            .find(|end| end.revision > compacted || end.segment == active)
            .map_or(active, |end| end.segment);
        let dir = match &self.medium {
            Medium::Folder { dir, .. } => dir.clone(),
            // Nothing is ever loaded from it again.
            Medium::Memory(_) => return self.forget_before(first_segment),
        };
        let useless: u64 = self
            .medium
            .segments()
            .take_while(|(id, _)| *id < first_segment)
            .map(|(_, b)| b)
            .sum();
        // Writing all that lives must pay.
        let worth = live_bytes.max(CHECKPOINT_SEGMENTS * self.options.segment_bytes);
        if self.checkpointing {
            if useless >= STALL_FACTOR * worth {
                self.join_checkpoint();
            }
            return;
        }
        let (true, Some(answer)) = (useless >= worth, self.own.upgrade()) else {
            return;
        };
        let shared = Arc::clone(&self.shared);
        let disk = self.options.disk.clone();
        let thread = std::thread::Builder::new().name("store-checkpoint".to_owned());
        let spawned = thread.spawn(move || {
            let done = write_checkpoint(&shared, &dir, &disk, first_segment);
            let _ = answer.send(Command::Checkpointed(done));
        });
        match spawned {
            Ok(thread) => {
                self.checkpoint = Some(thread);
                self.checkpointing = true;
            }
            Err(error) => self.put_off_checkpoint(&error),
        }
    }

    fn take_checkpoint(&mut self, done: io::Result<Checkpointed>) {
        self.join_checkpoint();
        self.checkpointing = false;
        let done = match done {
            Ok(done) => done,
            // It makes far more room than it takes; what starts it stands as before.
            Err(error) if is_disk_full(&error) && self.medium.free_reserve() => return,
            Err(error) => return self.put_off_checkpoint(&error),
        };
        self.retry_checkpoint_at = None;
        self.forget_before(done.first_segment);
    }

    fn forget_before(&mut self, first_segment: u64) {
        self.segment_ends.retain(|end| end.segment >= first_segment);
        if let Err(error) = self.medium.remove_before(first_segment) {
            // The next opening removes what is left.
            tracing::warn!(%error, "failed to remove an old store segment");
        }
    }

    fn put_off_checkpoint(&mut self, error: &io::Error) {
        tracing::warn!(%error, "failed to write a checkpoint; will retry");
        self.retry_checkpoint_at = Some(Instant::now() + CHECKPOINT_RETRY);
    }

    fn join_checkpoint(&mut self) {
        if let Some(thread) = self.checkpoint.take() {
            // It ends by itself, soon; a panic in it has been reported on stderr.
            let _ = thread.join();
        }
    }
}

fn write_checkpoint(
    shared: &Arc<Shared>,
    dir: &Path,
    disk: &Disk,
    first_segment: u64,
) -> io::Result<Checkpointed> {
    let pin = Pin::oldest(shared);
    let preamble = Preamble::of(&shared.read());
    let write = |out: &mut Output| checkpoint::write(out, shared, &pin, &preamble, first_segment);
    replace_checkpoint(dir, disk, write, |file| relocate(shared, dir, file))?;
    Ok(Checkpointed { first_segment })
}

/// From now on values are read from the checkpoint that was just written. It is read again for that: what
/// would have to be remembered of each value meanwhile is a good part of the values, and a checkpoint that cannot be
/// read must not take the place of the log. Values that were found in one that is not taken are read from it until they
/// are found in the next.
fn relocate(shared: &Shared, dir: &Path, mut file: &File) -> Result<(), ReadError> {
    file.rewind()?;
    let data = DataFile::new(checkpoint_path(dir), file.try_clone()?);
    let mut some = Vec::with_capacity(RELOCATE_KEYS);
    let apply = |some: &mut Vec<(String, Revision, Place)>| {
        let mut state = shared.write();
        for (key, revision, place) in some.drain(..) {
            state.relocate(&key, revision, place);
        }
    };
    checkpoint::places(file, &data, |key, revision, place| {
        some.push((key.to_owned(), revision, place));
        if some.len() == RELOCATE_KEYS {
            apply(&mut some);
        }
    })?;
    apply(&mut some);
    Ok(())
}

/// Applies a durable frame. `start`: the file it is in, and the byte its payload starts at. Keys'
/// changes up to the revision a checkpoint already shows are passed over.
pub(crate) fn apply_frame(
    state: &mut State,
    payload: &[u8],
    start: Option<&(Arc<DataFile>, u64)>,
) -> Result<(), wharf_wal::DecodeError> {
    let known = state.revision;
    let applied = decode_frame(payload, |revision, change, at| {
        let place = match change {
            Change::Put { .. } | Change::Delete { .. } if revision <= known => return,
            Change::Put { value, .. } => {
                start.map(|(file, offset)| Place::of(file, offset + at as u64, value))
            }
            _ => None,
        };
        state.apply(revision, &change, place);
    });
    state.accounts.settle();
    applied
}

/// What the puts of a frame of the log take in memory, in their order, as far as it can be read: whoever applies it says
/// what is wrong with it. `file` has it from `offset` on.
pub(crate) fn ready_frame(
    packing: &mut Packing,
    payload: &[u8],
    file: &Arc<DataFile>,
    offset: u64,
) -> Vec<Ready> {
    let mut ready = Vec::new();
    let _ = decode_frame(payload, |revision, change, at| {
        if let Change::Put { key, value, lease } = change {
            let place = Place::of(file, offset + at as u64, value);
            let numbers = [revision, revision, 1];
            ready.push(packing.ready(key, numbers, lease, value, Some(place)));
        }
    });
    ready
}

/// Applies a frame of the log as [`apply_frame`] does, with what [`ready_frame`] made of it. What it changed is found and
/// counts from [`State::packed`] on: nobody can ask before the store is open.
pub(crate) fn replay_frame(
    state: &mut State,
    payload: &[u8],
    ready: Vec<Ready>,
) -> Result<(), wharf_wal::DecodeError> {
    let known = state.revision;
    let mut ready = ready.into_iter();
    decode_frame(payload, |revision, change, _| match change {
        Change::Put { key, value, lease } => {
            // That of a put which is passed over too.
            let Some(ready) = ready.next().filter(|_| revision > known) else {
                return;
            };
            let put = Put {
                revision,
                key,
                bytes: value.len(),
                lease,
            };
            state.put_ready(&put, ready);
        }
        Change::Delete { .. } if revision <= known => {}
        change => state.apply(revision, &change, None),
    })
}

pub(crate) fn note_segment(ends: &mut VecDeque<SegmentEnd>, segment: u64, revision: Revision) {
    match ends.back_mut() {
        Some(end) if end.segment == segment => end.revision = revision,
        _ => ends.push_back(SegmentEnd { segment, revision }),
    }
}
