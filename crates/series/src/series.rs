//! The handle.

use std::{
    collections::{BTreeMap, HashSet},
    io,
    path::Path,
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use parking_lot::{Mutex, RwLock};
use tokio::sync::{oneshot, watch};
use wharf_wal::{Disk, Encoder, FolderLock, Log, LogOptions};

use crate::{
    AppendError, Key, Listed, MAX_SAMPLES, Metric, OpenError, ReadError, Span, Spread, Summary,
    Tier,
    block::{self, Block},
    catalogue::Catalogue,
    clock::Believed,
    error,
    frame::{self, Seen},
    key,
    listing::{Listing, STRETCH},
    manifest::{self, Manifest},
    queue::{self, Queue, Request, Taken},
    read::{self, Reading, Sources},
    writer::{Done, Newcomers, State, Writer},
};

const MAGIC: [u8; 8] = *b"wharfsl\x01";
const SEGMENT_BYTES: u64 = 32 << 20;
const GROW_BYTES: u64 = 1 << 20;
/// Bytes of one append in the log; with those that share its frame, not more than one holds.
const MAX_BYTES: usize = wharf_wal::MAX_FRAME_BYTES - queue::GROUP_BYTES;

#[derive(Debug, Clone)]
pub struct Options {
    /// Series of all accounts.
    pub most_series: usize,
    pub most_series_of_account: usize,
    /// That it may begin in a minute by [`Series::append`]: names that one account invents do not fill what is for all before somebody sees it.
    pub most_new_series_of_account: usize,
    /// Bytes of their names, which are in memory.
    pub most_name_bytes: usize,
    pub most_name_bytes_of_account: usize,
    /// A head that takes more memory is written to blocks; a second one fills meanwhile.
    pub head_bytes: usize,
    /// And one that is older, so that the log stays short.
    pub head_age: Duration,
    /// Seconds since 1970, by which points are over.
    pub now: fn() -> i64,
    /// How long a clock that jumped ahead shows so before points are over by it.
    pub jump_lasts: Duration,
    pub disk: Disk,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            most_series: 1_000_000,
            most_series_of_account: 500_000,
            most_new_series_of_account: 20_000,
            most_name_bytes: 300 << 20,
            most_name_bytes_of_account: 150 << 20,
            head_bytes: 128 << 20,
            head_age: Duration::from_secs(3600),
            now: || {
                let now = SystemTime::now().duration_since(UNIX_EPOCH);
                now.map_or(0, |it| it.as_secs() as i64)
            },
            jump_lasts: Duration::from_secs(3600),
            disk: Disk::default(),
        }
    }
}

/// Something that was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub key: Key,
    /// A second or a minute.
    pub tier: Tier,
    /// Seconds since 1970; not before.
    pub at: i64,
    pub summary: Summary,
}

impl Sample {
    /// Bytes that it takes in the log, with its name, at most.
    fn weight(&self) -> usize {
        let buckets = match &self.summary.spread {
            Spread::Sketch(sketch) => sketch.buckets().len(),
            Spread::Same | Spread::Unknown => 0,
        };
        96 + self.key.0.len() + 20 * buckets
    }
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    pub series: usize,
    pub blocks: usize,
    pub block_bytes: u64,
    /// What the head takes in memory.
    pub head_bytes: usize,
}

/// A cheap handle. When the last one goes, the folder is closed.
#[derive(Debug, Clone)]
pub struct Series {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: Arc<RwLock<State>>,
    queue: Arc<Queue>,
    failure: Arc<watch::Sender<Option<String>>>,
    writer: Mutex<Option<std::thread::JoinHandle<()>>>,
    damage: Vec<String>,
}

