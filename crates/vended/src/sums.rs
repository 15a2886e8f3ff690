//! What was counted in a minute, within bounds: those of each account, so that none takes the room of others, and one
//! of all together, since there may be many accounts. What comes on top is left out, and how much that was is known.
//!
//! What is looked at when a minute is over has bounds of its own: a flood of counts takes none of it away.

use std::{
    collections::{BTreeMap, HashMap},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use wharf_series::{Spread, Summary};

use crate::{Point, Subject};

/// Sums of one account in one minute.
const MOST_OF_ACCOUNT: usize = 50_000;
/// And the memory that they take.
const MOST_BYTES_OF_ACCOUNT: usize = 16 << 20;
/// Memory for sums of all accounts and minutes that are not put yet.
const MOST_BYTES: usize = 128 << 20;
/// What a sum takes beside the words of its subject, with what the tables around it take.
const ROW_BYTES: usize = 256;
/// What a bucket of a sum takes that knows how its values are spread.
const BUCKET_BYTES: usize = 24;

/// How something came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Count,
    Look,
}

/// Memory that sums of all accounts take.
#[derive(Debug, Default)]
pub struct Taken([AtomicUsize; 2]);

impl Taken {
    fn of(&self, by: By) -> &AtomicUsize {
        &self.0[by as usize]
    }

    fn take(&self, by: By, bytes: usize) -> bool {
        let more = |taken: usize| taken.checked_add(bytes).filter(|it| *it <= MOST_BYTES);
        self.of(by).fetch_update(Relaxed, Relaxed, more).is_ok()
    }

    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.0.iter().map(|it| it.load(Relaxed)).sum()
    }
}

/// What is added to a sum.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    pub name: &'static str,
    pub unit: &'static str,
    pub value: &'a Summary,
    /// Whether the minute has one sample, the sum of all.
    pub adds: bool,
}

/// The sums of a minute, of some accounts.
#[derive(Debug, Default)]
pub struct Sums {
    rows: HashMap<Subject, Vec<Row>>,
    shares: HashMap<String, [Share; 2]>,
    /// What came of accounts of which nothing is known, since there was no room for their names.
    left_out: u64,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// Of a sum that was there.
    Known(u64),
    /// Of one that is there now.
    New(u64),
    LeftOut,
}

/// A sum as it is.
#[derive(Debug, Clone, Copy)]
pub struct Sum<'a> {
    pub id: u64,
    pub by: By,
    pub subject: &'a Subject,
    pub change: Change<'a>,
}

/// What one account has of a minute.
#[derive(Debug, Default)]
struct Share {
    sums: usize,
    bytes: usize,
    left_out: u64,
}

impl Share {
    fn take(&mut self, taken: &Taken, by: By, (sums, bytes): (usize, usize)) -> bool {
        let fits =
            self.sums + sums <= MOST_OF_ACCOUNT && self.bytes + bytes <= MOST_BYTES_OF_ACCOUNT;
        if !fits || !taken.take(by, bytes) {
            return false;
        }
        self.sums += sums;
        self.bytes += bytes;
        true
    }
}

#[derive(Debug)]
struct Row {
    /// By which the log knows it.
    id: u64,
    by: By,
    adds: bool,
    name: &'static str,
    unit: &'static str,
    summary: Summary,
}

impl Row {
    fn change(&mut self, change: Change<'_>, share: &mut Share, taken: &Taken, by: By) {
        if change.adds {
            self.summary = Summary::one(self.summary.sum + change.value.sum);
            return;
        }
        let before = buckets(&self.summary);
        self.summary.merge(change.value, true);
        let grown = buckets(&self.summary).saturating_sub(before);
        if grown > 0 && !share.take(taken, by, (0, grown * BUCKET_BYTES)) {
            // How many there were and their sum stay right.
            self.summary.spread = Spread::Unknown;
        }
    }
}

fn buckets(summary: &Summary) -> usize {
    match &summary.spread {
        Spread::Sketch(sketch) => sketch.size(),
        Spread::Same | Spread::Unknown => 0,
    }
}

impl Sums {
    /// `next` is the number of a sum that is new.
    pub fn change(
        &mut self,
        taken: &Taken,
        (by, next): (By, u64),
        subject: &Subject,
        change: Change<'_>,
    ) -> Changed {
        if !self.shares.contains_key(&subject.account) {
            let bytes = ROW_BYTES + subject.account.len();
            if !taken.take(by, bytes) {
                self.left_out += 1;
                return Changed::LeftOut;
            }
            let mut shares = <[Share; 2]>::default();
            shares[by as usize].bytes = bytes;
            self.shares.insert(subject.account.clone(), shares);
        }
        let Some(shares) = self.shares.get_mut(&subject.account) else {
            return Changed::LeftOut;
        };
        let share = &mut shares[by as usize];
        let rows = self.rows.get_mut(subject);
        let row = rows.and_then(|rows| rows.iter_mut().find(|it| it.name == change.name));
        if let Some(row) = row {
            row.change(change, share, taken, by);
            return Changed::Known(row.id);
        }
        let buckets = buckets(change.value) * BUCKET_BYTES;
        let bytes = ROW_BYTES + words(subject) + buckets;
        if !share.take(taken, by, (1, bytes)) {
            share.left_out += 1;
            return Changed::LeftOut;
        }
        let row = Row {
            id: next,
            by,
            adds: change.adds,
            name: change.name,
            unit: change.unit,
            summary: change.value.clone(),
        };
        match self.rows.get_mut(subject) {
            Some(rows) => rows.push(row),
            None => {
                self.rows.insert(subject.clone(), vec![row]);
            }
        }
        Changed::New(next)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = Sum<'_>> {
        self.rows.iter().flat_map(|(subject, rows)| {
            rows.iter().map(move |row| Sum {
                id: row.id,
                by: row.by,
                subject,
                change: Change {
                    name: row.name,
                    unit: row.unit,
                    value: &row.summary,
                    adds: row.adds,
                },
            })
        })
    }

