use serde_json::json;
use wharf_kube_model::topology::ZONE;

use super::*;
use crate::{
    attached::Known,
    volumes::{Places, Reach},
};

fn node(name: &str) -> Value {
    json!({
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "tier": "back"}},
        "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "10"}},
    })
}

fn pod(name: &str, spec: Value) -> Value {
    json!({"metadata": {"namespace": "a", "name": name, "uid": name, "labels": {"app": "x"}}, "spec": spec})
}

fn cpu(amount: &str) -> Value {
    json!({"containers": [{"resources": {"requests": {"cpu": amount}}}]})
}

fn explained(pod: &Value, nodes: &[Value], others: &[Value]) -> Explained {
    let mut snapshot = Snapshot::default();
    for node in nodes {
        snapshot.set_node(Node::read(node));
    }
    for it in others {
        snapshot.set_pod(Arc::new(Pod::read(it)));
    }
    let claims = Claims::Known(Box::default());
    of(pod, &Pod::read(pod), claims, &snapshot)
}

/// What the only node says, with one other pod of 500m and port 80 on it.
fn refused(node: Value, mut spec: Value) -> String {
    let mut other = pod("other", cpu("500m"));
    other["spec"]["nodeName"] = "n".into();
    other["spec"]["containers"][0]["ports"] = json!([{"hostPort": 80}]);
    if spec.get("containers").is_none() {
        spec["containers"] = json!([{}]);
    }
    let explained = explained(&pod("p", spec), &[node], &[other]);
    let verdict = &explained.nodes[0];
    let never = if verdict.never { "never: " } else { "" };
    format!("{never}{}", verdict.refuses.join("; "))
}

#[test]
fn each_filter_in_words() {
    let with = |pointer: &str, value: Value| {
        let mut node = node("n");
        match pointer {
            "taint" => node["spec"]["taints"] = json!([value]),
            "cordoned" => node["spec"]["unschedulable"] = value,
            _ => node["status"]["allocatable"][pointer] = value,
        }
        node
    };
    let near = |kind: &str, app: &str| {
        json!({"affinity": {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": app}}},
        ]}}})
    };
    let required = json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
        {"nodeSelectorTerms": [{"matchExpressions": [{"key": "gpu", "operator": "Exists"}]}]}}}});
    let spread = json!({"topologySpreadConstraints": [
        {"topologyKey": "rack", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}},
    ]});
    let taint = |value: &str| json!({"key": "only", "value": value, "effect": "NoSchedule"});
    for (node, spec, want) in [
        (node("n"), cpu("1500m"), ""),
        (
            node("n"),
            cpu("1800m"),
            "cpu: the pod asks for 1800m, 1500m of 2 are free",
        ),
        (
            node("n"),
            cpu("64"),
            "never: cpu: the pod asks for 64, 1500m of 2 are free",
        ),
        (
            node("n"),
            json!({"containers": [{"resources": {"requests": {"memory": "8Gi", "x.io/gpu": "1"}}}]}),
            "never: memory: the pod asks for 8192 MiB, 4096 MiB of 4096 MiB are free; \
             x.io/gpu: the pod asks for 1, 0 of 0 are free",
        ),
        (
            with("pods", json!("1")),
            json!({}),
            "it has 1 pods and takes 1",
        ),
        (
            with("taint", taint("red")),
            json!({}),
            "it has the taint only=red:NoSchedule, which the pod does not tolerate",
        ),
        (
            with("taint", taint("")),
            json!({}),
            "it has the taint only:NoSchedule, which the pod does not tolerate",
        ),
        (
            with("taint", taint("red")),
            json!({"tolerations": [{"operator": "Exists"}]}),
            "",
        ),
        (
            with("cordoned", json!(true)),
            json!({}),
            "it is cordoned (spec.unschedulable)",
        ),
        (
            node("n"),
            json!({"nodeSelector": {"tier": "front"}}),
            "it has tier=back, and the pod's nodeSelector wants tier=front",
        ),
        (
            node("n"),
            json!({"nodeSelector": {"disk": "fast"}}),
            "it has no label disk, and the pod's nodeSelector wants disk=fast",
        ),
        (
            node("n"),
            required,
            "its labels are not what the pod's nodeAffinity requires",
        ),
        (
            node("n"),
            json!({"containers": [{"ports": [{"hostPort": 80}]}]}),
            "another pod has its port 80/TCP",
        ),
        (
            node("n"),
            spread,
            "it lacks the label rack of the pod's topologySpreadConstraints",
        ),
        (
            node("n"),
            near("podAffinity", "y"),
            "no pod that the pod's podAffinity wants to be with is there",
        ),
        (
            node("n"),
            near("podAntiAffinity", "x"),
            "a pod that the pod's podAntiAffinity keeps away from is there",
        ),
    ] {
        assert_eq!(refused(node, spec.clone()), want, "{spec}");
    }
}

