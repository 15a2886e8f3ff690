//! The endpoint slices of a service: pure. Slices are changed as little as possible, since every node reads every change.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde_json::{Map, Value, json};
use wharf_kube_client::{Object, Ref, kind};

use crate::pods::{is_over, is_ready};

pub const SERVICE_NAME: &str = "kubernetes.io/service-name";
pub const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const OURS: &str = "endpointslice-controller.k8s.io";
const HEADLESS: &str = "service.kubernetes.io/headless";
/// Endpoints in a slice.
const MOST: usize = 100;

#[derive(Debug, PartialEq)]
pub enum Write {
    Create(Value),
    Update(Value),
    Delete(Arc<Value>),
}

pub fn is_ours(slice: &Value) -> bool {
    slice.label(MANAGED_BY) == Some(OURS)
}

/// Whether a change of a pod may change endpoints.
pub fn matters(old: &Value, new: &Value) -> bool {
    let facts = |it: &Value| {
        (
            is_ready(it),
            is_over(it),
            it.is_deleting(),
            it.at("/status/podIPs").clone(),
            it.text("/status/podIP").to_owned(),
            it.at("/metadata/labels").clone(),
            it.text("/spec/nodeName").to_owned(),
        )
    };
    facts(old) != facts(new)
}

/// The addresses of a pod in one family.
fn address<'a>(pod: &'a Value, family: &str) -> Option<&'a str> {
    let is_of_family = |it: &&str| it.contains(':') == (family == "IPv6") && !it.is_empty();
    let all = pod.list("/status/podIPs").iter().map(|it| it.text("/ip"));
    let first = std::iter::once(pod.text("/status/podIP"));
    all.chain(first).find(is_of_family)
}

pub fn protocol(port: &Value) -> &str {
    match port.text("/protocol") {
        "" => "TCP",
        protocol => protocol,
    }
}

/// The port of a pod that a service's port leads to.
pub fn target(port: &Value, pod: &Value) -> Option<i64> {
    match port.at("/targetPort") {
        Value::String(name) => {
            let init = pod.list("/spec/initContainers").iter();
            let init = init.filter(|it| it.text("/restartPolicy") == "Always");
            let containers = pod.list("/spec/containers").iter().chain(init);
            let mut ports = containers.flat_map(|it| it.list("/ports"));
            let found = ports.find(|it| it.text("/name") == name && protocol(it) == protocol(port));
            found?.integer("/containerPort")
        }
        number => number
            .as_i64()
            .filter(|it| *it > 0)
            .or(port.integer("/port")),
    }
}

fn ports(service: &Value, pod: &Value) -> Vec<Value> {
    let ports = service.list("/spec/ports").iter().filter_map(|port| {
        let mut found = json!({
            "name": port.text("/name"), "port": target(port, pod)?, "protocol": protocol(port),
        });
        if !port.text("/appProtocol").is_empty() {
            found["appProtocol"] = port["appProtocol"].clone();
        }
        Some(found)
    });
    ports.collect()
}

/// What slices with the same ports have in common, however these are written: in what order, with or without what is
/// so by default.
pub fn by(ports: &[Value]) -> String {
    let port = |it: &Value| {
        let (name, app) = (it.text("/name"), it.text("/appProtocol"));
        let (number, protocol) = (it.integer("/port"), protocol(it));
        format!("{name:?} {number:?} {protocol:?} {app:?}")
    };
    let mut all: Vec<String> = ports.iter().map(port).collect();
    all.sort();
    all.join(", ")
}

fn endpoint(service: &Value, pod: &Value, address: &str, zone: Option<String>) -> Value {
    let serving = is_ready(pod);
    let terminating = pod.is_deleting();
    let publishes = service.is_true("/spec/publishNotReadyAddresses");
    let mut endpoint = json!({
        "addresses": [address],
        "conditions": {
            "ready": publishes || serving && !terminating, "serving": serving, "terminating": terminating,
        },
        "targetRef": {
            "kind": "Pod", "namespace": pod.namespace(), "name": pod.name(), "uid": pod.uid(),
        },
    });
    let node = pod.text("/spec/nodeName");
    if !node.is_empty() {
        endpoint["nodeName"] = node.into();
    }
    if let Some(zone) = zone {
        endpoint["zone"] = zone.into();
    }
    if let Some(hints) = hints(service, &endpoint) {
        endpoint["hints"] = hints;
    }
    let hostname = pod.text("/spec/hostname");
    if !hostname.is_empty() && pod.text("/spec/subdomain") == service.name() {
        endpoint["hostname"] = hostname.into();
    }
    endpoint
}

/// Whose traffic an endpoint that is ready is to have, by the service's `trafficDistribution`.
fn hints(service: &Value, endpoint: &Value) -> Option<Value> {
    let of_node = match service.text("/spec/trafficDistribution") {
        // The former is the latter's old name.
        "PreferClose" | "PreferSameZone" => false,
        "PreferSameNode" => true,
        _ => return None,
    };
    if !endpoint.is_true("/conditions/ready") {
        return None;
    }
    let mut hints = Map::new();
    for (of, hint, is_wanted) in [
        ("/zone", "forZones", true),
        ("/nodeName", "forNodes", of_node),
    ] {
        let name = endpoint.text(of);
        if is_wanted && !name.is_empty() {
            hints.insert(hint.to_owned(), json!([{"name": name}]));
        }
    }
    (!hints.is_empty()).then_some(hints.into())
}

