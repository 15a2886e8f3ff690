use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::{budget::Budget, pod::ZONE, preempt::preempt, spread::crowding};

/// A node of 4 cores, 8 GiB and 10 pods, in a zone.
fn node(name: &str, zone: &str) -> Value {
    json!({
        "metadata": {"name": name, "labels": {
            "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone,
        }},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "10"}},
    })
}

fn pod(name: &str, spec: Value) -> Value {
    json!({
        "metadata": {"namespace": "a", "name": name, "uid": name, "labels": {"app": "x"}}, "spec": spec,
    })
}

fn cpu(amount: &str) -> Value {
    json!({"containers": [{"resources": {"requests": {"cpu": amount}}}]})
}

struct Cluster(Snapshot);

impl Cluster {
    fn of(nodes: &[Value]) -> Self {
        let mut snapshot = Snapshot::default();
        for node in nodes {
            snapshot.set_node(Node::read(node));
        }
        Self(snapshot)
    }

    fn run(&mut self, node: &str, mut pod: Value) {
        pod["spec"]["nodeName"] = node.into();
        self.0.set_pod(Arc::new(Pod::read(&pod)));
    }

    fn choice(&self, pod: &Value) -> Choice {
        choose(&Pod::read(pod), &Reach::default(), &self.0, "")
    }

    fn chosen(&self, pod: &Value) -> String {
        match self.choice(pod) {
            Choice::Node(node) => node,
            Choice::Nowhere { message, .. } => message,
        }
    }
}

use crate::node::Node;

#[test]
fn a_cluster_without_nodes() {
    let cluster = Cluster::of(&[]);
    assert_eq!(
        cluster.chosen(&pod("p", cpu("1"))),
        "no nodes available to schedule pods"
    );
}

