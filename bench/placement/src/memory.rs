//! Placements in memory on one core.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rand::{SeedableRng, rngs::SmallRng};
use wharf_placement::{
    Constraint, Demand, Fleet, HostState, Pool, Strategy, ledger::Free, place, query::Expression,
};
use wharf_records::hosts::Claim;

use crate::HOSTS;

const CLUSTER: &str = "c";
const BATCHES: [usize; 7] = [1, 2, 5, 10, 40, 64, 500];

pub fn run(time: Duration, rounds: u64) {
    let fleet = fleet();
    let head = BATCHES.map(|batch| format!(" {batch} |")).concat();
    println!("| strategy | constraint |{head}");
    println!("|---|---|{}", "---|".repeat(BATCHES.len()));
    for (strategy, strategies) in strategies() {
        for (constraint, constraints) in constraints() {
            let claim = Claim {
                cpu: 256,
                memory: 512,
                ..Claim::default()
            };
            let mut demand = Demand::new(Pool::Cluster(CLUSTER.to_owned()), claim);
            demand.group = "service:web".to_owned();
            demand.strategies.clone_from(&strategies);
            demand.constraints = constraints;
            let best = |batch| {
                let all = (0..rounds).map(|_| rate(&fleet, &demand, batch, time));
                all.fold(0.0, f64::max)
            };
            let rates = BATCHES
                .map(|batch| format!(" {:.0} |", best(batch)))
                .concat();
            println!("| {strategy} | {constraint} |{rates}");
        }
    }
    println!();
}

fn strategies() -> [(&'static str, Vec<Strategy>); 5] {
    let zones = || Strategy::SpreadAttribute("ecs.availability-zone".to_owned());
    [
        ("random", Vec::new()),
        ("spread zone, instance", vec![zones(), Strategy::SpreadHost]),
        (
            "spread zone, binpack memory",
            vec![zones(), Strategy::BinpackMemory],
        ),
        ("binpack cpu", vec![Strategy::BinpackCpu]),
        ("binpack memory", vec![Strategy::BinpackMemory]),
    ]
}

fn constraints() -> [(&'static str, Vec<Constraint>); 4] {
    let member = |text| {
        let expression = Expression::parse(text).expect("a sound expression");
        vec![Constraint::MemberOf(expression)]
    };
    [
        ("none", Vec::new()),
        (
            "memberOf, half the hosts",
            member("attribute:ecs.instance-type =~ m5.(1|2)xlarge"),
        ),
        ("memberOf, one host in 100", member("attribute:rack == r7")),
        ("distinctInstance", vec![Constraint::DistinctInstance]),
    ]
}

/// Hosts of different sizes in three zones; a third of them runs a task of the group already.
fn fleet() -> Fleet {
    let mut fleet = Fleet::default();
    for number in 0..HOSTS {
        let zone = format!("us-east-1{}", ["a", "b", "c"][number % 3]);
        let kind = format!("m5.{}xlarge", 1 << (number % 4));
        let attributes = BTreeMap::from([
            ("ecs.availability-zone".to_owned(), Some(zone.clone())),
            ("ecs.instance-type".to_owned(), Some(kind)),
            ("rack".to_owned(), Some(format!("r{}", number / 7 % 100))),
        ]);
        let row = fleet.put(HostState {
            reachable: true,
            id: format!("{number:08}"),
            cluster: CLUSTER.to_owned(),
            active: true,
            agent_connected: true,
            zone,
            attributes,
            free: Free {
                cpu: 4096 + 64 * (number as u32 % 100),
                memory: 16_384 + 128 * (number as u32 % 77),
                interfaces: 100,
                disk: None,
                taken: Vec::new(),
            },
            ..HostState::default()
        });
        if number % 3 == 1 {
            fleet.set_groups(row, BTreeMap::from([("service:web".to_owned(), 1)]));
        }
    }
    fleet
}

/// A second of this thread's time on a core, whatever else the machine does.
fn rate(fleet: &Fleet, demand: &Demand, batch: usize, time: Duration) -> f64 {
    let mut rng = SmallRng::seed_from_u64(1);
    let (start, used, mut placed) = (Instant::now(), on_core(), 0);
    while start.elapsed() < time {
        placed += place(fleet, demand, batch, &mut rng).hosts.len();
    }
    let took = match (used, on_core()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => start.elapsed(),
    };
    placed as f64 / took.as_secs_f64()
}

/// How long this thread has run, where the kernel says so.
fn on_core() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos = text.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}
