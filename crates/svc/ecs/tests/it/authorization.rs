//! What each operation asks IAM, before it does anything.

use serde_json::json;
use wharf_api_ecs::{self as api, Ecs, Input};
use wharf_testkit::ecs::Agent;

use crate::harness::{Harness, call, context, decode};

async fn rows(harness: &Harness, input: Input<'_>) -> Vec<(String, String)> {
    let checks = harness.ecs.authorize(&context(), input).await.unwrap();
    checks
        .into_iter()
        .map(|check| (check.action, check.resource))
        .collect()
}

fn row(action: &str, resource: &str) -> (String, String) {
    (
        action.to_owned(),
        resource.replace('~', "arn:aws:ecs:us-east-1:000000000000"),
    )
}

#[tokio::test]
async fn run_task_is_judged_on_the_revision_and_every_role() {
    let harness = Harness::with_cluster().await;
    let role = |name: &str| format!("arn:aws:iam::000000000000:role/{name}");
    let definition = json!({"family": "web", "taskRoleArn": role("task"), "executionRoleArn": role("exec"),
        "containerDefinitions": [{"name": "web", "image": "i", "memory": 64}]});
    harness.define(definition.clone()).await;
    let request: api::RunTaskRequest = decode(
        "RunTask",
        json!({"taskDefinition": "web", "overrides": {"taskRoleArn": role("other")},
            "tags": [{"key": "a", "value": "1"}]}),
    );
    let expected = [
        row("ecs:RunTask", "~:task-definition/web:1"),
        row("iam:PassRole", &role("task")),
        row("iam:PassRole", &role("exec")),
        row("iam:PassRole", &role("other")),
        row("ecs:TagResource", "~:task/default/*"),
    ];
    assert_eq!(rows(&harness, Input::RunTask(&request)).await, expected);
    let checks = harness
        .ecs
        .authorize(&context(), Input::RunTask(&request))
        .await
        .unwrap();
    let cluster = "arn:aws:ecs:us-east-1:000000000000:cluster/default";
    assert_eq!(checks[0].context["ecs:cluster"], [cluster]);
    assert_eq!(
        checks[1].context["iam:PassedToService"],
        ["ecs-tasks.amazonaws.com"]
    );
    let definition_arn = "arn:aws:ecs:us-east-1:000000000000:task-definition/web:1";
    for passed in &checks[1..4] {
        assert_eq!(
            passed.context["iam:AssociatedResourceArn"],
            [definition_arn]
        );
    }

    let register: api::RegisterTaskDefinitionRequest = decode("RegisterTaskDefinition", definition);
    let expected = [
        row("ecs:RegisterTaskDefinition", "*"),
        row("iam:PassRole", &role("task")),
        row("iam:PassRole", &role("exec")),
    ];
    assert_eq!(
        rows(&harness, Input::RegisterTaskDefinition(&register)).await,
        expected
    );
}

#[tokio::test]
async fn resources_are_named_as_policies_name_them() {
    let harness = Harness::with_cluster().await;
    let stop: api::StopTaskRequest = decode("StopTask", json!({"cluster": "c", "task": "3f"}));
    assert_eq!(
        rows(&harness, Input::StopTask(&stop)).await,
        [row("ecs:StopTask", "~:task/c/3f")]
    );
    let describe: api::DescribeTasksRequest = decode("DescribeTasks", json!({"tasks": ["1", "2"]}));
    let expected = ["1", "2"].map(|id| row("ecs:DescribeTasks", &format!("~:task/default/{id}")));
    assert_eq!(
        rows(&harness, Input::DescribeTasks(&describe)).await,
        expected
    );
    let delete: api::DeleteClusterRequest = decode("DeleteCluster", json!({"cluster": "c"}));
    let expected = [row("ecs:DeleteCluster", "~:cluster/c")];
    assert_eq!(
        rows(&harness, Input::DeleteCluster(&delete)).await,
        expected
    );
    for task_definitions in [None, Some(Vec::new())] {
        let none = api::DeleteTaskDefinitionsRequest { task_definitions };
        assert_eq!(
            rows(&harness, Input::DeleteTaskDefinitions(&none)).await,
            [row("ecs:DeleteTaskDefinitions", "*")]
        );
        let refused = harness.ecs.delete_task_definitions(&call(), none).await;
        assert_eq!(refused.unwrap_err().code, "InvalidParameterException");
    }
    let list = api::ListClustersRequest::default();
    let expected = [row("ecs:ListClusters", "*")];
    assert_eq!(rows(&harness, Input::ListClusters(&list)).await, expected);
}

