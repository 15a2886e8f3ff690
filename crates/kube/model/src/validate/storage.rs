//! Persistent volumes, claims and classes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    meta, placement,
    pod::{one_of, one_of_if_told},
    volume as sources,
};
use crate::{
    field::{Errors, Path},
    growth::STATUSES,
    names,
    quantity::Quantity,
    quota::amounts,
    strategy::claim_sources,
    view::{absent, at, items, map, member, restore, same, text, texts},
};

const MODES: &[&str] = &[
    "ReadOnlyMany",
    "ReadWriteMany",
    "ReadWriteOnce",
    "ReadWriteOncePod",
];
/// Members of a volume's spec that are no kind of storage.
const COMMON: &[&str] = &[
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
];

fn access_modes(spec: &Value, fault: &str, path: &Path<'_>, errors: &mut Errors) {
    let list = path.child("accessModes");
    if absent(spec, "accessModes") {
        errors.required(&list, fault);
    }
    let mut alone = false;
    let mut others = false;
    for mode in texts(spec, "accessModes") {
        if !MODES.contains(&mode) {
            errors.not_supported(&list, mode, MODES);
        }
        alone |= mode == "ReadWriteOncePod";
        others |= mode != "ReadWriteOncePod";
    }
    if alone && others {
        errors.forbidden(
            &list,
            "may not use ReadWriteOncePod with other access modes",
        );
    }
}

fn mode(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    one_of_if_told(spec, "volumeMode", &["Block", "Filesystem"], path, errors);
}

fn class_name(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let class = text(spec, "storageClassName");
    if !class.is_empty() {
        errors.invalid_all(
            &path.child("storageClassName"),
            class,
            names::dns_subdomain(class),
        );
    }
}

pub fn volume(object: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let spec = object.get("spec").unwrap_or(&Value::Null);
    access_modes(spec, "", &path, errors);
    let capacity = path.child("capacity");
    let size = map(spec, "capacity");
    if size.is_none_or(|size| size.is_empty()) {
        errors.required(&capacity, "");
    }
    if size.is_none_or(|size| size.len() != 1 || !size.contains_key("storage")) {
        let value = spec.get("capacity").cloned().unwrap_or_default();
        errors.not_supported(&capacity, value, &["storage"]);
    }
    if let Some(amount) = at(spec, &["capacity", "storage"]) {
        positive(amount, &capacity.key("storage"), errors);
    }
    let reclaim = text(spec, "persistentVolumeReclaimPolicy");
    if !reclaim.is_empty() {
        one_of(
            spec,
            "persistentVolumeReclaimPolicy",
            &["Delete", "Recycle", "Retain"],
            &path,
            errors,
        );
    }
    let kinds: Vec<&String> = spec
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, body)| !COMMON.contains(&name.as_str()) && !body.is_null())
        .map(|(name, _)| name)
        .collect();
    match kinds.split_first() {
        None => errors.required(&path, "must specify a volume type"),
        Some((_, more)) => {
            for kind in more {
                errors.forbidden(&path.child(kind), "may not specify more than 1 volume type");
            }
        }
    }
    if let Some(host) = member(spec, "hostPath") {
        sources::host_path(host, &path.child("hostPath"), errors);
        if text(host, "path") == "/" && reclaim == "Recycle" {
            errors.forbidden(
                &path.child("persistentVolumeReclaimPolicy"),
                "may not be 'recycle' for a hostPath mount of '/'",
            );
        }
    }
    let affinity = path.child("nodeAffinity");
    let required = member(spec, "nodeAffinity").map(|affinity| member(affinity, "required"));
    match required {
        Some(Some(selector)) => {
            placement::node_selector(selector, &affinity.child("required"), errors);
        }
        Some(None) => errors.required(
            &affinity.child("required"),
            "must specify required node constraints",
        ),
        None if member(spec, "local").is_some() => {
            errors.required(&affinity, "Local volume requires node affinity");
        }
        None => {}
    }
    class_name(spec, &path, errors);
    mode(spec, &path, errors);
}

fn positive(amount: &Value, path: &Path<'_>, errors: &mut Errors) {
    match Quantity::of(amount) {
        Err(error) => errors.invalid(path, amount.clone(), error.to_string()),
        Ok(size) if size.is_negative() || size.is_zero() => {
            errors.invalid(path, size.to_string(), "must be greater than zero");
        }
        Ok(_) => {}
    }
}

pub fn volume_change(new: &Value, old: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let (Some(new), Some(old)) = (new.get("spec"), old.get("spec")) else {
        return;
    };
    let members = new.as_object().into_iter().chain(old.as_object()).flatten();
    let changed = members
        .map(|(name, _)| name)
        .any(|name| !COMMON.contains(&name.as_str()) && new.get(name) != old.get(name));
    if changed {
        errors.forbidden(
            &path.child("persistentvolumesource"),
            "spec.persistentvolumesource is immutable after creation",
        );
    }
    if !same(new.get("volumeMode"), old.get("volumeMode")) {
        errors.immutable(&path.child("volumeMode"), new.get("volumeMode"));
    }
    if member(old, "nodeAffinity").is_some() && new.get("nodeAffinity") != old.get("nodeAffinity") {
        errors.immutable(&path.child("nodeAffinity"), new.get("nodeAffinity"));
    }
}