#[test]
fn what_volumes_keep_a_pod_from_in_words() {
    let mut at_a = node("n");
    at_a["metadata"]["labels"][ZONE] = "a".into();
    let driver = json!({"name": "d", "allocatable": {"count": 1}});
    let csi_node = json!({"metadata": {"name": "n"}, "spec": {"drivers": [driver]}});
    let refused = |zone: &str, disks: &[&str]| {
        let volume = json!({"metadata": {"name": "v", "labels": {ZONE: zone}}});
        let mut reach = Reach {
            places: Places::of(&volume).collect(),
            ..Reach::default()
        };
        for disk in disks {
            reach.attached.bring(("d".to_owned(), (*disk).to_owned()));
        }
        let mut snapshot = Snapshot::default();
        snapshot.set_node(Node::read(&at_a));
        let known = Known {
            csi_nodes: &[Arc::new(csi_node.clone())],
            attachments_of: &|_| Vec::new(),
            of_claim: &|_| None,
            of_volume: &|_| None,
        };
        reach.attached.look(&known, &snapshot);
        let pod = pod("p", cpu("1"));
        let found = of(
            &pod,
            &Pod::read(&pod),
            Claims::Known(Box::new(reach)),
            &snapshot,
        );
        found.nodes[0].refuses.join("; ")
    };
    assert_eq!(refused("a", &["one"]), "");
    let elsewhere = "a volume of the pod is in another zone or region, as its labels say";
    assert_eq!(refused("b", &["one"]), elsewhere);
    let many = "it takes no more volumes than it has (CSINode): those of the pod are too many";
    assert_eq!(refused("a", &["one", "two"]), many);
}

#[test]
fn what_no_node_changes() {
    let waits = |change: &dyn Fn(&mut Value)| {
        let mut pod = pod("p", cpu("1"));
        change(&mut pod);
        explained(&pod, &[node("n")], &[]).waits_for.join("; ")
    };
    assert_eq!(waits(&|_| ()), "its turn: a node can take it");
    assert_eq!(
        waits(&|it| it["spec"] = cpu("9")),
        "a node that can take it"
    );
    assert_eq!(
        waits(&|it| it["spec"]["schedulingGates"] = json!([{"name": "a.io/x"}])),
        "somebody to take its scheduling gates away: a.io/x"
    );
    assert_eq!(
        waits(&|it| it["spec"]["schedulerName"] = "mine".into()),
        "the scheduler \"mine\", which it names and the cluster does not have"
    );
    assert_eq!(
        waits(&|it| it["spec"]["schedulerName"] = "fargate-scheduler".into()),
        "a machine of Fargate's of its own; events say how far that is"
    );
    assert_eq!(
        waits(&|it| it["status"]["nominatedNodeName"] = "n".into()),
        "room on n: less important pods are leaving it"
    );
    assert_eq!(waits(&|it| it["spec"]["nodeName"] = "n".into()), "");
    let none = explained(&pod("p", cpu("1")), &[], &[]);
    assert_eq!(none.waits_for, ["a node: the cluster has none"]);
}

#[test]
fn a_pod_of_fargate_has_a_machine_of_its_own() {
    let mut own = node("own");
    own["metadata"]["labels"]["eks.amazonaws.com/compute-type"] = "fargate".into();
    let mut placed = pod("p", cpu("1"));
    placed["spec"]["nodeName"] = "own".into();
    let said = |pod: &Value| {
        let nodes = explained(pod, &[own.clone(), node("other")], &[]).nodes;
        let nodes = nodes.iter();
        nodes
            .map(|it| format!("{} {} {}", it.node, it.is_here, it.refuses.join("; ")))
            .collect::<Vec<_>>()
    };
    let refused = "own true it is a machine of Fargate's, for one pod alone";
    assert_eq!(said(&placed), ["other false ", refused]);
    placed["spec"]["schedulerName"] = "fargate-scheduler".into();
    assert_eq!(said(&placed), ["own true "]);
}

#[test]
fn where_it_is_and_who_else_could() {
    let mut placed = pod("p", cpu("1"));
    placed["spec"]["nodeName"] = "a".into();
    let mut full = pod("other", cpu("2"));
    full["spec"]["nodeName"] = "b".into();
    let found = explained(&placed, &[node("a"), node("b")], &[full]);
    let verdicts: Vec<_> = found
        .nodes
        .iter()
        .map(|it| (it.node.as_str(), it.is_here, it.refuses.len()))
        .collect();
    assert_eq!(verdicts, [("a", true, 0), ("b", false, 1)]);
}
