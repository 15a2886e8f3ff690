//! Custom resources whose versions a webhook turns into each other.

use http::Method;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::{harness::Harness, webhooks::behind};

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

fn uri(version: &str) -> String {
    format!("/apis/example.com/{version}/namespaces/default/pairs")
}

fn definition(stored: &str) -> Value {
    let version = |name: &str, fields: &[&str]| {
        let fields: serde_json::Map<String, Value> = fields
            .iter()
            .map(|it| ((*it).to_owned(), json!({"type": "string"})))
            .collect();
        json!({
            "name": name, "served": true, "storage": name == stored,
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}}},
            "subresources": {"status": {}},
        })
    };
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "pairs.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "pairs", "singular": "pair", "kind": "Pair", "listKind": "PairList"},
            "versions": [version("v1", &["both"]), version("v2", &["left", "right"])],
            "conversion": {"strategy": "Webhook", "webhook": {
                "conversionReviewVersions": ["v1"],
                "clientConfig": {"service": {"namespace": "default", "name": "hook", "path": "/convert"}},
            }},
        },
    })
}

fn pair(version: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": format!("example.com/{version}"), "kind": "Pair", "metadata": {"name": name}, "spec": spec})
}

/// `both` of v1 is `left-right` of v2. Those with the name `bad` cannot be converted.
fn converts(request: &Value) -> Value {
    let to = &request["desiredAPIVersion"];
    let mut all = request["objects"].as_array().unwrap().clone();
    if all.iter().any(|it| it["metadata"]["name"] == "bad") {
        return json!({"result": {"status": "Failure", "message": "bad is bad"}});
    }
    for object in &mut all {
        assert_ne!(&object["apiVersion"], to, "nobody asks for what is there");
        object["apiVersion"] = to.clone();
        let spec = object["spec"].clone();
        object["spec"] = match to == "example.com/v2" {
            true => {
                let (left, right) = spec["both"].as_str().unwrap().split_once('-').unwrap();
                json!({"left": left, "right": right, "odd": "pruned"})
            }
            false => {
                let [left, right] = ["left", "right"].map(|it| spec[it].as_str().unwrap());
                json!({"both": format!("{left}-{right}")})
            }
        };
        // It has no say in these.
        object["metadata"]["resourceVersion"] = "1".into();
        object["metadata"]["finalizers"] = json!(["example.com/never"]);
    }
    json!({"result": {"status": "Success"}, "convertedObjects": all})
}

async fn specs(it: &Harness, version: &str) -> Vec<Value> {
    let list = it.get(&uri(version)).await.expect(200);
    let items = list["items"].as_array().unwrap();
    let expected = format!("example.com/{version}");
    assert!(items.iter().all(|it| it["apiVersion"] == *expected));
    items.iter().map(|it| it["spec"].clone()).collect()
}

#[tokio::test]
async fn every_request_sees_the_version_that_it_asks_for() {
    let it = behind(converts).await;
    it.post(DEFINITIONS, &definition("v1")).await.expect(201);
    let (v1, v2) = (uri("v1"), uri("v2"));
    let (whole, parts) = (json!({"both": "a-b"}), json!({"left": "c", "right": "d"}));
    let first = it.post(&v1, &pair("v1", "first", &whole)).await.expect(201);
    let second = it
        .post(&v2, &pair("v2", "second", &parts))
        .await
        .expect(201);
    assert_eq!(second["spec"], parts);
    assert!(second["metadata"]["finalizers"].is_null());
    let read = it.get(&format!("{v2}/first")).await.expect(200);
    assert_eq!(read["spec"], json!({"left": "a", "right": "b"}));
    assert_eq!(read["metadata"]["uid"], first["metadata"]["uid"]);
    assert_eq!(
        read["metadata"]["resourceVersion"],
        first["metadata"]["resourceVersion"]
    );
    assert_eq!(
        specs(&it, "v1").await,
        [json!({"both": "a-b"}), json!({"both": "c-d"})]
    );

    // What was written is turned around with the definition.
    let mut turned = it
        .get(&format!("{DEFINITIONS}/pairs.example.com"))
        .await
        .expect(200);
    turned["spec"]["versions"] = definition("v2")["spec"]["versions"].clone();
    it.put(&format!("{DEFINITIONS}/pairs.example.com"), &turned)
        .await
        .expect(200);
    let third = json!({"left": "e", "right": "f"});
    it.post(&v2, &pair("v2", "third", &third)).await.expect(201);
    let all = ["a-b", "c-d", "e-f"].map(|it| json!({"both": it}));
    assert_eq!(specs(&it, "v1").await, all);
    assert_eq!(specs(&it, "v2").await[2], third);

    // Patches, applies and statuses, each in its own version.
    let patch = json!({"spec": {"right": "z"}});
    let patched = it
        .patch(&format!("{v2}/first"), "merge-patch+json", &patch)
        .await
        .expect(200);
    assert_eq!(patched["spec"], json!({"left": "a", "right": "z"}));
    let applied = pair("v1", "first", &json!({"both": "x-y"}));
    let uri = format!("{v1}/first?fieldManager=me&force=true");
    let applied = it
        .patch(&uri, "apply-patch+yaml", &applied)
        .await
        .expect(200);
    assert_eq!(applied["spec"], json!({"both": "x-y"}));
    assert_eq!(
        specs(&it, "v2").await[0],
        json!({"left": "x", "right": "y"})
    );
    // A write that changes nothing brings an object into the version that is stored now.
    let same = it.get(&format!("{v1}/second")).await.expect(200);
    let written = it.put(&format!("{v1}/second"), &same).await.expect(200);
    assert_ne!(
        written["metadata"]["resourceVersion"],
        same["metadata"]["resourceVersion"]
    );
    let again = it.put(&format!("{v1}/second"), &written).await.expect(200);
    assert_eq!(
        written["metadata"]["resourceVersion"],
        again["metadata"]["resourceVersion"]
    );
    it.delete(&format!("{v1}/third"), "").await.expect(200);
    assert_eq!(specs(&it, "v2").await.len(), 2);
}