/// The condition keys of the first row, as `name=value,value`.
async fn keys(harness: &Harness, input: Input<'_>) -> Vec<String> {
    let checks = harness.ecs.authorize(&context(), input).await.unwrap();
    let context = checks[0].context.iter();
    context
        .map(|(key, values)| format!("{key}={}", values.join(",")))
        .collect()
}

#[track_caller]
fn has(found: &[String], wanted: &[&str]) {
    for one in wanted {
        assert!(found.iter().any(|key| key == one), "{one} in {found:?}");
    }
}

#[tokio::test]
async fn definitions_say_what_they_ask_for() {
    let harness = Harness::with_cluster().await;
    let register = |members: serde_json::Value| {
        let mut whole = json!({"family": "f", "containerDefinitions": [{"name": "a", "image": "i", "memory": 9}]});
        for (name, value) in members.as_object().unwrap() {
            whole[name] = value.clone();
        }
        decode::<api::RegisterTaskDefinitionRequest>("RegisterTaskDefinition", whole)
    };
    let plain = register(json!({}));
    let found = keys(&harness, Input::RegisterTaskDefinition(&plain)).await;
    assert_eq!(found, ["ecs:privileged=false"]);
    let large = register(json!({
        "cpu": "1 vCPU", "memory": "2 GB", "requiresCompatibilities": ["EC2", "FARGATE"],
        "containerDefinitions": [{"name": "a", "image": "i"}, {"name": "b", "image": "i", "privileged": true}],
    }));
    let found = keys(&harness, Input::RegisterTaskDefinition(&large)).await;
    let expected = [
        "ecs:privileged=true",
        "ecs:task-cpu=1024",
        "ecs:task-memory=2048",
        "ecs:compute-compatibility=EC2,FARGATE",
        "wharf:HostAccess=privileged",
    ];
    has(&found, &expected);
    let lent = register(json!({
        "pidMode": "host", "networkMode": "host",
        "volumes": [{"name": "v", "host": {"sourcePath": "/srv"}}, {"name": "own"}],
    }));
    let found = keys(&harness, Input::RegisterTaskDefinition(&lent)).await;
    has(
        &found,
        &["wharf:HostAccess=host-network,host-pid,host-path"],
    );
    let odd = register(json!({"cpu": "lots"}));
    let found = keys(&harness, Input::RegisterTaskDefinition(&odd)).await;
    has(&found, &["ecs:task-cpu=lots"]);
}

#[tokio::test]
async fn launches_and_services_say_what_they_want() {
    let harness = Harness::with_cluster().await;
    let definition = json!({"family": "web", "cpu": "256", "memory": "512", "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "tags": [{"key": "team", "value": "a"}],
        "containerDefinitions": [{"name": "web", "image": "i"}]});
    harness.define(definition).await;
    let network = json!({"awsvpcConfiguration": {"subnets": ["subnet-1", "subnet-2"], "assignPublicIp": "ENABLED"}});
    let provider = json!([{"capacityProvider": "FARGATE_SPOT", "weight": 1}]);
    let run: api::RunTaskRequest = decode(
        "RunTask",
        json!({"taskDefinition": "web", "overrides": {"cpu": "512"}, "networkConfiguration": network,
            "capacityProviderStrategy": provider, "enableECSManagedTags": true,
            "propagateTags": "TASK_DEFINITION"}),
    );
    let found = keys(&harness, Input::RunTask(&run)).await;
    let launch = [
        "ecs:subnet=subnet-1,subnet-2",
        "ecs:auto-assign-public-ip=true",
        "ecs:capacity-provider=FARGATE_SPOT",
        "ecs:enable-ecs-managed-tags=true",
        "ecs:enable-execute-command=false",
        "ecs:privileged=false",
        "ecs:compute-compatibility=FARGATE",
        "ecs:task-memory=512",
    ];
    has(&found, &launch);
    has(
        &found,
        &[
            "ecs:task-cpu=512",
            "ecs:propagate-tags=TASK_DEFINITION",
            "aws:ResourceTag/team=a",
            "ecs:ResourceTag/team=a",
        ],
    );
    let start: api::StartTaskRequest = decode(
        "StartTask",
        json!({"taskDefinition": "web", "containerInstances": ["abc"]}),
    );
    let found = keys(&harness, Input::StartTask(&start)).await;
    let instance = "arn:aws:ecs:us-east-1:000000000000:container-instance/default/abc";
    has(
        &found,
        &[
            &format!("ecs:container-instances={instance}"),
            "ecs:task-cpu=256",
        ],
    );
    let create: api::CreateServiceRequest = decode(
        "CreateService",
        json!({"serviceName": "web", "taskDefinition": "web", "networkConfiguration": network,
            "capacityProviderStrategy": provider, "enableECSManagedTags": true}),
    );
    has(
        &keys(&harness, Input::CreateService(&create)).await,
        &launch,
    );
    let update: api::UpdateServiceRequest = decode(
        "UpdateService",
        json!({"service": "web", "taskDefinition": "web", "networkConfiguration": network}),
    );
    let found = keys(&harness, Input::UpdateService(&update)).await;
    has(
        &found,
        &["ecs:subnet=subnet-1,subnet-2", "ecs:task-cpu=256"],
    );
    assert!(
        !found
            .iter()
            .any(|key| key.starts_with("ecs:enable-execute-command"))
    );
}

