//! What is refused before any rule of a kind is asked: bodies that are no object, and patches that make none.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Harness, read};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

#[tokio::test]
async fn a_body_that_is_no_object_is_shown() {
    let it = Harness::new().await;
    for (body, expected) in [
        ("", "unexpected end of JSON input (<empty>)"),
        ("{", "unexpected end of JSON input ({)"),
        (
            "a: b",
            "invalid character 'a' looking for beginning of value (613a2062)",
        ),
    ] {
        let answer = it.send(Method::POST, MAPS, "application/json", body).await;
        let answer = read(answer).await;
        assert_eq!(answer.code, 400, "{body}");
        assert_eq!(
            answer.message(),
            format!(
                "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: {expected}"
            )
        );
    }
}

#[tokio::test]
async fn a_patch_that_makes_no_object_is_invalid() {
    let it = Harness::new().await;
    let made = json!({"metadata": {"name": "c"}, "data": {"a": "b"}});
    it.post(MAPS, &made).await.expect(201);
    let one = format!("{MAPS}/c");
    for (kind, patch) in [
        ("merge-patch+json", json!({"data": {"a": 1}})),
        (
            "json-patch+json",
            json!([{"op": "replace", "path": "/data/a", "value": 1}]),
        ),
        ("strategic-merge-patch+json", json!({"data": {"a": 1}})),
    ] {
        let answer = it.patch(&one, kind, &patch).await;
        assert_eq!(answer.code, 422, "{kind}: {}", answer.value);
        assert!(
            answer
                .message()
                .starts_with(" \"\" is invalid: patch: Invalid value: \""),
            "{}",
            answer.message()
        );
        assert!(
            answer.message().contains("cannot unmarshal number"),
            "{}",
            answer.message()
        );
        assert_eq!(answer.value["details"]["causes"][0]["field"], "patch");
        // With the members of what was patched in the order of their names.
        let shown = match kind {
            "strategic-merge-patch+json" => "map[data:map[a:1]]",
            _ => r#"{\"apiVersion\":\"v1\",\"data\":{\"a\":1"#,
        };
        assert!(answer.message().contains(shown), "{}", answer.message());
    }
    for (patch, expected) in [
        (
            json!([]),
            "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value",
        ),
        (
            json!({"metadata": {"uid": "x"}}),
            "metadata.uid: Invalid value: \"x\": field is immutable",
        ),
    ] {
        let answer = it.patch(&one, "merge-patch+json", &patch).await;
        assert_eq!(answer.code, 422, "{}", answer.value);
        assert!(answer.message().contains(expected), "{}", answer.message());
    }
    // The object that was shown is the one that a strategic patch is, not what it made.
    let patch = json!({"data": {"b": 2}});
    let answer = it.patch(&one, "strategic-merge-patch+json", &patch).await;
    assert!(
        answer.message().contains("\"map[data:map[b:2]]\""),
        "{}",
        answer.message()
    );
}

