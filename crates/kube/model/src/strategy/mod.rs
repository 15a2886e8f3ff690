//! Strategies: what the server itself decides of an object before it is written.
//!
//! The order of a write: `defaults::apply`, the caller's name, namespace, uid and times, [`as_read`], owners of fields, admission, then
//! [`before_create`] or [`before_update`], then `validate`. A job's selector is made of its uid, so that must stand in the object by then.

mod claim;
mod job;
mod kinds;
mod label_keys;
mod pod;
mod service;
mod signing;
#[cfg(test)]
mod tests;

use base64::Engine as _;
use serde_json::{Map, Value, json};

pub use claim::sources as claim_sources;
pub use job::labels as job_labels;
pub use kinds::{
    creates_on_update, default_propagation, is_shown_when_deleted, updates_unconditionally,
};
pub use pod::qos_class;

use crate::{
    Resource,
    view::{existing, items, member, number_at, object_mut, remove, restore, text, text_at},
};
use kinds::{Counted, Facts};

/// What the fields of an object are before owners of them are noted: upstream notes them of what is stored, where the texts of a Secret
/// are data and the count of a daemon set's templates is always told.
pub fn as_read(resource: &Resource, object: &mut Value) {
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Secret") => secret(object),
        ("apps", "DaemonSet") => {
            if let Some(metadata) = object_mut(object, "metadata")
                && let Some(annotations) = object_mut(metadata, "annotations")
            {
                crate::view::default(annotations, TEMPLATE_GENERATION, "0");
            }
        }
        _ => {}
    }
}

/// Clears what clients may not set and sets what every new object has: its generation, its first status, fields that are derived.
pub fn before_create(resource: &Resource, object: &mut Value) {
    let facts = kinds::facts(resource);
    if facts.counted != Counted::Never
        && let Some(metadata) = object_mut(object, "metadata")
    {
        metadata["generation"] = 1.into();
    }
    if let (Some(status), Some(members)) = (facts.status(), object.as_object_mut()) {
        members.insert("status".to_owned(), status);
    }
    if resource.custom.as_ref().is_some_and(|custom| custom.status) {
        remove(object, "status");
    }
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Pod") => pod::create(object),
        ("", "Service") => service::create(object),
        ("", "Secret") => secret(object),
        ("", "Namespace") => namespace(object),
        ("", "PersistentVolumeClaim") => claim_of(object),
        ("batch", "Job") => job::create(object),
        ("apps", "DaemonSet") => template_generation(object, None),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(object, None),
        _ => {}
    }
}

/// Keeps what this request may not change. `subresource` is empty for the object itself, else `status`, `approval`, `finalize`,
/// `ephemeralcontainers` or `resize`.
pub fn before_update(resource: &Resource, subresource: &str, old: &Value, new: &mut Value) {
    keep_metadata(old, new);
    let facts = kinds::facts(resource);
    let keeps_status = facts.empty.is_some()
        || resource.custom.as_ref().is_some_and(|custom| custom.status)
        || matches!(
            (resource.group.as_str(), resource.kind.as_str()),
            ("", "Node") | ("networking.k8s.io", "ServiceCIDR")
        );
    match (subresource, resource.kind.as_str()) {
        ("status", "Pod") if resource.group.is_empty() => pod::status(old, new),
        ("status", "Node") => restore(new, "spec", old),
        ("status", _) if resource.custom.is_some() => only_status(old, new),
        ("status", "CertificateSigningRequest") => signing::status(old, new),
        ("status", "DaemonSet") => {
            keep_all_but(old, new, &["metadata", "status"]);
            // To upstream the count is of the spec, though clients see it in an annotation.
            template_generation(new, Some(old));
        }
        ("status", _) => keep_all_but(old, new, &["metadata", "status"]),
        ("approval", _) => signing::approval(old, new),
        ("finalize", _) => finalize(old, new),
        ("ephemeralcontainers", _) => pod::ephemeral_containers(old, new),
        ("resize", _) => pod::resize(old, new),
        _ => {
            if keeps_status {
                restore(new, "status", old);
            }
            match (resource.group.as_str(), resource.kind.as_str()) {
                ("", "Service") => service::update(old, new),
                ("", "Secret") => {
                    secret(new);
                    if member(new, "type").is_none() {
                        restore(new, "type", old);
                    }
                }
                ("", "Namespace") => {
                    restore(new, "spec", old);
                }
                ("", "PersistentVolumeClaim") => claim_of(new),
                ("apps", "DaemonSet") => template_generation(new, Some(old)),
                ("certificates.k8s.io", _) => restore(new, "spec", old),
                ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(new, Some(old)),
                _ => {}
            }
        }
    }
    if subresource != "status" {
        count(&facts, old, new);
    }
}