#[tokio::test]
async fn tags_of_a_machine_that_registers_are_asked_about() {
    let harness = Harness::with_cluster().await;
    let mut input = json!({"cluster": "default"});
    let register = row("ecs:RegisterContainerInstance", "~:cluster/default");
    let bare: api::RegisterContainerInstanceRequest =
        decode("RegisterContainerInstance", input.clone());
    let asked = rows(&harness, Input::RegisterContainerInstance(&bare)).await;
    assert_eq!(asked, std::slice::from_ref(&register));
    input["tags"] = json!([{"key": "stage", "value": "live"}]);
    let tagged: api::RegisterContainerInstanceRequest = decode("RegisterContainerInstance", input);
    let asked = rows(&harness, Input::RegisterContainerInstance(&tagged)).await;
    let tag = row("ecs:TagResource", "~:container-instance/default/*");
    assert_eq!(asked, [register, tag]);
    let input = Input::RegisterContainerInstance(&tagged);
    let checks = harness.ecs.authorize(&context(), input).await.unwrap();
    for check in &checks {
        assert_eq!(check.context["aws:RequestTag/stage"], ["live"]);
    }
    let action = &checks[1].context["ecs:CreateAction"];
    assert_eq!(*action, ["RegisterContainerInstance"]);
}

#[tokio::test]
async fn tags_at_creation_are_asked_about_unless_the_account_says_otherwise() {
    let harness = Harness::with_cluster().await;
    let request = json!({"clusterName": "c", "tags": [{"key": "a", "value": "1"}]});
    let request: api::CreateClusterRequest = decode("CreateCluster", request);
    let create = row("ecs:CreateCluster", "*");
    let tag = row("ecs:TagResource", "~:cluster/c");
    for (said, expected) in [
        (None, vec![create.clone(), tag.clone()]),
        (Some("off"), vec![create.clone()]),
        (Some("on"), vec![create, tag]),
    ] {
        if let Some(value) = said {
            let input = json!({"name": "tagResourceAuthorization", "value": value});
            let input = decode("PutAccountSettingDefault", input);
            harness
                .ecs
                .put_account_setting_default(&call(), input)
                .await
                .unwrap();
        }
        let asked = rows(&harness, Input::CreateCluster(&request)).await;
        assert_eq!(asked, expected, "{said:?}");
    }
    // What tags by itself is asked about in any case.
    let input = json!({"name": "tagResourceAuthorization", "value": "off"});
    let input = decode("PutAccountSettingDefault", input);
    harness
        .ecs
        .put_account_setting_default(&call(), input)
        .await
        .unwrap();
    let request = json!({"resourceArn": "arn:aws:ecs:us-east-1:000000000000:cluster/default",
        "tags": [{"key": "a", "value": "1"}]});
    let request: api::TagResourceRequest = decode("TagResource", request);
    assert_eq!(
        rows(&harness, Input::TagResource(&request)).await,
        [row("ecs:TagResource", "~:cluster/default")]
    );
}

