//! Rights that nobody gives away who does not hold them: by a role, by what makes a role gather others, or by a binding.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Harness, read};

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

/// What somebody hears who holds nothing of what is in roles.
async fn granted(it: &Harness, method: Method, uri: &str, body: &Value) -> Answer {
    let kind = match method {
        Method::PATCH => "application/merge-patch+json",
        _ => "application/json",
    };
    let uri = format!("{RBAC}/{uri}");
    read(it.send_as("granter", method, &uri, kind, body).await).await
}

#[track_caller]
fn is_refused(answer: Answer, why: &str) {
    assert!(answer.message().contains(why), "{}", answer.message());
    answer.expect(403);
}

const NOT_HELD: &str = "user \"granter\" (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n\
    {APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}";

#[tokio::test]
async fn a_role_of_others_is_not_labelled_for_roles_that_gather() {
    let it = Harness::new().await;
    let rules = json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]);
    let made = json!({"metadata": {"name": "keys"}, "rules": rules});
    is_refused(
        granted(&it, Method::POST, "clusterroles", &made).await,
        NOT_HELD,
    );
    let uri = format!("{RBAC}/clusterroles");
    it.post(&uri, &made).await.expect(201);
    let label = |key: &str| json!({"metadata": {"labels": {key: "true"}}});
    let gathered = label("rbac.authorization.k8s.io/aggregate-to-view");
    for (change, is_taken) in [
        (&gathered, false),
        (&json!({"rules": rules}), true),
        (&json!({"metadata": {"finalizers": ["a/b"]}}), true),
        (&json!({"rules": []}), true),
        (&gathered, true),
    ] {
        let answer = granted(&it, Method::PATCH, "clusterroles/keys", change).await;
        match is_taken {
            true => drop(answer.expect(200)),
            false => is_refused(answer, NOT_HELD),
        }
    }
}

#[tokio::test]
async fn who_does_not_hold_everything_makes_no_role_gather_and_stops_none() {
    const WHY: &str = "is forbidden: must have cluster-admin privileges to use the aggregationRule";
    let it = Harness::new().await;
    let gathers = json!({"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]});
    let made = json!({"metadata": {"name": "all"}, "aggregationRule": gathers});
    let answer = granted(&it, Method::POST, "clusterroles", &made).await;
    is_refused(answer, WHY);
    let uri = format!("{RBAC}/clusterroles");
    it.post(&uri, &made).await.expect(201);
    let stops = json!({"aggregationRule": null});
    let answer = granted(&it, Method::PATCH, "clusterroles/all", &stops).await;
    is_refused(answer, WHY);
    it.patch(&format!("{uri}/all"), "merge-patch+json", &stops)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_role_that_is_not_held_is_not_bound_to_more() {
    let it = Harness::new().await;
    let binding = json!({
        "metadata": {"name": "b"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "keys"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"}],
    });
    let folder = "namespaces/default/rolebindings";
    is_refused(granted(&it, Method::POST, folder, &binding).await, NOT_HELD);
    it.post(&format!("{RBAC}/{folder}"), &binding)
        .await
        .expect(201);
    let one = format!("{folder}/b");
    let more = json!({"subjects": []});
    is_refused(granted(&it, Method::PATCH, &one, &more).await, NOT_HELD);
    let owners = json!({"metadata": {"ownerReferences": [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "u"},
    ]}});
    granted(&it, Method::PATCH, &one, &owners).await.expect(200);
}
