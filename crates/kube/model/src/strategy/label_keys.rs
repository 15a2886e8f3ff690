//! `matchLabelKeys` and `mismatchLabelKeys` of a new pod: the values that its labels have under these keys are merged into the selector
//! beside them, so that whoever reads the pod needs the selector alone. Labels that change later change nothing of it.

use serde_json::{Map, Value, json};

use crate::view::{existing, items_mut, map, member, set, texts};

/// Where the keys stand, and how what they choose is merged.
const LISTS: [(&str, &str); 2] = [("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")];

/// How many requirements a pod gets at most. With more it is larger than an object may be, and so is refused either way: each has 40
/// bytes or more.
const MOST: usize = 30_000;

pub fn merge(pod: &mut Value) {
    let Some(spec) = existing(pod, "spec") else {
        return;
    };
    let mut spec = spec.take();
    if let Some(labels) = member(pod, "metadata").and_then(|it| map(it, "labels")) {
        let mut left = MOST;
        merge_all(&mut spec, labels, &mut left);
    }
    set(pod, "spec", spec);
}

fn merge_all(spec: &mut Value, labels: &Map<String, Value>, left: &mut usize) {
    if let Some(affinity) = existing(spec, "affinity") {
        for name in ["podAffinity", "podAntiAffinity"] {
            let Some(pods) = existing(affinity, name) else {
                continue;
            };
            for term in items_mut(pods, "requiredDuringSchedulingIgnoredDuringExecution") {
                merge_one(term, labels, left);
            }
            for weighted in items_mut(pods, "preferredDuringSchedulingIgnoredDuringExecution") {
                if let Some(term) = existing(weighted, "podAffinityTerm") {
                    merge_one(term, labels, left);
                }
            }
        }
    }
    for constraint in items_mut(spec, "topologySpreadConstraints") {
        merge_one(constraint, labels, left);
    }
}

/// Without a selector nothing is chosen, whatever the keys.
fn merge_one(term: &mut Value, labels: &Map<String, Value>, left: &mut usize) {
    if map(term, "labelSelector").is_none() {
        return;
    }
    let mut more = Vec::new();
    for (list, operator) in LISTS {
        for key in texts(term, list) {
            let Some(value) = labels.get(key).filter(|_| more.len() < *left) else {
                continue;
            };
            more.push(json!({"key": key, "operator": operator, "values": [value]}));
        }
    }
    *left -= more.len();
    let Some(selector) = existing(term, "labelSelector").filter(|_| !more.is_empty()) else {
        return;
    };
    match selector.get_mut("matchExpressions") {
        Some(Value::Array(expressions)) => expressions.append(&mut more),
        _ => set(selector, "matchExpressions", more),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

    fn merged(spec: Value) -> Value {
        let labels = json!({"app": "web", "version": "2"});
        let mut pod = json!({"metadata": {"labels": labels}, "spec": spec, "status": {}});
        merge(&mut pod);
        assert_eq!(
            pod.as_object().unwrap().keys().collect::<Vec<_>>(),
            ["metadata", "spec", "status"]
        );
        pod["spec"].take()
    }

    fn is(key: &str, operator: &str, value: &str) -> Value {
        json!({"key": key, "operator": operator, "values": [value]})
    }

    #[test]
    fn what_keys_choose_comes_after_what_the_selector_has() {
        let own = json!({"key": "tier", "operator": "Exists"});
        for (selector, keys, want) in [
            (
                json!({"matchLabels": {"app": "web"}}),
                json!({"matchLabelKeys": ["version"]}),
                json!({"matchLabels": {"app": "web"}, "matchExpressions": [is("version", "In", "2")]}),
            ),
            (
                json!({"matchExpressions": [own]}),
                json!({"mismatchLabelKeys": ["app"], "matchLabelKeys": ["version"]}),
                json!({"matchExpressions": [own, is("version", "In", "2"), is("app", "NotIn", "web")]}),
            ),
            (
                json!({"matchExpressions": null}),
                json!({"matchLabelKeys": ["not-there", "app"]}),
                json!({"matchExpressions": [is("app", "In", "web")]}),
            ),
            (
                json!({}),
                json!({"matchLabelKeys": ["not-there"], "mismatchLabelKeys": []}),
                json!({}),
            ),
            (
                Value::Null,
                json!({"matchLabelKeys": ["version"]}),
                Value::Null,
            ),
        ] {
            let mut term = keys.clone();
            term["labelSelector"] = selector;
            let mut after = keys;
            after["labelSelector"] = want;
            for place in ["podAffinity", "podAntiAffinity"] {
                let spec = |term: &Value| {
                    json!({"affinity": {place: {
                        REQUIRED: [{}, term],
                        PREFERRED: [{"weight": 1, "podAffinityTerm": term}],
                    }}, "containers": []})
                };
                assert_eq!(merged(spec(&term)), spec(&after), "{place}");
            }
            let spec = |one: &Value| json!({"topologySpreadConstraints": [{}, one]});
            assert_eq!(merged(spec(&term)), spec(&after));
        }
    }

    #[test]
    fn a_pod_without_labels_stays_as_it_is() {
        let constraint = json!({"labelSelector": {}, "matchLabelKeys": ["app"]});
        let mut pod = json!({"spec": {"topologySpreadConstraints": [constraint]}});
        let before = pod.clone();
        merge(&mut pod);
        assert_eq!(pod, before);
    }

    #[test]
    fn a_flood_of_keys_makes_no_more_than_an_object_holds() {
        let constraint = json!({"labelSelector": {}, "matchLabelKeys": vec!["app"; MOST]});
        let spec = merged(json!({"topologySpreadConstraints": [constraint, constraint]}));
        let made = |at: usize| {
            let selector = &spec["topologySpreadConstraints"][at]["labelSelector"];
            crate::view::items(selector, "matchExpressions").len()
        };
        assert_eq!((made(0), made(1)), (MOST, 0));
    }
}
