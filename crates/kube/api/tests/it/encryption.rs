//! Secrets under a data key: how they lie, and what holds while it is shut.

use http::Method;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use wharf_kube_api::DataKey;
use wharf_seal::SharedKey;
use wharf_store::{Range, Store, StoreOptions};

use crate::harness::{Answer, Harness};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn key(byte: u8) -> SharedKey {
    SharedKey::read(&[byte; 32]).unwrap()
}

fn open() -> DataKey {
    DataKey::Open(key(9))
}

fn shut() -> DataKey {
    DataKey::Shut("DisabledException: it is disabled.".to_owned())
}

fn named(name: &str) -> Value {
    json!({"metadata": {"name": name}, "data": {"word": "aGlkZGVu"}})
}

/// How Secrets lie in the store: what their values begin with.
async fn heads(store: &Store) -> Vec<String> {
    let prefix = "/w1/c0/kube/000000000000/us-east-1/test/core/secrets/";
    let all = store
        .range(Range::prefix(prefix).limit(100))
        .await
        .unwrap()
        .entries;
    let heads = all.iter().map(|it| {
        assert!(!it.value.windows(8).any(|it| it == b"aGlkZGVu"));
        String::from_utf8_lossy(&it.value[..7]).into_owned()
    });
    heads.collect()
}

/// The first piece of a watch, which ends with what it cannot tell.
async fn watched(it: &Harness, from: &Value) -> String {
    let from = from["metadata"]["resourceVersion"].as_str().unwrap();
    let uri = format!("{SECRETS}?watch=1&resourceVersion={from}&timeoutSeconds=1");
    let mut body = it
        .send(Method::GET, &uri, "application/json", "")
        .await
        .into_body();
    let frame = body.frame().await.unwrap().unwrap();
    String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
}

fn fails(answer: Answer, text: &str) {
    let message = answer.message().to_owned();
    let status = answer.expect(500);
    assert_eq!(status["reason"], "InternalError");
    assert_eq!(message, format!("Internal error occurred: {text}"));
}

#[tokio::test]
async fn a_data_key_takes_over_what_is_there() {
    let store = Store::in_memory(StoreOptions::default());
    let it = Harness::sealed(store.clone(), key(1), None).await;
    let made = it.post(SECRETS, &named("a")).await.expect(201);
    assert_eq!(heads(&store).await, ["sealed1"]);
    let objects = it.cluster.objects();
    objects.seal_under(open()).await.unwrap();
    assert_eq!(heads(&store).await, ["sealed2"]);
    assert!(watched(&it, &made).await.contains("\"MODIFIED\""));
    it.post(SECRETS, &named("b")).await.expect(201);
    assert_eq!(heads(&store).await, ["sealed2", "sealed2"]);
    let found = it.get(&format!("{SECRETS}/a")).await.expect(200);
    assert_eq!(found["data"]["word"], "aGlkZGVu");
    // Again it costs nothing.
    let before = objects.revision().await.unwrap();
    objects.seal_under(open()).await.unwrap();
    assert_eq!(objects.revision().await.unwrap(), before);
    let again = Harness::sealed(store, key(1), Some(open())).await;
    let found = again.get(SECRETS).await.expect(200);
    assert_eq!(found["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_lay_under_the_own_key_goes_under_the_data_key_at_the_start() {
    let store = Store::in_memory(StoreOptions::default());
    let it = Harness::sealed(store.clone(), key(1), None).await;
    it.post(SECRETS, &named("a")).await.expect(201);
    let again = Harness::sealed(store.clone(), key(1), Some(shut())).await;
    assert_eq!(heads(&store).await, ["sealed1"]);
    assert_eq!(again.get(&format!("{SECRETS}/a")).await.code, 500);
    again.cluster.objects().seal_under(open()).await.unwrap();
    assert_eq!(heads(&store).await, ["sealed2"]);
    again.get(&format!("{SECRETS}/a")).await.expect(200);
}

#[tokio::test]
async fn a_key_that_is_shut_shuts_secrets_alone() {
    let store = Store::in_memory(StoreOptions::default());
    let it = Harness::sealed(store.clone(), key(1), Some(open())).await;
    let made = it.post(SECRETS, &named("a")).await.expect(201);
    assert!(
        it.get("/readyz?verbose")
            .await
            .value
            .to_string()
            .contains("[+]kms-providers ok")
    );
    it.cluster.objects().seal_under(shut()).await.unwrap();
    let why = "failed to decrypt DEK, error: DisabledException: it is disabled.";
    let one = format!("{SECRETS}/a");
    let of_one = format!("unable to transform key \"/registry/secrets/default/a\": {why}");
    fails(it.get(&one).await, &of_one);
    fails(it.put(&one, &named("a")).await, &of_one);
    let patch = json!({"data": {"word": "eA=="}});
    fails(it.patch(&one, "merge-patch+json", &patch).await, &of_one);
    fails(it.delete(&one, "").await, &of_one);
    let all = format!("unable to transform key \"/registry/secrets\": {why}");
    fails(it.get("/api/v1/secrets").await, &all);
    let in_namespace = format!("unable to transform key \"/registry/secrets/default\": {why}");
    fails(it.get(SECRETS).await, &in_namespace);
    fails(it.get(&format!("{SECRETS}?watch=1")).await, &in_namespace);
    fails(
        it.post(SECRETS, &named("b")).await,
        "failed to encrypt DEK, error: DisabledException: it is disabled.",
    );
    it.post(MAPS, &named("m")).await.expect(201);
    it.get(&format!("{MAPS}/m")).await.expect(200);
    assert_eq!(it.get("/readyz").await.code, 500);
    assert_eq!(it.get("/readyz/kms-providers").await.code, 500);
    assert_eq!(it.get("/livez").await.code, 200);
    it.cluster.objects().seal_under(open()).await.unwrap();
    it.get(&one).await.expect(200);
    assert_eq!(it.get("/readyz/kms-providers").await.code, 200);

    // A server that begins while it is shut knows nothing of what changed, and says so to who asks later.
    let changed = json!({"metadata": {"name": "a"}, "data": {"word": "eA=="}});
    let changed = it.put(&one, &changed).await.expect(200);
    let again = Harness::sealed(store, key(1), Some(shut())).await;
    again.get(&format!("{MAPS}/m")).await.expect(200);
    assert_eq!(again.get(&one).await.code, 500);
    again.cluster.objects().seal_under(open()).await.unwrap();
    let found = again.get(&one).await.expect(200);
    assert_eq!(found, changed);
    assert!(watched(&again, &made).await.contains("410"));
}

#[tokio::test]
async fn a_cluster_without_a_key_of_kms_has_no_check_of_one() {
    let it = Harness::new().await;
    let told = it.get("/readyz?verbose").await.value.to_string();
    assert!(!told.contains("kms"));
    assert_eq!(it.get("/readyz/kms-providers").await.code, 404);
}
