//! The one reader of a cluster's history. It keeps the newest changes of each resource; a watch is a position in them, holds no
//! buffer, and shares what it reads with all others.
//!
//! As it opens it reads what the store still knows of the past, so that clients go on where they were when the server starts again.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use wharf_kube_model::Resource;
use wharf_store::{Event, Range, Revision, Store, StoreError, Watch, WatchProgress};

use super::{Keys, Object, Sealing, objects::Usage};

/// Changes of one resource that are kept for watches.
const MAX_CHANGES: usize = 4096;
/// Bytes of objects in the changes of one resource, the states before and after both counted.
const MAX_BYTES: usize = 8 << 20;
/// The newest changes of a resource: what was parsed of them is shared.
const SHARED_PARSED: usize = 128;
/// Pause after a read of the store failed.
const RETRY: Duration = Duration::from_millis(200);

/// An object changed: its states after and before, one of which may be missing.
#[derive(Debug)]
pub struct Change {
    /// Below the resource's folder.
    pub path: String,
    pub revision: Revision,
    pub now: Option<Object>,
    pub before: Option<Object>,
    now_parsed: Parsed,
    before_parsed: Parsed,
    frame: Mutex<Option<Frame>>,
}

/// What watches tell of a change, as long as it is new: a thousand may tell the same.
#[derive(Debug)]
struct Frame {
    /// `ADDED`, …; and the group and version that the object is told in.
    kind: &'static str,
    version: String,
    bytes: Bytes,
}

/// A state in the shape of the resource's storage: parsed once for all who ask while it is new. Later it would take a multiple of
/// the room that its bytes take, for readers that seldom come.
#[derive(Debug, Default)]
struct Parsed(Mutex<Sharing>);

#[derive(Debug, Default)]
enum Sharing {
    #[default]
    Nothing,
    /// Or it cannot be parsed.
    Value(Option<Arc<Value>>),
    Ended,
}

impl Parsed {
    fn of(&self, object: Option<&Object>, stored_as: &Resource) -> Option<Arc<Value>> {
        let parse = || object?.value(stored_as).map(Arc::new);
        let mut shared = self.0.lock();
        match &*shared {
            Sharing::Value(value) => return value.clone(),
            Sharing::Ended => {}
            Sharing::Nothing => {
                let value = parse();
                *shared = Sharing::Value(value.clone());
                return value;
            }
        }
        drop(shared);
        parse()
    }

    fn is_shared(&self) -> bool {
        !matches!(*self.0.lock(), Sharing::Ended)
    }

    fn end(&self) {
        *self.0.lock() = Sharing::Ended;
    }
}

impl Change {
    /// # Errors
    /// It cannot be read now.
    fn new(path: &str, event: &Event, sealing: &Sealing) -> Result<Self, StoreError> {
        let before = match &event.previous {
            Some(previous) => sealing.object(previous)?,
            None => None,
        };
        Ok(Self {
            path: path.to_owned(),
            revision: event.revision(),
            now: sealing.object(&event.entry)?,
            before,
            now_parsed: Parsed::default(),
            before_parsed: Parsed::default(),
            frame: Mutex::default(),
        })
    }

    /// The same of other states.
    pub fn with(&self, now: Option<Object>, before: Option<Object>) -> Self {
        Self {
            path: self.path.clone(),
            revision: self.revision,
            now,
            before,
            now_parsed: Parsed::default(),
            before_parsed: Parsed::default(),
            frame: Mutex::default(),
        }
    }

    fn bytes(&self) -> usize {
        let all = self.now.iter().chain(&self.before);
        self.path.len() + all.map(Object::bytes).sum::<usize>()
    }

    /// The state after, in the shape of the resource's storage.
    pub fn now_value(&self, stored_as: &Resource) -> Option<Arc<Value>> {
        self.now_parsed.of(self.now.as_ref(), stored_as)
    }

    /// The state before.
    pub fn before_value(&self, stored_as: &Resource) -> Option<Arc<Value>> {
        self.before_parsed.of(self.before.as_ref(), stored_as)
    }

    /// What `made` is for a change that is told as of this kind, in this version: made once for all who tell it at the same time.
    pub fn frame(
        &self,
        kind: &'static str,
        version: &str,
        made: impl FnOnce() -> Vec<u8>,
    ) -> Bytes {
        let is_same = |it: &&Frame| it.kind == kind && it.version == version;
        let mut shared = self.frame.lock();
        if let Some(frame) = shared.as_ref().filter(is_same) {
            return frame.bytes.clone();
        }
        let bytes = Bytes::from(made());
        if self.now_parsed.is_shared() {
            *shared = Some(Frame {
                kind,
                version: version.to_owned(),
                bytes: bytes.clone(),
            });
        }
        bytes
    }

