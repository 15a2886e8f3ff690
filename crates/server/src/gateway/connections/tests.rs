use super::*;

const LIMITS: Limits = Limits {
    strangers: 6,
    per_source: 4,
    nodes: 5,
    per_node: 2,
    registry: 4,
    visits: 4,
    lingering: 5,
    leaving: 4,
};

fn source(number: u8) -> Source {
    Source::of(std::net::IpAddr::from([192, 0, 2, number]))
}

fn closed(slot: &Slot) -> bool {
    slot.close.is_cancelled()
}

#[test]
fn sizes_follow_the_limit_of_descriptors() {
    for descriptors in [0, 64, 256, 1024, 4096, 20_000, 65_536, 1 << 20, u64::MAX] {
        let limits = Limits::for_descriptors(descriptors);
        let all = limits.strangers + limits.nodes + limits.registry;
        if descriptors >= 256 {
            assert!((all as u64) < descriptors, "{descriptors}: {limits:?}");
            assert!(limits.per_source * 2 <= limits.strangers, "{limits:?}");
        }
    }
    // Ten thousand hosts with four connections each.
    assert!(Limits::for_descriptors(65_536).nodes > 40_000);
}

#[test]
fn a_source_displaces_its_own_idle_connections_only() {
    let all = Connections::new(LIMITS);
    let other = all.admit(source(2)).unwrap();
    let slots: Vec<_> = (0..4).map(|_| all.admit(source(1)).unwrap()).collect();
    let next = all.admit(source(1)).unwrap();
    assert!(closed(&slots[0]) && !closed(&slots[1]) && !closed(&next));
    assert!(!closed(&other));
    assert_eq!(all.counts().strangers, 5);
    // The place was given up at once; dropping it later frees nothing twice.
    drop(slots);
    assert_eq!(all.counts().strangers, 2);
}

#[test]
fn idle_ones_go_first_then_unverified_ones_then_none() {
    let all = Connections::new(LIMITS);
    let slots: Vec<_> = (0..4).map(|_| all.admit(source(1)).unwrap()).collect();
    let admitted = slots[0].request();
    admitted.admit();
    let arriving = slots[1].request();
    let second = all.admit(source(1)).unwrap();
    assert!(closed(&slots[2]));
    let asking = second.request();
    asking.admit();
    let third = all.admit(source(1)).unwrap();
    assert!(closed(&slots[3]));
    let also = third.request();
    also.admit();
    let fourth = all.admit(source(1)).unwrap();
    assert!(closed(&slots[1]) && !closed(&slots[0]));
    fourth.request().admit();
    let last = fourth.request();
    last.admit();
    assert_eq!(all.admit(source(1)).err(), Some(Full));
    assert_eq!(all.counts().refused, 1);
    drop((admitted, arriving));
    // What ended its request is idle again.
    assert!(slots[0].idle().is_some_and(|it| it.asked));
    all.admit(source(1)).unwrap();
    assert!(closed(&slots[0]));
}

#[test]
fn a_full_pool_displaces_whoever_is_idle_longest() {
    let all = Connections::new(LIMITS);
    let slots: Vec<_> = (1..7).map(|n| all.admit(source(n)).unwrap()).collect();
    all.admit(source(9)).unwrap();
    assert!(closed(&slots[0]) && !closed(&slots[1]));
}

#[test]
fn nodes_have_places_of_their_own() {
    let all = Connections::new(LIMITS);
    let node: Vec<_> = (0..3).map(|_| all.admit(source(1)).unwrap()).collect();
    for slot in &node {
        slot.is_of_node("a");
        slot.is_of_node("a");
    }
    // The third is over the node's share.
    assert_eq!((all.counts().nodes, all.counts().strangers), (2, 1));
    let flood: Vec<_> = (0..50).map(|_| all.admit(source(1)).unwrap()).collect();
    assert!(!closed(&node[0]) && !closed(&node[1]) && closed(&node[2]));
    assert!(all.counts().strangers <= LIMITS.per_source);
    drop((flood, node));
    let counts = all.counts();
    assert_eq!((counts.nodes, counts.strangers), (0, 0));
    let state = all.state();
    assert!(state.by_source.is_empty() && state.by_node.is_empty() && state.open.is_empty());
}

