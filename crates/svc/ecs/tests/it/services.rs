use std::collections::BTreeSet;

use serde_json::{Value, json};
use wharf_api_ecs::{self as api, Ecs};
use wharf_testkit::ecs::{Fate, Robot};

use crate::harness::{Harness, call, decode};

fn definition(family: &str) -> Value {
    json!({
        "family": family, "networkMode": "awsvpc", "cpu": "256", "memory": "512",
        "requiresCompatibilities": ["FARGATE"],
        "containerDefinitions": [{"name": "web", "image": "busybox",
            "portMappings": [{"containerPort": 80}]}],
    })
}

fn request(count: i32) -> Value {
    json!({
        "serviceName": "web", "taskDefinition": "web", "desiredCount": count, "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration":
            {"subnets": ["subnet-a", "subnet-b", "subnet-c"]}},
    })
}

fn messages(service: &api::Service) -> Vec<String> {
    let events = service.events.clone().unwrap();
    events
        .into_iter()
        .map(|event| event.message.unwrap())
        .collect()
}

async fn started(count: i32) -> (Harness, Robot) {
    let harness = Harness::with_cluster().await;
    let robot = Robot::join(&harness).await;
    harness.define(definition("web")).await;
    harness.create_service(request(count)).await.unwrap();
    harness.stable("web").await;
    (harness, robot)
}

#[tokio::test]
async fn a_service_keeps_its_tasks_running() {
    let (harness, robot) = started(3).await;
    let service = harness.service("web").await;
    let deployment = service.deployments.as_ref().unwrap()[0].clone();
    assert_eq!(deployment.status.as_deref(), Some("PRIMARY"));
    let id = deployment.id.unwrap();
    assert_eq!(
        deployment.rollout_state_reason,
        Some(format!("ECS deployment {id} completed."))
    );
    let tasks = harness.tasks_of("web").await;
    assert_eq!(tasks.len(), 3);
    let zones: BTreeSet<_> = tasks.iter().map(|t| t.availability_zone.clone()).collect();
    assert_eq!(zones.len(), 3, "one task in each zone's subnet");
    for task in &tasks {
        assert_eq!(task.group.as_deref(), Some("service:web"));
        assert_eq!(task.started_by.as_ref(), Some(&id));
    }
    let said = messages(&service);
    assert_eq!(said[0], "(service web) has reached a steady state.");
    assert_eq!(
        said[1],
        format!("(service web) (deployment {id}) deployment completed.")
    );
    assert!(said[2].starts_with("(service web) has started 3 tasks: (task "));

    // One dies: another takes its place.
    let victim = tasks[0].task_arn.clone().unwrap();
    robot.end(&victim, "web", 137).await;
    let gone = harness.until(&victim, "STOPPED").await;
    assert_eq!(gone.stop_code.as_deref(), Some("EssentialContainerExited"));
    harness.stable("web").await;
    let now = harness.tasks_of("web").await;
    assert_eq!(now.len(), 3);
    assert!(
        now.iter()
            .all(|task| task.task_arn.as_ref() != Some(&victim))
    );
    harness
        .ecs
        .describe_clusters(&call(), api::DescribeClustersRequest::default())
        .await
        .map(|described| {
            let cluster = described.clusters.unwrap().remove(0);
            assert_eq!(cluster.active_services_count, Some(1));
        })
        .unwrap();
}

