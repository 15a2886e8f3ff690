//! `/metrics`: what the server counts of itself.

use http::Method;
use serde_json::json;

use crate::harness::{Answer, Harness};

/// The value of the sample that begins so and has all these labels.
fn value(text: &str, name: &str, labels: &[&str]) -> Option<f64> {
    let begins = format!("{name}{{");
    let lines = text.lines().filter(|it| it.starts_with(&begins));
    let mut found = lines.filter(|line| labels.iter().all(|it| line.contains(it)));
    found.next()?.rsplit(' ').next()?.parse().ok()
}

async fn metrics(it: &Harness) -> String {
    let answer = it.get("/metrics").await.expect(200);
    answer.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn requests_and_objects_are_counted() {
    let it = Harness::new().await;
    let maps = "/api/v1/namespaces/default/configmaps";
    let before = metrics(&it).await;
    let stored = |text: &str| value(text, "apiserver_storage_objects", &["\"configmaps\""]);
    for name in ["a", "b"] {
        let map = json!({"metadata": {"name": name}});
        it.post(maps, &map).await.expect(201);
    }
    it.get(&format!("{maps}/a")).await.expect(200);
    it.get(&format!("{maps}/c")).await.expect(404);
    it.delete(&format!("{maps}/b"), "").await.expect(200);
    it.get("/apis/made.up/v1/secret-name").await.expect(404);
    let watch = format!("{maps}?watch=1");
    let watching = it.send(Method::GET, &watch, "application/json", "").await;
    let text = metrics(&it).await;
    // The server itself made some.
    let more = |name: &str, labels: &[&str]| {
        let labels = [&["resource=\"configmaps\""], labels].concat();
        let earlier = value(&before, name, &labels).unwrap_or_default();
        value(&text, name, &labels).unwrap_or_default() - earlier
    };
    let total = "apiserver_request_total";
    assert_eq!(more(total, &["verb=\"POST\"", "code=\"201\""]), 2.0);
    assert_eq!(more(total, &["verb=\"GET\"", "code=\"404\""]), 1.0);
    assert_eq!(more(total, &["verb=\"WATCH\"", "code=\"200\""]), 1.0);
    let count = "apiserver_request_duration_seconds_count";
    assert_eq!(more(count, &["verb=\"POST\""]), 2.0);
    let lasting = ["resource=\"configmaps\"", "verb=\"WATCH\""];
    let lasts = |text: &str| value(text, "apiserver_longrunning_requests", &lasting);
    assert_eq!(lasts(&text), Some(1.0));
    // The one that reads this.
    let reading = ["request_kind=\"readOnly\""];
    let in_flight = value(&text, "apiserver_current_inflight_requests", &reading);
    assert_eq!(in_flight, Some(1.0));
    let wanted = Some(stored(&before).unwrap_or_default() + 1.0);
    // Counted as changes are read.
    let is_counted = |it: &Answer| stored(it.value.as_str().unwrap_or_default()) == wanted;
    it.until("/metrics", is_counted).await;
    assert!(!text.contains("made.up") && !text.contains("secret-name"));
    drop(watching);
    assert_eq!(lasts(&metrics(&it).await), None);
}

#[tokio::test]
async fn who_may_not_is_counted_and_told_nothing() {
    let it = Harness::new().await;
    let asked = it.send_as("nobody", Method::GET, "/metrics", "application/json", "");
    assert_eq!(asked.await.status(), 403);
    let allowed = it
        .send(Method::GET, "/metrics", "application/json", "")
        .await;
    let kind = &allowed.headers()["content-type"];
    assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8");
    let text = metrics(&it).await;
    let labels = ["subresource=\"/metrics\"", "code=\"403\""];
    assert_eq!(value(&text, "apiserver_request_total", &labels), Some(1.0));
}
