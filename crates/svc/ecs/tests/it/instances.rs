use serde_json::json;
use wharf_api_ecs::{Ecs, Input};
use wharf_testkit::ecs::{Agent, registration};

use crate::harness::{Harness, call, decode};

#[tokio::test]
async fn registering_again_keeps_what_agents_say_only_once() {
    let harness = Harness::with_cluster().await;
    let agent = Agent::join(&harness, "default").await;
    let mut request = registration("default");
    request["containerInstanceArn"] = json!(agent.instance);
    request["totalResources"][0]["integerValue"] = json!(4096);
    let attributes = request["attributes"].as_array_mut().unwrap();
    attributes.retain(|a| {
        !["wharf.fargate-capacity", "ecs.capability.task-eni"]
            .contains(&a["name"].as_str().unwrap())
    });
    let again = decode("RegisterContainerInstance", request);
    let again = harness
        .ecs
        .register_container_instance(&call(), again)
        .await
        .unwrap();
    let instance = again.container_instance.unwrap();
    assert_eq!(
        instance.container_instance_arn.as_deref(),
        Some(agent.instance.as_str())
    );
    let has = |name: &str| {
        instance
            .attributes
            .iter()
            .flatten()
            .any(|a| a.name.as_deref() == Some(name))
    };
    assert!(has("wharf.fargate-capacity"), "custom attributes stay");
    assert!(
        !has("ecs.capability.task-eni"),
        "a capability that is no longer said is gone"
    );
    let cpu = &harness
        .instance(&agent.instance)
        .await
        .registered_resources
        .unwrap()[0];
    assert_eq!(cpu.integer_value, Some(4096));
}

#[tokio::test]
async fn a_new_machine_has_attributes_as_they_can_be_put() {
    let harness = Harness::with_cluster().await;
    for (name, is_refused) in [("rack", true), ("ecs.list", false)] {
        let mut request = registration("default");
        let attributes = request["attributes"].as_array_mut().unwrap();
        attributes.push(json!({"name": name, "value": "a,b"}));
        let request = decode("RegisterContainerInstance", request);
        let made = harness
            .ecs
            .register_container_instance(&call(), request)
            .await;
        assert_eq!(made.is_err(), is_refused, "{name}");
    }
}

#[tokio::test]
async fn a_draining_instance_gets_no_tasks() {
    let harness = Harness::with_cluster().await;
    let agent = Agent::join(&harness, "default").await;
    let definition = json!({"family": "web", "containerDefinitions": [{"name": "web", "image": "i", "memory": 64}]});
    harness.define(definition).await;
    let set = async |status: &str| {
        let request = json!({"containerInstances": [agent.instance], "status": status});
        let input = decode("UpdateContainerInstancesState", request);
        let done = harness
            .ecs
            .update_container_instances_state(&call(), input)
            .await
            .unwrap();
        assert_eq!(
            done.container_instances.unwrap()[0].status.as_deref(),
            Some(status)
        );
    };
    set("DRAINING").await;
    assert!(harness.run(json!({"taskDefinition": "web"})).await.is_err());
    set("ACTIVE").await;
    harness.run_one(json!({"taskDefinition": "web"})).await;
}

#[tokio::test]
async fn lists_filter_by_expression() {
    let harness = Harness::with_cluster().await;
    let agent = Agent::join(&harness, "default").await;
    let list = async |filter: &str| {
        let input = decode("ListContainerInstances", json!({"filter": filter}));
        harness.ecs.list_container_instances(&call(), input).await
    };
    let found = list("attribute:ecs.availability-zone == us-east-1a")
        .await
        .unwrap();
    assert_eq!(
        found.container_instance_arns.unwrap(),
        std::slice::from_ref(&agent.instance)
    );
    let found = list("agentConnected == false").await.unwrap();
    assert_eq!(found.container_instance_arns.unwrap(), Vec::<String>::new());
    assert_eq!(
        list("nonsense").await.unwrap_err().code,
        "InvalidParameterException"
    );
}

/// Who may register machines in one cluster gets no tasks of others.
#[tokio::test]
async fn fargate_capacity_is_for_who_may_register_in_every_cluster() {
    let harness = Harness::with_cluster().await;
    let mut said = registration("default");
    let asked = async |said: &serde_json::Value| {
        let input = decode("RegisterContainerInstance", said.clone());
        let input = Input::RegisterContainerInstance(&input);
        let checks = harness.ecs.authorize(&call(), input).await.unwrap();
        let resources = checks.into_iter().map(|it| it.resource);
        resources.collect::<Vec<_>>()
    };
    let clusters = ["default", "*"];
    let clusters = clusters.map(|it| format!("arn:aws:ecs:us-east-1:000000000000:cluster/{it}"));
    assert_eq!(asked(&said).await, clusters);
    let attributes = said["attributes"].as_array_mut().unwrap();
    attributes.retain(|it| it["name"] != "wharf.fargate-capacity");
    assert_eq!(asked(&said).await, clusters[..1]);

    // Nor by what a machine is said to have said before.
    let agent = Agent::join(&harness, "default").await;
    let put =
        json!({"attributes": [{"name": "wharf.fargate-capacity", "targetId": agent.instance}]});
    let put = decode("PutAttributes", put);
    let refused = harness.ecs.put_attributes(&call(), put).await.unwrap_err();
    assert_eq!(
        refused.message,
        "Attributes of the platform cannot be changed."
    );
    // What it did say before counts, although this registration does not say it.
    said["containerInstanceArn"] = json!(agent.instance);
    assert_eq!(asked(&said).await, clusters);
}

