//! `hostPort`: ports of the node's address that lead to ports of its pods. Here is kept which are; who follows them has them led.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddrV4},
};

use tokio::sync::watch;

use crate::pod::{Pod, Port};

/// Host ports of one pod.
const MOST: usize = 100;

/// Which addresses of the node a port is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostAddress {
    /// All it has.
    Any,
    /// Its private one.
    Node,
    /// One that its own programs alone can call.
    Loopback(Ipv4Addr),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPort {
    pub at: HostAddress,
    /// Its number in an IP packet.
    pub protocol: u8,
    pub port: u16,
    pub to: SocketAddrV4,
}

/// By uids of pods.
pub type All = BTreeMap<String, Vec<HostPort>>;

/// The host ports of the pods of one node. `None` until it is known which pods of an earlier agent run on: who follows them must not take
/// for gone what nobody has looked at yet.
#[derive(Debug, Default)]
pub struct HostPorts(watch::Sender<Option<All>>);

impl HostPorts {
    pub fn follow(&self) -> watch::Receiver<Option<All>> {
        self.0.subscribe()
    }

    /// Begins with pods that run already, at their addresses; all others have no port yet.
    pub(crate) fn begin(&self, running: impl IntoIterator<Item = (Pod, Ipv4Addr)>) {
        let running = running.into_iter();
        let all = running.map(|(pod, address)| (pod.metadata.uid.clone(), of(&pod, address)));
        let all: All = all.filter(|(_, ports)| !ports.is_empty()).collect();
        self.0.send_replace(Some(all));
    }

    /// What a pod has now: nothing while it has no address. For nothing before [`HostPorts::begin`].
    pub(crate) fn put(&self, pod: &Pod, address: Option<Ipv4Addr>) {
        let now = address.map(|it| of(pod, it)).unwrap_or_default();
        let uid = &pod.metadata.uid;
        self.0.send_if_modified(|all| {
            let Some(all) = all else {
                return false;
            };
            match now.is_empty() {
                true => all.remove(uid).is_some(),
                false if all.get(uid) == Some(&now) => false,
                false => {
                    all.insert(uid.clone(), now);
                    true
                }
            }
        });
    }
}

fn of(pod: &Pod, address: Ipv4Addr) -> Vec<HostPort> {
    if pod.spec.host_network {
        return Vec::new();
    }
    let all = ports(pod).map(|it| HostPort {
        at: it.taken.at,
        protocol: it.taken.protocol,
        port: it.taken.port,
        to: SocketAddrV4::new(address, it.to),
    });
    all.take(MOST).collect()
}

/// A port of the node that a pod has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    at: HostAddress,
    protocol: u8,
    port: u16,
}

impl Taken {
    fn meets(&self, other: &Self) -> bool {
        let is_of_all = [self.at, other.at].contains(&HostAddress::Any);
        (self.protocol, self.port) == (other.protocol, other.port)
            && (is_of_all || self.at == other.at)
    }
}

struct Published {
    taken: Taken,
    /// The pod's.
    to: u16,
}

/// Containers that end before others start have no ports for anybody.
fn ports(pod: &Pod) -> impl Iterator<Item = Published> {
    let init = pod.spec.init_containers.iter();
    let sidecars = init.filter(|it| it.is_sidecar());
    let all = pod.spec.containers.iter().chain(sidecars);
    let all = all.flat_map(|it| &it.ports);
    all.filter_map(|it| {
        let taken = Taken {
            at: address(it),
            protocol: protocol(it)?,
            port: wanted(it)?,
        };
        Some(Published {
            taken,
            to: it.container_port,
        })
    })
}

/// What a pod takes of its node's ports, where each is compared with those of all others; one in the node's own network has those that it
/// names.
pub(crate) fn taken(pod: &Pod) -> Vec<Taken> {
    ports(pod).map(|it| it.taken).take(MOST).collect()
}

/// Whether two pods can have their ports at one node.
pub(crate) fn are_disjoint(some: &[Taken], others: &[Taken]) -> bool {
    !some.iter().any(|it| others.iter().any(|at| it.meets(at)))
}

fn wanted(port: &Port) -> Option<u16> {
    port.host_port.filter(|it| *it != 0)
}

/// TCP or UDP: connection tracking here translates no ports of SCTP.
fn protocol(port: &Port) -> Option<u8> {
    match port.protocol.as_deref() {
        None | Some("" | "TCP") => Some(6),
        Some("UDP") => Some(17),
        Some(_) => None,
    }
}

/// What of a host port cannot be had at a node of that address.
pub(crate) fn refused(port: &Port, node: &str) -> Option<&'static str> {
    wanted(port)?;
    if protocol(port).is_none() {
        return Some("hostPort of SCTP");
    }
    let is_there = match address(port) {
        HostAddress::Any | HostAddress::Loopback(_) => true,
        HostAddress::Node => port.host_ip.as_deref() == Some(node),
    };
    (!is_there).then_some("hostIP other than the node's own")
}

