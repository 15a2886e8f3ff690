//! Volumes, claims, classes of storage and drivers.

use serde_json::{Value, json};

use crate::view::{absent, default, existing, member, object_mut};

pub fn persistent_volume(object: &mut Value) {
    if let Some(status) = object_mut(object, "status") {
        default(status, "phase", "Pending");
    }
    if let Some(spec) = object_mut(object, "spec") {
        default(spec, "persistentVolumeReclaimPolicy", "Retain");
        default(spec, "volumeMode", "Filesystem");
        if let Some(path) = existing(spec, "hostPath")
            && member(path, "type").is_none()
        {
            path["type"] = "".into();
        }
        sources(spec);
    }
}

pub fn persistent_volume_claim(object: &mut Value) {
    if let Some(status) = object_mut(object, "status") {
        default(status, "phase", "Pending");
    }
    if let Some(spec) = object_mut(object, "spec") {
        claim_spec(spec);
    }
}

pub fn claim_spec(spec: &mut Value) {
    default(spec, "volumeMode", "Filesystem");
}

/// Kinds of storage that have defaults of their own, in a pod's volume or in a persistent one.
pub fn sources(owner: &mut Value) {
    let rows: [(&str, &[(&str, Value)]); 4] = [
        ("iscsi", &[("iscsiInterface", json!("default"))]),
        (
            "azureDisk",
            &[
                ("cachingMode", json!("ReadWrite")),
                ("kind", json!("Shared")),
                ("fsType", json!("ext4")),
                ("readOnly", json!(false)),
            ],
        ),
        (
            "rbd",
            &[
                ("pool", json!("rbd")),
                ("user", json!("admin")),
                ("keyring", json!("/etc/ceph/keyring")),
            ],
        ),
        (
            "scaleIO",
            &[
                ("storageMode", json!("ThinProvisioned")),
                ("fsType", json!("xfs")),
            ],
        ),
    ];
    for (name, fields) in rows {
        if let Some(source) = existing(owner, name) {
            for (field, value) in fields {
                default(source, field, value.clone());
            }
        }
    }
}

pub fn storage_class(object: &mut Value) {
    default(object, "reclaimPolicy", "Delete");
    default(object, "volumeBindingMode", "Immediate");
}

pub fn csi_driver(object: &mut Value) {
    let Some(spec) = object_mut(object, "spec") else {
        return;
    };
    for (name, value) in [
        ("attachRequired", true),
        ("podInfoOnMount", false),
        ("storageCapacity", false),
        ("requiresRepublish", false),
        ("seLinuxMount", false),
    ] {
        default(spec, name, value);
    }
    default(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
    if absent(spec, "volumeLifecycleModes") {
        spec["volumeLifecycleModes"] = json!(["Persistent"]);
    }
}
