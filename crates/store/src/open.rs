//! Opening a store: in a folder, or in memory.

use std::{
    collections::VecDeque,
    io::Read,
    path::Path,
    sync::{Arc, mpsc},
};

use tokio::sync::watch;
use wharf_wal::{FolderLock, Log, LogOptions, Output};

use crate::{
    OpenError, RestoreOptions, RestoreReport, Store, StoreOptions,
    accounts::Shares,
    chaos::Coin,
    checkpoint::{self, ReadError},
    engine::Engine,
    lease::LeaseTimers,
    medium::{Medium, Segments},
    restore::{
        checkpoint_path, holds_log, is_whole, next_epoch, remove_unfinished, replace_checkpoint,
        restore,
    },
    shared::Shared,
    state::State,
    writer::{Writer, note_segment, ready_frame, replay_frame},
};

const LOG_MAGIC: [u8; 8] = *b"wharfst\x01";
/// The log's files grow by this much at a time.
const GROW_BYTES: u64 = 1 << 20;

impl Store {
    /// Opens the store in `dir`, or begins one there. Blocks while it reads the folder.
    pub fn open(dir: &Path, options: StoreOptions) -> Result<Self, OpenError> {
        Self::open_then(dir, options, || ())
    }

    /// The same. `locked` is called before anything is read, once no other process can have the folder: what else is
    /// this process's alone then may be opened meanwhile.
    pub fn open_then(
        dir: &Path,
        options: StoreOptions,
        locked: impl FnOnce(),
    ) -> Result<Self, OpenError> {
        let lock = FolderLock::acquire(dir)?;
        locked();
        remove_unfinished(dir)?;
        let (head, mut state) = load_checkpoint(dir, &options)?;
        let mut segment_ends = VecDeque::new();
        let log_options = LogOptions {
            magic: LOG_MAGIC,
            segment_bytes: options.segment_bytes,
            grow_bytes: GROW_BYTES.min(options.segment_bytes),
            reserve_bytes: options.reserve_bytes,
            salvage: options.salvage,
            disk: options.disk.clone(),
        };
        let mut packing = state.packing();
        let log = Log::open_prepared(
            dir,
            log_options,
            head.first_segment,
            |frame| ready_frame(&mut packing, frame.payload, frame.file, frame.offset),
            |frame, ready| {
                replay_frame(&mut state, frame.payload, ready)?;
                state.evict(options.history_memory);
                note_segment(&mut segment_ends, frame.segment, state.revision);
                Ok(())
            },
        )?;
        state.packed(packing);
        if let Some(cut) = log.cut() {
            report(cut);
        }
        let lost = log.cut().and_then(|cut| cut.damage.clone());
        let medium = Medium::Folder {
            log: Box::new(log),
            dir: dir.to_owned(),
            _lock: lock,
        };
        let (sender, commands) = mpsc::channel();
        let sender = Arc::new(sender);
        let mut parts = Parts::new(state, head.epoch, medium, options);
        parts.writer.own = Arc::downgrade(&sender);
        parts.writer.segment_ends = segment_ends;
        let writer = parts.writer;
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run(&commands))
            .map_err(OpenError::io("start a thread for", dir))?;
        let engine = Engine::thread(sender, thread);
        Ok(Self::new(
            parts.shared,
            engine,
            parts.revisions,
            parts.coin,
            lost,
            parts.shares,
        ))
    }

    /// A new store that keeps nothing when its last handle goes: for tests. All else is as with a
    /// folder: limits, history and its compaction, watches, leases. Each call has its effect and its
    /// answer before it returns to the runtime, so that under a runtime of one thread the same calls
    /// come to the same end.
    pub fn in_memory(options: StoreOptions) -> Self {
        let tick = options.lease_tick;
        let epoch = next_epoch(&options, 0);
        let medium = Medium::Memory(Segments::new(options.segment_bytes));
        let parts = Parts::new(State::default(), epoch, medium, options);
        let engine = Engine::inline(parts.writer, tick);
        let shares = parts.shares;
        Self::new(
            parts.shared,
            engine,
            parts.revisions,
            parts.coin,
            None,
            shares,
        )
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
}

/// What engines have in common.
struct Parts {
    shared: Arc<Shared>,
    writer: Writer,
    revisions: watch::Receiver<crate::Revision>,
    coin: Option<Coin>,
    shares: Shares,
}

impl Parts {
    fn new(mut state: State, epoch: u64, medium: Medium, options: StoreOptions) -> Self {
        state.next_lease = state.next_lease.max(1);
        let mut timers = LeaseTimers::new(options.lease_clock.clone(), options.lease_tick);
        for (id, lease) in &state.leases {
            timers.start(*id, lease.ttl_seconds);
        }
        let coin = options.chaos.map(Coin::new);
        let shares = Shares::of(&options);
        let (revision, revisions) = watch::channel(state.revision);
        let shared = Arc::new(Shared::new(epoch, state, timers));
        let writer = Writer::new(Arc::clone(&shared), medium, options, revision);
        Self {
            shared,
            writer,
            revisions,
            coin,
            shares,
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
            tracing::error!(%file, at, bytes, %damage, "reading a part of the store failed: it is damaged and was discarded")
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
        let write = |out: &mut Output| checkpoint::write_empty(out, epoch);
        replace_checkpoint(dir, &options.disk, write, is_whole)
            .map_err(OpenError::io("write", &path))?;
    }
    let file = std::fs::File::open(&path).map_err(OpenError::io("open", &path))?;
    let data = wharf_wal::DataFile::new(
        path.clone(),
        file.try_clone().map_err(OpenError::io("open", &path))?,
    );
    checkpoint::read_file(&file, &data).map_err(|e| match e {
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
