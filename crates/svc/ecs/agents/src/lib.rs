//! What ECS has to do with agents: which machines may register as what, the websockets they connect to,
//! what they are told of tasks, and when their hosts count as lost.
//!
//! | module | what |
//! | --- | --- |
//! | [`Agents`] | the connections, and what their loop works with |
//! | [`acs`] | the websockets agents connect to |
//! | [`binding`], [`grant`] | whom a node may speak for, and as what it may register |
//! | [`registration`], [`deregistration`] | machines come and go |
//! | [`serving`] | which log streams and images a node has to do with |
//! | `ahead` | images that a host fetches before a task is there that needs them |
//! | [`file_systems`] | which file systems its tasks mount, and as whom |
//! | [`liveness`], [`instances`] | when an agent counts as disconnected, and its host as lost: plan and executor |
//! | `metrics` | what agents report of what tasks used |
//!
//! No operation is here and nothing of the scheduler: agents are told what the records say.

#![forbid(unsafe_code)]

pub mod acs;
mod agents;
mod ahead;
pub mod binding;
mod config;
pub mod deregistration;
pub mod file_systems;
pub mod grant;
mod instances;
pub mod liveness;
mod metrics;
pub mod placed;
pub mod registration;
pub mod serving;

use wharf_svc_ecs_model::{
    credentials as roles, definition, document, fault, images, interface, launch, monitoring,
    names, own_node, provider, retirement, service, state, tags, task, view, volume,
};

pub use agents::{Agents, Parts};
pub use config::Config;