#[tokio::test]
async fn a_watch_says_which_state_it_begins_with_only_with_its_initial_events() {
    let it = Harness::new().await;
    for (query, expected) in [
        (
            "resourceVersion=1&resourceVersionMatch=NotOlderThan",
            "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ),
        (
            "sendInitialEvents=true",
            "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ),
        (
            "sendInitialEvents=true&resourceVersionMatch=Exact",
            "[resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: \"Exact\": supported values: \"NotOlderThan\"]",
        ),
    ] {
        let answer = it.get(&format!("{MAPS}?watch=1&{query}")).await;
        assert_eq!(answer.code, 422, "{query}");
        assert_eq!(
            answer.message(),
            format!("ListOptions.meta.k8s.io \"\" is invalid: {expected}")
        );
    }
}

#[tokio::test]
async fn a_list_says_which_state_it_is_of_in_one_way() {
    const ALONE: &str = "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided";
    const CONTINUES: &str = "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided";
    const UNKNOWN: &str = "resourceVersionMatch: Unsupported value: \"X\": supported values: \"Exact\", \"NotOlderThan\", \"\"";
    let it = Harness::new().await;
    for (query, expected) in [
        ("resourceVersionMatch=Exact", ALONE.to_owned()),
        (
            "resourceVersion=1&resourceVersionMatch=X",
            UNKNOWN.to_owned(),
        ),
        (
            "resourceVersion=1&resourceVersionMatch=Exact&continue=x",
            CONTINUES.to_owned(),
        ),
        (
            "resourceVersionMatch=X&continue=x",
            format!("[{ALONE}, {CONTINUES}, {UNKNOWN}]"),
        ),
        (
            "resourceVersion=0&resourceVersionMatch=Exact",
            "resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"".to_owned(),
        ),
        (
            "sendInitialEvents=true",
            "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list".to_owned(),
        ),
    ] {
        let answer = it.get(&format!("{MAPS}?{query}")).await;
        assert_eq!(answer.code, 422, "{query}: {}", answer.value);
        assert_eq!(
            answer.message(),
            format!("ListOptions.meta.k8s.io \"\" is invalid: {expected}")
        );
    }
    let both = it
        .get(&format!("{MAPS}?resourceVersion=1&continue=x"))
        .await;
    assert_eq!(
        (both.code, both.message()),
        (
            400,
            "specifying resource version is not allowed when using continue"
        )
    );
}

#[tokio::test]
async fn what_a_service_may_not_have_is_told() {
    let it = Harness::new().await;
    let services = "/api/v1/namespaces/default/services";
    for (spec, expected) in [
        (
            json!({"type": "ExternalName", "externalName": "a.b", "clusterIP": "10.100.0.9"}),
            "spec.clusterIPs: Forbidden: may not be set for ExternalName services",
        ),
        (
            json!({"ports": [{"port": 1, "nodePort": 30000}]}),
            "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
        ),
        (
            json!({"ports": [{"port": 1}], "healthCheckNodePort": 30100}),
            "spec.healthCheckNodePort: Invalid value: 30100: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
        ),
        (
            json!({"ports": [{"port": 1}], "clusterIP": "x"}),
            "spec.clusterIPs[0]: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
        ),
    ] {
        let service = json!({"metadata": {"name": "s"}, "spec": spec});
        let answer = it.post(services, &service).await;
        assert_eq!(answer.code, 422, "{}", answer.value);
        let expected = format!("Service \"s\" is invalid: {expected}");
        assert_eq!(answer.message(), expected);
    }
}

#[tokio::test]
async fn a_version_is_a_number_that_was_told() {
    let it = Harness::new().await;
    let made = json!({"metadata": {"name": "c"}});
    it.post(MAPS, &made).await.expect(201);
    let one = format!("{MAPS}/c");
    it.get(&format!("{one}?resourceVersion=0"))
        .await
        .expect(200);
    it.get(&format!("{one}?resourceVersion=1"))
        .await
        .expect(200);
    let answer = it.get(&format!("{one}?resourceVersion=x")).await;
    assert_eq!(
        (answer.code, answer.message()),
        (
            400,
            "invalid resource version: resourceVersion: Invalid value: \"x\": strconv.ParseUint: parsing \"x\": invalid syntax"
        )
    );
    let answer = it.get(&format!("{one}?resourceVersion=1000000")).await;
    assert_eq!(answer.code, 504, "{}", answer.value);
}

#[tokio::test]
async fn a_pod_has_the_class_that_there_is() {
    let it = Harness::new().await;
    let space = "/api/v1/namespaces/default";
    let account = json!({"metadata": {"name": "default"}});
    it.post(&format!("{space}/serviceaccounts"), &account).await;
    let pods = format!("{space}/pods?dryRun=All");
    let pod = json!({"metadata": {"name": "p"}, "spec": {"runtimeClassName": "heavy", "containers": [{"name": "c", "image": "i"}]}});
    let answer = it.post(&pods, &pod).await;
    assert_eq!(
        (answer.code, answer.message()),
        (
            403,
            "pods \"p\" is forbidden: pod rejected: RuntimeClass \"heavy\" not found"
        )
    );
    let class = json!({"metadata": {"name": "heavy"}, "handler": "h", "overhead": {"podFixed": {"cpu": "250m"}}});
    it.post("/apis/node.k8s.io/v1/runtimeclasses", &class)
        .await
        .expect(201);
    let made = it.post(&pods, &pod).await.expect(201);
    assert_eq!(made["spec"]["overhead"], json!({"cpu": "250m"}));
}

#[tokio::test]
async fn a_log_is_asked_for_with_options_that_there_are() {
    let it = Harness::new().await;
    let log = "/api/v1/namespaces/default/pods/p/log";
    let answer = it.get(&format!("{log}?tailLines=-1")).await;
    assert_eq!(
        (answer.code, answer.message()),
        (
            422,
            "PodLogOptions \"p\" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0"
        )
    );
    it.get(log).await.expect(404);
}

#[tokio::test]
async fn a_review_says_why_a_token_is_none() {
    let it = Harness::new().await;
    let reviews = "/apis/authentication.k8s.io/v1/tokenreviews";
    let asked = json!({"spec": {"token": "x"}});
    let told = it.post(reviews, &asked).await.expect(201);
    assert_eq!(told["status"]["error"], "[invalid bearer token, unknown]");
    assert!(told["status"]["authenticated"].is_null());
}

#[tokio::test]
async fn a_review_that_is_none_has_no_kind() {
    let it = Harness::new().await;
    let reviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    let asked = json!({"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}});
    let told = it.post(reviews, &asked).await.expect(422);
    assert_eq!(
        told["message"],
        ".authorization.k8s.io \"\" is invalid: spec.user: Invalid value: \"\": at least one of user or group must be specified"
    );
    assert_eq!(told["details"]["kind"], Value::Null);
}

#[tokio::test]
async fn a_review_is_narrowed_in_one_way() {
    let it = Harness::new().await;
    let reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let asked = |selector: Value| json!({"spec": {"resourceAttributes": {"verb": "list", "resource": "pods", "fieldSelector": selector}}});
    let requirements = json!([{"key": "a", "operator": "In", "values": ["b"]}]);
    let both = asked(json!({"rawSelector": "a=b", "requirements": requirements}));
    let told = it.post(reviews, &both).await.expect(422);
    assert_eq!(
        told["message"],
        ".authorization.k8s.io \"\" is invalid: spec.resourceAttributes.fieldSelector.rawSelector: Invalid value: \"a=b\": may not specified at the same time as requirements"
    );
    for (selector, error) in [
        (json!({"rawSelector": "a=b"}), Value::Null),
        (
            json!({"rawSelector": "a"}),
            json!("spec.resourceAttributes.fieldSelector ignored due to parse error"),
        ),
    ] {
        let told = it.post(reviews, &asked(selector)).await.expect(201);
        assert_eq!(told["status"]["allowed"], true);
        assert_eq!(told["status"]["evaluationError"], error);
    }
}

#[tokio::test]
async fn who_asks_a_question_owns_it() {
    let it = Harness::new().await;
    let reviews = "/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews";
    let attributes = json!({"namespace": "default", "verb": "get", "resource": "pods"});
    let asked = json!({"spec": {"user": "u", "resourceAttributes": attributes}});
    let told = it.post(reviews, &asked).await.expect(201);
    assert_eq!(told["metadata"]["namespace"], "default");
    let owner = &told["metadata"]["managedFields"][0];
    assert_eq!(owner["manager"], "test");
    assert_eq!(
        owner["fieldsV1"],
        json!({"f:spec": {
            "f:resourceAttributes": {".": {}, "f:namespace": {}, "f:resource": {}, "f:verb": {}},
            "f:user": {},
        }})
    );
    let elsewhere = json!({"metadata": {"namespace": "other"}, "spec": asked["spec"]});
    it.post(reviews, &elsewhere).await.expect(400);
}

#[tokio::test]
async fn owners_are_of_the_fields_that_are_stored() {
    let it = Harness::new().await;
    let owned = |object: &Value| object["metadata"]["managedFields"][0]["fieldsV1"].clone();
    let secret = json!({"metadata": {"name": "s"}, "stringData": {"a": "hi"}});
    let secrets = "/api/v1/namespaces/default/secrets";
    let made = it.post(secrets, &secret).await.expect(201);
    assert_eq!(owned(&made)["f:data"], json!({".": {}, "f:a": {}}));
    assert!(owned(&made).get("f:stringData").is_none());
    let labels = json!({"app": "d"});
    let set = json!({"metadata": {"name": "d"}, "spec": {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "x"}]}},
    }});
    let sets = "/apis/apps/v1/namespaces/default/daemonsets";
    let made = it.post(sets, &set).await.expect(201);
    let name = "deprecated.daemonset.template.generation";
    assert_eq!(made["metadata"]["annotations"][name], "1");
    assert_eq!(
        owned(&made)["f:metadata"],
        json!({"f:annotations": {".": {}, format!("f:{name}"): {}}})
    );
}

