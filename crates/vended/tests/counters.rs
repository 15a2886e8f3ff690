//! Counts over a real store.

use std::{sync::Arc, time::Duration};

use wharf_base::{Clock as _, TestClock, Timestamp};
use wharf_series::{Metric, Options, Series, Span, Summary};
use wharf_vended::{Counters, Look, Minute, Subject, Vended};

const MINUTE: i64 = 1_700_000_040;

struct Home {
    clock: Arc<TestClock>,
    series: Series,
    vended: Vended,
    counters: Counters,
    _folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            now: || MINUTE + 200,
            ..Options::default()
        };
        let series = Series::open(folder.path(), options).unwrap();
        let clock = Arc::new(TestClock::at(Timestamp::from_millis(MINUTE * 1000)));
        Self {
            counters: Counters::new(clock.clone()),
            vended: Vended::new(series.clone()),
            clock,
            series,
            _folder: folder,
        }
    }

    /// The samples of a metric in a minute.
    fn seen(&self, of: &Subject, name: &str, minute: i64) -> Option<Summary> {
        let dimensions = of.dimensions.iter();
        let metric = Metric {
            account: of.account.clone(),
            region: of.region.clone(),
            namespace: of.namespace.to_owned(),
            name: name.to_owned(),
            dimensions: dimensions
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
        };
        let (_, number) = self.series.units(&metric).into_iter().next()?;
        let span = Span {
            from: minute,
            to: minute + 60,
            period: 60,
            spread: false,
        };
        let read = self.series.read_blocking(&[number], span).unwrap();
        Some(read[0].first()?.1.clone())
    }

    fn sum(&self, of: &Subject, name: &str, minute: i64) -> Option<f64> {
        Some(self.seen(of, name, minute)?.sum)
    }
}

fn queue(account: &str, name: &str) -> Subject {
    Subject {
        account: account.to_owned(),
        region: "us-east-1".to_owned(),
        namespace: "AWS/SQS",
        dimensions: vec![("QueueName", name.to_owned())],
    }
}

#[tokio::test]
async fn counts_are_put_once_when_their_minute_is_over() {
    let home = Home::new();
    let (a, b) = (queue("1", "a"), queue("2", "a"));
    home.counters.one(&a, "Sent");
    home.counters.add(&a, "Sent", "Count", 4.0);
    home.counters.one(&b, "Sent");
    home.counters.sample(&a, "Size", "Bytes", 10.0);
    home.counters.sample(&a, "Size", "Bytes", 30.0);
    home.counters.turn(&home.vended, &[], MINUTE).await;
    assert_eq!(home.sum(&a, "Sent", MINUTE), None, "the minute is not over");
    home.clock.advance(Duration::from_secs(60));
    home.counters.one(&a, "Sent");
    for _ in 0..2 {
        home.counters.turn(&home.vended, &[], MINUTE + 60).await;
    }
    assert_eq!(home.sum(&a, "Sent", MINUTE), Some(5.0));
    assert_eq!(home.seen(&a, "Sent", MINUTE).unwrap().count, 1.0);
    assert_eq!(home.sum(&b, "Sent", MINUTE), Some(1.0));
    let size = home.seen(&a, "Size", MINUTE).unwrap();
    assert_eq!(
        (size.count, size.sum, size.min, size.max),
        (2.0, 40.0, 10.0, 30.0)
    );
    assert_eq!(home.sum(&a, "Sent", MINUTE + 60), None);
    home.counters.turn(&home.vended, &[], MINUTE + 120).await;
    assert_eq!(home.sum(&a, "Sent", MINUTE + 60), Some(1.0));
}

#[tokio::test]
async fn a_look_is_of_the_minute_that_is_over() {
    let home = Home::new();
    let (of, asked) = (queue("1", "a"), queue("1", "a"));
    home.counters.one(&of, "Sent");
    let look = move |minute: &Minute<'_>| {
        minute.add(&asked, "Visible", "Count", 7.0);
        // Nothing beside what was counted.
        minute.add(&asked, "Sent", "Count", 0.0);
        minute.add(&asked, "Received", "Count", 0.0);
    };
    let looks: Vec<Look> = vec![Box::new(look)];
    home.counters.turn(&home.vended, &looks, MINUTE + 60).await;
    for (name, sum) in [("Visible", 7.0), ("Sent", 1.0), ("Received", 0.0)] {
        assert_eq!(home.sum(&of, name, MINUTE), Some(sum), "{name}");
    }
}

