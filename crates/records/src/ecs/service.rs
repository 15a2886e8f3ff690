//! A service: so many tasks of a definition, kept running, replaced and rolled over.
//!
//! The record holds what is wanted and what the scheduler has to remember between two looks at the
//! tasks. What it can count (running, pending) is never stored: it is read from the tasks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;

use super::{Rebalancing, StrategyItem, Tags, task::Launch};
use crate::value::{Record, Unknown};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    pub name: String,
    pub arn: String,
    /// The cluster's name.
    pub cluster: String,
    pub cluster_arn: String,
    pub status: ServiceStatus,
    pub created_at: Timestamp,
    /// ARN of the principal that created it.
    pub created_by: String,
    /// When it became INACTIVE; it stays describable for a while after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    pub scheduling: Scheduling,
    /// Tasks wanted. Of a DAEMON the scheduler's own count of instances that should have one.
    pub desired: u32,
    pub options: ServiceOptions,
    #[serde(default)]
    pub tags: Tags,
    /// PRIMARY first, then older ones that still have tasks, newest first.
    pub deployments: Vec<Deployment>,
    /// What a rollback goes back to: the revision that last completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<Revision>,
    /// The service deployment under way, or the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<ServiceDeployment>,
    #[serde(default)]
    pub throttle: Throttle,
    /// Causes of events that are not repeated before some hours have passed, with the time each was
    /// last told.
    #[serde(default)]
    pub said: BTreeMap<String, Timestamp>,
    /// What more an event of EventBridge tells of such a cause.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub about: BTreeMap<String, About>,
    /// What the closest host lacked when a task could not be placed: `RESOURCE:CPU`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lacking: Option<String>,
    /// Everything was as wanted at the last look.
    #[serde(default)]
    pub steady: bool,
    /// When all tasks last counted as healthy: those created before have proven themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven_at: Option<Timestamp>,
    /// Of its tasks across zones.
    #[serde(default, skip_serializing_if = "Rebalancing::is_idle")]
    pub rebalancing: Rebalancing,
    /// SHA-256 of the request that created it, hexadecimal, and its client token: a repeated
    /// CreateService finds its own work.
    pub request: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// What a cause is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Names of capacity providers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<String>,
    /// ARNs of container instances.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instances: Vec<String>,
}

impl Record for Service {
    const KIND: &'static str = "service";
    const FORMAT: u32 = 1;
}

impl Service {
    /// The deployment tasks are started for.
    pub fn primary(&self) -> Option<&Deployment> {
        self.deployments.first()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ServiceStatus {
    Active,
    /// Deleted; tasks are still being stopped.
    Draining,
    Inactive,
}

impl ServiceStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Draining => "DRAINING",
            Self::Inactive => "INACTIVE",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Scheduling {
    Replica,
    Daemon,
}

impl Scheduling {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replica => "REPLICA",
            Self::Daemon => "DAEMON",
        }
    }
}

/// What changes without a new deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceOptions {
    /// Bounds of a deployment, in percent of the desired count.
    pub minimum_percent: u32,
    pub maximum_percent: u32,
    #[serde(default)]
    pub breaker: Breaker,
    /// Seconds after the start of a task in which failed health checks do not count; none where
    /// nobody set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_seconds: Option<u32>,
    #[serde(default)]
    pub constraints: Vec<PlacementRule>,
    #[serde(default)]
    pub strategies: Vec<PlacementRule>,
    pub managed_tags: bool,
    /// `NONE`, `SERVICE` or `TASK_DEFINITION`.
    pub propagate_tags: String,
    pub execute_command: bool,
    /// `ENABLED` or `DISABLED`.
    pub zone_rebalancing: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// A placement constraint (kind and expression) or strategy (kind and field).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacementRule {
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub argument: Option<String>,
}

/// The deployment circuit breaker as configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    pub enable: bool,
    pub rollback: bool,
    /// A task that became healthy sets the count back.
    pub reset_on_healthy: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Threshold>,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            enable: false,
            rollback: false,
            reset_on_healthy: true,
            threshold: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threshold {
    pub kind: ThresholdKind,
    pub value: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ThresholdKind {
    /// Percent of the desired count, at least 3 and at most 200.
    BoundedPercent,
    UnboundedPercent,
    Count,
}

impl ThresholdKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BoundedPercent => "BOUNDED_PERCENT",
            Self::UnboundedPercent => "UNBOUNDED_PERCENT",
            Self::Count => "COUNT",
        }
    }
}