#[test]
fn why_not() {
    let plain = || node("n", "a");
    let with = |pointer: &str, value: Value| {
        let mut node = plain();
        match pointer {
            "taint" => node["spec"]["taints"] = json!([value]),
            "cordoned" => node["spec"]["unschedulable"] = value,
            _ => node["status"]["allocatable"][pointer] = value,
        }
        node
    };
    let taint = json!({"key": "k", "value": "v", "effect": "NoSchedule"});
    for (node, spec, want) in [
        (
            plain(),
            cpu("5"),
            "0/1 nodes are available: 1 Insufficient cpu.",
        ),
        (
            with("memory", "0".into()),
            json!({"containers": [{"resources": {"requests": {"cpu": "5", "memory": "1Gi"}}}]}),
            "0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.",
        ),
        (
            with("pods", "0".into()),
            cpu("1"),
            "0/1 nodes are available: 1 Too many pods.",
        ),
        (
            plain(),
            json!({"containers": [{"resources": {"requests": {"nvidia.com/gpu": "1"}}}]}),
            "0/1 nodes are available: 1 Insufficient nvidia.com/gpu.",
        ),
        (
            with("taint", taint.clone()),
            cpu("1"),
            "0/1 nodes are available: 1 node(s) had untolerated taint {k: v}.",
        ),
        (
            with("taint", json!({"key": "k", "effect": "PreferNoSchedule"})),
            cpu("1"),
            "n",
        ),
        (
            with("cordoned", true.into()),
            cpu("1"),
            "0/1 nodes are available: 1 node(s) were unschedulable.",
        ),
        (
            with("cordoned", true.into()),
            json!({"tolerations": [{"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}]}),
            "n",
        ),
        (
            plain(),
            json!({"nodeSelector": {"disk": "ssd"}}),
            "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
        ),
        (
            plain(),
            json!({"topologySpreadConstraints": [{"topologyKey": "rack", "labelSelector": {}}]}),
            "0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label).",
        ),
    ] {
        let cluster = Cluster::of(&[node]);
        assert_eq!(cluster.chosen(&pod("p", spec.clone())), want, "{spec}");
    }
}

#[test]
fn reasons_are_counted() {
    let mut tainted = node("n1", "a");
    tainted["spec"]["taints"] = json!([{"key": "k", "value": "v", "effect": "NoExecute"}]);
    let mut other = tainted.clone();
    other["metadata"]["name"] = "n2".into();
    let cluster = Cluster::of(&[tainted, other, node("n3", "a")]);
    assert_eq!(
        cluster.chosen(&pod("p", cpu("64"))),
        "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {k: v}."
    );
}

#[test]
fn what_runs_counts() {
    let mut cluster = Cluster::of(&[node("n", "a")]);
    cluster.run("n", pod("one", cpu("3")));
    assert_eq!(
        cluster.chosen(&pod("p", cpu("1500m"))),
        "0/1 nodes are available: 1 Insufficient cpu."
    );
    assert_eq!(cluster.chosen(&pod("p", cpu("1"))), "n");
    cluster.0.remove_pod("one");
    assert_eq!(cluster.chosen(&pod("p", cpu("4"))), "n");
    assert_eq!(cluster.0.load("n").pods, 0);
}

#[test]
fn ports_of_the_host() {
    let port = |number: i64, address: &str| json!({"containers": [{"ports": [{"hostPort": number, "hostIP": address}]}]});
    let mut cluster = Cluster::of(&[node("n", "a")]);
    cluster.run("n", pod("one", port(80, "10.0.0.1")));
    for (spec, free) in [
        (port(81, ""), true),
        (port(80, "10.0.0.2"), true),
        (port(80, "10.0.0.1"), false),
        (port(80, ""), false),
        (port(80, "0.0.0.0"), false),
    ] {
        let chosen = cluster.chosen(&pod("p", spec.clone()));
        let want = match free {
            true => "n",
            false => {
                "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports."
            }
        };
        assert_eq!(chosen, want, "{spec}");
    }
}

#[test]
fn the_emptier_node_is_better() {
    let mut cluster = Cluster::of(&[node("n1", "a"), node("n2", "a")]);
    cluster.run("n1", pod("one", cpu("1")));
    assert_eq!(cluster.chosen(&pod("p", cpu("1"))), "n2");
}

#[test]
fn preferred_nodes_are_better() {
    let spec = json!({"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
        {"weight": 100, "preference": {"matchExpressions": [
            {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["b"]},
        ]}},
    ]}}});
    let cluster = Cluster::of(&[node("n1", "a"), node("n2", "b"), node("n3", "a")]);
    assert_eq!(cluster.chosen(&pod("p", spec)), "n2");
}

#[test]
fn images_that_are_there_are_better() {
    let mut with_image = node("n2", "a");
    with_image["status"]["images"] =
        json!([{"names": ["repo/app:latest"], "sizeBytes": 800_000_000}]);
    let cluster = Cluster::of(&[node("n1", "a"), with_image]);
    let spec = json!({"containers": [{"image": "repo/app"}]});
    assert_eq!(cluster.chosen(&pod("p", spec)), "n2");
}

fn near(kind: &str, topology: &str, app: &str) -> Value {
    json!({"affinity": {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"topologyKey": topology, "labelSelector": {"matchLabels": {"app": app}}},
    ]}}})
}

#[test]
fn pods_that_want_to_be_together() {
    let zone = "topology.kubernetes.io/zone";
    let mut cluster = Cluster::of(&[node("n1", "a"), node("n2", "b"), node("n3", "b")]);
    let wanting = pod("p", near("podAffinity", zone, "y"));
    let none = "0/3 nodes are available: 3 node(s) didn't match pod affinity rules.";
    assert_eq!(cluster.chosen(&wanting), none);
    // The first of those who want to be with their like may be anywhere.
    let first = pod("p", near("podAffinity", zone, "x"));
    assert!(matches!(cluster.choice(&first), Choice::Node(_)));
    let mut other = pod("o", cpu("1"));
    other["metadata"]["labels"] = json!({"app": "y"});
    cluster.run("n3", other.clone());
    assert_eq!(cluster.chosen(&wanting), "n2", "the emptier of the zone");
    other["metadata"]["namespace"] = "b".into();
    cluster.run("n3", other);
    assert_eq!(
        cluster.chosen(&wanting),
        none,
        "it is in another namespace now"
    );
}

#[test]
fn pods_that_want_to_be_apart() {
    let host = "kubernetes.io/hostname";
    let mut cluster = Cluster::of(&[node("n1", "a"), node("n2", "a")]);
    let apart = |name: &str| pod(name, near("podAntiAffinity", host, "x"));
    cluster.run("n1", apart("one"));
    assert_eq!(cluster.chosen(&apart("two")), "n2");
    cluster.run("n2", apart("two"));
    assert_eq!(
        cluster.chosen(&apart("three")),
        "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules."
    );
    // Those who want nothing are kept away by those who do.
    assert_eq!(
        cluster.chosen(&pod("four", cpu("1"))),
        "0/2 nodes are available: 2 node(s) didn't satisfy existing pods anti-affinity rules."
    );
}

