use serde_json::json;
use wharf_kube_client::fake::Fake;

use super::*;

const STATUS: &str = "PATCH /api/v1/namespaces/n/pods/p/status";
const LOOK: &str = "GET /api/v1/namespaces/n/pods/p";

struct Setup {
    fake: Fake,
    client: Client,
    /// The pod as it was heard of.
    pod: Arc<Value>,
}

impl Setup {
    async fn new(pod: Value) -> Self {
        let fake = Fake::new();
        let client = fake.client();
        let pod = client.create(&kind::POD, "n", &pod).await.unwrap();
        fake.calls();
        let pod = Arc::new(pod);
        Self { fake, client, pod }
    }

    fn writer(&self) -> Writer {
        Writer {
            client: self.client.clone(),
            namespace: "n".to_owned(),
            name: "p".to_owned(),
            uid: self.pod.uid().to_owned(),
            seen: Some(self.pod.clone()),
            reported: None,
            held_since: None,
        }
    }

    fn news(&self, status: Value) -> News {
        News {
            object: self.pod.clone(),
            status: Some(Arc::new(status)),
            is_deleted: false,
            is_gone: false,
        }
    }

    async fn now(&self) -> Value {
        self.client.get(&kind::POD, "n", "p").await.unwrap()
    }

    async fn delete(&self) {
        let options = Delete {
            grace_seconds: Some(0),
            ..Delete::default()
        };
        let deleted = self.client.delete(&kind::POD, "n", "p", &options).await;
        deleted.unwrap();
    }
}

fn plain() -> Value {
    json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "a", "image": "x:1"}]}})
}

fn ready(status: &str) -> Value {
    json!({"phase": "Running", "conditions": [{"type": "Ready", "status": status}]})
}

#[tokio::test]
async fn what_others_wrote_a_moment_ago_stays() {
    let setup = Setup::new(plain()).await;
    let mut writer = setup.writer();
    let disrupted =
        json!({"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"});
    let patch = Patch::Strategic(json!({"status": {"conditions": [disrupted]}}));
    let kind = kind::POD;
    let evicted = setup.client.patch_at(&kind, "n", "p", "status", &patch);
    evicted.await.unwrap();
    for status in ["False", "True"] {
        writer.tell(&ready(status)).await.unwrap();
        let now = setup.now().await;
        assert!(now.has_condition("Ready", status), "{now}");
        assert!(now.has_condition("DisruptionTarget", "True"), "{now}");
    }
}

#[tokio::test]
async fn nothing_is_written_that_is_there() {
    let setup = Setup::new(plain()).await;
    let mut writer = setup.writer();
    writer.tell(&ready("True")).await.unwrap();
    writer.tell(&ready("True")).await.unwrap();
    assert_eq!(setup.fake.calls(), [STATUS]);
    // Older news than the answer to its own report.
    writer.hear(&setup.pod);
    writer.tell(&ready("False")).await.unwrap();
    writer.hear(&setup.pod);
    writer.tell(&ready("True")).await.unwrap();
    assert!(setup.now().await.has_condition("Ready", "True"));
    // Newer ones: somebody took it for unready.
    let unready = Patch::Strategic(json!({"status": ready("False")}));
    let kind = kind::POD;
    let patched = setup.client.patch_at(&kind, "n", "p", "status", &unready);
    writer.hear(&Arc::new(patched.await.unwrap()));
    writer.tell(&ready("True")).await.unwrap();
    assert!(setup.now().await.has_condition("Ready", "True"));
}

#[tokio::test]
async fn a_pod_that_is_known_lies_in_memory_once() {
    let setup = Setup::new(plain()).await;
    let mut writer = setup.writer();
    writer.tell(&ready("True")).await.unwrap();
    let told = Arc::new(setup.now().await);
    writer.hear(&told);
    assert!(Arc::ptr_eq(writer.seen.as_ref().unwrap(), &told));
    writer.hear(&setup.pod);
    assert!(Arc::ptr_eq(writer.seen.as_ref().unwrap(), &told));
}

