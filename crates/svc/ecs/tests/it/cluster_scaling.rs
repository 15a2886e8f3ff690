//! ECS keeps a group of instances, over calls whose answers are lost and deaths of the server.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use wharf_api_ecs::Ecs;
use wharf_testkit::ecs::Agent;

use crate::{
    groups::{ARN, FakeGroup, Inner},
    harness::{Harness, call, decode},
    instance_roles::{call_as, said, session},
};

const DEADLINE: Duration = Duration::from_secs(20);

/// Waits until the group is as wanted.
async fn until(group: &FakeGroup, what: &str, wanted: impl Fn(&Inner) -> bool) -> Inner {
    let seen = tokio::time::timeout(DEADLINE, async {
        loop {
            let now = group.read();
            if wanted(&now) {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let seen = seen.await;
    seen.unwrap_or_else(|_| panic!("never {what}: {:#?}", group.read()))
}

async fn provide(harness: &Harness) {
    let provider = json!({
        "name": "spare",
        "autoScalingGroupProvider": {
            "autoScalingGroupArn": ARN,
            "managedScaling": { "status": "ENABLED", "targetCapacity": 100 },
            "managedTerminationProtection": "ENABLED",
        },
    });
    let input = decode("CreateCapacityProvider", provider);
    harness
        .ecs
        .create_capacity_provider(&call(), input)
        .await
        .unwrap();
    attach(harness, &["spare"]).await;
    let definition = json!({"family": "web", "containerDefinitions": [{"name": "web", "image": "i", "cpu": 1024, "memory": 64}]});
    harness.define(definition).await;
}

async fn attach(harness: &Harness, names: &[&str]) {
    let strategy: Vec<_> = names
        .iter()
        .map(|it| json!({ "capacityProvider": it, "weight": 1 }))
        .collect();
    let put = json!({
        "cluster": "default",
        "capacityProviders": names,
        "defaultCapacityProviderStrategy": strategy,
    });
    let input = decode("PutClusterCapacityProviders", put);
    harness
        .ecs
        .put_cluster_capacity_providers(&call(), input)
        .await
        .unwrap();
}

fn all_protected(is: bool) -> impl Fn(&Inner) -> bool {
    move |it| {
        it.instances
            .iter()
            .all(|it| it["ProtectedFromScaleIn"] == is)
    }
}

/// The whole way there and back.
async fn there_and_back(fails: usize) {
    let group = Arc::new(FakeGroup::default());
    group.fail_every(fails);
    let mut harness = Harness::with_group(&group).await;
    provide(&harness).await;
    until(&group, "set up", |it| {
        (it.policies.len(), it.hooks.len(), it.tags.len()) == (1, 1, 1)
    })
    .await;
    let asked = json!({"taskDefinition": "web", "count": 3});
    let run = harness.run(asked).await.unwrap();
    assert_eq!(run.failures.unwrap(), []);
    let tasks: Vec<String> = run
        .tasks
        .into_iter()
        .flatten()
        .filter_map(|it| it.task_arn)
        .collect();
    if fails > 0 {
        harness.restart();
    }
    until(&group, "of two instances", |it| it.desired == 2).await;
    let mut agents = Vec::new();
    for id in group.launch() {
        agents.push(Agent::join_as(&harness, said(&id), session(&id)).await);
    }
    for task in &tasks {
        harness.until(task, "PENDING").await;
    }
    assert_eq!(group.read().desired, 2, "what came is enough");
    for task in &tasks {
        let on = harness.describe(task).await.container_instance_arn;
        let agent = agents.iter().find(|it| Some(&it.instance) == on.as_ref());
        agent.unwrap().running(&harness, task).await;
    }
    assert!(all_protected(true)(&group.read()));

    // One of its instances goes, whatever runs there.
    let on = harness.describe(&tasks[0]).await.container_instance_arn;
    let instance = harness.instance(on.as_ref().unwrap()).await;
    let id = instance.ec2_instance_id.unwrap();
    group.set(&id, "LifecycleState", json!("Terminating:Wait"));
    let drains = tokio::time::timeout(DEADLINE, async {
        while harness
            .instance(on.as_ref().unwrap())
            .await
            .status
            .as_deref()
            != Some("DRAINING")
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    drains.await.expect("the instance never drained");
    until(&group, "told of it", |it| {
        it.changed
            .iter()
            .any(|it| it == "RecordLifecycleActionHeartbeat")
    })
    .await;
    assert_eq!(group.read().completed, Vec::<String>::new());
    for task in &tasks {
        let on = harness.describe(task).await.container_instance_arn;
        let agent = agents.iter().find(|it| Some(&it.instance) == on.as_ref());
        agent.unwrap().ended(&harness, task, 0).await;
        harness.until(task, "STOPPED").await;
    }
    until(&group, "let go on", |it| it.completed == [id.clone()]).await;
    until(&group, "free to go", all_protected(false)).await;
}

#[tokio::test]
async fn a_group_grows_for_tasks_that_wait_and_is_drained() {
    there_and_back(0).await;
}

#[tokio::test]
async fn answers_that_are_lost_and_deaths_change_nothing() {
    there_and_back(3).await;
}

#[tokio::test]
async fn what_has_registered_and_not_connected_is_not_ordered_again() {
    let group = Arc::new(FakeGroup::default());
    let harness = Harness::with_group(&group).await;
    provide(&harness).await;
    let task = harness.run_one(json!({"taskDefinition": "web"})).await;
    until(&group, "of one instance", |it| it.desired == 1).await;
    let id = group.launch().remove(0);
    let input = decode("RegisterContainerInstance", said(&id));
    let by = call_as(&id);
    let registered = harness.ecs.register_container_instance(&by, input).await;
    let registered = registered.unwrap().container_instance.unwrap();
    // Looks at the group that see it so.
    for _ in 0..2 {
        group.set(&id, "ProtectedFromScaleIn", json!(false));
        until(&group, "protected", all_protected(true)).await;
    }
    let instance = registered.container_instance_arn.unwrap();
    let _agent = Agent::connect_as(&harness, "default", &instance, session(&id)).await;
    harness.until(&task, "PENDING").await;
    assert_eq!(group.read().desired, 1);
}

#[tokio::test]
async fn nothing_is_called_when_nothing_changed() {
    let group = Arc::new(FakeGroup::default());
    let mut harness = Harness::with_group(&group).await;
    provide(&harness).await;
    let wanted = ["PutLifecycleHook", "CreateOrUpdateTags", "PutScalingPolicy"];
    until(&group, "set up", |it| it.policies.len() == 1).await;
    harness.restart();
    harness.run_one(json!({"taskDefinition": "web"})).await;
    let now = until(&group, "of one instance", |it| it.desired == 1).await;
    for operation in wanted {
        let times = now.changed.iter().filter(|it| *it == operation).count();
        assert_eq!(times, 1, "{operation}: {:?}", now.changed);
    }
    let times = now
        .changed
        .iter()
        .filter(|it| *it == "UpdateAutoScalingGroup");
    assert_eq!(times.count(), 1);
}

#[tokio::test]
async fn what_ecs_keeps_goes_with_the_provider() {
    let group = Arc::new(FakeGroup::default());
    let harness = Harness::with_group(&group).await;
    provide(&harness).await;
    until(&group, "set up", |it| it.policies.len() == 1).await;
    attach(&harness, &[]).await;
    until(&group, "left by the cluster", |it| it.policies.is_empty()).await;
    let input = decode(
        "DeleteCapacityProvider",
        json!({ "capacityProvider": "spare" }),
    );
    harness
        .ecs
        .delete_capacity_provider(&call(), input)
        .await
        .unwrap();
    until(&group, "left alone", |it| it.hooks.is_empty()).await;
    let describe = || async {
        let input = json!({ "capacityProviders": ["spare"] });
        let input = decode("DescribeCapacityProviders", input);
        let found = harness
            .ecs
            .describe_capacity_providers(&call(), input)
            .await;
        found.unwrap().capacity_providers.unwrap().remove(0)
    };
    let deleted = tokio::time::timeout(DEADLINE, async {
        while describe().await.update_status.as_deref() != Some("DELETE_COMPLETE") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    deleted.await.expect("its deletion never ended");
}
