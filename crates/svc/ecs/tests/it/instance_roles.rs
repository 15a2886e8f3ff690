//! Container instances that register with the role of their EC2 instance.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use serde_json::{Value, json};
use wharf_api_ec2::{
    Ec2, Input,
    types::{
        self as ec2, DescribeInstanceTypesRequest, DescribeInstanceTypesResult,
        DescribeInstancesRequest, DescribeInstancesResult,
    },
};
use wharf_api_ecs::Ecs;
use wharf_svc_ecs::Channel;
use wharf_testkit::{
    ACCOUNT, PERMIT, context,
    ecs::{Agent, registration},
};
use wharf_wire::{Call, Caller, CallerKind, Check, Context, Fault, async_trait};

use crate::harness::{Harness, decode};

const ID: &str = "i-0123456789abcdef0";
const OTHER: &str = "i-0fedcba9876543210";

/// A session of the instance's role.
pub fn session(id: &str) -> Context {
    Context {
        caller: Caller {
            kind: CallerKind::AssumedRole,
            arn: format!("arn:aws:sts::{ACCOUNT}:assumed-role/ecsInstanceRole/{id}"),
            ..Caller::root(ACCOUNT)
        },
        ..context()
    }
}

pub fn call_as(id: &str) -> Call {
    Call::by_controller(session(id), PERMIT)
}

/// What the agent of an instance says.
pub fn said(id: &str) -> Value {
    let mut said = registration("default");
    let attributes = said["attributes"].as_array_mut().unwrap();
    attributes.retain(|it| it["name"] != "wharf.fargate-capacity");
    let document = json!({"instanceId": id, "instanceType": "t3.small", "imageId": "ami-1"});
    said["instanceIdentityDocument"] = json!(document.to_string());
    said
}

async fn refused(harness: &Harness, by: &str, said: Value) -> String {
    let input = decode("RegisterContainerInstance", said);
    let call = call_as(by);
    let answer = harness.ecs.register_container_instance(&call, input);
    let fault = answer.await.unwrap_err();
    assert_eq!(fault.code, "AccessDeniedException", "{}", fault.message);
    fault.message
}

#[tokio::test]
async fn an_instance_registers_with_its_role_and_runs_tasks() {
    let harness = Harness::with_cluster().await;
    let mut agent = Agent::join_as(&harness, said(ID), session(ID)).await;
    let instance = harness.instance(&agent.instance).await;
    assert_eq!(instance.ec2_instance_id.as_deref(), Some(ID));
    let attribute = |name: &str| {
        let mut all = instance.attributes.iter().flatten();
        let found = all.find(|it| it.name.as_deref() == Some(name));
        found.and_then(|it| it.value.clone())
    };
    assert_eq!(attribute("ecs.instance-type").as_deref(), Some("t3.small"));
    assert_eq!(attribute("ecs.ami-id").as_deref(), Some("ami-1"));

    let definition = json!({"family": "web", "containerDefinitions": [{"name": "web", "image": "i", "memory": 64}]});
    harness.define(definition).await;
    let task = harness
        .run_one(json!({"taskDefinition": "web", "launchType": "EC2"}))
        .await;
    let told = agent.payload().await;
    assert_eq!(told["arn"], task.as_str());
    let report = json!({
        "cluster": "default", "task": task, "status": "RUNNING",
        "containers": [{"containerName": "web", "status": "RUNNING", "runtimeId": "r"}],
    });
    let report = || decode("SubmitTaskStateChange", report.clone());
    // Of another's tasks it cannot say anything.
    let (own, other) = (call_as(ID), call_as(OTHER));
    let submit = harness.ecs.submit_task_state_change(&other, report());
    let _ = submit.await;
    assert_ne!(
        harness.describe(&task).await.last_status.as_deref(),
        Some("RUNNING")
    );
    let submit = harness.ecs.submit_task_state_change(&own, report());
    submit.await.unwrap();
    harness.until(&task, "RUNNING").await;
}

