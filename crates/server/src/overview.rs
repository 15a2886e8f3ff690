//! What an installation runs, for `wharf status`.
//!
//! One document of what the describing operations answer, in the shapes of the APIs. They are called
//! in process as the caller, past the same gate: who may not describe something does not see it.

mod kubernetes;

use std::{
    future::Future,
    sync::{Arc, OnceLock},
};

use serde_json::Value;
use wharf_api_ecs::{Ecs, types as ecs};
use wharf_api_elbv2::{Elbv2, types as elb};
use wharf_api_wharf::types::{OverviewResponse, UnopenedListener};
use wharf_wire::{Call, Fault, node::Struct, schema::ServiceSchema};

pub use self::kubernetes::Kubernetes;
use crate::plane::Planes;

/// Items that one describing operation takes.
const TASKS_AT_ONCE: usize = 100;
const SERVICES_AT_ONCE: usize = 10;
/// Tasks that are shown of a cluster; who has more asks the API.
pub const MAX_TASKS: usize = 1000;
/// What lists give in one page.
const PAGE: i32 = 100;

/// Asks the services about everything.
pub struct Overview {
    pub ecs: Arc<dyn Ecs>,
    pub elb: Arc<dyn Elbv2>,
    pub planes: Arc<Planes>,
    /// Where EKS is served.
    pub kubernetes: OnceLock<Kubernetes>,
}

impl Overview {
    /// Everything that the caller may see.
    pub async fn gather(&self, call: &Call) -> Result<OverviewResponse, Fault> {
        let (mut clusters, mut instances) = (Vec::new(), Vec::new());
        let (mut services, mut tasks) = (Vec::new(), Vec::new());
        for cluster in self.clusters(call).await? {
            let arn = cluster.cluster_arn.clone();
            clusters.push(ecs_value("Cluster", &cluster));
            instances.extend(self.instances(call, &arn).await?);
            services.extend(self.services(call, &arn).await?);
            tasks.extend(self.tasks(call, &arn).await?);
        }
        Ok(OverviewResponse {
            clusters: Some(clusters),
            container_instances: Some(instances),
            services: Some(services),
            tasks: Some(tasks),
            load_balancers: Some(self.balancers(call).await?),
            target_groups: Some(self.target_groups(call).await?),
            unopened_listeners: Some(self.unbound_endpoints()),
            kubernetes_clusters: match self.kubernetes.get() {
                Some(kubernetes) => Some(kubernetes.gather(call).await?),
                None => None,
            },
            // The installation's own, and not of what services describe.
            machine_makers: None,
            fargate_pool: None,
        })
    }

    /// Where hosts should listen for load balancers and cannot.
    fn unbound_endpoints(&self) -> Vec<UnopenedListener> {
        let endpoints = self.planes.unbound_endpoints().into_iter();
        let shown = endpoints.map(|(host, endpoint)| UnopenedListener {
            host: Some(host),
            address: Some(endpoint.address.to_string()),
            reason: Some(endpoint.reason),
        });
        shown.collect()
    }

    async fn clusters(&self, call: &Call) -> Result<Vec<ecs::Cluster>, Fault> {
        let arns = pages(|next_token| async {
            let input = ecs::ListClustersRequest {
                next_token,
                max_results: Some(PAGE),
            };
            let page = self.ecs.list_clusters(call, input).await?;
            Ok((page.cluster_arns.unwrap_or_default(), page.next_token))
        })
        .await?;
        let mut found = Vec::new();
        for clusters in arns.chunks(TASKS_AT_ONCE) {
            let input = ecs::DescribeClustersRequest {
                clusters: Some(clusters.to_vec()),
                include: Some(vec!["SETTINGS".to_owned()]),
            };
            let answer = self.ecs.describe_clusters(call, input).await?;
            found.extend(answer.clusters.unwrap_or_default());
        }
        Ok(found)
    }

