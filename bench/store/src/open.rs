//! How long opening takes, and what it costs in memory and on disk, with records stored.

use std::{
    collections::BTreeMap,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::Context;
use wharf_base::Permit;
use wharf_bench_peers::etcd::Etcd;
use wharf_store::{Range, Store, StoreOptions, Txn};

use crate::{
    candidates::{Engine, Fjall, Redb},
    key, value,
};

const PERMIT: Permit = Permit::for_controller("bench");
const BATCH: usize = 128;

pub async fn run() -> anyhow::Result<()> {
    println!("| engine | records | open ms | with all entries in memory ms | RSS MiB | disk MiB |");
    println!("|---|---|---|---|---|---|");
    for records in [0, 10_000, 100_000] {
        for engine in ["redb", "fjall", "wharf-store"] {
            let dir = tempfile::tempdir()?;
            fill(engine, dir.path(), records).await?;
            let child = Command::new(std::env::current_exe()?)
                .arg("open-in-child")
                .arg(engine)
                .arg(dir.path())
                .output()?;
            anyhow::ensure!(
                child.status.success(),
                "{}",
                String::from_utf8_lossy(&child.stderr)
            );
            let row = String::from_utf8(child.stdout)?;
            println!(
                "| {engine} | {records} | {} | {:.1} |",
                row.trim(),
                disk_mib(dir.path())?
            );
        }
        if Etcd::is_there() {
            let dir = tempfile::tempdir()?;
            fill_etcd(dir.path(), records).await?;
            let etcd = Etcd::start(dir.path()).await?;
            let (ms, rss) = (
                etcd.ready_after.as_secs_f64() * 1000.0,
                rss_mib(&etcd.pid().to_string())?,
            );
            println!(
                "| etcd, start to first write | {records} | {ms:.0} | – | {rss:.1} | {:.1} |",
                disk_mib(dir.path())?
            );
        }
    }
    println!();
    Ok(())
}

async fn fill(engine: &str, dir: &Path, records: usize) -> anyhow::Result<()> {
    let batches = (0..records)
        .step_by(BATCH)
        .map(|from| from..(from + BATCH).min(records));
    match engine {
        "wharf-store" => {
            let store = Store::open(dir, StoreOptions::default())?;
            for batch in batches {
                let txn = batch.fold(Txn::new(), |t, n| t.put(key(n), value(n)));
                store.txn(&PERMIT, txn).await?;
            }
            store.close().await;
        }
        "redb" => fill_candidate(Redb::open(dir)?, batches)?,
        _ => fill_candidate(Fjall::open(dir)?, batches)?,
    }
    Ok(())
}

fn fill_candidate(
    mut engine: impl Engine,
    batches: impl Iterator<Item = std::ops::Range<usize>>,
) -> anyhow::Result<()> {
    for batch in batches {
        let revision = batch.start as u64 + 1;
        let puts: Vec<_> = batch.map(|n| (key(n), value(n))).collect();
        engine.commit(revision, &puts)?;
    }
    Ok(())
}

async fn fill_etcd(dir: &Path, records: usize) -> anyhow::Result<()> {
    let etcd = Etcd::start(dir).await?;
    let mut tasks = Vec::new();
    for part in 0..64 {
        let mut client = etcd.client().await?;
        tasks.push(tokio::spawn(async move {
            for n in (part..records).step_by(64) {
                client.put_key(key(n), value(n)).await?;
            }
            anyhow::Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(())
}

/// Opens in this fresh process and prints `open | loaded | RSS`.
pub async fn child(engine: &str, dir: &Path) -> anyhow::Result<()> {
    let start = Instant::now();
    let opened;
    match engine {
        "wharf-store" => {
            let store = Store::open(dir, StoreOptions::default())?;
            opened = start.elapsed();
            // Loaded already; counting proves it.
            store.range(Range::prefix("").count_only()).await?;
            print(opened, start.elapsed())?;
        }
        "redb" => child_candidate(start, Redb::open(dir)?)?,
        _ => child_candidate(start, Fjall::open(dir)?)?,
    }
    Ok(())
}

fn child_candidate(start: Instant, mut engine: impl Engine) -> anyhow::Result<()> {
    let opened = start.elapsed();
    let mut all: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    // An empty store of redb's has no tables yet.
    let _ = engine.read_all(&mut |key, value| {
        all.insert(key.to_vec(), value.to_vec());
    });
    print(opened, start.elapsed())
}

fn print(opened: Duration, loaded: Duration) -> anyhow::Result<()> {
    let ms = |d: Duration| d.as_secs_f64() * 1000.0;
    println!(
        "{:.1} | {:.1} | {:.1}",
        ms(opened),
        ms(loaded),
        rss_mib("self")?
    );
    Ok(())
}

fn rss_mib(pid: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|l| l.strip_prefix("VmRSS:"))
        .context("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}

/// What the files under `dir` take, holes left out.
fn disk_mib(dir: &Path) -> anyhow::Result<f64> {
    use std::os::unix::fs::MetadataExt;
    let mut bytes = 0;
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            bytes += metadata.blocks() * 512;
            if metadata.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(bytes as f64 / f64::from(1 << 20))
}
