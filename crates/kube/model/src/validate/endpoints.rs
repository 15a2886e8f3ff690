//! Endpoints of services, and slices of them.

use std::{collections::BTreeSet, net::IpAddr};

use serde_json::Value;

use super::pod::one_of;
use crate::{
    field::{Errors, Path},
    names,
    view::{absent, items, member, number, text, texts},
};

/// An address that means the same everywhere: not this machine, not this link.
pub fn ordinary_ip(ip: &str, path: &Path<'_>, errors: &mut Errors) {
    let Ok(address) = ip.parse::<IpAddr>() else {
        return;
    };
    let (link, link_multicast) = match address {
        IpAddr::V4(v4) => (v4.is_link_local(), v4.octets()[..3] == [224, 0, 0]),
        IpAddr::V6(v6) => {
            let first = v6.segments()[0];
            (first & 0xffc0 == 0xfe80, first & 0xff0f == 0xff02)
        }
    };
    for (holds, fault) in [
        (address.is_unspecified(), "may not be unspecified (0.0.0.0)"),
        (
            address.is_loopback(),
            "may not be in the loopback range (127.0.0.0/8, ::1/128)",
        ),
        (
            link,
            "may not be in the link-local range (169.254.0.0/16, fe80::/10)",
        ),
        (
            link_multicast,
            "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)",
        ),
    ] {
        if holds {
            errors.invalid(path, ip, fault);
        }
    }
}

pub fn endpoints(object: &Value, errors: &mut Errors) {
    let list = Path::root("subsets");
    for (index, subset) in items(object, "subsets").iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = list.index(index);
        if absent(subset, "addresses") && absent(subset, "notReadyAddresses") {
            errors.required(&path, "must specify `addresses` or `notReadyAddresses`");
        }
        for kind in ["addresses", "notReadyAddresses"] {
            let list = path.child(kind);
            for (index, address) in items(subset, kind).iter().enumerate() {
                if errors.full() {
                    return;
                }
                let path = list.index(index);
                let ip = text(address, "ip");
                errors.invalid_all(&path.child("ip"), ip, names::ip(ip));
                ordinary_ip(ip, &path.child("ip"), errors);
                let host = text(address, "hostname");
                if !host.is_empty() {
                    errors.invalid_all(&path.child("hostname"), host, names::dns_label(host));
                }
            }
        }
        let ports = path.child("ports");
        let all = items(subset, "ports");
        for (index, port) in all.iter().enumerate() {
            let path = ports.index(index);
            let name = text(port, "name");
            if !name.is_empty() {
                errors.invalid_all(&path.child("name"), name, names::dns_label(name));
            } else if all.len() > 1 {
                errors.required(&path.child("name"), "");
            }
            let own = number(port, "port").unwrap_or(0);
            for fault in names::port_number(own) {
                errors.invalid(&path.child("port"), own, fault);
            }
            one_of(port, "protocol", &["SCTP", "TCP", "UDP"], &path, errors);
        }
    }
}

/// The names that one kind of an endpoint's hints has.
fn hints(
    hints: &Value,
    kind: &str,
    faults: fn(&str) -> Vec<String>,
    path: &Path<'_>,
    errors: &mut Errors,
) {
    const MOST: usize = 8;
    let list = path.child(kind);
    let all = items(hints, kind);
    if all.len() > MOST {
        errors.too_many(&list, all.len(), MOST);
        return;
    }
    let mut seen = BTreeSet::new();
    for (index, hint) in all.iter().enumerate() {
        let (place, name) = (list.index(index), text(hint, "name"));
        let at = place.child("name");
        if !seen.insert(name) {
            errors.duplicate(&at, name);
        }
        errors.invalid_all(&at, name, faults(name));
    }
}

pub fn slice(object: &Value, errors: &mut Errors) {
    const MOST_ENDPOINTS: usize = 1000;
    const MOST_PORTS: usize = 20_000;
    const MOST_ADDRESSES: usize = 100;
    let kind = text(object, "addressType");
    let known = ["FQDN", "IPv4", "IPv6"];
    if kind.is_empty() {
        errors.required(&Path::root("addressType"), "");
    } else if !known.contains(&kind) {
        errors.not_supported(&Path::root("addressType"), kind, &known);
    }
    let list = Path::root("endpoints");
    let all = items(object, "endpoints");
    if all.len() > MOST_ENDPOINTS {
        errors.too_many(&list, all.len(), MOST_ENDPOINTS);
        return;
    }
    for (index, endpoint) in all.iter().enumerate() {
        let path = list.index(index);
        let addresses = path.child("addresses");
        match items(endpoint, "addresses").len() {
            0 => errors.required(&addresses, "must contain at least 1 address"),
            many if many > MOST_ADDRESSES => {
                errors.too_many(&addresses, many, MOST_ADDRESSES);
                continue;
            }
            _ => {}
        }
        for (index, address) in texts(endpoint, "addresses").enumerate() {
            let path = addresses.index(index);
            match kind {
                "FQDN" => errors.invalid_all(&path, address, names::dns_subdomain(address)),
                // Of a type that nobody knows nothing can be said.
                kind if !known.contains(&kind) => {}
                _ => {
                    let right = match address.parse::<IpAddr>() {
                        Ok(IpAddr::V4(_)) => kind == "IPv4",
                        Ok(IpAddr::V6(_)) => kind == "IPv6",
                        Err(_) => false,
                    };
                    if !right {
                        errors.invalid(&path, address, format!("must be a valid {kind} address"));
                    }
                    ordinary_ip(address, &path, errors);
                }
            }
        }
        let node = text(endpoint, "nodeName");
        if !node.is_empty() {
            errors.invalid_all(&path.child("nodeName"), node, names::dns_subdomain(node));
        }
        let host = text(endpoint, "hostname");
        if !host.is_empty() {
            errors.invalid_all(&path.child("hostname"), host, names::dns_label(host));
        }
        if let Some(given) = member(endpoint, "hints") {
            let path = path.child("hints");
            hints(given, "forZones", names::label_value, &path, errors);
            hints(given, "forNodes", names::dns_subdomain, &path, errors);
        }
    }
    let list = Path::root("ports");
    let all = items(object, "ports");
    if all.len() > MOST_PORTS {
        errors.too_many(&list, all.len(), MOST_PORTS);
        return;
    }
    let mut seen = std::collections::HashSet::new();
    for (index, port) in all.iter().enumerate() {
        let path = list.index(index);
        let name = text(port, "name");
        if !name.is_empty() {
            errors.invalid_all(&path.child("name"), name, names::dns_label(name));
        }
        if !seen.insert(name) {
            errors.duplicate(&path.child("name"), name);
        }
        one_of(port, "protocol", &["SCTP", "TCP", "UDP"], &path, errors);
    }
}

pub fn slice_change(new: &Value, old: &Value, errors: &mut Errors) {
    if new.get("addressType") != old.get("addressType") {
        errors.immutable(&Path::root("addressType"), new.get("addressType"));
    }
}
