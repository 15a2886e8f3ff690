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
            chain: 1,
            number: 1,
            lead: to(all, sticky).unwrap(),
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

fn change(plan: &mut Plan, changes: &[(u32, Option<Lead>)]) -> Vec<Step> {
    plan.change(
        changes
            .iter()
            .map(|(it, lead)| (at(*it), lead.clone()))
            .collect(),
    )
}

#[test]
fn only_what_differs_is_changed_and_numbers_are_new() {
    let mut plan = Plan::default();
    let first = change(&mut plan, &[(1, to(0..2, false)), (2, Some(Lead::Refused))]);
    assert!(matches!(&first[..], [Step::Add(..), Step::Add(..)]));
    assert_eq!(change(&mut plan, &[(1, to(0..2, false))]), []);
    let next = change(&mut plan, &[(1, to(0..3, false))]);
    let [Step::Change(_, old, new)] = &next[..] else {
        panic!("{next:?}");
    };
    assert_eq!(old.chain, new.chain);
    assert_ne!(old.number, new.number);
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
    let counts: Vec<u32> = plan.ways().map(|(_, it)| it.count()).collect();
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
