//! The definition of TargetGroupBindings, which clusters have from the beginning.

use serde_json::{Value, json};

use super::{BINDING, MISSING};

/// What AWS's controller has besides is let through, so that whoever asks for it is told.
pub fn definition() -> Value {
    let text = || json!({"type": "string", "minLength": 1});
    let mut spec = json!({
        "targetGroupARN": text(),
        "targetType": {"type": "string", "enum": ["instance", "ip"]},
        "ipAddressType": {"type": "string", "enum": ["ipv4", "ipv6"]},
        "serviceRef": {
            "type": "object", "required": ["name", "port"],
            "properties": {"name": text(), "port": {"x-kubernetes-int-or-string": true}},
        },
        "nodeSelector": {
            "type": "object",
            "properties": {
                "matchLabels": {"type": "object", "additionalProperties": {"type": "string"}},
                "matchExpressions": {"type": "array", "items": {
                    "type": "object", "required": ["key", "operator"],
                    "properties": {
                        "key": {"type": "string"}, "operator": {"type": "string"},
                        "values": {"type": "array", "items": {"type": "string"}},
                    },
                }},
            },
        },
    });
    for field in MISSING {
        spec[field] = json!({"x-kubernetes-preserve-unknown-fields": true});
    }
    let column = |name: &str, path: &str, priority: i32| json!({"name": name, "type": "string", "jsonPath": path, "priority": priority});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{}.{}", BINDING.plural, BINDING.group)},
        "spec": {
            "group": BINDING.group, "scope": "Namespaced",
            "names": {
                "kind": BINDING.kind, "listKind": format!("{}List", BINDING.kind),
                "plural": BINDING.plural, "singular": "targetgroupbinding",
            },
            "versions": [{
                "name": BINDING.version, "served": true, "storage": true,
                "subresources": {"status": {}},
                "additionalPrinterColumns": [
                    column("SERVICE-NAME", ".spec.serviceRef.name", 0),
                    column("SERVICE-PORT", ".spec.serviceRef.port", 0),
                    column("TARGET-TYPE", ".spec.targetType", 0),
                    column("ARN", ".spec.targetGroupARN", 1),
                    {"name": "AGE", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
                ],
                "schema": {"openAPIV3Schema": {
                    "type": "object",
                    "description": "The pods or the node port of a Service as targets of a target group.",
                    "properties": {
                        "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"},
                        "spec": {"type": "object", "required": ["serviceRef", "targetGroupARN"], "properties": spec},
                        "status": {"type": "object", "properties": {"observedGeneration": {"type": "integer", "format": "int64"}}},
                    },
                }},
            }],
        },
    })
}