#[test]
fn pods_spread_over_zones() {
    let spread = json!({"topologySpreadConstraints": [{
        "topologyKey": "topology.kubernetes.io/zone", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "x"}},
    }]});
    let mut full = node("n2", "b");
    full["status"]["allocatable"]["cpu"] = "100m".into();
    let mut cluster = Cluster::of(&[node("n1", "a"), full]);
    let mut wanting = pod("p", spread);
    wanting["spec"]["containers"] = cpu("1")["containers"].clone();
    assert_eq!(cluster.chosen(&wanting), "n1");
    cluster.run("n1", pod("one", cpu("1")));
    assert_eq!(
        cluster.chosen(&wanting),
        "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints."
    );
    // A pod on its way out does not count.
    let mut leaving = pod("one", cpu("1"));
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    cluster.run("n1", leaving);
    assert_eq!(cluster.chosen(&wanting), "n1");
}

/// Two nodes that the pod may be on, one pod on the second, and three on a third in the zone of the first.
#[test]
fn a_wish_to_be_spread_counts_the_nodes_that_are_asked_for() {
    let wish = |topology: &str, more: &[(&str, &str)]| {
        let mut wish = json!({
            "topologyKey": topology, "maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app": "x"}},
        });
        for (key, value) in more {
            wish[*key] = (*value).into();
        }
        wish
    };
    let zone = |more: &[(&str, &str)]| wish(ZONE, more);
    // `strange` is what keeps the third from being counted.
    for (strange, wishes, want) in [
        ("", vec![zone(&[])], "n2"),
        ("disk", vec![zone(&[])], "n1"),
        ("disk", vec![zone(&[("nodeAffinityPolicy", "Honor")])], "n1"),
        (
            "disk",
            vec![zone(&[("nodeAffinityPolicy", "Ignore")])],
            "n2",
        ),
        ("taint", vec![zone(&[])], "n2"),
        ("taint", vec![zone(&[("nodeTaintsPolicy", "Ignore")])], "n2"),
        ("taint", vec![zone(&[("nodeTaintsPolicy", "Honor")])], "n1"),
        ("rack", vec![zone(&[])], "n2"),
        ("rack", vec![zone(&[]), wish("rack", &[])], "n1"),
    ] {
        let mut nodes = [node("n1", "a"), node("n2", "b"), node("n3", "a")];
        for node in &mut nodes {
            let name = node["metadata"]["name"].clone();
            node["metadata"]["labels"]["disk"] = "ssd".into();
            node["metadata"]["labels"]["rack"] = name;
        }
        match strange {
            "disk" => nodes[2]["metadata"]["labels"]["disk"] = "hdd".into(),
            "taint" => {
                nodes[2]["spec"]["taints"] =
                    json!([{"key": "k", "value": "v", "effect": "NoSchedule"}]);
            }
            "rack" => {
                let labels = nodes[2]["metadata"]["labels"].as_object_mut().unwrap();
                labels.remove("rack");
            }
            _ => {}
        }
        let mut cluster = Cluster::of(&nodes);
        for (name, on) in [("1", "n3"), ("2", "n3"), ("3", "n3"), ("4", "n2")] {
            cluster.run(on, pod(name, json!({})));
        }
        let spec = json!({
            "nodeSelector": {"disk": "ssd"}, "topologySpreadConstraints": wishes,
        });
        assert_eq!(
            cluster.chosen(&pod("p", spec)),
            want,
            "{strange} {wishes:?}"
        );
    }
}

/// Places that no candidate is in make the others weigh no more.
#[test]
fn crowding_weighs_by_the_places_of_candidates() {
    let nodes = [node("n1", "a"), node("n2", "b"), node("n3", "c")];
    let mut cluster = Cluster::of(&nodes);
    cluster.run("n2", pod("one", json!({})));
    let spec = json!({"topologySpreadConstraints": [{
        "topologyKey": ZONE, "maxSkew": 2, "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": {"app": "x"}},
    }]});
    let wanting = Pod::read(&pod("p", spec));
    let nodes = nodes.each_ref().map(Node::read);
    let found = crowding(&wanting, &[&nodes[0], &nodes[1]], &cluster.0);
    let wanted = [1.0, 4f64.ln() + 1.0];
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found.unwrap() - wanted).abs() < 1e-9, "{found:?} {wanted}");
    }
}

