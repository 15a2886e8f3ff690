//! The handle.

use std::{
    collections::{BTreeMap, VecDeque},
    fs::File,
    io,
    ops::Range,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, Sender},
    },
};

use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use tokio::sync::oneshot;
use wharf_wal::{Cut, Disk, Encoder, FolderLock, Log, LogOptions, Room, Turns};

use crate::{
    JournalError, JournalOptions, LimitError, MAX_NAME_BYTES, OpenError,
    block::{self, FileId, PackedRecords, Records, Stored, StoredBlock},
    lane::lane_of,
    manifest::{self, Head, Image},
    run::{self, run_id},
    state::State,
    writer::{Act, Command, Frozen, GROUP, Request, Writer, apply_frame, read},
};

const LOG_MAGIC: [u8; 8] = *b"wharfjn\x01";
/// The log's files grow by this much at a time.
const GROW_BYTES: u64 = 1 << 20;

/// A cheap handle on an open journal. When the last one goes, the journal is closed.
#[derive(Debug, Clone)]
pub struct Journal {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: Arc<RwLock<State>>,
    /// Taken out on closing.
    commands: Mutex<Option<Arc<Sender<Command>>>>,
    room: Room,
    writer: Mutex<Option<std::thread::JoinHandle<()>>>,
    failure: Arc<tokio::sync::watch::Sender<Option<String>>>,
    lost: Option<String>,
    unpacked: Arc<Unpacked>,
    /// How many want nothing to be removed that records name.
    pauses: Arc<AtomicUsize>,
}

/// While this lives, streams that records may name stay: see [`Journal::pause_removal`].
#[must_use = "streams may be removed as soon as this is dropped"]
#[derive(Debug)]
pub struct RemovalPause(Arc<AtomicUsize>);

impl Drop for RemovalPause {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The blocks that were unpacked last, for those who read a record here and there: newest first.
#[derive(Debug, Default)]
struct Unpacked(Mutex<VecDeque<((FileId, u64), Bytes)>>);

/// Of at most so many bytes each.
const KEPT_UNPACKED: usize = 16;
const KEPT_BYTES: usize = 512 << 10;

impl Unpacked {
    fn read(&self, stored: &Stored) -> io::Result<Bytes> {
        let Some(key) = stored.worth_keeping() else {
            return Ok(stored.read()?.into());
        };
        let known = {
            let kept = self.0.lock();
            let found = kept.iter().find(|(it, _)| *it == key);
            found.map(|(_, block)| block.clone())
        };
        if let Some(block) = known {
            return Ok(block);
        }
        let block: Bytes = stored.read()?.into();
        if block.len() <= KEPT_BYTES {
            let mut kept = self.0.lock();
            kept.truncate(KEPT_UNPACKED - 1);
            kept.push_front((key, block.clone()));
        }
        Ok(block)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub offset: u64,
    pub data: Bytes,
}

/// Records of a stream, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadReply {
    pub records: Vec<Record>,
    /// Where to read on.
    pub next: u64,
    /// The stream's oldest record; beyond the offset asked for if that one was trimmed.
    pub first: u64,
    /// The offset of the next record to be appended.
    pub end: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamInfo {
    pub name: String,
    /// The oldest record there is.
    pub first: u64,
    /// The offset of the next record to be appended.
    pub end: u64,
    /// Bytes its records take on disk, about.
    pub bytes: u64,
}

/// Records that stop being in one stream as others are appended to another one, by one write: whatever ends in between,
/// they are in one of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The stream that lets go of them; one that is not there has none.
    pub from: String,
    /// Of the first that stays.
    pub before: u64,
}

/// Bytes of all records together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// On disk, those of trimmed and deleted ones included that wait for a merge.
    pub bytes: u64,
    pub live_bytes: u64,
}

