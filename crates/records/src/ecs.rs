//! The records of ECS.
//!
//! | kind | id | read as |
//! | --- | --- | --- |
//! | cluster | name | view |
//! | family | family | read-through |
//! | definition | `family:0000000012` | read-through |
//! | service | `cluster:service` | view |
//! | service-events | `cluster:service` | read-through |
//! | service-revision | `cluster:service:digits` | read-through |
//! | service-deployment | `cluster:service:id` | read-through |
//! | task | `cluster:task id` | view while not STOPPED, else read-through |
//! | instance | `cluster:instance id` | view |
//! | capacity-provider | name | view |
//! | managed-instance | `provider:id` | view |
//! | capacity-provider-group | name of the Auto Scaling group | read-through |
//! | token | `operation:cluster:token` | read-through |
//! | setting | `principal ARN:name` | read-through |

pub mod capacity_provider;
pub mod cluster;
pub mod definition;
pub mod instance;
pub mod managed_instances;
pub mod rebalancing;
pub mod service;
pub mod setting;
pub mod task;
pub mod token;
pub mod volume;

pub use capacity_provider::{
    CapacityProvider, ManagedScaling, ProviderGroup, ProviderStatus, ProviderUpdate,
};
pub use cluster::{AttachmentsStatus, Cluster, ClusterStatus, StrategyItem};
pub use definition::{Definition, DefinitionStatus, Family, definition_id};
pub use instance::{Instance, InstanceStatus};
pub use managed_instances::{
    InstanceRequirements, ManagedInstance, ManagedInstances, Range, Share,
};
pub use rebalancing::{Barred, Move, Rebalancing};
pub use service::{
    About, Breaker, BreakerStatus, Completion, Deployment, Membership, MetricResolution,
    PlacementRule, Revision, RevisionImage, RevisionRecord, Rollback, RolloutState, Scheduling,
    Service, ServiceDeployment, ServiceDeploymentStatus, ServiceEvent, ServiceEvents,
    ServiceNetwork, ServiceOptions, ServiceStatus, ServiceSubnet, TargetKind, TargetSpec,
    TargetState, TaskFailure, TaskTarget, Threshold, ThresholdKind, Throttle,
};
pub use setting::Setting;
pub use task::{
    Container, ContainerStatus, Desired, ExecAgent, Health, Interface, InterfaceState, Launch,
    NetworkBinding, NetworkWish, Status, StopCode, Task, Waiting,
};
pub use token::ClientToken;
pub use volume::{GivenVolume, TaskVolume, VolumeSpec};

/// Tags, keys unique, in the order of their keys.
pub type Tags = std::collections::BTreeMap<String, String>;