#[test]
fn what_a_node_passes_on_counts_for_the_task() {
    let all = Connections::new(LIMITS);
    let task = |number: u8| Source::Task(format!("task {number}"));
    let of_task = |number: u8| {
        let slot = all.admit(Source::Machine).unwrap();
        slot.is_of_task(task(number)).map(|()| slot)
    };
    let flood: Vec<_> = (0..10).map(|_| of_task(1).unwrap()).collect();
    assert_eq!(all.counts().strangers, LIMITS.per_source);
    assert!(closed(&flood[5]) && !closed(&flood[6]));
    // Neither the machine nor another task has less for it.
    let machine = all.admit(Source::Machine).unwrap();
    let other = of_task(2).unwrap();
    assert!(!closed(&machine) && !closed(&other) && !closed(&flood[6]));
    assert_eq!(other.source(), task(2));
    drop((flood, machine, other));
    let state = all.state();
    assert!(state.by_source.is_empty() && state.open.is_empty() && state.strangers == 0);
}

#[test]
fn the_pool_of_nodes_is_bounded() {
    let all = Connections::new(LIMITS);
    let slots: Vec<_> = (0..6)
        .map(|n| {
            let slot = all.admit(source(n)).unwrap();
            slot.is_of_node(&n.to_string());
            slot
        })
        .collect();
    assert_eq!((all.counts().nodes, all.counts().strangers), (5, 1));
    drop(slots);
}

#[test]
fn registry_requests_are_counted() {
    let all = Connections::new(LIMITS);
    let first: Vec<_> = (0..2)
        .map(|_| all.enter_registry(source(1), false).unwrap())
        .collect();
    assert!(all.enter_registry(source(1), false).is_err());
    let second: Vec<_> = (0..2)
        .map(|_| all.enter_registry(source(2), false).unwrap())
        .collect();
    assert!(all.enter_registry(source(3), false).is_err());
    drop((first, second));
    assert!(all.enter_registry(source(3), false).is_ok());
    assert!(all.state().registry.is_empty());
}

#[test]
fn visitors_leave_places_to_who_shows_a_password() {
    let limits = Limits::for_descriptors(20_000);
    assert_eq!((limits.registry, limits.visits), (2500, 625));
    let all = Connections::new(limits);
    let mut visits = Vec::new();
    let mut by_source = Vec::new();
    for from in 0..10 {
        let before = visits.len();
        visits.extend((0..1000).map_while(|_| all.enter_registry(source(from), true).ok()));
        by_source.push(visits.len() - before);
    }
    assert_eq!(by_source, [156, 156, 156, 156, 1, 0, 0, 0, 0, 0]);
    assert_eq!(all.counts().visits, 625);
    // Also to those at the address of a visitor.
    let of_password: Vec<_> = (0..2000)
        .map_while(|_| all.enter_registry(source(0), false).ok())
        .collect();
    assert_eq!(of_password.len(), 1250 - 156);
    assert!(all.enter_registry(source(11), false).is_ok());
    drop((visits, of_password));
    let state = all.state();
    assert!(state.registry.is_empty() && state.visits.is_empty());
}

#[test]
fn few_connections_linger_and_they_give_way() {
    let all = Connections::new(LIMITS);
    let slot = all.admit(source(1)).unwrap();
    assert!(slot.linger().is_none(), "nothing was sent over it");
    drop(slot);
    let slots: Vec<_> = (1..7).map(|n| all.admit(source(n)).unwrap()).collect();
    for slot in &slots {
        slot.is_sent_to(true);
    }
    let places: Vec<_> = slots.iter().map(|it| it.linger()).collect();
    assert_eq!(all.counts().lingering, LIMITS.lingering);
    assert!(places[5].is_none());
    let asking = slots[5].request();
    drop(places);
    assert!(all.state().lingering.is_empty());
    // One of a source has its share.
    let first = slots[0].linger();
    assert!(first.is_some() && slots[0].linger().is_none() && slots[1].linger().is_some());
    // Nothing is asked over those that linger.
    all.admit(source(9)).unwrap();
    assert!(closed(&slots[0]) && !closed(&slots[5]));
    drop(asking);
}

