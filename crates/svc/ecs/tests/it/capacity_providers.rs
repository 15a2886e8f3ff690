//! Capacity providers over Auto Scaling groups, and tasks that wait for their instances.

use serde_json::{Value, json};
use wharf_api_ecs::{self as api, Ecs};
use wharf_testkit::{
    context,
    ecs::{Agent, registration},
    until,
};
use wharf_wire::Fault;

use crate::{
    harness::{Harness, call, decode},
    provider_groups,
};

async fn create(harness: &Harness, name: &str, provider: Value) -> Result<Value, Fault> {
    let request = json!({"name": name, "autoScalingGroupProvider": provider});
    let input = decode("CreateCapacityProvider", request);
    let made = harness.ecs.create_capacity_provider(&call(), input).await?;
    let made = made.capacity_provider.unwrap();
    let provider = made.auto_scaling_group_provider.unwrap();
    let scaling = provider.managed_scaling.unwrap();
    Ok(json!({
        "arn": made.capacity_provider_arn, "status": made.status, "type": made.type_,
        "scaling": [scaling.status, scaling.target_capacity, scaling.minimum_scaling_step_size,
            scaling.maximum_scaling_step_size, scaling.instance_warmup_period],
        "protection": provider.managed_termination_protection,
        "draining": provider.managed_draining,
    }))
}

async fn put(
    harness: &Harness,
    providers: &[&str],
    strategy: Value,
) -> Result<api::Cluster, Fault> {
    let request = json!({"cluster": "default", "capacityProviders": providers,
        "defaultCapacityProviderStrategy": strategy});
    let input = decode("PutClusterCapacityProviders", request);
    let put = harness
        .ecs
        .put_cluster_capacity_providers(&call(), input)
        .await?;
    Ok(put.cluster.unwrap())
}

async fn delete(harness: &Harness, provider: &str) -> Result<String, Fault> {
    let input = decode(
        "DeleteCapacityProvider",
        json!({"capacityProvider": provider}),
    );
    let deleted = harness.ecs.delete_capacity_provider(&call(), input).await?;
    Ok(deleted.capacity_provider.unwrap().status.unwrap())
}

/// A cluster with the provider `spare` over the group `workers`.
async fn with_provider(scaling: &str) -> Harness {
    let harness = Harness::with_cluster().await;
    harness.groups.put("workers", &[]);
    let provider = json!({"autoScalingGroupArn": provider_groups::arn("workers"),
        "managedScaling": {"status": scaling}});
    create(&harness, "spare", provider).await.unwrap();
    put(&harness, &["spare"], json!([])).await.unwrap();
    harness
}

fn wants() -> Value {
    json!([{"capacityProvider": "spare", "weight": 1}])
}

fn web(memory: u32) -> Value {
    json!({"family": "web", "containerDefinitions": [
        {"name": "web", "image": "localhost:4566/web:1", "memory": memory}]})
}

async fn run(harness: &Harness, count: i32) -> Result<api::RunTaskResponse, Fault> {
    harness
        .run(json!({"taskDefinition": "web", "capacityProviderStrategy": wants(), "count": count}))
        .await
}

/// Joins as an EC2 instance, which its group has from the start.
async fn join(harness: &Harness, group: &str, id: &str) -> Agent {
    harness.groups.put(group, &[id]);
    let mut machine = registration("default");
    machine["instanceIdentityDocument"] = json!(json!({"instanceId": id}).to_string());
    Agent::join_as(&harness.ecs, machine, context()).await
}

