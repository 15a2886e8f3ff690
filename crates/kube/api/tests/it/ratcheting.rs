//! Objects stored before a rule that they break came: they are changed, scaled and deleted as before, and their namespaces end.

use serde_json::{Value, json};
use wharf_base::Permit;

use crate::harness::{Answer, Harness};

const SPACE: &str = "/api/v1/namespaces/space";
const PODS: &str = "/api/v1/namespaces/space/pods";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/space/deployments";
const MERGE: &str = "merge-patch+json";

/// A namespace with a pod and a deployment, both of which choose nodes by what no label can be.
async fn broken() -> Harness {
    let it = Harness::new().await;
    let named = |name: &str| json!({"metadata": {"name": name}});
    it.post("/api/v1/namespaces", &named("space"))
        .await
        .expect(201);
    it.post(&format!("{SPACE}/serviceaccounts"), &named("default"))
        .await
        .expect(201);
    let spec =
        json!({"nodeSelector": {"disk": "good"}, "containers": [{"name": "c", "image": "i"}]});
    let metadata = json!({"name": "a", "finalizers": ["a.b/c"]});
    let pod = json!({"metadata": metadata, "spec": spec});
    it.post(PODS, &pod).await.expect(201);
    let template = json!({"metadata": {"labels": {"app": "a"}}, "spec": spec});
    let deployment = json!({"metadata": metadata, "spec": {
        "selector": {"matchLabels": {"app": "a"}}, "template": template}});
    it.post(DEPLOYMENTS, &deployment).await.expect(201);
    for object in ["core/pods/space/a", "apps/deployments/space/a"] {
        store_broken(&it, object).await;
    }
    it
}

/// As if it had been written when there was no rule.
async fn store_broken(it: &Harness, object: &str) {
    let key = format!("{}{object}", it.cluster.objects().keys.root());
    let stored = it.store.get(&key).await.unwrap().expect("an object");
    let text = String::from_utf8(stored.value.to_vec()).unwrap();
    let text = text.replace(r#""disk":"good""#, r#""disk":"not good""#);
    let permit = Permit::for_controller("test");
    it.store.put(&permit, key, text).await.unwrap();
}

#[track_caller]
fn is_refused(answer: Answer, value: &str) {
    let expected = format!("nodeSelector: Invalid value: \"{value}\"");
    assert!(answer.message().contains(&expected), "{}", answer.value);
    answer.expect(422);
}

#[tokio::test]
async fn a_deployment_that_breaks_a_rule_is_changed_but_for_that() {
    let it = broken().await;
    let one = format!("{DEPLOYMENTS}/a");
    let mut whole = it.get(&one).await.expect(200);
    assert_eq!(
        whole["spec"]["template"]["spec"]["nodeSelector"]["disk"],
        "not good"
    );
    whole["metadata"]["labels"] = json!({"by": "put"});
    it.put(&one, &whole).await.expect(200);
    let replicas = |count: i64| json!({"spec": {"replicas": count}});
    it.patch(&one, MERGE, &replicas(2)).await.expect(200);
    it.patch(&one, "strategic-merge-patch+json", &replicas(3))
        .await
        .expect(200);
    let step = json!([{"op": "replace", "path": "/spec/replicas", "value": 4}]);
    it.patch(&one, "json-patch+json", &step).await.expect(200);
    it.patch(&format!("{one}/scale"), MERGE, &replicas(5))
        .await
        .expect(200);
    let applied = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "labels": {"by": "apply"}}});
    let uri = format!("{one}?fieldManager=m&force=true");
    it.patch(&uri, "apply-patch+yaml", &applied)
        .await
        .expect(200);
    let status = json!({"status": {"replicas": 1}});
    it.patch(&format!("{one}/status"), MERGE, &status)
        .await
        .expect(200);
    let chosen =
        |disk: &str| json!({"spec": {"template": {"spec": {"nodeSelector": {"disk": disk}}}}});
    is_refused(it.patch(&one, MERGE, &chosen("nor this")).await, "nor this");
    it.patch(&one, MERGE, &chosen("good")).await.expect(200);
    // From now on it holds for this one too.
    is_refused(it.patch(&one, MERGE, &chosen("not good")).await, "not good");
}

#[tokio::test]
async fn what_breaks_a_rule_goes_with_its_last_finalizer_and_the_namespace_after_it() {
    let it = broken().await;
    let free = json!({"metadata": {"finalizers": null}});
    it.delete("/api/v1/namespaces/space", "").await.expect(200);
    for one in [format!("{PODS}/a"), format!("{DEPLOYMENTS}/a")] {
        it.delete(&one, "").await.expect(200);
        it.patch(&one, MERGE, &free).await.expect(200);
        it.get(&one).await.expect(404);
    }
    let mut ended: Value = it.get(SPACE).await.expect(200);
    ended["spec"]["finalizers"] = json!([]);
    it.put(&format!("{SPACE}/finalize"), &ended)
        .await
        .expect(200);
    it.get(SPACE).await.expect(404);
}
