//! What wharf's own services measure, for CloudWatch: points go straight into the store of samples, under
//! namespaces that are closed to everybody else.
//!
//! What machines report can come twice: they send again what was not acknowledged. So a report goes in together
//! with a mark of its own, in one append that is there whole or not at all, and one whose mark is there is not
//! counted again, however often processes were killed in between. Marks lie in a region that no request can
//! name, and are gone after three hours; older reports are not taken.
//!
//! What a service of this process counts itself goes through [`Counters`]; it is put with a mark too, since the process
//! may be killed before it hears that it was put.

#![forbid(unsafe_code)]

mod counters;
mod each;
mod log;
mod places;
mod point;
mod subject;
mod sums;

use std::{
    hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher},
    sync::Arc,
};

use tokio::sync::Mutex;
use wharf_series::{
    AppendError, Metric, NO_REGION, ReadError, Sample, Series, Span, Summary, Tier,
};

pub use counters::{Counters, Look, Minute, Together};
pub use point::Point;
pub use subject::Subject;
pub use wharf_series::Summary as Measured;

/// Reports that are older are not taken: their marks may be gone. Seconds.
pub const OLDEST: i64 = 2 * 3600;
/// Clocks of machines may be ahead by that. Seconds.
pub const AHEAD: i64 = 300;
const LOCKS: usize = 64;
/// Samples of one append: so many that few accounts need a second one, and few enough for the store to take any.
const MOST_OF_APPEND: usize = 50_000;

/// Points of an account, with their regions.
pub type OfAccount = (String, Vec<(String, Point)>);

/// A cheap handle. The default one keeps nothing.
#[derive(Debug, Clone, Default)]
pub struct Vended(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    series: Series,
    /// A report is looked up and put in while nobody else does that for the same reporter; shared by hash.
    turns: Vec<Mutex<()>>,
}

/// Which report it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report<'a> {
    /// Who reports, of all that ever do to an account.
    pub by: &'a str,
    /// Second that no other report of theirs has.
    pub at: i64,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    Now,
    /// It was there.
    Before,
    /// It is too old, or of a time to come.
    Never,
}

