//! What each operation asks IAM, before it does anything.

use serde_json::json;
use wharf_api_ecs::{self as api, Ecs, Input};

use crate::harness::{Harness, context, decode};

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
    let list = api::ListClustersRequest::default();
    let expected = [row("ecs:ListClusters", "*")];
    assert_eq!(rows(&harness, Input::ListClusters(&list)).await, expected);
}
