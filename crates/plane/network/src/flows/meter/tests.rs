use super::super::tally::Point;
use super::*;
use crate::netlink::nft::Counted;

const OWN: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 5);
const OTHER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 6);

fn at(ms: i64) -> Now {
    Now {
        wall_ms: ms,
        boot_ms: ms,
    }
}

/// What is in the file is reported.
fn reported(meter: &mut Meter) -> Report {
    meter.saved(at(0));
    meter.report("i-1".to_owned())
}

fn metering() -> Metering {
    Metering {
        account: "0".to_owned(),
        region: "r".to_owned(),
        address: OWN,
        ipv6: BTreeSet::new(),
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
        source: OWN.into(),
        destination: OTHER.into(),
        protocol: 6,
        source_port: 1000,
        destination_port: port,
        flags,
    }
}

fn begun() -> Meter {
    let mut meter = Meter::default();
    meter.follow("vpc-1", BTreeMap::from([(place(), metering())]), at(0));
    meter.taken(1);
    meter
}

fn reading(points: &[(Point, Ends, u64)]) -> Reading {
    let mut reading = Reading::default();
    for (point, ends, packets) in points {
        let counted = Counted {
            packets: *packets,
            bytes: packets * 100,
            left_ms: table::IDLE_MS,
        };
        reading.points[*point as usize].insert(*ends, counted);
    }
    reading
}

/// Accepted and rejected packets of all that was reported.
fn told(meter: &mut Meter) -> (u64, u64) {
    let report = reported(meter);
    let flows = report.windows.iter().flat_map(|it| &it.flows);
    let (accepted, rejected): (Vec<&Flow>, Vec<&Flow>) = flows.partition(|it| it.accepted);
    let sum = |flows: Vec<&Flow>| flows.iter().map(|it| it.packets).sum();
    (sum(accepted), sum(rejected))
}

#[test]
fn counters_become_flows_once() {
    let mut meter = begun();
    let e = ends(80, 2);
    for (seen, passed, now) in [(5, 4, 1000), (5, 5, 2000), (9, 9, 3000), (11, 9, 4000)] {
        let reading = reading(&[(Point::Seen, e, seen), (Point::Passed, e, passed)]);
        meter.fold(&place(), &reading, at(now));
    }
    meter.close_windows(FIRST_WINDOW_MS);
    assert_eq!(told(&mut meter), (9, 2));
    meter.fold(
        &place(),
        &reading(&[(Point::Seen, e, 11), (Point::Passed, e, 9)]),
        at(9000),
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
        meter.fold(&place(), &reading, at(1000));
    }
    meter.fold(&place(), &Reading::default(), at(2000));
    meter.fold(&place(), &reading(&[(Point::Seen, e, 4)]), at(3000));
    meter.close_windows(FIRST_WINDOW_MS);
    assert_eq!(told(&mut meter), (13, 4));
}

#[test]
fn flags_are_joined_and_ack_counts_beside_syn_alone() {
    let mut meter = begun();
    let all: Vec<_> = [2, 16, 17]
        .map(|flags| (Point::Passed, ends(80, flags), 1))
        .into();
    meter.fold(&place(), &reading(&all), at(1000));
    meter.close_windows(FIRST_WINDOW_MS);
    let report = reported(&mut meter);
    let flows = &report.windows[0].flows;
    assert_eq!(flows.len(), 1);
    assert_eq!((flows[0].tcp_flags, flows[0].packets), (3, 3));
}

#[test]
fn what_an_instance_refuses_its_caller_was_let_send() {
    let e = ends(22, 2);
    let counted = reading(&[(Point::Calls, e, 3), (Point::Allowed, e, 3)]);
    let mut meter = begun();
    meter.fold(&place(), &counted, at(1000));
    meter.close_windows(FIRST_WINDOW_MS);
    assert_eq!(told(&mut meter), (3, 0), "of the caller");
    let mut meter = begun();
    let called = Ends {
        source: OTHER.into(),
        destination: OWN.into(),
        ..e
    };
    meter.fold(&place(), &reading(&[(Point::Calls, called, 3)]), at(1000));
    meter.close_windows(FIRST_WINDOW_MS);
    assert_eq!(told(&mut meter), (0, 3), "of the instance");
}

#[test]
fn where_there_was_no_room_nothing_is_taken_for_dropped() {
    let mut meter = begun();
    let mut full = reading(&[(Point::Seen, ends(80, 2), 5)]);
    full.skipped[Point::Passed as usize] = 7;
    meter.fold(&place(), &full, at(1000));
    meter.close_windows(FIRST_WINDOW_MS);
    assert_eq!(told(&mut meter), (0, 0));
    let report = reported(&mut meter);
    assert!(report.windows[0].skipped);
    // It is told once.
    meter.fold(&place(), &full, at(9000));
    meter.close_windows(FIRST_WINDOW_MS + WINDOW_MS);
    assert!(!reported(&mut meter).windows[1].skipped);
}

