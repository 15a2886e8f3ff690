//! Images that the rules of a cluster's owner are about.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::{Value, json};
use wharf_base::Permit;
use wharf_kube_api::{AdmittedImages, NotAdmitted, PodImages};
use wharf_store::{Compare, Store, Txn};

use crate::harness::Harness;

const PODS: &str = "/api/v1/namespaces/default/pods";

/// `good:…` starts as what it is now, `any` as it is named, and nothing else.
#[derive(Default, Clone)]
struct Rules {
    /// A store in which the rules change as soon as images were admitted once more: none is from then on.
    changing: Arc<Mutex<Option<Store>>>,
    changed: Arc<Mutex<bool>>,
}

const RULES: &str = "/rules";

#[async_trait]
impl PodImages for Rules {
    async fn admit(&self, images: &[(String, String)]) -> Result<AdmittedImages, NotAdmitted> {
        let mut admitted = AdmittedImages::default();
        for (container, image) in images {
            if image.starts_with("good") && !*self.changed.lock() {
                let image = "good@sha256:00".to_owned();
                admitted.settled.insert(container.clone(), image);
            } else if image != "any" {
                let why = format!("the image of '{container}' is not admitted");
                return Err(NotAdmitted(why.into()));
            }
        }
        let changing = self.changing.lock().take();
        if let Some(store) = changing {
            admitted.rests_on = Some(Compare::absent(RULES));
            let change = Txn::new().put(RULES, "changed");
            let permit = Permit::for_controller("test");
            store.txn(&permit, change).await.unwrap();
            *self.changed.lock() = true;
        }
        Ok(admitted)
    }
}

async fn harness() -> Harness {
    with(Rules::default()).await
}

async fn with(rules: Rules) -> Harness {
    let it = Harness::with_images(rules).await;
    let account = json!({"metadata": {"name": "default"}});
    it.post("/api/v1/namespaces/default/serviceaccounts", &account)
        .await
        .expect(201);
    it
}

fn pod(name: &str, containers: Value, more: Value) -> Value {
    let mut pod = json!({"metadata": {"name": name}, "spec": {"containers": containers}});
    for (key, value) in more.as_object().into_iter().flatten() {
        pod["spec"][key] = value.clone();
    }
    pod
}

#[tokio::test]
async fn pods_start_what_was_judged() {
    let it = harness().await;
    let two = json!([{"name": "a", "image": "good:1"}, {"name": "b", "image": "any"}]);
    let made = it
        .post(PODS, &pod("two", two.clone(), Value::Null))
        .await
        .expect(201);
    assert_eq!(made["spec"]["containers"][0]["image"], "good@sha256:00");
    assert_eq!(made["spec"]["containers"][1]["image"], "any");
    let first = json!({"initContainers": [{"name": "i", "image": "bad"}]});
    for refused in [
        pod("no", json!([{"name": "a", "image": "bad"}]), Value::Null),
        pod("no", two, first),
    ] {
        let answer = it.post(PODS, &refused).await;
        let why = answer.message().to_owned();
        assert!(
            why.starts_with("pods \"no\" is forbidden: the image of "),
            "{why}"
        );
        answer.expect(403);
    }
    it.get(&format!("{PODS}/no")).await.expect(404);
}

/// Rules that change between the decision about a pod and its write are heeded.
#[tokio::test]
async fn what_was_admitted_by_rules_of_before_is_not_written() {
    let rules = Rules::default();
    let it = with(rules.clone()).await;
    let one = pod(
        "one",
        json!([{"name": "a", "image": "good:1"}]),
        Value::Null,
    );
    *rules.changing.lock() = Some(it.store.clone());
    it.post(PODS, &one).await.expect(403);
    it.get(&format!("{PODS}/one")).await.expect(404);
    *rules.changed.lock() = false;
    it.post(PODS, &one).await.expect(201);
}

#[tokio::test]
async fn changes_bring_no_other_image_in() {
    let it = harness().await;
    let one = json!([{"name": "a", "image": "good:1"}]);
    it.post(PODS, &pod("one", one, Value::Null))
        .await
        .expect(201);
    let at = format!("{PODS}/one");
    let image = |image: &str| json!({"spec": {"containers": [{"name": "a", "image": image}]}});
    let kind = "strategic-merge-patch+json";
    it.patch(&at, kind, &image("bad")).await.expect(403);
    let patched = it.patch(&at, kind, &image("good:2")).await.expect(200);
    assert_eq!(patched["spec"]["containers"][0]["image"], "good@sha256:00");
    let patched = it.patch(&at, kind, &image("any")).await.expect(200);
    assert_eq!(patched["spec"]["containers"][0]["image"], "any");
    let debugger =
        |image: &str| json!({"spec": {"ephemeralContainers": [{"name": "e", "image": image}]}});
    let debugged = format!("{at}/ephemeralcontainers");
    it.patch(&debugged, kind, &debugger("bad"))
        .await
        .expect(403);
    let patched = it
        .patch(&debugged, kind, &debugger("good:1"))
        .await
        .expect(200);
    assert_eq!(
        patched["spec"]["ephemeralContainers"][0]["image"],
        "good@sha256:00"
    );
    // What else is changed of a pod asks for nothing anew.
    it.patch(
        &at,
        "merge-patch+json",
        &json!({"metadata": {"labels": {"a": "b"}}}),
    )
    .await
    .expect(200);
}
