//! Verbs on objects, asked in process.

use http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use wharf_base::Permit;

use crate::harness::{Harness, read};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn map(name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

#[tokio::test]
async fn an_object_is_created_read_changed_and_deleted() {
    let it = Harness::new().await;
    let made = it
        .post(MAPS, &map("a", &json!({"k": "v"})))
        .await
        .expect(201);
    assert_eq!(made["metadata"]["namespace"], "default");
    assert!(made["metadata"]["uid"].as_str().unwrap().len() == 36);
    let uri = format!("{MAPS}/a");
    assert_eq!(it.get(&uri).await.expect(200), made);

    let again = it.post(MAPS, &map("a", &json!({}))).await;
    assert_eq!(again.message(), "configmaps \"a\" already exists");
    again.expect(409);

    let mut new = made.clone();
    new["data"]["k"] = "w".into();
    let changed = it.put(&uri, &new).await.expect(200);
    assert_eq!(changed["data"]["k"], "w");
    assert_ne!(
        changed["metadata"]["resourceVersion"],
        made["metadata"]["resourceVersion"]
    );
    // What was read before is not what is there.
    let late = it.put(&uri, &new).await;
    assert!(late.message().starts_with(
        "Operation cannot be fulfilled on configmaps \"a\": the object has been modified"
    ));
    late.expect(409);

    let gone = it.delete(&uri, "").await.expect(200);
    assert_eq!(gone["details"]["uid"], made["metadata"]["uid"]);
    let none = it.get(&uri).await;
    assert_eq!(none.message(), "configmaps \"a\" not found");
    none.expect(404);
}

#[tokio::test]
async fn an_update_that_changes_nothing_writes_nothing() {
    let it = Harness::new().await;
    let made = it
        .post(MAPS, &map("a", &json!({"k": "v"})))
        .await
        .expect(201);
    let before = it.store.revision().await.unwrap();
    let same = it.put(&format!("{MAPS}/a"), &made).await.expect(200);
    assert_eq!(
        same["metadata"]["resourceVersion"],
        made["metadata"]["resourceVersion"]
    );
    assert_eq!(it.store.revision().await.unwrap(), before);
}

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let it = Harness::new().await;
    let before = it.store.revision().await.unwrap();
    let uri = format!("{MAPS}?dryRun=All");
    it.post(&uri, &map("a", &json!({}))).await.expect(201);
    assert_eq!(it.store.revision().await.unwrap(), before);
    it.post(&format!("{MAPS}?dryRun=Some"), &map("a", &json!({})))
        .await
        .expect(422);
}

#[tokio::test]
async fn names_are_made() {
    let it = Harness::new().await;
    let mut object = map("", &json!({}));
    object["metadata"] = json!({"generateName": "a-"});
    let one = it.post(MAPS, &object).await.expect(201);
    let two = it.post(MAPS, &object).await.expect(201);
    let name = |it: &Value| it["metadata"]["name"].as_str().unwrap().to_owned();
    assert!(name(&one).starts_with("a-") && name(&one).len() == 7);
    assert_ne!(name(&one), name(&two));
}

#[tokio::test]
async fn nothing_is_made_where_no_namespace_is() {
    let it = Harness::new().await;
    let none = it
        .post("/api/v1/namespaces/none/configmaps", &map("a", &json!({})))
        .await;
    assert_eq!(none.message(), "namespaces \"none\" not found");
    none.expect(404);
    let other = json!({"metadata": {"name": "a", "namespace": "other"}});
    it.post(MAPS, &other).await.expect(400);
}

#[tokio::test]
async fn a_namespace_ends_when_it_is_finalized() {
    let it = Harness::new().await;
    let space = json!({"metadata": {"name": "a"}});
    it.post("/api/v1/namespaces", &space).await.expect(201);
    let uri = "/api/v1/namespaces/a";
    let ending = it.delete(uri, "").await.expect(200);
    assert_eq!(ending["status"]["phase"], "Terminating");
    let late = it
        .post("/api/v1/namespaces/a/configmaps", &map("a", &json!({})))
        .await;
    assert_eq!(
        late.message(),
        "configmaps \"a\" is forbidden: unable to create new content in namespace a because it is being terminated"
    );
    late.expect(403);
    let mut last = ending;
    last["spec"]["finalizers"] = json!([]);
    it.put("/api/v1/namespaces/a/finalize", &last)
        .await
        .expect(200);
    it.get(uri).await.expect(404);
    it.delete("/api/v1/namespaces/kube-system", "")
        .await
        .expect(403);
}

