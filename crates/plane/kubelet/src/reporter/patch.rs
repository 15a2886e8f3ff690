//! What is written of a pod's status ([`crate::patch`]). Pure.
//!
//! Conditions are merged by type, so that one which somebody else wrote in the same moment stays: that of an eviction, or of a readiness
//! gate. Addresses are merged by themselves, which are this node's all the same, and what the lists of containers say is replaced as a whole.

use serde_json::Value;

use crate::{
    patch::{Merge, of_status},
    status::is_own,
};

/// What makes the status `seen`, which the API has, one that says what `own` does; `None` where it does already. What `own` does not name
/// stays; null in it takes away what is there. Of conditions those are meant that are this node's.
///
/// A pod of the same name with another uid refuses it.
pub fn patch(uid: &str, seen: &Value, own: &Value) -> Option<Value> {
    of_status(uid, seen, own, merge)
}

fn merge(field: &str) -> Merge {
    match field {
        "conditions" => Merge::Items {
            key: "type",
            is_own,
        },
        "hostIPs" | "podIPs" => Merge::Items {
            key: "ip",
            is_own: |_| true,
        },
        _ => Merge::Plain,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wharf_kube_client::Object as _;

    use super::*;

    /// What becomes of the status `live` by the patch from `seen` to `own`.
    fn applied(live: &Value, seen: &Value, own: &Value) -> Value {
        crate::patch::applied(("v1", "Pod"), live, patch("u", seen, own).as_ref())
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
