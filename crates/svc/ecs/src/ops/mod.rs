//! One file per operation, or per family of small ones.

pub mod attributes;
pub mod capacity_providers;
pub mod cluster_providers;
pub mod clusters;
pub mod create_service;
pub mod definitions;
pub mod delete_service;
pub mod describe_providers;
pub mod describe_services;
pub mod describe_tasks;
pub mod execute_command;
pub mod instances;
pub mod list_services;
pub mod list_tasks;
pub mod register_instance;
pub mod register_task_definition;
pub mod run_task;
pub mod service_deployments;
pub mod settings;
pub mod start_task;
pub mod stop_task;
pub mod submit;
pub mod subnets;
pub mod tag;
pub mod task_protection;
pub mod update_service;
