use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::stack::Target;

/// Two nodes, and no pods.
struct World;

impl Services for World {
    fn service(&self, _: &str, _: &str) -> Option<Arc<Value>> {
        None
    }

    fn slices(&self, _: &str, _: &str) -> Vec<Arc<Value>> {
        Vec::new()
    }

    fn pod(&self, _: &str, _: &str) -> Option<Arc<Value>> {
        None
    }

    fn nodes(&self) -> Vec<Arc<Value>> {
        let all = ["i-1", "i-2"];
        all.map(|it| Arc::new(nodes::tests::node(it))).to_vec()
    }

    fn secret(&self, _: &str, _: &str) -> Option<Arc<Value>> {
        None
    }
}

fn service(notes: &[(&str, &str)], policy: &str) -> Value {
    let mut annotations = json!({});
    for (key, value) in notes {
        annotations[format!("{PREFIX}{key}")] = json!(value);
    }
    json!({
        "metadata": {"namespace": "a", "name": "web", "annotations": annotations},
        "spec": {
            "type": "LoadBalancer", "externalTrafficPolicy": policy, "healthCheckNodePort": 31000,
            "ports": [{"name": "http", "port": 80, "targetPort": 8080, "nodePort": 30080}],
        },
    })
}

fn group(notes: &[(&str, &str)], policy: &str) -> (Stack, Group) {
    let built = build("CLUSTER", &service(notes, policy), &World).unwrap();
    let group = built.stack.groups.values().next().unwrap().clone();
    (built.stack, group)
}

const INSTANCE: (&str, &str) = ("nlb-target-type", "instance");

