//! Tasks on Fargate that wait where machines may be made for them. A host has 2048 CPU units and 4096 MiB.

use serde_json::{Value, json};
use wharf_api_ecs::{self as api, Ecs};
use wharf_hosts::{FargateMachine, FargateOffer};
use wharf_records::hosts::Capacity;
use wharf_testkit::{ecs::Agent, until};

use crate::harness::{ACCOUNT, Harness, call, decode};

async fn cluster() -> Harness {
    let harness = Harness::with_cluster().await;
    for (family, cpu) in [("half", 1024_u32), ("huge", 4096)] {
        let sized = json!({
            "family": family, "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
            "cpu": cpu.to_string(), "memory": (cpu * 2).to_string(),
            "containerDefinitions": [{"name": "web", "image": "busybox"}],
        });
        harness.define(sized).await;
    }
    harness
}

fn of(family: &str) -> Value {
    let network = json!({"awsvpcConfiguration": {"subnets": ["subnet-a"]}});
    json!({"taskDefinition": family, "networkConfiguration": network, "launchType": "FARGATE"})
}

impl Harness {
    /// Somebody makes machines like the hosts of these tests, or has made all that there may be.
    fn makes_machines(&self, grows: bool) {
        self.offers_machines(grows, &[]);
    }

    /// The same, but for accounts that have as many as may be.
    fn offers_machines(&self, grows: bool, bounded: &[&str]) {
        let machine = FargateMachine {
            capacity: Capacity {
                cpu: 2048,
                memory: 4096,
                interfaces: 10,
                ..Capacity::default()
            },
            architecture: "x86_64".to_owned(),
        };
        self.ecs.hosts().fargate().offer(FargateOffer {
            machines: vec![machine],
            zones: ["a", "b", "c"].map(str::to_owned).into(),
            grows,
            held: false,
            most_per_account: 3,
            bounded: bounded.iter().map(ToString::to_string).collect(),
        });
    }

    async fn wait_for_machines(&self, count: usize) {
        let what = format!("{count} wait for a machine");
        until(&what, || async {
            self.ecs.hosts().fargate().waiting().len() == count
        })
        .await;
    }

    async fn has_no_room(&self, family: &str) {
        let answer = self.run(of(family)).await.unwrap();
        let reason = answer.failures.unwrap().remove(0).reason.unwrap();
        assert!(reason.starts_with("Capacity is unavailable"), "{reason}");
    }
}

#[tokio::test]
async fn who_finds_no_room_waits_where_machines_are_made() {
    let harness = cluster().await;
    harness.has_no_room("half").await;
    harness.makes_machines(true);
    // What none of them would have room for has nothing to wait for.
    harness.has_no_room("huge").await;
    let task = harness.run_one(of("half")).await;
    let shown = harness.describe(&task).await;
    assert_eq!(shown.last_status.as_deref(), Some("PROVISIONING"));
    assert_eq!(shown.availability_zone, None);
    assert_eq!(shown.launch_type.as_deref(), Some("FARGATE"));
    harness.wait_for_machines(1).await;
    let waiting = harness.ecs.hosts().fargate().waiting().remove(0);
    assert_eq!(waiting.claimant.id(), task);
    assert_eq!((waiting.claim.cpu, waiting.architecture), (1024, None));

    let mut agent = Agent::join(&harness, "default").await;
    let told = agent.payload().await;
    assert_eq!(told["arn"], task.as_str());
    agent.running(&harness, &task).await;
    harness.until(&task, "RUNNING").await;
    harness.wait_for_machines(0).await;

    // There are as many machines as may be.
    harness.makes_machines(false);
    harness.run_one(of("half")).await;
    harness.has_no_room("half").await;
}

#[tokio::test]
async fn who_waits_is_stopped_and_waits_no_more() {
    let harness = cluster().await;
    harness.makes_machines(true);
    let task = harness.run_one(of("half")).await;
    harness.wait_for_machines(1).await;
    harness.stop(&task).await;
    harness.until(&task, "STOPPED").await;
    harness.wait_for_machines(0).await;
}

#[tokio::test]
async fn tasks_of_a_service_wait_too() {
    let harness = cluster().await;
    harness.makes_machines(true);
    let mut service = of("half");
    service["serviceName"] = json!("web");
    service["desiredCount"] = json!(3);
    harness.create_service(service).await.unwrap();
    harness.wait_for_machines(3).await;
    let _first = Agent::join(&harness, "default").await;
    harness.wait_for_machines(1).await;
    let _second = Agent::join(&harness, "default").await;
    harness.wait_for_machines(0).await;
    let tasks = harness.tasks_of("web").await;
    let placed = tasks.iter().filter(|it| it.availability_zone.is_some());
    assert_eq!(placed.count(), 3);
}

#[tokio::test]
async fn a_service_that_lacked_room_waits_once_there_may_be_machines() {
    let harness = cluster().await;
    harness.makes_machines(false);
    let mut service = of("half");
    service["serviceName"] = json!("web");
    service["desiredCount"] = json!(2);
    harness.create_service(service).await.unwrap();
    let lacks_room = |service: &api::Service| {
        let events = service.events.iter().flatten();
        let mut events = events.filter_map(|it| it.message.as_ref());
        events.any(|it| it.contains("unable to place a task"))
    };
    until("the service lacks room", || async {
        lacks_room(&harness.service("web").await)
    })
    .await;
    harness.makes_machines(true);
    harness.wait_for_machines(2).await;
}

#[tokio::test]
async fn who_is_over_the_bound_of_its_account_says_so() {
    let harness = cluster().await;
    harness.makes_machines(true);
    let task = harness.run_one(of("half")).await;
    let waits_for = || async {
        let explained = harness.ecs.explain_task(&call(), None, &task).await;
        explained.unwrap().0.waits_for.unwrap()
    };
    assert_eq!(waits_for().await, "a machine of Fargate");
    harness.offers_machines(true, &[ACCOUNT]);
    let why = waits_for().await;
    assert!(why.contains("as may be at a time, 3"), "{why}");
}

#[tokio::test]
async fn those_of_spot_leave_room_that_others_wait_for() {
    let harness = cluster().await;
    harness.makes_machines(true);
    let providers = json!({"cluster": "default", "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "defaultCapacityProviderStrategy": []});
    let request = decode("PutClusterCapacityProviders", providers);
    let changed = harness
        .ecs
        .put_cluster_capacity_providers(&call(), request)
        .await;
    changed.unwrap();
    let mut on_spot = of("half");
    on_spot.as_object_mut().unwrap().remove("launchType");
    on_spot["capacityProviderStrategy"] = json!([{"capacityProvider": "FARGATE_SPOT"}]);
    // It has waited longest.
    let spot = harness.run_one(on_spot).await;
    harness.wait_for_machines(1).await;
    harness.run_one(of("half")).await;
    harness.run_one(of("half")).await;
    harness.wait_for_machines(3).await;
    let _agent = Agent::join(&harness, "default").await;
    harness.wait_for_machines(1).await;
    let left = harness.ecs.hosts().fargate().waiting().remove(0);
    assert_eq!(left.claimant.id(), spot);
}
