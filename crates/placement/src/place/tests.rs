use std::collections::BTreeMap;

use proptest::prelude::*;
use rand::{SeedableRng, rngs::SmallRng};
use wharf_records::ecs::{Claim, Port, Protocol};

use super::*;
use crate::{demand::Strategy, fleet::HostState, ledger::Free, query::Expression};

const CLUSTER: &str = "arn:aws:ecs:us-east-1:000000000000:cluster/default";

fn host(id: &str, zone: &str, cpu: u32, memory: u32) -> HostState {
    let attributes = BTreeMap::from([("zone".to_owned(), Some(zone.to_owned()))]);
    HostState {
        id: id.to_owned(),
        cluster: CLUSTER.to_owned(),
        active: true,
        agent_connected: true,
        zone: zone.to_owned(),
        attributes,
        free: Free {
            cpu,
            memory,
            interfaces: 2,
            taken: Vec::new(),
        },
        ..HostState::default()
    }
}

/// Two zones, two hosts each, of growing size.
fn fleet() -> Fleet {
    let mut fleet = Fleet::default();
    for (id, zone, size) in [
        ("a1", "a", 1),
        ("a2", "a", 2),
        ("b1", "b", 3),
        ("b2", "b", 4),
    ] {
        fleet.put(host(id, zone, size * 1024, size * 1024));
    }
    fleet
}

fn demand(cpu: u32, memory: u32) -> Demand {
    Demand::new(
        Pool::Cluster(CLUSTER.to_owned()),
        Claim {
            cpu,
            memory,
            ..Claim::default()
        },
    )
}

fn ids(fleet: &Fleet, placed: &Placed) -> Vec<String> {
    placed
        .hosts
        .iter()
        .map(|row| fleet.id(*row).to_owned())
        .collect()
}

fn run(fleet: &Fleet, demand: &Demand, count: usize) -> Placed {
    place(fleet, demand, count, &mut SmallRng::seed_from_u64(7))
}

fn reasons(fleet: &Fleet, placed: &Placed) -> Vec<(String, &'static str)> {
    placed
        .refusals
        .iter()
        .map(|r| (fleet.id(r.host).to_owned(), r.reason.as_str()))
        .collect()
}

#[test]
fn binpack_takes_the_fullest_that_still_fits() {
    let fleet = fleet();
    let mut demand = demand(1024, 1024);
    demand.strategies = vec![Strategy::BinpackMemory];
    assert_eq!(
        ids(&fleet, &run(&fleet, &demand, 4)),
        ["a1", "a2", "a2", "b1"]
    );
}

#[test]
fn spread_counts_what_is_there_already() {
    let mut fleet = fleet();
    let row = fleet.row("a1").unwrap();
    fleet.set_groups(row, BTreeMap::from([("web".to_owned(), 1)]));
    let mut demand = demand(1, 1);
    demand.group = "web".to_owned();
    demand.strategies = vec![
        Strategy::SpreadAttribute("zone".to_owned()),
        Strategy::SpreadHost,
    ];
    let chosen = ids(&fleet, &run(&fleet, &demand, 3));
    let zones: Vec<_> = chosen.iter().map(|id| &id[..1]).collect();
    assert_eq!(
        zones.iter().filter(|zone| **zone == "b").count(),
        2,
        "{chosen:?}"
    );
    assert_eq!(zones[0], "b");
    assert!(
        chosen.contains(&"a2".to_owned()) && !chosen.contains(&"a1".to_owned()),
        "{chosen:?}"
    );
}

#[test]
fn says_why_each_host_was_refused() {
    let mut fleet = fleet();
    fleet.put(HostState {
        agent_connected: false,
        ..host("a2", "a", 9000, 9000)
    });
    fleet.put(HostState {
        active: false,
        ..host("c1", "c", 9000, 9000)
    });
    let mut demand = demand(2048, 2048);
    demand.zones = vec!["a".to_owned(), "b".to_owned(), "nowhere".to_owned()];
    demand.claim.ports = vec![Port {
        number: 80,
        protocol: Protocol::Tcp,
    }];
    let placed = run(&fleet, &demand, 3);
    assert_eq!(placed.hosts.len(), 2);
    let expected = [
        ("a1", "RESOURCE:CPU"),
        ("a2", "AGENT"),
        ("b1", "RESOURCE:CPU"),
        ("b2", "RESOURCE:PORTS"),
    ];
    assert_eq!(
        reasons(&fleet, &placed),
        expected.map(|(id, why)| (id.to_owned(), why))
    );
}

#[test]
fn zones_attributes_and_constraints_refuse() {
    let fleet = fleet();
    let only = |change: fn(&mut Demand)| {
        let mut demand = demand(1, 1);
        change(&mut demand);
        let placed = run(&fleet, &demand, 10);
        (
            placed.hosts.is_empty(),
            reasons(&fleet, &placed).first().map(|(_, why)| *why),
        )
    };
    assert_eq!(
        only(|d| d.zones = vec!["x".into()]),
        (true, Some("LOCATION"))
    );
    assert_eq!(
        only(|d| d.attributes = vec![("x".into(), None)]),
        (true, Some("ATTRIBUTE"))
    );
    let attribute = |d: &mut Demand| d.attributes = vec![("zone".into(), Some("x".into()))];
    assert_eq!(only(attribute), (true, Some("ATTRIBUTE")));
    let member = |d: &mut Demand| {
        d.constraints = vec![Constraint::MemberOf(
            Expression::parse("attribute:x exists").unwrap(),
        )]
    };
    let text = "MemberOf placement constraint unsatisfied.";
    assert_eq!(only(member), (true, Some(text)));
    let busy = |d: &mut Demand| {
        d.constraints = vec![Constraint::MemberOf(
            Expression::parse("runningTasksCount > 0").unwrap(),
        )]
    };
    assert_eq!(only(busy), (true, Some(text)));
    assert_eq!(
        only(|d| d.claim.interfaces = 3),
        (true, Some("RESOURCE:ENI"))
    );
    let distinct = |d: &mut Demand| d.constraints = vec![Constraint::DistinctInstance];
    assert!(!only(distinct).0);
}

