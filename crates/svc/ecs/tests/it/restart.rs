use serde_json::json;

use wharf_testkit::ecs::Agent;

use crate::harness::Harness;

/// Everything a client was told is still true after the server was killed, and what agents said
/// meanwhile arrives.
#[tokio::test]
async fn tasks_outlive_the_server() {
    let mut harness = Harness::with_cluster().await;
    let mut agent = Agent::join(&harness, "default").await;
    let definition = json!({"family": "web", "containerDefinitions": [{"name": "web", "image": "i", "memory": 64}]});
    harness.define(definition).await;
    let running = harness.run_one(json!({"taskDefinition": "web"})).await;
    agent.payload().await;
    agent.running(&harness, &running).await;
    let pending = harness.run_one(json!({"taskDefinition": "web"})).await;
    agent.expect("PayloadMessage").await;
    let instance = agent.instance.clone();
    let seen = agent.expect("TaskManifestMessage").await["timeline"].as_i64();

    harness.restart();
    assert_eq!(
        harness.describe(&running).await.last_status.as_deref(),
        Some("RUNNING")
    );
    let mut agent = Agent::connect(&harness, "default", &instance).await;
    let again = agent.payload().await;
    assert_eq!(
        again["arn"],
        json!(pending),
        "what was not acknowledged is told again"
    );
    let manifest = agent.expect("TaskManifestMessage").await;
    assert!(manifest["timeline"].as_i64() > seen);
    assert_eq!(manifest["tasks"].as_array().unwrap().len(), 2);
    agent.ended(&harness, &running, 0).await;
    harness.until(&running, "STOPPED").await;
    assert_eq!(
        harness.stop(&pending).await.desired_status.as_deref(),
        Some("STOPPED")
    );
    assert_eq!(agent.payload().await["desiredStatus"], "STOPPED");
}

/// An interface whose making was interrupted is made once, and deleted once.
#[tokio::test]
async fn provisioning_goes_on_after_a_restart() {
    let mut harness = Harness::with_cluster().await;
    let agent = Agent::join(&harness, "default").await;
    harness
        .define(
            json!({"family": "web", "networkMode": "awsvpc", "cpu": "256", "memory": "512",
            "containerDefinitions": [{"name": "web", "image": "i"}]}),
        )
        .await;
    let network = json!({"awsvpcConfiguration": {"subnets": ["subnet-a"]}});
    let task = harness
        .run_one(json!({"taskDefinition": "web", "networkConfiguration": network}))
        .await;
    harness.restart();
    harness.until(&task, "PENDING").await;
    assert_eq!(harness.interfaces().await, 1);
    let mut agent = Agent::connect(&harness, "default", &agent.instance).await;
    agent.payload().await;
    agent.ended(&harness, &task, 1).await;
    harness.until(&task, "STOPPED").await;
    assert_eq!(harness.interfaces().await, 0);
}
