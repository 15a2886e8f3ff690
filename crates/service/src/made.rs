//! What was made of records that one revision says the state of, kept while that stands. Bounded in bytes: where they are used
//! up, the account that has the most loses its own, so that nobody's large records cost others what they have here.

use std::{
    borrow::Borrow,
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use wharf_store::Revision;

/// What keeping one takes beside what its maker says.
const FRAME_BYTES: usize = 1024;
/// What one may have of all: what is larger is shared by those who hold it at the same time, and gone with the last of them.
const SHARE: usize = 4;

/// `V`s by what they are of.
#[derive(Debug)]
pub struct Made<K, V> {
    most_bytes: usize,
    all: Mutex<All<K, V>>,
}

#[derive(Debug)]
struct All<K, V> {
    bytes: usize,
    by_key: HashMap<K, One<V>>,
}

#[derive(Debug)]
struct One<V> {
    account: String,
    revision: Revision,
    made: Weak<V>,
    /// With its bytes; none of what is too large.
    kept: Option<(Arc<V>, usize)>,
}

impl<K: Hash + Eq, V> Made<K, V> {
    /// Keeps so many bytes of all accounts together.
    pub fn new(most_bytes: usize) -> Self {
        Self {
            most_bytes,
            all: Mutex::new(All {
                bytes: 0,
                by_key: HashMap::new(),
            }),
        }
    }

    /// What was made of a key's records as they stand at that revision.
    pub fn get<Q>(&self, key: &Q, revision: Revision) -> Option<Arc<V>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let all = self.all.lock();
        let one = all.by_key.get(key).filter(|it| it.revision == revision);
        one.and_then(|it| it.made.upgrade())
    }

    /// Keeps what was made of records of an account, about so many bytes, in the place of what was made of an earlier revision.
    pub fn keep(&self, key: K, account: &str, revision: Revision, bytes: usize, made: &Arc<V>) {
        let bytes = bytes.saturating_add(FRAME_BYTES);
        let mut all = self.all.lock();
        if all
            .by_key
            .get(&key)
            .is_some_and(|it| it.revision > revision)
        {
            return;
        }
        let before = all.by_key.remove(&key);
        all.release(before);
        let kept = match bytes > self.most_bytes / SHARE {
            true => {
                all.by_key.retain(|_, it| it.made.strong_count() > 0);
                None
            }
            false => {
                while all.bytes.saturating_add(bytes) > self.most_bytes && all.forget_most() {}
                all.bytes += bytes;
                Some((made.clone(), bytes))
            }
        };
        let one = One {
            account: account.to_owned(),
            revision,
            made: Arc::downgrade(made),
            kept,
        };
        all.by_key.insert(key, one);
    }
}

impl<K: Hash + Eq, V> All<K, V> {
    fn release(&mut self, one: Option<One<V>>) {
        let bytes = one.and_then(|it| it.kept).map_or(0, |(_, bytes)| bytes);
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Forgets what the account that has the most has; `false` if nobody has anything.
    fn forget_most(&mut self) -> bool {
        let mut held: HashMap<&str, usize> = HashMap::new();
        for one in self.by_key.values() {
            let bytes = one.kept.as_ref().map_or(0, |(_, bytes)| *bytes);
            *held.entry(&one.account).or_default() += bytes;
        }
        let most = held.into_iter().max_by_key(|(_, bytes)| *bytes);
        let Some((account, bytes)) = most.filter(|(_, bytes)| *bytes > 0) else {
            return false;
        };
        let account = account.to_owned();
        self.by_key.retain(|_, it| it.account != account);
        self.bytes = self.bytes.saturating_sub(bytes);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KB: usize = 1 << 10;

    #[test]
    fn what_was_made_is_of_one_revision() {
        let all = Made::new(100 * KB);
        all.keep("a".to_owned(), "1", 5, KB, &Arc::new("five"));
        assert_eq!(all.get("a", 5).as_deref(), Some(&"five"));
        assert_eq!((all.get("a", 6), all.get("b", 5)), (None, None));
        all.keep("a".to_owned(), "1", 6, KB, &Arc::new("six"));
        // Who read the records before made it later.
        all.keep("a".to_owned(), "1", 5, KB, &Arc::new("late"));
        assert_eq!(all.get("a", 6).as_deref(), Some(&"six"));
        assert_eq!(all.get("a", 5), None);
        assert_eq!(all.all.lock().bytes, 2 * KB);
    }

    #[test]
    fn the_account_that_has_the_most_loses_its_own() {
        let all = Made::new(100 * KB);
        all.keep("small".to_owned(), "1", 1, KB, &Arc::new(()));
        for number in 0..50 {
            all.keep(format!("large-{number}"), "2", 1, 20 * KB, &Arc::new(()));
            assert!(all.all.lock().bytes <= 100 * KB);
            assert!(all.get(format!("large-{number}").as_str(), 1).is_some());
        }
        assert!(all.get("small", 1).is_some());
    }

    #[test]
    fn what_is_too_large_is_there_while_somebody_holds_it() {
        let all = Made::new(100 * KB);
        let made = Arc::new(());
        all.keep("a".to_owned(), "1", 1, 50 * KB, &made);
        assert!(all.get("a", 1).is_some());
        drop(made);
        assert!(all.get("a", 1).is_none());
        assert_eq!(all.all.lock().bytes, 0);
        all.keep("b".to_owned(), "1", 1, 50 * KB, &Arc::new(()));
        assert!(!all.all.lock().by_key.contains_key("a"));
    }
}