#[test]
fn pods_of_a_controller_spread_by_themselves() {
    let owned = |name: &str| {
        let mut pod = pod(name, json!({}));
        pod["metadata"]["ownerReferences"] = json!([{"uid": "rs", "controller": true}]);
        pod
    };
    let nodes = [node("n1", "a"), node("n2", "a"), node("n3", "b")];
    let mut cluster = Cluster::of(&nodes);
    let mut used = Vec::new();
    for number in 0..3 {
        let pod = owned(&format!("p{number}"));
        let node = cluster.chosen(&pod);
        used.push(node.clone());
        cluster.run(&node, pod);
    }
    used.sort_unstable();
    assert_eq!(used, ["n1", "n2", "n3"]);
}

fn labelled(name: &str, labels: &[(&str, &str)], spec: Value) -> Value {
    let mut pod = pod(name, spec);
    for (key, value) in labels {
        pod["metadata"]["labels"][*key] = (*value).into();
    }
    pod
}

/// A constraint over zones, with more of its own.
fn over_zones(more: &[(&str, Value)]) -> Value {
    let mut constraint = json!({
        "topologyKey": ZONE, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "x"}},
    });
    for (key, value) in more {
        constraint[*key] = value.clone();
    }
    json!([constraint])
}

#[test]
fn too_few_places_count_as_one_that_is_empty() {
    let mut cluster = Cluster::of(&[node("n1", "a"), node("n2", "b")]);
    cluster.run("n1", pod("one", json!({})));
    cluster.run("n2", pod("two", json!({})));
    for (least, want) in [
        (1, "n1"),
        (2, "n1"),
        (
            3,
            "0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints.",
        ),
    ] {
        let spread = over_zones(&[("minDomains", json!(least))]);
        let wanting = pod("p", json!({"topologySpreadConstraints": spread}));
        assert_eq!(cluster.chosen(&wanting), want, "{least}");
    }
}

/// One pod on the node that is possible, and none on one that is not.
#[test]
fn places_count_that_the_policies_of_a_constraint_let_count() {
    let of_affinity = "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) didn't match pod topology spread constraints.";
    let of_taints = "0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) had untolerated taint {k: v}.";
    for (is_tainted, policy, want) in [
        (false, None, "n1"),
        (false, Some(("nodeAffinityPolicy", "Honor")), "n1"),
        (false, Some(("nodeAffinityPolicy", "Ignore")), of_affinity),
        (true, None, of_taints),
        (true, Some(("nodeTaintsPolicy", "Ignore")), of_taints),
        (true, Some(("nodeTaintsPolicy", "Honor")), "n1"),
    ] {
        let mut other = node("n2", "b");
        let mut spec = json!({});
        match is_tainted {
            true => {
                other["spec"]["taints"] =
                    json!([{"key": "k", "value": "v", "effect": "NoSchedule"}]);
            }
            false => spec["nodeSelector"] = json!({"kubernetes.io/hostname": "n1"}),
        }
        let more: Vec<(&str, Value)> = policy
            .iter()
            .map(|(key, value)| (*key, Value::from(*value)))
            .collect();
        spec["topologySpreadConstraints"] = over_zones(&more);
        let mut cluster = Cluster::of(&[node("n1", "a"), other]);
        cluster.run("n1", pod("one", json!({})));
        assert_eq!(
            cluster.chosen(&pod("p", spec)),
            want,
            "{is_tainted} {policy:?}"
        );
    }
}

#[test]
fn labels_of_the_pod_itself_narrow_what_a_constraint_counts() {
    let mut full = node("n2", "b");
    full["status"]["allocatable"]["cpu"] = "100m".into();
    let mut cluster = Cluster::of(&[node("n1", "a"), full]);
    cluster.run("n1", labelled("one", &[("version", "1")], json!({})));
    let refused = "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints.";
    for (keys, version, want) in [
        (json!([]), "2", refused),
        (json!(["version"]), "1", refused),
        (json!(["version"]), "2", "n1"),
        (json!(["not-there"]), "2", refused),
    ] {
        let mut spec = cpu("1");
        spec["topologySpreadConstraints"] = over_zones(&[("matchLabelKeys", keys.clone())]);
        let wanting = labelled("p", &[("version", version)], spec);
        assert_eq!(cluster.chosen(&wanting), want, "{keys} {version}");
    }
}

