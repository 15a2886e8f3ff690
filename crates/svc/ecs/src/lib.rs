//! Amazon ECS: clusters, task definitions, tasks, container instances, and the control plane's side
//! of the agent protocol.
//!
//! | module | what |
//! | --- | --- |
//! | [`service`] | the trait `Ecs`, one line an operation; start and stop of the loops |
//! | `ops` | one file an operation |
//! | `authz`, `binding`, `grant` | what each operation does to which resource; whom a node may speak for, and as what it may register |
//! | `placing` | hosts for the tasks of a call, claimed in the transaction that writes them |
//! | `task`, `host` | life of tasks and hosts, pure plans |
//! | `services` | the service scheduler: plan, executor, validation |
//! | `reconcile` | executors of the plans of tasks and hosts |
//! | [`acs`] | the websockets agents connect to |
//!
//! What all of these are about (names, definitions, orders, the view) is `wharf_svc_ecs_model`;
//! sessions of ECS Exec are `wharf_svc_ecs_exec`.
//! Other services are called through their generated traits only.

#![forbid(unsafe_code)]

pub mod acs;
mod authz;
mod binding;
mod config;
mod core;
mod describe;
mod describe_service;
pub mod figures;
mod grant;
mod host;
mod ops;
mod page;
mod placing;
mod reconcile;
mod refuse;
pub mod service;
mod services;
mod serving;
mod tagged;
mod task;

use wharf_svc_ecs_model::{
    asks, definition, document, fault, interface, launch, make, names, own_node, provider, tags,
    view,
};

#[cfg(test)]
mod sim;

pub use acs::{Channel, Endpoint, Refusal, Ticket};
pub use binding::INSTANCE_TAG;
pub use config::{Config, Parts, RoleError, RoleKeys, TaskCredentials};
pub use grant::NodeInstance;
pub use names::Place;
pub use ops::register_instance::{ENI_SLOTS, FARGATE_CAPACITY, SERVED_ACCOUNTS, SERVED_REGIONS};
pub use service::EcsService;
pub use services::cause::of as cause_of;
pub use services::explain::{DeploymentExplained, HostExplained, ServiceExplained, TaskExplained};
pub use serving::{Need, is_node};
pub use tagged::TAGGED;
