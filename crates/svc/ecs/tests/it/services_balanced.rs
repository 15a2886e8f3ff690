//! Services behind a target group: register, healthy, count, stop the old: deregister, drained, stop.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wharf_api_ecs as api;
use wharf_testkit::ecs::Robot;

use crate::{balancers::GROUP, harness::Harness};

fn definition() -> Value {
    json!({
        "family": "web", "networkMode": "awsvpc", "cpu": "256", "memory": "512",
        "requiresCompatibilities": ["FARGATE"],
        "containerDefinitions": [{"name": "web", "image": "busybox",
            "portMappings": [{"containerPort": 80}]}],
    })
}

fn request(balancer: Value) -> Value {
    json!({
        "serviceName": "web", "taskDefinition": "web", "desiredCount": 1, "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-a"]}},
        "loadBalancers": [balancer],
    })
}

fn balancer() -> Value {
    json!({"targetGroupArn": GROUP, "containerName": "web", "containerPort": 80})
}

async fn cluster() -> (Harness, Robot) {
    let harness = Harness::with_cluster().await;
    let robot = Robot::join(&harness).await;
    harness.define(definition()).await;
    (harness, robot)
}

#[tokio::test]
async fn target_groups_are_checked() {
    let (harness, _robot) = cluster().await;
    let check = async |change: Value, wanted: String| {
        let mut given = balancer();
        for (name, value) in change.as_object().unwrap() {
            given[name] = value.clone();
        }
        let refused = harness.create_service(request(given)).await.unwrap_err();
        assert_eq!(refused.message, wanted);
    };
    check(
        json!({"containerName": "db"}),
        "The container db does not exist in the task definition.".to_owned(),
    )
    .await;
    check(
        json!({"containerPort": 81}),
        "The container web did not have a container port 81 defined.".to_owned(),
    )
    .await;
    let alone = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/alone/1";
    check(
        json!({"targetGroupArn": alone}),
        format!("The target group with targetGroupArn {alone} does not have an associated load balancer."),
    )
    .await;
    let wrong = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/instances/1";
    check(
        json!({"targetGroupArn": wrong}),
        format!(
            "The provided target group {wrong} has target type instance, which is incompatible with \
             the awsvpc network mode specified in the task definition."
        ),
    )
    .await;
}

