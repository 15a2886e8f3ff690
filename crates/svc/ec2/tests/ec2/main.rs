//! The network API over a real store.

mod absent;
mod groups;
mod images;
mod instance_types;
mod instances;
mod interfaces;
mod key_pairs;
mod launch_templates;
mod routes;
mod tags;
mod vpcs;
mod world;
