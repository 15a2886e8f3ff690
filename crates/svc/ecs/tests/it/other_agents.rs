//! Agents of another make, as the container agent that everybody has: what they cannot know or do by
//! themselves.

use std::{net::IpAddr, time::Duration};

use serde_json::{Value, json};
use wharf_api_ecs::Ecs;
use wharf_base::Permit;
use wharf_svc_ecs::AgentsConfig;
use wharf_testkit::ecs::{Agent, registration};
use wharf_wire::{Call, Caller, CallerKind, Context};

use crate::harness::{ACCOUNT, Harness, call, context, decode};

const REMOTE: &str = "https://10.0.0.1";
const EXTERNAL: &str = "ecs.capability.external";

/// Somebody who reached the server by that address.
fn by(endpoint: &str) -> Context {
    Context {
        endpoint: endpoint.to_owned(),
        ..context()
    }
}

/// One of wharf's own nodes.
fn node(endpoint: &str) -> Context {
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/wharf/wharf-node");
    Context {
        caller: Caller {
            kind: CallerKind::User,
            arn,
            ..Caller::root(ACCOUNT)
        },
        ..by(endpoint)
    }
}

fn call_as(cx: Context) -> Call {
    Call::by_controller(cx, Permit::for_controller("test"))
}

fn definition(options: &Value) -> Value {
    let mut log = json!({"awslogs-group": "g", "awslogs-region": "us-east-1"});
    for (name, value) in options.as_object().unwrap() {
        log[name] = value.clone();
    }
    json!({
        "family": "web",
        "containerDefinitions": [{
            "name": "web", "image": "localhost:4566/web:1", "memory": 64,
            "logConfiguration": {"logDriver": "awslogs", "options": log},
        }],
    })
}

fn external(cluster: &str) -> Value {
    let mut said = registration(cluster);
    let attributes = said["attributes"].as_array_mut().unwrap();
    attributes.push(json!({"name": EXTERNAL}));
    said
}

/// The container of the next task that the agent is told of.
async fn container(agent: &mut Agent) -> Value {
    agent.payload().await["containers"][0].take()
}

fn log_options(container: &Value) -> Value {
    let text = container["dockerConfig"]["hostConfig"].as_str().unwrap();
    let host: Value = serde_json::from_str(text).unwrap();
    host["LogConfig"]["Config"].clone()
}

#[tokio::test]
async fn they_are_told_what_they_cannot_know() {
    let harness = Harness::with_cluster().await;
    let mut agent = Agent::join_as(&harness, registration("default"), by(REMOTE)).await;
    harness.define(definition(&json!({}))).await;
    harness.run_one(json!({"taskDefinition": "web"})).await;
    let told = container(&mut agent).await;
    assert_eq!(
        told["image"], "10.0.0.1/web:1",
        "the registry as its machine finds it"
    );
    let auth = &told["registryAuthentication"]["ecrAuthData"];
    assert_eq!(auth["endpointOverride"], REMOTE);
    assert_eq!(log_options(&told)["awslogs-endpoint"], REMOTE);
    assert_eq!(
        told["environment"],
        json!({"AWS_EXECUTION_ENV": "AWS_ECS_EC2"})
    );

    let given = json!({"awslogs-endpoint": "https://logs.example"});
    harness.define(definition(&given)).await;
    harness.run_one(json!({"taskDefinition": "web"})).await;
    let told = container(&mut agent).await;
    assert_eq!(
        log_options(&told)["awslogs-endpoint"],
        "https://logs.example"
    );
}

#[tokio::test]
async fn own_nodes_are_told_nothing_more() {
    let harness = Harness::with_cluster().await;
    let cx = node("https://10.0.0.1:4566");
    let mut agent = Agent::join_as(&harness, registration("default"), cx).await;
    harness.define(definition(&json!({}))).await;
    harness.run_one(json!({"taskDefinition": "web"})).await;
    let told = container(&mut agent).await;
    assert_eq!(told["image"], "localhost:4566/web:1");
    let auth = &told["registryAuthentication"]["ecrAuthData"];
    assert_eq!(auth["endpointOverride"], "http://127.0.0.1:4566");
    let wanted = json!({"awslogs-group": "g", "awslogs-region": "us-east-1"});
    assert_eq!(log_options(&told), wanted);
    assert_eq!(told["environment"], json!({}));
}

/// With `--iam off` everybody is root.
#[tokio::test]
async fn an_own_node_is_known_by_what_it_registers_too() {
    let harness = Harness::with_cluster().await;
    let mut said = registration("default");
    let attributes = said["attributes"].as_array_mut().unwrap();
    attributes.push(json!({"name": "wharf.execute-command"}));
    let mut agent = Agent::join_as(&harness, said, by(REMOTE)).await;
    harness.define(definition(&json!({}))).await;
    harness.run_one(json!({"taskDefinition": "web"})).await;
    assert_eq!(container(&mut agent).await["image"], "localhost:4566/web:1");
}

#[tokio::test]
async fn they_connect_by_port_443_where_it_is_served() {
    let at_443 = Some(IpAddr::from([10, 0, 0, 1]));
    let harness = Harness::with_agents(AgentsConfig {
        at_443,
        ..AgentsConfig::default()
    })
    .await;
    let named = async |cx: Context| {
        let input = decode("DiscoverPollEndpoint", json!({}));
        let found = harness
            .ecs
            .discover_poll_endpoint(&call_as(cx), input)
            .await;
        let found = found.unwrap();
        (found.endpoint.unwrap(), found.telemetry_endpoint.unwrap())
    };
    let urls = |base: &str| (format!("{base}/acs"), format!("{base}/tcs"));
    let asked = "https://10.0.0.1:4566";
    assert_eq!(named(by(asked)).await, urls(REMOTE));
    assert_eq!(named(node(asked)).await, urls(asked));
    let local = "http://127.0.0.1:4566";
    assert_eq!(named(by(local)).await, urls(local));
}

