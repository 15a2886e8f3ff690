//! What EventBridge is told of container instances and of tasks that found no room.

use std::sync::Arc;

use serde_json::{Value, json};
use wharf_api_ecs::Ecs;
use wharf_base::Timestamp;
use wharf_records::Scope;
use wharf_service::announce::{Announce, Announcement, by_revision};
use wharf_store::Watch;
use wharf_svc_ecs::{Admitted, NotAdmitted, Place, TaskImages};
use wharf_testkit::ecs::{Agent, Robot};
use wharf_wire::async_trait;

use crate::harness::{Harness, call, decode};

/// Follows the history of ECS as EventBridge does.
struct Told<'a> {
    harness: &'a Harness,
    watch: Watch,
}

impl<'a> Told<'a> {
    async fn from_here(harness: &'a Harness) -> Self {
        let store = &harness.world.store;
        let since = store.revision().await.unwrap();
        Self {
            harness,
            watch: store.watch(Scope::service_prefix("ecs"), since + 1),
        }
    }

    /// The next event of that kind whose detail is as wanted.
    async fn next(&mut self, kind: &str, wanted: impl Fn(&Value) -> bool) -> Announcement {
        loop {
            let batch = self.watch.next().await.unwrap();
            for (_, changes) in by_revision(&batch.events) {
                let announcer = self.harness.ecs.announcing();
                let said = announcer.announced(&changes, Timestamp(0)).await;
                let found = |it: &Announcement| it.detail_type == kind && wanted(&it.detail);
                if let Some(found) = said.into_iter().find(found) {
                    return found;
                }
            }
        }
    }
}

#[tokio::test]
async fn container_instances_are_told_with_what_they_have_left() {
    const KIND: &str = "ECS Container Instance State Change";
    let harness = Harness::with_cluster().await;
    let mut told = Told::from_here(&harness).await;
    let agent = Agent::join(&harness, "default").await;
    let joined = told.next(KIND, |it| it["agentConnected"] == true).await;
    assert_eq!(joined.source, "aws.ecs");
    assert_eq!(joined.resources, std::slice::from_ref(&agent.instance));
    let detail = &joined.detail;
    assert_eq!(detail["containerInstanceArn"], agent.instance.as_str());
    assert_eq!(
        detail["clusterArn"],
        "arn:aws:ecs:us-east-1:000000000000:cluster/default"
    );
    assert_eq!(detail["updatedAt"], "1970-01-01T00:00:00.000Z");
    assert_eq!(detail["remainingResources"], detail["registeredResources"]);
    assert!(detail["registeredAt"].is_string() && detail.get("tags").is_none());

    let definition = json!({"family": "web", "containerDefinitions": [{"name": "web", "image": "i", "memory": 64}]});
    harness.define(definition).await;
    harness.run_one(json!({"taskDefinition": "web"})).await;
    let request = json!({"containerInstances": [agent.instance], "status": "DRAINING"});
    let input = decode("UpdateContainerInstancesState", request);
    let ecs = &harness.ecs;
    ecs.update_container_instances_state(&call(), input)
        .await
        .unwrap();
    let drained = told.next(KIND, |it| it["status"] == "DRAINING").await;
    let memory = |of: &Value| {
        let all = of.as_array().unwrap();
        let memory = all.iter().find(|it| it["name"] == "MEMORY").unwrap();
        memory["integerValue"].as_i64().unwrap()
    };
    let detail = &drained.detail;
    let left = memory(&detail["registeredResources"]) - memory(&detail["remainingResources"]);
    assert_eq!(left, 64);
    assert!(detail["version"].as_i64() > joined.detail["version"].as_i64());
}

#[tokio::test]
async fn a_service_that_finds_no_room_says_what_is_lacking() {
    let harness = Harness::with_cluster().await;
    let _agent = Agent::join(&harness, "default").await;
    let definition = json!({"family": "big", "containerDefinitions": [{"name": "big", "image": "i", "memory": 9_000_000}]});
    harness.define(definition).await;
    let mut told = Told::from_here(&harness).await;
    let input = json!({"serviceName": "big", "taskDefinition": "big", "desiredCount": 1});
    let input = decode("CreateService", input);
    harness.ecs.create_service(&call(), input).await.unwrap();
    let failed = told.next("ECS Service Action", |it| {
        it["eventName"] == "SERVICE_TASK_PLACEMENT_FAILURE"
    });
    assert_eq!(failed.await.detail["reason"], "RESOURCE:MEMORY");
}