#[test]
fn services_of_another_class_are_others() {
    let of = |key: &str, value: &str| {
        let mut it = service(&[], "Cluster");
        it["spec"][key] = json!(value);
        it
    };
    assert!(wants(&service(&[], "Cluster")));
    assert!(wants(&of("loadBalancerClass", CLASS)));
    assert!(!wants(&of("loadBalancerClass", "example.com/theirs")));
    assert!(!wants(&of("type", "NodePort")));
    let mut going = service(&[], "Cluster");
    going["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert!(!wants(&going));
}

#[test]
fn nodes_are_targets_at_their_port() {
    let (stack, it) = group(&[INSTANCE], "Cluster");
    let target = |id: &str| Target {
        id: id.to_owned(),
        port: 30080,
    };
    assert_eq!(it.targets, BTreeSet::from([target("i-1"), target("i-2")]));
    assert_eq!((it.kind, it.port), (TargetKind::Instance, 30080));
    assert_eq!(stack.nodes.len(), 2);
    let check = &it.check;
    assert_eq!(
        (check.protocol.as_str(), check.port.as_str(), check.healthy),
        ("TCP", "traffic-port", 3)
    );
    let (stack, it) = group(&[], "Cluster");
    assert_eq!((it.kind, it.port), (TargetKind::Ip, 8080));
    assert!(stack.nodes.is_empty());
}

#[test]
fn nodes_that_lead_to_their_own_pods_say_whether_they_have_any() {
    let (_, it) = group(&[INSTANCE], "Local");
    let usual = Check {
        protocol: "HTTP".to_owned(),
        port: "31000".to_owned(),
        path: Some("/healthz".to_owned()),
        codes: Some("200-399".to_owned()),
        interval: 10,
        timeout: 6,
        healthy: 2,
        unhealthy: 2,
    };
    assert_eq!(it.check, usual);
    let given = [
        INSTANCE,
        ("healthcheck-protocol", "tcp"),
        ("healthcheck-port", "traffic-port"),
    ];
    let (_, it) = group(&given, "Local");
    assert_eq!(
        (it.check.protocol.as_str(), it.check.port.as_str()),
        ("TCP", "traffic-port")
    );
    assert_eq!(it.check.codes, None);
    let given = [
        ("healthcheck-protocol", "http"),
        ("healthcheck-success-codes", "200,204"),
    ];
    let (_, it) = group(&given, "Cluster");
    assert_eq!(it.check.codes.as_deref(), Some("200,204"));
    // Pods answer for themselves.
    let (_, it) = group(&[], "Local");
    assert_eq!(it.check.port, "traffic-port");
}

#[test]
fn what_cannot_be() {
    let refusal = |service: &Value| build("CLUSTER", service, &World).err().unwrap().0;
    let two = service(&[INSTANCE, ("type", "nlb-ip")], "Cluster");
    assert!(refusal(&two).contains("nlb-ip"));
    let mut unallocated = service(&[INSTANCE], "Cluster");
    unallocated["spec"]["ports"][0]["nodePort"] = Value::Null;
    assert_eq!(
        refusal(&unallocated),
        "unable to support instance target type with an unallocated NodePort"
    );
}

/// One port over TCP and UDP, and another.
fn dns() -> Value {
    let mut it = service(&[INSTANCE], "Cluster");
    it["spec"]["ports"] = json!([
        {"name": "udp", "port": 53, "protocol": "UDP", "targetPort": 5353, "nodePort": 30053},
        {"name": "web", "port": 80, "nodePort": 30080},
        {"name": "tcp", "port": 53, "protocol": "TCP", "targetPort": 5353, "nodePort": 30053},
    ]);
    it
}

#[test]
fn a_port_of_tcp_and_udp_is_one_listener() {
    let stack = build("CLUSTER", &dns(), &World).unwrap().stack;
    let protocols: Vec<_> = stack
        .listeners
        .iter()
        .map(|(port, it)| (*port, it.protocol.as_str()))
        .collect();
    assert_eq!(protocols, [(53, "TCP_UDP"), (80, "TCP")]);
    let group = stack.groups.values().find(|it| it.protocol == "TCP_UDP");
    let group = group.unwrap();
    assert_eq!(group.port, 30053);
    assert_eq!(group.targets.len(), 2);
    let Security::Own(admissions) = &stack.security else {
        panic!("it has a group of its own");
    };
    let at: Vec<_> = admissions.iter().map(|it| (it.protocol, it.from)).collect();
    assert_eq!(at, [("tcp", 53), ("tcp", 80), ("udp", 53)]);
    let open = crate::plan::openings(&stack, "sg-1");
    let open: Vec<_> = open.iter().map(|it| (it.protocol, it.from)).collect();
    assert_eq!(open, [("tcp", 30053), ("tcp", 30080), ("udp", 30053)]);
}

#[test]
fn two_ports_that_are_no_single_one() {
    let refusal = |it: &Value| build("CLUSTER", it, &World).err().unwrap().0;
    let mut apart = dns();
    apart["spec"]["ports"][2]["nodePort"] = json!(30054);
    let text = "port 53 of TCP and UDP at once must lead to one targetPort and one nodePort";
    assert_eq!(refusal(&apart), text);
    let mut off = dns();
    off["metadata"]["annotations"][format!("{PREFIX}enable-tcp-udp-listener")] = json!("false");
    assert!(refusal(&off).contains("enable-tcp-udp-listener says false"));
}

#[test]
fn pods_behind_both_protocols_answer_at_both() {
    let target = |id: &str| Target {
        id: id.to_owned(),
        port: 53,
    };
    let found = |ids: &[&str]| endpoints::Found {
        targets: ids.iter().map(|it| target(it)).collect(),
        interfaces: ids.iter().map(|it| format!("eni-{it}")).collect(),
        others: ids.len(),
    };
    let it = dns();
    let notes = Annotations::new(PREFIX, &[&it]);
    let carried = ports::of(&it, &notes).unwrap().remove(0);
    let both = carried.pods(|port| match port.text("/protocol") {
        "UDP" => found(&["a", "b", "c"]),
        _ => found(&["b"]),
    });
    assert_eq!(both.targets, BTreeSet::from([target("b")]));
    assert_eq!(both.interfaces, BTreeSet::from(["eni-b".to_owned()]));
    assert_eq!(both.others, 3);
}

fn with_ranges(notes: &[(&str, &str)], own: Value) -> Value {
    let mut it = service(notes, "Cluster");
    it["spec"]["loadBalancerSourceRanges"] = own;
    it
}

/// Who may come to which ports of a Service.
fn admitted(service: &Value) -> Vec<(&'static str, u16, String)> {
    let stack = build("CLUSTER", service, &World).unwrap().stack;
    let Security::Own(all) = stack.security else {
        panic!("it has a group of its own");
    };
    let shown = |it: Admission| match it.source {
        Source::Range(range) => {
            assert_eq!(it.from, it.to);
            (it.protocol, it.from, range)
        }
        Source::Group(group) => panic!("{group} is let in"),
    };
    all.into_iter().map(shown).collect()
}

#[test]
fn ranges_say_who_may_come() {
    let to_web = |ranges: &[&str]| -> Vec<(&'static str, u16, String)> {
        let ranges = ranges.iter();
        ranges.map(|it| ("tcp", 80, (*it).to_owned())).collect()
    };
    let noted = ("source-ranges", "10.1.0.0/16, 10.2.0.0/16");
    assert_eq!(admitted(&service(&[], "Cluster")), to_web(&[EVERYBODY]));
    let of_notes = service(&[noted], "Cluster");
    assert_eq!(admitted(&of_notes), to_web(&["10.1.0.0/16", "10.2.0.0/16"]));
    // The older name counts where the other is not there, and the Service's own word before both.
    let mut older = service(&[], "Cluster");
    older["metadata"]["annotations"][RANGES] = json!("10.3.0.0/16");
    assert_eq!(admitted(&older), to_web(&["10.3.0.0/16"]));
    older["metadata"]["annotations"][format!("{PREFIX}source-ranges")] = json!("10.4.0.0/16");
    assert_eq!(admitted(&older), to_web(&["10.4.0.0/16"]));
    older["spec"]["loadBalancerSourceRanges"] = json!([" 10.5.0.0/16 ", "10.6.0.1/32"]);
    assert_eq!(admitted(&older), to_web(&["10.5.0.0/16", "10.6.0.1/32"]));
    let none = with_ranges(&[noted], json!([]));
    assert_eq!(admitted(&none), admitted(&of_notes));
    // Every port, by each of its protocols, and nobody else.
    let mut ports = dns();
    ports["spec"]["loadBalancerSourceRanges"] = json!(["10.5.0.0/16"]);
    let expected = [("tcp", 53), ("tcp", 80), ("udp", 53)];
    assert_eq!(
        admitted(&ports),
        expected.map(|(protocol, port)| (protocol, port, "10.5.0.0/16".to_owned()))
    );
}

#[test]
fn a_range_that_is_none_lets_nobody_in() {
    for wrong in ["everybody", "10.0.0.0", "10.0.0.0/33", "10.0.0.1/8", "::/0"] {
        let both = format!("10.1.0.0/16,{wrong}");
        let mut older = service(&[], "Cluster");
        older["metadata"]["annotations"][RANGES] = json!(both);
        for it in [
            with_ranges(&[], json!(["10.1.0.0/16", wrong])),
            service(&[("source-ranges", both.as_str())], "Cluster"),
            older,
        ] {
            let error = build("CLUSTER", &it, &World).err().unwrap();
            assert!(error.0.contains(wrong), "{error}");
            assert!(error.0.contains("IPv4 range"), "{error}");
        }
    }
    for wrong in [json!(""), json!(7), Value::Null] {
        let it = with_ranges(&[], json!([wrong]));
        assert!(build("CLUSTER", &it, &World).is_err(), "{it}");
    }
}

fn pairs(map: &BTreeMap<String, String>) -> String {
    let pairs = map.iter().map(|(key, value)| format!("{key}={value}"));
    pairs.collect::<Vec<_>>().join(",")
}

fn only(stack: &Stack) -> &Group {
    stack.groups.values().next().unwrap()
}

#[test]
fn annotations_are_what_is_wanted() {
    type Member = fn(&Stack) -> String;
    let rows: [(&str, &str, Member); 12] = [
        ("additional-resource-tags", "team=blue,unit=a", |it| {
            pairs(&it.tags)
        }),
        (
            "attributes",
            "load_balancing.cross_zone.enabled=true",
            |it| pairs(&it.attributes),
        ),
        ("healthcheck-healthy-threshold", "7", |it| {
            only(it).check.healthy.to_string()
        }),
        ("healthcheck-path", "/up", |it| {
            only(it).check.path.clone().unwrap_or_default()
        }),
        ("healthcheck-unhealthy-threshold", "8", |it| {
            only(it).check.unhealthy.to_string()
        }),
        ("internal", "false", |it| it.internal.to_string()),
        ("name", "front", |it| it.name.clone()),
        ("security-groups", "sg-1,web", |it| match &it.security {
            Security::Given(groups) => groups.join(","),
            Security::Own(_) => String::new(),
        }),
        ("ssl-cert", "arn:1,arn:2", |it| {
            it.listeners[&80].certificates.join(",")
        }),
        (
            "ssl-negotiation-policy",
            "ELBSecurityPolicy-TLS13-1-2-2021-06",
            |it| it.listeners[&80].policy.clone().unwrap_or_default(),
        ),
        ("subnets", "subnet-1,two", |it| it.subnets.join(",")),
        (
            "target-group-attributes",
            "deregistration_delay.timeout_seconds=4",
            |it| pairs(&only(it).attributes),
        ),
    ];
    let stack_of = |more: &[(&str, &str)]| {
        let usual = [
            INSTANCE,
            ("ssl-cert", "arn:0"),
            ("healthcheck-protocol", "http"),
        ];
        let it = service(&[&usual[..], more].concat(), "Cluster");
        let built = build("CLUSTER", &it, &World).unwrap();
        assert!(built.warnings.is_empty(), "{:?}", built.warnings);
        built.stack
    };
    let usual = stack_of(&[]);
    for (name, value, member) in rows {
        assert_ne!(member(&usual), value, "{name}");
        assert_eq!(member(&stack_of(&[(name, value)])), value, "{name}");
    }
    let tagged = stack_of(&[("additional-resource-tags", "team=blue")]);
    assert_eq!(pairs(&only(&tagged).tags), "team=blue");
    // `scheme` is the newer word for `internal`, and groups that are given admit whom they admit.
    let both = stack_of(&[("scheme", "internal"), ("internal", "false")]);
    assert!(both.internal);
    let given = stack_of(&[("security-groups", "sg-1"), ("source-ranges", "10.0.0.0/8")]);
    assert_eq!(given.security, Security::Given(vec!["sg-1".to_owned()]));
    let nodes = |labels| stack_of(&[("target-node-labels", labels)]).nodes.len();
    assert_eq!((nodes("team=blue"), nodes("team=red")), (2, 0));
    assert_eq!(stack_of(&[("ip-address-type", "ipv4")]), usual);
    let proxied = stack_of(&[("proxy-protocol", "*")]);
    assert_eq!(
        pairs(&only(&proxied).attributes),
        "proxy_protocol_v2.enabled=true"
    );
}

/// Of each listener, and of what is behind it.
fn protocols(stack: &Stack) -> Vec<String> {
    let shown = |listener: &Listener| {
        let Action::Forward { groups, .. } = &listener.default else {
            panic!("{listener:?}");
        };
        let is_secure = listener.protocol == "TLS";
        assert_eq!(is_secure, !listener.certificates.is_empty());
        assert_eq!(is_secure, listener.policy.is_some());
        format!(
            "{} to {}",
            listener.protocol, stack.groups[&groups[0].0].protocol
        )
    };
    stack.listeners.values().map(shown).collect()
}

#[test]
fn ports_of_a_certificate_speak_tls() {
    let of = |notes: &[(&str, &str)]| {
        let mut it = service(&[&[INSTANCE][..], notes].concat(), "Cluster");
        it["spec"]["ports"] = json!([
            {"name": "http", "port": 80, "nodePort": 30080},
            {"name": "https", "port": 443, "nodePort": 30443},
        ]);
        protocols(&build("CLUSTER", &it, &World).unwrap().stack)
    };
    let secure = [("ssl-cert", "arn:1"), ("ssl-negotiation-policy", "p")];
    let and = |more: &[(&'static str, &'static str)]| of(&[&secure[..], more].concat());
    let both = ["TLS to TCP", "TLS to TCP"];
    assert_eq!(of(&secure[1..]), ["TCP to TCP", "TCP to TCP"]);
    assert_eq!(and(&[]), both);
    assert_eq!(and(&[("ssl-ports", "*")]), both);
    assert_eq!(and(&[("ssl-ports", "http,443")]), both);
    for port in ["443", "https"] {
        let one = [("ssl-ports", port)];
        assert_eq!(and(&one), ["TCP to TCP", "TLS to TCP"]);
    }
    let ssl = [("ssl-ports", "443"), ("backend-protocol", "ssl")];
    assert_eq!(and(&ssl), ["TCP to TCP", "TLS to TLS"]);
    let tcp = [("ssl-ports", "443"), ("backend-protocol", "tcp")];
    assert_eq!(and(&tcp), ["TCP to TCP", "TLS to TCP"]);
}

#[test]
fn datagrams_have_no_certificate() {
    let secure = |mut it: Value, notes: &[(&str, &str)]| {
        for (key, value) in [("ssl-cert", "arn:1"), ("ssl-negotiation-policy", "p")]
            .iter()
            .chain(notes)
        {
            it["metadata"]["annotations"][format!("{PREFIX}{key}")] = json!(value);
        }
        let built = build("CLUSTER", &it, &World).unwrap();
        let told = built.warnings.into_iter().map(|(_, text)| text);
        (protocols(&built.stack), told.collect::<Vec<_>>())
    };
    let mut quic = service(&[INSTANCE], "Cluster");
    quic["spec"]["ports"] = json!([
        {"name": "quic", "port": 443, "protocol": "UDP", "nodePort": 30443},
        {"name": "https", "port": 8443, "nodePort": 30843},
    ]);
    for ports in ["*", "quic,https", "443,8443"] {
        let (listeners, told) = secure(quic.clone(), &[("ssl-ports", ports)]);
        assert_eq!(listeners, ["UDP to UDP", "TLS to TCP"], "{ports}");
        assert!(told.is_empty(), "{told:?}");
    }
    let (listeners, _) = secure(quic, &[("backend-protocol", "ssl")]);
    assert_eq!(listeners, ["UDP to UDP", "TLS to TLS"]);
    // A port that is of TCP as well stays one listener, and its author is told.
    let (listeners, told) = secure(dns(), &[]);
    assert_eq!(listeners, ["TCP_UDP to TCP_UDP", "TLS to TCP"]);
    assert_eq!(
        told,
        ["port 53 is of TCP and UDP at once, and speaks no TLS whatever ssl-cert says"]
    );
    let (listeners, told) = secure(dns(), &[("ssl-ports", "80")]);
    assert_eq!(listeners, ["TCP_UDP to TCP_UDP", "TLS to TCP"]);
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn attributes_are_those_of_a_listener_by_its_protocol_and_port() {
    let notes = [
        ("listener-attributes.TCP-80", "tcp.idle_timeout.seconds=600"),
        ("listener-attributes.TLS-80", "tcp.idle_timeout.seconds=700"),
    ];
    let built = build("CLUSTER", &service(&notes, "Cluster"), &World).unwrap();
    let attributes = &built.stack.listeners[&80].attributes;
    assert_eq!(attributes["tcp.idle_timeout.seconds"], "600");
    assert_eq!(attributes.len(), 1);
    let told: Vec<&str> = built.warnings.iter().map(|it| it.1.as_str()).collect();
    let text = format!(
        "the annotation {PREFIX}listener-attributes.TLS-80 names no listener and has no effect"
    );
    assert_eq!(told, [text.as_str()]);
}

#[test]
fn some_attributes_have_annotations_of_their_own() {
    let built = |notes: &[(&str, &str)]| {
        let built = build("CLUSTER", &service(notes, "Cluster"), &World);
        built.map(|it| it.stack.attributes)
    };
    let notes = [
        (
            "attributes",
            "load_balancing.cross_zone.enabled=false,deletion_protection.enabled=true",
        ),
        ("cross-zone-load-balancing-enabled", "true"),
        ("access-log-enabled", "true"),
        ("access-log-s3-bucket-name", "logs"),
    ];
    let found = built(&notes).unwrap();
    let found: Vec<String> = found
        .iter()
        .map(|(key, it)| format!("{key}={it}"))
        .collect();
    assert_eq!(
        found,
        [
            "access_logs.s3.bucket=logs",
            "access_logs.s3.enabled=true",
            "deletion_protection.enabled=true",
            "load_balancing.cross_zone.enabled=true",
        ]
    );
    assert!(built(&[]).unwrap().is_empty());
    let error = built(&[("access-log-enabled", "yes")]).unwrap_err();
    assert!(error.0.contains("must be one of true, false"), "{error}");
}

#[test]
fn listeners_of_tls_have_a_policy_of_alpn() {
    let alpn = |notes: &[(&str, &str)]| {
        let built = build("CLUSTER", &service(notes, "Cluster"), &World).unwrap();
        built.stack.listeners[&80].alpn.clone()
    };
    let (tls, policy) = (("ssl-cert", "arn:c"), ("alpn-policy", "HTTP2Preferred"));
    assert_eq!(alpn(&[tls, policy]).as_deref(), Some("HTTP2Preferred"));
    assert_eq!(alpn(&[policy]), None);
    assert_eq!(alpn(&[tls, ("alpn-policy", "None")]), None);
    let it = service(&[tls, ("alpn-policy", "h2")], "Cluster");
    assert!(build("CLUSTER", &it, &World).is_err());
}

#[test]
fn annotations_that_are_refused() {
    for (name, value, why) in [
        ("eip-allocations", "eipalloc-1", "is not supported"),
        ("ip-address-type", "dualstack", "must be one of ipv4"),
        ("proxy-protocol", "on", "must be one of *"),
        ("backend-protocol", "http", "must be one of tcp, ssl"),
        ("internal", "yes", "must be one of true, false"),
        ("ssl-ports", "http,htps", "names \"htps\", which is no port"),
        (
            "healthcheck-healthy-threshold",
            "11",
            "a number from 2 to 10",
        ),
        (
            "healthcheck-unhealthy-threshold",
            "1",
            "a number from 2 to 10",
        ),
        (
            "additional-resource-tags",
            "elbv2.k8s.aws/cluster=x",
            "platform's own",
        ),
        ("attributes", "load_balancing", "a list of key=value"),
        ("target-node-labels", "team", "a list of key=value"),
    ] {
        let it = service(&[INSTANCE, (name, value)], "Cluster");
        let error = build("CLUSTER", &it, &World).err().unwrap();
        assert!(
            error
                .0
                .starts_with(&format!("the annotation {PREFIX}{name}")),
            "{error}"
        );
        assert!(error.0.contains(why), "{error}");
    }
}
