//! What required constraints let the scheduler choose, beside an evaluator that counts all pods anew, as upstream's documentation says.

use std::{collections::BTreeMap, sync::Arc};

use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value, json};

use crate::{
    choose::{Choice, choose},
    node::Node,
    pod::{HOSTNAME, Pod, ZONE},
    snapshot::Snapshot,
    volumes::Reach,
};

const RACK: &str = "rack";
const TOPOLOGIES: [&str; 3] = [ZONE, RACK, HOSTNAME];
const MOST_MACHINES: usize = 8;

/// A node; it may lack labels.
#[derive(Debug, Clone)]
struct Machine {
    zone: Option<u8>,
    rack: Option<u8>,
    is_fast: bool,
    /// The effect of its taint.
    taint: Option<&'static str>,
}

/// A pod that has a node.
#[derive(Debug, Clone)]
struct Running {
    on: usize,
    /// Whether constraints are about its labels.
    is_meant: bool,
    is_elsewhere: bool,
    is_leaving: bool,
}

#[derive(Debug, Clone)]
struct Constraint {
    topology: &'static str,
    is_required: bool,
    max_skew: i64,
    min_domains: Option<i64>,
    affinity_policy: Option<&'static str>,
    taints_policy: Option<&'static str>,
}

#[derive(Debug, Clone, Copy)]
enum Wish {
    AnyNode,
    FastBySelector,
    FastByAffinity,
}

/// The pod that looks for a node.
#[derive(Debug, Clone)]
struct Wanting {
    is_meant: bool,
    wish: Wish,
    tolerates: bool,
    constraints: Vec<Constraint>,
}

#[derive(Debug, Clone)]
struct State {
    machines: Vec<Machine>,
    running: Vec<Running>,
}

fn some_state() -> impl Strategy<Value = State> {
    let label = || proptest::option::weighted(0.85, 0..3_u8);
    let taint = select(vec![
        None,
        None,
        None,
        Some("NoSchedule"),
        Some("NoExecute"),
        Some("PreferNoSchedule"),
    ]);
    let machine = (label(), label(), proptest::bool::weighted(0.7), taint);
    let machine = machine.prop_map(|(zone, rack, is_fast, taint)| Machine {
        zone,
        rack,
        is_fast,
        taint,
    });
    let rare = || proptest::bool::weighted(0.15);
    let is_meant = proptest::bool::weighted(0.8);
    let running = (0..MOST_MACHINES, is_meant, rare(), rare());
    let running = running.prop_map(|(on, is_meant, is_elsewhere, is_leaving)| Running {
        on,
        is_meant,
        is_elsewhere,
        is_leaving,
    });
    let machines = proptest::collection::vec(machine, 1..=MOST_MACHINES);
    let state = (machines, proptest::collection::vec(running, 0..12));
    state.prop_map(|(machines, mut running)| {
        for it in &mut running {
            it.on %= machines.len();
        }
        State { machines, running }
    })
}

fn some_constraint() -> impl Strategy<Value = Constraint> {
    let policy = || select(vec![None, Some("Honor"), Some("Ignore")]);
    let parts = (
        select(TOPOLOGIES.to_vec()),
        proptest::bool::weighted(0.8),
        1..4_i64,
        proptest::option::of(1..5_i64),
        policy(),
        policy(),
    );
    parts.prop_map(
        |(topology, is_required, max_skew, least, affinity_policy, taints_policy)| Constraint {
            topology,
            is_required,
            max_skew,
            // Of one that is only a wish, the API takes none.
            min_domains: least.filter(|_| is_required),
            affinity_policy,
            taints_policy,
        },
    )
}

fn some_wanting() -> impl Strategy<Value = Wanting> {
    let wish = select(vec![
        Wish::AnyNode,
        Wish::FastBySelector,
        Wish::FastByAffinity,
    ]);
    let parts = (
        proptest::bool::weighted(0.8),
        wish,
        any::<bool>(),
        proptest::collection::vec(some_constraint(), 1..4),
    );
    parts.prop_map(|(is_meant, wish, tolerates, constraints)| Wanting {
        is_meant,
        wish,
        tolerates,
        constraints,
    })
}

