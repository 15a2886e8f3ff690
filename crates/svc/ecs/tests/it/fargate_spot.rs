//! Tasks of FARGATE_SPOT give up their room to those that are not Spot. A host has 2048 CPU units and 4096 MiB.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use serde_json::{Value, json};
use wharf_api_ecs::{self as api, Ecs};
use wharf_base::{Clock, Permit, SystemClock, Timestamp};
use wharf_hosts::{Claimant, Need};
use wharf_records::{
    Record, Scope,
    ecs::Task,
    encode,
    hosts::{Claim, Ledger},
};
use wharf_store::{Range, Txn};
use wharf_testkit::{
    ACCOUNT, REGION,
    ecs::{Agent, Robot, registration},
    until,
};
use wharf_vended::{Counters, Look, Minute};

use crate::{
    balancers::GROUP,
    harness::{Harness, call, context, decode},
};

fn sized(family: &str, cpu: u32) -> Value {
    json!({
        "family": family, "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
        "cpu": cpu.to_string(), "memory": (cpu * 2).to_string(),
        "containerDefinitions": [{"name": "web", "image": "busybox", "portMappings": [{"containerPort": 80}]}],
    })
}

fn network() -> Value {
    json!({"awsvpcConfiguration": {"subnets": ["subnet-a"]}})
}

/// A request for tasks of a provider.
fn of(provider: &str, family: &str, count: u32) -> Value {
    json!({"taskDefinition": family, "count": count, "networkConfiguration": network(),
        "capacityProviderStrategy": [{"capacityProvider": provider, "weight": 1}]})
}

fn spot(family: &str, count: u32) -> Value {
    of("FARGATE_SPOT", family, count)
}

fn on_demand(family: &str, count: u32) -> Value {
    json!({"taskDefinition": family, "count": count, "networkConfiguration": network(), "launchType": "FARGATE"})
}

fn service(name: &str, request: Value) -> Value {
    let mut request = request;
    request["serviceName"] = json!(name);
    request["desiredCount"] = request["count"].take();
    request.as_object_mut().unwrap().remove("count");
    request
}

