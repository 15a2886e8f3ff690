//! What drivers of volumes tell: of themselves, of the nodes they are on, and of volumes that are attached.

use std::collections::HashSet;

use serde_json::Value;

use crate::{
    field::{Errors, Path},
    names,
    quantity::Quantity,
    view::{items, member, number, same, text, texts},
};

const MOST_NAME: usize = 63;
const MOST_NODE_ID: usize = 192;
const SHORTEST_TOKEN_SECONDS: i64 = 600;
const LONGEST_TOKEN_SECONDS: i64 = 1 << 32;

fn driver_name(name: &str, path: &Path<'_>, errors: &mut Errors) {
    if name.is_empty() {
        errors.required(path, "");
    }
    if name.len() > MOST_NAME {
        errors.too_long(path, MOST_NAME);
    }
    errors.invalid_all(path, name, names::dns_subdomain(&name.to_lowercase()));
}

pub fn driver(object: &Value, errors: &mut Errors) {
    let metadata = Path::root("metadata");
    let name = text(&object["metadata"], "name");
    // That it is a name at all is checked with all metadata.
    if name.len() > MOST_NAME {
        errors.too_long(&metadata.child("name"), MOST_NAME);
    }
    let path = Path::root("spec");
    let spec = object.get("spec").unwrap_or(&Value::Null);
    const POLICIES: &[&str] = &["File", "None", "ReadWriteOnceWithFSType"];
    let policy = text(spec, "fsGroupPolicy");
    if !policy.is_empty() && !POLICIES.contains(&policy) {
        errors.not_supported(&path.child("fsGroupPolicy"), policy, POLICIES);
    }
    tokens(spec, &path.child("tokenRequests"), errors);
    let modes = path.child("volumeLifecycleModes");
    for mode in texts(spec, "volumeLifecycleModes") {
        if !matches!(mode, "Persistent" | "Ephemeral") {
            errors.not_supported(&modes, mode, &["Persistent", "Ephemeral"]);
        }
    }
}

/// The tokens of pods that a driver wants.
fn tokens(spec: &Value, list: &Path<'_>, errors: &mut Errors) {
    let mut seen = HashSet::new();
    for (index, one) in items(spec, "tokenRequests").iter().enumerate() {
        let path = list.index(index);
        let audience = text(one, "audience");
        if !seen.insert(audience) {
            errors.duplicate(&path.child("audience"), audience);
            continue;
        }
        let path = path.child("expirationSeconds");
        match number(one, "expirationSeconds") {
            Some(seconds) if seconds < SHORTEST_TOKEN_SECONDS => {
                let why = "may not specify a duration less than 10 minutes";
                errors.invalid(&path, seconds, why);
            }
            Some(seconds) if seconds > LONGEST_TOKEN_SECONDS => {
                let why = "may not specify a duration larger than 2^32 seconds";
                errors.invalid(&path, seconds, why);
            }
            _ => {}
        }
    }
}

pub fn driver_change(new: &Value, old: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    for (name, shown) in [
        // Upstream's own spelling.
        ("attachRequired", "attachedRequired"),
        ("volumeLifecycleModes", "volumeLifecycleModes"),
    ] {
        let (new, old) = (new["spec"].get(name), old["spec"].get(name));
        if !same(new, old) {
            errors.immutable(&path.child(shown), new);
        }
    }
}

pub fn node(object: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let list = path.child("drivers");
    let mut seen = HashSet::new();
    for (index, one) in items(&object["spec"], "drivers").iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = list.index(index);
        let name = text(one, "name");
        driver_name(name, &path.child("name"), errors);
        let id = text(one, "nodeID");
        if id.is_empty() {
            errors.required(&path.child("nodeID"), "");
        }
        if id.len() > MOST_NODE_ID {
            let why = format!("must be {MOST_NODE_ID} characters or less");
            errors.invalid(&path.child("nodeID"), id, why);
        }
        if let Some(room) = member(one, "allocatable")
            && let Some(count) = number(room, "count").filter(|it| *it < 0)
        {
            let at = path.child("allocatable");
            errors.invalid(&at.child("count"), count, super::meta::NEGATIVE);
        }
        if !seen.insert(name) {
            errors.duplicate(&path.child("name"), name);
        }
        let mut keys = HashSet::new();
        for key in texts(one, "topologyKeys") {
            if key.is_empty() {
                errors.required(&path, "");
            }
            if !keys.insert(key) {
                errors.duplicate(&path, key);
            }
            for fault in names::qualified_name(key) {
                errors.invalid(&path, one["topologyKeys"].clone(), fault);
            }
        }
    }
}