    async fn instances(&self, call: &Call, cluster: &Option<String>) -> Result<Vec<Value>, Fault> {
        let arns = pages(|next_token| async {
            let input = ecs::ListContainerInstancesRequest {
                cluster: cluster.clone(),
                next_token,
                max_results: Some(PAGE),
                ..Default::default()
            };
            let page = self.ecs.list_container_instances(call, input).await?;
            let arns = page.container_instance_arns.unwrap_or_default();
            Ok((arns, page.next_token))
        })
        .await?;
        let mut found = Vec::new();
        for instances in arns.chunks(TASKS_AT_ONCE) {
            let input = ecs::DescribeContainerInstancesRequest {
                cluster: cluster.clone(),
                container_instances: Some(instances.to_vec()),
                ..Default::default()
            };
            let answer = self.ecs.describe_container_instances(call, input).await?;
            let instances = answer.container_instances.unwrap_or_default();
            found.extend(
                instances
                    .iter()
                    .map(|it| ecs_value("ContainerInstance", it)),
            );
        }
        Ok(found)
    }

    async fn services(&self, call: &Call, cluster: &Option<String>) -> Result<Vec<Value>, Fault> {
        let arns = pages(|next_token| async {
            let input = ecs::ListServicesRequest {
                cluster: cluster.clone(),
                next_token,
                max_results: Some(PAGE),
                ..Default::default()
            };
            let page = self.ecs.list_services(call, input).await?;
            Ok((page.service_arns.unwrap_or_default(), page.next_token))
        })
        .await?;
        let mut found = Vec::new();
        for services in arns.chunks(SERVICES_AT_ONCE) {
            let input = ecs::DescribeServicesRequest {
                cluster: cluster.clone(),
                services: Some(services.to_vec()),
                ..Default::default()
            };
            let answer = self.ecs.describe_services(call, input).await?;
            let services = answer.services.unwrap_or_default();
            found.extend(services.iter().map(|it| {
                let mut shown = ecs_value("Service", it);
                shown["cause"] = cause(it).into();
                shown
            }));
        }
        Ok(found)
    }

    async fn tasks(&self, call: &Call, cluster: &Option<String>) -> Result<Vec<Value>, Fault> {
        let mut arns = pages(|next_token| async {
            let input = ecs::ListTasksRequest {
                cluster: cluster.clone(),
                next_token,
                max_results: Some(PAGE),
                ..Default::default()
            };
            let page = self.ecs.list_tasks(call, input).await?;
            Ok((page.task_arns.unwrap_or_default(), page.next_token))
        })
        .await?;
        arns.truncate(MAX_TASKS);
        let mut found = Vec::new();
        for tasks in arns.chunks(TASKS_AT_ONCE) {
            let input = ecs::DescribeTasksRequest {
                cluster: cluster.clone(),
                tasks: Some(tasks.to_vec()),
                ..Default::default()
            };
            let answer = self.ecs.describe_tasks(call, input).await?;
            let tasks = answer.tasks.unwrap_or_default();
            found.extend(tasks.iter().map(|it| ecs_value("Task", it)));
        }
        Ok(found)
    }

    /// Load balancers, each with its listeners.
    async fn balancers(&self, call: &Call) -> Result<Vec<Value>, Fault> {
        let balancers = pages(|marker| async {
            let input = elb::DescribeLoadBalancersInput {
                marker,
                ..Default::default()
            };
            let page = self.elb.describe_load_balancers(call, input).await?;
            Ok((page.load_balancers.unwrap_or_default(), page.next_marker))
        })
        .await?;
        let mut found = Vec::new();
        for balancer in balancers {
            let input = elb::DescribeListenersInput {
                load_balancer_arn: balancer.load_balancer_arn.clone(),
                ..Default::default()
            };
            let answer = self.elb.describe_listeners(call, input).await?;
            let listeners = answer.listeners.unwrap_or_default();
            let listeners: Vec<Value> = listeners
                .iter()
                .map(|it| elb_value("Listener", it))
                .collect();
            let arn = balancer.load_balancer_arn.as_deref().unwrap_or_default();
            let addresses = self.planes.balancer_addresses(arn).into_iter();
            let addresses = addresses.map(|it| it.to_string().into()).collect();
            let shown = with(elb_value("LoadBalancer", &balancer), "Listeners", listeners);
            found.push(with(shown, "Addresses", addresses));
        }
        Ok(found)
    }