#[tokio::test]
async fn custom_attributes_steer_placement() {
    let harness = Harness::with_cluster().await;
    let agent = Agent::join(&harness, "default").await;
    let definition = json!({"family": "web", "containerDefinitions": [{"name": "web", "image": "i", "memory": 64}]});
    harness.define(definition).await;
    let request = json!({"taskDefinition": "web", "placementConstraints": [
        {"type": "memberOf", "expression": "attribute:stack == prod"}]});
    let refused = harness
        .run(request.clone())
        .await
        .unwrap()
        .failures
        .unwrap()
        .remove(0);
    assert_eq!(
        refused.reason.as_deref(),
        Some("MemberOf placement constraint unsatisfied.")
    );
    for (name, value) in [
        ("st ack", "prod"),
        ("stäck", "prod"),
        ("stack=", "prod"),
        ("stack", "a,b"),
        ("stack", " prod"),
        ("stack", "prod "),
        ("stack", "prod\n"),
    ] {
        let attribute = json!({"name": name, "value": value, "targetId": agent.instance});
        let put = decode("PutAttributes", json!({"attributes": [attribute]}));
        let refused = harness.ecs.put_attributes(&call(), put).await.unwrap_err();
        assert_eq!(refused.code, "InvalidParameterException", "{name} {value}");
    }
    let allowed =
        json!({"name": "a-B_c/d\\e.0", "value": "x@y: z/\\-_.", "targetId": agent.instance});
    let put = decode("PutAttributes", json!({"attributes": [allowed]}));
    harness.ecs.put_attributes(&call(), put).await.unwrap();
    let attributes =
        json!({"attributes": [{"name": "stack", "value": "prod", "targetId": agent.instance}]});
    let put = decode("PutAttributes", attributes);
    harness.ecs.put_attributes(&call(), put).await.unwrap();
    harness.run_one(request).await;
    let list = json!({"targetType": "container-instance", "attributeName": "stack"});
    let listed = harness
        .ecs
        .list_attributes(&call(), decode("ListAttributes", list))
        .await
        .unwrap();
    assert_eq!(listed.attributes.unwrap()[0].value.as_deref(), Some("prod"));
}

#[tokio::test]
async fn container_health_comes_from_telemetry() {
    let harness = Harness::with_cluster().await;
    let mut agent = Agent::join(&harness, "default").await;
    harness
        .define(json!({"family": "web", "containerDefinitions": [{
            "name": "web", "image": "i", "memory": 64, "healthCheck": {"command": ["true"]}}]}))
        .await;
    // The registration lacks the capability the definition asks for.
    let refused = harness.run(json!({"taskDefinition": "web"})).await.unwrap();
    assert_eq!(
        refused.failures.unwrap()[0].reason.as_deref(),
        Some("ATTRIBUTE")
    );
    let mut request = registration("default");
    request["containerInstanceArn"] = json!(agent.instance);
    request["attributes"] = json!([{"name": "ecs.capability.container-health-check"}]);
    let again = decode("RegisterContainerInstance", request);
    harness
        .ecs
        .register_container_instance(&call(), again)
        .await
        .unwrap();
    let task = harness.run_one(json!({"taskDefinition": "web"})).await;
    agent.payload().await;
    agent.running(&harness, &task).await;
    assert_eq!(
        harness.describe(&task).await.health_status.as_deref(),
        Some("UNKNOWN")
    );
    let mut telemetry = agent.telemetry(&harness).await;
    let report = json!({"tasks": [{"taskArn": task, "containers": [
        {"containerName": "web", "healthStatus": "HEALTHY"}]}]});
    telemetry.send("PublishHealthRequest", report).await;
    telemetry.expect("AckPublishHealth").await;
    assert_eq!(
        harness.describe(&task).await.health_status.as_deref(),
        Some("HEALTHY")
    );
}

#[tokio::test]
async fn agents_learn_where_to_connect() {
    let harness = Harness::with_cluster().await;
    let asked = decode("DiscoverPollEndpoint", json!({}));
    let found = harness
        .ecs
        .discover_poll_endpoint(&call(), asked)
        .await
        .unwrap();
    assert_eq!(found.endpoint.as_deref(), Some("http://127.0.0.1:4566/acs"));
    assert_eq!(
        found.telemetry_endpoint.as_deref(),
        Some("http://127.0.0.1:4566/tcs")
    );
}
