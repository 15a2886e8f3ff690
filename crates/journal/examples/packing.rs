//! Measures appends of log lines as they are and packed: `cargo run --release -p wharf-journal --example packing -- FOLDER [SECONDS]`.
//!
//! As a hundred streams put them: each waits until its 256 KiB are durable before it appends the next. Merging goes on beside it.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use wharf_journal::{ColumnBuilder, Journal, JournalOptions, PackedRecords};

const STREAMS: u64 = 100;
const BYTES: usize = 256 << 10;
const BATCHES: u64 = 64;
const MIB: f64 = (1 << 20) as f64;

/// A number that looks like any other, the same for the same input.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (number ^ number >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 20
}

/// Two times and a line of a web server.
fn record(number: u64) -> Vec<u8> {
    let (a, b, c) = (mixed(number), mixed(number + 1), mixed(number + 2));
    let at = 1_700_000_000_000 + number * 3;
    let line = format!(
        "10.{}.{}.{} - - [23/Nov/2026:10:{:02}:{:02} +0000] \"GET /api/v1/items?page={} HTTP/1.1\" {} {} \
         \"https://shop.example.com/cart\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
         Chrome/{}.0.0.0 Safari/537.36\" rt=0.{:03}",
        a % 100,
        a / 100 % 5,
        a / 500 % 256,
        number / 60 % 60,
        number % 60,
        b % 20_000,
        [200, 200, 200, 304, 404][(b / 20_000 % 5) as usize],
        c % 40_000,
        120 + c / 40_000 % 8,
        a / 128_000 % 1000,
    );
    let mut record = at.to_le_bytes().to_vec();
    record.extend_from_slice(&1_700_000_000_000_u64.to_le_bytes()[..7]);
    record.push(0);
    record.extend_from_slice(line.as_bytes());
    record
}

fn batch(number: u64) -> Vec<Vec<u8>> {
    let (mut bytes, mut all) = (0, Vec::new());
    for line in 0.. {
        let record = record(number * 10_000 + line);
        bytes += record.len();
        if bytes > BYTES {
            break;
        }
        all.push(record);
    }
    all
}

fn packed(columns: &mut ColumnBuilder, batch: &[Vec<u8>]) -> PackedRecords {
    let records = batch.iter().map(|it| {
        let (head, tail) = it.split_first_chunk().expect("two times");
        (*head, tail)
    });
    columns.gather(records).expect("is taken");
    columns.pack().expect("lines become smaller")
}

/// Bytes of lines a second, in MiB, and the worst time of an append.
async fn appended(
    dir: &Path,
    batches: &Arc<Vec<Vec<Vec<u8>>>>,
    packs: bool,
    seconds: u64,
) -> (f64, Duration) {
    let journal = Journal::open(dir, JournalOptions::default()).expect("opens");
    let (ended, bytes) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let began = Instant::now();
    let tasks = (0..STREAMS).map(|stream| {
        let (journal, batches) = (journal.clone(), batches.clone());
        let (ended, bytes) = (ended.clone(), bytes.clone());
        tokio::spawn(async move {
            let name = format!("s{stream}");
            let (mut worst, mut columns) = (Duration::ZERO, ColumnBuilder::default());
            for turn in stream * 7.. {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                let began = Instant::now();
                let batch = &batches[(turn % BATCHES) as usize];
                let size = batch.iter().map(Vec::len).sum::<usize>() as u64;
                let appended = match packs {
                    true => {
                        let packed = packed(&mut columns, batch);
                        journal.append_packed(&name, packed).await
                    }
                    false => journal.append(&name, batch).await,
                };
                appended.expect("is durable");
                bytes.fetch_add(size, Ordering::Relaxed);
                worst = worst.max(began.elapsed());
            }
            worst
        })
    });
    let tasks: Vec<_> = tasks.collect();
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    ended.store(true, Ordering::Relaxed);
    let mut worst = Duration::ZERO;
    for task in tasks {
        worst = worst.max(task.await.expect("ends"));
    }
    let rate = bytes.load(Ordering::Relaxed) as f64 / MIB / began.elapsed().as_secs_f64();
    journal.close().await;
    (rate, worst)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut args = std::env::args().skip(1);
    let dir = std::path::PathBuf::from(args.next().expect("a folder"));
    let seconds: u64 = args.next().map_or(10, |it| it.parse().expect("seconds"));
    let batches: Arc<Vec<_>> = Arc::new((0..BATCHES).map(batch).collect());

    let (mut text, mut bytes, mut columns) = (0, 0, ColumnBuilder::default());
    let began = Instant::now();
    for batch in batches.iter().cycle().take(512) {
        text += batch.iter().map(Vec::len).sum::<usize>();
        bytes += packed(&mut columns, batch).bytes();
    }
    println!(
        "gathered and packed by one thread, MiB / s: {:.0}, {:.2} times smaller",
        text as f64 / MIB / began.elapsed().as_secs_f64(),
        text as f64 / bytes as f64
    );
    for round in 0..3 {
        for (name, packs) in [("as they are", false), ("packed", true)] {
            let folder = dir.join(format!("{round}{packs}"));
            std::fs::create_dir(&folder).expect("a new folder");
            let (rate, worst) = appended(&folder, &batches, packs, seconds).await;
            let worst = worst.as_millis();
            println!("appended {name}, MiB / s: {rate:.0} (worst {worst} ms)");
            std::fs::remove_dir_all(&folder).expect("is removed");
        }
    }
}
