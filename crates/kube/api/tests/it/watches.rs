//! Watches: in order, each change once, from where a client was.

use bytes::Bytes;
use http::Method;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use wharf_kube_api::Body;

use crate::harness::Harness;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// The events of a watch, one by one.
struct Events {
    body: Body,
    rest: Vec<u8>,
}

impl Events {
    async fn open(it: &Harness, query: &str) -> Self {
        Self::of(it, &format!("{MAPS}?watch=1&{query}")).await
    }

    async fn of(it: &Harness, uri: &str) -> Self {
        let response = it.send(Method::GET, uri, "application/json", "").await;
        assert_eq!(response.status(), 200);
        Self {
            body: response.into_body(),
            rest: Vec::new(),
        }
    }

    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.rest.iter().position(|it| *it == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).unwrap());
            }
            let frame = tokio::time::timeout(std::time::Duration::from_secs(20), self.body.frame());
            let frame = frame.await.expect("an event")?.unwrap();
            let data: Bytes = frame.into_data().unwrap();
            self.rest.extend_from_slice(&data);
        }
    }

    async fn told(&mut self) -> String {
        let event = self.next().await.expect("an event");
        let name = event["object"]["metadata"]["name"].as_str().unwrap_or("-");
        format!("{} {name}", event["type"].as_str().unwrap())
    }
}

async fn put(it: &Harness, name: &str, label: &str) -> String {
    let object = json!({"metadata": {"name": name, "labels": {"l": label}}});
    let made = it.post(MAPS, &object).await;
    let made = match made.code {
        409 => it.put(&format!("{MAPS}/{name}"), &object).await.expect(200),
        _ => made.expect(201),
    };
    made["metadata"]["resourceVersion"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn what_is_there_then_what_changes() {
    let it = Harness::new().await;
    put(&it, "a", "x").await;
    let mut events = Events::open(&it, "").await;
    assert_eq!(events.told().await, "ADDED a");
    put(&it, "b", "x").await;
    put(&it, "b", "y").await;
    it.delete(&format!("{MAPS}/a"), "").await.expect(200);
    assert_eq!(events.told().await, "ADDED b");
    assert_eq!(events.told().await, "MODIFIED b");
    let last = events.next().await.unwrap();
    assert_eq!(
        (&last["type"], &last["object"]["kind"]),
        (&json!("DELETED"), &json!("ConfigMap"))
    );
}

#[tokio::test]
async fn a_watch_goes_on_where_it_was() {
    let it = Harness::new().await;
    let first = put(&it, "a", "x").await;
    put(&it, "b", "x").await;
    let mut events = Events::open(&it, &format!("resourceVersion={first}")).await;
    assert_eq!(events.told().await, "ADDED b");
    // A server that starts again knows what its store knows.
    let again = Harness::over(it.store.clone()).await;
    let mut events = Events::open(&again, &format!("resourceVersion={first}")).await;
    assert_eq!(events.told().await, "ADDED b");
}

#[tokio::test]
async fn objects_come_into_a_selection_and_leave_it() {
    let it = Harness::new().await;
    put(&it, "a", "y").await;
    let mut events = Events::open(&it, "labelSelector=l%3Dx").await;
    put(&it, "a", "x").await;
    put(&it, "b", "y").await;
    put(&it, "a", "y").await;
    put(&it, "c", "x").await;
    assert_eq!(events.told().await, "ADDED a");
    assert_eq!(events.told().await, "DELETED a");
    assert_eq!(events.told().await, "ADDED c");
}

#[tokio::test]
async fn the_end_of_what_was_there_is_told() {
    let it = Harness::new().await;
    put(&it, "a", "x").await;
    let query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut events = Events::open(&it, query).await;
    assert_eq!(events.told().await, "ADDED a");
    let end = events.next().await.unwrap();
    assert_eq!(end["type"], "BOOKMARK");
    assert_eq!(
        end["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"],
        "true"
    );
}

/// Its client goes on from there, though nothing that it watches has changed.
#[tokio::test]
async fn a_bookmark_comes_before_a_watch_ends() {
    let it = Harness::new().await;
    let first = put(&it, "a", "x").await;
    let query = format!("resourceVersion={first}&timeoutSeconds=3&labelSelector=l%3Dnothing");
    let mut told = Events::open(&it, &format!("{query}&allowWatchBookmarks=true")).await;
    let mut untold = Events::open(&it, &query).await;
    let last = put(&it, "b", "x").await;
    let bookmark = told.next().await.expect("a bookmark");
    assert_eq!(bookmark["type"], "BOOKMARK");
    let version = bookmark["object"]["metadata"]["resourceVersion"].as_str();
    let number = |it: &str| it.parse::<u64>().unwrap();
    assert!(number(version.unwrap()) >= number(&last), "{bookmark}");
    assert_eq!(told.next().await, None);
    assert_eq!(untold.next().await, None);
}

#[tokio::test]
async fn a_watch_ends_when_its_client_said() {
    let it = Harness::new().await;
    let mut events = Events::open(&it, "timeoutSeconds=1").await;
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_revision_that_is_forgotten_is_gone() {
    let it = Harness::new().await;
    let first = put(&it, "a", "x").await;
    for at in 0..6000 {
        put(&it, "a", &at.to_string()).await;
    }
    let uri = format!("{MAPS}?watch=1&resourceVersion={first}");
    let gone = it.get(&uri).await;
    assert_eq!(gone.value["reason"], "Expired", "{gone:?}");
    gone.expect(410);
}

#[tokio::test]
async fn a_watch_that_is_too_slow_is_cut() {
    let it = Harness::new().await;
    let first = put(&it, "a", "x").await;
    let mut events = Events::open(&it, &format!("resourceVersion={first}")).await;
    put(&it, "a", "first").await;
    assert_eq!(events.told().await, "MODIFIED a");
    for at in 0..6000 {
        put(&it, "a", &at.to_string()).await;
    }
    let mut last = events.next().await.unwrap();
    while last["type"] != "ERROR" {
        last = events.next().await.unwrap();
    }
    assert_eq!(last["object"]["code"], 410);
    assert_eq!(events.next().await, None);
}

/// As clients did before lists could be watched.
#[tokio::test]
async fn a_path_of_old_watches() {
    const OLD: &str = "/api/v1/watch/namespaces/default/configmaps";
    let it = Harness::new().await;
    put(&it, "a", "x").await;
    put(&it, "b", "x").await;
    let mut all = Events::of(&it, &format!("{OLD}?labelSelector=l%3Dx")).await;
    assert_eq!(all.told().await, "ADDED a");
    assert_eq!(all.told().await, "ADDED b");
    let mut one = Events::of(&it, &format!("{OLD}/b?timeoutSeconds=1")).await;
    assert_eq!(one.told().await, "ADDED b");
    assert_eq!(one.next().await, None);
    let other = format!("{OLD}/b?fieldSelector=metadata.name%3Da");
    let answer = it.get(&other).await;
    assert_eq!(
        (answer.code, answer.message()),
        (
            400,
            "fieldSelector metadata.name doesn't match requested name"
        )
    );
    it.delete(&format!("{OLD}/b"), "").await.expect(405);
}
