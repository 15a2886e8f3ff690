//! The store as its users see it: what was acknowledged is read back, after whatever happened to the process.

use std::{collections::BTreeMap, path::Path, time::Duration};

use proptest::prelude::*;
use wharf_series::{AppendError, Metric, NO_REGION, Options, Sample, Series, Span, Summary, Tier};

fn metric(account: &str, name: &str) -> Metric {
    Metric {
        account: account.to_owned(),
        region: "us-east-1".to_owned(),
        namespace: "App".to_owned(),
        name: name.to_owned(),
        dimensions: vec![("Host".to_owned(), "a".to_owned())],
    }
}

fn sample(name: &str, tier: Tier, at: i64, value: f64) -> Sample {
    Sample {
        key: metric("1", name).key("None").unwrap(),
        tier,
        at,
        summary: Summary::one(value),
    }
}

/// A day, and four months later.
const NOW: i64 = 1_700_000_000 - 1_700_000_000 % 86_400;

fn options() -> Options {
    Options {
        now: || NOW,
        jump_lasts: Duration::ZERO,
        ..Options::default()
    }
}

fn open(dir: &Path, options: Options) -> Series {
    Series::open(dir, options).unwrap()
}

/// Time and sum of each point.
fn points(series: &Series, name: &str, span: Span) -> Vec<(i64, f64)> {
    let units = series.units(&metric("1", name));
    let Some((_, number)) = units.first() else {
        return Vec::new();
    };
    let read = series.read_blocking(&[*number], span).unwrap();
    read[0].iter().map(|(at, it)| (*at, it.sum)).collect()
}

fn day(period: i64) -> Span {
    Span {
        from: NOW - 86_400,
        to: NOW + 86_400,
        period,
        spread: true,
    }
}

async fn until(condition: impl Fn() -> bool) {
    for _ in 0..3000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not come");
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_every_death() {
    let dir = tempfile::tempdir().unwrap();
    let mut copy = tempfile::tempdir().unwrap();
    for round in 0..4i64 {
        // A copy of the files while they are open is what a kill leaves.
        let series = open(copy.path(), options());
        let at = NOW + round * 60;
        series
            .append("1", vec![sample("m", Tier::Minute, at, 1.0)])
            .await
            .unwrap();
        if round == 2 {
            series.copy().await.unwrap();
        }
        let killed = tempfile::tempdir().unwrap();
        copy_tree(copy.path(), killed.path());
        drop(series);
        copy = killed;
        let again = open(copy.path(), options());
        let wanted: Vec<(i64, f64)> = (0..=round).map(|n| (NOW + n * 60, 1.0)).collect();
        assert_eq!(points(&again, "m", day(60)), wanted);
        assert_eq!(again.usage().series, 1);
    }
    drop(dir);
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_tree(&entry.path(), &target);
        } else {
            // What the store still makes room with comes and goes; what was acknowledged stays.
            match std::fs::copy(entry.path(), target) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                copied => drop(copied.unwrap()),
            }
        }
    }
}

#[tokio::test]
async fn both_resolutions_answer_periods_they_divide() {
    let dir = tempfile::tempdir().unwrap();
    let series = open(dir.path(), options());
    let all = vec![
        sample("m", Tier::Second, NOW + 1, 1.0),
        sample("m", Tier::Second, NOW + 11, 2.0),
        sample("m", Tier::Minute, NOW + 30, 4.0),
        sample("m", Tier::Minute, NOW + 90, 8.0),
    ];
    series.append("1", all).await.unwrap();
    for flushed in [false, true] {
        if flushed {
            series.copy().await.unwrap();
            assert_eq!(series.usage().head_bytes, 0);
        }
        assert_eq!(
            points(&series, "m", day(1)),
            [(NOW + 1, 1.0), (NOW + 11, 2.0)]
        );
        assert_eq!(points(&series, "m", day(10)), [(NOW, 1.0), (NOW + 10, 2.0)]);
        assert_eq!(points(&series, "m", day(60)), [(NOW, 7.0), (NOW + 60, 8.0)]);
        assert_eq!(points(&series, "m", day(300)), [(NOW, 15.0)]);
    }
}

