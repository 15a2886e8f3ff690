//! What the server hands in.

use std::sync::Arc;

use tokio::sync::broadcast;
use wharf_api_autoscaling::Autoscaling;
use wharf_api_ec2::Ec2;
use wharf_api_elbv2::Elbv2;
use wharf_api_logs::Logs;
use wharf_base::{Clock, SystemClock};
use wharf_delivery::Operations;
use wharf_hosts::Hosts;
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_store::Store;
use wharf_svc_ecs_agents::Config as AgentsConfig;
use wharf_svc_ecs_model::{
    credentials::TaskCredentials,
    images::{AsNamed, TaskImages},
    names::Place,
};
use wharf_vended::Vended;

/// Settings of the service.
#[derive(Debug, Clone)]
pub struct Config {
    pub agents: AgentsConfig,
    /// The account of the installation's own nodes, which serve every account. Without it every host
    /// serves its own account alone.
    pub home_account: Option<String>,
    /// Whether another server may hold the reconcilers' shards.
    pub takeover: Takeover,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            agents: AgentsConfig::default(),
            home_account: None,
            takeover: Takeover::Replace,
        }
    }
}

/// What the service works with.
pub struct Parts {
    pub store: Store,
    /// The machines. Who made them feeds them: others claim room on them too.
    pub hosts: Hosts,
    pub keyring: Arc<Keyring>,
    /// Network interfaces, subnets and security groups.
    pub ec2: Arc<dyn Ec2>,
    /// Groups of instances; without it there are no capacity providers but Fargate's.
    pub autoscaling: Option<Arc<dyn Autoscaling>>,
    /// What ECS does to groups of instances in its own name; without it no capacity provider is scaled.
    pub operations: Option<Arc<dyn Operations>>,
    /// Where groups of instances changed.
    pub group_changes: Option<broadcast::Receiver<Place>>,
    /// Target groups; without it services cannot name any.
    pub elbv2: Option<Arc<dyn Elbv2>>,
    /// ARNs of target groups whose targets or health changed.
    pub target_changes: Option<broadcast::Receiver<String>>,
    pub credentials: Arc<dyn TaskCredentials>,
    /// Digests of images, and which of them may start.
    pub images: Arc<dyn TaskImages>,
    /// Where what tasks use is kept.
    pub metrics: Vended,
    /// Where performance events of Container Insights go; without it there are none.
    pub logs: Option<Arc<dyn Logs>>,
    pub clock: Arc<dyn Clock>,
    pub config: Config,
}

/// A clone hears of changes from the moment it is made.
impl Clone for Parts {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            hosts: self.hosts.clone(),
            keyring: self.keyring.clone(),
            ec2: self.ec2.clone(),
            autoscaling: self.autoscaling.clone(),
            operations: self.operations.clone(),
            group_changes: self
                .group_changes
                .as_ref()
                .map(broadcast::Receiver::resubscribe),
            elbv2: self.elbv2.clone(),
            target_changes: self
                .target_changes
                .as_ref()
                .map(broadcast::Receiver::resubscribe),
            credentials: self.credentials.clone(),
            images: self.images.clone(),
            metrics: self.metrics.clone(),
            logs: self.logs.clone(),
            clock: self.clock.clone(),
            config: self.config.clone(),
        }
    }
}

impl Parts {
    pub fn new(
        store: Store,
        hosts: Hosts,
        keyring: Arc<Keyring>,
        ec2: Arc<dyn Ec2>,
        credentials: Arc<dyn TaskCredentials>,
    ) -> Self {
        Self {
            store,
            hosts,
            keyring,
            ec2,
            autoscaling: None,
            operations: None,
            group_changes: None,
            elbv2: None,
            target_changes: None,
            credentials,
            images: Arc::new(AsNamed),
            metrics: Vended::default(),
            logs: None,
            clock: Arc::new(SystemClock),
            config: Config::default(),
        }
    }
}