impl Journal {
    /// Opens the journal in `dir`, or begins one there. Blocks while it reads the folder.
    pub fn open(dir: &Path, options: JournalOptions) -> Result<Self, OpenError> {
        let lock = FolderLock::acquire(dir)?;
        let (head, mut state) = load(dir, &options.disk)?;
        let log_options = LogOptions {
            magic: LOG_MAGIC,
            segment_bytes: options.segment_bytes,
            grow_bytes: GROW_BYTES.min(options.segment_bytes),
            reserve_bytes: options.reserve_bytes,
            salvage: options.salvage,
            disk: options.disk.clone(),
        };
        let log = Log::open(dir, log_options, head.first_segment, |frame| {
            apply_frame(
                &mut state,
                frame.payload,
                frame.segment,
                frame.file,
                frame.offset,
            )
        })?;
        if let Some(cut) = log.cut() {
            report(cut);
        }
        let lost = log.cut().and_then(|cut| cut.damage.clone());
        let failure = Arc::new(tokio::sync::watch::Sender::new(None));
        let state = Arc::new(RwLock::new(state));
        let (sender, commands) = mpsc::channel();
        let sender = Arc::new(sender);
        let writer = Writer {
            dir: dir.to_owned(),
            state: Arc::clone(&state),
            log,
            payload: Encoder::new(),
            head,
            options,
            commands,
            waiting: Turns::new(GROUP),
            own: Arc::downgrade(&sender),
            merge: None,
            merging: false,
            retry_merge_at: None,
            failure: Arc::clone(&failure),
            _lock: lock,
        };
        let thread = std::thread::Builder::new()
            .name("journal-writer".to_owned())
            .spawn(move || writer.run())
            .map_err(OpenError::io("start a thread for", dir))?;
        Ok(Self {
            inner: Arc::new(Inner {
                state,
                commands: Mutex::new(Some(sender)),
                room: Room::default(),
                writer: Mutex::new(Some(thread)),
                failure,
                lost,
                unpacked: Arc::default(),
                pauses: Arc::default(),
            }),
        })
    }

    /// The damage that opening gave up, with all that came after it: only with
    /// [`JournalOptions::salvage`].
    pub fn lost(&self) -> Option<&str> {
        self.inner.lost.as_deref()
    }

    /// Whether the journal takes appends, without writing anything.
    pub async fn probe(&self) -> Result<(), JournalError> {
        self.command(Command::Probe).await
    }

    /// Everything appended so far, to be copied while the journal goes on. A folder with these
    /// files is a journal.
    pub async fn freeze(&self) -> Result<Frozen, JournalError> {
        self.command(Command::Freeze).await
    }

