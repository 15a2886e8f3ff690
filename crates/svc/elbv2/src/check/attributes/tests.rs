use proptest::prelude::*;

use wharf_wire::understood::{Line, Rule, lines};

use super::*;

fn change(table: &Table, pairs: &[(&str, &str)]) -> Result<Attributes, Fault> {
    let pairs = pairs
        .iter()
        .map(|(key, value)| (Some((*key).to_owned()), Some((*value).to_owned())));
    table.change(&Attributes::new(), pairs)
}

#[test]
fn defaults_are_valid_and_not_kept() {
    for table in [
        BALANCER,
        GROUP,
        LISTENER,
        NETWORK_BALANCER,
        NETWORK_GROUP,
        INSTANCE_GROUP,
        DATAGRAM_GROUP,
        UNKEPT_GROUP,
        TCP_LISTENER,
    ] {
        for attribute in table.all {
            let kept = change(&table, &[(attribute.key, attribute.default)]);
            assert_eq!(kept, Ok(Attributes::new()), "{}", attribute.key);
        }
        assert_eq!(table.show(&Attributes::new()).len(), table.all.len());
    }
}

#[test]
fn ranges() {
    for (table, key, value, fits) in [
        (&GROUP, DEREGISTRATION_DELAY, "0", true),
        (&GROUP, DEREGISTRATION_DELAY, "3600", true),
        (&GROUP, DEREGISTRATION_DELAY, "3601", false),
        (&GROUP, DEREGISTRATION_DELAY, "-1", false),
        (&GROUP, DEREGISTRATION_DELAY, "+1", false),
        (&GROUP, DEREGISTRATION_DELAY, "", false),
        (&GROUP, "slow_start.duration_seconds", "29", false),
        (&GROUP, "slow_start.duration_seconds", "30", true),
        (&BALANCER, "idle_timeout.timeout_seconds", "4000", true),
        (&BALANCER, "idle_timeout.timeout_seconds", "4001", false),
        (&BALANCER, "routing.http2.enabled", "TRUE", false),
        (
            &BALANCER,
            "routing.http.xff_header_processing.mode",
            "remove",
            true,
        ),
        (
            &LISTENER,
            "routing.http.response.x_frame_options.header_value",
            "a\r\nb: c",
            false,
        ),
    ] {
        assert_eq!(
            change(table, &[(key, value)]).is_ok(),
            fits,
            "{key} {value}"
        );
    }
    assert_eq!(
        change(&BALANCER, &[("nonsense", "1")]).unwrap_err().message,
        "Load balancer attribute key 'nonsense' is not recognized"
    );
}

#[test]
fn what_would_have_no_effect_is_refused_by_name() {
    let health = "target_group_health";
    for (table, key, value) in [
        (
            &GROUP,
            "load_balancing.algorithm.anomaly_mitigation".to_owned(),
            "on",
        ),
        (
            &GROUP,
            format!("{health}.dns_failover.minimum_healthy_targets.count"),
            "2",
        ),
        (
            &GROUP,
            format!("{health}.unhealthy_state_routing.minimum_healthy_targets.percentage"),
            "50",
        ),
    ] {
        let refused = change(table, &[(&key, value)]).unwrap_err().message;
        let ends = "is not supported by this version of wharf.";
        assert!(
            refused.contains(&key) && refused.ends_with(ends),
            "{refused}"
        );
    }
}

