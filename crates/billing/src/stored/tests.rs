//! Months of every length, the usage types of each kind, and that stretches are the integral of what was there.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{Platform, Prices, Quantity, Span, Traffic, Use, shown};

const HOUR: i64 = 3_600_000;
/// 2026-03-01T00:00:00Z
const MARCH: i64 = 1_772_323_200_000;
const APRIL: i64 = MARCH + 744 * HOUR;
const MAY: i64 = APRIL + 720 * HOUR;
/// 2026-02-01T00:00:00Z
const FEBRUARY: i64 = MARCH - 672 * HOUR;

fn a_use(of: &Stored) -> Use {
    Use {
        region: "us-east-1".to_owned(),
        platform: Platform::LinuxX86,
        spot: false,
        cpu: 0,
        memory_mib: 0,
        ephemeral_gib: 0,
        cluster: String::new(),
        service: None,
        tags: BTreeMap::new(),
        instance: None,
        stored: Some(of.clone()),
    }
}

fn volume(kind: VolumeType, gib: u32, iops: u32, throughput: u32) -> Stored {
    Stored::Volume {
        kind,
        gib,
        iops,
        throughput,
    }
}

/// Quantities and costs by usage type, as reports add them up.
fn billed(of: &Stored, start: i64, end: i64) -> Vec<(String, String, String)> {
    let (used, prices) = (a_use(of), Prices::example());
    let cuts = [FEBRUARY, MARCH, APRIL, MAY];
    let rows = used.items().map(|item| {
        let (mut quantity, mut cost) = (Quantity::default(), crate::Cost::default());
        Span::new(start, end).split(used.rounding(), &cuts, |slot, millis| {
            let units = i128::from(item.amount) * i128::from(millis);
            let part = Quantity::of(item.kind.unit(), units, cuts[slot]);
            quantity += part;
            cost += part.at(prices.rate(item.kind, &used.region, cuts[slot]));
        });
        (
            item.kind.usage_type(&used.region),
            shown(quantity.number()),
            shown(cost.amount()),
        )
    });
    rows.collect()
}

