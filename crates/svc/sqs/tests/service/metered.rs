//! What queues tell CloudWatch: everything that was counted is there, once.

use std::collections::BTreeMap;

use wharf_base::Clock as _;
use wharf_series::{Metric, Options, Series, Span};
use wharf_vended::{Look, Vended};

use crate::home::{Home, call};

struct Metered {
    home: Home,
    series: Series,
    vended: Vended,
    _folder: tempfile::TempDir,
}

impl Metered {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let series = Series::open(folder.path(), Options::default()).unwrap();
        let home = Home::new();
        // What a test does in a few seconds is all of one minute.
        let second = home.clock.now().millis().div_euclid(1000).rem_euclid(60);
        home.pass(u64::try_from(60 - second).unwrap());
        Self {
            home,
            vended: Vended::new(series.clone()),
            series,
            _folder: folder,
        }
    }

    /// Lets a minute end, and says what metrics of a queue have of it: how many samples, and their sum.
    async fn minute(&self, queue: &str) -> BTreeMap<String, (f64, f64)> {
        let home = &self.home;
        let now = home.clock.now().millis().div_euclid(1000);
        let start = now - now.rem_euclid(60);
        let sqs = home.sqs.clone();
        let looks: Vec<Look> = vec![Box::new(move |minute| sqs.look(minute))];
        home.counters.turn(&self.vended, &looks, start + 60).await;
        home.pass(60);
        let of = (call().account.clone(), call().region.clone());
        let of = (of.0.as_str(), of.1.as_str());
        let page = (None, 0, 1000);
        let all = self
            .series
            .list(of, Some("AWS/SQS"), None, page, |_: &Metric| true);
        let dimension = ("QueueName".to_owned(), queue.to_owned());
        let (listed, _) = all.await;
        let mut found = BTreeMap::new();
        for it in listed {
            if it.metric.dimensions != [dimension.clone()] {
                continue;
            }
            let numbers: Vec<_> = self
                .series
                .units(&it.metric)
                .iter()
                .map(|it| it.1)
                .collect();
            let span = Span {
                from: start,
                to: start + 60,
                period: 60,
                spread: false,
            };
            let read = self.series.read_blocking(&numbers, span).unwrap();
            if let Some((_, summary)) = read.iter().flatten().next() {
                found.insert(it.metric.name, (summary.count, summary.sum));
            }
        }
        found
    }
}

#[tokio::test]
async fn each_message_counts_once() {
    let it = Metered::new();
    let queue = it.home.queue("a", &[]).await;
    it.home.queue("b", &[]).await;
    for body in ["1", "22", "333"] {
        it.home.send(&queue, body).await;
    }
    let (mut got, mut empty) = (Vec::new(), 0.0);
    while got.len() < 3 {
        let some = it.home.receive(&queue).await;
        empty += f64::from(u8::from(some.is_empty()));
        got.extend(some);
    }
    assert!(it.home.receive(&queue).await.is_empty());
    empty += 1.0;
    for message in &got[..2] {
        it.home.delete(&queue, message).await.unwrap();
    }
    it.home.pass(5);
    let seen = it.minute("a").await;
    assert_eq!(seen["NumberOfEmptyReceives"], (1.0, empty));
    for (name, count, sum) in [
        ("NumberOfMessagesSent", 1.0, 3.0),
        ("SentMessageSize", 3.0, 6.0),
        ("NumberOfMessagesReceived", 1.0, 3.0),
        ("NumberOfMessagesDeleted", 1.0, 2.0),
        ("ApproximateNumberOfMessagesVisible", 1.0, 0.0),
        ("ApproximateNumberOfMessagesNotVisible", 1.0, 1.0),
        ("ApproximateNumberOfMessagesDelayed", 1.0, 0.0),
        ("ApproximateAgeOfOldestMessage", 1.0, 5.0),
    ] {
        assert_eq!(seen[name], (count, sum), "{name}");
    }
    let names = seen.len();
    assert_eq!(names, 9, "{seen:?}");
    // Nothing was sent, so there are no sizes; all else is there as zero.
    let seen = it.minute("b").await;
    assert_eq!(seen.len(), 8, "{seen:?}");
    assert!(seen.values().all(|it| *it == (1.0, 0.0)), "{seen:?}");
}

#[tokio::test]
async fn what_is_sent_again_within_the_window_counts_apart() {
    let it = Metered::new();
    let queue = it.home.queue("a.fifo", &[("FifoQueue", "true")]).await;
    for _ in 0..3 {
        let sent = it.home.send_to_group(&queue, "x", "g", Some("same")).await;
        sent.unwrap();
    }
    let seen = it.minute("a.fifo").await;
    assert_eq!(seen["NumberOfMessagesSent"].1, 1.0);
    assert_eq!(seen["NumberOfDeduplicatedSentMessages"].1, 2.0);
    assert_eq!(seen["ApproximateNumberOfMessagesVisible"].1, 1.0);
    let groups = "ApproximateNumberOfGroupsWithInflightMessages";
    assert_eq!(seen[groups].1, 0.0);
    it.home.receive(&queue).await;
    assert_eq!(it.minute("a.fifo").await[groups].1, 1.0);
}

#[tokio::test]
async fn a_queue_that_nobody_uses_falls_silent() {
    let it = Metered::new();
    let queue = it
        .home
        .queue("a", &[("MessageRetentionPeriod", "43200")])
        .await;
    it.home.send(&queue, "x").await;
    it.home.pass(7 * 3600);
    let seen = it.minute("a").await;
    assert_eq!(seen["ApproximateAgeOfOldestMessage"].1, 7.0 * 3600.0);
    let got = it.home.receive(&queue).await;
    it.home.delete(&queue, &got[0]).await.unwrap();
    assert!(!it.minute("a").await.is_empty());
    it.home.pass(6 * 3600);
    assert!(it.minute("a").await.is_empty(), "it is inactive");
    it.home.receive(&queue).await;
    assert!(!it.minute("a").await.is_empty(), "somebody asked for it");
}

#[tokio::test]
async fn who_starts_again_looks_at_what_is_there() {
    let mut it = Metered::new();
    let queue = it.home.queue("a", &[]).await;
    it.home.send(&queue, "x").await;
    it.home.sqs.restart();
    // The reconciler loads it, as this does.
    it.home.attributes(&queue).await;
    let seen = it.minute("a").await;
    assert_eq!(seen["ApproximateNumberOfMessagesVisible"].1, 1.0);
    assert_eq!(seen["NumberOfMessagesSent"].1, 1.0);
}
