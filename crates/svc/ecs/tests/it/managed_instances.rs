//! Capacity providers of Managed Instances, over an EC2 that launches what ECS orders, loses answers and runs out of room.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use wharf_api_ecs::{self as api, Ecs, Input, schema::SERVICE};
use wharf_delivery::{Actor, Operations, Request};
use wharf_testkit::{ecs::Agent, until};
use wharf_wire::{Check, Fault, async_trait, codec::json as codec};

use crate::{
    harness::{ACCOUNT, Harness, call, context, decode},
    instance_roles::{said, session},
};

const ROLE: &str = "arn:aws:iam::000000000000:role/ecsInfrastructureRole";
const PROFILE: &str = "arn:aws:iam::000000000000:instance-profile/ecsInstanceRole";
const DEADLINE: Duration = Duration::from_secs(20);

/// EC2 as ECS sees it.
#[derive(Default)]
pub struct FakeCloud {
    inner: Mutex<Inner>,
    /// The answer to every call of that number is lost; 0: to none.
    loses: AtomicUsize,
    calls: AtomicUsize,
}

#[derive(Debug, Default, Clone)]
struct Inner {
    instances: Vec<Value>,
    /// What was launched, in the order of that.
    launched: Vec<Value>,
    subnets: Vec<(String, String)>,
    /// Subnets in which there is no room.
    full: BTreeSet<String>,
    /// Types of a machine maker.
    of_makers: BTreeSet<String>,
    /// The role may not launch.
    denied: bool,
}

impl FakeCloud {
    fn read(&self) -> Inner {
        self.inner.lock().unwrap().clone()
    }

    fn change(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut self.inner.lock().unwrap());
    }

    fn launch(&self, input: &Value) -> Result<Value, Fault> {
        let mut inner = self.inner.lock().unwrap();
        let token = &input["ClientToken"];
        let known = inner
            .instances
            .iter()
            .find(|it| it["ClientToken"] == *token);
        if let Some(known) = known {
            return Ok(json!({ "Instances": [known] }));
        }
        if inner.denied {
            let text = "You are not authorized to perform this operation.";
            return Err(Fault::sender("UnauthorizedOperation", 403, text));
        }
        let kind = input["InstanceType"].as_str().unwrap();
        let subnet = input["NetworkInterfaces"][0]["SubnetId"].as_str().unwrap();
        if inner.full.contains(subnet) {
            let text = "We currently do not have sufficient capacity.";
            return Err(Fault::sender("InsufficientInstanceCapacity", 500, text));
        }
        if inner.of_makers.contains(kind) {
            let text = "The parameter IamInstanceProfile is not supported.";
            return Err(Fault::sender("UnsupportedOperation", 400, text));
        }
        let made = json!({
            "InstanceId": format!("i-{:017x}", inner.launched.len() + 1),
            "ClientToken": token,
            "InstanceType": kind,
            "State": { "Name": "pending" },
            "Operator": input["Operator"],
        });
        inner.launched.push(input.clone());
        inner.instances.push(made.clone());
        Ok(json!({ "Instances": [made] }))
    }

    fn serve(&self, operation: &str, input: &Value) -> Value {
        let now = self.read();
        match operation {
            "DescribeInstances" => {
                let tokens = input["Filters"][0]["Values"].as_array().unwrap();
                let mut found = now.instances;
                found.retain(|it| tokens.contains(&it["ClientToken"]));
                json!({ "Reservations": [{ "Instances": found }] })
            }
            "DescribeInstanceTypes" => {
                let kind = |name: &str, memory: u64| {
                    json!({
                        "InstanceType": name,
                        "VCpuInfo": { "DefaultVCpus": 2 },
                        "MemoryInfo": { "SizeInMiB": memory },
                        "ProcessorInfo": { "SupportedArchitectures": ["x86_64"], "Manufacturer": "Intel" },
                        "BurstablePerformanceSupported": name.starts_with('t'),
                    })
                };
                let kinds = [
                    kind("t3.small", 2048),
                    kind("c5.large", 4096),
                    kind("m5.large", 8192),
                ];
                json!({ "InstanceTypes": kinds })
            }
            "DescribeSubnets" => {
                let shown = now
                    .subnets
                    .iter()
                    .map(|(id, zone)| json!({ "SubnetId": id, "AvailabilityZone": zone }));
                json!({ "Subnets": shown.collect::<Vec<_>>() })
            }
            "TerminateInstances" => {
                let ids = input["InstanceIds"].as_array().unwrap().clone();
                self.change(|it| {
                    for found in &mut it.instances {
                        if ids.contains(&found["InstanceId"]) {
                            found["State"]["Name"] = json!("terminated");
                        }
                    }
                });
                json!({})
            }
            other => panic!("ECS called {other}"),
        }
    }
}

