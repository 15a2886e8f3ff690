//! Addresses and ports of services: each is a key of its own, that of an IPAddress or a claim, in the transaction that writes the
//! service, so none is given twice and none is lost.

use std::{
    collections::{HashMap, HashSet},
    net::{IpAddr, Ipv4Addr},
};

use ipnet::Ipv4Net;
use rand::Rng;
use serde_json::{Value, json};
use wharf_kube_model::{
    field::{Errors, FieldError, Path},
    view::text_at,
};

/// Ports of nodes that services may have.
pub const NODE_PORTS: std::ops::RangeInclusive<u16> = 30000..=32767;

/// Ports of one service: each may be a key of the transaction that writes it.
const MOST_PORTS: usize = 100;

/// What a service holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    Address(Ipv4Addr),
    NodePort(u16),
}

/// The claim to a port, below the folder of claims.
pub fn port_path(port: u16) -> String {
    format!("port/{port}")
}

fn has_address(service: &Value) -> bool {
    text_at(service, &["spec", "type"]) != "ExternalName"
        && text_at(service, &["spec", "clusterIP"]) != "None"
}

fn has_node_ports(service: &Value) -> bool {
    match text_at(service, &["spec", "type"]) {
        "NodePort" => true,
        "LoadBalancer" => service["spec"]["allocateLoadBalancerNodePorts"] != false,
        _ => false,
    }
}

/// Whether ports of nodes that it says are its own.
fn may_have_node_ports(service: &Value) -> bool {
    has_node_ports(service) || text_at(service, &["spec", "type"]) == "LoadBalancer"
}

fn has_health_port(service: &Value) -> bool {
    text_at(service, &["spec", "type"]) == "LoadBalancer"
        && text_at(service, &["spec", "externalTrafficPolicy"]) == "Local"
}

/// All that a service holds, as it is written.
pub fn claims(service: &Value) -> Vec<Claim> {
    let mut all = Vec::new();
    if has_address(service) {
        let address = text_at(service, &["spec", "clusterIP"]).parse();
        all.extend(address.ok().map(Claim::Address));
    }
    let ports = service["spec"]["ports"].as_array().into_iter().flatten();
    let ports = ports.map(|it| &it["nodePort"]);
    let ports = ports.chain([&service["spec"]["healthCheckNodePort"]]);
    let ports = ports.filter_map(|it| u16::try_from(it.as_u64()?).ok());
    all.extend(ports.filter(|it| *it > 0).map(Claim::NodePort));
    all.sort();
    all.dedup();
    all
}

/// Gives a service what it needs and does not say. `old` is what it was; new addresses are of `ranges`, the first ones first; `is_free`
/// knows what others hold.
pub fn allocate(
    service: &mut Value,
    old: Option<&Value>,
    ranges: &[Ipv4Net],
    is_free: impl Fn(&Claim) -> bool,
) -> Vec<FieldError> {
    let mut errors = Errors::new();
    let held = old.map(claims).unwrap_or_default();
    let is_free = |claim: &Claim| held.contains(claim) || is_free(claim);
    if let Some(old) = old {
        let_go(service, old, &held);
    }
    keep_address(service, old);
    address(service, &held, ranges, &is_free, &mut errors);
    node_ports(service, old, &is_free, &mut errors);
    errors.into_vec()
}

/// Who changes the type of a service and leaves what the former one gave it means to give that back.
fn let_go(service: &mut Value, old: &Value, held: &[Claim]) {
    let may_have = may_have_node_ports(service);
    let is_external = text_at(service, &["spec", "type"]) == "ExternalName";
    let is_held = |port: &Value| {
        let number = port["nodePort"]
            .as_u64()
            .and_then(|it| u16::try_from(it).ok());
        number.is_some_and(|it| held.contains(&Claim::NodePort(it)))
    };
    let loses_health = !has_health_port(service);
    let Some(spec) = service["spec"].as_object_mut() else {
        return;
    };
    if !may_have {
        let ports = spec.get_mut("ports").and_then(Value::as_array_mut);
        for port in ports.into_iter().flatten().filter(|it| is_held(it)) {
            if let Some(port) = port.as_object_mut() {
                port.shift_remove("nodePort");
            }
        }
    }
    let is_same = |spec: &serde_json::Map<String, Value>, name: &str| {
        spec.get(name).is_some_and(|it| *it == old["spec"][name])
    };
    if loses_health && is_same(spec, "healthCheckNodePort") {
        spec.shift_remove("healthCheckNodePort");
    }
    if is_external && is_same(spec, "clusterIP") {
        for name in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
            spec.shift_remove(name);
        }
    }
}

