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
        codes: None,
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
    let mut secure = dns();
    secure["metadata"]["annotations"][format!("{PREFIX}ssl-cert")] = json!("arn:aws:acm:x");
    assert_eq!(
        refusal(&secure),
        "port 53 cannot be of UDP and have a certificate"
    );
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