#[async_trait]
impl Operations for FakeCloud {
    async fn call(&self, actor: &Actor, request: &Request) -> Result<Value, Fault> {
        let answer = match (actor, request.operation.as_str()) {
            (Actor::Role { arn, service, .. }, "RunInstances") => {
                assert_eq!(
                    (arn.as_str(), service.as_str()),
                    (ROLE, "ecs.amazonaws.com")
                );
                self.launch(&request.input)?
            }
            (Actor::Service { name, account, .. }, operation) => {
                assert_eq!(
                    (name.as_str(), account.as_str()),
                    ("ecs.amazonaws.com", ACCOUNT)
                );
                self.serve(operation, &request.input)
            }
            other => panic!("ECS acts so: {other:?}"),
        };
        let number = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let loses = self.loses.load(Ordering::Relaxed);
        match loses > 0 && number.is_multiple_of(loses) {
            true => Err(Fault::sender("ServiceUnavailable", 503, "lost")),
            false => Ok(answer),
        }
    }

    async fn may(&self, _: &Actor, _: &str, _: &[Check]) -> Result<(), Fault> {
        unreachable!("nobody asks")
    }

    async fn may_assume(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
        unreachable!("nobody asks")
    }
}

fn subnets(cloud: &FakeCloud) -> Vec<String> {
    cloud.read().subnets.into_iter().map(|it| it.0).collect()
}

/// A provider as a request has it, in two zones.
fn configuration(cloud: &FakeCloud, scale_in_after: i32) -> Value {
    json!({
        "infrastructureRoleArn": ROLE,
        "instanceLaunchTemplate": {
            "ec2InstanceProfileArn": PROFILE,
            "networkConfiguration": { "subnets": subnets(cloud) },
            "instanceRequirements": { "vCpuCount": { "min": 1 }, "memoryMiB": { "min": 512 } },
        },
        "propagateTags": "CAPACITY_PROVIDER",
        "infrastructureOptimization": { "scaleInAfter": scale_in_after },
    })
}

async fn create(harness: &Harness, request: Value) -> Result<api::CapacityProvider, Fault> {
    let input = decode("CreateCapacityProvider", request);
    let made = harness.ecs.create_capacity_provider(&call(), input).await?;
    Ok(made.capacity_provider.unwrap())
}

/// With the cluster `default` and its provider `own`, and a definition.
async fn with_provider(scale_in_after: i32) -> (Harness, Arc<FakeCloud>) {
    let cloud = Arc::new(FakeCloud::default());
    let harness = Harness::with_operations(cloud.clone()).await;
    let network = harness.world.network_as(&call()).await;
    for zone in ['a', 'b'] {
        let subnet = (network.subnet(zone), format!("us-east-1{zone}"));
        cloud.change(|it| it.subnets.push(subnet));
    }
    let request = json!({
        "name": "own",
        "cluster": "default",
        "managedInstancesProvider": configuration(&cloud, scale_in_after),
        "tags": [{ "key": "team", "value": "a" }],
    });
    create(&harness, request).await.unwrap();
    let definition = json!({
        "family": "web", "networkMode": "awsvpc", "requiresCompatibilities": ["MANAGED_INSTANCES"],
        "containerDefinitions": [{ "name": "web", "image": "i", "cpu": 1024, "memory": 1024 }],
    });
    harness.define(definition).await;
    (harness, cloud)
}

fn wants() -> Value {
    json!([{ "capacityProvider": "own", "weight": 1 }])
}

fn run() -> Value {
    json!({
        "taskDefinition": "web", "capacityProviderStrategy": wants(),
        "networkConfiguration": { "awsvpcConfiguration": { "subnets": ["subnet-a", "subnet-b"] } },
    })
}

/// The agent of an instance, as its user data has it.
async fn join(harness: &Harness, id: &str) -> Agent {
    let mut said = said(id);
    let attributes = said["attributes"].as_array_mut().unwrap();
    attributes.push(json!({ "name": "AmazonECSManaged", "value": "own" }));
    Agent::join_as(harness, said, session(id)).await
}

async fn described(harness: &Harness) -> api::CapacityProvider {
    let input = json!({ "capacityProviders": ["own"], "include": ["TAGS"] });
    let input = decode("DescribeCapacityProviders", input);
    let found = harness
        .ecs
        .describe_capacity_providers(&call(), input)
        .await;
    found.unwrap().capacity_providers.unwrap().remove(0)
}