    async fn command<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, JournalError>>) -> Command,
    ) -> Result<T, JournalError> {
        let (reply, answer) = oneshot::channel();
        let command = command(reply);
        let sent = self
            .inner
            .commands()
            .as_ref()
            .is_some_and(|c| c.send(command).is_ok());
        if sent {
            answer.await.map_err(|_| JournalError::Closed)?
        } else {
            Err(JournalError::Closed)
        }
    }

    /// Waits until the journal takes no more writes, which only opening it again changes, and
    /// returns why.
    pub async fn failed(&self) -> String {
        let mut failure = self.inner.failure.subscribe();
        loop {
            if let Some(reason) = failure.borrow_and_update().clone() {
                return reason;
            }
            if failure.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Appends records, all or none, to a stream that is made if it is not there. They are durable
    /// when this returns the offset of the first. A caller that stops waiting does not know whether
    /// they were appended.
    pub fn append<'a, R: AsRef<[u8]>>(
        &'a self,
        stream: &'a str,
        records: &[R],
    ) -> impl Future<Output = Result<u64, JournalError>> + Send + use<'a, R> {
        // Before anything is awaited: the records need not outlive this call or be sendable.
        let records = Records::of(records);
        async move { self.append_gathered(stream, &mut records?).await }
    }

    /// As [`Journal::append`], to a stream that many share, each of whom waits for its own records alone: they take turns as `lane`, and
    /// not with all that is asked of the stream. So these go in no order with records of other lanes.
    pub fn append_as<'a, R: AsRef<[u8]>>(
        &'a self,
        lane: &'a str,
        stream: &'a str,
        records: &[R],
    ) -> impl Future<Output = Result<u64, JournalError>> + Send + use<'a, R> {
        let records = Records::of(records);
        async move {
            let (block, count) = records?.lend()?;
            let act = Act::Append {
                block,
                count,
                packed: false,
                moved: None,
            };
            self.ask_as(lane, stream.to_owned(), act).await
        }
    }

    /// As [`Journal::append`], of records that were gathered one by one. They are gone from
    /// `records` if they were appended, or if the caller stops waiting.
    pub async fn append_gathered(
        &self,
        stream: &str,
        records: &mut Records,
    ) -> Result<u64, JournalError> {
        self.move_gathered(stream, records, None).await
    }

    /// The same, with records of another stream that go.
    pub async fn move_gathered(
        &self,
        stream: &str,
        records: &mut Records,
        moved: Option<Moved>,
    ) -> Result<u64, JournalError> {
        let (block, count) = records.lend()?;
        let act = Act::Append {
            block: block.clone(),
            count,
            packed: false,
            moved,
        };
        let appended = self.ask(stream.to_owned(), act).await;
        records.give_back(block, appended.is_ok());
        appended
    }

    /// As [`Journal::append`], of records that were packed.
    pub async fn append_packed(
        &self,
        stream: &str,
        records: PackedRecords,
    ) -> Result<u64, JournalError> {
        self.move_packed(stream, records, None).await
    }

    /// The same, with records of another stream that go.
    pub async fn move_packed(
        &self,
        stream: &str,
        records: PackedRecords,
        moved: Option<Moved>,
    ) -> Result<u64, JournalError> {
        let PackedRecords { block, count } = records;
        let act = Act::Append {
            block,
            count,
            packed: true,
            moved,
        };
        self.ask(stream.to_owned(), act).await
    }

    /// Reads on from offset `from`: at most `max_records` and, beyond the first record, `max_bytes`.
    /// A stream that is not there is empty.
    pub async fn read(
        &self,
        stream: &str,
        from: u64,
        max_records: usize,
        max_bytes: usize,
    ) -> Result<ReadReply, JournalError> {
        let (plan, first, end) = self.plan(stream, from, max_records, max_bytes);
        let from = from.max(first);
        let records = if plan.is_empty() {
            Vec::new()
        } else {
            let unpacked = Arc::clone(&self.inner.unpacked);
            let fetch = move || fetch(&unpacked, &plan, from, max_records, max_bytes);
            tokio::task::spawn_blocking(fetch)
                .await
                .map_err(|_| JournalError::Closed)??
        };
        let next = records.last().map_or(from, |r: &Record| r.offset + 1);
        Ok(ReadReply {
            records,
            next,
            first,
            end,
        })
    }

    /// The blocks with the records of a stream at `offsets`, which may have others too. What they are in stays
    /// readable, merged or deleted meanwhile.
    pub fn blocks(&self, stream: &str, offsets: Range<u64>) -> Vec<StoredBlock> {
        self.some_blocks(stream, offsets, usize::MAX)
    }

    /// The same, but for those behind the first `most`.
    pub fn some_blocks(&self, stream: &str, offsets: Range<u64>, most: usize) -> Vec<StoredBlock> {
        let state = read(&self.inner.state);
        let Some(stream) = state.stream(stream) else {
            return Vec::new();
        };
        let from = stream.blocks_from(offsets.start.max(stream.first));
        let within = from.take_while(|block| block.first < offsets.end);
        within
            .take(most)
            .map_while(|block| {
                let file = state.files.get(block.file)?;
                Some(StoredBlock::new(Stored::new(file, block), block))
            })
            .collect()
    }

    /// The offset of the next record; 0 for a stream that is not there.
    pub fn end(&self, stream: &str) -> u64 {
        read(&self.inner.state).stream(stream).map_or(0, |s| s.end)
    }

    pub fn stream(&self, stream: &str) -> Option<StreamInfo> {
        read(&self.inner.state).stream(stream).map(info)
    }

    /// Streams in the order of their names: those that start with `prefix` and come after
    /// `start_after`.
    pub fn streams(
        &self,
        prefix: &str,
        start_after: Option<&str>,
        limit: usize,
    ) -> Vec<StreamInfo> {
        read(&self.inner.state)
            .list(prefix, start_after)
            .take(limit)
            .map(info)
            .collect()
    }

    /// What the records take on disk.
    pub fn usage(&self) -> Usage {
        let state = read(&self.inner.state);
        let mut usage = Usage::default();
        for (_, file) in state.files.iter() {
            usage.bytes += file.block_bytes;
            usage.live_bytes += file.live_bytes;
        }
        usage
    }

    /// Lets go of the records before offset `before`; returns the oldest one's that is left. Their
    /// room is given back later.
    pub async fn trim(&self, stream: &str, before: u64) -> Result<u64, JournalError> {
        self.ask(stream.to_owned(), Act::Trim { before }).await
    }

    /// Until the returned value is dropped, those who remove streams that no record names hold back: whoever copies the
    /// records first finds all that they name here.
    pub fn pause_removal(&self) -> RemovalPause {
        self.inner.pauses.fetch_add(1, Ordering::SeqCst);
        RemovalPause(self.inner.pauses.clone())
    }

    /// To be asked after the records were read that say what may go.
    pub fn removal_is_paused(&self) -> bool {
        self.inner.pauses.load(Ordering::SeqCst) > 0
    }

    /// Deletes a stream with its records and cursors; whether it was there. A stream of the same
    /// name starts again at offset 0.
    pub async fn delete(&self, stream: &str) -> Result<bool, JournalError> {
        Ok(self.ask(stream.to_owned(), Act::Delete).await? == 1)
    }

    /// Sets a durable cursor of the stream, which is made if it is not there.
    pub async fn set_cursor(
        &self,
        stream: &str,
        cursor: &str,
        offset: u64,
    ) -> Result<(), JournalError> {
        self.cursor_at(stream, cursor, offset, true).await
    }

    /// The same of a stream that was read from: if it was deleted since, it stays so.
    pub async fn move_cursor(
        &self,
        stream: &str,
        cursor: &str,
        offset: u64,
    ) -> Result<(), JournalError> {
        self.cursor_at(stream, cursor, offset, false).await
    }

    async fn cursor_at(
        &self,
        stream: &str,
        cursor: &str,
        offset: u64,
        makes: bool,
    ) -> Result<(), JournalError> {
        check_name(cursor)?;
        let act = Act::Cursor {
            name: cursor.to_owned(),
            offset,
            makes,
        };
        self.ask(stream.to_owned(), act).await.map(|_| ())
    }

    pub async fn drop_cursor(&self, stream: &str, cursor: &str) -> Result<(), JournalError> {
        let act = Act::DropCursor {
            name: cursor.to_owned(),
        };
        self.ask(stream.to_owned(), act).await.map(|_| ())
    }

    pub fn cursor(&self, stream: &str, cursor: &str) -> Option<u64> {
        read(&self.inner.state)
            .stream(stream)?
            .cursors
            .get(cursor)
            .copied()
    }

    pub fn cursors(&self, stream: &str) -> BTreeMap<String, u64> {
        let state = read(&self.inner.state);
        let cursors = state.stream(stream).map(|s| &s.cursors);
        cursors
            .into_iter()
            .flatten()
            .map(|(name, at)| (name.to_string(), *at))
            .collect()
    }

    /// Waits for the writes and the merge under way and gives the folder free. Other handles find
    /// the journal closed.
    pub async fn close(self) {
        if let Some(thread) = self.inner.begin_close() {
            // Joining fails only if the writer panicked, which has been reported.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    /// The places of the blocks that hold what is asked for, and the stream's bounds.
    fn plan(
        &self,
        stream: &str,
        from: u64,
        max_records: usize,
        max_bytes: usize,
    ) -> (Vec<(Stored, u64)>, u64, u64) {
        let state = read(&self.inner.state);
        let Some(stream) = state.stream(stream) else {
            return (Vec::new(), 0, 0);
        };
        let from = from.max(stream.first);
        let (mut plan, mut bytes) = (Vec::new(), 0usize);
        for block in stream.blocks_from(from) {
            // Of the first block a part may be passed over, so its bytes say nothing.
            let records = block.first.saturating_sub(from);
            if records >= max_records as u64 || bytes > max_bytes {
                break;
            }
            if block.first > from {
                bytes += block.len as usize;
            }
            let Some(file) = state.files.get(block.file) else {
                break;
            };
            plan.push((Stored::new(file, block), block.first));
        }
        (plan, stream.first, stream.end)
    }

    async fn ask(&self, stream: String, act: Act) -> Result<u64, JournalError> {
        let lane = lane_of(&stream).to_owned();
        self.ask_as(&lane, stream, act).await
    }

    async fn ask_as(&self, lane: &str, stream: String, act: Act) -> Result<u64, JournalError> {
        check_name(&stream)?;
        let bytes = if let Act::Append { block, .. } = &act {
            block.len()
        } else {
            0
        };
        // At most a part of the queue, by the limits already checked.
        let room = self.inner.room.take(lane, bytes).await;
        let (lane, room) = room.map_err(|_| JournalError::Closed)?;
        let (reply, answer) = oneshot::channel();
        let command = Command::Request(Request {
            stream,
            lane,
            act,
            reply,
            _room: room,
        });
        let sent = self
            .inner
            .commands()
            .as_ref()
            .is_some_and(|c| c.send(command).is_ok());
        if sent {
            answer.await.map_err(|_| JournalError::Closed)?
        } else {
            Err(JournalError::Closed)
        }
    }
}

impl Inner {
    fn commands(&self) -> parking_lot::MutexGuard<'_, Option<Arc<Sender<Command>>>> {
        self.commands.lock()
    }

    fn begin_close(&self) -> Option<std::thread::JoinHandle<()>> {
        if let Some(commands) = self.commands().take() {
            let _ = commands.send(Command::Close);
        }
        self.writer.lock().take()
    }
}

