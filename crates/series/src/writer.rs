//! The one thread that writes. Invariants: an append is answered after its samples are durable and visible; the
//! head holds nothing that the log does not; blocks count once the manifest names them, and only then the log
//! begins behind what they hold; when the log has failed, nothing more is written.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{Arc, atomic::AtomicU64, atomic::Ordering},
    time::{Duration, Instant},
};

use parking_lot::RwLock;
use tokio::sync::{oneshot, watch};
use wharf_wal::{Encoder, FolderLock, Log, Purpose, ReplaceError};

use crate::{
    AppendError, Tier,
    block::{self, Block, Of},
    catalogue::Catalogue,
    clock::Believed,
    frame,
    head::Head,
    index::{Index, Share},
    key,
    manifest::Manifest,
    merge::{self, Stretch},
    queue::{Queue, Request, Taken, Work},
    series::{Copy, Options},
};

/// After a failure, for a disk without room say, the next attempt waits this long.
const RETRY: Duration = Duration::from_secs(30);
/// How long new series of an account are counted together.
const NEWCOMERS_OVER: Duration = Duration::from_secs(60);
/// A stretch whose blocks cannot be merged is passed over for longer each time, up to this.
const PUT_OFF: Duration = Duration::from_secs(3600);
/// How often it is looked whether something is due.
const PATIENCE: Duration = Duration::from_secs(5);
/// Series of wharf's own that are of no region: they are few, and what they say of other samples must be there with them. So
/// an account may have as many beyond its bounds, all accounts together ten times that, and bytes of names for each.
const BEYOND: usize = 10_000;
const BEYOND_NAME_BYTES: usize = 256 * BEYOND;
const ACCOUNTS_BEYOND: usize = 10;
/// How often series of which nothing is left are looked for.
const FORGETTING: Duration = Duration::from_secs(3600);

/// What is known: read by questions, changed by the writer alone.
#[derive(Debug, Default)]
pub struct State {
    pub index: Index,
    pub head: Head,
    /// A head that is being written to blocks.
    pub frozen: Option<Arc<Head>>,
    pub blocks: Vec<Arc<Block>>,
}

/// What others tell the writer.
#[derive(Debug)]
pub enum Done {
    Flushed(io::Result<Vec<Block>>),
    /// The inputs of a job, and what they became.
    Merged(Vec<Of>, io::Result<Option<Block>>),
    Copy(oneshot::Sender<Result<Copy, AppendError>>),
}

pub struct Writer {
    pub dir: PathBuf,
    pub options: Options,
    pub state: Arc<RwLock<State>>,
    pub log: Log,
    pub catalogue: Catalogue,
    pub manifest: Manifest,
    pub ids: Arc<AtomicU64>,
    pub queue: Arc<Queue>,
    /// Series that are in the log alone.
    pub unlisted: Vec<(u32, Arc<str>)>,
    pub head_since: Option<Instant>,
    /// Where the log begins once the frozen head is in blocks.
    pub log_to: u64,
    pub flushing: bool,
    pub merging: bool,
    pub retry_flush_at: Option<Instant>,
    pub retry_merge_at: Option<Instant>,
    /// Stretches whose merging failed: until when they are passed over, and how long that is.
    pub put_off: BTreeMap<Stretch, (Instant, Duration)>,
    pub believed: Believed,
    /// Why the head cannot be written to blocks at this time.
    pub stuck: Option<String>,
    pub forgot_at: Instant,
    /// Who waits for a copy that the next head is in.
    pub copies: Vec<oneshot::Sender<Result<Copy, AppendError>>>,
    /// Who waits for one that the frozen head is in.
    pub frozen_copies: Vec<oneshot::Sender<Result<Copy, AppendError>>>,
    pub failure: Arc<watch::Sender<Option<String>>>,
    pub jobs: Vec<std::thread::JoinHandle<()>>,
    pub newcomers: Newcomers,
    pub payload: Encoder,
    pub _lock: FolderLock,
}