#[test]
fn labels_of_the_pod_itself_narrow_whom_it_avoids() {
    let mut cluster = Cluster::of(&[node("n", "a")]);
    cluster.run("n", labelled("one", &[("tenant", "1")], json!({})));
    let refused = "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.";
    for (keys, tenant, want) in [
        (None, "1", refused),
        (None, "2", refused),
        (Some("matchLabelKeys"), "1", refused),
        (Some("matchLabelKeys"), "2", "n"),
        (Some("mismatchLabelKeys"), "1", "n"),
        (Some("mismatchLabelKeys"), "2", refused),
    ] {
        let mut term = json!({
            "topologyKey": "kubernetes.io/hostname",
            "labelSelector": {"matchExpressions": [{"key": "tenant", "operator": "Exists"}]},
        });
        if let Some(keys) = keys {
            term[keys] = json!(["tenant"]);
        }
        let spec = json!({"affinity": {"podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [term],
        }}});
        let wanting = labelled("p", &[("tenant", tenant)], spec);
        assert_eq!(cluster.chosen(&wanting), want, "{keys:?} {tenant}");
    }
}

/// The API server merges the keys as the pod is made; labels may change later.
#[test]
fn what_was_merged_of_a_label_counts_whatever_the_label_became() {
    let mut cluster = Cluster::of(&[node("n", "a")]);
    cluster.run("n", labelled("one", &[("tenant", "1")], json!({})));
    let refused = "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.";
    for (keys, operator, value, want) in [
        ("matchLabelKeys", "In", "1", refused),
        ("matchLabelKeys", "In", "2", "n"),
        ("mismatchLabelKeys", "NotIn", "1", "n"),
        ("mismatchLabelKeys", "NotIn", "2", refused),
    ] {
        let merged = json!({"key": "tenant", "operator": operator, "values": [value]});
        let exists = json!({"key": "tenant", "operator": "Exists"});
        let spec = json!({"affinity": {"podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [{
                "topologyKey": "kubernetes.io/hostname",
                "labelSelector": {"matchExpressions": [exists, merged]},
                keys: ["tenant"],
            }],
        }}});
        for tenant in ["1", "2"] {
            let wanting = labelled("p", &[("tenant", tenant)], spec.clone());
            assert_eq!(cluster.chosen(&wanting), want, "{keys} {value} {tenant}");
        }
    }
}

#[test]
fn pods_of_chosen_namespaces_are_followed() {
    let mut cluster = Cluster::of(&[node("n1", "a"), node("n2", "b")]);
    let labels = json!({"team": "one"}).as_object().unwrap().clone();
    cluster.0.set_namespace("b", labels);
    let mut other = labelled("o", &[("app", "y")], json!({}));
    other["metadata"]["namespace"] = "b".into();
    cluster.run("n2", other);
    let refused = "0/2 nodes are available: 2 node(s) didn't match pod affinity rules.";
    for (more, want) in [
        (json!({}), refused),
        (json!({"namespaces": ["b"]}), "n2"),
        (json!({"namespaces": ["c"]}), refused),
        (
            json!({"namespaceSelector": {"matchLabels": {"team": "one"}}}),
            "n2",
        ),
        (
            json!({"namespaceSelector": {"matchLabels": {"team": "two"}}}),
            refused,
        ),
        (json!({"namespaceSelector": {}}), "n2"),
        (
            json!({"namespaces": ["b"], "namespaceSelector": {"matchLabels": {"team": "two"}}}),
            "n2",
        ),
    ] {
        let mut term = json!({
            "topologyKey": ZONE, "labelSelector": {"matchLabels": {"app": "y"}},
        });
        for (key, value) in more.as_object().unwrap() {
            term[key] = value.clone();
        }
        let spec = json!({"affinity": {"podAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [term],
        }}});
        assert_eq!(cluster.chosen(&pod("p", spec)), want, "{more}");
    }
}