/// `settings.txt` says of each attribute what it does; the load balancer reads those that do anything.
#[test]
fn what_attributes_do_is_said_and_true() {
    let read = concat!(
        include_str!("../../../../../plane/lb/src/config/attributes.rs"),
        include_str!("../../../../../plane/lb/src/config/stream.rs"),
    );
    let response = "routing.http.response.";
    assert!(read.contains("\"routing.http.response.{part}.header_value\""));
    let logs = include_str!("../../../../../planeproto/src/access_logs.rs");
    let is_read = |key: &str| {
        let named = key
            .strip_prefix(response)
            .and_then(|it| it.strip_suffix(".header_value"));
        let own = named.map_or_else(|| format!("\"{key}\""), |name| format!("\"{name}\""));
        key == DELETION_PROTECTION || read.contains(&own) || logs.contains(&own)
    };
    let (mut table, mut said) = (&LISTENER, Vec::new());
    for line in lines(include_str!("../../settings.txt")) {
        match line {
            Line::Structure("load balancer attribute") => table = &BALANCER,
            Line::Structure("target group attribute") => table = &GROUP,
            Line::Structure("listener attribute") => table = &LISTENER,
            Line::Structure("network load balancer attribute") => table = &NETWORK_BALANCER,
            Line::Structure("network target group attribute") => table = &NETWORK_GROUP,
            Line::Structure("tcp listener attribute") => table = &TCP_LISTENER,
            Line::Member(key, rule) => {
                let attribute = table.all.iter().find(|it| it.key == key).expect(key);
                let one = match attribute.form {
                    Fixed => Some(attribute.default),
                    OneOf([only]) => Some(*only),
                    _ => None,
                };
                match rule {
                    Rule::Only(values) => assert_eq!(one.map(|it| vec![it]), Some(values)),
                    Rule::Recorded(_) => assert!(one.is_none() && !is_read(key), "{key}"),
                    _ => assert!(one.is_none() && is_read(key), "{key}"),
                }
                said.push((table.noun, table.all.len(), key));
            }
            other => panic!("{other:?}"),
        }
    }
    let all = [
        &BALANCER,
        &LISTENER,
        &GROUP,
        &NETWORK_BALANCER,
        &NETWORK_GROUP,
        &TCP_LISTENER,
    ];
    let all = all.map(|table| {
        let keys = table.all.iter().map(|it| it.key);
        keys.map(|key| (table.noun, table.all.len(), key))
            .collect::<Vec<_>>()
    });
    let mut all = all.concat();
    all.sort_unstable();
    said.sort_unstable();
    assert_eq!(said, all);
}

#[test]
fn logs_that_cannot_be_written_are_refused() {
    for (table, keys) in [
        (&BALANCER, ACCESS_LOGS),
        (&BALANCER, CONNECTION_LOGS),
        (&NETWORK_BALANCER, ACCESS_LOGS),
    ] {
        // As those say it who want none.
        let none = [
            (keys.enabled, "false"),
            (keys.bucket, ""),
            (keys.prefix, ""),
        ];
        assert_eq!(change(table, &none), Ok(Attributes::new()));
        let (on, bucket) = ((keys.enabled, "true"), (keys.bucket, "b"));
        assert!(change(table, &[on, bucket, (keys.prefix, "a/b")]).is_ok());
        assert!(change(table, &[on]).is_err());
        assert!(change(table, &[bucket, (keys.prefix, "AWSLogs")]).is_err());
    }
    let strange = change(&NETWORK_BALANCER, &[(CONNECTION_LOGS.enabled, "false")]);
    assert!(strange.unwrap_err().message.contains("not recognized"));
}

#[test]
fn values_that_do_not_go_together() {
    let least = (
        "load_balancing.algorithm.type",
        "least_outstanding_requests",
    );
    let slow = ("slow_start.duration_seconds", "30");
    assert!(change(&GROUP, &[least, slow]).is_err());
    let sticky = [
        ("stickiness.enabled", "true"),
        ("stickiness.type", "app_cookie"),
    ];
    assert!(change(&GROUP, &sticky).is_err());
    let named = [
        sticky[0],
        sticky[1],
        ("stickiness.app_cookie.cookie_name", "session"),
    ];
    assert!(change(&GROUP, &named).is_ok());
    assert!(change(&GROUP, &[("stickiness.app_cookie.cookie_name", "AWSALB")]).is_err());
}

proptest! {
    #[test]
    fn what_is_accepted_shows_as_it_was_given(index in 0..GROUP.all.len(), value in "[a-z_0-9]{0,8}") {
        let key = GROUP.all[index].key;
        if let Ok(changed) = change(&GROUP, &[(key, &value)]) {
            prop_assert_eq!(GROUP.value(&changed, key), value.as_str());
            prop_assert_eq!(&GROUP.show(&changed)[key], &value);
            let back = change(&GROUP, &[(key, &value), (key, GROUP.all[index].default)]);
            prop_assert_eq!(back, Ok(Attributes::new()));
        }
    }
}
