//! The state engine beside the engines that might have been its base, and beside etcd; and the
//! journal's ingest.
//!
//! ```text
//! wharf-bench-store [writes|open|journal]…       all three if none is named
//! ```
//! `WHARF_BENCH_SECONDS` (default 5) is how long each rate is measured; `TMPDIR` says on which disk.
//! etcd takes part if it is on PATH. Prints Markdown tables.

mod candidates;
mod journal;
mod open;
mod writes;

use std::time::Duration;

/// Bytes of every value.
const VALUE_BYTES: usize = 1024;
/// Keys that the writers go round in.
const KEYS: usize = 10_000;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    // Reopening is measured in a process of its own, since memory is.
    if let [child, engine, dir] = args.as_slice()
        && child == "open-in-child"
    {
        return runtime.block_on(open::child(engine, dir.as_ref()));
    }
    let wanted = |name: &str| args.is_empty() || args.iter().any(|a| a == name);
    let seconds = std::env::var("WHARF_BENCH_SECONDS")
        .ok()
        .and_then(|s| s.parse().ok());
    let time = Duration::from_secs(seconds.unwrap_or(5));
    runtime.block_on(async {
        if wanted("writes") {
            writes::run(time).await?;
        }
        if wanted("open") {
            open::run().await?;
        }
        if wanted("journal") {
            journal::run(time).await?;
        }
        Ok(())
    })
}

fn key(n: usize) -> String {
    format!(
        "/w1/cell/ecs/000000000000/us-east-1/task/{:08x}{n:024x}",
        n * 0x9e37
    )
}

fn value(n: usize) -> Vec<u8> {
    // Not compressible by repetition alone, as JSON with ids is not.
    (0..VALUE_BYTES)
        .map(|i| b"abcdefghijklmnopqrstuvwxyz012345"[(i * 7 + n * (i | 3)) % 32])
        .collect()
}