impl Writer {
    pub fn run(mut self) {
        let _fallen = Fallen {
            queue: self.queue.clone(),
            failure: self.failure.clone(),
        };
        loop {
            let full = self.state.read().head.bytes >= self.options.head_bytes;
            // Nobody waits for a full head that cannot be written.
            let refusal = self.stuck.clone().filter(|_| full);
            let may_grow = !(full && self.state.read().frozen.is_some());
            match self.queue.next(may_grow || refusal.is_some(), PATIENCE) {
                Work::Append(group) => match refusal {
                    None => self.commit(group),
                    Some(reason) => refuse(group, &reason),
                },
                Work::Done(Done::Flushed(flushed)) => self.take_flushed(flushed),
                Work::Done(Done::Merged(inputs, merged)) => self.take_merged(&inputs, merged),
                Work::Done(Done::Copy(reply)) => self.copies.push(reply),
                Work::Idle => {}
                Work::Close => break,
            }
            self.flush_if_due();
            self.merge_if_due();
            self.copy_if_asked();
            self.forget_if_due();
            self.jobs.retain(|it| !it.is_finished());
        }
        for job in self.jobs {
            // A job that panicked has been reported; what it wrote no manifest names.
            let _ = job.join();
        }
    }

    fn commit(&mut self, group: Vec<Request>) {
        let mut fresh = Fresh::default();
        let mut taken = Vec::with_capacity(group.len());
        self.newcomers.begin(Instant::now());
        {
            let state = self.state.read();
            for mut request in group {
                let all = request.samples.len();
                let limits = (&self.options, &self.newcomers);
                match fresh.resolve(&state.index, limits, &mut request) {
                    Ok(numbers) => {
                        let left_out = all - request.samples.len();
                        if numbers.is_empty() {
                            let _ = request.reply.send(Ok(left_out));
                            continue;
                        }
                        taken.push((request, numbers, left_out));
                    }
                    Err(error) => drop(request.reply.send(Err(error))),
                }
            }
        }
        if taken.is_empty() {
            return;
        }
        let samples: Vec<_> = taken
            .iter()
            .flat_map(|(request, numbers, _)| request.samples.iter().zip(numbers))
            .map(|(it, number)| (*number, it.tier, it.at, &it.summary))
            .collect();
        self.payload.clear();
        frame::encode(&fresh.series, samples.into_iter(), &mut self.payload);
        if let Err(error) = self.log.append(self.payload.as_slice(), Purpose::Growth) {
            if let wharf_wal::AppendError::Failed { reason, .. } = &error {
                self.fail(reason.clone());
            }
            let error = AppendError::from(error);
            for (request, ..) in taken {
                let _ = request.reply.send(Err(error.clone()));
            }
            return;
        }
        self.head_since.get_or_insert_with(Instant::now);
        for (account, share) in &fresh.of_account {
            self.newcomers.add(account, share.series);
        }
        let mut replies = Vec::with_capacity(taken.len());
        {
            let mut state = self.state.write();
            for (number, key) in &fresh.series {
                state.index.insert(*number, key.clone());
            }
        }
        for (request, numbers, left_out) in taken {
            // Questions come in between.
            let mut state = self.state.write();
            for (sample, number) in request.samples.into_iter().zip(numbers) {
                state.index.seen(number, sample.at);
                state
                    .head
                    .add(number, sample.tier, sample.at, sample.summary);
            }
            replies.push((request.reply, left_out));
        }
        self.unlisted.append(&mut fresh.series);
        for (reply, left_out) in replies {
            // A caller that went away has no use for the answer.
            let _ = reply.send(Ok(left_out));
        }
    }

    fn flush_if_due(&mut self) {
        let waits = self.retry_flush_at.is_some_and(|at| Instant::now() < at);
        if self.flushing || waits {
            return;
        }
        if self.state.read().frozen.is_none() {
            let old = self
                .head_since
                .is_some_and(|it| it.elapsed() >= self.options.head_age);
            let large = self.state.read().head.bytes >= self.options.head_bytes;
            let wanted = large || old || !self.copies.is_empty();
            if !wanted || self.state.read().head.is_empty() {
                return;
            }
            if let Err(error) = self.freeze() {
                if let wharf_wal::AppendError::Failed { reason, .. } = &error {
                    self.fail(reason.clone());
                }
                self.hold_up(error.to_string());
                return;
            }
        }
        let Some(frozen) = self.state.read().frozen.clone() else {
            return;
        };
        let (dir, disk, ids) = (
            self.dir.clone(),
            self.options.disk.clone(),
            self.ids.clone(),
        );
        self.retry_flush_at = None;
        let work = move || merge::flush(&dir, &disk, &ids, &frozen);
        match self.spawn("series-flush", work, Done::Flushed) {
            Ok(()) => self.flushing = true,
            Err(error) => self.hold_up(error.to_string()),
        }
    }

