//! What users do meanwhile. Calls that fail may have been done or not.

use std::{ops::Range, sync::Arc, time::Duration};

use rand::{Rng, rngs::SmallRng};
use serde_json::{Value, json};
use tokio::time::sleep;
use wharf_api_ecs::{self as api, Ecs};
use wharf_testkit::ecs::decode;
use wharf_wire::Fault;

use super::Storm;
use crate::balancers::GROUP;

pub const SERVICES: [&str; 5] = ["plain", "balanced", "bridge", "ports", "daemon"];

/// Those whose tasks are moved across zones, by default: of the others one has no room for that, and one is a DAEMON.
pub const REBALANCED: [&str; 3] = ["plain", "balanced", "ports"];

/// The image of tasks that cannot start, and how that of tasks begins that exit after so many
/// milliseconds.
pub const NEVER_STARTS: &str = "never";
pub const CRASHES: &str = "crashes:";

/// How the families of such definitions end.
const BAD: &str = "-bad";

/// Port of a machine that the tasks of a service take; none where each has its own interface.
fn port(service: &str) -> Option<u16> {
    match service {
        "bridge" => Some(0),
        "ports" => Some(9090),
        "daemon" => Some(8080),
        _ => None,
    }
}

/// As many tasks as somebody may want of a service: so few that each machine keeps room for the one of a DAEMON.
fn counts(service: &str) -> Range<u32> {
    match service {
        // There is room for one on each machine, of which some are emptied.
        "ports" => 1..4,
        // With half of them as the minimum and no more than all, one alone is never replaced.
        "bridge" => 2..12,
        // A bad release of nothing would be complete.
        _ if has_breaker(service) => 1..12,
        _ => 0..12,
    }
}

/// Circuit breakers watch what has a way back.
fn has_breaker(service: &str) -> bool {
    port(service).is_none()
}

async fn define(storm: &Storm, service: &str, image: &str) -> Result<String, Fault> {
    let bad = if image == "busybox" { "" } else { BAD };
    let port = port(service);
    let definition = json!({
        "family": format!("{service}{bad}"), "cpu": "256", "memory": "512",
        "networkMode": if port.is_none() { "awsvpc" } else { "bridge" },
        "requiresCompatibilities": [if port.is_none() { "FARGATE" } else { "EC2" }],
        "containerDefinitions": [{"name": "web", "image": image,
            "portMappings": [{"containerPort": 80, "hostPort": port.unwrap_or(80)}]}],
    });
    let input = decode("RegisterTaskDefinition", definition);
    let call = storm.call();
    let defined = storm.ecs.register_task_definition(&call, input).await?;
    let defined = defined
        .task_definition
        .and_then(|it| it.task_definition_arn);
    Ok(defined.expect("a definition has an ARN"))
}

/// While nothing goes wrong yet.
pub async fn create(storm: &Storm, service: &str) {
    define(storm, service, "busybox").await.unwrap();
    let mut request = json!({"serviceName": service, "taskDefinition": service});
    match service {
        "plain" | "balanced" => {
            request["launchType"] = json!("FARGATE");
            request["desiredCount"] = json!(10);
            request["networkConfiguration"] = json!({"awsvpcConfiguration":
                {"subnets": storm.subnets}});
        }
        "daemon" => request["schedulingStrategy"] = json!("DAEMON"),
        "ports" => request["desiredCount"] = json!(3),
        _ => request["desiredCount"] = json!(8),
    }
    let mut configuration = json!({});
    match service {
        "bridge" => configuration = json!({"minimumHealthyPercent": 50, "maximumPercent": 100}),
        "daemon" => configuration = json!({"minimumHealthyPercent": 50}),
        _ => {}
    }
    if has_breaker(service) {
        configuration["deploymentCircuitBreaker"] = json!({"enable": true, "rollback": true});
    }
    request["deploymentConfiguration"] = configuration;
    if service == "balanced" {
        request["loadBalancers"] = json!([{"targetGroupArn": GROUP, "containerName": "web",
            "containerPort": 80}]);
    }
    let input = decode("CreateService", request);
    let call = storm.call();
    let created = storm.ecs.create_service(&call, input);
    created.await.unwrap();
}