impl Series {
    /// Opens the folder, or begins one there. Blocks while it reads it. What is damaged is put aside, so that metrics
    /// keep nothing else from starting: see [`Series::damage`].
    pub fn open(dir: &Path, options: Options) -> Result<Self, OpenError> {
        let lock = FolderLock::acquire(dir)?;
        let (mut manifest, mut damage) = manifest(dir)?;
        remove_leftovers(dir, &manifest)?;
        let mut state = State::default();
        let (catalogue_dir, log_dir) = (dir.join("catalogue"), dir.join("log"));
        for made in [&catalogue_dir, &log_dir] {
            std::fs::create_dir_all(made).map_err(OpenError::io("make", made))?;
        }
        let index = &mut state.index;
        let mut catalogue = Catalogue::open(
            &catalogue_dir,
            &options.disk,
            manifest.catalogue_from,
            |number, key| {
                if !index.is_known(number) {
                    index.insert(number, key);
                }
            },
        )?;
        damage.extend(catalogue.damage());
        for of in std::mem::take(&mut manifest.blocks) {
            let path = block::path(dir, of.id);
            let opened =
                Block::open(dir, of).and_then(|it| see_series(&it, &mut state).map(|()| it));
            match opened {
                Ok(block) => {
                    manifest.blocks.push(of);
                    state.blocks.push(Arc::new(block));
                }
                Err(error) if error::is_damage(&error) => {
                    damage.push(format!("{}: {error}", path.display()));
                    put_aside(&path)?;
                }
                Err(error) => return Err(OpenError::io("read", path)(error)),
            }
        }
        let mut unlisted = Vec::new();
        let log = Log::open(
            &log_dir,
            log_options(&options),
            manifest.log_from,
            |frame| {
                frame::decode(frame.payload, |seen| match seen {
                    Seen::Series(number, key) => {
                        if !state.index.is_known(number) {
                            state.index.insert(number, key.clone());
                            unlisted.push((number, key));
                        }
                    }
                    Seen::Sample(number, tier, at, summary) => {
                        state.index.keep_free(number);
                        state.index.seen(number, at);
                        state.head.add(number, tier, at, summary);
                    }
                })
            },
        )?;
        damage.extend(error::given_up(&log));
        for it in &damage {
            tracing::error!(
                damage = it,
                "reading metrics failed: damaged ones were set aside, their points are lost"
            );
        }
        if !damage.is_empty() {
            // Otherwise the next start finds the same again.
            manifest
                .write(dir, &options.disk)
                .map_err(io::Error::from)
                .map_err(OpenError::io("write the manifest of", dir))?;
        }
        // Nothing is left of a series that neither a block nor the log has points of.
        state.index.forget_before(i64::MIN + 1);
        if catalogue.names() > 2 * (state.index.len() + 1000) {
            rewrite(&mut catalogue, &mut manifest, &state, dir, &options.disk);
        }
        let believed = Believed::new(manifest.at, (options.now)(), Instant::now());
        let writer = Writer {
            dir: dir.to_owned(),
            head_since: (!state.head.is_empty()).then(Instant::now),
            state: Arc::new(RwLock::new(state)),
            log,
            catalogue,
            ids: Arc::new(AtomicU64::new(manifest.next_block)),
            manifest,
            options,
            queue: Arc::default(),
            unlisted,
            log_to: 0,
            flushing: false,
            merging: false,
            retry_flush_at: None,
            retry_merge_at: None,
            put_off: BTreeMap::new(),
            believed,
            stuck: None,
            forgot_at: Instant::now(),
            copies: Vec::new(),
            frozen_copies: Vec::new(),
            failure: Arc::new(watch::Sender::new(None)),
            jobs: Vec::new(),
            newcomers: Newcomers::default(),
            payload: Encoder::new(),
            _lock: lock,
        };
        let (state, queue, failure) = (
            writer.state.clone(),
            writer.queue.clone(),
            writer.failure.clone(),
        );
        let thread = std::thread::Builder::new().name("series-writer".to_owned());
        let thread = thread.spawn(move || writer.run());
        let thread = thread.map_err(OpenError::io("start a thread for", dir))?;
        Ok(Self {
            inner: Arc::new(Inner {
                state,
                queue,
                failure,
                writer: Mutex::new(Some(thread)),
                damage,
            }),
        })
    }

    /// What was damaged when the folder was opened, by its files. They stay beside the others under names that end in
    /// `.damaged`.
    pub fn damage(&self) -> &[String] {
        &self.inner.damage
    }

    /// Adds samples of an account, all or none. They are durable and seen by questions when this returns. A
    /// caller that stops waiting does not know whether they were added.
    ///
    /// # Errors
    /// There are too many, in this call, in the queue or as series; the disk.
    pub async fn append(&self, account: &str, samples: Vec<Sample>) -> Result<(), AppendError> {
        let whole = self.push(account, samples, Taken::Whole);
        whole.await.map(|_| ())
    }

