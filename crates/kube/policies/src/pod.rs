//! What a pod is to policies.

use std::{net::Ipv4Addr, sync::Arc};

use serde_json::{Map, Value, json};
use wharf_kube_client::Object;

use crate::{Key, policy::protocol};

/// Where the controller of pods' interfaces tells of them, before a pod runs; nobody else may write it.
const POD_ENI: &str = "vpc.amazonaws.com/pod-eni";

/// Ports of a pod that have a name: each is compared with every name that policies speak of. Further ones are nobody's.
const MOST_PORTS: usize = 1000;

#[derive(Debug, Clone, PartialEq)]
pub struct Pod {
    pub namespace: Arc<str>,
    pub name: Arc<str>,
    pub uid: Arc<str>,
    /// Empty before it has one.
    pub node: Arc<str>,
    pub labels: Map<String, Value>,
    /// `None` while it has none of its own, or once it has ended and another may have it.
    pub address: Option<Ipv4Addr>,
    /// Ports that have a name, by the number of their protocol.
    pub ports: Vec<(u8, Arc<str>, u16)>,
}

impl Pod {
    pub fn read(object: &Value) -> Self {
        let has_ended = matches!(object.text("/status/phase"), "Succeeded" | "Failed");
        let has_none = has_ended || object.is_true("/spec/hostNetwork");
        let containers = ["/spec/initContainers", "/spec/containers"];
        let containers = containers.into_iter().flat_map(|it| object.list(it));
        let ports = containers.flat_map(|it| it.list("/ports"));
        let ports = ports.filter_map(|it| {
            let name = Some(it.text("/name")).filter(|it| !it.is_empty())?;
            let number = u16::try_from(it.integer("/containerPort")?).ok()?;
            Some((protocol(it)?, Arc::from(name), number))
        });
        Self {
            namespace: object.namespace().into(),
            name: object.name().into(),
            uid: object.uid().into(),
            node: object.text("/spec/nodeName").into(),
            labels: object.map("/metadata/labels").cloned().unwrap_or_default(),
            address: address(object).filter(|_| !has_none),
            ports: ports.take(MOST_PORTS).collect(),
        }
    }

    /// The cluster's name service, which nodes are themselves: to policies it is the pod that clusters have for it elsewhere. No pod of
    /// the API has an empty name.
    pub fn name_service(address: Ipv4Addr) -> Self {
        const DNS: u16 = 53;
        let labels = json!({"k8s-app": "kube-dns"});
        Self {
            namespace: "kube-system".into(),
            name: "".into(),
            uid: "".into(),
            node: "".into(),
            labels: labels.as_object().cloned().unwrap_or_default(),
            address: Some(address),
            ports: vec![(17, "dns".into(), DNS), (6, "dns-tcp".into(), DNS)],
        }
    }

    pub fn key(&self) -> Key {
        (self.namespace.clone(), self.name.clone())
    }
}

fn address(object: &Value) -> Option<Ipv4Addr> {
    let told = object.annotation(POD_ENI);
    let told = told.and_then(|it| serde_json::from_str::<Value>(it).ok());
    let told = told.and_then(|it| it.text("/0/privateIp").parse().ok());
    told.or_else(|| object.text("/status/podIP").parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_known_before_the_pod_runs_and_forgotten_when_it_ended() {
        let told = json!([{"privateIp": "10.0.0.7"}]).to_string();
        let mut object = json!({
            "metadata": {"namespace": "n", "name": "p", "annotations": {POD_ENI: told}},
            "spec": {"containers": [{"ports": [
                {"name": "web", "containerPort": 80}, {"containerPort": 81},
                {"name": "talk", "containerPort": 82, "protocol": "UDP"}, {"name": "odd", "containerPort": 83, "protocol": "?"},
            ]}]},
        });
        let pod = Pod::read(&object);
        assert_eq!(pod.address, Some(Ipv4Addr::new(10, 0, 0, 7)));
        assert_eq!(pod.ports, [(6, "web".into(), 80), (17, "talk".into(), 82)]);
        object["status"] = json!({"phase": "Failed", "podIP": "10.0.0.7"});
        assert_eq!(Pod::read(&object).address, None);
        object["status"]["phase"] = "Running".into();
        object["metadata"]["annotations"] = json!({});
        assert_eq!(Pod::read(&object).address, Some(Ipv4Addr::new(10, 0, 0, 7)));
        object["spec"]["hostNetwork"] = true.into();
        assert_eq!(Pod::read(&object).address, None);
    }

    #[test]
    fn of_ports_without_end_some_are_read() {
        let ports = |count: usize| -> Vec<Value> {
            let all = (1..=count).map(|it| json!({"name": format!("p{it}"), "containerPort": it}));
            all.collect()
        };
        for (count, read) in [(10, 10), (MOST_PORTS, MOST_PORTS), (20_000, MOST_PORTS)] {
            let object = json!({"metadata": {}, "spec": {"containers": [{"ports": ports(count)}]}});
            assert_eq!(Pod::read(&object).ports.len(), read);
        }
    }
}
