use super::super::Caller;
use super::*;

#[test]
fn clients_are_kept_at_one_for_a_time_even_if_there_are_no_others() {
    let time = Duration::from_secs(10_800);
    for (all, sticky, expected) in [
        (0..3, true, Some(time)),
        (0..1, true, Some(time)),
        (0..3, false, None),
    ] {
        let count = all.len();
        let way = Way {
            lead: to(all, sticky).unwrap(),
            guard: None,
        };
        assert_eq!(way.sticky(), expected);
        assert_eq!(way.kept().len(), expected.map_or(0, |_| count));
    }
}

fn at(number: u32) -> FrontEnd {
    FrontEnd {
        caller: Caller::Member,
        address: Ipv4Addr::from(0x0a64_0000 + number),
        protocol: 6,
        port: 80,
    }
}

fn endpoints(all: std::ops::Range<u32>) -> Vec<SocketAddrV4> {
    all.map(|it| SocketAddrV4::new(Ipv4Addr::from(0x0a00_0000 + it), 8080))
        .collect()
}

fn to(all: std::ops::Range<u32>, sticky: bool) -> Option<Lead> {
    let endpoints = endpoints(all);
    Some(Lead::To {
        endpoints,
        sticky: sticky.then_some(Duration::from_secs(10_800)),
        by_node: false,
    })
}

fn changes(plan: &mut Plan, changes: &[(u32, Option<Lead>)]) -> Changes {
    let all = changes.iter().map(|(it, lead)| (at(*it), lead.clone()));
    plan.change(all.collect())
}

fn change(plan: &mut Plan, all: &[(u32, Option<Lead>)]) -> Vec<Step> {
    changes(plan, all).steps
}

#[test]
fn what_is_led_alike_shares_a_chain_that_stays_for_a_while() {
    let mut plan = Plan::default();
    let first = changes(&mut plan, &[(1, to(0..2, false)), (2, to(4..6, false))]);
    let [manner] = first.begun[..] else {
        panic!("{first:?}");
    };
    let of_members = |places, sticky_ms| Manner::To {
        places,
        sticky_ms,
        by_node: false,
        outside: false,
    };
    assert_eq!(manner, of_members(2, None));
    assert_eq!(plan.manners[&manner], 2);
    let sticky = changes(&mut plan, &[(1, to(0..2, true))]);
    assert_eq!(sticky.begun[0], of_members(STICKY_PLACES, Some(10_800_000)));
    // For others it is another map that has the endpoints.
    let outside = FrontEnd {
        caller: Caller::Other,
        ..at(1)
    };
    let others = plan.change([(outside, to(0..2, false))].into());
    assert_eq!(others.begun.len(), 1);
    // Nothing uses it, and then something does again.
    let gone = changes(&mut plan, &[(2, None)]);
    assert_eq!((gone.begun.len(), gone.ended.len()), (0, 0));
    let back = changes(&mut plan, &[(2, to(0..2, false))]);
    assert!(back.begun.is_empty());
    assert_eq!(plan.manners[&manner], 1);
    // Not for ever.
    let mut ended = Vec::new();
    for count in 3..80 {
        ended.extend(changes(&mut plan, &[(2, to(0..count, false))]).ended);
    }
    assert_eq!(ended.len(), IDLE_MANNERS + 1);
    let used: usize = plan.manners.values().sum();
    assert_eq!(used, plan.ways.len());
}

#[test]
fn a_table_begins_with_the_chains_that_most_services_need() {
    let mut plan = Plan::default();
    let all = [(at(1), to(0..3, false).unwrap()), (at(2), Lead::Refused)];
    let first = plan.begin(all.into());
    let begun: BTreeSet<Manner> = first.begun.iter().copied().collect();
    assert_eq!(begun.len(), first.begun.len(), "each once");
    assert!(begun.contains(&Manner::Refused) && first.ended.is_empty());
    assert_eq!(first.steps.len(), 2);
    for next in [to(0..1, false), to(0..4, false)] {
        let made = changes(&mut plan, &[(1, next)]);
        assert_eq!((made.begun, made.steps.len()), (Vec::new(), 1));
    }
    assert_eq!(changes(&mut plan, &[(1, to(0..5, false))]).begun.len(), 1);
}

