//! Hosts serve other regions and other accounts than those they were registered in.

use std::time::Duration;

use serde_json::{Value, json};
use wharf_api_ecs::{self as api, Ecs};
use wharf_base::Permit;
use wharf_svc_ecs::{AgentsConfig, Config};
use wharf_testkit::{
    ecs::{Agent, registration},
    until,
};
use wharf_wire::{Call, Caller, CallerKind, Context};

use crate::harness::{ACCOUNT, Harness, context, decode};

const OTHER: &str = "111122223333";
const FAR: &str = "eu-west-1";

fn root_of(account: &str, region: &str) -> Call {
    let mut cx = context();
    cx.caller = Caller::root(account);
    (cx.account, cx.region) = (account.to_owned(), region.to_owned());
    by(cx)
}

fn by(cx: Context) -> Call {
    Call::by_controller(cx, Permit::for_controller("test"))
}

/// The identity that joining gives a node.
fn node(account: &str) -> Context {
    let mut cx = context();
    cx.account = account.to_owned();
    cx.caller = Caller {
        kind: CallerKind::User,
        arn: format!("arn:aws:iam::{account}:user/wharf/wharf-node"),
        ..Caller::root(account)
    };
    cx
}

async fn installation() -> Harness {
    installation_with(AgentsConfig::default()).await
}

async fn installation_with(agents: AgentsConfig) -> Harness {
    let harness = Harness::with(Config {
        home_account: Some(ACCOUNT.to_owned()),
        agents,
        ..Config::default()
    })
    .await;
    for (account, region) in [(ACCOUNT, "us-east-1"), (ACCOUNT, FAR), (OTHER, FAR)] {
        define(&harness, &root_of(account, region)).await;
    }
    harness
}

/// The cluster `default` and a definition `web` of half a CPU.
async fn define(harness: &Harness, call: &Call) {
    let ecs = &harness.ecs;
    ecs.create_cluster(call, api::CreateClusterRequest::default())
        .await
        .unwrap();
    let document = json!({
        "family": "web", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
        "cpu": "512", "memory": "1024", "containerDefinitions": [{"name": "web", "image": "web"}],
    });
    let input = decode("RegisterTaskDefinition", document);
    ecs.register_task_definition(call, input).await.unwrap();
}

fn fargate(subnet: &str) -> Value {
    json!({
        "taskDefinition": "web", "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": [subnet]}},
    })
}

async fn run(harness: &Harness, call: &Call) -> Option<api::Task> {
    let ran = harness.run_as(call, fargate("subnet-a")).await;
    ran.tasks.unwrap_or_default().into_iter().next()
}

async fn describe(harness: &Harness, call: &Call, arn: &str) -> api::Task {
    let input = api::DescribeTasksRequest {
        tasks: Some(vec![arn.to_owned()]),
        ..api::DescribeTasksRequest::default()
    };
    let described = harness.ecs.describe_tasks(call, input).await.unwrap();
    described.tasks.unwrap().remove(0)
}

#[tokio::test]
async fn a_ledger_serves_all_regions_and_accounts() {
    let harness = installation().await;
    let agent = Agent::join_as(&harness, registration("default"), node(ACCOUNT)).await;
    let places = [(ACCOUNT, "us-east-1"), (ACCOUNT, FAR), (OTHER, FAR)];
    let calls = places.map(|(account, region)| root_of(account, region));
    let mut placed = Vec::new();
    // Two CPUs are four tasks, whoever they are of.
    for call in calls.iter().cycle().take(4) {
        placed.push(run(&harness, call).await.expect("there is room"));
    }
    for (call, (account, region)) in calls.iter().zip(places) {
        assert!(
            run(&harness, call).await.is_none(),
            "{account} {region}: no room is left"
        );
    }
    for ((account, region), task) in places.iter().zip(&placed) {
        let arn = task.task_arn.as_deref().unwrap();
        assert!(arn.starts_with(&format!("arn:aws:ecs:{region}:{account}:task/default/")));
        let zone = format!("{region}a");
        assert_eq!(task.availability_zone.as_deref(), Some(zone.as_str()));
    }
    let told = async |call: &Call| {
        let ran = harness.run_as(call, fargate("subnet-a")).await;
        ran.failures.unwrap().remove(0).detail.unwrap()
    };
    // Whose machine it is hears which and how full; of another account's nothing is told.
    let id = agent.instance.rsplit('/').next().unwrap();
    assert_eq!(
        told(&calls[0]).await,
        format!(
            "The closest matching (container-instance {id}) has insufficient CPU units available \
             (512 needed, 0 of 2048 free)."
        )
    );
    assert_eq!(
        told(&calls[2]).await,
        "The closest matching machine has insufficient CPU units available (512 needed)."
    );
    for (at, known) in [(0, true), (2, false)] {
        let arn = placed[at].task_arn.as_deref().unwrap();
        let task = arn.rsplit('/').next().unwrap();
        let explained = harness.ecs.explain_task(&calls[at], None, task).await;
        let (task, hosts) = explained.unwrap();
        assert_eq!((task.instance == id, hosts.len() == 1), (known, known));
        assert!(known || (task.instance.is_empty() && hosts.is_empty()));
    }
    let instance = harness.instance(&agent.instance).await;
    let left = instance.remaining_resources.unwrap();
    let cpu = left.iter().find(|row| row.name.as_deref() == Some("CPU"));
    assert_eq!(cpu.unwrap().integer_value, Some(0));
}

