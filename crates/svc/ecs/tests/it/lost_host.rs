use std::time::Duration;

use serde_json::json;
use wharf_api_ecs::Ecs;
use wharf_records::{
    self as records, Record as _, Scope,
    ecs::{Instance, InstanceStatus},
};
use wharf_store::{Entry, Range, Txn};
use wharf_svc_ecs::AgentsConfig;
use wharf_testkit::{PERMIT, ecs::Agent};

use crate::harness::{Harness, call, decode};

fn definition(mode: &str) -> serde_json::Value {
    json!({
        "family": "web", "networkMode": mode, "cpu": "256", "memory": "512",
        "containerDefinitions": [{"name": "web", "image": "busybox"}],
    })
}

/// A host without power closes no connection: nobody reads what is sent to it, nobody answers.
#[tokio::test]
async fn an_open_connection_that_says_nothing_counts_as_ended() {
    let config = AgentsConfig {
        ping: Duration::from_millis(50),
        silence: Duration::from_millis(200),
        disconnect_grace: Duration::from_millis(100),
        ..AgentsConfig::default()
    };
    let harness = Harness::with_agents(config).await;
    harness.create_cluster("default").await;
    let agent = Agent::join(&harness, "default").await;
    tokio::time::timeout(Duration::from_secs(10), async {
        while harness.instance(&agent.instance).await.agent_connected == Some(true) {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the connection is given up");
}

#[tokio::test]
async fn a_silent_hosts_tasks_are_given_up_and_stopped_when_it_returns() {
    let harness = Harness::impatient().await;
    let mut agent = Agent::join(&harness, "default").await;
    harness.define(definition("awsvpc")).await;
    let network = json!({"awsvpcConfiguration": {"subnets": ["subnet-a"]}});
    let arn = harness
        .run_one(json!({"taskDefinition": "web", "networkConfiguration": network}))
        .await;
    agent.payload().await;
    agent.running(&harness, &arn).await;
    let instance = agent.instance.clone();
    drop(agent);

    let stopped = harness.until(&arn, "STOPPED").await;
    let id = harness.instance(&instance).await.ec2_instance_id.unwrap();
    let reason = format!("Host EC2 (instance {id}) stopped/terminated.");
    assert_eq!(stopped.stopped_reason, Some(reason));
    assert_eq!(
        harness.instance(&instance).await.agent_connected,
        Some(false)
    );
    assert_eq!(
        harness.interfaces().await,
        1,
        "nobody knows whether the address is still in use"
    );
    let elsewhere = harness.run(json!({"taskDefinition": "web", "networkConfiguration": network}));
    let failure = elsewhere.await.unwrap().failures.unwrap().remove(0);
    assert_eq!(failure.reason.as_deref(), Some("AGENT"));

    // The host was only cut off: it is asked, and told to stop what nobody wants any more.
    let mut back = Agent::connect(&harness, "default", &instance).await;
    let manifest = back.expect("TaskManifestMessage").await;
    assert_eq!(manifest["tasks"], json!([]));
    back.acknowledge(&manifest).await;
    let candidate = json!({"taskArn": arn, "taskClusterArn": null, "desiredStatus": "STOPPED"});
    let asked = json!({"messageId": manifest["messageId"], "stopCandidates": [candidate]});
    back.send("TaskStopVerificationMessage", asked).await;
    let verified = back.expect("TaskStopVerificationAck").await;
    assert_eq!(verified["messageId"], manifest["messageId"]);
    assert_eq!(verified["stopTasks"][0]["taskArn"], json!(arn));
    back.ended(&harness, &arn, 137).await;
    tokio::time::timeout(std::time::Duration::from_secs(10), async {
        while harness.interfaces().await > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the address is free once the host said so");
    assert_eq!(
        harness.instance(&instance).await.agent_connected,
        Some(true)
    );
}

#[tokio::test]
async fn a_short_interruption_changes_nothing() {
    let harness = Harness::with_cluster().await;
    let mut agent = Agent::join(&harness, "default").await;
    harness.define(definition("bridge")).await;
    let arn = harness.run_one(json!({"taskDefinition": "web"})).await;
    agent.payload().await;
    agent.running(&harness, &arn).await;
    let first = agent.expect("TaskManifestMessage").await;
    let instance = agent.instance.clone();
    drop(agent);
    let mut back = Agent::connect(&harness, "default", &instance).await;
    let second = back.expect("TaskManifestMessage").await;
    assert_eq!(second["tasks"][0]["taskArn"], json!(arn));
    assert!(second["timeline"].as_i64() > first["timeline"].as_i64());
    assert_eq!(
        harness.describe(&arn).await.last_status.as_deref(),
        Some("RUNNING")
    );
}

#[tokio::test]
async fn deregistering_by_force_orphans_its_tasks() {
    let harness = Harness::with_cluster().await;
    let mut agent = Agent::join(&harness, "default").await;
    harness.define(definition("bridge")).await;
    let arn = harness.run_one(json!({"taskDefinition": "web"})).await;
    agent.payload().await;
    let leave = |force: bool| {
        let leave = json!({"containerInstance": agent.instance, "force": force});
        decode("DeregisterContainerInstance", leave)
    };
    let refused = harness
        .ecs
        .deregister_container_instance(&call(), leave(false))
        .await;
    assert_eq!(
        refused.unwrap_err().message,
        "Found running tasks on the instance."
    );
    harness
        .ecs
        .deregister_container_instance(&call(), leave(true))
        .await
        .unwrap();
    let stopped = harness.until(&arn, "STOPPED").await;
    assert_eq!(
        stopped.stopped_reason.as_deref(),
        Some("Container instance deregistration forced by user")
    );
    let gone = harness.instance(&agent.instance).await;
    assert_eq!(gone.status.as_deref(), Some("INACTIVE"));
}

/// Tasks that were lost with a machine may run there until it says that they do not. Once it is deregistered it never will.
#[tokio::test]
async fn what_lost_tasks_hold_is_given_back_when_their_machine_is_deregistered_by_force() {
    let harness = Harness::impatient().await;
    let mut agent = Agent::join(&harness, "default").await;
    harness.define(definition("awsvpc")).await;
    let network = json!({"awsvpcConfiguration": {"subnets": ["subnet-a"]}});
    let arn = harness
        .run_one(json!({"taskDefinition": "web", "networkConfiguration": network}))
        .await;
    agent.payload().await;
    agent.running(&harness, &arn).await;
    let instance = agent.instance.clone();
    drop(agent);
    let stopped = harness.until(&arn, "STOPPED").await;

    let leave = |force: bool| {
        let leave = json!({"containerInstance": instance, "force": force});
        decode("DeregisterContainerInstance", leave)
    };
    let refused = harness
        .ecs
        .deregister_container_instance(&call(), leave(false))
        .await;
    assert_eq!(
        refused.unwrap_err().message,
        "Found running tasks on the instance."
    );
    assert_eq!(harness.interfaces().await, 1);
    harness
        .ecs
        .deregister_container_instance(&call(), leave(true))
        .await
        .unwrap();
    tokio::time::timeout(Duration::from_secs(10), async {
        while harness.interfaces().await > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the address is free once the machine is gone");
    let now = harness.describe(&arn).await;
    assert_eq!(now.stopped_reason, stopped.stopped_reason);
}

/// The server that deregistered a machine by force ended before it came to the tasks there.
#[tokio::test]
async fn a_deregistration_that_was_cut_short_is_finished() {
    let harness = Harness::with_cluster().await;
    let mut agent = Agent::join(&harness, "default").await;
    harness.define(definition("bridge")).await;
    let arn = harness.run_one(json!({"taskDefinition": "web"})).await;
    agent.payload().await;
    agent.running(&harness, &arn).await;
    let instances = harness.world.store.all(Range::prefix("")).await.unwrap();
    let mut entries = instances.entries.into_iter();
    let is_it =
        |entry: &Entry| Scope::parse(&entry.key).is_some_and(|(_, kind, _)| kind == Instance::KIND);
    let entry = entries.find(is_it).unwrap();
    let mut closed: Instance = records::decode(&entry.value).unwrap();
    closed.status = InstanceStatus::Inactive;
    closed.deregistered_at = Some(closed.registered_at);
    let txn = Txn::new().put(&entry.key, records::encode(&closed));
    harness.world.store.txn(&PERMIT, txn).await.unwrap();
    let stopped = harness.until(&arn, "STOPPED").await;
    assert_eq!(
        stopped.stopped_reason.as_deref(),
        Some("Container instance deregistration forced by user")
    );
}

/// Whatever ranks first otherwise: while the connection of its agent is broken, and nobody knows yet
/// whether the host is lost, tasks go elsewhere.
#[tokio::test]
async fn a_host_whose_connection_broke_is_chosen_last() {
    // However long this test takes, no host counts as disconnected.
    let long = Duration::from_secs(3600);
    let config = AgentsConfig {
        disconnect_grace: long,
        node_lost_timeout: long,
        other_agent_lost_timeout: long,
        ..AgentsConfig::default()
    };
    let harness = Harness::with_agents(config).await;
    harness.create_cluster("default").await;
    let full = Agent::join(&harness, "default").await;
    for (family, memory) in [("small", 6), ("large", 2000)] {
        let definition = json!({
            "family": family, "networkMode": "none",
            "containerDefinitions": [{"name": "web", "image": "busybox", "memory": memory}],
        });
        harness.define(definition).await;
    }
    // It stays the fullest, however many the other is given before anybody notices that it is cut off.
    harness.run_one(json!({"taskDefinition": "large"})).await;
    let binpack = json!([{"type": "binpack", "field": "memory"}]);
    let place = async || {
        let run = json!({"taskDefinition": "small", "placementStrategy": binpack});
        let run = harness.run_one(run);
        let task = harness.describe(&run.await).await;
        task.container_instance_arn.unwrap()
    };
    assert_eq!(place().await, full.instance);
    let empty = Agent::join(&harness, "default").await;
    assert_eq!(place().await, full.instance, "it is the fullest that fits");

    let (broken, until) = (full.instance.clone(), Duration::from_secs(10));
    drop(full);
    let moved_on = async |to: &str| {
        while place().await != to {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    // The host has room for hundreds, and is not recorded as disconnected.
    tokio::time::timeout(until, moved_on(&empty.instance))
        .await
        .unwrap();
    let record = harness.instance(&broken).await;
    assert_eq!(record.agent_connected, Some(true));
    assert!(record.pending_tasks_count < Some(300));
    for _ in 0..3 {
        assert_eq!(place().await, empty.instance);
    }
    // Among hosts that are all cut off it is the fullest again.
    drop(empty);
    tokio::time::timeout(until, moved_on(&broken))
        .await
        .unwrap();
}
