//! What is refused before any rule of a kind is asked: bodies that are no object, and patches that make none.

use http::Method;
use serde_json::json;

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
