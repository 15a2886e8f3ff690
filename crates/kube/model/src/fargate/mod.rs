//! Pods on Fargate, as EKS has them: which profile a pod is of, how large a machine it gets, and what it cannot have there. Pure.

mod size;
mod unsupported;

use std::collections::BTreeMap;

use serde_json::Value;
use wharf_base::Glob;

pub use self::{
    size::{NoSize, Size},
    unsupported::unsupported,
};
use crate::view::text_at;

/// By which pods are left to Fargate's scheduler.
pub const SCHEDULER: &str = "fargate-scheduler";
/// The label of a pod that names its profile.
pub const PROFILE_LABEL: &str = "eks.amazonaws.com/fargate-profile";
/// The label and the taint of Fargate's nodes. Pods that say `ec2` by it are none of Fargate's.
pub const COMPUTE_TYPE: &str = "eks.amazonaws.com/compute-type";
pub const FARGATE: &str = "fargate";
/// The annotation of a pod that says what it was given.
pub const CAPACITY: &str = "CapacityProvisioned";
/// The priority that all of them have.
pub const PRIORITY_CLASS: &str = "system-node-critical";

/// A profile as pods are judged by it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    pub selectors: Vec<Selector>,
}

/// Pods of a namespace that have all of these labels. `*` and `?` stand for any characters, and for one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    pub namespace: String,
    pub labels: BTreeMap<String, String>,
}

impl Selector {
    fn chooses(&self, namespace: &str, labels: &Value) -> bool {
        let has = |(key, value): (&String, &String)| {
            let (key, value) = (Glob::plain(key), Glob::plain(value));
            let held = labels.as_object().into_iter().flatten();
            let mut held = held.filter_map(|(name, of)| Some((name, of.as_str()?)));
            held.any(|(name, of)| key.matches(name) && value.matches(of))
        };
        Glob::plain(&self.namespace).matches(namespace) && self.labels.iter().all(has)
    }
}

impl Profile {
    /// Whether it takes a pod of a namespace, by its labels.
    pub fn chooses(&self, namespace: &str, labels: &Value) -> bool {
        let mut selectors = self.selectors.iter();
        selectors.any(|it| it.chooses(namespace, labels))
    }
}

/// The profile that a pod is of: the one that it names, or else the first by name, of those that choose it.
pub fn profile_of<'a>(
    pod: &Value,
    namespace: &str,
    profiles: &'a [Profile],
) -> Option<&'a Profile> {
    let labels = &pod["metadata"]["labels"];
    let named = labels[PROFILE_LABEL].as_str().filter(|it| !it.is_empty());
    let mut all = profiles
        .iter()
        .filter(|it| named.is_none_or(|name| name == it.name) && it.chooses(namespace, labels));
    let first = all.next()?;
    Some(all.fold(
        first,
        |one, other| {
            if other.name < one.name { other } else { one }
        },
    ))
}

/// Makes a pod one of Fargate's, if a profile chooses it: what EKS' own webhook adds. Whether that was so.
pub fn add(pod: &mut Value, namespace: &str, profiles: &[Profile]) -> bool {
    let says = |pod: &Value, part: &str| pod["metadata"][part][COMPUTE_TYPE] == "ec2";
    let scheduler = text_at(pod, &["spec", "schedulerName"]);
    let has_other = !["", "default-scheduler", SCHEDULER].contains(&scheduler);
    let is_placed = !text_at(pod, &["spec", "nodeName"]).is_empty();
    if has_other || is_placed || says(pod, "annotations") || says(pod, "labels") {
        return false;
    }
    let Some(name) = profile_of(pod, namespace, profiles).map(|it| it.name.clone()) else {
        return false;
    };
    for part in ["labels", "annotations"] {
        if !pod["metadata"][part].is_object() {
            pod["metadata"][part] = serde_json::json!({});
        }
    }
    if let Ok(size) = Size::of(pod) {
        pod["metadata"]["annotations"][CAPACITY] = size.to_string().into();
    }
    pod["metadata"]["labels"][PROFILE_LABEL] = name.into();
    let Some(spec) = pod["spec"].as_object_mut() else {
        return false;
    };
    spec.insert("schedulerName".to_owned(), SCHEDULER.into());
    spec.insert("priorityClassName".to_owned(), PRIORITY_CLASS.into());
    // Those of the class count.
    spec.remove("priority");
    spec.remove("preemptionPolicy");
    true
}

