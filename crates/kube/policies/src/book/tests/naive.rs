//! Objects of a small cluster, and what upstream's documentation says that they mean, looked up anew for each packet.

use std::{collections::BTreeMap, net::Ipv4Addr};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{TCP, UDP, at};

const NAMESPACES: [&str; 3] = ["a", "b", "c"];
const PODS: u8 = 6;
const OUTSIDE: [u8; 2] = [101, 202];

#[derive(Debug, Clone)]
pub struct Pod {
    namespace: usize,
    app: Option<u8>,
    here: bool,
    host: bool,
    ended: bool,
    web: u16,
}

/// By the label `app` of pods, or `team` of namespaces.
#[derive(Debug, Clone)]
pub enum Selector {
    All,
    Is(u8),
    IsNot(u8),
    Exists,
}

#[derive(Debug, Clone)]
pub enum Peer {
    Block { except: bool },
    Six,
    Pods(Selector),
    Namespaces(Selector),
    Both(Selector, Selector),
}

#[derive(Debug, Clone)]
pub enum Port {
    Any,
    AnyUdp,
    One(u16),
    Span(u16, u16),
    Web,
    UdpWeb,
}

#[derive(Debug, Clone)]
pub struct Rule {
    peers: Vec<Peer>,
    ports: Vec<Port>,
}

#[derive(Debug, Clone)]
pub struct Policy {
    namespace: usize,
    pods: Selector,
    ingress: Option<Vec<Rule>>,
    egress: Option<Vec<Rule>>,
}

#[derive(Debug, Clone)]
pub enum Op {
    Pod(u8, Option<Pod>),
    Namespace(usize, Option<Option<u8>>),
    Policy(u8, Option<Policy>),
}

#[derive(Debug, Default)]
pub struct State {
    pods: BTreeMap<u8, Pod>,
    namespaces: BTreeMap<usize, Option<u8>>,
    policies: BTreeMap<u8, Policy>,
}

fn selector() -> impl Strategy<Value = Selector> {
    prop_oneof![
        Just(Selector::All),
        (0..2_u8).prop_map(Selector::Is),
        (0..2_u8).prop_map(Selector::IsNot),
        Just(Selector::Exists),
    ]
}

fn peer() -> impl Strategy<Value = Peer> {
    prop_oneof![
        any::<bool>().prop_map(|except| Peer::Block { except }),
        Just(Peer::Six),
        selector().prop_map(Peer::Pods),
        selector().prop_map(Peer::Namespaces),
        (selector(), selector()).prop_map(|(a, b)| Peer::Both(a, b)),
    ]
}

fn port() -> impl Strategy<Value = Port> {
    prop_oneof![
        Just(Port::Any),
        Just(Port::AnyUdp),
        Just(Port::One(80)),
        Just(Port::Span(53, 80)),
        Just(Port::Web),
        Just(Port::UdpWeb),
    ]
}

fn rules() -> impl Strategy<Value = Option<Vec<Rule>>> {
    let rule = (
        proptest::collection::vec(peer(), 0..3),
        proptest::collection::vec(port(), 0..3),
    );
    let rule = rule.prop_map(|(peers, ports)| Rule { peers, ports });
    proptest::option::of(proptest::collection::vec(rule, 0..3))
}

pub fn op() -> impl Strategy<Value = Op> {
    let rare = || proptest::bool::weighted(0.1);
    let app = proptest::option::of(0..2_u8);
    let web = prop_oneof![Just(80_u16), Just(8080)];
    let pod = (0..3_usize, app, any::<bool>(), rare(), rare(), web);
    let pod = pod.prop_map(|(namespace, app, here, host, ended, web)| Pod {
        namespace,
        app,
        here,
        host,
        ended,
        web,
    });
    let policy = (0..3_usize, selector(), rules(), rules());
    let policy = policy.prop_map(|(namespace, pods, ingress, egress)| Policy {
        namespace,
        pods,
        ingress,
        egress,
    });
    let some = |it| proptest::option::weighted(0.8, it);
    let labels = proptest::option::of(0..2_u8);
    prop_oneof![
        4 => (1..=PODS, proptest::option::weighted(0.8, pod)).prop_map(|(at, it)| Op::Pod(at, it)),
        2 => (0..3_usize, some(labels)).prop_map(|(at, it)| Op::Namespace(at, it)),
        4 => (0..4_u8, proptest::option::weighted(0.8, policy)).prop_map(|(at, it)| Op::Policy(at, it)),
    ]
}