#[test]
fn everything_is_bounded() {
    let mut meter = begun();
    let mut all = Reading::default();
    let one = Counted {
        packets: 1,
        bytes: 40,
        left_ms: table::IDLE_MS,
    };
    for port in 0..12_000 {
        all.points[Point::Passed as usize].insert(ends(port, 0), one);
    }
    for round in 0..9 {
        meter.begin_anew("vpc-1", IpVersion::V4);
        meter.fold(&place(), &all, at(round * WINDOW_MS + 1));
        meter.close_windows((round + 1) * WINDOW_MS);
    }
    let waiting: usize = meter.waiting.iter().map(|it| it.flows.len()).sum();
    assert!(waiting <= MOST_WAITING);
    assert!(meter.waiting.iter().all(|it| it.flows.len() <= MOST_FLOWS));
    assert!(meter.waiting.iter().any(|it| it.skipped));
    let report = reported(&mut meter);
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
        at(1000),
    );
    let text = serde_json::to_string(&meter).unwrap();
    let mut meter: Meter = serde_json::from_str(&text).unwrap();
    meter.fold(
        &place(),
        &reading(&[(Point::Seen, e, 6), (Point::Passed, e, 6)]),
        at(2000),
    );
    meter.follow("vpc-1", BTreeMap::new(), at(3000));
    assert_eq!(told(&mut meter), (6, 0));
    let last = reported(&mut meter).windows.pop().unwrap();
    assert_eq!(last.part, Part::End);
    meter.taken(last.number);
    assert!(meter.is_idle());
}

#[test]
fn what_is_not_known_to_be_there_is_neither_gone_nor_dropped() {
    let mut meter = begun();
    let e = ends(80, 2);
    let both = |seen, passed| reading(&[(Point::Seen, e, seen), (Point::Passed, e, passed)]);
    let in_part = |mut it: Reading, points: &[Point]| {
        points.iter().for_each(|point| {
            it.unknown[*point as usize].insert(e);
        });
        it
    };
    meter.fold(&place(), &both(5, 5), at(1000));
    // It was let through all the while, for however long nobody could say.
    for _ in 0..20 {
        let all = in_part(Reading::default(), &Point::ALL);
        meter.fold(&place(), &all, at(2000));
        let seen = in_part(reading(&[(Point::Seen, e, 9)]), &[Point::Passed]);
        meter.fold(&place(), &seen, at(2000));
    }
    meter.fold(&place(), &both(9, 9), at(3000));
    meter.close_windows(FIRST_WINDOW_MS);
    assert_eq!(told(&mut meter), (9, 0));
    // What was looked up and is not among those let through was dropped, also where it goes before that is sure.
    for last in [reading(&[(Point::Seen, e, 2)]), Reading::default()] {
        let mut meter = begun();
        let seen = reading(&[(Point::Seen, e, 2)]);
        meter.fold(&place(), &in_part(seen, &[Point::Passed]), at(1000));
        meter.fold(&place(), &last, at(2000));
        meter.close_windows(FIRST_WINDOW_MS);
        assert_eq!(told(&mut meter), (0, 2));
    }
    let mut meter = begun();
    meter.fold(&place(), &reading(&[(Point::Seen, e, 2)]), at(1000));
    meter.follow("vpc-1", BTreeMap::new(), at(3000));
    assert_eq!(told(&mut meter), (0, 2));
}

#[test]
fn late_readings_are_told_of() {
    let idle = table::IDLE_MS.cast_signed();
    for (gap, skipped) in [(idle - 1, false), (idle, true)] {
        let mut meter = begun();
        let e = ends(80, 2);
        let all = reading(&[(Point::Seen, e, 1), (Point::Passed, e, 1)]);
        meter.fold(&place(), &all, at(gap));
        meter.close_windows(gap);
        assert_eq!(reported(&mut meter).windows[0].skipped, skipped, "{gap}");
    }
}

#[test]
fn one_that_came_back_unread_is_counted_though_it_is_no_more() {
    let idle = table::IDLE_MS.cast_signed();
    let mut meter = begun();
    let e = ends(80, 2);
    let with_left = |left_ms: i64| {
        let mut all = reading(&[(Point::Seen, e, 1), (Point::Passed, e, 1)]);
        for point in &mut all.points {
            point
                .values_mut()
                .for_each(|it| it.left_ms = left_ms.unsigned_abs());
        }
        all
    };
    meter.fold(&place(), &with_left(idle), at(1000));
    meter.fold(&place(), &with_left(1000), at(idle));
    // It ended a second later, and began again.
    meter.fold(&place(), &with_left(idle - 1000), at(idle + 3000));
    meter.close_windows(idle + 3000);
    assert_eq!(told(&mut meter), (2, 0));
}

