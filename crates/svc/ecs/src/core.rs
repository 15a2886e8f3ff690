//! What operations work with: the rooms below, and the services that calls are passed on to.

use std::sync::Arc;

use wharf_api_autoscaling::Autoscaling;
use wharf_api_ec2::Ec2;
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_svc_ecs_agents::{Agents, Parts as AgentsParts};
use wharf_svc_ecs_cluster_scaling::{ClusterScaling, Parts as ScalingParts};
use wharf_svc_ecs_exec::Sessions;
use wharf_svc_ecs_scheduler::{Parts as SchedulerParts, Scheduler};

pub use crate::state::{ChangeError, MAX_TRIES, Stored, conflict};
use crate::{
    config::Parts, credentials::TaskCredentials, images::TaskImages, registrations::Registrations,
    state::State,
};

pub struct Core {
    pub state: Arc<State>,
    pub scheduler: Arc<Scheduler>,
    /// Task definitions that wait to be registered.
    pub registrations: Registrations,
    pub agents: Arc<Agents>,
    /// Groups of instances that it scales.
    pub scaling: Arc<ClusterScaling>,
    /// Sessions of ECS Exec.
    pub exec: Sessions,
    /// Subnets and security groups.
    pub ec2: Arc<dyn Ec2>,
    /// Groups of instances.
    pub autoscaling: Option<Arc<dyn Autoscaling>>,
    pub credentials: Arc<dyn TaskCredentials>,
    pub images: Arc<dyn TaskImages>,
    pub keyring: Arc<Keyring>,
    pub takeover: Takeover,
}

impl Core {
    pub fn new(parts: Parts) -> Self {
        let config = parts.config;
        let state = State::new(parts.store, parts.hosts, parts.clock, config.home_account);
        let state = Arc::new(state);
        let scheduler = Scheduler::new(SchedulerParts {
            state: state.clone(),
            keyring: parts.keyring.clone(),
            ec2: parts.ec2.clone(),
            autoscaling: parts.autoscaling.clone(),
            images: parts.images.clone(),
            elbv2: parts.elbv2,
            target_changes: parts.target_changes,
        });
        let scaling = ClusterScaling::new(ScalingParts {
            state: state.clone(),
            operations: parts.operations,
            group_changes: parts.group_changes,
            metrics: parts.metrics.clone(),
        });
        let agents = Agents::new(AgentsParts {
            state: state.clone(),
            keyring: parts.keyring.clone(),
            credentials: parts.credentials.clone(),
            ec2: parts.ec2.clone(),
            metrics: parts.metrics,
            logs: parts.logs,
            config: config.agents,
        });
        Self {
            state,
            scheduler: Arc::new(scheduler),
            registrations: Registrations::default(),
            agents: Arc::new(agents),
            scaling: Arc::new(scaling),
            exec: Sessions::default(),
            ec2: parts.ec2,
            autoscaling: parts.autoscaling,
            credentials: parts.credentials,
            images: parts.images,
            keyring: parts.keyring,
            takeover: config.takeover,
        }
    }
}