/// What its tasks are made of; immutable. Kept as a record of its own too, see [`RevisionRecord`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    /// 19 digits.
    pub id: String,
    /// ARN of the task definition.
    pub definition: String,
    pub launch: Launch,
    /// Capacity provider strategy; empty where a launch type was named.
    #[serde(default)]
    pub strategy: Vec<StrategyItem>,
    /// As asked for (`LATEST`), Fargate only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform_version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<ServiceNetwork>,
    #[serde(default)]
    pub targets: Vec<TargetSpec>,
    /// The EBS volume of each of its tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<super::VolumeSpec>,
    /// A row a container; none in revisions of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<RevisionImage>,
    /// How often metrics of its tasks are measured, where that was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub monitoring: Vec<MetricResolution>,
    pub created_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// Metrics of a service that are measured every so many seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricResolution {
    /// `CPUUtilization`, `MemoryUtilization`.
    pub metrics: Vec<String>,
    /// 20 or 60.
    pub seconds: u32,
}

/// The image of a container, and the digest all tasks of the revision run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionImage {
    pub container: String,
    /// As the definition names it.
    pub image: String,
    /// Once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Each task runs what the name leads to when it starts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moving: bool,
}

/// `awsvpcConfiguration`, its subnets resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceNetwork {
    pub subnets: Vec<ServiceSubnet>,
    pub security_groups: Vec<String>,
    pub public_ip: bool,
    /// As in [`super::NetworkWish`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ipv6: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSubnet {
    pub id: String,
    pub zone: String,
}

/// One row of `loadBalancers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetSpec {
    /// ARN of the target group.
    pub group: String,
    pub container: String,
    pub port: u16,
    pub kind: TargetKind,
}

/// What a target group lists: addresses, or instances with a port of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    Ip,
    /// Addresses of IPv6.
    Ipv6,
    Instance,
}

/// A revision as it is described and listed by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RevisionRecord {
    pub arn: String,
    pub service_arn: String,
    pub cluster_arn: String,
    pub revision: Revision,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for RevisionRecord {
    const KIND: &'static str = "service-revision";
    const FORMAT: u32 = 1;
}

/// One revision on its way in, in place, or on its way out. Its id is the revision's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    pub revision: Revision,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub state: RolloutState,
    pub reason: String,
    /// Tasks that failed, for the user to see.
    #[serde(default)]
    pub failed_tasks: u32,
    /// What the circuit breaker counts.
    #[serde(default)]
    pub failures: u32,
    /// One of its tasks has been RUNNING: from here on only failed checks count.
    #[serde(default)]
    pub ran: bool,
    /// The last of `failed_tasks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<TaskFailure>,
    /// When it was called COMPLETED, if it is: taken back if its tasks fail soon after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion: Option<Completion>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// That a deployment was called COMPLETED.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    pub at: Timestamp,
    /// What a rollback went back to until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Revision>,
}

/// Why a task failed, kept for longer than the task is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskFailure {
    /// The task's id.
    pub task: String,
    pub at: Timestamp,
    /// Its stopped reason with what its containers said, for people.
    pub reason: String,
}

impl Deployment {
    pub fn new(revision: Revision, now: Timestamp) -> Self {
        let reason = format!("ECS deployment ecs-svc/{} in progress.", revision.id);
        Self {
            revision,
            created_at: now,
            updated_at: now,
            state: RolloutState::InProgress,
            reason,
            failed_tasks: 0,
            failures: 0,
            ran: false,
            last_failure: None,
            completion: None,
            unknown: Unknown::new(),
        }
    }

    pub fn id(&self) -> &str {
        &self.revision.id
    }

