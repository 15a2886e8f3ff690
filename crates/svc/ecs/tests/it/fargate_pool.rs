//! Tasks on Fargate that wait where machines may be made for them. A host has 2048 CPU units and 4096 MiB.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wharf_api_ecs::{self as api, Ecs};
use wharf_base::Timestamp;
use wharf_hosts::{Claimant, FargateMachine, FargateOffer, FargateWaiting};
use wharf_records::hosts::{Capacity, Claim};
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

    /// Until a service says so.
    async fn lacks_room(&self, service: &str) {
        let says_so = |service: &api::Service| {
            let events = service.events.iter().flatten();
            let mut events = events.filter_map(|it| it.message.as_ref());
            events.any(|it| it.contains("unable to place a task"))
        };
        until("the service lacks room", || async {
            says_so(&self.service(service).await)
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
    harness.lacks_room("web").await;
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

async fn cluster_with_spot() -> Harness {
    let harness = cluster().await;
    let providers = json!({"cluster": "default", "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "defaultCapacityProviderStrategy": []});
    let request = decode("PutClusterCapacityProviders", providers);
    let changed = harness
        .ecs
        .put_cluster_capacity_providers(&call(), request)
        .await;
    changed.unwrap();
    harness
}

/// A request for tasks of these providers, as many of the one as of the other.
fn by(providers: &[&str]) -> Value {
    let mut request = of("half");
    request.as_object_mut().unwrap().remove("launchType");
    let item = |name: &&str| json!({"capacityProvider": name, "weight": 1});
    request["capacityProviderStrategy"] = providers.iter().map(item).collect();
    request
}

#[tokio::test]
async fn those_of_spot_leave_room_that_others_wait_for() {
    let harness = cluster_with_spot().await;
    harness.makes_machines(true);
    // It has waited longest.
    let spot = harness.run_one(by(&["FARGATE_SPOT"])).await;
    harness.wait_for_machines(1).await;
    harness.run_one(of("half")).await;
    harness.run_one(of("half")).await;
    harness.wait_for_machines(3).await;
    let _agent = Agent::join(&harness, "default").await;
    harness.wait_for_machines(1).await;
    let left = harness.ecs.hosts().fargate().waiting().remove(0);
    assert_eq!(left.claimant.id(), spot);
}

/// A pod that waits for half of a host, and which nothing places while the test goes on.
fn pod_waits(harness: &Harness) {
    let pod = FargateWaiting {
        account: ACCOUNT.to_owned(),
        claimant: Claimant::new("instance", "i-1"),
        claim: Claim {
            cpu: 1024,
            memory: 2048,
            interfaces: 1,
            ..Claim::default()
        },
        zones: BTreeSet::new(),
        architecture: None,
        since: Timestamp(0),
    };
    harness.ecs.hosts().fargate().wait("pods", vec![pod]);
}

/// The providers of the tasks that a call has, and what it says of the others.
async fn had(harness: &Harness, mut request: Value, count: u32) -> (Vec<String>, Vec<String>) {
    request["count"] = json!(count);
    let ran = harness.run(request).await.unwrap();
    let tasks = ran.tasks.unwrap().into_iter();
    let failures = ran.failures.unwrap().into_iter();
    (
        tasks.filter_map(|it| it.capacity_provider_name).collect(),
        failures.filter_map(|it| it.detail).collect(),
    )
}

#[tokio::test]
async fn a_call_for_spot_has_only_what_nobody_waits_for() {
    let harness = cluster_with_spot().await;
    let _agent = Agent::join(&harness, "default").await;
    pod_waits(&harness);
    let (placed, refused) = had(&harness, by(&["FARGATE_SPOT"]), 2).await;
    assert_eq!(placed, ["FARGATE_SPOT"]);
    let [why] = &refused[..] else {
        panic!("one has no room: {refused:?}");
    };
    assert!(why.contains("given or promised"), "{why}");
    // Nothing is kept from those that are not Spot.
    let (placed, refused) = had(&harness, by(&["FARGATE"]), 1).await;
    assert_eq!((placed.len(), refused.len()), (1, 0));
}

#[tokio::test]
async fn of_a_call_for_both_the_others_take_what_somebody_waits_for() {
    let harness = cluster_with_spot().await;
    let _agents = [
        Agent::join(&harness, "default").await,
        Agent::join(&harness, "default").await,
    ];
    pod_waits(&harness);
    // There is room for four.
    let (placed, refused) = had(&harness, by(&["FARGATE_SPOT", "FARGATE"]), 4).await;
    let of_spot = placed.iter().filter(|it| *it == "FARGATE_SPOT").count();
    assert_eq!((placed.len() - of_spot, of_spot), (2, 1), "{placed:?}");
    assert_eq!(refused.len(), 1);
}

#[tokio::test]
async fn a_service_of_spot_leaves_room_too() {
    let harness = cluster_with_spot().await;
    let _agent = Agent::join(&harness, "default").await;
    pod_waits(&harness);
    let mut service = by(&["FARGATE_SPOT"]);
    service["serviceName"] = json!("web");
    service["desiredCount"] = json!(2);
    harness.create_service(service).await.unwrap();
    harness.lacks_room("web").await;
    assert_eq!(harness.tasks_of("web").await.len(), 1);
}