    fn end_sharing(&self) {
        self.now_parsed.end();
        self.before_parsed.end();
        *self.frame.lock() = None;
    }
}

/// The newest changes of a resource.
struct Log {
    kept: Mutex<Kept>,
    moved: watch::Sender<()>,
}

struct Kept {
    changes: VecDeque<Arc<Change>>,
    /// How many changes are in front of the first one that is kept.
    first: u64,
    bytes: usize,
    /// Changes up to this revision may be missing.
    forgotten: Revision,
}

impl Log {
    fn new(forgotten: Revision) -> Arc<Self> {
        let kept = Kept {
            changes: VecDeque::new(),
            first: 0,
            bytes: 0,
            forgotten,
        };
        Arc::new(Self {
            kept: Mutex::new(kept),
            moved: watch::Sender::new(()),
        })
    }

    fn append(&self, change: Change) {
        let mut kept = self.kept.lock();
        kept.bytes += change.bytes();
        kept.changes.push_back(Arc::new(change));
        let behind = kept.changes.len().checked_sub(SHARED_PARSED + 1);
        if let Some(old) = behind.and_then(|it| kept.changes.get(it)) {
            old.end_sharing();
        }
        while kept.changes.len() > MAX_CHANGES || kept.bytes > MAX_BYTES && kept.changes.len() > 1 {
            if let Some(oldest) = kept.changes.pop_front() {
                kept.bytes -= oldest.bytes();
                kept.forgotten = oldest.revision;
                kept.first += 1;
            }
        }
    }

    fn forget_all(&self, through: Revision) {
        let mut kept = self.kept.lock();
        // One more than there were, so that who had read them all misses something too.
        kept.first += kept.changes.len() as u64 + 1;
        kept.changes.clear();
        kept.bytes = 0;
        kept.forgotten = through;
        drop(kept);
        self.moved.send_replace(());
    }
}

/// The logs of a cluster's resources.
struct Logs {
    by_folder: Mutex<HashMap<String, Arc<Log>>>,
    /// Where a log that is not there yet begins.
    base: Mutex<Revision>,
    /// Everything up to here is in the logs.
    told: watch::Sender<Revision>,
    progress: Mutex<WatchProgress>,
}

impl Logs {
    fn of(&self, folder: &str) -> Arc<Log> {
        let mut logs = self.by_folder.lock();
        if let Some(log) = logs.get(folder) {
            return Arc::clone(log);
        }
        let log = Log::new(*self.base.lock());
        logs.insert(folder.to_owned(), Arc::clone(&log));
        log
    }
}

/// What is asked for is no longer known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// The oldest revision that a watch could begin at.
    pub oldest: Revision,
}

/// Follows a cluster's changes until it is dropped.
pub struct Feed {
    logs: Arc<Logs>,
    stop: CancellationToken,
    _guard: DropGuard,
}

impl Feed {
    pub(super) async fn open(
        store: Store,
        keys: Keys,
        usage: Arc<Usage>,
        sealing: Sealing,
    ) -> Result<Self, StoreError> {
        let mut pages = store.pages(Range::prefix(keys.root()));
        let mut revision = store.revision().await?;
        while let Some(page) = pages.next().await? {
            revision = page.revision;
            for it in &page.entries {
                let folder = keys.split(&it.key).map(|(folder, _)| folder);
                usage.add(folder, it.value.len());
            }
        }
        let watch = store.watch(keys.root(), 1);
        let logs = Arc::new(Logs {
            progress: Mutex::new(watch.progress()),
            by_folder: Mutex::default(),
            base: Mutex::new(0),
            told: watch::Sender::new(0),
        });
        let mut reader = History {
            counts_after: revision,
            watch,
            logs: Arc::clone(&logs),
            keys,
            usage,
            sealing,
            store,
        };
        while *logs.told.borrow() < revision {
            // Nothing may have changed here for long.
            reader.watch.progress().request();
            reader.step().await?;
        }
        let stop = CancellationToken::new();
        tokio::spawn(reader.run(stop.clone()));
        Ok(Self {
            logs,
            _guard: stop.clone().drop_guard(),
            stop,
        })
    }

    /// Cancelled when the cluster is no longer served.
    pub fn stopped(&self) -> &CancellationToken {
        &self.stop
    }

    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// The changes of a folder (`core/pods/`) after a revision.
    pub fn after(&self, folder: &str, revision: Revision) -> Result<Reader, Gone> {
        let log = self.logs.of(folder);
        let moved = log.moved.subscribe();
        let kept = log.kept.lock();
        if revision < kept.forgotten {
            let oldest = kept.forgotten;
            return Err(Gone { oldest });
        }
        let at = kept.changes.partition_point(|it| it.revision <= revision);
        let next = kept.first + at as u64;
        drop(kept);
        Ok(Reader {
            log,
            next,
            after: revision,
            moved,
            told: self.logs.told.subscribe(),
        })
    }