/// A driver that stands there stays as it is until it goes.
pub fn node_change(new: &Value, old: &Value, errors: &mut Errors) {
    for was in items(&old["spec"], "drivers") {
        let named = |it: &&Value| text(it, "name") == text(was, "name");
        let now = items(&new["spec"], "drivers").iter().find(named);
        if let Some(now) = now.filter(|it| *it != was) {
            errors.immutable(&Path::root("CSINodeDriver"), Some(now));
        }
    }
}

pub fn attachment(object: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let attacher = text(spec, "attacher");
    if attacher.is_empty() {
        errors.required(&path.child("attacher"), "");
    }
    let at = path.child("source");
    let source = spec.get("source").unwrap_or(&Value::Null);
    let inline = member(source, "inlineVolumeSpec").is_some();
    match (inline, source.get("persistentVolumeName")) {
        (false, None | Some(Value::Null)) => errors.required(
            &at,
            "must specify exactly one of inlineVolumeSpec and persistentVolumeName",
        ),
        (true, Some(name)) if !name.is_null() => errors.forbidden(
            &at,
            "must specify exactly one of inlineVolumeSpec and persistentVolumeName",
        ),
        (_, Some(Value::String(name))) if name.is_empty() => errors.required(
            &at.child("persistentVolumeName"),
            "must specify non empty persistentVolumeName",
        ),
        _ => {}
    }
    let node = text(spec, "nodeName");
    errors.invalid_all(&path.child("nodeName"), node, names::dns_subdomain(node));
}

/// A new one names a driver and a volume as these may be called.
pub fn new_attachment(object: &Value, errors: &mut Errors) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let attacher = text(spec, "attacher");
    driver_name(attacher, &Path::root("spec.attacher"), errors);
    if let Some(name) = spec["source"]["persistentVolumeName"].as_str() {
        let path = Path::root("spec.source.persistentVolumeName");
        errors.invalid_all(&path, name, names::dns_subdomain(name));
    }
}

pub fn attachment_change(new: &Value, old: &Value, errors: &mut Errors) {
    if !same(new.get("spec"), old.get("spec")) {
        errors.immutable(&Path::root("spec"), new.get("spec"));
    }
}

/// A CSIStorageCapacity: what a driver has room for, of a class and on some nodes.
pub fn capacity(object: &Value, errors: &mut Errors) {
    let topology = member(object, "nodeTopology");
    super::meta::selector(topology, &Path::root("nodeTopology"), errors);
    let class = text(object, "storageClassName");
    let path = Path::root("storageClassName");
    errors.invalid_all(&path, class, names::dns_subdomain(class));
    if let Some(amount) = member(object, "capacity") {
        let path = Path::root("capacity");
        match Quantity::of(amount) {
            Err(error) => errors.invalid(&path, amount.clone(), error.to_string()),
            Ok(size) if size.is_negative() => {
                errors.invalid(&path, size.to_string(), super::meta::NEGATIVE);
            }
            Ok(_) => {}
        }
    }
}

pub fn capacity_change(new: &Value, old: &Value, errors: &mut Errors) {
    const TOPOLOGY: &str = "nodeTopology";
    const CLASS: &str = "storageClassName";
    let (now, was) = (member(new, TOPOLOGY), member(old, TOPOLOGY));
    // None is no node, an empty one is all of them.
    if now.is_some() != was.is_some() || !same(now, was) {
        errors.immutable(&Path::root(TOPOLOGY), now);
    }
    if text(new, CLASS) != text(old, CLASS) {
        errors.immutable(&Path::root(CLASS), new.get(CLASS));
    }
}
