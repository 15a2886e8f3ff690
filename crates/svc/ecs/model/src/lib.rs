//! What ECS is about, as its other rooms see it: names, documents, task definitions, what calls ask for,
//! the life of a task, and the state they share.
//!
//! | module | what |
//! | --- | --- |
//! | [`names`] | ARNs, and what a name or ARN in a request refers to |
//! | [`fault`] | the faults of ECS |
//! | [`document`] | documents of users, stored as the API shows them |
//! | [`definition`] | validation of task definitions |
//! | [`ahead`] | images that hosts fetch before the task is there that needs them |
//! | [`images`] | which digests the images of tasks have, and whether tasks may start them |
//! | [`launch`], [`make`], [`provider`], [`asks`] | what is asked for, and the tasks made of it |
//! | [`service`], [`interface`], [`own_node`], [`tags`] | what records say |
//! | [`rebalancing`] | of which services tasks may be moved across zones |
//! | [`retirement`] | hosts whose Fargate tasks leave |
//! | [`validate`] | what CreateService and UpdateService ask for, checked |
//! | [`task`] | the life of a task, pure |
//! | [`credentials`] | the roles of tasks |
//! | [`view`] | everything that is not over, indexed in memory |
//! | [`state`] | records, view and machines, and the one way to change a task |
//!
//! Pure but for the state, the feed of the view and the ids that tasks are given. No operation, queue or
//! connection is here.

#![forbid(unsafe_code)]

pub mod ahead;
pub mod asks;
pub mod credentials;
pub mod definition;
pub mod document;
pub mod fault;
pub mod images;
pub mod interface;
pub mod launch;
pub mod make;
pub mod monitoring;
pub mod names;
pub mod own_node;
pub mod provider;
pub mod rebalancing;
pub mod retirement;
pub mod service;
pub mod state;
pub mod tags;
pub mod task;
pub mod validate;
pub mod view;
pub mod volume;
