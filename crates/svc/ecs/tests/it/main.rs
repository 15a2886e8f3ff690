//! The service over a real store in a temporary folder, with an agent that speaks the published
//! protocol and knows nothing of the service's inside.

mod agent;
mod clusters;
mod harness;
mod lost_host;
mod run_task;
