//! A running service, its neighbours faked through their traits.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::balancers::FakeElbv2;
use tokio_util::sync::CancellationToken;
use wharf_api_ec2::{self as ec2, Ec2};
use wharf_api_ecs::{self as api, Ecs};
use wharf_base::{Clock, Permit, SystemClock, Timestamp};
use wharf_hosts::Hosts;
use wharf_seal::Keyring;
use wharf_store::{Store, StoreOptions};
use wharf_svc_ecs::{
    AgentsConfig, Config, EcsService, Parts, Place, RoleError, RoleKeys, TaskCredentials,
};
use wharf_wire::{Call, Check, Context, Fault, async_trait};

pub const ACCOUNT: &str = "000000000000";
pub const REGION: &str = "us-east-1";

/// Longest wait for anything that happens by itself.
const DEADLINE: Duration = Duration::from_secs(10);

pub struct Harness {
    pub ecs: EcsService,
    pub ec2: Arc<FakeEc2>,
    pub elbv2: Arc<FakeElbv2>,
    parts: Parts,
    stop: CancellationToken,
}

impl Harness {
    pub async fn start() -> Self {
        Self::with(Config::default()).await
    }

    /// A service whose times are short enough to test what happens when they pass, with the
    /// cluster `default`.
    pub async fn impatient() -> Self {
        let harness = Self::with_agents(AgentsConfig {
            disconnect_grace: Duration::from_millis(100),
            ping: Duration::from_millis(100),
            node_lost_timeout: Duration::from_millis(300),
            other_agent_lost_timeout: Duration::from_millis(300),
            resend: Duration::from_millis(500),
            ..AgentsConfig::default()
        })
        .await;
        harness.create_cluster("default").await;
        harness
    }

    pub async fn with_agents(agents: AgentsConfig) -> Self {
        Self::with(Config {
            agents,
            ..Config::default()
        })
        .await
    }

    pub async fn with(config: Config) -> Self {
        let store = Store::in_memory(StoreOptions::default());
        let ec2 = Arc::new(FakeEc2::default());
        let elbv2 = Arc::new(FakeElbv2::default());
        let parts = Parts {
            hosts: Hosts::new(store.clone()),
            store,
            keyring: Arc::new(Keyring::in_memory()),
            ec2: ec2.clone(),
            elbv2: Some(elbv2.clone()),
            target_changes: Some(elbv2.changes()),
            credentials: Arc::new(FakeRoles),
            clock: Arc::new(SystemClock),
            config,
        };
        let (ecs, stop) = launch(&parts);
        Self {
            ecs,
            ec2,
            elbv2,
            parts,
            stop,
        }
    }

    /// Ends the service without a word, as a crash does, and starts another on the same store.
    pub fn restart(&mut self) {
        self.stop.cancel();
        (self.ecs, self.stop) = launch(&self.parts);
    }

    pub async fn with_cluster() -> Self {
        let harness = Self::start().await;
        harness.create_cluster("default").await;
        harness
    }

    /// The same as a call of another account or region.
    pub async fn run_as(&self, call: &Call, request: serde_json::Value) -> api::RunTaskResponse {
        let input = decode("RunTask", request);
        self.ecs.run_task(call, input).await.unwrap()
    }

    pub async fn create_cluster(&self, name: &str) {
        let input = api::CreateClusterRequest {
            cluster_name: Some(name.to_owned()),
            ..api::CreateClusterRequest::default()
        };
        self.ecs.create_cluster(&call(), input).await.unwrap();
    }

    /// Registers a definition given as JSON and returns its ARN.
    pub async fn define(&self, document: serde_json::Value) -> String {
        let input = decode("RegisterTaskDefinition", document);
        let made = self.ecs.register_task_definition(&call(), input).await;
        made.unwrap()
            .task_definition
            .unwrap()
            .task_definition_arn
            .unwrap()
    }

    pub async fn run(&self, request: serde_json::Value) -> Result<api::RunTaskResponse, Fault> {
        self.ecs.run_task(&call(), decode("RunTask", request)).await
    }

    /// Runs one task and returns its ARN.
    pub async fn run_one(&self, request: serde_json::Value) -> String {
        let response = self.run(request).await.unwrap();
        assert_eq!(response.failures.unwrap(), []);
        response.tasks.unwrap().remove(0).task_arn.unwrap()
    }

    pub async fn describe(&self, task: &str) -> api::Task {
        let cluster = task.split('/').nth(1).map(str::to_owned);
        let input = api::DescribeTasksRequest {
            cluster,
            tasks: Some(vec![task.to_owned()]),
            ..api::DescribeTasksRequest::default()
        };
        let described = self.ecs.describe_tasks(&call(), input).await.unwrap();
        described.tasks.unwrap().remove(0)
    }

