//! What ECS is about, as its other parts see it: names, documents, task definitions, what calls ask for,
//! and the view of everything that is not over.
//!
//! | module | what |
//! | --- | --- |
//! | [`names`] | ARNs, and what a name or ARN in a request refers to |
//! | [`fault`] | the faults of ECS |
//! | [`document`] | documents of users, stored as the API shows them |
//! | [`definition`] | validation of task definitions |
//! | [`launch`], [`make`], [`provider`], [`asks`] | what is asked for, and the tasks made of it |
//! | [`service`], [`interface`], [`own_node`], [`tags`] | what records say |
//! | [`view`] | everything that is not over, indexed in memory |
//!
//! Pure but for the feed of the view and the ids that tasks are given. No operation, loop or
//! connection is here.

#![forbid(unsafe_code)]

pub mod asks;
pub mod definition;
pub mod document;
pub mod fault;
pub mod interface;
pub mod launch;
pub mod make;
pub mod names;
pub mod own_node;
pub mod provider;
pub mod service;
pub mod tags;
pub mod view;
