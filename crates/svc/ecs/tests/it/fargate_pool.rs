//! Tasks on Fargate that wait where machines may be made for them. A host has 2048 CPU units and 4096 MiB.

use serde_json::{Value, json};
use wharf_hosts::{FargateMachine, FargateOffer};
use wharf_records::hosts::Capacity;
use wharf_testkit::{ecs::Agent, until};

use crate::harness::Harness;

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
            ..FargateOffer::default()
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
