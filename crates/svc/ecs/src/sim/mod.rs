//! A cluster in virtual time: the real plans of services, tasks and hosts, the real placement and
//! ledgers, over a hundred simulated nodes that get lost, come back, are slow, fail tasks and hear
//! things twice.
//!
//! | file | what |
//! | --- | --- |
//! | `world` | records, clock, events in their order |
//! | `control` | the executors, without a store: the same order of steps |
//! | `nodes` | agents and containers |
//! | `chaos` | what goes wrong, and what users do meanwhile |
//! | `check` | safety after every step, liveness at the end |
//!
//! A seed decides everything. A failing one is printed; `WHARF_SIM_SEED=<n> cargo test -p
//! wharf-svc-ecs --lib sim` runs it alone, `WHARF_SIM_SEEDS=<n>` runs so many.

mod chaos;
mod check;
mod control;
mod nodes;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use world::World;

/// Seeds of a plain test run.
const SEEDS: u64 = 200;
const NODES: usize = 100;

fn run(seed: u64) {
    let mut world = World::new(seed, NODES);
    chaos::unleash(&mut world);
    check::converges(&mut world);
    if number("WHARF_SIM_SEED").is_some() {
        println!("{} steps, {} tasks", world.steps, world.tasks.len());
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn a_hundred_nodes_converge_whatever_happens() {
    if let Some(seed) = number("WHARF_SIM_SEED") {
        return run(seed);
    }
    let seeds = number("WHARF_SIM_SEEDS").unwrap_or(SEEDS);
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let failed = |thread: u64| {
        let mut mine = (0..seeds).filter(move |seed| seed % threads == thread);
        mine.find(|seed| catch_unwind(AssertUnwindSafe(|| run(*seed))).is_err())
    };
    let failed: Vec<u64> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || failed(thread)))
            .collect();
        let ended = runs.into_iter().map(|run| run.join());
        ended.filter_map(|failed| failed.ok().flatten()).collect()
    });
    assert!(
        failed.is_empty(),
        "failing seeds: {failed:?}; WHARF_SIM_SEED=<seed> runs one alone"
    );
}