    /// As [`Series::append`], but samples of series that there may not be are left out, and the others there.
    /// Returns how many were left out.
    ///
    /// # Errors
    /// As [`Series::append`], but for those about the number and names of series.
    pub async fn append_partly(
        &self,
        account: &str,
        samples: Vec<Sample>,
    ) -> Result<usize, AppendError> {
        self.push(account, samples, Taken::Partly).await
    }

    /// As [`Series::append_partly`], of what wharf itself measures: its names are not the account's to invent, and it
    /// would be lost, so it begins series however many the account began in the minute. Those of [`crate::NO_REGION`] go some
    /// way beyond the account's bounds.
    ///
    /// # Errors
    /// As [`Series::append_partly`].
    pub async fn append_own(
        &self,
        account: &str,
        samples: Vec<Sample>,
    ) -> Result<usize, AppendError> {
        self.push(account, samples, Taken::Own).await
    }

    async fn push(
        &self,
        account: &str,
        samples: Vec<Sample>,
        taken: Taken,
    ) -> Result<usize, AppendError> {
        let bytes = samples.iter().map(Sample::weight).sum();
        if samples.len() > MAX_SAMPLES || bytes > MAX_BYTES {
            return Err(AppendError::TooLarge);
        }
        if samples.is_empty() {
            return Ok(0);
        }
        let (reply, answer) = oneshot::channel();
        let request = Request {
            samples,
            bytes,
            taken,
            reply,
        };
        self.inner.queue.push(account, request)?;
        answer.await.unwrap_or(Err(AppendError::Closed))
    }

    /// The units of a metric, each with its series.
    pub fn units(&self, metric: &Metric) -> Vec<(String, u32)> {
        match metric.prefix() {
            Ok(prefix) => self.inner.state.read().index.units(&prefix),
            Err(_) => Vec::new(),
        }
    }

    /// The number of a series.
    pub fn number(&self, key: &Key) -> Option<u32> {
        self.inner.state.read().index.find(&key.0)
    }

    /// The series of a number.
    pub fn key(&self, number: u32) -> Option<Key> {
        self.inner.state.read().index.key(number).map(Key)
    }

    /// Metrics of an account and region, of a namespace and of a name where they are given, in order; with
    /// the key to go on after, which may be gone by then. Their last samples are not before `since`, and `fits` accepts them. Nobody who
    /// reads or writes waits for `fits`.
    pub async fn list(
        &self,
        of: (&str, &str),
        namespace: Option<&str>,
        name: Option<&str>,
        selection: (Option<Key>, i64, usize),
        fits: impl Fn(&Metric) -> bool + Send + Sync,
    ) -> (Vec<Listed>, Option<Key>) {
        let Some(mut listing) = Listing::new(of, namespace, name, selection, fits) else {
            return (Vec::new(), None);
        };
        while !listing.step(|start, after| self.keys(start, after)) {
            tokio::task::yield_now().await;
        }
        listing.end()
    }

    /// The same where `fits` may take long. Blocks while it goes through them.
    pub fn list_blocking(
        &self,
        of: (&str, &str),
        namespace: Option<&str>,
        name: Option<&str>,
        selection: (Option<Key>, i64, usize),
        fits: impl Fn(&Metric) -> bool,
    ) -> (Vec<Listed>, Option<Key>) {
        let Some(mut listing) = Listing::new(of, namespace, name, selection, fits) else {
            return (Vec::new(), None);
        };
        while !listing.step(|start, after| self.keys(start, after)) {}
        listing.end()
    }

    fn keys(&self, start: &str, after: Option<&str>) -> Vec<(Arc<str>, i64)> {
        self.inner.state.read().index.keys(start, after, STRETCH)
    }

    /// The namespaces of an account and region, in order; at most so many.
    pub fn namespaces(&self, account: &str, region: &str, most: usize) -> Vec<String> {
        match key::start(&[account, region]) {
            Ok(start) => self.inner.state.read().index.namespaces(&start, most),
            Err(_) => Vec::new(),
        }
    }

    /// The points of series, in the order that they are given. Blocks while it reads.
    ///
    /// # Errors
    /// The disk's, or what it holds is damaged.
    pub fn read_blocking(
        &self,
        series: &[u32],
        span: Span,
    ) -> Result<Vec<Vec<(i64, Summary)>>, ReadError> {
        self.gather(|| Reading::new(series, span))
    }

