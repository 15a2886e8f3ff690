//! Images that a host fetches before a task of it is stopped for the next.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use wharf_svc_ecs::{Admitted, NotAdmitted, Pins, Place, TaskImages};
use wharf_testkit::ecs::{Agent, registration};
use wharf_wire::async_trait;

use crate::harness::{Harness, call, context};

fn definition(image: &str) -> Value {
    json!({
        "family": "watch",
        "containerDefinitions": [{"name": "web", "image": image, "memory": 64}],
    })
}

/// An agent that fetches images ahead, or one of before.
async fn join(harness: &Harness, able: bool) -> Agent {
    let mut said = registration("default");
    let attributes = said["attributes"].as_array_mut().unwrap();
    if able {
        attributes.push(json!({"name": "wharf.images-ahead"}));
    }
    let mut agent = Agent::join_as(harness, said, context()).await;
    if able {
        let first = agent.expect("FetchImagesMessage").await;
        assert_eq!(
            first["orders"],
            json!([]),
            "what an earlier connection said is void"
        );
    }
    agent
}

/// Its one task, once that runs.
async fn run_next(harness: &Harness, agent: &mut Agent) -> String {
    let task = agent.payload().await;
    assert_eq!(task["desiredStatus"], "RUNNING", "{task}");
    let arn = task["arn"].as_str().unwrap().to_owned();
    agent.running(harness, &arn).await;
    arn
}

async fn end(harness: &Harness, agent: &mut Agent, arn: &str) {
    let told = agent.payload().await;
    assert_eq!(
        (&told["arn"], &told["desiredStatus"]),
        (&json!(arn), &json!("STOPPED"))
    );
    agent.ended(harness, arn, 0).await;
}

async fn is_wanted(harness: &Harness, arn: &str) -> bool {
    harness.describe(arn).await.desired_status.as_deref() == Some("RUNNING")
}

async fn daemon(harness: &Harness) {
    harness.define(definition("busybox:1")).await;
    let request = json!({
        "serviceName": "watch", "taskDefinition": "watch", "launchType": "EC2", "schedulingStrategy": "DAEMON",
    });
    harness.create_service(request).await.unwrap();
}

async fn update(harness: &Harness, image: &str) {
    harness.define(definition(image)).await;
    let update = json!({"service": "watch", "taskDefinition": "watch"});
    harness.update_service(update).await.unwrap();
}

async fn said(harness: &Harness, what: &str) {
    let says = |event: &wharf_api_ecs::ServiceEvent| {
        event.message.as_deref().is_some_and(|it| it.contains(what))
    };
    harness
        .until_service("watch", |service| service.events.iter().flatten().any(says))
        .await;
}

/// Once the old task is said to wait for what failed so: all that the agent sent before is taken note of.
async fn failed_last(harness: &Harness, why: &str) {
    let explained = async {
        loop {
            let explained = harness.ecs.explain_service(&call(), None, "watch").await;
            let explained = explained.unwrap();
            let mut waits = explained
                .tasks
                .iter()
                .filter_map(|it| it.waits_for.as_ref());
            if waits.any(|it| it.ends_with(why)) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), explained)
        .await
        .expect(why);
}

fn state(order: &Value, status: &str, reason: &str) -> Value {
    json!({"states": [{"deployment": order["deployment"], "status": status, "reason": reason}]})
}