#[test]
fn a_crowd_hides_only_what_is_new_in_it() {
    let mut meter = begun();
    let (old, new, passing) = (ends(80, 2), ends(81, 2), ends(82, 2));
    meter.fold(&place(), &reading(&[(Point::Seen, old, 5)]), at(1000));
    let mut crowded = reading(&[
        (Point::Seen, old, 5),
        (Point::Seen, new, 3),
        (Point::Seen, passing, 4),
        (Point::Passed, passing, 2),
    ]);
    crowded.skipped[Point::Passed as usize] = 7;
    meter.fold(&place(), &crowded, at(2000));
    // What is full in front of what judges makes nobody seem let through or dropped.
    let mut crowded = reading(&[
        (Point::Seen, old, 6),
        (Point::Seen, new, 3),
        (Point::Seen, passing, 4),
        (Point::Passed, passing, 2),
    ]);
    crowded.skipped = [9, 0, 0, 0, 7];
    meter.fold(&place(), &crowded, at(3000));
    meter.close_windows(FIRST_WINDOW_MS);
    assert_eq!(told(&mut meter), (2, 5 + 2 + 1));
    assert!(reported(&mut meter).windows[0].skipped);
}

#[test]
fn nothing_is_reported_that_is_not_kept() {
    let mut meter = begun();
    meter.close_windows(FIRST_WINDOW_MS);
    assert!(meter.report("i-1".to_owned()).windows.is_empty());
    assert!(meter.must_save(at(SAVE_WINDOWS_MS)));
    meter.saved(at(SAVE_WINDOWS_MS));
    assert_eq!(meter.report("i-1".to_owned()).windows.len(), 1);
    assert!(!meter.must_save(at(i64::MAX)), "nothing changed");
    meter.fold(&place(), &Reading::default(), at(9000));
    assert!(
        !meter.must_save(at(SAVE_WINDOWS_MS + 1)),
        "the kernel has it"
    );
}

#[test]
fn another_start_of_the_machine_is_another_run() {
    let mut meter = begun();
    meter.begin("one".to_owned(), 1);
    meter.begin("one".to_owned(), 2);
    meter.close_windows(FIRST_WINDOW_MS);
    assert_eq!(reported(&mut meter).run, 1);
    meter.begin("two".to_owned(), 3);
    meter.close_windows(FIRST_WINDOW_MS + WINDOW_MS);
    let report = reported(&mut meter);
    assert_eq!(report.run, 3);
    assert!(report.windows[1].skipped);
}

#[test]
fn the_longest_unread_are_read_first() {
    let mut meter = begun();
    let other = ("vpc-0".to_owned(), "eni-2".to_owned());
    meter.follow(
        "vpc-0",
        BTreeMap::from([(other.clone(), metering())]),
        at(500),
    );
    assert_eq!(meter.unread(at(4000), 4000), [place()]);
    assert_eq!(meter.unread(at(4500), 4000), [place(), other.clone()]);
    meter.fold(&place(), &Reading::default(), at(4500));
    assert_eq!(meter.unread(at(4500), 4000), [other]);
}

#[test]
fn all_that_there_may_be_fits_the_file() {
    let mut meter = begun();
    let mut all = Reading::default();
    let one = Counted {
        packets: 1_000_000_000,
        bytes: 1_500_000_000_000,
        left_ms: table::IDLE_MS,
    };
    for number in 0..70_000_u32 {
        let e = Ends {
            source: Ipv4Addr::from(0xC0A8_0000 + number).into(),
            ..ends(60_000, 18)
        };
        for point in Point::ALL {
            all.points[point as usize].insert(e, one);
        }
    }
    meter.fold(&place(), &all, at(1_700_000_000_000));
    let it = &meter.interfaces[&place()];
    assert!(it.skipped && it.keys.len() == MOST_KEYS);
    assert_eq!(it.rows.len(), MOST_OF_INTERFACE);
    let of = |length: usize, most: usize| length * most;
    let key = serde_json::to_vec(&it.keys.iter().next()).unwrap();
    // Addresses of IPv6 take more room; their keys have counters at two points alone.
    let (of_row, row) = it.rows.iter().next().unwrap();
    let long = IpAddr::V6(Ipv6Addr::from_bits(u128::MAX));
    let ends = Ends {
        source: long,
        destination: long,
        ..of_row.ends
    };
    let row = serde_json::to_vec(&(RowKey { ends, ..*of_row }, row)).unwrap();
    let keys = serde_json::to_vec(&meter).unwrap().len();
    // One that waits is less than a row.
    let rest = of(row.len() + 20, MOST_OPEN + MOST_WAITING) + of(500, MOST_WINDOWS_WAITING);
    assert!(
        keys + rest < super::super::MAX_FILE as usize,
        "{keys} {rest} {}",
        key.len()
    );
}
