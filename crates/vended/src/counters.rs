//! Counts of wharf's own services: summed up in memory by the minute in which something happened, and put into the
//! store of samples when that minute is over.
//!
//! Each change is also in a file ([`crate::log`]) before whoever counts goes on, by one append for those that are counted
//! together ([`Counters::together`]), so that the process after one that was killed has the same sums. What is put is a batch
//! with a name, written down first and put once under it: the next process puts again what it finds, and the store knows what
//! it has. What the store refuses, or takes too long over, is put again with the next minute, within a bound, and is in the
//! files meanwhile. A process that is asked to end puts what it has, once nobody counts any more ([`Counters::finish`]); what
//! it cannot put then is the next one's.
//!
//! Each account has one append a minute, whatever number of regions it counts in, and none waits for another. What is
//! looked at when a minute is over is looked at then, also while minutes before are still being put.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher},
    io,
    path::Path,
    sync::Arc,
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;
use wharf_base::Clock;
use wharf_series::Summary;

use crate::{
    OfAccount, Subject, Vended,
    log::{self, Batch, Event, Log},
    places::Places,
    sums::{By, Change, Changed, Sum, Sums, Taken},
};

const MINUTE: i64 = 60;
/// Parts that accounts are spread over, so that requests of one seldom wait for those of another.
const SHARDS: usize = 16;
/// Points that the store refused, and that wait to be put again.
const MOST_LEFT: usize = 100_000;

/// A cheap handle. The default one keeps nothing.
#[derive(Debug, Clone, Default)]
pub struct Counters(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    clock: Arc<dyn Clock>,
    /// By account.
    shards: Vec<Mutex<Shard>>,
    taken: Taken,
    /// Where there are files: the last batch, and those that a process before this one may not have put.
    batches: Option<Mutex<Batches>>,
}

#[derive(Debug, Default)]
struct Shard {
    /// By the second in which they begin.
    minutes: BTreeMap<i64, Sums>,
    /// Number of the next sum.
    next: u64,
    places: Places,
    log: Option<Log>,
}

#[derive(Debug)]
struct Batches {
    last: Batch,
    /// Those that are to be put again.
    left: BTreeMap<Batch, Vec<OfAccount>>,
    /// Puts that have begun and not come to their end. One that was cancelled never does: the next process has the files.
    unfinished: usize,
}

impl Batches {
    fn begin(&mut self, now: i64) -> Batch {
        self.unfinished += 1;
        // A clock that was set back begins another run, so that no two batches have the same name.
        if now <= self.last.at {
            self.last.run = rand::random();
        }
        self.last.at = now;
        self.last
    }

    /// What could not be put of a batch waits, unless that is too much.
    fn leave(&mut self, batch: Batch, all: Vec<OfAccount>) {
        let count = |all: &[OfAccount]| all.iter().map(|it| it.1.len()).sum::<usize>();
        let waiting: usize = self.left.values().map(|it| count(it)).sum();
        let more = count(&all);
        if waiting.saturating_add(more) > MOST_LEFT {
            tracing::warn!(
                waiting,
                more,
                "too many metrics could not be kept; those of a minute are dropped"
            );
        } else if !all.is_empty() {
            self.left.entry(batch).or_default().extend(all);
        }
    }
}

impl Shard {
    fn change(&mut self, taken: &Taken, start: i64, by: By, subject: &Subject, change: Change<'_>) {
        let sums = self.minutes.entry(start).or_default();
        let (id, is_new) = match sums.change(taken, (by, self.next), subject, change) {
            Changed::Known(id) => (id, false),
            Changed::New(id) => (id, true),
            Changed::LeftOut => return,
        };
        self.next += u64::from(is_new);
        if let Some(log) = &mut self.log {
            let sum = Sum {
                id,
                by,
                subject,
                change,
            };
            log.change(start, &sum, is_new);
        }
    }

    /// Writes down what was changed in this turn.
    fn write(&mut self) {
        if let Some(log) = &mut self.log {
            log.write();
            if log.is_long() {
                self.begin_log_anew();
            }
        }
    }

    /// With what is counted now: what was taken is put, or lost.
    fn begin_log_anew(&mut self) {
        if let Some(log) = &mut self.log {
            let minutes = self.minutes.iter();
            let sums = minutes.flat_map(|(start, sums)| sums.all().map(|sum| (*start, sum)));
            log.rewrite(sums, &self.places);
        }
    }