#[tokio::test]
async fn a_review_within_a_namespace_is_about_what_is_there() {
    let it = Harness::new().await;
    let of_resource = |namespace: &str| json!({"namespace": namespace, "resource": "pods"});
    let of_path = json!({"path": "/x"});
    let elsewhere = |named: &str| {
        format!(
            "spec.resourceAttributes.namespace: Invalid value: \"{named}\": must match metadata.namespace"
        )
    };
    let path = |why: &str| {
        format!("spec.nonResourceAttributes: Invalid value: {{\"path\":\"/x\"}}: {why}")
    };
    let disallowed = path("disallowed on this kind of request");
    let together = path("cannot be specified in combination with resourceAttributes");
    let nobody = "spec.user: Invalid value: \"\": at least one of user or group must be specified";
    let reviews = "/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews";
    for (spec, want) in [
        (
            json!({"user": "u", "resourceAttributes": of_resource("other")}),
            elsewhere("other"),
        ),
        (
            json!({"user": "u", "resourceAttributes": of_resource("")}),
            elsewhere(""),
        ),
        (
            json!({"user": "u", "nonResourceAttributes": of_path}),
            disallowed.clone(),
        ),
        (
            json!({"nonResourceAttributes": of_path}),
            format!("[{nobody}, {disallowed}]"),
        ),
        (
            json!({
                "user": "u", "resourceAttributes": of_resource("other"),
                "nonResourceAttributes": of_path,
            }),
            format!("[{together}, {}, {disallowed}]", elsewhere("other")),
        ),
    ] {
        let told = it.post(reviews, &json!({"spec": spec})).await.expect(422);
        let want = format!(".authorization.k8s.io \"\" is invalid: {want}");
        assert_eq!(told["message"], want, "{spec}");
    }
    let everywhere = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    let asked = json!({"spec": {"user": "u", "nonResourceAttributes": of_path}});
    it.post(everywhere, &asked).await.expect(201);
}

