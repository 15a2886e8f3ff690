//! Jobs: the selector and labels that tell a job's pods from all others.

use serde_json::Value;

use crate::view::{default, existing, flag, object_mut, text_at};

const UID: &str = "batch.kubernetes.io/controller-uid";
const NAME: &str = "batch.kubernetes.io/job-name";
/// The same two from before they had a prefix.
const OLD_UID: &str = "controller-uid";
const OLD_NAME: &str = "job-name";

/// The labels the server gives the pods of a job of this name and uid.
pub fn labels<'a>(name: &'a str, uid: &'a str) -> [(&'static str, &'a str); 4] {
    [(NAME, name), (OLD_NAME, name), (UID, uid), (OLD_UID, uid)]
}

pub fn create(object: &mut Value) {
    let uid = text_at(object, &["metadata", "uid"]).to_owned();
    let name = text_at(object, &["metadata", "name"]).to_owned();
    let Some(spec) = existing(object, "spec") else {
        return;
    };
    if flag(spec, "manualSelector") == Some(true) {
        return;
    }
    if let Some(template) = object_mut(spec, "template")
        && let Some(metadata) = object_mut(template, "metadata")
        && let Some(labels) = object_mut(metadata, "labels")
    {
        // A label that is there and differs is refused by validation.
        for (label, value) in self::labels(&name, &uid) {
            default(labels, label, value);
        }
    }
    if let Some(selector) = object_mut(spec, "selector")
        && let Some(labels) = object_mut(selector, "matchLabels")
    {
        default(labels, UID, uid);
    }
    // A job without labels has those of its template, these among them.
    if let Some(labels) = object.pointer("/spec/template/metadata/labels").cloned() {
        crate::defaults::own_labels(object, &labels);
    }
}