#[tokio::test]
async fn what_is_over_is_rolled_up_and_then_gone() {
    let dir = tempfile::tempdir().unwrap();
    let series = open(dir.path(), options());
    let all = (0..10)
        .map(|n| sample("m", Tier::Second, NOW + n * 60, 1.0))
        .collect();
    series.append("1", all).await.unwrap();
    series.copy().await.unwrap();
    series.close().await;
    type Later = (fn() -> i64, Vec<i64>, usize);
    let later: [Later; 3] = [
        (|| NOW + 5 * 3600, vec![1, 60, 300, 3600], 1),
        (|| NOW + 17 * 86_400, vec![1, 60, 300, 3600], 2),
        (|| NOW + 90 * 86_400, vec![1, 60, 300, 3600], 3),
    ];
    for (now, periods, gone) in later {
        let series = open(dir.path(), Options { now, ..options() });
        until(|| points(&series, "m", day(periods[gone - 1])).is_empty()).await;
        for period in &periods[gone..] {
            let sum: f64 = points(&series, "m", day(*period))
                .iter()
                .map(|it| it.1)
                .sum();
            assert_eq!(sum, 10.0, "period {period} after {gone}");
        }
        series.close().await;
    }
    let now = || NOW + 500 * 86_400;
    let series = open(dir.path(), Options { now, ..options() });
    until(|| series.usage().blocks == 0).await;
    series.close().await;
    assert_eq!(
        open(dir.path(), options()).usage().series,
        0,
        "nothing is left of it"
    );
}

#[tokio::test]
async fn a_clock_that_is_wrong_for_a_while_removes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let series = open(dir.path(), options());
    let put = |at| vec![sample("m", Tier::Minute, at, 1.0)];
    series.append("1", put(NOW)).await.unwrap();
    series.copy().await.unwrap();
    series.close().await;
    let wrong = Options {
        now: || NOW + 3000 * 86_400,
        jump_lasts: Duration::from_secs(3600),
        ..options()
    };
    let series = open(dir.path(), wrong);
    series.append("1", put(NOW + 60)).await.unwrap();
    // The writer looks at what is due after each of these.
    for _ in 0..3 {
        series.copy().await.unwrap();
        series.append("1", put(NOW + 120)).await.unwrap();
    }
    series.close().await;
    let series = open(dir.path(), options());
    assert_eq!(
        points(&series, "m", day(60)),
        [(NOW, 1.0), (NOW + 60, 1.0), (NOW + 120, 3.0)]
    );
}

#[tokio::test]
async fn an_account_begins_so_many_series_in_a_minute() {
    let dir = tempfile::tempdir().unwrap();
    let few = Options {
        most_new_series_of_account: 2,
        ..options()
    };
    let series = open(dir.path(), few);
    let of = |account: &str, name: &str| Sample {
        key: metric(account, name).key("None").unwrap(),
        ..sample(name, Tier::Minute, NOW, 1.0)
    };
    for name in ["a", "b", "a"] {
        series.append("1", vec![of("1", name)]).await.unwrap();
    }
    let refused = Err(AppendError::TooManyNewSeries { most: 2 });
    assert_eq!(series.append("1", vec![of("1", "c")]).await, refused);
    // Others are not held up, and what wharf measures is not.
    series.append("2", vec![of("2", "a")]).await.unwrap();
    let left_out = series.append_partly("1", vec![of("1", "c")]).await;
    assert_eq!(left_out, Ok(1));
    let left_out = series.append_own("1", vec![of("1", "c")]).await;
    assert_eq!(left_out, Ok(0));
}

