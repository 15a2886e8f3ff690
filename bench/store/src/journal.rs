//! The journal's ingest: batches of 100 records of 100 bytes, each durable before the next.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use wharf_journal::{Journal, JournalOptions};

const BATCH: usize = 100;
const RECORD_BYTES: usize = 100;

pub async fn run(time: Duration) -> anyhow::Result<()> {
    println!("| writers | streams | records/s | MiB/s | read back records/s |");
    println!("|---|---|---|---|---|");
    for (writers, streams) in [(1, 1), (16, 16), (64, 10_000)] {
        let dir = tempfile::tempdir()?;
        let journal = Journal::open(dir.path(), JournalOptions::default())?;
        let (written, took) = append(&journal, writers, streams, time).await?;
        let rate = written as f64 / took.as_secs_f64();
        let mib = rate * RECORD_BYTES as f64 / f64::from(1 << 20);
        let (read, took) = read_all(&journal).await?;
        anyhow::ensure!(read == written, "{read} of {written} records came back");
        let read_rate = read as f64 / took.as_secs_f64();
        println!("| {writers} | {streams} | {rate:.0} | {mib:.0} | {read_rate:.0} |");
        journal.close().await;
    }
    println!();
    Ok(())
}

async fn append(
    journal: &Journal,
    writers: usize,
    streams: usize,
    time: Duration,
) -> anyhow::Result<(usize, Duration)> {
    let records: Arc<Vec<Vec<u8>>> = Arc::new(
        (0..BATCH)
            .map(|i| crate::value(i)[..RECORD_BYTES].to_vec())
            .collect(),
    );
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|_| {
            let (journal, records, next) =
                (journal.clone(), Arc::clone(&records), Arc::clone(&next));
            tokio::spawn(async move {
                let mut written = 0;
                while start.elapsed() < time {
                    let stream = next.fetch_add(1, Ordering::Relaxed) % streams;
                    journal.append(&format!("group/{stream}"), &records).await?;
                    written += BATCH;
                }
                anyhow::Ok(written)
            })
        })
        .collect();
    let mut written = 0;
    for task in tasks {
        written += task.await??;
    }
    Ok((written, start.elapsed()))
}

async fn read_all(journal: &Journal) -> anyhow::Result<(usize, Duration)> {
    let start = Instant::now();
    let mut read = 0;
    for stream in journal.streams("", None, usize::MAX) {
        let mut from = 0;
        while from < stream.end {
            let reply = journal.read(&stream.name, from, 10_000, 1 << 20).await?;
            read += reply.records.len();
            from = reply.next;
        }
    }
    Ok((read, start.elapsed()))
}
