//! Measures what a quiet stream waits for beside loud ones: `cargo run --release -p wharf-journal --example beside -- FOLDER [LOUD_BYTES] [CONNECTIONS] [SECONDS] [ROUNDS]`.
//!
//! One caller appends 500 bytes at a time: alone; beside callers of another account that append LOUD_BYTES at a time without
//! pause to the same journal; and beside such that append them to another journal on the same disk.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use wharf_journal::{Journal, JournalOptions};

const QUIET: &str = "logs/quiet/s";
const QUIET_BYTES: usize = 500;
/// Between two calls of the quiet caller, so that it does not keep step with the others' syncs.
const PAUSE: Duration = Duration::from_millis(1);
const MIB: f64 = (1 << 20) as f64;

/// Bytes without likeness.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..bytes).map(next).collect()
}

/// How long each call took, in milliseconds.
async fn ask(journal: &Journal, period: Duration) -> Vec<f64> {
    let (began, record) = (Instant::now(), noise(QUIET_BYTES));
    let mut took = Vec::new();
    while began.elapsed() < period {
        let asked = Instant::now();
        let appended = journal.append(QUIET, &[&record]).await;
        appended.expect("is taken");
        took.push(asked.elapsed().as_secs_f64() * 1000.0);
        tokio::time::sleep(PAUSE).await;
    }
    took
}

/// Appends without pause until `ended`; returns the bytes.
async fn flood(journal: Journal, stream: String, bytes: usize, ended: Arc<AtomicBool>) -> usize {
    let record = noise(bytes);
    let mut taken = 0;
    while !ended.load(Ordering::Relaxed) {
        let end = journal.append(&stream, &[&record]).await;
        taken += bytes;
        // Read again by nobody.
        let before = end.expect("is taken").saturating_sub(8);
        journal.trim(&stream, before).await.expect("is trimmed");
    }
    taken
}

async fn beside(
    quiet: &Journal,
    loud: &Journal,
    (bytes, connections, period): (usize, usize, Duration),
    all: &AtomicUsize,
) -> Vec<f64> {
    let ended = Arc::new(AtomicBool::new(false));
    let flood_of = |it| {
        let stream = format!("logs/loud/{it}");
        tokio::spawn(flood(loud.clone(), stream, bytes, ended.clone()))
    };
    let floods: Vec<_> = (0..connections).map(flood_of).collect();
    let took = ask(quiet, period).await;
    ended.store(true, Ordering::Relaxed);
    for flood in floods {
        all.fetch_add(flood.await.expect("ends"), Ordering::Relaxed);
    }
    took
}

fn tell(name: &str, took: &mut [f64], flooded: f64) {
    took.sort_by(f64::total_cmp);
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    println!(
        "{name:14} p50 {:6.2} ms  p90 {:6.2}  p99 {:6.2}  worst {:6.2}  of {} calls; the flood {flooded:.0} MiB/s",
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0),
        took.len(),
    );
}

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let folder = args.next().expect("a folder");
    let mut number = |default| {
        args.next()
            .map_or(default, |it| it.parse().expect("a number"))
    };
    let (bytes, connections) = (number(1 << 20), number(4));
    let (period, rounds) = (Duration::from_secs(number(5) as u64), number(3));
    let open = |name: &str| {
        let dir = Path::new(&folder).join(name);
        std::fs::create_dir_all(&dir).expect("a folder is made");
        Journal::open(&dir, JournalOptions::default()).expect("opens")
    };
    let (here, other) = (open("here"), open("other"));
    let (mut alone, mut same, mut elsewhere) = (Vec::new(), Vec::new(), Vec::new());
    let (flooded, flooded_other) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let flood = (bytes, connections, period);
    for _ in 0..rounds {
        alone.extend(ask(&here, period).await);
        same.extend(beside(&here, &here, flood, &flooded).await);
        elsewhere.extend(beside(&here, &other, flood, &flooded_other).await);
    }
    let rate =
        |it: AtomicUsize| it.into_inner() as f64 / MIB / period.as_secs_f64() / rounds as f64;
    tell("alone", &mut alone, 0.0);
    tell("same journal", &mut same, rate(flooded));
    tell("another", &mut elsewhere, rate(flooded_other));
    here.close().await;
    other.close().await;
}
