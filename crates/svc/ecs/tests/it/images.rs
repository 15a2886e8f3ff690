//! Which digests tasks run, and images that may not start.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};
use wharf_svc_ecs::{NotAdmitted, Pins, Place, TaskImages};
use wharf_testkit::ecs::{Agent, Robot};
use wharf_wire::async_trait;

use crate::harness::{Harness, call, decode};

const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Images of which `signed` alone may start once somebody said so.
#[derive(Default)]
struct Guarded {
    allowed: AtomicBool,
}

#[async_trait]
impl TaskImages for Guarded {
    async fn digest(&self, _: &Place, _: &str) -> Option<String> {
        None
    }

    async fn admit(&self, _: &Place, images: &[(String, String)]) -> Result<Pins, NotAdmitted> {
        let mut pins = Pins::new();
        for (container, image) in images {
            if !(image.starts_with("signed") && self.allowed.load(Ordering::SeqCst)) {
                return Err(NotAdmitted(format!("{container}: {image} is not signed.")));
            }
            pins.insert(container.clone(), DIGEST.to_owned());
        }
        Ok(pins)
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
    let start = json!({"taskDefinition": "two", "containerInstances": [agent.instance]});
    let started = {
        use wharf_api_ecs::Ecs;
        harness
            .ecs
            .start_task(&call(), decode("StartTask", start))
            .await
    };
    let failures = started.unwrap().failures.unwrap();
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
