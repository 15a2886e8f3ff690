//! What names in a request turned out to mean when it was authorised, for its operation to act on the same.
//!
//! A name can come to mean another thing between the two: `$Latest` of a launch template does with each version. What was
//! checked would not be what is done. A meaning is text, or what was read at that name, which is read once then.

use std::{
    any::Any,
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use parking_lot::Mutex;

use crate::Fault;

/// Of one request, and of its copies that are made after something was settled, which have it in common: those that are passed on
/// to other services. There are no more names in it than the request has; most requests have none, and nothing is made for them.
#[derive(Debug, Clone, Default)]
pub struct Settled(OnceLock<Arc<Meanings>>);

type Meanings = Mutex<BTreeMap<String, Result<Meaning, Fault>>>;
type Meaning = Arc<dyn Any + Send + Sync>;

impl Settled {
    /// What the authorisation found; a name without a meaning is refused by the operation too, with the same words.
    pub fn put<T: Any + Send + Sync>(&self, name: String, meaning: Result<T, Fault>) {
        let meanings = self.0.get_or_init(Arc::default);
        let meaning = meaning.map(|it| Arc::new(it) as Meaning);
        meanings.lock().insert(name, meaning);
    }

    /// `None` where nobody asked: in calls that a part of wharf makes of itself. A meaning is of one type, which goes with its name.
    pub fn get<T: Any + Send + Sync + Clone>(&self, name: &str) -> Option<Result<T, Fault>> {
        let found = self.0.get()?.lock().get(name).cloned()?;
        match found {
            Ok(meaning) => meaning.downcast_ref::<T>().cloned().map(Ok),
            Err(fault) => Some(Err(fault)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_know_what_was_settled_before() {
        let asked = Settled::default();
        assert_eq!(asked.get::<String>("a"), None);
        asked.put("a".to_owned(), Ok("1".to_owned()));
        let copy = asked.clone();
        assert_eq!(copy.get("a"), Some(Ok("1".to_owned())));
        asked.put("b".to_owned(), Ok("2".to_owned()));
        assert_eq!(copy.get("b"), Some(Ok("2".to_owned())));
        asked.put("c".to_owned(), Ok(Arc::new([3])));
        assert_eq!(copy.get("c"), Some(Ok(Arc::new([3]))));
        assert_eq!(copy.get::<String>("c"), None);
    }

    #[test]
    fn what_is_refused_is_refused_whatever_is_asked_for() {
        let asked = Settled::default();
        let fault = Fault::sender("IncorrectState", 400, "pending");
        asked.put::<String>("a".to_owned(), Err(fault.clone()));
        let copy = asked.clone();
        assert_eq!(copy.get::<String>("a"), Some(Err(fault.clone())));
        assert_eq!(copy.get::<Arc<u32>>("a"), Some(Err(fault)));
    }
}
