//! The same objects in JSON, YAML, protobuf, as tables and by their metadata.

use http::{Method, Request, header};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use wharf_kube_auth::UserInfo;
use wharf_kube_model::{
    Catalog, Version,
    codec::{self, MediaType},
};

use crate::harness::Harness;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

/// The code, the type of the content, and the content.
async fn ask(
    it: &Harness,
    method: Method,
    uri: &str,
    (accept, kind): (&str, &str),
    body: Vec<u8>,
) -> (u16, String, Vec<u8>) {
    let body = Full::new(bytes::Bytes::from(body)).map_err(|never| match never {});
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header(header::ACCEPT, accept)
        .header(header::CONTENT_TYPE, kind)
        .body(body.boxed_unsync())
        .unwrap();
    let user = UserInfo::authenticated("admin", &[]);
    let answer = it.cluster.serve(request, &user).await;
    let kind = answer.headers()[header::CONTENT_TYPE]
        .to_str()
        .unwrap()
        .to_owned();
    let code = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (code, kind, body.to_vec())
}

async fn get(it: &Harness, uri: &str, accept: &str) -> (u16, String, Vec<u8>) {
    ask(
        it,
        Method::GET,
        uri,
        (accept, "application/json"),
        Vec::new(),
    )
    .await
}

fn decoded(media: MediaType, bytes: &[u8]) -> Value {
    codec::decode(&Catalog::built_in(), media, bytes, None)
        .unwrap()
        .value
}

fn map() -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"l": "x"}}, "data": {"k": "v"}})
}

#[tokio::test]
async fn an_object_is_the_same_in_each_form() {
    let it = Harness::new().await;
    let catalog = Catalog::built_in();
    let body = codec::encode(&catalog, MediaType::Protobuf, &map()).unwrap();
    let forms = (PROTOBUF, PROTOBUF);
    let (code, kind, made) = ask(&it, Method::POST, MAPS, forms, body).await;
    assert_eq!((code, kind.as_str()), (201, PROTOBUF));
    let made = decoded(MediaType::Protobuf, &made);
    assert_eq!(made["data"]["k"], "v");
    let uri = format!("{MAPS}/a");
    let own = it.get(&uri).await.expect(200);
    assert_eq!(made, own);
    let (_, kind, yaml) = get(&it, &uri, "application/yaml").await;
    assert_eq!(kind, "application/yaml");
    assert_eq!(decoded(MediaType::Yaml, &yaml), own);
    let (_, _, list) = get(&it, MAPS, PROTOBUF).await;
    let list = decoded(MediaType::Protobuf, &list);
    assert_eq!(list["items"][0]["metadata"], own["metadata"]);
}

/// Clients compare what is in a revision byte for byte with what Go makes of a set.
#[tokio::test]
async fn every_kind_is_listed_in_protobuf() {
    let it = Harness::new().await;
    let catalog = Catalog::built_in();
    for resource in catalog.all().filter(|it| it.can("watch")) {
        let version = resource.api_version();
        let root = if resource.group.is_empty() {
            "api"
        } else {
            "apis"
        };
        let uri = format!("/{root}/{version}/{}", resource.plural);
        let (code, kind, bytes) = get(&it, &uri, PROTOBUF).await;
        assert_eq!((code, kind.as_str()), (200, PROTOBUF), "{uri}");
        let list = decoded(MediaType::Protobuf, &bytes);
        assert_eq!(list["kind"], resource.list_kind, "{uri}");
        assert_eq!(list["apiVersion"], version, "{uri}");
        assert!(list["metadata"]["resourceVersion"].is_string(), "{uri}");
    }
}

