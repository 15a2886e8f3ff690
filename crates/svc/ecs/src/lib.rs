//! Amazon ECS: the API over its rooms.
//!
//! | module | what |
//! | --- | --- |
//! | [`service`] | the trait `Ecs`, one line an operation; start and stop of the loops |
//! | `ops` | one file an operation |
//! | `authz` | what each operation does to which resource |
//! | `announced` | what changes of records mean to the world, as events |
//! | `describe`, `describe_service` | records as the API shows them |
//!
//! What all rooms are about (names, definitions, orders, the life of a task, the state) is
//! `wharf_svc_ecs_model`; who runs where and when is decided in `wharf_svc_ecs_scheduler`, machines and
//! their agents are `wharf_svc_ecs_agents`, groups of instances that ECS scales are
//! `wharf_svc_ecs_cluster_scaling`, sessions of ECS Exec are `wharf_svc_ecs_exec`. Scheduler and agents do not
//! know each other: they meet in the records.
//! Other services are called through their generated traits, or by the names of their operations.

#![forbid(unsafe_code)]

mod announced;
mod authz;
mod config;
mod core;
mod describe;
mod describe_service;
pub mod figures;
mod ops;
mod page;
mod rates;
mod refuse;
mod registrations;
mod sealed;
pub mod service;
mod tagged;

use wharf_svc_ecs_agents::{
    acs, binding, deregistration, file_systems, grant, placed, registration, serving,
};
use wharf_svc_ecs_model::{
    asks, credentials, definition, document, fault, images, launch, make, monitoring, names,
    own_node, provider, rebalancing, retirement, state, tags, task, validate, view, volume,
};
use wharf_svc_ecs_scheduler::{interrupt, placing, services};

pub use acs::{Channel, Endpoint, Refusal, Ticket};
pub use announced::Announcer;
pub use binding::INSTANCE_TAG;
pub use config::{Config, Parts};
pub use credentials::{RoleError, RoleKeys, TaskCredentials};
pub use file_systems::FileVolume;
pub use grant::NodeInstance;
pub use images::{Admitted, NotAdmitted, Pins, TaskImages, untagged};
pub use names::Place;
pub use placed::{PlacedInterface, PlacedTask};
pub use rates::RATES;
pub use registration::{ENI_SLOTS, FARGATE_CAPACITY, SERVED_ACCOUNTS, SERVED_REGIONS};
pub use sealed::SEALING;
pub use service::{EcsService, WeakEcsService};
pub use services::cause::of as cause_of;
pub use services::explain::{DeploymentExplained, HostExplained, ServiceExplained, TaskExplained};
pub use serving::{Need, is_node};
pub use tagged::TAGGED;
pub use wharf_svc_ecs_agents::Config as AgentsConfig;
