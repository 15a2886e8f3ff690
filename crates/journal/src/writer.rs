//! The one thread that writes. Inputs: requests of the handles, finished merges. Invariants: a
//! request is answered after its effect is durable and visible; the index holds nothing that the
//! disk does not; when the log has failed, nothing more is written.

use std::{
    collections::HashMap,
    io,
    path::PathBuf,
    sync::{
        Arc, Weak,
        mpsc::{Receiver, Sender},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::sync::oneshot;
use wharf_base::NoRoom;
use wharf_wal::{
    AppendError, DataFile, DecodeError, Encoder, FolderLock, GroupLimits, LANE_BYTES, Log,
    MAX_FRAME_BYTES, Purpose, Taken, Turns, is_disk_full,
};

use crate::{
    JournalError, JournalOptions, MAX_APPEND_BYTES, MAX_APPEND_RECORDS, Moved,
    block::FileId,
    manifest::{Head, Image},
    merge::{self, Merged},
    record::{Op, decode_frame},
    run::run_path,
    state::State,
};

/// What is answered after one sync. Whoever comes waits for the group under way, large as it may be: with more bytes the
/// others wait longer, with fewer a flood has less of the disk.
pub(crate) const GROUP: GroupLimits = GroupLimits {
    requests: 4096,
    bytes: 1 << 20,
};
const _: () =
    assert!(GROUP.bytes + 2 * MAX_APPEND_BYTES + 4 * MAX_APPEND_RECORDS < MAX_FRAME_BYTES);
const _: () = assert!(MAX_APPEND_BYTES + 8 * MAX_APPEND_RECORDS < LANE_BYTES);
/// What a probe sees whether there is room for: a few lines.
const PROBE_BYTES: usize = 4 << 10;
/// So many times the segments that make a merge worthwhile may wait; then appends wait too, so that
/// neither the index nor the log grows faster than merging shrinks them.
const STALL_FACTOR: usize = 8;
/// After a failure, for a disk without room say, the next attempt at a merge waits this long.
const MERGE_RETRY: Duration = Duration::from_secs(30);

// No code that can panic runs under this lock, so a poisoned one still guards a whole state.
pub(crate) fn read(state: &RwLock<State>) -> RwLockReadGuard<'_, State> {
    state.read()
}

fn write(state: &RwLock<State>) -> RwLockWriteGuard<'_, State> {
    state.write()
}

pub(crate) struct Request {
    pub(crate) stream: String,
    /// Those of one lane take turns as one; see [`crate::lane`].
    pub(crate) lane: Arc<str>,
    pub(crate) act: Act,
    /// Answered with the offset of the first record appended, the first record left after a trim,
    /// or whether there was something to delete.
    pub(crate) reply: oneshot::Sender<Result<u64, JournalError>>,
    /// Its part of the queue's room, given back with the answer.
    pub(crate) _room: Taken,
}

pub(crate) enum Act {
    Append {
        block: Bytes,
        count: u32,
        packed: bool,
        /// Records of another stream that go with the same write.
        moved: Option<Moved>,
    },
    Trim {
        before: u64,
    },
    Delete,
    Cursor {
        name: String,
        offset: u64,
        /// The stream is made if it is not there.
        makes: bool,
    },
    DropCursor {
        name: String,
    },
}

impl Request {
    fn bytes(&self) -> usize {
        self.stream.len()
            + match &self.act {
                Act::Append { block, moved, .. } => {
                    block.len() + moved.as_ref().map_or(0, |it| it.from.len())
                }
                Act::Cursor { name, .. } | Act::DropCursor { name } => name.len(),
                Act::Trim { .. } | Act::Delete => 0,
            }
    }
}

impl Act {
    fn grows(&self) -> bool {
        matches!(self, Self::Append { .. })
    }
}

/// A journal as of one moment, as files that do not change any more and stay readable whatever is
/// removed from the folder.
#[derive(Debug)]
pub struct Frozen {
    /// The file `manifest` of the copy.
    pub manifest: Vec<u8>,
    /// The other files, under the names they have in the folder.
    pub files: Vec<Arc<DataFile>>,
}

