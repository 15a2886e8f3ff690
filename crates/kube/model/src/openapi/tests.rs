use super::*;
use std::collections::BTreeSet;

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

/// All `$ref`s of a document.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            found.extend(
                object
                    .get("$ref")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            );
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn references_lead_somewhere() {
    let catalog = Catalog::built_in();
    let mut documents = vec![(
        "/definitions",
        "#/definitions/",
        parsed(&v2(&catalog, Version::DEFAULT, &[])),
    )];
    let index = parsed(&v3_index(&catalog, Version::DEFAULT));
    for root in index["paths"].as_object().expect("paths").keys() {
        let (group, version) = match root.split('/').collect::<Vec<_>>()[..] {
            ["api", version] => ("", version),
            ["apis", group, version] => (group, version),
            _ => panic!("{root}"),
        };
        let document =
            v3(&catalog, Version::DEFAULT, (group, version)).expect("a group version of the index");
        documents.push((
            "/components/schemas",
            "#/components/schemas/",
            parsed(&document),
        ));
    }
    assert!(documents.len() > 15);
    for (place, prefix, document) in documents {
        let definitions = document
            .pointer(place)
            .and_then(Value::as_object)
            .expect("definitions");
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        for reference in found {
            let name = reference.strip_prefix(prefix).expect("a reference");
            assert!(definitions.contains_key(name), "{name}");
            assert!(!name.is_empty());
        }
    }
    assert_eq!(v3(&catalog, Version::DEFAULT, ("none", "v1")), None);
}

#[test]
fn a_version_is_what_the_server_tells() {
    let catalog = Catalog::built_in();
    let document = parsed(&v2(&catalog, Version::DEFAULT, &[]));
    let told = &document["paths"]["/version/"]["get"]["responses"]["200"]["schema"]["$ref"];
    assert_eq!(told, "#/definitions/io.k8s.apimachinery.pkg.version.Info");
    let info = &document["definitions"]["io.k8s.apimachinery.pkg.version.Info"];
    let required = info["required"].as_array().unwrap();
    assert!(
        required
            .iter()
            .all(|it| info["properties"].get(it.as_str().unwrap()).is_some())
    );
}

