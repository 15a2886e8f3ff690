//! Pods: what admission adds, binding, grace, eviction.

use serde_json::{Value, json};

use crate::harness::Harness;

const PODS: &str = "/api/v1/namespaces/default/pods";

async fn harness() -> Harness {
    let it = Harness::new().await;
    let account = json!({"metadata": {"name": "default"}});
    it.post("/api/v1/namespaces/default/serviceaccounts", &account)
        .await
        .expect(201);
    it
}

fn pod(name: &str) -> Value {
    json!({
        "metadata": {"name": name, "labels": {"app": "a"}},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    })
}

async fn bind(it: &Harness, name: &str) {
    let binding = json!({"metadata": {"name": name}, "target": {"kind": "Node", "name": "n"}});
    it.post(&format!("{PODS}/{name}/binding"), &binding)
        .await
        .expect(201);
}

#[tokio::test]
async fn a_pod_gets_what_every_pod_has() {
    let it = harness().await;
    let made = it.post(PODS, &pod("a")).await.expect(201);
    let spec = &made["spec"];
    assert_eq!(spec["serviceAccountName"], "default");
    assert!(
        spec["volumes"][0]["name"]
            .as_str()
            .unwrap()
            .starts_with("kube-api-access-")
    );
    assert_eq!(spec["priority"], 0);
    assert_eq!(spec["tolerations"].as_array().unwrap().len(), 2);
    assert_eq!(made["status"]["phase"], "Pending");
}

#[tokio::test]
async fn a_pod_without_account_is_refused() {
    let it = Harness::new().await;
    let refused = it.post(PODS, &pod("a")).await;
    assert_eq!(
        refused.message(),
        "pods \"a\" is forbidden: error looking up service account default/default: serviceaccount \"default\" not found"
    );
    refused.expect(403);
}

/// What pods are decided by is remembered between them, but never longer than it holds.
#[tokio::test]
async fn a_pod_is_decided_by_what_is_so_now() {
    let it = harness().await;
    let priority = async |name: &str| {
        let made = it.post(PODS, &pod(name)).await.expect(201);
        made["spec"]["priority"].clone()
    };
    assert_eq!(priority("a").await, 0);

    let classes = "/apis/scheduling.k8s.io/v1/priorityclasses";
    let class =
        |value: i32| json!({"metadata": {"name": "all"}, "value": value, "globalDefault": true});
    it.post(classes, &class(1)).await.expect(201);
    assert_eq!(priority("b").await, 1);
    it.delete(&format!("{classes}/all"), "").await.expect(200);
    it.post(classes, &class(2)).await.expect(201);
    assert_eq!(priority("c").await, 2);

    let label =
        json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}});
    it.patch("/api/v1/namespaces/default", "merge-patch+json", &label)
        .await
        .expect(200);
    it.post(PODS, &pod("d")).await.expect(403);

    let accounts = "/api/v1/namespaces/default/serviceaccounts";
    it.delete(&format!("{accounts}/default"), "")
        .await
        .expect(200);
    let refused = it.post(PODS, &pod("e")).await;
    assert!(
        refused
            .message()
            .contains("serviceaccount \"default\" not found")
    );
}

#[tokio::test]
async fn a_pod_is_bound_once() {
    let it = harness().await;
    it.post(PODS, &pod("a")).await.expect(201);
    let promised = json!({"status": {"nominatedNodeName": "n"}});
    let uri = format!("{PODS}/a/status");
    let promised = it.patch(&uri, "merge-patch+json", &promised).await;
    assert_eq!(promised.expect(200)["status"]["nominatedNodeName"], "n");
    bind(&it, "a").await;
    let bound = it.get(&format!("{PODS}/a")).await.expect(200);
    assert_eq!(bound["spec"]["nodeName"], "n");
    assert!(bound["status"]["nominatedNodeName"].is_null());
    assert_eq!(bound["status"]["conditions"][0]["type"], "PodScheduled");
    let again = json!({"metadata": {"name": "a"}, "target": {"name": "m"}});
    let again = it.post(&format!("{PODS}/a/binding"), &again).await;
    assert!(
        again
            .message()
            .contains("pod a is already assigned to node \"n\""),
        "{again:?}"
    );
    again.expect(409);
}