#[tokio::test]
async fn after_a_report_of_which_nobody_knows_what_became_it_looks_first() {
    let setup = Setup::new(plain()).await;
    let mut writer = setup.writer();
    setup.fake.fail(1);
    writer.tell(&ready("True")).await.unwrap_err();
    // What is heard may be from before it.
    writer.hear(&setup.pod);
    writer.tell(&ready("True")).await.unwrap();
    assert_eq!(setup.fake.calls(), [STATUS, LOOK, STATUS]);
    assert!(setup.now().await.has_condition("Ready", "True"));
}

#[tokio::test]
async fn another_pod_of_the_name_is_none_of_its_business() {
    let setup = Setup::new(plain()).await;
    let mut writer = setup.writer();
    setup.delete().await;
    let over = json!({"phase": "Failed"});
    writer.tell(&over).await.unwrap();
    setup
        .client
        .create(&kind::POD, "n", &plain())
        .await
        .unwrap();
    // One looks at the pod first, the other finds by its uid that it is not the one.
    for mut writer in [writer, setup.writer()] {
        writer.tell(&over).await.unwrap();
        assert_eq!(setup.now().await.text("/status/phase"), "Pending");
    }
}

fn container(image: &str, state: &Value) -> Value {
    json!({"containerStatuses": [{"name": "a", "image": image, "state": state}]})
}

/// A pod that runs with one image, and asks for another.
fn changed() -> Value {
    let mut pod = plain();
    pod["spec"]["containers"][0]["image"] = "x:2".into();
    pod["status"] = container("x:1", &json!({"running": {}}));
    pod
}

#[tokio::test(start_paused = true)]
async fn the_change_of_an_image_is_one_report() {
    let setup = Setup::new(changed()).await;
    let creating = json!({"waiting": {"reason": "ContainerCreating"}});
    let (tell, hear) = watch::channel(setup.news(container("x:1", &creating)));
    tokio::spawn(setup.writer().run(hear));
    let middle = container("x:2", &creating);
    tell.send_modify(|it| it.status = Some(Arc::new(middle)));
    tokio::time::advance(hold::LONGEST / 2).await;
    let runs = container("x:2", &json!({"running": {}}));
    tell.send_modify(|it| it.status = Some(Arc::new(runs.clone())));
    // Nothing here waits for a time, so none passes: what is not told after so many turns is held.
    let mut now = setup.now().await;
    for _ in 0..1000 {
        if *now.at("/status") == runs {
            break;
        }
        tokio::task::yield_now().await;
        now = setup.now().await;
    }
    assert_eq!(*now.at("/status"), runs);
    let calls = setup.fake.calls();
    let reports = calls.iter().filter(|it| *it == STATUS).count();
    assert_eq!(reports, 1, "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn a_container_that_is_long_in_ending_is_told_of() {
    let setup = Setup::new(changed()).await;
    let news = setup.news(json!({"phase": "Running"}));
    let mut writer = setup.writer();
    let until = writer.held_until(&news);
    assert_eq!(until, Some(Instant::now() + hold::LONGEST));
    tokio::time::advance(hold::LONGEST / 2).await;
    assert_eq!(writer.held_until(&news), until);
    tokio::time::advance(hold::LONGEST / 2).await;
    assert_eq!(writer.held_until(&news), None);
    writer.write(&news).await.unwrap();
    // What comes then is not held again, though the old one is what was told.
    let later = setup.news(json!({"phase": "Running", "reason": "Late"}));
    assert_eq!(writer.held_until(&later), None);
    // With the next change it is.
    let runs = setup.news(container("x:2", &json!({"running": {}})));
    assert_eq!(writer.held_until(&runs), None);
    assert!(writer.held_until(&news).is_none(), "it was told");
    assert!(writer.held_until(&later).is_some());
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_pod_is_not_held() {
    let setup = Setup::new(changed()).await;
    let mut news = setup.news(json!({"phase": "Failed"}));
    news.is_deleted = true;
    assert_eq!(setup.writer().held_until(&news), None);
}