    /// Moves on with each change of the cluster.
    pub fn told(&self) -> watch::Receiver<Revision> {
        self.logs.told.subscribe()
    }

    /// Makes [`Reader::told`] move on to the store's revision of now, though nothing of this cluster may have changed.
    pub fn ask_progress(&self) {
        self.logs.progress.lock().request();
    }
}

/// The task that reads.
struct History {
    store: Store,
    keys: Keys,
    watch: Watch,
    logs: Arc<Logs>,
    usage: Arc<Usage>,
    sealing: Sealing,
    /// What changed up to here was counted when it was opened.
    counts_after: Revision,
}

impl History {
    async fn run(mut self, stop: CancellationToken) {
        loop {
            let step = tokio::select! {
                step = self.step() => step,
                () = stop.cancelled() => return,
            };
            match step {
                Ok(()) => {}
                Err(StoreError::Closed) => return,
                Err(error) => {
                    tracing::warn!(%error, "following a Kubernetes cluster's objects failed, will retry");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    async fn step(&mut self) -> Result<(), StoreError> {
        let batch = match self.watch.next().await {
            Ok(batch) => batch,
            Err(StoreError::Compacted { compacted, .. }) => {
                self.start_at(compacted);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let mut touched: Vec<Arc<Log>> = Vec::new();
        for event in &batch.events {
            let Some((folder, path)) = self.keys.split(event.key()) else {
                continue;
            };
            self.count(folder, event);
            let log = self.logs.of(folder);
            match Change::new(path, event, &self.sealing) {
                Ok(change) => log.append(change),
                // Who watches has to read all again, once it can be read.
                Err(_) => log.forget_all(event.revision()),
            }
            if !touched.iter().any(|it| Arc::ptr_eq(it, &log)) {
                touched.push(log);
            }
        }
        self.logs.told.send_replace(batch.revision);
        for log in touched {
            log.moved.send_replace(());
        }
        Ok(())
    }

    /// What came before has been forgotten by the store: slower than its compaction, or at the beginning.
    fn start_at(&mut self, compacted: Revision) {
        *self.logs.base.lock() = compacted;
        for log in self.logs.by_folder.lock().values() {
            log.forget_all(compacted);
        }
        self.watch = self.store.watch(self.keys.root(), compacted + 1);
        *self.logs.progress.lock() = self.watch.progress();
    }

    fn count(&self, folder: &str, event: &Event) {
        if event.revision() <= self.counts_after {
            return;
        }
        if let Some(previous) = &event.previous {
            self.usage.remove(Some(folder), previous.value.len());
        }
        if event.kind == wharf_store::EventKind::Put {
            self.usage.add(Some(folder), event.entry.value.len());
        }
    }
}

/// A position in the changes of a resource.
pub struct Reader {
    log: Arc<Log>,
    next: u64,
    /// The log may have been behind this when the reader began.
    after: Revision,
    moved: watch::Receiver<()>,
    told: watch::Receiver<Revision>,
}

impl Reader {
    /// Up to `most` of the changes that follow, and a revision up to which everything has been told once these are.
    ///
    /// # Errors
    /// [`Gone`] if the reader was so slow that some are no longer kept.
    pub fn take(&mut self, most: usize) -> Result<(Vec<Arc<Change>>, Revision), Gone> {
        // Before the log is looked at: what is told then is in it now.
        let told = *self.told.borrow_and_update();
        self.moved.borrow_and_update();
        let kept = self.log.kept.lock();
        let Some(at) = self.next.checked_sub(kept.first) else {
            let oldest = kept.forgotten;
            return Err(Gone { oldest });
        };
        let behind = kept.changes.iter();
        let behind = behind.skip(usize::try_from(at).unwrap_or(usize::MAX));
        let mut found = Vec::new();
        let mut last = 0;
        let mut is_all = true;
        for change in behind {
            if found.len() >= most {
                is_all = false;
                break;
            }
            self.next += 1;
            last = change.revision;
            if change.revision > self.after {
                found.push(Arc::clone(change));
            }
        }
        let through = if is_all { told.max(last) } else { last };
        Ok((found, through))
    }

    /// Waits until there is more to take.
    pub async fn wait(&mut self) {
        if self.moved.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until everything up to a revision has been told.
    pub async fn wait_until_told(&mut self, revision: Revision) {
        if self.told.wait_for(|told| *told >= revision).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