pub(crate) enum Command {
    Request(Request),
    Probe(oneshot::Sender<Result<(), JournalError>>),
    Freeze(oneshot::Sender<Result<Frozen, JournalError>>),
    Merged(io::Result<Merged>),
    Close,
}

pub(crate) struct Writer {
    pub(crate) dir: PathBuf,
    pub(crate) state: Arc<RwLock<State>>,
    pub(crate) log: Log,
    /// The last frame's, kept for its room.
    pub(crate) payload: Encoder,
    pub(crate) head: Head,
    pub(crate) options: JournalOptions,
    pub(crate) commands: Receiver<Command>,
    pub(crate) waiting: Turns<Request>,
    pub(crate) own: Weak<Sender<Command>>,
    pub(crate) merge: Option<std::thread::JoinHandle<()>>,
    /// From the start of a merge until its outcome has been taken in.
    pub(crate) merging: bool,
    pub(crate) retry_merge_at: Option<Instant>,
    /// Why no more writes are taken, once that is so.
    pub(crate) failure: Arc<tokio::sync::watch::Sender<Option<String>>>,
    pub(crate) _lock: FolderLock,
}

impl Writer {
    /// Runs until all handles are gone or one of them says close; what waits then is done first.
    pub(crate) fn run(mut self) {
        while self.take_commands() {
            self.commit_some();
            self.start_merge();
        }
        while !self.waiting.is_empty() {
            self.commit_some();
        }
        self.join_merge();
    }

    /// Takes the commands that are there, and waits for one if there is nothing else to do; whether there will be more.
    fn take_commands(&mut self) -> bool {
        let mut next = match self.waiting.is_empty() {
            true => match self.commands.recv() {
                Ok(command) => Some(command),
                Err(_) => return false,
            },
            false => self.commands.try_recv().ok(),
        };
        while let Some(command) = next {
            match command {
                Command::Request(it) => {
                    let bytes = it.bytes();
                    let lane = Arc::clone(&it.lane);
                    self.waiting.push(&lane, it, bytes);
                }
                Command::Merged(done) => self.take_merge(done),
                Command::Freeze(reply) => drop(reply.send(self.freeze())),
                Command::Probe(reply) => {
                    let able = self.log.probe(PROBE_BYTES);
                    let _ = reply.send(able.map_err(|e| self.refusal(e)));
                }
                Command::Close => return false,
            }
            next = self.commands.try_recv().ok();
        }
        true
    }

    /// Commits the requests together whose turn it is.
    fn commit_some(&mut self) {
        let group = self.waiting.group();
        if !group.is_empty() {
            self.commit(group);
        }
    }

    fn commit(&mut self, group: Vec<Request>) {
        let (answers, payload) = {
            let state = read(&self.state);
            let mut open = Group::new(&state, std::mem::take(&mut self.payload));
            let answers: Vec<u64> = group.iter().map(|r| open.add(r)).collect();
            (answers, open.log)
        };
        let purpose = if group.iter().any(|request| request.act.grows()) {
            Purpose::Growth
        } else {
            Purpose::GiveBack
        };
        let written = self.write(payload.as_slice(), purpose);
        self.payload = payload;
        match written {
            Ok(()) => {
                for (request, answer) in group.into_iter().zip(answers) {
                    // The caller is about to use the block's room again.
                    drop(request.act);
                    // A caller that went away has no use for the answer.
                    let _ = request.reply.send(Ok(answer));
                }
            }
            // A small request may fit where the group did not.
            Err(_) if group.len() > 1 => group.into_iter().for_each(|r| self.commit(vec![r])),
            Err(error) => group.into_iter().for_each(|r| {
                let _ = r.reply.send(Err(error.clone()));
            }),
        }
    }

    /// Makes a frame durable, then visible. An empty one is so already.
    fn write(&mut self, payload: &[u8], purpose: Purpose) -> Result<(), JournalError> {
        if payload.is_empty() {
            return Ok(());
        }
        let appended = self.log.append(payload, purpose);
        let appended = appended.map_err(|e| self.refusal(e))?;
        let mut state = write(&self.state);
        apply_frame(
            &mut state,
            payload,
            appended.segment,
            &appended.file,
            appended.offset,
        )
        .map_err(|e| self.fail(format!("a frame {e}")))
    }

