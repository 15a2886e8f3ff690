//! What EventBridge is told of container instances and of tasks that found no room.

use serde_json::{Value, json};
use wharf_api_ecs::Ecs;
use wharf_base::Timestamp;
use wharf_records::Scope;
use wharf_service::announce::{Announce, Announcement, by_revision};
use wharf_store::Watch;
use wharf_testkit::ecs::Agent;

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