#[test]
fn a_kind_is_found_by_its_path_and_its_group() {
    let document =
        parsed(&v3(&Catalog::built_in(), Version::DEFAULT, ("apps", "v1")).expect("apps/v1"));
    let path = &document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments"];
    let gvk = json!({"group": "apps", "version": "v1", "kind": "Deployment"});
    assert_eq!(path["get"]["x-kubernetes-group-version-kind"], gvk);
    let patch =
        &document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"];
    let parameters = patch["parameters"].as_array().expect("parameters");
    let names: Vec<&str> = parameters
        .iter()
        .map(|parameter| parameter["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(
        names,
        ["dryRun", "fieldManager", "fieldValidation", "force"]
    );
    let schema = &document["components"]["schemas"]["io.k8s.api.apps.v1.DeploymentSpec"];
    assert_eq!(schema["required"], json!(["selector", "template"]));
    let replicas = &schema["properties"]["replicas"];
    assert_eq!(
        (&replicas["type"], &replicas["format"]),
        (&json!("integer"), &json!("int32"))
    );
    assert!(
        replicas["description"]
            .as_str()
            .expect("text")
            .starts_with("Number of desired pods.")
    );
    let deployment = &document["components"]["schemas"]["io.k8s.api.apps.v1.Deployment"];
    assert_eq!(deployment["x-kubernetes-group-version-kind"], json!([gvk]));
    assert_eq!(
        deployment["properties"]["spec"]["allOf"],
        json!([{"$ref": "#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec"}])
    );
    let scale =
        &document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"]["get"];
    assert_eq!(scale["x-kubernetes-group-version-kind"]["kind"], "Scale");
}

#[test]
fn operations_tell_all_their_answers() {
    let document = parsed(&v2(&Catalog::built_in(), Version::DEFAULT, &[]));
    let folder = "/api/v1/namespaces/{namespace}/pods";
    let path = |path: String, method: &str| document["paths"][path][method].clone();
    let codes = |operation: &Value| -> Vec<String> {
        let all = operation["responses"].as_object().expect("responses");
        all.keys().cloned().collect()
    };
    let pod = "#/definitions/io.k8s.api.core.v1.Pod";
    for (operation, expected) in [
        (
            path(folder.into(), "post"),
            &["200", "201", "202", "401"][..],
        ),
        (path(folder.into(), "delete"), &["200", "401"]),
        (
            path(format!("{folder}/{{name}}"), "put"),
            &["200", "201", "401"],
        ),
        (
            path(format!("{folder}/{{name}}"), "patch"),
            &["200", "201", "401"],
        ),
        (
            path(format!("{folder}/{{name}}"), "delete"),
            &["200", "202", "401"],
        ),
        (
            path(format!("{folder}/{{name}}/status"), "put"),
            &["200", "201", "401"],
        ),
        (
            path(format!("{folder}/{{name}}/log"), "get"),
            &["200", "401"],
        ),
    ] {
        assert_eq!(codes(&operation), expected, "{}", operation["operationId"]);
    }
    let resources = path("/apis/apps/v1/".into(), "get");
    assert_eq!(resources["operationId"], "getAppsV1APIResources");
    let together = path(folder.into(), "delete");
    assert_eq!(
        together["operationId"],
        "deleteCoreV1CollectionNamespacedPod"
    );
    // A deleted pod is shown, most other things are not.
    let deleted = path(format!("{folder}/{{name}}"), "delete");
    assert_eq!(deleted["responses"]["202"]["schema"]["$ref"], pod);
    let watched = path(
        "/api/v1/watch/namespaces/{namespace}/pods/{name}".into(),
        "get",
    );
    assert_eq!(watched["operationId"], "watchCoreV1NamespacedPod");
    let all = path("/api/v1/watch/pods".into(), "get");
    assert_eq!(all["operationId"], "watchCoreV1PodListForAllNamespaces");
    let nodes = path("/api/v1/watch/nodes".into(), "get");
    assert_eq!(nodes["x-kubernetes-action"], "watchlist");
    let exec = path(format!("{folder}/{{name}}/exec"), "post");
    assert_eq!(exec["operationId"], "connectCoreV1PostNamespacedPodExec");
    assert_eq!(
        exec["x-kubernetes-group-version-kind"]["kind"],
        "PodExecOptions"
    );
    let proxied = path(format!("{folder}/{{name}}/proxy/{{path}}"), "head");
    assert_eq!(
        proxied["operationId"],
        "connectCoreV1HeadNamespacedPodProxyWithPath"
    );
}

#[test]
fn what_a_custom_resource_is_not_patched_by_is_not_told() {
    let definition = json!({"metadata": {"name": "widgets.example.com"}, "spec": {
        "group": "example.com", "scope": "Cluster", "names": {"plural": "widgets", "kind": "Widget"},
        "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}]}});
    let catalog = Catalog::built_in().with_custom(&[definition]);
    let document =
        parsed(&v3(&catalog, Version::DEFAULT, ("example.com", "v1")).expect("example.com/v1"));
    let patch = &document["paths"]["/apis/example.com/v1/widgets/{name}"]["patch"];
    let keys = |of: &Value| -> Vec<String> {
        let content = of["content"].as_object().expect("content");
        content.keys().cloned().collect()
    };
    assert_eq!(
        keys(&patch["requestBody"]),
        [
            "application/apply-patch+yaml",
            "application/json-patch+json",
            "application/merge-patch+json"
        ]
    );
    assert_eq!(
        keys(&patch["responses"]["200"]),
        ["application/json", "application/yaml"]
    );
}

#[test]
fn defaults_are_told_in_openapi_3_alone() {
    let catalog = Catalog::built_in();
    let two = parsed(&v2(&catalog, Version::DEFAULT, &[]));
    let three = parsed(&v3(&catalog, Version::DEFAULT, ("", "v1")).expect("v1"));
    let port = "io.k8s.api.core.v1.ContainerPort";
    let of_three = &three["components"]["schemas"][port]["properties"]["protocol"];
    assert_eq!(of_three["default"], "TCP");
    let of_two = &two["definitions"][port]["properties"]["protocol"];
    assert_eq!(of_two["type"], "string");
    assert_eq!(of_two.get("default"), None);
}

#[test]
fn merges_are_told() {
    let document = parsed(&v2(&Catalog::built_in(), Version::DEFAULT, &[]));
    let containers =
        &document["definitions"]["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"];
    assert_eq!(containers["x-kubernetes-patch-merge-key"], "name");
    assert_eq!(containers["x-kubernetes-list-type"], "map");
    let volumes = &document["definitions"]["io.k8s.api.core.v1.PodSpec"]["properties"]["volumes"];
    assert_eq!(volumes["x-kubernetes-patch-strategy"], "merge,retainKeys");
    let options = &document["definitions"]["io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"];
    assert!(
        options["x-kubernetes-group-version-kind"]
            .as_array()
            .expect("kinds")
            .len()
            > 15
    );
}

#[test]
fn the_protobuf_says_the_same() {
    use crate::codec::wire::{Reader, Wire};
    let bytes = v2_protobuf(&Catalog::built_in(), Version::DEFAULT, &[]);
    let document = parsed(&v2(&Catalog::built_in(), Version::DEFAULT, &[]));
    let mut counts = [0_usize; 10];
    let mut fields = Reader::new(&bytes);
    while let Some((number, wire)) = fields.field().expect("protobuf") {
        let Wire::Bytes(body) = wire else {
            panic!("no message")
        };
        if number == 1 {
            assert_eq!(body, b"2.0");
            continue;
        }
        let mut members = Reader::new(body);
        while let Some((_, wire)) = members.field().expect("protobuf") {
            counts[number as usize] += 1;
            if number < 8 {
                break;
            }
            let Wire::Bytes(named) = wire else {
                panic!("no message")
            };
            let (number, Wire::Bytes(name)) = Reader::new(named)
                .field()
                .expect("protobuf")
                .expect("a name")
            else {
                panic!("no name")
            };
            let name = std::str::from_utf8(name).expect("text");
            assert_eq!(number, 1);
            assert!(
                document["paths"]
                    .get(name)
                    .or(document["definitions"].get(name))
                    .is_some(),
                "{name}"
            );
        }
    }
    assert_eq!(
        counts[8],
        document["paths"].as_object().expect("paths").len()
    );
    assert_eq!(
        counts[9],
        document["definitions"]
            .as_object()
            .expect("definitions")
            .len()
    );
}
