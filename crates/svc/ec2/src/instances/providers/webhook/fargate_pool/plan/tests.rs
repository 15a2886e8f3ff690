mod fairness;

use proptest::prelude::*;
use wharf_records::hosts::{Claim, Port, Protocol};

use super::*;
use crate::instances::providers::webhook::protocol::Said;

const START: Timestamp = Timestamp(1_700_000_000_000);
const MINUTE: Duration = Duration::from_secs(60);

fn size(text: &str) -> PoolSize {
    text.parse().unwrap()
}

fn terms() -> Terms {
    Terms {
        sizes: vec![size("4vcpu,16gib")],
        least: 0,
        most: 10,
        most_per_account: None,
        idle: 10 * MINUTE,
        join_within: 10 * MINUTE,
        zones: vec!["a".to_owned(), "b".to_owned(), "c".to_owned()],
    }
}

fn claim(vcpus: u32) -> Claim {
    Claim {
        cpu: vcpus * 1024,
        memory: vcpus * 2048,
        interfaces: 1,
        ..Claim::default()
    }
}

fn waiting(id: &str, vcpus: u32, zones: &[&str]) -> FargateWaiting {
    FargateWaiting {
        account: "111122223333".to_owned(),
        claimant: Claimant::new("task", id),
        claim: claim(vcpus),
        zones: zones.iter().map(ToString::to_string).collect(),
        architecture: None,
        since: START,
    }
}

fn own(id: &str, zone: &str, stage: Stage) -> Own {
    let size = size("4vcpu,16gib");
    let is_joined = stage == Stage::Joined;
    let ledger = Ledger {
        capacity: Capacity {
            interfaces: 100,
            ..size.capacity()
        },
        ..Ledger::default()
    };
    Own {
        id: id.to_owned(),
        size,
        zone: zone.to_owned(),
        stage,
        ordered_at: START,
        told_at: Some(START),
        refused: false,
        account: None,
        host: is_joined.then(|| format!("host of {id}")),
        seen: is_joined.then_some(HostIs::Connected),
        retired: false,
        ledger: is_joined.then_some(ledger),
        listed: Listed::Unknown,
        idle_since: None,
        away_since: None,
    }
}

/// One on which something is.
fn used(id: &str, zone: &str, vcpus: u32) -> Own {
    let mut own = own(id, zone, Stage::Joined);
    let ledger = own.ledger.as_mut().unwrap();
    ledger::claim(ledger, "task/one", claim(vcpus)).unwrap();
    own
}

/// What is looked at, by its parts.
#[derive(Default)]
struct Look {
    terms: Option<Terms>,
    machines: Vec<Own>,
    waiting: Vec<FargateWaiting>,
    hosted: BTreeSet<String>,
    learned: BTreeMap<PoolSize, Capacity>,
    refused: BTreeMap<Kind, Timestamp>,
    is_shared: bool,
}

impl Look {
    fn at(&self, now: Timestamp) -> Plan {
        let usual = terms();
        let observed = Observed {
            terms: self.terms.as_ref().unwrap_or(&usual),
            machines: &self.machines,
            waiting: &self.waiting,
            hosted: &self.hosted,
            learned: &self.learned,
            refused: &self.refused,
            is_shared: self.is_shared,
        };
        plan(&observed, now)
    }
}

fn orders(plan: &Plan) -> Vec<(String, &str)> {
    let all = plan.actions.iter();
    let orders = all.filter_map(|it| match it {
        Action::Order { size, zone, .. } => Some((size.to_string(), zone.as_str())),
        _ => None,
    });
    orders.collect()
}

fn ended(plan: &Plan) -> Vec<&str> {
    let all = plan.actions.iter();
    let ended = all.filter_map(|it| match it {
        Action::Close { id, .. } => Some(id.as_str()),
        _ => None,
    });
    ended.collect()
}

#[test]
fn nothing_is_made_for_nobody() {
    let plan = Look::default().at(START);
    assert_eq!(plan, Plan::default());
}