    /// Takes what was counted in minutes that began before a second, by account.
    fn take(&mut self, before: i64, taken: &Taken) -> Vec<OfAccount> {
        let later = self.minutes.split_off(&before);
        let over = std::mem::replace(&mut self.minutes, later);
        let mut accounts: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (at, sums) in over {
            for (account, points) in sums.end(taken, at) {
                accounts.entry(account).or_default().extend(points);
            }
        }
        accounts.into_iter().collect()
    }

    /// What a process that was killed left in a file. Gives the batches that it may not have put.
    fn take_over(
        path: &Path,
        taken: &Taken,
        left: &mut BTreeMap<Batch, Vec<OfAccount>>,
    ) -> io::Result<Self> {
        let mut shard = Self::default();
        log::read(path, |event| match event {
            Event::Changed { sum, value } => {
                let change = Change {
                    name: sum.name,
                    unit: sum.unit,
                    value: &value,
                    adds: sum.adds,
                };
                let sums = shard.minutes.entry(sum.start).or_default();
                sums.change(taken, (sum.by, sum.id), &sum.subject, change);
                shard.next = shard.next.max(sum.id.saturating_add(1));
            }
            Event::Batch { before, batch } => {
                let all = shard.take(before, taken);
                left.entry(batch).or_default().extend(all);
            }
            Event::Reached { work, place } => shard.places.reach(&work, place),
            Event::Forgotten { work } => {
                shard.places.forget(&work);
            }
        })?;
        let mut log = Log::open(path)?;
        // What it has of batches is not in memory of the shard.
        log.keep_until_put();
        shard.log = Some(log);
        Ok(shard)
    }
}

