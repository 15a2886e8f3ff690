//! Volumes, claims, classes of storage and drivers.

use serde_json::Value;
use wharf_base::clock::Timestamp;

use super::{age, name, or, part};
use crate::view::{at, flag, items, member, text, text_at, texts};

pub const VOLUME_COLUMNS: &str = "Name,Capacity,Access Modes,Reclaim Policy,Status,Claim,StorageClass,VolumeAttributesClass,Reason,Age,VolumeMode*";
pub const CLAIM_COLUMNS: &str =
    "Name,Status,Volume,Capacity,Access Modes,StorageClass,VolumeAttributesClass,Age,VolumeMode*";
pub const CLASS_COLUMNS: &str =
    "Name,Provisioner,ReclaimPolicy,VolumeBindingMode,AllowVolumeExpansion,Age";
pub const ATTACHMENT_COLUMNS: &str = "Name,Attacher,PV,Node,Attached:boolean,Age";
pub const NODE_COLUMNS: &str = "Name,Drivers:integer,Age";
pub const DRIVER_COLUMNS: &str = "Name,AttachRequired:boolean,PodInfoOnMount:boolean,StorageCapacity:boolean,TokenRequests,RequiresRepublish:boolean,Modes,Age";
pub const CAPACITY_COLUMNS: &str = "Name,StorageClassName,Capacity";

/// The class a volume or claim named before there was a field for it.
const OLD_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

fn access_modes(owner: &Value) -> String {
    let mut short: Vec<&str> = Vec::new();
    for (mode, name) in [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ] {
        if texts(owner, "accessModes").any(|one| one == mode) {
            short.push(name);
        }
    }
    short.join(",")
}

fn phase<'a>(object: &'a Value, status: &'a Value) -> &'a str {
    if member(part(object, "metadata"), "deletionTimestamp").is_some() {
        "Terminating"
    } else {
        text(status, "phase")
    }
}

fn class<'a>(object: &'a Value, spec: &'a Value) -> &'a str {
    let annotated = at(object, &["metadata", "annotations", OLD_CLASS]).and_then(Value::as_str);
    annotated.unwrap_or_else(|| text(spec, "storageClassName"))
}

pub fn volume_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (part(object, "spec"), part(object, "status"));
    let claim = member(spec, "claimRef").map_or_else(String::new, |claim| {
        format!("{}/{}", text(claim, "namespace"), text(claim, "name"))
    });
    vec![
        name(object),
        or(text_at(spec, &["capacity", "storage"]), "0").into(),
        access_modes(spec).into(),
        text(spec, "persistentVolumeReclaimPolicy").into(),
        phase(object, status).into(),
        claim.into(),
        class(object, spec).into(),
        or(text(spec, "volumeAttributesClassName"), "<unset>").into(),
        text(status, "reason").into(),
        age(object, now),
        or(text(spec, "volumeMode"), "<unset>").into(),
    ]
}

pub fn claim_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (part(object, "spec"), part(object, "status"));
    let volume = text(spec, "volumeName");
    let (capacity, modes) = if volume.is_empty() {
        ("", String::new())
    } else {
        (
            or(text_at(status, &["capacity", "storage"]), "0"),
            access_modes(status),
        )
    };
    vec![
        name(object),
        phase(object, status).into(),
        volume.into(),
        capacity.into(),
        modes.into(),
        class(object, spec).into(),
        or(text(spec, "volumeAttributesClassName"), "<unset>").into(),
        age(object, now),
        or(text(spec, "volumeMode"), "<unset>").into(),
    ]
}

pub fn class_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let marked = |name: &str| text_at(object, &["metadata", "annotations", name]) == "true";
    let default = marked("storageclass.kubernetes.io/is-default-class")
        || marked("storageclass.beta.kubernetes.io/is-default-class");
    let own = text_at(object, &["metadata", "name"]);
    let shown = if default {
        format!("{own} (default)")
    } else {
        own.to_owned()
    };
    vec![
        shown.into(),
        text(object, "provisioner").into(),
        or(text(object, "reclaimPolicy"), "Delete").into(),
        or(text(object, "volumeBindingMode"), "Immediate").into(),
        flag(object, "allowVolumeExpansion").unwrap_or(false).into(),
        age(object, now),
    ]
}

pub fn attachment_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let spec = part(object, "spec");
    vec![
        name(object),
        text(spec, "attacher").into(),
        text_at(spec, &["source", "persistentVolumeName"]).into(),
        text(spec, "nodeName").into(),
        flag(part(object, "status"), "attached")
            .unwrap_or(false)
            .into(),
        age(object, now),
    ]
}

pub fn node_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let drivers = items(part(object, "spec"), "drivers").len();
    vec![name(object), drivers.into(), age(object, now)]
}

pub fn driver_cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let spec = part(object, "spec");
    let yes = |name: &str, missing: bool| -> Value { flag(spec, name).unwrap_or(missing).into() };
    let audiences = member(spec, "tokenRequests").map_or_else(
        || "<unset>".to_owned(),
        |_| {
            let audiences: Vec<&str> = items(spec, "tokenRequests")
                .iter()
                .map(|request| text(request, "audience"))
                .collect();
            audiences.join(",")
        },
    );
    let modes: Vec<&str> = texts(spec, "volumeLifecycleModes").collect();
    vec![
        name(object),
        yes("attachRequired", true),
        yes("podInfoOnMount", false),
        yes("storageCapacity", false),
        audiences.into(),
        yes("requiresRepublish", false),
        or(&modes.join(","), "<none>").into(),
        age(object, now),
    ]
}

pub fn capacity_cells(object: &Value, _: Timestamp) -> Vec<Value> {
    vec![
        name(object),
        text(object, "storageClassName").into(),
        or(text(object, "capacity"), "<unset>").into(),
    ]
}