#[tokio::test]
async fn a_pod_is_bound_to_nothing_but_a_node() {
    let it = harness().await;
    it.post(PODS, &pod("a")).await.expect(201);
    for (target, expected) in [
        (
            json!({"kind": "Node", "name": ""}),
            "Binding \"a\" is invalid: target.name: Required value",
        ),
        (
            json!({"kind": "Pod", "name": "x"}),
            "Binding \"a\" is invalid: target.kind: Unsupported value: \"Pod\": supported values: \"Node\", \"<empty>\"",
        ),
    ] {
        let binding = json!({"metadata": {"name": "a"}, "target": target});
        let refused = it.post(&format!("{PODS}/a/binding"), &binding).await;
        assert_eq!((refused.code, refused.message()), (422, expected));
    }
}

#[tokio::test]
async fn a_pod_says_where_its_node_is() {
    let it = harness().await;
    let (zone, region) = (
        "topology.kubernetes.io/zone",
        "topology.kubernetes.io/region",
    );
    let node =
        json!({"metadata": {"name": "n", "labels": {zone: "a", region: "r", "team": "blue"}}});
    it.post("/api/v1/nodes", &node).await.expect(201);
    let there = json!({"app": "a", zone: "a", region: "r"});
    // Whatever it said before.
    let mut bound = pod("a");
    bound["metadata"]["labels"][zone] = "elsewhere".into();
    it.post(PODS, &bound).await.expect(201);
    bind(&it, "a").await;
    let bound = it.get(&format!("{PODS}/a")).await.expect(200);
    assert_eq!(bound["metadata"]["labels"], there);
    for (name, node, labels) in [("b", "n", there), ("c", "unknown", json!({"app": "a"}))] {
        let mut named = pod(name);
        named["spec"]["nodeName"] = node.into();
        let made = it.post(PODS, &named).await.expect(201);
        assert_eq!(made["metadata"]["labels"], labels, "{node}");
    }
}

#[tokio::test]
async fn a_pod_on_a_node_goes_when_the_node_says_so() {
    let it = harness().await;
    it.post(PODS, &pod("a")).await.expect(201);
    it.post(PODS, &pod("b")).await.expect(201);
    bind(&it, "a").await;
    let uri = format!("{PODS}/a");
    let ending = it.delete(&uri, "").await.expect(200);
    assert_eq!(ending["metadata"]["deletionGracePeriodSeconds"], 30);
    it.get(&uri).await.expect(200);
    it.delete(&uri, json!({"gracePeriodSeconds": 0}))
        .await
        .expect(200);
    it.get(&uri).await.expect(404);
    // On no node there is nothing to wait for.
    it.delete(&format!("{PODS}/b"), "").await.expect(200);
    it.get(&format!("{PODS}/b")).await.expect(404);
}

