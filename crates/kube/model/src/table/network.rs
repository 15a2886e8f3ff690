//! Services, endpoints, ingresses and network policies.

use std::collections::BTreeSet;

use serde_json::Value;
use wharf_base::clock::Timestamp;

use super::{age, labels, name, or, part, selector};
use crate::view::{at, items, member, number, text, text_at, texts};

pub const SERVICE_COLUMNS: &str = "Name,Type,Cluster-IP,External-IP,Port(s),Age,Selector*";
pub const ENDPOINTS_COLUMNS: &str = "Name,Endpoints,Age";
pub const SLICE_COLUMNS: &str = "Name,AddressType,Ports,Endpoints,Age";
pub const INGRESS_COLUMNS: &str = "Name,Class,Hosts,Address,Ports,Age";
pub const CLASS_COLUMNS: &str = "Name,Controller,Parameters,Age";
pub const POLICY_COLUMNS: &str = "Name,Pod-Selector,Age";
pub const ADDRESS_COLUMNS: &str = "Name,ParentRef,Age";
pub const RANGE_COLUMNS: &str = "Name,CIDRs,Age";

/// As many of a list as a cell shows.
const SHOWN: usize = 3;

fn more(shown: Vec<String>, all: usize) -> String {
    let list = shown.join(",");
    if all > SHOWN {
        format!("{list} + {} more...", all - SHOWN)
    } else {
        list
    }
}

pub fn service_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let spec = part(object, "spec");
    let address = or(
        texts(spec, "clusterIPs").next().unwrap_or_default(),
        text(spec, "clusterIP"),
    );
    let ports: Vec<String> = items(spec, "ports")
        .iter()
        .map(|port| {
            let own = number(port, "port").unwrap_or(0);
            let protocol = text(port, "protocol");
            match number(port, "nodePort") {
                Some(node) if node > 0 => format!("{own}:{node}/{protocol}"),
                _ => format!("{own}/{protocol}"),
            }
        })
        .collect();
    vec![
        name(object),
        text(spec, "type").into(),
        or(address, "<none>").into(),
        external(object, spec).into(),
        or(&ports.join(","), "<none>").into(),
        age(object, now),
        labels(spec, "selector").into(),
    ]
}

fn external(object: &Value, spec: &Value) -> String {
    let own = texts(spec, "externalIPs").collect::<Vec<_>>().join(",");
    match text(spec, "type") {
        "ClusterIP" | "NodePort" => or(&own, "<none>").to_owned(),
        "LoadBalancer" => {
            let both: Vec<String> = [balancer(object), own]
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect();
            or(&both.join(","), "<pending>").to_owned()
        }
        "ExternalName" => text(spec, "externalName").to_owned(),
        _ => "<unknown>".to_owned(),
    }
}

/// Where a load balancer is reached.
fn balancer(object: &Value) -> String {
    let balancer = at(object, &["status", "loadBalancer"]).unwrap_or(&Value::Null);
    let points: BTreeSet<&str> = items(balancer, "ingress")
        .iter()
        .map(|ingress| or(text(ingress, "ip"), text(ingress, "hostname")))
        .filter(|point| !point.is_empty())
        .collect();
    points.into_iter().collect::<Vec<_>>().join(",")
}

pub fn endpoints_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![name(object), endpoints(object).into(), age(object, now)]
}

fn endpoints(object: &Value) -> String {
    let subsets = items(object, "subsets");
    if subsets.is_empty() {
        return "<none>".to_owned();
    }
    let (mut shown, mut all) = (Vec::new(), 0);
    for subset in subsets {
        let addresses = items(subset, "addresses");
        let ports = items(subset, "ports");
        // A headless service may have no port.
        let rounds = ports.len().max(1);
        all += addresses.len() * rounds;
        for round in 0..rounds {
            for address in addresses {
                if shown.len() == SHOWN {
                    break;
                }
                let ip = text(address, "ip");
                shown.push(
                    match ports.get(round).and_then(|port| number(port, "port")) {
                        Some(port) if ip.contains(':') => format!("[{ip}]:{port}"),
                        Some(port) => format!("{ip}:{port}"),
                        None => ip.to_owned(),
                    },
                );
            }
        }
    }
    more(shown, all)
}

pub fn slice_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let ports = items(object, "ports");
    let shown = ports
        .iter()
        .take(SHOWN)
        .map(|port| match number(port, "port") {
            Some(number) => number.to_string(),
            None if member(port, "name").is_some() => text(port, "name").to_owned(),
            None => "*".to_owned(),
        })
        .collect();
    let ports = more(shown, ports.len());
    let addresses = || {
        items(object, "endpoints")
            .iter()
            .flat_map(|endpoint| texts(endpoint, "addresses"))
    };
    let shown = addresses().take(SHOWN).map(str::to_owned).collect();
    let addresses = more(shown, addresses().count());
    vec![
        name(object),
        text(object, "addressType").into(),
        or(&ports, "<unset>").into(),
        or(&addresses, "<unset>").into(),
        age(object, now),
    ]
}

pub fn ingress_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let spec = part(object, "spec");
    let rules = items(spec, "rules");
    let hosts: Vec<String> = rules
        .iter()
        .take(SHOWN)
        .map(|rule| text(rule, "host").to_owned())
        .filter(|host| !host.is_empty())
        .collect();
    let hosts = if hosts.is_empty() {
        "*".to_owned()
    } else {
        more(hosts, rules.len())
    };
    let ports = if items(spec, "tls").is_empty() {
        "80"
    } else {
        "80, 443"
    };
    vec![
        name(object),
        or(text(spec, "ingressClassName"), "<none>").into(),
        hosts.into(),
        balancer(object).into(),
        ports.into(),
        age(object, now),
    ]
}

pub fn class_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let spec = part(object, "spec");
    let parameters = member(spec, "parameters").map_or_else(
        || "<none>".to_owned(),
        |parameters| {
            let group = match text(parameters, "apiGroup") {
                "" => String::new(),
                group => format!(".{group}"),
            };
            format!(
                "{}{group}/{}",
                text(parameters, "kind"),
                text(parameters, "name")
            )
        },
    );
    vec![
        name(object),
        text_at(spec, &["controller"]).into(),
        parameters.into(),
        age(object, now),
    ]
}

pub fn address_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let parent = member(part(object, "spec"), "parentRef").map(|parent| {
        let mut told = text(parent, "resource").to_owned();
        for (between, name) in [(".", "group"), ("/", "namespace"), ("/", "name")] {
            let rest = text(parent, name);
            if !rest.is_empty() {
                told.push_str(between);
                told.push_str(rest);
            }
        }
        told
    });
    let parent = parent.unwrap_or_else(|| "<none>".to_owned());
    vec![name(object), parent.into(), age(object, now)]
}

pub fn range_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let ranges: Vec<&str> = texts(part(object, "spec"), "cidrs").collect();
    vec![name(object), ranges.join(",").into(), age(object, now)]
}

pub fn policy_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        selector(part(object, "spec"), "podSelector").into(),
        age(object, now),
    ]
}
