//! Objects and the errors upstream has for them. Each case changes one place of a good object.

mod address;
mod cluster;
mod confinement;
mod csi;
mod networks;
mod pod_changes;
mod pods;
mod ratchet;
mod review;
mod storage;
mod webhooks;
mod workloads;

use serde_json::{Value, json};

use crate::{Catalog, Resource, defaults, strategy};

fn resource(api_version: &str, plural: &str) -> std::sync::Arc<Resource> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let catalog = Catalog::built_in();
    let found = catalog.resource(group, version, plural);
    std::sync::Arc::clone(found.expect("a kind"))
}

/// An object as it is stored: named, completed, prepared.
fn stored(resource: &Resource, mut object: Value) -> Value {
    let metadata = &mut object["metadata"];
    if metadata["name"].is_null() {
        metadata["name"] = "x".into();
    }
    if resource.namespaced {
        metadata["namespace"] = "default".into();
    }
    metadata["uid"] = "u".into();
    metadata["resourceVersion"] = "1".into();
    defaults::apply(resource, &mut object);
    strategy::before_create(resource, &mut object);
    object
}

fn texts(errors: Vec<crate::field::FieldError>) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}

/// Errors of creating an object.
fn created(api_version: &str, plural: &str, object: Value) -> Vec<String> {
    let resource = resource(api_version, plural);
    texts(super::create(&resource, &stored(&resource, object)))
}

/// Errors of changing an object to another.
fn changed(api_version: &str, plural: &str, old: Value, new: Value) -> Vec<String> {
    let resource = resource(api_version, plural);
    let old = stored(&resource, old);
    let mut new = stored(&resource, new);
    strategy::before_update(&resource, "", &old, &mut new);
    texts(super::update(&resource, &new, &old, ""))
}

/// Errors of giving an object this status.
fn status_changed(api_version: &str, plural: &str, object: Value, status: Value) -> Vec<String> {
    let resource = resource(api_version, plural);
    let old = stored(&resource, object);
    let new = with(&old, "/status", status);
    texts(super::update(&resource, &new, &old, "status"))
}

/// `object` with the value at a JSON pointer replaced, or taken away when it is null.
fn with(object: &Value, pointer: &str, value: Value) -> Value {
    let mut object = object.clone();
    let (owner, name) = pointer.rsplit_once('/').expect("a pointer");
    let owner = object.pointer_mut(owner).expect("the owner of the place");
    match (owner, value) {
        (Value::Object(members), Value::Null) => {
            members.shift_remove(name);
        }
        (Value::Object(members), value) => {
            members.insert(name.to_owned(), value);
        }
        (Value::Array(items), value) => {
            items[name.parse::<usize>().expect("an index")] = value;
        }
        _ => panic!("{pointer} has no owner"),
    }
    object
}

/// Each case: where, what, and the errors there are then.
type Case = (&'static str, Value, &'static [&'static str]);

fn check(api_version: &str, plural: &str, good: &Value, cases: &[Case]) {
    assert_eq!(
        created(api_version, plural, good.clone()),
        Vec::<String>::new(),
        "{plural}"
    );
    for (pointer, value, expected) in cases {
        let object = with(good, pointer, value.clone());
        assert_eq!(
            created(api_version, plural, object),
            *expected,
            "{plural} {pointer} {value}"
        );
    }
}

/// No shape of a body brings validation down, and a flood of faults stays bounded.
#[test]
fn any_shape_is_taken() {
    let catalog = Catalog::built_in();
    let flood = Value::Array(vec![json!({}); 10_000]);
    let shapes = [
        json!(null),
        json!([]),
        json!({}),
        json!({"metadata": 1, "spec": [1], "status": "x", "data": 3, "rules": 1, "subjects": [1]}),
        json!({"metadata": {"labels": [1], "ownerReferences": [1], "managedFields": [1]}, "spec": {"containers": [1], "volumes": [1], "ports": [1],
            "template": 1, "versions": [1], "limits": [1], "metrics": [1], "tolerations": [1], "rules": [1], "affinity": 1}}),
        json!({"metadata": {"ownerReferences": flood, "managedFields": flood}, "subsets": flood, "endpoints": flood, "rules": flood, "subjects": flood,
            "spec": {"containers": flood, "initContainers": flood, "ephemeralContainers": flood, "volumes": flood, "ports": flood, "tolerations": flood,
                "topologySpreadConstraints": flood, "limits": flood, "rules": flood, "ingress": flood, "versions": flood, "metrics": flood, "taints": flood}}),
    ];
    for resource in catalog.all() {
        for shape in &shapes {
            assert!(super::create(resource, shape).len() <= 500);
            for subresource in ["", "status", "finalize", "ephemeralcontainers", "resize"] {
                super::update(resource, shape, shape, subresource);
            }
        }
    }
}

#[test]
fn metadata() {
    let good = json!({"metadata": {"name": "x"}});
    check(
        "v1",
        "configmaps",
        &good,
        &[
            ("/metadata/labels", json!({"a": "b", "x.io/y": ""}), &[]),
            (
                "/metadata/labels",
                json!({"a": "-"}),
                &[
                    r#"metadata.labels: Invalid value: "-": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"#,
                ],
            ),
            ("/metadata/annotations", json!({"A/b": "x"}), &[]),
            (
                "/metadata/annotations",
                json!({"a": {"b": 1}}),
                &[r#"metadata.annotations[a]: Invalid value: {"b":1}: must be a string"#],
            ),
            (
                "/metadata/annotations",
                json!({"a": "x".repeat(300_000)}),
                &["metadata.annotations: Too long: may not be more than 262144 bytes"],
            ),
            (
                "/metadata/finalizers",
                json!(["orphan", "foregroundDeletion"]),
                &[
                    r#"metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set"#,
                ],
            ),
            (
                "/metadata/ownerReferences",
                json!([{"apiVersion": "v1", "kind": "Pod", "name": "p"}]),
                &[r#"metadata.ownerReferences.uid: Invalid value: "": must not be empty"#],
            ),
            (
                "/metadata/managedFields",
                json!([{"operation": "Foo"}]),
                &[
                    r#"metadata.managedFields[0].operation: Invalid value: "Foo": must be `Apply` or `Update`"#,
                ],
            ),
        ],
    );
    let bad = created("v1", "configmaps", json!({"metadata": {"name": "A"}}));
    assert_eq!(
        bad,
        [
            r#"metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#
        ]
    );
    assert_eq!(
        changed(
            "v1",
            "configmaps",
            json!({"metadata": {"name": "x", "deletionTimestamp": "2026-01-01T00:00:00Z"}}),
            json!({"metadata": {"name": "y", "finalizers": ["a.b/c"]}}),
        ),
        [
            r#"metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a.b/c"}"#,
            r#"metadata.name: Invalid value: "y": field is immutable"#,
        ]
    );
}
