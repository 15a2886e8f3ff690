use super::*;
use crate::field::Errors;
use crate::{Catalog, conform};
use serde_json::json;

fn definition(properties: Value) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "crontabs.stable.example.com"},
        "spec": {
            "group": "stable.example.com", "scope": "Namespaced",
            "names": {"plural": "crontabs", "kind": "CronTab", "shortNames": ["ct"], "categories": ["all"]},
            "versions": [
                {"name": "v1", "served": true, "storage": true, "subresources": {"status": {},
                    "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}},
                    "additionalPrinterColumns": [{"name": "Spec", "type": "string", "jsonPath": ".spec.cronSpec"}],
                    "schema": {"openAPIV3Schema": {"type": "object", "required": ["spec"], "properties": {
                        "spec": {"type": "object", "properties": properties},
                        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}},
                {"name": "v1beta1", "served": true, "storage": false,
                    "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}},
                {"name": "v1alpha1", "served": false, "storage": false, "schema": {"openAPIV3Schema": {"type": "object"}}},
            ],
        },
    })
}

fn properties() -> Value {
    json!({
        "cronSpec": {"type": "string", "pattern": "^(\\d+|\\*)(/\\d+)?$", "default": "*"},
        "replicas": {"type": "integer", "minimum": 1, "maximum": 10},
        "mode": {"type": "string", "enum": ["a", "b"]},
        "port": {"x-kubernetes-int-or-string": true},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "list": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "maxItems": 3,
            "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "v": {"type": "integer", "default": 1}}}},
        "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        "maybe": {"type": "string", "nullable": true},
        "id": {"type": "string", "format": "uuid"},
        "closed": {"type": "object", "additionalProperties": false},
        "rest": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": true},
        "one": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
    })
}

fn crontabs() -> std::sync::Arc<Resource> {
    let catalog = Catalog::built_in().with_custom(&[definition(properties())]);
    catalog
        .resource("stable.example.com", "v1", "crontabs")
        .expect("a custom resource")
        .clone()
}

fn checked(properties: Value) -> Vec<String> {
    let mut errors = Errors::new();
    check(&definition(properties), &mut errors);
    errors
        .into_vec()
        .iter()
        .map(|error| format!("{}: {}", error.field, error.body()))
        .collect()
}

#[test]
fn a_definition_brings_its_kinds() {
    let catalog = Catalog::built_in().with_custom(&[definition(properties())]);
    let resource = catalog
        .of_kind("stable.example.com", "v1", "CronTab")
        .expect("the kind");
    assert_eq!(
        (resource.singular.as_str(), resource.list_kind.as_str()),
        ("crontab", "CronTabList")
    );
    assert!(resource.subresource("status").is_some());
    assert_eq!(resource.subresource("scale").expect("scale").kind, "Scale");
    let beta = catalog
        .resource("stable.example.com", "v1beta1", "crontabs")
        .expect("the other version");
    assert_eq!(
        (beta.storage.version.as_str(), beta.subresources.len()),
        ("v1", 0)
    );
    assert!(
        catalog
            .resource("stable.example.com", "v1alpha1", "crontabs")
            .is_none()
    );
    assert!(catalog.resource("", "v1", "pods").is_some());
    assert!(
        Catalog::built_in()
            .of_kind("stable.example.com", "v1", "CronTab")
            .is_none()
    );
}

#[test]
fn objects_are_pruned_and_defaulted() {
    let mut object = json!({
        "apiVersion": "stable.example.com/v1", "kind": "CronTab",
        "metadata": {"name": "c", "creationTimestamp": null, "x": 1}, "foo": 1,
        "spec": {"cronSpec": null, "bar": 1, "list": [{"name": "a", "y": 1}], "labels": {"k": "v"}, "open": {"any": [1]}, "maybe": null, "rest": {"a": "x", "b": 1}},
        "status": {"replicas": 1},
    });
    let mut unknown = conform::object(&crontabs(), &mut object)
        .expect("types")
        .unknown;
    unknown.sort();
    let told = ["foo", "metadata.x", "spec.bar", "spec.list[0].y"]
        .map(|name| format!("unknown field \"{name}\""));
    assert_eq!(unknown, told);
    let expected = json!({
        "apiVersion": "stable.example.com/v1", "kind": "CronTab", "metadata": {"name": "c"},
        "spec": {"cronSpec": "*", "list": [{"name": "a", "v": 1}], "labels": {"k": "v"}, "open": {"any": [1]}, "maybe": null, "rest": {"a": "x", "b": 1}},
        "status": {"replicas": 1},
    });
    assert_eq!(object, expected);
    // A null says nothing where its schema does not allow it.
    let mut object = json!({
        "apiVersion": "stable.example.com/v1", "kind": "CronTab", "metadata": {"name": "c"},
        "spec": {"replicas": null, "port": null, "list": null, "labels": {"k": null, "l": "v"}, "open": {"any": null}, "maybe": null},
    });
    conform::object(&crontabs(), &mut object).expect("types");
    assert_eq!(
        object["spec"],
        json!({"cronSpec": "*", "labels": {"l": "v"}, "open": {"any": null}, "maybe": null})
    );
    let metadata = conform::object(&crontabs(), &mut json!({"metadata": {"labels": {"a": 1}}}))
        .expect_err("a wrong type");
    assert!(
        metadata
            .message
            .contains("ObjectMeta.metadata.labels of type string"),
        "{metadata:?}"
    );
}

/// A custom resource of these properties with this spec, as it is stored.
fn conformed(properties: Value, spec: Value) -> Value {
    let catalog = Catalog::built_in().with_custom(&[definition(properties)]);
    let crontabs = catalog
        .resource("stable.example.com", "v1", "crontabs")
        .expect("a custom resource");
    let mut object = json!({
        "apiVersion": "stable.example.com/v1", "kind": "CronTab", "metadata": {"name": "c"}, "spec": spec,
    });
    let report = conform::object(crontabs, &mut object).expect("types");
    assert_eq!(report.unknown, Vec::<String>::new());
    object["spec"].take()
}

#[test]
fn nulls_in_maps_and_lists_are_the_default_where_there_is_one() {
    let number = json!({"type": "integer", "default": 7});
    let maybe = json!({"type": "integer", "default": 7, "nullable": true});
    let inner = json!({"type": "object", "default": {"a": "x"},
        "properties": {"a": {"type": "string"}, "b": number}});
    let map = |of: &Value| json!({"type": "object", "additionalProperties": of});
    let list = |of: &Value| json!({"type": "array", "items": of});
    let plain = json!({"type": "integer"});
    let open = json!({"x-kubernetes-preserve-unknown-fields": true, "default": {"c": [1]}});
    for (of, in_map, in_list) in [
        (&number, json!({"a": 7, "b": 1}), json!([7, 1])),
        (&maybe, json!({"a": null, "b": 1}), json!([null, 1])),
        (&plain, json!({"b": 1}), json!([null, 1])),
        (
            &open,
            json!({"a": {"c": [1]}, "b": 1}),
            json!([{"c": [1]}, 1]),
        ),
    ] {
        let properties = json!({"m": map(of), "l": list(of)});
        let spec = conformed(
            properties,
            json!({"m": {"a": null, "b": 1}, "l": [null, 1]}),
        );
        assert_eq!(spec, json!({"m": in_map, "l": in_list}), "{of}");
    }
    // Of what the default leaves out, the defaults come in as well.
    let properties = json!({"m": map(&inner), "l": list(&inner), "n": map(&map(&number))});
    let spec = conformed(
        properties,
        json!({"m": {"k": null, "o": {}}, "l": [null], "n": {"k": {"l": null}, "o": null}}),
    );
    let want = json!({
        "m": {"k": {"a": "x", "b": 7}, "o": {"b": 7}}, "l": [{"a": "x", "b": 7}], "n": {"k": {"l": 7}},
    });
    assert_eq!(spec, want);
    // A property of any shape has its default too.
    let spec = conformed(json!({"o": open}), json!({}));
    assert_eq!(spec, json!({"o": {"c": [1]}}));
}

#[test]
fn a_flood_of_nulls_brings_no_flood_of_defaults() {
    let large = "x".repeat(100_000);
    let text = json!({"type": "string", "default": large});
    let properties = json!({"l": {"type": "array", "items": text}});
    let nulls = vec![Value::Null; 10_000];
    let spec = conformed(properties, json!({"l": nulls}));
    let list = crate::view::items(&spec, "l");
    let made = list.iter().filter(|it| it.is_string()).count();
    // More than an object may have.
    assert_eq!(made, 11);
}

#[test]
fn objects_are_held_to_their_schema_in_upstreams_words() {
    let cases = [
        (json!({"spec": {}}), vec![]),
        (json!({}), vec!["spec: Required value"]),
        (
            json!({"spec": {"replicas": "many"}}),
            vec![
                "spec.replicas: Invalid value: \"string\": spec.replicas in body must be of type integer: \"string\"",
            ],
        ),
        (
            json!({"spec": {"replicas": 11}}),
            vec![
                "spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10",
            ],
        ),
        (
            json!({"spec": {"replicas": 0}}),
            vec![
                "spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1",
            ],
        ),
        (
            json!({"spec": {"cronSpec": "x"}}),
            vec![
                "spec.cronSpec: Invalid value: \"x\": spec.cronSpec in body should match '^(\\d+|\\*)(/\\d+)?$'",
            ],
        ),
        (
            json!({"spec": {"mode": "c"}}),
            vec!["spec.mode: Unsupported value: \"c\": supported values: \"a\", \"b\""],
        ),
        (json!({"spec": {"port": 80, "maybe": null}}), vec![]),
        (
            json!({"spec": {"id": "x"}}),
            vec!["spec.id: Invalid value: \"x\": spec.id in body must be of type uuid: \"x\""],
        ),
        (json!({"spec": {"port": "http"}}), vec![]),
        (
            json!({"spec": {"port": true}}),
            vec![
                "spec.port: Invalid value: \"boolean\": spec.port in body must be of type integer,string: \"boolean\"",
            ],
        ),
        (
            json!({"spec": {"list": [{"v": 1}, {"name": "a"}, {"name": "a"}]}}),
            vec![
                "spec.list[0].name: Required value",
                "spec.list[2]: Duplicate value: {\"name\":\"a\"}",
            ],
        ),
        (
            json!({"spec": {"list": [{"name": "a"}, {"name": "b"}, {"name": "c"}, {"name": "d"}]}}),
            vec!["spec.list: Too many: 4: must have at most 3 items"],
        ),
        (
            json!({"spec": {"labels": {"k": 1}}}),
            vec![
                "spec.labels.k: Invalid value: \"integer\": spec.labels.k in body must be of type string: \"integer\"",
            ],
        ),
        (json!({"spec": {"closed": {}}}), vec![]),
        (
            json!({"spec": {"closed": {"k": 1}}}),
            vec![
                "spec.closed: Invalid value: \"k\": spec.closed.k in body is a forbidden property",
            ],
        ),
        (json!({"spec": {"one": {"a": "x"}}}), vec![]),
        (
            json!({"spec": {"one": {"a": "x", "b": "y"}}}),
            vec![
                "<nil>: Invalid value: \"\": \"spec.one\" must validate one and only one schema (oneOf). Found 2 valid alternatives",
            ],
        ),
        (
            json!({"spec": {"one": {}}}),
            vec![
                "<nil>: Invalid value: \"\": \"spec.one\" must validate one and only one schema (oneOf). Found none valid",
                "spec.one.a: Required value",
            ],
        ),
    ];
    for (object, expected) in cases {
        let mut errors = Errors::new();
        validate(&crontabs(), &object, &mut errors);
        let told: Vec<String> = errors
            .into_vec()
            .iter()
            .map(|error| format!("{}: {}", error.field, error.body()))
            .collect();
        assert_eq!(told, expected, "{object}");
    }
}

#[test]
fn embedded_objects_have_a_head() {
    let schema = json!({"type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true});
    let patterns = Patterns::default();
    for (object, expected) in [
        (
            json!({"apiVersion": "a/v1", "kind": "Kind", "metadata": {"labels": {"a": "b"}}, "x": 1}),
            vec![],
        ),
        (
            json!({}),
            vec![
                "t.apiVersion: Required value: must not be empty",
                "t.kind: Required value: must not be empty",
            ],
        ),
        (
            json!({"apiVersion": "a/b/c", "kind": ""}),
            vec![
                "t.apiVersion: Invalid value: \"a/b/c\": unexpected GroupVersion string: a/b/c",
                "t.kind: Invalid value: \"\": must not be empty",
            ],
        ),
        (
            json!({"apiVersion": 1, "kind": "K", "metadata": {"labels": {"-a": "b"}}}),
            vec![
                "t.apiVersion: Invalid value: 1: must be a string",
                "t.metadata.labels: Invalid value: \"-a\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
            ],
        ),
    ] {
        let (mut errors, walk) = (Errors::new(), validate::Walk::new(&patterns, 100));
        let path = crate::field::Path::root("t");
        validate::value(&schema, &object, &path, &walk, &mut errors);
        let told: Vec<String> = errors.into_vec().iter().map(ToString::to_string).collect();
        assert_eq!(told, expected, "{object}");
    }
}

/// Those of a schema that has more than are kept.
#[test]
fn compiling_patterns_is_bounded() {
    let schema = json!({"type": "array", "items": {"type": "string", "pattern": "^a+$"}});
    let list = json!(vec!["a"; 10]);
    let found = |patterns: &Patterns, steps: usize| {
        let (mut errors, walk) = (Errors::new(), validate::Walk::new(patterns, steps));
        let path = crate::field::Path::root("list");
        validate::value(&schema, &list, &path, &walk, &mut errors);
        errors.into_vec().last().map(|error| error.body())
    };
    let kept = Patterns::of(&schema);
    assert_eq!(found(&kept, 100), None);
    let none = Patterns::default();
    assert_eq!(found(&none, 100_000), None);
    let told = found(&none, 10_000).expect("too much");
    assert_eq!(
        told,
        "Forbidden: the object and its schema are too large to be compared"
    );
}

#[test]
fn comparing_is_bounded() {
    let alternatives: Vec<Value> = (0..100).map(|index| json!({"enum": [index]})).collect();
    let schema = json!({"type": "array", "items": {"type": "integer", "anyOf": alternatives}});
    let patterns = Patterns::default();
    let found = |steps: usize| {
        let (mut errors, walk) = (Errors::new(), validate::Walk::new(&patterns, steps));
        validate::value(
            &schema,
            &json!(vec![99; 100]),
            &crate::field::Path::root("list"),
            &walk,
            &mut errors,
        );
        errors.into_vec().last().map(|error| error.body())
    };
    assert_eq!(found(100_000), None);
    let told = found(5_000).expect("too much");
    assert_eq!(
        told,
        "Forbidden: the object and its schema are too large to be compared"
    );
}

/// A list of type map whose items have the property `k`.
fn of_keys(keys: &[&str], property: Value, required: &[&str]) -> Value {
    json!({"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys,
        "items": {"type": "object", "properties": {"k": property}, "required": required}})
}

#[test]
fn schemas_are_structural() {
    assert_eq!(checked(properties()), Vec::<String>::new());
    let at = "spec.versions[0].schema.openAPIV3Schema.properties[spec].properties[x]";
    let cases = [
        (
            json!({}),
            format!("{at}.type: Required value: must not be empty for specified object fields"),
        ),
        (
            json!({"type": "text"}),
            format!(
                "{at}.type: Unsupported value: \"text\": supported values: \"array\", \"boolean\", \"integer\", \"number\", \"object\", \"string\""
            ),
        ),
        (
            json!({"type": "array", "items": {}}),
            format!("{at}.items.type: Required value: must not be empty for specified array items"),
        ),
        (
            json!({"type": "array"}),
            format!("{at}.items: Required value: must be specified"),
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "string"}, "properties": {"a": {"type": "string"}}}),
            format!(
                "{at}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive"
            ),
        ),
        (
            json!({"type": "string", "anyOf": [{"type": "string"}]}),
            format!("{at}.anyOf[0].type: Forbidden: must be empty to be structural"),
        ),
        (
            json!({"type": "object", "$ref": "#/x"}),
            format!("{at}.$ref: Forbidden: $ref is not supported"),
        ),
        // What has no structure is not held to one.
        (
            json!({"$ref": "#/x"}),
            format!("{at}.$ref: Forbidden: $ref is not supported"),
        ),
        (
            json!({"type": "object", "additionalProperties": false, "properties": {"a": {"type": "string"}}}),
            format!(
                "{at}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive"
            ),
        ),
        (
            json!({"type": "string", "x-kubernetes-validations": [{"rule": "self != ''"}]}),
            format!(
                "{at}.x-kubernetes-validations: Forbidden: rules in CEL are not supported by this server"
            ),
        ),
        (
            json!({"type": "integer", "default": "x"}),
            format!(
                "{at}.default: Invalid value: \"string\":  in body must be of type integer: \"string\""
            ),
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "string"}}, "default": {"b": "c"}}),
            format!("{at}.default: Invalid value: {{\"b\":\"c\"}}: must not have unknown fields"),
        ),
        (
            json!({"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "object"}}),
            format!(
                "{at}.items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set"
            ),
        ),
        (
            json!({"type": "object", "x-kubernetes-embedded-resource": true}),
            format!(
                "{at}.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
            ),
        ),
        (
            json!({"type": "string", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true}),
            format!(
                "{at}.type: Invalid value: \"string\": must be object if x-kubernetes-embedded-resource is true"
            ),
        ),
        (
            json!({"type": "array", "x-kubernetes-list-type": "map", "items": {"type": "object"}}),
            format!(
                "{at}.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map"
            ),
        ),
        (
            json!({"type": "object", "x-kubernetes-map-type": "loose"}),
            format!(
                "{at}.x-kubernetes-map-type: Unsupported value: \"loose\": supported values: \"atomic\", \"granular\""
            ),
        ),
        (
            json!({"type": "string", "x-kubernetes-map-type": "atomic"}),
            format!(
                "{at}.type: Invalid value: \"string\": must be object if x-kubernetes-map-type is specified"
            ),
        ),
        (
            json!({"type": "object", "x-kubernetes-list-type": "atomic"}),
            format!(
                "{at}.type: Invalid value: \"object\": must be array if x-kubernetes-list-type is specified"
            ),
        ),
        (
            json!({"type": "array", "items": {"type": "string"}, "x-kubernetes-list-map-keys": ["k"]}),
            format!(
                "{at}.x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty"
            ),
        ),
        (
            json!({"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}, "x-kubernetes-list-map-keys": ["k"]}),
            format!(
                "{at}.x-kubernetes-list-type: Invalid value: \"set\": must be map if x-kubernetes-list-map-keys is non-empty"
            ),
        ),
        (
            json!({"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string", "nullable": true}}),
            format!(
                "{at}.items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is set"
            ),
        ),
        (
            of_keys(&["k"], json!({"type": "string"}), &[]),
            format!(
                "{at}.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
            ),
        ),
        (
            of_keys(&["k"], json!({"type": "string", "nullable": true}), &["k"]),
            format!(
                "{at}.items.properties[k].nullable: Forbidden: this property is in x-kubernetes-list-map-keys, so it cannot be nullable"
            ),
        ),
        (
            of_keys(&["k", "k"], json!({"type": "string"}), &["k"]),
            format!(
                "{at}.x-kubernetes-list-map-keys: Invalid value: [\"k\",\"k\"]: must not contain duplicate entries"
            ),
        ),
        (
            of_keys(&["k"], json!({"type": "object"}), &["k"]),
            format!(
                "{at}.items.properties[k].type: Invalid value: \"object\": must be a scalar type if parent array's x-kubernetes-list-type is map"
            ),
        ),
    ];
    for (property, expected) in cases {
        assert_eq!(checked(json!({"x": property})), [expected]);
    }
    let with_default = json!({"type": "string", "default": "d"});
    let fits = of_keys(&["k"], with_default, &[]);
    assert_eq!(checked(json!({"x": fits})), Vec::<String>::new());
    let broken = checked(json!({"x": {"type": "string", "pattern": "("}}));
    assert_eq!(
        broken,
        [format!(
            "{at}.pattern: Invalid value: \"(\": must be a valid regular expression, but isn't: error parsing regexp: missing closing ): `(`"
        )]
    );
    let open = json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": true});
    let closed = json!({"type": "object", "additionalProperties": false});
    assert!(checked(json!({"x": open, "y": closed})).is_empty());
}

#[test]
fn custom_resources_are_applied_and_shown_in_openapi() {
    let resource = crontabs();
    let writer = crate::apply::Writer {
        resource: &resource,
        subresource: None,
        manager: "ci",
        now: "2026-01-01T00:00:00Z",
    };
    let config = json!({"apiVersion": "stable.example.com/v1", "kind": "CronTab", "metadata": {"name": "c"},
        "spec": {"list": [{"name": "a", "v": 2}], "open": {"x": {"y": 1}}}});
    let live = json!({"apiVersion": "stable.example.com/v1", "kind": "CronTab", "metadata": {"name": "c"}});
    let object = crate::apply::apply(writer, &live, &config, false).expect("applied");
    let expected = json!({"f:spec": {"f:list": {"k:{\"name\":\"a\"}": {".": {}, "f:name": {}, "f:v": {}}},
        "f:open": {"f:x": {"f:y": {}}}}});
    let fields = &object["metadata"]["managedFields"][0]["fieldsV1"];
    // What is in an open object is a map's, whose keys are owned.
    assert_eq!(fields["f:spec"]["f:list"], expected["f:spec"]["f:list"]);
    assert_eq!(fields["f:spec"]["f:open"]["f:x"]["f:y"], json!({}));
    assert_eq!(object["spec"]["cronSpec"], "*");

    let catalog = Catalog::built_in().with_custom(&[definition(properties())]);
    let document: Value = serde_json::from_slice(
        &crate::openapi::v3(
            &catalog,
            crate::Version::DEFAULT,
            ("stable.example.com", "v1"),
        )
        .expect("a document"),
    )
    .expect("JSON");
    let schema = &document["components"]["schemas"]["com.example.stable.v1.CronTab"];
    assert_eq!(
        schema["x-kubernetes-group-version-kind"][0]["kind"],
        "CronTab"
    );
    assert_eq!(
        schema["properties"]["spec"]["properties"]["replicas"]["maximum"],
        10
    );
    assert!(
        document["paths"]
            .get("/apis/stable.example.com/v1/namespaces/{namespace}/crontabs/{name}/status")
            .is_some()
    );
    let index = |catalog: &Catalog| -> Value {
        serde_json::from_slice(&crate::openapi::v3_index(catalog, crate::Version::DEFAULT))
            .expect("JSON")
    };
    let other = Catalog::built_in().with_custom(&[definition(json!({}))]);
    let (one, two) = (index(&catalog), index(&other));
    assert_ne!(
        one["paths"]["apis/stable.example.com/v1"],
        two["paths"]["apis/stable.example.com/v1"]
    );
    assert_eq!(one["paths"]["apis/apps/v1"], two["paths"]["apis/apps/v1"]);
}
