//! Measures the store: `cargo run --release -p wharf-series --example figures -- FOLDER [SECONDS]`.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use wharf_series::{Key, Metric, Options, Sample, Series, Span, Summary, Tier};

const NOW: i64 = 1_700_000_000 - 1_700_000_000 % 86_400;
const CALL: usize = 1000;

fn key(number: usize) -> Key {
    let metric = Metric {
        account: format!("{:012}", number % 4),
        region: "us-east-1".to_owned(),
        namespace: "Measured/Service".to_owned(),
        name: format!("Metric{}", number % 50),
        dimensions: vec![
            ("ClusterName".to_owned(), "production".to_owned()),
            ("ServiceName".to_owned(), format!("service-{}", number / 50)),
        ],
    };
    metric.key("Percent").expect("no control characters")
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|it| it.starts_with("VmRSS:"));
    let kib = line.and_then(|it| it.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}

/// Per cent with two decimals.
fn value(series: usize, turn: usize) -> f64 {
    let mixed = (series as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ (turn as u64).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let noise = (mixed >> 40) as f64 / f64::from(1 << 24);
    ((40.0 + 20.0 * (turn as f64 / 200.0).sin() + noise * 5.0) * 100.0).round() / 100.0
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut args = std::env::args().skip(1);
    let dir = PathBuf::from(args.next().expect("a folder"));
    let seconds: u64 = args.next().map_or(20, |it| it.parse().expect("seconds"));
    let options = || Options {
        now: || NOW,
        most_new_series_of_account: usize::MAX,
        ..Options::default()
    };

    let series = Series::open(&dir.join("day"), options()).expect("opens");
    let keys: Vec<Key> = (0..1000).map(key).collect();
    for from in (0..1440).step_by(60) {
        for (number, key) in keys.iter().enumerate() {
            let samples = (from..from + 60).map(|turn| Sample {
                key: key.clone(),
                tier: Tier::Minute,
                at: NOW + turn as i64 * 60,
                summary: Summary::one(value(number, turn)),
            });
            series
                .append("a", samples.collect())
                .await
                .expect("is taken");
        }
        // Each hour goes to blocks, as it does in the course of a day.
        series.copy().await.expect("is written");
    }
    let numbers: Vec<u32> = (0..1000).collect();
    let span = Span {
        from: NOW,
        to: NOW + 86_400,
        period: 60,
        spread: false,
    };
    let read = || {
        let began = Instant::now();
        let read = series.read_blocking(&numbers, span).expect("is read");
        assert_eq!(read.iter().map(Vec::len).sum::<usize>(), 1_440_000);
        began.elapsed().as_millis()
    };
    let mut took = [read(), read(), read()];
    took.sort_unstable();
    println!("a day of 1,000 series at a minute is read, ms: {}", took[1]);
    let usage = series.usage();
    println!(
        "bytes on disk a sample: {:.2}",
        usage.block_bytes as f64 / (1000.0 * 1440.0)
    );
    series.close().await;

    let many: usize = std::env::var("SERIES").map_or(1_000_000, |it| it.parse().expect("a number"));
    let series = Series::open(&dir.join("flood"), options()).expect("opens");
    let keys: Vec<Key> = (0..many).map(key).collect();
    let before = resident();
    let began = Instant::now();
    let (mut sent, mut most) = (0usize, 0);
    let mut running = tokio::task::JoinSet::new();
    while began.elapsed() < Duration::from_secs(seconds) {
        if running.len() >= 32 {
            running.join_next().await;
        }
        let first = sent % many;
        let turn = sent / many;
        let samples = (first..(first + CALL).min(many)).map(|number| Sample {
            key: keys[number].clone(),
            tier: Tier::Minute,
            at: NOW + turn as i64 * 60,
            summary: Summary::one(value(number, turn)),
        });
        let samples: Vec<Sample> = samples.collect();
        sent += samples.len();
        let (series, account) = (series.clone(), (first / CALL % 4).to_string());
        running.spawn(async move { series.append(&account, samples).await.expect("is taken") });
        if sent.is_multiple_of(CALL * 1000) {
            most = most.max(resident());
        }
    }
    while running.join_next().await.is_some() {}
    let took = began.elapsed();
    println!(
        "samples of {many} series a second, for {} s: {:.0}",
        took.as_secs(),
        sent as f64 / took.as_secs_f64()
    );
    println!("memory meanwhile at most, MiB: {most} ({before} before, most of it their keys)");
    series.close().await;
    let began = Instant::now();
    let series = Series::open(&dir.join("flood"), options()).expect("opens");
    println!(
        "opened again, seconds: {:.1}",
        began.elapsed().as_secs_f64()
    );
    drop(series);
}
