//! The operations, a file for each kind of thing. Each reads, decides, writes in one transaction
//! and answers.

pub mod attributes;
pub mod capacity;
pub mod create_load_balancer;
pub mod delete_load_balancer;
pub mod describe_target_health;
pub mod facts;
pub mod listener_certificates;
pub mod listeners;
pub mod load_balancers;
pub mod rules;
pub mod tags;
pub mod target_groups;
pub mod targets;