pub fn claim(object: &Value, errors: &mut Errors) {
    claim_spec(object.get("spec"), &Path::root("spec"), errors);
}

/// The spec of a claim, or of a template of claims.
pub fn claim_spec(spec: Option<&Value>, path: &Path<'_>, errors: &mut Errors) {
    let spec = spec.unwrap_or(&Value::Null);
    access_modes(spec, "at least 1 access mode is required", path, errors);
    meta::selector(member(spec, "selector"), &path.child("selector"), errors);
    let resources = path.child("resources");
    match at(spec, &["resources", "requests", "storage"]) {
        None => errors.required(&resources.key("storage"), ""),
        Some(amount) => positive(amount, &resources.key("storage"), errors),
    }
    class_name(spec, path, errors);
    mode(spec, path, errors);
    for name in SOURCES {
        if let Some(source) = member(spec, name) {
            data_source(source, &path.child(name), errors);
        }
    }
    if let [Some(old), Some(new)] = SOURCES.map(|it| member(spec, it)) {
        let of = |it: &Value| ["apiGroup", "kind", "name"].map(|name| text(it, name).to_owned());
        let why = if !text(new, "namespace").is_empty() {
            "may not be specified when dataSourceRef.namespace is specified"
        } else if of(old) != of(new) {
            "must match dataSourceRef"
        } else {
            return;
        };
        errors.invalid(path, path.child(SOURCES[0]).to_string(), why);
    }
}

/// What a claim begins with, under its old name and its new one.
const SOURCES: [&str; 2] = ["dataSource", "dataSourceRef"];

fn data_source(source: &Value, path: &Path<'_>, errors: &mut Errors) {
    for name in ["name", "kind"] {
        if text(source, name).is_empty() {
            errors.required(&path.child(name), "");
        }
    }
    let (group, kind) = (text(source, "apiGroup"), text(source, "kind"));
    if !group.is_empty() {
        errors.invalid_all(path, group, names::dns_subdomain(group));
    } else if kind != "PersistentVolumeClaim" {
        errors.invalid(
            path,
            kind,
            "must be 'PersistentVolumeClaim' when referencing the default apiGroup",
        );
    }
}

pub fn claim_change(new: &Value, old: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let bound = text(new.get("status").unwrap_or(&Value::Null), "phase") == "Bound";
    let (Some(spec), Some(was)) = (new.get("spec"), old.get("spec")) else {
        return;
    };
    // One of an older server may say under one name what the new one says under both.
    let mut was = was.clone();
    claim_sources(&mut was);
    let was = &was;
    let size = |spec: &Value| {
        at(spec, &["resources", "requests", "storage"]).and_then(|size| Quantity::of(size).ok())
    };
    let mut rest = spec.clone();
    if absent(was, "volumeName") {
        restore(&mut rest, "volumeName", was);
    }
    // A class may be given to a claim that has none, when one becomes the default.
    if member(was, "storageClassName").is_none() {
        restore(&mut rest, "storageClassName", was);
    }
    restore(&mut rest, "volumeAttributesClassName", was);
    if bound {
        restore(&mut rest, "resources", was);
    }
    if rest != *was {
        errors.forbidden(&path, "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims");
    }
    // Who asked for what cannot be had may ask for less, but for no less than there is.
    let has = at(old, &["status", "capacity", "storage"]);
    let has = has.and_then(|size| Quantity::of(size).ok());
    let has = has.unwrap_or(Quantity::ZERO);
    if let (Some(asked), Some(before)) = (size(spec), size(was))
        && asked < before
        && asked <= has
    {
        let resources = path.child("resources");
        let requests = resources.child("requests");
        errors.forbidden(
            &requests.child("storage"),
            "field can not be less than status.capacity",
        );
    }
    if !same(spec.get("volumeMode"), was.get("volumeMode")) {
        errors.immutable(&Path::root("volumeMode"), spec.get("volumeMode"));
    }
}

/// What a claim has, and how far it is where it grows.
pub fn claim_status(status: &Value, path: &Path<'_>, errors: &mut Errors) {
    for (name, amount) in amounts(status, &["capacity"]) {
        not_negative(amount, &path.child("capacity").key(&name), errors);
    }
    let statuses = path.child("allocatedResourceStatuses");
    for (name, told) in map(status, "allocatedResourceStatuses")
        .into_iter()
        .flatten()
    {
        claim_resource(name, &statuses, errors);
        // As with upstream the name is shown, not what it is told to have.
        if told.as_str().is_none_or(|it| !STATUSES.contains(&it)) {
            errors.not_supported(&statuses, name.as_str(), STATUSES);
        }
    }
    let allocated = path.child("allocatedResources");
    for (name, amount) in amounts(status, &["allocatedResources"]) {
        if claim_resource(&name, &allocated, errors) {
            not_negative(amount, &allocated.key(&name), errors);
        }
    }
}