fn left(of: &Value, name: &str) -> i64 {
    let all = of["remainingResources"].as_array().unwrap();
    let one = all.iter().find(|it| it["name"] == name).unwrap();
    one["integerValue"].as_i64().unwrap()
}

#[tokio::test]
async fn container_instances_are_told_of_when_tasks_come_and_go() {
    const KIND: &str = "ECS Container Instance State Change";
    let harness = Harness::with_cluster().await;
    let mut told = Told::from_here(&harness).await;
    let _robot = Robot::join(&harness).await;
    let empty = told.next(KIND, |it| it["agentConnected"] == true).await;
    let definition = json!({"family": "web", "containerDefinitions": [{"name": "web", "image": "i", "memory": 64}]});
    harness.define(definition).await;
    let task = harness.run_one(json!({"taskDefinition": "web"})).await;
    let all = left(&empty.detail, "MEMORY");
    let taken = told.next(KIND, |it| left(it, "MEMORY") == all - 64).await;
    assert_eq!(taken.resources, empty.resources);
    assert!(taken.detail["version"].as_i64() > empty.detail["version"].as_i64());
    harness.until(&task, "RUNNING").await;
    harness.stop(&task).await;
    let freed = told.next(KIND, |it| left(it, "MEMORY") == all).await;
    assert!(freed.detail["version"].as_i64() > taken.detail["version"].as_i64());
    // Several tasks of one transaction are one event.
    let since = harness.world.store.revision().await.unwrap();
    harness
        .run(json!({"taskDefinition": "web", "count": 3}))
        .await
        .unwrap();
    let prefix = Scope::service_prefix("ecs");
    let batch = harness.world.store.watch(prefix, since + 1).next().await;
    let batch = batch.unwrap();
    let (_, changes) = by_revision(&batch.events).pop_first().unwrap();
    let said = harness
        .ecs
        .announcing()
        .announced(&changes, Timestamp(0))
        .await;
    let of_kind = |kind: &str| said.iter().filter(|it| it.detail_type == kind).count();
    assert_eq!((of_kind("ECS Task State Change"), of_kind(KIND)), (3, 1));
}

const ACTION: &str = "ECS Service Action";

#[tokio::test]
async fn a_daemon_says_how_many_it_wants_and_where_it_no_longer_may_be() {
    let harness = Harness::with_cluster().await;
    let robot = Robot::join(&harness).await;
    let list = decode("ListContainerInstances", json!({}));
    let list = harness.ecs.list_container_instances(&call(), list).await;
    let instance = list.unwrap().container_instance_arns.unwrap().remove(0);
    let rack = async |name: &str| {
        let attributes =
            json!({"attributes": [{"name": "rack", "value": name, "targetId": instance}]});
        let put = decode("PutAttributes", attributes);
        harness.ecs.put_attributes(&call(), put).await.unwrap();
    };
    rack("a").await;
    let definition = json!({"family": "watch", "containerDefinitions": [{"name": "web", "image": "i", "memory": 64}]});
    harness.define(definition).await;
    let mut told = Told::from_here(&harness).await;
    let request = json!({"serviceName": "watch", "taskDefinition": "watch", "schedulingStrategy": "DAEMON",
        "launchType": "EC2", "placementConstraints": [{"type": "memberOf", "expression": "attribute:rack == a"}]});
    harness.create_service(request).await.unwrap();
    let named = |name: &'static str| move |it: &Value| it["eventName"] == name;
    let counted = told
        .next(ACTION, named("SERVICE_DESIRED_COUNT_UPDATED"))
        .await;
    assert_eq!(counted.detail["eventType"], "INFO");
    assert!(counted.resources[0].ends_with(":service/default/watch"));
    harness.stable("watch").await;
    rack("b").await;
    let name = "SERVICE_DAEMON_PLACEMENT_CONSTRAINT_VIOLATED";
    let violated = told.next(ACTION, named(name)).await;
    assert_eq!(violated.detail["eventType"], "ERROR");
    assert_eq!(violated.detail["containerInstanceArns"], json!([instance]));
    // It leaves, and the service is as it is to be again.
    harness
        .until_service("watch", |it| {
            it.running_count == Some(0) && it.desired_count == Some(0)
        })
        .await;
    assert_eq!(robot.stopped.lock().len(), 1);
    rack("a").await;
    harness
        .until_service("watch", |it| it.running_count == Some(1))
        .await;
}