#[tokio::test]
async fn an_eviction_asks_the_budget() {
    let it = harness().await;
    it.post(PODS, &pod("a")).await.expect(201);
    bind(&it, "a").await;
    let ready = json!([{"type": "Ready", "status": "True"}]);
    let status = json!({"status": {"phase": "Running", "conditions": ready}});
    it.patch(&format!("{PODS}/a/status"), "merge-patch+json", &status)
        .await
        .expect(200);
    let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    let budget = json!({"metadata": {"name": "b"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "a"}}}});
    it.post(budgets, &budget).await.expect(201);
    let eviction = json!({"metadata": {"name": "a"}});
    let uri = format!("{PODS}/a/eviction");
    let status = |allowed: u32| {
        json!({"status": {
            "disruptionsAllowed": allowed, "observedGeneration": 1,
            "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1,
        }})
    };
    it.patch(
        &format!("{budgets}/b/status"),
        "merge-patch+json",
        &status(0),
    )
    .await
    .expect(200);
    let refused = it.post(&uri, &eviction).await;
    assert_eq!(
        refused.message(),
        "Cannot evict pod as it would violate the pod's disruption budget."
    );
    refused.expect(429);
    it.patch(
        &format!("{budgets}/b/status"),
        "merge-patch+json",
        &status(1),
    )
    .await
    .expect(200);
    it.post(&uri, &eviction).await.expect(201);
    let left = it.get(&format!("{budgets}/b")).await.expect(200);
    assert_eq!(
        left["status"]["disruptionsAllowed"].as_u64().unwrap_or(0),
        0
    );
    assert!(left["status"]["disruptedPods"]["a"].is_string(), "{left}");
    let pod = it.get(&format!("{PODS}/a")).await.expect(200);
    assert!(pod["metadata"]["deletionTimestamp"].is_string());
    // Whoever judges its end hears why it went.
    let conditions = pod["status"]["conditions"].as_array().unwrap();
    let of = |kind: &str| conditions.iter().find(|it| it["type"] == kind);
    let why = of("DisruptionTarget").unwrap();
    assert_eq!(
        (&why["status"], &why["reason"]),
        (&json!("True"), &json!("EvictionByEvictionAPI"))
    );
    assert!(of("Ready").is_some());
}

/// It is none of the healthy ones, so nothing is taken from the budget.
#[tokio::test]
async fn a_pod_that_is_not_ready_is_evicted_while_enough_others_are() {
    let it = harness().await;
    let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    for (name, policy, healthy, code) in [
        ("a", None, 2, 201),
        ("b", None, 1, 429),
        ("c", Some("IfHealthyBudget"), 1, 429),
        ("d", Some("AlwaysAllow"), 1, 201),
    ] {
        let mut pod = pod(name);
        pod["metadata"]["labels"] = json!({"app": name});
        it.post(PODS, &pod).await.expect(201);
        bind(&it, name).await;
        let status = json!({"status": {"phase": "Running"}});
        let uri = format!("{PODS}/{name}/status");
        let changed = it.patch(&uri, "merge-patch+json", &status).await;
        changed.expect(200);
        let mut spec = json!({"minAvailable": 2, "selector": {"matchLabels": {"app": name}}});
        if let Some(policy) = policy {
            spec["unhealthyPodEvictionPolicy"] = policy.into();
        }
        let budget = json!({"metadata": {"name": name}, "spec": spec});
        it.post(budgets, &budget).await.expect(201);
        let status = json!({"status": {
            "disruptionsAllowed": 0, "observedGeneration": 1,
            "currentHealthy": healthy, "desiredHealthy": 2, "expectedPods": 3,
        }});
        let uri = format!("{budgets}/{name}/status");
        let changed = it.patch(&uri, "merge-patch+json", &status).await;
        changed.expect(200);
        let eviction = json!({"metadata": {"name": name}});
        let uri = format!("{PODS}/{name}/eviction");
        it.post(&uri, &eviction).await.expect(code);
        let left = it.get(&format!("{budgets}/{name}")).await.expect(200);
        assert!(left["status"]["disruptedPods"][name].is_null(), "{left}");
    }
}

#[tokio::test]
async fn copies_are_scaled_through_their_scale() {
    let it = harness().await;
    let uri = "/apis/apps/v1/namespaces/default/deployments";
    let deployment = json!({"metadata": {"name": "a"}, "spec": {
        "replicas": 2, "selector": {"matchLabels": {"app": "a"}},
        "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
    }});
    it.post(uri, &deployment).await.expect(201);
    let uri = format!("{uri}/a/scale");
    let mut scale = it.get(&uri).await.expect(200);
    assert_eq!(
        (&scale["kind"], &scale["spec"]["replicas"]),
        (&json!("Scale"), &json!(2))
    );
    assert_eq!(scale["status"]["selector"], "app=a");
    scale["spec"]["replicas"] = 4.into();
    let scaled = it.put(&uri, &scale).await.expect(200);
    assert_eq!(scaled["spec"]["replicas"], 4);
    it.put(&uri, &scale).await.expect(409);
    let patch = json!({"spec": {"replicas": -1}});
    it.patch(&uri, "merge-patch+json", &patch).await.expect(422);
}

