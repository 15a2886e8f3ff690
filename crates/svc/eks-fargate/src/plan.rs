//! What is to be done for the pods of Fargate, by what there is. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use serde_json::Value;
use wharf_base::Timestamp;
use wharf_kube_client::Object as _;
use wharf_kube_model::{
    fargate::{is_fargate_node, is_of_fargate, unsupported},
    node::instance_of,
};

use crate::{Machine, Stage};

/// How the names of nodes begin that are machines of Fargate.
const NODE_NAMES: &str = "fargate-";

/// How long a machine may take from its launch until it is a node.
const JOINS_WITHIN: Duration = Duration::from_secs(5 * 60);
const NEVER_JOINED: &str = "its machine did not join the cluster within 5 minutes; the pod execution role may have no access entry any more, \
                            or the subnet no way to the cluster's endpoint";

/// What a pod without a node needs next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// It never runs on Fargate, and this is why.
    Refuse(String),
    /// A machine; there may be words why the one before ended.
    Launch(Option<String>),
    /// Its machine is a node by now.
    Bind(String),
}

/// All that is to be done.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// By the uids of pods.
    pub acts: BTreeMap<String, Act>,
    /// Machines whose pods are gone, by id, and those that are to be replaced, with the reason.
    pub ending: BTreeMap<String, Option<&'static str>>,
    /// Nodes whose machines are gone, by name.
    pub nodes: BTreeSet<String>,
    /// Pods whose machines are gone, by uid.
    pub lost: BTreeSet<String>,
}

/// Machines by the uids of their pods: of several that of the earliest stage.
pub fn by_pod(machines: Vec<Machine>) -> BTreeMap<String, Machine> {
    let mut all: BTreeMap<String, Machine> = BTreeMap::new();
    for machine in machines {
        let known = all.get(&machine.uid);
        if known.is_none_or(|it| machine.stage <= it.stage) {
            all.insert(machine.uid.clone(), machine);
        }
    }
    all
}