#[tokio::test]
async fn a_service_of_capacity_providers_says_that_they_are_steady_and_which_is_short() {
    let harness = Harness::with_cluster().await;
    let _robot = Robot::join(&harness).await;
    let providers = json!({"cluster": "default", "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "defaultCapacityProviderStrategy": []});
    let input = decode("PutClusterCapacityProviders", providers);
    let ecs = &harness.ecs;
    ecs.put_cluster_capacity_providers(&call(), input)
        .await
        .unwrap();
    let definition = json!({"family": "web", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
        "cpu": "256", "memory": "512", "containerDefinitions": [{"name": "web", "image": "i"}]});
    harness.define(definition).await;
    let mut told = Told::from_here(&harness).await;
    let request = json!({"serviceName": "web", "taskDefinition": "web", "desiredCount": 1,
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-a"]}},
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]});
    harness.create_service(request).await.unwrap();
    let named = |name: &'static str| move |it: &Value| it["eventName"] == name;
    let spot = json!(["arn:aws:ecs:us-east-1:000000000000:capacity-provider/FARGATE_SPOT"]);
    let steady = told
        .next(ACTION, named("CAPACITY_PROVIDER_STEADY_STATE"))
        .await;
    assert_eq!(steady.detail["eventType"], "INFO");
    assert_eq!(steady.detail["capacityProviderArns"], spot);
    // More than there is room for.
    let more = json!({"service": "web", "desiredCount": 100});
    harness.update_service(more).await.unwrap();
    let short = told
        .next(ACTION, named("SERVICE_TASK_PLACEMENT_FAILURE"))
        .await;
    assert_eq!(short.detail["capacityProviderArns"], spot);
    assert_eq!(short.detail["reason"], "RESOURCE:FARGATE");
    let none = json!({"service": "web", "desiredCount": 0});
    harness.update_service(none).await.unwrap();
    let stopped = told.next(ACTION, named("TASKS_STOPPED")).await;
    assert_eq!(stopped.detail["eventType"], "INFO");
    let cluster = "arn:aws:ecs:us-east-1:000000000000:cluster/default";
    assert_eq!(stopped.detail["clusterArn"], cluster);
}

/// No image may start.
struct Shut;

#[async_trait]
impl TaskImages for Shut {
    async fn digest(&self, _: &Place, _: &str) -> Option<String> {
        None
    }

    async fn admit(&self, _: &Place, _: &[(String, String)]) -> Result<Admitted, NotAdmitted> {
        Err(NotAdmitted("web: i is not signed.".to_owned()))
    }
}

#[tokio::test]
async fn a_service_whose_images_may_not_start_says_so() {
    let harness = Harness::with_images(Arc::new(Shut)).await;
    harness.create_cluster("default").await;
    let _robot = Robot::join(&harness).await;
    let definition = json!({"family": "web", "containerDefinitions": [{"name": "web", "image": "i", "memory": 64}]});
    harness.define(definition).await;
    let mut told = Told::from_here(&harness).await;
    let request = json!({"serviceName": "web", "taskDefinition": "web", "desiredCount": 1});
    harness.create_service(request).await.unwrap();
    let name = "SERVICE_TASK_CONFIGURATION_FAILURE";
    let failed = told.next(ACTION, |it| it["eventName"] == name).await;
    assert_eq!(failed.detail["eventType"], "ERROR");
    assert_eq!(failed.detail["reason"], "web: i is not signed.");
}
