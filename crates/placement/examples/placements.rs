//! Placements a second over 10,000 hosts on one core: `cargo run --release -p wharf-placement
//! --example placements`.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rand::{SeedableRng, rngs::SmallRng};
use wharf_placement::{
    Constraint, Demand, Fleet, HostState, Pool, Strategy, ledger::Free, place, query::Expression,
};
use wharf_records::ecs::Claim;

const HOSTS: usize = 10_000;
const FOR: Duration = Duration::from_millis(500);

fn main() {
    let mut fleet = Fleet::default();
    for number in 0..HOSTS {
        let zone = format!("us-east-1{}", ["a", "b", "c"][number % 3]);
        let attributes = BTreeMap::from([
            ("ecs.availability-zone".to_owned(), Some(zone.clone())),
            (
                "ecs.instance-type".to_owned(),
                Some(format!("m5.{}xlarge", 1 << (number % 4))),
            ),
        ]);
        let (cpu, memory) = (4096 + 64 * (number as u32 % 100), 16_384);
        fleet.put(HostState {
            id: format!("{number:08}"),
            cluster: "c".to_owned(),
            active: true,
            agent_connected: true,
            zone,
            attributes,
            free: Free {
                cpu,
                memory,
                interfaces: 100,
                taken: Vec::new(),
            },
            ..HostState::default()
        });
    }
    let claim = Claim {
        cpu: 256,
        memory: 512,
        ..Claim::default()
    };
    let random = Demand::new(Pool::Cluster("c".to_owned()), claim);
    let mut constrained = random.clone();
    let expression = "attribute:ecs.instance-type =~ m5.(1|2)xlarge";
    let expression = Expression::parse(expression).expect("a sound expression");
    constrained.constraints = vec![Constraint::MemberOf(expression)];
    let mut binpack = random.clone();
    binpack.strategies = vec![Strategy::BinpackCpu];
    let mut spread = random.clone();
    let zones = Strategy::SpreadAttribute("ecs.availability-zone".to_owned());
    spread.strategies = vec![zones, Strategy::SpreadHost];
    println!("{HOSTS} hosts, one core; placements a second by batch size");
    println!("{:<24}{:>12}{:>12}{:>12}", "strategy", 1, 10, 500);
    for (name, demand) in [
        ("random", &random),
        ("random, memberOf", &constrained),
        ("binpack cpu", &binpack),
        ("spread zone, instance", &spread),
    ] {
        let rates = [1, 10, 500].map(|batch| rate(&fleet, demand, batch));
        println!(
            "{name:<24}{:>12.0}{:>12.0}{:>12.0}",
            rates[0], rates[1], rates[2]
        );
    }
}

fn rate(fleet: &Fleet, demand: &Demand, batch: usize) -> f64 {
    let mut rng = SmallRng::seed_from_u64(1);
    let (start, mut placed) = (Instant::now(), 0);
    while start.elapsed() < FOR {
        placed += place(fleet, demand, batch, &mut rng).hosts.len();
    }
    placed as f64 / start.elapsed().as_secs_f64()
}
