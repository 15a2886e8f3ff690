//! Horizontal pod autoscalers, in both versions.

use serde_json::{Value, json};

use crate::{
    convert,
    view::{absent, default, existing, member, object_mut, text_at},
};

pub fn v1(object: &mut Value) {
    let others = text_at(object, &["metadata", "annotations", convert::METRICS]).to_owned();
    if let Some(spec) = object_mut(object, "spec") {
        default(spec, "minReplicas", 1);
        // It is stored with its metrics, of which there is always one.
        if others.is_empty() {
            default(spec, "targetCPUUtilizationPercentage", 80);
        }
    }
}

pub fn v2(object: &mut Value) {
    let Some(spec) = object_mut(object, "spec") else {
        return;
    };
    default(spec, "minReplicas", 1);
    if absent(spec, "metrics") {
        spec["metrics"] = json!([{"type": "Resource", "resource": {
            "name": "cpu",
            "target": {"type": "Utilization", "averageUtilization": 80},
        }}]);
    }
    if let Some(behavior) = existing(spec, "behavior") {
        rules(
            behavior,
            "scaleUp",
            Some(0),
            &json!([
                {"type": "Pods", "value": 4, "periodSeconds": 15},
                {"type": "Percent", "value": 100, "periodSeconds": 15},
            ]),
        );
        // How long to wait before scaling down is the controller's to say.
        rules(
            behavior,
            "scaleDown",
            None,
            &json!([{"type": "Percent", "value": 100, "periodSeconds": 15}]),
        );
    }
}

fn rules(behavior: &mut Value, name: &str, window: Option<i64>, policies: &Value) {
    if let Some(rules) = object_mut(behavior, name) {
        if let Some(window) = window {
            default(rules, "stabilizationWindowSeconds", window);
        }
        default(rules, "selectPolicy", "Max");
        if member(rules, "policies").is_none() {
            rules["policies"] = policies.clone();
        }
    }
}