    /// The points of series as they are kept, each in the resolution that it has by now: from `from` until before
    /// `to`, in seconds. Blocks while it reads.
    ///
    /// # Errors
    /// As [`Series::read_blocking`].
    pub fn stored_blocking(
        &self,
        series: &[u32],
        from: i64,
        to: i64,
    ) -> Result<Vec<Vec<(i64, Summary)>>, ReadError> {
        self.gather(|| Reading::stored(series, from, to))
    }

    fn gather(
        &self,
        reading_of: impl Fn() -> Reading,
    ) -> Result<Vec<Vec<(i64, Summary)>>, ReadError> {
        let reading = reading_of();
        // What is new first: it would be missed if it went to a block in between, and could be seen twice if
        // blocks were looked at later than the head.
        let (reading, newest, sources) = {
            let state = self.inner.state.read();
            let mut newest = reading_of();
            newest.head(&state.head);
            let sources = Sources {
                blocks: reading.blocks(&state.blocks),
                frozen: state.frozen.clone(),
            };
            (reading, newest, sources)
        };
        Ok(read::read(reading, sources, newest)?)
    }

    /// The same, apart from the tasks that serve others.
    ///
    /// # Errors
    /// As [`Series::read_blocking`].
    pub async fn read(
        &self,
        series: Vec<u32>,
        span: Span,
    ) -> Result<Vec<Vec<(i64, Summary)>>, ReadError> {
        let own = self.clone();
        let read = tokio::task::spawn_blocking(move || own.read_blocking(&series, span)).await;
        read.unwrap_or_else(|error| Err(io::Error::other(error).into()))
    }

    pub fn usage(&self) -> Usage {
        let state = self.inner.state.read();
        let frozen = state.frozen.as_ref().map_or(0, |it| it.bytes);
        Usage {
            series: state.index.len(),
            blocks: state.blocks.len(),
            block_bytes: state.blocks.iter().map(|it| it.bytes).sum(),
            head_bytes: state.head.bytes + frozen,
        }
    }

    /// Waits until nothing more is written, which only opening the folder again changes, and returns why.
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