/// Policies shut out by tags: whatever is acted on is asked about with those that it has at that moment.
#[tokio::test]
async fn tags_of_what_is_acted_on_are_asked_about() {
    let harness = Harness::with_cluster().await;
    let mut agent = Agent::join(&harness, "default").await;
    let definition = harness
        .define(json!({"family": "web", "containerDefinitions": [{"name": "web", "image": "i", "memory": 64}]}))
        .await;
    let task = harness.run_one(json!({"taskDefinition": "web"})).await;
    let cluster = "arn:aws:ecs:us-east-1:000000000000:cluster/default".to_owned();
    let instance = agent.instance.clone();
    for arn in [&cluster, &definition, &task, &instance] {
        let untag: api::UntagResourceRequest = decode(
            "UntagResource",
            json!({"resourceArn": arn, "tagKeys": ["stage", "team"]}),
        );
        let found = keys(&harness, Input::UntagResource(&untag)).await;
        assert_eq!(found, ["aws:TagKeys=stage,team"], "{arn}");
        let tag: api::TagResourceRequest = decode(
            "TagResource",
            json!({"resourceArn": arn, "tags": [{"key": "stage", "value": "live"}]}),
        );
        harness.ecs.tag_resource(&call(), tag).await.unwrap();
        let tags = ["aws:ResourceTag/stage=live", "ecs:ResourceTag/stage=live"];
        has(&keys(&harness, Input::UntagResource(&untag)).await, &tags);
    }
    let tags = ["aws:ResourceTag/stage=live", "ecs:ResourceTag/stage=live"];
    let stop: api::StopTaskRequest = decode("StopTask", json!({"task": task}));
    has(&keys(&harness, Input::StopTask(&stop)).await, &tags);
    let execute: api::ExecuteCommandRequest = decode(
        "ExecuteCommand",
        json!({"task": task, "command": "sh", "interactive": true}),
    );
    let found = keys(&harness, Input::ExecuteCommand(&execute)).await;
    has(&found, &tags);
    has(&found, &[&format!("ecs:task={task}")]);
    let describe: api::DescribeClustersRequest =
        decode("DescribeClusters", json!({"clusters": ["default"]}));
    has(
        &keys(&harness, Input::DescribeClusters(&describe)).await,
        &tags,
    );
    let drain: api::UpdateContainerInstancesStateRequest = decode(
        "UpdateContainerInstancesState",
        json!({"containerInstances": [instance], "status": "DRAINING"}),
    );
    let asked = Input::UpdateContainerInstancesState(&drain);
    has(&keys(&harness, asked).await, &tags);
    let delete: api::DeleteTaskDefinitionsRequest = decode(
        "DeleteTaskDefinitions",
        json!({"taskDefinitions": ["web:1"]}),
    );
    has(
        &keys(&harness, Input::DeleteTaskDefinitions(&delete)).await,
        &tags,
    );
    let run: api::RunTaskRequest = decode("RunTask", json!({"taskDefinition": "web"}));
    let found = keys(&harness, Input::RunTask(&run)).await;
    has(&found, &tags);
    let once = found.iter().filter(|it| it.starts_with("ecs:ResourceTag"));
    assert_eq!(once.count(), 1);
    // One that is over has its tags as long as it is shown.
    agent.payload().await;
    agent.running(&harness, &task).await;
    harness.until(&task, "RUNNING").await;
    agent.ended(&harness, &task, 0).await;
    harness.until(&task, "STOPPED").await;
    let describe: api::DescribeTasksRequest = decode("DescribeTasks", json!({"tasks": [task]}));
    has(
        &keys(&harness, Input::DescribeTasks(&describe)).await,
        &tags,
    );
}

#[tokio::test]
async fn settings_are_asked_about_by_their_names() {
    let harness = Harness::with_cluster().await;
    let input = json!({"name": "containerInsights", "value": "enabled"});
    let put: api::PutAccountSettingRequest = decode("PutAccountSetting", input.clone());
    let default: api::PutAccountSettingDefaultRequest = decode("PutAccountSettingDefault", input);
    let delete: api::DeleteAccountSettingRequest =
        decode("DeleteAccountSetting", json!({"name": "containerInsights"}));
    for asked in [
        Input::PutAccountSetting(&put),
        Input::PutAccountSettingDefault(&default),
        Input::DeleteAccountSetting(&delete),
    ] {
        let found = keys(&harness, asked).await;
        assert_eq!(found, ["ecs:account-setting=containerInsights"]);
    }
}
