//! Placements a second over 10,000 hosts: in memory, and committed on the store with the capacity
//! ledger on.
//!
//! ```text
//! wharf-bench-placement [memory|run-task|services|sizes|register|peers]…       all if none is named
//! ```
//! `WHARF_BENCH_SECONDS` (default 3) is how long each rate is measured, `WHARF_BENCH_ROUNDS`
//! (default 3) how many times over: the best round is printed. `WHARF_BENCH_ROW` names a row of
//! `run-task` to be measured alone, `count 1 | spread`. `TMPDIR` says on which disk. etcd is among the
//! peers if it is on PATH. Prints Markdown tables.

mod committed;
mod memory;
mod neighbours;
mod peers;
mod platform;
mod registered;

use std::time::Duration;

/// Hosts of the fleet.
const HOSTS: usize = 10_000;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |name: &str| args.is_empty() || args.iter().any(|a| a == name);
    let time = Duration::from_secs(number("WHARF_BENCH_SECONDS", 3));
    let rounds = number("WHARF_BENCH_ROUNDS", 3).max(1);
    if wanted("memory") {
        memory::run(time / 12, rounds);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        if wanted("run-task") {
            committed::run_tasks(time, rounds).await?;
        }
        if wanted("services") {
            committed::start_services(rounds).await?;
        }
        if wanted("sizes") {
            committed::sizes(rounds).await?;
        }
        if wanted("register") {
            registered::run(time, rounds).await?;
        }
        if wanted("peers") {
            peers::run(time, rounds).await?;
        }
        Ok(())
    })
}

fn number(variable: &str, default: u64) -> u64 {
    let given = std::env::var(variable).ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(default)
}