#[tokio::test]
async fn accounts_have_shares_and_a_call_is_taken_whole_or_not() {
    let dir = tempfile::tempdir().unwrap();
    let few = Options {
        most_series: 5,
        most_series_of_account: 3,
        ..options()
    };
    let series = open(dir.path(), few);
    let of = |account: &str, names: &[&str]| -> Vec<Sample> {
        let one = |name: &&str| Sample {
            key: metric(account, name).key("None").unwrap(),
            ..sample(name, Tier::Minute, NOW, 1.0)
        };
        names.iter().map(one).collect()
    };
    let full = Err(AppendError::TooManySeries { most: 3 });
    assert_eq!(
        series.append("1", of("1", &["a", "b", "c", "d"])).await,
        full
    );
    assert_eq!(series.usage().series, 0);
    series.append("1", of("1", &["a", "b", "c"])).await.unwrap();
    assert_eq!(series.append("1", of("1", &["d"])).await, full);
    series.append("1", of("1", &["a"])).await.unwrap();
    series.append("2", of("2", &["a", "b"])).await.unwrap();
    assert_eq!(series.append("2", of("2", &["c"])).await, full);
    let (listed, more) = series
        .list(("1", "us-east-1"), Some("App"), None, (None, 0, 9), |_| {
            true
        })
        .await;
    let names: Vec<&str> = listed.iter().map(|it| it.metric.name.as_str()).collect();
    assert_eq!((names, more), (vec!["a", "b", "c"], None));
}

#[tokio::test]
async fn nobody_waits_while_it_is_asked_which_metrics_of_a_list_fit() {
    let dir = tempfile::tempdir().unwrap();
    let series = open(dir.path(), options());
    let of = |name: &str| vec![sample(name, Tier::Minute, NOW, 1.0)];
    series.append("1", of("a")).await.unwrap();
    let (own, runtime) = (series.clone(), tokio::runtime::Handle::current());
    let listing = tokio::task::spawn_blocking(move || {
        let fits = |_: &Metric| runtime.block_on(own.append("1", of("b"))).is_ok();
        own.list_blocking(("1", "us-east-1"), None, None, (None, 0, 9), fits)
    });
    let (listed, more) = listing.await.unwrap();
    assert_eq!((listed.len(), more), (1, None));
    assert_eq!(series.usage().series, 2);
}

#[tokio::test]
async fn what_is_of_no_region_goes_some_way_beyond_the_bounds_of_accounts() {
    let dir = tempfile::tempdir().unwrap();
    let few = Options {
        most_series: 1,
        most_series_of_account: 1,
        most_name_bytes: 100,
        most_name_bytes_of_account: 100,
        ..options()
    };
    let series = open(dir.path(), few);
    series
        .append("1", vec![sample("m", Tier::Minute, NOW, 1.0)])
        .await
        .unwrap();
    let mark = |number: usize| {
        let of = Metric {
            region: NO_REGION.into(),
            ..metric("1", &format!("mark {number}"))
        };
        Sample {
            key: of.key("None").unwrap(),
            ..sample("m", Tier::Second, NOW, 1.0)
        }
    };
    // Not for what somebody sends, nor for other names.
    assert_eq!(series.append_partly("1", vec![mark(0)]).await, Ok(1));
    let named = sample("n", Tier::Minute, NOW, 1.0);
    assert_eq!(series.append_own("1", vec![named]).await, Ok(1));
    let marks = (0..10_010).map(mark).collect();
    assert_eq!(series.append_own("1", marks).await, Ok(10));
    // Those that are there go on.
    assert_eq!(series.append_own("1", vec![mark(0)]).await, Ok(0));
}

#[tokio::test]
async fn names_are_bounded_by_their_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let few = Options {
        most_name_bytes: 5000,
        most_name_bytes_of_account: 3000,
        ..options()
    };
    let of = |account: &str, name: &str| -> Vec<Sample> {
        vec![Sample {
            key: metric(account, &name.repeat(1200)).key("None").unwrap(),
            ..sample("m", Tier::Minute, NOW, 1.0)
        }]
    };
    let full = Err(AppendError::NamesTooLong { most: 3000 });
    for _ in 0..2 {
        let series = open(dir.path(), few.clone());
        for name in ["a", "b"] {
            series.append("1", of("1", name)).await.unwrap();
        }
        assert_eq!(series.append("1", of("1", "c")).await, full);
        series.append("2", of("2", "a")).await.unwrap();
        series.append("3", of("3", "a")).await.unwrap();
        assert_eq!(series.append("4", of("4", "a")).await, full);
        series
            .append("1", vec![sample("m", Tier::Minute, NOW, 1.0)])
            .await
            .unwrap();
        series.close().await;
    }
    // One call may have many: they are counted with it.
    let dir = tempfile::tempdir().unwrap();
    let series = open(dir.path(), few);
    let all = ["a", "b", "c"].iter().flat_map(|it| of("1", it)).collect();
    assert_eq!(series.append("1", all).await, full);
    assert_eq!(series.usage().series, 0);
}

