//! Counts of wharf's own services: summed up in memory by the minute in which something happened, and put into the
//! store of samples when that minute is over.
//!
//! Sums leave memory before they are put and are never put again, so nothing counts twice. What was not put when the
//! process was killed is lost, and so are sums that the store refused or took too long over, which is logged. A process
//! that is asked to end puts what it has, once nobody counts any more ([`Counters::finish`]).
//!
//! Each account has one append a minute, whatever number of regions it counts in, and none waits for another. What is looked at when a minute is over is looked at then, also
//! while minutes before are still being put.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;
use wharf_base::Clock;
use wharf_series::Summary;

use crate::{
    OfAccount, Vended,
    sums::{By, Change, Sums, Taken},
};

const MINUTE: i64 = 60;
/// Parts that accounts are spread over, so that requests of one seldom wait for those of another.
const SHARDS: usize = 16;

/// Whose counts they are, and of what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    pub account: String,
    pub region: String,
    pub namespace: &'static str,
    pub dimensions: Vec<(&'static str, String)>,
}

/// A cheap handle. The default one keeps nothing.
#[derive(Debug, Clone, Default)]
pub struct Counters(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    clock: Arc<dyn Clock>,
    /// By account, and by the second in which minutes begin.
    shards: Vec<Mutex<BTreeMap<i64, Sums>>>,
    taken: Taken,
}

/// What is looked at when a minute is over rather than counted as it happens.
pub type Look = Box<dyn Fn(&Minute<'_>) + Send + Sync>;

impl Counters {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self(Some(Arc::new(Inner {
            clock,
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            taken: Taken::default(),
        })))
    }

    /// Adds to a metric that is one sample a minute, the sum of what was added. Adding zero is a sample too.
    pub fn add(&self, subject: &Subject, name: &'static str, unit: &'static str, value: f64) {
        self.now(|minute| minute.add(subject, name, unit, value));
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
        let all = Summary::of(values.into_iter().map(|it| (it, 1.0)));
        if let Some(value) = &all {
            let adds = false;
            let change = Change {
                name,
                unit,
                value,
                adds,
            };
            self.now(|minute| minute.change(subject, change));
        }
    }

    fn now(&self, change: impl FnOnce(&Minute<'_>)) {
        if let Some(inner) = &self.0 {
            let now = inner.clock.now().millis().div_euclid(1000);
            change(&Minute {
                inner,
                start: now - now.rem_euclid(MINUTE),
                by: By::Count,
            });
        }
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
        let mut taken = Vec::new();
        for shard in &inner.shards {
            let over = {
                let mut minutes = shard.lock();
                let later = minutes.split_off(&before);
                std::mem::replace(&mut *minutes, later)
            };
            let mut accounts: BTreeMap<_, Vec<_>> = BTreeMap::new();
            for (at, sums) in over {
                for (account, points) in sums.end(&inner.taken, at) {
                    accounts.entry(account).or_default().extend(points);
                }
            }
            taken.extend(accounts);
        }
        taken
    }

    async fn put(&self, vended: &Vended, before: i64) {
        let what = "what services counted";
        vended.put_of_all(what, self.take(before)).await;
    }

    /// What happens when a minute begins, at this second: looks at the one before, and puts what is over.
    pub async fn turn(&self, vended: &Vended, looks: &[Look], begins: i64) {
        self.look(looks, begins);
        self.put(vended, begins).await;
    }

    fn look(&self, looks: &[Look], begins: i64) {
        let Some(inner) = &self.0 else {
            return;
        };
        let minute = Minute {
            inner,
            start: begins - MINUTE,
            by: By::Look,
        };
        for look in looks {
            look(&minute);
        }
    }
}

/// A minute that counts can be added to.
#[derive(Debug)]
pub struct Minute<'a> {
    inner: &'a Inner,
    start: i64,
    by: By,
}

impl Minute<'_> {
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
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(&subject.account);
        let at = usize::try_from(hash % SHARDS as u64).unwrap_or(0);
        let mut minutes = self.inner.shards[at].lock();
        let sums = minutes.entry(self.start).or_default();
        sums.change(&self.inner.taken, self.by, subject, change);
    }
}
