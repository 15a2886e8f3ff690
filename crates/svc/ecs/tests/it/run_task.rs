use serde_json::{Value, json};
use wharf_api_ecs::{self as api, Ecs};
use wharf_testkit::ecs::Agent;

use crate::harness::{Harness, call, decode};

fn bridge() -> Value {
    json!({
        "family": "web",
        "containerDefinitions": [{
            "name": "web", "image": "localhost:4566/web:1", "memory": 128, "cpu": 256,
            "command": ["serve"], "environment": [{"name": "A", "value": "1"}],
            "portMappings": [{"containerPort": 80}],
        }],
    })
}

fn fargate() -> Value {
    json!({
        "family": "web", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
        "cpu": "256", "memory": "512", "executionRoleArn": "arn:aws:iam::000000000000:role/exec",
        "taskRoleArn": "arn:aws:iam::000000000000:role/task",
        "containerDefinitions": [{
            "name": "web", "image": "localhost:4566/web:1",
            "logConfiguration": {"logDriver": "awslogs", "options": {
                "awslogs-group": "g", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p"}},
        }],
    })
}

fn in_subnets(subnets: &[&str]) -> Value {
    json!({"awsvpcConfiguration": {"subnets": subnets, "assignPublicIp": "ENABLED"}})
}

#[tokio::test]
async fn a_task_runs_and_ends_with_its_exit_code() {
    let harness = Harness::with_cluster().await;
    let mut agent = Agent::join(&harness, "default").await;
    let definition = harness.define(bridge()).await;
    let arn = harness.run_one(json!({"taskDefinition": "web"})).await;
    let pending = harness.describe(&arn).await;
    assert_eq!(pending.last_status.as_deref(), Some("PENDING"));
    assert_eq!(
        pending.task_definition_arn.as_deref(),
        Some(definition.as_str())
    );
    assert_eq!(
        pending.container_instance_arn.as_deref(),
        Some(agent.instance.as_str())
    );
    assert_eq!(pending.group.as_deref(), Some("family:web"));

    let task = agent.payload().await;
    assert_eq!(
        (&task["arn"], &task["desiredStatus"]),
        (&json!(arn), &json!("RUNNING"))
    );
    assert_eq!(
        (&task["family"], &task["version"]),
        (&json!("web"), &json!("1"))
    );
    let container = &task["containers"][0];
    assert_eq!(container["command"], json!(["serve"]));
    let environment = json!({"A": "1", "AWS_EXECUTION_ENV": "AWS_ECS_EC2"});
    assert_eq!(container["environment"], environment);
    assert_eq!(container["registryAuthentication"]["type"], "ecr");

    agent.running(&harness, &arn).await;
    let running = harness.until(&arn, "RUNNING").await;
    let container = &running.containers.as_ref().unwrap()[0];
    assert_eq!(container.runtime_id.as_deref(), Some("r1"));
    assert_eq!(
        container.network_bindings.as_ref().unwrap()[0].host_port,
        Some(32768)
    );
    let remaining = harness.instance(&agent.instance).await;
    assert_eq!(remaining.running_tasks_count, Some(1));
    let left = |name: &str| {
        let rows = remaining.remaining_resources.as_ref().unwrap();
        rows.iter()
            .find(|row| row.name.as_deref() == Some(name))
            .unwrap()
            .integer_value
            .unwrap()
    };
    assert_eq!((left("CPU"), left("MEMORY")), (2048 - 256, 4096 - 128));

    agent.ended(&harness, &arn, 3).await;
    let stopped = harness.until(&arn, "STOPPED").await;
    assert_eq!(
        stopped.stop_code.as_deref(),
        Some("EssentialContainerExited")
    );
    assert_eq!(
        stopped.stopped_reason.as_deref(),
        Some("Essential container in task exited")
    );
    assert_eq!(stopped.containers.unwrap()[0].exit_code, Some(3));
}

#[tokio::test]
async fn stop_task_tells_the_agent_and_waits_for_it() {
    let harness = Harness::with_cluster().await;
    let mut agent = Agent::join(&harness, "default").await;
    harness.define(bridge()).await;
    let arn = harness.run_one(json!({"taskDefinition": "web"})).await;
    agent.payload().await;
    agent.running(&harness, &arn).await;
    let stopping = harness.stop(&arn).await;
    assert_eq!(stopping.desired_status.as_deref(), Some("STOPPED"));
    assert_eq!(stopping.last_status.as_deref(), Some("RUNNING"));
    let task = agent.payload().await;
    assert_eq!(
        (&task["arn"], &task["desiredStatus"]),
        (&json!(arn), &json!("STOPPED"))
    );
    agent.ended(&harness, &arn, 143).await;
    let stopped = harness.until(&arn, "STOPPED").await;
    assert_eq!(stopped.stop_code.as_deref(), Some("UserInitiated"));
    assert_eq!(
        stopped.stopped_reason.as_deref(),
        Some("Task stopped by user")
    );
    let by_status = async |status: &str| {
        let input = decode("ListTasks", json!({"desiredStatus": status}));
        harness
            .ecs
            .list_tasks(&call(), input)
            .await
            .unwrap()
            .task_arns
            .unwrap()
    };
    assert_eq!(by_status("STOPPED").await, [arn]);
    assert_eq!(by_status("RUNNING").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_fargate_task_of_any_cluster_gets_an_interface_and_keys() {
    let harness = Harness::with_cluster().await;
    harness.create_cluster("other").await;
    let mut agent = Agent::join(&harness, "default").await;
    harness.define(fargate()).await;
    let arn = harness
        .run_one(json!({
            "cluster": "other", "taskDefinition": "web", "launchType": "FARGATE",
            "networkConfiguration": in_subnets(&["subnet-b"]),
        }))
        .await;
    let task = agent.payload().await;
    assert_eq!(
        task["taskClusterArn"],
        "arn:aws:ecs:us-east-1:000000000000:cluster/other"
    );
    assert_eq!(task["launchType"], "FARGATE");
    assert_eq!(
        task["elasticNetworkInterfaces"][0]["subnetGatewayIpv4Address"],
        "172.31.16.1/20"
    );
    let role = "arn:aws:iam::000000000000:role/task";
    assert_eq!(task["roleCredentials"]["roleArn"], role);
    assert_ne!(
        task["roleCredentials"]["credentialsId"],
        task["executionRoleCredentials"]["credentialsId"]
    );
    let host_config = task["containers"][0]["dockerConfig"]["hostConfig"]
        .as_str()
        .unwrap();
    let host_config: Value = serde_json::from_str(host_config).unwrap();
    let id = arn.rsplit('/').next().unwrap();
    assert_eq!(
        host_config["LogConfig"]["Config"]["awslogs-stream"],
        format!("p/web/{id}")
    );

    agent.running(&harness, &arn).await;
    let running = harness.until(&arn, "RUNNING").await;
    assert_eq!(running.container_instance_arn, None);
    assert_eq!(running.platform_version.as_deref(), Some("1.4.0"));
    assert_eq!(running.availability_zone.as_deref(), Some("us-east-1b"));
    assert_eq!(running.connectivity.as_deref(), Some("CONNECTED"));
    let attachment = &running.attachments.as_ref().unwrap()[0];
    assert_eq!(attachment.status.as_deref(), Some("ATTACHED"));
    let container = &running.containers.as_ref().unwrap()[0];
    let address = &container.network_interfaces.as_ref().unwrap()[0].private_ipv4_address;
    let interface = harness.world.interfaces().await.remove(0);
    assert_eq!(*address, interface.private_ip_address);

    assert_eq!(
        harness.stop(&arn).await.last_status.as_deref(),
        Some("STOPPING")
    );
    assert_eq!(agent.payload().await["desiredStatus"], "STOPPED");
    agent.ended(&harness, &arn, 0).await;
    let stopped = harness.until(&arn, "STOPPED").await;
    assert_eq!(
        stopped.attachments.unwrap()[0].status.as_deref(),
        Some("DELETED")
    );
    assert_eq!(harness.interfaces().await, 0);
}

#[tokio::test]
async fn a_batch_spreads_over_its_subnets() {
    let harness = Harness::with_cluster().await;
    let _agent = Agent::join(&harness, "default").await;
    harness.define(fargate()).await;
    let request = json!({
        "taskDefinition": "web", "launchType": "FARGATE", "count": 3,
        "networkConfiguration": in_subnets(&["subnet-a", "subnet-b", "subnet-c"]),
    });
    let tasks = harness.run(request).await.unwrap().tasks.unwrap();
    let mut zones: Vec<_> = tasks
        .iter()
        .map(|t| t.availability_zone.clone().unwrap())
        .collect();
    zones.sort();
    assert_eq!(zones, ["us-east-1a", "us-east-1b", "us-east-1c"]);
}

#[tokio::test]
async fn a_client_token_gives_the_same_tasks_again() {
    let harness = Harness::with_cluster().await;
    let _agent = Agent::join(&harness, "default").await;
    harness.define(bridge()).await;
    let request = json!({"taskDefinition": "web", "clientToken": "once"});
    let first = harness.run_one(request.clone()).await;
    assert_eq!(harness.run_one(request).await, first);
    let other = json!({"taskDefinition": "web", "clientToken": "once", "count": 2});
    let conflict = harness.run(other).await.unwrap_err();
    assert_eq!(conflict.code, "ConflictException");
    assert_eq!(conflict.members, [("resourceIds", json!([first]))]);
}

/// Calls that wait are placed together, those with one token never.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_placed_together_keep_their_tokens_apart() {
    let harness = std::sync::Arc::new(Harness::with_cluster().await);
    let _agents = [
        Agent::join(&harness, "default").await,
        Agent::join(&harness, "default").await,
    ];
    harness.define(bridge()).await;
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..12 {
        let harness = harness.clone();
        let token = format!("token-{}", number % 4);
        calls.spawn(async move {
            let request = json!({"taskDefinition": "web", "count": 2, "clientToken": token});
            let tasks = harness.run(request).await.unwrap().tasks.unwrap();
            let mut arns: Vec<_> = tasks.into_iter().filter_map(|task| task.task_arn).collect();
            arns.sort();
            (token, arns)
        });
    }
    let mut made = std::collections::BTreeMap::new();
    for (token, arns) in calls.join_all().await {
        assert_eq!(arns.len(), 2);
        assert_eq!(*made.entry(token).or_insert(arns.clone()), arns);
    }
    let all: std::collections::BTreeSet<_> = made.into_values().flatten().collect();
    assert_eq!(all.len(), 8);
}

#[tokio::test]
async fn what_does_not_fit_is_a_failure_with_its_reason() {
    let harness = Harness::with_cluster().await;
    let none = json!({"taskDefinition": "web"});
    harness.define(bridge()).await;
    let empty = harness.run(none.clone()).await.unwrap_err();
    assert_eq!(
        empty.message,
        "No Container Instances were found in your cluster."
    );
    let agent = Agent::join(&harness, "default").await;
    let mut big = bridge();
    big["containerDefinitions"][0]["memory"] = json!(3000);
    harness.define(big).await;
    let response = harness
        .run(json!({"taskDefinition": "web", "count": 2}))
        .await
        .unwrap();
    assert_eq!(response.tasks.unwrap().len(), 1);
    let failure = response.failures.unwrap().remove(0);
    assert_eq!(failure.reason.as_deref(), Some("RESOURCE:MEMORY"));
    assert_eq!(failure.arn.as_deref(), Some(agent.instance.as_str()));
    assert_eq!(
        failure.detail.as_deref(),
        Some(
            "The node has insufficient memory available (3000 MiB needed, what others were \
             given or promised meanwhile leaves less of 4096)."
        )
    );
    let detail = async || {
        let failures = harness.run(none.clone()).await.unwrap().failures;
        failures.unwrap().remove(0).detail.unwrap()
    };
    assert_eq!(
        detail().await,
        "The node has insufficient memory available (3000 MiB needed, 1096 of 4096 free)."
    );
    let mut huge = bridge();
    huge["containerDefinitions"][0]["memory"] = json!(5000);
    harness.define(huge).await;
    assert_eq!(
        detail().await,
        "The node has insufficient memory available (5000 MiB needed, 4096 in all): it can never run \
         the task."
    );
    drop(agent);
}

/// Many callers at once: what was placed fits, whatever the order.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_runs_never_overcommit_a_host() {
    let harness = std::sync::Arc::new(Harness::with_cluster().await);
    let agent = Agent::join(&harness, "default").await;
    let mut definition = bridge();
    definition["containerDefinitions"][0]["cpu"] = json!(100);
    harness.define(definition).await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let harness = harness.clone();
        calls.spawn(async move {
            let mut placed = 0;
            for _ in 0..2 {
                let response = harness
                    .run(json!({"taskDefinition": "web", "count": 2}))
                    .await;
                placed += response.unwrap().tasks.unwrap().len();
            }
            placed
        });
    }
    let placed: usize = calls.join_all().await.into_iter().sum();
    // 2048 / 100, though 32 were asked for.
    assert_eq!(placed, 20);
    let left = async || {
        let instance = harness.instance(&agent.instance).await;
        instance.remaining_resources.unwrap()[0]
            .integer_value
            .unwrap()
    };
    assert_eq!(left().await, 48);

    // All of them told to stop at once: every one is, and their cpu is free.
    let list = decode("ListTasks", json!({}));
    let running = harness
        .ecs
        .list_tasks(&call(), list)
        .await
        .unwrap()
        .task_arns
        .unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for task in running {
        let harness = harness.clone();
        calls.spawn(async move { harness.stop(&task).await.desired_status });
    }
    let stopped = calls.join_all().await;
    assert!(
        stopped
            .iter()
            .all(|status| status.as_deref() == Some("STOPPED"))
    );
    assert_eq!((stopped.len(), left().await), (20, 2048));
}

#[tokio::test]
async fn requests_that_contradict_themselves() {
    let harness = Harness::with_cluster().await;
    let _agent = Agent::join(&harness, "default").await;
    harness.define(bridge()).await;
    let mut awsvpc = fargate();
    awsvpc["family"] = json!("vpc");
    harness.define(awsvpc).await;
    let check = async |request: Value, code: &str, message: &str| {
        let fault = harness.run(request).await.unwrap_err();
        assert_eq!(
            (fault.code.as_ref(), fault.message.as_str()),
            (code, message)
        );
    };
    let (invalid, client) = ("InvalidParameterException", "ClientException");
    check(
        json!({"taskDefinition": "none"}),
        client,
        "TaskDefinition not found.",
    )
    .await;
    check(
        json!({"taskDefinition": "web:x"}),
        invalid,
        "Invalid revision number. Number: x",
    )
    .await;
    check(
        json!({"taskDefinition": "web", "launchType": "FARGATE"}),
        invalid,
        "Task definition does not support launch_type FARGATE.",
    )
    .await;
    check(
        json!({"taskDefinition": "vpc", "launchType": "FARGATE"}),
        invalid,
        "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    )
    .await;
    check(
        json!({"taskDefinition": "web", "networkConfiguration": in_subnets(&["subnet-a"])}),
        invalid,
        "Network Configuration is not valid for the given networkMode of this task definition.",
    )
    .await;
    check(
        json!({"taskDefinition": "vpc", "networkConfiguration": in_subnets(&["subnet-a"])}),
        invalid,
        "Assign public IP is not supported for this launch type.",
    )
    .await;
    check(
        json!({"taskDefinition": "vpc", "launchType": "FARGATE", "networkConfiguration": in_subnets(&[])}),
        invalid,
        "subnets can not be empty.",
    )
    .await;
    check(
        json!({"taskDefinition": "web", "overrides": {"containerOverrides": [{"name": "x"}]}}),
        invalid,
        "Override for container named x is not a container in the TaskDefinition.",
    )
    .await;
    check(
        json!({"taskDefinition": "web", "overrides": {"containerOverrides": [{"name": "web", "memory": 0}]}}),
        client,
        "Invalid setting for container 'web'. 'memory' must be at least 6 MiB.",
    )
    .await;
    for started_by in ["a b", "é", "a:b", "a\nb"] {
        check(
            json!({"taskDefinition": "web", "startedBy": started_by}),
            invalid,
            "startedBy can have letters, numbers, hyphens, slashes, underscores and periods.",
        )
        .await;
    }
    check(
        json!({"taskDefinition": "web", "referenceId": "r".repeat(1025)}),
        invalid,
        "referenceId can have at most 1024 characters.",
    )
    .await;
    check(
        json!({"taskDefinition": "web", "volumeConfigurations": [{
            "name": "v", "managedEBSVolume": {"roleArn": "r", "sizeInGiB": 1}}]}),
        invalid,
        "The volume configuration 'v' does not match a volume of the task definition that is configured at launch.",
    )
    .await;
    let not_here = "UnsupportedFeatureException";
    for (request, what) in [
        (
            json!({"taskDefinition": "web", "overrides": {"inferenceAcceleratorOverrides": [
                {"deviceName": "d", "deviceType": "eia1.medium"}]}}),
            "overrides.inferenceAcceleratorOverrides",
        ),
        (
            json!({"taskDefinition": "web", "overrides": {"containerOverrides": [{
                "name": "web", "resourceRequirements": [{"type": "GPU", "value": "1"}]}]}}),
            "containerOverrides.resourceRequirements",
        ),
    ] {
        let text = format!("{what} is not supported by this version of wharf.");
        check(request, not_here, &text).await;
    }
    check(
        json!({"taskDefinition": "vpc", "launchType": "FARGATE", "placementStrategy": [{"type": "random"}],
               "networkConfiguration": in_subnets(&["subnet-a"])}),
        invalid,
        "Placement strategies are not supported with FARGATE launch type.",
    )
    .await;
    check(
        json!({"taskDefinition": "web", "overrides": {"taskRoleArn": "arn:aws:iam::000000000000:role/broken"}}),
        client,
        "ECS was unable to assume the role 'arn:aws:iam::000000000000:role/broken' that was provided \
         for this task. Please verify that the role being passed has the proper trust relationship \
         and permissions and that your IAM user has permissions to pass this role.",
    )
    .await;
    let deregister = decode(
        "DeregisterTaskDefinition",
        json!({"taskDefinition": "web:1"}),
    );
    harness
        .ecs
        .deregister_task_definition(&call(), deregister)
        .await
        .unwrap();
    check(
        json!({"taskDefinition": "web:1"}),
        client,
        "TaskDefinition is inactive",
    )
    .await;
}

#[tokio::test]
async fn unacknowledged_payloads_come_again() {
    let harness = Harness::impatient().await;
    let mut agent = Agent::join(&harness, "default").await;
    harness.define(bridge()).await;
    let arn = harness.run_one(json!({"taskDefinition": "web"})).await;
    let first = agent.expect("PayloadMessage").await;
    let second = agent.expect("PayloadMessage").await;
    assert_eq!(
        (&first["tasks"][0]["arn"], &second["tasks"][0]["arn"]),
        (&json!(arn), &json!(arn))
    );
    assert!(second["seqNum"].as_i64() > first["seqNum"].as_i64());
    agent.acknowledge(&second).await;
}

#[tokio::test]
async fn a_task_says_what_kept_it_from_starting() {
    let harness = Harness::with_cluster().await;
    let mut agent = Agent::join(&harness, "default").await;
    harness.define(bridge()).await;
    let arn = harness.run_one(json!({"taskDefinition": "web"})).await;
    agent.payload().await;
    let text = "CannotPullImageManifestError: no such image";
    let containers = json!([{"containerName": "web", "status": "STOPPED", "reason": text}]);
    agent
        .report(
            &harness,
            &arn,
            json!({"status": "STOPPED", "containers": containers}),
        )
        .await;
    let stopped = harness.until(&arn, "STOPPED").await;
    assert_eq!(stopped.stop_code.as_deref(), Some("TaskFailedToStart"));
    assert_eq!(stopped.stopped_reason.as_deref(), Some(text));
}

#[tokio::test]
async fn swap_is_beside_the_memory_of_an_override() {
    let harness = Harness::with_cluster().await;
    let mut agent = Agent::join(&harness, "default").await;
    let mut definition = bridge();
    definition["containerDefinitions"][0]["linuxParameters"] = json!({"maxSwap": 16});
    harness.define(definition).await;
    let overrides = json!({"containerOverrides": [{"name": "web", "memory": 256}]});
    harness
        .run_one(json!({"taskDefinition": "web", "overrides": overrides}))
        .await;
    let task = agent.payload().await;
    let container = &task["containers"][0];
    assert_eq!(container["memory"], 256);
    let host_config = container["dockerConfig"]["hostConfig"].as_str().unwrap();
    let host_config: Value = serde_json::from_str(host_config).unwrap();
    assert_eq!(host_config["MemorySwap"], (256 + 16) << 20);
}

#[tokio::test]
async fn start_task_names_the_instance() {
    let harness = Harness::with_cluster().await;
    let agent = Agent::join(&harness, "default").await;
    harness.define(bridge()).await;
    let unlimited: api::StartTaskRequest = decode(
        "StartTask",
        json!({"taskDefinition": "web", "containerInstances": [agent.instance],
            "overrides": {"containerOverrides": [{"name": "web", "memory": 0}]}}),
    );
    let refused = harness.ecs.start_task(&call(), unlimited).await;
    assert_eq!(
        refused.unwrap_err().message,
        "Invalid setting for container 'web'. 'memory' must be at least 6 MiB."
    );
    let started_by = |starter: String| -> api::StartTaskRequest {
        let instances = [agent.instance.as_str(), "0123"];
        decode(
            "StartTask",
            json!({"taskDefinition": "web", "containerInstances": instances, "startedBy": starter}),
        )
    };
    let too_long = started_by("s".repeat(37));
    let refused = harness.ecs.start_task(&call(), too_long).await;
    assert_eq!(
        refused.unwrap_err().message,
        "startedBy can have at most 36 characters."
    );
    let input = started_by("s".repeat(36));
    let response = harness.ecs.start_task(&call(), input).await.unwrap();
    let task = response.tasks.unwrap().remove(0);
    assert_eq!(
        task.container_instance_arn.as_deref(),
        Some(agent.instance.as_str())
    );
    assert_eq!(
        response.failures.unwrap()[0].reason.as_deref(),
        Some("MISSING")
    );
}

#[tokio::test]
async fn what_was_acknowledged_is_not_told_again() {
    let harness = Harness::with_cluster().await;
    let mut agent = Agent::join(&harness, "default").await;
    harness.define(bridge()).await;
    let arn = harness.run_one(json!({"taskDefinition": "web"})).await;
    agent.payload().await;
    // The stop passes the same connection behind the acknowledgement.
    let other = harness.run_one(json!({"taskDefinition": "web"})).await;
    agent.expect("PayloadMessage").await;
    let instance = agent.instance.clone();
    drop(agent);
    let mut back = Agent::connect(&harness, "default", &instance).await;
    assert_eq!(back.payload().await["arn"], json!(other), "not {arn}");
    back.expect("TaskManifestMessage").await;
}

#[tokio::test]
async fn late_reports_change_nothing() {
    let harness = Harness::with_cluster().await;
    let mut agent = Agent::join(&harness, "default").await;
    harness.define(bridge()).await;
    let arn = harness.run_one(json!({"taskDefinition": "web"})).await;
    agent.payload().await;
    agent.ended(&harness, &arn, 1).await;
    let stopped = harness.until(&arn, "STOPPED").await;
    assert!(stopped.started_at.is_some(), "it ran, though nobody saw it");
    assert_eq!(
        stopped.stop_code.as_deref(),
        Some("EssentialContainerExited")
    );
    agent.running(&harness, &arn).await;
    agent.ended(&harness, &arn, 2).await;
    assert_eq!(harness.describe(&arn).await, stopped);
}
