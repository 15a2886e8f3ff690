use proptest::prelude::*;
use wharf_planeproto::measured::Logins;

use super::*;

const BALANCER: &str = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/web/1";
const GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/blue/2";

/// `NAME DIMENSIONS` of each point with its number of samples and their sum, in order.
fn shown(row: Row) -> Vec<(String, f64, f64)> {
    let (place, points) = points_of(&row, "us-east-1a", 60).unwrap();
    assert_eq!(place, Place::new("000000000000", "us-east-1"));
    let show = |it: Point| {
        let namespace = match it.dimensions.iter().any(|it| it.1.starts_with("net/")) {
            true => NETWORK,
            false => APPLICATION,
        };
        assert_eq!((it.at, it.namespace), (60, namespace));
        let values: Vec<_> = it.dimensions.into_iter().map(|it| it.1).collect();
        let text = format!("{} {}", it.name, values.join(" "));
        (text, it.summary.count, it.summary.sum)
    };
    let mut all: Vec<_> = points.into_iter().map(show).collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

fn check(row: Row, expected: &[(&str, f64, f64)]) {
    let shown = shown(row);
    let shown: Vec<_> = shown.iter().map(|it| (it.0.as_str(), it.1, it.2)).collect();
    assert_eq!(shown, expected);
}

fn group() -> GroupRow {
    GroupRow {
        balancer: BALANCER.into(),
        group: GROUP.into(),
        ..GroupRow::default()
    }
}

#[test]
fn a_network_load_balancer_counts_flows() {
    let balancer = BALANCER.replace("/app/", "/net/");
    let row = BalancerRow {
        arn: balancer.clone(),
        new_connections: 3,
        active_connections: 2,
        processed_bytes: 700,
        resets: [1, 0, 0],
        ..BalancerRow::default()
    };
    check(
        Row::Balancer(row),
        &[
            ("ActiveFlowCount net/web/1", 1.0, 2.0),
            ("ActiveFlowCount net/web/1 us-east-1a", 1.0, 2.0),
            ("ConsumedLCUs net/web/1", 1.0, 3.0 / (800.0 * 3600.0)),
            ("NewFlowCount net/web/1", 1.0, 3.0),
            ("NewFlowCount net/web/1 us-east-1a", 1.0, 3.0),
            ("ProcessedBytes net/web/1", 1.0, 700.0),
            ("ProcessedBytes net/web/1 us-east-1a", 1.0, 700.0),
            ("TCP_Client_Reset_Count net/web/1", 1.0, 1.0),
            ("TCP_Client_Reset_Count net/web/1 us-east-1a", 1.0, 1.0),
        ],
    );
    let row = GroupRow {
        balancer,
        registered: 1,
        healthy: 1,
        ..group()
    };
    let shown = shown(Row::Group(row));
    assert_eq!(shown.len(), 4, "hosts, and no requests: {shown:?}");
}

/// What is shown of a metric, without its name.
fn named(row: Row, name: &str) -> Vec<(String, f64, f64)> {
    let of_name = |it: (String, f64, f64)| {
        let (found, rest) = it.0.split_once(' ')?;
        (found == name).then(|| (rest.to_owned(), it.1, it.2))
    };
    shown(row).into_iter().filter_map(of_name).collect()
}

#[test]
fn flows_are_told_by_their_protocol_too() {
    let flows = |new, active, rejected, bytes| Flows {
        new,
        active,
        rejected,
        bytes,
    };
    let row = BalancerRow {
        arn: BALANCER.replace("/app/", "/net/"),
        flows: [flows(1, 2, 3, 4), flows(0, 5, 0, 0), flows(0, 0, 6, 7)],
        port_errors: 8,
        ..BalancerRow::default()
    };
    for (name, count) in [
        ("NewFlowCount_TCP", Some(1.0)),
        ("ActiveFlowCount_TCP", Some(2.0)),
        ("RejectedFlowCount_TCP", Some(3.0)),
        ("ProcessedBytes_TCP", Some(4.0)),
        ("NewFlowCount_TLS", None),
        ("ActiveFlowCount_TLS", Some(5.0)),
        ("ActiveFlowCount_UDP", None),
        ("ProcessedBytes_UDP", Some(7.0)),
        ("PortAllocationErrorCount", Some(8.0)),
    ] {
        let found = named(Row::Balancer(row.clone()), name);
        let expected = count
            .map(|it| ["net/web/1", "net/web/1 us-east-1a"].map(|of| (of.to_owned(), 1.0, it)));
        assert_eq!(found, expected.map_or(Vec::new(), Vec::from), "{name}");
    }
    let row = GroupRow {
        balancer: row.arn,
        tls_errors: 2,
        unhealthy_routing: 3,
        ..group()
    };
    for (name, count) in [
        ("TargetTLSNegotiationErrorCount", 2.0),
        ("UnhealthyRoutingFlowCount", 3.0),
    ] {
        let found = named(Row::Group(row.clone()), name);
        let expected = ["net/web/1", "net/web/1 us-east-1a"].map(|of| (of.to_owned(), 1.0, count));
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn what_is_counted_of_some_requests_has_the_dimensions_that_it_has_on_aws() {
    let row = BalancerRow {
        arn: BALANCER.into(),
        rule_evaluations: 7,
        long_redirects: 1,
        non_sticky: 2,
        headers_dropped: 3,
        headers_forwarded: 4,
        ipv6_requests: 5,
        ipv6_bytes: 600,
        logins: Logins {
            errors: 1,
            failures: 2,
            successes: 3,
            refreshes: 4,
            too_much: 5,
            latency: None,
        },
        ..BalancerRow::default()
    };
    for (name, samples, sum) in [
        ("HTTP_Redirect_Url_Limit_Exceeded_Count", 1.0, 1.0),
        ("NonStickyRequestCount", 2.0, 2.0),
        ("DroppedInvalidHeaderRequestCount", 3.0, 3.0),
        ("ForwardedInvalidHeaderRequestCount", 4.0, 4.0),
        ("IPv6RequestCount", 5.0, 5.0),
        ("IPv6ProcessedBytes", 1.0, 600.0),
        ("ELBAuthError", 1.0, 1.0),
        ("ELBAuthFailure", 2.0, 2.0),
        ("ELBAuthSuccess", 3.0, 3.0),
        ("ELBAuthRefreshTokenSuccess", 4.0, 4.0),
        ("ELBAuthUserClaimsSizeExceeded", 5.0, 5.0),
    ] {
        let found = named(Row::Balancer(row.clone()), name);
        let expected =
            ["app/web/1", "app/web/1 us-east-1a"].map(|of| (of.to_owned(), samples, sum));
        assert_eq!(found, expected, "{name}");
    }
    let rules = named(Row::Balancer(row), "RuleEvaluations");
    assert_eq!(rules, [("app/web/1".to_owned(), 1.0, 7.0)]);

    let row = GroupRow {
        grpc_requests: 1,
        ipv6_requests: 2,
        tls_errors: 3,
        unhealthy_routing: 4,
        serves: Some(false),
        ..group()
    };
    let of_group = [
        "app/web/1 targetgroup/blue/2",
        "app/web/1 targetgroup/blue/2 us-east-1a",
    ];
    let (whole, zoned) = ("app/web/1", "app/web/1 us-east-1a");
    let (alone, in_zone) = ("targetgroup/blue/2", "targetgroup/blue/2 us-east-1a");
    let both = of_group.to_vec();
    for (name, sum, of) in [
        (
            "GrpcRequestCount",
            1.0,
            [vec![whole], both.clone(), vec![alone, in_zone]].concat(),
        ),
        ("IPv6RequestCount", 2.0, both.clone()),
        (
            "TargetTLSNegotiationErrorCount",
            3.0,
            [vec![whole], both.clone(), vec![zoned]].concat(),
        ),
        (
            "UnhealthyRoutingRequestCount",
            4.0,
            [vec![whole], both.clone(), vec![zoned]].concat(),
        ),
        ("HealthyStateRouting", 0.0, both.clone()),
        ("UnhealthyStateRouting", 1.0, both.clone()),
    ] {
        let found = named(Row::Group(row.clone()), name);
        let dimensions: Vec<_> = found.iter().map(|it| it.0.as_str()).collect();
        assert_eq!(dimensions, of, "{name}");
        assert!(found.iter().all(|it| it.2 == sum), "{name}: {found:?}");
    }
    // A plane of before says nothing of it.
    assert!(named(Row::Group(group()), "HealthyStateRouting").is_empty());
}

#[test]
fn how_long_providers_took_is_believed_as_far_as_it_makes_sense() {
    let span = |count, sum_us, least_us, most_us| Span {
        count,
        sum_us,
        least_us,
        most_us,
    };
    let seen = milliseconds(&span(2, 40_000, 10_000, 30_000)).unwrap();
    assert_eq!(
        (seen.count, seen.sum, seen.min, seen.max),
        (2.0, 40.0, 10.0, 30.0)
    );
    assert_eq!(milliseconds(&span(0, 1, 1, 1)), None);
    let wrong = milliseconds(&span(3, u64::MAX, 5_000, 1_000)).unwrap();
    assert_eq!((wrong.min, wrong.max, wrong.sum), (5.0, 5.0, 15.0));
}

#[test]
fn a_group_without_traffic_has_host_counts_alone() {
    let row = GroupRow {
        registered: 3,
        healthy: 2,
        ..group()
    };
    check(
        Row::Group(row),
        &[
            ("HealthyHostCount app/web/1 targetgroup/blue/2", 1.0, 2.0),
            (
                "HealthyHostCount app/web/1 targetgroup/blue/2 us-east-1a",
                1.0,
                2.0,
            ),
            ("UnHealthyHostCount app/web/1 targetgroup/blue/2", 1.0, 0.0),
            (
                "UnHealthyHostCount app/web/1 targetgroup/blue/2 us-east-1a",
                1.0,
                0.0,
            ),
        ],
    );
    check(Row::Group(group()), &[]);
}

#[test]
fn requests_count_for_the_group_and_its_balancer() {
    let row = GroupRow {
        requests: 10,
        registered: 4,
        ..group()
    };
    let shown = shown(Row::Group(row));
    let of = |name: &str| {
        let named = shown.iter().filter(|it| it.0.starts_with(name));
        named
            .map(|it| (it.0.trim_start_matches(name), it.1, it.2))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of("RequestCount "),
        [
            ("app/web/1", 10.0, 10.0),
            ("app/web/1 targetgroup/blue/2", 10.0, 10.0),
            ("app/web/1 targetgroup/blue/2 us-east-1a", 10.0, 10.0),
            ("app/web/1 us-east-1a", 10.0, 10.0),
        ]
    );
    // None is healthy: all that are registered got them.
    assert_eq!(
        of("RequestCountPerTarget "),
        [
            ("app/web/1 targetgroup/blue/2", 1.0, 2.5),
            ("app/web/1 targetgroup/blue/2 us-east-1a", 1.0, 2.5),
            ("targetgroup/blue/2", 1.0, 2.5),
            ("targetgroup/blue/2 us-east-1a", 1.0, 2.5),
        ]
    );
}

#[test]
fn what_a_balancer_did_itself() {
    let row = BalancerRow {
        arn: BALANCER.into(),
        new_connections: 5,
        processed_bytes: 900,
        hundreds: [0, 0, 3],
        failures: [0, 1, 2, 0],
        ..BalancerRow::default()
    };
    check(
        Row::Balancer(row),
        &[
            ("ConsumedLCUs app/web/1", 1.0, 5.0 / (25.0 * 3600.0)),
            ("HTTPCode_ELB_502_Count app/web/1", 1.0, 1.0),
            ("HTTPCode_ELB_502_Count app/web/1 us-east-1a", 1.0, 1.0),
            ("HTTPCode_ELB_503_Count app/web/1", 2.0, 2.0),
            ("HTTPCode_ELB_503_Count app/web/1 us-east-1a", 2.0, 2.0),
            ("HTTPCode_ELB_5XX_Count app/web/1", 3.0, 3.0),
            ("HTTPCode_ELB_5XX_Count app/web/1 us-east-1a", 3.0, 3.0),
            ("NewConnectionCount app/web/1", 1.0, 5.0),
            ("NewConnectionCount app/web/1 us-east-1a", 1.0, 5.0),
            ("ProcessedBytes app/web/1", 1.0, 900.0),
            ("ProcessedBytes app/web/1 us-east-1a", 1.0, 900.0),
        ],
    );
}

#[test]
fn names_that_make_no_sense_make_no_points() {
    let other = GROUP.replace("000000000000", "111111111111");
    for (balancer, group) in [(GROUP, GROUP), (BALANCER, BALANCER), (BALANCER, &other)] {
        let row = GroupRow {
            balancer: balancer.to_owned(),
            group: group.to_owned(),
            requests: 1,
            registered: 1,
            ..GroupRow::default()
        };
        assert!(points_of(&Row::Group(row), "z", 60).is_none(), "{group}");
    }
    let row = BalancerRow {
        arn: "web".into(),
        ..BalancerRow::default()
    };
    assert!(points_of(&Row::Balancer(row), "z", 60).is_none());
}

proptest! {
    /// Whatever a host says of times, what is kept of it makes sense.
    #[test]
    fn times_make_sense(
        sum_us: u64,
        least_us: u64,
        most_us: u64,
        buckets in prop::collection::vec((0u16..2000, 0u32..5), 0..20),
    ) {
        let counted = |it: &&(u16, u32)| it.1 > 0 && bucket::middle_us(it.0).is_some();
        let count: u32 = buckets.iter().filter(counted).map(|it| it.1).sum();
        let times = Times { sum_us, least_us, most_us, buckets };
        match seconds(&times) {
            None => prop_assert_eq!(count, 0),
            Some(seen) => {
                prop_assert_eq!(seen.count, f64::from(count));
                let mean = seen.sum / seen.count;
                let close = 1e-9 * seen.max;
                prop_assert!(seen.min <= mean + close && mean <= seen.max + close, "{:?}", seen);
                let values = seen.values().unwrap();
                prop_assert!(values.iter().all(|it| (seen.min..=seen.max).contains(&it.0)));
            }
        }
    }
}

#[test]
fn times_are_as_exact_as_their_buckets() {
    let times = |sum_us, least_us, most_us, buckets: &[(u64, u32)]| Times {
        sum_us,
        least_us,
        most_us,
        buckets: buckets
            .iter()
            .map(|(us, count)| (bucket::of(*us), *count))
            .collect(),
    };
    let seen = seconds(&times(
        1_300_000,
        100_000,
        1_000_000,
        &[(100_000, 3), (1_000_000, 1)],
    ));
    let seen = seen.unwrap();
    assert_eq!(
        (seen.count, seen.sum, seen.min, seen.max),
        (4.0, 1.3, 0.1, 1.0)
    );
    let values = seen.values().unwrap();
    assert_eq!(values.iter().map(|it| it.1).sum::<f64>(), 4.0);
    assert!((values[0].0 - 0.1).abs() < 0.002, "{values:?}");
    let same = seconds(&times(200_000, 100_000, 100_000, &[(100_000, 2)])).unwrap();
    assert_eq!((same.min, same.max, same.sum), (0.1, 0.1, 0.2));
    // Nothing is believed that contradicts itself.
    assert_eq!(seconds(&times(1, 1, 1, &[])), None);
    assert_eq!(seconds(&times(1, 1, 1, &[(1, 0)])), None);
    let wrong = seconds(&times(u64::MAX, u64::MAX, 0, &[(5, 1), (500, 1)])).unwrap();
    assert!(wrong.min <= wrong.max && wrong.sum <= wrong.max * wrong.count);
    let beyond = Times {
        buckets: vec![(u16::MAX, 1)],
        ..times(1, 1, 1, &[])
    };
    assert_eq!(seconds(&beyond), None);
}
