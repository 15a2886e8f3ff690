//! ECS's scheduler: places the tasks of a call, brings tasks forward, and keeps services as they are
//! wanted.
//!
//! | module | what |
//! | --- | --- |
//! | [`Scheduler`] | the queues of what to look at, and what executors work with |
//! | [`placing`] | hosts for the tasks of a call, claimed in the transaction that writes them |
//! | [`spots`] | hosts that were chosen, and the subnets that they serve |
//! | [`interrupt`] | Spot tasks that give up their room |
//! | [`retirement`] | Fargate tasks that leave their hosts for maintenance |
//! | [`rebalancing_watch`] | services whose tasks have become uneven across zones |
//! | [`waiting`], [`membership`] | tasks that wait for capacity; the instances of capacity providers |
//! | [`tasks`], [`interfaces`] | the executor of the plan of tasks; their network interfaces |
//! | [`services`] | services: plan, executor, explanation |
//!
//! The executors fetch, plan, do one thing, record it, and again until the plan is empty. Every write
//! compares the shard's lease; a server that lost it stops writing. No operation and no agent is known
//! here: what agents report is in the records.

#![forbid(unsafe_code)]

mod interfaces;
pub mod interrupt;
mod membership;
pub mod placing;
mod rebalancing_watch;
pub mod retirement;
mod scheduler;
mod service_queue;
pub mod services;
mod spots;
mod tasks;
#[cfg(test)]
mod test_task;
mod volumes;
mod waiting;

#[cfg(test)]
use wharf_svc_ecs_model::validate;
use wharf_svc_ecs_model::{
    ahead, asks, credentials, fault, images, launch, make, names, own_node, provider, rebalancing,
    service, state, task, view,
};

pub use scheduler::{Parts, Scheduler};
