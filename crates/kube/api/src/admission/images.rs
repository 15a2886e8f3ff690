//! Which images the containers of pods may start, where the owner of the cluster has rules about that. What an image's name leads to when
//! the pod is written is what its node pulls, whatever becomes of the tag.

use std::collections::BTreeMap;

use serde_json::Value;
use wharf_kube_model::view::{CONTAINER_LISTS, containers, text_at};
use wharf_store::Compare;

use super::Operation;
use crate::{answer::Fault, call::Call};

/// Judges the images that a write brings into a pod; what the write is to compare.
pub async fn settle(
    call: &Call,
    operation: Operation<'_>,
    pod: &mut Value,
    live: Option<&Value>,
) -> Result<Option<Compare>, Fault> {
    let Some(images) = &call.cluster.parts.images else {
        return Ok(None);
    };
    match operation {
        Operation::Create => {}
        Operation::Update { subresource } if ["", "ephemeralcontainers"].contains(&subresource) => {
        }
        _ => return Ok(None),
    }
    let brought = brought(pod, live);
    if brought.is_empty() {
        return Ok(None);
    }
    let admitted = images.admit(&brought).await;
    let name = text_at(pod, &["metadata", "name"]).to_owned();
    let admitted = admitted.map_err(|why| call.forbidden(&name, &why.to_string()))?;
    set(pod, &brought, &admitted.settled);
    Ok(admitted.rests_on)
}

/// Containers with their images, but for those that have them already: what runs is let alone.
fn brought(pod: &Value, live: Option<&Value>) -> Vec<(String, String)> {
    let of = |pod: &Value| -> Vec<(String, String)> {
        let one = |it: &Value| {
            Some((
                it["name"].as_str()?.to_owned(),
                it["image"].as_str()?.to_owned(),
            ))
        };
        containers(pod).filter_map(one).collect()
    };
    let before = live.map(of).unwrap_or_default();
    let mut brought = of(pod);
    brought.retain(|it| !before.contains(it));
    brought
}

/// Gives the containers that were judged the images that they may start.
fn set(pod: &mut Value, judged: &[(String, String)], settled: &BTreeMap<String, String>) {
    let Some(spec) = pod.get_mut("spec") else {
        return;
    };
    for list in CONTAINER_LISTS {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let pair = (
                text_at(container, &["name"]),
                text_at(container, &["image"]),
            );
            let is_judged = judged
                .iter()
                .any(|(name, image)| (&**name, &**image) == pair);
            let image = settled.get(pair.0).filter(|_| is_judged);
            if let (Some(image), Some(container)) = (image, container.as_object_mut()) {
                container.insert("image".to_owned(), image.as_str().into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_a_write_brings_is_judged() {
        let live = json!({"spec": {"containers": [{"name": "a", "image": "old"}, {"name": "b", "image": "x:1"}]}});
        let new = json!({"spec": {
            "initContainers": [{"name": "i", "image": "x:1"}],
            "containers": [{"name": "a", "image": "new"}, {"name": "b", "image": "x:1"}, {"name": "c"}, 7],
            "ephemeralContainers": [{"name": "e", "image": "debug"}],
        }});
        let pair = |name: &str, image: &str| (name.to_owned(), image.to_owned());
        let all = [
            pair("i", "x:1"),
            pair("a", "new"),
            pair("b", "x:1"),
            pair("e", "debug"),
        ];
        assert_eq!(brought(&new, None), all);
        let changed = [pair("i", "x:1"), pair("a", "new"), pair("e", "debug")];
        assert_eq!(brought(&new, Some(&live)), changed);
        assert_eq!(brought(&json!({}), None), []);
        assert_eq!(brought(&json!({"spec": {"containers": {}}}), None), []);
    }

    #[test]
    fn what_was_judged_is_set_and_nothing_else() {
        let mut pod = json!({"spec": {
            "initContainers": [{"name": "a", "image": "other"}],
            "containers": [{"name": "a", "image": "x:1"}, {"name": "b", "image": "y:1"}],
        }});
        let judged = [
            ("a".to_owned(), "x:1".to_owned()),
            ("b".to_owned(), "y:1".to_owned()),
        ];
        let settled = BTreeMap::from([("a".to_owned(), "x@sha256:00".to_owned())]);
        set(&mut pod, &judged, &settled);
        assert_eq!(
            pod,
            json!({"spec": {
                "initContainers": [{"name": "a", "image": "other"}],
                "containers": [{"name": "a", "image": "x@sha256:00"}, {"name": "b", "image": "y:1"}],
            }})
        );
        for other in [
            json!({}),
            json!({"spec": {}}),
            json!({"spec": {"containers": [7]}}),
        ] {
            let mut same = other.clone();
            set(&mut same, &judged, &settled);
            assert_eq!(same, other);
        }
    }
}
