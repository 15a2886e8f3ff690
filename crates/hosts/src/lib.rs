//! Machines and the room on them: what there is, who is there, and who may have how much of it.
//!
//! | module | what |
//! | --- | --- |
//! | [`machines`] | hosts, ledgers and who occupies them, indexed for placement; pure |
//! | [`Hosts`] | the machines as they are now, fed by the store |
//! | [`placement_queue`] | turns of those who claim room, and the one transaction of each turn |
//! | [`claimant`] | who claims: an id of a kind |
//! | [`reclaim`] | whose Spot capacity is taken back for somebody else; pure |
//! | [`needs`] | those who wait for that |
//! | [`fargate`] | those who wait for room of Fargate, and what the pool of its machines offers |
//! | [`Retired`] | hosts that nothing comes to any more |
//! | [`plane_hosts`] | hosts of the network, and those that carry load balancers |
//!
//! Machines belong to no account and region, and this crate knows no service: an ECS task is a
//! claimant as anything else that needs room would be. What registers a machine (a container
//! instance, to ECS) says so through [`Registration`]; what runs there is counted by group.
//!
//! Invariants: room is claimed only in a transaction that compares the ledger it was seen on; the
//! lock of the machines is taken before any of a service's own.

#![forbid(unsafe_code)]

pub mod claimant;
mod draft;
pub mod fargate;
mod feed;
mod held;
mod hosts;
pub mod machines;
pub mod needs;
pub mod placement_queue;
pub mod plane_hosts;
mod reached;
pub mod reclaim;
mod retired;

pub use claimant::Claimant;
pub use draft::Draft;
pub use fargate::{FargateMachine, FargateOffer, FargateQueue, FargateWaiting};
pub use held::{Held, hold};
pub use hosts::Hosts;
pub use machines::{Machines, Registration, zone_letter};
pub use needs::{Need, Needs, Promises};
pub use placement_queue::{Outcome, QueueError, Request};
pub use plane_hosts::{PlaneHostError, PlaneHosts, Subscription, is_underlay};
pub use reached::Reached;
pub use retired::{INSTANCE_NOTICE, Retired};