#[tokio::test]
async fn a_provider_is_made_shown_changed_and_deleted() {
    let harness = Harness::with_cluster().await;
    harness.groups.put("workers", &[]);
    let provider = json!({"autoScalingGroupArn": provider_groups::arn("workers")});
    let made = create(&harness, "spare", provider.clone()).await.unwrap();
    let arn = "arn:aws:ecs:us-east-1:000000000000:capacity-provider/spare";
    assert_eq!(
        made,
        json!({"arn": arn, "status": "ACTIVE", "type": "EC2_AUTOSCALING",
            "scaling": ["DISABLED", 100, 1, 10_000, 300],
            "protection": "DISABLED", "draining": "ENABLED"})
    );
    assert!(harness.groups.managed.lock().unwrap().contains("workers"));

    let request = json!({"name": "spare", "autoScalingGroupProvider": {
        "managedScaling": {"status": "ENABLED", "targetCapacity": 80}}});
    let input = decode("UpdateCapacityProvider", request);
    let updated = harness.ecs.update_capacity_provider(&call(), input).await;
    let updated = updated.unwrap().capacity_provider.unwrap();
    assert_eq!(updated.update_status.as_deref(), Some("UPDATE_COMPLETE"));
    let described = decode(
        "DescribeCapacityProviders",
        json!({"capacityProviders": [arn, "none"]}),
    );
    let described = harness
        .ecs
        .describe_capacity_providers(&call(), described)
        .await
        .unwrap();
    let shown = described.capacity_providers.unwrap().remove(0);
    let scaling = shown
        .auto_scaling_group_provider
        .unwrap()
        .managed_scaling
        .unwrap();
    assert_eq!(scaling.target_capacity, Some(80));
    assert_eq!(
        scaling.maximum_scaling_step_size,
        Some(10_000),
        "what is left out stays"
    );
    assert_eq!(
        described.failures.unwrap()[0].reason.as_deref(),
        Some("MISSING")
    );

    put(&harness, &["spare", "FARGATE"], json!([]))
        .await
        .unwrap();
    let refused = delete(&harness, "spare").await.unwrap_err();
    assert_eq!(
        refused.message,
        "The capacity provider cannot be deleted because it is associated with cluster: default. \
         Remove the capacity provider from the cluster and try again."
    );
    put(&harness, &["FARGATE"], json!([])).await.unwrap();
    assert_eq!(delete(&harness, arn).await.unwrap(), "INACTIVE");
    assert_eq!(delete(&harness, "spare").await.unwrap(), "INACTIVE");
    let refused = put(&harness, &["spare"], json!([])).await.unwrap_err();
    assert!(
        refused.message.contains("'spare' was not found"),
        "{refused:?}"
    );
    create(&harness, "spare", provider).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_a_provider_is_refused() {
    let harness = Harness::with_cluster().await;
    harness.groups.put("workers", &[]);
    harness.groups.put("others", &[]);
    harness.groups.put("weighted", &[]);
    let of_weights = "weighted".to_owned();
    harness.groups.weighted.lock().unwrap().insert(of_weights);
    let of = |group: &str| json!({"autoScalingGroupArn": provider_groups::arn(group)});
    create(&harness, "spare", of("workers")).await.unwrap();
    let name = "The specified capacity provider name is invalid.";
    let group = "The specified Auto Scaling group ARN is not valid.";
    let protection =
        "The managed termination protection setting for the capacity provider is invalid.";
    let elsewhere = provider_groups::arn("others").replace("us-east-1", "eu-west-1");
    for (given, provider, text) in [
        ("awsome", of("others"), name),
        ("ECS-own", of("others"), name),
        ("Fargate2", of("others"), name),
        ("a b", of("others"), name),
        ("second", of("none"), group),
        (
            "second",
            of("weighted"),
            "The Auto Scaling group of the capacity provider has instance weighting settings.",
        ),
        ("second", json!({"autoScalingGroupArn": "workers"}), group),
        ("second", json!({"autoScalingGroupArn": elsewhere}), group),
        (
            "spare",
            of("others"),
            "The specified capacity provider already exists.",
        ),
        (
            "second",
            of("workers"),
            "The specified Auto Scaling group ARN is already being used by another capacity provider.",
        ),
        (
            "second",
            json!({"autoScalingGroupArn": provider_groups::arn("others"),
                "managedTerminationProtection": "ENABLED"}),
            protection,
        ),
        (
            "second",
            json!({"autoScalingGroupArn": provider_groups::arn("others"),
                "managedScaling": {"status": "ENABLED"}, "managedTerminationProtection": "ENABLED"}),
            protection,
        ),
        (
            "second",
            json!({"autoScalingGroupArn": provider_groups::arn("others"), "managedScaling": {
                "minimumScalingStepSize": 2, "maximumScalingStepSize": 1}}),
            "The managed scaling configuration is invalid.",
        ),
    ] {
        let refused = create(&harness, given, provider).await.unwrap_err();
        assert_eq!(refused.code, "ClientException");
        assert!(
            refused.message.starts_with(text),
            "{given}: {}",
            refused.message
        );
    }
    harness
        .groups
        .protected
        .lock()
        .unwrap()
        .insert("others".to_owned());
    let protected = json!({"autoScalingGroupArn": provider_groups::arn("others"),
        "managedScaling": {"status": "ENABLED"}, "managedTerminationProtection": "ENABLED"});
    create(&harness, "second", protected).await.unwrap();
    for fixed in ["FARGATE", "FARGATE_SPOT"] {
        assert_eq!(
            delete(&harness, fixed).await.unwrap_err().code,
            "ClientException"
        );
    }
    assert!(delete(&harness, "none").await.is_err());
    let mixed = json!([{"capacityProvider": "spare", "weight": 1},
        {"capacityProvider": "FARGATE", "weight": 1}]);
    let refused = put(&harness, &["spare", "FARGATE"], mixed)
        .await
        .unwrap_err();
    assert_eq!(
        refused.message,
        "The specified capacity provider strategy cannot contain both ASG and Fargate capacity providers."
    );
}

#[tokio::test]
async fn a_task_waits_for_an_instance_of_its_provider() {
    let mut harness = with_provider("ENABLED").await;
    harness.groups.put("others", &[]);
    let other = json!({"autoScalingGroupArn": provider_groups::arn("others")});
    create(&harness, "other", other).await.unwrap();
    put(&harness, &["spare", "other"], json!([])).await.unwrap();
    let _stranger = join(&harness, "others", "i-0other").await;
    harness.define(web(512)).await;
    let made = run(&harness, 2).await.unwrap();
    assert_eq!(made.failures.unwrap(), []);
    let tasks: Vec<String> = made
        .tasks
        .unwrap()
        .into_iter()
        .filter_map(|it| it.task_arn)
        .collect();
    for task in &tasks {
        let task = harness.describe(task).await;
        assert_eq!(task.last_status.as_deref(), Some("PROVISIONING"));
        assert_eq!(task.capacity_provider_name.as_deref(), Some("spare"));
        assert_eq!(task.launch_type.as_deref(), Some("EC2"));
        assert_eq!(
            (task.container_instance_arn, task.availability_zone),
            (None, None)
        );
    }
    harness.restart();
    let input = decode("DeleteCluster", json!({"cluster": "default"}));
    assert!(harness.ecs.delete_cluster(&call(), input).await.is_err());
    let stopped = harness.stop(&tasks[1]).await;
    assert_eq!(stopped.desired_status.as_deref(), Some("STOPPED"));
    let stopped = harness.until(&tasks[1], "STOPPED").await;
    assert_eq!(stopped.stop_code.as_deref(), Some("UserInitiated"));

    let agent = join(&harness, "workers", "i-0worker").await;
    let task = harness.until(&tasks[0], "PENDING").await;
    assert_eq!(task.container_instance_arn.as_ref(), Some(&agent.instance));
    let input = decode(
        "DescribeContainerInstances",
        json!({"containerInstances": [agent.instance]}),
    );
    let shown = harness
        .ecs
        .describe_container_instances(&call(), input)
        .await
        .unwrap();
    let shown = shown.container_instances.unwrap().remove(0);
    assert_eq!(shown.capacity_provider_name.as_deref(), Some("spare"));
    assert_eq!(shown.pending_tasks_count, Some(1));
}

#[tokio::test]
async fn without_managed_scaling_nothing_waits() {
    let harness = with_provider("DISABLED").await;
    harness.define(web(3000)).await;
    let reasons = || async {
        let made = run(&harness, 1).await.unwrap();
        let failures = made.failures.unwrap();
        let reasons = failures.into_iter().filter_map(|it| it.reason);
        (made.tasks.unwrap().len(), reasons.collect::<Vec<_>>())
    };
    assert_eq!(
        reasons().await,
        (0, vec!["EMPTY CAPACITY PROVIDER".to_owned()])
    );
    let _agent = join(&harness, "workers", "i-0worker").await;
    until("the instance takes tasks", || async {
        reasons().await.0 == 1
    })
    .await;
    assert_eq!(reasons().await, (0, vec!["RESOURCE:MEMORY".to_owned()]));
}

#[tokio::test]
async fn room_goes_to_those_who_wait_longest() {
    let harness = with_provider("ENABLED").await;
    harness.define(web(3000)).await;
    let _agent = join(&harness, "workers", "i-0worker").await;
    let mut tasks = Vec::new();
    for _ in 0..3 {
        let made = run(&harness, 1).await.unwrap().tasks.unwrap().remove(0);
        tasks.push(made.task_arn.unwrap());
    }
    harness.until(&tasks[0], "PENDING").await;
    for at in [0, 1] {
        harness.stop(&tasks[at]).await;
        harness.until(&tasks[at + 1], "PENDING").await;
    }
}

#[tokio::test]
async fn a_cluster_has_so_many_waiting_tasks_and_no_more() {
    let harness = with_provider("ENABLED").await;
    harness.define(web(512)).await;
    for _ in 0..50 {
        run(&harness, 10).await.unwrap();
    }
    let refused = run(&harness, 1).await.unwrap_err();
    assert_eq!(refused.code, "ClientException");
    assert!(
        refused.message.contains("limit of 500 tasks"),
        "{}",
        refused.message
    );
}

#[tokio::test]
async fn tasks_of_a_service_wait_without_complaint() {
    let mut harness = with_provider("ENABLED").await;
    harness.define(web(512)).await;
    harness
        .create_service(
            json!({"serviceName": "web", "taskDefinition": "web", "desiredCount": 3,
            "capacityProviderStrategy": wants()}),
        )
        .await
        .unwrap();
    let waits = |service: &api::Service| service.pending_count == Some(3);
    let service = harness.until_service("web", waits).await;
    let said = service.events.unwrap();
    let unplaced = said.iter().filter_map(|it| it.message.as_deref());
    assert_eq!(
        unplaced.filter(|it| it.contains("unable to place")).count(),
        0
    );
    let refused = put(&harness, &[], json!([])).await.unwrap_err();
    assert_eq!(refused.code, "ResourceInUseException");
    harness.restart();
    let _agent = join(&harness, "workers", "i-0worker").await;
    for task in harness.tasks_of("web").await {
        harness
            .until(task.task_arn.as_deref().unwrap(), "PENDING")
            .await;
    }
    harness
        .update_service(json!({"service": "web", "desiredCount": 0}))
        .await
        .unwrap();
    until("the tasks are told to stop", async || {
        harness.tasks_of("web").await.is_empty()
    })
    .await;
}
