//! `resize`: what containers that go on running have of processor and memory may change, and nothing else.

use serde_json::Value;

use crate::{
    field::{Errors, Path},
    quota::amounts,
    strategy::qos_class,
    validate::{annotations, pod::whole},
    view::{at, items, restore, text, text_at},
};

pub fn resize_update(new: &Value, old: &Value, errors: &mut Errors) {
    let refused = if annotations::is_mirror(old) {
        Some("static pods cannot be resized")
    } else if text_at(old, &["spec", "os", "name"]) == "windows" {
        Some("windows pods cannot be resized")
    } else {
        None
    };
    if let Some(why) = refused {
        return errors.forbidden(&Path::root(""), why);
    }
    whole(new, errors);
    let path = Path::root("spec");
    let of_pod = |pod: &Value| at(pod, &["spec", "resources"]).cloned();
    if of_pod(new) != of_pod(old) {
        errors.forbidden(
            &path.child("resources"),
            "what a pod has as a whole cannot be changed by this server",
        );
    }
    if qos_class(new) != qos_class(old) {
        errors.invalid(
            &path,
            text_at(new, &["status", "qosClass"]),
            "Pod QOS Class may not change as a result of resizing",
        );
    }
    let (Some(spec), Some(was)) = (new.get("spec"), old.get("spec")) else {
        return;
    };
    for list in ["initContainers", "containers"] {
        let all = path.child(list);
        let pairs = items(spec, list).iter().zip(items(was, list));
        for (index, (container, before)) in pairs.enumerate() {
            let is_init = list == "initContainers";
            let stays = !is_init || text(before, "restartPolicy") == "Always";
            if stays {
                let at = all.index(index);
                kept(container, before, &at.child("resources"), errors);
            }
            let why = match (is_init, stays) {
                (false, _) => "only cpu and memory resources are mutable",
                (true, true) => "only cpu and memory resources for sidecar containers are mutable",
                (true, false) => "resources for non-sidecar init containers are immutable",
            };
            if differs(container, before, stays) {
                errors.forbidden(&path, why);
            }
        }
    }
}

/// Nothing that was asked for or limited is so no more.
fn kept(container: &Value, before: &Value, path: &Path<'_>, errors: &mut Errors) {
    for list in ["requests", "limits"] {
        let amounts = |of: &Value| at(of, &["resources", list]).cloned().unwrap_or_default();
        let (now, was) = (amounts(container), amounts(before));
        let mut was = was.as_object().into_iter().flatten();
        if was.any(|(name, _)| now.get(name).is_none()) {
            errors.forbidden(
                &path.child(list),
                format!("resource {list} cannot be removed"),
            );
        }
    }
}

/// Whether a container is another than before, but for its processor and memory where it `stays`.
fn differs(container: &Value, before: &Value, stays: bool) -> bool {
    if !stays {
        return container != before;
    }
    let mut rest = container.clone();
    restore(&mut rest, "resources", before);
    let others = |of: &Value, list: &str| {
        let mut all = amounts(of, &["resources", list]);
        all.retain(|name, _| !matches!(name.as_str(), "cpu" | "memory"));
        all
    };
    let mut lists = ["requests", "limits"].into_iter();
    rest != *before || lists.any(|list| others(container, list) != others(before, list))
}
