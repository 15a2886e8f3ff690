//! IAM from outside: its operations through the authorising client, over a real store.

mod access_keys;
mod account;
mod authorisation;
mod groups;
mod policies;
mod races;
mod roles;
mod users;
mod world;
