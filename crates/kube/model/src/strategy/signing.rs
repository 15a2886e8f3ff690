//! What of a request for a certificate changes with which subresource.

use serde_json::Value;

use super::keep_all_but;
use crate::view::{items, object_mut, remove, text};

const DECISIONS: [&str; 2] = ["Approved", "Denied"];

/// Conditions of any kind may come and go, but no certificate.
pub fn approval(old: &Value, new: &mut Value) {
    keep_all_but(old, new, &["metadata", "status"]);
    let certificate = old.pointer("/status/certificate").cloned();
    if let Some(status) = object_mut(new, "status") {
        match certificate {
            Some(certificate) => status["certificate"] = certificate,
            None => {
                remove(status, "certificate");
            }
        }
    }
}

/// Decisions stay as they were, whatever is said of them; whether there are more or fewer is judged later.
pub fn status(old: &Value, new: &mut Value) {
    keep_all_but(old, new, &["metadata", "status"]);
    let was = items(old.get("status").unwrap_or(&Value::Null), "conditions");
    for kind in DECISIONS {
        let mut was = was.iter().filter(|it| text(it, "type") == kind);
        let conditions = new.pointer_mut("/status/conditions");
        let conditions = conditions.and_then(Value::as_array_mut);
        let is = conditions.into_iter().flatten();
        for condition in is.filter(|it| text(it, "type") == kind) {
            if let Some(was) = was.next() {
                condition.clone_from(was);
            }
        }
    }
}
