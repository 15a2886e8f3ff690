//! Reports, over a real store.

use wharf_series::{Metric, Options, Series, Span};
use wharf_vended::{AHEAD, Measured, OLDEST, Point, Report, Taken, Vended};

const NOW: i64 = 1_700_000_040;

fn point(value: f64) -> Point {
    Point {
        namespace: "AWS/ECS",
        name: "CPUUtilization",
        dimensions: vec![("ServiceName", "web".into()), ("ClusterName", "c".into())],
        unit: "Percent",
        at: NOW,
        summary: Measured::one(value),
    }
}

fn open(dir: &std::path::Path) -> Series {
    let options = Options {
        now: || NOW,
        ..Options::default()
    };
    Series::open(dir, options).unwrap()
}

/// How many samples there are, and their sum.
fn seen(series: &Series) -> (f64, f64) {
    let metric = Metric {
        account: "1".into(),
        region: "us-east-1".into(),
        namespace: "AWS/ECS".into(),
        name: "CPUUtilization".into(),
        dimensions: vec![
            ("ClusterName".into(), "c".into()),
            ("ServiceName".into(), "web".into()),
        ],
    };
    let span = Span {
        from: NOW - 60,
        to: NOW + 60,
        period: 60,
        spread: true,
    };
    let units = series.units(&metric).into_iter().map(|it| it.1);
    let read = series
        .read_blocking(&units.collect::<Vec<_>>(), span)
        .unwrap();
    let all = read.iter().flatten().map(|it| &it.1);
    all.fold((0.0, 0.0), |sum, it| (sum.0 + it.count, sum.1 + it.sum))
}

async fn report(vended: &Vended, by: &str, at: i64, value: f64) -> Taken {
    let points = vec![("us-east-1".to_owned(), point(value))];
    let taken = vended.put_once("1", Report { by, at }, NOW, points).await;
    taken.unwrap()
}

#[tokio::test]
async fn a_report_counts_once_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    {
        let series = open(dir.path());
        let vended = Vended::new(series.clone());
        assert_eq!(report(&vended, "a", NOW, 10.0).await, Taken::Now);
        assert_eq!(report(&vended, "a", NOW, 10.0).await, Taken::Before);
        assert_eq!(report(&vended, "a", NOW + 1, 20.0).await, Taken::Now);
        assert_eq!(report(&vended, "b", NOW, 30.0).await, Taken::Now);
        assert_eq!(seen(&series), (3.0, 60.0));
        series.close().await;
    }
    let series = open(dir.path());
    let vended = Vended::new(series.clone());
    assert_eq!(report(&vended, "a", NOW, 10.0).await, Taken::Before);
    assert_eq!(seen(&series), (3.0, 60.0));
}

#[tokio::test]
async fn the_same_report_from_two_sides_counts_once() {
    let dir = tempfile::tempdir().unwrap();
    let series = open(dir.path());
    let vended = Vended::new(series.clone());
    let both = tokio::join!(
        report(&vended, "a", NOW, 10.0),
        report(&vended, "a", NOW, 10.0)
    );
    assert_eq!(both, (Taken::Now, Taken::Before));
    assert_eq!(seen(&series), (1.0, 10.0));
}

#[tokio::test]
async fn what_is_too_old_or_to_come_is_not_taken() {
    let dir = tempfile::tempdir().unwrap();
    let series = open(dir.path());
    let vended = Vended::new(series.clone());
    for (at, taken) in [
        (NOW - OLDEST - 1, Taken::Never),
        (NOW - OLDEST, Taken::Now),
        (NOW + AHEAD + 1, Taken::Never),
        (NOW + AHEAD, Taken::Now),
    ] {
        assert_eq!(report(&vended, "a", at, 1.0).await, taken);
    }
    assert_eq!(report(&vended, "no\nname", NOW, 1.0).await, Taken::Never);
    assert_eq!(seen(&series).0, 2.0);
}

#[tokio::test]
async fn marks_are_in_no_region() {
    let dir = tempfile::tempdir().unwrap();
    let series = open(dir.path());
    let vended = Vended::new(series.clone());
    report(&vended, "a", NOW, 1.0).await;
    let everywhere = |_: &Metric| true;
    let of = ("1", "us-east-1");
    let (listed, _) = series.list(of, None, None, (None, 0, 10), everywhere).await;
    let names: Vec<_> = listed.into_iter().map(|it| it.metric.name).collect();
    assert_eq!(names, ["CPUUtilization"]);
}

#[tokio::test]
async fn nothing_is_kept_without_a_store() {
    let vended = Vended::default();
    assert_eq!(report(&vended, "a", NOW, 1.0).await, Taken::Now);
    vended
        .put(("1", "us-east-1"), vec![point(1.0)])
        .await
        .unwrap();
}

#[tokio::test]
async fn an_account_at_its_bounds_keeps_the_metrics_it_has_and_holds_up_nobody() {
    let bounds: [fn(&mut Options); 2] = [
        |it| it.most_series_of_account = 2,
        |it| it.most_name_bytes_of_account = 150,
    ];
    for bound in bounds {
        let dir = tempfile::tempdir().unwrap();
        let mut options = Options {
            now: || NOW,
            ..Options::default()
        };
        bound(&mut options);
        let series = Series::open(dir.path(), options).unwrap();
        let vended = Vended::new(series.clone());
        assert_eq!(report(&vended, "a", NOW, 10.0).await, Taken::Now);
        let mut new = point(1.0);
        new.name = "MemoryUtilization";
        let points = [new, point(20.0)].map(|it| ("us-east-1".to_owned(), it));
        let of = Report {
            by: "a",
            at: NOW + 1,
        };
        let put = vended.put_once("1", of, NOW, points.into()).await.unwrap();
        assert_eq!(put, Taken::Now);
        assert_eq!(report(&vended, "a", NOW + 1, 20.0).await, Taken::Before);
        assert_eq!(seen(&series), (2.0, 30.0));
        let mut new = point(1.0);
        new.name = "CPUReservation";
        let put = vended.put(("1", "us-east-1"), vec![new, point(5.0)]);
        put.await.unwrap();
        assert_eq!(seen(&series), (3.0, 35.0));
        // Somebody who never reported before is known again all the same.
        assert_eq!(report(&vended, "b", NOW, 5.0).await, Taken::Now);
        assert_eq!(report(&vended, "b", NOW, 5.0).await, Taken::Before);
        assert_eq!(seen(&series), (4.0, 40.0));
    }
}