    /// The head stays where it is for a while, and who waits for what it holds is told so.
    fn hold_up(&mut self, reason: String) {
        tracing::warn!(reason, "writing metrics to blocks failed, will retry");
        self.retry_flush_at = Some(Instant::now() + RETRY);
        let waiting = self.copies.drain(..).chain(self.frozen_copies.drain(..));
        for reply in waiting {
            let reason = reason.clone();
            let _ = reply.send(Err(AppendError::Later { reason }));
        }
        self.stuck = Some(reason);
    }

    /// Names first: no block may have points of a series that nobody knows.
    fn freeze(&mut self) -> Result<(), wharf_wal::AppendError> {
        self.catalogue.add(&self.unlisted)?;
        self.unlisted.clear();
        self.log.rotate()?;
        self.log_to = self.log.active_segment();
        self.head_since = None;
        self.frozen_copies.append(&mut self.copies);
        let mut state = self.state.write();
        let head = std::mem::take(&mut state.head);
        state.frozen = Some(Arc::new(head));
        Ok(())
    }

    fn take_flushed(&mut self, flushed: io::Result<Vec<Block>>) {
        self.flushing = false;
        let made = flushed.and_then(|blocks| {
            let mut next = self.manifest.clone();
            next.blocks.extend(blocks.iter().map(|it| it.of));
            next.log_from = self.log_to;
            self.settle(next, &blocks)?;
            Ok(blocks)
        });
        match made {
            Ok(blocks) => {
                self.stuck = None;
                let mut state = self.state.write();
                state.blocks.extend(blocks.into_iter().map(Arc::new));
                state.frozen = None;
                drop(state);
                let waiting = std::mem::take(&mut self.frozen_copies);
                self.hand_out(waiting);
                if let Err(error) = self.log.remove_before(self.log_to) {
                    tracing::warn!(%error, "removing old metrics from the log failed, the next start will");
                }
            }
            Err(error) => self.hold_up(error.to_string()),
        }
    }

    /// By which points are over.
    fn now(&mut self) -> i64 {
        let clock = (self.options.now)();
        self.believed
            .now(clock, Instant::now(), self.options.jump_lasts)
    }