pub async fn change_minds(storm: Arc<Storm>) {
    let mut random = storm.random();
    while !storm.is_calm() {
        sleep(Duration::from_secs(random.random_range(3..30))).await;
        let name = SERVICES[random.random_range(0..SERVICES.len())];
        let _ = change(&storm, name, &mut random).await;
        if random.random_bool(0.3) {
            let _ = stop_one(&storm, &mut random).await;
        }
        if random.random_bool(0.2) {
            let _ = drain_one(&storm, &mut random).await;
        }
    }
}

async fn change(storm: &Storm, name: &str, random: &mut SmallRng) -> Result<(), Fault> {
    let service = describe(storm, name).await?;
    // Somebody waits what becomes of that.
    let on_trial = is_bad(&service);
    let replica = name != "daemon";
    let change = match random.random_range(0..6) {
        0 | 1 if replica => json!({"desiredCount": random.random_range(counts(name))}),
        _ if on_trial => return Ok(()),
        2 | 3 if has_breaker(name) && is_complete(&service) => {
            let life = random.random_range(100..12_000);
            // What has health checks may pass them before it crashes; a breaker bears that.
            let image = match random.random_bool(0.5) && name != "balanced" {
                true => format!("{CRASHES}{life}"),
                false => NEVER_STARTS.to_owned(),
            };
            json!({"taskDefinition": define(storm, name, &image).await?})
        }
        4 => json!({"taskDefinition": define(storm, name, "busybox").await?}),
        _ => json!({"forceNewDeployment": true}),
    };
    update(storm, name, change).await
}

async fn describe(storm: &Storm, name: &str) -> Result<api::Service, Fault> {
    let input = decode("DescribeServices", json!({"services": [name]}));
    let described = storm.ecs.describe_services(&storm.call(), input).await?;
    Ok(described.services.unwrap_or_default().remove(0))
}

/// Whether its tasks are to be of a bad definition.
pub fn is_bad(service: &api::Service) -> bool {
    let definition = service.task_definition.as_deref().unwrap_or_default();
    definition.contains(BAD)
}

pub fn is_complete(service: &api::Service) -> bool {
    let deployments = service.deployments.as_deref().unwrap_or_default();
    deployments.len() == 1 && deployments[0].rollout_state.as_deref() == Some("COMPLETED")
}

async fn update(storm: &Storm, service: &str, mut change: Value) -> Result<(), Fault> {
    change["service"] = json!(service);
    let input = decode("UpdateService", change);
    let updated = storm.ecs.update_service(&storm.call(), input).await;
    updated.map(|_| ())
}

async fn stop_one(storm: &Storm, random: &mut SmallRng) -> Result<(), Fault> {
    let input = api::ListTasksRequest::default();
    let listed = storm.ecs.list_tasks(&storm.call(), input).await?;
    let tasks = listed.task_arns.unwrap_or_default();
    if tasks.is_empty() {
        return Ok(());
    }
    let task = tasks[random.random_range(0..tasks.len())].clone();
    let input = decode("StopTask", json!({"task": task}));
    storm.ecs.stop_task(&storm.call(), input).await.map(|_| ())
}

/// Two machines are emptied now and then, and taken into use again.
async fn drain_one(storm: &Storm, random: &mut SmallRng) -> Result<(), Fault> {
    let machine = machines(storm)[random.random_range(0..2)].clone();
    let status = ["DRAINING", "ACTIVE"][random.random_range(0..2)];
    set_status(storm, &[machine], status).await
}

fn machines(storm: &Storm) -> Vec<String> {
    storm.machines.lock().unwrap().keys().cloned().collect()
}

async fn set_status(storm: &Storm, machines: &[String], status: &str) -> Result<(), Fault> {
    let change = json!({"containerInstances": machines, "status": status});
    let input = decode("UpdateContainerInstancesState", change);
    let call = storm.call();
    let changed = storm.ecs.update_container_instances_state(&call, input);
    changed.await.map(|_| ())
}

/// All machines are used again.
pub async fn tidy_up(storm: &Storm) {
    let machines = machines(storm);
    set_status(storm, &machines, "ACTIVE").await.unwrap();
}

/// Where a breaker found nothing to go back to, somebody deploys again.
pub async fn try_again(storm: &Storm) {
    for name in SERVICES {
        let service = describe(storm, name).await.unwrap();
        let deployments = service.deployments.as_deref().unwrap_or_default();
        let primary = deployments
            .first()
            .and_then(|it| it.rollout_state.as_deref());
        if primary == Some("FAILED") {
            let definition = define(storm, name, "busybox").await.unwrap();
            let change = json!({"taskDefinition": definition});
            update(storm, name, change).await.unwrap();
        }
    }
}