async fn cluster() -> Harness {
    let harness = Harness::with_cluster().await;
    let providers = json!({"cluster": "default", "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "defaultCapacityProviderStrategy": []});
    let input = decode("PutClusterCapacityProviders", providers);
    harness
        .ecs
        .put_cluster_capacity_providers(&call(), input)
        .await
        .unwrap();
    for (family, cpu) in [("small", 256), ("half", 1024), ("whole", 2048)] {
        harness.define(sized(family, cpu)).await;
    }
    harness
}

async fn run(harness: &Harness, request: Value) -> Vec<String> {
    let ran = harness.run(request).await.unwrap();
    assert_eq!(ran.failures.unwrap(), []);
    let arns = ran.tasks.unwrap().into_iter();
    arns.map(|task| task.task_arn.unwrap()).collect()
}

/// How many of those tasks were interrupted.
async fn interrupted(harness: &Harness, tasks: &[String]) -> usize {
    let mut all = 0;
    for task in tasks {
        let code = harness.describe(task).await.stop_code;
        all += usize::from(code.as_deref() == Some("SpotInterruption"));
    }
    all
}

#[tokio::test]
async fn a_task_that_is_not_spot_has_the_room_of_as_few_as_possible() {
    let harness = cluster().await;
    let mut agent = Agent::join(&harness, "default").await;
    let small = run(&harness, spot("small", 4)).await;
    let half = run(&harness, spot("half", 1)).await.remove(0);
    for _ in 0..5 {
        let told = agent.payload().await;
        agent.running(&harness, told["arn"].as_str().unwrap()).await;
    }
    harness.until(&half, "RUNNING").await;
    // Spot tasks take nothing from each other.
    let full = harness.run(spot("small", 1)).await.unwrap();
    let reason = full.failures.unwrap().remove(0).reason.unwrap();
    assert!(reason.starts_with("Capacity is unavailable"), "{reason}");

    let new = run(&harness, on_demand("half", 1)).await.remove(0);
    assert_eq!(interrupted(&harness, &small).await, 0);
    let warned = harness.describe(&half).await;
    assert_eq!(
        (
            warned.last_status.as_deref(),
            warned.desired_status.as_deref()
        ),
        (Some("RUNNING"), Some("STOPPED"))
    );
    assert_eq!(warned.stop_code.as_deref(), Some("SpotInterruption"));
    assert_eq!(
        warned.stopped_reason.as_deref(),
        Some("Your Spot Task was interrupted.")
    );
    // Its node hears of both, in whichever order.
    let mut payloads = [agent.payload().await, agent.payload().await];
    payloads.sort_by_key(|it| it["desiredStatus"].to_string());
    let told = payloads
        .each_ref()
        .map(|it| (it["arn"].clone(), it["desiredStatus"].clone()));
    let expected = [(&new, "RUNNING"), (&half, "STOPPED")];
    assert_eq!(told, expected.map(|(arn, it)| (json!(arn), json!(it))));
    let within = payloads.each_ref().map(|it| it["stopWithin"].as_u64());
    assert!(matches!(within, [None, Some(100..=120)]), "{within:?}");

    // Where nothing is left to take, that is said.
    run(&harness, on_demand("half", 1)).await;
    assert_eq!(interrupted(&harness, &small).await, 4);
    let full = harness.run(on_demand("small", 1)).await.unwrap();
    let failure = full.failures.unwrap().remove(0);
    assert!(
        failure
            .detail
            .unwrap()
            .contains("insufficient CPU units available")
    );
}

#[tokio::test]
async fn nobody_is_interrupted_for_what_has_no_room_anyway() {
    let harness = cluster().await;
    let _agent = Agent::join(&harness, "default").await;
    let spots = run(&harness, spot("half", 1)).await;
    run(&harness, on_demand("half", 1)).await;
    let full = harness.run(on_demand("whole", 1)).await.unwrap();
    assert_eq!(full.failures.unwrap().len(), 1);
    assert_eq!(interrupted(&harness, &spots).await, 0);
}

#[tokio::test]
async fn of_one_call_those_that_are_not_spot_come_first() {
    let harness = cluster().await;
    let _agent = Agent::join(&harness, "default").await;
    let mut both = spot("half", 4);
    both["capacityProviderStrategy"] = json!([{"capacityProvider": "FARGATE_SPOT", "weight": 1},
        {"capacityProvider": "FARGATE", "weight": 1}]);
    let ran = harness.run(both).await.unwrap();
    let providers: Vec<String> = ran
        .tasks
        .unwrap()
        .into_iter()
        .map(|it| it.capacity_provider_name.unwrap())
        .collect();
    assert_eq!(providers, ["FARGATE", "FARGATE"]);
    assert_eq!(ran.failures.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_at_once_take_no_more_than_they_need() {
    let harness = std::sync::Arc::new(cluster().await);
    let _agents = [
        Agent::join(&harness, "default").await,
        Agent::join(&harness, "default").await,
    ];
    let mut spots = run(&harness, spot("small", 10)).await;
    spots.extend(run(&harness, spot("small", 6)).await);
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..10 {
        let harness = harness.clone();
        calls.spawn(async move {
            let mut request = on_demand("small", 1);
            request["clientToken"] = json!(format!("token-{}", number % 5));
            run(&harness, request).await
        });
    }
    let mut made = calls.join_all().await;
    made.sort();
    made.dedup();
    assert_eq!(made.len(), 5);
    assert_eq!(interrupted(&harness, &spots).await, 5);
}

/// Calls that are placed in one turn do not see in ledgers what each other chose.
#[tokio::test]
async fn each_call_of_a_turn_hears_of_its_task() {
    let harness = std::sync::Arc::new(cluster().await);
    let _agent = Agent::join(&harness, "default").await;
    let spots = run(&harness, spot("small", 4)).await;
    let turn = harness.ecs.hosts().turn().await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let harness = harness.clone();
        calls.spawn(async move { run(&harness, on_demand("half", 1)).await });
    }
    until("both wait", || async { harness.ecs.hosts().queued() == 2 }).await;
    drop(turn);
    let made = calls.join_all().await;
    assert_eq!(made.concat().len(), 2);
    assert_eq!(interrupted(&harness, &spots).await, 4);
}

#[tokio::test]
async fn a_service_takes_room_and_one_of_spot_waits_until_there_is_some() {
    let harness = cluster().await;
    let _robot = Robot::join(&harness).await;
    let spots = harness.create_service(service("spots", spot("half", 2)));
    spots.await.unwrap();
    harness.stable("spots").await;
    let owned = harness.create_service(service("owned", on_demand("half", 1)));
    owned.await.unwrap();
    harness.stable("owned").await;
    let lacks = |it: &api::Service| {
        let said = it.events.iter().flatten();
        it.running_count == Some(1)
            && said
                .filter_map(|it| it.message.as_ref())
                .any(|it| it.starts_with("(service spots) was unable to place a task"))
    };
    let deployment = harness.until_service("spots", lacks).await.deployments;
    // It is no failure of its own.
    assert_eq!(deployment.unwrap()[0].failed_tasks, Some(0));
    let update = json!({"service": "owned", "desiredCount": 0});
    harness.update_service(update).await.unwrap();
    let whole = |it: &api::Service| it.running_count == Some(2);
    harness.until_service("spots", whole).await;
}

/// The task stays RUNNING for its stop timeout, in which its service looks for a further one already.
#[tokio::test]
async fn a_spot_task_of_a_service_is_replaced_by_a_spot_task() {
    let harness = cluster().await;
    let mut agent = Agent::join(&harness, "default").await;
    let mut both = spot("small", 6);
    both["capacityProviderStrategy"] = json!([{"capacityProvider": "FARGATE", "base": 2, "weight": 1},
        {"capacityProvider": "FARGATE_SPOT", "weight": 3}]);
    harness.create_service(service("both", both)).await.unwrap();
    for _ in 0..6 {
        let told = agent.payload().await;
        agent.running(&harness, told["arn"].as_str().unwrap()).await;
    }
    harness.stable("both").await;
    let tasks = harness.tasks_of("both").await.into_iter();
    let tasks: Vec<String> = tasks.map(|it| it.task_arn.unwrap()).collect();
    run(&harness, on_demand("small", 3)).await;
    let lacks = |it: &api::Service| {
        let mut said = it
            .events
            .iter()
            .flatten()
            .filter_map(|it| it.message.as_ref());
        said.any(|it| it.starts_with("(service both) was unable to place a task"))
    };
    harness.until_service("both", lacks).await;
    assert_eq!(interrupted(&harness, &tasks).await, 1);
    // Those that are to run.
    let tasks = harness.tasks_of("both").await.into_iter();
    let providers = tasks.map(|it| it.capacity_provider_name.unwrap());
    let of_spot: Vec<bool> = providers.map(|it| it == "FARGATE_SPOT").collect();
    assert_eq!(
        (of_spot.len(), of_spot.iter().filter(|it| **it).count()),
        (5, 2)
    );
}

#[tokio::test]
async fn targets_are_deregistered_and_nobody_waits_for_them() {
    let harness = cluster().await;
    let robot = Robot::join(&harness).await;
    *harness.elbv2.slow_drain.lock().unwrap() = true;
    let mut request = service("spots", spot("whole", 1));
    request["loadBalancers"] =
        json!([{"targetGroupArn": GROUP, "containerName": "web", "containerPort": 80}]);
    harness.create_service(request).await.unwrap();
    harness.stable("spots").await;
    let spots = harness.tasks_of("spots").await.remove(0).task_arn.unwrap();
    run(&harness, on_demand("small", 1)).await;
    // Its end waits for no connection: they are still under way.
    let task = harness.until(&spots, "STOPPED").await;
    assert_eq!(task.stop_code.as_deref(), Some("SpotInterruption"));
    assert_eq!(robot.stopped.lock().len(), 1);
    let targets = harness.elbv2.targets();
    let states: Vec<&str> = targets.iter().map(|(_, state)| state.as_str()).collect();
    assert_eq!(states, ["draining"]);
}

#[tokio::test]
async fn a_restart_in_the_middle_loses_nothing() {
    let mut harness = cluster().await;
    let agent = Agent::join(&harness, "default").await;
    let spots = run(&harness, spot("whole", 1)).await.remove(0);
    harness.until(&spots, "PENDING").await;
    agent.running(&harness, &spots).await;
    let new = run(&harness, on_demand("whole", 1)).await.remove(0);
    harness.until(&new, "PENDING").await;
    harness.restart();
    let mut agent = Agent::connect(&harness, "default", &agent.instance).await;
    let mut told = [agent.payload().await, agent.payload().await]
        .map(|it| (it["arn"].clone(), it["desiredStatus"].clone()));
    told.sort_by_key(|it| it.1.to_string());
    let expected = [(&new, "RUNNING"), (&spots, "STOPPED")];
    assert_eq!(told, expected.map(|(arn, it)| (json!(arn), json!(it))));
    agent.ended(&harness, &spots, 143).await;
    let task = harness.until(&spots, "STOPPED").await;
    assert_eq!(task.stop_code.as_deref(), Some("SpotInterruption"));
    let full = harness.run(on_demand("small", 1)).await.unwrap();
    assert_eq!(full.failures.unwrap().len(), 1, "the room is the new one's");
}

#[tokio::test]
async fn spot_tasks_leave_a_machine_that_is_drained() {
    let harness = cluster().await;
    let agent = Agent::join(&harness, "default").await;
    let mut spots = run(&harness, spot("small", 1)).await;
    let other = run(&harness, on_demand("small", 1)).await.remove(0);
    spots.extend(run(&harness, spot("small", 1)).await);
    for task in spots.iter().chain([&other]) {
        harness.until(task, "PENDING").await;
        agent.running(&harness, task).await;
    }
    let drain = json!({"containerInstances": [agent.instance], "status": "DRAINING"});
    let input = decode("UpdateContainerInstancesState", drain);
    harness
        .ecs
        .update_container_instances_state(&call(), input)
        .await
        .unwrap();
    until("the Spot tasks are told", || async {
        interrupted(&harness, &spots).await == 2
    })
    .await;
    // Whatever is to be done for the machine was, once a further change of it is answered.
    agent.ended(&harness, &spots[0], 143).await;
    agent.ended(&harness, &spots[1], 143).await;
    for task in &spots {
        harness.until(task, "STOPPED").await;
    }
    let task = harness.describe(&other).await;
    assert_eq!(task.desired_status.as_deref(), Some("RUNNING"));
}

/// Promises an instance so much of the first host.
fn promise(harness: &Harness, cpu: u32) -> Claimant {
    let hosts = harness.ecs.hosts();
    let host = hosts.read(|it| it.hosts().keys().next().unwrap().clone());
    let claimant = Claimant::new("instance", "i-1");
    let need = Need {
        account: String::new(),
        claimant: claimant.clone(),
        claim: Claim {
            cpu,
            ..Claim::default()
        },
        hosts: BTreeSet::from([host.clone()]),
    };
    let now = SystemClock.now();
    hosts.needs().ask(need, now);
    hosts
        .needs()
        .promise(&claimant, &host, now + Duration::from_secs(60));
    claimant
}

/// What is promised of one host keeps nobody from another.
#[tokio::test]
async fn tasks_go_to_hosts_of_which_nothing_is_promised() {
    let harness = cluster().await;
    let _agents = [
        Agent::join(&harness, "default").await,
        Agent::join(&harness, "default").await,
    ];
    promise(&harness, 2048);
    run(&harness, spot("small", 4)).await;
    let spots = harness.create_service(service("spots", spot("small", 3)));
    spots.await.unwrap();
    let whole = |it: &api::Service| it.pending_count == Some(3);
    harness.until_service("spots", whole).await;
    // Of one host all is promised, of the other there is an eighth left.
    let ran = harness.run(on_demand("half", 1)).await.unwrap();
    assert_eq!(ran.failures.unwrap(), []);
    let ran = harness.run(spot("half", 1)).await.unwrap();
    let failure = ran.failures.unwrap().remove(0);
    assert!(failure.detail.unwrap().contains("insufficient CPU units"));
}

#[tokio::test]
async fn what_was_promised_to_others_is_for_no_task() {
    let harness = cluster().await;
    let _agent = Agent::join(&harness, "default").await;
    let needs = harness.ecs.hosts().needs();
    let claimant = promise(&harness, 1024);
    let ran = harness.run(spot("half", 2)).await.unwrap();
    let tasks = ran.tasks.unwrap().into_iter();
    let spots: Vec<String> = tasks.map(|it| it.task_arn.unwrap()).collect();
    assert_eq!((spots.len(), ran.failures.unwrap().len()), (1, 1));
    // Nor for one that is not Spot: it has the room of the Spot task.
    run(&harness, on_demand("half", 1)).await;
    assert_eq!(interrupted(&harness, &spots).await, 1);
    let spots = harness.create_service(service("spots", spot("small", 1)));
    spots.await.unwrap();
    let lacks = |it: &api::Service| it.events.iter().flatten().count() > 0;
    harness.until_service("spots", lacks).await;
    assert_eq!(harness.tasks_of("spots").await.len(), 0);
    needs.served(&claimant);
    let ran = harness.run(spot("half", 1)).await.unwrap();
    assert_eq!(ran.failures.unwrap().len(), 0);
}

/// Claims of earlier versions do not say that they are Spot capacity.
#[tokio::test]
async fn tasks_of_an_earlier_version_give_up_their_room_too() {
    let harness = cluster().await;
    let _agent = Agent::join(&harness, "default").await;
    let spots = run(&harness, spot("whole", 1)).await;
    harness.until(&spots[0], "PENDING").await;
    let store = &harness.world.store;
    let prefix = Scope::new("ecs", ACCOUNT, REGION).prefix(Task::KIND);
    let page = store.pages(Range::prefix(&prefix)).next().await;
    let entry = page.unwrap().unwrap().entries.remove(0);
    let mut task: Task = wharf_records::decode(&entry.value).unwrap();
    let hosts = harness.ecs.hosts();
    let marked = || hosts.read(|it| it.ledgers()[&task.host].claims.of_spot().count());
    assert_eq!(marked(), 1);
    let mut ledger = hosts.read(|it| Ledger::clone(&it.ledgers()[&task.host]));
    task.claim.spot = false;
    ledger.claims.insert(&task.arn, task.claim.clone());
    let txn = Txn::new()
        .put(&entry.key, encode(&task))
        .put(Ledger::key(&task.host), encode(&ledger));
    let written = store.txn(&Permit::for_controller("test"), txn).await;
    assert!(written.unwrap().succeeded);
    hosts.up_to_date().await;
    until("its claim says so", || async { marked() == 1 }).await;
    run(&harness, on_demand("whole", 1)).await;
    assert_eq!(interrupted(&harness, &spots).await, 1);
}

/// As EC2 does for instances.
#[tokio::test]
async fn a_task_that_is_called_is_interrupted_and_no_other() {
    let harness = cluster().await;
    let _robot = Robot::join(&harness).await;
    let spots = run(&harness, spot("half", 1)).await.remove(0);
    let other = run(&harness, on_demand("half", 1)).await.remove(0);
    let names = [spots.clone(), other.clone(), "instance/i-1".to_owned()];
    harness.ecs.hosts().needs().call(names);
    let task = harness.until(&spots, "STOPPED").await;
    assert_eq!(task.stop_code.as_deref(), Some("SpotInterruption"));
    let task = harness.describe(&other).await;
    assert_eq!(task.desired_status.as_deref(), Some("RUNNING"));
}

/// Nothing is taken on a host that cannot be told of it as long as others have enough.
#[tokio::test]
async fn hosts_whose_agents_are_away_come_last() {
    let harness = cluster().await;
    let away = Agent::join(&harness, "default").await;
    let few = run(&harness, spot("half", 2)).await;
    let _there = Agent::join(&harness, "default").await;
    let many = run(&harness, spot("small", 8)).await;
    drop(away);
    let hosts = harness.ecs.hosts();
    until("the connection is known to be broken", || async {
        hosts.read(|it| {
            let fleet = it.fleet();
            let rows = it.hosts().keys().filter_map(|id| fleet.row(id));
            rows.filter(|row| fleet.is_reachable(*row)).count() == 1
        })
    })
    .await;
    run(&harness, on_demand("half", 1)).await;
    assert_eq!(interrupted(&harness, &few).await, 0);
    assert_eq!(interrupted(&harness, &many).await, 4);
    run(&harness, on_demand("half", 2)).await;
    assert_eq!(interrupted(&harness, &few).await, 1);
    assert_eq!(interrupted(&harness, &many).await, 8);
}

/// As many tasks as a host of 16 vCPUs is full of.
#[tokio::test]
async fn one_task_has_the_room_of_many() {
    let harness = cluster().await;
    let mut large = registration("default");
    for (at, size) in [16 * 1024, 32 * 1024].into_iter().enumerate() {
        large["totalResources"][at]["integerValue"] = json!(size);
    }
    let _agent = Agent::join_as(&harness, large, context()).await;
    let mut spots = Vec::new();
    for _ in 0..8 {
        spots.extend(run(&harness, spot("small", 8)).await);
    }
    harness.define(sized("large", 8 * 1024)).await;
    run(&harness, on_demand("large", 1)).await;
    assert_eq!(interrupted(&harness, &spots).await, 32);
}

/// Where Spot instances stand in the way, a service asks EC2 for their room, and not again once it has some.
#[tokio::test]
async fn a_service_asks_for_the_room_of_spot_instances() {
    let harness = cluster().await;
    let _robot = Robot::join(&harness).await;
    let hosts = harness.ecs.hosts();
    let (key, mut ledger) = hosts.read(|machines| {
        let held = machines.ledgers().values().next().unwrap();
        (held.key.clone(), Ledger::clone(&held.record))
    });
    let claim = Claim {
        cpu: 2048,
        spot: true,
        ..Claim::default()
    };
    ledger.claims.insert("instance/i-1", claim);
    let permit = Permit::for_controller("test");
    let write = async |ledger: &Ledger| {
        let txn = Txn::new().put(&key, encode(ledger));
        harness.world.store.txn(&permit, txn).await.unwrap();
    };
    write(&ledger).await;
    let owned = harness.create_service(service("owned", on_demand("half", 1)));
    owned.await.unwrap();
    let asked = || hosts.needs().open(Timestamp(0), 10);
    until("the service asks", || async { !asked().is_empty() }).await;
    let need = asked().remove(0);
    assert_eq!(need.claimant.kind(), "service");
    assert_eq!((need.claim.cpu, need.hosts.len()), (1024, 1));
    ledger.claims.remove("instance/i-1");
    write(&ledger).await;
    harness.stable("owned").await;
    assert_eq!(asked(), []);
}

#[tokio::test]
async fn processors_of_fargate_are_counted_by_kind() {
    let harness = cluster().await;
    let _agent = Agent::join(&harness, "default").await;
    run(&harness, spot("small", 2)).await;
    run(&harness, on_demand("half", 1)).await;
    let counters = Counters::new(Arc::new(SystemClock));
    let ecs = harness.ecs.clone();
    let look: Look = Box::new(move |minute: &Minute<'_>| ecs.look(minute));
    let looks = [look];
    let vcpus = || {
        counters.look(&looks, 60);
        let points = counters.take(i64::MAX).into_iter().flat_map(|it| it.1);
        let classes = points.map(|(region, point)| {
            assert_eq!((&*region, point.name), (REGION, "ResourceCount"));
            let values: Vec<_> = point.dimensions.iter().map(|it| it.1.as_str()).collect();
            (values.join(" "), point.summary.sum)
        });
        classes.collect::<BTreeMap<_, _>>()
    };
    let expected = BTreeMap::from([
        ("Resource vCPU Fargate Standard/OnDemand".to_owned(), 1.0),
        ("Resource vCPU Fargate Standard/Spot".to_owned(), 0.5),
    ]);
    until("all tasks count", || async { vcpus() == expected }).await;
}