#[test]
fn a_snapshot_is_what_differs() {
    let mut plan = Plan::default();
    change(
        &mut plan,
        &[
            (1, to(0..2, false)),
            (2, to(0..3, false)),
            (3, Some(Lead::Dropped)),
        ],
    );
    let all = [(at(1), to(0..2, false)), (at(2), to(1..3, false))];
    let all: BTreeMap<_, _> = all.map(|(at, lead)| (at, lead.unwrap())).into();
    let changes = plan.replace(all.clone());
    assert!(
        matches!(&changes.steps[..], [Step::Remove(gone, _), Step::Change(it, ..)] if (*gone, *it) == (at(3), at(2))),
        "{changes:?}"
    );
    assert_eq!(plan.replace(all), Changes::default());
}

#[test]
fn only_what_differs_is_changed() {
    let mut plan = Plan::default();
    let first = change(&mut plan, &[(1, to(0..2, false)), (2, Some(Lead::Refused))]);
    assert!(matches!(&first[..], [Step::Add(..), Step::Add(..)]));
    assert_eq!(change(&mut plan, &[(1, to(0..2, false))]), []);
    let next = change(&mut plan, &[(1, to(0..3, false))]);
    let [Step::Change(_, old, new)] = &next[..] else {
        panic!("{next:?}");
    };
    assert_eq!((old.count(), new.count()), (2, 3));
    let gone = change(&mut plan, &[(1, None), (3, None)]);
    assert!(matches!(&gone[..], [Step::Remove(it, _)] if *it == at(1)));
    assert_eq!(plan.places, 0);
}

#[test]
fn none_twice_and_none_is_refused() {
    let mut twice = endpoints(0..2);
    twice.extend(endpoints(0..2));
    let lead = |endpoints| {
        Some(Lead::To {
            endpoints,
            sticky: None,
            by_node: false,
        })
    };
    let mut plan = Plan::default();
    change(
        &mut plan,
        &[
            (1, lead(twice)),
            (2, lead(Vec::new())),
            (3, to(0..5000, false)),
        ],
    );
    let counts: Vec<u32> = plan.ways.values().map(Way::count).collect();
    assert_eq!(counts, [2, 0, ENDPOINTS as u32]);
    assert_eq!(plan.ways[&at(2)].lead, Lead::Refused);
}

#[test]
fn what_has_no_room_waits_and_does_not_lead_where_it_led() {
    let mut plan = Plan::default();
    let full = u32::try_from(PLACES / ENDPOINTS).unwrap();
    let all: Vec<(u32, Option<Lead>)> = (0..full).map(|it| (it, to(0..1000, false))).collect();
    change(&mut plan, &all);
    assert_eq!(plan.places, PLACES);
    assert_eq!(change(&mut plan, &[(full, to(0..1, false))]), []);
    assert_eq!(plan.waiting(), 1);
    let steps = change(&mut plan, &[(0, to(0..10, false))]);
    assert!(matches!(&steps[..], [Step::Change(..), Step::Add(it, _)] if *it == at(full)));
    assert_eq!(plan.waiting(), 0);
    let steps = change(&mut plan, &[(0, to(0..1000, false))]);
    assert!(matches!(&steps[..], [Step::Remove(..)]), "{steps:?}");
    assert_eq!(plan.waiting(), 1);
    assert!(!change(&mut plan, &[(0, None), (1, None)]).is_empty());
    assert_eq!(plan.waiting(), 0);
}

#[test]
fn clients_of_a_sticky_service_move_only_with_their_endpoint() {
    let before = spread(&endpoints(0..4));
    let fewer = spread(&endpoints(0..3));
    let gone = endpoints(3..4)[0];
    assert_eq!(before.len(), fewer.len());
    for (old, new) in before.iter().zip(&fewer) {
        assert!(old == new || *old == gone, "{old} became {new}");
    }
    for it in endpoints(0..4) {
        let share = before.iter().filter(|other| **other == it).count();
        assert!((30..100).contains(&share), "{it} has {share} of 256");
    }
    let many = spread(&endpoints(0..300));
    let met: BTreeSet<_> = many.iter().collect();
    assert_eq!(met.len(), 300, "everybody has some");
}

fn only(sources: &[&str], lead: Option<Lead>) -> Option<Lead> {
    let sources = sources.iter().map(|it| it.parse::<Subnet>().unwrap());
    lead.map(|lead| Lead::Only {
        sources: sources.collect(),
        lead: Box::new(lead),
    })
}