#[tokio::test]
async fn media_types_that_are_not_there() {
    let it = Harness::new().await;
    let map = json!({"metadata": {"name": "a"}});
    let maps = "/api/v1/namespaces/default/configmaps";
    it.post(maps, &map).await.expect(201);
    let uri = format!("{maps}/a");
    for kind in ["x", "json"] {
        let told = it.patch(&uri, kind, &json!({})).await.expect(415);
        assert_eq!(told["message"], "415: Unsupported Media Type");
        assert_eq!(told["details"], json!({}));
    }
    let objects = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
    let streams = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";
    for (uri, available) in [
        (uri.as_str(), objects.to_owned()),
        (maps, format!("{objects}, {streams}")),
    ] {
        let told = it.get_as(uri, "text/html").await.expect(406);
        let text = format!("406: Not Acceptable\n\nAvailable representations: {available}");
        assert_eq!(told["message"], text);
    }
    // Of a shape that there is not, the server itself tells.
    let chair = "application/json;as=Chair;v=v1;g=meta.k8s.io";
    let told = it.get_as(&uri, chair).await.expect(406);
    assert_eq!(
        told["message"],
        format!("only the following media types are accepted: {objects}")
    );
}

#[tokio::test]
async fn a_rule_without_policies_is_not_one_that_says_nothing_of_them() {
    let it = Harness::new().await;
    let all = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers?dryRun=All";
    let scaler = |up: Value| {
        json!({"metadata": {"name": "a"}, "spec": {
            "maxReplicas": 3,
            "scaleTargetRef": {"kind": "Deployment", "name": "a", "apiVersion": "apps/v1"},
            "behavior": {"scaleUp": up},
        }})
    };
    let made = it.post(all, &scaler(json!({}))).await.expect(201);
    let policies = &made["spec"]["behavior"]["scaleUp"]["policies"];
    assert_eq!(policies.as_array().map(Vec::len), Some(2));
    let told = it.post(all, &scaler(json!({"policies": []}))).await;
    let told = told.expect(422);
    let cause = &told["details"]["causes"][0];
    assert_eq!(cause["field"], "spec.behavior.scaleUp.policies");
    assert_eq!(
        cause["message"],
        "Required value: must specify at least one Policy"
    );
}

#[tokio::test]
async fn counts_that_are_not_told_are_none() {
    let it = Harness::new().await;
    let sets = "/apis/apps/v1/namespaces/default/replicasets";
    let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let set = json!({"metadata": {"name": "a"}, "spec": {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": template}});
    it.post(sets, &set).await.expect(201);
    let status = json!({"status": {"replicas": -1}});
    let uri = format!("{sets}/a/status");
    let told = it.patch(&uri, "merge-patch+json", &status).await;
    let told = told.expect(422);
    let fields = told["details"]["causes"].as_array().unwrap().iter();
    let mut fields: Vec<_> = fields.filter_map(|it| it["field"].as_str()).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "status.availableReplicas",
            "status.fullyLabeledReplicas",
            "status.readyReplicas",
            "status.replicas",
        ]
    );
}
