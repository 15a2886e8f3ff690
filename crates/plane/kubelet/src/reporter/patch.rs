//! What is written of a pod's status: a strategic merge patch of what this node decides about and the API does not have yet, as upstream's
//! kubelet sends it. Pure.
//!
//! Conditions are merged by type, so that one which somebody else wrote in the same moment stays: that of an eviction, or of a readiness
//! gate. Addresses are merged by themselves, which are this node's all the same, and what the lists of containers say is replaced as a whole.

use serde_json::{Map, Value, json};
use wharf_kube_client::Object as _;

use crate::status::is_own;

const CONDITIONS: &str = "conditions";

/// What makes the status `seen`, which the API has, one that says what `own` does; `None` where it does already. What `own` does not name
/// stays; null in it takes away what is there. Of conditions those are meant that are this node's.
///
/// A pod of the same name with another uid refuses it.
pub fn patch(uid: &str, seen: &Value, own: &Value) -> Option<Value> {
    let (seen, mut status) = (told(seen), Map::new());
    for (name, value) in own.as_object().into_iter().flatten() {
        let (before, now) = (seen.at(&format!("/{name}")), told(value));
        let Some(key) = merge_key(name) else {
            if *before != now {
                status.insert(name.clone(), now);
            }
            continue;
        };
        let now = items(name, &now);
        let changes = merged(key, &items(name, before), &now);
        // One is in order, and a server from before a list has no order for it either.
        if !changes.is_empty() && now.len() > 1 {
            let order: Vec<Value> = now.iter().map(|it| json!({ key: it[key] })).collect();
            status.insert(format!("$setElementOrder/{name}"), order.into());
        }
        if !changes.is_empty() {
            status.insert(name.clone(), changes.into());
        }
    }
    (!status.is_empty()).then(|| json!({"metadata": {"uid": uid}, "status": status}))
}

/// By what a strategic merge patch tells the items of a list apart; `None` for what it replaces.
fn merge_key(field: &str) -> Option<&'static str> {
    match field {
        CONDITIONS => Some("type"),
        "hostIPs" | "podIPs" => Some("ip"),
        _ => None,
    }
}

/// The items of a list that are this node's.
fn items<'a>(field: &str, list: &'a Value) -> Vec<&'a Value> {
    let all = list.list("").iter();
    all.filter(|it| field != CONDITIONS || is_own(it)).collect()
}

/// The items that are new, say something else, or go.
fn merged(key: &str, seen: &[&Value], own: &[&Value]) -> Vec<Value> {
    let mut changes = Vec::new();
    for item in own {
        let before = seen.iter().find(|it| it[key] == item[key]);
        let mut change = changed(before.copied().unwrap_or(&NOTHING), item);
        if !change.is_empty() {
            change.insert(key.to_owned(), item[key].clone());
            changes.push(change.into());
        }
    }
    for item in seen {
        if !own.iter().any(|it| it[key] == item[key]) {
            changes.push(json!({ key: item[key], "$patch": "delete" }));
        }
    }
    changes
}

static NOTHING: Value = Value::Null;

/// The fields of an item that say something else; null for those that say nothing any more.
fn changed(seen: &Value, own: &Value) -> Map<String, Value> {
    let fields = |of: &Value| of.as_object().cloned().unwrap_or_default();
    let (seen, own) = (fields(seen), fields(own));
    let gone = seen.keys().filter(|it| !own.contains_key(*it));
    let gone = gone.map(|it| (it.clone(), Value::Null));
    let new = own.iter().filter(|(name, it)| seen.get(*name) != Some(*it));
    let new = new.map(|(name, it)| (name.clone(), it.clone()));
    new.chain(gone).collect()
}