#[tokio::test]
async fn who_ends_puts_the_minute_that_has_begun() {
    let home = Home::new();
    let of = queue("1", "a");
    home.counters.one(&of, "Sent");
    let stop = tokio_util::sync::CancellationToken::new();
    stop.cancel();
    let kept = home.counters.clone();
    kept.keep(home.vended.clone(), Vec::new(), stop).await;
    assert_eq!(home.sum(&of, "Sent", MINUTE), None);
    // Requests are answered, and count, until the last connection is gone.
    home.counters.one(&of, "Sent");
    home.counters.finish(&home.vended).await;
    assert_eq!(home.sum(&of, "Sent", MINUTE), Some(2.0));
    // Whoever comes after it in the same minute adds to it.
    let next = Counters::new(home.clock.clone());
    next.add(&of, "Sent", "Count", 2.0);
    next.turn(&home.vended, &[], MINUTE + 60).await;
    assert_eq!(home.sum(&of, "Sent", MINUTE), Some(4.0));
}

#[tokio::test]
async fn counts_outlive_a_process_that_is_killed() {
    let home = Home::new();
    let folder = tempfile::tempdir().unwrap();
    let opened = || Counters::kept_in(home.clock.clone(), folder.path()).unwrap();
    let (a, b) = (queue("1", "a"), queue("2", "b"));
    for _ in 0..3 {
        // Nothing is said to it before it is gone.
        let counters = opened();
        counters.add(&a, "Sent", "Count", 2.0);
        counters.one(&b, "Sent");
        counters.samples(&a, "Size", "Bytes", [10.0, 30.0]);
    }
    opened().turn(&home.vended, &[], MINUTE).await;
    assert_eq!(home.sum(&a, "Sent", MINUTE), None, "the minute is not over");
    home.clock.advance(Duration::from_secs(60));
    let counters = opened();
    counters.one(&a, "Sent");
    counters.turn(&home.vended, &[], MINUTE + 60).await;
    let sent = home.seen(&a, "Sent", MINUTE).unwrap();
    assert_eq!((sent.count, sent.sum), (1.0, 6.0), "one sample a minute");
    assert_eq!(home.sum(&b, "Sent", MINUTE), Some(3.0));
    let size = home.seen(&a, "Size", MINUTE).unwrap();
    assert_eq!((size.count, size.sum), (6.0, 120.0));
    home.clock.advance(Duration::from_secs(60));
    opened().turn(&home.vended, &[], MINUTE + 120).await;
    assert_eq!(home.sum(&a, "Sent", MINUTE + 60), Some(1.0));
    assert_eq!(home.sum(&a, "Sent", MINUTE), Some(6.0));
}

#[tokio::test]
async fn what_is_counted_together_is_in_the_files_when_that_is_over() {
    let home = Home::new();
    let folder = tempfile::tempdir().unwrap();
    let kept = || Counters::kept_in(home.clock.clone(), folder.path()).unwrap();
    let (a, b) = (queue("1", "a"), queue("2", "a"));
    kept().together(|counts| {
        // Of accounts by turns, as an event of one triggers rules of another.
        for of in [&a, &b, &a] {
            counts.one(of, "Sent");
            counts.add(of, "Sent", "Count", 2.0);
            counts.sample(of, "Size", "Bytes", 10.0);
            counts.samples(of, "Size", "Bytes", [20.0, 30.0]);
            counts.samples(of, "Size", "Bytes", []);
        }
    });
    kept().turn(&home.vended, &[], MINUTE + 60).await;
    assert_eq!(home.sum(&a, "Sent", MINUTE), Some(6.0));
    let sizes = home.seen(&a, "Size", MINUTE).unwrap();
    assert_eq!((sizes.count, sizes.sum), (6.0, 120.0));
    assert_eq!(home.sum(&b, "Sent", MINUTE), Some(3.0));
}