    /// Target groups, each with the health of its targets.
    async fn target_groups(&self, call: &Call) -> Result<Vec<Value>, Fault> {
        let groups = pages(|marker| async {
            let input = elb::DescribeTargetGroupsInput {
                marker,
                ..Default::default()
            };
            let page = self.elb.describe_target_groups(call, input).await?;
            Ok((page.target_groups.unwrap_or_default(), page.next_marker))
        })
        .await?;
        let mut found = Vec::new();
        for group in groups {
            let input = elb::DescribeTargetHealthInput {
                target_group_arn: group.target_group_arn.clone(),
                ..Default::default()
            };
            let answer = self.elb.describe_target_health(call, input).await?;
            let health = answer.target_health_descriptions.unwrap_or_default();
            let health = health
                .iter()
                .map(|it| elb_value("TargetHealthDescription", it))
                .collect();
            found.push(with(elb_value("TargetGroup", &group), "Targets", health));
        }
        Ok(found)
    }
}

/// What is usually behind the last failure of a deployment that has not succeeded, in words.
fn cause(service: &ecs::Service) -> Option<&'static str> {
    let deployments = service.deployments.iter().flatten();
    deployments
        .filter(|it| it.rollout_state.as_deref() != Some("COMPLETED"))
        .find_map(|it| wharf_svc_ecs::cause_of(it.rollout_state_reason.as_deref()?))
}

/// Everything that a paged operation lists.
pub(crate) async fn pages<T, F>(ask: impl Fn(Option<String>) -> F) -> Result<Vec<T>, Fault>
where
    F: Future<Output = Result<(Vec<T>, Option<String>), Fault>>,
{
    let (mut found, mut token) = (Vec::new(), None);
    loop {
        let (page, next) = ask(token).await?;
        found.extend(page);
        if next.is_none() {
            return Ok(found);
        }
        token = next;
    }
}

fn ecs_value(shape: &str, value: &dyn Struct) -> Value {
    shown(&wharf_api_ecs::schema::SERVICE, shape, value)
}

fn elb_value(shape: &str, value: &dyn Struct) -> Value {
    shown(&wharf_api_elbv2::schema::SERVICE, shape, value)
}

fn shown(schema: &'static ServiceSchema, shape: &str, value: &dyn Struct) -> Value {
    let index = schema.shapes.iter().position(|it| it.name == shape);
    let index = index.and_then(|index| u16::try_from(index).ok());
    let index = index.expect("the shape is one of the contract");
    wharf_wire::codec::json::to_value(schema, index, value)
}

fn with(mut document: Value, name: &str, items: Vec<Value>) -> Value {
    document[name] = Value::Array(items);
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_the_cause_of_its_failure_until_it_succeeds() {
        let service = |state: &str, reason: &str| ecs::Service {
            deployments: Some(vec![ecs::Deployment {
                rollout_state: Some(state.to_owned()),
                rollout_state_reason: Some(reason.to_owned()),
                ..Default::default()
            }]),
            ..Default::default()
        };
        let missing = "ECS deployment ecs-svc/1 in progress. 1 task failed: ResourceInitializationError: \
                       ResourceNotFoundException: The specified log group does not exist.";
        for (state, reason, wanted) in [
            ("IN_PROGRESS", missing, "its log group is missing"),
            ("FAILED", missing, "its log group is missing"),
            (
                "IN_PROGRESS",
                "User: x is not authorized to perform: logs:CreateLogStream",
                "its execution role lacks a permission",
            ),
        ] {
            let cause = cause(&service(state, reason)).unwrap_or_default();
            assert!(cause.starts_with(wanted), "{reason}: {cause}");
        }
        assert_eq!(cause(&service("COMPLETED", missing)), None);
        let going_on = "ECS deployment ecs-svc/1 in progress.";
        assert_eq!(cause(&service("IN_PROGRESS", going_on)), None);
    }
}