fn value(number: u8) -> String {
    format!("v{number}")
}

impl Selector {
    fn matches(&self, label: Option<u8>) -> bool {
        match self {
            Self::All => true,
            Self::Is(wanted) => label == Some(*wanted),
            Self::IsNot(other) => label != Some(*other),
            Self::Exists => label.is_some(),
        }
    }

    fn object(&self, key: &str) -> Value {
        match self {
            Self::All => json!({}),
            Self::Is(it) => json!({"matchLabels": {key: value(*it)}}),
            Self::IsNot(it) => {
                json!({"matchExpressions": [{"key": key, "operator": "NotIn", "values": [value(*it)]}]})
            }
            Self::Exists => json!({"matchExpressions": [{"key": key, "operator": "Exists"}]}),
        }
    }
}

impl Rule {
    fn object(&self, peers: &str) -> Value {
        let all = self.peers.iter().map(|it| match it {
            Peer::Block { except: false } => json!({"ipBlock": {"cidr": "10.0.0.0/25"}}),
            Peer::Block { except: true } => {
                json!({"ipBlock": {"cidr": "10.0.0.0/24", "except": ["10.0.0.2/31", "10.0.0.200/29"]}})
            }
            Peer::Six => json!({"ipBlock": {"cidr": "::/0"}}),
            Peer::Pods(pods) => json!({"podSelector": pods.object("app")}),
            Peer::Namespaces(of) => json!({"namespaceSelector": of.object("team")}),
            Peer::Both(of, pods) => {
                json!({"namespaceSelector": of.object("team"), "podSelector": pods.object("app")})
            }
        });
        let ports = self.ports.iter().map(|it| match it {
            Port::Any => json!({}),
            Port::AnyUdp => json!({"protocol": "UDP"}),
            Port::One(port) => json!({"port": port}),
            Port::Span(first, last) => json!({"port": first, "endPort": last}),
            Port::Web => json!({"port": "web", "protocol": "TCP"}),
            Port::UdpWeb => json!({"port": "web", "protocol": "UDP"}),
        });
        json!({peers: all.collect::<Vec<_>>(), "ports": ports.collect::<Vec<_>>()})
    }
}

impl Op {
    /// What it is about, its name, and the object unless it goes.
    pub fn object(&self) -> (&'static str, String, Option<Value>) {
        match self {
            Self::Pod(number, pod) => {
                let object = pod.as_ref().map(|it| {
                    let labels: BTreeMap<_, _> = it.app.iter().map(|it| ("app", value(*it))).collect();
                    json!({
                        "metadata": {"namespace": NAMESPACES[it.namespace], "name": format!("p{number}"), "labels": labels},
                        "spec": {
                            "nodeName": if it.here { "here" } else { "there" }, "hostNetwork": it.host,
                            "containers": [{"ports": [{"name": "web", "containerPort": it.web}]}],
                        },
                        "status": {"podIP": at(*number).to_string(), "phase": if it.ended { "Succeeded" } else { "Running" }},
                    })
                });
                ("pod", format!("p{number}"), object)
            }
            Self::Namespace(number, team) => {
                let name = NAMESPACES[*number].to_owned();
                let object = team.map(|team| {
                    let labels: BTreeMap<_, _> =
                        team.iter().map(|it| ("team", value(*it))).collect();
                    json!({"metadata": {"name": name, "labels": labels}})
                });
                ("namespace", name, object)
            }
            Self::Policy(number, policy) => {
                let object = policy.as_ref().map(|it| {
                    let rules = |rules: &Option<Vec<Rule>>, peers: &str| -> Vec<Value> {
                        let all = rules.iter().flatten();
                        all.map(|it| it.object(peers)).collect()
                    };
                    let mut types: Vec<&str> = Vec::new();
                    types.extend(it.ingress.as_ref().map(|_| "Ingress"));
                    types.extend(it.egress.as_ref().map(|_| "Egress"));
                    // Of no way is nothing that the API lets through.
                    let pods = match types.is_empty() {
                        true => json!({"matchLabels": {"app": "nobody"}}),
                        false => it.pods.object("app"),
                    };
                    json!({
                        "metadata": {"namespace": NAMESPACES[it.namespace], "name": format!("q{number}")},
                        "spec": {
                            "podSelector": pods, "policyTypes": types,
                            "ingress": rules(&it.ingress, "from"), "egress": rules(&it.egress, "to"),
                        },
                    })
                });
                ("policy", format!("q{number}"), object)
            }
        }
    }
}

