//! Which pods want an interface, and which interfaces nobody wants any more. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;
use wharf_kube_client::Object as _;

use crate::POD_ENI;

/// A pod that is to have an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub uid: String,
    pub namespace: String,
    pub name: String,
    pub node: String,
}

/// Whether a pod is bound to a node and has no interface yet.
pub fn wants(pod: &Value) -> bool {
    let is_over = matches!(pod.text("/status/phase"), "Succeeded" | "Failed");
    !pod.text("/spec/nodeName").is_empty()
        && !pod.is_true("/spec/hostNetwork")
        && pod.annotation(POD_ENI).is_none()
        && !pod.is_deleting()
        && !is_over
}

/// What those pods want that want an interface, by uid.
pub fn wishes(pods: &[Arc<Value>]) -> BTreeMap<String, Wish> {
    let wish = |pod: &Arc<Value>| Wish {
        uid: pod.uid().to_owned(),
        namespace: pod.namespace().to_owned(),
        name: pod.name().to_owned(),
        node: pod.text("/spec/nodeName").to_owned(),
    };
    let all = pods.iter().filter(|it| wants(it)).map(wish);
    all.map(|it| (it.uid.clone(), it)).collect()
}

/// Interfaces, each with its pod's uid, whose pods are gone.
pub fn unwanted(made: &BTreeMap<String, String>, pods: &[Arc<Value>]) -> BTreeSet<String> {
    let known: BTreeSet<&str> = pods.iter().map(|it| it.uid()).collect();
    let gone = made.iter().filter(|(_, uid)| !known.contains(uid.as_str()));
    gone.map(|(id, _)| id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(uid: &str, more: Value) -> Arc<Value> {
        let mut pod = json!({"metadata": {"name": uid, "namespace": "n", "uid": uid}, "spec": {"nodeName": "a"}});
        for (path, value) in more.as_object().into_iter().flatten() {
            let at = path.rsplit_once('/').unwrap();
            if pod.pointer(at.0).is_none() {
                pod[at.0.trim_start_matches('/')] = json!({});
            }
            pod.pointer_mut(at.0).unwrap()[at.1] = value.clone();
        }
        Arc::new(pod)
    }

    #[test]
    fn who_wants_one() {
        let annotated = json!({"/metadata/annotations": {(POD_ENI): "[]"}});
        let pods = [
            pod("plain", json!({})),
            pod("unbound", json!({"/spec/nodeName": ""})),
            pod("of-the-node", json!({"/spec/hostNetwork": true})),
            pod("has-one", annotated),
            pod(
                "ends",
                json!({"/metadata/deletionTimestamp": "2026-01-01T00:00:00Z"}),
            ),
            pod("over", json!({"/status/phase": "Succeeded"})),
        ];
        let found: Vec<String> = wishes(&pods).into_keys().collect();
        assert_eq!(found, ["plain"]);
    }

    #[test]
    fn who_is_gone_wants_none() {
        let made = BTreeMap::from([("eni-1", "a"), ("eni-2", "b")]);
        let made = made
            .into_iter()
            .map(|(id, uid)| (id.to_owned(), uid.to_owned()))
            .collect();
        assert_eq!(
            unwanted(&made, &[pod("a", json!({}))]),
            BTreeSet::from(["eni-2".to_owned()])
        );
    }
}
