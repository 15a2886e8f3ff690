use std::collections::BTreeMap;

use proptest::prelude::*;
use rand::{SeedableRng, rngs::SmallRng};
use wharf_records::hosts::{Claim, Port, Protocol};

use super::*;
use crate::{
    demand::{Pool, Strategy},
    fleet::{HostState, Serves, Trial},
    ledger::Free,
    query::Expression,
};

const CLUSTER: &str = "arn:aws:ecs:us-east-1:000000000000:cluster/default";

fn host(id: &str, zone: &str, cpu: u32, memory: u32) -> HostState {
    let attributes = BTreeMap::from([("zone".to_owned(), Some(zone.to_owned()))]);
    HostState {
        id: id.to_owned(),
        cluster: CLUSTER.to_owned(),
        active: true,
        agent_connected: true,
        reachable: true,
        zone: zone.to_owned(),
        attributes,
        free: Free {
            cpu,
            memory,
            interfaces: 2,
            taken: Vec::new(),
            disk: None,
        },
        ..HostState::default()
    }
}

fn fargate_of(account: &str, region: &str) -> Pool {
    Pool::Fargate {
        account: account.to_owned(),
        region: region.to_owned(),
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
fn a_host_with_a_broken_connection_ranks_last() {
    let zone = || Strategy::SpreadAttribute("zone".to_owned());
    for strategies in [
        vec![],
        vec![Strategy::Random],
        vec![Strategy::SpreadHost],
        vec![zone(), Strategy::SpreadHost],
        vec![Strategy::BinpackCpu],
        vec![zone(), Strategy::BinpackMemory],
        vec![Strategy::SpreadHost, zone(), Strategy::BinpackCpu],
    ] {
        let mut fleet = fleet();
        let broken = fleet.row("a1").unwrap();
        fleet.set_reachable(broken, false);
        let mut demand = demand(1024, 1024);
        demand.strategies = strategies.clone();
        // There is room for ten tasks; one of them is the broken host's.
        let placed = run(&fleet, &demand, 9);
        assert!(!placed.hosts.contains(&broken), "{strategies:?}");
        let placed = run(&fleet, &demand, 11);
        assert_eq!((placed.hosts.len(), placed.hosts[9]), (10, broken));
        fleet.set_reachable(broken, true);
        let back = run(&fleet, &demand, 10);
        assert_eq!(back.hosts.len(), 10);
    }
}

#[test]
fn one_of_the_last_still_spreads() {
    let mut fleet = Fleet::default();
    for (id, zone, reachable) in [("a1", "a", true), ("a2", "a", false), ("b1", "b", false)] {
        let row = fleet.put(host(id, zone, 1024, 1024));
        fleet.set_reachable(row, reachable);
    }
    let mut demand = demand(1024, 1024);
    demand.strategies = vec![Strategy::SpreadAttribute("zone".to_owned())];
    // What the first round placed in zone a counts in the second.
    assert_eq!(ids(&fleet, &run(&fleet, &demand, 2)), ["a1", "b1"]);
}

#[test]
fn what_was_given_before_counts_as_if_it_were_there() {
    let zone = || Strategy::SpreadAttribute("zone".to_owned());
    for strategies in [
        vec![],
        vec![zone(), Strategy::SpreadHost],
        vec![Strategy::SpreadHost, zone(), Strategy::BinpackCpu],
    ] {
        let fleet = fleet();
        let mut demand = demand(1024, 1024);
        demand.strategies = strategies.clone();
        let row = |id| fleet.row(id).unwrap();
        // There is room for ten.
        let given = [row("a1"), row("b2"), row("b2")];
        let mut rng = SmallRng::seed_from_u64(7);
        let placed = place_after(&fleet, &demand, &given, 8, &mut rng);
        assert_eq!(placed.hosts.len(), 7, "{strategies:?}");
        let on = |id| placed.hosts.iter().filter(|it| **it == row(id)).count();
        assert_eq!((on("a1"), on("b2")), (0, 2), "{strategies:?}");
    }
    let fleet = fleet();
    let mut demand = demand(1024, 1024);
    demand.strategies = vec![zone(), Strategy::SpreadHost];
    let given = [fleet.row("b1").unwrap(), fleet.row("b2").unwrap()];
    let mut rng = SmallRng::seed_from_u64(7);
    let mut hosts = ids(&fleet, &place_after(&fleet, &demand, &given, 2, &mut rng));
    hosts.sort();
    assert_eq!(hosts, ["a1", "a2"]);
    demand.constraints = vec![Constraint::DistinctInstance];
    let placed = place_after(&fleet, &demand, &given, 4, &mut rng);
    assert_eq!(placed.hosts.len(), 2);
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
fn a_task_that_is_about_to_go_keeps_no_other_from_its_zone() {
    let mut fleet = fleet();
    for (host, tasks) in [("a1", 2), ("b1", 3)] {
        let row = fleet.row(host).unwrap();
        fleet.set_groups(row, BTreeMap::from([("web".to_owned(), tasks)]));
    }
    let mut demand = demand(1, 1);
    demand.group = "web".to_owned();
    demand.strategies = vec![
        Strategy::SpreadAttribute("zone".to_owned()),
        Strategy::SpreadHost,
    ];
    assert_eq!(ids(&fleet, &run(&fleet, &demand, 1)), ["a2"]);
    for _ in 0..2 {
        demand.pass_over(fleet.row("b1").unwrap());
    }
    // Its host has it still.
    assert_eq!(ids(&fleet, &run(&fleet, &demand, 1)), ["b2"]);
    demand.pass_over(fleet.row("b1").unwrap());
    demand.strategies = vec![Strategy::SpreadHost];
    demand.constraints = vec![Constraint::DistinctInstance];
    let mut free = ids(&fleet, &run(&fleet, &demand, 4));
    free.sort();
    assert_eq!(free, ["a2", "b2"]);
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
    let placed = run(&fleet, &Demand::new(fargate_of("0", "r"), claim), 2);
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
    assert!(fleet.group("web").is_none());
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

/// What a batch of one demand would do, the plain way: every host is looked at for every task.
struct Naive<'a> {
    fleet: &'a Fleet,
    demand: &'a Demand,
    given: BTreeMap<HostIx, u32>,
}

impl Naive<'_> {
    fn given(&self, host: HostIx) -> u32 {
        self.given.get(&host).copied().unwrap_or(0)
    }

    fn tasks(&self, host: HostIx) -> u32 {
        let groups = &self.fleet.facts[host.at()].groups;
        groups.get(&self.demand.group).copied().unwrap_or(0) + self.given(host)
    }

    fn takes(&self, host: HostIx) -> bool {
        let (at, claim, times) = (host.at(), &self.demand.claim, self.given(host) + 1);
        let facts = self.fleet.facts_of(host);
        let may = |constraint: &Constraint| match constraint {
            Constraint::DistinctInstance => self.tasks(host) == 0,
            Constraint::MemberOf(expression) => expression.holds(&facts),
        };
        self.fleet.flags[at] & CONNECTED != 0
            && claim.cpu * times <= self.fleet.cpu[at]
            && claim.memory * times <= self.fleet.memory[at]
            && self.demand.constraints.iter().all(may)
    }

    fn rank(&self, host: HostIx) -> Vec<u32> {
        let (at, claim) = (host.at(), &self.demand.claim);
        let attribute = |host: HostIx, name: &str| {
            let attributes = self.fleet.facts_of(host).attributes;
            attributes.get(name).cloned()
        };
        let level = |strategy: &Strategy| match strategy {
            Strategy::Random => 0,
            Strategy::SpreadHost => self.tasks(host),
            Strategy::SpreadAttribute(name) => {
                let own = attribute(host, name);
                let alike = self.fleet.rows().filter(|one| attribute(*one, name) == own);
                alike.map(|one| self.tasks(one)).sum()
            }
            Strategy::BinpackCpu => self.fleet.cpu[at] - claim.cpu * self.given(host),
            Strategy::BinpackMemory => self.fleet.memory[at] - claim.memory * self.given(host),
        };
        let unreachable = u32::from(self.fleet.flags[at] & REACHABLE == 0);
        let levels = self.demand.strategies.iter().map(level);
        std::iter::once(unreachable).chain(levels).collect()
    }

    /// The rank a choice must have now; `None` if no host takes a task.
    fn best(&self) -> Option<Vec<u32>> {
        let hosts = self.fleet.rows().filter(|host| self.takes(*host));
        hosts.map(|host| self.rank(host)).min()
    }
}

fn some_strategies() -> impl proptest::strategy::Strategy<Value = Vec<Strategy>> {
    let zone = || Strategy::SpreadAttribute("zone".to_owned());
    let rack = || Strategy::SpreadAttribute("rack".to_owned());
    prop_oneof![
        Just(vec![]),
        Just(vec![zone()]),
        Just(vec![zone(), Strategy::SpreadHost]),
        Just(vec![zone(), rack(), Strategy::SpreadHost]),
        Just(vec![rack(), Strategy::BinpackMemory]),
        Just(vec![Strategy::SpreadHost]),
        Just(vec![Strategy::BinpackCpu]),
        Just(vec![Strategy::BinpackMemory]),
        proptest::collection::vec(any_strategy(), 0..4),
    ]
}

fn some_constraints() -> impl proptest::strategy::Strategy<Value = Vec<Constraint>> {
    let member = |text| Constraint::MemberOf(Expression::parse(text).unwrap());
    prop_oneof![
        Just(vec![]),
        Just(vec![Constraint::DistinctInstance]),
        Just(vec![member("attribute:rack == r1")]),
        Just(vec![
            member("attribute:zone != b"),
            member("attribute:rack in [r0, r2]")
        ]),
        Just(vec![member("runningTasksCount < 2")]),
    ]
}

type Drawn = (usize, usize, u32, u32, u32, bool);

/// Hosts drawn at random, so many times over; some of them are changed or removed again.
fn drawn_fleet(hosts: &[Drawn], times: usize) -> Fleet {
    let mut fleet = Fleet::default();
    let all = (0..times).flat_map(|_| hosts).enumerate();
    for (number, (zone, rack, cpu, memory, tasks, connected)) in all {
        let id = format!("h{number}");
        let mut host = host(&id, ["a", "b", "c"][*zone], cpu * 512, memory * 512);
        host.agent_connected = *connected;
        host.reachable = number % 4 != 1;
        let rack = ("rack".to_owned(), Some(format!("r{rack}")));
        if number % 5 == 0 {
            // Registered before it had its rack.
            let row = fleet.put(host.clone());
            fleet.set_groups(row, BTreeMap::from([("g".to_owned(), 7)]));
        }
        host.attributes.extend([rack]);
        let row = fleet.put(host);
        let groups = [("g".to_owned(), *tasks), ("other".to_owned(), 1)];
        fleet.set_groups(
            row,
            groups.into_iter().filter(|(_, tasks)| *tasks > 0).collect(),
        );
        if number % 7 == 6 {
            fleet.remove(&id);
        }
    }
    fleet
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..Default::default() })]
    /// However a batch is placed: each choice ranks as the best of all hosts did at its time, and
    /// none is left out while a host takes it.
    #[test]
    fn choices_are_as_good_as_a_look_at_every_host(
        hosts in prop::collection::vec((0_usize..3, 0_usize..3, 1_u32..6, 1_u32..6, 0_u32..3, prop::bool::weighted(0.9)), 1..20),
        many in prop::bool::weighted(0.3),
        strategies in some_strategies(),
        constraints in some_constraints(),
        count in 1_usize..40,
        seed in any::<u64>(),
    ) {
        // With many hosts no class is small enough to be looked at whole.
        let fleet = drawn_fleet(&hosts, if many { 20 } else { 1 });
        if let Some(group) = fleet.group("g")
            && let Some(rest) = &group.rest
        {
            let without = fleet.rows().filter(|row| !group.hosts.contains_key(row));
            let without: std::collections::BTreeSet<u32> = without.map(|row| row.0).collect();
            prop_assert_eq!(rest, &without);
        }
        let mut demand = demand(1024, 1024);
        demand.strategies = strategies;
        demand.constraints = constraints;
        demand.group = "g".to_owned();
        let placed = place(&fleet, &demand, count, &mut SmallRng::seed_from_u64(seed));
        let mut naive = Naive { fleet: &fleet, demand: &demand, given: BTreeMap::new() };
        for host in &placed.hosts {
            prop_assert!(naive.takes(*host));
            let mut rank = naive.rank(*host);
            let mut best = naive.best().unwrap();
            // Behind a level that is left to chance nothing is promised.
            if let Some(at) = demand.strategies.iter().position(|s| *s == Strategy::Random) {
                rank.truncate(at + 1);
                best.truncate(at + 1);
            }
            prop_assert_eq!(rank, best);
            *naive.given.entry(*host).or_default() += 1;
        }
        prop_assert!(placed.hosts.len() == count || naive.best().is_none());
    }

    /// A trial leaves no trace.
    #[test]
    fn what_was_tried_out_is_taken_back(
        hosts in prop::collection::vec((0_usize..3, 0_usize..3, 1_u32..6, 1_u32..6, 0_u32..3, Just(true)), 1..20),
        strategies in some_strategies(),
        seed in any::<u64>(),
    ) {
        let mut fleet = drawn_fleet(&hosts, 1);
        let mut demand = demand(512, 512);
        demand.strategies = strategies;
        demand.group = "g".to_owned();
        let run = |fleet: &Fleet| place(fleet, &demand, 3, &mut SmallRng::seed_from_u64(seed));
        let before = run(&fleet);
        let mut trial = Trial::default();
        for _ in 0..3 {
            for host in run(&fleet).hosts {
                let free = fleet.cpu[host.at()];
                trial.take(&mut fleet, host, &demand.claim, "g");
                prop_assert_eq!(fleet.cpu[host.at()] + 512, free);
            }
        }
        trial.undo(&mut fleet);
        prop_assert_eq!(run(&fleet), before);
    }
}

