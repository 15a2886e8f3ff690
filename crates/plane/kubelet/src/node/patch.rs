//! What is written of a node's status ([`crate::patch`]). Pure.
//!
//! Conditions are merged by type, so that those of others stay, as a network plug-in's or a detector's of problems. Addresses are replaced
//! as a whole, as upstream's kubelet has it: a merge would tell them apart by type, and leave those of a type that the node has no more.

use serde_json::Value;
use wharf_kube_client::Object as _;

use crate::{
    patch::{Merge, of_status},
    pressure::Condition,
};

/// What makes the status of `node`, as it was last heard of, one that says what `own` does; `None` where it does already. What `own` does
/// not name stays; null in it takes away what is there.
///
/// Another node of the name refuses it.
pub fn patch(node: &Value, own: &Value) -> Option<Value> {
    of_status(node.uid(), node.at("/status"), own, merge)
}

fn merge(field: &str) -> Merge {
    match field {
        "conditions" => Merge::Items {
            key: "type",
            is_own,
        },
        "addresses" => Merge::Whole,
        _ => Merge::Plain,
    }
}

fn is_own(condition: &Value) -> bool {
    let kind = condition.text("/type");
    kind == "Ready" || Condition::ALL.iter().any(|it| it.kind() == kind)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What becomes of the status `live` by the patch from `seen` to `own`.
    fn applied(live: &Value, seen: &Value, own: &Value) -> Value {
        let seen = json!({"metadata": {"uid": "u"}, "status": seen});
        crate::patch::applied(("v1", "Node"), live, patch(&seen, own).as_ref())
    }

    fn condition(kind: &str, status: &str) -> Value {
        json!({"type": kind, "status": status, "reason": "x"})
    }

    #[test]
    fn conditions_of_others_stay_as_they_write_them() {
        let plugin = condition("NetworkUnavailable", "False");
        let seen = json!({"conditions": [plugin, condition("Ready", "Unknown")]});
        let live = json!({"conditions": [
            condition("NetworkUnavailable", "True"), condition("Ready", "Unknown"), condition("KernelDeadlock", "False"),
        ]});
        let own = json!({"conditions": [condition("MemoryPressure", "False"), condition("Ready", "True")]});
        let node = json!({"status": applied(&live, &seen, &own)});
        for (kind, status) in [
            ("NetworkUnavailable", "True"),
            ("KernelDeadlock", "False"),
            ("MemoryPressure", "False"),
            ("Ready", "True"),
        ] {
            assert!(node.has_condition(kind, status), "{kind}: {node}");
        }
        assert_eq!(node.list("/status/conditions").len(), 4);
    }

    #[test]
    fn addresses_are_the_ones_that_it_has_now() {
        let of = |all: &[(&str, &str)]| {
            let all = all
                .iter()
                .map(|(kind, it)| json!({"type": kind, "address": it}));
            json!({"addresses": all.collect::<Vec<Value>>()})
        };
        let first = of(&[("InternalIP", "10.0.0.1"), ("Hostname", "a")]);
        let second = of(&[("InternalIP", "10.0.0.2"), ("InternalDNS", "b")]);
        let odd = of(&[("InternalIP", "10.0.0.3"), ("InternalIP", "10.0.0.4")]);
        for (seen, own) in [
            (&json!({}), &first),
            (&first, &second),
            (&second, &first),
            (&odd, &second),
        ] {
            assert_eq!(applied(seen, seen, own), *own, "{seen}");
        }
        // Whatever was written since.
        assert_eq!(applied(&odd, &first, &second), second);
    }

    #[test]
    fn members_of_maps_are_each_for_themselves() {
        let seen = json!({
            "capacity": {"cpu": "2", "a.example/x": "5"}, "allocatable": {"cpu": "1", "a.example/y": "1"},
            "nodeInfo": {"kernelVersion": "6.1", "osImage": "x"},
        });
        let own = json!({
            "capacity": {"cpu": "2"}, "allocatable": {"cpu": "1", "a.example/x": "5", "a.example/y": null},
            "nodeInfo": {"kernelVersion": "6.2", "osImage": "x"},
        });
        let node = json!({"metadata": {"uid": "u"}, "status": seen});
        let expected = json!({
            "metadata": {"uid": "u"},
            "status": {
                "allocatable": {"a.example/x": "5", "a.example/y": null},
                "nodeInfo": {"kernelVersion": "6.2"},
            },
        });
        assert_eq!(patch(&node, &own), Some(expected));
        let now = json!({
            "capacity": {"cpu": "2", "a.example/x": "5"}, "allocatable": {"cpu": "1", "a.example/x": "5"},
            "nodeInfo": {"kernelVersion": "6.2", "osImage": "x"},
        });
        assert_eq!(applied(&seen, &seen, &own), now);
        let node = json!({"metadata": {"uid": "u"}, "status": now});
        assert_eq!(patch(&node, &own), None);
    }
}