#[test]
fn front_ends_that_the_same_may_call_have_one_guard() {
    let mut plan = Plan::default();
    let near = ["10.0.0.0/8", "192.0.2.1/32"];
    let first = changes(
        &mut plan,
        &[
            (1, only(&near, to(0..2, false))),
            // In another order, twice, and what lies in another.
            (
                2,
                only(&[near[1], "10.7.0.0/16", near[0], near[0]], to(0..2, false)),
            ),
            (3, to(0..2, false)),
        ],
    );
    let [(number, ranges)] = &first.begun_guards[..] else {
        panic!("{first:?}");
    };
    let shown: Vec<String> = ranges.iter().map(ToString::to_string).collect();
    assert_eq!(shown, near);
    assert_eq!(first.begun.len(), 1, "led alike");
    let guard_of = |plan: &Plan, it: u32| plan.ways[&at(it)].guard;
    assert_eq!(
        [1, 2, 3].map(|it| guard_of(&plan, it)),
        [Some(*number), Some(*number), None]
    );
    // The same again is no change.
    assert_eq!(
        changes(&mut plan, &[(1, only(&near, to(0..2, false)))]),
        Changes::default()
    );
    // Another list, then none.
    let other = changes(&mut plan, &[(1, only(&["10.0.0.0/9"], to(0..2, false)))]);
    assert_eq!((other.begun_guards.len(), other.ended_guards.len()), (1, 0));
    assert!(matches!(&other.steps[..], [Step::Change(_, old, new)] if old.guard != new.guard));
    let open = changes(&mut plan, &[(2, to(0..2, false)), (1, None)]);
    let ended: BTreeSet<u32> = open.ended_guards.iter().copied().collect();
    assert_eq!(ended, BTreeSet::from([*number, number + 1]));
    assert_eq!((plan.guards.ranges, plan.guards.all.len()), (0, 0));
    // What is wanted is known with who may call.
    change(&mut plan, &[(4, only(&near, Some(Lead::Refused)))]);
    let known = plan.into_leads();
    assert_eq!(known.get(&at(4)), only(&near, Some(Lead::Refused)).as_ref());
}

#[test]
fn who_may_call_is_bounded_and_what_has_no_guard_leads_nowhere() {
    let many = |first: u32| -> Vec<String> {
        let all = (first..first + 2000).map(|it| format!("{}/32", Ipv4Addr::from(it * 2)));
        all.collect()
    };
    let of = |first| {
        let all = many(first);
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        only(&all, to(0..2, false))
    };
    let mut plan = Plan::default();
    let full = u32::try_from(ALL_SOURCES / SOURCES).unwrap();
    let all: Vec<(u32, Option<Lead>)> = (0..full).map(|it| (it, of(it * 10_000))).collect();
    change(&mut plan, &all);
    assert_eq!(plan.guards.ranges, ALL_SOURCES);
    assert_eq!(change(&mut plan, &[(full, of(1))]), []);
    assert_eq!(plan.waiting(), 1);
    // One that was open is not left open.
    change(&mut plan, &[(full + 1, to(0..1, false))]);
    let steps = change(&mut plan, &[(full + 1, of(3))]);
    assert!(matches!(&steps[..], [Step::Remove(..)]), "{steps:?}");
    assert_eq!(plan.waiting(), 2);
    // Another list takes the place of the one before it.
    let steps = change(&mut plan, &[(0, of(5))]);
    assert!(matches!(&steps[..], [Step::Change(..)]), "{steps:?}");
    assert_eq!(plan.guards.ranges, ALL_SOURCES);
    change(&mut plan, &[(0, of(0))]);
    assert_eq!((plan.guards.ranges, plan.waiting()), (ALL_SOURCES, 2));
    // Who is let in by a list that is there needs no room.
    assert_eq!(change(&mut plan, &[(full + 2, of(0))]).len(), 1);
    let steps = change(&mut plan, &[(1, to(0..2, false))]);
    assert_eq!(steps.len(), 2, "{steps:?}");
    assert_eq!(plan.waiting(), 1);
}

#[test]
fn nobody_is_let_in_by_a_list_of_none_nor_by_one_in_another() {
    let mut plan = Plan::default();
    let nested = only(&["10.0.0.0/8"], only(&["10.0.0.0/9"], to(0..2, false)));
    let made = changes(&mut plan, &[(1, only(&[], to(0..2, false))), (2, nested)]);
    assert!(made.begun_guards[0].1.is_empty());
    let way = &plan.ways[&at(2)];
    assert_eq!(Manner::of(Caller::Member, way), Manner::Dropped);
    assert_eq!(way.count(), 0);
}
