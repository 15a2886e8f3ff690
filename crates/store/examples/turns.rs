//! Measures what a quiet account waits for beside a loud one: `cargo run --release -p wharf-store --example turns -- FOLDER [LOUD_BYTES] [CONNECTIONS] [SECONDS] [ROUNDS]`.
//!
//! One caller puts 500 bytes at a time: alone; beside callers of another account that put LOUD_BYTES at a time without pause
//! into the same store; and beside such that put them into another store on the same disk.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use wharf_base::Permit;
use wharf_store::{Store, StoreOptions};

const PERMIT: Permit = Permit::for_controller("beside");
const QUIET: &str = "/w1/c0/ssm/000000000001/us-east-1/parameter/quiet";
const LOUD: &str = "/w1/c0/ssm/000000000002/us-east-1/parameter/";
const QUIET_BYTES: usize = 500;
/// Between two calls of the quiet caller, so that it does not keep step with the others' syncs.
const PAUSE: Duration = Duration::from_millis(1);
const MIB: f64 = (1 << 20) as f64;

/// Bytes without likeness.
fn noise(bytes: usize) -> Bytes {
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
async fn ask(store: &Store, period: Duration) -> Vec<f64> {
    let (began, value) = (Instant::now(), noise(QUIET_BYTES));
    let mut took = Vec::new();
    while began.elapsed() < period {
        let asked = Instant::now();
        let put = store.put(&PERMIT, QUIET, value.clone()).await;
        put.expect("is taken");
        took.push(asked.elapsed().as_secs_f64() * 1000.0);
        tokio::time::sleep(PAUSE).await;
    }
    took
}

/// Puts without pause until `ended`; returns the bytes.
async fn flood(store: Store, key: String, bytes: usize, ended: Arc<AtomicBool>) -> usize {
    let value = noise(bytes);
    let mut taken = 0;
    while !ended.load(Ordering::Relaxed) {
        let put = store.put(&PERMIT, key.as_str(), value.clone()).await;
        put.expect("is taken");
        taken += bytes;
    }
    taken
}

async fn beside(
    quiet: &Store,
    loud: &Store,
    (bytes, connections, period): (usize, usize, Duration),
    all: &AtomicUsize,
) -> Vec<f64> {
    let ended = Arc::new(AtomicBool::new(false));
    let flood_of = |it| {
        let key = format!("{LOUD}{it}");
        tokio::spawn(flood(loud.clone(), key, bytes, ended.clone()))
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
        "{name:14} p50 {:6.2} ms  p90 {:6.2}  p99 {:6.2}  worst {:6.2}  of {} calls; the flood {flooded:.1} MiB/s",
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
    // More callers than an API has of one account, so that some always wait.
    let (bytes, connections) = (number(64 << 10), number(128));
    let (period, rounds) = (Duration::from_secs(number(5) as u64), number(3));
    let open = |name: &str| {
        let dir = Path::new(&folder).join(name);
        std::fs::create_dir_all(&dir).expect("a folder is made");
        Store::open(&dir, StoreOptions::default()).expect("opens")
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
    tell("same store", &mut same, rate(flooded));
    tell("another", &mut elsewhere, rate(flooded_other));
    here.close().await;
    other.close().await;
}
