//! Which stacks objects belong to. Pure.

use serde_json::Value;
use wharf_kube_client::Object as _;

use crate::{ingress, stack::Key};

pub const OF_SERVICE: &str = "service.k8s.aws/resources";
const OF_INGRESS: &str = "ingress.k8s.aws/resources";
const OF_GROUP: &str = "group.ingress.k8s.aws/";
/// From before classes had a field of their own.
const OLD_CLASS: &str = "kubernetes.io/ingress.class";

/// The finalizer by which an object waits for the end of a stack.
pub fn finalizer(key: &Key) -> String {
    match key {
        Key::Service { .. } => OF_SERVICE.to_owned(),
        Key::Ingress { .. } => OF_INGRESS.to_owned(),
        Key::Group(name) => format!("{OF_GROUP}{name}"),
    }
}

/// The stack that an Ingress asks for, first, and those that it still waits for.
pub fn keys(ingress: &Value) -> Vec<Key> {
    let own = Key::Ingress {
        namespace: ingress.namespace().to_owned(),
        name: ingress.name().to_owned(),
    };
    // One whose group has no name that can be is told so by its own stack.
    let mut keys = vec![ingress::key(ingress).unwrap_or_else(|_| own.clone())];
    for finalizer in ingress.list("/metadata/finalizers") {
        let finalizer = finalizer.as_str().unwrap_or_default();
        let key = match finalizer.strip_prefix(OF_GROUP) {
            Some(name) => Key::Group(name.to_owned()),
            None if finalizer == OF_INGRESS => own.clone(),
            None => continue,
        };
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// Whether an Ingress is of a stack now. `is_ours` says which classes are this controller's.
pub fn is_member(ingress: &Value, key: &Key, is_ours: &dyn Fn(&str) -> bool) -> bool {
    let class = ingress.text("/spec/ingressClassName");
    let old = ingress.annotation(OLD_CLASS);
    let has_class = match (class, old) {
        ("", Some(old)) => old == ingress::CLASS,
        ("", None) => false,
        (class, _) => is_ours(class),
    };
    has_class && !ingress.is_deleting() && keys(ingress).first() == Some(key)
}

/// Whether an Ingress leads to a service, by its rules or by an annotation.
pub fn names_service(ingress: &Value, service: &str) -> bool {
    let of = |it: &Value| it.text("/service/name") == service;
    let rules = ingress.list("/spec/rules").iter();
    let mut paths = rules.flat_map(|it| it.list("/http/paths"));
    let notes = ingress.map("/metadata/annotations").into_iter().flatten();
    let mut notes = notes.filter(|(name, _)| {
        let rest = name.strip_prefix(ingress::PREFIX);
        rest.is_some_and(|it| it.starts_with("actions."))
    });
    of(ingress.at("/spec/defaultBackend"))
        || paths.any(|it| of(it.at("/backend")))
        || notes.any(|(_, value)| value.as_str().is_some_and(|it| it.contains(service)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stacks_of_an_ingress() {
        let own = Key::Ingress {
            namespace: "a".to_owned(),
            name: "b".to_owned(),
        };
        let mut ingress =
            json!({"metadata": {"namespace": "a", "name": "b"}, "spec": {"ingressClassName": "x"}});
        assert_eq!(keys(&ingress), std::slice::from_ref(&own));
        assert!(
            is_member(&ingress, &own, &|it| it == "x") && !is_member(&ingress, &own, &|_| false)
        );
        ingress["metadata"]["finalizers"] = json!([OF_INGRESS, "other"]);
        ingress["metadata"]["annotations"] =
            json!({"alb.ingress.kubernetes.io/group.name": "shared"});
        let shared = Key::Group("shared".to_owned());
        assert_eq!(keys(&ingress), [shared.clone(), own.clone()]);
        assert!(is_member(&ingress, &shared, &|_| true) && !is_member(&ingress, &own, &|_| true));
        ingress["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        assert!(!is_member(&ingress, &shared, &|_| true));
    }

    #[test]
    fn services_of_an_ingress() {
        let ingress = json!({
            "metadata": {"annotations": {"alb.ingress.kubernetes.io/actions.split": "{\"serviceName\": \"two\"}"}},
            "spec": {"rules": [{"http": {"paths": [{"backend": {"service": {"name": "one"}}}]}}]},
        });
        let found = ["one", "two", "three"].map(|it| names_service(&ingress, it));
        assert_eq!(found, [true, true, false]);
    }
}
