//! Volumes of pods and where containers mount them.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::env;
use crate::{
    field::{Errors, Path},
    names,
    quantity::Quantity,
    view::{items, member, number, text, text_at},
};

/// Volumes by name.
pub type Volumes<'a> = HashMap<&'a str, &'a Value>;

const MODE: &str = "must be a number between 0 and 0777 (octal), both inclusive";
const ONE: &str = "may not specify more than 1 volume type";

/// The volumes of a spec that was checked before.
pub fn known(spec: &Value) -> Volumes<'_> {
    items(spec, "volumes")
        .iter()
        .map(|volume| (text(volume, "name"), volume))
        .collect()
}

/// Checks the volumes and returns those that containers may mount. `pod` is the name of the pod, none in a template.
pub fn volumes<'a>(
    spec: &'a Value,
    path: &Path<'_>,
    errors: &mut Errors,
    pod: Option<&str>,
) -> Volumes<'a> {
    let mut found = Volumes::new();
    let made: HashSet<String> = items(spec, "volumes")
        .iter()
        .filter(|volume| member(volume, "ephemeral").is_some())
        .filter_map(|volume| Some(format!("{}-{}", pod?, text(volume, "name"))))
        .collect();
    for (index, volume) in items(spec, "volumes").iter().enumerate() {
        if errors.full() {
            break;
        }
        let path = path.index(index);
        let before = errors.len();
        source(volume, &path, errors);
        let name = text(volume, "name");
        let at = path.child("name");
        if name.is_empty() {
            errors.required(&at, "");
        } else {
            errors.invalid_all(&at, name, names::dns_label(name));
        }
        if found.contains_key(name) {
            errors.duplicate(&at, name);
        }
        if errors.len() == before {
            found.insert(name, volume);
        }
        let claim = text_at(volume, &["persistentVolumeClaim", "claimName"]);
        if made.contains(claim) {
            let at = path.child("persistentVolumeClaim");
            errors.invalid(
                &at.child("claimName"),
                claim,
                "must not reference a PVC that gets created for an ephemeral volume",
            );
        }
    }
    found
}

fn source(volume: &Value, path: &Path<'_>, errors: &mut Errors) {
    let Some(members) = volume.as_object() else {
        errors.required(path, "must specify a volume type");
        return;
    };
    let kinds = members.iter();
    let mut kinds: Vec<_> = kinds
        .filter(|(name, body)| *name != "name" && !body.is_null())
        .collect();
    // The first is the one that the volume is of; upstream looks for this one before all others.
    kinds.sort_by_key(|(name, _)| *name != "emptyDir");
    let mut kinds = kinds.into_iter();
    let Some((kind, body)) = kinds.next() else {
        errors.required(path, "must specify a volume type");
        return;
    };
    for (more, _) in kinds {
        errors.forbidden(&path.child(more), ONE);
    }
    let at = path.child(kind);
    match kind.as_str() {
        "emptyDir" => empty_dir(body, &at, errors),
        "hostPath" => host_path(body, &at, errors),
        "secret" => files(body, "secretName", &at, errors),
        "configMap" => files(body, "name", &at, errors),
        "downwardAPI" => {
            mode(body, "defaultMode", &at, errors);
            for file in items(body, "items") {
                downward_file(file, &at, errors);
            }
        }
        "projected" => projected(body, &at, errors),
        "persistentVolumeClaim" => required(body, &["claimName"], &at, errors),
        "ephemeral" => ephemeral(body, &at, errors),
        "nfs" => {
            required(body, &["server", "path"], &at, errors);
            if !text(body, "path").is_empty() && !text(body, "path").starts_with('/') {
                errors.invalid(
                    &at.child("path"),
                    text(body, "path"),
                    "must be an absolute path",
                );
            }
        }
        "csi" => required(body, &["driver"], &at, errors),
        "awsElasticBlockStore" => required(body, &["volumeID"], &at, errors),
        "gcePersistentDisk" => required(body, &["pdName"], &at, errors),
        _ => {}
    }
}

fn required(body: &Value, members: &[&str], path: &Path<'_>, errors: &mut Errors) {
    for name in members {
        if text(body, name).is_empty() {
            errors.required(&path.child(name), "");
        }
    }
}

fn empty_dir(body: &Value, path: &Path<'_>, errors: &mut Errors) {
    if let Some(Ok(size)) = member(body, "sizeLimit").map(Quantity::of)
        && size.is_negative()
    {
        errors.forbidden(
            &path.child("sizeLimit"),
            "SizeLimit field must be a valid resource quantity",
        );
    }
}

const HOST_PATH_TYPES: &[&str] = &[
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
];

pub fn host_path(body: &Value, path: &Path<'_>, errors: &mut Errors) {
    let place = text(body, "path");
    if place.is_empty() {
        errors.required(&path.child("path"), "");
        return;
    }
    no_backsteps(place, &path.child("path"), errors);
    let kind = text(body, "type");
    if !HOST_PATH_TYPES.contains(&kind) {
        errors.not_supported(&path.child("type"), kind, HOST_PATH_TYPES);
    }
}

fn mode(body: &Value, name: &str, path: &Path<'_>, errors: &mut Errors) {
    if let Some(mode) = number(body, name)
        && !(0..=0o777).contains(&mode)
    {
        errors.invalid(&path.child(name), mode, MODE);
    }
}

