//! What users do, and the loads of their services. Calls that fail may have been done or not.

use std::{collections::BTreeMap, sync::atomic::Ordering, time::Duration};

use serde_json::{Value, json};
use wharf_base::public_images::PublicImage;
use wharf_series::{Metric, Sample, Summary, Tier};
use wharf_wire::Fault;

use crate::{
    plan::{MOST_TASKS, REGION, Service},
    set_up::target,
    world::World,
};

/// Others, who want instances On-Demand at times, ever more until Spot capacity is taken back for them.
const GREEDY: [&str; 6] = [
    "000000000091",
    "000000000092",
    "000000000093",
    "000000000094",
    "000000000095",
    "000000000096",
];
/// Looks between two calls for more.
const PATIENCE_OF_THE_GREEDY: usize = 24;

/// When they do.
#[derive(Clone, Copy)]
struct Greed {
    /// Looks of the storm.
    from: usize,
    to: usize,
    zones: &'static [&'static str],
    /// In each zone, for every ten services, for which a zone has hosts for some thirteen.
    instances: u32,
}

/// All the Spot capacity of a zone is taken back, and later that of all zones at once.
const GREED: [Greed; 2] = [
    Greed {
        from: 160,
        to: 200,
        zones: &["a"],
        instances: 30,
    },
    Greed {
        from: 300,
        to: 345,
        zones: &["a", "b", "c"],
        instances: 15,
    },
];

/// What was measured of the services in the minute that is over, as far as it arrives.
pub async fn measure(world: &World) {
    let running = world.running();
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
    let greed = GREED.into_iter().find(|it| (it.from..it.to).contains(&now));
    match greed {
        Some(greed) => want_ever_more(world, greed, now - greed.from).await,
        None if now > GREED[0].from && now.is_multiple_of(12) => greed_ends(world).await,
        None => {}
    }
}

async fn want_ever_more(world: &World, greed: Greed, since: usize) {
    let interrupted = world.interrupted.lock().len();
    if since == 0 {
        let before = &world.interrupted_before;
        before.store(interrupted, Ordering::Relaxed);
    }
    let is_served = interrupted > world.interrupted_before.load(Ordering::Relaxed);
    if is_served || !since.is_multiple_of(PATIENCE_OF_THE_GREEDY) {
        return;
    }
    let services = u32::try_from(world.plan.services.len()).unwrap();
    let calls = (services * greed.instances).div_ceil(10 * 20);
    for zone in greed.zones {
        for (_, account) in (0..calls).zip(GREEDY.into_iter().cycle()) {
            let input = json!({
                "ImageId": PublicImage::for_ecs(REGION).id, "InstanceType": "t3.nano",
                "MinCount": 1, "MaxCount": 20,
                "Placement": {"AvailabilityZone": format!("{REGION}{zone}")},
            });
            let _ = world.call(account, ("ec2", "RunInstances"), input).await;
        }
    }
}

async fn greed_ends(world: &World) {
    for account in GREEDY {
        let all = instances(world, account).await.unwrap_or_default();
        for some in all.chunks(100) {
            let ids: Vec<&String> = some.iter().map(|it| &it.0).collect();
            let input = json!({"InstanceIds": ids});
            let _ = world
                .call(account, ("ec2", "TerminateInstances"), input)
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
    world.recovered.store(false, Ordering::Relaxed);
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
