//! What users do, and the loads of their services. Calls that fail may have been done or not.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use wharf_base::public_images::PublicImage;
use wharf_series::{Metric, Sample, Summary, Tier};
use wharf_wire::Fault;

use crate::{
    agent::Stage,
    plan::{MOST_TASKS, REGION, Service},
    set_up::target,
    world::World,
};

/// Somebody who wants instances On-Demand for a while, ever more until Spot capacity is taken back for them.
const GREEDY: &str = "000000000099";
/// From which look of the storm, and for how many.
const GREED: (usize, usize) = (100, 80);
/// Looks between two calls for more.
const PATIENCE_OF_THE_GREEDY: usize = 24;

/// What was measured of the services in the minute that is over, as far as it arrives.
pub async fn measure(world: &World) {
    let mut running: BTreeMap<String, u32> = BTreeMap::new();
    let all: Vec<_> = world.tasks.lock().values().cloned().collect();
    for tasks in all {
        for run in tasks.lock().values().filter(|it| it.stage == Stage::Runs) {
            *running.entry(run.family.clone()).or_default() += 1;
        }
    }
    let at = world.clock.truth().millis() / 60_000 * 60 - 60;
    let mut samples: BTreeMap<&str, Vec<Sample>> = BTreeMap::new();
    for service in world.plan.services.iter().filter(|it| it.is_tracked()) {
        if world.chance(20.0) {
            continue;
        }
        let wanted = world.wanted.lock()[&service.name];
        let share = match wanted {
            0 => 0.0,
            wanted => {
                service.load(wanted) / f64::from(running.get(&service.name).copied().unwrap_or(1))
            }
        };
        let metric = Metric {
            account: service.account.to_owned(),
            region: REGION.to_owned(),
            namespace: "AWS/ECS".to_owned(),
            name: "CPUUtilization".to_owned(),
            dimensions: vec![
                ("ClusterName".to_owned(), service.cluster.clone()),
                ("ServiceName".to_owned(), service.name.clone()),
            ],
        };
        samples.entry(service.account).or_default().push(Sample {
            key: metric.key("Percent").unwrap(),
            tier: Tier::Minute,
            at,
            summary: Summary::one(share),
        });
    }
    for (account, samples) in samples {
        world.measured(account, samples).await;
    }
}

pub async fn change_minds(world: &World) {
    for service in &world.plan.services {
        if world.chance(0.3) {
            let tasks = u32::try_from(world.between(1, u64::from(MOST_TASKS))).unwrap();
            want(world, service, tasks).await;
        }
        if world.chance(0.1) {
            let _ = update(world, service, json!({"forceNewDeployment": true})).await;
        }
        if world.chance(0.1) {
            let _ = stop_one(world, service).await;
        }
        if world.chance(0.05) {
            let _ = end_one(world, service).await;
        }
    }
    let Some(now) = world.in_storm() else { return };
    let greedy = (GREED.0..GREED.0 + GREED.1).contains(&now);
    let asks = (now - GREED.0.min(now)).is_multiple_of(PATIENCE_OF_THE_GREEDY);
    if greedy && asks && world.interrupted.lock().is_empty() {
        let all = u32::try_from(world.plan.services.len()).unwrap() * 3;
        for _ in 0..all.div_ceil(20) {
            let input = json!({
                "ImageId": PublicImage::for_ecs(REGION).id, "InstanceType": "t3.nano",
                "MinCount": 1, "MaxCount": 20,
            });
            let _ = world.call(GREEDY, ("ec2", "RunInstances"), input).await;
        }
    }
    if now >= GREED.0 + GREED.1 && now.is_multiple_of(12) {
        greed_ends(world).await;
    }
}

async fn greed_ends(world: &World) {
    if let Ok(all) = instances(world, GREEDY).await {
        let ids: Vec<&String> = all.iter().map(|it| &it.0).collect();
        if !ids.is_empty() {
            let input = json!({"InstanceIds": ids});
            let _ = world
                .call(GREEDY, ("ec2", "TerminateInstances"), input)
                .await;
        }
    }
}

/// Instances that have not ended, with their states.
pub async fn instances(world: &World, account: &str) -> Result<Vec<(String, String)>, Fault> {
    let mut found = Vec::new();
    for page in world
        .pages(
            account,
            ("ec2", "DescribeInstances"),
            json!({"MaxResults": 1000}),
        )
        .await?
    {
        let all = page["Reservations"].as_array().into_iter().flatten();
        let all = all.flat_map(|it| it["Instances"].as_array().into_iter().flatten());
        let shown = all.map(|it| {
            let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
            (text(&it["InstanceId"]), text(&it["State"]["Name"]))
        });
        found.extend(shown.filter(|it| it.1 != "terminated"));
    }
    Ok(found)
}

async fn want(world: &World, service: &Service, tasks: u32) {
    world.wanted.lock().insert(service.name.clone(), tasks);
    if !service.is_tracked() {
        let _ = update(world, service, json!({"desiredCount": tasks})).await;
    }
}

async fn update(world: &World, service: &Service, mut change: Value) -> Result<Value, Fault> {
    change["cluster"] = json!(service.cluster);
    change["service"] = json!(service.name);
    world
        .call(service.account, ("ecs", "UpdateService"), change)
        .await
}

async fn stop_one(world: &World, service: &Service) -> Result<(), Fault> {
    let input = json!({"cluster": service.cluster, "serviceName": service.name});
    let listed = world
        .call(service.account, ("ecs", "ListTasks"), input)
        .await?;
    if let Some(task) = listed["taskArns"].as_array().and_then(|it| it.first()) {
        let input = json!({"cluster": service.cluster, "task": task});
        world
            .call(service.account, ("ecs", "StopTask"), input)
            .await?;
    }
    Ok(())
}

/// An instance of the service's cluster, whatever runs there.
async fn end_one(world: &World, service: &Service) -> Result<(), Fault> {
    let input = json!({"AutoScalingGroupNames": [format!("{}-steady", service.cluster)]});
    let found = world.call(
        service.account,
        ("autoscaling", "DescribeAutoScalingGroups"),
        input,
    );
    let found = found.await?;
    let instance = &found["AutoScalingGroups"][0]["Instances"][0]["InstanceId"];
    if let Some(id) = instance.as_str() {
        world.ended_by_users.lock().insert(id.to_owned());
        let input = json!({"InstanceIds": [id]});
        world
            .call(service.account, ("ec2", "TerminateInstances"), input)
            .await?;
    }
    Ok(())
}

/// Everybody wants what was planned.
pub async fn come_to_rest(world: &World) {
    greed_ends(world).await;
    for service in &world.plan.services {
        world
            .wanted
            .lock()
            .insert(service.name.clone(), service.tasks);
        if !service.is_tracked() {
            update(world, service, json!({"desiredCount": service.tasks}))
                .await
                .unwrap();
        }
    }
}

/// Nobody wants anything.
pub async fn want_nothing(world: &World) {
    for service in &world.plan.services {
        world.wanted.lock().insert(service.name.clone(), 0);
        if service.is_tracked() {
            let mut input = target(service, 0, 0);
            for bound in ["MinCapacity", "MaxCapacity"] {
                input.as_object_mut().unwrap().remove(bound);
            }
            let operation = ("application-autoscaling", "DeregisterScalableTarget");
            world.call(service.account, operation, input).await.unwrap();
            // What it began is over.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        update(world, service, json!({"desiredCount": 0}))
            .await
            .unwrap();
    }
}