    /// Everything that was added so far, to be written elsewhere while this goes on.
    ///
    /// # Errors
    /// It is closed.
    pub async fn copy(&self) -> Result<Copy, AppendError> {
        let (reply, answer) = oneshot::channel();
        self.inner.queue.tell(Done::Copy(reply));
        answer.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Finishes what is under way and gives the folder free. Other handles find it closed.
    pub async fn close(self) {
        self.inner.queue.close();
        let thread = self.inner.writer.lock().take();
        if let Some(thread) = thread {
            // Joining fails only if the writer panicked, which has been reported.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.writer.lock().take() {
            let _ = thread.join();
        }
    }
}

/// All series and points of one moment; files stay readable whatever is removed from the folder.
#[derive(Debug, Clone)]
pub struct Copy {
    pub(crate) blocks: Vec<Arc<Block>>,
    pub(crate) series: Vec<(u32, Arc<str>)>,
    pub(crate) next_block: u64,
}

impl Copy {
    /// Makes `dir` a folder that can be opened. Blocks while it writes; returns the bytes of the blocks.
    ///
    /// # Errors
    /// The disk's.
    pub fn write(&self, dir: &Path) -> io::Result<u64> {
        let disk = Disk::default();
        let catalogue_dir = dir.join("catalogue");
        std::fs::create_dir_all(&catalogue_dir)?;
        let mut bytes = 0;
        for block in &self.blocks {
            let mut from = block.reader();
            let to = block::path(dir, block.of.id);
            let mut out = std::fs::File::create(&to)?;
            bytes += io::copy(&mut from, &mut out)?;
            out.sync_all()?;
        }
        let mut catalogue =
            Catalogue::open(&catalogue_dir, &disk, 1, |_, _| ()).map_err(io::Error::other)?;
        catalogue.add(&self.series).map_err(io::Error::other)?;
        let manifest = Manifest {
            next_block: self.next_block,
            blocks: self.blocks.iter().map(|it| it.of).collect(),
            ..Manifest::default()
        };
        manifest.write(dir, &disk).map_err(io::Error::from)?;
        Ok(bytes)
    }
}

fn log_options(options: &Options) -> LogOptions {
    LogOptions {
        magic: MAGIC,
        segment_bytes: SEGMENT_BYTES,
        grow_bytes: GROW_BYTES,
        reserve_bytes: 0,
        salvage: true,
        disk: options.disk.clone(),
    }
}

/// The manifest, and what is damaged of it. Without one nobody knows which blocks count or where the logs begin: all
/// are put aside.
fn manifest(dir: &Path) -> Result<(Manifest, Vec<String>), OpenError> {
    let error = match Manifest::read(dir) {
        Ok(manifest) => return Ok((manifest, Vec::new())),
        Err(error) if error::is_damage(&error) => error,
        Err(error) => return Err(OpenError::io("read the manifest of", dir)(error)),
    };
    let path = dir.join(manifest::NAME);
    let mut aside = vec![dir.join("log"), dir.join("catalogue")];
    for entry in std::fs::read_dir(dir).map_err(OpenError::io("list", dir))? {
        let entry = entry.map_err(OpenError::io("list", dir))?;
        if entry.file_name().to_str().and_then(block::id_of).is_some() {
            aside.push(entry.path());
        }
    }
    // Last: until then the next start does the same.
    aside.push(path.clone());
    aside.iter().try_for_each(|it| put_aside(it))?;
    let damage = format!("{}, and with it all others: {error}", path.display());
    Ok((Manifest::default(), vec![damage]))
}

/// Leaves a file or folder beside the others, under another name.
fn put_aside(path: &Path) -> Result<(), OpenError> {
    let mut aside = path.with_added_extension("damaged");
    for number in 2.. {
        match aside.try_exists() {
            Ok(true) => aside = path.with_added_extension(format!("damaged-{number}")),
            _ => break,
        }
    }
    match std::fs::rename(path, &aside) {
        // A start that was cut short did it, or the disk lost it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        moved => moved.map_err(OpenError::io("put aside", path)),
    }
}

/// Which series a block has points of, and until when.
fn see_series(block: &Block, state: &mut State) -> io::Result<()> {
    for page in 0..block.pages() {
        for entry in block.page(page)? {
            state.index.keep_free(entry.series);
            state.index.seen(entry.series, entry.last);
        }
    }
    Ok(())
}

/// A catalogue that cannot be rewritten now is at the next opening.
fn rewrite(
    catalogue: &mut Catalogue,
    manifest: &mut Manifest,
    state: &State,
    dir: &Path,
    disk: &Disk,
) {
    let rewritten = catalogue
        .rewrite(&state.index.all())
        .map_err(io::Error::other);
    let settled = rewritten.and_then(|first| {
        let next = Manifest {
            catalogue_from: first,
            ..manifest.clone()
        };
        next.write(dir, disk).map_err(io::Error::from)?;
        *manifest = next;
        catalogue.remove_before(first).map_err(io::Error::other)
    });
    if let Err(error) = settled {
        tracing::warn!(%error, "rewriting the catalogue of metrics failed, the next start will retry");
    }
}

/// Blocks that no manifest names: of a job that a crash cut short, or replaced.
fn remove_leftovers(dir: &Path, manifest: &Manifest) -> Result<(), OpenError> {
    let named: HashSet<u64> = manifest.blocks.iter().map(|it| it.id).collect();
    for entry in std::fs::read_dir(dir).map_err(OpenError::io("list", dir))? {
        let entry = entry.map_err(OpenError::io("list", dir))?;
        let id = entry.file_name().to_str().and_then(block::id_of);
        if id.is_some_and(|id| !named.contains(&id)) {
            std::fs::remove_file(entry.path()).map_err(OpenError::io("remove", entry.path()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wharf_wal::Encoder;

    use super::*;

    proptest! {
        /// So that no group of requests is more than a frame holds.
        #[test]
        fn a_sample_takes_no_more_than_its_weight(
            values in prop::collection::vec((-1e300f64..1e300, prop::sample::select(vec![1.0, 0.5, 1e14])), 1..200),
            name in "[a-z]{1,255}",
            at in 0i64..1 << 40,
            number in any::<u32>(),
        ) {
            let metric = Metric { account: String::new(), region: String::new(), namespace: String::new(), name, dimensions: Vec::new() };
            let sample = Sample {
                key: metric.key("None").unwrap(),
                tier: Tier::Second,
                at,
                summary: Summary::of(values).unwrap(),
            };
            let mut out = Encoder::new();
            let all = [(number, sample.tier, at, &sample.summary)];
            frame::encode(&[(number, sample.key.0.clone())], all.into_iter(), &mut out);
            prop_assert!(out.as_slice().len() <= sample.weight());
        }
    }
}