/// What is looked at when a minute is over rather than counted as it happens.
pub type Look = Box<dyn Fn(&Minute<'_>) + Send + Sync>;

impl Counters {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self(Some(Arc::new(Inner {
            clock,
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            taken: Taken::default(),
            batches: None,
        })))
    }

    /// Goes on with what the process before this one counted and did not put, and has the next one do the same. The
    /// folder should be in memory, for whoever counts waits for what is written there.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn kept_in(clock: Arc<dyn Clock>, folder: &Path) -> io::Result<Self> {
        wharf_durable::private_folder(folder)?;
        let (taken, mut left) = (Taken::default(), BTreeMap::new());
        let shards = (0..SHARDS).map(|number| {
            let path = folder.join(format!("counts-{number:02}"));
            Shard::take_over(&path, &taken, &mut left).map(Mutex::new)
        });
        let shards = shards.collect::<io::Result<Vec<_>>>()?;
        let last = Batch {
            run: rand::random(),
            at: i64::MIN,
        };
        let batches = Batches {
            last,
            left,
            unfinished: 0,
        };
        Ok(Self(Some(Arc::new(Inner {
            clock,
            shards,
            taken,
            batches: Some(Mutex::new(batches)),
        }))))
    }

    /// Adds to a metric that is one sample a minute, the sum of what was added. Adding zero is a sample too.
    pub fn add(&self, subject: &Subject, name: &'static str, unit: &'static str, value: f64) {
        self.together(|counts| counts.add(subject, name, unit, value));
    }

    /// The same of one that happened.
    pub fn one(&self, subject: &Subject, name: &'static str) {
        self.add(subject, name, "Count", 1.0);
    }

    /// Adds a sample to a metric that has as many as there were values.
    pub fn sample(&self, subject: &Subject, name: &'static str, unit: &'static str, value: f64) {
        self.samples(subject, name, unit, [value]);
    }

    /// Adds a sample of each value.
    pub fn samples(
        &self,
        subject: &Subject,
        name: &'static str,
        unit: &'static str,
        values: impl IntoIterator<Item = f64>,
    ) {
        self.together(|counts| counts.samples(subject, name, unit, values));
    }

    /// Counts what happened at the same time: of one account it is written down by one append. `count` has the account to
    /// itself meanwhile, and must count by nothing else.
    pub fn together(&self, count: impl FnOnce(&mut Together<'_>)) {
        if let Some(inner) = &self.0 {
            let now = inner.clock.now().millis().div_euclid(1000);
            count(&mut Together {
                inner,
                start: now - now.rem_euclid(MINUTE),
                held: None,
            });
        }
    }

    /// How far some work has come that was counted ([`Together::reach`]), unless it has a record of that.
    pub fn reached(&self, account: &str, work: &str) -> Option<u64> {
        let inner = self.0.as_ref()?;
        let shard = inner.shards[inner.shard_of(account)].lock();
        shard.places.of(work)
    }

    /// The work has a record of its own of how far it has come.
    pub fn forget(&self, account: &str, work: &str) {
        if let Some(inner) = &self.0 {
            let mut shard = inner.shards[inner.shard_of(account)].lock();
            if shard.places.forget(work)
                && let Some(log) = &mut shard.log
            {
                log.forget(work);
            }
        }
    }

    /// Whether anything is counted.
    pub fn are_kept(&self) -> bool {
        self.0.is_some()
    }

    /// Looks and puts at the turn of each minute, until `stop`. What was counted since is left for
    /// [`Counters::finish`].
    pub async fn keep(self, vended: Vended, looks: Vec<Look>, stop: CancellationToken) {
        let Some(inner) = &self.0 else {
            stop.cancelled().await;
            return;
        };
        let mut last = None;
        let mut putting = JoinSet::new();
        let (counters, of_left) = (self.clone(), vended.clone());
        putting.spawn(async move { counters.put_left(&of_left).await });
        loop {
            let now = inner.clock.now().millis();
            let rest = MINUTE * 1000 - now.rem_euclid(MINUTE * 1000);
            tokio::select! {
                () = stop.cancelled() => break,
                () = sleep(Duration::from_millis(rest.unsigned_abs())) => {}
            }
            let begins = (now + rest) / 1000;
            // Where the clock on the wall went back a little, the minute comes a second time and is not looked at again.
            if last.replace(begins) == Some(begins) {
                continue;
            }
            self.look(&looks, begins);
            while putting.try_join_next().is_some() {}
            // What is over waits in memory, within its bounds, while an earlier minute is put.
            if putting.is_empty() {
                let (counters, vended) = (self.clone(), vended.clone());
                putting.spawn(async move { counters.put(&vended, begins).await });
            }
        }
        while putting.join_next().await.is_some() {}
    }

    /// Puts what was counted up to now, the minute that has begun included. It comes after all who count have ended.
    pub async fn finish(&self, vended: &Vended) {
        self.put(vended, i64::MAX).await;
    }

    /// Takes what was counted in minutes that began before a second, by account.
    pub fn take(&self, before: i64) -> Vec<OfAccount> {
        let Some(inner) = &self.0 else {
            return Vec::new();
        };
        let shards = inner.shards.iter();
        let taken = shards.map(|it| it.lock().take(before, &inner.taken));
        taken.flatten().collect()
    }

    async fn put(&self, vended: &Vended, before: i64) {
        let what = "what services counted";
        let Some(inner) = &self.0 else {
            return;
        };
        let Some(batches) = &inner.batches else {
            vended.put_of_all(what, self.take(before)).await;
            return;
        };
        self.put_left(vended).await;
        let now = inner.clock.now().millis().div_euclid(1000);
        let batch = batches.lock().begin(now);
        let mut all = Vec::new();
        for shard in &inner.shards {
            let mut shard = shard.lock();
            if let Some(log) = &mut shard.log {
                log.batch(before, batch);
            }
            all.extend(shard.take(before, &inner.taken));
        }
        let left = vended.put_batch(what, batch, now, all).await;
        inner.finish_put(batches, [(batch, left)]);
    }

    /// Puts the batches of a process before this one, and those that could not be put before.
    async fn put_left(&self, vended: &Vended) {
        let Some(inner) = &self.0 else {
            return;
        };
        let Some(batches) = &inner.batches else {
            return;
        };
        let left = {
            let mut batches = batches.lock();
            if batches.left.is_empty() {
                return;
            }
            batches.unfinished += 1;
            std::mem::take(&mut batches.left)
        };
        let now = inner.clock.now().millis().div_euclid(1000);
        let what = "what services counted before";
        let mut again = Vec::new();
        for (batch, all) in left {
            again.push((batch, vended.put_batch(what, batch, now, all).await));
        }
        inner.finish_put(batches, again);
    }

    /// What happens when a minute begins, at this second: looks at the one before, and puts what is over.
    pub async fn turn(&self, vended: &Vended, looks: &[Look], begins: i64) {
        self.look(looks, begins);
        self.put(vended, begins).await;
    }

    /// Looks at the minute that is over when another one begins, at this second.
    pub fn look(&self, looks: &[Look], begins: i64) {
        let Some(inner) = &self.0 else {
            return;
        };
        let minute = Minute {
            inner,
            start: begins - MINUTE,
        };
        for look in looks {
            look(&minute);
        }
    }
}

impl Inner {
    /// The number of the shard that an account is in.
    fn shard_of(&self, account: &str) -> usize {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(account);
        usize::try_from(hash % SHARDS as u64).unwrap_or(0)
    }