fn name_of(machine: usize) -> String {
    format!("n{machine}")
}

fn pod(namespace: &str, name: &str, is_meant: bool, spec: Value) -> Value {
    let app = if is_meant { "x" } else { "y" };
    json!({
        "metadata": {"namespace": namespace, "name": name, "uid": name, "labels": {"app": app}},
        "spec": spec,
    })
}

impl Machine {
    fn label(&self, number: usize, topology: &str) -> Option<String> {
        match topology {
            HOSTNAME => Some(name_of(number)),
            ZONE => self.zone.map(|it| format!("z{it}")),
            _ => self.rack.map(|it| format!("r{it}")),
        }
    }

    fn object(&self, number: usize) -> Value {
        let labels = TOPOLOGIES.iter().filter_map(|it| {
            let value = self.label(number, it)?;
            Some(((*it).to_owned(), Value::from(value)))
        });
        let labels: Map<String, Value> = labels.collect();
        let mut node = json!({
            "metadata": {"name": name_of(number), "labels": labels},
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "100"}},
        });
        let disk = if self.is_fast { "fast" } else { "slow" };
        node["metadata"]["labels"]["disk"] = disk.into();
        if let Some(effect) = self.taint {
            node["spec"]["taints"] = json!([{"key": "k", "value": "v", "effect": effect}]);
        }
        node
    }
}

impl Running {
    fn object(&self, name: &str) -> Value {
        let namespace = if self.is_elsewhere { "b" } else { "a" };
        let spec = json!({"nodeName": name_of(self.on)});
        let mut pod = pod(namespace, name, self.is_meant, spec);
        if self.is_leaving {
            pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        }
        pod
    }

    fn counts(&self) -> bool {
        self.is_meant && !self.is_elsewhere && !self.is_leaving
    }
}

impl Constraint {
    fn object(&self) -> Value {
        let otherwise = match self.is_required {
            true => "DoNotSchedule",
            false => "ScheduleAnyway",
        };
        let mut constraint = json!({
            "topologyKey": self.topology, "maxSkew": self.max_skew, "whenUnsatisfiable": otherwise,
            "labelSelector": {"matchLabels": {"app": "x"}},
        });
        if let Some(least) = self.min_domains {
            constraint["minDomains"] = least.into();
        }
        if let Some(policy) = self.affinity_policy {
            constraint["nodeAffinityPolicy"] = policy.into();
        }
        if let Some(policy) = self.taints_policy {
            constraint["nodeTaintsPolicy"] = policy.into();
        }
        constraint
    }
}

impl Wanting {
    fn object(&self, name: &str) -> Value {
        let constraints: Vec<Value> = self.constraints.iter().map(Constraint::object).collect();
        let mut spec = json!({"topologySpreadConstraints": constraints});
        match self.wish {
            Wish::AnyNode => {}
            Wish::FastBySelector => spec["nodeSelector"] = json!({"disk": "fast"}),
            Wish::FastByAffinity => {
                let fast = json!({"key": "disk", "operator": "In", "values": ["fast"]});
                spec["affinity"] = json!({"nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [{"matchExpressions": [fast]}],
                    },
                }});
            }
        }
        if self.tolerates {
            spec["tolerations"] = json!([{"key": "k", "operator": "Exists"}]);
        }
        pod("a", name, self.is_meant, spec)
    }

    fn goes_to(&self, machine: &Machine) -> bool {
        matches!(self.wish, Wish::AnyNode) || machine.is_fast
    }

    fn bears(&self, machine: &Machine) -> bool {
        self.tolerates || !matches!(machine.taint, Some("NoSchedule" | "NoExecute"))
    }

    fn required(&self) -> impl Iterator<Item = &Constraint> {
        self.constraints.iter().filter(|it| it.is_required)
    }
}