/// A client that does not say the address means the one that the service has.
fn keep_address(service: &mut Value, old: Option<&Value>) {
    let Some(old) = old.filter(|old| has_address(old)) else {
        return;
    };
    if has_address(service) && text_at(service, &["spec", "clusterIP"]).is_empty() {
        service["spec"]["clusterIP"] = old["spec"]["clusterIP"].clone();
    }
}

fn address(
    service: &mut Value,
    held: &[Claim],
    ranges: &[Ipv4Net],
    is_free: &impl Fn(&Claim) -> bool,
    errors: &mut Errors,
) {
    let spec = Path::root("spec");
    let path = spec.child("clusterIPs");
    if !has_address(service) {
        // An address of what has none is told to be wrong when the service is judged.
        if text_at(service, &["spec", "type"]) != "ExternalName" {
            service["spec"]["clusterIPs"] = json!(["None"]);
            families(service);
        }
        return;
    }
    let asked = text_at(service, &["spec", "clusterIP"]).to_owned();
    let chosen = if asked.is_empty() {
        let mut free = ranges.iter();
        let free = free.find_map(|range| random_address(*range, is_free));
        if free.is_none() {
            let text = "failed to allocate a serviceIP: range is full";
            errors.invalid(&path, json!([]), text);
        }
        free
    } else {
        let refuse = |why: String, errors: &mut Errors| {
            let text = format!("failed to allocate IP {asked}: {why}");
            errors.invalid(&path, json!([asked]), text);
        };
        match asked.parse::<Ipv4Addr>() {
            // Its range may be gone.
            Ok(address) if held.contains(&Claim::Address(address)) => Some(address),
            Ok(address) if !ranges.iter().any(|it| may_give(*it, address)) => {
                let ranges: Vec<String> = ranges.iter().map(ToString::to_string).collect();
                refuse(
                    format!(
                        "the provided IP ({asked}) is not in the valid range. The range of valid IPs is {}",
                        ranges.join(", ")
                    ),
                    errors,
                );
                None
            }
            Ok(address) if !is_free(&Claim::Address(address)) => {
                refuse("provided IP is already allocated".to_owned(), errors);
                None
            }
            Ok(address) => Some(address),
            // What is no address at all is told of where it stands.
            Err(_) if asked.parse::<IpAddr>().is_err() => None,
            Err(_) => {
                refuse(
                    "it is no IPv4 address, and this cluster has no others".to_owned(),
                    errors,
                );
                None
            }
        }
    };
    if let Some(address) = chosen {
        service["spec"]["clusterIP"] = address.to_string().into();
        service["spec"]["clusterIPs"] = json!([address.to_string()]);
        families(service);
    }
}

fn families(service: &mut Value) {
    service["spec"]["ipFamilies"] = json!(["IPv4"]);
    if !service["spec"]["ipFamilyPolicy"].is_string() {
        service["spec"]["ipFamilyPolicy"] = "SingleStack".into();
    }
}

/// Neither the network's own address nor its broadcast.
fn may_give(range: Ipv4Net, address: Ipv4Addr) -> bool {
    range.contains(&address) && address != range.network() && address != range.broadcast()
}

/// Tries of a random address before all are gone through.
const GUESSES: usize = 64;

fn random_address(range: Ipv4Net, is_free: &impl Fn(&Claim) -> bool) -> Option<Ipv4Addr> {
    let (first, last) = (u32::from(range.network()), u32::from(range.broadcast()));
    let fits = |bits: &u32| {
        let address = Ipv4Addr::from(*bits);
        may_give(range, address) && is_free(&Claim::Address(address))
    };
    let mut rng = rand::rng();
    let mut guesses = std::iter::repeat_with(|| rng.random_range(first..=last)).take(GUESSES);
    let found = guesses.find(fits).or_else(|| (first..=last).find(fits));
    found.map(Ipv4Addr::from)
}