/// Raises the generation when what it counts has changed.
fn count(facts: &Facts, old: &Value, new: &mut Value) {
    let changed = match facts.counted {
        Counted::Never | Counted::Once => false,
        Counted::Spec => old.get("spec") != new.get("spec"),
        Counted::Member(name) => old.get(name) != new.get(name),
        Counted::AllButMetadata => differ(old, new, &["metadata"]),
        Counted::AllButStatus => differ(old, new, &["metadata", "status"]),
    };
    if changed && let Some(metadata) = object_mut(new, "metadata") {
        let before = number_at(old, &["metadata", "generation"]).unwrap_or(0);
        metadata["generation"] = before.saturating_add(1).into();
    }
}

/// Whether two objects differ in any member but these.
pub(crate) fn differ(old: &Value, new: &Value, but: &[&str]) -> bool {
    let counts = |name: &str| !but.contains(&name) && name != "apiVersion" && name != "kind";
    let empty = Map::new();
    let (old, new) = (
        old.as_object().unwrap_or(&empty),
        new.as_object().unwrap_or(&empty),
    );
    let mut names = old.keys().chain(new.keys());
    names.any(|name| counts(name) && old.get(name) != new.get(name))
}

/// What nobody changes once it is set: generation, uid, and the times of creation and deletion.
fn keep_metadata(old: &Value, new: &mut Value) {
    let Some(was) = member(old, "metadata") else {
        return;
    };
    let Some(metadata) = object_mut(new, "metadata") else {
        return;
    };
    restore(metadata, "generation", was);
    for name in [
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ] {
        restore(metadata, name, was);
    }
    remove(metadata, "selfLink");
    if text(metadata, "uid").is_empty() {
        restore(metadata, "uid", was);
    }
}

/// Takes all members but these from the old object.
fn keep_all_but(old: &Value, new: &mut Value, but: &[&str]) {
    let names: Vec<String> = [old, &*new]
        .iter()
        .filter_map(|object| object.as_object())
        .flat_map(|object| object.keys().cloned())
        .filter(|name| !but.contains(&name.as_str()) && name != "apiVersion" && name != "kind")
        .collect();
    for name in names {
        restore(new, &name, old);
    }
}

/// The status of a custom resource changes alone: of its metadata only what the server itself keeps.
fn only_status(old: &Value, new: &mut Value) {
    keep_all_but(old, new, &["metadata", "status"]);
    let sent = member(new, "metadata").cloned().unwrap_or_default();
    restore(new, "metadata", old);
    if let Some(metadata) = object_mut(new, "metadata") {
        for name in [
            "resourceVersion",
            "managedFields",
            "name",
            "namespace",
            "uid",
        ] {
            restore(metadata, name, &sent);
        }
    }
}

/// `finalize` of a namespace changes its list of finalizers alone.
fn finalize(old: &Value, new: &mut Value) {
    let finalizers = new.pointer("/spec/finalizers").cloned();
    keep_all_but(old, new, &["metadata"]);
    if let Some(spec) = object_mut(new, "spec") {
        match finalizers {
            Some(finalizers) => spec["finalizers"] = finalizers,
            None => remove(spec, "finalizers"),
        }
    }
}

