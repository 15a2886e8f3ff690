//! IAM from outside: its operations through the authorising client, over a real store.

mod access_keys;
mod account;
mod authorisation;
mod groups;
mod last_accessed;
mod members;
mod partitions;
mod policies;
mod races;
mod roles;
mod server_certificates;
mod simulators;
mod unique_ids;
mod user_keys;
mod users;
mod world;