impl State {
    fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for (number, machine) in self.machines.iter().enumerate() {
            snapshot.set_node(Node::read(&machine.object(number)));
        }
        for (number, running) in self.running.iter().enumerate() {
            let pod = running.object(&format!("old-{number}"));
            snapshot.set_pod(Arc::new(Pod::read(&pod)));
        }
        snapshot
    }

    /// The nodes that the pod may go to.
    fn possible(&self, wanting: &Wanting) -> Vec<usize> {
        let all = self.machines.iter().enumerate();
        let possible = all.filter(|(number, machine)| {
            let mut required = wanting.required();
            wanting.goes_to(machine)
                && wanting.bears(machine)
                && required.all(|it| self.holds(wanting, it, *number))
        });
        possible.map(|(number, _)| number).collect()
    }

    /// Whether the constraint holds with the pod there: in its place are at most `maxSkew` more than in the one that has the fewest.
    fn holds(&self, wanting: &Wanting, constraint: &Constraint, there: usize) -> bool {
        let Some(place) = self.machines[there].label(there, constraint.topology) else {
            return false;
        };
        let mut places: BTreeMap<String, i64> = BTreeMap::new();
        for (number, machine) in self.machines.iter().enumerate() {
            let Some(place) = machine.label(number, constraint.topology) else {
                continue;
            };
            if self.is_eligible(wanting, constraint, number) {
                let here = self.running.iter().filter(|it| it.on == number);
                let count = here.filter(|it| it.counts()).count();
                *places.entry(place).or_default() += count as i64;
            }
        }
        if wanting.is_meant
            && let Some(count) = places.get_mut(&place)
        {
            *count += 1;
        }
        let is_short = (places.len() as i64) < constraint.min_domains.unwrap_or(1);
        let fewest = match is_short {
            true => 0,
            false => places.values().min().copied().unwrap_or_default(),
        };
        let count = places.get(&place).copied().unwrap_or_default();
        count - fewest <= constraint.max_skew
    }

    /// Nodes that lack the label of any required constraint are passed over, and those that the policies leave out.
    fn is_eligible(&self, wanting: &Wanting, constraint: &Constraint, number: usize) -> bool {
        let machine = &self.machines[number];
        let mut required = wanting.required();
        required.all(|it| machine.label(number, it.topology).is_some())
            && (constraint.affinity_policy == Some("Ignore") || wanting.goes_to(machine))
            && (constraint.taints_policy != Some("Honor") || wanting.bears(machine))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// However nodes and pods are: of several alike, each goes where its required constraints hold, and waits only where they hold
    /// nowhere.
    #[test]
    fn required_constraints_hold_wherever_a_pod_goes(
        mut state in some_state(),
        wanting in some_wanting(),
        count in 1..10_usize,
    ) {
        let mut snapshot = state.snapshot();
        for number in 0..count {
            let mut pod = wanting.object(&format!("new-{number}"));
            let possible = state.possible(&wanting);
            match choose(&Pod::read(&pod), &Reach::default(), &snapshot, "") {
                Choice::Node(node) => {
                    let on = possible.iter().copied().find(|it| name_of(*it) == node);
                    prop_assert!(on.is_some(), "{} is none of {:?}: {:?} {:?}", node, possible, wanting, state);
                    pod["spec"]["nodeName"] = node.into();
                    snapshot.set_pod(Arc::new(Pod::read(&pod)));
                    state.running.push(Running {
                        on: on.unwrap_or_default(),
                        is_meant: wanting.is_meant,
                        is_elsewhere: false,
                        is_leaving: false,
                    });
                }
                Choice::Nowhere { message, .. } => {
                    prop_assert!(possible.is_empty(), "{}, but for {:?}: {:?} {:?}", message, possible, wanting, state);
                    break;
                }
            }
        }
    }
}
