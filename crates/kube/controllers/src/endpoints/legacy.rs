//! Endpoints, as they were before slices: pure.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};
use wharf_kube_client::Object;

use super::slices::target;
use crate::pods::{is_over, is_ready};

const MANAGED_BY: &str = "endpoints.kubernetes.io/managed-by";
const OURS: &str = "endpoint-controller";
const HEADLESS: &str = "service.kubernetes.io/headless";
/// Addresses in an object, ready ones first.
const MOST: usize = 1000;

pub fn is_ours(endpoints: &Value) -> bool {
    endpoints.label(MANAGED_BY) == Some(OURS)
}

/// All addresses of a service by the ports they have, in a fixed order.
pub fn endpoints(service: &Value, pods: &[Arc<Value>]) -> Value {
    let publishes = service.is_true("/spec/publishNotReadyAddresses");
    let is_wanted = |pod: &&Arc<Value>| {
        !is_over(pod) && !pod.text("/status/podIP").is_empty() && (publishes || !pod.is_deleting())
    };
    let mut pods: Vec<&Arc<Value>> = pods.iter().filter(is_wanted).collect();
    let is_up = |pod: &Value| publishes || is_ready(pod);
    pods.sort_by_key(|it| (!is_up(it), it.text("/status/podIP").to_owned()));
    pods.truncate(MOST);
    let mut subsets: BTreeMap<String, Value> = BTreeMap::new();
    for pod in pods {
        let ports = ports(service, pod);
        let has_none = ports.list("").is_empty();
        if has_none && !service.list("/spec/ports").is_empty() {
            continue;
        }
        let subset = subsets
            .entry(ports.to_string())
            .or_insert_with(|| match has_none {
                true => json!({}),
                false => json!({"ports": ports}),
            });
        let list = if is_up(pod) {
            "addresses"
        } else {
            "notReadyAddresses"
        };
        let mut all = subset.list(&format!("/{list}")).to_vec();
        all.push(address(service, pod));
        subset[list] = all.into();
    }
    let mut labels = service.map("/metadata/labels").cloned().unwrap_or_default();
    labels.insert(MANAGED_BY.to_owned(), OURS.into());
    if service.text("/spec/clusterIP") == "None" {
        labels.insert(HEADLESS.to_owned(), "".into());
    }
    let subsets: Vec<Value> = subsets.into_values().collect();
    json!({
        "apiVersion": "v1", "kind": "Endpoints",
        "metadata": {"name": service.name(), "namespace": service.namespace(), "labels": labels},
        "subsets": subsets,
    })
}

fn ports(service: &Value, pod: &Value) -> Value {
    let ports = service.list("/spec/ports").iter().filter_map(|port| {
        let mut found = json!({"port": target(port, pod)?});
        found["protocol"] = match port.text("/protocol") {
            "" => "TCP".into(),
            protocol => protocol.into(),
        };
        for name in ["name", "appProtocol"] {
            if !port[name].is_null() && port[name] != "" {
                found[name] = port[name].clone();
            }
        }
        Some(found)
    });
    ports.collect()
}

fn address(service: &Value, pod: &Value) -> Value {
    let mut address = json!({
        "ip": pod.text("/status/podIP"),
        "targetRef": {
            "kind": "Pod", "namespace": pod.namespace(), "name": pod.name(), "uid": pod.uid(),
        },
    });
    let node = pod.text("/spec/nodeName");
    if !node.is_empty() {
        address["nodeName"] = node.into();
    }
    let hostname = pod.text("/spec/hostname");
    if !hostname.is_empty() && pod.text("/spec/subdomain") == service.name() {
        address["hostname"] = hostname.into();
    }
    address
}
