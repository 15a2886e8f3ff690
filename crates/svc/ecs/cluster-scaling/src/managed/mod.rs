//! ECS Managed Instances (spec ecs §7): instances that ECS itself launches for tasks of a capacity provider, and ends when they are
//! idle.
//!
//! | module | what |
//! | --- | --- |
//! | [`kinds`] | instance types: what EC2 says of them, and which of them a provider may have; pure |
//! | [`plan`], `pack` | which instances are ordered, drained and ended; pure |
//! | [`launch`] | what RunInstances is asked for; pure |
//! | `seen` | what EC2 says of the instances, and who calls it |
//! | `reconcile`, `perform` | the executor |
//!
//! An instance is a record before EC2 hears of it, and the record's id is the client token of its launch: a server that dies at any
//! step finds the instance again, or launches it once. The record goes when EC2 says that the instance has ended.
//!
//! ECS launches in the provider's infrastructure role, and ends instances in its own name: what it has launched ends also when that
//! role has gone.

pub mod kinds;
pub mod launch;
mod pack;
mod perform;
pub mod plan;
mod reconcile;
mod seen;

pub(crate) use reconcile::{Memory, look};