#[tokio::test]
async fn watches_tell_of_changes_in_their_version() {
    let it = behind(converts).await;
    it.post(DEFINITIONS, &definition("v1")).await.expect(201);
    it.post(&uri("v1"), &pair("v1", "a", &json!({"both": "a-b"})))
        .await
        .expect(201);
    let watched = format!("{}?watch=true", uri("v2"));
    let mut body = it.send(Method::GET, &watched, "", "").await.into_body();
    let next = async |body: &mut wharf_kube_api::Body| -> Value {
        let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
        serde_json::from_slice(&frame).unwrap()
    };
    let told = next(&mut body).await;
    assert_eq!(told["object"]["spec"], json!({"left": "a", "right": "b"}));
    it.post(&uri("v1"), &pair("v1", "b", &json!({"both": "c-d"})))
        .await
        .expect(201);
    let told = next(&mut body).await;
    assert_eq!(told["type"], "ADDED");
    assert_eq!(told["object"]["apiVersion"], "example.com/v2");
    assert_eq!(told["object"]["spec"], json!({"left": "c", "right": "d"}));
    // One that cannot be told ends the watch with the reason.
    it.post(&uri("v1"), &pair("v1", "bad", &json!({"both": "e-f"})))
        .await
        .expect(201);
    let told = next(&mut body).await;
    assert_eq!(told["type"], "ERROR");
    assert_eq!(
        told["object"]["message"],
        "conversion webhook for example.com/v1, Kind=Pair failed: bad is bad"
    );
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn what_cannot_be_converted_is_told_and_can_be_taken_away() {
    let it = behind(converts).await;
    it.post(DEFINITIONS, &definition("v1")).await.expect(201);
    it.post(&uri("v1"), &pair("v1", "bad", &json!({"both": "a-b"})))
        .await
        .expect(201);
    let why = "conversion webhook for example.com/v1, Kind=Pair failed: bad is bad";
    for uri in [uri("v2"), format!("{}/bad", uri("v2"))] {
        let refused = it.get(&uri).await;
        assert_eq!((refused.code, refused.message()), (500, why));
    }
    // Its own version needs nobody.
    it.get(&format!("{}/bad", uri("v1"))).await.expect(200);
    let refused = it
        .post(
            &uri("v2"),
            &pair("v2", "bad", &json!({"left": "a", "right": "b"})),
        )
        .await;
    assert_eq!(refused.code, 500);
    let services = "/api/v1/namespaces/default/services/hook";
    it.delete(services, "").await.expect(200);
    let refused = it.get(&uri("v2")).await;
    let why = "conversion webhook for example.com/v1, Kind=Pair failed: Post \"https://hook.default.svc:443/convert?timeout=30s\": service \"hook\" not found";
    assert_eq!((refused.code, refused.message()), (500, why));
    it.delete(&format!("{DEFINITIONS}/pairs.example.com"), "")
        .await
        .expect(200);
    it.until(&uri("v1"), |it| it.code == 404).await;
}