impl Drop for Inner {
    /// Waits for the sync under way, so that the folder is free once the last handle is gone. Where
    /// that wait must not block a runtime, call [`Journal::close`] before.
    fn drop(&mut self) {
        if let Some(thread) = self.begin_close() {
            let _ = thread.join();
        }
    }
}

fn report(cut: &Cut) {
    let (file, at, bytes) = (cut.path.display(), cut.offset, cut.bytes);
    match &cut.damage {
        None => tracing::warn!(
            %file, at, bytes,
            "an unfinished write at the end of the journal's log was cut away; it had not been acknowledged"
        ),
        Some(damage) => {
            tracing::error!(%file, at, bytes, %damage, "reading a part of the journal failed: it is damaged and was discarded")
        }
    }
}

fn check_name(name: &str) -> Result<(), LimitError> {
    match name.len() {
        1..=MAX_NAME_BYTES => Ok(()),
        bytes => Err(LimitError::Name { bytes }),
    }
}

fn info(stream: &crate::state::Stream) -> StreamInfo {
    StreamInfo {
        name: stream.name.to_string(),
        first: stream.first,
        end: stream.end,
        bytes: stream.blocks.iter().map(|b| u64::from(b.len)).sum(),
    }
}

fn fetch(
    unpacked: &Unpacked,
    plan: &[(Stored, u64)],
    from: u64,
    max_records: usize,
    max_bytes: usize,
) -> Result<Vec<Record>, JournalError> {
    let (mut records, mut bytes): (Vec<Record>, usize) = (Vec::new(), 0);
    for (stored, first) in plan {
        let fail = |reason: String| JournalError::Read { reason };
        let block = unpacked.read(stored).map_err(|e| fail(e.to_string()))?;
        let skip = from.saturating_sub(*first);
        let mut offset = first + skip;
        let mut full = false;
        block::decode(&block, skip, |data| {
            bytes += data.len();
            full = records.len() >= max_records || (!records.is_empty() && bytes > max_bytes);
            if !full {
                records.push(Record { offset, data });
                offset += 1;
            }
            !full
        })
        .map_err(|e| fail(format!("a block {e}")))?;
        if full {
            break;
        }
    }
    Ok(records)
}