    fn refusal(&self, error: AppendError) -> JournalError {
        match error {
            AppendError::DiskFull { dir } => JournalError::DiskFull { dir, cause: NoRoom },
            AppendError::Later { reason, .. } => JournalError::Later { reason },
            other => self.fail(other.to_string()),
        }
    }

    fn fail(&self, reason: String) -> JournalError {
        self.failure.send_if_modified(|known| {
            let first = known.is_none();
            if first {
                tracing::error!(%reason, "the journal failed and takes no more writes");
                *known = Some(reason.clone());
            }
            first
        });
        JournalError::Failed { reason }
    }

    /// Closes the segment at hand, so that all that was appended is in files that stay as they are.
    fn freeze(&mut self) -> Result<Frozen, JournalError> {
        self.log.rotate().map_err(|e| self.refusal(e))?;
        let state = read(&self.state);
        let runs = self.head.runs.iter();
        let runs = runs.filter_map(|id| Some(Arc::clone(&state.files.get(FileId::run(*id))?.data)));
        let segments = self.log.sealed_files();
        let segments = segments.filter(|(id, _)| *id >= self.head.first_segment);
        Ok(Frozen {
            files: runs
                .chain(segments.map(|(_, data)| Arc::clone(data)))
                .collect(),
            manifest: Image::take(&state, &self.head).into_bytes(),
        })
    }

    fn start_merge(&mut self) {
        let active = self.log.active_segment();
        let sealed: Vec<u64> = self
            .log
            .segments()
            .map(|(id, _)| id)
            .filter(|id| *id != active)
            .collect();
        if self.merging {
            if sealed.len() >= STALL_FACTOR * self.options.merge_segments.max(1) {
                self.join_merge();
            }
            return;
        }
        let waits = self.retry_merge_at.is_some_and(|at| Instant::now() < at);
        if waits || self.log.failed().is_some() {
            return;
        }
        let job = merge::choose(
            &read(&self.state).files,
            &self.head,
            &sealed,
            active,
            &self.options,
        );
        let (Some(job), Some(answer)) = (job, self.own.upgrade()) else {
            return;
        };
        let (dir, state) = (self.dir.clone(), Arc::clone(&self.state));
        let disk = self.options.disk.clone();
        let thread = std::thread::Builder::new().name("journal-merge".to_owned());
        let spawned = thread.spawn(move || {
            let done = merge::perform(&dir, &disk, &state, job);
            let _ = answer.send(Command::Merged(done));
        });
        match spawned {
            Ok(thread) => {
                self.merge = Some(thread);
                self.merging = true;
            }
            Err(error) => self.put_off_merge(&error),
        }
    }

    fn take_merge(&mut self, done: io::Result<Merged>) {
        self.join_merge();
        self.merging = false;
        let done = match done {
            Ok(done) => done,
            // It makes more room than it takes, and is chosen again at once.
            Err(error) if is_disk_full(&error) && self.log.free_reserve() => {
                self.head.next_run += 1;
                return;
            }
            Err(error) => return self.put_off_merge(&error),
        };
        self.retry_merge_at = None;
        self.head = done.head;
        if let Some((id, data)) = &done.run {
            let bytes = done
                .blocks
                .values()
                .flatten()
                .map(|b| u64::from(b.len))
                .sum();
            let mut state = write(&self.state);
            let file = state.files.add(*id, data);
            (file.block_bytes, file.packs) = (bytes, true);
        }
        for (stream, blocks) in &done.blocks {
            // One stream at a time: both files can be read, so readers may find either.
            write(&self.state).replace_blocks(*stream, &done.sources, blocks);
        }
        for source in &done.sources {
            write(&self.state).files.remove(*source);
            if let Some(run) = source.as_run() {
                // The next opening removes what is left.
                let _ = std::fs::remove_file(run_path(&self.dir, run));
            }
        }
        if let Err(error) = self.log.remove_before(self.head.first_segment) {
            tracing::warn!(%error, "failed to remove an old journal segment");
        }
    }

