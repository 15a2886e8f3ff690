use std::time::Duration;

use serde_json::json;

use super::*;
use crate::{fake::Fake, kind};

fn start(fake: &Fake) -> Informer {
    let (client, stop) = (fake.client(), CancellationToken::new());
    Informer::start(client, kind::POD, Selection::default(), &[], stop)
}

/// What subscribers heard, and the moment something more is there.
struct Heard(tokio::sync::mpsc::UnboundedReceiver<String>);

impl Heard {
    fn by(informer: &Informer) -> Self {
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        informer.subscribe(move |change| {
            let what = match change {
                Change::Added(_) => "added",
                Change::Changed { .. } => "changed",
                Change::Deleted(_) => "deleted",
            };
            let _ = sender.send(format!("{what} {}", change.object().name()));
        });
        Self(receiver)
    }

    async fn next(&mut self) -> String {
        let next = tokio::time::timeout(Duration::from_secs(120), self.0.recv());
        next.await
            .expect("something changes")
            .expect("the informer lives")
    }
}

async fn create(fake: &Fake, name: &str) -> Value {
    let pod = json!({"metadata": {"name": name}, "spec": {}});
    fake.client().create(&kind::POD, "a", &pod).await.unwrap()
}

async fn delete(fake: &Fake, name: &str) {
    let client = fake.client();
    let deleted = client
        .delete(&kind::POD, "a", name, &Default::default())
        .await;
    deleted.unwrap();
}

#[tokio::test(start_paused = true)]
async fn lists_then_follows() {
    let fake = Fake::new();
    create(&fake, "x").await;
    let informer = start(&fake);
    informer.synced().await;
    let mut heard = Heard::by(&informer);
    assert_eq!(heard.next().await, "added x");
    create(&fake, "y").await;
    assert_eq!(heard.next().await, "added y");
    let mut pod = fake.client().get(&kind::POD, "a", "y").await.unwrap();
    pod["spec"]["nodeName"] = "n".into();
    fake.client().update(&kind::POD, &pod).await.unwrap();
    assert_eq!(heard.next().await, "changed y");
    delete(&fake, "x").await;
    assert_eq!(heard.next().await, "deleted x");
    assert_eq!(informer.in_namespace("a").len(), 1);
    assert_eq!(informer.get("a", "y").unwrap().text("/spec/nodeName"), "n");
}

#[tokio::test(start_paused = true)]
async fn resumes_where_a_watch_was_cut() {
    let fake = Fake::new();
    let informer = start(&fake);
    informer.synced().await;
    let mut heard = Heard::by(&informer);
    create(&fake, "x").await;
    assert_eq!(heard.next().await, "added x");
    fake.calls();
    for round in 0..5 {
        fake.cut();
        create(&fake, &format!("y{round}")).await;
        assert_eq!(heard.next().await, format!("added y{round}"));
    }
    assert!(!fake.calls().iter().any(|it| it.starts_with("LIST")));
    assert_eq!(informer.len(), 6);
    assert!(heard.0.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn lists_again_when_history_is_gone_and_tells_what_was_missed() {
    let fake = Fake::new();
    create(&fake, "x").await;
    create(&fake, "y").await;
    let informer = start(&fake);
    informer.synced().await;
    let mut heard = Heard::by(&informer);
    assert_eq!(heard.next().await, "added x");
    assert_eq!(heard.next().await, "added y");
    // While nobody can look, one goes and another comes, and nobody remembers it.
    fake.fail(3);
    fake.cut();
    assert!(fake.take_away("a", "x"));
    fake.compact();
    assert_eq!(heard.next().await, "deleted x");
    create(&fake, "z").await;
    assert_eq!(heard.next().await, "added z");
}

#[tokio::test(start_paused = true)]
async fn begins_when_the_server_answers() {
    let fake = Fake::new();
    fake.fail(4);
    let informer = start(&fake);
    informer.synced().await;
    assert!(informer.is_empty());
}

#[tokio::test(start_paused = true)]
async fn shared_informers_are_one() {
    let fake = Fake::new();
    let informers = Informers::new(fake.client(), vec![], CancellationToken::new());
    let (one, other) = (informers.of(&kind::POD), informers.of(&kind::POD));
    one.synced().await;
    assert!(other.is_synced());
    let calls = fake.calls();
    let lists = calls.iter().filter(|it| it.starts_with("LIST"));
    assert_eq!(lists.count(), 1, "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn lists_come_in_pages() {
    let fake = Fake::new();
    for number in 0..1201 {
        create(&fake, &format!("p{number}")).await;
    }
    fake.calls();
    let list = fake
        .client()
        .list(&kind::POD, &Selection::default())
        .await
        .unwrap();
    assert_eq!(list.items.len(), 1201);
    assert_eq!(fake.calls().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_ends_the_watch() {
    let fake = Fake::new();
    let informer = start(&fake);
    informer.synced().await;
    let inner = Arc::downgrade(&informer.inner);
    drop(informer);
    while inner.strong_count() > 0 {
        tokio::task::yield_now().await;
    }
}
