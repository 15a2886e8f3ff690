//! What a pod that gets a node says of where that is.

use serde_json::{Value, json};
use wharf_kube_model::topology;

/// Gives a pod, or the binding that gives it its node, the labels of that node that say where it is.
pub fn label(object: &mut Value, node: &Value) {
    let Some(labels) = node["metadata"]["labels"].as_object() else {
        return;
    };
    for (key, value) in topology::of_node(labels) {
        let own = &mut object["metadata"]["labels"];
        if !own.is_object() {
            *own = json!({});
        }
        own[key] = value.clone();
    }
}
