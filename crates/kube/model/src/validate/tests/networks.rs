//! Services and the other kinds of networks.

use serde_json::json;

use super::{changed, check, created, with};

#[test]
fn who_may_come_to_a_service_and_where_its_health_is_asked() {
    const RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
    let balanced = json!({"metadata": {"name": "s"}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}],
        "externalTrafficPolicy": "Local", "healthCheckNodePort": 30000, "loadBalancerSourceRanges": [" 10.0.0.0/8 "]}});
    let of = |kind: &str, noted: &str| {
        let mut service = with(&balanced, "/spec/loadBalancerSourceRanges", json!(null));
        service["metadata"]["annotations"] = json!({RANGES: noted});
        if kind == "ClusterIP" {
            service["spec"] = json!({"type": kind, "ports": [{"port": 80}]});
        }
        created("v1", "services", service)
    };
    assert_eq!(
        created("v1", "services", balanced.clone()),
        Vec::<String>::new()
    );
    for noted in ["", "10.0.0.0/8, 192.168.0.0/16"] {
        assert_eq!(of("LoadBalancer", noted), Vec::<String>::new());
    }
    let path = format!("metadata.annotations[{RANGES}]");
    assert_eq!(
        of("ClusterIP", ""),
        [format!(
            "{path}: Forbidden: may only be used when `type` is 'LoadBalancer'"
        )]
    );
    let wrong = of("LoadBalancer", "10.0.0.0/8,x");
    assert!(
        wrong.len() == 1 && wrong[0].starts_with(&format!("{path}: Invalid value: \"x\"")),
        "{wrong:?}"
    );
    let moved = with(&balanced, "/spec/healthCheckNodePort", json!(30001));
    assert_eq!(
        changed("v1", "services", balanced, moved),
        ["spec.healthCheckNodePort: Forbidden: field is immutable"]
    );
}

