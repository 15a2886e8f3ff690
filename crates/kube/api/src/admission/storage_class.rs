//! The class of a claim that names none, and what keeps claims and volumes while they are used.

use serde_json::Value;
use wharf_kube_model::persistent::{class_of, requested};

const IS_DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";

/// Without a default there is none, which is not the same as an empty name.
pub fn default<'a>(claim: &mut Value, classes: impl Iterator<Item = &'a Value>) {
    if claim["spec"]["storageClassName"].is_string() {
        return;
    }
    if let Some(name) = super::default_class::newest(classes, IS_DEFAULT) {
        claim["spec"]["storageClassName"] = name.clone();
    } else if let Some(spec) = claim["spec"].as_object_mut() {
        spec.shift_remove("storageClassName");
    }
}

/// Whether a claim asks for more than it did.
pub fn grows(claim: &Value, live: &Value) -> bool {
    requested(claim) > requested(live)
}

/// Whether volumes of its class grow.
pub fn may_grow<'a>(claim: &Value, mut classes: impl Iterator<Item = &'a Value>) -> bool {
    let name = class_of(claim);
    let class = classes.find(|it| it["metadata"]["name"] == name);
    class.is_some_and(|it| it["allowVolumeExpansion"] == true)
}

/// It stays until its controller says that nothing has it any more.
pub fn protect(object: &mut Value, finalizer: &str) {
    let finalizers = &mut object["metadata"]["finalizers"];
    match finalizers.as_array_mut() {
        Some(all) if all.iter().any(|it| it == finalizer) => {}
        Some(all) => all.push(finalizer.into()),
        None => *finalizers = serde_json::json!([finalizer]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_newest_default() {
        let class = |name: &str, at: &str, default: &str| json!({"metadata": {"name": name, "creationTimestamp": at, "annotations": {IS_DEFAULT: default}}});
        let classes = [
            class("old", "2026-01-01T00:00:00Z", "true"),
            class("new", "2026-01-02T00:00:00Z", "true"),
            class("none", "2026-01-03T00:00:00Z", "false"),
        ];
        for (spec, count, expected) in [
            (json!({}), 3, json!({"storageClassName": "new"})),
            (
                json!({"storageClassName": ""}),
                3,
                json!({"storageClassName": ""}),
            ),
            (json!({}), 0, json!({})),
        ] {
            let mut claim = json!({"spec": spec});
            default(&mut claim, classes.iter().take(count));
            assert_eq!(claim["spec"], expected);
        }
    }
}
