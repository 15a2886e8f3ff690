//! `hostPort`: ports of the node's address that lead to ports of its pods. Here is kept which are; who follows them has them led.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, SocketAddrV4},
};

use tokio::sync::watch;

use crate::pod::{Pod, Port};

/// Host ports of one pod.
const MOST: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPort {
    /// Its number in an IP packet.
    pub protocol: u8,
    pub port: u16,
    pub to: SocketAddrV4,
}

/// By uids of pods.
pub type All = BTreeMap<String, Vec<HostPort>>;

/// The host ports of the pods of one node.
#[derive(Debug, Default)]
pub struct HostPorts(watch::Sender<All>);

impl HostPorts {
    pub fn follow(&self) -> watch::Receiver<All> {
        self.0.subscribe()
    }

    /// What a pod has now: nothing while it has no address.
    pub(crate) fn put(&self, pod: &Pod, address: Option<Ipv4Addr>) {
        let now = address.map(|it| of(pod, it)).unwrap_or_default();
        let uid = &pod.metadata.uid;
        self.0.send_if_modified(|all| match now.is_empty() {
            true => all.remove(uid).is_some(),
            false if all.get(uid) == Some(&now) => false,
            false => {
                all.insert(uid.clone(), now);
                true
            }
        });
    }
}

fn of(pod: &Pod, address: Ipv4Addr) -> Vec<HostPort> {
    if pod.spec.host_network {
        return Vec::new();
    }
    let all = ports(pod).map(|(protocol, port, to)| HostPort {
        protocol,
        port,
        to: SocketAddrV4::new(address, to),
    });
    all.take(MOST).collect()
}

/// Protocol, port of the node and of the pod. Containers that end before others start have no ports for anybody.
fn ports(pod: &Pod) -> impl Iterator<Item = (u8, u16, u16)> {
    let init = pod.spec.init_containers.iter();
    let sidecars = init.filter(|it| it.is_sidecar());
    let all = pod.spec.containers.iter().chain(sidecars);
    let all = all.flat_map(|it| &it.ports);
    all.filter_map(|it| Some((protocol(it)?, wanted(it)?, it.container_port)))
}

/// What a pod takes of its node's ports; one in the node's own network has those that it names.
pub(crate) fn taken(pod: &Pod) -> BTreeSet<(u8, u16)> {
    ports(pod)
        .map(|(protocol, port, _)| (protocol, port))
        .collect()
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
    let at = port.host_ip.as_deref().unwrap_or_default();
    let is_node = ["", "0.0.0.0", "::"].contains(&at) || at == node;
    (!is_node).then_some("hostIP other than the node's own")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(spec: serde_json::Value) -> Pod {
        Pod::read(&json!({"metadata": {"name": "p", "uid": "u"}, "spec": spec})).unwrap()
    }

    #[test]
    fn ports_of_a_pod_are_told_for_as_long_as_it_has_an_address() {
        let ports = json!([{"containerPort": 80, "hostPort": 8080}, {"containerPort": 81},
            {"containerPort": 53, "hostPort": 53, "protocol": "UDP"}]);
        let web = pod(json!({"containers": [{"name": "c", "ports": ports}]}));
        let all = HostPorts::default();
        let mut followed = all.follow();
        all.put(&web, None);
        assert!(!followed.has_changed().unwrap());
        let address = Ipv4Addr::new(10, 0, 0, 1);
        all.put(&web, Some(address));
        let told: Vec<_> = followed.borrow_and_update()["u"].clone();
        let told = told
            .iter()
            .map(|it| format!("{}/{} {}", it.protocol, it.port, it.to));
        assert_eq!(
            told.collect::<Vec<_>>(),
            ["6/8080 10.0.0.1:80", "17/53 10.0.0.1:53"]
        );
        all.put(&web, Some(address));
        assert!(!followed.has_changed().unwrap());
        all.put(&web, None);
        assert!(followed.borrow_and_update().is_empty());
        let own = pod(json!({"hostNetwork": true, "containers": [{"name": "c", "ports": ports}]}));
        all.put(&own, Some(address));
        assert!(!followed.has_changed().unwrap());
    }

    #[test]
    fn only_the_nodes_own_address_has_ports() {
        for (more, expected) in [
            (json!({}), None),
            (json!({"hostIP": "0.0.0.0"}), None),
            (json!({"hostIP": "10.0.0.9"}), None),
            (
                json!({"hostIP": "127.0.0.1"}),
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
}