    /// From now on this manifest counts. If it cannot, the blocks that it is the first to name go.
    fn settle<'a>(
        &mut self,
        mut next: Manifest,
        made: impl IntoIterator<Item = &'a Block>,
    ) -> io::Result<()> {
        next.next_block = self.ids.load(Ordering::Relaxed);
        next.at = Some(self.now());
        match next.write(&self.dir, &self.options.disk) {
            Ok(()) => {
                self.manifest = next;
                Ok(())
            }
            Err(error) => {
                // It may be what the next start finds otherwise.
                if let ReplaceError::Unchanged(_) = error {
                    made.into_iter()
                        .for_each(|it| block::remove(&self.dir, &self.options.disk, it.of));
                }
                Err(error.into())
            }
        }
    }

    fn merge_if_due(&mut self) {
        let waits = self.retry_merge_at.is_some_and(|at| Instant::now() < at);
        if self.merging || waits {
            return;
        }
        let now = self.now();
        let blocks = self.state.read().blocks.clone();
        let named: Vec<(Of, u64)> = blocks.iter().map(|it| (it.of, it.bytes)).collect();
        self.put_off.retain(|it, _| {
            let is_there = |of: &Of| (of.tier, of.from) == *it;
            named.iter().any(|(of, _)| is_there(of))
        });
        let is_put_off = |it: &Stretch| {
            let until = self.put_off.get(it);
            until.is_some_and(|it| Instant::now() < it.0)
        };
        let Some(job) = merge::due(&named, now, is_put_off) else {
            return;
        };
        self.retry_merge_at = None;
        let Some((tier, from)) = job.into else {
            self.take_merged(&job.inputs, Ok(None));
            return;
        };
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        let inputs: Vec<Arc<Block>> = blocks
            .into_iter()
            .filter(|it| job.inputs.contains(&it.of))
            .collect();
        let (dir, disk, state) = (
            self.dir.clone(),
            self.options.disk.clone(),
            self.state.clone(),
        );
        let work = move || {
            let known = |series| state.read().index.is_known(series);
            let of = Of { tier, from, id };
            merge::merge(&dir, &disk, of, &inputs, &known)
        };
        let named = job.inputs.clone();
        let done = move |merged: io::Result<Block>| Done::Merged(named, merged.map(Some));
        match self.spawn("series-merge", work, done) {
            Ok(()) => self.merging = true,
            Err(error) => self.take_merged(&job.inputs, Err(error)),
        }
    }

    fn take_merged(&mut self, inputs: &[Of], merged: io::Result<Option<Block>>) {
        self.merging = false;
        let made = merged.and_then(|made| {
            let mut next = self.manifest.clone();
            next.blocks.retain(|it| !inputs.contains(it));
            next.blocks.extend(made.iter().map(|it| it.of));
            self.settle(next, &made)?;
            Ok(made)
        });
        match made {
            Ok(made) => {
                let mut state = self.state.write();
                state.blocks.retain(|it| !inputs.contains(&it.of));
                state.blocks.extend(made.map(Arc::new));
                drop(state);
                for of in inputs {
                    let path = block::path(&self.dir, of.id);
                    if let Err(error) = self.options.disk.remove(&path) {
                        tracing::warn!(path = %path.display(), %error, "removing an old block of metrics failed, the next start will");
                    }
                }
            }
            Err(error) => {
                tracing::warn!(%error, "merging blocks of metrics failed, will retry");
                let now = Instant::now();
                self.retry_merge_at = Some(now + RETRY);
                // Others come first then.
                if let Some(of) = inputs.first() {
                    let before = self.put_off.get(&(of.tier, of.from));
                    let long = before.map_or(2 * RETRY, |it| (it.1 * 2).min(PUT_OFF));
                    self.put_off.insert((of.tier, of.from), (now + long, long));
                }
            }
        }
    }

    /// A copy is made of blocks alone.
    fn copy_if_asked(&mut self) {
        if self.copies.is_empty() {
            return;
        }
        let state = self.state.read();
        let is_whole = state.head.is_empty() && state.frozen.is_none();
        drop(state);
        if is_whole {
            let waiting = std::mem::take(&mut self.copies);
            self.hand_out(waiting);
        }
    }

    fn hand_out(&self, waiting: Vec<oneshot::Sender<Result<Copy, AppendError>>>) {
        if waiting.is_empty() {
            return;
        }
        let state = self.state.read();
        let copy = Copy {
            blocks: state.blocks.clone(),
            series: state.index.all(),
            next_block: self.ids.load(Ordering::Relaxed),
        };
        drop(state);
        for reply in waiting {
            let _ = reply.send(Ok(copy.clone()));
        }
    }

    fn forget_if_due(&mut self) {
        if self.forgot_at.elapsed() < FORGETTING {
            return;
        }
        self.forgot_at = Instant::now();
        let since = self.now() - Tier::Hour.kept() - Tier::Hour.stretch();
        self.state.write().index.forget_before(since);
    }

    /// Works apart; what comes of it is told, a panic too.
    fn spawn<T>(
        &mut self,
        name: &str,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
        done: impl FnOnce(io::Result<T>) -> Done + Send + 'static,
    ) -> io::Result<()> {
        let queue = self.queue.clone();
        let named = std::thread::Builder::new().name(name.to_owned());
        let job = named.spawn(move || {
            // What a job works with is not used after it.
            let worked = catch_unwind(AssertUnwindSafe(work));
            let worked = worked.unwrap_or_else(|_| Err(io::Error::other("the work panicked")));
            queue.tell(done(worked));
        })?;
        self.jobs.push(job);
        Ok(())
    }

    fn fail(&self, reason: String) {
        self.failure.send_if_modified(|it| {
            let first = it.is_none();
            it.get_or_insert(reason);
            first
        });
    }
}

fn refuse(group: Vec<Request>, reason: &str) {
    for request in group {
        let reason = reason.to_owned();
        let _ = request.reply.send(Err(AppendError::Later { reason }));
    }
}

/// Tells everybody if the writer panics: nobody waits for it then, and the server ends as it does after a failure.
struct Fallen {
    queue: Arc<Queue>,
    failure: Arc<watch::Sender<Option<String>>>,
}

impl Drop for Fallen {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.failure
                .send_replace(Some("the writer of metrics panicked".to_owned()));
            self.queue.abandon();
        }
    }
}

/// Series that accounts began within a minute.
#[derive(Debug, Default)]
pub struct Newcomers {
    since: Option<Instant>,
    of_account: HashMap<String, usize>,
}

impl Newcomers {
    /// Begins another minute when the last is over.
    fn begin(&mut self, now: Instant) {
        if self.since.is_none_or(|it| now >= it + NEWCOMERS_OVER) {
            self.since = Some(now);
            self.of_account.clear();
        }
    }

    fn of(&self, account: &str) -> usize {
        self.of_account.get(account).copied().unwrap_or_default()
    }

    fn add(&mut self, account: &str, series: usize) {
        if series > 0 {
            *self.of_account.entry(account.to_owned()).or_default() += series;
        }
    }
}

