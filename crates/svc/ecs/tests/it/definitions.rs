use serde_json::{Value, json};
use wharf_api_ecs::{self as api, Ecs};
use wharf_testkit::ecs::Agent;
use wharf_wire::Fault;

use crate::harness::{Harness, call, decode};

fn of(family: &str) -> Value {
    json!({"family": family, "containerDefinitions": [{"name": "web", "image": "i", "memory": 64}]})
}

async fn describe(harness: &Harness, given: &str) -> Result<api::TaskDefinition, Fault> {
    let input = decode("DescribeTaskDefinition", json!({"taskDefinition": given}));
    let described = harness.ecs.describe_task_definition(&call(), input).await?;
    Ok(described.task_definition.unwrap())
}

async fn deregister(harness: &Harness, given: &str) -> Result<api::TaskDefinition, Fault> {
    let input = decode("DeregisterTaskDefinition", json!({"taskDefinition": given}));
    let done = harness
        .ecs
        .deregister_task_definition(&call(), input)
        .await?;
    Ok(done.task_definition.unwrap())
}

async fn delete(harness: &Harness, given: &str) -> api::DeleteTaskDefinitionsResponse {
    let input = decode("DeleteTaskDefinitions", json!({"taskDefinitions": [given]}));
    harness
        .ecs
        .delete_task_definitions(&call(), input)
        .await
        .unwrap()
}

async fn list(harness: &Harness, request: Value) -> api::ListTaskDefinitionsResponse {
    let input = decode("ListTaskDefinitions", request);
    harness
        .ecs
        .list_task_definitions(&call(), input)
        .await
        .unwrap()
}

/// Those of one family that wait share transactions; however many there are, and whatever goes away meanwhile, each
/// has a revision of its own.
#[tokio::test]
async fn many_at_once_get_one_revision_each() {
    const MANY: usize = 300;
    let harness = Harness::start().await;
    let register = |number: usize| {
        let (ecs, family) = (harness.ecs.clone(), ["web", "db"][number % 2]);
        tokio::spawn(async move {
            let mut wanted = of(family);
            wanted["containerDefinitions"][0]["name"] = format!("c{number}").into();
            let input = decode("RegisterTaskDefinition", wanted);
            let made = ecs.register_task_definition(&call(), input).await;
            (number, made.unwrap().task_definition.unwrap())
        })
    };
    let all: Vec<_> = (0..MANY).map(register).collect();
    let mut revisions = [Vec::new(), Vec::new()];
    for (at, registered) in all.into_iter().enumerate() {
        if at % 50 == 7 {
            let family = ["web", "db"][at % 2];
            // One that is there: the first to be answered.
            if let Some(revision) = revisions[at % 2].first() {
                deregister(&harness, &format!("{family}:{revision}"))
                    .await
                    .unwrap();
            }
        }
        let (number, shown) = registered.await.unwrap();
        let arn = shown.task_definition_arn.clone().unwrap();
        let stored = describe(&harness, &arn).await.unwrap();
        let containers = |one: &api::TaskDefinition| one.container_definitions.clone().unwrap();
        assert_eq!(
            containers(&stored)[0].name.as_deref(),
            Some(format!("c{number}").as_str())
        );
        assert_eq!(containers(&stored), containers(&shown));
        revisions[number % 2].push(shown.revision.unwrap());
    }
    for (family, mut revisions) in ["web", "db"].into_iter().zip(revisions) {
        revisions.sort_unstable();
        let each_once: Vec<i32> = (1..=150).collect();
        assert_eq!(revisions, each_once, "{family}");
        assert_eq!(
            describe(&harness, family).await.unwrap().revision,
            Some(150)
        );
    }
}

#[tokio::test]
async fn revisions_are_never_issued_twice() {
    let harness = Harness::start().await;
    for revision in 1..=3 {
        let arn = harness.define(of("web")).await;
        assert!(
            arn.ends_with(&format!("task-definition/web:{revision}")),
            "{arn}"
        );
    }
    assert_eq!(describe(&harness, "web").await.unwrap().revision, Some(3));
    assert_eq!(
        deregister(&harness, "web:3")
            .await
            .unwrap()
            .status
            .as_deref(),
        Some("INACTIVE")
    );
    assert_eq!(describe(&harness, "web").await.unwrap().revision, Some(2));
    assert_eq!(
        describe(&harness, "web:3").await.unwrap().status.as_deref(),
        Some("INACTIVE")
    );
    assert!(delete(&harness, "web:3").await.failures.unwrap().is_empty());
    let gone = describe(&harness, "web:3").await.unwrap_err();
    assert_eq!(
        (gone.code.as_ref(), gone.message.as_str()),
        ("ClientException", "Unable to describe task definition.")
    );
    assert!(harness.define(of("web")).await.ends_with("web:4"));
    // What a bare name means, whichever revision goes.
    for (gone, newest) in [("web:2", Some(4)), ("web:4", Some(1)), ("web:1", None)] {
        deregister(&harness, gone).await.unwrap();
        let found = describe(&harness, "web").await;
        assert_eq!(found.ok().and_then(|found| found.revision), newest);
    }
}