    /// `ecs-svc/<digits>`.
    pub fn name(&self) -> String {
        format!("ecs-svc/{}", self.revision.id)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RolloutState {
    InProgress,
    Completed,
    Failed,
}

impl RolloutState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}

/// One run from revisions in place to another: what DescribeServiceDeployments shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceDeployment {
    pub id: String,
    pub arn: String,
    pub service_arn: String,
    pub cluster_arn: String,
    pub status: ServiceDeploymentStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<Timestamp>,
    /// Id of the revision that is to run.
    pub target: String,
    /// Ids of those that ran before.
    #[serde(default)]
    pub sources: Vec<String>,
    /// The options it was started under.
    pub options: ServiceOptions,
    pub breaker: BreakerStatus,
    #[serde(default)]
    pub breaker_failures: u32,
    #[serde(default)]
    pub breaker_threshold: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Rollback>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for ServiceDeployment {
    const KIND: &'static str = "service-deployment";
    const FORMAT: u32 = 1;
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollback {
    pub reason: String,
    pub started_at: Timestamp,
    /// Id of the revision gone back to.
    pub revision: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ServiceDeploymentStatus {
    Pending,
    InProgress,
    Successful,
    StopRequested,
    Stopped,
    RollbackRequested,
    RollbackInProgress,
    RollbackSuccessful,
    RollbackFailed,
}

impl ServiceDeploymentStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::InProgress => "IN_PROGRESS",
            Self::Successful => "SUCCESSFUL",
            Self::StopRequested => "STOP_REQUESTED",
            Self::Stopped => "STOPPED",
            Self::RollbackRequested => "ROLLBACK_REQUESTED",
            Self::RollbackInProgress => "ROLLBACK_IN_PROGRESS",
            Self::RollbackSuccessful => "ROLLBACK_SUCCESSFUL",
            Self::RollbackFailed => "ROLLBACK_FAILED",
        }
    }

    /// Nothing more happens to it.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Successful | Self::Stopped | Self::RollbackSuccessful | Self::RollbackFailed
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BreakerStatus {
    Disabled,
    Monitoring,
    MonitoringComplete,
    Triggered,
}

impl BreakerStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "DISABLED",
            Self::Monitoring => "MONITORING",
            Self::MonitoringComplete => "MONITORING_COMPLETE",
            Self::Triggered => "TRIGGERED",
        }
    }
}

/// What the scheduler makes of tasks that keep failing: how long it waits before it starts more,
/// and how long one must run before it counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throttle {
    /// Rounds in a row of tasks that failed at their start; the tasks of one round were started
    /// together.
    pub rounds: u32,
    /// Rounds of failures of any kind since a task last outlived the longest probation.
    #[serde(default)]
    pub unsteady: u32,
    /// Failures of tasks created before this moment belong to a round that was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_at: Option<Timestamp>,
    /// When the first of these rounds began to fail: tasks created since have it to outlive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// When a task last failed: only one created since proves that the failures are over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Timestamp>,
    /// How long the failed one that ran for longest ran, in milliseconds.
    #[serde(default)]
    pub longest_run_ms: u64,
    /// Since when some task has failed its checks without a pause: the tasks that are to replace it
    /// are younger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
}

/// The last hundred events of a service, newest first. A record of its own, for it is long and
/// mostly not read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceEvents {
    pub events: Vec<ServiceEvent>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for ServiceEvents {
    const KIND: &'static str = "service-events";
    const FORMAT: u32 = 1;
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceEvent {
    pub id: String,
    pub created_at: Timestamp,
    pub message: String,
}

/// What a task is to its service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Membership {
    /// Id of the deployment that started it.
    pub deployment: String,
    #[serde(default)]
    pub targets: Vec<TaskTarget>,
    /// Its end was taken into the service's counts: it is the service's business no longer.
    #[serde(default)]
    pub accounted: bool,
    /// Scale-in and deployments leave it alone until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protected_until: Option<Timestamp>,
}

/// A task's place in one target group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskTarget {
    #[serde(flatten)]
    pub spec: TargetSpec,
    pub state: TargetState,
}

/// How far it is; it never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetState {
    /// Not registered yet.
    Waiting,
    Registered,
    /// Deregistered; connections may still be under way.
    Draining,
    /// Nothing of it is left at the load balancer.
    Gone,
}