fn claim_of(object: &mut Value) {
    if let Some(spec) = existing(object, "spec") {
        claim::sources(spec);
    }
}

/// What was given as text is kept in base64 beside the rest.
fn secret(object: &mut Value) {
    let Some(texts) = object.get("stringData").and_then(Value::as_object).cloned() else {
        remove(object, "stringData");
        return;
    };
    remove(object, "stringData");
    if texts.is_empty() {
        return;
    }
    if let Some(data) = object_mut(object, "data") {
        for (name, text) in texts {
            let bytes = text.as_str().unwrap_or_default().as_bytes();
            data[name] = base64::engine::general_purpose::STANDARD
                .encode(bytes)
                .into();
        }
    }
}

fn namespace(object: &mut Value) {
    let Some(spec) = object_mut(object, "spec") else {
        return;
    };
    if !items(spec, "finalizers")
        .iter()
        .any(|one| one == "kubernetes")
    {
        let mut finalizers = items(spec, "finalizers").to_vec();
        finalizers.push("kubernetes".into());
        spec["finalizers"] = finalizers.into();
    }
    // A name made of `generateName` came after the defaults.
    let name = text_at(object, &["metadata", "name"]).to_owned();
    if !name.is_empty()
        && let Some(metadata) = object_mut(object, "metadata")
        && let Some(labels) = object_mut(metadata, "labels")
    {
        crate::view::default(labels, "kubernetes.io/metadata.name", name);
    }
}

/// Daemon sets count changes of their template in an annotation, from before replicas knew revisions.
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

fn template_generation(object: &mut Value, old: Option<&Value>) {
    let template = |object: &Value| object.pointer("/spec/template").cloned();
    let before = |old: &Value| {
        text_at(old, &["metadata", "annotations", TEMPLATE_GENERATION])
            .parse::<i64>()
            .unwrap_or(1)
    };
    let generation = match old {
        None => 1,
        Some(old) => before(old).saturating_add(i64::from(template(old) != template(object))),
    };
    if let Some(metadata) = object_mut(object, "metadata")
        && let Some(annotations) = object_mut(metadata, "annotations")
    {
        annotations[TEMPLATE_GENERATION] = generation.to_string().into();
    }
}

/// A definition remembers every version objects were ever stored in.
fn definition(object: &mut Value, old: Option<&Value>) {
    let versions = object.pointer("/spec/versions").and_then(Value::as_array);
    let stored = versions
        .into_iter()
        .flatten()
        .find(|version| version.get("storage") == Some(&Value::Bool(true)))
        .map(|version| text(version, "name").to_owned());
    let Some(stored) = stored else {
        return;
    };
    if old.is_none() {
        object["status"] = json!({"conditions": null, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": [stored]});
        return;
    }
    if let Some(status) = existing(object, "status")
        && !items(status, "storedVersions")
            .iter()
            .any(|one| *one == stored)
    {
        let mut all = items(status, "storedVersions").to_vec();
        all.push(stored.into());
        status["storedVersions"] = all.into();
    }
}

/// Seconds between a deletion and the end of the object; `None` for kinds that go at once.
/// `requested` is the `gracePeriodSeconds` of the request.
pub fn grace_seconds(resource: &Resource, object: &Value, requested: Option<i64>) -> Option<i64> {
    if !(resource.group.is_empty() && resource.kind == "Pod") {
        return None;
    }
    let unscheduled = text_at(object, &["spec", "nodeName"]).is_empty();
    let ended = matches!(
        text_at(object, &["status", "phase"]),
        "Failed" | "Succeeded"
    );
    if unscheduled || ended {
        return Some(0);
    }
    let own = number_at(object, &["spec", "terminationGracePeriodSeconds"]);
    let seconds = requested.or(own).unwrap_or(0);
    // A negative one asks for the shortest there is.
    Some(if seconds < 0 { 1 } else { seconds })
}
