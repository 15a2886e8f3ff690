//! Addresses of Services as objects, and the ranges that they come from.

use serde_json::json;

use super::{changed, check, with};

const API: &str = "networking.k8s.io/v1";

#[test]
fn addresses() {
    let good = json!({"metadata": {"name": "10.0.0.1"}, "spec": {"parentRef": {"resource": "services", "namespace": "a", "name": "b"}}});
    check(
        API,
        "ipaddresses",
        &good,
        &[
            ("/metadata/name", json!("2001:db8::1"), &[]),
            (
                "/metadata/name",
                json!("web"),
                &[
                    r#"metadata.name: Invalid value: "web": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"#,
                ],
            ),
            (
                "/metadata/name",
                json!("10.0.0.010"),
                &[r#"metadata.name: Invalid value: "10.0.0.010": must not have leading 0s"#],
            ),
            (
                "/metadata/name",
                json!("::ffff:10.0.0.1"),
                &[
                    r#"metadata.name: Invalid value: "::ffff:10.0.0.1": must not be an IPv4-mapped IPv6 address"#,
                ],
            ),
            (
                "/metadata/name",
                json!("2001:DB8:0::1"),
                &[
                    r#"metadata.name: Invalid value: "2001:DB8:0::1": must be in canonical form ("2001:db8::1")"#,
                ],
            ),
            (
                "/spec/parentRef",
                json!(null),
                &["spec.parentRef: Required value"],
            ),
            (
                "/spec/parentRef",
                json!({"group": "G", "resource": "a/b", "namespace": ".."}),
                &[
                    r#"spec.parentRef.group: Invalid value: "G": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#,
                    r#"spec.parentRef.resource: Invalid value: "a/b": may not contain '/'"#,
                    "spec.parentRef.name: Required value",
                    r#"spec.parentRef.namespace: Invalid value: "..": may not be '..'"#,
                ],
            ),
        ],
    );
    let new = with(&good, "/spec/parentRef/name", json!("c"));
    assert_eq!(
        changed(API, "ipaddresses", good, new),
        [
            r#"spec.parentRef: Invalid value: {"resource":"services","namespace":"a","name":"c"}: field is immutable"#
        ]
    );
}

#[test]
fn ranges() {
    let good = json!({"metadata": {"name": "more"}, "spec": {"cidrs": ["10.0.0.0/24"]}});
    const FAMILIES: &str =
        "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
    let families = format!(
        r#"spec.cidrs: Invalid value: {{"cidrs":["10.0.0.0/24","10.1.0.0/24"]}}: {FAMILIES}"#
    );
    let cases: [super::Case; 6] = [
        (
            "/spec/cidrs",
            json!([]),
            &["spec.cidrs: Required value: at least one CIDR required"],
        ),
        (
            "/spec/cidrs",
            json!(["10.0.0.0/24", "fd00::/64", "a"]),
            &[
                r#"spec.cidrs: Invalid value: {"cidrs":["10.0.0.0/24","fd00::/64","a"]}: may only hold up to 2 values"#,
            ],
        ),
        (
            "/spec/cidrs",
            json!(["10.0.0.1/24"]),
            &[
                r#"spec.cidrs[0]: Invalid value: "10.0.0.1/24": must not have bits set beyond the prefix length"#,
            ],
        ),
        (
            "/spec/cidrs",
            json!(["10.00.0.0/24"]),
            &[
                r#"spec.cidrs[0]: Invalid value: "10.00.0.0/24": must not have leading 0s in IP or prefix length"#,
            ],
        ),
        (
            "/spec/cidrs",
            json!(["odd"]),
            &[
                r#"spec.cidrs[0]: Invalid value: "odd": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"#,
            ],
        ),
        (
            "/spec/cidrs",
            json!(["10.0.0.0/24", "fd00::/64"]),
            &[
                r#"spec.cidrs[1]: Invalid value: "fd00::/64": IPv6 is not configured on this cluster"#,
            ],
        ),
    ];
    check(API, "servicecidrs", &good, &cases);
    let two = with(&good, "/spec/cidrs", json!(["10.0.0.0/24", "10.1.0.0/24"]));
    assert_eq!(super::created(API, "servicecidrs", two), [families]);
    let new = with(&good, "/spec/cidrs", json!(["10.1.0.0/24"]));
    assert_eq!(
        changed(API, "servicecidrs", good, new),
        [r#"spec.cidrs: Invalid value: ["10.1.0.0/24"]: field is immutable"#]
    );
}

#[test]
fn new_ranges_are_private_and_not_too_wide() {
    let range = |net: &str| json!({"metadata": {"name": "more"}, "spec": {"cidrs": [net]}});
    for net in ["10.0.0.0/12", "172.16.0.0/12", "192.168.0.0/28"] {
        assert!(super::created(API, "servicecidrs", range(net)).is_empty());
    }
    for net in [
        "10.0.0.0/8",
        "0.0.0.0/0",
        "127.0.0.0/16",
        "169.254.0.0/16",
        "100.64.0.0/16",
        "192.160.0.0/12",
        "224.0.0.0/24",
        "8.8.8.0/24",
    ] {
        let why = "must be a range of private addresses that is no wider than /12";
        assert_eq!(
            super::created(API, "servicecidrs", range(net)),
            [format!(r#"spec.cidrs[0]: Invalid value: "{net}": {why}"#)]
        );
        // One that is there is not kept from going.
        assert!(changed(API, "servicecidrs", range(net), range(net)).is_empty());
    }
}
