use super::super::tally::Point;
use super::*;
use crate::netlink::nft::Counted;

const OWN: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 5);
const OTHER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 6);

fn metering() -> Metering {
    Metering {
        account: "0".to_owned(),
        region: "r".to_owned(),
        address: OWN,
        logs: BTreeSet::from(["fl-1".to_owned()]),
        accepted: true,
        rejected: true,
        tcp_flags: true,
    }
}

fn place() -> Place {
    ("vpc-1".to_owned(), "eni-1".to_owned())
}

fn ends(port: u16, flags: u8) -> Ends {
    Ends {
        source: OWN,
        destination: OTHER,
        protocol: 6,
        source_port: 1000,
        destination_port: port,
        flags,
    }
}

fn begun() -> Meter {
    let mut meter = Meter::default();
    meter.follow("vpc-1", BTreeMap::from([(place(), metering())]), 0);
    meter.taken(1);
    meter
}

fn reading(points: &[(Point, Ends, u64)]) -> Reading {
    let mut reading = Reading::default();
    for (point, ends, packets) in points {
        let counted = Counted {
            packets: *packets,
            bytes: packets * 100,
        };
        reading.points[*point as usize].insert(*ends, counted);
    }
    reading
}

/// Accepted and rejected packets of all that was reported.
fn told(meter: &mut Meter) -> (u64, u64) {
    let report = meter.report("i-1".to_owned());
    let flows = report.windows.iter().flat_map(|it| &it.flows);
    let (accepted, rejected): (Vec<&Flow>, Vec<&Flow>) = flows.partition(|it| it.accepted);
    let sum = |flows: Vec<&Flow>| flows.iter().map(|it| it.packets).sum();
    (sum(accepted), sum(rejected))
}

#[test]
fn counters_become_flows_once() {
    let mut meter = begun();
    let e = ends(80, 2);
    for (seen, passed, now) in [(5, 4, 1000), (5, 4, 2000), (9, 7, 3000), (9, 9, 4000)] {
        let reading = reading(&[(Point::Seen, e, seen), (Point::Passed, e, passed)]);
        meter.fold(&place(), &reading, now);
    }
    meter.close_windows(FIRST_WINDOW_MS);
    // While packets were on their way it seemed that two were dropped.
    assert_eq!(told(&mut meter), (9, 2));
    meter.fold(
        &place(),
        &reading(&[(Point::Seen, e, 9), (Point::Passed, e, 9)]),
        9000,
    );
    meter.close_windows(FIRST_WINDOW_MS + WINDOW_MS);
    assert_eq!(told(&mut meter), (9, 2), "nothing more");
}

#[test]
fn one_that_left_and_came_back_counts_from_nothing() {
    let mut meter = begun();
    let e = ends(80, 0);
    for count in [10, 3] {
        let reading = reading(&[(Point::Seen, e, count), (Point::Passed, e, count)]);
        meter.fold(&place(), &reading, 1000);
    }
    meter.fold(&place(), &Reading::default(), 2000);
    meter.fold(&place(), &reading(&[(Point::Seen, e, 4)]), 3000);
    meter.close_windows(FIRST_WINDOW_MS);
    assert_eq!(told(&mut meter), (13, 4));
}

#[test]
fn flags_are_joined_and_ack_counts_beside_syn_alone() {
    let mut meter = begun();
    let all: Vec<_> = [2, 16, 17]
        .map(|flags| (Point::Passed, ends(80, flags), 1))
        .into();
    meter.fold(&place(), &reading(&all), 1000);
    meter.close_windows(FIRST_WINDOW_MS);
    let report = meter.report("i-1".to_owned());
    let flows = &report.windows[0].flows;
    assert_eq!(flows.len(), 1);
    assert_eq!((flows[0].tcp_flags, flows[0].packets), (3, 3));
}

#[test]
fn what_an_instance_refuses_its_caller_was_let_send() {
    let e = ends(22, 2);
    let counted = reading(&[(Point::Calls, e, 3), (Point::Allowed, e, 3)]);
    let mut meter = begun();
    meter.fold(&place(), &counted, 1000);
    meter.close_windows(FIRST_WINDOW_MS);
    assert_eq!(told(&mut meter), (3, 0), "of the caller");
    let mut meter = begun();
    let called = Ends {
        source: OTHER,
        destination: OWN,
        ..e
    };
    meter.fold(&place(), &reading(&[(Point::Calls, called, 3)]), 1000);
    meter.close_windows(FIRST_WINDOW_MS);
    assert_eq!(told(&mut meter), (0, 3), "of the instance");
}