#[tokio::test]
async fn finalizers_keep_an_object() {
    let it = Harness::new().await;
    let mut object = map("a", &json!({}));
    object["metadata"]["finalizers"] = json!(["example.com/a"]);
    it.post(MAPS, &object).await.expect(201);
    let uri = format!("{MAPS}/a");
    let waits = it.delete(&uri, "").await.expect(200);
    assert!(waits["metadata"]["deletionTimestamp"].is_string());
    let patch = json!({"metadata": {"finalizers": null}});
    it.patch(&uri, "merge-patch+json", &patch).await.expect(200);
    it.get(&uri).await.expect(404);
}

#[tokio::test]
async fn preconditions_and_propagation() {
    let it = Harness::new().await;
    let made = it.post(MAPS, &map("a", &json!({}))).await.expect(201);
    let uri = format!("{MAPS}/a");
    let wrong = json!({"preconditions": {"uid": "x"}});
    let refused = it.delete(&uri, &wrong).await;
    assert!(
        refused
            .message()
            .contains("the UID in the precondition (x) does not match the UID in record")
    );
    refused.expect(409);
    let uid = &made["metadata"]["uid"];
    let foreground = json!({"preconditions": {"uid": uid}, "propagationPolicy": "Foreground"});
    let waits = it.delete(&uri, &foreground).await.expect(200);
    assert_eq!(
        waits["metadata"]["finalizers"],
        json!(["foregroundDeletion"])
    );
}

