//! Where the pods behind a port of a service are. Pure.
//!
//! An address counts only as that of a pod which the platform itself gave it to: what a slice says is its writers', and a load balancer
//! must not be led to machines of others by it.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::Value;
use wharf_kube_client::{Change, Object as _};

use crate::stack::Target;

/// `[{"eniId": …, "privateIp": …}]`, written by the platform alone.
pub const POD_ENI: &str = "vpc.amazonaws.com/pod-eni";
/// Of one target group, as load balancing bounds them.
pub const MOST_TARGETS: usize = 1000;

/// A port of a service as an Ingress names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PortRef {
    Number(i64),
    Name(String),
}

impl PortRef {
    pub fn of_text(text: &str) -> Self {
        text.parse()
            .map_or_else(|_| Self::Name(text.to_owned()), Self::Number)
    }

    /// The port of a service's `spec.ports`.
    pub fn find<'a>(&self, service: &'a Value) -> Option<&'a Value> {
        let mut ports = service.list("/spec/ports").iter();
        ports.find(|port| match self {
            Self::Number(number) => port.integer("/port") == Some(*number),
            Self::Name(name) => port.text("/name") == name,
        })
    }
}

/// The number of a port's target; any where that is a name, as targets say their own.
pub fn target_port(port: &Value) -> u16 {
    let number = port.integer("/targetPort").or(port.integer("/port"));
    let number = number.and_then(|it| u16::try_from(it).ok());
    number.filter(|it| *it != 0).unwrap_or(1)
}

/// Pods that answer behind a port of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    pub targets: BTreeSet<Target>,
    /// The interfaces of their pods.
    pub interfaces: BTreeSet<String>,
    /// Addresses that are of no pod with an interface of its own.
    pub others: usize,
}

/// The interface of a pod: its id and its address.
fn interface(pod: &Value) -> Option<(String, String)> {
    let told: Value = serde_json::from_str(pod.annotation(POD_ENI)?).ok()?;
    let (id, address) = (told.text("/0/eniId"), told.text("/0/privateIp"));
    (!id.is_empty() && !address.is_empty()).then(|| (id.to_owned(), address.to_owned()))
}

/// `pods` are by their names, of the namespace of the service.
pub fn find(
    port: &Value,
    slices: &[Arc<Value>],
    pod: &dyn Fn(&str) -> Option<Arc<Value>>,
) -> Found {
    let mut found = Found::default();
    let name = port.text("/name");
    let protocol = |it: &Value| match it.text("/protocol") {
        "" => "TCP".to_owned(),
        given => given.to_owned(),
    };
    for slice in slices {
        if slice.text("/addressType") != "IPv4" {
            continue;
        }
        let ports = slice.list("/ports").iter();
        let mut ports =
            ports.filter(|it| it.text("/name") == name && protocol(it) == protocol(port));
        let number = ports.next().and_then(|it| it.integer("/port"));
        let number = number.and_then(|it| u16::try_from(it).ok());
        let Some(number) = number.filter(|it| *it != 0) else {
            continue;
        };
        for endpoint in slice.list("/endpoints") {
            if endpoint.at("/conditions/ready") == &Value::Bool(false) {
                continue;
            }
            let referred = match endpoint.text("/targetRef/kind") {
                "Pod" => pod(endpoint.text("/targetRef/name")),
                _ => None,
            };
            let of_pod = referred.as_deref().and_then(interface);
            let said = endpoint.list("/addresses").first().and_then(Value::as_str);
            match of_pod {
                Some((id, address)) if said == Some(address.as_str()) => {
                    if found.targets.len() < MOST_TARGETS {
                        found.interfaces.insert(id);
                        found.targets.insert(Target {
                            id: address,
                            port: number,
                        });
                    }
                }
                _ => found.others += 1,
            }
        }
    }
    found
}

/// Whether a change of a pod may be news of its interface.
pub fn is_new_interface(change: &Change) -> bool {
    match change {
        Change::Changed { old, new } => old.annotation(POD_ENI) != new.annotation(POD_ENI),
        Change::Added(_) => true,
        Change::Deleted(_) => false,
    }
}

/// What is known of services when stacks are made.
pub trait Services {
    fn service(&self, namespace: &str, name: &str) -> Option<Arc<Value>>;
    fn slices(&self, namespace: &str, service: &str) -> Vec<Arc<Value>>;
    fn pod(&self, namespace: &str, name: &str) -> Option<Arc<Value>>;
    fn nodes(&self) -> Vec<Arc<Value>>;
    fn secret(&self, namespace: &str, name: &str) -> Option<Arc<Value>>;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(id: &str, address: &str) -> Arc<Value> {
        let told = json!([{"eniId": id, "privateIp": address}]).to_string();
        Arc::new(json!({"metadata": {"annotations": {(POD_ENI): told}}}))
    }

    #[test]
    fn ready_pods_with_interfaces_of_their_own() {
        let endpoint = |address: &str, pod: &str, ready: bool| {
            json!({"addresses": [address], "conditions": {"ready": ready},
                "targetRef": {"kind": "Pod", "name": pod}})
        };
        let slice = Arc::new(json!({
            "addressType": "IPv4",
            "ports": [{"name": "web", "port": 8080, "protocol": "TCP"}, {"name": "web", "port": 53, "protocol": "UDP"}],
            "endpoints": [
                endpoint("10.0.0.1", "a", true), endpoint("10.0.0.2", "b", false),
                // Of somebody else, of nobody, of no pod.
                endpoint("10.0.0.9", "a", true), endpoint("10.0.0.3", "c", true),
                {"addresses": ["10.0.0.4"]},
            ],
        }));
        let pods = |name: &str| match name {
            "a" => Some(pod("eni-a", "10.0.0.1")),
            "b" => Some(pod("eni-b", "10.0.0.2")),
            _ => None,
        };
        let found = find(
            &json!({"name": "web", "port": 80}),
            std::slice::from_ref(&slice),
            &pods,
        );
        let expected = Target {
            id: "10.0.0.1".to_owned(),
            port: 8080,
        };
        assert_eq!(found.targets, BTreeSet::from([expected]));
        assert_eq!(found.interfaces, BTreeSet::from(["eni-a".to_owned()]));
        assert_eq!(found.others, 3);
        let other = find(
            &json!({"name": "admin"}),
            std::slice::from_ref(&slice),
            &pods,
        );
        assert_eq!(other, Found::default());
        for none in [0, 65_536, -1] {
            let mut slice = (*slice).clone();
            slice["ports"][0]["port"] = none.into();
            let none = find(&json!({"name": "web"}), &[Arc::new(slice)], &pods);
            assert_eq!(none, Found::default());
        }
    }

    #[test]
    fn ports_by_number_and_name() {
        let service =
            json!({"spec": {"ports": [{"name": "a", "port": 80}, {"name": "b", "port": 81}]}});
        let found = |text: &str| {
            PortRef::of_text(text)
                .find(&service)
                .map(|it| it.text("/name"))
        };
        assert_eq!(found("81"), Some("b"));
        assert_eq!(found("a"), Some("a"));
        assert_eq!(found("c"), None);
    }
}
