//! What callers may ask for: wire shapes in, records or refusals out. Pure.

pub mod action;
pub mod attributes;
pub mod condition;
pub mod group;
pub mod name;
pub mod oidc;
pub mod tags;