/// Whether a pod is Fargate's to place.
pub fn is_of_fargate(pod: &Value) -> bool {
    text_at(pod, &["spec", "schedulerName"]) == SCHEDULER
}

/// Whether a node is a machine of Fargate.
pub fn is_fargate_node(node: &Value) -> bool {
    node["metadata"]["labels"][COMPUTE_TYPE] == FARGATE
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn profile(name: &str, namespace: &str, labels: &[(&str, &str)]) -> Profile {
        let labels = labels.iter();
        Profile {
            name: name.to_owned(),
            selectors: vec![Selector {
                namespace: namespace.to_owned(),
                labels: labels
                    .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                    .collect(),
            }],
        }
    }

    #[test]
    fn a_pod_is_of_the_first_that_chooses_it_or_of_the_one_it_names() {
        let profiles = [
            profile("z", "web", &[]),
            profile("b", "w*", &[("team", "b?ue")]),
            profile("c", "*", &[("te*", "*")]),
            profile("other", "db", &[]),
        ];
        for (namespace, labels, expected) in [
            ("web", json!({}), Some("z")),
            ("web", json!({"team": "blue"}), Some("b")),
            ("web", json!({"team": "bluue"}), Some("c")),
            ("wide", json!({"team": "bxue"}), Some("b")),
            ("x", json!({"tempo": "1"}), Some("c")),
            ("x", json!({}), None),
            (
                "web",
                json!({"team": "blue", PROFILE_LABEL: "z"}),
                Some("z"),
            ),
            // One that is named and does not choose it is none.
            ("web", json!({PROFILE_LABEL: "other"}), None),
            ("web", Value::Null, Some("z")),
        ] {
            let pod = json!({"metadata": {"labels": labels}});
            let found = profile_of(&pod, namespace, &profiles);
            assert_eq!(
                found.map(|it| it.name.as_str()),
                expected,
                "{namespace} {pod}"
            );
        }
    }

    #[test]
    fn a_pod_of_a_profile_is_marked_once() {
        let profiles = [profile("p", "web", &[])];
        let mut pod = json!({"metadata": {}, "spec": {
            "schedulerName": "default-scheduler", "priority": 0, "priorityClassName": "low",
            "containers": [{"name": "a", "resources": {"requests": {"cpu": "300m", "memory": "1Gi"}}}],
        }});
        assert!(add(&mut pod, "web", &profiles));
        assert_eq!(pod["metadata"]["labels"][PROFILE_LABEL], "p");
        assert_eq!(pod["metadata"]["annotations"][CAPACITY], "0.5vCPU 2GB");
        assert_eq!(pod["spec"]["schedulerName"], SCHEDULER);
        assert_eq!(pod["spec"]["priorityClassName"], PRIORITY_CLASS);
        assert!(pod["spec"]["priority"].is_null());
        let once = pod.clone();
        assert!(add(&mut pod, "web", &profiles));
        assert_eq!(pod, once);
    }

    #[test]
    fn who_is_not_for_fargate_stays_as_it_is() {
        let profiles = [profile("p", "web", &[])];
        for pod in [
            json!({"metadata": {"annotations": {COMPUTE_TYPE: "ec2"}}, "spec": {}}),
            json!({"metadata": {"labels": {COMPUTE_TYPE: "ec2"}}, "spec": {}}),
            json!({"metadata": {}, "spec": {"schedulerName": "own"}}),
            json!({"metadata": {}, "spec": {"nodeName": "n"}}),
        ] {
            let mut after = pod.clone();
            assert!(!add(&mut after, "web", &profiles));
            assert_eq!(after, pod);
        }
        let mut pod = json!({"metadata": {}, "spec": {}});
        assert!(!add(&mut pod, "other", &profiles));
        assert_eq!(pod, json!({"metadata": {}, "spec": {}}));
    }
}