#[tokio::test]
async fn only_inactive_definitions_are_deleted_and_only_when_unused() {
    let harness = Harness::with_cluster().await;
    let mut agent = Agent::join(&harness, "default").await;
    harness.define(of("web")).await;
    let active = delete(&harness, "web:1").await.failures.unwrap().remove(0);
    assert_eq!(
        active.reason.as_deref(),
        Some(
            "The specified task definition is still in ACTIVE status. Please deregister the target \
             and try again."
        )
    );
    let task = harness.run_one(json!({"taskDefinition": "web"})).await;
    agent.payload().await;
    deregister(&harness, "web:1").await.unwrap();
    let deleted = delete(&harness, "web:1")
        .await
        .task_definitions
        .unwrap()
        .remove(0);
    assert_eq!(deleted.status.as_deref(), Some("DELETE_IN_PROGRESS"));
    assert!(
        describe(&harness, "web:1").await.is_ok(),
        "a task still uses it"
    );
    agent.ended(&harness, &task, 0).await;
    tokio::time::timeout(std::time::Duration::from_secs(10), async {
        while describe(&harness, "web:1").await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("it goes with its last task");
}

#[tokio::test]
async fn lists_are_paged_and_sorted() {
    let harness = Harness::start().await;
    for family in ["b", "a", "a", "c"] {
        harness.define(of(family)).await;
    }
    let names = |response: &api::ListTaskDefinitionsResponse| -> Vec<String> {
        let arns = response.task_definition_arns.iter().flatten();
        arns.map(|arn| arn.rsplit('/').next().unwrap().to_owned())
            .collect()
    };
    let first = list(&harness, json!({"maxResults": 3})).await;
    assert_eq!(names(&first), ["a:1", "a:2", "b:1"]);
    let rest = list(
        &harness,
        json!({"maxResults": 3, "nextToken": first.next_token}),
    )
    .await;
    assert_eq!(
        (names(&rest), rest.next_token),
        (vec!["c:1".to_owned()], None)
    );
    let down = list(&harness, json!({"sort": "DESC"})).await;
    assert_eq!(names(&down), ["c:1", "b:1", "a:2", "a:1"]);
    let family = list(&harness, json!({"familyPrefix": "a"})).await;
    assert_eq!(names(&family), ["a:1", "a:2"]);
    let families = decode("ListTaskDefinitionFamilies", json!({}));
    let families = harness
        .ecs
        .list_task_definition_families(&call(), families)
        .await
        .unwrap();
    assert_eq!(families.families.unwrap(), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_definition_stays_for_a_service_without_tasks() {
    let harness = Harness::with_cluster().await;
    harness.define(of("web")).await;
    let service = json!({
        "serviceName": "web", "taskDefinition": "web", "desiredCount": 0, "launchType": "EC2",
    });
    harness.create_service(service).await.unwrap();
    deregister(&harness, "web:1").await.unwrap();
    delete(&harness, "web:1").await;
    let kept = describe(&harness, "web:1").await;
    let kept = kept.expect("the service may start tasks of it");
    assert_eq!(kept.status.as_deref(), Some("DELETE_IN_PROGRESS"));
}

/// A definition that waits for its deletion is gone once nothing uses it.
async fn is_gone(harness: &Harness, given: &str) {
    tokio::time::timeout(std::time::Duration::from_secs(10), async {
        while describe(harness, given).await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the definition is deleted");
}

/// A service that wants no task, of revision 1 of `web`, which is to be deleted.
async fn waiting_service() -> Harness {
    let harness = Harness::with_cluster().await;
    harness.define(of("web")).await;
    let service = json!({"serviceName": "web", "taskDefinition": "web:1", "desiredCount": 0});
    harness.create_service(service).await.unwrap();
    harness.stable("web").await;
    deregister(&harness, "web:1").await.unwrap();
    delete(&harness, "web:1").await;
    let waits = describe(&harness, "web:1").await.unwrap();
    assert_eq!(waits.status.as_deref(), Some("DELETE_IN_PROGRESS"));
    harness
}

#[tokio::test]
async fn a_definition_goes_with_a_service_that_never_had_a_task() {
    let harness = waiting_service().await;
    let input = decode("DeleteService", json!({"service": "web"}));
    harness.ecs.delete_service(&call(), input).await.unwrap();
    is_gone(&harness, "web:1").await;
}

#[tokio::test]
async fn a_definition_that_a_service_may_go_back_to_stays() {
    let harness = waiting_service().await;
    harness.define(of("web")).await;
    let change = json!({"service": "web", "taskDefinition": "web:2"});
    harness.update_service(change).await.unwrap();
    harness.stable("web").await;
    let waits = describe(&harness, "web:1").await.unwrap();
    assert_eq!(waits.status.as_deref(), Some("DELETE_IN_PROGRESS"));
    let input = decode("DeleteService", json!({"service": "web"}));
    harness.ecs.delete_service(&call(), input).await.unwrap();
    is_gone(&harness, "web:1").await;
}
