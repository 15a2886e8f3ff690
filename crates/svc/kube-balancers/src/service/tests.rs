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