#[tokio::test]
async fn scales_rolls_and_is_deleted() {
    let (harness, robot) = started(2).await;
    let scale = |count: i32| json!({"service": "web", "desiredCount": count});
    harness.update_service(scale(4)).await.unwrap();
    harness.stable("web").await;
    harness.update_service(scale(1)).await.unwrap();
    let service = harness.stable("web").await;
    assert_eq!(service.deployments.as_ref().unwrap().len(), 1);
    assert_eq!(harness.tasks_of("web").await.len(), 1);
    let first = service.deployments.unwrap().remove(0).id.unwrap();

    let second = harness.define(definition("web")).await;
    let update = json!({"service": "web", "taskDefinition": "web"});
    let updated = harness.update_service(update.clone()).await.unwrap();
    let deployments = updated.deployments.unwrap();
    assert_eq!(deployments.len(), 2);
    assert_eq!(deployments[0].task_definition.as_ref(), Some(&second));
    assert_eq!(deployments[1].status.as_deref(), Some("ACTIVE"));
    let service = harness.stable("web").await;
    let now = service.deployments.unwrap().remove(0);
    assert_ne!(now.id.as_ref(), Some(&first));
    let tasks = harness.tasks_of("web").await;
    assert_eq!(tasks[0].task_definition_arn.as_ref(), Some(&second));
    let stopped = robot.stopped.lock().last().cloned().unwrap();
    let stopped = harness.until(&stopped, "STOPPED").await;
    assert_eq!(
        stopped.stop_code.as_deref(),
        Some("ServiceSchedulerInitiated")
    );
    assert_eq!(
        stopped.stopped_reason,
        Some(format!(
            "Scaling activity initiated by (deployment {first})"
        ))
    );
    // The same definition again is no new deployment, unless it is forced.
    let same = harness.update_service(update.clone()).await.unwrap();
    assert_eq!(same.deployments.unwrap().len(), 1);
    let mut forced = update;
    forced["forceNewDeployment"] = json!(true);
    let forced = harness.update_service(forced).await.unwrap();
    assert_eq!(forced.deployments.unwrap().len(), 2);
    harness.stable("web").await;

    let list = decode("ListServiceDeployments", json!({"service": "web"}));
    let listed = harness
        .ecs
        .list_service_deployments(&call(), list)
        .await
        .unwrap();
    let listed = listed.service_deployments.unwrap();
    let status: Vec<_> = listed
        .iter()
        .map(|one| one.status.clone().unwrap())
        .collect();
    assert_eq!(status, ["SUCCESSFUL"; 3]);
    let revision = listed[0].target_service_revision_arn.clone().unwrap();
    let input = decode(
        "DescribeServiceRevisions",
        json!({"serviceRevisionArns": [revision]}),
    );
    let described = harness
        .ecs
        .describe_service_revisions(&call(), input)
        .await
        .unwrap();
    let described = described.service_revisions.unwrap().remove(0);
    assert_eq!(
        described.container_images.unwrap()[0].image.as_deref(),
        Some("busybox")
    );

    let delete = |force: bool| decode("DeleteService", json!({"service": "web", "force": force}));
    let refused = harness
        .ecs
        .delete_service(&call(), delete(false))
        .await
        .unwrap_err();
    assert_eq!(
        refused.message,
        "The service cannot be stopped while it is scaled above 0."
    );
    let deleted = harness
        .ecs
        .delete_service(&call(), delete(true))
        .await
        .unwrap();
    assert_eq!(deleted.service.unwrap().status.as_deref(), Some("DRAINING"));
    let inactive = |service: &api::Service| service.status.as_deref() == Some("INACTIVE");
    harness.until_service("web", inactive).await;
    assert_eq!(harness.tasks_of("web").await.len(), 0);
    let list = api::ListServicesRequest::default();
    let listed = harness.ecs.list_services(&call(), list).await.unwrap();
    assert_eq!(listed.service_arns.unwrap(), Vec::<String>::new());
    // The name may be used again.
    harness.create_service(request(1)).await.unwrap();
    harness.stable("web").await;
}

#[tokio::test]
async fn creation_is_idempotent() {
    let (harness, _robot) = started(1).await;
    let again = harness.create_service(request(1)).await.unwrap();
    assert_eq!(again.deployments.unwrap().len(), 1);
    let differs = harness.create_service(request(2)).await.unwrap_err();
    assert_eq!(differs.message, "Creation of service was not idempotent.");
}

#[tokio::test]
async fn a_deployment_whose_tasks_fail_to_start_is_rolled_back() {
    let (harness, robot) = started(2).await;
    let before = harness.service("web").await.deployments.unwrap().remove(0);
    harness.define(definition("bad")).await;
    robot.fate("bad", Fate::FailsToStart);
    let breaker = json!({"enable": true, "rollback": true});
    let update = json!({"service": "web", "taskDefinition": "bad",
        "deploymentConfiguration": {"deploymentCircuitBreaker": breaker}});
    let updated = harness.update_service(update).await.unwrap();
    let failing = updated.deployments.unwrap().remove(0).id.unwrap();
    let arn = updated.current_service_deployment.unwrap();
    let back = |service: &api::Service| {
        let deployments = service.deployments.as_ref().unwrap();
        deployments[0].id == before.id
            && deployments.len() == 1
            && deployments[0].rollout_state.as_deref() == Some("COMPLETED")
    };
    let service = harness.until_service("web", back).await;
    let said = messages(&service);
    let failed =
        format!("(service web) (deployment {failing}) deployment failed: tasks failed to start.");
    assert!(said.contains(&failed), "{said:#?}");
    let id = before.id.clone().unwrap();
    let rolling = format!("(service web) rolling back to deployment {id}.");
    assert!(said.contains(&rolling));
    assert_eq!(service.running_count, Some(2));
    let input = decode(
        "DescribeServiceDeployments",
        json!({"serviceDeploymentArns": [arn]}),
    );
    let described = harness
        .ecs
        .describe_service_deployments(&call(), input)
        .await
        .unwrap();
    let described = described.service_deployments.unwrap().remove(0);
    assert_eq!(described.status.as_deref(), Some("ROLLBACK_SUCCESSFUL"));
    let breaker = described.deployment_circuit_breaker.unwrap();
    assert_eq!(breaker.status.as_deref(), Some("TRIGGERED"));
    assert_eq!(breaker.threshold, Some(3));
    assert!(breaker.failure_count >= Some(3), "two fail at a time");
}

