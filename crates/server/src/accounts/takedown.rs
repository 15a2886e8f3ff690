//! Takes down what runs in closed accounts: services, tasks, registered machines, clusters of ECS and of EKS with their
//! node groups and Fargate profiles, capacity providers, groups of instances, load balancers and target groups, and what EC2
//! has of it (`ec2`). Buckets go with all that is in them.
//!
//! Level-triggered: each round reads which accounts are closed and what each still has, and asks the
//! services to end it. Nothing is remembered between rounds, so a server that was killed goes on where
//! it was. Closed accounts are looked at for ever: a call that was let in before the account was
//! closed may write after it.

mod ec2;

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
    time::Duration,
};

use wharf_api_autoscaling::{self as groups, Autoscaling as _};
use wharf_api_ecs::{Ecs, types as ecs};
use wharf_api_eks::{self as eks, Eks as _};
use wharf_api_elbv2::{Elbv2, types as elb};
use wharf_base::Permit;
use wharf_records::{Scope, escape};
use wharf_store::{Range, Store, StoreError};
use wharf_svc_autoscaling::AutoscalingService;
use wharf_svc_ec2::Ec2Service;
use wharf_svc_ecs::EcsService;
use wharf_svc_eks::EksService;
use wharf_svc_elbv2::Elbv2Service;
use wharf_svc_iam::DirectoryError;
use wharf_svc_s3::S3Service;
use wharf_wire::{Call, Caller, Context, Fault, fault::Chain};

use super::Accounts;
use crate::overview::pages;

const PERMIT: Permit = Permit::for_controller("accounts");
/// Between rounds while something is left.
const SOON: Duration = Duration::from_secs(2);
/// Between rounds otherwise.
const LATER: Duration = Duration::from_secs(300);
/// Why tasks were stopped, as DescribeTasks has it.
const REASON: &str = "The account was closed";
const PROTECTION: &str = "deletion_protection.enabled";
/// A capacity provider that is not deleted.
const ACTIVE: &str = "ACTIVE";

pub struct Takedown {
    pub accounts: Accounts,
    pub store: Store,
    pub ecs: EcsService,
    pub elb: Elbv2Service,
    /// Known once all services are built.
    pub s3: Arc<OnceLock<S3Service>>,
    /// Likewise.
    pub eks: Arc<OnceLock<EksService>>,
    pub groups: AutoscalingService,
    pub ec2: Ec2Service,
}