/// Whoever does some work again after a kill finds how far it was counted.
#[tokio::test]
async fn a_place_is_there_with_the_counts_up_to_it() {
    let home = Home::new();
    let folder = tempfile::tempdir().unwrap();
    let opened = || Counters::kept_in(home.clock.clone(), folder.path()).unwrap();
    let of = queue("1", "a");
    let count = |counters: &Counters, place: u64| {
        counters.together(|counts| {
            counts.one(&of, "Done");
            counts.reach("1", "work", place);
        });
    };
    let counters = opened();
    assert_eq!(counters.reached("1", "work"), None);
    count(&counters, 5);
    count(&counters, 9);
    drop(counters);
    let counters = opened();
    assert_eq!(counters.reached("1", "work"), Some(9));
    assert_eq!(counters.reached("1", "other"), None);
    // The file begins anew meanwhile.
    home.clock.advance(Duration::from_secs(60));
    counters.turn(&home.vended, &[], MINUTE + 60).await;
    assert_eq!(home.sum(&of, "Done", MINUTE), Some(2.0));
    drop(counters);
    let counters = opened();
    assert_eq!(counters.reached("1", "work"), Some(9));
    counters.forget("1", "work");
    assert_eq!(counters.reached("1", "work"), None);
    counters.one(&of, "Done");
    drop(counters);
    assert_eq!(opened().reached("1", "work"), None);
    let none = Counters::default();
    count(&none, 1);
    assert_eq!(none.reached("1", "work"), None);
    assert!(!none.are_kept());
}

#[tokio::test]
async fn what_was_put_when_the_process_was_killed_is_not_put_again() {
    let home = Home::new();
    let folder = tempfile::tempdir().unwrap();
    let of = queue("1", "a");
    let path = |name: &str| folder.path().join(name);
    let counters = Counters::kept_in(home.clock.clone(), &path("a")).unwrap();
    counters.add(&of, "Sent", "Count", 2.0);
    home.clock.advance(Duration::from_secs(60));
    let copy = |to: &str| {
        std::fs::create_dir(path(to)).unwrap();
        for file in std::fs::read_dir(path("a")).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), path(to).join(file.file_name())).unwrap();
        }
    };
    // The batch is written down before the store has it; a kill right after that is seen from a copy of the files, which
    // is made while the store is asked.
    let put = counters.turn(&home.vended, &[], MINUTE + 60);
    tokio::pin!(put);
    let asked = tokio::time::timeout(Duration::ZERO, &mut put).await;
    copy("b");
    if asked.is_err() {
        put.await;
    }
    for _ in 0..2 {
        let next = Counters::kept_in(home.clock.clone(), &path("b")).unwrap();
        next.one(&of, "Sent");
        next.turn(&home.vended, &[], MINUTE + 60).await;
    }
    assert_eq!(home.sum(&of, "Sent", MINUTE), Some(2.0));
    home.clock.advance(Duration::from_secs(60));
    let next = Counters::kept_in(home.clock.clone(), &path("b")).unwrap();
    next.turn(&home.vended, &[], MINUTE + 120).await;
    assert_eq!(home.sum(&of, "Sent", MINUTE + 60), Some(2.0));
    assert_eq!(home.sum(&of, "Sent", MINUTE), Some(2.0));
}

#[tokio::test]
async fn a_put_that_was_cancelled_is_made_up_for_by_the_next_process() {
    let home = Home::new();
    let folder = tempfile::tempdir().unwrap();
    let of = queue("1", "a");
    let counters = Counters::kept_in(home.clock.clone(), folder.path()).unwrap();
    counters.add(&of, "Sent", "Count", 2.0);
    home.clock.advance(Duration::from_secs(60));
    let put = counters.turn(&home.vended, &[], MINUTE + 60);
    let _ = tokio::time::timeout(Duration::ZERO, put).await;
    counters.one(&of, "Sent");
    home.clock.advance(Duration::from_secs(60));
    // It comes to its end, and leaves the files as they are.
    counters.finish(&home.vended).await;
    drop(counters);
    let next = Counters::kept_in(home.clock.clone(), folder.path()).unwrap();
    next.turn(&home.vended, &[], MINUTE + 120).await;
    assert_eq!(home.sum(&of, "Sent", MINUTE), Some(2.0));
    assert_eq!(home.sum(&of, "Sent", MINUTE + 60), Some(1.0));
}