/// A value without members that are null: they say what absent ones say.
fn told(value: &Value) -> Value {
    match value {
        Value::Object(all) => {
            let all = all.iter().filter(|(_, it)| !it.is_null());
            all.map(|(name, it)| (name.clone(), told(it))).collect()
        }
        Value::Array(all) => all.iter().map(told).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use wharf_kube_model::{Catalog, patch::strategic};

    use super::*;

    /// What becomes of the status `live` by the patch from `seen` to `own`.
    fn applied(live: &Value, seen: &Value, own: &Value) -> Value {
        let pod = json!({"metadata": {"uid": "u"}, "status": live});
        let Some(patch) = patch("u", seen, own) else {
            return live.clone();
        };
        let schema = Catalog::built_in().schema("v1", "Pod").unwrap();
        let mut patched = strategic(schema.root(), &pod, &patch).unwrap();
        patched["status"].take()
    }

    fn condition(kind: &str, status: &str) -> Value {
        json!({"type": kind, "status": status, "lastTransitionTime": "2026-01-01T00:00:00Z"})
    }

    fn types(status: &Value) -> Vec<&str> {
        let all = status.list("/conditions").iter();
        all.map(|it| it.text("/type")).collect()
    }

    #[test]
    fn it_has_what_changed_and_names_the_pod() {
        let seen = json!({
            "phase": "Pending", "hostIP": "10.0.0.1",
            "conditions": [condition("PodScheduled", "True"), condition("Ready", "False")],
            "containerStatuses": [{"name": "a", "ready": false}],
        });
        let own = json!({
            "phase": "Running", "hostIP": "10.0.0.1", "reason": null,
            "conditions": [condition("PodScheduled", "True"), condition("Ready", "True")],
            "containerStatuses": [{"name": "a", "ready": true, "containerID": null}],
        });
        let expected = json!({
            "metadata": {"uid": "u"},
            "status": {
                "phase": "Running",
                "conditions": [{"type": "Ready", "status": "True"}],
                "$setElementOrder/conditions": [{"type": "PodScheduled"}, {"type": "Ready"}],
                "containerStatuses": [{"name": "a", "ready": true}],
            },
        });
        assert_eq!(patch("u", &seen, &own), Some(expected));
        let now = applied(&seen, &seen, &own);
        assert_eq!(patch("u", &now, &own), None);
    }

    #[test]
    fn null_and_absence_are_the_same() {
        let seen =
            json!({"conditions": [{"type": "Ready", "status": "True", "lastProbeTime": null}]});
        let own = json!({"reason": null, "conditions": [{"type": "Ready", "status": "True"}]});
        assert_eq!(patch("u", &seen, &own), None);
        assert_eq!(patch("u", &own, &seen), None);
        let evicted = json!({"reason": "Evicted"});
        let expected = json!({"metadata": {"uid": "u"}, "status": {"reason": null}});
        assert_eq!(
            patch("u", &evicted, &json!({"reason": null})),
            Some(expected)
        );
    }

    #[test]
    fn conditions_that_others_write_in_the_same_moment_stay() {
        let seen = json!({"conditions": [condition("PodScheduled", "True")]});
        let mut live = seen.clone();
        for kind in ["DisruptionTarget", "example.com/gate"] {
            let mut others = live.list("/conditions").to_vec();
            others.push(condition(kind, "True"));
            live["conditions"] = others.into();
        }
        // What it knew of others itself is not written again.
        let stale = condition("example.com/gate", "False");
        let own = json!({"phase": "Running", "conditions": [
            condition("PodScheduled", "True"), condition("Initialized", "True"), condition("Ready", "True"), stale,
        ]});
        let now = applied(&live, &seen, &own);
        let pod = json!({ "status": now });
        for kind in [
            "DisruptionTarget",
            "example.com/gate",
            "Initialized",
            "Ready",
        ] {
            assert!(pod.has_condition(kind, "True"), "{kind}: {pod}");
        }
        assert_eq!(types(&now).len(), 5);
        assert_eq!(now.text("/phase"), "Running");
        // That an eviction took its condition back is not undone either.
        let before = json!({"conditions": [condition("DisruptionTarget", "True")]});
        let now = applied(&json!({}), &before, &own);
        assert_eq!(types(&now), ["PodScheduled", "Initialized", "Ready"]);
    }

    #[test]
    fn a_disruption_by_the_node_itself_takes_the_place_of_another() {
        let of = |reason: &str| {
            let mut it = condition("DisruptionTarget", "True");
            it["reason"] = reason.into();
            it["message"] = reason.into();
            json!({ "conditions": [it] })
        };
        let (theirs, own) = (of("EvictionByEvictionAPI"), of("TerminationByKubelet"));
        assert_eq!(applied(&theirs, &theirs, &own), own);
        assert_eq!(patch("u", &theirs, &theirs), None);
    }

    #[test]
    fn conditions_of_its_own_go_and_so_do_their_reasons() {
        let mut unready = condition("Ready", "False");
        unready["reason"] = "ContainersNotReady".into();
        let pending = condition("PodResizePending", "True");
        let seen = json!({"conditions": [pending, condition("example.com/gate", "True"), unready]});
        let own = json!({"conditions": [condition("Ready", "True")]});
        let now = applied(&seen, &seen, &own);
        let expected = json!([
            condition("example.com/gate", "True"),
            condition("Ready", "True")
        ]);
        assert_eq!(*now.at("/conditions"), expected);
        assert_eq!(patch("u", &now, &own), None);
    }

    #[test]
    fn addresses_are_the_ones_that_it_has_now() {
        let of = |all: &[&str]| {
            let all: Vec<Value> = all.iter().map(|it| json!({ "ip": it })).collect();
            json!({"podIP": all[0]["ip"], "podIPs": all, "hostIPs": [{"ip": "10.0.0.1"}]})
        };
        let (first, second) = (of(&["10.0.1.1"]), of(&["10.0.1.2", "10.0.1.1"]));
        for (seen, own) in [
            (&json!({}), &first),
            (&first, &second),
            (&second, &first),
            (&of(&["10.0.1.9"]), &second),
        ] {
            assert_eq!(applied(seen, seen, own), *own, "{seen}");
        }
        // Of a pod whose network is gone the last ones stay.
        assert_eq!(
            patch("u", &first, &json!({"phase": "Failed"})).unwrap()["status"],
            json!({"phase": "Failed"})
        );
    }
}