pub fn plan(
    pods: &[Arc<Value>],
    nodes: &[Arc<Value>],
    machines: &BTreeMap<String, Machine>,
    now: Timestamp,
) -> Plan {
    let mut plan = Plan::default();
    // The name of a node is another's once its address is.
    let known = nodes.iter();
    let known = known.filter_map(|it| Some((instance_of(it)?, it.name())));
    let known: BTreeMap<&str, &str> = known.collect();
    let lives = |it: &Machine| it.stage == Stage::Lives;
    let mut present: BTreeMap<&str, &Arc<Value>> = BTreeMap::new();
    for pod in pods {
        present.insert(pod.uid(), pod);
        if !is_of_fargate(pod) {
            continue;
        }
        let machine = machines.get(pod.uid());
        let bound = pod.text("/spec/nodeName");
        if !bound.is_empty() {
            // One that was forgotten is gone as well.
            if bound.starts_with(NODE_NAMES) && machine.is_none_or(|it| !lives(it)) {
                plan.lost.insert(pod.uid().to_owned());
            }
            continue;
        }
        let is_over = matches!(pod.text("/status/phase"), "Succeeded" | "Failed");
        if pod.is_deleting() || is_over || !pod.list("/spec/schedulingGates").is_empty() {
            continue;
        }
        let act = match (unsupported(pod), machine) {
            (Some(why), _) => Act::Refuse(why),
            (None, Some(machine)) if lives(machine) => match known.get(machine.id.as_str()) {
                Some(node) => Act::Bind((*node).to_owned()),
                None => {
                    if now >= machine.since + JOINS_WITHIN {
                        plan.ending.insert(machine.id.clone(), Some(NEVER_JOINED));
                    }
                    continue;
                }
            },
            (None, ended) => Act::Launch(ended.and_then(|it| it.reason.clone())),
        };
        plan.acts.insert(pod.uid().to_owned(), act);
    }
    for machine in machines.values().filter(|it| lives(it)) {
        let serves = |pod: &Arc<Value>| {
            let bound = pod.text("/spec/nodeName");
            // Before it is bound, a pod that is being deleted needs none any more.
            let waits = bound.is_empty() && !pod.is_deleting();
            waits || bound == machine.node
        };
        if !present
            .get(machine.uid.as_str())
            .is_some_and(|it| serves(it))
        {
            plan.ending.insert(machine.id.clone(), None);
        }
    }
    let here = machines.values().filter(|it| it.stage != Stage::Gone);
    let here: BTreeSet<&str> = here.map(|it| it.id.as_str()).collect();
    // Anybody may label a node.
    let is_own = |it: &&Arc<Value>| is_fargate_node(it) && it.name().starts_with(NODE_NAMES);
    let of_fargate = nodes.iter().filter(is_own);
    let gone = of_fargate.filter(|it| instance_of(it).is_none_or(|id| !here.contains(id)));
    plan.nodes = gone.map(|it| it.name().to_owned()).collect();
    plan
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wharf_kube_model::fargate::{COMPUTE_TYPE, FARGATE, SCHEDULER};

    use super::*;
    use crate::Stage::{Ends, Gone, Lives};

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn pod(uid: &str, node: &str, more: Value) -> Arc<Value> {
        let mut pod = json!({
            "metadata": {"name": uid, "namespace": "n", "uid": uid},
            "spec": {"schedulerName": SCHEDULER, "nodeName": node, "containers": [{"name": "a"}]},
        });
        for (pointer, value) in more.as_object().into_iter().flatten() {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            pod.pointer_mut(parent).unwrap()[name] = value.clone();
        }
        Arc::new(pod)
    }

    fn machine(uid: &str, stage: Stage) -> Machine {
        Machine {
            id: format!("i-{uid}"),
            uid: uid.to_owned(),
            node: format!("fargate-{uid}"),
            stage,
            since: NOW,
            reason: (stage != Stage::Lives).then(|| "no room".to_owned()),
        }
    }

    fn node(of: &str) -> Arc<Value> {
        Arc::new(json!({
            "metadata": {"name": format!("fargate-{of}"), "labels": {COMPUTE_TYPE: FARGATE}},
            "spec": {"providerID": format!("aws:///us-east-1a/i-{of}")},
        }))
    }

    /// Acts, machines that end, nodes that go, pods that are lost.
    type Expected<'a> = (
        &'a [(&'a str, Act)],
        &'a [&'a str],
        &'a [&'a str],
        &'a [&'a str],
    );

    fn check(
        pods: &[Arc<Value>],
        nodes: &[Arc<Value>],
        machines: Vec<Machine>,
        expected: Expected<'_>,
    ) {
        let found = plan(pods, nodes, &by_pod(machines), NOW);
        let set = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
        let acts = expected.0.iter();
        let expected = Plan {
            acts: acts
                .map(|(uid, act)| ((*uid).to_owned(), act.clone()))
                .collect(),
            ending: expected
                .1
                .iter()
                .map(|it| ((*it).to_owned(), None))
                .collect(),
            nodes: set(expected.2),
            lost: set(expected.3),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_pod_gets_a_machine_and_then_its_node() {
        let a = || [pod("a", "", json!({}))];
        let lives = || vec![machine("a", Lives)];
        check(
            &a(),
            &[],
            vec![],
            (&[("a", Act::Launch(None))], &[], &[], &[]),
        );
        check(&a(), &[], lives(), (&[], &[], &[], &[]));
        let bind = Act::Bind("fargate-a".to_owned());
        let nodes = [node("a")];
        check(&a(), &nodes, lives(), (&[("a", bind)], &[], &[], &[]));
        let bound = [pod("a", "fargate-a", json!({}))];
        check(&bound, &nodes, lives(), (&[], &[], &[], &[]));
        // Another that lives counts more than one that ended.
        let both = vec![machine("a", Lives), machine("a", Gone)];
        check(&bound, &nodes, both, (&[], &[], &[], &[]));
    }

    #[test]
    fn a_machine_that_never_joins_is_replaced() {
        let waits = [pod("a", "", json!({}))];
        let machines = by_pod(vec![machine("a", Lives)]);
        let ending = |nodes: &[Arc<Value>], after: Duration| {
            plan(&waits, nodes, &machines, NOW + after).ending
        };
        assert_eq!(
            ending(&[], JOINS_WITHIN - Duration::from_secs(1)),
            [].into()
        );
        let late = [("i-a".to_owned(), Some(NEVER_JOINED))];
        assert_eq!(ending(&[], JOINS_WITHIN), late.into());
        assert_eq!(ending(&[node("a")], JOINS_WITHIN), [].into());
    }

    #[test]
    fn a_machine_ends_with_its_pod_and_its_node_with_it() {
        let nodes = [node("a")];
        check(
            &[],
            &nodes,
            vec![machine("a", Lives)],
            (&[], &["i-a"], &[], &[]),
        );
        check(&[], &nodes, vec![machine("a", Ends)], (&[], &[], &[], &[]));
        check(
            &[],
            &nodes,
            vec![machine("a", Gone)],
            (&[], &[], &["fargate-a"], &[]),
        );
        check(&[], &nodes, vec![], (&[], &[], &["fargate-a"], &[]));
        let leaving = json!({"/metadata/deletionTimestamp": "2026-01-01T00:00:00Z"});
        // What runs is given its time; what never ran needs nothing.
        let bound = [pod("a", "fargate-a", leaving.clone())];
        check(
            &bound,
            &nodes,
            vec![machine("a", Lives)],
            (&[], &[], &[], &[]),
        );
        let waits = [pod("a", "", leaving)];
        check(
            &waits,
            &[],
            vec![machine("a", Lives)],
            (&[], &["i-a"], &[], &[]),
        );
        // The logs of one that is over can be read while it is there.
        let mut over = Value::clone(&pod("a", "fargate-a", json!({})));
        over["status"]["phase"] = "Succeeded".into();
        check(
            &[Arc::new(over)],
            &nodes,
            vec![machine("a", Lives)],
            (&[], &[], &[], &[]),
        );
    }

    #[test]
    fn what_a_lost_machine_leaves() {
        let again = || Act::Launch(Some("no room".to_owned()));
        let waits = [pod("a", "", json!({}))];
        check(
            &waits,
            &[],
            vec![machine("a", Gone)],
            (&[("a", again())], &[], &[], &[]),
        );
        let bound = [pod("a", "fargate-a", json!({}))];
        let nodes = [node("a")];
        check(
            &bound,
            &nodes,
            vec![machine("a", Gone)],
            (&[], &[], &["fargate-a"], &["a"]),
        );
    }

    #[test]
    fn a_node_of_the_same_name_is_another_machine() {
        let mut old = Value::clone(&node("a"));
        old["spec"]["providerID"] = "aws:///us-east-1a/i-old".into();
        let pods = [pod("a", "", json!({}))];
        check(
            &pods,
            &[Arc::new(old)],
            vec![machine("a", Lives)],
            (&[], &[], &["fargate-a"], &[]),
        );
    }

    #[test]
    fn who_is_none_of_fargates_is_left_alone() {
        let others = [
            pod("a", "", json!({"/spec/schedulerName": "default-scheduler"})),
            pod("b", "", json!({"/spec/schedulingGates": [{"name": "x"}]})),
        ];
        let mut labelled = Value::clone(&node("a"));
        labelled["metadata"]["name"] = "ip-10-0-0-1".into();
        check(&others, &[Arc::new(labelled)], vec![], (&[], &[], &[], &[]));
        let refused = [pod("a", "", json!({"/spec/hostNetwork": true}))];
        let why = "Pod not supported on Fargate: fields not supported: HostNetwork".to_owned();
        check(
            &refused,
            &[],
            vec![],
            (&[("a", Act::Refuse(why))], &[], &[], &[]),
        );
    }
}
