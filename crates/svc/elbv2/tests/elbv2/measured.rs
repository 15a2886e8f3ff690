//! What hosts measured is kept as metrics, once.

use wharf_planeproto::measured::{BalancerRow, GroupRow, MINUTE, Minute, Row};
use wharf_series::{Metric, Options, Series, Span};
use wharf_vended::Vended;

use crate::harness::{Harness, context};

struct Measured {
    harness: Harness,
    series: Series,
    balancer: String,
    group: String,
    _folder: tempfile::TempDir,
}

impl Measured {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let series = Series::open(folder.path(), Options::default()).unwrap();
        let harness = Harness::measured(Vended::new(series.clone())).await;
        let (balancer, _, group) = harness.serving().await;
        Self {
            harness,
            series,
            balancer,
            group,
            _folder: folder,
        }
    }

    fn requests(&self, requests: u64) -> Row {
        Row::Group(GroupRow {
            balancer: self.balancer.clone(),
            group: self.group.clone(),
            requests,
            registered: 2,
            healthy: 2,
            ..GroupRow::default()
        })
    }

    /// A host's report of the minute that ended last.
    async fn report(&self, host: &str, run: u64, part: u32, rows: Vec<Row>) -> bool {
        let minute = Minute {
            run,
            start: last_minute(),
            part,
            rows,
        };
        self.harness.elb.measured(host, "us-east-1a", minute).await
    }

    /// The sum of a metric in that minute, by the group if it is to be.
    fn sum(&self, name: &str, by_group: bool) -> Option<f64> {
        let balancer = self.balancer.split_once(":loadbalancer/").unwrap().1;
        let group = self.group.rsplit_once(':').unwrap().1;
        let mut dimensions = vec![("LoadBalancer".to_owned(), balancer.to_owned())];
        if by_group {
            dimensions.push(("TargetGroup".to_owned(), group.to_owned()));
        }
        let metric = Metric {
            account: context().account,
            region: context().region,
            namespace: "AWS/ApplicationELB".into(),
            name: name.into(),
            dimensions,
        };
        let (_, number) = self.series.units(&metric).into_iter().next()?;
        let span = Span {
            from: last_minute(),
            to: last_minute() + MINUTE,
            period: MINUTE,
            spread: false,
        };
        let read = self.series.read_blocking(&[number], span).unwrap();
        Some(read[0].first()?.1.sum)
    }
}

/// Of one time for all of a test, which may see a minute end.
fn last_minute() -> i64 {
    static NOW: std::sync::OnceLock<i64> = std::sync::OnceLock::new();
    let now = *NOW.get_or_init(|| context().now.millis() / 1000);
    now - now % MINUTE - MINUTE
}

#[tokio::test]
async fn a_report_counts_once() {
    let it = Measured::start().await;
    for _ in 0..3 {
        assert!(it.report("i-1", 1, 0, vec![it.requests(10)]).await);
    }
    assert_eq!(it.sum("RequestCount", false), Some(10.0));
    // Another part, another life of the process, another host.
    assert!(it.report("i-1", 1, 1, vec![it.requests(1)]).await);
    assert!(it.report("i-1", 2, 0, vec![it.requests(2)]).await);
    assert!(it.report("i-2", 1, 0, vec![it.requests(3)]).await);
    assert_eq!(it.sum("RequestCount", false), Some(16.0));
    assert_eq!(it.sum("RequestCount", true), Some(16.0));
    assert_eq!(it.sum("RequestCountPerTarget", true), Some(8.0));
}

#[tokio::test]
async fn what_makes_no_sense_is_taken_and_changes_nothing() {
    let it = Measured::start().await;
    let balancer = BalancerRow {
        arn: it.balancer.clone(),
        new_connections: 1,
        ..BalancerRow::default()
    };
    let rows = vec![Row::Balancer(balancer), it.requests(1)];
    for (start, part) in [
        (1, 0),
        (-60, 0),
        (i64::MIN, 0),
        (i64::MAX, 0),
        (60, 0),
        (600, 60),
    ] {
        let minute = Minute {
            run: 1,
            start,
            part,
            rows: rows.clone(),
        };
        let elb = &it.harness.elb;
        assert!(elb.measured("i-1", "us-east-1a", minute).await, "{start}");
    }
    assert!(it.report("i-1", 1, u32::MAX, rows).await);
    assert_eq!(it.sum("RequestCount", false), None);
    assert_eq!(it.sum("NewConnectionCount", false), None);
}

#[tokio::test]
async fn a_host_cannot_invent_runs_without_end() {
    let it = Measured::start().await;
    for run in 0..3000 {
        let kept = it.report("i-1", run, 0, vec![it.requests(1)]).await;
        assert!(kept);
    }
    // Marks and metrics.
    let series = it.series.usage().series;
    assert!(series < 1100, "{series}");
    assert_eq!(it.sum("RequestCount", true), Some(1024.0));
}