#[tokio::test]
async fn a_call_that_fits_no_frame_is_refused_alone() {
    let dir = tempfile::tempdir().unwrap();
    let series = open(dir.path(), options());
    let large = Sample {
        key: metric("1", &"x".repeat(1 << 20)).key("None").unwrap(),
        ..sample("m", Tier::Minute, NOW, 1.0)
    };
    let too_large = series.append("1", vec![large.clone(); 48]);
    let fits = series.append("2", vec![sample("m", Tier::Minute, NOW, 1.0)]);
    let (too_large, fits) = tokio::join!(too_large, fits);
    assert_eq!((too_large, fits), (Err(AppendError::TooLarge), Ok(())));
    series.append("1", vec![large; 40]).await.unwrap();
}

#[tokio::test]
async fn a_copy_is_a_store() {
    let (dir, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let series = open(dir.path(), options());
    series
        .append("1", vec![sample("m", Tier::Minute, NOW, 3.0)])
        .await
        .unwrap();
    let copy = series.copy().await.unwrap();
    series
        .append("1", vec![sample("m", Tier::Minute, NOW + 60, 3.0)])
        .await
        .unwrap();
    copy.write(to.path()).unwrap();
    let copied = open(to.path(), options());
    assert_eq!(points(&copied, "m", day(60)), [(NOW, 3.0)]);
    copied
        .append("1", vec![sample("n", Tier::Minute, NOW, 4.0)])
        .await
        .unwrap();
    assert_eq!(points(&copied, "n", day(60)), [(NOW, 4.0)]);
}

#[tokio::test]
async fn many_small_heads_are_merged_while_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let small = Options {
        head_bytes: 2000,
        ..options()
    };
    let series = open(dir.path(), small);
    for minute in 0..200 {
        let all = (0..10).map(|n| sample(&format!("m{n}"), Tier::Minute, NOW + minute * 60, 1.0));
        series.append("1", all.collect()).await.unwrap();
        let read = points(&series, "m3", day(86_400));
        assert_eq!(read, [(NOW, (minute + 1) as f64)], "each is there once");
    }
    until(|| series.usage().blocks < 8).await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Against a map of what was put.
    #[test]
    fn it_holds_what_was_put(
        puts in prop::collection::vec((0usize..3, 0i64..7200, -100i32..100, any::<bool>()), 1..80),
        reopen in any::<prop::sample::Index>(),
        flush in any::<prop::sample::Index>(),
        period in prop::sample::select(vec![60i64, 300, 3600]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let mut series = open(dir.path(), options());
            let mut wanted: BTreeMap<(usize, i64), f64> = BTreeMap::new();
            for (turn, (name, at, value, fine)) in puts.iter().enumerate() {
                let tier = if *fine { Tier::Second } else { Tier::Minute };
                let put = sample(&name.to_string(), tier, NOW + at, f64::from(*value));
                series.append("1", vec![put]).await.unwrap();
                *wanted.entry((*name, NOW + at - at % period)).or_default() += f64::from(*value);
                if turn == flush.index(puts.len()) {
                    series.copy().await.unwrap();
                }
                if turn == reopen.index(puts.len()) {
                    series.close().await;
                    series = open(dir.path(), options());
                }
            }
            for name in 0..3 {
                let of = wanted.iter().filter(|((of, _), _)| *of == name);
                let of: Vec<(i64, f64)> = of.map(|((_, at), sum)| (*at, *sum)).collect();
                prop_assert_eq!(points(&series, &name.to_string(), day(period)), of);
            }
            Ok::<(), TestCaseError>(())
        })?;
    }
}
