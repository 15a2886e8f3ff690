use proptest::prelude::*;
use wharf_api_ec2::types::Ipv6Range;

use super::*;

fn permission(protocol: &str, from: Option<i32>, to: Option<i32>, range: &str) -> IpPermission {
    IpPermission {
        ip_protocol: Some(protocol.to_owned()),
        from_port: from,
        to_port: to,
        ip_ranges: Some(vec![IpRange {
            cidr_ip: Some(range.to_owned()),
            description: None,
        }]),
        ..IpPermission::default()
    }
}

#[test]
fn permissions_are_spoken_of_as_aws_does() {
    for (protocol, from, to, expected) in [
        (
            "tcp",
            Some(80),
            Some(80),
            "peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW",
        ),
        (
            "17",
            Some(0),
            Some(65535),
            "peer: 0.0.0.0/0, UDP, from port: 0, to port: 65535, ALLOW",
        ),
        ("-1", Some(0), Some(0), "peer: 0.0.0.0/0, ALL, ALLOW"),
        ("all", None, None, "peer: 0.0.0.0/0, ALL, ALLOW"),
        (
            "icmp",
            Some(-1),
            Some(-1),
            "peer: 0.0.0.0/0, ICMP, type: ALL, code: ALL, ALLOW",
        ),
        (
            "icmp",
            Some(8),
            None,
            "peer: 0.0.0.0/0, ICMP, type: 8, code: ALL, ALLOW",
        ),
        (
            "50",
            Some(1),
            Some(2),
            "peer: 0.0.0.0/0, protocol: 50, ALLOW",
        ),
    ] {
        let rules = rules(&[permission(protocol, from, to, "0.0.0.0/0")]).unwrap();
        assert_eq!(spoken(&rules[0]), expected);
    }
}

#[test]
fn one_rule_a_peer() {
    let pair = UserIdGroupPair {
        group_id: Some("sg-1".to_owned()),
        description: Some("web".to_owned()),
        ..UserIdGroupPair::default()
    };
    let both = IpPermission {
        user_id_group_pairs: Some(vec![pair]),
        ..permission("tcp", Some(1), Some(2), "10.0.0.7/8")
    };
    let rules = rules(&[both]).unwrap();
    assert_eq!(rules[0].peer, RulePeer::Cidr("10.0.0.0/8".parse().unwrap()));
    assert_eq!(rules[1].peer, RulePeer::Group("sg-1".to_owned()));
    assert_eq!(rules[1].description.as_deref(), Some("web"));
    assert_ne!(rules[0].id, rules[1].id);
}

#[test]
fn ranges_of_ipv6_are_rules_of_their_own() {
    let range = |text: &str| Ipv6Range {
        cidr_ipv6: Some(text.to_owned()),
        description: Some("six".to_owned()),
    };
    let with = |text: &str| IpPermission {
        ipv6_ranges: Some(vec![range(text)]),
        ..permission("tcp", Some(1), Some(2), "10.0.0.0/8")
    };
    let read = rules(&[with("2001:db8::1/32")]).unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!(
        read[1].peer,
        RulePeer::Ipv6("2001:db8::/32".parse().unwrap())
    );
    let shown = read[1].to_permission("000000000000");
    assert_eq!(shown.ip_ranges, Some(vec![]));
    assert_eq!(shown.ipv6_ranges, Some(vec![range("2001:db8::/32")]));
    assert_eq!(
        rules(&[with("10.0.0.0/8")]).unwrap_err().to_string(),
        "InvalidParameterValue: CIDR block 10.0.0.0/8 is malformed"
    );
}

#[test]
fn refusals_say_what_was_wrong() {
    let check = |permissions: &[IpPermission], expected: &str| {
        assert_eq!(rules(permissions).unwrap_err().to_string(), expected);
    };
    let any = "0.0.0.0/0";
    let tcp = permission("tcp", Some(80), Some(80), any);
    check(
        &[tcp.clone(), tcp.clone()],
        "InvalidParameterValue: The same permission must not appear multiple times",
    );
    check(
        &[permission("tcp", Some(80), None, any)],
        "InvalidParameterValue: Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
    );
    check(
        &[permission("tcp", Some(81), Some(80), any)],
        "InvalidParameterValue: Invalid TCP/UDP port range (81:80)",
    );
    check(
        &[permission("udp", Some(1), Some(65536), any)],
        "InvalidParameterValue: Invalid TCP/UDP port range (1:65536)",
    );
    check(
        &[permission("icmp", Some(256), None, any)],
        "InvalidParameterValue: Invalid ICMP type/code (256:-1)",
    );
    check(
        &[permission("tpc", None, None, any)],
        "InvalidParameterValue: Invalid value 'tpc' for IP protocol. Unknown protocol.",
    );
    check(
        &[permission("", None, None, any)],
        "InvalidParameterValue: Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.",
    );
    check(
        &[permission("tcp", Some(1), Some(1), "10.0.0.0")],
        "InvalidParameterValue: CIDR block 10.0.0.0 is malformed",
    );
    let nobody = IpPermission {
        ip_ranges: None,
        ..tcp
    };
    check(
        &[nobody],
        "MissingParameter: The request must contain the parameter ipRanges or groups",
    );
}

#[test]
fn flat_parameters_make_one_permission() {
    let flat = Flat {
        protocol: Some("tcp".to_owned()),
        from_port: Some(22),
        to_port: Some(22),
        cidr: Some("10.0.0.0/8".to_owned()),
        ..Flat::default()
    };
    assert_eq!(
        flat.permission(),
        Some(IpPermission {
            user_id_group_pairs: Some(vec![]),
            ..permission("tcp", Some(22), Some(22), "10.0.0.0/8")
        })
    );
    assert_eq!(Flat::default().permission(), None);
    for without_protocol in [
        Flat {
            to_port: Some(22),
            ..Flat::default()
        },
        Flat {
            cidr: Some("10.0.0.0/8".to_owned()),
            from_port: Some(22),
            to_port: Some(22),
            ..Flat::default()
        },
    ] {
        let refused = rules(&[without_protocol.permission().unwrap()]).unwrap_err();
        assert!(
            refused.message.contains("must specify protocols"),
            "{refused}"
        );
    }
    let group = Flat {
        group_name: Some("web".to_owned()),
        ..Flat::default()
    };
    assert_eq!(
        group.permission().unwrap().ip_protocol.as_deref(),
        Some("-1")
    );
}

#[test]
fn descriptions_are_of_few_letters() {
    assert!(checked_description("a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*").is_ok());
    for bad in ["<b>", "ü", &"x".repeat(256)] {
        assert!(checked_description(bad).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn nothing_panics(protocol in ".{0,8}", from: Option<i32>, to: Option<i32>, range in ".{0,20}") {
        let _ = rules(&[permission(&protocol, from, to, &range)]);
    }

    #[test]
    fn what_was_read_reads_the_same(
        protocol in prop::sample::select(vec!["tcp", "udp", "icmp", "-1", "47", "6"]),
        from in -1i32..300, more in 0i32..300, address: u32, bits in 0u8..=32,
    ) {
        let range = format!("{}/{bits}", std::net::Ipv4Addr::from(address));
        if let Ok(read) = rules(&[permission(protocol, Some(from), Some(from + more), &range)]) {
            let again = rules(&[read[0].to_permission("1")]).unwrap();
            prop_assert!(again[0].allows_same(&read[0]));
        }
    }
}