#[track_caller]
fn check(of: Stored, (start, end): (i64, i64), expected: &[(&str, &str, &str)]) {
    let found = billed(&of, start, end);
    let found: Vec<(&str, &str, &str)> = found
        .iter()
        .map(|(kind, quantity, cost)| (kind.as_str(), quantity.as_str(), cost.as_str()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_month_has_as_many_hours_as_it_has() {
    let gp3 = |gib| volume(VolumeType::Gp3, gib, 3_000, 125);
    let kind = "EBS:VolumeUsage.gp3";
    // As AWS's own examples: 30 GB for a day of a month of 30 days, 1 GB for all of it.
    let day = |from: i64| (from, from + 24 * HOUR);
    check(gp3(31), day(MARCH), &[(kind, "1", "0.08")]);
    check(gp3(30), day(APRIL), &[(kind, "1", "0.08")]);
    check(gp3(28), day(FEBRUARY), &[(kind, "1", "0.08")]);
    check(gp3(1), (APRIL, MAY), &[(kind, "1", "0.08")]);
    check(gp3(1), (FEBRUARY, MAY), &[(kind, "3", "0.24")]);
    // Half a day in each of two months: 12/744 and 12/720.
    let night = (APRIL - 12 * HOUR, APRIL + 12 * HOUR);
    check(gp3(1), night, &[(kind, "0.0327956989", "0.0026236559")]);
    // Not a second more than it was there.
    check(
        gp3(100),
        (MARCH, MARCH + 1),
        &[(kind, "0.0000000373", "0.000000003")],
    );
}

#[test]
fn each_kind_has_its_usage_types() {
    let month = (FEBRUARY, MARCH);
    check(
        volume(VolumeType::Gp3, 100, 6_000, 500),
        month,
        &[
            ("EBS:VolumeUsage.gp3", "100", "8"),
            ("EBS:VolumeP-IOPS.gp3", "3000", "15"),
            ("EBS:VolumeP-Throughput.gp3", "0.3662109375", "15"),
        ],
    );
    check(
        volume(VolumeType::Io1, 10, 500, 0),
        month,
        &[
            ("EBS:VolumeUsage.piops", "10", "1.25"),
            ("EBS:VolumeP-IOPS.piops", "500", "32.5"),
        ],
    );
    check(
        volume(VolumeType::Io2, 200, 100_000, 0),
        month,
        &[
            ("EBS:VolumeUsage.io2", "200", "25"),
            ("EBS:VolumeP-IOPS.io2", "32000", "2080"),
            ("EBS:VolumeP-IOPS.io2.tier2", "32000", "1456"),
            ("EBS:VolumeP-IOPS.io2.tier3", "36000", "1146.6"),
        ],
    );
    // Rates of others come with their size.
    let others = [
        (VolumeType::Gp2, "EBS:VolumeUsage.gp2", "10"),
        (VolumeType::St1, "EBS:VolumeUsage.st1", "4.5"),
        (VolumeType::Sc1, "EBS:VolumeUsage.sc1", "1.5"),
        (VolumeType::Standard, "EBS:VolumeUsage", "5"),
    ];
    for (kind, name, cost) in others {
        check(volume(kind, 100, 300, 128), month, &[(name, "100", cost)]);
    }
    let kib = 512 << 10;
    check(
        Stored::Snapshot { kib },
        month,
        &[("EBS:SnapshotUsage", "0.5", "0.025")],
    );
    check(
        Stored::FileSystem { kib },
        month,
        &[("USE1-TimedStorage-ByteHrs", "0.5", "0.15")],
    );
    check(Stored::FileSystem { kib: 0 }, month, &[]);
    // Each hour that was begun, over the end of the month too.
    let hours = (MARCH - 1, MARCH + 2 * 3_600_000);
    check(
        Stored::NatGateway,
        hours,
        &[("NatGateway-Hours", "3", "0.135")],
    );
    for network in [false, true] {
        check(
            Stored::LoadBalancer { network },
            hours,
            &[("LoadBalancerUsage", "3", "0.0675")],
        );
    }
    check(
        Stored::Endpoint,
        hours,
        &[("USE1-VpcEndpoint-Hours", "3", "0.03")],
    );
    // Each second that was begun.
    let seconds = (MARCH - 1, MARCH + 35_999_000);
    for (of, kind) in [
        (AddressUse::Idle, "USE1-PublicIPv4:IdleAddress"),
        (AddressUse::Elastic, "USE1-PublicIPv4:InUseAddress"),
        (AddressUse::Interface, "USE1-PublicIPv4:InUseAddress"),
        (AddressUse::Balancer, "USE1-PublicIPv4:InUseAddress"),
    ] {
        let expected = [(kind, "10", "0.05")];
        check(Stored::PublicAddress { of }, seconds, &expected);
    }
}

#[test]
fn capacity_units_are_of_the_dimension_that_was_used_most() {
    let check = |network, (new, active, bytes): (u64, u64, u64), expected: (&str, &str)| {
        let traffic = Traffic { new, active, bytes };
        let of = traffic.capacity(network);
        let hour = (MARCH, MARCH + 1);
        let (quantity, cost) = expected;
        let units: f64 = quantity.parse().unwrap();
        assert!((traffic.units(network) - units).abs() < 1e-9);
        check(of, hour, &[("LCUUsage", quantity, cost)]);
    };
    let gib = 1 << 30;
    // A connection a second that stays two minutes, and a GB and a quarter an hour.
    let bytes = gib * 5 / 4;
    check(false, (3_600, 120 * 60, bytes), ("1.25", "0.01"));
    check(false, (90_000, 0, 0), ("1", "0.008"));
    check(false, (0, 180_000, 0), ("1", "0.008"));
    check(true, (2_880_000, 0, 0), ("1", "0.006"));
    check(true, (0, 6_000_000, gib / 2), ("1", "0.006"));
    check(true, (1, 0, 0), ("0.0000003472", "0.0000000021"));
    let most = Traffic {
        new: u64::MAX,
        active: u64::MAX,
        bytes: u64::MAX,
    };
    let parts = u64::MAX;
    let network = false;
    assert_eq!(most.capacity(network), Stored::Capacity { network, parts });
    let none = Traffic::default().capacity(true);
    assert_eq!(billed(&none, MARCH, MARCH + 1), []);
}

#[test]
fn usage_types_are_found_by_their_names() {
    for name in [
        "EBS:VolumeUsage",
        "EBS:VolumeUsage.piops",
        "EBS:VolumeP-IOPS.io2.tier3",
        "EBS:SnapshotUsage",
        "TimedStorage-ByteHrs",
        "LoadBalancerUsage",
        "PublicIPv4:IdleAddress",
        "PublicIPv4:InUseAddress",
        "VpcEndpoint-Hours",
    ] {
        let kind = Kind::named(name).unwrap();
        assert_eq!(kind.name(), name);
        assert!(kind.usage_type("eu-west-1").starts_with("EU-"));
    }
    assert_eq!(Kind::named("EBS:VolumeUsage.gp4"), None);
}

/// A list that an operator wrote for an earlier version has no rates of what is stored.
#[test]
fn lists_need_not_name_what_is_stored() {
    let text = Prices::example_text();
    let lines: Vec<&str> = text
        .lines()
        .filter(|it| {
            ![
                "EBS:",
                "TimedStorage",
                "NatGateway",
                "LoadBalancer",
                "LCUUsage",
                "PublicIPv4",
                "VpcEndpoint",
            ]
            .iter()
            .any(|kind| it.contains(kind))
        })
        .collect();
    let text = lines.join("\n").replace(r#""0.000111","#, r#""0.000111""#);
    let prices = Prices::parse(text.as_bytes()).unwrap();
    let rate = prices.rate(Kind::Snapshot, "us-east-1", MARCH);
    assert_eq!(rate.to_string(), "0.05");
}

/// What becomes of a volume: its size from now on, or that it is gone; and how long until the next change.
fn a_history() -> impl Strategy<Value = Vec<(Option<u32>, i64)>> {
    let size = prop_oneof![4 => (1..100_u32).prop_map(Some), 1 => Just(None)];
    // A clock may go back.
    proptest::collection::vec((size, -1_000..40 * HOUR), 1..40)
}

proptest! {
    /// However sizes change, the stretches are what was there, each moment once.
    #[test]
    fn stretches_are_the_integral(history in a_history()) {
        let (mut last, mut now, mut stretches) = (None::<Stretch>, MARCH, Vec::new());
        let (mut expected, mut size, mut at) = (0_i64, 0_i64, MARCH);
        for (gib, pause) in history {
            let before = last.clone();
            let of = gib.map(|gib| volume(VolumeType::Gp3, gib, 0, 0));
            Stretch::follow(&mut last, of, Timestamp(now));
            // The time that the clock was wrong for is of what was there before.
            let moment = now.max(at);
            expected += size * (moment - at);
            (size, at) = (i64::from(gib.unwrap_or(0)), moment);
            if let (Some(before), Some(it)) = (before, &last)
                && before.number != it.number
            {
                stretches.push((before.of, before.since.0, before.until.unwrap_or(it.since).0));
            }
            now += pause;
        }
        let end = now.max(at);
        expected += size * (end - at);
        if let Some(it) = last {
            stretches.push((it.of, it.since.0, it.until.map_or(end, |it| it.0)));
        }
        let mut sum = 0;
        for (of, since, until) in &stretches {
            let used = a_use(of);
            for item in used.items() {
                prop_assert!(since <= until);
                Span::new(*since, *until).split(used.rounding(), &[0, i64::MAX], |_, millis| {
                    sum += i128::from(item.amount >> 20) * i128::from(millis);
                });
            }
        }
        prop_assert_eq!(sum, i128::from(expected));
        prop_assert!(stretches.windows(2).all(|it| it[0].2 <= it[1].1));
    }
}
