//! Durable puts of 1 KiB into the embedded store: `wharf-bench-store FOLDER CLIENTS SECONDS`.
//!
//! Each client waits for its answer before the next put, as h2load's do against etcd. Prints puts a
//! second and the latencies at 50 and 99 percent, in microseconds, on one line.

use std::{
    env,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use tokio::task::JoinSet;
use wharf_base::Permit;
use wharf_store::{Store, StoreOptions};

const VALUE: [u8; 1024] = [b'v'; 1024];

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let mut next = |what| arguments.next().with_context(|| format!("no {what} given"));
    let folder = next("folder")?;
    let clients: usize = next("number of clients")?.parse().context("clients")?;
    let seconds: u64 = next("number of seconds")?.parse().context("seconds")?;

    let store = Arc::new(Store::open(Path::new(&folder), StoreOptions::default())?);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut running: JoinSet<Result<Vec<u64>>> = JoinSet::new();
    for client in 0..clients {
        running.spawn(put_until(Arc::clone(&store), client, end));
    }
    let mut latencies = Vec::new();
    while let Some(done) = running.join_next().await {
        latencies.extend(done??);
    }
    ensure!(!latencies.is_empty(), "no put was done");
    latencies.sort_unstable();
    let at = |percent: usize| latencies[(latencies.len() - 1) * percent / 100];
    let rate = latencies.len() as u64 / seconds;
    println!("{rate} {} {}", at(50), at(99));
    Ok(())
}

/// The latency of each put, in microseconds. Clients write over keys of their own, as etcd's peer does.
async fn put_until(store: Arc<Store>, client: usize, end: Instant) -> Result<Vec<u64>> {
    let permit = Permit::for_controller("bench");
    let mut latencies = Vec::new();
    while Instant::now() < end {
        let begun = Instant::now();
        store
            .put(&permit, format!("/bench/{client}"), &VALUE[..])
            .await?;
        latencies.push(u64::try_from(begun.elapsed().as_micros())?);
    }
    Ok(latencies)
}