#[tokio::test(start_paused = true)]
async fn a_further_head_begins_with_its_first_byte() {
    let all = Connections::new(LIMITS);
    let slot = all.admit(source(1)).unwrap();
    let head = |slot: &Slot| slot.idle().unwrap().head;
    // The first one has since the connection began.
    slot.hears();
    assert_eq!(head(&slot), None);
    let asking = slot.request();
    slot.hears();
    assert_eq!(slot.idle(), None);
    drop(asking);
    assert_eq!(head(&slot), None);
    let begun = Instant::now();
    slot.hears();
    tokio::time::advance(Duration::from_secs(1)).await;
    slot.hears();
    assert_eq!(head(&slot), Some(begun));
    slot.head_began().await;
    // That was what was left of a body.
    slot.awaits_head();
    assert_eq!(head(&slot), None);
    slot.hears();
    assert_eq!(head(&slot), Some(Instant::now()));
    drop(slot.request());
    assert_eq!(head(&slot), None);
}

#[test]
fn bytes_of_http2_are_no_heads() {
    let all = Connections::new(LIMITS);
    let slot = all.admit(source(1)).unwrap();
    slot.speaks_http2();
    drop(slot.request());
    slot.hears();
    let idle = slot.idle().unwrap();
    assert!(idle.is_http2 && idle.asked && idle.head.is_none());
}

#[test]
fn few_connections_of_http2_that_give_way_say_so() {
    let all = Connections::new(LIMITS);
    let http2 = |from: u8| {
        let slot = all.admit(source(from)).unwrap();
        slot.speaks_http2();
        slot
    };
    let slots: Vec<_> = (1..7).map(http2).collect();
    let next: Vec<_> = (11..17).map(|n| all.admit(source(n)).unwrap()).collect();
    assert!(slots.iter().all(|it| closed(it)));
    let leave: Vec<_> = slots.iter().map(|it| it.is_leaving()).collect();
    assert_eq!(leave, [true, true, true, true, false, false]);
    assert_eq!((all.counts().strangers, all.counts().displaced), (6, 6));
    // What they still ask counts for whom they came from, and does not give them a place again.
    assert_eq!(slots[0].source(), source(1));
    slots[0].is_of_node("a");
    slots[0].is_of_task(Source::Task("a".to_owned())).unwrap();
    assert!(slots[0].is_leaving() && all.counts().nodes == 0);
    drop((slots, next));
    let state = all.state();
    assert!(state.leaving.is_empty() && state.open.is_empty() && state.strangers == 0);
}

#[test]
fn of_a_source_one_in_four_has_time_to_say_that_it_gives_way() {
    let all = Connections::new(LIMITS);
    let slots: Vec<_> = (0..4).map(|_| all.admit(source(1)).unwrap()).collect();
    slots[1].speaks_http2();
    slots[2].speaks_http2();
    let next: Vec<_> = (0..3).map(|_| all.admit(source(1)).unwrap()).collect();
    assert!(closed(&slots[2]) && !closed(&slots[3]));
    let leave: Vec<_> = slots.iter().map(|it| it.is_leaving()).collect();
    assert_eq!(leave, [false, true, false, false]);
    drop((slots, next));
}

#[test]
fn for_its_descriptor_one_is_closed_at_once() {
    let all = Connections::new(LIMITS);
    let slot = all.admit(source(1)).unwrap();
    slot.speaks_http2();
    all.close_one();
    assert!(closed(&slot) && !slot.is_leaving());
}