/// What to write. `there` are all slices that name the service.
pub fn plan(
    service: &Value,
    pods: &[Arc<Value>],
    there: &[Arc<Value>],
    zone_of: &dyn Fn(&str) -> Option<String>,
) -> Vec<Write> {
    if service.is_deleting() {
        return Vec::new();
    }
    let named = service.list("/spec/ipFamilies").iter();
    let mut families: Vec<&str> = named.filter_map(Value::as_str).collect();
    if families.is_empty() {
        families.push("IPv4");
    }
    let ours: Vec<&Arc<Value>> = there
        .iter()
        .filter(|it| is_ours(it) && !it.is_deleting())
        .collect();
    let mut writes = Vec::new();
    for slice in &ours {
        if !families.contains(&slice.text("/addressType")) {
            writes.push(Write::Delete(Arc::clone(slice)));
        }
    }
    for family in families {
        // By the ports they have: those that named ports lead to may differ between pods.
        let mut wanted: BTreeMap<String, (Vec<Value>, BTreeMap<String, Value>)> = BTreeMap::new();
        for pod in pods.iter().filter(|it| !is_over(it)) {
            let Some(address) = address(pod, family) else {
                continue;
            };
            let ports = ports(service, pod);
            let zone = zone_of(pod.text("/spec/nodeName"));
            let endpoint = endpoint(service, pod, address, zone);
            let group = wanted.entry(by(&ports));
            let (_, endpoints) = group.or_insert_with(|| (ports, BTreeMap::new()));
            endpoints.insert(pod.uid().to_owned(), endpoint);
        }
        let of_family = ours.iter().filter(|it| it.text("/addressType") == family);
        let of_family: Vec<&Arc<Value>> = of_family.copied().collect();
        writes.extend(of_one_family(service, family, wanted, &of_family));
    }
    writes
}

fn of_one_family(
    service: &Value,
    family: &str,
    wanted: BTreeMap<String, (Vec<Value>, BTreeMap<String, Value>)>,
    there: &[&Arc<Value>],
) -> Vec<Write> {
    let mut writes = Vec::new();
    let mut by_ports: HashMap<String, Vec<&Arc<Value>>> = HashMap::new();
    for slice in there {
        by_ports
            .entry(by(slice.list("/ports")))
            .or_default()
            .push(slice);
    }
    let is_empty = wanted.is_empty();
    for (key, (ports, mut endpoints)) in wanted {
        let mut kept: Vec<(&Arc<Value>, Vec<Value>)> = Vec::new();
        for slice in by_ports.remove(&key).unwrap_or_default() {
            let stay = slice.list("/endpoints").iter();
            let stay = stay.filter_map(|it| endpoints.remove(it.text("/targetRef/uid")));
            kept.push((slice, stay.collect()));
        }
        // What is new goes where there is room, where something changes anyway first.
        kept.sort_by_key(|(slice, stay)| slice.list("/endpoints") == stay.as_slice());
        let mut new = endpoints.into_values();
        for (_, stay) in &mut kept {
            let room = MOST.saturating_sub(stay.len());
            stay.extend(new.by_ref().take(room));
        }
        for (slice, endpoints) in kept {
            if endpoints.is_empty() {
                writes.push(Write::Delete(slice.clone()));
            } else {
                writes.extend(changed(service, slice, endpoints));
            }
        }
        let rest: Vec<Value> = new.collect();
        for endpoints in rest.chunks(MOST) {
            let slice = made(service, family, &ports, endpoints);
            writes.push(Write::Create(slice));
        }
    }
    let mut left = by_ports.into_values().flatten();
    if is_empty {
        // One without endpoints says that there are none.
        match left.next() {
            None => writes.push(Write::Create(made(service, family, &[], &[]))),
            Some(slice) if slice.list("/endpoints").is_empty() => {
                writes.extend(changed(service, slice, Vec::new()));
            }
            Some(slice) => {
                let mut emptied = Value::clone(slice);
                emptied["endpoints"] = json!([]);
                emptied["ports"] = json!([]);
                writes.push(Write::Update(emptied));
            }
        }
    }
    writes.extend(left.map(|it| Write::Delete(it.clone())));
    writes
}

fn changed(service: &Value, slice: &Arc<Value>, endpoints: Vec<Value>) -> Option<Write> {
    let labels = labels(service);
    let is_same =
        slice.list("/endpoints") == endpoints.as_slice() && slice.at("/metadata/labels") == &labels;
    if is_same {
        return None;
    }
    let mut slice = Value::clone(slice);
    slice["endpoints"] = endpoints.into();
    slice["metadata"]["labels"] = labels;
    Some(Write::Update(slice))
}

/// The service's own labels, and whose slice it is.
fn labels(service: &Value) -> Value {
    let mut labels = service.map("/metadata/labels").cloned().unwrap_or_default();
    labels.shift_remove(HEADLESS);
    labels.insert(SERVICE_NAME.to_owned(), service.name().into());
    labels.insert(MANAGED_BY.to_owned(), OURS.into());
    if service.text("/spec/clusterIP") == "None" {
        labels.insert(HEADLESS.to_owned(), "".into());
    }
    labels.into()
}

fn made(service: &Value, family: &str, ports: &[Value], endpoints: &[Value]) -> Value {
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "generateName": format!("{}-", service.name()), "namespace": service.namespace(),
            "labels": labels(service),
            "ownerReferences": [Ref::of(&kind::SERVICE, service).as_controller()],
        },
        "addressType": family, "ports": ports, "endpoints": endpoints,
    })
}
