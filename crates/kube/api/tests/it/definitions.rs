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

#[tokio::test]
async fn a_kind_comes_with_its_definition() {
    let it = Harness::new().await;
    it.get(WIDGETS).await.expect(404);
    let made = it.post(DEFINITIONS, &definition()).await.expect(201);
    let conditions = made["status"]["conditions"].as_array().unwrap();
    assert!(
        conditions
            .iter()
            .any(|it| it["type"] == "Established" && it["status"] == "True")
    );
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
    it.delete(&uri, "").await.expect(200);
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
    let made = it.post(DEFINITIONS, &other).await.expect(201);
    let conditions = made["status"]["conditions"].as_array().unwrap();
    assert!(
        conditions
            .iter()
            .any(|it| it["type"] == "Established" && it["status"] == "False")
    );
    it.get("/apis/example.com/v1/namespaces/default/gadgets")
        .await
        .expect(404);
}
