//! What many objects and many watches cost: `cargo test … -- --ignored --nocapture` prints it.

use std::{sync::Arc, time::Instant};

use http::Method;
use http_body_util::BodyExt;
use serde_json::json;

use crate::harness::Harness;

const PODS: &str = "/api/v1/namespaces/default/pods";
const MANY: usize = 10_000;
const WATCHES: usize = 1000;

fn pod(at: usize) -> serde_json::Value {
    json!({
        "metadata": {"name": format!("p{at}"), "labels": {"app": "a", "at": at.to_string()}},
        "spec": {"containers": [{"name": "c", "image": "i", "env": [{"name": "A", "value": "B"}], "ports": [{"containerPort": 80}]}]},
    })
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn many_pods_and_watches() {
    let it = Arc::new(Harness::new().await);
    let account = json!({"metadata": {"name": "default"}});
    it.post("/api/v1/namespaces/default/serviceaccounts", &account)
        .await
        .expect(201);
    let began = Instant::now();
    let mut all = tokio::task::JoinSet::new();
    for worker in 0..32 {
        let it = Arc::clone(&it);
        all.spawn(async move {
            for at in (worker..MANY).step_by(32) {
                it.post(PODS, &pod(at)).await.expect(201);
            }
        });
    }
    all.join_all().await;
    let took = began.elapsed();
    println!(
        "{MANY} pods created in {took:?}: {:.0} a second",
        MANY as f64 / took.as_secs_f64()
    );

    let began = Instant::now();
    let list = it.send(Method::GET, PODS, "application/json", "").await;
    let bytes = list.into_body().collect().await.unwrap().to_bytes().len();
    println!("a list of {bytes} bytes in {:?}", began.elapsed());
    let began = Instant::now();
    it.get(&format!("{PODS}?labelSelector=at%3D7"))
        .await
        .expect(200);
    println!("a list of one by its label in {:?}", began.elapsed());

    let now = it.get(&format!("{PODS}?limit=1")).await.expect(200);
    let now = now["metadata"]["resourceVersion"]
        .as_str()
        .unwrap()
        .to_owned();
    let uri = format!("{PODS}?watch=1&resourceVersion={now}");
    let mut watches = tokio::task::JoinSet::new();
    for _ in 0..WATCHES {
        let mut body = it
            .send(Method::GET, &uri, "application/json", "")
            .await
            .into_body();
        watches.spawn(async move {
            let mut seen = 0;
            while seen < 100 {
                let data = body.frame().await.unwrap().unwrap().into_data().unwrap();
                seen += data.iter().filter(|it| **it == b'\n').count();
            }
        });
    }
    let began = Instant::now();
    for at in 0..100 {
        it.post(PODS, &pod(MANY + at)).await.expect(201);
    }
    watches.join_all().await;
    println!(
        "100 changes told to {WATCHES} watches in {:?}",
        began.elapsed()
    );
}