/// A pod on each of two nodes, of which the first is the emptier.
#[test]
fn pods_that_would_like_to_be_together_or_apart() {
    let liking = |kind: &str, terms: &[(i64, &str)]| {
        let terms: Vec<Value> = terms
            .iter()
            .map(|(weight, app)| {
                json!({"weight": weight, "podAffinityTerm": {
                    "topologyKey": ZONE, "labelSelector": {"matchLabels": {"app": app}},
                }})
            })
            .collect();
        json!({"affinity": {kind: {"preferredDuringSchedulingIgnoredDuringExecution": terms}}})
    };
    let (near, apart) = ("podAffinity", "podAntiAffinity");
    let nothing = || json!({});
    // What is wished by the pod, by the one on the first node, and by the one on the second.
    for (own, first, second, want) in [
        (nothing(), nothing(), nothing(), "n1"),
        (liking(near, &[(100, "y")]), nothing(), nothing(), "n1"),
        (liking(near, &[(100, "z")]), nothing(), nothing(), "n2"),
        (liking(apart, &[(100, "y")]), nothing(), nothing(), "n2"),
        (liking(apart, &[(100, "z")]), nothing(), nothing(), "n1"),
        (
            liking(near, &[(10, "y"), (90, "z")]),
            nothing(),
            nothing(),
            "n2",
        ),
        (
            liking(near, &[(90, "y"), (10, "z")]),
            nothing(),
            nothing(),
            "n1",
        ),
        (nothing(), nothing(), liking(near, &[(1, "x")]), "n2"),
        (nothing(), liking(apart, &[(1, "x")]), nothing(), "n2"),
        (
            nothing(),
            liking(near, &[(1, "x")]),
            liking(near, &[(2, "x")]),
            "n2",
        ),
    ] {
        let mut cluster = Cluster::of(&[node("n1", "a"), node("n2", "b")]);
        let what = format!("{own} {first} {second}");
        let mut second = second;
        second["containers"] = cpu("1")["containers"].clone();
        cluster.run("n1", labelled("one", &[("app", "y")], first));
        cluster.run("n2", labelled("two", &[("app", "z")], second));
        assert_eq!(cluster.chosen(&pod("p", own)), want, "{what}");
    }
}

#[test]
fn the_less_important_leave_for_the_more_important() {
    let with_priority = |name: &str, amount: &str, priority: i64| {
        let mut pod = pod(name, cpu(amount));
        pod["spec"]["priority"] = priority.into();
        pod
    };
    let mut cluster = Cluster::of(&[node("n1", "a"), node("n2", "a")]);
    cluster.run("n1", with_priority("high", "2", 50));
    cluster.run("n1", with_priority("low", "2", 1));
    cluster.run("n2", with_priority("middle", "2", 10));
    cluster.run("n2", with_priority("small", "1", 1));
    let pod = Pod::read(&with_priority("p", "2", 100));
    let Choice::Nowhere { refusals, .. } = choose(&pod, &Reach::default(), &cluster.0, "") else {
        panic!("there is no room");
    };
    let found = preempt(&pod, &Reach::default(), Vec::new, &mut cluster.0, &refusals).unwrap();
    let victims: Vec<&str> = found.victims.iter().map(|it| it.name.as_str()).collect();
    assert_eq!((found.node.as_str(), &victims[..]), ("n1", &["low"][..]));
    assert_eq!(cluster.0.load("n1").pods, 2, "nobody left yet");

    // Budgets are read only where somebody could leave.
    let unread = || panic!("nobody could leave");
    let equal = Pod::read(&with_priority("p", "2", 1));
    let why = preempt(&equal, &Reach::default(), unread, &mut cluster.0, &refusals).unwrap_err();
    assert_eq!(
        why.to_string(),
        "0/2 nodes are available: 2 No preemption victims found for incoming pod."
    );
    let huge = Pod::read(&with_priority("p", "64", 100));
    let Choice::Nowhere { refusals, .. } = choose(&huge, &Reach::default(), &cluster.0, "") else {
        panic!("there is no room");
    };
    let why = preempt(
        &huge,
        &Reach::default(),
        Vec::new,
        &mut cluster.0,
        &refusals,
    )
    .unwrap_err();
    assert_eq!(
        why.to_string(),
        "0/2 nodes are available: 2 Preemption is not helpful for scheduling."
    );
}