    /// Once all batches are put the files begin anew, with what is counted now.
    fn finish_put(
        &self,
        batches: &Mutex<Batches>,
        left: impl IntoIterator<Item = (Batch, Vec<OfAccount>)>,
    ) {
        // Held, so that no batch is written down that the files then lack.
        let mut batches = batches.lock();
        batches.unfinished -= 1;
        for (batch, all) in left {
            batches.leave(batch, all);
        }
        if batches.unfinished == 0 && batches.left.is_empty() {
            for shard in &self.shards {
                shard.lock().begin_log_anew();
            }
        }
    }
}

/// What is counted together, in the minute that it is. See [`Counters::together`].
#[derive(Debug)]
pub struct Together<'a> {
    inner: &'a Inner,
    start: i64,
    /// Of the account that was counted for last, and its number. One at a time: who waits for another has none.
    held: Option<(usize, MutexGuard<'a, Shard>)>,
}

impl Together<'_> {
    /// As [`Counters::add`].
    pub fn add(&mut self, subject: &Subject, name: &'static str, unit: &'static str, value: f64) {
        let value = &Summary::one(value);
        let adds = true;
        let change = Change {
            name,
            unit,
            value,
            adds,
        };
        self.change(subject, change);
    }

    /// As [`Counters::one`].
    pub fn one(&mut self, subject: &Subject, name: &'static str) {
        self.add(subject, name, "Count", 1.0);
    }

    /// As [`Counters::sample`].
    pub fn sample(
        &mut self,
        subject: &Subject,
        name: &'static str,
        unit: &'static str,
        value: f64,
    ) {
        self.samples(subject, name, unit, [value]);
    }

    /// As [`Counters::samples`].
    pub fn samples(
        &mut self,
        subject: &Subject,
        name: &'static str,
        unit: &'static str,
        values: impl IntoIterator<Item = f64>,
    ) {
        let all = Summary::of(values.into_iter().map(|it| (it, 1.0)));
        if let Some(value) = &all {
            let adds = false;
            let change = Change {
                name,
                unit,
                value,
                adds,
            };
            self.change(subject, change);
        }
    }

    /// Says how far some work of an account has come of which this is the count, after what is counted for that account and
    /// no other: whoever does the work again after a kill asks for it ([`Counters::reached`]), and forgets it once there is
    /// another record. No two works have the same name, whatever their accounts.
    pub fn reach(&mut self, account: &str, work: &str, place: u64) {
        if let Some(shard) = self.shard(account) {
            shard.places.reach(work, place);
            if let Some(log) = &mut shard.log {
                log.reach(work, place);
            }
        }
    }

    fn change(&mut self, subject: &Subject, change: Change<'_>) {
        let (inner, start) = (self.inner, self.start);
        if let Some(shard) = self.shard(&subject.account) {
            shard.change(&inner.taken, start, By::Count, subject, change);
        }
    }

    fn shard(&mut self, account: &str) -> Option<&mut Shard> {
        let at = self.inner.shard_of(account);
        if self.held.as_ref().is_none_or(|(held, _)| *held != at) {
            self.let_go();
            self.held = Some((at, self.inner.shards[at].lock()));
        }
        self.held.as_mut().map(|(_, shard)| &mut **shard)
    }

    fn let_go(&mut self) {
        if let Some((_, mut shard)) = self.held.take() {
            shard.write();
        }
    }
}

impl Drop for Together<'_> {
    fn drop(&mut self) {
        self.let_go();
    }
}

/// A minute that counts can be added to.
#[derive(Debug)]
pub struct Minute<'a> {
    inner: &'a Inner,
    start: i64,
}

impl Minute<'_> {
    /// Says what there is of a resource, beside what others say of the same.
    pub fn resource(&self, subject: &Subject, count: f64) {
        self.add(subject, "ResourceCount", "None", count);
    }

    /// As [`Counters::add`].
    pub fn add(&self, subject: &Subject, name: &'static str, unit: &'static str, value: f64) {
        let change = Change {
            name,
            unit,
            value: &Summary::one(value),
            adds: true,
        };
        self.change(subject, change);
    }

    /// As [`Counters::sample`].
    pub fn sample(&self, subject: &Subject, name: &'static str, unit: &'static str, value: f64) {
        let change = Change {
            name,
            unit,
            value: &Summary::one(value),
            adds: false,
        };
        self.change(subject, change);
    }

    fn change(&self, subject: &Subject, change: Change<'_>) {
        let at = self.inner.shard_of(&subject.account);
        let mut shard = self.inner.shards[at].lock();
        shard.change(&self.inner.taken, self.start, By::Look, subject, change);
        shard.write();
    }
}
