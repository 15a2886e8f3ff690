//! The service over a real store in memory, with an agent that speaks the published
//! protocol and knows nothing of the service's inside.

mod announced;
mod authorization;
mod balancers;
mod capacity_providers;
mod cluster_scaling;
mod clusters;
mod definitions;
mod elsewhere;
mod fargate_pool;
mod fargate_spot;
mod groups;
mod harness;
mod images;
mod images_ahead;
mod instance_roles;
mod instances;
mod lost_host;
mod managed_instances;
mod measured;
mod other_agents;
mod provider_groups;
mod restart;
mod run_task;
mod services;
mod services_balanced;
mod settings;
mod storm;