#[tokio::test]
async fn whoever_loses_a_task_with_anothers_host_does_not_hear_which() {
    let short = Duration::from_millis(100);
    let harness = installation_with(AgentsConfig {
        disconnect_grace: short,
        node_lost_timeout: short,
        other_agent_lost_timeout: short,
        ..AgentsConfig::default()
    })
    .await;
    let agent = Agent::join_as(&harness, registration("default"), node(ACCOUNT)).await;
    let owners = [root_of(ACCOUNT, FAR), root_of(OTHER, FAR)];
    let mut tasks = Vec::new();
    for owner in &owners {
        let task = run(&harness, owner).await.expect("there is room");
        tasks.push(task.task_arn.unwrap());
    }
    let instance = harness.instance(&agent.instance).await;
    let machine = instance.ec2_instance_id.unwrap();
    drop(agent);
    let reason = async |owner: &Call, task: &str| {
        until("the task is given up", async || {
            let task = describe(&harness, owner, task).await;
            task.last_status.as_deref() == Some("STOPPED")
        })
        .await;
        describe(&harness, owner, task)
            .await
            .stopped_reason
            .unwrap()
    };
    let named = format!("Host EC2 (instance {machine}) stopped/terminated.");
    assert_eq!(reason(&owners[0], &tasks[0]).await, named);
    assert_eq!(
        reason(&owners[1], &tasks[1]).await,
        "Host EC2 stopped/terminated."
    );
}

#[tokio::test]
async fn its_agent_runs_a_foreign_task_and_nobody_else_reports_of_it() {
    let harness = installation().await;
    let mut agent = Agent::join_as(&harness, registration("default"), node(ACCOUNT)).await;
    let owner = root_of(OTHER, FAR);
    let task = run(&harness, &owner).await.unwrap();
    let arn = task.task_arn.unwrap();
    let payload = agent.payload().await;
    assert_eq!(payload["arn"], json!(arn));
    let cluster = format!("arn:aws:ecs:{FAR}:{OTHER}:cluster/default");
    assert_eq!(payload["taskClusterArn"], json!(cluster));

    let report = |arn: &str| {
        let container = json!({"containerName": "web", "status": "RUNNING", "runtimeId": "r1"});
        let report = json!({"task": arn, "status": "RUNNING", "containers": [container]});
        decode("SubmitTaskStateChange", report)
    };
    // Root of the account of the host is not its node.
    for stranger in [root_of(ACCOUNT, "us-east-1"), by(node(OTHER))] {
        let refused = harness
            .ecs
            .submit_task_state_change(&stranger, report(&arn))
            .await
            .unwrap_err();
        assert_eq!(refused.code, "AccessDeniedException");
    }
    let here = by(node(ACCOUNT));
    harness
        .ecs
        .submit_task_state_change(&here, report(&arn))
        .await
        .unwrap();
    let shown = describe(&harness, &owner, &arn).await;
    assert_eq!(shown.last_status.as_deref(), Some("RUNNING"));
}

#[tokio::test]
async fn what_an_account_registers_serves_no_other() {
    let harness = installation().await;
    let _own = Agent::join_as(&harness, registration("default"), context()).await;
    assert!(run(&harness, &root_of(ACCOUNT, FAR)).await.is_some());
    let ran = harness
        .run_as(&root_of(OTHER, FAR), fargate("subnet-a"))
        .await;
    let failures = ran.failures.unwrap();
    let reason = failures[0].reason.as_deref().unwrap();
    assert!(reason.starts_with("Capacity is unavailable"), "{reason}");
}

#[tokio::test]
async fn a_machine_has_an_id_of_ec2() {
    let harness = installation().await;
    let register = async |id: &str| {
        let mut registration = registration("default");
        registration["instanceIdentityDocument"] = json!({"instanceId": id}).to_string().into();
        let input = decode("RegisterContainerInstance", registration);
        let of = root_of(ACCOUNT, FAR);
        harness.ecs.register_container_instance(&of, input).await
    };
    for id in ["i-0123456789abcdef0", "mi-0123456789abcdef0"] {
        register(id).await.unwrap();
    }
    let long = format!("i-{}", "0".repeat(1000));
    for id in ["", "i-", "node-1", "i-0 1", "i-\u{fc}", long.as_str()] {
        let refusal = register(id).await.unwrap_err();
        let text = "The instance identity document has no valid instance ID.";
        assert_eq!(refusal.message, text, "{id}");
    }
}

#[tokio::test]
async fn a_machine_is_registered_in_one_account() {
    let harness = installation().await;
    let with_id = |id: &str| {
        let mut registration = registration("default");
        registration["instanceIdentityDocument"] = json!({"instanceId": id}).to_string().into();
        decode("RegisterContainerInstance", registration)
    };
    let ecs = &harness.ecs;
    ecs.register_container_instance(&root_of(ACCOUNT, FAR), with_id("i-1"))
        .await
        .unwrap();
    let taken = ecs
        .register_container_instance(&root_of(OTHER, FAR), with_id("i-1"))
        .await
        .unwrap_err();
    assert_eq!(taken.code, "AccessDeniedException");
}

#[tokio::test]
async fn a_node_may_be_bound_to_regions_and_accounts() {
    let harness = installation().await;
    let mut bound = registration("default");
    let attributes = bound["attributes"].as_array_mut().unwrap();
    attributes.push(json!({"name": "wharf.serves-regions", "value": FAR}));
    attributes
        .push(json!({"name": "wharf.serves-accounts", "value": format!("{OTHER}, {ACCOUNT}")}));
    let _agent = Agent::join_as(&harness, bound, node(ACCOUNT)).await;
    assert!(
        run(&harness, &root_of(ACCOUNT, "us-east-1"))
            .await
            .is_none()
    );
    assert!(run(&harness, &root_of(ACCOUNT, FAR)).await.is_some());
    assert!(run(&harness, &root_of(OTHER, FAR)).await.is_some());
}