/// A secret or a config map, whose name is in the member `name`.
fn files(body: &Value, name: &str, path: &Path<'_>, errors: &mut Errors) {
    required(body, &[name], path, errors);
    mode(body, "defaultMode", path, errors);
    let list = path.child("items");
    for (index, file) in items(body, "items").iter().enumerate() {
        key_to_path(file, &list.index(index), errors);
    }
}

fn key_to_path(file: &Value, path: &Path<'_>, errors: &mut Errors) {
    required(file, &["key", "path"], path, errors);
    reserved(text(file, "path"), &path.child("path"), errors);
    mode(file, "mode", path, errors);
}

const VOLUME_FIELDS: &[&str] = &[
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
];

fn downward_file(file: &Value, path: &Path<'_>, errors: &mut Errors) {
    required(file, &["path"], path, errors);
    reserved(text(file, "path"), &path.child("path"), errors);
    match (member(file, "fieldRef"), member(file, "resourceFieldRef")) {
        (Some(field), other) => {
            env::field_reference(field, VOLUME_FIELDS, &path.child("fieldRef"), errors);
            if other.is_some() {
                errors.invalid(
                    path,
                    "resource",
                    "fieldRef and resourceFieldRef can not be specified simultaneously",
                );
            }
        }
        (None, Some(field)) => {
            env::resource_reference(field, true, &path.child("resourceFieldRef"), errors);
        }
        (None, None) => errors.required(path, "one of fieldRef and resourceFieldRef is required"),
    }
    mode(file, "mode", path, errors);
}

fn projected(body: &Value, path: &Path<'_>, errors: &mut Errors) {
    mode(body, "defaultMode", path, errors);
    let list = path.child("sources");
    let mut taken = HashSet::new();
    let mut take = |file: &str, shown: &str, errors: &mut Errors| {
        if !file.is_empty() && !taken.insert(file.to_owned()) {
            errors.invalid(path, shown, "conflicting duplicate paths");
        }
    };
    for (index, source) in items(body, "sources").iter().enumerate() {
        if errors.full() {
            return;
        }
        let at = list.index(index);
        let mut sources = 0;
        for kind in ["secret", "configMap"] {
            let Some(own) = member(source, kind) else {
                continue;
            };
            sources += 1;
            let at = at.child(kind);
            required(own, &["name"], &at, errors);
            let files = at.child("items");
            for (index, file) in items(own, "items").iter().enumerate() {
                key_to_path(file, &files.index(index), errors);
                take(text(file, "path"), text(own, "name"), errors);
            }
        }
        if let Some(own) = member(source, "downwardAPI") {
            sources += 1;
            let at = at.child("downwardAPI");
            for file in items(own, "items") {
                downward_file(file, &at, errors);
                take(text(file, "path"), text(file, "path"), errors);
            }
        }
        if let Some(token) = member(source, "serviceAccountToken") {
            sources += 1;
            let at = at.child("serviceAccountToken");
            let seconds = number(token, "expirationSeconds").unwrap_or(0);
            let expiration = at.child("expirationSeconds");
            if seconds < 600 {
                errors.invalid(
                    &expiration,
                    seconds,
                    "may not specify a duration less than 10 minutes",
                );
            }
            if seconds > 1 << 32 {
                errors.invalid(
                    &expiration,
                    seconds,
                    "may not specify a duration larger than 2^32 seconds",
                );
            }
            if text(token, "path").is_empty() {
                errors.required(&path.child("path"), "");
            } else {
                reserved(text(token, "path"), &path.child("path"), errors);
                take(text(token, "path"), text(token, "path"), errors);
            }
        }
        // Bundles and certificates of pods have no signer here.
        for kind in ["clusterTrustBundle", "podCertificate"] {
            if member(source, kind).is_some() {
                sources += 1;
                errors.forbidden(&at.child(kind), "is not supported by this server");
            }
        }
        match sources {
            0 => errors.required(&at, "must specify one of: `secret`, `configMap`, `downwardAPI` or `serviceAccountToken`"),
            1 => {}
            _ => errors.forbidden(&at, ONE),
        }
    }
}

fn ephemeral(body: &Value, path: &Path<'_>, errors: &mut Errors) {
    let at = path.child("volumeClaimTemplate");
    match member(body, "volumeClaimTemplate") {
        None => errors.required(&at, ""),
        Some(template) => {
            super::storage::claim_spec(template.get("spec"), &at.child("spec"), errors);
        }
    }
}

/// No step up, no absolute path.
pub fn descending(place: &str, path: &Path<'_>, errors: &mut Errors) {
    if place.starts_with('/') {
        errors.invalid(path, place, "must be a relative path");
    }
    no_backsteps(place, path, errors);
}

fn no_backsteps(place: &str, path: &Path<'_>, errors: &mut Errors) {
    if place.split('/').any(|step| step == "..") {
        errors.invalid(path, place, "must not contain '..'");
    }
}

/// Names that begin with two dots are those of the writer of volumes.
fn reserved(place: &str, path: &Path<'_>, errors: &mut Errors) {
    descending(place, path, errors);
    if place.starts_with("..") && !place.split('/').any(|step| step == "..") {
        errors.invalid(path, place, "must not start with '..'");
    }
}