fn not_negative(amount: Quantity, path: &Path<'_>, errors: &mut Errors) {
    if amount.is_negative() {
        errors.invalid(path, amount.units(), "must be a valid resource quantity");
    }
}

/// Whether a resource of a claim has a name that it may have: `storage`, or one of a domain that is not Kubernetes' own.
fn claim_resource(name: &str, path: &Path<'_>, errors: &mut Errors) -> bool {
    let faults = names::qualified_name(name);
    if !faults.is_empty() {
        errors.invalid_all(path, name, faults);
        return false;
    }
    let is_native = !name.contains('/') || name.contains("kubernetes.io/");
    if is_native && name != "storage" {
        errors.not_supported(path, name, &["storage"]);
        return false;
    }
    true
}

/// The driver that a class names.
fn driver(object: &Value, name: &str, errors: &mut Errors) {
    let (driver, at) = (text(object, name), Path::root(name));
    if driver.is_empty() {
        errors.required(&at, "");
    } else {
        errors.invalid_all(&at, driver, names::qualified_name(&driver.to_lowercase()));
    }
}

/// What a class tells its driver.
fn parameters(object: &Value, may_be_none: bool, errors: &mut Errors) {
    const MOST_PARAMETERS: usize = 512;
    const MOST_BYTES: usize = 256 * 1024;
    let path = Path::root("parameters");
    let all = map(object, "parameters");
    let count = all.map_or(0, |all| all.len());
    if count > MOST_PARAMETERS {
        errors.too_long(&path, MOST_PARAMETERS);
        return;
    }
    let mut bytes = 0;
    for (key, value) in all.into_iter().flatten() {
        if key.is_empty() {
            errors.invalid(&path, "", "field can not be empty.");
        }
        bytes += key.len() + value.as_str().map_or(0, str::len);
    }
    if bytes > MOST_BYTES {
        errors.too_long(&path, MOST_BYTES);
    }
    if count == 0 && !may_be_none {
        errors.required(&path, "must contain at least one key/value pair");
    }
}

/// Where volumes of a class may be: each term names a key once, and says something that no other does.
fn topologies(object: &Value, errors: &mut Errors) {
    let list = Path::root("allowedTopologies");
    let mut seen = BTreeSet::new();
    for (index, term) in items(object, "allowedTopologies").iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = list.index(index);
        let expressions = path.child("matchLabelExpressions");
        let mut keys = BTreeMap::new();
        for (index, one) in items(term, "matchLabelExpressions").iter().enumerate() {
            let path = expressions.index(index);
            let at = path.child("values");
            let mut values = BTreeSet::new();
            for (index, value) in texts(one, "values").enumerate() {
                if !values.insert(value) {
                    errors.duplicate(&at.index(index), value);
                }
            }
            if values.is_empty() {
                errors.required(&at, "");
            }
            let key = text(one, "key");
            errors.invalid_all(&path.child("key"), key, names::qualified_name(key));
            if keys.insert(key, values).is_some() {
                errors.duplicate(&path.child("key"), key);
            }
        }
        if !seen.insert(keys) {
            errors.duplicate(&expressions, "");
        }
    }
}

pub fn class(object: &Value, errors: &mut Errors) {
    driver(object, "provisioner", errors);
    parameters(object, true, errors);
    topologies(object, errors);
    for (name, known) in [
        ("reclaimPolicy", &["Delete", "Retain"]),
        ("volumeBindingMode", &["Immediate", "WaitForFirstConsumer"]),
    ] {
        let value = text(object, name);
        if value.is_empty() {
            errors.required(&Path::root(name), "");
        } else if !known.contains(&value) {
            errors.not_supported(&Path::root(name), value, known);
        }
    }
}

pub fn class_change(new: &Value, old: &Value, errors: &mut Errors) {
    for name in [
        "parameters",
        "provisioner",
        "reclaimPolicy",
        "volumeBindingMode",
    ] {
        if same(new.get(name), old.get(name)) {
            continue;
        }
        if name == "parameters" || name == "provisioner" {
            errors.forbidden(
                &Path::root(name),
                format!("updates to {name} are forbidden."),
            );
        } else {
            errors.immutable(&Path::root(name), new.get(name));
        }
    }
}

/// A VolumeAttributesClass.
pub fn attributes_class(object: &Value, errors: &mut Errors) {
    driver(object, "driverName", errors);
    parameters(object, false, errors);
}

pub fn attributes_class_change(new: &Value, old: &Value, errors: &mut Errors) {
    for name in ["driverName", "parameters"] {
        if !same(new.get(name), old.get(name)) {
            errors.forbidden(
                &Path::root(name),
                format!("updates to {name} are forbidden."),
            );
        }
    }
}
