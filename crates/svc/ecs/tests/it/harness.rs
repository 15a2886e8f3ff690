//! ECS over the real EC2, and target groups that do what a test says.

use std::{ops::Deref, sync::Arc, time::Duration};

use wharf_api_ec2::Ec2;
use wharf_api_ecs::{self as api, Ecs};
use wharf_base::{Permit, SystemClock, Timestamp};
use wharf_delivery::Operations;
use wharf_store::{Store, StoreOptions};
use wharf_svc_ecs::{AgentsConfig, Config, EcsService, Parts, TaskImages};
use wharf_svc_iam::Mode;
pub use wharf_testkit::ecs::decode;
use wharf_testkit::{Running, World};
use wharf_vended::Vended;
use wharf_wire::{Call, Context, Fault};

use crate::{balancers::FakeElbv2, groups::FakeGroup, provider_groups::FakeGroups};

pub const ACCOUNT: &str = "000000000000";
pub const REGION: &str = "us-east-1";

/// Longest wait for anything that happens by itself.
const DEADLINE: Duration = Duration::from_secs(10);

pub struct Harness {
    pub ecs: Running<EcsService>,
    pub world: World,
    pub elbv2: Arc<FakeElbv2>,
    pub groups: Arc<FakeGroups>,
}

impl Deref for Harness {
    type Target = EcsService;

    fn deref(&self) -> &EcsService {
        &self.ecs
    }
}

impl Harness {
    pub async fn start() -> Self {
        Self::with(Config::default()).await
    }

    /// A service whose times are short enough to test what happens when they pass, with the
    /// cluster `default`.
    pub async fn impatient() -> Self {
        let harness = Self::with_agents(Self::short_times()).await;
        harness.create_cluster("default").await;
        harness
    }

    /// The same over another EC2 than the real one.
    pub async fn impatient_with_ec2(ec2: Arc<dyn Ec2>) -> Self {
        let harness = Self::made(|parts| {
            parts.ec2 = ec2;
            parts.config.agents = Self::short_times();
        })
        .await;
        harness.create_cluster("default").await;
        harness
    }

    fn short_times() -> AgentsConfig {
        AgentsConfig {
            disconnect_grace: Duration::from_millis(100),
            ping: Duration::from_millis(100),
            node_lost_timeout: Duration::from_millis(300),
            other_agent_lost_timeout: Duration::from_millis(300),
            resend: Duration::from_millis(500),
            ..AgentsConfig::default()
        }
    }

    pub async fn with_agents(agents: AgentsConfig) -> Self {
        Self::with(Config {
            agents,
            ..Config::default()
        })
        .await
    }

    pub async fn with(config: Config) -> Self {
        Self::made(|parts| parts.config = config).await
    }

    /// With a place for metrics.
    pub async fn measured(config: Config, metrics: Vended) -> Self {
        Self::made(|parts| {
            parts.config = config;
            parts.metrics = metrics;
        })
        .await
    }

    /// A service that asks those which images may start.
    pub async fn with_images(images: Arc<dyn TaskImages>) -> Self {
        Self::made(|parts| parts.images = images).await
    }

    /// A service that keeps a group of instances.
    pub async fn with_group(group: &Arc<FakeGroup>) -> Self {
        let harness = Self::made(|parts| {
            parts.autoscaling = Some(group.clone());
            parts.operations = Some(group.clone());
            parts.group_changes = Some(group.listen());
        })
        .await;
        harness.create_cluster("default").await;
        harness
    }

    /// With the cluster `default`, and others that do what ECS asks for by name.
    pub async fn with_operations(operations: Arc<dyn Operations>) -> Self {
        let harness = Self::made(|parts| parts.operations = Some(operations)).await;
        harness.create_cluster("default").await;
        harness
    }

    /// With the cluster `default`, over another EC2 than the real one.
    pub async fn with_ec2(ec2: Arc<dyn Ec2>) -> Self {
        let harness = Self::made(|parts| parts.ec2 = ec2).await;
        harness.create_cluster("default").await;
        harness
    }

    async fn made(change: impl FnOnce(&mut Parts)) -> Self {
        let store = Store::in_memory(StoreOptions::default());
        let world = World::over(store, Mode::Enforce);
        let elbv2 = Arc::new(FakeElbv2::default());
        let groups = Arc::new(FakeGroups::default());
        let ecs = world.ecs(|parts| {
            parts.autoscaling = Some(groups.clone());
            parts.elbv2 = Some(elbv2.clone());
            parts.target_changes = Some(elbv2.changes());
            change(parts);
        });
        Self {
            ecs,
            world,
            elbv2,
            groups,
        }
    }

    /// Ends the service without a word, as a crash does, and starts another on the same store.
    pub fn restart(&mut self) {
        self.ecs.restart();
    }

    /// How many network interfaces there are.
    pub async fn interfaces(&self) -> usize {
        self.world.interfaces().await.len()
    }

    /// `subnet-a` in a request is the subnet in zone a of the caller's default VPC.
    async fn with_subnets(&self, call: &Call, request: serde_json::Value) -> serde_json::Value {
        let mut text = request.to_string();
        if text.contains("\"subnet-") {
            for (zone, id) in self.world.network_as(call).await.subnets {
                text = text.replace(&format!("\"subnet-{zone}\""), &format!("\"{id}\""));
            }
        }
        serde_json::from_str(&text).unwrap()
    }

    pub async fn with_cluster() -> Self {
        let harness = Self::start().await;
        harness.create_cluster("default").await;
        harness
    }

    /// The same as a call of another account or region.
    pub async fn run_as(&self, call: &Call, request: serde_json::Value) -> api::RunTaskResponse {
        let input = decode("RunTask", self.with_subnets(call, request).await);
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
        let request = self.with_subnets(&call(), request).await;
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
        let request = self.with_subnets(&call(), request).await;
        let input = decode("CreateService", request);
        let made = self.ecs.create_service(&call(), input).await?;
        Ok(made.service.unwrap())
    }

    pub async fn update_service(&self, request: serde_json::Value) -> Result<api::Service, Fault> {
        let request = self.with_subnets(&call(), request).await;
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
