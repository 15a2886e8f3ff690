//! Counts of wharf's own services: summed up in memory by the minute in which something happened, and put into the
//! store of samples when that minute is over.
//!
//! Sums leave memory before they are put and are never put again, so nothing counts twice. What was not put when the
//! process was killed is lost, and so are sums that the store refused, which is logged. A process that is asked to end
//! puts what it has.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wharf_base::Clock;
use wharf_series::Summary;

use crate::{Point, Vended};

const MINUTE: i64 = 60;
/// Sums of one account in one minute. What comes on top is left out, so an account cannot fill the memory that
/// all of them share.
const MOST_OF_ACCOUNT: usize = 50_000;

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
    /// By the second in which they begin.
    minutes: Mutex<BTreeMap<i64, Sums>>,
}

#[derive(Debug, Default)]
struct Sums {
    rows: HashMap<Subject, Vec<Row>>,
    accounts: HashMap<String, Share>,
}

/// What one account has of a minute.
#[derive(Debug, Default)]
struct Share {
    sums: usize,
    left_out: u64,
}

#[derive(Debug)]
struct Row {
    name: &'static str,
    unit: &'static str,
    summary: Summary,
}

/// What is looked at when a minute is over rather than counted as it happens.
pub type Look = Box<dyn Fn(&Minute<'_>) + Send + Sync>;

impl Counters {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self(Some(Arc::new(Inner {
            clock,
            minutes: Mutex::default(),
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
        self.now(|minute| minute.sample(subject, name, unit, value));
    }

    fn now(&self, change: impl FnOnce(&Minute<'_>)) {
        if let Some(inner) = &self.0 {
            let now = inner.clock.now().millis().div_euclid(1000);
            change(&Minute {
                inner,
                start: now - now.rem_euclid(MINUTE),
            });
        }
    }

    /// Looks and puts at the turn of each minute, until `stop`. Then it puts the minute that has begun.
    pub async fn keep(self, vended: Vended, looks: Vec<Look>, stop: CancellationToken) {
        let Some(inner) = &self.0 else {
            stop.cancelled().await;
            return;
        };
        let mut last = None;
        loop {
            let now = inner.clock.now().millis();
            let rest = MINUTE * 1000 - now.rem_euclid(MINUTE * 1000);
            tokio::select! {
                () = stop.cancelled() => break,
                () = sleep(Duration::from_millis(rest.unsigned_abs())) => {}
            }
            let begins = (now + rest) / 1000;
            // Where the clock on the wall went back a little, the minute comes a second time and is not looked at again.
            if last.replace(begins) != Some(begins) {
                self.turn(&vended, &looks, begins).await;
            }
        }
        self.put(&vended, i64::MAX).await;
    }

    /// Takes what was counted in minutes that began before a second, by account and region.
    pub fn take(&self, before: i64) -> Vec<((String, String), Vec<Point>)> {
        let Some(inner) = &self.0 else {
            return Vec::new();
        };
        let over = {
            let mut minutes = inner.minutes.lock();
            let later = minutes.split_off(&before);
            std::mem::replace(&mut *minutes, later)
        };
        let mut taken = Vec::new();
        for (at, sums) in over {
            for (account, share) in &sums.accounts {
                if share.left_out > 0 {
                    tracing::warn!(
                        account,
                        left_out = share.left_out,
                        "counts of an account were left out: it has as many metrics in a minute as it may have"
                    );
                }
            }
            taken.extend(by_place(sums.rows, at));
        }
        taken
    }

    async fn put(&self, vended: &Vended, before: i64) {
        for ((account, region), points) in self.take(before) {
            if let Err(error) = vended.put((&account, &region), points).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    account,
                    region,
                    "failed to keep what services counted in a minute; the minute is dropped"
                );
            }
        }
    }

    /// What happens when a minute begins, at this second: looks at the one before, and puts what is over.
    pub async fn turn(&self, vended: &Vended, looks: &[Look], begins: i64) {
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
        self.put(vended, begins).await;
    }
}

/// A minute that counts can be added to.
#[derive(Debug)]
pub struct Minute<'a> {
    inner: &'a Inner,
    start: i64,
}

impl Minute<'_> {
    /// As [`Counters::add`].
    pub fn add(&self, subject: &Subject, name: &'static str, unit: &'static str, value: f64) {
        self.change(subject, name, unit, value, |sum| {
            *sum = Summary::one(sum.sum + value);
        });
    }

    /// As [`Counters::sample`].
    pub fn sample(&self, subject: &Subject, name: &'static str, unit: &'static str, value: f64) {
        self.change(subject, name, unit, value, |sum| {
            sum.merge(&Summary::one(value), true);
        });
    }

    fn change(
        &self,
        subject: &Subject,
        name: &'static str,
        unit: &'static str,
        first: f64,
        change: impl FnOnce(&mut Summary),
    ) {
        let mut minutes = self.inner.minutes.lock();
        let sums = minutes.entry(self.start).or_default();
        let rows = sums.rows.get_mut(subject);
        let row = rows.and_then(|rows| rows.iter_mut().find(|it| it.name == name));
        if let Some(row) = row {
            change(&mut row.summary);
            return;
        }
        if !sums.accounts.contains_key(&subject.account) {
            let none = Share::default();
            sums.accounts.insert(subject.account.clone(), none);
        }
        let Some(share) = sums.accounts.get_mut(&subject.account) else {
            return;
        };
        if share.sums >= MOST_OF_ACCOUNT {
            share.left_out += 1;
            return;
        }
        share.sums += 1;
        let row = Row {
            name,
            unit,
            summary: Summary::one(first),
        };
        match sums.rows.get_mut(subject) {
            Some(rows) => rows.push(row),
            None => {
                sums.rows.insert(subject.clone(), vec![row]);
            }
        }
    }
}

/// Points by account and region.
fn by_place(rows: HashMap<Subject, Vec<Row>>, at: i64) -> BTreeMap<(String, String), Vec<Point>> {
    let mut places: BTreeMap<(String, String), Vec<Point>> = BTreeMap::new();
    for (subject, rows) in rows {
        let Subject {
            account,
            region,
            namespace,
            dimensions,
        } = subject;
        let points = places.entry((account, region)).or_default();
        points.extend(rows.into_iter().map(|row| Point {
            namespace,
            name: row.name,
            dimensions: dimensions.clone(),
            unit: row.unit,
            at,
            summary: row.summary,
        }));
    }
    places
}