/// The manifest's streams with the blocks of its runs; a new folder gets its first manifest.
fn load(dir: &Path, disk: &Disk) -> Result<(Head, State), OpenError> {
    let (head, mut state) = match manifest::read(dir)? {
        Some(found) => found,
        None => {
            let head = Head {
                next_stream: 1,
                first_segment: 1,
                next_run: 1,
                runs: Vec::new(),
            };
            let state = State {
                next_stream: 1,
                ..State::default()
            };
            if has_other_files(dir)? {
                return Err(OpenError::corrupt(
                    dir,
                    0,
                    "there are records, but no manifest",
                ));
            }
            let write = Image::take(&state, &head).write(dir, disk);
            write.map_err(|e| OpenError::io("write the manifest of", dir)(e.into()))?;
            (head, state)
        }
    };
    for id in &head.runs {
        let mut blocks = Vec::new();
        let (data, packs) = run::open(dir, *id, |stream, block| blocks.push((stream, block)))?;
        state.files.add(FileId::run(*id), &data).packs = packs;
        blocks
            .into_iter()
            .for_each(|(stream, block)| state.add_block(stream, block));
    }
    state.sort_blocks();
    remove_leftovers(dir, &head, disk)?;
    Ok((head, state))
}

fn file_names(dir: &Path) -> Result<Vec<String>, OpenError> {
    let entries = std::fs::read_dir(dir).map_err(OpenError::io("list", dir))?;
    entries
        .map(|e| {
            Ok(e.map_err(OpenError::io("list", dir))?
                .file_name()
                .to_string_lossy()
                .into_owned())
        })
        .collect()
}

fn has_other_files(dir: &Path) -> Result<bool, OpenError> {
    Ok(file_names(dir)?
        .iter()
        .any(|name| name.ends_with(".log") || name.ends_with(".run")))
}

/// Runs that no manifest names: of merges that a crash cut short, or of files already replaced.
fn remove_leftovers(dir: &Path, head: &Head, disk: &Disk) -> Result<(), OpenError> {
    let mut names = file_names(dir)?;
    names.retain(|name| run_id(name).is_some_and(|id| !head.runs.contains(&id)));
    if names.is_empty() {
        return Ok(());
    }
    // As of the manifest that is there, whose own name may be in the kernel's memory alone, if the process before died on its
    // way to the sync.
    let folder = File::open(dir).map_err(OpenError::io("open", dir))?;
    disk.sync_folder(&folder, dir)
        .map_err(OpenError::io("sync", dir))?;
    for name in names {
        let path = dir.join(name);
        disk.remove(&path).map_err(OpenError::io("remove", path))?;
    }
    Ok(())
}
