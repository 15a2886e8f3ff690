//! One file per operation, or per family of small ones.

pub mod attributes;
pub mod clusters;
pub mod definitions;
pub mod describe_tasks;
pub mod execute_command;
pub mod instances;
pub mod list_tasks;
pub mod register_instance;
pub mod register_task_definition;
pub mod run_task;
pub mod settings;
pub mod start_task;
pub mod stop_task;
pub mod submit;
pub mod subnets;
pub mod tag;
