//! Objects of a cluster in the store: a key an object, compact JSON as its value.
//!
//! - [`Keys`] says where an object lies, [`Object`] how it is written down.
//! - [`Objects`] reads and writes, each write one transaction that compares what it was decided by.
//! - [`Feed`] is the one reader of a cluster's history; watches are positions in what it keeps.
//! - [`token`] is where a list in pages goes on.
//!
//! An object's `resourceVersion` is the store's revision of its key, and is no part of the value. A value is at most
//! [`MAX_OBJECT_BYTES`], below the 1.5 MiB of etcd: the store's transactions end at 1 MiB.

mod feed;
mod keys;
mod object;
mod objects;
mod sealing;
pub mod token;

pub use feed::{Change, Feed, Gone, Reader};
pub use keys::{Keys, path};
pub use object::{Object, group_version, record};
pub(crate) use objects::remove_all;
pub use objects::{Objects, Page, WriteError};
pub use sealing::DataKey;
pub(crate) use sealing::Sealing;

/// Bytes of an object as it is stored. What is left of a transaction is for its keys and for a second, small write.
pub const MAX_OBJECT_BYTES: usize = 1000 * 1024;
/// Objects of one cluster: all are in memory.
pub const MAX_OBJECTS: u64 = 250_000;
/// Bytes of all objects of a cluster.
pub const MAX_CLUSTER_BYTES: u64 = 1 << 30;