impl State {
    pub fn put(&mut self, op: Op) {
        fn one<K: Ord, V>(all: &mut BTreeMap<K, V>, key: K, value: Option<V>) {
            match value {
                Some(value) => drop(all.insert(key, value)),
                None => drop(all.remove(&key)),
            }
        }
        match op {
            Op::Pod(at, it) => one(&mut self.pods, at, it),
            Op::Namespace(at, it) => one(&mut self.namespaces, at, it),
            Op::Policy(at, it) => one(&mut self.policies, at, it),
        }
    }

    /// Where the object of a name was so far.
    pub fn namespace_of(&self, kind: &str, name: &str) -> &'static str {
        let number = name[1..].parse().unwrap_or_default();
        let found = match kind {
            "pod" => self.pods.get(&number).map(|it| it.namespace),
            "policy" => self.policies.get(&number).map(|it| it.namespace),
            _ => None,
        };
        found.map_or("", |it| NAMESPACES[it])
    }

    pub fn packets(&self) -> Vec<(Ipv4Addr, Ipv4Addr, u8, u16)> {
        let ends: Vec<u8> = (1..=PODS).chain(OUTSIDE).collect();
        let mut all = Vec::new();
        for from in &ends {
            for to in &ends {
                for (protocol, port) in [(TCP, 80), (TCP, 8080), (TCP, 53), (UDP, 80)] {
                    all.push((at(*from), at(*to), protocol, port));
                }
            }
        }
        all
    }

    /// The pod that has an address of its own.
    fn pod(&self, address: Ipv4Addr) -> Option<&Pod> {
        let pod = self.pods.get(&address.octets()[3])?;
        (!pod.host && !pod.ended).then_some(pod)
    }

    pub fn passes(&self, from: Ipv4Addr, to: Ipv4Addr, protocol: u8, port: u16) -> bool {
        let judge = |own: Ipv4Addr, peer: Ipv4Addr, rules: fn(&Policy) -> Option<&Vec<Rule>>| {
            let Some(pod) = self.pod(own).filter(|it| it.here) else {
                return true;
            };
            let all = self.policies.values();
            let all = all.filter(|it| it.namespace == pod.namespace && it.pods.matches(pod.app));
            let all: Vec<&Vec<Rule>> = all.filter_map(rules).collect();
            let allows = |rule: &Rule, of: usize| {
                let by_peer =
                    rule.peers.is_empty() || rule.peers.iter().any(|it| self.is_peer(it, peer, of));
                let by_port = rule.ports.is_empty()
                    || rule
                        .ports
                        .iter()
                        .any(|it| self.is_port(it, to, protocol, port));
                by_peer && by_port
            };
            let mut rules = all.iter().flat_map(|it| it.iter());
            all.is_empty() || rules.any(|it| allows(it, pod.namespace))
        };
        from == to
            || (judge(from, to, |it| it.egress.as_ref())
                && judge(to, from, |it| it.ingress.as_ref()))
    }

    fn is_peer(&self, peer: &Peer, address: Ipv4Addr, own: usize) -> bool {
        let last = address.octets()[3];
        let pod = self.pod(address);
        let in_team = |of: &Selector, pod: &Pod| {
            let team = self.namespaces.get(&pod.namespace);
            team.is_some_and(|it| of.matches(*it))
        };
        match peer {
            Peer::Block { except: false } => last < 128,
            Peer::Block { except: true } => !matches!(last, 2 | 3 | 200..=207),
            Peer::Six => false,
            Peer::Pods(pods) => pod.is_some_and(|it| it.namespace == own && pods.matches(it.app)),
            Peer::Namespaces(of) => pod.is_some_and(|it| in_team(of, it)),
            Peer::Both(of, pods) => pod.is_some_and(|it| in_team(of, it) && pods.matches(it.app)),
        }
    }

    fn is_port(&self, wanted: &Port, to: Ipv4Addr, protocol: u8, port: u16) -> bool {
        match wanted {
            Port::Any => protocol == TCP,
            Port::AnyUdp => protocol == UDP,
            Port::One(it) => protocol == TCP && port == *it,
            Port::Span(first, last) => protocol == TCP && (*first..=*last).contains(&port),
            Port::Web => protocol == TCP && self.pod(to).is_some_and(|it| it.web == port),
            Port::UdpWeb => false,
        }
    }
}