/// Series that a group of requests is the first to have samples of.
#[derive(Default)]
struct Fresh {
    numbers: HashMap<Arc<str>, u32>,
    series: Vec<(u32, Arc<str>)>,
    of_account: HashMap<String, Share>,
    bytes: usize,
}

impl Fresh {
    /// The number of each sample's series. All of a request's or none, if it does not take less: then those
    /// are dropped from it whose series may not be.
    fn resolve(
        &mut self,
        index: &Index,
        limits: (&Options, &Newcomers),
        request: &mut Request,
    ) -> Result<Vec<u32>, AppendError> {
        let before = self.series.len();
        let mut numbers = Vec::with_capacity(request.samples.len());
        let mut left_out = Vec::new();
        for (at, sample) in request.samples.iter().enumerate() {
            let key = &sample.key.0;
            if let Some(number) = index.find(key).or_else(|| self.numbers.get(key).copied()) {
                numbers.push(number);
                continue;
            }
            let account = key::account(key);
            let beyond = request.taken == Taken::Own && key::is_of_no_region(key);
            let refused = self.refused(index, limits.0, (account, key.len()), beyond);
            let refused = refused.or_else(|| match request.taken {
                Taken::Own => None,
                Taken::Whole | Taken::Partly => self.too_fast(limits, account),
            });
            if let Some(refused) = refused {
                if request.taken != Taken::Whole {
                    left_out.push(at);
                    continue;
                }
                self.give_back(before);
                return Err(refused);
            }
            let number = index.next() + self.series.len() as u32;
            let own = self.of_account.entry(account.to_owned()).or_default();
            own.series += 1;
            own.bytes += key.len();
            self.bytes += key.len();
            self.numbers.insert(key.clone(), number);
            self.series.push((number, key.clone()));
            numbers.push(number);
        }
        let (mut at, mut left_out) = (0, left_out.into_iter().peekable());
        request.samples.retain(|_| {
            at += 1;
            left_out.next_if_eq(&(at - 1)).is_none()
        });
        Ok(numbers)
    }

    /// Why an account may have no further series with a name of so many bytes.
    fn refused(
        &self,
        index: &Index,
        options: &Options,
        (account, bytes): (&str, usize),
        is_beyond: bool,
    ) -> Option<AppendError> {
        let beyond = |it: usize| if is_beyond { it } else { 0 };
        let fresh = self.of_account.get(account).copied().unwrap_or_default();
        let known = index.of_account(account);
        let most = options.most_series_of_account;
        let (own, all) = (beyond(BEYOND), beyond(BEYOND * ACCOUNTS_BEYOND));
        if known.series + fresh.series >= most.saturating_add(own)
            || index.len() + self.series.len() >= options.most_series.saturating_add(all)
        {
            return Some(AppendError::TooManySeries { most });
        }
        let most = options.most_name_bytes_of_account;
        let own = beyond(BEYOND_NAME_BYTES);
        let all = beyond(BEYOND_NAME_BYTES * ACCOUNTS_BEYOND);
        let too_long = known.bytes + fresh.bytes + bytes > most.saturating_add(own)
            || index.bytes() + self.bytes + bytes > options.most_name_bytes.saturating_add(all);
        too_long.then_some(AppendError::NamesTooLong { most })
    }

    /// Whether an account has begun as many in this minute as it may.
    fn too_fast(
        &self,
        (options, newcomers): (&Options, &Newcomers),
        account: &str,
    ) -> Option<AppendError> {
        let fresh = self.of_account.get(account).copied().unwrap_or_default();
        let most = options.most_new_series_of_account;
        let too_fast = newcomers.of(account) + fresh.series >= most;
        too_fast.then_some(AppendError::TooManyNewSeries { most })
    }

    fn give_back(&mut self, to: usize) {
        for (_, key) in self.series.drain(to..) {
            self.numbers.remove(&key);
            self.bytes -= key.len();
            if let Some(own) = self.of_account.get_mut(key::account(&key)) {
                own.series -= 1;
                own.bytes -= key.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newcomers_are_counted_by_the_minute() {
        let (mut all, now) = (Newcomers::default(), Instant::now());
        all.begin(now);
        all.add("a", 3);
        all.begin(now + NEWCOMERS_OVER / 2);
        assert_eq!((all.of("a"), all.of("b")), (3, 0));
        all.begin(now + NEWCOMERS_OVER);
        assert_eq!(all.of("a"), 0);
    }
}
