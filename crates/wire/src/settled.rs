//! What names in a request turned out to mean when it was authorised, for its operation to act on the same.
//!
//! A name can come to mean another thing between the two: `$Latest` of a launch template does with each version. What was
//! checked would not be what is done.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use parking_lot::Mutex;

use crate::Fault;

/// Of one request, and of its copies that are made after something was settled, which have it in common: those that are passed on
/// to other services. There are no more names in it than the request has; most requests have none, and nothing is made for them.
#[derive(Debug, Clone, Default)]
pub struct Settled(OnceLock<Arc<Meanings>>);

type Meanings = Mutex<BTreeMap<String, Result<String, Fault>>>;

impl Settled {
    /// What the authorisation found; a name without a meaning is refused by the operation too, with the same words.
    pub fn put(&self, name: String, meaning: Result<String, Fault>) {
        let meanings = self.0.get_or_init(Arc::default);
        meanings.lock().insert(name, meaning);
    }

    /// `None` where nobody asked: in calls that a part of wharf makes of itself.
    pub fn get(&self, name: &str) -> Option<Result<String, Fault>> {
        self.0.get()?.lock().get(name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_know_what_was_settled_before() {
        let asked = Settled::default();
        assert_eq!(asked.get("a"), None);
        asked.put("a".to_owned(), Ok("1".to_owned()));
        let copy = asked.clone();
        assert_eq!(copy.get("a"), Some(Ok("1".to_owned())));
        asked.put("b".to_owned(), Ok("2".to_owned()));
        assert_eq!(copy.get("b"), Some(Ok("2".to_owned())));
    }
}
