//! What Kubernetes objects are: kinds, schemas, defaults, validation, patches, codecs. Pure: no socket, no store.
//!
//! A kind is a row of a table and a schema, never a handler: built-in kinds and those of custom resource definitions take the
//! same path. An object is a JSON value.
//!
//! What a server does with an object of a client, in order: [`codec::decode`], [`conform::conform`] (what decoding into
//! upstream's Go types does: unknown fields leave, zero values that are not written leave, types are checked), defaults,
//! [`convert::to_stored`] (most kinds: nothing), strategy and validation, storage. A read goes back by
//! [`convert::from_stored`] and [`codec::encode`].

#![forbid(unsafe_code)]

pub mod apply;
mod built_in;
pub mod catalog;
pub mod codec;
pub mod conform;
pub mod convert;
pub mod cron;
pub mod custom;
pub mod defaults;
pub mod duration;
pub mod fargate;
pub mod field;
pub mod file_volume;
pub mod growth;
mod kinds;
pub mod names;
pub mod node;
pub mod node_selector;
pub mod openapi;
pub mod parts;
pub mod patch;
pub mod persistent;
pub mod quantity;
pub mod quota;
pub mod schema;
pub mod selector;
pub mod status;
pub mod strategy;
pub mod table;
pub mod taint;
pub mod topology;
pub mod validate;
pub mod version;
pub mod view;
pub mod warnings;
pub mod webhook_url;

pub use catalog::{Catalog, Resource, Subresource};
pub use schema::Schema;
pub use version::Version;
