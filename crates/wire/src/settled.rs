//! What names in a request turned out to mean when it was authorised, for its operation to act on the same.
//!
//! A name can come to mean another thing between the two: `$Latest` of a launch template does with each version. What was
//! checked would not be what is done.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;

use crate::Fault;

/// Of one request: its copies, which are passed on to other services, have it in common. There are no more names in it than
/// the request has.
#[derive(Debug, Clone, Default)]
pub struct Settled(Arc<Mutex<BTreeMap<String, Result<String, Fault>>>>);

impl Settled {
    /// What the authorisation found; a name without a meaning is refused by the operation too, with the same words.
    pub fn put(&self, name: String, meaning: Result<String, Fault>) {
        self.0.lock().insert(name, meaning);
    }

    /// `None` where nobody asked: in calls that a part of wharf makes of itself.
    pub fn get(&self, name: &str) -> Option<Result<String, Fault>> {
        self.0.lock().get(name).cloned()
    }
}