#[test]
fn what_a_node_can_never_give_takes_no_room_of_it() {
    for (reason, taken) in [("Infeasible", 1000), ("Deferred", 9000)] {
        let asks = json!({"name": "a", "resources": {"requests": {"cpu": "9"}}});
        let mut resized = pod("p", json!({"containers": [asks]}));
        resized["status"] = json!({
            "conditions": [{"type": "PodResizePending", "status": "True", "reason": reason}],
            "containerStatuses": [{"name": "a", "allocatedResources": {"cpu": "1"}}],
        });
        let mut cluster = Cluster::of(&[node("n1", "a")]);
        cluster.run("n1", resized);
        let requested = &cluster.0.load("n1").requested;
        assert_eq!(requested.get("cpu"), taken, "{reason}");
    }
}

#[test]
fn of_equals_the_youngest_leaves() {
    let made = |name: &str, day: u32| {
        let mut pod = pod(name, cpu("2"));
        pod["metadata"]["creationTimestamp"] = format!("2026-01-{day:02}T00:00:00Z").into();
        pod
    };
    for (first, second, node_of_youngest) in [([1, 4], [2, 3], "n1"), ([2, 3], [4, 1], "n2")] {
        let mut cluster = Cluster::of(&[node("n1", "a"), node("n2", "a")]);
        for (node, days) in [("n1", first), ("n2", second)] {
            for day in days {
                cluster.run(node, made(&format!("day-{day}"), day));
            }
        }
        let mut pod = pod("p", cpu("2"));
        pod["spec"]["priority"] = 100.into();
        let pod = Pod::read(&pod);
        let reach = Reach::default();
        let Choice::Nowhere { refusals, .. } = choose(&pod, &reach, &cluster.0, "") else {
            panic!("there is no room");
        };
        let found = preempt(&pod, &reach, Vec::new, &mut cluster.0, &refusals).unwrap();
        let victims: Vec<&str> = found.victims.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(
            (found.node.as_str(), &victims[..]),
            (node_of_youngest, &["day-4"][..])
        );
    }
}

#[test]
fn who_leaves_leaves_within_budgets_where_that_can_be() {
    let with = |name: &str, app: &str, amount: &str, priority: i64| {
        let mut pod = pod(name, cpu(amount));
        pod["spec"]["priority"] = priority.into();
        pod["metadata"]["labels"]["app"] = app.into();
        pod
    };
    let guard = |allowed: i64| {
        let budget = json!({
            "metadata": {"namespace": "a", "name": "guard"},
            "spec": {"selector": {"matchLabels": {"app": "guarded"}}},
            "status": {"disruptionsAllowed": allowed},
        });
        [Budget::read(&budget).unwrap()]
    };
    let mut cluster = Cluster::of(&[node("n1", "a"), node("n2", "a")]);
    cluster.run("n1", with("guarded-1", "guarded", "2", 1));
    cluster.run("n1", with("guarded-2", "guarded", "2", 1));
    cluster.run("n2", with("other", "other", "2", 10));
    cluster.run("n2", with("guarded-3", "guarded", "2", 1));
    let pod = Pod::read(&with("p", "x", "2", 100));
    let Choice::Nowhere { refusals, .. } = choose(&pod, &Reach::default(), &cluster.0, "") else {
        panic!("there is no room");
    };
    let mut victims = |budgets: &[Budget]| {
        let reach = Reach::default();
        let found = preempt(&pod, &reach, || budgets.to_vec(), &mut cluster.0, &refusals).unwrap();
        let mut victims = found.victims.iter();
        victims.next().unwrap().name.clone()
    };
    // On the second node the more important one goes, since nothing speaks for it.
    assert_eq!(victims(&guard(0)), "other");
    assert!(victims(&guard(1)).starts_with("guarded"));
    assert!(victims(&[]).starts_with("guarded"));
}

/// What changes comes to the same as what is there at the end.
#[test]
fn a_snapshot_forgets_what_left() {
    let mut cluster = Cluster::of(&[node("n1", "a")]);
    for round in 0..50 {
        let mut it = pod(&format!("p{}", round % 7), cpu("100m"));
        it["metadata"]["labels"]["round"] = (round % 3).to_string().into();
        cluster.run("n1", it);
    }
    assert_eq!(cluster.0.load("n1").pods, 7);
    assert_eq!(cluster.0.load("n1").requested.get("cpu"), 700);
    assert!(cluster.0.classes().count() <= 3);
    for number in 0..7 {
        cluster.0.remove_pod(&format!("p{number}"));
    }
    assert_eq!(cluster.0.classes().count(), 0);
    assert_eq!(cluster.0.load("n1").requested.get("cpu"), 0);
}