#[test]
fn a_bound_host_takes_nobody_elses_fargate_tasks() {
    let mut fleet = Fleet::default();
    let serves = Serves {
        accounts: vec!["1".to_owned()],
        regions: Vec::new(),
    };
    fleet.put(HostState {
        fargate: true,
        serves,
        ..host("a1", "a", 1024, 1024)
    });
    let claim = Claim::default();
    let placed = |account| {
        run(
            &fleet,
            &Demand::new(fargate_of(account, "r"), claim.clone()),
            1,
        )
    };
    assert_eq!(placed("1").hosts.len(), 1);
    let other = placed("2");
    assert!(
        other.hosts.is_empty() && other.refusals.is_empty(),
        "it is not asked"
    );
    assert!(fleet.has_any(&fargate_of("1", "r")) && !fleet.has_any(&fargate_of("2", "r")));
    assert!(!fleet.serves_zone("a", &fargate_of("2", "r")));
}

#[test]
fn a_host_of_its_provider_alone_takes_no_other_task_of_the_cluster() {
    let mut fleet = Fleet::default();
    fleet.put(HostState {
        provider: Some("managed".to_owned()),
        of_provider_alone: true,
        ..host("own", "a", 2048, 8192)
    });
    // Its provider has yet to be told of it.
    fleet.put(HostState {
        of_provider_alone: true,
        ..host("new", "a", 2048, 8192)
    });
    let cluster = Pool::Cluster(CLUSTER.to_owned());
    assert!(!fleet.has_any(&cluster));
    let mut demand = demand(1024, 512);
    for strategies in [
        vec![],
        vec![Strategy::BinpackCpu],
        vec![Strategy::SpreadHost],
    ] {
        demand.strategies = strategies;
        demand.pool = cluster.clone();
        assert!(run(&fleet, &demand, 1).hosts.is_empty());
        demand.pool = Pool::Provider {
            cluster: CLUSTER.to_owned(),
            provider: "managed".to_owned(),
        };
        let placed = run(&fleet, &demand, 3);
        let ids: Vec<&str> = placed.hosts.iter().map(|row| fleet.id(*row)).collect();
        assert_eq!(ids, ["own", "own"]);
    }
}

