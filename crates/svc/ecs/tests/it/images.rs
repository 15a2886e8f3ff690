//! Which digests tasks run, and images that may not start.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;
use serde_json::{Value, json};
use wharf_base::Permit;
use wharf_store::{Store, Txn};
use wharf_svc_ecs::{Admitted, NotAdmitted, Place, TaskImages};
use wharf_testkit::ecs::{Agent, Robot};
use wharf_wire::async_trait;

use crate::harness::{Harness, call, decode};

const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Images of which `signed` alone may start once somebody said so.
#[derive(Default)]
struct Guarded {
    allowed: AtomicBool,
    /// A store in which the rules change as soon as images were admitted once more.
    changing: Mutex<Option<Store>>,
}

const RULES: &str = "/rules";

#[async_trait]
impl TaskImages for Guarded {
    async fn digest(&self, _: &Place, _: &str) -> Option<String> {
        None
    }

    async fn admit(&self, _: &Place, images: &[(String, String)]) -> Result<Admitted, NotAdmitted> {
        let mut admitted = Admitted::default();
        for (container, image) in images {
            if !(image.starts_with("signed") && self.allowed.load(Ordering::SeqCst)) {
                return Err(NotAdmitted(format!("{container}: {image} is not signed.")));
            }
            let pin = DIGEST.to_owned();
            admitted.pins.insert(container.clone(), pin);
        }
        let changing = self.changing.lock().take();
        if let Some(store) = changing {
            let before = store.get(RULES).await.unwrap();
            let revision = before.map_or(0, |entry| entry.mod_revision);
            admitted.rests_on = Some((RULES.to_owned(), revision));
            let change = Txn::new().put(RULES, "changed");
            store
                .txn(&Permit::for_controller("test"), change)
                .await
                .unwrap();
            self.allowed.store(false, Ordering::SeqCst);
        }
        Ok(admitted)
    }
}

fn definition(family: &str, images: &[&str]) -> Value {
    let container = |(number, image): (usize, &&str)| json!({"name": format!("c{number}"), "image": image, "memory": 32});
    let containers: Vec<Value> = images.iter().enumerate().map(container).collect();
    json!({"family": family, "containerDefinitions": containers})
}

async fn guarded() -> (Harness, Arc<Guarded>) {
    let images = Arc::new(Guarded::default());
    let harness = Harness::with_images(images.clone()).await;
    harness.create_cluster("default").await;
    (harness, images)
}

#[tokio::test]
async fn a_task_starts_only_as_what_was_admitted() {
    let (harness, images) = guarded().await;
    let mut agent = Agent::join(&harness, "default").await;
    harness.define(definition("one", &["signed:1"])).await;
    harness
        .define(definition("two", &["signed:1", "other:1"]))
        .await;
    let run = |family: &str| json!({"taskDefinition": family, "count": 2});
    let refused = async |family: &str, why: &str| {
        let answer = harness.run(run(family)).await.unwrap();
        assert_eq!(answer.tasks, Some(Vec::new()));
        let failures = answer.failures.unwrap();
        assert_eq!(failures.len(), 2, "one for each task");
        for failure in failures {
            assert_eq!(failure.reason.as_deref(), Some("IMAGE_NOT_ADMITTED"));
            assert_eq!(failure.detail.as_deref(), Some(why));
        }
    };
    refused("one", "c0: signed:1 is not signed.").await;
    images.allowed.store(true, Ordering::SeqCst);
    refused("two", "c1: other:1 is not signed.").await;
    let failures = start(&harness, &agent, "two").await;
    assert_eq!(failures[0].reason.as_deref(), Some("IMAGE_NOT_ADMITTED"));
    assert_eq!(failures[0].arn.as_ref(), Some(&agent.instance));

    let task = harness.run_one(json!({"taskDefinition": "one"})).await;
    let told = agent.payload().await["containers"][0].take();
    assert_eq!(told["image"], format!("signed@{DIGEST}"));
    let shown = harness.describe(&task).await.containers.unwrap();
    assert_eq!(
        shown[0].image.as_deref(),
        Some("signed:1"),
        "as it was named"
    );
}

/// Starts a task on the agent's instance; why not.
async fn start(harness: &Harness, agent: &Agent, family: &str) -> Vec<wharf_api_ecs::Failure> {
    use wharf_api_ecs::Ecs;
    let start = json!({"taskDefinition": family, "containerInstances": [agent.instance]});
    let started = harness
        .ecs
        .start_task(&call(), decode("StartTask", start))
        .await;
    started.unwrap().failures.unwrap()
}

/// Rules that change between the decision about a task and its record are heeded.
#[tokio::test]
async fn what_was_admitted_by_rules_of_before_does_not_start() {
    let (harness, images) = guarded().await;
    let agent = Agent::join(&harness, "default").await;
    harness.define(definition("one", &["signed:1"])).await;
    for first in [true, false] {
        images.allowed.store(true, Ordering::SeqCst);
        *images.changing.lock() = Some(harness.world.store.clone());
        let failures = match first {
            true => {
                let run = json!({"taskDefinition": "one"});
                harness.run(run).await.unwrap().failures.unwrap()
            }
            false => start(&harness, &agent, "one").await,
        };
        let reasons = failures.iter().map(|it| it.reason.as_deref());
        let reasons: Vec<_> = reasons.collect();
        assert_eq!(reasons, [Some("IMAGE_NOT_ADMITTED")]);
    }
    images.allowed.store(true, Ordering::SeqCst);
    *images.changing.lock() = Some(harness.world.store.clone());
    let request = json!({"serviceName": "web", "taskDefinition": "one", "desiredCount": 1});
    harness.create_service(request).await.unwrap();
    harness
        .until_service("web", |service| {
            let mut events = service.events.iter().flatten();
            events.any(|event| {
                event
                    .message
                    .as_deref()
                    .is_some_and(|it| it.contains("is not signed"))
            })
        })
        .await;
    assert!(harness.tasks_of("web").await.is_empty());
    images.allowed.store(true, Ordering::SeqCst);
    let task = harness.run_one(json!({"taskDefinition": "one"})).await;
    assert!(!task.is_empty());
}

#[tokio::test]
async fn a_service_waits_until_its_image_is_admitted() {
    let (harness, images) = guarded().await;
    let _robot = Robot::join(&harness).await;
    let mut web = definition("web", &["signed:1"]);
    for (name, value) in [
        ("networkMode", json!("awsvpc")),
        ("cpu", json!("256")),
        ("memory", json!("512")),
        ("requiresCompatibilities", json!(["FARGATE"])),
    ] {
        web[name] = value;
    }
    harness.define(web).await;
    let request = json!({
        "serviceName": "web", "taskDefinition": "web", "desiredCount": 2, "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-a"]}},
    });
    harness.create_service(request).await.unwrap();
    let why = "(service web) was unable to place a task. Reason: c0: signed:1 is not signed.";
    harness
        .until_service("web", |service| {
            let mut events = service.events.iter().flatten();
            events.any(|event| event.message.as_deref() == Some(why))
        })
        .await;
    assert!(harness.tasks_of("web").await.is_empty());
    images.allowed.store(true, Ordering::SeqCst);
    harness.stable("web").await;
    assert_eq!(harness.tasks_of("web").await.len(), 2);
}
