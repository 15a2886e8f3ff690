//! The server over a store in memory: asked in process, and by kubectl through a plain listener.

mod aggregation;
mod audit;
mod conversion;
mod definitions;
mod encryption;
mod fargate;
mod forms;
mod harness;
mod images;
mod kubectl;
mod limits;
mod measured;
mod metrics;
mod node_restriction;
mod nodes;
mod objects;
mod parts;
mod pod_security;
mod pods;
mod refusals;
mod services;
mod signing;
mod speed;
mod watches;
mod webhooks;
mod webhooks_at_addresses;