#[tokio::test]
async fn the_old_task_serves_until_the_new_one_is_healthy_and_it_is_drained() {
    let (harness, robot) = cluster().await;
    harness.create_service(request(balancer())).await.unwrap();
    harness.stable("web").await;
    let old = harness.tasks_of("web").await.remove(0).task_arn.unwrap();
    assert_eq!(harness.elbv2.targets().len(), 1);

    *harness.elbv2.first.lock().unwrap() = "initial".to_owned();
    *harness.elbv2.slow_drain.lock().unwrap() = true;
    harness.define(definition()).await;
    harness
        .update_service(json!({"service": "web", "taskDefinition": "web"}))
        .await
        .unwrap();
    let both = |service: &wharf_api_ecs::Service| service.running_count == Some(2);
    harness.until_service("web", both).await;
    let registered = async || loop {
        if harness.elbv2.targets().len() == 2 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    registered().await;
    let task = harness.describe(&old).await;
    assert_eq!(
        task.desired_status.as_deref(),
        Some("RUNNING"),
        "the new one is not healthy yet"
    );

    harness.elbv2.turn("initial", "healthy");
    let draining = harness.until(&old, "DEACTIVATING").await;
    assert_eq!(draining.desired_status.as_deref(), Some("STOPPED"));
    let states = async || loop {
        let mut states: Vec<String> = harness
            .elbv2
            .targets()
            .into_iter()
            .map(|(_, state)| state)
            .collect();
        states.sort();
        if states == ["draining", "healthy"] {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    states().await;
    assert!(
        robot.stopped.lock().is_empty(),
        "connections are still under way"
    );
    harness.elbv2.drain();
    harness.until(&old, "STOPPED").await;
    let service = harness.stable("web").await;
    let said: Vec<String> = service
        .events
        .unwrap()
        .into_iter()
        .map(|event| event.message.unwrap())
        .collect();
    for wanted in [
        format!("(service web) registered 1 targets in (target-group {GROUP})"),
        format!("(service web) deregistered 1 targets in (target-group {GROUP})"),
    ] {
        assert!(said.contains(&wanted), "{said:#?}");
    }
    assert!(
        said.iter()
            .any(|text| text.ends_with("has begun draining connections on 1 tasks."))
    );
}

#[tokio::test]
async fn an_unhealthy_target_is_replaced_and_a_dead_one_deregistered() {
    let (harness, robot) = cluster().await;
    harness.create_service(request(balancer())).await.unwrap();
    harness.stable("web").await;
    let first = harness.tasks_of("web").await.remove(0).task_arn.unwrap();
    harness.elbv2.turn("healthy", "unhealthy");
    let stopped = harness.until(&first, "STOPPED").await;
    assert_eq!(
        stopped.stopped_reason,
        Some(format!(
            "Task failed ELB health checks in (target-group {GROUP})"
        ))
    );
    harness.stable("web").await;
    let second = harness.tasks_of("web").await.remove(0).task_arn.unwrap();
    robot.end(&second, "web", 1).await;
    harness.until(&second, "STOPPED").await;
    // It is replaced at once; two rounds of failures are to be outlived before that counts.
    let another = |service: &wharf_api_ecs::Service| {
        let failed = service.deployments.as_ref().unwrap()[0].failed_tasks;
        (failed, service.running_count, service.pending_count) == (Some(2), Some(0), Some(1))
    };
    harness.until_service("web", another).await;
    let healthy = async || loop {
        if harness.elbv2.targets().len() == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    healthy().await;
}

/// The task that failed still runs, and does not count: the zone that it leaves would have none.
#[tokio::test]
async fn the_zone_of_an_unhealthy_target_gets_the_task_in_its_place() {
    let (harness, _robot) = cluster().await;
    let mut two = request(balancer());
    two["desiredCount"] = json!(2);
    two["networkConfiguration"]["awsvpcConfiguration"]["subnets"] = json!(["subnet-a", "subnet-b"]);
    harness.create_service(two).await.unwrap();
    harness.stable("web").await;
    let zones = |tasks: &[api::Task]| {
        let zones = tasks.iter().map(|it| it.availability_zone.clone());
        zones.collect::<BTreeSet<_>>()
    };
    let before = harness.tasks_of("web").await;
    assert_eq!(zones(&before).len(), 2);
    // Of zones with as many tasks the first would be taken.
    let in_b = |it: &&api::Task| it.availability_zone.as_deref() == Some("us-east-1b");
    let victim = before.iter().find(in_b).unwrap().clone();
    let interfaces = victim.containers.unwrap()[0].network_interfaces.clone();
    let address = interfaces.unwrap()[0].private_ipv4_address.clone();
    let target = (GROUP.to_owned(), address.unwrap(), 80);
    harness.elbv2.turn_one(&target, "healthy", "unhealthy");
    harness.until(&victim.task_arn.unwrap(), "STOPPED").await;
    let after = harness.tasks_of("web").await;
    assert_eq!((after.len(), zones(&after)), (2, zones(&before)));
}

#[tokio::test]
async fn targets_that_are_refused_hold_up_nothing_else() {
    let (harness, _robot) = cluster().await;
    *harness.elbv2.refuses.lock().unwrap() = true;
    harness.create_service(request(balancer())).await.unwrap();
    let text = format!(
        "(service web) failed to register targets in (target-group {GROUP}) with (error not running)"
    );
    let times = |service: &wharf_api_ecs::Service| {
        let events = service.events.iter().flatten();
        let said = events.filter(|event| event.message.as_ref() == Some(&text));
        said.count()
    };
    let service = harness.until_service("web", |it| times(it) > 0).await;
    assert_eq!(times(&service), 1);
    let task = harness.tasks_of("web").await.remove(0).task_arn.unwrap();
    harness.until(&task, "RUNNING").await;

    let update = json!({"service": "web", "desiredCount": 0});
    harness.update_service(update).await.unwrap();
    harness.until(&task, "STOPPED").await;

    let update = json!({"service": "web", "desiredCount": 1});
    harness.update_service(update).await.unwrap();
    *harness.elbv2.refuses.lock().unwrap() = false;
    let service = harness.stable("web").await;
    assert_eq!(times(&service), 1, "a cause is told once");
}