/// Another than those of the node is refused before it counts ([`refused`]).
fn address(port: &Port) -> HostAddress {
    match port.host_ip.as_deref().unwrap_or_default() {
        "" | "0.0.0.0" | "::" => HostAddress::Any,
        told => match told.parse::<Ipv4Addr>() {
            Ok(it) if it.is_loopback() => HostAddress::Loopback(it),
            _ => HostAddress::Node,
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(spec: Value) -> Pod {
        Pod::read(&json!({"metadata": {"name": "p", "uid": "u"}, "spec": spec})).unwrap()
    }

    #[test]
    fn ports_of_a_pod_are_told_for_as_long_as_it_has_an_address() {
        let ports = json!([{"containerPort": 80, "hostPort": 8080}, {"containerPort": 81},
            {"containerPort": 53, "hostPort": 53, "protocol": "UDP"}]);
        let web = pod(json!({"containers": [{"name": "c", "ports": ports}]}));
        let all = HostPorts::default();
        all.begin([]);
        let mut followed = all.follow();
        all.put(&web, None);
        assert!(!followed.has_changed().unwrap());
        let address = Ipv4Addr::new(10, 0, 0, 1);
        all.put(&web, Some(address));
        let told = followed.borrow_and_update().clone().unwrap();
        let told = told["u"]
            .iter()
            .map(|it| format!("{}/{} {}", it.protocol, it.port, it.to));
        assert_eq!(
            told.collect::<Vec<_>>(),
            ["6/8080 10.0.0.1:80", "17/53 10.0.0.1:53"]
        );
        all.put(&web, Some(address));
        assert!(!followed.has_changed().unwrap());
        all.put(&web, None);
        assert_eq!(*followed.borrow_and_update(), Some(All::new()));
        let own = pod(json!({"hostNetwork": true, "containers": [{"name": "c", "ports": ports}]}));
        all.put(&own, Some(address));
        assert!(!followed.has_changed().unwrap());
    }

    #[test]
    fn nothing_is_told_before_it_is_known_which_pods_run() {
        let pod = |uid: &str, port: Value| {
            let spec = json!({"containers": [{"name": "c", "ports": [port]}]});
            Pod::read(&json!({"metadata": {"name": "p", "uid": uid}, "spec": spec})).unwrap()
        };
        let at = Ipv4Addr::new(10, 0, 0, 1);
        let web = pod("web", json!({"containerPort": 80, "hostPort": 8080}));
        let plain = pod("plain", json!({"containerPort": 80}));
        let all = HostPorts::default();
        let mut followed = all.follow();
        assert_eq!(*followed.borrow_and_update(), None);
        all.begin([(web.clone(), at), (plain, at)]);
        let told = followed.borrow_and_update().clone().unwrap();
        assert_eq!(told, All::from([("web".to_owned(), of(&web, at))]));
        // Its worker knows it as it was found.
        all.put(&web, Some(at));
        assert!(!followed.has_changed().unwrap());
    }

    #[test]
    fn only_the_nodes_own_address_has_ports() {
        for (more, expected) in [
            (json!({}), None),
            (json!({"hostIP": "0.0.0.0"}), None),
            (json!({"hostIP": "10.0.0.9"}), None),
            (json!({"hostIP": "127.0.0.1"}), None),
            (
                json!({"hostIP": "10.0.0.8"}),
                Some("hostIP other than the node's own"),
            ),
            (
                json!({"hostIP": "::1"}),
                Some("hostIP other than the node's own"),
            ),
            (json!({"protocol": "SCTP"}), Some("hostPort of SCTP")),
        ] {
            let mut port = json!({"containerPort": 80, "hostPort": 80});
            for (name, value) in more.as_object().unwrap() {
                port[name] = value.clone();
            }
            let pod = pod(json!({"containers": [{"name": "c", "ports": [port]}]}));
            let refused = refused(&pod.spec.containers[0].ports[0], "10.0.0.9");
            assert_eq!(refused, expected, "{more}");
        }
    }

    #[test]
    fn pods_share_a_number_at_addresses_or_protocols_that_do_not_meet() {
        let taken = |ports: &[(&str, &str)]| {
            let ports = ports.iter().map(|(at, protocol)| {
                json!({"containerPort": 80, "hostPort": 80, "hostIP": at, "protocol": protocol})
            });
            let ports: Vec<_> = ports.collect();
            taken(&pod(json!({"containers": [{"name": "c", "ports": ports}]})))
        };
        for (one, other, expected) in [
            (("", "TCP"), ("", "TCP"), false),
            (("", "TCP"), ("", "UDP"), true),
            (("", "TCP"), ("127.0.0.1", "TCP"), false),
            (("10.0.0.9", "TCP"), ("0.0.0.0", "TCP"), false),
            (("10.0.0.9", "TCP"), ("127.0.0.1", "TCP"), true),
            (("10.0.0.9", "TCP"), ("10.0.0.9", "TCP"), false),
            (("127.0.0.1", "TCP"), ("127.0.0.2", "TCP"), true),
        ] {
            let (one, other) = (taken(&[one]), taken(&[other]));
            assert_eq!(are_disjoint(&one, &other), expected, "{one:?} {other:?}");
            assert_eq!(are_disjoint(&other, &one), expected);
        }
    }

    #[test]
    fn of_ports_without_end_some_count() {
        let ports: Vec<Value> = (1..20_000)
            .map(|it| json!({"containerPort": it, "hostPort": it}))
            .collect();
        let it = pod(json!({"containers": [{"name": "c", "ports": ports}]}));
        assert_eq!(taken(&it).len(), MOST);
        assert_eq!(of(&it, Ipv4Addr::LOCALHOST).len(), MOST);
    }
}