#[test]
fn a_provider_has_its_own_hosts_alone() {
    let mut fleet = Fleet::default();
    let of = |id: &str, cluster: &str, provider: Option<&str>, cpu| HostState {
        cluster: cluster.to_owned(),
        provider: provider.map(str::to_owned),
        ..host(id, "a", cpu, 8192)
    };
    fleet.put(of("own", CLUSTER, Some("spare"), 2048));
    fleet.put(of("none", CLUSTER, None, 8192));
    fleet.put(of("other", CLUSTER, Some("others"), 8192));
    fleet.put(of("elsewhere", "other", Some("spare"), 8192));
    let pool = Pool::Provider {
        cluster: CLUSTER.to_owned(),
        provider: "spare".to_owned(),
    };
    for strategies in [
        vec![],
        vec![Strategy::BinpackCpu],
        vec![Strategy::BinpackMemory],
        vec![Strategy::SpreadHost],
        vec![
            Strategy::SpreadAttribute("zone".to_owned()),
            Strategy::Random,
        ],
    ] {
        let mut demand = demand(1024, 512);
        demand.pool = pool.clone();
        demand.strategies = strategies;
        let placed = run(&fleet, &demand, 5);
        let ids: Vec<&str> = placed.hosts.iter().map(|row| fleet.id(*row)).collect();
        assert_eq!(ids, ["own", "own"], "{:?}", demand.strategies);
        assert!(placed.refusals.iter().all(|it| fleet.id(it.host) == "own"));
    }
    assert!(fleet.has_any(&pool) && fleet.serves_zone("a", &pool));
    // It left the group.
    fleet.put(of("own", CLUSTER, None, 2048));
    assert!(!fleet.has_any(&pool));
    let mut demand = demand(1024, 512);
    demand.pool = pool;
    demand.strategies = vec![Strategy::BinpackCpu];
    assert!(run(&fleet, &demand, 1).hosts.is_empty());
}