#[test]
fn where_there_was_no_room_nothing_is_taken_for_dropped() {
    let mut meter = begun();
    let mut full = reading(&[(Point::Seen, ends(80, 2), 5)]);
    full.skipped = 7;
    meter.fold(&place(), &full, 1000);
    meter.close_windows(FIRST_WINDOW_MS);
    assert_eq!(told(&mut meter), (0, 0));
    let report = meter.report("i-1".to_owned());
    assert!(report.windows[0].skipped);
    // It is told once.
    meter.fold(&place(), &full, 9000);
    meter.close_windows(FIRST_WINDOW_MS + WINDOW_MS);
    assert!(!meter.report("i-1".to_owned()).windows[1].skipped);
}

#[test]
fn everything_is_bounded() {
    let mut meter = begun();
    let mut all = Reading::default();
    let one = Counted {
        packets: 1,
        bytes: 40,
    };
    for port in 0..12_000 {
        all.points[Point::Passed as usize].insert(ends(port, 0), one);
    }
    for round in 0..9 {
        meter.begin_anew("vpc-1");
        meter.fold(&place(), &all, round * WINDOW_MS + 1);
        meter.close_windows((round + 1) * WINDOW_MS);
    }
    let waiting: usize = meter.waiting.iter().map(|it| it.flows.len()).sum();
    assert!(waiting <= MOST_WAITING);
    assert!(meter.waiting.iter().all(|it| it.flows.len() <= MOST_FLOWS));
    assert!(meter.waiting.iter().any(|it| it.skipped));
    let report = meter.report("i-1".to_owned());
    assert!(
        report
            .windows
            .iter()
            .map(|it| it.flows.len())
            .sum::<usize>()
            <= MOST_FLOWS
    );
    assert_eq!(report.windows[0].flows.len(), 0, "the oldest went first");
}

#[test]
fn it_survives_its_process() {
    let mut meter = begun();
    let e = ends(80, 2);
    meter.fold(
        &place(),
        &reading(&[(Point::Seen, e, 5), (Point::Passed, e, 5)]),
        1000,
    );
    let text = serde_json::to_string(&meter).unwrap();
    let mut meter: Meter = serde_json::from_str(&text).unwrap();
    meter.fold(
        &place(),
        &reading(&[(Point::Seen, e, 6), (Point::Passed, e, 6)]),
        2000,
    );
    meter.follow("vpc-1", BTreeMap::new(), 3000);
    assert_eq!(told(&mut meter), (6, 0));
    let last = meter.report("i-1".to_owned()).windows.pop().unwrap();
    assert_eq!(last.part, Part::End);
    meter.taken(last.number);
    assert!(meter.is_idle());
}

#[test]
fn what_a_reading_in_part_lacks_is_neither_gone_nor_dropped() {
    let mut meter = begun();
    let e = ends(80, 2);
    let both = |seen, passed| reading(&[(Point::Seen, e, seen), (Point::Passed, e, passed)]);
    let in_part = |mut it: Reading| {
        it.partial = [true; 5];
        it
    };
    meter.fold(&place(), &both(5, 5), 1000);
    // It was let through all the while.
    for lacking in [
        Reading::default(),
        reading(&[(Point::Seen, e, 9)]),
        reading(&[(Point::Passed, e, 9)]),
    ] {
        meter.fold(&place(), &in_part(lacking), 2000);
    }
    meter.fold(&place(), &in_part(both(9, 9)), 3000);
    meter.close_windows(FIRST_WINDOW_MS);
    assert_eq!(told(&mut meter), (9, 0));
    // What never is among those let through was dropped.
    let mut meter = begun();
    for count in [1, 2, 3] {
        let seen = reading(&[(Point::Seen, e, count)]);
        meter.fold(&place(), &in_part(seen), 1000);
    }
    meter.close_windows(FIRST_WINDOW_MS);
    assert_eq!(told(&mut meter), (0, 3));
    // … also where it goes before that is sure.
    let mut meter = begun();
    meter.fold(&place(), &in_part(reading(&[(Point::Seen, e, 2)])), 1000);
    meter.fold(&place(), &Reading::default(), 2000);
    meter.close_windows(FIRST_WINDOW_MS);
    assert_eq!(told(&mut meter), (0, 2));
    let mut meter = begun();
    meter.fold(&place(), &in_part(reading(&[(Point::Seen, e, 2)])), 1000);
    meter.follow("vpc-1", BTreeMap::new(), 3000);
    assert_eq!(told(&mut meter), (0, 2));
}