async fn delete(harness: &Harness) -> Result<api::CapacityProvider, Fault> {
    let input = json!({ "capacityProvider": "own", "cluster": "default" });
    let input = decode("DeleteCapacityProvider", input);
    let deleted = harness.ecs.delete_capacity_provider(&call(), input).await?;
    Ok(deleted.capacity_provider.unwrap())
}

/// Waits until EC2 is as wanted.
async fn until_cloud(cloud: &FakeCloud, what: &str, wanted: impl Fn(&Inner) -> bool) -> Inner {
    let seen = tokio::time::timeout(DEADLINE, async {
        loop {
            let now = cloud.read();
            if wanted(&now) {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let seen = seen.await;
    seen.unwrap_or_else(|_| panic!("never {what}: {:#?}", cloud.read()))
}

fn states(now: &Inner) -> Vec<&str> {
    let all = now.instances.iter();
    all.filter_map(|it| it["State"]["Name"].as_str()).collect()
}

/// The whole way there and back.
async fn there_and_back(loses: usize) {
    let (mut harness, cloud) = with_provider(0).await;
    cloud.loses.store(loses, Ordering::Relaxed);
    let task = harness.run_one(run()).await;
    let waits = harness.describe(&task).await;
    assert_eq!(waits.last_status.as_deref(), Some("PROVISIONING"));
    assert_eq!(waits.launch_type.as_deref(), Some("MANAGED_INSTANCES"));
    assert_eq!(waits.capacity_provider_name.as_deref(), Some("own"));
    if loses > 0 {
        harness.restart();
    }
    let launched = until_cloud(&cloud, "of one instance", |it| !it.launched.is_empty()).await;
    let asked = &launched.launched[0];
    assert_eq!(
        asked["InstanceType"], "c5.large",
        "what the task leaves least of"
    );
    assert_eq!(asked["Operator"]["Principal"], "ecs.amazonaws.com");
    let tags = json!([
        { "Key": "AmazonECSManaged", "Value": "true" }, { "Key": "team", "Value": "a" },
    ]);
    assert_eq!(asked["TagSpecifications"][0]["Tags"], tags);
    let id = launched.instances[0]["InstanceId"]
        .as_str()
        .unwrap()
        .to_owned();
    let agent = join(&harness, &id).await;
    harness.until(&task, "PENDING").await;
    let instance = harness.instance(&agent.instance).await;
    assert_eq!(instance.capacity_provider_name.as_deref(), Some("own"));
    agent.running(&harness, &task).await;
    harness.until(&task, "RUNNING").await;
    let refused = delete(&harness).await.unwrap_err();
    assert_eq!(refused.code, "ResourceInUseException");
    // It is none of the cluster's other instances.
    let other = json!({ "family": "other", "containerDefinitions": [{ "name": "web", "image": "i", "memory": 64 }] });
    harness.define(other).await;
    let other = json!({ "taskDefinition": "other", "launchType": "EC2" });
    let refused = harness.run(other).await.unwrap_err();
    assert!(
        refused.message.starts_with("No Container Instances"),
        "{}",
        refused.message
    );

    agent.ended(&harness, &task, 0).await;
    harness.until(&task, "STOPPED").await;
    if loses > 0 {
        harness.restart();
    }
    let done = until_cloud(&cloud, "terminated", |it| states(it) == ["terminated"]).await;
    assert_eq!(done.launched.len(), 1, "no instance too many");
    let instance = harness.instance(&agent.instance).await;
    assert_eq!(instance.status.as_deref(), Some("DRAINING"));
    delete(&harness).await.unwrap();
    until("the provider is gone", async || {
        described(&harness).await.status.as_deref() == Some("INACTIVE")
    })
    .await;
}

/// Of what is asked for.
type Change = fn(&mut Value);

#[tokio::test]
async fn an_instance_comes_for_a_task_and_goes_when_it_is_idle() {
    there_and_back(0).await;
}

#[tokio::test]
async fn answers_that_are_lost_and_deaths_launch_nothing_twice_and_leak_nothing() {
    there_and_back(3).await;
}

#[tokio::test]
async fn a_provider_is_shown_as_it_was_made_and_changed() {
    let (harness, cloud) = with_provider(120).await;
    let subnets = subnets(&cloud);
    let golden = json!({ "capacityProviders": [{
        "capacityProviderArn": "arn:aws:ecs:us-east-1:000000000000:capacity-provider/own",
        "name": "own",
        "cluster": "arn:aws:ecs:us-east-1:000000000000:cluster/default",
        "status": "ACTIVE",
        "managedInstancesProvider": {
            "infrastructureRoleArn": ROLE,
            "instanceLaunchTemplate": {
                "ec2InstanceProfileArn": PROFILE,
                "networkConfiguration": { "subnets": subnets },
                "capacityOptionType": "ON_DEMAND",
                "instanceRequirements": { "vCpuCount": { "min": 1 }, "memoryMiB": { "min": 512 } },
            },
            "propagateTags": "CAPACITY_PROVIDER",
            "infrastructureOptimization": { "scaleInAfter": 120 },
        },
        "updateStatus": "CREATE_COMPLETE",
        "tags": [{ "key": "team", "value": "a" }],
        "type": "MANAGED_INSTANCES",
    }] });
    let shown = api::DescribeCapacityProvidersResponse {
        capacity_providers: Some(vec![described(&harness).await]),
        ..Default::default()
    };
    let operation = SERVICE.find_operation("DescribeCapacityProviders").unwrap();
    let shape = SERVICE.operations[operation].output;
    let sent: Value = serde_json::from_slice(&codec::encode(&SERVICE, shape, &shown)).unwrap();
    assert_eq!(sent, golden);

    let update = json!({
        "name": "own", "cluster": "default", "managedInstancesProvider": {
            "infrastructureRoleArn": ROLE,
            "instanceLaunchTemplate": { "monitoring": "DETAILED" },
            "infrastructureOptimization": { "scaleInAfter": -1 },
        },
    });
    let input = decode("UpdateCapacityProvider", update);
    harness
        .ecs
        .update_capacity_provider(&call(), input)
        .await
        .unwrap();
    let shown = described(&harness).await;
    assert_eq!(shown.update_status.as_deref(), Some("UPDATE_COMPLETE"));
    let of = shown.managed_instances_provider.unwrap();
    assert_eq!(
        of.infrastructure_optimization.unwrap().scale_in_after,
        Some(-1)
    );
    let template = of.instance_launch_template.unwrap();
    assert_eq!(template.monitoring.as_deref(), Some("DETAILED"));
    let kept = template.network_configuration.unwrap().subnets;
    assert_eq!(kept, Some(subnets), "what is left out stays");

    // It is its cluster's alone, which cannot go before it.
    harness.create_cluster("other").await;
    let put = json!({"cluster": "other", "capacityProviders": ["own"], "defaultCapacityProviderStrategy": []});
    let input = decode("PutClusterCapacityProviders", put);
    let put = harness
        .ecs
        .put_cluster_capacity_providers(&call(), input)
        .await;
    assert_eq!(put.unwrap_err().code, "InvalidParameterException");
    let input = decode("DeleteCluster", json!({ "cluster": "default" }));
    let refused = harness
        .ecs
        .delete_cluster(&call(), input)
        .await
        .unwrap_err();
    assert_eq!(refused.code, "ClusterContainsCapacityProviderException");
    let deleted = delete(&harness).await.unwrap();
    assert_eq!(deleted.status.as_deref(), Some("DEPROVISIONING"));
    assert_eq!(deleted.update_status.as_deref(), Some("DELETE_IN_PROGRESS"));
    until("the provider is gone", async || {
        described(&harness).await.update_status.as_deref() == Some("DELETE_COMPLETE")
    })
    .await;
    let input = decode("DeleteCluster", json!({ "cluster": "default" }));
    harness.ecs.delete_cluster(&call(), input).await.unwrap();
}

#[tokio::test]
async fn who_makes_a_provider_passes_its_role_to_ecs() {
    let (harness, cloud) = with_provider(0).await;
    let request = json!({
        "name": "more", "cluster": "default", "managedInstancesProvider": configuration(&cloud, 0),
    });
    let made: api::CreateCapacityProviderRequest = decode("CreateCapacityProvider", request);
    let changed = json!({
        "name": "own",
        "managedInstancesProvider": { "infrastructureRoleArn": ROLE, "instanceLaunchTemplate": {} },
    });
    let changed: api::UpdateCapacityProviderRequest = decode("UpdateCapacityProvider", changed);
    for input in [
        Input::CreateCapacityProvider(&made),
        Input::UpdateCapacityProvider(&changed),
    ] {
        let checks = harness.ecs.authorize(&context(), input).await.unwrap();
        let passed = checks.iter().find(|it| it.action == "iam:PassRole");
        let passed = passed.expect("a role is passed");
        assert_eq!(passed.resource, ROLE);
        assert_eq!(passed.context["iam:PassedToService"], ["ecs.amazonaws.com"]);
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let (harness, cloud) = with_provider(0).await;
    let sound = configuration(&cloud, 0);
    let with = |change: Change| {
        let mut changed =
            json!({ "name": "more", "cluster": "default", "managedInstancesProvider": sound });
        change(&mut changed);
        changed
    };
    let cases: [(Change, &str); 7] = [
        (
            |it| it["cluster"] = json!(""),
            "The cluster provided is invalid",
        ),
        (|it| it["cluster"] = json!("none"), "Cluster not found."),
        (
            |it| {
                it["managedInstancesProvider"]["infrastructureRoleArn"] =
                    json!("arn:aws:iam::1:role/x")
            },
            "infrastructure role",
        ),
        (
            |it| {
                it["managedInstancesProvider"]["instanceLaunchTemplate"]["ec2InstanceProfileArn"] =
                    json!("x");
            },
            "instance profile",
        ),
        (
            |it| {
                it["managedInstancesProvider"]["instanceLaunchTemplate"]["networkConfiguration"]
                    ["subnets"] = json!([]);
            },
            "subnets can not be empty.",
        ),
        (
            |it| {
                it["managedInstancesProvider"]["infrastructureOptimization"]["scaleInAfter"] =
                    json!(3601)
            },
            "scaleInAfter must be between -1 and 3600.",
        ),
        (|it| it["name"] = json!("own"), "already exists"),
    ];
    for (change, text) in cases {
        let refused = create(&harness, with(change)).await.unwrap_err();
        assert!(
            refused.message.contains(text),
            "{text}: {}",
            refused.message
        );
    }
    let mixed = json!([{ "capacityProvider": "own", "weight": 1 }, { "capacityProvider": "FARGATE", "weight": 1 }]);
    let put = json!({
        "cluster": "default", "capacityProviders": ["own", "FARGATE"], "defaultCapacityProviderStrategy": mixed,
    });
    let input = decode("PutClusterCapacityProviders", put);
    let put = harness
        .ecs
        .put_cluster_capacity_providers(&call(), input)
        .await;
    assert!(put.unwrap_err().message.contains("Managed Instances"));
}

#[tokio::test]
async fn where_there_is_no_room_another_zone_is_asked() {
    let (harness, cloud) = with_provider(0).await;
    let first = subnets(&cloud).into_iter().min().unwrap();
    cloud.change(|it| it.full.extend([first.clone()]));
    harness.run_one(run()).await;
    let now = until_cloud(&cloud, "of an instance", |it| !it.launched.is_empty()).await;
    let subnet = &now.launched[0]["NetworkInterfaces"][0]["SubnetId"];
    assert!(*subnet != first, "{subnet}");
    assert_eq!(now.launched.len(), 1);
}

#[tokio::test]
async fn a_type_that_a_maker_has_without_profiles_is_passed_over() {
    let (harness, cloud) = with_provider(0).await;
    cloud.change(|it| it.of_makers.extend(["c5.large".to_owned()]));
    harness.run_one(run()).await;
    let now = until_cloud(&cloud, "of an instance", |it| !it.launched.is_empty()).await;
    // What the task leaves least of, after the one that is not to be had.
    assert_eq!(now.launched[0]["InstanceType"], "m5.large");
    assert_eq!(now.launched.len(), 1);
}

#[tokio::test]
async fn a_role_that_may_not_launch_is_told_of() {
    let (harness, cloud) = with_provider(0).await;
    cloud.change(|it| it.denied = true);
    harness.run_one(run()).await;
    until("the provider says why", async || {
        let shown = described(&harness).await;
        let reason = shown.update_status_reason.unwrap_or_default();
        shown.update_status.as_deref() == Some("UPDATE_FAILED") && reason.contains("not authorized")
    })
    .await;
    assert_eq!(cloud.read().instances, Vec::<Value>::new());
    // What is put right counts at once.
    cloud.change(|it| it.denied = false);
    let update = json!({
        "name": "own", "managedInstancesProvider": {
            "infrastructureRoleArn": ROLE, "instanceLaunchTemplate": { "monitoring": "DETAILED" },
        },
    });
    let input = decode("UpdateCapacityProvider", update);
    harness
        .ecs
        .update_capacity_provider(&call(), input)
        .await
        .unwrap();
    until_cloud(&cloud, "of an instance", |it| !it.launched.is_empty()).await;
}