#[tokio::test]
async fn a_daemon_is_replaced_once_its_host_has_the_images() {
    let harness = Harness::with_cluster().await;
    let mut agent = join(&harness, true).await;
    daemon(&harness).await;
    let old = run_next(&harness, &mut agent).await;
    let version = harness.describe(&old).await.version;

    update(&harness, "busybox:2").await;
    let order = agent.expect("FetchImagesMessage").await["orders"][0].take();
    assert_eq!(
        order["containers"],
        json!([{"name": "web", "image": "busybox:2"}])
    );
    assert_eq!(order["launchType"], "EC2");
    let within = order["within"].as_u64().unwrap();
    assert!((590..=600).contains(&within), "{within}");
    assert!(is_wanted(&harness, &old).await);
    let explained = harness
        .ecs
        .explain_service(&call(), None, "watch")
        .await
        .unwrap();
    let waits = explained.deployments[0].waits_for.as_deref();
    assert_eq!(waits, Some("its images on the host of an older task"));
    let waits = explained.tasks[0].waits_for.as_deref().unwrap();
    assert!(
        waits.starts_with("the images of the task after it, until "),
        "{waits}"
    );

    let why = "CannotPullContainerError: no such image";
    agent
        .send("FetchImagesStateChange", state(&order, "FAILED", why))
        .await;
    said(&harness, why).await;
    assert!(is_wanted(&harness, &old).await);
    let shown = harness.describe(&old).await;
    assert_eq!(shown.version, version, "nothing of the task has changed");

    // Of a deployment that nobody asked it for.
    let foreign = json!({"deployment": "1"});
    agent
        .send("FetchImagesStateChange", state(&foreign, "FETCHED", ""))
        .await;
    agent
        .send("FetchImagesStateChange", json!({"states": null}))
        .await;
    agent
        .send("FetchImagesStateChange", json!("nonsense"))
        .await;
    let why = "CannotPullContainerError: still none";
    agent
        .send("FetchImagesStateChange", state(&order, "FAILED", why))
        .await;
    failed_last(&harness, why).await;
    assert!(is_wanted(&harness, &old).await);

    agent
        .send("FetchImagesStateChange", state(&order, "FETCHED", ""))
        .await;
    end(&harness, &mut agent, &old).await;
    run_next(&harness, &mut agent).await;
    harness.stable("watch").await;
    let last = agent.expect("FetchImagesMessage").await;
    assert_eq!(last["orders"], json!([]), "it is wanted no more");
}

#[tokio::test]
async fn agents_of_before_are_told_nothing_and_hold_nothing_up() {
    let harness = Harness::with_cluster().await;
    let mut agent = join(&harness, false).await;
    daemon(&harness).await;
    let old = run_next(&harness, &mut agent).await;
    update(&harness, "busybox:2").await;
    end(&harness, &mut agent, &old).await;
    run_next(&harness, &mut agent).await;
    harness.stable("watch").await;
}

#[tokio::test]
async fn a_connection_hears_what_the_one_before_heard_and_a_further_deployment_ends_it() {
    let harness = Harness::with_cluster().await;
    let mut agent = join(&harness, true).await;
    daemon(&harness).await;
    let old = run_next(&harness, &mut agent).await;
    update(&harness, "busybox:2").await;
    let second = agent.expect("FetchImagesMessage").await["orders"][0].take();

    let instance = agent.instance.clone();
    let mut agent = Agent::connect(&harness, "default", &instance).await;
    let again = agent.expect("FetchImagesMessage").await["orders"][0].take();
    assert_eq!(again["deployment"], second["deployment"]);

    update(&harness, "busybox:3").await;
    let third = agent.expect("FetchImagesMessage").await["orders"].take();
    assert_eq!(third.as_array().unwrap().len(), 1);
    assert_eq!(third[0]["containers"][0]["image"], "busybox:3");
    agent
        .send("FetchImagesStateChange", state(&second, "FETCHED", ""))
        .await;
    agent
        .send("FetchImagesStateChange", state(&third[0], "FAILED", "why"))
        .await;
    failed_last(&harness, "the last try failed: why").await;
    assert!(
        is_wanted(&harness, &old).await,
        "that was the deployment before"
    );
    agent
        .send("FetchImagesStateChange", state(&third[0], "FETCHED", ""))
        .await;
    end(&harness, &mut agent, &old).await;
    run_next(&harness, &mut agent).await;
}

const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// `busybox:2` may start once somebody said so, as one digest.
#[derive(Default)]
struct Guarded(AtomicBool);