    /// The sums as points of the minute that begins `at`, by account, with their regions.
    pub fn end(self, taken: &Taken, at: i64) -> BTreeMap<String, Vec<(String, Point)>> {
        if self.left_out > 0 {
            tracing::warn!(
                left_out = self.left_out,
                "counts were left out: those of all accounts take as much memory as they may"
            );
        }
        for (account, shares) in &self.shares {
            let left_out: u64 = shares.iter().map(|it| it.left_out).sum();
            if left_out > 0 {
                tracing::warn!(
                    account,
                    left_out,
                    "counts of an account were left out: there are as many in a minute as there may be"
                );
            }
            for (by, share) in [By::Count, By::Look].into_iter().zip(shares) {
                taken.of(by).fetch_sub(share.bytes, Relaxed);
            }
        }
        let mut accounts: BTreeMap<String, Vec<(String, Point)>> = BTreeMap::new();
        for (subject, rows) in self.rows {
            let Subject {
                account,
                region,
                namespace,
                dimensions,
            } = subject;
            let points = accounts.entry(account).or_default();
            points.extend(rows.into_iter().map(|row| {
                let point = Point {
                    namespace,
                    name: row.name,
                    dimensions: dimensions.clone(),
                    unit: row.unit,
                    at,
                    summary: row.summary,
                };
                (region.clone(), point)
            }));
        }
        accounts
    }
}

fn words(subject: &Subject) -> usize {
    let values = subject.dimensions.iter().map(|it| it.1.len() + 40);
    subject.account.len() + subject.region.len() + values.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(account: &str, name: &str) -> Subject {
        Subject {
            account: account.to_owned(),
            region: "r".to_owned(),
            namespace: "AWS/SQS",
            dimensions: vec![("QueueName", name.to_owned())],
        }
    }

    fn one<'a>(value: &'a Summary, adds: bool) -> Change<'a> {
        Change {
            name: "n",
            unit: "Count",
            value,
            adds,
        }
    }

    fn count(sums: &mut Sums, taken: &Taken, by: By, subject: &Subject) {
        let value = Summary::one(1.0);
        sums.change(taken, (by, 0), subject, one(&value, true));
    }

    #[test]
    fn long_names_take_the_room_of_their_account_alone() {
        let (mut sums, taken) = (Sums::default(), Taken::default());
        for at in 0..100 {
            let long = format!("{at}{}", "x".repeat(1 << 20));
            count(&mut sums, &taken, By::Count, &subject("1", &long));
        }
        count(&mut sums, &taken, By::Look, &subject("1", "looked at"));
        count(&mut sums, &taken, By::Count, &subject("2", "q"));
        assert!(taken.bytes() <= MOST_BYTES_OF_ACCOUNT + 4096);
        let points = sums.end(&taken, 0);
        assert_eq!(points["1"].len(), 15 + 1);
        assert_eq!(points["2"].len(), 1);
        assert_eq!(taken.bytes(), 0, "what is over leaves its room");
    }

    #[test]
    fn all_accounts_together_have_a_bound_and_looks_have_their_own() {
        let (mut sums, taken) = (Sums::default(), Taken::default());
        let long = "x".repeat(1 << 20);
        for account in 0..200 {
            let of = subject(&account.to_string(), &long);
            count(&mut sums, &taken, By::Count, &of);
        }
        assert!(taken.bytes() <= MOST_BYTES);
        count(&mut sums, &taken, By::Look, &subject("new", "q"));
        let points = sums.end(&taken, 0);
        let counted: usize = points.values().map(Vec::len).sum();
        assert_eq!(points["new"].len(), 1);
        assert!((100..=128).contains(&counted), "{counted}");
        assert_eq!(taken.bytes(), 0);
    }

    #[test]
    fn values_that_are_spread_widely_count_where_their_spread_has_no_room() {
        let (mut sums, taken) = (Sums::default(), Taken::default());
        let rest = (1 << 20) - 16 * 600;
        for (at, bytes) in [1 << 20; 15].into_iter().chain([rest]).enumerate() {
            let long = format!("{at}{}", "x".repeat(bytes));
            count(&mut sums, &taken, By::Count, &subject("1", &long));
        }
        let of = subject("1", "q");
        for at in 0..1000 {
            let value = Summary::one(2f64.powi(at % 500));
            sums.change(&taken, (By::Count, 0), &of, one(&value, false));
        }
        assert!(taken.bytes() <= MOST_BYTES_OF_ACCOUNT);
        let points = sums.end(&taken, 0);
        let spread = points["1"].iter().find(|it| it.1.summary.count > 1.0);
        let (_, point) = spread.unwrap();
        assert_eq!(point.summary.count, 1000.0);
        assert_eq!(point.summary.spread, Spread::Unknown);
        assert_eq!(taken.bytes(), 0);
    }
}
