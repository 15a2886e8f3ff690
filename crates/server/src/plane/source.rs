//! Where resources come from: records of services, each of which is one resource.

use wharf_planeproto::{Key, Resource};
use wharf_store::Entry;

/// The mapping of one service. Pure.
pub trait Source: Send + Sync {
    /// Prefix of the store's keys below which all its records lie.
    fn prefix(&self) -> String;

    /// The resource that a record is; `None` for records that are none, or not yet.
    fn resource(&self, entry: &Entry) -> Option<Resource>;

    /// The resource that a store's key stands for; `None` for keys of other records.
    fn key(&self, store_key: &str) -> Option<Key>;
}