#[tokio::test]
async fn tasks_that_exit_at_once_trip_the_breaker_too() {
    let harness = Harness::with_cluster().await;
    let robot = Robot::join(&harness).await;
    harness.define(definition("web")).await;
    robot.fate("web", Fate::Exits(1));
    let mut wanted = request(1);
    wanted["deploymentConfiguration"] = json!({"deploymentCircuitBreaker":
        {"enable": true, "rollback": true, "thresholdConfiguration": {"type": "COUNT", "value": 2}}});
    harness.create_service(wanted).await.unwrap();
    let failed = |service: &api::Service| {
        let deployment = &service.deployments.as_ref().unwrap()[0];
        deployment.rollout_state.as_deref() == Some("FAILED")
    };
    let service = harness.until_service("web", failed).await;
    let deployment = service.deployments.unwrap().remove(0);
    assert_eq!(deployment.failed_tasks, Some(2));
    assert_eq!(
        deployment.rollout_state_reason.as_deref(),
        Some(
            "ECS deployment circuit breaker: tasks failed to start. 2 tasks failed, the last one: \
             Essential container in task exited (container web: exit code 1)."
        )
    );
    assert_eq!(robot.told.lock().len(), 2, "nothing more is started");
}

#[tokio::test]
async fn what_cannot_be_is_refused_in_words() {
    let (harness, _robot) = started(1).await;
    let check = async |change: Value, wanted: &str| {
        let mut request = request(1);
        request["serviceName"] = json!("other");
        for (name, value) in change.as_object().unwrap() {
            request[name] = value.clone();
        }
        let refused = harness.create_service(request).await.unwrap_err();
        assert_eq!(refused.message, wanted);
    };
    check(
        json!({"taskDefinition": "nothing"}),
        "TaskDefinition not found.",
    )
    .await;
    check(
        json!({"placementStrategy": [{"type": "random"}]}),
        "Placement strategies are not supported with FARGATE launch type.",
    )
    .await;
    check(
        json!({"healthCheckGracePeriodSeconds": 5}),
        "Health check grace period is only valid for services configured to use load balancers",
    )
    .await;
    check(
        json!({"deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 100}}),
        "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.",
    )
    .await;
    check(
        json!({"deploymentController": {"type": "CODE_DEPLOY"}}),
        "The deployment controller CODE_DEPLOY is not supported by this version of wharf.",
    )
    .await;
    check(
        json!({"monitoring": {"metricConfigurations": [
            {"metricNames": ["CPUUtilization"], "resolutionSeconds": 30}]}}),
        "resolutionSeconds must be 20 or 60.",
    )
    .await;
    let random = json!([{"type": "random"}]);
    let daemon = json!({"family": "agent",
        "containerDefinitions": [{"name": "agent", "image": "busybox", "memory": 64}]});
    harness.define(daemon).await;
    let daemon = |name: &str| {
        json!({"serviceName": name, "taskDefinition": "agent", "schedulingStrategy": "DAEMON",
            "launchType": "EC2"})
    };
    let mut placed = daemon("placed");
    placed["placementStrategy"] = random.clone();
    let of_daemons = "Placement strategies are not supported with the DAEMON scheduling strategy.";
    let refused = harness.create_service(placed).await.unwrap_err();
    assert_eq!(refused.message, of_daemons);
    harness.create_service(daemon("agent")).await.unwrap();
    // The same, where no deployment is started.
    for (update, wanted) in [
        (
            json!({"service": "agent", "placementStrategy": random}),
            of_daemons,
        ),
        (
            json!({"service": "web", "placementStrategy": random,
                "availabilityZoneRebalancing": "DISABLED"}),
            "Placement strategies are not supported with FARGATE launch type.",
        ),
        (
            json!({"service": "web", "healthCheckGracePeriodSeconds": 5}),
            "Health check grace period is only valid for services configured to use load balancers",
        ),
    ] {
        let refused = harness.update_service(update).await.unwrap_err();
        assert_eq!(refused.message, wanted);
    }
    let sound =
        json!({"service": "web", "healthCheckGracePeriodSeconds": 0, "placementStrategy": []});
    harness.update_service(sound).await.unwrap();
    let update = json!({"service": "nothing", "desiredCount": 1});
    let missing = harness.update_service(update).await.unwrap_err();
    assert_eq!(missing.message, "Service not found.");
}

#[tokio::test]
async fn a_protected_task_outlives_scale_in() {
    let (harness, _robot) = started(3).await;
    let protected = harness.tasks_of("web").await[2].task_arn.clone().unwrap();
    let input = json!({"tasks": [protected], "protectionEnabled": true, "expiresInMinutes": 5});
    let input = decode("UpdateTaskProtection", input);
    let answer = harness
        .ecs
        .update_task_protection(&call(), input)
        .await
        .unwrap();
    assert!(answer.protected_tasks.unwrap()[0].expiration_date.is_some());
    harness
        .update_service(json!({"service": "web", "desiredCount": 1}))
        .await
        .unwrap();
    harness.stable("web").await;
    let left = harness.tasks_of("web").await;
    assert_eq!(left[0].task_arn.as_ref(), Some(&protected));
}

#[tokio::test]
async fn a_service_goes_on_after_a_restart() {
    let (mut harness, robot) = started(2).await;
    harness.restart();
    harness
        .update_service(json!({"service": "web", "desiredCount": 1}))
        .await
        .unwrap();
    let one = |service: &api::Service| service.running_count == Some(1);
    harness.until_service("web", one).await;
    drop(robot);
}
