//! The RuntimeClass of a pod: it must be there, and says what the runtime itself takes and where its pods may run.

use serde_json::{Map, Value};
use wharf_kube_model::{field::quoted, quantity::Quantity, view::text_at};

/// The class that a pod asks for.
pub fn name(pod: &Value) -> Option<&str> {
    pod["spec"]["runtimeClassName"].as_str()
}

/// Why a pod does not go with its RuntimeClass.
#[derive(Debug, thiserror::Error)]
pub enum NotOfClass {
    #[error("pod rejected: RuntimeClass {} not found", quoted(.0))]
    NoClass(String),
    #[error("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")]
    OwnOverhead,
    #[error("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")]
    OtherOverhead,
    #[error(
        "conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; pod.spec.nodeSelector[{key}] = {own}"
    )]
    Selector {
        key: String,
        value: String,
        own: String,
    },
}

/// Completes a pod by its class, if it asks for one.
///
/// # Errors
/// Why the pod is not taken.
pub fn set(pod: &mut Value, class: Option<&Value>) -> Result<(), NotOfClass> {
    if let Some(name) = name(pod)
        && class.is_none()
    {
        return Err(NotOfClass::NoClass(name.to_owned()));
    }
    let fixed = class.and_then(|it| it.pointer("/overhead/podFixed"));
    let own = pod["spec"]["overhead"].as_object();
    match (fixed, own) {
        (None, None) => {}
        (None, Some(_)) => {
            return Err(NotOfClass::OwnOverhead);
        }
        (Some(fixed), own) => {
            if own.is_some_and(|own| !is_same(fixed.as_object(), own)) {
                return Err(NotOfClass::OtherOverhead);
            }
            pod["spec"]["overhead"] = fixed.clone();
        }
    }
    match class.and_then(|it| it.get("scheduling")) {
        None | Some(Value::Null) => Ok(()),
        Some(scheduling) => place(pod, scheduling),
    }
}

/// Whether two sets of amounts are the same, however they are written.
fn is_same(one: Option<&Map<String, Value>>, other: &Map<String, Value>) -> bool {
    let nothing = Map::new();
    let one = one.unwrap_or(&nothing);
    let amount =
        |of: &Map<String, Value>, name: &str| of.get(name).and_then(|it| Quantity::of(it).ok());
    one.len() == other.len() && one.keys().all(|it| amount(one, it) == amount(other, it))
}

fn place(pod: &mut Value, scheduling: &Value) -> Result<(), NotOfClass> {
    if let Some(selector) = scheduling["nodeSelector"].as_object() {
        let mut merged = pod["spec"]["nodeSelector"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        for (key, value) in selector {
            let value = value.as_str().unwrap_or_default();
            let own = text_at(pod, &["spec", "nodeSelector", key]);
            if merged.contains_key(key) && own != value {
                return Err(NotOfClass::Selector {
                    key: key.clone(),
                    value: value.to_owned(),
                    own: own.to_owned(),
                });
            }
            merged.insert(key.clone(), value.into());
        }
        if !merged.is_empty() {
            pod["spec"]["nodeSelector"] = merged.into();
        }
    }
    let of_class = scheduling["tolerations"].as_array();
    let mut merged = pod["spec"]["tolerations"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    for toleration in of_class.into_iter().flatten() {
        if !merged.contains(toleration) {
            merged.push(toleration.clone());
        }
    }
    if of_class.is_some() {
        pod["spec"]["tolerations"] = merged.into();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_is_completed_by_its_class_or_refused() {
        let light = json!({"handler": "h"});
        let heavy = json!({"handler": "h", "overhead": {"podFixed": {"cpu": "250m"}}, "scheduling": {
            "nodeSelector": {"sandboxed": "yes"}, "tolerations": [{"key": "sandboxed", "operator": "Exists"}],
        }});
        let completed = json!({"runtimeClassName": "c", "overhead": {"cpu": "250m"}, "nodeSelector": {"a": "b", "sandboxed": "yes"},
            "tolerations": [{"key": "mine"}, {"key": "sandboxed", "operator": "Exists"}]});
        for (spec, class, expected) in [
            (json!({}), None, Ok(json!({}))),
            (
                json!({"overhead": {"cpu": "1"}}),
                None,
                Err(
                    "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
                ),
            ),
            (
                json!({"runtimeClassName": "c"}),
                None,
                Err("pod rejected: RuntimeClass \"c\" not found"),
            ),
            (
                json!({"runtimeClassName": "c"}),
                Some(&light),
                Ok(json!({"runtimeClassName": "c"})),
            ),
            (
                json!({"runtimeClassName": "c", "overhead": {"cpu": "1"}}),
                Some(&light),
                Err(
                    "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
                ),
            ),
            (
                json!({"runtimeClassName": "c", "overhead": {"cpu": "0.25"}, "nodeSelector": {"a": "b"}, "tolerations": [{"key": "mine"}]}),
                Some(&heavy),
                Ok(completed.clone()),
            ),
            (completed.clone(), Some(&heavy), Ok(completed.clone())),
            (
                json!({"runtimeClassName": "c", "overhead": {"cpu": "1"}}),
                Some(&heavy),
                Err("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"),
            ),
            (
                json!({"runtimeClassName": "c", "nodeSelector": {"sandboxed": "no"}}),
                Some(&heavy),
                Err(
                    "conflict: runtimeClass.scheduling.nodeSelector[sandboxed] = yes; pod.spec.nodeSelector[sandboxed] = no",
                ),
            ),
        ] {
            let mut pod = json!({"spec": spec});
            let set = set(&mut pod, class).map_err(|error| error.to_string());
            let found = set.map(|()| pod["spec"].clone());
            assert_eq!(found, expected.map_err(str::to_owned), "{spec}");
        }
    }
}