#[tokio::test]
async fn external_tasks_find_their_instances() {
    let harness = Harness::with_cluster().await;
    let _plain = Agent::join(&harness, "default").await;
    harness.define(definition(&json!({}))).await;
    let run = json!({"taskDefinition": "web", "launchType": "EXTERNAL"});
    let refused = harness.run(run.clone()).await.unwrap_err();
    assert_eq!(
        refused.message,
        "No Container Instances were found in your cluster."
    );

    let mut agent = Agent::join_as(&harness, external("default"), by(REMOTE)).await;
    let id = harness.instance(&agent.instance).await.ec2_instance_id;
    assert!(id.unwrap().starts_with("mi-"));
    let arn = harness.run_one(run).await;
    let shown = harness.describe(&arn).await;
    assert_eq!(shown.launch_type.as_deref(), Some("EXTERNAL"));
    assert_eq!(shown.container_instance_arn.as_ref(), Some(&agent.instance));
    assert_eq!(
        container(&mut agent).await["environment"],
        json!({}),
        "as on AWS"
    );

    let start = json!({"taskDefinition": "web", "containerInstances": [agent.instance]});
    let input = decode("StartTask", start);
    let started = harness.ecs.start_task(&call(), input).await.unwrap();
    let started = started.tasks.unwrap().remove(0);
    assert_eq!(started.launch_type.as_deref(), Some("EXTERNAL"));
}

#[tokio::test]
async fn an_instance_that_registered_before_ids_had_kinds_is_found_too() {
    let harness = Harness::with_cluster().await;
    let mut said = external("default");
    // As an earlier version made it up.
    said["instanceIdentityDocument"] = json!(r#"{"instanceId":"i-0123456789abcdef0"}"#);
    let agent = Agent::join_as(&harness, said, by(REMOTE)).await;
    let id = harness.instance(&agent.instance).await.ec2_instance_id;
    assert!(id.unwrap().starts_with("i-"));
    harness.define(definition(&json!({}))).await;
    let run = json!({"taskDefinition": "web", "launchType": "EXTERNAL"});
    harness.run_one(run).await;
}

#[tokio::test]
async fn connections_end_with_a_code_and_a_reason() {
    let harness = Harness::with_cluster().await;
    let agent = Agent::join(&harness, "default").await;
    let telemetry = agent.telemetry(&harness).await;
    let instance = agent.instance.clone();
    let successor = Agent::connect(&harness, "default", &instance).await;
    assert_eq!(
        agent.closed().await,
        (1000, "ConnectionReplaced".to_owned())
    );

    let leave = decode(
        "DeregisterContainerInstance",
        json!({"containerInstance": instance}),
    );
    let left = harness
        .ecs
        .deregister_container_instance(&call(), leave)
        .await;
    left.unwrap();
    for connection in [successor, telemetry] {
        let (code, reason) = connection.closed().await;
        assert_eq!((code, reason.is_empty()), (1000, false));
    }
}

/// A ClientException ends such an agent for good.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_that_loses_a_race_is_tried_again() {
    let harness = Harness::with_cluster().await;
    let settings = |value: &str| {
        let settings = json!([{"name": "containerInsights", "value": value}]);
        let request = json!({"cluster": "default", "settings": settings});
        decode("UpdateClusterSettings", request)
    };
    for _ in 0..50 {
        let ecs = harness.ecs.clone();
        let changing = tokio::spawn(async move {
            for value in ["enabled", "disabled"].into_iter().cycle().take(10) {
                let changed = ecs.update_cluster_settings(&call(), settings(value)).await;
                changed.unwrap();
            }
        });
        let input = decode("RegisterContainerInstance", registration("default"));
        let registered = harness
            .ecs
            .register_container_instance(&call(), input)
            .await;
        registered.unwrap();
        changing.await.unwrap();
    }
}

#[tokio::test]
async fn their_silence_costs_their_tasks_nothing_for_a_while() {
    let harness = Harness::with_agents(AgentsConfig {
        disconnect_grace: Duration::from_millis(50),
        node_lost_timeout: Duration::from_millis(100),
        ..AgentsConfig::default()
    })
    .await;
    harness.create_cluster("default").await;
    harness.define(definition(&json!({}))).await;
    let mut hosts = Vec::new();
    for cx in [by(REMOTE), node(REMOTE)] {
        let mut agent = Agent::join_as(&harness, registration("default"), cx).await;
        let start = json!({"taskDefinition": "web", "containerInstances": [agent.instance]});
        let input = decode("StartTask", start);
        let started = harness.ecs.start_task(&call(), input).await.unwrap();
        let arn = started.tasks.unwrap().remove(0).task_arn.unwrap();
        agent.payload().await;
        agent.running(&harness, &arn).await;
        hosts.push((agent, arn));
    }
    let (other, own) = (hosts.remove(0), hosts.remove(0));
    drop((other.0, own.0));
    harness.until(&own.1, "STOPPED").await;
    let kept = harness.describe(&other.1).await;
    assert_eq!(kept.last_status.as_deref(), Some("RUNNING"));
}