#[tokio::test]
async fn a_revision_is_written_as_go_does() {
    const REVISIONS: &str = "/apis/apps/v1/namespaces/default/controllerrevisions";
    let it = Harness::new().await;
    let revision = json!({"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": {"name": "r"},
        "revision": 1, "data": {"spec": {"args": ["a && b > /c"]}}});
    let forms = ("application/json", "application/json");
    let body = revision.to_string().into_bytes();
    let (code, _, made) = ask(&it, Method::POST, REVISIONS, forms, body).await;
    assert_eq!(code, 201);
    let (_, _, one) = get(&it, &format!("{REVISIONS}/r"), "application/json").await;
    let (_, _, list) = get(&it, REVISIONS, "application/json").await;
    for text in [made, one, list] {
        let text = String::from_utf8(text).unwrap();
        let expected = r#""args":["a \u0026\u0026 b \u003e /c"]"#;
        assert!(text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn a_fault_is_in_the_form_that_was_asked_for() {
    let it = Harness::new().await;
    let (code, kind, body) = get(&it, &format!("{MAPS}/none"), PROTOBUF).await;
    assert_eq!((code, kind.as_str()), (404, PROTOBUF));
    let status = decoded(MediaType::Protobuf, &body);
    assert_eq!(status["message"], "configmaps \"none\" not found");
    let (code, ..) = get(&it, MAPS, "text/html").await;
    assert_eq!(code, 406);
}

#[tokio::test]
async fn tables_and_metadata() {
    let it = Harness::new().await;
    it.post(MAPS, &map()).await.expect(201);
    let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    let (_, _, body) = get(&it, MAPS, accept).await;
    let table: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(table["kind"], "Table");
    assert_eq!(table["rows"][0]["cells"][0], "a");
    assert_eq!(table["rows"][0]["object"]["kind"], "PartialObjectMetadata");
    let accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    let (_, _, body) = get(&it, MAPS, accept).await;
    let list: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(list["kind"], "PartialObjectMetadataList");
    assert_eq!(list["items"][0]["metadata"]["labels"]["l"], "x");
    assert!(list["items"][0]["data"].is_null());
    let accept = format!("{PROTOBUF};as=PartialObjectMetadata;v=v1;g=meta.k8s.io");
    let (code, _, body) = get(&it, &format!("{MAPS}/a"), &accept).await;
    assert_eq!(code, 200);
    assert_eq!(decoded(MediaType::Protobuf, &body)["metadata"]["name"], "a");
}

#[tokio::test]
async fn shapes_are_of_what_is_asked_for() {
    let it = Harness::new().await;
    it.post(MAPS, &map()).await.expect(201);
    let one = format!("{MAPS}/a");
    let form = |shape: &str| format!("application/json;as={shape};v=v1;g=meta.k8s.io");
    for (uri, accept, code, expected) in [
        (
            MAPS,
            form("PartialObjectMetadata"),
            406,
            "you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)",
        ),
        (
            &one,
            form("PartialObjectMetadataList"),
            406,
            "you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)",
        ),
        (
            &format!("{MAPS}?includeObject=X"),
            form("Table"),
            400,
            "Unable to convert to Table as requested: includeObject: Invalid value: \"X\": must be 'Metadata', 'Object', 'None', or empty",
        ),
    ] {
        let (found, _, body) = get(&it, uri, &accept).await;
        let status: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((found, status["message"].as_str()), (code, Some(expected)));
    }
    let sets = "/apis/apps/v1/namespaces/default/replicasets";
    let set = json!({"metadata": {"name": "s"}, "spec": {"replicas": 2, "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}});
    it.post(sets, &set).await.expect(201);
    let (code, _, body) = get(&it, &format!("{sets}/s/scale"), &form("Table")).await;
    let table: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((code, &table["kind"]), (200, &json!("Table")), "{table}");
    assert_eq!(table["rows"][0]["cells"][1], 2);
}

#[tokio::test]
async fn people_get_lines() {
    let it = Harness::new().await;
    it.post(MAPS, &map()).await.expect(201);
    for (query, has_lines) in [("", false), ("?pretty=true", true), ("?pretty=0", false)] {
        let one = format!("{MAPS}/a{query}");
        let (_, _, body) = get(&it, &one, "application/json").await;
        let text = String::from_utf8(body).unwrap();
        assert_eq!(text.contains("\n  \"metadata\": {"), has_lines, "{text}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value, it.get(&format!("{MAPS}/a")).await.expect(200));
        let none = format!("{MAPS}/none{query}");
        let (code, _, body) = get(&it, &none, "application/json").await;
        assert_eq!((code, body.contains(&b'\n')), (404, has_lines));
    }
    // What is stored otherwise than it is sent has its own length.
    let (_, _, body) = get(&it, &format!("{MAPS}/a?pretty=1"), "application/yaml").await;
    assert!(body.starts_with(b"apiVersion"));
}

#[tokio::test]
async fn discovery_is_known_by_its_tag() {
    let it = Harness::new().await;
    let accept =
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    let (_, kind, body) = get(&it, "/apis", accept).await;
    assert_eq!(
        kind,
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    );
    let groups: Value = serde_json::from_slice(&body).unwrap();
    let names: Vec<&str> = groups["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|it| it["metadata"]["name"].as_str())
        .collect();
    assert!(names.contains(&"apps"), "{names:?}");
    let (_, _, body) = get(&it, "/api", accept).await;
    let core: Value = serde_json::from_slice(&body).unwrap();
    let resources = core["items"][0]["versions"][0]["resources"]
        .as_array()
        .unwrap();
    let pods = resources
        .iter()
        .find(|it| it["resource"] == "pods")
        .unwrap();
    assert!(
        pods["subresources"]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["subresource"] == "exec")
    );
    let body = Full::default()
        .map_err(|never| match never {})
        .boxed_unsync();
    let first = Request::builder()
        .uri("/apis")
        .header(header::ACCEPT, accept)
        .body(body)
        .unwrap();
    let user = UserInfo::authenticated("admin", &[]);
    let answer = it.cluster.serve(first, &user).await;
    let tag = answer.headers()[header::ETAG].clone();
    let body = Full::default()
        .map_err(|never| match never {})
        .boxed_unsync();
    let again = Request::builder()
        .uri("/apis")
        .header(header::ACCEPT, accept)
        .header(header::IF_NONE_MATCH, tag)
        .body(body)
        .unwrap();
    assert_eq!(it.cluster.serve(again, &user).await.status(), 304);
}

#[tokio::test]
async fn a_cluster_is_served_as_of_its_version() {
    let it = Harness::new().await;
    let read = async |uri: &str| -> Value {
        let (code, _, body) = get(&it, uri, "application/json").await;
        assert_eq!(code, 200, "{uri}");
        serde_json::from_slice(&body).unwrap()
    };
    let mut before: Option<(Value, Value)> = None;
    for (version, least) in [(Version::V1_35, "34"), (Version::V1_36, "35")] {
        it.cluster.serve_as(version);
        let told = read("/version").await;
        assert_eq!(told["gitVersion"], version.git_version());
        for name in ["minor", "emulationMinor"] {
            assert_eq!(told[name], version.minor().to_string());
        }
        assert_eq!(told["minCompatibilityMinor"], least);
        assert_eq!(told["compiler"], "wharf");
        let patch = format!("v{}", version.patch());
        for uri in ["/openapi/v2", "/openapi/v3/apis/apps/v1"] {
            assert_eq!(read(uri).await["info"]["version"], patch, "{uri}");
        }
        // Nothing that is served came with the newer one; who kept documents hears that there are others.
        let now = (read("/apis").await, read("/openapi/v3").await);
        if let Some(before) = before.replace(now.clone()) {
            assert_eq!(before.0, now.0);
            assert_ne!(before.1, now.1);
        }
    }
}

#[tokio::test]
async fn what_is_no_object_of_a_resource() {
    let it = Harness::new().await;
    for (uri, text) in [
        ("/healthz", "ok"),
        ("/readyz", "ok"),
        ("/livez/ping", "ok"),
        ("/readyz?verbose", "readyz check passed"),
        ("/metrics", "apiserver_storage_objects"),
        ("/version", "v1.36.4-eks-wharf"),
        ("/openapi/v3", "apis/apps/v1"),
        ("/openapi/v3/apis/apps/v1", "io.k8s.api.apps.v1.Deployment"),
    ] {
        let (code, _, body) = get(&it, uri, "*/*").await;
        let body = String::from_utf8_lossy(&body).into_owned();
        assert!(
            code == 200 && body.contains(text),
            "{uri}: {code} {}",
            &body[..body.len().min(200)]
        );
    }
    let review = json!({"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}});
    let uri = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let answer = it.post(uri, &review).await.expect(201);
    assert_eq!(answer["status"]["allowed"], true);
    let who = it
        .post(
            "/apis/authentication.k8s.io/v1/selfsubjectreviews",
            &json!({}),
        )
        .await
        .expect(201);
    assert_eq!(who["status"]["userInfo"]["username"], "admin");
}

#[tokio::test]
async fn a_list_of_the_metadata_of_nothing_is_none() {
    let it = Harness::new().await;
    for (form, expected) in [
        (
            ";as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
            Value::Null,
        ),
        ("", json!([])),
    ] {
        let answer = get(&it, MAPS, &format!("application/json{form}")).await;
        let list: Value = serde_json::from_slice(&answer.2).unwrap();
        assert_eq!(list.get("items"), Some(&expected), "{form}");
    }
}

#[tokio::test]
async fn a_review_is_no_table() {
    let it = Harness::new().await;
    let uri = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    let review = json!({"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}});
    for (accept, code) in [(table, 406), ("application/json", 201)] {
        let forms = (accept, "application/json");
        let body = review.to_string().into_bytes();
        let answer = ask(&it, Method::POST, uri, forms, body).await;
        assert_eq!(answer.0, code, "{accept}");
    }
}

/// Upstream's own hashes, by which migrators see that a kind is stored in another version.
#[tokio::test]
async fn discovery_tells_how_kinds_are_stored() {
    let it = Harness::new().await;
    for (path, name, expected) in [
        ("/api/v1", "pods", json!("xPOwRZ+Yhw8=")),
        ("/apis/apps/v1", "deployments", json!("8aSe+NMegvE=")),
        ("/api/v1", "pods/log", Value::Null),
        ("/api/v1", "bindings", Value::Null),
        ("/apis/metrics.k8s.io/v1beta1", "pods", Value::Null),
    ] {
        let list = it.get(path).await.expect(200);
        let mut all = list["resources"].as_array().unwrap().iter();
        let found = all.find(|it| it["name"] == name).unwrap();
        assert_eq!(found["storageVersionHash"], expected, "{name}");
    }
}