#[test]
fn who_waits_gets_machines_that_they_fill() {
    let tasks = ["1", "2", "3", "4", "5"].map(|it| waiting(it, 1, &[]));
    let look = Look {
        waiting: tasks.to_vec(),
        ..Look::default()
    };
    let plan = look.at(START);
    let usual = size("4vcpu,16gib").to_string();
    assert_eq!(orders(&plan), [(usual.clone(), "a"), (usual, "b")]);
    assert_eq!((plan.status.waiting, plan.status.lacking), (5, 5));
    assert_eq!(plan.status.held, None);
}

#[test]
fn those_on_their_way_are_waited_for() {
    let look = Look {
        machines: vec![own("i-1", "a", Stage::Ordered)],
        waiting: vec![waiting("1", 4, &[])],
        ..Look::default()
    };
    let plan = look.at(START);
    assert_eq!((plan.actions.len(), plan.status.lacking), (0, 0));
    // So it is with room that is there: placement has yet to use it.
    let look = Look {
        machines: vec![used("i-1", "a", 2)],
        waiting: vec![waiting("1", 2, &[])],
        ..Look::default()
    };
    assert_eq!(look.at(START).actions, []);
    // Not on one that nobody reaches.
    let mut away = own("i-1", "a", Stage::Joined);
    away.seen = Some(HostIs::Silent);
    let look = Look {
        machines: vec![away],
        ..look
    };
    assert_eq!(orders(&look.at(START)).len(), 1);
}

#[test]
fn accounts_take_turns_at_machines() {
    // One has had many wait for long, another has one wait since now.
    let mut all: Vec<FargateWaiting> = (0..2 * MOST_WAITING)
        .map(|it| waiting(&it.to_string(), 4, &["a"]))
        .collect();
    let late = FargateWaiting {
        account: "444455556666".to_owned(),
        since: START + MINUTE,
        ..waiting("late", 4, &["c"])
    };
    all.push(late);
    let look = Look {
        waiting: all,
        ..Look::default()
    };
    let plan = look.at(START + MINUTE);
    let zones: Vec<&str> = orders(&plan).into_iter().map(|it| it.1).collect();
    assert_eq!(zones[..3], ["a", "c", "a"]);
}

#[test]
fn zones_are_those_of_who_waits_and_even() {
    let look = Look {
        machines: vec![used("i-1", "b", 4)],
        waiting: vec![waiting("1", 4, &["b", "c"]), waiting("2", 4, &["b"])],
        ..Look::default()
    };
    let plan = look.at(START);
    let zones: Vec<&str> = orders(&plan).into_iter().map(|it| it.1).collect();
    assert_eq!(zones, ["c", "b"]);
    // Where no machines are made, all others serve.
    let look = Look {
        machines: Vec::new(),
        waiting: vec![waiting("1", 4, &["f"])],
        ..Look::default()
    };
    assert_eq!(orders(&look.at(START)).len(), 1);
    // Those of another zone's hosts are to have room there.
    let look = Look {
        hosted: BTreeSet::from(["f".to_owned()]),
        ..look
    };
    let plan = look.at(START);
    assert_eq!((orders(&plan).len(), plan.status.unfit), (0, 1));
    // That of a zone without hosts is any machine's.
    let look = Look {
        waiting: vec![waiting("1", 4, &["e", "f"])],
        ..look
    };
    assert_eq!(orders(&look.at(START)).len(), 1);
}

#[test]
fn the_size_is_the_one_that_suits() {
    let mut of = terms();
    of.sizes = ["8vcpu,32gib", "2vcpu,4gib", "2vcpu,4gib,arm64"]
        .map(size)
        .to_vec();
    let mut arm = waiting("2", 2, &["b"]);
    arm.architecture = Some("arm64".to_owned());
    let look = Look {
        terms: Some(of),
        waiting: vec![waiting("1", 2, &["a"]), arm],
        ..Look::default()
    };
    let plan = look.at(START);
    let made: Vec<String> = orders(&plan).into_iter().map(|it| it.0).collect();
    let wanted = ["2vcpu,4gib", "2vcpu,4gib,arm64"].map(|it| size(it).to_string());
    assert_eq!(made, wanted);
}

