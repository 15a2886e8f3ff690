//! What a NetworkPolicy says.

use std::sync::Arc;

use ipnet::Ipv4Net;
use serde_json::Value;
use wharf_kube_client::Object;
use wharf_kube_model::selector::Labels;

use crate::Key;

#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub namespace: Arc<str>,
    pub name: Arc<str>,
    pub revision: u64,
    /// The pods of its namespace that it is about.
    pub pods: Labels,
    /// `None` where it does not isolate them this way.
    pub ingress: Option<Vec<Rule>>,
    pub egress: Option<Vec<Rule>>,
    /// It says more than is read.
    pub is_cut: bool,
}

/// Rules, peers and ports that are read of one way of a policy; what goes beyond allows nothing.
const MOST_PARTS: usize = 4096;

/// How much more is read.
struct Room {
    left: usize,
    is_cut: bool,
}

impl Room {
    fn take<'a>(&mut self, all: &'a [Value]) -> &'a [Value] {
        let some = &all[..all.len().min(self.left)];
        self.left -= some.len();
        self.is_cut |= some.len() < all.len();
        some
    }
}

/// Allows what fits one of its peers and one of its ports.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// `None` is everybody; an empty list nobody.
    pub peers: Option<Vec<Peer>>,
    /// `None` is everything.
    pub ports: Option<Vec<Port>>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Peer {
    Block {
        within: Ipv4Net,
        except: Vec<Ipv4Net>,
    },
    Pods {
        /// `None` is the policy's own namespace.
        namespaces: Option<Labels>,
        pods: Labels,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its number in an IP packet.
    pub protocol: u8,
    pub ports: Ports,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ports {
    /// The first and the last.
    Range(u16, u16),
    /// What the pod that is called has under this name.
    Named(Arc<str>),
}

/// Absent is TCP.
pub(crate) fn protocol(of: &Value) -> Option<u8> {
    match of.text("/protocol") {
        "" | "TCP" => Some(6),
        "UDP" => Some(17),
        "SCTP" => Some(132),
        _ => None,
    }
}

impl Policy {
    pub fn read(object: &Value) -> Self {
        let types = object.list("/spec/policyTypes");
        let named = |name: &str| types.iter().any(|it| it == name);
        // As the API fills it in; stored objects say it.
        let (ingress, egress) = match types.is_empty() {
            true => (true, !object.list("/spec/egress").is_empty()),
            false => (named("Ingress"), named("Egress")),
        };
        let mut is_cut = false;
        let mut rules = |all: &str, peers: &str| -> Vec<Rule> {
            let mut room = Room {
                left: MOST_PARTS,
                is_cut: false,
            };
            let all = room.take(object.list(all)).iter();
            let read = all.map(|it| Rule::read(it, peers, &mut room)).collect();
            is_cut |= room.is_cut;
            read
        };
        let ingress = ingress.then(|| rules("/spec/ingress", "/from"));
        let egress = egress.then(|| rules("/spec/egress", "/to"));
        Self {
            namespace: object.namespace().into(),
            name: object.name().into(),
            revision: object.resource_version().parse().unwrap_or(0),
            pods: match object.at("/spec/podSelector") {
                Value::Null => Labels::everything(),
                // What cannot be read is about every pod: better closed than open by mistake.
                given => selector(given).unwrap_or(Labels::everything()),
            },
            ingress,
            egress,
            is_cut,
        }
    }

    pub fn key(&self) -> Key {
        (self.namespace.clone(), self.name.clone())
    }
}

/// `None` for one that means nothing.
fn selector(of: &Value) -> Option<Labels> {
    Labels::of_selector(Some(of)).ok()
}

impl Rule {
    fn read(of: &Value, peers: &str, room: &mut Room) -> Self {
        let mut some = |pointer| {
            let all = Some(of.list(pointer)).filter(|it| !it.is_empty());
            all.map(|all| room.take(all).iter())
        };
        Self {
            peers: some(peers).map(|all| all.filter_map(Peer::read).collect()),
            ports: some("/ports").map(|all| all.filter_map(Port::read).collect()),
        }
    }
}

impl Peer {
    fn read(of: &Value) -> Option<Self> {
        if of.at("/ipBlock").is_object() {
            let except = of.list("/ipBlock/except").iter();
            let except = except.map(|it| it.as_str()?.parse::<Ipv4Net>().ok());
            return Some(Self::Block {
                within: of.text("/ipBlock/cidr").parse().ok()?,
                // Without one of them it would allow more than it says.
                except: except.collect::<Option<_>>()?,
            });
        }
        let given = |pointer| Some(of.at(pointer)).filter(|it| it.is_object());
        let (namespaces, pods) = (given("/namespaceSelector"), given("/podSelector"));
        if namespaces.is_none() && pods.is_none() {
            return None;
        }
        Some(Self::Pods {
            namespaces: match namespaces {
                Some(it) => Some(selector(it)?),
                None => None,
            },
            pods: pods.map_or(Some(Labels::everything()), selector)?,
        })
    }
}

impl Port {
    fn read(of: &Value) -> Option<Self> {
        let protocol = protocol(of)?;
        let number = |it: i64| u16::try_from(it).ok();
        let ports = match of.at("/port") {
            Value::Null => Ports::Range(0, u16::MAX),
            Value::String(name) => Ports::Named(name.as_str().into()),
            first => {
                let first = number(first.as_i64()?)?;
                let last = of.integer("/endPort").map_or(Some(first), number)?;
                Ports::Range(first, last)
            }
        };
        Some(Self { protocol, ports })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(spec: Value) -> Policy {
        Policy::read(&json!({"metadata": {"namespace": "n", "name": "p"}, "spec": spec}))
    }

    #[test]
    fn which_ways_it_isolates() {
        let ways = |spec| {
            let it = read(spec);
            (it.ingress.is_some(), it.egress.is_some())
        };
        assert_eq!(ways(json!({"podSelector": {}})), (true, false));
        assert_eq!(ways(json!({"egress": []})), (true, false));
        assert_eq!(ways(json!({"egress": [{}]})), (true, true));
        let named = |all: Value| json!({"policyTypes": all, "egress": [{}], "ingress": [{}]});
        assert_eq!(ways(named(json!(["Egress"]))), (false, true));
        assert_eq!(ways(named(json!(["Ingress"]))), (true, false));
        assert_eq!(ways(named(json!(["Egress", "Ingress"]))), (true, true));
    }

    #[test]
    fn an_empty_list_is_everybody_and_one_of_what_means_nothing_nobody() {
        let first = |rule: Value| {
            let it = read(json!({"ingress": [rule]}));
            it.ingress.unwrap().remove(0)
        };
        let any = Rule {
            peers: None,
            ports: None,
        };
        assert_eq!(first(json!({})), any);
        assert_eq!(first(json!({"from": [], "ports": []})), any);
        for bad in [
            json!({}),
            json!({"ipBlock": {"cidr": "fd00::/8"}}),
            json!({"ipBlock": {"cidr": "nonsense"}}),
            json!({"podSelector": {"matchExpressions": [{"key": "a", "operator": "Near"}]}}),
        ] {
            let rule = first(json!({"from": [bad], "ports": [{"protocol": "ICMP"}]}));
            assert_eq!((rule.peers, rule.ports), (Some(vec![]), Some(vec![])));
        }
    }

    #[test]
    fn of_a_policy_without_end_a_part_is_read_and_the_rest_allows_nothing() {
        let peers = |count: usize| -> Vec<Value> {
            let all =
                (0..count).map(|it| json!({"podSelector": {"matchLabels": {"a": it.to_string()}}}));
            all.collect()
        };
        let few = read(json!({"ingress": [{"from": peers(10)}]}));
        assert!(!few.is_cut);
        let rules = json!([
            {"from": peers(MOST_PARTS - 1)}, {"from": peers(1)}, {"ports": [{"port": 80}]},
        ]);
        let it = read(json!({"ingress": rules, "egress": [{}]}));
        let ingress = it.ingress.unwrap();
        // Three for the rules themselves.
        assert_eq!(ingress[0].peers.as_ref().unwrap().len(), MOST_PARTS - 3);
        // None is left of these, which is not the same as everybody.
        assert_eq!(ingress[1].peers.as_deref(), Some(&[][..]));
        assert_eq!(ingress[2].ports.as_deref(), Some(&[][..]));
        assert!(it.is_cut && it.egress.unwrap().len() == 1);
        let many = vec![json!({}); 2 * MOST_PARTS];
        let it = read(json!({ "ingress": many }));
        assert!(it.is_cut && it.ingress.unwrap().len() == MOST_PARTS);
    }

    #[test]
    fn ports_are_read() {
        let rule = read(json!({"egress": [{"ports": [
            {}, {"protocol": "UDP"}, {"port": 53}, {"port": 8000, "endPort": 8010}, {"port": "web", "protocol": "TCP"}, {"port": 70000},
        ]}]}));
        let ports = rule.egress.unwrap().remove(0).ports.unwrap();
        let range = |protocol, first, last| Port {
            protocol,
            ports: Ports::Range(first, last),
        };
        let named = Port {
            protocol: 6,
            ports: Ports::Named("web".into()),
        };
        assert_eq!(
            ports,
            [
                range(6, 0, 65535),
                range(17, 0, 65535),
                range(6, 53, 53),
                range(6, 8000, 8010),
                named
            ]
        );
    }
}