#[test]
fn distinct_instance_takes_each_host_once() {
    let fleet = fleet();
    let mut demand = demand(1, 1);
    demand.constraints = vec![Constraint::DistinctInstance];
    let mut chosen = ids(&fleet, &run(&fleet, &demand, 9));
    chosen.sort();
    assert_eq!(chosen, ["a1", "a2", "b1", "b2"]);
}

#[test]
fn fargate_asks_hosts_of_every_cluster_that_offer_it() {
    let mut fleet = fleet();
    fleet.put(HostState {
        fargate: true,
        cluster: "other".into(),
        ..host("f", "a", 512, 512)
    });
    let claim = Claim {
        cpu: 256,
        memory: 512,
        ..Claim::default()
    };
    let placed = run(&fleet, &Demand::new(Pool::Fargate, claim), 2);
    assert_eq!(ids(&fleet, &placed), ["f"]);
    assert_eq!(
        reasons(&fleet, &placed),
        [("f".to_owned(), "RESOURCE:MEMORY")]
    );
}

#[test]
fn a_removed_host_leaves_no_trace() {
    let mut fleet = fleet();
    let row = fleet.row("b2").unwrap();
    fleet.set_groups(row, BTreeMap::from([("web".to_owned(), 1)]));
    fleet.remove("b2");
    assert_eq!(fleet.len(), 3);
    assert_eq!(fleet.put(host("new", "a", 1, 1)), row);
    assert_eq!(fleet.facts_of(row).running_tasks, 0);
    assert_eq!(fleet.group("web").count(), 0);
}

fn any_strategy() -> impl proptest::strategy::Strategy<Value = Strategy> {
    prop_oneof![
        Just(Strategy::Random),
        Just(Strategy::SpreadHost),
        Just(Strategy::SpreadAttribute("zone".to_owned())),
        Just(Strategy::BinpackCpu),
        Just(Strategy::BinpackMemory),
    ]
}

proptest! {
    /// Whatever the strategy: nothing is overcommitted, and as much is placed as fits, since all
    /// tasks of a batch are alike.
    #[test]
    fn safe_and_complete(
        sizes in proptest::collection::vec((0..5000_u32, 0..5000_u32), 0..20),
        strategies in proptest::collection::vec(any_strategy(), 0..6),
        cpu in 1..900_u32,
        count in 0..40_usize,
        seed: u64,
    ) {
        let mut fleet = Fleet::default();
        for (number, (cpu, memory)) in sizes.iter().enumerate() {
            let zone = if number % 3 == 0 { "a" } else { "b" };
            fleet.put(host(&format!("h{number}"), zone, *cpu, *memory));
        }
        let mut demand = demand(cpu, 700);
        demand.strategies = strategies;
        let placed = place(&fleet, &demand, count, &mut SmallRng::seed_from_u64(seed));
        let mut per_host = BTreeMap::<HostIx, u32>::new();
        for host in &placed.hosts { *per_host.entry(*host).or_default() += 1; }
        for (host, tasks) in per_host {
            prop_assert!(tasks * cpu <= fleet.cpu[host.at()]);
            prop_assert!(tasks * 700 <= fleet.memory[host.at()]);
        }
        let room: usize = sizes.iter().map(|(c, m)| (c / cpu).min(m / 700) as usize).sum();
        prop_assert_eq!(placed.hosts.len(), room.min(count));
        let again = place(&fleet, &demand, count, &mut SmallRng::seed_from_u64(seed));
        prop_assert_eq!(placed, again);
    }
}

proptest! {
    /// What is placed without a walk ranks as what a walk finds.
    #[test]
    fn quick_choices_are_as_good(
        hosts in prop::collection::vec((0_usize..3, 1_u32..6, 1_u32..6, 0_u32..3), 1..20),
        seed in any::<u64>(),
    ) {
        let mut fleet = Fleet::default();
        for (number, (zone, cpu, memory, tasks)) in hosts.iter().enumerate() {
            let zone = ["a", "b", "c"][*zone];
            let row = fleet.put(host(&format!("h{number}"), zone, cpu * 512, memory * 512));
            fleet.set_groups(row, BTreeMap::from([("g".to_owned(), *tasks)]));
        }
        for strategies in [
            vec![Strategy::BinpackCpu],
            vec![Strategy::BinpackMemory],
            vec![Strategy::SpreadHost],
            vec![Strategy::SpreadAttribute("zone".to_owned()), Strategy::SpreadHost],
        ] {
            let mut demand = demand(1024, 1024);
            demand.strategies = strategies;
            demand.group = "g".to_owned();
            let mut rng = SmallRng::seed_from_u64(seed);
            let quick = Batch::new(&fleet, &demand, 7).quick(1, &mut rng);
            let walked = Batch::new(&fleet, &demand, 7).rank(1);
            let counts = Counts::new(&fleet, &demand);
            let rank = |host: HostIx| {
                let batch = Batch::new(&fleet, &demand, 7);
                let shelf = counts.shelf_of(fleet.class[host.at()]);
                let buckets = counts.shelves[shelf].clone();
                let shelf = Shelf { buckets, ranks: BinaryHeap::new() };
                counts.merge(batch.score(host, &counts), &shelf).levels
            };
            if let Some(quick) = quick {
                prop_assert_eq!(rank(quick[0]), rank(walked[0]));
            }
        }
    }
}
