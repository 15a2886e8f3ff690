//! Where containers mount volumes, and which they use as devices.

use std::collections::HashSet;

use serde_json::Value;

use super::volume::{Volumes, descending};
use crate::{
    field::{Errors, Path},
    view::{flag, items, member, text},
};

pub fn mounts(container: &Value, path: &Path<'_>, errors: &mut Errors, volumes: &Volumes<'_>) {
    let list = path.child("volumeMounts");
    let blocks = items(container, "volumeDevices");
    let device_names: HashSet<&str> = blocks.iter().map(|one| text(one, "name")).collect();
    let device_paths: HashSet<&str> = blocks.iter().map(|one| text(one, "devicePath")).collect();
    let mut points = HashSet::new();
    for (index, mount) in items(container, "volumeMounts").iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = list.index(index);
        let (name, point) = (text(mount, "name"), text(mount, "mountPath"));
        if name.is_empty() {
            errors.required(&path.child("name"), "");
        }
        if !volumes.contains_key(name) {
            errors.not_found(&path.child("name"), name);
        }
        if point.is_empty() {
            errors.required(&path.child("mountPath"), "");
        }
        if !points.insert(point) {
            errors.invalid(&path.child("mountPath"), point, "must be unique");
        }
        if device_names.contains(name) {
            errors.invalid(
                &path.child("name"),
                name,
                "must not already exist in volumeDevices",
            );
        }
        if device_paths.contains(point) {
            errors.invalid(
                &path.child("mountPath"),
                point,
                "must not already exist as a path in volumeDevices",
            );
        }
        let (below, expression) = (text(mount, "subPath"), text(mount, "subPathExpr"));
        descending(below, &list.child("subPath"), errors);
        if !expression.is_empty() {
            if !below.is_empty() {
                errors.invalid(
                    &path.child("subPathExpr"),
                    expression,
                    "subPathExpr and subPath are mutually exclusive",
                );
            }
            descending(expression, &list.child("subPathExpr"), errors);
        }
        propagation(container, text(mount, "mountPropagation"), &list, errors);
        read_only_below(mount, &list, errors);
    }
    devices(container, &path.child("volumeDevices"), errors, volumes);
}

fn propagation(container: &Value, value: &str, list: &Path<'_>, errors: &mut Errors) {
    const KNOWN: &[&str] = &["Bidirectional", "HostToContainer", "None"];
    let path = list.child("mountPropagation");
    if value.is_empty() {
        return;
    }
    if !KNOWN.contains(&value) {
        errors.not_supported(&path, value, KNOWN);
    }
    let context = container.get("securityContext").unwrap_or(&Value::Null);
    if value == "Bidirectional" && flag(context, "privileged") != Some(true) {
        errors.forbidden(
            &path,
            "Bidirectional mount propagation is available only to privileged containers",
        );
    }
}

/// Whether a mount is read-only with all that is mounted below it.
fn read_only_below(mount: &Value, list: &Path<'_>, errors: &mut Errors) {
    const KNOWN: &[&str] = &["Disabled", "Enabled", "IfPossible"];
    let path = list.child("recursiveReadOnly");
    let Some(value) = mount.get("recursiveReadOnly").and_then(Value::as_str) else {
        return;
    };
    match value {
        "Disabled" => {}
        "Enabled" | "IfPossible" => {
            if flag(mount, "readOnly") != Some(true) {
                errors.forbidden(&path, "may only be specified when readOnly is true");
            }
            if !matches!(text(mount, "mountPropagation"), "" | "None") {
                errors.forbidden(
                    &path,
                    "may only be specified when mountPropagation is None or not specified",
                );
            }
        }
        other => errors.not_supported(&path, other, KNOWN),
    }
}

fn devices(container: &Value, list: &Path<'_>, errors: &mut Errors, volumes: &Volumes<'_>) {
    let mounts = items(container, "volumeMounts");
    let mounted: HashSet<&str> = mounts.iter().map(|one| text(one, "name")).collect();
    let points: HashSet<&str> = mounts.iter().map(|one| text(one, "mountPath")).collect();
    let (mut names_seen, mut paths_seen) = (HashSet::new(), HashSet::new());
    for (index, device) in items(container, "volumeDevices").iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = list.index(index);
        let (at, place) = (path.child("name"), path.child("devicePath"));
        let (name, file) = (text(device, "name"), text(device, "devicePath"));
        if name.is_empty() {
            errors.required(&at, "");
        } else if !names_seen.insert(name) {
            errors.invalid(&at, name, "must be unique");
        }
        match volumes.get(name) {
            None => errors.not_found(&at, name),
            Some(volume) => {
                if member(volume, "persistentVolumeClaim").is_none()
                    && member(volume, "ephemeral").is_none()
                {
                    errors.invalid(&at, name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
                }
            }
        }
        if file.is_empty() {
            errors.required(&place, "");
        } else if file.split('/').any(|step| step == "..") {
            errors.invalid(&place, file, "can not contain backsteps ('..')");
        } else if !paths_seen.insert(file) {
            errors.invalid(&place, file, "must be unique");
        }
        if mounted.contains(name) {
            errors.invalid(&at, name, "must not already exist in volumeMounts");
        }
        if points.contains(file) {
            errors.invalid(
                &place,
                file,
                "must not already exist as a path in volumeMounts",
            );
        }
    }
}