#[test]
fn what_is_learned_of_a_size_counts() {
    let four = size("4vcpu,16gib");
    let less = Capacity {
        memory: 4 * 2048 - 1,
        ..four.capacity()
    };
    let look = Look {
        waiting: vec![waiting("1", 4, &[]), waiting("2", 8, &[])],
        learned: BTreeMap::from([(four, less)]),
        ..Look::default()
    };
    let plan = look.at(START);
    assert_eq!(orders(&plan), []);
    assert_eq!((plan.status.unfit, plan.status.lacking), (2, 0));
}

#[test]
fn there_are_never_more_than_may_be() {
    let mut of = terms();
    of.most = 2;
    let machines = vec![used("i-1", "a", 4), own("i-2", "b", Stage::Ending)];
    let tasks = ["1", "2", "3"].map(|it| waiting(it, 4, &[])).to_vec();
    let look = Look {
        terms: Some(of.clone()),
        machines,
        waiting: tasks,
        ..Look::default()
    };
    let plan = look.at(START);
    assert_eq!(orders(&plan), []);
    assert_eq!(plan.status.held, Some(Held::Full(2)));
    let look = Look {
        machines: Vec::new(),
        ..look
    };
    let plan = look.at(START);
    assert_eq!(orders(&plan).len(), 2);
    assert_eq!(plan.status.held, Some(Held::Full(2)));
}

#[test]
fn a_wave_follows_another_once_the_maker_has_taken_it() {
    let mut first = own("i-1", "a", Stage::Ordered);
    first.told_at = None;
    let mut look = Look {
        machines: vec![first],
        waiting: vec![waiting("1", 4, &[]), waiting("2", 4, &[])],
        ..Look::default()
    };
    let plan = look.at(START);
    let tell = Action::Tell {
        id: "i-1".to_owned(),
    };
    assert_eq!(plan.actions, [tell]);
    assert_eq!(plan.status.held, Some(Held::Wave));
    look.machines[0].told_at = Some(START);
    assert_eq!(orders(&look.at(START)).len(), 1);
}

#[test]
fn one_that_joins_serves_and_one_that_does_not_is_given_up() {
    let mut ordered = own("i-1", "a", Stage::Ordered);
    let late = START + 10 * MINUTE;
    let mut look = Look {
        machines: vec![ordered.clone()],
        ..Look::default()
    };
    assert_eq!(look.at(START).actions, []);
    let given_up = look.at(late);
    let why = "it did not join within 600 s of its order".to_owned();
    let (id, loss) = ("i-1".to_owned(), Loss::InVain);
    assert_eq!(given_up.actions, [Action::GiveUp { id, why, loss }]);
    // Its maker says why.
    let mut full = ordered.clone();
    full.listed = Listed::As(Said {
        state: MachineState::Failed,
        code: Some("InsufficientInstanceCapacity".to_owned()),
        reason: Some("it is full".to_owned()),
        ..Said::default()
    });
    look.machines = vec![full];
    let (id, why, loss) = ("i-1".to_owned(), "it is full".to_owned(), Loss::NoRoom);
    assert_eq!(look.at(START).actions, [Action::GiveUp { id, why, loss }]);
    ordered.host = Some("h".to_owned());
    ordered.seen = Some(HostIs::Connected);
    look.machines = vec![ordered];
    let (id, host) = ("i-1".to_owned(), "h".to_owned());
    assert_eq!(look.at(late).actions, [Action::Join { id, host }]);
}