fn node_ports(
    service: &mut Value,
    old: Option<&Value>,
    is_free: &impl Fn(&Claim) -> bool,
    errors: &mut Errors,
) {
    let (wants, may_have) = (has_node_ports(service), may_have_node_ports(service));
    let spec = Path::root("spec");
    let list = spec.child("ports");
    let mut taken: HashSet<u16> = HashSet::new();
    let ports = service.pointer_mut("/spec/ports");
    let ports = ports.and_then(Value::as_array_mut);
    if ports.as_ref().is_some_and(|it| it.len() > MOST_PORTS) {
        errors.invalid(&list, MOST_PORTS, "a service has no more ports than this");
        return;
    }
    // What says one without having any is for validation to tell.
    let ports = ports.filter(|_| may_have);
    // As upstream, a port over several protocols has one port of nodes.
    let mut shared: HashMap<u64, u16> = HashMap::new();
    for port in ports.iter().flat_map(|it| it.iter()) {
        let asked = port["nodePort"].as_u64().filter(|it| *it > 0);
        let asked = asked.and_then(|it| u16::try_from(it).ok());
        shared.extend(port["port"].as_u64().zip(asked));
    }
    for (at, port) in ports.into_iter().flatten().enumerate() {
        let entry = list.index(at);
        let path = entry.child("nodePort");
        let asked = port["nodePort"].as_u64().unwrap_or(0);
        if asked > 0 {
            match checked(asked, is_free) {
                Ok(number) => {
                    taken.insert(number);
                }
                Err(why) => errors.invalid(&path, asked, why.to_string()),
            }
            continue;
        }
        if !wants {
            continue;
        }
        let before = old.and_then(|old| before(old, port));
        let own = port["port"].as_u64().unwrap_or(0);
        let alike = shared.get(&own).copied();
        let free = before.or(alike);
        let free = free.or_else(|| random_port(&taken, is_free));
        match free {
            Some(number) => {
                taken.insert(number);
                shared.entry(own).or_insert(number);
                port["nodePort"] = number.into();
            }
            None => errors.invalid(&path, 0, "failed to allocate a nodePort: range is full"),
        }
    }
    let health = service["spec"]["healthCheckNodePort"].as_u64().unwrap_or(0);
    let path = spec.child("healthCheckNodePort");
    if !has_health_port(service) {
        return;
    }
    if health > 0 {
        if let Err(why) = checked(health, is_free) {
            errors.invalid(&path, health, why.to_string());
        }
    } else if let Some(number) = random_port(&taken, is_free) {
        service["spec"]["healthCheckNodePort"] = number.into();
    }
}

/// Why a service does not get the port of nodes that it asks for.
#[derive(Debug, thiserror::Error)]
enum NoPort {
    #[error(
        "provided port is not in the valid range. The range of valid ports is {}-{}",
        NODE_PORTS.start(),
        NODE_PORTS.end()
    )]
    Range,
    #[error("provided port is already allocated")]
    Taken,
}

fn checked(asked: u64, is_free: &impl Fn(&Claim) -> bool) -> Result<u16, NoPort> {
    let number = u16::try_from(asked)
        .ok()
        .filter(|it| NODE_PORTS.contains(it));
    let number = number.ok_or(NoPort::Range)?;
    match is_free(&Claim::NodePort(number)) {
        true => Ok(number),
        false => Err(NoPort::Taken),
    }
}

/// The node's port that the same port of the service had.
fn before(old: &Value, port: &Value) -> Option<u16> {
    let ports = old["spec"]["ports"].as_array()?;
    let same = ports
        .iter()
        .find(|it| it["port"] == port["port"] && it["protocol"] == port["protocol"])?;
    u16::try_from(same["nodePort"].as_u64()?)
        .ok()
        .filter(|it| *it > 0)
}

