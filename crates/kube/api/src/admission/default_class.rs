//! Classes that count where an object names none: those that say so of themselves.

use serde_json::Value;

const OF_INGRESSES: &str = "ingressclass.kubernetes.io/is-default-class";
/// From before Ingresses had a field for their class.
const OLD_CLASS: &str = "kubernetes.io/ingress.class";

/// The name of the class that counts. Of several defaults the newest does, of equally new ones the first by name.
pub fn newest<'a>(classes: impl Iterator<Item = &'a Value>, is_default: &str) -> Option<&'a Value> {
    let defaults = classes.filter(|it| it["metadata"]["annotations"][is_default] == "true");
    let newest = defaults.max_by(|a, b| {
        let text = |it: &Value, name: &str| {
            let text = it["metadata"][name].as_str();
            text.unwrap_or_default().to_owned()
        };
        let by_age = text(a, "creationTimestamp").cmp(&text(b, "creationTimestamp"));
        by_age.then_with(|| text(b, "name").cmp(&text(a, "name")))
    });
    newest.map(|it| &it["metadata"]["name"])
}

/// Gives an Ingress that says nothing of a class the one that is the default.
pub fn of_ingress<'a>(ingress: &mut Value, classes: impl Iterator<Item = &'a Value>) {
    let says_it = !ingress["spec"]["ingressClassName"].is_null()
        || ingress["metadata"]["annotations"].get(OLD_CLASS).is_some();
    if says_it {
        return;
    }
    if let (Some(name), Some(spec)) = (
        newest(classes, OF_INGRESSES),
        ingress["spec"].as_object_mut(),
    ) {
        spec.insert("ingressClassName".to_owned(), name.clone());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn class(name: &str, at: &str, default: &str) -> Value {
        json!({"metadata": {"name": name, "creationTimestamp": at, "annotations": {OF_INGRESSES: default}}})
    }

    #[test]
    fn the_newest_and_of_equals_the_first() {
        let classes = [
            class("old", "2026-01-01T00:00:00Z", "true"),
            class("b", "2026-01-02T00:00:00Z", "true"),
            class("a", "2026-01-02T00:00:00Z", "true"),
            class("none", "2026-01-03T00:00:00Z", "false"),
        ];
        let found = |from: usize| newest(classes[from..].iter(), OF_INGRESSES).cloned();
        assert_eq!(
            [found(0), found(3)],
            [Some(json!("a")), None],
            "none is no default"
        );
    }

    #[test]
    fn an_ingress_that_says_nothing_of_a_class_gets_the_default() {
        let classes = [class("a", "2026-01-01T00:00:00Z", "true")];
        for (metadata, spec, expected) in [
            (json!({}), json!({}), json!("a")),
            (json!({}), json!({"ingressClassName": null}), json!("a")),
            (json!({}), json!({"ingressClassName": ""}), json!("")),
            (json!({}), json!({"ingressClassName": "b"}), json!("b")),
            (
                json!({"annotations": {OLD_CLASS: ""}}),
                json!({}),
                Value::Null,
            ),
        ] {
            let mut ingress = json!({"metadata": metadata, "spec": spec});
            of_ingress(&mut ingress, classes.iter());
            assert_eq!(ingress["spec"]["ingressClassName"], expected, "{ingress}");
        }
    }
}
