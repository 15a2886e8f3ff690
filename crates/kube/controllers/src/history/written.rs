//! The form in which a revision's template is written. Clients, `kubectl rollout undo` among them, compare it byte for byte with what they
//! make of the set themselves: members in the order of their names, and what Go writes of a pod although nothing was said. Pure.
//!
//! Since 1.34 a time that is not set is left out, which before was written as `"creationTimestamp":null`. As with upstream, clients from
//! before see another text then and say that they rolled back where nothing changes; revisions from before are the same ones still.

use serde_json::{Map, Value, json};
use wharf_kube_model::view::CONTAINER_LISTS;

/// The template of a set as it is written.
pub fn written(template: &Value) -> Value {
    let mut template = template.clone();
    undated(&mut template);
    let spec = template.get_mut("spec").and_then(Value::as_object_mut);
    let Some(spec) = spec else {
        return ordered(&template);
    };
    spec.entry("containers").or_insert(Value::Null);
    for list in CONTAINER_LISTS {
        for container in items(spec, list) {
            container.entry("resources").or_insert(json!({}));
            for each in items(container, "env") {
                if let Some(source) = each.get_mut("valueFrom") {
                    divisor(source);
                }
            }
        }
    }
    for volume in items(spec, "volumes") {
        if let Some(claim) = volume
            .get_mut("ephemeral")
            .and_then(|it| it.get_mut("volumeClaimTemplate"))
        {
            undated(claim);
            let spec = claim.get_mut("spec").and_then(Value::as_object_mut);
            if let Some(spec) = spec {
                spec.entry("resources").or_insert(json!({}));
            }
        }
        if let Some(files) = volume.get_mut("downwardAPI").and_then(Value::as_object_mut) {
            items(files, "items").for_each(divisors);
        }
        if let Some(all) = volume.get_mut("projected").and_then(Value::as_object_mut) {
            for source in items(all, "sources") {
                let files = source.get_mut("downwardAPI");
                if let Some(files) = files.and_then(Value::as_object_mut) {
                    items(files, "items").for_each(divisors);
                }
            }
        }
    }
    ordered(&template)
}

/// Whether two templates are the same, whoever wrote them and in which form.
pub fn are_same(some: &Value, other: &Value) -> bool {
    some == other || written(some) == written(other)
}

fn items<'a>(
    of: &'a mut Map<String, Value>,
    list: &str,
) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    let all = of.get_mut(list).and_then(Value::as_array_mut);
    all.into_iter().flatten().filter_map(Value::as_object_mut)
}

/// Without the time at which it was made, which a template never was. Its metadata are written also where there are none.
fn undated(of: &mut Value) {
    let Some(of) = of.as_object_mut() else {
        return;
    };
    let metadata = of.entry("metadata").or_insert(json!({}));
    if let Some(metadata) = metadata.as_object_mut() {
        metadata.shift_remove("creationTimestamp");
    }
}

fn divisors(of: &mut Map<String, Value>) {
    if let Some(field) = of
        .get_mut("resourceFieldRef")
        .and_then(Value::as_object_mut)
    {
        field.entry("divisor").or_insert("0".into());
    }
}

fn divisor(source: &mut Value) {
    if let Some(source) = source.as_object_mut() {
        divisors(source);
    }
}

fn ordered(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut names: Vec<&String> = map.keys().collect();
            names.sort_unstable();
            let each = names.into_iter();
            Value::Object(each.map(|it| (it.clone(), ordered(&map[it]))).collect())
        }
        Value::Array(list) => list.iter().map(ordered).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole text that upstream's `getPatch` makes of the same set since 1.34.
    #[test]
    fn a_template_is_written_as_go_does() {
        let template = json!({
            "spec": {
                "terminationGracePeriodSeconds": 30,
                "containers": [{"name": "app", "image": "httpd", "ports": [{"protocol": "TCP", "containerPort": 9376}],
                    "env": [{"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}}]}],
            },
            "metadata": {"labels": {"b": "1", "a": "2"}},
        });
        let text = written(&template).to_string();
        assert_eq!(
            text,
            "{\"metadata\":{\"labels\":{\"a\":\"2\",\"b\":\"1\"}},\
             \"spec\":{\"containers\":[{\"env\":[{\"name\":\"CPU\",\"valueFrom\":{\"resourceFieldRef\":\
             {\"divisor\":\"0\",\"resource\":\"limits.cpu\"}}}],\"image\":\"httpd\",\"name\":\"app\",\
             \"ports\":[{\"containerPort\":9376,\"protocol\":\"TCP\"}],\"resources\":{}}],\
             \"terminationGracePeriodSeconds\":30}}"
        );
    }

    #[test]
    fn what_is_mounted_is_written_whole_too() {
        let field = json!({"path": "cpu", "resourceFieldRef": {"resource": "limits.cpu"}});
        let volumes = json!([
            {"name": "a", "downwardAPI": {"items": [field]}},
            {"name": "b", "projected": {"sources": [{"downwardAPI": {"items": [field]}}]}},
            {"name": "c", "ephemeral": {"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"]}}}},
        ]);
        let text = written(&json!({"spec": {"volumes": volumes}})).to_string();
        assert_eq!(text.matches("\"divisor\":\"0\"").count(), 2, "{text}");
        let claim = "\"volumeClaimTemplate\":{\"metadata\":{},\
            \"spec\":{\"accessModes\":[\"ReadWriteOnce\"],\"resources\":{}}}";
        assert!(text.contains(claim), "{text}");
    }

    #[test]
    fn forms_of_one_template_are_the_same() {
        let plain =
            json!({"metadata": {"labels": {"a": "1"}}, "spec": {"containers": [{"name": "c"}]}});
        assert!(are_same(&plain, &written(&plain)));
        let dated = json!({"metadata": {"creationTimestamp": null, "labels": {"a": "1"}},
            "spec": {"containers": [{"resources": {}, "name": "c"}]}});
        assert!(are_same(&plain, &dated));
        // As a client makes it of the set, which the server may show with a time or without.
        assert_eq!(written(&plain).to_string(), written(&dated).to_string());
        let other = json!({"metadata": {"labels": {"a": "1"}},
            "spec": {"containers": [{"name": "c", "resources": {"limits": {"cpu": "1"}}}]}});
        assert!(!are_same(&plain, &other));
    }
}