#[tokio::test]
async fn lists_come_in_pages_of_one_revision() {
    let it = Harness::new().await;
    for name in ["a", "b", "c", "d", "e"] {
        it.post(MAPS, &map(name, &json!({}))).await.expect(201);
    }
    let first = it.get(&format!("{MAPS}?limit=2")).await.expect(200);
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    assert_eq!(first["metadata"]["remainingItemCount"], 3);
    it.delete(&format!("{MAPS}/c"), "").await.expect(200);
    let token = first["metadata"]["continue"].as_str().unwrap();
    let second = it
        .get(&format!("{MAPS}?limit=2&continue={token}"))
        .await
        .expect(200);
    assert_eq!(second["items"][0]["metadata"]["name"], "c");
    assert_eq!(
        second["metadata"]["resourceVersion"],
        first["metadata"]["resourceVersion"]
    );
    let token = second["metadata"]["continue"].as_str().unwrap();
    let third = it
        .get(&format!("{MAPS}?limit=2&continue={token}"))
        .await
        .expect(200);
    assert_eq!(third["items"].as_array().unwrap().len(), 1);
    assert!(third["metadata"]["continue"].is_null());
    it.get(&format!("{MAPS}?continue=nonsense"))
        .await
        .expect(400);
    let everywhere = it.get("/api/v1/configmaps?limit=1").await.expect(200);
    let token = everywhere["metadata"]["continue"].as_str().unwrap();
    let rest = it
        .get(&format!("/api/v1/configmaps?continue={token}"))
        .await
        .expect(200);
    // One of them is the server's own, in `kube-system`.
    assert_eq!(rest["items"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_list_whose_revision_is_forgotten_goes_on_with_what_there_is_now() {
    let it = Harness::new().await;
    for name in ["a", "b", "c"] {
        it.post(MAPS, &map(name, &json!({}))).await.expect(201);
    }
    let first = it.get(&format!("{MAPS}?limit=1")).await.expect(200);
    it.post(MAPS, &map("bb", &json!({}))).await.expect(201);
    let now = it.get(MAPS).await.expect(200);
    let now = now["metadata"]["resourceVersion"].as_str().unwrap();
    let permit = Permit::for_controller("test");
    let now = now.parse().unwrap();
    it.store.compact(&permit, now).await.unwrap();
    let token = first["metadata"]["continue"].as_str().unwrap();
    let gone = it.get(&format!("{MAPS}?limit=1&continue={token}")).await;
    assert_eq!(gone.value["reason"], "Expired");
    let token = gone.value["metadata"]["continue"].as_str();
    let token = token.unwrap().to_owned();
    gone.expect(410);
    let rest = it
        .get(&format!("{MAPS}?continue={token}"))
        .await
        .expect(200);
    let rest = rest["items"].as_array().unwrap();
    let names: Vec<&str> = rest
        .iter()
        .map(|it| it["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["b", "bb", "c"]);
    let version = first["metadata"]["resourceVersion"].as_str().unwrap();
    let exact = format!("{MAPS}?resourceVersion={version}&resourceVersionMatch=Exact");
    let gone = it.get(&exact).await;
    assert_eq!(gone.value["reason"], "Expired");
    gone.expect(410);
}

#[tokio::test]
async fn unknown_fields_of_a_patch_are_refused_told_or_left_out() {
    let it = Harness::new().await;
    let data = json!({"k": "v"});
    it.post(MAPS, &map("a", &data)).await.expect(201);
    let more = json!({"nothing": 1, "data": {"k": "w"}});
    let steps = json!([
        {"op": "add", "path": "/nothing", "value": 1},
        {"op": "add", "path": "/data/k", "value": "w"},
    ]);
    for (kind, patch) in [
        ("json-patch", &steps),
        ("merge-patch", &more),
        ("strategic-merge-patch", &more),
    ] {
        let kind = format!("application/{kind}+json");
        for (asked, is_taken, is_told) in [
            ("Strict", false, false),
            ("Warn", true, true),
            ("Ignore", true, false),
        ] {
            let uri = format!("{MAPS}/a?fieldValidation={asked}&dryRun=All");
            let answer = it.send(Method::PATCH, &uri, &kind, patch).await;
            let warnings = answer.headers().get_all("warning").iter();
            assert_eq!(warnings.count() > 0, is_told, "{kind} {asked}");
            let answer = read(answer).await;
            if is_taken {
                let made = answer.expect(200);
                assert_eq!(made["data"]["k"], "w", "{kind} {asked}");
                assert!(made["nothing"].is_null(), "{kind} {asked}");
            } else {
                let why = answer.message();
                assert!(why.contains("unknown field \"nothing\""), "{kind} {why}");
                answer.expect(422);
            }
        }
    }
}

#[tokio::test]
async fn selectors_choose() {
    let it = Harness::new().await;
    for (name, label) in [("a", "x"), ("b", "y"), ("c", "x")] {
        let mut object = map(name, &json!({}));
        object["metadata"]["labels"] = json!({"l": label});
        it.post(MAPS, &object).await.expect(201);
    }
    let names = |list: Value| -> Vec<String> {
        let items = list["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|it| it["metadata"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    for (query, expected) in [
        ("labelSelector=l%3Dx", &["a", "c"][..]),
        ("labelSelector=l!%3Dx", &["b"]),
        ("fieldSelector=metadata.name%3Db", &["b"]),
    ] {
        let list = it.get(&format!("{MAPS}?{query}")).await.expect(200);
        assert_eq!(names(list), expected, "{query}");
    }
    it.get(&format!("{MAPS}?labelSelector=,,"))
        .await
        .expect(400);
    it.delete(&format!("{MAPS}?labelSelector=l%3Dx"), "")
        .await
        .expect(200);
    assert_eq!(names(it.get(MAPS).await.expect(200)), ["b"]);
}

#[tokio::test]
async fn who_may_not_hears_it_in_upstreams_words() {
    let it = Harness::new().await;
    let answer = read(
        it.send_as("nobody", Method::GET, MAPS, "application/json", "")
            .await,
    )
    .await;
    assert_eq!(
        answer.message(),
        "configmaps is forbidden: User \"nobody\" cannot list resource \"configmaps\" in API group \"\" in the namespace \"default\""
    );
    answer.expect(403);
}

#[tokio::test]
async fn what_is_not_there_is_said_to_be_not() {
    let it = Harness::new().await;
    for (method, uri, code) in [
        (Method::GET, "/api/v1/none", 404),
        (Method::GET, "/apis/apps/v1/none", 404),
        (Method::GET, "/apis/apps/v9", 404),
        (Method::GET, "/api/v1/namespaces/default/nodes/a", 404),
        (Method::GET, "/version/more", 404),
        (Method::POST, "/api/v1/namespaces/default/configmaps/a", 405),
        (Method::DELETE, "/api/v1/namespaces", 405),
    ] {
        let answer = read(it.send(method, uri, "application/json", "{}").await).await;
        assert_eq!(answer.code, code, "{uri}");
        assert_eq!(answer.value["kind"], "Status", "{uri}");
    }
    // Where none of upstream's servers knows of a path, the last says so in a text.
    for (method, uri) in [
        (Method::GET, "/apis/none/v1/none"),
        (Method::POST, "/apis/none/v1/none"),
        (Method::GET, "/apis/none/v1"),
        (Method::GET, "/apis/none"),
        (Method::GET, "/openapi/v9"),
        (Method::GET, "/none"),
        (Method::PUT, "/none"),
    ] {
        let answer = it.send(method, uri, "application/json", "{}").await;
        assert_eq!(answer.status(), 404, "{uri}");
        let of = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(of("content-type"), "text/plain; charset=utf-8", "{uri}");
        assert_eq!(of("x-content-type-options"), "nosniff", "{uri}");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "404 page not found\n", "{uri}");
    }
    let large = "x".repeat(4 << 20);
    let answer = read(it.send(Method::POST, MAPS, "application/json", large).await).await;
    answer.expect(413);
    let answer = read(it.send(Method::POST, MAPS, "text/html", "x").await).await;
    answer.expect(415);
}

#[tokio::test]
async fn admission_policies_are_refused_by_name() {
    let it = Harness::new().await;
    let hook = json!({"metadata": {"name": "a"}});
    let uri = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
    let refused = it.post(uri, &hook).await;
    assert!(
        refused
            .message()
            .contains("not supported by this server yet")
    );
    refused.expect(403);
}

#[tokio::test]
async fn who_applies_what_is_not_there_creates_it() {
    let it = Harness::new().await;
    let uri = format!("{MAPS}/a?fieldManager=x");
    let object = map("a", &json!({"k": "v"}));
    let may_not = it
        .send_as(
            "editor",
            Method::PATCH,
            &uri,
            "application/apply-patch+yaml",
            object.clone(),
        )
        .await;
    let refused = read(may_not).await;
    assert!(
        refused
            .message()
            .contains("cannot create resource \"configmaps\""),
        "{refused:?}"
    );
    refused.expect(403);
    it.patch(&uri, "apply-patch+yaml", &object)
        .await
        .expect(201);
    let applied = it
        .patch(&uri, "apply-patch+yaml", &object)
        .await
        .expect(200);
    assert_eq!(
        applied["metadata"]["managedFields"][0]["operation"],
        "Apply"
    );
    let again = it
        .send_as(
            "editor",
            Method::PATCH,
            &uri,
            "application/apply-patch+yaml",
            object,
        )
        .await;
    read(again).await.expect(200);
    // A name that the URL does not have is no way around it.
    let lease = json!({"metadata": {"name": "b"}, "spec": {"holderIdentity": "x"}});
    let uri = "/apis/coordination.k8s.io/v1/namespaces/default/leases/a";
    it.put(uri, &lease).await.expect(400);
}

#[tokio::test]
async fn an_object_that_could_not_be_read_again_is_not_written() {
    let it = Harness::new().await;
    it.post(MAPS, &map("a", &json!({"k": "v"})))
        .await
        .expect(201);
    let mut deep = json!({});
    for _ in 0..60 {
        deep = json!({"f:a": deep});
    }
    let entry = json!({"manager": "m", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": deep});
    let uri = format!("{MAPS}/a");
    let first = json!([{"op": "add", "path": "/metadata/managedFields", "value": [entry]}]);
    it.patch(&uri, "json-patch+json", &first).await.expect(200);
    let path = format!("/metadata/managedFields/0/fieldsV1{}", "/f:a".repeat(60));
    let mut more = json!({});
    for _ in 0..60 {
        more = json!({"f:b": more});
    }
    let second = json!([{"op": "add", "path": path, "value": more}]);
    let refused = it.patch(&uri, "json-patch+json", &second).await;
    assert!([400, 422].contains(&refused.code), "{refused:?}");
    it.get(&uri).await.expect(200);
}

#[tokio::test]
async fn nothing_is_written_to_a_cluster_that_was_removed() {
    let it = Harness::new().await;
    let space = json!({"metadata": {"name": "a"}});
    it.servers.close("test");
    it.servers
        .remove("000000000000", "us-east-1", "test")
        .await
        .unwrap();
    // Somebody who still has the cluster in hand.
    it.post("/api/v1/namespaces", &space).await.expect(409);
    let again = Harness::over(it.store.clone()).await;
    let maps = again.get(MAPS).await.expect(200);
    assert_eq!(maps["items"], json!([]));
    again.get("/api/v1/namespaces/a").await.expect(404);
    again.post("/api/v1/namespaces", &space).await.expect(201);
}

#[tokio::test]
async fn an_empty_list_of_owners_makes_them_forgotten() {
    let it = Harness::new().await;
    it.post(MAPS, &map("a", &json!({"k": "v"})))
        .await
        .expect(201);
    let uri = format!("{MAPS}/a");
    let live = it.get(&uri).await.expect(200);
    assert_eq!(live["metadata"]["managedFields"][0]["manager"], "test");
    let mut new = map("a", &json!({"k": "w"}));
    let kept = it.put(&uri, &new).await.expect(200);
    assert!(kept["metadata"]["managedFields"].is_array());
    new["metadata"]["managedFields"] = json!([]);
    let forgotten = it.put(&uri, &new).await.expect(200);
    assert_eq!(forgotten["metadata"].get("managedFields"), None);
}