#[tokio::test]
async fn an_instance_is_no_other_and_no_node() {
    let harness = Harness::with_cluster().await;
    let other = Agent::join_as(&harness, said(OTHER), session(OTHER)).await;
    let text = refused(&harness, ID, said(OTHER)).await;
    assert!(text.contains(ID) && text.contains(OTHER), "{text}");
    let mut again = said(ID);
    again["containerInstanceArn"] = json!(other.instance);
    refused(&harness, ID, again).await;
    let mut fargate = said(ID);
    let attributes = fargate["attributes"].as_array_mut().unwrap();
    attributes.push(json!({"name": "wharf.fargate-capacity"}));
    let text = refused(&harness, ID, fargate).await;
    assert!(text.contains("wharf.fargate-capacity"), "{text}");

    // Nor is it told what another is: not the tasks of an instance, not those of a node.
    let node = Agent::join(&harness, "default").await;
    for instance in [&other.instance, &node.instance] {
        let query = [
            ("clusterArn", "default"),
            ("containerInstanceArn", instance),
        ];
        let query = query.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (endpoint, cx) = (harness.ecs.endpoint(), session(ID));
        let admitted = endpoint.admit(Channel::Acs, &cx, query.into());
        let refusal = admitted.await.map(|_| ()).unwrap_err();
        assert_eq!(refusal.kind, "AccessDeniedException");
    }
    let request = json!({"containerInstances": [other.instance], "status": "DRAINING"});
    let drain = decode("UpdateContainerInstancesState", request);
    let call = call_as(ID);
    let drained = harness.ecs.update_container_instances_state(&call, drain);
    assert_eq!(drained.await.unwrap_err().code, "AccessDeniedException");
}

#[tokio::test]
async fn tasks_of_the_mode_bridge_go_elsewhere() {
    let harness = Harness::with_cluster().await;
    let mut instance = said(ID);
    let attributes = instance["attributes"].as_array_mut().unwrap();
    attributes.push(json!({"name": "wharf.no-bridge-network"}));
    let _agent = Agent::join_as(&harness, instance, session(ID)).await;
    let definition = json!({"family": "web", "containerDefinitions": [{"name": "web", "image": "i", "memory": 64}]});
    harness.define(definition).await;
    let request = json!({"taskDefinition": "web", "launchType": "EC2"});
    let answer = harness.run(request.clone()).await.unwrap();
    let failure = &answer.failures.unwrap()[0];
    assert_eq!(failure.reason.as_deref(), Some("ATTRIBUTE"));
    let detail = failure.detail.as_deref().unwrap();
    assert!(detail.contains("no network mode bridge"), "{detail}");
    // A host that says nothing of it takes them.
    Agent::join(&harness, "default").await;
    harness.run_one(request).await;
}

