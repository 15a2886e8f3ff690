//! What fuzzing reaches of this crate: what requests ask for, and what webhooks, aggregated servers, nodes and pods answer.

use std::slice;

use http::{HeaderMap, Method};
use serde_json::{Value, json};
use wharf_kube_model::openapi;

use crate::{
    aggregation, conversion, measured,
    negotiate::{self, Offer},
    passing,
    query::{self, Query},
    request, webhooks,
};

/// Of the aggregated server that is read.
const GROUP: &str = "metrics.example.com";

/// What a request is for, by its head: what is decided by is what is passed on.
pub fn request(method: &Method, path: &str, text: &str, headers: &HeaderMap) {
    let query = Query::parse(text);
    let target = request::target(method, path, &query);
    let _ = request::attributes(target.as_ref(), method, path, &query);
    let _ = passing::log_options::check(&query, "p");
    if let Ok(passed) = query::passed_on(text) {
        let again = Query::parse(&passed);
        assert_eq!(request::target(method, path, &again), target);
        for name in ["fieldSelector", "labelSelector", "watch", "limit"] {
            assert_eq!(again.get(name), query.get(name));
        }
    }
    for shapes in [true, false] {
        let offer = Offer {
            protobuf: true,
            yaml: true,
            shapes,
        };
        let _ = negotiate::negotiate(headers, offer);
    }
    let kind = headers.get(http::header::CONTENT_TYPE);
    let _ = negotiate::body_media(kind.and_then(|it| it.to_str().ok()));
}

/// A page of a pod, which comes in two pieces: whichever these are, the same passes on.
pub fn page(page: &[u8], cut: usize) {
    let prefix = "/api/v1/namespaces/a/pods/b/proxy";
    let (first, second) = page.split_at(cut.min(page.len()));
    let whole = passing::pages::rewritten(prefix, &[page]);
    assert_eq!(passing::pages::rewritten(prefix, &[first, second]), whole);
}

/// The answer of a webhook, whether it may change objects or not.
pub fn review(body: &[u8]) {
    for may_patch in [true, false] {
        if let Ok(verdict) = webhooks::review::judge("hook.example.com", "u", may_patch, body) {
            assert!(may_patch || verdict.patch.is_none());
            assert!(verdict.refusal.is_none() || verdict.patch.is_none());
        }
    }
}

/// The answer of a webhook that turns an object into another version: it stays the object that it was.
pub fn conversion(body: &[u8]) {
    let before = json!({
        "apiVersion": "example.com/v1", "kind": "Widget",
        "metadata": {"name": "a", "namespace": "b", "uid": "u1", "labels": {"x": "y"}},
    });
    let wanted = "example.com/v2";
    let answer = conversion::review::answer("u", wanted, slice::from_ref(&before), body);
    if let Ok(converted) = answer {
        assert_eq!(converted.len(), 1);
        for after in &converted {
            assert_eq!(after["apiVersion"], wanted);
            assert_eq!(after["kind"], before["kind"]);
            for name in ["name", "namespace", "uid"] {
                assert_eq!(after["metadata"][name], before["metadata"][name]);
            }
        }
    }
}

/// The kinds of an aggregated server, which stand in a document of the cluster.
pub fn aggregated(list: &[u8]) {
    if let Ok(listed) = aggregation::discovered::resources(list, GROUP, "v1") {
        let read: Value = serde_json::from_str(&listed).expect("its own JSON");
        assert!(read.is_array());
    }
}

/// What goes into the cluster's own document of OpenAPI 2 is about the server's own kinds.
pub fn aggregated_document(document: &[u8]) {
    let Some(own) = openapi::other(document, GROUP, "v1") else {
        return;
    };
    // A default at the end of what numbers reach may not be read again; nothing of the document goes on then.
    let Ok(read) = serde_json::from_slice::<Value>(&own) else {
        return;
    };
    let paths = read["paths"].as_object().expect("its own paths");
    let root = format!("/apis/{GROUP}/v1");
    assert!(paths.keys().all(|it| it.starts_with(&root)), "{read}");
    let definitions = read["definitions"].as_object();
    let definitions = definitions.expect("its own definitions").values();
    for kinds in definitions.filter_map(|it| it.get("x-kubernetes-group-version-kind")) {
        let all = kinds
            .as_array()
            .map_or(slice::from_ref(kinds), Vec::as_slice);
        assert!(all.iter().all(|it| it["group"] == GROUP), "{read}");
    }
}

/// What a node uses.
pub fn node_summary(body: &[u8]) {
    if let Ok(read) = measured::sample::read(body) {
        let containers = read.pods.values().flatten().map(|(_, sample)| sample);
        for sample in containers.chain(&read.node) {
            let _ = (sample.window(), sample.usage());
        }
    }
}
