//! Warnings beside answers: what is deprecated, what hardly does what is meant, and who is told.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Harness, warnings};

const NONE: Vec<String> = Vec::new();
const ENDPOINTS: &str = "/api/v1/namespaces/default/endpoints";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const JOBS: &str = "/apis/batch/v1/namespaces/default/jobs";
const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";

/// What a request of this code warns of.
async fn told(it: &Harness, method: Method, uri: &str, kind: &str, body: Value) -> Vec<String> {
    let body = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let answer = it.send(method, uri, kind, body).await;
    assert!(answer.status().is_success(), "{uri} {}", answer.status());
    warnings(&answer)
}

#[tokio::test]
async fn all_requests_for_a_deprecated_kind_are_told() {
    let it = Harness::new().await;
    let old = ["v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"];
    let named = json!({"metadata": {"name": "a"}});
    let one = format!("{ENDPOINTS}/a");
    let watch = format!("{ENDPOINTS}?watch=1&timeoutSeconds=1");
    for (method, uri, body) in [
        (Method::POST, ENDPOINTS, named.clone()),
        (Method::GET, one.as_str(), Value::Null),
        (Method::GET, ENDPOINTS, Value::Null),
        (Method::GET, watch.as_str(), Value::Null),
        (Method::PUT, one.as_str(), named),
        (Method::DELETE, one.as_str(), Value::Null),
    ] {
        assert_eq!(told(&it, method, uri, JSON, body).await, old, "{uri}");
    }
    let slices = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
    assert_eq!(
        told(&it, Method::GET, slices, JSON, Value::Null).await,
        NONE
    );
}

#[tokio::test]
async fn a_version_of_a_definition_says_that_it_is_deprecated() {
    let it = Harness::new().await;
    let schema = json!({"openAPIV3Schema": {"type": "object"}});
    let version = |name: &str, is_stored: bool| json!({"name": name, "served": true, "storage": is_stored, "schema": schema});
    let mut old = version("v1", false);
    old["deprecated"] = true.into();
    let mut older = old.clone();
    older["name"] = "v1beta1".into();
    older["deprecationWarning"] = "it goes soon – bald".into();
    let definition = json!({"metadata": {"name": "things.example.com"}, "spec": {
        "group": "example.com", "scope": "Namespaced", "names": {"plural": "things", "kind": "Thing"},
        "versions": [version("v2", true), old, older]}});
    it.post(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        &definition,
    )
    .await
    .expect(201);
    for (version, expected) in [
        ("v2", vec![]),
        ("v1", vec!["example.com/v1 Thing is deprecated"]),
        ("v1beta1", vec!["it goes soon – bald"]),
    ] {
        let uri = format!("/apis/example.com/{version}/namespaces/default/things");
        it.until(&uri, |it| it.code == 200).await;
        assert_eq!(
            told(&it, Method::GET, &uri, JSON, Value::Null).await,
            expected,
            "{version}"
        );
    }
}

#[tokio::test]
async fn a_template_is_warned_of_when_it_is_new_or_its_set_changes() {
    let it = Harness::new().await;
    let env = json!([{"name": "A", "value": "a"}, {"name": "A", "value": "b"}]);
    let template = json!({"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "i", "env": env}]}});
    let set = json!({"metadata": {"name": "a"}, "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": template}});
    let hides = [
        r#"spec.template.spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply"#,
    ];
    let one = format!("{DEPLOYMENTS}/a");
    assert_eq!(told(&it, Method::POST, DEPLOYMENTS, JSON, set).await, hides);
    let labelled = json!({"metadata": {"labels": {"a": "b"}}});
    assert_eq!(told(&it, Method::PATCH, &one, MERGE, labelled).await, NONE);
    let scaled = |count: i64| json!({"spec": {"replicas": count}});
    assert_eq!(
        told(&it, Method::PATCH, &one, MERGE, scaled(2)).await,
        hides
    );
    let scale = format!("{one}/scale");
    assert_eq!(
        told(&it, Method::PATCH, &scale, MERGE, scaled(3)).await,
        hides
    );
    let status = json!({"status": {"observedGeneration": 1}});
    let uri = format!("{one}/status");
    assert_eq!(told(&it, Method::PATCH, &uri, MERGE, status).await, NONE);
}

#[tokio::test]
async fn pods_of_a_job_stay_where_nobody_says_otherwise() {
    let it = Harness::new().await;
    let stay = [
        "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning",
    ];
    let template =
        json!({"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}});
    for name in ["a", "b"] {
        let job = json!({"metadata": {"name": name}, "spec": {"template": template}});
        it.post(JOBS, &job).await.expect(201);
    }
    let delete = |uri: String, options: Value| {
        let it = &it;
        async move { told(it, Method::DELETE, &uri, JSON, options).await }
    };
    let background = json!({"propagationPolicy": "Background"});
    assert_eq!(delete(format!("{JOBS}/a"), background).await, NONE);
    assert_eq!(delete(format!("{JOBS}/b"), Value::Null).await, stay);
    assert_eq!(delete(JOBS.to_owned(), Value::Null).await, stay);
}