/// EC2 as far as it knows one instance, a t3.small in this state, or does not any more.
struct OneInstance(Mutex<&'static str>);

const FORGOTTEN: &str = "forgotten";

impl OneInstance {
    fn that_is(state: &'static str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(state)))
    }
}

#[async_trait]
impl Ec2 for OneInstance {
    async fn authorize(&self, _: &Context, _: Input<'_>) -> Result<Vec<Check>, Fault> {
        Ok(Vec::new())
    }

    async fn describe_instances(
        &self,
        _: &Call,
        input: DescribeInstancesRequest,
    ) -> Result<DescribeInstancesResult, Fault> {
        assert_eq!(input.instance_ids, Some(vec![ID.to_owned()]));
        let state = *self.0.lock();
        if state == FORGOTTEN {
            let code = "InvalidInstanceID.NotFound";
            return Err(Fault::sender(code, 400, "The instance ID does not exist"));
        }
        let instance = ec2::Instance {
            instance_type: Some("t3.small".to_owned()),
            state: Some(ec2::InstanceState {
                name: Some(state.to_owned()),
                ..Default::default()
            }),
            ..Default::default()
        };
        Ok(DescribeInstancesResult {
            reservations: Some(vec![ec2::Reservation {
                instances: Some(vec![instance]),
                ..Default::default()
            }]),
            ..Default::default()
        })
    }

    async fn describe_instance_types(
        &self,
        _: &Call,
        input: DescribeInstanceTypesRequest,
    ) -> Result<DescribeInstanceTypesResult, Fault> {
        assert_eq!(input.instance_types, Some(vec!["t3.small".to_owned()]));
        let kind = ec2::InstanceTypeInfo {
            v_cpu_info: Some(ec2::VCpuInfo {
                default_v_cpus: Some(2),
                ..Default::default()
            }),
            memory_info: Some(ec2::MemoryInfo {
                size_in_mi_b: Some(2048),
            }),
            ..Default::default()
        };
        Ok(DescribeInstanceTypesResult {
            instance_types: Some(vec![kind]),
            ..Default::default()
        })
    }
}

/// Whoever is root in an instance has its role's session, and may say what it likes.
#[tokio::test]
async fn an_instance_has_what_its_type_has() {
    let harness = Harness::with_ec2(OneInstance::that_is("running")).await;
    let with = |cpu: i32, memory: i32| {
        let mut said = said(ID);
        said["totalResources"] = json!([
            {"name": "CPU", "type": "INTEGER", "integerValue": cpu},
            {"name": "MEMORY", "type": "INTEGER", "integerValue": memory},
        ]);
        said
    };
    let text = refused(&harness, ID, with(2_097_152, 2048)).await;
    assert!(
        text.contains("2097152 of CPU: a t3.small has 2048"),
        "{text}"
    );
    let text = refused(&harness, ID, with(2048, 2049)).await;
    assert!(
        text.contains("2049 of MEMORY: a t3.small has 2048"),
        "{text}"
    );
    Agent::join_as(&harness, with(2048, 2048), session(ID)).await;
}

/// Its machine ended between its registration and its first connection, which never comes.
#[tokio::test]
async fn an_instance_that_never_connected_goes_with_its_machine() {
    let harness = Harness::with_ec2(OneInstance::that_is("terminated")).await;
    let mut said = said(ID);
    said["totalResources"] = json!([{"name": "MEMORY", "type": "INTEGER", "integerValue": 2048}]);
    let input = decode("RegisterContainerInstance", said);
    let registered = harness
        .ecs
        .register_container_instance(&call_as(ID), input)
        .await
        .unwrap();
    let arn = registered.container_instance.unwrap();
    is_deregistered(&harness, &arn.container_instance_arn.unwrap()).await;
}

/// Nobody looked while EC2 showed that its machine had ended.
#[tokio::test]
async fn an_instance_goes_with_its_machine_though_ec2_has_forgotten_that() {
    let ec2 = OneInstance::that_is("running");
    let harness = Harness::impatient_with_ec2(ec2.clone()).await;
    let mut said = said(ID);
    said["totalResources"] = json!([{"name": "MEMORY", "type": "INTEGER", "integerValue": 2048}]);
    let agent = Agent::join_as(&harness, said, session(ID)).await;
    *ec2.0.lock() = FORGOTTEN;
    let arn = agent.instance.clone();
    drop(agent);
    is_deregistered(&harness, &arn).await;
}

/// A version before did not note that EC2 knew it, and its agent begins anew under this one.
#[tokio::test]
async fn an_instance_that_registers_again_goes_with_its_machine_too() {
    let ec2 = OneInstance::that_is(FORGOTTEN);
    let harness = Harness::impatient_with_ec2(ec2.clone()).await;
    let mut said = said(ID);
    said["totalResources"] = json!([{"name": "MEMORY", "type": "INTEGER", "integerValue": 2048}]);
    let agent = Agent::join_as(&harness, said.clone(), session(ID)).await;
    *ec2.0.lock() = "running";
    said["containerInstanceArn"] = json!(agent.instance);
    let input = decode("RegisterContainerInstance", said);
    let again = harness
        .ecs
        .register_container_instance(&call_as(ID), input)
        .await;
    again.unwrap();
    *ec2.0.lock() = FORGOTTEN;
    let arn = agent.instance.clone();
    drop(agent);
    is_deregistered(&harness, &arn).await;
}

async fn is_deregistered(harness: &Harness, arn: &str) {
    tokio::time::timeout(Duration::from_secs(30), async {
        while harness.instance(arn).await.status.as_deref() != Some("INACTIVE") {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("it is deregistered");
}

/// Without a document, as an agent of another make may register, it is the session's instance.
#[tokio::test]
async fn a_session_says_which_instance_it_is() {
    let harness = Harness::with_cluster().await;
    let mut said = said(ID);
    said["instanceIdentityDocument"] = json!("");
    let agent = Agent::join_as(&harness, said, session(ID)).await;
    let instance = harness.instance(&agent.instance).await;
    assert_eq!(instance.ec2_instance_id.as_deref(), Some(ID));
}