#[tokio::test]
async fn what_the_store_refuses_is_put_later_by_this_process_or_the_next() {
    let home = Home::new();
    let folder = tempfile::tempdir().unwrap();
    let of = queue("1", "a");
    let elsewhere = tempfile::tempdir().unwrap();
    let closed = Series::open(elsewhere.path(), Options::default()).unwrap();
    closed.clone().close().await;
    let refuses = Vended::new(closed);
    let counters = Counters::kept_in(home.clock.clone(), folder.path()).unwrap();
    counters.add(&of, "Sent", "Count", 2.0);
    home.clock.advance(Duration::from_secs(60));
    counters.turn(&refuses, &[], MINUTE + 60).await;
    counters.add(&of, "Sent", "Count", 3.0);
    home.clock.advance(Duration::from_secs(60));
    counters.turn(&home.vended, &[], MINUTE + 120).await;
    assert_eq!(home.sum(&of, "Sent", MINUTE), Some(2.0));
    assert_eq!(home.sum(&of, "Sent", MINUTE + 60), Some(3.0));
    counters.add(&of, "Sent", "Count", 5.0);
    home.clock.advance(Duration::from_secs(60));
    counters.finish(&refuses).await;
    drop(counters);
    for _ in 0..2 {
        let next = Counters::kept_in(home.clock.clone(), folder.path()).unwrap();
        next.turn(&home.vended, &[], MINUTE + 180).await;
    }
    for (minute, sum) in [(0, 2.0), (60, 3.0), (120, 5.0)] {
        assert_eq!(home.sum(&of, "Sent", MINUTE + minute), Some(sum));
        let samples = home.seen(&of, "Sent", MINUTE + minute).unwrap().count;
        assert_eq!(samples, 1.0);
    }
}

#[tokio::test]
async fn one_account_leaves_room_for_others() {
    let home = Home::new();
    for at in 0..60_000 {
        home.counters.one(&queue("1", &format!("q{at}")), "Sent");
    }
    let other = queue("2", "a");
    home.counters.one(&other, "Sent");
    // What it has goes on counting.
    home.counters.one(&queue("1", "q0"), "Sent");
    home.counters.turn(&home.vended, &[], MINUTE + 60).await;
    assert_eq!(home.sum(&other, "Sent", MINUTE), Some(1.0));
    assert_eq!(home.sum(&queue("1", "q0"), "Sent", MINUTE), Some(2.0));
    assert_eq!(home.sum(&queue("1", "q49999"), "Sent", MINUTE), Some(1.0));
    assert_eq!(home.sum(&queue("1", "q50000"), "Sent", MINUTE), None);
    assert_eq!(home.clock.now().millis(), MINUTE * 1000);
}

#[tokio::test]
async fn regions_of_an_account_are_put_together() {
    let home = Home::new();
    for at in 0..500 {
        let of = Subject {
            region: format!("region-{at}"),
            ..queue("1", "a")
        };
        home.counters.one(&of, "Sent");
    }
    let taken = home.counters.take(MINUTE + 60);
    assert_eq!(taken.len(), 1);
    let (account, points) = taken.into_iter().next().unwrap();
    home.vended.put_in_regions(&account, points).await.unwrap();
    for at in [0, 499] {
        let of = Subject {
            region: format!("region-{at}"),
            ..queue("1", "a")
        };
        assert_eq!(home.sum(&of, "Sent", MINUTE), Some(1.0));
    }
}

#[tokio::test]
async fn a_flood_of_counts_takes_nothing_from_what_is_looked_at() {
    let home = Home::new();
    for at in 0..60_000 {
        home.counters.one(&queue("1", &format!("q{at}")), "Sent");
    }
    let of = queue("1", "looked at");
    let asked = of.clone();
    let look = move |minute: &Minute<'_>| minute.add(&asked, "Visible", "Count", 7.0);
    let looks: Vec<Look> = vec![Box::new(look)];
    home.counters.turn(&home.vended, &looks, MINUTE + 60).await;
    assert_eq!(home.sum(&of, "Visible", MINUTE), Some(7.0));
}

#[tokio::test]
async fn the_default_counts_nothing() {
    let home = Home::new();
    let counters = Counters::default();
    counters.one(&queue("1", "a"), "Sent");
    counters.turn(&home.vended, &[], MINUTE + 60).await;
    assert_eq!(home.sum(&queue("1", "a"), "Sent", MINUTE), None);
}
