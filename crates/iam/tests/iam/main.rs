//! The whole of the crate from outside: tables for every operator and message, and a second,
//! deliberately naive evaluator that must agree with the real one.

mod agreement;
mod contributing;
mod generators;
mod laws;
mod messages;
mod naive;
mod operators;
mod resource_policies;
mod world;