    /// Waits until the task's last status is `status`.
    pub async fn until(&self, task: &str, status: &str) -> api::Task {
        let seen = tokio::time::timeout(DEADLINE, async {
            loop {
                let task = self.describe(task).await;
                if task.last_status.as_deref() == Some(status) {
                    return task;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        match seen.await {
            Ok(task) => task,
            Err(_) => panic!("never {status}: {:?}", self.describe(task).await),
        }
    }

    pub async fn stop(&self, task: &str) -> api::Task {
        let input = api::StopTaskRequest {
            cluster: task.split('/').nth(1).map(str::to_owned),
            task: Some(task.to_owned()),
            reason: None,
        };
        self.ecs
            .stop_task(&call(), input)
            .await
            .unwrap()
            .task
            .unwrap()
    }

    /// One call, its input given as JSON.
    pub async fn create_service(&self, request: serde_json::Value) -> Result<api::Service, Fault> {
        let input = decode("CreateService", request);
        let made = self.ecs.create_service(&call(), input).await?;
        Ok(made.service.unwrap())
    }

    pub async fn update_service(&self, request: serde_json::Value) -> Result<api::Service, Fault> {
        let input = decode("UpdateService", request);
        let made = self.ecs.update_service(&call(), input).await?;
        Ok(made.service.unwrap())
    }

    pub async fn service(&self, name: &str) -> api::Service {
        let input = decode("DescribeServices", serde_json::json!({"services": [name]}));
        let described = self.ecs.describe_services(&call(), input).await.unwrap();
        described.services.unwrap().remove(0)
    }

    /// Waits until the service is as `wanted`.
    pub async fn until_service(
        &self,
        name: &str,
        wanted: impl Fn(&api::Service) -> bool,
    ) -> api::Service {
        let seen = tokio::time::timeout(DEADLINE, async {
            loop {
                let service = self.service(name).await;
                if wanted(&service) {
                    return service;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        match seen.await {
            Ok(service) => service,
            Err(_) => panic!("never as wanted: {:#?}", self.service(name).await),
        }
    }

    /// Waits as the stock waiter `services-stable` does, and for the steady state.
    pub async fn stable(&self, name: &str) -> api::Service {
        let stable = |service: &api::Service| {
            let deployments = service.deployments.as_ref().unwrap();
            deployments.len() == 1
                && service.running_count == service.desired_count
                && service.pending_count == Some(0)
                && deployments[0].rollout_state.as_deref() == Some("COMPLETED")
        };
        self.until_service(name, stable).await
    }

    /// The tasks of a service that are wanted.
    pub async fn tasks_of(&self, service: &str) -> Vec<api::Task> {
        let input = decode("ListTasks", serde_json::json!({"serviceName": service}));
        let listed = self.ecs.list_tasks(&call(), input).await.unwrap();
        let arns = listed.task_arns.unwrap();
        if arns.is_empty() {
            return Vec::new();
        }
        let input = serde_json::json!({"tasks": arns, "include": ["TAGS"]});
        let input = decode("DescribeTasks", input);
        let described = self.ecs.describe_tasks(&call(), input).await.unwrap();
        described.tasks.unwrap()
    }

    pub async fn instance(&self, arn: &str) -> api::ContainerInstance {
        let input = api::DescribeContainerInstancesRequest {
            container_instances: Some(vec![arn.to_owned()]),
            ..api::DescribeContainerInstancesRequest::default()
        };
        let described = self
            .ecs
            .describe_container_instances(&call(), input)
            .await
            .unwrap();
        described.container_instances.unwrap().remove(0)
    }
}

/// A service that runs until its runtime ends.
pub fn service_over(
    store: Store,
    ec2: Arc<FakeEc2>,
    elbv2: &Arc<FakeElbv2>,
    clock: Arc<dyn Clock>,
    config: Config,
) -> EcsService {
    let parts = Parts {
        hosts: Hosts::new(store.clone()),
        store,
        keyring: Arc::new(Keyring::in_memory()),
        ec2,
        elbv2: Some(elbv2.clone()),
        target_changes: Some(elbv2.changes()),
        credentials: Arc::new(FakeRoles),
        clock,
        config,
    };
    launch(&parts).0
}

fn launch(parts: &Parts) -> (EcsService, CancellationToken) {
    // A server that starts again knows no machine.
    let hosts = Hosts::new(parts.store.clone());
    let ecs = EcsService::new(Parts {
        hosts: hosts.clone(),
        ..parts.clone()
    });
    let stop = CancellationToken::new();
    let (running, until) = (ecs.clone(), stop.clone());
    tokio::spawn(async move {
        tokio::join!(hosts.feed(until.clone()), running.run(until));
    });
    (ecs, stop)
}

impl Drop for Harness {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub fn context() -> Context {
    let mut context = Context::internal(ACCOUNT, REGION, "test", now());
    context.caller = wharf_wire::Caller::root(ACCOUNT);
    context.endpoint = "http://127.0.0.1:4566".to_owned();
    context
}

pub fn call() -> Call {
    Call::by_controller(context(), Permit::for_controller("test"))
}

fn now() -> Timestamp {
    wharf_base::Clock::now(&SystemClock)
}

/// An input from JSON, through the generated schema.
pub fn decode<T: Default + wharf_wire::node::Struct>(
    operation: &str,
    document: serde_json::Value,
) -> T {
    let schema = &api::schema::SERVICE;
    let index = schema.find_operation(operation).unwrap();
    let mut input = T::default();
    let body = document.to_string();
    let shape = schema.operations[index].input;
    wharf_wire::codec::json::decode(schema, shape, body.as_bytes(), &mut input).unwrap();
    input
}

/// Subnets in three zones, and interfaces that are counted.
#[derive(Default)]
pub struct FakeEc2 {
    made: AtomicUsize,
    interfaces: Mutex<BTreeMap<String, String>>,
    pub deleted: Mutex<BTreeSet<String>>,
}

impl FakeEc2 {
    /// Interfaces that were made and not deleted.
    pub fn live(&self) -> usize {
        self.interfaces.lock().unwrap().len()
    }
}

fn subnet(region: &str, letter: char) -> ec2::Subnet {
    ec2::Subnet {
        subnet_id: Some(format!("subnet-{letter}")),
        availability_zone: Some(format!("{region}{letter}")),
        vpc_id: Some("vpc-1".to_owned()),
        cidr_block: Some("172.31.0.0/20".to_owned()),
        ..ec2::Subnet::default()
    }
}

#[async_trait]
impl Ec2 for FakeEc2 {
    async fn authorize(&self, _: &Context, input: ec2::Input<'_>) -> Result<Vec<Check>, Fault> {
        Ok(vec![Check::any(input.action())])
    }

    async fn describe_subnets(
        &self,
        call: &Call,
        input: ec2::DescribeSubnetsRequest,
    ) -> Result<ec2::DescribeSubnetsResult, Fault> {
        let wanted = input.subnet_ids.unwrap_or_default();
        let letters = ['a', 'b', 'c'].into_iter();
        let subnets = letters.map(|letter| subnet(&call.region, letter));
        let found = subnets.filter(|s| wanted.contains(s.subnet_id.as_ref().unwrap()));
        Ok(ec2::DescribeSubnetsResult {
            subnets: Some(found.collect()),
            next_token: None,
        })
    }

    async fn create_network_interface(
        &self,
        _: &Call,
        input: ec2::CreateNetworkInterfaceRequest,
    ) -> Result<ec2::CreateNetworkInterfaceResult, Fault> {
        let mut interfaces = self.interfaces.lock().unwrap();
        // Ids are never used twice; the same token gives the same interface.
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 10;
        let token = input.client_token.unwrap();
        let id = interfaces
            .entry(token)
            .or_insert_with(|| format!("eni-{number}"))
            .clone();
        Ok(ec2::CreateNetworkInterfaceResult {
            network_interface: Some(ec2::NetworkInterface {
                network_interface_id: Some(id),
                mac_address: Some("0a:00:00:00:00:01".to_owned()),
                private_ip_address: Some(format!("172.31.{}.{}", number / 250, number % 250)),
                ..ec2::NetworkInterface::default()
            }),
            client_token: None,
        })
    }

    async fn attach_network_interface(
        &self,
        _: &Call,
        input: ec2::AttachNetworkInterfaceRequest,
    ) -> Result<ec2::AttachNetworkInterfaceResult, Fault> {
        assert!(input.instance_id.unwrap().starts_with("i-"));
        Ok(ec2::AttachNetworkInterfaceResult::default())
    }

    async fn delete_network_interface(
        &self,
        _: &Call,
        input: ec2::DeleteNetworkInterfaceRequest,
    ) -> Result<(), Fault> {
        let id = input.network_interface_id.unwrap();
        self.interfaces.lock().unwrap().retain(|_, one| *one != id);
        self.deleted.lock().unwrap().insert(id);
        Ok(())
    }
}

/// Every role works, but those named `…/broken`.
pub struct FakeRoles;

#[async_trait]
impl TaskCredentials for FakeRoles {
    async fn usable(&self, _: &Place, role: &str) -> Result<(), RoleError> {
        match role.ends_with("/broken") {
            true => Err(RoleError::Unusable(role.to_owned())),
            false => Ok(()),
        }
    }

    async fn assume(&self, _: &str, role: &str, task: &str) -> Result<RoleKeys, RoleError> {
        if role.ends_with("/broken") {
            return Err(RoleError::Unusable(role.to_owned()));
        }
        Ok(RoleKeys {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: format!("{role} {task}"),
            expiration: now() + Duration::from_secs(3600),
        })
    }
}