#[test]
fn what_the_maker_says_is_believed_while_the_node_is_away() {
    let failed = Listed::As(Said {
        state: MachineState::Failed,
        reason: Some("rack 7 burns".to_owned()),
        ..Said::default()
    });
    for (stage, listed, away, why) in [
        (Stage::Ordered, failed.clone(), None, Some("rack 7 burns")),
        (
            Stage::Ordered,
            Listed::Missing,
            None,
            Some("its machine is gone"),
        ),
        (Stage::Ordered, Listed::Unknown, None, None),
        (Stage::Joined, Listed::Missing, Some(START), None),
        (
            Stage::Joined,
            Listed::Missing,
            Some(START - PATIENCE),
            Some("its machine is gone"),
        ),
        (Stage::Joined, Listed::Unknown, Some(START - PATIENCE), None),
    ] {
        let mut machine = used("i-1", "a", 1);
        machine.stage = stage;
        machine.listed = listed.clone();
        machine.seen = Some(HostIs::Silent);
        machine.away_since = away;
        let look = Look {
            machines: vec![machine.clone()],
            ..Look::default()
        };
        let plan = look.at(START);
        let found = plan.actions.iter().find_map(|it| match it {
            Action::GiveUp { why, .. } => Some(why.as_str()),
            _ => None,
        });
        assert_eq!(found, why, "{stage:?} {listed:?} {away:?}");
        machine.seen = Some(HostIs::Connected);
        let look = Look {
            machines: vec![machine],
            ..Look::default()
        };
        let plan = look.at(START);
        let is_given_up = |it: &Action| matches!(it, Action::GiveUp { .. });
        assert!(!plan.actions.iter().any(is_given_up));
    }
    let mut removed = used("i-1", "a", 1);
    removed.seen = Some(HostIs::Left);
    let look = Look {
        machines: vec![removed],
        ..Look::default()
    };
    let plan = look.at(START);
    assert!(matches!(
        &plan.actions[..],
        [Action::GiveUp {
            loss: Loss::Served,
            ..
        }]
    ));
}

#[test]
fn an_empty_machine_ends_after_a_while_unless_somebody_is_expected() {
    let mut look = Look {
        machines: vec![own("i-1", "a", Stage::Joined), used("i-2", "a", 1)],
        ..Look::default()
    };
    let first = look.at(START);
    assert_eq!(ended(&first), [""; 0]);
    assert_eq!(first.idle, BTreeMap::from([("i-1".to_owned(), START)]));
    let due = START + 10 * MINUTE;
    assert_eq!(first.wake_at, Some(due));
    look.machines[0].idle_since = Some(START);
    assert_eq!(ended(&look.at(due)), ["i-1"]);
    look.waiting = vec![waiting("1", 4, &["a"])];
    let expecting = look.at(due);
    assert_eq!((expecting.actions.len(), expecting.idle.len()), (0, 0));
}

#[test]
fn there_are_never_fewer_than_least() {
    let mut of = terms();
    of.least = 2;
    let mut look = Look {
        terms: Some(of),
        ..Look::default()
    };
    let zones = |plan: &Plan| -> Vec<String> {
        let orders = orders(plan).into_iter();
        orders.map(|it| it.1.to_owned()).collect()
    };
    assert_eq!(zones(&look.at(START)), ["a", "b"]);
    let old = |id: &str, zone: &str, idle: Duration| Own {
        idle_since: Some(START - idle),
        ..own(id, zone, Stage::Joined)
    };
    look.machines = vec![
        old("i-1", "a", 11 * MINUTE),
        old("i-2", "b", 13 * MINUTE),
        old("i-3", "c", 12 * MINUTE),
    ];
    // The one that has been empty longest.
    assert_eq!(ended(&look.at(START)), ["i-2"]);
    look.machines.remove(1);
    assert_eq!(look.at(START).actions, []);
    look.machines[0].retired = true;
    let plan = look.at(START);
    assert_eq!((ended(&plan), zones(&plan).len()), (vec!["i-1"], 1));
}

#[test]
fn a_pool_that_is_no_more_empties() {
    let nothing = Terms {
        sizes: Vec::new(),
        most: 0,
        idle: Duration::ZERO,
        ..terms()
    };
    let look = Look {
        terms: Some(nothing),
        machines: vec![own("i-1", "a", Stage::Joined), used("i-2", "a", 1)],
        waiting: vec![waiting("1", 4, &[])],
        ..Look::default()
    };
    let plan = look.at(START);
    assert_eq!(orders(&plan), []);
    // Whoever is expected there comes first.
    assert_eq!(ended(&plan), [""; 0]);
    let look = Look {
        waiting: Vec::new(),
        ..look
    };
    assert_eq!(ended(&look.at(START)), ["i-1"]);
}