#[test]
fn services() {
    let good = json!({"metadata": {"name": "s"}, "spec": {"selector": {"a": "b"}, "ports": [{"port": 80}]}});
    check(
        "v1",
        "services",
        &good,
        &[
            ("/spec/ports", json!([]), &["spec.ports: Required value"]),
            ("/spec/clusterIP", json!("None"), &[]),
            (
                "/spec",
                json!({"type": "LoadBalancer", "ports": [{"port": 10250}]}),
                &[],
            ),
            (
                "/spec/type",
                json!("Odd"),
                &[
                    r#"spec.type: Unsupported value: "Odd": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort""#,
                ],
            ),
            (
                "/spec/ports",
                json!([{"port": 80}, {"port": 80, "targetPort": "-"}]),
                &[
                    "spec.ports[0].name: Required value",
                    "spec.ports[1].name: Required value",
                    r#"spec.ports[1].targetPort: Invalid value: "-": must contain at least one letter (a-z)"#,
                    r#"spec.ports[1].targetPort: Invalid value: "-": must not begin or end with a hyphen"#,
                    r#"spec.ports[1]: Duplicate value: {"port":80,"protocol":"TCP","targetPort":0}"#,
                ],
            ),
            (
                "/spec/ports/0/nodePort",
                json!(30000),
                &["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
            ),
            (
                "/spec/externalIPs",
                json!(["127.0.0.1"]),
                &[
                    r#"spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)"#,
                ],
            ),
            ("/spec/trafficDistribution", json!("PreferSameNode"), &[]),
            (
                "/spec/trafficDistribution",
                json!("PreferMoon"),
                &[
                    r#"spec.trafficDistribution: Unsupported value: "PreferMoon": supported values: "PreferClose", "PreferSameZone", "PreferSameNode""#,
                ],
            ),
            (
                "/spec/ipFamilies",
                json!(["IPv6"]),
                &[r#"spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster"#],
            ),
            (
                "/metadata/name",
                json!("1s"),
                &[
                    r#"metadata.name: Invalid value: "1s": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"#,
                ],
            ),
        ],
    );
    let external = json!({"metadata": {"name": "s"}, "spec": {"type": "ExternalName", "externalName": "a.b."}});
    check(
        "v1",
        "services",
        &external,
        &[
            (
                "/spec/externalName",
                json!(null),
                &["spec.externalName: Required value"],
            ),
            (
                "/spec/clusterIP",
                json!("10.0.0.1"),
                &["spec.clusterIPs: Forbidden: may not be set for ExternalName services"],
            ),
        ],
    );
    let placed = with(&good, "/spec/clusterIP", json!("10.0.0.1"));
    assert_eq!(
        changed(
            "v1",
            "services",
            placed,
            with(&good, "/spec/clusterIP", json!("10.0.0.2"))
        ),
        [r#"spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set"#]
    );
}

#[test]
fn networks() {
    let ingress = json!({"metadata": {"name": "i"}, "spec": {"rules": [{"host": "a.b", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "s", "port": {"number": 80}}}}]}}]}});
    check(
        "networking.k8s.io/v1",
        "ingresses",
        &ingress,
        &[
            (
                "/spec/rules",
                json!([]),
                &["spec: Invalid value: []: either `defaultBackend` or `rules` must be specified"],
            ),
            (
                "/spec/rules/0/host",
                json!("1.2.3.4"),
                &[
                    r#"spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address"#,
                ],
            ),
            (
                "/spec/rules/0/http/paths/0/path",
                json!("x"),
                &[
                    r#"spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path"#,
                ],
            ),
            (
                "/spec/rules/0/http/paths/0/backend/service/port",
                json!({}),
                &[
                    "spec.rules[0].http.paths[0].backend: Required value: port name or number is required",
                ],
            ),
        ],
    );
    let policy = json!({"metadata": {"name": "p"}, "spec": {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]}]}});
    check(
        "networking.k8s.io/v1",
        "networkpolicies",
        &policy,
        &[
            (
                "/spec/ingress/0/from/0",
                json!({}),
                &["spec.ingress[0].from[0]: Required value: must specify a peer"],
            ),
            (
                "/spec/ingress/0/from/0/ipBlock/except",
                json!(["11.0.0.0/16"]),
                &[
                    r#"spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`"#,
                ],
            ),
            (
                "/spec/ingress/0/from/0/ipBlock/cidr",
                json!("10.0.0.0/40"),
                &[
                    r#"spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.0/40": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"#,
                ],
            ),
            (
                "/spec/ingress/0/from/0/podSelector",
                json!({}),
                &[
                    "spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer",
                ],
            ),
            (
                "/spec/policyTypes",
                json!(["Ingress", "Sideways"]),
                &[
                    r#"spec.policyTypes[1]: Unsupported value: "Sideways": supported values: "Ingress", "Egress""#,
                ],
            ),
            (
                "/spec/ingress/0/ports",
                json!([{"protocol": "ICMP"}]),
                &[
                    r#"spec.ingress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP""#,
                ],
            ),
            (
                "/spec/ingress/0/ports",
                json!([{"protocol": "TCP", "port": 100, "endPort": 90}]),
                &[
                    "spec.ingress[0].ports[0].endPort: Invalid value: 100: must be greater than or equal to `port`",
                ],
            ),
            (
                "/spec/ingress/0/ports",
                json!([{"protocol": "TCP", "endPort": 90}]),
                &[
                    "spec.ingress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is not specified",
                ],
            ),
            (
                "/spec/ingress/0/ports",
                json!([{"protocol": "TCP", "port": "web", "endPort": 90}]),
                &[
                    "spec.ingress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is non-numeric",
                ],
            ),
            (
                "/spec/ingress/0/ports",
                json!([{"protocol": "TCP", "port": 70000}]),
                &[
                    "spec.ingress[0].ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive",
                ],
            ),
        ],
    );
    check(
        "discovery.k8s.io/v1",
        "endpointslices",
        &json!({"metadata": {"name": "e"}, "addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}], "ports": [{"port": 80}]}),
        &[
            (
                "/endpoints/0/addresses/0",
                json!("::1"),
                &[
                    r#"endpoints[0].addresses[0]: Invalid value: "::1": must be a valid IPv4 address"#,
                    r#"endpoints[0].addresses[0]: Invalid value: "::1": may not be in the loopback range (127.0.0.0/8, ::1/128)"#,
                ],
            ),
            (
                "/ports",
                json!([{"port": 1}, {"port": 2}]),
                &[r#"ports[1].name: Duplicate value: """#],
            ),
            (
                "/endpoints/0/hints",
                json!({"forZones": [{"name": "us-east-1a"}], "forNodes": [{"name": "n"}, {"name": "n"}]}),
                &[r#"endpoints[0].hints.forNodes[1].name: Duplicate value: "n""#],
            ),
            (
                "/endpoints/0/hints",
                json!({"forZones": vec![json!({"name": "z"}); 9]}),
                &["endpoints[0].hints.forZones: Too many: 9: must have at most 8 items"],
            ),
        ],
    );
}