/// Points were not taken; none of the call's are there.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    #[error(transparent)]
    Append(#[from] AppendError),
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl PutError {
    /// Whether the same may go later.
    pub fn may_pass(&self) -> bool {
        match self {
            // What one account has too much of is its own loss: others' points wait behind it.
            Self::Append(error) => !matches!(
                error,
                AppendError::TooManySeries { .. }
                    | AppendError::NamesTooLong { .. }
                    | AppendError::TooLarge
                    | AppendError::Busy
            ),
            Self::Read(_) => true,
        }
    }
}

impl Vended {
    pub fn new(series: Series) -> Self {
        Self(Some(Arc::new(Inner {
            series,
            turns: (0..LOCKS).map(|_| Mutex::default()).collect(),
        })))
    }

    /// Puts points of an account in a region.
    ///
    /// # Errors
    /// The account sends too much; the disk.
    pub async fn put(&self, place: (&str, &str), points: Vec<Point>) -> Result<(), PutError> {
        let Some(inner) = &self.0 else {
            return Ok(());
        };
        let samples = points
            .into_iter()
            .filter_map(|it| it.sample(place, Tier::Minute));
        inner.append(place.0, samples.collect()).await
    }

    /// Puts points of an account in several regions, in as few appends as that takes.
    ///
    /// # Errors
    /// As [`Vended::put`]; of several appends those before the one that failed are there.
    pub async fn put_in_regions(
        &self,
        account: &str,
        points: Vec<(String, Point)>,
    ) -> Result<(), PutError> {
        let Some(inner) = &self.0 else {
            return Ok(());
        };
        let samples = points
            .into_iter()
            .filter_map(|(region, point)| point.sample((account, &region), Tier::Minute));
        let mut samples = samples.peekable();
        while samples.peek().is_some() {
            let some = samples.by_ref().take(MOST_OF_APPEND).collect();
            inner.append(account, some).await?;
        }
        Ok(())
    }

    /// Puts points of many accounts; no account waits for another. What is not put is logged, as what it was, and dropped.
    pub async fn put_of_all(&self, what: &str, all: impl IntoIterator<Item = OfAccount>) {
        each::each(what, all, |account, points| async move {
            self.put_in_regions(&account, points).await
        })
        .await;
    }

    /// Puts what each account has of a batch, once, within a time of its own. `now` is in seconds. Gives what may be put later,
    /// under the same name.
    async fn put_batch(
        &self,
        what: &str,
        batch: log::Batch,
        now: i64,
        all: Vec<OfAccount>,
    ) -> Vec<OfAccount> {
        let shared = |(account, mut points): OfAccount| {
            // Parts are the same when they come again.
            if points.len() > MOST_OF_APPEND {
                let key = |(region, it): &(String, Point)| {
                    let metric = (it.namespace, it.name, it.dimensions.clone());
                    (region.clone(), metric, it.at)
                };
                points.sort_by_cached_key(key);
            }
            (account, Arc::new(points))
        };
        let all: Vec<_> = all.into_iter().map(shared).collect();
        let to_put = all.clone();
        let failed = each::each(what, to_put, |account, points| async move {
            for (part, some) in points.chunks(MOST_OF_APPEND).enumerate() {
                let by = format!("services, run {:016x}, part {part}", batch.run);
                let report = Report {
                    by: &by,
                    at: batch.at,
                };
                let some = some.to_vec();
                // Nobody else has this name: no account waits for the lock of another.
                let put = self.mark_and_put(&account, report, now, some, Tier::Minute);
                if put.await? == Taken::Never {
                    tracing::warn!(
                        account,
                        what,
                        "metrics are too old to be put; they are dropped"
                    );
                }
            }
            Ok(())
        })
        .await;
        let failed = all.into_iter().filter(|it| failed.contains(&it.0));
        failed
            .map(|(account, points)| (account, Arc::unwrap_or_clone(points)))
            .collect()
    }

    /// Puts points of an account in several regions that a machine reports, once. `now` is in seconds.
    ///
    /// # Errors
    /// As [`Vended::put`].
    pub async fn put_once(
        &self,
        account: &str,
        report: Report<'_>,
        now: i64,
        points: Vec<(String, Point)>,
    ) -> Result<Taken, PutError> {
        self.in_turn(account, report, now, points, Tier::Minute)
            .await
    }

    /// As [`Vended::put_once`], points of high resolution: they stay apart within their minute.
    ///
    /// # Errors
    /// As [`Vended::put`].
    pub async fn put_high_resolution_once(
        &self,
        account: &str,
        report: Report<'_>,
        now: i64,
        points: Vec<(String, Point)>,
    ) -> Result<Taken, PutError> {
        self.in_turn(account, report, now, points, Tier::Second)
            .await
    }

    /// While nobody else puts what the same reporter sent, again perhaps.
    async fn in_turn(
        &self,
        account: &str,
        report: Report<'_>,
        now: i64,
        points: Vec<(String, Point)>,
        tier: Tier,
    ) -> Result<Taken, PutError> {
        let Some(inner) = &self.0 else {
            return Ok(Taken::Now);
        };
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one((account, report.by));
        let at = usize::try_from(hash % LOCKS as u64).unwrap_or(0);
        let _turn = inner.turns[at].lock().await;
        self.mark_and_put(account, report, now, points, tier).await
    }

    async fn mark_and_put(
        &self,
        account: &str,
        report: Report<'_>,
        now: i64,
        points: Vec<(String, Point)>,
        tier: Tier,
    ) -> Result<Taken, PutError> {
        let Some(inner) = &self.0 else {
            return Ok(Taken::Now);
        };
        if report.at < now - OLDEST || report.at > now + AHEAD {
            return Ok(Taken::Never);
        }
        let mark = Metric {
            account: account.to_owned(),
            region: NO_REGION.to_owned(),
            namespace: "reports".to_owned(),
            name: report.by.to_owned(),
            dimensions: Vec::new(),
        };
        let Ok(key) = mark.key("None") else {
            return Ok(Taken::Never);
        };
        if inner.is_marked(&mark, report.at).await? {
            return Ok(Taken::Before);
        }
        // The mark before all. It is there also where the account may have no further series.
        let mark = Sample {
            key,
            tier: Tier::Second,
            at: report.at,
            summary: Summary::one(1.0),
        };
        let points = points
            .into_iter()
            .filter_map(|(region, point)| point.sample((account, &region), tier));
        let samples = [mark].into_iter().chain(points).collect();
        inner.append(account, samples).await?;
        Ok(Taken::Now)
    }
}

impl Inner {
    /// Where an account may have no further series, it keeps what it has.
    async fn append(&self, account: &str, samples: Vec<Sample>) -> Result<(), PutError> {
        let left_out = self.series.append_own(account, samples).await?;
        if left_out > 0 {
            tracing::warn!(
                account,
                left_out,
                "metrics of an account were left out: it has as many series as it may have"
            );
        }
        Ok(())
    }

    async fn is_marked(&self, mark: &Metric, at: i64) -> Result<bool, PutError> {
        let units = self.series.units(mark);
        if units.is_empty() {
            return Ok(false);
        }
        let span = Span {
            from: at,
            to: at + 1,
            period: 1,
            spread: false,
        };
        let numbers = units.into_iter().map(|it| it.1).collect();
        let read = self.series.read(numbers, span).await?;
        Ok(read.iter().any(|points| !points.is_empty()))
    }
}