/// Why a round did not come to its end.
#[derive(Debug, thiserror::Error)]
enum RoundError {
    #[error("failed to read the accounts")]
    Directory(#[from] DirectoryError),
    #[error("failed to read where the account has resources")]
    Store(#[from] StoreError),
    #[error("failed to list what the account has")]
    List(#[from] Fault),
}

/// How much one account has left in one region.
#[derive(Debug, Default)]
struct Left(usize);

impl Left {
    /// Counts one thing more, and says why it could not be ended yet.
    fn one(&mut self, what: &str, ended: Result<(), Fault>) {
        self.0 += 1;
        if let Err(fault) = ended {
            tracing::debug!(what, %fault, "not ended yet; will retry");
        }
    }
}

impl Takedown {
    pub async fn run(self) {
        loop {
            let next = match self.round().await {
                Ok(0) => LATER,
                Ok(_) => SOON,
                Err(error) => {
                    tracing::warn!(error = %Chain(&error), "failed to take closed accounts down; will retry");
                    SOON
                }
            };
            tokio::select! {
                () = tokio::time::sleep(next) => {}
                () = self.accounts.wake.notified() => {}
            }
        }
    }

    /// Ends what is left of all closed accounts; how much that was.
    async fn round(&self) -> Result<usize, RoundError> {
        let mut all = 0;
        let members = self.accounts.directory.members().await?;
        for member in members.iter().filter(|member| member.closed.is_some()) {
            let mut left = Left::default();
            for region in self.regions(&member.id).await? {
                let call = self.call(&member.id, &region);
                if let Some(service) = self.eks.get() {
                    end_eks(service, &call, &mut left).await?;
                }
                self.end_groups(&call, &mut left).await?;
                self.end_ecs(&call, &mut left).await?;
                self.end_balancing(&call, &mut left).await?;
                // Behind those who would launch instances anew.
                ec2::end(&self.ec2, &call, &mut left).await?;
            }
            if let Some(s3) = self.s3.get() {
                left.0 += s3.end_account(&PERMIT, &member.id).await?;
            }
            if left.0 == 0 && member.emptied.is_none() {
                let now = self.accounts.clock.now();
                let directory = &self.accounts.directory;
                directory.note_emptied(&PERMIT, &member.id, now).await?;
                tracing::info!(
                    account = member.id,
                    "nothing runs in the closed account any more"
                );
            }
            all += left.0;
        }
        Ok(all)
    }

    /// The regions in which the account has records of what may run.
    async fn regions(&self, account: &str) -> Result<BTreeSet<String>, StoreError> {
        let mut regions = BTreeSet::new();
        for service in ["autoscaling", "ec2", "ecs", "eks", "elbv2"] {
            let prefix = format!("{}{}/", Scope::service_prefix(service), escape(account));
            let mut range = Range::prefix(prefix.clone()).limit(1).keys_only();
            while let Some(entry) = self.store.range(range).await?.entries.first() {
                let region = entry.key[prefix.len()..].split('/').next();
                let region = region.unwrap_or_default().to_owned();
                // Behind all that is below the region's folder.
                range = Range::prefix(prefix.clone())
                    .limit(1)
                    .start_after(format!("{prefix}{region}/\u{10ffff}"))
                    .keys_only();
                regions.insert(region);
            }
        }
        Ok(regions)
    }

    /// In the account's own name: there is nobody else who may.
    fn call(&self, account: &str, region: &str) -> Call {
        let now = self.accounts.clock.now();
        let mut cx = Context::internal(account, region, "wharf", now);
        cx.caller = Caller::root(account);
        Call::by_controller(cx, PERMIT)
    }

    /// Their instances go with them.
    async fn end_groups(&self, call: &Call, left: &mut Left) -> Result<(), Fault> {
        let service = &self.groups;
        let found = pages(|next_token| async {
            let input = groups::AutoScalingGroupNamesType {
                include_instances: Some(false),
                next_token,
                ..Default::default()
            };
            let page = service.describe_auto_scaling_groups(call, input).await?;
            Ok((
                page.auto_scaling_groups.unwrap_or_default(),
                page.next_token,
            ))
        });
        for group in found.await? {
            let name = group.auto_scaling_group_name;
            // There is nobody left whom it protects from a mistake.
            if group.deletion_protection.is_some_and(|it| it != "none") {
                let input = groups::UpdateAutoScalingGroupType {
                    auto_scaling_group_name: name.clone(),
                    deletion_protection: Some("none".to_owned()),
                    ..Default::default()
                };
                let freed = service.update_auto_scaling_group(call, input).await;
                if freed.is_err() {
                    left.one("group of instances", freed);
                    continue;
                }
            }
            let input = groups::DeleteAutoScalingGroupType {
                auto_scaling_group_name: name,
                force_delete: Some(true),
            };
            let ended = service.delete_auto_scaling_group(call, input).await;
            left.one("group of instances", ended);
        }
        Ok(())
    }

    async fn end_ecs(&self, call: &Call, left: &mut Left) -> Result<(), Fault> {
        let clusters = pages(|next_token| async {
            let input = ecs::ListClustersRequest {
                next_token,
                ..Default::default()
            };
            let page = self.ecs.list_clusters(call, input).await?;
            Ok((page.cluster_arns.unwrap_or_default(), page.next_token))
        });
        for cluster in clusters.await? {
            self.end_services(call, &cluster, left).await?;
            self.end_tasks(call, &cluster, left).await?;
            self.end_instances(call, &cluster, left).await?;
            self.end_managed(call, &cluster, left).await?;
            let input = ecs::DeleteClusterRequest {
                cluster: Some(cluster),
            };
            let ended = self.ecs.delete_cluster(call, input).await.map(|_| ());
            left.one("cluster", ended);
        }
        self.end_providers(call, left).await
    }

    /// A deleted cluster is associated with none of them any more.
    async fn end_providers(&self, call: &Call, left: &mut Left) -> Result<(), Fault> {
        let is_left = |it: &ecs::CapacityProvider| {
            it.auto_scaling_group_provider.is_some() && it.status.as_deref() == Some(ACTIVE)
        };
        let providers = self.providers(call).await?;
        for provider in providers.into_iter().filter(is_left) {
            self.end_provider(call, provider, left).await;
        }
        Ok(())
    }

    /// Those of Managed Instances, without which a cluster is deleted alone. Their instances go with them.
    async fn end_managed(&self, call: &Call, cluster: &str, left: &mut Left) -> Result<(), Fault> {
        let is_of_it = |it: &ecs::CapacityProvider| {
            it.managed_instances_provider.is_some() && it.cluster.as_deref() == Some(cluster)
        };
        let mut providers = self.providers(call).await?;
        providers.retain(is_of_it);
        let is_active = |it: &ecs::CapacityProvider| it.status.as_deref() == Some(ACTIVE);
        if providers.iter().any(is_active) {
            // One of a default strategy is not deleted.
            let input = ecs::PutClusterCapacityProvidersRequest {
                cluster: Some(cluster.to_owned()),
                capacity_providers: Some(Vec::new()),
                default_capacity_provider_strategy: Some(Vec::new()),
            };
            let freed = self.ecs.put_cluster_capacity_providers(call, input).await;
            if freed.is_err() {
                left.one("cluster's capacity providers", freed.map(|_| ()));
            }
        }
        for provider in providers {
            if is_active(&provider) {
                self.end_provider(call, provider, left).await;
            } else if provider.status.as_deref() == Some("DEPROVISIONING") {
                left.one("capacity provider", Ok(()));
            }
        }
        Ok(())
    }

    async fn end_provider(&self, call: &Call, provider: ecs::CapacityProvider, left: &mut Left) {
        let input = ecs::DeleteCapacityProviderRequest {
            capacity_provider: provider.name,
            ..Default::default()
        };
        let ended = self.ecs.delete_capacity_provider(call, input).await;
        left.one("capacity provider", ended.map(|_| ()));
    }

    async fn providers(&self, call: &Call) -> Result<Vec<ecs::CapacityProvider>, Fault> {
        pages(|next_token| async {
            let input = ecs::DescribeCapacityProvidersRequest {
                next_token,
                ..Default::default()
            };
            let page = self.ecs.describe_capacity_providers(call, input).await?;
            let providers = page.capacity_providers.unwrap_or_default();
            Ok((providers, page.next_token))
        })
        .await
    }

    async fn end_services(&self, call: &Call, cluster: &str, left: &mut Left) -> Result<(), Fault> {
        let services = pages(|next_token| async {
            let input = ecs::ListServicesRequest {
                cluster: Some(cluster.to_owned()),
                next_token,
                ..Default::default()
            };
            let page = self.ecs.list_services(call, input).await?;
            Ok((page.service_arns.unwrap_or_default(), page.next_token))
        });
        for service in services.await? {
            let input = ecs::DeleteServiceRequest {
                cluster: Some(cluster.to_owned()),
                service: Some(service),
                force: Some(true),
            };
            let ended = self.ecs.delete_service(call, input).await.map(|_| ());
            left.one("service", ended);
        }
        Ok(())
    }

    async fn end_tasks(&self, call: &Call, cluster: &str, left: &mut Left) -> Result<(), Fault> {
        let tasks = pages(|next_token| async {
            let input = ecs::ListTasksRequest {
                cluster: Some(cluster.to_owned()),
                next_token,
                ..Default::default()
            };
            let page = self.ecs.list_tasks(call, input).await?;
            Ok((page.task_arns.unwrap_or_default(), page.next_token))
        });
        for task in tasks.await? {
            let input = ecs::StopTaskRequest {
                cluster: Some(cluster.to_owned()),
                task: Some(task),
                reason: Some(REASON.to_owned()),
            };
            let ended = self.ecs.stop_task(call, input).await.map(|_| ());
            left.one("task", ended);
        }
        Ok(())
    }

    async fn end_instances(
        &self,
        call: &Call,
        cluster: &str,
        left: &mut Left,
    ) -> Result<(), Fault> {
        let instances = pages(|next_token| async {
            let input = ecs::ListContainerInstancesRequest {
                cluster: Some(cluster.to_owned()),
                next_token,
                ..Default::default()
            };
            let page = self.ecs.list_container_instances(call, input).await?;
            let arns = page.container_instance_arns.unwrap_or_default();
            Ok((arns, page.next_token))
        });
        for instance in instances.await? {
            let input = ecs::DeregisterContainerInstanceRequest {
                cluster: Some(cluster.to_owned()),
                container_instance: Some(instance),
                force: Some(true),
            };
            let ended = self.ecs.deregister_container_instance(call, input).await;
            left.one("container instance", ended.map(|_| ()));
        }
        Ok(())
    }

    async fn end_balancing(&self, call: &Call, left: &mut Left) -> Result<(), Fault> {
        let balancers = pages(|marker| async {
            let input = elb::DescribeLoadBalancersInput {
                marker,
                ..Default::default()
            };
            let page = self.elb.describe_load_balancers(call, input).await?;
            Ok((page.load_balancers.unwrap_or_default(), page.next_marker))
        });
        for balancer in balancers.await? {
            let ended = self.end_balancer(call, balancer.load_balancer_arn).await;
            left.one("load balancer", ended);
        }
        let groups = pages(|marker| async {
            let input = elb::DescribeTargetGroupsInput {
                marker,
                ..Default::default()
            };
            let page = self.elb.describe_target_groups(call, input).await?;
            Ok((page.target_groups.unwrap_or_default(), page.next_marker))
        });
        for group in groups.await? {
            let input = elb::DeleteTargetGroupInput {
                target_group_arn: group.target_group_arn,
            };
            let ended = self.elb.delete_target_group(call, input).await.map(|_| ());
            left.one("target group", ended);
        }
        Ok(())
    }

    /// Its listeners go with it. Protection is against mistakes of the account, which is over.
    async fn end_balancer(&self, call: &Call, arn: Option<String>) -> Result<(), Fault> {
        let unprotected = elb::ModifyLoadBalancerAttributesInput {
            load_balancer_arn: arn.clone(),
            attributes: Some(vec![elb::LoadBalancerAttribute {
                key: Some(PROTECTION.to_owned()),
                value: Some("false".to_owned()),
            }]),
        };
        self.elb
            .modify_load_balancer_attributes(call, unprotected)
            .await?;
        let input = elb::DeleteLoadBalancerInput {
            load_balancer_arn: arn,
        };
        self.elb.delete_load_balancer(call, input).await.map(|_| ())
    }
}

/// Nodes and machines of pods first, as clusters are deleted without them alone.
async fn end_eks(service: &EksService, call: &Call, left: &mut Left) -> Result<(), Fault> {
    let clusters = pages(|next_token| async {
        let input = eks::ListClustersRequest {
            next_token,
            ..Default::default()
        };
        let page = service.list_clusters(call, input).await?;
        Ok((page.clusters.unwrap_or_default(), page.next_token))
    });
    for cluster in clusters.await? {
        let name = || Some(cluster.clone());
        let groups = pages(|next_token| async {
            let input = eks::ListNodegroupsRequest {
                cluster_name: name(),
                next_token,
                ..Default::default()
            };
            let page = service.list_nodegroups(call, input).await?;
            Ok((page.nodegroups.unwrap_or_default(), page.next_token))
        });
        for group in groups.await? {
            let input = eks::DeleteNodegroupRequest {
                cluster_name: name(),
                nodegroup_name: Some(group),
            };
            let ended = service.delete_nodegroup(call, input).await;
            left.one("node group", ended.map(|_| ()));
        }
        let profiles = pages(|next_token| async {
            let input = eks::ListFargateProfilesRequest {
                cluster_name: name(),
                next_token,
                ..Default::default()
            };
            let page = service.list_fargate_profiles(call, input).await?;
            let profiles = page.fargate_profile_names.unwrap_or_default();
            Ok((profiles, page.next_token))
        });
        for profile in profiles.await? {
            let input = eks::DeleteFargateProfileRequest {
                cluster_name: name(),
                fargate_profile_name: Some(profile),
            };
            let ended = service.delete_fargate_profile(call, input).await;
            left.one("Fargate profile", ended.map(|_| ()));
        }
        let found = service.describe_cluster(call, eks::DescribeClusterRequest { name: name() });
        // Protection is against mistakes of the account, which is over.
        let found = found.await?.cluster.unwrap_or_default();
        if found.deletion_protection == Some(true) {
            let input = eks::UpdateClusterConfigRequest {
                name: name(),
                deletion_protection: Some(false),
                ..Default::default()
            };
            let unprotected = service.update_cluster_config(call, input).await;
            left.one("protected cluster", unprotected.map(|_| ()));
        }
        let input = eks::DeleteClusterRequest { name: name() };
        let ended = service.delete_cluster(call, input).await;
        left.one("cluster of Kubernetes", ended.map(|_| ()));
    }
    Ok(())
}
