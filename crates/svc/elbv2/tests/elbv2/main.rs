//! The service in process, over a real store and the real EC2.

mod access_logs;
mod authorisation;
mod balancers;
mod certificates;
mod dual_stack;
mod harness;
mod health;
mod listeners;
mod measured;
mod network;
mod plane;
mod races;
mod rules;
mod target_groups;
