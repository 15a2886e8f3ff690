//! Addresses of Services as objects, and the ranges that they come from.

use ipnet::{IpNet, Ipv4Net};
use serde_json::Value;

use crate::{
    field::{Errors, Path},
    names,
    view::{at, items, member, text, texts},
};

pub fn address(object: &Value, errors: &mut Errors) {
    let spec = Path::root("spec");
    let path = spec.child("parentRef");
    let Some(parent) = at(object, &["spec", "parentRef"]) else {
        errors.required(&path, "");
        return;
    };
    // The group of Services is the one without a name.
    let group = text(parent, "group");
    if !group.is_empty() {
        errors.invalid_all(&path.child("group"), group, names::dns_subdomain(group));
    }
    for name in ["resource", "name"] {
        let value = text(parent, name);
        if value.is_empty() {
            errors.required(&path.child(name), "");
        } else {
            errors.invalid_all(&path.child(name), value, names::path_segment(value));
        }
    }
    let namespace = text(parent, "namespace");
    if !namespace.is_empty() {
        let faults = names::path_segment(namespace);
        errors.invalid_all(&path.child("namespace"), namespace, faults);
    }
}

pub fn change(new: &Value, old: &Value, errors: &mut Errors) {
    fixed("parentRef", new, old, errors);
}

pub fn range(object: &Value, errors: &mut Errors) {
    let root = Path::root("spec");
    let path = root.child("cidrs");
    let spec = object.get("spec").unwrap_or(&Value::Null);
    match items(spec, "cidrs") {
        [] => return errors.required(&path, "at least one CIDR required"),
        [_] => {}
        [one, other] => {
            let is_v4 = |it: &Value| Some(matches!(it.as_str()?.parse().ok()?, IpNet::V4(_)));
            let (one, other) = (is_v4(one), is_v4(other));
            if one.is_none() || other.is_none() || one == other {
                let why = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
                return errors.invalid(&path, spec.clone(), why);
            }
        }
        _ => return errors.invalid(&path, spec.clone(), "may only hold up to 2 values"),
    }
    for (index, range) in texts(spec, "cidrs").enumerate() {
        let at = path.index(index);
        let faults = names::canonical_cidr(range);
        if faults.is_empty() && matches!(range.parse(), Ok(IpNet::V6(_))) {
            // As the families of Services.
            errors.invalid(&at, range, "IPv6 is not configured on this cluster");
        }
        errors.invalid_all(&at, range, faults);
    }
}

/// The widest range, as CreateCluster has it.
const WIDEST: u8 = 12;

/// Pods reach nobody else at the addresses of services, so a range has none that are of the Internet, of a host itself, or of a link,
/// where instances ask for credentials. Ranges of before that rule may still change and go.
pub fn new_range(object: &Value, errors: &mut Errors) {
    let root = Path::root("spec");
    let path = root.child("cidrs");
    let spec = object.get("spec").unwrap_or(&Value::Null);
    for (index, range) in texts(spec, "cidrs").enumerate() {
        let is_apart = |it: Ipv4Net| {
            it.prefix_len() >= WIDEST && it.network().is_private() && it.broadcast().is_private()
        };
        if range.parse().is_ok_and(|it| !is_apart(it)) {
            let why = "must be a range of private addresses that is no wider than /12";
            errors.invalid(&path.index(index), range, why);
        }
    }
}

pub fn range_change(new: &Value, old: &Value, errors: &mut Errors) {
    fixed("cidrs", new, old, errors);
}

/// A member of the spec that stays as it was made.
fn fixed(name: &str, new: &Value, old: &Value, errors: &mut Errors) {
    let of = |object: &Value| member(object.get("spec")?, name).cloned();
    if of(new) != of(old) {
        errors.immutable(&Path::root("spec").child(name), of(new).as_ref());
    }
}