#[tokio::test]
async fn a_scale_is_applied_by_whoever_owns_it() {
    let it = harness().await;
    let uri = "/apis/apps/v1/namespaces/default/deployments";
    let deployment = json!({"metadata": {"name": "a"}, "spec": {
        "replicas": 2, "selector": {"matchLabels": {"app": "a"}},
        "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
    }});
    let by = |uri: &str, rest: &str| format!("{uri}?fieldManager={rest}");
    it.post(&by(uri, "maker"), &deployment).await.expect(201);
    let scale = format!("{uri}/a/scale");
    let of = |replicas: i64| json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "a"}, "spec": {"replicas": replicas}});
    let apply = async |rest: &str, config: Value| {
        let uri = by(&scale, rest);
        it.patch(&uri, "apply-patch+yaml", &config).await
    };
    let refused = apply("scaler", of(5)).await;
    assert_eq!(
        refused.message(),
        "Apply failed with 1 conflict: conflict with \"maker\" using autoscaling/v1: .spec.replicas"
    );
    let refused = refused.expect(409);
    assert_eq!(refused["details"]["causes"][0]["field"], ".spec.replicas");
    let scaled = apply("scaler&force=true", of(5)).await.expect(200);
    assert_eq!(scaled["spec"]["replicas"], 5);
    let found = it.get(&format!("{uri}/a")).await.expect(200);
    assert_eq!(found["spec"]["replicas"], 5);
    let entries = found["metadata"]["managedFields"].as_array().unwrap();
    let own = entries.iter().find(|it| it["manager"] == "scaler").unwrap();
    assert_eq!(
        (&own["operation"], &own["apiVersion"], &own["subresource"]),
        (&json!("Apply"), &json!("apps/v1"), &json!("scale"))
    );
    assert_eq!(own["fieldsV1"], json!({"f:spec": {"f:replicas": {}}}));
    let maker = entries.iter().find(|it| it["manager"] == "maker").unwrap();
    assert!(maker["fieldsV1"]["f:spec"].get("f:replicas").is_none());
    // The same again is no conflict, and changes nothing.
    let again = apply("scaler", of(5)).await.expect(200);
    assert_eq!(
        again["metadata"]["resourceVersion"],
        scaled["metadata"]["resourceVersion"]
    );
    // Who applies the object has no say in it any more.
    let applied = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {"replicas": 1}});
    let object = by(&format!("{uri}/a"), "other");
    it.patch(&object, "apply-patch+yaml", &applied)
        .await
        .expect(409);

    apply("scaler", of(-1)).await.expect(422);
    let mut stale = of(6);
    stale["metadata"]["resourceVersion"] = "1".into();
    apply("scaler", stale).await.expect(409);
    apply("scaler", json!({"apiVersion": "apps/v1", "kind": "Scale"}))
        .await
        .expect(400);
    apply("scaler", applied).await.expect(400);
    it.patch(&scale, "apply-patch+yaml", &of(5))
        .await
        .expect(422);
}

#[tokio::test]
async fn a_token_is_bound_to_a_pod_of_the_account() {
    let it = harness().await;
    it.post(PODS, &pod("a")).await.expect(201);
    let uri = "/api/v1/namespaces/default/serviceaccounts/default/token";
    let request = |name: &str| json!({"spec": {"audiences": ["x"], "boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": name}}});
    let made = it.post(uri, &request("a")).await.expect(201);
    assert_eq!(made["status"]["token"], "of default/default");
    let owner = &made["metadata"]["managedFields"][0];
    assert_eq!(owner["apiVersion"], "authentication.k8s.io/v1");
    assert_eq!(owner["subresource"], "token");
    assert_eq!(owner["fieldsV1"]["f:spec"]["f:audiences"], json!({}));
    it.post(uri, &request("none")).await.expect(404);
    it.post(uri, &json!({"spec": {"expirationSeconds": 10}}))
        .await
        .expect(422);
}