#[test]
fn one_that_ends_is_ended_until_it_is_gone() {
    let look = Look {
        machines: vec![own("i-1", "a", Stage::Ending)],
        waiting: vec![waiting("1", 1, &[])],
        ..Look::default()
    };
    let plan = look.at(START);
    let id = "i-1".to_owned();
    assert!(plan.actions.contains(&Action::End { id }));
    // Nobody is expected there.
    assert_eq!(orders(&plan).len(), 1);
}

fn any_own() -> impl Strategy<Value = Own> {
    let stage = prop_oneof![
        Just(Stage::Ordered),
        Just(Stage::Joined),
        Just(Stage::Ending)
    ];
    let zone = prop_oneof![Just("a"), Just("b"), Just("c")];
    let seen = prop_oneof![
        Just(None),
        Just(Some(HostIs::Connected)),
        Just(Some(HostIs::Silent))
    ];
    let account = prop_oneof![Just(None), Just(Some("one")), Just(Some("two"))];
    let said = (any::<bool>(), any::<bool>());
    (stage, zone, seen, 0..5_u32, 0..20_u32, said, account).prop_map(
        |(stage, zone, seen, vcpus, idle, (told, refused), account)| {
            let mut it = own("", zone, stage);
            it.refused = refused;
            it.account = account.map(str::to_owned);
            if stage == Stage::Joined {
                it.seen = seen;
            }
            if let Some(ledger) = it.ledger.as_mut().filter(|_| vcpus > 0) {
                ledger::claim(ledger, "task/one", claim(vcpus)).unwrap();
            }
            it.idle_since = Some(START - idle * MINUTE);
            it.told_at = told.then_some(START);
            it
        },
    )
}

proptest! {
    #[test]
    fn bounds_hold_and_what_is_used_stays(
        mut machines in prop::collection::vec(any_own(), 0..12),
        sizes in prop::collection::vec(1..5_u32, 0..30),
        least in 0..4_usize,
        more in 0..8_usize,
    ) {
        for (number, it) in machines.iter_mut().enumerate() {
            it.id = format!("i-{number}");
        }
        let of = Terms { least, most: least + more, ..terms() };
        let tasks = sizes.iter().enumerate().map(|(number, vcpus)| waiting(&number.to_string(), *vcpus, &[]));
        let look = Look {
            terms: Some(of),
            machines: machines.clone(),
            waiting: tasks.collect(),
            ..Look::default()
        };
        let plan = look.at(START);
        let new = orders(&plan).len();
        prop_assert!(new == 0 || machines.len() + new <= least + more);
        let closed = ended(&plan);
        for it in &machines {
            let is_closed = closed.contains(&it.id.as_str());
            prop_assert!(!is_closed || it.stage == Stage::Joined && it.is_empty());
        }
        let lives = machines.iter().filter(|it| it.stage != Stage::Ending).count();
        prop_assert!(closed.is_empty() || lives + new - closed.len() >= least);
        // The same picture leads to the same plan.
        prop_assert_eq!(look.at(START), plan);
    }

    #[test]
    fn all_who_wait_have_a_place_after_some_waves(
        sizes in prop::collection::vec((1..5_u32, 0..3_usize), 1..30),
    ) {
        let of = Terms { most: 100, ..terms() };
        let zones = ["a", "b", "c"];
        let tasks = sizes.iter().enumerate().map(|(number, (vcpus, zone))| {
            waiting(&number.to_string(), *vcpus, &zones[*zone..=*zone])
        });
        let mut look = Look { terms: Some(of), waiting: tasks.collect(), ..Look::default() };
        for _ in 0..sizes.len() {
            let plan = look.at(START);
            for (_, zone) in orders(&plan) {
                let id = format!("i-{}", look.machines.len());
                look.machines.push(own(&id, zone, Stage::Ordered));
            }
        }
        let plan = look.at(START);
        prop_assert_eq!((plan.status.lacking, plan.actions), (0, Vec::new()));
    }
}