#[async_trait]
impl TaskImages for Guarded {
    async fn digest(&self, _: &Place, _: &str) -> Option<String> {
        None
    }

    async fn admit(&self, _: &Place, images: &[(String, String)]) -> Result<Admitted, NotAdmitted> {
        let guarded = images
            .iter()
            .filter(|(_, image)| image.starts_with("busybox:2"));
        let pins: Pins = guarded
            .map(|(container, _)| (container.clone(), DIGEST.to_owned()))
            .collect();
        match pins.is_empty() || self.0.load(Ordering::SeqCst) {
            true => Ok(Admitted {
                pins,
                rests_on: None,
            }),
            false => Err(NotAdmitted("busybox:2 is not signed.".to_owned())),
        }
    }
}

#[tokio::test]
async fn what_may_not_start_is_not_fetched_and_stops_nothing() {
    let images = Arc::new(Guarded::default());
    let harness = Harness::with_images(images.clone()).await;
    harness.create_cluster("default").await;
    let mut agent = join(&harness, true).await;
    daemon(&harness).await;
    let old = run_next(&harness, &mut agent).await;
    update(&harness, "busybox:2").await;
    said(&harness, "busybox:2 is not signed.").await;
    assert!(is_wanted(&harness, &old).await);

    images.0.store(true, Ordering::SeqCst);
    let order = agent.expect("FetchImagesMessage").await["orders"][0].take();
    let admitted = format!("busybox@{DIGEST}");
    assert_eq!(order["containers"][0]["image"], admitted);
    agent
        .send("FetchImagesStateChange", state(&order, "FETCHED", ""))
        .await;
    end(&harness, &mut agent, &old).await;
    run_next(&harness, &mut agent).await;
}

#[tokio::test]
async fn a_host_to_which_the_next_task_may_never_come_hears_nothing_of_its_images() {
    for changed in [
        json!({"runtimePlatform": {"cpuArchitecture": "ARM64"}}),
        json!({"placementConstraints": [{"type": "memberOf", "expression": "attribute:rack == elsewhere"}]}),
        json!({"memory": "1000000"}),
    ] {
        let harness = Harness::with_cluster().await;
        let mut agent = join(&harness, true).await;
        harness.define(definition("busybox:1")).await;
        let request = json!({
            "serviceName": "watch", "taskDefinition": "watch", "launchType": "EC2", "desiredCount": 1,
            "deploymentConfiguration": {"minimumHealthyPercent": 0, "maximumPercent": 100},
        });
        harness.create_service(request).await.unwrap();
        let old = run_next(&harness, &mut agent).await;
        let mut next = definition("busybox:2");
        let members = next.as_object_mut().unwrap();
        members.extend(changed.as_object().unwrap().clone());
        harness.define(next).await;
        let update = json!({"service": "watch", "taskDefinition": "watch"});
        harness.update_service(update).await.unwrap();
        // Nothing holds it, and nobody asks this agent.
        end(&harness, &mut agent, &old).await;
    }
}

#[tokio::test]
async fn tasks_without_room_for_the_next_are_replaced_so_too() {
    let harness = Harness::with_cluster().await;
    let mut agent = join(&harness, true).await;
    harness.define(definition("busybox:1")).await;
    let request = json!({
        "serviceName": "watch", "taskDefinition": "watch", "launchType": "EC2", "desiredCount": 1,
        "deploymentConfiguration": {"minimumHealthyPercent": 0, "maximumPercent": 100},
    });
    harness.create_service(request).await.unwrap();
    let old = run_next(&harness, &mut agent).await;
    update(&harness, "busybox:2").await;
    let order = agent.expect("FetchImagesMessage").await["orders"][0].take();
    assert!(is_wanted(&harness, &old).await);
    agent
        .send("FetchImagesStateChange", state(&order, "FETCHED", ""))
        .await;
    end(&harness, &mut agent, &old).await;
    run_next(&harness, &mut agent).await;
    harness.stable("watch").await;
}
