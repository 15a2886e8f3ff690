//! Variables of containers, and where their values come from.

use serde_json::Value;

use crate::{
    field::{Errors, Path},
    names,
    quantity::Quantity,
    view::{items, member, text},
};

pub fn variables(container: &Value, path: &Path<'_>, errors: &mut Errors) {
    let list = path.child("env");
    for (index, variable) in items(container, "env").iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = list.index(index);
        let name = text(variable, "name");
        if name.is_empty() {
            errors.required(&path.child("name"), "");
        } else {
            errors.invalid_all(&path.child("name"), name, names::env_name(name));
        }
        if let Some(from) = member(variable, "valueFrom") {
            value_from(variable, from, &path.child("valueFrom"), errors);
        }
    }
    let list = path.child("envFrom");
    for (index, source) in items(container, "envFrom").iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = list.index(index);
        let prefix = text(source, "prefix");
        if !prefix.is_empty() {
            errors.invalid_all(&path.child("prefix"), prefix, names::env_name(prefix));
        }
        let mut sources = 0;
        for kind in ["configMapRef", "secretRef"] {
            if let Some(reference) = member(source, kind) {
                sources += 1;
                let path = path.child(kind);
                let name = text(reference, "name");
                if name.is_empty() {
                    errors.required(&path.child("name"), "");
                } else {
                    let faults = names::dns_subdomain(&names::masked(name));
                    errors.invalid_all(&path.child("name"), name, faults);
                }
            }
        }
        match sources {
            0 => errors.invalid(
                &list,
                "",
                "must specify one of: `configMapRef` or `secretRef`",
            ),
            1 => {}
            _ => errors.invalid(
                &list,
                "",
                "may not have more than one field specified at a time",
            ),
        }
    }
}

const ENV_FIELDS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

fn value_from(variable: &Value, from: &Value, path: &Path<'_>, errors: &mut Errors) {
    let mut sources = 0;
    if let Some(field) = member(from, "fieldRef") {
        sources += 1;
        field_reference(field, ENV_FIELDS, &path.child("fieldRef"), errors);
    }
    if let Some(resource) = member(from, "resourceFieldRef") {
        sources += 1;
        resource_reference(resource, false, &path.child("resourceFieldRef"), errors);
    }
    for kind in ["configMapKeyRef", "secretKeyRef"] {
        if let Some(key) = member(from, kind) {
            sources += 1;
            let path = path.child(kind);
            let name = text(key, "name");
            errors.invalid_all(&path.child("name"), name, names::dns_subdomain(name));
            let key = text(key, "key");
            if key.is_empty() {
                errors.required(&path.child("key"), "");
            } else {
                errors.invalid_all(&path.child("key"), key, names::config_key(key));
            }
        }
    }
    let fault = match sources {
        0 => {
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
        }
        _ if !text(variable, "value").is_empty() => {
            "may not be specified when `value` is not empty"
        }
        1 => return,
        _ => "may not have more than one field specified at a time",
    };
    errors.invalid(path, "", fault);
}

/// Labels and annotations can be asked for one by one: `metadata.labels['app']`.
pub fn field_reference(field: &Value, known: &[&str], path: &Path<'_>, errors: &mut Errors) {
    let version = text(field, "apiVersion");
    let name = text(field, "fieldPath");
    if version.is_empty() {
        errors.required(&path.child("apiVersion"), "");
        return;
    }
    if name.is_empty() {
        errors.required(&path.child("fieldPath"), "");
        return;
    }
    let convert = |errors: &mut Errors, why: String| {
        errors.invalid(
            &path.child("fieldPath"),
            name,
            format!("error converting fieldPath: {why}"),
        );
    };
    if version != "v1" {
        convert(errors, format!("unsupported pod version: {version}"));
        return;
    }
    let subscript = name
        .split_once("['")
        .and_then(|(owner, rest)| Some((owner, rest.strip_suffix("']")?)));
    match subscript {
        Some(("metadata.annotations", key)) => {
            errors.invalid_all(path, key, names::qualified_name(&key.to_lowercase()));
        }
        Some(("metadata.labels", key)) => {
            errors.invalid_all(path, key, names::qualified_name(key));
        }
        Some(_) => convert(
            errors,
            format!("field label does not support subscript: {name}"),
        ),
        None if !ENV_FIELDS.contains(&name)
            && !matches!(
                name,
                "metadata.labels" | "metadata.annotations" | "spec.restartPolicy" | "status.phase"
            ) =>
        {
            convert(errors, format!("field label not supported: {name}"));
        }
        None if !known.contains(&name) => {
            errors.not_supported(&path.child("fieldPath"), name, known);
        }
        None => {}
    }
}

const RESOURCES: &[&str] = &[
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];
const SIZES: &[&str] = &[
    "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei",
];

/// In a volume the container has to be named.
pub fn resource_reference(field: &Value, volume: bool, path: &Path<'_>, errors: &mut Errors) {
    let resource = text(field, "resource");
    let huge =
        resource.starts_with("requests.hugepages-") || resource.starts_with("limits.hugepages-");
    if volume && text(field, "containerName").is_empty() {
        errors.required(&path.child("containerName"), "");
    } else if resource.is_empty() {
        errors.required(&path.child("resource"), "");
    } else if !huge && !RESOURCES.contains(&resource) {
        errors.not_supported(&path.child("resource"), resource, RESOURCES);
    }
    let Some(Ok(divisor)) = member(field, "divisor").map(Quantity::of) else {
        return;
    };
    if divisor.is_zero() {
        return;
    }
    let shown = divisor.to_string();
    let (fits, of) = match resource {
        "limits.cpu" | "requests.cpu" => {
            if !matches!(shown.as_str(), "1m" | "1") {
                errors.invalid(
                    &path.child("divisor"),
                    resource,
                    "only divisor's values 1m and 1 are supported with the cpu resource",
                );
            }
            return;
        }
        "limits.memory" | "requests.memory" => (SIZES, "memory"),
        "limits.ephemeral-storage" | "requests.ephemeral-storage" => {
            (SIZES, "local ephemeral storage")
        }
        _ if huge => (SIZES, "hugepages"),
        _ => return,
    };
    if !fits.contains(&shown.as_str()) {
        errors.invalid(
            &path.child("divisor"),
            resource,
            format!("only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the {of} resource"),
        );
    }
}