    fn put_off_merge(&mut self, error: &io::Error) {
        tracing::warn!(%error, "failed to merge parts of the journal; will retry");
        self.retry_merge_at = Some(Instant::now() + MERGE_RETRY);
        // The manifest on disk may name the run of the failed attempt: never write to it again.
        self.head.next_run += 1;
    }

    fn join_merge(&mut self) {
        if let Some(thread) = self.merge.take() {
            // It ends by itself; a panic in it has been reported on stderr.
            let _ = thread.join();
        }
    }
}

/// Requests decided one after another, to be made durable together.
struct Group<'a> {
    state: &'a State,
    /// Streams made (or, `None`, deleted) by this group.
    names: HashMap<&'a str, Option<u64>>,
    ends: HashMap<u64, u64>,
    next_stream: u64,
    log: Encoder,
}

impl<'a> Group<'a> {
    /// Writes into `log`, whose room it uses again.
    fn new(state: &'a State, mut log: Encoder) -> Self {
        let next_stream = state.next_stream;
        log.clear();
        Self {
            state,
            names: HashMap::new(),
            ends: HashMap::new(),
            next_stream,
            log,
        }
    }

    /// Adds a request and returns its answer.
    fn add(&mut self, request: &'a Request) -> u64 {
        let name = request.stream.as_str();
        match &request.act {
            Act::Append {
                block,
                count,
                packed,
                moved,
            } => {
                let stream = self.find_or_create(name);
                let first = self.end(stream);
                Op::Append {
                    stream,
                    first,
                    count: *count,
                    block,
                    packed: *packed,
                }
                .encode(&mut self.log);
                self.ends.insert(stream, first + u64::from(*count));
                if let Some(moved) = moved {
                    self.trim(&moved.from, moved.before);
                }
                first
            }
            Act::Trim { before } => self.trim(name, *before),
            Act::Delete => {
                let Some(stream) = self.find(name) else {
                    return 0;
                };
                Op::Delete { stream }.encode(&mut self.log);
                self.names.insert(name, None);
                1
            }
            Act::Cursor {
                name: cursor,
                offset,
                makes,
            } => {
                let stream = match self.find(name) {
                    Some(stream) => stream,
                    None if *makes => self.find_or_create(name),
                    None => return 0,
                };
                Op::Cursor {
                    stream,
                    name: cursor,
                    offset: *offset,
                }
                .encode(&mut self.log);
                *offset
            }
            Act::DropCursor { name: cursor } => {
                let Some(stream) = self.find(name) else {
                    return 0;
                };
                Op::DropCursor {
                    stream,
                    name: cursor,
                }
                .encode(&mut self.log);
                1
            }
        }
    }

    /// Returns the oldest record's offset that is left; 0 if there is no such stream.
    fn trim(&mut self, name: &str, before: u64) -> u64 {
        let Some(stream) = self.find(name) else {
            return 0;
        };
        let was = self.state.streams.get(&stream).map_or(0, |s| s.first);
        let before = before.min(self.end(stream)).max(was);
        Op::Trim { stream, before }.encode(&mut self.log);
        before
    }

    fn find(&self, name: &str) -> Option<u64> {
        match self.names.get(name) {
            Some(known) => *known,
            None => self.state.names.get(name).copied(),
        }
    }

    fn find_or_create(&mut self, name: &'a str) -> u64 {
        if let Some(stream) = self.find(name) {
            return stream;
        }
        let stream = self.next_stream;
        self.next_stream += 1;
        self.names.insert(name, Some(stream));
        Op::Create { stream, name }.encode(&mut self.log);
        stream
    }

    fn end(&self, stream: u64) -> u64 {
        let stored = || self.state.streams.get(&stream).map_or(0, |s| s.end);
        self.ends.get(&stream).copied().unwrap_or_else(stored)
    }
}

/// Applies a durable frame whose payload starts at byte `offset` of `file`.
pub(crate) fn apply_frame(
    state: &mut State,
    payload: &[u8],
    segment: u64,
    file: &Arc<DataFile>,
    offset: u64,
) -> Result<(), DecodeError> {
    let id = FileId::segment(segment);
    decode_frame(payload, |op, at| {
        state.apply(&op, id, file, offset + at as u64)
    })
}