fn random_port(taken: &HashSet<u16>, is_free: &impl Fn(&Claim) -> bool) -> Option<u16> {
    let fits = |it: &u16| !taken.contains(it) && is_free(&Claim::NodePort(*it));
    let mut rng = rand::rng();
    let mut guesses = std::iter::repeat_with(|| rng.random_range(NODE_PORTS)).take(GUESSES);
    guesses
        .find(fits)
        .or_else(|| NODE_PORTS.into_iter().find(fits))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: &str = "10.100.0.0/29";

    fn given(spec: Value, held: &[Claim]) -> Result<Value, String> {
        let mut service = json!({"spec": spec});
        let ranges = [RANGE.parse().unwrap()];
        let errors = allocate(&mut service, None, &ranges, |it| !held.contains(it));
        match errors.first() {
            Some(error) => Err(error.to_string()),
            None => Ok(service["spec"].take()),
        }
    }

    #[test]
    fn an_address_of_the_range_that_nobody_has() {
        let held: Vec<_> = (1..6)
            .map(|it| Claim::Address(Ipv4Addr::new(10, 100, 0, it)))
            .collect();
        let spec = given(json!({"type": "ClusterIP"}), &held).unwrap();
        assert_eq!(spec["clusterIP"], "10.100.0.6");
        assert_eq!(spec["clusterIPs"], json!(["10.100.0.6"]));
        let mut all = held;
        all.push(Claim::Address(Ipv4Addr::new(10, 100, 0, 6)));
        assert!(
            given(json!({"type": "ClusterIP"}), &all)
                .unwrap_err()
                .contains("range is full")
        );
    }

    #[test]
    fn an_address_that_is_asked_for() {
        let held = [Claim::Address(Ipv4Addr::new(10, 100, 0, 3))];
        for (asked, expected) in [
            ("10.100.0.2", ""),
            ("10.100.0.3", "provided IP is already allocated"),
            (
                "10.100.0.0",
                "is not in the valid range. The range of valid IPs is 10.100.0.0/29",
            ),
            ("10.101.0.1", "is not in the valid range"),
            ("fd00::1", "it is no IPv4 address"),
        ] {
            let found = given(json!({"type": "ClusterIP", "clusterIP": asked}), &held);
            match found {
                Ok(spec) => {
                    assert_eq!((spec["clusterIP"].as_str().unwrap(), ""), (asked, expected))
                }
                Err(why) => assert!(!expected.is_empty() && why.contains(expected), "{why}"),
            }
        }
    }

    #[test]
    fn ports_of_nodes_are_given_where_the_type_has_them() {
        let ports = json!([{"port": 80}, {"port": 81, "nodePort": 30005}]);
        for (kind, has) in [
            ("ClusterIP", false),
            ("NodePort", true),
            ("LoadBalancer", true),
        ] {
            let spec = given(json!({"type": kind, "ports": ports}), &[]).unwrap();
            assert_eq!(spec["ports"][0]["nodePort"].is_u64(), has, "{kind}");
            // What says one without having any is for validation to tell.
            assert_eq!(spec["ports"][1]["nodePort"], 30005, "{kind}");
        }
        let held = [Claim::NodePort(30005)];
        let taken = given(json!({"type": "NodePort", "ports": ports}), &held).unwrap_err();
        assert!(
            taken.contains("provided port is already allocated"),
            "{taken}"
        );
        let low = json!([{"port": 80, "nodePort": 80}]);
        let refused = given(json!({"type": "NodePort", "ports": low}), &[]).unwrap_err();
        assert!(
            refused.contains("The range of valid ports is 30000-32767"),
            "{refused}"
        );
    }

    #[test]
    fn a_port_over_two_protocols_is_one_of_nodes() {
        let two = |more: Value| {
            let mut tcp = json!({"port": 53, "protocol": "TCP"});
            let more = more.as_object().unwrap().clone();
            tcp.as_object_mut().unwrap().extend(more);
            let ports = json!([{"port": 53, "protocol": "UDP"}, {"port": 80}, tcp]);
            let spec = given(json!({"type": "NodePort", "ports": ports}), &[]).unwrap();
            let ports = spec["ports"].as_array().unwrap().clone();
            ports
                .into_iter()
                .map(|it| it["nodePort"].as_u64().unwrap())
                .collect::<Vec<_>>()
        };
        let free = two(json!({}));
        assert!(free[0] == free[2] && free[0] != free[1], "{free:?}");
        let asked = two(json!({"nodePort": 30_777}));
        assert_eq!((asked[0], asked[2]), (30_777, 30_777));
    }

    #[test]
    fn a_service_without_address_holds_none() {
        let headless = json!({"type": "ClusterIP", "clusterIP": "None"});
        let spec = given(headless, &[]).unwrap();
        assert_eq!(claims(&json!({"spec": spec})), []);
        let external = given(json!({"type": "ExternalName"}), &[]).unwrap();
        assert_eq!(external, json!({"type": "ExternalName"}));
        assert_eq!(claims(&json!({"spec": external})), []);
    }

    #[test]
    fn an_update_keeps_what_the_service_has() {
        let ranges = [RANGE.parse().unwrap()];
        let old = json!({"spec": {"type": "NodePort", "clusterIP": "10.100.0.2", "ports": [{"port": 80, "nodePort": 30001}]}});
        let mut new = json!({"spec": {"type": "NodePort", "ports": [{"port": 80}]}});
        assert_eq!(allocate(&mut new, Some(&old), &ranges, |_| false), []);
        assert_eq!(claims(&new), claims(&old));
        // So it does when the range is there no more.
        new["spec"]["clusterIP"] = "10.100.0.2".into();
        assert_eq!(allocate(&mut new, Some(&old), &[], |_| false), []);
        assert_eq!(claims(&new), claims(&old));
    }

    #[test]
    fn a_range_that_is_full_is_followed_by_the_next() {
        let ranges = ["10.100.0.0/30", "10.200.0.0/30"].map(|it| it.parse().unwrap());
        let mut held = Vec::new();
        for expected in ["10.100", "10.100", "10.200", "10.200"] {
            let mut service = json!({"spec": {"type": "ClusterIP"}});
            let is_free = |it: &Claim| !held.contains(it);
            assert_eq!(allocate(&mut service, None, &ranges, is_free), []);
            let given = text_at(&service, &["spec", "clusterIP"]);
            assert!(given.starts_with(expected), "{given}");
            held.extend(claims(&service));
        }
        let mut service = json!({"spec": {"type": "ClusterIP"}});
        let is_free = |it: &Claim| !held.contains(it);
        assert_eq!(allocate(&mut service, None, &ranges, is_free).len(), 1);
    }

    #[test]
    fn what_the_former_type_gave_goes_with_it() {
        let ranges = [RANGE.parse().unwrap()];
        let changed = |old: &Value, to: Value| {
            let mut new = old.clone();
            let spec = new["spec"].as_object_mut().unwrap();
            spec.extend(to.as_object().unwrap().clone());
            allocate(&mut new, Some(old), &ranges, |_| true);
            new["spec"].take()
        };
        let old = json!({"spec": {
            "type": "LoadBalancer", "externalTrafficPolicy": "Local", "healthCheckNodePort": 30002,
            "clusterIP": "10.100.0.2", "clusterIPs": ["10.100.0.2"], "ports": [{"port": 80, "nodePort": 30001}],
        }});
        let inside = changed(&old, json!({"type": "ClusterIP"}));
        assert_eq!(inside["ports"], json!([{"port": 80}]));
        assert!(inside.get("healthCheckNodePort").is_none());
        assert_eq!(inside["clusterIP"], "10.100.0.2");
        let external = changed(&old, json!({"type": "ExternalName"}));
        assert!(external.get("clusterIP").is_none() && external.get("clusterIPs").is_none());
        // What is new is meant, and told to be wrong.
        let ports = json!([{"port": 80, "nodePort": 30009}]);
        let meant = changed(
            &old,
            json!({"type": "ClusterIP", "ports": ports, "healthCheckNodePort": 30008}),
        );
        assert_eq!(
            (&meant["ports"], &meant["healthCheckNodePort"]),
            (&ports, &json!(30008))
        );
    }
}
