//! Custom resources: served when their definition is accepted, gone with it.

use serde_json::{Value, json};

use crate::harness::Harness;

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const WIDGETS: &str = "/apis/example.com/v1/namespaces/default/widgets";

fn definition() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
            "versions": [{
                "name": "v1",
                "served": true,
                "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "properties": {"size": {"type": "integer"}}},
                }}},
                "subresources": {"status": {}},
            }],
        },
    })
}

fn widget(size: &Value) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": {"size": size, "odd": 1}})
}

/// Whether a condition is true, for this reason.
fn holds(definition: &Value, kind: &str, reason: &str) -> bool {
    let conditions = definition["status"]["conditions"].as_array();
    conditions.is_some_and(|all| {
        all.iter()
            .any(|it| it["type"] == kind && it["status"] == "True" && it["reason"] == reason)
    })
}

#[tokio::test]
async fn a_kind_comes_with_its_definition() {
    let it = Harness::new().await;
    it.get(WIDGETS).await.expect(404);
    let made = it.post(DEFINITIONS, &definition()).await.expect(201);
    assert_eq!(made["metadata"]["finalizers"], Value::Null);
    assert_eq!(
        made["status"],
        json!({"conditions": null, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": ["v1"]}),
        "the answer is the definition as it was made, as with upstream"
    );
    let uri = format!("{DEFINITIONS}/widgets.example.com");
    let judged = it.get(&uri).await.expect(200);
    assert_eq!(judged["status"]["acceptedNames"], judged["spec"]["names"]);
    assert!(holds(&judged, "NamesAccepted", "NoConflicts"));
    assert!(holds(&judged, "Established", "InitialNamesAccepted"));
    let owners = judged["metadata"]["managedFields"].as_array().unwrap();
    let own = owners.iter().find(|it| it["manager"] == "kube-apiserver");
    let own = own.unwrap();
    assert_eq!(own["subresource"], "status");
    let fields = own["fieldsV1"]["f:status"].as_object().unwrap();
    let fields: Vec<&String> = fields.keys().collect();
    assert_eq!(fields, ["f:acceptedNames", "f:conditions"]);
    let widget = it.post(WIDGETS, &widget(&json!(3))).await.expect(201);
    assert_eq!(
        widget["spec"],
        json!({"size": 3}),
        "what no schema knows is pruned"
    );
    let list = it.get(WIDGETS).await.expect(200);
    assert_eq!(
        (&list["kind"], &list["items"][0]["kind"]),
        (&json!("WidgetList"), &json!("Widget"))
    );
    let discovery = it.get("/apis/example.com/v1").await.expect(200);
    assert_eq!(discovery["resources"][0]["name"], "widgets");
    // It is there when the server starts again.
    let again = Harness::over(it.store.clone()).await;
    again.get(&format!("{WIDGETS}/a")).await.expect(200);
}

#[tokio::test]
async fn objects_go_with_their_definition() {
    let it = Harness::new().await;
    it.post(DEFINITIONS, &definition()).await.expect(201);
    it.post(WIDGETS, &widget(&json!(3))).await.expect(201);
    let uri = format!("{DEFINITIONS}/widgets.example.com");
    let last = it.delete(&uri, "").await.expect(200);
    let kept = json!(["customresourcecleanup.apiextensions.k8s.io"]);
    assert_eq!(last["metadata"]["finalizers"], kept);
    assert!(holds(&last, "Terminating", "InstanceDeletionPending"));
    it.until(&uri, |answer| answer.code == 404).await;
    it.get(WIDGETS).await.expect(404);
    it.post(DEFINITIONS, &definition()).await.expect(201);
    let list = it.get(WIDGETS).await.expect(200);
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn names_that_are_taken_are_not_served() {
    let it = Harness::new().await;
    it.post(DEFINITIONS, &definition()).await.expect(201);
    let mut other = definition();
    other["metadata"]["name"] = "gadgets.example.com".into();
    other["spec"]["names"]["plural"] = "gadgets".into();
    it.post(DEFINITIONS, &other).await.expect(201);
    let uri = format!("{DEFINITIONS}/gadgets.example.com");
    let judged = it.get(&uri).await.expect(200);
    let conditions = judged["status"]["conditions"].as_array().unwrap();
    let told: Vec<_> = conditions
        .iter()
        .map(|it| (&it["status"], &it["reason"], &it["message"]))
        .collect();
    // The last of the names that are taken is told, and those that are not are kept for it.
    assert_eq!(
        told,
        [
            (
                &json!("False"),
                &json!("ListKindConflict"),
                &json!("\"WidgetList\" is already in use")
            ),
            (
                &json!("False"),
                &json!("NotAccepted"),
                &json!("not all names are accepted")
            ),
        ]
    );
    assert_eq!(
        judged["status"]["acceptedNames"],
        json!({"plural": "gadgets", "kind": ""})
    );
    let gadgets = "/apis/example.com/v1/namespaces/default/gadgets";
    it.get(gadgets).await.expect(404);
    // Its time comes when the names are free.
    let first = format!("{DEFINITIONS}/widgets.example.com");
    it.delete(&first, "").await.expect(200);
    it.until(&uri, |answer| {
        holds(&answer.value, "Established", "InitialNamesAccepted")
    })
    .await;
    it.get(gadgets).await.expect(200);
}

#[tokio::test]
async fn a_default_that_came_later_is_in_what_was_stored_before() {
    let it = Harness::new().await;
    it.post(DEFINITIONS, &definition()).await.expect(201);
    it.post(WIDGETS, &widget(&json!(3))).await.expect(201);
    let color = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/color";
    let patch =
        json!([{"op": "add", "path": color, "value": {"type": "string", "default": "red"}}]);
    let uri = format!("{DEFINITIONS}/widgets.example.com");
    it.patch(&uri, "json-patch+json", &patch).await.expect(200);
    let wanted = json!({"size": 3, "color": "red"});
    let got = it.get(&format!("{WIDGETS}/a")).await.expect(200);
    assert_eq!(got["spec"], wanted);
    let list = it.get(WIDGETS).await.expect(200);
    assert_eq!(list["items"][0]["spec"], wanted);
    let watch = format!("{WIDGETS}?watch=true&timeoutSeconds=1");
    let told = it.get(&watch).await.expect(200);
    assert_eq!(told["object"]["spec"], wanted);
}

#[tokio::test]
async fn schemas_are_published() {
    let it = Harness::new().await;
    let mut with_spec = definition();
    let schema = &mut with_spec["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    schema["properties"]["any"] = json!({
        "type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {"a": {"type": "string"}},
    });
    schema["properties"]["none"] = json!({"type": "string", "nullable": true});
    schema["properties"]["pod"] = json!({"type": "object", "x-kubernetes-embedded-resource": true, "properties": {"spec": {"type": "object"}}});
    it.post(DEFINITIONS, &with_spec).await.expect(201);
    let two = it.get("/openapi/v2").await.expect(200);
    let two = &two["definitions"]["com.example.v1.Widget"];
    assert_eq!(
        two["properties"]["spec"]["properties"]["size"]["type"],
        "integer"
    );
    assert!(two["properties"]["any"].get("properties").is_none());
    assert!(two["properties"]["none"].get("type").is_none());
    assert_eq!(
        two["properties"]["pod"]["required"],
        json!(["kind", "apiVersion"])
    );
    assert!(two["properties"]["kind"]["description"].is_string());
    let gvk = json!([{"group": "example.com", "version": "v1", "kind": "Widget"}]);
    assert_eq!(two["x-kubernetes-group-version-kind"], gvk);
    let three = it.get("/openapi/v3/apis/example.com/v1").await.expect(200);
    let three = &three["components"]["schemas"]["com.example.v1.Widget"];
    assert_eq!(
        three["properties"]["any"]["properties"]["a"]["type"],
        "string"
    );
    assert_eq!(three["properties"]["none"]["nullable"], true);
}

#[tokio::test]
async fn what_clients_read_of_a_kind_is_as_upstream_publishes_it() {
    let it = Harness::new().await;
    let mut made = definition();
    let version = &mut made["spec"]["versions"][0];
    version["selectableFields"] = json!([{"jsonPath": ".spec.size"}]);
    let properties = &mut version["schema"]["openAPIV3Schema"]["properties"];
    properties["port"] = json!({"x-kubernetes-int-or-string": true});
    properties["open"] = json!({
        "type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true,
    });
    properties["color"] = json!({"type": "string", "nullable": false, "default": "red"});
    it.post(DEFINITIONS, &made).await.expect(201);
    let two = it.get("/openapi/v2").await.expect(200);
    let three = it.get("/openapi/v3/apis/example.com/v1").await.expect(200);
    let (two, three) = (&two["definitions"], &three["components"]["schemas"]);
    let selected = json!([{"fieldPath": "spec.size"}]);
    for schemas in [two, three] {
        for kind in ["Widget", "WidgetList"] {
            let schema = &schemas[format!("com.example.v1.{kind}")];
            assert_eq!(schema["x-kubernetes-selectable-fields"], selected, "{kind}");
            assert!(schema["properties"]["apiVersion"]["description"].is_string());
        }
        let items = &schemas["com.example.v1.WidgetList"]["properties"]["items"];
        let told = items["description"].as_str().unwrap();
        assert!(told.starts_with("List of widgets. More info: "), "{told}");
    }
    let list = "com.example.v1.WidgetList";
    let meta = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";
    let of_two = &two[list]["properties"]["metadata"];
    assert_eq!(of_two["$ref"], format!("#/definitions/{meta}"));
    assert!(of_two["description"].is_string());
    let of_three = &three[list]["properties"]["metadata"];
    assert_eq!(
        of_three["allOf"],
        json!([{"$ref": format!("#/components/schemas/{meta}")}])
    );
    let widget = "com.example.v1.Widget";
    let (two, three) = (&two[widget]["properties"], &three[widget]["properties"]);
    assert_eq!(two["port"], json!({"x-kubernetes-int-or-string": true}));
    let either = json!([{"type": "integer"}, {"type": "string"}]);
    assert_eq!(three["port"]["anyOf"], either);
    assert_eq!(two["color"], json!({"type": "string"}));
    assert_eq!(three["color"], json!({"type": "string", "default": "red"}));
    let open = json!({"x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true});
    assert_eq!(two["open"], open);
    assert_eq!(three["open"]["required"], json!(["kind", "apiVersion"]));
    let told = three["open"]["properties"]["kind"]["description"].as_str();
    let told = told.unwrap();
    assert!(told.starts_with("kind is a string value"), "{told}");
}

#[tokio::test]
async fn a_schema_that_keeps_all_is_published_without_bounds() {
    let it = Harness::new().await;
    let mut open = definition();
    let schema = &mut open["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    schema["x-kubernetes-preserve-unknown-fields"] = true.into();
    it.post(DEFINITIONS, &open).await.expect(201);
    let two = it.get("/openapi/v2").await.expect(200);
    let gvk = json!([{"group": "example.com", "version": "v1", "kind": "Widget"}]);
    assert_eq!(
        two["definitions"]["com.example.v1.Widget"],
        json!({"type": "object", "x-kubernetes-group-version-kind": gvk})
    );
    let three = it.get("/openapi/v3/apis/example.com/v1").await.expect(200);
    let three = &three["components"]["schemas"]["com.example.v1.Widget"];
    assert_eq!(three["x-kubernetes-preserve-unknown-fields"], true);
    assert!(three["properties"]["metadata"].is_object());
}
